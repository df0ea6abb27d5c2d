/* The yearly report as CSV, JSON and on paper: from figures made up here, in the form of the shipped law. */
#include "base/json.h"
#include "law/catalogue.h"
#include "out/report_out.h"
#include "out/report_paper.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLEANUP_ARENA __attribute__((cleanup(arena_done)))
#define FIGURES_MAX 64

static struct catalogue *catalogue;

static int load_law(void **state)
{
    return catalogue_load(LAW_DIR, &catalogue, NULL);
}

static int free_law(void **state)
{
    catalogue_free(catalogue);
    return 0;
}

struct made {
    struct report_cell_figure figures[FIGURES_MAX];
    int64_t cells[FIGURES_MAX][256];
    struct case_value words[4];
    const char *texts[4];
    struct report report;
};

static size_t cells_of(const struct report_figure *figure, size_t dimension)
{
    return dimension < figure->dimension_count ? report_dimension_options(&figure->dimensions[dimension]) + 1 : 1;
}

/* A report of 2025 in which nothing happened. */
static void made_init(struct made *made)
{
    const struct report_form *form = catalogue_report(catalogue, "transparency");
    size_t next = 0;

    assert_non_null(form);
    assert_true(form->figure_count <= FIGURES_MAX && form->words.field_count <= 4);
    memset(made, 0, sizeof(*made));
    for (size_t s = 0; s < form->section_count; s++)
        for (size_t i = 0; i < form->sections[s].figure_count; i++, next++) {
            struct report_cell_figure *figure = &made->figures[next];

            figure->form = &form->sections[s].figures[i];
            figure->rows = cells_of(figure->form, 0);
            figure->columns = cells_of(figure->form, 1);
            assert_true(figure->rows * figure->columns <= 256);
            figure->cells = made->cells[next];
            figure->times.median_min = figure->times.p95_min = -1;
        }
    made->report = (struct report){
        .form = form, .year = 2025, .figure_count = next, .figures = made->figures, .first_leaf = 5, .end_leaf = 99};
    for (size_t i = 0; i < form->words.field_count; i++) {
        made->words[i] = (struct case_value){.field = form->words.fields[i], .count = 1, .texts = &made->texts[i]};
        made->texts[i] = "";
    }
}

static size_t at(const struct made *made, const char *id)
{
    for (size_t i = 0; i < made->report.figure_count; i++)
        if (strcmp(made->figures[i].form->id, id) == 0)
            return i;
    fail_msg("no figure %s", id);
    return 0;
}

static void with_figures(struct made *made)
{
    size_t complaints = at(made, "complaints"), times = at(made, "complaint_times");

    made->report.events = 4321;
    made->figures[complaints].total = 1234567;
    made->cells[complaints][0] = 1234560;                                   /* the first option, in Kazakh */
    made->cells[complaints][made->figures[complaints].columns * 2 - 1] = 7; /* the second, language not given */
    made->figures[times].total = 3;
    made->figures[times].times = (struct report_times){3, 2, 1, 4, 119, 10 * 24 * 60 + 5};
    made->report.has_words = true;
    made->report.words = made->words;
    made->report.words_number = "ЖЕ-2026-000001";
    made->texts[0] = "Жалған ақпарат: «өте» тез\n<таралады>.";
    made->texts[1] = "=1+1, \"шара\"";
}

static char *csv(const struct report *report, enum lang lang)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    report_csv(report, lang, &out);
    assert_false(out.failed);
    return buf_take(&out, NULL);
}

static void test_csv(void **state)
{
    struct made made;
    char *text;

    made_init(&made);
    with_figures(&made);
    text = csv(&made.report, LANG_EN);
    assert_ptr_equal(strstr(text, "figure,title,by,option,by_2,option_2,measure,count\r\n"), text);
    /* A title with a comma is quoted. */
    assert_non_null(
        strstr(text, "complaints,\"Complaints received: what about, in which language\",,,,,total,1234567\r\n"));
    assert_non_null(strstr(text, ",Language,in Kazakh,count,1234560\r\n"));
    assert_non_null(strstr(text, ",Language,not given,count,7\r\n"));
    assert_non_null(strstr(text, ",,,,,in_time,2\r\n"));
    assert_non_null(strstr(text, ",,,,,late,1\r\n"));
    assert_non_null(strstr(text, ",,,,,became_overdue,4\r\n"));
    assert_non_null(strstr(text, "complaint_times,Time to answer a complaint,,,,,median_minutes,119\r\n"));
    /* Nothing stopped: no time, which is not zero. */
    assert_non_null(strstr(text, "request_times,Time to consider requests,,,,,median_minutes,\r\n"));
    for (const char *line = text; *line != '\0'; line = strstr(line, "\r\n") + 2) {
        assert_non_null(strstr(line, "\r\n"));
        assert_null(strchr("=+-@", *line));
    }
    free(text);
}

static json_t *json(const struct report *report, enum lang lang)
{
    struct buf out;
    json_t *parsed;

    buf_init(&out, 1 << 20);
    report_json(report, lang, &out);
    assert_false(out.failed);
    parsed = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    buf_done(&out);
    return parsed;
}

static const json_t *figure_of(const json_t *report, const char *id)
{
    size_t s, i;
    json_t *section, *figure;

    json_array_foreach(json_object_get(report, "sections"), s, section)
    {
        json_array_foreach(json_object_get(section, "figures"), i, figure)
        {
            if (strcmp(json_string_value(json_object_get(figure, "figure")), id) == 0)
                return figure;
        }
    }
    fail_msg("no figure %s", id);
    return NULL;
}

