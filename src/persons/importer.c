/* Reading a file in. A window of the file moves along; rows found in it are looked at and gathered into a batch, and
 * while the batch is being written the next one is gathered: two batches take turns. */
#include "cases/record.h"
#include "persons/import.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_ROWS 256 /* that are to be taken */
#define BATCH_REFUSALS 2048
#define REFUSALS_FULL (BATCH_REFUSALS - 4 * IMPORT_COLUMNS) /* a batch of bad rows ends here */
#define BATCH_ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define BATCH_ARENA_FULL ((size_t)4 * 1024 * 1024) /* no further row once so much is used */
#define WINDOW_BYTES (2 * IMPORT_ROW_BYTES_MAX)
#define TEXTS 64
#define TEXTS_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define REGISTERS_USEC USEC_PER_SEC

/* One refusal of a row. */
struct refusal {
    int64_t line;
    const char *field, *code, *arg;
};

struct batch_row {
    int64_t line;
    const struct consent_prepared *prepared;
    const char *refused; /* the code with which the store said no in an earlier run of the batch */
};

struct batch {
    struct importer *importer;
    struct store_command command;
    struct arena arena;
    int64_t from, to, to_line, now_usec;
    bool last;
    size_t row_count, refusal_count, refused_rows;
    struct batch_row rows[BATCH_ROWS];
    struct refusal refusals[BATCH_REFUSALS + BATCH_ROWS];
    /* What the command found. */
    size_t late_refusals; /* of the refusals, those that came in the command */
    struct arena late;    /* what they point at */
    struct import_row after;
    bool stopped;
    bool again;              /* it was undone for a row that is refused by now */
    struct err err;          /* kind ERR_NONE when it was written */
    bool in_flight, written; /* guarded by the importer's lock */
};

struct known_text {
    struct hash hash;
    char *lang, *version, *text;
};

struct importer {
    const struct office *office;
    const struct import_source *source;
    char id[ID_TEXT];
    struct import_head head;
    bool json;
    struct arena own; /* the row's texts */
    struct import_row row;
    struct actor actor;

    char *window; /* WINDOW_BYTES + 1 */
    size_t begin, end;
    int64_t at, line; /* of the window's first unread byte */
    bool file_ends;   /* nothing follows the window */
    struct csv_record record;

    struct kept *kept;
    struct arena registers;
    struct organisation organisation;
    int64_t registers_usec;
    struct known_text texts[TEXTS];
    size_t text_next, text_bytes;

    pthread_mutex_t lock;
    pthread_cond_t done;
    struct batch *batches[2];
    int turn;      /* which one is written next */
    bool gathered; /* and it is ready */
};

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

static void texts_forget(struct importer *importer)
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
        texts_forget(importer);
    struct known_text *place = &importer->texts[importer->text_next++ % TEXTS];
    struct known_text made = {.hash = *hash, .lang = strdup(lang), .version = strdup(version), .text = strdup(text)};
    free(place->lang);
    free(place->version);
    free(place->text);
    *place = made;
    importer->text_bytes += strlen(text);
    if (made.lang == NULL || made.version == NULL || made.text == NULL) {
        texts_forget(importer);
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

static int gather(struct importer *importer, struct batch *batch, int64_t now_usec, struct err *err)
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

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static bool is_refusal(int r)
{
    return r == -ERR_BAD_INPUT || r == -ERR_CONFLICT || r == -ERR_NOT_FOUND || r == -ERR_FORBIDDEN;
}

static void refuse_late(struct batch *batch, const struct batch_row *row, const char *code)
{
    batch->refusals[batch->refusal_count + batch->late_refusals++] = (struct refusal){row->line, "", code, ""};
}

/* Names that lead to different people are seen before anything of a row is written. Of any other refusal nobody knows
 * what it left behind: the batch is undone, and run again without that row. */
static int rows_take(struct tx *tx, struct batch *batch, struct import_row *row, struct err *err)
{
    const struct importer *importer = batch->importer;
    char subject_id[ID_TEXT];
    int64_t leaf;
    for (size_t i = 0; i < batch->row_count; i++) {
        struct batch_row *item = &batch->rows[i];
        struct err why;
        if (item->refused != NULL) {
            refuse_late(batch, item, item->refused);
            continue;
        }
        int r = consent_give(tx, importer->office, item->prepared, &importer->actor, batch->now_usec, &leaf, subject_id,
                             &why);
        if (r == 0) {
            row->taken++;
        } else if (r == -ERR_CONFLICT && strcmp(why.code, "person_names_differ") == 0) {
            refuse_late(batch, item, why.code);
        } else {
            item->refused = is_refusal(r) ? why.code : NULL;
            batch->again = is_refusal(r);
            *err = why;
            return r;
        }
    }
    row->refused += (int64_t)batch->late_refusals;
    return 0;
}

static int refusals_keep(struct tx *tx, const struct batch *batch, struct import_row *row, struct err *err)
{
    size_t count = batch->refusal_count + batch->late_refusals;
    for (size_t i = 0; i < count && row->kept < IMPORT_REFUSALS_KEPT; i++) {
        const struct refusal *refusal = &batch->refusals[i];
        const struct import_refusal_row line = {refusal->line, refusal->field, refusal->code, refusal->arg};
        bool is_new = false;
        int r = store_import_refusal_put(tx, row->id, &line, &is_new, err);
        if (r < 0)
            return r;
        row->kept += is_new;
    }
    return 0;
}

/* Is the file still where this batch begins, and to be read on? */
static int place_check(const struct import_row *row, struct batch *batch, struct err *err)
{
    batch->stopped = strcmp(row->state, "running") != 0;
    if (batch->stopped)
        return 0;
    return row->position_bytes == batch->from ? 0 : err_set(err, ERR_CONFLICT, "import_moved", NULL);
}

static int batch_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct batch *batch = command->arg;
    const struct importer *importer = batch->importer;
    struct import_row row;
    arena_reset(&batch->late);
    batch->late_refusals = 0;
    batch->again = false;
    int r = store_import_get(tx, importer->id, &batch->late, &row, err);
    if (r == 0)
        r = place_check(&row, batch, err);
    if (r == 0 && !batch->stopped) {
        row.position_bytes = batch->to;
        row.line = batch->to_line;
        row.changed_usec = batch->now_usec;
        row.refused += (int64_t)batch->refused_rows;
        r = rows_take(tx, batch, &row, err);
        if (r == 0)
            r = refusals_keep(tx, batch, &row, err);
        if (r == 0 && batch->last) {
            row.state = "done";
            row.kept_in_store = false;
            row.parts = 0;
            r = store_import_parts_delete(tx, row.id, err);
            if (r == 0)
                r = import_tell_end(tx, &row, &importer->actor, batch->now_usec, err);
        }
        if (r == 0)
            r = store_import_update(tx, &row, err);
    }
    if (r == 0)
        batch->after = row;
    return r;
}

