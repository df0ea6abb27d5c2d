/* Reports out of YAML. Every procedure, act, clock, field and option that a figure names is there, and is said in the
 * event that the figure counts; so counting meets no surprise. */
#include "law/load.h"

#include <string.h>

static const char *const truths[] = {"true", "false"};

size_t report_dimension_options(const struct report_dimension *dimension)
{
    if (!dimension->field)
        return LANG_COUNT;
    return dimension->field->type == FIELD_YES_NO ? 2 : dimension->field->option_count;
}

const char *report_dimension_option(const struct report_dimension *dimension, size_t index)
{
    if (!dimension->field)
        return lang_code((enum lang)index);
    return dimension->field->type == FIELD_YES_NO ? truths[index] : dimension->field->options[index].id;
}

/* --- Figures ------------------------------------------------------------------------------------------------------ */

struct figuring {
    const struct catalogue *catalogue;
    struct arena *arena;
    struct err *err;
};

/* The fields that the counted event holds: the form's of an opening, else those that the named acts share. */
static const struct field *field_counted(const struct report_figure *figure, const char *name)
{
    const struct procedure *procedure = figure->procedure;
    const struct field *found = NULL;
    for (size_t i = 0; figure->count == REPORT_OPENED && i < procedure->field_count; i++) {
        if (strcmp(procedure->fields[i].name, name) == 0)
            found = &procedure->fields[i];
    }
    for (size_t i = 0; figure->count == REPORT_ACTED && i < figure->act_count; i++) {
        const struct procedure_act *act = procedure_act_find(procedure, figure->acts[i]);
        const struct field *here = NULL;
        for (size_t j = 0; j < act->field_count; j++) {
            if (strcmp(act->fields[j].name, name) == 0)
                here = &act->fields[j];
        }
        if (!here || (found && (found->type != here->type || found->option_count != here->option_count)))
            return NULL;
        found = here;
    }
    bool countable = found && !found->personal &&
                     (found->type == FIELD_CHOICE || found->type == FIELD_MANY || found->type == FIELD_YES_NO);
    return countable ? found : NULL;
}

static int dimensions_read(const struct figuring *figuring, const struct yaml *node, struct report_figure *figure)
{
    size_t count = 0;
    const char *const *names = NULL;
    int r = load_words(node, "by", false, figuring->arena, &count, &names, figuring->err);
    if (r < 0)
        return r;
    if (count > 2 || (count > 0 && figure->count == REPORT_CLOCK))
        return yaml_refuse(load_at(node, "by"), figuring->err, "law_bad_value", "by: %zu", count);
    for (size_t i = 0; i < count; i++) {
        bool language = strcmp(names[i], "language") == 0 && figure->count == REPORT_OPENED;
        figure->dimensions[i].field = language ? NULL : field_counted(figure, names[i]);
        if (!language && !figure->dimensions[i].field)
            return yaml_refuse(load_at(node, "by"), figuring->err, "law_unknown_reference", "field %.60s", names[i]);
    }
    figure->dimension_count = count;
    return 0;
}

static int where_read(const struct figuring *figuring, const struct yaml *node, struct report_figure *figure)
{
    const struct yaml *at = load_at(node, "where");
    int r =
        conditions_read(node, "where", figuring->arena, &figure->condition_count, &figure->conditions, figuring->err);
    for (size_t i = 0; r == 0 && i < figure->condition_count; i++) {
        const struct field *field = field_counted(figure, figure->conditions[i].field);
        if (!field)
            return yaml_refuse(at, figuring->err, "law_unknown_reference", "field %.60s", figure->conditions[i].field);
        r = conditions_check(at, field, 1, NULL, &figure->conditions[i], 1, figuring->err);
    }
    return r;
}

