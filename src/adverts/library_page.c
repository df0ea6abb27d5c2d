/* One page of what was found, in the order that was asked for.
 *
 * Newest and oldest: the bitmap is walked from the cursor's place. By last showing and by showings: what was found is
 * met with one bucket of values after another, from the largest; where all of a bucket have one value it is walked
 * like that, else its best few are picked out. What stands in better buckets than the cursor's is never looked at.
 * When little was found, all of it is looked at at once. */
#include "adverts/library_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOKED_MAX 4096

#define DAY_FIRST 7305 /* 1990-01-01 */
#define DAY_LAST 47482 /* 2100-01-01 */

static int32_t within(int32_t day)
{
    return day < DAY_FIRST ? DAY_FIRST - 1 : day > DAY_LAST ? DAY_LAST + 1 : day;
}

int32_t library_month_key(int32_t day)
{
    return within(day) >> 5;
}

int32_t library_last_key(int32_t day)
{
    return within(day);
}

bool library_last_same(int32_t key)
{
    return key >= DAY_FIRST && key <= DAY_LAST;
}

/* Eight buckets between a power of two and the next. */
int32_t library_shown_key(int64_t shown)
{
    if (shown < 16)
        return shown < 0 ? 0 : (int32_t)shown;
    int top = 63 - __builtin_clzll((uint64_t)shown);

    return (top - 3) * 8 + (int32_t)(shown >> (top - 3));
}

bool library_shown_same(int32_t key)
{
    return key < 16;
}

/* Where a page begins: behind this. */
struct place {
    bool given;
    int64_t value;
    uint32_t serial;
};

static const char sort_letters[] = {
    [SORT_NEWEST] = 'n', [SORT_OLDEST] = 'o', [SORT_LAST_SHOWN] = 'l', [SORT_MOST_SHOWN] = 'm'};

static int64_t value_of(const struct library *library, enum library_sort sort, uint32_t serial)
{
    const struct library_advert *advert = pile_at(&library->adverts, serial);

    return sort == SORT_LAST_SHOWN ? advert->last : sort == SORT_MOST_SHOWN ? advert->shown : 0;
}

const char *library_cursor(const struct library *library, enum library_sort sort, int64_t serial, struct arena *arena)
{
    return arena_printf(arena, "%c%" PRIx64 ".%" PRIx32, sort_letters[sort],
                        (uint64_t)value_of(library, sort, (uint32_t)serial), (uint32_t)serial);
}

static int place_read(const char *cursor, enum library_sort sort, struct place *ret, struct err *err)
{
    uint64_t value = 0, serial = 0;
    const char *at = cursor;

    *ret = (struct place){0};
    if (!cursor)
        return 0;
    size_t digits = strspn(at + (*at != '\0'), "0123456789abcdef");
    if (*at != sort_letters[sort] || digits < 1 || digits > 16 || at[1 + digits] != '.')
        return err_set(err, ERR_BAD_INPUT, "cursor_malformed", NULL);
    value = strtoull(at + 1, NULL, 16);
    at += digits + 2;
    digits = strspn(at, "0123456789abcdef");
    if (digits < 1 || digits > 8 || at[digits] != '\0')
        return err_set(err, ERR_BAD_INPUT, "cursor_malformed", NULL);
    serial = strtoull(at, NULL, 16);
    *ret = (struct place){.given = true, .value = (int64_t)value, .serial = (uint32_t)serial};
    return 0;
}

/* Backwards from before `before` (UINT64_MAX: from the end). */
static size_t walk_back(const roaring_bitmap_t *bits, uint64_t before, size_t most, int64_t *ret)
{
    roaring_uint32_iterator_t it;
    size_t n = 0;

    if (before > UINT32_MAX) {
        roaring_init_iterator_last(bits, &it);
    } else {
        roaring_init_iterator(bits, &it);
        if (roaring_move_uint32_iterator_equalorlarger(&it, (uint32_t)before))
            roaring_previous_uint32_iterator(&it);
        else
            roaring_init_iterator_last(bits, &it);
    }
    for (; it.has_value && n < most; roaring_previous_uint32_iterator(&it))
        ret[n++] = it.current_value;
    return n;
}

static size_t walk_on(const roaring_bitmap_t *bits, uint64_t from, size_t most, int64_t *ret)
{
    roaring_uint32_iterator_t it;
    size_t n = 0;

    if (from > UINT32_MAX)
        return 0;
    roaring_init_iterator(bits, &it);
    if (from > 0 && !roaring_move_uint32_iterator_equalorlarger(&it, (uint32_t)from))
        return 0;
    for (; it.has_value && n < most; roaring_advance_uint32_iterator(&it))
        ret[n++] = it.current_value;
    return n;
}

/* The best `most` of what is put in: a heap with the worst on top. */
struct best {
    struct place *items;
    size_t count, most;
};

