/* Counters without locks: every cell is an atomic of its own, and a reader may see a request in one cell and not yet in
 * another, which Prometheus does not mind. */
#include "web/metrics.h"
#include "web/routes.h"
#include <stdatomic.h>
#include <stdlib.h>

/* Each status we answer has a cell of its own; the rest share the last. */
static const unsigned short statuses[] = {200, 201, 204, 206, 303, 304, 400, 401, 403, 404, 405,
                                          408, 409, 412, 413, 415, 416, 422, 429, 500, 503, 0};
#define STATUS_COUNT (sizeof statuses / sizeof statuses[0])

static const struct {
    int64_t usec;
    const char *label;
} bounds[] = {{500, "0.0005"}, {1000, "0.001"}, {2500, "0.0025"}, {5000, "0.005"}, {10000, "0.01"}, {25000, "0.025"},
              {50000, "0.05"}, {100000, "0.1"}, {250000, "0.25"}, {500000, "0.5"}, {1000000, "1"},  {2500000, "2.5"}};
#define BOUND_COUNT (sizeof bounds / sizeof bounds[0])

struct route_cells {
    atomic_uint_fast64_t by_status[STATUS_COUNT];
    atomic_uint_fast64_t by_duration[BOUND_COUNT + 1];
    atomic_uint_fast64_t sum_usec;
};

struct metrics {
    size_t route_count;
    struct route_cells cells[];
};

int metrics_new(size_t count, struct metrics **ret, struct err *err)
{
    struct metrics *metrics = calloc(1, sizeof *metrics + (count + 1) * sizeof metrics->cells[0]);
    if (metrics == NULL)
        return err_memory(err);
    metrics->route_count = count;
    *ret = metrics;
    return 0;
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}

void metrics_count(struct metrics *metrics, size_t route, unsigned status, int64_t took_usec)
{
    struct route_cells *cells = &metrics->cells[route > metrics->route_count ? metrics->route_count : route];
    size_t at = 0, bound = 0;
    while (at < STATUS_COUNT - 1 && statuses[at] != status)
        at++;
    while (bound < BOUND_COUNT && took_usec > bounds[bound].usec)
        bound++;
    atomic_fetch_add_explicit(&cells->by_status[at], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&cells->by_duration[bound], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&cells->sum_usec, (uint64_t)(took_usec < 0 ? 0 : took_usec), memory_order_relaxed);
}

static const char *name_of(size_t route)
{
    return route < route_count ? routes[route].name : "none";
}

void metrics_write(const struct metrics *metrics, struct buf *out)
{
    buf_puts(out, "# HELP talap_http_requests_total Requests answered.\n# TYPE talap_http_requests_total counter\n");
    for (size_t i = 0; i <= metrics->route_count; i++)
        for (size_t s = 0; s < STATUS_COUNT; s++) {
            uint64_t count = atomic_load_explicit(&metrics->cells[i].by_status[s], memory_order_relaxed);
            if (count == 0)
                continue;
            buf_printf(out, "talap_http_requests_total{route=\"%s\",status=\"", name_of(i));
            if (statuses[s] == 0)
                buf_puts(out, "other");
            else
                buf_put_int(out, statuses[s]);
            buf_puts(out, "\"} ");
            buf_put_int(out, (int64_t)count);
            buf_putc(out, '\n');
        }
    buf_puts(out, "# HELP talap_http_request_duration_seconds From the first byte read to the answer queued.\n"
                  "# TYPE talap_http_request_duration_seconds histogram\n");
    for (size_t i = 0; i <= metrics->route_count; i++) {
        const struct route_cells *cells = &metrics->cells[i];
        uint64_t total = 0, until[BOUND_COUNT + 1];
        for (size_t b = 0; b <= BOUND_COUNT; b++)
            until[b] = total += atomic_load_explicit(&cells->by_duration[b], memory_order_relaxed);
        if (total == 0)
            continue;
        for (size_t b = 0; b <= BOUND_COUNT; b++)
            buf_printf(out, "talap_http_request_duration_seconds_bucket{route=\"%s\",le=\"%s\"} %llu\n", name_of(i),
                       b < BOUND_COUNT ? bounds[b].label : "+Inf", (unsigned long long)until[b]);
        uint64_t sum = atomic_load_explicit(&cells->sum_usec, memory_order_relaxed);
        buf_printf(out, "talap_http_request_duration_seconds_sum{route=\"%s\"} %llu.%06llu\n", name_of(i),
                   (unsigned long long)(sum / 1000000), (unsigned long long)(sum % 1000000));
        buf_printf(out, "talap_http_request_duration_seconds_count{route=\"%s\"} %llu\n", name_of(i),
                   (unsigned long long)total);
    }
}
