/* The compiled words: lookups, placeholders, sentences for errors. */
#include "base/locale.h"
#include "unit.h"
#include <string.h>

static void every_text_is_there_in_three_languages(void **state)
{
    for (int key = 0; key < T_COUNT; key++)
        for (int lang = 0; lang < LANG_COUNT; lang++)
            assert_true(strlen(text_get((enum lang)lang, (enum text_key)key)) > 0);
    assert_string_equal(text_get(LANG_KK, T_common_yes), "иә");
    assert_string_equal(text_get(LANG_RU, T_common_yes), "да");
    assert_string_equal(text_get(LANG_EN, T_common_yes), "yes");
}

static void keys_are_found_at_run_time(void **state)
{
    assert_ptr_equal(text_find(LANG_RU, "common.yes"), text_get(LANG_RU, T_common_yes));
    assert_ptr_equal(text_find(LANG_KK, "clock.why.worked_moved"), text_get(LANG_KK, T_clock_why_worked_moved));
    assert_ptr_equal(text_find(LANG_EN, "error.zone_missing"), text_get(LANG_EN, T_error_zone_missing));
    assert_null(text_find(LANG_EN, "common_yes"));
    assert_null(text_find(LANG_EN, "common."));
    assert_null(text_find(LANG_EN, ""));
}

static void placeholders_are_filled(void **state)
{
    struct arena arena;
    arena_init(&arena, 4096);
    assert_string_equal(text_format(&arena, LANG_KK, T_common_date, "2026", "9 сәуір"), "2026 жылғы 9 сәуір");
    assert_string_equal(text_format(&arena, LANG_EN, T_common_date, "2026", NULL), " 2026");
    assert_string_equal(text_format(&arena, LANG_EN, T_common_date, "{1}", "{0}"), "{0} {1}");
    assert_string_equal(text_format(&arena, LANG_EN, T_common_yes, "unused", NULL), "yes");
    arena_done(&arena);
    arena_init(&arena, 3);
    assert_null(text_format(&arena, LANG_KK, T_common_date, "2026", "9 сәуір"));
    arena_done(&arena);
}

static void errors_have_sentences(void **state)
{
    struct arena arena;
    arena_init(&arena, 8192);
    assert_string_equal(text_error(&arena, LANG_EN, "too_long", "300"), "Too long. Characters at most: 300");
    assert_string_equal(text_error(&arena, LANG_EN, "too_long", NULL), "Too long. Characters at most: ");
    const char *internal = text_get(LANG_RU, T_error_internal);
    assert_string_equal(text_error(&arena, LANG_RU, "no_such_code", "x"), internal);
    assert_string_equal(text_error(&arena, LANG_RU, NULL, NULL), internal);
    char code[500];
    memset(code, 'a', sizeof code - 1);
    code[sizeof code - 1] = '\0';
    assert_string_equal(text_error(&arena, LANG_RU, code, NULL), internal);
    arena_done(&arena);
}

static void long_texts_are_put_whole(void **state)
{
    for (int key = 0; key < T_COUNT; key++) {
        struct arena arena;
        CLEANUP_BUF struct buf out;
        arena_init(&arena, 65536);
        buf_init(&out, 65536);
        text_put_format(&out, LANG_KK, (enum text_key)key, "<0>", "<1>", buf_puts);
        assert_string_equal(out.data, text_format(&arena, LANG_KK, (enum text_key)key, "<0>", "<1>"));
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_there_in_three_languages),
        cmocka_unit_test(keys_are_found_at_run_time),
        cmocka_unit_test(placeholders_are_filled),
        cmocka_unit_test(errors_have_sentences),
        cmocka_unit_test(long_texts_are_put_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
