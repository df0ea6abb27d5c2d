/* Cases as JSON, for staff and for the opener. */
#include "cases/links.h"
#include "web/api/api.h"
#include <string.h>

static void write_value(struct buf *out, const struct field *field, const char *text)
{
    bool bare = field->type == FIELD_NUMBER || field->type == FIELD_YES_NO;
    if (!bare) {
        jo_put_text(out, text);
        return;
    }
    /* Canonical spellings of both are JSON's own. */
    buf_puts(out, text);
}

static void write_cell(struct buf *out, const char *cell, size_t length)
{
    char text[FIELD_CELL_MAX + 1];
    size_t kept = length < FIELD_CELL_MAX ? length : FIELD_CELL_MAX;
    memcpy(text, cell, kept);
    text[kept] = '\0';
    jo_put_text(out, text);
}

/* A row of a table: {column: cell}, null where it is empty. */
static void write_row(struct buf *out, const struct field *table, const char *row)
{
    jo_open(out, '{');
    for (size_t i = 0; i < table->column_count; i++) {
        size_t length;
        const char *cell = field_cell(row, i, &length);
        jo_key(out, table->columns[i].name);
        if (length == 0)
            buf_puts(out, "null");
        else if (table->columns[i].type == FIELD_NUMBER)
            buf_put(out, cell, length);
        else
            write_cell(out, cell, length);
    }
    jo_close(out, '}');
}

void case_write_values(struct buf *out, const struct case_value *values, size_t count)
{
    jo_open(out, '{');
    for (size_t i = 0; i < count; i++) {
        const struct case_value *value = &values[i];
        if (value->count == 0 && !value->destroyed)
            continue;
        jo_key(out, value->field->name);
        if (value->destroyed) {
            buf_puts(out, "null");
        } else if (field_takes_list(value->field)) {
            jo_open(out, '[');
            for (size_t t = 0; t < value->count; t++) {
                if (value->field->type == FIELD_TABLE)
                    write_row(out, value->field, value->texts[t]);
                else
                    jo_put_text(out, value->texts[t]);
            }
            jo_close(out, ']');
        } else {
            write_value(out, value->field, value->texts[0]);
        }
    }
    jo_close(out, '}');
}

/* Where the clock's days are told one by one: nothing in the address but the norm and the moment. */
static void write_explain_url(struct request *request, struct buf *out, const struct clock_row *row)
{
    char from[32];
    moment_format(request_zone(request), row->starts_usec, from);
    jo_key(out, "explain_url");
    buf_puts(out, "\"/v1/clock?norm=");
    buf_put_url(out, row->norm);
    buf_puts(out, "&from=");
    buf_put_url(out, from);
    if (row->extended > 0)
        buf_printf(out, "&times=%d", row->extended);
    buf_putc(out, '"');
}

