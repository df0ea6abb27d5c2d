/* JSON read by jansson under our rules: objects with duplicate keys, invalid UTF-8, depth over 64 and trailing bytes
 * are refused with line and column. The writer side is buf.h; canonical output (RFC 8785) is json_canonical. */
#ifndef TALAP_BASE_JSON_H
#define TALAP_BASE_JSON_H

#include "base/buf.h"
#include <jansson.h>

/* Parses exactly one value. The caller json_decref()s `*ret`. ERR_MALFORMED, code "json_malformed", arg "line:column".
 */
int json_parse(const char *bytes, size_t count, json_t **ret, struct err *err) WARN_UNUSED;
/* RFC 8785: keys sorted by UTF-16 code units, shortest escapes, integers only. ERR_INTERNAL "json_not_canonical" for
 * what an event never holds: a real number, an integer beyond 2^53 - 1, a NUL in a string, depth over 64 (`out` then
 * holds a part). ERR_MEMORY when `out` failed. */
int json_canonical(const json_t *value, struct buf *out, struct err *err) WARN_UNUSED;

static inline void json_cleanup(json_t **value)
{
    json_decref(*value);
}
#define CLEANUP_JSON __attribute__((cleanup(json_cleanup)))

#endif
