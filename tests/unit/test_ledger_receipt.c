/* Receipts: written, read back with nothing but the text and the key, and refused when anything about them is wrong. */
#include "base/json.h"
#include "ledger/ledger.h"
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the C library first. */
#include <cmocka.h>

#define ORIGIN "talap.example.kz/ledger"
#define LEAVES 11

static struct arena arena;
static struct signer signer, other;
static const char *key, *other_key;
static struct hash leaves[LEAVES];

static int subtree(void *arg, int level, int64_t index, struct hash *ret, struct err *err)
{
    if (level == 0) {
        *ret = leaves[index];
        return 0;
    }
    struct hash left, right;
    int result = subtree(arg, level - 1, 2 * index, &left, err);
    if (result == 0)
        result = subtree(arg, level - 1, 2 * index + 1, &right, err);
    if (result == 0)
        *ret = merkle_node(&left, &right);
    return result;
}

static void signer_make(const char *folder, const char *file, struct signer *ret)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    assert_int_equal(signer_load(path, ORIGIN, true, ret, NULL), 0);
    remove(path);
}

static int world_make(void **state)
{
    char folder[] = "/tmp/talap-receipt-XXXXXX";
    assert_non_null(mkdtemp(folder));
    arena_init(&arena, 16 << 20);
    signer_make(folder, "one", &signer);
    signer_make(folder, "other", &other);
    remove(folder);
    key = signer_verifier_key(&signer, &arena);
    other_key = signer_verifier_key(&other, &arena);
    for (int i = 0; i < LEAVES; i++)
        leaves[i] = merkle_leaf(&i, sizeof i);
    return 0;
}

static int world_end(void **state)
{
    arena_done(&arena);
    return 0;
}

static struct receipt receipt_make(int64_t leaf, const struct signer *by)
{
    struct merkle_source source = {.subtree = subtree};
    struct receipt receipt = {.leaf_index = leaf, .leaf_hash = leaves[leaf], .tree_size = LEAVES};
    struct hash root;
    assert_int_equal(merkle_root(&source, LEAVES, &root, NULL), 0);
    assert_int_equal(merkle_inclusion(&source, leaf, LEAVES, receipt.path, &receipt.path_count, NULL), 0);
    receipt.checkpoint = checkpoint_sign(by, LEAVES, &root, &arena);
    return receipt;
}

static char *text_make(const struct receipt *receipt)
{
    struct buf buf;
    buf_init(&buf, 1 << 16);
    assert_int_equal(receipt_to_json(receipt, key, &buf, NULL), 0);
    char *text = arena_strdup(&arena, buf.data);
    buf_done(&buf);
    return text;
}

static void assert_refused(const char *text, size_t count, int kind, const char *code)
{
    struct receipt read = {.leaf_index = -5};
    struct err err = {0};
    assert_int_equal(receipt_verify_json(text, count, key, &read, &arena, &err), -kind);
    assert_string_equal(err.code, code);
    assert_int_equal(read.leaf_index, -5);
}

static void every_leaf_has_a_receipt_that_holds(void **state)
{
    for (int64_t leaf = 0; leaf < LEAVES; leaf++) {
        struct receipt made = receipt_make(leaf, &signer), read;
        char *text = text_make(&made);
        assert_int_equal(receipt_verify_json(text, strlen(text), key, &read, &arena, NULL), 0);
        assert_int_equal(read.leaf_index, leaf);
        assert_int_equal(read.tree_size, LEAVES);
        assert_int_equal(read.path_count, made.path_count);
        assert_memory_equal(read.path, made.path, made.path_count * sizeof *made.path);
        assert_memory_equal(&read.leaf_hash, &made.leaf_hash, sizeof made.leaf_hash);
        assert_string_equal(read.checkpoint, made.checkpoint);
    }
}

/* Flipping any bit of the text either breaks it or, in blanks that JSON does not have here, cannot happen. */
static void any_changed_byte_is_refused(void **state)
{
    struct receipt made = receipt_make(4, &signer), read;
    char *text = text_make(&made);
    size_t count = strlen(text);
    for (size_t at = 0; at < count; at++) {
        text[at] ^= 1;
        assert_true(receipt_verify_json(text, count, key, &read, &arena, NULL) < 0);
        text[at] ^= 1;
    }
    for (size_t cut = 0; cut < count; cut++)
        assert_true(receipt_verify_json(text, cut, key, &read, &arena, NULL) < 0);
}

