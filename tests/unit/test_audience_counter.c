/* Counting against a naive set: services, days, two months, what a restart and another node find, and closing. */
#include "audience/counter.h"
#include "fixture.h"
#include "store/audience_rows.h"
#include "unit.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LATE_HOUR 6

struct world {
    struct fixture f;
    struct counter *counter;
    int64_t now_usec;
    int32_t today;
};

static void fail_with(const struct err *err)
{
    fail_msg("%s %s %s", err->code, err->arg, err->detail);
}

static struct counter *counter_open(struct world *w)
{
    struct counter *counter;
    struct err err = {0};
    if (counter_new(&w->f.office, LATE_HOUR, w->now_usec, &counter, &err) < 0)
        fail_with(&err);
    return counter;
}

static void at(struct world *w, const char *moment)
{
    w->now_usec = fixture_moment(&w->f, moment);
    w->today = zone_day_of(&w->f.office.catalogue->calendar->zone, w->now_usec);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    fixture_start_empty(&w->f);
    at(w, "2026-04-09T10:00:00+05:00");
    w->counter = counter_open(w);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    counter_free(w->counter);
    fixture_end(&w->f);
    free(w);
    return 0;
}

static uint64_t user(uint64_t n)
{
    uint64_t x = n + UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

struct waiting {
    struct counting counting;
    pthread_mutex_t lock;
    pthread_cond_t told;
    int done;
    struct err err;
};

static void told(struct counting *counting, const struct err *err)
{
    struct waiting *waiting = counting->arg;
    pthread_mutex_lock(&waiting->lock);
    waiting->done++;
    waiting->err = err != NULL ? *err : (struct err){0};
    pthread_cond_signal(&waiting->told);
    pthread_mutex_unlock(&waiting->lock);
}

static void add_begin(struct waiting *waiting, struct counter *counter, const struct visits *visits, int64_t now_usec)
{
    *waiting = (struct waiting){.lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER};
    waiting->counting = (struct counting){.done = told, .arg = waiting};
    counter_add(counter, visits, now_usec, &waiting->counting);
}

static void add_end(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->lock);
    while (waiting->done == 0)
        pthread_cond_wait(&waiting->told, &waiting->lock);
    assert_int_equal(waiting->done, 1);
    pthread_mutex_unlock(&waiting->lock);
}

/* Users from…end of a service on a day; returns how many were new, or fails the test. */
static size_t add(struct world *w, struct counter *counter, int32_t day, const char *service, uint64_t from,
                  uint64_t until)
{
    uint64_t *hashes = malloc((until - from + 1) * sizeof *hashes);
    struct waiting waiting;
    for (uint64_t n = from; n < until; n++)
        hashes[n - from] = user(n);
    add_begin(&waiting, counter, &(struct visits){day, service, hashes, until - from}, w->now_usec);
    add_end(&waiting);
    free(hashes);
    if (waiting.err.kind != ERR_NONE)
        fail_with(&waiting.err);
    return waiting.counting.fresh;
}

static void key_of(struct world *w, struct counter *counter, int32_t day, struct visit_key *ret)
{
    struct err err = {0};
    if (counter_key(counter, day, w->now_usec, ret, &err) < 0)
        fail_with(&err);
}

static void expect_refused(struct world *w, int32_t day, const char *code)
{
    struct visit_key key;
    struct err err = {0};
    struct waiting waiting;
    uint64_t hash = user(1);
    assert_true(counter_key(w->counter, day, w->now_usec, &key, &err) < 0);
    assert_string_equal(err.code, code);
    add_begin(&waiting, w->counter, &(struct visits){day, "", &hash, 1}, w->now_usec);
    add_end(&waiting);
    assert_string_equal(waiting.err.code, code);
}

static void follow(struct world *w, struct counter *counter)
{
    struct tx *tx;
    struct err err = {0};
    if (store_read_begin(w->f.store, &tx, &err) < 0 || counter_follow(counter, tx, &err) < 0)
        fail_with(&err);
    store_read_end(tx);
}

static void users_count_once_a_day_a_month_and_in_all(void **state)
{
    struct world *w = *state;
    struct visit_key key;
    key_of(w, w->counter, w->today, &key);
    assert_int_equal(add(w, w->counter, w->today, "", 0, 30000), 30000);
    assert_int_equal(add(w, w->counter, w->today, "", 10000, 40000), 10000);
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 40000);
    assert_int_equal(add(w, w->counter, w->today, "app", 35000, 50000), 15000);
    assert_int_equal(counter_users_on(w->counter, w->today, "app"), 15000);
    assert_int_equal(counter_users_on(w->counter, w->today, ""), 40000);
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 50000);
    assert_int_equal(counter_users_on(w->counter, w->today, "none"), 0);
    at(w, "2026-04-10T10:00:00+05:00");
    assert_int_equal(add(w, w->counter, w->today, "app", 0, 100), 100);
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 100);
    assert_int_equal(counter_users_in(w->counter, MONTH_OF(2026, 4), NULL), 50000);
    assert_int_equal(counter_users_in(w->counter, MONTH_OF(2026, 4), "app"), 15100);
    assert_int_equal(counter_users_in(w->counter, MONTH_OF(2026, 5), NULL), 0);
}

