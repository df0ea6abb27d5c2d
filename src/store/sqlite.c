/* SQLite: one file, a write-ahead log, one writer.
 *
 * Every connection refuses (by its authorizer) to change or delete events, to change the schema, and to attach other
 * files; only a migration lifts that. The file is never mapped, so that the program's memory stays small. */
#include "store/db.h"
#include "store/migrate.h"
#include "store/sqlite_log.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 512 /* a power of two, well over the number of statements in this room */
#define SLOTS_USED_MAX 384
#define BUSY_MSEC 1000
#define COPY_PAGES 1024

struct slot {
    const struct sql *key;
    sqlite3_stmt *statement;
};

struct sqlite {
    struct db db;
    sqlite3 *handle;
    sqlite3_stmt *statement; /* the one that runs */
    bool once;               /* to be finalised, not kept */
    int put_count, put_expected;
    int failure;    /* of prepare or bind: SQLite's code */
    bool unguarded; /* a migration runs, or a check */
    char *path;
    struct sqlite_log *log; /* of the writer; made with its first commit */
    int log_pages;
    int used;
    struct slot slots[SLOTS];
};

static struct sqlite *of(struct db *db)
{
    return (struct sqlite *)db;
}

/* What the operating system said decides before what SQLite made of it: a full disk shows as several of its codes. */
static int unavailable(struct err *err, int system_error, const char *otherwise)
{
    switch (system_error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return err_set(err, ERR_UNAVAILABLE, "store_full", NULL);
    case EROFS:
    case EACCES:
    case EPERM:
        return err_set(err, ERR_UNAVAILABLE, "store_read_only", NULL);
    default:
        return err_set(err, ERR_UNAVAILABLE, otherwise, NULL);
    }
}

static int fail(struct sqlite *s, int code, struct err *err)
{
    /* SQLite remembers it only on some of its ways out. */
    int system_error = errno;
    if (s->handle != NULL && sqlite3_system_errno(s->handle) != 0)
        system_error = sqlite3_system_errno(s->handle);
    int kind;
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        s->db.doomed = true;
        kind = err_set(err, ERR_UNAVAILABLE, "store_locked", NULL);
        break;
    case SQLITE_FULL:
        s->db.doomed = true;
        kind = err_set(err, ERR_UNAVAILABLE, "store_full", NULL);
        break;
    case SQLITE_READONLY:
        s->db.doomed = s->db.lost = true;
        kind = err_set(err, ERR_UNAVAILABLE, "store_read_only", NULL);
        break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        /* What could not be written or flushed may stand in the log past its end, a whole transaction even. This
         * connection writes over it; a new one might take it for committed, though it was refused. */
        s->db.doomed = true;
        s->db.lost = code != SQLITE_IOERR_WRITE && code != SQLITE_IOERR_FSYNC;
        /* Beside a file that may not be written SQLite misses its log, and says only that. */
        if ((code & 0xff) == SQLITE_CANTOPEN && s->path != NULL && access(s->path, W_OK) != 0)
            system_error = errno;
        kind = unavailable(err, system_error, "store_failed");
        break;
    case SQLITE_NOMEM:
        s->db.doomed = true;
        kind = err_memory(err);
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        s->db.doomed = s->db.lost = true;
        kind = err_set(err, ERR_DAMAGED, "store_damaged", "SQLite");
        break;
    case SQLITE_TOOBIG:
        kind = err_set(err, ERR_TOO_LARGE, "store_refused", NULL);
        break;
    default: /* a constraint, the authorizer, a mistake in a statement: a fault of the program */
        kind = err_set(err, ERR_INTERNAL, "store_refused", NULL);
        break;
    }
    err_detail(err, "sqlite %d: %s", code, s->handle == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(s->handle));
    if (system_error != 0)
        err_detail(err, "errno %d", system_error);
    return kind;
}

/* --- Connections -------------------------------------------------------------------------------------------------- */

