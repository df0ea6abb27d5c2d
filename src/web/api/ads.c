/* /v1/ads: advertisements taken in, changed, shown with their versions and proofs. What comes is read, checked and
 * hashed before the writer's turn; there it is rows and one event for all. */
#include "web/api/ads.h"
#include "adverts/ids.h"
#include "adverts/intake.h"
#include "base/json_scan.h"
#include "cases/parts.h"
#include "store/advert_rows.h"
#include "web/api/api.h"
#include "web/app.h"
#include "web/decode.h"
#include "web/problem.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A body's JSON is copied once, with its check; cells and texts go as each is done. */
#define INTAKE_ARENA(body_len) (4 * (body_len) + ((size_t)64 << 20))
#define VERSIONS_MAX 500

/* --- Pieces of what is kept ----------------------------------------------------------------------------------------
 */

static struct json_piece kept_member(const char *json, size_t count, const char *member)
{
    return json_scan_member((struct json_piece){json, count}, member);
}

/* What tells of third persons' consents may name them: for staff alone. NULL when memory ends. */
static const char *advert_for(const struct request *request, struct json_piece advert, struct arena *arena)
{
    bool staff = (request->actor.roles & (ROLE_STAFF | ROLE_SERVICE)) != 0;
    CLEANUP_JSON json_t *object = NULL;
    CLEANUP_BUF struct buf out = {0};
    size_t index;
    json_t *third;
    struct err err;

    if (staff || json_scan_member(advert, "third_persons").count == 0)
        return arena_strndup(arena, advert.at, advert.count);
    if (json_parse(advert.at, advert.count, &object, &err) < 0)
        return NULL;
    json_array_foreach(json_object_get(object, "third_persons"), index, third) json_object_del(third, "consent");
    buf_init(&out, advert.count + 64);
    return json_canonical(object, &out, &err) < 0 ? NULL : arena_strndup(arena, out.data, out.len);
}

static int write_kept(struct request *request, struct buf *out, const char *json, size_t count, struct err *err)
{
    struct json_piece advert = kept_member(json, count, "advert"), check = kept_member(json, count, "check");
    const char *shown;

    if (advert.count == 0 || check.count == 0)
        return err_set(err, ERR_DAMAGED, "advert_damaged", NULL);
    shown = advert_for(request, advert, &request->arena);
    if (shown == NULL)
        return err_memory(err);
    jo_key(out, "advert");
    buf_puts(out, shown);
    jo_key(out, "check");
    buf_put(out, check.at, check.count);
    return 0;
}

static void write_url(struct request *request, struct buf *out, const char *id)
{
    jo_key(out, "url");
    buf_printf(out, "\"%s/%s/ads/%s\"", request_public_url(request), lang_code(request->lang), id);
}

/* --- Taking in and changing ----------------------------------------------------------------------------------------
 */

struct keeping {
    struct intake intake;
    struct repeat repeat;
    bool repeated;
    int64_t leaf;
    int64_t serial, version; /* of a change */
};

static void write_item(struct request *request, struct buf *out, const char *id, const char *own_id, int64_t version,
                       struct json_piece check)
{
    struct json_piece findings = json_scan_member(check, "findings");

    jo_open(out, '{');
    jo_text(out, "id", id);
    if (own_id != NULL)
        jo_text(out, "own_id", own_id);
    jo_int(out, "version", version);
    write_url(request, out, id);
    if (check.count > 0) {
        struct json_piece allowed = json_scan_member(check, "allowed");

        jo_bool(out, "allowed", allowed.count == 4);
    }
    if (findings.count > 2) { /* more than [] */
        jo_key(out, "findings");
        buf_put(out, findings.at, findings.count);
    }
    jo_close(out, '}');
}

/* What was kept under the same key before: told from the store, as it was then. */
static int write_first_items(struct request *request, struct tx *tx, struct buf *out, int64_t leaf, struct err *err)
{
    CLEANUP_JSON json_t *body = NULL;
    struct event_row event;
    struct arena arena;
    int64_t first, count, version = 1;
    int r = store_event_get(tx, leaf, &request->arena, &event, err);

    if (r == 0)
        r = stored_json_parse(event.body, event.body_len, "an event", &body, err);
    if (r < 0)
        return r;
    first = json_integer_value(json_object_get(body, "first_serial"));
    count = json_integer_value(json_object_get(body, "count"));
    if (strcmp(event.kind, "adverts_changed") == 0) {
        first = json_integer_value(json_object_get(body, "serial"));
        version = json_integer_value(json_object_get(body, "version"));
        count = 1;
    }
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    for (int64_t i = 0; i < count && r == 0; i++) {
        struct advert_kept kept;

        arena_reset(&arena);
        r = advert_get(tx, NULL, first + i, (int)version, &arena, &kept, err);
        if (r == 0)
            write_item(request, out, kept.id, kept.own_id, version,
                       kept.json != NULL ? kept_member(kept.json, kept.json_len, "check")
                                         : (struct json_piece){NULL, 0});
    }
    arena_done(&arena);
    return r;
}

