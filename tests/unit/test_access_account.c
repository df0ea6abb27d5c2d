/* Accounts: what is asked of them, who may lose which role, and the events that tell of it. */
#include "test_access_world.h"

static void what_is_asked_of_an_account(void **state)
{
    static const struct account_new good = {.login = "aigul.k",
                                            .name = "Айгүл Қ.",
                                            .email = "aigul@example.kz",
                                            .password = GOOD_PASSWORD,
                                            .roles = ROLE_MODERATOR,
                                            .lang = LANG_KK};
    static const char *const wrong_logins[] = {
        "ab", "Aigul", "айгүл", "aigul k", "a@b.c", "aigul/k", "123456789012345678901234567890123", "aigul\n"};
    static const char *const wrong_emails[] = {"aigul",    "@example.kz", "aigul@",       "aigul@kz",
                                               "a@b@c.kz", "a b@c.kz",    "a@.kz",        "a@c.kz.",
                                               "a@c..kz",  "<a@c.kz>",    "a@c.kz\nBcc:", "a,b@c.kz"};
    static const char *const wrong_names[] = {"", "   ", "two\nlines", "\xff\xff"};
    struct arena arena;
    arena_init(&arena, 1 << 20);
#define REFUSED(member, value, field_name)                                        \
    do {                                                                          \
        struct account_new account = good;                                        \
        struct field_errors errors;                                               \
        struct err err = {0};                                                     \
        field_errors_init(&errors, &arena);                                       \
        account.member = (value);                                                 \
        assert_int_equal(account_check(&account, &errors, &err), -ERR_BAD_INPUT); \
        assert_string_equal(err.code, "fields_refused");                          \
        assert_int_equal(errors.count, 1);                                        \
        assert_string_equal(errors.items[0].field, field_name);                   \
    } while (0)
    for (size_t i = 0; i < sizeof wrong_logins / sizeof *wrong_logins; i++)
        REFUSED(login, wrong_logins[i], "login");
    for (size_t i = 0; i < sizeof wrong_emails / sizeof *wrong_emails; i++)
        REFUSED(email, wrong_emails[i], "email");
    for (size_t i = 0; i < sizeof wrong_names / sizeof *wrong_names; i++)
        REFUSED(name, wrong_names[i], "name");
    char *long_name = arena_alloc(&arena, 102);
    memset(long_name, 'n', 101);
    REFUSED(name, long_name, "name");
    REFUSED(roles, 0, "roles");
    REFUSED(roles, ROLE_PUBLIC, "roles");
    REFUSED(roles, ROLE_ADMIN | 1 << 12, "roles");
    REFUSED(lang, (enum lang)7, "language");
    REFUSED(password, "short", "password");
    REFUSED(password, "", "password");
    struct field_errors errors;
    field_errors_init(&errors, &arena);
    assert_int_equal(account_check(&good, &errors, NULL), 0);
    struct account_new account = good;
    account.email = NULL;
    account.password = NULL;
    long_name[100] = '\0';
    account.name = long_name;
    assert_int_equal(account_check(&account, &errors, NULL), 0);
    account = (struct account_new){.password = ""};
    assert_int_equal(account_check(&account, &errors, NULL), -ERR_BAD_INPUT);
    assert_int_equal(errors.count, 4); /* login, name, roles, password at once */
    arena_done(&arena);
}

