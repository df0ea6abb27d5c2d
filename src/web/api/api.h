/* What the handlers of the API share. */
#ifndef TALAP_WEB_API_API_H
#define TALAP_WEB_API_API_H

#include "base/locale.h"
#include "web/json_out.h"
#include "web/routes.h"

/* The organisation's zone: in which moments are written. */
static inline const struct zone *request_zone(const struct request *request)
{
    return &request->office->catalogue->calendar->zone;
}

/* A refusal of one query value or member: adds the field error and returns -ERR_BAD_INPUT "fields_refused". */
int api_refuse(struct request *request, const char *field, const char *code, struct err *err) WARN_UNUSED;
/* Query values, read strictly; an absent one leaves *ret alone. Errors: "not_a_number", "out_of_range", "not_a_moment",
 * "wrong_type" (true or false). A plain date as a moment is 00:00 local. */
int api_query_int(struct request *request, const char *name, int64_t min, int64_t max, int64_t *ret,
                  struct err *err) WARN_UNUSED;
int api_query_moment(struct request *request, const char *name, int64_t *ret, struct err *err) WARN_UNUSED;
int api_query_bool(struct request *request, const char *name, bool *ret, struct err *err) WARN_UNUSED;
/* An integer of the path: whatever is none, or out of range, is ERR_NOT_FOUND "not_found". */
int api_param_int(const struct request *request, const char *name, int64_t min, int64_t max, int64_t *ret,
                  struct err *err) WARN_UNUSED;
/* Members of the JSON body, checked against `fields` as a form is. */
int api_members(struct request *request, const struct field *fields, size_t count, const struct field_value **ret,
                struct err *err) WARN_UNUSED;
/* First text of a value; NULL when not given. */
const char *api_value(const struct field_value *values, size_t count, const char *name);
/* The Idempotency-Key of a POST that is not a case's own, with what the body's members are held against. */
struct repeat;
int api_repeat(struct request *request, struct repeat *ret, struct err *err) WARN_UNUSED;
/* Of the roles that the organisation plays: with others, other procedures are offered. */
unsigned api_roles_tag(const struct office *office);
/* Is the answer known to the client (If-None-Match)? Sets the ETag; true: the status is 304 and nothing is to be
 * written. */
bool api_not_modified(struct request *request, struct response *response, const char *etag);

/* case_json.c */
/* One case as {id, number, procedure, state, …}. CASE_FOR_OPENER leaves out what staff alone may see and adds the
 * events; CASE_WITH_DAYS tells every clock's days (the view was read with CASE_WITH_WHY). */
enum { CASE_FOR_OPENER = 1, CASE_WITH_DAYS = 2 };
void case_write(struct request *request, struct buf *out, const struct case_view *view, unsigned how);
/* [{name, norm, starts_at, due_at, overdue_at, state, explain_url}]. With `why`, the days too. */
void case_write_clocks(struct request *request, struct buf *out, const struct case_clock *clocks, size_t count,
                       bool with_why);
void case_write_events(struct request *request, struct buf *out, const struct case_view *view);
/* {"field": value}: many as lists, yes_no as booleans, numbers as numbers, destroyed values as null. */
void case_write_values(struct buf *out, const struct case_value *values, size_t count);
/* The act's or the opening's files of a multipart body; a file under another field name is refused. */
int case_files(struct request *request, struct attachment_new **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* The raw values of a JSON or multipart body. */
int case_raw(struct request *request, const char *const *reserved, struct raw_value **ret, size_t *ret_count,
             struct err *err) WARN_UNUSED;

/* law_json.c */
/* JSON Schema of fields: {type: object, properties, required, additionalProperties: false}. */
void schema_write(struct buf *out, const struct field *fields, size_t count, enum lang lang);
/* Of what opens a case; with the member "person" where who asks may send it (web/person_given.h). */
void schema_write_opening(const struct request *request, struct buf *out, const struct procedure *procedure);
void schema_write_field(struct buf *out, const struct field *field, enum lang lang);
/* {starts_at, due_at, overdue_at, norm_version, days: […], undecided, cut}: the members, without braces. */
void explanation_write(struct request *request, struct buf *out, const struct clock_explanation *why);

#endif
