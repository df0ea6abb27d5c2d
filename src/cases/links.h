/* What ties cases together: a `case` field names another case, and that is a link; a field with a `key` names a
 * platform, a resource or a subject of control, and cases with the same key belong together. Limits between cases rest
 * on both: how often the law allows something for one subject, who may not decide, what must be done first. */
#ifndef TALAP_CASES_LINKS_H
#define TALAP_CASES_LINKS_H

#include "cases/cases.h"
#include "store/link_rows.h"

/* How a field's value is compared as a key, in the arena: the host of an address without "www." and port, in lower
 * case; digits as they are; a name folded and its blanks made one; of a personal value a keyed hash ("#…"). NULL over
 * the arena's limit. */
const char *case_key_of(const struct office *office, const struct field *field, const char *text, struct arena *arena);

/* A case beside another. */
struct case_link {
    const char *case_id, *number;
    const struct procedure *procedure;
    int state;                 /* index in procedure->states */
    const struct field *field; /* whose value makes the link; NULL when the catalogue has lost it */
    bool back;                 /* the other case names this one */
    int64_t at_usec;           /* receipt of the other case */
};

/* All cases that hang together with one, however far: nodes in order of receipt, edges between them. */
struct case_chain_edge {
    size_t from, to; /* indexes of nodes: `from` names `to` */
    const struct field *field;
};
struct case_chain {
    size_t node_count;
    const struct case_row *rows;
    const struct procedure *const *procedures;
    const bool *visible; /* may this actor open the case? Of the others only number, procedure and state are shown */
    size_t edge_count;
    const struct case_chain_edge *edges;
    bool cut; /* there are more than CASE_CHAIN_MAX */
};
#define CASE_CHAIN_MAX 200
/* ERR_NOT_FOUND "case_unknown", ERR_FORBIDDEN "case_not_yours". */
int case_chain(struct tx *tx, const struct office *office, const char *case_id, const struct actor *actor,
               struct arena *arena, struct case_chain *ret, struct err *err) WARN_UNUSED;

#endif
