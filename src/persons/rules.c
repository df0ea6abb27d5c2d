/* Deciding by rules: those of the resource's type are gone through, the forbidding ones first. */
#include "persons/rules_parts.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RULES_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define RULES_ARENA_MAX ((size_t)256 * 1024 * 1024)

int entity_compare(const void *a, const void *b)
{
    const struct entity *x = a, *y = b;
    int by_type = strcmp(x->type, y->type);
    return by_type != 0 ? by_type : strcmp(x->id, y->id);
}

static int word_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct word_set word_set_make(const char **words, size_t count)
{
    size_t kept = 0;
    if (count > 0)
        qsort(words, count, sizeof *words, word_compare);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(words[kept - 1], words[i]) != 0)
            words[kept++] = words[i];
    return (struct word_set){kept, words};
}

bool word_set_has(const struct word_set *set, const char *word)
{
    size_t from = 0, until = set->count;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        int order = strcmp(set->words[middle], word);
        if (order == 0)
            return true;
        if (order < 0)
            from = middle + 1;
        else
            until = middle;
    }
    return false;
}

/* --- What a place holds ------------------------------------------------------------------------------------------- */

static const struct json_cell *walk(const struct json_cell *cell, const struct place *place)
{
    for (size_t i = 0; cell != NULL && i < place->step_count; i++)
        cell = json_cell_member(cell, place->steps[i]);
    return cell;
}

static const struct json_cell *known(const struct rules *rules, const struct rules_side *side)
{
    if (side->type == NULL || side->id == NULL)
        return NULL;
    struct entity key = {.type = side->type, .id = side->id};
    const struct entity *found = rules->entity_count == 0
                                     ? NULL
                                     : bsearch(&key, rules->entities, rules->entity_count, sizeof key, entity_compare);
    return found == NULL ? NULL : found->properties;
}

static const struct rules_side *side_of(const struct rules_question *question, enum place_side side)
{
    return side == PLACE_SUBJECT ? &question->subject : side == PLACE_ACTION ? &question->action : &question->resource;
}

/* `own` is room for a cell that stands nowhere in the texts: an id or a type. */
static const struct json_cell *look(const struct rules *rules, const struct rules_question *question,
                                    const struct place *place, struct json_cell *own)
{
    if (place->side == PLACE_CONTEXT)
        return walk(question->context, place);
    const struct rules_side *side = side_of(question, place->side);
    if (place->what == PLACE_PROPERTY) {
        /* What the question says of a property is whole: nothing is filled in below it. */
        bool told = json_cell_member(side->properties, place->steps[0]) != NULL;
        return walk(told ? side->properties : known(rules, side), place);
    }
    const char *text = place->what == PLACE_ID ? side->id : side->type;
    if (text == NULL)
        return NULL;
    *own =
        (struct json_cell){.kind = CELL_STRING, .text = text, .count = (uint32_t)strlen(text) & 0x1FFFFFFF, .span = 1};
    return own;
}

static bool has(const struct json_cell *list, const struct json_cell *value)
{
    if (list == NULL || list->kind != CELL_ARRAY)
        return false;
    const struct json_cell *item = list + 1;
    for (size_t i = 0; i < list->count; i++, item = json_cell_after(item))
        if (json_cell_equal(item, value))
            return true;
    return false;
}

static bool condition_holds(const struct rules *rules, const struct rules_question *question,
                            const struct condition *condition)
{
    struct json_cell own, other_own;
    const struct json_cell *value = look(rules, question, &condition->of, &own), *other;
    if (condition->kind == CONDITION_ABSENT)
        return value == NULL;
    if (value == NULL)
        return false;
    switch (condition->kind) {
    case CONDITION_EQUAL:
        return json_cell_equal(value, condition->value);
    case CONDITION_ONE_OF:
        return has(condition->value, value);
    case CONDITION_HAS:
        return has(value, condition->value);
    case CONDITION_NONE_OF:
        return !has(condition->value, value);
    case CONDITION_SAME:
        other = look(rules, question, &condition->other, &other_own);
        return other != NULL && json_cell_equal(value, other);
    case CONDITION_IN:
        return has(look(rules, question, &condition->other, &other_own), value);
    case CONDITION_PRESENT:
    case CONDITION_ABSENT:
        break;
    }
    return true;
}

/* --- A rule ------------------------------------------------------------------------------------------------------- */

