/* The end of a month's secret. After it nobody can tell whether a hash belongs to an identifier, or which of two months
 * a person came in both: the secret goes first, then what was hashed with it, and then the store is compacted and its
 * bytes are searched for the wrapped secret. Each step is a small transaction and leaves a row that says where it
 * stands, so that a crash between two of them goes on: closed with a secret; closed without one, chunks and sets still
 * going; destroyed, with the event. */
#include "audience/figures_parts.h"

#define SHED_LIMIT 64 /* chunks and sets of one transaction */

struct ending {
    const struct office *office;
    int month;
    uint64_t print;
    bool has_secret;
    const struct store_compaction *compaction;
    int64_t now_usec;
    int64_t gone;
};

static int wipe_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct ending *ending = command->arg;

    ending->gone = 1;
    return store_audience_month_wipe(tx, ending->month, err);
}

static int shed_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct ending *ending = command->arg;

    return store_audience_month_shed(tx, ending->month, SHED_LIMIT, &ending->gone, err);
}

static json_t *destroyed_body(const struct ending *ending, const struct actor *actor)
{
    json_t *body = body_begin("audience_secret_destroyed", NULL, actor, ending->now_usec, 0);
    char month[PERIOD_ROOM];

    period_text(true, ending->month, month);
    if (body != NULL && (json_object_set_new(body, "month", json_string(month)) != 0 ||
                         json_object_set_new(body, "compacted", json_boolean(!ending->compaction->skipped)) != 0 ||
                         json_object_set_new(body, "searched", json_boolean(ending->compaction->searched)) != 0 ||
                         json_object_set_new(body, "whole", json_boolean(ending->compaction->whole)) != 0)) {
        json_decref(body);
        return NULL;
    }
    return body;
}

/* Another node may have been here first. */
static int destroy_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct ending *ending = command->arg;
    struct actor actor = system_actor();
    CLEANUP_JSON json_t *body = destroyed_body(ending, &actor);
    CLEANUP_ARENA struct arena arena;
    struct audience_month_row row;
    bool found = false;
    int64_t leaf;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (body == NULL)
        return err_memory(err);
    r = store_audience_month_get(tx, ending->month, &arena, &row, &found, err);
    if (r < 0 || !found || row.destroyed_usec != TIME_NONE)
        return r;
    r = record(tx, "audience_secret_destroyed", NULL, &actor, ending->now_usec, body, NULL, NULL, &leaf, err);
    return r < 0 ? r : store_audience_month_destroy(tx, ending->month, ending->now_usec, err);
}

/* The oldest closed month that is not destroyed yet. */
static int find_month(const struct office *office, struct ending *ending, bool *ret_found, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    CLEANUP_ARENA struct arena arena;
    struct audience_month_row *months;
    size_t count;
    int r = store_read_begin(office->store, &tx, err);

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (r == 0)
        r = store_audience_months(tx, true, &arena, &months, &count, err);
    if (r < 0)
        return r;
    *ret_found = false;
    for (size_t i = 0; i < count && !*ret_found; i++) {
        if (months[i].closed_usec == TIME_NONE)
            continue;
        ending->month = months[i].month;
        ending->print = months[i].print;
        ending->has_secret = months[i].secret != NULL;
        *ret_found = true;
    }
    return 0;
}

/* Compacts, searches, and only then calls it destroyed. */
static int finish(struct ending *ending, struct err *err)
{
    struct store_compaction compaction;
    uint64_t print = ending->print;
    int r = store_compact(ending->office->store, &print, 1, &compaction, err);

    if (r < 0)
        return r;
    ending->compaction = &compaction;
    return store_write(ending->office->store, destroy_run, ending, err);
}

int secrets_end_pass(const struct office *office, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct ending ending = {.office = office, .now_usec = now_usec};
    bool found = false;
    int r = find_month(office, &ending, &found, err);

    if (r < 0)
        return r;
    if (found && ending.has_secret) {
        r = store_write(office->store, wipe_run, &ending, err);
    } else if (found) {
        r = store_write(office->store, shed_run, &ending, err);
        if (r == 0 && ending.gone == 0)
            r = finish(&ending, err);
    }
    if (r == 0)
        *ret_handled = found;
    return r;
}
