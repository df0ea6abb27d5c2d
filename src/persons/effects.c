/* What acts do beyond their case. An effect looks up whose case it is, calls what the act means, and leaves refusing to
 * that: a refusal undoes the act with all of its events. */
#include "persons/effects.h"
#include "persons/effects_parts.h"
#include "persons/identity.h"
#include "persons/name_given.h"
#include "persons/vault.h"
#include "store/person_rows.h"
#include <string.h>

static const struct {
    const char *word, *norm;
} grounds[] = {{"term_over", "pdl.18.1"},    {"relations_ended", "pdl.18.2"},    {"court", "pdl.18.3"},
               {"no_consent", "pdl.18.3-1"}, {"unlawful", "pdl.25.2.8#destroy"}, {"other_case", "pdl.18.4"}};

const char *destruction_norm(const char *ground)
{
    for (size_t i = 0; ground != NULL && i < sizeof(grounds) / sizeof(grounds[0]); i++)
        if (strcmp(grounds[i].word, ground) == 0)
            return grounds[i].norm;
    return NULL;
}

const char *effect_given(const struct effecting *effect, const char *name)
{
    const json_t *value = json_object_get(effect->given, name);

    if (value == NULL)
        value = json_object_get(json_object_get(effect->personal, name), "value");
    return json_string_value(value);
}

static bool is(const char *effect, const char *word)
{
    return strcmp(effect, word) == 0;
}

/* --- What stands against it ----------------------------------------------------------------------------------------
 */

/* What a function would refuse, told beforehand; what is no refusal of the moment stays an error. */
static int as_bar(int r, const struct err *refused, struct err *ret_why, struct err *err)
{
    if (r == 0)
        return 0;
    if (r == -ERR_CONFLICT) {
        *ret_why = *refused;
        return 0;
    }
    if (err != NULL)
        *err = *refused;
    return r;
}

static int bar_unblocking(struct tx *tx, const struct person *person, const struct case_row *row, struct err *ret_why,
                          struct err *err)
{
    bool blocks = false;
    int r = person_blocked_by(tx, person, row->id, &blocks, err);

    if (r == 0 && !blocks)
        err_set(ret_why, ERR_CONFLICT, "not_blocked", NULL);
    return r;
}

static int barred(struct tx *tx, const struct office *office, const struct procedure_act *act,
                  const struct case_row *row, int64_t now_usec, struct err *ret_why, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct err refused = {0};
    struct person person;
    bool identified = false;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (is(act->effect, "drop_objection"))
        return 0;
    r = person_of_case(tx, row->id, &arena, &person, &identified, err);
    if (r < 0)
        return r;
    if (is(act->effect, "identify")) {
        if (identified)
            err_set(ret_why, ERR_CONFLICT, "already_identified", NULL);
    } else if (!identified) {
        err_set(ret_why, ERR_CONFLICT, "not_identified", NULL);
    } else if (person.destroyed_usec != TIME_NONE) {
        err_set(ret_why, ERR_CONFLICT, "person_destroyed", NULL);
    } else if (is(act->effect, "unblock")) {
        return bar_unblocking(tx, &person, row, ret_why, err);
    } else if (is(act->effect, "destroy")) {
        return as_bar(destruction_barred(tx, office, &person, row->id, now_usec, &refused), &refused, ret_why, err);
    }
    return 0;
}

/* --- Objections ----------------------------------------------------------------------------------------------------
 */

/* Number of the purpose that the case names; 0: every one. */
static int purpose_number(struct effecting *effect, const char *id, int64_t *ret, struct err *err)
{
    const struct kept_entry *entry;
    struct kept *kept;
    int r;

    *ret = 0;
    if (id == NULL)
        return 0;
    r = kept_load(effect->tx, effect->office, &kept, err);
    if (r < 0)
        return r;
    entry = kept_at(kept, KEPT_PURPOSE, id, effect->call->now_usec);
    if (entry != NULL)
        *ret = entry->number;
    else
        r = err_set(err, ERR_BAD_INPUT, "purpose_unknown", "%.60s", id);
    kept_unref(kept);
    return r;
}

/* What the case's form says, as it now stands. */
static int form_text(struct effecting *effect, const char *name, const char **ret, struct err *err)
{
    CLEANUP_JSON json_t *values = NULL;
    const char *fields = effect->call->row->fields;
    int r = stored_json_parse(fields, strlen(fields), "a case's values", &values, err);
    const char *text;

    if (r < 0)
        return r;
    text = json_string_value(json_object_get(values, name));
    *ret = arena_strdup(effect->arena, text);
    return text != NULL && *ret == NULL ? err_memory(err) : 0;
}

