/* What the pages and the API of the yearly report share: which report and year are asked for, and the counted figures.
 */
#ifndef TALAP_WEB_REPORT_READ_H
#define TALAP_WEB_REPORT_READ_H

#include "cases/report.h"
#include "web/http.h"

/* The first report of which the organisation runs a procedure; NULL: none. */
const struct report_form *report_offered(const struct office *office);
/* The report and the year of the address; NULL and 0 where there is none such. */
const struct report_form *report_named(const struct request *request);
int report_year_asked(const struct request *request);
/* The figures, remembered or counted now. ERR_NOT_FOUND for an unknown report or what is no year. */
int report_read(struct request *request, struct report *ret, int64_t *ret_at_usec, struct err *err) WARN_UNUSED;
/* From the year of the first entry of the ledger to this one; first > last without entries. */
int report_years_of(struct request *request, struct tx *tx, int *ret_first, int *ret_last, struct err *err) WARN_UNUSED;

#endif
