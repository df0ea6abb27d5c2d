/* Bodies of identifiers: what counts as a line, what is refused and told, in windows of every size. */
#include "audience/lines.h"
#include "law/field.h"
#include "unit.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const struct visit_key key = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

static uint64_t hash_of(const char *id, size_t count)
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)id, count, key.bytes);
    return hash;
}

/* Reads it in windows of `window` bytes. */
static int feed(struct lines *lines, bool json, const char *body, size_t count, size_t window, struct err *err)
{
    *err = (struct err){0};
    lines_init(lines, &key, json);
    for (size_t at = 0; at < count; at += window) {
        size_t piece = count - at < window ? count - at : window;
        char *copy = malloc(piece); /* so that a byte too far is found */
        memcpy(copy, body + at, piece);
        int r = lines_feed(lines, copy, piece, err);
        free(copy);
        if (r < 0)
            return r;
    }
    return lines_end(lines, err);
}

struct expected {
    const char *body;
    size_t count;
    bool json;
    const char *ids[6];
    size_t empty;
};
#define BODY(text) text, sizeof(text) - 1

static void every_identifier_is_hashed_whatever_the_windows(void **state)
{
    static const struct expected cases[] = {
        {BODY("a\nbb\nccc\n"), false, {"a", "bb", "ccc"}, 0},
        {BODY("a\nbb\nccc"), false, {"a", "bb", "ccc"}, 0},
        {BODY("\n\na\n\nb\n\n"), false, {"a", "b"}, 4},
        {BODY("a\r\nb\r\n\r\nc"), false, {"a", "b", "c"}, 1},
        {BODY("\xEF\xBB\xBF"
              "a\nb"),
         false,
         {"a", "b"},
         0},
        {BODY("\xEF\xBB\xBF"), false, {NULL}, 0},
        {BODY("\xEF\xBB\xBFq"), false, {"q"}, 0},
        {BODY("әліп-1\nplain\nғ"), false, {"әліп-1", "plain", "ғ"}, 0},
        {BODY(" a \n\ta"), false, {" a ", "\ta"}, 0},
        {BODY(""), false, {NULL}, 0},
        {BODY("\n"), false, {NULL}, 1},
        {BODY("\"a\"\n{\"user\":\"b\"}\n{ \"user\" : \"\\u0063\" }\n\"әі\"\n\"\"\n\n"), true, {"a", "b", "c", "әі"}, 2},
        {BODY("\"{\\\"user\\\":1}\"\r\n{\"user\":\"x\\n\"}"), true, {"{\"user\":1}", "x\n"}, 0},
    };
    static const size_t windows[] = {1, 2, 3, 5, 1000};
    struct lines lines;
    struct err err;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
            assert_int_equal(feed(&lines, cases[c].json, cases[c].body, cases[c].count, windows[w], &err), 0);
            size_t count = 0;
            for (; count < 6 && cases[c].ids[count] != NULL; count++) {
                assert_true(count < lines.count);
                assert_true(lines.hashes[count] == hash_of(cases[c].ids[count], strlen(cases[c].ids[count])));
            }
            assert_int_equal(lines.count, count);
            assert_int_equal(lines.empty, cases[c].empty);
            assert_int_equal(lines.lines, count + cases[c].empty);
            lines_done(&lines);
        }
    }
}

static void bad_lines_are_told_by_number(void **state)
{
    static const struct {
        const char *body;
        size_t count;
        bool json;
        size_t line;
        const char *code;
    } cases[] = {
        {BODY("a\nb\0c\n"), false, 2, "line_has_nul"},
        {BODY("a\n\n\xFFx\nb"), false, 3, "line_not_utf8"},
        {BODY("\xD3"), false, 1, "line_not_utf8"},
        {BODY("\"a\"\nb\n"), true, 2, "line_not_json"},
        {BODY("17\n"), true, 1, "line_not_json"},
        {BODY("{\"user\":17}\n"), true, 1, "line_not_json"},
        {BODY("{\"user\":\"a\",\"name\":\"b\"}\n"), true, 1, "line_member_unknown"},
        {BODY("{\"name\":\"b\"}\n"), true, 1, "line_member_unknown"},
        {BODY("{\"user\":\"a\",\"user\":\"b\"}\n"), true, 1, "line_not_json"},
        {BODY("\"a\\u0000\"\n"), true, 1, "line_not_json"},
        {BODY("\"a\xFF\"\n"), true, 1, "line_not_utf8"},
        {BODY("\"a\"\"b\"\n"), true, 1, "line_not_json"},
    };
    static const size_t windows[] = {1, 3, 1000};
    struct lines lines;
    struct err err;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
            assert_int_equal(feed(&lines, cases[c].json, cases[c].body, cases[c].count, windows[w], &err),
                             -ERR_BAD_INPUT);
            assert_string_equal(err.code, "lines_refused");
            assert_string_equal(err.arg, "1");
            assert_int_equal(lines.refused, 1);
            assert_int_equal(lines.refusals[0].line, cases[c].line);
            assert_string_equal(lines.refusals[0].code, cases[c].code);
            lines_done(&lines);
        }
    }
}

