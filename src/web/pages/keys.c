/* What the authorised body knows under one key: a page for each platform, a page for each resource. The key is the host
 * of an address (cases/links.h), so everything that was ever done about one host stands together, whichever of its
 * addresses was written. Only cases of procedures that the reader sees are shown or counted. */
#include "base/unicode.h"
#include "cases/links.h"
#include "web/pages/pages.h"
#include "web/pages/register_views.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>

#define KEY_ROWS 40
#define CASE_ROWS 40
#define ENTRIES_MAX 50
#define INQUIRIES_LOOKED_AT 20
#define KEY_BYTES_MAX 253 /* no host is longer */

/* The procedures and fields that the page of a platform knows by name; see law/procedures. */
#define PROCEDURE_INQUIRY "inquiry"
#define PROCEDURE_REPRESENTATIVE "representative"

static const struct case_filter any_case = {.due_from_usec = TIME_NONE,
                                            .due_before_usec = TIME_NONE,
                                            .overdue_at_usec = TIME_NONE,
                                            .opened_from_usec = TIME_NONE,
                                            .opened_before_usec = TIME_NONE,
                                            .sort = CASE_SORT_NEWEST};

bool keys_in_menu(const struct page_frame *frame, const char *kind)
{
    const unsigned readers = ROLE_ADMIN | ROLE_REGISTRAR | ROLE_OFFICIAL | ROLE_HEAD | ROLE_AUDITOR;
    if (frame->actor == NULL || (frame->actor->roles & readers) == 0)
        return false;
    for (size_t i = 0; i < frame->catalogue->procedure_count; i++) {
        const struct procedure *procedure = &frame->catalogue->procedures[i];
        if (procedure_has_key(procedure, kind) && office_runs(frame->office, procedure) &&
            actor_sees(frame->actor, procedure))
            return true;
    }
    return false;
}

void page_grouped(struct page_out *o, int64_t value)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)value);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
            buf_puts(o->buf, "\xC2\xA0");
        buf_putc(o->buf, digits[i]);
    }
}

/* The ids of procedures with such a key that the reader sees, NULL-ended. *ret_all: there are no others with it. */
static int procedures_of(struct request *request, const char *kind, const char *const **ret, bool *ret_all,
                         struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const char **ids = ARENA_ARRAY(&request->arena, const char *, catalogue->procedure_count + 1);
    size_t count = 0;
    if (ids == NULL)
        return err_memory(err);
    *ret_all = true;
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        if (!procedure_has_key(procedure, kind))
            continue;
        if (actor_sees(&request->actor, procedure))
            ids[count++] = procedure->id;
        else
            *ret_all = false;
    }
    *ret = ids;
    return 0;
}

/* --- The list ------------------------------------------------------------------------------------------------------
 */

/* The figures of one value without the cases that the reader does not see. */
static int line_count(struct request *request, struct tx *tx, const char *kind, const char *const *procedures,
                      struct key_line *line, struct err *err)
{
    struct case_filter filter = any_case;
    struct case_row *newest;
    const char *cursor;
    size_t count;
    line->cases = 0;
    if (procedures[0] == NULL)
        return 0;
    filter.procedures = procedures;
    filter.key_kind = kind;
    filter.key_value = line->value;
    filter.limit = 1;
    int r = store_case_count(tx, &filter, &line->cases, err);
    if (r == 0)
        r = store_case_list(tx, &filter, &request->arena, &newest, &count, &cursor, err);
    if (r == 0)
        line->newest_usec = count > 0 ? newest[0].opened_usec : TIME_NONE;
    return r;
}

/* What was typed as a key begins: an address or its host, in lower case. */
static const char *beginning_of(struct request *request, const char *typed)
{
    char *plain = text_normalise(&request->arena, typed);
    if (plain == NULL)
        return NULL;
    static const char *const prefixes[] = {"https://", "http://", "www."};
    for (char *at = plain; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(plain, prefixes[i], strlen(prefixes[i])) == 0)
            plain += strlen(prefixes[i]);
    plain[strcspn(plain, "/:?#")] = '\0';
    return plain;
}