static void batch_done(struct store_command *command, const struct err *err)
{
    struct batch *batch = command->arg;
    struct importer *importer = batch->importer;
    pthread_mutex_lock(&importer->lock);
    batch->err = err != NULL ? *err : (struct err){0};
    batch->written = true;
    pthread_cond_broadcast(&importer->done);
    pthread_mutex_unlock(&importer->lock);
}

static int batch_submit(struct importer *importer, struct batch *batch, struct err *err)
{
    batch->command = (struct store_command){.run = batch_run, .done = batch_done, .arg = batch};
    batch->written = false;
    int r = store_submit(importer->office->store, &batch->command, err);
    batch->in_flight = r == 0;
    return r;
}

static void batch_await(struct importer *importer, struct batch *batch)
{
    pthread_mutex_lock(&importer->lock);
    while (!batch->written)
        pthread_cond_wait(&importer->done, &importer->lock);
    pthread_mutex_unlock(&importer->lock);
    batch->in_flight = false;
}

static int row_copy(struct importer *importer, const struct import_row *from, struct err *err)
{
    struct import_row row = *from;
    /* `from` may point into the arena that is emptied. */
    char *name = strdup(from->name), *format = strdup(from->format), *state = strdup(from->state);
    char *account = from->account_id == NULL ? NULL : strdup(from->account_id);
    bool whole = name != NULL && format != NULL && state != NULL && (account != NULL || from->account_id == NULL);
    arena_reset(&importer->own);
    row.id = importer->id;
    row.name = whole ? arena_strdup(&importer->own, name) : NULL;
    row.format = whole ? arena_strdup(&importer->own, format) : NULL;
    row.state = whole ? arena_strdup(&importer->own, state) : NULL;
    row.account_id = whole ? arena_strdup(&importer->own, account) : NULL;
    free(name);
    free(format);
    free(state);
    free(account);
    if (!whole || importer->own.overflowed)
        return err_memory(err);
    importer->row = row;
    return 0;
}

/* Waits until the batch is written; *ret_stopped when the file is not to be read on. */
static int batch_wait(struct importer *importer, struct batch *batch, bool *ret_stopped, struct err *err)
{
    *ret_stopped = false;
    if (!batch->in_flight)
        return 0;
    batch_await(importer, batch);
    while (batch->err.kind != ERR_NONE && batch->again) {
        int r = batch_submit(importer, batch, err);
        if (r < 0)
            return r;
        batch_await(importer, batch);
    }
    if (batch->err.kind != ERR_NONE) {
        if (err != NULL)
            *err = batch->err;
        return -(int)batch->err.kind;
    }
    *ret_stopped = batch->stopped;
    return row_copy(importer, &batch->after, err);
}

/* --- The importer ------------------------------------------------------------------------------------------------- */

