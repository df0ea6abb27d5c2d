/* Reports remembered: what is counted anew and when, what words do meanwhile, and that nobody pushes a year out by
 * asking for many others. */
#include "cases/report.h"
#include "fixture.h"
#include "unit.h"
#include "web/report_cache.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct kept {
    struct fixture f;
    struct report_cache *cache;
    struct arena arena;
    int64_t at_usec; /* of the last report: when it was counted */
};

static void start(struct kept *kept)
{
    struct err err = {0};

    fixture_start(&kept->f);
    arena_init(&kept->arena, (size_t)32 << 20);
    assert_int_equal(report_cache_new(&kept->cache, &err), 0);
}

static void end(struct kept *kept)
{
    report_cache_free(kept->cache);
    arena_done(&kept->arena);
    fixture_end(&kept->f);
}

static int ask(struct kept *kept, int year, const char *now, struct report *ret, struct err *err)
{
    const struct report_form *form = catalogue_report(kept->f.office.catalogue, "transparency");
    struct tx *tx;
    int r;

    assert_non_null(form);
    assert_int_equal(store_read_begin(kept->f.store, &tx, err), 0);
    r = report_cache_get(kept->cache, tx, &kept->f.office, form, year, fixture_moment(&kept->f, now), &kept->arena, ret,
                         &kept->at_usec, err);
    store_read_end(tx);
    return r;
}

static struct report get(struct kept *kept, int year, const char *now)
{
    struct report report;
    struct err err = {0};

    if (ask(kept, year, now, &report, &err) < 0)
        fail_msg("%s %s", err.code, err.arg);
    return report;
}

static int64_t complaints(const struct report *report)
{
    for (size_t i = 0; i < report->figure_count; i++)
        if (strcmp(report->figures[i].form->id, "complaints") == 0)
            return report->figures[i].total;
    return -1;
}

static bool counted_at(const struct kept *kept, const char *moment)
{
    return kept->at_usec == fixture_moment(&kept->f, moment);
}

static void complain(struct kept *kept, const char *at)
{
    struct fixture_opening opening = {
        .now_usec = fixture_moment(&kept->f, at), .raw = fixture_complaint, .raw_count = 2};
    struct case_opened opened;
    struct err err = {0};

    if (fixture_open_case(&kept->f, &opening, &opened, &err) < 0)
        fail_msg("%s", err.code);
}

static void draft(struct kept *kept, const char *at, const char *risks, struct case_opened *ret)
{
    const char *year = "2025", *measures = "Модераторлар саны екі есе артты.";
    struct raw_value raw[] = {{.name = "year", .kind = RAW_FORM, .count = 1, .texts = &year},
                              fixture_raw("risks", &risks),
                              fixture_raw("measures", &measures)};
    struct fixture_opening opening = {.procedure = "annual_report",
                                      .opener = "staff",
                                      .actor = &kept->f.registrar,
                                      .now_usec = fixture_moment(&kept->f, at),
                                      .raw = raw,
                                      .raw_count = 3};
    struct err err = {0};

    if (fixture_open_case(&kept->f, &opening, ret, &err) < 0)
        fail_msg("%s %s: %s", err.code, kept->f.errors.count > 0 ? kept->f.errors.items[0].field : "",
                 kept->f.errors.count > 0 ? kept->f.errors.items[0].code : "");
}

static void act(struct kept *kept, const struct case_opened *c, const char *act, const char *at)
{
    const char *reasons = "Сан қате берілген, түзетіледі.";
    struct raw_value raw[] = {fixture_raw("reasons", &reasons)};
    struct case_acting acting = {
        .case_id = c->id, .act = act, .raw = raw, .raw_count = strcmp(act, "withdraw") == 0 ? 1 : 0};
    struct err err = {0};

    if (fixture_act(&kept->f, &acting, &kept->f.registrar, fixture_moment(&kept->f, at), NULL, NULL, &err) < 0)
        fail_msg("%s %s", err.code, err.arg);
}

