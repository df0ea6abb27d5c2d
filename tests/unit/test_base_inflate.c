/* Unpacking: whole streams, pieces of any size, and everything that is not a whole stream. */
#include "base/buf.h"
#include "base/inflate.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define PLAIN 700000

static char *plain;

static int make_plain(void **state)
{
    uint32_t x = 1;
    plain = malloc(PLAIN);
    for (size_t i = 0; i < PLAIN; i++) {
        x = x * 1664525 + 1013904223;
        plain[i] = (char)('a' + (x >> 28));
    }
    return plain == NULL;
}

static int end_plain(void **state)
{
    free(plain);
    return 0;
}

static size_t pack(enum inflate_format format, const void *bytes, size_t count, char *to, size_t room)
{
    if (format == INFLATE_ZSTD) {
        size_t size = ZSTD_compress(to, room, bytes, count, 3);
        assert_false(ZSTD_isError(size));
        return size;
    }
    z_stream zlib = {0};
    assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zlib.next_in = (Bytef *)(uintptr_t)bytes;
    zlib.avail_in = (uInt)count;
    zlib.next_out = (Bytef *)to;
    zlib.avail_out = (uInt)room;
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    size_t size = room - zlib.avail_out;
    deflateEnd(&zlib);
    return size;
}

static int keep(void *arg, const char *bytes, size_t count, struct err *err)
{
    assert_in_range(count, 1, INFLATE_WINDOW);
    buf_put(arg, bytes, count);
    return 0;
}

/* 0, or the error's code in *err. */
static int unpack(enum inflate_format format, const char *bytes, size_t count, size_t piece, uint64_t limit,
                  struct buf *out, struct err *err)
{
    struct inflate *inflate;
    *err = (struct err){0};
    assert_int_equal(inflate_new(format, limit, keep, out, &inflate, err), 0);
    int r = 0;
    for (size_t at = 0; r == 0 && at < count; at += piece)
        r = inflate_feed(inflate, bytes + at, count - at < piece ? count - at : piece, err);
    if (r == 0)
        r = inflate_end(inflate, err);
    inflate_free(inflate);
    return r;
}

static void whole_streams_come_back(void **state)
{
    static const size_t pieces[] = {1, 7, 4096, 1 << 20};
    char *packed = malloc(2 * PLAIN);
    struct err err;
    for (int format = INFLATE_GZIP; format <= INFLATE_ZSTD; format++) {
        size_t half = pack(format, plain, PLAIN / 2, packed, 2 * PLAIN);
        size_t size = half + pack(format, plain + PLAIN / 2, PLAIN - PLAIN / 2, packed + half, 2 * PLAIN - half);
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
            CLEANUP_BUF struct buf out;
            buf_init(&out, 4 * PLAIN);
            assert_int_equal(unpack(format, packed, size, pieces[i], PLAIN, &out, &err), 0);
            assert_int_equal(out.len, PLAIN);
            assert_memory_equal(out.data, plain, PLAIN);
        }
    }
    free(packed);
}

static void nothing_packed_is_nothing(void **state)
{
    char packed[256];
    struct err err;
    for (int format = INFLATE_GZIP; format <= INFLATE_ZSTD; format++) {
        CLEANUP_BUF struct buf out;
        buf_init(&out, 64);
        size_t size = pack(format, "", 0, packed, sizeof packed);
        assert_int_equal(unpack(format, packed, size, size, 10, &out, &err), 0);
        assert_int_equal(out.len, 0);
        assert_int_equal(unpack(format, packed, 0, 1, 10, &out, &err), -ERR_MALFORMED);
        assert_string_equal(err.code, "packed_truncated");
    }
}

static void what_is_cut_is_refused_wherever_it_is_cut(void **state)
{
    char packed[4096];
    struct err err;
    for (int format = INFLATE_GZIP; format <= INFLATE_ZSTD; format++) {
        size_t size = pack(format, plain, 2000, packed, sizeof packed);
        for (size_t cut = 1; cut < size; cut++) {
            CLEANUP_BUF struct buf out;
            buf_init(&out, 4096);
            assert_int_equal(unpack(format, packed, cut, 64, 4096, &out, &err), -ERR_MALFORMED);
            assert_string_equal(err.code, "packed_truncated");
        }
    }
}

static void rubbish_is_refused(void **state)
{
    char packed[4096];
    struct err err;
    for (int format = INFLATE_GZIP; format <= INFLATE_ZSTD; format++) {
        CLEANUP_BUF struct buf out;
        buf_init(&out, 8192);
        assert_int_equal(unpack(format, "user-1\nuser-2\n", 14, 14, 4096, &out, &err), -ERR_MALFORMED);
        assert_string_equal(err.code, "packed_damaged");
        size_t size = pack(format, plain, 2000, packed, sizeof packed);
        memcpy(packed + size, "behind it", 9);
        assert_int_equal(unpack(format, packed, size + 9, 4096, 4096, &out, &err), -ERR_MALFORMED);
        assert_string_equal(err.code, "packed_damaged");
    }
    /* gzip has a sum of its content. */
    CLEANUP_BUF struct buf out;
    buf_init(&out, 8192);
    size_t size = pack(INFLATE_GZIP, plain, 2000, packed, sizeof packed);
    packed[size - 6] ^= 0x55;
    assert_int_equal(unpack(INFLATE_GZIP, packed, size, 4096, 4096, &out, &err), -ERR_MALFORMED);
}

static void a_bomb_is_refused_at_the_limit(void **state)
{
    size_t bomb = (size_t)64 << 20;
    char *zeros = calloc(1, bomb), *packed = malloc(1 << 20);
    struct err err;
    for (int format = INFLATE_GZIP; format <= INFLATE_ZSTD; format++) {
        CLEANUP_BUF struct buf out;
        buf_init(&out, (size_t)2 << 20);
        size_t size = pack(format, zeros, bomb, packed, 1 << 20);
        assert_int_equal(unpack(format, packed, size, size, 1 << 20, &out, &err), -ERR_TOO_LARGE);
        assert_string_equal(err.code, "packed_too_large");
        assert_string_equal(err.arg, "1");
        assert_true(out.len <= 1 << 20);
    }
    free(zeros);
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_streams_come_back),
        cmocka_unit_test(nothing_packed_is_nothing),
        cmocka_unit_test(what_is_cut_is_refused_wherever_it_is_cut),
        cmocka_unit_test(rubbish_is_refused),
        cmocka_unit_test(a_bomb_is_refused_at_the_limit),
    };
    return cmocka_run_group_tests(tests, make_plain, end_plain);
}
