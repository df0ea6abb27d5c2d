/* When an act happened, by its own account, and what that does to clocks: those that several acts start, that an act
 * takes back, that only some cases have, and those of which the law says "at once". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "test_cases_world.h"
#include <cmocka.h>

#define NOW "2026-04-01T10:00:30+05:00" /* a Wednesday */

/* A letter is sent by hand (a day is written down) or by wire (a moment), may come back, and is to be answered. */
static const char notice[] =
    HEAD("notice") "run_by: authorised_body\nopen_to: [staff, api]\nopened_by: [official]\nnumber: \"ХТ-{seq:4}\"\n"
                   "fields:\n"
                   "  - {name: kind, type: choice, required: true, " T ", of: [{option: plain, " T
                   "}, {option: urgent, " T "}]}\n"
                   "  - {name: marks, type: many, " T ", of: [{option: red, " T "}, {option: blue, " T "}]}\n"
                   "states:\n  - {state: open, " T "}\n  - {state: sent, " T "}\n  - {state: over, final: true, " T
                   "}\n"
                   "clocks:\n"
                   "  carry: {" T ", norm: opl.6.7, starts_on: [by_hand, by_wire], stopped_by: [done],\n"
                   "    voided_by: [bounced]}\n"
                   "  hours: {" T ", norm: opl.14.3, starts_on: opened, stopped_by: [done], if: \"kind = urgent\"}\n"
                   "  minutes: {" T ", norm: rar.7, starts_on: by_wire, stopped_by: [done],\n"
                   "    if: \"kind = urgent and marks != blue\"}\n"
                   "acts:\n"
                   "  by_hand: {" T ", by: [official], from: [open, sent], to: sent, at: on,\n"
                   "    fields: [{name: on, type: date, " T "}]}\n"
                   "  by_wire: {" T ", by: [official], from: [open, sent], to: sent, at: moment,\n"
                   "    fields: [{name: moment, type: moment, " T "}]}\n"
                   "  recall: {" T ", by: [official], from: [open],\n"
                   "    fields: [{name: kind, type: choice, " T ", of: [{option: plain, " T "}, {option: urgent, " T
                   "}]}]}\n"
                   "  bounced: {" T ", by: [official], from: [sent], to: open}\n"
                   "  done: {" T ", by: [official], from: [open, sent], to: over, at: on,\n"
                   "    fields: [{name: on, type: moment, " T "}]}\n";

static void start(struct fixture *f)
{
    struct err err = {0};

    fixture_start(f);
    world_write(f, "procedures/notice.yaml", notice);
    if (fixture_reload(f, &err) < 0)
        fail_msg("%s: %s", err.code, err.arg);
}

static struct case_view look(struct fixture *f, const struct case_opened *opened, const char *now)
{
    struct case_view view;
    struct err err = {0};
    struct tx *tx;

    arena_reset(&f->arena);
    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    assert_int_equal(case_view(tx, &f->office, opened->id, &f->official, fixture_moment(f, now),
                               CASE_WITH_EVENTS | CASE_WITH_MESSAGES, &f->arena, &view, &err),
                     0);
    store_read_end(tx);
    return view;
}

static const struct clock_row *clock_of(const struct case_view *view, const char *id)
{
    for (size_t i = 0; i < view->clock_count; i++)
        if (strcmp(view->clocks[i].row.clock, id) == 0)
            return &view->clocks[i].row;
    return NULL;
}

static void refused(struct fixture *f, const struct case_opened *opened, const char *act, const char *field,
                    const char *text, const char *code)
{
    struct err err = {0};

    assert_int_equal(world_act(f, opened, act, &f->official, "2026-04-03T12:00:00+05:00", field, text, &err),
                     -ERR_BAD_INPUT);
    assert_string_equal(err.code, "fields_refused");
    assert_string_equal(field_errors_find(&f->errors, field)->code, code);
}

static void test_neither_tomorrow_nor_before_the_receipt(void **state)
{
    struct fixture f;
    struct case_opened opened;

    start(&f);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "plain", &opened);
    refused(&f, &opened, "by_hand", "on", "2026-04-04", "happened_in_future");
    refused(&f, &opened, "by_hand", "on", "2026-03-31", "happened_before_receipt");
    refused(&f, &opened, "by_wire", "moment", "2026-04-03T12:00:01+05:00", "happened_in_future");
    refused(&f, &opened, "by_wire", "moment", "2026-04-01T10:00:29+05:00", "happened_before_receipt");
    refused(&f, &opened, "by_wire", "moment", "2026-04-01T09:59:00+05:00", "happened_before_receipt");
    refused(&f, &opened, "by_wire", "moment", "2026-02-30T09:59:00+05:00", "not_a_moment");
    assert_int_equal(look(&f, &opened, NOW).row.version, 1);
    fixture_end(&f);
}

