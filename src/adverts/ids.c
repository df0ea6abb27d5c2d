/* Which serial an id has, in memory.
 *
 * A table with open addressing: of each id (the public one, and the platform's own where there is one) a keyed hash of
 * 64 bits with its serial and day, 16 bytes. Two ids of the same hash would be mistaken for one another; with a key
 * that nobody knows that is one chance in 2^64 for each pair. Entries of what is removed stay until the next start; a
 * bit for each serial tells that it is gone. */
#include "adverts/ids.h"
#include "adverts/adverts.h"
#include "cases/record.h"
#include "store/advert_rows.h"
#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ROOM_FIRST 1024
#define FOLLOW_BATCH 1000

struct entry {
    uint64_t hash; /* 0: free */
    int32_t serial, placed_day;
};
static_assert(sizeof(struct entry) == 16, "an entry has 16 bytes");

struct advert_ids {
    const struct office *office;
    pthread_mutex_t follower; /* one reads what is new; others wait, and read the rest */
    pthread_rwlock_t lock;
    unsigned char key[crypto_shorthash_KEYBYTES];
    struct entry *entries;
    size_t room, count; /* room: a power of two */
    uint8_t *removed;   /* a bit for each serial below */
    size_t removed_room;
    int64_t leaf, leaf_serial; /* up to which it is current */
};

static uint64_t hash_of(const struct advert_ids *ids, const char *id, size_t count)
{
    uint64_t hash;

    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)id, count, ids->key);
    return hash == 0 ? 1 : hash;
}

static struct entry *place_of_hash(struct entry *entries, size_t room, uint64_t hash)
{
    size_t at = hash & (room - 1);

    while (entries[at].hash != 0 && entries[at].hash != hash)
        at = (at + 1) & (room - 1);
    return &entries[at];
}

