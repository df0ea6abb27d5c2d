/* Accounts of those who work here, as rows. */
#include "store/db.h"
#include "store/people_rows.h"

#define ACCOUNT_COLUMNS                                                                              \
    "id, login, name, email, password_hash, roles, lang, disabled, must_change_password, failures, " \
    "locked_until_usec, created_usec"

static void put_row(struct db *db, const struct account_row *row)
{
    db_put_text(db, row->id);
    db_put_text(db, row->login);
    db_put_text(db, row->name);
    db_put_text(db, row->email);
    db_put_text(db, row->password_hash);
    db_put_text(db, row->roles);
    db_put_text(db, row->lang);
    db_put_int(db, row->disabled);
    db_put_int(db, row->must_change_password);
    db_put_int(db, row->failures);
    db_put_time(db, row->locked_until_usec);
    db_put_int(db, row->created_usec);
}

int store_account_insert(struct tx *tx, const struct account_row *row, struct err *err)
{
    /* Asked for as a condition and not as a failure, so that the transaction can go on on both engines. */
    struct db *db = db_query(tx->db, SQL("INSERT INTO account (" ACCOUNT_COLUMNS ") "
                                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
                                         "ON CONFLICT (login) DO NOTHING"));
    put_row(db, row);
    int64_t changes = 0;
    int rc = db_run(db, &changes, err);
    if (rc == 0 && changes == 0)
        rc = err_set(err, ERR_CONFLICT, "login_taken", NULL);
    return rc;
}

int store_account_update(struct tx *tx, const struct account_row *row, struct err *err)
{
    int64_t taken;
    struct db *db = db_query(tx->db, SQL("SELECT count(*) FROM account WHERE login = $1 AND id <> $2"));
    db_put_text(db, row->login);
    db_put_text(db, row->id);
    int rc = db_run_int(db, 0, &taken, err);
    if (rc != 0)
        return rc;
    if (taken > 0)
        return err_set(err, ERR_CONFLICT, "login_taken", NULL);
    db_query(tx->db, SQL("UPDATE account SET id = $1, login = $2, name = $3, email = $4, password_hash = $5, "
                         "roles = $6, lang = $7, disabled = $8, must_change_password = $9, failures = $10, "
                         "locked_until_usec = $11, created_usec = $12 WHERE id = $1"));
    put_row(db, row);
    int64_t changes = 0;
    rc = db_run(db, &changes, err);
    if (rc == 0 && changes == 0)
        rc = err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    return rc;
}

static void account_read(struct db *db, struct arena *arena, struct account_row *ret)
{
    ret->id = db_text(db, 0, arena);
    ret->login = db_text(db, 1, arena);
    ret->name = db_text(db, 2, arena);
    ret->email = db_text(db, 3, arena);
    ret->password_hash = db_text(db, 4, arena);
    ret->roles = db_text(db, 5, arena);
    ret->lang = db_text(db, 6, arena);
    ret->disabled = db_int(db, 7) != 0;
    ret->must_change_password = db_int(db, 8) != 0;
    ret->failures = db_int(db, 9);
    ret->locked_until_usec = db_time(db, 10);
    ret->created_usec = db_int(db, 11);
}

static int read_one(struct db *db, struct arena *arena, struct account_row *ret, struct err *err)
{
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct account_row row = {0};
    account_read(db, arena, &row);
    if ((rc = db_close_rows(db, arena, err)) == 0)
        *ret = row;
    return rc;
}

int store_account_get(struct tx *tx, const char *id, struct arena *arena, struct account_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " ACCOUNT_COLUMNS " FROM account WHERE id = $1"));
    db_put_text(db, id);
    return read_one(db, arena, ret, err);
}

int store_account_by_login(struct tx *tx, const char *login, struct arena *arena, struct account_row *ret,
                           struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " ACCOUNT_COLUMNS " FROM account WHERE login = $1"));
    db_put_text(db, login);
    return read_one(db, arena, ret, err);
}

int store_account_list(struct tx *tx, struct arena *arena, struct account_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " ACCOUNT_COLUMNS " FROM account ORDER BY login"));
    struct account_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct account_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        account_read(db, arena, row);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}
