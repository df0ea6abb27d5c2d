/* Days that a case names: from which a clock counts, to which period a date must keep, before which other it may not
 * lie. They tie fields, acts and norms together, so they are looked at when the whole procedure is read. */
#include "law/load.h"

#include <string.h>

struct terms {
    const struct procedure *procedure;
    const struct catalogue *catalogue;
    struct err *err;
};

static const struct field *named(const struct field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

/* A day or moment that everybody may read, or where `year` is set a year. */
static bool is_day(const struct field *field, bool year)
{
    bool is_year = year && field->type == FIELD_NUMBER && field->min >= 1900 && field->max > 0 && field->max <= 2199;
    return !field->personal && (field->type == FIELD_DATE || field->type == FIELD_MOMENT || is_year);
}

/* Whatever asks for it under that name asks for a day; somebody does. */
static bool day_somewhere(const struct terms *terms, const char *name, bool year)
{
    const struct procedure *procedure = terms->procedure;
    const struct field *form = named(procedure->fields, procedure->field_count, name);
    bool found = form != NULL;
    if (form && !is_day(form, year))
        return false;
    for (size_t i = 0; i < procedure->act_count; i++) {
        const struct field *field = named(procedure->acts[i].fields, procedure->acts[i].field_count, name);
        if (field && !is_day(field, year))
            return false;
        found = found || field;
    }
    return found;
}

/* In every version the norm has a period that another day can be held against. */
static bool norm_bounds(const struct catalogue *catalogue, const char *norm_id)
{
    bool found = false;
    for (size_t i = 0; i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];
        if (strcmp(norm->id, norm_id) != 0 || !norm->has_clock)
            continue;
        if (norm->clock.unit == UNIT_AT_ONCE || norm->clock.unit == UNIT_NAMED_DAY)
            return false;
        found = true;
    }
    return found;
}

static int fields_terms_check(const struct terms *terms, const struct yaml *node, const struct field *fields,
                              size_t count)
{
    const struct yaml *items = yaml_get(node, "fields");
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        if (field->term_norm && !norm_bounds(terms->catalogue, field->term_norm))
            return yaml_refuse(load_at(items->items[i], "term"), terms->err, "law_no_clock", "%.80s", field->term_norm);
        if (field->term_from &&
            (strcmp(field->term_from, field->name) == 0 || !day_somewhere(terms, field->term_from, false)))
            return yaml_refuse(load_at(items->items[i], "term"), terms->err, "law_unknown_reference",
                               "date or moment %.60s", field->term_from);
        if (field->not_before &&
            (strcmp(field->not_before, field->name) == 0 || !day_somewhere(terms, field->not_before, false)))
            return yaml_refuse(load_at(items->items[i], "not_before"), terms->err, "law_unknown_reference",
                               "date or moment %.60s", field->not_before);
    }
    return 0;
}

/* Is the norm, in some version, a day that the case itself has to name? */
static bool norm_names_day(const struct catalogue *catalogue, const char *norm_id)
{
    for (size_t i = 0; i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];
        if (strcmp(norm->id, norm_id) == 0 && norm->has_clock && norm->clock.unit == UNIT_NAMED_DAY)
            return true;
    }
    return false;
}

int procedure_terms_check(const struct procedure *procedure, const struct yaml *root, const struct catalogue *catalogue,
                          struct err *err)
{
    struct terms terms = {procedure, catalogue, err};
    const struct yaml *acts = yaml_get(root, "acts"), *clocks = yaml_get(root, "clocks");
    int r = fields_terms_check(&terms, root, procedure->fields, procedure->field_count);
    for (size_t i = 0; r == 0 && i < procedure->act_count; i++)
        r = fields_terms_check(&terms, acts->items[i], procedure->acts[i].fields, procedure->acts[i].field_count);
    for (size_t i = 0; r == 0 && i < procedure->clock_count; i++) {
        const struct procedure_clock *clock = &procedure->clocks[i];
        if (!clock->from && norm_names_day(catalogue, clock->norm_id))
            return yaml_refuse(clocks->items[i], err, "yaml_missing_key", "from");
        if (clock->from && !day_somewhere(&terms, clock->from, true))
            return yaml_refuse(load_at(clocks->items[i], "from"), err, "law_unknown_reference",
                               "date, moment or year %.60s", clock->from);
    }
    return r;
}
