/* Addresses, cookies and forms from outside: what is read, and what is refused instead of repaired. */
#include "web/decode.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

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

/* The decoded text, or the code of the refusal with a "!" before it. */
static const char *percent(const char *text, bool plus)
{
    const char *out;
    struct err err;
    if (decode_percent(text, strlen(text), plus, "bad", &arena, &out, &err) == 0)
        return out;
    assert_int_equal(err.kind, ERR_MALFORMED);
    return arena_printf(&arena, "!%s", err.code);
}

static void test_percent(void **state)
{
    assert_string_equal(percent("", false), "");
    assert_string_equal(percent("abc", false), "abc");
    assert_string_equal(percent("a%20b%2Bc", false), "a b+c");
    assert_string_equal(percent("a+b", false), "a+b");
    assert_string_equal(percent("a+b%2b", true), "a b+");
    assert_string_equal(percent("%D0%A8-2026", false), "Ш-2026");
    assert_string_equal(percent("%d0%a8", false), "Ш");
    assert_string_equal(percent("%25%32%35", false), "%25"); /* once, not twice */
    assert_string_equal(percent("%", false), "!bad");
    assert_string_equal(percent("%4", false), "!bad");
    assert_string_equal(percent("%4g", false), "!bad");
    assert_string_equal(percent("%g4", false), "!bad");
    assert_string_equal(percent("%-1", false), "!bad");
    assert_string_equal(percent("a%00b", false), "!bad");
    assert_string_equal(percent("%ff", false), "!not_utf8");
    assert_string_equal(percent("%c0%af", false), "!not_utf8");
    assert_string_equal(percent("%ed%a0%80", false), "!not_utf8");
    assert_string_equal(percent("\xff", false), "!not_utf8");
}

/* Segments joined by "|", or "!code". */
static const char *path(const char *text)
{
    const char *segments[PATH_SEGMENTS_MAX];
    size_t count;
    struct err err;
    if (decode_path(text, strlen(text), &arena, segments, &count, &err) < 0) {
        assert_int_equal(err.kind, ERR_MALFORMED);
        return arena_printf(&arena, "!%s", err.code);
    }
    if (count > PATH_SEGMENTS_MAX)
        return arena_printf(&arena, "%zu segments", count);
    char *joined = arena_strdup(&arena, "");
    for (size_t i = 0; i < count; i++)
        joined = arena_printf(&arena, "%s%s%s", joined, i == 0 ? "" : "|", segments[i]);
    return joined;
}

static void test_path(void **state)
{
    assert_string_equal(path("/"), "");
    assert_string_equal(path("/a"), "a");
    assert_string_equal(path("/kk/"), "kk|");
    assert_string_equal(path("//a"), "|a");
    assert_string_equal(path("/v1/status/%D0%A8-2026-000001"), "v1|status|Ш-2026-000001");
    assert_string_equal(path("/a+b"), "a+b");
    assert_string_equal(path("/..."), "...");
    assert_string_equal(path(""), "!address_malformed");
    assert_string_equal(path("a"), "!address_malformed");
    assert_string_equal(path("*"), "!address_malformed");
    assert_string_equal(path("/.."), "!address_malformed");
    assert_string_equal(path("/a/./b"), "!address_malformed");
    assert_string_equal(path("/%2e%2E/b"), "!address_malformed");
    assert_string_equal(path("/a%2Fb"), "!address_malformed");
    assert_string_equal(path("/a%5cb"), "!address_malformed");
    assert_string_equal(path("/a%0ab"), "!address_malformed");
    assert_string_equal(path("/a%7f"), "!address_malformed");
    assert_string_equal(path("/a%00"), "!address_malformed");
    assert_string_equal(path("/%fe"), "!not_utf8");
    assert_string_equal(path("/1/2/3/4/5/6/7/8/9/10/11/12"), "1|2|3|4|5|6|7|8|9|10|11|12");
    assert_string_equal(path("/1/2/3/4/5/6/7/8/9/10/11/12/13"), "13 segments");
    assert_string_equal(path("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15"), "13 segments");
}

