/* Keeping advertisements: taking in, changing, reading. What is slow (reading JSON, checking, hashing) happens outside
 * of the transaction (advert_make.c, intake.c); inside there are rows and one event, however many come together. */
#include "adverts/adverts.h"
#include "cases/record.h"
#include "store/advert_rows.h"
#include <string.h>

#define TOGETHER 64 /* rows handed to the store at a time */

static void hash_hex(const struct hash *hash, char ret[static 2 * SHA256_BYTES + 1])
{
    hex_encode(hash->bytes, SHA256_BYTES, ret);
}

/* --- Taking in -----------------------------------------------------------------------------------------------------
 */

static int name_media(struct tx *tx, const struct advert_new *advert, int64_t serial, struct err *err)
{
    int r = 0;

    for (size_t i = 0; i < advert->media_count && r == 0; i++)
        r = store_advert_media_name(tx, &advert->media[i], serial, err);
    return r;
}

static int keep_event(struct tx *tx, const struct advert_new *adverts, size_t count, int64_t first,
                      const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, struct err *err)
{
    CLEANUP_JSON json_t *body = body_begin("adverts_kept", NULL, actor, now_usec, 0);
    char hex[2 * SHA256_BYTES + 1];
    struct peaks peaks = {0};
    struct hash root;

    for (size_t i = 0; i < count; i++)
        peaks_append(&peaks, &adverts[i].hash, NULL, NULL);
    root = peaks_root(&peaks);
    hash_hex(&root, hex);
    if (body == NULL || json_object_set_new(body, "count", json_integer((json_int_t)count)) != 0 ||
        json_object_set_new(body, "first_serial", json_integer(first)) != 0 ||
        json_object_set_new(body, "root", json_string(hex)) != 0)
        return err_memory(err);
    return record(tx, "adverts_kept", NULL, actor, now_usec, body, NULL, NULL, ret_leaf, err);
}

static int keep_rows(struct tx *tx, struct advert_new *adverts, size_t count, int64_t serial, int64_t leaf,
                     int64_t place, int64_t now_usec, struct err *err)
{
    struct advert_row rows[TOGETHER];
    struct advert_version_row versions[TOGETHER];
    int r;

    for (size_t i = 0; i < count; i++) {
        struct advert_new *advert = &adverts[i];

        advert->serial = serial + (int64_t)i;
        rows[i] = (struct advert_row){.serial = advert->serial,
                                      .id = advert->id,
                                      .own_id = advert->own_id,
                                      .version = 1,
                                      .placed_usec = now_usec,
                                      .changed_usec = now_usec,
                                      .first_day = ADVERT_NEVER_SHOWN,
                                      .last_day = advert->last_day,
                                      .removed_usec = TIME_NONE,
                                      .leaf = leaf};
        versions[i] = (struct advert_version_row){.advert = advert->serial,
                                                  .version = 1,
                                                  .from_usec = now_usec,
                                                  .leaf = leaf,
                                                  .place = place + (int64_t)i,
                                                  .hash = advert->hash,
                                                  .json = advert->json,
                                                  .json_len = advert->json_len};
    }
    r = store_adverts_insert(tx, rows, versions, count, err);
    for (size_t i = 0; i < count && r == 0; i++)
        r = name_media(tx, &adverts[i], adverts[i].serial, err);
    return r;
}

int adverts_keep(struct tx *tx, const struct office *office, struct advert_new *adverts, size_t count,
                 const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, struct err *err)
{
    int64_t last = 0, leaf = 0;
    int r = store_advert_last(tx, &last, err);

    (void)office;
    if (r == 0)
        r = keep_event(tx, adverts, count, last + 1, actor, now_usec, &leaf, err);
    for (size_t i = 0; i < count && r == 0; i += TOGETHER)
        r = keep_rows(tx, adverts + i, count - i < TOGETHER ? count - i : TOGETHER, last + 1 + (int64_t)i, leaf,
                      (int64_t)i, now_usec, err);
    if (r == 0)
        *ret_leaf = leaf;
    return r;
}

/* --- Changing ------------------------------------------------------------------------------------------------------
 */

static int change_event(struct tx *tx, const struct advert_row *row, const struct hash *hash, const struct actor *actor,
                        int64_t now_usec, int64_t *ret_leaf, struct err *err)
{
    CLEANUP_JSON json_t *body = body_begin("adverts_changed", NULL, actor, now_usec, row->version);
    char hex[2 * SHA256_BYTES + 1];

    hash_hex(hash, hex);
    if (body == NULL || json_object_set_new(body, "advert", json_string(row->id)) != 0 ||
        json_object_set_new(body, "serial", json_integer(row->serial)) != 0 ||
        json_object_set_new(body, "version", json_integer(row->version)) != 0 ||
        json_object_set_new(body, "root", json_string(hex)) != 0)
        return err_memory(err);
    return record(tx, "adverts_changed", NULL, actor, now_usec, body, NULL, NULL, ret_leaf, err);
}

