/* The report on sheets of A4: the words, then section by section each figure with its lines. A figure along two fields
 * is a heading for each value of the first and a line for each of the second: a sheet is too narrow for wide tables. */
#include "out/report_paper.h"
#include "base/locale.h"
#include "out/paper_layout.h"
#include "out/report_out.h"
#include "out/sheet_pdf.h"
#include <stdio.h>

#define TEXT_LIMIT (8u << 20)
#define COUNT_WIDTH (28 * MM)
#define INDENT (6 * MM)

struct drawing {
    const struct report *report;
    enum lang lang;
    const struct zone *zone;
    struct arena *arena;
    struct sheet *sheet;
};

static void put(const struct drawing *drawing, enum sheet_style style, const char *text, double space, bool keep)
{
    sheet_put_text(drawing->sheet, &(struct sheet_cell){.style = style, .text = text, .width = SHEET_TEXT}, space,
                   keep);
}

static void put_count(const struct drawing *drawing, double indent, enum sheet_style style, const char *title,
                      const char *count, double space, bool keep)
{
    const struct sheet_cell left = {
        .style = style, .text = title, .x = indent, .width = SHEET_TEXT - COUNT_WIDTH - indent - INDENT};
    const struct sheet_cell right = {
        .style = style, .text = count, .x = SHEET_TEXT - COUNT_WIDTH, .width = COUNT_WIDTH, .align = PANGO_ALIGN_RIGHT};

    sheet_put_row(drawing->sheet, &left, &right, space, keep);
}

/* Thousands apart by a blank that does not break. */
static const char *number(const struct drawing *drawing, int64_t count)
{
    CLEANUP_BUF struct buf text;
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%lld", (long long)count);

    buf_init(&text, 128);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
            buf_puts(&text, "\xC2\xA0");
        buf_putc(&text, digits[i]);
    }
    return text.failed ? NULL : arena_strdup(drawing->arena, text.data);
}

static int put_number(const struct drawing *drawing, double indent, enum sheet_style style, const char *title,
                      int64_t count, double space, bool keep, struct err *err)
{
    const char *text = number(drawing, count);

    if (text == NULL)
        return err_memory(err);
    put_count(drawing, indent, style, title, text, space, keep);
    return 0;
}

static int put_minutes(const struct drawing *drawing, enum text_key title, int64_t minutes, bool keep, struct err *err)
{
    enum text_key unit = minutes < 120 ? T_report_minutes : minutes < 2 * 24 * 60 ? T_report_hours : T_report_days;
    int64_t count = minutes < 120 ? minutes : minutes < 2 * 24 * 60 ? minutes / 60 : minutes / (24 * 60);
    const char *text = number(drawing, count);
    const char *words = text == NULL ? NULL : text_format(drawing->arena, drawing->lang, unit, text, NULL);

    if (words == NULL)
        return err_memory(err);
    put_count(drawing, INDENT, STYLE_BODY, text_get(drawing->lang, title), minutes < 0 ? "–" : words, 2, keep);
    return 0;
}

static int put_times(const struct drawing *drawing, const struct report_times *times, struct err *err)
{
    const struct {
        enum text_key title;
        int64_t count;
    } lines[] = {{T_report_stopped, times->stopped},
                 {T_report_in_time, times->in_time},
                 {T_report_late, times->late},
                 {T_report_became_overdue, times->became_overdue}};
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(lines) / sizeof(lines[0]); i++)
        r = put_number(drawing, INDENT, STYLE_BODY, text_get(drawing->lang, lines[i].title), lines[i].count, 2, true,
                       err);
    if (r == 0)
        r = put_minutes(drawing, T_report_median, times->median_min, true, err);
    return r < 0 ? r : put_minutes(drawing, T_report_p95, times->p95_min, false, err);
}

static int64_t row_sum(const struct report_cell_figure *figure, size_t row)
{
    int64_t sum = 0;

    for (size_t c = 0; c < figure->columns; c++)
        sum += figure->cells[row * figure->columns + c];
    return sum;
}

static int put_row(const struct drawing *drawing, const struct report_cell_figure *figure, size_t row, struct err *err)
{
    const struct report_dimension *dimensions = figure->form->dimensions;
    bool divided = figure->form->dimension_count == 2;
    int r = put_number(drawing, INDENT, divided ? STYLE_STRONG : STYLE_BODY,
                       report_option_title(&dimensions[0], row, drawing->lang), row_sum(figure, row), 2, divided, err);

    for (size_t c = 0; r == 0 && divided && c < figure->columns; c++)
        if (figure->cells[row * figure->columns + c] > 0)
            r = put_number(drawing, 2 * INDENT, STYLE_BODY, report_option_title(&dimensions[1], c, drawing->lang),
                           figure->cells[row * figure->columns + c], 1, false, err);
    return r;
}

