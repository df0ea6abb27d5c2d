/* Signing in and out: right and wrong, locked and unlocked, idle and expired, known and unknown in the same time. */
#include "test_access_world.h"
#include <time.h>

static char good_hash[128];

static int hash_make(void **state)
{
    return password_hash(GOOD_PASSWORD, good_hash, NULL);
}

static int check_at(const char *login, const char *password, int64_t now_usec, struct sign_in *ret, struct err *err)
{
    struct tx *tx = reading();
    int result = sign_in_check(tx, login, password, now_usec, ret, err);
    store_read_end(tx);
    return result;
}

struct recording {
    struct sign_in sign_in;
    int64_t now_usec;
    char secret[65];
    struct err refusal;
};

static int recording_body(struct tx *tx, void *arg, struct err *err)
{
    struct recording *recording = arg;
    return sign_in_record(tx, &world.access, &recording->sign_in, recording->now_usec, recording->secret,
                          &recording->refusal, err);
}

/* The whole of it: NULL when signed in (the secret in `ret`), else the code of the refusal. */
static const char *sign_in_at(const char *login, const char *password, int64_t now_usec, char ret[static 65])
{
    struct recording recording = {.now_usec = now_usec};
    struct err err = {0};
    if (check_at(login, password, now_usec, &recording.sign_in, &err) != 0)
        return err.code;
    assert_int_equal(write_with(recording_body, &recording, &err), 0);
    memcpy(ret, recording.secret, 65);
    if (recording.refusal.kind != ERR_NONE)
        assert_string_equal(recording.secret, "");
    return recording.refusal.kind == ERR_NONE ? NULL : recording.refusal.code;
}

/* A failure without argon2id's 62 ms: what sign_in_check gives for a wrong password. */
static const char *fail_at(const char *id, int64_t now_usec)
{
    struct recording recording = {.now_usec = now_usec};
    if (id != NULL)
        strcpy(recording.sign_in.account_id, id);
    assert_int_equal(write_with(recording_body, &recording, NULL), 0);
    assert_int_not_equal(recording.refusal.kind, ERR_NONE);
    return recording.refusal.code;
}

static int actor_at(const char *secret, int64_t now_usec, struct actor *ret, bool *ret_wants_touch, struct err *err)
{
    struct tx *tx = reading();
    int result = session_actor(tx, secret, now_usec, ret, ret_wants_touch, err);
    store_read_end(tx);
    return result;
}

static void assert_ended(const char *secret, int64_t now_usec)
{
    struct actor actor = {.kind = ACTOR_SYSTEM};
    struct err err = {0};
    bool wants_touch;
    assert_int_equal(actor_at(secret, now_usec, &actor, &wants_touch, &err), -ERR_UNAUTHENTICATED);
    assert_string_equal(err.code, "session_ended");
    assert_int_equal(actor.kind, ACTOR_SYSTEM);
}

static void the_right_password_opens_a_session(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR | ROLE_AUDITOR, good_hash);
    char secret[65], second[65];
    assert_null(sign_in_at("aigul", GOOD_PASSWORD, NOW, secret));
    assert_null(sign_in_at("Aigul", GOOD_PASSWORD, NOW, second)); /* a telephone's capital */
    assert_int_equal(strspn(secret, "0123456789abcdef"), 64);
    assert_int_equal(strlen(secret), 64);
    assert_string_not_equal(secret, second);
    struct actor actor;
    bool wants_touch = true;
    assert_int_equal(actor_at(secret, NOW, &actor, &wants_touch, NULL), 0);
    assert_false(wants_touch);
    assert_int_equal(actor.kind, ACTOR_ACCOUNT);
    assert_string_equal(actor.account_id, id);
    assert_string_equal(actor.token_id, "");
    assert_string_equal(actor.login, "aigul");
    assert_string_equal(actor.name, "Айгүл");
    assert_int_equal(actor.roles, ROLE_PUBLIC | ROLE_MODERATOR | ROLE_AUDITOR);
    assert_int_equal(actor.lang, LANG_KK);
    assert_int_equal(events_of("session.opened", arena_printf(&world.arena, "\"account_id\":\"%s\"", id)), 2);
    assert_int_equal(events_of("session.opened", secret), 0);
}

