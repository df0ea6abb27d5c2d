/* The calendar against the facts it is made from, and against a second, slow reading of the rules. */
#include "law/calendar.h"
#include "test_law_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static const struct calendar *calendar;

static int32_t day(const char *text)
{
    struct date date;
    assert_true(date_parse(text, &date));
    return day_from_date(date);
}

static const struct calendar_day *entry(const char *text)
{
    const struct calendar_day *found = calendar_find(calendar, day(text));
    assert_non_null(found);
    return found;
}

static int load(void **state)
{
    struct err err = {0};
    arena_init(&arena, 16 << 20);
    return calendar_load(LAW_DIR "/calendar.yaml", &arena, &calendar, &err);
}

static int unload(void **state)
{
    arena_done(&arena);
    return 0;
}

static void test_days_are_what_they_are(void **state)
{
    static const struct {
        int number;
        const char *date;
        enum day_kind kind;
        const char *holiday;
    } cases[] = {
        {1, "2026-01-01", DAY_HOLIDAY, "new_year_1"},
        {2, "2026-01-02", DAY_HOLIDAY, "new_year_2"},
        {3, "2026-01-05", DAY_WORKING, NULL},
        {4, "2026-01-07", DAY_HOLIDAY, "orthodox_christmas"},
        {5, "2026-03-08", DAY_HOLIDAY, "womens_day"}, /* a Sunday */
        {6, "2026-03-09", DAY_CARRIED, "womens_day"},
        {7, "2026-03-10", DAY_WORKING, NULL},
        {8, "2026-03-20", DAY_WORKING, NULL},
        {9, "2026-03-21", DAY_HOLIDAY, "nauryz_1"}, /* a Saturday */
        {10, "2026-03-22", DAY_HOLIDAY, "nauryz_2"},
        {11, "2026-03-23", DAY_HOLIDAY, "nauryz_3"},
        {12, "2026-03-24", DAY_CARRIED, "nauryz_1"},
        {13, "2026-03-25", DAY_CARRIED, "nauryz_2"},
        {14, "2026-03-26", DAY_WORKING, NULL},
        {15, "2026-04-04", DAY_WEEKEND, NULL},
        {16, "2026-05-27", DAY_HOLIDAY, "kurban_ait"},
        {17, "2023-01-03", DAY_CARRIED, "new_year_1"},   /* the 1st a Sunday, the 2nd a holiday itself */
        {18, "2022-05-07", DAY_HOLIDAY, "defender_day"}, /* Saturday; Monday is Victory Day, so Tuesday */
        {19, "2022-05-09", DAY_HOLIDAY, "victory_day"},
        {20, "2022-05-10", DAY_CARRIED, "defender_day"},
        {21, "2022-05-11", DAY_WORKING, NULL},
        {22, "2017-01-09", DAY_WORKING, NULL}, /* 7 January a Saturday, not carried */
        {23, "2018-01-08", DAY_WORKING, NULL},
        {24, "2024-01-08", DAY_WORKING, NULL},
        {25, "2020-05-08", DAY_OFF_MOVED, NULL},
        {26, "2020-05-11", DAY_WORKED_MOVED, NULL}, /* would be Victory Day carried over, but is worked for the 8th */
        {27, "2021-12-17", DAY_HOLIDAY, "independence_day_2"},
        {28, "2022-12-19", DAY_WORKING, NULL}, /* 17 December is no holiday any more */
        {29, "2021-12-01", DAY_HOLIDAY, "first_president_day"},
        {30, "2022-12-01", DAY_WORKING, NULL},
        {31, "2021-10-25", DAY_WORKING, NULL},
        {32, "2022-10-25", DAY_HOLIDAY, "republic_day"},
        {33, "2025-09-01", DAY_CARRIED, "constitution_day_august"}, /* 30 August 2025 is a Saturday */
        {34, "2026-08-31", DAY_WORKING, NULL},                      /* 30 August 2026 a Sunday, no holiday */
        {35, "2026-03-16", DAY_WORKING, NULL},
        {36, "2027-03-15", DAY_HOLIDAY, "constitution_day_march"},
        {37, "2028-12-18", DAY_CARRIED, "independence_day_1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct calendar_day *found = entry(cases[i].date);
        const char *holiday = found->holiday == 255 ? NULL : calendar->holidays[found->holiday].id;
        if (found->kind != cases[i].kind || (holiday == NULL) != (cases[i].holiday == NULL) ||
            (holiday && strcmp(holiday, cases[i].holiday) != 0))
            fail_msg("case %d: kind %d, holiday %s", cases[i].number, found->kind, holiday ? holiday : "none");
        assert_false(found->expected);
    }
}

/* Every line of the table of decisions, year by year. */
static const char *const moved[][2] = {
    {"2014-01-03", "2013-12-28"}, {"2014-05-02", "2014-05-04"}, {"2014-05-08", "2014-05-11"},
    {"2016-03-07", "2016-03-05"}, {"2017-03-20", "2017-03-18"}, {"2017-07-07", "2017-07-01"},
    {"2018-03-09", "2018-03-03"}, {"2018-04-30", "2018-04-28"}, {"2018-05-08", "2018-05-05"},
    {"2018-08-31", "2018-08-25"}, {"2018-12-31", "2018-12-29"}, {"2019-05-10", "2019-05-04"},
    {"2020-01-03", "2020-01-05"}, {"2020-05-08", "2020-05-11"}, {"2020-12-18", "2020-12-20"},
    {"2021-07-05", "2021-07-03"}, {"2022-03-07", "2022-03-05"}, {"2022-08-29", "2022-08-27"},
    {"2022-10-24", "2022-10-22"}, {"2023-07-07", "2023-07-01"}, {"2024-05-08", "2024-05-04"},
    {"2025-01-03", "2025-01-05"},
};
#define MOVED_COUNT (sizeof(moved) / sizeof(moved[0]))

static void test_moved_days_point_at_each_other(void **state)
{
    size_t off = 0, worked = 0;
    for (size_t i = 0; i < MOVED_COUNT; i++) {
        const struct calendar_day *one = entry(moved[i][0]);
        assert_int_equal(one->kind, DAY_OFF_MOVED);
        assert_false(calendar_is_working(one));
        assert_int_equal(one->moved_day, day(moved[i][1]));
        const struct calendar_day *other = calendar_find(calendar, day(moved[i][1]));
        if (i == 0) {
            assert_null(other); /* December 2013 is before the calendar */
            continue;
        }
        assert_int_equal(other->kind, DAY_WORKED_MOVED);
        assert_true(calendar_is_working(other));
        assert_int_equal(other->moved_day, day(moved[i][0]));
    }
    for (int32_t i = 0; i < calendar->day_count; i++) {
        off += calendar->days[i].kind == DAY_OFF_MOVED;
        worked += calendar->days[i].kind == DAY_WORKED_MOVED;
    }
    assert_int_equal(off, MOVED_COUNT);
    assert_int_equal(worked, MOVED_COUNT - 1);
}

static const char *const kurban_ait[] = {"2014-10-04", "2015-09-24", "2016-09-12", "2017-09-01", "2018-08-21",
                                         "2019-08-11", "2020-07-31", "2021-07-20", "2022-07-09", "2023-06-28",
                                         "2024-06-16", "2025-06-06", "2026-05-27", "2027-05-16", "2028-05-05"};
#define KURBAN_AIT_COUNT (sizeof(kurban_ait) / sizeof(kurban_ait[0]))

static void test_kurban_ait_is_off_and_not_carried(void **state)
{
    for (size_t i = 0; i < KURBAN_AIT_COUNT; i++) {
        const struct calendar_day *found = entry(kurban_ait[i]);
        assert_int_equal(found->kind, DAY_HOLIDAY);
        assert_string_equal(calendar->holidays[found->holiday].id, "kurban_ait");
        assert_int_equal(found->expected, i >= KURBAN_AIT_COUNT - 2);
    }
    assert_true(calendar_is_working(entry("2014-10-06"))); /* after Saturdays and Sundays */
    assert_true(calendar_is_working(entry("2019-08-12")));
    assert_true(calendar_is_working(entry("2022-07-11")));
    assert_true(calendar_is_working(entry("2024-06-17")));
    assert_true(calendar_is_working(entry("2027-05-17")));
}

/* The rules of the facts once more, read slowly and in another way: one day at a time, by asking. */
struct rule {
    int month, day, since, until;
};
static const struct rule carried_rules[] = {
    {1, 1, 0, 9999},      {1, 2, 0, 9999},     {3, 8, 0, 9999},     {3, 15, 2027, 9999},
    {3, 21, 2010, 9999},  {3, 22, 2010, 9999}, {3, 23, 2010, 9999}, {5, 1, 0, 9999},
    {5, 7, 2013, 9999},   {5, 9, 0, 9999},     {7, 6, 2009, 9999},  {8, 30, 1996, 2025},
    {10, 25, 2022, 9999}, {12, 1, 2012, 2021}, {12, 16, 0, 9999},   {12, 17, 2002, 2021},
};

static bool is_carried_holiday(int32_t at)
{
    struct date date = date_from_day(at);
    for (size_t i = 0; i < sizeof(carried_rules) / sizeof(carried_rules[0]); i++) {
        const struct rule *rule = &carried_rules[i];
        if (rule->month == date.month && rule->day == date.day && date.year >= rule->since && date.year <= rule->until)
            return true;
    }
    return false;
}

static bool is_plain_off(int32_t at)
{
    struct date date = date_from_day(at);
    bool off = day_of_week(at) >= 5 || is_carried_holiday(at) || (date.month == 1 && date.day == 7);
    for (size_t i = 0; i < KURBAN_AIT_COUNT; i++)
        off = off || day(kurban_ait[i]) == at;
    return off;
}

/* Working through the fortnight before: how many holidays are still waiting for a free day when `at` comes? */
static bool is_off_by_rules(int32_t at)
{
    int waiting = 0;
    bool off = false;
    for (int32_t i = at - 20; i <= at; i++) {
        off = is_plain_off(i);
        if (is_carried_holiday(i) && day_of_week(i) >= 5)
            waiting++;
        if (!off && waiting > 0) {
            off = true;
            waiting--;
        }
    }
    return off;
}

static bool is_working_slowly(int32_t at)
{
    for (size_t i = 0; i < MOVED_COUNT; i++) {
        if (day(moved[i][0]) == at)
            return false;
        if (day(moved[i][1]) == at)
            return true;
    }
    return !is_off_by_rules(at);
}

static void test_every_day_agrees_with_a_slow_reading(void **state)
{
    assert_int_equal(calendar->from_year, 2014);
    assert_int_equal(calendar->until_year, 2028);
    assert_int_equal(calendar->first_day, day("2014-01-01"));
    assert_int_equal(calendar->day_count, day("2029-01-01") - day("2014-01-01"));
    for (int32_t i = 0; i < calendar->day_count; i++) {
        if (calendar_is_working(&calendar->days[i]) != is_working_slowly(calendar->first_day + i)) {
            struct date date = date_from_day(calendar->first_day + i);
            fail_msg("%d-%02d-%02d", date.year, date.month, date.day);
        }
    }
}

static void test_working_days_of_each_year(void **state)
{
    static const int figures[] = {245, 245, 245, 245, 246, 246, 246, 245, 246, 246, 249, 246, 247, 247, 245};
    for (int year = 2014; year <= 2028; year++) {
        int32_t from = day_from_date((struct date){year, 1, 1}), until = day_from_date((struct date){year + 1, 1, 1});
        int slow = 0;
        for (int32_t at = from; at < until; at++)
            slow += is_working_slowly(at);
        int fast = calendar->working_before[until - calendar->first_day] -
                   calendar->working_before[from - calendar->first_day];
        assert_int_equal(fast, slow);
        assert_int_equal(fast, figures[year - 2014]);
    }
}

static void test_tables_agree_with_the_days(void **state)
{
    int32_t seen = 0, next = -1;
    for (int32_t i = 0; i < calendar->day_count; i++) {
        assert_int_equal(calendar->working_before[i], seen);
        if (calendar_is_working(&calendar->days[i]))
            assert_int_equal(calendar->working_days[seen++], calendar->first_day + i);
    }
    assert_int_equal(calendar->working_before[calendar->day_count], seen);
    assert_int_equal(calendar->next_working[calendar->day_count], -1);
    for (int32_t i = calendar->day_count; i-- > 0;) {
        next = calendar_is_working(&calendar->days[i]) ? calendar->first_day + i : next;
        assert_int_equal(calendar->next_working[i], next);
    }
}

static void test_outside_there_is_nothing(void **state)
{
    assert_null(calendar_find(calendar, day("2013-12-31")));
    assert_null(calendar_find(calendar, day("2029-01-01")));
    assert_null(calendar_find(calendar, INT32_MIN));
    assert_null(calendar_find(calendar, INT32_MAX));
}

#define HEAD "zone: Asia/Almaty\ncovers: {from: 2025, until: 2026}\nweekend: [saturday, sunday]\ndecided_until: 2025\n"
#define NAMES "title: {kk: a, ru: b, en: c}"

static int small_load(struct arena *own, const char *bytes, const struct calendar **ret)
{
    struct law_dir dir;
    struct err err = {0};
    char path[96];
    law_dir_make(&dir);
    law_dir_write(&dir, "calendar.yaml", bytes);
    snprintf(path, sizeof(path), "%s/calendar.yaml", dir.path);
    int r = calendar_load(path, own, ret, &err);
    law_dir_remove(&dir);
    return r;
}

/* Whatever order the file has, the earlier holiday takes the earlier free day; two on one date both count. */
static void test_holidays_that_meet(void **state)
{
    static const struct {
        const char *date;
        enum day_kind kind;
        const char *holiday;
    } days[] = {
        {"2025-02-01", DAY_HOLIDAY, "saturday"}, {"2025-02-02", DAY_HOLIDAY, "sunday"},
        {"2025-02-03", DAY_CARRIED, "saturday"}, {"2025-02-04", DAY_CARRIED, "sunday"},
        {"2025-02-05", DAY_WORKING, NULL},       {"2025-02-12", DAY_HOLIDAY, "wednesday"},
        {"2025-02-13", DAY_CARRIED, "same_day"}, {"2025-02-14", DAY_WORKING, NULL},
        {"2025-02-19", DAY_HOLIDAY, "plain"},    {"2025-02-20", DAY_WORKING, NULL},
    };
    struct arena own;
    const struct calendar *small = NULL;
    arena_init(&own, 4 << 20);
    assert_int_equal(small_load(&own,
                                HEAD "holidays:\n"
                                     "  - {id: sunday, month: 2, day: 2, carried: true, " NAMES "}\n"
                                     "  - {id: saturday, month: 2, day: 1, carried: true, " NAMES "}\n"
                                     "  - {id: wednesday, month: 2, day: 12, carried: true, " NAMES "}\n"
                                     "  - {id: same_day, dates: [2025-02-12], carried: true, " NAMES "}\n"
                                     "  - {id: plain, dates: [2025-02-19], carried: false, " NAMES "}\n"
                                     "  - {id: lost, dates: [2025-02-19], carried: false, " NAMES "}\n"
                                     "moved: []\n",
                                &small),
                     0);
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        const struct calendar_day *found = calendar_find(small, day(days[i].date));
        assert_int_equal(found->kind, days[i].kind);
        if (days[i].holiday)
            assert_string_equal(small->holidays[found->holiday].id, days[i].holiday);
        else
            assert_int_equal(found->holiday, 255);
    }
    arena_done(&own);
}

