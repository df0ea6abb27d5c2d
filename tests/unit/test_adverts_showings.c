/* Counts of showings: every cell judged, a body refused whole with its lines named, no column for a viewer; rows summed
 * and sorted whatever their order; what is told of regions lets nobody reckon what is not. */
#include "adverts/showings.h"
#include "adverts/viewer_word.h"
#include "law/catalogue.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TODAY 20779 /* 2026-11-22 */

static struct catalogue *catalogue;
static struct arena arena;
static struct field_errors errors;
static struct err err;
static int begins_asked;

static int load(void **state)
{
    return catalogue_load(LAW_DIR, &catalogue, &err);
}

static int unload(void **state)
{
    catalogue_free(catalogue);
    return 0;
}

static int open_arena(void **state)
{
    arena_init(&arena, 64 << 20);
    field_errors_init(&errors, &arena);
    err = (struct err){0};
    begins_asked = 0;
    return 0;
}

static int close_arena(void **state)
{
    arena_done(&arena);
    return 0;
}

/* "a1" … "a99999" are known; placed long ago, a7 five days ago, a8 too, but a8's period began twenty days ago. */
static int64_t find(void *arg, const char *id, size_t count, int32_t *ret_day)
{
    char text[16];
    if (count < 2 || count > 6 || id[0] != 'a')
        return -1;
    snprintf(text, sizeof text, "%.*s", (int)count - 1, id + 1);
    int64_t serial = strspn(text, "0123456789") == count - 1 ? strtoll(text, NULL, 10) : -1;
    *ret_day = serial == 7 || serial == 8 ? TODAY - 5 : 0;
    return serial > 0 ? serial : -1;
}

static int begins(void *arg, int64_t serial, int32_t *ret_day, struct err *e)
{
    begins_asked++;
    *ret_day = serial == 8 ? TODAY - 20 : TODAY - 5;
    return 0;
}

static const struct showing_adverts adverts = {.find = find, .begins = begins};

static int take_bytes(enum showings_type type, const char *text, size_t count, struct showings *ret)
{
    char *copy = arena_alloc(&arena, count + 1);
    memcpy(copy, text, count);
    return showings_read(type, copy, count, &adverts, catalogue, TODAY, &arena, ret, &errors, &err);
}

static int take(enum showings_type type, const char *text, struct showings *ret)
{
    return take_bytes(type, text, strlen(text), ret);
}

static void assert_row(const struct showing *row, unsigned advert, int day, unsigned region, unsigned count)
{
    assert_int_equal(row->advert, advert);
    assert_int_equal(row->day, day);
    assert_int_equal(row->region, region);
    assert_int_equal(row->count, count);
}

static void assert_refused(enum showings_type type, const char *text, const char *field, const char *code)
{
    struct showings got = {.count = 77};
    field_errors_init(&errors, &arena);
    assert_int_equal(take(type, text, &got), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "fields_refused");
    assert_int_equal(got.count, 77);
    const struct field_error *found = field_errors_find(&errors, field);
    if (found == NULL)
        fail_msg("%s: nothing beside %s but %s %s", text, field, errors.items[0].field, errors.items[0].code);
    assert_string_equal(found->code, code);
}

static void test_plain(void **state)
{
    struct showings got;
    assert_int_equal(take(SHOWINGS_CSV,
                          "ad,day,region,count\na2,2026-11-22,KZ-75,5\r\na1,2026-11-21,,7\n\na1,2026-11-21,,3\n"
                          " a1 , 2026-11-20 , 710000000 , 0004294967295 \na3,2026-11-22,KZ-10,0",
                          &got),
                     0);
    assert_int_equal(got.lines, 5);
    assert_int_equal(got.count, 3);
    assert_int_equal(got.total, 5 + 7 + 3 + 4294967295);
    assert_row(&got.rows[0], 1, TODAY - 2, 71, 4294967295);
    assert_row(&got.rows[1], 1, TODAY - 1, 0, 10);
    assert_row(&got.rows[2], 2, TODAY, 75, 5);
}

static void test_forms_of_csv(void **state)
{
    static const char *const same[] = {
        "count;ad;day;region\n5;a1;2026-11-22;KZ-79\n",
        "region\tday\tcount\tad\r\nKZ-79\t2026-11-22\t5\ta1",
        "\357\273\277ad,day,region,count\na1,2026-11-22,KZ-79,5\n",
        "\"ad\",\"day\",\"region\",\"count\"\n\"a1\",\"2026-11-22\",\"KZ-79\",\"5\"\n\n",
        "ad,day,region,count\n\"a1\",2026-11-22,790000000,5\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct showings got;
        assert_int_equal(take(SHOWINGS_CSV, same[i], &got), 0);
        assert_int_equal(got.count, 1);
        assert_row(&got.rows[0], 1, TODAY, 79, 5);
    }
    struct showings got;
    assert_int_equal(take(SHOWINGS_CSV, "day,ad,count\n2026-11-22,a1,5\n", &got), 0);
    assert_row(&got.rows[0], 1, TODAY, 0, 5);
}

