/* Any text in any field: refused with a code, or canonical, and what is canonical stays as it is when given again. */
#include "base/unicode.h"
#include "law/field.h"
#include <stdlib.h>
#include <string.h>

static bool is_country(const void *arg, const char *code)
{
    return strcmp(code, "KZ") == 0;
}

static const struct field_option options[] = {{"red", {{"a", "b", "c"}}}, {"blue", {{"a", "b", "c"}}}};

/* The field's value for the texts; NULL where it was refused. */
static const struct field_value *value_of(const struct field *field, enum raw_kind kind, size_t count,
                                          const char *const *texts, const struct zone *zone, struct arena *arena)
{
    struct raw_value raw = {field->name, kind, count, texts};
    struct field_errors errors;
    struct err err = {0};
    const struct field_value *values = NULL;
    field_errors_init(&errors, arena);
    int result = fields_validate(field, 1, &raw, 1, zone, is_country, NULL, arena, &values, &errors, &err);
    if (result == -ERR_MEMORY)
        return NULL;
    if (result < 0 && (errors.count == 0 || errors.items[0].code == NULL || values != NULL))
        abort();
    return result < 0 ? NULL : &values[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct zone zone;
    struct err err = {0};
    if (zone.count == 0 && zone_load("Asia/Almaty", &zone, &err) < 0)
        abort();
    if (size < 2 || !utf8_valid((const char *)data + 2, size - 2))
        return 0;
    struct arena arena;
    arena_init(&arena, (size_t)8 << 20);
    struct field field = {.name = "it", .type = (enum field_type)(data[0] % (FIELD_LINKS + 1))};
    field.options = options;
    field.option_count = 2;
    field.required = (data[1] & 8) != 0;
    enum raw_kind kind = (enum raw_kind)((data[1] & 7) % (RAW_OTHER + 1));
    const char *text = arena_strndup(&arena, (const char *)data + 2, size - 2);
    const struct field_value *value = value_of(&field, kind, 1, &text, &zone, &arena);
    if (value != NULL && value->count > 0) {
        const struct field_value *again = value_of(&field, kind, value->count, value->texts, &zone, &arena);
        if (again == NULL || again->count != value->count)
            abort();
        for (size_t i = 0; i < value->count; i++) {
            if (!utf8_valid(value->texts[i], strlen(value->texts[i])) || !value->texts[i][0] ||
                strcmp(value->texts[i], again->texts[i]) != 0)
                abort();
        }
    }
    arena_done(&arena);
    return 0;
}
