/* One statement a portion: an advertisement beside its newest version. */
#include "store/dump_rows.h"
#include "store/db.h"

static void read_row(struct db *db, struct arena *arena, struct dump_row *ret)
{
    *ret = (struct dump_row){.advert = {.serial = db_int(db, 0),
                                        .id = db_text(db, 1, arena),
                                        .own_id = db_text(db, 2, arena),
                                        .version = db_int(db, 3),
                                        .placed_usec = db_int(db, 4),
                                        .changed_usec = db_int(db, 5),
                                        .first_day = db_null(db, 6) ? ADVERT_NEVER_SHOWN : (int32_t)db_int(db, 6),
                                        .last_day = (int32_t)db_int(db, 7),
                                        .shown = db_int(db, 8),
                                        .removed_usec = db_time(db, 9),
                                        .leaf = db_int(db, 10)},
                             .counted_usec = db_time(db, 11)};
    ret->json = db_null(db, 12) ? NULL : db_blob(db, 12, arena, &ret->json_len);
}

int store_dump_adverts(struct tx *tx, int64_t after, size_t limit, struct arena *arena, struct dump_row **ret,
                       size_t *ret_count, struct err *err)
{
    struct dump_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    struct db *db = db_query_stream(
        tx->db,
        SQL("SELECT a.serial, a.id, a.own_id, a.version, a.placed_usec, a.changed_usec, a.first_day, a.last_day, "
            "a.shown, a.removed_usec, a.leaf, a.counted_usec, v.json FROM advert a LEFT JOIN advert_version v "
            "ON v.advert = a.serial AND v.version = a.version WHERE a.serial > $1 ORDER BY a.serial LIMIT $2"));
    db_put_int(db, after);
    db_put_int(db, (int64_t)limit);
    while ((got = db_step(db, err)) > 0) {
        struct dump_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_row(db, arena, row);
    }
    int r = db_end_rows(db, got, arena, err);
    if (r < 0)
        return r;
    *ret = rows;
    *ret_count = count;
    return 0;
}
