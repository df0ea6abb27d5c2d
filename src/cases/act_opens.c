/* Cases that an act opens: a carrier's order for every carrier chosen, an entry of what was restricted. They are
 * prepared with the act, so that what their form refuses refuses the act, and written with it, so that there are all of
 * them or none. */
#include "cases/act_parts.h"
#include "cases/effects.h"
#include <stdio.h>
#include <string.h>

/* The values of the new case, out of those of this one. */
struct draft {
    struct raw_value *raw;
    size_t count;
    struct arena *arena;
};

static int add_text(struct draft *draft, const char *name, const char *text, struct err *err)
{
    const char **texts = ARENA_ARRAY(draft->arena, const char *, 1);

    if (texts == NULL || (texts[0] = arena_strdup(draft->arena, text)) == NULL)
        return err_memory(err);
    draft->raw[draft->count++] = (struct raw_value){.name = name, .kind = RAW_FORM, .count = 1, .texts = texts};
    return 0;
}

static int add_list(struct draft *draft, const char *name, const json_t *list, struct err *err)
{
    size_t count = json_array_size(list);
    const char **texts = ARENA_ARRAY(draft->arena, const char *, count);

    if (texts == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        texts[i] = arena_strdup(draft->arena, json_string_value(json_array_get(list, i)));
        if (texts[i] == NULL)
            return err_memory(err);
    }
    draft->raw[draft->count++] = (struct raw_value){.name = name, .kind = RAW_LIST, .count = count, .texts = texts};
    return 0;
}

/* What was not given here is not given there. */
static int add_copies(struct draft *draft, const struct act_opening *open, const json_t *values, struct err *err)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < open->copy_count; i++) {
        const json_t *value = json_object_get(values, open->copy[i]);

        if (json_is_array(value))
            r = add_list(draft, open->copy[i], value, err);
        else if (json_is_string(value))
            r = add_text(draft, open->copy[i], json_string_value(value), err);
    }
    return r;
}

static bool act_asks(const struct procedure_act *act, const char *name)
{
    for (size_t i = 0; i < act->field_count; i++)
        if (strcmp(act->fields[i].name, name) == 0)
            return true;
    return false;
}

/* What the new case's form refuses, said where whoever acts can see it. */
static int refuse(const struct procedure_act *act, const struct field_errors *theirs, struct field_errors *errors,
                  struct err *err)
{
    const struct act_opening *open = &act->open;
    size_t before = errors->count;

    for (size_t i = 0; i < theirs->count; i++) {
        const struct field_error *error = &theirs->items[i];
        const char *name = open->as != NULL && strcmp(error->field, open->as) == 0 ? open->each : error->field;

        if (act_asks(act, name))
            field_errors_add(errors, name, error->code, "%s", error->arg);
    }
    if (errors->overflowed || theirs->overflowed)
        return err_memory(err);
    if (errors->count > before)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    return err_set(err, ERR_CONFLICT, "opening_refused", "%s: %s", open->procedure, theirs->items[0].field);
}

/* `option` NULL: the act opens one case, and chooses nothing for it. */
static int prepare_one(struct tx *tx, const struct office *office, const struct case_row *row, const json_t *values,
                       const char *option, int64_t now_usec, struct arena *arena, struct act_prepared *prepared,
                       struct field_errors *errors, struct err *err)
{
    const struct act_opening *open = &prepared->act->open;
    struct draft draft = {.raw = ARENA_ARRAY(arena, struct raw_value, open->copy_count + 2), .arena = arena};
    int lang = lang_parse(row->lang);
    struct field_errors theirs;
    struct case_opening opening = {
        .procedure = catalogue_procedure(office->catalogue, open->procedure),
        .opener = "staff",
        .lang = lang >= 0 ? (enum lang)lang : LANG_KK,
        .received_usec = prepared->happened_usec != TIME_NONE ? prepared->happened_usec : now_usec,
        .raw = draft.raw,
    };
    int r;

    if (draft.raw == NULL)
        return err_memory(err);
    field_errors_init(&theirs, arena);
    r = add_text(&draft, open->link, row->number, err);
    if (r == 0 && option != NULL)
        r = add_text(&draft, open->as, option, err);
    if (r == 0)
        r = add_copies(&draft, open, values, err);
    if (r < 0)
        return r;
    opening.raw_count = draft.count;
    r = case_open_prepare_by_act(tx, office, &opening, &prepared->actor, now_usec, arena,
                                 &prepared->opens[prepared->open_count], &theirs, err);
    if (r == -ERR_BAD_INPUT && theirs.count > 0)
        return refuse(prepared->act, &theirs, errors, err);
    if (r == 0)
        prepared->open_count++;
    return r;
}

/* The case's clear values as the act will leave them. */
static int values_after(const struct case_row *row, const struct act_prepared *prepared, json_t **ret, struct err *err)
{
    CLEANUP_JSON json_t *given = NULL;
    json_t *values;
    int r = stored_json_parse(prepared->values.clear, strlen(prepared->values.clear), "values", &given, err);

    if (r == 0)
        r = stored_json_parse(row->fields, strlen(row->fields), "a case's values", &values, err);
    if (r < 0)
        return r;
    if (json_object_update(values, given) != 0) {
        json_decref(values);
        return err_memory(err);
    }
    *ret = values;
    return 0;
}

int act_opens_prepare(struct tx *tx, const struct office *office, const struct case_row *row, int64_t now_usec,
                      struct arena *arena, struct act_prepared *prepared, struct field_errors *errors, struct err *err)
{
    CLEANUP_JSON json_t *values = NULL;
    const struct act_opening *open = &prepared->act->open;
    const json_t *chosen;
    size_t count;
    int r = values_after(row, prepared, &values, err);

    if (r < 0)
        return r;
    chosen = open->each != NULL ? json_object_get(values, open->each) : NULL;
    count = open->each != NULL ? json_array_size(chosen) : 1;
    prepared->opens = ARENA_ARRAY(arena, const struct case_prepared *, count);
    if (prepared->opens == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = prepare_one(tx, office, row, values, json_string_value(json_array_get(chosen, i)), now_usec, arena,
                        prepared, errors, err);
    return r;
}
