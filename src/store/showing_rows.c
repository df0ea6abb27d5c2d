/* Counts of showings as rows. Many are written in one statement: on PostgreSQL each statement is a journey. */
#include "store/showing_rows.h"
#include "store/db.h"

#include <string.h>

int store_showing_chunk_put(struct tx *tx, const void *rows, size_t bytes, size_t count, int64_t now_usec,
                            struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO advert_chunk (serial, received_usec, count, rows) VALUES "
                                         "((SELECT coalesce(max(serial), 0) + 1 FROM advert_chunk), $1, $2, $3)"));
    db_put_int(db, now_usec);
    db_put_int(db, (int64_t)count);
    db_put_blob(db, rows, bytes);
    return db_run(db, NULL, err);
}

int store_showing_chunk_next(struct tx *tx, struct arena *arena, int64_t *ret_serial, const void **ret_rows,
                             size_t *ret_bytes, struct err *err)
{
    int64_t serial = 0;
    const void *rows = NULL;
    size_t bytes = 0;
    struct db *db = db_query(tx->db, SQL("SELECT serial, rows FROM advert_chunk ORDER BY serial LIMIT 1"));
    int got = db_step(db, err);
    if (got > 0) {
        serial = db_int(db, 0);
        rows = db_blob(db, 1, arena, &bytes);
    }
    int r = db_end_rows(db, got, arena, err);
    if (r < 0)
        return r;
    *ret_serial = serial;
    *ret_rows = rows;
    *ret_bytes = bytes;
    return 0;
}

int store_showing_chunk_delete(struct tx *tx, int64_t serial, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM advert_chunk WHERE serial = $1"));
    db_put_int(db, serial);
    return db_run(db, NULL, err);
}

int store_showing_waiting(struct tx *tx, int64_t *ret, struct err *err)
{
    return db_run_int(db_query(tx->db, SQL("SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM advert_chunk")), 0, ret,
                      err);
}

/* --- Figures ------------------------------------------------------------------------------------------------------ */

#define AT_ONCE 16
#define ADDS "INSERT INTO advert_showing AS was (advert, day, region, count) VALUES "
#define ADDED " ON CONFLICT (advert, day, region) DO UPDATE SET count = was.count + excluded.count"

static void put_row(struct db *db, const struct showing_row *row)
{
    db_put_int(db, row->advert);
    db_put_int(db, row->day);
    db_put_int(db, row->region);
    db_put_int(db, row->count);
}

int store_showing_add(struct tx *tx, const struct showing_row *rows, size_t count, struct err *err)
{
    int r = 0;
    size_t at = 0;
    for (; r == 0 && count - at >= AT_ONCE; at += AT_ONCE) {
        struct db *db = db_query(
            tx->db, SQL(ADDS "($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12), ($13, $14, $15, $16), "
                             "($17, $18, $19, $20), ($21, $22, $23, $24), ($25, $26, $27, $28), ($29, $30, $31, $32), "
                             "($33, $34, $35, $36), ($37, $38, $39, $40), ($41, $42, $43, $44), ($45, $46, $47, $48), "
                             "($49, $50, $51, $52), ($53, $54, $55, $56), ($57, $58, $59, $60), "
                             "($61, $62, $63, $64)" ADDED));
        for (size_t i = 0; i < AT_ONCE; i++)
            put_row(db, &rows[at + i]);
        r = db_run(db, NULL, err);
    }
    for (; r == 0 && at < count; at++) {
        struct db *db = db_query(tx->db, SQL(ADDS "($1, $2, $3, $4)" ADDED));
        put_row(db, &rows[at]);
        r = db_run(db, NULL, err);
    }
    return r;
}

int store_showing_advert(struct tx *tx, int64_t advert, int64_t count, int32_t first_day, int32_t last_day,
                         int64_t now_usec, bool *ret_stands, struct err *err)
{
    int64_t changes = 0;
    struct db *db = db_query(tx->db, SQL("UPDATE advert SET shown = shown + $1, "
                                         "first_day = CASE WHEN first_day <= $2 THEN first_day ELSE $2 END, "
                                         "last_day = CASE WHEN last_day >= $3 THEN last_day ELSE $3 END, "
                                         "counted_usec = $4 WHERE serial = $5 AND removed_usec IS NULL"));
    db_put_int(db, count);
    db_put_int(db, first_day);
    db_put_int(db, last_day);
    db_put_int(db, now_usec);
    db_put_int(db, advert);
    int r = db_run(db, &changes, err);
    if (r == 0)
        *ret_stands = changes > 0;
    return r;
}

