/* Versions of entries of the operator's registers as rows: added, never changed. */
#include "store/kept_rows.h"
#include "store/db.h"

int store_kept_insert(struct tx *tx, const struct kept_row *row, struct err *err)
{
    int64_t changes = 0;
    struct db *db = db_query(tx->db, SQL("INSERT INTO kept_entry (kind, id, version, number, from_usec, retired, json, "
                                         "leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
                                         "ON CONFLICT (kind, id, version) DO NOTHING"));
    db_put_text(db, row->kind);
    db_put_text(db, row->id);
    db_put_int(db, row->version);
    db_put_int(db, row->number);
    db_put_int(db, row->from_usec);
    db_put_int(db, row->retired);
    db_put_text(db, row->json);
    db_put_int(db, row->leaf);
    int rc = db_run(db, &changes, err);
    if (rc == 0 && changes == 0)
        rc = err_set(err, ERR_CONFLICT, "entry_changed", NULL);
    return rc;
}

static void read_kept(struct db *db, struct arena *arena, struct kept_row *ret)
{
    *ret = (struct kept_row){.kind = db_text(db, 0, arena),
                             .id = db_text(db, 1, arena),
                             .version = db_int(db, 2),
                             .number = db_int(db, 3),
                             .from_usec = db_int(db, 4),
                             .retired = db_int(db, 5) != 0,
                             .json = db_text(db, 6, arena),
                             .leaf = db_int(db, 7)};
}

int store_kept_list(struct tx *tx, struct arena *arena, struct kept_row **ret, size_t *ret_count, struct err *err)
{
    struct kept_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    struct db *db = db_query(tx->db, SQL("SELECT kind, id, version, number, from_usec, retired, json, leaf "
                                         "FROM kept_entry ORDER BY kind, number, version"));
    while ((got = db_step(db, err)) > 0) {
        struct kept_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        read_kept(db, arena, row);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_kept_newest(struct tx *tx, const char *kind, const char *id, struct arena *arena, struct kept_row *ret,
                      bool *ret_found, struct err *err)
{
    struct kept_row row;
    struct db *db = db_query(tx->db, SQL("SELECT kind, id, version, number, from_usec, retired, json, leaf "
                                         "FROM kept_entry WHERE kind = $1 AND id = $2 ORDER BY version DESC LIMIT 1"));
    db_put_text(db, kind);
    db_put_text(db, id);
    int got = db_step(db, err);
    if (got > 0)
        read_kept(db, arena, &row);
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret_found = got > 0;
    if (got > 0)
        *ret = row;
    return 0;
}

int store_kept_count(struct tx *tx, int64_t *ret, struct err *err)
{
    return db_run_int(db_query(tx->db, SQL("SELECT count(*) FROM kept_entry")), 0, ret, err);
}

int store_kept_number(struct tx *tx, const char *kind, int64_t none, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT max(number) FROM kept_entry WHERE kind = $1"));
    db_put_text(db, kind);
    return db_run_int(db, none, ret, err);
}
