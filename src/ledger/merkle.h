/* The RFC 9162 Merkle tree: pure functions over hashes. */
#ifndef TALAP_LEDGER_MERKLE_H
#define TALAP_LEDGER_MERKLE_H

#include "base/digest.h"
#include "base/err.h"

#define MERKLE_PATH_MAX 64

struct hash merkle_leaf(const void *bytes, size_t count);                   /* SHA-256(0x00 || bytes) */
struct hash merkle_node(const struct hash *left, const struct hash *right); /* SHA-256(0x01 || l || r) */

/* The roots of the complete subtrees of a tree of `size` leaves, largest first: all that appending needs. */
struct peaks {
    int64_t size;
    size_t count;
    struct hash hash[MERKLE_PATH_MAX];
};
/* Appends one leaf. When this completes subtrees of level 8, 16, 24 … (256, 65536 … leaves), `completed` (may be NULL)
 * is called for each with level, index and root. */
void peaks_append(struct peaks *peaks, const struct hash *leaf,
                  void (*completed)(void *arg, int level, int64_t index, const struct hash *root), void *arg);
/* The tree's root; of an empty tree SHA-256 of nothing. */
struct hash peaks_root(const struct peaks *peaks);

/* Verification as RFC 9162 2.1.3.2 and 2.1.4.2 say. True when the proof holds. */
bool merkle_verify_inclusion(int64_t index, int64_t size, const struct hash *leaf, const struct hash *path,
                             size_t count, const struct hash *root);
bool merkle_verify_consistency(int64_t from, int64_t to, const struct hash *from_root, const struct hash *to_root,
                               const struct hash *path, size_t count);

/* Proofs from any source of subtree roots: `subtree(arg, level, index, ret)` gives the root of the complete subtree of
 * 2^level leaves that begins at leaf index * 2^level. */
struct merkle_source {
    int (*subtree)(void *arg, int level, int64_t index, struct hash *ret, struct err *err);
    void *arg;
};
int merkle_inclusion(const struct merkle_source *source, int64_t index, int64_t size, struct hash *ret,
                     size_t *ret_count, struct err *err) WARN_UNUSED;
int merkle_consistency(const struct merkle_source *source, int64_t from, int64_t to, struct hash *ret,
                       size_t *ret_count, struct err *err) WARN_UNUSED;
int merkle_root(const struct merkle_source *source, int64_t size, struct hash *ret, struct err *err) WARN_UNUSED;

#endif
