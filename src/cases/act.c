/* Acting on a case, under the writer's turn: state and version are looked at again, then the event, the case's row, its
 * clocks, ties, files and messages are written together, and the cases that the act opens. */
#include "cases/act_parts.h"
#include "cases/effects.h"
#include <stdio.h>
#include <string.h>

/* Adds what the act gave to the values that hold for the case as a whole. */
static int merge_clear(struct deed *deed, const json_t *given, struct err *err)
{
    CLEANUP_JSON json_t *merged = NULL;
    CLEANUP_BUF struct buf text = {0};
    int r;

    if (json_object_size(given) == 0)
        return 0;
    r = stored_json_parse(deed->row.fields, strlen(deed->row.fields), "a case's values", &merged, err);
    if (r < 0)
        return r;
    if (json_object_update(merged, (json_t *)given) != 0)
        return err_memory(err);
    buf_init(&text, BODY_LIMIT);
    r = json_canonical(merged, &text, err);
    if (r < 0)
        return r;
    deed->row.fields = arena_strndup(deed->arena, text.data, text.len);
    return deed->row.fields != NULL ? 0 : err_memory(err);
}

static int merge_sealed(struct deed *deed, struct err *err)
{
    CLEANUP_JSON json_t *merged = NULL;
    CLEANUP_JSON json_t *given = NULL;
    CLEANUP_BUF struct buf sealed = {0};
    const struct value_parts *values = &deed->prepared->values;
    char place[PLACE_ROOM];
    int r;

    place_of("case", deed->row.id, place);
    r = values_unseal(&deed->key, place, deed->row.sealed, deed->row.sealed_len, &merged, err);
    if (r == 0)
        r = stored_json_parse(values->sealed, values->sealed_len, "values", &given, err);
    if (r < 0)
        return r;
    if (json_object_update(merged, given) != 0)
        return err_memory(err);
    buf_init(&sealed, BODY_LIMIT);
    r = values_seal(&deed->key, place, merged, &sealed, err);
    if (r < 0)
        return r;
    deed->row.sealed = arena_strndup(deed->arena, sealed.data, sealed.len);
    deed->row.sealed_len = sealed.len;
    return deed->row.sealed != NULL ? 0 : err_memory(err);
}

/* The event's own copy of what is personal. */
static int seal_event(const struct deed *deed, struct buf *out, struct err *err)
{
    const struct value_parts *values = &deed->prepared->values;
    char place[PLACE_ROOM];

    if (values->sealed == NULL)
        return 0;
    place_of("event", deed->row.id, place);
    return seal(&deed->key, place, values->sealed, values->sealed_len, out, err);
}

int body_set(json_t *body, const char *key, json_t *value, struct err *err)
{
    return json_object_set_new(body, key, value) == 0 ? 0 : err_memory(err);
}

static int finish(struct deed *deed, const char *kind, json_t *body, int64_t *ret_leaf, struct err *err)
{
    CLEANUP_BUF struct buf sealed = {0};
    int r;

    buf_init(&sealed, BODY_LIMIT);
    r = seal_event(deed, &sealed, err);
    if (r == 0)
        r = record(deed->tx, kind, deed->row.id, &deed->prepared->actor, deed->now_usec, body, deed->row.subject_id,
                   &sealed, ret_leaf, err);
    if (r < 0)
        return r;
    deed->row.last_leaf = *ret_leaf;
    return store_case_update(deed->tx, &deed->row, deed->version_before, err);
}

static int write_assignment(struct deed *deed, json_t *body, int64_t *ret_leaf, struct err *err)
{
    const char *to = deed->prepared->assignee;
    int r = body_set(body, "to", json_string(to != NULL ? to : ""), err);

    if (r < 0)
        return r;
    deed->row.assignee = to;
    return finish(deed, "case.assigned", body, ret_leaf, err);
}

static int write_note(struct deed *deed, json_t *body, int64_t *ret_leaf, struct err *err)
{
    const char *text = deed->prepared->values.personal;
    json_t *personal;
    int r = stored_json_parse(text, strlen(text), "values", &personal, err);

    if (r == 0)
        r = body_set(body, "personal", personal, err);
    return r < 0 ? r : finish(deed, "case.noted", body, ret_leaf, err);
}

static struct effect_call effect_call_of(const struct deed *deed, int64_t leaf)
{
    const struct act_prepared *prepared = deed->prepared;

