/* Staff pages of people: find one by any name (in a body, never in an address), and what stands about one: consents,
 * holds, objections, requests, what was done. Values are shown on a page of their own; every look is written down. What
 * can be done from here: open a request for the person, set and lift a hold, begin the destruction of the data. */
#include "persons/effects.h"
#include "persons/name_given.h"
#include "store/person_rows.h"
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/pages/person_views.h"
#include "web/person_given.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>
#include <string.h>

#define MAY_CHANGE (ROLE_ADMIN | ROLE_RESPONSIBLE)
#define MAY_SEE (MAY_CHANGE | ROLE_AUDITOR)
#define DEEDS_SHOWN 50

bool people_in_menu(const struct page_frame *frame)
{
    const struct office *office = frame->office;
    return frame->actor != NULL && (frame->actor->roles & MAY_SEE) != 0 &&
           (office->roles == NULL || words_have(office->roles, office->role_count, "operator"));
}

/* --- Finding -------------------------------------------------------------------------------------------------------
 */

static int find_draw(struct request *request, struct response *response, const char *refusal, struct err *err)
{
    const struct persons_view view = {.refusal = refusal};
    struct page *page;
    int r = page_begin(request, response, PAGE_TITLE(request, persons_title), "persons", &page, err);
    if (r < 0)
        return r;
    page_persons(&page->out, &view);
    return page_end(page, err);
}

int page_persons_get(struct request *request, struct response *response, struct err *err)
{
    return find_draw(request, response, NULL, err);
}

int page_persons_post(struct request *request, struct response *response, struct err *err)
{
    const char *line = request_form(request, "who");
    struct person person;
    struct err why = {0};
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    r = person_by_line(tx, request->office, line != NULL ? line : "", &request->arena, &person, &why);
    if (r == 0)
        return response_redirect(response, request, "/%s/persons/%s", lang_of(request), person.subject_id) < 0
                   ? err_memory(err)
                   : 0;
    if (r != -ERR_NOT_FOUND) {
        *err = why;
        return r;
    }
    response->status = 404;
    return find_draw(request, response, sentence_of(request, &why), err);
}

/* --- One person ----------------------------------------------------------------------------------------------------
 */

static int person_of_path(struct request *request, struct tx *tx, struct person *ret, struct err *err)
{
    const char *id = request_param(request, "id");
    if (!id_valid(id))
        return err_set(err, ERR_NOT_FOUND, "person_unknown", NULL);
    return person_get(tx, id, &request->arena, ret, err);
}

static const char *done_text(const struct request *request)
{
    static const struct {
        const char *word;
        enum text_key key;
    } texts[] = {{"held", T_persons_hold_done},
                 {"lifted", T_persons_hold_lifted_done},
                 {"destroying", T_persons_destruction_done},
                 {"opened", T_persons_opened_done}};
    const char *word = query_text(request, "done");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].word, word) == 0)
            return text_get(request->lang, texts[i].key);
    return NULL;
}

static int consents_fill(struct request *request, struct tx *tx, const struct kept *kept, struct person_view *view,
                         struct err *err)
{
    struct consent_line *lines;
    int r = consent_lines_make(request, tx, kept, view->person, &lines, &view->consent_count, err);
    struct staff_consent *consents =
        r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct staff_consent, view->consent_count + 1);
    if (r < 0 || consents == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; r == 0 && i < view->consent_count; i++) {
        const char *key = arena_printf(&request->arena, "cabinet.way.%s", lines[i].consent->way);
        consents[i].line = &lines[i];
        consents[i].way = key != NULL ? text_find(request->lang, key) : NULL;
        r = consent_text_get(tx, lines[i].consent->text, &request->arena, &consents[i].text, err);
    }
    view->consents = consents;
    return r;
}

static const char *objection_state(enum lang lang, const char *state)
{
    return text_get(lang, strcmp(state, "open") == 0     ? T_persons_objection_open
                          : strcmp(state, "upheld") == 0 ? T_persons_objection_upheld
                                                         : T_persons_objection_rejected);
}

