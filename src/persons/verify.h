/* Verification of this room: what happened to each person, lived through again from the ledger and compared with the
 * rows. In two passes, so that millions of people need no memory: the first goes over the whole ledger and sums up
 * which events belong to whom; the second takes one person after another, reads their events, lives through them,
 * compares every row of theirs, and adds up the same sum, so that no event was missing or somebody else's.
 *
 * Checked: people, their events, consents and the texts and recipients these name, values of the vault (with what is
 * sealed, while the key is there), holds, destructions, objections, whose cases, acknowledgements, the operator's
 * registers, copies of the store; and that no person is without a number or twice. Not in the events, and so not
 * checked: the operator's ids and the look-ups by e-mail, phone and IIN (keyed hashes of values that stand nowhere, and
 * which nobody can make anew once the person's key is gone; that an id leads to its own row is checked), codes and
 * sessions of the cabinet, what a destruction noted for its next step, and how far a file of consents was read (its
 * consents themselves are in the events). */
#ifndef TALAP_PERSONS_VERIFY_H
#define TALAP_PERSONS_VERIFY_H

#include "cases/cases.h"

struct persons_report {
    int64_t people, consents, records, records_destroyed;
};
/* The ledger, the cases (office_verify) and the people, in one pass over the events. The first
 * difference of people: ERR_DAMAGED "store_damaged", arg: "person UUID", "consent N", "entry purpose ID", "text N",
 * "backup ID", "event N", "events of people". */
int persons_verify(struct tx *tx, const struct office *office, struct verify_report *ret_office,
                   struct persons_report *ret, struct err *err) WARN_UNUSED;
/* The same, and every event is shown to the verifications of the other rooms too, so that the ledger is gone through
 * once; a failure of theirs ends it. */
struct verify_also {
    int (*event)(const struct event_row *row, void *arg, struct err *err);
    void *arg;
};
int persons_verify_with(struct tx *tx, const struct office *office, const struct verify_also *also, size_t also_count,
                        struct verify_report *ret_office, struct persons_report *ret, struct err *err) WARN_UNUSED;

#endif
