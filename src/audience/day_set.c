/* The table of hashes and days. See the header for its shape.
 *
 * Memory is mapped, not allocated: a mapping grows without a second copy beside it, and large ones stand on huge pages,
 * where an access costs half. */
#include "audience/day_set.h"
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLOTS 5
#define BUCKETS_FIRST 16
/* Behind the last bucket: whoever finds no room there makes the table grow. */
#define BUCKETS_BEHIND 48
#define HUGE ((size_t)2 << 20)
#define AHEAD 24
/* So many hashes are looked up at home, then those that may be behind it in the next bucket, and so on; what is further
 * off than BEHIND, one by one. */
#define BATCH 1024
#define BEHIND 16

struct day_bucket {
    uint64_t hashes[SLOTS];
    uint32_t days[SLOTS];
    uint32_t used;
};
_Static_assert(sizeof(struct day_bucket) == 64, "a bucket is a cache line");

__extension__ typedef unsigned __int128 wide;

static inline size_t home_of(uint64_t hash, size_t buckets)
{
    return (size_t)(((wide)(hash << PART_BITS) * buckets) >> 64);
}

static size_t total(const struct day_set *set)
{
    return set->buckets == NULL ? 0 : set->bucket_count + BUCKETS_BEHIND;
}

static size_t limit_of(size_t buckets)
{
    return buckets * SLOTS / 20 * 17;
}

/* --- Memory ------------------------------------------------------------------------------------------------------- */

static void *map_anonymous(size_t bytes, int protection)
{
    void *map = mmap(NULL, bytes, protection,
                     MAP_PRIVATE | MAP_ANONYMOUS | (protection == PROT_NONE ? MAP_NORESERVE : 0), -1, 0);
    return map == MAP_FAILED ? NULL : map;
}

/* Where huge pages begin: `old` is moved there, or new memory made. Both sizes are of whole huge pages. */
static void *map_huge(void *old, size_t old_bytes, size_t bytes)
{
    uint8_t *around = map_anonymous(bytes + HUGE, PROT_NONE);
    if (around == NULL)
        return NULL;
    uint8_t *at = around + (HUGE - (uintptr_t)around % HUGE) % HUGE;
    void *map = old != NULL ? mremap(old, old_bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, at)
                            : mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (map == MAP_FAILED) {
        munmap(around, bytes + HUGE);
        return NULL;
    }
    if (at > around)
        munmap(around, (size_t)(at - around));
    munmap(at + bytes, (size_t)(around + HUGE - at));
    (void)madvise(map, bytes, MADV_HUGEPAGE);
    return map;
}

/* New memory is zeroed; NULL leaves the old as it was. What grows into huge pages is copied once: pages that are small
 * stay small wherever they are moved. */
static void *map_grow(void *old, size_t old_bytes, size_t bytes)
{
#ifdef __SANITIZE_THREAD__
    /* It does not see that mremap gives an address back, and takes whoever is given it next for an intruder. */
    void *copy = map_anonymous(bytes, PROT_READ | PROT_WRITE);
    if (copy != NULL && old != NULL) {
        memcpy(copy, old, old_bytes);
        munmap(old, old_bytes);
    }
    return copy;
#endif
    if (bytes < HUGE) {
        if (old == NULL)
            return map_anonymous(bytes, PROT_READ | PROT_WRITE);
        void *map = mremap(old, old_bytes, bytes, MREMAP_MAYMOVE);
        return map == MAP_FAILED ? NULL : map;
    }
    if (old_bytes >= HUGE) {
        void *map = mremap(old, old_bytes, bytes, 0);
        return map != MAP_FAILED ? map : map_huge(old, old_bytes, bytes);
    }
    void *map = map_huge(NULL, 0, bytes);
    if (map != NULL && old != NULL) {
        memcpy(map, old, old_bytes);
        sodium_memzero(old, old_bytes);
        munmap(old, old_bytes);
    }
    return map;
}

/* What is mapped is used: large tables fill their huge pages. */
static size_t whole_pages(size_t bytes)
{
    return bytes < HUGE / 2 ? bytes : (bytes + HUGE - 1) / HUGE * HUGE;
}

void day_set_done(struct day_set *set)
{
    if (set->buckets != NULL) {
        sodium_memzero(set->buckets, set->room_bytes);
        munmap(set->buckets, set->room_bytes);
    }
    *set = (struct day_set){0};
}

size_t day_set_bytes(const struct day_set *set)
{
    return set->room_bytes;
}

/* --- Entries ------------------------------------------------------------------------------------------------------ */

