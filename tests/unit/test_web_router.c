/* Which route a path finds. */
#include "web/router.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static const struct router *router;

static const struct route table[] = {
    {.method = HTTP_GET, .path = "/", .name = "root"},
    {.method = HTTP_GET, .path = "/{lang}/", .name = "start"},
    {.method = HTTP_GET, .path = "/{lang}/case/{id}", .name = "case"},
    {.method = HTTP_POST, .path = "/{lang}/case/{id}", .name = "case_post"},
    {.method = HTTP_GET, .path = "/{lang}/case/new", .name = "case_new"},
    {.method = HTTP_GET, .path = "/v1/cases", .name = "list"},
    {.method = HTTP_POST, .path = "/v1/cases/{procedure}", .name = "open"},
    {.method = HTTP_GET, .path = "/v1/cases/{id}", .name = "get"},
    {.method = HTTP_GET, .path = "/v1/cases/{id}/papers/{name}.pdf", .name = "paper"},
    {.method = HTTP_GET, .path = "/v1/cases/{id}/papers/{name}", .name = "paper_plain"},
    {.method = HTTP_DELETE, .path = "/v1/tokens/{id}", .name = "revoke"},
};

static int setup(void **state)
{
    struct err err;
    arena_init(&arena, 1 << 20);
    return router_build(table, sizeof table / sizeof table[0], &arena, &router, &err);
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

static struct route_match match(int method, const char *path)
{
    const char *segments[PATH_SEGMENTS_MAX];
    size_t count;
    struct err err;
    struct route_match found;
    assert_int_equal(decode_path(path, strlen(path), &arena, segments, &count, &err), 0);
    assert_int_equal(router_find(router, method, segments, count, &arena, &found, &err), 0);
    return found;
}

static const char *name(int method, const char *path)
{
    struct route_match found = match(method, path);
    return found.route != NULL ? found.route->name : found.path_known ? "405" : "404";
}

static void test_names(void **state)
{
    static const struct {
        int method;
        const char *path, *name;
    } cases[] = {
        {HTTP_GET, "/", "root"},
        {HTTP_GET, "/kk/", "start"},
        {HTTP_GET, "/en/", "start"},
        {HTTP_GET, "/kk", "404"},
        {HTTP_GET, "/de/", "404"},
        {HTTP_GET, "/KK/", "404"},
        {HTTP_GET, "/kk/case/1", "case"},
        {HTTP_POST, "/kk/case/1", "case_post"},
        {HTTP_GET, "/kk/case/new", "case_new"},
        /* A literal hides the parameter for every method. */
        {HTTP_POST, "/kk/case/new", "405"},
        {HTTP_GET, "/kk/case/", "404"},
        {HTTP_GET, "/kk/case/1/2", "404"},
        {HTTP_GET, "/v1/cases", "list"},
        {HTTP_GET, "/v1/cases/", "404"},
        {HTTP_GET, "//v1/cases", "404"},
        {HTTP_POST, "/v1/cases/complaint", "open"},
        {HTTP_GET, "/v1/cases/complaint", "get"},
        {HTTP_DELETE, "/v1/cases/complaint", "405"},
        {-1, "/v1/cases/complaint", "405"},
        {-1, "/v1/nothing", "404"},
        {HTTP_GET, "/v1/cases/1/papers/answer.pdf", "paper"},
        {HTTP_GET, "/v1/cases/1/papers/answer", "paper_plain"},
        {HTTP_GET, "/v1/cases/1/papers/.pdf", "paper_plain"},
        {HTTP_GET, "/v1/cases/1/papers/a.pdf/", "404"},
        {HTTP_DELETE, "/v1/tokens/x", "revoke"},
        {HTTP_GET, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14", "404"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(name(cases[i].method, cases[i].path), cases[i].name) != 0)
            fail_msg("%zu: %s found %s", i, cases[i].path, name(cases[i].method, cases[i].path));
}

static void test_parameters(void **state)
{
    struct route_match found = match(HTTP_GET, "/v1/cases/%D0%A8/papers/a.b.pdf");
    assert_int_equal(found.param_count, 2);
    assert_string_equal(found.param_names[0], "id");
    assert_string_equal(found.param_values[0], "Ш");
    assert_string_equal(found.param_names[1], "name");
    assert_string_equal(found.param_values[1], "a.b");
    found = match(HTTP_GET, "/ru/case/7");
    assert_string_equal(found.param_names[0], "lang");
    assert_string_equal(found.param_values[0], "ru");
    assert_string_equal(found.param_values[1], "7");
}

/* One shape, two names: each method has its own. */
static void test_names_of_methods(void **state)
{
    assert_string_equal(match(HTTP_POST, "/v1/cases/x").param_names[0], "procedure");
    assert_string_equal(match(HTTP_GET, "/v1/cases/x").param_names[0], "id");
}

static void test_what_a_path_offers(void **state)
{
    struct route_match found = match(HTTP_PUT, "/v1/cases/x");
    assert_true(found.path_known);
    assert_null(found.route);
    assert_non_null(found.by_method[HTTP_GET]);
    assert_non_null(found.by_method[HTTP_POST]);
    assert_null(found.by_method[HTTP_PUT]);
    assert_null(found.by_method[HTTP_DELETE]);
}

static void test_memory_ends(void **state)
{
    struct arena small;
    struct err err;
    const struct router *built = NULL;
    arena_init(&small, 600);
    assert_int_equal(router_build(table, sizeof table / sizeof table[0], &small, &built, &err), -ERR_MEMORY);
    assert_null(built);
    arena_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_of_methods, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_path_offers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_ends, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
