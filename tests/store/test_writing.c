/* How commands are written: in groups, each whole or not at all, told only when durable; and that service resumes. */
#include "world.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- Groups: a first command holds the writer until the others are queued ----------------------------------------- */

struct job {
    struct store_command command;
    struct world *world;
    int n;
    bool fail, finished;
    int calls;
    struct err err;
    int64_t seq, state_seen;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static int finished;

static int run_gate(struct tx *tx, struct store_command *command, struct err *err)
{
    pthread_mutex_lock(&turn);
    while (!gate_open)
        pthread_cond_wait(&changed, &turn);
    pthread_mutex_unlock(&turn);
    return 0;
}

static void job_done(struct store_command *command, const struct err *err)
{
    struct job *job = (struct job *)command;
    pthread_mutex_lock(&turn);
    job->calls++;
    job->finished = true;
    if (err != NULL)
        job->err = *err;
    finished++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&turn);
}

/* A case with its number, its event taken from the hook's state: what a real command does. */
static int run_job(struct tx *tx, struct store_command *command, struct err *err)
{
    struct job *job = (struct job *)command;
    assert_true(tx_is_write(tx));
    int64_t *state = tx_state(tx);
    if (state != NULL)
        job->state_seen = state[0]++;
    int rc = store_case_next_seq(tx, "complaint", 2026, &job->seq, err);
    if (rc != 0)
        return rc;
    struct arena arena;
    arena_init(&arena, 65536);
    struct world own = {.arena = arena};
    struct case_row row = case_row_of(&own, job->n);
    row.number = arena_printf(&own.arena, "N-%lld", (long long)job->seq);
    rc = store_case_insert(tx, &row, err);
    arena_done(&own.arena);
    if (rc == 0 && job->fail)
        rc = err_set(err, ERR_CONFLICT, "act_not_now", NULL);
    return rc;
}

/* Submits all jobs while the writer is held, so that they form one group, and waits for them. */
static void run_as_group(struct world *world, struct job *jobs, int count)
{
    struct job gate = {.command = {.run = run_gate, .done = job_done}};
    pthread_mutex_lock(&turn);
    gate_open = false;
    finished = 0;
    pthread_mutex_unlock(&turn);
    assert_done(store_submit(world->store, &gate.command, &world->err), world);
    for (;;) { /* until a writer has it */
        struct store_figures figures;
        store_figures(world->store, &figures);
        if (figures.queued == 0)
            break;
        usleep(1000);
    }
    for (int i = 0; i < count; i++)
        assert_done(store_submit(world->store, &jobs[i].command, &world->err), world);
    pthread_mutex_lock(&turn);
    gate_open = true;
    pthread_cond_broadcast(&changed);
    while (finished < count + 1)
        pthread_cond_wait(&changed, &turn);
    pthread_mutex_unlock(&turn);
}

static struct job job_of(struct world *world, int n, bool fail)
{
    return (struct job){.command = {.run = run_job, .done = job_done}, .world = world, .n = n, .fail = fail};
}

static void one_command_fails_alone(void **state)
{
    struct world *world = *state;
    enum { COUNT = 20 };
    struct job jobs[COUNT];
    for (int i = 0; i < COUNT; i++)
        jobs[i] = job_of(world, i, i % 3 == 1);
    jobs[9].n = jobs[8].n; /* the same id: refused by the engine in the middle of a group */
    run_as_group(world, jobs, COUNT);
    int64_t expected = 1;
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(jobs[i].calls, 1);
        if (i == 9) {
            assert_string_equal(jobs[i].err.code, "store_refused");
        } else if (jobs[i].fail) {
            assert_string_equal(jobs[i].err.code, "act_not_now");
        } else {
            assert_int_equal(jobs[i].err.kind, ERR_NONE);
            if (!world->postgres) /* there, several writers share them out */
                assert_int_equal(jobs[i].seq, expected);
            expected++;
        }
    }
    assert_int_equal(world_number(world, "SELECT count(*) FROM case_file"), expected - 1);
    assert_int_equal(world_number(world, "SELECT newest FROM case_seq"), expected - 1);
    struct store_figures figures;
    store_figures(world->store, &figures);
    assert_int_equal(figures.commands, COUNT + 1);
    assert_int_equal(figures.failures, 8);
    if (!world->postgres)
        assert_int_equal(figures.groups, 2);
}

