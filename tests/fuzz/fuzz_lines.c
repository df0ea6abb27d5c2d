/* Any bytes as a body of identifiers, read whole and in two windows: both read the same, or refuse the same lines. The
 * first byte says where the windows part and whether it is JSON. */
#include "audience/lines.h"
#include <stdlib.h>
#include <string.h>

static int read_body(struct lines *lines, bool json, const char *body, size_t count, size_t first)
{
    static const struct visit_key key = {{7}};
    struct err err = {0};
    lines_init(lines, &key, json);
    if (lines_feed(lines, body, first, &err) < 0 || lines_feed(lines, body + first, count - first, &err) < 0)
        abort();
    return lines_end(lines, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lines whole, parts;
    if (size == 0)
        return 0;
    const char *body = (const char *)data + 1;
    size_t count = size - 1;
    bool json = data[0] & 1;
    int a = read_body(&whole, json, body, count, count);
    int b = read_body(&parts, json, body, count, count * (data[0] >> 1) / 128);
    if (a != b || whole.count != parts.count || whole.lines != parts.lines || whole.empty != parts.empty ||
        whole.refused != parts.refused || whole.count + whole.empty + whole.refused != whole.lines)
        abort();
    if (whole.count > 0 && memcmp(whole.hashes, parts.hashes, whole.count * sizeof *whole.hashes) != 0)
        abort();
    for (size_t i = 0; i < whole.refused && i < LINES_TOLD; i++)
        if (whole.refusals[i].line != parts.refusals[i].line || whole.refusals[i].code != parts.refusals[i].code)
            abort();
    for (int i = 0; i < LINE_WARNINGS; i++)
        if (whole.warnings[i].lines != parts.warnings[i].lines ||
            whole.warnings[i].first_line != parts.warnings[i].first_line)
            abort();
    if ((a == 0) != (whole.refused == 0))
        abort();
    lines_done(&whole);
    lines_done(&parts);
    return 0;
}
