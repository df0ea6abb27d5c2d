/* From bytes of a file to a batch: a window of the file moves along, and rows found in it are looked at as far as that
 * can be done outside of the writer's turn. */
#include "cases/record.h"
#include "persons/importer_parts.h"
#include <stdlib.h>
#include <string.h>

#define REFUSALS_FULL (BATCH_REFUSALS - 4 * IMPORT_COLUMNS) /* a batch of bad rows ends here */
#define BATCH_ARENA_FULL ((size_t)4 * 1024 * 1024)          /* no further row once so much is used */
#define TEXTS_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define REGISTERS_USEC USEC_PER_SEC

/* --- The window --------------------------------------------------------------------------------------------------- */

static int window_fill(struct importer *importer, struct err *err)
{
    size_t count = 0;
    memmove(importer->window, importer->window + importer->begin, importer->end - importer->begin);
    importer->end -= importer->begin;
    importer->begin = 0;
    int64_t next = importer->at + (int64_t)importer->end;
    size_t room = WINDOW_BYTES - importer->end;
    int r = importer->source->read(importer->source->arg, next, importer->window + importer->end, room, &count, err);
    if (r < 0)
        return r;
    importer->end += count;
    importer->file_ends = count < room || next + (int64_t)count == importer->row.size_bytes;
    if (importer->file_ends && next + (int64_t)count != importer->row.size_bytes)
        return err_set(err, ERR_CONFLICT, "import_file_changed", NULL);
    return 0;
}

static void window_take(struct importer *importer, size_t used, size_t lines)
{
    importer->begin += used;
    importer->at += (int64_t)used;
    importer->line += (int64_t)lines;
}

/* A row whose end is not within IMPORT_ROW_BYTES_MAX: to the end of the line it begins on. */
static int skip_line(struct importer *importer, struct err *err)
{
    for (;;) {
        size_t count = importer->end - importer->begin;
        const char *end = memchr(importer->window + importer->begin, '\n', count);
        if (end != NULL) {
            window_take(importer, (size_t)(end - (importer->window + importer->begin)) + 1, 1);
            return 0;
        }
        window_take(importer, count, 0);
        if (importer->file_ends)
            return 0;
        int r = window_fill(importer, err);
        if (r < 0)
            return r;
    }
}

/* A line as a record of one cell. */
static enum csv_got line_read(char *bytes, size_t count, bool last, struct csv_record *ret)
{
    if (count == 0)
        return last ? CSV_END : CSV_MORE;
    char *end = memchr(bytes, '\n', count);
    if (end == NULL && !last)
        return CSV_MORE;
    size_t length = end == NULL ? count : (size_t)(end - bytes);
    ret->used = end == NULL ? count : length + 1;
    ret->lines = end != NULL;
    ret->count = 1;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    bytes[length] = '\0';
    ret->cells[0] = (struct csv_cell){bytes, length};
    return CSV_RECORD;
}

/* --- What is known to rows ---------------------------------------------------------------------------------------- */

void import_texts_forget(struct importer *importer)
{
    for (size_t i = 0; i < TEXTS; i++) {
        free(importer->texts[i].lang);
        free(importer->texts[i].version);
        free(importer->texts[i].text);
        importer->texts[i] = (struct known_text){0};
    }
    importer->text_bytes = 0;
}

static bool text_fits(const struct known_text *known, const struct hash *hash, const char *lang, const char *version)
{
    return known->text != NULL && memcmp(&known->hash, hash, sizeof *hash) == 0 &&
           (lang == NULL || strcmp(lang, known->lang) == 0) &&
           (version == NULL || strcmp(version, known->version) == 0);
}

static int text_keep(struct importer *importer, const struct hash *hash, const char *lang, const char *version,
                     const char *text, struct err *err)
{
    if (importer->text_bytes > TEXTS_BYTES_MAX)
        import_texts_forget(importer);
    struct known_text *place = &importer->texts[importer->text_next++ % TEXTS];
    struct known_text made = {.hash = *hash, .lang = strdup(lang), .version = strdup(version), .text = strdup(text)};
    free(place->lang);
    free(place->version);
    free(place->text);
    *place = made;
    importer->text_bytes += strlen(text);
    if (made.lang == NULL || made.version == NULL || made.text == NULL) {
        import_texts_forget(importer);
        return err_memory(err);
    }
    return 0;
}

