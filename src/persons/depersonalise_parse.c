/* What is asked for, as JSON: checked whole, refused by name. */
#include "persons/depersonalise.h"
#include <stdio.h>
#include <string.h>

#define WIDTH_MAX 1000000000
#define K_MAX 10000
#define L_MAX 1000

static const char *const researches[] = {"statistical", "sociological", "scientific", "marketing", NULL};

struct parsing {
    const struct kept *kept;
    const struct kept_entry *purpose;
    struct arena *arena;
    struct depersonalising *request;
    struct field_errors *errors;
};

static bool among(const char *const *words, const char *word)
{
    for (; *words != NULL; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return false;
}

static void check_members(const struct parsing *p, const json_t *object, const char *prefix, const char *const *known)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        char field[96];

        if (among(known, key))
            continue;
        snprintf(field, sizeof(field), "%s%.60s", prefix, key);
        field_errors_add(p->errors, field, "unknown_field", NULL);
    }
}

/* A text member into the arena; NULL (and refused) where it is missing or no text. */
static const char *text_of(const struct parsing *p, const json_t *object, const char *key, const char *field)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_string(value) && json_string_length(value) > 0)
        return arena_strdup(p->arena, json_string_value(value));
    field_errors_add(p->errors, field, value == NULL ? "required" : "wrong_type", NULL);
    return NULL;
}

static int64_t number_of(const struct parsing *p, const json_t *object, const char *key, const char *field,
                         int64_t usual, int64_t from, int64_t until, const char *code)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL)
        return usual;
    if (json_is_integer(value) && json_integer_value(value) >= from && json_integer_value(value) <= until)
        return json_integer_value(value);
    field_errors_add(p->errors, field, code, NULL);
    return usual;
}

static bool of_purpose(const struct parsing *p, const char *category)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json_object_get(p->purpose->json, "categories"), i,
                       item) if (json_is_string(item) && strcmp(json_string_value(item), category) == 0) return true;
    return false;
}

static void check_category(const struct parsing *p, struct coarse_column *column, const char *field)
{
    unsigned kinds;

    column->number = kept_category_number(p->kept, column->category);
    if (column->number < 0) {
        field_errors_add(p->errors, field, "category_unknown", "%s", column->category);
        return;
    }
    kinds = kept_category_kinds(p->kept, column->number);
    if (p->purpose != NULL && !of_purpose(p, column->category))
        field_errors_add(p->errors, field, "category_not_of_purpose", "%s", column->category);
    if (column->how == COARSE_DROP)
        return;
    if ((kinds & (DATA_IDENTIFYING | DATA_BIOMETRIC)) != 0 &&
        !(strcmp(column->category, "address") == 0 && column->how == COARSE_FIRST_PART))
        field_errors_add(p->errors, field, "column_identifies", NULL);
    for (size_t i = 0; i < p->request->column_count; i++)
        if (strcmp(p->request->columns[i].category, column->category) == 0)
            field_errors_add(p->errors, field, "column_twice", NULL);
}

