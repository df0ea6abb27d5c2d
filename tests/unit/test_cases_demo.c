/* The example fills an office with a believable story that verifies, whenever it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/demo.h"
#include "fixture.h"
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* What every role finds at work. */
static int64_t running(struct fixture *f, const char *procedure, int64_t now_usec, bool overdue)
{
    const char *const procedures[] = {procedure, NULL};
    struct case_filter filter = everything();

    filter.procedures = procedures;
    if (overdue) {
        filter.overdue_at_usec = now_usec;
    } else {
        filter.open_only = true;
    }
    return count(f, &filter);
}

static void every_desk_has_work(struct fixture *f, int64_t now_usec)
{
    static const char *const open[] = {"complaint",
                                       "appeal",
                                       "false_information",
                                       "threat_to_life",
                                       "breach",
                                       "request_received",
                                       "prescription_received",
                                       "recommendation_received",
                                       "monitoring",
                                       "preventive_control",
                                       "prescription",
                                       "inquiry",
                                       "restoration",
                                       "carrier_order",
                                       "order_received",
                                       "data_access",
                                       "data_change",
                                       "data_block",
                                       "data_destruction",
                                       "public_removal",
                                       "consent_withdrawal",
                                       "recipient_withdrawal",
                                       "automated_objection",
                                       "transfer_notice",
                                       "data_breach",
                                       "method_request",
                                       "data_appeal",
                                       "data_demand",
                                       "breach_received",
                                       "inspection_plan",
                                       "inspection",
                                       "inspection_objection",
                                       "inspection_followup"};

    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
        if (running(f, open[i], now_usec, false) == 0)
            fail_msg("no %s is open", open[i]);
    assert_true(running(f, "request_received", now_usec, true) >= 1);
    assert_true(running(f, "preventive_control", now_usec, true) >= 1);
    assert_true(running(f, "inquiry", now_usec, true) >= 1);
    assert_true(running(f, "restoration", now_usec, true) >= 1);
    assert_true(running(f, "data_change", now_usec, true) >= 1);
}

/* Events stand in the order of their time: finding one by its moment rests on it. */
static int not_earlier(const struct event_row *row, void *arg, struct err *err)
{
    int64_t *last_usec = arg;

    assert_true(row->at_usec >= *last_usec);
    *last_usec = row->at_usec;
    return 0;
}

static void events_are_in_order(struct fixture *f, int64_t now_usec)
{
    int64_t last_usec = INT64_MIN;
    struct err err = {0};
    struct tx *tx;

    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    assert_int_equal(store_event_scan(tx, 0, INT64_MAX, not_earlier, &last_usec, &err), 0);
    store_read_end(tx);
    assert_true(last_usec < now_usec && last_usec > now_usec - USEC_PER_DAY);
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
    assert_true(report.cases >= 620 && report.cases <= 720);
    assert_int_equal(report.account_count, 10);
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
    assert_true(overdue >= 8 && overdue <= 22);
    assert_true(open >= 80 && open <= 140);
    assert_true(soon >= 2);
    assert_true(unassigned >= 5);
    assert_true(withdrawn >= 2);
    every_desk_has_work(&f, now_usec);
    filter = everything();
    filter.state = "destroyed";
    assert_int_equal(count(&f, &filter), 2);
    assert_int_equal(report.cabinet_count, 2);
    events_are_in_order(&f, now_usec);

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

/* The example's own files but for platform.yaml, which says `text`; nothing is written where it is refused. */
static void refused_with(struct fixture *f, const char *text, const char *place)
{
    static const char *const same[] = {"complaints.yaml", "plots.yaml", "authority.yaml", "people.yaml",
                                       "screenshot.png",  "ads.yaml",   "processing.json"};
    char dir[] = "/tmp/talap-demo-XXXXXX", path[128], target[512];
    struct demo_report report = {.filled = false};
    struct err err = {0};
    FILE *file;

    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, same[i]);
        snprintf(target, sizeof(target), "%s/%s", DEMO_DIR, same[i]);
        assert_int_equal(symlink(target, path), 0);
    }
    snprintf(path, sizeof(path), "%s/platform.yaml", dir);
    file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_true(demo_fill(&f->office, dir, fixture_moment(f, "2026-04-01T03:15:00+05:00"), &report, &err) < 0);
    assert_false(report.filled);
    assert_string_equal(err.code, "demo_malformed");
    if (strstr(err.arg, place) == NULL)
        fail_msg("%s does not tell of %s", err.arg, place);
    unlink(path);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, same[i]);
        unlink(path);
    }
    rmdir(dir);
}

static void test_damaged_data_are_refused_with_their_place(void **state)
{
    struct fixture f;
    struct demo_report report = {.filled = false};
    struct case_filter filter = everything();
    struct err err = {0};

    fixture_start(&f);
    fixture_sql(&f, "DELETE FROM account");
    assert_true(demo_fill(&f.office, f.law_dir, fixture_moment(&f, "2026-04-01T03:15:00+05:00"), &report, &err) < 0);
    assert_false(report.filled);
    refused_with(&f, "stories:\n  - {plot: nobody_knows_it, ago: 3d 10:00}\n", "platform.yaml:2: nobody_knows_it");
    refused_with(&f, "stories:\n  - {plot: threat, ago: 3d}\n", "platform.yaml:2: ago");
    refused_with(&f, "stories:\n  - {plot: threat, ago: 3d 25:00}\n", "platform.yaml:2: ago");
    refused_with(&f, "stories:\n  - {plot: threat, ago: soon}\n", "platform.yaml:2: ago");
    refused_with(&f, "stories:\n  - {plot: threat, ago: 3d 10:00, with: {informed_after: later}}\n", "after later");
    refused_with(&f, "tales: []\n", "stories");
    assert_int_equal(count(&f, &filter), 0);
    fixture_end(&f);
}

/* What no longer fits the law, or leaves a word open, is found while it is lived through. */
static void test_stories_that_do_not_fit_are_refused(void **state)
{
    static const char *const told[][2] = {
        {"stories:\n  - {plot: threat, ago: 795d 10:00, steps: 1, with: {path: post}}\n", "text of story"},
        {"stories:\n  - {plot: threat, ago: 795d 10:00, steps: 1, with: {path: post, text: x}}\n", "fields_refused"},
        {"stories:\n  - {plot: appeal_withdrawn, ago: 795d 10:00, with: {appeal: \"${case:nobody.case}\"}}\n",
         "text of story"},
    };

    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        struct fixture f;

        fixture_start_empty(&f);
        refused_with(&f, told[i][0], told[i][1]);
        fixture_end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_is_believable_whenever_it_is_told),
        cmocka_unit_test(test_damaged_data_are_refused_with_their_place),
        cmocka_unit_test(test_stories_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
