/* PostgreSQL 15 through libpq, for several nodes on one store.
 *
 * Values travel in binary as int8, text and bytea and never as a piece of a statement. A write transaction first locks
 * the ledger's only head row, so writers of all nodes take turns and see each other's work (READ COMMITTED is enough
 * then, and nothing can deadlock); a read transaction is a REPEATABLE READ snapshot. When the connection breaks while a
 * COMMIT is under way, the server is asked afterwards what became of the transaction. */
#include "store/db.h"
#include "store/migrate.h"
#include <assert.h>
#include <endian.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOTS 512
#define SLOTS_USED_MAX 384
#define OID_BYTES 17
#define OID_INT 20
#define OID_TEXT 25
#define SETTLE_TRIES 20
#define SETTLE_PAUSE_USEC 100000

struct postgres {
    struct db db;
    PGconn *connection;
    int64_t transaction_id; /* of the write transaction */
    bool reading;           /* the transaction only reads */
    /* the statement that runs */
    const struct sql *key;
    const char *text;
    char *copy; /* of a text that is not kept */
    bool started, stream;
    PGresult *result;
    int row, rows;
    int64_t changed;
    bool too_many;
    int count;
    Oid types[SQL_VALUES_MAX];
    const char *values[SQL_VALUES_MAX];
    int lengths[SQL_VALUES_MAX], formats[SQL_VALUES_MAX];
    int64_t numbers[SQL_VALUES_MAX];
    /* prepared on this connection; a statement's name is its slot */
    int used;
    const struct sql *slots[SLOTS];
};

static struct postgres *of(struct db *db)
{
    return (struct postgres *)db;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* `state` is the SQLSTATE; "" when the server did not answer. Only the message's first line goes into the detail: the
 * lines after it may quote values. */
static int fail_with(struct postgres *p, const char *state, const char *message, struct err *err)
{
    int kind;
    if (PQstatus(p->connection) == CONNECTION_BAD || starts(state, "08") || starts(state, "57P") ||
        strcmp(state, "53300") == 0) {
        p->db.doomed = p->db.lost = p->db.retry = true;
        kind = err_set(err, ERR_UNAVAILABLE, "store_unreachable", NULL);
    } else if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0) {
        p->db.doomed = p->db.retry = true;
        kind = err_set(err, ERR_UNAVAILABLE, "store_locked", NULL);
    } else if (strcmp(state, "55P03") == 0 || strcmp(state, "57014") == 0) {
        p->db.doomed = true;
        kind = err_set(err, ERR_UNAVAILABLE, "store_locked", NULL);
    } else if (strcmp(state, "53100") == 0) {
        p->db.doomed = true;
        kind = err_set(err, ERR_UNAVAILABLE, "store_full", NULL);
    } else if (strcmp(state, "25006") == 0) { /* a standby, or made read-only: perhaps another server answers next */
        p->db.doomed = p->db.lost = true;
        kind = err_set(err, ERR_UNAVAILABLE, "store_read_only", NULL);
    } else if (starts(state, "53") || starts(state, "58")) {
        p->db.doomed = p->db.lost = true;
        kind = err_set(err, ERR_UNAVAILABLE, "store_failed", NULL);
    } else if (starts(state, "XX")) {
        p->db.doomed = p->db.lost = true;
        kind = err_set(err, ERR_DAMAGED, "store_damaged", "PostgreSQL");
    } else {
        kind = err_set(err, ERR_INTERNAL, "store_refused", NULL);
    }
    err_detail(err, "postgres %s: %.*s", state, (int)strcspn(message, "\n"), message);
    return kind;
}

static int fail_result(struct postgres *p, const PGresult *result, struct err *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state == NULL || message == NULL)
        return fail_with(p, "", PQerrorMessage(p->connection), err);
    return fail_with(p, state, message, err);
}

