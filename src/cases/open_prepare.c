/* What comes before a new case: may it be opened so, is what was given acceptable, and everything that can be made
 * without the writer: ids, commitments, sealed files, clocks, ties, and the body of the event but for what only the
 * writer knows: the moment, the number and the person. */
#include "cases/effects.h"
#include "cases/open_parts.h"
#include <string.h>

static unsigned opener_bit(const char *opener)
{
    return strcmp(opener, "public") == 0   ? OPENER_PUBLIC
           : strcmp(opener, "staff") == 0  ? OPENER_STAFF
           : strcmp(opener, "api") == 0    ? OPENER_API
           : strcmp(opener, "person") == 0 ? OPENER_PERSON
           : strcmp(opener, "system") == 0 ? OPENER_SYSTEM
                                           : 0;
}

/* What an act opens rests on the act: who may do the one, need not be among those who may open the other. */
static int check_opener(const struct case_opening *opening, const struct actor *actor, bool by_act, struct err *err)
{
    unsigned opener = opener_bit(opening->opener);

    if ((opening->procedure->open_to & opener) == 0 || (opener == OPENER_PERSON && opening->subject_id == NULL) ||
        (opener == OPENER_SYSTEM && actor->kind != ACTOR_SYSTEM) ||
        ((opener & (OPENER_STAFF | OPENER_API)) != 0 && !by_act && !actor_opens(actor, opening->procedure)))
        return err_set(err, ERR_FORBIDDEN, "opener_not_allowed", NULL);
    return 0;
}

/* Every norm whose clock this opening starts must have been in force. `values` NULL: the conditions are not known yet,
 * and only clocks without any are looked at. */
static void check_norms(const struct office *office, const struct case_opening *opening, const json_t *values,
                        struct field_errors *errors)
{
    const struct procedure *procedure = opening->procedure;

    for (size_t i = 0; i < procedure->clock_count; i++) {
        const struct procedure_clock *clock = &procedure->clocks[i];
        bool applies = values != NULL ? clock_applies(clock, values) : clock->condition_count == 0;

        if (applies && clock->from == NULL && procedure_clock_starts_on(clock, "opened") &&
            catalogue_norm_at(office->catalogue, clock->norm_id, opening->received_usec) == NULL) {
            field_errors_add(errors, "received", "received_before_norm", "%s", clock->norm_id);
            return;
        }
    }
}

static int start_clocks(const struct office *office, const struct case_opening *opening, const json_t *values,
                        int64_t now_usec, struct case_prepared *prepared, struct arena *arena, struct err *err)
{
    const struct procedure *procedure = opening->procedure;

    prepared->clocks = ARENA_ARRAY(arena, struct clock_row, procedure->clock_count);
    if (prepared->clocks == NULL)
        return err_memory(err);
    for (size_t i = 0; i < procedure->clock_count; i++) {
        int64_t from_usec;
        bool in_force;
        int r;

        if (!procedure_clock_starts_on(&procedure->clocks[i], "opened") ||
            !clock_applies(&procedure->clocks[i], values) ||
            !clock_anchor(&office->catalogue->calendar->zone, &procedure->clocks[i], values, NULL,
                          opening->received_usec, &from_usec))
            continue;
        r = clock_start(office, &procedure->clocks[i], prepared->id, from_usec, now_usec,
                        &prepared->clocks[prepared->clock_count], &in_force, err);
        if (r < 0)
            return r;
        if (in_force)
            prepared->clock_count++;
    }
    return 0;
}

static void find_lookups(const struct office *office, const struct field_value *values, size_t count,
                         struct case_prepared *prepared)
{
    for (size_t i = 0; i < count; i++) {
        enum field_type type = values[i].field->type;
        const char *kind = type == FIELD_EMAIL   ? "email"
                           : type == FIELD_PHONE ? "phone"
                           : type == FIELD_IIN   ? "iin"
                                                 : NULL;

        if (kind == NULL || values[i].count == 0 || !values[i].field->personal)
            continue;
        if (type == FIELD_EMAIL)
            prepared->has_email = true;
        if (prepared->lookup_count < LOOKUPS_MAX)
            prepared->lookups[prepared->lookup_count++].hash =
                keyring_lookup(office->keyring, kind, values[i].texts[0]);
    }
}