static int keys_page(struct request *request, struct response *response, const char *kind, const char *title,
                     const char *area, struct err *err)
{
    struct keys_view view = {.kind = kind, .beginning = query_text(request, "q")};
    const char *after = query_text(request, "after");
    const char *const *procedures;
    struct key_figure *figures;
    struct page *page;
    struct tx *tx;
    size_t count;
    bool all;
    if (utf8_length(view.beginning) > REGISTER_QUERY_LETTERS) {
        field_errors_add(&request->errors, "q", "too_long", "%d", REGISTER_QUERY_LETTERS);
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    }
    const char *beginning = beginning_of(request, view.beginning);
    int r = beginning == NULL ? err_memory(err) : procedures_of(request, kind, &procedures, &all, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = store_key_list(tx, kind, beginning[0] == '\0' ? NULL : beginning, after[0] == '\0' ? NULL : after,
                           KEY_ROWS + 1, &request->arena, &figures, &count, err);
    if (r < 0)
        return r;
    size_t shown = count > KEY_ROWS ? KEY_ROWS : count;
    struct key_line *lines = ARENA_ARRAY(&request->arena, struct key_line, shown + 1);
    if (lines == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < shown; i++) {
        struct key_line line = {
            .value = figures[i].value, .cases = figures[i].cases, .newest_usec = figures[i].newest_usec};
        if (!all)
            r = line_count(request, tx, kind, procedures, &line, err);
        if (line.cases > 0)
            lines[view.count++] = line;
    }
    view.lines = lines;
    view.after = count > shown ? figures[shown - 1].value : NULL;
    view.later_page = after[0] != '\0';
    if (r == 0)
        r = page_begin(request, response, title, area, &page, err);
    if (r < 0)
        return r;
    page_keys(&page->out, &view);
    return page_end(page, err);
}

int page_platforms_get(struct request *request, struct response *response, struct err *err)
{
    return keys_page(request, response, "platform", PAGE_TITLE(request, platform_platforms), "platforms", err);
}

int page_resources_get(struct request *request, struct response *response, struct err *err)
{
    return keys_page(request, response, "resource", PAGE_TITLE(request, platform_resources), "resources", err);
}

/* --- One key -------------------------------------------------------------------------------------------------------
 */

static int procedures_count(struct request *request, struct tx *tx, const char *const *ids,
                            const struct case_filter *of_key, struct key_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct key_procedure *lines = ARENA_ARRAY(&request->arena, struct key_procedure, catalogue->procedure_count + 1);
    if (lines == NULL)
        return err_memory(err);
    for (; *ids != NULL; ids++) {
        struct case_filter filter = *of_key;
        struct key_procedure line = {.procedure = catalogue_procedure(catalogue, *ids)};
        filter.procedures = NULL;
        filter.procedure = *ids;
        int r = store_case_count(tx, &filter, &line.cases, err);
        filter.open_only = true;
        if (r == 0)
            r = store_case_count(tx, &filter, &line.open, err);
        if (r < 0)
            return r;
        if (line.cases > 0)
            lines[view->procedure_count++] = line;
    }
    view->procedures = lines;
    return 0;
}

/* The newest cases of a procedure with the key. */
static int cases_of(struct request *request, struct tx *tx, const struct case_filter *of_key, const char *procedure,
                    size_t limit, struct case_row **ret, size_t *ret_count, struct err *err)
{
    struct case_filter filter = *of_key;
    const char *cursor;
    filter.procedures = NULL;
    filter.procedure = procedure;
    filter.limit = limit;
    return store_case_list(tx, &filter, &request->arena, ret, ret_count, &cursor, err);
}

/* Entries of registers that belong to the key: those of procedures that have it. */
static int entries_read(struct request *request, struct tx *tx, const struct case_filter *of_key, struct key_view *view,
                        struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct key_entry *entries =
        ARENA_ARRAY(&request->arena, struct key_entry, catalogue->register_count * ENTRIES_MAX + 1);
    if (entries == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->register_count; i++) {
        const struct law_register *reg = &catalogue->registers[i];
        struct case_row *rows;
        size_t count;
        if (!procedure_has_key(reg->procedure, view->kind) || !actor_sees(&request->actor, reg->procedure))
            continue;
        int r = cases_of(request, tx, of_key, reg->procedure->id, ENTRIES_MAX, &rows, &count, err);
        for (size_t j = 0; r == 0 && j < count; j++) {
            struct key_entry entry = {.reg = reg};
            struct err absent = {0};
            r = register_entry_get(tx, reg, rows[j].number, &request->arena, &entry.entry, &absent);
            if (r == 0)
                entries[view->entry_count++] = entry;
            else if (absent.kind == ERR_NOT_FOUND)
                r = 0;
            else
                *err = absent;
        }
        if (r < 0)
            return r;
    }
    view->entries = entries;
    return 0;
}

static const struct case_value *value_of(const struct case_value *values, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].field->name, name) == 0 && values[i].count > 0)
            return &values[i];
    return NULL;
}

