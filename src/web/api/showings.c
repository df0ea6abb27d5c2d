/* /v1/ads/showings and /v1/ads/{id}/showings: counts sent in bulk, and what may be told of them. */
#include "adverts/showing_adverts.h"
#include "base/inflate.h"
#include "cases/parts.h"
#include "web/api/api.h"
#include "web/app.h"
#include "web/decode.h"

#include <stdlib.h>
#include <string.h>

/* --- Sending ------------------------------------------------------------------------------------------------------ */

struct sending {
    struct showings showings;
    struct repeat repeat;
};

/* What a repetition is answered with stands beside its key: rows as the leaf, the sum as the id. */
static void known_answer(const struct idempotency_row *row, struct showings *ret)
{
    *ret = (struct showings){.lines = (size_t)row->leaf, .total = strtoll(row->case_id, NULL, 10)};
}

static int send_run(struct tx *tx, struct request *request, struct err *err)
{
    struct sending *sending = request->state;
    struct idempotency_row first;
    bool repeated;
    char total[24];
    int r = repeat_find(tx, &sending->repeat, &request->arena, &first, &repeated, err);
    if (r < 0)
        return r;
    if (repeated) {
        known_answer(&first, &sending->showings);
        return 0;
    }
    snprintf(total, sizeof total, "%lld", (long long)sending->showings.total);
    r = showings_write(tx, &sending->showings, request->now_usec, err);
    return r < 0 ? r
                 : repeat_keep(tx, &sending->repeat, total, (int64_t)sending->showings.lines, request->now_usec, err);
}

static int send_finish(struct request *request, struct response *response, struct err *err)
{
    const struct sending *sending = request->state;
    struct buf *out = &response->body;
    (void)err;
    response->status = 202;
    jo_open(out, '{');
    jo_int(out, "rows", (int64_t)sending->showings.lines);
    jo_int(out, "showings", sending->showings.total);
    jo_close(out, '}');
    return 0;
}

static int type_of(const struct request *request, enum showings_type *ret, struct err *err)
{
    const char *type = request_header(request, "Content-Type");
    if (media_type_is(type, "text/csv"))
        *ret = SHOWINGS_CSV;
    else if (media_type_is(type, "application/x-ndjson"))
        *ret = SHOWINGS_NDJSON;
    else
        return err_set(err, ERR_WRONG_TYPE, "content_type_unsupported", NULL);
    return 0;
}

static int repeat_of(struct request *request, struct repeat *ret, struct err *err)
{
    const struct attachment_new body = {.bytes = request->body, .count = request->body_len};
    const char *key = request_header(request, "Idempotency-Key");
    return repeat_make(request->office, key, request->path, &request->actor, NULL, 0, &body, key == NULL ? 0 : 1, "",
                       ret, err);
}

static int take(void *arg, const char *bytes, size_t count, struct err *err)
{
    struct buf *out = arg;
    buf_put(out, bytes, count);
    return out->failed ? err_memory(err) : 0;
}

/* No more than might have come unpacked. */
static int unpack(const struct request *request, const char *encoding, struct buf *out, struct err *err)
{
    int mib = request->app->settings->import_mib;
    size_t limit = (size_t)(mib > 0 ? mib : IMPORT_MIB) << 20;
    struct inflate *inflate;
    buf_init(out, limit + 1);
    int r = inflate_new(strcmp(encoding, "gzip") == 0 ? INFLATE_GZIP : INFLATE_ZSTD, limit, take, out, &inflate, err);
    if (r < 0)
        return r;
    r = inflate_feed(inflate, request->body, request->body_len, err);
    if (r == 0)
        r = inflate_end(inflate, err);
    inflate_free(inflate);
    return r;
}

static int read_rows(struct request *request, struct showing_source *source, enum showings_type type,
                     struct showings *ret, struct err *err)
{
    const char *encoding = request_header(request, "Content-Encoding");
    CLEANUP_BUF struct buf unpacked = {0};
    struct showing_adverts adverts;
    char nothing[1] = "", *bytes = request->text;
    size_t count = request->body_len;
    int r = showing_adverts_of(source, &adverts, err);
    if (r == 0 && encoding != NULL && strcmp(encoding, "identity") != 0) {
        r = unpack(request, encoding, &unpacked, err);
        bytes = unpacked.len == 0 ? nothing : unpacked.data;
        count = unpacked.len;
    }
    if (r < 0)
        return r;
    return showings_read(type, bytes, count, &adverts, request->office->catalogue,
                         zone_day_of(source->zone, request->now_usec), &request->arena, ret, &request->errors, err);
}

