/* What was cut and looked up, into the bitmaps that searches read.
 *
 * Places are put by entry, so that each posting is looked for once for a whole batch, and memory is asked for several
 * postings before any is waited for. The lock is held for PAIRS places at a time. What is new is hidden (`gone`) until
 * all of it stands; what changes is changed in one hold, so that no search sees a part of an advertisement. */
#include "adverts/library_parts.h"

#define SLICE 1000  /* advertisements whose figures change under one hold of the lock */
#define PAIRS 16384 /* places that are put under one */
#define AHEAD 4     /* postings between two steps of asking for memory */

/* Where something is put: the entry above, the place of its advertisement among the rows below. */
struct pairs {
    uint64_t *items, *spare;
    uint32_t *starts; /* of the entries */
    size_t count, entries;
};

/* By digits of eleven bits, so that rows stay in their order. */
static void pairs_sort(struct pairs *pairs, size_t count, uint32_t top)
{
    for (unsigned shift = 32; shift < 64 && top >> (shift - 32) != 0; shift += 11) {
        size_t starts[2049] = {0};

        for (size_t i = 0; i < count; i++)
            starts[(pairs->items[i] >> shift & 2047) + 1]++;
        for (size_t i = 0; i < 2047; i++)
            starts[i + 1] += starts[i];
        for (size_t i = 0; i < count; i++)
            pairs->spare[starts[pairs->items[i] >> shift & 2047]++] = pairs->items[i];
        uint64_t *swap = pairs->items;
        pairs->items = pairs->spare;
        pairs->spare = swap;
    }
}

/* Of the rows that are named; `forms`, of all rows. */
static bool pairs_make(const struct library_forms *forms, const uint32_t *rows, size_t row_count, struct arena *arena,
                       struct pairs *ret)
{
    size_t count = 0, n = 0;
    uint32_t top = 0;

    for (size_t i = 0; i < row_count; i++)
        count += forms[rows[i]].count;
    ret->items = ARENA_ARRAY(arena, uint64_t, count + 1);
    ret->spare = ARENA_ARRAY(arena, uint64_t, count + 1);
    ret->starts = ARENA_ARRAY(arena, uint32_t, count + 1);
    if (!ret->items || !ret->spare || !ret->starts)
        return false;
    for (size_t i = 0; i < row_count; i++)
        for (size_t k = 0; k < forms[rows[i]].count; k++) {
            top |= forms[rows[i]].ids[k];
            ret->items[n++] = (uint64_t)forms[rows[i]].ids[k] << 32 | rows[i];
        }
    pairs_sort(ret, n, top);
    for (size_t i = 0; i < n; i++) {
        if (ret->count > 0 && ret->items[ret->count - 1] == ret->items[i])
            continue;
        if (ret->count == 0 || ret->items[ret->count - 1] >> 32 != ret->items[i] >> 32)
            ret->starts[ret->entries++] = (uint32_t)ret->count;
        ret->items[ret->count++] = ret->items[i];
    }
    ret->starts[ret->entries] = (uint32_t)ret->count;
    return true;
}

static struct posting *posting_of(const struct library *library, const struct pairs *pairs, size_t entry)
{
    return &vocabulary_form(&library->vocabulary, (uint32_t)(pairs->items[pairs->starts[entry]] >> 32))->posting;
}

/* Each step needs what the one before has brought. */
static void fetch(const struct library *library, const struct pairs *pairs, size_t entry)
{
    if (entry + 5 * AHEAD < pairs->entries)
        __builtin_prefetch(posting_of(library, pairs, entry + 5 * AHEAD), 1);
    for (unsigned step = POSTING_STEPS; step-- > 0;) {
        size_t at = entry + (POSTING_STEPS - step) * AHEAD;

        if (at < pairs->entries)
            posting_fetch(posting_of(library, pairs, at), step);
    }
}

/* Under the lock: entries from `entry` on, until about PAIRS places are put; *entry moves on. Rows have ascending
 * serials, or else each is put by itself. */
static bool pairs_put(struct library *library, const struct pairs *pairs, const struct library_row *rows, bool in,
                      size_t *entry)
{
    size_t until = pairs->starts[*entry] + PAIRS;
    uint32_t serials[256];
    bool whole = true;

    for (; *entry < pairs->entries && pairs->starts[*entry] < until; ++*entry) {
        struct posting *posting = posting_of(library, pairs, *entry);

        fetch(library, pairs, *entry);
        for (size_t i = pairs->starts[*entry], end = pairs->starts[*entry + 1]; i < end;) {
            size_t n = 0;

            for (; i < end && n < 256; i++)
                serials[n++] = (uint32_t)rows[(uint32_t)pairs->items[i]].serial;
            if (in)
                whole = posting_add_many(posting, serials, n) && whole;
            for (size_t k = 0; k < n && !in; k++)
                whole = posting_remove(posting, serials[k]) && whole;
        }
    }
    return whole;
}

bool library_put_figures(struct library *library, uint32_t serial, const struct library_advert *advert, bool in)
{
    bool (*put)(struct buckets *, int32_t, uint32_t) = in ? buckets_add : buckets_remove;

    return put(&library->from, library_month_key(advert->from), serial) &&
           put(&library->until, library_month_key(advert->until), serial) &&
           put(&library->last, library_last_key(advert->last), serial) &&
           put(&library->shown, library_shown_key(advert->shown), serial);
}

