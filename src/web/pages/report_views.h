/* What the pages of the yearly report are drawn from. */
#ifndef TALAP_WEB_PAGES_REPORT_VIEWS_H
#define TALAP_WEB_PAGES_REPORT_VIEWS_H

#include "out/report_out.h"
#include "web/pages/views.h"

struct reports_view {
    const struct report_form *form; /* NULL: none is kept here */
    int first_year, last_year;      /* of the entries there are; first > last: none */
};
struct report_view {
    const struct report *report;
    int64_t at_usec; /* when it was counted */
    const struct actor *reader;
    int first_year, last_year;
};
struct report_cases_view {
    const struct report *report; /* without figures */
    const struct report_cell *cell;
    const struct report_counted *found;
    const struct queue_row *rows; /* beside `found` */
    size_t count;
    int64_t next;      /* where to look further; -1 at the end */
    const char *query; /* figure, row and column, encoded */
};

int64_t report_row_sum(const struct report_cell_figure *figure, size_t row);
int64_t report_column_sum(const struct report_cell_figure *figure, size_t column);
/* Do the cells add up to more than the events counted? */
bool report_adds_up_to_more(const struct report_cell_figure *figure);
/* Do the figure's numbers lead to the cases behind them? */
bool report_cases_shown(const struct report_view *view, const struct report_cell_figure *figure);
/* The moment as people read it, for a sentence; in `room`. */
const char *report_moment(struct page_out *o, int64_t at_usec, char room[static 64]);

#endif
