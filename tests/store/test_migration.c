/* A store that an older program made is raised to this one's schema and keeps what it holds. */
#include "store/db.h"
#include "store/feed_rows.h"
#include "store/link_rows.h"
#include "store/migrate.h"
#include "store/person_rows.h"
#include "store/register_rows.h"
#include "world.h"
#include <stdio.h>
#include <string.h>

/* The store as an older version made it, with a few rows by the statements of that time. */
static void make_version(struct world *world, int version)
{
    store_close(world->store);
    world->store = NULL;
    if (world->postgres) {
        assert_true(world_sql(world, "DROP SCHEMA public CASCADE"));
        assert_true(world_sql(world, "CREATE SCHEMA public"));
    } else {
        snprintf(world->url, sizeof world->url, "%s/version-%d.db", world->folder, version);
    }
    const struct engine *engine;
    const char *url;
    struct db *db;
    assert_done(engine_of(world->url, &engine, &url, &world->err), world);
    assert_done(engine->connect(url, true, true, &db, &world->err), world);
    assert_done(engine->begin(db, true, &world->err), world);
    for (int i = 0; i < version; i++)
        assert_done(engine->script(db, &engine->migrations[i], &world->err), world);
    assert_done(engine->script(db,
                               version == 1 ? SQL("INSERT INTO schema_version (id, version) VALUES (1, 1)")
                                            : SQL("INSERT INTO schema_version (id, version) VALUES (1, 2)"),
                               &world->err),
                world);
    assert_done(engine->commit(db, &world->err), world);
    engine->disconnect(db);
    static const char *const rows[] = {
        ("INSERT INTO case_file (serial, id, number, procedure, state, version, opened_usec, registered_usec, "
         "last_leaf, opener, lang, fields, next_due_usec) VALUES "
         "(1, 'c1', 'Ш-2026-000001', 'complaint', 'received', 1, 10, 10, 0, 'public', 'kk', '{}', 20), "
         "(2, 'c2', 'Ш-2026-000002', 'complaint', 'answered', 2, 11, 11, 1, 'public', 'ru', '{}', NULL)"),
        "INSERT INTO case_seq (procedure, year, newest) VALUES ('complaint', 2026, 2)",
        ("INSERT INTO account (id, login, name, email, password_hash, roles, lang, disabled, must_change_password, "
         "failures, created_usec) VALUES ('a1', 'aigul', 'A', '', 'x', 'moderator', 'kk', 0, 0, 0, 5)"),
        "INSERT INTO setting (name, json) VALUES ('mail', '{}')",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(world_sql(world, rows[i]));
    assert_true(world_sql(world, world->postgres
                                     ? "INSERT INTO event (leaf, at_usec, kind, case_id, leaf_hash, body) VALUES "
                                       "(0, 10, 'case.opened', 'c1', decode(repeat('00', 32), 'hex'), '{}')"
                                     : "INSERT INTO event (leaf, at_usec, kind, case_id, leaf_hash, body) VALUES "
                                       "(0, 10, 'case.opened', 'c1', zeroblob(32), '{}')"));
    assert_true(world_sql(world, world->postgres ? "INSERT INTO words (leaf, doc, case_id) VALUES "
                                                   "(0, array_to_tsvector(ARRAY['шагым']), 'c1')"
                                                 : "INSERT INTO words (rowid, text) VALUES (0, 'шагым')"));
    assert_true(world_sql(world, "UPDATE words_position SET leaf = 1"));
}

static void make_first_version(struct world *world)
{
    make_version(world, 1);
}

/* With what the second version knows: a link, a key, an entry of a register, a secret calendar. */
static void make_second_version(struct world *world)
{
    static const char *const rows[] = {
        "INSERT INTO case_link (from_case, to_case, field, leaf) VALUES ('c1', 'c2', 'older', 0)",
        ("INSERT INTO case_key (case_id, kind, value, procedure, opened_usec, serial) VALUES "
         "('c2', 'platform', 'b.kz', 'complaint', 11, 2)"),
        "INSERT INTO setting (name, json) VALUES ('older', '{\"a\":1}')",
    };
    make_version(world, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(world_sql(world, rows[i]));
}

static void assert_first_rows(struct world *world, struct tx *tx)
{
    struct case_row row, *rows;
    size_t count;
    const char *cursor, *json;
    assert_done(store_case_by_number(tx, "Ш-2026-000001", &world->arena, &row, &world->err), world);
    assert_true(row.opened_usec == 10 && row.next_due_usec == 20);
    struct case_filter filter = {.words = "шагым", .limit = 10};
    filter.due_from_usec = filter.due_before_usec = filter.overdue_at_usec = TIME_NONE;
    filter.opened_from_usec = filter.opened_before_usec = TIME_NONE;
    assert_done(store_case_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err), world);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].id, "c1");
    struct event_row event;
    assert_done(store_event_get(tx, 0, &world->arena, &event, &world->err), world);
    int64_t position;
    assert_done(store_words_position_get(tx, &position, &world->err), world);
    assert_int_equal(position, 1);
    assert_done(store_setting_get(tx, "mail", &world->arena, &json, &world->err), world);
    assert_string_equal(json, "{}");
}

