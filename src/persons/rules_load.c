/* Rules from their YAML tree: everything is checked here, with file and line, so that deciding finds nothing amiss. */
#include "base/buf.h"
#include "persons/rules_parts.h"
#include <stdlib.h>
#include <string.h>

#define WORD_BYTES_MAX 512
#define JSON_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct loading {
    struct rules *rules;
    struct arena *arena;
    struct err *err;
};

/* What a word may be: an id, a type, a name of an action. */
static int read_word(struct loading *l, const struct yaml *node, const char *what, const char **ret)
{
    if (node->kind != YAML_SCALAR || node->text[0] == '\0' || strlen(node->text) > WORD_BYTES_MAX)
        return yaml_refuse(node, l->err, "rules_value", "%s", what);
    *ret = node->text;
    return 0;
}

/* One word or a list of them. */
static int read_words(struct loading *l, const struct yaml *node, const char *what, struct word_set *ret)
{
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    const char **words = ARENA_ARRAY(l->arena, const char *, count);
    int r = node->kind == YAML_MAPPING || count == 0 ? yaml_refuse(node, l->err, "rules_value", "%s", what) : 0;
    if (words == NULL)
        return err_memory(l->err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = read_word(l, node->kind == YAML_SEQUENCE ? node->items[i] : node, what, &words[i]);
    if (r == 0)
        *ret = word_set_make(words, count);
    return r;
}

static int only_keys(struct loading *l, const struct yaml *node, const char *what, const char *const *keys)
{
    if (node->kind != YAML_MAPPING)
        return yaml_refuse(node, l->err, "rules_value", "%s", what);
    return yaml_only_keys(node, keys, l->err);
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

static bool is_number(const char *text)
{
    char copy[64];
    struct arena arena;
    const struct json_cell *cell;
    size_t count = strlen(text);
    if (count == 0 || count >= sizeof copy || strspn(text, "0123456789+-.eE") != count)
        return false;
    memcpy(copy, text, count + 1);
    arena_init(&arena, 4096);
    int r = json_tape_read(copy, count, &arena, &cell, NULL);
    arena_done(&arena);
    return r == 0;
}

static void put_value(const struct yaml *node, struct buf *out)
{
    if (node->kind == YAML_SCALAR) {
        bool plain = !node->quoted && (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0 ||
                                       strcmp(node->text, "null") == 0 || is_number(node->text));
        if (plain)
            buf_puts(out, node->text);
        else
            buf_put_json_string(out, node->text);
        return;
    }
    bool mapping = node->kind == YAML_MAPPING;
    buf_putc(out, mapping ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0)
            buf_putc(out, ',');
        if (mapping) {
            buf_put_json_string(out, node->keys[i]);
            buf_putc(out, ':');
        }
        put_value(node->items[i], out);
    }
    buf_putc(out, mapping ? '}' : ']');
}

/* The node as JSON: unquoted numbers, true, false and null are what they look like. */
static int read_value(struct loading *l, const struct yaml *node, const struct json_cell **ret)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, JSON_BYTES_MAX);
    put_value(node, &text);
    char *copy = text.failed ? NULL : arena_strndup(l->arena, text.data, text.len);
    if (copy == NULL)
        return err_memory(l->err);
    int r = json_tape_read(copy, text.len, l->arena, ret, l->err);
    return r == -ERR_MALFORMED ? yaml_refuse(node, l->err, "rules_value", "properties") : r;
}

/* --- Places and conditions ---------------------------------------------------------------------------------------- */

/* "a.b.c" in steps. */
static int read_steps(struct loading *l, const struct yaml *node, const char *path, struct place *ret)
{
    char *copy = arena_strdup(l->arena, path), *save = NULL;
    size_t room = 1;
    if (path[0] == '\0' || path[0] == '.' || path[strlen(path) - 1] == '.' || strstr(path, "..") != NULL)
        return yaml_refuse(node, l->err, "rules_value", "%s", path);
    for (const char *p = path; *p != '\0'; p++)
        room += *p == '.';
    const char **steps = ARENA_ARRAY(l->arena, const char *, room);
    if (copy == NULL || steps == NULL)
        return err_memory(l->err);
    ret->what = PLACE_PROPERTY;
    ret->steps = steps;
    for (char *step = strtok_r(copy, ".", &save); step != NULL; step = strtok_r(NULL, ".", &save))
        steps[ret->step_count++] = step;
    return 0;
}

