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

/* Rows read at a time: few at first, then as many as take about PAGE_BYTES, for that is what a slow reader holds. */
#define ROWS_FIRST 64
#define ROWS_MOST 500
#define PAGE_BYTES ((size_t)512 * 1024)
#define PORTION_BYTES ((size_t)256 * 1024)
#define ARENA_BYTES ((size_t)16 * 1024 * 1024)

struct export_stream {
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
    struct export_stream *stream = arg;
    free(stream->cursor);
    buf_done(&stream->text);
    arena_done(&stream->one);
    arena_done(&stream->page);
    arena_done(&stream->own);
    free(stream);
}

static const struct zone *zone_of(const struct export_stream *stream)
{
    return &stream->office->catalogue->calendar->zone;
}

/* --- One entry ---------------------------------------------------------------------------------------------------- */

static void cell(struct buf *out, const char *text, bool last)
{
    buf_put_csv(out, text);
    buf_puts(out, last ? "\r\n" : ",");
}

static void moment_cell(const struct export_stream *stream, struct buf *out, int64_t at_usec, bool last)
{
    char text[32] = "";
    if (at_usec != TIME_NONE)
        moment_format(zone_of(stream), at_usec, text);
    cell(out, text, last);
}

static void csv_head(const struct export_stream *stream, struct buf *out)
{
    cell(out, "number", false);
    cell(out, "state", false);
    cell(out, "entered_at", false);
    cell(out, "left_at", stream->reg->column_count == 0);
    for (size_t i = 0; i < stream->reg->column_count; i++)
        cell(out, stream->reg->columns[i]->name, i + 1 == stream->reg->column_count);
}

/* Several texts in one cell stand on lines of their own. */
static const char *cell_text(struct export_stream *stream, const struct case_value *value)
{
    if (value->count <= 1)
        return value->count == 0 ? "" : value->texts[0];
    CLEANUP_BUF struct buf text;
    buf_init(&text, ARENA_BYTES);
    for (size_t i = 0; i < value->count; i++) {
        buf_puts(&text, i > 0 ? "\n" : "");
        buf_puts(&text, value->texts[i]);
    }
    return text.failed ? NULL : arena_strdup(&stream->one, text.data);
}

static int csv_row(struct export_stream *stream, const struct register_entry *entry, struct buf *out)
{
    cell(out, entry->row.number, false);
    cell(out, entry->row.state, false);
    moment_cell(stream, out, entry->row.entered_usec, false);
    moment_cell(stream, out, entry->row.left_usec, stream->reg->column_count == 0);
    for (size_t i = 0; i < stream->reg->column_count; i++) {
        const char *text = cell_text(stream, &entry->values[i]);
        if (text == NULL)
            return -1;
        cell(out, text, i + 1 == stream->reg->column_count);
    }
    return 0;
}

static void json_head(const struct export_stream *stream, struct buf *out)
{
    jo_open(out, '{');
    jo_text(out, "register", stream->reg->id);
    jo_moment(out, "exported_at", zone_of(stream), stream->now_usec);
    jo_key(out, "entries");
    jo_open(out, '[');
}

/* Made apart, for the writer of JSON looks at the last byte to know whether a comma is due, and a portion begins with
 * none. */
static int json_row(struct export_stream *stream, const struct register_entry *entry, struct buf *out)
{
    struct buf *text = &stream->text;
    buf_reset(text);
    jo_open(text, '{');
    jo_text(text, "number", entry->row.number);
    jo_text(text, "state", entry->row.state);
    jo_bool(text, "standing", entry->place == REGISTER_IN);
    jo_moment(text, "entered_at", zone_of(stream), entry->row.entered_usec);
    jo_moment(text, "left_at", zone_of(stream), entry->row.left_usec);
    jo_key(text, "values");
    case_write_values(text, entry->values, stream->reg->column_count);
    jo_close(text, '}');
    if (text->failed)
        return -1;
    buf_puts(out, stream->row_before ? ",\n" : "\n");
    stream->row_before = true;
    buf_put(out, text->data, text->len);
    return 0;
}

