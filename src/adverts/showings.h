/* Counts of showings: how often an advertisement was shown on a day, perhaps in a region; never to whom.
 *
 * A body of rows is checked whole (showings_read), summed and sorted, written in parts that wait (durable, once for one
 * Idempotency-Key), and added to the figures a little later by the job loop, one part a transaction: after a crash a
 * part either waits still or is in the figures.
 *
 * Regional figures under REGION_THRESHOLD are not told, neither by themselves nor by what is left when the others are
 * taken from the day's total: see showings_hide. */
#ifndef TALAP_ADVERTS_SHOWINGS_H
#define TALAP_ADVERTS_SHOWINGS_H

#include "adverts/adverts.h"
#include "store/showing_rows.h"

#define REGION_THRESHOLD 100
#define SHOWINGS_DAYS_BACK 366   /* an older day is refused */
#define SHOWINGS_REFUSED_MAX 100 /* refusals that are told */

struct showing {     /* as a chunk holds them: 16 bytes, little-endian */
    uint32_t advert; /* serial */
    int32_t day;
    uint16_t region; /* 0: none said */
    uint16_t zero;
    uint32_t count;
};

/* Who knows advertisements. `find`: the serial of an id (the public one or the platform's own), -1 for none, and the
 * local day on which it was placed. `begins` (may be NULL) is asked where a day is before that: from which day it may
 * have been shown nevertheless (an advertisement that was published already when it was placed). */
struct showing_adverts {
    int64_t (*find)(void *arg, const char *id, size_t count, int32_t *ret_placed_day);
    int (*begins)(void *arg, int64_t serial, int32_t *ret_day, struct err *err);
    void *arg;
};
enum showings_type { SHOWINGS_CSV, SHOWINGS_NDJSON };
struct showings {
    struct showing *rows; /* by advertisement, day and region, each once (twice where a sum would not fit) */
    size_t count;
    size_t lines; /* rows that were given */
    int64_t total;
};
/* Reads rows of CSV (head `ad,day,region,count` in any order, `region` may be missing; separators as base/csv.h knows
 * them) or newline JSON ({"ad","day","region","count"}). `bytes` are changed; bytes[count] must be writable. A region
 * is a code of ISO 3166-2 or KATO, empty or null where none is said. Rows of count 0 say nothing; blank lines are
 * skipped.
 *
 * Refused with line and column ("lines.17.day"), the first hundred: advert_unknown, not_a_date, day_in_future (after
 * `today`), day_before_placed, day_too_old, out_of_range, not_a_number, region_unknown, csv_cells and the like; and of
 * the head or a member: required, duplicate_field, unknown_field, and viewer_refused for one that could hold a viewer
 * (viewer_word.h). Then -ERR_BAD_INPUT "fields_refused". A body without a row is "showings_empty". The rows are
 * memory of the arena. */
int showings_read(enum showings_type type, char *bytes, size_t count, const struct showing_adverts *adverts,
                  const struct catalogue *catalogue, int32_t today, struct arena *arena, struct showings *ret,
                  struct field_errors *errors, struct err *err) WARN_UNUSED;
/* Sorts and sums in place: by advertisement, day and region. */
int showings_sort(struct showing *rows, size_t *count, struct err *err) WARN_UNUSED;
/* Durable with the transaction: they wait to be added. */
int showings_write(struct tx *tx, const struct showings *showings, int64_t now_usec, struct err *err) WARN_UNUSED;
/* Adds the oldest part that waits to the figures and moves first and last days; of removed advertisements rows are
 * dropped. *ret_handled: its rows; 0: none waited. */
int showings_fold(const struct office *office, int64_t now_usec, size_t *ret_handled, struct err *err) WARN_UNUSED;

enum showing_how {
    SHOWING_TOLD,
    SHOWING_FEWER,   /* than REGION_THRESHOLD: count is 0 */
    SHOWING_WITHHELD /* so that others cannot be reckoned: count is 0 */
};
struct showing_day {
    int32_t day;
    int region;    /* 0: none said; by region also REGION_UNTOLD */
    int64_t count; /* without by_region: the day's total */
    enum showing_how how;
};
/* A day of fewer than REGION_THRESHOLD showings in all: its regions are not even named. */
#define REGION_UNTOLD (-1)
/* By day, or (by_region, of one advertisement alone) by day and region as they may be told. */
int showings_of(struct tx *tx, const int64_t *serials, size_t count, int32_t from, int32_t until, bool by_region,
                struct arena *arena, struct showing_day **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* What may be told of one advertisement's figures (by day and region, as the store lists them), in the same order,
 * `ret` with room for as many. Of each day by itself:
 *
 *  - a total under the threshold is told, and nothing of its regions: one entry REGION_UNTOLD;
 *  - else regions under the threshold are SHOWING_FEWER; and while those that are not told are one alone, or together
 *    under the threshold, the smallest one that is told is SHOWING_WITHHELD too (what no region was said of counts as
 *    a region here). So whoever takes what is told from the total is left with a sum of several that is no smaller
 *    than the threshold.
 *
 * Days are never summed by region: the difference of two sums would tell a day. */
size_t showings_hide(const struct showing_row *rows, size_t count, struct showing_day *ret);
/* Rows that wait to be added. */
int showings_waiting(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;

#endif
