/* Events: append-only, in one order, the ground of everything else. Rows cannot be changed or deleted (SQLite
 * authorizer, PostgreSQL grants and triggers). */
#ifndef TALAP_STORE_EVENTS_H
#define TALAP_STORE_EVENTS_H

#include "base/digest.h"
#include "store/store.h"

struct event_row {
    int64_t leaf;        /* 0, 1, 2 …: the index in the ledger; no gaps */
    int64_t at_usec;     /* when it was recorded */
    const char *kind;    /* case.opened, case.acted, case.noted, case.assigned, clock.overdue, account.signed_in … */
    const char *case_id; /* or NULL */
    const char *account_id; /* who, or NULL */
    const char *body;       /* RFC 8785 JSON; personal values only as salted commitments */
    size_t body_len;
    const char *subject_id; /* whose key sealed `sealed`, or NULL */
    const void *sealed;     /* encrypted {field: {value, salt}}, or NULL */
    size_t sealed_len;
    struct hash leaf_hash;
};

int store_event_insert(struct tx *tx, const struct event_row *row, struct err *err) WARN_UNUSED;
/* "not_found" where there is none. */
int store_event_get(struct tx *tx, int64_t leaf, struct arena *arena, struct event_row *ret,
                    struct err *err) WARN_UNUSED;
/* Streams leaves from ≤ leaf < until in order; stops when `each` returns non-zero (which is then returned). The row's
 * memory lives only during the call. */
int store_event_scan(struct tx *tx, int64_t from, int64_t until,
                     int (*each)(const struct event_row *row, void *arg, struct err *err), void *arg,
                     struct err *err) WARN_UNUSED;
/* A case's events in order; `kind` NULL: all of them, else those alone (the bodies of the others are not even read). */
int store_event_of_case(struct tx *tx, const char *case_id, const char *kind, struct arena *arena,
                        struct event_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Only the hashes of leaves from ≤ leaf < from + count, for proofs. */
int store_event_hashes(struct tx *tx, int64_t from, size_t count, struct hash *ret, struct err *err) WARN_UNUSED;

/* The ledger's head: one row. `peaks` are the roots of the complete subtrees, largest first. On PostgreSQL a write
 * transaction's read locks the row, so that appends are in one order over all nodes. */
struct ledger_head_row {
    int64_t size;
    size_t peak_count;
    struct hash peaks[64];
    char *checkpoint; /* the signed note of this size, in the arena; NULL at size 0 */
};
int store_ledger_head_get(struct tx *tx, struct arena *arena, struct ledger_head_row *ret, struct err *err) WARN_UNUSED;
/* The size alone: what changed since is asked at every decision. */
int store_ledger_size(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;
int store_ledger_head_set(struct tx *tx, const struct ledger_head_row *row, struct err *err) WARN_UNUSED;
/* Roots of full subtrees of 256^k leaves: level 8, 16, 24 …; index counts subtrees of that level. */
int store_ledger_node_insert(struct tx *tx, int level, int64_t index, const struct hash *hash,
                             struct err *err) WARN_UNUSED;
int store_ledger_node_count(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;
int store_ledger_nodes(struct tx *tx, int level, int64_t from, size_t count, struct hash *ret,
                       struct err *err) WARN_UNUSED;

#endif
