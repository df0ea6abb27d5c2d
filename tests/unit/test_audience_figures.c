/* Closed figures: averages over what was counted, corrections, the look ahead, what a long stop and a second node do,
 * what verification finds. Days are entered with figures of the test's own, or counted and closed as they are in
 * service. */
#include "audience/audience_verify.h"
#include "audience/figures_parts.h"
#include "fixture.h"
#include "store/case_rows.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct fixture f;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    fixture_start(&w->f);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    fixture_end(&w->f);
    free(w);
    return 0;
}

static int32_t day_of(const char *text)
{
    struct date date;

    assert_true(date_parse(text, &date));
    return day_from_date(date);
}

/* --- Entering by hand ----------------------------------------------------------------------------------------------
 */

struct entry {
    struct world *w;
    int32_t day;
    int64_t users;       /* NOT_COUNTED: nothing came */
    int64_t month_users; /* where the day is its month's last */
};

static int enter_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct entry *entry = command->arg;
    int month = month_of_day(entry->day);
    const struct closing_figures day = {.counted = entry->users != NOT_COUNTED, .users = entry->users};
    const struct closing_figures whole = {.counted = entry->month_users > 0, .users = entry->month_users};

    return day_close_in(tx, &entry->w->f.office, entry->day, &day, entry->day == month_last_day(month) ? &whole : NULL,
                        zone_moment(&entry->w->f.office.catalogue->calendar->zone, entry->day + 1, 6 * 3600), err);
}

static void enter(struct world *w, int32_t day, int64_t users, int64_t month_users)
{
    struct entry entry = {.w = w, .day = day, .users = users, .month_users = month_users};
    struct err err = {0};

    if (store_write(w->f.store, enter_run, &entry, &err) < 0)
        fail_msg("day %d: %s %s %s", day, err.code, err.arg, err.detail);
}

static void enter_days(struct world *w, const char *from, const char *until, int64_t users, int64_t month_users)
{
    for (int32_t day = day_of(from); day <= day_of(until); day++)
        enter(w, day, users, month_users);
}

static struct tx *read_begin(struct world *w)
{
    struct err err = {0};
    struct tx *tx;

    assert_int_equal(store_read_begin(w->f.store, &tx, &err), 0);
    return tx;
}

static struct audience_average daily(struct world *w, int month, const char *service)
{
    struct audience_average average;
    struct tx *tx = read_begin(w);
    struct err err = {0};

    assert_int_equal(audience_daily_average(tx, month, service, &average, &err), 0);
    store_read_end(tx);
    return average;
}

static struct audience_average rolling(struct world *w, const char *until)
{
    struct audience_average average;
    struct tx *tx = read_begin(w);
    struct err err = {0};

    assert_int_equal(audience_rolling_average(tx, day_of(until), &average, &err), 0);
    store_read_end(tx);
    return average;
}

static struct audience_average six(struct world *w, int until_month)
{
    struct audience_average average;
    struct tx *tx = read_begin(w);
    struct err err = {0};

    assert_int_equal(audience_six_months(tx, until_month, NULL, &average, &err), 0);
    store_read_end(tx);
    return average;
}

static struct audience_crossing crossing(struct world *w, const char *today)
{
    struct tx *tx = read_begin(w);
    struct err err = {0};
    struct audience_crossing ret;

    assert_int_equal(audience_crossing(tx, day_of(today), &ret, &err), 0);
    store_read_end(tx);
    return ret;
}

static int64_t duties(struct world *w)
{
    struct case_filter filter = {.procedure = "representative_duty",
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .overdue_at_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE};
    struct tx *tx = read_begin(w);
    struct err err = {0};
    int64_t count;

    assert_int_equal(store_case_count(tx, &filter, &count, &err), 0);
    store_read_end(tx);
    return count;
}

