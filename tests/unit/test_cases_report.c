/* A year's figures, from the events alone: what is counted, where a year begins and ends, which cases stand behind a
 * figure, and that a second count over the whole ledger comes to the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "cases/report.h"
#include "fixture.h"
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define T "title: {kk: a, ru: b, en: c}"

static const char form_yaml[] =
    "report: yearly\n" T "\nsummary: {kk: a, ru: b, en: c}\nnorms: [opl.13.2]\n"
    "sections:\n"
    "  - " T "\n"
    "    figures:\n"
    "      - {figure: received, " T ", procedure: complaint, by: [about, language]}\n"
    "      - {figure: about_users, " T ", procedure: complaint, where: \"about = user\"}\n"
    "      - {figure: decisions, " T ", procedure: complaint, acts: [answer], by: decision}\n"
    "      - {figure: measures, " T ", procedure: complaint, acts: [answer], by: measures}\n"
    "      - {figure: times, " T ", procedure: complaint, clock: answer, acts: [answer]}\n";

static void start(struct fixture *f)
{
    struct err err = {0};
    char path[256];

    fixture_start(f);
    snprintf(path, sizeof(path), "%s/reports", f->law_dir);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/reports/yearly.yaml", f->law_dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(form_yaml, file);
    fclose(file);
    if (fixture_reload(f, &err) < 0)
        fail_msg("%s %s", err.code, err.arg);
}

static void complain(struct fixture *f, const char *at, const char *about, enum lang lang, struct case_opened *ret)
{
    const char *text = "Мәтін, ұзындығы жеткілікті.", *link = "https://kenes.kz/1";
    struct raw_value raw[] = {fixture_raw("about", &about), fixture_raw("text", &text), fixture_raw("link", &link)};
    struct fixture_opening opening = {.now_usec = fixture_moment(f, at), .raw = raw, .raw_count = 3, .lang = lang};
    struct err err = {0};

    if (fixture_open_case(f, &opening, ret, &err) < 0)
        fail_msg("%s", err.code);
}

static void answer(struct fixture *f, const struct case_opened *c, const char *at, const char *decision, bool measures)
{
    const char *reasons = "Тексерілді, себебі мынадай болды.";
    const char *const taken[] = {"removed", "warned"};
    struct raw_value raw[] = {fixture_raw("decision", &decision),
                              fixture_raw("reasons", &reasons),
                              {.name = "measures", .kind = RAW_LIST, .count = 2, .texts = taken}};
    struct case_acting acting = {.case_id = c->id, .act = "answer", .raw = raw, .raw_count = measures ? 3 : 2};
    struct err err = {0};

    if (fixture_act(f, &acting, &f->moderator, fixture_moment(f, at), NULL, NULL, &err) < 0)
        fail_msg("%s", err.code);
}

static struct report make(struct fixture *f, int year, bool checked)
{
    struct report report;
    struct err err = {0};
    struct tx *tx;

    arena_reset(&f->arena);
    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    if (report_make(tx, &f->office, catalogue_report(f->office.catalogue, "yearly"), year,
                    fixture_moment(f, "2026-06-01T00:00:00+05:00"), &f->arena, &report, &err) < 0 ||
        (checked && report_check(tx, &f->office, &report, &err) < 0))
        fail_msg("%s %s", err.code, err.arg);
    store_read_end(tx);
    return report;
}

static const struct report_cell_figure *figure(const struct report *report, const char *id)
{
    for (size_t i = 0; i < report->figure_count; i++)
        if (strcmp(report->figures[i].form->id, id) == 0)
            return &report->figures[i];
    fail_msg("no figure %s", id);
    return NULL;
}

/* The cell by the ids of its options; NULL: "not given". */
static int64_t cell(const struct report *report, const char *id, const char *row, const char *column)
{
    const struct report_cell_figure *f = figure(report, id);
    const char *wanted[] = {row, column};
    size_t at[2] = {0, 0};

    for (size_t d = 0; d < f->form->dimension_count; d++) {
        size_t options = report_dimension_options(&f->form->dimensions[d]);

        while (at[d] < options &&
               (wanted[d] == NULL || strcmp(report_dimension_option(&f->form->dimensions[d], at[d]), wanted[d]) != 0))
            at[d]++;
    }
    return f->cells[at[0] * f->columns + at[1]];
}

