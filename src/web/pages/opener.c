/* The opener's number and code in a cookie, so that neither is typed twice and the code never stands in an address. */
#include "web/pages/pages.h"
#include <string.h>

#define COOKIE_CASE "talap_case"
#define REMEMBER_SEC 3600

int opener_remember(struct request *request, struct response *response, const char *number, const char *code,
                    struct err *err)
{
    CLEANUP_BUF struct buf value;
    buf_init(&value, 1024);
    buf_put_url(&value, number);
    buf_putc(&value, '!');
    buf_put_url(&value, code);
    if (value.failed || response_cookie(response, request, COOKIE_CASE, value.data, REMEMBER_SEC) < 0)
        return err_memory(err);
    return 0;
}

const char *opener_code(struct request *request, const char *number)
{
    const char *cookie = request_cookie(request, COOKIE_CASE);
    CLEANUP_BUF struct buf wanted;
    buf_init(&wanted, 1024);
    buf_put_url(&wanted, number);
    buf_putc(&wanted, '!');
    if (cookie == NULL || wanted.failed || strncmp(cookie, wanted.data, wanted.len) != 0)
        return NULL;
    const char *code = cookie + wanted.len;
    /* A code is letters, digits and dashes: nothing in it was encoded. */
    size_t length = strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
    return code[length] == '\0' && length > 0 && length < 40 ? code : NULL;
}

void opener_forget(struct request *request, struct response *response)
{
    (void)response_cookie(response, request, COOKIE_CASE, "", 0);
}
