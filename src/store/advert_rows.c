/* Advertisements, their versions and media, as rows. */
#include "store/advert_rows.h"
#include "store/db.h"

#define COLUMNS "serial, id, own_id, version, placed_usec, changed_usec, first_day, last_day, shown, removed_usec, leaf"

static void read_advert(struct db *db, struct arena *arena, struct advert_row *ret)
{
    *ret = (struct advert_row){.serial = db_int(db, 0),
                               .id = db_text(db, 1, arena),
                               .own_id = db_text(db, 2, arena),
                               .version = db_int(db, 3),
                               .placed_usec = db_int(db, 4),
                               .changed_usec = db_int(db, 5),
                               .first_day = db_null(db, 6) ? ADVERT_NEVER_SHOWN : (int32_t)db_int(db, 6),
                               .last_day = (int32_t)db_int(db, 7),
                               .shown = db_int(db, 8),
                               .removed_usec = db_time(db, 9),
                               .leaf = db_int(db, 10)};
}

int store_advert_last(struct tx *tx, int64_t *ret, struct err *err)
{
    return db_run_int(db_query(tx->db, SQL("SELECT max(serial) FROM advert")), 0, ret, err);
}

static int insert_one(struct tx *tx, const struct advert_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO advert (serial, placed_usec, changed_usec, leaf, id, own_id, "
                                         "last_day, version, shown) VALUES ($1, $2, $2, $3, $4, $5, $6, 1, 0) "
                                         "ON CONFLICT (own_id) DO NOTHING"));
    int64_t changes = 0;
    int r;

    db_put_int(db, row->serial);
    db_put_int(db, row->placed_usec);
    db_put_int(db, row->leaf);
    db_put_text(db, row->id);
    db_put_text(db, row->own_id);
    db_put_int(db, row->last_day);
    r = db_run(db, &changes, err);
    return r == 0 && changes == 0 ? err_set(err, ERR_CONFLICT, "advert_known", "%s", row->own_id) : r;
}

int store_advert_version_insert(struct tx *tx, const struct advert_version_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO advert_version (advert, version, from_usec, leaf, place, hash, "
                                         "json) VALUES ($1, $2, $3, $4, $5, $6, $7)"));

    db_put_int(db, row->advert);
    db_put_int(db, row->version);
    db_put_int(db, row->from_usec);
    db_put_int(db, row->leaf);
    db_put_int(db, row->place);
    db_put_hash(db, &row->hash);
    db_put_text_of(db, row->json, row->json_len);
    return db_run(db, NULL, err);
}

/* Sixteen rows a statement: what a statement costs by itself (its cursors in SQLite, its way to the server in
 * PostgreSQL) is as much as its row. Values that all share come once. */
#define TOGETHER 16
#define ROW(n, id, own_id, last_day) "($1 + " #n ", $2, $2, $3, $" #id ", $" #own_id ", $" #last_day ", 1, 0)"
#define ROWS_16                                                                                                              \
    ROW(0, 4, 5, 6)                                                                                                          \
    "," ROW(1, 7, 8, 9) "," ROW(2, 10, 11, 12) "," ROW(3, 13, 14, 15) "," ROW(4, 16, 17, 18) "," ROW(5, 19, 20, 21) "," ROW( \
        6, 22, 23,                                                                                                           \
        24) "," ROW(7, 25, 26,                                                                                               \
                    27) "," ROW(8, 28, 29,                                                                                   \
                                30) "," ROW(9, 31, 32,                                                                       \
                                            33) "," ROW(10, 34, 35,                                                          \
                                                        36) "," ROW(11, 37, 38,                                              \
                                                                    39) "," ROW(12, 40, 41,                                  \
                                                                                42) "," ROW(13, 43, 44,                      \
                                                                                            45) "," ROW(14, 46, 47,          \
                                                                                                        48) "," ROW(15,      \
                                                                                                                    49,      \
                                                                                                                    50,      \
                                                                                                                    51)