static void wrong_login_and_wrong_password_look_the_same(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR, good_hash);
    static const char *const unknown[] = {"nobody",
                                          "",
                                          "ai",
                                          "aigul\xff",
                                          "'; drop table",
                                          "айгүл",
                                          "aigulaigulaigulaigulaigulaigulaigulaigulaigulaigulaigulaigulaigulaigul"};
    char secret[65] = "x";
    assert_string_equal(sign_in_at("aigul", "correct horse staple batter", NOW, secret), "sign_in_refused");
    assert_string_equal(secret, "");
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_string_equal(sign_in_at(unknown[i], GOOD_PASSWORD, NOW, secret), "sign_in_refused");
    assert_int_equal(account_get(id).failures, 1);
    assert_int_equal(events_of("session.refused", arena_printf(&world.arena, "\"target_account_id\":\"%s\"", id)), 1);
    assert_int_equal(events_of("session.refused", "\"target_account_id\":null"), sizeof unknown / sizeof *unknown);
    assert_int_equal(events_of("session.opened", NULL), 0);
}

static int64_t clock_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

/* The fastest of five: what else the machine does can only make one slower. */
static int64_t fastest_check(const char *login)
{
    int64_t fastest = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        struct sign_in sign_in;
        int64_t from = clock_usec();
        /* Hours apart, so that no lock stands between them. */
        assert_int_equal(check_at(login, "a wrong password", NOW + 120 * i * MINUTE, &sign_in, NULL), 0);
        assert_false(sign_in.right);
        int64_t took = clock_usec() - from;
        fastest = took < fastest ? took : fastest;
    }
    return fastest;
}

static void an_unknown_login_takes_as_long(void **state)
{
    account_make("aigul", ROLE_MODERATOR, good_hash);
    int64_t known = fastest_check("aigul"), unknown = fastest_check("nobody-timed"),
            never = fastest_check("never timed!");
    assert_true(known > 5000); /* argon2id did run */
    assert_true(unknown * 2 > known && known * 2 > unknown);
    assert_true(never * 2 > known && known * 2 > never);
}

static void a_login_that_nobody_has_is_locked_alike(void **state)
{
    struct sign_in sign_in;
    struct err err = {0};
    int64_t now = NOW;
    for (int i = 0; i < 5; i++)
        assert_int_equal(check_at("ghost", GOOD_PASSWORD, now, &sign_in, &err), 0);
    static const int minutes[] = {1, 2, 4};
    for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
        assert_int_equal(check_at(i % 2 ? "ghost" : "Ghost", GOOD_PASSWORD, now, &sign_in, &err), -ERR_TOO_MANY);
        assert_string_equal(err.code, "account_locked");
        assert_int_equal(atoi(err.arg), minutes[i]);
        now += minutes[i] * MINUTE;
        assert_int_equal(check_at("ghost", GOOD_PASSWORD, now, &sign_in, &err), 0);
        assert_false(sign_in.right);
    }
    assert_int_equal(check_at("another-ghost", GOOD_PASSWORD, now, &sign_in, &err), 0);
}

static void five_failures_lock_and_each_further_one_doubles(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR, good_hash), secret[65];
    int64_t now = NOW;
    for (int i = 0; i < 4; i++)
        assert_string_equal(fail_at(id, now), "sign_in_refused");
    assert_true(account_get(id).locked_until_usec == TIME_NONE);
    static const int minutes[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
        assert_string_equal(fail_at(id, now), "sign_in_refused");
        assert_int_equal(account_get(id).locked_until_usec, now + minutes[i] * MINUTE);
        /* While it is locked the right password does not help, and a failure does not count. */
        struct sign_in sign_in = {.right = true};
        struct err err = {0};
        assert_int_equal(check_at("aigul", GOOD_PASSWORD, now + minutes[i] * MINUTE - 1, &sign_in, &err),
                         -ERR_TOO_MANY);
        assert_string_equal(err.code, "account_locked");
        assert_string_equal(err.arg, "1");
        assert_int_equal(check_at("aigul", GOOD_PASSWORD, now, &sign_in, &err), -ERR_TOO_MANY);
        assert_int_equal(atoi(err.arg), minutes[i]);
        assert_string_equal(fail_at(id, now + 1), "account_locked");
        assert_int_equal(account_get(id).failures, 5 + i);
        now += minutes[i] * MINUTE;
    }
    assert_null(sign_in_at("aigul", GOOD_PASSWORD, now, secret));
    assert_int_equal(account_get(id).failures, 0);
    assert_true(account_get(id).locked_until_usec == TIME_NONE);
    for (int i = 0; i < 4; i++)
        assert_string_equal(fail_at(id, now), "sign_in_refused");
    assert_null(sign_in_at("aigul", GOOD_PASSWORD, now, secret)); /* not in a row with the earlier ones */
    assert_int_equal(events_of("session.refused", "locked_until_usec"), sizeof minutes / sizeof *minutes);
}

