/* Dumps of the library: which there are, and their files. */
#include "adverts/dump.h"
#include "web/api/api.h"
#include "web/app.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTED 31
#define PIECE_BYTES ((size_t)256 * 1024)

int api_ads_dumps(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    const char **manifests;
    int64_t limit = LISTED;
    size_t count = 0;
    int r = api_query_int(request, "limit", 1, DUMP_CHANGES_DAYS + 1, &limit, err);
    if (r == 0 && request->app->dumps_dir != NULL)
        r = dump_manifests(request->app->dumps_dir, (size_t)limit, &request->arena, &manifests, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "url", arena_printf(&request->arena, "%s/ads/dumps/", request_public_url(request)));
    jo_int(out, "whole_kept_days", DUMP_WHOLE_DAYS);
    jo_int(out, "changes_kept_days", DUMP_CHANGES_DAYS);
    jo_key(out, "dumps");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_puts(out, manifests[i]);
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

static int fill(void *arg, struct buf *out)
{
    const int *fd = arg;
    char *piece = malloc(PIECE_BYTES);
    ssize_t got = piece == NULL ? -1 : read(*fd, piece, PIECE_BYTES);
    if (got > 0)
        buf_put(out, piece, (size_t)got);
    free(piece);
    return got < 0 ? -1 : got > 0;
}

static void done(void *arg)
{
    int *fd = arg;
    close(*fd);
    free(fd);
}

int ads_dump_file(struct request *request, struct response *response, struct err *err)
{
    const char *name = request_param(request, "file");
    char etag[80];
    int64_t bytes;
    int fd;
    int r = dump_open(request->app->dumps_dir, request_param(request, "day"), name, &fd, &bytes, etag, err);
    if (r < 0)
        return r;
    response->type = dump_type(name);
    int *kept = api_not_modified(request, response, etag) ? NULL : malloc(sizeof *kept);
    if (kept == NULL) {
        close(fd);
        return response->status == 304 ? 0 : err_memory(err);
    }
    *kept = fd;
    response->stream = fill;
    response->stream_done = done;
    response->stream_arg = kept;
    response->stream_bytes = bytes;
    return response_header(response, request, "Cache-Control", "public, no-cache") < 0 ? err_memory(err) : 0;
}
