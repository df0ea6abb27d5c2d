/* JSON answers, written as they are made. */
#include "web/json_out.h"

static void separate(struct buf *out)
{
    if (out->len == 0)
        return;
    char last = out->data[out->len - 1];
    if (last != '{' && last != '[' && last != ':')
        buf_putc(out, ',');
}

void jo_open(struct buf *out, char bracket)
{
    separate(out);
    buf_putc(out, bracket);
}

void jo_close(struct buf *out, char bracket)
{
    buf_putc(out, bracket);
}

void jo_key(struct buf *out, const char *key)
{
    separate(out);
    buf_putc(out, '"');
    buf_puts(out, key);
    buf_put(out, "\":", 2);
}

void jo_put_text(struct buf *out, const char *text)
{
    separate(out);
    if (text == NULL)
        buf_put(out, "null", 4);
    else
        buf_put_json_string(out, text);
}

void jo_put_int(struct buf *out, int64_t value)
{
    separate(out);
    buf_put_int(out, value);
}

void jo_put_moment(struct buf *out, const struct zone *zone, int64_t at_usec)
{
    char text[32];
    if (at_usec != TIME_NONE)
        moment_format(zone, at_usec, text);
    jo_put_text(out, at_usec == TIME_NONE ? NULL : text);
}

void jo_put_hash(struct buf *out, const struct hash *hash)
{
    char text[2 * SHA256_BYTES + 1];
    hex_encode(hash->bytes, SHA256_BYTES, text);
    jo_put_text(out, text);
}

void jo_roles(struct buf *out, unsigned roles)
{
    jo_open(out, '[');
    if (roles & ROLE_PUBLIC)
        jo_put_text(out, "public");
    for (unsigned i = 0; i < ROLES_OF_ACCOUNTS; i++)
        if (roles & (unsigned)ROLE_ADMIN << i)
            jo_put_text(out, role_word((enum role)((unsigned)ROLE_ADMIN << i)));
    jo_close(out, ']');
}

void jo_text(struct buf *out, const char *key, const char *text)
{
    jo_key(out, key);
    jo_put_text(out, text);
}

void jo_int(struct buf *out, const char *key, int64_t value)
{
    jo_key(out, key);
    buf_put_int(out, value);
}

void jo_bool(struct buf *out, const char *key, bool value)
{
    jo_key(out, key);
    buf_puts(out, value ? "true" : "false");
}

void jo_moment(struct buf *out, const char *key, const struct zone *zone, int64_t at_usec)
{
    jo_key(out, key);
    jo_put_moment(out, zone, at_usec);
}

void jo_day(struct buf *out, const char *key, int32_t day)
{
    char text[11];
    date_format(date_from_day(day), text);
    jo_text(out, key, text);
}

void jo_hash(struct buf *out, const char *key, const struct hash *hash)
{
    jo_key(out, key);
    jo_put_hash(out, hash);
}

void jo_words(struct buf *out, const char *key, const char *const *words, size_t count)
{
    jo_key(out, key);
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++)
        jo_put_text(out, words[i]);
    jo_close(out, ']');
}
