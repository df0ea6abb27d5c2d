/* People lived through again: whole as they are, and a change of any row of theirs is found. */
#include "persons/acknowledge.h"
#include "persons/destruction.h"
#include "persons/identity.h"
#include "persons/vault.h"
#include "persons/verify.h"
#include "store/person_rows.h"
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

/* Values of theirs, one changed and one removed; a hold that stands and one that was lifted; two blocks, one of them
 * lifted; a case, an objection in it; a copy of the store, another that is gone. */
static int keep_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct value_given values[] = {{"name", "service", "Айгерім", "өтініш", TIME_NONE},
                                         {"email", "service", "aigerim@example.kz", "өтініш", TIME_NONE}};
    const struct value_given again = {"name", "service", "Айгерім Сейітқызы", "паспорт", TIME_NONE};
    struct objection_row objection = {.case_id = arg, .state = "open"};
    struct office *office = &w->f.office;
    char made[ID_TEXT], gone[ID_TEXT];
    int64_t standing, lifted;
    struct person person;
    int r = person_get(tx, "u-1", &w->arena, &person, err);

    r = r < 0 ? r : vault_put(tx, office, w->kept, &person, values, 2, &w->service, w->now_usec, &w->errors, err);
    r = r < 0 ? r : vault_put(tx, office, w->kept, &person, &again, 1, &w->service, w->now_usec, &w->errors, err);
    r = r < 0 ? r
              : vault_remove(tx, office, &person, kept_category_number(w->kept, "email"),
                             kept_at(w->kept, KEPT_PURPOSE, "service", w->now_usec)->number, "request", NULL,
                             &w->service, w->now_usec, err);
    r = r < 0 ? r : hold_set(tx, office, &person, "pdl.18", "x", DAY_NONE, &w->service, w->now_usec, &standing, err);
    r = r < 0 ? r : person_get(tx, "u-1", &w->arena, &person, err);
    r = r < 0 ? r : hold_set(tx, office, &person, "pdl.18", "y", DAY_NONE, &w->service, w->now_usec, &lifted, err);
    r = r < 0 ? r : person_get(tx, "u-1", &w->arena, &person, err);
    r = r < 0 ? r : hold_lift(tx, office, &person, lifted, &w->service, w->now_usec, err);
    r = r < 0 ? r : person_get(tx, "u-1", &w->arena, &person, err);
    r = r < 0 ? r : person_block(tx, office, &person, arg, &w->service, w->now_usec, err);
    r = r < 0 ? r : person_get(tx, "u-1", &w->arena, &person, err);
    r = r < 0 ? r : person_block(tx, office, &person, NULL, &w->service, w->now_usec, err);
    r = r < 0 ? r : person_get(tx, "u-1", &w->arena, &person, err);
    r = r < 0 ? r : person_unblock(tx, office, &person, arg, &w->service, w->now_usec, err);
    r = r < 0 ? r : person_get(tx, "u-1", &w->arena, &person, err);
    r = r < 0 ? r : case_identify(tx, office, arg, &person, "operator", &w->service, w->now_usec, err);
    objection.person = person.serial;
    r = r < 0 ? r
              : person_event(tx, office, "objection.made", &person, &w->service, arg, w->now_usec, json_object(), NULL,
                             &objection.leaf, err);
    r = r < 0 ? r : store_objection_put(tx, &objection, err);
    r = r < 0 ? r : backup_note(tx, office, 7, w->now_usec, made, err);
    r = r < 0 ? r : backup_note(tx, office, 7, w->now_usec, gone, err);
    return r < 0 ? r : backup_gone(tx, office, gone, w->now_usec, err);
}

static int destroy_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct value_given value = {"name", "service", "Дәулет", "өтініш", TIME_NONE};
    struct person person;
    int64_t leaf;
    int r = person_get(tx, arg, &w->arena, &person, err);

    r = r < 0 ? r : vault_put(tx, &w->f.office, w->kept, &person, &value, 1, &w->service, w->now_usec, &w->errors, err);
    return r < 0 ? r
                 : destruction_begin(tx, &w->f.office, &person, "pdl.18.1", NULL, &w->responsible, w->now_usec, &leaf,
                                     err);
}

/* One to somebody who is known, one to nobody: neither is an event. */
static int ask_codes_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    char made[ID_TEXT];
    int r = code_ask(tx, &w->f.office, "email", "aigerim@example.kz", LANG_KK, w->now_usec, made, err);

    r = r < 0 ? r : code_ask(tx, &w->f.office, "email", "nobody@example.kz", LANG_KK, w->now_usec, made, err);
    return r < 0 ? r : codes_pass(tx, &w->f.office, w->now_usec, 10, arg, err);
}

static void more_happens(struct persons_world *w)
{
    struct consent_given third = persons_consent("u-3");
    struct case_opened opened;
    struct err err = {0};
    size_t count = 0;

    assert_int_equal(
        fixture_open_case(&w->f,
                          &(struct fixture_opening){.raw = fixture_complaint, .raw_count = 2, .now_usec = w->now_usec},
                          &opened, &err),
        0);
    persons_must_give(w, &third);
    if (persons_write(w, keep_run, opened.id, &err) < 0 || persons_write(w, ask_codes_run, &count, &err) < 0 ||
        persons_write(w, destroy_run, "u-3", &err) < 0)
        fail_msg("%s %s %s", err.code, err.arg, err.detail);
    assert_int_equal(count, 2);
    do
        assert_int_equal(destruction_pass(&w->f.office, w->now_usec, &count, &err), 0);
    while (count > 0);
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
    more_happens(w);
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
    struct verify_report whole;
    struct tx *tx = persons_read(w);
    int r = persons_verify(tx, &w->f.office, &whole, report, err);

    store_read_end(tx);
    return r;
}