static void test_a_running_year_is_counted_anew_after_a_while(void **state)
{
    struct kept kept;
    struct report report;

    start(&kept);
    complain(&kept, "2026-03-01T10:00:00+05:00");
    report = get(&kept, 2026, "2026-03-01T12:00:00+05:00");
    assert_int_equal(complaints(&report), 1);
    assert_true(report.running);
    complain(&kept, "2026-03-01T12:00:10+05:00");
    report = get(&kept, 2026, "2026-03-01T12:00:59+05:00");
    assert_int_equal(complaints(&report), 1);
    assert_true(counted_at(&kept, "2026-03-01T12:00:00+05:00"));
    report = get(&kept, 2026, "2026-03-01T13:00:00+05:00");
    assert_int_equal(complaints(&report), 2);
    assert_true(counted_at(&kept, "2026-03-01T13:00:00+05:00"));
    end(&kept);
}

static void test_a_year_that_is_over_is_counted_once(void **state)
{
    struct kept kept;
    struct report report;

    start(&kept);
    complain(&kept, "2025-12-31T23:00:00+05:00");
    report = get(&kept, 2025, "2025-12-31T23:30:00+05:00");
    assert_true(report.running);
    /* What was counted before the year's end, or on the day after, is not the last word. */
    report = get(&kept, 2025, "2026-01-01T12:00:00+05:00");
    assert_false(report.running);
    report = get(&kept, 2025, "2026-01-03T12:00:00+05:00");
    assert_true(counted_at(&kept, "2026-01-03T12:00:00+05:00"));
    report = get(&kept, 2025, "2027-06-01T12:00:00+05:00");
    assert_true(counted_at(&kept, "2026-01-03T12:00:00+05:00"));
    assert_int_equal(complaints(&report), 1);
    assert_false(report.running);
    end(&kept);
}

static void test_words_come_and_go_after_the_year(void **state)
{
    struct kept kept;
    struct case_opened first, second;
    struct report report;

    start(&kept);
    complain(&kept, "2025-05-01T10:00:00+05:00");
    report = get(&kept, 2025, "2026-02-01T10:00:00+05:00");
    assert_false(report.has_words);
    draft(&kept, "2026-02-02T10:00:00+05:00", "Жалған ақпарат тез таралып жатыр.", &first);
    report = get(&kept, 2025, "2026-02-02T10:00:01+05:00");
    assert_false(report.has_words);
    act(&kept, &first, "publish", "2026-02-02T10:01:00+05:00");
    report = get(&kept, 2025, "2026-02-02T10:01:01+05:00");
    assert_true(report.has_words);
    assert_string_equal(report.words_number, first.number);
    assert_string_equal(report.words[0].texts[0], "Жалған ақпарат тез таралып жатыр.");
    assert_true(counted_at(&kept, "2026-02-01T10:00:00+05:00"));
    /* Corrected: taken back, and published anew. */
    act(&kept, &first, "withdraw", "2026-02-03T10:00:00+05:00");
    report = get(&kept, 2025, "2026-02-03T10:00:01+05:00");
    assert_false(report.has_words);
    assert_null(report.words);
    draft(&kept, "2026-02-03T11:00:00+05:00", "Жалған ақпарат пен алаяқтық таралды.", &second);
    act(&kept, &second, "publish", "2026-02-03T11:01:00+05:00");
    report = get(&kept, 2025, "2026-02-03T11:01:01+05:00");
    assert_string_equal(report.words_number, second.number);
    assert_int_equal(complaints(&report), 1);
    /* Of another year there are none. */
    report = get(&kept, 2026, "2026-02-03T11:01:01+05:00");
    assert_false(report.has_words);
    end(&kept);
}

static void test_asking_for_every_year_pushes_none_out(void **state)
{
    struct kept kept;
    struct report report;

    start(&kept);
    complain(&kept, "2025-05-01T10:00:00+05:00");
    get(&kept, 2025, "2026-02-01T10:00:00+05:00");
    for (int year = 2000; year <= 2199; year++) {
        if (year == 2025 || year == 2026)
            continue;
        report = get(&kept, year, "2026-02-02T10:00:00+05:00");
        assert_int_equal(complaints(&report), 0);
        assert_int_equal(report.running, year > 2026);
        arena_reset(&kept.arena);
    }
    get(&kept, 2025, "2026-02-03T10:00:00+05:00");
    assert_true(counted_at(&kept, "2026-02-01T10:00:00+05:00"));
    end(&kept);
}