/* Under the lock: everything of an advertisement that was known, but its entries. */
static bool put_advert(struct library *library, const struct library_row *row, const struct library_advert *now)
{
    uint32_t serial = (uint32_t)row->serial;
    struct library_advert *advert = pile_at(&library->adverts, (size_t)row->serial);
    bool whole = true;

    library->changed++;
    if (advert->version != 0)
        whole = library_put_figures(library, serial, advert, false) && whole;
    if (row->removed) {
        /* Its text is gone: it stays in postings until they are written anew. */
        roaring_bitmap_remove(library->all, serial);
        if (advert->version != 0)
            roaring_bitmap_add(library->gone, serial);
        *advert = (struct library_advert){0};
        return whole;
    }
    *advert = *now;
    roaring_bitmap_add(library->all, serial);
    return library_put_figures(library, serial, advert, true) && whole;
}

/* Everything of these rows under one hold of the lock. */
static int put_known(struct library *library, const struct library_row *rows, const struct library_advert *now,
                     const struct library_forms *forms, size_t count, const uint32_t *some, size_t some_count,
                     struct arena *arena, struct err *err)
{
    struct pairs out = {0}, in = {0};
    bool whole = true;

    if (!pairs_make(forms + count, some, some_count, arena, &out) || !pairs_make(forms, some, some_count, arena, &in))
        return err_memory(err);
    pthread_rwlock_wrlock(&library->lock);
    for (size_t entry = 0; entry < out.entries;)
        whole = pairs_put(library, &out, rows, false, &entry) && whole;
    for (size_t entry = 0; entry < in.entries;)
        whole = pairs_put(library, &in, rows, true, &entry) && whole;
    for (size_t i = 0; i < some_count; i++)
        whole = put_advert(library, &rows[some[i]], &now[some[i]]) && whole;
    pthread_rwlock_unlock(&library->lock);
    return whole ? 0 : err_memory(err);
}

/* Rows of which the index has nothing: hidden, put, and found from the last hold on. */
static int put_new(struct library *library, const struct library_row *rows, const struct library_advert *now,
                   const struct library_forms *forms, const uint32_t *some, size_t some_count, struct arena *arena,
                   struct err *err)
{
    struct pairs in = {0};
    bool whole = true;

    if (some_count == 0)
        return 0;
    if (!pairs_make(forms, some, some_count, arena, &in))
        return err_memory(err);
    pthread_rwlock_wrlock(&library->lock);
    for (size_t i = 0; i < some_count; i++)
        roaring_bitmap_add(library->gone, (uint32_t)rows[some[i]].serial);
    pthread_rwlock_unlock(&library->lock);
    for (size_t entry = 0; entry < in.entries && whole;) {
        pthread_rwlock_wrlock(&library->lock);
        whole = pairs_put(library, &in, rows, true, &entry);
        pthread_rwlock_unlock(&library->lock);
    }
    for (size_t i = 0; i < some_count && whole;) {
        pthread_rwlock_wrlock(&library->lock);
        for (size_t until = i + SLICE; i < some_count && i < until; i++)
            whole = library_put_figures(library, (uint32_t)rows[some[i]].serial, &now[some[i]], true) && whole;
        pthread_rwlock_unlock(&library->lock);
    }
    if (!whole)
        return err_memory(err);
    pthread_rwlock_wrlock(&library->lock);
    for (size_t i = 0; i < some_count; i++) {
        uint32_t serial = (uint32_t)rows[some[i]].serial;

        *(struct library_advert *)pile_at(&library->adverts, serial) = now[some[i]];
        roaring_bitmap_add(library->all, serial);
        roaring_bitmap_remove(library->gone, serial);
    }
    library->changed += (int64_t)some_count;
    pthread_rwlock_unlock(&library->lock);
    return 0;
}

int library_put(struct library *library, const struct library_row *rows, const struct library_advert *now,
                const struct library_forms *forms, size_t count, struct arena *arena, struct err *err)
{
    uint32_t *fresh = ARENA_ARRAY(arena, uint32_t, count + 1), *known = ARENA_ARRAY(arena, uint32_t, count + 1);
    size_t fresh_count = 0, known_count = 0;
    int r = 0;

    if (!fresh || !known)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct library_advert *advert = pile_at(&library->adverts, (size_t)rows[i].serial);

        if (advert->version == 0 && !rows[i].removed)
            fresh[fresh_count++] = (uint32_t)i;
        else
            known[known_count++] = (uint32_t)i;
    }
    for (size_t from = 0; from < known_count && r == 0;) {
        size_t until = from, places = 0;

        for (; until < known_count && places < PAIRS && until - from < SLICE; until++)
            places += forms[known[until]].count + forms[count + known[until]].count;
        r = put_known(library, rows, now, forms, count, known + from, until - from, arena, err);
        from = until;
    }
    return r < 0 ? r : put_new(library, rows, now, forms, fresh, fresh_count, arena, err);
}

int library_count(struct library *library, const struct library_row *rows, size_t count, struct err *err)
{
    bool whole = true;

    for (size_t i = 0; i < count;) {
        pthread_rwlock_wrlock(&library->lock);
        for (size_t until = i + SLICE; i < count && i < until; i++) {
            if (rows[i].serial < 0 || (size_t)rows[i].serial >= library->adverts.count)
                continue;
            struct library_advert *advert = pile_at(&library->adverts, (size_t)rows[i].serial), was = *advert;
            uint32_t serial = (uint32_t)rows[i].serial;

            if (was.version == 0 || rows[i].removed || (was.last == rows[i].last_day && was.shown == rows[i].shown))
                continue;
            advert->last = rows[i].last_day;
            advert->shown = rows[i].shown;
            library->changed++;
            whole = buckets_remove(&library->last, library_last_key(was.last), serial) &&
                    buckets_add(&library->last, library_last_key(advert->last), serial) &&
                    buckets_remove(&library->shown, library_shown_key(was.shown), serial) &&
                    buckets_add(&library->shown, library_shown_key(advert->shown), serial) && whole;
        }
        pthread_rwlock_unlock(&library->lock);
    }
    return whole ? 0 : err_memory(err);
}
