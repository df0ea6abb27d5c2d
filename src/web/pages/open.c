/* Opening a case from a form, and the receipt. Everything typed stays when something is wrong, also when the store
 * could not write; only files must be chosen again, for browsers do not keep them. */
#include "base/id.h"
#include "out/paper.h"
#include "web/app.h"
#include "web/pages/pages.h"
#include "web/person_given.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

static const char *const reserved[] = {"once", "received", "attachments", "csrf", NULL};
static const char *const reserved_with_person[] = {"once", "received", "attachments", "csrf", PERSON_GIVEN, NULL};

/* The names of the form that are no fields of the procedure. */
static const char *const *reserved_of(const struct request *request, const struct procedure *procedure)
{
    return person_may_be_given(request, procedure) ? reserved_with_person : reserved;
}

struct open_state {
    const struct procedure *procedure;
    const struct case_prepared *prepared;
    struct case_opened opened;
    bool staff;
    bool fresh_once; /* the old key belongs to another request */
};

bool procedure_opened_by_staff(const struct request *request, const struct procedure *procedure)
{
    const struct actor *actor = &request->actor;
    return actor->kind == ACTOR_ACCOUNT && !actor->must_change_password && (procedure->open_to & OPENER_STAFF) != 0 &&
           office_runs(request->office, procedure) && actor_opens(actor, procedure);
}

static int procedure_of(struct request *request, const struct procedure **ret, bool *ret_staff, struct err *err)
{
    const struct procedure *procedure =
        catalogue_procedure(request->office->catalogue, request_param(request, "procedure"));
    if (procedure == NULL || !office_runs(request->office, procedure) ||
        !(procedure->open_to & (OPENER_PUBLIC | OPENER_STAFF)))
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    bool staff = procedure_opened_by_staff(request, procedure);
    if (!staff && !(procedure->open_to & OPENER_PUBLIC))
        return request->actor.kind == ACTOR_ACCOUNT ? err_set(err, ERR_FORBIDDEN, "opener_not_allowed", NULL)
                                                    : err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    *ret = procedure;
    *ret_staff = staff;
    return 0;
}

static void clock_fill(struct request *request, struct open_view *view)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct err ignored = {0};
    for (size_t i = 0; i < view->procedure->clock_count && !view->has_clock; i++) {
        if (!procedure_clock_starts_on(&view->procedure->clocks[i], "opened"))
            continue;
        /* Which cases have it, or from when, is not known yet. */
        if (view->procedure->clocks[i].condition_count > 0 || view->procedure->clocks[i].from != NULL)
            continue;
        view->clock_title = &view->procedure->clocks[i];
        view->norm = catalogue_norm_at(catalogue, view->procedure->clocks[i].norm_id, request->now_usec);
        view->has_clock =
            view->norm != NULL && view->norm->has_clock &&
            clock_compute(catalogue->calendar, &view->norm->clock, request->now_usec, &view->clock, &ignored) == 0;
    }
}

/* The case that the form grows from, as far as whoever opens it may see it: staff by their role, the opener by the code
 * in the cookie. *ret_seen false where there is none to be seen: then only its number is known. */
static int origin_find(struct request *request, bool staff, const char *number, struct case_view *ret, bool *ret_seen,
                       struct err *err)
{
    struct err why = {0};
    struct case_row row;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    *ret_seen = false;
    if (r < 0)
        return r;
    if (staff) {
        r = store_case_by_number(tx, number, &request->arena, &row, &why);
        if (r == 0)
            r = case_view(tx, request->office, row.id, &request->actor, request->now_usec, CASE_WITH_EVENTS,
                          &request->arena, ret, &why);
    } else {
        const char *code = opener_code(request, number);
        if (code == NULL)
            return 0;
        r = case_view_by_code(tx, request->office, number, code, request->now_usec, CASE_WITH_EVENTS, &request->arena,
                              ret, &why);
    }
    if (r < 0 && r != -ERR_NOT_FOUND && r != -ERR_FORBIDDEN) {
        *err = why;
        return r;
    }
    *ret_seen = r == 0;
    return 0;
}

static bool may_name(const struct field *field, const struct case_view *origin)
{
    return field->type == FIELD_CASE &&
           (origin == NULL || words_have(field->procedures, field->procedure_count, origin->procedure->id));
}