static int authorize(void *arg, int action, const char *a, const char *b, const char *database, const char *trigger)
{
    const struct sqlite *s = arg;
    if (s->unguarded)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_UPDATE:
    case SQLITE_DELETE: /* on the schema's own table SQLite lets nobody; FTS5 only seems to, when it tells its columns
                         */
        return strcmp(a, "event") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA: /* the one that FTS5 asks */
        return strcmp(a, "data_version") == 0 && b == NULL ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_INSERT:
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    default: /* everything that makes, changes or drops a piece of the schema, ATTACH, DETACH, REINDEX, ANALYZE */
        return SQLITE_DENY;
    }
}

static int log_grew(void *arg, sqlite3 *handle, const char *database, int pages)
{
    struct sqlite *s = arg;
    s->log_pages = pages;
    return SQLITE_OK;
}

static void configure_once(void)
{
    /* Counting memory would take one lock for all threads. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
}

static void sqlite_disconnect(struct db *db)
{
    struct sqlite *s = of(db);
    sqlite_log_free(s->log);
    if (s->statement != NULL && s->once)
        sqlite3_finalize(s->statement);
    for (size_t i = 0; i < SLOTS; i++)
        sqlite3_finalize(s->slots[i].statement);
    sqlite3_close_v2(s->handle);
    free(s->path);
    free(s);
}

/* An empty file of our own, so that it is never, not for a moment, open to others. */
static int create_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return 0;
    if (fd < 0) {
        int why = errno;
        unavailable(err, why, why == ENOENT ? "store_missing" : "store_failed");
        return err_detail(err, "errno %d", why);
    }
    close(fd);
    return 0;
}

/* Another process writes. Asked again every millisecond: SQLite's own waiting grows to a tenth of a second, and would
 * sleep through the short pauses that who writes much leaves to others. */
static int busy(void *arg, int times)
{
    (void)arg;
    if (times >= BUSY_MSEC)
        return 0;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return 1;
}

