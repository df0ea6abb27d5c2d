/* GET /v1/cases and below it: what staff see; GET /v1/status: what the opener sees. */
#include "base/unicode.h"
#include "out/paper.h"
#include "web/api/api.h"
#include "web/app.h"
#include <string.h>

#define LIMIT_USUAL 50
#define LIMIT_MAX 500

/* --- The list ----------------------------------------------------------------------------------------------------- */

static bool state_known(const struct catalogue *catalogue, const char *procedure, const char *state)
{
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        if ((procedure == NULL || strcmp(procedure, catalogue->procedures[i].id) == 0) &&
            procedure_state_find(&catalogue->procedures[i], state) >= 0)
            return true;
    return false;
}

/* The procedures that the role runs and the asker sees, as the store takes them. */
static int filter_role(struct request *request, const char *role, struct case_filter *filter, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct list *roles = catalogue_list(catalogue, "roles");
    if (roles == NULL || list_find(roles, role) == NULL)
        return api_refuse(request, "role", "not_an_option", err);
    const char **names = ARENA_ARRAY(&request->arena, const char *, catalogue->procedure_count + 1);
    if (names == NULL)
        return err_memory(err);
    size_t count = 0;
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        if (words_have(catalogue->procedures[i].run_by, catalogue->procedures[i].run_by_count, role) &&
            actor_sees(&request->actor, &catalogue->procedures[i]))
            names[count++] = catalogue->procedures[i].id;
    filter->procedures = names;
    return 0;
}

static int filter_sort(struct request *request, struct case_filter *filter, struct err *err)
{
    static const char *const words[] = {"due", "newest", "oldest"};
    static const enum case_sort sorts[] = {CASE_SORT_DUE, CASE_SORT_NEWEST, CASE_SORT_OLDEST};
    const char *word = request_query(request, "sort");
    filter->sort = CASE_SORT_DUE;
    for (size_t i = 0; word != NULL && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0) {
            filter->sort = sorts[i];
            return 0;
        }
    return word == NULL ? 0 : api_refuse(request, "sort", "not_an_option", err);
}

static int filter_words(struct request *request, struct case_filter *filter, struct err *err)
{
    const char *text = request_query(request, "q");
    if (text == NULL)
        return 0;
    if (utf8_length(text) > 200) {
        field_errors_add(&request->errors, "q", "too_long", "200");
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    }
    filter->words = text_fold_words(&request->arena, text);
    if (filter->words == NULL)
        return err_memory(err);
    if (filter->words[0] == '\0')
        filter->words = NULL;
    return 0;
}

static int filter_read(struct request *request, struct case_filter *filter, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    bool overdue = false, open = false;
    int64_t limit = LIMIT_USUAL;
    *filter = (struct case_filter){.procedure = request_query(request, "procedure"),
                                   .state = request_query(request, "state"),
                                   .assignee = request_query(request, "assignee"),
                                   .due_from_usec = TIME_NONE,
                                   .due_before_usec = TIME_NONE,
                                   .overdue_at_usec = TIME_NONE,
                                   .opened_from_usec = TIME_NONE,
                                   .opened_before_usec = TIME_NONE,
                                   .cursor = request_query(request, "cursor")};
    if (filter->procedure != NULL && catalogue_procedure(catalogue, filter->procedure) == NULL)
        return api_refuse(request, "procedure", "not_an_option", err);
    if (filter->state != NULL && !state_known(catalogue, filter->procedure, filter->state))
        return api_refuse(request, "state", "not_an_option", err);
    if (filter->assignee != NULL && !id_valid(filter->assignee))
        return api_refuse(request, "assignee", "not_an_id", err);
    int r = filter_sort(request, filter, err);
    if (r == 0)
        r = filter_words(request, filter, err);
    if (r == 0)
        r = api_query_moment(request, "due_before", &filter->due_before_usec, err);
    if (r == 0)
        r = api_query_moment(request, "opened_from", &filter->opened_from_usec, err);
    if (r == 0)
        r = api_query_moment(request, "opened_before", &filter->opened_before_usec, err);
    if (r == 0)
        r = api_query_bool(request, "unassigned", &filter->unassigned, err);
    if (r == 0)
        r = api_query_bool(request, "overdue", &overdue, err);
    if (r == 0)
        r = api_query_bool(request, "open", &open, err);
    if (r == 0)
        r = api_query_int(request, "limit", 1, LIMIT_MAX, &limit, err);
    if (r == 0 && request_query(request, "role") != NULL)
        r = filter_role(request, request_query(request, "role"), filter, err);
    if (r == 0 && request_query(request, "role") == NULL) {
        filter->procedures = actor_procedures(request->office, &request->actor, &request->arena);
        if (request->arena.overflowed)
            r = err_memory(err);
    }
    if (r < 0)
        return r;
    if (overdue)
        filter->overdue_at_usec = request->now_usec;
    filter->open_only = open || overdue;
    filter->closed_only = !open && request_query(request, "open") != NULL;
    filter->limit = (size_t)limit;
    return 0;
}

