/* The queue as a CSV file: every row that the filters let through, page by page from the store, so that a million cases
 * take no more memory than five hundred. UTF-8 with a byte order mark, for the spreadsheets people have. */
#include "web/pages/queue_filter.h"
#include "web/routes.h"
#include <stdlib.h>

#define ROWS_A_TIME 500
#define ARENA_BYTES ((size_t)32 * 1024 * 1024)

struct csv_stream {
    const struct office *office;
    enum lang lang;
    struct arena own;  /* the filter's texts */
    struct arena page; /* of one portion */
    struct case_filter filter;
    bool head_written;
};

static void stream_done(void *arg)
{
    struct csv_stream *stream = arg;
    arena_done(&stream->page);
    arena_done(&stream->own);
    free(stream);
}

static void cell(struct buf *out, const char *text, bool last)
{
    buf_put_csv(out, text == NULL ? "" : text);
    buf_puts(out, last ? "\r\n" : ",");
}

static void moment_cell(const struct csv_stream *stream, struct buf *out, int64_t at_usec)
{
    char text[32] = "";
    if (at_usec != TIME_NONE)
        moment_format(&stream->office->catalogue->calendar->zone, at_usec, text);
    cell(out, text, false);
}

static void head_write(const struct csv_stream *stream, struct buf *out)
{
    static const enum text_key keys[] = {T_queue_column_number,   T_queue_column_procedure,  T_queue_column_state,
                                         T_queue_column_received, T_queue_column_registered, T_queue_column_due,
                                         T_queue_column_overdue,  T_queue_column_closed,     T_queue_column_assignee,
                                         T_queue_column_opener,   T_queue_column_language,   T_case_facts};
    enum { COUNT = sizeof keys / sizeof *keys };
    buf_puts(out, "\xEF\xBB\xBF");
    for (size_t i = 0; i < COUNT; i++)
        cell(out, text_get(stream->lang, keys[i]), i + 1 == COUNT);
}

/* The values that are not personal, "Title: value" by semicolons. */
static const char *values_text(struct csv_stream *stream, const struct procedure *procedure, const char *fields)
{
    struct err ignored = {0};
    CLEANUP_JSON json_t *values = NULL;
    CLEANUP_BUF struct buf text;
    buf_init(&text, 1024 * 1024);
    if (procedure == NULL || fields == NULL || json_parse(fields, strlen(fields), &values, &ignored) < 0)
        return "";
    for (size_t i = 0; i < procedure->field_count; i++) {
        const struct field *field = &procedure->fields[i];
        const json_t *value = json_object_get(values, field->name);
        size_t count = json_is_array(value) ? json_array_size(value) : value != NULL;
        if (count == 0 || field->personal)
            continue;
        buf_puts(&text, text.len > 0 ? "; " : "");
        buf_printf(&text, "%s: ", field->title.in[stream->lang]);
        for (size_t j = 0; j < count; j++) {
            const char *plain = json_string_value(json_is_array(value) ? json_array_get(value, j) : value);
            const struct field_option *option = plain == NULL ? NULL : field_option_find(field, plain);
            buf_puts(&text, j > 0 ? ", " : "");
            buf_puts(&text, option != NULL ? option->title.in[stream->lang] : plain == NULL ? "" : plain);
        }
    }
    const char *copy = text.failed || text.data == NULL ? NULL : arena_strdup(&stream->page, text.data);
    return copy == NULL ? "" : copy;
}

static const char *opener_title(const struct csv_stream *stream, const char *opener)
{
    enum text_key key = strcmp(opener, "staff") == 0 ? T_queue_opener_staff
                        : strcmp(opener, "api") == 0 ? T_queue_opener_api
                                                     : T_queue_opener_public;
    return text_get(stream->lang, key);
}

