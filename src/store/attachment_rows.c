/* Attachments as rows: what a file is, and its encrypted content, which is read only when it is asked for. */
#include "store/case_rows.h"
#include "store/db.h"
#include <stdio.h>

/* One file and its description: a file may have 10 MB. */
#define SCAN_BYTES_MAX ((size_t)64 * 1024 * 1024)

#define ATTACHMENT_COLUMNS "id, case_id, leaf, type, sealed_name, size_bytes, commitment, subject_id"

int store_attachment_insert(struct tx *tx, const struct attachment_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO attachment (" ATTACHMENT_COLUMNS ", sealed) "
                                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"));
    db_put_text(db, row->id);
    db_put_text(db, row->case_id);
    db_put_int(db, row->leaf);
    db_put_text(db, row->type);
    db_put_blob(db, row->sealed_name, row->sealed_name_len);
    db_put_int(db, row->size_bytes);
    db_put_hash(db, &row->commitment);
    db_put_text(db, row->subject_id);
    db_put_blob(db, row->sealed, row->sealed_len);
    return db_run(db, NULL, err);
}

static int attachment_read(struct db *db, bool with_content, struct arena *arena, struct attachment_row *ret,
                           struct err *err)
{
    struct attachment_row row = {0};
    row.id = db_text(db, 0, arena);
    row.case_id = db_text(db, 1, arena);
    row.leaf = db_int(db, 2);
    row.type = db_text(db, 3, arena);
    row.sealed_name = db_blob(db, 4, arena, &row.sealed_name_len);
    row.size_bytes = db_int(db, 5);
    row.subject_id = db_text(db, 7, arena);
    if (with_content)
        row.sealed = db_blob(db, 8, arena, &row.sealed_len);
    int rc = db_hash(db, 6, &row.commitment, err);
    if (rc == 0)
        *ret = row;
    return rc;
}

/* The row the statement stands on, which is then ended. */
static int read_one(struct db *db, struct arena *arena, struct attachment_row *ret, struct err *err)
{
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    struct attachment_row row;
    rc = attachment_read(db, true, arena, &row, err);
    int closed = db_close_rows(db, arena, rc == 0 ? err : NULL);
    if (rc != 0 || closed != 0)
        return rc != 0 ? rc : closed;
    *ret = row;
    return 0;
}

int store_attachment_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct attachment_row **ret,
                             size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " ATTACHMENT_COLUMNS " FROM attachment WHERE case_id = $1 "
                                         "ORDER BY leaf, id"));
    db_put_text(db, case_id);
    struct attachment_row *rows = NULL;
    size_t count = 0, room = 0;
    int got;
    while ((got = db_step(db, err)) > 0) {
        struct attachment_row *row = ROWS_ADD(arena, rows, count, room);
        if (row == NULL || (got = attachment_read(db, false, arena, row, err)) != 0)
            break;
    }
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_attachment_get(struct tx *tx, const char *id, struct arena *arena, struct attachment_row *ret,
                         struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " ATTACHMENT_COLUMNS ", sealed FROM attachment WHERE id = $1"));
    db_put_text(db, id);
    return read_one(db, arena, ret, err);
}

int store_attachment_scan(struct tx *tx, int (*each)(const struct attachment_row *row, void *arg, struct err *err),
                          void *arg, struct err *err)
{
    struct arena arena;
    arena_init(&arena, SCAN_BYTES_MAX);
    char after[64] = "";
    int rc = 0;
    while (rc == 0) {
        arena_reset(&arena);
        struct db *db = db_query(tx->db, SQL("SELECT " ATTACHMENT_COLUMNS ", sealed FROM attachment WHERE id > $1 "
                                             "ORDER BY id LIMIT 1"));
        db_put_text(db, after);
        struct attachment_row row;
        struct err why = {0};
        rc = read_one(db, &arena, &row, &why);
        if (rc == -ERR_NOT_FOUND) {
            rc = 0;
            break;
        }
        if (rc != 0) {
            if (err != NULL)
                *err = why;
            break;
        }
        snprintf(after, sizeof after, "%s", row.id);
        rc = each(&row, arg, err);
    }
    arena_done(&arena);
    return rc;
}
