/* The clocks of a case: started by its opening or an act, stopped by an act, extended where the norm allows it, with a
 * reminder ahead. The norm is the one in force at the event that starts the clock; the moments come from law/clock. A
 * clock that says "at least" is a time to be waited out, not a duty that can be missed: it neither reminds nor becomes
 * overdue. */
#include "cases/parts.h"
#include <stdlib.h>
#include <string.h>

/* Reminders go out in the morning, when there is someone to read them. */
#define REMIND_SECOND_OF_DAY (9 * 3600)

bool clock_runs(const struct clock_row *row)
{
    return strcmp(row->state, "running") == 0;
}

int64_t clock_next_reminder(const struct calendar *calendar, const struct procedure_clock *clock, int64_t due_usec,
                            int64_t now_usec)
{
    int64_t next = TIME_NONE;

    if (clock == NULL)
        return TIME_NONE;
    for (size_t i = 0; i < clock->remind_count; i++) {
        int32_t day = zone_day_of(&calendar->zone, due_usec) - clock->remind_days_before[i];
        int64_t at_usec = zone_moment(&calendar->zone, day, REMIND_SECOND_OF_DAY);

        if (at_usec > now_usec && at_usec < due_usec && (next == TIME_NONE || at_usec < next))
            next = at_usec;
    }
    return next;
}

int clock_start(const struct office *office, const struct procedure_clock *clock, const char *case_id,
                int64_t event_usec, int64_t now_usec, struct clock_row *ret, bool *ret_in_force, struct err *err)
{
    const struct norm *norm = catalogue_norm_at(office->catalogue, clock->norm_id, event_usec);
    const struct calendar *calendar = office->catalogue->calendar;
    struct clock_moments moments;
    bool duty;
    int r;

    if (norm == NULL || !norm->has_clock) {
        *ret_in_force = false;
        return 0;
    }
    r = clock_compute(calendar, &norm->clock, event_usec, &moments, err);
    if (r < 0)
        return r;
    duty = clock_is_duty(clock, norm);
    *ret = (struct clock_row){
        .case_id = case_id,
        .clock = clock->id,
        .norm = norm->id,
        .norm_from_day = norm->from_day,
        .starts_usec = moments.starts_usec,
        .due_usec = moments.due_usec,
        .overdue_usec = moments.overdue_usec,
        .state = "running",
        .stopped_usec = TIME_NONE,
        .remind_usec = duty ? clock_next_reminder(calendar, clock, moments.due_usec, now_usec) : TIME_NONE,
        .overdue_told = !duty,
        .calendar_hash = office->calendar_hash,
        .catalogue_hash = office->catalogue_hash,
    };
    *ret_in_force = true;
    return 0;
}

const struct norm *clock_norm(const struct catalogue *catalogue, const struct clock_row *row)
{
    for (size_t i = 0; i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];

        if (norm->from_day == row->norm_from_day && strcmp(norm->id, row->norm) == 0)
            return norm;
    }
    return catalogue_norm_at(catalogue, row->norm, row->starts_usec);
}

static bool holds(const json_t *value, const char *text)
{
    bool equal = json_is_string(value) && strcmp(json_string_value(value), text) == 0;

    for (size_t i = 0; i < json_array_size(value); i++)
        equal = equal || strcmp(json_string_value(json_array_get(value, i)), text) == 0;
    return equal;
}

bool conditions_hold(const struct field_condition *conditions, size_t count, const json_t *values)
{
    for (size_t i = 0; i < count; i++)
        if (holds(json_object_get(values, conditions[i].field), conditions[i].value) == conditions[i].negated)
            return false;
    return true;
}

bool clock_applies(const struct procedure_clock *clock, const json_t *values)
{
    return conditions_hold(clock->conditions, clock->condition_count, values);
}

int clock_is_of_case(struct tx *tx, const struct case_row *row, const struct procedure_clock *clock,
                     struct arena *arena, bool *ret, struct err *err)
{
    CLEANUP_JSON json_t *body = NULL;
    struct event_row *events;
    size_t count;
    int r;

    if (clock->condition_count == 0) {
        *ret = true;
        return 0;
    }
    r = store_event_of_case(tx, row->id, "case.opened", arena, &events, &count, err);
    if (r < 0)
        return r;
    if (count != 1)
        return err_set(err, ERR_DAMAGED, "case_damaged", "%s", row->number);
    r = stored_json_parse(events[0].body, events[0].body_len, "an event", &body, err);
    if (r == 0)
        *ret = clock_applies(clock, json_object_get(body, "values"));
    return r;
}