static void row_write(struct csv_stream *stream, const struct case_row *row, const struct account_row *accounts,
                      size_t account_count, struct buf *out)
{
    const struct procedure *procedure = catalogue_procedure(stream->office->catalogue, row->procedure);
    int state = procedure == NULL ? -1 : procedure_state_find(procedure, row->state);
    const char *assignee = "";
    for (size_t i = 0; row->assignee != NULL && i < account_count; i++)
        if (strcmp(accounts[i].id, row->assignee) == 0)
            assignee = accounts[i].name;
    cell(out, row->number, false);
    cell(out, procedure == NULL ? row->procedure : procedure->title.in[stream->lang], false);
    cell(out, state < 0 ? row->state : procedure->states[state].title.in[stream->lang], false);
    moment_cell(stream, out, row->opened_usec);
    moment_cell(stream, out, row->registered_usec);
    moment_cell(stream, out, row->next_due_usec);
    moment_cell(stream, out, row->next_overdue_usec);
    moment_cell(stream, out, row->closed_usec);
    cell(out, assignee, false);
    cell(out, opener_title(stream, row->opener), false);
    cell(out, row->lang, false);
    cell(out, values_text(stream, procedure, row->fields), true);
}

static int stream_portion(struct csv_stream *stream, struct tx *tx, struct buf *out)
{
    struct err err = {0};
    struct account_row *accounts;
    struct case_row *rows;
    size_t account_count, count;
    const char *next = NULL;
    if (store_account_list(tx, &stream->page, &accounts, &account_count, &err) < 0 ||
        store_case_list(tx, &stream->filter, &stream->page, &rows, &count, &next, &err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        row_write(stream, &rows[i], accounts, account_count, out);
    if (stream->page.overflowed)
        return -1;
    if (next == NULL)
        return 0;
    /* The next portion goes on where this one ended, though its memory goes now. */
    stream->filter.cursor = arena_strdup(&stream->own, next);
    return stream->filter.cursor == NULL ? -1 : 1;
}

static int stream_fill(void *arg, struct buf *out)
{
    struct csv_stream *stream = arg;
    CLEANUP_READ struct tx *tx = NULL;
    struct err err = {0};
    if (!stream->head_written) {
        head_write(stream, out);
        stream->head_written = true;
    }
    if (store_read_begin(stream->office->store, &tx, &err) < 0)
        return -1;
    int r = stream_portion(stream, tx, out);
    arena_reset(&stream->page);
    return r;
}

/* The ids are the catalogue's; the list of them was the request's. */
static bool procedures_keep(struct csv_stream *stream)
{
    const char *const *ids = stream->filter.procedures;
    size_t count = 0;
    if (ids == NULL)
        return true;
    while (ids[count] != NULL)
        count++;
    const char **copy = ARENA_ARRAY(&stream->own, const char *, count + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, ids, count * sizeof *ids);
    stream->filter.procedures = copy;
    return true;
}

/* The texts of a filter belong to the request: copies outlive it. */
static bool filter_keep(struct csv_stream *stream)
{
    const char **texts[] = {&stream->filter.procedure, &stream->filter.state, &stream->filter.assignee,
                            &stream->filter.words, &stream->filter.cursor};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (*texts[i] == NULL)
            continue;
        *texts[i] = arena_strdup(&stream->own, *texts[i]);
        if (*texts[i] == NULL)
            return false;
    }
    return procedures_keep(stream);
}

int page_queue_csv(struct request *request, struct response *response, struct err *err)
{
    struct csv_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return err_memory(err);
    stream->office = request->office;
    stream->lang = request->lang;
    /* One cursor a portion stays until the end: some 30 bytes for 500 rows. */
    arena_init(&stream->own, ARENA_BYTES);
    arena_init(&stream->page, ARENA_BYTES);
    int r = queue_filter_read(request, &stream->filter, err);
    stream->filter.limit = ROWS_A_TIME;
    if (r == 0 && !filter_keep(stream))
        r = err_memory(err);
    if (r == 0)
        r = answer_file(request, response, "text/csv; charset=utf-8", "talap.csv", false, err);
    if (r < 0) {
        stream_done(stream);
        return r;
    }
    response->stream = stream_fill;
    response->stream_done = stream_done;
    response->stream_arg = stream;
    return 0;
}