static int set_up(struct sqlite *s, bool create, bool writer, struct err *err)
{
    sqlite3_extended_result_codes(s->handle, 1);
    sqlite3_busy_handler(s->handle, busy, NULL);
    sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(s->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_limit(s->handle, SQLITE_LIMIT_ATTACHED, 0);
    /* secure_delete: what is deleted is written over with zeros. recursive_triggers: so that INSERT OR REPLACE meets
     * the triggers on deletion, too. */
    int code = sqlite3_exec(s->handle,
                            "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
                            "PRAGMA mmap_size = 0; PRAGMA recursive_triggers = ON; PRAGMA cell_size_check = ON;"
                            "PRAGMA secure_delete = ON;",
                            NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(s->handle, writer ? "PRAGMA cache_size = -8192" : "PRAGMA cache_size = -6144", NULL, NULL,
                            NULL);
    /* Also of a file that is there: a backup put in the store's place has no log yet, and without one readers and the
     * writer would lock each other out. Where that cannot be done (read-only), the first write says why. */
    if (code == SQLITE_OK && writer) {
        int logged = sqlite3_exec(s->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        code = create ? logged : SQLITE_OK;
    }
    if (code == SQLITE_OK && !writer)
        code = sqlite3_exec(s->handle, "PRAGMA query_only = ON", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return fail(s, code, err);
    sqlite3_wal_hook(s->handle, log_grew, s);
    sqlite3_set_authorizer(s->handle, authorize, s);
    return 0;
}

static int sqlite_connect(const char *path, bool create, bool writer, struct db **ret, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_once);
    if (create) {
        int rc = create_file(path, err);
        if (rc != 0)
            return rc;
    } else if (access(path, F_OK) != 0 && errno == ENOENT) {
        return err_set(err, ERR_UNAVAILABLE, "store_missing", NULL);
    }
    struct sqlite *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_memory(err);
    s->db.engine = &engine_sqlite;
    s->path = strdup(path);
    int code = s->path == NULL ? SQLITE_NOMEM
                               : sqlite3_open_v2(path, &s->handle,
                                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                                     SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
                                                 NULL);
    int rc = code == SQLITE_OK ? set_up(s, create, writer, err) : fail(s, code, err);
    if (rc != 0) {
        sqlite_disconnect(&s->db);
        return rc;
    }
    *ret = &s->db;
    return 0;
}

/* --- Statements --------------------------------------------------------------------------------------------------- */

static struct slot *slot_of(struct sqlite *s, const struct sql *key)
{
    uint64_t hash = ((uintptr_t)key >> 3) * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = hash >> 55;; i = (i + 1) % SLOTS)
        if (s->slots[i].key == key || s->slots[i].key == NULL)
            return &s->slots[i];
}

/* SQLite numbers parameters as they come, whatever they are called: so $1 has to come first. */
static void check_parameters(sqlite3_stmt *statement)
{
    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++)
        assert(strtol(sqlite3_bind_parameter_name(statement, i) + 1, NULL, 10) == i);
}

static void sqlite_query(struct db *db, const struct sql *key, const char *text, bool stream)
{
    struct sqlite *s = of(db);
    assert(s->statement == NULL);
    s->failure = SQLITE_OK;
    s->put_count = 0;
    struct slot *slot = NULL;
    if (key != NULL) {
        slot = slot_of(s, key);
        if (slot->key == NULL && s->used >= SLOTS_USED_MAX)
            slot = NULL;
    }
    s->once = slot == NULL;
    if (slot != NULL && slot->key != NULL) {
        s->statement = slot->statement;
    } else {
        s->failure =
            sqlite3_prepare_v3(s->handle, text, -1, slot != NULL ? SQLITE_PREPARE_PERSISTENT : 0, &s->statement, NULL);
        if (s->failure == SQLITE_OK && s->statement == NULL)
            s->failure = SQLITE_MISUSE; /* an empty text */
        if (s->failure == SQLITE_OK)
            check_parameters(s->statement);
        if (s->failure == SQLITE_OK && slot != NULL) {
            *slot = (struct slot){.key = key, .statement = s->statement};
            s->used++;
        }
    }
    if (s->failure == SQLITE_OK)
        s->put_expected = sqlite3_bind_parameter_count(s->statement);
}

static void sqlite_put(struct db *db, const struct value *value)
{
    struct sqlite *s = of(db);
    int at = ++s->put_count;
    if (s->failure != SQLITE_OK)
        return;
    if (value->null)
        s->failure = sqlite3_bind_null(s->statement, at);
    else if (value->kind == VALUE_INT)
        s->failure = sqlite3_bind_int64(s->statement, at, value->number);
    else if (value->kind == VALUE_TEXT)
        s->failure = sqlite3_bind_text64(s->statement, at, value->bytes, value->len, SQLITE_STATIC, SQLITE_UTF8);
    else if (value->len == 0)
        s->failure = sqlite3_bind_zeroblob(s->statement, at, 0);
    else
        s->failure = sqlite3_bind_blob64(s->statement, at, value->bytes, value->len, SQLITE_STATIC);
}

static int sqlite_step(struct db *db, struct err *err)
{
    struct sqlite *s = of(db);
    if (s->failure != SQLITE_OK)
        return fail(s, s->failure, err);
    assert(s->put_count == s->put_expected);
    errno = 0;
    int code = sqlite3_step(s->statement);
    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : fail(s, code, err);
}

static int64_t sqlite_changes(struct db *db)
{
    return sqlite3_changes64(of(db)->handle);
}

static void sqlite_end(struct db *db)
{
    struct sqlite *s = of(db);
    if (s->statement != NULL && s->once)
        sqlite3_finalize(s->statement);
    else if (s->statement != NULL)
        sqlite3_reset(s->statement);
    s->statement = NULL;
}

static bool sqlite_column_null(struct db *db, int column)
{
    return sqlite3_column_type(of(db)->statement, column) == SQLITE_NULL;
}

static int64_t sqlite_column_int(struct db *db, int column)
{
    return sqlite3_column_int64(of(db)->statement, column);
}

static const void *sqlite_column_bytes(struct db *db, int column, size_t *ret_count)
{
    const void *bytes = sqlite3_column_blob(of(db)->statement, column);
    *ret_count = (size_t)sqlite3_column_bytes(of(db)->statement, column);
    return bytes == NULL ? "" : bytes;
}

static int run(struct db *db, const struct sql *sql, struct err *err)
{
    return db_run(db_query(db, sql), NULL, err);
}

/* --- Transactions ------------------------------------------------------------------------------------------------- */

static int sqlite_begin(struct db *db, bool write, struct err *err)
{
    db->doomed = db->retry = false;
    if (write)
        return run(db, SQL("BEGIN IMMEDIATE"), err);
    int rc = run(db, SQL("BEGIN"), err);
    /* The snapshot is taken by the first read: this one. */
    int64_t ignored;
    if (rc == 0 && (rc = db_run_int(db_query(db, SQL("SELECT 1 FROM sqlite_schema LIMIT 1")), 0, &ignored, err)) != 0)
        db->engine->rollback(db);
    return rc;
}

static int sqlite_commit(struct db *db, struct err *err)
{
    return run(db, SQL("COMMIT"), err);
}

static void sqlite_rollback(struct db *db)
{
    struct err ignored = {0};
    bool lost = db->lost;
    /* Some failures have rolled back already. What cannot be rolled back is closed. */
    if (!sqlite3_get_autocommit(of(db)->handle) && run(db, SQL("ROLLBACK"), &ignored) != 0)
        lost = true;
    db->lost = lost;
}

/* A commit whose flush failed stands whole in the log, past its end: this connection would write over it, but whoever
 * opens the log after a crash would take it for committed. So something else is written over it, now, before anybody is
 * told: its first page is enough, for each page of the log is valid only after the one before. Whether that can be
 * flushed matters less: a log that never reached the disk holds neither. */
static void sqlite_forget(struct db *db)
{
    struct err ignored = {0};
    if (db->lost || sqlite_begin(db, true, &ignored) != 0)
        return;
    if (run(db, SQL("UPDATE heartbeat SET at_usec = at_usec + 1 WHERE id = 1"), &ignored) != 0 ||
        sqlite_commit(db, &ignored) != 0)
        sqlite_rollback(db);
}

static int sqlite_savepoint(struct db *db, enum savepoint_step step, struct err *err)
{
    switch (step) {
    case SAVEPOINT_OPEN:
        return run(db, SQL("SAVEPOINT c"), err);
    case SAVEPOINT_RELEASE:
        return run(db, SQL("RELEASE c"), err);
    case SAVEPOINT_ROLLBACK:
        break;
    }
    int rc = run(db, SQL("ROLLBACK TO c"), err);
    return rc == 0 ? run(db, SQL("RELEASE c"), err) : rc;
}

static int sqlite_script(struct db *db, const struct sql *script, struct err *err)
{
    struct sqlite *s = of(db);
    s->unguarded = true;
    errno = 0;
    int code = sqlite3_exec(s->handle, script->text, NULL, NULL, NULL);
    s->unguarded = false;
    return code == SQLITE_OK ? 0 : fail(s, code, err);
}

/* In steps, within the snapshot that the read transaction of `from` holds: the writer goes on meanwhile. */
static int sqlite_copy(struct db *from, struct db *to, struct err *err)
{
    struct sqlite *source = of(from), *target = of(to);
    sqlite3_backup *backup = sqlite3_backup_init(target->handle, "main", source->handle, "main");
    if (backup == NULL)
        return fail(target, sqlite3_extended_errcode(target->handle), err);
    int code;
    errno = 0;
    while ((code = sqlite3_backup_step(backup, COPY_PAGES)) == SQLITE_OK)
        ;
    int finished = sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE && finished == SQLITE_OK)
        return 0;
    return fail(target, finished != SQLITE_OK ? finished : code, err);
}