static int read_place(struct loading *l, const struct yaml *node, struct place *ret)
{
    static const struct {
        const char *word;
        enum place_side side;
        enum place_what what;
    } whole[] = {{"subject.id", PLACE_SUBJECT, PLACE_ID},
                 {"subject.type", PLACE_SUBJECT, PLACE_TYPE},
                 {"resource.id", PLACE_RESOURCE, PLACE_ID},
                 {"resource.type", PLACE_RESOURCE, PLACE_TYPE},
                 {"action.name", PLACE_ACTION, PLACE_ID}},
      begun[] = {{"subject.properties.", PLACE_SUBJECT, PLACE_PROPERTY},
                 {"resource.properties.", PLACE_RESOURCE, PLACE_PROPERTY},
                 {"action.properties.", PLACE_ACTION, PLACE_PROPERTY},
                 {"context.", PLACE_CONTEXT, PLACE_PROPERTY}};
    const char *word;
    int r = read_word(l, node, "subject.id, subject.properties.…, …", &word);
    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strcmp(word, whole[i].word) == 0) {
            *ret = (struct place){.side = whole[i].side, .what = whole[i].what};
            return 0;
        }
    for (size_t i = 0; i < sizeof begun / sizeof begun[0]; i++)
        if (strncmp(word, begun[i].word, strlen(begun[i].word)) == 0) {
            *ret = (struct place){.side = begun[i].side};
            return read_steps(l, node, word + strlen(begun[i].word), ret);
        }
    return yaml_refuse(node, l->err, "rules_value", "%s", word);
}

/* One of {has, not, same, in, present}. */
static int read_test(struct loading *l, const struct yaml *node, struct condition *ret)
{
    const char *key = node->count == 1 ? node->keys[0] : "";
    const struct yaml *value = node->count == 1 ? node->items[0] : NULL;
    if (strcmp(key, "has") == 0) {
        ret->kind = CONDITION_HAS;
        return read_value(l, value, &ret->value);
    }
    if (strcmp(key, "not") == 0) {
        /* One value is a list of one. */
        const struct yaml *items[] = {value};
        struct yaml list = {
            .kind = YAML_SEQUENCE, .file = value->file, .line = value->line, .count = 1, .items = items};
        ret->kind = CONDITION_NONE_OF;
        return read_value(l, value->kind == YAML_SEQUENCE ? value : &list, &ret->value);
    }
    if (strcmp(key, "same") == 0 || strcmp(key, "in") == 0) {
        ret->kind = key[0] == 's' ? CONDITION_SAME : CONDITION_IN;
        return read_place(l, value, &ret->other);
    }
    if (strcmp(key, "present") == 0) {
        bool present = false;
        int r = yaml_read_bool(node, key, true, &present, l->err);
        ret->kind = present ? CONDITION_PRESENT : CONDITION_ABSENT;
        return r;
    }
    return yaml_refuse(node, l->err, "rules_value", "has, not, same, in, present");
}

