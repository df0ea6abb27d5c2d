/* My requests: what I asked for and what I was told of, and what can be asked for here: every procedure that is open to
 * a person whose identity is established. How one's own case stands is told by the page that follows it (follow.c),
 * which lets in whoever is in the cabinet. Where letters go is known from the code, so the form does not ask. */
#include "store/person_rows.h"
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

#define CASES_SHOWN 500

static const char *const reserved[] = {"once", "attachments", "csrf", NULL};

int cabinet_case_code(struct request *request, const char *number, const char **ret, struct err *err)
{
    struct person_session session;
    struct person_case_row whose;
    struct case_row row;
    struct err why = {0};
    struct tx *tx;
    char code[16];
    bool found = false;
    *ret = NULL;
    if (request_cookie(request, COOKIE_PERSON) == NULL || strlen(number) >= sizeof((struct case_opened *)0)->number)
        return 0;
    int r = cabinet_session_get(request, &session, &why);
    if (r == 0)
        r = request_read(request, &tx, &why);
    if (r == 0)
        r = store_case_by_number(tx, number, &request->arena, &row, &why);
    if (r == 0)
        r = store_person_case_get(tx, row.id, &request->arena, &whose, &found, &why);
    if (r == -ERR_UNAUTHENTICATED || r == -ERR_NOT_FOUND)
        return 0;
    if (r < 0) {
        *err = why;
        return r;
    }
    if (!found || whose.person != session.person.serial)
        return 0;
    keyring_access_code(request->office->keyring, row.id, code);
    *ret = arena_strdup(&request->arena, code);
    return *ret == NULL ? err_memory(err) : 0;
}

int request_lines_make(struct request *request, struct tx *tx, const struct person *person,
                       const struct request_line **ret, size_t *ret_count, struct err *err)
{
    struct person_case_row *cases;
    size_t count, kept = 0;
    int r = store_person_case_of(tx, person->serial, CASES_SHOWN, &request->arena, &cases, &count, err);
    struct request_line *lines = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct request_line, count + 1);
    if (r < 0 || lines == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct case_row *row = ARENA_NEW(&request->arena, struct case_row);
        if (row == NULL)
            return err_memory(err);
        r = store_case_get(tx, cases[i].case_id, &request->arena, row, err);
        const struct procedure *procedure =
            r < 0 ? NULL : catalogue_procedure(request->office->catalogue, row->procedure);
        int state = procedure == NULL ? -1 : procedure_state_find(procedure, row->state);
        if (state >= 0)
            lines[kept++] = (struct request_line){.procedure = procedure, .row = row, .state = state};
    }
    if (r < 0)
        return r;
    *ret = lines;
    *ret_count = kept;
    return 0;
}

/* Consents are withdrawn where they stand. */
static const char *door_address(struct request *request, const struct procedure *procedure)
{
    if (procedure == withdrawal_procedure(request->office))
        return "/cabinet/consents";
    return arena_printf(&request->arena, "/cabinet/open/%s", procedure->id);
}

static int doors_fill(struct request *request, struct cabinet_requests_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct request_door *doors = ARENA_ARRAY(&request->arena, struct request_door, catalogue->procedure_count + 1);
    if (doors == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        if ((procedure->open_to & OPENER_PERSON) != 0 && office_runs(request->office, procedure))
            doors[view->door_count++] = (struct request_door){.address = door_address(request, procedure),
                                                              .title = procedure->title.in[request->lang],
                                                              .text = procedure->summary.in[request->lang]};
    }
    view->doors = doors;
    return 0;
}

