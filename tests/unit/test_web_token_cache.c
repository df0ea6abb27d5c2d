/* A token is remembered, and never for longer than it holds: revoked, expired and disabled ones are refused at once. */
#include "test_access_world.h"
#include "web/token_cache.h"

struct making {
    const char *account_id;
    int64_t expires_usec;
    char secret[64], id[37];
};

static int making_body(struct tx *tx, void *arg, struct err *err)
{
    struct making *making = arg;
    return token_create(tx, &world.access, making->account_id, "x", ROLE_SERVICE, making->expires_usec, NULL, NOW,
                        making->secret, making->id, err);
}

static int revoking_body(struct tx *tx, void *arg, struct err *err)
{
    return token_revoke(tx, &world.access, arg, NULL, NOW, err);
}

static int changing_body(struct tx *tx, void *arg, struct err *err)
{
    return account_change(tx, &world.access, arg, NULL, NOW, err);
}

static int asked(struct token_cache *cache, const char *secret, int64_t now_usec, struct actor *ret)
{
    struct tx *tx = reading();
    struct err err = {0};
    int r = token_cache_actor(cache, tx, secret, now_usec, ret, &err);
    store_read_end(tx);
    if (r < 0)
        assert_string_equal(err.code, "token_refused");
    return r;
}

static struct making made(const char *account_id, int64_t expires_usec)
{
    struct making making = {.account_id = account_id, .expires_usec = expires_usec};
    assert_int_equal(write_with(making_body, &making, NULL), 0);
    return making;
}

static struct token_cache *cache_made(void)
{
    struct token_cache *cache;
    assert_int_equal(token_cache_new(&cache, NULL), 0);
    return cache;
}

static void the_same_actor_again(void **state)
{
    struct token_cache *cache = cache_made();
    struct making one = made(account_make("portal", ROLE_SERVICE, NULL), TIME_NONE),
                  two = made(account_make("desk", ROLE_SERVICE, NULL), TIME_NONE);
    struct actor actor, plain;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(asked(cache, one.secret, NOW, &actor), 0);
        assert_string_equal(actor.token_id, one.id);
        assert_int_equal(asked(cache, two.secret, NOW, &actor), 0);
        assert_string_equal(actor.token_id, two.id);
        assert_int_equal(actor.roles, ROLE_PUBLIC | ROLE_SERVICE);
        assert_int_equal(asked(NULL, two.secret, NOW, &plain), 0);
        assert_memory_equal(&plain, &actor, sizeof actor);
    }
    assert_int_equal(asked(cache, "talap_nothing", NOW, &actor), -ERR_UNAUTHENTICATED);
    token_cache_free(cache);
    token_cache_free(NULL);
}

static void a_revoked_one_is_refused(void **state)
{
    struct token_cache *cache = cache_made();
    struct making making = made(account_make("portal", ROLE_SERVICE, NULL), TIME_NONE);
    struct actor actor;
    assert_int_equal(asked(cache, making.secret, NOW, &actor), 0);
    assert_int_equal(write_with(revoking_body, making.id, NULL), 0);
    assert_int_equal(asked(cache, making.secret, NOW, &actor), -ERR_UNAUTHENTICATED);
    token_cache_free(cache);
}

static void an_expired_one_is_refused(void **state)
{
    struct token_cache *cache = cache_made();
    struct making making = made(account_make("portal", ROLE_SERVICE, NULL), NOW + HOUR);
    struct actor actor;
    assert_int_equal(asked(cache, making.secret, NOW, &actor), 0);
    assert_int_equal(asked(cache, making.secret, NOW + HOUR - 1, &actor), 0);
    assert_int_equal(asked(cache, making.secret, NOW + HOUR, &actor), -ERR_UNAUTHENTICATED);
    token_cache_free(cache);
}

static void one_of_a_disabled_account_is_refused(void **state)
{
    struct token_cache *cache = cache_made();
    char *id = account_make("portal", ROLE_SERVICE, NULL);
    struct making making = made(id, TIME_NONE);
    struct actor actor;
    struct account_row row;
    assert_int_equal(asked(cache, making.secret, NOW, &actor), 0);
    struct tx *tx = reading();
    assert_int_equal(store_account_get(tx, id, &world.arena, &row, NULL), 0);
    store_read_end(tx);
    row.disabled = true;
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_int_equal(asked(cache, making.secret, NOW, &actor), -ERR_UNAUTHENTICATED);
    token_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(the_same_actor_again),
        IN_A_WORLD(a_revoked_one_is_refused),
        IN_A_WORLD(an_expired_one_is_refused),
        IN_A_WORLD(one_of_a_disabled_account_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
