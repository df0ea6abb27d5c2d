/* Verification finds what was changed behind the engine's back, and says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "fixture.h"
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define NOW "2026-03-20T10:00:00+05:00"

static const char *const about = "interface", *const said = "Батырма көрінбейді, түзетіңіздерші.",
                         *const email = "zhanar@example.kz", *const decision = "upheld",
                         *const reasons = "Тексерілді, түзетілді, рақмет.";

/* Three cases; the second is answered. */
static void fill(struct fixture *f, struct case_opened opened[3])
{
    struct raw_value raw[3] = {fixture_raw("about", &about), fixture_raw("text", &said),
                               fixture_raw("contact_email", &email)};
    struct raw_value answer[2] = {fixture_raw("decision", &decision), fixture_raw("reasons", &reasons)};
    struct fixture_opening opening = {.now_usec = fixture_moment(f, NOW), .raw = raw, .raw_count = 3};
    struct case_acting acting = {.case_id = opened[1].id, .act = "answer", .raw = answer, .raw_count = 2};
    struct err err = {0};

    for (int i = 0; i < 3; i++)
        assert_int_equal(fixture_open_case(f, &opening, &opened[i], &err), 0);
    assert_int_equal(fixture_act(f, &acting, &f->moderator, opening.now_usec + USEC_PER_DAY, NULL, NULL, &err), 0);
}

static void test_a_sound_store_is_sound(void **state)
{
    struct fixture f;
    struct case_opened opened[3];
    struct verify_report report;
    struct err err = {0};

    fixture_start(&f);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    assert_int_equal(report.cases, 0);
    fill(&f, opened);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    assert_int_equal(report.cases, 3);
    assert_int_equal(report.values_checked, 3);
    assert_int_equal(report.values_destroyed, 0);
    fixture_end(&f);
}

