#include "base/json.h"
#include "base/json_tape.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

/* The same text to both readers: they must agree on whether it is JSON. The copy ends with its NUL exactly at the end
 * of a block, so that a look beyond is seen. */
static const struct json_cell *read_text(const char *text, size_t count, struct arena *arena, char **ret_copy)
{
    char *copy = malloc(count + 1);
    const struct json_cell *cell = NULL;
    struct err err = {0};
    CLEANUP_JSON json_t *value = NULL;
    assert_non_null(copy);
    memcpy(copy, text, count);
    copy[count] = '\0';
    int r = json_tape_read(copy, count, arena, &cell, &err);
    int theirs = json_parse(text, count, &value, &err);
    if ((r < 0) != (theirs < 0))
        print_error("%s: %d, jansson %d\n", text, r, theirs);
    assert_int_equal(r < 0, theirs < 0);
    *ret_copy = copy;
    return r < 0 ? NULL : cell;
}

static void test_takes_what_jansson_takes(void **state)
{
    static const char *const texts[] = {"{}",
                                        "[]",
                                        " [ ] ",
                                        "1",
                                        "-0",
                                        "0.5e-3",
                                        "1E+2",
                                        "\"\"",
                                        "true",
                                        "null",
                                        "[1,2,[3,{\"a\":[]}],{}]",
                                        "{\"a\":1,\"b\":{\"a\":2}}",
                                        "\"\\u0041\\ud83d\\ude00\\n\\\"\\\\\\/\"",
                                        "\"қазақ 😀\"",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "1e-999",
                                        "",
                                        " ",
                                        "{",
                                        "}",
                                        "[",
                                        "[1",
                                        "[1,",
                                        "[1,]",
                                        "[,1]",
                                        "[1 2]",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\":1,}",
                                        "{a:1}",
                                        "{\"a\":1 \"b\":2}",
                                        "{\"a\":1,\"a\":2}",
                                        "{\"a\":1,\"\\u0061\":2}",
                                        "[{\"b\":{\"a\":1,\"c\":2,\"a\":3}}]",
                                        "[1}",
                                        "{\"a\":1]",
                                        "01",
                                        "-",
                                        "+1",
                                        ".5",
                                        "1.",
                                        "1e",
                                        "1e+",
                                        "0x1",
                                        "1 1",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "1e999",
                                        "NaN",
                                        "tru",
                                        "truex",
                                        "\"",
                                        "\"\\\"",
                                        "\"\\",
                                        "\"\\x\"",
                                        "\"\\u12\"",
                                        "\"\\u0000\"",
                                        "\"\\ud800\"",
                                        "\"\\ud800\\u0041\"",
                                        "\"\\udc00\"",
                                        "\"\n\"",
                                        "\"\x01\"",
                                        "\"\xC0\x80\"",
                                        "\"\xED\xA0\x80\"",
                                        "\"\xF4\x90\x80\x80\"",
                                        "\"\xF0\x80\x80\x80\"",
                                        "\"\xE0\x80\x80\"",
                                        "\"\xFF\"",
                                        "\"\xC3\"",
                                        "\"\xE2\x82\"",
                                        "\xEF\xBB\xBF{}",
                                        "{}x",
                                        "//\n1",
                                        "'a'"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena arena;
        char *copy;
        arena_init(&arena, 1 << 20);
        read_text(texts[i], strlen(texts[i]), &arena, &copy);
        free(copy);
        arena_done(&arena);
    }
    /* A NUL is no end. */
    struct arena arena;
    char *copy;
    arena_init(&arena, 1 << 20);
    assert_null(read_text("1\0", 2, &arena, &copy));
    free(copy);
    assert_null(read_text("\"a\0b\"", 5, &arena, &copy));
    free(copy);
    arena_done(&arena);
}

static void test_depth(void **state)
{
    for (size_t depth = 63; depth <= 66; depth++) {
        char text[200];
        struct arena arena;
        char *copy;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        arena_init(&arena, 1 << 20);
        assert_int_equal(read_text(text, 2 * depth, &arena, &copy) != NULL, depth <= 64);
        free(copy);
        arena_done(&arena);
    }
}

