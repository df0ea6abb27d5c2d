/* Members found in JSON text without building it; broken text finds nothing and is never left. */
#include "base/json_scan.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

static struct json_piece piece(const char *text)
{
    return (struct json_piece){text, strlen(text)};
}

static void expect(const char *object, const char *key, const char *value)
{
    struct json_piece found = json_scan_member(piece(object), key);
    if (found.count != strlen(value) || (found.count > 0 && memcmp(found.at, value, found.count) != 0))
        fail_msg("%s of %s: %.*s", key, object, (int)found.count, found.at ? found.at : "");
}

static void test_members(void **state)
{
    static const char object[] =
        "{\"a\":\"x\",\"b\":{\"a\":\"inner\",\"t\":\"}]{\\\"\"},\"c\":[1,[2,{}],\"]\"],\"d\":-12,\"e\":true,\"f\":null,"
        "\"g\":\"q\\\\\",\"h\":\"\\\"a\\\":\"}";
    expect(object, "a", "\"x\"");
    expect(object, "b", "{\"a\":\"inner\",\"t\":\"}]{\\\"\"}");
    expect(object, "c", "[1,[2,{}],\"]\"]");
    expect(object, "d", "-12");
    expect(object, "e", "true");
    expect(object, "f", "null");
    expect(object, "g", "\"q\\\\\"");
    expect(object, "h", "\"\\\"a\\\":\"");
    expect(object, "t", ""); /* not a member of its own */
    expect(object, "", "");
    expect(" {}", "a", "");
    expect("{ \"a\" : 1 , \"b\" : 2 }", "b", "2");
    expect("{}", "a", "");
    expect("[\"a\"]", "a", "");
    expect("\"a\"", "a", "");
    expect("", "a", "");
}

static void test_items(void **state)
{
    struct json_piece key, value, list = piece("[\"kk\",{\"x\":1},7]");
    size_t at = 0, count = 0;
    while (json_scan_next(list, &at, &key, &value)) {
        assert_int_equal(key.count, 0);
        count++;
    }
    assert_int_equal(count, 3);
    at = 0;
    assert_false(json_scan_next(piece("[]"), &at, &key, &value));
}

static void test_strings_and_numbers(void **state)
{
    int64_t number = 5;
    assert_true(json_scan_is(piece("\"removed\""), "removed"));
    assert_false(json_scan_is(piece("\"removed\""), "remove"));
    assert_false(json_scan_is(piece("\"remove\""), "removed"));
    assert_false(json_scan_is(piece("removed"), "removed"));
    assert_true(json_scan_is(piece("\"\""), ""));
    assert_true(json_scan_int(piece("1767207600000000"), &number));
    assert_int_equal(number, 1767207600000000);
    assert_true(json_scan_int(piece("-3"), &number));
    assert_int_equal(number, -3);
    assert_false(json_scan_int(piece("1.5"), &number));
    assert_false(json_scan_int(piece("-"), &number));
    assert_false(json_scan_int(piece(""), &number));
    assert_false(json_scan_int(piece("1234567890123456789"), &number));
}

/* Every beginning of a text is no JSON: it may find less, never more, and stays within its bytes (the sanitizer looks).
 */
static void test_cut_texts(void **state)
{
    static const char whole[] = "{\"a\":[{\"b\":\"c\\\"\"},2],\"d\":\"e\\\\\",\"f\":{\"g\":[[]]}}";
    for (size_t count = 0; count < sizeof whole - 1; count++) {
        char *cut = malloc(count + (count == 0));
        assert_non_null(cut);
        memcpy(cut, whole, count);
        struct json_piece found = json_scan_member((struct json_piece){cut, count}, "f");
        assert_true(found.count == 0 || count == sizeof whole - 2);
        free(cut);
    }
    static const char *const broken[] = {"{\"a\"}", "{\"a\":}",   "{a:1}", "{\"a\":1 \"b\":2}", "{\"a\":\"x}",
                                         "{,}",     "{\"a\":1,}", "}",     "{\"a\":[1}"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(json_scan_member(piece(broken[i]), "b").count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_strings_and_numbers),
        cmocka_unit_test(test_cut_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
