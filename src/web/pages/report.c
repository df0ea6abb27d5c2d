/* The yearly report for everybody, and for staff the cases behind each of its figures. */
#include "out/report_paper.h"
#include "web/app.h"
#include "web/pages/pages.h"
#include "web/pages/report_views.h"
#include "web/report_read.h"
#include "web/routes.h"
#include <pages.h>
#include <stdio.h>

#define PAGE_ROWS 40

int64_t report_row_sum(const struct report_cell_figure *figure, size_t row)
{
    int64_t sum = 0;
    for (size_t c = 0; c < figure->columns; c++)
        sum += figure->cells[row * figure->columns + c];
    return sum;
}

int64_t report_column_sum(const struct report_cell_figure *figure, size_t column)
{
    int64_t sum = 0;
    for (size_t r = 0; r < figure->rows; r++)
        sum += figure->cells[r * figure->columns + column];
    return sum;
}

bool report_adds_up_to_more(const struct report_cell_figure *figure)
{
    int64_t sum = 0;
    for (size_t r = 0; r < figure->rows; r++)
        sum += report_row_sum(figure, r);
    return sum > figure->total;
}

bool report_cases_shown(const struct report_view *view, const struct report_cell_figure *figure)
{
    return view->reader->kind == ACTOR_ACCOUNT && !view->reader->must_change_password &&
           actor_sees(view->reader, figure->form->procedure);
}

const char *report_moment(struct page_out *o, int64_t at_usec, char room[static 64])
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 64);
    text_put_moment(&text, o->lang, o->zone, at_usec, false);
    snprintf(room, 64, "%s", text.failed ? "" : text.data);
    return room;
}

int page_reports_get(struct request *request, struct response *response, struct err *err)
{
    struct reports_view view = {.form = report_offered(request->office)};
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = report_years_of(request, tx, &view.first_year, &view.last_year, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, report_title), "reports", &page, err);
    if (r < 0)
        return r;
    page_reports(&page->out, &view);
    return page_end(page, err);
}

int page_report_get(struct request *request, struct response *response, struct err *err)
{
    struct report report;
    struct report_view view = {.report = &report, .reader = &request->actor};
    struct page *page;
    struct tx *tx;
    int r = report_read(request, &report, &view.at_usec, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = report_years_of(request, tx, &view.first_year, &view.last_year, err);
    if (r < 0)
        return r;
    const char *title = arena_printf(&request->arena, "%s, %d", report.form->title.in[request->lang], report.year);
    r = page_begin(request, response, title == NULL ? "" : title, "reports", &page, err);
    if (r < 0)
        return r;
    page_report(&page->out, &view);
    return page_end(page, err);
}

int page_report_csv(struct request *request, struct response *response, struct err *err)
{
    struct report report;
    int64_t at_usec;
    int r = report_read(request, &report, &at_usec, err);
    if (r < 0)
        return r;
    report_csv(&report, request->lang, &response->body);
    const char *name = arena_printf(&request->arena, "%s-%d.csv", report.form->id, report.year);
    return name == NULL ? err_memory(err) : answer_file(request, response, "text/csv; charset=utf-8", name, false, err);
}

int page_report_pdf(struct request *request, struct response *response, struct err *err)
{
    struct report report;
    struct organisation organisation;
    int64_t at_usec;
    struct tx *tx;
    int r = report_read(request, &report, &at_usec, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = organisation_get(tx, &request->arena, &organisation, err);
    if (r == 0)
        r = report_render(&report, &organisation, request->lang, &request->office->catalogue->calendar->zone, at_usec,
                          &response->body, err);
    const char *name = r == 0 ? arena_printf(&request->arena, "%s-%d.pdf", report.form->id, report.year) : NULL;
    if (r < 0)
        return r;
    return name == NULL ? err_memory(err) : answer_file(request, response, "application/pdf", name, true, err);
}

/* --- The cases behind a figure -------------------------------------------------------------------------------------
 */

static const struct report_figure *figure_named(const struct report_form *form, const char *id)
{
    for (size_t s = 0; s < form->section_count; s++)
        for (size_t i = 0; i < form->sections[s].figure_count; i++)
            if (strcmp(form->sections[s].figures[i].id, id) == 0)
                return &form->sections[s].figures[i];
    return NULL;
}

/* -1 where not given; false for what is no cell of the dimension. */
static bool cell_index(const struct request *request, const char *name, const struct report_figure *figure,
                       size_t dimension, int *ret)
{
    const char *text = request_query(request, name);
    size_t digits = text == NULL ? 0 : strspn(text, "0123456789");
    *ret = -1;
    if (text == NULL)
        return true;
    if (digits == 0 || digits > 4 || text[digits] != '\0' || dimension >= figure->dimension_count)
        return false;
    *ret = atoi(text);
    return (size_t)*ret <= report_dimension_options(&figure->dimensions[dimension]);
}

static bool leaf_given(const struct request *request, int64_t *ret)
{
    const char *text = request_query(request, "from");
    size_t digits = text == NULL ? 0 : strspn(text, "0123456789");
    *ret = 0;
    if (text == NULL)
        return true;
    if (digits == 0 || digits > 15 || text[digits] != '\0')
        return false;
    *ret = strtoll(text, NULL, 10);
    return true;
}

/* The rows of the cases found. */
static int rows_fill(struct request *request, struct tx *tx, struct report_counted *found, size_t count,
                     struct report_cases_view *view, struct err *err)
{
    struct case_row *rows = ARENA_ARRAY(&request->arena, struct case_row, count + 1);
    if (rows == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r = store_case_get(tx, found[i].case_id, &request->arena, &rows[i], err);
        if (r < 0)
            return r;
    }
    view->found = found;
    view->count = count;
    return queue_rows_make(request, tx, rows, count, &view->rows, err);
}

int page_report_cases_get(struct request *request, struct response *response, struct err *err)
{
    struct report report = {.form = report_named(request), .year = report_year_asked(request)};
    struct report_cell cell = {0};
    struct report_cases_view view = {.report = &report, .cell = &cell};
    struct report_counted *found;
    struct page *page;
    struct tx *tx;
    size_t count;
    int64_t from;
    if (report.form == NULL || report.year == 0)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    cell.form = figure_named(report.form, query_text(request, "figure"));
    if (cell.form == NULL || !cell_index(request, "row", cell.form, 0, &cell.row) ||
        !cell_index(request, "column", cell.form, 1, &cell.column) || !leaf_given(request, &from))
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    if (!actor_sees(&request->actor, cell.form->procedure))
        return err_set(err, ERR_FORBIDDEN, "case_not_yours", NULL);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = report_cases(tx, request->office, report.form, report.year, &cell, from, PAGE_ROWS, &request->arena, &found,
                         &count, &view.next, err);
    if (r == 0)
        r = rows_fill(request, tx, found, count, &view, err);
    if (r < 0)
        return r;
    char row[32] = "", column[32] = "";
    if (cell.row >= 0)
        snprintf(row, sizeof row, "&row=%d", cell.row);
    if (cell.column >= 0)
        snprintf(column, sizeof column, "&column=%d", cell.column);
    view.query = arena_printf(&request->arena, "figure=%s%s%s", cell.form->id, row, column);
    r = page_begin(request, response, PAGE_TITLE(request, report_cases), "reports", &page, err);
    if (r < 0)
        return r;
    page_report_cases(&page->out, &view);
    return page_end(page, err);
}
