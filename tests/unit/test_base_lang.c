/* The choice of a language. */
#include "base/lang.h"
#include "unit.h"

static void codes_there_and_back(void **state)
{
    for (int i = 0; i < LANG_COUNT; i++)
        assert_int_equal(lang_parse(lang_code((enum lang)i)), i);
    assert_int_equal(lang_parse("KK"), -1);
    assert_int_equal(lang_parse("kk-KZ"), -1);
    assert_int_equal(lang_parse(""), -1);
    assert_int_equal(lang_parse(NULL), -1);
}

static void negotiation(void **state)
{
    static const struct {
        const char *header;
        enum lang wanted;
    } rows[] = {
        {NULL, LANG_KK},
        {"", LANG_KK},
        {"ru", LANG_RU},
        {"RU-kz", LANG_RU},
        {"en-GB,en;q=0.9,ru;q=0.8", LANG_EN},
        {"de, fr;q=0.9", LANG_KK},
        {"de, ru;q=0.1", LANG_RU},
        {"en;q=0.5, ru;q=0.7", LANG_RU},
        {"ru;q=0.5, en;q=0.5", LANG_RU},
        {"en;q=0.5, ru;q=0.5", LANG_EN},
        {"*", LANG_KK},
        {"kk;q=0, *", LANG_RU},
        {"en;q=0.5, *;q=0.8", LANG_KK},
        {"en;q=0.9, *;q=0.1", LANG_EN},
        {"en;q=0", LANG_KK},
        {"ru;q=2, en", LANG_EN},
        {"ru;q=, en;q=0.1", LANG_EN},
        {"ru;level=1, en;q=0.1", LANG_EN},
        {"ru;q=0.1234, en;q=0.1", LANG_EN},
        {" ,, en ; q=0.3 ,", LANG_EN},
        {"rus, english", LANG_KK},
        {";;;q=1,,,=", LANG_KK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (lang_negotiate(rows[i].header) != rows[i].wanted)
            fail_msg("row %zu: %s", i, rows[i].header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_there_and_back),
        cmocka_unit_test(negotiation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
