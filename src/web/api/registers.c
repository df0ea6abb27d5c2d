/* GET /v1/registers and below it: what stands in the public registers, for everybody. */
#include "web/api/api.h"
#include "web/app.h"
#include "web/figures.h"
#include "web/register_read.h"
#include <string.h>

#define LIMIT_USUAL 50
#define LIMIT_MAX 500

static void write_url(struct buf *out, const struct law_register *reg, const char *number)
{
    jo_key(out, "url");
    buf_printf(out, "\"/v1/registers/%s", reg->id);
    if (number != NULL) {
        buf_puts(out, "/entries/");
        buf_put_url(out, number);
    }
    buf_putc(out, '"');
}

static void write_register(struct request *request, struct buf *out, const struct law_register *reg,
                           const struct register_figures *figures)
{
    jo_open(out, '{');
    jo_text(out, "register", reg->id);
    jo_text(out, "title", reg->title.in[request->lang]);
    jo_text(out, "summary", reg->summary.in[request->lang]);
    jo_words(out, "norms", reg->norm_ids, reg->norm_count);
    jo_text(out, "procedure", reg->procedure->id);
    jo_key(out, "columns");
    jo_open(out, '[');
    for (size_t i = 0; i < reg->column_count; i++) {
        jo_open(out, '{');
        jo_text(out, "name", reg->columns[i]->name);
        jo_text(out, "title", reg->columns[i]->title.in[request->lang]);
        jo_text(out, "type", field_type_word(reg->columns[i]->type));
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_int(out, "standing", figures->standing);
    jo_int(out, "left", figures->left);
    write_url(out, reg, NULL);
    jo_close(out, '}');
}

int api_register_list(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct buf *out = &response->body;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    jo_open(out, '{');
    jo_key(out, "registers");
    jo_open(out, '[');
    for (size_t i = 0; r == 0 && i < catalogue->register_count; i++) {
        const struct law_register *reg = &catalogue->registers[i];
        struct register_figures figures;
        if (!register_listed(request->office, reg))
            continue;
        r = figures_of_register(request->app->figures, tx, reg->id, request->now_usec, &figures, err);
        if (r == 0)
            write_register(request, out, reg, &figures);
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return r;
}

/* The members of an entry, without braces. */
static void write_entry(struct request *request, struct buf *out, const struct law_register *reg,
                        const struct register_entry *entry)
{
    const struct zone *zone = request_zone(request);
    jo_text(out, "number", entry->row.number);
    jo_text(out, "state", entry->row.state);
    if (entry->state >= 0)
        jo_text(out, "state_title", reg->procedure->states[entry->state].public_title.in[request->lang]);
    jo_bool(out, "standing", entry->place == REGISTER_IN);
    jo_moment(out, "entered_at", zone, entry->row.entered_usec);
    jo_moment(out, "left_at", zone, entry->row.left_usec);
    jo_key(out, "values");
    case_write_values(out, entry->values, reg->column_count);
    write_url(out, reg, entry->row.number);
}

int api_register_get(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    const struct law_register *reg;
    struct register_filter filter;
    struct register_row *rows;
    int64_t limit = LIMIT_USUAL;
    const char *cursor;
    size_t count;
    struct tx *tx;
    int r = register_of_path(request, &reg, err);
    if (r == 0)
        r = register_filter_read(request, reg, &filter, err);
    if (r == 0)
        r = api_query_int(request, "limit", 1, LIMIT_MAX, &limit, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    filter.limit = (size_t)limit;
    r = store_register_list(tx, &filter, &request->arena, &rows, &count, &cursor, err);
    jo_open(out, '{');
    jo_key(out, "entries");
    jo_open(out, '[');
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct register_entry entry;
        r = register_entry_read(reg, &rows[i], &request->arena, &entry, err);
        if (r < 0)
            break;
        jo_open(out, '{');
        write_entry(request, out, reg, &entry);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    if (r < 0)
        return r;
    jo_text(out, "cursor", cursor);
    jo_close(out, '}');
    return 0;
}

/* --- One entry ---------------------------------------------------------------------------------------------------- */

static void write_history(struct request *request, struct buf *out, const struct law_register *reg,
                          const struct register_step *steps, size_t count)
{
    jo_key(out, "history");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        const struct register_step *step = &steps[i];
        jo_open(out, '{');
        jo_int(out, "leaf_index", step->leaf);
        jo_moment(out, "at", request_zone(request), step->at_usec);
        jo_text(out, "act", step->act == NULL ? NULL : step->act->id);
        jo_text(out, "title", step->act == NULL ? NULL : step->act->title.in[request->lang]);
        jo_text(out, "state", step->state < 0 ? NULL : reg->procedure->states[step->state].id);
        jo_int(out, "took_seconds", step->took_usec / USEC_PER_SEC);
        jo_key(out, "values");
        case_write_values(out, step->values, step->value_count);
        jo_key(out, "proof_url");
        buf_printf(out, "\"/v1/ledger/inclusion?leaf=%lld\"", (long long)step->leaf);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static void write_beside(struct request *request, struct buf *out, const struct entry_beside *beside)
{
    const enum lang lang = request->lang;
    jo_key(out, "clocks");
    case_write_clocks(request, out, beside->clocks, beside->clock_count, false);
    jo_key(out, "orders");
    jo_open(out, '[');
    for (size_t i = 0; i < beside->order_count; i++) {
        const struct entry_order *order = &beside->orders[i];
        jo_open(out, '{');
        jo_text(out, "number", order->number);
        jo_text(out, "procedure", order->procedure->id);
        jo_text(out, "title", order->procedure->title.in[lang]);
        jo_text(out, "state", order->state < 0 ? NULL : order->procedure->states[order->state].id);
        jo_moment(out, "opened_at", request_zone(request), order->opened_usec);
        jo_key(out, "values");
        case_write_values(out, order->values, order->value_count);
        jo_key(out, "clocks");
        case_write_clocks(request, out, order->clocks, order->clock_count, false);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_key(out, "links");
    jo_open(out, '[');
    for (size_t i = 0; i < beside->link_count; i++) {
        const struct entry_link *link = &beside->links[i];
        jo_open(out, '{');
        jo_text(out, "field", link->field->name);
        jo_text(out, "title", link->field->title.in[lang]);
        jo_bool(out, "back", link->back);
        jo_text(out, "register", link->reg->id);
        jo_text(out, "number", link->number);
        jo_text(out, "state", link->state < 0 ? NULL : link->procedure->states[link->state].id);
        write_url(out, link->reg, link->number);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_bool(out, "cut", beside->cut);
}

int api_register_entry(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    const struct law_register *reg;
    const struct register_step *steps;
    struct register_entry entry;
    struct entry_beside beside;
    size_t count;
    struct tx *tx;
    int r = register_of_path(request, &reg, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = register_entry_get(tx, reg, request_param(request, "number"), &request->arena, &entry, err);
    if (r == 0)
        r = register_history(tx, request->office, reg, &entry, &request->arena, &steps, &count, err);
    if (r == 0)
        r = entry_beside_read(request, tx, reg, &entry, &beside, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "register", reg->id);
    write_entry(request, out, reg, &entry);
    write_history(request, out, reg, steps, count);
    if (count > 0 && entry_goes_on(reg, &entry))
        jo_int(out, "since_last_seconds", (request->now_usec - steps[count - 1].at_usec) / USEC_PER_SEC);
    write_beside(request, out, &beside);
    jo_close(out, '}');
    return 0;
}
