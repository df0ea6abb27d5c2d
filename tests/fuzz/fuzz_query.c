/* Any query: pairs of valid UTF-8 without NUL, or a refusal; encoding what was decoded and decoding it again changes
 * nothing. */
#include "base/buf.h"
#include "base/unicode.h"
#include "web/decode.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    struct pair *pairs, *again;
    size_t count, count_again;
    arena_init(&arena, (size_t)16 << 20);
    if (decode_pairs((const char *)data, size, "address_malformed", &arena, &pairs, &count, &err) < 0) {
        if (err.kind != ERR_MALFORMED && err.kind != ERR_MEMORY)
            abort();
    } else {
        struct buf out CLEANUP_BUF;
        buf_init(&out, (size_t)1 << 20);
        for (size_t i = 0; i < count; i++) {
            if (!utf8_valid(pairs[i].name, strlen(pairs[i].name)) ||
                !utf8_valid(pairs[i].value, strlen(pairs[i].value)))
                abort();
            if (i > 0)
                buf_putc(&out, '&');
            buf_put_url(&out, pairs[i].name);
            buf_putc(&out, '=');
            buf_put_url(&out, pairs[i].value);
        }
        if (!out.failed) {
            if (decode_pairs(out.data == NULL ? "" : out.data, out.len, "again", &arena, &again, &count_again, &err) <
                    0 ||
                count_again != count)
                abort();
            for (size_t i = 0; i < count; i++)
                if (strcmp(pairs[i].name, again[i].name) != 0 || strcmp(pairs[i].value, again[i].value) != 0)
                    abort();
        }
    }
    arena_done(&arena);
    return 0;
}
