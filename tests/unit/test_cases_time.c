/* What time brings: who is told, what the search finds afterwards, what a missed reminder does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/unicode.h"
#include "fixture.h"
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define NOW "2026-03-20T10:00:00+05:00"

static void open_case(struct fixture *f, struct case_opened *ret)
{
    struct fixture_opening opening = {.now_usec = fixture_moment(f, NOW), .raw = fixture_complaint, .raw_count = 2};
    struct err err = {0};

    assert_int_equal(fixture_open_case(f, &opening, ret, &err), 0);
}

static struct case_view look(struct fixture *f, const char *id)
{
    struct case_view view;
    struct err err = {0};
    struct tx *tx;

    arena_reset(&f->arena);
    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    assert_int_equal(case_view(tx, &f->office, id, &f->moderator, fixture_moment(f, NOW),
                               CASE_WITH_WHY | CASE_WITH_EVENTS | CASE_WITH_MESSAGES, &f->arena, &view, &err),
                     0);
    store_read_end(tx);
    return view;
}

static bool told(const struct case_view *view, const char *account_id)
{
    for (size_t i = 0; i < view->message_count; i++)
        if (strcmp(view->messages[i].to, account_id) == 0)
            return true;
    return false;
}

static void test_the_assignee_is_told_else_who_has_to_do_with_it(void **state)
{
    struct fixture f;
    struct case_opened mine, nobodys, unreachable;
    struct case_view view;
    struct err err = {0};

    fixture_start(&f);
    const char *to = f.registrar.account_id, *silent = f.admin.account_id;
    struct raw_value raw = fixture_raw("account", &to), raw_silent = fixture_raw("account", &silent);
    struct case_acting assign = {.case_id = mine.id, .act = "assign", .raw = &raw, .raw_count = 1};
    struct case_acting assign_silent = {.case_id = unreachable.id, .act = "assign", .raw = &raw_silent, .raw_count = 1};
    int64_t now_usec = fixture_moment(&f, NOW);

    open_case(&f, &mine);
    open_case(&f, &nobodys);
    open_case(&f, &unreachable);
    assert_int_equal(fixture_act(&f, &assign, &f.admin, now_usec, NULL, NULL, &err), 0);
    assert_int_equal(fixture_act(&f, &assign_silent, &f.admin, now_usec, NULL, NULL, &err), 0);
    assert_int_equal(fixture_tick(&f, fixture_moment(&f, "2026-04-04T09:00:00+05:00")), 3);
    view = look(&f, mine.id);
    assert_int_equal(view.message_count, 1);
    assert_string_equal(view.messages[0].to, f.registrar.account_id);
    assert_string_equal(view.messages[0].purpose, "reminder");
    for (int i = 0; i < 2; i++) { /* the one nobody's, the other given to one without an e-mail */
        view = look(&f, i == 0 ? nobodys.id : unreachable.id);
        assert_int_equal(view.message_count, 2);
        assert_true(told(&view, f.moderator.account_id));
        assert_true(told(&view, f.registrar.account_id));
        assert_false(told(&view, f.official.account_id));
    }
    fixture_end(&f);
}

static void test_after_a_long_sleep_one_event_is_enough(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_view view;

    fixture_start(&f);
    open_case(&f, &opened);
    assert_int_equal(fixture_tick(&f, fixture_moment(&f, "2026-04-10T00:00:00+05:00")), 1);
    view = look(&f, opened.id);
    assert_int_equal(view.event_count, 2);
    assert_string_equal(view.events[1].kind, "clock.overdue");
    assert_string_equal(view.events[1].clock, "answer");
    assert_string_equal(view.events[1].actor_kind, "system");
    assert_int_equal(fixture_tick(&f, fixture_moment(&f, "2026-05-10T00:00:00+05:00")), 0);
    fixture_end(&f);
}

