/* Users in figures as rows: months with their wrapped secrets, names of services, hashes as they came (chunks) and in
 * sets, and closed figures. */
#ifndef TALAP_STORE_AUDIENCE_ROWS_H
#define TALAP_STORE_AUDIENCE_ROWS_H

#include "base/arena.h"
#include "store/store.h"

struct audience_month_row {
    int month;          /* year * 12 + month of the year - 1 */
    const void *secret; /* wrapped by the master key; NULL: destroyed */
    size_t secret_bytes;
    uint64_t print; /* store_print of what the file holds of the secret */
    int64_t opened_usec;
    int64_t folded;         /* the sets hold what chunks up to this serial did */
    int64_t closed_usec;    /* TIME_NONE: open */
    int64_t destroyed_usec; /* TIME_NONE: its secret, chunks and sets are there */
};
/* ERR_CONFLICT "entry_changed" where the month is there already. */
int store_audience_month_insert(struct tx *tx, const struct audience_month_row *row, struct err *err) WARN_UNUSED;
/* *ret_found false without that month. */
int store_audience_month_get(struct tx *tx, int month, struct arena *arena, struct audience_month_row *ret,
                             bool *ret_found, struct err *err) WARN_UNUSED;
/* All months by number; `kept`: only those that are not destroyed. */
int store_audience_months(struct tx *tx, bool kept, struct arena *arena, struct audience_month_row **ret,
                          size_t *ret_count, struct err *err) WARN_UNUSED;
/* Each of these: ERR_NOT_FOUND "not_found" without that month. */
int store_audience_month_folded(struct tx *tx, int month, int64_t folded, struct err *err) WARN_UNUSED;
int store_audience_month_close(struct tx *tx, int month, int64_t now_usec, struct err *err) WARN_UNUSED;
/* The secret goes; print and times stay. */
int store_audience_month_wipe(struct tx *tx, int month, struct err *err) WARN_UNUSED;
/* Takes away at most `limit` chunks and as many sets of the month; *ret_gone: how many. */
int store_audience_month_shed(struct tx *tx, int month, int64_t limit, int64_t *ret_gone, struct err *err) WARN_UNUSED;
/* The secret goes, and all chunks and sets of the month with it; print and times stay. */
int store_audience_month_destroy(struct tx *tx, int month, int64_t now_usec, struct err *err) WARN_UNUSED;

/* The number by which rows know a service, from 1; the name gets one when it has none. 0 is never given: in figures it
 * stands for all services together. */
int store_audience_service(struct tx *tx, const char *name, int64_t *ret, struct err *err) WARN_UNUSED;
/* The same without giving one: 0 where the name is unknown. */
int store_audience_service_find(struct tx *tx, const char *name, int64_t *ret, struct err *err) WARN_UNUSED;
struct audience_service_row {
    int64_t number;
    const char *name;
};
int store_audience_services(struct tx *tx, struct arena *arena, struct audience_service_row **ret, size_t *ret_count,
                            struct err *err) WARN_UNUSED; /* by number */

/* Hashes (8 bytes each) of one day and service. The serial number given is above those of all chunks of that month
 * before, also of those that are gone. */
struct audience_chunk_row {
    int64_t serial;
    int month;
    int32_t day;
    int64_t service;
    const void *hashes;
    size_t bytes;
};
int store_audience_chunk_add(struct tx *tx, const struct audience_chunk_row *row, int64_t *ret_serial,
                             struct err *err) WARN_UNUSED;
/* Calls `each` for every chunk of the month after that serial number, in their order; `row` lives for the call. */
int store_audience_chunk_scan(struct tx *tx, int month, int64_t after,
                              int (*each)(const struct audience_chunk_row *row, void *arg, struct err *err), void *arg,
                              struct err *err) WARN_UNUSED;
/* The last serial of the month's chunks, also of those that are in sets now, or 0; and the bytes of all that are there.
 */
int store_audience_chunk_last(struct tx *tx, int month, int64_t *ret, struct err *err) WARN_UNUSED;
int store_audience_chunk_bytes(struct tx *tx, int month, int64_t *ret, struct err *err) WARN_UNUSED;
int store_audience_chunk_delete(struct tx *tx, int month, int64_t until, struct err *err) WARN_UNUSED;

struct audience_set_row {
    int month;
    int64_t service;
    int stretch;
    const void *users;
    size_t bytes;
};
/* In place of what was there. */
int store_audience_set_put(struct tx *tx, const struct audience_set_row *row, struct err *err) WARN_UNUSED;
/* How many sets the month has. */
int store_audience_set_count(struct tx *tx, int month, int64_t *ret, struct err *err) WARN_UNUSED;
/* By service and stretch, from `first` to before `end`; `row` lives for the call. */
int store_audience_set_scan(struct tx *tx, int month, int first, int end,
                            int (*each)(const struct audience_set_row *row, void *arg, struct err *err), void *arg,
                            struct err *err) WARN_UNUSED;

/* Closed figures. `period` is "day" (number: local day since 1970) or "month"; service 0: all together. */
struct audience_figure_row {
    const char *period;
    int64_t number;
    int64_t service;
    int64_t version; /* from 1 */
    int64_t users;
    int64_t leaf;
};
/* A version that is there already: ERR_CONFLICT "entry_changed". */
int store_audience_figure_insert(struct tx *tx, const struct audience_figure_row *row, struct err *err) WARN_UNUSED;
/* The newest versions of from…until (inclusive) by number and service; `service` -1: of all. */
int store_audience_figures(struct tx *tx, const char *period, int64_t from, int64_t until, int64_t service,
                           struct arena *arena, struct audience_figure_row **ret, size_t *ret_count,
                           struct err *err) WARN_UNUSED;
/* All versions of one figure, the oldest first. */
int store_audience_figure_versions(struct tx *tx, const char *period, int64_t number, int64_t service,
                                   struct arena *arena, struct audience_figure_row **ret, size_t *ret_count,
                                   struct err *err) WARN_UNUSED;
/* Every version of everything, by period, number, service and version. */
int store_audience_figure_all(struct tx *tx, struct arena *arena, struct audience_figure_row **ret, size_t *ret_count,
                              struct err *err) WARN_UNUSED;
/* The last and the first day or month that has a figure; `none` where there is not any. */
int store_audience_figure_last(struct tx *tx, const char *period, int64_t none, int64_t *ret,
                               struct err *err) WARN_UNUSED;
int store_audience_figure_first(struct tx *tx, const char *period, int64_t none, int64_t *ret,
                                struct err *err) WARN_UNUSED;

#endif