int api_showings_send(struct request *request, struct response *response, struct err *err)
{
    struct sending *sending = ARENA_NEW(&request->arena, struct sending);
    struct showing_source source = {.ids = request->app->advert_ids, .zone = request_zone(request)};
    struct idempotency_row first;
    enum showings_type type;
    bool repeated = false;
    if (sending == NULL)
        return err_memory(err);
    request->state = sending;
    int r = type_of(request, &type, err);
    if (r == 0)
        r = repeat_of(request, &sending->repeat, err);
    if (r == 0)
        r = request_read(request, &source.tx, err);
    if (r == 0)
        r = repeat_find(source.tx, &sending->repeat, &request->arena, &first, &repeated, err);
    if (r == 0 && repeated) {
        known_answer(&first, &sending->showings);
        return send_finish(request, response, err);
    }
    if (r == 0)
        r = read_rows(request, &source, type, &sending->showings, err);
    return r < 0 ? r : request_write(request, send_run, send_finish);
}

/* --- Telling ------------------------------------------------------------------------------------------------------ */

static int query_day(struct request *request, const char *name, int32_t *ret, struct err *err)
{
    const char *text = request_query(request, name);
    struct date date;
    if (text == NULL)
        return 0;
    if (!date_parse(text, &date))
        return api_refuse(request, name, "not_a_date", err);
    *ret = day_from_date(date);
    return 0;
}

static void write_region(struct request *request, struct buf *out, const struct showing_day *day)
{
    const struct region *region = catalogue_region(request->office->catalogue, day->region);
    jo_open(out, '{');
    jo_text(out, "region", region == NULL ? NULL : region->id);
    jo_text(out, "title", region == NULL ? NULL : region->title.in[request->lang]);
    if (day->how == SHOWING_TOLD)
        jo_int(out, "count", day->count);
    else if (day->how == SHOWING_FEWER)
        jo_int(out, "fewer_than", REGION_THRESHOLD);
    else
        jo_bool(out, "withheld", true);
    jo_close(out, '}');
}

/* `regions` are those of the day, NULL where they are not asked for. */
static void write_day(struct request *request, struct buf *out, const struct showing_day *day,
                      const struct showing_day *regions, size_t region_count)
{
    jo_open(out, '{');
    jo_day(out, "day", day->day);
    jo_int(out, "count", day->count);
    if (regions != NULL && regions[0].region == REGION_UNTOLD) {
        jo_key(out, "regions");
        jo_put_text(out, NULL);
    } else if (regions != NULL) {
        jo_key(out, "regions");
        jo_open(out, '[');
        for (size_t i = 0; i < region_count; i++)
            write_region(request, out, &regions[i]);
        jo_close(out, ']');
    }
    jo_close(out, '}');
}

static int write_days(struct request *request, struct buf *out, struct tx *tx, int64_t serial, int32_t from,
                      int32_t until, bool by_region, struct err *err)
{
    struct showing_day *days, *regions = NULL;
    size_t count, region_count = 0, at = 0;
    int64_t total = 0;
    int r = showings_of(tx, &serial, 1, from, until, false, &request->arena, &days, &count, err);
    if (r == 0 && by_region)
        r = showings_of(tx, &serial, 1, from, until, true, &request->arena, &regions, &region_count, err);
    if (r < 0)
        return r;
    jo_key(out, "days");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        size_t next = at;
        while (next < region_count && regions[next].day == days[i].day)
            next++;
        write_day(request, out, &days[i], next > at ? regions + at : NULL, next - at);
        at = next;
        total += days[i].count;
    }
    jo_close(out, ']');
    jo_int(out, "total", total);
    return 0;
}

int api_showings_get(struct request *request, struct response *response, struct err *err)
{
    const char *by = request_query(request, "by");
    struct buf *out = &response->body;
    int32_t from = INT32_MIN, until = INT32_MAX;
    struct advert_kept advert;
    int64_t waiting;
    struct tx *tx;
    int r = query_day(request, "from", &from, err);
    if (r == 0)
        r = query_day(request, "until", &until, err);
    if (r == 0 && by != NULL && strcmp(by, "region") != 0)
        r = api_refuse(request, "by", "not_an_option", err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = advert_get(tx, request_param(request, "id"), 0, 0, &request->arena, &advert, err);
    if (r == 0)
        r = showings_waiting(tx, &waiting, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "id", advert.id);
    jo_moment(out, "removed_at", request_zone(request), advert.removed_usec);
    jo_int(out, "shown", advert.shown);
    jo_int(out, "rows_waiting", waiting);
    if (by != NULL)
        jo_int(out, "threshold", REGION_THRESHOLD);
    r = write_days(request, out, tx, advert.serial, from, until, by != NULL, err);
    jo_close(out, '}');
    return r;
}
