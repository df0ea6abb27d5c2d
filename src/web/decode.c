/* Addresses, cookies and forms, byte by byte. */
#include "web/decode.h"
#include "base/unicode.h"
#include <string.h>
#include <strings.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int decode_percent(const char *text, size_t count, bool plus_is_blank, const char *code, struct arena *arena,
                   const char **ret, struct err *err)
{
    char *out = arena_alloc(arena, count + 1);
    if (out == NULL)
        return err_memory(err);
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        char c = text[i];
        if (c == '%') {
            int high = count - i > 2 ? hex_value(text[i + 1]) : -1;
            int low = high < 0 ? -1 : hex_value(text[i + 2]);
            if (low < 0)
                return err_set(err, ERR_MALFORMED, code, NULL);
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == '\0')
            return err_set(err, ERR_MALFORMED, code, NULL);
        out[length++] = c;
    }
    out[length] = '\0';
    if (!utf8_valid(out, length))
        return err_set(err, ERR_MALFORMED, "not_utf8", NULL);
    *ret = out;
    return 0;
}

static bool segment_allowed(const char *segment)
{
    if (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
        return false;
    for (const char *p = segment; *p != '\0'; p++)
        if (*p == '/' || *p == '\\' || (unsigned char)*p < 0x20 || *p == 0x7F)
            return false;
    return true;
}

int decode_path(const char *path, size_t count, struct arena *arena, const char *ret_segments[PATH_SEGMENTS_MAX],
                size_t *ret_count, struct err *err)
{
    if (count == 0 || path[0] != '/')
        return err_set(err, ERR_MALFORMED, "address_malformed", NULL);
    size_t found = 0;
    const char *end = path + count;
    for (const char *p = path; p < end && found <= PATH_SEGMENTS_MAX; found++) {
        const char *start = p + 1;
        const char *slash = memchr(start, '/', (size_t)(end - start));
        const char *stop = slash == NULL ? end : slash;
        const char *segment;
        int r = decode_percent(start, (size_t)(stop - start), false, "address_malformed", arena, &segment, err);
        if (r < 0)
            return r;
        if (!segment_allowed(segment))
            return err_set(err, ERR_MALFORMED, "address_malformed", NULL);
        if (found < PATH_SEGMENTS_MAX)
            ret_segments[found] = segment;
        p = stop;
    }
    *ret_count = found;
    return 0;
}

int decode_pairs(const char *text, size_t count, const char *code, struct arena *arena, struct pair **ret,
                 size_t *ret_count, struct err *err)
{
    size_t room = count == 0 ? 0 : 1;
    for (size_t i = 0; i < count; i++)
        room += text[i] == '&';
    if (room > PAIRS_MAX)
        return err_set(err, ERR_MALFORMED, "too_many_fields", "%d", PAIRS_MAX);
    struct pair *pairs = ARENA_ARRAY(arena, struct pair, room);
    if (pairs == NULL)
        return err_memory(err);
    size_t found = 0;
    const char *end = text + count;
    for (const char *p = text; p < end;) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        if (stop == NULL)
            stop = end;
        if (stop > p) {
            const char *equals = memchr(p, '=', (size_t)(stop - p));
            const char *name_end = equals == NULL ? stop : equals;
            const char *value = equals == NULL ? stop : equals + 1;
            int r = decode_percent(p, (size_t)(name_end - p), true, code, arena, &pairs[found].name, err);
            if (r == 0)
                r = decode_percent(value, (size_t)(stop - value), true, code, arena, &pairs[found].value, err);
            if (r < 0)
                return r;
            found++;
        }
        p = stop + 1;
    }
    *ret = pairs;
    *ret_count = found;
    return 0;
}

int pairs_join(const struct pair *pairs, size_t count, struct arena *arena, struct raw_value **ret, size_t *ret_count,
               struct err *err)
{
    struct raw_value *values = ARENA_ARRAY(arena, struct raw_value, count);
    const char **texts = ARENA_ARRAY(arena, const char *, count);
    bool *taken = ARENA_ARRAY(arena, bool, count);
    if (values == NULL || texts == NULL || taken == NULL)
        return err_memory(err);
    size_t found = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        if (taken[i])
            continue;
        struct raw_value *value = &values[found++];
        *value = (struct raw_value){.name = pairs[i].name, .kind = RAW_FORM, .texts = texts + used};
        for (size_t j = i; j < count; j++)
            if (!taken[j] && strcmp(pairs[j].name, pairs[i].name) == 0) {
                taken[j] = true;
                texts[used++] = pairs[j].value;
                value->count++;
            }
    }
    *ret = values;
    *ret_count = found;
    return 0;
}

static bool cookie_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
}

const char *cookie_find(const char *header, const char *name, struct arena *arena)
{
    size_t name_len = strlen(name);
    for (const char *p = header; p != NULL && *p != '\0';) {
        p += strspn(p, " \t;");
        size_t count = strcspn(p, ";");
        if (count > name_len && p[name_len] == '=' && memcmp(p, name, name_len) == 0) {
            const char *value = p + name_len + 1;
            size_t length = count - name_len - 1;
            while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
                length--;
            for (size_t i = 0; i < length; i++)
                if (!cookie_char(value[i]))
                    return NULL;
            return length == 0 ? NULL : arena_strndup(arena, value, length);
        }
        p += count;
    }
    return NULL;
}

bool media_type_is(const char *header, const char *wanted)
{
    if (header == NULL)
        return false;
    header += strspn(header, " \t");
    size_t length = strcspn(header, "; \t");
    if (length != strlen(wanted) || strncasecmp(header, wanted, length) != 0)
        return false;
    const char *charset = strcasestr(header + length, "charset=");
    if (charset == NULL)
        return true;
    charset += strlen("charset=");
    charset += *charset == '"';
    return strncasecmp(charset, "utf-8", 5) == 0 && strchr("\"; \t", charset[5]) != NULL;
}
