/* A look at a case under way: what view.c and view_events.c share. Private to the room. */
#ifndef TALAP_CASES_VIEW_PARTS_H
#define TALAP_CASES_VIEW_PARTS_H

#include "cases/parts.h"

struct look {
    struct tx *tx;
    const struct office *office;
    const struct procedure *procedure;
    struct arena *arena;
    const struct case_row *row;
    bool for_opener;
    bool destroyed; /* the person's key is gone, or there never was one */
    struct subject_key key;
    int64_t *hidden; /* leaves of staff's acts of which the opener is not told: their files are not shown */
    size_t hidden_count;
    struct account_row *seen; /* accounts already looked up, by id */
    size_t seen_count, seen_room;
};

/* The values of `fields` out of clear values and opened sealed ones; `given` is the body's "personal", which still
 * tells what there was when the values themselves are destroyed. Only what was given is listed. */
int look_values(const struct look *look, const struct field *fields, size_t field_count, const json_t *clear,
                const json_t *sealed, const json_t *given, bool public_only, size_t *ret_count,
                const struct case_value **ret, struct err *err) WARN_UNUSED;
/* The name of an account, "" when it is not known (any more). */
int look_account_name(struct look *look, const char *id, const char **ret, struct err *err) WARN_UNUSED;
/* Reads the case's events: the history and the papers, and into `given` the names of every personal value ever given.
 */
int look_events(struct look *look, unsigned with, struct case_view *view, json_t *given, struct err *err) WARN_UNUSED;

#endif
