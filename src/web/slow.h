/* Threads for handlers that compute for long (a password's hash, a PDF), so that the HTTP threads stay free: a core's
 * worth of them, and a short queue that says no when it is full. */
#ifndef TALAP_WEB_SLOW_H
#define TALAP_WEB_SLOW_H

#include "base/err.h"
#include <stdbool.h>

struct slow;
struct connection;

/* `run` is called on one of `threads` threads for each connection handed over. */
int slow_start(int threads, void (*run)(struct connection *connection), struct slow **ret, struct err *err) WARN_UNUSED;
/* False when the queue is full, or a quarter of it waits for the same route. */
bool slow_submit(struct slow *slow, struct connection *connection);
/* Ends when the queue is empty. NULL-safe. */
void slow_stop(struct slow *slow);

#endif
