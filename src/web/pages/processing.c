/* Staff pages of the registers that the operator keeps: all of them, one entry with its versions side by side, and
 * forms that set a new version or retire the entry. What was agreed under an older version stays what it was. */
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/pages/kept_form.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>
#include <string.h>

#define MAY_CHANGE (ROLE_ADMIN | ROLE_RESPONSIBLE)
#define VERSIONS_SHOWN 6

static const struct {
    enum kept_kind kind;
    enum text_key title, text, make, one;
} kinds[] = {
    {KEPT_PURPOSE, T_persons_purposes, T_persons_purposes_text, T_persons_purpose_make, T_persons_purpose},
    {KEPT_CATEGORY, T_persons_categories, T_persons_categories_text, T_persons_category_make, T_persons_category},
    {KEPT_RECIPIENT, T_persons_recipients, T_persons_recipients_text, T_persons_recipient_make, T_persons_recipient},
    {KEPT_STATE, T_persons_states, T_persons_states_text, T_persons_state_make, T_persons_state},
    {KEPT_POLICY, T_persons_policies, T_persons_policies_text, T_persons_policy_make, T_persons_policy},
    {KEPT_RESPONSIBLE, T_persons_responsible, T_persons_responsible_text, T_persons_responsible_make,
     T_persons_responsible},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const struct list_entry *country(const struct request *request, const char *id)
{
    const struct list *list = catalogue_list(request->office->catalogue, "countries");
    return list != NULL ? list_find(list, id) : NULL;
}

/* States are called as the catalogue calls them. */
static const char *entry_title(struct request *request, const struct kept_entry *entry)
{
    const struct list_entry *state = entry->kind == KEPT_STATE ? country(request, entry->id) : NULL;
    const char *title = state != NULL ? state->title.in[request->lang] : kept_title(entry, request->lang);
    return arena_strdup(&request->arena, title != NULL ? title : entry->id);
}

/* --- All of them ---------------------------------------------------------------------------------------------------
 */

static int section_fill(struct request *request, const struct kept *kept, size_t at, struct kept_section *ret,
                        struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct kept_entry **entries = NULL;
    size_t count = kept_list(kept, kinds[at].kind, NULL, &request->arena, &entries);
    size_t shipped_count = kinds[at].kind == KEPT_CATEGORY ? catalogue->data_category_count : 0;
    struct kept_line *rows = ARENA_ARRAY(&request->arena, struct kept_line, count + 1);
    struct kept_option *shipped = ARENA_ARRAY(&request->arena, struct kept_option, shipped_count + 1);
    if (rows == NULL || shipped == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct kept_line){.id = arena_strdup(&request->arena, entries[i]->id),
                                     .title = entry_title(request, entries[i]),
                                     .version = entries[i]->version,
                                     .from_usec = entries[i]->from_usec,
                                     .retired = entries[i]->retired};
    for (size_t i = 0; i < shipped_count; i++)
        shipped[i] = (struct kept_option){.value = catalogue->data_categories[i].id,
                                          .title = catalogue->data_categories[i].title.in[request->lang]};
    *ret = (struct kept_section){.word = kept_kind_word(kinds[at].kind),
                                 .title = text_get(request->lang, kinds[at].title),
                                 .text = text_get(request->lang, kinds[at].text),
                                 .make = text_get(request->lang, kinds[at].make),
                                 .count = count,
                                 .shipped_count = shipped_count,
                                 .rows = rows,
                                 .shipped = shipped,
                                 .single = kinds[at].kind == KEPT_RESPONSIBLE};
    return request->arena.overflowed ? err_memory(err) : 0;
}

int page_processing_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct kept_section *sections = ARENA_ARRAY(&request->arena, struct kept_section, KINDS);
    struct processing_view view = {
        .count = KINDS, .sections = sections, .may_change = (request->actor.roles & MAY_CHANGE) != 0};
    struct page *page;
    struct tx *tx;
    if (sections == NULL)
        return err_memory(err);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    for (size_t i = 0; r == 0 && i < KINDS; i++)
        r = section_fill(request, kept, i, &sections[i], err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, persons_processing), "processing", &page, err);
    if (r < 0)
        return r;
    page_processing(&page->out, &view);
    return page_end(page, err);
}

/* --- One entry -----------------------------------------------------------------------------------------------------
 */

static int kind_of_path(const struct request *request, size_t *ret, struct err *err)
{
    const char *word = request_param(request, "kind");
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kept_kind_word(kinds[i].kind), word) == 0) {
            *ret = i;
            return 0;
        }
    return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
}

