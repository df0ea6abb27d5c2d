/* People, what changed about each, whose case it is, objections and acknowledgements, as rows. What they mean is the
 * room persons/. */
#ifndef TALAP_STORE_PERSON_ROWS_H
#define TALAP_STORE_PERSON_ROWS_H

#include "base/arena.h"
#include "store/events.h"
#include "store/store.h"

struct person_row {
    int64_t serial; /* from 1, without gaps */
    const char *subject_id;
    const char *id; /* or NULL */
    uint64_t key64; /* 0: destroyed */
    int64_t created_usec;
    int32_t adult_day; /* INT32_MIN: not known */
    int64_t blocks, holds;
    int64_t destroyed_usec; /* TIME_NONE */
};
/* Writes the row under the next serial number, which is filled in. Taken: ERR_CONFLICT "person_taken". */
int store_person_insert(struct tx *tx, struct person_row *row, struct err *err) WARN_UNUSED;
/* Writes every column but serial, subject_id and created_usec. */
int store_person_update(struct tx *tx, const struct person_row *row, struct err *err) WARN_UNUSED;
/* *ret_found false where there is none. */
int store_person_by_serial(struct tx *tx, int64_t serial, struct arena *arena, struct person_row *ret, bool *ret_found,
                           struct err *err) WARN_UNUSED;
int store_person_by_subject(struct tx *tx, const char *subject_id, struct arena *arena, struct person_row *ret,
                            bool *ret_found, struct err *err) WARN_UNUSED;
int store_person_by_id(struct tx *tx, const char *id, struct arena *arena, struct person_row *ret, bool *ret_found,
                       struct err *err) WARN_UNUSED;
/* The highest serial number, which is how many there are. */
int store_person_count(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;
/* Rows from ≤ serial < until in order. `each` must not use `tx`; it stops the scan by returning non-zero. The row and
 * its texts (subject_id and id) live during the call alone. */
int store_person_scan(struct tx *tx, int64_t from, int64_t until,
                      int (*each)(const struct person_row *row, void *arg, struct err *err), void *arg,
                      struct err *err) WARN_UNUSED;
/* The same without texts: what an index needs of a person. */
struct person_brief {
    int64_t serial;
    uint64_t key64;
    int32_t adult_day;
    bool blocked, held, destroyed;
};
int store_person_brief_scan(struct tx *tx, int64_t from, int64_t until,
                            int (*each)(const struct person_brief *row, void *arg, struct err *err), void *arg,
                            struct err *err) WARN_UNUSED;
/* Who comes of age on a day after `after_day`, up to and on `until_day`. */
int store_person_adult_scan(struct tx *tx, int32_t after_day, int32_t until_day,
                            int (*each)(int64_t serial, void *arg, struct err *err), void *arg,
                            struct err *err) WARN_UNUSED;

/* By which event something of a person changed; twice is once. */
int store_person_change_put(struct tx *tx, int64_t leaf, int64_t person, struct err *err) WARN_UNUSED;
/* In order from a leaf on. `each` must not use `tx`. */
int store_person_change_scan(struct tx *tx, int64_t from_leaf,
                             int (*each)(int64_t leaf, int64_t person, void *arg, struct err *err), void *arg,
                             struct err *err) WARN_UNUSED;
/* Events of a person, their consents given too, newest first; before_leaf 0: from the newest. At most `limit`. */
int store_person_events(struct tx *tx, int64_t person, int64_t before_leaf, size_t limit, struct arena *arena,
                        struct event_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

struct person_case_row {
    const char *case_id;
    int64_t person;
    const char *how; /* "cabinet", "operator", "document" */
    int64_t leaf;
};
/* Once a case: ERR_CONFLICT "case_identified". */
int store_person_case_insert(struct tx *tx, const struct person_case_row *row, struct err *err) WARN_UNUSED;
int store_person_case_get(struct tx *tx, const char *case_id, struct arena *arena, struct person_case_row *ret,
                          bool *ret_found, struct err *err) WARN_UNUSED;
/* Of a person, newest first. */
int store_person_case_of(struct tx *tx, int64_t person, size_t limit, struct arena *arena, struct person_case_row **ret,
                         size_t *ret_count, struct err *err) WARN_UNUSED;

struct objection_row {
    const char *case_id;
    int64_t person, purpose; /* purpose 0: every one */
    const char *state;       /* "open", "upheld", "rejected" */
    int64_t leaf;            /* of the event that brought it into this state */
};
int store_objection_put(struct tx *tx, const struct objection_row *row, struct err *err) WARN_UNUSED;
int store_objection_get(struct tx *tx, const char *case_id, struct arena *arena, struct objection_row *ret,
                        bool *ret_found, struct err *err) WARN_UNUSED;
int store_objection_of(struct tx *tx, int64_t person, struct arena *arena, struct objection_row **ret,
                       size_t *ret_count, struct err *err) WARN_UNUSED;
/* All of them; `each` must not use `tx`. */
int store_objection_scan(struct tx *tx, int (*each)(const struct objection_row *row, void *arg, struct err *err),
                         void *arg, struct err *err) WARN_UNUSED;

struct acknowledgement_row {
    int64_t person, policy, version;
    const char *lang;
    int64_t at_usec, leaf;
};
/* *ret_new false: it was there before, and nothing is written. */
int store_acknowledgement_put(struct tx *tx, const struct acknowledgement_row *row, bool *ret_new,
                              struct err *err) WARN_UNUSED;
/* Of a person, newest first. */
int store_acknowledgement_of(struct tx *tx, int64_t person, struct arena *arena, struct acknowledgement_row **ret,
                             size_t *ret_count, struct err *err) WARN_UNUSED;

#endif