static int read_conditions(struct loading *l, const struct yaml *node, enum place_side side, struct condition *to,
                           size_t *count)
{
    if (node->kind != YAML_MAPPING)
        return yaml_refuse(node, l->err, "rules_value", side == PLACE_CONTEXT ? "context" : "properties");
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml *value = node->items[i];
        struct condition *condition = &to[(*count)++];
        condition->of.side = side;
        int r = read_steps(l, value, node->keys[i], &condition->of);
        if (r == 0 && value->kind == YAML_MAPPING) {
            r = read_test(l, value, condition);
        } else if (r == 0) {
            condition->kind = value->kind == YAML_SEQUENCE ? CONDITION_ONE_OF : CONDITION_EQUAL;
            r = read_value(l, value, &condition->value);
        }
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- Groups ------------------------------------------------------------------------------------------------------- */

static struct typed_set *find_group(const struct loading *l, const char *name)
{
    for (size_t i = 0; i < l->rules->group_count; i++)
        if (strcmp(l->rules->groups[i].name, name) == 0)
            return &l->rules->groups[i];
    return NULL;
}

static int find_groups(struct loading *l, const struct yaml *node, const struct typed_set *const **ret,
                       size_t *ret_count)
{
    struct word_set names = {0};
    int r = read_words(l, node, "groups", &names);
    const struct typed_set **groups = ARENA_ARRAY(l->arena, const struct typed_set *, names.count);
    if (r == 0 && groups == NULL)
        r = err_memory(l->err);
    for (size_t i = 0; r == 0 && i < names.count; i++) {
        groups[i] = find_group(l, names.words[i]);
        if (groups[i] == NULL)
            r = yaml_refuse(node, l->err, "rules_group_unknown", "%s", names.words[i]);
    }
    *ret = groups;
    *ret_count = names.count;
    return r;
}

/* The members of a group and of those it takes in, each group once; one that leads back to itself is a circle. */
struct gathering {
    const struct yaml *all;
    const char **words; /* room for every `of` of the file */
    size_t count;
    uint8_t *seen; /* of each group: 1 while its own members are gathered, 2 after */
};

static int gather(struct loading *l, struct gathering *g, size_t at)
{
    const struct yaml *node = g->all->items[at], *of = yaml_get(node, "of"), *with = yaml_get(node, "with");
    struct word_set ids = {0};
    const struct typed_set *const *others = NULL;
    size_t other_count = 0;
    int r = of == NULL ? 0 : read_words(l, of, "of", &ids);
    if (r == 0 && with != NULL)
        r = find_groups(l, with, &others, &other_count);
    g->seen[at] = 1;
    for (size_t i = 0; r == 0 && i < ids.count; i++)
        g->words[g->count++] = ids.words[i];
    for (size_t i = 0; r == 0 && i < other_count; i++) {
        size_t other = (size_t)(others[i] - l->rules->groups);
        if (strcmp(others[i]->type, l->rules->groups[at].type) != 0)
            r = yaml_refuse(with, l->err, "rules_value", "type: %s", others[i]->name);
        else if (g->seen[other] == 1)
            r = yaml_refuse(with, l->err, "rules_group_circle", "%s", others[i]->name);
        else if (g->seen[other] == 0)
            r = gather(l, g, other);
    }
    g->seen[at] = 2;
    return r;
}

static int read_groups(struct loading *l, const struct yaml *node)
{
    static const char *const keys[] = {"type", "of", "with", NULL};
    size_t room = 0;
    if (node == NULL)
        return 0;
    if (node->kind != YAML_MAPPING)
        return yaml_refuse(node, l->err, "rules_value", "groups");
    l->rules->groups = ARENA_ARRAY(l->arena, struct typed_set, node->count);
    if (l->rules->groups == NULL)
        return err_memory(l->err);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml *of;
        int r = only_keys(l, node->items[i], "groups", keys);
        l->rules->groups[i].name = node->keys[i];
        if (r == 0)
            r = yaml_read_text(node->items[i], "type", true, &l->rules->groups[i].type, l->err);
        if (r < 0)
            return r;
        of = yaml_get(node->items[i], "of");
        room += of == NULL ? 0 : of->kind == YAML_SEQUENCE ? of->count : 1;
    }
    l->rules->group_count = node->count;
    struct gathering g = {
        .all = node, .words = ARENA_ARRAY(l->arena, const char *, room), .seen = arena_alloc(l->arena, node->count)};
    if (g.words == NULL || g.seen == NULL)
        return err_memory(l->err);
    for (size_t i = 0; i < node->count; i++) {
        g.count = 0;
        memset(g.seen, 0, node->count);
        int r = gather(l, &g, i);
        const char **words = ARENA_ARRAY(l->arena, const char *, g.count);
        if (r < 0)
            return r;
        if (words == NULL)
            return err_memory(l->err);
        memcpy(words, g.words, g.count * sizeof *words);
        l->rules->groups[i].ids = word_set_make(words, g.count);
    }
    return 0;
}

