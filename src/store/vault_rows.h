/* What is held about people, as rows: sealed values, blocks, legal holds, destructions, and the copies of the store
 * that were made. */
#ifndef TALAP_STORE_VAULT_ROWS_H
#define TALAP_STORE_VAULT_ROWS_H

#include "base/digest.h"
#include "store/store.h"

#define DAY_NONE INT32_MIN

/* One value of a category for a purpose. */
struct person_record_row {
    int64_t person;
    int category;
    int64_t purpose;
    const void *sealed;
    size_t sealed_len;
    struct hash commitment;
    const char *source;
    int64_t collected_usec;
    int32_t destroy_day;    /* DAY_NONE: not known */
    int64_t announced_usec; /* TIME_NONE: not yet */
    int64_t leaf;           /* of the event that recorded the value */
};
/* Puts it in the place of what stood there for the person, category and purpose. */
int store_record_put(struct tx *tx, const struct person_record_row *row, struct err *err) WARN_UNUSED;
/* ERR_NOT_FOUND "not_found". */
int store_record_get(struct tx *tx, int64_t person, int category, int64_t purpose, struct arena *arena,
                     struct person_record_row *ret, struct err *err) WARN_UNUSED;
/* By category, then purpose. */
int store_records_of(struct tx *tx, int64_t person, struct arena *arena, struct person_record_row **ret,
                     size_t *ret_count, struct err *err) WARN_UNUSED;
/* Is there any of the person for the purpose? */
int store_record_any(struct tx *tx, int64_t person, int64_t purpose, bool *ret, struct err *err) WARN_UNUSED;
int store_record_delete(struct tx *tx, int64_t person, int category, int64_t purpose, struct err *err) WARN_UNUSED;
/* When its time is over, and whether that was announced. */
int store_record_due(struct tx *tx, int64_t person, int category, int64_t purpose, int32_t destroy_day,
                     int64_t announced_usec, struct err *err) WARN_UNUSED;
/* People that have records, by number above `after`: where an export walks through everybody. */
int store_record_people(struct tx *tx, int64_t after, size_t limit, struct arena *arena, int64_t **ret,
                        size_t *ret_count, struct err *err) WARN_UNUSED;
/* Records whose day is at or before `until_day` and that were not announced yet, the earliest first; without values. */
int store_records_to_announce(struct tx *tx, int32_t until_day, size_t limit, struct arena *arena,
                              struct person_record_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Records whose day is before `before_day`, announced at or before `announced_usec`, of people who are neither blocked
 * nor held; without values. */
int store_records_over(struct tx *tx, int32_t before_day, int64_t announced_usec, size_t limit, struct arena *arena,
                       struct person_record_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Those that were announced, the earliest day first; without values. */
int store_records_announced(struct tx *tx, size_t limit, struct arena *arena, struct person_record_row **ret,
                            size_t *ret_count, struct err *err) WARN_UNUSED;
/* How many of them have their last day at or before `until_day`; counted up to `limit`. */
int store_records_announced_count(struct tx *tx, int32_t until_day, int64_t limit, int64_t *ret,
                                  struct err *err) WARN_UNUSED;

struct legal_hold_row {
    int64_t leaf, person;
    const char *norm, *reason;
    int32_t until_day;   /* DAY_NONE: until lifted */
    int64_t lifted_usec; /* TIME_NONE: it stands, unless its day is over */
};
int store_hold_insert(struct tx *tx, const struct legal_hold_row *row, struct err *err) WARN_UNUSED;
int store_hold_lift(struct tx *tx, int64_t leaf, int64_t at_usec, struct err *err) WARN_UNUSED;
/* The oldest first. */
int store_holds_of(struct tx *tx, int64_t person, struct arena *arena, struct legal_hold_row **ret, size_t *ret_count,
                   struct err *err) WARN_UNUSED;
/* Holds not lifted whose last day is before `before_day`. */
int store_holds_over(struct tx *tx, int32_t before_day, size_t limit, struct arena *arena, struct legal_hold_row **ret,
                     size_t *ret_count, struct err *err) WARN_UNUSED;

struct destruction_row {
    int64_t leaf, person;
    int64_t purpose; /* 0: the whole person */
    const char *case_id;
    const char *ground, *state;
    int64_t changed_usec;
    const char *told; /* JSON */
};
int store_destruction_insert(struct tx *tx, const struct destruction_row *row, struct err *err) WARN_UNUSED;
/* Moves it from the state `from` on; *ret_moved false when it is in another: somebody else did it. */
int store_destruction_move(struct tx *tx, int64_t leaf, const char *from, const char *to, const char *told,
                           int64_t now_usec, bool *ret_moved, struct err *err) WARN_UNUSED;
/* Of a person, the newest first. */
int store_destructions_of(struct tx *tx, int64_t person, struct arena *arena, struct destruction_row **ret,
                          size_t *ret_count, struct err *err) WARN_UNUSED;
/* In that state, the oldest first. Of those intended only what nothing stands against: neither a hold nor a block,
 * which may have come since. */
int store_destructions_in(struct tx *tx, const char *state, size_t limit, struct arena *arena,
                          struct destruction_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* In every state but the last, whatever stands against them; the oldest first. */
int store_destructions_unfinished(struct tx *tx, size_t limit, struct arena *arena, struct destruction_row **ret,
                                  size_t *ret_count, struct err *err) WARN_UNUSED;
int store_destructions_open(struct tx *tx, bool *ret, struct err *err) WARN_UNUSED;

/* Takes away everything by which a person could be found or read: the wrapped key, the keyed hashes that lead there,
 * the operator's id, sessions and codes of the cabinet, sealed values of the vault, of cases and of their files; so
 * also of cases that came by a public form and were found to be theirs (person_case), unless a case of somebody else
 * lies under the same key. Consents that had not ended end as "destroyed". Events stay: what is sealed in them has no
 * key any more. */
int store_person_destroy(struct tx *tx, int64_t person, int64_t now_usec, struct err *err) WARN_UNUSED;
/* Of what store_person_destroy takes away, how many things are there. */
int store_person_remains(struct tx *tx, int64_t person, int64_t *ret, struct err *err) WARN_UNUSED;
/* What nobody may find in the store's files once the person is destroyed: the random beginnings of the wrapped key and
 * of each keyed hash, as store_print gives them. */
int store_person_prints(struct tx *tx, int64_t person, struct arena *arena, uint64_t **ret, size_t *ret_count,
                        struct err *err) WARN_UNUSED;

/* Leaves those that are no keyed hash in use now: whoever comes with the same e-mail afterwards, or asks for a code by
 * it, has the same one. */
int store_prints_drop_known(struct tx *tx, uint64_t *prints, size_t *count, struct err *err) WARN_UNUSED;

struct backup_row {
    const char *id;
    int64_t at_usec, kept_until_usec;
    int64_t removed_usec; /* TIME_NONE: still there, as far as anybody said */
};
int store_backup_row_insert(struct tx *tx, const struct backup_row *row, struct err *err) WARN_UNUSED;
/* *ret_found false where it is unknown or gone already. */
int store_backup_row_gone(struct tx *tx, const char *id, int64_t at_usec, bool *ret_found, struct err *err) WARN_UNUSED;
/* Not gone, made at or before `until_usec`; the oldest first. */
int store_backup_rows(struct tx *tx, int64_t until_usec, struct arena *arena, struct backup_row **ret,
                      size_t *ret_count, struct err *err) WARN_UNUSED;

#endif
