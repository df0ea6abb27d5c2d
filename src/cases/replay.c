/* A case lived through again, event after event, to learn what its rows must say. Used by verification alone: nothing
 * here trusts a row. */
#include "cases/verify_parts.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int replay_damaged(struct err *err, const char *fmt, ...)
{
    char why[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    err_set(err, ERR_DAMAGED, "case_damaged", NULL);
    return err == NULL ? -ERR_DAMAGED : err_detail(err, "%s", why);
}

int replay_init(struct replay *replay, struct err *err)
{
    *replay = (struct replay){.values = json_object(),
                              .sealed = json_object(),
                              .clocks = json_object(),
                              .attachments = json_object(),
                              .closed_usec = TIME_NONE};
    if (replay->values != NULL && replay->sealed != NULL && replay->clocks != NULL && replay->attachments != NULL)
        return 0;
    replay_done(replay);
    return err_memory(err);
}

void replay_done(struct replay *replay)
{
    json_decref(replay->values);
    json_decref(replay->sealed);
    json_decref(replay->clocks);
    json_decref(replay->attachments);
}

static const char *member(const json_t *body, const char *key)
{
    return json_string_value(json_object_get(body, key));
}

static int64_t moment(const json_t *body, const char *key)
{
    return json_integer_value(json_object_get(body, key));
}

/* The overdue moment moved: said before, it is said again if it is still ahead. */
static int untell(json_t *clock, int64_t at_usec, struct err *err)
{
    if (moment(clock, "overdue") <= at_usec)
        return 0;
    return json_object_set_new(clock, "told", json_false()) == 0 ? 0 : err_memory(err);
}

static int apply_clock(struct replay *replay, const json_t *entry, int64_t at_usec, struct err *err)
{
    const char *id = member(entry, "clock");
    json_t *clock;

    if (id == NULL)
        return replay_damaged(err, "a clock without its name");
    if (json_object_get(entry, "norm") != NULL) { /* a stopped one says its start too, but no norm */
        clock = json_copy((json_t *)entry);
        if (clock == NULL || json_object_set_new(replay->clocks, id, clock) != 0 ||
            json_object_set_new(clock, "state", json_string("running")) != 0 ||
            json_object_set_new(clock, "extended", json_integer(0)) != 0 ||
            json_object_set_new(clock, "told", json_false()) != 0)
            return err_memory(err);
        return 0;
    }
    clock = json_object_get(replay->clocks, id);
    if (clock == NULL)
        return replay_damaged(err, "clock %s was never started", id);
    if (json_object_get(entry, "stopped") != NULL) {
        const json_t *starts = json_object_get(entry, "starts");

        if (starts != NULL && !json_equal(starts, json_object_get(clock, "starts")))
            return replay_damaged(err, "clock %s stopped that had another start", id);
        if (json_object_set(clock, "state", json_object_get(entry, "stopped")) != 0 ||
            json_object_set(clock, "in_time", json_object_get(entry, "in_time")) != 0 ||
            json_object_set(clock, "stopped_at", json_object_get(entry, "at")) != 0)
            return err_memory(err);
        return 0;
    }
    if (json_object_get(entry, "extended") == NULL)
        return replay_damaged(err, "clock %s changed in an unknown way", id);
    if (json_object_set(clock, "extended", json_object_get(entry, "extended")) != 0 ||
        json_object_set(clock, "due", json_object_get(entry, "due")) != 0 ||
        json_object_set(clock, "overdue", json_object_get(entry, "overdue")) != 0)
        return err_memory(err);
    return untell(clock, at_usec, err);
}

static int apply_clocks(struct replay *replay, const json_t *body, int64_t at_usec, struct err *err)
{
    const json_t *list = json_object_get(body, "clocks");
    int r = 0;

    for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
        r = apply_clock(replay, json_array_get(list, i), at_usec, err);
    return r;
}

static int apply_attachments(struct replay *replay, const json_t *body, int64_t leaf, struct err *err)
{
    const json_t *list = json_object_get(body, "attachments");

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *about = json_copy(json_array_get(list, i));
        const char *id = member(about, "id");

        if (about == NULL)
            return err_memory(err);
        if (id == NULL) {
            json_decref(about);
            return replay_damaged(err, "an attachment without its id");
        }
        if (json_object_set_new(about, "leaf", json_integer(leaf)) != 0 ||
            json_object_set(replay->attachments, id, about) != 0) {
            json_decref(about);
            return err_memory(err);
        }
        json_decref(about);
    }
    return 0;
}

static int apply_values(struct replay *replay, const json_t *body, const json_t *sealed, struct err *err)
{
    if (!json_is_object(json_object_get(body, "values")))
        return replay_damaged(err, "an event without values");
    if (json_object_update(replay->values, json_object_get(body, "values")) != 0 ||
        (sealed != NULL && json_object_update(replay->sealed, (json_t *)sealed) != 0))
        return err_memory(err);
    return 0;
}