/* The canonical text of an object without its braces, in the arena. */
static int members(json_t *object, struct arena *arena, const char **ret, struct err *err)
{
    CLEANUP_JSON json_t *owned = object;
    CLEANUP_BUF struct buf text = {0};
    int r;

    if (owned == NULL)
        return err_memory(err);
    buf_init(&text, BODY_LIMIT);
    r = json_canonical(owned, &text, err);
    if (r < 0)
        return r;
    *ret = arena_strndup(arena, text.data + 1, text.len - 2);
    return *ret != NULL ? 0 : err_memory(err);
}

static json_t *clocks_json(const struct case_prepared *prepared)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < prepared->clock_count; i++) {
        struct clock_change change = {.kind = CLOCK_STARTED, .row = prepared->clocks[i]};

        if (json_array_append_new(list, clock_change_json(&change)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Keys in order: account_id, actor | at_usec | attachments, calendar, case_id, catalogue, clocks, kind, lang | number |
 * opener, paper, personal, procedure, received, state | subject_id | token_id, values, version. */
static int write_body(const struct office *office, struct case_prepared *prepared, struct arena *arena, struct err *err)
{
    const struct actor *actor = &prepared->actor;
    json_t *personal = NULL, *values = NULL;
    int r = stored_json_parse(prepared->values.personal, strlen(prepared->values.personal), "values", &personal, err);

    if (r < 0)
        return r;
    r = members(json_pack("{s:s*, s:s}", "account_id", actor->account_id[0] != '\0' ? actor->account_id : NULL, "actor",
                          actor_word(actor)),
                arena, &prepared->body_head, err);
    if (r == 0)
        r = members(json_pack("{s:o, s:s, s:s, s:s, s:o, s:s, s:s}", "attachments",
                              attachments_json(prepared->files, prepared->file_count), "calendar",
                              office->calendar_hash, "case_id", prepared->id, "catalogue", office->catalogue_hash,
                              "clocks", clocks_json(prepared), "kind", "case.opened", "lang",
                              lang_code(prepared->lang)),
                    arena, &prepared->body_middle, err);
    if (r < 0) {
        json_decref(personal);
        return r;
    }
    r = members(json_pack("{s:s, s:s*, s:o, s:s, s:I, s:s}", "opener", prepared->opener, "paper",
                          prepared->procedure->paper, "personal", personal, "procedure", prepared->procedure->id,
                          "received", (json_int_t)prepared->received_usec, "state", prepared->procedure->states[0].id),
                arena, &prepared->body_rest, err);
    if (r == 0)
        r = stored_json_parse(prepared->values.clear, strlen(prepared->values.clear), "values", &values, err);
    if (r < 0)
        return r;
    return members(json_pack("{s:s*, s:o, s:i}", "token_id", actor->token_id[0] != '\0' ? actor->token_id : NULL,
                             "values", values, "version", 1),
                   arena, &prepared->body_tail, err);
}

/* Refusals of every kind are gathered, so that all of them are seen at once. */
static int check(struct tx *tx, const struct office *office, const struct case_opening *opening, int64_t now_usec,
                 struct arena *arena, const struct field_value **ret_values, struct ties *ret_ties,
                 struct field_errors *errors, struct err *err)
{
    const struct procedure *procedure = opening->procedure;
    const struct field_value *values = NULL;
    int r;

    if (opening->received_usec > now_usec)
        field_errors_add(errors, "received", "received_in_future", NULL);
    else
        check_norms(office, opening, NULL, errors);
    r = fields_validate(procedure->fields, procedure->field_count, opening->raw, opening->raw_count,
                        &office->catalogue->calendar->zone, catalogue_is_country, office->catalogue, arena, &values,
                        errors, err);
    if (r == 0)
        r = terms_check(office, values, procedure->field_count, NULL, opening->received_usec, errors, err);
    if (r == 0)
        r = ties_find(tx, office, values, procedure->field_count, arena, ret_ties, errors, err);
    if (r < 0 && r != -ERR_BAD_INPUT)
        return r;
    r = attachments_check(opening->files, opening->file_count, errors, err);
    if (r < 0 && r != -ERR_BAD_INPUT)
        return r;
    if (errors->overflowed)
        return err_memory(err);
    if (errors->count > 0)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    *ret_values = values;
    return 0;
}

/* Anybody may be told of an opening who gave an address; who did not turn to us, only where the procedure has a word
 * for them. */
static bool tells_at_opening(const struct procedure *procedure)
{
    return (procedure->open_to & (OPENER_PUBLIC | OPENER_PERSON)) != 0 || procedure->letter.in[LANG_KK] != NULL;
}

static int prepare(struct tx *tx, const struct office *office, const struct case_opening *opening,
                   const struct actor *actor, bool by_act, int64_t now_usec, struct arena *arena,
                   const struct case_prepared **ret, struct field_errors *errors, struct err *err)
{
    CLEANUP_JSON json_t *clear = NULL;
    const struct procedure *procedure = opening->procedure;
    const struct field_value *values = NULL;
    struct case_prepared *prepared = ARENA_NEW(arena, struct case_prepared);
    char more[160];
    int r;

    if (prepared == NULL)
        return err_memory(err);
    *prepared = (struct case_prepared){
        .procedure = procedure,
        .opener = opening->opener,
        .lang = opening->lang,
        .received_usec = opening->received_usec,
        .subject_id = opening->subject_id,
        .actor = *actor,
        .file_count = opening->file_count,
    };
    r = check_opener(opening, actor, by_act, err);
    if (r == 0)
        r = check(tx, office, opening, now_usec, arena, &values, &prepared->ties, errors, err);
    if (r == 0)
        r = value_parts_make(values, procedure->field_count, arena, &prepared->values, err);
    if (r == 0)
        r = stored_json_parse(prepared->values.clear, strlen(prepared->values.clear), "values", &clear, err);
    if (r < 0)
        return r;
    check_norms(office, opening, clear, errors);
    if (errors->count > 0)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);

    /* Without a moment of its own a repeated request would differ from the first by the time that has passed. */
    snprintf(more, sizeof(more), "%s %lld", opening->opener,
             opening->received_usec == now_usec ? 0LL : (long long)opening->received_usec);
    r = repeat_make(office, opening->idempotency_key, procedure->id, actor, opening->raw, opening->raw_count,
                    opening->files, opening->file_count, more, &prepared->repeat, err);
    if (r < 0)
        return r;
    id_new(now_usec, prepared->id);
    keyring_access_code(office->keyring, prepared->id, prepared->access_code);
    find_lookups(office, values, procedure->field_count, prepared);
    prepared->has_email = prepared->has_email && tells_at_opening(procedure);
    r = attachments_seal(opening->files, opening->file_count, now_usec, arena, &prepared->files, err);
    if (r == 0)
        r = start_clocks(office, opening, clear, now_usec, prepared, arena, err);
    if (r == 0)
        r = write_body(office, prepared, arena, err);
    if (r < 0)
        return r;
    *ret = prepared;
    return 0;
}

bool procedure_form_names_cases(const struct procedure *procedure)
{
    for (size_t i = 0; i < procedure->field_count; i++)
        if (procedure->fields[i].type == FIELD_CASE)
            return true;
    return false;
}

int case_open_prepare(struct tx *tx, const struct office *office, const struct case_opening *opening,
                      const struct actor *actor, int64_t now_usec, struct arena *arena,
                      const struct case_prepared **ret, struct field_errors *errors, struct err *err)
{
    return prepare(tx, office, opening, actor, false, now_usec, arena, ret, errors, err);
}

int case_open_prepare_by_act(struct tx *tx, const struct office *office, const struct case_opening *opening,
                             const struct actor *actor, int64_t now_usec, struct arena *arena,
                             const struct case_prepared **ret, struct field_errors *errors, struct err *err)
{
    return prepare(tx, office, opening, actor, true, now_usec, arena, ret, errors, err);
}
