/* What handlers say of their answer besides the body. */
#include "web/connection.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEADERS_MAX (sizeof((struct response *)0)->headers / sizeof((struct response *)0)->headers[0])

/* A header's value is one line: whatever it was made of, a line break must not begin another header. */
static bool value_allowed(const char *value)
{
    for (const char *p = value; *p != '\0'; p++)
        if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7F)
            return false;
    return true;
}

static int add(struct response *response, const char *name, const char *value)
{
    if (value == NULL)
        return -ERR_MEMORY;
    if (!value_allowed(value))
        return -ERR_INTERNAL;
    assert(response->header_count < HEADERS_MAX);
    response->headers[response->header_count].name = name;
    response->headers[response->header_count++].value = value;
    return 0;
}

int response_header(struct response *response, struct request *request, const char *name, const char *value_fmt, ...)
{
    va_list args;
    va_start(args, value_fmt);
    char *value = arena_vprintf(&request->arena, value_fmt, args);
    va_end(args);
    return add(response, name, value);
}

int response_cookie(struct response *response, struct request *request, const char *name, const char *value,
                    int max_age_sec)
{
    char age[32] = "";
    if (max_age_sec >= 0)
        snprintf(age, sizeof age, "; Max-Age=%d", max_age_sec);
    return response_header(response, request, "Set-Cookie", "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name, value,
                           age, request->connection->https_outside ? "; Secure" : "");
}

int response_redirect(struct response *response, struct request *request, const char *location_fmt, ...)
{
    va_list args;
    va_start(args, location_fmt);
    char *location = arena_vprintf(&request->arena, location_fmt, args);
    va_end(args);
    response->status = 303;
    buf_reset(&response->body);
    return add(response, "Location", location);
}
