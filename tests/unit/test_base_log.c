/* Log lines: one line whatever the values, quoted when needed. */
#include "base/log.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void formatted(struct buf *out, int64_t at_usec, enum log_level level, const char *message, ...)
{
    va_list pairs;
    va_start(pairs, message);
    log_format(out, at_usec, level, message, pairs);
    va_end(pairs);
}

static void a_line_is_logfmt(void **state)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1000);
    formatted(&out, INT64_C(1775761199123456), LOG_LEVEL_INFO, "served", "method", "POST", "none", (const char *)NULL,
              "path", "/kk/a b", NULL);
    assert_string_equal(out.data, "time=2026-04-09T18:59:59.123456Z level=info msg=served method=POST none=\"\" "
                                  "path=\"/kk/a b\"\n");
}

static void no_value_forges_a_second_line(void **state)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1000);
    formatted(&out, 0, LOG_LEVEL_ERROR, "x\nlevel=info", "k", "a=\"b\"\r\n", NULL);
    assert_ptr_equal(strchr(out.data, '\n'), out.data + out.len - 1);
    assert_null(strchr(out.data, '\r'));
    assert_non_null(strstr(out.data, "msg=\"x\\nlevel=info\" k=\"a=\\\"b\\\"\\r\\n\""));
}

/* What the call writes to standard error. */
static char *captured(void (*call)(void))
{
    int pipe_ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipe_ends), 0);
    dup2(pipe_ends[1], STDERR_FILENO);
    call();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipe_ends[1]);
    char *text = calloc(1, 10000);
    assert_non_null(text);
    assert_true(read(pipe_ends[0], text, 9999) >= 0);
    close(pipe_ends[0]);
    return text;
}

static void write_lines(void)
{
    struct err err = {0};
    err_set(&err, ERR_STALE, "case_changed", "%d", 5);
    err_detail(&err, "version 6");
    log_line(LOG_LEVEL_DEBUG, "hidden", NULL);
    log_err(LOG_LEVEL_WARNING, "refused", &err);
}

static void write_long(void)
{
    char *value = malloc(9000);
    assert_non_null(value);
    memset(value, 'x', 8999);
    value[8999] = '\0';
    log_line(LOG_LEVEL_INFO, "long", "before", "1", "value", value, NULL);
    free(value);
}

static void levels_and_errors(void **state)
{
    char *text = captured(write_lines);
    assert_null(strstr(text, "hidden"));
    assert_non_null(
        strstr(text, "level=warning msg=refused status=412 code=case_changed arg=5 detail=\"version 6\"\n"));
    free(text);
}

static void a_long_line_is_cut_but_ends(void **state)
{
    char *text = captured(write_long);
    assert_true(strlen(text) > 0 && strlen(text) <= 4096);
    assert_int_equal(text[strlen(text) - 1], '\n');
    assert_non_null(strstr(text, "msg=long before=1"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_logfmt),
        cmocka_unit_test(no_value_forges_a_second_line),
        cmocka_unit_test(levels_and_errors),
        cmocka_unit_test(a_long_line_is_cut_but_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
