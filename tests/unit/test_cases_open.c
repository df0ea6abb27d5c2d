/* Opening: what is written, for whom it is sealed, and what is refused without a trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "test_cases_world.h"
#include <cmocka.h>
#include <string.h>

#define NOW "2026-03-20T10:00:00+05:00"

static const char *const about = "content", *const said = "Мені алдап кетті, көмектесіңіздер.",
                         *const link = "https://alan.example.kz/post/1", *const name = "Құпия Есімова",
                         *const email = "kupiya.esimova@example.kz", *const phone = "+77015550199";

static size_t whole(struct raw_value *raw)
{
    raw[0] = fixture_raw("about", &about);
    raw[1] = fixture_raw("text", &said);
    raw[2] = fixture_raw("link", &link);
    raw[3] = fixture_raw("contact_name", &name);
    raw[4] = fixture_raw("contact_email", &email);
    raw[5] = fixture_raw("contact_phone", &phone);
    return 6;
}

static int open_whole(struct fixture *f, const char *now, struct case_opened *ret, struct err *err)
{
    struct raw_value raw[6];
    struct fixture_opening opening = {.now_usec = fixture_moment(f, now), .raw = raw, .raw_count = whole(raw)};

    return fixture_open_case(f, &opening, ret, err);
}

static void test_personal_values_are_nowhere_in_clear(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct err err = {0};
    const char *note = "Шағымданушыға қоңырау шалдым: Құпия Есімова";
    struct raw_value raw = fixture_raw("text", &note);
    struct case_acting acting = {.case_id = opened.id, .act = "note", .raw = &raw, .raw_count = 1};

    fixture_start(&f);
    assert_int_equal(open_whole(&f, NOW, &opened, &err), 0);
    assert_int_equal(fixture_act(&f, &acting, &f.moderator, fixture_moment(&f, NOW), NULL, NULL, &err), 0);
    fixture_index(&f);
    assert_false(fixture_store_holds(&f, "Есімова"));
    assert_false(fixture_store_holds(&f, "есімова"));
    assert_false(fixture_store_holds(&f, email));
    assert_false(fixture_store_holds(&f, "5550199"));
    assert_false(fixture_store_holds(&f, "қоңырау"));
    assert_true(fixture_store_holds(&f, said)); /* the search itself can find something */
    assert_false(fixture_store_holds(&f, opened.access_code));
    fixture_end(&f);
}

