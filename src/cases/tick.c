/* What happens because time passes: reminders come, clocks become overdue. A case is overdue the second it is, because
 * that is a question of its moments; here the fact is written down and people are told. */
#include "cases/parts.h"
#include <string.h>

static int write_event(struct tx *tx, struct case_row *row, const char *kind, const char *moment,
                       const struct clock_row *clock, int64_t moment_usec, int64_t now_usec, int64_t *ret_leaf,
                       struct err *err)
{
    const struct actor system = system_actor();
    CLEANUP_JSON json_t *body = body_begin(kind, row->id, &system, now_usec, row->version + 1);
    int r;

    if (body == NULL || json_object_set_new(body, "clock", json_string(clock->clock)) != 0 ||
        json_object_set_new(body, moment, json_integer(moment_usec)) != 0)
        return err_memory(err);
    r = record(tx, kind, row->id, &system, now_usec, body, NULL, NULL, ret_leaf, err);
    if (r < 0)
        return r;
    row->last_leaf = *ret_leaf;
    row->version++;
    return store_case_update(tx, row, row->version - 1, err);
}

/* One ripe clock: overdue said once, and if a reminder's time has come, reminded, unless it is too late for that. */
static int handle(struct tx *tx, const struct office *office, struct clock_row *clock, struct case_row *row,
                  int64_t now_usec, struct arena *arena, struct err *err)
{
    int64_t leaf;
    int r = 0;

    if (!clock->overdue_told && clock->overdue_usec <= now_usec) {
        r = write_event(tx, row, "clock.overdue", "overdue", clock, clock->overdue_usec, now_usec, &leaf, err);
        if (r == 0)
            r = message_staff(tx, office, "overdue", row, leaf, now_usec, arena, err);
        clock->overdue_told = true;
        clock->remind_usec = TIME_NONE;
    } else if (clock->remind_usec != TIME_NONE && clock->remind_usec <= now_usec) {
        const struct procedure *procedure = catalogue_procedure(office->catalogue, row->procedure);

        r = write_event(tx, row, "clock.reminded", "due", clock, clock->due_usec, now_usec, &leaf, err);
        if (r == 0)
            r = message_staff(tx, office, "reminder", row, leaf, now_usec, arena, err);
        clock->remind_usec = clock_next_reminder(
            office->catalogue->calendar, procedure != NULL ? procedure_clock_find(procedure, clock->clock) : NULL,
            clock->due_usec, now_usec);
    }
    return r < 0 ? r : store_clock_put(tx, clock, err);
}

int case_tick(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
              struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    CLEANUP_ARENA struct arena each;
    struct clock_row *clocks;
    size_t count, handled = 0;
    struct case_row row;
    bool there;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    arena_init(&each, COMMAND_ARENA_LIMIT);
    r = store_clock_ripe(tx, now_usec, limit, &arena, &clocks, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        arena_reset(&each);
        r = clock_case(tx, &clocks[i], &each, &row, &there, err);
        if (r < 0 || !there)
            continue;
        r = handle(tx, office, &clocks[i], &row, now_usec, &each, err);
        handled += r == 0;
    }
    if (r < 0)
        return r;
    *ret_count = handled;
    return 0;
}