static void test_cells(void **state)
{
    static const char text[] =
        "{\"a\":[1,\"\\u049b\\ttwo\",{\"x\":null}],\"b\":{\"c\":true,\"d\":-12},\"k\\u0065y\":\"z\"}";
    struct arena arena;
    char *copy;
    int64_t number;
    arena_init(&arena, 1 << 20);
    const struct json_cell *root = read_text(text, strlen(text), &arena, &copy), *list = json_cell_member(root, "a");
    assert_int_equal(root->count, 3);
    assert_int_equal(list->kind, CELL_ARRAY);
    assert_int_equal(list->count, 3);
    const struct json_cell *item = json_cell_first(list);
    assert_true(json_cell_int(item, &number) && number == 1);
    item = json_cell_after(item);
    assert_string_equal(item->text, "қ\ttwo");
    assert_int_equal(item->count, strlen("қ\ttwo"));
    item = json_cell_after(item);
    assert_true(json_cell_is_object(item));
    assert_int_equal(json_cell_member(item, "x")->kind, CELL_NULL);
    assert_true(json_cell_int(json_cell_member(json_cell_member(root, "b"), "d"), &number) && number == -12);
    assert_string_equal(json_cell_member(root, "key")->text, "z");
    assert_null(json_cell_member(root, "x"));
    assert_null(json_cell_member(item, "ke"));
    assert_null(json_cell_member(list, "a"));
    assert_null(json_cell_member(NULL, "a"));
    assert_false(json_cell_int(list, &number));
    free(copy);
    arena_done(&arena);
}

static void test_many_names(void **state)
{
    for (int twice = 0; twice < 2; twice++) {
        CLEANUP_BUF struct buf text;
        struct arena arena;
        char *copy;
        buf_init(&text, 1 << 20);
        for (int i = 0; i < 1000; i++)
            buf_printf(&text, "%s\"n%d\":%d", i == 0 ? "{" : ",", twice && i == 999 ? 17 : i, i);
        buf_putc(&text, '}');
        arena_init(&arena, 1 << 20);
        const struct json_cell *root = read_text(text.data, text.len, &arena, &copy);
        assert_int_equal(root == NULL, twice);
        if (!twice)
            assert_int_equal(root->count, 1000);
        free(copy);
        arena_done(&arena);
    }
}

static void test_equal(void **state)
{
    static const struct {
        const char *text;
        bool equal;
    } pairs[] = {{"[1,1.0]", true},       {"[1,2]", false},          {"[\"1\",1]", false},
                 {"[true,true]", true},   {"[true,false]", false},   {"[null,false]", false},
                 {"[[1,2],[1,2]]", true}, {"[[1,2],[2,1]]", false},  {"[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", true},
                 {"[\"a\",\"a\"]", true}, {"[\"a\",\"ab\"]", false}, {"[{\"a\":1},{\"b\":1}]", false},
                 {"[0,-0]", true},        {"[100,1e2]", true},       {"[{\"a\":1},{\"a\":1,\"b\":1}]", false}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct arena arena;
        char *copy;
        arena_init(&arena, 1 << 20);
        const struct json_cell *first = read_text(pairs[i].text, strlen(pairs[i].text), &arena, &copy) + 1;
        assert_int_equal(json_cell_equal(first, json_cell_after(first)), pairs[i].equal);
        assert_int_equal(json_cell_equal(json_cell_after(first), first), pairs[i].equal);
        free(copy);
        arena_done(&arena);
    }
}

static void test_memory_and_place(void **state)
{
    struct arena arena;
    struct err err = {0};
    const struct json_cell *cell = NULL;
    char text[] = "{\n \"a\": x}";
    arena_init(&arena, 1 << 20);
    assert_int_equal(json_tape_read(text, strlen(text), &arena, &cell, &err), -ERR_MALFORMED);
    assert_null(cell);
    assert_string_equal(err.arg, "2:6");
    arena_done(&arena);
    arena_init(&arena, 64);
    char list[] = "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]";
    assert_int_equal(json_tape_read(list, strlen(list), &arena, &cell, &err), -ERR_MEMORY);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_what_jansson_takes),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_memory_and_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
