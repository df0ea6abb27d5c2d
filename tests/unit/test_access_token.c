/* Tokens: shown once, hashed, never more than their account may, ended by revoking, by time and with the account. */
#include "test_access_world.h"

struct creating {
    const char *account_id, *name;
    unsigned roles;
    int64_t expires_usec;
    const struct actor *by;
    char secret[64], id[37];
};

static int creating_body(struct tx *tx, void *arg, struct err *err)
{
    struct creating *creating = arg;
    return token_create(tx, &world.access, creating->account_id, creating->name, creating->roles,
                        creating->expires_usec, creating->by, NOW, creating->secret, creating->id, err);
}

struct revoking {
    const char *id;
    int64_t now_usec;
};

static int revoking_body(struct tx *tx, void *arg, struct err *err)
{
    struct revoking *revoking = arg;
    return token_revoke(tx, &world.access, revoking->id, NULL, revoking->now_usec, err);
}

static int changing_body(struct tx *tx, void *arg, struct err *err)
{
    return account_change(tx, &world.access, arg, NULL, NOW, err);
}

static int actor_at(const char *secret, int64_t now_usec, struct actor *ret, struct err *err)
{
    struct tx *tx = reading();
    int result = token_actor(tx, secret, now_usec, ret, err);
    store_read_end(tx);
    return result;
}

static void assert_token_refused(const char *secret, int64_t now_usec)
{
    struct actor actor = {.kind = ACTOR_SYSTEM};
    struct err err = {0};
    assert_int_equal(actor_at(secret, now_usec, &actor, &err), -ERR_UNAUTHENTICATED);
    assert_string_equal(err.code, "token_refused");
    assert_int_equal(actor.kind, ACTOR_SYSTEM);
}

static void a_token_acts_for_its_account(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR | ROLE_AUDITOR, NULL);
    struct actor by = actor_of(id), actor;
    struct creating creating = {
        .account_id = id, .name = " Біріктіру ", .roles = ROLE_AUDITOR, .expires_usec = TIME_NONE, .by = &by};
    assert_int_equal(write_with(creating_body, &creating, NULL), 0);
    assert_int_equal(strlen(creating.secret), 6 + 43);
    assert_memory_equal(creating.secret, "talap_", 6);
    assert_int_equal(actor_at(creating.secret, NOW + 10000 * USEC_PER_DAY, &actor, NULL), 0);
    assert_int_equal(actor.kind, ACTOR_TOKEN);
    assert_string_equal(actor.account_id, id);
    assert_string_equal(actor.token_id, creating.id);
    assert_int_equal(actor.roles, ROLE_PUBLIC | ROLE_AUDITOR);
    struct token_row *rows;
    size_t count;
    struct tx *tx = reading();
    assert_int_equal(store_token_list(tx, &world.arena, &rows, &count, NULL), 0);
    store_read_end(tx);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].name, "Біріктіру");
    struct hash hash = sha256_of(creating.secret, strlen(creating.secret), NULL, 0, NULL, 0);
    assert_memory_equal(&rows[0].secret_hash, &hash, sizeof hash);
    assert_int_equal(events_of("token.created", creating.id), 1);
    struct creating second = creating;
    assert_int_equal(write_with(creating_body, &second, NULL), 0);
    assert_string_not_equal(second.secret, creating.secret);
}

static void a_token_ends_by_time_and_by_revoking(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR, NULL);
    struct creating timed = {.account_id = id, .name = "a", .roles = ROLE_MODERATOR, .expires_usec = NOW + HOUR},
                    revoked = timed;
    struct actor actor;
    struct err err = {0};
    assert_int_equal(write_with(creating_body, &timed, NULL), 0);
    revoked.expires_usec = TIME_NONE;
    assert_int_equal(write_with(creating_body, &revoked, NULL), 0);
    assert_int_equal(actor_at(timed.secret, NOW + HOUR - 1, &actor, NULL), 0);
    assert_token_refused(timed.secret, NOW + HOUR);
    assert_int_equal(actor_at(revoked.secret, NOW, &actor, NULL), 0);
    assert_int_equal(write_with(revoking_body, &(struct revoking){revoked.id, NOW}, NULL), 0);
    assert_token_refused(revoked.secret, NOW);
    assert_int_equal(write_with(revoking_body, &(struct revoking){revoked.id, NOW + 1}, NULL), 0);
    assert_int_equal(events_of("token.revoked", revoked.id), 1);
    assert_int_equal(write_with(revoking_body, &(struct revoking){"unknown", NOW}, &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "token_unknown");
}

