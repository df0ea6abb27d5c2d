#include "adverts/library_parts.h"

#include "base/time.h"
#include "store/advert_rows.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define CHECKED_MAX 50000
#define ROWS 500                      /* of the store at a time, */
#define ROWS_MANY 4000                /* where many are to come: the more together, the less each costs */
#define ROWS_BYTES ((size_t)16 << 20) /* and so much text */
#define ARENA_BYTES ((size_t)1 << 30)
#define SWEEP_ROWS 10000
#define SAVE_MIN 1000 /* changes that are worth a file */
#define SAVE_USEC (3600 * USEC_PER_SEC)

static int fresh(struct library *library, struct err *err)
{
    if (!vocabulary_init(&library->vocabulary, library->stems))
        return err_memory(err);
    library->all = roaring_bitmap_create();
    library->gone = roaring_bitmap_create();
    return library->all && library->gone && pile_init(&library->adverts, sizeof(struct library_advert))
               ? 0
               : err_memory(err);
}

static void let_go(struct library *library)
{
    vocabulary_done(&library->vocabulary);
    if (library->all)
        roaring_bitmap_free(library->all);
    if (library->gone)
        roaring_bitmap_free(library->gone);
    pile_done(&library->adverts);
    buckets_done(&library->from);
    buckets_done(&library->until);
    buckets_done(&library->last);
    buckets_done(&library->shown);
    free(library->cache.items);
    free(library->cache.ids);
    library->cache = (struct library_cache){0};
    library->all = library->gone = NULL;
    library->leaf = library->leaf_serial = -1;
    library->counted_usec = library->counted_serial = library->swept = -1;
    library->whole = false;
    library->changed = 0;
}

int library_empty(struct library *library, struct err *err)
{
    let_go(library);
    return fresh(library, err);
}

int library_new(const struct office *office, const char *folder, struct library **ret, struct err *err)
{
    struct library *library = calloc(1, sizeof *library);
    pthread_rwlockattr_t attributes;
    int r;

    if (!library)
        return err_memory(err);
    library->office = office;
    library->checked_max = CHECKED_MAX;
    library->leaf = library->leaf_serial = library->counted_usec = library->counted_serial = library->swept = -1;
    /* Who writes holds the lock for a moment and must not wait for a stream of readers. */
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&library->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    pthread_mutex_init(&library->follower, NULL);
    r = stems_new(NULL, &library->stems, err);
    if (r == 0)
        r = fresh(library, err);
    if (r == 0 && folder) {
        size_t room = strlen(folder) + 32;

        library->path = malloc(room);
        if (!library->path)
            r = err_memory(err);
        else
            snprintf(library->path, room, "%s/library.index", folder);
    }
    if (r == 0 && library->path) {
        r = library_load(library, err);
        if (r == -ERR_DAMAGED || r == -ERR_NOT_FOUND) {
            err_clear(err);
            r = 0;
        }
    }
    if (r < 0)
        library_free(library);
    else
        *ret = library;
    return r;
}

void library_free(struct library *library)
{
    if (!library)
        return;
    let_go(library);
    if (library->map)
        munmap(library->map, library->map_bytes);
    stems_free(library->stems);
    pthread_rwlock_destroy(&library->lock);
    pthread_mutex_destroy(&library->follower);
    free(library->path);
    free(library);
}

static const struct library_advert *known(const struct library *library, int64_t serial)
{
    return serial >= 0 && (size_t)serial < library->adverts.count ? pile_at(&library->adverts, (size_t)serial) : NULL;
}

/* What is in the index of rows that come again. */
static int texts_before(struct library *library, struct tx *tx, const struct library_row *rows, size_t count,
                        struct arena *arena, const char ***ret, struct err *err)
{
    const char **before = ARENA_ARRAY(arena, const char *, count);
    int r = 0;

    if (!before)
        return err_memory(err);
    for (size_t i = 0; i < count && r == 0; i++) {
        const struct library_advert *advert = known(library, rows[i].serial);

        if (advert && advert->version != 0 && !rows[i].removed && advert->version != (uint32_t)rows[i].version)
            r = store_library_text(tx, rows[i].serial, advert->version, arena, &before[i], err);
    }
    *ret = before;
    return r;
}

/* One piece; *ret_count 0: nothing new. */
static int follow_changes(struct library *library, struct tx *tx, size_t limit, size_t *ret_count, bool *ret_more,
                          struct err *err)
{
    struct arena arena;
    struct library_row *rows;
    const char **before;
    size_t count = 0;
    int r;

    arena_init(&arena, ARENA_BYTES);
    r = store_library_changed(tx, library->leaf, library->leaf_serial, limit, ROWS_BYTES, &arena, &rows, &count,
                              ret_more, err);
    if (r == 0 && count > 0)
        r = texts_before(library, tx, rows, count, &arena, &before, err);
    if (r == 0 && count > 0)
        r = library_take(library, rows, before, count, &arena, err);
    if (r == 0 && count > 0) {
        library->leaf = rows[count - 1].leaf;
        library->leaf_serial = rows[count - 1].serial;
    }
    arena_done(&arena);
    *ret_count = count;
    return r;
}