static void what_changed_since_the_check_counts(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR, good_hash);
    struct recording recording = {.now_usec = NOW};
    assert_int_equal(check_at("aigul", GOOD_PASSWORD, NOW, &recording.sign_in, NULL), 0);
    assert_true(recording.sign_in.right);
    for (int i = 0; i < 5; i++)
        fail_at(id, NOW);
    assert_int_equal(write_with(recording_body, &recording, NULL), 0); /* guessed in parallel: locked meanwhile */
    assert_int_equal(recording.refusal.kind, ERR_TOO_MANY);
    recording.now_usec = NOW + HOUR;
    recording.sign_in.verified.bytes[0] ^= 1; /* the password is another now */
    assert_int_equal(write_with(recording_body, &recording, NULL), 0);
    assert_string_equal(recording.refusal.code, "sign_in_refused");
    assert_string_equal(recording.secret, "");
    assert_int_equal(events_of("session.opened", NULL), 0);
}

struct touching {
    const char *secret;
    int64_t now_usec;
};

static int touch_body(struct tx *tx, void *arg, struct err *err)
{
    struct touching *touching = arg;
    return session_touch(tx, touching->secret, touching->now_usec, err);
}

static int out_body(struct tx *tx, void *arg, struct err *err)
{
    struct touching *touching = arg;
    return sign_out(tx, &world.access, touching->secret, touching->now_usec, err);
}

struct opening {
    const char *id;
    char secret[65];
    int64_t now_usec;
};

static int opening_body(struct tx *tx, void *arg, struct err *err)
{
    struct opening *opening = arg;
    return session_open(tx, &world.access, opening->id, opening->now_usec, opening->secret, err);
}

static void a_session_ends_when_idle_and_after_twelve_hours(void **state)
{
    struct opening opening = {.id = account_make("aigul", ROLE_MODERATOR, NULL), .now_usec = NOW};
    struct actor actor;
    struct err err = {0};
    bool wants_touch;
    assert_int_equal(write_with(opening_body, &opening, NULL), 0);
    const char *secret = opening.secret;
    assert_int_equal(actor_at(secret, NOW + MINUTE - 1, &actor, &wants_touch, NULL), 0);
    assert_false(wants_touch);
    assert_int_equal(actor_at(secret, NOW + MINUTE, &actor, &wants_touch, NULL), 0);
    assert_true(wants_touch);
    assert_int_equal(actor_at(secret, NOW + 30 * MINUTE - 1, &actor, &wants_touch, NULL), 0);
    assert_ended(secret, NOW + 30 * MINUTE);
    assert_int_equal(write_with(touch_body, &(struct touching){secret, NOW + 30 * MINUTE}, &err), -ERR_UNAUTHENTICATED);
    assert_ended(secret, NOW + 30 * MINUTE); /* what has ended is not brought back */

    int64_t now = NOW;
    while (now + 29 * MINUTE < NOW + 12 * HOUR) {
        now += 29 * MINUTE;
        assert_int_equal(write_with(touch_body, &(struct touching){secret, now}, NULL), 0);
        assert_int_equal(actor_at(secret, now, &actor, &wants_touch, NULL), 0);
        assert_false(wants_touch);
    }
    assert_int_equal(actor_at(secret, NOW + 12 * HOUR - 1, &actor, &wants_touch, NULL), 0);
    assert_ended(secret, NOW + 12 * HOUR);
}