static struct entry *entries_new(size_t room)
{
    struct entry *entries =
        mmap(NULL, room * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (entries == MAP_FAILED)
        return NULL;
    madvise(entries, room * sizeof(*entries), MADV_HUGEPAGE);
    return entries;
}

static int grow(struct advert_ids *ids, struct err *err)
{
    size_t room = ids->room * 2;
    struct entry *entries = entries_new(room);

    if (entries == NULL)
        return err_memory(err);
    for (size_t i = 0; i < ids->room; i++)
        if (ids->entries[i].hash != 0)
            *place_of_hash(entries, room, ids->entries[i].hash) = ids->entries[i];
    munmap(ids->entries, ids->room * sizeof(*ids->entries));
    ids->entries = entries;
    ids->room = room;
    return 0;
}

static int put(struct advert_ids *ids, const char *id, int32_t serial, int32_t day, struct err *err)
{
    struct entry *entry;
    uint64_t hash;

    if (id == NULL)
        return 0;
    if (ids->count >= ids->room / 8 * 5) {
        int r = grow(ids, err);

        if (r < 0)
            return r;
    }
    hash = hash_of(ids, id, strlen(id));
    entry = place_of_hash(ids->entries, ids->room, hash);
    ids->count += entry->hash == 0;
    *entry = (struct entry){.hash = hash, .serial = serial, .placed_day = day};
    return 0;
}

static int mark_removed(struct advert_ids *ids, int64_t serial, struct err *err)
{
    size_t at = (size_t)serial / 8;

    if (at >= ids->removed_room) {
        size_t room = at * 2 + 64;
        uint8_t *grown = realloc(ids->removed, room);

        if (grown == NULL)
            return err_memory(err);
        memset(grown + ids->removed_room, 0, room - ids->removed_room);
        ids->removed = grown;
        ids->removed_room = room;
    }
    ids->removed[at] |= (uint8_t)(1u << (serial % 8));
    return 0;
}

static bool is_removed(const struct advert_ids *ids, int32_t serial)
{
    size_t at = (size_t)serial / 8;

    return at < ids->removed_room && (ids->removed[at] >> (serial % 8) & 1) != 0;
}

static bool is_new(const struct advert_ids *ids, const struct advert_row *row)
{
    return row->leaf > ids->leaf || (row->leaf == ids->leaf && row->serial > ids->leaf_serial);
}

static int take_in(const struct advert_row *row, void *arg, struct err *err)
{
    struct advert_ids *ids = arg;
    int32_t day = zone_day_of(&ids->office->catalogue->calendar->zone, row->placed_usec);
    int r;

    if (row->serial > INT32_MAX)
        return err_set(err, ERR_INTERNAL, "adverts_too_many", NULL);
    if (row->removed_usec != TIME_NONE)
        r = mark_removed(ids, row->serial, err);
    else
        r = put(ids, row->id, (int32_t)row->serial, day, err);
    if (r == 0 && row->removed_usec == TIME_NONE)
        r = put(ids, row->own_id, (int32_t)row->serial, day, err);
    if (r == 0 && is_new(ids, row)) {
        ids->leaf = row->leaf;
        ids->leaf_serial = row->serial;
    }
    return r;
}

int advert_ids_new(const struct office *office, struct advert_ids **ret, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    struct advert_ids *ids = calloc(1, sizeof(*ids));
    int r;

    if (ids == NULL)
        return err_memory(err);
    ids->office = office;
    ids->room = ROOM_FIRST;
    ids->leaf = -1;
    pthread_mutex_init(&ids->follower, NULL);
    pthread_rwlock_init(&ids->lock, NULL);
    randombytes_buf(ids->key, sizeof(ids->key));
    ids->entries = entries_new(ids->room);
    r = ids->entries == NULL ? err_memory(err) : store_read_begin(office->store, &tx, err);
    if (r == 0)
        r = store_advert_scan(tx, take_in, ids, err);
    if (r < 0) {
        advert_ids_free(ids);
        return r;
    }
    *ret = ids;
    return 0;
}

void advert_ids_free(struct advert_ids *ids)
{
    if (ids == NULL)
        return;
    if (ids->entries != NULL)
        munmap(ids->entries, ids->room * sizeof(*ids->entries));
    free(ids->removed);
    pthread_rwlock_destroy(&ids->lock);
    pthread_mutex_destroy(&ids->follower);
    free(ids);
}

static int follow_piece(struct advert_ids *ids, struct tx *tx, size_t *ret_count, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct advert_row *rows;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_advert_follow(tx, ids->leaf, ids->leaf_serial, FOLLOW_BATCH, &arena, &rows, ret_count, err);
    if (r < 0 || *ret_count == 0)
        return r;
    pthread_rwlock_wrlock(&ids->lock);
    for (size_t i = 0; i < *ret_count && r == 0; i++)
        r = take_in(&rows[i], ids, err);
    pthread_rwlock_unlock(&ids->lock);
    return r;
}

int advert_ids_follow(struct advert_ids *ids, struct tx *tx, struct err *err)
{
    size_t count = FOLLOW_BATCH;
    int r = 0;

    pthread_mutex_lock(&ids->follower);
    while (count == FOLLOW_BATCH && r == 0)
        r = follow_piece(ids, tx, &count, err);
    pthread_mutex_unlock(&ids->follower);
    return r;
}

int64_t advert_ids_find_placed(const struct advert_ids *ids, const char *id, size_t count, int32_t *ret_placed_day)
{
    uint64_t hash = hash_of(ids, id, count);
    const struct entry *entry;
    int64_t serial = -1;

    pthread_rwlock_rdlock((pthread_rwlock_t *)&ids->lock);
    entry = place_of_hash(ids->entries, ids->room, hash);
    if (entry->hash != 0 && !is_removed(ids, entry->serial)) {
        serial = entry->serial;
        *ret_placed_day = entry->placed_day;
    }
    pthread_rwlock_unlock((pthread_rwlock_t *)&ids->lock);
    return serial;
}

int64_t advert_ids_find(const struct advert_ids *ids, const char *id, size_t count)
{
    int32_t day;

    return advert_ids_find_placed(ids, id, count, &day);
}
