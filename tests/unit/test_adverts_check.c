/* The check before publication: each finding where it belongs and not elsewhere, in three languages; the table of
 * terms; the operator's own words. */
#include "adverts/check.h"
#include "base/json.h"
#include "base/unicode.h"
#include "base/yaml.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TODAY 20780 /* 2026-11-23 */

static struct catalogue *law;
static struct advert_rules *rules;
static struct arena arena;

static int setup(void **state)
{
    struct err err = {0};
    arena_init(&arena, (size_t)64 << 20);
    if (catalogue_load(LAW_DIR, &law, &err) < 0 || advert_rules_new(law, NULL, &rules, &err) < 0) {
        print_error("%s %s\n", err.code, err.arg);
        return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    advert_rules_free(rules);
    catalogue_free(law);
    arena_done(&arena);
    return 0;
}

static int each_begins(void **state)
{
    arena_reset(&arena);
    return 0;
}

/* An advertisement that nothing is said of, with members replaced: "a=b" of `changes` puts b in the place of a. */
static const char good[] =
    "{\"kind\":\"targeted\",\"format\":\"text\",\"language\":\"kk\",\"text\":\"Жарнама. Жаңа кітап.\","
    "\"mark\":{\"text\":\"Жарнама\",\"place\":\"first_line\"},"
    "\"account\":{\"name\":\"kitap\"},\"advertiser\":{\"name\":\"Кітап ЖШС\"},\"payer\":{\"name\":\"Кітап ЖШС\"},"
    "\"period\":{\"from\":\"2026-11-01\",\"until\":\"2026-11-30\"},"
    "\"targeting\":{\"age\":{\"from\":18,\"until\":65},\"include\":[{\"criterion\":\"қызығушылық\",\"value\":\"кітап\"}"
    "]}}";

static char *changed(const char *json, const char *from, const char *to)
{
    const char *at = strstr(json, from);
    if (!at)
        fail_msg("%s is not in %s", from, json);
    return arena_printf(&arena, "%.*s%s%s", (int)(at - json), json, to, at + strlen(from));
}

static struct advert read_advert(const char *json)
{
    struct field_errors errors;
    const struct json_cell *cell;
    struct advert advert = {0};
    struct err err = {0};
    char *copy = arena_strdup(&arena, json);
    field_errors_init(&errors, &arena);
    if (json_tape_read(copy, strlen(copy), &arena, &cell, &err) < 0 ||
        advert_read(cell, "", &arena, &advert, &errors, &err) < 0)
        fail_msg("%s %s: %s %s in %s", err.code, err.arg, errors.count ? errors.items[0].field : "",
                 errors.count ? errors.items[0].code : "", json);
    return advert;
}

static struct advert_result checked(const char *json, int32_t day)
{
    struct advert advert = read_advert(json);
    struct advert_result result;
    struct err err = {0};
    if (advert_check(rules, &advert, day, &arena, &result, &err) < 0)
        fail_msg("%s %s", err.code, err.arg);
    return result;
}

static const struct advert_finding *finding_of(const struct advert_result *result, const char *code)
{
    for (size_t i = 0; i < result->count; i++) {
        if (strcmp(result->findings[i].code, code) == 0)
            return &result->findings[i];
    }
    return NULL;
}

/* What is found of it, as "code!" (refuses) and "code" (told), by blanks. */
static const char *findings(const char *json)
{
    struct advert_result result = checked(json, TODAY);
    char *text = arena_strdup(&arena, "");
    bool refused = false;
    for (size_t i = 0; i < result.count; i++) {
        const struct advert_finding *one = &result.findings[i];
        text = arena_printf(&arena, "%s%s%s%s", text, i > 0 ? " " : "", one->code, one->refuses ? "!" : "");
        refused = refused || one->refuses;
        for (int lang = 0; lang < LANG_COUNT; lang++) {
            assert_string_not_equal(advert_finding_text((enum lang)lang, "finding", one->code), "");
            assert_string_not_equal(advert_finding_text((enum lang)lang, "change", one->code), "");
        }
        assert_non_null(catalogue_norm_last(law, one->norm));
        assert_true(!one->found || utf8_valid(one->found, strlen(one->found)));
    }
    assert_int_equal(result.allowed, !refused);
    return text;
}

#define EXPECT(expected, json)                                               \
    do {                                                                     \
        const char *found_ = findings(json);                                 \
        if (strcmp(found_, expected) != 0)                                   \
            fail_msg("line %d: found \"%s\" in %s", __LINE__, found_, json); \
    } while (0)

static void test_a_good_one(void **state)
{
    struct advert_result result = checked(good, TODAY);
    EXPECT("", good);
    assert_true(result.allowed);
    assert_int_equal(result.norm_count, 8);
}

#define TEXT "Жарнама. Жаңа кітап."

static void test_the_mark_of_a_text(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"Жаңа кітап. Жарнама", ""},
        {"#жарнама жаңа кітап", ""},
        {"[Жарнама] Жаңа кітап", ""},
        {"Жаңа кітап\\u00a0— өте қызық кітап, оны бүгін оқы, ертең оқы, әрдайым оқы #жарнама", ""},
        {"Жарнамалық материал\\nЖаңа кітап", ""},
        {"ЖАРНАМА ҚҰҚЫҒЫНДА: жаңа кітап", ""},
        {"PR құқығында. Жаңа кітап", ""},
        {"Демеушімен төленген\\nЖаңа кітап", ""},
        {"Реклама. Жаңа кітап", "mark_language"},
        {"На правах рекламы. Жаңа кітап", "mark_language"},
        {"Жарнама беруші туралы жаңа кітап", "mark_in_sentence"},
        {"Жаңа кітап\\nЖарнама", "mark_buried!"},
        {"Жаңа кітап шықты, оны бүгін оқы, ертең оқы, әрдайым оқы, бәрі оқысын деген жарнама", "mark_buried!"},
        {"Жаңа кітап", "mark_not_in_text!"},
        {"Жарнамалаймыз жаңа кітапты", "mark_not_in_text!"},
        {"Жaрнама. Жаңа кітап", "mark_lookalike!"},
        {"PEKЛAMA. Жаңа кітап", "mark_lookalike! mark_language"},
        {"Жар\\u200bнама. Жаңа кітап", "mark_hidden_characters!"},
        {"Ж а р н а м а: жаңа кітап", "mark_spaced!"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        EXPECT(rows[i].expected, changed(good, TEXT, rows[i].text));
}

static void test_the_mark_is_missing_or_another_word(void **state)
{
    const char *none = changed(good, "\"mark\":{\"text\":\"Жарнама\",\"place\":\"first_line\"},", "");
    EXPECT("", none);
    EXPECT("mark_missing!", changed(none, TEXT, "Жаңа кітап"));
    EXPECT("mark_word!", changed(none, TEXT, "Sponsored. Жаңа кітап"));
    EXPECT("mark_word!", changed(none, TEXT, "#ad жаңа кітап"));
    EXPECT("mark_word!", changed(changed(good, TEXT, "Жаңа кітап"), "\"Жарнама\"", "\"Promo\""));
    /* Not every word of that kind is meant as a mark. */
    EXPECT("mark_missing!", changed(none, TEXT, "Жаңа кітап бар коллаборация туралы"));
    /* By the platform's own means. */
    EXPECT("", changed(changed(good, TEXT, "Жаңа кітап"), "first_line", "beside"));
}

static void test_the_mark_of_pictures_and_sound(void **state)
{
    const char *image = changed(changed(good, "\"format\":\"text\"", "\"format\":\"image\""), TEXT, "Жаңа кітап");
    const char *video = changed(changed(good, "\"format\":\"text\"", "\"format\":\"video\""), TEXT, "Жаңа кітап");
    EXPECT("", changed(image, "first_line", "on_image"));
    EXPECT("", changed(image, "first_line", "beside"));
    EXPECT("mark_place!", changed(image, "first_line", "elsewhere"));
    EXPECT("", changed(image, "Жаңа кітап", "Жарнама. Кітап"));
    EXPECT("mark_not_before_start!", video);
    EXPECT("mark_not_before_start!", changed(video, "first_line", "beside"));
    EXPECT("", changed(video, "first_line", "before_start"));
    EXPECT("mark_lookalike!", changed(changed(video, "first_line", "before_start"), "\"Жарнама\"", "\"Жaрнама\""));
    EXPECT("mark_word!", changed(changed(video, "first_line", "before_start"), "\"Жарнама\"", "\"Ad\""));
}

static void test_who_and_when(void **state)
{
    EXPECT("account_missing!", changed(good, "\"account\":{\"name\":\"kitap\"},", ""));
    EXPECT("", changed(good, "\"account\":{\"name\":\"kitap\"},", "\"account\":{\"url\":\"https://e.kz/k\"},"));
    EXPECT("advertiser_missing!", changed(good, "\"advertiser\":{\"name\":\"Кітап ЖШС\"},", ""));
    EXPECT("payer_missing", changed(good, "\"payer\":{\"name\":\"Кітап ЖШС\"},", ""));
    EXPECT("period_reversed!", changed(good, "2026-11-30", "2026-10-30"));
    EXPECT("", changed(good, "2026-11-30", "2026-11-01"));
}

static void test_sponsored(void **state)
{
    const char *sponsored = changed(changed(good, "\"kind\":\"targeted\"", "\"kind\":\"sponsored\""),
                                    ",\"targeting\":{\"age\":{\"from\":18,\"until\":65},\"include\":[{\"criterion\":"
                                    "\"қызығушылық\",\"value\":\"кітап\"}]}",
                                    "");
    EXPECT("sponsor_missing!", sponsored);
    const char *named = changed(sponsored, "\"payer\"", "\"sponsor\":{\"name\":\"Мейір\"},\"payer\"");
    EXPECT("sponsor_not_shown", named);
    EXPECT("", changed(named, TEXT, "Жарнама. Демеуші: Мейір. Кітап."));
    const char *shown = changed(named, TEXT, "Жарнама. Демеуші: «МЕЙІР». Кітап.");
    EXPECT("", shown);
    EXPECT("consent_missing!", changed(shown, "\"kind\"", "\"third_persons\":[{\"what\":\"voice\"}],\"kind\""));
    EXPECT("", changed(shown, "\"kind\"", "\"third_persons\":[{\"what\":\"voice\",\"consent\":\"№ 3\"}],\"kind\""));
    EXPECT("ground_sponsored",
           changed(shown, "\"kind\"", "\"third_persons\":[{\"what\":\"photo\",\"ground\":\"opl.18.1.1\"}],\"kind\""));
    EXPECT("",
           changed(good, "\"kind\"", "\"third_persons\":[{\"what\":\"photo\",\"ground\":\"opl.18.1.1\"}],\"kind\""));
    EXPECT("ground_of_images!",
           changed(shown, "\"kind\"", "\"third_persons\":[{\"what\":\"voice\",\"ground\":\"opl.18.1.1\"}],\"kind\""));
    EXPECT("ground_unknown!",
           changed(shown, "\"kind\"", "\"third_persons\":[{\"what\":\"photo\",\"ground\":\"opl.18.1.9\"}],\"kind\""));
    EXPECT("proof_missing!", changed(shown, "\"kind\"", "\"claims\":[{\"claim\":\"ең үздік\"}],\"kind\""));
    EXPECT("", changed(shown, "\"kind\"", "\"claims\":[{\"claim\":\"ең үздік\",\"proof\":\"сыйлық\"}],\"kind\""));
    EXPECT("age_missing! kind_is_targeted",
           changed(shown, "\"kind\"", "\"targeting\":{\"include\":[{\"criterion\":\"a\",\"value\":\"b\"}]},\"kind\""));
}

static void test_what_binds_sponsored_content_alone_is_told_of_others(void **state)
{
    EXPECT("consent_advised", changed(good, "\"kind\"", "\"third_persons\":[{\"what\":\"opinion\"}],\"kind\""));
    EXPECT("consent_missing!", changed(good, "\"kind\"", "\"third_persons\":[{\"what\":\"photo\"}],\"kind\""));
    EXPECT("proof_advised", changed(good, "\"kind\"", "\"claims\":[{\"claim\":\"ең үздік\"}],\"kind\""));
}

static void test_claims_in_the_text(void **state)
{
    static const char *const claims[] = {"Жарнама. Ең үздік кітап",  "Жарнама. Дәлелденген кітап",
                                         "Жарнама. Лучшая книга",    "Жарнама. Книга №1",
                                         "Жарнама. Результат 100 %", "Жарнама. 100% пайда",
                                         "Жарнама. The best book",   "Жарнама. Врачи рекомендуют"};
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        EXPECT("claim_unlisted", changed(good, TEXT, claims[i]));
    EXPECT("", changed(good, TEXT, "Жарнама. Үйге 1 кітап, 100 теңге, № 7"));
    EXPECT("", changed(changed(good, TEXT, claims[0]), "\"kind\"",
                       "\"claims\":[{\"claim\":\"ең үздік\",\"proof\":\"сыйлық\"}],\"kind\""));
}

static void test_machines(void **state)
{
    EXPECT("ai_notice_advised", changed(good, "\"kind\"", "\"ai\":{\"made\":true},\"kind\""));
    EXPECT("ai_notice_missing!", changed(good, "\"kind\"", "\"mass_media\":true,\"ai\":{\"made\":true},\"kind\""));
    EXPECT("", changed(good, "\"kind\"", "\"ai\":{\"made\":true,\"notice\":\"ЖИ жасады\"},\"kind\""));
    EXPECT("", changed(good, "\"kind\"", "\"ai\":{\"made\":false},\"kind\""));
    EXPECT("ai_warning_missing", changed(good, "\"kind\"", "\"ai_goods\":{\"has\":true},\"kind\""));
    EXPECT("", changed(good, "\"kind\"", "\"ai_goods\":{\"has\":true,\"warning\":\"Абайлаңыз\"},\"kind\""));
}

static void test_influencers(void **state)
{
    const char *bare =
        changed(changed(changed(good, "\"kind\":\"targeted\"", "\"kind\":\"other\""), TEXT, "Жаңа кітап"),
                "\"mark\":{\"text\":\"Жарнама\",\"place\":\"first_line\"},", "");
    bare = changed(bare,
                   ",\"targeting\":{\"age\":{\"from\":18,\"until\":65},\"include\":[{\"criterion\":\"қызығушылық\","
                   "\"value\":\"кітап\"}]}",
                   "");
    EXPECT("mark_missing!", bare);
    EXPECT("influencer_no_basis", changed(bare, "\"kind\"", "\"influencer\":{\"basis\":\"none\"},\"kind\""));
    static const char *const ties[] = {"share", "exclusive_terms", "discount_links"};
    for (size_t i = 0; i < 3; i++)
        EXPECT("mark_missing! influencer_unmarked!",
               changed(bare, "\"kind\"",
                       arena_printf(&arena, "\"influencer\":{\"basis\":\"none\",\"%s\":true},\"kind\"", ties[i])));
    const char *paid = changed(bare, "\"kind\"", "\"influencer\":{\"basis\":\"contract\"},\"kind\"");
    EXPECT("mark_missing! influencer_unmarked! sponsor_missing!", paid);
    EXPECT("", changed(changed(paid, "Жаңа кітап", "Жарнама. Демеуші Мейір"), "\"payer\"",
                       "\"sponsor\":{\"name\":\"Мейір\"},\"payer\""));
}

static void test_ages(void **state)
{
    EXPECT("age_missing!", changed(good, "\"age\":{\"from\":18,\"until\":65},", ""));
    EXPECT("age_missing!", changed(good, "\"from\":18,\"until\":65", "\"until\":65"));
    EXPECT("age_minors!", changed(good, "\"from\":18", "\"from\":17"));
    EXPECT("age_minors!", changed(good, "\"from\":18", "\"from\":0"));
    EXPECT("", changed(good, "\"from\":18,\"until\":65", "\"from\":18"));
    /* Pupils left out are no pupils reached. */
    EXPECT("",
           changed(good, "\"include\"", "\"exclude\":[{\"criterion\":\"топ\",\"value\":\"оқушылар\"}],\"include\""));
    EXPECT("targets_health!",
           changed(good, "\"include\"", "\"exclude\":[{\"criterion\":\"топ\",\"value\":\"мүгедектер\"}],\"include\""));
}

static void test_norms_are_those_of_the_day(void **state)
{
    const char *bad = changed(changed(good, TEXT, "Жаңа кітап\\nЖарнама"), "кітап\"}]", "қазақтар\"}]");
    struct advert_result now = checked(bad, TODAY), before_rules = checked(bad, 19700),
                         before_law = checked(bad, 19600);
    assert_non_null(finding_of(&now, "mark_buried"));
    assert_string_equal(finding_of(&now, "targets_nationality")->norm, "opl.20.3");
    assert_string_equal(finding_of(&now, "targets_nationality")->found, "қазақтар");
    assert_string_equal(finding_of(&now, "targets_nationality")->field, "targeting.include.0.value");
    /* The Rules of marking are of March 2024, the Law of September 2023. */
    assert_null(finding_of(&before_rules, "mark_buried"));
    assert_non_null(finding_of(&before_rules, "targets_nationality"));
    assert_int_equal(before_law.count, 0);
    assert_int_equal(before_law.norm_count, 0);
    assert_true(before_law.allowed);
}

/* --- The table ---------------------------------------------------------------------------------------------------- */

static bool row_holds(const char *what, const struct advert_result *result)
{
    static const char *const codes[] = {"nationality", "politics", "identity", "health", "minors"};
    if (strcmp(what, "-") == 0)
        return result->count == 0;
    if (strcmp(what, "personal") == 0)
        return !result->allowed && finding_of(result, "personal_value") != NULL;
    bool may = strncmp(what, "may_", 4) == 0;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char code[40];
        if (strcmp(what + (may ? 4 : 0), codes[i]) != 0)
            continue;
        (void)snprintf(code, sizeof code, "%stargets_%s", "", codes[i]);
        if (may)
            (void)snprintf(code, sizeof code, "may_target_%s", codes[i]);
        const struct advert_finding *found = finding_of(result, code);
        return found && found->refuses == !may && (!may || result->allowed);
    }
    return false;
}