#define VERSION(n, hash, json) "($1 + " #n ", 1, $2, $3, $4 + " #n ", $" #hash ", $" #json ")"
#define VERSIONS_16                                                                                                                                     \
    VERSION(0, 5, 6)                                                                                                                                    \
    "," VERSION(1, 7, 8) "," VERSION(2, 9, 10) "," VERSION(3, 11, 12) "," VERSION(4, 13, 14) "," VERSION(5, 15, 16) "," VERSION(6, 17, 18) "," VERSION( \
        7, 19,                                                                                                                                          \
        20) "," VERSION(8, 21,                                                                                                                          \
                        22) "," VERSION(9, 23,                                                                                                          \
                                        24) "," VERSION(10, 25,                                                                                         \
                                                        26) "," VERSION(11, 27,                                                                         \
                                                                        28) "," VERSION(12, 29,                                                         \
                                                                                        30) "," VERSION(13, 31,                                         \
                                                                                                        32) "," VERSION(14,                             \
                                                                                                                        33,                             \
                                                                                                                        34) "," VERSION(15,             \
                                                                                                                                        35,             \
                                                                                                                                        36)

/* Whose own id is another's already, after fewer rows came in than should have. */
static int tell_known(struct tx *tx, const struct advert_row *rows, struct err *err)
{
    for (size_t i = 0; i < TOGETHER; i++) {
        struct db *db = db_query(tx->db, SQL("SELECT serial FROM advert WHERE own_id = $1"));
        int64_t serial = 0;
        int r;

        db_put_text(db, rows[i].own_id);
        r = db_run_int(db, rows[i].serial, &serial, err);
        if (r < 0)
            return r;
        if (serial != rows[i].serial)
            return err_set(err, ERR_CONFLICT, "advert_known", "%s", rows[i].own_id);
    }
    return err_set(err, ERR_DAMAGED, "store_damaged", "adverts");
}

static int insert_together(struct tx *tx, const struct advert_row *rows, const struct advert_version_row *versions,
                           struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO advert (serial, placed_usec, changed_usec, leaf, id, own_id, "
                                         "last_day, version, shown) VALUES " ROWS_16 " ON CONFLICT (own_id) "
                                         "DO NOTHING"));
    int64_t changes = 0;
    int r;

    db_put_int(db, rows->serial);
    db_put_int(db, rows->placed_usec);
    db_put_int(db, rows->leaf);
    for (size_t i = 0; i < TOGETHER; i++) {
        db_put_text(db, rows[i].id);
        db_put_text(db, rows[i].own_id);
        db_put_int(db, rows[i].last_day);
    }
    r = db_run(db, &changes, err);
    if (r < 0 || changes < TOGETHER)
        return r < 0 ? r : tell_known(tx, rows, err);
    db = db_query(tx->db, SQL("INSERT INTO advert_version (advert, version, from_usec, leaf, place, hash, json) "
                              "VALUES " VERSIONS_16));
    db_put_int(db, versions->advert);
    db_put_int(db, versions->from_usec);
    db_put_int(db, versions->leaf);
    db_put_int(db, versions->place);
    for (size_t i = 0; i < TOGETHER; i++) {
        db_put_hash(db, &versions[i].hash);
        db_put_text_of(db, versions[i].json, versions[i].json_len);
    }
    return db_run(db, NULL, err);
}

int store_adverts_insert(struct tx *tx, const struct advert_row *rows, const struct advert_version_row *versions,
                         size_t count, struct err *err)
{
    size_t i = 0;
    int r = 0;

    for (; r == 0 && i + TOGETHER <= count; i += TOGETHER)
        r = insert_together(tx, rows + i, versions + i, err);
    for (; r == 0 && i < count; i++) {
        r = insert_one(tx, &rows[i], err);
        if (r == 0)
            r = store_advert_version_insert(tx, &versions[i], err);
    }
    return r;
}

int store_advert_change(struct tx *tx, const struct advert_row *row, int64_t was, bool *ret_changed, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE advert SET version = $1, changed_usec = $2, last_day = $3, leaf = $4 "
                                         "WHERE serial = $5 AND version = $6 AND removed_usec IS NULL"));
    int64_t changes = 0;
    int r;

    db_put_int(db, row->version);
    db_put_int(db, row->changed_usec);
    db_put_int(db, row->last_day);
    db_put_int(db, row->leaf);
    db_put_int(db, row->serial);
    db_put_int(db, was);
    r = db_run(db, &changes, err);
    if (r == 0)
        *ret_changed = changes > 0;
    return r;
}

static int no_such(struct err *err, const struct err *why)
{
    if (why->kind == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "advert_unknown", NULL);
    if (err != NULL)
        *err = *why;
    return -(int)why->kind;
}

