/* Verification finds what was changed behind the engine's back, and says where. */
#include "access/feed.h"
#include "test_cases_world.h"

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
    {"DELETE FROM calendar_feed", "store_damaged", "feed 0"},
    {"UPDATE calendar_feed SET created_usec = created_usec + 1", "store_damaged", "feed 0"},
    {"UPDATE calendar_feed SET account_id = (SELECT id FROM account WHERE roles = 'auditor')", "store_damaged",
     "feed 0"},
    {"INSERT INTO calendar_feed SELECT id, zeroblob(32), 1 FROM account WHERE roles = 'auditor'", "store_damaged",
     "feed 0"},
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

/* A token that is revoked later, an organisation, a calendar that is there and one that was. */
static int found_more(struct tx *tx, struct store_command *command, struct err *err)
{
    struct fixture *f = command->arg;
    struct organisation organisation = {.name = {.in = {"Алаң", "Алаң", "Alań"}}, .bin = "990140999905"};
    char secret[64], id[ID_TEXT];
    int r = organisation_put(tx, &f->office, &organisation, &f->admin, USEC_PER_DAY, err);

    if (r == 0)
        r = token_create(tx, &f->office.access, f->moderator.account_id, "tests", ROLE_MODERATOR, 9 * USEC_PER_DAY,
                         &f->admin, USEC_PER_DAY, secret, id, err);
    if (r == 0)
        r = token_revoke(tx, &f->office.access, id, &f->admin, 2 * USEC_PER_DAY, err);
    if (r == 0)
        r = feed_create(tx, &f->office.access, f->admin.account_id, &f->admin, USEC_PER_DAY, secret, err);
    if (r == 0)
        r = feed_create(tx, &f->office.access, f->moderator.account_id, &f->moderator, USEC_PER_DAY, secret, err);
    if (r == 0)
        r = feed_create(tx, &f->office.access, f->moderator.account_id, &f->moderator, 2 * USEC_PER_DAY, secret, err);
    return r < 0 ? r : feed_revoke(tx, &f->office.access, f->admin.account_id, &f->admin, 2 * USEC_PER_DAY, err);
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

static void duty_in_law(struct fixture *f, bool duty)
{
    struct err err = {0};

    fixture_edit_law(f, "procedures/verdict.yaml", duty ? "stopped_by: [halt], right: true" : "stopped_by: [halt]",
                     duty ? "stopped_by: [halt]" : "stopped_by: [halt], right: true");
    assert_int_equal(fixture_reload(f, &err), 0);
}

static int64_t next_due(struct fixture *f, const struct case_opened *opened)
{
    struct case_row row;
    struct err err = {0};
    struct tx *tx;

    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    assert_int_equal(store_case_get(tx, opened->id, &f->arena, &row, &err), 0);
    store_read_end(tx);
    return row.next_due_usec;
}

/* The law is read anew, and a duty turns out to be a right, or the other way: what is still said of the clock follows,
 * and nobody calls it damage. */
static void test_a_duty_that_is_none_any_more_is_sound(void **state)
{
    struct fixture f;
    struct case_opened runs, late, over;
    struct verify_report report;
    struct err err = {0};
    int64_t soon, then;

    world_start(&f);
    soon = fixture_moment(&f, "2026-03-21T10:00:00+05:00");
    then = fixture_moment(&f, "2026-05-01T10:00:00+05:00");
    world_must_open(&f, "verdict", &f.moderator, "2026-02-20T10:00:00+05:00", NULL, NULL, &late);
    world_must_open(&f, "verdict", &f.moderator, NOW, NULL, NULL, &runs);
    world_must_open(&f, "verdict", &f.moderator, NOW, NULL, NULL, &over);
    assert_int_equal(fixture_tick(&f, soon), 1); /* the first one is told of */
    assert_true(next_due(&f, &runs) != TIME_NONE);

    duty_in_law(&f, false);
    /* Not sound, and not damaged either, until the clocks were looked at. */
    assert_int_equal(fixture_verify(&f, &report, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "registers_waiting");
    assert_int_equal(fixture_recompute(&f, soon), 3);
    world_refresh(&f);
    world_sound(&f);
    assert_int_equal(next_due(&f, &runs), TIME_NONE);
    world_must_act(&f, &over, "halt", &f.moderator, "2026-03-21T11:00:00+05:00", NULL, NULL);
    assert_int_equal(fixture_tick(&f, then), 0);
    world_sound(&f);

    /* A duty again: what was told before is not told twice, what was not is told now. */
    duty_in_law(&f, true);
    assert_int_equal(fixture_recompute(&f, then), 2);
    world_refresh(&f);
    world_sound(&f);
    assert_true(next_due(&f, &runs) != TIME_NONE);
    assert_int_equal(fixture_tick(&f, then), 1);
    assert_int_equal(fixture_tick(&f, then), 0);
    world_sound(&f);
    fixture_end(&f);
}

/* A procedure whose numbers hold no year counts on over the years. */
static void test_numbers_without_a_year_go_on(void **state)
{
    struct fixture f;
    struct case_opened first, second;
    struct err err = {0};

    world_start(&f);
    fixture_edit_law(&f, "procedures/verdict.yaml", "ТВ-{year}-{seq:4}", "ТВ-{seq:4}");
    assert_int_equal(fixture_reload(&f, &err), 0);
    world_must_open(&f, "verdict", &f.moderator, "2026-12-31T23:59:00+05:00", NULL, NULL, &first);
    world_must_open(&f, "verdict", &f.moderator, "2027-01-01T00:01:00+05:00", NULL, NULL, &second);
    assert_string_equal(first.number, "ТВ-0001");
    assert_string_equal(second.number, "ТВ-0002");
    world_refresh(&f);
    world_sound(&f);
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

/* --- What stands beside the cases --------------------------------------------------------------------------------- */

/* Two probes, the second naming the first; a listed item and one that left. */
static void fill_world(struct fixture *f, struct case_opened probes[2], struct case_opened items[2])
{
    world_start(f);
    world_must_open(f, "probe", &f->official, NOW, "site", "https://example.kz/", &probes[0]);
    world_must_open(f, "probe", &f->official, NOW, "origin", probes[0].number, &probes[1]);
    for (int i = 0; i < 2; i++) {
        world_must_open(f, "item", &f->registrar, NOW, "name", "Бір", &items[i]);
        world_must_act(f, &items[i], "enter", &f->registrar, NOW, NULL, NULL);
    }
    world_must_act(f, &items[1], "leave", &f->registrar, NOW, NULL, NULL);
    world_refresh(f);
}

enum { OF_PROBE_0, OF_PROBE_1, OF_ITEM_0, OF_ITEM_1, OF_STORE };
static const struct {
    const char *sql;
    int whose;       /* whose number is named … */
    const char *arg; /* … or what of the store */
} beside[] = {
    {"DELETE FROM case_link", OF_PROBE_1, NULL},
    {"UPDATE case_link SET field = 'about'", OF_PROBE_1, NULL},
    {"UPDATE case_link SET leaf = leaf - 1", OF_PROBE_1, NULL},
    {"UPDATE case_link SET to_case = from_case", OF_PROBE_1, NULL},
    {"INSERT INTO case_link SELECT to_case, from_case, field, leaf FROM case_link", OF_PROBE_0, NULL},
    {"INSERT INTO case_link SELECT 'nobody', to_case, field, leaf FROM case_link", OF_STORE, "case_link"},
    {"DELETE FROM case_key", OF_PROBE_0, NULL},
    {"UPDATE case_key SET value = 'other.kz'", OF_PROBE_0, NULL},
    {"UPDATE case_key SET value = '#' || value", OF_PROBE_0, NULL},
    {"UPDATE case_key SET kind = 'resource'", OF_PROBE_0, NULL},
    {"UPDATE case_key SET procedure = 'item'", OF_PROBE_0, NULL},
    {"UPDATE case_key SET opened_usec = opened_usec - 1", OF_PROBE_0, NULL},
    {"UPDATE case_key SET serial = serial + 1", OF_PROBE_0, NULL},
    {"INSERT INTO case_key SELECT case_id, 'subject', value, procedure, opened_usec, serial FROM case_key", OF_PROBE_0,
     NULL},
    {"INSERT INTO case_key SELECT 'nobody', kind, value, procedure, opened_usec, serial FROM case_key", OF_STORE,
     "case_key"},
    {"DELETE FROM register_entry WHERE left_usec IS NULL", OF_ITEM_0, NULL},
    {"UPDATE register_entry SET state = 'left' WHERE left_usec IS NULL", OF_ITEM_0, NULL},
    {"UPDATE register_entry SET columns = replace(columns, 'Бір', 'Екі')", OF_ITEM_0, NULL},
    {"UPDATE register_entry SET words = 'екі' WHERE left_usec IS NULL", OF_ITEM_0, NULL},
    {"UPDATE register_entry SET entered_usec = entered_usec - 1 WHERE left_usec IS NULL", OF_ITEM_0, NULL},
    {"UPDATE register_entry SET left_usec = left_usec + 1", OF_ITEM_1, NULL},
    {"UPDATE register_entry SET left_usec = NULL", OF_ITEM_1, NULL},
    {"UPDATE register_entry SET case_id = 'nobody' WHERE left_usec IS NULL", OF_ITEM_0, NULL},
    {"INSERT INTO register_entry (serial, register, case_id, number, state, entered_usec, columns, words) "
     "SELECT 99, register, 'nobody', 'ТИ-9', state, 1, columns, words FROM register_entry WHERE left_usec IS NULL",
     OF_STORE, "register_entry items"},
    {"INSERT INTO register VALUES (99, 'others', 0, 0); UPDATE register_entry SET register = 99 WHERE serial = "
     "(SELECT max(serial) FROM register_entry)",
     OF_ITEM_1, NULL},
    {"INSERT INTO register VALUES (99, 'others', 0, 0); INSERT INTO register_entry (serial, register, case_id, number, "
     "state, entered_usec, columns, words) SELECT 99, 99, case_id, number, state, 1, columns, words "
     "FROM register_entry WHERE left_usec IS NULL",
     OF_STORE, "register_entry others"},
    {"UPDATE register SET standing = standing + 1", OF_STORE, "register items"},
    {"UPDATE register SET past = 0", OF_STORE, "register items"},
};

static void test_each_damage_beside_a_case_is_named(void **state)
{
    struct fixture f;
    struct case_opened cases[4];

    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        struct verify_report report;
        struct err err = {0};
        bool of_store = beside[i].whose == OF_STORE;
        const char *arg;

        fill_world(&f, cases, cases + 2);
        world_sound(&f);
        fixture_sql(&f, beside[i].sql);
        arg = of_store ? beside[i].arg : cases[beside[i].whose].number;
        if (fixture_verify(&f, &report, &err) != -ERR_DAMAGED ||
            strcmp(err.code, of_store ? "store_damaged" : "case_damaged") != 0 ||
            strncmp(err.arg, arg, strlen(arg)) != 0)
            fail_msg("%s: %s %s", beside[i].sql, err.code != NULL ? err.code : "sound", err.arg);
        fixture_end(&f);
    }
}

/* The key that a person's IIN gave stays, though nobody can tell any more whether it is right; all else is told. */
static void test_a_destroyed_persons_key_is_let_be(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct verify_report report;
    struct err err = {0};

    world_start(&f);
    world_must_open(&f, "probe", &f.official, NOW, "iin", "900101300017", &opened);
    world_refresh(&f);
    world_sound(&f);
    fixture_sql(&f, "UPDATE case_key SET value = '#' || substr(value, 3) || '0'");
    assert_int_equal(fixture_verify(&f, &report, &err), -ERR_DAMAGED);
    assert_string_equal(err.arg, opened.number);
    fixture_sql(&f, "UPDATE subject SET wrapped_key = NULL");
    world_sound(&f);
    /* The next law lets it be as well. */
    fixture_edit_law(&f, "procedures/item.yaml", "ТИ-", "ТЙ-");
    assert_int_equal(fixture_reload(&f, &err), 0);
    world_refresh(&f);
    world_sound(&f);
    fixture_sql(&f, "UPDATE case_key SET value = substr(value, 2)");
    assert_int_equal(fixture_verify(&f, &report, &err), -ERR_DAMAGED);
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
        cmocka_unit_test(test_a_duty_that_is_none_any_more_is_sound),
        cmocka_unit_test(test_numbers_without_a_year_go_on),
        cmocka_unit_test(test_an_event_taken_away_is_found),
        cmocka_unit_test(test_each_damage_beside_a_case_is_named),
        cmocka_unit_test(test_a_destroyed_persons_key_is_let_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