static void test_the_table_of_terms(void **state)
{
    const struct yaml *table;
    struct arena own;
    struct err err = {0};
    size_t wrong = 0;
    arena_init(&own, (size_t)8 << 20);
    assert_int_equal(yaml_load(UNIT_DIR "/advert_terms.yaml", 1 << 20, &own, &table, &err), 0);
    assert_true(table->count >= 150);
    for (size_t i = 0; i < table->count; i++) {
        const struct yaml *row = table->items[i];
        struct advert advert = read_advert(good);
        struct advert_criterion criterion = {row->items[0]->text, row->items[1]->text};
        struct advert_result result;
        advert.include = &criterion;
        assert_int_equal(advert_check(rules, &advert, TODAY, &arena, &result, &err), 0);
        if (!row_holds(row->items[2]->text, &result)) {
            print_error("line %d: %s: %s is not %s:", row->line, criterion.criterion, criterion.value,
                        row->items[2]->text);
            for (size_t j = 0; j < result.count; j++)
                print_error(" %s(%s)", result.findings[j].code,
                            result.findings[j].found ? result.findings[j].found : "");
            print_error("\n");
            wrong++;
        }
        arena_reset(&arena);
    }
    arena_done(&own);
    assert_int_equal(wrong, 0);
}

static void test_each_category_has_its_words(void **state)
{
    for (size_t i = 0; i < law->advertising->category_count; i++) {
        const struct advertising_category *category = &law->advertising->categories[i];
        size_t count = 0;
        for (int lang = 0; lang < LANG_COUNT; lang++) {
            assert_true(category->terms[lang].count > 0);
            count += category->terms[lang].count + category->weak[lang].count;
        }
        assert_true(strcmp(category->norm, "opl.20.3") != 0 || count >= 150);
    }
}

