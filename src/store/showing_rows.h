/* Counts of showings as rows (adverts/showings.h tells what they mean): chunks as they came, and the figures that they
 * are added to. */
#ifndef TALAP_STORE_SHOWING_ROWS_H
#define TALAP_STORE_SHOWING_ROWS_H

#include "store/store.h"

/* Puts a chunk behind those that wait. */
int store_showing_chunk_put(struct tx *tx, const void *rows, size_t bytes, size_t count, int64_t now_usec,
                            struct err *err) WARN_UNUSED;
/* The oldest chunk, in the arena; *ret_serial 0 where none waits. */
int store_showing_chunk_next(struct tx *tx, struct arena *arena, int64_t *ret_serial, const void **ret_rows,
                             size_t *ret_bytes, struct err *err) WARN_UNUSED;
int store_showing_chunk_delete(struct tx *tx, int64_t serial, struct err *err) WARN_UNUSED;
/* Rows in all chunks. */
int store_showing_waiting(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;

struct showing_row {
    int64_t advert;
    int32_t day;
    int region; /* 0: none said */
    int64_t count;
};
/* Adds each to its figure. No two of them are of the same advertisement, day and region. */
int store_showing_add(struct tx *tx, const struct showing_row *rows, size_t count, struct err *err) WARN_UNUSED;
/* Adds to all that was shown of an advertisement, and moves its first and last days apart. *ret_stands false, and
 * nothing is changed, where it is removed. */
int store_showing_advert(struct tx *tx, int64_t advert, int64_t count, int32_t first_day, int32_t last_day,
                         int64_t now_usec, bool *ret_stands, struct err *err) WARN_UNUSED;
/* What an advertisement's newest version says and when it was placed; the JSON in the arena, NULL where it is removed.
 * ERR_NOT_FOUND "advert_unknown". */
int store_showing_said(struct tx *tx, int64_t advert, struct arena *arena, const char **ret_json, size_t *ret_len,
                       int64_t *ret_placed_usec, struct err *err) WARN_UNUSED;
/* Of one advertisement, by day and region. */
int store_showing_list(struct tx *tx, int64_t advert, int32_t from_day, int32_t until_day, struct arena *arena,
                       struct showing_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Sums by day over several advertisements: region is 0, advert is 0. */
int store_showing_sums(struct tx *tx, const int64_t *adverts, size_t advert_count, int32_t from_day, int32_t until_day,
                       struct arena *arena, struct showing_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Of advertisements with serials from..until, by advertisement, day and region: rows are handed to `each`, which stops
 * by returning non-zero. */
int store_showing_scan(struct tx *tx, int64_t from, int64_t until,
                       int (*each)(const struct showing_row *row, void *arg, struct err *err), void *arg,
                       struct err *err) WARN_UNUSED;

#endif
