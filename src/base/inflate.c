/* zlib and libzstd behind one door. */
#include "base/inflate.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/* What a frame of zstd may ask to be remembered: 8 MiB, as its own tool does by default and RFC 8878 wants of
 * everybody. */
#define ZSTD_WINDOW_LOG 23
#define GZIP_ONLY (15 + 16)

struct inflate {
    enum inflate_format format;
    uint64_t limit, given;
    int (*take)(void *arg, const char *bytes, size_t count, struct err *err);
    void *arg;
    bool within; /* a member or frame that is not complete */
    bool any;
    bool zlib_open;
    z_stream zlib;
    ZSTD_DCtx *zstd;
    char window[INFLATE_WINDOW];
};

int inflate_new(enum inflate_format format, uint64_t limit_bytes,
                int (*take)(void *arg, const char *bytes, size_t count, struct err *err), void *arg,
                struct inflate **ret, struct err *err)
{
    struct inflate *u = malloc(sizeof *u);
    if (u == NULL)
        return err_memory(err);
    u->format = format;
    u->limit = limit_bytes;
    u->given = 0;
    u->take = take;
    u->arg = arg;
    u->within = u->any = u->zlib_open = false;
    u->zstd = NULL;
    u->zlib = (z_stream){0};
    if (format == INFLATE_GZIP)
        u->zlib_open = inflateInit2(&u->zlib, GZIP_ONLY) == Z_OK;
    else
        u->zstd = ZSTD_createDCtx();
    if (format == INFLATE_GZIP
            ? !u->zlib_open
            : u->zstd == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG))) {
        inflate_free(u);
        return err_memory(err);
    }
    *ret = u;
    return 0;
}

void inflate_free(struct inflate *u)
{
    if (u == NULL)
        return;
    if (u->zlib_open)
        inflateEnd(&u->zlib);
    ZSTD_freeDCtx(u->zstd);
    explicit_bzero(u->window, sizeof u->window); /* identifiers go through it */
    free(u);
}

static int give(struct inflate *u, size_t count, struct err *err)
{
    if (count == 0)
        return 0;
    u->given += count;
    if (u->given > u->limit)
        return err_set(err, ERR_TOO_LARGE, "packed_too_large", "%llu", (unsigned long long)(u->limit >> 20));
    return u->take(u->arg, u->window, count, err);
}

static int damaged(struct err *err)
{
    return err_set(err, ERR_MALFORMED, "packed_damaged", NULL);
}

static int feed_gzip(struct inflate *u, const void *bytes, size_t count, struct err *err)
{
    z_stream *zlib = &u->zlib;
    zlib->next_in = (Bytef *)(uintptr_t)bytes;
    zlib->avail_in = (uInt)count;
    for (;;) {
        if (!u->within) {
            if (zlib->avail_in == 0)
                return 0;
            if (u->any && inflateReset(zlib) != Z_OK)
                return damaged(err);
            u->within = u->any = true;
        }
        zlib->next_out = (Bytef *)u->window;
        zlib->avail_out = INFLATE_WINDOW;
        int told = inflate(zlib, Z_NO_FLUSH);
        if (told == Z_MEM_ERROR)
            return err_memory(err);
        if (told != Z_OK && told != Z_STREAM_END && told != Z_BUF_ERROR)
            return damaged(err);
        int r = give(u, INFLATE_WINDOW - zlib->avail_out, err);
        if (r < 0)
            return r;
        if (told == Z_STREAM_END)
            u->within = false;
        else if (zlib->avail_out > 0)
            return 0; /* it wants more */
    }
}

static int feed_zstd(struct inflate *u, const void *bytes, size_t count, struct err *err)
{
    ZSTD_inBuffer in = {bytes, count, 0};
    for (;;) {
        ZSTD_outBuffer out = {u->window, INFLATE_WINDOW, 0};
        if (in.pos == in.size && !u->within)
            return 0;
        size_t told = ZSTD_decompressStream(u->zstd, &out, &in);
        if (ZSTD_isError(told))
            return damaged(err);
        u->any = true;
        u->within = told != 0;
        int r = give(u, out.pos, err);
        if (r < 0)
            return r;
        if (in.pos == in.size && out.pos < out.size)
            return 0;
    }
}

int inflate_feed(struct inflate *u, const void *bytes, size_t count, struct err *err)
{
    const char *at = bytes;
    int r = 0;
    while (r == 0 && count > 0) {
        size_t piece = count < INT_MAX ? count : INT_MAX;
        r = u->format == INFLATE_GZIP ? feed_gzip(u, at, piece, err) : feed_zstd(u, at, piece, err);
        at += piece;
        count -= piece;
    }
    return r;
}

int inflate_end(struct inflate *u, struct err *err)
{
    return u->any && !u->within ? 0 : err_set(err, ERR_MALFORMED, "packed_truncated", NULL);
}