static void test_a_missed_reminder_does_not_come_twice(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct case_view view;

    fixture_start(&f);
    open_case(&f, &opened);
    /* Both moments have passed: one reminder says all. */
    assert_int_equal(fixture_tick(&f, fixture_moment(&f, "2026-04-08T12:00:00+05:00")), 1);
    view = look(&f, opened.id);
    assert_int_equal(view.event_count, 2);
    assert_string_equal(view.events[1].kind, "clock.reminded");
    fixture_end(&f);
}

static void test_one_lost_case_holds_up_no_other(void **state)
{
    struct fixture f;
    struct case_opened lost, opened;
    char sql[128];

    fixture_start(&f);
    open_case(&f, &lost);
    open_case(&f, &opened);
    snprintf(sql, sizeof(sql), "DELETE FROM case_file WHERE id = '%s'", lost.id);
    fixture_sql(&f, sql);
    assert_int_equal(fixture_tick(&f, fixture_moment(&f, "2026-04-10T00:00:00+05:00")), 1);
    assert_string_equal(look(&f, opened.id).events[1].kind, "clock.overdue");
    fixture_end(&f);
}

static int64_t due_of(struct fixture *f, const char *id)
{
    return look(f, id).clocks[0].row.due_usec;
}

static void test_a_clock_beyond_the_calendar_holds_up_no_other(void **state)
{
    struct fixture f;
    struct case_opened first, last;
    struct fixture_opening opening = {.raw = fixture_complaint, .raw_count = 2};
    struct err err = {0};

    fixture_start(&f);
    opening.now_usec = fixture_moment(&f, NOW);
    assert_int_equal(fixture_open_case(&f, &opening, &first, &err), 0);
    opening.now_usec = fixture_moment(&f, "2028-11-20T10:00:00+05:00");
    assert_int_equal(fixture_open_case(&f, &opening, &last, &err), 0);
    assert_int_equal(due_of(&f, last.id), fixture_moment(&f, "2028-12-10T23:59:59+05:00"));
    /* From now on 60 days: the last one would end in a year that the calendar does not know. */
    fixture_edit_law(&f, "norms/opl.yaml",
                     "    amount: 20\n    unit: calendar_day\n    counting: day_after\n    starts:\n"
                     "      kk: \"Шағым алынған күн\"\n",
                     "    amount: 60\n    unit: calendar_day\n    counting: day_after\n    starts:\n"
                     "      kk: \"Шағым алынған күн\"\n");
    assert_int_equal(fixture_reload(&f, &err), 0);
    fixture_recompute(&f, opening.now_usec);
    assert_int_equal(due_of(&f, first.id), fixture_moment(&f, "2026-05-19T23:59:59+05:00"));
    assert_int_equal(due_of(&f, last.id), fixture_moment(&f, "2028-12-10T23:59:59+05:00"));
    assert_int_equal(fixture_recompute(&f, opening.now_usec), 0);
    fixture_end(&f);
}

static size_t find(struct fixture *f, const char *text)
{
    struct case_filter filter = {.sort = CASE_SORT_NEWEST,
                                 .limit = 10,
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .overdue_at_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE};
    struct case_row *rows;
    const char *cursor;
    size_t count;
    struct err err = {0};
    struct tx *tx;

    arena_reset(&f->arena);
    filter.words = text_fold_words(&f->arena, text);
    assert_int_equal(store_read_begin(f->store, &tx, &err), 0);
    assert_int_equal(store_case_list(tx, &filter, &f->arena, &rows, &count, &cursor, &err), 0);
    store_read_end(tx);
    return count;
}

