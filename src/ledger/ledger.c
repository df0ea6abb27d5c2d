/* Appending to the ledger.
 *
 * The peaks travel with the write transaction as its hook state: read from the head at the first append, copied and put
 * back with savepoints by the store, written once at commit under one signature, however many events the group brought.
 * They are never kept between transactions, because with PostgreSQL another node may have moved the head. */
#include "ledger/ledger.h"
#include "ledger/ledger_row.h"
#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A note is some 400 bytes. */
#define NOTE_ARENA_BYTES (16 * 1024)

struct ledger {
    struct signer signer;
};

/* Of a write transaction; begins as zeros. */
struct ledger_state {
    bool loaded; /* the peaks are those of the store, and of what was appended since */
    bool grown;
    struct peaks peaks;
};

static int hook_commit(struct tx *tx, void *state, void *arg, struct err *err)
{
    const struct ledger_state *mine = state;
    const struct ledger *ledger = arg;
    if (!mine->grown)
        return 0;
    struct arena arena;
    arena_init(&arena, NOTE_ARENA_BYTES);
    struct hash root = peaks_root(&mine->peaks);
    struct ledger_head_row head = {.size = mine->peaks.size, .peak_count = mine->peaks.count};
    memcpy(head.peaks, mine->peaks.hash, mine->peaks.count * sizeof *head.peaks);
    head.checkpoint = checkpoint_sign(&ledger->signer, head.size, &root, &arena);
    int result = head.checkpoint == NULL ? err_memory(err) : store_ledger_head_set(tx, &head, err);
    arena_done(&arena);
    return result;
}

int ledger_open(struct store *store, const struct signer *signer, struct ledger **ret, struct err *err)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL)
        return err_memory(err);
    ledger->signer = *signer;
    /* The store outlives the ledger's use but not the ledger: the caller closes the store first. */
    store_set_hooks(
        store, &(struct store_hooks){.arg = ledger, .state_bytes = sizeof(struct ledger_state), .commit = hook_commit});
    *ret = ledger;
    return 0;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    signer_wipe(&ledger->signer);
    free(ledger);
}

const struct signer *ledger_signer(const struct ledger *ledger)
{
    return &ledger->signer;
}

void peaks_from_head(const struct ledger_head_row *head, struct peaks *ret)
{
    struct peaks peaks = {.size = head->size, .count = head->peak_count};
    memcpy(peaks.hash, head->peaks, head->peak_count * sizeof *head->peaks);
    *ret = peaks;
}

int ledger_head_read(struct tx *tx, struct arena *arena, struct ledger_head_row *ret, struct err *err)
{
    struct ledger_head_row head = {0};
    int result = store_ledger_head_get(tx, arena, &head, err);
    if (result < 0)
        return result;
    if (head.size < 0 || head.size == INT64_MAX ||
        head.peak_count != (size_t)__builtin_popcountll((uint64_t)head.size) ||
        (head.size == 0) != (head.checkpoint == NULL))
        return ledger_damaged(err, "head");
    *ret = head;
    return 0;
}

/* --- What ties a row to its body -----------------------------------------------------------------------------------
 */

/* Canonical JSON writes a member in one way only, so that looking for its text is looking for the member. A nested
 * object could hold the same text: this is to catch a mistake at once; event_row_bound reads the JSON. */
static bool body_holds(const struct event_row *row, const char *name, const char *value)
{
    char member[160];
    if (value == NULL)
        return true;
    int count = snprintf(member, sizeof member, "\"%s\":\"%s\"", name, value);
    return count > 0 && (size_t)count < sizeof member &&
           memmem(row->body, row->body_len, member, (size_t)count) != NULL;
}

static bool body_holds_moment(const struct event_row *row)
{
    char member[64];
    int count = snprintf(member, sizeof member, "\"at_usec\":%" PRId64, row->at_usec);
    const char *at = memmem(row->body, row->body_len, member, (size_t)count);
    /* 17 is not found in 178. */
    return at != NULL && at + count < row->body + row->body_len && (at[count] < '0' || at[count] > '9');
}

/* --- Appending -----------------------------------------------------------------------------------------------------
 */

struct completed {
    int count;
    struct {
        int level;
        int64_t index;
        struct hash root;
    } node[8]; /* one a kept level: 8, 16 … 56 */
};

static void completed_add(void *arg, int level, int64_t index, const struct hash *root)
{
    struct completed *completed = arg;
    assert(completed->count < 8);
    completed->node[completed->count].level = level;
    completed->node[completed->count].index = index;
    completed->node[completed->count++].root = *root;
}

static int state_load(struct tx *tx, struct ledger_state *state, struct err *err)
{
    struct arena arena;
    struct ledger_head_row head = {0};
    arena_init(&arena, NOTE_ARENA_BYTES);
    int result = ledger_head_read(tx, &arena, &head, err);
    if (result == 0) {
        peaks_from_head(&head, &state->peaks);
        state->loaded = true;
    }
    arena_done(&arena);
    return result;
}

int ledger_append(struct tx *tx, struct event_row *event, struct err *err)
{
    assert(tx_is_write(tx));
    struct ledger_state *state = tx_state(tx);
    assert(state != NULL);
    if (!body_holds(event, "kind", event->kind) || !body_holds(event, "case_id", event->case_id) ||
        !body_holds(event, "account_id", event->account_id) || !body_holds_moment(event))
        return err_set(err, ERR_INTERNAL, "event_unbound", "%s", event->kind);
    if (!state->loaded) {
        int result = state_load(tx, state, err);
        if (result < 0)
            return result;
    }
    struct peaks grown = state->peaks;
    struct completed completed = {0};
    struct event_row row = *event;
    row.leaf = grown.size;
    row.leaf_hash = merkle_leaf(row.body, row.body_len);
    peaks_append(&grown, &row.leaf_hash, completed_add, &completed);
    int result = store_event_insert(tx, &row, err);
    for (int i = 0; result == 0 && i < completed.count; i++)
        result = store_ledger_node_insert(tx, completed.node[i].level, completed.node[i].index, &completed.node[i].root,
                                          err);
    if (result < 0)
        return result;
    state->peaks = grown;
    state->grown = true;
    event->leaf = row.leaf;
    event->leaf_hash = row.leaf_hash;
    return 0;
}

struct hash ledger_commitment(const uint8_t salt[static 16], const char *value, size_t value_len)
{
    static const char domain[] = "talap-commitment-1";
    return sha256_of(domain, sizeof domain - 1, salt, 16, value, value_len);
}

int ledger_checkpoint(struct tx *tx, struct arena *arena, const char **ret_note, int64_t *ret_size, struct err *err)
{
    struct ledger_head_row head = {0};
    int result = ledger_head_read(tx, arena, &head, err);
    if (result < 0)
        return result;
    *ret_note = head.checkpoint;
    *ret_size = head.size;
    return 0;
}