/* --- Entities ----------------------------------------------------------------------------------------------------- */

static int read_entities(struct loading *l, const struct yaml *node)
{
    static const char *const keys[] = {"type", "id", "properties", NULL};
    struct rules *rules = l->rules;
    if (node == NULL)
        return 0;
    if (node->kind != YAML_SEQUENCE)
        return yaml_refuse(node, l->err, "rules_value", "entities");
    rules->entities = ARENA_ARRAY(l->arena, struct entity, node->count);
    if (rules->entities == NULL)
        return err_memory(l->err);
    for (size_t i = 0; i < node->count; i++) {
        struct entity *entity = &rules->entities[i];
        const struct yaml *item = node->items[i], *properties = yaml_get(item, "properties");
        int r = only_keys(l, item, "entities", keys);
        if (r == 0)
            r = yaml_read_text(item, "type", true, &entity->type, l->err);
        if (r == 0)
            r = yaml_read_text(item, "id", true, &entity->id, l->err);
        if (r == 0 && properties != NULL && properties->kind != YAML_MAPPING)
            r = yaml_refuse(properties, l->err, "rules_value", "properties");
        if (r == 0 && properties != NULL)
            r = read_value(l, properties, &entity->properties);
        if (r < 0)
            return r;
    }
    rules->entity_count = node->count;
    qsort(rules->entities, rules->entity_count, sizeof *rules->entities, entity_compare);
    for (size_t i = 1; i < rules->entity_count; i++)
        if (entity_compare(&rules->entities[i - 1], &rules->entities[i]) == 0)
            return yaml_refuse(node, l->err, "rules_duplicate", "%s %s", rules->entities[i].type,
                               rules->entities[i].id);
    return 0;
}

/* --- Rules -------------------------------------------------------------------------------------------------------- */

static int read_side(struct loading *l, const struct yaml *node, enum place_side side, struct rule_side *ret,
                     struct condition *conditions, size_t *count)
{
    static const char *const thing_keys[] = {"type", "id", "in", "properties", NULL};
    static const char *const action_keys[] = {"name", "properties", NULL};
    if (node == NULL)
        return 0;
    if (side == PLACE_ACTION && node->kind != YAML_MAPPING) {
        ret->named = true;
        return read_words(l, node, "action", &ret->ids);
    }
    int r = only_keys(l, node,
                      side == PLACE_ACTION    ? "action"
                      : side == PLACE_SUBJECT ? "subject"
                                              : "resource",
                      side == PLACE_ACTION ? action_keys : thing_keys);
    const struct yaml *types = yaml_get(node, "type"), *ids = yaml_get(node, side == PLACE_ACTION ? "name" : "id"),
                      *in = yaml_get(node, "in"), *properties = yaml_get(node, "properties");
    ret->typed = types != NULL;
    ret->named = ids != NULL;
    ret->grouped = in != NULL;
    if (r == 0 && types != NULL)
        r = read_words(l, types, "type", &ret->types);
    if (r == 0 && ids != NULL)
        r = read_words(l, ids, "id", &ret->ids);
    if (r == 0 && in != NULL)
        r = find_groups(l, in, &ret->groups, &ret->group_count);
    if (r == 0 && properties != NULL)
        r = read_conditions(l, properties, side, conditions, count);
    return r;
}

static size_t conditions_of(const struct yaml *side)
{
    const struct yaml *properties = yaml_get(side, "properties");
    return properties == NULL ? 0 : properties->count;
}

