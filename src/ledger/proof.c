/* Proofs over the store.
 *
 * The store keeps the leaves and, of the tree above them, only the roots of subtrees of 256, 65536 … leaves. A proof
 * asks for subtrees along one path and along the right edge, so a block of 256 hashes a kept level answers nearly all
 * of its questions: each block is read once and the levels between are hashed anew. */
#include "ledger/ledger.h"
#include "ledger/ledger_row.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define BLOCK 256
#define KEPT_LEVELS 8 /* 0, 8 … 56 */

struct block {
    int64_t number; /* hashes number * 256 … of its level */
    size_t count;   /* 0: nothing read yet */
    struct hash hash[BLOCK];
};

struct stored_tree {
    struct tx *tx;
    struct arena *arena;
    int64_t size; /* of the head: how much there is to read */
    struct block *blocks[KEPT_LEVELS];
};

static int block_get(struct stored_tree *tree, int kept, int64_t number, const struct block **ret, struct err *err)
{
    struct block *block = tree->blocks[kept];
    if (block == NULL)
        block = tree->blocks[kept] = ARENA_NEW(tree->arena, struct block);
    if (block == NULL)
        return err_memory(err);
    if (block->count == 0 || block->number != number) {
        int64_t from = number * BLOCK, there = tree->size >> (8 * kept);
        size_t count = there - from < BLOCK ? (size_t)(there - from) : BLOCK;
        block->count = 0;
        int result = kept == 0 ? store_event_hashes(tree->tx, from, count, block->hash, err)
                               : store_ledger_nodes(tree->tx, 8 * kept, from, count, block->hash, err);
        if (result == -ERR_NOT_FOUND)
            return kept == 0 ? ledger_damaged(err, "event %" PRId64, from)
                             : ledger_damaged(err, "node %d/%" PRId64, 8 * kept, from);
        if (result < 0)
            return result;
        block->number = number;
        block->count = count;
    }
    *ret = block;
    return 0;
}

/* merkle_source: the subtree's root from the kept level at or below it. */
static int stored_subtree(void *arg, int level, int64_t index, struct hash *ret, struct err *err)
{
    struct stored_tree *tree = arg;
    int kept = level / 8, above = level % 8;
    int64_t first = index << above;
    size_t count = (size_t)1 << above;
    const struct block *block = NULL;
    int result = block_get(tree, kept, first / BLOCK, &block, err);
    if (result < 0)
        return result;
    size_t at = (size_t)(first % BLOCK);
    assert(at + count <= block->count);
    struct hash row[BLOCK / 2];
    memcpy(row, &block->hash[at], count * sizeof *row);
    for (; count > 1; count /= 2)
        for (size_t i = 0; i < count / 2; i++)
            row[i] = merkle_node(&row[2 * i], &row[2 * i + 1]);
    *ret = row[0];
    return 0;
}

/* The root the head promises for `size`: the checkpoint's where it is the newest, else what the store's subtrees give.
 */
static int root_get(struct stored_tree *tree, const struct ledger_head_row *head, int64_t size, struct hash *ret,
                    struct err *err)
{
    if (size != head->size) {
        struct merkle_source source = {.subtree = stored_subtree, .arg = tree};
        return merkle_root(&source, size, ret, err);
    }
    struct checkpoint checkpoint;
    struct peaks peaks;
    peaks_from_head(head, &peaks);
    struct hash root = peaks_root(&peaks);
    if (checkpoint_read(head->checkpoint, &checkpoint, NULL) < 0 || checkpoint.size != size ||
        memcmp(checkpoint.root.bytes, root.bytes, sizeof root.bytes) != 0)
        return ledger_damaged(err, "head");
    *ret = root;
    return 0;
}

int ledger_receipt(struct tx *tx, int64_t leaf, int64_t size, struct arena *arena, struct receipt *ret, struct err *err)
{
    struct ledger_head_row head = {0};
    int result = ledger_head_read(tx, arena, &head, err);
    if (result < 0)
        return result;
    if (size > head.size)
        return err_set(err, ERR_BAD_INPUT, "tree_size_unknown", "%" PRId64, size);
    struct receipt receipt = {.leaf_index = leaf, .tree_size = size > 0 ? size : head.size};
    if (leaf < 0 || leaf >= receipt.tree_size)
        return err_set(err, ERR_NOT_FOUND, "leaf_unknown", "%" PRId64, leaf);
    struct stored_tree tree = {.tx = tx, .arena = arena, .size = head.size};
    struct merkle_source source = {.subtree = stored_subtree, .arg = &tree};
    struct hash root;
    result = stored_subtree(&tree, 0, leaf, &receipt.leaf_hash, err);
    if (result == 0)
        result = merkle_inclusion(&source, leaf, receipt.tree_size, receipt.path, &receipt.path_count, err);
    if (result == 0)
        result = root_get(&tree, &head, receipt.tree_size, &root, err);
    if (result < 0)
        return result;
    if (!merkle_verify_inclusion(leaf, receipt.tree_size, &receipt.leaf_hash, receipt.path, receipt.path_count, &root))
        return ledger_damaged(err, "event %" PRId64, leaf);
    receipt.checkpoint = size > 0 ? NULL : head.checkpoint;
    *ret = receipt;
    return 0;
}

int ledger_consistency(struct tx *tx, int64_t from, int64_t to, struct hash *ret, size_t *ret_count, struct err *err)
{
    struct arena arena;
    struct ledger_head_row head = {0};
    struct hash path[MERKLE_PATH_MAX], old_root, new_root;
    size_t count = 0;
    arena_init(&arena, 256 * 1024);
    int result = ledger_head_read(tx, &arena, &head, err);
    if (result == 0 && (from < 1 || from > head.size || to < from || to > head.size))
        result = err_set(err, ERR_BAD_INPUT, "tree_size_unknown", "%" PRId64, from < 1 || from > head.size ? from : to);
    if (result == 0) {
        struct stored_tree tree = {.tx = tx, .arena = &arena, .size = head.size};
        struct merkle_source source = {.subtree = stored_subtree, .arg = &tree};
        result = merkle_consistency(&source, from, to, path, &count, err);
        if (result == 0)
            result = root_get(&tree, &head, from, &old_root, err);
        if (result == 0)
            result = root_get(&tree, &head, to, &new_root, err);
        if (result == 0 && !merkle_verify_consistency(from, to, &old_root, &new_root, path, count))
            result = ledger_damaged(err, "head");
    }
    arena_done(&arena);
    if (result < 0)
        return result;
    memcpy(ret, path, count * sizeof *path);
    *ret_count = count;
    return 0;
}
