/* Registers out of YAML (law/registers/NAME.yaml), and where a case stands in one. */
#include "law/load.h"

#include <string.h>

enum register_place register_place_of(const struct law_register *reg, const char *state)
{
    if (words_have(reg->states, reg->state_count, state))
        return REGISTER_IN;
    return words_have(reg->past, reg->past_count, state) ? REGISTER_PAST : REGISTER_OUT;
}

static int states_read(const struct yaml *root, const char *key, bool required, struct arena *arena,
                       const struct procedure *procedure, size_t *ret_count, const char *const **ret, struct err *err)
{
    int r = load_words(root, key, required, arena, ret_count, ret, err);
    for (size_t i = 0; r == 0 && i < *ret_count; i++) {
        if (procedure_state_find(procedure, (*ret)[i]) < 0)
            r = yaml_refuse(load_at(root, key), err, "law_unknown_reference", "state %.60s", (*ret)[i]);
    }
    return r;
}

static bool shown(const struct field *field, const struct field *column)
{
    return !field->personal && field->public_value && field->type == column->type;
}

/* A case's value is the newest given under the name, in the form or in any act: so each of these fields must be public
 * and of one type, or an act would carry into the register what nobody meant to show. */
static bool shown_everywhere(const struct procedure *procedure, const struct field *column)
{
    bool all = true;
    for (size_t i = 0; i < procedure->field_count; i++) {
        if (strcmp(procedure->fields[i].name, column->name) == 0)
            all = all && shown(&procedure->fields[i], column);
    }
    for (size_t i = 0; i < procedure->act_count; i++) {
        const struct procedure_act *act = &procedure->acts[i];
        for (size_t j = 0; j < act->field_count; j++) {
            if (strcmp(act->fields[j].name, column->name) == 0)
                all = all && shown(&act->fields[j], column);
        }
    }
    return all;
}

static int columns_read(const struct yaml *root, struct arena *arena, struct law_register *reg, struct err *err)
{
    size_t count = 0;
    const char *const *names = NULL;
    int r = load_words(root, "columns", true, arena, &count, &names, err);
    if (r < 0)
        return r;
    const struct field **columns = ARENA_ARRAY(arena, const struct field *, count);
    if (!columns)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        columns[i] = procedure_field_find(reg->procedure, names[i]);
        if (!columns[i] || !shown_everywhere(reg->procedure, columns[i]))
            return yaml_refuse(load_at(root, "columns"), err, "law_unknown_reference", "public field %.60s", names[i]);
    }
    reg->columns = columns;
    reg->column_count = count;
    return 0;
}

static int register_read(const struct law_file *file, struct catalogue *catalogue, struct law_register *ret,
                         struct err *err)
{
    static const char *const keys[] = {"register", "title", "summary", "norms", "procedure",
                                       "states",   "past",  "columns", NULL};
    const struct yaml *root = file->root;
    struct arena *arena = &catalogue->arena;
    struct law_register reg = {.file = file->name};
    const char *procedure = NULL;
    int r = load_mapping(root, keys, err);
    if (r == 0)
        r = load_name(root, "register", &reg.id, err);
    if (r == 0 && !load_file_named(file, reg.id))
        r = yaml_refuse(load_at(root, "register"), err, "law_bad_value", "register: %s", reg.id);
    if (r == 0)
        r = load_text3(root, "title", true, &reg.title, err);
    if (r == 0)
        r = load_text3(root, "summary", true, &reg.summary, err);
    if (r == 0)
        r = load_words(root, "norms", true, arena, &reg.norm_count, &reg.norm_ids, err);
    for (size_t i = 0; r == 0 && i < reg.norm_count; i++) {
        if (!catalogue_norm_last(catalogue, reg.norm_ids[i]))
            r = yaml_refuse(load_at(root, "norms"), err, "law_unknown_reference", "norm %.80s", reg.norm_ids[i]);
    }
    if (r == 0)
        r = load_name(root, "procedure", &procedure, err);
    if (r < 0)
        return r;
    reg.procedure = catalogue_procedure(catalogue, procedure);
    if (!reg.procedure)
        return yaml_refuse(load_at(root, "procedure"), err, "law_unknown_reference", "procedure %.60s", procedure);
    r = states_read(root, "states", true, arena, reg.procedure, &reg.state_count, &reg.states, err);
    if (r == 0)
        r = states_read(root, "past", false, arena, reg.procedure, &reg.past_count, &reg.past, err);
    for (size_t i = 0; r == 0 && i < reg.past_count; i++) {
        if (words_have(reg.states, reg.state_count, reg.past[i]))
            r = yaml_refuse(load_at(root, "past"), err, "law_twice", "%s", reg.past[i]);
    }
    if (r == 0)
        r = columns_read(root, arena, &reg, err);
    if (r == 0)
        *ret = reg;
    return r;
}

int registers_read(const struct law_file *files, size_t count, struct catalogue *catalogue, struct err *err)
{
    struct law_register *registers = ARENA_ARRAY(&catalogue->arena, struct law_register, count);
    if (!registers)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r = register_read(&files[i], catalogue, &registers[i], err);
        if (r < 0)
            return r;
    }
    catalogue->registers = registers;
    catalogue->register_count = count;
    return 0;
}
