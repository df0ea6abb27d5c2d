/* Days, zones and moments; Almaty's changes of offset in particular. */
#include "base/time.h"
#include "unit.h"
#include <stdlib.h>
#include <string.h>

static struct zone almaty, berlin, utc;

static int zones_load(void **state)
{
    struct err err;
    return zone_load("Asia/Almaty", &almaty, &err) < 0 || zone_load("Europe/Berlin", &berlin, &err) < 0 ||
                   zone_load("UTC", &utc, &err) < 0
               ? -1
               : 0;
}

static int64_t at(const char *text)
{
    int64_t usec = 0;
    assert_true(moment_parse(text, &utc, &usec));
    return usec;
}

static void days_follow_each_other_for_centuries(void **state)
{
    assert_int_equal(day_from_date((struct date){1970, 1, 1}), 0);
    assert_int_equal(day_from_date((struct date){2000, 3, 1}), 11017);
    assert_int_equal(day_from_date((struct date){2026, 4, 9}), 20552);
    struct date date = date_from_day(-720000);
    int week_day = day_of_week(-720000);
    for (int32_t day = -719162; day < 400000; day++) { /* from 0001-01-01 */
        struct date next = date_from_day(day);
        assert_true(date_valid(next));
        assert_int_equal(day_from_date(next), day);
        if (day > -719162) {
            bool same_month = next.day == date.day + 1 && next.month == date.month && next.year == date.year;
            bool next_month =
                next.day == 1 && next.month == date.month % 12 + 1 && next.year == date.year + (date.month == 12);
            assert_true(same_month || next_month);
            assert_int_equal(day_of_week(day), (week_day + 1) % 7);
        }
        date = next;
        week_day = day_of_week(day);
    }
    assert_int_equal(day_of_week(0), 3);
    assert_int_equal(day_of_week(20552), 3); /* 9 April 2026, a Thursday */
}