static int get_one(struct db *db, struct arena *arena, struct advert_row *ret, struct err *err)
{
    struct advert_row row;
    struct err why = {0};
    int r = db_one(db, &why);

    if (r < 0)
        return no_such(err, &why);
    read_advert(db, arena, &row);
    r = db_close_rows(db, arena, err);
    if (r == 0)
        *ret = row;
    return r;
}

int store_advert_get(struct tx *tx, const char *id, int64_t serial, struct arena *arena, struct advert_row *ret,
                     struct err *err)
{
    struct db *db;

    if (id != NULL) {
        db = db_query(tx->db, SQL("SELECT " COLUMNS " FROM advert WHERE id = $1"));
        db_put_text(db, id);
    } else {
        db = db_query(tx->db, SQL("SELECT " COLUMNS " FROM advert WHERE serial = $1"));
        db_put_int(db, serial);
    }
    return get_one(db, arena, ret, err);
}

int store_advert_by_own_id(struct tx *tx, const char *own_id, struct arena *arena, struct advert_row *ret,
                           struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " COLUMNS " FROM advert WHERE own_id = $1"));

    db_put_text(db, own_id);
    return get_one(db, arena, ret, err);
}

int store_advert_version_get(struct tx *tx, int64_t advert, int64_t version, struct arena *arena,
                             struct advert_version_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT from_usec, leaf, place, hash, json FROM advert_version "
                                         "WHERE advert = $1 AND version = $2"));
    struct advert_version_row row = {.advert = advert, .version = version};
    struct err why = {0};
    int r, closed;

    db_put_int(db, advert);
    db_put_int(db, version);
    r = db_one(db, &why);
    if (r < 0)
        return no_such(err, &why);
    row.from_usec = db_int(db, 0);
    row.leaf = db_int(db, 1);
    row.place = db_int(db, 2);
    r = db_hash(db, 3, &row.hash, err);
    if (!db_null(db, 4))
        row.json = db_blob(db, 4, arena, &row.json_len);
    closed = db_close_rows(db, arena, r < 0 ? NULL : err);
    if (r < 0 || closed < 0)
        return r < 0 ? r : closed;
    *ret = row;
    return 0;
}

int store_advert_versions(struct tx *tx, int64_t advert, struct arena *arena, struct advert_version_row **ret,
                          size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT version, from_usec, leaf, place, hash FROM advert_version "
                                         "WHERE advert = $1 ORDER BY version"));
    struct advert_version_row *rows = NULL, *row;
    size_t count = 0, room = 0;
    int r = 0, closed;

    db_put_int(db, advert);
    while (db_next(db, &r, err)) {
        row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        *row = (struct advert_version_row){.advert = advert,
                                           .version = db_int(db, 0),
                                           .from_usec = db_int(db, 1),
                                           .leaf = db_int(db, 2),
                                           .place = db_int(db, 3)};
        r = db_hash(db, 4, &row->hash, err);
    }
    closed = db_end_rows(db, r, arena, err);
    if (closed < 0)
        return closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_advert_hashes(struct tx *tx, int64_t first, size_t count, struct hash *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT hash FROM advert_version WHERE advert >= $1 AND advert < $2 AND "
                                         "version = 1 ORDER BY advert"));
    size_t got = 0;
    int r = 0;

    db_put_int(db, first);
    db_put_int(db, first + (int64_t)count);
    while (got < count && db_next(db, &r, err))
        r = db_hash(db, 0, &ret[got++], err);
    db_end(db);
    if (r == 0 && got < count)
        r = err_set(err, ERR_DAMAGED, "store_damaged", "adverts");
    return r;
}

static int gather(struct db *db, struct arena *arena, struct advert_row **ret, size_t *ret_count, struct err *err)
{
    struct advert_row *rows = NULL, *row;
    size_t count = 0, room = 0;
    int r = 0, closed;

    while (db_next(db, &r, err)) {
        row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_advert(db, arena, row);
    }
    closed = db_end_rows(db, r, arena, err);
    if (closed < 0)
        return closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_advert_follow(struct tx *tx, int64_t leaf, int64_t serial, size_t limit, struct arena *arena,
                        struct advert_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " COLUMNS " FROM advert WHERE leaf >= $1 AND (leaf > $1 OR "
                                         "serial > $2) ORDER BY leaf, serial LIMIT $3"));

    db_put_int(db, leaf);
    db_put_int(db, serial);
    db_put_int(db, (int64_t)limit);
    return gather(db, arena, ret, ret_count, err);
}

