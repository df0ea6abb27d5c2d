/* How people are recognised, as rows: one-time codes and sessions of the cabinet. */
#ifndef TALAP_STORE_IDENTITY_ROWS_H
#define TALAP_STORE_IDENTITY_ROWS_H

#include "base/digest.h"
#include "store/store.h"

struct code_row {
    const char *id;
    struct hash lookup; /* of the e-mail or phone it was asked for by */
    const char *kind;   /* "mail", "sms" */
    const char *lang;
    const void *sealed; /* where to send it; NULL once nobody needs it any more */
    size_t sealed_len;
    const char *state; /* "asked", "told", "nobody" */
    int64_t person;    /* 0: nobody, or not looked up yet */
    int64_t tries;     /* wrong ones */
    int64_t created_usec;
    int64_t paused_until_usec; /* TIME_NONE: no pause */
    int64_t used_usec;         /* TIME_NONE: not yet */
};
int store_code_insert(struct tx *tx, const struct code_row *row, struct err *err) WARN_UNUSED;
int store_code_update(struct tx *tx, const struct code_row *row, struct err *err) WARN_UNUSED;
/* "not_found". */
int store_code_get(struct tx *tx, const char *id, struct arena *arena, struct code_row *ret,
                   struct err *err) WARN_UNUSED;
/* The newest of an address, if there is one, and how many there are since a moment. */
int store_code_newest(struct tx *tx, const struct hash *lookup, int64_t since_usec, struct arena *arena,
                      struct code_row *ret, bool *ret_found, int64_t *ret_count, struct err *err) WARN_UNUSED;
/* Those whose person was not looked up yet, the oldest first. */
int store_code_asked(struct tx *tx, size_t limit, struct arena *arena, struct code_row **ret, size_t *ret_count,
                     struct err *err) WARN_UNUSED;
int store_code_purge(struct tx *tx, int64_t before_usec, struct err *err) WARN_UNUSED; /* created before */

struct person_session_row {
    struct hash token_hash; /* of the cookie's secret */
    int64_t person;
    const char *how;    /* "email", "phone", "certificate" */
    const void *sealed; /* the address of the code, under the person's key; or NULL */
    size_t sealed_len;
    int64_t created_usec, seen_usec, expires_usec;
};
/* Another of the same hash is seen again: its seen_usec changes. */
int store_person_session_put(struct tx *tx, const struct person_session_row *row, struct err *err) WARN_UNUSED;
int store_person_session_get(struct tx *tx, const struct hash *token_hash, struct arena *arena,
                             struct person_session_row *ret, struct err *err) WARN_UNUSED;
int store_person_session_delete(struct tx *tx, const struct hash *token_hash, struct err *err) WARN_UNUSED;
int store_person_session_purge(struct tx *tx, int64_t before_usec, struct err *err) WARN_UNUSED; /* expired before */

/* What lets a person in: of one whose data are destroyed, it goes. */
int store_person_access_delete(struct tx *tx, int64_t person, struct err *err) WARN_UNUSED;

#endif
