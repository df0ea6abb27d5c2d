/* GET /v1/cases/{id}/chain: all cases that hang together with one. */
#include "base/id.h"
#include "cases/links.h"
#include "web/api/api.h"

static void write_node(struct request *request, struct buf *out, const struct case_chain *chain, size_t at)
{
    const struct case_row *row = &chain->rows[at];
    jo_open(out, '{');
    jo_text(out, "number", row->number);
    jo_text(out, "procedure", row->procedure);
    jo_text(out, "state", row->state);
    if (chain->visible[at]) {
        jo_text(out, "id", row->id);
        jo_moment(out, "opened_at", request_zone(request), row->opened_usec);
        jo_moment(out, "closed_at", request_zone(request), row->closed_usec);
        jo_moment(out, "due_at", request_zone(request), row->next_due_usec);
    }
    jo_close(out, '}');
}

int api_case_chain(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    const char *id = request_param(request, "id");
    struct case_chain chain;
    struct tx *tx;
    if (!id_valid(id))
        return err_set(err, ERR_NOT_FOUND, "case_unknown", NULL);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = case_chain(tx, request->office, id, &request->actor, &request->arena, &chain, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "cases");
    jo_open(out, '[');
    for (size_t i = 0; i < chain.node_count; i++)
        write_node(request, out, &chain, i);
    jo_close(out, ']');
    jo_key(out, "links");
    jo_open(out, '[');
    for (size_t i = 0; i < chain.edge_count; i++) {
        const struct case_chain_edge *edge = &chain.edges[i];
        jo_open(out, '{');
        jo_text(out, "from", chain.rows[edge->from].number);
        jo_text(out, "to", chain.rows[edge->to].number);
        jo_text(out, "field", edge->field == NULL ? NULL : edge->field->name);
        jo_text(out, "title", edge->field == NULL ? NULL : edge->field->title.in[request->lang]);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_bool(out, "cut", chain.cut);
    jo_close(out, '}');
    return 0;
}
