/* json_tape_read takes exactly what json_parse takes, and finds the same values in it. */
#include "base/json.h"
#include "base/json_tape.h"
#include <stdlib.h>
#include <string.h>

static void check(const struct json_cell *cell, const json_t *value)
{
    int64_t number;
    const struct json_cell *inside = cell + 1;
    bool right = false;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        right = cell->kind == CELL_OBJECT && cell->count == json_object_size(value);
        for (size_t i = 0; right && i < cell->count; i++, inside = json_cell_after(inside)) {
            const json_t *member = json_object_get(value, inside->key);
            if (member == NULL || strlen(inside->key) != inside->key_count ||
                json_cell_member(cell, inside->key) != inside)
                abort();
            check(inside, member);
        }
        break;
    case JSON_ARRAY:
        right = cell->kind == CELL_ARRAY && cell->count == json_array_size(value);
        for (size_t i = 0; right && i < cell->count; i++, inside = json_cell_after(inside))
            check(inside, json_array_get(value, i));
        break;
    case JSON_STRING:
        right = cell->kind == CELL_STRING && cell->count == json_string_length(value) &&
                strcmp(cell->text, json_string_value(value)) == 0;
        break;
    case JSON_INTEGER:
        right = cell->kind == CELL_INT && (!json_cell_int(cell, &number) || number == json_integer_value(value));
        break;
    case JSON_REAL:
        right = cell->kind == CELL_REAL;
        break;
    case JSON_TRUE:
        right = cell->kind == CELL_TRUE;
        break;
    case JSON_FALSE:
        right = cell->kind == CELL_FALSE;
        break;
    case JSON_NULL:
        right = cell->kind == CELL_NULL;
        break;
    }
    if (!right || (cell->kind != CELL_OBJECT && cell->kind != CELL_ARRAY && cell->span != 1) ||
        !json_cell_equal(cell, cell))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_JSON json_t *value = NULL;
    const struct json_cell *cell = NULL;
    struct arena arena;
    struct err err = {0}, theirs = {0};
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    arena_init(&arena, (size_t)64 << 20);
    int r = json_tape_read(text, size, &arena, &cell, &err);
    int wanted = json_parse((const char *)data, size, &value, &theirs);
    if ((r < 0) != (wanted < 0) || (r < 0 && err.kind != ERR_MALFORMED))
        abort();
    if (r == 0)
        check(cell, value);
    arena_done(&arena);
    free(text);
    return 0;
}
