/* Who looked at my data and who received them (pdl.8-2), what else was done, and what is held. */
#include "persons/vault.h"
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/routes.h"
#include <pages.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_ROWS 50

/* --- Deeds ---------------------------------------------------------------------------------------------------------
 */

static const char *deed_title(struct request *request, const struct person_deed *deed)
{
    char kind[64], key[96];
    snprintf(kind, sizeof kind, "%s", deed->kind);
    for (char *at = kind; *at != '\0'; at++)
        if (*at == '.')
            *at = '_';
    /* To staff it is not said of "your" data. */
    snprintf(key, sizeof key, "persons.deed.%s", kind);
    const char *title = request->actor.kind == ACTOR_ACCOUNT ? text_find(request->lang, key) : NULL;
    snprintf(key, sizeof key, "cabinet.deed.%s", kind);
    if (title == NULL)
        title = text_find(request->lang, key);
    return title == NULL ? text_get(request->lang, T_cabinet_deed_other) : title;
}

static const char *deed_who(struct request *request, const struct person_deed *deed)
{
    if (deed->account_name != NULL && strcmp(deed->actor, "token") != 0)
        return deed->account_name;
    return text_get(request->lang, strcmp(deed->actor, "token") == 0    ? T_cabinet_by_program
                                   : strcmp(deed->actor, "system") == 0 ? T_cabinet_by_itself
                                   : strcmp(deed->actor, "opener") == 0
                                       ? (request->actor.kind == ACTOR_ACCOUNT ? T_persons_by_person : T_cabinet_by_you)
                                       : T_cabinet_by_staff);
}

/* One category as an event names it: by its id, or by its number. */
static uint64_t category_bit(const struct kept *kept, const json_t *name)
{
    int64_t number = json_is_string(name)    ? kept_category_number(kept, json_string_value(name))
                     : json_is_integer(name) ? json_integer_value(name)
                                             : -1;
    return number >= 0 && number < DATA_CATEGORIES_MAX ? UINT64_C(1) << number : 0;
}

static const char *deed_categories(struct request *request, const struct kept *kept, const json_t *body)
{
    uint64_t bits = category_bit(kept, json_object_get(body, "category"));
    const json_t *name;
    size_t i;
    json_array_foreach(json_object_get(body, "categories"), i, name)
    {
        bits |= category_bit(kept, name);
    }
    return bits == 0 ? NULL : categories_text(request, kept, bits);
}

static const char *entry_title(struct request *request, const struct kept *kept, enum kept_kind kind, const json_t *id)
{
    const struct kept_entry *entry = json_is_string(id) ? kept_at(kept, kind, json_string_value(id), request->now_usec)
                                     : json_is_integer(id)
                                         ? kept_by_number(kept, kind, json_integer_value(id), request->now_usec)
                                         : NULL;
    return entry != NULL ? kept_title(entry, request->lang) : json_string_value(id);
}

static const char *country_title(struct request *request, const json_t *code)
{
    const struct list *countries = catalogue_list(request->office->catalogue, "countries");
    const struct list_entry *entry =
        countries == NULL || !json_is_string(code) ? NULL : list_find(countries, json_string_value(code));
    return entry == NULL ? json_string_value(code) : entry->title.in[request->lang];
}

/* What it was about: to whom, for what, which data, which country. Copied, for the event's body goes. */
static const char *deed_what(struct request *request, const struct kept *kept, const struct person_deed *deed)
{
    const json_t *body = deed->body;
    struct arena *arena = &request->arena;
    const char *what = NULL;
    if (strcmp(deed->kind, "person.looked") == 0) {
        char key[64];
        const char *word = json_string_value(json_object_get(body, "what"));
        snprintf(key, sizeof key, "cabinet.looked.%.30s", word == NULL ? "" : word);
        what = text_find(request->lang, key);
    }
    what = text_joined(arena, what, entry_title(request, kept, KEPT_RECIPIENT, json_object_get(body, "recipient")));
    what = text_joined(arena, what, entry_title(request, kept, KEPT_PURPOSE, json_object_get(body, "purpose")));
    what = text_joined(arena, what, deed_categories(request, kept, body));
    what = text_joined(arena, what, country_title(request, json_object_get(body, "country")));
    return what == NULL || what[0] == '\0' ? NULL : arena_strdup(arena, what);
}

