/* The ledger over a real store: appending, proofs against every checkpoint, and damage that must not go unseen. */
#include "ledger/ledger.h"
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka needs the C library first. */
#include <cmocka.h>

#define ORIGIN "talap.example.kz/ledger"

struct world {
    char folder[64], path[96];
    struct arena arena;
    struct signer signer;
    const char *key;
    struct store *store;
    struct ledger *ledger;
};
static struct world world;

static void world_open(void)
{
    struct err err = {0};
    struct store_options options = {.url = world.path, .create = true};
    if (store_open(&options, &world.store, &err) != 0)
        fail_msg("store_open: %s %s", err.code, err.detail);
    assert_int_equal(ledger_open(world.store, &world.signer, &world.ledger, &err), 0);
}

static void world_close(void)
{
    store_close(world.store);
    ledger_close(world.ledger);
    world.store = NULL;
    world.ledger = NULL;
}

static int world_make(void **state)
{
    char key_path[128];
    memset(&world, 0, sizeof world);
    strcpy(world.folder, "/tmp/talap-ledger-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    snprintf(world.path, sizeof world.path, "%s/talap.db", world.folder);
    snprintf(key_path, sizeof key_path, "%s/signing.key", world.folder);
    arena_init(&world.arena, 64 << 20);
    assert_int_equal(signer_load(key_path, ORIGIN, true, &world.signer, NULL), 0);
    world.key = signer_verifier_key(&world.signer, &world.arena);
    world_open();
    return 0;
}

static int world_end(void **state)
{
    char command[96];
    world_close();
    arena_done(&world.arena);
    snprintf(command, sizeof command, "rm -r '%s'", world.folder);
    return system(command);
}

/* --- Appending ------------------------------------------------------------------------------------------------------
 */

struct batch {
    int64_t count;
    bool fails; /* the command gives up after having appended */
    int64_t first_leaf;
    struct hash last_hash;
};

static int append_one(struct tx *tx, int64_t at_usec, struct event_row *ret, struct err *err)
{
    char body[128];
    int count = snprintf(body, sizeof body, "{\"at_usec\":%lld,\"kind\":\"test.happened\"}", (long long)at_usec);
    struct event_row row = {.at_usec = at_usec, .kind = "test.happened", .body = body, .body_len = (size_t)count};
    int result = ledger_append(tx, &row, err);
    *ret = row;
    return result;
}

static int batch_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct batch *batch = command->arg;
    for (int64_t i = 0; i < batch->count; i++) {
        struct event_row row;
        int result = append_one(tx, 1000000 + i, &row, err);
        if (result < 0)
            return result;
        if (i == 0)
            batch->first_leaf = row.leaf;
        batch->last_hash = row.leaf_hash;
    }
    return batch->fails ? err_set(err, ERR_CONFLICT, "changed_my_mind", NULL) : 0;
}

static void append(int64_t count)
{
    struct err err = {0};
    struct batch batch = {.count = count};
    if (store_write(world.store, batch_run, &batch, &err) != 0)
        fail_msg("append: %s %s %s", err.code, err.arg, err.detail);
}

static struct tx *reading(void)
{
    struct tx *tx;
    assert_int_equal(store_read_begin(world.store, &tx, NULL), 0);
    return tx;
}

static int64_t verified(void)
{
    struct err err = {0};
    int64_t events = -1;
    struct tx *tx = reading();
    int result = ledger_verify(tx, world.key, NULL, NULL, &events, &err);
    store_read_end(tx);
    if (result < 0)
        fail_msg("verify: %s %s %s", err.code, err.arg, err.detail);
    return events;
}

static struct checkpoint checkpoint_now(void)
{
    struct tx *tx = reading();
    const char *note = NULL;
    int64_t size = -1;
    struct checkpoint checkpoint;
    assert_int_equal(ledger_checkpoint(tx, &world.arena, &note, &size, NULL), 0);
    assert_non_null(note);
    assert_int_equal(checkpoint_open(note, world.key, &checkpoint, NULL), 0);
    assert_int_equal(checkpoint.size, size);
    store_read_end(tx);
    return checkpoint;
}

