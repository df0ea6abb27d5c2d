/* The calendar that programs fetch: who has the address needs nothing else, so an address that opens nothing says
 * nothing either. Whoever keeps the last answer is told that nothing changed. */
#include "access/feed.h"
#include "out/calendar_feed.h"
#include "web/routes.h"
#include <string.h>

int calendar_feed_get(struct request *request, struct response *response, struct err *err)
{
    struct actor actor;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = feed_actor(tx, request_param(request, "secret"), &actor, err);
    if (r == 0)
        r = calendar_feed_write(tx, request->office, &actor, request_public_url(request), &request->arena,
                                &response->body, err);
    if (r < 0)
        return r;
    if (response->body.failed)
        return err_memory(err);
    char etag[2 * SHA256_BYTES + 1];
    struct hash hash = sha256_of(response->body.data, response->body.len, NULL, 0, NULL, 0);
    hex_encode(hash.bytes, SHA256_BYTES, etag);
    response->type = "text/calendar; charset=utf-8";
    if (response_header(response, request, "ETag", "\"%s\"", etag) < 0 ||
        response_header(response, request, "Cache-Control", "private, no-cache") < 0)
        return err_memory(err);
    /* Among several, or weakened by a proxy that compressed it: the hash is found all the same. */
    const char *known = request_header(request, "If-None-Match");
    if (known != NULL && strstr(known, etag) != NULL) {
        response->status = 304;
        buf_reset(&response->body);
    }
    return 0;
}