static void what_was_done_is_found_whole(void **state)
{
    struct persons_report report = {0};
    struct err err = {0};

    if (verify(*state, &report, &err) < 0)
        fail_msg("%s %s", err.arg, err.detail);
    assert_int_equal(report.people, 3);
    assert_int_equal(report.consents, 4);
    assert_int_equal(report.records, 1);
    assert_int_equal(report.records_destroyed, 1);
}

static void a_change_of_any_row_is_found(void **state)
{
    static const struct {
        const char *table, *sql, *arg;
    } changes[] = {
        {"person", "UPDATE person SET adult_day = adult_day + 1 WHERE adult_day IS NOT NULL", "person "},
        {"person", "UPDATE person SET blocks = 1 WHERE serial = 2", "person "},
        {"person", "UPDATE person SET holds = 1 WHERE serial = 2", "person "},
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
        {"destruction", "INSERT INTO destruction VALUES (1, 2, 0, NULL, 'pdl.18.1', 'intended', 1, '{}')", "person "},
        {"backup_made", "INSERT INTO backup_made VALUES ('b', 1, 2, NULL)", "backup "},
        {"backup_made", "UPDATE backup_made SET kept_until_usec = kept_until_usec - 1", "backup "},
        {"backup_made", "UPDATE backup_made SET removed_usec = NULL", "backup "},
        {"backup_made", "DELETE FROM backup_made WHERE removed_usec IS NULL", "backup"},
        {"legal_hold", "UPDATE legal_hold SET lifted_usec = 1 WHERE lifted_usec IS NULL", "person "},
        {"legal_hold", "UPDATE legal_hold SET lifted_usec = NULL", "person "},
        {"legal_hold", "UPDATE legal_hold SET reason = 'z' WHERE reason = 'x'", "person "},
        {"legal_hold", "UPDATE legal_hold SET norm = 'pdl.12' WHERE reason = 'x'", "person "},
        {"legal_hold", "UPDATE legal_hold SET until_day = 20000 WHERE reason = 'x'", "person "},
        {"legal_hold", "UPDATE legal_hold SET person = 2 WHERE reason = 'x'", "person "},
        {"legal_hold", "DELETE FROM legal_hold WHERE reason = 'y'", "person "},
        {"person_record", "DELETE FROM person_record", "person "},
        {"person_record", "UPDATE person_record SET person = 2", "person "},
        {"person_record", "UPDATE person_record SET category = category + 1", "person "},
        {"person_record", "UPDATE person_record SET purpose = purpose + 1", "person "},
        {"person_record", "UPDATE person_record SET source = 'өтініш'", "person "},
        {"person_record", "UPDATE person_record SET collected_usec = collected_usec - 1", "person "},
        {"person_record", "UPDATE person_record SET destroy_day = 30000", "person "},
        {"person_record", "UPDATE person_record SET announced_usec = 1", "person "},
        {"person_record", "UPDATE person_record SET commitment = zeroblob(32)", "person "},
        {"person_record", "UPDATE person_record SET sealed = zeroblob(length(sealed))", ""},
        {"person_record",
         "INSERT INTO person_record SELECT 2, category, purpose, sealed, commitment, source, collected_usec, "
         "destroy_day, announced_usec, leaf FROM person_record",
         "person "},
        {"objection", "UPDATE objection SET state = 'rejected'", "person "},
        {"objection", "UPDATE objection SET purpose = 1", "person "},
        {"objection", "UPDATE objection SET person = 2", "person "},
        {"objection", "UPDATE objection SET leaf = leaf + 1", "person "},
        {"objection", "DELETE FROM objection", "person "},
        {"person_case", "UPDATE person_case SET person = 2", "person "},
        {"person_case", "UPDATE person_case SET how = 'cabinet'", "person "},
        {"person_case", "UPDATE person_case SET leaf = leaf + 1", "person "},
        {"person_case", "DELETE FROM person_case", "person "},
        {"destruction", "UPDATE destruction SET state = 'executed'", "person "},
        {"destruction", "UPDATE destruction SET ground = 'pdl.18.2'", "person "},
        {"destruction", "UPDATE destruction SET person = 2", "person "},
        {"destruction", "UPDATE destruction SET purpose = 1", "person "},
        {"destruction", "DELETE FROM destruction", "person "},
        {"person", "UPDATE person SET destroyed_usec = NULL WHERE destroyed_usec IS NOT NULL", "person "},
        {"person", "UPDATE person SET id = 'u-3', key64 = 5 WHERE destroyed_usec IS NOT NULL", "person "},
        {"person", "UPDATE person SET blocks = 0 WHERE serial = 1", "person "},
        {"person", "UPDATE person SET holds = 0 WHERE serial = 1", "person "},
        {"person", "UPDATE person SET holds = 2 WHERE serial = 1", "person "},
        {"consent", "UPDATE consent SET ended = NULL, ended_usec = NULL, stands = given WHERE ended = 'destroyed'",
         "consent "},
        {"outbox", "UPDATE outbox SET purpose = 'receipt' WHERE purpose = 'code'", "outbox "},
        {"outbox", "UPDATE outbox SET leaf = 1000000 WHERE purpose = 'code'", "outbox "},
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
