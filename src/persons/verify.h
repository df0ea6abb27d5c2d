/* Verification of this room: every event of people, consents, data, registers lived through again, and compared with
 * the rows. */
#ifndef TALAP_PERSONS_VERIFY_H
#define TALAP_PERSONS_VERIFY_H

#include "cases/cases.h"

struct persons_replay;
int persons_replay_new(const struct office *office, struct persons_replay **ret, struct err *err) WARN_UNUSED;
void persons_replay_free(struct persons_replay *replay); /* NULL-safe */
/* Every event of the ledger, in order. */
int persons_replay_event(struct persons_replay *replay, const struct event_row *row, struct err *err) WARN_UNUSED;
/* The first difference: ERR_DAMAGED "store_damaged", arg: "person UUID", "consent N", "entry purpose ID", … */
int persons_replay_check(struct tx *tx, struct persons_replay *replay, struct err *err) WARN_UNUSED;

#endif