/* A statement without values. */
static int simple(struct postgres *p, const struct sql *sql, struct err *err)
{
    PGresult *result = PQexec(p->connection, sql->text);
    ExecStatusType status = PQresultStatus(result);
    int rc = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : fail_result(p, result, err);
    PQclear(result);
    return rc;
}

static void no_notice(void *arg, const PGresult *result)
{
}

static void postgres_end(struct db *db);

static void postgres_disconnect(struct db *db)
{
    postgres_end(db);
    PQfinish(of(db)->connection);
    free(db);
}

static int postgres_connect(const char *url, bool create, bool writer, struct db **ret, struct err *err)
{
    struct postgres *p = calloc(1, sizeof *p);
    if (p == NULL)
        return err_memory(err);
    p->db.engine = &engine_postgres;
    /* What stands in the address wins over what stands before it. */
    const char *names[] = {"connect_timeout",
                           "application_name",
                           "keepalives_idle",
                           "keepalives_interval",
                           "keepalives_count",
                           "tcp_user_timeout",
                           "dbname",
                           "client_encoding",
                           NULL};
    const char *values[] = {"5", "talap", "30", "10", "3", "60000", url, "UTF8", NULL};
    p->connection = PQconnectdbParams(names, values, 1);
    int rc = 0;
    if (PQstatus(p->connection) != CONNECTION_OK)
        rc = err_set(err, ERR_UNAVAILABLE, "store_unreachable", NULL);
    if (rc == 0) {
        PQsetNoticeReceiver(p->connection, no_notice, NULL);
        /* A node that vanished in the middle of a transaction holds the ledger's head, and so the writers of all nodes:
         * the server has to find out soon. */
        rc = simple(p,
                    SQL("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;"
                        "SET lock_timeout = '10s'; SET client_min_messages = warning; SET extra_float_digits = 1;"
                        "SELECT set_config('synchronous_commit', 'on', false) "
                        "WHERE current_setting('synchronous_commit') = 'off'"),
                    err);
    }
    if (rc == 0 && writer)
        rc = simple(p, SQL("SET idle_in_transaction_session_timeout = '60s'"), err);
    if (rc != 0) {
        postgres_disconnect(&p->db);
        return rc;
    }
    *ret = &p->db;
    return 0;
}

/* --- Statements --------------------------------------------------------------------------------------------------- */

static void postgres_query(struct db *db, const struct sql *key, const char *text, bool stream)
{
    struct postgres *p = of(db);
    assert(p->text == NULL);
    p->key = stream ? NULL : key;
    p->text = text;
    p->copy = NULL;
    if (key == NULL)
        p->text = p->copy = strdup(text);
    if (p->text == NULL)
        p->text = ""; /* which no server runs */
    p->started = false;
    p->stream = stream;
    p->count = 0;
    p->row = p->rows = 0;
    p->changed = 0;
    p->too_many = false;
}

static void postgres_put(struct db *db, const struct value *value)
{
    struct postgres *p = of(db);
    if (p->count == SQL_VALUES_MAX || value->len > INT32_MAX) {
        p->too_many = true;
        return;
    }
    int at = p->count++;
    p->formats[at] = 1;
    if (value->kind == VALUE_INT) {
        p->types[at] = OID_INT;
        p->numbers[at] = (int64_t)htobe64((uint64_t)value->number);
        p->values[at] = value->null ? NULL : (const char *)&p->numbers[at];
        p->lengths[at] = sizeof p->numbers[at];
    } else {
        p->types[at] = value->kind == VALUE_TEXT ? OID_TEXT : OID_BYTES;
        p->values[at] = value->null ? NULL : value->len == 0 ? "" : value->bytes;
        p->lengths[at] = (int)value->len;
    }
}

/* The statement's name when it is prepared on this connection, preparing it now; *ret_named false when there is no room
 * to keep it. */
