/* Verification of the store of advertisements: the events "adverts_…" gone through in the order of the ledger, and held
 * against the rows. Serials without a gap; every version's text hashes to its leaf, and the leaves of what came
 * together to the root that the event tells; each change follows the version before; what was removed is really empty,
 * and nothing else is; counts and days are those of the showings; media hash to their names, and somebody names them.
 *
 * Not in the events, and so not checked: the counts of showings themselves. */
#ifndef TALAP_ADVERTS_ADVERT_VERIFY_H
#define TALAP_ADVERTS_ADVERT_VERIFY_H

#include "cases/office.h"

struct advert_verification;

struct advert_report {
    int64_t adverts, versions, removed, media;
};
int advert_verification_new(struct advert_verification **ret, struct err *err) WARN_UNUSED;
void advert_verification_free(struct advert_verification *verification); /* NULL-safe */
/* Each event of the ledger, in order; others than this room's are passed over. ERR_DAMAGED "store_damaged" (arg: "event
 * N") where one does not follow from those before. `arg` is the verification. */
int advert_verification_event(const struct event_row *row, void *arg, struct err *err) WARN_UNUSED;
/* The rows. The first difference: ERR_DAMAGED "store_damaged", arg: "advert N", "adverts", "medium HASH". */
int advert_verification_end(struct tx *tx, struct advert_verification *verification, struct advert_report *ret,
                            struct err *err) WARN_UNUSED;

#endif