static void a_line_may_have_256_bytes(void **state)
{
    static const size_t windows[] = {1, 100, 4096, 65536};
    char body[20000];
    struct lines lines;
    struct err err;
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        memset(body, 'x', sizeof body);
        body[256] = '\r';
        body[257] = body[300] = '\n';
        assert_int_equal(feed(&lines, false, body, 301, windows[w], &err), 0);
        assert_int_equal(lines.count, 2);
        assert_true(lines.hashes[0] == hash_of(body, 256));
        lines_done(&lines);
        /* 257, and 10 KB, and one that is fine. */
        memset(body, 'x', sizeof body);
        body[257] = body[257 + 10001] = body[257 + 10001 + 5] = '\n';
        assert_int_equal(feed(&lines, false, body, 257 + 10001 + 6, windows[w], &err), -ERR_BAD_INPUT);
        assert_int_equal(lines.refused, 2);
        assert_int_equal(lines.refusals[0].line, 1);
        assert_int_equal(lines.refusals[1].line, 2);
        assert_string_equal(lines.refusals[1].code, "line_too_long");
        assert_int_equal(lines.count, 1);
        lines_done(&lines);
    }
}

static void only_the_first_hundred_refusals_are_kept(void **state)
{
    char body[1000];
    struct lines lines;
    struct err err;
    for (size_t i = 0; i < sizeof body; i += 2)
        memcpy(body + i, "\xFF\n", 2);
    assert_int_equal(feed(&lines, false, body, sizeof body, 64, &err), -ERR_BAD_INPUT);
    assert_int_equal(lines.refused, 500);
    assert_string_equal(err.arg, "500");
    assert_int_equal(lines.refusals[LINES_TOLD - 1].line, LINES_TOLD);
    lines_done(&lines);
}

static void identifiers_that_tell_who_somebody_is_are_taken_and_told(void **state)
{
    /* The IIN is made up; its control digit is right. */
    static const char body[] = "a1\naigerim@example.kz\n@handle\n+7 701 111 22 33\n+-\n+77011112233\n123456789012\n"
                               "900101300017\nb@c\n";
    struct lines lines;
    struct err err;
    char iin[13] = "900101300010";
    bool made = false;
    for (char digit = '0'; digit <= '9' && !made; digit++) {
        iin[11] = digit;
        made = iin_valid(iin);
    }
    char text[sizeof body];
    memcpy(text, body, sizeof body);
    assert_true(made);
    memcpy(strstr(text, "900101300017"), iin, 12);
    static const size_t windows[] = {1, 7, 1000};
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        assert_int_equal(feed(&lines, false, text, sizeof body - 1, windows[w], &err), 0);
        assert_int_equal(lines.count, 9);
        assert_int_equal(lines.warnings[LINE_EMAIL].lines, 2);
        assert_int_equal(lines.warnings[LINE_EMAIL].first_line, 2);
        assert_int_equal(lines.warnings[LINE_PHONE].lines, 2);
        assert_int_equal(lines.warnings[LINE_PHONE].first_line, 4);
        assert_int_equal(lines.warnings[LINE_IIN].lines, 1);
        assert_int_equal(lines.warnings[LINE_IIN].first_line, 8);
        lines_done(&lines);
    }
    assert_int_equal(feed(&lines, true, BODY("{\"user\":\"x@y.kz\"}\n\"z\"\n"), 1000, &err), 0);
    assert_int_equal(lines.warnings[LINE_EMAIL].lines, 1);
    lines_done(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_identifier_is_hashed_whatever_the_windows),
        cmocka_unit_test(bad_lines_are_told_by_number),
        cmocka_unit_test(a_line_may_have_256_bytes),
        cmocka_unit_test(only_the_first_hundred_refusals_are_kept),
        cmocka_unit_test(identifiers_that_tell_who_somebody_is_are_taken_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