static void an_account_is_created_once(void **state)
{
    struct creation creation = {.account = {.login = "aigul.k",
                                            .name = "  Айгүл Қ. ",
                                            .email = NULL,
                                            .roles = ROLE_MODERATOR | ROLE_ADMIN,
                                            .lang = LANG_RU,
                                            .must_change_password = true},
                                .hash = "$hash"};
    struct err err = {0};
    assert_int_equal(write_with(creation_body, &creation, &err), 0);
    struct account_row row = account_get(creation.id);
    assert_string_equal(row.login, "aigul.k");
    assert_string_equal(row.name, "Айгүл Қ.");
    assert_string_equal(row.email, "");
    assert_string_equal(row.roles, "admin moderator");
    assert_string_equal(row.lang, "ru");
    assert_string_equal(row.password_hash, "$hash");
    assert_true(row.must_change_password && !row.disabled);
    assert_int_equal(row.failures, 0);
    assert_true(row.locked_until_usec == TIME_NONE && row.created_usec == NOW);
    struct actor by = actor_of(creation.id);
    struct creation again = creation;
    again.by = &by;
    assert_int_equal(write_with(creation_body, &again, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "login_taken");
    again.account.login = "Capital";
    assert_int_equal(write_with(creation_body, &again, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "login_malformed");
    again.account.login = "nurlan";
    again.account.roles = 0;
    assert_int_equal(write_with(creation_body, &again, &err), -ERR_BAD_INPUT);
    assert_int_equal(events_of("account.created", NULL), 1);
    again.account.roles = ROLE_AUDITOR;
    assert_int_equal(write_with(creation_body, &again, &err), 0);
    assert_int_equal(events_of("account.created", "\"account_id\":null"), 1);
    assert_int_equal(events_of("account.created", arena_printf(&world.arena, "\"account_id\":\"%s\"", creation.id)), 1);
    assert_int_equal(events_of("account.created", "\"roles\":[\"auditor\"]"), 1);
}

struct changing {
    struct account_row row;
    const struct actor *by;
};

static int changing_body(struct tx *tx, void *arg, struct err *err)
{
    struct changing *changing = arg;
    return account_change(tx, &world.access, &changing->row, changing->by, NOW + 1, err);
}

static int account_put(const struct account_row *row, const char *code)
{
    struct changing changing = {.row = *row};
    struct err err = {0};
    int result = write_with(changing_body, &changing, &err);
    if (result < 0)
        assert_string_equal(err.code, code);
    return result;
}

static void a_change_touches_what_it_may(void **state)
{
    char *id = account_make("aigul", ROLE_ADMIN, NULL);
    struct account_row row = account_get(id);
    assert_int_equal(account_put(&row, NULL), 0);
    assert_int_equal(events_of("account.changed", NULL), 0); /* nothing changed, nothing told */
    row.name = "Нұрлан";
    row.email = "";
    row.lang = "en";
    row.roles = "moderator admin";
    row.login = "other";
    row.password_hash = "other";
    row.failures = 99;
    row.locked_until_usec = NOW + HOUR;
    assert_int_equal(account_put(&row, NULL), 0);
    struct account_row now = account_get(id);
    assert_string_equal(now.name, "Нұрлан");
    assert_string_equal(now.email, "");
    assert_string_equal(now.lang, "en");
    assert_string_equal(now.roles, "admin moderator");
    assert_string_equal(now.login, "aigul");
    assert_string_equal(now.password_hash, "*");
    assert_int_equal(now.failures, 0);
    assert_true(now.locked_until_usec == TIME_NONE);
    assert_int_equal(events_of("account.changed", "\"changed\":[\"name\",\"email\",\"roles\",\"lang\"]"), 1);

    row = now;
    row.name = "";
    assert_int_equal(account_put(&row, "required"), -ERR_BAD_INPUT);
    row = now;
    row.roles = "owner";
    assert_int_equal(account_put(&row, "required"), -ERR_BAD_INPUT);
    row = now;
    row.lang = "de";
    assert_int_equal(account_put(&row, "not_an_option"), -ERR_BAD_INPUT);
    row = now;
    row.id = "nobody";
    assert_int_equal(account_put(&row, "not_found"), -ERR_NOT_FOUND);
    assert_int_equal(events_of("account.changed", NULL), 1);
}

static void there_is_always_an_admin(void **state)
{
    char *one = account_make("aigul", ROLE_ADMIN, NULL), *two = account_make("nurlan", ROLE_ADMIN | ROLE_AUDITOR, NULL);
    account_make("third", ROLE_MODERATOR, NULL);
    struct account_row row = account_get(one);
    row.roles = "moderator";
    assert_int_equal(account_put(&row, NULL), 0); /* the other is left */
    row = account_get(two);
    row.roles = "auditor";
    assert_int_equal(account_put(&row, "last_admin"), -ERR_CONFLICT);
    row = account_get(two);
    row.disabled = true;
    assert_int_equal(account_put(&row, "last_admin"), -ERR_CONFLICT);
    assert_false(account_get(two).disabled);
    row = account_get(two);
    row.name = "Other";
    assert_int_equal(account_put(&row, NULL), 0); /* anything else may change */
    row = account_get(one);
    row.roles = "admin";
    assert_int_equal(account_put(&row, NULL), 0);
    row = account_get(one);
    row.disabled = true;
    assert_int_equal(account_put(&row, NULL), 0);
    row = account_get(two);
    row.disabled = true;
    assert_int_equal(account_put(&row, "last_admin"), -ERR_CONFLICT); /* a disabled admin does not count */
}

struct setting {
    const char *id;
    const struct actor *by;
};

static int setting_body(struct tx *tx, void *arg, struct err *err)
{
    struct setting *setting = arg;
    return account_set_password(tx, &world.access, setting->id, "$new", setting->by, NOW + 2, err);
}

static int opening_body(struct tx *tx, void *arg, struct err *err)
{
    char secret[65];
    return session_open(tx, &world.access, arg, NOW, secret, err);
}

static void a_new_password_asks_for_another_unless_it_is_ones_own(void **state)
{
    char *id = account_make("aigul", ROLE_MODERATOR, NULL), *admin_id = account_make("nurlan", ROLE_ADMIN, NULL);
    struct actor self = actor_of(id), admin = actor_of(admin_id);
    strcpy(admin.token_id, "some-token");
    assert_int_equal(write_with(setting_body, &(struct setting){id, &admin}, NULL), 0);
    struct account_row row = account_get(id);
    assert_string_equal(row.password_hash, "$new");
    assert_true(row.must_change_password);
    assert_int_equal(write_with(setting_body, &(struct setting){id, &self}, NULL), 0);
    assert_false(account_get(id).must_change_password);
    assert_int_equal(write_with(setting_body, &(struct setting){id, NULL}, NULL), 0);
    assert_true(account_get(id).must_change_password);
    assert_int_equal(events_of("account.password_set", NULL), 3);
    assert_int_equal(events_of("account.password_set", "\"token_id\":\"some-token\""), 1);
    assert_int_equal(write_with(setting_body, &(struct setting){"nobody", NULL}, NULL), -ERR_NOT_FOUND);
}

static void a_disabled_account_opens_no_session(void **state)
{
    account_make("nurlan", ROLE_ADMIN, NULL);
    char *id = account_make("aigul", ROLE_MODERATOR, NULL);
    struct err err = {0};
    assert_int_equal(write_with(opening_body, id, &err), 0);
    struct account_row row = account_get(id);
    row.disabled = true;
    assert_int_equal(account_put(&row, NULL), 0);
    assert_int_equal(write_with(opening_body, id, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "account_disabled");
    assert_int_equal(events_of("account.changed", "\"disabled\":true"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(what_is_asked_of_an_account),
        IN_A_WORLD(an_account_is_created_once),
        IN_A_WORLD(a_change_touches_what_it_may),
        IN_A_WORLD(there_is_always_an_admin),
        IN_A_WORLD(a_new_password_asks_for_another_unless_it_is_ones_own),
        IN_A_WORLD(a_disabled_account_opens_no_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
