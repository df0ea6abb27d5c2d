/* Sessions of people and tokens of machines, as rows. Only hashes of their secrets stand here. */
#include "store/db.h"
#include "store/people_rows.h"

int store_session_insert(struct tx *tx, const struct session_row *row, struct err *err)
{
    /* Seen again: the same session with a later moment. */
    struct db *db = db_query(
        tx->db,
        SQL("INSERT INTO session (token_hash, account_id, created_usec, seen_usec, expires_usec) "
            "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (token_hash) DO UPDATE SET seen_usec = excluded.seen_usec, "
            "expires_usec = excluded.expires_usec"));
    db_put_hash(db, &row->token_hash);
    db_put_text(db, row->account_id);
    db_put_int(db, row->created_usec);
    db_put_int(db, row->seen_usec);
    db_put_int(db, row->expires_usec);
    return db_run(db, NULL, err);
}

int store_session_get(struct tx *tx, const struct hash *token_hash, struct arena *arena, struct session_row *ret,
                      struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT account_id, created_usec, seen_usec, expires_usec FROM session "
                                         "WHERE token_hash = $1"));
    db_put_hash(db, token_hash);
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct session_row row = {.token_hash = *token_hash};
    row.account_id = db_text(db, 0, arena);
    row.created_usec = db_int(db, 1);
    row.seen_usec = db_int(db, 2);
    row.expires_usec = db_int(db, 3);
    if ((rc = db_close_rows(db, arena, err)) == 0)
        *ret = row;
    return rc;
}

int store_session_delete(struct tx *tx, const struct hash *token_hash, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM session WHERE token_hash = $1"));
    db_put_hash(db, token_hash);
    return db_run(db, NULL, err);
}

int store_session_delete_of(struct tx *tx, const char *account_id, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM session WHERE account_id = $1"));
    db_put_text(db, account_id);
    return db_run(db, NULL, err);
}

int store_session_purge(struct tx *tx, int64_t before_usec, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM session WHERE expires_usec < $1"));
    db_put_int(db, before_usec);
    return db_run(db, NULL, err);
}

#define TOKEN_COLUMNS "id, name, account_id, roles, secret_hash, created_usec, expires_usec, revoked_usec"

int store_token_insert(struct tx *tx, const struct token_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO token (" TOKEN_COLUMNS ") "
                                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"));
    db_put_text(db, row->id);
    db_put_text(db, row->name);
    db_put_text(db, row->account_id);
    db_put_text(db, row->roles);
    db_put_hash(db, &row->secret_hash);
    db_put_int(db, row->created_usec);
    db_put_time(db, row->expires_usec);
    db_put_time(db, row->revoked_usec);
    return db_run(db, NULL, err);
}

static int token_read(struct db *db, struct arena *arena, struct token_row *ret, struct err *err)
{
    ret->id = db_text(db, 0, arena);
    ret->name = db_text(db, 1, arena);
    ret->account_id = db_text(db, 2, arena);
    ret->roles = db_text(db, 3, arena);
    ret->created_usec = db_int(db, 5);
    ret->expires_usec = db_time(db, 6);
    ret->revoked_usec = db_time(db, 7);
    return db_hash(db, 4, &ret->secret_hash, err);
}

int store_token_by_hash(struct tx *tx, const struct hash *secret_hash, struct arena *arena, struct token_row *ret,
                        struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " TOKEN_COLUMNS " FROM token WHERE secret_hash = $1"));
    db_put_hash(db, secret_hash);
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct token_row row = {0};
    rc = token_read(db, arena, &row, err);
    int closed = db_close_rows(db, arena, rc == 0 ? err : NULL);
    if (rc != 0 || closed != 0)
        return rc != 0 ? rc : closed;
    *ret = row;
    return 0;
}

int store_token_list(struct tx *tx, struct arena *arena, struct token_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " TOKEN_COLUMNS " FROM token ORDER BY created_usec, id"));
    struct token_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct token_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL || (got = token_read(db, arena, row, err)) != 0)
            break;
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_token_revoke(struct tx *tx, const char *id, int64_t at_usec, struct err *err)
{
    /* The first revocation stays. */
    struct db *db = db_query(tx->db, SQL("UPDATE token SET revoked_usec = coalesce(revoked_usec, $1) WHERE id = $2"));
    db_put_int(db, at_usec);
    db_put_text(db, id);
    int64_t changes = 0;
    int rc = db_run(db, &changes, err);
    if (rc == 0 && changes == 0)
        rc = err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    return rc;
}