static int write_change(struct tx *tx, struct advert_row *row, const struct advert_new *changed, int64_t now_usec,
                        struct err *err)
{
    struct advert_version_row version = {.advert = row->serial,
                                         .version = row->version,
                                         .from_usec = now_usec,
                                         .leaf = row->leaf,
                                         .hash = changed->hash,
                                         .json = changed->json,
                                         .json_len = changed->json_len};
    bool done = false;
    int r = store_advert_change(tx, row, row->version - 1, &done, err);

    if (r == 0 && !done)
        r = err_set(err, ERR_STALE, "advert_changed", NULL);
    if (r == 0)
        r = store_advert_version_insert(tx, &version, err);
    return r < 0 ? r : name_media(tx, changed, row->serial, err);
}

int advert_change(struct tx *tx, const struct office *office, int64_t serial, int64_t version,
                  const struct advert_new *changed, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
                  struct err *err)
{
    int32_t today = zone_day_of(&office->catalogue->calendar->zone, now_usec), so_far;
    CLEANUP_ARENA struct arena arena;
    struct advert_row row;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_advert_get(tx, NULL, serial, &arena, &row, err);
    if (r < 0)
        return r;
    if (row.removed_usec != TIME_NONE)
        return err_set(err, ERR_CONFLICT, "advert_removed", NULL);
    if (row.version != version)
        return err_set(err, ERR_STALE, "advert_changed", NULL);
    if (changed->own_id != NULL && (row.own_id == NULL || strcmp(changed->own_id, row.own_id) != 0))
        return err_set(err, ERR_CONFLICT, "advert_own_id_fixed", NULL);
    so_far = row.last_day < today ? row.last_day : today;
    row.last_day = changed->last_day > so_far ? changed->last_day : so_far;
    row.version = version + 1;
    row.changed_usec = now_usec;
    r = change_event(tx, &row, &changed->hash, actor, now_usec, &row.leaf, err);
    if (r == 0)
        r = write_change(tx, &row, changed, now_usec, err);
    if (r == 0)
        *ret_leaf = row.leaf;
    return r;
}

/* --- Reading -------------------------------------------------------------------------------------------------------
 */

int advert_get(struct tx *tx, const char *id, int64_t serial, int version, struct arena *arena, struct advert_kept *ret,
               struct err *err)
{
    struct advert_version_row text;
    struct advert_row row;
    int r = store_advert_get(tx, id, serial, arena, &row, err);

    if (r == 0)
        r = store_advert_version_get(tx, row.serial, version == 0 ? row.version : version, arena, &text, err);
    if (r < 0)
        return r;
    *ret = (struct advert_kept){.serial = row.serial,
                                .id = row.id,
                                .own_id = row.own_id,
                                .version = (int)row.version,
                                .placed_usec = row.placed_usec,
                                .changed_usec = row.changed_usec,
                                .removed_usec = row.removed_usec,
                                .first_day = row.first_day,
                                .last_day = row.last_day,
                                .shown = row.shown,
                                .leaf = row.leaf,
                                .json = text.json,
                                .json_len = text.json_len,
                                .json_version = (int)text.version,
                                .version_from_usec = text.from_usec,
                                .version_leaf = text.leaf,
                                .version_place = text.place,
                                .hash = text.hash};
    return 0;
}

int adverts_get(struct tx *tx, const int64_t *serials, size_t count, struct arena *arena, struct advert_kept **ret,
                struct err *err)
{
    struct advert_kept *list = ARENA_ARRAY(arena, struct advert_kept, count + 1);
    int r = list == NULL ? err_memory(err) : 0;

    for (size_t i = 0; i < count && r == 0; i++)
        r = advert_get(tx, NULL, serials[i], 0, arena, &list[i], err);
    if (r == 0)
        *ret = list;
    return r;
}

int32_t advert_last_day(const struct advert_kept *advert, int32_t today)
{
    return advert->last_day < today ? advert->last_day : today;
}

int32_t advert_kept_until(int32_t last_day)
{
    struct date date;

    if (last_day >= ADVERT_DAY_OPEN)
        return ADVERT_DAY_OPEN;
    date = date_from_day(last_day);
    date.year++;
    if (!date_valid(date)) /* 29 February */
        date = (struct date){.year = date.year, .month = 3, .day = 1};
    return day_from_date(date);
}