static int prepare(struct postgres *p, char name[static 16], bool *ret_named, struct err *err)
{
    uint64_t hash = ((uintptr_t)p->key >> 3) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = hash >> 55;
    while (p->slots[at] != NULL && p->slots[at] != p->key)
        at = (at + 1) % SLOTS;
    snprintf(name, 16, "q%zu", at);
    *ret_named = p->slots[at] != NULL || p->used < SLOTS_USED_MAX;
    if (p->slots[at] != NULL || !*ret_named)
        return 0;
    PGresult *result = PQprepare(p->connection, name, p->text, p->count, p->types);
    int rc = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : fail_result(p, result, err);
    PQclear(result);
    if (rc == 0) {
        p->slots[at] = p->key;
        p->used++;
    }
    return rc;
}

static int take_result(struct postgres *p, PGresult *result, struct err *err)
{
    PQclear(p->result);
    p->result = result;
    p->row = -1;
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE)
        return fail_result(p, result, err);
    p->rows = PQntuples(result);
    if (PQcmdTuples(result)[0] != '\0')
        p->changed = strtoll(PQcmdTuples(result), NULL, 10);
    return 0;
}

static int start(struct postgres *p, struct err *err)
{
    p->started = true;
    if (p->too_many)
        return err_set(err, ERR_TOO_LARGE, "store_refused", NULL);
    if (p->stream) {
        if (!PQsendQueryParams(p->connection, p->text, p->count, p->types, p->values, p->lengths, p->formats, 1) ||
            !PQsetSingleRowMode(p->connection))
            return fail_with(p, "", PQerrorMessage(p->connection), err);
        return 0;
    }
    char name[16];
    bool named = false;
    int rc = p->key == NULL ? 0 : prepare(p, name, &named, err);
    if (rc != 0)
        return rc;
    return take_result(
        p,
        named ? PQexecPrepared(p->connection, name, p->count, p->values, p->lengths, p->formats, 1)
              : PQexecParams(p->connection, p->text, p->count, p->types, p->values, p->lengths, p->formats, 1),
        err);
}

static int postgres_step(struct db *db, struct err *err)
{
    struct postgres *p = of(db);
    int rc = p->started ? 0 : start(p, err);
    if (rc != 0)
        return rc;
    while (p->stream && (p->result == NULL || p->row + 1 >= p->rows)) {
        PGresult *result = PQgetResult(p->connection);
        if (result == NULL)
            return 0;
        if ((rc = take_result(p, result, err)) != 0)
            return rc;
    }
    if (p->row + 1 >= p->rows)
        return 0;
    p->row++;
    return 1;
}

static int64_t postgres_changes(struct db *db)
{
    return of(db)->changed;
}

/* What is left unread would stand before the next answer. A reader is not made to wait for millions of rows: the server
 * is told to stop, and that failure is taken back to the savepoint that every reading transaction begins with, so that
 * it goes on with the same view of the store. A writer, who has something to lose, reads to the end. */
static void stop_stream(struct postgres *p)
{
    bool stopped = false;
    PGresult *rest = PQgetResult(p->connection);
    if (rest != NULL && p->reading) {
        PGcancel *cancel = PQgetCancel(p->connection);
        char why[128];
        stopped = cancel != NULL && PQcancel(cancel, why, sizeof why) == 1;
        PQfreeCancel(cancel);
    }
    for (; rest != NULL; rest = PQgetResult(p->connection))
        PQclear(rest);
    struct err ignored = {0};
    if (stopped && PQtransactionStatus(p->connection) == PQTRANS_INERROR &&
        simple(p, SQL("ROLLBACK TO r"), &ignored) != 0)
        p->db.doomed = p->db.lost = true;
}

static void postgres_end(struct db *db)
{
    struct postgres *p = of(db);
    if (p->stream && p->started)
        stop_stream(p);
    PQclear(p->result);
    p->result = NULL;
    free(p->copy);
    p->copy = NULL;
    p->text = NULL;
    p->stream = false;
}

static bool postgres_column_null(struct db *db, int column)
{
    return PQgetisnull(of(db)->result, of(db)->row, column);
}

