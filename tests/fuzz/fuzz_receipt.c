/* A receipt is pasted by anybody. Whatever proves itself must speak of the leaf that was signed for. */
#include "ledger/ledger.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static struct signer signer;
static char *verifier_key;
static struct hash leaves[2];
static struct arena kept;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const uint8_t seed[32] = {7};
    strcpy(signer.name, "t");
    crypto_sign_seed_keypair(signer.public_key, signer.secret, seed);
    struct hash id = sha256_of(signer.name, strlen(signer.name), "\x0A\x01", 2, signer.public_key, 32);
    memcpy(signer.key_id, id.bytes, sizeof signer.key_id);
    arena_init(&kept, 1 << 16);
    verifier_key = signer_verifier_key(&signer, &kept);
    leaves[0] = merkle_leaf("a", 1);
    leaves[1] = merkle_leaf("b", 1);
    return 0;
}

/* A whole receipt, so that the mutator has one to begin with. */
static void receipt_make(struct arena *arena, int64_t leaf, struct buf *out)
{
    struct hash root = merkle_node(&leaves[0], &leaves[1]);
    struct receipt receipt = {.leaf_index = leaf,
                              .leaf_hash = leaves[leaf],
                              .tree_size = 2,
                              .checkpoint = checkpoint_sign(&signer, 2, &root, arena),
                              .path_count = 1,
                              .path = {leaves[1 - leaf]}};
    if (receipt.checkpoint == NULL || receipt_to_json(&receipt, verifier_key, out, NULL) < 0)
        abort();
}

static void judge(const char *text, size_t size, struct arena *arena)
{
    struct receipt receipt;
    struct err err = {0};
    if (receipt_verify_json(text, size, verifier_key, &receipt, arena, &err) < 0) {
        if (err.kind == ERR_NONE)
            abort();
        return;
    }
    if (receipt.tree_size != 2 || receipt.leaf_index > 1 ||
        memcmp(&receipt.leaf_hash, &leaves[receipt.leaf_index], sizeof receipt.leaf_hash) != 0)
        abort();
}

/* The input as it is; and, since no mutator signs, the input as a patch of a right receipt: place, count and bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    CLEANUP_BUF struct buf text;
    arena_init(&arena, 1 << 20);
    buf_init(&text, 1 << 16);
    judge((const char *)data, size, &arena);
    if (size >= 3) {
        receipt_make(&arena, data[0] & 1, &text);
        size_t at = (data[1] | (size_t)data[0] >> 1 << 8) % text.len;
        size_t cut = data[2] % (text.len - at);
        CLEANUP_BUF struct buf patched;
        buf_init(&patched, 1 << 17);
        buf_put(&patched, text.data, at);
        buf_put(&patched, data + 3, size - 3);
        buf_put(&patched, text.data + at + cut, text.len - at - cut);
        if (!patched.failed)
            judge(patched.data, patched.len, &arena);
    }
    arena_done(&arena);
    return 0;
}
