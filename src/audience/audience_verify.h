/* Verification of closed figures: the events "audience_…" gone through in the order of the ledger, and held against the
 * rows. Every row has its event and every event its rows; versions follow one another; a day is closed after the one
 * before; a month's average is that of its days as they then stood; a month whose secret was destroyed was closed, and
 * has neither secret nor chunks nor sets any more.
 *
 * Not in the events, and so not checked: what is being counted (hashes stand nowhere else; that is the point). */
#ifndef TALAP_AUDIENCE_AUDIENCE_VERIFY_H
#define TALAP_AUDIENCE_AUDIENCE_VERIFY_H

#include "cases/office.h"

struct audience_verification;

struct audience_report {
    int64_t days, months, corrections, secrets_destroyed;
};
int audience_verification_new(struct audience_verification **ret, struct err *err) WARN_UNUSED;
void audience_verification_free(struct audience_verification *verification); /* NULL-safe */
/* Each event of the ledger, in order; others than this room's are passed over. ERR_DAMAGED "store_damaged" (arg: "event
 * N") where one does not follow from those before. `arg` is the verification. */
int audience_verification_event(const struct event_row *row, void *arg, struct err *err) WARN_UNUSED;
/* The rows. The first difference: ERR_DAMAGED "store_damaged", arg: "figures day 2026-04-09", "month 2026-04". */
int audience_verification_end(struct tx *tx, struct audience_verification *verification, struct audience_report *ret,
                              struct err *err) WARN_UNUSED;

#endif
