/* Finding the route of a path: a tree of segments, compiled once from the table of routes. */
#ifndef TALAP_WEB_ROUTER_H
#define TALAP_WEB_ROUTER_H

#include "web/decode.h"
#include "web/http.h"

#define METHOD_COUNT 4
#define ROUTE_PARAMS_MAX 4

struct router;

/* A literal segment wins over a parameter. {lang} takes "kk", "ru" and "en" alone; no parameter takes an empty segment;
 * "{name}.pdf" takes the part before the ending, at least one byte. Two routes of one method and shape, more than
 * ROUTE_PARAMS_MAX parameters or a malformed pattern are programming mistakes and asserted. Lives in the arena. */
int router_build(const struct route *routes, size_t count, struct arena *arena, const struct router **ret,
                 struct err *err) WARN_UNUSED;

struct route_match {
    const struct route *route;                   /* NULL: no route of this method */
    const struct route *by_method[METHOD_COUNT]; /* what the path offers; NULL where nothing */
    bool path_known;
    size_t param_count;
    const char *param_names[ROUTE_PARAMS_MAX], *param_values[ROUTE_PARAMS_MAX];
};
/* `method` -1: a method we do not serve. Values point into the segments or into the arena. */
int router_find(const struct router *router, int method, const char *const *segments, size_t count, struct arena *arena,
                struct route_match *ret, struct err *err) WARN_UNUSED;

#endif
