/* The law as JSON: fields as JSON Schema, explanations of clocks day by day. */
#include "web/api/api.h"
#include "web/person_given.h"

static void texts(struct buf *out, const char *key, struct text3 text, enum lang lang)
{
    if (text.in[lang] != NULL)
        jo_text(out, key, text.in[lang]);
}

static void options(struct buf *out, const struct field *field, enum lang lang)
{
    jo_text(out, "type", "string");
    jo_key(out, "oneOf");
    jo_open(out, '[');
    for (size_t i = 0; i < field->option_count; i++) {
        jo_open(out, '{');
        jo_text(out, "const", field->options[i].id);
        texts(out, "title", field->options[i].title, lang);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

/* The lengths that fields_validate applies when the catalogue gives none. */
static void length(struct buf *out, const struct field *field, int64_t usual)
{
    jo_text(out, "type", "string");
    if (field->min > 0)
        jo_int(out, "minLength", field->min);
    jo_int(out, "maxLength", field->max > 0 ? field->max : usual);
}

static void type_members(struct buf *out, const struct field *field, enum lang lang)
{
    static const char iin[] = "^[0-9]{12}$";
    switch (field->type) {
    case FIELD_TEXT:
        length(out, field, 5000);
        break;
    case FIELD_LINE:
    case FIELD_PERSON:
    case FIELD_ORGANISATION:
        length(out, field, 300);
        break;
    case FIELD_CHOICE:
        options(out, field, lang);
        break;
    case FIELD_MANY:
        jo_text(out, "type", "array");
        jo_bool(out, "uniqueItems", true);
        jo_key(out, "items");
        jo_open(out, '{');
        options(out, field, lang);
        jo_close(out, '}');
        break;
    case FIELD_YES_NO:
        jo_text(out, "type", "boolean");
        break;
    case FIELD_NUMBER:
        jo_text(out, "type", "integer");
        if (field->min != 0 || field->max != 0)
            jo_int(out, "minimum", field->min);
        if (field->max != 0)
            jo_int(out, "maximum", field->max);
        break;
    case FIELD_DATE:
    case FIELD_MOMENT:
    case FIELD_URL:
    case FIELD_EMAIL:
        jo_text(out, "type", "string");
        jo_text(out, "format",
                field->type == FIELD_DATE     ? "date"
                : field->type == FIELD_MOMENT ? "date-time"
                : field->type == FIELD_URL    ? "uri"
                                              : "email");
        break;
    case FIELD_CASE:
        jo_text(out, "type", "string");
        jo_int(out, "maxLength", 64);
        jo_key(out, "x-talap-procedures");
        jo_open(out, '[');
        for (size_t i = 0; i < field->procedure_count; i++)
            jo_put_text(out, field->procedures[i]);
        jo_close(out, ']');
        break;
    case FIELD_LINKS:
        jo_text(out, "type", "array");
        jo_int(out, "maxItems", field->max > 0 ? field->max : 100);
        jo_key(out, "items");
        jo_open(out, '{');
        jo_text(out, "type", "string");
        jo_text(out, "format", "uri");
        jo_close(out, '}');
        break;
    case FIELD_PHONE:
        jo_text(out, "type", "string");
        jo_text(out, "pattern", "^\\+[0-9 ()-]{8,24}$");
        break;
    case FIELD_IIN:
    case FIELD_BIN:
        jo_text(out, "type", "string");
        jo_text(out, "pattern", iin);
        break;
    case FIELD_COUNTRY:
        jo_text(out, "type", "string");
        jo_text(out, "pattern", "^[A-Z]{2}$");
        break;
    case FIELD_TABLE: /* told as it is written, rows of named cells; asked for nowhere */
        jo_text(out, "type", "array");
        jo_key(out, "items");
        jo_open(out, '{');
        jo_text(out, "type", "object");
        jo_close(out, '}');
        break;
    }
}

void schema_write_field(struct buf *out, const struct field *field, enum lang lang)
{
    jo_open(out, '{');
    type_members(out, field, lang);
    texts(out, "title", field->title, lang);
    texts(out, "description", field->help, lang);
    jo_text(out, "x-talap-type", field_type_word(field->type));
    if (field->personal)
        jo_bool(out, "x-talap-personal", true);
    if (field->condition_count > 0) {
        jo_key(out, "x-talap-required-if");
        jo_open(out, '[');
        for (size_t i = 0; i < field->condition_count; i++) {
            const struct field_condition *condition = &field->conditions[i];
            jo_open(out, '{');
            jo_text(out, "field", condition->field);
            jo_text(out, condition->negated ? "not" : "is", condition->value);
            jo_close(out, '}');
        }
        jo_close(out, ']');
    }
    jo_close(out, '}');
}

/* Whose case it is, as person_given takes it. */
static void write_person(struct buf *out)
{
    static const char *const names[] = {"id", "email", "phone", "iin"};
    jo_key(out, PERSON_GIVEN);
    jo_open(out, '{');
    jo_key(out, "type");
    jo_open(out, '[');
    jo_put_text(out, "string");
    jo_put_text(out, "object");
    jo_close(out, ']');
    jo_int(out, "minProperties", 1);
    jo_bool(out, "additionalProperties", false);
    jo_key(out, "properties");
    jo_open(out, '{');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        jo_key(out, names[i]);
        jo_open(out, '{');
        jo_text(out, "type", "string");
        jo_close(out, '}');
    }
    jo_close(out, '}');
    jo_close(out, '}');
}

static void write_object(struct buf *out, const struct field *fields, size_t count, bool person, bool person_required,
                         enum lang lang)
{
    jo_open(out, '{');
    jo_text(out, "type", "object");
    jo_bool(out, "additionalProperties", false);
    jo_key(out, "properties");
    jo_open(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (fields[i].by_effect)
            continue;
        jo_key(out, fields[i].name);
        schema_write_field(out, &fields[i], lang);
    }
    if (person)
        write_person(out);
    jo_close(out, '}');
    jo_key(out, "required");
    jo_open(out, '[');
    if (person_required)
        jo_put_text(out, PERSON_GIVEN);
    for (size_t i = 0; i < count; i++)
        if (fields[i].required)
            jo_put_text(out, fields[i].name);
    jo_close(out, ']');
    jo_close(out, '}');
}

void schema_write(struct buf *out, const struct field *fields, size_t count, enum lang lang)
{
    write_object(out, fields, count, false, false, lang);
}

void schema_write_opening(const struct request *request, struct buf *out, const struct procedure *procedure)
{
    bool person = person_may_be_given(request, procedure);
    write_object(out, procedure->fields, procedure->field_count, person, person && person_must_be_given(procedure),
                 request->lang);
}

void explanation_write(struct request *request, struct buf *out, const struct clock_explanation *why)
{
    const struct zone *zone = request_zone(request);
    jo_moment(out, "starts_at", zone, why->moments.starts_usec);
    jo_moment(out, "due_at", zone, why->moments.due_usec);
    jo_moment(out, "overdue_at", zone, why->moments.overdue_usec);
    jo_bool(out, "undecided", why->undecided);
    jo_bool(out, "cut", why->cut);
    jo_key(out, "days");
    jo_open(out, '[');
    for (size_t i = 0; i < why->count; i++) {
        const struct clock_day *day = &why->days[i];
        jo_open(out, '{');
        jo_day(out, "date", day->day);
        jo_bool(out, "counted", day->counted_due);
        jo_bool(out, "counted_overdue", day->counted_overdue);
        jo_text(out, "why", day->why);
        if (day->holiday != NULL)
            jo_text(out, "holiday", day->holiday->title.in[request->lang]);
        if (day->expected)
            jo_bool(out, "expected", true);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}
