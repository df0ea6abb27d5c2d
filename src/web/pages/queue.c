/* The queue with its filters, the search, and the list as CSV without an end. */
#include "base/unicode.h"
#include "web/pages/queue_filter.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>

#define PAGE_ROWS 40
#define SEARCH_ROWS 20
#define ABOUT_LETTERS 110

/* --- Rows ----------------------------------------------------------------------------------------------------------
 */

/* The first letters of a text, on one line, with … where more follows. */
static const char *beginning(struct arena *arena, const char *text)
{
    size_t bytes = 0, letters = 0;
    for (; text[bytes] != '\0' && letters < ABOUT_LETTERS; bytes++)
        letters += ((unsigned char)text[bytes + 1] & 0xC0) != 0x80;
    bool whole = text[bytes] == '\0';
    while (!whole && bytes > 0 && strchr(" \n\t,;:", text[bytes - 1]) != NULL)
        bytes--;
    char *copy = arena_printf(arena, "%.*s%s", (int)bytes, text, whole ? "" : "…");
    for (char *at = copy; at != NULL && *at != '\0'; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    return copy;
}

/* What a case is about in one line: its first choice and the beginning of its first text. Personal values are sealed
 * and stay so. */
static const char *about_of(struct request *request, const struct procedure *procedure, const char *fields)
{
    struct err ignored = {0};
    CLEANUP_JSON json_t *values = NULL;
    const char *choice = NULL, *text = NULL;
    if (fields == NULL || json_parse(fields, strlen(fields), &values, &ignored) < 0)
        return NULL;
    for (size_t i = 0; i < procedure->field_count; i++) {
        const struct field *field = &procedure->fields[i];
        const char *value = json_string_value(json_object_get(values, field->name));
        if (value == NULL || field->personal)
            continue;
        if (choice == NULL && field->type == FIELD_CHOICE) {
            const struct field_option *option = field_option_find(field, value);
            choice = option == NULL ? NULL : option->title.in[request->lang];
        }
        if (text == NULL && (field->type == FIELD_TEXT || field->type == FIELD_LINE))
            text = beginning(&request->arena, value);
    }
    if (choice != NULL && text != NULL)
        return arena_printf(&request->arena, "%s. %s", choice, text);
    return text == NULL ? choice : text;
}

int staff_choices(struct request *request, struct tx *tx, unsigned roles_wanted, struct choice **ret, size_t *ret_count,
                  struct err *err)
{
    struct account_row *rows;
    size_t count = 0, kept = 0;
    int r = store_account_list(tx, &request->arena, &rows, &count, err);
    if (r < 0)
        return r;
    struct choice *choices = ARENA_ARRAY(&request->arena, struct choice, count + 1);
    if (choices == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        bool works = !rows[i].disabled && (roles_parse(rows[i].roles) & roles_wanted) != 0;
        if (roles_wanted == 0 || works)
            choices[kept++] = (struct choice){.id = rows[i].id, .title = rows[i].name};
    }
    *ret = choices;
    *ret_count = kept;
    return 0;
}

int queue_rows_make(struct request *request, struct tx *tx, const struct case_row *rows, size_t count,
                    const struct queue_row **ret, struct err *err)
{
    struct queue_row *out = ARENA_ARRAY(&request->arena, struct queue_row, count + 1);
    struct choice *names;
    size_t name_count;
    int r = out == NULL ? err_memory(err) : staff_choices(request, tx, 0, &names, &name_count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        const struct procedure *procedure = catalogue_procedure(request->office->catalogue, rows[i].procedure);
        out[i] = (struct queue_row){.row = &rows[i], .procedure = procedure, .state = -1};
        if (procedure != NULL) {
            out[i].state = procedure_state_find(procedure, rows[i].state);
            out[i].about = about_of(request, procedure, rows[i].fields);
        }
        for (size_t j = 0; rows[i].assignee != NULL && j < name_count; j++)
            if (strcmp(names[j].id, rows[i].assignee) == 0)
                out[i].assignee = names[j].title;
    }
    *ret = out;
    return 0;
}

/* --- Filters -------------------------------------------------------------------------------------------------------
 */

static const struct case_filter everything = {.due_from_usec = TIME_NONE,
                                              .due_before_usec = TIME_NONE,
                                              .overdue_at_usec = TIME_NONE,
                                              .opened_from_usec = TIME_NONE,
                                              .opened_before_usec = TIME_NONE,
                                              .sort = CASE_SORT_DUE};

static const char *filled(const struct request *request, const char *name)
{
    const char *text = request_query(request, name);
    return text == NULL || text[0] == '\0' ? NULL : text;
}

/* Only cases that the reader has to do with. */
static int sees_fill(struct request *request, struct case_filter *filter, struct err *err)
{
    filter->procedures = actor_procedures(request->office, &request->actor, &request->arena);
    return request->arena.overflowed ? err_memory(err) : 0;
}

/* Told in queue_filter.h. */
int queue_filter_read(struct request *request, struct case_filter *ret, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct zone *zone = &catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, request->now_usec);
    struct case_filter filter = everything;
    const char *state = filled(request, "state"), *due = filled(request, "due"),
               *assignee = filled(request, "assignee");
    const char *sort = filled(request, "sort"), *words = filled(request, "q");
    int r = sees_fill(request, &filter, err);
    if (r < 0)
        return r;
    filter.procedure = filled(request, "procedure");
    if (state == NULL || strcmp(state, "open") == 0)
        filter.open_only = true;
    else if (strcmp(state, "closed") == 0)
        filter.closed_only = true;
    else if (strcmp(state, "all") != 0)
        filter.state = state;
    if (due != NULL && strcmp(due, "overdue") == 0)
        filter.overdue_at_usec = request->now_usec;
    if (due != NULL && (strcmp(due, "today") == 0 || strcmp(due, "week") == 0)) {
        filter.due_from_usec = strcmp(due, "today") == 0 ? zone_moment(zone, today, 0) : request->now_usec;
        filter.due_before_usec = zone_moment(zone, today + (strcmp(due, "today") == 0 ? 1 : 8), 0);
    }
    if (assignee != NULL && strcmp(assignee, "none") == 0)
        filter.unassigned = true;
    else if (assignee != NULL)
        filter.assignee = strcmp(assignee, "me") == 0 ? request->actor.account_id : assignee;
    if (sort != NULL)
        filter.sort = strcmp(sort, "newest") == 0   ? CASE_SORT_NEWEST
                      : strcmp(sort, "oldest") == 0 ? CASE_SORT_OLDEST
                                                    : CASE_SORT_DUE;
    if (words != NULL) {
        filter.words = text_fold_words(&request->arena, words);
        if (filter.words == NULL)
            return err_memory(err);
        if (filter.words[0] == '\0')
            filter.words = NULL;
    }
    *ret = filter;
    return 0;
}