static int read_rule(struct loading *l, const struct yaml *node, struct rule *rule)
{
    static const char *const keys[] = {"id", "effect", "subject", "action", "resource", "context", NULL};
    const char *effect = NULL;
    int r = only_keys(l, node, "rules", keys);
    if (r == 0)
        r = yaml_read_text(node, "id", true, &rule->id, l->err);
    if (r == 0)
        r = yaml_read_text(node, "effect", true, &effect, l->err);
    if (r < 0)
        return r;
    if (strlen(rule->id) > 64 || strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(rule->id))
        return yaml_refuse(yaml_get(node, "id"), l->err, "rules_value", "id: a–z 0–9 _");
    if (strcmp(effect, "permit") != 0 && strcmp(effect, "forbid") != 0)
        return yaml_refuse(yaml_get(node, "effect"), l->err, "rules_value", "effect: permit, forbid");
    rule->forbids = effect[0] == 'f';
    const struct yaml *subject = yaml_get(node, "subject"), *action = yaml_get(node, "action"),
                      *resource = yaml_get(node, "resource"), *context = yaml_get(node, "context");
    size_t room = conditions_of(subject) + conditions_of(action) + conditions_of(resource) +
                  (context == NULL ? 0 : context->count);
    struct condition *conditions = ARENA_ARRAY(l->arena, struct condition, room);
    if (conditions == NULL)
        return err_memory(l->err);
    rule->conditions = conditions;
    r = read_side(l, subject, PLACE_SUBJECT, &rule->subject, conditions, &rule->condition_count);
    if (r == 0)
        r = read_side(l, action, PLACE_ACTION, &rule->action, conditions, &rule->condition_count);
    if (r == 0)
        r = read_side(l, resource, PLACE_RESOURCE, &rule->resource, conditions, &rule->condition_count);
    if (r == 0 && context != NULL)
        r = read_conditions(l, context, PLACE_CONTEXT, conditions, &rule->condition_count);
    if (r < 0)
        return r;
    if (!rule->resource.typed)
        return yaml_refuse(node, l->err, "yaml_missing_key", "resource.type");
    if (!rule->forbids && word_set_has(&rule->resource.types, "person"))
        return yaml_refuse(resource, l->err, "rules_permit_person", "%s", rule->id);
    return 0;
}

static int read_rules(struct loading *l, const struct yaml *node)
{
    struct rules *rules = l->rules;
    if (node == NULL)
        return 0;
    if (node->kind != YAML_SEQUENCE)
        return yaml_refuse(node, l->err, "rules_value", "rules");
    rules->rules = ARENA_ARRAY(l->arena, struct rule, node->count);
    if (rules->rules == NULL)
        return err_memory(l->err);
    for (size_t i = 0; i < node->count; i++) {
        int r = read_rule(l, node->items[i], &rules->rules[i]);
        if (r < 0)
            return r;
        for (size_t j = 0; j < i; j++)
            if (strcmp(rules->rules[j].id, rules->rules[i].id) == 0)
                return yaml_refuse(node->items[i], l->err, "rules_duplicate", "%s", rules->rules[i].id);
        rules->rule_count++;
    }
    return 0;
}

/* --- What deciding and searching go through ----------------------------------------------------------------------- */

static int index_rules(struct loading *l)
{
    struct rules *rules = l->rules;
    size_t room = 0, type_count = 0;
    for (size_t i = 0; i < rules->rule_count; i++)
        room += rules->rules[i].resource.types.count;
    const char **types = ARENA_ARRAY(l->arena, const char *, room);
    if (types == NULL)
        return err_memory(l->err);
    for (size_t i = 0; i < rules->rule_count; i++)
        for (size_t t = 0; t < rules->rules[i].resource.types.count; t++)
            types[type_count++] = rules->rules[i].resource.types.words[t];
    struct word_set all = word_set_make(types, type_count);
    rules->of = ARENA_ARRAY(l->arena, struct rules_of, all.count);
    if (rules->of == NULL)
        return err_memory(l->err);
    for (size_t t = 0; t < all.count; t++) {
        const struct rule **list = ARENA_ARRAY(l->arena, const struct rule *, rules->rule_count);
        struct rules_of *of = &rules->of[rules->of_count++];
        if (list == NULL)
            return err_memory(l->err);
        of->type = all.words[t];
        of->rules = list;
        for (int forbids = 1; forbids >= 0; forbids--)
            for (size_t i = 0; i < rules->rule_count; i++)
                if (rules->rules[i].forbids == (forbids == 1) &&
                    word_set_has(&rules->rules[i].resource.types, of->type))
                    list[of->count++] = &rules->rules[i];
    }
    return 0;
}