/* Where the store says that the file stands. */
static int place_read(struct importer *importer, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    CLEANUP_ARENA struct arena arena;
    struct import_row row;
    arena_init(&arena, 64 * 1024);
    int r = store_read_begin(importer->office->store, &tx, err);
    if (r == 0)
        r = import_get(tx, importer->id, &arena, &row, err);
    if (r == 0)
        r = row_copy(importer, &row, err);
    if (r < 0)
        return r;
    importer->begin = importer->end = 0;
    importer->file_ends = false;
    importer->at = importer->row.position_bytes;
    importer->line = importer->row.line;
    return 0;
}

static int head_again(struct importer *importer, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct field_errors errors;
    const char *format;
    int64_t at, line;
    arena_init(&arena, 256 * 1024);
    field_errors_init(&errors, &arena);
    int r = import_head_of(importer->source, &importer->head, &format, &at, &line, &errors, err);
    if (r < 0)
        return r;
    importer->json = strcmp(format, "jsonld") == 0;
    return 0;
}

static struct batch *batch_new(struct importer *importer)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return NULL;
    batch->importer = importer;
    arena_init(&batch->arena, BATCH_ARENA_BYTES);
    arena_init(&batch->late, 256 * 1024);
    return batch;
}

int importer_new(const struct office *office, const char *id, const struct import_source *source, struct importer **ret,
                 struct err *err)
{
    struct importer *importer = calloc(1, sizeof *importer);
    if (importer == NULL)
        return err_memory(err);
    importer->office = office;
    importer->source = source;
    snprintf(importer->id, sizeof importer->id, "%s", id);
    arena_init(&importer->own, 64 * 1024);
    arena_init(&importer->registers, 1024 * 1024);
    pthread_mutex_init(&importer->lock, NULL);
    pthread_cond_init(&importer->done, NULL);
    importer->window = malloc(WINDOW_BYTES + 1);
    importer->batches[0] = batch_new(importer);
    importer->batches[1] = batch_new(importer);
    int r =
        importer->window == NULL || importer->batches[0] == NULL || importer->batches[1] == NULL ? err_memory(err) : 0;
    if (r == 0)
        r = place_read(importer, err);
    if (r == 0)
        r = head_again(importer, err);
    if (r < 0) {
        importer_free(importer);
        return r;
    }
    importer->actor = system_actor();
    if (importer->row.account_id != NULL) {
        importer->actor.kind = ACTOR_ACCOUNT;
        snprintf(importer->actor.account_id, sizeof importer->actor.account_id, "%s", importer->row.account_id);
    }
    *ret = importer;
    return 0;
}

/* After a batch that was not written: what was gathered behind it is given up. */
static int begin_anew(struct importer *importer, int r, struct err *err)
{
    struct err other;
    bool moved = r == -ERR_CONFLICT && strcmp(err->code, "import_moved") == 0;
    int again = place_read(importer, moved ? err : &other);
    return moved ? again : r;
}

/* Between two calls nothing is being written: whoever waits for the store, another process too, has its turn. */
int importer_step(struct importer *importer, int64_t now_usec, bool *ret_more, struct err *err)
{
    struct batch *batch = importer->batches[importer->turn], *next = importer->batches[1 - importer->turn];
    struct err why = {0};
    bool stopped = false;
    int gathered = 0;
    if (strcmp(importer->row.state, "running") != 0) {
        *ret_more = false;
        return 0;
    }
    int r = importer->gathered ? 0 : gather(importer, batch, now_usec, err);
    importer->gathered = false;
    batch->now_usec = now_usec;
    if (r == 0)
        r = batch_submit(importer, batch, err);
    if (r == 0) {
        gathered = batch->last ? 0 : gather(importer, next, now_usec, &why);
        r = batch_wait(importer, batch, &stopped, err);
    }
    if (r == 0 && gathered < 0) {
        r = gathered;
        *err = why;
    }
    if (r < 0) {
        r = begin_anew(importer, r, err);
        *ret_more = r == 0;
        return r;
    }
    importer->gathered = !batch->last;
    importer->turn = 1 - importer->turn;
    *ret_more = !batch->last && !stopped;
    return 0;
}

void importer_row(const struct importer *importer, struct import_row *ret)
{
    *ret = importer->row;
}

void importer_free(struct importer *importer)
{
    struct err err;
    bool stopped;
    if (importer == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        struct batch *batch = importer->batches[i];
        if (batch == NULL)
            continue;
        (void)!batch_wait(importer, batch, &stopped, &err);
        arena_done(&batch->arena);
        arena_done(&batch->late);
        free(batch);
    }
    texts_forget(importer);
    kept_unref(importer->kept);
    arena_done(&importer->registers);
    arena_done(&importer->own);
    free(importer->window);
    pthread_cond_destroy(&importer->done);
    pthread_mutex_destroy(&importer->lock);
    free(importer);
}
