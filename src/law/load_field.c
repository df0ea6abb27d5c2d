/* Fields out of YAML: of a procedure's form and of each act. A field that could never be answered, or whose condition
 * could never be met, is refused here and not found out by the first person who meets it. */
#include "law/load.h"

#include <string.h>

static int option_read(const struct yaml *node, struct field_option *ret, struct err *err)
{
    static const char *const keys[] = {"option", "title", NULL};
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_name(node, "option", &ret->id, err);
    return r < 0 ? r : load_text3(node, "title", true, &ret->title, err);
}

/* `of: {list: categories}` */
static int options_from_list(const struct yaml *of, const struct catalogue *catalogue, struct arena *arena,
                             struct field *field, struct err *err)
{
    static const char *const keys[] = {"list", NULL};
    const char *name = NULL;
    int r = load_mapping(of, keys, err);
    if (r == 0)
        r = yaml_read_text(of, "list", true, &name, err);
    if (r < 0)
        return r;
    const struct list *list = catalogue_list(catalogue, name);
    if (!list)
        return yaml_refuse(of, err, "law_unknown_reference", "list %.60s", name);
    struct field_option *options = ARENA_ARRAY(arena, struct field_option, list->count);
    if (!options)
        return err_memory(err);
    for (size_t i = 0; i < list->count; i++)
        options[i] = (struct field_option){list->entries[i].id, list->entries[i].title};
    field->options = options;
    field->option_count = list->count;
    return 0;
}

static int options_read(const struct yaml *node, const struct catalogue *catalogue, struct arena *arena,
                        struct field *field, struct err *err)
{
    const struct yaml *of = yaml_get(node, "of");
    bool wants = field->type == FIELD_CHOICE || field->type == FIELD_MANY;
    if (!wants)
        return of && field->type != FIELD_CASE
                   ? yaml_refuse(of, err, "law_bad_value", "of: not for %s", field_type_word(field->type))
                   : 0;
    int r = 0;
    if (of && of->kind == YAML_MAPPING) {
        r = options_from_list(of, catalogue, arena, field, err);
    } else if (of) {
        const struct yaml *items = NULL;
        r = load_sequence(node, "of", true, &items, err);
        struct field_option *options = r == 0 ? ARENA_ARRAY(arena, struct field_option, items->count) : NULL;
        if (r == 0 && !options)
            return err_memory(err);
        for (size_t i = 0; r == 0 && i < items->count; i++) {
            r = option_read(items->items[i], &options[i], err);
            if (r == 0 && field_option_find(field, options[i].id))
                return yaml_refuse(items->items[i], err, "law_twice", "%s", options[i].id);
            field->options = options;
            field->option_count = i + 1;
        }
    }
    if (r == 0 && field->option_count == 0)
        return yaml_refuse(of ? of : node, err, "law_empty", "%s: of", field->name);
    return r;
}

/* `of: {procedures: [complaint]}`: whether there are such procedures is known only when all are read. */
static int case_of_read(const struct yaml *node, struct arena *arena, struct field *field, struct err *err)
{
    static const char *const keys[] = {"procedures", NULL};
    const struct yaml *of = yaml_get(node, "of");
    if (field->type != FIELD_CASE)
        return 0;
    if (!of)
        return yaml_refuse(node, err, "yaml_missing_key", "of");
    /* A link stands in the open; a number that is sealed away would be asked for in vain. */
    if (field->personal)
        return yaml_refuse(load_at(node, "personal"), err, "law_bad_value", "personal: not for case");
    int r = load_mapping(of, keys, err);
    return r < 0 ? r : load_words(of, "procedures", true, arena, &field->procedure_count, &field->procedures, err);
}

/* What a case may be found and counted by. Hosts, numbers and names compare well; texts, dates and choices do not. */
static int key_read(const struct yaml *node, struct field *field, struct err *err)
{
    static const char *const kinds[] = {"platform", "resource", "subject"};
    int r = yaml_read_text(node, "key", false, &field->key, err);
    if (r < 0 || !field->key)
        return r;
    bool fits = field->type == FIELD_URL || field->type == FIELD_LINE || field->type == FIELD_BIN ||
                field->type == FIELD_IIN || field->type == FIELD_PERSON || field->type == FIELD_ORGANISATION;
    if (!fits || !words_have(kinds, sizeof(kinds) / sizeof(kinds[0]), field->key))
        return yaml_refuse(load_at(node, "key"), err, "law_bad_value", "key: %.40s", field->key);
    return 0;
}

