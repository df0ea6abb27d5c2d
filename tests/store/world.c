/* The tests' stores: a file in a temporary folder, or the schema "public" of the PostgreSQL given to us. */
#include "world.h"
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *postgres_url;

bool world_sql(struct world *world, const char *statement)
{
    if (!world->postgres) {
        sqlite3 *handle;
        assert_int_equal(sqlite3_open(world->url, &handle), SQLITE_OK);
        int code = sqlite3_exec(handle, statement, NULL, NULL, NULL);
        sqlite3_close(handle);
        return code == SQLITE_OK;
    }
    PGconn *connection = PQconnectdb(world->url);
    assert_int_equal(PQstatus(connection), CONNECTION_OK);
    PQclear(PQexec(connection, "SET client_min_messages = error"));
    PGresult *result = PQexec(connection, statement);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    PQfinish(connection);
    return good;
}

int64_t world_number(struct world *world, const char *statement)
{
    int64_t number = -1;
    if (!world->postgres) {
        sqlite3 *handle;
        sqlite3_stmt *prepared;
        assert_int_equal(sqlite3_open(world->url, &handle), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(handle, statement, -1, &prepared, NULL), SQLITE_OK);
        if (sqlite3_step(prepared) == SQLITE_ROW)
            number = sqlite3_column_int64(prepared, 0);
        sqlite3_finalize(prepared);
        sqlite3_close(handle);
        return number;
    }
    PGconn *connection = PQconnectdb(world->url);
    PGresult *result = PQexec(connection, statement);
    if (PQntuples(result) > 0)
        number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(connection);
    return number;
}

char *world_path(struct world *world, const char *name)
{
    return arena_printf(&world->arena, "%s/%s", world->folder, name);
}

void world_reopen(struct world *world)
{
    store_close(world->store);
    world->store = NULL;
    struct store_options options = {.url = world->url, .create = true};
    assert_done(store_open(&options, &world->store, &world->err), world);
}

static void empty(struct world *world)
{
    store_close(world->store);
    world->store = NULL;
    if (world->postgres) {
        assert_true(world_sql(world, "DROP SCHEMA public CASCADE"));
        assert_true(world_sql(world, "CREATE SCHEMA public"));
    } else {
        static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
        for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
            unlink(arena_printf(&world->arena, "%s%s", world->url, suffixes[i]));
    }
}

void world_fresh(struct world *world)
{
    empty(world);
    world_reopen(world);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL)
        return -1;
    world->postgres = *state != NULL;
    arena_init(&world->arena, (size_t)256 * 1024 * 1024);
    strcpy(world->folder, "/tmp/talap-store.XXXXXX");
    if (mkdtemp(world->folder) == NULL)
        return -1;
    if (world->postgres)
        snprintf(world->url, sizeof world->url, "%s", postgres_url);
    else
        snprintf(world->url, sizeof world->url, "%s/store.db", world->folder);
    world_fresh(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    store_close(world->store);
    world->store = NULL;
    char *command = arena_printf(&world->arena, "rm -rf %s", world->folder);
    int rc = command == NULL ? -1 : system(command);
    arena_done(&world->arena);
    free(world);
    return rc;
}

static int run_on(const char *group, const struct CMUnitTest *tests, size_t count, bool both)
{
    struct CMUnitTest all[128];
    size_t total = 0;
    static char names[128][96];
    for (int engine = 0; engine <= both; engine++) {
        for (size_t i = 0; i < count; i++) {
            snprintf(names[total], sizeof names[total], "%s: %s", engine ? "postgres" : "sqlite", tests[i].name);
            all[total] = (struct CMUnitTest){names[total], tests[i].test_func, set_up, tear_down,
                                             engine ? (void *)(uintptr_t) "postgres" : NULL};
            total++;
        }
    }
    return _cmocka_run_group_tests(group, all, total, NULL, NULL);
}

int world_run(const char *group, const struct CMUnitTest *tests, size_t count)
{
    postgres_url = getenv("TALAP_TEST_POSTGRES");
    if (postgres_url == NULL || postgres_url[0] == '\0') {
        fprintf(stderr, "TALAP_TEST_POSTGRES is not set: run under tests/pg.sh run, or set it to none by hand\n");
        return 1;
    }
    bool both = strcmp(postgres_url, "none") != 0;
    if (!both)
        print_message("PostgreSQL is left out: TALAP_TEST_POSTGRES=none\n");
    return run_on(group, tests, count, both);
}

