/* People lived through again: whole as they are, and a change of any row of theirs is found. */
#include "persons/acknowledge.h"
#include "persons/verify.h"
#include "test_persons_world.h"
#include <stdlib.h>

static int acknowledge_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct acknowledgement_row row;
    struct person person;
    bool is_new;
    int r = person_get(tx, arg, &w->arena, &person, err);

    return r < 0 ? r
                 : person_acknowledge(tx, &w->f.office, &person, "privacy", 0, "kk", &w->service, w->now_usec, &row,
                                      &is_new, err);
}

/* Two people, consents that stand, are withdrawn in part and whole, a policy that was read. */
static int setup(void **state)
{
    struct persons_world *w = calloc(1, sizeof(*w));
    struct consent_given first = persons_consent("u-1"), second = persons_consent("u-2");
    const char *recipients[] = {"bank"};
    struct err err = {0};

    assert_non_null(w);
    persons_start(w);
    persons_must_set(w, KEPT_POLICY, "privacy",
                     "{\"title\":" TEXTS3 ",\"texts\":" TEXTS3 ",\"shown_at_registration\":true}");
    first.recipients = recipients;
    first.recipient_count = 1;
    first.person.email = "aigerim@example.kz";
    second.person.birth_date = "2012-02-29";
    assert_int_equal(persons_withdraw(w, persons_must_give(w, &first), ASPECT_THIRD_PERSONS, &err), 0);
    persons_must_give(w, &first);
    assert_int_equal(persons_withdraw(w, persons_must_give(w, &second), ASPECT_PROCESSING, &err), 0);
    if (persons_write(w, acknowledge_run, "u-1", &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    persons_end(*state);
    free(*state);
    return 0;
}

static int verify(struct persons_world *w, struct persons_report *report, struct err *err)
{
    struct tx *tx = persons_read(w);
    int r = persons_verify(tx, &w->f.office, report, err);

    store_read_end(tx);
    return r;
}

static void what_was_done_is_found_whole(void **state)
{
    struct persons_report report = {0};
    struct verify_report whole;
    struct err err = {0};

    if (verify(*state, &report, &err) < 0)
        fail_msg("%s %s", err.arg, err.detail);
    assert_int_equal(report.people, 2);
    assert_int_equal(report.consents, 3);
    assert_int_equal(fixture_verify(&((struct persons_world *)*state)->f, &whole, &err), 0);
}

static void a_change_of_any_row_is_found(void **state)
{
    static const struct {
        const char *table, *sql, *arg;
    } changes[] = {
        {"person", "UPDATE person SET adult_day = adult_day + 1 WHERE adult_day IS NOT NULL", "person "},
        {"person", "UPDATE person SET blocks = 1 WHERE serial = 1", "person "},
        {"person", "UPDATE person SET holds = 1 WHERE serial = 1", "person "},
        {"person", "UPDATE person SET key64 = key64 + 1 WHERE serial = 2", "person "},
        {"person", "UPDATE person SET id = NULL WHERE serial = 2", "person "},
        {"person", "UPDATE person SET destroyed_usec = 1 WHERE serial = 2", "person "},
        {"person", "UPDATE person SET created_usec = created_usec + 1 WHERE serial = 1", "person "},
        {"person_change", "DELETE FROM person_change WHERE leaf = (SELECT max(leaf) FROM person_change)", ""},
        {"person_change", "UPDATE person_change SET person = 2 WHERE leaf = (SELECT max(leaf) FROM person_change)", ""},
        {"consent", "UPDATE consent SET stands = given WHERE ended IS NULL", "consent "},
        {"consent", "UPDATE consent SET stands = 1, ended = NULL, ended_usec = NULL WHERE ended = 'withdrawn'",
         "consent "},
        {"consent", "UPDATE consent SET given = 31 WHERE person = 2", "consent "},
        {"consent", "UPDATE consent SET categories = categories + 1 WHERE person = 2", "consent "},
        {"consent", "UPDATE consent SET purpose = 2 WHERE person = 2", "consent "},
        {"consent", "UPDATE consent SET purpose_version = 2 WHERE person = 2", "consent "},
        {"consent", "UPDATE consent SET until_sec = from_sec + 1 WHERE person = 1", "consent "},
        {"consent", "UPDATE consent SET recipients = 0 WHERE person = 1", "consent "},
        {"consent", "UPDATE consent SET person = 2 WHERE person = 1", ""},
        {"consent", "DELETE FROM consent WHERE person = 2", ""},
        {"consent_text", "UPDATE consent_text SET text = 'I do not.'", "text "},
        {"consent_text", "UPDATE consent_text SET operator_name = 'Somebody'", "consent "},
        {"recipient_set", "UPDATE recipient_set SET ids = '[\"courier\"]'", "consent "},
        {"kept_entry", "UPDATE kept_entry SET json = replace(json, 'contract', 'nothing') WHERE id = 'service'",
         "entry purpose"},
        {"kept_entry", "UPDATE kept_entry SET retired = 1 WHERE id = 'bank'", "entry recipient bank"},
        {"kept_entry", "UPDATE kept_entry SET from_usec = 1 WHERE id = 'bank'", "entry recipient bank"},
        {"kept_entry", "DELETE FROM kept_entry WHERE id = 'payroll'", "entry"},
        {"acknowledgement", "UPDATE acknowledgement SET version = 2", "person "},
        {"acknowledgement", "DELETE FROM acknowledgement", "person "},
        {"legal_hold", "INSERT INTO legal_hold VALUES (1, 1, 'pdl.18', 'x', NULL, NULL)", "person "},
        {"destruction", "INSERT INTO destruction VALUES (1, 1, 0, NULL, 'pdl.18.1', 'intended', 1, '{}')", "person "},
        {"backup_made", "INSERT INTO backup_made VALUES ('b', 1, 2, NULL)", "backup "},
    };
    struct persons_world *w = *state;

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct persons_report report;
        struct err err = {0};
        char sql[400];

        snprintf(sql, sizeof(sql), "CREATE TABLE saved AS SELECT * FROM %s", changes[i].table);
        fixture_sql(&w->f, sql);
        fixture_sql(&w->f, changes[i].sql);
        if (verify(w, &report, &err) != -ERR_DAMAGED)
            fail_msg("not found: %s", changes[i].sql);
        assert_string_equal(err.code, "store_damaged");
        if (strncmp(err.arg, changes[i].arg, strlen(changes[i].arg)) != 0)
            fail_msg("%s: %s (%s)", changes[i].sql, err.arg, err.detail);
        snprintf(sql, sizeof(sql), "DELETE FROM %s; INSERT INTO %s SELECT * FROM saved; DROP TABLE saved",
                 changes[i].table, changes[i].table);
        fixture_sql(&w->f, sql);
        if (verify(w, &report, &err) < 0)
            fail_msg("not put back: %s", changes[i].sql);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_done_is_found_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_of_any_row_is_found, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
