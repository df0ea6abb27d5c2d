/* Values are stepped over, not understood: a string to its closing quote, an object or array to its closing bracket. */
#include "base/json_scan.h"
#include <string.h>

static size_t skip_space(struct json_piece text, size_t at)
{
    while (at < text.count && (text.at[at] == ' ' || text.at[at] == '\n' || text.at[at] == '\t' || text.at[at] == '\r'))
        at++;
    return at;
}

/* `at` is the opening quote; behind the closing one, or count + 1 when there is none. */
static size_t skip_string(struct json_piece text, size_t at)
{
    for (at++; at < text.count; at++) {
        const char *quote = memchr(text.at + at, '"', text.count - at);
        if (!quote)
            break;
        at = (size_t)(quote - text.at);
        size_t slashes = 0;
        while (text.at[at - 1 - slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return at + 1;
    }
    return text.count + 1;
}

/* Behind the value that begins at `at`, or count + 1. */
static size_t skip_value(struct json_piece text, size_t at)
{
    size_t depth = 0;
    if (at >= text.count)
        return text.count + 1;
    if (text.at[at] == '"')
        return skip_string(text, at);
    if (text.at[at] != '{' && text.at[at] != '[') {
        size_t end = at;
        while (end < text.count && !strchr(",]} \n\t\r", text.at[end]))
            end++;
        return end > at ? end : text.count + 1;
    }
    while (at < text.count) {
        char c = text.at[at];
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        at++;
        depth += c == '{' || c == '[';
        if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return text.count + 1;
}

bool json_scan_next(struct json_piece whole, size_t *at, struct json_piece *ret_key, struct json_piece *ret_value)
{
    bool object = whole.count > 0 && whole.at[0] == '{';
    struct json_piece key = {NULL, 0};
    size_t here = *at, end;
    if (!object && !(whole.count > 0 && whole.at[0] == '['))
        return false;
    here = skip_space(whole, here == 0 ? 1 : here);
    if (*at > 0) {
        if (here >= whole.count || whole.at[here] != ',')
            return false;
        here = skip_space(whole, here + 1);
    }
    if (here >= whole.count || whole.at[here] == '}' || whole.at[here] == ']')
        return false;
    if (object) {
        if (whole.at[here] != '"')
            return false;
        end = skip_string(whole, here);
        if (end > whole.count)
            return false;
        key = (struct json_piece){whole.at + here + 1, end - here - 2};
        here = skip_space(whole, end);
        if (here >= whole.count || whole.at[here] != ':')
            return false;
        here = skip_space(whole, here + 1);
    }
    end = skip_value(whole, here);
    if (end > whole.count)
        return false;
    *ret_key = key;
    *ret_value = (struct json_piece){whole.at + here, end - here};
    *at = end;
    return true;
}

struct json_piece json_scan_member(struct json_piece object, const char *key)
{
    struct json_piece name, value;
    size_t at = 0, count = strlen(key);
    if (object.count == 0 || object.at[0] != '{')
        return (struct json_piece){NULL, 0};
    while (json_scan_next(object, &at, &name, &value)) {
        if (name.count == count && memcmp(name.at, key, count) == 0)
            return value;
    }
    return (struct json_piece){NULL, 0};
}

bool json_scan_is(struct json_piece piece, const char *text)
{
    size_t count = strlen(text);
    return piece.count == count + 2 && piece.at[0] == '"' && memcmp(piece.at + 1, text, count) == 0;
}

bool json_scan_int(struct json_piece piece, int64_t *ret)
{
    size_t at = piece.count > 0 && piece.at[0] == '-';
    int64_t value = 0;
    if (piece.count == at || piece.count - at > 18)
        return false;
    for (size_t i = at; i < piece.count; i++) {
        if (piece.at[i] < '0' || piece.at[i] > '9')
            return false;
        value = value * 10 + (piece.at[i] - '0');
    }
    *ret = at > 0 ? -value : value;
    return true;
}
