/* Backup while the store serves, and restoring it into either engine. */
#include "store/feed_rows.h"
#include "store/link_rows.h"
#include "store/register_rows.h"
#include "world.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 120 };

static int write_everything(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    struct subject_row subject = {"s1", "key", 3, 5};
    struct account_row account = account_row_of(world, 1);
    struct hash lookup = hash_of(1);
    struct session_row session = {hash_of(2), account.id, 1, 2, 3};
    struct token_row token = {"t1", "robot", account.id, "", hash_of(3), 1, TIME_NONE, 9};
    struct idempotency_row idempotency = {hash_of(4), hash_of(5), "c", 1, 2};
    struct outbox_row message = {"o1", "mail", "act", NULL, 1, "opener", "waiting", 0, 1, 2, TIME_NONE, ""};
    struct ledger_head_row head = {.size = 1, .peak_count = 1};
    char note[] = "note\n";
    head.checkpoint = note;
    head.peaks[0] = hash_of(6);
    int64_t seq;
    int rc = store_subject_insert(tx, &subject, err);
    rc = rc != 0 ? rc : store_subject_lookup_put(tx, &lookup, "s1", err);
    rc = rc != 0 ? rc : store_account_insert(tx, &account, err);
    rc = rc != 0 ? rc : store_session_insert(tx, &session, err);
    rc = rc != 0 ? rc : store_token_insert(tx, &token, err);
    rc = rc != 0 ? rc : store_idempotency_insert(tx, &idempotency, err);
    rc = rc != 0 ? rc : store_outbox_insert(tx, &message, err);
    rc = rc != 0 ? rc : store_setting_put(tx, "mail", "{}", err);
    rc = rc != 0 ? rc : store_ledger_head_set(tx, &head, err);
    rc = rc != 0 ? rc : store_ledger_node_insert(tx, 8, 0, &lookup, err);
    for (int n = 0; n < ROWS && rc == 0; n++) {
        struct case_row row = case_row_of(world, n);
        struct clock_row clock = clock_row_of(world, n, "answer");
        struct event_row event = event_row_of(world, n);
        struct attachment_row attachment = {.id = row.id,
                                            .case_id = row.id,
                                            .leaf = n,
                                            .type = "image/png",
                                            .size_bytes = 3,
                                            .commitment = hash_of(n),
                                            .sealed = "a\0b",
                                            .sealed_len = 3};
        row.subject_id = "s1";
        row.sealed = "\0x";
        row.sealed_len = 2;
        rc = store_case_next_seq(tx, "complaint", 2026, &seq, err);
        rc = rc != 0 ? rc : store_case_insert(tx, &row, err);
        rc = rc != 0 ? rc : store_clock_put(tx, &clock, err);
        rc = rc != 0 ? rc : store_event_insert(tx, &event, err);
        rc = rc != 0 ? rc : store_attachment_insert(tx, &attachment, err);
        struct case_link_row link = {row.id, id_of(world, 0), "basis", n};
        struct case_key_row key = {"platform", "a.kz", row.id};
        struct register_row entry = {"some",
                                     row.id,
                                     row.number,
                                     row.state,
                                     n,
                                     n % 2 ? TIME_NONE : n,
                                     "{\"a\":\"ә\"}",
                                     n % 3 ? "жаңа сайт" : "сайт ескі"};
        rc = rc != 0 ? rc : store_link_put(tx, &link, err);
        rc = rc != 0 ? rc : store_key_put(tx, &key, err);
        rc = rc != 0 ? rc : store_register_put(tx, &entry, err);
    }
    struct feed_row feed = {account.id, hash_of(7), 8};
    return rc != 0 ? rc : store_feed_put(tx, &feed, err);
}

static const char *const table_names[] = {
    "case_link", "case_key", "register", "register_entry", "calendar_feed", "subject",     "subject_lookup",
    "case_file", "case_seq", "basis",    "clock",          "attachment",    "idempotency", "account",
    "session",   "token",    "setting",  "outbox",         "ledger_head",   "ledger_node", "event"};

