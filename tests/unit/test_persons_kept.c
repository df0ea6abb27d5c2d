/* The operator's registers: forms, versions, numbers, retirement. */
#include "test_persons_world.h"
#include <stdlib.h>

static int setup(void **state)
{
    struct persons_world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    persons_start(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    persons_end(*state);
    free(*state);
    return 0;
}

#define RECIPIENT(country) "{\"title\":" TEXTS3 ",\"country\":\"" country "\"}"

static void versions_follow_one_another(void **state)
{
    struct persons_world *w = *state;
    const struct kept_entry **versions, *first, *second;
    struct err err = {0};
    int64_t version = 0, then = w->now_usec;

    assert_int_equal(persons_must_set(w, KEPT_RECIPIENT, "mail", RECIPIENT("DE")), 1);
    /* The same again is no change. */
    assert_int_equal(persons_must_set(w, KEPT_RECIPIENT, "mail", RECIPIENT("DE")), 1);
    w->now_usec += USEC_PER_SEC;
    assert_int_equal(persons_set(w, KEPT_RECIPIENT, "mail", RECIPIENT("FR"), 2, &version, &err), -ERR_STALE);
    assert_string_equal(err.code, "entry_changed");
    assert_int_equal(persons_set(w, KEPT_RECIPIENT, "mail", RECIPIENT("FR"), 1, &version, &err), 0);
    assert_int_equal(version, 2);
    assert_int_equal(kept_list(w->kept, KEPT_RECIPIENT, "mail", &w->arena, &versions), 2);
    first = kept_at(w->kept, KEPT_RECIPIENT, "mail", then);
    second = kept_at(w->kept, KEPT_RECIPIENT, "mail", w->now_usec);
    assert_int_equal(first->version, 1);
    assert_int_equal(first->until_usec, w->now_usec);
    assert_int_equal(second->version, 2);
    assert_int_equal(second->until_usec, TIME_NONE);
    assert_int_equal(first->number, second->number);
    assert_null(kept_at(w->kept, KEPT_RECIPIENT, "mail", then - 1));
    assert_ptr_equal(kept_by_number(w->kept, KEPT_RECIPIENT, second->number, w->now_usec), second);
    assert_ptr_equal(kept_version(w->kept, KEPT_RECIPIENT, second->number, 1), first);
    assert_null(kept_version(w->kept, KEPT_RECIPIENT, second->number, 3));
    assert_string_equal(kept_title(second, LANG_RU), "б");
}

static int retire_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    return kept_retire(tx, &w->f.office, KEPT_RECIPIENT, arg, &w->responsible, w->now_usec, err);
}

