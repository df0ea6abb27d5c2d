/* Forms with files: parts found to the byte, anything doubtful refused. */
#include "web/multipart.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TYPE "multipart/form-data; boundary=b"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"

static struct arena arena;

static int setup(void **state)
{
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

/* "name=bytes" and "name<file>=bytes" joined by "|", or "!code". */
static const char *read_as(const char *type, const char *body, size_t count)
{
    struct part *parts;
    size_t found;
    struct err err;
    if (multipart_read(type, body, count, &arena, &parts, &found, &err) < 0) {
        assert_int_equal(err.kind, ERR_MALFORMED);
        return arena_printf(&arena, "!%s", err.code);
    }
    char *all = arena_strdup(&arena, "");
    for (size_t i = 0; i < found; i++) {
        assert_true(parts[i].bytes >= body && parts[i].bytes + parts[i].count <= body + count);
        all = arena_printf(&arena, "%s%s%s", all, i == 0 ? "" : "|", parts[i].name);
        if (parts[i].file_name != NULL)
            all = arena_printf(&arena, "%s<%s>", all, parts[i].file_name);
        all = arena_printf(&arena, "%s=%.*s", all, (int)parts[i].count, parts[i].bytes);
    }
    return all;
}
#define READ(body) read_as(TYPE, body, sizeof(body) - 1)

static void test_parts(void **state)
{
    assert_string_equal(READ("--b--"), "");
    assert_string_equal(READ("--b--\r\nepilogue"), "");
    assert_string_equal(READ("--b\r\n" FIELD("a") "\r\none\r\n--b--\r\n"), "a=one");
    assert_string_equal(READ("--b\r\n" FIELD("a") "\r\n\r\n--b--\r\n"), "a=");
    assert_string_equal(READ("--b\r\n" FIELD("a") "\r\none\r\n--b\r\n" FIELD("a") "\r\ntwo\r\n--b--"), "a=one|a=two");
    assert_string_equal(READ("--b\r\n" FIELD("a") "\r\nx\r\n-b\r\n--c\r\n--b--"), "a=x\r\n-b\r\n--c");
    assert_string_equal(READ("--b\r\ncontent-disposition: form-data; name=a\r\nX: y\r\n\r\nv\r\n--b--"), "a=v");
}

static void test_files(void **state)
{
    assert_string_equal(READ("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"сурет.png\"\r\n"
                             "Content-Type: image/png\r\n\r\nPNG\r\n--b--"),
                        "f<сурет.png>=PNG");
    assert_string_equal(READ("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n--b--"),
                        "f<>=");
    assert_string_equal(
        READ("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\\\"b%22c;d.png\"\r\n\r\n\r\n--b--"),
        "f<a\"b\"c;d.png>=");
    /* filename= inside a quoted name is not a parameter. */
    assert_string_equal(READ("--b\r\nContent-Disposition: form-data; name=\"x; filename=y\"\r\n\r\nv\r\n--b--"),
                        "x; filename=y=v");
}

static void test_bytes_of_any_kind(void **state)
{
    static const char body[] =
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\n\0\xff\r\n\0\r\n--b--";
    struct part *parts;
    size_t found;
    struct err err;
    assert_int_equal(multipart_read(TYPE, body, sizeof body - 1, &arena, &parts, &found, &err), 0);
    assert_int_equal(found, 1);
    assert_int_equal(parts[0].count, 5);
    assert_memory_equal(parts[0].bytes, "\0\xff\r\n\0", 5);
}

static void test_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "--",
        "--b",
        "--b\r\n",
        "b--",
        "--c--",
        "--b \r\n" FIELD("a") "\r\nv\r\n--b--",
        "--b\r\n" FIELD("a") "\r\nv",
        "--b\r\n" FIELD("a") "\r\nv\r\n--b",
        "--b\r\n" FIELD("a") "\r\nv\r\n--bx",
        "--b\r\n" FIELD("a") "v\r\n--b--",
        "--b\r\nX: y\r\n\r\nv\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nv\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\nv\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nv\r\n--b--",
        "--b\r\n" FIELD("a") FIELD("b") "\r\nv\r\n--b--",
        "preamble\r\n--b\r\n" FIELD("a") "\r\nv\r\n--b--",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        if (strcmp(read_as(TYPE, bodies[i], strlen(bodies[i])), "!multipart_malformed") != 0)
            fail_msg("body %zu was read as %s", i, read_as(TYPE, bodies[i], strlen(bodies[i])));
    assert_string_equal(READ("--b\r\n" FIELD("\xff") "\r\nv\r\n--b--"), "!not_utf8");
    assert_string_equal(READ("--b\r\nX: \0\r\n" FIELD("a") "\r\nv\r\n--b--"), "!multipart_malformed");
}

static void test_boundaries(void **state)
{
    static const char body[] = "--b\r\n" FIELD("a") "\r\nv\r\n--b--";
    assert_string_equal(read_as("multipart/form-data; boundary=\"b\"", body, sizeof body - 1), "a=v");
    assert_string_equal(read_as("multipart/form-data; charset=utf-8; boundary=b", body, sizeof body - 1), "a=v");
    static const char *const types[] = {"multipart/form-data",
                                        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"b",
                                        "multipart/form-data; xboundary=b"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_string_equal(read_as(types[i], body, sizeof body - 1), "!multipart_malformed");
    char type[200] = "multipart/form-data; boundary=";
    memset(type + strlen(type), 'x', 71);
    assert_string_equal(read_as(type, body, sizeof body - 1), "!multipart_malformed");
}

static void test_too_many(void **state)
{
    static char body[(PARTS_MAX + 1) * 70];
    size_t count = 0;
    for (size_t i = 0; i <= PARTS_MAX; i++)
        count += (size_t)snprintf(body + count, sizeof body - count, "--b\r\n" FIELD("a") "\r\n\r\n");
    snprintf(body + count, sizeof body - count, "--b--");
    assert_string_equal(read_as(TYPE, body, strlen(body)), "!too_many_fields");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_of_any_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_boundaries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