/* Is a legal representative of the platform in the register, and what is the platform called there? */
static void representative_find(struct request *request, struct key_view *view)
{
    const struct procedure *procedure = catalogue_procedure(request->office->catalogue, PROCEDURE_REPRESENTATIVE);
    view->sees_register = procedure != NULL && actor_sees(&request->actor, procedure);
    for (size_t i = 0; i < view->entry_count; i++) {
        const struct key_entry *entry = &view->entries[i];
        if (strcmp(entry->reg->procedure->id, PROCEDURE_REPRESENTATIVE) != 0)
            continue;
        const struct case_value *name = value_of(entry->entry.values, entry->reg->column_count, "platform_name");
        view->represented = view->represented || entry->entry.place == REGISTER_IN;
        if (view->name == NULL && name != NULL)
            view->name = name->texts[0];
    }
}

static int answer_compare(const void *a, const void *b)
{
    const struct key_answer *left = a, *right = b;
    return (left->at_usec < right->at_usec) - (left->at_usec > right->at_usec);
}

/* What an act of an inquiry brought: a figure of users, words, or both. */
static bool answer_read(const struct case_view *c, const struct case_event *event, struct key_answer *ret)
{
    const struct case_value *users = value_of(event->values, event->value_count, "users");
    const struct case_value *text = value_of(event->values, event->value_count, "answer");
    if (text == NULL) /* the body determined it itself: how */
        text = value_of(event->values, event->value_count, "method");
    if (event->act == NULL || (users == NULL && text == NULL))
        return false;
    *ret = (struct key_answer){.row = &c->row,
                               .procedure = c->procedure,
                               .kind = value_of(c->values, c->value_count, "kind"),
                               .act = event->act,
                               .at_usec = event->happened_usec,
                               .has_users = users != NULL && users->field->type == FIELD_NUMBER,
                               .text = text == NULL ? NULL : text->texts[0]};
    if (ret->has_users)
        ret->users = strtoll(users->texts[0], NULL, 10);
    return true;
}

static int answers_read(struct request *request, struct tx *tx, const struct case_filter *of_key, struct key_view *view,
                        struct err *err)
{
    const struct procedure *inquiry = catalogue_procedure(request->office->catalogue, PROCEDURE_INQUIRY);
    struct case_row *rows;
    size_t count, room = 1;
    if (inquiry == NULL || !procedure_has_key(inquiry, view->kind) || !actor_sees(&request->actor, inquiry))
        return 0;
    int r = cases_of(request, tx, of_key, inquiry->id, INQUIRIES_LOOKED_AT, &rows, &count, err);
    struct case_view *cases = r == 0 ? ARENA_ARRAY(&request->arena, struct case_view, count + 1) : NULL;
    if (r == 0 && cases == NULL)
        r = err_memory(err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        r = case_view(tx, request->office, rows[i].id, &request->actor, request->now_usec, CASE_WITH_EVENTS,
                      &request->arena, &cases[i], err);
        room += r == 0 ? cases[i].event_count : 0;
    }
    if (r < 0)
        return r;
    struct key_answer *answers = ARENA_ARRAY(&request->arena, struct key_answer, room);
    if (answers == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < cases[i].event_count; j++)
            if (answer_read(&cases[i], &cases[i].events[j], &answers[view->answer_count]))
                view->answer_count++;
    qsort(answers, view->answer_count, sizeof *answers, answer_compare);
    view->answers = answers;
    for (size_t i = 0; i < view->answer_count && view->users == NULL; i++)
        if (answers[i].has_users)
            view->users = &answers[i];
    return 0;
}