static void retired_and_in_force_again(void **state)
{
    struct persons_world *w = *state;
    struct err err = {0};
    char bank[] = "bank", nobody[] = "nobody";

    w->now_usec += USEC_PER_SEC;
    assert_int_equal(persons_write(w, retire_run, nobody, &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "kept_unknown");
    assert_int_equal(persons_write(w, retire_run, bank, &err), 0);
    assert_int_equal(persons_write(w, retire_run, bank, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "kept_retired");
    persons_reload_kept(w);
    assert_true(kept_at(w->kept, KEPT_RECIPIENT, "bank", w->now_usec)->retired);
    assert_false(kept_at(w->kept, KEPT_RECIPIENT, "bank", w->now_usec - 1)->retired);
    assert_int_equal(persons_must_set(w, KEPT_RECIPIENT, "bank", RECIPIENT("KZ")), 3);
    assert_false(kept_at(w->kept, KEPT_RECIPIENT, "bank", w->now_usec)->retired);
}

static void categories_have_numbers_of_their_own(void **state)
{
    struct persons_world *w = *state;
    struct err err = {0};
    int own;

    assert_int_equal(kept_category_number(w->kept, "name"), 0);
    assert_int_equal(kept_category_number(w->kept, "shoe_size"), -1);
    persons_must_set(w, KEPT_CATEGORY, "shoe_size", "{\"title\":" TEXTS3 ",\"kinds\":[\"restricted\",\"minors\"]}");
    own = kept_category_number(w->kept, "shoe_size");
    assert_int_equal(own, 32);
    assert_string_equal(kept_category_id(w->kept, own), "shoe_size");
    assert_int_equal(kept_category_kinds(w->kept, own), DATA_RESTRICTED | DATA_MINORS);
    assert_string_equal(kept_category_title(w->kept, own)->in[LANG_EN], "c");
    assert_null(kept_category_id(w->kept, 33));
    assert_int_equal(persons_set(w, KEPT_CATEGORY, "name", "{\"title\":" TEXTS3 "}", 0, NULL, &err), -ERR_BAD_INPUT);
    assert_true(persons_refused(w, "id", "category_of_catalogue"));
    for (int i = 1; i < 32; i++) {
        char id[16];

        snprintf(id, sizeof(id), "own_%d", i);
        persons_must_set(w, KEPT_CATEGORY, id, "{\"title\":" TEXTS3 "}");
    }
    assert_int_equal(persons_set(w, KEPT_CATEGORY, "too_many", "{\"title\":" TEXTS3 "}", 0, NULL, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "too_many_entries");
}

static void each_refusal_stands_beside_its_member(void **state)
{
    struct persons_world *w = *state;
    static const struct {
        enum kept_kind kind;
        const char *id, *json, *field, *code;
    } bad[] = {
        {KEPT_RECIPIENT, "Bank", RECIPIENT("KZ"), "id", "entry_id_malformed"},
        {KEPT_RECIPIENT, "x", RECIPIENT("XX"), "entry.country", "unknown_country"},
        {KEPT_RECIPIENT, "x", "{\"title\":\"x\",\"country\":\"KZ\"}", "entry.title", "wrong_type"},
        {KEPT_RECIPIENT, "x", "{\"title\":" TEXTS3 ",\"country\":\"KZ\",\"bin\":\"1\"}", "entry.bin", "not_a_bin"},
        {KEPT_RECIPIENT, "x", "{\"title\":" TEXTS3 ",\"country\":\"KZ\",\"kinds\":[\"wizard\"]}", "entry.kinds",
         "not_an_option"},
        {KEPT_STATE, "XX", "{\"protects\":\"yes\",\"reason\":\"r\"}", "id", "unknown_country"},
        {KEPT_STATE, "DE", "{\"protects\":\"perhaps\",\"reason\":\"r\"}", "entry.protects", "not_an_option"},
        {KEPT_STATE, "DE", "{\"protects\":\"yes\"}", "entry.reason", "required"},
        {KEPT_POLICY, "p", "{\"title\":" TEXTS3 ",\"texts\":{\"kk\":\"а\",\"ru\":\" \",\"en\":\"c\"}}",
         "entry.texts.ru", "required"},
        {KEPT_RESPONSIBLE, "somebody", "{}", "id", "entry_id_malformed"},
        {KEPT_RESPONSIBLE, "responsible", "{\"name\":\"A\",\"post\":\"B\",\"email\":\"x\",\"phone\":\"+77172000000\"}",
         "entry.email", "not_an_email"},
        {KEPT_PURPOSE, "p",
         "{\"title\":" TEXTS3 ",\"norm\":\"n\",\"basis\":\"consent\",\"categories\":[],\"ground\":\"pdl.9.4\"}",
         "entry.categories", "required"},
        {KEPT_PURPOSE, "p",
         "{\"title\":" TEXTS3 ",\"norm\":\"n\",\"basis\":\"consent\",\"categories\":[\"name\"],\"ground\":\"pdl.9.4\"}",
         "entry.ground", "unknown_field"},
        {KEPT_PURPOSE, "p",
         "{\"title\":" TEXTS3 ",\"norm\":\"n\",\"basis\":\"consent\",\"categories\":[\"name\"],"
         "\"cross_border_ground\":\"pdl.16.3.1\"}",
         "entry.cross_border_ground", "ground_unknown"},
        {KEPT_PURPOSE, "p",
         "{\"title\":" TEXTS3 ",\"norm\":\"n\",\"basis\":\"consent\",\"categories\":[\"name\"],"
         "\"automated\":{\"procedure\":" TEXTS3 "}}",
         "entry.automated.consequences", "required"},
        {KEPT_PURPOSE, "p",
         "{\"title\":" TEXTS3 ",\"norm\":\"n\",\"basis\":\"consent\",\"categories\":[\"name\"],"
         "\"recipients\":[\"nobody\"]}",
         "entry.recipients", "recipient_unknown"},
        {KEPT_PURPOSE, "p",
         "{\"title\":" TEXTS3 ",\"norm\":\"n\",\"basis\":\"consent\",\"categories\":[\"name\"],\"tells_transfers\":1}",
         "entry.tells_transfers", "wrong_type"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = {0};

        assert_int_equal(persons_set(w, bad[i].kind, bad[i].id, bad[i].json, 0, NULL, &err), -ERR_BAD_INPUT);
        if (!persons_refused(w, bad[i].field, bad[i].code))
            fail_msg("%zu: %s %s", i, w->errors.items[0].field, w->errors.items[0].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(versions_follow_one_another, setup, teardown),
        cmocka_unit_test_setup_teardown(retired_and_in_force_again, setup, teardown),
        cmocka_unit_test_setup_teardown(categories_have_numbers_of_their_own, setup, teardown),
        cmocka_unit_test_setup_teardown(each_refusal_stands_beside_its_member, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
