/* Reading what stands in addresses, cookies and forms. Strict: a percent sign without two hex digits, a NUL and bytes
 * that are not UTF-8 are refused, never repaired. Pure functions over bytes from outside; each has a fuzz target. */
#ifndef TALAP_WEB_DECODE_H
#define TALAP_WEB_DECODE_H

#include "base/arena.h"
#include "law/field.h"

#define PATH_SEGMENTS_MAX 12
#define PAIRS_MAX 400

/* Decodes %XX (and, with `plus_is_blank`, "+"). ERR_MALFORMED with `code` for a bad escape or a NUL, "not_utf8" for
 * bytes that are not UTF-8. The result is in the arena. */
int decode_percent(const char *text, size_t count, bool plus_is_blank, const char *code, struct arena *arena,
                   const char **ret, struct err *err) WARN_UNUSED;

/* Splits a path ("/v1/cases/0198…") at its slashes and decodes each piece. The first slash begins the first segment, so
 * "/" is one empty segment and "/kk/" is "kk" and "". Refused, ERR_MALFORMED "address_malformed": no leading slash, an
 * encoded slash or backslash, control characters, "." and "..". More than PATH_SEGMENTS_MAX segments: *ret_count is one
 * more than that, and only that many are filled, so that no route fits. */
int decode_path(const char *path, size_t count, struct arena *arena, const char *ret_segments[PATH_SEGMENTS_MAX],
                size_t *ret_count, struct err *err) WARN_UNUSED;

struct pair {
    const char *name, *value;
};
/* A query or an application/x-www-form-urlencoded body: name=value joined by "&", "+" for a blank. A name without "="
 * has the value "". ERR_MALFORMED `code`; more than PAIRS_MAX: ERR_MALFORMED "too_many_fields". */
int decode_pairs(const char *text, size_t count, const char *code, struct arena *arena, struct pair **ret,
                 size_t *ret_count, struct err *err) WARN_UNUSED;

/* Pairs as raw form values, repeated names joined in one, in the order of first appearance. */
int pairs_join(const struct pair *pairs, size_t count, struct arena *arena, struct raw_value **ret, size_t *ret_count,
               struct err *err) WARN_UNUSED;

/* The value of a cookie in a Cookie header, or NULL: only letters, digits and - _ . are taken as a value, because we
 * set no others; the first of that name counts. NULL-safe. */
const char *cookie_find(const char *header, const char *name, struct arena *arena);

/* "text/html; charset=utf-8": is the media type `wanted` (lower case)? A charset other than UTF-8 is not. NULL-safe. */
bool media_type_is(const char *header, const char *wanted);

#endif