/* Papers of the cases that the page lists. */
static int papers_read(struct request *request, struct tx *tx, const struct case_row *rows, size_t count,
                       struct key_view *view, struct err *err)
{
    struct case_view *cases = ARENA_ARRAY(&request->arena, struct case_view, count + 1);
    size_t room = 1;
    int r = cases == NULL ? err_memory(err) : 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        r = case_view(tx, request->office, rows[i].id, &request->actor, request->now_usec, CASE_WITH_EVENTS,
                      &request->arena, &cases[i], err);
        room += r == 0 ? cases[i].paper_count : 0;
    }
    if (r < 0)
        return r;
    struct key_paper *papers = ARENA_ARRAY(&request->arena, struct key_paper, room);
    if (papers == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        for (size_t j = cases[i].paper_count; j-- > 0;)
            papers[view->paper_count++] = (struct key_paper){.row = &rows[i],
                                                             .procedure = cases[i].procedure,
                                                             .id = cases[i].papers[j].id,
                                                             .leaf = cases[i].papers[j].leaf,
                                                             .at_usec = cases[i].papers[j].at_usec};
    view->papers = papers;
    return 0;
}

static int rows_read(struct request *request, struct tx *tx, struct case_filter *filter, struct key_view *view,
                     struct err *err)
{
    struct case_row *rows;
    const char *cursor = query_text(request, "cursor");
    filter->cursor = cursor[0] == '\0' ? NULL : cursor;
    filter->limit = CASE_ROWS;
    view->later_page = filter->cursor != NULL;
    int r = store_case_list(tx, filter, &request->arena, &rows, &view->row_count, &view->next_cursor, err);
    if (r == 0)
        r = queue_rows_make(request, tx, rows, view->row_count, &view->rows, err);
    if (r == 0)
        r = papers_read(request, tx, rows, view->row_count, view, err);
    return r;
}

static int key_page(struct request *request, struct response *response, const char *kind, const char *area,
                    const char *unknown, struct err *err)
{
    struct key_view view = {.kind = kind, .value = request_param(request, "value")};
    struct case_filter filter = any_case;
    struct page *page;
    struct tx *tx;
    bool all;
    filter.key_kind = kind;
    filter.key_value = view.value;
    /* Of a personal value the key is a hash, and no page stands under it. */
    if (view.value[0] == '#' || strlen(view.value) > KEY_BYTES_MAX)
        return err_set(err, ERR_NOT_FOUND, unknown, NULL);
    int r = procedures_of(request, kind, &filter.procedures, &all, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = procedures_count(request, tx, filter.procedures, &filter, &view, err);
    if (r == 0 && view.procedure_count == 0)
        r = err_set(err, ERR_NOT_FOUND, unknown, NULL);
    if (r == 0)
        r = entries_read(request, tx, &filter, &view, err);
    if (r == 0)
        r = answers_read(request, tx, &filter, &view, err);
    if (r == 0)
        r = rows_read(request, tx, &filter, &view, err);
    if (r < 0)
        return r;
    representative_find(request, &view);
    r = page_begin(request, response, view.name == NULL ? view.value : view.name, area, &page, err);
    if (r < 0)
        return r;
    if (strcmp(kind, "platform") == 0)
        page_platform(&page->out, &view);
    else
        page_resource(&page->out, &view);
    return page_end(page, err);
}

int page_platform_get(struct request *request, struct response *response, struct err *err)
{
    return key_page(request, response, "platform", "platforms", "platform_unknown", err);
}

int page_resource_get(struct request *request, struct response *response, struct err *err)
{
    return key_page(request, response, "resource", "resources", "resource_unknown", err);
}
