/* A whole form against its fields. Every refusal is collected, so that a person sees all of them at once; nothing is
 * returned unless everything is acceptable. */
#include "law/field.h"
#include "base/unicode.h"
#include "law/field_check.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const type_words[] = {"text",         "line",    "choice", "many",  "yes_no", "date", "moment",
                                         "number",       "url",     "email",  "phone", "iin",    "bin",  "person",
                                         "organisation", "country", "case",   "links", "table"};

const char *field_type_word(enum field_type type)
{
    return type_words[type];
}

int field_type_parse(const char *word)
{
    for (size_t i = 0; i < sizeof(type_words) / sizeof(type_words[0]); i++) {
        if (strcmp(type_words[i], word) == 0)
            return (int)i;
    }
    return -1;
}

const struct field_option *field_option_find(const struct field *field, const char *id)
{
    for (size_t i = 0; i < field->option_count; i++) {
        if (strcmp(field->options[i].id, id) == 0)
            return &field->options[i];
    }
    return NULL;
}

struct check {
    const struct field *fields;
    size_t field_count;
    struct field_context context;
    struct field_value *values;
    bool *given, *refused; /* by field: something came in; something was wrong with it */
    struct field_errors *errors;
};

static void refuse(struct check *check, size_t index, const struct field_verdict *verdict)
{
    check->refused[index] = true;
    field_errors_add(check->errors, check->fields[index].name, verdict->code, "%s", verdict->arg);
}

static void refuse_as(struct check *check, size_t index, const char *code)
{
    refuse(check, index, &(struct field_verdict){.code = code});
}

static void refuse_too_many(struct check *check, size_t index, int64_t most)
{
    struct field_verdict verdict = {.code = "too_many"};
    snprintf(verdict.arg, sizeof(verdict.arg), "%lld", (long long)most);
    refuse(check, index, &verdict);
}

bool field_takes_list(const struct field *field)
{
    return field->type == FIELD_MANY || field->type == FIELD_LINKS || field->type == FIELD_TABLE;
}

const char *field_cell(const char *row, size_t column, size_t *ret_length)
{
    for (; column > 0 && *row; column--) {
        row += strcspn(row, "\t");
        row += *row == '\t';
    }
    *ret_length = strcspn(row, "\t");
    return row;
}

/* JSON says what kind a value is, and it must be the field's; a form knows only texts. */
static bool kind_fits(const struct field *field, const struct raw_value *raw)
{
    if (raw->kind == RAW_FORM)
        return raw->count <= 1 || field_takes_list(field);
    if (field_takes_list(field))
        return raw->kind == RAW_LIST;
    if (field->type == FIELD_YES_NO)
        return raw->kind == RAW_BOOL && raw->count == 1;
    if (field->type == FIELD_NUMBER)
        return raw->kind == RAW_NUMBER && raw->count == 1;
    return raw->kind == RAW_STRING && raw->count == 1;
}

/* Adds the canonical text, in the order of the options for `many`, and each text once. */
static void value_add(const struct field *field, const char **texts, size_t *count, const char *text)
{
    size_t at = *count;
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(texts[i], text) == 0)
            return;
    }
    if (field->type == FIELD_MANY) {
        const struct field_option *option = field_option_find(field, text);
        while (at > 0 && field_option_find(field, texts[at - 1]) > option) {
            texts[at] = texts[at - 1];
            at--;
        }
    }
    texts[at] = text;
    (*count)++;
}

/* A form gives links as one text, an address a line. */
static int lines_split(struct arena *arena, const struct raw_value *raw, int64_t most, struct raw_value *ret,
                       struct err *err)
{
    const char **texts = ARENA_ARRAY(arena, const char *, (size_t)most + 2);
    if (!texts)
        return err_memory(err);
    size_t count = 0;
    for (const char *rest = raw->texts[0]; *rest && count < (size_t)most + 2;) {
        size_t length = strcspn(rest, "\r\n");
        if (length > 0) {
            texts[count] = arena_strndup(arena, rest, length);
            if (!texts[count++])
                return err_memory(err);
        }
        rest += length + strspn(rest + length, "\r\n");
    }
    *ret = *raw;
    ret->count = count;
    ret->texts = texts;
    return 0;
}

