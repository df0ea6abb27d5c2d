/* Shared by the files about people. */
#ifndef TALAP_PERSONS_PEOPLE_PARTS_H
#define TALAP_PERSONS_PEOPLE_PARTS_H

#include "persons/people.h"
#include "store/person_rows.h"

void person_from_row(const struct person_row *row, struct person *ret);
/* person_event with a body that is already canonical, and nothing sealed. */
int person_event_text(struct tx *tx, const char *kind, const struct person *person, const struct actor *actor,
                      int64_t now_usec, const char *body, size_t body_len, struct err *err) WARN_UNUSED;

/* person_ensure for who seals something under the person's key beside: the key, which the caller wipes, and whether the
 * person is new. */
int person_ensure_keyed(struct tx *tx, const struct office *office, const struct person_names *names,
                        const struct actor *actor, int64_t now_usec, struct arena *arena, struct person *ret,
                        struct subject_key *ret_key, bool *ret_made, struct err *err) WARN_UNUSED;

#endif