static void a_year(struct fixture *f, struct case_opened *c)
{
    start(f);
    complain(f, "2025-12-31T23:59:59+05:00", "content", LANG_KK, &c[0]);
    complain(f, "2026-01-01T00:00:00+05:00", "content", LANG_KK, &c[1]);
    complain(f, "2026-01-10T10:00:00+05:00", "user", LANG_RU, &c[2]);
    complain(f, "2026-01-10T11:00:00+05:00", "user", LANG_KK, &c[3]);
    answer(f, &c[1], "2026-01-01T00:30:30+05:00", "upheld", true);
    answer(f, &c[2], "2026-01-11T10:00:00+05:00", "rejected", false);
    fixture_tick(f, fixture_moment(f, "2026-03-01T10:00:00+05:00"));
    answer(f, &c[0], "2026-03-02T10:00:00+05:00", "rejected", false);
}

static void test_what_a_year_holds(void **state)
{
    struct fixture f;
    struct case_opened c[4];
    struct report report;

    a_year(&f, c);
    report = make(&f, 2026, true);
    assert_true(report.running);
    assert_false(report.has_words);
    assert_int_equal(figure(&report, "received")->total, 3);
    assert_int_equal(cell(&report, "received", "content", "kk"), 1);
    assert_int_equal(cell(&report, "received", "user", "ru"), 1);
    assert_int_equal(cell(&report, "received", "user", "kk"), 1);
    assert_int_equal(cell(&report, "received", "user", "en"), 0);
    assert_int_equal(cell(&report, "received", "interface", "kk"), 0);
    assert_int_equal(figure(&report, "about_users")->total, 2);
    assert_int_equal(cell(&report, "about_users", NULL, NULL), 2);
    assert_int_equal(cell(&report, "decisions", "rejected", NULL), 2);
    assert_int_equal(cell(&report, "decisions", "upheld", NULL), 1);
    /* Each of several measures counts; acts without any stand apart. */
    assert_int_equal(figure(&report, "measures")->total, 3);
    assert_int_equal(cell(&report, "measures", "removed", NULL), 1);
    assert_int_equal(cell(&report, "measures", "warned", NULL), 1);
    assert_int_equal(cell(&report, "measures", NULL, NULL), 2);
    const struct report_times *times = &figure(&report, "times")->times;
    assert_int_equal(times->stopped, 3);
    assert_int_equal(times->in_time, 2);
    assert_int_equal(times->late, 1);
    assert_int_equal(times->became_overdue, 2); /* the first and the fourth, which is open still */
    assert_int_equal(times->median_min, 24 * 60);
    assert_int_equal(times->p95_min, (60 * 24 + 10) * 60); /* 31 December 23:59:59 to 2 March 10:00:00, whole minutes */

    report = make(&f, 2025, true);
    assert_false(report.running);
    assert_int_equal(figure(&report, "received")->total, 1);
    assert_int_equal(figure(&report, "decisions")->total, 0);
    assert_int_equal(figure(&report, "times")->times.median_min, -1);
    fixture_end(&f);
}

static void test_years_without_events(void **state)
{
    struct fixture f;
    struct case_opened c[4];
    struct report report;
    struct err err = {0};
    struct tx *tx;

    a_year(&f, c);
    for (int year = 2000; year <= 2199; year += year == 2000 ? 24 : 175) {
        report = make(&f, year, true);
        assert_int_equal(report.events, 0);
        for (size_t i = 0; i < report.figure_count; i++)
            assert_int_equal(report.figures[i].total, 0);
    }
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(report_make(tx, &f.office, catalogue_report(f.office.catalogue, "yearly"), i ? 1999 : 2200, 0,
                                     &f.arena, &report, &err),
                         -ERR_BAD_INPUT);
        assert_string_equal(err.code, "report_year");
    }
    store_read_end(tx);
    fixture_end(&f);
}