static int value_check(struct check *check, size_t index, const struct raw_value *raw, struct err *err)
{
    const struct field *field = &check->fields[index];
    if (!kind_fits(field, raw)) {
        refuse_as(check, index, "wrong_type");
        return 0;
    }
    int64_t most = !field_takes_list(field)    ? 1
                   : field->type == FIELD_MANY ? (int64_t)field->option_count
                                               : field_max(field);
    struct raw_value lines;
    if (field->type == FIELD_LINKS && raw->kind == RAW_FORM && raw->count == 1) {
        int r = lines_split(check->context.arena, raw, most, &lines, err);
        if (r < 0)
            return r;
        raw = &lines;
    }
    if (raw->count > (size_t)most * 2 + 8) {
        refuse_too_many(check, index, most);
        return 0;
    }
    const char **texts = ARENA_ARRAY(check->context.arena, const char *, raw->count);
    if (!texts)
        return err_memory(err);
    size_t count = 0;
    for (size_t i = 0; i < raw->count; i++) {
        const char *text = text_normalise(check->context.arena, raw->texts[i]);
        if (!text)
            return err_memory(err);
        if (!text[0] && !(raw->kind == RAW_LIST))
            continue; /* left empty */
        struct field_verdict verdict = field_check_text(field, text, &check->context);
        if (verdict.code) {
            refuse(check, index, &verdict);
            return 0;
        }
        if (!verdict.text)
            return err_memory(err);
        value_add(field, texts, &count, verdict.text);
    }
    if (count > (size_t)most) {
        refuse_too_many(check, index, most);
        return 0;
    }
    check->values[index].count = count;
    check->values[index].texts = count ? texts : NULL;
    return 0;
}

static size_t field_index(const struct check *check, const char *name)
{
    size_t index = 0;
    while (index < check->field_count && strcmp(check->fields[index].name, name) != 0)
        index++;
    return index;
}

/* A condition on a field that was itself refused is not met: one mistake should not bring a second complaint. */
static bool condition_met(const struct check *check, const struct field_condition *condition)
{
    size_t index = field_index(check, condition->field);
    assert(index < check->field_count);
    if (check->refused[index])
        return false;
    const struct field_value *value = &check->values[index];
    bool equal = false;
    for (size_t i = 0; i < value->count; i++)
        equal = equal || strcmp(value->texts[i], condition->value) == 0;
    return equal != condition->negated;
}

static bool is_required(const struct check *check, const struct field *field)
{
    if (field->required || field->condition_count == 0)
        return field->required;
    for (size_t i = 0; i < field->condition_count; i++) {
        if (!condition_met(check, &field->conditions[i]))
            return false;
    }
    return true;
}

int fields_validate(const struct field *fields, size_t field_count, const struct raw_value *raw, size_t raw_count,
                    const struct zone *zone, bool (*is_country)(const void *arg, const char *code), const void *arg,
                    struct arena *arena, const struct field_value **ret, struct field_errors *errors, struct err *err)
{
    struct check check = {.fields = fields, .field_count = field_count, .errors = errors};
    check.context = (struct field_context){.zone = zone, .is_country = is_country, .arg = arg, .arena = arena};
    check.values = ARENA_ARRAY(arena, struct field_value, field_count);
    check.given = ARENA_ARRAY(arena, bool, field_count);
    check.refused = ARENA_ARRAY(arena, bool, field_count);
    if (!check.values || !check.given || !check.refused)
        return err_memory(err);
    size_t errors_before = errors->count;
    for (size_t i = 0; i < field_count; i++)
        check.values[i].field = &fields[i];
    for (size_t i = 0; i < raw_count; i++) {
        size_t index = field_index(&check, raw[i].name);
        if (index == field_count || fields[index].by_effect) {
            char name[65];
            size_t cut = strnlen(raw[i].name, sizeof(name) - 1);
            while (cut > 0 && ((unsigned char)raw[i].name[cut] & 0xc0) == 0x80)
                cut--;
            memcpy(name, raw[i].name, cut);
            name[cut] = '\0';
            field_errors_add(errors, name, "unknown_field", "%s", name);
        } else if (check.given[index]) {
            refuse_as(&check, index, "duplicate_field");
        } else {
            check.given[index] = true;
            int r = value_check(&check, index, &raw[i], err);
            if (r < 0)
                return r;
        }
    }
    for (size_t i = 0; i < field_count; i++) {
        if (check.values[i].count == 0 && !check.refused[i] && !fields[i].by_effect && is_required(&check, &fields[i]))
            refuse_as(&check, i, "required");
    }
    if (errors->overflowed)
        return err_memory(err);
    if (errors->count > errors_before)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    *ret = check.values;
    return 0;
}