static const struct case_value *value_like(const struct case_value *values, size_t count, const struct field *field)
{
    for (size_t i = 0; i < count; i++) {
        const struct field *other = values[i].field;
        if (strcmp(other->name, field->name) == 0 && other->type == field->type && values[i].count > 0 &&
            !values[i].destroyed && !other->personal)
            return &values[i];
    }
    return NULL;
}

/* What the origin says under this name and type, in its newest act that does, else in its form. Nothing personal is
 * taken over. */
static const struct case_value *origin_value(const struct case_view *origin, const struct field *field)
{
    const struct case_value *found = NULL;
    if (field->personal)
        return NULL;
    for (size_t i = origin->event_count; found == NULL && i-- > 0;)
        found = value_like(origin->events[i].values, origin->events[i].value_count, field);
    return found != NULL ? found : value_like(origin->values, origin->value_count, field);
}

/* ?from=NUMBER: the field that may name that case gets its number, a choice of procedures its procedure, and fields of
 * the same name and type what they hold there. */
static int form_prefill(struct request *request, const struct procedure *procedure, bool staff, const char *number,
                        struct raw_value **ret, size_t *ret_count, struct err *err)
{
    struct case_view seen;
    bool is_seen, named = false;
    int r = origin_find(request, staff, number, &seen, &is_seen, err);
    struct raw_value *raw = ARENA_ARRAY(&request->arena, struct raw_value, procedure->field_count + 1);
    size_t count = 0;
    if (r < 0)
        return r;
    if (raw == NULL)
        return err_memory(err);
    const struct case_view *origin = is_seen ? &seen : NULL;
    for (size_t i = 0; i < procedure->field_count; i++) {
        const struct field *field = &procedure->fields[i];
        /* What people say in their own words, they say anew. */
        bool own_words = field->type == FIELD_TEXT && (procedure->open_to & OPENER_PUBLIC) != 0;
        const struct case_value *value = origin == NULL || own_words ? NULL : origin_value(origin, field);
        const char **text = ARENA_NEW(&request->arena, const char *);
        if (text == NULL)
            return err_memory(err);
        raw[count] = (struct raw_value){.name = field->name, .kind = RAW_FORM, .count = 1, .texts = text};
        if (!named && may_name(field, origin)) {
            *text = number;
            named = true;
        } else if (origin != NULL && field->type == FIELD_CHOICE &&
                   field_option_find(field, origin->procedure->id) != NULL) {
            *text = origin->procedure->id;
        } else if (value != NULL) {
            raw[count].count = value->count;
            raw[count].texts = value->texts;
        } else {
            continue;
        }
        count++;
    }
    *ret = raw;
    *ret_count = count;
    return 0;
}

/* ?about=content&link=…: a page that leads here fills in what it knows. Nothing personal is taken from an address. */
static int query_prefill(struct request *request, const struct procedure *procedure, struct raw_value **ret,
                         size_t *ret_count, struct err *err)
{
    struct raw_value *raw = ARENA_ARRAY(&request->arena, struct raw_value, procedure->field_count + 1);
    size_t count = 0;
    if (raw == NULL)
        return err_memory(err);
    for (size_t i = 0; i < procedure->field_count; i++) {
        const struct field *field = &procedure->fields[i];
        const char **text = ARENA_NEW(&request->arena, const char *);
        if (text == NULL)
            return err_memory(err);
        *text = field->personal ? "" : query_text(request, field->name);
        if ((*text)[0] != '\0')
            raw[count++] = (struct raw_value){.name = field->name, .kind = RAW_FORM, .count = 1, .texts = text};
    }
    *ret = raw;
    *ret_count = count;
    return 0;
}

/* A number of a case, as far as its length tells. */
static const char *origin_of(const struct request *request)
{
    const char *number = request_query(request, "from");
    return number == NULL || number[0] == '\0' || strlen(number) >= sizeof((struct case_opened *)0)->number ? NULL
                                                                                                            : number;
}