static int64_t postgres_column_int(struct db *db, int column)
{
    struct postgres *p = of(db);
    if (PQgetisnull(p->result, p->row, column))
        return 0;
    const char *bytes = PQgetvalue(p->result, p->row, column);
    switch (PQgetlength(p->result, p->row, column)) {
    case 8: {
        uint64_t value;
        memcpy(&value, bytes, sizeof value);
        return (int64_t)be64toh(value);
    }
    case 4: {
        uint32_t value;
        memcpy(&value, bytes, sizeof value);
        return (int32_t)be32toh(value);
    }
    default:
        assert(!"a number of another width");
        return 0;
    }
}

static const void *postgres_column_bytes(struct db *db, int column, size_t *ret_count)
{
    struct postgres *p = of(db);
    *ret_count = (size_t)PQgetlength(p->result, p->row, column);
    return PQgetvalue(p->result, p->row, column);
}

/* --- Transactions ------------------------------------------------------------------------------------------------- */

static int take_turn(struct postgres *p, struct err *err)
{
    int64_t there = 0;
    int rc = db_run_int(db_query(&p->db, p->db.engine->has_schema), 0, &there, err);
    if (rc != 0 || there == 0) /* only while the schema is made: then another lock keeps the order */
        return rc != 0 ? rc : simple(p, SQL("SELECT pg_advisory_xact_lock(8389754676633104)"), err);
    return simple(p, SQL("SELECT size FROM ledger_head WHERE id = 1 FOR UPDATE"), err);
}

static int postgres_begin(struct db *db, bool write, struct err *err)
{
    struct postgres *p = of(db);
    db->doomed = db->retry = false;
    p->transaction_id = 0;
    p->reading = !write;
    if (!write)
        return simple(p, SQL("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1; SAVEPOINT r"), err);
    int rc = simple(p, SQL("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"), err);
    if (rc == 0)
        rc = take_turn(p, err);
    if (rc == 0)
        rc = db_run_int(db_query(db, SQL("SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)")), 0,
                        &p->transaction_id, err);
    if (rc != 0)
        db->engine->rollback(db);
    return rc;
}

/* After a connection broke in the middle of COMMIT: 1 it is committed, 0 it is not, negative unknown. */
static int what_became(struct postgres *p, struct err *err)
{
    for (int i = 0; i < SETTLE_TRIES; i++) {
        if (i > 0)
            usleep(SETTLE_PAUSE_USEC);
        PQreset(p->connection);
        memset(p->slots, 0, sizeof p->slots);
        p->used = 0;
        int64_t status = 0;
        db_query(&p->db, SQL("SELECT CASE pg_xact_status(CAST(CAST($1 AS TEXT) AS xid8)) WHEN 'committed' THEN 1 "
                             "WHEN 'aborted' THEN 2 ELSE 3 END"));
        db_put_int(&p->db, p->transaction_id);
        if (db_run_int(&p->db, 0, &status, err) == 0 && (status == 1 || status == 2))
            return status == 1;
    }
    return err_set(err, ERR_UNAVAILABLE, "store_unreachable", NULL);
}

static int postgres_commit(struct db *db, struct err *err)
{
    struct postgres *p = of(db);
    PGresult *result = PQexec(p->connection, "COMMIT");
    bool commanded = PQresultStatus(result) == PGRES_COMMAND_OK;
    bool committed = commanded && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    int rc = 0;
    if (commanded && !committed) { /* an aborted transaction answers ROLLBACK and no error */
        rc = err_set(err, ERR_INTERNAL, "store_refused", NULL);
        err_detail(err, "a command hid a failed statement");
    } else if (!committed) {
        rc = fail_result(p, result, err);
    }
    PQclear(result);
    if (rc == 0 || !db->lost || p->transaction_id == 0)
        return rc;
    int became = what_became(p, err);
    if (became < 0) {
        db->retry = false; /* nobody knows: the caller's idempotency key has to find out */
        return became;
    }
    return became == 1 ? 0 : rc;
}

