/* The report's figures in rows and members. Cells that are 0 are left out: what is not told is none. */
#include "out/report_out.h"
#include "base/locale.h"
#include <string.h>

static enum text_key language_title(size_t index)
{
    static const enum text_key titles[] = {T_report_in_kk, T_report_in_ru, T_report_in_en};

    return titles[index];
}

const char *report_dimension_title(const struct report_dimension *dimension, enum lang lang)
{
    return dimension->field != NULL ? dimension->field->title.in[lang] : text_get(lang, T_report_language);
}

const char *report_option_title(const struct report_dimension *dimension, size_t index, enum lang lang)
{
    if (index >= report_dimension_options(dimension))
        return text_get(lang, T_report_not_given);
    if (dimension->field == NULL)
        return text_get(lang, language_title(index));
    if (dimension->field->type == FIELD_YES_NO)
        return text_get(lang, index == 0 ? T_common_yes : T_common_no);
    return dimension->field->options[index].title.in[lang];
}

/* --- CSV ------------------------------------------------------------------------------------------------------------
 */

static void csv_line(struct buf *out, const struct report_cell_figure *figure, enum lang lang, const size_t *at,
                     const char *measure, int64_t count)
{
    buf_put_csv(out, figure->form->id);
    buf_puts(out, ",");
    buf_put_csv(out, figure->form->title.in[lang]);
    for (size_t d = 0; d < 2; d++) {
        bool divided = at != NULL && d < figure->form->dimension_count;

        buf_puts(out, ",");
        buf_put_csv(out, divided ? report_dimension_title(&figure->form->dimensions[d], lang) : "");
        buf_puts(out, ",");
        buf_put_csv(out, divided ? report_option_title(&figure->form->dimensions[d], at[d], lang) : "");
    }
    buf_printf(out, ",%s,", measure);
    if (count >= 0)
        buf_printf(out, "%lld", (long long)count);
    buf_puts(out, "\r\n");
}

void report_csv(const struct report *report, enum lang lang, struct buf *out)
{
    buf_puts(out, "figure,title,by,option,by_2,option_2,measure,count\r\n");
    for (size_t i = 0; i < report->figure_count; i++) {
        const struct report_cell_figure *figure = &report->figures[i];
        const struct report_times *times = &figure->times;

        csv_line(out, figure, lang, NULL, "total", figure->total);
        if (figure->form->count == REPORT_CLOCK) {
            csv_line(out, figure, lang, NULL, "in_time", times->in_time);
            csv_line(out, figure, lang, NULL, "late", times->late);
            csv_line(out, figure, lang, NULL, "became_overdue", times->became_overdue);
            csv_line(out, figure, lang, NULL, "median_minutes", times->median_min);
            csv_line(out, figure, lang, NULL, "p95_minutes", times->p95_min);
            continue;
        }
        for (size_t r = 0; figure->form->dimension_count > 0 && r < figure->rows; r++)
            for (size_t c = 0; c < figure->columns; c++) {
                const size_t at[2] = {r, c};
                int64_t count = figure->cells[r * figure->columns + c];

                if (count > 0)
                    csv_line(out, figure, lang, at, "count", count);
            }
    }
}

/* --- JSON -----------------------------------------------------------------------------------------------------------
 */

static void member(struct buf *out, const char *key, bool first)
{
    buf_printf(out, "%s\"%s\":", first ? "" : ",", key);
}

static void text_member(struct buf *out, const char *key, const char *text, bool first)
{
    member(out, key, first);
    if (text == NULL)
        buf_puts(out, "null");
    else
        buf_put_json_string(out, text);
}

static void int_member(struct buf *out, const char *key, int64_t value)
{
    member(out, key, false);
    buf_printf(out, "%lld", (long long)value);
}

static void minutes_member(struct buf *out, const char *key, int64_t minutes)
{
    member(out, key, false);
    if (minutes < 0)
        buf_puts(out, "null");
    else
        buf_printf(out, "%lld", (long long)minutes);
}

static void json_times(struct buf *out, const struct report_times *times)
{
    member(out, "times", false);
    buf_printf(out, "{\"stopped\":%lld", (long long)times->stopped);
    int_member(out, "in_time", times->in_time);
    int_member(out, "late", times->late);
    int_member(out, "became_overdue", times->became_overdue);
    minutes_member(out, "median_minutes", times->median_min);
    minutes_member(out, "p95_minutes", times->p95_min);
    buf_puts(out, "}");
}

static void json_cell(struct buf *out, const struct report_figure *form, const size_t *at, int64_t count)
{
    buf_puts(out, "{");
    for (size_t d = 0; d < form->dimension_count; d++) {
        const struct report_dimension *dimension = &form->dimensions[d];

        text_member(out, dimension->field != NULL ? dimension->field->name : "language",
                    at[d] < report_dimension_options(dimension) ? report_dimension_option(dimension, at[d]) : NULL,
                    d == 0);
    }
    int_member(out, "count", count);
    buf_puts(out, "}");
}

static void json_figure(struct buf *out, const struct report_cell_figure *figure, enum lang lang)
{
    bool first = true;

    buf_puts(out, "{");
    text_member(out, "figure", figure->form->id, true);
    text_member(out, "title", figure->form->title.in[lang], false);
    text_member(out, "procedure", figure->form->procedure->id, false);
    int_member(out, "total", figure->total);
    member(out, "cells", false);
    buf_puts(out, "[");
    for (size_t r = 0; figure->form->dimension_count > 0 && r < figure->rows; r++)
        for (size_t c = 0; c < figure->columns; c++) {
            const size_t at[2] = {r, c};
            int64_t count = figure->cells[r * figure->columns + c];

            if (count == 0)
                continue;
            buf_puts(out, first ? "" : ",");
            json_cell(out, figure->form, at, count);
            first = false;
        }
    buf_puts(out, "]");
    if (figure->form->count == REPORT_CLOCK)
        json_times(out, &figure->times);
    else
        text_member(out, "times", NULL, false);
    buf_puts(out, "}");
}

static void json_words(struct buf *out, const struct report *report)
{
    member(out, "words", false);
    if (!report->has_words) {
        buf_puts(out, "null");
        return;
    }
    buf_puts(out, "{");
    text_member(out, "case", report->words_number, true);
    for (size_t i = 0; i < report->form->words.field_count; i++)
        text_member(out, report->words[i].field->name, report->words[i].count > 0 ? report->words[i].texts[0] : NULL,
                    false);
    buf_puts(out, "}");
}

void report_json(const struct report *report, enum lang lang, struct buf *out)
{
    const struct report_form *form = report->form;
    size_t next = 0;

    buf_puts(out, "{");
    text_member(out, "report", form->id, true);
    text_member(out, "title", form->title.in[lang], false);
    int_member(out, "year", report->year);
    member(out, "complete", false);
    buf_puts(out, report->running ? "false" : "true");
    int_member(out, "events", report->events);
    int_member(out, "first_leaf", report->first_leaf);
    int_member(out, "end_leaf", report->end_leaf);
    json_words(out, report);
    member(out, "sections", false);
    buf_puts(out, "[");
    for (size_t s = 0; s < form->section_count; s++) {
        buf_puts(out, s > 0 ? ",{" : "{");
        text_member(out, "title", form->sections[s].title.in[lang], true);
        member(out, "figures", false);
        buf_puts(out, "[");
        for (size_t i = 0; i < form->sections[s].figure_count; i++) {
            buf_puts(out, i > 0 ? "," : "");
            json_figure(out, &report->figures[next++], lang);
        }
        buf_puts(out, "]}");
    }
    buf_puts(out, "]}");
}
