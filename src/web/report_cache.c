/* Slots under a lock, each with an arena of its own; counting happens outside the lock. */
#include "web/report_cache.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_ARENA_LIMIT ((size_t)16 * 1024 * 1024)
/* A report counted within a day after its year's end may miss events still under way on another node. */
#define SETTLED_USEC USEC_PER_DAY

struct slot {
    const struct report_form *form; /* NULL: empty */
    struct arena arena;
    struct report report;
    int64_t at_usec, used_usec;
    bool counting;
};

struct report_cache {
    pthread_mutex_t lock;
    pthread_cond_t counted;
    struct slot slots[REPORTS_REMEMBERED];
};

int report_cache_new(struct report_cache **ret, struct err *err)
{
    struct report_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return err_memory(err);
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->counted, NULL);
    *ret = cache;
    return 0;
}

void report_cache_free(struct report_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < REPORTS_REMEMBERED; i++)
        if (cache->slots[i].form != NULL)
            arena_done(&cache->slots[i].arena);
    pthread_cond_destroy(&cache->counted);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct slot *slot_find(struct report_cache *cache, const struct report_form *form, int year)
{
    for (size_t i = 0; i < REPORTS_REMEMBERED; i++)
        if (cache->slots[i].form == form && cache->slots[i].report.year == year)
            return &cache->slots[i];
    return NULL;
}

/* An empty slot, else the one not asked for the longest; NULL when all are being counted. */
static struct slot *slot_take(struct report_cache *cache)
{
    struct slot *oldest = NULL;
    for (size_t i = 0; i < REPORTS_REMEMBERED; i++) {
        struct slot *slot = &cache->slots[i];
        if (slot->form == NULL)
            return slot;
        if (!slot->counting && (oldest == NULL || slot->used_usec < oldest->used_usec))
            oldest = slot;
    }
    if (oldest != NULL) {
        arena_done(&oldest->arena);
        oldest->form = NULL;
    }
    return oldest;
}

static bool slot_fresh(const struct slot *slot, int64_t now_usec)
{
    if (slot->at_usec >= slot->report.before_usec + SETTLED_USEC)
        return true;
    return now_usec - slot->at_usec < REPORT_AGE_SEC * USEC_PER_SEC;
}

static int words_copy(const struct report *from, struct arena *arena, struct report *to, struct err *err)
{
    size_t count = from->has_words ? from->form->words.field_count : 0;
    struct case_value *words = ARENA_ARRAY(arena, struct case_value, count);
    if (words == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const char **texts = ARENA_ARRAY(arena, const char *, from->words[i].count);
        if (texts == NULL)
            return err_memory(err);
        for (size_t j = 0; j < from->words[i].count; j++)
            texts[j] = arena_strdup(arena, from->words[i].texts[j]);
        words[i] = from->words[i];
        words[i].texts = texts;
    }
    to->words = words;
    to->words_number = from->has_words ? arena_strdup(arena, from->words_number) : NULL;
    return arena->overflowed ? err_memory(err) : 0;
}

static int report_copy(const struct report *from, struct arena *arena, struct report *ret, struct err *err)
{
    struct report to = *from;
    struct report_cell_figure *figures = ARENA_ARRAY(arena, struct report_cell_figure, from->figure_count);
    if (figures == NULL)
        return err_memory(err);
    for (size_t i = 0; i < from->figure_count; i++) {
        size_t count = from->figures[i].rows * from->figures[i].columns;
        int64_t *cells = ARENA_ARRAY(arena, int64_t, count);
        if (cells == NULL)
            return err_memory(err);
        memcpy(cells, from->figures[i].cells, count * sizeof *cells);
        figures[i] = from->figures[i];
        figures[i].cells = cells;
    }
    to.figures = figures;
    int r = words_copy(from, arena, &to, err);
    if (r == 0)
        *ret = to;
    return r;
}

/* Counts into the slot, which is marked as being counted and so nobody else's. */
static int slot_count(struct report_cache *cache, struct slot *slot, struct tx *tx, const struct office *office,
                      const struct report_form *form, int year, int64_t now_usec, struct err *err)
{
    struct arena arena;
    struct report report;
    arena_init(&arena, SLOT_ARENA_LIMIT);
    int r = report_make(tx, office, form, year, now_usec, &arena, &report, err);
    pthread_mutex_lock(&cache->lock);
    arena_done(&slot->arena);
    slot->counting = false;
    if (r == 0) {
        slot->arena = arena;
        slot->report = report;
        slot->at_usec = now_usec;
    } else {
        arena_done(&arena);
        slot->form = NULL;
    }
    pthread_cond_broadcast(&cache->counted);
    return r; /* under the lock */
}

int report_cache_get(struct report_cache *cache, struct tx *tx, const struct office *office,
                     const struct report_form *form, int year, int64_t now_usec, struct arena *arena,
                     struct report *ret, int64_t *ret_at_usec, struct err *err)
{
    int r = 0;
    pthread_mutex_lock(&cache->lock);
    struct slot *slot = slot_find(cache, form, year);
    while (slot != NULL && slot->counting) {
        pthread_cond_wait(&cache->counted, &cache->lock);
        slot = slot_find(cache, form, year);
    }
    if (slot == NULL || !slot_fresh(slot, now_usec)) {
        if (slot == NULL)
            slot = slot_take(cache);
        if (slot == NULL) {
            r = err_set(err, ERR_UNAVAILABLE, "server_busy", NULL);
        } else {
            if (slot->form == NULL) {
                *slot = (struct slot){.form = form, .report.year = year};
                arena_init(&slot->arena, SLOT_ARENA_LIMIT);
            }
            slot->counting = true;
            pthread_mutex_unlock(&cache->lock);
            r = slot_count(cache, slot, tx, office, form, year, now_usec, err);
        }
    }
    if (r == 0) {
        slot->used_usec = now_usec;
        *ret_at_usec = slot->at_usec;
        r = report_copy(&slot->report, arena, ret, err);
    }
    pthread_mutex_unlock(&cache->lock);
    return r;
}