static void test_a_changed_byte_in_an_event_is_named(void **state)
{
    struct fixture f;
    struct case_opened opened[3];
    struct verify_report report;
    struct err err = {0};
    char sql[256], wanted[32];

    fixture_start(&f);
    fill(&f, opened);
    snprintf(sql, sizeof(sql), "UPDATE event SET body = replace(body, 'interface', 'interfacf') WHERE leaf = %lld",
             (long long)opened[2].leaf);
    fixture_sql(&f, sql);
    snprintf(wanted, sizeof(wanted), "event %lld", (long long)opened[2].leaf);
    assert_int_equal(fixture_verify(&f, &report, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "ledger_damaged");
    assert_string_equal(err.arg, wanted);
    fixture_end(&f);
}

struct damage {
    const char *what, *sql; /* %s: the id of the second case */
};
static const struct damage damages[] = {
    {"state", "UPDATE case_file SET state = 'received', closed_usec = NULL WHERE id = '%s'"},
    {"version", "UPDATE case_file SET version = 3 WHERE id = '%s'"},
    {"number", "UPDATE case_file SET number = 'Ш-2026-000009' WHERE id = '%s'"},
    {"values", "UPDATE case_file SET fields = replace(fields, 'upheld', 'rejected') WHERE id = '%s'"},
    {"receipt", "UPDATE case_file SET opened_usec = opened_usec + 86400000000 WHERE id = '%s'"},
    {"assignee", "UPDATE case_file SET assignee = opener WHERE id = '%s'"},
    {"next due", "UPDATE case_file SET next_due_usec = 1 WHERE id = '%s'"},
    {"clock stopped", "UPDATE clock SET state = 'missed' WHERE case_id = '%s'"},
    {"clock in time", "UPDATE clock SET stopped_in_time = 0 WHERE case_id = '%s'"},
    {"clock due", "UPDATE clock SET due_usec = due_usec + 1000000 WHERE case_id = '%s'"},
    {"clock lost", "DELETE FROM clock WHERE case_id = '%s'"},
    {"sealed lost", "UPDATE case_file SET sealed = NULL WHERE id = '%s'"},
    {"sealed of another",
     "UPDATE case_file SET sealed = (SELECT sealed FROM case_file WHERE serial = 1) WHERE id = '%s'"},
    {"event's sealed lost", "UPDATE event SET sealed = NULL WHERE kind = 'case.opened' AND case_id = '%s'"},
    {"person of another", "UPDATE case_file SET subject_id = NULL WHERE id = '%s'"},
    {"account of the opener", "UPDATE case_file SET opener_account = '018f0000-0000-7000-8000-000000000001' "
                              "WHERE id = '%s'"},
    {"clock told", "UPDATE clock SET overdue_told = 1, ripe_usec = NULL WHERE case_id = '%s'"},
    {"clock reminds", "UPDATE clock SET remind_usec = 1 WHERE case_id = '%s'"},
    {"clock ripe", "UPDATE clock SET ripe_usec = 1 WHERE case_id = '%s'"},
    {"clock's outcome", "UPDATE clock SET outcome = 2 WHERE case_id = '%s'"},
    {"clock's procedure", "UPDATE clock SET procedure = 'other' WHERE case_id = '%s'"},
    {"clock's receipt", "UPDATE clock SET opened_usec = opened_usec + 1 WHERE case_id = '%s'"},
    {"event's person lost", "UPDATE event SET subject_id = NULL WHERE kind = 'case.opened' AND case_id = '%s'"},
    {"event's person of another",
     "UPDATE event SET subject_id = (SELECT id FROM subject WHERE wrapped_key IS NOT NULL) "
     "|| 'x' WHERE kind = 'case.acted' AND case_id = '%s'"},
    {"row lost", "DELETE FROM clock WHERE case_id = '%1$s'; DELETE FROM case_file WHERE id = '%1$s'"},
};

static void test_each_damage_names_its_case(void **state)
{
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct fixture f;
        struct case_opened opened[3];
        struct verify_report report;
        struct err err = {0};
        char sql[512];

        fixture_start(&f);
        fill(&f, opened);
        /* A table of formats, each with the one argument. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(sql, sizeof(sql), damages[i].sql, opened[1].id);
#pragma GCC diagnostic pop
        fixture_sql(&f, sql);
        if (fixture_verify(&f, &report, &err) != -ERR_DAMAGED || strcmp(err.code, "case_damaged") != 0)
            fail_msg("%s: not found (%s)", damages[i].what, err.code != NULL ? err.code : "sound");
        if (strcmp(damages[i].what, "number") != 0)
            assert_string_equal(err.arg, opened[1].number);
        fixture_end(&f);
    }
}

/* The arg that names it begins with `arg`. */
static const struct {
    const char *sql, *code, *arg;
} others[] = {
    {"UPDATE account SET roles = 'admin auditor moderator registrar' WHERE roles = 'moderator'", "store_damaged",
     "account 0"},
    {"UPDATE account SET disabled = 1 WHERE roles = 'auditor'", "store_damaged", "account 0"},
    {"DELETE FROM account WHERE roles = 'auditor'", "store_damaged", "account lost"},
    {"INSERT INTO account SELECT id || 'x', login || 'x', name, email, password_hash, roles, lang, disabled, "
     "must_change_password, failures, locked_until_usec, created_usec FROM account WHERE roles = 'admin'",
     "store_damaged", "account 0"},
    {"UPDATE token SET roles = 'admin'", "store_damaged", "token 0"},
    {"UPDATE token SET expires_usec = NULL", "store_damaged", "token 0"},
    {"UPDATE token SET revoked_usec = NULL", "store_damaged", "token 0"},
    {"UPDATE token SET account_id = (SELECT id FROM account WHERE roles = 'admin')", "store_damaged", "token 0"},
    {"DELETE FROM token", "store_damaged", "token lost"},
    {"UPDATE setting SET json = replace(json, '990140999905', '990140999906')", "store_damaged",
     "setting organisation"},
    {"DELETE FROM setting WHERE name = 'organisation'", "store_damaged", "setting organisation"},
    {"UPDATE case_seq SET newest = 7", "store_damaged", "complaint 2026"},
    {"DELETE FROM case_seq", "store_damaged", "case_seq"},
    {"INSERT INTO case_seq VALUES ('complaint', 2027, 1)", "store_damaged", "complaint 2027"},
    {"UPDATE outbox SET leaf = 0", "store_damaged", "outbox 0"},
    {"INSERT INTO ledger_node VALUES (8, 5, zeroblob(32))", "ledger_damaged", "nodes"},
    {"UPDATE event SET subject_id = (SELECT min(id) FROM subject) WHERE leaf = 0", "ledger_damaged", "event 0"},
};

/* A token that is revoked later, and an organisation. */
static int found_more(struct tx *tx, struct store_command *command, struct err *err)
{
    struct fixture *f = command->arg;
    struct organisation organisation = {.name = {.in = {"Алаң", "Алаң", "Alań"}}, .bin = "990140999905"};
    char secret[64], id[ID_TEXT];
    int r = organisation_put(tx, &f->office, &organisation, &f->admin, USEC_PER_DAY, err);

    if (r == 0)
        r = token_create(tx, &f->office.access, f->moderator.account_id, "tests", ROLE_MODERATOR, 9 * USEC_PER_DAY,
                         &f->admin, USEC_PER_DAY, secret, id, err);
    return r < 0 ? r : token_revoke(tx, &f->office.access, id, &f->admin, 2 * USEC_PER_DAY, err);
}

static void test_what_is_no_case_is_checked_too(void **state)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct fixture f;
        struct case_opened opened[3];
        struct verify_report report;
        struct err err = {0};

        fixture_start(&f);
        fill(&f, opened);
        assert_int_equal(store_write(f.store, found_more, &f, &err), 0);
        assert_int_equal(fixture_verify(&f, &report, &err), 0);
        fixture_sql(&f, others[i].sql);
        if (fixture_verify(&f, &report, &err) != -ERR_DAMAGED || strcmp(err.code, others[i].code) != 0 ||
            strncmp(err.arg, others[i].arg, strlen(others[i].arg)) != 0)
            fail_msg("%s: %s %s", others[i].sql, err.code != NULL ? err.code : "sound", err.arg);
        fixture_end(&f);
    }
}

