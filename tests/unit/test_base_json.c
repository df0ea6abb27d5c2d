/* JSON: what is refused and where, and the canonical form. */
#include "base/json.h"
#include "unit.h"
#include <string.h>

static void refused_at(const char *text, size_t count, const char *place)
{
    json_t *value = (json_t *)&value;
    struct err err = {0};
    assert_int_equal(json_parse(text, count, &value, &err), -ERR_MALFORMED);
    assert_string_equal(err.code, "json_malformed");
    if (place != NULL)
        assert_string_equal(err.arg, place);
    else
        assert_non_null(strchr(err.arg, ':'));
    assert_ptr_equal(value, &value);
}

static void malformed_is_refused_with_its_place(void **state)
{
    refused_at("", 0, "1:0");
    refused_at(NULL, 0, "1:0");
    static const char *const bad[] = {
        "{",           "[1,]",      "{\"a\":1} x",      "{'a':1}", "nul",   "01",
        "\"\\u0000\"", "\"\xff\"",  "\"\xed\xa0\x80\"", "\"\n\"",  "1e999", "99999999999999999999",
        " ",           "{\"a\" 1}", "\"\\ud800\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused_at(bad[i], strlen(bad[i]), NULL);
    refused_at("{\n \"a\": 1,\n \"b\": ]\n}", 20, "3:7");
    refused_at("1\0", 2, "1:2");
    refused_at("{\"a\":1}\0{", 9, "1:8");
    refused_at("\"a\0b\"", 5, "1:3");
}

static void duplicate_keys_are_refused_also_inside(void **state)
{
    const char *text = "{\"a\": 1, \"a\": 2}";
    refused_at(text, strlen(text), NULL);
    text = "[{\"x\": {\"b\": 1, \"c\": 2, \"b\": 3}}]";
    refused_at(text, strlen(text), NULL);
    text = "{\"a\": 1, \"\\u0061\": 2}";
    refused_at(text, strlen(text), NULL);
}

static void depth_stops_at_64(void **state)
{
    char text[400];
    CLEANUP_JSON json_t *value = NULL;
    struct err err = {0};
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    assert_int_equal(json_parse(text, 128, &value, &err), 0);
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    refused_at(text, 130, "1:65");
    memset(text, '[', 400);
    refused_at(text, 400, "1:65");
    /* Brackets in strings are text. */
    memset(text, '[', 200);
    text[0] = text[199] = '"';
    text[50] = '\\';
    text[51] = '"';
    json_t *string = NULL;
    assert_int_equal(json_parse(text, 200, &string, &err), 0);
    json_decref(string);
}

static void canonical_is(const char *text, const char *wanted)
{
    CLEANUP_JSON json_t *value = NULL;
    CLEANUP_BUF struct buf out;
    struct err err = {0};
    buf_init(&out, 10000);
    assert_int_equal(json_parse(text, strlen(text), &value, &err), 0);
    assert_int_equal(json_canonical(value, &out, &err), 0);
    assert_string_equal(out.data, wanted);
}

static void canonical_form(void **state)
{
    canonical_is(" { \"b\" : [ 1 , true , null , false ] , \"a\" : \"\\u00e9\\/\" } ",
                 "{\"a\":\"é/\",\"b\":[1,true,null,false]}");
    canonical_is("\"\\u000b\\n\\u0022\"", "\"\\u000b\\n\\\"\"");
    canonical_is("[-9007199254740991, 0, 9007199254740991]", "[-9007199254740991,0,9007199254740991]");
    canonical_is("{}", "{}");
    /* The sorting example of RFC 8785, 3.2.3: U+1F600 (a surrogate pair) before U+FB33. */
    canonical_is("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
                 "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\xef\xac\xb3\":3}");
    canonical_is("{\"ab\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"ab\":1}");
}

static void what_events_never_hold_is_refused(void **state)
{
    static const char *const bad[] = {"1.5", "[1e2]", "{\"a\":9007199254740992}", "-9007199254740992"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CLEANUP_JSON json_t *value = NULL;
        CLEANUP_BUF struct buf out;
        struct err err = {0};
        buf_init(&out, 10000);
        assert_int_equal(json_parse(bad[i], strlen(bad[i]), &value, &err), 0);
        assert_int_equal(json_canonical(value, &out, &err), -ERR_INTERNAL);
        assert_string_equal(err.code, "json_not_canonical");
    }
    CLEANUP_JSON json_t *with_nul = json_stringn("a\0b", 3);
    CLEANUP_BUF struct buf out;
    struct err err = {0};
    buf_init(&out, 100);
    assert_int_equal(json_canonical(with_nul, &out, &err), -ERR_INTERNAL);
}

static void a_full_buffer_is_an_error(void **state)
{
    CLEANUP_JSON json_t *value = json_string("longer than ten bytes");
    CLEANUP_BUF struct buf out;
    struct err err = {0};
    buf_init(&out, 10);
    assert_int_equal(json_canonical(value, &out, &err), -ERR_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_is_refused_with_its_place),
        cmocka_unit_test(duplicate_keys_are_refused_also_inside),
        cmocka_unit_test(depth_stops_at_64),
        cmocka_unit_test(canonical_form),
        cmocka_unit_test(what_events_never_hold_is_refused),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
