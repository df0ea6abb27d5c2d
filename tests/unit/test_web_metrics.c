/* Counters of requests, and the threads for slow handlers. */
#include "web/connection.h"
#include "web/metrics.h"
#include "web/routes.h"
#include "web/slow.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static size_t index_of(const char *name)
{
    for (size_t i = 0; i < route_count; i++)
        if (strcmp(routes[i].name, name) == 0)
            return i;
    fail_msg("no route is called %s", name);
    return 0;
}

static void test_counting(void **state)
{
    struct metrics *metrics;
    struct err err;
    struct buf out CLEANUP_BUF;
    buf_init(&out, 1 << 20);
    assert_int_equal(metrics_new(route_count, &metrics, &err), 0);
    size_t healthz = index_of("healthz");
    metrics_count(metrics, healthz, 200, 400);
    metrics_count(metrics, healthz, 200, 500); /* a bound belongs to its own bucket */
    metrics_count(metrics, healthz, 200, 501);
    metrics_count(metrics, healthz, 405, 9000000);
    metrics_count(metrics, healthz, 299, 0);
    metrics_count(metrics, route_count, 404, 1);
    metrics_write(metrics, &out);
    static const char *const lines[] = {
        "talap_http_requests_total{route=\"healthz\",status=\"200\"} 3\n",
        "talap_http_requests_total{route=\"healthz\",status=\"405\"} 1\n",
        "talap_http_requests_total{route=\"healthz\",status=\"other\"} 1\n",
        "talap_http_requests_total{route=\"none\",status=\"404\"} 1\n",
        "talap_http_request_duration_seconds_bucket{route=\"healthz\",le=\"0.0005\"} 3\n",
        "talap_http_request_duration_seconds_bucket{route=\"healthz\",le=\"0.001\"} 4\n",
        "talap_http_request_duration_seconds_bucket{route=\"healthz\",le=\"2.5\"} 4\n",
        "talap_http_request_duration_seconds_bucket{route=\"healthz\",le=\"+Inf\"} 5\n",
        "talap_http_request_duration_seconds_sum{route=\"healthz\"} 9.001401\n",
        "talap_http_request_duration_seconds_count{route=\"healthz\"} 5\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (strstr(out.data, lines[i]) == NULL)
            fail_msg("missing: %s", lines[i]);
    assert_null(strstr(out.data, "route=\"readyz\""));
    metrics_free(metrics);
    metrics_free(NULL);
}

static atomic_int runs, at_once, most_at_once;

static void run(struct connection *connection)
{
    int now = atomic_fetch_add(&at_once, 1) + 1;
    if (now > atomic_load(&most_at_once))
        atomic_store(&most_at_once, now);
    usleep(2000);
    atomic_fetch_sub(&at_once, 1);
    atomic_fetch_add(&runs, 1);
}

static void test_slow_threads(void **state)
{
    struct slow *slow;
    struct err err;
    enum { COUNT = 20 };
    struct connection *connections = calloc(COUNT, sizeof *connections);
    assert_non_null(connections);
    assert_int_equal(slow_start(2, run, &slow, &err), 0);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(slow_submit(slow, &connections[i]));
    slow_stop(slow); /* everything handed over is done first */
    assert_int_equal(runs, COUNT);
    assert_true(most_at_once <= 2);
    free(connections);
    slow_stop(NULL);
}

/* Hands over requests of a route until one is refused; how many were taken. */
static size_t submit_all(struct slow *slow, struct connection *connections, size_t count, const struct route *route)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++)
        connections[i].request.route = route;
    while (taken < count && slow_submit(slow, &connections[taken]))
        taken++;
    return taken;
}

/* A queue that is filled faster than it is emptied takes so many of one route, goes on with others, and is full. */
static void test_a_full_queue(void **state)
{
    struct slow *slow;
    struct err err;
    enum { COUNT = 200, ROUTES = 6 };
    struct connection *connections = calloc((size_t)COUNT * ROUTES, sizeof *connections);
    size_t taken[ROUTES], all = 0;
    assert_non_null(connections);
    assert_int_equal(slow_start(1, run, &slow, &err), 0);
    for (size_t i = 0; i < ROUTES; i++)
        all += taken[i] = submit_all(slow, connections + i * COUNT, COUNT, &routes[i]);
    assert_in_range(taken[0], 16, COUNT / 2);
    assert_in_range(taken[1], 16, COUNT / 2);
    assert_true(taken[ROUTES - 1] < 16);
    assert_in_range(all, 64, 2 * COUNT);
    slow_stop(slow);
    free(connections);
}

/* Names are the operations of the API and the words of the log: each stands for one route. */
static void test_the_table(void **state)
{
    for (size_t i = 0; i < route_count; i++) {
        assert_non_null(routes[i].handler);
        assert_true(routes[i].roles != 0);
        assert_true((routes[i].input == INPUT_NONE) == (routes[i].body_max == 0));
        assert_true(routes[i].method != HTTP_GET || routes[i].input == INPUT_NONE);
        assert_true((routes[i].kind == ROUTE_API) == (routes[i].query != NULL));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(routes[i].name, routes[j].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counting),
        cmocka_unit_test(test_slow_threads),
        cmocka_unit_test(test_a_full_queue),
        cmocka_unit_test(test_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