/* Larger values first, then newer ones. */
static bool better(const struct place *a, const struct place *b)
{
    return a->value != b->value ? a->value > b->value : a->serial > b->serial;
}

static void sink(struct best *best, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= best->count)
            return;
        if (child + 1 < best->count && better(&best->items[child], &best->items[child + 1]))
            child++;
        if (!better(&best->items[at], &best->items[child]))
            return;
        struct place place = best->items[at];
        best->items[at] = best->items[child];
        best->items[child] = place;
        at = child;
    }
}

static void best_put(struct best *best, const struct place *place)
{
    if (best->count == best->most) {
        if (!better(place, &best->items[0]))
            return;
        best->items[0] = *place;
        sink(best, 0);
        return;
    }
    size_t at = best->count++;
    best->items[at] = *place;
    while (at > 0 && better(&best->items[(at - 1) / 2], &best->items[at])) {
        struct place up = best->items[(at - 1) / 2];

        best->items[(at - 1) / 2] = best->items[at];
        best->items[at] = up;
        at = (at - 1) / 2;
    }
}

static size_t best_take(struct best *best, int64_t *ret)
{
    size_t count = best->count;

    while (best->count > 0) {
        ret[best->count - 1] = best->items[0].serial;
        best->items[0] = best->items[--best->count];
        sink(best, 0);
    }
    return count;
}

static size_t pick(const struct library *library, enum library_sort sort, const roaring_bitmap_t *bits,
                   const struct place *behind, struct best *best, int64_t *ret)
{
    roaring_uint32_iterator_t it;

    roaring_init_iterator(bits, &it);
    for (; it.has_value; roaring_advance_uint32_iterator(&it)) {
        struct place place = {.value = value_of(library, sort, it.current_value), .serial = it.current_value};

        if (!behind->given || better(behind, &place))
            best_put(best, &place);
    }
    return best_take(best, ret);
}

static int page_by_value(const struct library *library, const roaring_bitmap_t *found, uint64_t count,
                         enum library_sort sort, const struct place *behind, size_t most, int64_t *ret,
                         size_t *ret_count, struct err *err)
{
    const struct buckets *buckets = sort == SORT_LAST_SHOWN ? &library->last : &library->shown;
    struct best best = {.items = calloc(most, sizeof *best.items), .most = most};
    size_t n = 0, at = buckets->count;

    if (!best.items)
        return err_memory(err);
    if (count <= LOOKED_MAX) {
        *ret_count = pick(library, sort, found, behind, &best, ret);
        free(best.items);
        return 0;
    }
    if (behind->given) {
        int64_t value = behind->value;
        int32_t key = sort == SORT_LAST_SHOWN ? library_last_key(value < INT32_MIN   ? INT32_MIN
                                                                 : value > INT32_MAX ? INT32_MAX
                                                                                     : (int32_t)value)
                                              : library_shown_key(value);

        at = buckets_from(buckets, key);
        at += at < buckets->count && buckets->items[at].key == key;
    }
    while (at > 0 && n < most) {
        const struct bucket *bucket = &buckets->items[--at];
        struct posting_view view = posting_view(&bucket->posting);
        roaring_bitmap_t *met = view.bits ? roaring_bitmap_and(view.bits, found) : NULL;
        bool same = sort == SORT_LAST_SHOWN ? library_last_same(bucket->key) : library_shown_same(bucket->key);

        posting_view_done(&view);
        if (!met) {
            free(best.items);
            return err_memory(err);
        }
        if (same && !roaring_bitmap_is_empty(met)) {
            int64_t value = value_of(library, sort, roaring_bitmap_minimum(met));
            bool here = behind->given && behind->value == value;

            if (!behind->given || value <= behind->value)
                n += walk_back(met, here ? behind->serial : UINT64_MAX, most - n, ret + n);
        } else if (!same) {
            best.most = most - n;
            n += pick(library, sort, met, behind, &best, ret + n);
        }
        roaring_bitmap_free(met);
    }
    free(best.items);
    *ret_count = n;
    return 0;
}

int library_page(const struct library *library, const roaring_bitmap_t *found, uint64_t count,
                 const struct library_query *query, int64_t *ret, size_t *ret_count, struct err *err)
{
    struct place behind;
    size_t most = query->limit + 1;
    int r = place_read(query->cursor, query->sort, &behind, err);

    if (r < 0)
        return r;
    switch (query->sort) {
    case SORT_NEWEST:
        *ret_count = walk_back(found, behind.given ? behind.serial : UINT64_MAX, most, ret);
        return 0;
    case SORT_OLDEST:
        *ret_count = walk_on(found, behind.given ? (uint64_t)behind.serial + 1 : 0, most, ret);
        return 0;
    default:
        return page_by_value(library, found, count, query->sort, &behind, most, ret, ret_count, err);
    }
}
