/* law/advertising.yaml: what loads, and what is refused with its place. */
#include "law/catalogue.h"
#include "test_law_dir.h"
#include "unit.h"

#define T "title: {kk: a, ru: b, en: c}"
#define FILE_OF "advertising.yaml"

static const char words[] = "marks:\n"
                            "  - {text: \"жарнама\", lang: kk, norm: opl.1}\n"
                            "unaccepted: [ad]\n"
                            "claims: {ru: [\"лучш*\"]}\n"
                            "age_words: [\"жас\"]\n"
                            "endings: {ru: [\"а\"]}\n"
                            "terms:\n"
                            "  - category: health\n"
                            "    norm: opl.1\n"
                            "    " T "\n"
                            "    criteria: [тіл]\n"
                            "    terms: {kk: [\"диабет*\", \"қант диабет~\"]}\n"
                            "    weak: {en: [clinic]}\n"
                            "    except: {ru: [\"_ кухн*\"]}\n";

static int load(const char *advertising, struct catalogue **ret, struct err *err)
{
    struct law_dir dir;
    law_dir_make(&dir);
    law_dir_write(&dir, "acts.yaml", "- {act: opl, cited: {kk: a, ru: b, en: c}, " T "}\n");
    law_dir_write(&dir, "roles.yaml", "- {role: body, " T "}\n");
    law_dir_write(&dir, "calendar.yaml",
                  "zone: Asia/Almaty\ncovers: {from: 2025, until: 2026}\nweekend: [saturday, sunday]\n"
                  "decided_until: 2025\nholidays: []\nmoved: []\n");
    law_dir_write(&dir, "norms/opl.yaml", "- {norm: opl.1, from: 2023-09-10, who: body, " T "}\n");
    if (advertising)
        law_dir_write(&dir, FILE_OF, advertising);
    int r = catalogue_load(dir.path, ret, err);
    law_dir_remove(&dir);
    return r;
}

static void test_what_is_said_is_understood(void **state)
{
    struct catalogue *law = NULL;
    struct err err = {0};
    if (load(words, &law, &err) < 0)
        fail_msg("%s %s", err.code, err.arg);
    const struct advertising *said = law->advertising;
    assert_int_equal(said->mark_count, 1);
    assert_int_equal(said->marks[0].lang, LANG_KK);
    assert_int_equal(said->category_count, 1);
    assert_int_equal(said->categories[0].terms[LANG_KK].count, 2);
    assert_int_equal(said->categories[0].terms[LANG_RU].count, 0);
    assert_string_equal(said->categories[0].except[LANG_RU].words[0], "_ кухн*");
    assert_string_equal(said->categories[0].criteria.words[0], "тіл");
    assert_string_equal(said->age_words.words[0], "жас");
    catalogue_free(law);
}

static void test_a_law_without_it(void **state)
{
    struct catalogue *law = NULL;
    struct err err = {0};
    assert_int_equal(load(NULL, &law, &err), 0);
    assert_null(law->advertising);
    catalogue_free(law);
}

static void test_refusals_name_their_line(void **state)
{
    static const struct {
        const char *from, *to, *code, *line;
    } rows[] = {
        {"lang: kk", "lang: fr", "law_bad_value", ":2:"},
        {"lang: kk, norm: opl.1", "lang: kk, norm: opl.9", "law_unknown_reference", ":2:"},
        {"unaccepted: [ad]", "unaccepted: ad", "yaml_wrong_type", ":3:"},
        {"лучш*", "лу*чш", "law_bad_value", ":4:"},
        {"claims: {ru", "claims: {fr", "yaml_unknown_key", ":4:"},
        {"age_words", "ages", "yaml_unknown_key", ":5:"},
        {"    norm: opl.1\n", "    norm: opl.7\n", "law_unknown_reference", ":9:"},
        {"қант диабет~", "қант  диабет", "law_bad_value", ":12:"},
        {"қант диабет~", "", "law_bad_value", ":12:"},
        {"[clinic]", "clinic", "yaml_wrong_type", ":13:"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char changed[2048];
        struct catalogue *law = NULL;
        struct err err = {0};
        const char *at = strstr(words, rows[i].from);
        assert_non_null(at);
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - words), words, rows[i].to, at + strlen(rows[i].from));
        assert_true(load(changed, &law, &err) < 0);
        assert_null(law);
        if (strcmp(err.code, rows[i].code) != 0 || !strstr(err.arg, rows[i].line))
            fail_msg("%s: %s %s", rows[i].to, err.code, err.arg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said_is_understood),
        cmocka_unit_test(test_a_law_without_it),
        cmocka_unit_test(test_refusals_name_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
