/* Any bytes as gzip or zstd (the first byte says which, and where they are parted): never more than the limit comes
 * out, and parted or whole the same. */
#include "base/inflate.h"
#include <stdlib.h>

#define LIMIT 65536

struct sum {
    uint64_t bytes, value;
};

static int take(void *arg, const char *bytes, size_t count, struct err *err)
{
    struct sum *sum = arg;
    if (count == 0 || count > INFLATE_WINDOW)
        abort();
    sum->bytes += count;
    for (size_t i = 0; i < count; i++)
        sum->value = sum->value * 31 + (unsigned char)bytes[i];
    return sum->bytes > LIMIT ? abort(), -1 : 0;
}

static int unpack(enum inflate_format format, const uint8_t *bytes, size_t count, size_t first, struct sum *ret)
{
    struct inflate *inflate;
    struct err err = {0};
    *ret = (struct sum){0};
    if (inflate_new(format, LIMIT, take, ret, &inflate, &err) < 0)
        return 0;
    int r = inflate_feed(inflate, bytes, first, &err);
    if (r == 0)
        r = inflate_feed(inflate, bytes + first, count - first, &err);
    if (r == 0)
        r = inflate_end(inflate, &err);
    inflate_free(inflate);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sum whole, parts;
    if (size == 0)
        return 0;
    enum inflate_format format = data[0] & 1 ? INFLATE_ZSTD : INFLATE_GZIP;
    size_t count = size - 1, first = count * (data[0] >> 1) / 128;
    int a = unpack(format, data + 1, count, count, &whole), b = unpack(format, data + 1, count, first, &parts);
    if ((a == 0) != (b == 0) || (a == 0 && (whole.bytes != parts.bytes || whole.value != parts.value)))
        abort();
    return 0;
}
