/* Anyone may check: a receipt they hold, or one entry of the ledger by its number. */
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>

static const char *verifier_key(struct request *request)
{
    const char *key = signer_verifier_key(ledger_signer(request->office->ledger), &request->arena);
    return key == NULL ? "" : key;
}

static const char *hash_text(struct request *request, const struct hash *hash)
{
    char *text = arena_alloc(&request->arena, 2 * SHA256_BYTES + 1);
    if (text == NULL)
        return "";
    hex_encode(hash->bytes, SHA256_BYTES, text);
    return text;
}

static int verify_draw(struct request *request, struct response *response, const struct verify_view *view,
                       struct err *err)
{
    struct page *page;
    int r = page_begin(request, response, PAGE_TITLE(request, verify_title), "verify", &page, err);
    if (r < 0)
        return r;
    page_verify(&page->out, view);
    return page_end(page, err);
}

int page_verify_get(struct request *request, struct response *response, struct err *err)
{
    const struct verify_view view = {.key = verifier_key(request), .typed = ""};
    return verify_draw(request, response, &view, err);
}

/* Has the ledger only grown since the receipt's checkpoint, and does it hold this very leaf? */
static int against_ledger(struct request *request, const struct receipt *receipt, const char *key,
                          struct verify_view *view, struct err *err)
{
    struct hash path[MERKLE_PATH_MAX];
    struct checkpoint then, now;
    const char *note;
    size_t count = 0;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = ledger_checkpoint(tx, &request->arena, &note, &view->grown_to, err);
    if (r < 0)
        return r;
    if (view->grown_to < receipt->tree_size || checkpoint_open(receipt->checkpoint, key, &then, err) < 0 ||
        checkpoint_open(note, key, &now, err) < 0)
        return err_set(err, ERR_BAD_INPUT, "receipt_not_ours", NULL);
    r = ledger_consistency(tx, then.size, now.size, path, &count, err);
    if (r < 0)
        return r;
    view->still_there = merkle_verify_consistency(then.size, now.size, &then.root, &now.root, path, count);
    struct event_row event;
    r = store_event_get(tx, receipt->leaf_index, &request->arena, &event, err);
    if (r < 0)
        return r;
    view->kind = event_title(request->lang, event.kind);
    view->at_usec = event.at_usec;
    return 0;
}

int page_verify_post(struct request *request, struct response *response, struct err *err)
{
    struct verify_view view = {.key = verifier_key(request), .typed = ""};
    const char *text = request_form(request, "receipt");
    size_t count = text == NULL ? 0 : strlen(text);
    struct receipt receipt;
    struct err why = {0};
    if (text != NULL)
        view.typed = text;
    for (size_t i = 0; i < request->file_count; i++)
        if (request->files[i].count > 0) {
            text = request->files[i].bytes;
            count = request->files[i].count;
        }
    if (count == 0) {
        view.refusal = text_get(request->lang, T_verify_empty);
    } else if (receipt_verify_json(text, count, view.key, &receipt, &request->arena, &why) < 0) {
        if (why.kind >= ERR_UNAVAILABLE && why.kind != ERR_DAMAGED) {
            *err = why;
            return -(int)why.kind;
        }
        view.refusal = sentence_of(request, &why);
    } else {
        int r = against_ledger(request, &receipt, view.key, &view, &why);
        if (r < 0 && why.kind != ERR_BAD_INPUT && why.kind != ERR_NOT_FOUND) {
            *err = why;
            return r;
        }
        view.checked = r == 0;
        view.refusal = r < 0 ? sentence_of(request, &why) : NULL;
        view.leaf = receipt.leaf_index;
        view.size = receipt.tree_size;
        view.leaf_hash = hash_text(request, &receipt.leaf_hash);
    }
    response->status = view.checked ? 200 : 422;
    return verify_draw(request, response, &view, err);
}

static int leaf_param(struct request *request, int64_t *ret, struct err *err)
{
    const char *text = request_param(request, "leaf");
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 15 || text[digits] != '\0')
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    *ret = strtoll(text, NULL, 10);
    return 0;
}

int page_proof_get(struct request *request, struct response *response, struct err *err)
{
    struct proof_view view = {.key = verifier_key(request)};
    struct event_row event;
    struct receipt receipt;
    struct checkpoint checkpoint;
    struct page *page;
    struct tx *tx;
    int r = leaf_param(request, &view.leaf, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = store_event_get(tx, view.leaf, &request->arena, &event, err);
    if (r == 0)
        r = ledger_receipt(tx, view.leaf, 0, &request->arena, &receipt, err);
    if (r < 0)
        return r;
    view.kind = event_title(request->lang, event.kind);
    view.at_usec = event.at_usec;
    view.leaf_hash = hash_text(request, &event.leaf_hash);
    view.checkpoint = receipt.checkpoint;
    view.size = receipt.tree_size;
    struct err forged = {0};
    if (checkpoint_open(receipt.checkpoint, view.key, &checkpoint, &forged) == 0) {
        view.root = hash_text(request, &checkpoint.root);
        /* The event's own bytes are hashed anew: a changed row shows here too. */
        struct hash leaf = merkle_leaf(event.body, event.body_len);
        view.holds = merkle_verify_inclusion(view.leaf, checkpoint.size, &leaf, receipt.path, receipt.path_count,
                                             &checkpoint.root);
    }
    const char **path = ARENA_ARRAY(&request->arena, const char *, receipt.path_count + 1);
    if (path == NULL)
        return err_memory(err);
    for (size_t i = 0; i < receipt.path_count; i++)
        path[i] = hash_text(request, &receipt.path[i]);
    view.path = path;
    view.path_count = receipt.path_count;
    const char *title = text_format(&request->arena, request->lang, T_verify_entry, INT_TEXT(view.leaf), NULL);
    r = page_begin(request, response, title == NULL ? "" : title, "verify", &page, err);
    if (r < 0)
        return r;
    page_proof(&page->out, &view);
    return page_end(page, err);
}

int page_proof_json(struct request *request, struct response *response, struct err *err)
{
    struct receipt receipt;
    struct tx *tx;
    int64_t leaf;
    int r = leaf_param(request, &leaf, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = ledger_receipt(tx, leaf, 0, &request->arena, &receipt, err);
    if (r == 0)
        r = receipt_to_json(&receipt, verifier_key(request), &response->body, err);
    if (r == 0)
        r = answer_file(request, response, "application/json", "receipt.json", false, err);
    return r;
}
