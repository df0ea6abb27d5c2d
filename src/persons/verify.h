/* Verification of this room: what happened to each person, lived through again from the ledger and compared with the
 * rows. In two passes, so that millions of people need no memory: the first goes over the whole ledger and sums up
 * which events belong to whom; the second takes one person after another, reads their events, lives through them,
 * compares every row of theirs, and adds up the same sum, so that no event was missing or somebody else's.
 *
 * Checked: people, their events, consents and the texts and recipients these name, values of the vault (with what is
 * sealed, while the key is there), holds, destructions, objections, whose cases, acknowledgements, the operator's
 * registers, copies of the store. Not in the events, and so not checked: the operator's ids, the look-ups, codes and
 * sessions of the cabinet, imports. */
#ifndef TALAP_PERSONS_VERIFY_H
#define TALAP_PERSONS_VERIFY_H

#include "cases/cases.h"

struct persons_replay;
int persons_replay_new(const struct office *office, struct persons_replay **ret, struct err *err) WARN_UNUSED;
void persons_replay_free(struct persons_replay *replay); /* NULL-safe */
/* Every event of the ledger, in order. */
int persons_replay_event(struct persons_replay *replay, const struct event_row *row, struct err *err) WARN_UNUSED;
/* The first difference: ERR_DAMAGED "store_damaged", arg: "person UUID", "consent N", "entry purpose ID", "text N",
 * "backup ID", "events of people". */
int persons_replay_check(struct tx *tx, struct persons_replay *replay, struct err *err) WARN_UNUSED;
struct persons_report {
    int64_t people, consents, records, records_destroyed;
};
/* The same, and what was looked at. */
int persons_replay_report(struct tx *tx, struct persons_replay *replay, struct persons_report *ret,
                          struct err *err) WARN_UNUSED;
/* All of it, over a ledger that is found whole (office_verify). */
int persons_verify(struct tx *tx, const struct office *office, struct persons_report *ret, struct err *err) WARN_UNUSED;

#endif