    return (struct effect_call){.effect = prepared->act->effect,
                                .procedure = prepared->procedure,
                                .act = prepared->act,
                                .row = &deed->row,
                                .given = prepared->values.clear,
                                .personal = prepared->values.sealed,
                                .actor = &prepared->actor,
                                .leaf = leaf,
                                .now_usec = deed->now_usec};
}

static const struct field *field_by_effect(const struct procedure_act *act, const char *name)
{
    for (size_t i = 0; i < act->field_count; i++)
        if (act->fields[i].by_effect && strcmp(act->fields[i].name, name) == 0)
            return &act->fields[i];
    return NULL;
}

/* Adds what the effect gives to what was given: fields of the act that are its, and no others. */
static int take_from_effect(const struct deed *deed, json_t *clear, struct err *err)
{
    const struct procedure_act *act = deed->prepared->act;
    const struct case_effects *effects = act->effect != NULL ? effects_of(deed->office, act->effect) : NULL;
    const struct effect_call call = effect_call_of(deed, -1);
    CLEANUP_JSON json_t *given = NULL;
    const char *name;
    json_t *value;
    int r;

    if (effects == NULL || effects->give == NULL)
        return 0;
    given = json_object();
    r = given != NULL ? effects->give(deed->tx, deed->office, &call, given, err) : err_memory(err);
    if (r < 0)
        return r;
    json_object_foreach(given, name, value)
    {
        if (field_by_effect(act, name) == NULL)
            return err_set(err, ERR_INTERNAL, "effect_unknown", "%s: %s", act->effect, name);
        if (json_object_set(clear, name, value) != 0)
            return err_memory(err);
    }
    return 0;
}

static int run_effect(const struct deed *deed, int64_t leaf, struct err *err)
{
    const struct effect_call call = effect_call_of(deed, leaf);
    const struct case_effects *effects = call.effect != NULL ? effects_of(deed->office, call.effect) : NULL;

    if (call.effect == NULL)
        return 0;
    if (effects == NULL)
        return err_set(err, ERR_INTERNAL, "effect_unknown", "%s", call.effect);
    return effects->run != NULL ? effects->run(deed->tx, deed->office, &call, err) : 0;
}

static int write_act(struct deed *deed, json_t *body, int64_t *ret_leaf, struct err *err)
{
    const struct act_prepared *prepared = deed->prepared;
    const struct value_parts *values = &prepared->values;
    json_t *clear = NULL, *personal = NULL;
    int r = deed_change_clocks(deed, err);

    if (r == 0)
        r = stored_json_parse(values->clear, strlen(values->clear), "values", &clear, err);
    if (r == 0 && (r = take_from_effect(deed, clear, err)) < 0)
        json_decref(clear);
    if (r == 0)
        r = body_set(body, "values", clear, err);
    if (r == 0)
        r = stored_json_parse(values->personal, strlen(values->personal), "values", &personal, err);
    if (r == 0)
        r = body_set(body, "personal", personal, err);
    if (r == 0)
        r = merge_clear(deed, clear, err);
    if (r == 0 && values->sealed != NULL)
        r = merge_sealed(deed, err);
    if (r == 0)
        r = body_set(body, "procedure", json_string(prepared->procedure->id), err);
    if (r == 0)
        r = body_set(body, "act", json_string(prepared->act->id), err);
    if (r == 0)
        r = body_set(body, "from", json_string(deed->state_before), err);
    if (r == 0)
        r = body_set(body, "to", json_string(deed->row.state), err);
    if (r == 0 && prepared->act->paper != NULL)
        r = body_set(body, "paper", json_string(prepared->act->paper), err);
    if (r == 0 && prepared->file_count > 0)
        r = body_set(body, "attachments", attachments_json(prepared->files, prepared->file_count), err);
    if (r == 0 && prepared->happened_usec != TIME_NONE)
        r = body_set(body, "happened", json_integer(prepared->happened_usec), err);
    if (r == 0)
        r = deed_tell_clocks(deed, body, err);
    if (r == 0)
        r = finish(deed, "case.acted", body, ret_leaf, err);
    for (size_t i = 0; r == 0 && i < deed->change_count; i++)
        r = store_clock_put(deed->tx, &deed->changes[i].row, err);
    if (r == 0)
        r = attachments_insert(deed->tx, prepared->files, prepared->file_count, deed->row.id, deed->row.subject_id,
                               &deed->key, *ret_leaf, err);
    if (r == 0)
        r = ties_write(deed->tx, deed->row.id, &prepared->ties, *ret_leaf, err);
    if (r == 0)
        r = register_follow(deed->tx, deed->office, prepared->procedure, &deed->row, deed->happened_usec, err);
    if (r == 0 && prepared->act->tell == TELL_OPENER && prepared->has_email)
        r = message_opener(deed->tx, "act", deed->row.id, *ret_leaf, deed->now_usec, err);
    for (size_t i = 0; r == 0 && i < prepared->open_count; i++) {
        struct case_opened opened;

        r = case_open(deed->tx, deed->office, prepared->opens[i], deed->now_usec, &opened, err);
    }
    if (r == 0)
        r = run_effect(deed, *ret_leaf, err);
    return r;
}

