/* Cases that an act opens: all of them or none, once, and with what their own form asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "test_cases_world.h"
#include <cmocka.h>

#define NOW "2026-04-01T10:00:00+05:00"

/* `plan` opens a `task` for each of its places; a subject may have two tasks a quarter. */
static const char plan[] =
    HEAD("plan") "run_by: authorised_body\nopen_to: [public, staff]\nopened_by: [official]\nnumber: \"ЖП-{seq:4}\"\n"
                 "fields:\n"
                 "  - {name: subject, type: bin, " T "}\n"
                 "  - {name: links, type: links, " T "}\n"
                 "  - {name: amount, type: number, " T "}\n"
                 "  - {name: yes, type: yes_no, " T "}\n"
                 "  - {name: on, type: date, " T "}\n"
                 "states:\n  - {state: open, " T "}\n  - {state: shared, " T "}\n  - {state: over, final: true, " T
                 "}\n"
                 "acts:\n"
                 "  share: {" T ", by: [head], from: open, to: shared, at: shared_on,\n"
                 "    opens: {procedure: task, each: places, as: place, link: plan,\n"
                 "      copy: [subject, links, amount, yes, on]},\n"
                 "    fields: [{name: places, type: many, required: true, " T ", of: [{option: south, " T
                 "}, {option: north, " T "}, {option: west, " T "}]},\n"
                 "      {name: amount, type: number, " T "}, {name: shared_on, type: moment, " T "}]}\n"
                 "  single: {" T ", by: [head], from: shared,\n"
                 "    opens: {procedure: task, link: plan, copy: [subject]}}\n"
                 "  close: {" T ", by: [official], from: shared, to: over,\n"
                 "    needs: {procedure: task, field: plan, states: [done]}}\n";
static const char task[] =
    HEAD("task") "run_by: authorised_body\nopen_to: [staff]\nopened_by: [registrar]\nnumber: \"ТМ-{seq:4}\"\n"
                 "limits: [{norm: opl.6.9, key: subject}]\n"
                 "fields:\n"
                 "  - {name: plan, type: case, required: true, " T ", of: {procedures: [plan]}}\n"
                 "  - {name: place, type: choice, " T ", of: [{option: south, " T "}, {option: north, " T
                 "}, {option: west, " T "}]}\n"
                 "  - {name: subject, type: bin, key: subject, " T "}\n"
                 "  - {name: links, type: links, max: 2, required_if: \"place = west\", " T "}\n"
                 "  - {name: amount, type: number, max: 5, " T "}\n"
                 "  - {name: yes, type: yes_no, " T "}\n"
                 "  - {name: on, type: date, " T "}\n"
                 "states:\n  - {state: given, " T "}\n  - {state: done, final: true, " T "}\n"
                 "clocks:\n  finish: {" T ", norm: opl.14.3, starts_on: opened, stopped_by: [finish]}\n"
                 "acts:\n  finish: {" T ", by: [carrier], from: given, to: done}\n";

static void start(struct fixture *f)
{
    struct err err = {0};

    fixture_start(f);
    world_write(f, "procedures/plan.yaml", plan);
    world_write(f, "procedures/task.yaml", task);
    fixture_edit_law(f, "norms/opl.yaml", "limit: {times: 1, per: quarter", "limit: {times: 2, per: quarter");
    if (fixture_reload(f, &err) < 0)
        fail_msg("%s: %s", err.code, err.arg);
}

static void open_plan(struct fixture *f, const char *subject, const char *amount, struct case_opened *ret)
{
    static const char *const links[] = {"https://alan.example.kz/1", "https://alan.example.kz/2"};
    const char *yes = "true", *on = "2026-03-31";
    struct raw_value raw[5] = {{"links", RAW_LIST, 2, links}, {"yes", RAW_BOOL, 1, &yes}, fixture_raw("on", &on)};
    struct err err = {0};
    struct fixture_opening opening = {.procedure = "plan",
                                      .opener = "staff",
                                      .actor = &f->official,
                                      .lang = LANG_RU,
                                      .now_usec = fixture_moment(f, NOW),
                                      .raw = raw,
                                      .raw_count = 3};

    if (subject != NULL)
        raw[opening.raw_count++] = fixture_raw("subject", &subject);
    if (amount != NULL)
        raw[opening.raw_count++] = (struct raw_value){"amount", RAW_NUMBER, 1, &amount};
    assert_int_equal(fixture_open_case(f, &opening, ret, &err), 0);
}