/* Told overdue, extended, computed anew: what is told of a clock follows its events. */
static void test_a_clock_with_a_history_is_sound(void **state)
{
    struct fixture f;
    struct case_opened opened[3];
    struct verify_report report;
    struct err err = {0};

    fixture_start(&f);
    fill(&f, opened);
    assert_true(fixture_tick(&f, fixture_moment(&f, "2026-04-10T00:00:00+05:00")) > 0);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    fixture_edit_law(&f, "norms/opl.yaml",
                     "    amount: 20\n    unit: calendar_day\n    counting: day_after\n    starts:\n"
                     "      kk: \"Шағым алынған күн\"\n",
                     "    amount: 40\n    unit: calendar_day\n    counting: day_after\n    starts:\n"
                     "      kk: \"Шағым алынған күн\"\n");
    assert_int_equal(fixture_reload(&f, &err), 0);
    assert_true(fixture_recompute(&f, fixture_moment(&f, "2026-04-11T00:00:00+05:00")) > 0);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    assert_true(fixture_tick(&f, fixture_moment(&f, "2026-05-10T00:00:00+05:00")) > 0);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    fixture_sql(&f, "UPDATE clock SET overdue_told = 0, ripe_usec = overdue_usec WHERE state = 'running'");
    assert_int_equal(fixture_verify(&f, &report, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "case_damaged");
    fixture_end(&f);
}

static void test_an_event_taken_away_is_found(void **state)
{
    struct fixture f;
    struct case_opened opened[3];
    struct verify_report report;
    struct err err = {0};

    fixture_start(&f);
    fill(&f, opened);
    fixture_sql(&f, "DELETE FROM event WHERE leaf = (SELECT max(leaf) FROM event)");
    assert_int_equal(fixture_verify(&f, &report, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "ledger_damaged");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sound_store_is_sound),
        cmocka_unit_test(test_a_changed_byte_in_an_event_is_named),
        cmocka_unit_test(test_each_damage_names_its_case),
        cmocka_unit_test(test_what_is_no_case_is_checked_too),
        cmocka_unit_test(test_a_clock_with_a_history_is_sound),
        cmocka_unit_test(test_an_event_taken_away_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