/* The last days of a year can make the first of the next one off, though the calendar begins there. */
static void test_what_comes_over_the_border(void **state)
{
    struct arena own;
    const struct calendar *small = NULL;
    arena_init(&own, 4 << 20);
    assert_int_equal(small_load(&own,
                                "zone: Asia/Almaty\ncovers: {from: 2023, until: 2023}\nweekend: [saturday, sunday]\n"
                                "decided_until: 2023\nholidays:\n"
                                "  - {id: eve, month: 12, day: 31, carried: true, " NAMES "}\n"
                                "moved:\n  - {off: 2023-01-03, worked: 2022-12-24}\n",
                                &small),
                     0);
    assert_int_equal(calendar_find(small, day("2023-01-02"))->kind, DAY_CARRIED); /* 31 December 2022 is a Saturday */
    assert_int_equal(calendar_find(small, day("2023-01-03"))->kind, DAY_OFF_MOVED);
    assert_int_equal(calendar_find(small, day("2023-01-04"))->kind, DAY_WORKING);
    assert_null(calendar_find(small, day("2022-12-31")));
    arena_done(&own);
}

static void test_refusals_name_file_and_line(void **state)
{
    static const struct {
        int number;
        const char *bytes, *code;
        int line;
    } cases[] = {
        {1, HEAD "holidays: []\nmoved: []\nlunch: 1\n", "yaml_unknown_key", 7},
        {2, HEAD "holidays: []\n", "yaml_missing_key", 1},
        {3, HEAD "holidays:\n  - {id: a, month: 2, day: 30, carried: true, " NAMES "}\nmoved: []\n", "law_bad_value",
         6},
        {4, HEAD "holidays:\n  - {id: a, month: 13, day: 1, carried: true, " NAMES "}\nmoved: []\n", "law_bad_value",
         6},
        {5, HEAD "holidays:\n  - {id: a, month: 2, day: 3, " NAMES "}\nmoved: []\n", "yaml_missing_key", 6},
        {6, HEAD "holidays:\n  - {id: a, month: 2, day: 3, carried: true, title: {kk: a, ru: b}}\nmoved: []\n",
         "law_text_missing", 6},
        {7,
         HEAD "holidays:\n  - {id: a, month: 2, day: 3, carried: true, " NAMES "}\n"
              "  - {id: a, month: 2, day: 4, carried: true, " NAMES "}\nmoved: []\n",
         "law_twice", 7},
        {8, HEAD "holidays:\n  - {id: a, dates: [2025-02-30], carried: true, " NAMES "}\nmoved: []\n", "law_bad_value",
         6},
        {9, HEAD "holidays:\n  - {id: a, dates: [2025-02-03], month: 2, carried: true, " NAMES "}\nmoved: []\n",
         "law_bad_value", 6},
        {10, HEAD "holidays: []\nmoved:\n  - {off: 2025-02-01, worked: 2025-02-02}\n", "law_bad_value",
         7}, /* Saturday */
        {11, HEAD "holidays: []\nmoved:\n  - {off: 2025-02-03, worked: 2025-02-04}\n", "law_bad_value", 7},
        {12,
         HEAD
         "holidays: []\nmoved:\n  - {off: 2025-02-03, worked: 2025-02-01}\n  - {off: 2025-02-04, worked: 2025-02-01}\n",
         "law_bad_value", 8},
        {13, HEAD "holidays: []\nmoved:\n  - {off: 2030-02-04, worked: 2030-02-02}\n", "law_bad_value", 7},
        {14,
         HEAD "holidays:\n  - {id: a, month: 2, day: 1, carried: false, " NAMES
              "}\nmoved:\n  - {off: 2025-02-03, worked: 2025-02-01}\n",
         "law_bad_value", 8}, /* a holiday cannot be worked */
        {15,
         HEAD "holidays:\n  - {id: a, month: 2, day: 3, since: 2020, until: 2019, carried: true, " NAMES
              "}\nmoved: []\n",
         "law_bad_value", 6},
        {16,
         "zone: Asia/Almaty\ncovers: {from: 2026, until: 2025}\nweekend: [sunday]\ndecided_until: 2025\nholidays: "
         "[]\nmoved: []\n",
         "law_bad_value", 2},
        {17,
         "zone: Asia/Almaty\ncovers: {from: 2025, until: 2026}\nweekend: [someday]\ndecided_until: 2025\nholidays: "
         "[]\nmoved: []\n",
         "law_bad_value", 3},
        {18,
         "zone: Asia/Almaty\ncovers: {from: 2025, until: 2026}\nweekend: [sunday]\ndecided_until: 2027\nholidays: "
         "[]\nmoved: []\n",
         "law_bad_value", 4},
        {19, "[]\n", "yaml_wrong_type", 1},
        {20, "zone: Asia/Almaty\nweekend: [sunday]\ndecided_until: 2027\nholidays: []\nmoved: []\n", "yaml_missing_key",
         1},
    };
    struct law_dir dir;
    law_dir_make(&dir);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena own;
        struct err err = {0};
        const struct calendar *loaded = NULL;
        char path[96], place[128];
        arena_init(&own, 4 << 20);
        law_dir_write(&dir, "calendar.yaml", cases[i].bytes);
        snprintf(path, sizeof(path), "%s/calendar.yaml", dir.path);
        snprintf(place, sizeof(place), "%s:%d:", path, cases[i].line);
        int r = calendar_load(path, &own, &loaded, &err);
        if (r != -ERR_BAD_INPUT || strcmp(err.code, cases[i].code) != 0 || strncmp(err.arg, place, strlen(place)) != 0)
            fail_msg("case %d: %d %s %s", cases[i].number, r, err.code ? err.code : "", err.arg);
        assert_null(loaded);
        arena_done(&own);
    }
    law_dir_remove(&dir);
}