static void test_the_search_finds_what_is_clear_and_nothing_personal(void **state)
{
    struct fixture f;
    struct case_opened opened;
    struct err err = {0};
    const char *about = "content", *said = "Қаржы пирамидасына шақырып жатыр.", *link = "https://alan.example.kz/p/1",
               *name = "Сырттан Келгенов", *decision = "upheld", *reasons = "Парақша толық бұғатталды.";

    fixture_start(&f);
    struct raw_value raw[4] = {fixture_raw("about", &about), fixture_raw("text", &said), fixture_raw("link", &link),
                               fixture_raw("contact_name", &name)};
    struct raw_value answer[2] = {fixture_raw("decision", &decision), fixture_raw("reasons", &reasons)};
    struct fixture_opening opening = {.now_usec = fixture_moment(&f, NOW), .raw = raw, .raw_count = 4};
    struct case_acting acting = {.case_id = opened.id, .act = "answer", .raw = answer, .raw_count = 2};

    assert_int_equal(fixture_open_case(&f, &opening, &opened, &err), 0);
    assert_int_equal(find(&f, "пирамида"), 0);
    assert_true(fixture_index(&f) > 0);
    assert_int_equal(fixture_index(&f), 0);
    assert_int_equal(find(&f, "пирамидасына"), 1);
    assert_int_equal(find(&f, "карж"), 1);
    assert_int_equal(find(&f, opened.number), 1);
    assert_int_equal(find(&f, "Келгенов"), 0);
    assert_int_equal(find(&f, "upheld"), 0);
    assert_int_equal(find(&f, "бұғатталды"), 0);
    assert_int_equal(fixture_act(&f, &acting, &f.moderator, opening.now_usec, NULL, NULL, &err), 0);
    fixture_index(&f);
    assert_int_equal(find(&f, "бұғатталды"), 1);
    assert_int_equal(find(&f, "upheld"), 0);
    fixture_end(&f);
}

static void test_a_damaged_event_hides_no_other_from_the_search(void **state)
{
    struct fixture f;
    struct case_opened damaged, opened;
    char sql[128];

    fixture_start(&f);
    open_case(&f, &damaged);
    open_case(&f, &opened);
    snprintf(sql, sizeof(sql), "UPDATE event SET body = 'x' WHERE leaf = %lld", (long long)damaged.leaf);
    fixture_sql(&f, sql);
    fixture_index(&f);
    assert_int_equal(find(&f, damaged.number), 0);
    assert_int_equal(find(&f, opened.number), 1);
    fixture_end(&f);
}

static int put_organisation(struct tx *tx, struct store_command *command, struct err *err)
{
    const struct fixture *f = command->arg;
    struct organisation organisation = {
        .name = {.in = {"Алаң", "Алаң", "Alań"}}, .bin = "990140999905", .url = "https://alan.example.kz"};

    return organisation_put(tx, &f->office, &organisation, &f->admin, USEC_PER_DAY, err);
}

static void test_the_organisation_is_kept(void **state)
{
    struct fixture f;
    struct organisation organisation;
    struct err err = {0};
    struct tx *tx;

    fixture_start(&f);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(organisation_get(tx, &f.arena, &organisation, &err), 0);
    assert_string_equal(organisation.name.in[LANG_KK], "");
    assert_string_equal(organisation.bin, "");
    store_read_end(tx);
    assert_int_equal(store_write(f.store, put_organisation, &f, &err), 0);
    assert_int_equal(store_read_begin(f.store, &tx, &err), 0);
    assert_int_equal(organisation_get(tx, &f.arena, &organisation, &err), 0);
    store_read_end(tx);
    assert_string_equal(organisation.name.in[LANG_EN], "Alań");
    assert_string_equal(organisation.bin, "990140999905");
    assert_string_equal(organisation.phone, "");
    assert_string_equal(organisation.address.in[LANG_RU], "");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_assignee_is_told_else_who_has_to_do_with_it),
        cmocka_unit_test(test_after_a_long_sleep_one_event_is_enough),
        cmocka_unit_test(test_a_missed_reminder_does_not_come_twice),
        cmocka_unit_test(test_one_lost_case_holds_up_no_other),
        cmocka_unit_test(test_a_clock_beyond_the_calendar_holds_up_no_other),
        cmocka_unit_test(test_the_search_finds_what_is_clear_and_nothing_personal),
        cmocka_unit_test(test_a_damaged_event_hides_no_other_from_the_search),
        cmocka_unit_test(test_the_organisation_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