/* What min and max mean depends on the type; for most they mean nothing. */
static int limits_read(const struct yaml *node, struct field *field, struct err *err)
{
    bool counts_characters = field->type == FIELD_TEXT || field->type == FIELD_LINE || field->type == FIELD_PERSON ||
                             field->type == FIELD_ORGANISATION || field->type == FIELD_URL;
    const struct yaml *min = yaml_get(node, "min"), *max = yaml_get(node, "max");
    if (min && !counts_characters && field->type != FIELD_NUMBER)
        return yaml_refuse(min, err, "law_bad_value", "min: not for %s", field_type_word(field->type));
    if (max && !counts_characters && field->type != FIELD_NUMBER && field->type != FIELD_LINKS)
        return yaml_refuse(max, err, "law_bad_value", "max: not for %s", field_type_word(field->type));
    bool is_number = field->type == FIELD_NUMBER;
    int64_t most = is_number ? INT64_MAX : field->type == FIELD_LINKS ? 1000 : 100000;
    int r = load_number(node, "min", false, is_number ? INT64_MIN : 0, most, &field->min, err);
    if (r == 0)
        r = load_number(node, "max", false, 1, most, &field->max, err);
    if (r == 0 && field->max != 0 && field->max < field->min)
        return yaml_refuse(max, err, "law_bad_value", "max: less than min");
    return r;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

/* One `name = value` or `name != value`; *rest is left behind it. */
static bool condition_parse(const char **rest, struct arena *arena, struct field_condition *ret)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const char *name = skip_blanks(*rest);
    size_t name_count = strspn(name, word);
    const char *sign = skip_blanks(name + name_count);
    bool negated = sign[0] == '!';
    if (name_count == 0 || sign[negated] != '=')
        return false;
    const char *value = skip_blanks(sign + negated + 1);
    size_t value_count = strspn(value, word);
    if (value_count == 0)
        return false;
    ret->field = arena_strndup(arena, name, name_count);
    ret->value = arena_strndup(arena, value, value_count);
    ret->negated = negated;
    *rest = skip_blanks(value + value_count);
    return true;
}

int conditions_read(const struct yaml *node, const char *key, struct arena *arena, size_t *ret_count,
                    const struct field_condition **ret, struct err *err)
{
    const char *text = NULL;
    int r = yaml_read_text(node, key, false, &text, err);
    if (r < 0 || !text)
        return r;
    const struct yaml *at = yaml_get(node, key);
    struct field_condition *conditions = ARENA_ARRAY(arena, struct field_condition, strlen(text) / 3 + 1);
    if (!conditions)
        return err_memory(err);
    size_t count = 0;
    for (const char *rest = text;;) {
        if (!condition_parse(&rest, arena, &conditions[count]))
            return yaml_refuse(at, err, "law_bad_value", "%s: %.60s", key, text);
        count++;
        if (rest[0] == '\0')
            break;
        if (strncmp(rest, "and ", 4) != 0)
            return yaml_refuse(at, err, "law_bad_value", "%s: %.60s", key, text);
        rest += 4;
    }
    *ret = conditions;
    *ret_count = count;
    return arena->overflowed ? err_memory(err) : 0;
}

static int required_if_read(const struct yaml *node, struct arena *arena, struct field *field, struct err *err)
{
    const struct yaml *at = yaml_get(node, "required_if");
    if (at && field->required)
        return yaml_refuse(at, err, "law_bad_value", "required_if: required already");
    return conditions_read(node, "required_if", arena, &field->condition_count, &field->conditions, err);
}

/* Norms and other fields are looked at when the whole procedure is read (load_terms.c). */
static int term_read(const struct yaml *node, struct field *field, struct err *err)
{
    static const char *const keys[] = {"norm", "from", NULL};
    const struct yaml *term = yaml_get(node, "term");
    bool dated = !field->personal && (field->type == FIELD_DATE || field->type == FIELD_MOMENT);
    int r = term ? load_mapping(term, keys, err) : 0;
    if (r == 0 && term)
        r = yaml_read_text(term, "norm", true, &field->term_norm, err);
    if (r == 0 && term)
        r = yaml_read_text(term, "from", false, &field->term_from, err);
    if (r == 0)
        r = yaml_read_text(node, "not_before", false, &field->not_before, err);
    if (r == 0 && term && !dated)
        return yaml_refuse(term, err, "law_bad_value", "term: not for %s", field_type_word(field->type));
    if (r == 0 && field->not_before && !dated)
        return yaml_refuse(load_at(node, "not_before"), err, "law_bad_value", "not_before: not for %s",
                           field_type_word(field->type));
    return r;
}