static const char *form(const char *text)
{
    struct pair *pairs;
    size_t count;
    struct err err;
    if (decode_pairs(text, strlen(text), "form_malformed", &arena, &pairs, &count, &err) < 0) {
        assert_int_equal(err.kind, ERR_MALFORMED);
        return arena_printf(&arena, "!%s", err.code);
    }
    struct raw_value *values;
    assert_int_equal(pairs_join(pairs, count, &arena, &values, &count, &err), 0);
    char *joined = arena_strdup(&arena, "");
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(values[i].kind, RAW_FORM);
        joined = arena_printf(&arena, "%s%s%s:", joined, i == 0 ? "" : " ", values[i].name);
        for (size_t t = 0; t < values[i].count; t++)
            joined = arena_printf(&arena, "%s%s%s", joined, t == 0 ? "" : ",", values[i].texts[t]);
    }
    return joined;
}

static void test_forms(void **state)
{
    assert_string_equal(form(""), "");
    assert_string_equal(form("a=1"), "a:1");
    assert_string_equal(form("a=1&b=2&a=3"), "a:1,3 b:2");
    assert_string_equal(form("a"), "a:");
    assert_string_equal(form("a=&&b=="), "a: b:=");
    assert_string_equal(form("a+b=c+d%26"), "a b:c d&");
    assert_string_equal(form("=x"), ":x");
    assert_string_equal(form("a=%"), "!form_malformed");
    assert_string_equal(form("a=%00"), "!form_malformed");
    assert_string_equal(form("%ff=1"), "!not_utf8");
}

static void test_too_many_fields(void **state)
{
    char text[2 * PAIRS_MAX + 3];
    for (size_t i = 0; i < PAIRS_MAX; i++)
        memcpy(text + 2 * i, "a&", 2);
    text[2 * PAIRS_MAX - 1] = '\0';
    assert_true(strncmp(form(text), "a:", 2) == 0);
    memcpy(text + 2 * PAIRS_MAX - 1, "&a", 3);
    assert_string_equal(form(text), "!too_many_fields");
}

static void test_memory_ends(void **state)
{
    struct arena small;
    const char *out;
    struct err err;
    arena_init(&small, 8);
    assert_int_equal(decode_percent("more than eight", 15, false, "bad", &small, &out, &err), -ERR_MEMORY);
    arena_done(&small);
}

static void test_cookies(void **state)
{
    const char *none[] = {"",
                          "other=1",
                          "talap_session",
                          "talap_session=",
                          "xtalap_session=1",
                          "talap_session=a b",
                          "talap_session=\"q\"",
                          "talap_session=a,b",
                          "talap_session=\xff",
                          "; ;;"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_null(cookie_find(none[i], "talap_session", &arena));
    assert_null(cookie_find(NULL, "talap_session", &arena));
    assert_string_equal(cookie_find("talap_session=abc", "talap_session", &arena), "abc");
    assert_string_equal(cookie_find("a=1; talap_session=a-b_c.9 ; b=2", "talap_session", &arena), "a-b_c.9");
    assert_string_equal(cookie_find("a=talap_session=2;talap_session=1", "talap_session", &arena), "1");
    assert_string_equal(cookie_find("s=1; s=2", "s", &arena), "1");
}

static void test_media_types(void **state)
{
    assert_true(media_type_is("application/json", "application/json"));
    assert_true(media_type_is(" Application/JSON ; charset=UTF-8", "application/json"));
    assert_true(media_type_is("application/json;charset=\"utf-8\"", "application/json"));
    assert_true(media_type_is("multipart/form-data; boundary=x", "multipart/form-data"));
    assert_false(media_type_is("application/json; charset=utf-16", "application/json"));
    assert_false(media_type_is("application/json; charset=utf-80", "application/json"));
    assert_false(media_type_is("application/jsonp", "application/json"));
    assert_false(media_type_is("", "application/json"));
    assert_false(media_type_is(NULL, "application/json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_percent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cookies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_media_types, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
