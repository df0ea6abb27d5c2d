/* People whose personal values are sealed, as rows: an id, a wrapped key, and the keyed hashes that lead to them. */
#include "store/db.h"
#include "store/people_rows.h"

int store_subject_insert(struct tx *tx, const struct subject_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO subject (id, wrapped_key, created_usec) VALUES ($1, $2, $3)"));
    db_put_text(db, row->id);
    db_put_blob(db, row->wrapped_key, row->wrapped_key_len);
    db_put_int(db, row->created_usec);
    return db_run(db, NULL, err);
}

int store_subject_get(struct tx *tx, const char *id, struct arena *arena, struct subject_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT id, wrapped_key, created_usec FROM subject WHERE id = $1"));
    db_put_text(db, id);
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct subject_row row = {0};
    row.id = db_text(db, 0, arena);
    row.wrapped_key = db_blob(db, 1, arena, &row.wrapped_key_len);
    row.created_usec = db_int(db, 2);
    if ((rc = db_close_rows(db, arena, err)) == 0)
        *ret = row;
    return rc;
}

int store_subject_lookup_put(struct tx *tx, const struct hash *lookup, const char *subject_id, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO subject_lookup (lookup, subject_id) VALUES ($1, $2) "
                                         "ON CONFLICT (lookup) DO UPDATE SET subject_id = excluded.subject_id"));
    db_put_hash(db, lookup);
    db_put_text(db, subject_id);
    return db_run(db, NULL, err);
}

int store_subject_lookup_delete(struct tx *tx, const struct hash *lookup, const char *subject_id, bool *ret_found,
                                struct err *err)
{
    int64_t changes;
    struct db *db = db_query(tx->db, SQL("DELETE FROM subject_lookup WHERE lookup = $1 AND subject_id = $2"));
    db_put_hash(db, lookup);
    db_put_text(db, subject_id);
    int rc = db_run(db, &changes, err);
    if (rc == 0)
        *ret_found = changes > 0;
    return rc;
}

int store_subject_by_lookup(struct tx *tx, const struct hash *lookup, struct arena *arena, const char **ret,
                            struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT subject_id FROM subject_lookup WHERE lookup = $1"));
    db_put_hash(db, lookup);
    int got = db_step(db, err);
    const char *id = got > 0 ? db_text(db, 0, arena) : NULL;
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = id;
    return 0;
}
