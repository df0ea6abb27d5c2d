/* Yearly reports once counted, remembered: a page that anybody may open must not read a year of events at every visit.
 * The figures of a year that is over never change and are counted once. Of a running year they are counted anew when
 * they are REPORT_AGE_SEC old, or REPORT_AGE_TIMES as old as counting took, whichever is longer; meanwhile everybody
 * gets what was known before. Words are read at every visit: they are published and taken back after the year.
 *
 * One count at a time, whoever asks and for how many years: the others who know nothing yet wait for it, so callers
 * are threads that may wait (routes.def, _COUNTED). Years in which nothing can have happened are neither remembered
 * nor waited for: strangers who ask for every year there is push nothing out. Thread-safe. */
#ifndef TALAP_WEB_REPORT_CACHE_H
#define TALAP_WEB_REPORT_CACHE_H

#include "cases/report.h"

#define REPORT_AGE_SEC 60
#define REPORT_AGE_TIMES 20
#define REPORTS_REMEMBERED 24

struct report_cache;
int report_cache_new(struct report_cache **ret, struct err *err) WARN_UNUSED;
void report_cache_free(struct report_cache *cache); /* NULL-safe */
/* The report, its cells and words in the caller's arena; *ret_at_usec is when it was counted. */
int report_cache_get(struct report_cache *cache, struct tx *tx, const struct office *office,
                     const struct report_form *form, int year, int64_t now_usec, struct arena *arena,
                     struct report *ret, int64_t *ret_at_usec, struct err *err) WARN_UNUSED;

#endif
