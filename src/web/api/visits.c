/* Users who came, as lines of opaque identifiers: read, hashed, counted, and answered when all of it is durable.
 *
 * A repetition with the same Idempotency-Key gets the first answer. Counting itself needs no such key (a user counts
 * once, however often the line comes), so the key's row is written after the counting is durable: who dies between the
 * two, or is killed, finds at the repetition that nobody new came, and everybody counted. */
#include "audience/lines.h"
#include "base/inflate.h"
#include "cases/parts.h"
#include "web/api/api.h"
#include "web/app.h"
#include "web/decode.h"
#include "web/hold.h"
#include <string.h>

#define UNPACKED_MAX ((uint64_t)1 << 30)
/* Identifiers hardly shrink to less than a fortieth; what does is no list of users. */
#define UNPACKED_RATIO 64
#define UNPACKED_LEAST ((uint64_t)1 << 20)

struct visiting {
    struct counting counting;
    struct repeat repeat;
    struct lines lines;
    int32_t day;
    const char *service;
    const char *answer; /* the first one's, when this is a repetition */
};

static int answer(struct request *request, struct response *response, struct err *err)
{
    const struct visiting *visiting = request->state;
    buf_puts(&response->body, visiting->answer);
    return response->body.failed ? err_memory(err) : 0;
}

static int compose(struct request *request, struct visiting *visiting, struct err *err)
{
    const struct lines *lines = &visiting->lines;
    CLEANUP_BUF struct buf out;
    char day[11];
    buf_init(&out, 4096);
    date_format(date_from_day(visiting->day), day);
    jo_open(&out, '{');
    jo_text(&out, "day", day);
    jo_text(&out, "service", visiting->service);
    jo_int(&out, "lines", (int64_t)lines->lines);
    jo_int(&out, "empty", (int64_t)lines->empty);
    jo_int(&out, "fresh", (int64_t)visiting->counting.fresh);
    jo_int(&out, "users_today", visiting->counting.users_today);
    jo_key(&out, "warnings");
    jo_open(&out, '[');
    for (int i = 0; i < LINE_WARNINGS; i++) {
        if (lines->warnings[i].lines == 0)
            continue;
        jo_open(&out, '{');
        jo_text(&out, "code", line_warning_codes[i]);
        jo_int(&out, "lines", (int64_t)lines->warnings[i].lines);
        jo_int(&out, "first_line", (int64_t)lines->warnings[i].first_line);
        jo_close(&out, '}');
    }
    jo_close(&out, ']');
    jo_close(&out, '}');
    visiting->answer = out.failed ? NULL : arena_strndup(&request->arena, out.data, out.len);
    return visiting->answer == NULL ? err_memory(err) : 0;
}

/* What the key stands for in the table of keys: the answer itself. */
static int keep_run(struct tx *tx, struct request *request, struct err *err)
{
    struct visiting *visiting = request->state;
    struct idempotency_row first;
    bool repeated;
    int r = repeat_find(tx, &visiting->repeat, &request->arena, &first, &repeated, err);
    if (r == 0 && repeated)
        visiting->answer = first.case_id;
    else if (r == 0)
        r = repeat_keep(tx, &visiting->repeat, visiting->answer, 0, request->now_usec, err);
    return r;
}

static int counted(struct request *request, struct response *response, struct err *err)
{
    struct visiting *visiting = request->state;
    int r = compose(request, visiting, err);
    if (r < 0)
        return r;
    return visiting->repeat.wanted ? request_write(request, keep_run, answer) : answer(request, response, err);
}

static void done(struct counting *counting, const struct err *err)
{
    request_waited(counting->arg, err);
}

/* --- The body ----------------------------------------------------------------------------------------------------- */

static int take(void *arg, const char *bytes, size_t count, struct err *err)
{
    return lines_feed(arg, bytes, count, err);
}

static int read_packed(const struct request *request, enum inflate_format format, struct lines *lines, struct err *err)
{
    struct inflate *inflate;
    uint64_t limit = UNPACKED_LEAST + request->body_len * (uint64_t)UNPACKED_RATIO;
    int r = inflate_new(format, limit < UNPACKED_MAX ? limit : UNPACKED_MAX, take, lines, &inflate, err);
    if (r < 0)
        return r;
    r = inflate_feed(inflate, request->body, request->body_len, err);
    if (r == 0)
        r = inflate_end(inflate, err);
    inflate_free(inflate);
    return r;
}