static int objections_fill(struct request *request, struct tx *tx, const struct kept *kept, struct person_view *view,
                           struct err *err)
{
    struct objection_row *rows;
    int r = store_objection_of(tx, view->person->serial, &request->arena, &rows, &view->objection_count, err);
    struct objection_line *lines =
        r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct objection_line, view->objection_count + 1);
    if (r < 0 || lines == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; r == 0 && i < view->objection_count; i++) {
        const struct kept_entry *purpose =
            rows[i].purpose == 0 ? NULL : kept_by_number(kept, KEPT_PURPOSE, rows[i].purpose, request->now_usec);
        struct case_row row;
        r = store_case_get(tx, rows[i].case_id, &request->arena, &row, err);
        if (r == 0)
            lines[i] = (struct objection_line){
                .state = objection_state(request->lang, rows[i].state),
                .purpose = purpose == NULL ? NULL : arena_strdup(&request->arena, kept_title(purpose, request->lang)),
                .case_id = row.id,
                .number = row.number};
    }
    view->objections = lines;
    return r;
}

/* "2; the last goes on 9 April 2026", from what the last step of the destruction found. */
static const char *backups_text(struct request *request, const char *told)
{
    CLEANUP_JSON json_t *json = json_loads(told, JSON_DISABLE_EOF_CHECK, NULL);
    const json_t *backups = json_object_get(json, "backups"), *item;
    int64_t last = TIME_NONE;
    size_t i;
    json_array_foreach(backups, i, item)
    {
        int64_t gone = json_integer_value(json_object_get(item, "gone_usec"));
        if (last == TIME_NONE || gone > last)
            last = gone;
    }
    if (json_array_size(backups) == 0)
        return NULL;
    CLEANUP_BUF struct buf day;
    buf_init(&day, 128);
    text_put_date(&day, request->lang, zone_day_of(&request->office->catalogue->calendar->zone, last));
    return day.failed ? NULL
                      : text_format(&request->arena, request->lang, T_persons_backups_left,
                                    INT_TEXT((int64_t)json_array_size(backups)), day.data);
}

/* When each step was done, from the person's history. */
static int steps_fill(struct request *request, struct tx *tx, const struct person *person,
                      struct destruction_line *line, struct err *err)
{
    static const char *const states[DESTRUCTION_STEPS] = {"intended", "executed", "verified", "done"};
    static const char *const kinds[] = {"destruction.intended", "destruction.executed", "destruction.verified",
                                        "destruction.done", NULL};
    struct person_deed *deeds;
    size_t count;
    int r = person_history(tx, person->serial, kinds, 0, DEEDS_SHOWN, &request->arena, &deeds, &count, err);
    if (r < 0)
        return r;
    for (int step = 0; step < DESTRUCTION_STEPS; step++) {
        line->steps[step] = (struct destruction_step){.title = destruction_state_text(request->lang, states[step]),
                                                      .at_usec = TIME_NONE};
        for (size_t i = 0; i < count; i++) {
            bool own = deeds[i].leaf == line->leaf ||
                       json_integer_value(json_object_get(deeds[i].body, "destruction")) == line->leaf;
            if (own && strcmp(deeds[i].kind, kinds[step]) == 0) {
                line->steps[step].at_usec = deeds[i].at_usec;
                line->steps[step].leaf = deeds[i].leaf;
            }
        }
    }
    person_history_done(deeds, count);
    return 0;
}

/* What the third step found; NULL before it. */
static const char *checked_text(enum lang lang, const char *told)
{
    CLEANUP_JSON json_t *json = json_loads(told, 0, NULL);
    const json_t *compacted = json_object_get(json, "compacted");
    return compacted == NULL
               ? NULL
               : text_get(lang, json_is_true(json_object_get(compacted, "whole")) ? T_retention_checked_whole
                                                                                  : T_retention_checked_key);
}

