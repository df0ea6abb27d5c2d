/* Inside the store: statements, connections and what an engine must be able to do.
 *
 * Statements are of type `struct sql`, made only from literals by SQL("…"), so that no text from outside can reach a
 * statement: values travel as parameters $1, $2 … in the order of the db_put_ calls. A statement is prepared once a
 * connection and found again by the address of its struct sql.
 *
 * A connection runs one statement at a time:
 *
 *     struct db *db = db_query(tx->db, SQL("SELECT name FROM account WHERE id = $1"));
 *     db_put_text(db, id);
 *     while ((got = db_step(db, err)) > 0)
 *         … db_text(db, 0, arena) …
 *     db_end(db);
 *
 * A failure to prepare or bind is kept and told by the first db_step or db_run. Rows are always copied out before
 * another function of the store is called, so callers never see a statement that is still open. */
#ifndef TALAP_STORE_DB_H
#define TALAP_STORE_DB_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/time.h"
#include "store/store.h"

struct sql {
    const char *text;
};
#define SQL(literal)                                 \
    (__extension__({                                 \
        static const struct sql sql_ = {"" literal}; \
        &sql_;                                       \
    }))

enum value_kind { VALUE_INT, VALUE_TEXT, VALUE_BLOB };
struct value {
    enum value_kind kind;
    bool null;
    int64_t number;
    const void *bytes; /* lives until db_end */
    size_t len;
};

#define RAW_FILES 2
#define SQL_VALUES_MAX 96

/* A statement put together from literals, with its values. */
struct sql_text {
    struct buf text;
    struct value values[SQL_VALUES_MAX];
    size_t count;
    bool overflowed;
};
void sql_text_init(struct sql_text *sql);
void sql_text_done(struct sql_text *sql);
void sql_add(struct sql_text *sql, const struct sql *piece);
/* Appends the next "$n" and keeps its value. */
void sql_add_int(struct sql_text *sql, int64_t value);
void sql_add_text(struct sql_text *sql, const char *value);
void sql_add_blob(struct sql_text *sql, const void *bytes, size_t count);
#define CLEANUP_SQL __attribute__((cleanup(sql_text_done)))

struct db; /* an engine's connection; begins with struct db */

enum savepoint_step { SAVEPOINT_OPEN, SAVEPOINT_RELEASE, SAVEPOINT_ROLLBACK };

/* What the two engines do differently. Functions that fail set the flags of `struct db`. */
struct engine {
    const char *name;
    const struct sql *migrations;
    const struct sql *has_schema;   /* one number: not 0 when schema_version exists */
    const struct sql *has_anything; /* one number: not 0 when there are tables, though not ours */
    const struct sql *words_insert; /* leaf, words, case id */
    const struct sql *words_among;  /* a condition on case_file c: one of the newest events found by the query … */
    const struct sql *words_newest; /* … which stands between the two, and how many of them, which follows here … */
    const struct sql *words_end;    /* … is the case's */
    const struct sql *words_count;  /* one number: in how many events the query ($1) is found, counted up to $2 */
    /* The full-text query in the engine's own language; `sign` stands before each word. */
    void (*words_query)(const char *words, const char *sign, struct buf *out);
    const char *words_or; /* between two queries in brackets */

    /* The full text of registers. Where the engine does not keep it by itself (else NULL): puts in an entry's words,
     * takes them out ($1 its serial number, the row still or already as its words say), and makes all of it anew. */
    const struct sql *register_put, *register_take, *register_rebuild;
    /* A condition on register_entry e, around the query. NULL where the index gives the newest entries first and stops
     * when there are enough: then no entry is ever asked for its words. */
    const struct sql *register_matches, *register_matches_end;
    int64_t register_stretch; /* so many serial numbers share a stretch, which follows the sign; 0: there are none */
    /* FROM … ORDER BY: the newest entries e found by the query, which follows the first, before the serial number which
     * follows the second, as many as follows the third. */
    const struct sql *register_find, *register_before, *register_newest, *register_end;

    int (*connect)(const char *url, bool create, bool writer, struct db **ret, struct err *err);
    void (*disconnect)(struct db *db);
    /* From now on a commit is whole, but not on the disk yet (store_options.later). NULL: it always is. */
    int (*relax)(struct db *db, struct err *err);
    /* A write transaction is serial with all others from its begin on; a read one is a snapshot. */
    int (*begin)(struct db *db, bool write, struct err *err);
    int (*commit)(struct db *db, struct err *err);
    void (*rollback)(struct db *db);
    /* After a commit that failed and was rolled back: what was refused must not turn up after a crash. May be NULL. */
    void (*forget)(struct db *db);
    int (*savepoint)(struct db *db, enum savepoint_step step, struct err *err);
    /* Several statements without values, with leave to change the schema. */
    int (*script)(struct db *db, const struct sql *script, struct err *err);
    int (*check)(struct db *db, struct err *err);
    /* Outside of any transaction: what was deleted is written over, in the log too; *whole: everything anew, and it is
     * cleared once that is done, so that a repetition only has to cut the log. *skipped: the server would not do it. */
    int (*compact)(struct db *db, bool *whole, bool *skipped, struct err *err);
    /* How large the tables are from which people are destroyed. NULL: the file's size tells. */
    const struct sql *compact_size;
    /* The bytes of the store's own files as they stand on the disk: file 0 the store, 1 its log; *ret_got 0 at the end.
     * NULL: the program cannot read them. */
    int (*read_raw)(struct db *db, int file, int64_t offset, void *bytes, size_t count, size_t *ret_got,
                    struct err *err);
    /* All of `from`, which is in a read transaction, over `to`; NULL where rows have to be copied. */
    int (*copy)(struct db *from, struct db *to, struct err *err);
    /* After a commit, outside of any transaction; may be NULL. */
    void (*settle)(struct db *db);

