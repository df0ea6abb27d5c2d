/* A template compiled at build time, run: every mark of the language, in the three languages. */
#include "base/page_out.h"
#include "pages.h"
#include "unit.h"
#include <string.h>

static struct zone almaty;

static int zone_open(void **state)
{
    struct err err;
    return zone_load("Asia/Almaty", &almaty, &err);
}

static const char *const items[] = {"<one>", NULL, "үш"};

static struct sample sample_make(void)
{
    struct sample sample = {
        .name = "Ш \"&\"",
        .number = -5,
        .title = {{"Шағым", "Жалоба", "Complaint"}},
        .chart = {.markup = "<svg/>", .len = 6},
        .items = items,
        .item_count = 3,
    };
    bool read = moment_parse("2026-04-09T23:59:58+05:00", &almaty, &sample.at_usec);
    assert_true(read);
    return sample;
}

static void page_is(enum lang lang, const struct sample *sample, const char *wanted)
{
    CLEANUP_BUF struct buf buf;
    buf_init(&buf, 100000);
    struct page_out out = {.buf = &buf, .lang = lang, .zone = &almaty};
    page_sample(&out, sample);
    assert_false(buf.failed);
    assert_string_equal(buf.data, wanted);
}

static void every_mark_in_english(void **state)
{
    struct sample sample = sample_make();
    page_is(LANG_EN, &sample,
            "<!doctype html>\n"
            "<title>yes</title>\n"
            "<ul>\n"
            "  <li>&lt;one&gt;</li>\n"
            "  <li></li>\n"
            "  <li>үш</li>\n"
            "</ul>\n"
            "\n"
            "  <p title=\"Ш &quot;&amp;&quot;\">Ш &quot;&amp;&quot;</p>\n"
            "<i>-5</i><a href=\"/x/%D0%A8%20%22%26%22\">Complaint</a>\n"
            "<time>9 April 2026|9 April 2026, 23:59|9 April 2026, 23:59:58</time>\n"
            "<svg/>a}}b\n"
            "The file cannot be read: Ш &quot;&amp;&quot; Ш &quot;&amp;&quot; 2026\n");
}

static void nothing_is_written_for_null(void **state)
{
    struct sample sample = {.at_usec = TIME_NONE, .title = {{NULL, NULL, NULL}}};
    page_is(LANG_RU, &sample,
            "<!doctype html>\n"
            "<title>да</title>\n"
            "<ul>\n"
            "</ul>\n"
            "\n"
            "  <p>-</p>\n"
            "<i>0</i><a href=\"/x/\"></a>\n"
            "<time>||</time>\n"
            "a}}b\n"
            "Не удалось прочитать файл:   2026 г.\n");
}

static void moment_is(enum lang lang, const char *text, const char *date, const char *minute)
{
    int64_t at_usec;
    CLEANUP_BUF struct buf buf;
    buf_init(&buf, 1000);
    struct page_out out = {.buf = &buf, .lang = lang, .zone = &almaty};
    assert_true(moment_parse(text, &almaty, &at_usec));
    page_date(&out, at_usec);
    assert_string_equal(buf.data, date);
    buf_reset(&buf);
    page_minute(&out, at_usec);
    assert_string_equal(buf.data, minute);
}

static void dates_as_each_language_writes_them(void **state)
{
    moment_is(LANG_KK, "2026-04-09T18:05:00+05:00", "2026 жылғы 9 сәуір", "2026 жылғы 9 сәуір, 18:05");
    moment_is(LANG_RU, "2026-04-09T18:05:00+05:00", "9 апреля 2026 г.", "9 апреля 2026 г., 18:05");
    moment_is(LANG_EN, "2026-04-09T18:05:00+05:00", "9 April 2026", "9 April 2026, 18:05");
    /* The local day, not that of Greenwich. */
    moment_is(LANG_EN, "2025-12-31T19:00:00Z", "1 January 2026", "1 January 2026, 00:00");
    moment_is(LANG_KK, "2025-12-31T18:59:59Z", "2025 жылғы 31 желтоқсан", "2025 жылғы 31 желтоқсан, 23:59");
}

static void a_full_buffer_is_seen(void **state)
{
    CLEANUP_BUF struct buf buf;
    buf_init(&buf, 50);
    struct sample sample = sample_make();
    struct page_out out = {.buf = &buf, .lang = LANG_KK, .zone = &almaty};
    page_sample(&out, &sample);
    assert_true(buf.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mark_in_english),
        cmocka_unit_test(nothing_is_written_for_null),
        cmocka_unit_test(dates_as_each_language_writes_them),
        cmocka_unit_test(a_full_buffer_is_seen),
    };
    return cmocka_run_group_tests(tests, zone_open, NULL);
}