/* The case that asked for it, and its act. */
static int act_fill(struct request *request, struct tx *tx, const char *case_id, struct destruction_line *line,
                    struct err *err)
{
    struct case_view view;
    struct case_row row;
    struct err why = {0};
    int r = store_case_get(tx, case_id, &request->arena, &row, err);
    if (r < 0)
        return r;
    line->case_id = row.id;
    line->number = row.number;
    r = case_view(tx, request->office, case_id, &request->actor, request->now_usec, 0, &request->arena, &view, &why);
    for (size_t i = 0; r == 0 && i < view.paper_count; i++)
        if (strcmp(view.papers[i].id, "destruction_act") == 0) {
            line->paper = view.papers[i].id;
            line->paper_leaf = view.papers[i].leaf;
        }
    if (r < 0 && r != -ERR_FORBIDDEN) { /* a case that is not the reader's is named, its papers are not */
        *err = why;
        return r;
    }
    return 0;
}

const char *destruction_state_text(enum lang lang, const char *state)
{
    return text_get(lang, strcmp(state, "intended") == 0   ? T_persons_destruction_intended
                          : strcmp(state, "executed") == 0 ? T_persons_destruction_executed
                          : strcmp(state, "verified") == 0 ? T_persons_destruction_verified
                                                           : T_persons_destruction_finished);
}

static int destructions_fill(struct request *request, struct tx *tx, struct person_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct destruction *rows;
    int r = destructions_of(tx, view->person->serial, &request->arena, &rows, &view->destruction_count, err);
    struct destruction_line *lines =
        r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct destruction_line, view->destruction_count + 1);
    if (r < 0 || lines == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; i < view->destruction_count; i++) {
        const struct norm *norm = catalogue_norm_last(catalogue, rows[i].ground);
        lines[i] = (struct destruction_line){.ground = norm != NULL ? norm->title.in[request->lang] : rows[i].ground,
                                             .state = destruction_state_text(request->lang, rows[i].state),
                                             .backups = backups_text(request, rows[i].told),
                                             .leaf = rows[i].leaf,
                                             .checked = checked_text(request->lang, rows[i].told),
                                             .changed_usec = rows[i].changed_usec};
        r = steps_fill(request, tx, view->person, &lines[i], err);
        if (r == 0 && rows[i].case_id != NULL)
            r = act_fill(request, tx, rows[i].case_id, &lines[i], err);
        if (r < 0)
            return r;
    }
    view->destructions = lines;
    return 0;
}

/* What may be opened for this person by whoever is signed in. */
static int procedures_fill(struct request *request, struct person_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct procedure **list = ARENA_ARRAY(&request->arena, const struct procedure *, catalogue->procedure_count);
    if (list == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->procedure_count && view->person->destroyed_usec == TIME_NONE; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        if (procedure_opened_by_staff(request, procedure) && person_may_be_given(request, procedure))
            list[view->procedure_count++] = procedure;
    }
    view->procedures = list;
    return 0;
}

static const char *age_text(struct request *request, const struct person *person)
{
    int32_t today = zone_day_of(&request->office->catalogue->calendar->zone, request->now_usec);
    return text_get(request->lang, person->adult_day == INT32_MIN ? T_persons_age_unknown
                                   : person->adult_day > today    ? T_persons_age_minor
                                                                  : T_persons_age_adult);
}

static int view_fill(struct request *request, struct tx *tx, const struct kept *kept, struct person_view *view,
                     struct err *err)
{
    const char *before = request_query(request, "before");
    int64_t before_leaf = before != NULL && strspn(before, "0123456789") == strlen(before) ? atoll(before) : 0;
    struct legal_hold *holds;
    int r = consents_fill(request, tx, kept, view, err);
    if (r == 0)
        r = holds_of(tx, request->office, view->person, request->now_usec, &request->arena, &holds, &view->hold_count,
                     err);
    if (r == 0)
        r = objections_fill(request, tx, kept, view, err);
    if (r == 0)
        r = request_lines_make(request, tx, view->person, &view->requests, &view->request_count, err);
    if (r == 0)
        r = deed_lines_make(request, tx, kept, view->person, true, before_leaf, DEEDS_SHOWN, &view->deeds,
                            &view->deed_count, err);
    if (r == 0)
        r = destructions_fill(request, tx, view, err);
    if (r == 0)
        r = procedures_fill(request, view, err);
    if (r < 0)
        return r;
    view->holds = holds;
    view->age = age_text(request, view->person);
    view->next_leaf = view->deed_count == DEEDS_SHOWN ? view->deeds[view->deed_count - 1].leaf : 0;
    view->may_change = (request->actor.roles & MAY_CHANGE) != 0;
    return 0;
}