void case_write_clocks(struct request *request, struct buf *out, const struct case_clock *clocks, size_t count,
                       bool with_why)
{
    const struct zone *zone = request_zone(request);
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        const struct clock_row *row = &clocks[i].row;
        bool running = row->stopped_usec == TIME_NONE;
        bool at_once =
            clocks[i].norm != NULL && clocks[i].norm->has_clock && clocks[i].norm->clock.unit == UNIT_AT_ONCE;
        jo_open(out, '{');
        jo_text(out, "name", row->clock);
        if (clocks[i].clock != NULL)
            jo_text(out, "title", clocks[i].clock->title.in[request->lang]);
        jo_text(out, "norm", row->norm);
        jo_day(out, "norm_version", (int32_t)row->norm_from_day);
        jo_moment(out, "starts_at", zone, row->starts_usec);
        jo_moment(out, "due_at", zone, row->due_usec);
        jo_moment(out, "overdue_at", zone, row->overdue_usec);
        jo_text(out, "state", row->state);
        jo_bool(out, "at_once", at_once);
        jo_bool(out, "overdue", running && !at_once && request->now_usec >= row->overdue_usec);
        if (!running) {
            jo_moment(out, "stopped_at", zone, row->stopped_usec);
            if (row->stopped_usec >= row->starts_usec) /* else it counts back from what lies ahead */
                jo_int(out, "took_seconds", (row->stopped_usec - row->starts_usec) / USEC_PER_SEC);
        }
        jo_int(out, "extended", row->extended);
        write_explain_url(request, out, row);
        if (with_why) {
            jo_key(out, "why");
            jo_open(out, '{');
            explanation_write(request, out, &clocks[i].why);
            jo_close(out, '}');
        }
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static void write_attachments(struct buf *out, const struct case_view *view, bool for_opener)
{
    jo_key(out, "attachments");
    jo_open(out, '[');
    for (size_t i = 0; i < view->attachment_count; i++) {
        const struct attachment_row *row = &view->attachments[i];
        jo_open(out, '{');
        jo_text(out, "id", row->id);
        jo_text(out, "name", view->attachment_names[i]);
        jo_text(out, "type", row->type);
        jo_int(out, "size_bytes", row->size_bytes);
        if (!for_opener) {
            jo_key(out, "url");
            buf_printf(out, "\"/v1/cases/%s/attachments/%s\"", view->row.id, row->id);
        }
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static void write_papers(struct request *request, struct buf *out, const struct case_view *view, bool for_opener)
{
    jo_key(out, "papers");
    jo_open(out, '[');
    for (size_t i = 0; i < view->paper_count; i++) {
        const struct case_paper *paper = &view->papers[i];
        jo_open(out, '{');
        jo_text(out, "name", paper->id);
        jo_int(out, "leaf_index", paper->leaf);
        jo_moment(out, "at", request_zone(request), paper->at_usec);
        if (!for_opener) {
            jo_key(out, "url");
            buf_printf(out, "\"/v1/cases/%s/papers/%s.pdf?leaf=%lld\"", view->row.id, paper->id,
                       (long long)paper->leaf);
        }
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static void write_assignee(struct buf *out, const struct case_view *view)
{
    jo_key(out, "assignee");
    if (view->row.assignee == NULL) {
        buf_puts(out, "null");
        return;
    }
    jo_open(out, '{');
    jo_text(out, "id", view->row.assignee);
    jo_text(out, "name", view->assignee_name);
    jo_close(out, '}');
}

/* What the state would allow, but not to this asker or not yet, and why. */
static void write_barred(struct request *request, struct buf *out, const struct case_view *view)
{
    jo_key(out, "barred");
    jo_open(out, '[');
    for (size_t i = 0; i < view->barred_count; i++) {
        const struct err *why = &view->barred[i].why;
        const char *detail = text_error(&request->arena, request->lang, why->code, why->arg);
        jo_open(out, '{');
        jo_text(out, "act", view->barred[i].act->id);
        jo_text(out, "code", why->code);
        jo_text(out, "arg", why->arg[0] == '\0' ? NULL : why->arg);
        jo_text(out, "detail", detail == NULL ? why->code : detail);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static void write_links(struct request *request, struct buf *out, const struct case_view *view)
{
    jo_key(out, "links");
    jo_open(out, '[');
    for (size_t i = 0; i < view->link_count; i++) {
        const struct case_link *link = &view->links[i];
        jo_open(out, '{');
        jo_text(out, "number", link->number);
        /* Whoever may not open it gets no address. */
        jo_text(out, "id", actor_sees(&request->actor, link->procedure) ? link->case_id : NULL);
        jo_text(out, "procedure", link->procedure->id);
        jo_text(out, "state", link->procedure->states[link->state].id);
        jo_text(out, "field", link->field == NULL ? NULL : link->field->name);
        jo_text(out, "direction", link->back ? "from" : "to");
        jo_moment(out, "opened_at", request_zone(request), link->at_usec);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

void case_write(struct request *request, struct buf *out, const struct case_view *view, unsigned how)
{
    bool for_opener = (how & CASE_FOR_OPENER) != 0;
    const struct zone *zone = request_zone(request);
    const struct case_row *row = &view->row;
    const struct procedure_state *state = &view->procedure->states[view->state];
    jo_open(out, '{');
    if (!for_opener)
        jo_text(out, "id", row->id);
    jo_text(out, "number", row->number);
    jo_text(out, "procedure", row->procedure);
    jo_text(out, "state", row->state);
    jo_text(out, "state_title", (for_opener ? state->public_title : state->title).in[request->lang]);
    jo_int(out, "version", row->version);
    jo_moment(out, "opened_at", zone, row->opened_usec);
    jo_moment(out, "registered_at", zone, row->registered_usec);
    jo_moment(out, "closed_at", zone, row->closed_usec);
    jo_text(out, "lang", row->lang);
    if (!for_opener) {
        jo_text(out, "opener", row->opener);
        write_assignee(out, view);
    }
    jo_key(out, "fields");
    case_write_values(out, view->values, view->value_count);
    jo_key(out, "clocks");
    case_write_clocks(request, out, view->clocks, view->clock_count, (how & CASE_WITH_DAYS) != 0);
    write_attachments(out, view, for_opener);
    write_papers(request, out, view, for_opener);
    if (!for_opener) {
        jo_key(out, "acts");
        jo_open(out, '[');
        for (size_t i = 0; i < view->act_count; i++)
            jo_put_text(out, view->acts[i]->id);
        jo_close(out, ']');
        write_barred(request, out, view);
        write_links(request, out, view);
    }
    jo_int(out, "leaf_index", row->last_leaf);
    if (for_opener) {
        jo_key(out, "events");
        case_write_events(request, out, view);
    }
    jo_close(out, '}');
}

void case_write_events(struct request *request, struct buf *out, const struct case_view *view)
{
    jo_open(out, '[');
    for (size_t i = 0; i < view->event_count; i++) {
        const struct case_event *event = &view->events[i];
        jo_open(out, '{');
        jo_int(out, "leaf_index", event->leaf);
        jo_moment(out, "at", request_zone(request), event->at_usec);
        if (event->act != NULL)
            jo_moment(out, "happened_at", request_zone(request), event->happened_usec);
        jo_text(out, "kind", event->kind);
        if (event->act != NULL) {
            jo_text(out, "act", event->act->id);
            jo_text(out, "title", event->act->title.in[request->lang]);
        }
        jo_text(out, "by", event->actor_kind);
        if (event->actor_name != NULL)
            jo_text(out, "name", event->actor_name);
        if (event->from_state != NULL)
            jo_text(out, "from", event->from_state);
        if (event->to_state != NULL)
            jo_text(out, "to", event->to_state);
        if (event->clock != NULL)
            jo_text(out, "clock", event->clock);
        if (event->note != NULL)
            jo_text(out, "note", event->note);
        if (event->value_count > 0) {
            jo_key(out, "fields");
            case_write_values(out, event->values, event->value_count);
        }
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

int case_files(struct request *request, struct attachment_new **ret, size_t *ret_count, struct err *err)
{
    struct attachment_new *files = ARENA_ARRAY(&request->arena, struct attachment_new, request->file_count);
    if (files == NULL)
        return err_memory(err);
    for (size_t i = 0; i < request->file_count; i++) {
        const struct request_file *file = &request->files[i];
        if (strcmp(file->field, "attachments") != 0)
            field_errors_add(&request->errors, file->field, "unknown_field", "%s", file->field);
        files[i] = (struct attachment_new){.name = file->name, .bytes = file->bytes, .count = file->count};
    }
    if (request->errors.count > 0)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    *ret = files;
    *ret_count = request->file_count;
    return 0;
}

int case_raw(struct request *request, const char *const *reserved, struct raw_value **ret, size_t *ret_count,
             struct err *err)
{
    if (request->json != NULL)
        return request_json_values(request, reserved, ret, ret_count, err);
    size_t kept = 0;
    struct raw_value *values = ARENA_ARRAY(&request->arena, struct raw_value, request->form_count);
    if (values == NULL)
        return err_memory(err);
    for (size_t i = 0; i < request->form_count; i++) {
        bool skip = false;
        for (const char *const *name = reserved; name != NULL && *name != NULL && !skip; name++)
            skip = strcmp(*name, request->form[i].name) == 0;
        if (!skip)
            values[kept++] = request->form[i];
    }
    *ret = values;
    *ret_count = kept;
    return 0;
}