/* --- Hooks -------------------------------------------------------------------------------------------------------- */

static _Atomic int begins, commits, committed;
static _Atomic int64_t commit_state;
static _Atomic bool refuse_begin, refuse_commit;

static int hook_begin(struct tx *tx, void *state, void *arg, struct err *err)
{
    begins++;
    assert_string_equal(arg, "ledger");
    assert_int_equal(*(int64_t *)state, 0);
    *(int64_t *)state = 100;
    return refuse_begin ? err_set(err, ERR_DAMAGED, "store_damaged", NULL) : 0;
}

static int hook_commit(struct tx *tx, void *state, void *arg, struct err *err)
{
    commits++;
    commit_state = *(int64_t *)state;
    return refuse_commit ? err_set(err, ERR_INTERNAL, "store_refused", NULL) : 0;
}

static void hook_committed(const void *state, void *arg)
{
    committed++;
    assert_int_equal(*(const int64_t *)state, commit_state);
}

static void set_hooks(struct world *world)
{
    begins = commits = committed = 0;
    refuse_begin = refuse_commit = false;
    static char name[] = "ledger";
    struct store_hooks hooks = {name, 16, hook_begin, hook_commit, hook_committed};
    store_set_hooks(world->store, &hooks);
}

static void state_goes_back_with_its_savepoint(void **state)
{
    struct world *world = *state;
    /* One writer, so that all are in one group on PostgreSQL, too. */
    store_close(world->store);
    struct store_options options = {.url = world->url, .create = true, .writers = 1};
    assert_done(store_open(&options, &world->store, &world->err), world);
    set_hooks(world);
    struct job jobs[4];
    for (int i = 0; i < 4; i++)
        jobs[i] = job_of(world, i, i == 1);
    run_as_group(world, jobs, 4);
    assert_true(begins >= 2); /* the gate's, and theirs, perhaps run again */
    assert_int_equal(commits, 2);
    assert_int_equal(committed, 2);
    assert_int_equal(jobs[0].state_seen, 100);
    assert_int_equal(jobs[1].state_seen, 101); /* failed: taken back */
    assert_int_equal(jobs[2].state_seen, 101);
    assert_int_equal(jobs[3].state_seen, 102);
    assert_int_equal(commit_state, 103);
    /* A transaction in which nothing succeeded commits nothing. */
    struct job failing = job_of(world, 10, true);
    run_as_group(world, &failing, 1);
    assert_int_equal(commits, 3);
}

static void a_failing_hook_fails_the_group(void **state)
{
    struct world *world = *state;
    set_hooks(world);
    refuse_commit = true;
    struct case_row row = case_row_of(world, 1);
    assert_refused(world_write(world, insert_case, &row), world, ERR_INTERNAL, "store_refused");
    refuse_commit = false;
    refuse_begin = true;
    assert_refused(world_write(world, insert_case, &row), world, ERR_DAMAGED, "store_damaged");
    refuse_begin = false;
    assert_int_equal(committed, 0);
    assert_int_equal(world_number(world, "SELECT count(*) FROM case_file"), 0);
    add_case(world, &row);
    assert_int_equal(committed, 1);
}

/* --- Many threads ------------------------------------------------------------------------------------------------- */

enum { THREADS = 8, EACH = 250 };

static void *submit_many(void *arg)
{
    struct job *jobs = arg;
    for (int i = 0; i < EACH; i++) {
        struct err err = {0};
        while (store_submit(jobs[i].world->store, &jobs[i].command, &err) != 0)
            usleep(100);
        if (i % 50 == 0) { /* and read in between */
            struct tx *tx = NULL;
            int64_t count;
            struct case_filter all = {.due_from_usec = TIME_NONE,
                                      .due_before_usec = TIME_NONE,
                                      .overdue_at_usec = TIME_NONE,
                                      .opened_from_usec = TIME_NONE,
                                      .opened_before_usec = TIME_NONE};
            if (store_read_begin(jobs[i].world->store, &tx, &err) != 0 || store_case_count(tx, &all, &count, &err) != 0)
                jobs[i].calls = 100;
            store_read_end(tx);
        }
    }
    return NULL;
}

