/* What procedures say of each other, once all of them are read: which cases a field may name, which cases an act waits
 * for, which cases an act opens. What passes here can be opened without a surprise from the other side's form. */
#include "law/load.h"

#include <string.h>

struct between {
    const struct catalogue *catalogue;
    const struct procedure *procedure;
    struct err *err;
};

static int case_fields_check(const struct between *between, const struct yaml *node, const struct field *fields,
                             size_t count)
{
    const struct yaml *items = yaml_get(node, "fields");
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < fields[i].procedure_count; j++) {
            if (!catalogue_procedure(between->catalogue, fields[i].procedures[j]))
                return yaml_refuse(load_at(items->items[i], "of"), between->err, "law_unknown_reference",
                                   "procedure %.60s", fields[i].procedures[j]);
        }
    }
    return 0;
}

/* A `case` field of the other procedure's form that may name a case of this one. */
static const struct field *link_back(const struct between *between, const struct procedure *other, const char *name)
{
    for (size_t i = 0; i < other->field_count; i++) {
        const struct field *field = &other->fields[i];
        if (strcmp(field->name, name) == 0 && field->type == FIELD_CASE &&
            words_have(field->procedures, field->procedure_count, between->procedure->id))
            return field;
    }
    return NULL;
}

static int need_check(const struct between *between, const struct yaml *node, const struct act_need *need)
{
    const struct yaml *at = yaml_get(node, "needs");
    if (!need->procedure)
        return 0;
    const struct procedure *other = catalogue_procedure(between->catalogue, need->procedure);
    if (!other)
        return yaml_refuse(load_at(at, "procedure"), between->err, "law_unknown_reference", "procedure %.60s",
                           need->procedure);
    if (!link_back(between, other, need->field))
        return yaml_refuse(load_at(at, "field"), between->err, "law_unknown_reference", "case field %.60s",
                           need->field);
    for (size_t i = 0; i < need->state_count; i++) {
        if (procedure_state_find(other, need->states[i]) < 0)
            return yaml_refuse(load_at(at, "states"), between->err, "law_unknown_reference", "state %.60s",
                               need->states[i]);
    }
    return 0;
}

static const struct field *form_field(const struct procedure *procedure, const char *name)
{
    for (size_t i = 0; i < procedure->field_count; i++) {
        if (strcmp(procedure->fields[i].name, name) == 0)
            return &procedure->fields[i];
    }
    return NULL;
}

/* Every option that may be chosen here is one that the new case's field knows. */
static bool options_known(const struct field *each, const struct field *as)
{
    for (size_t i = 0; i < each->option_count; i++) {
        if (!field_option_find(as, each->options[i].id))
            return false;
    }
    return true;
}

/* Whatever case may be named here may be named there. */
static bool procedures_known(const struct field *from, const struct field *to)
{
    for (size_t i = 0; i < from->procedure_count; i++) {
        if (!words_have(to->procedures, to->procedure_count, from->procedures[i]))
            return false;
    }
    return true;
}

/* What one field holds the other takes. */
static bool copies(const struct field *from, const struct field *to)
{
    return from && to && from->type == to->type && !from->personal && options_known(from, to) &&
           procedures_known(from, to);
}

/* The field as this procedure's cases hold it: what the act itself asks for comes before the form's. */
static const struct field *own_field(const struct between *between, const struct procedure_act *act, const char *name)
{
    for (size_t i = 0; i < act->field_count; i++) {
        if (strcmp(act->fields[i].name, name) == 0)
            return &act->fields[i];
    }
    return procedure_field_find(between->procedure, name);
}

static int opening_check(const struct between *between, const struct yaml *node, const struct procedure_act *act)
{
    const struct act_opening *open = &act->open;
    const struct yaml *at = yaml_get(node, "opens");
    struct err *err = between->err;
    if (!open->procedure)
        return 0;
    const struct procedure *other = catalogue_procedure(between->catalogue, open->procedure);
    if (!other || !(other->open_to & OPENER_STAFF))
        return yaml_refuse(load_at(at, "procedure"), err, "law_unknown_reference", "procedure %.60s", open->procedure);
    if (!link_back(between, other, open->link))
        return yaml_refuse(load_at(at, "link"), err, "law_unknown_reference", "case field %.60s", open->link);
    if (open->each) {
        const struct field *as = form_field(other, open->as), *each = own_field(between, act, open->each);
        if (!as || as->type != FIELD_CHOICE || !options_known(each, as))
            return yaml_refuse(load_at(at, "as"), err, "law_unknown_reference", "choice %.60s", open->as);
    }
    for (size_t i = 0; i < open->copy_count; i++) {
        const char *name = open->copy[i];
        if (!copies(own_field(between, act, name), form_field(other, name)))
            return yaml_refuse(load_at(at, "copy"), err, "law_unknown_reference", "field %.60s", name);
        if (strcmp(name, open->link) == 0 || (open->as && strcmp(name, open->as) == 0) ||
            words_have(open->copy, i, name))
            return yaml_refuse(load_at(at, "copy"), err, "law_twice", "%.60s", name);
    }
    for (size_t i = 0; i < other->field_count; i++) {
        const char *name = other->fields[i].name;
        bool given = strcmp(name, open->link) == 0 || (open->as && strcmp(name, open->as) == 0) ||
                     words_have(open->copy, open->copy_count, name);
        if (other->fields[i].required && !given)
            return yaml_refuse(at, err, "yaml_missing_key", "copy: %s", name);
    }
    return 0;
}

