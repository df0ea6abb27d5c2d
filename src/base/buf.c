/* Growing bytes and the escapings of every text format Talap writes. */
#include "base/buf.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t limit_bytes)
{
    *buf = (struct buf){.limit = limit_bytes};
}

void buf_done(struct buf *buf)
{
    if (buf == NULL)
        return;
    free(buf->data);
    *buf = (struct buf){0};
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

/* Makes room for `more` bytes and the NUL. */
static bool buf_reserve(struct buf *buf, size_t more)
{
    if (buf->failed)
        return false;
    if (more > buf->limit - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t wanted = buf->len + more + 1;
    if (buf->data != NULL && wanted <= buf->room)
        return true;
    size_t room = buf->room == 0 ? 256 : buf->room;
    while (room < wanted)
        room = room > SIZE_MAX / 2 ? wanted : room * 2;
    if (room > buf->limit && buf->limit < SIZE_MAX)
        room = buf->limit + 1;
    char *data = realloc(buf->data, room);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->room = room;
    return true;
}

void buf_put(struct buf *buf, const void *bytes, size_t count)
{
    if (!buf_reserve(buf, count))
        return;
    if (count > 0)
        memcpy(buf->data + buf->len, bytes, count);
    buf->len += count;
    buf->data[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_put(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
    buf_put(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    /* Mostly what is there is enough, and it is written at once. */
    size_t room = !buf->failed && buf->data != NULL ? buf->room - buf->len : 0;
    int length = vsnprintf(room > 0 ? buf->data + buf->len : NULL, room, fmt, args);
    if (length < 0) {
        buf->failed = true;
    } else if ((size_t)length < room) {
        buf->len += (size_t)length;
    } else if (buf_reserve(buf, (size_t)length)) {
        vsnprintf(buf->data + buf->len, (size_t)length + 1, fmt, again);
        buf->len += (size_t)length;
    } else if (room > 0) {
        buf->data[buf->len] = '\0'; /* not the beginning of what has no room */
    }
    va_end(again);
    va_end(args);
}

void buf_put_int(struct buf *buf, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--at = '-';
    buf_put(buf, at, (size_t)(digits + sizeof digits - at));
}

void buf_put_html(struct buf *buf, const char *text)
{
    for (;;) {
        size_t plain = strcspn(text, "&<>\"'");
        buf_put(buf, text, plain);
        text += plain;
        switch (*text++) {
        case '&':
            buf_put(buf, "&amp;", 5);
            break;
        case '<':
            buf_put(buf, "&lt;", 4);
            break;
        case '>':
            buf_put(buf, "&gt;", 4);
            break;
        case '"':
            buf_put(buf, "&quot;", 6);
            break;
        case '\'':
            buf_put(buf, "&#39;", 5);
            break;
        default:
            return;
        }
    }
}

void buf_put_json_string(struct buf *buf, const char *text)
{
    buf_putc(buf, '"');
    const char *plain = text;
    for (;; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_put(buf, plain, (size_t)(text - plain));
        plain = text + 1;
        if (c == '\0')
            break;
        const char *from = "\"\\\b\f\n\r\t", *to = "\"\\bfnrt", *found = strchr(from, c);
        if (found != NULL) {
            buf_putc(buf, '\\');
            buf_putc(buf, to[found - from]);
        } else {
            buf_printf(buf, "\\u%04x", c);
        }
    }
    buf_putc(buf, '"');
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void buf_put_url(struct buf *buf, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_unreserved(c)) {
            buf_putc(buf, (char)c);
        } else {
            char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
            buf_put(buf, escaped, sizeof escaped);
        }
    }
}

void buf_put_csv(struct buf *buf, const char *text)
{
    bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
    bool quoted = strpbrk(text, ",;\"\r\n") != NULL;
    if (quoted)
        buf_putc(buf, '"');
    if (formula)
        buf_putc(buf, '\'');
    for (;;) {
        size_t plain = strcspn(text, "\"");
        buf_put(buf, text, plain);
        text += plain;
        if (*text++ == '\0')
            break;
        buf_put(buf, "\"\"", 2);
    }
    if (quoted)
        buf_putc(buf, '"');
}

char *buf_take(struct buf *buf, size_t *ret_len)
{
    size_t limit = buf->limit;
    if (!buf_reserve(buf, 0)) {
        buf_done(buf);
        buf->limit = limit;
        return NULL;
    }
    char *data = buf->data;
    data[buf->len] = '\0';
    if (ret_len != NULL)
        *ret_len = buf->len;
    buf_init(buf, limit);
    return data;
}
