/* Static files: an address with the content's hash is good for a year; the plain name is answered too, but asked again.
 */
#include "web/static.h"
#include "web/routes.h"
#include <assert.h>
#include <string.h>

#define ADDRESS_START "/static/"

const char *static_url(const char *name)
{
    for (size_t i = 0; i < static_count; i++)
        if (strcmp(static_table[i].name, name) == 0)
            return static_table[i].address;
    assert(!"a file of static/");
    return "";
}

int static_file(struct request *request, struct response *response, struct err *err)
{
    const char *name = request_param(request, "name");
    const struct static_entry *entry = NULL;
    bool hashed = false;
    for (size_t i = 0; i < static_count && entry == NULL; i++) {
        hashed = strcmp(static_table[i].address + strlen(ADDRESS_START), name) == 0;
        if (hashed || strcmp(static_table[i].name, name) == 0)
            entry = &static_table[i];
    }
    if (entry == NULL)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    response->type = entry->type;
    int r = response_header(response, request, "ETag", "%s", entry->etag);
    if (r == 0)
        r = response_header(response, request, "Cache-Control", "%s",
                            hashed ? "public, max-age=31536000, immutable" : "public, no-cache");
    if (r < 0)
        return err_memory(err);
    const char *known = request_header(request, "If-None-Match");
    if (known != NULL && strcmp(known, entry->etag) == 0)
        response->status = 304;
    else
        buf_put(&response->body, entry->bytes, entry->count);
    return 0;
}
