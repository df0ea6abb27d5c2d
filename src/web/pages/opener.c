/* The opener's number and code in a cookie, so that neither is typed twice and the code never stands in an address. */
#include "web/pages/pages.h"
#include <string.h>

#define COOKIE_CASE "talap_case"
#define REMEMBER_SEC 3600

/* "HEX(number)." before the code: a cookie holds letters, digits, dash, dot and underscore only. */
static const char *number_part(struct arena *arena, const char *number)
{
    size_t count = strlen(number);
    char *part = arena_alloc(arena, 2 * count + 2);
    if (part == NULL)
        return NULL;
    hex_encode(number, count, part);
    part[2 * count] = '.';
    part[2 * count + 1] = '\0';
    return part;
}

/* Letters, digits and dashes, as access codes are. */
static bool code_plain(const char *code)
{
    size_t length = strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
    return code[length] == '\0' && length > 0 && length < 40;
}

int opener_remember(struct request *request, struct response *response, const char *number, const char *code,
                    struct err *err)
{
    const char *part = number_part(&request->arena, number);
    const char *value =
        part == NULL ? NULL : arena_printf(&request->arena, "%s%s", part, code_plain(code) ? code : "-");
    if (value == NULL || response_cookie(response, request, COOKIE_CASE, value, REMEMBER_SEC) < 0)
        return err_memory(err);
    return 0;
}

const char *opener_code(struct request *request, const char *number)
{
    const char *cookie = request_cookie(request, COOKIE_CASE), *part = number_part(&request->arena, number);
    if (cookie == NULL || part == NULL || strncmp(cookie, part, strlen(part)) != 0)
        return NULL;
    const char *code = cookie + strlen(part);
    return code_plain(code) ? code : NULL;
}

void opener_forget(struct request *request, struct response *response)
{
    (void)response_cookie(response, request, COOKIE_CASE, "", 0);
}
