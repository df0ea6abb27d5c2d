/* Acting: two at once, again and again, with files, and on values that change. The scripts of tests/scenario cover
 * roles, states and clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "test_cases_world.h"
#include <cmocka.h>
#include <string.h>

#define NOW "2026-03-20T10:00:00+05:00"

static const char *const decision = "upheld", *const reasons = "Тексерілді, түзетілді, рақмет.";
static const struct raw_value answer[2] = {
    {.name = "decision", .kind = RAW_STRING, .count = 1, .texts = &decision},
    {.name = "reasons", .kind = RAW_STRING, .count = 1, .texts = &reasons},
};

static int64_t open_case(struct fixture *f, struct case_opened *ret)
{
    struct fixture_opening opening = {.now_usec = fixture_moment(f, NOW), .raw = fixture_complaint, .raw_count = 2};
    struct err err = {0};

    assert_int_equal(fixture_open_case(f, &opening, ret, &err), 0);
    return opening.now_usec;
}

struct turn {
    const struct office *office;
    const struct act_prepared *act;
    const struct case_prepared *opening;
    struct case_opened opened;
    int64_t now_usec, version, leaf;
};

static int run_act(struct tx *tx, struct store_command *command, struct err *err)
{
    struct turn *turn = command->arg;

    return case_act(tx, turn->office, turn->act, turn->now_usec, &turn->version, &turn->leaf, err);
}

static int run_open(struct tx *tx, struct store_command *command, struct err *err)
{
    struct turn *turn = command->arg;

    return case_open(tx, turn->office, turn->opening, turn->now_usec, &turn->opened, err);
}

/* Both are prepared before either is written, as two threads would. */
static void two_at_once(struct fixture *f, const struct case_acting *first, const struct case_acting *second,
                        struct turn turns[2], struct err errs[2])
{
    const struct case_acting *acting[2] = {first, second};
    struct tx *tx;

    arena_reset(&f->arena);
    field_errors_init(&f->errors, &f->arena);
    for (int i = 0; i < 2; i++) {
        turns[i] = (struct turn){.office = &f->office, .now_usec = fixture_moment(f, NOW)};
        assert_int_equal(store_read_begin(f->store, &tx, &errs[i]), 0);
        assert_int_equal(case_act_prepare(tx, &f->office, acting[i], &f->moderator, turns[i].now_usec, &f->arena,
                                          &turns[i].act, &f->errors, &errs[i]),
                         0);
        store_read_end(tx);
    }
    for (int i = 0; i < 2; i++)
        (void)!store_write(f->store, run_act, &turns[i], &errs[i]);
}

static void test_two_answers_at_once_give_one(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct turn turns[2];
    struct err errs[2] = {{0}};
    struct verify_report report;

    fixture_start(&f);
    open_case(&f, &opened);
    struct case_acting acting = {.case_id = opened.id, .act = "answer", .raw = answer, .raw_count = 2};
    two_at_once(&f, &acting, &acting, turns, errs);
    assert_null(errs[0].code);
    assert_int_equal(turns[0].version, 2);
    assert_int_equal(errs[1].kind, ERR_CONFLICT);
    assert_string_equal(errs[1].code, "act_not_now");
    assert_int_equal(fixture_verify(&f, &report, &errs[0]), 0);
    fixture_end(&f);
}

static void test_two_on_the_same_version_give_one(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct turn turns[2];
    struct err errs[2] = {{0}};
    const char *text = "Қарап шықтым.";
    struct raw_value note = fixture_raw("text", &text);

    fixture_start(&f);
    open_case(&f, &opened);
    struct case_acting acting = {
        .case_id = opened.id, .act = "note", .expected_version = 1, .raw = &note, .raw_count = 1};
    two_at_once(&f, &acting, &acting, turns, errs);
    assert_null(errs[0].code);
    assert_int_equal(errs[1].kind, ERR_STALE);
    assert_string_equal(errs[1].code, "case_changed");
    fixture_end(&f);
}