static void two_thousand_commands_of_eight_threads(void **state)
{
    struct world *world = *state;
    struct job *jobs = calloc(THREADS * EACH, sizeof *jobs);
    assert_non_null(jobs);
    for (int i = 0; i < THREADS * EACH; i++)
        jobs[i] = job_of(world, i, i % 10 == 3);
    finished = 0;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &jobs[i * EACH]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_lock(&turn);
    while (finished < THREADS * EACH)
        pthread_cond_wait(&changed, &turn);
    pthread_mutex_unlock(&turn);
    int good = 0;
    bool *taken = calloc(THREADS * EACH + 1, sizeof *taken);
    assert_non_null(taken);
    for (int i = 0; i < THREADS * EACH; i++) {
        assert_int_equal(jobs[i].calls, 1);
        if (jobs[i].fail) {
            assert_string_equal(jobs[i].err.code, "act_not_now");
            continue;
        }
        assert_int_equal(jobs[i].err.kind, ERR_NONE);
        assert_in_range(jobs[i].seq, 1, THREADS * EACH);
        assert_false(taken[jobs[i].seq]); /* each number once */
        taken[jobs[i].seq] = true;
        good++;
    }
    for (int i = 1; i <= good; i++)
        assert_true(taken[i]); /* and without gaps */
    assert_int_equal(world_number(world, "SELECT count(*) FROM case_file"), good);
    free(taken);
    free(jobs);
}

static void a_full_queue_refuses(void **state)
{
    struct world *world = *state;
    store_close(world->store);
    struct store_options options = {.url = world->url, .create = true, .queue_max = 2, .writers = 1};
    assert_done(store_open(&options, &world->store, &world->err), world);
    struct job gate = {.command = {.run = run_gate, .done = job_done}};
    struct job jobs[3] = {job_of(world, 1, false), job_of(world, 2, false), job_of(world, 3, false)};
    pthread_mutex_lock(&turn);
    gate_open = false;
    finished = 0;
    pthread_mutex_unlock(&turn);
    assert_done(store_submit(world->store, &gate.command, &world->err), world);
    struct store_figures figures;
    do
        store_figures(world->store, &figures);
    while (figures.queued > 0);
    assert_done(store_submit(world->store, &jobs[0].command, &world->err), world);
    assert_done(store_submit(world->store, &jobs[1].command, &world->err), world);
    assert_refused(store_submit(world->store, &jobs[2].command, &world->err), world, ERR_UNAVAILABLE, "store_busy");
    pthread_mutex_lock(&turn);
    gate_open = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&turn);
    store_close(world->store); /* finishes what is queued */
    world->store = NULL;
    assert_true(jobs[0].calls == 1 && jobs[1].calls == 1 && jobs[2].calls == 0);
    assert_int_equal(world_number(world, "SELECT count(*) FROM case_file"), 2);
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static void a_read_is_a_snapshot(void **state)
{
    struct world *world = *state;
    struct case_row first = case_row_of(world, 1), second = case_row_of(world, 2), got;
    add_case(world, &first);
    struct tx *tx = world_read(world);
    assert_false(tx_is_write(tx));
    add_case(world, &second); /* after the begin: not seen, though nothing was read yet */
    assert_int_equal(store_case_get(tx, second.id, &world->arena, &got, NULL), -ERR_NOT_FOUND);
    assert_done(store_case_get(tx, first.id, &world->arena, &got, &world->err), world);
    store_read_end(tx);
    tx = world_read(world);
    assert_done(store_case_get(tx, second.id, &world->arena, &got, &world->err), world);
    /* A reader cannot write. */
    assert_int_not_equal(store_case_insert(tx, &second, &world->err), 0);
    store_read_end(tx);
    tx = world_read(world);
    assert_done(store_case_get(tx, second.id, &world->arena, &got, &world->err), world);
    store_read_end(tx);
}

/* --- Bad luck ----------------------------------------------------------------------------------------------------- */

