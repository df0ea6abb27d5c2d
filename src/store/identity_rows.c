/* One-time codes and sessions of the cabinet, as rows. Only hashes of secrets stand here. */
#include "store/identity_rows.h"
#include "store/db.h"

/* --- Codes ---------------------------------------------------------------------------------------------------------
 */

#define CODE_COLUMNS "id, lookup, kind, lang, sealed, state, person, tries, created_usec, paused_until_usec, used_usec"

static void code_put(struct db *db, const struct code_row *row)
{
    db_put_text(db, row->id);
    db_put_hash(db, &row->lookup);
    db_put_text(db, row->kind);
    db_put_text(db, row->lang);
    db_put_blob(db, row->sealed, row->sealed_len);
    db_put_text(db, row->state);
    db_put_time(db, row->person == 0 ? TIME_NONE : row->person);
    db_put_int(db, row->tries);
    db_put_int(db, row->created_usec);
    db_put_time(db, row->paused_until_usec);
    db_put_time(db, row->used_usec);
}

int store_code_insert(struct tx *tx, const struct code_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO person_code (" CODE_COLUMNS ") "
                                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"));
    code_put(db, row);
    return db_run(db, NULL, err);
}

int store_code_update(struct tx *tx, const struct code_row *row, struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("UPDATE person_code SET id = $1, lookup = $2, kind = $3, lang = $4, sealed = $5, "
                             "state = $6, person = $7, tries = $8, created_usec = $9, paused_until_usec = $10, "
                             "used_usec = $11 WHERE id = $1"));
    code_put(db, row);
    return db_run(db, NULL, err);
}

static int code_read(struct db *db, struct arena *arena, struct code_row *ret, struct err *err)
{
    ret->id = db_text(db, 0, arena);
    ret->kind = db_text(db, 2, arena);
    ret->lang = db_text(db, 3, arena);
    ret->sealed = db_blob(db, 4, arena, &ret->sealed_len);
    ret->state = db_text(db, 5, arena);
    ret->person = db_null(db, 6) ? 0 : db_int(db, 6);
    ret->tries = db_int(db, 7);
    ret->created_usec = db_int(db, 8);
    ret->paused_until_usec = db_time(db, 9);
    ret->used_usec = db_time(db, 10);
    return db_hash(db, 1, &ret->lookup, err);
}

/* The rows of a statement of CODE_COLUMNS. */
static int codes_read(struct db *db, struct arena *arena, struct code_row **ret, size_t *ret_count, struct err *err)
{
    struct code_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct code_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL || (got = code_read(db, arena, row, err)) != 0)
            break;
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_code_get(struct tx *tx, const char *id, struct arena *arena, struct code_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " CODE_COLUMNS " FROM person_code WHERE id = $1"));
    struct code_row *rows;
    size_t count;
    db_put_text(db, id);
    int rc = codes_read(db, arena, &rows, &count, err);
    if (rc == 0 && count == 0)
        rc = err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    if (rc == 0)
        *ret = rows[0];
    return rc;
}

int store_code_newest(struct tx *tx, const struct hash *lookup, int64_t since_usec, struct arena *arena,
                      struct code_row *ret, bool *ret_found, int64_t *ret_count, struct err *err)
{
    struct code_row *rows;
    size_t count;
    int64_t since;
    struct db *db = db_query(tx->db, SQL("SELECT count(*) FROM person_code WHERE lookup = $1 AND created_usec >= $2"));
    db_put_hash(db, lookup);
    db_put_int(db, since_usec);
    int rc = db_run_int(db, 0, &since, err);
    if (rc != 0)
        return rc;
    db = db_query(tx->db, SQL("SELECT " CODE_COLUMNS " FROM person_code WHERE lookup = $1 "
                              "ORDER BY created_usec DESC, id DESC LIMIT 1"));
    db_put_hash(db, lookup);
    rc = codes_read(db, arena, &rows, &count, err);
    if (rc != 0)
        return rc;
    *ret_found = count > 0;
    *ret_count = since;
    if (count > 0)
        *ret = rows[0];
    return 0;
}

int store_code_asked(struct tx *tx, size_t limit, struct arena *arena, struct code_row **ret, size_t *ret_count,
                     struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " CODE_COLUMNS " FROM person_code WHERE state = 'asked' "
                                         "ORDER BY created_usec LIMIT $1"));
    db_put_int(db, (int64_t)limit);
    return codes_read(db, arena, ret, ret_count, err);
}

int store_code_purge(struct tx *tx, int64_t before_usec, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM person_code WHERE created_usec < $1"));
    db_put_int(db, before_usec);
    return db_run(db, NULL, err);
}

/* --- Sessions ------------------------------------------------------------------------------------------------------
 */

int store_person_session_put(struct tx *tx, const struct person_session_row *row, struct err *err)
{
    struct db *db = db_query(
        tx->db,
        SQL("INSERT INTO person_session (token_hash, person, how, created_usec, seen_usec, expires_usec, sealed) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (token_hash) DO UPDATE SET seen_usec = "
            "excluded.seen_usec"));
    db_put_hash(db, &row->token_hash);
    db_put_int(db, row->person);
    db_put_text(db, row->how);
    db_put_int(db, row->created_usec);
    db_put_int(db, row->seen_usec);
    db_put_int(db, row->expires_usec);
    db_put_blob(db, row->sealed, row->sealed_len);
    return db_run(db, NULL, err);
}

int store_person_session_get(struct tx *tx, const struct hash *token_hash, struct arena *arena,
                             struct person_session_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT person, how, created_usec, seen_usec, expires_usec, sealed "
                                         "FROM person_session WHERE token_hash = $1"));
    db_put_hash(db, token_hash);
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct person_session_row row = {.token_hash = *token_hash};
    row.person = db_int(db, 0);
    row.how = db_text(db, 1, arena);
    row.created_usec = db_int(db, 2);
    row.seen_usec = db_int(db, 3);
    row.expires_usec = db_int(db, 4);
    row.sealed = db_blob(db, 5, arena, &row.sealed_len);
    if ((rc = db_close_rows(db, arena, err)) == 0)
        *ret = row;
    return rc;
}

int store_person_session_delete(struct tx *tx, const struct hash *token_hash, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM person_session WHERE token_hash = $1"));
    db_put_hash(db, token_hash);
    return db_run(db, NULL, err);
}

int store_person_session_purge(struct tx *tx, int64_t before_usec, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM person_session WHERE expires_usec < $1"));
    db_put_int(db, before_usec);
    return db_run(db, NULL, err);
}

int store_person_access_delete(struct tx *tx, int64_t person, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM person_session WHERE person = $1"));
    db_put_int(db, person);
    int rc = db_run(db, NULL, err);
    if (rc != 0)
        return rc;
    db = db_query(tx->db, SQL("DELETE FROM person_code WHERE person = $1"));
    db_put_int(db, person);
    return db_run(db, NULL, err);
}
