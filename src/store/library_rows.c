#include "store/library_rows.h"

#include "store/db.h"
#include <string.h>

#define COLUMNS "a.serial, a.version, a.leaf, a.last_day, a.shown, a.counted_usec, a.removed_usec"

static void read_row(struct db *db, struct library_row *ret)
{
    *ret = (struct library_row){.serial = db_int(db, 0),
                                .version = db_int(db, 1),
                                .leaf = db_int(db, 2),
                                .last_day = (int32_t)db_int(db, 3),
                                .shown = db_int(db, 4),
                                .counted_usec = db_time(db, 5),
                                .removed = !db_null(db, 6)};
}

static int gather(struct db *db, struct arena *arena, struct library_row **ret, size_t *ret_count, struct err *err)
{
    struct library_row *rows = NULL;
    size_t count = 0, room = 0;
    int r = 0;

    while (db_next(db, &r, err)) {
        struct library_row *row = ROWS_ADD(arena, rows, count, room);

        if (!row)
            break;
        read_row(db, row);
    }
    r = db_end_rows(db, r, arena, err);
    if (r < 0)
        return r;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_library_changed(struct tx *tx, int64_t leaf, int64_t serial, size_t limit, size_t bytes, struct arena *arena,
                          struct library_row **ret, size_t *ret_count, bool *ret_more, struct err *err)
{
    struct library_row *rows = NULL;
    size_t count = 0, room = 0, used = 0;
    int r = 0;
    struct db *db = db_query(tx->db, SQL("SELECT " COLUMNS ", v.json FROM advert a LEFT JOIN advert_version v "
                                         "ON v.advert = a.serial AND v.version = a.version "
                                         "WHERE a.leaf >= $1 AND (a.leaf > $1 OR a.serial > $2) "
                                         "ORDER BY a.leaf, a.serial LIMIT $3"));

    db_put_int(db, leaf);
    db_put_int(db, serial);
    db_put_int(db, (int64_t)limit);
    while (used <= bytes && db_next(db, &r, err)) {
        struct library_row *row = ROWS_ADD(arena, rows, count, room);

        if (!row)
            break;
        read_row(db, row);
        row->json = db_text(db, 7, arena);
        used += row->json ? strlen(row->json) : 0;
    }
    r = db_end_rows(db, r, arena, err);
    if (r < 0)
        return r;
    *ret = rows;
    *ret_count = count;
    *ret_more = count == limit || used > bytes;
    return 0;
}

int store_library_counted(struct tx *tx, int64_t counted_usec, int64_t serial, size_t limit, struct arena *arena,
                          struct library_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " COLUMNS " FROM advert a WHERE a.counted_usec IS NOT NULL AND "
                                         "a.counted_usec >= $1 AND (a.counted_usec > $1 OR a.serial > $2) "
                                         "ORDER BY a.counted_usec, a.serial LIMIT $3"));

    db_put_int(db, counted_usec);
    db_put_int(db, serial);
    db_put_int(db, (int64_t)limit);
    return gather(db, arena, ret, ret_count, err);
}

int store_library_sweep(struct tx *tx, int64_t serial, size_t limit, struct arena *arena, struct library_row **ret,
                        size_t *ret_count, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT " COLUMNS " FROM advert a WHERE a.serial > $1 ORDER BY a.serial LIMIT $2"));

    db_put_int(db, serial);
    db_put_int(db, (int64_t)limit);
    return gather(db, arena, ret, ret_count, err);
}

int store_library_text(struct tx *tx, int64_t serial, int64_t version, struct arena *arena, const char **ret,
                       struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT json FROM advert_version WHERE advert = $1 AND version = $2"));

    db_put_int(db, serial);
    db_put_int(db, version);
    return db_run_text(db, arena, ret, err);
}
