/* What a connection of the store refuses whatever statement reaches it. */
#include "store/db.h"
#include "world.h"
#include <string.h>

static bool refuses(struct world *world, struct db *db, const struct sql *sql, bool writer)
{
    int rc = db_run(db_query(db, sql), NULL, &world->err);
    bool refused = rc != 0 && (!writer || strcmp(world->err.code, "store_refused") == 0);
    if (!refused)
        print_error("not refused: %s\n", sql->text);
    return refused;
}

static void every_connection_guards_events_and_schema(void **state)
{
    struct world *world = *state;
    struct event_row event = event_row_of(world, 0);
    add_event(world, &event);
    static const struct sql refused[] = {
        {"UPDATE event SET body = '{}' WHERE leaf = 0"},
        {"DELETE FROM event WHERE leaf = 0"},
        {"DELETE FROM event"},
        {"INSERT INTO event SELECT * FROM event WHERE leaf = 0 ON CONFLICT (leaf) DO UPDATE SET body = '{}'"},
    };
    static const struct sql refused_by_sqlite[] = {
        {"INSERT OR REPLACE INTO event SELECT * FROM event"},
        {"DROP TABLE event"},
        {"DROP TRIGGER event_not_changed"},
        {"ALTER TABLE event RENAME TO other"},
        {"CREATE TABLE other (a INTEGER)"},
        {"CREATE TEMP TRIGGER t BEFORE INSERT ON event BEGIN SELECT 1; END"},
        {"ATTACH DATABASE ':memory:' AS other"},
        {"PRAGMA writable_schema = ON"},
        {"PRAGMA foreign_keys = OFF"},
        {"DELETE FROM sqlite_schema"},
        {"VACUUM"},
        {"SELECT \"no_such_column\""},
    };
    const struct engine *engine;
    const char *url;
    struct db *db;
    assert_done(engine_of(world->url, &engine, &url, &world->err), world);
    for (int writer = 0; writer <= 1; writer++) {
        assert_done(engine->connect(url, false, writer, &db, &world->err), world);
        /* One that reads refuses them as any writing, or as these. */
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
            assert_true(refuses(world, db, &refused[i], writer));
        for (size_t i = 0; !world->postgres && i < sizeof refused_by_sqlite / sizeof *refused_by_sqlite; i++)
            assert_true(refuses(world, db, &refused_by_sqlite[i], writer));
        engine->disconnect(db);
    }
    assert_int_equal(world_number(world, "SELECT count(*) FROM event WHERE body = '{\"n\":0}'"), 1);
}

static void a_statement_cut_short_does_not_run(void **state)
{
    struct world *world = *state;
    const struct engine *engine;
    const char *url;
    struct db *db;
    assert_done(engine_of(world->url, &engine, &url, &world->err), world);
    assert_done(engine->connect(url, false, true, &db, &world->err), world);
    CLEANUP_SQL struct sql_text sql;
    sql_text_init(&sql);
    sql_add(&sql, SQL("DELETE FROM setting WHERE name IN ("));
    for (int i = 0; i < SQL_VALUES_MAX + 1; i++) {
        sql_add_text(&sql, "a");
        sql_add(&sql, i < SQL_VALUES_MAX ? SQL(", ") : SQL(")"));
    }
    assert_refused(db_run(db_query_text(db, &sql, false), NULL, &world->err), world, ERR_INTERNAL, "store_refused");
    engine->disconnect(db);
}

static void values_go_both_ways(void **state)
{
    struct world *world = *state;
    const struct engine *engine;
    const char *url;
    struct db *db;
    assert_done(engine_of(world->url, &engine, &url, &world->err), world);
    assert_done(engine->connect(url, false, true, &db, &world->err), world);
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN + 1, INT64_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        db_query(db, SQL("SELECT CAST($1 AS BIGINT), $2, $3, $4"));
        db_put_int(db, numbers[i]);
        db_put_text(db, "ә'\"\\;--");
        db_put_blob(db, "", 0);
        db_put_time(db, TIME_NONE);
        assert_int_equal(db_step(db, &world->err), 1);
        assert_true(db_int(db, 0) == numbers[i]);
        assert_string_equal(db_text(db, 1, &world->arena), "ә'\"\\;--");
        size_t count = 9;
        assert_non_null(db_blob(db, 2, &world->arena, &count));
        assert_int_equal(count, 0);
        assert_true(db_null(db, 3) && db_time(db, 3) == TIME_NONE);
        db_end(db);
    }
    engine->disconnect(db);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(every_connection_guards_events_and_schema),
        WORLD_TEST(a_statement_cut_short_does_not_run),
        WORLD_TEST(values_go_both_ways),
    };
    return world_run("store guard", tests, sizeof tests / sizeof *tests);
}
