/* Media of advertisements: sent by the hash that an advertisement names them by, served while one that stands does. */
#include "adverts/media.h"
#include "store/advert_rows.h"
#include "web/api/api.h"
#include "web/decode.h"
#include "web/range.h"
#include <stdio.h>
#include <string.h>

struct media {
    struct hash hash;
    const char *type;
    char *bytes;
    size_t count;
    bool is_new;
};

static int hash_of_path(const struct request *request, struct hash *ret, struct err *err)
{
    const char *text = request_param(request, "hash");

    if (strlen(text) != 2 * SHA256_BYTES || strspn(text, "0123456789abcdef") != 2 * SHA256_BYTES ||
        !hex_decode(text, ret->bytes, SHA256_BYTES))
        return err_set(err, ERR_NOT_FOUND, "media_unknown", NULL);
    return 0;
}

static int put_run(struct tx *tx, struct request *request, struct err *err)
{
    struct media *media = request->state;
    bool named = false;
    int r = store_advert_media_named(tx, &media->hash, &named, err);

    if (r == 0 && !named)
        r = err_set(err, ERR_NOT_FOUND, "media_unnamed", NULL);
    return r < 0 ? r
                 : store_advert_media_put(tx, &media->hash, media->type, media->bytes, media->count, request->now_usec,
                                          &media->is_new, err);
}

static int put_finish(struct request *request, struct response *response, struct err *err)
{
    const struct media *media = request->state;
    struct buf *out = &response->body;

    (void)err;
    response->status = media->is_new ? 201 : 200;
    jo_open(out, '{');
    jo_hash(out, "hash", &media->hash);
    jo_text(out, "type", media->type);
    jo_int(out, "size_bytes", (int64_t)media->count);
    jo_key(out, "url");
    buf_printf(out, "\"/ads/media/%s\"", request_param(request, "hash"));
    jo_close(out, '}');
    return 0;
}

int api_ads_media_put(struct request *request, struct response *response, struct err *err)
{
    const char *said = request_header(request, "Content-Type");
    struct media *media = ARENA_NEW(&request->arena, struct media);
    struct hash hash;
    struct tx *tx;
    bool named = false;
    int r = media == NULL ? err_memory(err) : hash_of_path(request, &media->hash, err);

    (void)response;
    if (r < 0)
        return r;
    media->type = advert_media_type(request->body, request->body_len);
    if (media->type == NULL)
        return err_set(err, ERR_WRONG_TYPE, "media_type_unsupported", NULL);
    if (!media_type_is(said, "application/octet-stream") && !media_type_is(said, media->type))
        return err_set(err, ERR_WRONG_TYPE, "media_type_mismatch", "%s", media->type);
    hash = sha256_of(request->body, request->body_len, NULL, 0, NULL, 0);
    if (memcmp(hash.bytes, media->hash.bytes, SHA256_BYTES) != 0)
        return err_set(err, ERR_BAD_INPUT, "media_hash_mismatch", NULL);
    r = request_read(request, &tx, err);
    if (r == 0)
        r = store_advert_media_named(tx, &hash, &named, err);
    if (r == 0 && !named)
        r = err_set(err, ERR_NOT_FOUND, "media_unnamed", NULL);
    if (r < 0)
        return r;
    media->count = request->body_len;
    media->bytes = arena_strndup(&request->arena, request->body, request->body_len);
    if (media->bytes == NULL)
        return err_memory(err);
    request->state = media;
    return request_write(request, put_run, put_finish);
}

int ads_media_get(struct request *request, struct response *response, struct err *err)
{
    struct hash hash;
    const char *type;
    const void *bytes;
    char etag[2 * SHA256_BYTES + 3];
    size_t count;
    bool named = false;
    struct tx *tx;
    int r = hash_of_path(request, &hash, err);

    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = store_advert_media_named(tx, &hash, &named, err);
    if (r == 0 && !named)
        r = err_set(err, ERR_NOT_FOUND, "media_unknown", NULL);
    if (r == 0)
        r = store_advert_media_get(tx, &hash, &request->arena, &type, &bytes, &count, err);
    if (r < 0)
        return r;
    response->type = type;
    snprintf(etag, sizeof etag, "\"%s\"", request_param(request, "hash"));
    if (!api_not_modified(request, response, etag))
        buf_put(&response->body, bytes, count);
    if (response_header(response, request, "Content-Security-Policy", "sandbox") < 0 ||
        response_header(response, request, "Content-Disposition", "inline") < 0 ||
        response_header(response, request, "Cache-Control", "public, max-age=3600") < 0)
        return err_memory(err);
    return range_cut(request, response, etag, err);
}
