/* Looking at a case: its row, values, clocks and history put together for a person or the API. Nothing is refused
 * because a person's key was destroyed; the values are then shown as destroyed. The opener comes with a number and a
 * code, and an unknown number is refused exactly like a wrong code. */
#include "cases/links.h"
#include "cases/view_parts.h"
#include <string.h>

/* Spent on unknown numbers too, so that the time of a refusal does not tell whether the number exists. */
#define NOBODYS_ID "00000000-0000-7000-8000-000000000000"

int look_values(const struct look *look, const struct field *fields, size_t field_count, const json_t *clear,
                const json_t *sealed, const json_t *given, bool public_only, size_t *ret_count,
                const struct case_value **ret, struct err *err)
{
    struct case_value *values = ARENA_ARRAY(look->arena, struct case_value, field_count);
    size_t count = 0;

    if (values == NULL)
        return err_memory(err);
    for (size_t i = 0; i < field_count; i++) {
        const json_t *json = json_object_get(clear, fields[i].name);

        if (public_only && !fields[i].public_value)
            continue;
        /* Which other case staff had in mind is between staff, unless the form says otherwise. */
        if (look->for_opener && fields[i].type == FIELD_CASE && !fields[i].public_value)
            continue;
        if (json == NULL)
            json = json_object_get(json_object_get(sealed, fields[i].name), "value");
        if (json == NULL && json_object_get(given, fields[i].name) == NULL)
            continue;
        values[count] = (struct case_value){.field = &fields[i], .destroyed = json == NULL};
        if (json != NULL) {
            int r = value_texts(json, look->arena, &values[count], err);

            if (r < 0)
                return r;
        }
        count++;
    }
    *ret = values;
    *ret_count = count;
    return 0;
}

static int show_values(const struct look *look, const json_t *given, struct case_view *view, struct err *err)
{
    CLEANUP_JSON json_t *clear = NULL;
    CLEANUP_JSON json_t *sealed = NULL;
    const struct case_row *row = look->row;
    char place[PLACE_ROOM];
    int r = stored_json_parse(row->fields, strlen(row->fields), "a case's values", &clear, err);

    if (r == 0 && !look->destroyed) {
        place_of("case", row->id, place);
        r = values_unseal(&look->key, place, row->sealed, row->sealed_len, &sealed, err);
    }
    if (r < 0)
        return r;
    return look_values(look, look->procedure->fields, look->procedure->field_count, clear, sealed,
                       look->destroyed ? given : NULL, false, &view->value_count, &view->values, err);
}

static int show_clocks(const struct look *look, unsigned with, struct case_view *view, struct err *err)
{
    const struct catalogue *catalogue = look->office->catalogue;
    struct clock_row *rows;
    struct case_clock *clocks;
    struct err why = {0};
    size_t count;
    int r = store_clock_of_case(look->tx, look->row->id, look->arena, &rows, &count, err);

    if (r < 0)
        return r;
    clocks = ARENA_ARRAY(look->arena, struct case_clock, count);
    if (clocks == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        clocks[i].clock = procedure_clock_find(look->procedure, rows[i].clock);
        clocks[i].norm = clock_norm(catalogue, &rows[i]);
        clocks[i].row = rows[i];
        if (clocks[i].clock == NULL || clocks[i].norm == NULL) {
            err_set(err, ERR_DAMAGED, "case_damaged", "%s", look->row->number);
            return err_detail(err, "clock %s or its norm %s is not in the catalogue", rows[i].clock, rows[i].norm);
        }
        if ((with & CASE_WITH_WHY) == 0)
            continue;
        r = clock_explain(catalogue->calendar, &clocks[i].norm->clock, rows[i].starts_usec, rows[i].extended,
                          look->arena, &clocks[i].why, &why);
        /* A clock that outlives the calendar is shown without its days, rather than its case not at all. */
        if (r < 0 && strcmp(why.code, "calendar_not_covered") != 0) {
            if (err != NULL)
                *err = why;
            return r;
        }
    }
    view->clocks = clocks;
    view->clock_count = count;
    return 0;
}

static bool hidden(const struct look *look, int64_t leaf)
{
    for (size_t i = 0; i < look->hidden_count; i++)
        if (look->hidden[i] == leaf)
            return true;
    return false;
}