static void write_row(struct request *request, struct buf *out, const struct case_row *row)
{
    const struct zone *zone = request_zone(request);
    jo_open(out, '{');
    jo_text(out, "id", row->id);
    jo_text(out, "number", row->number);
    jo_text(out, "procedure", row->procedure);
    jo_text(out, "state", row->state);
    jo_int(out, "version", row->version);
    jo_moment(out, "opened_at", zone, row->opened_usec);
    jo_moment(out, "registered_at", zone, row->registered_usec);
    jo_moment(out, "closed_at", zone, row->closed_usec);
    jo_text(out, "opener", row->opener);
    jo_text(out, "lang", row->lang);
    jo_text(out, "assignee", row->assignee);
    jo_moment(out, "due_at", zone, row->next_due_usec);
    jo_moment(out, "overdue_at", zone, row->next_overdue_usec);
    bool at_once = row->next_due_usec != TIME_NONE && row->next_due_usec == row->next_overdue_usec;
    jo_bool(out, "at_once", at_once);
    jo_bool(out, "overdue",
            !at_once && row->next_overdue_usec != TIME_NONE && request->now_usec >= row->next_overdue_usec);
    jo_close(out, '}');
}

int api_case_list(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct case_filter filter;
    struct case_row *rows = NULL;
    size_t count = 0;
    const char *cursor = NULL;
    bool cut = false;
    struct tx *tx;
    int r = filter_read(request, &filter, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    /* A role that runs nothing here has no cases. */
    bool none = filter.procedures != NULL && filter.procedures[0] == NULL;
    if (r == 0 && !none)
        r = store_case_list(tx, &filter, &request->arena, &rows, &count, &cursor, err);
    if (r == 0 && !none && filter.words != NULL)
        r = store_case_search_cut(tx, &filter, &cut, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "cases");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++)
        write_row(request, out, &rows[i]);
    jo_close(out, ']');
    jo_text(out, "cursor", cursor);
    jo_bool(out, "newest_only", cut);
    jo_close(out, '}');
    return 0;
}

/* --- One case ----------------------------------------------------------------------------------------------------- */

static int view_of(struct request *request, unsigned with, struct tx **ret_tx, struct case_view *ret, struct err *err)
{
    const char *id = request_param(request, "id");
    if (!id_valid(id))
        return err_set(err, ERR_NOT_FOUND, "case_unknown", NULL);
    int r = request_read(request, ret_tx, err);
    return r < 0 ? r
                 : case_view(*ret_tx, request->office, id, &request->actor, request->now_usec, with, &request->arena,
                             ret, err);
}

/* Does anything outside the case say what its JSON is: the states of the cases it is tied to, what bars an act? */
static bool rests_on_others(const struct case_view *view)
{
    bool rests = view->link_count > 0;
    for (size_t i = 0; i < view->procedure->act_count; i++) {
        const struct procedure_act *act = &view->procedure->acts[i];
        rests = rests || act->other_than != NULL || act->need.procedure != NULL || act->after_overdue != NULL;
    }
    return rests;
}