static void test_the_case_reads_back(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_view view;
    struct err err = {0};
    struct tx *tx;

    fixture_start(&f);
    assert_int_equal(open_whole(&f, NOW, &opened, &err), 0);
    arena_reset(&f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(case_view(tx, &f.office, opened.id, &f.moderator, fixture_moment(&f, NOW),
                               CASE_WITH_EVENTS | CASE_WITH_WHY, &f.arena, &view, &err),
                     0);
    assert_string_equal(view.row.number, opened.number);
    assert_string_equal(case_value_text(view.values, view.value_count, "contact_name"), name);
    assert_string_equal(case_value_text(view.values, view.value_count, "contact_email"), email);
    assert_string_equal(case_value_text(view.values, view.value_count, "text"), said);
    assert_null(case_value_text(view.values, view.value_count, "category"));
    assert_int_equal(view.clock_count, 1);
    assert_true(view.clocks[0].why.count > 0);
    assert_int_equal(view.event_count, 1);
    assert_int_equal(view.events[0].leaf, opened.leaf);
    assert_string_equal(view.events[0].actor_kind, "opener");
    assert_null(view.events[0].actor_name);
    assert_int_equal(view.act_count, 2); /* a moderator may take it or answer at once */
    assert_int_equal(case_view(tx, &f.office, opened.id, &f.auditor, fixture_moment(&f, NOW), 0, &f.arena, &view, &err),
                     0);
    assert_int_equal(view.act_count, 0);
    assert_int_equal(
        case_view(tx, &f.office, "no such id", &f.auditor, fixture_moment(&f, NOW), 0, &f.arena, &view, &err),
        -ERR_NOT_FOUND);
    assert_string_equal(err.code, "case_unknown");
    store_read_end(tx);
    fixture_end(&f);
}

static void test_number_and_code_open_the_door_and_nothing_else_does(void **state)
{
    struct fixture f;
    struct case_opened mine, other;
    struct case_view view;
    struct err unknown = {0}, wrong = {0}, err = {0};
    struct tx *tx;

    fixture_start(&f);
    assert_int_equal(open_whole(&f, NOW, &mine, &err), 0);
    assert_int_equal(open_whole(&f, NOW, &other, &err), 0);
    arena_reset(&f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(case_view_by_code(tx, &f.office, mine.number, mine.access_code, fixture_moment(&f, NOW),
                                       CASE_WITH_EVENTS, &f.arena, &view, &err),
                     0);
    assert_string_equal(view.row.id, mine.id);
    assert_int_equal(view.act_count, 1);
    assert_string_equal(view.acts[0]->id, "withdraw");
    assert_int_equal(case_view_by_code(tx, &f.office, mine.number, other.access_code, fixture_moment(&f, NOW), 0,
                                       &f.arena, &view, &wrong),
                     -ERR_NOT_FOUND);
    assert_int_equal(case_view_by_code(tx, &f.office, "Ш-2026-999999", mine.access_code, fixture_moment(&f, NOW), 0,
                                       &f.arena, &view, &unknown),
                     -ERR_NOT_FOUND);
    assert_string_equal(wrong.code, unknown.code);
    assert_string_equal(wrong.code, "number_or_code_wrong");
    assert_string_equal(wrong.arg, unknown.arg);
    assert_string_equal(wrong.detail, unknown.detail);
    assert_int_equal(
        case_view_by_code(tx, &f.office, mine.number, "", fixture_moment(&f, NOW), 0, &f.arena, &view, &wrong),
        -ERR_NOT_FOUND);
    store_read_end(tx);
    fixture_end(&f);
}

static void test_the_opener_does_not_see_colleagues(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_view view;
    struct err err = {0};
    struct tx *tx;
    const char *note = "Арамызда қалсын.", *decision = "upheld", *reasons = "Тексерілді, шағым расталды.";
    const char *to = f.moderator.account_id;
    struct raw_value raw = fixture_raw("text", &note), assign = fixture_raw("account", &to);
    struct raw_value answer[2] = {fixture_raw("decision", &decision), fixture_raw("reasons", &reasons)};
    struct case_acting noting = {.case_id = opened.id, .act = "note", .raw = &raw, .raw_count = 1};
    struct case_acting assigning = {.case_id = opened.id, .act = "assign", .raw = &assign, .raw_count = 1};
    struct case_acting answering = {.case_id = opened.id, .act = "answer", .raw = answer, .raw_count = 2};
    int64_t leaf;

    fixture_start(&f);
    int64_t now_usec = fixture_moment(&f, NOW);
    assert_int_equal(open_whole(&f, NOW, &opened, &err), 0);
    assert_int_equal(fixture_act(&f, &noting, &f.moderator, now_usec, NULL, NULL, &err), 0);
    assert_int_equal(fixture_act(&f, &assigning, &f.admin, now_usec, NULL, NULL, &err), 0);
    assert_int_equal(fixture_act(&f, &answering, &f.moderator, now_usec, NULL, &leaf, &err), 0);
    arena_reset(&f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(case_view(tx, &f.office, opened.id, &f.auditor, fixture_moment(&f, NOW), CASE_WITH_EVENTS,
                               &f.arena, &view, &err),
                     0);
    assert_int_equal(view.event_count, 4);
    assert_string_equal(view.assignee_name, "moderator");
    assert_string_equal(view.events[1].note, note);
    assert_true(view.events[1].for_staff_only);
    assert_string_equal(view.events[1].actor_name, "moderator");
    assert_string_equal(view.events[2].assignee_name, "moderator");
    assert_int_equal(view.paper_count, 2); /* the receipt, and the answer */
    assert_int_equal(view.papers[0].leaf, opened.leaf);
    assert_string_equal(view.papers[1].id, "complaint_answer");
    assert_int_equal(view.papers[1].leaf, leaf);

    assert_int_equal(case_view_by_code(tx, &f.office, opened.number, opened.access_code, fixture_moment(&f, NOW),
                                       CASE_WITH_EVENTS, &f.arena, &view, &err),
                     0);
    assert_int_equal(view.event_count, 2);
    assert_null(view.assignee_name);
    assert_null(view.row.assignee);
    for (size_t i = 0; i < view.event_count; i++) {
        assert_null(view.events[i].actor_name);
        assert_null(view.events[i].note);
        assert_false(view.events[i].for_staff_only);
    }
    assert_string_equal(case_value_text(view.events[1].values, view.events[1].value_count, "reasons"), reasons);
    assert_string_equal(view.events[1].to_state, "answered");
    store_read_end(tx);
    fixture_end(&f);
}

static int64_t count_subjects(struct fixture *f, const char *const *ids, size_t count)
{
    struct case_row rows[8];
    struct err err = {0};
    struct tx *tx;
    int64_t different = 0;

    arena_reset(&f->arena);
    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    for (size_t i = 0; i < count; i++) {
        bool seen = false;

        assert_int_equal(store_case_get(tx, ids[i], &f->arena, &rows[i], &err), 0);
        assert_non_null(rows[i].subject_id);
        for (size_t k = 0; k < i; k++)
            seen = seen || strcmp(rows[k].subject_id, rows[i].subject_id) == 0;
        different += !seen;
    }
    store_read_end(tx);
    return different;
}

static void test_one_person_one_key(void **state)
{
    struct fixture f;
    struct case_opened first, again, nobody, nobody_again;
    struct err err = {0};

    fixture_start(&f);
    struct fixture_opening anonymous = {.now_usec = fixture_moment(&f, NOW), .raw = fixture_complaint, .raw_count = 2};
    assert_int_equal(open_whole(&f, NOW, &first, &err), 0);
    assert_int_equal(open_whole(&f, NOW, &again, &err), 0);
    assert_int_equal(fixture_open_case(&f, &anonymous, &nobody, &err), 0);
    assert_int_equal(fixture_open_case(&f, &anonymous, &nobody_again, &err), 0);
    assert_int_equal(count_subjects(&f, (const char *const[]){first.id, again.id}, 2), 1);
    assert_int_equal(count_subjects(&f, (const char *const[]){first.id, nobody.id, nobody_again.id}, 3), 3);
    fixture_end(&f);
}

static void open_with(struct fixture *f, const char *mail, const char *number, struct case_opened *ret)
{
    struct raw_value raw[4] = {fixture_complaint[0], fixture_complaint[1]};
    size_t count = 2;
    struct err err = {0};

    if (mail != NULL)
        raw[count++] = fixture_raw("contact_email", &mail);
    if (number != NULL)
        raw[count++] = fixture_raw("contact_phone", &number);
    struct fixture_opening opening = {.now_usec = fixture_moment(f, NOW), .raw = raw, .raw_count = count};
    assert_int_equal(fixture_open_case(f, &opening, ret, &err), 0);
}

static void test_each_way_to_a_person_stays_that_persons(void **state)
{
    struct fixture f;
    struct case_opened by_mail, by_phone, by_both, by_phone_again, by_new_phone, new_phone_alone;

    fixture_start(&f);
    open_with(&f, email, NULL, &by_mail);
    open_with(&f, NULL, phone, &by_phone);
    open_with(&f, email, phone, &by_both);
    open_with(&f, NULL, phone, &by_phone_again);
    assert_int_equal(count_subjects(&f, (const char *const[]){by_mail.id, by_phone.id}, 2), 2);
    assert_int_equal(count_subjects(&f, (const char *const[]){by_mail.id, by_both.id}, 2), 1);
    assert_int_equal(count_subjects(&f, (const char *const[]){by_phone.id, by_phone_again.id}, 2), 1);
    open_with(&f, email, "+77015550100", &by_new_phone);
    open_with(&f, NULL, "+77015550100", &new_phone_alone);
    assert_int_equal(count_subjects(&f, (const char *const[]){by_mail.id, by_new_phone.id, new_phone_alone.id}, 3), 1);
    fixture_end(&f);
}

static void test_after_destruction_one_is_somebody_new_and_stays_so(void **state)
{
    struct fixture f;
    struct case_opened before, after, later;

    fixture_start(&f);
    open_with(&f, email, NULL, &before);
    fixture_sql(&f, "UPDATE subject SET wrapped_key = NULL");
    open_with(&f, email, NULL, &after);
    open_with(&f, email, NULL, &later);
    assert_int_equal(count_subjects(&f, (const char *const[]){before.id, after.id}, 2), 2);
    assert_int_equal(count_subjects(&f, (const char *const[]){after.id, later.id}, 2), 1);
    fixture_end(&f);
}

static void test_a_receipt_is_mailed_only_where_there_is_an_address(void **state)
{
    struct fixture f;
    struct case_opened with, without;
    struct outbox_figures figures;
    struct err err = {0};
    struct tx *tx;

    fixture_start(&f);
    struct fixture_opening anonymous = {.now_usec = fixture_moment(&f, NOW), .raw = fixture_complaint, .raw_count = 2};
    assert_int_equal(fixture_open_case(&f, &anonymous, &without, &err), 0);
    assert_int_equal(open_whole(&f, NOW, &with, &err), 0);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(store_outbox_figures(tx, &figures, &err), 0);
    assert_int_equal(figures.waiting, 1);
    store_read_end(tx);
    fixture_end(&f);
}

static void test_who_may_not_open(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct err err = {0};

    fixture_start(&f);
    struct fixture_opening opening = {
        .opener = "visitor", .now_usec = fixture_moment(&f, NOW), .raw = fixture_complaint, .raw_count = 2};
    assert_int_equal(fixture_open_case(&f, &opening, &opened, &err), -ERR_FORBIDDEN);
    assert_string_equal(err.code, "opener_not_allowed");
    fixture_end(&f);
}

static void test_every_field_refusal_comes_at_once(void **state)
{
    struct fixture f;
    const char *bad_about = "weather", *bad_email = "no address", *short_text = "қысқа";
    struct raw_value raw[4] = {fixture_raw("about", &bad_about), fixture_raw("text", &short_text),
                               fixture_raw("contact_email", &bad_email), fixture_raw("extra", &short_text)};
    struct attachment_new file = {.name = "x.png", .bytes = "MZ", .count = 2};
    struct case_opened opened;
    struct err err = {0};

    fixture_start(&f);
    struct fixture_opening opening = {.now_usec = fixture_moment(&f, NOW),
                                      .received_usec = fixture_moment(&f, "2026-03-20T10:00:01+05:00"),
                                      .raw = raw,
                                      .raw_count = 4,
                                      .files = &file,
                                      .file_count = 1};
    assert_int_equal(fixture_open_case(&f, &opening, &opened, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "fields_refused");
    assert_string_equal(field_errors_find(&f.errors, "about")->code, "not_an_option");
    assert_string_equal(field_errors_find(&f.errors, "text")->code, "too_short");
    assert_string_equal(field_errors_find(&f.errors, "contact_email")->code, "not_an_email");
    assert_string_equal(field_errors_find(&f.errors, "extra")->code, "unknown_field");
    assert_string_equal(field_errors_find(&f.errors, "attachments")->code, "attachment_type_refused");
    assert_string_equal(field_errors_find(&f.errors, "received")->code, "received_in_future");
    fixture_end(&f);
}

static void test_the_event_is_canonical_and_holds_commitments_only(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct event_row event;
    struct buf again;
    struct err err = {0};
    struct tx *tx;
    json_t *body;

    fixture_start(&f);
    assert_int_equal(open_whole(&f, NOW, &opened, &err), 0);
    arena_reset(&f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(store_event_get(tx, opened.leaf, &f.arena, &event, &err), 0);
    store_read_end(tx);
    assert_memory_equal(event.leaf_hash.bytes, opened.leaf_hash.bytes, SHA256_BYTES);
    assert_int_equal(json_parse(event.body, event.body_len, &body, &err), 0);
    buf_init(&again, 1u << 20);
    assert_int_equal(json_canonical(body, &again, &err), 0);
    assert_int_equal(again.len, event.body_len);
    assert_memory_equal(again.data, event.body, again.len);
    assert_null(strstr(again.data, "salt"));
    const json_t *committed = json_object_get(json_object_get(body, "personal"), "contact_email");
    assert_int_equal(json_object_size(committed), 1);
    assert_int_equal(json_string_length(json_object_get(committed, "commitment")), 64);
    assert_int_equal(json_integer_value(json_object_get(body, "version")), 1);
    assert_string_equal(json_string_value(json_object_get(body, "number")), opened.number);
    json_decref(body);
    buf_done(&again);
    fixture_end(&f);
}

static void refused_opener(struct fixture *f, const char *procedure, const char *opener, const struct actor *actor)
{
    struct case_opened opened;
    struct err err = {0};
    struct fixture_opening opening = {
        .procedure = procedure, .opener = opener, .actor = actor, .now_usec = fixture_moment(f, NOW)};

    assert_int_equal(fixture_open_case(f, &opening, &opened, &err), -ERR_FORBIDDEN);
    assert_string_equal(err.code, "opener_not_allowed");
}

static void test_only_who_the_procedure_names_opens_as_staff(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct actor token;

    world_start(&f);
    fixture_token(&f, &f.official, &token);
    refused_opener(&f, "probe", "staff", &f.moderator);
    refused_opener(&f, "probe", "staff", &f.auditor);
    refused_opener(&f, "probe", "staff", &f.anonymous);
    refused_opener(&f, "item", "public", &f.anonymous);
    refused_opener(&f, "item", "api", &token);
    refused_opener(&f, "verdict", "api", &token);
    world_must_open(&f, "probe", &f.official, NOW, NULL, NULL, &opened);
    world_must_open(&f, "probe", &token, NOW, NULL, NULL, &opened);
    world_must_open(&f, "probe", &f.anonymous, NOW, NULL, NULL, &opened);
    world_must_open(&f, "item", &f.admin, NOW, "name", "Бір", &opened);
    fixture_end(&f);
}

struct turn {
    const struct office *office;
    const struct case_prepared *prepared;
    int64_t now_usec;
};

static int run_open(struct tx *tx, struct store_command *command, struct err *err)
{
    const struct turn *turn = command->arg;
    struct case_opened opened;

    return case_open(tx, turn->office, turn->prepared, turn->now_usec, &opened, err);
}

/* Both were prepared when the quarter was still free. */
static void test_two_at_once_under_a_limit_give_one(void **state)
{
    const char *bin = "990140999905";
    struct raw_value raw = fixture_raw("bin", &bin);
    struct verify_report report;
    struct turn turns[2];
    struct fixture f;
    struct err err = {0};
    struct tx *tx;

    world_start(&f);
    struct case_opening opening = {.procedure = catalogue_procedure(f.office.catalogue, "probe"),
                                   .opener = "staff",
                                   .received_usec = fixture_moment(&f, NOW),
                                   .raw = &raw,
                                   .raw_count = 1};
    field_errors_init(&f.errors, &f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    for (int i = 0; i < 2; i++) {
        turns[i] = (struct turn){.office = &f.office, .now_usec = opening.received_usec};
        assert_int_equal(case_open_prepare(tx, &f.office, &opening, &f.official, opening.received_usec, &f.arena,
                                           &turns[i].prepared, &f.errors, &err),
                         0);
    }
    store_read_end(tx);
    assert_int_equal(store_write(f.store, run_open, &turns[0], &err), 0);
    assert_int_equal(store_write(f.store, run_open, &turns[1], &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "limit_reached");
    assert_string_equal(err.arg, "2026-04-01");
    assert_int_equal(fixture_verify(&f, &report, &err), 0);
    assert_int_equal(report.cases, 1);
    fixture_end(&f);
}

/* Someone is told of every decision on what they published, however many there are in a day; a stranger who writes
 * another's address into a form floods nobody. */
static int64_t mails_of(const char *opener, int times)
{
    struct fixture f;
    struct case_opened opened;
    struct outbox_figures figures;
    struct raw_value raw[6];
    struct actor token;
    struct err err = {0};
    struct tx *tx;

    fixture_start(&f);
    fixture_token(&f, &f.registrar, &token);
    struct fixture_opening opening = {.opener = opener,
                                      .actor = strcmp(opener, "staff") == 0 ? &f.registrar
                                               : strcmp(opener, "api") == 0 ? &token
                                                                            : &f.anonymous,
                                      .now_usec = fixture_moment(&f, NOW),
                                      .raw = raw,
                                      .raw_count = whole(raw)};
    for (int i = 0; i < times; i++)
        assert_int_equal(fixture_open_case(&f, &opening, &opened, &err), 0);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(store_outbox_figures(tx, &figures, &err), 0);
    store_read_end(tx);
    fixture_end(&f);
    return figures.waiting;
}

static void test_a_day_of_receipts_is_capped_but_for_staff(void **state)
{
    assert_int_equal(mails_of("public", 13), 10);
    assert_int_equal(mails_of("api", 13), 10); /* a platform's own page hands on what strangers write */
    assert_int_equal(mails_of("staff", 13), 13);
}

/* An opening may issue a paper, and tell of it one who did not turn to us: only where the procedure has a word for
 * that person. */
#define DECREE_FORM                                                              \
    "fields:\n  - {name: mail, type: email, personal: true, " T "}\n"            \
    "  - {name: basis, type: case, of: {procedures: [verdict]}, " T "}\n"        \
    "states:\n  - {state: open, " T "}\n  - {state: over, final: true, " T "}\n" \
    "acts:\n  close: {" T ", by: [moderator], from: open, to: over}\n"
static const char decree[] =
    HEAD("decree") "run_by: platform\nopen_to: [staff]\nopened_by: [moderator]\nnumber: \"ТД-{seq:4}\"\n"
                   "paper: statement_of_reasons\nletter: {kk: a, ru: b, en: c}\n" DECREE_FORM;
static const char silent[] =
    HEAD("silent") "run_by: platform\nopen_to: [staff]\nopened_by: [moderator]\nnumber: \"ТҮ-{seq:4}\"\n" DECREE_FORM;

static void test_an_opening_issues_a_paper_and_tells(void **state)
{
    struct fixture f;
    struct case_opened opened, quiet, verdict, tied;
    struct case_view view;
    struct err err = {0};
    struct tx *tx;

    world_start(&f);
    world_write(&f, "procedures/decree.yaml", decree);
    world_write(&f, "procedures/silent.yaml", silent);
    assert_int_equal(fixture_reload(&f, &err), 0);
    world_must_open(&f, "decree", &f.moderator, NOW, "mail", email, &opened);
    world_must_open(&f, "silent", &f.moderator, NOW, "mail", email, &quiet);
    world_must_open(&f, "verdict", &f.registrar, NOW, NULL, NULL, &verdict);
    world_must_open(&f, "decree", &f.moderator, NOW, "basis", verdict.number, &tied);
    arena_reset(&f.arena);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    for (int with = 0; with <= CASE_WITH_EVENTS; with += CASE_WITH_EVENTS) {
        assert_int_equal(case_view_by_code(tx, &f.office, opened.number, opened.access_code, fixture_moment(&f, NOW),
                                           (unsigned)with, &f.arena, &view, &err),
                         0);
        assert_int_equal(view.paper_count, 1);
        assert_string_equal(view.papers[0].id, "statement_of_reasons");
        assert_int_equal(view.papers[0].leaf, opened.leaf);
    }
    assert_int_equal(view.link_count, 0);
    assert_int_equal(case_view(tx, &f.office, opened.id, &f.moderator, fixture_moment(&f, NOW), CASE_WITH_MESSAGES,
                               &f.arena, &view, &err),
                     0);
    assert_int_equal(view.message_count, 1);
    assert_int_equal(case_view(tx, &f.office, quiet.id, &f.moderator, fixture_moment(&f, NOW), CASE_WITH_MESSAGES,
                               &f.arena, &view, &err),
                     0);
    assert_int_equal(view.message_count, 0);
    assert_int_equal(view.paper_count, 0);
    /* Which other case staff had in mind is not the opener's to read. */
    assert_int_equal(case_view(tx, &f.office, tied.id, &f.moderator, fixture_moment(&f, NOW), CASE_WITH_EVENTS,
                               &f.arena, &view, &err),
                     0);
    assert_string_equal(case_value_text(view.values, view.value_count, "basis"), verdict.number);
    assert_int_equal(view.link_count, 1);
    assert_int_equal(case_view_by_code(tx, &f.office, tied.number, tied.access_code, fixture_moment(&f, NOW),
                                       CASE_WITH_EVENTS, &f.arena, &view, &err),
                     0);
    assert_null(case_value_text(view.values, view.value_count, "basis"));
    assert_null(case_value_text(view.events[0].values, view.events[0].value_count, "basis"));
    assert_int_equal(view.link_count, 0);
    store_read_end(tx);
    world_sound(&f);
    fixture_end(&f);
}

static void test_a_clock_that_this_case_has_not_needs_no_norm_in_force(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct err err = {0};
    const char *kinds[] = {"content", "interface"};

    fixture_start(&f);
    fixture_edit_law(&f, "procedures/complaint.yaml", "    remind: [5, 1]\n",
                     "    remind: [5, 1]\n  later:\n    title: {kk: a, ru: b, en: c}\n    norm: pdl.8.7\n"
                     "    starts_on: opened\n    stopped_by: [answer]\n    if: \"about = content\"\n");
    assert_int_equal(fixture_reload(&f, &err), 0);
    for (int i = 0; i < 2; i++) {
        struct raw_value raw[3] = {fixture_raw("about", &kinds[i]), fixture_raw("text", &said),
                                   fixture_raw("link", &link)};
        struct fixture_opening opening = {
            .now_usec = fixture_moment(&f, "2025-12-01T10:00:00+05:00"), .raw = raw, .raw_count = 3};

        assert_int_equal(fixture_open_case(&f, &opening, &opened, &err), i == 0 ? -ERR_BAD_INPUT : 0);
        if (i == 0)
            assert_string_equal(field_errors_find(&f.errors, "received")->code, "received_before_norm");
    }
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_personal_values_are_nowhere_in_clear),
        cmocka_unit_test(test_the_case_reads_back),
        cmocka_unit_test(test_number_and_code_open_the_door_and_nothing_else_does),
        cmocka_unit_test(test_the_opener_does_not_see_colleagues),
        cmocka_unit_test(test_one_person_one_key),
        cmocka_unit_test(test_each_way_to_a_person_stays_that_persons),
        cmocka_unit_test(test_after_destruction_one_is_somebody_new_and_stays_so),
        cmocka_unit_test(test_a_receipt_is_mailed_only_where_there_is_an_address),
        cmocka_unit_test(test_who_may_not_open),
        cmocka_unit_test(test_every_field_refusal_comes_at_once),
        cmocka_unit_test(test_the_event_is_canonical_and_holds_commitments_only),
        cmocka_unit_test(test_only_who_the_procedure_names_opens_as_staff),
        cmocka_unit_test(test_two_at_once_under_a_limit_give_one),
        cmocka_unit_test(test_a_day_of_receipts_is_capped_but_for_staff),
        cmocka_unit_test(test_an_opening_issues_a_paper_and_tells),
        cmocka_unit_test(test_a_clock_that_this_case_has_not_needs_no_norm_in_force),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