int page_cabinet_requests_get(struct request *request, struct response *response, struct err *err)
{
    struct cabinet_requests_view view = {0};
    struct person_session session;
    const struct request_line *lines;
    size_t count;
    struct page *page;
    struct tx *tx;
    bool in;
    int r = cabinet_session(request, response, &session, &in, err);
    if (r < 0 || !in)
        return r;
    r = request_read(request, &tx, err);
    if (r == 0)
        r = request_lines_make(request, tx, &session.person, &lines, &count, err);
    if (r == 0)
        r = doors_fill(request, &view, err);
    struct request_line *mine = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct request_line, count + 1);
    struct request_line *told = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct request_line, count + 1);
    if (r < 0 || mine == NULL || told == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; i < count; i++)
        if ((lines[i].procedure->open_to & (OPENER_PERSON | OPENER_PUBLIC)) != 0)
            mine[view.mine_count++] = lines[i];
        else
            told[view.told_count++] = lines[i];
    view.mine = mine;
    view.told = told;
    r = page_begin(request, response, PAGE_TITLE(request, cabinet_requests), "cabinet_requests", &page, err);
    if (r < 0)
        return r;
    page_cabinet_requests(&page->out, &view);
    return page_end(page, err);
}

/* --- A new one -----------------------------------------------------------------------------------------------------
 */

/* Is it the person's own address that the field asks for? */
static bool asks_contact(const struct field *field)
{
    return field->personal && strncmp(field->name, "contact_", 8) == 0 &&
           (field->type == FIELD_EMAIL || field->type == FIELD_PHONE || field->type == FIELD_PERSON);
}

static const char *contact_of(const struct person_session *session, const struct field *field)
{
    return field->type == FIELD_EMAIL ? session->email : field->type == FIELD_PHONE ? session->phone : NULL;
}

/* The fields that the form asks for: not where to write to, when that is known; after a certificate an e-mail, if one
 * is to be told at all. */
static bool field_is_asked(const struct person_session *session, const struct field *field)
{
    bool reached = session->email != NULL || session->phone != NULL;
    if (!asks_contact(field))
        return true;
    if (contact_of(session, field) != NULL)
        return false;
    return field->required || (!reached && field->type == FIELD_EMAIL);
}

static int open_draw(struct request *request, struct response *response, const struct procedure *procedure,
                     const struct person_session *session, const char *refusal, struct err *err)
{
    struct field *fields = ARENA_ARRAY(&request->arena, struct field, procedure->field_count + 1);
    struct problem_line *extra = ARENA_NEW(&request->arena, struct problem_line);
    struct cabinet_open_view view = {.procedure = procedure, .once = once_of(request)};
    struct raw_value *raw;
    struct page *page;
    size_t count = 0, raw_count;
    int r = fields == NULL || extra == NULL ? err_memory(err) : form_values(request, reserved, &raw, &raw_count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < procedure->field_count; i++)
        if (field_is_asked(session, &procedure->fields[i]))
            fields[count++] = procedure->fields[i];
    if (view.once == NULL || refusal != NULL)
        view.once = once_new(request);
    view.answer_to = session->email != NULL ? session->email : session->phone;
    view.form = (struct form_view){.prefix = "f",
                                   .fields = fields,
                                   .field_count = count,
                                   .raw = raw,
                                   .raw_count = raw_count,
                                   .errors = &request->errors,
                                   .refusal = refusal,
                                   .extra = extra,
                                   .had_files = request->file_count > 0};
    view.attachments_wrong = field_sentence(request, field_errors_find(&request->errors, "attachments"));
    if (view.attachments_wrong != NULL) {
        *extra = (struct problem_line){.id = "f-attachments",
                                       .title = text_get(request->lang, T_open_attachments),
                                       .text = view.attachments_wrong};
        view.form.extra_count = 1;
    }
    r = page_begin(request, response, procedure->title.in[request->lang], "cabinet_requests", &page, err);
    if (r < 0)
        return r;
    page_cabinet_open(&page->out, &view);
    return page_end(page, err);
}

static const struct procedure *procedure_wanted(const struct request *request)
{
    const struct procedure *procedure =
        catalogue_procedure(request->office->catalogue, request_param(request, "procedure"));
    return procedure != NULL && (procedure->open_to & OPENER_PERSON) != 0 && office_runs(request->office, procedure)
               ? procedure
               : NULL;
}

int page_cabinet_open_get(struct request *request, struct response *response, struct err *err)
{
    const struct procedure *procedure = procedure_wanted(request);
    struct person_session session;
    bool in;
    if (procedure == NULL)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    int r = cabinet_session(request, response, &session, &in, err);
    return r < 0 || !in ? r : open_draw(request, response, procedure, &session, NULL, err);
}

