#include "adverts/posting.h"

#include <roaring/containers/containers.h>
#include <stdlib.h>
#include <string.h>

/* CRoaring of Debian 12 (0.2.66) does not look whether memory ended in its insides; what it tells us we tell on. */
static bool to_heap(struct posting *posting)
{
    roaring_bitmap_t *bits = NULL;

    if (posting->state == POSTING_HEAP)
        return true;
    if (posting->state == POSTING_FEW_STATE) {
        bits = roaring_bitmap_of_ptr(posting->count, posting->few);
    } else {
        const roaring_bitmap_t *view = roaring_bitmap_frozen_view(posting->filed.at, posting->filed.bytes);

        if (view) {
            bits = roaring_bitmap_copy(view);
            roaring_bitmap_free((roaring_bitmap_t *)(uintptr_t)view);
        }
    }
    if (!bits)
        return false;
    posting->heap = bits;
    posting->state = POSTING_HEAP;
    posting->count = 0;
    return true;
}

bool posting_add(struct posting *posting, uint32_t serial)
{
    if (posting->state == POSTING_FEW_STATE) {
        size_t at = posting->count;

        while (at > 0 && posting->few[at - 1] > serial)
            at--;
        if (at > 0 && posting->few[at - 1] == serial)
            return true;
        if (posting->count < POSTING_FEW) {
            memmove(&posting->few[at + 1], &posting->few[at], (posting->count - at) * sizeof posting->few[0]);
            posting->few[at] = serial;
            posting->count++;
            return true;
        }
    }
    if (!to_heap(posting))
        return false;
    roaring_bitmap_add(posting->heap, serial);
    return true;
}

bool posting_add_many(struct posting *posting, const uint32_t *serials, size_t count)
{
    size_t i = 0;

    while (i < count && posting->state == POSTING_FEW_STATE)
        if (!posting_add(posting, serials[i++]))
            return false;
    if (i == count)
        return true;
    if (!to_heap(posting))
        return false;
    roaring_bitmap_add_many(posting->heap, count - i, serials + i);
    return true;
}

void posting_fetch(const struct posting *posting, unsigned step)
{
    if (posting->state != POSTING_HEAP)
        return;
    const roaring_array_t *parts = &posting->heap->high_low_container;
    if (step == 0) {
        __builtin_prefetch(parts);
        return;
    }
    if (parts->size == 0)
        return;
    int32_t last = parts->size - 1;
    if (step == 1) {
        __builtin_prefetch(&parts->containers[last]);
        __builtin_prefetch(&parts->keys[last]);
        __builtin_prefetch(&parts->typecodes[last]);
    } else if (step == 2) {
        __builtin_prefetch(parts->containers[last]);
    } else if (parts->typecodes[last] == ARRAY_CONTAINER_TYPE_CODE) {
        const array_container_t *array = parts->containers[last];

        __builtin_prefetch(array->array + array->cardinality, 1);
    }
}

bool posting_remove(struct posting *posting, uint32_t serial)
{
    if (posting->state == POSTING_FEW_STATE) {
        for (size_t i = 0; i < posting->count; i++)
            if (posting->few[i] == serial) {
                memmove(&posting->few[i], &posting->few[i + 1], (posting->count - i - 1) * sizeof posting->few[0]);
                posting->count--;
                break;
            }
        return true;
    }
    if (!to_heap(posting))
        return false;
    roaring_bitmap_remove(posting->heap, serial);
    return true;
}

void posting_done(struct posting *posting)
{
    if (posting->state == POSTING_HEAP)
        roaring_bitmap_free(posting->heap);
    *posting = (struct posting){0};
}

struct posting_view posting_view(const struct posting *posting)
{
    struct posting_view view = {0};

    if (posting->state == POSTING_HEAP)
        view.bits = posting->heap;
    else if (posting->state == POSTING_FILED)
        view.bits = view.own =
            (roaring_bitmap_t *)(uintptr_t)roaring_bitmap_frozen_view(posting->filed.at, posting->filed.bytes);
    else
        view.bits = view.own = roaring_bitmap_of_ptr(posting->count, posting->few);
    return view;
}

void posting_view_done(struct posting_view *view)
{
    if (view->own)
        roaring_bitmap_free(view->own);
    *view = (struct posting_view){0};
}

uint64_t posting_count(const struct posting *posting)
{
    if (posting->state == POSTING_FEW_STATE)
        return posting->count;
    struct posting_view view = posting_view(posting);
    uint64_t count = view.bits ? roaring_bitmap_get_cardinality(view.bits) : 0;
    posting_view_done(&view);
    return count;
}

size_t posting_bytes(const struct posting *posting)
{
    return posting->state == POSTING_FEW_STATE ? 0
           : posting->state == POSTING_FILED   ? posting->filed.bytes
                                               : roaring_bitmap_frozen_size_in_bytes(posting->heap) + 64;
}

void buckets_done(struct buckets *buckets)
{
    for (size_t i = 0; i < buckets->count; i++)
        posting_done(&buckets->items[i].posting);
    free(buckets->items);
    *buckets = (struct buckets){0};
}

size_t buckets_from(const struct buckets *buckets, int32_t key)
{
    size_t low = 0, high = buckets->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (buckets->items[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool buckets_add(struct buckets *buckets, int32_t key, uint32_t serial)
{
    size_t at = buckets_from(buckets, key);

    if (at == buckets->count || buckets->items[at].key != key) {
        if (buckets->count == buckets->room) {
            size_t room = buckets->room ? buckets->room * 2 : 64;
            struct bucket *items = realloc(buckets->items, room * sizeof *items);

            if (!items)
                return false;
            buckets->items = items;
            buckets->room = room;
        }
        memmove(&buckets->items[at + 1], &buckets->items[at], (buckets->count - at) * sizeof buckets->items[0]);
        buckets->items[at] = (struct bucket){.key = key};
        buckets->count++;
    }
    return posting_add(&buckets->items[at].posting, serial);
}

bool buckets_remove(struct buckets *buckets, int32_t key, uint32_t serial)
{
    size_t at = buckets_from(buckets, key);

    return at == buckets->count || buckets->items[at].key != key || posting_remove(&buckets->items[at].posting, serial);
}
