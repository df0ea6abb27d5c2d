/* People: found by any of their names and by none of another's, made once; an address in a public form leads to nobody;
 * what was done is told newest first, and a look is noted once an hour. */
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

struct ensuring {
    struct person_names names;
    struct person person;
};
static int ensure_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct ensuring *ensuring = arg;

    return person_ensure(tx, &w->f.office, &ensuring->names, &w->service, w->now_usec, &w->arena, &ensuring->person,
                         err);
}
static struct person must_ensure(struct persons_world *w, const struct person_names *names)
{
    struct ensuring ensuring = {.names = *names};
    struct err err = {0};

    if (persons_write(w, ensure_run, &ensuring, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
    return ensuring.person;
}
static bool find(struct persons_world *w, const struct person_names *names, struct person *ret)
{
    struct tx *tx = persons_read(w);
    struct err err = {0};
    bool found = false;

    assert_int_equal(person_find(tx, &w->f.office, names, &w->arena, ret, &found, &err), 0);
    store_read_end(tx);
    return found;
}

static void found_by_each_name_and_made_once(void **state)
{
    struct persons_world *w = *state;
    struct person_names names = {.id = "u-1", .email = "a@example.kz", .phone = "+77011234567", .iin = "910830300121"};
    struct person made = must_ensure(w, &names), again = must_ensure(w, &names), found;

    assert_int_equal(made.serial, 1);
    assert_int_equal(again.serial, 1);
    assert_string_equal(made.subject_id, again.subject_id);
    assert_true(made.key64 == person_key(w->f.office.keyring, "u-1") && made.key64 != 0);
    assert_true(find(w, &(struct person_names){.id = "u-1"}, &found));
    assert_true(find(w, &(struct person_names){.email = "a@example.kz"}, &found));
    assert_true(find(w, &(struct person_names){.phone = "+77011234567"}, &found));
    assert_true(find(w, &(struct person_names){.iin = "910830300121"}, &found));
    assert_int_equal(found.serial, 1);
    assert_false(find(w, &(struct person_names){.email = "b@example.kz"}, &found));
    /* A name that is not known yet is added. */
    assert_int_equal(must_ensure(w, &(struct person_names){.id = "u-1", .email = "b@example.kz"}).serial, 1);
    assert_true(find(w, &(struct person_names){.email = "b@example.kz"}, &found));
    assert_int_equal(must_ensure(w, &(struct person_names){.id = "u-2"}).serial, 2);
    assert_false(fixture_store_holds(&w->f, "a@example.kz"));
}

static void an_identifier_is_given_once(void **state)
{
    struct persons_world *w = *state;
    struct person nameless = must_ensure(w, &(struct person_names){.email = "a@example.kz"}), named;
    struct ensuring other = {.names = {.id = "u-2", .email = "a@example.kz"}};
    struct err err = {0};

    assert_null(nameless.id);
    assert_true(nameless.key64 == person_key(w->f.office.keyring, nameless.subject_id));
    named = must_ensure(w, &(struct person_names){.id = "u-1", .email = "a@example.kz"});
    assert_int_equal(named.serial, nameless.serial);
    assert_string_equal(named.id, "u-1");
    assert_true(named.key64 == person_key(w->f.office.keyring, "u-1"));
    assert_int_equal(persons_write(w, ensure_run, &other, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "person_names_differ");
}

static void two_names_of_two_people_are_refused_and_nothing_changes(void **state)
{
    struct persons_world *w = *state;
    struct ensuring both = {.names = {.id = "u-1", .email = "b@example.kz"}};
    struct person found;
    struct err err = {0};

    must_ensure(w, &(struct person_names){.id = "u-1", .email = "a@example.kz"});
    must_ensure(w, &(struct person_names){.id = "u-2", .email = "b@example.kz"});
    assert_int_equal(persons_write(w, ensure_run, &both, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "person_names_differ");
    assert_true(find(w, &(struct person_names){.email = "b@example.kz"}, &found));
    assert_int_equal(found.serial, 2);
}

static void one_address_is_no_proof_of_another(void **state)
{
    struct persons_world *w = *state;
    struct ensuring stranger = {.names = {.email = "a@example.kz", .phone = "+77010000001"}};
    struct person found;
    struct err err = {0};

    must_ensure(w, &(struct person_names){.email = "a@example.kz"});
    assert_int_equal(persons_write(w, ensure_run, &stranger, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "person_name_unproved");
    assert_false(find(w, &(struct person_names){.phone = "+77010000001"}, &found));
    /* The operator says who is meant. */
    must_ensure(w, &(struct person_names){.id = "u-1", .email = "a@example.kz"});
    must_ensure(w, &(struct person_names){.id = "u-1", .phone = "+77010000001"});
    assert_true(find(w, &(struct person_names){.phone = "+77010000001"}, &found));
    assert_string_equal(found.id, "u-1");
}

struct forgetting {
    struct person person;
    struct person_names names;
};
static int forget_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct forgetting *forgetting = arg;

    return person_forget_names(tx, &w->f.office, &forgetting->person, &forgetting->names, &w->service, w->now_usec,
                               err);
}

static void a_name_is_theirs_no_longer(void **state)
{
    struct persons_world *w = *state;
    struct forgetting phone = {.names = {.phone = "+77010000001"}},
                      others = {.names = {.phone = "+77010000002", .email = "b@example.kz"}};
    struct person next, found;
    struct err err = {0};

    phone.person =
        must_ensure(w, &(struct person_names){.id = "u-1", .email = "a@example.kz", .phone = "+77010000001"});
    others.person = phone.person;
    must_ensure(w, &(struct person_names){.id = "u-2", .email = "b@example.kz"});
    assert_int_equal(persons_write(w, forget_run, &phone, &err), 0);
    assert_false(find(w, &phone.names, &found));
    assert_true(find(w, &(struct person_names){.id = "u-1", .email = "a@example.kz"}, &found));
    /* Somebody else has the number now. */
    next = must_ensure(w, &(struct person_names){.id = "u-3", .phone = "+77010000001"});
    assert_int_not_equal(next.serial, phone.person.serial);
    assert_int_equal(persons_write(w, forget_run, &phone, &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "person_name_unknown");
    assert_int_equal(persons_write(w, forget_run, &others, &err), -ERR_NOT_FOUND);
    assert_true(find(w, &(struct person_names){.email = "b@example.kz"}, &found));
}

static void an_address_in_a_public_form_leads_to_no_person(void **state)
{
    struct persons_world *w = *state;
    const char *email = "aigerim@example.kz";
    const struct raw_value raw[] = {fixture_complaint[0], fixture_complaint[1], fixture_raw("contact_email", &email)};
    struct fixture_opening opening = {.now_usec = w->now_usec, .actor = &w->f.anonymous, .raw = raw, .raw_count = 3};
    struct case_opened opened;
    struct case_row row;
    struct person person;
    struct err err = {0};
    struct tx *tx;

    assert_int_equal(fixture_open_case(&w->f, &opening, &opened, &err), 0);
    assert_false(find(w, &(struct person_names){.email = email}, &person));
    person = must_ensure(w, &(struct person_names){.email = email});
    tx = persons_read(w);
    assert_int_equal(store_case_get(tx, opened.id, &w->arena, &row, &err), 0);
    store_read_end(tx);
    /* Whoever writes another's address into a complaint is not that other. */
    assert_string_not_equal(person.subject_id, row.subject_id);
}

static void the_eighteenth_birthday(void **state)
{
    (void)state;
    assert_int_equal(person_adult_day("2008-02-29", NULL), day_from_date((struct date){2026, 3, 1}));
    assert_int_equal(person_adult_day("2008-04-09", NULL), day_from_date((struct date){2026, 4, 9}));
    assert_int_equal(person_adult_day(NULL, "910830300121"), day_from_date((struct date){2009, 8, 30}));
    /* What was said goes before what the number tells. */
    assert_int_equal(person_adult_day("2008-04-09", "910830300121"), day_from_date((struct date){2026, 4, 9}));
    assert_int_equal(person_adult_day(NULL, NULL), INT32_MIN);
    assert_int_equal(person_adult_day("2008-13-01", NULL), INT32_MIN);
}

static void what_is_an_identifier(void **state)
{
    char longest[66];

    (void)state;
    assert_true(person_id_valid("u-1"));
    assert_true(person_id_valid("crm:42.a_B"));
    assert_false(person_id_valid(""));
    assert_false(person_id_valid("a b"));
    assert_false(person_id_valid("a@example.kz"));
    assert_false(person_id_valid("Әсем"));
    assert_false(person_id_valid("910830300121"));
    assert_false(person_id_valid(PERSONS_BIN));
    assert_false(person_id_valid("0190a1b2-0000-7000-8000-000000000000"));
    memset(longest, 'a', 65);
    longest[65] = '\0';
    assert_false(person_id_valid(longest));
    longest[64] = '\0';
    assert_true(person_id_valid(longest));
}

struct looking {
    const struct person *person;
    uint64_t categories;
    const struct actor *actor;
};
static int look_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct looking *looking = arg;

    return person_note_look(tx, &w->f.office, looking->person, "data", looking->categories, looking->actor, w->now_usec,
                            err);
}
static size_t looks(struct persons_world *w, const struct person *person)
{
    static const char *const kinds[] = {"person.looked", NULL};
    struct tx *tx = persons_read(w);
    struct person_deed *deeds;
    struct err err = {0};
    size_t count;

    assert_int_equal(person_history(tx, person->serial, kinds, 0, 100, &w->arena, &deeds, &count, &err), 0);
    person_history_done(deeds, count);
    store_read_end(tx);
    return count;
}

static void a_look_is_noted_once_an_hour(void **state)
{
    struct persons_world *w = *state;
    struct person person = must_ensure(w, &(struct person_names){.id = "u-1"});
    struct looking looking = {.person = &person, .categories = 3, .actor = &w->responsible};
    struct err err = {0};

    assert_int_equal(persons_write(w, look_run, &looking, &err), 0);
    assert_int_equal(persons_write(w, look_run, &looking, &err), 0);
    assert_int_equal(looks(w, &person), 1);
    looking.categories = 1; /* less than was looked at already */
    assert_int_equal(persons_write(w, look_run, &looking, &err), 0);
    assert_int_equal(looks(w, &person), 1);
    looking.categories = 7; /* more */
    assert_int_equal(persons_write(w, look_run, &looking, &err), 0);
    assert_int_equal(looks(w, &person), 2);
    looking.actor = &w->f.admin; /* somebody else */
    assert_int_equal(persons_write(w, look_run, &looking, &err), 0);
    assert_int_equal(looks(w, &person), 3);
    w->now_usec += 3600 * USEC_PER_SEC;
    assert_int_equal(persons_write(w, look_run, &looking, &err), 0);
    assert_int_equal(looks(w, &person), 4);
}

static int transfer_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct transfer transfer = {
        .recipient = "bank", .purpose = "service", .categories = 3, .consent = -1, .ground = "pdl.9.10"};
    int64_t leaf;

    return person_note_transfer(tx, &w->f.office, arg, &transfer, &w->service, w->now_usec, &leaf, err);
}

static void history_is_read_page_by_page(void **state)
{
    struct persons_world *w = *state;
    struct person person = must_ensure(w, &(struct person_names){.id = "u-1"});
    struct consent_given given = persons_consent("u-1");
    static const char *const kinds[] = {"consent.", "person.transferred", NULL};
    struct person_deed *deeds;
    struct err err = {0};
    int64_t before = 0;
    size_t count, met = 0;
    struct tx *tx;

    for (int i = 0; i < 5; i++) {
        persons_must_give(w, &given);
        assert_int_equal(persons_write(w, transfer_run, &person, &err), 0);
    }
    tx = persons_read(w);
    do {
        assert_int_equal(person_history(tx, person.serial, kinds, before, 3, &w->arena, &deeds, &count, &err), 0);
        for (size_t i = 0; i < count; i++) {
            assert_true(before == 0 || deeds[i].leaf < before);
            before = deeds[i].leaf;
            assert_string_equal(deeds[i].kind, met++ % 2 == 0 ? "person.transferred" : "consent.given");
            assert_string_equal(json_string_value(json_object_get(deeds[i].body, "subject_id")), person.subject_id);
            assert_string_equal(deeds[i].account_name, w->service.name);
        }
        person_history_done(deeds, count);
    } while (count == 3);
    store_read_end(tx);
    assert_int_equal(met, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found_by_each_name_and_made_once, setup, teardown),
        cmocka_unit_test_setup_teardown(an_identifier_is_given_once, setup, teardown),
        cmocka_unit_test_setup_teardown(two_names_of_two_people_are_refused_and_nothing_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(one_address_is_no_proof_of_another, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_is_theirs_no_longer, setup, teardown),
        cmocka_unit_test_setup_teardown(an_address_in_a_public_form_leads_to_no_person, setup, teardown),
        cmocka_unit_test(the_eighteenth_birthday),
        cmocka_unit_test(what_is_an_identifier),
        cmocka_unit_test_setup_teardown(a_look_is_noted_once_an_hour, setup, teardown),
        cmocka_unit_test_setup_teardown(history_is_read_page_by_page, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
