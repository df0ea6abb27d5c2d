/* Bytes that grow: what a page, a JSON answer or a canonical event is written into.
 *
 * Heap memory with a hard limit. A write that fails sets `failed` and further writes do nothing, so that a long
 * sequence of writes is checked once. `data` always ends with a NUL that `len` does not count. */
#ifndef TALAP_BASE_BUF_H
#define TALAP_BASE_BUF_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct buf {
    char *data; /* NULL until the first write */
    size_t len, room, limit;
    bool failed;
};

void buf_init(struct buf *buf, size_t limit_bytes);
void buf_done(struct buf *buf); /* NULL-safe */
void buf_reset(struct buf *buf);
void buf_put(struct buf *buf, const void *bytes, size_t count);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_put_int(struct buf *buf, int64_t value);
/* Text escaped for HTML content and double-quoted attributes: & < > " ' */
void buf_put_html(struct buf *buf, const char *text);
/* A JSON string with its quotes, escaped as RFC 8785 wants (shortest escapes, lower-case \u00xx). Text must be UTF-8.
 */
void buf_put_json_string(struct buf *buf, const char *text);
/* Percent-encoded for a URL path segment or query value (RFC 3986 unreserved characters stay). */
void buf_put_url(struct buf *buf, const char *text);
/* One CSV field (RFC 4180), quoted when needed; a leading = + - @ tab is made harmless with an apostrophe. */
void buf_put_csv(struct buf *buf, const char *text);
/* Takes the bytes out (caller frees with free()); the buffer is empty afterwards. NULL when the buffer failed. */
char *buf_take(struct buf *buf, size_t *ret_len);

#define CLEANUP_BUF __attribute__((cleanup(buf_done)))

#endif