static void happens(const char *act, const char *field, const char *text, const char *then)
{
    const char *recorded = "2026-04-03T12:00:00+05:00";
    struct fixture f;
    struct case_opened opened;

    start(&f);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "plain", &opened);
    world_must_act(&f, &opened, act, &f.official, recorded, text != NULL ? field : NULL, text);
    struct case_view view = look(&f, &opened, recorded);
    assert_int_equal(view.events[1].happened_usec, fixture_moment(&f, then));
    assert_int_equal(view.events[1].at_usec, fixture_moment(&f, recorded));
    assert_int_equal(clock_of(&view, "carry")->starts_usec, fixture_moment(&f, then));
    world_sound(&f);
    fixture_end(&f);
}

static void test_a_clock_starts_when_it_happened(void **state)
{
    happens("by_hand", "on", "2026-04-02", "2026-04-02T00:00:00+05:00");
    happens("by_wire", "moment", "2026-04-02T09:30:00+05:00", "2026-04-02T09:30:00+05:00");
    happens("by_hand", "on", "2026-04-03", "2026-04-03T00:00:00+05:00");
}

static void test_on_the_day_and_in_the_minute_of_the_receipt_it_is_not_before_it(void **state)
{
    happens("by_hand", "on", "2026-04-01", NOW);
    happens("by_wire", "moment", "2026-04-01T10:00:00+05:00", NOW);
    happens("by_wire", "moment", NOW, NOW);
}

static void test_where_nothing_is_said_it_happens_when_it_is_recorded(void **state)
{
    happens("by_hand", "on", NULL, "2026-04-03T12:00:00+05:00");
}

/* Recorded late, done in time: the duty was met, though the alarm was raised meanwhile. */
static void test_a_clock_stops_when_it_happened(void **state)
{
    struct fixture f;
    struct case_opened opened, late;

    start(&f);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "plain", &opened);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "plain", &late);
    world_must_act(&f, &opened, "by_hand", &f.official, "2026-04-01T11:00:00+05:00", "on", "2026-04-01");
    world_must_act(&f, &late, "by_hand", &f.official, "2026-04-01T11:00:00+05:00", "on", "2026-04-01");
    assert_int_equal(fixture_tick(&f, fixture_moment(&f, "2026-04-20T00:00:00+05:00")), 2);
    world_must_act(&f, &opened, "done", &f.official, "2026-04-20T10:00:00+05:00", "on", "2026-04-06T18:00:00+05:00");
    world_must_act(&f, &late, "done", &f.official, "2026-04-20T10:00:00+05:00", "on", "2026-04-07T00:00:00+05:00");
    struct case_view view = look(&f, &opened, "2026-04-20T10:00:00+05:00");
    assert_string_equal(clock_of(&view, "carry")->state, "met");
    assert_true(clock_of(&view, "carry")->stopped_in_time);
    assert_int_equal(clock_of(&view, "carry")->stopped_usec, fixture_moment(&f, "2026-04-06T18:00:00+05:00"));
    view = look(&f, &late, "2026-04-20T10:00:00+05:00");
    assert_string_equal(clock_of(&view, "carry")->state, "missed");
    world_sound(&f);
    fixture_end(&f);
}

/* Done before the letter came: the clock ends where it began, and no time is negative. */
static void test_what_was_done_before_it_was_owed_takes_no_time(void **state)
{
    struct fixture f;
    struct case_opened opened;

    start(&f);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "plain", &opened);
    world_must_act(&f, &opened, "by_hand", &f.official, "2026-04-03T10:00:00+05:00", "on", "2026-04-03");
    world_must_act(&f, &opened, "done", &f.official, "2026-04-03T11:00:00+05:00", "on", "2026-04-02T18:00:00+05:00");
    struct case_view view = look(&f, &opened, "2026-04-03T11:00:00+05:00");
    const struct clock_row *clock = clock_of(&view, "carry");
    assert_string_equal(clock->state, "met");
    assert_int_equal(clock->stopped_usec, clock->starts_usec);
    assert_int_equal(view.events[2].happened_usec, fixture_moment(&f, "2026-04-02T18:00:00+05:00"));
    world_sound(&f);
    fixture_end(&f);
}

static void test_what_came_back_is_owed_anew(void **state)
{
    struct fixture f;
    struct case_opened opened;

    start(&f);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "plain", &opened);
    world_must_act(&f, &opened, "by_wire", &f.official, "2026-04-01T12:00:00+05:00", NULL, NULL);
    world_must_act(&f, &opened, "bounced", &f.official, "2026-04-02T12:00:00+05:00", NULL, NULL);
    struct case_view view = look(&f, &opened, NOW);
    assert_string_equal(clock_of(&view, "carry")->state, "stopped");
    assert_int_equal(view.row.next_due_usec, TIME_NONE);
    assert_int_equal(fixture_tick(&f, fixture_moment(&f, "2026-05-01T00:00:00+05:00")), 0);
    world_must_act(&f, &opened, "by_hand", &f.official, "2026-05-04T12:00:00+05:00", "on", "2026-05-04");
    view = look(&f, &opened, NOW);
    assert_string_equal(clock_of(&view, "carry")->state, "running");
    assert_int_equal(clock_of(&view, "carry")->starts_usec, fixture_moment(&f, "2026-05-04T00:00:00+05:00"));
    assert_int_equal(view.clock_count, 1);
    world_must_act(&f, &opened, "done", &f.official, "2026-05-05T12:00:00+05:00", NULL, NULL);
    world_sound(&f);
    fixture_end(&f);
}

