/* A register as a file, whole: every entry that the filter lets through, portion by portion from the store, so that a
 * million entries take no more memory than one portion. CSV for spreadsheets and JSON for programs, with the same
 * members; names of columns are those of the API, so that a file read by a program does not change with the language.
 *
 * Each portion is read in a transaction of its own, so a slow reader holds nothing back in the store; entries keep
 * their place in the order, so none comes twice and none that stood from beginning to end is left out. When reading
 * fails midway the connection is broken off: what is incomplete does not look complete. */
#include "web/api/api.h"
#include "web/register_read.h"
#include <stdlib.h>
#include <string.h>

#define ROWS_A_TIME 500
#define PORTION_BYTES ((size_t)256 * 1024)
#define ARENA_BYTES ((size_t)16 * 1024 * 1024)

struct export
{
    const struct office *office;
    const struct law_register *reg;
    bool as_json, begun, row_before;
    struct arena own;  /* the filter's words */
    struct arena page; /* the rows being written */
    struct arena one;  /* the entry being written */
    struct buf text;   /* the same in JSON */
    struct register_filter filter;
    char *cursor; /* of the rows after these; heap, for it outlives the page; NULL: from the start */
    struct register_row *rows;
    size_t row_count, written;
    bool last_page;
    int64_t now_usec;
};

static void export_free(void *arg)
{
    struct export *export = arg;
    free(export->cursor);
    buf_done(&export->text);
    arena_done(&export->one);
    arena_done(&export->page);
    arena_done(&export->own);
    free(export);
}

static const struct zone *zone_of(const struct export *export)
{
    return &export->office->catalogue->calendar->zone;
}

/* --- One entry ---------------------------------------------------------------------------------------------------- */

static void cell(struct buf *out, const char *text, bool last)
{
    buf_put_csv(out, text);
    buf_puts(out, last ? "\r\n" : ",");
}

static void moment_cell(const struct export *export, struct buf *out, int64_t at_usec, bool last)
{
    char text[32] = "";
    if (at_usec != TIME_NONE)
        moment_format(zone_of(export), at_usec, text);
    cell(out, text, last);
}

static void csv_head(const struct export *export, struct buf *out)
{
    cell(out, "number", false);
    cell(out, "state", false);
    cell(out, "entered_at", false);
    cell(out, "left_at", export->reg->column_count == 0);
    for (size_t i = 0; i < export->reg->column_count; i++)
        cell(out, export->reg->columns[i]->name, i + 1 == export->reg->column_count);
}

/* Several texts in one cell stand on lines of their own. */
static const char *cell_text(struct export *export, const struct case_value *value)
{
    if (value->count <= 1)
        return value->count == 0 ? "" : value->texts[0];
    CLEANUP_BUF struct buf text;
    buf_init(&text, ARENA_BYTES);
    for (size_t i = 0; i < value->count; i++) {
        buf_puts(&text, i > 0 ? "\n" : "");
        buf_puts(&text, value->texts[i]);
    }
    return text.failed ? NULL : arena_strdup(&export->one, text.data);
}

static int csv_row(struct export *export, const struct register_entry *entry, struct buf *out)
{
    cell(out, entry->row.number, false);
    cell(out, entry->row.state, false);
    moment_cell(export, out, entry->row.entered_usec, false);
    moment_cell(export, out, entry->row.left_usec, export->reg->column_count == 0);
    for (size_t i = 0; i < export->reg->column_count; i++) {
        const char *text = cell_text(export, &entry->values[i]);
        if (text == NULL)
            return -1;
        cell(out, text, i + 1 == export->reg->column_count);
    }
    return 0;
}

static void json_head(const struct export *export, struct buf *out)
{
    jo_open(out, '{');
    jo_text(out, "register", export->reg->id);
    jo_moment(out, "exported_at", zone_of(export), export->now_usec);
    jo_key(out, "entries");
    jo_open(out, '[');
}

/* Made apart, for the writer of JSON looks at the last byte to know whether a comma is due, and a portion begins with
 * none. */
