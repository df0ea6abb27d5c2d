/* What comes before an act: is there such an act, may this actor do it, is the case in a state for it, does nothing
 * else stand against it, is what was given acceptable. Done outside the writer's turn; what may have changed by then
 * (state, version, what bars it) is looked at again in act.c. "assign" and "note" are acts that every procedure has. */
#include "cases/act_parts.h"
#include <stdio.h>
#include <string.h>

static const struct field assign_fields[] = {{.name = "account", .type = FIELD_LINE, .max = 36}};
static const struct field note_fields[] = {
    {.name = "text", .type = FIELD_TEXT, .required = true, .personal = true, .max = 5000}};
/* Whoever works on cases and sees this one (actor_may_see). */
static const char *const working_roles[] = {"admin", "moderator", "registrar",   "official",
                                            "head",  "carrier",   "responsible", "service"};
#define WORKING_ROLES (sizeof(working_roles) / sizeof(working_roles[0]))
static const struct procedure_act common_acts[] = {
    {.id = "assign",
     .by_count = WORKING_ROLES,
     .by = working_roles,
     .to = -1,
     .field_count = 1,
     .fields = assign_fields},
    {.id = "note", .by_count = WORKING_ROLES, .by = working_roles, .to = -1, .field_count = 1, .fields = note_fields},
};

const struct procedure_act *common_act(const char *id)
{
    for (size_t i = 0; i < sizeof(common_acts) / sizeof(common_acts[0]); i++)
        if (strcmp(common_acts[i].id, id) == 0)
            return &common_acts[i];
    return NULL;
}

bool act_is_assign(const struct procedure_act *act)
{
    return act == &common_acts[0];
}

bool act_is_note(const struct procedure_act *act)
{
    return act == &common_acts[1];
}

bool act_is_actors(const struct procedure_act *act, const struct actor *actor)
{
    for (size_t i = 0; i < act->by_count; i++) {
        const char *by = act->by[i];
        bool is_opener = actor->kind == ACTOR_OPENER; /* who showed the code; anybody else is a stranger */
        bool is_staff = actor->kind == ACTOR_ACCOUNT || actor->kind == ACTOR_TOKEN;

        if ((is_opener && strcmp(by, "opener") == 0) || (actor->kind == ACTOR_SYSTEM && strcmp(by, "system") == 0) ||
            (is_staff && (role_parse(by) & actor->roles & ROLE_STAFF) != 0))
            return true;
    }
    return false;
}

bool act_leads_from(const struct procedure_act *act, int state)
{
    for (size_t i = 0; i < act->from_count; i++)
        if (act->from[i] == state)
            return true;
    return false;
}

bool act_possible(const struct procedure *procedure, const struct procedure_act *act, const struct case_row *row)
{
    int state = procedure_state_find(procedure, row->state);

    if (act_is_note(act))
        return true;
    if (act_is_assign(act))
        return state >= 0 && !procedure->states[state].final;
    return act_leads_from(act, state);
}

bool values_have_email(const struct procedure *procedure, const json_t *sealed_values)
{
    for (size_t i = 0; i < procedure->field_count; i++)
        if (procedure->fields[i].type == FIELD_EMAIL &&
            json_object_get(sealed_values, procedure->fields[i].name) != NULL)
            return true;
    return false;
}

int case_row_get(struct tx *tx, const char *case_id, struct arena *arena, struct case_row *ret, struct err *err)
{
    struct err why = {0};
    int r = store_case_get(tx, case_id, arena, ret, &why);

    if (r == -ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "case_unknown", NULL);
    if (r < 0 && err != NULL)
        *err = why;
    return r;
}

const struct procedure *case_procedure(const struct office *office, const struct case_row *row, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(office->catalogue, row->procedure);

    if (procedure == NULL)
        err_set(err, ERR_DAMAGED, "case_damaged", "%s", row->number);
    return procedure;
}

int actor_may_see(const struct actor *actor, const struct procedure *procedure, struct err *err)
{
    if (actor->kind == ACTOR_OPENER || actor->kind == ACTOR_SYSTEM || actor_sees(actor, procedure))
        return 0;
    return err_set(err, ERR_FORBIDDEN, "case_not_yours", NULL);
}

/* The account a case is given to: an enabled one that may work on cases of this procedure. */
static int check_assignee(struct tx *tx, const struct procedure *procedure, const struct field_value *value,
                          struct arena *arena, const char **ret, struct field_errors *errors, struct err *err)
{
    struct account_row account;
    struct err why = {0};
    const char *id = value->count > 0 ? value->texts[0] : "";
    int r;

