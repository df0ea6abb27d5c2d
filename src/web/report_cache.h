/* Yearly reports once counted, remembered: a page that anybody may open must not read a year of events at every visit.
 * A year that is over never changes and is counted once; of a running year the figures are at most REPORT_AGE_SEC old.
 * Thread-safe: while one caller counts, the others who want the same wait for it. */
#ifndef TALAP_WEB_REPORT_CACHE_H
#define TALAP_WEB_REPORT_CACHE_H

#include "cases/report.h"

#define REPORT_AGE_SEC 60
#define REPORTS_REMEMBERED 24

struct report_cache;
int report_cache_new(struct report_cache **ret, struct err *err) WARN_UNUSED;
void report_cache_free(struct report_cache *cache); /* NULL-safe */
/* The report, its cells and words in the caller's arena; *ret_at_usec is when it was counted. */
int report_cache_get(struct report_cache *cache, struct tx *tx, const struct office *office,
                     const struct report_form *form, int year, int64_t now_usec, struct arena *arena,
                     struct report *ret, int64_t *ret_at_usec, struct err *err) WARN_UNUSED;

#endif
