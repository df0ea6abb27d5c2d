/* The inside of the index: its tables, how a consent is packed into a slot, and what the files of the index ask of each
 * other. Private to the room. */
#ifndef TALAP_PERSONS_INDEX_PARTS_H
#define TALAP_PERSONS_INDEX_PARTS_H

#include "persons/decide_parts.h"
#include "persons/index_table.h"
#include "persons/person_index.h"
#include <pthread.h>

/* --- Slots of the table of consents ----------------------------------------------------------------------------------
 *
 *   word 0   key of the person
 *   word 1   categories
 *   word 2   until_sec 0–31, purpose 32–47, set of recipients 48–63
 *   word 3   leaf 0–39, stands 40–44, given 45–49, flags of the person 50–56, not begun 57, more 58, rest of the set
 * 59–63
 *
 * Not begun: whatever its term says, it does not hold yet (the follower looks when it begins). More: there are other
 * slots of this person for this purpose. A slot without a consent (LEAF_NONE) holds the flags of the person for a
 * purpose alone. */
#define LEAF_NONE ((INT64_C(1) << 40) - 1)
#define FLAGS_SHIFT 50
#define FLAGS_MASK (UINT64_C(127) << FLAGS_SHIFT)
#define SLOT_NOT_BEGUN (UINT64_C(1) << 57)
#define SLOT_MORE (UINT64_C(1) << 58)

struct slot {
    uint64_t key, categories, term, rest;
};

static inline unsigned slot_purpose(uint64_t term)
{
    return (unsigned)(term >> 32) & 0xFFFF;
}

static inline int64_t slot_leaf(uint64_t rest)
{
    return (int64_t)(rest & (uint64_t)LEAF_NONE);
}

static inline unsigned slot_flags(uint64_t rest)
{
    return (unsigned)(rest >> FLAGS_SHIFT) & 127;
}

static inline struct slot slot_make(uint64_t key, unsigned purpose, unsigned flags, const struct consent_seen *consent,
                                    bool begun)
{
    return (struct slot){
        .key = key,
        .categories = consent->categories,
        .term = (uint64_t)consent->until_sec | (uint64_t)purpose << 32 | (uint64_t)(consent->recipients & 0xFFFF) << 48,
        .rest = (uint64_t)consent->leaf | (uint64_t)(consent->stands & 31) << 40 |
                (uint64_t)(consent->given & 31) << 45 | (uint64_t)flags << FLAGS_SHIFT | (begun ? 0 : SLOT_NOT_BEGUN) |
                (uint64_t)(consent->recipients >> 16) << 59,
    };
}

static inline struct slot slot_read(const _Atomic uint64_t *at)
{
    return (struct slot){word_get(at), word_get(at + 1), word_get(at + 2), word_get(at + 3)};
}

static inline struct consent_seen slot_consent(const struct slot *slot)
{
    return (struct consent_seen){
        .categories = slot->categories,
        .leaf = slot_leaf(slot->rest),
        .from_sec = (slot->rest & SLOT_NOT_BEGUN) != 0 ? UINT32_MAX : 0,
        .until_sec = (uint32_t)slot->term,
        .recipients = (uint32_t)(slot->term >> 48) | (uint32_t)(slot->rest >> 59) << 16,
        .given = (uint8_t)(slot->rest >> 45 & 31),
        .stands = (uint8_t)(slot->rest >> 40 & 31),
    };
}

/* --- Slots of the table of people: key; serial number 0–31, flags 32–38, shared 39 -----------------------------------
 */
#define PERSON_FLAGS_SHIFT 32
#define PERSON_SHARED (UINT64_C(1) << 39)
#define SERIAL_MAX UINT32_MAX

/* --- The index -------------------------------------------------------------------------------------------------------
 */

#define STRIPES 1024
#define READERS 64

/* One for each thread that asks, the last for all that came after. */
struct reader {
    _Alignas(64) atomic_uint in;
    atomic_ullong decisions[3];
};
/* A consent that begins later. */
struct beginning {
    int64_t from_sec, serial;
};

struct person_index {
    const struct office *office;
    int threads;
    struct table *_Atomic consents, *_Atomic people;
    atomic_uint stripes[STRIPES]; /* odd: one of these people is being written */
    struct reader readers[READERS + 1];
    atomic_llong leaf, followed_at_usec, built_usec;
    atomic_llong next_usec;  /* until then time alone changes nothing */
    pthread_mutex_t writing; /* whoever follows */
    pthread_mutex_t law_lock;
    struct decision_law *law;
    /* Of the follower alone: */
    uint64_t *keys; /* by serial number; 0: not taken in */
    atomic_size_t key_room;
    struct beginning *beginnings;
    size_t beginning_count, beginning_room;
    int32_t today;
};

static inline unsigned stripe_of(uint64_t key)
{
    return (unsigned)(key >> 54);
}
/* Around every change of what a key's slots say. */
void stripe_lock(struct person_index *index, uint64_t key);
void stripe_unlock(struct person_index *index, uint64_t key);

/* index_write.c. Adds a consent to its person and purpose, unless one that is there makes it needless; what it makes
 * needless goes. Under the stripe. */
void slot_put(struct table *table, const struct slot *slot);
/* Takes out all of a key for a purpose. Under the stripe. */
void slots_remove(struct table *table, uint64_t key, unsigned purpose);
/* Puts a person into the table of people, or their flags anew. A key that another serial number has: marked as shared,
 * true is returned. Under the stripe when somebody reads. */
bool person_put(struct table *table, uint64_t key, int64_t serial, unsigned flags);
/* Reads one person from the store and writes what stands about them. */
int person_refresh(struct person_index *index, struct tx *tx, int64_t serial, int64_t now_usec,
                   struct err *err) WARN_UNUSED;
int keys_reserve(struct person_index *index, int64_t serial, struct err *err) WARN_UNUSED;
int beginning_add(struct person_index *index, int64_t from_sec, int64_t serial, struct err *err) WARN_UNUSED;
/* A new table in place of an old one, which goes once nobody reads it any more. */
void table_swap(struct person_index *index, struct table *_Atomic *place, struct table *table);

/* index_build.c: new tables from the store, in place of what is there. *ret_leaf: what is certainly in them. */
int index_build(struct person_index *index, int64_t now_usec, int64_t *ret_leaf, struct err *err) WARN_UNUSED;

#endif