/* A number's pattern, sign by sign: a byte as it stands, any digit, or any more digits. */
#define PATTERN_SIGNS 64 /* a pattern has 40 bytes, and {seq:9}, its longest sign in seven of them, makes ten */
enum { SIGN_END = 0, SIGN_DIGIT = 256, SIGN_DIGITS };

static void pattern_read(const char *pattern, int ret[static PATTERN_SIGNS])
{
    size_t count = 0;
    while (*pattern) {
        bool year = strncmp(pattern, "{year}", 6) == 0;
        if (*pattern != '{') {
            ret[count++] = (unsigned char)*pattern++;
            continue;
        }
        for (int i = year ? 4 : pattern[4] == ':' ? pattern[5] - '0' : 1; i > 0; i--)
            ret[count++] = SIGN_DIGIT;
        if (!year)
            ret[count++] = SIGN_DIGITS;
        pattern += strcspn(pattern, "}") + 1;
    }
    ret[count] = SIGN_END;
}

static bool signs_meet(int a, int b)
{
    if (a == SIGN_DIGIT || a == SIGN_DIGITS)
        return b >= SIGN_DIGIT || (b >= '0' && b <= '9');
    return b >= SIGN_DIGIT ? a >= '0' && a <= '9' : a == b;
}

/* Is there a text that both patterns may draw, from these signs on? Every pair of places is looked at once. */
static bool patterns_meet(const int *a, const int *b, size_t i, size_t j, bool seen[PATTERN_SIGNS][PATTERN_SIGNS])
{
    if (seen[i][j])
        return false;
    seen[i][j] = true;
    if (a[i] == SIGN_END && b[j] == SIGN_END)
        return true;
    if (a[i] == SIGN_DIGITS && patterns_meet(a, b, i + 1, j, seen))
        return true;
    if (b[j] == SIGN_DIGITS && patterns_meet(a, b, i, j + 1, seen))
        return true;
    return a[i] != SIGN_END && b[j] != SIGN_END && signs_meet(a[i], b[j]) &&
           patterns_meet(a, b, i + (a[i] != SIGN_DIGITS), j + (b[j] != SIGN_DIGITS), seen);
}

/* Numbers are unique over all procedures, so no two may ever draw the same. */
static int number_check(const struct between *between, const struct yaml *root)
{
    int own[PATTERN_SIGNS], others[PATTERN_SIGNS];
    pattern_read(between->procedure->number, own);
    for (const struct procedure *other = between->catalogue->procedures; other < between->procedure; other++) {
        bool seen[PATTERN_SIGNS][PATTERN_SIGNS] = {{false}};
        pattern_read(other->number, others);
        if (patterns_meet(own, others, 0, 0, seen))
            return yaml_refuse(load_at(root, "number"), between->err, "law_twice", "%s", other->number);
    }
    return 0;
}

int procedures_check(const struct law_file *files, size_t count, const struct catalogue *catalogue, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        struct between between = {.catalogue = catalogue, .procedure = procedure, .err = err};
        const struct yaml *acts = yaml_get(files[i].root, "acts");
        int r = case_fields_check(&between, files[i].root, procedure->fields, procedure->field_count);
        if (r == 0)
            r = number_check(&between, files[i].root);
        for (size_t j = 0; r == 0 && j < procedure->act_count; j++) {
            const struct procedure_act *act = &procedure->acts[j];
            r = case_fields_check(&between, acts->items[j], act->fields, act->field_count);
            if (r == 0)
                r = need_check(&between, acts->items[j], &act->need);
            if (r == 0)
                r = opening_check(&between, acts->items[j], act);
        }
        if (r < 0)
            return r;
    }
    return 0;
}
