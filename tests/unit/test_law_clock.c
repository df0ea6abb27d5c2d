/* Clocks: numbered cases worked out by hand, then random rules against a reading that walks day by day. */
#include "law/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static const struct calendar *calendar;

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

static int64_t at(const char *text)
{
    int64_t usec = 0;
    assert_true(moment_parse(text, &calendar->zone, &usec));
    return usec;
}

static int32_t day(const char *text)
{
    return zone_day_of(&calendar->zone, at(text));
}

#define RULE(unit_, amount_, counting_, ...)                                 \
    {                                                                        \
        .unit = unit_, .amount = amount_, .counting = counting_, __VA_ARGS__ \
    }
#define CAL UNIT_CALENDAR_DAY
#define WRK UNIT_WORKING_DAY
#define EXTEND(amount_, unit_, times_) .extend = {.amount = amount_, .unit = unit_, .times = times_}
#define FIXED(month_, day_, years_) .fixed_month = month_, .fixed_day = day_, .fixed_years = years_

struct one_case {
    int number;
    struct clock_rule rule;
    int times;
    const char *event, *due, *overdue;
};

static const struct one_case cases[] = {
    /* A complaint: 20 calendar days from the day after. */
    {1, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2026-04-01T09:15:00+05:00", "2026-04-21T23:59:59+05:00",
     "2026-04-22T00:00:00+05:00"},
    {2, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2026-03-20T18:00:00+05:00", "2026-04-09T23:59:59+05:00",
     "2026-04-10T00:00:00+05:00"},
    {3, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2026-03-30T00:00:00+05:00", "2026-04-19T23:59:59+05:00", /* a Sunday */
     "2026-04-21T00:00:00+05:00"},
    {4, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2026-03-01T12:00:00+05:00", "2026-03-21T23:59:59+05:00", /* Nauryz */
     "2026-03-27T00:00:00+05:00"},
    {5, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2024-02-20T12:00:00+06:00", "2024-03-11T23:59:59+05:00",
     "2024-03-12T00:00:00+05:00"},
    {6, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2025-12-20T12:00:00+05:00", "2026-01-09T23:59:59+05:00",
     "2026-01-10T00:00:00+05:00"},
    {7, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2025-12-18T12:00:00+05:00", "2026-01-07T23:59:59+05:00", /* Christmas */
     "2026-01-09T00:00:00+05:00"},
    {8, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2024-02-09T12:00:00+06:00", "2024-02-29T23:59:59+05:00",
     "2024-03-01T00:00:00+05:00"},
    {9, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2023-02-09T12:00:00+06:00", "2023-03-01T23:59:59+06:00",
     "2023-03-02T00:00:00+06:00"},
    {10, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2026-04-01T23:59:59.999999+05:00", "2026-04-21T23:59:59+05:00",
     "2026-04-22T00:00:00+05:00"},
    /* The day is local: this is already 2 April in Almaty. */
    {11, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2026-04-01T19:00:00Z", "2026-04-22T23:59:59+05:00",
     "2026-04-23T00:00:00+05:00"},
    {12, RULE(CAL, 20, COUNT_DAY_AFTER), 0, "2024-02-29T18:30:00Z", "2024-03-20T23:59:59+05:00",
     "2024-03-21T00:00:00+05:00"},
    /* The hour that came twice on 29 February 2024 belongs to that day both times. */
    {13, RULE(CAL, 1, COUNT_DAY_OF), 0, "2024-02-29T17:30:00Z", "2024-02-29T23:59:59+05:00",
     "2024-03-02T00:00:00+05:00"},
    /* From the day, and with no beginning stated: two readings. */
    {20, RULE(CAL, 10, COUNT_DAY_OF), 0, "2026-04-06T10:00:00+05:00", "2026-04-15T23:59:59+05:00",
     "2026-04-17T00:00:00+05:00"},
    {21, RULE(CAL, 10, COUNT_UNSTATED), 0, "2026-04-06T10:00:00+05:00", "2026-04-15T23:59:59+05:00",
     "2026-04-17T00:00:00+05:00"},
    {22, RULE(CAL, 1, COUNT_DAY_OF), 0, "2026-04-03T10:00:00+05:00", "2026-04-03T23:59:59+05:00", /* a Friday */
     "2026-04-07T00:00:00+05:00"},
    {23, RULE(CAL, 1, COUNT_DAY_OF), 0, "2026-04-04T10:00:00+05:00", "2026-04-04T23:59:59+05:00", /* a Saturday */
     "2026-04-07T00:00:00+05:00"},
    /* Working days. */
    {30, RULE(WRK, 3, COUNT_DAY_AFTER), 0, "2026-03-19T10:00:00+05:00", "2026-03-27T23:59:59+05:00",
     "2026-03-28T00:00:00+05:00"},
    {31, RULE(WRK, 5, COUNT_DAY_OF), 0, "2026-03-19T10:00:00+05:00", "2026-03-30T23:59:59+05:00",
     "2026-04-01T00:00:00+05:00"},
    {32, RULE(WRK, 5, COUNT_DAY_OF), 0, "2026-03-21T10:00:00+05:00", "2026-04-01T23:59:59+05:00", /* on a day off */
     "2026-04-02T00:00:00+05:00"},
    {33, RULE(WRK, 1, COUNT_UNSTATED), 0, "2026-04-03T10:00:00+05:00", "2026-04-03T23:59:59+05:00",
     "2026-04-07T00:00:00+05:00"},
    {34, RULE(WRK, 1, COUNT_UNSTATED), 0, "2026-04-04T10:00:00+05:00", "2026-04-06T23:59:59+05:00",
     "2026-04-07T00:00:00+05:00"},
    {35, RULE(WRK, 3, COUNT_DAY_AFTER), 0, "2024-12-31T10:00:00+05:00", "2025-01-08T23:59:59+05:00", /* 5 Jan worked */
     "2025-01-09T00:00:00+05:00"},
    {36, RULE(WRK, 1, COUNT_DAY_OF), 0, "2025-01-05T10:00:00+05:00", "2025-01-05T23:59:59+05:00", /* a worked Sunday */
     "2025-01-07T00:00:00+05:00"},
    {37, RULE(WRK, 15, COUNT_DAY_OF), 0, "2026-03-06T10:00:00+05:00", "2026-04-01T23:59:59+05:00",
     "2026-04-03T00:00:00+05:00"},
    /* Months and years. */
    {40, RULE(UNIT_MONTH, 1, COUNT_DAY_AFTER), 0, "2026-01-31T10:00:00+05:00", "2026-02-28T23:59:59+05:00",
     "2026-03-03T00:00:00+05:00"},
    {41, RULE(UNIT_MONTH, 1, COUNT_UNSTATED), 0, "2026-01-31T10:00:00+05:00", "2026-02-27T23:59:59+05:00",
     "2026-03-03T00:00:00+05:00"},
    {42, RULE(UNIT_MONTH, 1, COUNT_DAY_AFTER), 0, "2024-01-31T10:00:00+06:00", "2024-02-29T23:59:59+05:00",
     "2024-03-01T00:00:00+05:00"},
    {43, RULE(UNIT_MONTH, 6, COUNT_DAY_AFTER), 0, "2026-08-31T10:00:00+05:00", "2027-02-28T23:59:59+05:00",
     "2027-03-02T00:00:00+05:00"},
    {44, RULE(UNIT_MONTH, 6, COUNT_DAY_OF), 0, "2026-01-01T00:00:00+05:00", "2026-06-30T23:59:59+05:00",
     "2026-07-02T00:00:00+05:00"},
    {45, RULE(UNIT_MONTH, 1, COUNT_DAY_AFTER), 0, "2026-02-28T10:00:00+05:00", "2026-03-28T23:59:59+05:00",
     "2026-03-31T00:00:00+05:00"},
    {46, RULE(UNIT_MONTH, 14, COUNT_DAY_AFTER), 0, "2025-11-17T10:00:00+05:00", "2027-01-17T23:59:59+05:00",
     "2027-01-19T00:00:00+05:00"},
    {47, RULE(UNIT_YEAR, 1, COUNT_DAY_AFTER), 0, "2024-02-29T10:00:00+06:00", "2025-02-28T23:59:59+05:00",
     "2025-03-01T00:00:00+05:00"},
    {48, RULE(UNIT_YEAR, 4, COUNT_DAY_OF), 0, "2024-02-29T10:00:00+06:00", "2028-02-28T23:59:59+05:00",
     "2028-03-01T00:00:00+05:00"},
    {49, RULE(UNIT_MONTH, 1, COUNT_DAY_OF), 0, "2026-03-01T10:00:00+05:00", "2026-03-31T23:59:59+05:00",
     "2026-04-02T00:00:00+05:00"},
    /* Hours and minutes: to the second, days off included, the zone's change nothing to them. */
    {50, RULE(UNIT_HOUR, 24, COUNT_MOMENT), 0, "2026-03-20T17:40:00+05:00", "2026-03-21T17:40:00+05:00",
     "2026-03-21T17:40:01+05:00"},
    {51, RULE(UNIT_HOUR, 24, COUNT_MOMENT), 0, "2024-02-29T12:00:00+06:00", "2024-03-01T11:00:00+05:00",
     "2024-03-01T11:00:01+05:00"},
    {52, RULE(UNIT_MINUTE, 90, COUNT_MOMENT), 0, "2026-12-31T23:00:00+05:00", "2027-01-01T00:30:00+05:00",
     "2027-01-01T00:30:01+05:00"},
    {53, RULE(UNIT_HOUR, 24, COUNT_MOMENT), 0, "2026-03-20T17:40:00.900000+05:00", "2026-03-21T17:40:00+05:00",
     "2026-03-21T17:40:01+05:00"},
    {54, RULE(UNIT_HOUR, 24, COUNT_MOMENT, .kind = CLOCK_AT_LEAST), 0, "2026-03-20T17:40:00.900000+05:00",
     "2026-03-21T17:40:01+05:00", "2026-03-21T17:40:02+05:00"},
    {55, RULE(UNIT_HOUR, 24, COUNT_MOMENT, EXTEND(30, UNIT_MINUTE, 2)), 2, "2026-03-20T17:40:00+05:00",
     "2026-03-21T18:40:00+05:00", "2026-03-21T18:40:01+05:00"},
    {56, RULE(UNIT_HOUR, 24, COUNT_MOMENT), 0, "2012-03-20T17:40:00+06:00", "2012-03-21T17:40:00+06:00",
     "2012-03-21T17:40:01+06:00"}, /* needs no calendar */
    /* Days from a moment. */
    {58, RULE(CAL, 3, COUNT_MOMENT), 0, "2026-04-02T15:30:00+05:00", "2026-04-05T15:30:00+05:00",
     "2026-04-07T00:00:00+05:00"},
    {59, RULE(WRK, 1, COUNT_MOMENT), 0, "2026-04-03T15:30:00+05:00", "2026-04-06T15:30:00+05:00",
     "2026-04-07T00:00:00+05:00"},
    /* A minimum: full days after the event, whatever the counting, and off a day off forward on both readings. */
    {60, RULE(CAL, 10, COUNT_DAY_OF, .kind = CLOCK_AT_LEAST), 0, "2026-04-01T10:00:00+05:00",
     "2026-04-13T23:59:59+05:00", "2026-04-14T00:00:00+05:00"},
    {61, RULE(CAL, 10, COUNT_DAY_AFTER, .kind = CLOCK_AT_LEAST), 0, "2026-04-06T10:00:00+05:00",
     "2026-04-16T23:59:59+05:00", "2026-04-17T00:00:00+05:00"},
    {62, RULE(UNIT_YEAR, 1, COUNT_UNSTATED, .kind = CLOCK_AT_LEAST), 0, "2025-03-21T10:00:00+05:00",
     "2026-03-26T23:59:59+05:00", "2026-03-27T00:00:00+05:00"},
    {63, RULE(WRK, 2, COUNT_UNSTATED, .kind = CLOCK_AT_LEAST), 0, "2026-03-20T10:00:00+05:00",
     "2026-03-27T23:59:59+05:00", "2026-03-28T00:00:00+05:00"},
    /* Before an event. */
    {70, RULE(UNIT_HOUR, 24, COUNT_MOMENT, .direction = CLOCK_BEFORE), 0, "2026-04-08T09:00:00+05:00",
     "2026-04-07T09:00:00+05:00", "2026-04-07T09:00:01+05:00"},
    {71, RULE(UNIT_HOUR, 24, COUNT_MOMENT, .direction = CLOCK_BEFORE), 0, "2026-04-06T09:00:00+05:00", /* Monday */
     "2026-04-03T09:00:00+05:00", "2026-04-05T09:00:01+05:00"},
    {72, RULE(WRK, 1, COUNT_DAY_AFTER, .direction = CLOCK_BEFORE), 0, "2026-04-06T09:00:00+05:00",
     "2026-04-03T23:59:59+05:00", "2026-04-04T00:00:00+05:00"},
    {73, RULE(CAL, 3, COUNT_DAY_AFTER, .direction = CLOCK_BEFORE), 0, "2026-04-08T09:00:00+05:00", /* a Sunday */
     "2026-04-03T23:59:59+05:00", "2026-04-06T00:00:00+05:00"},
    {74, RULE(UNIT_MONTH, 1, COUNT_DAY_AFTER, .direction = CLOCK_BEFORE), 0, "2026-03-31T09:00:00+05:00",
     "2026-02-27T23:59:59+05:00", "2026-03-01T00:00:00+05:00"},
    {75, RULE(WRK, 2, COUNT_UNSTATED, .direction = CLOCK_BEFORE, .kind = CLOCK_AT_LEAST), 0,
     "2026-03-26T09:00:00+05:00", "2026-03-19T23:59:59+05:00", "2026-03-20T00:00:00+05:00"},
    {76, RULE(UNIT_HOUR, 24, COUNT_MOMENT, .direction = CLOCK_BEFORE), 0, "2024-03-01T09:00:00+05:00",
     "2024-02-29T10:00:00+06:00", "2024-02-29T10:00:01+06:00"},
    /* Dates of a year. */
    {80, RULE(UNIT_FIXED_DATE, 0, COUNT_DAY_AFTER, .direction = CLOCK_BEFORE, FIXED(12, 20, -1)), 0,
     "2027-05-01T00:00:00+05:00", "2026-12-18T23:59:59+05:00", "2026-12-21T00:00:00+05:00"},
    {81, RULE(UNIT_FIXED_DATE, 0, COUNT_DAY_AFTER, .direction = CLOCK_BEFORE, FIXED(12, 1, -1)), 0,
     "2026-01-01T00:00:00+05:00", "2025-12-01T23:59:59+05:00", "2025-12-02T00:00:00+05:00"},
    {82, RULE(UNIT_FIXED_DATE, 0, COUNT_DAY_AFTER, FIXED(3, 22, 0)), 0, "2026-01-10T00:00:00+05:00",
     "2026-03-22T23:59:59+05:00", "2026-03-27T00:00:00+05:00"},
    {83, RULE(UNIT_FIXED_DATE, 0, COUNT_DAY_AFTER, FIXED(2, 29, 1)), 0, "2025-01-10T00:00:00+05:00",
     "2026-02-28T23:59:59+05:00", "2026-03-03T00:00:00+05:00"},
    {84, RULE(UNIT_FIXED_DATE, 0, COUNT_DAY_AFTER, FIXED(2, 29, 1)), 0, "2027-01-10T00:00:00+05:00",
     "2028-02-29T23:59:59+05:00", "2028-03-01T00:00:00+05:00"},
    {85, RULE(UNIT_FIXED_DATE, 0, COUNT_DAY_AFTER, .kind = CLOCK_AT_LEAST, FIXED(3, 22, 0)), 0,
     "2026-01-10T00:00:00+05:00", "2026-03-26T23:59:59+05:00", "2026-03-27T00:00:00+05:00"},
    /* A day that the case names: it is the last itself. */
    {86, RULE(UNIT_NAMED_DAY, 0, COUNT_DAY_AFTER), 0, "2026-04-07T00:00:00+05:00", "2026-04-07T23:59:59+05:00",
     "2026-04-08T00:00:00+05:00"},
    {87, RULE(UNIT_NAMED_DAY, 0, COUNT_DAY_AFTER), 0, "2026-04-04T15:00:00+05:00", "2026-04-04T23:59:59+05:00",
     "2026-04-07T00:00:00+05:00"},
    /* Extensions. */
    {90, RULE(WRK, 10, COUNT_DAY_OF, EXTEND(15, WRK, 1)), 0, "2026-04-01T10:00:00+05:00", "2026-04-14T23:59:59+05:00",
     "2026-04-16T00:00:00+05:00"},
    {91, RULE(WRK, 10, COUNT_DAY_OF, EXTEND(15, WRK, 1)), 1, "2026-04-01T10:00:00+05:00", "2026-05-06T23:59:59+05:00",
     "2026-05-09T00:00:00+05:00"},
    {92, RULE(CAL, 20, COUNT_DAY_AFTER, EXTEND(5, WRK, 1)), 1, "2026-03-30T10:00:00+05:00", "2026-04-24T23:59:59+05:00",
     "2026-04-25T00:00:00+05:00"},
    {93, RULE(CAL, 20, COUNT_DAY_AFTER, EXTEND(10, CAL, 2)), 2, "2026-03-30T10:00:00+05:00",
     "2026-05-09T23:59:59+05:00", "2026-05-13T00:00:00+05:00"}, /* Victory Day a Saturday, carried to Monday */
    {94, RULE(UNIT_MONTH, 1, COUNT_DAY_AFTER, EXTEND(1, UNIT_MONTH, 1)), 1, "2026-01-31T10:00:00+05:00",
     "2026-03-31T23:59:59+05:00", "2026-04-01T00:00:00+05:00"},
    {95, RULE(WRK, 3, COUNT_UNSTATED, EXTEND(1, UNIT_MONTH, 1)), 1, "2026-04-06T10:00:00+05:00",
     "2026-05-08T23:59:59+05:00", "2026-05-13T00:00:00+05:00"},
    {96, RULE(UNIT_FIXED_DATE, 0, COUNT_DAY_AFTER, FIXED(4, 1, 0), EXTEND(2, WRK, 1)), 1, "2026-01-10T00:00:00+05:00",
     "2026-04-03T23:59:59+05:00", "2026-04-04T00:00:00+05:00"},
};

