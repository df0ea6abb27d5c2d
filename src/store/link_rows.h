/* What ties cases together, as rows: links from one case to another, and the keys (a platform, a resource, a subject of
 * control) by which cases are found and counted. Both repeat what the events hold; cases/links.c writes them. */
#ifndef TALAP_STORE_LINK_ROWS_H
#define TALAP_STORE_LINK_ROWS_H

#include "store/case_rows.h"

struct case_link_row {
    const char *from_case, *to_case; /* `from_case` names `to_case` … */
    const char *field;               /* … in this field */
    int64_t leaf;                    /* the event that first did so */
};
/* Naming the same case in the same field again changes nothing. */
int store_link_put(struct tx *tx, const struct case_link_row *row, struct err *err) WARN_UNUSED;
/* Takes back a link that today's catalogue would not make. No such row: no error. */
int store_link_delete(struct tx *tx, const struct case_link_row *row, struct err *err) WARN_UNUSED;
/* Links from and to the case, by leaf: of a case that strangers may name, there may be very many. */
int store_link_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct case_link_row **ret,
                       size_t *ret_count, struct err *err) WARN_UNUSED;
/* At most `limit` of them, by leaf: first of all those the case itself makes, then the oldest that name it. */
int store_link_near(struct tx *tx, const char *case_id, size_t limit, struct arena *arena, struct case_link_row **ret,
                    size_t *ret_count, struct err *err) WARN_UNUSED;
/* Only those the case itself makes, by leaf. */
int store_link_from_case(struct tx *tx, const char *case_id, struct arena *arena, struct case_link_row **ret,
                         size_t *ret_count, struct err *err) WARN_UNUSED;
/* Only those by which cases of the procedure name it in that field, by leaf. */
int store_link_to_case(struct tx *tx, const char *case_id, const char *procedure, const char *field,
                       struct arena *arena, struct case_link_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
int store_link_scan(struct tx *tx, int (*each)(const struct case_link_row *row, void *arg, struct err *err), void *arg,
                    struct err *err) WARN_UNUSED;

struct case_key_row {
    const char *kind; /* "platform", "resource", "subject" */
    const char
        *value; /* a host, twelve digits, a folded name; of a personal value its keyed hash, "#" and 64 hex digits */
    const char *case_id;
};
/* Again: changes nothing. */
int store_key_put(struct tx *tx, const struct case_key_row *row, struct err *err) WARN_UNUSED;
/* As store_link_delete. */
int store_key_delete(struct tx *tx, const struct case_key_row *row, struct err *err) WARN_UNUSED;
int store_key_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct case_key_row **ret,
                      size_t *ret_count, struct err *err) WARN_UNUSED;
int store_key_scan(struct tx *tx, int (*each)(const struct case_key_row *row, void *arg, struct err *err), void *arg,
                   struct err *err) WARN_UNUSED;
/* Columns that repeat the case's: *ret_number is the number of a case whose keys say otherwise, NULL when there is
 * none.
 */
int store_key_check(struct tx *tx, struct arena *arena, const char **ret_number, struct err *err) WARN_UNUSED;
/* Cases of the procedure with that key that were received in [from, before) and are in none of the states `not_in`. */
int store_key_count(struct tx *tx, const char *kind, const char *value, const char *procedure, int64_t from_usec,
                    int64_t before_usec, const char *const *not_in, size_t not_in_count, int64_t *ret,
                    struct err *err) WARN_UNUSED;
/* Of the same cases, their values that are not sealed away ({field: text or [texts]}, into the arena). */
int store_key_values(struct tx *tx, const char *kind, const char *value, const char *procedure, int64_t from_usec,
                     int64_t before_usec, const char *const *not_in, size_t not_in_count, struct arena *arena,
                     const char *const **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Values of a kind with their number of cases, in order of value, those after `after` (NULL: from the first); values of
 * hashes are left out. `beginning` (NULL: any): only values that begin so. */
struct key_figure {
    const char *value;
    int64_t cases;
    int64_t newest_usec; /* receipt of the newest */
};
int store_key_list(struct tx *tx, const char *kind, const char *beginning, const char *after, size_t limit,
                   struct arena *arena, struct key_figure **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

#endif
