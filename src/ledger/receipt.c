/* Receipts as text: what a person keeps, and what anybody can check with nothing but that text and the public key. */
#include "base/json.h"
#include "ledger/ledger.h"
#include <string.h>

/* Far above any receipt: 64 hashes, a note and a key are under 6 KiB. */
#define RECEIPT_BYTES_MAX (64 * 1024)

int receipt_to_json(const struct receipt *receipt, const char *verifier_key, struct buf *out, struct err *err)
{
    char hex[2 * SHA256_BYTES + 1];
    hex_encode(receipt->leaf_hash.bytes, SHA256_BYTES, hex);
    buf_puts(out, "{\"leaf_index\":");
    buf_put_int(out, receipt->leaf_index);
    buf_printf(out, ",\"leaf_hash\":\"%s\",\"tree_size\":", hex);
    buf_put_int(out, receipt->tree_size);
    buf_puts(out, ",\"inclusion\":[");
    for (size_t i = 0; i < receipt->path_count; i++) {
        hex_encode(receipt->path[i].bytes, SHA256_BYTES, hex);
        buf_printf(out, "%s\"%s\"", i == 0 ? "" : ",", hex);
    }
    buf_puts(out, "],\"checkpoint\":");
    if (receipt->checkpoint == NULL)
        buf_puts(out, "null");
    else
        buf_put_json_string(out, receipt->checkpoint);
    buf_puts(out, ",\"verifier_key\":");
    buf_put_json_string(out, verifier_key);
    buf_putc(out, '}');
    return out->failed ? err_memory(err) : 0;
}

static int refuse(struct err *err, const char *member)
{
    return err_set(err, ERR_BAD_INPUT, "receipt_malformed", "%s", member);
}

static bool hash_read(const json_t *value, struct hash *ret)
{
    return json_is_string(value) && json_string_length(value) == 2 * SHA256_BYTES &&
           strspn(json_string_value(value), "0123456789abcdef") == 2 * SHA256_BYTES &&
           hex_decode(json_string_value(value), ret->bytes, SHA256_BYTES);
}

/* A string without NUL inside, or NULL. */
static const char *text_read(const json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL && strlen(text) == json_string_length(value) ? text : NULL;
}

/* The members, each of its type; nothing is proved yet. */
static int members_read(const json_t *object, struct receipt *ret, const char **ret_key, struct err *err)
{
    static const char *const members[] = {"leaf_index", "leaf_hash",  "tree_size",
                                          "inclusion",  "checkpoint", "verifier_key"};
    const size_t member_count = sizeof members / sizeof *members;
    if (!json_is_object(object))
        return refuse(err, "");
    for (size_t i = 0; i < member_count; i++)
        if (json_object_get(object, members[i]) == NULL)
            return refuse(err, members[i]);
    if (json_object_size(object) != member_count)
        return refuse(err, "");
    const json_t *index = json_object_get(object, "leaf_index"), *size = json_object_get(object, "tree_size");
    const json_t *path = json_object_get(object, "inclusion");
    ret->leaf_index = json_integer_value(index);
    ret->tree_size = json_integer_value(size);
    if (!json_is_integer(index) || ret->leaf_index < 0)
        return refuse(err, "leaf_index");
    if (!json_is_integer(size) || ret->tree_size <= ret->leaf_index)
        return refuse(err, "tree_size");
    if (!hash_read(json_object_get(object, "leaf_hash"), &ret->leaf_hash))
        return refuse(err, "leaf_hash");
    if (!json_is_array(path) || json_array_size(path) > MERKLE_PATH_MAX)
        return refuse(err, "inclusion");
    ret->path_count = json_array_size(path);
    for (size_t i = 0; i < ret->path_count; i++)
        if (!hash_read(json_array_get(path, i), &ret->path[i]))
            return refuse(err, "inclusion");
    ret->checkpoint = text_read(json_object_get(object, "checkpoint"));
    if (ret->checkpoint == NULL)
        return refuse(err, "checkpoint");
    *ret_key = text_read(json_object_get(object, "verifier_key"));
    if (*ret_key == NULL)
        return refuse(err, "verifier_key");
    return 0;
}

int receipt_verify_json(const char *json, size_t count, const char *verifier_key, struct receipt *ret,
                        struct arena *arena, struct err *err)
{
    if (count > RECEIPT_BYTES_MAX)
        return refuse(err, "");
    CLEANUP_JSON json_t *object = NULL;
    struct receipt receipt = {0};
    const char *stated_key = NULL;
    int result = json_parse(json, count, &object, err);
    if (result == 0)
        result = members_read(object, &receipt, &stated_key, err);
    if (result < 0)
        return result;
    if (strcmp(stated_key, verifier_key) != 0)
        return err_set(err, ERR_BAD_INPUT, "receipt_other_key", NULL);
    struct checkpoint checkpoint;
    result = checkpoint_open(receipt.checkpoint, verifier_key, &checkpoint, err);
    if (result < 0)
        return result;
    if (checkpoint.size != receipt.tree_size ||
        !merkle_verify_inclusion(receipt.leaf_index, receipt.tree_size, &receipt.leaf_hash, receipt.path,
                                 receipt.path_count, &checkpoint.root))
        return err_set(err, ERR_BAD_INPUT, "receipt_unproved", NULL);
    receipt.checkpoint = arena_strdup(arena, receipt.checkpoint);
    if (receipt.checkpoint == NULL)
        return err_memory(err);
    *ret = receipt;
    return 0;
}
