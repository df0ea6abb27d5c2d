/* law/actions.yaml and law/data_categories.yaml.
 *
 * A category's place in its file is its number in every set of categories that was ever written down: new ones are
 * added at the end. Actions have no number outside of the running program. */
#include "law/load.h"

#include <string.h>

static int norm_check(const struct yaml *node, const struct catalogue *catalogue, const char **ret, struct err *err)
{
    int r = yaml_read_text(node, "norm", false, ret, err);

    if (r == 0 && *ret && !catalogue_norm_last(catalogue, *ret))
        return yaml_refuse(load_at(node, "norm"), err, "law_unknown_reference", "norm %.80s", *ret);
    return r;
}

static int kinds_read(const struct yaml *node, struct arena *arena, unsigned *ret, struct err *err)
{
    const char *const *words = NULL;
    size_t count = 0;
    int r = load_words(node, "kinds", false, arena, &count, &words, err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        unsigned kind = data_kind_parse(words[i]);
        if (kind == 0)
            return yaml_refuse(load_at(node, "kinds"), err, "law_bad_value", "kinds: %.40s", words[i]);
        *ret |= kind;
    }
    return r;
}

static int category_read(const struct yaml *node, const struct catalogue *catalogue, struct arena *arena,
                         struct data_category *ret, struct err *err)
{
    static const char *const keys[] = {"category", "title", "kinds", "norm", NULL};
    struct data_category category = {0};
    int r = load_mapping(node, keys, err);

    if (r == 0)
        r = load_name(node, "category", &category.id, err);
    if (r == 0)
        r = load_text3(node, "title", true, &category.title, err);
    if (r == 0)
        r = kinds_read(node, arena, &category.kinds, err);
    if (r == 0)
        r = norm_check(node, catalogue, &category.norm, err);
    if (r == 0)
        *ret = category;
    return r;
}

int data_categories_read(const struct law_file *file, struct catalogue *catalogue, struct err *err)
{
    struct data_category *categories;

    if (file->root->kind != YAML_SEQUENCE)
        return yaml_refuse(file->root, err, "yaml_wrong_type", "a sequence");
    if (file->root->count > DATA_CATEGORIES_SHIPPED)
        return yaml_refuse(file->root, err, "law_bad_value", "%d at most", DATA_CATEGORIES_SHIPPED);
    categories = ARENA_ARRAY(&catalogue->arena, struct data_category, file->root->count);
    if (!categories)
        return err_memory(err);
    for (size_t i = 0; i < file->root->count; i++) {
        int r = category_read(file->root->items[i], catalogue, &catalogue->arena, &categories[i], err);
        if (r < 0)
            return r;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(categories[j].id, categories[i].id) == 0)
                return yaml_refuse(file->root->items[i], err, "law_twice", "%s", categories[i].id);
        }
    }
    catalogue->data_categories = categories;
    catalogue->data_category_count = file->root->count;
    return 0;
}

/* "none" where the law itself obliges to the action. */
static int aspect_read(const struct yaml *node, unsigned *ret, struct err *err)
{
    const char *word = NULL;
    int r = yaml_read_text(node, "aspect", true, &word, err);

    if (r == 0 && strcmp(word, "none") != 0) {
        *ret = aspect_parse(word);
        if (*ret == 0)
            return yaml_refuse(load_at(node, "aspect"), err, "law_bad_value", "aspect: %.40s", word);
    }
    return r;
}

static int flags_read(const struct yaml *node, struct data_action *action, struct err *err)
{
    const struct {
        const char *key;
        bool *flag;
    } flags[] = {{"wants_recipient", &action->wants_recipient},
                 {"wants_country", &action->wants_country},
                 {"keeps", &action->keeps},
                 {"destroys", &action->destroys},
                 {"profiles", &action->profiles},
                 {"targets", &action->targets},
                 {"automated", &action->automated}};

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        int r = yaml_read_bool(node, flags[i].key, false, flags[i].flag, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int action_read(const struct yaml *node, const struct catalogue *catalogue, struct data_action *ret,
                       struct err *err)
{
    static const char *const keys[] = {"action", "title",    "aspect",   "wants_recipient", "wants_country", "keeps",
                                       "norm",   "destroys", "profiles", "targets",         "automated",     NULL};
    struct data_action action = {0};
    int r = load_mapping(node, keys, err);

    if (r == 0)
        r = load_name(node, "action", &action.id, err);
    if (r == 0)
        r = load_text3(node, "title", true, &action.title, err);
    if (r == 0)
        r = aspect_read(node, &action.aspect, err);
    if (r == 0)
        r = flags_read(node, &action, err);
    if (r == 0 && action.keeps && action.destroys)
        r = yaml_refuse(load_at(node, "destroys"), err, "law_bad_value", "keeps, destroys");
    if (r == 0)
        r = norm_check(node, catalogue, &action.norm, err);
    /* What no basis is asked for cannot be asked for more than a basis. */
    if (r == 0 && action.aspect == 0 &&
        (action.wants_recipient || action.wants_country || action.profiles || action.targets || action.automated))
        r = yaml_refuse(load_at(node, "aspect"), err, "law_bad_value", "aspect: none");
    if (r == 0 && !action.norm)
        r = yaml_refuse(node, err, "yaml_missing_key", "norm");
    if (r == 0)
        *ret = action;
    return r;
}

int actions_read(const struct law_file *file, struct catalogue *catalogue, struct err *err)
{
    struct data_action *actions;

    if (file->root->kind != YAML_SEQUENCE)
        return yaml_refuse(file->root, err, "yaml_wrong_type", "a sequence");
    if (file->root->count > ACTIONS_MAX)
        return yaml_refuse(file->root, err, "law_bad_value", "%d at most", ACTIONS_MAX);
    actions = ARENA_ARRAY(&catalogue->arena, struct data_action, file->root->count);
    if (!actions)
        return err_memory(err);
    for (size_t i = 0; i < file->root->count; i++) {
        int r = action_read(file->root->items[i], catalogue, &actions[i], err);
        if (r < 0)
            return r;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(actions[j].id, actions[i].id) == 0)
                return yaml_refuse(file->root->items[i], err, "law_twice", "%s", actions[i].id);
        }
    }
    catalogue->actions = actions;
    catalogue->action_count = file->root->count;
    return 0;
}
