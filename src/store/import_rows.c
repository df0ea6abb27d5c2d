/* Files of consents being read in, as rows. */
#include "store/import_rows.h"
#include "store/db.h"

#define COLUMNS                                                                                                    \
    "id, name, format, state, content_hash, size_bytes, position_bytes, line, taken, refused, kept, salt, parts, " \
    "account_id, started_usec, changed_usec"

int store_import_insert(struct tx *tx, const struct import_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO import (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
                                         "$10, $11, $12, $13, $14, $15, $16)"));
    db_put_text(db, row->id);
    db_put_text(db, row->name);
    db_put_text(db, row->format);
    db_put_text(db, row->state);
    db_put_hash(db, &row->content_hash);
    db_put_int(db, row->size_bytes);
    db_put_int(db, row->position_bytes);
    db_put_int(db, row->line);
    db_put_int(db, row->taken);
    db_put_int(db, row->refused);
    db_put_int(db, row->kept);
    db_put_blob(db, row->kept_in_store ? row->salt.bytes : NULL, row->kept_in_store ? SHA256_BYTES : 0);
    db_put_int(db, row->parts);
    db_put_text(db, row->account_id);
    db_put_int(db, row->started_usec);
    db_put_int(db, row->changed_usec);
    return db_run(db, NULL, err);
}

int store_import_update(struct tx *tx, const struct import_row *row, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE import SET format = $1, state = $2, size_bytes = $3, "
                                         "position_bytes = $4, line = $5, taken = $6, refused = $7, kept = $8, "
                                         "salt = $9, parts = $10, changed_usec = $11 WHERE id = $12"));
    db_put_text(db, row->format);
    db_put_text(db, row->state);
    db_put_int(db, row->size_bytes);
    db_put_int(db, row->position_bytes);
    db_put_int(db, row->line);
    db_put_int(db, row->taken);
    db_put_int(db, row->refused);
    db_put_int(db, row->kept);
    db_put_blob(db, row->kept_in_store ? row->salt.bytes : NULL, row->kept_in_store ? SHA256_BYTES : 0);
    db_put_int(db, row->parts);
    db_put_int(db, row->changed_usec);
    db_put_text(db, row->id);
    return db_run(db, NULL, err);
}

static int read_row(struct db *db, struct arena *arena, struct import_row *ret, struct err *err)
{
    struct import_row row = {.id = db_text(db, 0, arena),
                             .name = db_text(db, 1, arena),
                             .format = db_text(db, 2, arena),
                             .state = db_text(db, 3, arena),
                             .size_bytes = db_int(db, 5),
                             .position_bytes = db_int(db, 6),
                             .line = db_int(db, 7),
                             .taken = db_int(db, 8),
                             .refused = db_int(db, 9),
                             .kept = db_int(db, 10),
                             .kept_in_store = !db_null(db, 11),
                             .parts = db_int(db, 12),
                             .account_id = db_text(db, 13, arena),
                             .started_usec = db_int(db, 14),
                             .changed_usec = db_int(db, 15)};
    int rc = db_hash(db, 4, &row.content_hash, err);
    if (rc == 0 && row.kept_in_store)
        rc = db_hash(db, 11, &row.salt, err);
    if (rc == 0)
        *ret = row;
    return rc;
}

static int read_one(struct db *db, struct arena *arena, struct import_row *ret, struct err *err)
{
    struct import_row row;
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    rc = read_row(db, arena, &row, err);
    int closed = db_close_rows(db, arena, rc != 0 ? NULL : err);
    if (rc == 0 && (rc = closed) == 0)
        *ret = row;
    return rc;
}

int store_import_get(struct tx *tx, const char *id, struct arena *arena, struct import_row *ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " COLUMNS " FROM import WHERE id = $1"));
    db_put_text(db, id);
    return read_one(db, arena, ret, err);
}

int store_import_by_hash(struct tx *tx, const struct hash *content_hash, struct arena *arena, struct import_row *ret,
                         bool *ret_found, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT " COLUMNS " FROM import WHERE content_hash = $1"));
    db_put_hash(db, content_hash);
    struct err why;
    int rc = read_one(db, arena, ret, &why);
    if (rc == 0 || rc == -ERR_NOT_FOUND) {
        *ret_found = rc == 0;
        return 0;
    }
    if (err != NULL)
        *err = why;
    return rc;
}

int store_import_list(struct tx *tx, size_t limit, struct arena *arena, struct import_row **ret, size_t *ret_count,
                      struct err *err)
{
    struct db *db =
        db_query(tx->db, SQL("SELECT " COLUMNS " FROM import ORDER BY started_usec DESC, id DESC LIMIT $1"));
    struct import_row *rows = NULL;
    size_t count = 0, room = 0;
    int got, rc = 0;
    db_put_int(db, (int64_t)limit);
    while (rc == 0 && (got = db_step(db, err)) != 0) {
        struct import_row *row = got < 0 ? NULL : ROWS_ADD(arena, rows, count, room);
        rc = got < 0 ? got : row == NULL ? err_memory(err) : read_row(db, arena, row, err);
    }
    int closed = db_close_rows(db, arena, rc != 0 ? NULL : err);
    if (rc != 0 || (rc = closed) != 0)
        return rc;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_import_next(struct tx *tx, struct arena *arena, const char **ret_id, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT id FROM import WHERE state = 'running' AND salt IS NOT NULL "
                                         "ORDER BY started_usec, id LIMIT 1"));
    return db_run_text(db, arena, ret_id, err);
}

