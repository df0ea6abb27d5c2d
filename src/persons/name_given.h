/* One line in which somebody names a person: the operator's identifier, an e-mail, a phone, an IIN, or the subject's id
 * of addresses. What it is, its form tells: nobody has to say which. */
#ifndef TALAP_PERSONS_NAME_GIVEN_H
#define TALAP_PERSONS_NAME_GIVEN_H

#include "persons/people.h"

/* The person that the line names. ERR_NOT_FOUND "person_unknown": nobody is known by it, or by nothing of the kind, or
 * the person's data are destroyed (of those the line must be the subject's id, and then they are found). */
int person_by_line(struct tx *tx, const struct office *office, const char *line, struct arena *arena,
                   struct person *ret, struct err *err) WARN_UNUSED;

#endif
