/* /v1/ledger: checkpoints and proofs, for whoever wants to check that nothing was changed. */
#include "web/api/api.h"
#include <string.h>

int api_ledger_checkpoint(struct request *request, struct response *response, struct err *err)
{
    struct tx *tx;
    const char *note;
    int64_t size;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = ledger_checkpoint(tx, &request->arena, &note, &size, err);
    if (r < 0)
        return r;
    if (size == 0)
        return err_set(err, ERR_NOT_FOUND, "ledger_empty", NULL);
    response->type = "text/plain; charset=utf-8";
    buf_puts(&response->body, note);
    return 0;
}

int api_ledger_key(struct request *request, struct response *response, struct err *err)
{
    const char *key = signer_verifier_key(ledger_signer(request->office->ledger), &request->arena);
    if (key == NULL)
        return err_memory(err);
    response->type = "text/plain; charset=utf-8";
    buf_puts(&response->body, key);
    buf_putc(&response->body, '\n');
    return 0;
}

static void write_path(struct buf *out, const char *key, const struct hash *path, size_t count)
{
    jo_key(out, key);
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++)
        jo_put_hash(out, &path[i]);
    jo_close(out, ']');
}

/* The size of the tree as this request sees it. */
static int tree_size(struct request *request, struct tx **ret_tx, int64_t *ret, struct err *err)
{
    const char *note;
    int r = request_read(request, ret_tx, err);
    return r < 0 ? r : ledger_checkpoint(*ret_tx, &request->arena, &note, ret, err);
}

int api_ledger_inclusion(struct request *request, struct response *response, struct err *err)
{
    struct tx *tx;
    struct buf *out = &response->body;
    int64_t leaf = -1, size, wanted = 0;
    int r = tree_size(request, &tx, &size, err);
    if (r == 0)
        r = api_query_int(request, "leaf", 0, size > 0 ? size - 1 : 0, &leaf, err);
    if (r == 0 && leaf < 0)
        r = api_refuse(request, "leaf", "required", err);
    if (r == 0 && size == 0)
        r = err_set(err, ERR_NOT_FOUND, "ledger_empty", NULL);
    if (r == 0)
        r = api_query_int(request, "size", leaf + 1, size, &wanted, err);
    struct receipt receipt;
    if (r == 0)
        r = ledger_receipt(tx, leaf, wanted, &request->arena, &receipt, err);
    if (r < 0)
        return r;
    if (wanted == 0) {
        const char *key = signer_verifier_key(ledger_signer(request->office->ledger), &request->arena);
        return key == NULL ? err_memory(err) : receipt_to_json(&receipt, key, out, err);
    }
    jo_open(out, '{');
    jo_int(out, "leaf_index", receipt.leaf_index);
    jo_hash(out, "leaf_hash", &receipt.leaf_hash);
    jo_int(out, "tree_size", receipt.tree_size);
    write_path(out, "inclusion", receipt.path, receipt.path_count);
    jo_close(out, '}');
    return 0;
}

int api_ledger_consistency(struct request *request, struct response *response, struct err *err)
{
    struct tx *tx;
    struct buf *out = &response->body;
    int64_t size, from = -1, to = -1;
    int r = tree_size(request, &tx, &size, err);
    if (r == 0)
        r = api_query_int(request, "to", 1, size, &to, err);
    if (r == 0 && to < 0)
        to = size;
    if (r == 0)
        r = api_query_int(request, "from", 1, to, &from, err);
    if (r == 0 && from < 0)
        r = api_refuse(request, "from", "required", err);
    struct hash path[2 * MERKLE_PATH_MAX];
    size_t count = 0;
    if (r == 0)
        r = ledger_consistency(tx, from, to, path, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_int(out, "from", from);
    jo_int(out, "to", to);
    write_path(out, "consistency", path, count);
    jo_close(out, '}');
    return 0;
}

int api_ledger_entry(struct request *request, struct response *response, struct err *err)
{
    struct tx *tx;
    struct event_row row;
    struct buf *out = &response->body;
    int64_t leaf;
    int r = api_param_int(request, "leaf", 0, INT64_MAX, &leaf, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = store_event_get(tx, leaf, &request->arena, &row, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_int(out, "leaf_index", row.leaf);
    jo_hash(out, "leaf_hash", &row.leaf_hash);
    jo_moment(out, "at", request_zone(request), row.at_usec);
    jo_text(out, "kind", row.kind);
    jo_close(out, '}');
    return 0;
}

/* A receipt is judged by what it says and by our key; that it also stands in our tree is asked when it is right. */
int api_ledger_verify(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct receipt receipt;
    const char *key = signer_verifier_key(ledger_signer(request->office->ledger), &request->arena);
    if (key == NULL)
        return err_memory(err);
    struct err why = {0};
    int r = receipt_verify_json(request->body, request->body_len, key, &receipt, &request->arena, &why);
    if (r < 0 && why.kind != ERR_BAD_INPUT && why.kind != ERR_MALFORMED && why.kind != ERR_DAMAGED) {
        *err = why;
        return r;
    }
    struct event_row row;
    bool ours = false;
    if (r == 0) {
        struct tx *tx;
        int found = request_read(request, &tx, err);
        if (found == 0)
            found = store_event_get(tx, receipt.leaf_index, &request->arena, &row, err);
        if (found < 0 && found != -ERR_NOT_FOUND)
            return found;
        ours = found == 0 && memcmp(&row.leaf_hash, &receipt.leaf_hash, sizeof row.leaf_hash) == 0;
    }
    jo_open(out, '{');
    jo_bool(out, "valid", r == 0 && ours);
    if (r < 0) {
        jo_text(out, "code", why.code);
        jo_text(out, "detail", text_error(&request->arena, request->lang, why.code, why.arg));
    } else if (!ours) {
        jo_text(out, "code", "receipt_not_ours");
        jo_text(out, "detail", text_error(&request->arena, request->lang, "receipt_not_ours", ""));
    } else {
        jo_int(out, "leaf_index", receipt.leaf_index);
        jo_hash(out, "leaf_hash", &receipt.leaf_hash);
        jo_int(out, "tree_size", receipt.tree_size);
        jo_moment(out, "at", request_zone(request), row.at_usec);
        jo_text(out, "kind", row.kind);
    }
    jo_close(out, '}');
    return 0;
}