static int write_receipt(struct request *request, struct tx *tx, int64_t leaf, struct buf *out, struct err *err)
{
    const char *key = signer_verifier_key(ledger_signer(request->office->ledger), &request->arena);
    struct receipt receipt;
    int r = key == NULL ? err_memory(err) : ledger_receipt(tx, leaf, 0, &request->arena, &receipt, err);

    jo_key(out, "receipt");
    return r < 0 ? r : receipt_to_json(&receipt, key, out, err);
}

static int keep_finish(struct request *request, struct response *response, struct err *err)
{
    const struct keeping *keeping = request->state;
    struct buf *out = &response->body;
    struct tx *tx;
    int r = request_read(request, &tx, err);

    if (r < 0)
        return r;
    response->status = keeping->serial == 0 ? 201 : 200;
    jo_open(out, '{');
    jo_key(out, "ads");
    jo_open(out, '[');
    if (keeping->repeated)
        r = write_first_items(request, tx, out, keeping->leaf, err);
    else
        for (size_t i = 0; i < keeping->intake.count; i++) {
            const struct advert_new *advert = &keeping->intake.adverts[i];

            write_item(request, out, advert->id, advert->own_id, keeping->serial == 0 ? 1 : keeping->version + 1,
                       (struct json_piece){advert->json + advert->check_at, advert->check_len});
        }
    jo_close(out, ']');
    if (r == 0)
        r = write_receipt(request, tx, keeping->leaf, out, err);
    jo_close(out, '}');
    if (r == 0 && keeping->serial != 0 && !keeping->repeated &&
        response_header(response, request, "ETag", "\"%" PRId64 "\"", keeping->version + 1) < 0)
        r = err_memory(err);
    return r;
}

static int keep_run(struct tx *tx, struct request *request, struct err *err)
{
    struct keeping *keeping = request->state;
    struct idempotency_row first;
    struct intake *intake = &keeping->intake;
    int r = repeat_find(tx, &keeping->repeat, &request->arena, &first, &keeping->repeated, err);

    if (r < 0)
        return r;
    if (keeping->repeated) {
        keeping->leaf = first.leaf;
        return 0;
    }
    if (keeping->serial == 0)
        r = adverts_keep(tx, request->office, intake->adverts, intake->count, &request->actor, request->now_usec,
                         &keeping->leaf, err);
    else
        r = advert_change(tx, request->office, keeping->serial, keeping->version, intake->adverts, &request->actor,
                          request->now_usec, &keeping->leaf, err);
    return r < 0 ? r : repeat_keep(tx, &keeping->repeat, intake->adverts[0].id, keeping->leaf, request->now_usec, err);
}

