/* Events as rows: appended, read, never changed. Long scans go in pages, so that no statement stays open while the
 * caller looks at a row and may ask the store other things. */
#include "store/events.h"
#include "store/db.h"

#define PAGE_ROWS 256
#define PAGE_BYTES_MAX ((size_t)64 * 1024 * 1024)

#define EVENT_COLUMNS "leaf, at_usec, kind, case_id, account_id, leaf_hash, subject_id, body, sealed"

int store_event_insert(struct tx *tx, const struct event_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO event (" EVENT_COLUMNS ") "
                                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"));
    db_put_int(db, row->leaf);
    db_put_int(db, row->at_usec);
    db_put_text(db, row->kind);
    db_put_text(db, row->case_id);
    db_put_text(db, row->account_id);
    db_put_hash(db, &row->leaf_hash);
    db_put_text(db, row->subject_id);
    db->engine->put(db, &(struct value){.kind = VALUE_TEXT, .bytes = row->body, .len = row->body_len});
    db_put_blob(db, row->sealed, row->sealed_len);
    return db_run(db, NULL, err);
}

static int event_read(struct db *db, struct arena *arena, struct event_row *ret, struct err *err)
{
    struct event_row row = {0};
    row.leaf = db_int(db, 0);
    row.at_usec = db_int(db, 1);
    row.kind = db_text(db, 2, arena);
    row.case_id = db_text(db, 3, arena);
    row.account_id = db_text(db, 4, arena);
    row.subject_id = db_text(db, 6, arena);
    row.body = db_blob(db, 7, arena, &row.body_len);
    row.sealed = db_blob(db, 8, arena, &row.sealed_len);
    int rc = db_hash(db, 5, &row.leaf_hash, err);
    if (rc == 0)
        *ret = row;
    return rc;
}

int store_event_get(struct tx *tx, int64_t leaf, struct arena *arena, struct event_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " EVENT_COLUMNS " FROM event WHERE leaf = $1"));
    db_put_int(db, leaf);
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct event_row row;
    rc = event_read(db, arena, &row, err);
    int closed = db_close_rows(db, arena, rc == 0 ? err : NULL);
    if (rc != 0 || closed != 0)
        return rc != 0 ? rc : closed;
    *ret = row;
    return 0;
}

static int read_rows(struct db *db, struct arena *arena, struct event_row **ret, size_t *ret_count, struct err *err)
{
    struct event_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct event_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL)
            break;
        if ((got = event_read(db, arena, row, err)) != 0)
            break;
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_event_scan(struct tx *tx, int64_t from, int64_t until,
                     int (*each)(const struct event_row *row, void *arg, struct err *err), void *arg, struct err *err)
{
    struct arena arena;
    arena_init(&arena, PAGE_BYTES_MAX);
    int rc = 0;
    while (rc == 0 && from < until) {
        arena_reset(&arena);
        struct db *db = db_query(tx->db, SQL("SELECT " EVENT_COLUMNS " FROM event WHERE leaf >= $1 AND leaf < $2 "
                                             "ORDER BY leaf LIMIT $3"));
        db_put_int(db, from);
        db_put_int(db, until);
        db_put_int(db, PAGE_ROWS);
        struct event_row *rows;
        size_t count;
        if ((rc = read_rows(db, &arena, &rows, &count, err)) != 0)
            break;
        for (size_t i = 0; i < count && rc == 0; i++)
            rc = each(&rows[i], arg, err);
        if (count < PAGE_ROWS)
            break;
        from = rows[count - 1].leaf + 1;
    }
    arena_done(&arena);
    return rc;
}

int store_event_of_case(struct tx *tx, const char *case_id, const char *kind, struct arena *arena,
                        struct event_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = kind == NULL
                        ? db_query(tx->db, SQL("SELECT " EVENT_COLUMNS " FROM event WHERE case_id = $1 ORDER BY leaf"))
                        : db_query(tx->db, SQL("SELECT " EVENT_COLUMNS
                                               " FROM event WHERE case_id = $1 AND kind = $2 ORDER BY leaf"));
    db_put_text(db, case_id);
    if (kind != NULL)
        db_put_text(db, kind);
    return read_rows(db, arena, ret, ret_count, err);
}

int store_event_hashes(struct tx *tx, int64_t from, size_t count, struct hash *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT leaf_hash FROM event WHERE leaf >= $1 AND leaf < $2 ORDER BY leaf"));
    db_put_int(db, from);
    db_put_int(db, from + (int64_t)count);
    size_t found = 0;
    int got = 0;
    while (found < count && (got = db_step(db, err)) > 0)
        if ((got = db_hash(db, 0, &ret[found++], err)) != 0)
            break;
    db_end(db);
    if (got < 0)
        return got;
    return found == count ? 0 : err_set(err, ERR_NOT_FOUND, "not_found", NULL);
}
