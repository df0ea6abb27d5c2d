/* The tree of segments. A node's children are few, so they are looked through in order: literals first, then parameters
 * with an ending, then plain parameters; the first child under which the rest of the path fits is taken. */
#include "web/router.h"
#include <assert.h>
#include <string.h>

struct node {
    struct node *first_child, *next;
    const char *literal; /* or NULL: a parameter */
    const char *ending;  /* of a parameter: "" or ".pdf" */
    bool is_lang;
    const struct route *routes[METHOD_COUNT];
    const char *names[METHOD_COUNT][ROUTE_PARAMS_MAX];
    size_t param_count; /* parameters on the way here, this one included */
};

struct router {
    struct node root;
};

static int rank(const struct node *node)
{
    return node->literal != NULL ? 0 : *node->ending != '\0' ? 1 : 2;
}

static bool same(const struct node *a, const struct node *b)
{
    if ((a->literal == NULL) != (b->literal == NULL))
        return false;
    if (a->literal != NULL)
        return strcmp(a->literal, b->literal) == 0;
    return a->is_lang == b->is_lang && strcmp(a->ending, b->ending) == 0;
}

/* The child that `like` describes, added in its rank when it is not there. */
static struct node *child_of(struct node *parent, const struct node *like, struct arena *arena)
{
    struct node **place = &parent->first_child;
    for (; *place != NULL && rank(*place) <= rank(like); place = &(*place)->next)
        if (same(*place, like))
            return *place;
    struct node *child = ARENA_NEW(arena, struct node);
    if (child == NULL)
        return NULL;
    *child = *like;
    child->next = *place;
    child->param_count = parent->param_count + (like->literal == NULL);
    *place = child;
    return child;
}

static int add(struct node *root, const struct route *route, struct arena *arena, struct err *err)
{
    const char *names[ROUTE_PARAMS_MAX];
    size_t name_count = 0;
    struct node *node = root;
    assert(route->path[0] == '/');
    for (const char *p = route->path; *p != '\0';) {
        size_t length = strcspn(p + 1, "/");
        char *segment = arena_strndup(arena, p + 1, length);
        if (segment == NULL)
            return err_memory(err);
        struct node like = {.literal = segment};
        if (segment[0] == '{') {
            char *brace = strchr(segment, '}');
            assert(brace != NULL && brace > segment + 1);
            assert(name_count < ROUTE_PARAMS_MAX);
            *brace = '\0';
            names[name_count++] = segment + 1;
            like = (struct node){.ending = brace + 1, .is_lang = strcmp(segment + 1, "lang") == 0};
        }
        node = child_of(node, &like, arena);
        if (node == NULL)
            return err_memory(err);
        p += 1 + length;
    }
    assert(node->routes[route->method] == NULL);
    node->routes[route->method] = route;
    memcpy(node->names[route->method], names, name_count * sizeof names[0]);
    return 0;
}

int router_build(const struct route *routes, size_t count, struct arena *arena, const struct router **ret,
                 struct err *err)
{
    struct router *router = ARENA_NEW(arena, struct router);
    if (router == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r = add(&router->root, &routes[i], arena, err);
        if (r < 0)
            return r;
    }
    *ret = router;
    return 0;
}

/* Does the node take the segment? The length of the parameter's value goes to *ret_len. */
static bool takes(const struct node *node, const char *segment, size_t *ret_len)
{
    if (node->literal != NULL)
        return strcmp(node->literal, segment) == 0;
    if (node->is_lang && lang_parse(segment) < 0)
        return false;
    size_t length = strlen(segment), ending = strlen(node->ending);
    if (length <= ending || memcmp(segment + length - ending, node->ending, ending) != 0)
        return false;
    *ret_len = length - ending;
    return true;
}

struct walk {
    const char *const *segments;
    size_t count;
    size_t lengths[ROUTE_PARAMS_MAX];
    const char *values[ROUTE_PARAMS_MAX];
};

/* PATH_SEGMENTS_MAX bounds the depth. */
static const struct node *descend(const struct node *node, size_t at, struct walk *walk)
{
    if (at == walk->count) {
        for (size_t i = 0; i < METHOD_COUNT; i++)
            if (node->routes[i] != NULL)
                return node;
        return NULL;
    }
    for (const struct node *child = node->first_child; child != NULL; child = child->next) {
        size_t length = 0;
        if (!takes(child, walk->segments[at], &length))
            continue;
        const struct node *found = descend(child, at + 1, walk);
        if (found == NULL)
            continue;
        if (child->literal == NULL) {
            walk->values[child->param_count - 1] = walk->segments[at];
            walk->lengths[child->param_count - 1] = length;
        }
        return found;
    }
    return NULL;
}

int router_find(const struct router *router, int method, const char *const *segments, size_t count, struct arena *arena,
                struct route_match *ret, struct err *err)
{
    struct route_match match = {0};
    struct walk walk = {.segments = segments, .count = count};
    const struct node *node = count > PATH_SEGMENTS_MAX ? NULL : descend(&router->root, 0, &walk);
    if (node != NULL) {
        match.path_known = true;
        memcpy(match.by_method, node->routes, sizeof match.by_method);
        match.route = method < 0 ? NULL : node->routes[method];
        match.param_count = node->param_count;
        for (size_t i = 0; i < node->param_count; i++) {
            match.param_values[i] = walk.values[i];
            if (strlen(walk.values[i]) != walk.lengths[i])
                match.param_values[i] = arena_strndup(arena, walk.values[i], walk.lengths[i]);
            if (match.param_values[i] == NULL)
                return err_memory(err);
            match.param_names[i] = match.route == NULL ? "" : node->names[method][i];
        }
    }
    *ret = match;
    return 0;
}