static int put_objection(struct effecting *effect, const char *kind, const char *state, int64_t purpose,
                         json_t *members, struct err *err)
{
    const struct effect_call *call = effect->call;
    struct objection_row row = {
        .case_id = call->row->id, .person = effect->person.serial, .purpose = purpose, .state = state};
    int r = person_event(effect->tx, effect->office, kind, &effect->person, call->actor, call->row->id, call->now_usec,
                         members, NULL, &row.leaf, err);

    return r < 0 ? r : store_objection_put(effect->tx, &row, err);
}

static int object(struct effecting *effect, struct err *err)
{
    const char *purpose = NULL;
    int64_t number = 0;
    int r = form_text(effect, "purpose", &purpose, err);

    if (r == 0)
        r = purpose_number(effect, purpose, &number, err);
    if (r < 0)
        return r;
    return put_objection(effect, "objection.made", "open", number, json_pack("{s:s*}", "purpose", purpose), err);
}

static int settle_objection(struct effecting *effect, const char *kind, const char *state, struct err *err)
{
    struct objection_row row;
    bool found = false;
    int r = store_objection_get(effect->tx, effect->call->row->id, effect->arena, &row, &found, err);

    if (r < 0 || !found)
        return r;
    return put_objection(effect, kind, state, row.purpose, json_object(), err);
}

/* --- The vault -----------------------------------------------------------------------------------------------------
 */

static int change(struct effecting *effect, struct err *err)
{
    const struct value_given given = {.category = effect_given(effect, "category"),
                                      .purpose = effect_given(effect, "purpose"),
                                      .value = effect_given(effect, "new_value"),
                                      .source = effect_given(effect, "source"),
                                      .collected_usec = TIME_NONE};
    struct field_errors errors;
    struct kept *kept;
    int r;

    /* The proof may be named without the vault being meant. */
    if (given.category == NULL && given.purpose == NULL && given.value == NULL)
        return 0;
    if (given.category == NULL || given.purpose == NULL || given.value == NULL || given.source == NULL)
        return err_set(err, ERR_BAD_INPUT, "vault_value_incomplete", NULL);
    r = kept_load(effect->tx, effect->office, &kept, err);
    if (r < 0)
        return r;
    field_errors_init(&errors, effect->arena);
    r = vault_put(effect->tx, effect->office, kept, &effect->person, &given, 1, effect->call->actor,
                  effect->call->now_usec, &errors, err);
    kept_unref(kept);
    if (r == -ERR_BAD_INPUT && errors.count > 0)
        return err_set(err, ERR_BAD_INPUT, "vault_value_refused", "%s", errors.items[0].code);
    return r;
}

static int remove_value(struct effecting *effect, struct err *err)
{
    const char *category = effect_given(effect, "category"), *purpose = effect_given(effect, "purpose");
    const struct effect_call *call = effect->call;
    struct kept *kept;
    int64_t number;
    int place, r;

    if (category == NULL && purpose == NULL)
        return 0;
    if (category == NULL || purpose == NULL)
        return err_set(err, ERR_BAD_INPUT, "vault_value_incomplete", NULL);
    r = purpose_number(effect, purpose, &number, err);
    if (r == 0)
        r = kept_load(effect->tx, effect->office, &kept, err);
    if (r < 0)
        return r;
    place = kept_category_number(kept, category);
    kept_unref(kept);
    if (place < 0)
        return err_set(err, ERR_BAD_INPUT, "category_unknown", "%.60s", category);
    return vault_remove(effect->tx, effect->office, &effect->person, place, number, "request", call->row->id,
                        call->actor, call->now_usec, err);
}

static int destroy(struct effecting *effect, struct err *err)
{
    const struct effect_call *call = effect->call;
    const char *norm = destruction_norm(effect_given(effect, "ground"));
    int64_t leaf;

    if (norm == NULL)
        return err_set(err, ERR_BAD_INPUT, "destruction_ground_unknown", NULL);
    return destruction_begin(effect->tx, effect->office, &effect->person, norm, call->row->id, call->actor,
                             call->now_usec, &leaf, err);
}

/* --- Whose case it is ----------------------------------------------------------------------------------------------
 */