static void test_json(void **state)
{
    struct showings got;
    assert_int_equal(take(SHOWINGS_NDJSON,
                          "{\"ad\":\"a2\",\"day\":\"2026-11-22\",\"region\":\"KZ-11\",\"count\":5}\n\n"
                          "{\"count\":1,\"day\":\"2026-11-22\",\"ad\":\"a\\u0031\",\"region\":null}\r\n"
                          "{\"count\":2,\"day\":\"2026-11-22\",\"ad\":\"a1\"}",
                          &got),
                     0);
    assert_int_equal(got.lines, 3);
    assert_int_equal(got.count, 2);
    assert_row(&got.rows[0], 1, TODAY, 0, 3);
    assert_row(&got.rows[1], 2, TODAY, 11, 5);
}

#define H "ad,day,region,count\n"

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *field, *code;
    } csv[] = {
        {H "b1,2026-11-22,,1\n", "lines.2.ad", "advert_unknown"},
        {H "a1,2026-11-22,,1\nb1,2026-11-22,,1\n", "lines.3.ad", "advert_unknown"},
        {H ",2026-11-22,,1\n", "lines.2.ad", "required"},
        {H "a1,2026-11-23,,1\n", "lines.2.day", "day_in_future"},
        {H "a1,2025-11-20,,1\n", "lines.2.day", "day_too_old"},
        {H "a7,2026-11-16,,1\n", "lines.2.day", "day_before_placed"},
        {H "a8,2026-11-01,,1\n", "lines.2.day", "day_before_placed"},
        {H "a1,2026-02-29,,1\n", "lines.2.day", "not_a_date"},
        {H "a1,2026-11-2,,1\n", "lines.2.day", "not_a_date"},
        {H "a1,,,1\n", "lines.2.day", "required"},
        {H "a1,2026-11-22,KZ-99,1\n", "lines.2.region", "region_unknown"},
        {H "a1,2026-11-22,kz-75,1\n", "lines.2.region", "region_unknown"},
        {H "a1,2026-11-22,,-1\n", "lines.2.count", "not_a_number"},
        {H "a1,2026-11-22,,1.5\n", "lines.2.count", "not_a_number"},
        {H "a1,2026-11-22,,4294967296\n", "lines.2.count", "out_of_range"},
        {H "a1,2026-11-22,,99999999999999999999\n", "lines.2.count", "out_of_range"},
        {H "a1,2026-11-22,,\n", "lines.2.count", "required"},
        {H "a1,2026-11-22,1\n", "lines.2", "csv_cells"},
        {H "a1,2026-11-22,,1,2\n", "lines.2", "csv_cells"},
        {H "\"a1\",2026-11-22,,\"1\n", "lines.2", "csv_not_closed"},
        {H "a\"1,2026-11-22,,1\n", "lines.2", "csv_quotes"},
        {"ad,day\n", "lines.1.count", "required"},
        {"ad,day,count,ad\n", "lines.1.ad", "duplicate_field"},
        {"ad,day,count,place\n", "lines.1", "unknown_field"},
        {"ad,day,count,user_id\n", "lines.1", "viewer_refused"},
        {"ad,day,count,\xFF\n", "lines.1", "not_utf8"},
    };
    static const struct {
        const char *text, *field, *code;
    } json[] = {
        {"{\"ad\":\"a1\",\"day\":\"2026-11-22\",\"count\":\"5\"}", "lines.1.count", "wrong_type"},
        {"{\"ad\":\"a1\",\"day\":\"2026-11-22\",\"count\":1.0}", "lines.1.count", "wrong_type"},
        {"{\"ad\":\"a1\",\"day\":\"2026-11-22\",\"count\":-1}", "lines.1.count", "not_a_number"},
        {"{\"ad\":1,\"day\":\"2026-11-22\",\"count\":1}", "lines.1.ad", "wrong_type"},
        {"{\"ad\":\"a1\",\"day\":\"2026-11-22\"}", "lines.1.count", "required"},
        {"\n{\"ad\":\"a1\",\"day\":\"2026-11-22\",\"count\":1,\"ip\":\"10.0.0.1\"}", "lines.2", "viewer_refused"},
        {"{\"ad\":\"a1\",\"day\":\"2026-11-22\",\"count\":1,\"note\":1}", "lines.1", "unknown_field"},
        {"{\"ad\":\"a1\",\"ad\":\"a2\",\"day\":\"2026-11-22\",\"count\":1}", "lines.1", "json_malformed"},
        {"[1]", "lines.1", "wrong_type"},
        {"{", "lines.1", "json_malformed"},
    };
    for (size_t i = 0; i < sizeof csv / sizeof csv[0]; i++)
        assert_refused(SHOWINGS_CSV, csv[i].text, csv[i].field, csv[i].code);
    for (size_t i = 0; i < sizeof json / sizeof json[0]; i++)
        assert_refused(SHOWINGS_NDJSON, json[i].text, json[i].field, json[i].code);
}