static int use_what_is_new(struct tx *tx, void *arg, struct err *err)
{
    struct case_link_row link = {"c2", "c1", "basis", 1};
    struct case_key_row key = {"platform", "a.kz", "c1"};
    struct register_row entry = {"complaints", "c1", "Ш-2026-000001", "received", 10, TIME_NONE, "{}", "жана соз"};
    struct feed_row feed = {"a1", hash_of(1), 5};
    int rc = store_link_put(tx, &link, err);
    rc = rc != 0 ? rc : store_key_put(tx, &key, err);
    rc = rc != 0 ? rc : store_register_put(tx, &entry, err);
    rc = rc != 0 ? rc : store_feed_put(tx, &feed, err);
    int64_t seq;
    rc = rc != 0 ? rc : store_case_next_seq(tx, "complaint", 2026, &seq, err);
    return rc != 0 || seq == 3 ? rc : err_set(err, ERR_DAMAGED, "store_damaged", NULL);
}

static void assert_works(struct world *world)
{
    struct tx *tx = world_read(world);
    assert_first_rows(world, tx);
    store_read_end(tx);
    assert_done(world_write(world, use_what_is_new, NULL), world);
    tx = world_read(world);
    struct register_filter filter = {.reg = "complaints", .words = "жана со", .limit = 5};
    struct register_row *rows;
    size_t count;
    const char *cursor;
    assert_done(store_register_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err), world);
    assert_int_equal(count, 1);
    store_read_end(tx);
    assert_done(store_check(world->store, &world->err), world);
}

static void the_first_version_is_raised(void **state)
{
    struct world *world = *state;
    make_first_version(world);
    /* Only by who may: others leave it as it is. */
    struct store_options options = {.url = world->url};
    assert_refused(store_open(&options, &world->store, &world->err), world, ERR_UNAVAILABLE, "store_older");
    assert_int_equal(world_number(world, "SELECT version FROM schema_version"), 1);
    world_reopen(world);
    assert_int_equal(world_number(world, "SELECT version FROM schema_version"), migration_count);
    assert_works(world);
    assert_false(world_sql(world, "DELETE FROM event"));
    /* Raised once: opening again changes nothing. */
    world_reopen(world);
    struct tx *tx = world_read(world);
    assert_first_rows(world, tx);
    store_read_end(tx);
}

/* People, what they agreed to, and a case of theirs that the older store already had. */
static int use_people(struct tx *tx, void *arg, struct err *err)
{
    struct subject_row subject = {.id = "s1", .wrapped_key = "key", .wrapped_key_len = 3, .created_usec = 5};
    struct person_row person = {.subject_id = "s1",
                                .id = "u-1",
                                .key64 = 7,
                                .created_usec = 5,
                                .adult_day = INT32_MIN,
                                .destroyed_usec = TIME_NONE};
    const struct person_case_row theirs = {.case_id = "c1", .person = 1, .how = "operator", .leaf = 1};
    const struct objection_row objection = {.case_id = "c2", .person = 1, .purpose = 0, .state = "open", .leaf = 2};
    int rc = store_subject_insert(tx, &subject, err);
    (void)arg;
    rc = rc != 0 ? rc : store_person_insert(tx, &person, err);
    rc = rc != 0 ? rc : store_person_case_insert(tx, &theirs, err);
    rc = rc != 0 ? rc : store_objection_put(tx, &objection, err);
    return rc != 0 || person.serial == 1 ? rc : err_set(err, ERR_DAMAGED, "store_damaged", NULL);
}