static int identify_as(struct effecting *effect, const char *how, struct err *err)
{
    const struct effect_call *call = effect->call;

    effect->identified = true;
    return case_identify(effect->tx, effect->office, call->row->id, &effect->person, how, call->actor, call->now_usec,
                         err);
}

static int identify(struct effecting *effect, struct err *err)
{
    const char *line = effect_given(effect, "person"), *opening = effect->call->procedure->effect;
    struct err why = {0};
    int r;

    if (line == NULL)
        return err_set(err, ERR_BAD_INPUT, "person_unknown", NULL);
    r = person_by_line(effect->tx, effect->office, line, effect->arena, &effect->person, &why);
    if (r == -ERR_NOT_FOUND)
        return err_set(err, ERR_BAD_INPUT, "person_unknown", NULL);
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
    if (effect->person.destroyed_usec != TIME_NONE)
        return err_set(err, ERR_CONFLICT, "person_destroyed", NULL);
    r = identify_as(effect, "document", err);
    /* What the opening would have done, had it been known whose it is. */
    if (r == 0 && opening != NULL && is(opening, "object"))
        r = object(effect, err);
    return r;
}

static int begin_case(struct effecting *effect, struct err *err)
{
    const struct effect_call *call = effect->call;
    int r;

    if (call->subject_id == NULL)
        return 0;
    r = person_get(effect->tx, call->subject_id, effect->arena, &effect->person, err);
    if (r < 0)
        return r;
    if (effect->person.destroyed_usec != TIME_NONE)
        return err_set(err, ERR_CONFLICT, "person_destroyed", NULL);
    return identify_as(effect, strcmp(call->row->opener, "person") == 0 ? "cabinet" : "operator", err);
}

/* --- Running -------------------------------------------------------------------------------------------------------
 */

static int run_for_person(struct effecting *effect, struct err *err)
{
    const struct effect_call *call = effect->call;
    const char *word = call->effect;

    if (is(word, "withdraw"))
        return effect_withdraw(effect, err);
    if (is(word, "restore_consent"))
        return effect_restore(effect, err);
    if (is(word, "block"))
        return person_block(effect->tx, effect->office, &effect->person, call->row->id, call->actor, call->now_usec,
                            err);
    if (is(word, "unblock"))
        return person_unblock(effect->tx, effect->office, &effect->person, call->row->id, call->actor, call->now_usec,
                              err);
    if (is(word, "destroy"))
        return destroy(effect, err);
    if (is(word, "change"))
        return change(effect, err);
    if (is(word, "remove"))
        return remove_value(effect, err);
    if (is(word, "object"))
        return object(effect, err);
    if (is(word, "uphold_objection"))
        return settle_objection(effect, "objection.upheld", "upheld", err);
    if (is(word, "reject_objection"))
        return settle_objection(effect, "objection.rejected", "rejected", err);
    if (is(word, "drop_objection"))
        return settle_objection(effect, "objection.dropped", "dropped", err);
    if (is(word, "disclose"))
        return person_note_look(effect->tx, effect->office, &effect->person, "case", 0, call->actor, call->now_usec,
                                err);
    return err_set(err, ERR_INTERNAL, "effect_unknown", "%s", word);
}

static int run_in(struct effecting *effect, struct err *err)
{
    const struct effect_call *call = effect->call;
    const char *word = call->effect;
    int r = call->act == NULL
                ? begin_case(effect, err)
                : person_of_case(effect->tx, call->row->id, effect->arena, &effect->person, &effect->identified, err);

    if (r < 0 || word == NULL)
        return r;
    if (is(word, "identify"))
        return identify(effect, err);
    if (effect->identified)
        return run_for_person(effect, err);
    /* An objection from the street begins when it is known whose it is, and is taken back without. */
    if (is(word, "object") || is(word, "drop_objection"))
        return 0;
    return err_set(err, ERR_CONFLICT, "not_identified", NULL);
}

static int run(struct tx *tx, const struct office *office, const struct effect_call *call, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct effecting effect = {.tx = tx, .office = office, .call = call, .arena = &arena};
    int r = 0;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (call->given != NULL)
        r = stored_json_parse(call->given, strlen(call->given), "values", &effect.given, err);
    if (r == 0 && call->personal != NULL)
        r = stored_json_parse(call->personal, strlen(call->personal), "values", &effect.personal, err);
    if (r == 0)
        r = run_in(&effect, err);
    json_decref(effect.given);
    json_decref(effect.personal);
    return r;
}

const struct case_effects person_effects = {.knows = effect_of_person, .of_people = true, .barred = barred, .run = run};
