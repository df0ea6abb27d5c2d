/* One range of bytes: see the header. */
#include "web/range.h"
#include <stdlib.h>
#include <string.h>

#define DIGITS_MOST 15

/* Digits, perhaps none: -1; false for what is no number. */
static bool number_read(const char **at, int64_t *ret)
{
    size_t digits = strspn(*at, "0123456789");
    if (digits > DIGITS_MOST)
        return false;
    *ret = digits == 0 ? -1 : strtoll(*at, NULL, 10);
    *at += digits;
    return true;
}

/* "bytes=0-99", "bytes=100-", "bytes=-100" (the last hundred). False: no single range. */
static bool range_read(const char *text, int64_t size, int64_t *ret_from, int64_t *ret_until)
{
    static const char unit[] = "bytes=";
    int64_t from, until;
    if (text == NULL || strncmp(text, unit, sizeof unit - 1) != 0)
        return false;
    text += sizeof unit - 1;
    if (!number_read(&text, &from) || *text++ != '-' || !number_read(&text, &until) || *text != '\0')
        return false;
    if ((from < 0 && until < 0) || (from >= 0 && until >= 0 && until < from))
        return false;
    if (from < 0) {
        from = until >= size ? 0 : size - until;
        until = size - 1;
    }
    *ret_from = from;
    *ret_until = until < 0 || until >= size ? size - 1 : until;
    return true;
}

int range_cut(struct request *request, struct response *response, const char *etag, struct err *err)
{
    struct buf *body = &response->body;
    const char *only_if = request_header(request, "If-Range");
    int64_t size = (int64_t)body->len, from, until;
    if (response_header(response, request, "Accept-Ranges", "bytes") < 0)
        return err_memory(err);
    if (body->failed || (response->status != 0 && response->status != 200) ||
        (only_if != NULL && strcmp(only_if, etag) != 0) ||
        !range_read(request_header(request, "Range"), size, &from, &until))
        return 0;
    if (from >= size) {
        response->status = 416;
        buf_reset(body);
        return response_header(response, request, "Content-Range", "bytes */%lld", (long long)size) < 0
                   ? err_memory(err)
                   : 0;
    }
    response->status = 206;
    body->len = (size_t)(until - from + 1);
    memmove(body->data, body->data + from, body->len);
    body->data[body->len] = '\0';
    return response_header(response, request, "Content-Range", "bytes %lld-%lld/%lld", (long long)from,
                           (long long)until, (long long)size) < 0
               ? err_memory(err)
               : 0;
}