static int counted_read(const struct figuring *figuring, const struct yaml *node, struct report_figure *figure)
{
    const char *clock = NULL;
    struct err *err = figuring->err;
    int r = load_words(node, "acts", false, figuring->arena, &figure->act_count, &figure->acts, err);
    if (r == 0)
        r = yaml_read_text(node, "clock", false, &clock, err);
    for (size_t i = 0; r == 0 && i < figure->act_count; i++) {
        if (!procedure_act_find(figure->procedure, figure->acts[i]))
            r = yaml_refuse(load_at(node, "acts"), err, "law_unknown_reference", "act %.60s", figure->acts[i]);
    }
    if (r < 0)
        return r;
    figure->count = clock ? REPORT_CLOCK : figure->act_count > 0 ? REPORT_ACTED : REPORT_OPENED;
    figure->clock = clock ? procedure_clock_find(figure->procedure, clock) : NULL;
    if (clock && !figure->clock)
        return yaml_refuse(load_at(node, "clock"), err, "law_unknown_reference", "clock %.60s", clock);
    return 0;
}

static int figure_read(const struct figuring *figuring, const struct yaml *node, struct report_figure *ret)
{
    static const char *const keys[] = {"figure", "title", "note", "procedure", "acts", "clock", "by", "where", NULL};
    struct report_figure figure = {0};
    struct err *err = figuring->err;
    const char *procedure = NULL;
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_name(node, "figure", &figure.id, err);
    if (r == 0)
        r = load_text3(node, "title", true, &figure.title, err);
    if (r == 0)
        r = load_text3(node, "note", false, &figure.note, err);
    if (r == 0)
        r = load_name(node, "procedure", &procedure, err);
    if (r < 0)
        return r;
    figure.procedure = catalogue_procedure(figuring->catalogue, procedure);
    if (!figure.procedure)
        return yaml_refuse(load_at(node, "procedure"), err, "law_unknown_reference", "procedure %.60s", procedure);
    r = counted_read(figuring, node, &figure);
    if (r == 0)
        r = dimensions_read(figuring, node, &figure);
    if (r == 0)
        r = where_read(figuring, node, &figure);
    if (r == 0)
        *ret = figure;
    return r;
}

static bool figure_twice(const struct report_form *form, size_t sections, const struct report_section *own,
                         const char *id)
{
    for (size_t i = 0; i <= sections; i++) {
        const struct report_section *section = i < sections ? &form->sections[i] : own;
        for (size_t j = 0; j < section->figure_count; j++) {
            if (strcmp(section->figures[j].id, id) == 0)
                return true;
        }
    }
    return false;
}

static int sections_read(const struct figuring *figuring, const struct yaml *root, struct report_form *form)
{
    static const char *const keys[] = {"title", "note", "figures", NULL};
    const struct yaml *items = NULL, *nodes = NULL;
    struct err *err = figuring->err;
    int r = load_sequence(root, "sections", true, &items, err);
    if (r < 0)
        return r;
    struct report_section *sections = ARENA_ARRAY(figuring->arena, struct report_section, items->count);
    if (!sections)
        return err_memory(err);
    form->sections = sections;
    for (size_t i = 0; i < items->count; i++) {
        struct report_section *section = &sections[i];
        r = load_mapping(items->items[i], keys, err);
        if (r == 0)
            r = load_text3(items->items[i], "title", true, &section->title, err);
        if (r == 0)
            r = load_text3(items->items[i], "note", false, &section->note, err);
        if (r == 0)
            r = load_sequence(items->items[i], "figures", true, &nodes, err);
        if (r < 0)
            return r;
        struct report_figure *figures = ARENA_ARRAY(figuring->arena, struct report_figure, nodes->count);
        if (!figures)
            return err_memory(err);
        section->figures = figures;
        for (size_t j = 0; j < nodes->count; j++) {
            r = figure_read(figuring, nodes->items[j], &figures[j]);
            if (r == 0 && figure_twice(form, i, section, figures[j].id))
                r = yaml_refuse(nodes->items[j], err, "law_twice", "%s", figures[j].id);
            if (r < 0)
                return r;
            section->figure_count = j + 1;
            form->figure_count++;
        }
        form->section_count = i + 1;
    }
    return 0;
}