static void a_restart_finds_the_same_from_chunks_and_from_sets(void **state)
{
    struct world *w = *state;
    struct visit_key key, again;
    struct err err = {0};
    size_t handled = 0;
    key_of(w, w->counter, w->today, &key);
    for (int i = 0; i < 3; i++)
        add(w, w->counter, w->today, i == 1 ? "app" : "", (uint64_t)i * 150000, (uint64_t)i * 150000 + 300000);
    counter_free(w->counter);
    w->counter = counter_open(w);
    key_of(w, w->counter, w->today, &again);
    assert_memory_equal(&key, &again, sizeof key);
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 600000);
    assert_int_equal(counter_users_on(w->counter, w->today, ""), 600000);
    assert_int_equal(counter_users_on(w->counter, w->today, "app"), 300000);
    assert_int_equal(counter_fold(w->counter, w->now_usec, &handled, &err), 0);
    assert_int_equal(handled, 1);
    assert_int_equal(counter_fold(w->counter, w->now_usec, &handled, &err), 0);
    assert_int_equal(handled, 0);
    assert_int_equal(add(w, w->counter, w->today, "app", 0, 1000), 1000);
    counter_free(w->counter);
    w->counter = counter_open(w);
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 600000);
    assert_int_equal(counter_users_on(w->counter, w->today, "app"), 301000);
    assert_int_equal(add(w, w->counter, w->today, "", 0, 600000), 0);
}

static void two_nodes_come_to_the_union(void **state)
{
    struct world *w = *state;
    struct counter *other = counter_open(w);
    struct visit_key key, theirs;
    struct err err = {0};
    size_t handled = 0;
    key_of(w, w->counter, w->today, &key);
    key_of(w, other, w->today, &theirs);
    assert_memory_equal(&key, &theirs, sizeof key);
    add(w, w->counter, w->today, "", 0, 400000);
    add(w, other, w->today, "", 200000, 700000);
    follow(w, w->counter);
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 700000);
    /* What one has put into the sets, the other reads anew. */
    assert_int_equal(counter_fold(w->counter, w->now_usec, &handled, &err), 0);
    assert_int_equal(handled, 1);
    add(w, w->counter, w->today, "b", 0, 10);
    follow(w, other);
    assert_int_equal(counter_users_on(other, w->today, NULL), 700000);
    assert_int_equal(counter_users_on(other, w->today, "b"), 10);
    counter_free(other);
}

static void days_open_and_close_by_the_clock(void **state)
{
    struct world *w = *state;
    struct visit_key key, may;
    key_of(w, w->counter, w->today, &key);
    expect_refused(w, w->today + 1, "day_in_future");
    expect_refused(w, w->today - 1, "day_closed");
    expect_refused(w, w->today - 31, "day_closed");
    at(w, "2026-05-01T05:59:59+05:00");
    key_of(w, w->counter, w->today - 1, &key);
    key_of(w, w->counter, w->today, &may);
    assert_true(memcmp(&key, &may, sizeof key) != 0);
    assert_int_equal(add(w, w->counter, w->today - 1, "", 0, 10), 10);
    assert_int_equal(add(w, w->counter, w->today, "", 0, 20), 20);
    assert_int_equal(counter_users_in(w->counter, MONTH_OF(2026, 4), NULL), 10);
    assert_int_equal(counter_users_in(w->counter, MONTH_OF(2026, 5), NULL), 20);
    at(w, "2026-05-01T06:00:00+05:00");
    expect_refused(w, w->today - 1, "day_closed");
    /* A clock that goes back opens nothing that lies ahead of it. */
    at(w, "2026-04-30T23:00:00+05:00");
    expect_refused(w, w->today + 1, "day_in_future");
}

static void a_service_has_a_plain_name(void **state)
{
    struct world *w = *state;
    struct visit_key key;
    struct waiting waiting;
    uint64_t hash = user(1);
    key_of(w, w->counter, w->today, &key);
    add_begin(&waiting, w->counter, &(struct visits){w->today, "My App", &hash, 1}, w->now_usec);
    add_end(&waiting);
    assert_string_equal(waiting.err.code, "service_name");
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 0);
}

struct closing {
    struct world *w;
    int32_t day;
    bool fails;
    int64_t users;
};

static int close_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct closing *closing = command->arg;
    int r = counter_day_settle(closing->w->counter, tx, err);
    closing->users = counter_users_on(closing->w->counter, closing->day, NULL);
    if (r == 0)
        r = store_audience_figure_insert(
            tx, &(struct audience_figure_row){"day", closing->day, 0, 1, closing->users, 0}, err);
    return r == 0 && closing->fails ? err_set(err, ERR_CONFLICT, "not_now", NULL) : r;
}

