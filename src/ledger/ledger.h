/* The ledger over the store: appending events, proofs, receipts, verification.
 *
 * A leaf commits to the event's canonical JSON (its body). So that the row's other columns are bound too, the body is
 * an object that itself holds "kind", "at_usec", and, where the row has them, "case_id" and "account_id", with the
 * row's values: ledger_append insists on it, ledger_verify compares.
 *
 * A personal value stands in the body as {"commitment": hex of SHA-256("talap-commitment-1" || salt of 16 bytes ||
 * value)}; value and salt are sealed under the subject's key beside the event and die with that key, so destruction
 * never breaks the chain and the chain never tells a value. */
#ifndef TALAP_LEDGER_LEDGER_H
#define TALAP_LEDGER_LEDGER_H

#include "base/buf.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "store/events.h"

struct ledger; /* the store's hooks and the signer they sign with; the head itself is always read from the store */

/* Sets the store's hooks: the head is read at a transaction's first append; at commit one checkpoint is signed and the
 * head written. Before the store's first command. */
int ledger_open(struct store *store, const struct signer *signer, struct ledger **ret, struct err *err) WARN_UNUSED;
/* After store_close, whose last commit may still sign. NULL-safe. */
void ledger_close(struct ledger *ledger);
const struct signer *ledger_signer(const struct ledger *ledger);

/* Appends an event in a write transaction: computes leaf hash and index, inserts the row, grows the peaks. All fields
 * of `event` but leaf and leaf_hash are the caller's; those two are filled in. ERR_INTERNAL "event_unbound" when the
 * body does not hold the row's kind, moment, case and account. */
int ledger_append(struct tx *tx, struct event_row *event, struct err *err) WARN_UNUSED;

struct hash ledger_commitment(const uint8_t salt[static 16], const char *value, size_t value_len);

/* The newest signed checkpoint (NULL text at size 0). Reads the store. */
int ledger_checkpoint(struct tx *tx, struct arena *arena, const char **ret_note, int64_t *ret_size,
                      struct err *err) WARN_UNUSED;

struct receipt {
    int64_t leaf_index;
    struct hash leaf_hash;
    int64_t tree_size;      /* of the checkpoint */
    const char *checkpoint; /* signed note */
    size_t path_count;
    struct hash path[MERKLE_PATH_MAX];
};
/* Proof for a leaf against the newest checkpoint (or against `size` when > 0: then checkpoint is NULL). The proof is
 * checked before it is given. ERR_NOT_FOUND "leaf_unknown"; ERR_BAD_INPUT "tree_size_unknown" for a size beyond the
 * head; ERR_DAMAGED "ledger_damaged" when the stored hashes do not lead to the checkpoint's root. */
int ledger_receipt(struct tx *tx, int64_t leaf, int64_t size, struct arena *arena, struct receipt *ret,
                   struct err *err) WARN_UNUSED;
/* The proof that the tree of `from` leaves is the beginning of that of `to` (1 ≤ from ≤ to ≤ the head's size, else
 * "tree_size_unknown"). `ret` takes MERKLE_PATH_MAX hashes. */
int ledger_consistency(struct tx *tx, int64_t from, int64_t to, struct hash *ret, size_t *ret_count,
                       struct err *err) WARN_UNUSED;
/* Receipt as JSON text {leaf_index, leaf_hash, tree_size, inclusion:[hex], checkpoint, verifier_key}, and back. Needs
 * nothing but the text: what `talap verify --receipt FILE --key KEY` and the public page use. `verifier_key` is the key
 * the reader trusts; the one in the text only says which was meant. Refusals: ERR_MALFORMED "json_malformed";
 * ERR_BAD_INPUT "receipt_malformed" (arg: the member) for a missing, unknown or ill-formed member; "receipt_other_key"
 * when the text names another key; those of checkpoint_open; "receipt_unproved" when the path does not lead from the
 * leaf to the checkpoint's root. */
int receipt_to_json(const struct receipt *receipt, const char *verifier_key, struct buf *out,
                    struct err *err) WARN_UNUSED;
int receipt_verify_json(const char *json, size_t count, const char *verifier_key, struct receipt *ret,
                        struct arena *arena, struct err *err) WARN_UNUSED;

/* Re-reads every event: bodies hash to their leaves and hold the row's columns, leaves to nodes, nodes to head, the
 * head's checkpoint is signed by the verifier key. Calls `each` (may be NULL) with every event in order, after the
 * event itself was found whole, for checks of the rooms above; it may read with `tx`. A difference is ERR_DAMAGED
 * "ledger_damaged" with arg "event N", "node LEVEL/INDEX", "nodes" (more than there can be), "head" or "checkpoint". */
int ledger_verify(struct tx *tx, const char *verifier_key,
                  int (*each)(const struct event_row *row, void *arg, struct err *err), void *arg, int64_t *ret_events,
                  struct err *err) WARN_UNUSED;

#endif
