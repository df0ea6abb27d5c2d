/* The decision about one person from the store's rows as they stand, without the index in memory: what writes and
 * exports ask of themselves within their own transaction. */
#ifndef TALAP_PERSONS_DECIDE_NOW_H
#define TALAP_PERSONS_DECIDE_NOW_H

#include "persons/decide.h"

int decide_now(struct tx *tx, const struct decision_law *law, const struct question *question,
               const struct person *person, int32_t today, int64_t now_usec, struct decision *ret,
               struct err *err) WARN_UNUSED;

#endif