/* Which of the five is the hash: a bit each. Without branches, for which of them it is cannot be foretold. */
static inline unsigned match(const struct day_bucket *bucket, uint64_t hash)
{
    return (unsigned)(bucket->hashes[0] == hash) | (unsigned)(bucket->hashes[1] == hash) << 1 |
           (unsigned)(bucket->hashes[2] == hash) << 2 | (unsigned)(bucket->hashes[3] == hash) << 3 |
           (unsigned)(bucket->hashes[4] == hash) << 4;
}

static inline void prefetch_home(const struct day_set *set, uint64_t hash)
{
    __builtin_prefetch(set->buckets + home_of(hash, set->bucket_count), 1);
}

/* The place of the hash, or the first free one, where `*ret_found` is false; NULL: there is none behind its bucket. */
static inline uint32_t *place_of(struct day_set *set, uint64_t hash, bool *ret_found, struct day_bucket **ret_bucket)
{
    struct day_bucket *bucket = set->buckets + home_of(hash, set->bucket_count);
    const struct day_bucket *end = set->buckets + total(set);
    for (; bucket < end; bucket++) {
        unsigned found = match(bucket, hash);
        if (found != 0) {
            *ret_found = true;
            return &bucket->days[__builtin_ctz(found)];
        }
        if (bucket->used < SLOTS) {
            *ret_found = false;
            *ret_bucket = bucket;
            return &bucket->days[bucket->used];
        }
    }
    return NULL;
}

static void enter(struct day_set *set, struct day_bucket *bucket, uint64_t hash, uint32_t days)
{
    size_t moved = (size_t)(bucket - set->buckets) - home_of(hash, set->bucket_count);
    bucket->hashes[bucket->used] = hash;
    bucket->days[bucket->used++] = days;
    if (moved > set->far)
        set->far = moved;
}

struct entry {
    uint64_t hash;
    uint32_t days;
};

static void enter_again(struct day_set *set, struct entry entry)
{
    bool found;
    struct day_bucket *bucket = NULL;
    uint32_t *place = place_of(set, entry.hash, &found, &bucket);
    /* A table that has just become a quarter larger has room behind every bucket. */
    assert(place != NULL && !found);
    enter(set, bucket, entry.hash, entry.days);
}

/* To at least `buckets`, a quarter more than there are. An entry's new bucket is never below its old one, but an entry
 * that had moved on may stand above its new bucket: those (few, and all near the start) wait until the rest is done. */
static int grow(struct day_set *set, size_t buckets, struct err *err)
{
    size_t old_total = total(set), old_count = set->bucket_count;
    if (set->buckets != NULL && buckets < old_count + old_count / 4)
        buckets = old_count + old_count / 4;
    buckets = (buckets + 3) / 4 * 4;
    size_t bytes = whole_pages((buckets + BUCKETS_BEHIND) * sizeof(struct day_bucket)), waiting = 0;
    buckets = bytes / sizeof(struct day_bucket) - BUCKETS_BEHIND;
    size_t waiting_room = set->buckets == NULL ? 0 : (5 * set->far + BUCKETS_FIRST) * SLOTS;
    struct entry *wait = waiting_room == 0 ? NULL : malloc(waiting_room * sizeof *wait);
    if (waiting_room > 0 && wait == NULL)
        return err_memory(err);
    struct day_bucket *map = map_grow(set->buckets, set->room_bytes, bytes);
    if (map == NULL) {
        free(wait);
        return err_memory(err);
    }
    set->buckets = map;
    set->room_bytes = bytes;
    set->bucket_count = buckets;
    set->limit = limit_of(buckets);
    set->far = 0;
    for (size_t at = old_total; at-- > 0;) {
        struct day_bucket bucket = map[at];
        if (bucket.used == 0)
            continue;
        memset(&map[at], 0, sizeof map[at]);
        for (uint32_t i = 0; i < bucket.used; i++) {
            struct entry entry = {bucket.hashes[i], bucket.days[i]};
            if (home_of(entry.hash, buckets) >= at) {
                enter_again(set, entry);
            } else {
                assert(waiting < waiting_room);
                wait[waiting++] = entry;
            }
        }
    }
    for (size_t i = 0; i < waiting; i++)
        enter_again(set, wait[i]);
    if (wait != NULL)
        sodium_memzero(wait, waiting * sizeof *wait);
    free(wait);
    return 0;
}