static int versions_fill(struct request *request, const struct kept *kept, enum kept_kind kind,
                         struct processing_entry_view *view, struct err *err)
{
    const struct kept_entry **all = NULL;
    size_t count = kept_list(kept, kind, view->id, &request->arena, &all);
    size_t shown = count < VERSIONS_SHOWN ? count : VERSIONS_SHOWN;
    const struct kept_entry **newest = ARENA_ARRAY(&request->arena, const struct kept_entry *, shown + 1);
    if (newest == NULL || request->arena.overflowed)
        return err_memory(err);
    for (size_t i = 0; i < shown; i++)
        newest[i] = all[count - 1 - i];
    view->versions = newest;
    view->version_count = shown;
    return kept_form_rows(request, kept, kind, newest, shown, &view->rows, &view->row_count, err);
}

static int countries_fill(struct request *request, const struct kept *kept, struct processing_entry_view *view,
                          struct err *err)
{
    const struct list *list = catalogue_list(request->office->catalogue, "countries");
    size_t count = list != NULL ? list->count : 0, filled = 0;
    struct kept_option *options = ARENA_ARRAY(&request->arena, struct kept_option, count + 1);
    if (options == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        if (kept_at(kept, KEPT_STATE, list->entries[i].id, INT64_MAX) == NULL)
            options[filled++] = (struct kept_option){.value = list->entries[i].id,
                                                     .title = list->entries[i].title.in[request->lang],
                                                     .chosen = strcmp(list->entries[i].id, view->typed_id) == 0};
    view->countries = options;
    view->country_count = filled;
    return 0;
}

static const char *done_text(const struct request *request)
{
    const char *word = query_text(request, "done");
    return strcmp(word, "set") == 0       ? text_get(request->lang, T_persons_entry_set_done)
           : strcmp(word, "same") == 0    ? text_get(request->lang, T_persons_entry_same_done)
           : strcmp(word, "retired") == 0 ? text_get(request->lang, T_persons_entry_retired_done)
                                          : NULL;
}

/* `typed`: what a form held that was refused; NULL: the entry as it is. */
static int entry_draw(struct request *request, struct response *response, size_t at, const json_t *typed,
                      const char *refusal, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    const enum kept_kind kind = kinds[at].kind;
    const char *typed_id = request_form(request, "id");
    struct processing_entry_view view = {.kind = kept_kind_word(kind),
                                         .kind_title = text_get(request->lang, kinds[at].title),
                                         .heading = text_get(request->lang, kinds[at].make),
                                         .id = request_param(request, "id"),
                                         .typed_id = typed_id != NULL ? typed_id : "",
                                         .id_wrong = field_sentence(request, field_errors_find(&request->errors, "id")),
                                         .may_change = (request->actor.roles & MAY_CHANGE) != 0,
                                         .errors = &request->errors,
                                         .refusal = refusal,
                                         .done = refusal == NULL && typed == NULL ? done_text(request) : NULL};
    const struct kept_entry *entry = NULL;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    if (view.id == NULL && kind == KEPT_RESPONSIBLE) /* there is one at most */
        view.typed_id = "responsible";
    if (view.id != NULL) {
        entry = kept_at(kept, kind, view.id, INT64_MAX);
        if (entry == NULL)
            return err_set(err, ERR_NOT_FOUND, "kept_unknown", NULL);
        view.heading = entry_title(request, entry);
        view.version = entry->version;
        view.retired = entry->retired;
        r = versions_fill(request, kept, kind, &view, err);
    } else if (kind == KEPT_STATE) {
        r = countries_fill(request, kept, &view, err);
    }
    if (r == 0)
        r = kept_form_fields(request, kept, kind,
                             typed != NULL   ? typed
                             : entry != NULL ? entry->json
                                             : NULL,
                             &view.fields, &view.field_count, err);
    if (r == 0)
        r = page_begin(request, response, view.heading, "processing", &page, err);
    if (r < 0)
        return r;
    if (kind != KEPT_STATE && kind != KEPT_RESPONSIBLE)
        view.id_hint = text_get(request->lang, T_persons_entry_id_hint);
    page_processing_entry(&page->out, &view);
    return page_end(page, err);
}

int page_processing_new_get(struct request *request, struct response *response, struct err *err)
{
    size_t at;
    int r = kind_of_path(request, &at, err);
    return r < 0 ? r : entry_draw(request, response, at, NULL, NULL, err);
}

int page_processing_entry_get(struct request *request, struct response *response, struct err *err)
{
    return page_processing_new_get(request, response, err);
}

/* --- Setting and retiring ------------------------------------------------------------------------------------------
 */

struct setting {
    size_t at;
    const char *id, *json;
    bool made; /* there is none of that name yet */
    int64_t expected, before, version;
};

static int set_run(struct tx *tx, struct request *request, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct setting *setting = request->state;
    const struct kept_entry *entry;
    int r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    entry = kept_at(kept, kinds[setting->at].kind, setting->id, INT64_MAX);
    if (setting->made && entry != NULL)
        return err_set(err, ERR_CONFLICT, "entry_exists", NULL);
    setting->before = entry != NULL ? entry->version : 0;
    return kept_set(tx, request->office, kinds[setting->at].kind, setting->id, setting->json, setting->expected,
                    &request->actor, request->now_usec, &setting->version, err);
}

static int back(struct request *request, struct response *response, const char *id, const char *done, struct err *err)
{
    const struct setting *setting = request->state;
    return response_redirect(response, request, "/%s/processing/%s/%s?done=%s", lang_of(request),
                             kept_kind_word(kinds[setting->at].kind), id, done) < 0
               ? err_memory(err)
               : 0;
}

static int set_finish(struct request *request, struct response *response, struct err *err)
{
    const struct setting *setting = request->state;
    return back(request, response, setting->id, setting->version == setting->before ? "same" : "set", err);
}

static int set_failed(struct request *request, struct response *response, struct err *err)
{
    const struct setting *setting = request->state;
    const struct err *why = &request->write_error;
    CLEANUP_JSON json_t *typed = kept_form_read(request, kinds[setting->at].kind);
    const char *sentence = sentence_of(request, why);
    if (typed == NULL)
        return err_memory(err);
    if (why->kind == ERR_NOT_FOUND) {
        *err = *why;
        return -ERR_NOT_FOUND;
    }
    response->status = err_http_status(why->kind);
    if (strcmp(why->code, "entry_exists") == 0) {
        field_errors_add(&request->errors, "id", "entry_exists", NULL);
        sentence = NULL;
    }
    return entry_draw(request, response, setting->at, typed, sentence, err);
}

int page_processing_entry_post(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct setting *setting = ARENA_NEW(&request->arena, struct setting);
    const char *version = request_form(request, "version");
    struct tx *tx;
    if (setting == NULL)
        return err_memory(err);
    int r = kind_of_path(request, &setting->at, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    const enum kept_kind kind = kinds[setting->at].kind;
    setting->id = request_param(request, "id");
    setting->made = setting->id == NULL;
    if (setting->made)
        setting->id = kind == KEPT_RESPONSIBLE ? "responsible" : request_form(request, "id");
    if (setting->id == NULL)
        setting->id = "";
    if (!setting->made && kept_at(kept, kind, setting->id, INT64_MAX) == NULL)
        return err_set(err, ERR_NOT_FOUND, "kept_unknown", NULL);
    if (version != NULL && strspn(version, "0123456789") == strlen(version) && strlen(version) <= 9)
        setting->expected = atoll(version);
    CLEANUP_JSON json_t *typed = kept_form_read(request, kind);
    if (typed == NULL)
        return err_memory(err);
    r = kept_check(kept, request->office, kind, setting->id, typed, &request->arena, &setting->json, &request->errors,
                   err);
    if (r == -ERR_BAD_INPUT) {
        response->status = 422;
        r = kept_form_refused(request, err);
        return r < 0 ? r : entry_draw(request, response, setting->at, typed, NULL, err);
    }
    if (r < 0)
        return r;
    request->state = setting;
    request->failed = set_failed;
    return request_write(request, set_run, set_finish);
}

int page_processing_new_post(struct request *request, struct response *response, struct err *err)
{
    return page_processing_entry_post(request, response, err);
}

static int retire_run(struct tx *tx, struct request *request, struct err *err)
{
    const struct setting *setting = request->state;
    return kept_retire(tx, request->office, kinds[setting->at].kind, setting->id, &request->actor, request->now_usec,
                       err);
}

static int retire_finish(struct request *request, struct response *response, struct err *err)
{
    const struct setting *setting = request->state;
    return back(request, response, setting->id, "retired", err);
}

static int retire_failed(struct request *request, struct response *response, struct err *err)
{
    const struct setting *setting = request->state;
    const struct err *why = &request->write_error;
    if (why->kind == ERR_NOT_FOUND) {
        *err = *why;
        return -ERR_NOT_FOUND;
    }
    response->status = err_http_status(why->kind);
    return entry_draw(request, response, setting->at, NULL, sentence_of(request, why), err);
}

int page_processing_retire_post(struct request *request, struct response *response, struct err *err)
{
    struct setting *setting = ARENA_NEW(&request->arena, struct setting);
    (void)response;
    if (setting == NULL)
        return err_memory(err);
    int r = kind_of_path(request, &setting->at, err);
    if (r < 0)
        return r;
    setting->id = request_param(request, "id");
    request->state = setting;
    request->failed = retire_failed;
    return request_write(request, retire_run, retire_finish);
}
