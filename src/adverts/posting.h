/* Where a thing occurs: serials of advertisements, for a group of words, a name, a day.
 *
 * Most things occur once or twice and take no memory of their own; others are compressed bitmaps (CRoaring). What was
 * read from the index's file stays in the file (mapped into memory) until it changes. A posting is written by one
 * thread under the library's lock and read by any under it. */
#ifndef TALAP_ADVERTS_POSTING_H
#define TALAP_ADVERTS_POSTING_H

#include <roaring/roaring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POSTING_FEW 4

enum posting_state { POSTING_FEW_STATE, POSTING_HEAP, POSTING_FILED };
struct posting {
    union {
        uint32_t few[POSTING_FEW]; /* ascending */
        roaring_bitmap_t *heap;
        struct {
            const char *at; /* frozen form, at 32 bytes */
            size_t bytes;
        } filed;
    };
    uint32_t count; /* of few */
    uint32_t state; /* enum posting_state */
};

/* False when memory ends: the posting is then as before. */
bool posting_add(struct posting *posting, uint32_t serial);
/* Several, ascending. */
bool posting_add_many(struct posting *posting, const uint32_t *serials, size_t count);
/* Asks for the memory that adding at its end needs, a step (0…POSTING_STEPS-1) at a time: what a step asks for must be
 * there before the next, or the next waits for it. */
#define POSTING_STEPS 4
void posting_fetch(const struct posting *posting, unsigned step);
bool posting_remove(struct posting *posting, uint32_t serial);
void posting_done(struct posting *posting);

/* A posting as a bitmap, to be read and given back. */
struct posting_view {
    const roaring_bitmap_t *bits; /* NULL: memory ended */
    roaring_bitmap_t *own;        /* to be freed */
};
struct posting_view posting_view(const struct posting *posting);
void posting_view_done(struct posting_view *view);
uint64_t posting_count(const struct posting *posting);
/* Memory beyond the posting itself, of the file's pages too. */
size_t posting_bytes(const struct posting *posting);

/* Bitmaps by a key that is a number (a month, a day, a size), ascending. */
struct bucket {
    int32_t key;
    struct posting posting;
};
struct buckets {
    struct bucket *items;
    size_t count, room;
};
void buckets_done(struct buckets *buckets);
bool buckets_add(struct buckets *buckets, int32_t key, uint32_t serial);
bool buckets_remove(struct buckets *buckets, int32_t key, uint32_t serial);
/* The first whose key is at least that. */
size_t buckets_from(const struct buckets *buckets, int32_t key);

#endif
