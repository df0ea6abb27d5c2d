/* Unicode: validity, normalisation, folding for search. */
#include "base/unicode.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

static void validity(void **state)
{
    static const struct {
        const char *bytes;
        size_t count;
        bool valid;
    } rows[] = {
        {"", 0, true},
        {"plain ascii, long enough for words", 34, true},
        {"Қазақстан €😀", 26, true},
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"a\0b", 3, false},
        {"1234567\0", 8, false},
        {"\xff", 1, false},
        {"\xc0\x80", 2, false},
        {"\xe0\x80\x80", 3, false},
        {"\xed\xa0\x80", 3, false},
        {"\xf4\x90\x80\x80", 4, false},
        {"\xd0", 1, false},
        {"12345678\xd0", 9, false},
        {"\xf0\x9f\x98", 3, false},
        {"\x80", 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (utf8_valid(rows[i].bytes, rows[i].count) != rows[i].valid)
            fail_msg("row %zu", i);
    /* A bad byte is found wherever it stands. */
    char text[64];
    for (size_t bad = 0; bad < sizeof text; bad++) {
        memset(text, 'a', sizeof text);
        text[bad] = '\xfe';
        assert_false(utf8_valid(text, sizeof text));
    }
    assert_int_equal(utf8_length("Ёж €😀"), 5);
    assert_int_equal(utf8_length(""), 0);
}

static void becomes(char *(*change)(struct arena *, const char *), const char *text, const char *wanted)
{
    struct arena arena;
    arena_init(&arena, 1 << 16);
    char *changed = change(&arena, text);
    assert_non_null(changed);
    assert_string_equal(changed, wanted);
    char *again = change(&arena, changed);
    assert_string_equal(again, wanted);
    arena_done(&arena);
}

static void normalisation(void **state)
{
    becomes(text_normalise, "", "");
    becomes(text_normalise, " \t\n ", "");
    becomes(text_normalise, "  Сәлем,\r\n\tәлем!\xc2\xa0\n", "Сәлем,\n\tәлем!");
    becomes(text_normalise, "и\xcc\x86", "й");
    becomes(text_normalise,
            "a\x01\x7f\xc2\x85"
            "b\rc",
            "abc");
    becomes(text_normalise, "e\x02\xcc\x81", "é");
    becomes(text_normalise, "ﬁ", "ﬁ");
    becomes(text_normalise, "😀", "😀");
}

static void folding(void **state)
{
    becomes(text_fold_words, "", "");
    becomes(text_fold_words, " … — !", "");
    becomes(text_fold_words, "Қазақстан РЕСПУБЛИКАСЫ", "казакстан республикасы");
    becomes(text_fold_words, "ӘҒҚҢӨҰҮҺІ әғқңөұүһі", "агкноуухи агкноуухи");
    becomes(text_fold_words, "Ёлка, йод", "ёлка йод");
    becomes(text_fold_words, "  Онлайн-платформа «X»: 25%!  ", "онлайн платформа x 25");
    becomes(text_fold_words, "ﬁle Straße Ⅷ", "file strasse viii");
    becomes(text_fold_words, "И\xcc\x86од", "йод");
    becomes(text_fold_words, "a😀b", "a b");
}

static void long_texts_and_limits(void **state)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char *text = malloc(60001);
    assert_non_null(text);
    for (int i = 0; i < 20000; i++)
        memcpy(text + 3 * i, "\xef\xb7\xba", 4); /* U+FDFA: eighteen characters under NFKC */
    char *folded = text_fold_words(&arena, text);
    assert_non_null(folded);
    assert_true(strlen(folded) > 300000);
    arena_reset(&arena);
    arena_done(&arena);
    arena_init(&arena, 1000);
    assert_null(text_fold_words(&arena, text));
    assert_null(text_normalise(&arena, text));
    assert_true(arena.overflowed);
    arena_done(&arena);
    free(text);
}

static void invalid_text_gives_nothing(void **state)
{
    struct arena arena;
    arena_init(&arena, 1000);
    assert_null(text_normalise(&arena, "a\xff"));
    assert_null(text_fold_words(&arena, "a\xff"));
    arena_done(&arena);
}

static void hosts(void **state)
{
    static const struct {
        const char *text, *host;
    } same[] = {
        {"Example.KZ", "example.kz"},
        {"ҚАЗАҚ.ҚАЗ", "қазақ.қаз"},
        {"xn--80aswg.xn--p1ai", "сайт.рф"},
        {"straße.example", "straße.example"},
        {"под_черта.Example", "под_черта.example"},
        {"a..b", "a..b"},
        {"XN--A", "xn--a"}, /* begins as a coded name and is none */
        {"[2001:DB8::1]", "[2001:db8::1]"},
    };
    struct arena arena;

    arena_init(&arena, 1000);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        assert_string_equal(text_host(&arena, same[i].text), same[i].host);
    arena_reset(&arena);
    arena.limit_bytes = 8;
    assert_null(text_host(&arena, "example.kz"));
    arena_done(&arena);
}

static void test_what_is_settled_is_not_copied(void **state)
{
    static const char *const texts[] = {"",          "a",          "Сәлем, әлем!", "№ 7 — «ҚҰҚЫҚ» 100 ₸ 😀",
                                        "a\nb\tc",   " a",         "a\n",          "и\xcc\x86",
                                        "a\x01",     "ﬁ\xc2\xa0",  "日本",         "e\xcc\x81",
                                        "\xc2\x85x", "x\xc2\xa0y", "\xe2\x80\x8bx"};
    struct arena arena;
    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *read = text_normalised(&arena, texts[i], strlen(texts[i]));
        assert_string_equal(read, text_normalise(&arena, texts[i]));
        assert_int_equal(read == texts[i], i < 5);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_settled_is_not_copied),
        cmocka_unit_test(validity),
        cmocka_unit_test(normalisation),
        cmocka_unit_test(folding),
        cmocka_unit_test(long_texts_and_limits),
        cmocka_unit_test(invalid_text_gives_nothing),
        cmocka_unit_test(hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
