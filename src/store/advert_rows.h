/* Advertisements, their versions and media, as rows (adverts/adverts.h tells what they mean). Counts of showings have
 * rows of their own: store/showing_rows.h.
 *
 * `serial` is dense, from 1, in the order in which advertisements were taken in; `leaf` is the newest event about one:
 * kept, changed or removed. Since events have one order over all nodes, whoever remembers a leaf follows by it and
 * misses nothing (store_advert_follow). */
#ifndef TALAP_STORE_ADVERT_ROWS_H
#define TALAP_STORE_ADVERT_ROWS_H

#include "base/digest.h"
#include "store/store.h"

#define ADVERT_NEVER_SHOWN INT32_MIN

struct advert_row {
    int64_t serial;
    const char *id, *own_id; /* own_id: or NULL */
    int64_t version;
    int64_t placed_usec, changed_usec;
    int32_t first_day; /* of showings, or ADVERT_NEVER_SHOWN */
    int32_t last_day;  /* the later of the last showing and the end of the period, which may still be to come */
    int64_t shown;
    int64_t removed_usec; /* or TIME_NONE */
    int64_t leaf;
};
struct advert_version_row {
    int64_t advert, version;
    int64_t from_usec;
    int64_t leaf, place;
    struct hash hash;
    const char *json; /* NULL: removed, or not asked for */
    size_t json_len;
};

/* The newest serial, 0 where there is none. */
int store_advert_last(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;
/* New ones with their first versions. They come together: serials and places follow one another, moment and event are
 * the same for all, none was shown. ERR_CONFLICT "advert_known" (arg: the own id) where one is another's already. */
int store_adverts_insert(struct tx *tx, const struct advert_row *rows, const struct advert_version_row *versions,
                         size_t count, struct err *err) WARN_UNUSED;
/* A later one. */
int store_advert_version_insert(struct tx *tx, const struct advert_version_row *row, struct err *err) WARN_UNUSED;
/* Version, change, last day and leaf anew; *ret_changed false where it is not at `was` any more or is removed. */
int store_advert_change(struct tx *tx, const struct advert_row *row, int64_t was, bool *ret_changed,
                        struct err *err) WARN_UNUSED;
/* By id, or by serial where id is NULL. ERR_NOT_FOUND "advert_unknown". */
int store_advert_get(struct tx *tx, const char *id, int64_t serial, struct arena *arena, struct advert_row *ret,
                     struct err *err) WARN_UNUSED;
/* By the platform's own id. ERR_NOT_FOUND "advert_unknown". */
int store_advert_by_own_id(struct tx *tx, const char *own_id, struct arena *arena, struct advert_row *ret,
                           struct err *err) WARN_UNUSED;
/* ERR_NOT_FOUND "advert_unknown". */
int store_advert_version_get(struct tx *tx, int64_t advert, int64_t version, struct arena *arena,
                             struct advert_version_row *ret, struct err *err) WARN_UNUSED;
/* Oldest first, without their texts. */
int store_advert_versions(struct tx *tx, int64_t advert, struct arena *arena, struct advert_version_row **ret,
                          size_t *ret_count, struct err *err) WARN_UNUSED;
/* The hashes that one event took in, by place: first versions of `count` advertisements from serial `first` on.
 * ERR_DAMAGED "store_damaged" where there are fewer. */
int store_advert_hashes(struct tx *tx, int64_t first, size_t count, struct hash *ret, struct err *err) WARN_UNUSED;

/* What became of advertisements after the event `leaf` (of the same event: after `serial`), in that order: each as it
 * now is, once. Removed ones among them. */
int store_advert_follow(struct tx *tx, int64_t leaf, int64_t serial, size_t limit, struct arena *arena,
                        struct advert_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* All that stand, by serial; the row's memory lives only during the call. Stops when `each` returns non-zero. */
int store_advert_scan(struct tx *tx, int (*each)(const struct advert_row *row, void *arg, struct err *err), void *arg,
                      struct err *err) WARN_UNUSED;

/* That stand and have a last day before `day`: the longest past first. */
int store_advert_over(struct tx *tx, int32_t day, size_t limit, struct arena *arena, struct advert_row **ret,
                      size_t *ret_count, struct err *err) WARN_UNUSED;
/* Do showings wait that came before this moment? */
int store_advert_showings_wait(struct tx *tx, int64_t before_usec, bool *ret, struct err *err) WARN_UNUSED;
/* How many rows of showings it has. */
int store_advert_showings(struct tx *tx, int64_t serial, int64_t *ret, struct err *err) WARN_UNUSED;
/* Texts, showings, media that no other names, the own id: all gone. */
int store_advert_remove(struct tx *tx, int64_t serial, int64_t leaf, int64_t now_usec, struct err *err) WARN_UNUSED;
/* What is left of one that was removed and should not be: 0. */
int store_advert_remains(struct tx *tx, int64_t serial, int64_t *ret, struct err *err) WARN_UNUSED;

/* Are its count and its first day those of its showings, and its last day no earlier than theirs? */
int store_advert_figures_hold(struct tx *tx, int64_t serial, bool *ret, struct err *err) WARN_UNUSED;
/* For the verification: versions after one of them, by advertisement and version, with their texts. */
int store_advert_versions_after(struct tx *tx, int64_t advert, int64_t version, size_t limit, struct arena *arena,
                                struct advert_version_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Media whose hash comes after this one (NULL: from the first), at most one. *ret_found false: there is none. */
int store_advert_media_after(struct tx *tx, const struct hash *after, struct arena *arena, struct hash *ret,
                             const void **ret_bytes, size_t *ret_count, bool *ret_found, struct err *err) WARN_UNUSED;

/* An advertisement names a medium; twice is once. */
int store_advert_media_name(struct tx *tx, const struct hash *hash, int64_t advert, struct err *err) WARN_UNUSED;
/* Does an advertisement that stands name it? */
int store_advert_media_named(struct tx *tx, const struct hash *hash, bool *ret, struct err *err) WARN_UNUSED;
/* *ret_new false: it is there already. */
int store_advert_media_put(struct tx *tx, const struct hash *hash, const char *type, const void *bytes, size_t count,
                           int64_t now_usec, bool *ret_new, struct err *err) WARN_UNUSED;
/* In the arena. ERR_NOT_FOUND "media_unknown". */
int store_advert_media_get(struct tx *tx, const struct hash *hash, struct arena *arena, const char **ret_type,
                           const void **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Is it there, and of what size? -1: no. */
int store_advert_media_size(struct tx *tx, const struct hash *hash, int64_t *ret, struct err *err) WARN_UNUSED;

#endif