static int apply_opened(struct replay *replay, const struct office *office, const struct event_row *event,
                        const json_t *body, const json_t *sealed, struct arena *arena, struct err *err)
{
    const char *procedure = member(body, "procedure");
    int r;

    if (replay->version != 0 || procedure == NULL || member(body, "number") == NULL || member(body, "state") == NULL ||
        member(body, "opener") == NULL || member(body, "lang") == NULL || member(body, "subject_id") == NULL)
        return replay_damaged(err, "event %lld opens a case incompletely or anew", (long long)event->leaf);
    replay->procedure = catalogue_procedure(office->catalogue, procedure);
    if (replay->procedure == NULL)
        return replay_damaged(err, "procedure %s is not in the catalogue", procedure);
    replay->number = arena_strdup(arena, member(body, "number"));
    replay->state = arena_strdup(arena, member(body, "state"));
    replay->opener = arena_strdup(arena, member(body, "opener"));
    replay->lang = arena_strdup(arena, member(body, "lang"));
    replay->subject_id = arena_strdup(arena, member(body, "subject_id"));
    replay->opener_account = arena_strdup(arena, event->account_id);
    if (arena->overflowed)
        return err_memory(err);
    replay->opened_usec = moment(body, "received");
    replay->registered_usec = event->at_usec;
    r = procedure_state_find(replay->procedure, replay->state);
    if (r >= 0 && procedure_state_rests(replay->procedure, r))
        replay->closed_usec = event->at_usec;
    r = apply_values(replay, body, sealed, err);
    if (r == 0)
        r = apply_clocks(replay, body, event->at_usec, err);
    return r < 0 ? r : apply_attachments(replay, body, event->leaf, err);
}

static int apply_acted(struct replay *replay, const struct event_row *event, const json_t *body, const json_t *sealed,
                       struct arena *arena, struct err *err)
{
    const char *from = member(body, "from"), *to = member(body, "to");
    int state = to != NULL ? procedure_state_find(replay->procedure, to) : -1, r;

    if (from == NULL || state < 0 || strcmp(from, replay->state) != 0)
        return replay_damaged(err, "event %lld does not follow from state %s", (long long)event->leaf, replay->state);
    if (strcmp(from, to) != 0 || (procedure_state_rests(replay->procedure, state) && replay->closed_usec == TIME_NONE))
        replay->closed_usec = procedure_state_rests(replay->procedure, state) ? event->at_usec : TIME_NONE;
    replay->state = arena_strdup(arena, to);
    if (replay->state == NULL)
        return err_memory(err);
    r = apply_values(replay, body, sealed, err);
    if (r == 0)
        r = apply_clocks(replay, body, event->at_usec, err);
    return r < 0 ? r : apply_attachments(replay, body, event->leaf, err);
}

static int apply_recomputed(struct replay *replay, const json_t *body, int64_t at_usec, struct err *err)
{
    const char *id = member(body, "clock");
    json_t *clock = id != NULL ? json_object_get(replay->clocks, id) : NULL;
    const json_t *moments = json_object_get(body, "new");

    if (clock == NULL || moments == NULL)
        return replay_damaged(err, "an unknown clock was recomputed");
    if (json_object_set(clock, "due", json_object_get(moments, "due")) != 0 ||
        json_object_set(clock, "overdue", json_object_get(moments, "overdue")) != 0 ||
        json_object_set(clock, "norm_from", json_object_get(body, "norm_from")) != 0)
        return err_memory(err);
    return untell(clock, at_usec, err);
}

static int apply_overdue(struct replay *replay, const json_t *body, struct err *err)
{
    const char *id = member(body, "clock");
    json_t *clock = id != NULL ? json_object_get(replay->clocks, id) : NULL;

    if (clock == NULL || moment(clock, "overdue") != moment(body, "overdue"))
        return replay_damaged(err, "an unknown clock, or another moment, was called overdue");
    return json_object_set_new(clock, "told", json_true()) == 0 ? 0 : err_memory(err);
}

bool event_of_case(const char *kind)
{
    return strncmp(kind, "case.", 5) == 0 || strncmp(kind, "clock.", 6) == 0;
}

int replay_event(struct replay *replay, const struct office *office, const struct event_row *event, const json_t *body,
                 const json_t *sealed, struct arena *arena, struct err *err)
{
    const char *kind = event->kind;
    int r = 0;

    if (!event_of_case(kind))
        return 0;
    if (strcmp(kind, "case.opened") == 0)
        r = apply_opened(replay, office, event, body, sealed, arena, err);
    else if (replay->version == 0)
        return replay_damaged(err, "event %lld comes before the case was opened", (long long)event->leaf);
    else if (strcmp(kind, "case.acted") == 0)
        r = apply_acted(replay, event, body, sealed, arena, err);
    else if (strcmp(kind, "clock.recomputed") == 0)
        r = apply_recomputed(replay, body, event->at_usec, err);
    else if (strcmp(kind, "clock.overdue") == 0)
        r = apply_overdue(replay, body, err);
    else if (strcmp(kind, "case.assigned") == 0) {
        const char *to = member(body, "to");

        replay->assignee = to != NULL && to[0] != '\0' ? arena_strdup(arena, to) : NULL;
        if (arena->overflowed)
            return err_memory(err);
    }
    if (r < 0)
        return r;
    if (moment(body, "version") != replay->version + 1)
        return replay_damaged(err, "event %lld is not version %lld", (long long)event->leaf,
                              (long long)replay->version + 1);
    replay->version++;
    replay->last_leaf = event->leaf;
    return 0;
}
