/* Reading a file in, batch by batch: while one is being written the next one is gathered (importer_gather.c); two take
 * turns. */
#include "cases/record.h"
#include "persons/importer_parts.h"
#include <stdlib.h>
#include <string.h>

#define BATCH_ARENA_BYTES ((size_t)16 * 1024 * 1024)

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
    int r = importer->gathered ? 0 : import_gather(importer, batch, now_usec, err);
    importer->gathered = false;
    batch->now_usec = now_usec;
    if (r == 0)
        r = batch_submit(importer, batch, err);
    if (r == 0) {
        gathered = batch->last ? 0 : import_gather(importer, next, now_usec, &why);
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
    import_texts_forget(importer);
    kept_unref(importer->kept);
    arena_done(&importer->registers);
    arena_done(&importer->own);
    free(importer->window);
    pthread_cond_destroy(&importer->done);
    pthread_mutex_destroy(&importer->lock);
    free(importer);
}