static void assert_same_counts(struct world *a, struct world *b)
{
    for (size_t i = 0; i < sizeof table_names / sizeof *table_names; i++) {
        char statement[128];
        snprintf(statement, sizeof statement, "SELECT count(*) FROM %s", table_names[i]);
        int64_t here = world_number(a, statement), there = world_number(b, statement);
        assert_true(here > 0);
        assert_int_equal(here, there);
    }
}

static int read_case_5(struct world *world, struct case_row *ret)
{
    struct store *store = NULL;
    struct store_options options = {.url = world->url};
    assert_done(store_open(&options, &store, &world->err), world);
    struct tx *tx = NULL;
    assert_done(store_read_begin(store, &tx, &world->err), world);
    int rc = store_case_get(tx, id_of(world, 5), &world->arena, ret, &world->err);
    struct event_row event;
    if (rc == 0)
        rc = store_event_get(tx, 5, &world->arena, &event, &world->err);
    struct hash wanted = hash_of(5);
    if (rc == 0)
        assert_memory_equal(&event.leaf_hash, &wanted, sizeof wanted);
    struct ledger_head_row head;
    if (rc == 0)
        rc = store_ledger_head_get(tx, &world->arena, &head, &world->err);
    /* The register is found by its words, though these were not copied. */
    struct register_filter filter = {.reg = "some", .which = REGISTER_STANDING, .words = "сайт ес", .limit = 500};
    struct register_row *rows = NULL;
    size_t count = 0;
    const char *cursor;
    if (rc == 0)
        rc = store_register_list(tx, &filter, &world->arena, &rows, &count, &cursor, &world->err);
    assert_int_equal(count, ROWS / 6);
    assert_string_equal(rows[0].values, "{\"a\":\"ә\"}");
    int64_t standing = 0, left = 0;
    if (rc == 0)
        rc = store_register_figures(tx, "some", &standing, &left, &world->err);
    assert_true(standing == ROWS / 2 && left == ROWS / 2);
    if (rc == 0)
        rc = store_key_count(tx, "platform", "a.kz", "complaint", 0, INT64_MAX, NULL, 0, &standing, &world->err);
    assert_int_equal(standing, ROWS);
    store_read_end(tx);
    if (rc == 0)
        rc = store_check(store, &world->err);
    store_close(store);
    return rc;
}

static void a_backup_restores_into_both_engines(void **state)
{
    struct world *world = *state;
    assert_done(world_write(world, write_everything, world), world);
    const char *path = world_path(world, "backup.db");
    assert_done(store_backup(world->store, path, &world->err), world);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_refused(store_backup(world->store, path, &world->err), world, ERR_CONFLICT, "store_backup_exists");
    /* Nothing beside it. */
    assert_int_equal(access(world_path(world, "backup.db-wal"), F_OK), -1);

    struct world file = {.arena = world->arena};
    snprintf(file.url, sizeof file.url, "%s", world_path(world, "restored.db"));
    assert_done(store_restore(path, file.url, &world->err), world);
    assert_same_counts(world, &file);
    struct case_row row;
    assert_done(read_case_5(&file, &row), &file);
    assert_string_equal(row.subject_id, "s1");
    assert_memory_equal(row.sealed, "\0x", 2);
    assert_string_equal(row.number, "Ш-2026-000005");
    world->arena = file.arena;

    /* Where there are events, nothing is overwritten; not in a file either. */
    assert_refused(store_restore(path, file.url, &world->err), world, ERR_CONFLICT, "store_not_empty");
    assert_refused(store_restore(path, world->url, &world->err), world, ERR_CONFLICT, "store_not_empty");

    /* Into the engine it came from, emptied but made: the store is served on. */
    world_fresh(world);
    assert_int_equal(world_number(world, "SELECT count(*) FROM event"), 0);
    store_close(world->store);
    world->store = NULL;
    assert_done(store_restore(path, world->url, &world->err), world);
    assert_same_counts(world, &file);
    assert_done(read_case_5(world, &row), world);
    world_reopen(world);
    assert_done(store_check(world->store, &world->err), world);
    struct case_row next = case_row_of(world, 9999);
    add_case(world, &next);
    assert_false(world_sql(world, "DELETE FROM event"));
}

static _Atomic bool stop;