static void sqlite_settle(struct db *db)
{
    struct sqlite *s = of(db);
    if (s->log == NULL && s->log_pages > 0)
        s->log = sqlite_log_new(s->path);
    sqlite_log_grew(s->log, s->handle, s->log_pages);
}

static int check(struct db *db, struct err *err)
{
    db_query(db, SQL("SELECT integrity_check FROM pragma_integrity_check(1)"));
    int got = db_step(db, err);
    if (got > 0) {
        size_t count;
        const char *answer = db->engine->column_bytes(db, 0, &count);
        if (count != 2 || memcmp(answer, "ok", 2) != 0) {
            got = err_set(err, ERR_DAMAGED, "store_damaged", "SQLite");
            err_detail(err, "%.*s", (int)count, answer);
        }
    }
    db_end(db);
    if (got < 0)
        return got;
    int64_t orphans;
    int rc = db_run_int(db_query(db, SQL("SELECT count(*) FROM pragma_foreign_key_check")), 0, &orphans, err);
    if (rc == 0 && orphans > 0) {
        rc = err_set(err, ERR_DAMAGED, "store_damaged", "SQLite");
        err_detail(err, "%lld rows point to rows that are not there", (long long)orphans);
    }
    return rc;
}

static int sqlite_check(struct db *db, struct err *err)
{
    struct sqlite *s = of(db);
    s->unguarded = true;
    int rc = check(db, err);
    s->unguarded = false;
    return rc;
}