int store_import_part_put(struct tx *tx, const char *id, int64_t part, const void *sealed, size_t count,
                          struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO import_part (import_id, part, sealed) VALUES ($1, $2, $3)"));
    db_put_text(db, id);
    db_put_int(db, part);
    db_put_blob(db, sealed, count);
    return db_run(db, NULL, err);
}

int store_import_part_get(struct tx *tx, const char *id, int64_t part, struct arena *arena, const void **ret,
                          size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT sealed FROM import_part WHERE import_id = $1 AND part = $2"));
    db_put_text(db, id);
    db_put_int(db, part);
    int rc = db_one(db, err);
    if (rc != 0)
        return rc;
    size_t count;
    const void *sealed = db_blob(db, 0, arena, &count);
    rc = db_close_rows(db, arena, err);
    if (rc == 0) {
        *ret = sealed;
        *ret_count = count;
    }
    return rc;
}

int store_import_parts_delete(struct tx *tx, const char *id, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM import_part WHERE import_id = $1"));
    db_put_text(db, id);
    return db_run(db, NULL, err);
}

int store_import_refusal_put(struct tx *tx, const char *id, const struct import_refusal_row *row, bool *ret_new,
                             struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO import_refusal (import_id, line, field, code, arg) "
                                         "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"));
    int64_t changes = 0;
    db_put_text(db, id);
    db_put_int(db, row->line);
    db_put_text(db, row->field);
    db_put_text(db, row->code);
    db_put_text(db, row->arg);
    int rc = db_run(db, &changes, err);
    if (rc == 0)
        *ret_new = changes > 0;
    return rc;
}

int store_import_refusals_delete(struct tx *tx, const char *id, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("DELETE FROM import_refusal WHERE import_id = $1"));
    db_put_text(db, id);
    return db_run(db, NULL, err);
}

int store_import_refusals(struct tx *tx, const char *id, const struct import_refusal_row *after, size_t limit,
                          struct arena *arena, struct import_refusal_row **ret, size_t *ret_count, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT line, field, code, arg FROM import_refusal WHERE import_id = $1 AND "
                                         "(line, field, code) > ($2, $3, $4) ORDER BY line, field, code LIMIT $5"));
    struct import_refusal_row *rows = NULL;
    size_t count = 0, room = 0;
    int got, rc = 0;
    db_put_text(db, id);
    db_put_int(db, after == NULL ? -1 : after->line);
    db_put_text(db, after == NULL ? "" : after->field);
    db_put_text(db, after == NULL ? "" : after->code);
    db_put_int(db, (int64_t)limit);
    while (rc == 0 && (got = db_step(db, err)) != 0) {
        struct import_refusal_row *row = got < 0 ? NULL : ROWS_ADD(arena, rows, count, room);
        if (row == NULL) {
            rc = got < 0 ? got : err_memory(err);
            break;
        }
        *row = (struct import_refusal_row){db_int(db, 0), db_text(db, 1, arena), db_text(db, 2, arena),
                                           db_text(db, 3, arena)};
    }
    int closed = db_close_rows(db, arena, rc != 0 ? NULL : err);
    if (rc != 0 || (rc = closed) != 0)
        return rc;
    *ret = rows;
    *ret_count = count;
    return 0;
}

int store_import_text(struct tx *tx, const struct hash *hash, const char *lang, const char *version,
                      struct arena *arena, const char **ret, const char **ret_lang, const char **ret_version,
                      struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT text, lang, version FROM consent_text WHERE hash = $1 AND "
                                         "($2 = '' OR lang = $2) AND ($3 = '' OR version = $3) "
                                         "ORDER BY number DESC LIMIT 1"));
    db_put_hash(db, hash);
    db_put_text(db, lang == NULL ? "" : lang);
    db_put_text(db, version == NULL ? "" : version);
    struct err why;
    int rc = db_one(db, &why);
    if (rc == -ERR_NOT_FOUND) {
        *ret = *ret_lang = *ret_version = NULL;
        return 0;
    }
    if (rc != 0) {
        if (err != NULL)
            *err = why;
        return rc;
    }
    const char *text = db_text(db, 0, arena), *its_lang = db_text(db, 1, arena), *its_version = db_text(db, 2, arena);
    rc = db_close_rows(db, arena, err);
    if (rc == 0) {
        *ret = text;
        *ret_lang = its_lang;
        *ret_version = its_version;
    }
    return rc;
}