/* Draws the form, empty or with what was typed and refused. */
static int form_draw(struct request *request, struct response *response, const struct procedure *procedure, bool staff,
                     const char *refusal, const char *once, struct err *err)
{
    struct open_view view = {.procedure = procedure,
                             .staff = staff,
                             .on_behalf = staff && (procedure->open_to & OPENER_PUBLIC) != 0,
                             .once = once,
                             .received = ""};
    struct raw_value *raw = NULL;
    size_t raw_count = 0;
    struct page *page;
    struct problem_line *extra = ARENA_ARRAY(&request->arena, struct problem_line, 3);
    const char *from = request->route->method == HTTP_GET ? origin_of(request) : NULL;
    bool empty = request->route->method == HTTP_GET;
    int r = extra == NULL  ? err_memory(err)
            : from != NULL ? form_prefill(request, procedure, staff, from, &raw, &raw_count, err)
            : empty        ? query_prefill(request, procedure, &raw, &raw_count, err)
                           : form_values(request, reserved_of(request, procedure), &raw, &raw_count, err);
    if (r < 0)
        return r;
    view.from = from;
    view.form = (struct form_view){.prefix = "f",
                                   .fields = procedure->fields,
                                   .field_count = procedure->field_count,
                                   .raw = raw,
                                   .raw_count = raw_count,
                                   .errors = &request->errors,
                                   .refusal = refusal,
                                   .extra = extra,
                                   .had_files = request->file_count > 0};
    const char *received = request_form(request, "received");
    if (received != NULL)
        view.received = received;
    view.asks_person = staff && person_may_be_given(request, procedure);
    view.person = view.asks_person ? request_form(request, PERSON_GIVEN) : NULL;
    /* A page of a person leads here with the name they have in addresses. */
    if (view.asks_person && view.person == NULL && id_valid(query_text(request, PERSON_GIVEN)))
        view.person = query_text(request, PERSON_GIVEN);
    view.person_wrong = field_sentence(request, field_errors_find(&request->errors, PERSON_GIVEN));
    view.received_wrong = field_sentence(request, field_errors_find(&request->errors, "received"));
    view.attachments_wrong = field_sentence(request, field_errors_find(&request->errors, "attachments"));
    if (view.received_wrong != NULL)
        extra[view.form.extra_count++] = (struct problem_line){
            .id = "f-received", .title = text_get(request->lang, T_open_received), .text = view.received_wrong};
    if (view.attachments_wrong != NULL)
        extra[view.form.extra_count++] = (struct problem_line){.id = "f-attachments",
                                                               .title = text_get(request->lang, T_open_attachments),
                                                               .text = view.attachments_wrong};
    if (view.person_wrong != NULL)
        extra[view.form.extra_count++] = (struct problem_line){
            .id = "f-person", .title = text_get(request->lang, T_open_person), .text = view.person_wrong};
    for (size_t i = 0; i < procedure->field_count; i++)
        view.personal_fields = view.personal_fields || procedure->fields[i].personal;
    clock_fill(request, &view);
    r = page_begin(request, response, procedure->title.in[request->lang], "open", &page, err);
    if (r < 0)
        return r;
    page_open(&page->out, &view);
    return page_end(page, err);
}

int page_open_get(struct request *request, struct response *response, struct err *err)
{
    const struct procedure *procedure;
    bool staff;
    int r = procedure_of(request, &procedure, &staff, err);
    if (r == 0)
        r = form_draw(request, response, procedure, staff, NULL, once_new(request), err);
    /* The empty form may be kept by the browser, so that going back to it brings back what was typed. */
    if (r == 0 && response_header(response, request, "Cache-Control", "private, no-cache") < 0)
        r = err_memory(err);
    return r;
}

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
    /* Nobody is waiting for a receipt where no applicant is: on to the case. */
    if (state->staff && !(state->procedure->open_to & OPENER_PUBLIC))
        return response_redirect(response, request, "/%s/case/%s?done=1", lang_of(request), state->opened.id) < 0
                   ? err_memory(err)
                   : 0;
    int r = opener_remember(request, response, state->opened.number, state->opened.access_code, err);
    if (r < 0)
        return r;
    if (number.failed || response_redirect(response, request, "/%s/receipt/%s", lang_of(request), number.data) < 0)
        return err_memory(err);
    return 0;
}

static int open_failed(struct request *request, struct response *response, struct err *err)
{
    const struct open_state *state = request->state;
    const struct err *why = &request->write_error;
    response->status = err_http_status(why->kind);
    return form_draw(request, response, state->procedure, state->staff, sentence_of(request, why), once_new(request),
                     err);
}

/* The moment of receipt as typed by staff; false where it cannot be. */
static bool received_read(struct request *request, bool staff, int64_t *ret)
{
    const char *text = request_form(request, "received");
    *ret = request->now_usec;
    if (!staff || text == NULL || text[0] == '\0')
        return true;
    return moment_parse(text, &request->office->catalogue->calendar->zone, ret);
}