static const char *typed(const struct request *request, const char *name)
{
    const char *text = request_form(request, name);
    return text != NULL ? text : "";
}

static int person_draw(struct request *request, struct response *response, const char *refusal, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct person_view view = {.refusal = refusal,
                               .done = refusal == NULL && request->errors.count == 0 ? done_text(request) : NULL,
                               .errors = &request->errors,
                               .norm = typed(request, "norm"),
                               .reason = typed(request, "reason"),
                               .until = typed(request, "until"),
                               .ground = typed(request, "ground")};
    struct person person;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = person_of_path(request, tx, &person, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    view.person = &person;
    if (r == 0)
        r = view_fill(request, tx, kept, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, persons_one), "persons", &page, err);
    if (r < 0)
        return r;
    page->frame.rest = arena_printf(&request->arena, "/persons/%s", person.subject_id);
    if (page->frame.rest == NULL)
        return err_memory(err);
    page_person(&page->out, &view);
    return page_end(page, err);
}

static int look_run(struct tx *tx, struct request *request, struct err *err)
{
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    return r < 0
               ? r
               : person_note_look(tx, request->office, &person, "consents", 0, &request->actor, request->now_usec, err);
}

static int look_finish(struct request *request, struct response *response, struct err *err)
{
    return person_draw(request, response, NULL, err);
}

int page_person_get(struct request *request, struct response *response, struct err *err)
{
    (void)response;
    (void)err;
    return request_write(request, look_run, look_finish);
}

/* --- The data ------------------------------------------------------------------------------------------------------
 */