static void a_token_has_no_more_than_its_account(void **state)
{
    account_make("nurlan", ROLE_ADMIN, NULL);
    char *id = account_make("aigul", ROLE_MODERATOR | ROLE_AUDITOR, NULL);
    struct creating creating = {
        .account_id = id, .name = "a", .roles = ROLE_MODERATOR | ROLE_AUDITOR, .expires_usec = TIME_NONE};
    struct actor actor;
    assert_int_equal(write_with(creating_body, &creating, NULL), 0);
    struct account_row row = account_get(id);
    row.roles = "auditor";
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_int_equal(actor_at(creating.secret, NOW, &actor, NULL), 0);
    assert_int_equal(actor.roles, ROLE_PUBLIC | ROLE_AUDITOR);
    row.roles = "registrar";
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_token_refused(creating.secret, NOW); /* nothing is left of it */
    row.roles = "auditor";
    row.disabled = true;
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_token_refused(creating.secret, NOW);
    assert_int_equal(events_of("token.revoked", creating.id), 1);
    row.disabled = false;
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_token_refused(creating.secret, NOW); /* what was revoked stays so */
}

static void what_cannot_be_a_token_is_refused(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR, NULL);
    char long_name[102];
    memset(long_name, 'n', 101);
    long_name[101] = '\0';
    const struct {
        const char *account_id, *name;
        unsigned roles;
        int64_t expires_usec;
        const char *code;
    } cases[] = {
        {id, "a", 0, TIME_NONE, "roles_exceeded"},
        {id, "a", ROLE_PUBLIC, TIME_NONE, "roles_exceeded"},
        {id, "a", ROLE_MODERATOR | ROLE_ADMIN, TIME_NONE, "roles_exceeded"},
        {id, "a", ROLE_MODERATOR, NOW, "expiry_past"},
        {id, "a", ROLE_MODERATOR, NOW - 1, "expiry_past"},
        {id, "", ROLE_MODERATOR, TIME_NONE, "token_name"},
        {id, "  ", ROLE_MODERATOR, TIME_NONE, "token_name"},
        {id, NULL, ROLE_MODERATOR, TIME_NONE, "token_name"},
        {id, "two\nlines", ROLE_MODERATOR, TIME_NONE, "token_name"},
        {id, "\xff", ROLE_MODERATOR, TIME_NONE, "token_name"},
        {id, long_name, ROLE_MODERATOR, TIME_NONE, "token_name"},
        {"nobody", "a", ROLE_MODERATOR, TIME_NONE, "not_found"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct creating creating = {.account_id = cases[i].account_id,
                                    .name = cases[i].name,
                                    .roles = cases[i].roles,
                                    .expires_usec = cases[i].expires_usec,
                                    .secret = "untouched"};
        struct err err = {0};
        assert_true(write_with(creating_body, &creating, &err) < 0);
        assert_string_equal(err.code, cases[i].code);
        assert_string_equal(creating.secret, "untouched");
    }
    assert_int_equal(events_of("token.created", NULL), 0);
}

static void forged_secrets_are_nobody(void **state)
{
    struct creating creating = {.account_id = account_make("aigul", ROLE_MODERATOR, NULL),
                                .name = "a",
                                .roles = ROLE_MODERATOR,
                                .expires_usec = TIME_NONE};
    assert_int_equal(write_with(creating_body, &creating, NULL), 0);
    char changed[80];
    strcpy(changed, creating.secret);
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    assert_token_refused(changed, NOW);
    strcpy(changed, creating.secret);
    changed[0] = 'T';
    assert_token_refused(changed, NOW);
    strcpy(changed, creating.secret);
    changed[48] = '\0';
    assert_token_refused(changed, NOW);
    snprintf(changed, sizeof changed, "%sA", creating.secret);
    assert_token_refused(changed, NOW);
    assert_token_refused(creating.secret + 6, NOW);
    assert_token_refused("talap_", NOW);
    assert_token_refused("", NOW);
    assert_token_refused(NULL, NOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(a_token_acts_for_its_account),
        IN_A_WORLD(a_token_ends_by_time_and_by_revoking),
        IN_A_WORLD(a_token_has_no_more_than_its_account),
        IN_A_WORLD(what_cannot_be_a_token_is_refused),
        IN_A_WORLD(forged_secrets_are_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