static void an_empty_ledger_has_no_checkpoint(void **state)
{
    struct tx *tx = reading();
    const char *note = "something";
    int64_t size = -1;
    struct err err = {0};
    struct receipt receipt;
    assert_int_equal(ledger_checkpoint(tx, &world.arena, &note, &size, &err), 0);
    assert_null(note);
    assert_int_equal(size, 0);
    assert_int_equal(ledger_receipt(tx, 0, 0, &world.arena, &receipt, &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "leaf_unknown");
    store_read_end(tx);
    assert_int_equal(verified(), 0);
}

static void leaves_are_numbered_without_gaps(void **state)
{
    struct batch batch = {.count = 3};
    assert_int_equal(store_write(world.store, batch_run, &batch, NULL), 0);
    assert_int_equal(batch.first_leaf, 0);
    batch.fails = true;
    struct err err = {0};
    assert_int_equal(store_write(world.store, batch_run, &batch, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "changed_my_mind");
    assert_int_equal(checkpoint_now().size, 3); /* what was rolled back left nothing */
    batch = (struct batch){.count = 2};
    assert_int_equal(store_write(world.store, batch_run, &batch, NULL), 0);
    assert_int_equal(batch.first_leaf, 3);
    assert_int_equal(verified(), 5);
    world_close();
    world_open(); /* and goes on after a restart */
    assert_int_equal(store_write(world.store, batch_run, &batch, NULL), 0);
    assert_int_equal(batch.first_leaf, 5);
    assert_int_equal(verified(), 7);
}

static int idle_run(struct tx *tx, struct store_command *command, struct err *err)
{
    return 0;
}

static void a_command_without_events_leaves_the_checkpoint(void **state)
{
    append(2);
    struct checkpoint before = checkpoint_now();
    assert_int_equal(store_write(world.store, idle_run, NULL, NULL), 0);
    struct checkpoint after = checkpoint_now();
    assert_int_equal(after.size, 2);
    assert_memory_equal(&before.root, &after.root, sizeof before.root);
}

struct many {
    struct store_command command;
    struct batch batch;
    int *done;
};

static void many_done(struct store_command *command, const struct err *err)
{
    struct many *many = (struct many *)command;
    assert_true((err != NULL) == many->batch.fails);
    __atomic_add_fetch(many->done, 1, __ATOMIC_SEQ_CST);
}

/* Commands that share a commit, some of them rolled back in their midst, over the border of a kept subtree. */
static void groups_with_failures_stay_whole(void **state)
{
    enum { COMMANDS = 200 };
    static struct many many[COMMANDS];
    int done = 0;
    append(200);
    for (int i = 0; i < COMMANDS; i++) {
        many[i] = (struct many){.command = {.run = batch_run, .done = many_done, .arg = &many[i].batch},
                                .batch = {.count = 3, .fails = i % 3 == 1},
                                .done = &done};
        assert_int_equal(store_submit(world.store, &many[i].command, NULL), 0);
    }
    while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) < COMMANDS)
        usleep(1000);
    int64_t expected = 200;
    for (int i = 0; i < COMMANDS; i++)
        expected += many[i].batch.fails ? 0 : 3;
    assert_int_equal(verified(), expected);
}

static int unbound_run(struct tx *tx, struct store_command *command, struct err *err)
{
    return ledger_append(tx, command->arg, err);
}

