/* The example fills an office with a believable story that verifies, whenever it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/demo.h"
#include "fixture.h"
#include <cmocka.h>

static struct case_filter everything(void)
{
    return (struct case_filter){.sort = CASE_SORT_OLDEST,
                                .limit = 500,
                                .due_from_usec = TIME_NONE,
                                .due_before_usec = TIME_NONE,
                                .overdue_at_usec = TIME_NONE,
                                .opened_from_usec = TIME_NONE,
                                .opened_before_usec = TIME_NONE};
}

static int64_t count(struct fixture *f, const struct case_filter *filter)
{
    struct err err = {0};
    struct tx *tx;
    int64_t n;

    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    assert_int_equal(store_case_count(tx, filter, &n, &err), 0);
    store_read_end(tx);
    return n;
}

static void told_at(const char *now)
{
    struct fixture f;
    struct demo_report report = {.filled = false};
    struct verify_report verified;
    struct case_filter filter = everything();
    struct outbox_figures mail;
    struct err err = {0};
    struct tx *tx;
    int64_t now_usec;

    fixture_start_empty(&f);
    now_usec = fixture_moment(&f, now);
    if (demo_fill(&f.office, DEMO_DIR, now_usec, &report, &err) < 0)
        fail_msg("%s: %s %s %s", now, err.code, err.arg, err.detail);
    assert_true(report.filled);
    assert_true(report.cases >= 190 && report.cases <= 210);
    assert_int_equal(report.account_count, 5);
    assert_int_equal(count(&f, &filter), report.cases);

    filter.overdue_at_usec = now_usec;
    int64_t overdue = count(&f, &filter);
    filter = everything();
    filter.open_only = true;
    int64_t open = count(&f, &filter);
    filter.unassigned = true;
    int64_t unassigned = count(&f, &filter);
    filter = everything();
    filter.open_only = true;
    filter.due_from_usec = now_usec;
    filter.due_before_usec = now_usec + 5 * USEC_PER_DAY;
    int64_t soon = count(&f, &filter);
    filter = everything();
    filter.state = "withdrawn";
    int64_t withdrawn = count(&f, &filter);
    filter = everything();
    filter.opened_from_usec = now_usec;
    assert_int_equal(count(&f, &filter), 0);
    print_message("%s: %lld cases, %lld open, %lld overdue, %lld soon, %lld unassigned, %lld withdrawn\n", now,
                  (long long)report.cases, (long long)open, (long long)overdue, (long long)soon, (long long)unassigned,
                  (long long)withdrawn);
    assert_true(overdue >= 3 && overdue <= 7);
    assert_true(open >= 15 && open <= 50);
    assert_true(soon >= 2);
    assert_true(unassigned >= 5);
    assert_true(withdrawn >= 2);

    if (fixture_verify(&f, &verified, &err) < 0)
        fail_msg("verify: %s %s %s", err.code, err.arg, err.detail);
    assert_int_equal(verified.cases, report.cases);
    assert_true(verified.attachments > 3);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(store_outbox_figures(tx, &mail, &err), 0);
    store_read_end(tx);
    assert_int_equal(mail.waiting, 0);
    assert_true(mail.sent > 100);

    /* Told once; a second time changes nothing. */
    assert_int_equal(demo_fill(&f.office, DEMO_DIR, now_usec, &report, &err), 0);
    assert_false(report.filled);
    assert_int_equal(fixture_tick(&f, now_usec), 0);
    fixture_end(&f);
}

static void test_the_example_is_believable_whenever_it_is_told(void **state)
{
    told_at("2026-11-21T20:40:00+05:00");
    told_at("2026-04-01T03:15:00+05:00"); /* in the night, with Nauryz behind */
    told_at("2027-01-02T12:00:00+05:00");
    told_at("2026-09-07T08:59:00+05:00");
    told_at("2026-12-31T23:59:59+05:00");
}

static void test_damaged_data_are_refused_with_their_place(void **state)
{
    struct fixture f;
    struct demo_report report = {.filled = false};
    struct err err = {0};

    fixture_start(&f);
    fixture_sql(&f, "DELETE FROM account");
    assert_true(demo_fill(&f.office, f.law_dir, fixture_moment(&f, "2026-04-01T03:15:00+05:00"), &report, &err) < 0);
    assert_false(report.filled);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_is_believable_whenever_it_is_told),
        cmocka_unit_test(test_damaged_data_are_refused_with_their_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
