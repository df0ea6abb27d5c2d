/* YAML: what is refused, at which line, and the tree that comes out. */
#include "base/yaml.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;

static int arena_open(void **state)
{
    arena_init(&arena, 4 << 20);
    return 0;
}

static int arena_close(void **state)
{
    arena_done(&arena);
    return 0;
}

static const struct yaml *parsed(const char *text)
{
    const struct yaml *root = NULL;
    struct err err = {0};
    if (yaml_parse("law/x.yaml", text, strlen(text), &arena, &root, &err) < 0)
        fail_msg("%s: %s", err.code, err.arg);
    return root;
}

static void the_tree_is_as_written(void **state)
{
    const struct yaml *root = parsed("# remark\n"
                                     "name: Қазақ\n"
                                     "list:\n"
                                     "  - one\n"
                                     "  - {a: 1, b: 'two', c: \"thr\\tee\"}\n"
                                     "  - []\n"
                                     "block: |\n"
                                     "  first\n"
                                     "  second\n"
                                     "empty:\n");
    assert_int_equal(root->kind, YAML_MAPPING);
    assert_int_equal(root->count, 4);
    assert_string_equal(root->keys[0], "name");
    assert_string_equal(root->keys[3], "empty");
    assert_string_equal(root->file, "law/x.yaml");
    const struct yaml *name = yaml_get(root, "name");
    assert_string_equal(name->text, "Қазақ");
    assert_int_equal(name->line, 2);
    assert_false(name->quoted);
    const struct yaml *list = yaml_get(root, "list");
    assert_int_equal(list->kind, YAML_SEQUENCE);
    assert_int_equal(list->count, 3);
    assert_int_equal(list->items[0]->line, 4);
    assert_string_equal(yaml_get(list->items[1], "c")->text, "thr\tee");
    assert_true(yaml_get(list->items[1], "b")->quoted);
    assert_false(yaml_get(list->items[1], "a")->quoted);
    assert_int_equal(list->items[2]->count, 0);
    assert_string_equal(yaml_get(root, "block")->text, "first\nsecond\n");
    assert_true(yaml_get(root, "block")->quoted);
    assert_string_equal(yaml_get(root, "empty")->text, "");
    assert_null(yaml_get(root, "other"));
    assert_null(yaml_get(NULL, "other"));
    assert_null(yaml_get(name, "other"));
}