static int share(struct fixture *f, const struct case_opened *on, const char *places, const char *key, struct err *err)
{
    const char *texts[3] = {NULL};
    struct raw_value raw = {"places", RAW_LIST, 0, texts};
    struct case_acting acting = {
        .case_id = on->id, .act = "share", .raw = &raw, .raw_count = 1, .idempotency_key = key};

    for (const char *p = places; *p != '\0'; p++)
        texts[raw.count++] = *p == 's' ? "south" : *p == 'n' ? "north" : "west";
    return fixture_act(f, &acting, &f->head, fixture_moment(f, NOW), NULL, NULL, err);
}

static size_t tasks(struct fixture *f, struct case_row **ret)
{
    struct case_filter filter = {.procedure = "task",
                                 .sort = CASE_SORT_OLDEST,
                                 .limit = 100,
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .overdue_at_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE};
    struct err err = {0};
    const char *cursor;
    struct tx *tx;
    size_t count;

    arena_reset(&f->arena);
    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    assert_int_equal(store_case_list(tx, &filter, &f->arena, ret, &count, &cursor, &err), 0);
    store_read_end(tx);
    return count;
}

static struct case_view look(struct fixture *f, const char *id)
{
    struct case_view view;
    struct err err = {0};
    struct tx *tx;

    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    assert_int_equal(
        case_view(tx, &f->office, id, &f->admin, fixture_moment(f, NOW), CASE_WITH_EVENTS, &f->arena, &view, &err), 0);
    store_read_end(tx);
    return view;
}

static void test_each_option_opens_a_case_of_its_own(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_row *rows;
    struct err err = {0};

    start(&f);
    open_plan(&f, NULL, "4", &opened);
    if (share(&f, &opened, "wsn", NULL, &err) < 0)
        fail_msg("%s %s %s", err.code, err.arg, err.detail);
    assert_int_equal(tasks(&f, &rows), 3);
    for (size_t i = 0; i < 3; i++) {
        const char *const places[] = {"south", "north", "west"}; /* in the order of the options */
        const char *const numbers[] = {"ТМ-0001", "ТМ-0002", "ТМ-0003"};
        bool seen = false;

        for (size_t k = 0; k < 3; k++) {
            struct case_view view = look(&f, rows[i].id);

            if (strcmp(view.row.number, numbers[k]) != 0)
                continue;
            seen = true;
            assert_string_equal(case_value_text(view.values, view.value_count, "place"), places[k]);
            assert_string_equal(case_value_text(view.values, view.value_count, "plan"), opened.number);
            assert_string_equal(case_value_text(view.values, view.value_count, "amount"), "4");
            assert_string_equal(case_value_text(view.values, view.value_count, "yes"), "true");
            assert_string_equal(case_value_text(view.values, view.value_count, "on"), "2026-03-31");
            assert_null(case_value_text(view.values, view.value_count, "subject"));
            assert_string_equal(view.row.lang, "ru");
            assert_string_equal(view.row.opener, "staff");
            assert_string_equal(view.row.opener_account, f.head.account_id);
            assert_int_equal(view.clock_count, 1);
            assert_int_equal(view.clocks[0].row.starts_usec, fixture_moment(&f, NOW));
            assert_int_equal(view.link_count, 1);
            assert_false(view.links[0].back);
        }
        assert_true(seen);
    }
    struct case_view parent = look(&f, opened.id);
    assert_int_equal(parent.link_count, 3);
    assert_true(parent.links[0].back);
    assert_string_equal(parent.links[0].field->name, "plan");
    assert_string_equal(parent.row.state, "shared");
    world_sound(&f);
    fixture_end(&f);
}