int store_showing_said(struct tx *tx, int64_t advert, struct arena *arena, const char **ret_json, size_t *ret_len,
                       int64_t *ret_placed_usec, struct err *err)
{
    const char *json = NULL;
    size_t len = 0;
    int64_t placed_usec = 0;
    struct db *db = db_query(tx->db, SQL("SELECT a.placed_usec, v.json FROM advert a LEFT JOIN advert_version v "
                                         "ON v.advert = a.serial AND v.version = a.version WHERE a.serial = $1"));
    db_put_int(db, advert);
    int got = db_step(db, err);
    if (got > 0) {
        placed_usec = db_int(db, 0);
        json = db_null(db, 1) ? NULL : db_blob(db, 1, arena, &len);
    }
    int r = db_end_rows(db, got, arena, err);
    if (r == 0 && got == 0)
        r = err_set(err, ERR_NOT_FOUND, "advert_unknown", NULL);
    if (r < 0)
        return r;
    *ret_json = json;
    *ret_len = len;
    *ret_placed_usec = placed_usec;
    return 0;
}

static void read_row(struct db *db, struct showing_row *ret)
{
    *ret = (struct showing_row){
        .advert = db_int(db, 0), .day = (int32_t)db_int(db, 1), .region = (int)db_int(db, 2), .count = db_int(db, 3)};
}

static int gather(struct db *db, struct arena *arena, struct showing_row **ret, size_t *ret_count, struct err *err)
{
    struct showing_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct showing_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_row(db, row);
    }
    int r = db_end_rows(db, got, arena, err);
    if (r < 0)
        return r;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_showing_list(struct tx *tx, int64_t advert, int32_t from_day, int32_t until_day, struct arena *arena,
                       struct showing_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT advert, day, region, count FROM advert_showing "
                                         "WHERE advert = $1 AND day >= $2 AND day <= $3 ORDER BY day, region"));
    db_put_int(db, advert);
    db_put_int(db, from_day);
    db_put_int(db, until_day);
    return gather(db, arena, ret, ret_count, err);
}

/* So many serials a statement; the rest are empty places that no advertisement has. */
#define SUMMED 32

static int sums_of(struct tx *tx, const int64_t *adverts, size_t count, int32_t from_day, int32_t until_day,
                   struct arena *arena, struct showing_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(
        tx->db, SQL("SELECT CAST(0 AS BIGINT), day, CAST(0 AS BIGINT), CAST(sum(count) AS BIGINT) FROM advert_showing "
                    "WHERE day >= $1 AND day <= $2 "
                    "AND advert IN ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, "
                    "$20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34) "
                    "GROUP BY day ORDER BY day"));
    db_put_int(db, from_day);
    db_put_int(db, until_day);
    for (size_t i = 0; i < SUMMED; i++)
        db_put_int(db, i < count ? adverts[i] : -1);
    return gather(db, arena, ret, ret_count, err);
}

/* Two runs of days, each in order and each day once, as one. */
static struct showing_row *together(const struct showing_row *a, size_t a_count, const struct showing_row *b,
                                    size_t b_count, struct arena *arena, size_t *ret_count)
{
    struct showing_row *all = ARENA_ARRAY(arena, struct showing_row, a_count + b_count);
    size_t count = 0, i = 0, j = 0;
    while (all != NULL && (i < a_count || j < b_count)) {
        if (j == b_count || (i < a_count && a[i].day < b[j].day)) {
            all[count++] = a[i++];
        } else if (i == a_count || b[j].day < a[i].day) {
            all[count++] = b[j++];
        } else {
            all[count] = a[i++];
            all[count++].count += b[j++].count;
        }
    }
    *ret_count = count;
    return all;
}

int store_showing_sums(struct tx *tx, const int64_t *adverts, size_t advert_count, int32_t from_day, int32_t until_day,
                       struct arena *arena, struct showing_row **ret, size_t *ret_count, struct err *err)
{
    struct showing_row *sums = NULL;
    size_t count = 0;
    for (size_t at = 0; at < advert_count; at += SUMMED) {
        struct showing_row *some;
        size_t some_count, left = advert_count - at;
        int r = sums_of(tx, adverts + at, left < SUMMED ? left : SUMMED, from_day, until_day, arena, &some, &some_count,
                        err);
        if (r < 0)
            return r;
        sums = count == 0 ? some : together(sums, count, some, some_count, arena, &some_count);
        if (sums == NULL && some_count > 0)
            return err_memory(err);
        count = some_count;
    }
    *ret = sums;
    *ret_count = count;
    return 0;
}

int store_showing_scan(struct tx *tx, int64_t from, int64_t until,
                       int (*each)(const struct showing_row *row, void *arg, struct err *err), void *arg,
                       struct err *err)
{
    struct showing_row row;
    int r = 0;
    struct db *db = db_query_stream(tx->db, SQL("SELECT advert, day, region, count FROM advert_showing "
                                                "WHERE advert >= $1 AND advert <= $2 ORDER BY advert, day, region"));
    db_put_int(db, from);
    db_put_int(db, until);
    while (r == 0 && db_next(db, &r, err)) {
        read_row(db, &row);
        r = each(&row, arg, err);
    }
    db_end(db);
    return r;
}