static void test_ten_thousand_criteria(void **state)
{
    struct advert advert = read_advert(good);
    struct advert_criterion *criteria = ARENA_ARRAY(&arena, struct advert_criterion, ADVERT_CRITERIA_MAX);
    struct advert_result result;
    struct err err = {0};
    for (size_t i = 0; i < ADVERT_CRITERIA_MAX; i++)
        criteria[i] = (struct advert_criterion){"интерес", i == 9999 ? "казахи" : "ремонт квартир"};
    advert.include = criteria;
    advert.include_count = ADVERT_CRITERIA_MAX;
    assert_int_equal(advert_check(rules, &advert, TODAY, &arena, &result, &err), 0);
    assert_int_equal(result.count, 1);
    assert_string_equal(result.findings[0].field, "targeting.include.9999.value");
    for (size_t i = 0; i < ADVERT_CRITERIA_MAX; i++)
        criteria[i].value = "казахи";
    assert_int_equal(advert_check(rules, &advert, TODAY, &arena, &result, &err), 0);
    assert_false(result.allowed);
    assert_int_equal(result.count, 200);
}

/* --- The operator's own words ------------------------------------------------------------------------------------- */

static int own_rules(const char *yaml, struct advert_rules **ret, struct err *err)
{
    char path[] = "/tmp/talap-terms-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
    close(fd);
    int r = advert_rules_new(law, path, ret, err);
    unlink(path);
    return r;
}

