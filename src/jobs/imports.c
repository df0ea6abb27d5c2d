/* Reading in, batch by batch. What is kept between two batches is only how far it is remembered here; after a failure
 * it is thrown away, and the next pass begins where the store says. */
#include "jobs/imports.h"
#include <time.h>

#define PAUSE_NSEC 10000000

void imports_end(struct import_work *work)
{
    importer_free(work->importer);
    import_parts_free(work->parts);
    *work = (struct import_work){0};
}

/* The oldest file that runs, if there is one. */
static int begin(const struct office *office, struct import_work *work, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct import_row row;
    struct arena arena;
    const char *id = NULL;
    int r;

    arena_init(&arena, 64 << 10);
    r = store_read_begin(office->store, &tx, err);
    if (r == 0)
        r = store_import_next(tx, &arena, &id, err);
    if (r == 0 && id)
        r = store_import_get(tx, id, &arena, &row, err);
    store_read_end(tx);
    tx = NULL;
    if (r == 0 && id)
        r = import_parts_new(office, &row, &work->parts, err);
    if (r == 0 && id) {
        work->source = import_parts_source(work->parts);
        r = importer_new(office, id, &work->source, &work->importer, err);
    }
    arena_done(&arena);
    if (r < 0)
        imports_end(work);
    return r;
}

int imports_pass(const struct jobs_settings *settings, struct import_work *work, int64_t now_usec, size_t *ret_handled,
                 struct err *err)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NSEC};
    struct store_figures before, after;
    bool more = false;
    int r = work->importer ? 0 : begin(settings->office, work, err);

    if (r < 0)
        return r;
    *ret_handled = work->importer != NULL;
    if (!work->importer)
        return 0;
    store_figures(settings->office->store, &before);
    r = importer_step(work->importer, now_usec, &more, err);
    store_figures(settings->office->store, &after);
    if (r < 0 || !more)
        imports_end(work);
    else if (after.commands - before.commands > 1)
        nanosleep(&pause, NULL);
    return r;
}