/* The log is flushed when it is folded back, which closing does, and no more after each commit. */
static int sqlite_relax(struct db *db, struct err *err)
{
    struct sqlite *s = of(db);
    s->unguarded = true;
    int code = sqlite3_exec(s->handle, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    s->unguarded = false;
    return code == SQLITE_OK ? 0 : fail(s, code, err);
}

/* VACUUM builds the new file beside (in a temporary file of the system, deleted from its beginning on) and writes it
 * into the log page by page, while readers keep what they see; then the log is folded and cut to nothing, which needs a
 * moment without readers of older states. */
static int sqlite_compact(struct db *db, bool *whole, bool *skipped, struct err *err)
{
    struct sqlite *s = of(db);
    int code = SQLITE_OK;
    s->unguarded = true;
    errno = 0;
    if (*whole) {
        int attached = sqlite3_limit(s->handle, SQLITE_LIMIT_ATTACHED, 1);
        code = sqlite3_exec(s->handle, "PRAGMA temp_store = FILE; VACUUM;", NULL, NULL, NULL);
        sqlite3_exec(s->handle, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
        sqlite3_limit(s->handle, SQLITE_LIMIT_ATTACHED, attached);
        *whole = code != SQLITE_OK;
    }
    if (code == SQLITE_OK)
        code = sqlite3_wal_checkpoint_v2(s->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    s->unguarded = false;
    s->log_pages = 0;
    return code == SQLITE_OK ? 0 : fail(s, code, err);
}

static int sqlite_read_raw(struct db *db, int number, int64_t offset, void *bytes, size_t count, size_t *ret_got,
                           struct err *err)
{
    struct sqlite *s = of(db);
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int code = sqlite3_file_control(s->handle, "main",
                                    number == 0 ? SQLITE_FCNTL_FILE_POINTER : SQLITE_FCNTL_JOURNAL_POINTER, &file);
    errno = 0;
    *ret_got = 0;
    if (code == SQLITE_OK && (file == NULL || file->pMethods == NULL)) /* no log was begun */
        return 0;
    if (code == SQLITE_OK)
        code = file->pMethods->xFileSize(file, &size);
    if (code == SQLITE_OK && offset < size) {
        if ((sqlite3_int64)count > size - offset)
            count = (size_t)(size - offset);
        code = file->pMethods->xRead(file, bytes, (int)count, offset);
        if (code == SQLITE_IOERR_SHORT_READ) /* it was cut meanwhile */
            return 0;
        *ret_got = code == SQLITE_OK ? count : 0;
    }
    return code == SQLITE_OK ? 0 : fail(s, code, err);
}

/* FTS5's language: every word in double quotes is a word and nothing else. */
static void sqlite_words_query(const char *words, const char *sign, struct buf *out)
{
    while (*words != '\0') {
        size_t count = strcspn(words, " ");
        bool last = words[count] == '\0';
        buf_putc(out, '"');
        buf_puts(out, sign);
        buf_put(out, words, count);
        buf_puts(out, last ? "\"*" : "\" ");
        words += count + (last ? 0 : 1);
    }
}

static const struct sql has_schema = {"SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'"};
static const struct sql has_anything = {"SELECT count(*) FROM sqlite_schema"};
static const struct sql words_insert = {"INSERT INTO words (rowid, text) SELECT $1, $2 WHERE $3 IS NOT NULL"};
static const struct sql words_among = {"c.id IN (SELECT e.case_id FROM (SELECT rowid AS leaf FROM words "
                                       "WHERE words MATCH "};
static const struct sql words_newest = {" ORDER BY rowid DESC LIMIT "};
static const struct sql words_count = {"SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH $1 LIMIT $2)"};
static const struct sql words_end = {") AS w CROSS JOIN event e WHERE e.leaf = w.leaf)"};
static const struct sql register_put = {"INSERT INTO register_words (rowid, signed_words) "
                                        "SELECT serial, signed_words FROM register_entry WHERE serial = $1"};
static const struct sql register_take = {"INSERT INTO register_words (register_words, rowid, signed_words) "
                                         "SELECT 'delete', serial, signed_words FROM register_entry WHERE serial = $1"};
static const struct sql register_rebuild = {"INSERT INTO register_words (register_words) VALUES ('rebuild')"};
static const struct sql register_find = {" FROM (SELECT rowid AS at FROM register_words WHERE register_words MATCH "};
static const struct sql register_before = {" AND rowid < "};
static const struct sql register_newest = {" ORDER BY rowid DESC LIMIT "};
static const struct sql register_end = {
    ") AS w CROSS JOIN register_entry e WHERE e.serial = w.at ORDER BY e.serial DESC"};

const struct engine engine_sqlite = {
    .name = "sqlite",
    .migrations = migrations_sqlite,
    .has_schema = &has_schema,
    .has_anything = &has_anything,
    .words_insert = &words_insert,
    .words_among = &words_among,
    .words_newest = &words_newest,
    .words_end = &words_end,
    .words_count = &words_count,
    .words_query = sqlite_words_query,
    .words_or = " OR ",
    .register_put = &register_put,
    .register_take = &register_take,
    .register_rebuild = &register_rebuild,
    .register_find = &register_find,
    .register_before = &register_before,
    .register_newest = &register_newest,
    .register_end = &register_end,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .relax = sqlite_relax,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .forget = sqlite_forget,
    .savepoint = sqlite_savepoint,
    .script = sqlite_script,
    .check = sqlite_check,
    .compact = sqlite_compact,
    .read_raw = sqlite_read_raw,
    .copy = sqlite_copy,
    .settle = sqlite_settle,
    .query = sqlite_query,
    .put = sqlite_put,
    .step = sqlite_step,
    .changes = sqlite_changes,
    .end = sqlite_end,
    .column_null = sqlite_column_null,
    .column_int = sqlite_column_int,
    .column_bytes = sqlite_column_bytes,
};