static void test_a_store_without_events(void **state)
{
    struct fixture f;
    struct report report;
    struct err err = {0};

    fixture_start_empty(&f);
    fixture_end(&f);
    start(&f);
    report = make(&f, 2024, true);
    assert_int_equal(report.events, 0);
    assert_int_equal(err.kind, ERR_NONE);
    fixture_end(&f);
}

static void test_the_cases_behind_a_figure(void **state)
{
    struct fixture f;
    struct case_opened c[4];
    struct err err = {0};
    struct tx *tx;
    struct report_counted *found;
    size_t count;
    int64_t next;

    a_year(&f, c);
    const struct report_form *form = catalogue_report(f.office.catalogue, "yearly");
    const struct report_figure *figures = form->sections[0].figures;
    struct report_cell users = {.form = &figures[0], .row = 2, .column = -1};
    assert_string_equal(report_dimension_option(&figures[0].dimensions[0], 2), "user");
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(report_cases(tx, &f.office, form, 2026, &users, 0, 1, &f.arena, &found, &count, &next, &err), 0);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].case_id, c[2].id);
    assert_int_equal(found[0].leaf, c[2].leaf);
    assert_true(next > c[2].leaf);
    assert_int_equal(report_cases(tx, &f.office, form, 2026, &users, next, 10, &f.arena, &found, &count, &next, &err),
                     0);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].case_id, c[3].id);
    assert_int_equal(next, -1);
    users.column = 1;
    assert_int_equal(report_cases(tx, &f.office, form, 2026, &users, 0, 10, &f.arena, &found, &count, &next, &err), 0);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].case_id, c[2].id);
    struct report_cell rejected = {.form = &figures[2], .row = -1, .column = -1};
    assert_int_equal(report_cases(tx, &f.office, form, 2026, &rejected, 0, 10, &f.arena, &found, &count, &next, &err),
                     0);
    assert_int_equal(count, 3);
    struct report_cell times = {.form = &figures[4], .row = -1, .column = -1};
    assert_int_equal(report_cases(tx, &f.office, form, 2026, &times, 0, 10, &f.arena, &found, &count, &next, &err), 0);
    assert_int_equal(count, 3);
    assert_int_equal(report_cases(tx, &f.office, form, 2024, &times, 0, 10, &f.arena, &found, &count, &next, &err), 0);
    assert_int_equal(count, 0);
    assert_int_equal(next, -1);
    store_read_end(tx);
    fixture_end(&f);
}

static void test_a_changed_event_does_not_pass_the_check(void **state)
{
    struct fixture f;
    struct case_opened c[4];
    struct report report;
    struct err err = {0};
    struct tx *tx;

    a_year(&f, c);
    report = make(&f, 2026, true);
    fixture_sql(&f, "UPDATE event SET body = replace(body, '\"decision\":\"rejected\"', '\"decision\":\"upheld\"')");
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(report_check(tx, &f.office, &report, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "ledger_damaged");
    /* And figures that are not the ledger's are named. */
    store_read_end(tx);
    fixture_end(&f);

    a_year(&f, c);
    report = make(&f, 2026, false);
    ((int64_t *)report.figures[2].cells)[0]++;
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(report_check(tx, &f.office, &report, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "report_differs");
    assert_string_equal(err.arg, "decisions");
    store_read_end(tx);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_year_holds),
        cmocka_unit_test(test_years_without_events),
        cmocka_unit_test(test_a_store_without_events),
        cmocka_unit_test(test_the_cases_behind_a_figure),
        cmocka_unit_test(test_a_changed_event_does_not_pass_the_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
