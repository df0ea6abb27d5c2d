/* Reading CSV. First the record's end is looked for, without touching anything; only a record that is whole is taken
 * apart, in place. */
#include "base/csv.h"
#include "base/unicode.h"
#include <string.h>

size_t csv_mark(const char *bytes, size_t count)
{
    return count >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

char csv_separator(const char *bytes, size_t count)
{
    size_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (size_t i = 0; i < count && (quoted || bytes[i] != '\n'); i++) {
        quoted = bytes[i] == '"' ? !quoted : quoted;
        commas += !quoted && bytes[i] == ',';
        semicolons += !quoted && bytes[i] == ';';
        tabs += !quoted && bytes[i] == '\t';
    }
    return commas > 0 ? ',' : semicolons > 0 ? ';' : tabs > 0 ? '\t' : ',';
}

/* What the look ahead found. `end` is the first byte after the record's content, `next` where the next record begins.
 */
struct span {
    size_t end, next, cells;
    const char *code;
};

static bool at_end(const char *bytes, size_t at, size_t count)
{
    return bytes[at] == '\n' || (bytes[at] == '\r' && at + 1 < count && bytes[at + 1] == '\n');
}

/* Where a field ends: at a separator or at the record's end; `count` when neither is in sight. */
static size_t plain_end(const char *bytes, size_t at, size_t count, char separator, struct span *span)
{
    for (; at < count; at++) {
        if (bytes[at] == separator || at_end(bytes, at, count))
            return at;
        if (bytes[at] == '"')
            span->code = "csv_quotes";
    }
    return count;
}

/* The same for a field that begins with a quote. *ret_closed false when its closing quote is not in sight. */
static size_t quoted_end(const char *bytes, size_t at, size_t count, char separator, bool *ret_closed,
                         struct span *span)
{
    *ret_closed = false;
    for (at++;; at++) {
        const char *quote = at < count ? memchr(bytes + at, '"', count - at) : NULL;
        if (quote == NULL)
            return count;
        at = (size_t)(quote - bytes) + 1;
        if (at == count || bytes[at] != '"')
            break;
    }
    *ret_closed = true;
    if (at < count && bytes[at] != separator && !at_end(bytes, at, count)) {
        /* A CR whose LF is not in sight yet is no mistake. */
        if (!(bytes[at] == '\r' && at + 1 == count))
            span->code = "csv_quotes";
        return plain_end(bytes, at, count, separator, span);
    }
    return at;
}

/* False: the end is not in sight. */
static bool look_ahead(const char *bytes, size_t count, bool last, char separator, struct span *ret)
{
    size_t at = 0;
    *ret = (struct span){0};
    for (;;) {
        bool closed = true;
        ret->cells++;
        at = at < count && bytes[at] == '"' ? quoted_end(bytes, at, count, separator, &closed, ret)
                                            : plain_end(bytes, at, count, separator, ret);
        if (ret->code != NULL)
            return true;
        if (at < count && bytes[at] == separator) {
            at++;
            continue;
        }
        if (at < count) {
            ret->end = at;
            ret->next = at + (bytes[at] == '\r' ? 2 : 1);
            return true;
        }
        if (!last)
            return false;
        ret->code = closed ? NULL : "csv_not_closed";
        ret->end = ret->next = count;
        return true;
    }
}

static size_t lines_in(const char *bytes, size_t count)
{
    size_t lines = 0;
    for (const char *at = bytes; (at = memchr(at, '\n', count - (size_t)(at - bytes))) != NULL; at++)
        lines++;
    return lines;
}

static enum csv_got bad(const char *bytes, size_t count, bool last, const char *code, struct csv_record *ret)
{
    const char *end = memchr(bytes, '\n', count);
    if (end == NULL && !last)
        return CSV_MORE;
    ret->used = end == NULL ? count : (size_t)(end - bytes) + 1;
    ret->lines = end != NULL;
    ret->code = code;
    ret->count = 0;
    return CSV_BAD;
}

static void take_apart(char *bytes, size_t end, char separator, struct csv_record *ret)
{
    size_t at = 0;
    ret->count = 0;
    for (;;) {
        struct csv_cell *cell = &ret->cells[ret->count++];
        char *to = bytes + at;
        cell->text = to;
        if (at < end && bytes[at] == '"') {
            for (at++; bytes[at] != '"' || (at + 1 < end && bytes[at + 1] == '"'); at++) {
                at += bytes[at] == '"';
                *to++ = bytes[at];
            }
            at++;
        } else {
            const char *stop = memchr(bytes + at, separator, end - at);
            at = stop == NULL ? end : (size_t)(stop - bytes);
            to = bytes + at;
        }
        cell->count = (size_t)(to - cell->text);
        bool more = at < end;
        *to = '\0'; /* on the separator, on a quote that is gone, or on the record's end */
        if (!more)
            return;
        at++;
    }
}

enum csv_got csv_read(char *bytes, size_t count, bool last, char separator, struct csv_record *ret)
{
    struct span span;
    if (count == 0)
        return last ? CSV_END : CSV_MORE;
    /* A CR that ends the file ends its last record. */
    size_t seen = last && bytes[count - 1] == '\r' ? count - 1 : count;
    if (!look_ahead(bytes, seen, last, separator, &span))
        return CSV_MORE;
    if (span.code == NULL && span.cells > CSV_CELLS_MAX)
        span.code = "csv_too_many_cells";
    if (span.code == NULL && !utf8_valid(bytes, span.end))
        span.code = "not_utf8";
    if (span.code != NULL)
        return bad(bytes, count, last, span.code, ret);
    ret->used = span.next == seen ? count : span.next;
    ret->lines = lines_in(bytes, ret->used);
    ret->code = NULL;
    take_apart(bytes, span.end, separator, ret);
    return CSV_RECORD;
}