int deed_lines_make(struct request *request, struct tx *tx, const struct kept *kept, const struct person *person,
                    bool all, int64_t before_leaf, size_t limit, const struct deed_line **ret, size_t *ret_count,
                    struct err *err)
{
    static const char *const who[] = {"person.looked", "person.transferred", NULL};
    /* Names in words of the machine and codes asked for say nothing to people. */
    static const char *const every[] = {"person.looked",
                                        "person.transferred",
                                        "person.blocked",
                                        "person.unblocked",
                                        "person.entered",
                                        "person.left",
                                        "person.identified",
                                        "consent.",
                                        "data.",
                                        "hold.",
                                        "retention.announced",
                                        "destruction.",
                                        "objection.",
                                        "person.acknowledged",
                                        NULL};
    struct person_deed *deeds;
    size_t count;
    int r =
        person_history(tx, person->serial, all ? every : who, before_leaf, limit, &request->arena, &deeds, &count, err);
    struct deed_line *lines = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct deed_line, count + 1);
    for (size_t i = 0; lines != NULL && i < count; i++)
        lines[i] = (struct deed_line){.leaf = deeds[i].leaf,
                                      .at_usec = deeds[i].at_usec,
                                      .title = deed_title(request, &deeds[i]),
                                      .who = deed_who(request, &deeds[i]),
                                      .what = deed_what(request, kept, &deeds[i])};
    if (r < 0)
        return r;
    person_history_done(deeds, count);
    if (lines == NULL)
        return err_memory(err);
    *ret = lines;
    *ret_count = count;
    return 0;
}

static int64_t before_of(const struct request *request)
{
    const char *text = query_text(request, "before");
    return text[0] != '\0' && strlen(text) <= 15 && strspn(text, "0123456789") == strlen(text) ? strtoll(text, NULL, 10)
                                                                                               : 0;
}

int page_cabinet_history_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct cabinet_history_view view = {.all = strcmp(query_text(request, "show"), "all") == 0};
    struct person_session session;
    struct page *page;
    struct tx *tx;
    bool in;
    int r = cabinet_session(request, response, &session, &in, err);
    if (r < 0 || !in)
        return r;
    r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = deed_lines_make(request, tx, kept, &session.person, view.all, before_of(request), HISTORY_ROWS, &view.lines,
                            &view.count, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, cabinet_history), "cabinet_history", &page, err);
    if (r < 0)
        return r;
    if (view.count == HISTORY_ROWS)
        view.next_leaf = view.lines[view.count - 1].leaf;
    page_cabinet_history(&page->out, &view);
    return page_end(page, err);
}

/* --- Data ----------------------------------------------------------------------------------------------------------
 */

static const char *local_day_text(struct request *request, int32_t day)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 256);
    text_put_date(&text, request->lang, day);
    return text.failed ? NULL : arena_strdup(&request->arena, text.data);
}

int data_lines_make(struct request *request, struct tx *tx, const struct kept *kept, const struct person *person,
                    const struct data_line **ret, size_t *ret_count, struct err *err)
{
    struct held_value *values;
    size_t count;
    int r = vault_list(tx, request->office, person, &request->arena, &values, &count, err);
    struct data_line *lines = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct data_line, count + 1);
    if (r < 0 || lines == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct text3 *category = kept_category_title(kept, values[i].category);
        const struct kept_entry *purpose = kept_by_number(kept, KEPT_PURPOSE, values[i].purpose, request->now_usec);
        lines[i] = (struct data_line){.category = category == NULL ? "" : category->in[request->lang],
                                      .purpose = purpose == NULL ? "" : kept_title(purpose, request->lang),
                                      .value = values[i].value,
                                      .source = values[i].source,
                                      .collected_usec = values[i].collected_usec,
                                      .until = values[i].destroy_day == INT32_MIN
                                                   ? text_get(request->lang, T_cabinet_until_achieved)
                                                   : local_day_text(request, values[i].destroy_day)};
    }
    *ret = lines;
    *ret_count = count;
    return 0;
}

static int holds_fill(struct request *request, struct tx *tx, const struct person *person,
                      struct cabinet_data_view *view, struct err *err)
{
    struct legal_hold *holds;
    size_t count;
    int r = holds_of(tx, request->office, person, request->now_usec, &request->arena, &holds, &count, err);
    const char **texts = r < 0 ? NULL : ARENA_ARRAY(&request->arena, const char *, count + 1);
    if (r < 0 || texts == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; i < count; i++)
        if (holds[i].stands)
            texts[view->hold_count++] = arena_printf(&request->arena, "%s (%s)", holds[i].reason, holds[i].norm);
    view->holds = texts;
    return 0;
}

int page_cabinet_data_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct cabinet_data_view view = {0};
    struct person_session session;
    struct page *page;
    struct tx *tx;
    bool in;
    int r = cabinet_session(request, response, &session, &in, err);
    if (r < 0 || !in)
        return r;
    view.blocked = session.person.blocks > 0;
    r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = data_lines_make(request, tx, kept, &session.person, &view.lines, &view.count, err);
    if (r == 0)
        r = holds_fill(request, tx, &session.person, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, cabinet_data), "cabinet_data", &page, err);
    if (r < 0)
        return r;
    page_cabinet_data(&page->out, &view);
    return page_end(page, err);
}
