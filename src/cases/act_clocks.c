/* What an act does to the clocks of its case. A clock starts and stops when the act happened, where the act says so:
 * a letter was served when it was served, however late somebody wrote that down. */
#include "cases/act_parts.h"
#include <string.h>

static struct clock_row *clock_of(struct deed *deed, const char *id)
{
    for (size_t i = 0; i < deed->clock_count; i++)
        if (strcmp(deed->clocks[i].clock, id) == 0)
            return &deed->clocks[i];
    return NULL;
}

static void changed(struct deed *deed, enum clock_change_kind kind, const struct clock_row *row)
{
    deed->changes[deed->change_count++] = (struct clock_change){.kind = kind, .row = *row};
}

/* Where the clock counts from, in the case as the act leaves it. */
static int find_anchor(const struct deed *deed, const struct procedure_clock *clock, int64_t *ret_usec, bool *ret_named,
                       struct err *err)
{
    const char *given_text = deed->prepared->values.clear;
    CLEANUP_JSON json_t *given = NULL;
    CLEANUP_JSON json_t *older = NULL;
    int r = 0;

    if (clock->from != NULL)
        r = stored_json_parse(given_text, strlen(given_text), "values", &given, err);
    if (r == 0 && clock->from != NULL)
        r = stored_json_parse(deed->row.fields, strlen(deed->row.fields), "a case's values", &older, err);
    if (r == 0)
        *ret_named =
            clock_anchor(&deed->office->catalogue->calendar->zone, clock, given, older, deed->happened_usec, ret_usec);
    return r;
}

static int change_clock(struct deed *deed, const struct procedure_clock *clock, struct err *err)
{
    const struct procedure_act *act = deed->prepared->act;
    struct clock_row *row = clock_of(deed, clock->id);
    bool in_force;
    int r;

    if (row != NULL && clock_runs(row)) {
        bool voided = words_have(clock->voided_by, clock->voided_by_count, act->id);

        if (voided || words_have(clock->stopped_by, clock->stopped_by_count, act->id)) {
            clock_stop(deed->office->catalogue, row, deed->happened_usec, voided);
            changed(deed, CLOCK_STOPPED, row);
        }
    }
    if (act->extends != NULL && strcmp(act->extends, clock->id) == 0) {
        if (row == NULL)
            return err_set(err, ERR_CONFLICT, "clock_no_extension", "%s", clock->norm_id);
        r = clock_extend(deed->office, clock, row, deed->now_usec, err);
        if (r < 0)
            return r;
        changed(deed, CLOCK_EXTENDED, row);
    }
    if (procedure_clock_starts_on(clock, act->id)) {
        struct clock_row started;
        int64_t from_usec;
        bool applies, named;

        r = clock_is_of_case(deed->tx, &deed->row, clock, deed->arena, &applies, err);
        if (r < 0 || !applies)
            return r;
        r = find_anchor(deed, clock, &from_usec, &named, err);
        if (r < 0 || !named)
            return r;
        r = clock_start(deed->office, clock, deed->row.id, from_usec, deed->now_usec, &started, &in_force, err);
        if (r < 0)
            return r;
        if (!in_force) {
            deed->no_clock[deed->no_clock_count++] = clock->id;
            return 0;
        }
        if (row == NULL)
            row = &deed->clocks[deed->clock_count++];
        *row = started;
        changed(deed, CLOCK_STARTED, row);
    }
    return 0;
}

int deed_change_clocks(struct deed *deed, struct err *err)
{
    const struct procedure *procedure = deed->prepared->procedure;
    struct clock_row *stored;
    size_t count;
    int r = store_clock_of_case(deed->tx, deed->row.id, deed->arena, &stored, &count, err);

    if (r < 0)
        return r;
    deed->clocks = ARENA_ARRAY(deed->arena, struct clock_row, count + procedure->clock_count);
    deed->changes = ARENA_ARRAY(deed->arena, struct clock_change, 3 * (count + procedure->clock_count));
    deed->no_clock = ARENA_ARRAY(deed->arena, const char *, procedure->clock_count);
    if (deed->clocks == NULL || deed->changes == NULL || deed->no_clock == NULL)
        return err_memory(err);
    if (count > 0)
        memcpy(deed->clocks, stored, count * sizeof(*stored));
    deed->clock_count = count;
    for (size_t i = 0; i < procedure->clock_count; i++) {
        r = change_clock(deed, &procedure->clocks[i], err);
        if (r < 0)
            return r;
    }
    case_move(procedure, deed->prepared->act, &deed->row, deed->now_usec);
    for (size_t i = 0; deed->row.closed_usec != TIME_NONE && i < deed->clock_count; i++) {
        if (!clock_runs(&deed->clocks[i]))
            continue;
        clock_stop(deed->office->catalogue, &deed->clocks[i], deed->happened_usec, true);
        changed(deed, CLOCK_STOPPED, &deed->clocks[i]);
    }
    clocks_next(deed->office->catalogue, &deed->row, deed->clocks, deed->clock_count);
    return 0;
}

static json_t *changes_json(const struct deed *deed)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < deed->change_count; i++)
        if (json_array_append_new(list, clock_change_json(&deed->changes[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

int deed_tell_clocks(const struct deed *deed, json_t *body, struct err *err)
{
    int r = 0;

    if (deed->change_count > 0) {
        r = body_set(body, "clocks", changes_json(deed), err);
        if (r == 0)
            r = body_set(body, "calendar", json_string(deed->office->calendar_hash), err);
        if (r == 0)
            r = body_set(body, "catalogue", json_string(deed->office->catalogue_hash), err);
    }
    if (r == 0 && deed->no_clock_count > 0) {
        json_t *list = json_array();

        for (size_t i = 0; list != NULL && i < deed->no_clock_count; i++)
            if (json_array_append_new(list, json_string(deed->no_clock[i])) != 0) {
                json_decref(list);
                return err_memory(err);
            }
        r = body_set(body, "no_clock", list, err);
    }
    return r;
}