static void sound(struct world *w)
{
    struct verify_report report;
    struct err err = {0};

    if (fixture_verify(&w->f, &report, &err) < 0)
        fail_msg("verify: %s %s: %s", err.code, err.arg, err.detail);
}

/* --- Averages ------------------------------------------------------------------------------------------------------
 */

static void test_missing_days_are_left_out_and_named(void **state)
{
    struct world *w = *state;
    struct audience_average average;

    enter(w, day_of("2026-04-27"), 10, 0);
    enter(w, day_of("2026-04-28"), NOT_COUNTED, 0);
    enter(w, day_of("2026-04-29"), 20, 0);
    enter(w, day_of("2026-04-30"), 0, 25); /* somebody sent, and nobody came: that is a zero */
    average = daily(w, MONTH_OF(2026, 4), NULL);
    assert_int_equal(average.counted, 3);
    assert_int_equal(average.missing, 27);
    assert_int_equal(average.users, 10);
    assert_int_equal(average.from, day_of("2026-04-01"));
    assert_int_equal(average.until, day_of("2026-04-30"));
    assert_int_equal(daily(w, MONTH_OF(2026, 3), NULL).users, -1);
    assert_int_equal(daily(w, MONTH_OF(2026, 4), "app").users, -1);
    sound(w);
}

static void test_rounded_half_up(void **state)
{
    struct world *w = *state;

    enter(w, day_of("2026-04-28"), 1, 0);
    enter(w, day_of("2026-04-29"), 2, 0);
    assert_int_equal(daily(w, MONTH_OF(2026, 4), NULL).users, 2); /* 1.5 */
    enter(w, day_of("2026-04-30"), 1, 3);
    assert_int_equal(daily(w, MONTH_OF(2026, 4), NULL).users, 1); /* 1.33 */
}

static void test_leap_february(void **state)
{
    struct world *w = *state;
    struct audience_average average;

    enter_days(w, "2028-02-01", "2028-02-29", 290, 1000);
    average = daily(w, MONTH_OF(2028, 2), NULL);
    assert_int_equal(average.until, day_of("2028-02-29"));
    assert_int_equal(average.counted, 29);
    assert_int_equal(average.missing, 0);
    assert_int_equal(average.users, 290);
    assert_int_equal(month_last_day(MONTH_OF(2100, 2)), day_of("2100-02-28"));
    sound(w);
}

static void test_over_the_year(void **state)
{
    struct world *w = *state;
    struct audience_average average;

    enter_days(w, "2026-12-20", "2027-01-31", 100, 400);
    average = rolling(w, "2027-01-10");
    assert_int_equal(average.counted, 22);
    assert_int_equal(average.from, day_of("2026-12-20"));
    average = rolling(w, "2027-01-31");
    assert_int_equal(average.counted, 30);
    assert_int_equal(average.from, day_of("2027-01-02"));
    average = six(w, MONTH_OF(2027, 1));
    assert_int_equal(average.from, MONTH_OF(2026, 12));
    assert_int_equal(average.counted, 2);
    assert_int_equal(average.missing, 0); /* before it began nothing is missing */
    assert_int_equal(average.users, 400);
    sound(w);
}

static void test_six_months_of_more_and_of_fewer(void **state)
{
    struct world *w = *state;
    struct audience_average average;
    int64_t users = 100;

    for (int month = MONTH_OF(2026, 1); month <= MONTH_OF(2026, 8); month++, users += 100)
        for (int32_t day = month_first_day(month); day <= month_last_day(month); day++)
            enter(w, day, 10, month == MONTH_OF(2026, 5) ? 0 : users);
    average = six(w, MONTH_OF(2026, 8)); /* March to August without May: 300, 400, 600, 700, 800 */
    assert_int_equal(average.from, MONTH_OF(2026, 3));
    assert_int_equal(average.counted, 5);
    assert_int_equal(average.missing, 1);
    assert_int_equal(average.users, 560);
    average = six(w, MONTH_OF(2026, 2));
    assert_int_equal(average.counted, 2);
    assert_int_equal(average.users, 150);
    assert_int_equal(six(w, MONTH_OF(2025, 12)).users, -1);
}