static void show(int64_t usec, char text[static 32])
{
    moment_format(&calendar->zone, usec, text);
}

static void test_cases_worked_out_by_hand(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct one_case *one = &cases[i];
        struct clock_moments moments;
        struct err err = {0};
        int r = clock_compute_extended(calendar, &one->rule, at(one->event), one->times, &moments, &err);
        if (r < 0)
            fail_msg("case %d: %s %s", one->number, err.code, err.arg);
        char due[32], overdue[32];
        show(moments.due_usec, due);
        show(moments.overdue_usec, overdue);
        if (strcmp(due, one->due) != 0 || strcmp(overdue, one->overdue) != 0)
            fail_msg("case %d: %s, %s", one->number, due, overdue);
        assert_int_equal(moments.starts_usec, at(one->event));
        assert_int_equal(moments.due_usec % USEC_PER_SEC, 0);
        assert_int_equal(moments.overdue_usec % USEC_PER_SEC, 0);
    }
}

static void test_at_once_is_the_event_itself(void **state)
{
    struct clock_rule rule = {.unit = UNIT_AT_ONCE};
    struct clock_moments moments;
    struct err err = {0};
    int64_t event_usec = at("2026-04-06T10:00:00.123456+05:00");
    assert_int_equal(clock_compute(calendar, &rule, event_usec, &moments, &err), 0);
    assert_int_equal(moments.starts_usec, event_usec);
    assert_int_equal(moments.due_usec, event_usec);
    assert_int_equal(moments.overdue_usec, event_usec);
}