/* Among those that this file named lately, else in the store. */
static int text_find(void *arg, const struct hash *hash, const char *lang, const char *version,
                     struct consent_text *ret, bool *ret_found, struct err *err)
{
    struct importer *importer = arg;
    for (size_t i = 0; i < TEXTS; i++) {
        const struct known_text *known = &importer->texts[i];
        if (!text_fits(known, hash, lang, version))
            continue;
        *ret =
            (struct consent_text){.hash = *hash, .lang = known->lang, .version = known->version, .text = known->text};
        *ret_found = true;
        return 0;
    }
    CLEANUP_READ struct tx *tx = NULL;
    CLEANUP_ARENA struct arena arena;
    const char *text, *its_lang, *its_version;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    int r = store_read_begin(importer->office->store, &tx, err);
    if (r == 0)
        r = store_import_text(tx, hash, lang, version, &arena, &text, &its_lang, &its_version, err);
    if (r < 0)
        return r;
    *ret_found = text != NULL;
    if (text == NULL)
        return 0;
    r = text_keep(importer, hash, its_lang, its_version, text, err);
    return r < 0 ? r : text_find(arg, hash, its_lang, its_version, ret, ret_found, err);
}

/* A text that stands whole in a row is known to the rows after it. */
static int text_note(struct importer *importer, const struct consent_given *given, struct err *err)
{
    if (given->text == NULL || given->text_lang == NULL || given->text_version == NULL)
        return 0;
    struct hash hash = sha256_of(given->text, strlen(given->text), NULL, 0, NULL, 0);
    for (size_t i = 0; i < TEXTS; i++)
        if (text_fits(&importer->texts[i], &hash, given->text_lang, given->text_version))
            return 0;
    return text_keep(importer, &hash, given->text_lang, given->text_version, given->text, err);
}

/* The registers change seldom: looked at once a second. */
static int registers_read(struct importer *importer, int64_t now_usec, struct err *err)
{
    int64_t age_usec = now_usec - importer->registers_usec;
    if (importer->kept != NULL && age_usec >= 0 && age_usec < REGISTERS_USEC)
        return 0;
    CLEANUP_READ struct tx *tx = NULL;
    struct kept *kept = NULL;
    int r = store_read_begin(importer->office->store, &tx, err);
    if (r == 0)
        r = kept_load(tx, importer->office, &kept, err);
    if (r < 0)
        return r;
    kept_unref(importer->kept);
    importer->kept = kept;
    arena_reset(&importer->registers);
    importer->registers_usec = now_usec;
    return organisation_get(tx, &importer->registers, &importer->organisation, err);
}

/* --- Gathering ---------------------------------------------------------------------------------------------------- */

/* Only what a number says goes with a code: other arguments may be what stood in the row. */
static const char *arg_kept(const struct field_error *error)
{
    static const char *const numbers[] = {"too_long", "too_short", "too_many", "out_of_range", "csv_cells"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(error->code, numbers[i]) == 0)
            return error->arg;
    return "";
}

/* Fields of a consent as the API calls them, by the names of columns. */
static const char *field_kept(const char *field)
{
    static const char *const others[][2] = {{"person", "person_id"},        {"person.id", "person_id"},
                                            {"operator", "operator_name"},  {"text.text", "text"},
                                            {"text.lang", "text_language"}, {"text.version", "text_version"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(field, others[i][0]) == 0)
            return others[i][1];
    return strncmp(field, "person.", 7) == 0 ? field + 7 : field;
}

static void refuse(struct batch *batch, int64_t line, const char *field, const char *code, const char *arg)
{
    if (batch->refusal_count < BATCH_REFUSALS)
        batch->refusals[batch->refusal_count++] = (struct refusal){line, field, code, arg};
}

static void refuse_all(struct batch *batch, int64_t line, const struct field_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++)
        refuse(batch, line, field_kept(errors->items[i].field), errors->items[i].code, arg_kept(&errors->items[i]));
    batch->refused_rows++;
}