static void test_one_key_sent_twice_at_once_writes_once(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct turn turns[2];
    struct err errs[2] = {{0}};

    fixture_start(&f);
    open_case(&f, &opened);
    struct case_acting acting = {
        .case_id = opened.id, .act = "answer", .raw = answer, .raw_count = 2, .idempotency_key = "k"};
    two_at_once(&f, &acting, &acting, turns, errs);
    assert_null(errs[0].code);
    assert_null(errs[1].code);
    assert_int_equal(turns[0].leaf, turns[1].leaf);
    assert_int_equal(turns[0].version, turns[1].version);

    struct case_opening opening = {.procedure = catalogue_procedure(f.office.catalogue, "complaint"),
                                   .opener = "public",
                                   .received_usec = turns[0].now_usec,
                                   .raw = fixture_complaint,
                                   .raw_count = 2,
                                   .idempotency_key = "k"};
    for (int i = 0; i < 2; i++)
        assert_int_equal(case_open_prepare(NULL, &f.office, &opening, &f.anonymous, turns[0].now_usec, &f.arena,
                                           &turns[i].opening, &f.errors, &errs[i]),
                         0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(store_write(f.store, run_open, &turns[i], &errs[i]), 0);
    assert_false(turns[0].opened.repeated);
    assert_true(turns[1].opened.repeated);
    assert_string_equal(turns[0].opened.id, turns[1].opened.id);
    assert_string_equal(turns[0].opened.access_code, turns[1].opened.access_code);
    fixture_end(&f);
}

static void test_a_command_run_again_writes_the_same(void **state)
{
    struct fixture f;
    struct turn turn;
    struct err err = {0};
    struct verify_report report;

    fixture_start(&f);
    turn = (struct turn){.office = &f.office, .now_usec = fixture_moment(&f, NOW)};
    struct case_opening opening = {.procedure = catalogue_procedure(f.office.catalogue, "complaint"),
                                   .opener = "public",
                                   .received_usec = turn.now_usec,
                                   .raw = fixture_complaint,
                                   .raw_count = 2};
    field_errors_init(&f.errors, &f.arena);
    assert_int_equal(case_open_prepare(NULL, &f.office, &opening, &f.anonymous, turn.now_usec, &f.arena, &turn.opening,
                                       &f.errors, &err),
                     0);
    assert_int_equal(store_write(f.store, run_open, &turn, &err), 0);
    /* Without a key the same prepared case cannot be written twice: its id is taken. Nothing of the second remains. */
    assert_true(store_write(f.store, run_open, &turn, &err) < 0);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    assert_int_equal(report.cases, 1);
    fixture_end(&f);
}

static void test_files_come_with_an_act_but_not_with_a_note(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_view view;
    struct verify_report report;
    struct err err = {0};
    struct tx *tx;
    const char *text = "Құжатпен бірге.";
    struct raw_value note = fixture_raw("text", &text);
    struct attachment_new file = {.name = "жауап.pdf", .bytes = "%PDF-1.4\nend", .count = 12};

    fixture_start(&f);
    int64_t now_usec = open_case(&f, &opened);
    struct case_acting noting = {
        .case_id = opened.id, .act = "note", .raw = &note, .raw_count = 1, .files = &file, .file_count = 1};
    struct case_acting answering = {
        .case_id = opened.id, .act = "answer", .raw = answer, .raw_count = 2, .files = &file, .file_count = 1};
    assert_int_equal(fixture_act(&f, &noting, &f.moderator, now_usec, NULL, NULL, &err), -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&f.errors, "attachments")->code, "unknown_field");
    assert_int_equal(fixture_act(&f, &answering, &f.moderator, now_usec, NULL, NULL, &err), 0);
    arena_reset(&f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(
        case_view(tx, &f.office, opened.id, &f.moderator, fixture_moment(&f, NOW), 0, &f.arena, &view, &err), 0);
    assert_int_equal(view.attachment_count, 1);
    assert_string_equal(view.attachment_names[0], "жауап.pdf");
    store_read_end(tx);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    assert_int_equal(report.attachments, 1);
    fixture_end(&f);
}

/* An act of our own: the registrar writes down another address of the opener, and a remark that is nobody else's. */
static const char correct[] =
    "  correct:\n"
    "    title: {kk: Түзету, ru: Исправить, en: Correct}\n"
    "    by: [registrar]\n"
    "    from: [received]\n"
    "    fields:\n"
    "      - {name: contact_email, type: email, required: true, personal: true,\n"
    "         title: {kk: Пошта, ru: Почта, en: E-mail}}\n"
    "      - {name: remark, type: line, title: {kk: Белгі, ru: Пометка, en: Remark}}\n"
    "      - {name: told, type: line, public: true, title: {kk: Хабар, ru: Весть, en: Told}}\n";

static void test_an_act_changes_a_personal_value_of_the_case(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_view view;
    struct verify_report report;
    struct err err = {0};
    struct tx *tx;
    const char *email = "janga@example.kz", *remark = "Телефонмен айтты.", *told = "Мекенжай жаңартылды.";
    struct raw_value raw[3] = {fixture_raw("contact_email", &email), fixture_raw("remark", &remark),
                               fixture_raw("told", &told)};

    fixture_start(&f);
    fixture_edit_law(&f, "procedures/complaint.yaml", NULL, correct);
    assert_int_equal(fixture_reload(&f, &err), 0);
    int64_t now_usec = open_case(&f, &opened);
    struct case_acting correcting = {.case_id = opened.id, .act = "correct", .raw = raw, .raw_count = 3};
    struct case_acting answering = {.case_id = opened.id, .act = "answer", .raw = answer, .raw_count = 2};
    assert_int_equal(fixture_act(&f, &correcting, &f.registrar, now_usec, NULL, NULL, &err), 0);
    assert_false(fixture_store_holds(&f, email));
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    assert_int_equal(report.values_checked, 1);
    /* The answer now reaches the opener, who had given no address. */
    assert_int_equal(fixture_act(&f, &answering, &f.moderator, now_usec, NULL, NULL, &err), 0);
    arena_reset(&f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(case_view(tx, &f.office, opened.id, &f.moderator, fixture_moment(&f, NOW),
                               CASE_WITH_EVENTS | CASE_WITH_MESSAGES, &f.arena, &view, &err),
                     0);
    assert_string_equal(case_value_text(view.values, view.value_count, "contact_email"), email);
    assert_int_equal(view.message_count, 1);
    assert_string_equal(view.messages[0].to, "opener");
    assert_string_equal(case_value_text(view.events[1].values, view.events[1].value_count, "remark"), remark);
    assert_string_equal(case_value_text(view.events[1].values, view.events[1].value_count, "contact_email"), email);
    /* Of what staff wrote the opener reads only what is marked public. */
    assert_int_equal(case_view_by_code(tx, &f.office, opened.number, opened.access_code, fixture_moment(&f, NOW),
                                       CASE_WITH_EVENTS, &f.arena, &view, &err),
                     0);
    assert_int_equal(view.events[1].value_count, 1);
    assert_string_equal(case_value_text(view.events[1].values, view.events[1].value_count, "told"), told);
    store_read_end(tx);
    fixture_end(&f);
}

static void test_who_left_gets_no_case(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct err err = {0};

    fixture_start(&f);
    int64_t now_usec = open_case(&f, &opened);
    const char *to = f.registrar.account_id;
    struct raw_value raw = fixture_raw("account", &to);
    struct case_acting assigning = {.case_id = opened.id, .act = "assign", .raw = &raw, .raw_count = 1};
    fixture_sql(&f, "UPDATE account SET disabled = 1 WHERE login = 'registrar'");
    assert_int_equal(fixture_act(&f, &assigning, &f.admin, now_usec, NULL, NULL, &err), -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&f.errors, "account")->code, "not_an_option");
    fixture_end(&f);
}

static void test_an_unknown_case_and_a_token_without_the_role(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct err err = {0};

    fixture_start(&f);
    int64_t now_usec = open_case(&f, &opened);
    struct case_acting nowhere = {.case_id = "0190a000-0000-7000-8000-000000000000", .act = "take"};
    struct case_acting taking = {.case_id = opened.id, .act = "take"};
    assert_int_equal(fixture_act(&f, &nowhere, &f.moderator, now_usec, NULL, NULL, &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "case_unknown");
    struct actor token = f.moderator;
    token.kind = ACTOR_TOKEN;
    token.roles = ROLE_PUBLIC | ROLE_AUDITOR;
    assert_int_equal(fixture_act(&f, &taking, &token, now_usec, NULL, NULL, &err), -ERR_FORBIDDEN);
    token.roles = ROLE_PUBLIC | ROLE_MODERATOR;
    memcpy(token.token_id, "0190a000-0000-7000-8000-00000000000a", 37);
    assert_int_equal(fixture_act(&f, &taking, &token, now_usec, NULL, NULL, &err), 0);
    fixture_end(&f);
}

/* Two prepare, the first decides the one case, the second act is on the appeal against it: what bars an act is asked
 * again when it is written. */
static void test_who_decides_meanwhile_is_barred(void **state)
{
    struct fixture f;
    struct case_opened verdict, review;
    struct arena arena;
    struct err err = {0};
    struct turn turn;
    struct tx *tx;
    struct actor token;

    world_start(&f);
    arena_init(&arena, 1u << 20);
    turn = (struct turn){.office = &f.office, .now_usec = fixture_moment(&f, NOW)};
    world_must_open(&f, "verdict", &f.registrar, NOW, NULL, NULL, &verdict);
    world_must_open(&f, "review", &f.moderator, NOW, "against", verdict.number, &review);
    struct case_acting deciding = {.case_id = review.id, .act = "decide"};
    field_errors_init(&f.errors, &f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(
        case_act_prepare(tx, &f.office, &deciding, &f.moderator, turn.now_usec, &arena, &turn.act, &f.errors, &err), 0);
    store_read_end(tx);
    world_must_act(&f, &verdict, "judge", &f.moderator, NOW, NULL, NULL);
    assert_int_equal(store_write(f.store, run_act, &turn, &err), -ERR_FORBIDDEN);
    assert_string_equal(err.code, "same_person_decides");
    /* Nor does the same person's token, nor who opened what the opening decides. */
    fixture_token(&f, &f.moderator, &token);
    assert_int_equal(world_act(&f, &review, "decide", &token, NOW, NULL, NULL, &err), -ERR_FORBIDDEN);
    assert_string_equal(err.code, "same_person_decides");
    assert_int_equal(world_act(&f, &review, "decide", &f.registrar, NOW, NULL, NULL, &err), -ERR_FORBIDDEN);
    world_sound(&f);
    arena_done(&arena);
    fixture_end(&f);
}

static void test_who_has_nothing_to_do_with_it_neither_acts_nor_looks(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_view view;
    struct err err = {0};
    struct tx *tx;

    world_start(&f);
    world_must_open(&f, "verdict", &f.registrar, NOW, NULL, NULL, &opened);
    assert_int_equal(world_act(&f, &opened, "judge", &f.official, NOW, NULL, NULL, &err), -ERR_FORBIDDEN);
    assert_string_equal(err.code, "case_not_yours");
    assert_int_equal(world_act(&f, &opened, "note", &f.carrier, NOW, "text", "Көрейін.", &err), -ERR_FORBIDDEN);
    assert_string_equal(err.code, "case_not_yours");
    assert_int_equal(world_act(&f, &opened, "assign", &f.registrar, NOW, "account", f.head.account_id, &err),
                     -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&f.errors, "account")->code, "not_an_option");
    world_must_act(&f, &opened, "assign", &f.registrar, NOW, "account", f.admin.account_id);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(
        case_view(tx, &f.office, opened.id, &f.official, fixture_moment(&f, NOW), 0, &f.arena, &view, &err),
        -ERR_FORBIDDEN);
    assert_string_equal(err.code, "case_not_yours");
    assert_int_equal(
        case_view(tx, &f.office, opened.id, &f.anonymous, fixture_moment(&f, NOW), 0, &f.arena, &view, &err),
        -ERR_FORBIDDEN);
    assert_int_equal(case_view(tx, &f.office, opened.id, &f.auditor, fixture_moment(&f, NOW), 0, &f.arena, &view, &err),
                     0);
    store_read_end(tx);
    fixture_end(&f);
}

/* An act that itself gives the address is told there. */
static const char serve[] =
    "  serve:\n"
    "    title: {kk: Тапсыру, ru: Вручить, en: Serve}\n"
    "    by: [registrar]\n"
    "    from: [received]\n"
    "    tell: opener\n"
    "    fields:\n"
    "      - {name: contact_email, type: email, personal: true, title: {kk: Пошта, ru: Почта, en: E-mail}}\n";

static void test_an_act_that_gives_the_address_is_told_there(void **state)
{
    struct fixture f;
    struct case_opened told, untold;
    struct outbox_figures figures;
    struct err err = {0};
    struct tx *tx;

    fixture_start(&f);
    fixture_edit_law(&f, "procedures/complaint.yaml", NULL, serve);
    assert_int_equal(fixture_reload(&f, &err), 0);
    open_case(&f, &told);
    open_case(&f, &untold);
    world_must_act(&f, &told, "serve", &f.registrar, NOW, "contact_email", "aidana@example.kz");
    world_must_act(&f, &untold, "serve", &f.registrar, NOW, NULL, NULL);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(store_outbox_figures(tx, &figures, &err), 0);
    store_read_end(tx);
    assert_int_equal(figures.waiting, 1);
    fixture_end(&f);
}

/* A key is kept for a day. Forgotten between the look at it and the writing, it must not let through what nobody looked
 * at. */
static void test_a_key_forgotten_meanwhile_writes_nothing(void **state)
{
    const char *text = "Әріптестерге";
    struct raw_value raw[] = {fixture_raw("text", &text)};
    struct fixture f;
    struct case_opened opened;
    struct case_acting acting = {
        .case_id = opened.id, .act = "note", .raw = raw, .raw_count = 1, .idempotency_key = "k"};
    struct turn turn = {.office = &f.office};
    struct verify_report report;
    struct err err = {0};
    struct tx *tx;
    int64_t events;

    fixture_start(&f);
    turn.now_usec = open_case(&f, &opened);
    assert_int_equal(fixture_act(&f, &acting, &f.moderator, turn.now_usec, NULL, NULL, &err), 0);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    events = report.events;
    arena_reset(&f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(
        case_act_prepare(tx, &f.office, &acting, &f.moderator, turn.now_usec, &f.arena, &turn.act, &f.errors, &err), 0);
    store_read_end(tx);
    fixture_sql(&f, "DELETE FROM idempotency");
    assert_int_equal(store_write(f.store, run_act, &turn, &err), -ERR_STALE);
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    assert_int_equal(report.events, events);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_answers_at_once_give_one),
        cmocka_unit_test(test_two_on_the_same_version_give_one),
        cmocka_unit_test(test_one_key_sent_twice_at_once_writes_once),
        cmocka_unit_test(test_a_key_forgotten_meanwhile_writes_nothing),
        cmocka_unit_test(test_a_command_run_again_writes_the_same),
        cmocka_unit_test(test_files_come_with_an_act_but_not_with_a_note),
        cmocka_unit_test(test_an_act_changes_a_personal_value_of_the_case),
        cmocka_unit_test(test_who_left_gets_no_case),
        cmocka_unit_test(test_an_unknown_case_and_a_token_without_the_role),
        cmocka_unit_test(test_who_decides_meanwhile_is_barred),
        cmocka_unit_test(test_who_has_nothing_to_do_with_it_neither_acts_nor_looks),
        cmocka_unit_test(test_an_act_that_gives_the_address_is_told_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
