/* One act of a procedure out of YAML: who does it, from where to where, what it asks, tells, issues, waits for and
 * opens. The procedure's form and states are read already; its clocks are not. */
#include "law/load.h"

#include <string.h>

/* "auditor" changes nothing and is therefore none of them. */
static const char *const actors[] = {"admin",     "carrier",     "head",    "moderator", "official",
                                     "registrar", "responsible", "service", "opener",    "system"};
#define ACTORS (sizeof(actors) / sizeof(actors[0]))
#define WORKERS (ACTORS - 2) /* those with an account */

bool role_works(const char *role)
{
    return words_have(actors, WORKERS, role);
}

struct acting {
    const struct procedure *procedure;
    const struct catalogue *catalogue;
    struct arena *arena;
    struct err *err;
};

static int act_by_read(struct acting *acting, const struct yaml *node, struct procedure_act *act)
{
    int r = load_words(node, "by", true, acting->arena, &act->by_count, &act->by, acting->err);
    for (size_t i = 0; r == 0 && i < act->by_count; i++) {
        if (!words_have(actors, ACTORS, act->by[i]))
            r = yaml_refuse(load_at(node, "by"), acting->err, "law_unknown_reference", "role %.60s", act->by[i]);
    }
    return r;
}

static int act_states_read(struct acting *acting, const struct yaml *node, struct procedure_act *act)
{
    const struct procedure *procedure = acting->procedure;
    size_t count = 0;
    const char *const *words = NULL;
    const char *to = NULL;
    int r = load_words(node, "from", true, acting->arena, &count, &words, acting->err);
    if (r == 0)
        r = yaml_read_text(node, "to", false, &to, acting->err);
    if (r < 0)
        return r;
    int *from = ARENA_ARRAY(acting->arena, int, count);
    if (!from)
        return err_memory(acting->err);
    for (size_t i = 0; i < count; i++) {
        from[i] = procedure_state_find(procedure, words[i]);
        if (from[i] < 0)
            return yaml_refuse(load_at(node, "from"), acting->err, "law_unknown_reference", "state %.60s", words[i]);
        if (to && procedure->states[from[i]].final)
            return yaml_refuse(load_at(node, "from"), acting->err, "law_final_left", "%s", words[i]);
    }
    act->from = from;
    act->from_count = count;
    act->to = to ? procedure_state_find(procedure, to) : -1;
    if (to && act->to < 0)
        return yaml_refuse(load_at(node, "to"), acting->err, "law_unknown_reference", "state %.60s", to);
    return 0;
}

static const struct field *act_field(const struct procedure_act *act, const char *name)
{
    for (size_t i = 0; i < act->field_count; i++) {
        if (strcmp(act->fields[i].name, name) == 0)
            return &act->fields[i];
    }
    return NULL;
}

/* A case has one value under a name, the newest: an act that asks anew for what the form asks for asks for the same
 * kind of thing, or what was said would be read as something else, and sealed values as open ones. */
static int act_fields_check(const struct acting *acting, const struct yaml *node, const struct procedure_act *act)
{
    for (size_t i = 0; i < acting->procedure->field_count; i++) {
        const struct field *form = &acting->procedure->fields[i], *field = act_field(act, form->name);
        if (field && (field->type != form->type || field->personal != form->personal))
            return yaml_refuse(load_at(node, "fields"), acting->err, "law_bad_value", "fields: %.60s", form->name);
    }
    return 0;
}

static int act_at_read(const struct yaml *node, struct procedure_act *act, struct err *err)
{
    int r = yaml_read_text(node, "at", false, &act->at, err);
    if (r < 0 || !act->at)
        return r;
    const struct field *field = act_field(act, act->at);
    if (!field || field->personal || (field->type != FIELD_DATE && field->type != FIELD_MOMENT))
        return yaml_refuse(load_at(node, "at"), err, "law_unknown_reference", "date or moment %.60s", act->at);
    return 0;
}

static int act_other_than_read(struct acting *acting, const struct yaml *node, struct procedure_act *act)
{
    int r = yaml_read_text(node, "other_than", false, &act->other_than, acting->err);
    if (r < 0 || !act->other_than)
        return r;
    const struct field *field = NULL;
    for (size_t i = 0; i < acting->procedure->field_count; i++) {
        if (strcmp(acting->procedure->fields[i].name, act->other_than) == 0)
            field = &acting->procedure->fields[i];
    }
    if (!field || field->type != FIELD_CASE)
        return yaml_refuse(load_at(node, "other_than"), acting->err, "law_unknown_reference", "case field %.60s",
                           act->other_than);
    return 0;
}

