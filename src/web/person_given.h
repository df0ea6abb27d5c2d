/* Whose case it is, said by who opens it for the operator: staff or a program that works with people's data. To anybody
 * else there is no such member. */
#ifndef TALAP_WEB_PERSON_GIVEN_H
#define TALAP_WEB_PERSON_GIVEN_H

#include "web/http.h"

#define PERSON_GIVEN "person"

/* May the actor say it in this procedure? Roles: responsible, service, admin. */
bool person_may_be_given(const struct request *request, const struct procedure *procedure);
/* Is a case of it opened by none of them without saying it? Its opening itself does something to the person's data. */
bool person_must_be_given(const struct procedure *procedure);
/* The member of a body, or the line of a form: a line (the operator's id, e-mail, phone, IIN, or the id of addresses),
 * in JSON also an object {id, email, phone, iin} with at least one of them, all of the same person. *ret NULL: not
 * given. Beside the field "person": person_unknown, person_names_differ, wrong_type, unknown_field, and required, where
 * the opening of the case itself does something to the person's data. */
int person_given(struct request *request, const struct procedure *procedure, const char **ret_subject_id,
                 struct err *err) WARN_UNUSED;

#endif
