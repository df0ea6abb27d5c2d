/* That a version was kept, proved to somebody who trusts nothing but the ledger's key: its text hashes to a leaf, the
 * leaf leads to the root that the event tells, and the event is a leaf of the ledger. */
#include "adverts/adverts.h"
#include "cases/record.h"
#include "store/advert_rows.h"
#include <string.h>

#define RECEIPT_ROOM (64u << 10)

struct batch {
    struct event_row event;
    int64_t first, count; /* first: serial */
    const char *root;     /* hex */
    json_t *body;
};

/* The tree is made anew from its leaves: one of the subtrees that a path asks for. */
static int subtree_of(void *arg, int level, int64_t index, struct hash *ret, struct err *err)
{
    const struct hash *leaves = (const struct hash *)arg + (index << level);
    struct peaks peaks = {0};

    (void)err;
    for (int64_t i = 0; i < INT64_C(1) << level; i++)
        peaks_append(&peaks, &leaves[i], NULL, NULL);
    *ret = peaks_root(&peaks);
    return 0;
}

static int batch_read(struct tx *tx, const struct advert_version_row *version, struct arena *arena, struct batch *ret,
                      struct err *err)
{
    int r = store_event_get(tx, version->leaf, arena, &ret->event, err);

    if (r == 0)
        r = stored_json_parse(ret->event.body, ret->event.body_len, "an event", &ret->body, err);
    if (r < 0)
        return r;
    ret->root = json_string_value(json_object_get(ret->body, "root"));
    ret->count = json_integer_value(json_object_get(ret->body, "count"));
    ret->first = json_integer_value(json_object_get(ret->body, "first_serial"));
    if (strcmp(ret->event.kind, "adverts_changed") == 0) {
        ret->count = 1;
        ret->first = version->advert;
    }
    if (ret->root == NULL || ret->count < 1 || version->place < 0 || version->place >= ret->count)
        return err_set(err, ERR_DAMAGED, "advert_damaged", NULL);
    return 0;
}

static json_t *hash_json(const struct hash *hash)
{
    char hex[2 * SHA256_BYTES + 1];

    hex_encode(hash->bytes, SHA256_BYTES, hex);
    return json_string(hex);
}

static int path_put(struct tx *tx, const struct batch *batch, const struct advert_version_row *version,
                    struct arena *arena, json_t *proof, struct err *err)
{
    struct hash *leaves = ARENA_ARRAY(arena, struct hash, (size_t)batch->count), path[MERKLE_PATH_MAX];
    struct merkle_source source = {.subtree = subtree_of, .arg = leaves};
    json_t *list = json_array();
    size_t count = 0;
    int r = leaves == NULL || list == NULL ? err_memory(err) : 0;

    if (r == 0 && strcmp(batch->event.kind, "adverts_changed") == 0)
        leaves[0] = version->hash;
    else if (r == 0)
        r = store_advert_hashes(tx, batch->first, (size_t)batch->count, leaves, err);
    if (r == 0)
        r = merkle_inclusion(&source, version->place, batch->count, path, &count, err);
    for (size_t i = 0; i < count && r == 0; i++)
        if (json_array_append_new(list, hash_json(&path[i])) != 0)
            r = err_memory(err);
    if (r < 0) {
        json_decref(list);
        return r;
    }
    return json_object_set_new(proof, "path", list) != 0 ? err_memory(err) : 0;
}

static int receipt_put(struct tx *tx, const struct office *office, int64_t leaf, struct arena *arena, json_t *proof,
                       struct err *err)
{
    const char *key = signer_verifier_key(ledger_signer(office->ledger), arena);
    CLEANUP_BUF struct buf text = {0};
    struct receipt receipt;
    json_t *json = NULL;
    int r = key == NULL ? err_memory(err) : ledger_receipt(tx, leaf, 0, arena, &receipt, err);

    buf_init(&text, RECEIPT_ROOM);
    if (r == 0)
        r = receipt_to_json(&receipt, key, &text, err);
    if (r == 0)
        r = json_parse(text.data, text.len, &json, err);
    if (r < 0)
        return r;
    return json_object_set_new(proof, "receipt", json) != 0 ? err_memory(err) : 0;
}

int advert_proof(struct tx *tx, const struct office *office, int64_t serial, int version, struct arena *arena,
                 json_t **ret, struct err *err)
{
    CLEANUP_JSON json_t *proof = json_object();
    CLEANUP_JSON json_t *body = NULL;
    struct advert_version_row text;
    struct batch batch = {0};
    struct advert_row row;
    int r = proof == NULL ? err_memory(err) : store_advert_get(tx, NULL, serial, arena, &row, err);

    if (r == 0)
        r = store_advert_version_get(tx, serial, version, arena, &text, err);
    if (r == 0)
        r = batch_read(tx, &text, arena, &batch, err);
    body = batch.body;
    if (r < 0)
        return r;
    if (json_object_set_new(proof, "advert", json_string(row.id)) != 0 ||
        json_object_set_new(proof, "version", json_integer(version)) != 0 ||
        json_object_set_new(proof, "text", text.json != NULL ? json_stringn(text.json, text.json_len) : json_null()) !=
            0 ||
        json_object_set_new(proof, "hash", hash_json(&text.hash)) != 0 ||
        json_object_set_new(proof, "leaf_index", json_integer(text.leaf)) != 0 ||
        json_object_set_new(proof, "event", json_stringn(batch.event.body, batch.event.body_len)) != 0 ||
        json_object_set_new(proof, "place", json_integer(text.place)) != 0 ||
        json_object_set_new(proof, "count", json_integer(batch.count)) != 0 ||
        json_object_set_new(proof, "root", json_string(batch.root)) != 0)
        return err_memory(err);
    r = path_put(tx, &batch, &text, arena, proof, err);
    if (r == 0)
        r = receipt_put(tx, office, text.leaf, arena, proof, err);
    if (r == 0) {
        *ret = proof;
        proof = NULL;
    }
    return r;
}