static void parse_column(const struct parsing *p, const json_t *given, size_t at)
{
    static const char *const known[] = {"category", "how", "width", "sensitive", NULL};
    char prefix[40], field[64];
    struct coarse_column column = {.sensitive = json_is_true(json_object_get(given, "sensitive"))};
    const char *how;
    int64_t usual;

    snprintf(prefix, sizeof(prefix), "columns.%zu.", at);
    if (!json_is_object(given)) {
        snprintf(field, sizeof(field), "columns.%zu", at);
        field_errors_add(p->errors, field, "wrong_type", NULL);
        return;
    }
    check_members(p, given, prefix, known);
    snprintf(field, sizeof(field), "%show", prefix);
    how = text_of(p, given, "how", field);
    if (how != NULL && coarse_parse(how) < 0)
        field_errors_add(p->errors, field, "not_an_option", NULL);
    if (how == NULL || coarse_parse(how) < 0)
        return;
    column.how = (enum coarse)coarse_parse(how);
    snprintf(field, sizeof(field), "%scategory", prefix);
    column.category = text_of(p, given, "category", field);
    if (column.category == NULL)
        return;
    check_category(p, &column, field);
    snprintf(field, sizeof(field), "%swidth", prefix);
    usual = column.how == COARSE_AGE_BAND ? 10 : column.how == COARSE_FIRST_LETTERS ? 2 : 0;
    column.width = number_of(p, given, "width", field, usual, 1, WIDTH_MAX, "width_range");
    if (column.how == COARSE_BAND && column.width == 0 && field_errors_find(p->errors, field) == NULL)
        field_errors_add(p->errors, field, "required", NULL);
    snprintf(field, sizeof(field), "%ssensitive", prefix);
    for (size_t i = 0; column.sensitive && i < p->request->column_count; i++)
        if (p->request->columns[i].sensitive)
            field_errors_add(p->errors, field, "sensitive_twice", NULL);
    p->request->columns[p->request->column_count++] = column;
}

static void parse_columns(const struct parsing *p, const json_t *columns)
{
    size_t count = json_array_size(columns), taken = 0;

    if (!json_is_array(columns) || count == 0) {
        field_errors_add(p->errors, "columns", "required", NULL);
        return;
    }
    if (count > COARSE_COLUMNS_MAX) {
        field_errors_add(p->errors, "columns", "too_many", "%d", COARSE_COLUMNS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++)
        parse_column(p, json_array_get(columns, i), i);
    for (size_t i = 0; i < p->request->column_count; i++)
        taken += p->request->columns[i].how != COARSE_DROP;
    if (taken == 0 && p->errors->count == 0)
        field_errors_add(p->errors, "columns", "required", NULL);
}

int depersonalising_parse(const struct kept *kept, const json_t *given, int64_t now_usec, struct arena *arena,
                          struct depersonalising *ret, struct field_errors *errors, struct err *err)
{
    static const char *const known[] = {"purpose", "research", "columns", "k", "l", "small", NULL};
    struct depersonalising request = {.suppress = true};
    struct parsing p = {.kept = kept, .arena = arena, .request = &request, .errors = errors};
    const char *small = json_string_value(json_object_get(given, "small"));
    bool sensitive = false;

    if (!json_is_object(given))
        return err_set(err, ERR_MALFORMED, "json_malformed", "1:1");
    check_members(&p, given, "", known);
    request.purpose = text_of(&p, given, "purpose", "purpose");
    p.purpose = request.purpose != NULL ? kept_at(kept, KEPT_PURPOSE, request.purpose, now_usec) : NULL;
    if (request.purpose != NULL && p.purpose == NULL)
        field_errors_add(errors, "purpose", "purpose_unknown", "%s", request.purpose);
    request.research = text_of(&p, given, "research", "research");
    if (request.research != NULL && !among(researches, request.research))
        field_errors_add(errors, "research", "not_an_option", NULL);
    parse_columns(&p, json_object_get(given, "columns"));
    for (size_t i = 0; i < request.column_count; i++)
        sensitive = sensitive || (request.columns[i].sensitive && request.columns[i].how != COARSE_DROP);
    request.k = number_of(&p, given, "k", "k", 5, 2, K_MAX, "k_range");
    request.l = number_of(&p, given, "l", "l", sensitive ? 2 : 1, 1, L_MAX, "l_range");
    if (request.l > 1 && !sensitive)
        field_errors_add(errors, "l", "sensitive_missing", NULL);
    if (json_object_get(given, "small") != NULL) {
        request.suppress = small != NULL && strcmp(small, "suppress") == 0;
        if (!request.suppress && (small == NULL || strcmp(small, "refuse") != 0))
            field_errors_add(errors, "small", "not_an_option", NULL);
    }
    if (errors->overflowed || arena->overflowed)
        return err_memory(err);
    if (errors->count > 0)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    *ret = request;
    return 0;
}
