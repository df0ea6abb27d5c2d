/* What the server counts while it runs: requests by route and status, and how long they took. */
#ifndef TALAP_WEB_METRICS_H
#define TALAP_WEB_METRICS_H

#include "base/buf.h"

struct metrics;
struct request;

/* Counters for `route_count` routes and one for what found no route. */
int metrics_new(size_t route_count, struct metrics **ret, struct err *err) WARN_UNUSED;
void metrics_free(struct metrics *metrics); /* NULL-safe */
/* Any thread. `route` from 0; route_count for none. */
void metrics_count(struct metrics *metrics, size_t route, unsigned status, int64_t took_usec);
/* The counters in Prometheus' text format, labelled with each route's name and method. */
void metrics_write(const struct metrics *metrics, struct buf *out);
/* The metrics of the server that serves this request, and the requests it is serving at this moment. */
struct metrics *request_metrics(const struct request *request);
int64_t request_active(const struct request *request);

#endif