int store_advert_scan(struct tx *tx, int (*each)(const struct advert_row *row, void *arg, struct err *err), void *arg,
                      struct err *err)
{
    struct db *db =
        db_query_stream(tx->db, SQL("SELECT " COLUMNS " FROM advert WHERE removed_usec IS NULL ORDER BY serial"));
    struct advert_row row;
    struct arena arena;
    int r = 0;

    arena_init(&arena, 1 << 20);
    while (db_next(db, &r, err)) {
        arena_reset(&arena);
        read_advert(db, &arena, &row);
        r = arena.overflowed ? err_memory(err) : each(&row, arg, err);
    }
    db_end(db);
    arena_done(&arena);
    return r;
}

int store_advert_over(struct tx *tx, int32_t day, size_t limit, struct arena *arena, struct advert_row **ret,
                      size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " COLUMNS " FROM advert WHERE removed_usec IS NULL AND last_day < $1 "
                                         "ORDER BY last_day, serial LIMIT $2"));

    db_put_int(db, day);
    db_put_int(db, (int64_t)limit);
    return gather(db, arena, ret, ret_count, err);
}

int store_advert_showings_wait(struct tx *tx, int64_t before_usec, bool *ret, struct err *err)
{
    struct db *db = db_query(
        tx->db, SQL("SELECT count(*) FROM (SELECT 1 FROM advert_chunk WHERE received_usec < $1 LIMIT 1) AS waiting"));
    int64_t count = 0;
    int r;

    db_put_int(db, before_usec);
    r = db_run_int(db, 0, &count, err);
    if (r == 0)
        *ret = count > 0;
    return r;
}

int store_advert_showings(struct tx *tx, int64_t serial, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT count(*) FROM advert_showing WHERE advert = $1"));

    db_put_int(db, serial);
    return db_run_int(db, 0, ret, err);
}

int store_advert_figures_hold(struct tx *tx, int64_t serial, bool *ret, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT count(*) FROM advert a WHERE a.serial = $1 AND a.shown = (SELECT "
                             "coalesce(sum(s.count), 0) FROM advert_showing s WHERE s.advert = $1) AND "
                             "coalesce(a.first_day, -1) = coalesce((SELECT min(s.day) FROM advert_showing s WHERE "
                             "s.advert = $1), -1) AND a.last_day >= coalesce((SELECT max(s.day) FROM advert_showing s "
                             "WHERE s.advert = $1), a.last_day)"));
    int64_t count = 0;
    int r;

    db_put_int(db, serial);
    r = db_run_int(db, 0, &count, err);
    if (r == 0)
        *ret = count == 1;
    return r;
}

int store_advert_versions_after(struct tx *tx, int64_t advert, int64_t version, size_t limit, struct arena *arena,
                                struct advert_version_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT advert, version, from_usec, leaf, place, hash, json FROM "
                                         "advert_version WHERE (advert, version) > ($1, $2) "
                                         "ORDER BY advert, version LIMIT $3"));
    struct advert_version_row *rows = NULL, *row;
    size_t count = 0, room = 0;
    int r = 0, closed;

    db_put_int(db, advert);
    db_put_int(db, version);
    db_put_int(db, (int64_t)limit);
    while (db_next(db, &r, err)) {
        row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        *row = (struct advert_version_row){.advert = db_int(db, 0),
                                           .version = db_int(db, 1),
                                           .from_usec = db_int(db, 2),
                                           .leaf = db_int(db, 3),
                                           .place = db_int(db, 4)};
        row->json = db_blob(db, 6, arena, &row->json_len);
        r = db_hash(db, 5, &row->hash, err);
    }
    closed = db_end_rows(db, r, arena, err);
    if (closed < 0)
        return closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_advert_media_after(struct tx *tx, const struct hash *after, struct arena *arena, struct hash *ret,
                             const void **ret_bytes, size_t *ret_count, bool *ret_found, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT hash, bytes FROM advert_media WHERE hash > $1 ORDER BY hash LIMIT 1"));
    int r = 0, closed;
    bool found;

    db_put_blob(db, after != NULL ? after->bytes : (const uint8_t *)"", after != NULL ? SHA256_BYTES : 0);
    found = db_next(db, &r, err);
    if (found) {
        r = db_hash(db, 0, ret, err);
        *ret_bytes = db_blob(db, 1, arena, ret_count);
    }
    closed = db_end_rows(db, r, arena, err);
    if (closed == 0)
        *ret_found = found;
    return closed;
}

