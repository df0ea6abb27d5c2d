/* The secret address of a calendar: shown once, hashed, one for an account, replaced, revoked, ended with the account.
 */
#include "access/feed.h"
#include "store/feed_rows.h"
#include "test_access_world.h"

struct making {
    const char *account_id;
    const struct actor *by;
    int64_t now_usec;
    char secret[FEED_SECRET_CHARS + 1];
};

static int making_body(struct tx *tx, void *arg, struct err *err)
{
    struct making *making = arg;
    return feed_create(tx, &world.access, making->account_id, making->by, making->now_usec, making->secret, err);
}

static int revoking_body(struct tx *tx, void *arg, struct err *err)
{
    return feed_revoke(tx, &world.access, arg, NULL, NOW + HOUR, err);
}

static int changing_body(struct tx *tx, void *arg, struct err *err)
{
    return account_change(tx, &world.access, arg, NULL, NOW, err);
}

static struct making make(const char *account_id, int64_t now_usec)
{
    struct making making = {.account_id = account_id, .now_usec = now_usec};
    struct err err = {0};
    if (write_with(making_body, &making, &err) != 0)
        fail_msg("feed_create: %s", err.code);
    return making;
}

static int owner_of(const char *secret, struct actor *ret, struct err *err)
{
    struct tx *tx = reading();
    int result = feed_actor(tx, secret, ret, err);
    store_read_end(tx);
    return result;
}

static void assert_unknown(const char *secret)
{
    struct actor actor = {.kind = ACTOR_SYSTEM};
    struct err err = {0};
    assert_int_equal(owner_of(secret, &actor, &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "not_found");
    assert_string_equal(err.arg, "");
    assert_int_equal(actor.kind, ACTOR_SYSTEM);
}

static int64_t since(const char *account_id)
{
    struct tx *tx = reading();
    int64_t since_usec = -1;
    assert_int_equal(feed_since(tx, account_id, &since_usec, NULL), 0);
    store_read_end(tx);
    return since_usec;
}

static void the_secret_leads_to_its_account(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR | ROLE_REGISTRAR, NULL),
         *other = account_make("nurlan", ROLE_ADMIN, NULL);
    struct actor by = actor_of(id), actor;
    assert_true(since(id) == TIME_NONE);
    struct making making = {.account_id = id, .by = &by, .now_usec = NOW};
    assert_int_equal(write_with(making_body, &making, NULL), 0);
    assert_int_equal(strlen(making.secret), FEED_SECRET_CHARS);
    assert_int_equal(strspn(making.secret, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
                     FEED_SECRET_CHARS);
    assert_int_equal(owner_of(making.secret, &actor, NULL), 0);
    assert_string_equal(actor.account_id, id);
    assert_int_equal(actor.roles, ROLE_PUBLIC | ROLE_MODERATOR | ROLE_REGISTRAR);
    assert_int_equal(actor.lang, LANG_KK);
    assert_true(since(id) == NOW);
    assert_true(since(other) == TIME_NONE);
    /* Kept as its hash alone; told by ids alone. */
    struct feed_row row;
    struct hash hash = sha256_of(making.secret, strlen(making.secret), NULL, 0, NULL, 0);
    struct tx *tx = reading();
    assert_int_equal(store_feed_of(tx, id, &world.arena, &row, NULL), 0);
    store_read_end(tx);
    assert_memory_equal(&row.secret_hash, &hash, sizeof hash);
    assert_int_equal(events_of("feed.created", id), 1);
    assert_int_equal(events_of("feed.created", making.secret), 0);
    char *told = arena_printf(&world.arena,
                              "{\"account_id\":\"%s\",\"at_usec\":%lld,\"kind\":\"feed.created\","
                              "\"target_account_id\":\"%s\"}",
                              id, (long long)NOW, id);
    assert_int_equal(events_of("feed.created", told), 1);
}

static void a_new_address_replaces_the_old_one(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR, NULL), *other = account_make("nurlan", ROLE_MODERATOR, NULL);
    struct making first = make(id, NOW), theirs = make(other, NOW), second = make(id, NOW + MINUTE);
    struct actor actor;
    assert_string_not_equal(first.secret, second.secret);
    assert_unknown(first.secret);
    assert_int_equal(owner_of(second.secret, &actor, NULL), 0);
    assert_string_equal(actor.account_id, id);
    assert_true(since(id) == NOW + MINUTE);
    assert_int_equal(owner_of(theirs.secret, &actor, NULL), 0);
    assert_string_equal(actor.account_id, other);
    assert_int_equal(events_of("feed.created", id), 2);
    assert_int_equal(events_of("feed.revoked", NULL), 0);
}

static void what_is_revoked_is_unknown(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR, NULL);
    struct making making = make(id, NOW);
    struct actor actor;
    assert_int_equal(write_with(revoking_body, id, NULL), 0);
    assert_unknown(making.secret);
    assert_true(since(id) == TIME_NONE);
    assert_int_equal(events_of("feed.revoked", id), 1);
    /* Twice, or of one who never had an address: nothing happens, and nothing is told. */
    assert_int_equal(write_with(revoking_body, id, NULL), 0);
    assert_int_equal(write_with(revoking_body, (void *)(uintptr_t) "nobody", NULL), 0);
    assert_int_equal(events_of("feed.revoked", NULL), 1);
    struct making again = make(id, NOW + 2 * HOUR);
    assert_unknown(making.secret);
    assert_int_equal(owner_of(again.secret, &actor, NULL), 0);
}

static void it_ends_with_the_account(void **state)
{
    account_make("nurlan", ROLE_ADMIN, NULL);
    char *id = account_make("aigul", ROLE_MODERATOR, NULL);
    struct making making = make(id, NOW), refused = {.account_id = id, .now_usec = NOW};
    struct account_row row = account_get(id);
    struct actor actor;
    struct err err = {0};
    row.roles = "auditor";
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_int_equal(owner_of(making.secret, &actor, NULL), 0);
    assert_int_equal(actor.roles, ROLE_PUBLIC | ROLE_AUDITOR); /* the roles of now */
    row.disabled = true;
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_unknown(making.secret);
    assert_int_equal(events_of("feed.revoked", id), 1);
    assert_int_equal(write_with(making_body, &refused, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "account_disabled");
    assert_string_equal(refused.secret, "");
    row.disabled = false;
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_unknown(making.secret); /* what was revoked stays so */
    assert_int_equal(events_of("feed.created", NULL), 1);
}

static void forged_secrets_are_nobodys(void **state)
{
    struct making making = make(account_make("aigul", ROLE_MODERATOR, NULL), NOW),
                  refused = {.account_id = "nobody", .now_usec = NOW};
    struct err err = {0};
    char changed[80];
    strcpy(changed, making.secret);
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    assert_unknown(changed);
    strcpy(changed, making.secret);
    changed[FEED_SECRET_CHARS - 1] = '\0';
    assert_unknown(changed);
    snprintf(changed, sizeof changed, "%sA", making.secret);
    assert_unknown(changed);
    snprintf(changed, sizeof changed, " %s", making.secret);
    assert_unknown(changed);
    assert_unknown("");
    assert_unknown(NULL);
    assert_int_equal(write_with(making_body, &refused, &err), -ERR_NOT_FOUND);
    assert_string_equal(refused.secret, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(the_secret_leads_to_its_account), IN_A_WORLD(a_new_address_replaces_the_old_one),
        IN_A_WORLD(what_is_revoked_is_unknown),      IN_A_WORLD(it_ends_with_the_account),
        IN_A_WORLD(forged_secrets_are_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
