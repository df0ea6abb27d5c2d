/* The table of routes as an array, and as JSON for those who check it. */
#include "web/routes.h"
#include "web/app.h"
#include "web/json_out.h"

/* What stands under no role, PAGE rows without `query`: their handlers look at the query themselves. */
#define PAGE_ROW(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY, PACE) \
    {HTTP_##METHOD, PATH, ROUTE_PAGE, ROLES, INPUT_##INPUT, BODY_MAX, HANDLER, NAME, SUMMARY, NULL, PACE_##PACE},
#define API_ROW(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY, PACE) \
    {HTTP_##METHOD, PATH, ROUTE_API, ROLES, INPUT_##INPUT, BODY_MAX, HANDLER, NAME, SUMMARY, QUERY, PACE_##PACE},
#define PAGE(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY) \
    PAGE_ROW(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY, FAST)
#define PAGE_SLOW(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY) \
    PAGE_ROW(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY, SLOW)
#define PAGE_COUNTED(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY) \
    PAGE_ROW(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY, COUNTED)
#define API(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY) \
    API_ROW(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY, FAST)
#define API_SLOW(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY) \
    API_ROW(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY, SLOW)
#define API_COUNTED(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY) \
    API_ROW(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY, COUNTED)
#define ASSET_ROW(PATH, HANDLER, NAME, SUMMARY, PACE) \
    {HTTP_GET, PATH, ROUTE_FILE, ROLE_PUBLIC, INPUT_NONE, 0, HANDLER, NAME, SUMMARY, NULL, PACE_##PACE},
#define ASSET(PATH, HANDLER, NAME, SUMMARY) ASSET_ROW(PATH, HANDLER, NAME, SUMMARY, FAST)
#define ASSET_SLOW(PATH, HANDLER, NAME, SUMMARY) ASSET_ROW(PATH, HANDLER, NAME, SUMMARY, SLOW)

const struct route routes[] = {
#include "web/routes.def"
};
const size_t route_count = sizeof routes / sizeof routes[0];

const char *http_method_word(enum http_method method)
{
    static const char *const words[] = {"GET", "POST", "PUT", "DELETE"};
    return words[method];
}

int routes_to_json(struct buf *out)
{
    static const char *const kinds[] = {"page", "api", "file"};
    static const char *const inputs[] = {"none",      "form", "multipart", "json", "json_or_multipart",
                                         "json_text", "file", "counts",    "rows", "bytes",
                                         "lines"};
    jo_open(out, '[');
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        jo_open(out, '{');
        jo_text(out, "method", http_method_word(route->method));
        jo_text(out, "path", route->path);
        jo_text(out, "kind", kinds[route->kind]);
        jo_key(out, "roles");
        jo_roles(out, route->roles);
        jo_text(out, "input", inputs[route->input]);
        jo_text(out, "name", route->name);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    buf_putc(out, '\n');
    return out->failed ? -ERR_MEMORY : 0;
}
