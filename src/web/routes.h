/* The table of routes.def as C: a declaration of every handler and the array the router is built from. */
#ifndef TALAP_WEB_ROUTES_H
#define TALAP_WEB_ROUTES_H

#include "web/http.h"

#define PAGE(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY) handler_fn HANDLER;
#define PAGE_SLOW(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY) handler_fn HANDLER;
#define PAGE_COUNTED(METHOD, PATH, ROLES, INPUT, BODY_MAX, HANDLER, NAME, SUMMARY) handler_fn HANDLER;
#define API(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY) handler_fn HANDLER;
#define API_SLOW(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY) handler_fn HANDLER;
#define API_COUNTED(METHOD, PATH, ROLES, INPUT, BODY_MAX, QUERY, HANDLER, NAME, SUMMARY) handler_fn HANDLER;
#define ASSET(PATH, HANDLER, NAME, SUMMARY) handler_fn HANDLER;
#define ASSET_SLOW(PATH, HANDLER, NAME, SUMMARY) handler_fn HANDLER;
#include "web/routes.def"
#undef PAGE
#undef PAGE_SLOW
#undef PAGE_COUNTED
#undef API
#undef API_SLOW
#undef API_COUNTED
#undef ASSET
#undef ASSET_SLOW

extern const struct route routes[];
extern const size_t route_count;

/* "GET" … */
const char *http_method_word(enum http_method method);

#endif