static void dates_are_exact(void **state)
{
    struct date date = {1, 1, 1};
    assert_true(date_parse("2024-02-29", &date));
    assert_int_equal(date.year * 10000 + date.month * 100 + date.day, 20240229);
    static const char *const bad[] = {"",           "2023-02-29",  "1900-02-29",  "2026-13-01",
                                      "2026-00-01", "2026-01-00",  "2026-04-31",  "2026-4-9",
                                      "26-04-09",   "2026-04-09 ", " 2026-04-09", "2026/04/09",
                                      "2026-04-0x", "0000-01-01",  "+026-01-01",  "2026-04-09T00:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (date_parse(bad[i], &date))
            fail_msg("taken: %s", bad[i]);
    assert_false(date_parse(NULL, &date));
    assert_int_equal(date.day, 29);
    assert_true(date_parse("2000-02-29", &date));
    char text[11];
    date_format((struct date){7, 1, 2}, text);
    assert_string_equal(text, "0007-01-02");
}

static void almaty_is_plus_6_until_march_2024_and_plus_5_after(void **state)
{
    assert_string_equal(almaty.name, "Asia/Almaty");
    assert_int_equal(zone_offset_at(&almaty, at("2023-09-10T00:00:00Z")), 6 * 3600);
    assert_int_equal(zone_offset_at(&almaty, at("2024-02-29T17:59:59Z")), 6 * 3600);
    assert_int_equal(zone_offset_at(&almaty, at("2024-02-29T18:00:00Z")), 5 * 3600);
    assert_int_equal(zone_offset_at(&almaty, at("2026-04-09T00:00:00Z")), 5 * 3600);
    assert_int_equal(zone_offset_at(&almaty, at("2050-01-01T00:00:00Z")), 5 * 3600);
    /* Summer time, given up in 2005. */
    assert_int_equal(zone_offset_at(&almaty, at("2003-07-01T00:00:00Z")), 7 * 3600);
    assert_int_equal(zone_offset_at(&almaty, at("2003-01-01T00:00:00Z")), 6 * 3600);
    assert_int_equal(zone_offset_at(&almaty, INT64_MIN), almaty.offset_sec[0]);
}

static void a_repeated_local_time_is_the_later_one(void **state)
{
    int32_t day = day_from_date((struct date){2024, 2, 29});
    /* 23:00 to 23:59:59 of 29 February 2024 happened twice in Almaty. */
    assert_true(zone_moment(&almaty, day, 86399) == at("2024-02-29T18:59:59Z"));
    assert_true(zone_moment(&almaty, day, 82800) == at("2024-02-29T18:00:00Z"));
    assert_true(zone_moment(&almaty, day, 82799) == at("2024-02-29T16:59:59Z"));
    assert_true(zone_moment(&almaty, day + 1, 0) == at("2024-02-29T19:00:00Z"));
    assert_int_equal(zone_day_of(&almaty, at("2024-02-29T17:59:59Z")), day);
    assert_int_equal(zone_day_of(&almaty, at("2024-02-29T18:59:59Z")), day);
    assert_int_equal(zone_day_of(&almaty, at("2024-02-29T19:00:00Z")), day + 1);
    assert_int_equal(zone_day_of(&almaty, at("2024-02-28T17:59:59Z")), day - 1);
    assert_int_equal(zone_day_of(&almaty, at("2024-02-28T18:00:00Z")), day);
}

static void a_skipped_local_time_is_the_change(void **state)
{
    int32_t day = day_from_date((struct date){2026, 3, 29});
    assert_true(zone_moment(&berlin, day, 2 * 3600 + 1800) == at("2026-03-29T01:00:00Z"));
    assert_true(zone_moment(&berlin, day, 2 * 3600 - 1) == at("2026-03-29T00:59:59Z"));
    assert_true(zone_moment(&berlin, day, 3 * 3600) == at("2026-03-29T01:00:00Z"));
    assert_true(zone_moment(&berlin, day_from_date((struct date){2026, 10, 25}), 9000) == at("2026-10-25T01:30:00Z"));
}

static void every_local_day_of_the_table_comes_back(void **state)
{
    const struct zone *zones[] = {&almaty, &berlin, &utc};
    for (size_t i = 0; i < 3; i++) {
        for (int32_t day = day_from_date((struct date){1990, 1, 2}); day < 33000; day++) {
            int64_t start = zone_moment(zones[i], day, 0), end = zone_moment(zones[i], day, 86399);
            assert_int_equal(zone_day_of(zones[i], start), day);
            assert_int_equal(zone_day_of(zones[i], start - 1), day - 1);
            assert_int_equal(zone_day_of(zones[i], end), day);
            assert_int_equal(zone_day_of(zones[i], end + USEC_PER_SEC), day + 1);
        }
    }
}

static void farthest_days_do_not_overflow(void **state)
{
    assert_true(zone_moment(&almaty, INT32_MAX, 86399) == INT64_MAX);
    assert_true(zone_moment(&almaty, INT32_MIN, 0) == INT64_MIN + 1);
    assert_true(zone_moment(&almaty, INT32_MIN, 0) != TIME_NONE);
    char text[32];
    moment_format(&almaty, INT64_MAX, text);
    moment_format(&almaty, INT64_MIN, text);
}

static void unknown_zones_are_refused_and_TZ_is_restored(void **state)
{
    struct zone zone = {.count = 77};
    struct err err = {0};
    static const char *const bad[] = {
        "",     "Asia/Nowhere", "../zoneinfo/UTC", "/etc/localtime",
        "Asia", "UTC0",         "tzdata.zi",       "A-name-that-is-far-too-long-to-be-the-name-of-a-time-zone"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(zone_load(bad[i], &zone, &err), -ERR_UNAVAILABLE);
        assert_string_equal(err.code, "zone_missing");
    }
    assert_int_equal(zone.count, 77);
    setenv("TZ", "Europe/Paris", 1);
    assert_int_equal(zone_load("Asia/Almaty", &zone, &err), 0);
    assert_string_equal(getenv("TZ"), "Europe/Paris");
    unsetenv("TZ");
    assert_int_equal(zone_load("Europe/London", &zone, &err), 0);
    assert_null(getenv("TZ"));
}

static void moments_are_read(void **state)
{
    static const struct {
        const char *text, *same;
    } rows[] = {
        {"2026-04-09T23:59:59+05:00", "2026-04-09T18:59:59Z"},
        {"2026-04-09T23:59:59", "2026-04-09T18:59:59Z"},
        {"2026-04-09", "2026-04-08T19:00:00Z"},
        {"2026-04-09T18:30", "2026-04-09T13:30:00Z"},
        {"2026-04-09 18:30:00", "2026-04-09T13:30:00Z"},
        {"2024-02-29T10:00:00", "2024-02-29T04:00:00Z"},
        {"2026-04-09t00:00:00z", "2026-04-09T00:00:00Z"},
        {"1969-12-31T23:59:59-00:30", "1970-01-01T00:29:59Z"},
    };
    int64_t usec, same;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!moment_parse(rows[i].text, &almaty, &usec) || !moment_parse(rows[i].same, &almaty, &same) || usec != same)
            fail_msg("row %zu: %s", i, rows[i].text);
    }
    assert_true(moment_parse("1970-01-01T00:00:00.5Z", &almaty, &usec) && usec == 500000);
    assert_true(moment_parse("1970-01-01T00:00:00.000001Z", &almaty, &usec) && usec == 1);
    usec = 77;
    static const char *const bad[] = {"",
                                      "2026-04-09T",
                                      "2026-04-09T24:00:00Z",
                                      "2026-04-09T23:60:00Z",
                                      "2026-04-09T23:59:60Z",
                                      "2026-04-09T23:59:59+5:00",
                                      "2026-04-09T23:59:59+24:00",
                                      "2026-04-09T23:59:59.Z",
                                      "2026-04-09T23:59:59.1234567Z",
                                      "2026-04-09T23:59Z",
                                      "2026-04-09T23:59:59+05:00x",
                                      "2026-02-30T00:00:00Z",
                                      "2026-04-09T23:59:59 Z",
                                      "20260409T235959Z",
                                      "2026-04-09T2:59:59Z",
                                      "2026-04-09T23:59:59+0500"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (moment_parse(bad[i], &almaty, &usec))
            fail_msg("taken: %s", bad[i]);
    assert_false(moment_parse(NULL, &almaty, &usec));
    assert_int_equal(usec, 77);
}

