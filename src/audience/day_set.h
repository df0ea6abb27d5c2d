/* A set of 64-bit hashes, each with a bit for each day of a month: who came, and on which days.
 *
 * Built for one thing: tens of millions of hashes, seen again and again, at one cache line each. A bucket is a line of
 * 64 bytes with five entries; a hash belongs into the bucket that its own value points at (hash × buckets ÷ 2^64), or,
 * when that is full, into the next one with room. So the table is sorted but for the few that moved on, its size need
 * not be a power of two, it grows by a quarter in place (entries only move up: it is streamed from its end), and what
 * it holds can be written and read back in order. It is filled to 0.68…0.85: 14 to 18 bytes a user, all days of the
 * month included.
 *
 * A set holds the hashes of one part: those with the same highest PART_BITS bits. It has no lock. Nothing is ever taken
 * out of it. The hash 0 is taken as 1: it marks free places. */
#ifndef TALAP_AUDIENCE_DAY_SET_H
#define TALAP_AUDIENCE_DAY_SET_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define PART_BITS 4
#define PARTS (1 << PART_BITS)
#define DAY_SET_DAYS 31

struct day_bucket;

struct day_set {
    struct day_bucket *buckets;
    size_t bucket_count; /* that hashes point at; some more stand behind for those that move on */
    size_t room_bytes;   /* of the mapping */
    size_t users;        /* different hashes */
    size_t limit;        /* beyond, the table grows */
    size_t far;          /* the most buckets that an entry has moved on */
    int64_t users_on[DAY_SET_DAYS];
};

/* Packed: 12 bytes an entry, little-endian. What audience_set holds. */
#define DAY_ENTRY_BYTES 12

static inline uint32_t hash_part(uint64_t hash)
{
    return (uint32_t)(hash >> (64 - PART_BITS));
}

/* An empty set is a zeroed one; memory comes with the first entry. */
void day_set_done(struct day_set *set); /* wiped */
/* Makes room for so many entries in all. */
int day_set_reserve(struct day_set *set, size_t users, struct err *err) WARN_UNUSED;
/* Adds hashes (of this part) with one day (0…30). Those that were not there with that day are written to `fresh` (room
 * for `count`), their number to *ret_fresh. When memory ends (-ERR_MEMORY) some are not in; those in `fresh` are. */
int day_set_add(struct day_set *set, const uint64_t *hashes, size_t count, int day, uint64_t *fresh, size_t *ret_fresh,
                struct err *err) WARN_UNUSED;
/* The union with packed entries of this part. */
int day_set_merge(struct day_set *set, const void *entries, size_t count, struct err *err) WARN_UNUSED;
/* The union with another set of the same part. */
int day_set_unite(struct day_set *set, const struct day_set *other, struct err *err) WARN_UNUSED;
/* Writes the entries first…last (hashes, inclusive) packed and sorted to `ret`, at most `room` of them; returns how
 * many there are, which may be more. */
size_t day_set_export(const struct day_set *set, uint64_t first, uint64_t last, void *ret, size_t room);
/* The days of a hash; 0 when it is not there. */
uint32_t day_set_days(const struct day_set *set, uint64_t hash);
/* A copy of it all. */
int day_set_copy(const struct day_set *set, struct day_set *ret, struct err *err) WARN_UNUSED;
size_t day_set_bytes(const struct day_set *set);

#endif