static bool side_holds(const struct rule_side *rule, const struct rules_side *side)
{
    if (rule->typed && (side->type == NULL || !word_set_has(&rule->types, side->type)))
        return false;
    if (rule->named && (side->id == NULL || !word_set_has(&rule->ids, side->id)))
        return false;
    if (!rule->grouped)
        return true;
    for (size_t i = 0; i < rule->group_count; i++)
        if (side->type != NULL && side->id != NULL && strcmp(rule->groups[i]->type, side->type) == 0 &&
            word_set_has(&rule->groups[i]->ids, side->id))
            return true;
    return false;
}

static bool rule_holds(const struct rules *rules, const struct rules_question *question, const struct rule *rule)
{
    if (!side_holds(&rule->subject, &question->subject) || !side_holds(&rule->action, &question->action) ||
        !side_holds(&rule->resource, &question->resource))
        return false;
    for (size_t i = 0; i < rule->condition_count; i++)
        if (!condition_holds(rules, question, &rule->conditions[i]))
            return false;
    return true;
}

static const struct rules_of *rules_of_type(const struct rules *rules, const char *type)
{
    for (size_t from = 0, until = rules == NULL || type == NULL ? 0 : rules->of_count; from < until;) {
        size_t middle = from + (until - from) / 2;
        int order = strcmp(rules->of[middle].type, type);
        if (order == 0)
            return &rules->of[middle];
        if (order < 0)
            from = middle + 1;
        else
            until = middle;
    }
    return NULL;
}

enum rules_answer rules_decide(const struct rules *rules, const struct rules_question *question, const char **ret_rule)
{
    const struct rules_of *of = rules_of_type(rules, question->resource.type);
    for (size_t i = 0; of != NULL && i < of->count; i++)
        if (rule_holds(rules, question, of->rules[i])) {
            *ret_rule = of->rules[i]->id;
            return of->rules[i]->forbids ? RULES_FORBID : RULES_PERMIT;
        }
    *ret_rule = NULL;
    return RULES_SILENT;
}

bool rules_speak_of(const struct rules *rules, const char *resource_type)
{
    return rules_of_type(rules, resource_type) != NULL;
}

size_t rules_ids(const struct rules *rules, const char *type, const char *const **ret)
{
    for (size_t i = 0; rules != NULL && i < rules->named_count; i++)
        if (strcmp(rules->named[i].type, type) == 0) {
            *ret = rules->named[i].ids.words;
            return rules->named[i].ids.count;
        }
    *ret = NULL;
    return 0;
}

size_t rules_actions(const struct rules *rules, const char *const **ret)
{
    *ret = rules == NULL ? NULL : rules->actions.words;
    return rules == NULL ? 0 : rules->actions.count;
}

bool rules_know_action(const struct rules *rules, const char *action)
{
    return rules != NULL && word_set_has(&rules->actions, action);
}

/* --- From its file ------------------------------------------------------------------------------------------------ */

static int rules_new(struct rules **ret, struct err *err)
{
    struct rules *rules = calloc(1, sizeof *rules);
    if (rules == NULL)
        return err_memory(err);
    arena_init(&rules->arena, RULES_ARENA_MAX);
    *ret = rules;
    return 0;
}

static int finish(struct rules *rules, int r, const struct yaml *root, struct rules **ret, struct err *err)
{
    if (r == 0)
        r = rules_read(root, rules, err);
    if (r == 0 && rules->arena.overflowed)
        r = err_memory(err);
    if (r < 0)
        rules_free(rules);
    else
        *ret = rules;
    return r;
}

int rules_load(const char *path, struct rules **ret, struct err *err)
{
    struct rules *rules;
    const struct yaml *root = NULL;
    int r = rules_new(&rules, err);
    if (r < 0)
        return r;
    r = yaml_load(path, RULES_BYTES_MAX, &rules->arena, &root, err);
    return finish(rules, r, root, ret, err);
}

int rules_parse(const char *name, const char *bytes, size_t count, struct rules **ret, struct err *err)
{
    struct rules *rules;
    const struct yaml *root = NULL;
    int r = rules_new(&rules, err);
    if (r < 0)
        return r;
    r = yaml_parse(name, bytes, count, &rules->arena, &root, err);
    return finish(rules, r, root, ret, err);
}

void rules_free(struct rules *rules)
{
    if (rules == NULL)
        return;
    arena_done(&rules->arena);
    free(rules);
}