static bool is_blank(const struct csv_record *record)
{
    return record->count == 1 && record->cells[0].text[strspn(record->cells[0].text, " \t\r")] == '\0';
}

static int row_gather(struct importer *importer, struct batch *batch, int64_t line, struct err *err)
{
    const struct import_context context = {.zone = &importer->office->catalogue->calendar->zone,
                                           .texts = {.find = text_find, .arg = importer}};
    const struct csv_record *record = &importer->record;
    const struct consent_prepared *prepared;
    struct consent_given given;
    struct field_errors errors;
    bool refused = false;
    field_errors_init(&errors, &batch->arena);
    int r = importer->json
                ? import_line_read(record->cells[0].text, record->cells[0].count, &context, &batch->arena, &given,
                                   &refused, &errors, err)
                : import_row_read(&importer->head, record, &context, &batch->arena, &given, &refused, &errors, err);
    if (r == 0 && !refused) {
        r = consent_prepare(importer->office, importer->kept, &importer->organisation, &given, batch->now_usec,
                            &batch->arena, &prepared, &errors, err);
        refused = r == -ERR_BAD_INPUT;
        if (refused && errors.count == 0)
            field_errors_add(&errors, "", err->code, NULL);
        r = refused ? 0 : r;
    }
    if (r == 0 && refused)
        refuse_all(batch, line, &errors);
    if (r < 0 || refused)
        return r;
    batch->rows[batch->row_count++] = (struct batch_row){line, prepared, NULL};
    return text_note(importer, &given, err);
}

/* A row for which the batch's memory does not do is refused as too long, and the batch ends with it. */
static int record_gather(struct importer *importer, struct batch *batch, bool *ret_full, struct err *err)
{
    int64_t line = importer->line;
    int r = is_blank(&importer->record) ? 0 : row_gather(importer, batch, line, err);
    if (r == -ERR_MEMORY && batch->arena.overflowed) {
        refuse(batch, line, "", "row_too_long", "");
        batch->refused_rows++;
        r = 0;
    }
    if (r == 0)
        window_take(importer, importer->record.used, importer->record.lines);
    *ret_full = batch->row_count == BATCH_ROWS || batch->refusal_count >= REFUSALS_FULL || batch->arena.overflowed ||
                batch->arena.used_bytes > BATCH_ARENA_FULL;
    return r;
}

/* One record of the window, whatever it is. *ret_full: the batch ends here. */
static int gather_one(struct importer *importer, struct batch *batch, bool *ret_full, struct err *err)
{
    char *bytes = importer->window + importer->begin;
    size_t count = importer->end - importer->begin;
    enum csv_got got = importer->json
                           ? line_read(bytes, count, importer->file_ends, &importer->record)
                           : csv_read(bytes, count, importer->file_ends, importer->head.separator, &importer->record);
    int64_t line = importer->line;
    int r = 0;
    switch (got) {
    case CSV_RECORD:
        return record_gather(importer, batch, ret_full, err);
    case CSV_BAD:
        refuse(batch, line, "", importer->record.code, "");
        batch->refused_rows++;
        window_take(importer, importer->record.used, importer->record.lines);
        break;
    case CSV_MORE:
        if (count < IMPORT_ROW_BYTES_MAX) {
            r = window_fill(importer, err);
            break;
        }
        refuse(batch, line, "", "row_too_long", "");
        batch->refused_rows++;
        r = skip_line(importer, err);
        break;
    case CSV_END:
        batch->last = true;
        break;
    }
    *ret_full = batch->last || batch->refusal_count >= REFUSALS_FULL;
    return r;
}

int import_gather(struct importer *importer, struct batch *batch, int64_t now_usec, struct err *err)
{
    bool full = false;
    arena_reset(&batch->arena);
    batch->row_count = batch->refusal_count = batch->refused_rows = 0;
    batch->from = importer->at;
    batch->now_usec = now_usec;
    batch->last = false;
    int r = registers_read(importer, now_usec, err);
    while (r == 0 && !full)
        r = gather_one(importer, batch, &full, err);
    batch->to = importer->at;
    batch->to_line = importer->line;
    return r;
}
