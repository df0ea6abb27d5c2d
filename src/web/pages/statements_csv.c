/* Moderation decisions as statements of reasons (out/statements.h), whole: every decision of the days asked for,
 * portion by portion from the store, so that a million decisions take no more memory than one portion. For staff, by
 * page and by API, with the same bytes: they are meant for another database, so nothing in them depends on the
 * language.
 *
 * Each portion is read in a transaction of its own, so a slow reader holds nothing back in the store; decisions come in
 * the order in which they were taken, so none comes twice and none is left out. When reading fails midway the
 * connection is broken off: what is incomplete does not look complete. */
#include "out/statements.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <stdlib.h>
#include <string.h>

#define ROWS_A_TIME 500
#define PORTION_BYTES ((size_t)256 * 1024)
#define ARENA_BYTES ((size_t)32 * 1024 * 1024)

struct statements_stream {
    const struct office *office;
    struct arena own;  /* the organisation's name */
    struct arena page; /* the rows being written */
    struct arena one;  /* the line being written */
    struct case_filter filter;
    const char *platform_name;
    char *cursor; /* of the rows after these; heap, for it outlives the page; NULL: from the start */
    struct case_row *rows;
    size_t row_count, written;
    bool begun, last_page;
};

static void stream_free(void *arg)
{
    struct statements_stream *stream = arg;
    free(stream->cursor);
    arena_done(&stream->one);
    arena_done(&stream->page);
    arena_done(&stream->own);
    free(stream);
}

/* --- What is asked for -------------------------------------------------------------------------------------------- */

static int refuse(struct request *request, const char *field, const char *code, struct err *err)
{
    field_errors_add(&request->errors, field, code, NULL);
    return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
}

/* An empty word of a form is an absent one. *ret_given false: absent. */
static int day_read(struct request *request, const char *name, int32_t *ret, bool *ret_given, struct err *err)
{
    const char *text = request_query(request, name);
    struct date date;
    *ret_given = text != NULL && text[0] != '\0';
    if (!*ret_given)
        return 0;
    if (!date_parse(text, &date))
        return refuse(request, name, "not_a_date", err);
    *ret = day_from_date(date);
    return 0;
}

/* Local days, both of them included. */
static int filter_read(struct request *request, struct case_filter *ret, struct err *err)
{
    const struct zone *zone = &request->office->catalogue->calendar->zone;
    struct case_filter filter = {.procedure = STATEMENT_PROCEDURE,
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .overdue_at_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE,
                                 .sort = CASE_SORT_OLDEST,
                                 .limit = ROWS_A_TIME};
    bool from_given, until_given;
    int32_t from = 0, until = 0;
    int r = day_read(request, "from", &from, &from_given, err);
    if (r == 0)
        r = day_read(request, "until", &until, &until_given, err);
    if (r < 0)
        return r;
    if (from_given && until_given && until < from)
        return refuse(request, "until", "until_before_from", err);
    if (from_given)
        filter.opened_from_usec = zone_moment(zone, from, 0);
    if (until_given)
        filter.opened_before_usec = zone_moment(zone, until + 1, 0);
    *ret = filter;
    return 0;
}

/* The one their readers can read, where it is given. */
static int name_read(struct request *request, struct statements_stream *stream, struct err *err)
{
    struct organisation organisation;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = organisation_get(tx, &request->arena, &organisation, err);
    if (r < 0)
        return r;
    const char *name = organisation.name.in[LANG_EN];
    if (name == NULL || name[0] == '\0')
        name = organisation.name.in[LANG_KK];
    stream->platform_name = arena_strdup(&stream->own, name == NULL ? "" : name);
    return stream->platform_name == NULL ? err_memory(err) : 0;
}

/* --- Portions ----------------------------------------------------------------------------------------------------- */

/* The next rows. Where they are so long that the page's memory does not hold them, fewer are asked for. */
static int page_read(struct statements_stream *stream)
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
        r = store_case_list(tx, &stream->filter, &stream->page, &stream->rows, &stream->row_count, &next, &err);
        if (r == 0 || !stream->page.overflowed || stream->filter.limit == 1)
            break;
        stream->filter.limit /= 2;
    }
    char *cursor = r == 0 && next != NULL ? strdup(next) : NULL;
    if (r < 0 || (next != NULL && cursor == NULL))
        return -1;
    free(stream->cursor);
    stream->cursor = cursor;
    stream->last_page = next == NULL;
    stream->written = 0;
    return 0;
}

static int stream_fill(void *arg, struct buf *out)
{
    struct statements_stream *stream = arg;
    struct err err = {0};
    if (!stream->begun) {
        stream->begun = true;
        statements_head(out);
        if (page_read(stream) < 0)
            return -1;
    }
    while (out->len < PORTION_BYTES) {
        if (stream->written < stream->row_count) {
            arena_reset(&stream->one);
            if (statements_line(stream->office->catalogue, stream->platform_name, &stream->rows[stream->written++],
                                &stream->one, out, &err) < 0)
                return -1;
        } else if (stream->last_page) {
            return 0;
        } else if (page_read(stream) < 0) {
            return -1;
        }
    }
    return 1;
}

static int statements_answer(struct request *request, struct response *response, struct err *err)
{
    struct statements_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return err_memory(err);
    arena_init(&stream->own, 64 * 1024);
    arena_init(&stream->page, ARENA_BYTES);
    arena_init(&stream->one, ARENA_BYTES);
    stream->office = request->office;
    int r = filter_read(request, &stream->filter, err);
    if (r == 0)
        r = name_read(request, stream, err);
    if (r == 0 &&
        response_header(response, request, "Content-Disposition", "attachment; filename=\"statements.csv\"") < 0)
        r = err_memory(err);
    if (r < 0) {
        stream_free(stream);
        return r;
    }
    response->type = "text/csv; charset=utf-8";
    response->stream = stream_fill;
    response->stream_done = stream_free;
    response->stream_arg = stream;
    return 0;
}

bool statements_offered(const struct page_frame *frame)
{
    const struct procedure *procedure = catalogue_procedure(frame->catalogue, STATEMENT_PROCEDURE);
    return frame->actor != NULL && (frame->actor->roles & (ROLE_ADMIN | ROLE_MODERATOR | ROLE_AUDITOR)) &&
           procedure != NULL && office_runs(frame->office, procedure);
}

int page_statements_csv(struct request *request, struct response *response, struct err *err)
{
    return statements_answer(request, response, err);
}

int api_statements_csv(struct request *request, struct response *response, struct err *err)
{
    return statements_answer(request, response, err);
}