/* The filters as they stand, for links to further pages and the CSV. */
static const char *filter_query(struct request *request)
{
    static const char *const names[] = {"procedure", "state", "due", "assignee", "sort", "q"};
    CLEANUP_BUF struct buf query;
    buf_init(&query, 16 * 1024);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = filled(request, names[i]);
        if (text == NULL)
            continue;
        if (query.len > 0)
            buf_putc(&query, '&');
        buf_printf(&query, "%s=", names[i]);
        buf_put_url(&query, text);
    }
    const char *copy = query.failed || query.data == NULL ? NULL : arena_strdup(&request->arena, query.data);
    return copy == NULL ? "" : copy;
}

static int choices_fill(struct request *request, struct tx *tx, struct queue_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const enum lang l = request->lang;
    struct choice *staff;
    size_t staff_count, state_room = 3, count = 0;
    int r = staff_choices(request, tx, ROLE_WORKERS, &staff, &staff_count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        state_room += catalogue->procedures[i].state_count;
    struct choice *procedures = ARENA_ARRAY(&request->arena, struct choice, catalogue->procedure_count + 1);
    struct choice *states = ARENA_ARRAY(&request->arena, struct choice, state_room);
    struct choice *assignees = ARENA_ARRAY(&request->arena, struct choice, staff_count + 2);
    if (procedures == NULL || states == NULL || assignees == NULL)
        return err_memory(err);
    states[count++] = (struct choice){"open", text_get(l, T_queue_state_open)};
    states[count++] = (struct choice){"closed", text_get(l, T_queue_state_closed)};
    states[count++] = (struct choice){"all", text_get(l, T_queue_state_all)};
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        if (!actor_sees(&request->actor, procedure))
            continue;
        procedures[view->procedure_count++] = (struct choice){procedure->id, procedure->title.in[l]};
        if (view->procedure != NULL && strcmp(view->procedure, procedure->id) != 0)
            continue;
        for (size_t j = 0; j < procedure->state_count; j++) {
            bool known = false;
            for (size_t k = 0; k < count; k++)
                known = known || strcmp(states[k].id, procedure->states[j].id) == 0;
            if (!known)
                states[count++] = (struct choice){procedure->states[j].id, procedure->states[j].title.in[l]};
        }
    }
    view->procedures = procedures;
    view->states = states;
    view->state_count = count;
    assignees[0] = (struct choice){"me", text_get(l, T_queue_me)};
    assignees[1] = (struct choice){"none", text_get(l, T_queue_nobody)};
    memcpy(assignees + 2, staff, staff_count * sizeof *staff);
    view->assignees = assignees;
    view->assignee_count = staff_count + 2;
    return 0;
}