static void test_outside_the_calendar_there_is_no_answer(void **state)
{
    static const struct {
        int number;
        struct clock_rule rule;
        const char *event, *year;
    } refused[] = {
        {1, RULE(CAL, 20, COUNT_DAY_AFTER), "2028-12-20T10:00:00+05:00", "2029"},
        {2, RULE(CAL, 20, COUNT_DAY_AFTER), "2028-12-11T10:00:00+05:00", "2029"}, /* rolls off Sunday the 31st */
        {3, RULE(CAL, 20, COUNT_DAY_AFTER), "2013-12-31T10:00:00+06:00", "2013"},
        {4, RULE(WRK, 5, COUNT_DAY_OF), "2028-12-27T10:00:00+05:00", "2029"},
        {5, RULE(UNIT_YEAR, 3, COUNT_DAY_OF), "2026-04-01T10:00:00+05:00", "2029"},
        {6, RULE(WRK, 5, COUNT_DAY_AFTER, .direction = CLOCK_BEFORE), "2014-01-06T10:00:00+06:00", "2013"},
        {7, RULE(CAL, 2, COUNT_DAY_AFTER, .direction = CLOCK_BEFORE), "2014-01-03T10:00:00+06:00", "2013"},
        {8, RULE(UNIT_HOUR, 24, COUNT_MOMENT, .direction = CLOCK_BEFORE), "2014-01-02T10:00:00+06:00", "2013"},
        {9, RULE(UNIT_FIXED_DATE, 0, COUNT_DAY_AFTER, FIXED(12, 1, -1)), "2014-05-01T10:00:00+06:00", "2013"},
        {10, RULE(UNIT_HOUR, 24, COUNT_MOMENT), "2200-01-02T10:00:00Z", "2200"},
        {11, RULE(UNIT_AT_ONCE, 0, COUNT_MOMENT), "1899-12-31T10:00:00Z", "1899"},
        {12, RULE(CAL, 1000000, COUNT_DAY_AFTER), "2028-12-20T10:00:00+05:00", "4766"},
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct clock_moments moments = {1, 2, 3};
        struct err err = {0};
        int r = clock_compute(calendar, &refused[i].rule, at(refused[i].event), &moments, &err);
        if (r != -ERR_BAD_INPUT || strcmp(err.code, "calendar_not_covered") != 0 ||
            strcmp(err.arg, refused[i].year) != 0)
            fail_msg("case %d: %d %s", refused[i].number, r, err.arg);
        assert_int_equal(moments.starts_usec, 1); /* untouched */
        assert_int_equal(moments.overdue_usec, 3);
    }
}

