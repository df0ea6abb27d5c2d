/* json_parse takes any bytes; whatever it accepts has a canonical form that reads back as itself, and in which the
 * scanner finds every member. The scanner itself stays within any bytes. */
#include "base/json.h"
#include "base/json_scan.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_JSON json_t *value = NULL;
    CLEANUP_JSON json_t *again = NULL;
    struct err err = {0};
    struct json_piece found, name;
    size_t at = 0;
    while (json_scan_next((struct json_piece){(const char *)data, size}, &at, &name, &found))
        continue;
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
    const char *key;
    json_t *member;
    at = 0;
    size_t members = 0;
    while (json_scan_next((struct json_piece){first.data, first.len}, &at, &name, &found))
        members++;
    if ((json_is_object(value) && members != json_object_size(value)) ||
        (json_is_array(value) && members != json_array_size(value)))
        abort();
    json_object_foreach(value, key, member)
    {
        bool plain = strcspn(key, "\"\\") == strlen(key);
        for (const char *c = key; *c; c++)
            plain = plain && (unsigned char)*c >= ' ';
        if (plain && json_scan_member((struct json_piece){first.data, first.len}, key).count == 0)
            abort();
    }
    return 0;
}