static int run_of(struct tx *tx, const struct sql *sql, int64_t serial, struct err *err)
{
    struct db *db = db_query(tx->db, sql);

    db_put_int(db, serial);
    return db_run(db, NULL, err);
}

int store_advert_remove(struct tx *tx, int64_t serial, int64_t leaf, int64_t now_usec, struct err *err)
{
    struct db *db;
    int r = run_of(tx, SQL("UPDATE advert_version SET json = NULL WHERE advert = $1"), serial, err);

    if (r == 0)
        r = run_of(tx,
                   SQL("DELETE FROM advert_media WHERE hash IN (SELECT m.hash FROM advert_media_of m WHERE "
                       "m.advert = $1 AND NOT EXISTS (SELECT 1 FROM advert_media_of o WHERE o.hash = m.hash AND "
                       "o.advert <> $1))"),
                   serial, err);
    if (r == 0)
        r = run_of(tx, SQL("DELETE FROM advert_media_of WHERE advert = $1"), serial, err);
    if (r == 0)
        r = run_of(tx, SQL("DELETE FROM advert_showing WHERE advert = $1"), serial, err);
    if (r < 0)
        return r;
    db = db_query(tx->db, SQL("UPDATE advert SET own_id = NULL, first_day = NULL, shown = 0, changed_usec = $1, "
                              "removed_usec = $1, leaf = $2 WHERE serial = $3"));
    db_put_int(db, now_usec);
    db_put_int(db, leaf);
    db_put_int(db, serial);
    return db_run(db, NULL, err);
}

int store_advert_remains(struct tx *tx, int64_t serial, int64_t *ret, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT (SELECT count(*) FROM advert_version WHERE advert = $1 AND json IS NOT NULL) + "
                             "(SELECT count(*) FROM advert_media_of WHERE advert = $1) + "
                             "(SELECT count(*) FROM advert_showing WHERE advert = $1) + "
                             "(SELECT count(*) FROM advert WHERE serial = $1 AND (own_id IS NOT NULL OR shown <> 0 OR "
                             "first_day IS NOT NULL))"));

    db_put_int(db, serial);
    return db_run_int(db, 0, ret, err);
}

int store_advert_media_name(struct tx *tx, const struct hash *hash, int64_t advert, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("INSERT INTO advert_media_of (hash, advert) VALUES ($1, $2) ON CONFLICT DO NOTHING"));

    db_put_hash(db, hash);
    db_put_int(db, advert);
    return db_run(db, NULL, err);
}

int store_advert_media_named(struct tx *tx, const struct hash *hash, bool *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT count(*) FROM (SELECT 1 FROM advert_media_of WHERE hash = $1 "
                                         "LIMIT 1) AS named"));
    int64_t count = 0;
    int r;

    db_put_hash(db, hash);
    r = db_run_int(db, 0, &count, err);
    if (r == 0)
        *ret = count > 0;
    return r;
}

int store_advert_media_put(struct tx *tx, const struct hash *hash, const char *type, const void *bytes, size_t count,
                           int64_t now_usec, bool *ret_new, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO advert_media (hash, type, size_bytes, bytes, kept_usec) VALUES "
                                         "($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING"));
    int64_t changes = 0;
    int r;

    db_put_hash(db, hash);
    db_put_text(db, type);
    db_put_int(db, (int64_t)count);
    db_put_blob(db, bytes, count);
    db_put_int(db, now_usec);
    r = db_run(db, &changes, err);
    if (r == 0)
        *ret_new = changes > 0;
    return r;
}

int store_advert_media_get(struct tx *tx, const struct hash *hash, struct arena *arena, const char **ret_type,
                           const void **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT type, bytes FROM advert_media WHERE hash = $1"));
    struct err why = {0};
    const void *bytes;
    const char *type;
    size_t count = 0;
    int r;

    db_put_hash(db, hash);
    r = db_one(db, &why);
    if (r == -ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "media_unknown", NULL);
    if (r < 0)
        return no_such(err, &why);
    type = db_text(db, 0, arena);
    bytes = db_blob(db, 1, arena, &count);
    r = db_close_rows(db, arena, err);
    if (r < 0)
        return r;
    *ret_type = type;
    *ret = bytes;
    *ret_count = count;
    return 0;
}

int store_advert_media_size(struct tx *tx, const struct hash *hash, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT size_bytes FROM advert_media WHERE hash = $1"));

    db_put_hash(db, hash);
    return db_run_int(db, -1, ret, err);
}