/* `columns` of a table: what a row holds. Nobody types a table in, so it is an effect that gives it. */
static int columns_read(const struct yaml *node, const struct catalogue *catalogue, struct arena *arena,
                        struct field *field, struct err *err)
{
    int r = fields_read(node, "columns", catalogue, arena, &field->column_count, &field->columns, err);
    if (r < 0)
        return r;
    if (field->type != FIELD_TABLE)
        return field->column_count ? yaml_refuse(load_at(node, "columns"), err, "law_bad_value", "columns: not for %s",
                                                 field_type_word(field->type))
                                   : 0;
    if (!field->by_effect || field->personal)
        return yaml_refuse(node, err, "law_bad_value", "%s: a table is by_effect, and not personal", field->name);
    for (size_t i = 0; i < field->column_count; i++) {
        enum field_type type = field->columns[i].type;
        if (type != FIELD_DATE && type != FIELD_NUMBER && type != FIELD_LINE)
            return yaml_refuse(load_at(node, "columns"), err, "law_bad_value", "columns: %s", field_type_word(type));
    }
    return field->column_count ? 0 : yaml_refuse(node, err, "law_empty", "%s: columns", field->name);
}

static int field_read(const struct yaml *node, const struct catalogue *catalogue, struct arena *arena,
                      struct field *ret, struct err *err)
{
    static const char *const keys[] = {"name",     "type",       "title",     "help",    "required", "required_if",
                                       "personal", "public",     "min",       "max",     "of",       "key",
                                       "term",     "not_before", "by_effect", "columns", NULL};
    struct field field = {0};
    const char *type = NULL;
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_name(node, "name", &field.name, err);
    if (r == 0)
        r = yaml_read_text(node, "type", true, &type, err);
    if (r < 0)
        return r;
    int found = field_type_parse(type);
    if (found < 0)
        return yaml_refuse(load_at(node, "type"), err, "law_bad_value", "type: %.40s", type);
    field.type = (enum field_type)found;
    r = load_text3(node, "title", true, &field.title, err);
    if (r == 0)
        r = load_text3(node, "help", false, &field.help, err);
    if (r == 0)
        r = yaml_read_bool(node, "required", false, &field.required, err);
    if (r == 0)
        r = yaml_read_bool(node, "personal", false, &field.personal, err);
    if (r == 0)
        r = yaml_read_bool(node, "public", false, &field.public_value, err);
    if (r == 0)
        r = limits_read(node, &field, err);
    if (r == 0)
        r = options_read(node, catalogue, arena, &field, err);
    if (r == 0)
        r = case_of_read(node, arena, &field, err);
    if (r == 0)
        r = key_read(node, &field, err);
    if (r == 0)
        r = required_if_read(node, arena, &field, err);
    if (r == 0)
        r = term_read(node, &field, err);
    if (r == 0)
        r = yaml_read_bool(node, "by_effect", false, &field.by_effect, err);
    if (r == 0 && field.by_effect &&
        (field.personal || field.required || field.condition_count > 0 || field.key || field.type == FIELD_CASE))
        r = yaml_refuse(load_at(node, "by_effect"), err, "law_bad_value", "by_effect: nobody is asked");
    if (r == 0)
        r = columns_read(node, catalogue, arena, &field, err);
    if (r == 0)
        *ret = field;
    return r;
}

int conditions_check(const struct yaml *at, const struct field *fields, size_t count, const struct field *own,
                     const struct field_condition *conditions, size_t condition_count, struct err *err)
{
    for (size_t i = 0; i < condition_count; i++) {
        const struct field_condition *condition = &conditions[i];
        const struct field *other = NULL;
        for (size_t j = 0; j < count; j++) {
            if (strcmp(fields[j].name, condition->field) == 0)
                other = &fields[j];
        }
        if (!other || other == own)
            return yaml_refuse(at, err, "law_unknown_reference", "field %s", condition->field);
        bool is_choice = other->type == FIELD_CHOICE || other->type == FIELD_MANY;
        bool is_truth = strcmp(condition->value, "true") == 0 || strcmp(condition->value, "false") == 0;
        if (is_choice ? !field_option_find(other, condition->value) : other->type == FIELD_YES_NO && !is_truth)
            return yaml_refuse(at, err, "law_unknown_reference", "%s: %s", condition->field, condition->value);
    }
    return 0;
}

int fields_read(const struct yaml *node, const char *key, const struct catalogue *catalogue, struct arena *arena,
                size_t *ret_count, const struct field **ret, struct err *err)
{
    const struct yaml *items = NULL;
    int r = load_sequence(node, key, false, &items, err);
    if (r < 0)
        return r;
    size_t count = items ? items->count : 0;
    struct field *fields = ARENA_ARRAY(arena, struct field, count);
    if (!fields)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        r = field_read(items->items[i], catalogue, arena, &fields[i], err);
        if (r < 0)
            return r;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(fields[j].name, fields[i].name) == 0)
                return yaml_refuse(items->items[i], err, "law_twice", "%s", fields[i].name);
        }
    }
    for (size_t i = 0; i < count; i++) {
        r = conditions_check(load_at(items->items[i], "required_if"), fields, count, &fields[i], fields[i].conditions,
                             fields[i].condition_count, err);
        if (r < 0)
            return r;
    }
    *ret = fields;
    *ret_count = count;
    return 0;
}
