/* POST /v1/cases/{id}/acts/{act}. */
#include "web/api/api.h"

struct acting {
    const struct act_prepared *prepared;
    int64_t version, leaf;
};

static int run(struct tx *tx, struct request *request, struct err *err)
{
    struct acting *acting = request->state;
    return case_act(tx, request->office, acting->prepared, request->now_usec, &acting->version, &acting->leaf, err);
}

static int finish(struct request *request, struct response *response, struct err *err)
{
    struct tx *tx;
    struct case_view view;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = case_view(tx, request->office, request_param(request, "id"), &request->actor, request->now_usec,
                      CASE_WITH_LINKS, &request->arena, &view, err);
    if (r < 0)
        return r;
    if (response_header(response, request, "ETag", "\"%lld\"", (long long)view.row.version) < 0)
        return err_memory(err);
    case_write(request, &response->body, &view, 0);
    return 0;
}

int api_case_act(struct request *request, struct response *response, struct err *err)
{
    struct acting *acting = ARENA_NEW(&request->arena, struct acting);
    if (acting == NULL)
        return err_memory(err);
    const char *id = request_param(request, "id");
    struct case_acting input = {.case_id = id,
                                .act = request_param(request, "act"),
                                .idempotency_key = request_header(request, "Idempotency-Key")};
    struct raw_value *raw;
    struct tx *tx;
    if (!id_valid(id))
        return err_set(err, ERR_NOT_FOUND, "case_unknown", NULL);
    int r = request_if_match(request, &input.expected_version, err);
    if (r == 0)
        r = case_raw(request, NULL, &raw, &input.raw_count, err);
    if (r == 0)
        r = case_files(request, &input.files, &input.file_count, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    input.raw = raw;
    r = case_act_prepare(tx, request->office, &input, &request->actor, request->now_usec, &request->arena,
                         &acting->prepared, &request->errors, err);
    if (r < 0)
        return r;
    request->state = acting;
    return request_write(request, run, finish);
}
