/* Roles and their words. */
#include "test_access_world.h"

static void words_and_bits_agree(void **state)
{
    static const enum role roles[] = {ROLE_ADMIN,    ROLE_MODERATOR, ROLE_REGISTRAR, ROLE_AUDITOR,
                                      ROLE_OFFICIAL, ROLE_HEAD,      ROLE_CARRIER};
    struct arena arena;
    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        assert_int_equal(role_parse(role_word(roles[i])), roles[i]);
    for (unsigned bits = 0; bits < 512; bits++) {
        const char *words = roles_words(bits, &arena);
        assert_int_equal(roles_parse(words), bits & ROLE_STAFF);
    }
    assert_string_equal(roles_words(ROLE_STAFF | ROLE_PUBLIC, &arena),
                        "admin auditor carrier head moderator official registrar responsible service");
    assert_string_equal(roles_words(ROLE_PUBLIC, &arena), "");
    assert_int_equal(roles_parse("registrar admin"), ROLE_ADMIN | ROLE_REGISTRAR);
    arena_done(&arena);
}

static void unknown_words_are_no_role(void **state)
{
    static const char *const wrong[] = {"", " ", "public", "Admin", "admins", "adm", "root"};
    static const char *const wrong_lists[] = {
        "", " ", "admin ", " admin", "admin  moderator", "admin,moderator", "admin root", "root admin", "admin\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(role_parse(wrong[i]), 0);
    for (size_t i = 0; i < sizeof wrong_lists / sizeof *wrong_lists; i++)
        assert_int_equal(roles_parse(wrong_lists[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_bits_agree),
        cmocka_unit_test(unknown_words_are_no_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
