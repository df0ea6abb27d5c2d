/* Which passwords are refused, and how they are kept. */
#include "test_access_world.h"
#include <sodium.h>

static void weak_passwords_are_refused(void **state)
{
    static const struct {
        const char *password, *code; /* code NULL: good */
    } cases[] = {
        {"", "required"},
        {"elevenchars", "too_short"},
        {"құпиясөзім1", "too_short"}, /* eleven characters, more bytes */
        {"correct horse staple battery", NULL},
        {"жүзім сауыт бұлақ", NULL},
        {"rT4#kq9!zW2p", NULL},
        {"password1234", "password_common"},
        {"Password1234", "password_common"},
        {"1234password", "password_common"},
        {"PASSWORD!!!!", "password_common"},
        {"passwordpassword", "password_common"},
        {"administrator", "password_common"},
        {"qwertyuiop123", "password_common"},
        {"QwertyUiop[]12", "password_common"},
        {"йцукенгшщзхъ", "password_common"},
        {"1q2w3e4r5t6y", "password_common"},
        {"Qazaqstan2030", "password_common"},
        {"Қазақстан2030", "password_common"},
        {"құпиясөз2026", "password_common"},
        {"123456789012", "password_common"},
        {"870112345678", "password_common"},
        {"aaaaaaaaaaaaaa", "password_common"},
        {"abababababab", "password_common"},
        {"............", "password_common"},
        {"my Aigul.k is here", "password_has_login"},
        {"AIGUL.K AIGUL.K", "password_has_login"},
        {"bad \xff\xfe utf-8 here", "wrong_type"},
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct field_errors errors;
        struct err err = {0};
        field_errors_init(&errors, &arena);
        int result = password_check("aigul.k", cases[i].password, &errors, &err);
        const struct field_error *found = field_errors_find(&errors, "password");
        if (cases[i].code == NULL) {
            if (result != 0)
                fail_msg("case %zu is refused: %s", i, found == NULL ? err.code : found->code);
            continue;
        }
        if (found == NULL)
            fail_msg("case %zu is taken", i);
        assert_int_equal(result, -ERR_BAD_INPUT);
        assert_string_equal(err.code, "fields_refused");
        assert_string_equal(found->code, cases[i].code);
    }
    struct field_errors errors;
    field_errors_init(&errors, &arena);
    char *large = arena_alloc(&arena, 2000);
    for (int i = 0; i < 1025; i++)
        large[i] = (char)('a' + i % 23);
    assert_int_equal(password_check("aigul", large, &errors, NULL), -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&errors, "password")->code, "too_long");
    large[1024] = '\0';
    field_errors_init(&errors, &arena);
    assert_int_equal(password_check("aigul", large, &errors, NULL), 0);
    arena_done(&arena);
}

static void a_hash_is_argon2id_and_salted(void **state)
{
    char one[128], two[128];
    assert_int_equal(password_hash(GOOD_PASSWORD, one, NULL), 0);
    assert_int_equal(password_hash(GOOD_PASSWORD, two, NULL), 0);
    assert_memory_equal(one, "$argon2id$v=19$m=65536,t=2,p=1$", 31);
    assert_string_not_equal(one, two);
    assert_int_equal(crypto_pwhash_str_verify(one, GOOD_PASSWORD, strlen(GOOD_PASSWORD)), 0);
    assert_int_equal(crypto_pwhash_str_verify(one, "correct horse staple batterz", strlen(GOOD_PASSWORD)), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_passwords_are_refused),
        cmocka_unit_test(a_hash_is_argon2id_and_salted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