static void test_nothing(void **state)
{
    static const char *const empty[] = {H, H "\n\r\n"};
    struct showings got;
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        assert_int_equal(take(SHOWINGS_CSV, empty[i], &got), -ERR_BAD_INPUT);
        assert_string_equal(err.code, "showings_empty");
    }
    assert_int_equal(take(SHOWINGS_CSV, "", &got), -ERR_BAD_INPUT);
    assert_int_equal(take(SHOWINGS_NDJSON, "\n\n", &got), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "showings_empty");
}

/* Ten NULs are not the day before, and a NUL is nowhere a blank. */
static void test_nuls(void **state)
{
    static const char text[] = H "a1,\0\0\0\0\0\0\0\0\0\0,,1\n";
    struct showings got;
    assert_int_equal(take_bytes(SHOWINGS_CSV, text, sizeof text - 1, &got), -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&errors, "lines.2.day")->code, "not_a_date");
}

static void test_first_hundred(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    struct showings got;
    buf_init(&text, 1 << 20);
    buf_puts(&text, H);
    for (int i = 0; i < 500; i++)
        buf_puts(&text, "b1,2026-11-22,,1\n");
    assert_int_equal(take_bytes(SHOWINGS_CSV, text.data, text.len, &got), -ERR_BAD_INPUT);
    assert_int_equal(errors.count, 100);
    assert_string_equal(errors.items[99].field, "lines.101.ad");
}

/* Who is asked when a day is before the placing: once for many rows alike. */
static void test_shown_before_placed(void **state)
{
    struct showings got;
    assert_int_equal(take(SHOWINGS_CSV, H "a8,2026-11-10,,1\na8,2026-11-09,,1\na8,2026-11-08,,1\n", &got), 0);
    assert_int_equal(got.count, 3);
    assert_int_equal(begins_asked, 1);
}

static int by_key(const void *a, const void *b)
{
    const struct showing *x = a, *y = b;
    if (x->advert != y->advert)
        return x->advert < y->advert ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->region - y->region;
}

static void test_sorted(void **state)
{
    enum { COUNT = 20000 };
    struct showing *rows = calloc(COUNT, sizeof *rows), *same = calloc(COUNT, sizeof *same);
    uint64_t seed = 88172645463325252u, total = 0, kept_total = 0;
    for (size_t i = 0; i < COUNT; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        rows[i] =
            (struct showing){(uint32_t)(seed % 3 == 0 ? seed >> 33 : seed >> 60), TODAY - (int32_t)(seed >> 20 & 127),
                             (uint16_t)(seed >> 12 & 3), 0, (uint32_t)(seed >> 40 & 255)};
        total += rows[i].count;
    }
    memcpy(same, rows, COUNT * sizeof *rows);
    size_t count = COUNT;
    assert_int_equal(showings_sort(rows, &count, &err), 0);
    assert_true(count < COUNT);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || by_key(&rows[i - 1], &rows[i]) < 0);
        kept_total += rows[i].count;
    }
    assert_int_equal(total, kept_total);
    qsort(same, COUNT, sizeof *same, by_key);
    size_t at = 0;
    for (size_t i = 0; i < COUNT; at++) {
        uint64_t sum = 0;
        size_t j = i;
        for (; j < COUNT && by_key(&same[i], &same[j]) == 0; j++)
            sum += same[j].count;
        assert_int_equal(by_key(&same[i], &rows[at]), 0);
        assert_int_equal(rows[at].count, sum);
        i = j;
    }
    assert_int_equal(at, count);
    free(rows);
    free(same);
}

/* A sum that does not fit stays two rows. */
static void test_sums_fit(void **state)
{
    struct showing rows[3] = {{1, TODAY, 0, 0, 4294967295u}, {1, TODAY, 0, 0, 1}, {1, TODAY, 0, 0, 2}};
    size_t count = 3;
    uint64_t total = 0;
    assert_int_equal(showings_sort(rows, &count, &err), 0);
    for (size_t i = 0; i < count; i++)
        total += rows[i].count;
    assert_int_equal(total, 4294967298u);
}