static int show_attachments(const struct look *look, struct case_view *view, struct err *err)
{
    struct attachment_row *rows;
    const char **names;
    size_t count, shown = 0;
    int r = store_attachment_of_case(look->tx, look->row->id, look->arena, &rows, &count, err);

    if (r < 0)
        return r;
    names = ARENA_ARRAY(look->arena, const char *, count);
    if (names == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct attachment_opened opened = {.name = ""};

        if (hidden(look, rows[i].leaf))
            continue;
        if (!look->destroyed) {
            r = attachment_open(&rows[i], &look->key, look->arena, &opened, err);
            if (r < 0)
                return r;
        }
        rows[shown] = rows[i];
        names[shown++] = opened.name;
    }
    view->attachments = rows;
    view->attachment_names = names;
    view->attachment_count = shown;
    return 0;
}

/* An extension is offered only while the norm still grants one. */
static bool extension_open(const struct look *look, const struct case_view *view, const struct procedure_act *act)
{
    if (act->extends == NULL)
        return true;
    for (size_t i = 0; i < view->clock_count; i++)
        if (strcmp(view->clocks[i].row.clock, act->extends) == 0)
            return clock_may_extend(look->office, &view->clocks[i].row);
    return false;
}

/* What the actor may do now, and what the state would allow but something else stands against. */
static int show_acts(const struct look *look, const struct actor *actor, int64_t now_usec, struct case_view *view,
                     struct err *err)
{
    const struct procedure *procedure = look->procedure;
    const struct procedure_act **acts = ARENA_ARRAY(look->arena, const struct procedure_act *, procedure->act_count);
    struct barred_act *barred = ARENA_ARRAY(look->arena, struct barred_act, procedure->act_count);

    if (acts == NULL || barred == NULL)
        return err_memory(err);
    for (size_t i = 0; i < procedure->act_count; i++) {
        const struct procedure_act *act = &procedure->acts[i];
        struct err why = {0};
        int r;

        if (!act_is_actors(act, actor) || !act_possible(procedure, act, look->row) || !extension_open(look, view, act))
            continue;
        r = act_barred(look->tx, look->office, act, look->row, actor, now_usec, &why, err);
        if (r < 0)
            return r;
        if (why.kind == ERR_NONE)
            acts[view->act_count++] = act;
        else if (!look->for_opener)
            barred[view->barred_count++] = (struct barred_act){.act = act, .why = why};
    }
    view->acts = acts;
    view->barred = barred;
    return 0;
}

/* The case at the other end. *ret_there false when it is lost, or the catalogue has lost its procedure or state:
 * verification names that, and this case is shown all the same. */
static int show_link(const struct look *look, const struct case_link_row *row, struct case_link *ret, bool *ret_there,
                     struct err *err)
{
    bool back = strcmp(row->to_case, look->row->id) == 0;
    const struct procedure *procedure;
    struct case_row other;
    struct err why = {0};
    int r = store_case_get(look->tx, back ? row->from_case : row->to_case, look->arena, &other, &why);

    *ret_there = false;
    if (r < 0 && r != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = why;
        return r;
    }
    procedure = r == 0 ? catalogue_procedure(look->office->catalogue, other.procedure) : NULL;
    if (procedure == NULL || procedure_state_find(procedure, other.state) < 0)
        return 0;
    *ret = (struct case_link){
        .case_id = other.id,
        .number = other.number,
        .procedure = procedure,
        .state = procedure_state_find(procedure, other.state),
        .field = procedure_field_find(back ? procedure : look->procedure, row->field),
        .back = back,
        .at_usec = other.opened_usec,
    };
    *ret_there = true;
    return 0;
}

static int show_links(const struct look *look, struct case_view *view, struct err *err)
{
    struct case_link_row *rows;
    struct case_link *links;
    size_t count;
    /* Anybody may name a public decision in an appeal; the chain, too, shows only so many. */
    int r = store_link_near(look->tx, look->row->id, CASE_CHAIN_MAX, look->arena, &rows, &count, err);

    if (r < 0)
        return r;
    links = ARENA_ARRAY(look->arena, struct case_link, count);
    if (links == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        bool there;

        r = show_link(look, &rows[i], &links[view->link_count], &there, err);
        if (r < 0)
            return r;
        view->link_count += there;
    }
    view->links = links;
    return 0;
}