static int64_t number(const json_t *object, const char *key)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    return json_integer_value(json_object_get(object, key));
}

static void test_json(void **state)
{
    struct made made;
    json_t *whole;
    const json_t *figure, *cells, *times;

    made_init(&made);
    with_figures(&made);
    whole = json(&made.report, LANG_KK);
    assert_int_equal(number(whole, "year"), 2025);
    assert_true(json_is_true(json_object_get(whole, "complete")));
    assert_int_equal(number(whole, "events"), 4321);
    assert_int_equal(number(whole, "first_leaf"), 5);
    assert_int_equal(number(whole, "end_leaf"), 99);
    assert_string_equal(json_string_value(json_object_get(json_object_get(whole, "words"), "risks")), made.texts[0]);
    assert_string_equal(json_string_value(json_object_get(json_object_get(whole, "words"), "measures")), made.texts[1]);
    figure = figure_of(whole, "complaints");
    cells = json_object_get(figure, "cells");
    assert_int_equal(number(figure, "total"), 1234567);
    assert_true(json_is_null(json_object_get(figure, "times")));
    assert_int_equal(json_array_size(cells), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(cells, 0), "language")), "kk");
    assert_true(json_is_null(json_object_get(json_array_get(cells, 1), "language")));
    assert_int_equal(number(json_array_get(cells, 1), "count"), 7);
    times = json_object_get(figure_of(whole, "complaint_times"), "times");
    assert_int_equal(number(times, "late"), 1);
    assert_int_equal(number(times, "median_minutes"), 119);
    times = json_object_get(figure_of(whole, "request_times"), "times");
    assert_true(json_is_null(json_object_get(times, "p95_minutes")));
    json_decref(whole);

    made_init(&made);
    made.report.running = true;
    whole = json(&made.report, LANG_RU);
    assert_true(json_is_false(json_object_get(whole, "complete")));
    assert_true(json_is_null(json_object_get(whole, "words")));
    json_decref(whole);
}

/* --- On paper -------------------------------------------------------------------------------------------------------
 */

static void render(const struct report *report, enum lang lang, struct buf *ret)
{
    const struct organisation organisation = {
        .name = {.in = {"«Алаң» ЖШС", "ТОО «Алаң»", "Alan LLP"}},
    };
    const struct zone *zone = &catalogue->calendar->zone;
    struct err err = {0};
    int64_t at_usec;

    assert_true(moment_parse("2026-02-01T10:30:00+05:00", zone, &at_usec));
    buf_init(ret, 16 << 20);
    if (report_render(report, &organisation, lang, zone, at_usec, ret, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
}

/* The words on the sheets, lines joined; blanks of every kind are one. */
static void words_of(const struct buf *pdf, char *ret, size_t room)
{
    char path[] = "/tmp/talap-report-XXXXXX", command[256];
    int fd = mkstemp(path);
    FILE *pipe;
    size_t count;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, pdf->data, pdf->len), pdf->len);
    close(fd);
    snprintf(command, sizeof(command), "pdftotext -layout %s - | sed 's/\xC2\xA0/ /g' | tr -s ' \\n\\f' '   '", path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    count = fread(ret, 1, room - 1, pipe);
    ret[count] = '\0';
    assert_int_equal(pclose(pipe), 0);
    unlink(path);
}

static void assert_says(const char *words, const char *expected)
{
    if (strstr(words, expected) == NULL)
        fail_msg("not found: %s\nin: %.3000s", expected, words);
}

static void test_paper_in_three_languages(void **state)
{
    static const char *const expected[LANG_COUNT][6] = {
        {"«Алаң» ЖШС", "есебі: 2025 жыл", "1 234 567", "Медиана 119 мин", "10 тәулік", "Болған жоқ."},
        {"ТОО «Алаң»", "2025 год", "1 234 567", "Медиана 119 мин", "10 сут.", "Не было."},
        {"Alan LLP", "online platform: 2025", "1 234 567", "Median 119 min", "10 days", "None."},
    };
    static char words[60000];
    struct made made;
    struct buf pdf, again;

    made_init(&made);
    with_figures(&made);
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        render(&made.report, (enum lang)lang, &pdf);
        render(&made.report, (enum lang)lang, &again);
        assert_int_equal(pdf.len, again.len);
        assert_memory_equal(pdf.data, again.data, pdf.len);
        words_of(&pdf, words, sizeof(words));
        for (size_t i = 0; i < sizeof(expected[0]) / sizeof(expected[0][0]); i++)
            assert_says(words, expected[lang][i]);
        assert_says(words, "«өте» тез <таралады>.");
        assert_says(words, "=1+1, \"шара\"");
        buf_done(&pdf);
        buf_done(&again);
    }
}

static void test_paper_of_a_year_without_events(void **state)
{
    static char words[60000];
    struct made made;
    struct buf pdf;

    made_init(&made);
    render(&made.report, LANG_EN, &pdf);
    words_of(&pdf, words, sizeof(words));
    assert_says(words, "Entries of the year: 0.");
    assert_says(words, "There is not one entry of this year");
    assert_says(words, "have not been published yet");
    assert_null(strstr(words, "Complaints received"));
    buf_done(&pdf);

    made.report.running = true;
    made.report.events = 1;
    render(&made.report, LANG_EN, &pdf);
    words_of(&pdf, words, sizeof(words));
    assert_says(words, "The year is not over");
    assert_says(words, "Complaints received");
    buf_done(&pdf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_paper_in_three_languages),
        cmocka_unit_test(test_paper_of_a_year_without_events),
    };
    return cmocka_run_group_tests(tests, load_law, free_law);
}