/* Figures: those that were counted since, and, going round, all of them: nothing of them is urgent, and moments of
 * several nodes have no one order. */
static int follow_figures(struct library *library, struct tx *tx, struct err *err)
{
    struct arena arena;
    struct library_row *rows;
    size_t count = 0;
    int r;

    arena_init(&arena, ARENA_BYTES);
    r = store_library_counted(tx, library->counted_usec, library->counted_serial, SWEEP_ROWS, &arena, &rows, &count,
                              err);
    if (r == 0 && count > 0) {
        r = library_count(library, rows, count, err);
        library->counted_usec = rows[count - 1].counted_usec;
        library->counted_serial = rows[count - 1].serial;
    }
    if (r == 0)
        r = store_library_sweep(tx, library->swept, SWEEP_ROWS, &arena, &rows, &count, err);
    if (r == 0) {
        r = library_count(library, rows, count, err);
        library->swept = count < SWEEP_ROWS ? -1 : rows[count - 1].serial;
        if (library->swept < 0) {
            int64_t bytes = library_measure(library);

            pthread_rwlock_wrlock(&library->lock);
            library->posting_bytes = bytes;
            pthread_rwlock_unlock(&library->lock);
        }
    }
    arena_done(&arena);
    return r;
}

static int follow_rest(struct library *library, struct tx *tx, bool more, bool figures, int64_t *ret_behind,
                       struct err *err)
{
    int64_t behind = more, last;
    int r = 0;

    if (!more && !library->whole) {
        pthread_rwlock_wrlock(&library->lock);
        library->whole = true;
        pthread_rwlock_unlock(&library->lock);
    }
    if (more) {
        r = store_advert_last(tx, &last, err);
        if (r == 0 && last >= (int64_t)library->adverts.count)
            behind = last - (int64_t)library->adverts.count + 1;
    }
    if (r == 0 && !more && figures)
        r = follow_figures(library, tx, err);
    if (r == 0)
        *ret_behind = behind;
    return r;
}

/* One at a time, for a piece each. While many are to come, or the file is written, nobody waits for it who only wants
 * to be up to date. */
static bool enter(struct library *library, bool *ret_catching)
{
    *ret_catching = __atomic_load_n(&library->catching, __ATOMIC_RELAXED);
    bool busy = *ret_catching || __atomic_load_n(&library->saving, __ATOMIC_RELAXED);
    return (busy ? pthread_mutex_trylock(&library->follower) : pthread_mutex_lock(&library->follower)) == 0;
}

int library_follow(struct library *library, struct tx *tx, size_t most, int64_t *ret_behind, struct err *err)
{
    size_t done = 0, count = 1;
    bool more = true, catching;
    int r = 0;

    while (r == 0 && more && done < most && count > 0) {
        if (!enter(library, &catching)) {
            *ret_behind = 1;
            return 0;
        }
        size_t piece = catching ? ROWS_MANY : ROWS;
        r = follow_changes(library, tx, most - done < piece ? most - done : piece, &count, &more, err);
        done += count;
        __atomic_store_n(&library->catching, more && r == 0, __ATOMIC_RELAXED);
        if (r == 0 && (!more || done >= most))
            r = follow_rest(library, tx, more, most >= LIBRARY_FOLLOW_FIGURES, ret_behind, err);
        pthread_mutex_unlock(&library->follower);
    }
    return r;
}

int library_save(struct library *library, int64_t now_usec, struct err *err)
{
    if (!library->path)
        return 0;
    pthread_mutex_lock(&library->follower);
    if (library->saved_usec == 0)
        library->saved_usec = now_usec;
    bool much =
        library->changed >= SAVE_MIN && library->changed * 20 >= (int64_t)roaring_bitmap_get_cardinality(library->all);
    bool late = library->changed > 0 && now_usec - library->saved_usec >= SAVE_USEC;
    bool due = library->whole && (much || late);
    if (due)
        library->saved_usec = now_usec;
    pthread_mutex_unlock(&library->follower);
    return due ? library_write(library, err) : 0;
}

void library_figures(struct library *library, struct library_figures *ret)
{
    pthread_rwlock_rdlock(&library->lock);
    *ret = (struct library_figures){.adverts = (int64_t)roaring_bitmap_get_cardinality(library->all),
                                    .words = (int64_t)library->vocabulary.words,
                                    .bytes = library->posting_bytes + (int64_t)(vocabulary_bytes(&library->vocabulary) +
                                                                                pile_bytes(&library->adverts)),
                                    .serial = (int64_t)library->adverts.count - 1,
                                    .languages = stems_languages(library->stems),
                                    .preparing = !library->whole};
    pthread_rwlock_unlock(&library->lock);
}