static int put_figure(const struct drawing *drawing, const struct report_cell_figure *figure, struct err *err)
{
    bool none = figure->total == 0 && figure->times.became_overdue == 0;
    int r = 0;

    put(drawing, STYLE_STRONG, figure->form->title.in[drawing->lang], 9, true);
    if (none) {
        put(drawing, STYLE_BODY, text_get(drawing->lang, T_report_nothing), 2, false);
        return 0;
    }
    if (figure->form->count == REPORT_CLOCK)
        return put_times(drawing, &figure->times, err);
    r = put_number(drawing, 0, STYLE_BODY, text_get(drawing->lang, T_report_total), figure->total, 2,
                   figure->form->dimension_count > 0, err);
    for (size_t row = 0; r == 0 && figure->form->dimension_count > 0 && row < figure->rows; row++)
        if (row_sum(figure, row) > 0)
            r = put_row(drawing, figure, row, err);
    return r;
}

static int put_sections(const struct drawing *drawing, struct err *err)
{
    const struct report_form *form = drawing->report->form;
    size_t next = 0;
    int r = 0;

    if (drawing->report->events == 0)
        put(drawing, STYLE_BODY, text_get(drawing->lang, T_report_no_events), 18, false);
    for (size_t s = 0; r == 0 && drawing->report->events > 0 && s < form->section_count; s++) {
        put(drawing, STYLE_TITLE, form->sections[s].title.in[drawing->lang], 18, true);
        if (form->sections[s].note.in[drawing->lang] != NULL)
            put(drawing, STYLE_BODY, form->sections[s].note.in[drawing->lang], 3, true);
        for (size_t i = 0; r == 0 && i < form->sections[s].figure_count; i++)
            r = put_figure(drawing, &drawing->report->figures[next++], err);
    }
    return r;
}

static void put_words(const struct drawing *drawing)
{
    const struct report *report = drawing->report;

    for (size_t i = 0; report->has_words && i < report->form->words.field_count; i++) {
        put(drawing, STYLE_TITLE, report->words[i].field->title.in[drawing->lang], 18, true);
        put(drawing, STYLE_BODY,
            report->words[i].count > 0 ? report->words[i].texts[0] : text_get(drawing->lang, T_report_nothing), 3,
            false);
    }
    if (!report->has_words && report->form->words.procedure != NULL)
        put(drawing, STYLE_BODY, text_get(drawing->lang, T_report_no_words), 9, false);
}

static int put_head(const struct drawing *drawing, const char *organisation, int64_t at_usec, struct err *err)
{
    struct buf at CLEANUP_BUF = {0};
    const struct report *report = drawing->report;
    const char *digits, *year, *events, *title, *counted, *running;

    buf_init(&at, 256);
    text_put_moment(&at, drawing->lang, drawing->zone, at_usec, false);
    digits = arena_printf(drawing->arena, "%d", report->year);
    year = digits == NULL ? NULL : text_format(drawing->arena, drawing->lang, T_report_year, digits, NULL);
    events = number(drawing, report->events);
    counted = events == NULL ? NULL : text_format(drawing->arena, drawing->lang, T_report_counted, events, NULL);
    running = at.failed ? NULL : text_format(drawing->arena, drawing->lang, T_report_running, at.data, NULL);
    title = year == NULL ? NULL : arena_printf(drawing->arena, "%s: %s", report->form->title.in[drawing->lang], year);
    if (counted == NULL || running == NULL || title == NULL)
        return err_memory(err);
    put(drawing, STYLE_NAME, organisation, 0, true);
    put(drawing, STYLE_TITLE, title, 18, true);
    put(drawing, STYLE_BODY, report->form->summary.in[drawing->lang], 6, false);
    put(drawing, STYLE_SMALL, counted, 6, false);
    if (report->running)
        put(drawing, STYLE_SMALL, running, 2, false);
    return 0;
}

static int draw(struct drawing *drawing, const char *organisation, const char *foot, int64_t at_usec, struct buf *out,
                struct err *err)
{
    struct sheet *sheet CLEANUP_SHEET = NULL;
    int r = sheet_new(drawing->lang, foot, &sheet, err);

    drawing->sheet = sheet;
    if (r == 0)
        r = put_head(drawing, organisation, at_usec, err);
    if (r == 0)
        put_words(drawing);
    if (r == 0)
        r = put_sections(drawing, err);
    return r < 0 ? r : sheet_to_pdf(sheet, foot, organisation, drawing->zone, at_usec, out, err);
}

int report_render(const struct report *report, const struct organisation *organisation, enum lang lang,
                  const struct zone *zone, int64_t at_usec, struct buf *out, struct err *err)
{
    struct arena arena;
    struct drawing drawing = {.report = report, .lang = lang, .zone = zone, .arena = &arena};
    const char *name = paper_organisation_name(organisation, lang), *foot;
    int r;

    arena_init(&arena, TEXT_LIMIT);
    if (name == NULL)
        name = text_get(lang, T_paper_unnamed);
    foot = arena_printf(&arena, "%s, %d  ·  %s", report->form->title.in[lang], report->year, name);
    r = foot == NULL ? err_memory(err) : draw(&drawing, name, foot, at_usec, out, err);
    arena_done(&arena);
    return r;
}
