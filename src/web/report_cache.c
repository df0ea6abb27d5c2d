/* Slots under a lock, each with an arena of its own; counting happens outside the lock. */
#include "web/report_cache.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOT_ARENA_LIMIT ((size_t)16 * 1024 * 1024)
/* A report counted within a day after its year's end may miss events still under way on another node. */
#define SETTLED_USEC USEC_PER_DAY

struct slot {
    const struct report_form *form; /* NULL: empty */
    struct arena arena;
    struct report report; /* without words */
    int64_t at_usec, used_usec, took_usec;
};

struct report_cache {
    pthread_mutex_t lock;
    pthread_cond_t counted;
    bool counting;
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

static void slot_empty(struct slot *slot)
{
    if (slot->form != NULL)
        arena_done(&slot->arena);
    slot->form = NULL;
}

void report_cache_free(struct report_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < REPORTS_REMEMBERED; i++)
        slot_empty(&cache->slots[i]);
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

/* The slot of the same report, else an empty one, else the one not asked for the longest; empty now. */
static struct slot *slot_take(struct report_cache *cache, const struct report_form *form, int year)
{
    struct slot *same = slot_find(cache, form, year), *slot = &cache->slots[0];
    for (size_t i = 1; slot->form != NULL && i < REPORTS_REMEMBERED; i++)
        if (cache->slots[i].form == NULL || cache->slots[i].used_usec < slot->used_usec)
            slot = &cache->slots[i];
    if (same != NULL)
        slot = same;
    slot_empty(slot);
    return slot;
}

static bool slot_fresh(const struct slot *slot, int64_t now_usec)
{
    int64_t age = REPORT_AGE_SEC * USEC_PER_SEC;
    if (slot->at_usec >= slot->report.before_usec + SETTLED_USEC)
        return true;
    if (slot->took_usec * REPORT_AGE_TIMES > age)
        age = slot->took_usec * REPORT_AGE_TIMES;
    return now_usec - slot->at_usec < age;
}

static int figures_copy(const struct report *from, struct arena *arena, struct report *ret, struct err *err)
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
    *ret = to;
    return 0;
}

static int64_t stopwatch_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

/* Counts outside the lock, which is held before and after; then the slot holds the report. */
static int count(struct report_cache *cache, struct tx *tx, const struct office *office, const struct report_form *form,
                 int year, int64_t now_usec, struct slot **ret, struct err *err)
{
    struct slot fresh = {.form = form, .at_usec = now_usec};
    arena_init(&fresh.arena, SLOT_ARENA_LIMIT);
    cache->counting = true;
    pthread_mutex_unlock(&cache->lock);
    int64_t from_usec = stopwatch_usec();
    int r = report_make(tx, office, form, year, now_usec, &fresh.arena, &fresh.report, err);
    fresh.took_usec = stopwatch_usec() - from_usec;
    pthread_mutex_lock(&cache->lock);
    cache->counting = false;
    pthread_cond_broadcast(&cache->counted);
    if (r < 0) {
        arena_done(&fresh.arena);
        return r;
    }
    *ret = slot_take(cache, form, year);
    **ret = fresh;
    return 0;
}

/* Years before the first entry and after this one: nothing is there to be counted. */
static int year_is_empty(struct tx *tx, const struct office *office, int year, int64_t now_usec, struct arena *arena,
                         bool *ret, struct err *err)
{
    const struct zone *zone = &office->catalogue->calendar->zone;
    struct event_row first;
    struct err why = {0};
    *ret = true;
    if (year > date_from_day(zone_day_of(zone, now_usec)).year)
        return 0;
    int r = store_event_get(tx, 0, arena, &first, &why);
    if (r == 0)
        /* Clocks of several nodes may differ a little. */
        *ret = year < date_from_day(zone_day_of(zone, first.at_usec - USEC_PER_DAY)).year;
    if (r < 0 && r != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = why;
        return r;
    }
    return 0;
}

int report_cache_get(struct report_cache *cache, struct tx *tx, const struct office *office,
                     const struct report_form *form, int year, int64_t now_usec, struct arena *arena,
                     struct report *ret, int64_t *ret_at_usec, struct err *err)
{
    struct report report;
    bool empty;
    int r = year_is_empty(tx, office, year, now_usec, arena, &empty, err);
    if (r == 0 && empty) {
        *ret_at_usec = now_usec;
        return report_make(tx, office, form, year, now_usec, arena, ret, err);
    }
    if (r < 0)
        return r;
    pthread_mutex_lock(&cache->lock);
    struct slot *slot = slot_find(cache, form, year);
    while (slot == NULL && cache->counting) {
        pthread_cond_wait(&cache->counted, &cache->lock);
        slot = slot_find(cache, form, year);
    }
    if (slot == NULL || (!cache->counting && !slot_fresh(slot, now_usec)))
        r = count(cache, tx, office, form, year, now_usec, &slot, err);
    if (r == 0) {
        slot->used_usec = now_usec;
        *ret_at_usec = slot->at_usec;
        r = figures_copy(&slot->report, arena, &report, err);
    }
    pthread_mutex_unlock(&cache->lock);
    if (r == 0)
        r = report_words_read(tx, arena, &report, err);
    if (r < 0)
        return r;
    report.running = now_usec < report.before_usec;
    *ret = report;
    return 0;
}