static void moments_are_written(void **state)
{
    char text[32];
    moment_format(&almaty, at("2026-04-09T18:59:59Z"), text);
    assert_string_equal(text, "2026-04-09T23:59:59+05:00");
    moment_format(&almaty, at("2023-12-31T18:00:00Z"), text);
    assert_string_equal(text, "2024-01-01T00:00:00+06:00");
    moment_format(&utc, -1, text);
    assert_string_equal(text, "1969-12-31T23:59:59+00:00");
}

static void the_wall_clock_runs(void **state)
{
    int64_t first = time_now_usec(), second = time_now_usec();
    assert_true(first > at("2024-01-01T00:00:00Z"));
    assert_true(second >= first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_follow_each_other_for_centuries),
        cmocka_unit_test(dates_are_exact),
        cmocka_unit_test(almaty_is_plus_6_until_march_2024_and_plus_5_after),
        cmocka_unit_test(a_repeated_local_time_is_the_later_one),
        cmocka_unit_test(a_skipped_local_time_is_the_change),
        cmocka_unit_test(every_local_day_of_the_table_comes_back),
        cmocka_unit_test(farthest_days_do_not_overflow),
        cmocka_unit_test(unknown_zones_are_refused_and_TZ_is_restored),
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(moments_are_written),
        cmocka_unit_test(the_wall_clock_runs),
    };
    return cmocka_run_group_tests(tests, zones_load, NULL);
}
