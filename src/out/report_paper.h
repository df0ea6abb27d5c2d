/* The yearly report as a PDF. */
#ifndef TALAP_OUT_REPORT_PAPER_H
#define TALAP_OUT_REPORT_PAPER_H

#include "cases/report.h"

/* `at_usec`: when it was counted; it stands on the report, and the same figures at the same moment give the same bytes.
 */
int report_render(const struct report *report, const struct organisation *organisation, enum lang lang,
                  const struct zone *zone, int64_t at_usec, struct buf *out, struct err *err) WARN_UNUSED;

#endif