int api_case_get(struct request *request, struct response *response, struct err *err)
{
    struct tx *tx;
    struct case_view view;
    bool why = false;
    int r = api_query_bool(request, "why", &why, err);
    if (r == 0)
        r = view_of(request, CASE_WITH_LINKS | (why ? CASE_WITH_WHY : 0), &tx, &view, err);
    if (r < 0)
        return r;
    char etag[24];
    snprintf(etag, sizeof etag, "\"%lld\"", (long long)view.row.version);
    /* The version names the case, not its days as they are explained today, nor the cases beside it. */
    bool alone = !why && !rests_on_others(&view);
    if (alone && api_not_modified(request, response, etag))
        return 0;
    if (!alone && response_header(response, request, "ETag", "%s", etag) < 0)
        return err_memory(err);
    case_write(request, &response->body, &view, why ? CASE_WITH_DAYS : 0);
    return 0;
}

int api_case_events(struct request *request, struct response *response, struct err *err)
{
    struct tx *tx;
    struct case_view view;
    int r = view_of(request, CASE_WITH_EVENTS, &tx, &view, err);
    if (r < 0)
        return r;
    jo_open(&response->body, '{');
    jo_key(&response->body, "events");
    case_write_events(request, &response->body, &view);
    jo_close(&response->body, '}');
    return 0;
}

int api_case_attachment(struct request *request, struct response *response, struct err *err)
{
    const char *id = request_param(request, "id"), *attachment = request_param(request, "attachment"), *type;
    struct tx *tx;
    struct case_view view;
    if (!id_valid(id) || !id_valid(attachment))
        return err_set(err, ERR_NOT_FOUND, "attachment_unknown", NULL);
    int r = view_of(request, 0, &tx, &view, err);
    if (r == 0)
        r = case_attachment(tx, request->office, id, attachment, &response->body, &type, &request->arena, err);
    if (r < 0)
        return r;
    /* Whatever it holds, a browser only saves it. */
    const char *ending = strchr(type, '/') + 1;
    response->type = type;
    return response_header(response, request, "Content-Disposition", "attachment; filename=\"%s.%s\"", attachment,
                           ending) < 0
               ? err_memory(err)
               : 0;
}

int api_case_paper(struct request *request, struct response *response, struct err *err)
{
    const char *name = request_param(request, "name");
    struct tx *tx;
    struct case_view view;
    struct organisation organisation;
    int64_t leaf = -1;
    int r = api_query_int(request, "leaf", 0, INT64_MAX, &leaf, err);
    if (r == 0)
        r = view_of(request, CASE_WITH_EVENTS, &tx, &view, err);
    if (r == 0)
        r = organisation_get(tx, &request->arena, &organisation, err);
    if (r < 0)
        return r;
    /* The proof's address: as the organisation says, else from where we are reached. */
    if (organisation.url == NULL || organisation.url[0] == '\0')
        organisation.url = request_public_url(request);
    const struct case_paper *paper = NULL;
    for (size_t i = 0; i < view.paper_count; i++)
        if (strcmp(view.papers[i].id, name) == 0 && (leaf < 0 || view.papers[i].leaf == leaf))
            paper = &view.papers[i];
    if (paper == NULL || request->app->papers == NULL)
        return err_set(err, ERR_NOT_FOUND, "paper_unknown", NULL);
    const char *wanted = request_query(request, "language");
    int language = wanted != NULL ? paper_language_parse(wanted) : (int)paper_language_of(&view);
    if (language < 0)
        return api_refuse(request, "language", "not_an_option", err);
    r = paper_render(request->app->papers, &view, &organisation, name, paper->leaf, (enum paper_language)language,
                     request_zone(request), &response->body, err);
    if (r < 0)
        return r;
    response->type = "application/pdf";
    return response_header(response, request, "Content-Disposition", "inline; filename=\"%s-%lld.pdf\"", name,
                           (long long)paper->leaf) < 0
               ? err_memory(err)
               : 0;
}

/* --- The opener --------------------------------------------------------------------------------------------------- */

int api_status(struct request *request, struct response *response, struct err *err)
{
    const char *code = request_query(request, "code");
    struct tx *tx;
    struct case_view view;
    if (code == NULL)
        return api_refuse(request, "code", "required", err);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = case_view_by_code(tx, request->office, request_param(request, "number"), code, request->now_usec,
                              CASE_WITH_EVENTS, &request->arena, &view, err);
    if (r < 0)
        return r;
    case_write(request, &response->body, &view, CASE_FOR_OPENER);
    return 0;
}