    if (id[0] == '\0') {
        *ret = NULL;
        return 0;
    }
    r = id_valid(id) ? store_account_get(tx, id, arena, &account, &why) : -ERR_NOT_FOUND;
    if (r < 0 && r != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = why;
        return r;
    }
    if (r < 0 || account.disabled || (roles_parse(account.roles) & (ROLE_ADMIN | procedure_roles(procedure))) == 0) {
        field_errors_add(errors, "account", "not_an_option", NULL);
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    }
    *ret = account.id;
    return 0;
}

/* When the act happened, where it says so and it was given: of a date the beginning of that day. The receipt is kept
 * to the microsecond, what a person writes down to the minute or the day: on the day, and in the minute or second of
 * the receipt itself, the act happened no earlier than it. */
static void find_happened(const struct office *office, const struct case_row *row, const struct field_value *values,
                          int64_t now_usec, struct act_prepared *prepared, struct field_errors *errors)
{
    const struct zone *zone = &office->catalogue->calendar->zone;
    const struct procedure_act *act = prepared->act;
    const struct field_value *at = NULL;
    int64_t happened_usec, until_usec; /* at the latest */
    struct date date;

    for (size_t i = 0; act->at != NULL && i < act->field_count; i++)
        if (strcmp(act->fields[i].name, act->at) == 0 && values[i].count > 0)
            at = &values[i];
    if (at == NULL)
        return;
    if (at->field->type == FIELD_DATE && date_parse(at->texts[0], &date)) {
        happened_usec = zone_moment(zone, day_from_date(date), 0);
        until_usec = zone_moment(zone, day_from_date(date) + 1, 0);
    } else if (moment_parse(at->texts[0], zone, &happened_usec)) {
        until_usec = happened_usec + (happened_usec % (60 * USEC_PER_SEC) == 0 ? 60 : 1) * USEC_PER_SEC;
    } else {
        return; /* refused as a field already */
    }
    if (happened_usec < row->opened_usec && row->opened_usec < until_usec)
        happened_usec = row->opened_usec;
    if (happened_usec > now_usec)
        field_errors_add(errors, act->at, "happened_in_future", NULL);
    else if (happened_usec < row->opened_usec)
        field_errors_add(errors, act->at, "happened_before_receipt", NULL);
    else
        prepared->happened_usec = happened_usec;
}

static int check_terms(const struct office *office, const struct case_row *row, const struct field_value *values,
                       int64_t now_usec, const struct act_prepared *prepared, struct field_errors *errors,
                       struct err *err)
{
    const struct procedure_act *act = prepared->act;
    int64_t happened_usec = prepared->happened_usec != TIME_NONE ? prepared->happened_usec : now_usec;
    CLEANUP_JSON json_t *older = NULL;
    bool named = false;
    int r;

    for (size_t i = 0; i < act->field_count; i++)
        named = named || act->fields[i].term_norm != NULL || act->fields[i].not_before != NULL;
    if (!named)
        return 0;
    r = stored_json_parse(row->fields, strlen(row->fields), "a case's values", &older, err);
    return r < 0 ? r : terms_check(office, values, act->field_count, older, happened_usec, errors, err);
}

static int check_values(struct tx *tx, const struct office *office, const struct case_acting *acting,
                        const struct case_row *row, int64_t now_usec, struct arena *arena,
                        struct act_prepared *prepared, struct field_errors *errors, struct err *err)
{
    const struct procedure_act *act = prepared->act;
    const struct field_value *values = NULL;
    size_t before = errors->count;
    int r = fields_validate(act->fields, act->field_count, acting->raw, acting->raw_count,
                            &office->catalogue->calendar->zone, catalogue_is_country, office->catalogue, arena, &values,
                            errors, err);

    if (r == 0) {
        find_happened(office, row, values, now_usec, prepared, errors);
        r = check_terms(office, row, values, now_usec, prepared, errors, err);
    }
    if (r == 0) {
        r = ties_find(tx, office, values, act->field_count, arena, &prepared->ties, errors, err);
    }
    if (r < 0 && r != -ERR_BAD_INPUT)
        return r;
    r = attachments_check(acting->files, acting->file_count, errors, err);
    if (r < 0 && r != -ERR_BAD_INPUT)
        return r;
    if (acting->file_count > 0 && (act_is_assign(act) || act_is_note(act)))
        field_errors_add(errors, "attachments", "unknown_field", "attachments");
    if (errors->overflowed)
        return err_memory(err);
    if (errors->count > before)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    if (act_is_assign(act)) {
        r = check_assignee(tx, prepared->procedure, &values[0], arena, &prepared->assignee, errors, err);
        if (r < 0)
            return r;
        prepared->values = (struct value_parts){.clear = "{}", .personal = "{}"};
    } else {
        r = value_parts_make(values, act->field_count, arena, &prepared->values, err);
        if (r < 0)
            return r;
    }
    prepared->file_count = acting->file_count;
    return attachments_seal(acting->files, acting->file_count, now_usec, arena, &prepared->files, err);
}