static void what_is_no_receipt_is_refused(void **state)
{
    struct receipt made = receipt_make(4, &signer);
    char *text = text_make(&made);
    static const struct {
        const char *member, *value;
    } cases[] = {
        {"leaf_index", "-1"},      {"leaf_index", "\"4\""}, {"leaf_index", "4.0"},   {"leaf_index", "null"},
        {"leaf_index", "11"},      {"tree_size", "0"},      {"tree_size", "\"11\""}, {"leaf_hash", "\"\""},
        {"leaf_hash", "7"},        {"inclusion", "{}"},     {"inclusion", "[1]"},    {"inclusion", "[\"00\"]"},
        {"inclusion", "null"},     {"checkpoint", "null"},  {"checkpoint", "1"},     {"checkpoint", "\"a\\u0000b\""},
        {"verifier_key", "false"}, {"extra", "1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *object = json_loads(text, 0, NULL);
        json_t *value = json_loads(cases[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(value);
        assert_int_equal(json_object_set_new(object, cases[i].member, value), 0);
        char *changed = json_dumps(object, 0);
        struct receipt read;
        struct err err = {0};
        int result = receipt_verify_json(changed, strlen(changed), key, &read, &arena, &err);
        free(changed);
        json_decref(object);
        assert_true(result < 0);
        assert_true(strcmp(err.code, "receipt_malformed") == 0 || strcmp(err.code, "json_malformed") == 0);
    }
    static const char *const members[] = {"leaf_index", "leaf_hash",  "tree_size",
                                          "inclusion",  "checkpoint", "verifier_key"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_t *object = json_loads(text, 0, NULL);
        assert_int_equal(json_object_del(object, members[i]), 0);
        char *changed = json_dumps(object, 0);
        assert_refused(changed, strlen(changed), ERR_BAD_INPUT, "receipt_malformed");
        free(changed);
        json_decref(object);
    }
    assert_refused("[]", 2, ERR_BAD_INPUT, "receipt_malformed");
    assert_refused("7", 1, ERR_BAD_INPUT, "receipt_malformed");
    assert_refused("", 0, ERR_MALFORMED, "json_malformed");
    assert_refused("{\"a\":1,\"a\":2}", 13, ERR_MALFORMED, "json_malformed");
    char *doubled = arena_printf(&arena, "%s%s", text, text);
    assert_refused(doubled, strlen(doubled), ERR_MALFORMED, "json_malformed");
    char *large = arena_alloc(&arena, 200000);
    memset(large, ' ', 200000);
    memcpy(large, text, strlen(text));
    assert_refused(large, 200000, ERR_BAD_INPUT, "receipt_malformed");
}

static void a_receipt_for_something_else_is_unproved(void **state)
{
    struct receipt made = receipt_make(4, &signer);
    struct receipt wrong = made;
    wrong.leaf_index = 5;
    char *text = text_make(&wrong);
    assert_refused(text, strlen(text), ERR_BAD_INPUT, "receipt_unproved");
    wrong = made;
    wrong.tree_size = LEAVES + 1; /* the checkpoint says another size */
    text = text_make(&wrong);
    assert_refused(text, strlen(text), ERR_BAD_INPUT, "receipt_unproved");
    wrong = made;
    wrong.leaf_hash = leaves[6];
    text = text_make(&wrong);
    assert_refused(text, strlen(text), ERR_BAD_INPUT, "receipt_unproved");
    wrong = made;
    wrong.path_count--;
    text = text_make(&wrong);
    assert_refused(text, strlen(text), ERR_BAD_INPUT, "receipt_unproved");
    wrong = made;
    wrong.path[2].bytes[31] ^= 1;
    text = text_make(&wrong);
    assert_refused(text, strlen(text), ERR_BAD_INPUT, "receipt_unproved");
}

static void a_receipt_of_somebody_else_is_refused(void **state)
{
    struct receipt forged = receipt_make(4, &other), read;
    struct err err = {0};
    char *text = text_make(&forged); /* names our key, signed by another */
    assert_refused(text, strlen(text), ERR_BAD_INPUT, "checkpoint_forged");
    struct receipt ours = receipt_make(4, &signer);
    text = text_make(&ours);
    assert_int_equal(receipt_verify_json(text, strlen(text), other_key, &read, &arena, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "receipt_other_key");
    assert_int_equal(receipt_verify_json(text, strlen(text), "no key", &read, &arena, &err), -ERR_BAD_INPUT);
}

static void commitments_are_what_the_header_says(void **state)
{
    uint8_t salt[16] = {1, 2, 3}, laid[18 + 16 + 5];
    memcpy(laid, "talap-commitment-1", 18);
    memcpy(laid + 18, salt, 16);
    memcpy(laid + 34, "value", 5);
    struct hash expected = sha256_of(laid, sizeof laid, NULL, 0, NULL, 0);
    struct hash made = ledger_commitment(salt, "value", 5);
    assert_memory_equal(made.bytes, expected.bytes, SHA256_BYTES);
    salt[15] ^= 1;
    made = ledger_commitment(salt, "value", 5);
    assert_memory_not_equal(made.bytes, expected.bytes, SHA256_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_has_a_receipt_that_holds),
        cmocka_unit_test(any_changed_byte_is_refused),
        cmocka_unit_test(what_is_no_receipt_is_refused),
        cmocka_unit_test(a_receipt_for_something_else_is_unproved),
        cmocka_unit_test(a_receipt_of_somebody_else_is_refused),
        cmocka_unit_test(commitments_are_what_the_header_says),
    };
    return cmocka_run_group_tests(tests, world_make, world_end);
}