int day_set_reserve(struct day_set *set, size_t users, struct err *err)
{
    size_t buckets = BUCKETS_FIRST;
    if (users > limit_of(BUCKETS_FIRST))
        buckets = (users / 17 + 1) * 20 / SLOTS + 4;
    return set->buckets != NULL && users <= set->limit ? 0 : grow(set, buckets, err);
}

/* Adds days to a hash; *ret_new are those it did not have. */
static inline int add_one(struct day_set *set, uint64_t hash, uint32_t days, uint32_t *ret_new, struct err *err)
{
    for (;;) {
        bool found = false;
        struct day_bucket *bucket = NULL;
        uint32_t *place = place_of(set, hash, &found, &bucket);
        if (found) {
            *ret_new = days & ~*place;
            *place |= days;
            return 0;
        }
        if (place != NULL && set->users < set->limit) {
            enter(set, bucket, hash, days);
            set->users++;
            *ret_new = days;
            return 0;
        }
        int r = grow(set, 0, err);
        if (r < 0)
            return r;
    }
}

/* Looks up each hash so many buckets behind its home, where it belongs when all before are full, without a branch: is
 * it there, is it to be entered, or must it be looked for further on? Which of them cannot be foretold, and a branch
 * taken wrongly throws away what was begun for those that come next: their memory would be waited for one by one. There
 * is room for all of them. Those to be looked for are written to `missed` (which may be `hashes`), and their next
 * buckets are fetched; returns how many. */
static inline size_t add_behind(struct day_set *set, const uint64_t *hashes, size_t count, size_t behind, int day,
                                uint64_t *fresh, size_t *found, uint64_t *missed)
{
    struct day_bucket *buckets = set->buckets + behind, none = {0};
    const size_t bucket_count = set->bucket_count;
    const uint32_t bit = UINT32_C(1) << day;
    size_t new_days = *found, missing = 0, entered = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = hashes[i] + (hashes[i] == 0);
        /* Those after `count` are of the next batch, or beyond all: AHEAD more than count are there. */
        if (behind == 0)
            __builtin_prefetch(buckets + home_of(hashes[i + AHEAD], bucket_count), 1);
        struct day_bucket *bucket = buckets + home_of(hash, bucket_count);
        unsigned there = match(bucket, hash), room = bucket->used < SLOTS, enters = (there == 0) & room,
                 misses = (there == 0) & (room ^ 1);
        missed[missing] = hash;
        missing += misses;
        __builtin_prefetch(bucket + misses, 1);
        unsigned at = (unsigned)__builtin_ctz(there | 1U << bucket->used) & (misses - 1);
        bucket = misses ? &none : bucket;
        uint32_t days = bucket->days[at];
        bucket->hashes[at] = hash;
        bucket->days[at] = days | bit;
        bucket->used += enters;
        entered += enters;
        fresh[new_days] = hash;
        new_days += ((days & bit) == 0) & (misses ^ 1);
    }
    sodium_memzero(&none, sizeof none);
    set->users += entered;
    if (entered > 0 && behind > set->far)
        set->far = behind;
    *found = new_days;
    return missing;
}

int day_set_add(struct day_set *set, const uint64_t *hashes, size_t count, int day, uint64_t *fresh, size_t *ret_fresh,
                struct err *err)
{
    uint64_t some[BATCH + AHEAD] = {0};
    size_t found = 0;
    int r = set->buckets == NULL ? grow(set, BUCKETS_FIRST, err) : 0;
    for (size_t i = 0; r == 0 && i < AHEAD && i < count; i++)
        prefetch_home(set, hashes[i]);
    for (size_t at = 0, left; r == 0 && at < count; at += BATCH) {
        left = count - at < BATCH ? count - at : BATCH;
        memcpy(some, hashes + at, (count - at < BATCH + AHEAD ? count - at : BATCH + AHEAD) * sizeof *some);
        if (set->users + left <= set->limit) {
            left = add_behind(set, some, left, 0, day, fresh, &found, some);
            for (size_t behind = 1; left > 0 && behind < BEHIND; behind++)
                left = add_behind(set, some, left, behind, day, fresh, &found, some);
        }
        for (size_t i = 0; r == 0 && i < left; i++) {
            uint32_t new_days = 0;
            uint64_t hash = some[i] + (some[i] == 0);
            if ((r = add_one(set, hash, UINT32_C(1) << day, &new_days, err)) == 0) {
                fresh[found] = hash;
                found += new_days != 0;
            }
        }
    }
    sodium_memzero(some, (count < BATCH ? count : BATCH + AHEAD) * sizeof *some);
    set->users_on[day] += (int64_t)found;
    *ret_fresh = found;
    return r;
}

