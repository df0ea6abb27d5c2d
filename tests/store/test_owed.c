/* What somebody owes: their running clocks and nobody's, the earliest first, at most as many as asked for. */
#include "world.h"

static void owe(struct world *world, int n, const char *assignee, const char *procedure, int64_t due_usec)
{
    struct case_row row = case_row_of(world, n);
    struct event_row event = event_row_of(world, n);
    struct clock_row clock = clock_row_of(world, n, "answer");
    row.assignee = assignee;
    row.procedure = procedure;
    row.next_due_usec = due_usec;
    clock.due_usec = due_usec;
    add_event(world, &event);
    add_case(world, &row);
    add_clock(world, &clock);
}

/* The last digits of the numbers, in the order of the answer. */
static const char *owed(struct world *world, const char *account, const char *const *procedures, size_t limit)
{
    struct owed_clock *rows;
    size_t count;
    char *text = arena_strdup(&world->arena, "");
    struct tx *tx = world_read(world);
    assert_done(store_clock_owed(tx, account, procedures, limit, &world->arena, &rows, &count, &world->err), world);
    store_read_end(tx);
    for (size_t i = 0; i < count; i++) {
        text = arena_printf(&world->arena, "%s%s%s", text, *text != '\0' ? " " : "",
                            rows[i].number + strlen(rows[i].number) - 1);
        assert_string_equal(rows[i].clock.state, "running");
    }
    return text;
}

static const char *const complaints[] = {"complaint", NULL}, *const both[] = {"complaint", "request", NULL},
                         *const none[] = {NULL};

static void one_owes_what_is_ones_own_and_nobodys(void **state)
{
    struct world *world = *state;
    owe(world, 0, "aigul", "complaint", 500);
    owe(world, 1, NULL, "complaint", 300);
    owe(world, 2, "nurlan", "complaint", 100);
    owe(world, 3, NULL, "request", 200);
    owe(world, 4, "aigul", "request", 250);
    assert_string_equal(owed(world, "aigul", complaints, 10), "4 1 0");
    assert_string_equal(owed(world, "aigul", both, 10), "3 4 1 0");
    assert_string_equal(owed(world, "aigul", none, 10), "4 0");
    assert_string_equal(owed(world, "nurlan", none, 10), "2");
    assert_string_equal(owed(world, "daniyar", none, 10), "");
    assert_string_equal(owed(world, "aigul", both, 2), "3 4");
    assert_string_equal(owed(world, "aigul", none, 1), "4");
    assert_string_equal(owed(world, "aigul", both, 0), "");
}

static void what_stands_still_is_not_owed(void **state)
{
    struct world *world = *state;
    for (int n = 0; n < 4; n++)
        owe(world, n, n < 2 ? "aigul" : NULL, "complaint", 100 + n);
    /* Stopped: the case goes on with another clock. */
    for (int n = 0; n < 4; n += 2) {
        struct clock_row stopped = clock_row_of(world, n, "answer"), other = clock_row_of(world, n, "other");
        stopped.state = "met";
        stopped.stopped_usec = 50;
        other.due_usec = 400 + n;
        add_clock(world, &stopped);
        add_clock(world, &other);
    }
    assert_string_equal(owed(world, "aigul", complaints, 10), "1 3 0 2");
    struct owed_clock *rows;
    size_t count;
    struct tx *tx = world_read(world);
    assert_done(store_clock_owed(tx, "aigul", none, 10, &world->arena, &rows, &count, &world->err), world);
    store_read_end(tx);
    assert_int_equal(count, 2);
    assert_string_equal(rows[1].clock.clock, "other");
    assert_string_equal(rows[1].clock.case_id, id_of(world, 0));
    assert_string_equal(rows[1].procedure, "complaint");
    assert_string_equal(rows[1].clock.norm, "opl.11.3");
    assert_int_equal(rows[1].clock.due_usec, 400);
    assert_int_equal(rows[1].changed_usec, 1000000); /* of the event, the case's newest */
    /* A case in which nothing is due, though a clock runs (a time to object): assigned or not. */
    assert_true(world_sql(world, "UPDATE case_file SET next_due_usec = NULL WHERE assignee IS NULL OR serial > 1"));
    assert_string_equal(owed(world, "aigul", complaints, 10), "1 3 0 2");
    assert_true(world_sql(world, "UPDATE case_file SET closed_usec = 5"));
    assert_string_equal(owed(world, "aigul", complaints, 10), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(one_owes_what_is_ones_own_and_nobodys),
                                       WORLD_TEST(what_stands_still_is_not_owed)};
    return world_run("owed", tests, sizeof tests / sizeof *tests);
}
