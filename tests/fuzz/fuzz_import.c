/* Any bytes as a file of consents: the first line its head, the rest rows, read through windows that end anywhere; and
 * each line as JSON-LD. Whatever is taken has only valid texts; whatever is refused says why. */
#include "base/unicode.h"
#include "persons/import_row.h"
#include <stdlib.h>
#include <string.h>

static struct zone zone;

static int find(void *arg, const struct hash *hash, const char *lang, const char *version, struct consent_text *ret,
                bool *ret_found, struct err *err)
{
    /* Some are known. */
    *ret_found = (hash->bytes[0] & 1) != 0;
    *ret = (struct consent_text){.hash = *hash, .lang = "kk", .version = "1", .text = "text"};
    return 0;
}

static void right(const char *text)
{
    if (text != NULL && !utf8_valid(text, strlen(text)))
        abort();
}

static void look_at(int r, bool refused, const struct consent_given *given, const struct field_errors *errors)
{
    if (r < 0 || refused) {
        if (refused && errors->count == 0)
            abort();
        return;
    }
    right(given->person.id);
    right(given->person.full_name);
    right(given->text);
    right(given->purpose);
    if (given->person.id != NULL && !person_id_valid(given->person.id))
        abort();
    for (size_t i = 0; i < given->category_count; i++)
        right(given->categories[i]);
}

static enum csv_got next(const char *bytes, size_t count, char separator, char **ret_window, struct csv_record *record)
{
    for (size_t length = count < 16 ? count : 16;; length = length * 2 < count ? length * 2 : count) {
        char *window = malloc(length + 1);
        if (window == NULL)
            abort();
        memcpy(window, bytes, length);
        enum csv_got got = csv_read(window, length, length == count, separator, record);
        if (got == CSV_MORE && length == count)
            abort();
        if (got != CSV_MORE) {
            if (got != CSV_END && (record->used == 0 || record->used > length))
                abort();
            *ret_window = window;
            return got;
        }
        free(window);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    if (zone.count == 0 && zone_load("Asia/Almaty", &zone, &err) < 0)
        abort();
    const struct import_context context = {.zone = &zone, .texts = {.find = find}};
    const char *bytes = (const char *)data;
    size_t mark = csv_mark(bytes, size);
    char separator = csv_separator(bytes + mark, size - mark);
    struct import_head head = {0};
    bool has_head = false;
    for (size_t at = mark;;) {
        struct csv_record record;
        struct arena arena;
        struct field_errors errors;
        struct consent_given given;
        bool refused = false;
        char *window;
        arena_init(&arena, (size_t)16 << 20);
        field_errors_init(&errors, &arena);
        enum csv_got got = next(bytes + at, size - at, separator, &window, &record);
        if (got == CSV_RECORD && !has_head)
            has_head = import_head_read(&record, separator, &head, &errors, &err) == 0;
        else if (got == CSV_RECORD)
            look_at(import_row_read(&head, &record, &context, &arena, &given, &refused, &errors, &err), refused, &given,
                    &errors);
        if (got == CSV_RECORD || got == CSV_BAD)
            at += record.used;
        free(window);
        arena_done(&arena);
        if (got == CSV_END)
            break;
    }
    struct arena arena;
    struct field_errors errors;
    struct consent_given given;
    bool refused = false;
    arena_init(&arena, (size_t)16 << 20);
    field_errors_init(&errors, &arena);
    look_at(import_line_read(bytes, size, &context, &arena, &given, &refused, &errors, &err), refused, &given, &errors);
    arena_done(&arena);
    return 0;
}