/* What needs and opens name in other procedures is looked at when all are read. */
static int act_need_read(struct acting *acting, const struct yaml *node, struct procedure_act *act)
{
    static const char *const keys[] = {"procedure", "field", "states", "enough", NULL};
    const struct yaml *needs = yaml_get(node, "needs");
    if (!needs)
        return 0;
    int r = load_mapping(needs, keys, acting->err);
    if (r == 0)
        r = load_name(needs, "procedure", &act->need.procedure, acting->err);
    if (r == 0)
        r = load_name(needs, "field", &act->need.field, acting->err);
    if (r == 0)
        r = load_words(needs, "states", true, acting->arena, &act->need.state_count, &act->need.states, acting->err);
    const char *enough = "all";
    if (r == 0)
        r = yaml_read_text(needs, "enough", false, &enough, acting->err);
    act->need.one_is_enough = strcmp(enough, "one") == 0;
    if (r == 0 && !act->need.one_is_enough && strcmp(enough, "all") != 0)
        r = yaml_refuse(load_at(needs, "enough"), acting->err, "law_bad_value", "enough: %.40s", enough);
    return r;
}

static int act_opening_read(struct acting *acting, const struct yaml *node, struct procedure_act *act)
{
    static const char *const keys[] = {"procedure", "each", "as", "link", "copy", NULL};
    const struct yaml *opens = yaml_get(node, "opens");
    struct act_opening *open = &act->open;
    struct err *err = acting->err;
    if (!opens)
        return 0;
    int r = load_mapping(opens, keys, err);
    if (r == 0)
        r = load_name(opens, "procedure", &open->procedure, err);
    if (r == 0)
        r = yaml_read_text(opens, "each", false, &open->each, err);
    if (r == 0)
        r = yaml_read_text(opens, "as", false, &open->as, err);
    if (r == 0)
        r = load_name(opens, "link", &open->link, err);
    if (r == 0)
        r = load_words(opens, "copy", false, acting->arena, &open->copy_count, &open->copy, err);
    if (r < 0)
        return r;
    if (!open->each != !open->as)
        return yaml_refuse(opens, err, "yaml_missing_key", "%s", open->each ? "as" : "each");
    const struct field *each = open->each ? act_field(act, open->each) : NULL;
    if (open->each && (!each || each->type != FIELD_MANY))
        return yaml_refuse(load_at(opens, "each"), err, "law_unknown_reference", "many %.60s", open->each);
    return 0;
}

int effect_read(const struct yaml *node, const char **ret, struct err *err)
{
    int r = yaml_read_text(node, "effect", false, ret, err);
    if (r == 0 && *ret && !effect_known(*ret))
        return yaml_refuse(load_at(node, "effect"), err, "law_bad_value", "effect: %.40s", *ret);
    return r;
}

int procedure_act_read(const struct procedure *procedure, const struct catalogue *catalogue, const char *id,
                       const struct yaml *node, struct arena *arena, struct procedure_act *ret, struct err *err)
{
    struct acting both = {.procedure = procedure, .catalogue = catalogue, .arena = arena, .err = err};
    struct acting *acting = &both;
    static const char *const keys[] = {"title",         "by",     "from",    "to",         "fields", "paper", "tell",
                                       "extends",       "at",     "decides", "other_than", "needs",  "opens", "letter",
                                       "after_overdue", "effect", NULL};
    struct procedure_act act = {.id = id};
    const char *tell = NULL;
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_text3(node, "title", true, &act.title, err);
    if (r == 0)
        r = act_by_read(acting, node, &act);
    if (r == 0)
        r = act_states_read(acting, node, &act);
    if (r == 0)
        r = fields_read(node, "fields", acting->catalogue, acting->arena, &act.field_count, &act.fields, err);
    if (r == 0)
        r = act_fields_check(acting, node, &act);
    if (r == 0 && yaml_get(node, "paper"))
        r = load_name(node, "paper", &act.paper, err);
    if (r == 0)
        r = yaml_read_text(node, "tell", false, &tell, err);
    if (r == 0 && tell && strcmp(tell, "opener") != 0)
        r = yaml_refuse(load_at(node, "tell"), err, "law_bad_value", "tell: %.40s", tell);
    act.tell = tell ? TELL_OPENER : TELL_NOBODY;
    if (r == 0)
        r = yaml_read_text(node, "extends", false, &act.extends, err);
    if (r == 0)
        r = yaml_read_text(node, "after_overdue", false, &act.after_overdue, err);
    if (r == 0)
        r = yaml_read_bool(node, "decides", false, &act.decides, err);
    if (r == 0)
        r = load_text3(node, "letter", false, &act.letter, err);
    if (r == 0 && act.letter.in[0] && act.tell == TELL_NOBODY)
        r = yaml_refuse(load_at(node, "letter"), err, "law_bad_value", "letter: nobody is told");
    if (r == 0)
        r = effect_read(node, &act.effect, err);
    for (size_t i = 0; r == 0 && i < act.field_count; i++)
        if (act.fields[i].by_effect && !act.effect)
            r = yaml_refuse(load_at(node, "fields"), err, "law_bad_value", "by_effect: %s", act.fields[i].name);
    if (r == 0)
        r = act_at_read(node, &act, err);
    if (r == 0)
        r = act_other_than_read(acting, node, &act);
    if (r == 0)
        r = act_need_read(acting, node, &act);
    if (r == 0)
        r = act_opening_read(acting, node, &act);
    if (r == 0)
        *ret = act;
    return r;
}