int page_open_post(struct request *request, struct response *response, struct err *err)
{
    struct open_state *state = ARENA_NEW(&request->arena, struct open_state);
    if (state == NULL)
        return err_memory(err);
    int r = procedure_of(request, &state->procedure, &state->staff, err);
    if (r < 0)
        return r;
    const char *once = once_of(request);
    struct raw_value *raw;
    size_t raw_count;
    struct attachment_new *files;
    size_t file_count;
    r = form_values(request, reserved_of(request, state->procedure), &raw, &raw_count, err);
    if (r == 0)
        r = form_files(request, "attachments", &files, &file_count, err);
    if (r < 0)
        return r;
    struct case_opening opening = {.procedure = state->procedure,
                                   .opener = state->staff ? "staff" : "public",
                                   .lang = request->lang,
                                   .raw = raw,
                                   .raw_count = raw_count,
                                   .files = files,
                                   .file_count = file_count,
                                   .idempotency_key = once};
    if (!received_read(request, state->staff, &opening.received_usec)) {
        field_errors_add(&request->errors, "received", "not_a_moment", NULL);
        opening.received_usec = request->now_usec;
    }
    /* A public form from someone signed in who may not enter cases for others is still that person's own. */
    struct actor anonymous = {.kind = ACTOR_ANONYMOUS, .roles = ROLE_PUBLIC, .lang = request->lang};
    const struct actor *actor = state->staff ? &request->actor : &anonymous;
    struct tx *tx = NULL;
    struct err why = {0};
    if (state->staff && person_may_be_given(request, state->procedure))
        r = person_given(request, state->procedure, &opening.subject_id, &why);
    if (r < 0 && r != -ERR_BAD_INPUT) {
        *err = why;
        return r;
    }
    r = procedure_form_names_cases(state->procedure) ? request_read(request, &tx, err) : 0;
    if (r < 0)
        return r;
    r = case_open_prepare(tx, request->office, &opening, actor, request->now_usec, &request->arena, &state->prepared,
                          &request->errors, &why);
    if (r < 0 && r != -ERR_BAD_INPUT && r != -ERR_CONFLICT) {
        *err = why;
        return r;
    }
    if (r < 0 || request->errors.count > 0) {
        response->status = r == -ERR_CONFLICT ? 409 : 422;
        return form_draw(request, response, state->procedure, state->staff,
                         request->errors.count > 0 ? NULL : sentence_of(request, &why),
                         once == NULL ? once_new(request) : once, err);
    }
    request->state = state;
    request->failed = open_failed;
    return request_write(request, open_run, open_finish);
}

int page_receipt_get(struct request *request, struct response *response, struct err *err)
{
    const char *number = request_param(request, "number"), *code = opener_code(request, number);
    struct receipt_view view = {.code = code};
    struct case_view c;
    struct page *page;
    struct tx *tx;
    if (code == NULL) {
        CLEANUP_BUF struct buf encoded;
        buf_init(&encoded, 512);
        /* Longer than any number: asked for anew. */
        buf_put_url(&encoded, strlen(number) < sizeof((struct case_opened *)0)->number ? number : "");
        return encoded.failed ||
                       response_redirect(response, request, "/%s/follow?number=%s", lang_of(request), encoded.data) < 0
                   ? err_memory(err)
                   : 0;
    }
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = case_view_by_code(tx, request->office, number, code, request->now_usec, CASE_WITH_WHY | CASE_WITH_EVENTS,
                              &request->arena, &c, err);
    if (r < 0)
        return r;
    view.c = &c;
    view.clock = c.clock_count > 0 ? &c.clocks[0] : NULL;
    view.leaf = c.event_count > 0 ? c.events[0].leaf : c.row.last_leaf;
    for (size_t i = 0; i < c.value_count; i++)
        view.told_by_mail = view.told_by_mail || (c.values[i].field->type == FIELD_EMAIL && c.values[i].count > 0);
    struct event_row event;
    char *hex = arena_alloc(&request->arena, 2 * SHA256_BYTES + 1);
    r = hex == NULL ? err_memory(err) : store_event_get(tx, view.leaf, &request->arena, &event, err);
    if (r < 0)
        return r;
    hex_encode(event.leaf_hash.bytes, SHA256_BYTES, hex);
    view.leaf_hash = hex;
    const char *address = arena_printf(&request->arena, "%s/%s/proof/%lld", request_public_url(request),
                                       lang_of(request), (long long)view.leaf);
    r = address == NULL ? err_memory(err) : qr_svg(address, &request->arena, &view.qr, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, receipt_title), "open", &page, err);
    if (r < 0)
        return r;
    page_receipt(&page->out, &view);
    return page_end(page, err);
}
