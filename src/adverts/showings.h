/* Counts of showings: how often an advertisement was shown on a day, perhaps in a region; never to whom.
 *
 * A body of rows is checked whole, written as one chunk (durable, once for one Idempotency-Key), and added to the
 * figures a little later by the job loop, thousands of rows a transaction. Regional figures under the threshold are
 * told as "fewer than N". */
#ifndef TALAP_ADVERTS_SHOWINGS_H
#define TALAP_ADVERTS_SHOWINGS_H

#include "adverts/adverts.h"

#define REGION_THRESHOLD 100

struct showing {     /* as a chunk holds them: 16 bytes, little-endian */
    uint32_t advert; /* serial */
    int32_t day;
    uint16_t region; /* 0: none said */
    uint16_t zero;
    uint32_t count;
};
/* Reads rows of CSV (head `ad,day,region,count` in any order) or newline JSON; `ids` finds serials. All refusals with
 * their line, the first hundred; a column or member that could hold a viewer (user, viewer, ip, device …), or any other
 * unknown one, is refused. */
struct advert_ids; /* ids.h: id or own id → serial, in memory */
int showings_read(const char *type, char *bytes, size_t count, struct advert_ids *ids,
                  const struct catalogue *catalogue, int32_t today, struct buf *ret_rows, struct field_errors *errors,
                  struct err *err) WARN_UNUSED;
int showings_write(struct tx *tx, const void *rows, size_t count, int64_t now_usec, struct err *err) WARN_UNUSED;
/* Adds what waits to the figures, and moves first and last days. */
int showings_fold(const struct office *office, int64_t now_usec, size_t *ret_handled, struct err *err) WARN_UNUSED;

struct showing_day {
    int32_t day;
    int region; /* 0: none said */
    int64_t count;
};
/* By day, then region. `advert` 0 with `serials`: of several together (an advertiser's, an account's). */
int showings_of(struct tx *tx, const int64_t *serials, size_t count, int32_t from, int32_t until, bool by_region,
                struct arena *arena, struct showing_day **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Rows that wait to be added. */
int showings_waiting(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;

#endif