static void killed_in_the_middle_nothing_acknowledged_is_lost(void **state)
{
    struct world *world = *state;
    store_close(world->store);
    world->store = NULL;
    int acknowledged[2];
    assert_int_equal(pipe(acknowledged), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store_options options = {.url = world->url, .create = true};
        if (store_open(&options, &world->store, &world->err) != 0)
            _exit(1);
        for (int n = 0;; n++) {
            struct case_row row = case_row_of(world, n);
            if (world_write(world, insert_case, &row) != 0 || write(acknowledged[1], &n, sizeof n) != sizeof n)
                _exit(1);
        }
    }
    close(acknowledged[1]);
    int n, last = -1;
    while (last < 50 && read(acknowledged[0], &n, sizeof n) == sizeof n)
        last = n;
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, 0);
    while (read(acknowledged[0], &n, sizeof n) == sizeof n)
        last = n;
    close(acknowledged[0]);
    assert_true(WIFSIGNALED(status) && last >= 50);
    world_reopen(world);
    assert_done(store_check(world->store, &world->err), world);
    CLEANUP_READ struct tx *tx = world_read(world);
    struct case_row got;
    for (int i = 0; i <= last; i++)
        assert_done(store_case_get(tx, id_of(world, i), &world->arena, &got, &world->err), world);
}

static void a_broken_connection_is_made_anew(void **state)
{
    struct world *world = *state;
    if (!world->postgres)
        return;
    struct case_row first = case_row_of(world, 1), second = case_row_of(world, 2), got;
    add_case(world, &first);
    store_read_end(world_read(world));
    world_number(world, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                        "AND application_name = 'talap'");
    add_case(world, &second);
    CLEANUP_READ struct tx *tx = world_read(world);
    assert_done(store_case_get(tx, second.id, &world->arena, &got, &world->err), world);
    struct store_figures figures;
    store_figures(world->store, &figures);
    assert_int_equal(figures.failures, 0);
}

static void a_locked_store_says_so_and_resumes(void **state)
{
    struct world *world = *state;
    if (world->postgres)
        return; /* the lock's patience there is longer than a test's */
    struct case_row row = case_row_of(world, 1);
    int ready[2], leave[2];
    assert_true(pipe(ready) == 0 && pipe(leave) == 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *command =
            arena_printf(&world->arena, "(echo 'BEGIN IMMEDIATE; SELECT 1;'; cat <&%d) | sqlite3 %s | head -c 1 >&%d",
                         leave[0], world->url, ready[1]);
        close(leave[1]);
        close(ready[0]);
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(1);
    }
    close(leave[0]);
    close(ready[1]);
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_refused(world_write(world, insert_case, &row), world, ERR_UNAVAILABLE, "store_locked");
    assert_refused(store_probe(world->store, 5, &world->err), world, ERR_UNAVAILABLE, "store_locked");
    store_read_end(world_read(world)); /* reading goes on */
    close(leave[1]);
    waitpid(child, NULL, 0);
    close(ready[0]);
    add_case(world, &row);
    assert_done(store_probe(world->store, 5, &world->err), world);
}

