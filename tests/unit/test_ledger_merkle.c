/* The Merkle tree against the reference tree of Certificate Transparency, and against a naive reading of RFC 9162. */
#include "ledger/merkle.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs the four above first. */
#include <cmocka.h>

/* --- The RFC's definitions, word by word ------------------------------------------------------------------------- */

static int64_t naive_split(int64_t n)
{
    int64_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

static struct hash naive_root(const struct hash *leaves, int64_t n)
{
    if (n == 0)
        return sha256_of(NULL, 0, NULL, 0, NULL, 0);
    if (n == 1)
        return leaves[0];
    int64_t k = naive_split(n);
    struct hash left = naive_root(leaves, k), right = naive_root(leaves + k, n - k);
    return merkle_node(&left, &right);
}

static size_t naive_path(int64_t m, const struct hash *leaves, int64_t n, struct hash *ret)
{
    if (n == 1)
        return 0;
    int64_t k = naive_split(n);
    size_t count = m < k ? naive_path(m, leaves, k, ret) : naive_path(m - k, leaves + k, n - k, ret);
    ret[count] = m < k ? naive_root(leaves + k, n - k) : naive_root(leaves, k);
    return count + 1;
}

static size_t naive_subproof(int64_t m, const struct hash *leaves, int64_t n, bool b, struct hash *ret)
{
    if (m == n) {
        if (b)
            return 0;
        ret[0] = naive_root(leaves, n);
        return 1;
    }
    int64_t k = naive_split(n);
    size_t count;
    if (m <= k) {
        count = naive_subproof(m, leaves, k, b, ret);
        ret[count] = naive_root(leaves + k, n - k);
    } else {
        count = naive_subproof(m - k, leaves + k, n - k, false, ret);
        ret[count] = naive_root(leaves, k);
    }
    return count + 1;
}

/* --- Trees to look at --------------------------------------------------------------------------------------------- */

#define LEAVES_MAX 300
static struct hash leaves[LEAVES_MAX];

static int leaves_make(void **state)
{
    for (int i = 0; i < LEAVES_MAX; i++) {
        char text[32];
        int count = snprintf(text, sizeof text, "leaf %d", i);
        leaves[i] = merkle_leaf(text, (size_t)count);
    }
    return 0;
}

static int64_t source_end; /* no subtree beyond this leaf may be asked for */

static int subtree(void *arg, int level, int64_t index, struct hash *ret, struct err *err)
{
    const struct hash *from = arg;
    int64_t count = INT64_C(1) << level;
    assert_true(index >= 0 && (index + 1) * count <= source_end);
    *ret = naive_root(from + index * count, count);
    return 0;
}

static struct merkle_source source_of(const struct hash *from, int64_t size)
{
    source_end = size;
    return (struct merkle_source){.subtree = subtree, .arg = (void *)from};
}

static struct hash unhex(const char *text)
{
    struct hash hash;
    assert_true(hex_decode(text, hash.bytes, sizeof hash.bytes));
    return hash;
}

#define assert_hash_equal(a, b) assert_memory_equal((a).bytes, (b).bytes, SHA256_BYTES)

/* --- Known answers --------------------------------------------------------------------------------------------------
 */

static const char *const reference_leaves[8] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const reference_roots[9] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                               "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                               "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                               "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                               "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                               "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                               "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                               "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                               "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static void reference_hashes(struct hash ret[static 8])
{
    for (int i = 0; i < 8; i++) {
        uint8_t bytes[16];
        size_t count = strlen(reference_leaves[i]) / 2;
        assert_true(hex_decode(reference_leaves[i], bytes, count));
        ret[i] = merkle_leaf(bytes, count);
    }
}

static void reference_tree_has_its_roots(void **state)
{
    struct hash hashes[8];
    reference_hashes(hashes);
    struct peaks peaks = {0};
    for (int size = 0; size <= 8; size++) {
        struct hash root = peaks_root(&peaks);
        assert_hash_equal(root, unhex(reference_roots[size]));
        struct merkle_source source = source_of(hashes, size);
        assert_int_equal(merkle_root(&source, size, &root, NULL), 0);
        assert_hash_equal(root, unhex(reference_roots[size]));
        if (size < 8)
            peaks_append(&peaks, &hashes[size], NULL, NULL);
    }
}

static const struct reference_proof {
    int64_t a, b; /* leaf and size, or the two sizes */
    const char *path[4];
} reference_inclusions[] =
    {
        {0, 1, {NULL}},
        {0,
         8,
         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {5,
         8,
         {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
        {1,
         5,
         {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
},
  reference_consistencies[] = {
      {1, 1, {NULL}},
      {1,
       8,
       {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
      {6,
       8,
       {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
      {2,
       5,
       {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
};

static void reference_path_check(const struct reference_proof *expected, const struct hash *path, size_t count)
{
    size_t wanted = 0;
    while (wanted < 4 && expected->path[wanted] != NULL)
        wanted++;
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++)
        assert_hash_equal(path[i], unhex(expected->path[i]));
}

static void reference_tree_has_its_proofs(void **state)
{
    struct hash hashes[8], path[MERKLE_PATH_MAX];
    size_t count;
    reference_hashes(hashes);
    for (size_t i = 0; i < sizeof reference_inclusions / sizeof *reference_inclusions; i++) {
        const struct reference_proof *proof = &reference_inclusions[i];
        struct merkle_source source = source_of(hashes, proof->b);
        assert_int_equal(merkle_inclusion(&source, proof->a, proof->b, path, &count, NULL), 0);
        reference_path_check(proof, path, count);
        struct hash root = unhex(reference_roots[proof->b]);
        assert_true(merkle_verify_inclusion(proof->a, proof->b, &hashes[proof->a], path, count, &root));
    }
    for (size_t i = 0; i < sizeof reference_consistencies / sizeof *reference_consistencies; i++) {
        const struct reference_proof *proof = &reference_consistencies[i];
        struct merkle_source source = source_of(hashes, proof->b);
        assert_int_equal(merkle_consistency(&source, proof->a, proof->b, path, &count, NULL), 0);
        reference_path_check(proof, path, count);
        struct hash from = unhex(reference_roots[proof->a]), to = unhex(reference_roots[proof->b]);
        assert_true(merkle_verify_consistency(proof->a, proof->b, &from, &to, path, count));
    }
}

/* --- Every size -----------------------------------------------------------------------------------------------------
 */

static void every_leaf_of_every_size_is_proved(void **state)
{
    struct peaks peaks = {0};
    for (int64_t size = 1; size <= LEAVES_MAX; size++) {
        peaks_append(&peaks, &leaves[size - 1], NULL, NULL);
        struct hash root = naive_root(leaves, size), grown = peaks_root(&peaks), folded;
        assert_hash_equal(grown, root);
        struct merkle_source source = source_of(leaves, size);
        assert_int_equal(merkle_root(&source, size, &folded, NULL), 0);
        assert_hash_equal(folded, root);
        /* Every leaf of the small trees; of the large ones the edges and a stride. */
        for (int64_t index = 0; index < size; index += size <= 70 || index >= size - 3 ? 1 : 13) {
            struct hash path[MERKLE_PATH_MAX], expected[MERKLE_PATH_MAX];
            size_t count, wanted = naive_path(index, leaves, size, expected);
            assert_int_equal(merkle_inclusion(&source, index, size, path, &count, NULL), 0);
            assert_int_equal(count, wanted);
            assert_memory_equal(path, expected, count * sizeof *path);
            assert_true(merkle_verify_inclusion(index, size, &leaves[index], path, count, &root));
            assert_false(merkle_verify_inclusion(index, size, &leaves[(index + 1) % LEAVES_MAX], path, count, &root));
            if (size > 1) {
                assert_false(merkle_verify_inclusion((index + 1) % size, size, &leaves[index], path, count, &root));
                assert_false(merkle_verify_inclusion(index, size, &leaves[index], path, count - 1, &root));
            }
            path[count] = root;
            assert_false(merkle_verify_inclusion(index, size, &leaves[index], path, count + 1, &root));
        }
    }
}

static void every_pair_of_sizes_is_consistent(void **state)
{
    for (int64_t to = 1; to <= 100; to++)
        for (int64_t from = 1; from <= to; from++) {
            struct hash path[MERKLE_PATH_MAX + 1], expected[MERKLE_PATH_MAX];
            size_t count, wanted = naive_subproof(from, leaves, to, true, expected);
            struct merkle_source source = source_of(leaves, to);
            assert_int_equal(merkle_consistency(&source, from, to, path, &count, NULL), 0);
            assert_int_equal(count, wanted);
            assert_memory_equal(path, expected, count * sizeof *path);
            struct hash old = naive_root(leaves, from), new = naive_root(leaves, to);
            assert_true(merkle_verify_consistency(from, to, &old, &new, path, count));
            /* A tree rewritten below the older size. */
            struct hash other = merkle_node(&old, &new);
            assert_false(merkle_verify_consistency(from, to, &other, &new, path, count));
            assert_false(merkle_verify_consistency(from, to, &old, &other, path, count));
            path[count] = new;
            assert_false(merkle_verify_consistency(from, to, &old, &new, path, count + 1));
            if (count > 0)
                assert_false(merkle_verify_consistency(from, to, &old, &new, path, count - 1));
        }
}

static void any_changed_byte_breaks_a_proof(void **state)
{
    static const int64_t sizes[] = {2, 7, 8, 9, 100, 255, 256, 257};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t size = sizes[i], index = size * 2 / 3, from = (size + 1) / 2;
        struct hash path[MERKLE_PATH_MAX], root = naive_root(leaves, size), old = naive_root(leaves, from);
        struct merkle_source source = source_of(leaves, size);
        size_t count;
        assert_int_equal(merkle_inclusion(&source, index, size, path, &count, NULL), 0);
        for (size_t at = 0; at < count * SHA256_BYTES; at++) {
            ((uint8_t *)path)[at] ^= 1;
            assert_false(merkle_verify_inclusion(index, size, &leaves[index], path, count, &root));
            ((uint8_t *)path)[at] ^= 1;
        }
        assert_int_equal(merkle_consistency(&source, from, size, path, &count, NULL), 0);
        for (size_t at = 0; at < count * SHA256_BYTES; at++) {
            ((uint8_t *)path)[at] ^= 0x80;
            assert_false(merkle_verify_consistency(from, size, &old, &root, path, count));
            ((uint8_t *)path)[at] ^= 0x80;
        }
    }
}

static void impossible_places_are_never_proved(void **state)
{
    struct hash path[1] = {leaves[1]}, root = naive_root(leaves, 2);
    assert_true(merkle_verify_inclusion(0, 2, &leaves[0], path, 1, &root));
    assert_false(merkle_verify_inclusion(-1, 2, &leaves[0], path, 1, &root));
    assert_false(merkle_verify_inclusion(2, 2, &leaves[0], path, 1, &root));
    assert_false(merkle_verify_inclusion(0, 0, &leaves[0], path, 0, &leaves[0]));
    assert_false(merkle_verify_inclusion(0, -1, &leaves[0], path, 0, &leaves[0]));
    assert_false(merkle_verify_inclusion(0, INT64_MAX, &leaves[0], path, 1, &root));
    struct hash empty = naive_root(leaves, 0);
    assert_true(merkle_verify_consistency(1, 2, &leaves[0], &root, path, 1));
    assert_false(merkle_verify_consistency(0, 2, &empty, &root, path, 0));
    assert_false(merkle_verify_consistency(0, 0, &empty, &empty, path, 0));
    assert_false(merkle_verify_consistency(2, 1, &root, &leaves[0], path, 1));
    assert_false(merkle_verify_consistency(-1, 2, &leaves[0], &root, path, 1));
    assert_false(merkle_verify_consistency(1, 1, &leaves[0], &leaves[1], path, 0));
    assert_false(merkle_verify_consistency(1, 2, &leaves[0], &root, path, 0));
}

/* --- Subtrees that are kept -----------------------------------------------------------------------------------------
 */

struct kept {
    int count, level[600];
    int64_t index[600];
    struct hash root[600];
};

static void keep(void *arg, int level, int64_t index, const struct hash *root)
{
    struct kept *kept = arg;
    assert_true(kept->count < 600);
    kept->level[kept->count] = level;
    kept->index[kept->count] = index;
    kept->root[kept->count++] = *root;
}

static void full_subtrees_are_told_once_in_order(void **state)
{
    static struct kept kept;
    struct hash leaf = leaves[7], level8 = leaf, level16;
    for (int i = 0; i < 8; i++)
        level8 = merkle_node(&level8, &level8);
    level16 = level8;
    for (int i = 0; i < 8; i++)
        level16 = merkle_node(&level16, &level16);
    struct peaks peaks = {0};
    kept.count = 0;
    for (int i = 0; i < 2 * 65536 + 300; i++)
        peaks_append(&peaks, &leaf, keep, &kept);
    assert_int_equal(kept.count, 512 + 1 + 2);
    int64_t next8 = 0, next16 = 0;
    for (int i = 0; i < kept.count; i++) {
        if (kept.level[i] == 8) {
            assert_int_equal(kept.index[i], next8++);
            assert_hash_equal(kept.root[i], level8);
        } else {
            assert_int_equal(kept.level[i], 16);
            assert_int_equal(kept.index[i], next16++);
            assert_int_equal(next8, next16 * 256);
            assert_hash_equal(kept.root[i], level16);
        }
    }
    assert_int_equal(next8, 513);
    assert_int_equal(next16, 2);
}

/* --- A source that fails --------------------------------------------------------------------------------------------
 */

static int subtree_fails(void *arg, int level, int64_t index, struct hash *ret, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "store_locked", NULL);
}

static void a_failing_source_leaves_results_alone(void **state)
{
    struct merkle_source source = {.subtree = subtree_fails};
    struct hash path[MERKLE_PATH_MAX] = {0}, zero = {0};
    size_t count = 77;
    struct err err = {0};
    assert_int_equal(merkle_inclusion(&source, 1, 5, path, &count, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "store_locked");
    assert_int_equal(merkle_consistency(&source, 3, 5, path, &count, &err), -ERR_UNAVAILABLE);
    assert_int_equal(merkle_root(&source, 5, path, &err), -ERR_UNAVAILABLE);
    assert_int_equal(count, 77);
    assert_hash_equal(path[0], zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_tree_has_its_roots),         cmocka_unit_test(reference_tree_has_its_proofs),
        cmocka_unit_test(every_leaf_of_every_size_is_proved),   cmocka_unit_test(every_pair_of_sizes_is_consistent),
        cmocka_unit_test(any_changed_byte_breaks_a_proof),      cmocka_unit_test(impossible_places_are_never_proved),
        cmocka_unit_test(full_subtrees_are_told_once_in_order), cmocka_unit_test(a_failing_source_leaves_results_alone),
    };
    return cmocka_run_group_tests(tests, leaves_make, NULL);
}
