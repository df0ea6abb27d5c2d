/* The query language: what it takes for a term, what it lets pass as words, and what it refuses, at which character. */
#include "adverts/query.h"
#include "adverts/stems.h"
#include "unit.h"
#include <stdio.h>
#include <string.h>

static struct arena arena;

static int open_arena(void **state)
{
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int close_arena(void **state)
{
    arena_done(&arena);
    return 0;
}

/* The query as it was understood: [-]field:text[*] or field:number, "|" between alternatives, "; " between terms. */
static const char *read_back(const char *text)
{
    static char out[4000];
    struct err err = {0};
    struct query query;
    size_t n = 0;

    arena_reset(&arena);
    assert_int_equal(query_read(text, &arena, &query, &err), 0);
    out[0] = '\0';
    for (const struct query_term *term = query.terms; term; term = term->next) {
        n += (size_t)sprintf(out + n, "%s%s", n > 0 ? "; " : "", term->excluded ? "-" : "");
        for (const struct query_atom *atom = term->first; atom; atom = atom->or_else) {
            n += (size_t)sprintf(out + n, "%d:", (int)atom->field);
            if (atom->field >= FIELD_KIND)
                n += (size_t)sprintf(out + n, "%d", atom->number);
            else
                n += (size_t)sprintf(out + n, "%s%s", atom->text, atom->prefix ? "*" : "");
            n += (size_t)sprintf(out + n, "%s", atom->or_else ? "|" : "");
        }
    }
    return out;
}

static void test_terms(void **state)
{
    assert_string_equal(read_back(""), "");
    assert_string_equal(read_back(NULL), "");
    assert_string_equal(read_back("Несие  ҚАРЖЫ"), "0:несие; 0:қаржы");
    assert_string_equal(read_back("несие|кредит | loan -казино"), "0:несие|0:кредит|0:loan; -0:казино");
    assert_string_equal(read_back("кред*"), "0:кред*");
    assert_string_equal(read_back("\"Қазақ несиесі*\""), "0:қазақ несиесі");
    assert_string_equal(read_back("wi-fi ёлка"), "0:wi fi; 0:ёлка");
    assert_string_equal(read_back("Payer:\"ЖШС Даму\" ACCOUNT:kaspi"), "3:жшс даму; 2:kaspi");
    assert_string_equal(read_back("criterion:\"age=18\" -excluded:x lang:kk"), "6:age=18; -7:x; 8:kk");
    assert_string_equal(read_back("kind:Sponsored|kind:other format:video"), "9:1|9:2; 10:3");
    assert_string_equal(read_back("after:1970-01-02 before:1970-01-03"), "11:1; 12:2");
    assert_string_equal(read_back("cafe\u0301s"), "0:cafes");
}

/* Signs that mean nothing are no error. */
static void test_what_is_just_typed(void **state)
{
    assert_string_equal(read_back("  - , * ( ) ! "), "");
    assert_string_equal(read_back("Астана - Алматы"), "0:астана; 0:алматы");
    assert_string_equal(read_back("https://kaspi.kz/?a=1"), "0:https kaspi kz a 1");
    assert_string_equal(read_back("time:12"), "0:time 12");
    assert_string_equal(read_back("5000*2"), "0:5000 2");
    assert_string_equal(read_back("a&&b"), "0:a b");
}

static void refused(const char *text, const char *code, const char *arg)
{
    struct err err = {0};
    struct query query;

    arena_reset(&arena);
    assert_int_equal(query_read(text, &arena, &query, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, code);
    assert_string_equal(err.arg, arg);
}

static void test_refusals(void **state)
{
    char long_text[QUERY_MAX * 2 + 10];

    refused("несие \"кредит", "query_malformed", "7");
    refused("advertiser:", "query_malformed", "12");
    refused("advertiser: x", "query_malformed", "12");
    refused("advertiser:\"!\"", "query_malformed", "12");
    refused("қаржы kind:best", "query_malformed", "12");
    refused("format:text5", "query_malformed", "8");
    refused("after:2026-02-30", "query_malformed", "7");
    refused("lang:\"\"", "query_malformed", "6");
    refused("к*", "query_malformed", "1");
    refused("| a", "query_malformed", "1");
    refused("a |", "query_malformed", "3");
    refused("a | | ", "query_malformed", "3");
    long_text[0] = '\0';
    for (int i = 0; i < QUERY_MAX; i++)
        strcat(long_text, "ә");
    assert_string_not_equal(read_back(long_text), "");
    strcat(long_text, "ә");
    refused(long_text, "query_too_long", "500");
    long_text[0] = '\0';
    for (int i = 0; i < QUERY_TERMS; i++)
        strcat(long_text, " a");
    assert_string_not_equal(read_back(long_text), "");
    strcat(long_text, " a");
    refused(long_text, "query_too_long", "32");
    long_text[0] = '\0';
    for (int i = 0; i <= QUERY_WORDS; i++)
        strcat(long_text, "a,");
    refused(long_text, "query_too_long", "64");
}

static void test_words(void **state)
{
    static const char *const pairs[][2] = {{"қызметтер", "кызметтер"}, {"әғқңөұүһі", "агкноуухи"},
                                           {"ёлка", "елка"},           {"тiл", "тил"},
                                           {"wifi", "wifi"},           {"ЫЙ", "ый"}};
    const char *text = "«Kaspi» 50%-ға\u00a0дейін, 1 000; ŁÓDŹ 中文";
    char word[WORD_ROOM], folded[WORD_ROOM], all[200] = "";
    size_t len;

    while (words_next(&text, word, &len)) {
        assert_int_equal(len, strlen(word));
        strcat(all, word);
        strcat(all, "|");
    }
    assert_string_equal(all, "kaspi|50|ға|дейін|1|000|łódź|中文|");
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        text = pairs[i][0];
        assert_true(words_next(&text, word, &len));
        word_fold(word, len, folded);
        assert_string_equal(folded, pairs[i][1]);
    }
}

static void test_stems(void **state)
{
    static const char *const pairs[][2] = {{"қаржының", "қаржы"},         {"несиелер", "несие"},
                                           {"жеңілдікпен", "жеңілдік"},   {"кітаптарымыздан", "кітап"},
                                           {"балаларымызға", "бала"},     {"мектебінде", "мектеп"},
                                           {"компаниясының", "компания"}, {"кредитов", "кредит"},
                                           {"скидками", "скидка"},        {"phones", "phone"}};
    struct stems *stems;
    struct stem_list list;
    struct err err = {0};

    assert_int_equal(stems_new(NULL, &stems, &err), 0);
    if (stems_languages(stems) == (STEMS_KK | STEMS_RU | STEMS_EN)) {
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            bool found = false;

            stems_of(stems, pairs[i][0], strlen(pairs[i][0]), &list);
            for (size_t k = 0; k < list.count; k++)
                found = found || strcmp(list.words[k], pairs[i][1]) == 0;
            if (!found)
                print_message("%s\n", pairs[i][0]);
            assert_true(found);
        }
        /* A town is no apple. */
        stems_of(stems, "алматы", strlen("алматы"), &list);
        for (size_t k = 0; k < list.count; k++)
            assert_string_not_equal(list.words[k], "алма");
        stems_of(stems, "b2b", 3, &list);
        assert_int_equal(list.count, 0);
    }
    uint64_t print = stems_print(stems);
    stems_free(stems);
    /* Without dictionaries words are themselves, and an index made with some is another. */
    assert_int_equal(stems_new("/nonexistent", &stems, &err), 0);
    assert_int_equal(stems_languages(stems), 0);
    assert_int_not_equal(stems_print(stems), print);
    stems_of(stems, "несиелер", strlen("несиелер"), &list);
    assert_int_equal(list.count, 0);
    stems_free(stems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_terms, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_what_is_just_typed, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_refusals, open_arena, close_arena),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_stems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