static int read_lines(struct request *request, struct lines *lines, struct err *err)
{
    const char *encoding = request_header(request, "Content-Encoding");
    int r;
    if (encoding != NULL && strcmp(encoding, "identity") != 0)
        r = read_packed(request, strcmp(encoding, "gzip") == 0 ? INFLATE_GZIP : INFLATE_ZSTD, lines, err);
    else
        r = lines_feed(lines, request->body, request->body_len, err);
    if (r < 0)
        return r;
    r = lines_end(lines, err);
    for (size_t i = 0; r < 0 && i < lines->refused && i < LINES_TOLD; i++) {
        char field[32];
        snprintf(field, sizeof field, "%zu", lines->refusals[i].line);
        field_errors_add(&request->errors, field, lines->refusals[i].code, NULL);
    }
    return r;
}

/* What was asked, for whoever repeats it: the body as it came, the day and the service as they were named. */
static int make_repeat(struct request *request, const char *day, const char *service, struct repeat *ret,
                       struct err *err)
{
    const char *key = request_header(request, "Idempotency-Key"),
               *encoding = request_header(request, "Content-Encoding");
    char hex[2 * SHA256_BYTES + 1] = "";
    if (key != NULL) {
        struct hash hash = sha256_of(request->body, request->body_len, NULL, 0, NULL, 0);
        hex_encode(hash.bytes, sizeof hash.bytes, hex);
    }
    const char *more = arena_printf(&request->arena, "%s %s %s %s", hex, day == NULL ? "" : day, service,
                                    encoding == NULL ? "" : encoding);
    if (more == NULL)
        return err_memory(err);
    return repeat_make(request->office, key, request->path, &request->actor, NULL, 0, NULL, 0, more, ret, err);
}

static int find_repeat(struct request *request, struct visiting *visiting, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct idempotency_row first;
    bool repeated = false;
    if (!visiting->repeat.wanted)
        return 0;
    int r = store_read_begin(request->office->store, &tx, err);
    if (r == 0)
        r = repeat_find(tx, &visiting->repeat, &request->arena, &first, &repeated, err);
    if (r == 0 && repeated)
        visiting->answer = first.case_id;
    return r;
}

int api_visits_post(struct request *request, struct response *response, struct err *err)
{
    const char *day = request_query(request, "day"), *service = request_query(request, "service");
    struct visiting *visiting = ARENA_NEW(&request->arena, struct visiting);
    struct visit_key key;
    struct date date;
    if (visiting == NULL)
        return err_memory(err);
    request->state = visiting;
    visiting->service = service == NULL ? "" : service;
    visiting->day = zone_day_of(request_zone(request), request->now_usec);
    if (!service_name_fits(visiting->service))
        return api_refuse(request, "service", "service_name", err);
    if (day != NULL && !date_parse(day, &date))
        return api_refuse(request, "day", "not_a_date", err);
    if (day != NULL)
        visiting->day = day_from_date(date);
    int r = make_repeat(request, day, visiting->service, &visiting->repeat, err);
    if (r == 0)
        r = find_repeat(request, visiting, err);
    if (r == 0 && visiting->answer != NULL)
        return answer(request, response, err);
    if (r == 0)
        r = counter_key(request->app->counter, visiting->day, request->now_usec, &key, err);
    if (r < 0)
        return r;
    struct lines *lines = &visiting->lines;
    lines_init(lines, &key, media_type_is(request_header(request, "Content-Type"), "application/x-ndjson"));
    r = read_lines(request, lines, err);
    hold_wipe_body(request->connection);
    explicit_bzero(&key, sizeof key);
    if (r == 0 && !hold_count(request->connection, lines->room * sizeof *lines->hashes))
        r = err_set(err, ERR_UNAVAILABLE, "server_busy", NULL);
    if (r < 0) {
        lines_done(lines);
        return r;
    }
    struct visits visits = {visiting->day, visiting->service, lines->hashes, lines->count};
    visiting->counting = (struct counting){.done = done, .arg = request};
    int waits = request_wait(request, counted);
    counter_add(request->app->counter, &visits, request->now_usec, &visiting->counting);
    /* Whoever tells that it is done, the request is ours until this has returned. */
    lines_drop_hashes(lines);
    return waits;
}
