/* Forms with files. */
#include "web/multipart.h"
#include "base/unicode.h"
#include <string.h>
#include <strings.h>

#define BOUNDARY_MAX 70 /* RFC 2046 */

static int malformed(struct err *err)
{
    return err_set(err, ERR_MALFORMED, "multipart_malformed", NULL);
}

static void put(char **out, char c)
{
    if (*out != NULL)
        *(*out)++ = c;
}

/* The parameter of a header's value: `name="value"` or name=value; inside quotes a backslash escapes a quote, and %22
 * and %0D%0A are what browsers write for a quote and a line break. NULL when absent or cut off. */
static char *parameter(const char *text, const char *name, struct arena *arena)
{
    size_t name_len = strlen(name);
    for (const char *p = strchr(text, ';'); p != NULL;) {
        p += 1 + strspn(p + 1, " \t");
        bool ours = strncasecmp(p, name, name_len) == 0 && p[name_len] == '=';
        p += strcspn(p, "=;");
        if (*p != '=') {
            p = *p == ';' ? p : NULL;
            continue;
        }
        p++;
        /* The others are only read over: memory for each would be the square of a header's length. */
        char *value = ours ? arena_alloc(arena, strlen(p) + 1) : NULL, *out = value;
        if (ours && value == NULL)
            return NULL;
        if (*p == '"') {
            for (p++; *p != '"'; p++) {
                if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
                    p++;
                else if (strncmp(p, "%22", 3) == 0) {
                    put(&out, '"');
                    p += 2;
                    continue;
                }
                if (*p == '\0')
                    return NULL;
                put(&out, *p);
            }
            p++;
        } else {
            while (*p != '\0' && *p != ';' && *p != ' ' && *p != '\t')
                put(&out, *p++);
        }
        put(&out, '\0');
        if (ours)
            return value;
        p = strchr(p, ';');
    }
    return NULL;
}

/* Reads the headers of one part, which end at an empty line. */
static int part_headers(const char *start, const char *end, struct arena *arena, struct part *part, struct err *err)
{
    bool named = false;
    for (const char *p = start; p < end;) {
        const char *line_end = memmem(p, (size_t)(end - p), "\r\n", 2);
        if (line_end == NULL)
            line_end = end;
        char *line = arena_strndup(arena, p, (size_t)(line_end - p));
        if (line == NULL)
            return err_memory(err);
        if (strlen(line) != (size_t)(line_end - p))
            return malformed(err);
        static const char disposition[] = "content-disposition:";
        if (strncasecmp(line, disposition, sizeof disposition - 1) == 0) {
            const char *value = line + sizeof disposition - 1;
            value += strspn(value, " \t");
            if (named || strncasecmp(value, "form-data", 9) != 0)
                return malformed(err);
            if (!utf8_valid(value, strlen(value)))
                return err_set(err, ERR_MALFORMED, "not_utf8", NULL);
            part->name = parameter(value, "name", arena);
            part->file_name = parameter(value, "filename", arena);
            named = part->name != NULL;
        }
        p = line_end + 2;
    }
    return named ? 0 : malformed(err);
}

int multipart_read(const char *content_type, const char *body, size_t count, struct arena *arena, struct part **ret,
                   size_t *ret_count, struct err *err)
{
    const char *boundary = parameter(content_type, "boundary", arena);
    if (boundary == NULL || *boundary == '\0' || strlen(boundary) > BOUNDARY_MAX)
        return malformed(err);
    char delimiter[BOUNDARY_MAX + 5];
    size_t delimiter_len = 4 + strlen(boundary);
    memcpy(delimiter, "\r\n--", 4);
    memcpy(delimiter + 4, boundary, delimiter_len - 4 + 1);

    struct part *parts = ARENA_ARRAY(arena, struct part, PARTS_MAX);
    if (parts == NULL)
        return err_memory(err);
    const char *end = body + count, *p = body;
    /* The first delimiter has no line break before it. */
    if (count < delimiter_len - 2 || memcmp(body, delimiter + 2, delimiter_len - 2) != 0)
        return malformed(err);
    p += delimiter_len - 2;
    size_t found = 0;
    for (;;) {
        if (end - p >= 2 && memcmp(p, "--", 2) == 0)
            break;
        if (end - p < 2 || memcmp(p, "\r\n", 2) != 0)
            return malformed(err);
        p += 2;
        if (found == PARTS_MAX)
            return err_set(err, ERR_MALFORMED, "too_many_fields", "%d", PARTS_MAX);
        const char *blank = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);
        if (blank == NULL)
            return malformed(err);
        struct part *part = &parts[found];
        int r = part_headers(p, blank, arena, part, err);
        if (r < 0)
            return r;
        part->bytes = blank + 4;
        /* From the header's last line break, so that an empty content is found too. */
        const char *stop = memmem(blank + 2, (size_t)(end - blank - 2), delimiter, delimiter_len);
        if (stop == NULL)
            return malformed(err);
        part->count = stop > part->bytes ? (size_t)(stop - part->bytes) : 0;
        p = stop + delimiter_len;
        found++;
    }
    *ret = parts;
    *ret_count = found;
    return 0;
}
