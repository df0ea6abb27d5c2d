/* A store with a ledger and a keyring in a folder of its own, for the tests of the room access. */
#ifndef TALAP_TEST_ACCESS_WORLD_H
#define TALAP_TEST_ACCESS_WORLD_H

#include "access/access.h"
#include "base/time.h"
#include "ledger/ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the C library first. */
#include <cmocka.h>

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR (60 * MINUTE)
/* 2026-04-09T10:00:00+05:00 */
#define NOW (INT64_C(1775710800) * USEC_PER_SEC)

static struct world {
    char folder[64];
    struct arena arena;
    struct signer signer;
    struct store *store;
    struct ledger *ledger;
    struct keyring *keyring;
    struct access access;
} world;

static inline char *world_path(const char *file)
{
    char *path = arena_printf(&world.arena, "%s/%s", world.folder, file);
    assert_non_null(path);
    return path;
}

static inline int world_make(void **state)
{
    struct err err = {0};
    memset(&world, 0, sizeof world);
    strcpy(world.folder, "/tmp/talap-access-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    arena_init(&world.arena, 64 << 20);
    struct store_options options = {.url = world_path("talap.db"), .create = true};
    if (store_open(&options, &world.store, &err) != 0)
        fail_msg("store_open: %s %s", err.code, err.detail);
    assert_int_equal(signer_load(world_path("signing.key"), "test", true, &world.signer, &err), 0);
    assert_int_equal(ledger_open(world.store, &world.signer, &world.ledger, &err), 0);
    assert_int_equal(keyring_load(world_path("master.key"), true, &world.keyring, &err), 0);
    world.access = (struct access){.keyring = world.keyring, .append = ledger_append};
    return 0;
}

static inline int world_end(void **state)
{
    char command[96];
    store_close(world.store);
    ledger_close(world.ledger);
    keyring_free(world.keyring);
    arena_done(&world.arena);
    snprintf(command, sizeof command, "rm -r '%s'", world.folder);
    return system(command);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_end)

static inline struct tx *reading(void)
{
    struct tx *tx;
    assert_int_equal(store_read_begin(world.store, &tx, NULL), 0);
    return tx;
}

/* How many events of a kind there are; `body_part` (may be NULL) must stand in the body. Whatever else: no event may
 * tell a login, a name, an address or a secret of these tests. */
struct event_search {
    const char *kind, *body_part;
    int found;
};

static inline int event_look(const struct event_row *row, void *arg, struct err *err)
{
    static const char *const secrets[] = {"aigul", "nurlan", "Айгүл", "Нұрлан", "example.kz", "talap_", "horse"};
    struct event_search *search = arg;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_null(memmem(row->body, row->body_len, secrets[i], strlen(secrets[i])));
    if (strcmp(row->kind, search->kind) == 0 &&
        (search->body_part == NULL ||
         memmem(row->body, row->body_len, search->body_part, strlen(search->body_part)) != NULL))
        search->found++;
    return 0;
}

static inline int events_of(const char *kind, const char *body_part)
{
    struct event_search search = {.kind = kind, .body_part = body_part};
    int64_t events;
    struct err err = {0};
    struct tx *tx = reading();
    if (ledger_verify(tx, signer_verifier_key(&world.signer, &world.arena), event_look, &search, &events, &err) != 0)
        fail_msg("verify: %s %s", err.code, err.arg);
    store_read_end(tx);
    return search.found;
}

/* Runs `body` (an expression giving int, using tx and err) as a command: WRITING(&err, account_create(tx, …, err)). */
struct writing {
    int (*body)(struct tx *tx, void *arg, struct err *err);
    void *arg;
};

static inline int writing_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct writing *writing = command->arg;
    return writing->body(tx, writing->arg, err);
}

static inline int write_with(int (*body)(struct tx *tx, void *arg, struct err *err), void *arg, struct err *err)
{
    struct writing writing = {.body = body, .arg = arg};
    return store_write(world.store, writing_run, &writing, err);
}

#define GOOD_PASSWORD "correct horse staple battery"

struct creation {
    struct account_new account;
    const struct actor *by;
    const char *hash;
    char id[37];
};

static inline int creation_body(struct tx *tx, void *arg, struct err *err)
{
    struct creation *creation = arg;
    return account_create(tx, &world.access, &creation->account, creation->hash, creation->by, NOW, creation->id, err);
}

/* The id of a new account; its memory is the arena's. `hash` NULL: an unusable one, which is quicker. */
static inline char *account_make(const char *login, unsigned roles, const char *hash)
{
    struct creation creation = {
        .account = {.login = login, .name = "Айгүл", .email = "aigul@example.kz", .roles = roles, .lang = LANG_KK},
        .hash = hash == NULL ? "*" : hash};
    struct err err = {0};
    if (write_with(creation_body, &creation, &err) != 0)
        fail_msg("account_create: %s %s", err.code, err.detail);
    return arena_strdup(&world.arena, creation.id);
}

static inline struct account_row account_get(const char *id)
{
    struct account_row row;
    struct tx *tx = reading();
    assert_int_equal(store_account_get(tx, id, &world.arena, &row, NULL), 0);
    store_read_end(tx);
    return row;
}

static inline struct actor actor_of(const char *id)
{
    struct actor actor = {.kind = ACTOR_ACCOUNT, .roles = ROLE_PUBLIC | ROLE_ADMIN};
    snprintf(actor.account_id, sizeof actor.account_id, "%s", id);
    return actor;
}

#endif