static void refusals_name_file_and_line(void **state)
{
    static const struct {
        const char *text, *arg;
    } rows[] = {
        {"a: &x 1\nb: *x\n", "f.yaml:1: anchors are not allowed"},
        {"a: 1\nb: *x\n", "f.yaml:2: aliases are not allowed"},
        {"a: 1\nb: !!str 2\n", "f.yaml:2: tags are not allowed"},
        {"a: 1\nb: !own {c: d}\n", "f.yaml:2: tags are not allowed"},
        {"a: 1\nb: 2\na: 3\n", "f.yaml:3: the key \"a\" is there twice"},
        {"x:\n  - {a: 1,\n     'a': 2}\n", "f.yaml:3: the key \"a\" is there twice"},
        {"a: 1\n---\nb: 2\n", "f.yaml:"},
        {"a: 1\n b: 2\n", "f.yaml:1: invalid"},
        {"a: 1\nb: 2\nc: {d: 1,,}\n", "f.yaml:3: "},
        {"a: [1, 2\nb: 3\n", "f.yaml:"},
        {"a: \"open\n", "f.yaml:"},
        {"? [a, b]\n: c\n", "f.yaml:1: a question mark"},
        {"a: 1\n{[x]: c}\n", "f.yaml:"},
        {"- [x]: c\n", "f.yaml:1: a key must be plain text"},
        {"a: 1\nb: x\x04\n", "f.yaml:2: a control character"},
        {"? \x04:\t? ", "f.yaml:1: "},
        {"", "f.yaml:1: there is nothing in it"},
        {"# only a remark\n", "f.yaml:"},
        {"a: \"x\\0y\"\n", "f.yaml:1: the text holds a NUL or is not UTF-8"},
        {"a: b\nc: \xff\n", "f.yaml:2: the text holds a NUL or is not UTF-8"},
        {"%TAG ! tag:x,2000:\n--- !a b\n", "f.yaml:"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct yaml *root = NULL;
        struct err err = {0};
        if (yaml_parse("f.yaml", rows[i].text, strlen(rows[i].text), &arena, &root, &err) != -ERR_BAD_INPUT)
            fail_msg("row %zu taken", i);
        assert_null(root);
        assert_string_equal(err.code, "yaml_malformed");
        if (strncmp(err.arg, rows[i].arg, strlen(rows[i].arg)) != 0)
            fail_msg("row %zu: %s", i, err.arg);
    }
}

static void depth_and_memory_have_limits(void **state)
{
    char deep[2001];
    const struct yaml *root = NULL;
    struct err err = {0};
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    assert_int_equal(yaml_parse("f", deep, 2000, &arena, &root, &err), -ERR_BAD_INPUT);
    memset(deep, '[', 40);
    memset(deep + 40, ']', 40);
    assert_int_equal(yaml_parse("f", deep, 80, &arena, &root, &err), 0);
    struct arena small;
    arena_init(&small, 600);
    assert_int_equal(yaml_parse("f", "[a, b, c, d, e, f, g, h]", 24, &small, &root, &err), -ERR_MEMORY);
    arena_done(&small);
}

static void files_are_read_within_the_limit(void **state)
{
    char path[] = "/tmp/test_base_yaml_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "a: 1\nb: 2\n", 10), 10);
    close(file);
    const struct yaml *root = NULL;
    struct err err = {0};
    assert_int_equal(yaml_load(path, 10, &arena, &root, &err), 0);
    assert_string_equal(yaml_get(root, "b")->file, path);
    assert_int_equal(yaml_load(path, 9, &arena, &root, &err), -ERR_BAD_INPUT);
    assert_non_null(strstr(err.arg, ":1: larger than 9 bytes"));
    unlink(path);
    assert_int_equal(yaml_load(path, 10, &arena, &root, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "file_unreadable");
    assert_int_equal(yaml_load("/tmp", 10, &arena, &root, &err), -ERR_UNAVAILABLE);
}

static void unknown_keys_are_refused(void **state)
{
    static const char *const allowed[] = {"a", "b", NULL};
    struct err err = {0};
    assert_int_equal(yaml_only_keys(parsed("a: 1\nb: 2\n"), allowed, &err), 0);
    assert_int_equal(yaml_only_keys(parsed("a: 1\nc: 2\n"), allowed, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "yaml_unknown_key");
    assert_string_equal(err.arg, "law/x.yaml:2: c");
    assert_int_equal(yaml_only_keys(parsed("[a]"), allowed, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "yaml_wrong_type");
}

static void typed_reads(void **state)
{
    const struct yaml *root =
        parsed("text: hello\nnumber: -42\nzero: 0\nyes: true\nquoted: \"5\"\nbig: 99999999999999999999\n"
               "null_word: null\nempty:\nlist: [1]\nplus: +5\nreal: 1.5\nword: yes\nempty_quoted: ''\n");
    struct err err = {0};
    const char *text = "kept";
    int64_t number = 77;
    bool flag = false;
    assert_int_equal(yaml_read_text(root, "text", true, &text, &err), 0);
    assert_string_equal(text, "hello");
    assert_int_equal(yaml_read_text(root, "number", true, &text, &err), 0);
    assert_string_equal(text, "-42");
    assert_int_equal(yaml_read_text(root, "empty_quoted", true, &text, &err), 0);
    assert_string_equal(text, "");
    text = "kept";
    assert_int_equal(yaml_read_text(root, "missing", false, &text, &err), 0);
    assert_int_equal(yaml_read_text(root, "missing", true, &text, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "yaml_missing_key");
    assert_string_equal(err.arg, "law/x.yaml:1: missing");
    static const char *const no_texts[] = {"null_word", "empty", "list"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(yaml_read_text(root, no_texts[i], false, &text, &err), -ERR_BAD_INPUT);
        assert_string_equal(err.code, "yaml_wrong_type");
    }
    assert_string_equal(text, "kept");
    static const char *const no_numbers[] = {"text", "quoted", "big", "empty", "list", "plus", "real", "yes"};
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++)
        assert_int_equal(yaml_read_int(root, no_numbers[i], true, &number, &err), -ERR_BAD_INPUT);
    assert_int_equal(yaml_read_int(root, "missing", false, &number, &err), 0);
    assert_int_equal(number, 77);
    assert_int_equal(yaml_read_int(root, "number", true, &number, &err), 0);
    assert_int_equal(number, -42);
    assert_int_equal(yaml_read_int(root, "zero", true, &number, &err), 0);
    assert_int_equal(number, 0);
    assert_int_equal(yaml_read_bool(root, "yes", true, &flag, &err), 0);
    assert_true(flag);
    assert_int_equal(yaml_read_bool(root, "word", true, &flag, &err), -ERR_BAD_INPUT);
    assert_int_equal(yaml_read_bool(root, "number", true, &flag, &err), -ERR_BAD_INPUT);
    assert_int_equal(yaml_read_bool(root, "missing", true, &flag, &err), -ERR_BAD_INPUT);
    assert_true(flag);
}

static void refusals_at_a_node(void **state)
{
    const struct yaml *root = parsed("a: 1\nb: 2\n");
    struct err err = {0};
    assert_int_equal(yaml_refuse(yaml_get(root, "b"), &err, "law_bad_value", "%s is not %d", "b", 3), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "law_bad_value");
    assert_string_equal(err.arg, "law/x.yaml:2: b is not 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_tree_is_as_written, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(refusals_name_file_and_line, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(depth_and_memory_have_limits, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(files_are_read_within_the_limit, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(unknown_keys_are_refused, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(typed_reads, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(refusals_at_a_node, arena_open, arena_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