/* The same with counters. */
static int add_days(struct day_set *set, struct entry entry, struct err *err)
{
    uint32_t new_days = 0;
    int r = add_one(set, entry.hash == 0 ? 1 : entry.hash, entry.days & ((UINT32_C(1) << DAY_SET_DAYS) - 1), &new_days,
                    err);
    for (uint32_t left = new_days; left != 0; left &= left - 1)
        set->users_on[__builtin_ctz(left)]++;
    return r;
}

static struct entry entry_read(const uint8_t *at)
{
    struct entry entry;
    memcpy(&entry.hash, at, 8);
    memcpy(&entry.days, at + 8, 4);
    return entry;
}

int day_set_merge(struct day_set *set, const void *entries, size_t count, struct err *err)
{
    const uint8_t *at = entries;
    int r = set->buckets == NULL ? grow(set, BUCKETS_FIRST, err) : 0;
    for (size_t i = 0; r == 0 && i < count; i++, at += DAY_ENTRY_BYTES) {
        if (i + AHEAD < count)
            __builtin_prefetch(set->buckets + home_of(entry_read(at + AHEAD * DAY_ENTRY_BYTES).hash, set->bucket_count),
                               1);
        r = add_days(set, entry_read(at), err);
    }
    return r;
}

/* How many of the other's users are not here: by one bucket of 64. */
static size_t estimate_new(const struct day_set *set, const struct day_set *other)
{
    size_t asked = 0, missing = 0;
    for (size_t at = 0; at < total(other); at += 64) {
        const struct day_bucket *bucket = &other->buckets[at];
        asked += bucket->used;
        for (uint32_t i = 0; i < bucket->used; i++)
            missing += day_set_days(set, bucket->hashes[i]) == 0;
    }
    return asked == 0 ? other->users : other->users * missing / asked;
}

/* They come in the order of their places, so there must be room for all before the first: a table that is filled from
 * one end is crowded there. */
int day_set_unite(struct day_set *set, const struct day_set *other, struct err *err)
{
    int r = other->users == 0 ? 0 : day_set_reserve(set, set->users + estimate_new(set, other), err);
    for (size_t at = 0; r == 0 && at < total(other); at++) {
        const struct day_bucket *bucket = &other->buckets[at];
        for (uint32_t i = 0; r == 0 && i < bucket->used; i++)
            r = add_days(set, (struct entry){bucket->hashes[i], bucket->days[i]}, err);
    }
    return r;
}

size_t day_set_export(const struct day_set *set, uint64_t first, uint64_t last, void *ret, size_t room)
{
    uint8_t *to = ret;
    size_t count = 0;
    if (set->buckets == NULL)
        return 0;
    size_t end = home_of(last, set->bucket_count) + set->far + 1;
    for (size_t at = home_of(first, set->bucket_count); at < end && at < total(set); at++) {
        const struct day_bucket *bucket = &set->buckets[at];
        for (uint32_t i = 0; i < bucket->used; i++) {
            uint64_t hash = bucket->hashes[i];
            if (hash < first || hash > last)
                continue;
            if (count < room) {
                /* Nearly in order already: it goes a few places down at most. */
                size_t place = count;
                while (place > 0 && entry_read(to + (place - 1) * DAY_ENTRY_BYTES).hash > hash)
                    place--;
                uint8_t *slot = to + place * DAY_ENTRY_BYTES;
                memmove(slot + DAY_ENTRY_BYTES, slot, (count - place) * DAY_ENTRY_BYTES);
                memcpy(slot, &hash, 8);
                memcpy(slot + 8, &bucket->days[i], 4);
            }
            count++;
        }
    }
    return count;
}

uint32_t day_set_days(const struct day_set *set, uint64_t hash)
{
    hash = hash == 0 ? 1 : hash;
    if (set->buckets == NULL)
        return 0;
    for (size_t at = home_of(hash, set->bucket_count); at < total(set); at++) {
        const struct day_bucket *bucket = &set->buckets[at];
        unsigned found = match(bucket, hash);
        if (found != 0)
            return bucket->days[__builtin_ctz(found)];
        if (bucket->used < SLOTS)
            break;
    }
    return 0;
}

int day_set_copy(const struct day_set *set, struct day_set *ret, struct err *err)
{
    struct day_set copy = *set;
    if (set->buckets != NULL) {
        copy.buckets = map_grow(NULL, 0, set->room_bytes);
        if (copy.buckets == NULL)
            return err_memory(err);
        memcpy(copy.buckets, set->buckets, set->room_bytes);
    }
    *ret = copy;
    return 0;
}
