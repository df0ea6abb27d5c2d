/* Statements and their values: what is the same on both engines. */
#include "store/db.h"
#include <assert.h>
#include <string.h>

#define SQL_TEXT_BYTES_MAX 32768

void sql_text_init(struct sql_text *sql)
{
    buf_init(&sql->text, SQL_TEXT_BYTES_MAX);
    sql->count = 0;
    sql->overflowed = false;
}

void sql_text_done(struct sql_text *sql)
{
    buf_done(&sql->text);
}

void sql_add(struct sql_text *sql, const struct sql *piece)
{
    buf_puts(&sql->text, piece->text);
}

static void add_value(struct sql_text *sql, const struct value *value)
{
    if (sql->count == SQL_VALUES_MAX) {
        sql->overflowed = true;
        return;
    }
    sql->values[sql->count++] = *value;
    buf_putc(&sql->text, '$');
    buf_put_int(&sql->text, (int64_t)sql->count);
}

void sql_add_int(struct sql_text *sql, int64_t value)
{
    add_value(sql, &(struct value){.kind = VALUE_INT, .number = value});
}

void sql_add_text(struct sql_text *sql, const char *value)
{
    add_value(sql, &(struct value){.kind = VALUE_TEXT, .bytes = value, .len = strlen(value)});
}

void sql_add_blob(struct sql_text *sql, const void *bytes, size_t count)
{
    add_value(sql, &(struct value){.kind = VALUE_BLOB, .bytes = bytes, .len = count});
}

struct db *db_query(struct db *db, const struct sql *sql)
{
    db->engine->query(db, sql, sql->text, false);
    return db;
}

struct db *db_query_stream(struct db *db, const struct sql *sql)
{
    db->engine->query(db, NULL, sql->text, true);
    return db;
}

struct db *db_query_text(struct db *db, const struct sql_text *sql, bool stream)
{
    /* A text cut short must not run: an empty one is refused by both engines. */
    bool whole = !sql->text.failed && !sql->overflowed && sql->text.data != NULL;
    db->engine->query(db, NULL, whole ? sql->text.data : "", stream);
    for (size_t i = 0; i < sql->count; i++)
        db->engine->put(db, &sql->values[i]);
    return db;
}

void db_put_int(struct db *db, int64_t value)
{
    db->engine->put(db, &(struct value){.kind = VALUE_INT, .number = value});
}

void db_put_time(struct db *db, int64_t usec)
{
    db->engine->put(db, &(struct value){.kind = VALUE_INT, .null = usec == TIME_NONE, .number = usec});
}

void db_put_text(struct db *db, const char *text)
{
    db->engine->put(
        db, &(struct value){
                .kind = VALUE_TEXT, .null = text == NULL, .bytes = text, .len = text == NULL ? 0 : strlen(text)});
}

void db_put_text_of(struct db *db, const char *text, size_t count)
{
    db->engine->put(db, &(struct value){.kind = VALUE_TEXT, .null = text == NULL, .bytes = text, .len = count});
}

void db_put_blob(struct db *db, const void *bytes, size_t count)
{
    db->engine->put(db, &(struct value){.kind = VALUE_BLOB, .null = bytes == NULL, .bytes = bytes, .len = count});
}

void db_put_hash(struct db *db, const struct hash *hash)
{
    db_put_blob(db, hash->bytes, sizeof hash->bytes);
}

int db_step(struct db *db, struct err *err)
{
    return db->engine->step(db, err);
}

int db_run(struct db *db, int64_t *ret_changes, struct err *err)
{
    int got;
    while ((got = db->engine->step(db, err)) > 0)
        ;
    if (got == 0 && ret_changes != NULL)
        *ret_changes = db->engine->changes(db);
    db->engine->end(db);
    return got;
}

int db_run_int(struct db *db, int64_t none, int64_t *ret, struct err *err)
{
    int got = db_step(db, err);
    if (got >= 0)
        *ret = got == 0 || db_null(db, 0) ? none : db_int(db, 0);
    db_end(db);
    return got < 0 ? got : 0;
}

int db_run_text(struct db *db, struct arena *arena, const char **ret, struct err *err)
{
    int got = db_step(db, err);
    const char *text = got > 0 ? db_text(db, 0, arena) : NULL;
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = text;
    return 0;
}

void db_end(struct db *db)
{
    db->engine->end(db);
}

bool db_null(struct db *db, int column)
{
    return db->engine->column_null(db, column);
}

int64_t db_int(struct db *db, int column)
{
    return db->engine->column_int(db, column);
}

int64_t db_time(struct db *db, int column)
{
    return db_null(db, column) ? TIME_NONE : db_int(db, column);
}

const char *db_text(struct db *db, int column, struct arena *arena)
{
    if (db_null(db, column))
        return NULL;
    size_t count;
    const void *bytes = db->engine->column_bytes(db, column, &count);
    return arena_strndup(arena, bytes, count);
}

const void *db_blob(struct db *db, int column, struct arena *arena, size_t *ret_count)
{
    *ret_count = 0;
    if (db_null(db, column))
        return NULL;
    const void *bytes = db->engine->column_bytes(db, column, ret_count);
    return arena_strndup(arena, bytes, *ret_count);
}

int db_hash(struct db *db, int column, struct hash *ret, struct err *err)
{
    size_t count = 0;
    const void *bytes = db_null(db, column) ? NULL : db->engine->column_bytes(db, column, &count);
    if (count != sizeof ret->bytes) {
        int rc = err_set(err, ERR_DAMAGED, "store_damaged", "hash");
        err_detail(err, "a hash of %zu bytes", count);
        return rc;
    }
    memcpy(ret->bytes, bytes, count);
    return 0;
}

int db_one(struct db *db, struct err *err)
{
    int got = db_step(db, err);
    if (got > 0)
        return 0;
    db_end(db);
    return got < 0 ? got : err_set(err, ERR_NOT_FOUND, "not_found", NULL);
}

int db_close_rows(struct db *db, const struct arena *arena, struct err *err)
{
    db_end(db);
    return arena->overflowed ? err_memory(err) : 0;
}

int db_end_rows(struct db *db, int got, const struct arena *arena, struct err *err)
{
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    return got < 0 ? got : closed;
}

void *rows_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    size_t wanted = *room == 0 ? 8 : *room * 2;
    void *grown = arena_calloc(arena, wanted, size);
    if (grown == NULL)
        return NULL;
    if (count > 0)
        memcpy(grown, items, count * size);
    *room = wanted;
    return grown;
}

int engine_of(const char *url, const struct engine **ret, const char **ret_url, struct err *err)
{
    if (url == NULL || url[0] == '\0')
        return err_set(err, ERR_BAD_INPUT, "store_url", NULL);
    if (strncmp(url, "postgres://", 11) == 0 || strncmp(url, "postgresql://", 13) == 0) {
        *ret = &engine_postgres;
        *ret_url = url;
        return 0;
    }
    if (strncmp(url, "sqlite:", 7) == 0)
        url += 7;
    else if (strstr(url, "://") != NULL)
        return err_set(err, ERR_BAD_INPUT, "store_url", NULL);
    if (url[0] == '\0')
        return err_set(err, ERR_BAD_INPUT, "store_url", NULL);
    *ret = &engine_sqlite;
    *ret_url = url;
    return 0;
}
