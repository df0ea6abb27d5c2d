/* One pass over the text without recursion: what is open stands on a stack of cell indices. Names are looked at for
 * duplicates when their object closes, for only then is it known how many there are. */
#include "base/json_tape.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
#define TEXT_MAX ((size_t)1 << 29)
/* Up to so many names are compared each with each. */
#define NAMES_COMPARED 12

struct reader {
    char *at, *end;
    struct arena *arena;
    struct json_cell *cells;
    size_t count, room;
    bool no_memory;
};

/* Bytes at which a string stops being plain: its end, escapes, control characters, and what is not ASCII. */
// clang-format off
#define ALL16 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
#define NONE16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
static const bool special[256] = {
    ALL16, ALL16,
    0, 0, 1 /* quote */, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    NONE16, NONE16,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 /* backslash */, 0, 0, 0,
    NONE16, NONE16,
    ALL16, ALL16, ALL16, ALL16, ALL16, ALL16, ALL16, ALL16,
};
// clang-format on

static void skip_space(struct reader *r)
{
    while (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')
        r->at++;
}

/* The bytes of one character beyond ASCII at `p`, 0 when it is not valid UTF-8. The NUL at the end stops every look. */
static size_t utf8_size(const unsigned char *p)
{
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        return (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if ((p[0] & 0xF0) == 0xE0) {
        unsigned char low = p[0] == 0xE0 ? 0xA0 : 0x80, high = p[0] == 0xED ? 0x9F : 0xBF;
        return p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        unsigned char low = p[0] == 0xF0 ? 0x90 : 0x80, high = p[0] == 0xF4 ? 0x8F : 0xBF;
        return p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80 ? 4 : 0;
    }
    return 0;
}

/* Four hex digits, or -1. */
static long hex4(const char *p)
{
    long value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            value = value * 16 + (c - 'A' + 10);
        else
            return -1;
    }
    return value;
}

static char *put_utf8(char *to, unsigned long code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xC0 | (code >> 6));
        *to++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | (code >> 12));
        *to++ = (char)(0x80 | ((code >> 6) & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    } else {
        *to++ = (char)(0xF0 | (code >> 18));
        *to++ = (char)(0x80 | ((code >> 12) & 0x3F));
        *to++ = (char)(0x80 | ((code >> 6) & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    }
    return to;
}

/* The escape at `*from` (its backslash) is decoded to `*to`; both move on. No escape is shorter than what it means. */
static bool read_escape(char **from, char **to)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char *p = *from + 1;
    if (*p != 'u') {
        const char *found = *p == '\0' ? NULL : strchr(plain, *p);
        if (found == NULL)
            return false;
        *(*to)++ = meant[found - plain];
        *from = p + 1;
        return true;
    }
    long code = hex4(p + 1);
    p += 5;
    if (code <= 0 || (code >= 0xDC00 && code <= 0xDFFF))
        return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
        long low = p[0] == '\\' && p[1] == 'u' ? hex4(p + 2) : -1;
        if (low < 0xDC00 || low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        p += 6;
    }
    *to = put_utf8(*to, (unsigned long)code);
    *from = p;
    return true;
}

/* At the opening quote; leaves `at` behind the closing one, where a NUL now stands behind the text. */
static bool read_string(struct reader *r, const char **ret, size_t *ret_count)
{
    char *from = r->at + 1, *begin = from, *to;
    while (!special[(unsigned char)*from])
        from++;
    to = from;
    while (*from != '"') {
        if (*from == '\\') {
            if (!read_escape(&from, &to)) {
                r->at = from;
                return false;
            }
        } else if ((unsigned char)*from >= 0x80) {
            size_t size = utf8_size((const unsigned char *)from);
            if (size == 0) {
                r->at = from;
                return false;
            }
            memmove(to, from, size);
            to += size;
            from += size;
        } else {
            r->at = from;
            return false;
        }
        char *plain = from;
        while (!special[(unsigned char)*from])
            from++;
        if (to != plain)
            memmove(to, plain, (size_t)(from - plain));
        to += from - plain;
    }
    *to = '\0';
    r->at = from + 1;
    *ret = begin;
    *ret_count = (size_t)(to - begin);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Behind the number at `p`, or NULL; *ret_kind tells whether it has a fraction or an exponent. */
static char *number_end(char *p, enum json_cell_kind *ret_kind)
{
    *ret_kind = CELL_INT;
    p += *p == '-';
    if (!is_digit(*p))
        return NULL;
    if (*p == '0')
        p++;
    else
        while (is_digit(*p))
            p++;
    if (*p == '.') {
        *ret_kind = CELL_REAL;
        if (!is_digit(*++p))
            return NULL;
        while (is_digit(*p))
            p++;
    }
    if (*p == 'e' || *p == 'E') {
        *ret_kind = CELL_REAL;
        p++;
        p += *p == '+' || *p == '-';
        if (!is_digit(*p))
            return NULL;
        while (is_digit(*p))
            p++;
    }
    return p;
}

/* Does it fit 64 bits, or a double? What the number ends with stays as it is. */
static bool number_fits(char *begin, const char *end, enum json_cell_kind kind)
{
    if (kind == CELL_INT && end - begin <= 18)
        return true;
    errno = 0;
    if (kind == CELL_INT) {
        (void)strtoll(begin, NULL, 10);
        return errno == 0;
    }
    double value = strtod(begin, NULL);
    return !(errno == ERANGE && (value > 1 || value < -1));
}

static struct json_cell *add_cell(struct reader *r)
{
    if (r->count == r->room) {
        size_t room = r->room * 2;
        struct json_cell *cells = ARENA_ARRAY(r->arena, struct json_cell, room);
        if (cells == NULL) {
            r->no_memory = true;
            return NULL;
        }
        memcpy(cells, r->cells, r->count * sizeof *cells);
        r->cells = cells;
        r->room = room;
    }
    struct json_cell *cell = &r->cells[r->count++];
    *cell = (struct json_cell){.span = 1};
    return cell;
}

static bool same_name(const struct json_cell *a, const struct json_cell *b)
{
    return a->key_count == b->key_count && memcmp(a->key, b->key, a->key_count) == 0;
}

static int by_name(const void *a, const void *b)
{
    const struct json_cell *x = *(const struct json_cell *const *)a, *y = *(const struct json_cell *const *)b;
    if (x->key_count != y->key_count)
        return x->key_count < y->key_count ? -1 : 1;
    return memcmp(x->key, y->key, x->key_count);
}

static bool names_differ(struct reader *r, const struct json_cell *object)
{
    const struct json_cell *few[NAMES_COMPARED], **names = few, *cell = object + 1;
    size_t count = object->count;
    if (count > NAMES_COMPARED) {
        names = ARENA_ARRAY(r->arena, const struct json_cell *, count);
        if (names == NULL) {
            r->no_memory = true;
            return false;
        }
    }
    for (size_t i = 0; i < count; i++, cell += cell->span) {
        names[i] = cell;
        for (size_t j = 0; count <= NAMES_COMPARED && j < i; j++)
            if (same_name(names[j], cell))
                return false;
    }
    if (count > NAMES_COMPARED) {
        qsort(names, count, sizeof *names, by_name);
        for (size_t i = 1; i < count; i++)
            if (same_name(names[i - 1], names[i]))
                return false;
    }
    return true;
}

static bool read_word(struct reader *r, const char *word, size_t count)
{
    if ((size_t)(r->end - r->at) < count || memcmp(r->at, word, count) != 0)
        return false;
    r->at += count;
    return true;
}

/* One value that is no container, into `cell`. */
static bool read_scalar(struct reader *r, struct json_cell *cell)
{
    size_t count;
    switch (*r->at) {
    case '"':
        cell->kind = CELL_STRING;
        if (!read_string(r, &cell->text, &count))
            return false;
        cell->count = (uint32_t)count & 0x1FFFFFFF;
        return true;
    case 't':
        cell->kind = CELL_TRUE;
        return read_word(r, "true", 4);
    case 'f':
        cell->kind = CELL_FALSE;
        return read_word(r, "false", 5);
    case 'n':
        cell->kind = CELL_NULL;
        return read_word(r, "null", 4);
    default: {
        enum json_cell_kind kind;
        char *end = number_end(r->at, &kind);
        if (end == NULL || !number_fits(r->at, end, kind))
            return false;
        cell->kind = kind;
        cell->text = r->at;
        cell->count = (uint32_t)(end - r->at) & 0x1FFFFFFF;
        r->at = end;
        return true;
    }
    }
}

/* The name of a member and its colon. */
static bool read_name(struct reader *r, struct json_cell *cell)
{
    size_t count;
    if (*r->at != '"' || !read_string(r, &cell->key, &count))
        return false;
    cell->key_count = (uint32_t)count;
    skip_space(r);
    if (*r->at != ':')
        return false;
    r->at++;
    skip_space(r);
    return true;
}

/* Closes what is open as far as the text does; true with *ret_more when another value must follow. */
static bool read_ends(struct reader *r, uint32_t *stack, size_t *depth, bool *ret_more)
{
    for (;;) {
        if (*depth == 0) {
            *ret_more = false;
            return true;
        }
        struct json_cell *open = &r->cells[stack[*depth - 1]];
        skip_space(r);
        if (*r->at == ',') {
            r->at++;
            skip_space(r);
            *ret_more = true;
            return true;
        }
        if (*r->at != (open->kind == CELL_OBJECT ? '}' : ']'))
            return false;
        if (open->kind == CELL_OBJECT && open->count > 1 && !names_differ(r, open))
            return false;
        r->at++;
        open->span = (uint32_t)(r->count - stack[*depth - 1]);
        (*depth)--;
    }
}

static bool read_values(struct reader *r)
{
    uint32_t stack[DEPTH_MAX];
    size_t depth = 0;
    bool more = true;
    skip_space(r);
    while (more) {
        struct json_cell *cell = add_cell(r);
        if (cell == NULL)
            return false;
        if (depth > 0) {
            struct json_cell *open = &r->cells[stack[depth - 1]];
            open->count++;
            if (open->kind == CELL_OBJECT && !read_name(r, cell))
                return false;
        }
        if (*r->at != '{' && *r->at != '[') {
            if (!read_scalar(r, cell))
                return false;
        } else {
            if (depth == DEPTH_MAX)
                return false;
            bool object = *r->at++ == '{';
            cell->kind = object ? CELL_OBJECT : CELL_ARRAY;
            skip_space(r);
            stack[depth++] = (uint32_t)(r->count - 1);
            if (*r->at != (object ? '}' : ']'))
                continue;
        }
        if (!read_ends(r, stack, &depth, &more))
            return false;
    }
    skip_space(r);
    return r->at == r->end;
}

int json_tape_read(char *text, size_t count, struct arena *arena, const struct json_cell **ret, struct err *err)
{
    struct reader r = {.at = text, .end = text + count, .arena = arena, .room = count / 16 + 16};
    bool read = false;
    if (count > 0 && count < TEXT_MAX) {
        r.cells = ARENA_ARRAY(arena, struct json_cell, r.room);
        if (r.cells == NULL)
            return err_memory(err);
        read = read_values(&r);
    }
    if (r.no_memory)
        return err_memory(err);
    if (!read) {
        int line = 1, column = 0;
        for (const char *p = text; p < r.at && p < r.end; p++) {
            column = *p == '\n' ? 0 : column + ((*p & 0xC0) != 0x80);
            line += *p == '\n';
        }
        return err_set(err, ERR_MALFORMED, "json_malformed", "%d:%d", line, column);
    }
    *ret = r.cells;
    return 0;
}

const struct json_cell *json_cell_member(const struct json_cell *object, const char *key)
{
    if (!json_cell_is_object(object))
        return NULL;
    size_t count = strlen(key);
    const struct json_cell *cell = object + 1;
    for (size_t i = 0; i < object->count; i++, cell += cell->span)
        if (cell->key_count == count && memcmp(cell->key, key, count) == 0)
            return cell;
    return NULL;
}

bool json_cell_int(const struct json_cell *cell, int64_t *ret)
{
    if (cell == NULL || cell->kind != CELL_INT || cell->count > 18)
        return false;
    int64_t value = 0;
    bool minus = cell->text[0] == '-';
    for (size_t i = minus; i < cell->count; i++)
        value = value * 10 + (cell->text[i] - '0');
    *ret = minus ? -value : value;
    return true;
}

static bool numbers_equal(const struct json_cell *a, const struct json_cell *b)
{
    int64_t x, y;
    if (json_cell_int(a, &x) && json_cell_int(b, &y))
        return x == y;
    if (a->count == b->count && memcmp(a->text, b->text, a->count) == 0)
        return true;
    if (a->kind == CELL_INT && b->kind == CELL_INT)
        return false;
    return !(strtod(a->text, NULL) < strtod(b->text, NULL)) && !(strtod(a->text, NULL) > strtod(b->text, NULL));
}

/* As deep as the texts are, which is 64 at most. */
bool json_cell_equal(const struct json_cell *a, const struct json_cell *b)
{
    bool a_number = a->kind == CELL_INT || a->kind == CELL_REAL, b_number = b->kind == CELL_INT || b->kind == CELL_REAL;
    if (a_number && b_number)
        return numbers_equal(a, b);
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == CELL_STRING)
        return memcmp(a->text, b->text, a->count) == 0;
    const struct json_cell *x = a + 1, *y = b + 1;
    if (a->kind == CELL_ARRAY)
        for (size_t i = 0; i < a->count; i++, x += x->span, y += y->span)
            if (!json_cell_equal(x, y))
                return false;
    if (a->kind == CELL_OBJECT)
        for (size_t i = 0; i < a->count; i++, x += x->span) {
            y = json_cell_member(b, x->key);
            if (y == NULL || !json_cell_equal(x, y))
                return false;
        }
    return true;
}