static int json_row(struct export *export, const struct register_entry *entry, struct buf *out)
{
    struct buf *text = &export->text;
    buf_reset(text);
    jo_open(text, '{');
    jo_text(text, "number", entry->row.number);
    jo_text(text, "state", entry->row.state);
    jo_bool(text, "standing", entry->place == REGISTER_IN);
    jo_moment(text, "entered_at", zone_of(export), entry->row.entered_usec);
    jo_moment(text, "left_at", zone_of(export), entry->row.left_usec);
    jo_key(text, "values");
    case_write_values(text, entry->values, export->reg->column_count);
    jo_close(text, '}');
    if (text->failed)
        return -1;
    buf_puts(out, export->row_before ? ",\n" : "\n");
    export->row_before = true;
    buf_put(out, text->data, text->len);
    return 0;
}

/* --- Portions ----------------------------------------------------------------------------------------------------- */

/* The next rows. Where they are so long that the page's memory does not hold them, fewer are asked for. */
static int page_read(struct export *export)
{
    const char *next = NULL;
    struct err err = {0};
    int r = -1;
    for (;;) {
        CLEANUP_READ struct tx *tx = NULL;
        arena_reset(&export->page);
        export->filter.cursor = export->cursor;
        if (store_read_begin(export->office->store, &tx, &err) < 0)
            return -1;
        r = store_register_list(tx, &export->filter, &export->page, &export->rows, &export->row_count, &next, &err);
        if (r == 0 || !export->page.overflowed || export->filter.limit == 1)
            break;
        export->filter.limit /= 2;
    }
    char *cursor = r == 0 && next != NULL ? strdup(next) : NULL;
    if (r < 0 || (next != NULL && cursor == NULL))
        return -1;
    free(export->cursor);
    export->cursor = cursor;
    export->last_page = next == NULL;
    export->written = 0;
    return 0;
}

static int row_write(struct export *export, const struct register_row *row, struct buf *out)
{
    struct register_entry entry;
    struct err err = {0};
    arena_reset(&export->one);
    if (register_entry_read(export->reg, row, &export->one, &entry, &err) < 0)
        return -1;
    return export->as_json ? json_row(export, &entry, out) : csv_row(export, &entry, out);
}

static int export_begin(struct export *export, struct buf *out)
{
    export->begun = true;
    if (export->as_json)
        json_head(export, out);
    else
        csv_head(export, out);
    return page_read(export);
}

static int export_fill(void *arg, struct buf *out)
{
    struct export *export = arg;
    if (!export->begun && export_begin(export, out) < 0)
        return -1;
    while (out->len < PORTION_BYTES) {
        if (export->written < export->row_count) {
            if (row_write(export, &export->rows[export->written++], out) < 0)
                return -1;
        } else if (export->last_page) {
            buf_puts(out, export->as_json ? "\n]}\n" : "");
            return 0;
        } else if (page_read(export) < 0) {
            return -1;
        }
    }
    return 1;
}

static int export_answer(struct request *request, struct response *response, bool as_json, struct err *err)
{
    const struct law_register *reg;
    struct export *export = calloc(1, sizeof *export);
    if (export == NULL)
        return err_memory(err);
    arena_init(&export->own, 64 * 1024);
    arena_init(&export->page, ARENA_BYTES);
    arena_init(&export->one, ARENA_BYTES);
    buf_init(&export->text, ARENA_BYTES);
    export->office = request->office;
    export->as_json = as_json;
    export->now_usec = request->now_usec;
    int r = register_of_path(request, &reg, err);
    if (r == 0)
        r = register_filter_read(request, reg, &export->filter, err);
    if (r == 0) {
        export->reg = reg;
        export->filter.limit = ROWS_A_TIME;
        /* The words belong to the request: a copy outlives it. */
        const char *words = export->filter.words;
        export->filter.words = arena_strdup(&export->own, words);
        if (words != NULL && export->filter.words == NULL)
            r = err_memory(err);
    }
    if (r == 0 && response_header(response, request, "Content-Disposition", "attachment; filename=\"%s.%s\"", reg->id,
                                  as_json ? "json" : "csv") < 0)
        r = err_memory(err);
    if (r < 0) {
        export_free(export);
        return r;
    }
    response->type = as_json ? "application/json" : "text/csv; charset=utf-8";
    response->stream = export_fill;
    response->stream_done = export_free;
    response->stream_arg = export;
    return 0;
}

int api_register_csv(struct request *request, struct response *response, struct err *err)
{
    return export_answer(request, response, false, err);
}

int api_register_json(struct request *request, struct response *response, struct err *err)
{
    return export_answer(request, response, true, err);
}
