/* Any body as a form with files and as a plain form: parts lie inside the body, texts are valid UTF-8. */
#include "base/unicode.h"
#include "web/decode.h"
#include "web/multipart.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    /* The first line is the Content-Type, the rest the body. */
    const char *text = (const char *)data, *line_end = size == 0 ? NULL : memchr(text, '\n', size);
    if (line_end == NULL || memchr(text, '\0', (size_t)(line_end - text)) != NULL)
        return 0;
    arena_init(&arena, (size_t)16 << 20);
    const char *type = arena_strndup(&arena, text, (size_t)(line_end - text));
    /* A copy of its own, so that a step beyond the body is seen. */
    size_t count = size - (size_t)(line_end + 1 - text);
    char *body = malloc(count == 0 ? 1 : count);
    if (type == NULL || body == NULL)
        abort();
    memcpy(body, line_end + 1, count);
    struct part *parts;
    size_t found;
    if (multipart_read(type, body, count, &arena, &parts, &found, &err) == 0) {
        for (size_t i = 0; i < found; i++)
            if (parts[i].name == NULL || !utf8_valid(parts[i].name, strlen(parts[i].name)) || parts[i].bytes < body ||
                parts[i].bytes + parts[i].count > body + count)
                abort();
    } else if (err.kind != ERR_MALFORMED && err.kind != ERR_MEMORY) {
        abort();
    }
    struct pair *pairs;
    struct raw_value *values;
    if (decode_pairs(body, count, "form_malformed", &arena, &pairs, &found, &err) == 0 &&
        pairs_join(pairs, found, &arena, &values, &found, &err) == 0)
        for (size_t i = 0; i < found; i++)
            for (size_t t = 0; t < values[i].count; t++)
                if (!utf8_valid(values[i].texts[t], strlen(values[i].texts[t])))
                    abort();
    free(body);
    arena_done(&arena);
    return 0;
}