static void test_thirty_counted_days_pass_over_the_others(void **state)
{
    struct world *w = *state;
    struct audience_average average;

    enter_days(w, "2026-04-01", "2026-04-20", 100, 0);
    enter_days(w, "2026-04-21", "2026-04-25", NOT_COUNTED, 0);
    enter_days(w, "2026-04-26", "2026-05-10", 400, 500);
    average = rolling(w, "2026-05-10");
    assert_int_equal(average.counted, 30);
    assert_int_equal(average.missing, 5);
    assert_int_equal(average.from, day_of("2026-04-06"));
    assert_int_equal(average.users, 250);
}

/* --- The threshold -------------------------------------------------------------------------------------------------
 */

static void test_thirty_days_open_the_duty_once(void **state)
{
    struct world *w = *state;

    enter_days(w, "2026-04-10", "2026-04-30", 100001, 100001);
    assert_int_equal(duties(w), 1); /* the calendar month */
    enter_days(w, "2026-05-01", "2026-06-30", 100001, 100001);
    assert_int_equal(duties(w), 1);
    sound(w);
}

static void test_exactly_the_threshold_is_not_above(void **state)
{
    struct world *w = *state;

    enter_days(w, "2026-04-01", "2026-05-31", 100000, 100000);
    assert_int_equal(duties(w), 0);
    assert_int_equal(crossing(w, "2026-06-01").what, CROSSING_NONE);
    /* A single one more in thirty days is more than 100 000 on average, though it is rounded to 100 000. */
    enter(w, day_of("2026-06-01"), 100001, 0);
    assert_int_equal(duties(w), 1);
    assert_int_equal(crossing(w, "2026-06-02").what, CROSSING_ABOVE);
}

static void test_twenty_nine_days_are_no_month(void **state)
{
    struct world *w = *state;

    enter_days(w, "2026-05-01", "2026-05-29", 200000, 0);
    assert_int_equal(duties(w), 0);
    assert_int_not_equal(crossing(w, "2026-05-30").what, CROSSING_ABOVE);
    enter(w, day_of("2026-05-30"), 200000, 0);
    assert_int_equal(duties(w), 1);
}

static void test_the_trend_says_when(void **state)
{
    struct world *w = *state;

    /* 1000 more each day from 70 000: of thirty days the average is 84 500 after the thirtieth, and 1000 more with each
     * day after; above 100 000 with the sixteenth after. */
    for (int i = 0; i < 30; i++)
        enter(w, day_of("2026-06-01") + i, 70000 + 1000 * i, 90000);
    assert_int_equal(crossing(w, "2026-07-01").what, CROSSING_ON);
    assert_int_equal(crossing(w, "2026-07-01").day, day_of("2026-07-16"));
    sound(w);
}

static void test_too_little_says_nothing(void **state)
{
    struct world *w = *state;

    assert_int_equal(crossing(w, "2026-07-01").what, CROSSING_FEW_DAYS);
    for (int i = 0; i < 13; i++)
        enter(w, day_of("2026-06-10") + i, 1000 * i, 0);
    assert_int_equal(crossing(w, "2026-06-23").what, CROSSING_FEW_DAYS);
    /* Falling never crosses. */
    for (int i = 13; i < 28; i++)
        enter(w, day_of("2026-06-10") + i, 90000 - 1000 * i, 0);
    assert_int_equal(crossing(w, "2026-07-08").what, CROSSING_NONE);
    /* What ended long ago tells nothing of a year to come. */
    assert_int_equal(crossing(w, "2027-09-08").what, CROSSING_FEW_DAYS);
}

/* --- Corrections ---------------------------------------------------------------------------------------------------
 */

