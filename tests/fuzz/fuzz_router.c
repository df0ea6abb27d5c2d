/* Any path against a table of every shape: refused, or decoded into clean segments that a route takes or not. */
#include "base/unicode.h"
#include "web/router.h"
#include <stdlib.h>
#include <string.h>

static const struct route table[] = {
    {.method = HTTP_GET, .path = "/"},
    {.method = HTTP_GET, .path = "/{lang}/"},
    {.method = HTTP_GET, .path = "/{lang}/case/{id}"},
    {.method = HTTP_POST, .path = "/{lang}/case/{id}"},
    {.method = HTTP_GET, .path = "/v1/cases"},
    {.method = HTTP_POST, .path = "/v1/cases/{procedure}"},
    {.method = HTTP_GET, .path = "/v1/cases/{id}/papers/{name}.pdf"},
    {.method = HTTP_DELETE, .path = "/v1/tokens/{id}"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    const struct router *router;
    const char *segments[PATH_SEGMENTS_MAX];
    size_t count;
    arena_init(&arena, (size_t)4 << 20);
    if (router_build(table, sizeof table / sizeof table[0], &arena, &router, &err) < 0)
        abort();
    if (size > 0 && decode_path((const char *)data + 1, size - 1, &arena, segments, &count, &err) == 0) {
        for (size_t i = 0; i < count && i < PATH_SEGMENTS_MAX; i++)
            if (!utf8_valid(segments[i], strlen(segments[i])) || strchr(segments[i], '/') != NULL ||
                strcmp(segments[i], "..") == 0)
                abort();
        struct route_match match;
        if (router_find(router, data[0] % 5 - 1, segments, count, &arena, &match, &err) < 0)
            abort();
        for (size_t i = 0; i < match.param_count; i++)
            if (match.param_values[i] == NULL || match.param_values[i][0] == '\0')
                abort();
        if (match.route != NULL && !match.path_known)
            abort();
    } else if (err.kind != ERR_NONE && err.kind != ERR_MALFORMED) {
        abort();
    }
    arena_done(&arena);
    return 0;
}