/* Every split of small totals over up to four places: what is not told is at least two figures, which together are no
 * smaller than the threshold; what is told is true; nothing under the threshold is told of a region. */
static void test_hidden(void **state)
{
    static const int64_t figures[] = {0, 1, 40, 60, 99, 100, 101, 500};
    enum { KINDS = sizeof figures / sizeof figures[0] };
    for (int mix = 0; mix < KINDS * KINDS * KINDS * KINDS; mix++) {
        struct showing_row rows[4];
        struct showing_day days[4];
        size_t count = 0, hidden_count = 0;
        int64_t total = 0, hidden = 0;
        for (int i = 0, left = mix; i < 4; i++, left /= KINDS)
            if (figures[left % KINDS] > 0) {
                rows[count++] = (struct showing_row){1, TODAY, i * 10, figures[left % KINDS]};
                total += figures[left % KINDS];
            }
        size_t got = showings_hide(rows, count, days);
        if (count > 0 && total < REGION_THRESHOLD && (count > 1 || rows[0].region != 0)) {
            assert_int_equal(got, 1);
            assert_int_equal(days[0].region, REGION_UNTOLD);
            assert_int_equal(days[0].count, 0);
            continue;
        }
        assert_int_equal(got, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(days[i].region, rows[i].region);
            assert_int_equal(days[i].count, days[i].how == SHOWING_TOLD ? rows[i].count : 0);
            assert_true(days[i].how != SHOWING_TOLD || rows[i].region == 0 || rows[i].count >= REGION_THRESHOLD);
            assert_true(days[i].how != SHOWING_FEWER || rows[i].count < REGION_THRESHOLD);
            hidden += days[i].how == SHOWING_TOLD ? 0 : rows[i].count;
            hidden_count += days[i].how != SHOWING_TOLD;
        }
        assert_true(hidden_count == 0 || (hidden_count >= 2 && hidden >= REGION_THRESHOLD));
    }
}

/* Days are hidden each by itself. */
static void test_hidden_by_day(void **state)
{
    const struct showing_row rows[] = {{1, 10, 0, 30}, {1, 11, 75, 30}, {1, 12, 71, 200}, {1, 12, 75, 300}};
    struct showing_day days[4];
    assert_int_equal(showings_hide(rows, 4, days), 4);
    assert_int_equal(days[0].count, 30); /* no region was said: it is the total */
    assert_int_equal(days[1].region, REGION_UNTOLD);
    assert_int_equal(days[2].count, 200);
    assert_int_equal(days[3].count, 300);
}

static void test_viewer_words(void **state)
{
    static const char *const viewers[] = {"user",
                                          "user_id",
                                          "userId",
                                          "USER ID",
                                          "viewer",
                                          "ip",
                                          "IP-address",
                                          "client_ip",
                                          "device",
                                          "deviceId",
                                          "cookie",
                                          "email",
                                          "e-mail",
                                          "e_mail",
                                          "phone",
                                          "iin",
                                          "ИИН",
                                          "gaid",
                                          "idfa",
                                          "session",
                                          "session_id",
                                          "пользователь",
                                          "айди_пользователя",
                                          "зритель",
                                          "устройство",
                                          "Телефон",
                                          "почта",
                                          "пайдаланушы",
                                          "қолданушы",
                                          "көрермен",
                                          "құрылғы",
                                          "ЖСН",
                                          "аты-жөні",
                                          "name",
                                          "msisdn",
                                          "uid",
                                          "recipients",
                                          "custom_audience",
                                          "shown_to",
                                          "seenBy",
                                          "фио"};
    static const char *const others[] = {"place", "description", "price", "campaign", "note",
                                         "орын",  "цена",        "ship",  "zip"};
    for (size_t i = 0; i < sizeof viewers / sizeof viewers[0]; i++)
        if (!viewer_word(viewers[i], &arena))
            fail_msg("%s could hold a viewer", viewers[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (viewer_word(others[i], &arena))
            fail_msg("%s holds no viewer", others[i]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(test_plain),         TEST(test_forms_of_csv),
        TEST(test_json),          TEST(test_refusals),
        TEST(test_nothing),       TEST(test_nuls),
        TEST(test_first_hundred), TEST(test_sorted),
        TEST(test_sums_fit),      TEST(test_shown_before_placed),
        TEST(test_hidden),        TEST(test_hidden_by_day),
        TEST(test_viewer_words),
    };
    return cmocka_run_group_tests_name("adverts_showings", tests, load, unload);
}
