/* Any Cookie, Content-Type and Accept-Language header: what comes out of them is clean. */
#include "web/decode.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, (size_t)4 << 20);
    char *header = arena_strndup(&arena, (const char *)data, size);
    if (header == NULL)
        abort();
    const char *value = cookie_find(header, "talap_session", &arena);
    if (value != NULL &&
        (*value == '\0' ||
         strspn(value, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.") != strlen(value)))
        abort();
    if (media_type_is(header, "application/json") && media_type_is(header, "multipart/form-data"))
        abort();
    if ((int)lang_negotiate(header) < 0 || (int)lang_negotiate(header) >= LANG_COUNT)
        abort();
    arena_done(&arena);
    return 0;
}
