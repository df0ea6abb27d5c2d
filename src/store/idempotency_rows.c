/* Idempotency keys as rows: what a repeated request is recognised by. */
#include "store/case_rows.h"
#include "store/db.h"

int store_idempotency_get(struct tx *tx, const struct hash *key, struct arena *arena, struct idempotency_row *ret,
                          bool *ret_found, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT request_hash, case_id, leaf, at_usec FROM idempotency "
                                         "WHERE key_hash = $1"));
    db_put_hash(db, key);
    int got = db_step(db, err);
    struct idempotency_row row = {.key = *key};
    int rc = got < 0 ? got : 0;
    if (got > 0) {
        row.case_id = db_text(db, 1, arena);
        row.leaf = db_int(db, 2);
        row.at_usec = db_int(db, 3);
        rc = db_hash(db, 0, &row.request, err);
    }
    int closed = db_close_rows(db, arena, rc == 0 ? err : NULL);
    if (rc != 0 || closed != 0)
        return rc != 0 ? rc : closed;
    if (got > 0)
        *ret = row;
    *ret_found = got > 0;
    return 0;
}

int store_idempotency_insert(struct tx *tx, const struct idempotency_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO idempotency (key_hash, request_hash, case_id, leaf, at_usec) "
                                         "VALUES ($1, $2, $3, $4, $5)"));
    db_put_hash(db, &row->key);
    db_put_hash(db, &row->request);
    db_put_text(db, row->case_id);
    db_put_int(db, row->leaf);
    db_put_int(db, row->at_usec);
    return db_run(db, NULL, err);
}

int store_idempotency_purge(struct tx *tx, int64_t before_usec, size_t limit, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM idempotency WHERE key_hash IN "
                                         "(SELECT key_hash FROM idempotency WHERE at_usec < $1 LIMIT $2)"));
    db_put_int(db, before_usec);
    db_put_int(db, (int64_t)limit);
    int64_t changes = 0;
    int rc = db_run(db, &changes, err);
    if (rc == 0)
        *ret_count = (size_t)changes;
    return rc;
}