struct correcting {
    struct world *w;
    bool month;
    int32_t number;
    const char *service, *reason;
    int64_t users, leaf;
};

static int correct_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct correcting *c = command->arg;

    return audience_correct(tx, &c->w->f.office, c->month, c->number, c->service, c->users, c->reason,
                            &c->w->f.moderator, fixture_moment(&c->w->f, "2026-07-01T10:00:00+05:00"), &c->leaf, err);
}

#define REASON "Екінші серверден келген жолдар табылды."

static const char *correct(struct world *w, bool month, int32_t number, int64_t users, const char *reason)
{
    struct correcting correcting = {.w = w, .month = month, .number = number, .users = users, .reason = reason};
    struct err err = {0};

    return store_write(w->f.store, correct_run, &correcting, &err) == 0 ? NULL : err.code;
}

static void test_a_correction_is_a_version(void **state)
{
    struct world *w = *state;
    struct audience_figure *versions;
    struct arena arena;
    struct err err = {0};
    struct tx *tx;
    size_t count;

    enter(w, day_of("2026-04-29"), 10, 0);
    enter(w, day_of("2026-04-30"), NOT_COUNTED, 10);
    assert_null(correct(w, false, day_of("2026-04-29"), 12, REASON));
    assert_null(correct(w, false, day_of("2026-04-29"), 10, REASON)); /* and back */
    assert_null(correct(w, false, day_of("2026-04-30"), 4, REASON));  /* what was not counted, after all */
    assert_null(correct(w, true, MONTH_OF(2026, 4), 11, REASON));
    assert_int_equal(daily(w, MONTH_OF(2026, 4), NULL).users, 7);
    tx = read_begin(w);
    arena_init(&arena, 1u << 20);
    assert_int_equal(audience_versions(tx, false, day_of("2026-04-29"), NULL, &arena, &versions, &count, &err), 0);
    assert_int_equal(count, 3);
    assert_int_equal(versions[0].users, 10);
    assert_null(versions[0].reason);
    assert_int_equal(versions[1].users, 12);
    assert_string_equal(versions[1].reason, REASON);
    assert_int_equal(versions[2].version, 3);
    assert_true(versions[1].leaf < versions[2].leaf);
    assert_int_equal(audience_versions(tx, false, day_of("2026-05-01"), NULL, &arena, &versions, &count, &err),
                     -ERR_NOT_FOUND);
    assert_string_equal(err.code, "figure_unknown");
    arena_done(&arena);
    store_read_end(tx);
    sound(w);
}

static void test_corrections_that_are_refused(void **state)
{
    struct world *w = *state;
    char longest[2102];

    memset(longest, 'a', sizeof(longest));
    longest[2001] = '\0';
    enter(w, day_of("2026-04-29"), 10, 0);
    assert_string_equal(correct(w, false, day_of("2026-04-29"), 10, REASON), "figure_same");
    assert_string_equal(correct(w, false, day_of("2026-04-29"), 11, "аз"), "reason_missing");
    assert_string_equal(correct(w, false, day_of("2026-04-29"), 11, NULL), "reason_missing");
    assert_string_equal(correct(w, false, day_of("2026-04-29"), 11, longest), "reason_missing");
    assert_string_equal(correct(w, false, day_of("2026-04-29"), -1, REASON), "users_out_of_range");
    assert_string_equal(correct(w, false, day_of("2026-04-29"), INT64_MAX, REASON), "users_out_of_range");
    assert_string_equal(correct(w, false, day_of("2026-04-30"), 11, REASON), "figure_unknown");
    assert_string_equal(correct(w, true, MONTH_OF(2026, 4), 11, REASON), "figure_unknown");
    longest[2000] = '\0';
    assert_null(correct(w, false, day_of("2026-04-29"), 11, longest));
    sound(w);
}