static void test_own_words(void **state)
{
    struct advert_rules *own = NULL, *shipped = rules;
    struct err err = {0};
    assert_int_equal(own_rules("terms:\n  - category: health\n    terms: {ru: [\"клуб долголетия\"]}\n    weak: {kk: "
                               "[\"арша*\"]}\n    except: {ru: [\"аптека книг\"]}\n",
                               &own, &err),
                     0);
    rules = own;
    EXPECT("targets_health!", changed(good, "кітап\"}]", "Клуб долголетия\"}]"));
    EXPECT("may_target_health", changed(good, "кітап\"}]", "аршадан\"}]"));
    EXPECT("", changed(good, "кітап\"}]", "аптека книг\"}]"));
    EXPECT("targets_health!", changed(good, "кітап\"}]", "диабет\"}]"));
    rules = shipped;
    EXPECT("", changed(good, "кітап\"}]", "Клуб долголетия\"}]"));
    advert_rules_free(own);
}

static void test_own_words_that_are_wrong(void **state)
{
    static const struct {
        const char *yaml, *code, *line;
    } rows[] = {
        {"terms:\n  - category: wealth\n", "law_unknown_reference", ":2:"},
        {"terms:\n  - category: health\n    words: [a]\n", "yaml_unknown_key", ":3:"},
        {"terms:\n  - category: health\n    terms: {ru: [\"пло*хо\"]}\n", "law_bad_value", ":3:"},
        {"terms:\n  - category: health\n    terms: {ru: \"плохо\"}\n", "yaml_wrong_type", ":3:"},
        {"terms:\n  - category: health\n    terms: {fr: [\"mal\"]}\n", "yaml_unknown_key", ":3:"},
        {"terms:\n  - category: health\n    terms: {ru: [\"*\"]}\n", "law_bad_value", ":3:"},
        {"other: []\n", "yaml_unknown_key", ":1:"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct advert_rules *own = NULL;
        struct err err = {0};
        assert_true(own_rules(rows[i].yaml, &own, &err) < 0);
        assert_null(own);
        assert_string_equal(err.code, rows[i].code);
        if (!strstr(err.arg, rows[i].line))
            fail_msg("%s: %s", rows[i].yaml, err.arg);
    }
}

static void test_what_is_written(void **state)
{
    struct advert_result result = checked(changed(good, "кітап\"}]", "қазақтар\"}]"), TODAY);
    CLEANUP_BUF struct buf kept, told;
    CLEANUP_JSON json_t *json = NULL, *answer = NULL;
    CLEANUP_BUF struct buf canonical;
    struct err err = {0};
    buf_init(&kept, 1 << 16);
    buf_init(&told, 1 << 16);
    buf_init(&canonical, 1 << 16);
    assert_int_equal(advert_result_write(&result, -1, &kept, &err), 0);
    assert_int_equal(json_parse(kept.data, kept.len, &json, &err), 0);
    assert_int_equal(json_canonical(json, &canonical, &err), 0);
    assert_string_equal(canonical.data, kept.data);
    assert_int_equal(advert_result_write(&result, LANG_KK, &told, &err), 0);
    assert_int_equal(json_parse(told.data, told.len, &answer, &err), 0);
    const json_t *finding = json_array_get(json_object_get(answer, "findings"), 0);
    assert_string_equal(json_string_value(json_object_get(finding, "norm_url")), "/kk/law/opl.20.3");
    assert_true(json_string_length(json_object_get(finding, "change")) > 10);
    assert_true(json_array_size(json_object_get(answer, "norms")) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_good_one, each_begins),
        cmocka_unit_test_setup(test_the_mark_of_a_text, each_begins),
        cmocka_unit_test_setup(test_the_mark_is_missing_or_another_word, each_begins),
        cmocka_unit_test_setup(test_the_mark_of_pictures_and_sound, each_begins),
        cmocka_unit_test_setup(test_who_and_when, each_begins),
        cmocka_unit_test_setup(test_sponsored, each_begins),
        cmocka_unit_test_setup(test_what_binds_sponsored_content_alone_is_told_of_others, each_begins),
        cmocka_unit_test_setup(test_claims_in_the_text, each_begins),
        cmocka_unit_test_setup(test_machines, each_begins),
        cmocka_unit_test_setup(test_influencers, each_begins),
        cmocka_unit_test_setup(test_ages, each_begins),
        cmocka_unit_test_setup(test_norms_are_those_of_the_day, each_begins),
        cmocka_unit_test_setup(test_the_table_of_terms, each_begins),
        cmocka_unit_test_setup(test_each_category_has_its_words, each_begins),
        cmocka_unit_test_setup(test_ten_thousand_criteria, each_begins),
        cmocka_unit_test_setup(test_own_words, each_begins),
        cmocka_unit_test_setup(test_own_words_that_are_wrong, each_begins),
        cmocka_unit_test_setup(test_what_is_written, each_begins),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
