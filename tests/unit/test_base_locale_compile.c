/* The locale compiler as the build runs it: what it refuses, with file and line, and what it lists as unused. */
#include "base/buf.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/test_locale_compile_XXXXXX";

static int folder_make(void **state)
{
    return mkdtemp(folder) == NULL || chdir(folder) != 0 ? -1 : 0;
}

static int folder_remove(void **state)
{
    static const char *const names[] = {"area.yaml", "other.yaml", "a.c", "b.html", "k.h", "k.c"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(names[i]);
    return rmdir(folder);
}

static void file_write(const char *name, const char *text)
{
    FILE *file = fopen(name, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Runs the tool; its output, both streams, is the caller's to free. */
static char *tool_run(const char *args, int *ret_status)
{
    struct buf command, output;
    buf_init(&command, 4096);
    buf_init(&output, 65536);
    buf_printf(&command, "%s %s 2>&1", LOCALE_COMPILE, args);
    FILE *pipe = popen(command.data, "re");
    assert_non_null(pipe);
    for (int c; (c = fgetc(pipe)) != EOF;)
        buf_putc(&output, (char)c);
    *ret_status = WEXITSTATUS(pclose(pipe));
    buf_done(&command);
    return buf_take(&output, NULL);
}

static void mistakes_fail_the_build_with_their_line(void **state)
{
    static const struct {
        const char *yaml, *wanted;
    } rows[] = {
        {"a: {kk: x, ru: y}\n", "area.yaml:1: missing or not a text"},
        {"b: {kk: x, ru: y, en: z}\na: {kk: x, ru: y, en: ''}\n", "area.yaml:2: empty, or blanks at its ends: area.a"},
        {"a: {kk: x, ru: y, en: ' z'}\n", "area.yaml:1: empty, or blanks at its ends: area.a"},
        {"a: {kk: x, ru: y, en: z, de: w}\n", "area.yaml:1: a text has only kk, ru and en"},
        {"a: {kk: x, ru: [y], en: z}\n", "area.yaml:1: missing or not a text"},
        {"a: plain\n", "area.yaml:1: a text {kk, ru, en} or a mapping of texts is wanted: area.a"},
        {"- a\n", "area.yaml:1: a mapping of texts is wanted"},
        {"a: {kk: 'x {0}', ru: y, en: z}\n", "area.yaml:1: only {0} and {1}, the same in each language: area.a"},
        {"a: {kk: 'x {2}', ru: 'y {2}', en: 'z {2}'}\n", "area.yaml:1: only {0} and {1}"},
        {"A: {kk: x, ru: y, en: z}\n", "area.yaml:1: a key is small letters, digits, _ and -: A"},
        {"a-b: {kk: x, ru: y, en: z}\na_b: {kk: x, ru: y, en: z}\n", ": the same C name as another key: area.a"},
        {"a: {kk: x, ru: y, en: z}\na: {kk: x, ru: y, en: z}\n", "area.yaml:2: the key \"a\" is there twice"},
        {"a: {b: {c: {kk: x, ru: y}}}\n", "area.yaml:1: missing or not a text"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status;
        file_write("area.yaml", rows[i].yaml);
        unlink("k.h");
        char *output = tool_run("k.h k.c area.yaml", &status);
        if (status != 1 || strstr(output, rows[i].wanted) == NULL || access("k.h", F_OK) == 0)
            fail_msg("row %zu: %d %s", i, status, output);
        free(output);
    }
}

static void keys_of_several_files_meet(void **state)
{
    int status;
    file_write("area.yaml", "x: {y: {kk: x, ru: y, en: z}}\n");
    file_write("other.yaml", "area: area\nx_y: {kk: x, ru: y, en: z}\n");
    char *output = tool_run("k.h k.c area.yaml other.yaml", &status);
    assert_int_equal(status, 1);
    assert_non_null(strstr(output, "the same C name"));
    free(output);
}

static void good_files_become_a_sorted_table(void **state)
{
    int status;
    file_write("area.yaml", "b: {kk: \"a\\\"b\\\\\", ru: y, en: z}\na: {n-1: {kk: 'ә {1}', ru: '{1} y', en: '{1}'}}\n");
    char *output = tool_run("k.h k.c area.yaml", &status);
    assert_string_equal(output, "");
    assert_int_equal(status, 0);
    free(output);
    char text[4096] = "";
    FILE *file = fopen("k.h", "re");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_non_null(strstr(text, "    T_area_a_n_1,\n    T_area_b,\n    T_COUNT\n"));
    memset(text, 0, sizeof text);
    file = fopen("k.c", "re");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_non_null(strstr(text, "{\"area.a.n-1\", {{\"ә {1}\", \"{1} y\", \"{1}\"}}},\n"
                                 "    {\"area.b\", {{\"a\\042b\\134\", \"y\", \"z\"}}},\n"));
}

static void check_lists_what_nobody_names(void **state)
{
    int status;
    file_write("area.yaml",
               "by_c: {kk: x, ru: y, en: z}\nby_page: {kk: x, ru: y, en: z}\nby_c_more: {kk: x, ru: y, en: z}\n"
               "made: {up: {kk: x, ru: y, en: z}, down: {kk: x, ru: y, en: z}}\n");
    file_write("a.c", "text_get(lang, T_area_by_c); text_find(lang, \"area.made.%s\"); why = \"up\";");
    file_write("b.html", "<p>{{t area.by_page}}</p>");
    char *output = tool_run("--check area.yaml -- a.c b.html", &status);
    assert_int_equal(status, 0);
    assert_string_equal(output, "area.yaml:3: area.by_c_more\narea.yaml:4: area.made.down\n");
    free(output);
}

static void wrong_use_is_told(void **state)
{
    int status;
    char *output = tool_run("k.h k.c", &status);
    assert_int_equal(status, 2);
    free(output);
    output = tool_run("k.h k.c missing.yaml", &status);
    assert_int_equal(status, 1);
    assert_non_null(strstr(output, "missing.yaml"));
    free(output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_fail_the_build_with_their_line),
        cmocka_unit_test(keys_of_several_files_meet),
        cmocka_unit_test(good_files_become_a_sorted_table),
        cmocka_unit_test(check_lists_what_nobody_names),
        cmocka_unit_test(wrong_use_is_told),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