static void test_a_zone_nobody_knows_and_a_file_not_there(void **state)
{
    struct law_dir dir;
    struct arena own;
    struct err err = {0};
    const struct calendar *loaded = NULL;
    char path[96];
    law_dir_make(&dir);
    arena_init(&own, 4 << 20);
    snprintf(path, sizeof(path), "%s/calendar.yaml", dir.path);
    assert_int_equal(calendar_load(path, &own, &loaded, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "file_unreadable");
    law_dir_write(&dir, "calendar.yaml",
                  "zone: Asia/Atlantis\ncovers: {from: 2025, until: 2026}\nweekend: [sunday]\ndecided_until: 2025\n"
                  "holidays: []\nmoved: []\n");
    assert_int_equal(calendar_load(path, &own, &loaded, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "zone_missing");
    assert_null(loaded);
    arena_done(&own);
    law_dir_remove(&dir);
}

static void test_too_little_memory_is_an_error(void **state)
{
    for (size_t limit = 1024; limit < (64 << 10); limit += 4096) {
        struct arena own;
        struct err err = {0};
        const struct calendar *loaded = NULL;
        arena_init(&own, limit);
        assert_true(calendar_load(LAW_DIR "/calendar.yaml", &own, &loaded, &err) < 0);
        assert_null(loaded);
        arena_done(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_are_what_they_are),
        cmocka_unit_test(test_moved_days_point_at_each_other),
        cmocka_unit_test(test_kurban_ait_is_off_and_not_carried),
        cmocka_unit_test(test_every_day_agrees_with_a_slow_reading),
        cmocka_unit_test(test_working_days_of_each_year),
        cmocka_unit_test(test_tables_agree_with_the_days),
        cmocka_unit_test(test_outside_there_is_nothing),
        cmocka_unit_test(test_holidays_that_meet),
        cmocka_unit_test(test_what_comes_over_the_border),
        cmocka_unit_test(test_refusals_name_file_and_line),
        cmocka_unit_test(test_a_zone_nobody_knows_and_a_file_not_there),
        cmocka_unit_test(test_too_little_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
