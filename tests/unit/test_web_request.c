/* The guard, CSRF tokens, If-Match, JSON values, cookies, redirects and problems, on requests made by hand. */
#include "web/connection.h"
#include "web/json_out.h"
#include "web/problem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct connection c;
    struct office office;
    struct route route;
    char folder[64], key_path[96];
    struct keyring *keyring;
    size_t header_count;
    const char *headers[8][2];
};
static struct world *world; /* for header_of, which has no argument of its own */

static const char *header_of(const struct connection *connection, const char *name)
{
    for (size_t i = 0; i < world->header_count; i++)
        if (strcasecmp(world->headers[i][0], name) == 0)
            return world->headers[i][1];
    return NULL;
}

static void give_header(const char *name, const char *value)
{
    world->headers[world->header_count][0] = name;
    world->headers[world->header_count++][1] = value;
}

static int setup(void **state)
{
    struct err err;
    world = calloc(1, sizeof *world);
    strcpy(world->folder, "/tmp/talap-test-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->key_path, sizeof world->key_path, "%s/master.key", world->folder);
    assert_int_equal(keyring_load(world->key_path, true, &world->keyring, &err), 0);
    world->office.keyring = world->keyring;
    world->route =
        (struct route){.method = HTTP_POST, .path = "/x", .kind = ROUTE_PAGE, .roles = ROLE_STAFF, .name = "x"};
    struct connection *c = &world->c;
    c->header = header_of;
    c->public_url = "http://localhost";
    c->request.connection = c;
    c->request.office = &world->office;
    c->request.route = &world->route;
    c->request.lang = LANG_EN;
    c->request.actor = (struct actor){.kind = ACTOR_ANONYMOUS, .roles = ROLE_PUBLIC};
    arena_init(&c->request.arena, 1 << 20);
    buf_init(&c->response.body, 1 << 20);
    field_errors_init(&c->request.errors, &c->request.arena);
    return 0;
}

static int teardown(void **state)
{
    json_decref(world->c.request.json);
    arena_done(&world->c.request.arena);
    buf_done(&world->c.response.body);
    keyring_free(world->keyring);
    unlink(world->key_path);
    rmdir(world->folder);
    free(world);
    return 0;
}

static const char *roles_say(unsigned wanted, enum actor_kind kind, unsigned roles)
{
    struct err err = {0};
    world->route.roles = wanted;
    world->c.request.actor.kind = kind;
    world->c.request.actor.roles = roles | ROLE_PUBLIC;
    return guard_roles(&world->c, &err) == 0 ? "in" : err.code;
}

static void test_roles(void **state)
{
    assert_string_equal(roles_say(ROLE_PUBLIC, ACTOR_ANONYMOUS, 0), "in");
    assert_string_equal(roles_say(ROLE_PUBLIC, ACTOR_ACCOUNT, ROLE_AUDITOR), "in");
    assert_string_equal(roles_say(ROLE_STAFF, ACTOR_ANONYMOUS, 0), "sign_in_needed");
    assert_string_equal(roles_say(ROLE_ADMIN, ACTOR_ACCOUNT, ROLE_MODERATOR), "role_not_allowed");
    assert_string_equal(roles_say(ROLE_ADMIN, ACTOR_TOKEN, ROLE_ADMIN), "in");
    assert_string_equal(roles_say(ROLE_ADMIN | ROLE_MODERATOR, ACTOR_ACCOUNT, ROLE_MODERATOR), "in");
    /* Open to the public and to some of the staff: an auditor is not the public. */
    assert_string_equal(roles_say(ROLE_PUBLIC | ROLE_MODERATOR, ACTOR_ANONYMOUS, 0), "in");
    assert_string_equal(roles_say(ROLE_PUBLIC | ROLE_MODERATOR, ACTOR_TOKEN, ROLE_AUDITOR), "role_not_allowed");
    world->c.session_ended = true;
    assert_string_equal(roles_say(ROLE_STAFF, ACTOR_ANONYMOUS, 0), "session_ended");
}

static void test_a_password_to_change(void **state)
{
    world->c.request.actor.must_change_password = true;
    assert_string_equal(roles_say(ROLE_STAFF, ACTOR_ACCOUNT, ROLE_ADMIN), "password_must_change");
    world->route.name = "password_change";
    assert_string_equal(roles_say(ROLE_STAFF, ACTOR_ACCOUNT, ROLE_ADMIN), "in");
    world->route.name = "sign_out";
    assert_string_equal(roles_say(ROLE_STAFF, ACTOR_ACCOUNT, ROLE_ADMIN), "in");
    world->route.name = "x";
    assert_string_equal(roles_say(ROLE_PUBLIC, ACTOR_ACCOUNT, ROLE_ADMIN), "in");
}

static const char *csrf_says(void)
{
    struct err err = {0};
    return guard_csrf(&world->c, &err) == 0 ? "in" : err.code;
}

static void test_csrf_of_a_session(void **state)
{
    struct request *request = &world->c.request;
    assert_string_equal(csrf_says(), "csrf_missing");
    request->session_secret = "secret-of-a-session";
    const char *token = request_csrf(request, &world->c.response);
    assert_int_equal(strlen(token), 64);
    assert_int_equal(world->c.response.header_count, 0); /* a session needs no other cookie */
    assert_string_equal(csrf_says(), "csrf_missing");
    world->c.csrf = "";
    assert_string_equal(csrf_says(), "csrf_wrong");
    world->c.csrf = token;
    assert_string_equal(csrf_says(), "in");
    request->session_secret = "secret-of-another";
    assert_string_equal(csrf_says(), "csrf_wrong");
    world->route.method = HTTP_GET;
    world->c.csrf = NULL;
    assert_string_equal(csrf_says(), "in");
}

static void test_csrf_of_a_visitor(void **state)
{
    struct request *request = &world->c.request;
    const char *token = request_csrf(request, &world->c.response);
    assert_non_null(request->visitor);
    assert_int_equal(strlen(request->visitor), 64);
    assert_int_equal(world->c.response.header_count, 1);
    assert_string_equal(world->c.response.headers[0].name, "Set-Cookie");
    const char *cookie = world->c.response.headers[0].value;
    assert_non_null(strstr(cookie, COOKIE_VISITOR "="));
    assert_non_null(strstr(cookie, "; HttpOnly; SameSite=Lax"));
    assert_null(strstr(cookie, "Secure"));
    /* Asked again, the same token and no second cookie. */
    assert_string_equal(request_csrf(request, &world->c.response), token);
    assert_int_equal(world->c.response.header_count, 1);
    world->c.csrf = token;
    assert_string_equal(csrf_says(), "in");
    request->visitor = "somebody-else";
    assert_string_equal(csrf_says(), "csrf_wrong");
}

static void test_csrf_of_the_api(void **state)
{
    struct request *request = &world->c.request;
    world->route.kind = ROUTE_API;
    assert_string_equal(csrf_says(), "in"); /* a token, or nobody: nothing to borrow */
    request->session_secret = "secret-of-a-session";
    assert_string_equal(csrf_says(), "csrf_missing");
    const char *token = request_csrf(request, &world->c.response);
    world->c.csrf = token; /* a form's field does not count here */
    assert_string_equal(csrf_says(), "csrf_missing");
    give_header("X-CSRF-Token", token);
    assert_string_equal(csrf_says(), "in");
}

static void test_query(void **state)
{
    struct request *request = &world->c.request;
    struct err err = {0};
    const char *names[] = {"limit", "lang", "limit", "colour", "lim"};
    const char *values[] = {"1", "de", "2", "red", ""};
    world->route.kind = ROUTE_API;
    world->route.query = "sort limit";
    request->query_names = names;
    request->query_values = values;
    request->query_count = 1;
    assert_int_equal(guard_query(&world->c, &err), 0);
    request->query_count = 5;
    assert_int_equal(guard_query(&world->c, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "fields_refused");
    assert_string_equal(field_errors_find(&request->errors, "limit")->code, "duplicate_field");
    assert_string_equal(field_errors_find(&request->errors, "lang")->code, "not_an_option");
    assert_string_equal(field_errors_find(&request->errors, "colour")->code, "unknown_field");
    assert_string_equal(field_errors_find(&request->errors, "lim")->code, "unknown_field");
}

static void test_if_match(void **state)
{
    static const struct {
        const char *text;
        int64_t version; /* -1: refused */
    } cases[] = {{"\"1\"", 1},
                 {"\"120\"", 120},
                 {"*", 0},
                 {"1", -1},
                 {"\"\"", -1},
                 {"\"0\"", -1},
                 {"\"1", -1},
                 {"W/\"1\"", -1},
                 {"\"1\" ", -1},
                 {"\"-1\"", -1},
                 {"\"1\",\"2\"", -1},
                 {"", -1},
                 {"\"a\"", -1},
                 {"\"9999999999999999\"", -1}};
    struct err err;
    int64_t version = 5;
    assert_int_equal(request_if_match(&world->c.request, &version, &err), 0);
    assert_int_equal(version, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world->header_count = 0;
        give_header("if-match", cases[i].text);
        version = -1;
        int r = request_if_match(&world->c.request, &version, &err);
        if (r != (cases[i].version < 0 ? -ERR_MALFORMED : 0) || version != cases[i].version)
            fail_msg("%s: %d, version %lld", cases[i].text, r, (long long)version);
    }
}

static void test_json_values(void **state)
{
    static const char body[] = "{\"a\":\"text\",\"b\":-5,\"c\":true,\"d\":[\"x\",\"y\"],\"e\":null,\"f\":{},\"g\":[1],"
                               "\"h\":[],\"i\":1.5,\"skip\":1}";
    static const char *const reserved[] = {"skip", NULL};
    struct err err;
    struct raw_value *values;
    size_t count;
    assert_int_equal(json_parse(body, sizeof body - 1, &world->c.request.json, &err), 0);
    assert_int_equal(request_json_values(&world->c.request, reserved, &values, &count, &err), 0);
    assert_int_equal(count, 9);
    static const struct {
        enum raw_kind kind;
        size_t count;
        const char *first;
    } wanted[] = {{RAW_STRING, 1, "text"}, {RAW_NUMBER, 1, "-5"}, {RAW_BOOL, 1, "true"},
                  {RAW_LIST, 2, "x"},      {RAW_OTHER, 0, NULL},  {RAW_OTHER, 0, NULL},
                  {RAW_OTHER, 0, NULL},    {RAW_LIST, 0, NULL},   {RAW_NUMBER, 1, "1.5"}};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(values[i].name[0], 'a' + (int)i);
        assert_int_equal(values[i].kind, wanted[i].kind);
        assert_int_equal(values[i].count, wanted[i].count);
        if (wanted[i].first != NULL)
            assert_string_equal(values[i].texts[0], wanted[i].first);
    }
}

static void test_answers(void **state)
{
    struct request *request = &world->c.request;
    struct response *response = &world->c.response;
    assert_int_equal(response_header(response, request, "X-A", "%d", 5), 0);
    /* No header ends another's line. */
    assert_true(response_header(response, request, "X-B", "a\r\nSet-Cookie: x") < 0);
    assert_int_equal(response->header_count, 1);
    world->c.https_outside = true;
    assert_int_equal(response_cookie(response, request, "n", "v", 0), 0);
    assert_string_equal(response->headers[1].value, "n=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
    buf_puts(&response->body, "forgotten");
    assert_int_equal(response_redirect(response, request, "/%s/desk", "kk"), 0);
    assert_int_equal(response->status, 303);
    assert_int_equal(response->body.len, 0);
    assert_string_equal(response->headers[2].value, "/kk/desk");
}

static void test_local_paths(void **state)
{
    static const char *const local[] = {"/", "/kk/", "/kk/case/1?x=%20"};
    static const char *const foreign[] = {"",           "kk",    "//evil.kz", "https://evil.kz",
                                          "/\\evil.kz", "/a\nb", "/a b",      "javascript:1"};
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
        assert_true(path_is_local(local[i]));
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        assert_false(path_is_local(foreign[i]));
    assert_false(path_is_local(NULL));
}

static void test_problems(void **state)
{
    struct request *request = &world->c.request;
    struct response *response = &world->c.response;
    static const struct {
        enum err_kind kind;
        unsigned status;
        const char *header;
    } kinds[] = {{ERR_BAD_INPUT, 422, NULL},
                 {ERR_MALFORMED, 400, NULL},
                 {ERR_UNAUTHENTICATED, 401, "WWW-Authenticate"},
                 {ERR_FORBIDDEN, 403, NULL},
                 {ERR_NOT_FOUND, 404, NULL},
                 {ERR_CONFLICT, 409, NULL},
                 {ERR_STALE, 412, NULL},
                 {ERR_TOO_MANY, 429, "Retry-After"},
                 {ERR_UNAVAILABLE, 503, "Retry-After"},
                 {ERR_INTERNAL, 500, NULL},
                 {ERR_DAMAGED, 500, NULL}};
    field_errors_add(&request->errors, "text", "too_long", "%d", 5000);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct err err, parse_err;
        json_t *problem CLEANUP_JSON = NULL;
        (void)!err_set(&err, kinds[i].kind, "fields_refused", NULL);
        (void)!err_detail(&err, "for the log alone");
        buf_puts(&response->body, "half an answer");
        problem_answer(request, response, &err);
        assert_int_equal(response->status, kinds[i].status);
        assert_string_equal(response->type, "application/problem+json");
        assert_int_equal(response->header_count, kinds[i].header == NULL ? 0 : 1);
        if (kinds[i].header != NULL)
            assert_string_equal(response->headers[0].name, kinds[i].header);
        assert_null(strstr(response->body.data, "log alone"));
        assert_int_equal(json_parse(response->body.data, response->body.len, &problem, &parse_err), 0);
        assert_int_equal(json_integer_value(json_object_get(problem, "status")), kinds[i].status);
        assert_string_equal(json_string_value(json_object_get(problem, "title")), status_phrase(kinds[i].status));
        assert_string_equal(json_string_value(json_object_get(problem, "type")), "about:blank");
        json_t *first = json_array_get(json_object_get(problem, "errors"), 0);
        assert_string_equal(json_string_value(json_object_get(first, "field")), "text");
        assert_non_null(strstr(json_string_value(json_object_get(first, "message")), "5000"));
    }
}

static void test_json_writing(void **state)
{
    struct buf *out = &world->c.response.body;
    struct zone zone = {.count = 1, .from_usec = {INT64_MIN}, .offset_sec = {5 * 3600}};
    struct hash hash = {.bytes = {0xab}};
    jo_open(out, '{');
    jo_text(out, "a", "\"\n");
    jo_text(out, "b", NULL);
    jo_int(out, "c", -7);
    jo_bool(out, "d", false);
    jo_moment(out, "e", &zone, 0);
    jo_moment(out, "f", &zone, TIME_NONE);
    jo_day(out, "g", 1);
    jo_key(out, "h");
    jo_open(out, '[');
    jo_put_text(out, "x{");
    jo_put_text(out, "y[");
    jo_put_int(out, 1);
    jo_open(out, '{');
    jo_close(out, '}');
    jo_open(out, '[');
    jo_close(out, ']');
    jo_close(out, ']');
    jo_key(out, "i");
    jo_roles(out, ROLE_PUBLIC | ROLE_ADMIN | ROLE_AUDITOR);
    jo_close(out, '}');
    assert_string_equal(out->data,
                        "{\"a\":\"\\\"\\n\",\"b\":null,\"c\":-7,\"d\":false,\"e\":\"1970-01-01T05:00:00+05:00\","
                        "\"f\":null,\"g\":\"1970-01-02\",\"h\":[\"x{\",\"y[\",1,{},[]],"
                        "\"i\":[\"public\",\"admin\",\"auditor\"]}");
    buf_reset(out);
    jo_hash(out, "h", &hash);
    assert_memory_equal(out->data, "\"h\":\"ab0000", 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_roles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_password_to_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_csrf_of_a_session, setup, teardown),
        cmocka_unit_test_setup_teardown(test_csrf_of_a_visitor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_csrf_of_the_api, setup, teardown),
        cmocka_unit_test_setup_teardown(test_query, setup, teardown),
        cmocka_unit_test_setup_teardown(test_if_match, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_local_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_problems, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json_writing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