struct pairs {
    struct entity *items; /* type and id */
    size_t count;
};

static void add_side(struct pairs *pairs, const struct rule_side *side)
{
    for (size_t t = 0; t < side->types.count; t++)
        for (size_t i = 0; i < side->ids.count; i++)
            pairs->items[pairs->count++] = (struct entity){.type = side->types.words[t], .id = side->ids.words[i]};
}

/* Every id that the file names, under its type. */
static int index_ids(struct loading *l)
{
    struct rules *rules = l->rules;
    size_t room = rules->entity_count, action_room = 0, action_count = 0;
    for (size_t i = 0; i < rules->group_count; i++)
        room += rules->groups[i].ids.count;
    for (size_t i = 0; i < rules->rule_count; i++) {
        const struct rule *rule = &rules->rules[i];
        room += rule->subject.types.count * rule->subject.ids.count;
        room += rule->resource.types.count * rule->resource.ids.count;
        action_room += rule->action.ids.count;
    }
    struct pairs pairs = {ARENA_ARRAY(l->arena, struct entity, room), 0};
    const char **actions = ARENA_ARRAY(l->arena, const char *, action_room),
               **ids = ARENA_ARRAY(l->arena, const char *, room);
    rules->named = ARENA_ARRAY(l->arena, struct typed_set, room);
    if (pairs.items == NULL || actions == NULL || ids == NULL || rules->named == NULL)
        return err_memory(l->err);
    for (size_t i = 0; i < rules->entity_count; i++)
        pairs.items[pairs.count++] = rules->entities[i];
    for (size_t i = 0; i < rules->group_count; i++)
        for (size_t j = 0; j < rules->groups[i].ids.count; j++)
            pairs.items[pairs.count++] =
                (struct entity){.type = rules->groups[i].type, .id = rules->groups[i].ids.words[j]};
    for (size_t i = 0; i < rules->rule_count; i++) {
        add_side(&pairs, &rules->rules[i].subject);
        add_side(&pairs, &rules->rules[i].resource);
        for (size_t j = 0; j < rules->rules[i].action.ids.count; j++)
            actions[action_count++] = rules->rules[i].action.ids.words[j];
    }
    rules->actions = word_set_make(actions, action_count);
    if (pairs.count > 0)
        qsort(pairs.items, pairs.count, sizeof *pairs.items, entity_compare);
    for (size_t i = 0; i < pairs.count;) {
        size_t begin = i;
        for (; i < pairs.count && strcmp(pairs.items[i].type, pairs.items[begin].type) == 0; i++)
            ids[i] = pairs.items[i].id;
        rules->named[rules->named_count++] =
            (struct typed_set){.type = pairs.items[begin].type, .ids = word_set_make(ids + begin, i - begin)};
    }
    return 0;
}

int rules_read(const struct yaml *root, struct rules *rules, struct err *err)
{
    static const char *const keys[] = {"groups", "entities", "rules", NULL};
    struct loading l = {.rules = rules, .arena = &rules->arena, .err = err};
    int r = only_keys(&l, root, "groups, entities, rules", keys);
    if (r == 0)
        r = read_groups(&l, yaml_get(root, "groups"));
    if (r == 0)
        r = read_entities(&l, yaml_get(root, "entities"));
    if (r == 0)
        r = read_rules(&l, yaml_get(root, "rules"));
    if (r == 0)
        r = index_rules(&l);
    return r < 0 ? r : index_ids(&l);
}
