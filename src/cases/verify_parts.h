/* Verification: a case lived through again from its events. Private to the room. */
#ifndef TALAP_CASES_VERIFY_PARTS_H
#define TALAP_CASES_VERIFY_PARTS_H

#include "cases/parts.h"

/* What the events say the case is. JSON objects belong to the replay. */
struct replay {
    const struct procedure *procedure;
    const char *number, *state, *opener, *lang, *subject_id; /* in the arena */
    const char *assignee, *opener_account;                   /* NULL: nobody */
    int64_t version, opened_usec, registered_usec, closed_usec, last_leaf;
    json_t *values;      /* merged clear values */
    json_t *sealed;      /* merged personal ones, {field: {salt, value}}; only when the key is there */
    json_t *clocks;      /* {clock: {norm, norm_from, starts, due, overdue, state, in_time, extended, told}} */
    json_t *attachments; /* {id: {type, size, commitment, leaf}} */
};
int replay_init(struct replay *replay, struct err *err) WARN_UNUSED;
void replay_done(struct replay *replay);

/* Applies one event. ERR_DAMAGED with a detail that says what does not fit. `sealed` is what was opened beside it, or
 * NULL when the person's key is gone. */
int replay_event(struct replay *replay, const struct office *office, const struct event_row *event, const json_t *body,
                 const json_t *sealed, struct arena *arena, struct err *err) WARN_UNUSED;

/* ERR_DAMAGED "case_damaged" with this detail; the number is added by the caller. */
int replay_damaged(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What the events say of accounts {id: {roles, disabled}}, tokens {id: {target_account_id, roles, expires_usec,
 * revoked_usec}} and the organisation. */
struct people {
    json_t *accounts, *tokens;
    json_t *feeds;        /* account id: since when its calendar has an address */
    json_t *organisation; /* NULL: never set */
};
int people_init(struct people *people, struct err *err) WARN_UNUSED;
void people_done(struct people *people);
/* Every event of the ledger, in order. */
int people_event(struct people *people, const struct event_row *row, struct err *err) WARN_UNUSED;
/* The first difference: ERR_DAMAGED "store_damaged", arg: "account ID", "token ID", "feed ID", "setting
 * organisation". */
int people_check(struct tx *tx, const struct people *people, struct arena *arena, struct err *err) WARN_UNUSED;

#endif