static int data_run(struct tx *tx, struct request *request, struct err *err)
{
    struct held_value *values;
    struct person person;
    uint64_t categories = 0;
    size_t count;
    int r = person_of_path(request, tx, &person, err);
    if (r == 0)
        r = vault_list(tx, request->office, &person, &request->arena, &values, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        categories |= UINT64_C(1) << values[i].category;
    return r < 0 ? r
                 : person_note_look(tx, request->office, &person, "data", categories, &request->actor,
                                    request->now_usec, err);
}

static int data_finish(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct person_data_view view = {0};
    struct person person;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = person_of_path(request, tx, &person, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = data_lines_make(request, tx, kept, &person, &view.lines, &view.count, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, persons_data), "persons", &page, err);
    if (r < 0)
        return r;
    view.person = &person;
    page_person_data(&page->out, &view);
    return page_end(page, err);
}

int page_person_data_get(struct request *request, struct response *response, struct err *err)
{
    (void)response;
    (void)err;
    return request_write(request, data_run, data_finish);
}

/* --- What can be done ----------------------------------------------------------------------------------------------
 */

struct doing {
    const char *norm, *reason;
    int32_t until_day;
    int64_t leaf;
    const char *done;
};

static int back(struct request *request, struct response *response, struct err *err)
{
    const struct doing *doing = request->state;
    return response_redirect(response, request, "/%s/persons/%s?done=%s", lang_of(request),
                             request_param(request, "id"), doing->done) < 0
               ? err_memory(err)
               : 0;
}

static int refused(struct request *request, struct response *response, struct err *err)
{
    const struct err *why = &request->write_error;
    if (why->kind == ERR_NOT_FOUND) {
        *err = *why;
        return -ERR_NOT_FOUND;
    }
    response->status = err_http_status(why->kind);
    return person_draw(request, response, sentence_of(request, why), err);
}

static int again(struct request *request, struct response *response, struct err *err)
{
    response->status = 422;
    return person_draw(request, response, NULL, err);
}

static struct doing *doing_new(struct request *request, const char *done)
{
    struct doing *doing = ARENA_NEW(&request->arena, struct doing);
    if (doing == NULL)
        return NULL;
    doing->done = done;
    doing->until_day = DAY_NONE;
    request->state = doing;
    request->failed = refused;
    return doing;
}

static int hold_run(struct tx *tx, struct request *request, struct err *err)
{
    struct doing *doing = request->state;
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    return r < 0 ? r
                 : hold_set(tx, request->office, &person, doing->norm, doing->reason, doing->until_day, &request->actor,
                            request->now_usec, &doing->leaf, err);
}

int page_person_hold_post(struct request *request, struct response *response, struct err *err)
{
    static const struct field fields[] = {
        {.name = "norm", .type = FIELD_LINE, .required = true, .max = 120},
        {.name = "reason", .type = FIELD_TEXT, .required = true, .max = 1000},
        {.name = "until", .type = FIELD_DATE},
    };
    enum { COUNT = sizeof fields / sizeof fields[0] };
    static const char *const reserved[] = {"csrf", NULL};
    struct doing *doing = doing_new(request, "held");
    const struct field_value *values;
    struct raw_value *raw;
    struct date until;
    size_t raw_count;
    if (doing == NULL)
        return err_memory(err);
    int r = form_values(request, reserved, &raw, &raw_count, err);
    if (r < 0)
        return r;
    r = fields_validate(fields, COUNT, raw, raw_count, &request->office->catalogue->calendar->zone, NULL, NULL,
                        &request->arena, &values, &request->errors, err);
    if (r == -ERR_BAD_INPUT)
        return again(request, response, err);
    if (r < 0)
        return r;
    doing->norm = values[0].texts[0];
    doing->reason = values[1].texts[0];
    if (values[2].count > 0 && date_parse(values[2].texts[0], &until))
        doing->until_day = day_from_date(until);
    return request_write(request, hold_run, back);
}

static int lift_run(struct tx *tx, struct request *request, struct err *err)
{
    const struct doing *doing = request->state;
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    return r < 0 ? r : hold_lift(tx, request->office, &person, doing->leaf, &request->actor, request->now_usec, err);
}

int page_person_lift_post(struct request *request, struct response *response, struct err *err)
{
    const char *leaf = request_param(request, "leaf");
    struct doing *doing = doing_new(request, "lifted");
    if (doing == NULL)
        return err_memory(err);
    if (leaf[0] == '\0' || strlen(leaf) > 18 || leaf[strspn(leaf, "0123456789")] != '\0')
        return err_set(err, ERR_NOT_FOUND, "hold_unknown", NULL);
    doing->leaf = atoll(leaf);
    return request_write(request, lift_run, back);
}

static int destroy_run(struct tx *tx, struct request *request, struct err *err)
{
    struct doing *doing = request->state;
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    return r < 0 ? r
                 : destruction_order(tx, request->office, &person, doing->norm, &request->actor, request->now_usec,
                                     &doing->leaf, err);
}

/* Nothing brings destroyed data back: a ground is chosen and a box is ticked. */
int page_person_destroy_post(struct request *request, struct response *response, struct err *err)
{
    struct doing *doing = doing_new(request, "destroying");
    const char *ground = request_form(request, "ground"), *sure = request_form(request, "sure");
    if (doing == NULL)
        return err_memory(err);
    doing->norm = ground != NULL ? destruction_norm(ground) : NULL;
    if (doing->norm == NULL)
        field_errors_add(&request->errors, "ground", "required", NULL);
    if (sure == NULL || strcmp(sure, "true") != 0)
        field_errors_add(&request->errors, "sure", "not_confirmed", NULL);
    if (request->errors.count > 0)
        return again(request, response, err);
    return request_write(request, destroy_run, back);
}
