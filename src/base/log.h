/* The log: one line an event on standard error, in logfmt, made to be read by a journal.
 *
 *   time=2026-04-09T18:59:59.123456Z level=info msg="served" method=POST status=201
 *
 * Only web, jobs and cli write it; library rooms return errors instead. Never a personal value: no names, addresses,
 * texts of a case, identifiers of a person, codes, tokens or query strings. */
#ifndef TALAP_BASE_LOG_H
#define TALAP_BASE_LOG_H

#include "base/buf.h"
#include "base/err.h"
#include <stdarg.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/* Lines below the level are dropped; LOG_LEVEL_INFO until set. Call before threads start. */
void log_set_level(enum log_level level);
/* Writes one line with a single write(2). After the message come pairs of texts, key and value, ended by a NULL key; a
 * NULL value is written as "". Longer than 4 KiB is cut. Thread-safe. */
void log_line(enum log_level level, const char *message, ...) __attribute__((sentinel));
/* A line for an error: its kind's HTTP status, code, arg and detail, under the message. */
void log_err(enum log_level level, const char *message, const struct err *err);
/* The line itself, for tests: appended to `out` with its newline. */
void log_format(struct buf *out, int64_t at_usec, enum log_level level, const char *message, va_list pairs);

#endif
