/* After a change of the catalogue, what stands beside the cases is made anew: another field may have become a key, a
 * register may have other columns or states, or be gone. Case after case in small commands; the setting "registers"
 * remembers how far it came, so that a restart goes on and does not begin again. */
#include "cases/rebuild.h"
#include <string.h>

#define SETTING "registers"

struct progress {
    bool ours;            /* of this catalogue, or nothing was begun yet */
    bool done;            /* every case was looked at */
    const char *position; /* the cursor of the next page; NULL: the first */
};

static int progress_get(struct tx *tx, const struct office *office, struct arena *arena, struct progress *ret,
                        struct err *err)
{
    CLEANUP_JSON json_t *setting = NULL;
    struct progress progress = {0};
    const char *text = NULL, *catalogue, *position;
    int r = store_setting_get(tx, SETTING, arena, &text, err);

    if (r == 0 && text != NULL)
        r = stored_json_parse(text, strlen(text), "a setting", &setting, err);
    if (r < 0)
        return r;
    catalogue = json_string_value(json_object_get(setting, "catalogue"));
    position = json_string_value(json_object_get(setting, "position"));
    progress.ours = catalogue != NULL && strcmp(catalogue, office->catalogue_hash) == 0;
    progress.done = progress.ours && json_is_true(json_object_get(setting, "done"));
    if (progress.ours && position != NULL) {
        progress.position = arena_strdup(arena, position);
        if (progress.position == NULL)
            return err_memory(err);
    }
    *ret = progress;
    return 0;
}

static int progress_put(struct tx *tx, const struct office *office, const char *position, bool done, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_JSON json_t *setting =
        json_pack("{s:s, s:s*, s:b}", "catalogue", office->catalogue_hash, "position", position, "done", (int)done);
    int r;

    if (setting == NULL)
        return err_memory(err);
    buf_init(&text, BODY_LIMIT);
    r = json_canonical(setting, &text, err);
    return r < 0 ? r : store_setting_put(tx, SETTING, text.data, err);
}

int register_stale(struct tx *tx, const struct office *office, bool *ret, struct err *err)
{
    CLEANUP_ARENA struct arena arena = {0};
    struct progress progress;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = progress_get(tx, office, &arena, &progress, err);
    if (r == 0)
        *ret = !progress.done;
    return r;
}

/* Entries of registers that the catalogue no longer has. */
static int drop_unknown(struct tx *tx, const struct office *office, size_t limit, struct arena *arena,
                        size_t *ret_count, struct err *err)
{
    const char *const *names;
    size_t name_count, dropped = 0;
    int r = store_register_names(tx, arena, &names, &name_count, err);

    for (size_t i = 0; r == 0 && dropped < limit && i < name_count; i++) {
        struct register_filter filter = {.reg = names[i], .which = REGISTER_ALL, .limit = limit - dropped};
        struct register_row *rows;
        const char *next;
        size_t count;

        if (catalogue_register(office->catalogue, names[i]) != NULL)
            continue;
        r = store_register_list(tx, &filter, arena, &rows, &count, &next, err);
        for (size_t j = 0; r == 0 && j < count; j++)
            r = store_register_delete(tx, rows[j].reg, rows[j].case_id, err);
        dropped += r == 0 ? count : 0;
    }
    if (r == 0)
        *ret_count = dropped;
    return r;
}

static bool has_personal_key(const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].personal && fields[i].key != NULL)
            return true;
    return false;
}

static bool wants_person(const struct procedure *procedure)
{
    bool wants = has_personal_key(procedure->fields, procedure->field_count);

    for (size_t i = 0; !wants && i < procedure->act_count; i++)
        wants = has_personal_key(procedure->acts[i].fields, procedure->acts[i].field_count);
    return wants;
}

static int live_again(struct rebuild *rebuild, const struct case_row *row, struct err *err)
{
    struct subject_key key;
    struct event_row *events;
    char place[PLACE_ROOM];
    bool destroyed = true;
    size_t count;
    int r = 0;

    if (wants_person(rebuild->procedure))
        r = case_subject_key(rebuild->tx, rebuild->office, row, &key, &destroyed, err);
    if (r == 0)
        r = store_event_of_case(rebuild->tx, row->id, NULL, rebuild->arena, &events, &count, err);
    place_of("event", row->id, place);
    for (size_t i = 0; r == 0 && i < count; i++) {
        CLEANUP_JSON json_t *body = NULL;
        CLEANUP_JSON json_t *sealed = NULL;

        r = stored_json_parse(events[i].body, events[i].body_len, "an event", &body, err);
        if (r == 0 && !destroyed)
            r = values_unseal(&key, place, events[i].sealed, events[i].sealed_len, &sealed, err);
        if (r == 0)
            r = rebuild_event(rebuild, &events[i], body, sealed, err);
    }
    return r;
}

/* A damaged case keeps its rows, and no other waits for it: verification names it. */
static int refresh_case(struct tx *tx, const struct office *office, const struct case_row *row, struct arena *arena,
                        struct err *err)
{
    struct rebuild rebuild;
    struct err why = {0};
    int r = rebuild_begin(&rebuild, tx, office, row, arena, &why);

    if (r == 0 && rebuild.procedure == NULL)
        return 0;
    if (r == 0)
        r = live_again(&rebuild, row, &why);
    if (r == -ERR_DAMAGED)
        return 0;
    if (r == 0)
        r = rebuild_write(&rebuild, row, &why);
    if (r < 0 && err != NULL)
        *err = why;
    return r;
}

int register_refresh(struct tx *tx, const struct office *office, size_t limit, size_t *ret_count, struct err *err)
{
    CLEANUP_ARENA struct arena arena = {0};
    CLEANUP_ARENA struct arena each = {0};
    struct case_filter filter = {.sort = CASE_SORT_OLDEST,
                                 .limit = limit,
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .overdue_at_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE};
    struct progress progress;
    struct case_row *rows;
    const char *next = NULL;
    size_t count = 0;
    int r;

    arena_init(&arena, 16 * COMMAND_ARENA_LIMIT);
    arena_init(&each, 4 * COMMAND_ARENA_LIMIT);
    r = progress_get(tx, office, &arena, &progress, err);
    if (r == 0 && !progress.done)
        r = drop_unknown(tx, office, limit, &arena, &count, err);
    if (r < 0 || progress.done || count > 0) {
        if (r == 0)
            *ret_count = count;
        return r;
    }
    filter.cursor = progress.position;
    r = store_case_list(tx, &filter, &arena, &rows, &count, &next, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        arena_reset(&each);
        r = refresh_case(tx, office, &rows[i], &each, err);
    }
    if (r == 0)
        r = progress_put(tx, office, next, next == NULL, err);
    if (r == 0)
        *ret_count = count;
    return r;
}