static void the_second_version_is_raised(void **state)
{
    struct world *world = *state;
    struct store_options options = {.url = world->url};
    struct person_case_row theirs;
    struct person_row person;
    const char *json;
    struct tx *tx;
    bool found;

    make_second_version(world);
    assert_refused(store_open(&options, &world->store, &world->err), world, ERR_UNAVAILABLE, "store_older");
    world_reopen(world);
    assert_int_equal(world_number(world, "SELECT version FROM schema_version"), migration_count);
    assert_int_equal(world_number(world, "SELECT count(*) FROM case_link WHERE field = 'older'"), 1);
    assert_int_equal(world_number(world, "SELECT count(*) FROM case_key WHERE value = 'b.kz'"), 1);
    assert_int_equal(world_number(world, "SELECT count(*) FROM person"), 0);
    assert_works(world);
    assert_done(world_write(world, use_people, NULL), world);
    world_reopen(world);
    tx = world_read(world);
    assert_first_rows(world, tx);
    assert_done(store_setting_get(tx, "older", &world->arena, &json, &world->err), world);
    assert_string_equal(json, "{\"a\":1}");
    assert_done(store_person_by_id(tx, "u-1", &world->arena, &person, &found, &world->err), world);
    assert_true(found && person.key64 == 7);
    assert_done(store_person_case_get(tx, "c1", &world->arena, &theirs, &found, &world->err), world);
    assert_true(found && theirs.person == 1);
    store_read_end(tx);
    assert_done(store_check(world->store, &world->err), world);
}

/* What stands in its way is taken back with all of it. */
static void a_failed_raise_of_the_second_changes_nothing(void **state)
{
    struct world *world = *state;
    struct store_options options = {.url = world->url, .create = true};

    make_second_version(world);
    assert_true(world_sql(world, "CREATE TABLE import_refusal (id INTEGER)"));
    assert_refused(store_open(&options, &world->store, &world->err), world, ERR_INTERNAL, "store_refused");
    assert_int_equal(world_number(world, "SELECT version FROM schema_version"), 2);
    assert_false(world_sql(world, "SELECT count(*) FROM person"));
    assert_true(world_sql(world, "DROP TABLE import_refusal"));
    world_reopen(world);
    assert_works(world);
}

/* A program that knows fewer versions leaves a store of ours alone; so do we with a store of a newer one. */
static void a_newer_store_is_refused(void **state)
{
    struct world *world = *state;
    assert_true(world_sql(world, "UPDATE schema_version SET version = version + 1"));
    store_close(world->store);
    world->store = NULL;
    struct store_options options = {.url = world->url, .create = true};
    assert_refused(store_open(&options, &world->store, &world->err), world, ERR_UNAVAILABLE, "store_newer");
    assert_int_equal(world_number(world, "SELECT version FROM schema_version"), migration_count + 1);
}

/* A migration that fails in its middle leaves the store of before. */
static void a_failed_raise_changes_nothing(void **state)
{
    struct world *world = *state;
    make_first_version(world);
    assert_true(world_sql(world, "CREATE TABLE calendar_feed (id INTEGER)"));
    struct store_options options = {.url = world->url, .create = true};
    assert_refused(store_open(&options, &world->store, &world->err), world, ERR_INTERNAL, "store_refused");
    assert_int_equal(world_number(world, "SELECT version FROM schema_version"), 1);
    assert_true(world_sql(world, "DROP TABLE calendar_feed"));
    assert_false(world_sql(world, "SELECT count(*) FROM case_link"));
    world_reopen(world);
    assert_works(world);
}

/* A backup of the first version: into a file it is raised on the way; rows of it fit no table of another engine. */
static void a_backup_of_the_first_version_is_restored(void **state)
{
    struct world *world = *state;
    if (world->postgres) {
        struct world file = {.arena = world->arena};
        snprintf(file.folder, sizeof file.folder, "%s", world->folder);
        make_first_version(&file);
        assert_refused(store_restore(file.url, world->url, &world->err), world, ERR_UNAVAILABLE, "store_older");
        world->arena = file.arena;
        return;
    }
    make_first_version(world);
    struct world restored = *world;
    snprintf(restored.url, sizeof restored.url, "%s", world_path(world, "restored.db"));
    assert_done(store_restore(world->url, restored.url, &world->err), world);
    assert_int_equal(world_number(&restored, "SELECT version FROM schema_version"), migration_count);
    struct store_options options = {.url = restored.url};
    assert_done(store_open(&options, &restored.store, &restored.err), &restored);
    assert_works(&restored);
    store_close(restored.store);
    world->arena = restored.arena;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(the_first_version_is_raised),
        WORLD_TEST(the_second_version_is_raised),
        WORLD_TEST(a_failed_raise_of_the_second_changes_nothing),
        WORLD_TEST(a_newer_store_is_refused),
        WORLD_TEST(a_failed_raise_changes_nothing),
        WORLD_TEST(a_backup_of_the_first_version_is_restored),
    };
    return world_run("store migration", tests, sizeof tests / sizeof *tests);
}
