/* Writing JSON answers straight into a buffer. A separator is put by looking at the last byte written, so the writer
 * has no state of its own: after "{", "[" and ":" none is needed. */
#ifndef TALAP_WEB_JSON_OUT_H
#define TALAP_WEB_JSON_OUT_H

#include "access/access.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/time.h"

/* '{' or '[' as a value, '}' or ']'. */
void jo_open(struct buf *out, char bracket);
void jo_close(struct buf *out, char bracket);
/* "key": and then a value follows. Keys are our own plain words and are not escaped. */
void jo_key(struct buf *out, const char *key);
/* Values; NULL and TIME_NONE are null. Moments in RFC 3339 with the zone's offset, days as 2026-04-09. */
void jo_put_text(struct buf *out, const char *text);
void jo_put_int(struct buf *out, int64_t value);
void jo_put_moment(struct buf *out, const struct zone *zone, int64_t at_usec);
void jo_put_hash(struct buf *out, const struct hash *hash);
/* ["admin", "moderator"]; ROLE_PUBLIC is "public". */
void jo_roles(struct buf *out, unsigned roles);
/* Members: a key and its value. */
void jo_text(struct buf *out, const char *key, const char *text);
void jo_int(struct buf *out, const char *key, int64_t value);
void jo_bool(struct buf *out, const char *key, bool value);
void jo_moment(struct buf *out, const char *key, const struct zone *zone, int64_t at_usec);
void jo_day(struct buf *out, const char *key, int32_t day);
/* key: [words] */
void jo_words(struct buf *out, const char *key, const char *const *words, size_t count);
void jo_hash(struct buf *out, const char *key, const struct hash *hash);

#endif