static int words_read(const struct figuring *figuring, const struct yaml *root, struct report_form *form)
{
    static const char *const keys[] = {"procedure", "state", "year", "fields", NULL};
    const struct yaml *node = yaml_get(root, "words");
    struct report_words *words = &form->words;
    struct err *err = figuring->err;
    size_t count = 0;
    const char *const *names = NULL;
    const char *procedure = NULL;
    if (!node)
        return 0;
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_name(node, "procedure", &procedure, err);
    if (r == 0)
        r = load_name(node, "state", &words->state, err);
    if (r == 0)
        r = load_name(node, "year", &words->year_field, err);
    if (r == 0)
        r = load_words(node, "fields", true, figuring->arena, &count, &names, err);
    if (r < 0)
        return r;
    words->procedure = catalogue_procedure(figuring->catalogue, procedure);
    if (!words->procedure)
        return yaml_refuse(load_at(node, "procedure"), err, "law_unknown_reference", "procedure %.60s", procedure);
    if (procedure_state_find(words->procedure, words->state) < 0)
        return yaml_refuse(load_at(node, "state"), err, "law_unknown_reference", "state %.60s", words->state);
    const struct field *year = procedure_field_find(words->procedure, words->year_field);
    if (!year || year->type != FIELD_NUMBER || year->personal)
        return yaml_refuse(load_at(node, "year"), err, "law_unknown_reference", "number %.60s", words->year_field);
    const struct field **fields = ARENA_ARRAY(figuring->arena, const struct field *, count);
    if (!fields)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        fields[i] = procedure_field_find(words->procedure, names[i]);
        if (!fields[i] || fields[i]->personal || !fields[i]->public_value)
            return yaml_refuse(load_at(node, "fields"), err, "law_unknown_reference", "public field %.60s", names[i]);
    }
    words->fields = fields;
    words->field_count = count;
    return 0;
}

static int report_read(const struct law_file *file, struct catalogue *catalogue, struct report_form *ret,
                       struct err *err)
{
    static const char *const keys[] = {"report", "title", "summary", "norms", "words", "sections", NULL};
    const struct figuring figuring = {.catalogue = catalogue, .arena = &catalogue->arena, .err = err};
    const struct yaml *root = file->root;
    struct report_form form = {.file = file->name};
    int r = load_mapping(root, keys, err);
    if (r == 0)
        r = load_name(root, "report", &form.id, err);
    if (r == 0 && !load_file_named(file, form.id))
        r = yaml_refuse(load_at(root, "report"), err, "law_bad_value", "report: %s", form.id);
    if (r == 0)
        r = load_text3(root, "title", true, &form.title, err);
    if (r == 0)
        r = load_text3(root, "summary", true, &form.summary, err);
    if (r == 0)
        r = load_words(root, "norms", true, &catalogue->arena, &form.norm_count, &form.norm_ids, err);
    for (size_t i = 0; r == 0 && i < form.norm_count; i++) {
        if (!catalogue_norm_last(catalogue, form.norm_ids[i]))
            r = yaml_refuse(load_at(root, "norms"), err, "law_unknown_reference", "norm %.80s", form.norm_ids[i]);
    }
    if (r == 0)
        r = words_read(&figuring, root, &form);
    if (r == 0)
        r = sections_read(&figuring, root, &form);
    if (r == 0)
        *ret = form;
    return r;
}

int reports_read(const struct law_file *files, size_t count, struct catalogue *catalogue, struct err *err)
{
    struct report_form *reports = ARENA_ARRAY(&catalogue->arena, struct report_form, count);
    if (!reports)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r = report_read(&files[i], catalogue, &reports[i], err);
        if (r < 0)
            return r;
    }
    catalogue->reports = reports;
    catalogue->report_count = count;
    return 0;
}