void clock_stop(const struct catalogue *catalogue, struct clock_row *row, int64_t at_usec, bool duty_ended)
{
    const struct norm *norm = clock_norm(catalogue, row);
    bool at_once = norm != NULL && norm->has_clock && norm->clock.unit == UNIT_AT_ONCE;
    bool ahead = norm != NULL && norm->has_clock &&
                 (norm->clock.direction == CLOCK_BEFORE || norm->clock.unit == UNIT_NAMED_DAY ||
                  norm->clock.unit == UNIT_FIXED_DATE);
    bool waits = norm != NULL && norm->has_clock && norm->clock.kind == CLOCK_AT_LEAST;

    /* What it counts from may lie ahead: a notice is given before it. */
    if (!ahead && at_usec < row->starts_usec)
        at_usec = row->starts_usec;
    /* Due is the last second that is safe; all of that second is in time. */
    row->stopped_in_time = at_once || waits || at_usec < row->due_usec + USEC_PER_SEC;
    row->stopped_usec = at_usec;
    if (duty_ended)
        row->state = "stopped";
    else
        row->state = row->stopped_in_time || at_usec < row->overdue_usec ? "met" : "missed";
    row->remind_usec = TIME_NONE;
}

bool clock_may_extend(const struct office *office, const struct clock_row *row)
{
    const struct norm *norm = clock_norm(office->catalogue, row);

    return clock_runs(row) && norm != NULL && norm->has_clock && row->extended < norm->clock.extend.times;
}

int clock_extend(const struct office *office, const struct procedure_clock *clock, struct clock_row *row,
                 int64_t now_usec, struct err *err)
{
    const struct norm *norm = clock_norm(office->catalogue, row);
    const struct calendar *calendar = office->catalogue->calendar;
    struct clock_moments moments;
    int r;

    if (!clock_may_extend(office, row))
        return err_set(err, ERR_CONFLICT, "clock_no_extension", "%s", row->norm);
    r = clock_compute_extended(calendar, &norm->clock, row->starts_usec, row->extended + 1, &moments, err);
    if (r < 0)
        return r;
    row->extended++;
    row->due_usec = moments.due_usec;
    row->overdue_usec = moments.overdue_usec;
    row->remind_usec = clock_next_reminder(calendar, clock, moments.due_usec, now_usec);
    if (clock_is_duty(clock, norm) && now_usec < moments.overdue_usec)
        row->overdue_told = false;
    row->calendar_hash = office->calendar_hash;
    row->catalogue_hash = office->catalogue_hash;
    return 0;
}

int clock_case(struct tx *tx, const struct clock_row *row, struct arena *arena, struct case_row *ret, bool *ret_there,
               struct err *err)
{
    struct err why = {0};
    int r = store_case_get(tx, row->case_id, arena, ret, &why);

    if (r == 0 || r == -ERR_NOT_FOUND) {
        *ret_there = r == 0;
        return 0;
    }
    if (err != NULL)
        *err = why;
    return r;
}

bool clock_is_duty(const struct procedure_clock *clock, const struct norm *norm)
{
    return (clock == NULL || !clock->right) && (norm == NULL || norm->clock.kind == CLOCK_AT_MOST);
}

void clocks_next(const struct catalogue *catalogue, struct case_row *row, const struct clock_row *clocks, size_t count)
{
    const struct procedure *procedure = catalogue_procedure(catalogue, row->procedure);

    row->next_due_usec = row->next_overdue_usec = TIME_NONE;
    for (size_t i = 0; i < count; i++) {
        const struct procedure_clock *clock =
            procedure != NULL ? procedure_clock_find(procedure, clocks[i].clock) : NULL;

        if (!clock_runs(&clocks[i]) || !clock_is_duty(clock, clock_norm(catalogue, &clocks[i])))
            continue;
        if (row->next_due_usec == TIME_NONE || clocks[i].due_usec < row->next_due_usec)
            row->next_due_usec = clocks[i].due_usec;
        if (row->next_overdue_usec == TIME_NONE || clocks[i].overdue_usec < row->next_overdue_usec)
            row->next_overdue_usec = clocks[i].overdue_usec;
    }
}

json_t *clock_change_json(const struct clock_change *change)
{
    const struct clock_row *row = &change->row;
    char from[16];

    switch (change->kind) {
    case CLOCK_STARTED:
        date_format(date_from_day((int32_t)row->norm_from_day), from);
        return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "clock", row->clock, "norm", row->norm, "norm_from", from,
                         "starts", (json_int_t)row->starts_usec, "due", (json_int_t)row->due_usec, "overdue",
                         (json_int_t)row->overdue_usec);
    case CLOCK_STOPPED:
        return json_pack("{s:s, s:s, s:b, s:I, s:I}", "clock", row->clock, "stopped", row->state, "in_time",
                         (int)row->stopped_in_time, "at", (json_int_t)row->stopped_usec, "starts",
                         (json_int_t)row->starts_usec);
    case CLOCK_EXTENDED:
        return json_pack("{s:s, s:i, s:I, s:I}", "clock", row->clock, "extended", row->extended, "due",
                         (json_int_t)row->due_usec, "overdue", (json_int_t)row->overdue_usec);
    }
    abort();
}
