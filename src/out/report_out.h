/* A yearly report (cases/report.h) as a person or a machine reads it: titles, CSV, JSON. */
#ifndef TALAP_OUT_REPORT_OUT_H
#define TALAP_OUT_REPORT_OUT_H

#include "base/buf.h"
#include "cases/report.h"

/* What a dimension is called, and one of its options; the index after the last option is "not given". */
const char *report_dimension_title(const struct report_dimension *dimension, enum lang lang);
const char *report_option_title(const struct report_dimension *dimension, size_t index, enum lang lang);

/* A line a cell that is not 0, a line a total, four lines a clock's times:
 * figure,title,by,option,by,option,measure,count; RFC 4180, UTF-8. Texts of the catalogue only: no formula can hide in
 * them. */
void report_csv(const struct report *report, enum lang lang, struct buf *out);
/* {report, title, year, complete, events, first_leaf, end_leaf, words: {case, FIELD: text} or null,
 *  sections: [{title, figures: [{figure, title, procedure, total, cells: [{FIELD: option or null, …, count}],
 *  times: {stopped, in_time, late, became_overdue, median_minutes, p95_minutes} or null}]}]} */
void report_json(const struct report *report, enum lang lang, struct buf *out);

#endif