/* In the case as the act will leave it: an act may itself give the address. */
static int look_for_email(struct tx *tx, const struct office *office, const struct procedure *procedure,
                          const struct case_row *row, const struct value_parts *given, bool *ret, struct err *err)
{
    CLEANUP_JSON json_t *sealed = NULL;
    CLEANUP_JSON json_t *personal = NULL;
    char place[PLACE_ROOM];
    struct subject_key key;
    bool destroyed;
    int r = case_subject_key(tx, office, row, &key, &destroyed, err);

    if (r < 0)
        return r;
    if (destroyed) {
        *ret = false;
        return 0;
    }
    place_of("case", row->id, place);
    r = values_unseal(&key, place, row->sealed, row->sealed_len, &sealed, err);
    if (r == 0)
        r = stored_json_parse(given->personal, strlen(given->personal), "values", &personal, err);
    if (r == 0)
        *ret = values_have_email(procedure, sealed) || values_have_email(procedure, personal);
    return r;
}

/* What is refused though the act is the actor's: the case has changed, its state does not allow it, or something else
 * stands against it. */
static int check_case(struct tx *tx, const struct office *office, const struct case_acting *acting,
                      const struct case_row *row, const struct act_prepared *prepared, int64_t now_usec,
                      struct err *err)
{
    struct err why = {0};
    int r;

    if (acting->expected_version > 0 && acting->expected_version != row->version)
        return err_set(err, ERR_STALE, "case_changed", NULL);
    if (!act_possible(prepared->procedure, prepared->act, row))
        return err_set(err, ERR_CONFLICT, "act_not_now", NULL);
    r = act_barred(tx, office, prepared->act, row, &prepared->actor, now_usec, &why, err);
    if (r < 0 || why.kind == ERR_NONE)
        return r;
    if (err != NULL)
        *err = why;
    return -(int)why.kind;
}

int case_act_prepare(struct tx *tx, const struct office *office, const struct case_acting *acting,
                     const struct actor *actor, int64_t now_usec, struct arena *arena, const struct act_prepared **ret,
                     struct field_errors *errors, struct err *err)
{
    struct act_prepared *prepared = ARENA_NEW(arena, struct act_prepared);
    const struct procedure *procedure;
    struct idempotency_row first;
    struct case_row row;
    char route[160];
    bool repeated;
    int r;

    if (prepared == NULL)
        return err_memory(err);
    r = case_row_get(tx, acting->case_id, arena, &row, err);
    if (r < 0)
        return r;
    procedure = case_procedure(office, &row, err);
    if (procedure == NULL)
        return -ERR_DAMAGED;
    r = actor_may_see(actor, procedure, err);
    if (r < 0)
        return r;
    *prepared = (struct act_prepared){
        .case_id = row.id,
        .procedure = procedure,
        .act = procedure_act_find(procedure, acting->act),
        .expected_version = acting->expected_version,
        .actor = *actor,
        .values = {.clear = "{}", .personal = "{}"},
        .happened_usec = TIME_NONE,
    };
    if (prepared->act == NULL)
        prepared->act = common_act(acting->act);
    if (prepared->act == NULL)
        return err_set(err, ERR_NOT_FOUND, "act_unknown", NULL);
    if (!act_is_actors(prepared->act, actor))
        return err_set(err, ERR_FORBIDDEN, "act_not_allowed", NULL);

    snprintf(route, sizeof(route), "%s/%s", row.id, prepared->act->id);
    r = repeat_make(office, acting->idempotency_key, route, actor, acting->raw, acting->raw_count, acting->files,
                    acting->file_count, "", &prepared->repeat, err);
    if (r == 0)
        r = repeat_find(tx, &prepared->repeat, arena, &first, &repeated, err);
    if (r < 0)
        return r;
    if (repeated) { /* nothing will be written, so nothing is checked: the case may have moved on since */
        prepared->answered = true;
        *ret = prepared;
        return 0;
    }
    r = check_case(tx, office, acting, &row, prepared, now_usec, err);
    if (r == 0)
        r = check_values(tx, office, acting, &row, now_usec, arena, prepared, errors, err);
    if (r == 0 && prepared->act->open.procedure != NULL) {
        /* The new cases hold what this one holds now. */
        prepared->expected_version = row.version;
        r = act_opens_prepare(tx, office, &row, now_usec, arena, prepared, errors, err);
    }
    if (r == 0 && prepared->act->tell == TELL_OPENER)
        r = look_for_email(tx, office, procedure, &row, &prepared->values, &prepared->has_email, err);
    if (r < 0)
        return r;
    *ret = prepared;
    return 0;
}