static void signing_out_ends_one_session(void **state)
{
    struct opening one = {.id = account_make("aigul", ROLE_MODERATOR, NULL), .now_usec = NOW}, two = one;
    struct actor actor;
    bool wants_touch;
    assert_int_equal(write_with(opening_body, &one, NULL), 0);
    assert_int_equal(write_with(opening_body, &two, NULL), 0);
    assert_int_equal(write_with(out_body, &(struct touching){one.secret, NOW}, NULL), 0);
    assert_ended(one.secret, NOW);
    assert_int_equal(actor_at(two.secret, NOW, &actor, &wants_touch, NULL), 0);
    assert_int_equal(write_with(out_body, &(struct touching){one.secret, NOW}, NULL), 0);
    assert_int_equal(write_with(out_body, &(struct touching){"nonsense", NOW}, NULL), 0);
    assert_int_equal(events_of("session.ended", arena_printf(&world.arena, "\"account_id\":\"%s\"", one.id)), 1);
}

static void forged_secrets_are_nobody(void **state)
{
    struct opening opening = {.id = account_make("aigul", ROLE_MODERATOR, NULL), .now_usec = NOW};
    assert_int_equal(write_with(opening_body, &opening, NULL), 0);
    char changed[80];
    strcpy(changed, opening.secret);
    changed[10] = changed[10] == '0' ? '1' : '0';
    assert_ended(changed, NOW);
    strcpy(changed, opening.secret);
    changed[63] = '\0';
    assert_ended(changed, NOW);
    snprintf(changed, sizeof changed, "%s0", opening.secret);
    assert_ended(changed, NOW);
    assert_ended("", NOW);
    assert_ended(NULL, NOW);
    assert_ended("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", NOW);
    /* Who read the store's hash cannot come in with it. */
    struct hash hash = sha256_of(opening.secret, 64, NULL, 0, NULL, 0);
    hex_encode(hash.bytes, sizeof hash.bytes, changed);
    assert_ended(changed, NOW);
}

static int changing_body(struct tx *tx, void *arg, struct err *err)
{
    return account_change(tx, &world.access, arg, NULL, NOW, err);
}

static int setting_body(struct tx *tx, void *arg, struct err *err)
{
    return account_set_password(tx, &world.access, arg, "$new", NULL, NOW, err);
}

static void disabling_and_a_new_password_end_every_session(void **state)
{
    account_make("nurlan", ROLE_ADMIN, NULL);
    struct opening one = {.id = account_make("aigul", ROLE_MODERATOR, good_hash), .now_usec = NOW}, two = one;
    assert_int_equal(write_with(opening_body, &one, NULL), 0);
    assert_int_equal(write_with(setting_body, (void *)(uintptr_t)one.id, NULL), 0);
    assert_ended(one.secret, NOW);
    assert_int_equal(write_with(opening_body, &two, NULL), 0);
    struct account_row row = account_get(one.id);
    row.disabled = true;
    row.password_hash = good_hash;
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_ended(two.secret, NOW);
    char secret[65];
    assert_string_equal(sign_in_at("aigul", GOOD_PASSWORD, NOW, secret), "sign_in_refused");
}

static void roles_taken_away_are_gone_at_once(void **state)
{
    struct opening opening = {.id = account_make("aigul", ROLE_MODERATOR | ROLE_REGISTRAR, NULL), .now_usec = NOW};
    struct actor actor;
    bool wants_touch;
    assert_int_equal(write_with(opening_body, &opening, NULL), 0);
    struct account_row row = account_get(opening.id);
    row.roles = "registrar";
    row.lang = "ru";
    assert_int_equal(write_with(changing_body, &row, NULL), 0);
    assert_int_equal(actor_at(opening.secret, NOW, &actor, &wants_touch, NULL), 0);
    assert_int_equal(actor.roles, ROLE_PUBLIC | ROLE_REGISTRAR);
    assert_int_equal(actor.lang, LANG_RU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(the_right_password_opens_a_session),
        IN_A_WORLD(wrong_login_and_wrong_password_look_the_same),
        IN_A_WORLD(an_unknown_login_takes_as_long),
        IN_A_WORLD(a_login_that_nobody_has_is_locked_alike),
        IN_A_WORLD(five_failures_lock_and_each_further_one_doubles),
        IN_A_WORLD(what_changed_since_the_check_counts),
        IN_A_WORLD(a_session_ends_when_idle_and_after_twelve_hours),
        IN_A_WORLD(signing_out_ends_one_session),
        IN_A_WORLD(forged_secrets_are_nobody),
        IN_A_WORLD(disabling_and_a_new_password_end_every_session),
        IN_A_WORLD(roles_taken_away_are_gone_at_once),
    };
    return cmocka_run_group_tests(tests, hash_make, NULL);
}
