/* Unpacking gzip and zstd, window by window.
 *
 * Packed bytes come in pieces; what they unpack to is handed on in windows of at most INFLATE_WINDOW bytes, so that
 * memory stays small whatever comes. All output together is limited: a stream that unpacks to more is refused where it
 * passes the limit, not after. The whole input must be one or more complete members or frames and nothing else. */
#ifndef TALAP_BASE_INFLATE_H
#define TALAP_BASE_INFLATE_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define INFLATE_WINDOW ((size_t)256 * 1024)

enum inflate_format { INFLATE_GZIP, INFLATE_ZSTD };
struct inflate;

/* `limit_bytes`: of all output. `take` is called with each window, never an empty one; what it returns below 0 ends the
 * feeding with that. */
int inflate_new(enum inflate_format format, uint64_t limit_bytes,
                int (*take)(void *arg, const char *bytes, size_t count, struct err *err), void *arg,
                struct inflate **ret, struct err *err) WARN_UNUSED;
void inflate_free(struct inflate *inflate); /* NULL-safe */
/* ERR_MALFORMED "packed_damaged": not of that format, or not whole; ERR_TOO_LARGE "packed_too_large" (arg: the limit in
 * MiB). After an error it is only good for being freed. */
int inflate_feed(struct inflate *inflate, const void *bytes, size_t count, struct err *err) WARN_UNUSED;
/* ERR_MALFORMED "packed_truncated" where the stream is not complete, or nothing came. */
int inflate_end(struct inflate *inflate, struct err *err) WARN_UNUSED;

#endif