    /* `key` NULL: not kept. `stream`: rows may be many, do not gather them first. */
    void (*query)(struct db *db, const struct sql *key, const char *text, bool stream);
    void (*put)(struct db *db, const struct value *value);
    int (*step)(struct db *db, struct err *err); /* 1 a row, 0 no more */
    int64_t (*changes)(struct db *db);           /* rows written, after step gave 0 */
    void (*end)(struct db *db);
    bool (*column_null)(struct db *db, int column);
    int64_t (*column_int)(struct db *db, int column);
    const void *(*column_bytes)(struct db *db, int column, size_t *ret_count); /* until the next step */
};
extern const struct engine engine_sqlite, engine_postgres;
/* The engine and its own form of the address; ERR_BAD_INPUT "store_url" where none knows it. */
int engine_of(const char *url, const struct engine **ret, const char **ret_url, struct err *err) WARN_UNUSED;

struct db {
    const struct engine *engine;
    struct db *next; /* in the list of idle readers */
    bool doomed;     /* this transaction can only be rolled back */
    bool lost;       /* and the connection must be opened anew */
    bool retry;      /* and the same transaction may succeed when run again */
};

struct tx {
    struct db *db;
    struct store *store;
    void *state; /* the hook's; NULL when reading */
    bool write;
};

struct db *db_query(struct db *db, const struct sql *sql);
struct db *db_query_stream(struct db *db, const struct sql *sql);
/* Not kept; the values of `sql` are put at once. */
struct db *db_query_text(struct db *db, const struct sql_text *sql, bool stream);
void db_put_int(struct db *db, int64_t value);
void db_put_time(struct db *db, int64_t usec);     /* TIME_NONE as NULL */
void db_put_text(struct db *db, const char *text); /* NULL as NULL */
void db_put_text_of(struct db *db, const char *text, size_t count);
void db_put_blob(struct db *db, const void *bytes, size_t count); /* NULL as NULL */
void db_put_hash(struct db *db, const struct hash *hash);
int db_step(struct db *db, struct err *err) WARN_UNUSED;
/* Runs to the end; *ret_changes (may be NULL) is the number of rows written. */
int db_run(struct db *db, int64_t *ret_changes, struct err *err) WARN_UNUSED;
/* The one number a statement gives; `none` when it gives no row or NULL. */
int db_run_int(struct db *db, int64_t none, int64_t *ret, struct err *err) WARN_UNUSED;
void db_end(struct db *db);

bool db_null(struct db *db, int column);
int64_t db_int(struct db *db, int column);
int64_t db_time(struct db *db, int column); /* NULL as TIME_NONE */
/* Copies; NULL for NULL, and for want of memory (then the arena is overflowed). */
const char *db_text(struct db *db, int column, struct arena *arena);
const void *db_blob(struct db *db, int column, struct arena *arena, size_t *ret_count);
/* ERR_DAMAGED "store_damaged" unless exactly 32 bytes. */
int db_hash(struct db *db, int column, struct hash *ret, struct err *err) WARN_UNUSED;

/* One row by its key: steps once. ERR_NOT_FOUND "not_found" without a row; the statement is then ended. */
int db_one(struct db *db, struct err *err) WARN_UNUSED;
/* The one text a statement gives; NULL when it gives no row. */
int db_run_text(struct db *db, struct arena *arena, const char **ret, struct err *err) WARN_UNUSED;
/* Ends the statement and tells whether the arena held: 0 or ERR_MEMORY. */
int db_close_rows(struct db *db, const struct arena *arena, struct err *err) WARN_UNUSED;
/* The same of a statement whose last step gave `got`: its failure, where it was one. */
int db_end_rows(struct db *db, int got, const struct arena *arena, struct err *err) WARN_UNUSED;
/* The next row of a scan, which goes on while *r is 0; a failure goes into *r. */
static inline bool db_next(struct db *db, int *r, struct err *err)
{
    int got = *r == 0 ? db_step(db, err) : 0;

    if (got < 0)
        *r = got;
    return got > 0;
}

/* Room for one more item of `size` bytes at the end of an array in the arena; NULL when memory ends. */
void *rows_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t size);
#define ROWS_ADD(arena, items, count, room) \
    (((items) = rows_grow((arena), (items), (count), &(room), sizeof *(items))) == NULL ? NULL : &(items)[(count)++])

#endif