/* --- Portions ----------------------------------------------------------------------------------------------------- */

/* The next rows. Where they are so long that the page's memory does not hold them, fewer are asked for. */
static int page_read(struct export_stream *stream)
{
    const char *next = NULL;
    struct err err = {0};
    int r = -1;
    for (;;) {
        CLEANUP_READ struct tx *tx = NULL;
        arena_reset(&stream->page);
        stream->filter.cursor = stream->cursor;
        if (store_read_begin(stream->office->store, &tx, &err) < 0)
            return -1;
        r = store_register_list(tx, &stream->filter, &stream->page, &stream->rows, &stream->row_count, &next, &err);
        if (r == 0 || !stream->page.overflowed || stream->filter.limit == 1)
            break;
        stream->filter.limit /= 2;
    }
    if (stream->page.used_bytes > PAGE_BYTES && stream->filter.limit > 1)
        stream->filter.limit /= 2;
    else if (stream->page.used_bytes < PAGE_BYTES / 2 && stream->filter.limit * 2 <= ROWS_MOST)
        stream->filter.limit *= 2;
    char *cursor = r == 0 && next != NULL ? strdup(next) : NULL;
    if (r < 0 || (next != NULL && cursor == NULL))
        return -1;
    free(stream->cursor);
    stream->cursor = cursor;
    stream->last_page = next == NULL;
    stream->written = 0;
    return 0;
}

static int row_write(struct export_stream *stream, const struct register_row *row, struct buf *out)
{
    struct register_entry entry;
    struct err err = {0};
    arena_reset(&stream->one);
    if (register_entry_read(stream->reg, row, &stream->one, &entry, &err) < 0)
        return -1;
    return stream->as_json ? json_row(stream, &entry, out) : csv_row(stream, &entry, out);
}

static int export_begin(struct export_stream *stream, struct buf *out)
{
    stream->begun = true;
    if (stream->as_json)
        json_head(stream, out);
    else
        csv_head(stream, out);
    return page_read(stream);
}

static int export_fill(void *arg, struct buf *out)
{
    struct export_stream *stream = arg;
    if (!stream->begun && export_begin(stream, out) < 0)
        return -1;
    while (out->len < PORTION_BYTES) {
        if (stream->written < stream->row_count) {
            if (row_write(stream, &stream->rows[stream->written++], out) < 0)
                return -1;
        } else if (stream->last_page) {
            buf_puts(out, stream->as_json ? "\n]}\n" : "");
            return 0;
        } else if (page_read(stream) < 0) {
            return -1;
        }
    }
    return 1;
}

static int export_answer(struct request *request, struct response *response, bool as_json, struct err *err)
{
    const struct law_register *reg;
    struct export_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return err_memory(err);
    arena_init(&stream->own, 64 * 1024);
    arena_init(&stream->page, ARENA_BYTES);
    arena_init(&stream->one, ARENA_BYTES);
    buf_init(&stream->text, ARENA_BYTES);
    stream->office = request->office;
    stream->as_json = as_json;
    stream->now_usec = request->now_usec;
    int r = register_of_path(request, &reg, err);
    if (r == 0)
        r = register_filter_read(request, reg, &stream->filter, err);
    if (r == 0) {
        stream->reg = reg;
        stream->filter.limit = ROWS_FIRST;
        /* The words belong to the request: a copy outlives it. */
        const char *words = stream->filter.words;
        stream->filter.words = arena_strdup(&stream->own, words);
        if (words != NULL && stream->filter.words == NULL)
            r = err_memory(err);
    }
    if (r == 0 && response_header(response, request, "Content-Disposition", "attachment; filename=\"%s.%s\"", reg->id,
                                  as_json ? "json" : "csv") < 0)
        r = err_memory(err);
    if (r < 0) {
        export_free(stream);
        return r;
    }
    response->type = as_json ? "application/json" : "text/csv; charset=utf-8";
    response->stream = export_fill;
    response->stream_done = export_free;
    response->stream_arg = stream;
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
