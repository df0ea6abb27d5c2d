/* The Merkle tree of RFC 9162, section 2.1, as pure functions.
 *
 * Appending needs only the peaks: the roots of the complete subtrees, whose sizes are the bits of the tree's size.
 * Adding a leaf is adding one to that binary number, and every carry joins two peaks. Proofs are made from a source of
 * complete subtrees; the ragged right edge of a tree is folded from such subtrees, never stored. Verification follows
 * the RFC's algorithms step by step, so that it can be read beside them. */
#include "ledger/merkle.h"
#include <assert.h>
#include <string.h>

struct hash merkle_leaf(const void *bytes, size_t count)
{
    static const uint8_t prefix = 0x00;
    return sha256_of(&prefix, 1, bytes, count, NULL, 0);
}

struct hash merkle_node(const struct hash *left, const struct hash *right)
{
    static const uint8_t prefix = 0x01;
    return sha256_of(&prefix, 1, left->bytes, sizeof left->bytes, right->bytes, sizeof right->bytes);
}

static bool same(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void peaks_append(struct peaks *peaks, const struct hash *leaf,
                  void (*completed)(void *arg, int level, int64_t index, const struct hash *root), void *arg)
{
    assert(peaks->size >= 0 && peaks->size < INT64_MAX);
    assert(peaks->count == (size_t)__builtin_popcountll((uint64_t)peaks->size));
    struct hash root = *leaf;
    int level = 0;
    for (int64_t carry = peaks->size; carry & 1; carry >>= 1) {
        root = merkle_node(&peaks->hash[--peaks->count], &root);
        level++;
        if (level % 8 == 0 && completed != NULL)
            completed(arg, level, peaks->size >> level, &root);
    }
    peaks->hash[peaks->count++] = root;
    peaks->size++;
}

/* Folds roots of complete subtrees, largest first, into the root of the tree they make up. */
static struct hash fold(const struct hash *roots, size_t count)
{
    if (count == 0)
        return sha256_of(NULL, 0, NULL, 0, NULL, 0);
    struct hash root = roots[count - 1];
    for (size_t i = count - 1; i > 0; i--)
        root = merkle_node(&roots[i - 1], &root);
    return root;
}

struct hash peaks_root(const struct peaks *peaks)
{
    return fold(peaks->hash, peaks->count);
}

bool merkle_verify_inclusion(int64_t index, int64_t size, const struct hash *leaf, const struct hash *path,
                             size_t count, const struct hash *root)
{
    if (index < 0 || index >= size)
        return false;
    uint64_t fn = (uint64_t)index, sn = (uint64_t)size - 1;
    struct hash r = *leaf;
    for (size_t i = 0; i < count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            r = merkle_node(&path[i], &r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = merkle_node(&r, &path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(&r, root);
}

bool merkle_verify_consistency(int64_t from, int64_t to, const struct hash *from_root, const struct hash *to_root,
                               const struct hash *path, size_t count)
{
    if (from < 1 || from > to)
        return false;
    /* The RFC speaks of two different sizes; a tree agrees with itself by an empty proof and nothing else. */
    if (from == to)
        return count == 0 && same(from_root, to_root);
    if (count == 0)
        return false;
    uint64_t fn = (uint64_t)from - 1, sn = (uint64_t)to - 1;
    /* When `from` is a power of two its root is itself the first hash, left out of the path. */
    bool whole = (from & (from - 1)) == 0;
    struct hash fr = whole ? *from_root : path[0], sr = fr;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    for (size_t i = whole ? 0 : 1; i < count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            fr = merkle_node(&path[i], &fr);
            sr = merkle_node(&path[i], &sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = merkle_node(&sr, &path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(&fr, from_root) && same(&sr, to_root);
}

/* The largest n for which 2^n < count (count ≥ 2): where the RFC splits a tree. */
static int split_level(int64_t count)
{
    return 63 - __builtin_clzll((uint64_t)count - 1);
}

/* The root of leaves begin … end - 1, where begin is a multiple of a power of two not less than end - begin: complete
 * subtrees from the largest to the smallest, folded. */
static int range_root(const struct merkle_source *source, int64_t begin, int64_t end, struct hash *ret, struct err *err)
{
    struct hash roots[MERKLE_PATH_MAX];
    size_t count = 0;
    while (begin < end) {
        int level = 63 - __builtin_clzll((uint64_t)(end - begin));
        int result = source->subtree(source->arg, level, begin >> level, &roots[count], err);
        if (result < 0)
            return result;
        count++;
        begin += INT64_C(1) << level;
    }
    *ret = fold(roots, count);
    return 0;
}

int merkle_root(const struct merkle_source *source, int64_t size, struct hash *ret, struct err *err)
{
    assert(size >= 0);
    return range_root(source, 0, size, ret, err);
}

/* A range of leaves whose root stands in a proof. Proofs are laid out from the root down and given from the leaf up. */
struct range {
    int64_t begin, end;
};

static int ranges_resolve(const struct merkle_source *source, const struct range *ranges, size_t count,
                          struct hash *ret, size_t *ret_count, struct err *err)
{
    struct hash path[MERKLE_PATH_MAX];
    for (size_t i = 0; i < count; i++) {
        const struct range *range = &ranges[count - 1 - i];
        int result = range_root(source, range->begin, range->end, &path[i], err);
        if (result < 0)
            return result;
    }
    if (count > 0)
        memcpy(ret, path, count * sizeof *path);
    *ret_count = count;
    return 0;
}

int merkle_inclusion(const struct merkle_source *source, int64_t index, int64_t size, struct hash *ret,
                     size_t *ret_count, struct err *err)
{
    assert(index >= 0 && index < size);
    struct range ranges[MERKLE_PATH_MAX];
    size_t count = 0;
    int64_t begin = 0, end = size;
    while (end - begin > 1) {
        int64_t middle = begin + (INT64_C(1) << split_level(end - begin));
        if (index < middle) {
            ranges[count++] = (struct range){middle, end};
            end = middle;
        } else {
            ranges[count++] = (struct range){begin, middle};
            begin = middle;
        }
    }
    return ranges_resolve(source, ranges, count, ret, ret_count, err);
}

int merkle_consistency(const struct merkle_source *source, int64_t from, int64_t to, struct hash *ret,
                       size_t *ret_count, struct err *err)
{
    assert(from > 0 && from <= to);
    struct range ranges[MERKLE_PATH_MAX + 1];
    size_t count = 0;
    int64_t begin = 0, end = to;
    while (end != from) {
        int64_t middle = begin + (INT64_C(1) << split_level(end - begin));
        if (from <= middle) {
            ranges[count++] = (struct range){middle, end};
            end = middle;
        } else {
            ranges[count++] = (struct range){begin, middle};
            begin = middle;
        }
    }
    /* SUBPROOF(m, D_m, true) is empty: the verifier has that root; any other last subtree is told. */
    if (begin != 0)
        ranges[count++] = (struct range){begin, end};
    return ranges_resolve(source, ranges, count, ret, ret_count, err);
}