static void *write_on(void *arg)
{
    struct world *world = arg;
    for (int n = 1000; !stop; n++) {
        struct world own = {.store = world->store};
        arena_init(&own.arena, 65536);
        struct case_row row = case_row_of(&own, n);
        if (world_write(&own, insert_case, &row) != 0)
            return (void *)1;
        arena_done(&own.arena);
    }
    return NULL;
}

static void a_backup_is_one_moment_while_others_write(void **state)
{
    struct world *world = *state;
    assert_done(world_write(world, write_everything, world), world);
    stop = false;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_on, world), 0);
    for (int i = 0; i < 3; i++) {
        struct world copy = {.arena = world->arena};
        char name[32];
        snprintf(name, sizeof name, "backup%d.db", i);
        snprintf(copy.url, sizeof copy.url, "%s/%s", world->folder, name);
        int rc = store_backup(world->store, copy.url, &world->err);
        if (rc != 0)
            stop = true;
        assert_done(rc, world);
        int64_t cases = world_number(&copy, "SELECT count(*) FROM case_file");
        /* Without a hole: a prefix of what was written. */
        assert_int_equal(world_number(&copy, "SELECT max(serial) FROM case_file"), cases);
        assert_true(cases >= ROWS);
        struct store *store = NULL;
        struct store_options options = {.url = copy.url};
        assert_done(store_open(&options, &store, &world->err), world);
        assert_done(store_check(store, &world->err), world);
        store_close(store);
    }
    stop = true;
    void *result;
    pthread_join(thread, &result);
    assert_null(result);
}

/* Simply put where the store was: the writer goes on while others read. */
static void a_backup_can_take_the_stores_place(void **state)
{
    struct world *world = *state;
    assert_done(world_write(world, write_everything, world), world);
    struct world there = *world;
    there.postgres = false;
    snprintf(there.url, sizeof there.url, "%s", world_path(world, "place.db"));
    assert_done(store_backup(world->store, there.url, &world->err), world);
    struct store_options options = {.url = there.url};
    assert_done(store_open(&options, &there.store, &there.err), &there);
    struct tx *tx = world_read(&there);
    struct case_row row;
    assert_done(store_case_get(tx, id_of(world, 5), &world->arena, &row, &there.err), &there);
    assert_done(store_probe(there.store, 7, &there.err), &there);
    store_read_end(tx);
    store_close(there.store);
}

static void what_is_no_backup_is_refused(void **state)
{
    struct world *world = *state;
    const char *path = world_path(world, "x.db"), *target = world_path(world, "target.db");
    assert_refused(store_restore(path, target, &world->err), world, ERR_UNAVAILABLE, "store_missing");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("this is not a backup\n", file);
    fclose(file);
    assert_refused(store_restore(path, target, &world->err), world, ERR_DAMAGED, "store_damaged");
    unlink(path);
    struct world other = {0};
    strcpy(other.url, path);
    assert_true(world_sql(&other, "CREATE TABLE bookmark (url TEXT)"));
    assert_refused(store_restore(path, target, &world->err), world, ERR_BAD_INPUT, "store_foreign");
    assert_int_equal(access(target, F_OK), -1);
    /* A damaged one: found before anything is written. */
    assert_done(world_write(world, write_everything, world), world);
    const char *backup = world_path(world, "backup.db");
    assert_done(store_backup(world->store, backup, &world->err), world);
    file = fopen(backup, "r+");
    assert_non_null(file);
    for (long at = 45 * 4096 + 50; at < 90 * 4096; at += 4096) {
        fseek(file, at, SEEK_SET);
        fputs("\xff\xff\xff\xff\xff\xff\xff\xff damaged", file);
    }
    fclose(file);
    assert_refused(store_restore(backup, target, &world->err), world, ERR_DAMAGED, "store_damaged");
    assert_int_equal(access(target, F_OK), -1);
    assert_refused(store_backup(world->store, "/nowhere/backup.db", &world->err), world, ERR_UNAVAILABLE,
                   "store_missing");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(a_backup_restores_into_both_engines),
        WORLD_TEST(a_backup_is_one_moment_while_others_write),
        WORLD_TEST(a_backup_can_take_the_stores_place),
        WORLD_TEST(what_is_no_backup_is_refused),
    };
    return world_run("store copy", tests, sizeof tests / sizeof *tests);
}
