/* /v1/depersonalisations: an export from which nobody can be told, and what was done for it. */
#include "persons/depersonalise.h"
#include "cases/parts.h"
#include "web/api/json_in.h"
#include "web/api/persons.h"

#define CSV_LIMIT (64u << 20)

struct exported {
    struct depersonalising request;
    struct depersonalised made;
    const char *csv;
    int64_t leaf;
};

static int export_run(struct tx *tx, struct request *request, struct err *err)
{
    struct exported *exported = request->state;
    return depersonalisation_record(tx, request->office, &exported->request, &exported->made, &request->actor,
                                    request->now_usec, &exported->leaf, err);
}

static int export_finish(struct request *request, struct response *response, struct err *err)
{
    const struct exported *exported = request->state;
    CLEANUP_JSON json_t *report = depersonalisation_report(&exported->request, &exported->made);
    CLEANUP_BUF struct buf text = {0};
    struct buf *out = &response->body;
    if (report == NULL)
        return err_memory(err);
    buf_init(&text, 1 << 20);
    int r = json_canonical(report, &text, err);
    if (r < 0)
        return r;
    response->status = 201;
    jo_open(out, '{');
    jo_int(out, "leaf_index", exported->leaf);
    jo_key(out, "report");
    buf_put(out, text.data, text.len);
    jo_text(out, "csv", exported->csv);
    jo_close(out, '}');
    return out->failed ? err_memory(err) : 0;
}

int api_depersonalise(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    CLEANUP_BUF struct buf csv = {0};
    struct exported *exported = ARENA_NEW(&request->arena, struct exported);
    struct tx *tx;
    if (exported == NULL)
        return err_memory(err);
    buf_init(&csv, CSV_LIMIT);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = depersonalising_parse(kept, request->json, request->now_usec, &request->arena, &exported->request,
                                  &request->errors, err);
    if (r == 0)
        r = depersonalise(tx, request->office, kept, &exported->request, request->now_usec, &csv, &exported->made, err);
    if (r < 0)
        return r;
    exported->csv = arena_strndup(&request->arena, csv.data, csv.len);
    if (exported->csv == NULL)
        return err_memory(err);
    request->state = exported;
    return request_write(request, export_run, export_finish);
}