static void test_more_years_than_are_remembered(void **state)
{
    struct kept kept;
    struct report report;
    char now[40], at[40];

    start(&kept);
    complain(&kept, "2023-10-01T10:00:00+05:00");
    for (int year = 2023; year < 2023 + REPORTS_REMEMBERED + 3; year++) {
        snprintf(now, sizeof(now), "2060-01-01T10:%02d:00+05:00", year - 2023);
        report = get(&kept, year, now);
        assert_int_equal(complaints(&report), year == 2023);
        arena_reset(&kept.arena);
    }
    /* The last is remembered, the first is counted anew. */
    snprintf(at, sizeof(at), "2060-01-01T10:%02d:00+05:00", REPORTS_REMEMBERED + 2);
    get(&kept, 2023 + REPORTS_REMEMBERED + 2, "2060-01-02T10:00:00+05:00");
    assert_true(counted_at(&kept, at));
    report = get(&kept, 2023, "2060-01-02T10:00:00+05:00");
    assert_true(counted_at(&kept, "2060-01-02T10:00:00+05:00"));
    assert_int_equal(complaints(&report), 1);
    end(&kept);
}

static void test_no_year_and_an_empty_store(void **state)
{
    struct kept kept;
    struct report report = {.year = 7};
    struct err err = {0};

    start(&kept);
    assert_int_equal(ask(&kept, 1999, "2026-02-01T10:00:00+05:00", &report, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "report_year");
    assert_int_equal(ask(&kept, 2200, "2026-02-01T10:00:00+05:00", &report, &err), -ERR_BAD_INPUT);
    assert_int_equal(report.year, 7);
    report = get(&kept, 2026, "2026-02-01T10:00:00+05:00");
    assert_int_equal(complaints(&report), 0);
    end(&kept);
}

struct reader {
    struct kept *kept;
    struct arena arena;
    struct report report;
    int64_t at_usec;
    int r;
};

static void *read_it(void *arg)
{
    struct reader *reader = arg;
    struct fixture *f = &reader->kept->f;
    struct err err = {0};
    struct tx *tx;

    reader->r = store_read_begin(f->store, &tx, &err);
    if (reader->r == 0)
        reader->r = report_cache_get(
            reader->kept->cache, tx, &f->office, catalogue_report(f->office.catalogue, "transparency"), 2026,
            fixture_moment(f, "2026-03-01T12:00:00+05:00"), &reader->arena, &reader->report, &reader->at_usec, &err);
    store_read_end(tx);
    return NULL;
}

static void test_readers_at_the_same_moment(void **state)
{
    enum { READERS = 8 };
    static struct reader readers[READERS];
    pthread_t threads[READERS];
    struct kept kept;

    start(&kept);
    for (int i = 0; i < 20; i++)
        complain(&kept, "2026-03-01T10:00:00+05:00");
    for (int i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.kept = &kept};
        arena_init(&readers[i].arena, (size_t)8 << 20);
        assert_int_equal(pthread_create(&threads[i], NULL, read_it, &readers[i]), 0);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].r, 0);
        assert_int_equal(complaints(&readers[i].report), 20);
        arena_done(&readers[i].arena);
    }
    end(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_running_year_is_counted_anew_after_a_while),
        cmocka_unit_test(test_a_year_that_is_over_is_counted_once),
        cmocka_unit_test(test_words_come_and_go_after_the_year),
        cmocka_unit_test(test_asking_for_every_year_pushes_none_out),
        cmocka_unit_test(test_more_years_than_are_remembered),
        cmocka_unit_test(test_no_year_and_an_empty_store),
        cmocka_unit_test(test_readers_at_the_same_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