static void test_a_repeated_act_opens_nothing_again(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_row *rows;
    struct err err = {0};

    start(&f);
    open_plan(&f, NULL, NULL, &opened);
    assert_int_equal(share(&f, &opened, "sn", "once", &err), 0);
    assert_int_equal(share(&f, &opened, "sn", "once", &err), 0);
    assert_int_equal(tasks(&f, &rows), 2);
    assert_int_equal(share(&f, &opened, "s", "once", &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "idempotency_key_reused");
    assert_int_equal(share(&f, &opened, "sn", "another", &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "act_not_now");
    assert_int_equal(tasks(&f, &rows), 2);
    fixture_end(&f);
}

static void test_where_the_third_cannot_be_opened_none_is(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_row *rows;
    struct err err = {0};

    start(&f);
    open_plan(&f, "990140999905", NULL, &opened);
    assert_int_equal(share(&f, &opened, "snw", NULL, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "limit_reached");
    assert_string_equal(err.arg, "2026-07-01");
    assert_int_equal(tasks(&f, &rows), 0);
    struct case_view view = look(&f, opened.id);
    assert_string_equal(view.row.state, "open");
    assert_int_equal(view.row.version, 1);
    assert_int_equal(view.link_count, 0);
    world_sound(&f);
    /* Numbers are drawn without a gap: what was not opened took none. */
    assert_int_equal(share(&f, &opened, "sn", NULL, &err), 0);
    assert_int_equal(tasks(&f, &rows), 2);
    world_sound(&f);
    fixture_end(&f);
}

static void test_what_their_form_refuses_refuses_the_act(void **state)
{
    struct fixture f;
    struct case_opened opened, too_much;
    struct case_row *rows;
    struct err err = {0};
    const char *place = "south", *amount = "9";
    struct raw_value raw[2] = {{"places", RAW_LIST, 1, &place}, {"amount", RAW_NUMBER, 1, &amount}};

    start(&f);
    open_plan(&f, NULL, NULL, &opened);
    open_plan(&f, NULL, "7", &too_much);
    struct case_acting acting = {.case_id = opened.id, .act = "share", .raw = raw, .raw_count = 2};
    /* The act asked for it: beside its field. */
    assert_int_equal(fixture_act(&f, &acting, &f.head, fixture_moment(&f, NOW), NULL, NULL, &err), -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&f.errors, "amount")->code, "out_of_range");
    assert_int_equal(share(&f, &too_much, "s", NULL, &err), -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&f.errors, "amount")->code, "out_of_range");
    assert_int_equal(tasks(&f, &rows), 0);
    assert_int_equal(share(&f, &opened, "s", NULL, &err), 0);
    assert_int_equal(tasks(&f, &rows), 1);
    assert_int_equal(look(&f, too_much.id).row.version, 1);
    fixture_end(&f);
}

static void test_what_the_case_lacks_is_named(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_row *rows;
    struct err err = {0};

    start(&f);
    world_must_open(&f, "plan", &f.official, NOW, NULL, NULL, &opened); /* without links, which the west needs */
    assert_int_equal(share(&f, &opened, "sw", NULL, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "opening_refused");
    assert_string_equal(err.arg, "task: links");
    assert_int_equal(tasks(&f, &rows), 0);
    fixture_end(&f);
}

static void test_one_case_without_a_choice_and_again(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_row *rows;
    struct err err = {0};

    start(&f);
    open_plan(&f, "990140999905", NULL, &opened);
    assert_int_equal(share(&f, &opened, "s", NULL, &err), 0);
    world_must_act(&f, &opened, "single", &f.head, NOW, NULL, NULL);
    assert_int_equal(tasks(&f, &rows), 2);
    assert_int_equal(world_act(&f, &opened, "single", &f.head, NOW, NULL, NULL, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "limit_reached");
    assert_int_equal(tasks(&f, &rows), 2);
    world_sound(&f);
    fixture_end(&f);
}

/* It is received when the act happened, and so its clock runs from there. */
static void test_it_is_received_when_the_act_happened(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_row *rows;
    struct err err = {0};
    const char *place = "south", *when = "2026-04-01T11:00:00+05:00";
    struct raw_value raw[2] = {{"places", RAW_LIST, 1, &place}, fixture_raw("shared_on", &when)};

    start(&f);
    open_plan(&f, NULL, NULL, &opened);
    struct case_acting acting = {.case_id = opened.id, .act = "share", .raw = raw, .raw_count = 2};
    assert_int_equal(
        fixture_act(&f, &acting, &f.head, fixture_moment(&f, "2026-04-03T10:00:00+05:00"), NULL, NULL, &err), 0);
    assert_int_equal(tasks(&f, &rows), 1);
    assert_int_equal(rows[0].opened_usec, fixture_moment(&f, when));
    assert_int_equal(rows[0].registered_usec, fixture_moment(&f, "2026-04-03T10:00:00+05:00"));
    world_sound(&f);
    fixture_end(&f);
}

struct turn {
    const struct office *office;
    const struct act_prepared *act;
    int64_t now_usec, version, leaf;
};

static int run_act(struct tx *tx, struct store_command *command, struct err *err)
{
    struct turn *turn = command->arg;

    return case_act(tx, turn->office, turn->act, turn->now_usec, &turn->version, &turn->leaf, err);
}

/* Prepared in an arena of its own, so that another act can come between. */
static struct turn prepared(struct fixture *f, struct arena *arena, const struct case_acting *acting,
                            const struct actor *actor)
{
    struct turn turn = {.office = &f->office, .now_usec = fixture_moment(f, NOW)};
    struct field_errors errors;
    struct err err = {0};
    struct tx *tx;

    field_errors_init(&errors, arena);
    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    if (case_act_prepare(tx, &f->office, acting, actor, turn.now_usec, arena, &turn.act, &errors, &err) < 0)
        fail_msg("%s %s", err.code, err.arg);
    store_read_end(tx);
    return turn;
}

/* What the new cases were to hold may be another by now: whoever acts looks again. */
static void test_a_case_that_changed_meanwhile_opens_nothing(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_row *rows;
    struct arena arena;
    struct err err = {0};
    const char *place = "south";
    struct raw_value raw = {"places", RAW_LIST, 1, &place};

    start(&f);
    arena_init(&arena, 1u << 20);
    open_plan(&f, NULL, NULL, &opened);
    struct case_acting acting = {.case_id = opened.id, .act = "share", .raw = &raw, .raw_count = 1};
    struct turn turn = prepared(&f, &arena, &acting, &f.head);
    world_must_act(&f, &opened, "note", &f.official, NOW, "text", "Күте тұрыңыз.");
    assert_int_equal(store_write(f.store, run_act, &turn, &err), -ERR_STALE);
    assert_string_equal(err.code, "case_changed");
    assert_int_equal(tasks(&f, &rows), 0);
    arena_done(&arena);
    fixture_end(&f);
}

/* Asked again under the writer's turn: meanwhile another task was given. */
static void test_what_is_needed_is_asked_again_before_it_is_written(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_row *rows;
    struct arena arena;
    struct err err = {0};
    struct case_acting closing = {.case_id = opened.id, .act = "close"};

    start(&f);
    arena_init(&arena, 1u << 20);
    open_plan(&f, NULL, NULL, &opened);
    assert_int_equal(share(&f, &opened, "s", NULL, &err), 0);
    assert_int_equal(world_act(&f, &opened, "close", &f.official, NOW, NULL, NULL, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "needs_first");
    assert_string_equal(err.arg, "task");
    assert_int_equal(tasks(&f, &rows), 1);
    struct case_opened first = {.repeated = false};
    snprintf(first.id, sizeof(first.id), "%s", rows[0].id);
    world_must_act(&f, &first, "finish", &f.carrier, NOW, NULL, NULL);
    struct turn turn = prepared(&f, &arena, &closing, &f.official);
    world_must_act(&f, &opened, "single", &f.head, NOW, NULL, NULL);
    assert_int_equal(store_write(f.store, run_act, &turn, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "needs_first");
    assert_string_equal(look(&f, opened.id).row.state, "shared");
    arena_done(&arena);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_option_opens_a_case_of_its_own),
        cmocka_unit_test(test_a_repeated_act_opens_nothing_again),
        cmocka_unit_test(test_where_the_third_cannot_be_opened_none_is),
        cmocka_unit_test(test_what_their_form_refuses_refuses_the_act),
        cmocka_unit_test(test_what_the_case_lacks_is_named),
        cmocka_unit_test(test_one_case_without_a_choice_and_again),
        cmocka_unit_test(test_it_is_received_when_the_act_happened),
        cmocka_unit_test(test_a_case_that_changed_meanwhile_opens_nothing),
        cmocka_unit_test(test_what_is_needed_is_asked_again_before_it_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
