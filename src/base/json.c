/* JSON in through jansson, canonical JSON out.
 *
 * Two things jansson would let pass are looked for first: it goes 2048 levels deep, and takes a NUL between values for
 * the end of the text, so that anything could follow it unseen. */
#include "base/json.h"
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
/* The integers that every reader of JSON holds exactly (RFC 7493). */
#define INTEGER_MAX INT64_C(9007199254740991)

/* False, with the place, where a NUL stands or brackets nest deeper than DEPTH_MAX. Brackets inside strings do not
 * count. */
static bool text_allowed(const char *bytes, size_t count, int *ret_line, int *ret_column)
{
    int depth = 0, line = 1, column = 0;
    bool in_string = false;
    for (size_t i = 0; i < count; i++) {
        char c = bytes[i];
        if (((unsigned char)c & 0xC0) != 0x80)
            column++;
        if (c == '\n') {
            line++;
            column = 0;
        }
        if (c == '\0') {
            *ret_line = line;
            *ret_column = column;
            return false;
        }
        if (in_string) {
            if (c == '\\' && i + 1 < count && bytes[i + 1] != '\n' && bytes[i + 1] != '\0') {
                i++;
                column++;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > DEPTH_MAX) {
                *ret_line = line;
                *ret_column = column;
                return false;
            }
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

int json_parse(const char *bytes, size_t count, json_t **ret, struct err *err)
{
    int line, column;
    if (bytes == NULL || count == 0)
        return err_set(err, ERR_MALFORMED, "json_malformed", "1:0");
    if (!text_allowed(bytes, count, &line, &column))
        return err_set(err, ERR_MALFORMED, "json_malformed", "%d:%d", line, column);
    json_error_t error;
    json_t *value = json_loadb(bytes, count, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value == NULL && json_error_code(&error) == json_error_out_of_memory)
        return err_memory(err);
    if (value == NULL)
        return err_set(err, ERR_MALFORMED, "json_malformed", "%d:%d", error.line, error.column);
    *ret = value;
    return 0;
}

/* UTF-16 order of UTF-8 text: the characters beyond U+FFFF (lead bytes F0…) come before U+E000…U+FFFF (EE, EF),
 * because their surrogates do. Everything else sorts as its bytes. */
static int utf16_rank(unsigned char byte)
{
    return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte;
}

static int key_compare(const void *a, const void *b)
{
    const unsigned char *x = *(const unsigned char *const *)a, *y = *(const unsigned char *const *)b;
    while (*x != '\0' && *x == *y) {
        x++;
        y++;
    }
    return utf16_rank(*x) - utf16_rank(*y);
}

static int canonical_put(const json_t *value, int depth, struct buf *out, struct err *err);

static int object_put(const json_t *object, int depth, struct buf *out, struct err *err)
{
    size_t count = json_object_size(object), filled = 0;
    const char **keys = calloc(count + 1, sizeof *keys);
    if (keys == NULL)
        return err_memory(err);
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)object, key, item) keys[filled++] = key;
    qsort(keys, count, sizeof *keys, key_compare);
    int result = 0;
    buf_putc(out, '{');
    for (size_t i = 0; i < count && result == 0; i++) {
        if (i > 0)
            buf_putc(out, ',');
        buf_put_json_string(out, keys[i]);
        buf_putc(out, ':');
        result = canonical_put(json_object_get(object, keys[i]), depth + 1, out, err);
    }
    buf_putc(out, '}');
    free(keys);
    return result;
}

static int canonical_put(const json_t *value, int depth, struct buf *out, struct err *err)
{
    if (depth > DEPTH_MAX)
        return err_set(err, ERR_INTERNAL, "json_not_canonical", "depth");
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return object_put(value, depth, out, err);
    case JSON_ARRAY:
        buf_putc(out, '[');
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i > 0)
                buf_putc(out, ',');
            int result = canonical_put(json_array_get(value, i), depth + 1, out, err);
            if (result < 0)
                return result;
        }
        buf_putc(out, ']');
        return 0;
    case JSON_STRING:
        if (strlen(json_string_value(value)) != json_string_length(value))
            return err_set(err, ERR_INTERNAL, "json_not_canonical", "NUL");
        buf_put_json_string(out, json_string_value(value));
        return 0;
    case JSON_INTEGER:
        if (json_integer_value(value) > INTEGER_MAX || json_integer_value(value) < -INTEGER_MAX)
            return err_set(err, ERR_INTERNAL, "json_not_canonical", "integer");
        buf_put_int(out, json_integer_value(value));
        return 0;
    case JSON_TRUE:
        buf_puts(out, "true");
        return 0;
    case JSON_FALSE:
        buf_puts(out, "false");
        return 0;
    case JSON_NULL:
        buf_puts(out, "null");
        return 0;
    case JSON_REAL:
        break;
    }
    return err_set(err, ERR_INTERNAL, "json_not_canonical", "real");
}

int json_canonical(const json_t *value, struct buf *out, struct err *err)
{
    int result = canonical_put(value, 0, out, err);
    if (result == 0 && out->failed)
        return err_memory(err);
    return result;
}