static void the_probe_writes(void **state)
{
    struct world *world = *state;
    assert_done(store_probe(world->store, 77, &world->err), world);
    assert_int_equal(world_number(world, "SELECT at_usec FROM heartbeat"), 77);
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

static int open_again(struct world *world, const char *url, bool create)
{
    store_close(world->store);
    world->store = NULL;
    struct store_options options = {.url = url, .create = create};
    err_clear(&world->err);
    return store_open(&options, &world->store, &world->err);
}

static void opening(void **state)
{
    struct world *world = *state;
    assert_string_equal(store_engine_name(world->store), world->postgres ? "postgres" : "sqlite");
    assert_done(open_again(world, world->url, false), world);
    if (!world->postgres) {
        assert_done(open_again(world, arena_printf(&world->arena, "sqlite:%s", world->url), false), world);
        struct stat status;
        assert_int_equal(stat(world->url, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_refused(open_again(world, world_path(world, "none.db"), false), world, ERR_UNAVAILABLE, "store_missing");
        assert_refused(open_again(world, world_path(world, "none/none.db"), true), world, ERR_UNAVAILABLE,
                       "store_missing");
    } else {
        assert_refused(open_again(world, "postgres:///talap?host=/nowhere", true), world, ERR_UNAVAILABLE,
                       "store_unreachable");
    }
    assert_refused(open_again(world, "mysql://x/y", true), world, ERR_BAD_INPUT, "store_url");
    assert_refused(open_again(world, "", true), world, ERR_BAD_INPUT, "store_url");
    assert_true(world_sql(world, "UPDATE schema_version SET version = 999"));
    assert_refused(open_again(world, world->url, true), world, ERR_UNAVAILABLE, "store_newer");
    assert_refused(open_again(world, world->url, false), world, ERR_UNAVAILABLE, "store_newer");
}

static void a_file_of_another_program_is_refused(void **state)
{
    struct world *world = *state;
    if (world->postgres)
        return;
    const char *other = world_path(world, "other.db");
    struct world hand = {0};
    strcpy(hand.url, other);
    assert_true(world_sql(&hand, "CREATE TABLE bookmark (url TEXT)"));
    assert_refused(open_again(world, other, true), world, ERR_BAD_INPUT, "store_foreign");
    const char *text = world_path(world, "text.db");
    FILE *file = fopen(text, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("this is not a store\n", file);
    fclose(file);
    assert_refused(open_again(world, text, true), world, ERR_DAMAGED, "store_damaged");
}

static void damage_is_found(void **state)
{
    struct world *world = *state;
    if (world->postgres)
        return;
    for (int n = 0; n < 300; n++) {
        struct case_row row = case_row_of(world, n);
        add_case(world, &row);
    }
    assert_done(store_check(world->store, &world->err), world);
    store_close(world->store);
    world->store = NULL;
    FILE *file = fopen(world->url, "r+");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    for (long at = 40 * 4096 + 100; at < size; at += 4096) {
        fseek(file, at, SEEK_SET);
        fputs("\xff\xff\xff\xff\xff\xff\xff\xff damaged", file);
    }
    fclose(file);
    struct store_options options = {.url = world->url};
    int rc = store_open(&options, &world->store, &world->err);
    if (rc == 0)
        rc = store_check(world->store, &world->err);
    assert_refused(rc, world, ERR_DAMAGED, "store_damaged");
}

/* The serving role of an installation does not own its tables: the server only warns, and nothing is compacted. */
static void compaction_that_is_skipped_is_told(void **state)
{
    struct world *world = *state;
    struct store_compaction done = {.skipped = true};
    assert_done(store_compact(world->store, NULL, 0, &done, &world->err), world);
    assert_false(done.skipped);
    assert_true(done.whole);
    if (!world->postgres)
        return;
    world_sql(world, "CREATE ROLE talap_serves LOGIN"); /* a role outlives the schema */
    assert_true(world_sql(world, "GRANT USAGE ON SCHEMA public TO talap_serves"));
    assert_true(
        world_sql(world, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO talap_serves"));
    assert_done(open_again(world, arena_printf(&world->arena, "%s&user=talap_serves", world->url), false), world);
    assert_done(store_compact(world->store, NULL, 0, &done, &world->err), world);
    assert_true(done.skipped);
    assert_false(done.whole);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(one_command_fails_alone),
        WORLD_TEST(state_goes_back_with_its_savepoint),
        WORLD_TEST(a_failing_hook_fails_the_group),
        WORLD_TEST(two_thousand_commands_of_eight_threads),
        WORLD_TEST(a_full_queue_refuses),
        WORLD_TEST(a_read_is_a_snapshot),
        WORLD_TEST(killed_in_the_middle_nothing_acknowledged_is_lost),
        WORLD_TEST(a_broken_connection_is_made_anew),
        WORLD_TEST(a_locked_store_says_so_and_resumes),
        WORLD_TEST(the_probe_writes),
        WORLD_TEST(opening),
        WORLD_TEST(compaction_that_is_skipped_is_told),
        WORLD_TEST(a_file_of_another_program_is_refused),
        WORLD_TEST(damage_is_found),
    };
    return world_run("store writing", tests, sizeof tests / sizeof *tests);
}
