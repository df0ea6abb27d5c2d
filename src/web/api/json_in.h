/* Reading the body of a call that is more than a flat form: members of objects, each refused beside its path
 * ("person.email"). A member that is null counts as absent. Refusals go to the request's errors; json_in_end tells
 * whether there were any. */
#ifndef TALAP_WEB_API_JSON_IN_H
#define TALAP_WEB_API_JSON_IN_H

#include "persons/people.h"
#include "web/api/api.h"

struct json_in {
    struct request *request;
    const json_t *object; /* NULL: absent, and so is every member */
    const char *prefix;   /* "" or "person." */
};
/* The whole body; members that are not among `keys` (NULL-ended) are refused: "unknown_field". */
struct json_in json_in_body(struct request *request, const char *const *keys);
/* A member that is an object, with the same check of its own. */
struct json_in json_in_object(const struct json_in *in, const char *key, const char *const *keys);
/* NULL where absent or refused ("wrong_type"). */
const char *json_in_text(const struct json_in *in, const char *key);
/* 1, 0, or -1 where absent or refused. */
int json_in_bool(const struct json_in *in, const char *key);
/* A list of texts; count 0 where absent or refused. */
const char *const *json_in_texts(const struct json_in *in, const char *key, size_t *ret_count);
/* TIME_NONE where absent or refused ("not_a_moment"). */
int64_t json_in_moment(const struct json_in *in, const char *key);
/* One value of a type of the forms, in its canonical text; refused with that type's codes. */
const char *json_in_as(const struct json_in *in, const char *key, enum field_type type);
/* id, email, phone, iin, full_name, birth_date: canonical. */
void json_in_names(const struct json_in *in, struct person_names *ret);
/* -ERR_BAD_INPUT "fields_refused" when anything was refused so far. */
int json_in_end(struct request *request, struct err *err) WARN_UNUSED;
/* The request's body as canonical text, for what a repeated request is held against. NULL when memory ends. */
const char *json_in_canonical(struct request *request);

extern const char *const person_name_keys[]; /* NULL-ended */

#endif
