/* Backup and restore.
 *
 * A backup is one SQLite file, whatever the engine: from SQLite page by page, from PostgreSQL row by row out of one
 * snapshot. It is written beside its name and gets the name only when it is whole. The words of the full-text search
 * are not copied between engines (they hold nothing that events do not): the search starts anew and is filled again.
 * That of the registers is made anew from their entries at once. */
#include "store/migrate.h"
#include "store/writer.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct table {
    struct sql empty, select, insert;
    const char *kinds; /* of the columns: i a number, t a text, b bytes */
};
#define TABLE(name, columns, places, kinds)                                   \
    {                                                                         \
        {"DELETE FROM " name}, {"SELECT " columns " FROM " name},             \
            {"INSERT INTO " name " (" columns ") VALUES (" places ")"}, kinds \
    }

/* In an order in which no row points to one that comes later. */
static const struct table tables[] = {
    TABLE("subject", "id, wrapped_key, created_usec", "$1, $2, $3", "tbi"),
    TABLE("subject_lookup", "lookup, subject_id", "$1, $2", "bt"),
    TABLE("case_file",
          "serial, id, number, procedure, state, version, opened_usec, registered_usec, closed_usec, next_due_usec, "
          "next_overdue_usec, last_leaf, assignee, subject_id, opener, opener_account, lang, fields, sealed",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19",
          "ittttiiiiiiitttttt"
          "b"),
    TABLE("case_seq", "procedure, year, newest", "$1, $2, $3", "tii"),
    TABLE("basis", "id, calendar_hash, catalogue_hash", "$1, $2, $3", "itt"),
    TABLE("clock",
          "case_id, clock, norm, norm_from_day, starts_usec, due_usec, overdue_usec, state, stopped_usec, "
          "stopped_in_time, extended, remind_usec, overdue_told, basis, ripe_usec, outcome, procedure, opened_usec",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18", "tttiiiitiiiiiiiiti"),
    TABLE("attachment", "id, case_id, leaf, type, sealed_name, size_bytes, commitment, subject_id, sealed",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9", "ttitbibtb"),
    TABLE("idempotency", "key_hash, request_hash, case_id, leaf, at_usec", "$1, $2, $3, $4, $5", "bbtii"),
    TABLE("account",
          "id, login, name, email, password_hash, roles, lang, disabled, must_change_password, failures, "
          "locked_until_usec, created_usec",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12", "tttttttiiiii"),
    TABLE("session", "token_hash, account_id, created_usec, seen_usec, expires_usec", "$1, $2, $3, $4, $5", "btiii"),
    TABLE("token", "id, name, account_id, roles, secret_hash, created_usec, expires_usec, revoked_usec",
          "$1, $2, $3, $4, $5, $6, $7, $8", "ttttbiii"),
    TABLE("setting", "name, json", "$1, $2", "tt"),
    TABLE(
        "outbox",
        "id, kind, purpose, case_id, leaf, recipient, state, attempts, created_usec, next_usec, sent_usec, last_error",
        "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12", "ttttittiiiit"),
    TABLE("case_link", "from_case, to_case, field, leaf", "$1, $2, $3, $4", "ttti"),
    TABLE("case_key", "case_id, kind, value, procedure, opened_usec, serial", "$1, $2, $3, $4, $5, $6", "ttttii"),
    TABLE("register", "id, name, standing, past", "$1, $2, $3, $4", "itii"),
    TABLE("register_entry", "serial, register, case_id, number, state, entered_usec, left_usec, columns, words",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9", "iitttiitt"),
    TABLE("calendar_feed", "account_id, secret_hash, created_usec", "$1, $2, $3", "tbi"),
    TABLE("person", "serial, subject_id, id, key64, created_usec, adult_day, blocks, holds, destroyed_usec",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9", "ittiiiiii"),
    TABLE("person_change", "leaf, person", "$1, $2", "ii"),
    TABLE("kept_entry", "kind, id, version, number, from_usec, retired, json, leaf", "$1, $2, $3, $4, $5, $6, $7, $8",
          "ttiiiiti"),
    TABLE("consent_text", "number, hash, lang, version, operator_name, operator_bin, text",
          "$1, $2, $3, $4, $5, $6, $7", "ibttttt"),
    TABLE("recipient_set", "number, ids", "$1, $2", "it"),
    TABLE("consent",
          "leaf, person, purpose, purpose_version, categories, given, stands, recipients, from_sec, until_sec, "
          "given_usec, ended_usec, ended, text, way, by_representative",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16", "iiiiiiiiiiiititi"),
    TABLE("objection", "case_id, person, purpose, state, leaf", "$1, $2, $3, $4, $5", "tiiti"),
    TABLE("legal_hold", "leaf, person, norm, reason, until_day, lifted_usec", "$1, $2, $3, $4, $5, $6", "iittii"),
    TABLE("person_record",
          "person, category, purpose, sealed, commitment, source, collected_usec, destroy_day, announced_usec, leaf",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10", "iiibbtiiii"),
    TABLE("destruction", "leaf, person, purpose, case_id, ground, state, changed_usec, told",
          "$1, $2, $3, $4, $5, $6, $7, $8", "iiitttit"),
    TABLE("backup_made", "id, at_usec, kept_until_usec, removed_usec", "$1, $2, $3, $4", "tiii"),
    TABLE("person_case", "case_id, person, how, leaf", "$1, $2, $3, $4", "titi"),
    TABLE("acknowledgement", "person, policy, version, lang, at_usec, leaf", "$1, $2, $3, $4, $5, $6", "iiitii"),
    TABLE("person_code",
          "id, lookup, kind, lang, sealed, state, person, tries, created_usec, paused_until_usec, used_usec",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11", "tbttbtiiiii"),
    TABLE("person_session", "token_hash, person, how, sealed, created_usec, seen_usec, expires_usec",
          "$1, $2, $3, $4, $5, $6, $7", "bitbiii"),
    TABLE("import",
          "id, name, format, content_hash, size_bytes, position_bytes, line, taken, refused, kept, state, salt, parts, "
          "account_id, started_usec, changed_usec",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16", "tttbiiiiiitbitii"),
    TABLE("import_part", "import_id, part, sealed", "$1, $2, $3", "tib"),
    TABLE("import_refusal", "import_id, line, field, code, arg", "$1, $2, $3, $4, $5", "tittt"),
    TABLE("audience_month", "month, secret, print, opened_usec, folded, closed_usec, destroyed_usec",
          "$1, $2, $3, $4, $5, $6, $7", "ibiiiii"),
    TABLE("audience_service", "number, name", "$1, $2", "it"),
    TABLE("audience_chunk", "serial, month, day, service, hashes", "$1, $2, $3, $4, $5", "iiiib"),
    TABLE("audience_set", "month, service, stretch, users", "$1, $2, $3, $4", "iiib"),
    TABLE("audience_figure", "period, number, service, version, users, leaf", "$1, $2, $3, $4, $5, $6", "tiiiii"),
    TABLE("advert",
          "serial, id, own_id, version, placed_usec, changed_usec, first_day, last_day, shown, removed_usec, "
          "leaf, counted_usec",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12", "ittiiiiiiiii"),
    TABLE("advert_version", "advert, version, from_usec, leaf, place, hash, json", "$1, $2, $3, $4, $5, $6, $7",
          "iiiiibt"),
    TABLE("advert_media", "hash, type, size_bytes, bytes, kept_usec", "$1, $2, $3, $4, $5", "btibi"),
    TABLE("advert_media_of", "hash, advert", "$1, $2", "bi"),
    TABLE("advert_chunk", "serial, received_usec, count, rows", "$1, $2, $3, $4", "iiib"),
    TABLE("advert_showing", "advert, day, region, count", "$1, $2, $3, $4", "iiii"),
    TABLE("ledger_head", "id, size, peaks, checkpoint", "$1, $2, $3, $4", "iibt"),
    TABLE("ledger_node", "level, position, hash", "$1, $2, $3", "iib"),
    TABLE("event", "leaf, at_usec, kind, case_id, account_id, leaf_hash, subject_id, body, sealed",
          "$1, $2, $3, $4, $5, $6, $7, $8, $9", "iitttbttb"),
};
#define TABLE_COUNT (sizeof tables / sizeof *tables)

static int copy_rows(const struct table *table, struct db *from, struct db *to, struct err *err)
{
    const struct engine *engine = from->engine;
    db_query_stream(from, &table->select);
    int got, rc = 0;
    while (rc == 0 && (got = db_step(from, err)) != 0) {
        if (got < 0) {
            rc = got;
            break;
        }
        db_query(to, &table->insert);
        for (int i = 0; table->kinds[i] != '\0'; i++) {
            struct value value = {.null = db_null(from, i)};
            value.kind = table->kinds[i] == 'i' ? VALUE_INT : table->kinds[i] == 't' ? VALUE_TEXT : VALUE_BLOB;
            if (value.kind == VALUE_INT)
                value.number = db_int(from, i);
            else if (!value.null)
                value.bytes = engine->column_bytes(from, i, &value.len);
            to->engine->put(to, &value);
        }
        rc = db_run(to, NULL, err);
    }
    db_end(from);
    return rc;
}

/* Within transactions on both sides. Of events `to` has none; what a new store is born with gives way. */
static int copy_tables(struct db *from, struct db *to, struct err *err)
{
    int rc = 0;
    for (size_t i = TABLE_COUNT - 1; i-- > 0 && rc == 0;)
        rc = db_run(db_query(to, &tables[i].empty), NULL, err);
    for (size_t i = 0; i < TABLE_COUNT && rc == 0; i++)
        rc = copy_rows(&tables[i], from, to, err);
    if (rc == 0 && to->engine->register_rebuild != NULL)
        rc = db_run(db_query(to, to->engine->register_rebuild), NULL, err);
    return rc;
}

static int copy_by_rows(struct db *from, struct db *to, struct err *err)
{
    int rc = to->engine->begin(to, true, err);
    if (rc != 0)
        return rc;
    rc = copy_tables(from, to, err);
    if (rc == 0)
        rc = to->engine->commit(to, err);
    if (rc != 0)
        to->engine->rollback(to);
    return rc;
}

/* `from` is in a read transaction. */
static int copy(struct db *from, struct db *to, struct err *err)
{
    if (from->engine == to->engine && from->engine->copy != NULL)
        return from->engine->copy(from, to, err);
    return copy_by_rows(from, to, err);
}

/* --- Backup ------------------------------------------------------------------------------------------------------- */

/* The file and its name on the disk. */
static int flush(const char *path, struct err *err)
{
    char *folder = strdup(path);
    if (folder == NULL)
        return err_memory(err);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        strcpy(folder, ".");
    else
        slash[slash == folder] = '\0';
    int file = open(path, O_RDONLY | O_CLOEXEC), dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;
    if (file < 0 || dir < 0 || fsync(file) != 0 || fsync(dir) != 0)
        rc = err_set(err, ERR_UNAVAILABLE, errno == ENOSPC ? "store_full" : "store_failed", NULL);
    if (file >= 0)
        close(file);
    if (dir >= 0)
        close(dir);
    free(folder);
    return rc;
}

static int write_backup(struct store *store, const char *path, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    int rc = store_read_begin(store, &tx, err);
    if (rc != 0)
        return rc;
    struct db *to;
    if ((rc = engine_sqlite.connect(path, true, true, &to, err)) != 0)
        return rc;
    bool by_rows = store->engine != &engine_sqlite;
    if (by_rows)
        rc = migrate(to, true, err);
    if (rc == 0)
        rc = copy(tx->db, to, err);
    if (rc == 0) /* one file, without a log beside it */
        rc = engine_sqlite.script(to, SQL("PRAGMA journal_mode = DELETE"), err);
    engine_sqlite.disconnect(to);
    return rc;
}

static void remove_with(const char *path, const char *suffix)
{
    char *name;
    if (asprintf(&name, "%s%s", path, suffix) < 0)
        return;
    unlink(name);
    free(name);
}

int store_backup(struct store *store, const char *path, struct err *err)
{
    if (access(path, F_OK) == 0)
        return err_set(err, ERR_CONFLICT, "store_backup_exists", NULL);
    char *part;
    if (asprintf(&part, "%s.%d.part", path, (int)getpid()) < 0)
        return err_memory(err);
    remove_with(part, "");
    int rc = write_backup(store, part, err);
    if (rc == 0)
        rc = flush(part, err);
    if (rc == 0 && renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
        rc = errno == EEXIST ? err_set(err, ERR_CONFLICT, "store_backup_exists", NULL)
                             : err_set(err, ERR_UNAVAILABLE, "store_failed", NULL);
    if (rc == 0)
        rc = flush(path, err);
    else
        remove_with(part, "");
    remove_with(part, "-wal");
    remove_with(part, "-shm");
    remove_with(part, "-journal");
    free(part);
    return rc;
}

/* --- Restore ------------------------------------------------------------------------------------------------------ */

static int check_source(struct db *from, bool by_rows, struct err *err)
{
    int version;
    int rc = migrate_version(from, &version, err);
    if (rc != 0)
        return rc;
    if (version == 0)
        return err_set(err, ERR_BAD_INPUT, "store_foreign", NULL);
    if (version > migration_count)
        return err_set(err, ERR_UNAVAILABLE, "store_newer", NULL);
    /* Rows of an older schema fit no table of today: such a file goes through an SQLite store, which is brought up. */
    if (by_rows && version < migration_count)
        return err_set(err, ERR_UNAVAILABLE, "store_older", NULL);
    return from->engine->check(from, err);
}

static int restore_into(struct db *from, struct db *to, struct err *err)
{
    int rc = migrate(to, true, err);
    if (rc != 0)
        return rc;
    int64_t events;
    rc = db_run_int(db_query(to, SQL("SELECT count(*) FROM (SELECT 1 FROM event LIMIT 1) AS few")), 0, &events, err);
    if (rc == 0 && events > 0)
        rc = err_set(err, ERR_CONFLICT, "store_not_empty", NULL);
    if (rc == 0)
        rc = copy(from, to, err);
    return rc == 0 ? migrate(to, true, err) : rc;
}

int store_restore(const char *path, const char *url, struct err *err)
{
    const struct engine *engine;
    const char *address;
    int rc = engine_of(url, &engine, &address, err);
    if (rc != 0)
        return rc;
    struct db *from, *to;
    if ((rc = engine_sqlite.connect(path, false, false, &from, err)) != 0)
        return rc;
    if ((rc = engine_sqlite.begin(from, false, err)) == 0) {
        rc = check_source(from, engine != &engine_sqlite, err);
        if (rc == 0 && (rc = engine->connect(address, true, true, &to, err)) == 0) {
            rc = restore_into(from, to, err);
            engine->disconnect(to);
        }
        engine_sqlite.rollback(from);
    }
    engine_sqlite.disconnect(from);
    return rc;
}
