/* json_parse takes any bytes; whatever it accepts has a canonical form that reads back as itself. */
#include "base/json.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_JSON json_t *value = NULL;
    CLEANUP_JSON json_t *again = NULL;
    struct err err = {0};
    if (json_parse((const char *)data, size, &value, &err) < 0) {
        if (err.kind == ERR_NONE || value != NULL)
            abort();
        return 0;
    }
    CLEANUP_BUF struct buf first, second;
    buf_init(&first, SIZE_MAX);
    buf_init(&second, SIZE_MAX);
    if (json_canonical(value, &first, &err) < 0)
        return 0;
    if (json_parse(first.data, first.len, &again, &err) < 0 || json_canonical(again, &second, &err) < 0 ||
        first.len != second.len || memcmp(first.data, second.data, first.len) != 0 || !json_equal(value, again))
        abort();
    return 0;
}
