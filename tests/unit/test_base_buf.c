/* Buffers: growth, the limit, and each escaping. */
#include "base/buf.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

#define EXPECT(put, text, wanted)                       \
    do {                                                \
        struct buf expected;                            \
        buf_init(&expected, 10000);                     \
        put(&expected, text);                           \
        assert_false(expected.failed);                  \
        assert_string_equal(expected.data, wanted);     \
        assert_int_equal(expected.len, strlen(wanted)); \
        buf_done(&expected);                            \
    } while (0)

static void grows_and_ends_with_nul(void **state)
{
    CLEANUP_BUF struct buf buf;
    buf_init(&buf, 100000);
    for (int i = 0; i < 5000; i++) {
        buf_putc(&buf, (char)('a' + i % 26));
        assert_int_equal(buf.data[buf.len], '\0');
    }
    assert_int_equal(buf.len, 5000);
    buf_reset(&buf);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
    buf_printf(&buf, "%s %d", "x", 42);
    assert_string_equal(buf.data, "x 42");
}

static void the_limit_fails_and_sticks(void **state)
{
    CLEANUP_BUF struct buf buf;
    buf_init(&buf, 10);
    buf_puts(&buf, "0123456789");
    assert_false(buf.failed);
    buf_putc(&buf, 'x');
    assert_true(buf.failed);
    assert_string_equal(buf.data, "0123456789");
    buf_puts(&buf, "");
    assert_true(buf.failed);
    assert_null(buf_take(&buf, NULL));
    assert_false(buf.failed);
    buf_puts(&buf, "again");
    assert_string_equal(buf.data, "again");
}

static void a_zeroed_buffer_refuses(void **state)
{
    struct buf buf = {0};
    buf_puts(&buf, "x");
    assert_true(buf.failed);
    buf_done(&buf);
    buf_done(NULL);
}

static void take_gives_the_bytes_away(void **state)
{
    struct buf buf;
    buf_init(&buf, 100);
    size_t length = 99;
    char *empty = buf_take(&buf, &length);
    assert_non_null(empty);
    assert_string_equal(empty, "");
    assert_int_equal(length, 0);
    free(empty);
    buf_put(&buf, "a\0b", 3);
    char *bytes = buf_take(&buf, &length);
    assert_int_equal(length, 3);
    assert_memory_equal(bytes, "a\0b", 4);
    assert_null(buf.data);
    free(bytes);
    buf_done(&buf);
}

static void integers(void **state)
{
    EXPECT(buf_put_int, 0, "0");
    EXPECT(buf_put_int, -7, "-7");
    EXPECT(buf_put_int, INT64_MAX, "9223372036854775807");
    EXPECT(buf_put_int, INT64_MIN, "-9223372036854775808");
}

static void html(void **state)
{
    EXPECT(buf_put_html, "", "");
    EXPECT(buf_put_html, "ұшақ", "ұшақ");
    EXPECT(buf_put_html, "<script>alert('a' & \"b\")</script>",
           "&lt;script&gt;alert(&#39;a&#39; &amp; &quot;b&quot;)&lt;/script&gt;");
    EXPECT(buf_put_html, "&amp;", "&amp;amp;");
}

static void json_strings(void **state)
{
    EXPECT(buf_put_json_string, "", "\"\"");
    EXPECT(buf_put_json_string, "a\"\\/b", "\"a\\\"\\\\/b\"");
    EXPECT(buf_put_json_string, "\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    EXPECT(buf_put_json_string, "Әә€😀", "\"Әә€😀\"");
}

static void urls(void **state)
{
    EXPECT(buf_put_url, "AZaz09-._~", "AZaz09-._~");
    EXPECT(buf_put_url, "a b/c?d=e&f#%+", "a%20b%2Fc%3Fd%3De%26f%23%25%2B");
    EXPECT(buf_put_url, "Ш", "%D0%A8");
}

static void csv_fields(void **state)
{
    EXPECT(buf_put_csv, "", "");
    EXPECT(buf_put_csv, "plain", "plain");
    EXPECT(buf_put_csv, "a,b", "\"a,b\"");
    EXPECT(buf_put_csv, "say \"hi\"\n", "\"say \"\"hi\"\"\n\"");
    EXPECT(buf_put_csv, "=1+1", "'=1+1");
    EXPECT(buf_put_csv, "+7 701", "'+7 701");
    EXPECT(buf_put_csv, "-x", "'-x");
    EXPECT(buf_put_csv, "@x", "'@x");
    EXPECT(buf_put_csv, "\tx", "'\tx");
    EXPECT(buf_put_csv, "=\"a\"", "\"'=\"\"a\"\"\"");
    EXPECT(buf_put_csv, "a=b", "a=b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_ends_with_nul),
        cmocka_unit_test(the_limit_fails_and_sticks),
        cmocka_unit_test(a_zeroed_buffer_refuses),
        cmocka_unit_test(take_gives_the_bytes_away),
        cmocka_unit_test(integers),
        cmocka_unit_test(html),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(urls),
        cmocka_unit_test(csv_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