static void test_a_correction_may_cross(void **state)
{
    struct world *w = *state;

    enter_days(w, "2026-06-01", "2026-06-30", 100000, 100000);
    assert_int_equal(duties(w), 0);
    assert_null(correct(w, false, day_of("2026-06-10"), 100001, REASON));
    assert_int_equal(duties(w), 1);
    sound(w);
}

/* --- Verification --------------------------------------------------------------------------------------------------
 */

static void assert_damaged(struct world *w, const char *sql)
{
    struct verify_report report;
    struct err err = {0};

    fixture_sql(&w->f, sql);
    assert_int_equal(fixture_verify(&w->f, &report, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "store_damaged");
}

static void test_a_changed_figure_is_found(void **state)
{
    struct world *w = *state;

    enter_days(w, "2026-04-28", "2026-04-30", 100, 150);
    sound(w);
    assert_damaged(w, "UPDATE audience_figure SET users = 101 WHERE period = 'day' AND version = 1 AND number = "
                      "(SELECT min(number) FROM audience_figure WHERE period = 'day')");
}

static void test_a_removed_figure_is_found(void **state)
{
    struct world *w = *state;

    enter_days(w, "2026-04-28", "2026-04-30", 100, 150);
    assert_damaged(w, "DELETE FROM audience_figure WHERE period = 'month'");
}

static void test_an_invented_figure_is_found(void **state)
{
    struct world *w = *state;

    enter(w, day_of("2026-04-28"), 100, 0);
    assert_damaged(w, "INSERT INTO audience_figure SELECT period, number + 1, service, version, users, leaf FROM "
                      "audience_figure");
}

static void test_a_secret_that_outlived_its_act_is_found(void **state)
{
    struct world *w = *state;

    enter(w, day_of("2026-04-28"), 100, 0);
    assert_damaged(w, "INSERT INTO audience_month (month, secret, print, opened_usec, folded, closed_usec, "
                      "destroyed_usec) VALUES (24315, x'00', 0, 0, 0, 1, 1)");
}

/* --- Closing as in service -----------------------------------------------------------------------------------------
 */

struct counted {
    int done;
    const char *code;
};

static void done(struct counting *counting, const struct err *err)
{
    struct counted *counted = counting->arg;

    counted->code = err != NULL ? err->code : NULL;
    __atomic_store_n(&counted->done, 1, __ATOMIC_RELEASE);
}

/* Users are hashes here: what makes them does not matter. */
static const char *visit(struct counter *counter, int32_t day, const char *service, uint64_t first, size_t count,
                         int64_t now_usec)
{
    struct counted counted = {0};
    struct counting counting = {.done = done, .arg = &counted};
    uint64_t *hashes = calloc(count, sizeof(*hashes));
    struct visit_key key;
    struct err err = {0};

    assert_non_null(hashes);
    for (size_t i = 0; i < count; i++)
        hashes[i] = (first + i) * UINT64_C(0x9E3779B97F4A7C15);
    if (counter_key(counter, day, now_usec, &key, &err) < 0) {
        free(hashes);
        return err.code;
    }
    counter_add(counter, &(struct visits){.day = day, .service = service, .hashes = hashes, .count = count}, now_usec,
                &counting);
    while (!__atomic_load_n(&counted.done, __ATOMIC_ACQUIRE))
        ;
    free(hashes);
    return counted.code;
}

static size_t passes(struct world *w, struct counter *counter, const char *at)
{
    size_t handled = 1, count = 0;
    struct err err = {0};

    while (handled > 0) {
        if (audience_pass(&w->f.office, counter, 6, fixture_moment(&w->f, at), &handled, &err) < 0)
            fail_msg("pass: %s %s %s", err.code, err.arg, err.detail);
        count += handled;
    }
    return count;
}

static struct counter *counter_at(struct world *w, const char *at)
{
    struct counter *counter;
    struct err err = {0};

    if (counter_new(&w->f.office, 6, fixture_moment(&w->f, at), &counter, &err) < 0)
        fail_msg("counter: %s %s", err.code, err.arg);
    return counter;
}

static int64_t closed_users(struct world *w, const char *day, const char *service)
{
    struct audience_figure *list;
    struct tx *tx = read_begin(w);
    struct arena arena;
    struct err err = {0};
    size_t count;
    int64_t users;

    arena_init(&arena, 1u << 20);
    assert_int_equal(audience_figures(tx, false, day_of(day), day_of(day), service, &arena, &list, &count, &err), 0);
    users = count == 0 ? -2 : !list[0].counted ? -1 : list[0].users;
    arena_done(&arena);
    store_read_end(tx);
    return users;
}

static void test_nothing_is_closed_before_the_first_line(void **state)
{
    struct world *w = *state;
    struct counter *counter = counter_at(w, "2026-04-01T10:00:00+05:00");

    assert_int_equal(passes(w, counter, "2026-04-10T10:00:00+05:00"), 0);
    assert_null(visit(counter, day_of("2026-04-10"), "", 1, 5, fixture_moment(&w->f, "2026-04-10T11:00:00+05:00")));
    assert_int_equal(passes(w, counter, "2026-04-11T05:59:59+05:00"), 0);
    assert_int_equal(passes(w, counter, "2026-04-11T06:00:00+05:00"), 1);
    assert_int_equal(closed_users(w, "2026-04-10", NULL), 5);
    assert_int_equal(closed_users(w, "2026-04-10", ""), 5);
    assert_int_equal(closed_users(w, "2026-04-09", NULL), -2);
    counter_free(counter);
    sound(w);
}

static void test_after_a_long_stop_each_day_is_closed(void **state)
{
    struct world *w = *state;
    struct counter *counter = counter_at(w, "2026-04-20T10:00:00+05:00");

    assert_null(visit(counter, day_of("2026-04-20"), "site", 1, 5, fixture_moment(&w->f, "2026-04-20T11:00:00+05:00")));
    counter_free(counter);
    counter = counter_at(w, "2026-06-02T10:00:00+05:00");
    passes(w, counter, "2026-06-02T10:00:00+05:00");
    assert_int_equal(closed_users(w, "2026-04-20", "site"), 5);
    for (int32_t day = day_of("2026-04-21"); day <= day_of("2026-06-01"); day++) {
        char text[11];

        date_format(date_from_day(day), text);
        assert_int_equal(closed_users(w, text, NULL), -1);
    }
    assert_int_equal(closed_users(w, "2026-06-02", NULL), -2);
    assert_int_equal(daily(w, MONTH_OF(2026, 5), NULL).users, -1);
    /* April's secret is gone; a new day counts under June's. */
    assert_null(visit(counter, day_of("2026-06-02"), "", 1, 7, fixture_moment(&w->f, "2026-06-02T11:00:00+05:00")));
    counter_free(counter);
    sound(w);
}

static void test_a_day_is_closed_by_one_node(void **state)
{
    struct world *w = *state;
    struct counter *one = counter_at(w, "2026-04-10T10:00:00+05:00");
    struct counter *two = counter_at(w, "2026-04-10T10:00:00+05:00");
    int64_t now_usec = fixture_moment(&w->f, "2026-04-10T11:00:00+05:00");

    assert_null(visit(one, day_of("2026-04-10"), "", 1, 5, now_usec));
    assert_null(visit(two, day_of("2026-04-10"), "", 4, 5, now_usec));
    assert_int_equal(passes(w, one, "2026-04-11T06:00:00+05:00"), 1);
    assert_int_equal(passes(w, two, "2026-04-11T06:00:00+05:00"), 0);
    assert_int_equal(closed_users(w, "2026-04-10", NULL), 8);
    assert_string_equal(visit(two, day_of("2026-04-10"), "", 40, 5, fixture_moment(&w->f, "2026-04-11T05:00:00+05:00")),
                        "day_closed");
    counter_free(two);
    counter_free(one);
    sound(w);
}

static void test_a_clock_gone_back_closes_nothing(void **state)
{
    struct world *w = *state;
    struct counter *counter = counter_at(w, "2026-04-10T10:00:00+05:00");

    assert_null(visit(counter, day_of("2026-04-10"), "", 1, 5, fixture_moment(&w->f, "2026-04-10T11:00:00+05:00")));
    assert_int_equal(passes(w, counter, "2026-04-12T06:00:00+05:00"), 2);
    assert_int_equal(passes(w, counter, "2026-04-01T06:00:00+05:00"), 0);
    assert_string_equal(
        visit(counter, day_of("2026-04-10"), "", 1, 5, fixture_moment(&w->f, "2026-04-10T12:00:00+05:00")),
        "day_closed");
    counter_free(counter);
    sound(w);
}

static void test_a_month_whose_secret_counted_nobody(void **state)
{
    struct world *w = *state;
    struct counter *counter = counter_at(w, "2026-03-10T10:00:00+05:00");
    struct visit_key key;
    struct err err = {0};

    assert_int_equal(
        counter_key(counter, day_of("2026-03-10"), fixture_moment(&w->f, "2026-03-10T10:00:00+05:00"), &key, &err), 0);
    assert_int_equal(passes(w, counter, "2026-04-01T05:59:59+05:00"), 0);
    assert_true(passes(w, counter, "2026-04-01T06:00:00+05:00") > 0);
    assert_int_equal(closed_users(w, "2026-03-31", NULL), -2);
    counter_free(counter);
    sound(w);
}

/* Wrapped or not, nothing tells the two months' hashes of a person together, and what is left are numbers. */
static void test_the_end_of_a_secret_goes_on_after_a_stop(void **state)
{
    struct world *w = *state;
    struct counter *counter = counter_at(w, "2026-04-30T10:00:00+05:00");
    int64_t now_usec = fixture_moment(&w->f, "2026-05-01T06:00:00+05:00");
    size_t handled = 1, steps = 0;
    struct err err = {0};

    assert_null(visit(counter, day_of("2026-04-30"), "", 1, 500, fixture_moment(&w->f, "2026-04-30T11:00:00+05:00")));
    /* After each step the program may have died: what comes next finds its place by the rows alone. */
    for (; handled > 0; steps++) {
        assert_int_equal(audience_pass(&w->f.office, counter, 6, now_usec, &handled, &err), 0);
        sound(w);
        counter_free(counter);
        counter = counter_at(w, "2026-05-01T06:00:00+05:00");
    }
    assert_true(steps >= 4);
    counter_free(counter);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_missing_days_are_left_out_and_named),
        TEST(test_rounded_half_up),
        TEST(test_leap_february),
        TEST(test_over_the_year),
        TEST(test_six_months_of_more_and_of_fewer),
        TEST(test_thirty_counted_days_pass_over_the_others),
        TEST(test_thirty_days_open_the_duty_once),
        TEST(test_exactly_the_threshold_is_not_above),
        TEST(test_twenty_nine_days_are_no_month),
        TEST(test_the_trend_says_when),
        TEST(test_too_little_says_nothing),
        TEST(test_a_correction_is_a_version),
        TEST(test_corrections_that_are_refused),
        TEST(test_a_correction_may_cross),
        TEST(test_a_changed_figure_is_found),
        TEST(test_a_removed_figure_is_found),
        TEST(test_an_invented_figure_is_found),
        TEST(test_a_secret_that_outlived_its_act_is_found),
        TEST(test_nothing_is_closed_before_the_first_line),
        TEST(test_after_a_long_stop_each_day_is_closed),
        TEST(test_a_day_is_closed_by_one_node),
        TEST(test_a_clock_gone_back_closes_nothing),
        TEST(test_a_month_whose_secret_counted_nobody),
        TEST(test_the_end_of_a_secret_goes_on_after_a_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
