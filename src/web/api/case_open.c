/* POST /v1/cases/{procedure}: the intake. Everything that can be checked or computed before the writer's turn is. */
#include "web/api/api.h"
#include "web/person_given.h"
#include <string.h>

struct opening {
    const struct procedure *procedure;
    const struct case_prepared *prepared;
    struct case_opened opened;
    int64_t received_usec;
};

#define RECEIVED "received_at"

static bool has_field(const struct procedure *procedure, const char *name)
{
    for (size_t i = 0; i < procedure->field_count; i++)
        if (strcmp(procedure->fields[i].name, name) == 0)
            return true;
    return false;
}

/* When the complaint came, if somebody enters it who received it earlier; else now. */
static int received_at(struct request *request, int64_t *ret, struct err *err)
{
    const char *text = request_form(request, RECEIVED);
    const json_t *member = request->json == NULL ? NULL : json_object_get(request->json, RECEIVED);
    *ret = request->now_usec;
    if (member != NULL) {
        text = json_string_value(member);
        if (text == NULL)
            return api_refuse(request, RECEIVED, "wrong_type", err);
    }
    if (text != NULL && !moment_parse(text, request_zone(request), ret))
        return api_refuse(request, RECEIVED, "not_a_moment", err);
    return 0;
}

static int who_opens(const struct request *request, const struct procedure *procedure, const char **ret,
                     struct err *err)
{
    static const struct {
        enum actor_kind kind;
        enum opener bit;
        const char *word;
    } openers[] = {{ACTOR_ANONYMOUS, OPENER_PUBLIC, "public"},
                   {ACTOR_ACCOUNT, OPENER_STAFF, "staff"},
                   {ACTOR_TOKEN, OPENER_API, "api"}};
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++)
        if (openers[i].kind == request->actor.kind && (procedure->open_to & openers[i].bit) != 0 &&
            (openers[i].kind == ACTOR_ANONYMOUS || actor_opens(&request->actor, procedure))) {
            *ret = openers[i].word;
            return 0;
        }
    if (request->actor.kind == ACTOR_ANONYMOUS)
        return err_set(err, ERR_UNAUTHENTICATED, "sign_in_needed", NULL);
    return err_set(err, ERR_FORBIDDEN, "opener_not_allowed", NULL);
}

static int run(struct tx *tx, struct request *request, struct err *err)
{
    struct opening *opening = request->state;
    return case_open(tx, request->office, opening->prepared, request->now_usec, &opening->opened, err);
}

/* The clocks as case_write_clocks takes them. */
static int clocks_of(struct tx *tx, struct request *request, const struct opening *opening, struct case_clock **ret,
                     size_t *ret_count, struct err *err)
{
    struct clock_row *rows;
    int r = store_clock_of_case(tx, opening->opened.id, &request->arena, &rows, ret_count, err);
    if (r < 0)
        return r;
    struct case_clock *clocks = ARENA_ARRAY(&request->arena, struct case_clock, *ret_count);
    if (clocks == NULL)
        return err_memory(err);
    for (size_t i = 0; i < *ret_count; i++)
        clocks[i] =
            (struct case_clock){.clock = procedure_clock_find(opening->procedure, rows[i].clock), .row = rows[i]};
    *ret = clocks;
    return 0;
}

static int finish(struct request *request, struct response *response, struct err *err)
{
    const struct opening *opening = request->state;
    const struct case_opened *opened = &opening->opened;
    struct buf *out = &response->body;
    const char *state = opening->procedure->states[0].id, *note;
    int64_t received = opening->received_usec, size;
    struct case_clock *clocks;
    size_t clock_count;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = clocks_of(tx, request, opening, &clocks, &clock_count, err);
    if (r == 0)
        r = ledger_checkpoint(tx, &request->arena, &note, &size, err);
    struct case_row row;
    if (r == 0 && opened->repeated) {
        r = store_case_get(tx, opened->id, &request->arena, &row, err);
        if (r == 0)
            received = row.opened_usec;
    }
    if (r < 0)
        return r;
    response->status = 201;
    r = response_header(response, request, "Location", "/v1/cases/%s", opened->id);
    if (r == 0)
        r = response_header(response, request, "ETag", "\"1\"");
    if (r < 0)
        return err_memory(err);
    jo_open(out, '{');
    jo_text(out, "id", opened->id);
    jo_text(out, "number", opened->number);
    jo_text(out, "access_code", opened->access_code);
    jo_text(out, "procedure", opening->procedure->id);
    jo_text(out, "state", state);
    jo_moment(out, "opened_at", request_zone(request), received);
    jo_key(out, "clocks");
    case_write_clocks(request, out, clocks, clock_count, false);
    jo_key(out, "receipt");
    jo_open(out, '{');
    jo_int(out, "leaf_index", opened->leaf);
    jo_hash(out, "leaf_hash", &opened->leaf_hash);
    jo_text(out, "checkpoint", note);
    jo_close(out, '}');
    jo_close(out, '}');
    return 0;
}

int api_case_open(struct request *request, struct response *response, struct err *err)
{
    struct opening *opening = ARENA_NEW(&request->arena, struct opening);
    if (opening == NULL)
        return err_memory(err);
    opening->procedure = catalogue_procedure(request->office->catalogue, request_param(request, "procedure"));
    if (opening->procedure == NULL || !office_runs(request->office, opening->procedure))
        return err_set(err, ERR_NOT_FOUND, "procedure_unknown", NULL);
    struct case_opening input = {.procedure = opening->procedure,
                                 .lang = request->lang,
                                 .received_usec = request->now_usec,
                                 .idempotency_key = request_header(request, "Idempotency-Key")};
    int r = who_opens(request, opening->procedure, &input.opener, err);
    /* To the public they are unknown fields: nobody dates their own complaint back, or says who somebody is. */
    bool dated = request->actor.kind != ACTOR_ANONYMOUS && !has_field(opening->procedure, RECEIVED);
    bool whose = person_may_be_given(request, opening->procedure);
    const char *beside[3] = {NULL}; /* members beside the procedure's own fields */
    size_t count = 0;
    if (dated)
        beside[count++] = RECEIVED;
    if (whose)
        beside[count++] = PERSON_GIVEN;
    if (r == 0 && dated)
        r = received_at(request, &input.received_usec, err);
    if (r == 0 && whose)
        r = person_given(request, opening->procedure, &input.subject_id, err);
    struct raw_value *raw;
    if (r == 0)
        r = case_raw(request, beside, &raw, &input.raw_count, err);
    if (r == 0)
        r = case_files(request, &input.files, &input.file_count, err);
    if (r < 0)
        return r;
    input.raw = raw;
    opening->received_usec = input.received_usec;
    struct tx *tx = NULL;
    if (procedure_form_names_cases(opening->procedure))
        r = request_read(request, &tx, err);
    if (r == 0)
        r = case_open_prepare(tx, request->office, &input, &request->actor, request->now_usec, &request->arena,
                              &opening->prepared, &request->errors, err);
    if (r < 0)
        return r;
    request->state = opening;
    return request_write(request, run, finish);
}
