/* Re-reading the whole ledger.
 *
 * Events are streamed in spans of 65536. While a span is streamed its full subtrees are gathered in memory; after it
 * they are compared with the stored nodes. */
#include "base/json.h"
#include "ledger/ledger.h"
#include "ledger/ledger_row.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPAN INT64_C(65536)
#define SPAN_NODES (256 + 8) /* of level 8, and one a level above */

int ledger_damaged(struct err *err, const char *fmt, ...)
{
    char where[128];
    va_list args;
    va_start(args, fmt);
    vsnprintf(where, sizeof where, fmt, args);
    va_end(args);
    return err_set(err, ERR_DAMAGED, "ledger_damaged", "%s", where);
}

static bool member_is(const json_t *body, const char *name, const char *value)
{
    const json_t *member = json_object_get(body, name);
    if (value == NULL)
        return member == NULL || json_is_null(member);
    return json_is_string(member) && strcmp(json_string_value(member), value) == 0;
}

bool event_row_bound(const struct event_row *row)
{
    CLEANUP_JSON json_t *body = NULL;
    if (json_parse(row->body, row->body_len, &body, NULL) < 0)
        return false;
    const json_t *at = json_object_get(body, "at_usec");
    return json_is_object(body) && member_is(body, "kind", row->kind) && json_is_integer(at) &&
           json_integer_value(at) == row->at_usec && member_is(body, "case_id", row->case_id) &&
           member_is(body, "account_id", row->account_id);
}

struct verification {
    struct peaks peaks;
    int (*each)(const struct event_row *row, void *arg, struct err *err);
    void *arg;
    size_t node_count;
    struct {
        int level;
        int64_t index;
        struct hash root;
    } nodes[SPAN_NODES];
};

static void node_gather(void *arg, int level, int64_t index, const struct hash *root)
{
    struct verification *work = arg;
    if (work->node_count == SPAN_NODES)
        abort(); /* a span cannot complete more */
    work->nodes[work->node_count].level = level;
    work->nodes[work->node_count].index = index;
    work->nodes[work->node_count++].root = *root;
}

static int event_check(const struct event_row *row, void *arg, struct err *err)
{
    struct verification *work = arg;
    if (row->leaf != work->peaks.size)
        return ledger_damaged(err, "event %" PRId64, work->peaks.size);
    struct hash hash = merkle_leaf(row->body, row->body_len);
    if (memcmp(hash.bytes, row->leaf_hash.bytes, sizeof hash.bytes) != 0 || !event_row_bound(row))
        return ledger_damaged(err, "event %" PRId64, row->leaf);
    peaks_append(&work->peaks, &hash, node_gather, work);
    return work->each == NULL ? 0 : work->each(row, work->arg, err);
}

static int nodes_check(struct tx *tx, struct verification *work, struct err *err)
{
    for (size_t i = 0; i < work->node_count; i++) {
        int level = work->nodes[i].level;
        int64_t index = work->nodes[i].index;
        struct hash stored;
        int result = store_ledger_nodes(tx, level, index, 1, &stored, err);
        if (result < 0 && result != -ERR_NOT_FOUND && result != -ERR_DAMAGED)
            return result;
        if (result < 0 || memcmp(stored.bytes, work->nodes[i].root.bytes, sizeof stored.bytes) != 0)
            return ledger_damaged(err, "node %d/%" PRId64, level, index);
    }
    work->node_count = 0;
    return 0;
}

static int head_check(const struct ledger_head_row *head, const struct peaks *peaks, const char *verifier_key,
                      struct err *err)
{
    if (memcmp(head->peaks, peaks->hash, peaks->count * sizeof *peaks->hash) != 0)
        return ledger_damaged(err, "head");
    if (head->size == 0)
        return 0;
    struct checkpoint checkpoint;
    struct err why = {0};
    struct hash root = peaks_root(peaks);
    if (checkpoint_open(head->checkpoint, verifier_key, &checkpoint, &why) < 0) {
        int result = ledger_damaged(err, "checkpoint");
        return err == NULL ? result : err_detail(err, "%s", why.code);
    }
    if (checkpoint.size != head->size || memcmp(checkpoint.root.bytes, root.bytes, sizeof root.bytes) != 0)
        return ledger_damaged(err, "checkpoint");
    return 0;
}

static int verify(struct tx *tx, struct verification *work, const char *verifier_key, struct err *err)
{
    struct arena arena;
    struct ledger_head_row head = {0};
    arena_init(&arena, 16 * 1024);
    int result = ledger_head_read(tx, &arena, &head, err);
    for (int64_t from = 0; result == 0 && from < head.size; from += SPAN) {
        int64_t until = head.size - from < SPAN ? head.size : from + SPAN;
        result = store_event_scan(tx, from, until, event_check, work, err);
        if (result == 0 && work->peaks.size != until)
            result = ledger_damaged(err, "event %" PRId64, work->peaks.size);
        if (result == 0)
            result = nodes_check(tx, work, err);
    }
    if (result == 0)
        result = head_check(&head, &work->peaks, verifier_key, err);
    arena_done(&arena);
    return result;
}

/* A node beyond the head was never signed for either, and would stand in the way of the right one. */
static int nodes_end_check(struct tx *tx, int64_t size, struct err *err)
{
    int64_t count, wanted = 0;
    for (int level = 8; level < 63; level += 8) {
        struct hash stored;
        struct err none = {0};
        int result = store_ledger_nodes(tx, level, size >> level, 1, &stored, &none);
        if (result == 0 || result == -ERR_DAMAGED)
            return ledger_damaged(err, "node %d/%" PRId64, level, size >> level);
        if (result != -ERR_NOT_FOUND) {
            if (err != NULL)
                *err = none;
            return result;
        }
        wanted += size >> level;
    }
    int result = store_ledger_node_count(tx, &count, err);
    if (result < 0)
        return result;
    return count == wanted ? 0 : ledger_damaged(err, "nodes");
}

/* An event beyond the head was never signed for. */
static int event_beyond(const struct event_row *row, void *arg, struct err *err)
{
    return ledger_damaged(err, "event %" PRId64, row->leaf);
}

int ledger_verify(struct tx *tx, const char *verifier_key,
                  int (*each)(const struct event_row *row, void *arg, struct err *err), void *arg, int64_t *ret_events,
                  struct err *err)
{
    struct verification *work = calloc(1, sizeof *work);
    if (work == NULL)
        return err_memory(err);
    work->each = each;
    work->arg = arg;
    int result = verify(tx, work, verifier_key, err);
    int64_t events = work->peaks.size;
    free(work);
    if (result == 0)
        result = store_event_scan(tx, events, INT64_MAX, event_beyond, NULL, err);
    if (result == 0)
        result = nodes_end_check(tx, events, err);
    if (result == 0)
        *ret_events = events;
    return result;
}