static void postgres_rollback(struct db *db)
{
    struct postgres *p = of(db);
    struct err ignored = {0};
    bool retry = db->retry, doomed = db->doomed;
    postgres_end(db);
    if (PQtransactionStatus(p->connection) != PQTRANS_IDLE && simple(p, SQL("ROLLBACK"), &ignored) != 0)
        db->lost = true;
    db->retry = retry;
    db->doomed = doomed;
}

static int postgres_savepoint(struct db *db, enum savepoint_step step, struct err *err)
{
    struct postgres *p = of(db);
    switch (step) {
    case SAVEPOINT_OPEN:
        return simple(p, SQL("SAVEPOINT c"), err);
    case SAVEPOINT_RELEASE:
        return simple(p, SQL("RELEASE c"), err);
    case SAVEPOINT_ROLLBACK:
        break;
    }
    return simple(p, SQL("ROLLBACK TO c; RELEASE c"), err);
}

static int postgres_script(struct db *db, const struct sql *script, struct err *err)
{
    return simple(of(db), script, err);
}

/* Reads every column of every row of ours, those stored apart included, and the indexes of what matters most. */
static int postgres_check(struct db *db, struct err *err)
{
    static const struct sql reads[] = {
        {"SELECT count(md5(CAST(t AS TEXT))) FROM event t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM ledger_head t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM ledger_node t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM subject t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM subject_lookup t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM case_file t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM case_seq t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM basis t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM clock t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM attachment t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM idempotency t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM account t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM session t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM token t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM setting t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM outbox t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM case_link t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM case_key t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM register t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM register_entry t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM calendar_feed t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM person t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM person_change t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM kept_entry t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM consent_text t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM recipient_set t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM consent t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM objection t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM legal_hold t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM person_record t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM destruction t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM backup_made t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM person_case t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM acknowledgement t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM person_code t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM person_session t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM import t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM import_part t"},
        {"SELECT count(md5(CAST(t AS TEXT))) FROM import_refusal t"},
    };
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        int64_t rows;
        int rc = db_run_int(db_query(db, &reads[i]), 0, &rows, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* tsquery's language: every word in quotes, "&" between them, the last a prefix. */
static void postgres_words_query(const char *words, const char *sign, struct buf *out)
{
    while (*words != '\0') {
        size_t count = strcspn(words, " ");
        bool last = words[count] == '\0';
        buf_putc(out, '\'');
        buf_puts(out, sign);
        buf_put(out, words, count);
        buf_puts(out, last ? "':*" : "' & ");
        words += count + (last ? 0 : 1);
    }
}

static const struct sql has_schema = {
    "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_version')"};
static const struct sql has_anything = {"SELECT CAST(0 AS BIGINT)"}; /* other tables of the database are none of ours */
static const struct sql words_insert = {"INSERT INTO words (leaf, doc, case_id) "
                                        "SELECT $1, array_to_tsvector(string_to_array($2, ' ')), $3"};
static const struct sql words_among = {"c.id IN (SELECT w.case_id FROM (SELECT case_id FROM words "
                                       "WHERE doc @@ CAST("};
static const struct sql words_newest = {" AS tsquery) ORDER BY leaf DESC LIMIT "};
static const struct sql words_count = {
    "SELECT count(*) FROM (SELECT 1 FROM words WHERE doc @@ CAST($1 AS tsquery) LIMIT $2) AS few"};
static const struct sql words_end = {") AS w)"};
static const struct sql register_matches = {" AND e.doc @@ CAST("};
static const struct sql register_matches_end = {" AS tsquery)"};
/* A query the planner cannot see is one for which it takes the index of words: here it always is the right one. */
static const struct sql register_find = {" FROM (WITH found AS MATERIALIZED (SELECT serial AS at FROM register_entry "
                                         "WHERE doc @@ (SELECT CAST("};
static const struct sql register_before = {" AS tsquery)) AND serial + 0 < "};
static const struct sql register_newest = {") SELECT at FROM found ORDER BY at DESC LIMIT "};
static const struct sql register_end = {") AS w JOIN register_entry e ON e.serial = w.at ORDER BY e.serial DESC"};

/* A plain VACUUM lets dead rows' places be used again; only a table written anew has no trace of them in its file. */
static int postgres_compact(struct db *db, bool *whole, bool *skipped, struct err *err)
{
    /* A table of another's is skipped with no more than a warning: what the server asks is asked before it. */
    static const struct sql not_ours = {
        "SELECT count(*) FROM unnest(ARRAY['subject', 'subject_lookup', 'person', 'person_record', 'person_session', "
        "'person_code', 'destruction', 'case_file', 'attachment', 'audience_month', 'audience_chunk', 'audience_set']) "
        "AS t "
        "JOIN pg_catalog.pg_class c ON c.oid = CAST(t AS regclass) "
        "WHERE NOT pg_has_role(c.relowner, 'USAGE') AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_database d "
        "WHERE d.datname = current_database() AND pg_has_role(d.datdba, 'USAGE'))"};
    static const struct sql anew[] = {
        {"VACUUM (FULL) subject"},       {"VACUUM (FULL) subject_lookup"}, {"VACUUM (FULL) person"},
        {"VACUUM (FULL) person_record"}, {"VACUUM (FULL) person_session"}, {"VACUUM (FULL) person_code"},
        {"VACUUM (FULL) destruction"},   {"VACUUM (FULL) audience_month"},
    };
    static const struct sql again[] = {{"VACUUM subject"},       {"VACUUM subject_lookup"}, {"VACUUM person"},
                                       {"VACUUM person_record"}, {"VACUUM person_session"}, {"VACUUM person_code"},
                                       {"VACUUM destruction"},   {"VACUUM audience_month"}};
    const struct sql *list = *whole ? anew : again;
    int64_t others = 0;
    int rc = db_run_int(db_query(db, &not_ours), 0, &others, err);
    *skipped = others != 0;
    for (size_t i = 0; i < sizeof anew / sizeof *anew && rc == 0; i++)
        rc = simple(of(db), &list[i], err);
    if (rc == 0)
        rc = simple(of(db), SQL("VACUUM case_file, attachment, audience_chunk, audience_set"), err);
    if (rc == 0)
        *whole = false;
    return rc;
}

static const struct sql compact_size = {
    "SELECT CAST(sum(pg_total_relation_size(CAST(t AS regclass))) AS bigint) FROM unnest(ARRAY['subject', "
    "'subject_lookup', 'person', 'person_record', 'person_session', 'person_code', 'destruction']) AS t"};

const struct engine engine_postgres = {
    .name = "postgres",
    .migrations = migrations_postgres,
    .has_schema = &has_schema,
    .has_anything = &has_anything,
    .words_insert = &words_insert,
    .words_among = &words_among,
    .words_newest = &words_newest,
    .words_end = &words_end,
    .words_count = &words_count,
    .words_query = postgres_words_query,
    .words_or = " | ",
    .register_matches = &register_matches,
    .register_matches_end = &register_matches_end,
    .register_stretch = 65536,
    .register_find = &register_find,
    .register_before = &register_before,
    .register_newest = &register_newest,
    .register_end = &register_end,
    .connect = postgres_connect,
    .disconnect = postgres_disconnect,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .savepoint = postgres_savepoint,
    .script = postgres_script,
    .check = postgres_check,
    .compact = postgres_compact,
    .compact_size = &compact_size,
    .query = postgres_query,
    .put = postgres_put,
    .step = postgres_step,
    .changes = postgres_changes,
    .end = postgres_end,
    .column_null = postgres_column_null,
    .column_int = postgres_column_int,
    .column_bytes = postgres_column_bytes,
};