/* --- Pages ---------------------------------------------------------------------------------------------------------
 */

static int list_fill(struct request *request, struct tx *tx, struct case_filter *filter, struct queue_view *view,
                     struct err *err)
{
    struct case_row *rows;
    int r = store_case_list(tx, filter, &request->arena, &rows, &view->count, &view->next_cursor, err);
    if (r == 0)
        r = store_case_count(tx, filter, &view->total, err);
    if (r == 0 && filter->words != NULL)
        r = store_case_search_cut(tx, filter, &view->newest_only, err);
    if (r == 0)
        r = queue_rows_make(request, tx, rows, view->count, &view->rows, err);
    return r;
}

int page_queue_get(struct request *request, struct response *response, struct err *err)
{
    struct queue_view view = {.procedure = filled(request, "procedure"),
                              .state = filled(request, "state"),
                              .due = filled(request, "due"),
                              .assignee = filled(request, "assignee"),
                              .words = query_text(request, "q"),
                              .sort = filled(request, "sort"),
                              .filter_query = filter_query(request)};
    struct case_filter filter;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = queue_filter_read(request, &filter, err);
    if (r < 0)
        return r;
    filter.cursor = filled(request, "cursor");
    filter.limit = PAGE_ROWS;
    view.later_page = filter.cursor != NULL;
    r = list_fill(request, tx, &filter, &view, err);
    if (r == 0)
        r = choices_fill(request, tx, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, queue_title), "queue", &page, err);
    if (r < 0)
        return r;
    page_queue(&page->out, &view);
    return page_end(page, err);
}

int page_search_get(struct request *request, struct response *response, struct err *err)
{
    struct queue_view view = {.words = query_text(request, "q"), .sort = "newest"};
    struct case_filter filter = everything;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    const char *plain = text_normalise(&request->arena, view.words);
    if (plain != NULL && plain[0] != '\0') {
        struct case_row row;
        struct err unknown = {0};
        const struct procedure *procedure = NULL;
        /* A whole number leads to its case at once. */
        if (store_case_by_number(tx, plain, &request->arena, &row, &unknown) == 0)
            procedure = catalogue_procedure(request->office->catalogue, row.procedure);
        if (procedure != NULL && actor_sees(&request->actor, procedure))
            return response_redirect(response, request, "/%s/case/%s", lang_of(request), row.id) < 0 ? err_memory(err)
                                                                                                     : 0;
        filter.words = text_fold_words(&request->arena, plain);
        filter.sort = CASE_SORT_NEWEST;
        filter.limit = SEARCH_ROWS;
        if (filter.words == NULL)
            return err_memory(err);
        r = sees_fill(request, &filter, err);
        if (r == 0 && filter.words[0] != '\0')
            r = list_fill(request, tx, &filter, &view, err);
        CLEANUP_BUF struct buf query;
        buf_init(&query, 16 * 1024);
        buf_puts(&query, "state=all&sort=newest&q=");
        buf_put_url(&query, plain);
        view.filter_query = query.failed ? "" : arena_strdup(&request->arena, query.data);
    }
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, queue_search_title), "search", &page, err);
    if (r < 0)
        return r;
    page_search(&page->out, &view);
    return page_end(page, err);
}