/* The version the case had after the event: of a repeated request's first answer. */
static int version_at(struct tx *tx, int64_t leaf, struct arena *arena, int64_t *ret, struct err *err)
{
    CLEANUP_JSON json_t *body = NULL;
    struct event_row event;
    int r = store_event_get(tx, leaf, arena, &event, err);

    if (r == 0)
        r = stored_json_parse(event.body, event.body_len, "an event", &body, err);
    if (r < 0)
        return r;
    *ret = json_integer_value(json_object_get(body, "version"));
    return 0;
}

/* Reads the case anew: since the preparation another command may have changed it. */
static int begin(struct deed *deed, struct err *err)
{
    const struct act_prepared *prepared = deed->prepared;
    struct err why = {0};
    int r = case_row_get(deed->tx, prepared->case_id, deed->arena, &deed->row, err);

    if (r < 0)
        return r;
    if (prepared->expected_version > 0 && prepared->expected_version != deed->row.version)
        return err_set(err, ERR_STALE, "case_changed", NULL);
    if (!act_possible(prepared->procedure, prepared->act, &deed->row))
        return err_set(err, ERR_CONFLICT, "act_not_now", NULL);
    r = act_barred(deed->tx, deed->office, prepared->act, &deed->row, &prepared->actor, deed->now_usec, &why, err);
    if (r < 0)
        return r;
    if (why.kind != ERR_NONE) {
        if (err != NULL)
            *err = why;
        return -(int)why.kind;
    }
    deed->version_before = deed->row.version++;
    deed->state_before = deed->row.state;
    if (prepared->values.sealed == NULL && prepared->file_count == 0)
        return 0;
    r = case_subject_key(deed->tx, deed->office, &deed->row, &deed->key, &deed->destroyed, err);
    if (r == 0 && deed->destroyed)
        return err_set(err, ERR_CONFLICT, "person_destroyed", NULL);
    return r;
}

int case_act(struct tx *tx, const struct office *office, const struct act_prepared *prepared, int64_t now_usec,
             int64_t *ret_version, int64_t *ret_leaf, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    CLEANUP_JSON json_t *body = NULL;
    struct deed deed = {.tx = tx, .office = office, .prepared = prepared, .arena = &arena, .now_usec = now_usec};
    const struct procedure_act *act = prepared->act;
    const char *kind = act_is_assign(act) ? "case.assigned" : act_is_note(act) ? "case.noted" : "case.acted";
    struct idempotency_row first;
    bool repeated;
    int64_t leaf, version;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    deed.happened_usec = prepared->happened_usec != TIME_NONE ? prepared->happened_usec : now_usec;
    r = repeat_find(tx, &prepared->repeat, &arena, &first, &repeated, err);
    if (r < 0)
        return r;
    /* Forgotten since the preparation, which checked nothing for it. */
    if (prepared->answered && !repeated)
        return err_set(err, ERR_STALE, "case_changed", NULL);
    if (repeated) {
        leaf = first.leaf;
        r = version_at(tx, leaf, &arena, &version, err);
        if (r < 0)
            return r;
    } else {
        r = begin(&deed, err);
        if (r < 0)
            return r;
        version = deed.row.version;
        body = body_begin(kind, deed.row.id, &prepared->actor, now_usec, version);
        if (body == NULL)
            return err_memory(err);
        if (act_is_assign(act))
            r = write_assignment(&deed, body, &leaf, err);
        else if (act_is_note(act))
            r = write_note(&deed, body, &leaf, err);
        else
            r = write_act(&deed, body, &leaf, err);
        if (r == 0)
            r = repeat_keep(tx, &prepared->repeat, deed.row.id, leaf, now_usec, err);
        if (r < 0)
            return r;
    }
    *ret_version = version;
    *ret_leaf = leaf;
    return 0;
}