struct open_state {
    const struct procedure *procedure;
    struct person_session session;
    const struct case_prepared *prepared;
    struct case_opened opened;
};

static int open_run(struct tx *tx, struct request *request, struct err *err)
{
    struct open_state *state = request->state;
    return case_open(tx, request->office, state->prepared, request->now_usec, &state->opened, err);
}

static int open_finish(struct request *request, struct response *response, struct err *err)
{
    const struct open_state *state = request->state;
    CLEANUP_BUF struct buf number;
    buf_init(&number, 512);
    buf_put_url(&number, state->opened.number);
    if (number.failed ||
        response_redirect(response, request, "/%s/follow/%s?done=1", lang_of(request), number.data) < 0)
        return err_memory(err);
    return 0;
}

static int open_failed(struct request *request, struct response *response, struct err *err)
{
    const struct open_state *state = request->state;
    response->status = err_http_status(request->write_error.kind);
    return open_draw(request, response, state->procedure, &state->session, sentence_of(request, &request->write_error),
                     err);
}

/* The form's values, and the address that the form did not ask for. What it did not ask for and came all the same is
 * left out. */
static int open_values(struct request *request, const struct open_state *state, struct raw_value **ret,
                       size_t *ret_count, struct err *err)
{
    const struct procedure *procedure = state->procedure;
    struct raw_value *typed;
    size_t typed_count, count = 0;
    int r = form_values(request, reserved, &typed, &typed_count, err);
    struct raw_value *raw =
        r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct raw_value, typed_count + procedure->field_count + 1);
    const char **texts = r < 0 ? NULL : ARENA_ARRAY(&request->arena, const char *, procedure->field_count + 1);
    if (r < 0 || raw == NULL || texts == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; i < typed_count; i++) {
        bool known = false;
        for (size_t j = 0; j < procedure->field_count; j++)
            known = known || (strcmp(procedure->fields[j].name, typed[i].name) == 0 &&
                              !field_is_asked(&state->session, &procedure->fields[j]));
        if (!known)
            raw[count++] = typed[i];
    }
    for (size_t i = 0; i < procedure->field_count; i++) {
        const struct field *field = &procedure->fields[i];
        texts[i] = asks_contact(field) ? contact_of(&state->session, field) : NULL;
        if (texts[i] != NULL)
            raw[count++] = (struct raw_value){.name = field->name, .kind = RAW_FORM, .count = 1, .texts = &texts[i]};
    }
    *ret = raw;
    *ret_count = count;
    return 0;
}

int page_cabinet_open_post(struct request *request, struct response *response, struct err *err)
{
    static const struct actor themselves = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC};
    struct open_state *state = ARENA_NEW(&request->arena, struct open_state);
    struct case_opening opening = {.opener = "person", .lang = request->lang, .received_usec = request->now_usec};
    struct raw_value *raw;
    struct attachment_new *files;
    struct err why = {0};
    struct tx *tx;
    bool in;
    if (state == NULL)
        return err_memory(err);
    state->procedure = procedure_wanted(request);
    if (state->procedure == NULL)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    int r = cabinet_session(request, response, &state->session, &in, err);
    if (r < 0 || !in)
        return r;
    r = open_values(request, state, &raw, &opening.raw_count, err);
    if (r == 0)
        r = form_files(request, "attachments", &files, &opening.file_count, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    opening.procedure = state->procedure;
    opening.subject_id = state->session.person.subject_id;
    opening.raw = raw;
    opening.files = files;
    opening.idempotency_key = once_of(request);
    r = case_open_prepare(tx, request->office, &opening, &themselves, request->now_usec, &request->arena,
                          &state->prepared, &request->errors, &why);
    if (r < 0 && r != -ERR_BAD_INPUT && r != -ERR_CONFLICT) {
        *err = why;
        return r;
    }
    if (r < 0 || request->errors.count > 0) {
        response->status = r == -ERR_CONFLICT ? 409 : 422;
        return open_draw(request, response, state->procedure, &state->session,
                         request->errors.count > 0 ? NULL : sentence_of(request, &why), err);
    }
    request->state = state;
    request->failed = open_failed;
    return request_write(request, open_run, open_finish);
}
