/* An advertisement read and written: what comes back, what is refused and where. */
#include "adverts/advert.h"
#include "base/json.h"
#include "unit.h"

#include <string.h>

static struct arena arena;

static int begins(void **state)
{
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int ends(void **state)
{
    arena_done(&arena);
    return 0;
}

/* Canonical already: every member there is. */
static const char whole[] =
    "{\"account\":{\"name\":\"kitap\",\"url\":\"https://e.kz/"
    "k\"},\"advertiser\":{\"bin\":\"060340003451\",\"name\":\"Кітап\"},"
    "\"ai\":{\"made\":true,\"notice\":\"ЖИ\"},\"ai_goods\":{\"has\":true,\"warning\":\"Абай\"},"
    "\"claims\":[{\"claim\":\"үздік\",\"proof\":\"сыйлық\"},{\"claim\":\"бірінші\"}],\"format\":\"image\",\"id\":\"a-"
    "1\","
    "\"influencer\":{\"basis\":\"contract\",\"discount_links\":true,\"exclusive_terms\":false,\"share\":true},"
    "\"kind\":\"sponsored\",\"language\":\"kk\",\"mark\":{\"place\":\"on_image\",\"text\":\"Жарнама\"},\"mass_media\":"
    "true,"
    "\"media\":[{\"hash\":\"00000000000000000000000000000000000000000000000000000000000000ff\",\"type\":\"image/png\","
    "\"url\":\"https://e.kz/"
    "a.png\"}],\"payer\":{\"name\":\"Т\"},\"period\":{\"from\":\"2026-11-01\",\"until\":\"2026-11-30\"},"
    "\"sponsor\":{\"name\":\"Мейір\"},\"targeting\":{\"age\":{\"from\":18,\"until\":65},\"exclude\":[{\"criterion\":"
    "\"a\","
    "\"value\":\"b\"}],\"include\":[{\"criterion\":\"c\",\"value\":\"d\"}]},\"text\":\"Бір\\nекі\","
    "\"third_persons\":[{\"consent\":\"бар\",\"ground\":\"opl.18.1.1\",\"what\":\"voice\"}]}";

static const char least[] =
    "{\"format\":\"text\",\"kind\":\"other\",\"language\":\"ru\",\"period\":{\"from\":\"2026-11-01\"},"
    "\"text\":\"a\"}";

static int read_json(const char *json, const char *prefix, struct advert *ret, struct field_errors *errors,
                     struct err *err)
{
    const struct json_cell *cell;
    char *copy = arena_strdup(&arena, json);
    field_errors_init(errors, &arena);
    if (json_tape_read(copy, strlen(copy), &arena, &cell, err) < 0)
        fail_msg("%s %s", json, err->arg);
    return advert_read(cell, prefix, &arena, ret, errors, err);
}

static const char *changed(const char *json, const char *from, const char *to)
{
    const char *at = strstr(json, from);
    if (!at)
        fail_msg("%s is not in %s", from, json);
    return arena_printf(&arena, "%.*s%s%s", (int)(at - json), json, to, at + strlen(from));
}

static void comes_back(const char *json)
{
    struct field_errors errors;
    struct err err = {0};
    struct advert advert, again;
    CLEANUP_BUF struct buf out, second;
    buf_init(&out, 1 << 20);
    buf_init(&second, 1 << 20);
    if (read_json(json, "", &advert, &errors, &err) < 0)
        fail_msg("%s: %s %s", json, errors.items[0].field, errors.items[0].code);
    assert_int_equal(advert_write(&advert, &out, &err), 0);
    assert_string_equal(out.data, json);
    assert_int_equal(advert_read_kept(out.data, out.len, &arena, &again, &err), 0);
    assert_int_equal(advert_write(&again, &second, &err), 0);
    assert_string_equal(second.data, json);
}

static void test_what_is_read_comes_back(void **state)
{
    CLEANUP_BUF struct buf canonical;
    CLEANUP_JSON json_t *json = NULL;
    struct err err = {0};
    comes_back(whole);
    comes_back(least);
    buf_init(&canonical, 1 << 20);
    assert_int_equal(json_parse(whole, strlen(whole), &json, &err), 0);
    assert_int_equal(json_canonical(json, &canonical, &err), 0);
    assert_string_equal(canonical.data, whole);
}

static void test_texts_are_normalised(void **state)
{
    struct field_errors errors;
    struct err err = {0};
    struct advert advert;
    assert_int_equal(read_json(changed(least, "\"text\":\"a\"", "\"text\":\"  и\\u0306\\u0007\\r\\nк  \""), "", &advert,
                               &errors, &err),
                     0);
    assert_string_equal(advert.text, "й\nк");
    assert_int_equal(advert.until_day, INT32_MAX);
    assert_int_equal(advert.age_from, -1);
}

static void test_kept_is_read_inside_its_envelope(void **state)
{
    struct err err = {0};
    struct advert advert;
    const char *kept = arena_printf(&arena, "{\"advert\":%s,\"check\":{\"allowed\":true,\"findings\":[]}}", whole);
    assert_int_equal(advert_read_kept(kept, strlen(kept), &arena, &advert, &err), 0);
    assert_string_equal(advert.own_id, "a-1");
    assert_int_equal(advert_read_kept("{}", 2, &arena, &advert, &err), -ERR_DAMAGED);
    assert_int_equal(advert_read_kept("{", 1, &arena, &advert, &err), -ERR_DAMAGED);
}

static void test_refusals_have_a_path(void **state)
{
    static const struct {
        const char *from, *to, *field, *code;
    } rows[] = {
        {"\"kind\":\"sponsored\",", "", "ads.3.kind", "required"},
        {"\"kind\":\"sponsored\"", "\"kind\":\"big\"", "ads.3.kind", "not_an_option"},
        {"\"kind\":\"sponsored\"", "\"kind\":7", "ads.3.kind", "wrong_type"},
        {"\"language\":\"kk\"", "\"language\":\"Kazakh\"", "ads.3.language", "not_a_language"},
        {"\"from\":\"2026-11-01\"", "\"from\":\"2026-02-30\"", "ads.3.period.from", "not_a_date"},
        {"\"from\":\"2026-11-01\",", "", "ads.3.period.from", "required"},
        {"060340003451", "060340003452", "ads.3.advertiser.bin", "bin_control_digit"},
        {"060340003451", "0603400", "ads.3.advertiser.bin", "not_a_bin"},
        {"060340003451", "900101300007", "ads.3.advertiser.bin", "iin_is_not_published"},
        {"https://e.kz/k", "ftp://e.kz/k", "ads.3.account.url", "not_a_url"},
        {"https://e.kz/k", "https://", "ads.3.account.url", "not_a_url"},
        {"00ff", "00fg", "ads.3.media.0.hash", "not_a_hash"},
        {"\"from\":18", "\"from\":-1", "ads.3.targeting.age.from", "out_of_range"},
        {"\"from\":18", "\"from\":66", "ads.3.targeting.age", "out_of_range"},
        {"\"from\":18", "\"from\":\"18\"", "ads.3.targeting.age.from", "wrong_type"},
        {"\"criterion\":\"c\",", "", "ads.3.targeting.include.0.criterion", "required"},
        {"\"criterion\":\"c\",", "\"criterion\":\" \",", "ads.3.targeting.include.0.criterion", "required"},
        {"\"value\":\"b\"", "\"value\":\"b\\nc\"", "ads.3.targeting.exclude.0.value", "not_one_line"},
        {"\"include\":[{\"criterion\":\"c\",\"value\":\"d\"}]", "\"include\":{}", "ads.3.targeting.include",
         "wrong_type"},
        {"\"what\":\"voice\"", "\"what\":\"smell\"", "ads.3.third_persons.0.what", "not_an_option"},
        {"\"basis\":\"contract\",", "", "ads.3.influencer.basis", "required"},
        {"\"share\":true", "\"share\":1", "ads.3.influencer.share", "wrong_type"},
        {"\"mass_media\"", "\"colour\"", "ads.3.colour", "unknown_field"},
        {"\"mass_media\"", "\"viewers\"", "ads.3.viewers", "viewer_refused"},
        {"\"exclude\"", "\"user_ids\"", "ads.3.targeting.user_ids", "viewer_refused"},
        {"\"place\":\"on_image\"", "\"place\":\"top\"", "ads.3.mark.place", "not_an_option"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct field_errors errors;
        struct err err = {0};
        struct advert advert = {.own_id = "untouched"};
        assert_int_equal(read_json(changed(whole, rows[i].from, rows[i].to), "ads.3.", &advert, &errors, &err),
                         -ERR_BAD_INPUT);
        assert_string_equal(err.code, "fields_refused");
        if (errors.count != 1 || strcmp(errors.items[0].field, rows[i].field) != 0 ||
            strcmp(errors.items[0].code, rows[i].code) != 0)
            fail_msg("%s: %zu, %s %s", rows[i].to, errors.count, errors.items[0].field, errors.items[0].code);
        assert_string_equal(advert.own_id, "untouched");
    }
}

static void test_limits(void **state)
{
    struct field_errors errors;
    struct err err = {0};
    struct advert advert;
    char *text = arena_alloc(&arena, ADVERT_TEXT_MAX + 2), *list;
    memset(text, 'a', ADVERT_TEXT_MAX);
    const char *json = arena_printf(&arena, "\"text\":\"%s\"", text);
    assert_int_equal(read_json(changed(least, "\"text\":\"a\"", json), "", &advert, &errors, &err), 0);
    text[ADVERT_TEXT_MAX] = 'a';
    json = arena_printf(&arena, "\"text\":\"%s\"", text);
    assert_int_equal(read_json(changed(least, "\"text\":\"a\"", json), "", &advert, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(errors.items[0].code, "too_long");
    assert_string_equal(errors.items[0].arg, "20000");
    list = arena_strdup(&arena, "");
    for (int i = 0; i < 21; i++)
        list = arena_printf(&arena, "%s%s{\"hash\":\"%064d\"}", list, i > 0 ? "," : "", i);
    json = arena_printf(&arena, "\"media\":[%s],\"text\":\"a\"", list);
    assert_int_equal(read_json(changed(least, "\"text\":\"a\"", json), "", &advert, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(errors.items[0].code, "too_many");
    /* A text is wanted where the format is text only. */
    assert_int_equal(read_json(changed(least, ",\"text\":\"a\"", ""), "", &advert, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(errors.items[0].field, "text");
    assert_int_equal(
        read_json(changed(changed(least, ",\"text\":\"a\"", ""), "\"text\"", "\"sound\""), "", &advert, &errors, &err),
        0);
    assert_int_equal(read_json("[]", "", &advert, &errors, &err), -ERR_BAD_INPUT);
    /* Refusals end somewhere. */
    list = arena_strdup(&arena, "");
    for (int i = 0; i < 500; i++)
        list = arena_printf(&arena, "%s\"x%d\":1,", list, i);
    assert_int_equal(
        read_json(changed(least, "\"kind\"", arena_printf(&arena, "%s\"kind\"", list)), "", &advert, &errors, &err),
        -ERR_BAD_INPUT);
    assert_int_equal(errors.count, ADVERT_ERRORS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_read_comes_back, begins, ends),
        cmocka_unit_test_setup_teardown(test_texts_are_normalised, begins, ends),
        cmocka_unit_test_setup_teardown(test_kept_is_read_inside_its_envelope, begins, ends),
        cmocka_unit_test_setup_teardown(test_refusals_have_a_path, begins, ends),
        cmocka_unit_test_setup_teardown(test_limits, begins, ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