static void *add_while_held(void *arg)
{
    struct world *w = arg;
    struct waiting *waiting = calloc(1, sizeof *waiting);
    uint64_t hash = user(77);
    add_begin(waiting, w->counter, &(struct visits){w->today, "", &hash, 1}, w->now_usec);
    add_end(waiting);
    return waiting;
}

static void a_day_is_closed_with_all_that_was_counted(void **state)
{
    struct world *w = *state;
    struct counter *other = counter_open(w);
    struct visit_key key;
    struct err err = {0};
    struct waiting late;
    uint64_t hash = user(5000);
    void *waited;
    pthread_t thread;
    key_of(w, w->counter, w->today, &key);
    key_of(w, other, w->today, &key);
    add(w, w->counter, w->today, "", 0, 1000);
    add(w, other, w->today, "", 500, 2000);
    /* A closing that fails changes nothing, and lines that waited for it go on. */
    struct closing closing = {.w = w, .day = w->today, .fails = true};
    counter_day_hold(w->counter, w->today);
    assert_int_equal(pthread_create(&thread, NULL, add_while_held, w), 0);
    assert_int_equal(store_write(w->f.store, close_run, &closing, &err), -ERR_CONFLICT);
    counter_day_closed(w->counter, w->today, false);
    pthread_join(thread, &waited);
    assert_int_equal(((struct waiting *)waited)->err.kind, ERR_NONE);
    free(waited);
    closing.fails = false;
    counter_day_hold(w->counter, w->today);
    assert_int_equal(pthread_create(&thread, NULL, add_while_held, w), 0);
    assert_int_equal(store_write(w->f.store, close_run, &closing, &err), 0);
    assert_int_equal(closing.users, 2000);
    counter_day_closed(w->counter, w->today, true);
    pthread_join(thread, &waited);
    assert_string_equal(((struct waiting *)waited)->err.code, "day_closed");
    free(waited);
    expect_refused(w, w->today, "day_closed");
    /* The other node does not know yet: what it adds is refused by the store, and forgotten. */
    add_begin(&late, other, &(struct visits){w->today, "", &hash, 1}, w->now_usec);
    add_end(&late);
    assert_string_equal(late.err.code, "day_closed");
    /* Whoever repeats it there finds nobody new, and is not told that all is well. */
    add_begin(&late, other, &(struct visits){w->today, "", &hash, 1}, w->now_usec);
    add_end(&late);
    assert_string_equal(late.err.code, "day_closed");
    follow(w, other);
    assert_int_equal(counter_users_on(other, w->today, NULL), 2000);
    assert_int_equal(counter_users_in(other, MONTH_OF(2026, 4), NULL), 2000);
    counter_free(other);
}

static void *add_many(void *arg)
{
    struct world *w = arg;
    for (uint64_t i = 0; i < 40; i++)
        add(w, w->counter, w->today, i % 3 == 0 ? "app" : "", i * 500, i * 500 + 3000);
    return NULL;
}

static void many_threads_lose_nothing(void **state)
{
    struct world *w = *state;
    struct visit_key key;
    pthread_t threads[4];
    key_of(w, w->counter, w->today, &key);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, w), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 39 * 500 + 3000);
    counter_free(w->counter);
    w->counter = counter_open(w);
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 39 * 500 + 3000);
}

static void a_forgotten_month_is_gone(void **state)
{
    struct world *w = *state;
    struct visit_key key;
    struct counter_figures figures;
    key_of(w, w->counter, w->today, &key);
    add(w, w->counter, w->today, "", 0, 1000);
    counter_figures(w->counter, &figures);
    assert_int_equal(figures.fresh, 1000);
    assert_int_equal(figures.bodies, 1);
    assert_true(figures.bytes > 0 && figures.writes > 0);
    counter_month_forget(w->counter, MONTH_OF(2026, 4));
    counter_figures(w->counter, &figures);
    assert_int_equal(figures.bytes, 0);
    assert_int_equal(counter_users_on(w->counter, w->today, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(users_count_once_a_day_a_month_and_in_all, begin, end),
        cmocka_unit_test_setup_teardown(a_restart_finds_the_same_from_chunks_and_from_sets, begin, end),
        cmocka_unit_test_setup_teardown(two_nodes_come_to_the_union, begin, end),
        cmocka_unit_test_setup_teardown(days_open_and_close_by_the_clock, begin, end),
        cmocka_unit_test_setup_teardown(a_service_has_a_plain_name, begin, end),
        cmocka_unit_test_setup_teardown(a_day_is_closed_with_all_that_was_counted, begin, end),
        cmocka_unit_test_setup_teardown(many_threads_lose_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_forgotten_month_is_gone, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
