/* Secret addresses of calendars, as rows. */
#include "store/feed_rows.h"
#include "store/db.h"

int store_feed_put(struct tx *tx, const struct feed_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO calendar_feed (account_id, secret_hash, created_usec) "
                                         "VALUES ($1, $2, $3) ON CONFLICT (account_id) DO UPDATE "
                                         "SET secret_hash = excluded.secret_hash, "
                                         "created_usec = excluded.created_usec"));
    db_put_text(db, row->account_id);
    db_put_hash(db, &row->secret_hash);
    db_put_int(db, row->created_usec);
    return db_run(db, NULL, err);
}

static int read_one(struct db *db, struct arena *arena, struct feed_row *ret, struct err *err)
{
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct feed_row row = {.account_id = db_text(db, 0, arena)};
    rc = db_hash(db, 1, &row.secret_hash, err);
    row.created_usec = db_int(db, 2);
    int closed = db_close_rows(db, arena, rc != 0 ? NULL : err);
    if (rc == 0 && (rc = closed) == 0)
        *ret = row;
    return rc;
}

int store_feed_by_hash(struct tx *tx, const struct hash *secret_hash, struct arena *arena, struct feed_row *ret,
                       struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT account_id, secret_hash, created_usec FROM calendar_feed WHERE secret_hash = $1"));
    db_put_hash(db, secret_hash);
    return read_one(db, arena, ret, err);
}

int store_feed_of(struct tx *tx, const char *account_id, struct arena *arena, struct feed_row *ret, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT account_id, secret_hash, created_usec FROM calendar_feed WHERE account_id = $1"));
    db_put_text(db, account_id);
    return read_one(db, arena, ret, err);
}

int store_feed_delete(struct tx *tx, const char *account_id, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM calendar_feed WHERE account_id = $1"));
    db_put_text(db, account_id);
    return db_run(db, NULL, err);
}
