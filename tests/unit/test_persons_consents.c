/* Consents: every refusal of pdl.8.4 by name and all at once, what is kept of one, withdrawal whole and in part,
 * restored, expired, ended; and that a change of the purpose rewrites nothing. */
#include "persons/verify.h"
#include "store/consent_rows.h"
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

static void everything_missing_is_named_at_once(void **state)
{
    struct persons_world *w = *state;
    struct consent_given given = {.third_persons = -1,
                                  .cross_border = -1,
                                  .publication = -1,
                                  .automated = -1,
                                  .from_usec = TIME_NONE,
                                  .until_usec = TIME_NONE,
                                  .given_usec = TIME_NONE};
    struct err err = {0};

    w->organisation.bin = "";
    assert_int_equal(persons_give(w, &given, NULL, NULL, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "fields_refused");
    assert_true(persons_refused(w, "operator", "consent_operator"));
    assert_true(persons_refused(w, "person.full_name", "consent_subject"));
    assert_true(persons_refused(w, "person", "person_unnamed"));
    assert_true(persons_refused(w, "third_persons", "consent_third_persons"));
    assert_true(persons_refused(w, "cross_border", "consent_cross_border"));
    assert_true(persons_refused(w, "publication", "consent_publication"));
    assert_true(persons_refused(w, "categories", "consent_categories"));
    assert_true(persons_refused(w, "purpose", "required"));
    assert_true(persons_refused(w, "text.text", "text_missing"));
    assert_true(persons_refused(w, "way", "required"));
    /* Not asked for by law: the term, and automated decisions. */
    assert_null(field_errors_find(&w->errors, "until"));
    assert_null(field_errors_find(&w->errors, "automated"));
}

static void each_refusal_has_its_name(void **state)
{
    struct persons_world *w = *state;
    const char *unknown[] = {"no_such"}, *other[] = {"income"};
    struct consent_given given;
    struct err err = {0};

#define REFUSED(change, field, code)                                                 \
    do {                                                                             \
        given = persons_consent("u-1");                                              \
        change;                                                                      \
        assert_int_equal(persons_give(w, &given, NULL, NULL, &err), -ERR_BAD_INPUT); \
        assert_true(persons_refused(w, field, code));                                \
        assert_int_equal(w->errors.count, 1);                                        \
    } while (0)
    REFUSED(given.purpose = "no_such", "purpose", "purpose_unknown");
    REFUSED((given.categories = unknown, given.category_count = 1), "categories", "category_unknown");
    REFUSED((given.categories = other, given.category_count = 1), "categories", "category_not_of_purpose");
    REFUSED((given.recipients = unknown, given.recipient_count = 1), "recipients", "recipient_unknown");
    REFUSED((given.recipients = unknown, given.recipient_count = 1, given.third_persons = 0), "recipients",
            "recipients_without_consent");
    REFUSED((given.from_usec = w->now_usec + 2 * USEC_PER_DAY, given.until_usec = w->now_usec + USEC_PER_DAY), "until",
            "term_before_start");
    REFUSED((given.from_usec = w->now_usec - 2 * USEC_PER_DAY, given.until_usec = w->now_usec - USEC_PER_DAY), "until",
            "term_past");
    REFUSED(given.given_usec = w->now_usec + USEC_PER_SEC, "given_at", "given_in_future");
    REFUSED(given.way = "smoke", "way", "way_unknown");
    REFUSED(given.person.id = PERSONS_BIN, "person.id", "person_id_malformed");
    REFUSED(given.person.id = "a b", "person.id", "person_id_malformed");
    REFUSED(given.operator_bin = "123456789012", "operator", "consent_operator");
    REFUSED(given.text_lang = "english", "text.lang", "not_an_option");
    REFUSED(given.text_version = NULL, "text.version", "required");
#undef REFUSED
}

static void what_was_agreed_is_kept(void **state)
{
    struct persons_world *w = *state;
    struct consent_given given = persons_consent("u-1");
    const char *recipients[] = {"courier", "bank", "courier"}, *full_name, *representative;
    const char *const *ids;
    struct consent_text text;
    struct consent consent;
    struct person person;
    struct err err = {0};
    struct tx *tx;
    size_t count;
    int64_t leaf;

    given.recipients = recipients;
    given.recipient_count = 3;
    given.representative = "Сейітов Данияр";
    given.until_usec = w->now_usec + 10 * USEC_PER_SEC + 999999;
    leaf = persons_must_give(w, &given);
    consent = persons_consent_now(w, leaf);
    assert_int_equal(consent.given, ASPECT_PROCESSING | ASPECT_THIRD_PERSONS);
    assert_int_equal(consent.stands, consent.given);
    /* Rounded inwards. */
    assert_int_equal(consent.until_sec, (w->now_usec + 10 * USEC_PER_SEC) / USEC_PER_SEC);
    assert_true(consent.by_representative);
    assert_string_equal(consent.way, "electronic");
    tx = persons_read(w);
    assert_int_equal(recipient_set_get(tx, consent.recipients, &w->arena, &ids, &count, &err), 0);
    assert_int_equal(count, 2);
    assert_string_equal(ids[0], "bank");
    assert_string_equal(ids[1], "courier");
    assert_int_equal(consent_text_get(tx, consent.text, &w->arena, &text, &err), 0);
    assert_string_equal(text.text, "I agree.");
    assert_string_equal(text.operator_bin, PERSONS_BIN);
    assert_string_equal(text.operator_name, "Example LLP");
    assert_int_equal(person_by_serial(tx, consent.person, &w->arena, &person, &err), 0);
    assert_int_equal(
        consent_names_get(tx, &w->f.office, &consent, &person, &w->arena, &full_name, &representative, &err), 0);
    assert_string_equal(full_name, "Сейітқызы Айгерім");
    assert_string_equal(representative, "Сейітов Данияр");
    store_read_end(tx);
    /* The same text is stored once, the name in the clear nowhere. */
    assert_int_equal(persons_consent_now(w, persons_must_give(w, &given)).text, consent.text);
    assert_false(fixture_store_holds(&w->f, "Сейітқызы"));
}

static void a_change_of_the_purpose_rewrites_nothing(void **state)
{
    struct persons_world *w = *state;
    struct consent_given given = persons_consent("u-1");
    int64_t leaf = persons_must_give(w, &given);
    struct consent before = persons_consent_now(w, leaf), after;
    struct err err = {0};

    w->now_usec += USEC_PER_SEC;
    assert_int_equal(persons_must_set(w, KEPT_PURPOSE, "service",
                                      "{\"title\":" TEXTS3 ",\"norm\":\"other\",\"basis\":\"consent\","
                                      "\"categories\":[\"phone\"]}"),
                     before.purpose_version + 1);
    after = persons_consent_now(w, leaf);
    assert_int_equal(after.purpose_version, before.purpose_version);
    assert_int_equal(after.categories, before.categories);
    assert_string_equal(json_string_value(json_object_get(
                            kept_version(w->kept, KEPT_PURPOSE, after.purpose, after.purpose_version)->json, "norm")),
                        "contract");
    /* A new one is held against what now holds. */
    assert_int_equal(persons_give(w, &given, NULL, NULL, &err), -ERR_BAD_INPUT);
    assert_true(persons_refused(w, "categories", "category_not_of_purpose"));
}

static void withdrawn_in_part_and_whole(void **state)
{
    struct persons_world *w = *state;
    struct consent_given given = persons_consent("u-1");
    int64_t leaf = persons_must_give(w, &given);
    struct err err = {0};
    struct consent consent;

    assert_int_equal(persons_withdraw(w, leaf, ASPECT_THIRD_PERSONS, &err), 0);
    consent = persons_consent_now(w, leaf);
    assert_int_equal(consent.stands, ASPECT_PROCESSING);
    assert_int_equal(consent.given, ASPECT_PROCESSING | ASPECT_THIRD_PERSONS);
    assert_null(consent.ended);
    assert_int_equal(persons_withdraw(w, leaf, ASPECT_THIRD_PERSONS, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "consent_already_withdrawn");
    assert_int_equal(persons_withdraw(w, leaf, ASPECT_PROCESSING, &err), 0);
    consent = persons_consent_now(w, leaf);
    assert_int_equal(consent.stands, 0);
    assert_string_equal(consent.ended, "withdrawn");
    assert_int_equal(consent.ended_usec, w->now_usec);
    assert_int_equal(persons_withdraw(w, leaf, ASPECT_PROCESSING, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "consent_already_withdrawn");
}

static void not_by_another_and_not_where_the_law_forbids(void **state)
{
    struct persons_world *w = *state;
    struct consent_given given = persons_consent("u-1"), other = persons_consent("u-2");
    const char *const categories[] = {"income"};
    int64_t leaf = persons_must_give(w, &given), loan;
    struct persons_withdrawing one = {.leaf = leaf, .aspects = ASPECT_PROCESSING};
    struct err err = {0};

    one.person = persons_consent_now(w, persons_must_give(w, &other)).person;
    assert_int_equal(persons_write(w, persons_withdraw_run, &one, &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "consent_unknown");
    given.purpose = "loan";
    given.categories = categories;
    given.category_count = 1;
    loan = persons_must_give(w, &given);
    assert_int_equal(persons_withdraw(w, loan, ASPECT_PROCESSING, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "withdrawal_forbidden");
    assert_string_equal(err.arg, "until the loan is repaid");
    assert_int_equal(persons_consent_now(w, loan).stands, ASPECT_PROCESSING | ASPECT_THIRD_PERSONS);
}

static int restore_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    return consent_restore(tx, &w->f.office, arg, &w->responsible, w->now_usec, err);
}

static void a_reasoned_refusal_restores(void **state)
{
    struct persons_world *w = *state;
    struct consent_given given = persons_consent("u-1");
    int64_t leaf = persons_must_give(w, &given);
    struct case_opened opened;
    struct fixture_opening opening = {
        .now_usec = w->now_usec, .actor = &w->f.anonymous, .raw = fixture_complaint, .raw_count = 2};
    struct persons_withdrawing one = {.leaf = leaf, .aspects = ASPECT_PROCESSING};
    struct err err = {0};

    assert_int_equal(fixture_open_case(&w->f, &opening, &opened, &err), 0);
    one.person = persons_consent_now(w, leaf).person;
    one.case_id = opened.id;
    assert_int_equal(persons_write(w, persons_withdraw_run, &one, &err), 0);
    assert_int_equal(persons_consent_now(w, leaf).stands, 0);
    assert_int_equal(persons_write(w, restore_run, opened.id, &err), 0);
    assert_int_equal(persons_consent_now(w, leaf).stands, ASPECT_PROCESSING | ASPECT_THIRD_PERSONS);
    assert_null(persons_consent_now(w, leaf).ended);
    assert_int_equal(persons_consent_now(w, leaf).ended_usec, TIME_NONE);
}

/* Two cases withdraw one consent, a part and all, and both are refused: in either order everything stands again. */
static void two_refusals_restore_everything(void **state)
{
    struct persons_world *w = *state;
    struct verify_report whole;
    struct persons_report report;
    struct err err = {0};
    struct tx *tx;

    for (int first = 0; first < 2; first++) {
        struct consent_given given = persons_consent(first == 0 ? "u-1" : "u-2");
        int64_t leaf = persons_must_give(w, &given);
        struct case_opened opened[2];

        for (int i = 0; i < 2; i++) {
            struct fixture_opening opening = {
                .now_usec = w->now_usec, .actor = &w->f.anonymous, .raw = fixture_complaint, .raw_count = 2};
            struct persons_withdrawing one = {.leaf = leaf,
                                              .aspects = i == 0 ? ASPECT_THIRD_PERSONS : ASPECT_PROCESSING,
                                              .person = persons_consent_now(w, leaf).person};
            assert_int_equal(fixture_open_case(&w->f, &opening, &opened[i], &err), 0);
            one.case_id = opened[i].id;
            assert_int_equal(persons_write(w, persons_withdraw_run, &one, &err), 0);
        }
        assert_int_equal(persons_consent_now(w, leaf).stands, 0);
        assert_int_equal(persons_write(w, restore_run, opened[first].id, &err), 0);
        assert_int_equal(persons_consent_now(w, leaf).stands, first == 0 ? 0 : ASPECT_PROCESSING);
        if (first == 0)
            assert_string_equal(persons_consent_now(w, leaf).ended, "withdrawn");
        assert_int_equal(persons_write(w, restore_run, opened[first].id, &err), 0); /* twice is once */
        assert_int_equal(persons_write(w, restore_run, opened[1 - first].id, &err), 0);
        assert_int_equal(persons_consent_now(w, leaf).stands, ASPECT_PROCESSING | ASPECT_THIRD_PERSONS);
        assert_null(persons_consent_now(w, leaf).ended);
    }
    tx = persons_read(w);
    assert_int_equal(persons_verify(tx, &w->f.office, &whole, &report, &err), 0);
    store_read_end(tx);
    assert_int_equal(report.consents, 2);
}

/* Copies of one consent's row, until the person has as many as anybody may. */
static int fill_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct consent_row row;
    int64_t leaf = *(int64_t *)arg;
    bool found;
    int r = store_consent_get(tx, leaf, &w->arena, &row, &found, err);

    for (int i = 1; r == 0 && i < CONSENTS_OF_PERSON_MAX - 1; i++) {
        row.leaf = leaf + 1000000 + i;
        r = store_consent_insert(tx, &row, err);
    }
    return r;
}

static void nobody_has_too_many(void **state)
{
    struct persons_world *w = *state;
    struct consent_given given = persons_consent("u-1"), other = persons_consent("u-2");
    int64_t leaf = persons_must_give(w, &given);
    struct err err = {0};

    assert_int_equal(persons_write(w, fill_run, &leaf, &err), 0);
    persons_must_give(w, &given); /* the last that is taken */
    assert_int_equal(persons_give(w, &given, NULL, NULL, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "too_many_consents");
    assert_string_equal(err.arg, "10000");
    persons_must_give(w, &other);
}

struct expiry {
    int64_t now_usec;
    size_t count;
};
static int expire_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct expiry *expiry = arg;

    return consents_expire(tx, &w->f.office, expiry->now_usec, 10, &expiry->count, err);
}
static int end_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    return consent_end(tx, &w->f.office, *(int64_t *)arg, &w->responsible, w->now_usec, err);
}

static void a_term_ends_by_itself_and_a_purpose_by_word(void **state)
{
    struct persons_world *w = *state;
    struct consent_given given = persons_consent("u-1");
    struct expiry expiry = {.now_usec = w->now_usec + 59 * USEC_PER_SEC, .count = 99};
    int64_t lasting = persons_must_give(w, &given), leaf;
    struct err err = {0};

    given.until_usec = w->now_usec + 60 * USEC_PER_SEC;
    leaf = persons_must_give(w, &given);
    assert_int_equal(persons_write(w, expire_run, &expiry, &err), 0);
    assert_int_equal(expiry.count, 0);
    expiry.now_usec += USEC_PER_SEC;
    assert_int_equal(persons_write(w, expire_run, &expiry, &err), 0);
    assert_int_equal(expiry.count, 1);
    assert_string_equal(persons_consent_now(w, leaf).ended, "expired");
    assert_int_equal(persons_consent_now(w, leaf).stands, 0);
    assert_int_equal(persons_withdraw(w, leaf, ASPECT_PROCESSING, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "consent_ended");
    assert_int_equal(persons_write(w, end_run, &lasting, &err), 0);
    assert_string_equal(persons_consent_now(w, lasting).ended, "achieved");
    assert_int_equal(persons_write(w, end_run, &lasting, &err), -ERR_CONFLICT);
}

static int count_brief(const struct consent_brief *row, void *arg, struct err *err)
{
    (void)err;
    *(int64_t *)arg += row->leaf;
    return 0;
}

static void many_are_read_narrowly(void **state)
{
    struct persons_world *w = *state;
    struct consent_given given = persons_consent("u-1");
    int64_t first = persons_must_give(w, &given), second = persons_must_give(w, &given), sum = 0, newest;
    struct err err = {0};
    struct tx *tx = persons_read(w);

    assert_int_equal(store_consent_brief_scan(tx, 0, INT64_MAX, count_brief, &sum, &err), 0);
    assert_int_equal(sum, first + second);
    sum = 0;
    assert_int_equal(store_consent_brief_scan(tx, first + 1, INT64_MAX, count_brief, &sum, &err), 0);
    assert_int_equal(sum, second);
    assert_int_equal(store_consent_newest(tx, &newest, &err), 0);
    assert_int_equal(newest, second);
    store_read_end(tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_missing_is_named_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(each_refusal_has_its_name, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_agreed_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_of_the_purpose_rewrites_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(withdrawn_in_part_and_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(not_by_another_and_not_where_the_law_forbids, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reasoned_refusal_restores, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_has_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(two_refusals_restore_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(a_term_ends_by_itself_and_a_purpose_by_word, setup, teardown),
        cmocka_unit_test_setup_teardown(many_are_read_narrowly, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
