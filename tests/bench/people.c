/* A store of many people and consents, written row by row past the rooms: for figures alone. */
#include "people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void people_sql(sqlite3 *db, const char *text)
{
    char *why = NULL;

    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", text, why);
        exit(1);
    }
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *stmt;

    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", text, sqlite3_errmsg(db));
        exit(1);
    }
    return stmt;
}

static void run(sqlite3_stmt *stmt)
{
    if (sqlite3_step(stmt) != SQLITE_DONE) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(sqlite3_db_handle(stmt)));
        exit(1);
    }
    sqlite3_reset(stmt);
}

void people_name(int64_t person, char ret[static 32])
{
    snprintf(ret, 32, "client-%lld", (long long)person);
}

static void fill_people(sqlite3 *db, const struct keyring *keyring, int64_t people)
{
    sqlite3_stmt *stmt =
        prepare(db, "INSERT INTO person (serial, subject_id, id, key64, created_usec, adult_day, blocks, holds) "
                    "VALUES (?, ?, ?, ?, 0, ?, 0, 0)");

    for (int64_t person = 1; person <= people; person++) {
        char id[32], subject[64];

        people_name(person, id);
        snprintf(subject, sizeof subject, "00000000-0000-7000-8000-%012llx", (long long)person);
        sqlite3_bind_int64(stmt, 1, person);
        sqlite3_bind_text(stmt, 2, subject, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(stmt, 3, id, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int64(stmt, 4, (int64_t)person_key(keyring, id));
        sqlite3_bind_int64(stmt, 5, 10000 + person % 8000);
        run(stmt);
    }
    sqlite3_finalize(stmt);
}

unsigned people_purpose_of(int64_t person, int64_t round)
{
    return 1 + (unsigned)((person + round) % PURPOSES);
}

static void fill_consents(sqlite3 *db, int64_t people, int64_t consents)
{
    sqlite3_stmt *stmt = prepare(
        db,
        "INSERT INTO consent (leaf, person, purpose, purpose_version, categories, given, stands, recipients, from_sec, "
        "until_sec, given_usec, text, way, by_representative) "
        "VALUES (?, ?, ?, 1, ?, 31, ?, 0, 1700000000, ?, 0, 1, 'electronic', 0)");

    for (int64_t i = 0; i < consents; i++) {
        int64_t person = i % people + 1;

        sqlite3_bind_int64(stmt, 1, i);
        sqlite3_bind_int64(stmt, 2, person);
        sqlite3_bind_int64(stmt, 3, people_purpose_of(person, i / people));
        sqlite3_bind_int64(stmt, 4, 0x7FFF);
        sqlite3_bind_int64(stmt, 5, i % 16 == 0 ? 1 : 31);
        if (i % 3 == 0)
            sqlite3_bind_null(stmt, 6);
        else
            sqlite3_bind_int64(stmt, 6, 1850000000);
        run(stmt);
    }
    sqlite3_finalize(stmt);
}

static void fill_kept(sqlite3 *db, const struct catalogue *catalogue)
{
    char text[4096], categories[2048] = "";

    for (size_t i = 0; i < 16; i++)
        snprintf(categories + strlen(categories), sizeof categories - strlen(categories), "%s\"%s\"", i ? "," : "",
                 catalogue->data_categories[i].id);
    for (int purpose = 1; purpose <= PURPOSES; purpose++) {
        snprintf(text, sizeof text,
                 "INSERT INTO kept_entry VALUES ('purpose', 'purpose_%d', 1, %d, 0, 0, "
                 "'{\"basis\":\"consent\",\"categories\":[%s],\"norm\":\"x\",\"recipients\":[\"partner\"],"
                 "\"title\":{\"en\":\"x\",\"kk\":\"x\",\"ru\":\"x\"}}', 0)",
                 purpose, purpose, categories);
        people_sql(db, text);
    }
    people_sql(
        db,
        "INSERT INTO kept_entry VALUES ('recipient', 'partner', 1, 1, 0, 0, "
        "'{\"country\":\"KZ\",\"kinds\":[\"third_person\"],\"title\":{\"en\":\"x\",\"kk\":\"x\",\"ru\":\"x\"}}', 0)");
}

sqlite3 *people_fill(const char *path, const struct catalogue *catalogue, const struct keyring *keyring, int64_t people,
                     int64_t consents)
{
    char text[160];
    sqlite3 *db;

    if (sqlite3_open(path, &db) != SQLITE_OK)
        exit(1);
    people_sql(
        db,
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; DROP INDEX consent_person; DROP INDEX consent_until; "
        "DROP INDEX person_adult; BEGIN");
    fill_people(db, keyring, people);
    people_sql(db, "INSERT INTO consent_text (number, hash, lang, version, operator_name, operator_bin, text) "
                   "VALUES (1, zeroblob(32), 'kk', '1', 'x', 'x', 'x')");
    fill_consents(db, people, consents);
    fill_kept(db, catalogue);
    snprintf(text, sizeof text, "UPDATE ledger_head SET size = %lld, peaks = zeroblob(%d) WHERE id = 1",
             (long long)consents, 32 * __builtin_popcountll((unsigned long long)consents));
    people_sql(db, text);
    people_sql(
        db,
        "CREATE INDEX consent_person ON consent (person, leaf); CREATE INDEX person_adult ON person (adult_day) WHERE "
        "adult_day IS NOT NULL; CREATE INDEX consent_until ON consent (until_sec) WHERE ended_usec IS NULL AND "
        "until_sec IS NOT NULL; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    return db;
}
