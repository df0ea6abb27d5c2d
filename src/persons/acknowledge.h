/* That a person has read a policy of the operator's (opl.10.1: shown before registration ends, acknowledged by each).
 *
 *   person.acknowledged  subject_id, policy (id), version, lang, text_hash: of the text in that language */
#ifndef TALAP_PERSONS_ACKNOWLEDGE_H
#define TALAP_PERSONS_ACKNOWLEDGE_H

#include "persons/kept.h"
#include "persons/people.h"
#include "store/person_rows.h"

/* `version` 0: the one in force. Once more for the same version: no event, *ret is the first, *ret_new false.
 * ERR_NOT_FOUND "policy_unknown": no such policy or version, or it is retired; ERR_CONFLICT "person_destroyed". In a
 * command. */
int person_acknowledge(struct tx *tx, const struct office *office, const struct person *person, const char *policy,
                       int64_t version, const char *lang, const struct actor *actor, int64_t now_usec,
                       struct acknowledgement_row *ret, bool *ret_new, struct err *err) WARN_UNUSED;

#endif
