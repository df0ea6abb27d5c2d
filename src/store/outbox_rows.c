/* The outbox as rows: messages that wait to go out, and what became of them. */
#include "store/db.h"
#include "store/people_rows.h"

#define OUTBOX_COLUMNS \
    "id, kind, purpose, case_id, leaf, recipient, state, attempts, created_usec, next_usec, sent_usec, last_error"

static void put_row(struct db *db, const struct outbox_row *row)
{
    db_put_text(db, row->id);
    db_put_text(db, row->kind);
    db_put_text(db, row->purpose);
    db_put_text(db, row->case_id);
    db_put_int(db, row->leaf);
    db_put_text(db, row->to);
    db_put_text(db, row->state);
    db_put_int(db, row->attempts);
    db_put_int(db, row->created_usec);
    db_put_int(db, row->next_usec);
    db_put_time(db, row->sent_usec);
    db_put_text(db, row->last_error);
}

int store_outbox_insert(struct tx *tx, const struct outbox_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO outbox (" OUTBOX_COLUMNS ") "
                                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"));
    put_row(db, row);
    return db_run(db, NULL, err);
}

int store_outbox_update(struct tx *tx, const struct outbox_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE outbox SET id = $1, kind = $2, purpose = $3, case_id = $4, leaf = $5, "
                                         "recipient = $6, state = $7, attempts = $8, created_usec = $9, "
                                         "next_usec = $10, sent_usec = $11, last_error = $12 WHERE id = $1"));
    put_row(db, row);
    int64_t changes = 0;
    int rc = db_run(db, &changes, err);
    if (rc == 0 && changes == 0)
        rc = err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    return rc;
}

static int read_rows(struct db *db, struct arena *arena, struct outbox_row **ret, size_t *ret_count, struct err *err)
{
    struct outbox_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct outbox_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        row->id = db_text(db, 0, arena);
        row->kind = db_text(db, 1, arena);
        row->purpose = db_text(db, 2, arena);
        row->case_id = db_text(db, 3, arena);
        row->leaf = db_int(db, 4);
        row->to = db_text(db, 5, arena);
        row->state = db_text(db, 6, arena);
        row->attempts = (int)db_int(db, 7);
        row->created_usec = db_int(db, 8);
        row->next_usec = db_int(db, 9);
        row->sent_usec = db_time(db, 10);
        row->last_error = db_text(db, 11, arena);
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_outbox_ripe(struct tx *tx, const char *kind, int64_t now_usec, size_t limit, struct arena *arena,
                      struct outbox_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " OUTBOX_COLUMNS " FROM outbox WHERE state = 'waiting' "
                                         "AND next_usec <= $1 AND (kind = $2 OR $3 = 1) "
                                         "ORDER BY next_usec LIMIT $4"));
    db_put_int(db, now_usec);
    db_put_text(db, kind == NULL ? "" : kind);
    db_put_int(db, kind == NULL);
    db_put_int(db, (int64_t)limit);
    return read_rows(db, arena, ret, ret_count, err);
}

int store_outbox_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct outbox_row **ret,
                         size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " OUTBOX_COLUMNS " FROM outbox WHERE case_id = $1 "
                                         "ORDER BY created_usec, id"));
    db_put_text(db, case_id);
    return read_rows(db, arena, ret, ret_count, err);
}

int store_outbox_undelivered(struct tx *tx, size_t limit, struct arena *arena, struct outbox_row **ret,
                             size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " OUTBOX_COLUMNS " FROM outbox WHERE state IN ('failed', 'waiting') "
                                         "ORDER BY state, created_usec LIMIT $1"));
    db_put_int(db, (int64_t)limit);
    return read_rows(db, arena, ret, ret_count, err);
}

int store_outbox_check(struct tx *tx, struct arena *arena, const char **ret_id, struct err *err)
{
    /* A letter with a code is of no event, lest the ledger's growth tell who is known. */
    return db_run_text(db_query(tx->db, SQL("SELECT o.id FROM outbox o LEFT JOIN event e ON e.leaf = o.leaf WHERE "
                                            "(e.leaf IS NULL AND NOT (o.leaf = -1 AND o.purpose = 'code')) OR "
                                            "e.case_id IS DISTINCT FROM o.case_id LIMIT 1")),
                       arena, ret_id, err);
}

int store_outbox_figures(struct tx *tx, struct outbox_figures *ret, struct err *err)
{
    struct outbox_figures figures = {.oldest_usec = TIME_NONE};
    int rc = db_run_int(db_query(tx->db, SQL("SELECT count(*) FROM outbox WHERE state = 'waiting'")), 0,
                        &figures.waiting, err);
    if (rc == 0)
        rc = db_run_int(db_query(tx->db, SQL("SELECT count(*) FROM outbox WHERE state = 'failed'")), 0, &figures.failed,
                        err);
    if (rc == 0)
        rc = db_run_int(db_query(tx->db, SQL("SELECT count(*) FROM outbox WHERE state = 'sent'")), 0, &figures.sent,
                        err);
    if (rc == 0)
        rc = db_run_int(db_query(tx->db, SQL("SELECT min(created_usec) FROM outbox WHERE state = 'waiting'")),
                        TIME_NONE, &figures.oldest_usec, err);
    if (rc == 0)
        *ret = figures;
    return rc;
}
