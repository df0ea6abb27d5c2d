/* Cases as rows: numbered, written whole, read by id or number. Lists and searches are in case_list.c. */
#include "store/case_columns.h"

int store_case_next_seq(struct tx *tx, const char *procedure, int year, int64_t *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO case_seq (procedure, year, newest) VALUES ($1, $2, 1) "
                                         "ON CONFLICT (procedure, year) DO UPDATE SET newest = case_seq.newest + 1 "
                                         "RETURNING newest"));
    db_put_text(db, procedure);
    db_put_int(db, year);
    int got = db_step(db, err);
    if (got < 0) {
        db_end(db);
        return got;
    }
    int64_t number = got > 0 ? db_int(db, 0) : 0;
    /* To the end: only then is SQLite's statement done. */
    int rc = db_run(db, NULL, err);
    if (rc == 0)
        *ret = number;
    return rc;
}

int store_case_seq_list(struct tx *tx, struct arena *arena, struct case_seq_row **ret, size_t *ret_count,
                        struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT procedure, year, newest FROM case_seq ORDER BY procedure, year"));
    struct case_seq_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct case_seq_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        row->procedure = db_text(db, 0, arena);
        row->year = (int)db_int(db, 1);
        row->newest = db_int(db, 2);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

static void put_row(struct db *db, const struct case_row *row)
{
    db_put_text(db, row->id);
    db_put_text(db, row->procedure);
    db_put_text(db, row->number);
    db_put_text(db, row->state);
    db_put_int(db, row->version);
    db_put_int(db, row->opened_usec);
    db_put_int(db, row->registered_usec);
    db_put_time(db, row->closed_usec);
    db_put_text(db, row->opener);
    db_put_text(db, row->opener_account);
    db_put_text(db, row->subject_id);
    db_put_text(db, row->lang);
    db_put_text(db, row->assignee);
    db_put_text(db, row->fields);
    db_put_blob(db, row->sealed, row->sealed_len);
    db_put_time(db, row->next_due_usec);
    db_put_time(db, row->next_overdue_usec);
    db_put_int(db, row->last_leaf);
}

int store_case_insert(struct tx *tx, const struct case_row *row, struct err *err)
{
    struct db *db = db_query(
        tx->db, SQL("INSERT INTO case_file (id, procedure, number, state, version, opened_usec, registered_usec, "
                    "closed_usec, opener, opener_account, subject_id, lang, assignee, fields, sealed, next_due_usec, "
                    "next_overdue_usec, last_leaf, serial) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
                    "$13, $14, $15, $16, $17, $18, (SELECT coalesce(max(serial), 0) + 1 FROM case_file))"));
    put_row(db, row);
    return db_run(db, NULL, err);
}

int store_case_update(struct tx *tx, const struct case_row *row, int64_t expected_version, struct err *err)
{
    struct db *db = db_query(
        tx->db, SQL("UPDATE case_file SET id = $1, procedure = $2, number = $3, state = $4, version = $5, "
                    "opened_usec = $6, registered_usec = $7, closed_usec = $8, opener = $9, opener_account = $10, "
                    "subject_id = $11, lang = $12, assignee = $13, fields = $14, sealed = $15, next_due_usec = $16, "
                    "next_overdue_usec = $17, last_leaf = $18 WHERE id = $1 AND version = $19"));
    put_row(db, row);
    db_put_int(db, expected_version);
    int64_t changes = 0;
    int rc = db_run(db, &changes, err);
    if (rc == 0 && changes == 0)
        rc = err_set(err, ERR_STALE, "case_changed", NULL);
    return rc;
}

void case_read(struct db *db, struct arena *arena, struct case_row *ret)
{
    ret->id = db_text(db, 1, arena);
    ret->procedure = db_text(db, 2, arena);
    ret->number = db_text(db, 3, arena);
    ret->state = db_text(db, 4, arena);
    ret->version = db_int(db, 5);
    ret->opened_usec = db_int(db, 6);
    ret->registered_usec = db_int(db, 7);
    ret->closed_usec = db_time(db, 8);
    ret->opener = db_text(db, 9, arena);
    ret->opener_account = db_text(db, 10, arena);
    ret->subject_id = db_text(db, 11, arena);
    ret->lang = db_text(db, 12, arena);
    ret->assignee = db_text(db, 13, arena);
    ret->fields = db_text(db, 14, arena);
    ret->sealed = db_blob(db, 15, arena, &ret->sealed_len);
    ret->next_due_usec = db_time(db, 16);
    ret->next_overdue_usec = db_time(db, 17);
    ret->last_leaf = db_int(db, 18);
}

static int read_one(struct db *db, struct arena *arena, struct case_row *ret, struct err *err)
{
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct case_row row = {0};
    case_read(db, arena, &row);
    rc = db_close_rows(db, arena, err);
    if (rc == 0)
        *ret = row;
    return rc;
}

int store_case_get(struct tx *tx, const char *id, struct arena *arena, struct case_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " CASE_COLUMNS " FROM case_file c WHERE c.id = $1"));
    db_put_text(db, id);
    return read_one(db, arena, ret, err);
}

int store_case_by_number(struct tx *tx, const char *number, struct arena *arena, struct case_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " CASE_COLUMNS " FROM case_file c WHERE c.number = $1"));
    db_put_text(db, number);
    return read_one(db, arena, ret, err);
}

int store_case_nth_newest(struct tx *tx, const char *subject_id, size_t back, int64_t *ret_registered_usec,
                          struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT registered_usec FROM case_file WHERE subject_id = $1 "
                                         "ORDER BY serial DESC LIMIT 1 OFFSET $2"));
    db_put_text(db, subject_id);
    db_put_int(db, (int64_t)back);
    return db_run_int(db, TIME_NONE, ret_registered_usec, err);
}
