/* The calendar or the catalogue changed while clocks run: a holiday was added late, a day was moved. Running clocks are
 * computed anew by the same version of their norm, from the same event; a clock whose moments change says so in an
 * event with the old and the new ones. Whether a clock is a duty at all may have changed too: that changes no moment
 * and is no event, but what is still to be said of the clock, and what the case owes next. */
#include "cases/verify_parts.h"
#include <string.h>

static json_t *moments_json(int64_t due_usec, int64_t overdue_usec)
{
    return json_pack("{s:I, s:I}", "due", (json_int_t)due_usec, "overdue", (json_int_t)overdue_usec);
}

static int write_event(struct tx *tx, const struct office *office, const struct clock_row *old,
                       const struct clock_row *clock, struct case_row *row, int64_t now_usec, struct err *err)
{
    const struct actor system = system_actor();
    CLEANUP_JSON json_t *body = body_begin("clock.recomputed", row->id, &system, now_usec, row->version + 1);
    char from[16];
    int64_t leaf;
    int r;

    date_format(date_from_day((int32_t)clock->norm_from_day), from);
    if (body == NULL || json_object_set_new(body, "clock", json_string(clock->clock)) != 0 ||
        json_object_set_new(body, "norm_from", json_string(from)) != 0 ||
        json_object_set_new(body, "old", moments_json(old->due_usec, old->overdue_usec)) != 0 ||
        json_object_set_new(body, "new", moments_json(clock->due_usec, clock->overdue_usec)) != 0 ||
        json_object_set_new(body, "calendar", json_string(office->calendar_hash)) != 0 ||
        json_object_set_new(body, "catalogue", json_string(office->catalogue_hash)) != 0)
        return err_memory(err);
    r = record(tx, "clock.recomputed", row->id, &system, now_usec, body, NULL, NULL, &leaf, err);
    if (r == 0)
        row->last_leaf = leaf;
    return r;
}

/* The case's next moments follow. `told`: an event says what changed, and it is the case's next version. */
static int update_case(struct tx *tx, const struct office *office, struct case_row *row, bool told, struct arena *arena,
                       struct err *err)
{
    const int64_t due_usec = row->next_due_usec, overdue_usec = row->next_overdue_usec, version = row->version;
    struct clock_row *clocks;
    size_t count;
    int r = store_clock_of_case(tx, row->id, arena, &clocks, &count, err);

    if (r < 0)
        return r;
    clocks_next(office->catalogue, row, clocks, count);
    if (!told && row->next_due_usec == due_usec && row->next_overdue_usec == overdue_usec)
        return 0;
    row->version += told;
    return store_case_update(tx, row, version, err);
}

/* Do the events say that the clock, as it runs now, became overdue? A clock that was no duty is marked as if they
 * did. */
static int overdue_told(struct tx *tx, const struct office *office, const struct clock_row *clock, struct arena *arena,
                        bool *ret, struct err *err)
{
    struct replay replay;
    struct event_row *events;
    size_t count;
    int r = store_event_of_case(tx, clock->case_id, NULL, arena, &events, &count, err);

    if (r == 0)
        r = replay_init(&replay, err);
    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < count; i++) {
        CLEANUP_JSON json_t *body = NULL;

        r = stored_json_parse(events[i].body, events[i].body_len, "an event", &body, err);
        if (r == 0)
            r = replay_event(&replay, office, &events[i], body, NULL, arena, err);
    }
    if (r == 0)
        *ret = json_is_true(json_object_get(json_object_get(replay.clocks, clock->clock), "told"));
    replay_done(&replay);
    /* Verification names the damage; what is marked as said stays so. */
    return r == -ERR_DAMAGED ? 0 : r;
}

/* What is still to be said of the clock, by what it is today. A reminder that is about to be sent is not lost. */
static int say_by_duty(struct tx *tx, const struct office *office, const struct procedure_clock *said, bool duty,
                       bool moved, int64_t now_usec, struct clock_row *clock, struct arena *arena, struct err *err)
{
    int r = 0;

    if (!duty) {
        clock->remind_usec = TIME_NONE;
        clock->overdue_told = true;
        return 0;
    }
    if (moved && clock->overdue_usec > now_usec)
        clock->overdue_told = false;
    else if (clock->overdue_told)
        r = overdue_told(tx, office, clock, arena, &clock->overdue_told, err);
    if (moved || clock->remind_usec == TIME_NONE)
        clock->remind_usec = clock_next_reminder(office->catalogue->calendar, said, clock->due_usec, now_usec);
    return r;
}

/* The moments by today's law. Where it cannot say them, because the norm is gone from the catalogue or the calendar
 * does not reach so far, they stay what they were while it could. */
static int moments_now(const struct office *office, const struct norm *norm, struct clock_row *clock,
                       struct clock_moments *moments, struct err *err)
{
    struct err why = {0};
    int extended, r;

    if (norm == NULL || !norm->has_clock)
        return 0;
    extended = clock->extended < norm->clock.extend.times ? clock->extended : norm->clock.extend.times;
    r = clock_compute_extended(office->catalogue->calendar, &norm->clock, clock->starts_usec, extended, moments, &why);
    if (r == 0)
        clock->norm_from_day = norm->from_day;
    else if (strcmp(why.code, "calendar_not_covered") == 0)
        r = 0;
    else if (err != NULL)
        *err = why;
    return r;
}

static int handle(struct tx *tx, const struct office *office, struct clock_row *clock, struct case_row *row,
                  int64_t now_usec, struct arena *arena, struct err *err)
{
    const struct norm *norm = catalogue_norm_at(office->catalogue, clock->norm, clock->starts_usec);
    const struct procedure *procedure = catalogue_procedure(office->catalogue, row->procedure);
    const struct procedure_clock *said = procedure != NULL ? procedure_clock_find(procedure, clock->clock) : NULL;
    const struct clock_row old = *clock;
    struct clock_moments moments = {clock->starts_usec, clock->due_usec, clock->overdue_usec};
    bool changed;
    int r = moments_now(office, norm, clock, &moments, err);

    if (r < 0)
        return r;
    changed = moments.due_usec != old.due_usec || moments.overdue_usec != old.overdue_usec ||
              clock->norm_from_day != old.norm_from_day;
    clock->calendar_hash = office->calendar_hash;
    clock->catalogue_hash = office->catalogue_hash;
    clock->due_usec = moments.due_usec;
    clock->overdue_usec = moments.overdue_usec;
    r = say_by_duty(tx, office, said, clock_is_duty(said, clock_norm(office->catalogue, clock)), changed, now_usec,
                    clock, arena, err);
    if (r == 0 && changed)
        r = write_event(tx, office, &old, clock, row, now_usec, err);
    if (r == 0)
        r = store_clock_put(tx, clock, err);
    return r < 0 ? r : update_case(tx, office, row, changed, arena, err);
}

int case_recompute(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
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
    r = store_clock_outdated(tx, office->calendar_hash, office->catalogue_hash, limit, &arena, &clocks, &count, err);
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