static void open_marked(struct fixture *f, const char *kind, const char *mark, struct case_opened *ret)
{
    struct err err = {0};
    struct raw_value raw[2] = {fixture_raw("kind", &kind), {"marks", RAW_LIST, 1, &mark}};
    struct fixture_opening opening = {.procedure = "notice",
                                      .opener = "staff",
                                      .actor = &f->official,
                                      .now_usec = fixture_moment(f, NOW),
                                      .raw = raw,
                                      .raw_count = 2};

    assert_int_equal(fixture_open_case(f, &opening, ret, &err), 0);
}

static void test_a_case_has_the_clocks_of_its_kind(void **state)
{
    struct fixture f;
    struct case_opened plain, urgent, blue;

    start(&f);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "plain", &plain);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "urgent", &urgent);
    open_marked(&f, "urgent", "blue", &blue);
    /* What an act says later makes no duty and ends none. */
    world_must_act(&f, &plain, "recall", &f.official, NOW, "kind", "urgent");
    world_must_act(&f, &urgent, "recall", &f.official, NOW, "kind", "plain");
    world_must_act(&f, &plain, "by_wire", &f.official, NOW, NULL, NULL);
    world_must_act(&f, &urgent, "by_wire", &f.official, NOW, NULL, NULL);
    world_must_act(&f, &blue, "by_wire", &f.official, NOW, NULL, NULL);
    struct case_view view = look(&f, &plain, NOW);
    assert_int_equal(view.clock_count, 1);
    assert_non_null(clock_of(&view, "carry"));
    view = look(&f, &urgent, NOW);
    assert_int_equal(view.clock_count, 3);
    assert_int_equal(clock_of(&view, "hours")->due_usec, fixture_moment(&f, "2026-04-02T10:00:30+05:00"));
    view = look(&f, &blue, NOW);
    assert_int_equal(view.clock_count, 2);
    assert_null(clock_of(&view, "minutes"));
    world_sound(&f);
    fixture_end(&f);
}

/* The law names no number: alarm is raised, but nobody says it was missed. */
static void test_at_once_is_never_missed(void **state)
{
    struct fixture f;
    struct case_opened opened, left;
    size_t alarms = 0;

    start(&f);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "urgent", &opened);
    world_must_open(&f, "notice", &f.official, NOW, "kind", "urgent", &left);
    world_must_act(&f, &opened, "by_wire", &f.official, NOW, NULL, NULL);
    world_must_act(&f, &left, "by_wire", &f.official, NOW, NULL, NULL);
    struct case_view view = look(&f, &opened, NOW);
    assert_int_equal(view.row.next_overdue_usec, fixture_moment(&f, NOW));
    fixture_tick(&f, fixture_moment(&f, NOW) + USEC_PER_SEC);
    fixture_tick(&f, fixture_moment(&f, NOW) + 60 * USEC_PER_SEC);
    view = look(&f, &opened, NOW);
    for (size_t i = 0; i < view.event_count; i++)
        alarms += strcmp(view.events[i].kind, "clock.overdue") == 0;
    assert_int_equal(alarms, 1);
    assert_int_equal(view.message_count, 1);
    assert_string_equal(view.messages[0].to, f.official.account_id);
    world_must_act(&f, &opened, "done", &f.official, "2026-06-01T10:00:00+05:00", NULL, NULL);
    view = look(&f, &opened, NOW);
    assert_string_equal(clock_of(&view, "minutes")->state, "met");
    assert_true(clock_of(&view, "minutes")->stopped_in_time);
    assert_int_equal(clock_of(&view, "minutes")->stopped_usec, fixture_moment(&f, "2026-06-01T10:00:00+05:00"));
    /* The one beside it, of which the law names the hours, was. */
    assert_string_equal(clock_of(&view, "hours")->state, "missed");
    world_sound(&f);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neither_tomorrow_nor_before_the_receipt),
        cmocka_unit_test(test_a_clock_starts_when_it_happened),
        cmocka_unit_test(test_on_the_day_and_in_the_minute_of_the_receipt_it_is_not_before_it),
        cmocka_unit_test(test_where_nothing_is_said_it_happens_when_it_is_recorded),
        cmocka_unit_test(test_a_clock_stops_when_it_happened),
        cmocka_unit_test(test_what_was_done_before_it_was_owed_takes_no_time),
        cmocka_unit_test(test_what_came_back_is_owed_anew),
        cmocka_unit_test(test_a_case_has_the_clocks_of_its_kind),
        cmocka_unit_test(test_at_once_is_never_missed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