int world_run_sqlite(const char *group, const struct CMUnitTest *tests, size_t count)
{
    return run_on(group, tests, count, false);
}

struct one_step {
    step_fn *run;
    void *arg;
};

static int run_step(struct tx *tx, struct store_command *command, struct err *err)
{
    const struct one_step *step = command->arg;
    return step->run(tx, step->arg, err);
}

int world_write(struct world *world, step_fn *run, void *arg)
{
    struct one_step step = {run, arg};
    err_clear(&world->err);
    return store_write(world->store, run_step, &step, &world->err);
}

struct tx *world_read(struct world *world)
{
    struct tx *tx = NULL;
    assert_done(store_read_begin(world->store, &tx, &world->err), world);
    return tx;
}

const char *id_of(struct world *world, int n)
{
    return arena_printf(&world->arena, "018f0000-0000-7000-8000-%012d", n);
}

struct hash hash_of(int n)
{
    return sha256_of(&n, sizeof n, NULL, 0, NULL, 0);
}

struct case_row case_row_of(struct world *world, int n)
{
    return (struct case_row){.id = id_of(world, n),
                             .procedure = "complaint",
                             .number = arena_printf(&world->arena, "Ш-2026-%06d", n),
                             .state = "received",
                             .version = 1,
                             .opened_usec = 1000000 + n,
                             .registered_usec = 1000000 + n,
                             .closed_usec = TIME_NONE,
                             .opener = "public",
                             .lang = "kk",
                             .fields = "{\"about\":\"content\"}",
                             .next_due_usec = 2000000 + n,
                             .next_overdue_usec = 2000000 + n,
                             .last_leaf = n};
}

struct event_row event_row_of(struct world *world, int64_t leaf)
{
    char *body = arena_printf(&world->arena, "{\"n\":%lld}", (long long)leaf);
    return (struct event_row){.leaf = leaf,
                              .at_usec = 1000000 + leaf,
                              .kind = "case.opened",
                              .case_id = id_of(world, (int)leaf),
                              .body = body,
                              .body_len = strlen(body),
                              .leaf_hash = hash_of((int)leaf)};
}

struct clock_row clock_row_of(struct world *world, int n, const char *clock)
{
    return (struct clock_row){.case_id = id_of(world, n),
                              .clock = clock,
                              .norm = "opl.11.3",
                              .norm_from_day = 19610,
                              .starts_usec = 1000000 + n,
                              .due_usec = 2000000 + n,
                              .overdue_usec = 3000000 + n,
                              .state = "running",
                              .stopped_usec = TIME_NONE,
                              .remind_usec = 1500000 + n,
                              .calendar_hash = "aa",
                              .catalogue_hash = "bb"};
}

struct account_row account_row_of(struct world *world, int n)
{
    return (struct account_row){.id = id_of(world, n),
                                .login = arena_printf(&world->arena, "staff%d", n),
                                .name = "Қызметкер",
                                .email = "",
                                .password_hash = "$argon2id$",
                                .roles = "moderator",
                                .lang = "kk",
                                .locked_until_usec = TIME_NONE,
                                .created_usec = 1000000 + n};
}

int insert_case(struct tx *tx, void *arg, struct err *err)
{
    return store_case_insert(tx, arg, err);
}

int insert_event(struct tx *tx, void *arg, struct err *err)
{
    return store_event_insert(tx, arg, err);
}

int put_clock(struct tx *tx, void *arg, struct err *err)
{
    return store_clock_put(tx, arg, err);
}

int insert_account(struct tx *tx, void *arg, struct err *err)
{
    return store_account_insert(tx, arg, err);
}

void add_case(struct world *world, const struct case_row *row)
{
    assert_done(world_write(world, insert_case, (void *)(uintptr_t)row), world);
}

void add_event(struct world *world, const struct event_row *row)
{
    assert_done(world_write(world, insert_event, (void *)(uintptr_t)row), world);
}

void add_clock(struct world *world, const struct clock_row *row)
{
    assert_done(world_write(world, put_clock, (void *)(uintptr_t)row), world);
}
