/* Consents, the texts that were shown, and the sets of recipients they name, as rows. What they mean is the room
 * persons/. */
#ifndef TALAP_STORE_CONSENT_ROWS_H
#define TALAP_STORE_CONSENT_ROWS_H

#include "base/arena.h"
#include "base/digest.h"
#include "store/store.h"

struct consent_row {
    int64_t leaf; /* of the event that gave it, and its name */
    int64_t person, purpose, purpose_version;
    uint64_t categories;
    unsigned given, stands;
    int64_t recipients;             /* number of a set; 0: any of the purpose's */
    int64_t from_sec, until_sec;    /* INT64_MAX: until the purpose is achieved */
    int64_t given_usec, ended_usec; /* TIME_NONE: it stands */
    const char *ended;              /* "withdrawn", "expired", "achieved", "destroyed", or NULL */
    int64_t text;
    const char *way;
    bool by_representative;
};
int store_consent_insert(struct tx *tx, const struct consent_row *row, struct err *err) WARN_UNUSED;
/* Writes what can change of it. */
int store_consent_update(struct tx *tx, int64_t leaf, unsigned stands, int64_t ended_usec, const char *ended,
                         struct err *err) WARN_UNUSED;
int store_consent_get(struct tx *tx, int64_t leaf, struct arena *arena, struct consent_row *ret, bool *ret_found,
                      struct err *err) WARN_UNUSED;
/* Of a person, newest first. */
int store_consent_of(struct tx *tx, int64_t person, struct arena *arena, struct consent_row **ret, size_t *ret_count,
                     struct err *err) WARN_UNUSED;
/* Those that have not ended and whose term was over before that second, the first over first. */
int store_consent_over(struct tx *tx, int64_t before_sec, size_t limit, struct arena *arena, struct consent_row **ret,
                       size_t *ret_count, struct err *err) WARN_UNUSED;
/* What an index needs of one. */
struct consent_brief {
    int64_t leaf, person, purpose;
    uint64_t categories;
    unsigned given, stands;
    int64_t recipients;
    int64_t from_sec, until_sec;
    bool ended, withdrawn; /* withdrawn: that is how it ended */
};
/* Leaves from ≤ leaf < until in order. `each` must not use `tx`; it stops the scan by returning non-zero. */
int store_consent_brief_scan(struct tx *tx, int64_t from, int64_t until,
                             int (*each)(const struct consent_brief *row, void *arg, struct err *err), void *arg,
                             struct err *err) WARN_UNUSED;
/* Of one person, in order of their leaves; the same rule. */
int store_consent_brief_of(struct tx *tx, int64_t person,
                           int (*each)(const struct consent_brief *row, void *arg, struct err *err), void *arg,
                           struct err *err) WARN_UNUSED;
/* Whole rows; texts live during the call; the same rule. */
int store_consent_scan(struct tx *tx, int64_t from, int64_t until,
                       int (*each)(const struct consent_row *row, void *arg, struct err *err), void *arg,
                       struct err *err) WARN_UNUSED;
/* How many a person has, ended ones too; counts no further than `limit`. */
int store_consent_count_of(struct tx *tx, int64_t person, int64_t limit, int64_t *ret, struct err *err) WARN_UNUSED;
int store_consent_count(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;
/* The highest leaf of a consent, -1 without any. */
int store_consent_newest(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;

struct consent_text_row {
    int64_t number;
    struct hash hash; /* SHA-256 of the text */
    const char *lang, *version;
    const char *operator_name, *operator_bin; /* to whom it was given */
    const char *text;
};
/* The number of the text with this hash, language, version and operator, written now if it is new. row->number is not
 * looked at.
 */
int store_consent_text_put(struct tx *tx, const struct consent_text_row *row, int64_t *ret_number,
                           struct err *err) WARN_UNUSED;
int store_consent_text_get(struct tx *tx, int64_t number, struct arena *arena, struct consent_text_row *ret,
                           bool *ret_found, struct err *err) WARN_UNUSED;
/* `ids`: a JSON list, sorted. */
int store_recipient_set_put(struct tx *tx, const char *ids, int64_t *ret_number, struct err *err) WARN_UNUSED;
struct recipient_set_row {
    int64_t number;
    const char *ids;
};
/* Those with numbers above, in order. */
int store_recipient_set_list(struct tx *tx, int64_t after_number, struct arena *arena, struct recipient_set_row **ret,
                             size_t *ret_count, struct err *err) WARN_UNUSED;
/* *ret NULL where there is none. */
int store_recipient_set_get(struct tx *tx, int64_t number, struct arena *arena, const char **ret,
                            struct err *err) WARN_UNUSED;

#endif
