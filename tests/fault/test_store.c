/* A disk that is full, broken or read-only: the store answers "unavailable" with the cause, loses nothing it has
 * acknowledged, keeps nothing it has refused, and serves again by itself. */
#include "../store/world.h"
#include "fault.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void assert_there(struct world *world, int n, bool there)
{
    CLEANUP_READ struct tx *tx = world_read(world);
    struct case_row row;
    int rc = store_case_get(tx, id_of(world, n), &world->arena, &row, &world->err);
    assert_int_equal(rc, there ? 0 : -ERR_NOT_FOUND);
}

static int add_large(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    static char content[300000];
    struct attachment_row row = {.id = "large",
                                 .case_id = id_of(world, 1),
                                 .type = "image/png",
                                 .size_bytes = sizeof content,
                                 .sealed = content,
                                 .sealed_len = sizeof content};
    return store_attachment_insert(tx, &row, err);
}

static void fails_and_resumes(struct world *world, enum fault fault, const char *code)
{
    fault_set(FAULT_NONE, 0, 0);
    struct case_row first = case_row_of(world, 1), second = case_row_of(world, 2), third = case_row_of(world, 3);
    add_case(world, &first);
    fault_set(fault, 0, 0);
    for (int i = 0; i < 3; i++) {
        assert_refused(world_write(world, insert_case, &second), world, ERR_UNAVAILABLE, code);
        assert_refused(store_probe(world->store, 5, &world->err), world, ERR_UNAVAILABLE, code);
        assert_refused(world_write(world, add_large, world), world, ERR_UNAVAILABLE, code);
        assert_there(world, 1, true); /* reading goes on */
        assert_there(world, 2, false);
    }
    assert_true(fault_count() > 0);
    fault_set(FAULT_NONE, 0, 0);
    assert_done(world_write(world, insert_case, &second), world);
    assert_done(world_write(world, add_large, world), world);
    assert_done(store_probe(world->store, 5, &world->err), world);
    assert_done(store_check(world->store, &world->err), world);
    world_reopen(world);
    add_case(world, &third);
    for (int n = 1; n <= 3; n++)
        assert_there(world, n, true);
    assert_done(store_check(world->store, &world->err), world);
}

static void a_full_disk(void **state)
{
    fails_and_resumes(*state, FAULT_FULL, "store_full");
}

static void a_broken_disk(void **state)
{
    fails_and_resumes(*state, FAULT_BROKEN, "store_failed");
}

static void a_disk_that_does_not_flush(void **state)
{
    fails_and_resumes(*state, FAULT_FLUSH, "store_failed");
}

/* The flush fails, so the command is refused, though all its pages stand in the log; then the machine dies. What the
 * next start finds is the file and the log as they are, without the memory that readers and writer share. */
static void what_was_refused_does_not_come_back(struct world *world, int once)
{
    struct case_row first = case_row_of(world, 1), second = case_row_of(world, 2);
    add_case(world, &first);
    fault_set(FAULT_FLUSH, 0, once);
    assert_refused(world_write(world, insert_case, &second), world, ERR_UNAVAILABLE, "store_failed");
    struct world after = *world;
    snprintf(after.url, sizeof after.url, "%s", world_path(world, "after.db"));
    char *copy =
        arena_printf(&world->arena, "cp %s %s && cp %s-wal %s-wal", world->url, after.url, world->url, after.url);
    assert_non_null(copy);
    assert_int_equal(system(copy), 0);
    fault_set(FAULT_NONE, 0, 0);
    struct store_options options = {.url = after.url};
    assert_done(store_open(&options, &after.store, &after.err), &after);
    assert_there(&after, 1, true);
    assert_there(&after, 2, false);
    assert_done(store_check(after.store, &after.err), &after);
    store_close(after.store);
}

static void what_was_refused_does_not_come_back_after_one_failed_flush(void **state)
{
    what_was_refused_does_not_come_back(*state, 1);
}

static void what_was_refused_does_not_come_back_while_no_flush_succeeds(void **state)
{
    what_was_refused_does_not_come_back(*state, 0);
}

static void a_disk_made_read_only(void **state)
{
    fails_and_resumes(*state, FAULT_READ_ONLY, "store_read_only");
}

/* The same with every single write of a run of commands failing once, wherever it falls: in the log, in the file, in
 * the folding of the log. */
static void any_one_write_may_fail(void **state)
{
    struct world *world = *state;
    static const enum fault faults[] = {FAULT_FULL, FAULT_BROKEN, FAULT_FLUSH};
    int n = 0;
    struct case_row parent = case_row_of(world, 1);
    add_case(world, &parent);
    for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
        for (int after = 0; after < 25; after++) {
            fault_set(faults[f], after, 1);
            for (int i = 0; i < 4; i++) {
                n++;
                struct case_row row = case_row_of(world, 1000 + n);
                int rc = world_write(world, insert_case, &row);
                assert_true(rc == 0 || rc == -ERR_UNAVAILABLE);
                assert_there(world, 1000 + n, rc == 0);
                if (rc != 0)
                    assert_done(world_write(world, insert_case, &row), world);
            }
            fault_set(FAULT_NONE, 0, 0);
        }
        assert_done(store_check(world->store, &world->err), world);
    }
    world_reopen(world);
    assert_done(store_check(world->store, &world->err), world);
    assert_int_equal(world_number(world, "SELECT count(*) FROM case_file"), n + 1);
    assert_int_equal(world_number(world, "SELECT max(serial) FROM case_file"), n + 1);
}

static void a_failed_backup_leaves_nothing(void **state)
{
    struct world *world = *state;
    struct case_row row = case_row_of(world, 1);
    add_case(world, &row);
    const char *path = world_path(world, "backup.db");
    fault_set(FAULT_FULL, 10, 0);
    assert_refused(store_backup(world->store, path, &world->err), world, ERR_UNAVAILABLE, "store_full");
    fault_set(FAULT_NONE, 0, 0);
    FILE *listing = popen(arena_printf(&world->arena, "ls %s | grep -c backup", world->folder), "r");
    assert_non_null(listing);
    int left = -1;
    assert_int_equal(fscanf(listing, "%d", &left), 1);
    pclose(listing);
    assert_int_equal(left, 0);
    assert_done(store_backup(world->store, path, &world->err), world);
}

/* Not acted: the kernel itself refuses files to grow. */
static void a_limit_of_the_kernel(void **state)
{
    struct world *world = *state;
    struct case_row first = case_row_of(world, 1), second = case_row_of(world, 2);
    add_case(world, &first);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){.rlim_cur = 200000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int rc = world_write(world, add_large, world);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_refused(rc, world, ERR_UNAVAILABLE, "store_full");
    add_case(world, &second);
    assert_done(world_write(world, add_large, world), world);
    assert_done(store_check(world->store, &world->err), world);
}

int main(void)
{
    fault_register();
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(a_full_disk),
        WORLD_TEST(a_broken_disk),
        WORLD_TEST(a_disk_that_does_not_flush),
        WORLD_TEST(what_was_refused_does_not_come_back_after_one_failed_flush),
        WORLD_TEST(what_was_refused_does_not_come_back_while_no_flush_succeeds),
        WORLD_TEST(a_disk_made_read_only),
        WORLD_TEST(any_one_write_may_fail),
        WORLD_TEST(a_failed_backup_leaves_nothing),
        WORLD_TEST(a_limit_of_the_kernel),
    };
    return world_run_sqlite("faults", tests, sizeof tests / sizeof *tests);
}
