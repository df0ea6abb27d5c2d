/* Days that a case names, ahead or behind: where clocks count from, and what a date must keep to. A refusal says which
 * day would do. Whoever owes is held to the strict reading of a period ("due"): what is named here is named by them. */
#include "cases/parts.h"
#include <string.h>

/* What the text names: its first second and the one after its last. */
struct span {
    int64_t from_usec, before_usec;
};

static bool span_of(const struct zone *zone, const char *text, struct span *ret)
{
    struct date date = {0};
    int64_t usec;
    int32_t day;

    if (text == NULL)
        return false;
    if (strlen(text) == 4) { /* a year, by the field's own range */
        date = (struct date){0, 1, 1};
        for (size_t i = 0; i < 4; i++)
            date.year = date.year * 10 + (text[i] - '0');
        ret->from_usec = zone_moment(zone, day_from_date(date), 0);
        date.year++;
        ret->before_usec = zone_moment(zone, day_from_date(date), 0);
        return true;
    }
    if (date_parse(text, &date)) {
        day = day_from_date(date);
        *ret = (struct span){zone_moment(zone, day, 0), zone_moment(zone, day + 1, 0)};
        return true;
    }
    if (!moment_parse(text, zone, &usec))
        return false;
    *ret = (struct span){usec, usec + USEC_PER_SEC};
    return true;
}

static const char *text_of(const json_t *values, const char *field)
{
    return json_string_value(json_object_get(values, field));
}

bool clock_anchor(const struct zone *zone, const struct procedure_clock *clock, const json_t *given,
                  const json_t *older, int64_t event_usec, int64_t *ret_usec)
{
    const char *text;
    struct span span;

    if (clock->from == NULL) {
        *ret_usec = event_usec;
        return true;
    }
    text = text_of(given, clock->from);
    if (text == NULL)
        text = text_of(older, clock->from);
    if (!span_of(zone, text, &span))
        return false;
    *ret_usec = span.from_usec;
    return true;
}

struct checking {
    const struct office *office;
    const struct field_value *values;
    size_t count;
    const json_t *older;
    int64_t event_usec;
    struct field_errors *errors;
};

/* As the case stands after what is given now. */
static bool span_named(const struct checking *checking, const char *name, struct span *ret)
{
    const struct zone *zone = &checking->office->catalogue->calendar->zone;

    for (size_t i = 0; i < checking->count; i++)
        if (strcmp(checking->values[i].field->name, name) == 0 && checking->values[i].count > 0)
            return span_of(zone, checking->values[i].texts[0], ret);
    return span_of(zone, text_of(checking->older, name), ret);
}

static void refuse(const struct checking *checking, const struct field *field, const char *code, int64_t limit_usec)
{
    const struct zone *zone = &checking->office->catalogue->calendar->zone;
    char text[32];

    if (field->type == FIELD_DATE)
        date_format(date_from_day(zone_day_of(zone, limit_usec)), text);
    else
        moment_format(zone, limit_usec, text);
    field_errors_add(checking->errors, field->name, code, "%s", text);
}

static int check_term(const struct checking *checking, const struct field *field, const struct span *own,
                      struct err *err)
{
    const struct catalogue *catalogue = checking->office->catalogue;
    struct span from = {checking->event_usec, checking->event_usec};
    struct clock_moments moments;
    const struct norm *norm;
    struct err why = {0};
    int r;

    if (field->term_from != NULL && !span_named(checking, field->term_from, &from))
        return 0;
    norm = catalogue_norm_at(catalogue, field->term_norm, from.from_usec);
    if (norm == NULL || !norm->has_clock)
        return 0;
    r = clock_compute(catalogue->calendar, &norm->clock, from.from_usec, &moments, &why);
    if (r < 0 && strcmp(why.code, "calendar_not_covered") == 0) {
        field_errors_add(checking->errors, field->name, "calendar_not_covered", "%s", why.arg);
        return 0;
    }
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
    /* A notice was given when it was given: only what is late on every reading is refused. */
    if (norm->clock.direction == CLOCK_BEFORE) {
        if (own->from_usec >= moments.overdue_usec)
            refuse(checking, field, "term_too_late", moments.overdue_usec - USEC_PER_SEC);
    } else if (norm->clock.kind == CLOCK_AT_LEAST) {
        if (own->before_usec <= moments.due_usec)
            refuse(checking, field, "term_too_short", moments.due_usec);
    } else if (own->from_usec >= moments.due_usec + USEC_PER_SEC) {
        refuse(checking, field, "term_too_long", moments.due_usec);
    }
    return 0;
}

int terms_check(const struct office *office, const struct field_value *values, size_t count, const json_t *older,
                int64_t event_usec, struct field_errors *errors, struct err *err)
{
    const struct checking checking = {office, values, count, older, event_usec, errors};
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++) {
        const struct field *field = values[i].field;
        struct span own, other;

        if ((field->term_norm == NULL && field->not_before == NULL) || values[i].count == 0 ||
            !span_of(&office->catalogue->calendar->zone, values[i].texts[0], &own))
            continue;
        if (field->not_before != NULL && span_named(&checking, field->not_before, &other) &&
            own.before_usec <= other.from_usec)
            refuse(&checking, field, "before_that_day", other.from_usec);
        else if (field->term_norm != NULL)
            r = check_term(&checking, field, &own, err);
    }
    return r;
}