static void an_event_must_hold_what_its_row_says(void **state)
{
    static const struct event_row rows[] = {
        {.at_usec = 5, .kind = "a.b", .body = "{\"at_usec\":5,\"kind\":\"a.c\"}"},
        {.at_usec = 5, .kind = "a.b", .body = "{\"kind\":\"a.b\"}"},
        {.at_usec = 5, .kind = "a.b", .body = "{\"at_usec\":50,\"kind\":\"a.b\"}"},
        {.at_usec = 5, .kind = "a.b", .body = "{\"at_usec\":5,\"kind\":\"a.b\"}", .case_id = "x"},
        {.at_usec = 5, .kind = "a.b", .body = "{\"at_usec\":5,\"kind\":\"a.b\"}", .account_id = "x"},
        {.at_usec = 5,
         .kind = "a.b",
         .body = "{\"account_id\":\"y\",\"at_usec\":5,\"kind\":\"a.b\"}",
         .account_id = "x"},
        {.at_usec = 5, .kind = "a.b", .body = ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event_row row = rows[i];
        struct err err = {0};
        row.body_len = strlen(row.body);
        assert_int_equal(store_write(world.store, unbound_run, &row, &err), -ERR_INTERNAL);
        assert_string_equal(err.code, "event_unbound");
    }
    struct event_row row = {.at_usec = 5,
                            .kind = "a.b",
                            .case_id = "c",
                            .account_id = "x",
                            .body = "{\"account_id\":\"x\",\"at_usec\":5,\"case_id\":\"c\",\"kind\":\"a.b\"}"};
    row.body_len = strlen(row.body);
    assert_int_equal(store_write(world.store, unbound_run, &row, NULL), 0);
    assert_int_equal(row.leaf, 0);
    struct hash expected = merkle_leaf(row.body, row.body_len);
    assert_memory_equal(&row.leaf_hash, &expected, sizeof expected);
    assert_int_equal(verified(), 1);
}

/* --- Proofs ----------------------------------------------------------------------------------------------------------
 */

static void receipts_hold_at_every_size(void **state)
{
    static const int64_t steps[] = {1, 1, 5, 249, 1, 255, 300, 700};
    struct hash roots[8];
    int64_t sizes[8], size = 0;
    for (size_t i = 0; i < 8; i++) {
        append(steps[i]);
        sizes[i] = size += steps[i];
        struct checkpoint checkpoint = checkpoint_now();
        assert_int_equal(checkpoint.size, size);
        roots[i] = checkpoint.root;
    }
    struct tx *tx = reading();
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < 8; i++) {
        for (int64_t leaf = 0; leaf < sizes[i]; leaf += leaf < 10 || leaf > sizes[i] - 5 ? 1 : 37) {
            struct receipt receipt;
            arena_reset(&arena);
            assert_int_equal(ledger_receipt(tx, leaf, sizes[i], &arena, &receipt, NULL), 0);
            assert_null(receipt.checkpoint);
            assert_int_equal(receipt.tree_size, sizes[i]);
            assert_true(merkle_verify_inclusion(leaf, sizes[i], &receipt.leaf_hash, receipt.path, receipt.path_count,
                                                &roots[i]));
        }
        for (size_t j = i; j < 8; j++) {
            struct hash path[MERKLE_PATH_MAX];
            size_t count;
            assert_int_equal(ledger_consistency(tx, sizes[i], sizes[j], path, &count, NULL), 0);
            assert_true(merkle_verify_consistency(sizes[i], sizes[j], &roots[i], &roots[j], path, count));
        }
    }
    struct receipt receipt, read;
    struct err err = {0};
    CLEANUP_BUF struct buf text;
    buf_init(&text, 1 << 16);
    assert_int_equal(ledger_receipt(tx, 700, 0, &arena, &receipt, NULL), 0);
    assert_int_equal(receipt.tree_size, size);
    assert_int_equal(receipt_to_json(&receipt, world.key, &text, NULL), 0);
    assert_int_equal(receipt_verify_json(text.data, text.len, world.key, &read, &arena, NULL), 0);

    assert_int_equal(ledger_receipt(tx, size, 0, &arena, &receipt, &err), -ERR_NOT_FOUND);
    assert_int_equal(ledger_receipt(tx, -1, 0, &arena, &receipt, &err), -ERR_NOT_FOUND);
    assert_int_equal(ledger_receipt(tx, 5, 5, &arena, &receipt, &err), -ERR_NOT_FOUND);
    assert_int_equal(ledger_receipt(tx, 5, size + 1, &arena, &receipt, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "tree_size_unknown");
    static const struct {
        int64_t from, to;
    } wrong[] = {{0, 5}, {-1, 5}, {6, 5}, {5, 100000}, {100000, 100001}, {0, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct hash path[MERKLE_PATH_MAX];
        size_t count = 99;
        assert_int_equal(ledger_consistency(tx, wrong[i].from, wrong[i].to, path, &count, &err), -ERR_BAD_INPUT);
        assert_string_equal(err.code, "tree_size_unknown");
        assert_int_equal(count, 99);
    }
    arena_done(&arena);
    store_read_end(tx);
}

/* --- Damage ----------------------------------------------------------------------------------------------------------
 */

static void strike(const char *sql)
{
    sqlite3 *raw;
    char *message = NULL;
    world_close();
    assert_int_equal(sqlite3_open(world.path, &raw), SQLITE_OK);
    if (sqlite3_exec(raw, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    assert_true(sqlite3_total_changes(raw) > 0);
    sqlite3_close(raw);
    world_open();
}

static void assert_damaged(const char *where)
{
    struct err err = {0};
    int64_t events = -1;
    struct tx *tx = reading();
    assert_int_equal(ledger_verify(tx, world.key, NULL, NULL, &events, &err), -ERR_DAMAGED);
    store_read_end(tx);
    assert_string_equal(err.code, "ledger_damaged");
    assert_string_equal(err.arg, where);
    assert_int_equal(events, -1);
}

#define NO_TRIGGERS "DROP TRIGGER event_not_changed; DROP TRIGGER event_not_deleted; "

static void changed_events_are_named(void **state)
{
    static const struct {
        const char *sql, *where;
    } strikes[] = {
        {"UPDATE event SET body = replace(body, 'happened', 'happenef') WHERE leaf = 299", "event 299"},
        {"UPDATE event SET body = body || ' ' WHERE leaf = 0", "event 0"},
        {"UPDATE event SET leaf_hash = zeroblob(32) WHERE leaf = 17", "event 17"},
        {"UPDATE event SET kind = 'test.other' WHERE leaf = 3", "event 3"},
        {"UPDATE event SET at_usec = at_usec + 1 WHERE leaf = 4", "event 4"},
        {"UPDATE event SET case_id = 'x' WHERE leaf = 5", "event 5"},
        {"UPDATE event SET account_id = 'x' WHERE leaf = 6", "event 6"},
        {"DELETE FROM event WHERE leaf = 100", "event 100"},
        {"DELETE FROM event WHERE leaf = 299", "event 299"},
        {"UPDATE event SET leaf = 300 WHERE leaf = 299", "event 299"},
        {"INSERT INTO event (leaf, at_usec, kind, leaf_hash, body) VALUES (300, 1, 'k', zeroblob(32), '{}')",
         "event 300"},
        {"UPDATE ledger_node SET hash = zeroblob(32) WHERE level = 8 AND position = 0", "node 8/0"},
        {"DELETE FROM ledger_node", "node 8/0"},
        {"INSERT INTO ledger_node (level, position, hash) VALUES (8, 1, zeroblob(32))", "node 8/1"},
        {"UPDATE ledger_head SET checkpoint = replace(checkpoint, 'talap', 'salap')", "checkpoint"},
        {"UPDATE ledger_head SET checkpoint = NULL", "head"},
        {"UPDATE ledger_head SET peaks = zeroblob(length(peaks))", "head"},
    };
    append(300);
    assert_int_equal(verified(), 300);
    world_close();
    char copy[512];
    snprintf(copy, sizeof copy, "cp '%s' '%s.whole'", world.path, world.path);
    assert_int_equal(system(copy), 0);
    world_open();
    for (size_t i = 0; i < sizeof strikes / sizeof *strikes; i++) {
        char sql[512];
        snprintf(sql, sizeof sql, NO_TRIGGERS "%s", strikes[i].sql);
        strike(sql);
        assert_damaged(strikes[i].where);
        world_close();
        snprintf(copy, sizeof copy, "rm -f '%s-wal' '%s-shm'; cp '%s.whole' '%s'", world.path, world.path, world.path,
                 world.path);
        assert_int_equal(system(copy), 0);
        world_open();
        assert_int_equal(verified(), 300);
    }
}

static void a_receipt_is_not_given_over_damage(void **state)
{
    append(300);
    strike(NO_TRIGGERS "UPDATE event SET leaf_hash = zeroblob(32) WHERE leaf = 270");
    struct tx *tx = reading();
    struct err err = {0};
    struct receipt receipt = {.leaf_index = -9};
    assert_int_equal(ledger_receipt(tx, 271, 0, &world.arena, &receipt, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "ledger_damaged");
    assert_int_equal(receipt.leaf_index, -9);
    struct hash path[MERKLE_PATH_MAX];
    size_t count;
    assert_int_equal(ledger_consistency(tx, 271, 300, path, &count, &err), -ERR_DAMAGED);
    store_read_end(tx);
}

static void another_key_does_not_verify(void **state)
{
    append(1);
    struct signer other = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/other.key", world.folder);
    assert_int_equal(signer_load(path, ORIGIN, true, &other, NULL), 0);
    struct err err = {0};
    int64_t events;
    struct tx *tx = reading();
    assert_int_equal(ledger_verify(tx, signer_verifier_key(&other, &world.arena), NULL, NULL, &events, &err),
                     -ERR_DAMAGED);
    assert_string_equal(err.arg, "checkpoint");
    store_read_end(tx);
}

static int count_until_three(const struct event_row *row, void *arg, struct err *err)
{
    int64_t *seen = arg;
    assert_int_equal(row->leaf, *seen);
    ++*seen;
    return *seen == 3 ? err_set(err, ERR_DAMAGED, "case_damaged", NULL) : 0;
}

static void the_rooms_above_see_every_event_in_order(void **state)
{
    append(5);
    struct err err = {0};
    int64_t events, seen = 0;
    struct tx *tx = reading();
    assert_int_equal(ledger_verify(tx, world.key, count_until_three, &seen, &events, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "case_damaged");
    assert_int_equal(seen, 3);
    store_read_end(tx);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(an_empty_ledger_has_no_checkpoint),
        IN_A_WORLD(leaves_are_numbered_without_gaps),
        IN_A_WORLD(a_command_without_events_leaves_the_checkpoint),
        IN_A_WORLD(groups_with_failures_stay_whole),
        IN_A_WORLD(an_event_must_hold_what_its_row_says),
        IN_A_WORLD(receipts_hold_at_every_size),
        IN_A_WORLD(changed_events_are_named),
        IN_A_WORLD(a_receipt_is_not_given_over_damage),
        IN_A_WORLD(another_key_does_not_verify),
        IN_A_WORLD(the_rooms_above_see_every_event_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