/* `actor` NULL: the opener looks. */
static int show(struct tx *tx, const struct office *office, const struct case_row *row, const struct actor *actor,
                int64_t now_usec, unsigned with, struct arena *arena, struct case_view *ret, struct err *err)
{
    CLEANUP_JSON json_t *given = json_object();
    const struct actor opener = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC};
    struct case_view view = {.row = *row};
    struct look look = {.tx = tx, .office = office, .arena = arena, .row = row, .for_opener = actor == NULL};
    int r;

    if (given == NULL)
        return err_memory(err);
    view.procedure = look.procedure = case_procedure(office, row, err);
    if (look.procedure == NULL)
        return -ERR_DAMAGED;
    view.state = procedure_state_find(view.procedure, row->state);
    if (view.state < 0) {
        err_set(err, ERR_DAMAGED, "case_damaged", "%s", row->number);
        return err_detail(err, "state %s is not in the catalogue", row->state);
    }
    r = case_subject_key(tx, office, row, &look.key, &look.destroyed, err);
    if (r == 0 && row->assignee != NULL && !look.for_opener)
        r = look_account_name(&look, row->assignee, &view.assignee_name, err);
    /* Most papers come out of acts; a case that only was opened has none. */
    if (r == 0 &&
        ((with & CASE_WITH_EVENTS) != 0 || row->version > 1 || look.procedure->paper != NULL || look.destroyed))
        r = look_events(&look, with, &view, given, err);
    if (r == 0)
        r = show_values(&look, given, &view, err);
    if (r == 0)
        r = show_clocks(&look, with, &view, err);
    if (r == 0)
        r = show_attachments(&look, &view, err);
    if (r == 0)
        r = show_acts(&look, actor != NULL ? actor : &opener, now_usec, &view, err);
    if (r == 0 && (with & (CASE_WITH_EVENTS | CASE_WITH_LINKS)) != 0 && !look.for_opener)
        r = show_links(&look, &view, err);
    if (r == 0 && (with & CASE_WITH_MESSAGES) != 0 && !look.for_opener) {
        struct outbox_row *messages;

        r = store_outbox_of_case(tx, row->id, arena, &messages, &view.message_count, err);
        if (r == 0)
            view.messages = messages;
    }
    if (r < 0)
        return r;
    if (look.for_opener)
        view.row.assignee = view.row.opener_account = NULL;
    *ret = view;
    return 0;
}

int case_view(struct tx *tx, const struct office *office, const char *case_id, const struct actor *actor,
              int64_t now_usec, unsigned with, struct arena *arena, struct case_view *ret, struct err *err)
{
    const struct procedure *procedure;
    struct case_row row;
    int r = id_valid(case_id) ? case_row_get(tx, case_id, arena, &row, err)
                              : err_set(err, ERR_NOT_FOUND, "case_unknown", NULL);

    if (r < 0)
        return r;
    procedure = case_procedure(office, &row, err);
    if (procedure == NULL)
        return -ERR_DAMAGED;
    r = actor_may_see(actor, procedure, err);
    return r < 0 ? r : show(tx, office, &row, actor, now_usec, with, arena, ret, err);
}

int case_view_by_code(struct tx *tx, const struct office *office, const char *number, const char *code,
                      int64_t now_usec, unsigned with, struct arena *arena, struct case_view *ret, struct err *err)
{
    struct case_row row = {.id = NOBODYS_ID};
    struct err why = {0};
    bool right;
    int r = store_case_by_number(tx, number, arena, &row, &why);

    if (r < 0 && r != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = why;
        return r;
    }
    right = keyring_access_code_matches(office->keyring, row.id, code);
    if (r < 0 || !right)
        return err_set(err, ERR_NOT_FOUND, "number_or_code_wrong", NULL);
    return show(tx, office, &row, NULL, now_usec, with, arena, ret, err);
}

const char *case_value_text(const struct case_value *values, size_t count, const char *field)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].count > 0 && strcmp(values[i].field->name, field) == 0)
            return values[i].texts[0];
    return NULL;
}