static void test_extreme_moments_are_refused(void **state)
{
    static const int64_t events[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1};
    struct clock_rule rule = RULE(UNIT_HOUR, 24, COUNT_MOMENT);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        struct clock_moments moments;
        struct err err = {0};
        assert_int_equal(clock_compute(calendar, &rule, events[i], &moments, &err), -ERR_BAD_INPUT);
        assert_string_equal(err.code, "calendar_not_covered");
    }
}

static void test_more_extensions_than_the_norm_allows(void **state)
{
    struct clock_rule once = RULE(WRK, 10, COUNT_DAY_OF, EXTEND(15, WRK, 1)), never = RULE(WRK, 10, COUNT_DAY_OF);
    struct clock_moments moments;
    struct err err = {0};
    int64_t event_usec = at("2026-04-01T10:00:00+05:00");
    assert_int_equal(clock_compute_extended(calendar, &once, event_usec, 2, &moments, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "clock_no_extension");
    assert_int_equal(clock_compute_extended(calendar, &once, event_usec, -1, &moments, &err), -ERR_BAD_INPUT);
    assert_int_equal(clock_compute_extended(calendar, &never, event_usec, 1, &moments, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "clock_no_extension");
}

/* The slow reading: it walks from day to day and knows no table but "is this day worked". */
struct slow {
    bool covered;
    int32_t due, overdue; /* last days */
};

static bool slow_working(int32_t one, bool *covered)
{
    const struct calendar_day *entry = calendar_find(calendar, one);
    if (!entry) {
        *covered = false;
        return true; /* ends every walk */
    }
    return calendar_is_working(entry);
}

static bool month_later(int32_t from, int32_t one, int months)
{
    struct date a = date_from_day(from), b = date_from_day(one), next = date_from_day(one + 1);
    int between = (b.year - a.year) * 12 + b.month - a.month;
    return between == months && (b.day == a.day || (b.day < a.day && next.month != b.month));
}

/* Walks `amount` units from `from`, which is not counted itself; step 1 or -1. */
static int32_t slow_walk(enum clock_unit unit, int amount, int32_t from, int step, bool *covered)
{
    int32_t one = from;
    int months = unit == UNIT_YEAR ? amount * 12 : amount;
    for (int counted = 0; *covered;) {
        one += step;
        bool working = slow_working(one, covered);
        if (unit == UNIT_MONTH || unit == UNIT_YEAR) {
            if (month_later(from, one, step * months))
                break;
            continue;
        }
        if (unit == UNIT_CALENDAR_DAY || working)
            counted++;
        if (counted == amount)
            break;
    }
    return one;
}

static int32_t slow_roll(int32_t one, int step, bool *covered)
{
    while (!slow_working(one, covered))
        one += step;
    return one;
}

static struct slow slow_compute(const struct clock_rule *rule, int32_t event, int times)
{
    struct slow slow = {.covered = true};
    slow_working(event, &slow.covered);
    if (rule->direction == CLOCK_BEFORE) {
        slow.overdue = slow_walk(rule->unit, rule->amount, event, -1, &slow.covered);
        slow.due = slow_roll(slow.overdue, -1, &slow.covered);
        return slow;
    }
    bool same = times == 0 || rule->extend.unit == rule->unit;
    int amount = rule->amount + (same ? times * rule->extend.amount : 0);
    slow.overdue = slow_walk(rule->unit, amount, event, 1, &slow.covered);
    bool early = rule->kind == CLOCK_AT_MOST && (rule->counting == COUNT_DAY_OF || rule->counting == COUNT_UNSTATED);
    slow.due = slow.overdue;
    if (early && (rule->unit == UNIT_MONTH || rule->unit == UNIT_YEAR))
        slow.due--;
    else if (early) /* the day before the event stands for an event whose day after is the event's day */
        slow.due = slow_walk(rule->unit, amount, event - 1, 1, &slow.covered);
    if (!same && slow.covered) {
        slow.due = slow_walk(rule->extend.unit, times * rule->extend.amount, slow.due, 1, &slow.covered);
        slow.overdue = slow_walk(rule->extend.unit, times * rule->extend.amount, slow.overdue, 1, &slow.covered);
    }
    if (slow.covered) {
        slow.overdue = slow_roll(slow.overdue, 1, &slow.covered);
        if (rule->kind == CLOCK_AT_LEAST)
            slow.due = slow_roll(slow.due, 1, &slow.covered);
    }
    return slow;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static struct clock_rule random_rule(uint64_t *seed, int *ret_times)
{
    static const enum clock_unit units[] = {UNIT_CALENDAR_DAY, UNIT_WORKING_DAY, UNIT_MONTH, UNIT_YEAR};
    static const int most[] = {120, 60, 14, 2};
    static const enum clock_counting countings[] = {COUNT_DAY_AFTER, COUNT_DAY_OF, COUNT_UNSTATED};
    size_t which = next_random(seed) % 4, extend = next_random(seed) % 4;
    struct clock_rule rule = {.unit = units[which], .amount = 1 + (int)(next_random(seed) % (uint64_t)most[which])};
    rule.counting = countings[next_random(seed) % 3];
    rule.kind = next_random(seed) % 4 == 0 ? CLOCK_AT_LEAST : CLOCK_AT_MOST;
    rule.direction = next_random(seed) % 4 == 0 ? CLOCK_BEFORE : CLOCK_AFTER;
    *ret_times = 0;
    if (rule.direction == CLOCK_AFTER && next_random(seed) % 3 == 0) {
        rule.extend.unit = units[extend];
        rule.extend.amount = 1 + (int)(next_random(seed) % (uint64_t)most[extend]) / 3;
        rule.extend.times = 2;
        *ret_times = (int)(next_random(seed) % 3);
    }
    return rule;
}

static void fail_rule(const char *what, const struct clock_rule *rule, int32_t event, int times)
{
    char text[11];
    date_format(date_from_day(event), text);
    fail_msg("%s: %d %s %s kind %d direction %d, %d times %d %s, event %s", what, rule->amount,
             clock_unit_word(rule->unit), clock_counting_word(rule->counting), rule->kind, rule->direction, times,
             rule->extend.amount, clock_unit_word(rule->extend.unit), text);
}

static void test_random_rules_agree_with_a_slow_walk(void **state)
{
    uint64_t seed = 0x7a1a9;
    int covered = 0, refused = 0;
    for (int i = 0; i < 40000; i++) {
        int times;
        struct clock_rule rule = random_rule(&seed, &times);
        int32_t event = calendar->first_day + (int32_t)(next_random(&seed) % (uint64_t)calendar->day_count);
        int64_t event_usec = zone_moment(&calendar->zone, event, (int32_t)(next_random(&seed) % 86400));
        struct slow slow = slow_compute(&rule, event, times);
        struct clock_moments moments;
        struct err err = {0};
        int r = clock_compute_extended(calendar, &rule, event_usec, times, &moments, &err);
        if ((r == 0) != slow.covered)
            fail_rule("covered", &rule, event, times);
        if (r < 0) {
            refused++;
            continue;
        }
        covered++;
        if (moments.due_usec != zone_moment(&calendar->zone, slow.due, 86399))
            fail_rule("due", &rule, event, times);
        if (moments.overdue_usec != zone_moment(&calendar->zone, slow.overdue + 1, 0))
            fail_rule("overdue", &rule, event, times);
        if (moments.overdue_usec < moments.due_usec + USEC_PER_SEC)
            fail_rule("order", &rule, event, times);
    }
    assert_true(covered > 30000);
    assert_true(refused > 500);
}

/* What an explanation must always be, whatever the rule. */
static void check_explanation(const struct clock_rule *rule, int32_t event, int times,
                              const struct clock_explanation *told)
{
    static const char *const words[] = {"event_day", "first_by_reading", "counted",        "weekend",
                                        "holiday",   "carried",          "moved_off",      "worked_moved",
                                        "last",      "last_is_day_off",  "rolled_forward", "moved_earlier"};
    int due = 0, overdue = 0, step = rule->direction == CLOCK_BEFORE ? -1 : 1;
    for (size_t i = 0; i < told->count; i++) {
        const struct clock_day *one = &told->days[i];
        const struct calendar_day *entry = calendar_find(calendar, one->day);
        bool known = false, off = !calendar_is_working(entry);
        for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
            known = known || strcmp(words[j], one->why) == 0;
        if (!known || one->day != event + step * (int32_t)i)
            fail_rule(one->why, rule, event, times);
        if (one->holiday != NULL && entry->kind != DAY_HOLIDAY && entry->kind != DAY_CARRIED)
            fail_rule("holiday", rule, event, times);
        bool says_off = strcmp(one->why, "weekend") == 0 || strcmp(one->why, "holiday") == 0 ||
                        strcmp(one->why, "carried") == 0 || strcmp(one->why, "moved_off") == 0;
        if (says_off && (!off || one->counted_due || one->counted_overdue))
            fail_rule("a day off", rule, event, times);
        if (rule->unit == UNIT_WORKING_DAY && times == 0 && off && (one->counted_due || one->counted_overdue))
            fail_rule("a day off counted", rule, event, times);
        due += one->counted_due;
        overdue += one->counted_overdue;
    }
    bool in_days = rule->unit == UNIT_CALENDAR_DAY || rule->unit == UNIT_WORKING_DAY;
    bool same = times == 0 || rule->extend.unit == rule->unit;
    int amount = rule->amount + times * rule->extend.amount;
    if (in_days && same && !told->cut && (due != amount || overdue != amount))
        fail_rule("count", rule, event, times);
    if (!told->cut) {
        const struct clock_day *end = &told->days[told->count - 1];
        int64_t shown =
            step > 0 ? zone_moment(&calendar->zone, end->day + 1, 0) : zone_moment(&calendar->zone, end->day, 86399);
        if (shown != (step > 0 ? told->moments.overdue_usec : told->moments.due_usec))
            fail_rule("end", rule, event, times);
    }
}

static void test_random_explanations_add_up(void **state)
{
    uint64_t seed = 0xca1e;
    struct arena own;
    arena_init(&own, 1 << 20);
    for (int i = 0; i < 8000; i++) {
        int times;
        struct clock_rule rule = random_rule(&seed, &times);
        int32_t event = calendar->first_day + (int32_t)(next_random(&seed) % (uint64_t)calendar->day_count);
        struct clock_explanation told;
        struct clock_moments moments;
        struct err err = {0};
        int64_t event_usec = zone_moment(&calendar->zone, event, 36000);
        int r = clock_explain(calendar, &rule, event_usec, times, &own, &told, &err);
        assert_int_equal(r, clock_compute_extended(calendar, &rule, event_usec, times, &moments, &err));
        if (r == 0) {
            assert_memory_equal(&told.moments, &moments, sizeof(moments));
            check_explanation(&rule, event, times, &told);
        }
        arena_reset(&own);
    }
    arena_done(&own);
}

/* One explanation written out: date, counted by due, counted by overdue, why. */
struct told_day {
    const char *date;
    bool due, overdue;
    const char *why;
};

static void check_told(int number, const struct clock_rule *rule, const char *event, const struct told_day *days,
                       size_t count)
{
    struct clock_explanation told;
    struct err err = {0};
    assert_int_equal(clock_explain(calendar, rule, at(event), 0, &arena, &told, &err), 0);
    if (told.count != count)
        fail_msg("case %d: %zu days", number, told.count);
    for (size_t i = 0; i < count; i++) {
        const struct clock_day *one = &told.days[i];
        if (one->day != day(days[i].date) || one->counted_due != days[i].due ||
            one->counted_overdue != days[i].overdue || strcmp(one->why, days[i].why) != 0)
            fail_msg("case %d: %s is %s, %d %d", number, days[i].date, one->why, one->counted_due,
                     one->counted_overdue);
    }
}
#define CHECK_TOLD(number, rule, event, days) check_told(number, rule, event, days, sizeof(days) / sizeof(days[0]))

static void test_explanations_written_out(void **state)
{
    struct clock_rule working = RULE(WRK, 3, COUNT_DAY_OF);
    static const struct told_day nauryz[] = {
        {"2026-03-20", true, false, "first_by_reading"},
        {"2026-03-21", false, false, "holiday"},
        {"2026-03-22", false, false, "holiday"},
        {"2026-03-23", false, false, "holiday"},
        {"2026-03-24", false, false, "carried"},
        {"2026-03-25", false, false, "carried"},
        {"2026-03-26", true, true, "counted"},
        {"2026-03-27", true, true, "last"},
        {"2026-03-28", false, false, "weekend"},
        {"2026-03-29", false, false, "weekend"},
        {"2026-03-30", false, true, "last"},
    };
    CHECK_TOLD(1, &working, "2026-03-20T10:00:00+05:00", nauryz);
    static const struct told_day on_day_off[] = {
        {"2026-04-04", false, false, "weekend"}, {"2026-04-05", false, false, "weekend"},
        {"2026-04-06", true, true, "counted"},   {"2026-04-07", true, true, "counted"},
        {"2026-04-08", true, true, "last"},
    };
    CHECK_TOLD(2, &working, "2026-04-04T10:00:00+05:00", on_day_off);
    struct clock_rule after = RULE(WRK, 3, COUNT_DAY_AFTER);
    static const struct told_day moved_days[] = {
        {"2024-12-31", false, false, "event_day"}, {"2025-01-01", false, false, "holiday"},
        {"2025-01-02", false, false, "holiday"},   {"2025-01-03", false, false, "moved_off"},
        {"2025-01-04", false, false, "weekend"},   {"2025-01-05", true, true, "worked_moved"},
        {"2025-01-06", true, true, "counted"},     {"2025-01-07", false, false, "holiday"},
        {"2025-01-08", true, true, "last"},
    };
    CHECK_TOLD(3, &after, "2024-12-31T10:00:00+05:00", moved_days);
    struct clock_rule calendar_days = RULE(CAL, 3, COUNT_DAY_AFTER);
    static const struct told_day rolled[] = {
        {"2026-04-02", false, false, "event_day"},      {"2026-04-03", true, true, "counted"},
        {"2026-04-04", true, true, "counted"},          {"2026-04-05", true, true, "last_is_day_off"},
        {"2026-04-06", false, false, "rolled_forward"},
    };
    CHECK_TOLD(4, &calendar_days, "2026-04-02T10:00:00+05:00", rolled);
    struct clock_rule before = RULE(CAL, 3, COUNT_DAY_AFTER, .direction = CLOCK_BEFORE);
    static const struct told_day earlier[] = {
        {"2026-04-08", false, false, "event_day"}, {"2026-04-07", true, true, "counted"},
        {"2026-04-06", true, true, "counted"},     {"2026-04-05", true, true, "last_is_day_off"},
        {"2026-04-04", false, false, "weekend"},   {"2026-04-03", false, false, "moved_earlier"},
    };
    CHECK_TOLD(5, &before, "2026-04-08T10:00:00+05:00", earlier);
    struct clock_rule least = RULE(CAL, 2, COUNT_DAY_OF, .kind = CLOCK_AT_LEAST);
    static const struct told_day minimum[] = {
        {"2026-04-03", false, false, "event_day"},
        {"2026-04-04", true, true, "counted"},
        {"2026-04-05", true, true, "last_is_day_off"},
        {"2026-04-06", false, false, "rolled_forward"},
    };
    CHECK_TOLD(6, &least, "2026-04-03T10:00:00+05:00", minimum);
    struct clock_rule date = RULE(UNIT_FIXED_DATE, 0, COUNT_DAY_AFTER, .direction = CLOCK_BEFORE, FIXED(12, 20, -1));
    static const struct told_day plan[] = {
        {"2026-12-20", true, true, "last_is_day_off"},
        {"2026-12-19", false, false, "weekend"},
        {"2026-12-18", false, false, "moved_earlier"},
    };
    CHECK_TOLD(7, &date, "2027-02-01T10:00:00+05:00", plan);
    struct clock_rule named = RULE(UNIT_NAMED_DAY, 0, COUNT_DAY_AFTER);
    static const struct told_day day_off[] = {
        {"2026-04-04", true, true, "last_is_day_off"},
        {"2026-04-05", false, false, "weekend"},
        {"2026-04-06", false, false, "rolled_forward"},
    };
    CHECK_TOLD(9, &named, "2026-04-04T10:00:00+05:00", day_off);
    struct clock_rule one_day = RULE(WRK, 1, COUNT_UNSTATED);
    static const struct told_day same_day[] = {
        {"2026-04-07", true, false, "first_by_reading"},
        {"2026-04-08", false, true, "last"},
    };
    CHECK_TOLD(8, &one_day, "2026-04-07T10:00:00+05:00", same_day);
}

static void test_explanation_names_holidays_and_what_is_uncertain(void **state)
{
    struct clock_rule rule = RULE(WRK, 3, COUNT_DAY_AFTER);
    struct clock_explanation told;
    struct err err = {0};
    assert_int_equal(clock_explain(calendar, &rule, at("2026-03-20T10:00:00+05:00"), 0, &arena, &told, &err), 0);
    assert_string_equal(told.days[1].holiday->id, "nauryz_1");
    assert_string_equal(told.days[4].holiday->id, "nauryz_1");
    assert_null(told.days[6].holiday);
    assert_false(told.undecided);
    assert_ptr_equal(told.rule, &rule);
    assert_int_equal(clock_explain(calendar, &rule, at("2028-05-04T10:00:00+05:00"), 0, &arena, &told, &err), 0);
    assert_true(told.days[1].expected); /* Kurban Ait of 2028 is only expected */
    assert_true(told.undecided);        /* and nobody has decided on moved days yet */
    assert_int_equal(clock_explain(calendar, &rule, at("2026-12-30T10:00:00+05:00"), 0, &arena, &told, &err), 0);
    assert_true(told.undecided); /* ends in January 2027 */
}

static void test_explanation_of_what_has_no_days(void **state)
{
    struct clock_rule hours = RULE(UNIT_HOUR, 24, COUNT_MOMENT), once = {.unit = UNIT_AT_ONCE};
    struct clock_explanation told;
    struct err err = {0};
    assert_int_equal(clock_explain(calendar, &hours, at("2026-03-20T10:00:00+05:00"), 0, &arena, &told, &err), 0);
    assert_int_equal(told.count, 0);
    assert_int_equal(told.moments.due_usec, at("2026-03-21T10:00:00+05:00"));
    assert_int_equal(clock_explain(calendar, &once, at("2026-03-20T10:00:00+05:00"), 0, &arena, &told, &err), 0);
    assert_int_equal(told.count, 0);
    assert_false(told.cut);
}

static void test_long_explanations_are_cut(void **state)
{
    struct clock_rule rule = RULE(UNIT_YEAR, 3, COUNT_DAY_AFTER);
    struct clock_explanation told;
    struct err err = {0};
    assert_int_equal(clock_explain(calendar, &rule, at("2020-03-20T10:00:00+06:00"), 0, &arena, &told, &err), 0);
    assert_int_equal(told.count, 800);
    assert_true(told.cut);
    struct arena small;
    arena_init(&small, 1024);
    struct clock_explanation untouched = {.count = 7};
    assert_int_equal(clock_explain(calendar, &rule, at("2020-03-20T10:00:00+06:00"), 0, &small, &untouched, &err),
                     -ERR_MEMORY);
    assert_int_equal(untouched.count, 7);
    arena_done(&small);
}

static void test_words_go_there_and_back(void **state)
{
    for (int i = UNIT_MINUTE; i <= UNIT_NAMED_DAY; i++)
        assert_int_equal(clock_unit_parse(clock_unit_word((enum clock_unit)i)), i);
    for (int i = COUNT_DAY_AFTER; i <= COUNT_UNSTATED; i++)
        assert_int_equal(clock_counting_parse(clock_counting_word((enum clock_counting)i)), i);
    assert_string_equal(clock_unit_word(UNIT_WORKING_DAY), "working_day");
    assert_int_equal(clock_unit_parse("fortnight"), -1);
    assert_int_equal(clock_unit_parse(""), -1);
    assert_int_equal(clock_counting_parse("day"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases_worked_out_by_hand),
        cmocka_unit_test(test_at_once_is_the_event_itself),
        cmocka_unit_test(test_outside_the_calendar_there_is_no_answer),
        cmocka_unit_test(test_extreme_moments_are_refused),
        cmocka_unit_test(test_more_extensions_than_the_norm_allows),
        cmocka_unit_test(test_random_rules_agree_with_a_slow_walk),
        cmocka_unit_test(test_random_explanations_add_up),
        cmocka_unit_test(test_explanations_written_out),
        cmocka_unit_test(test_explanation_names_holidays_and_what_is_uncertain),
        cmocka_unit_test(test_explanation_of_what_has_no_days),
        cmocka_unit_test(test_long_explanations_are_cut),
        cmocka_unit_test(test_words_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