/* Which are unlawful, with every finding: beside what a problem says of itself. */
static int answer_unlawful(struct request *request, struct response *response, const struct intake *intake)
{
    size_t told = intake->unlawful_count < INTAKE_TOLD ? intake->unlawful_count : INTAKE_TOLD;
    struct buf *out = &response->body;
    struct err why = {0};

    (void)!err_set(&why, ERR_CONFLICT, "advert_unlawful", "%zu", intake->unlawful_count);
    problem_answer(request, response, &why);
    if (out->failed || out->len == 0)
        return 0;
    out->data[--out->len] = '\0'; /* the brace: more members follow */
    jo_key(out, "ads");
    jo_open(out, '[');
    for (size_t i = 0; i < told; i++) {
        const struct intake_unlawful *one = &intake->unlawful[i];

        jo_open(out, '{');
        jo_text(out, "field", one->field);
        if (one->own_id != NULL)
            jo_text(out, "own_id", one->own_id);
        jo_key(out, "check");
        buf_puts(out, one->result);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

/* Before the body is read, for reading changes it. */
static int repeat_of(struct request *request, struct repeat *ret, struct err *err)
{
    const char *key = request_header(request, "Idempotency-Key");
    char hex[2 * SHA256_BYTES + 1] = "";

    if (key != NULL) {
        struct hash hash = sha256_of(request->text, request->body_len, NULL, 0, NULL, 0);

        hex_encode(hash.bytes, SHA256_BYTES, hex);
    }
    return repeat_make(request->office, key, request->path, &request->actor, NULL, 0, NULL, 0, hex, ret, err);
}

static bool wants_lines(const struct request *request)
{
    return media_type_is(request_header(request, "Content-Type"), "application/x-ndjson");
}

/* A repetition is answered as such, though its own ids are known by now. */
static int answer_repeat(struct request *request, struct response *response, struct keeping *keeping, struct tx *tx,
                         struct err *err)
{
    struct idempotency_row first;
    int r = repeat_find(tx, &keeping->repeat, &request->arena, &first, &keeping->repeated, err);

    if (r < 0 || !keeping->repeated)
        return r;
    keeping->leaf = first.leaf;
    request->state = keeping;
    return keep_finish(request, response, err);
}

static int intake_of(struct request *request, struct keeping *keeping, const struct intake_rules *rules,
                     struct err *err)
{
    bool lines = wants_lines(request);

    if (!lines && !media_type_is(request_header(request, "Content-Type"), "application/json"))
        return err_set(err, ERR_WRONG_TYPE, "content_type_unsupported", NULL);
    request->arena.limit_bytes = INTAKE_ARENA(request->body_len);
    return intake_read(rules, lines, request->text, request->body_len, &request->arena, &keeping->intake,
                       &request->errors, err);
}

/* `refused`, unless the same was kept under the same key while this was being read: then the ids that are known are its
 * own. */
static int answer_refused(struct request *request, struct response *response, struct keeping *keeping, int refused,
                          struct err *err)
{
    struct err why = {0};
    struct tx *tx;
    int r;

    if (!keeping->repeat.wanted || refused != -ERR_BAD_INPUT)
        return refused;
    request_read_anew(request);
    r = request_read(request, &tx, &why);
    if (r == 0)
        r = answer_repeat(request, response, keeping, tx, &why);
    if (r == 0 && !keeping->repeated)
        return refused;
    if (r == 0)
        field_errors_init(&request->errors, &request->arena);
    else
        *err = why;
    return r;
}

int api_ads_keep(struct request *request, struct response *response, struct err *err)
{
    struct keeping *keeping = ARENA_NEW(&request->arena, struct keeping);
    struct intake_rules rules = {.rules = request->app->advert_rules,
                                 .known = request->app->advert_ids,
                                 .lang = request->lang,
                                 .today = zone_day_of(request_zone(request), request->now_usec),
                                 .now_usec = request->now_usec};
    struct tx *tx;
    int r = keeping == NULL ? err_memory(err) : repeat_of(request, &keeping->repeat, err);

    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = advert_ids_follow(request->app->advert_ids, tx, err);
    if (r == 0)
        r = answer_repeat(request, response, keeping, tx, err);
    if (r < 0 || keeping->repeated)
        return r;
    r = intake_of(request, keeping, &rules, err);
    if (r < 0)
        return answer_refused(request, response, keeping, r, err);
    if (keeping->intake.unlawful_count > 0)
        return answer_unlawful(request, response, &keeping->intake);
    request->state = keeping;
    return request_write(request, keep_run, keep_finish);
}

int api_ad_change(struct request *request, struct response *response, struct err *err)
{
    struct keeping *keeping = ARENA_NEW(&request->arena, struct keeping);
    struct intake_rules rules = {.rules = request->app->advert_rules,
                                 .lang = request->lang,
                                 .today = zone_day_of(request_zone(request), request->now_usec),
                                 .now_usec = request->now_usec};
    struct advert_row row;
    struct tx *tx;
    int r = keeping == NULL ? err_memory(err) : repeat_of(request, &keeping->repeat, err);

    if (r == 0)
        r = request_if_match(request, &keeping->version, err);
    if (r == 0 && keeping->version == 0)
        r = err_set(err, ERR_MALFORMED, "if_match_missing", NULL);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = store_advert_get(tx, request_param(request, "id"), 0, &request->arena, &row, err);
    if (r < 0)
        return r;
    keeping->serial = row.serial;
    r = answer_repeat(request, response, keeping, tx, err);
    if (r < 0 || keeping->repeated)
        return r;
    if (row.removed_usec != TIME_NONE)
        return err_set(err, ERR_CONFLICT, "advert_removed", NULL);
    if (row.version != keeping->version)
        return err_set(err, ERR_STALE, "advert_changed", NULL);
    rules.id = row.id;
    rules.version = row.version + 1;
    r = intake_of(request, keeping, &rules, err);
    if (r == 0 && !keeping->intake.alone)
        r = api_refuse(request, "ads", "unknown_field", err);
    if (r < 0)
        return r;
    if (keeping->intake.unlawful_count > 0)
        return answer_unlawful(request, response, &keeping->intake);
    request->state = keeping;
    return request_write(request, keep_run, keep_finish);
}

/* --- Looking -------------------------------------------------------------------------------------------------------
 */

/* By which act it was removed: what the event says. */
static int write_removed(struct request *request, struct tx *tx, struct buf *out, const struct advert_kept *kept,
                         struct err *err)
{
    CLEANUP_JSON json_t *body = NULL;
    struct event_row event;
    int r = store_event_get(tx, kept->leaf, &request->arena, &event, err);

    if (r == 0)
        r = stored_json_parse(event.body, event.body_len, "an event", &body, err);
    if (r < 0)
        return r;
    jo_key(out, "removed");
    jo_open(out, '{');
    jo_moment(out, "at", request_zone(request), kept->removed_usec);
    jo_text(out, "act", json_string_value(json_object_get(body, "case")));
    jo_int(out, "leaf_index", kept->leaf);
    jo_close(out, '}');
    return 0;
}

static int write_media(struct tx *tx, struct buf *out, const struct advert_kept *kept, struct err *err)
{
    struct json_piece advert = kept_member(kept->json, kept->json_len, "advert"),
                      media = json_scan_member(advert, "media"), key, value;
    size_t at = 0;

    jo_key(out, "media");
    jo_open(out, '[');
    while (media.count > 0 && json_scan_next(media, &at, &key, &value)) {
        struct json_piece text = json_scan_member(value, "hash");
        char hex[2 * SHA256_BYTES + 1] = "";
        struct hash hash;
        int64_t size;
        int r;

        if (text.count != sizeof(hex) + 1)
            continue;
        memcpy(hex, text.at + 1, sizeof(hex) - 1);
        if (!hex_decode(hex, hash.bytes, SHA256_BYTES))
            continue;
        r = store_advert_media_size(tx, &hash, &size, err);
        if (r < 0)
            return r;
        jo_open(out, '{');
        jo_text(out, "hash", hex);
        if (size >= 0) {
            jo_int(out, "size_bytes", size);
            jo_key(out, "url");
            buf_printf(out, "\"/ads/media/%s\"", hex);
        }
        jo_close(out, '}');
    }
    jo_close(out, ']');
    return 0;
}

/* When it was shown, and until when it is kept. */
static void write_days(struct request *request, struct buf *out, const struct advert_kept *kept)
{
    int32_t today = zone_day_of(request_zone(request), request->now_usec);

    jo_key(out, "showings");
    jo_open(out, '{');
    jo_int(out, "count", kept->shown);
    if (kept->first_day != ADVERT_NEVER_SHOWN)
        jo_day(out, "first_day", kept->first_day);
    jo_close(out, '}');
    jo_day(out, "last_day", advert_last_day(kept, today));
    if (kept->last_day < today)
        jo_day(out, "kept_until", advert_kept_until(kept->last_day));
}

static void write_version(struct request *request, struct buf *out, const struct advert_version_row *row,
                          int64_t until_usec)
{
    jo_int(out, "version", row->version);
    jo_moment(out, "from", request_zone(request), row->from_usec);
    jo_moment(out, "until", request_zone(request), until_usec);
    jo_hash(out, "hash", &row->hash);
    jo_int(out, "leaf_index", row->leaf);
    jo_int(out, "place", row->place);
}

static int of_path(struct request *request, struct tx **ret_tx, struct advert_kept *ret, struct err *err)
{
    int r = request_read(request, ret_tx, err);

    return r < 0 ? r : advert_get(*ret_tx, request_param(request, "id"), 0, 0, &request->arena, ret, err);
}

int ads_json_public(struct request *request, struct buf *out, const struct advert_kept *kept, struct err *err)
{
    int r = 0;

    jo_open(out, '{');
    jo_text(out, "id", kept->id);
    if (kept->own_id != NULL)
        jo_text(out, "own_id", kept->own_id);
    jo_int(out, "version", kept->version);
    write_url(request, out, kept->id);
    jo_moment(out, "placed_at", request_zone(request), kept->placed_usec);
    jo_moment(out, "changed_at", request_zone(request), kept->changed_usec);
    if (kept->json != NULL) {
        write_days(request, out, kept);
        r = write_kept(request, out, kept->json, kept->json_len, err);
    } else {
        jo_moment(out, "removed_at", request_zone(request), kept->removed_usec);
    }
    jo_close(out, '}');
    return r;
}

int api_ad_get(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct advert_version_row *versions;
    struct advert_kept kept;
    size_t count;
    struct tx *tx;
    int r = of_path(request, &tx, &kept, err);

    if (r == 0)
        r = store_advert_versions(tx, kept.serial, &request->arena, &versions, &count, err);
    if (r == 0 && response_header(response, request, "ETag", "\"%d\"", kept.version) < 0)
        r = err_memory(err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "id", kept.id);
    if (kept.own_id != NULL)
        jo_text(out, "own_id", kept.own_id);
    jo_int(out, "version", kept.version);
    write_url(request, out, kept.id);
    jo_moment(out, "placed_at", request_zone(request), kept.placed_usec);
    jo_moment(out, "changed_at", request_zone(request), kept.changed_usec);
    if (kept.removed_usec != TIME_NONE) {
        r = write_removed(request, tx, out, &kept, err);
    } else {
        write_days(request, out, &kept);
        r = write_kept(request, out, kept.json, kept.json_len, err);
        if (r == 0)
            r = write_media(tx, out, &kept, err);
    }
    jo_key(out, "versions");
    jo_open(out, '[');
    for (size_t i = count > VERSIONS_MAX ? count - VERSIONS_MAX : 0; i < count; i++) {
        jo_open(out, '{');
        write_version(request, out, &versions[i], i + 1 < count ? versions[i + 1].from_usec : TIME_NONE);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return r;
}

int api_ad_versions(struct request *request, struct response *response, struct err *err)
{
    int64_t limit = 50, before = INT64_MAX;
    struct buf *out = &response->body;
    struct advert_version_row *versions;
    struct advert_kept kept;
    size_t count, told = 0;
    struct tx *tx;
    int r = api_query_int(request, "limit", 1, VERSIONS_MAX, &limit, err);

    if (r == 0)
        r = api_query_int(request, "before_version", 1, INT64_MAX, &before, err);
    if (r == 0)
        r = of_path(request, &tx, &kept, err);
    if (r == 0)
        r = store_advert_versions(tx, kept.serial, &request->arena, &versions, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "id", kept.id);
    jo_key(out, "versions");
    jo_open(out, '[');
    for (size_t i = count; i-- > 0 && told < (size_t)limit && r == 0;) {
        struct advert_version_row whole;

        if (versions[i].version >= before)
            continue;
        told++;
        r = store_advert_version_get(tx, kept.serial, versions[i].version, &request->arena, &whole, err);
        if (r < 0)
            break;
        jo_open(out, '{');
        write_version(request, out, &versions[i], i + 1 < count ? versions[i + 1].from_usec : TIME_NONE);
        if (whole.json != NULL)
            r = write_kept(request, out, whole.json, whole.json_len, err);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return r;
}

int api_ad_proof(struct request *request, struct response *response, struct err *err)
{
    bool staff = (request->actor.roles & (ROLE_STAFF | ROLE_SERVICE)) != 0;
    CLEANUP_JSON json_t *proof = NULL;
    struct advert_kept kept;
    int64_t version = 0;
    struct tx *tx;
    int r = api_query_int(request, "version", 1, INT32_MAX, &version, err);

    if (r == 0)
        r = of_path(request, &tx, &kept, err);
    if (r == 0 && version == 0)
        version = kept.version;
    if (r == 0)
        r = advert_proof(tx, request->office, kept.serial, (int)version, &request->arena, &proof, err);
    if (r < 0)
        return r;
    /* The text as it was hashed cannot be told in part. */
    if (!staff && json_is_string(json_object_get(proof, "text"))) {
        const json_t *text = json_object_get(proof, "text");
        struct json_piece advert = kept_member(json_string_value(text), json_string_length(text), "advert");

        if (json_scan_member(advert, "third_persons").count > 0 &&
            (json_object_set_new(proof, "text", json_null()) != 0 ||
             json_object_set_new(proof, "withheld", json_true()) != 0))
            return err_memory(err);
    }
    return json_canonical(proof, &response->body, err);
}
