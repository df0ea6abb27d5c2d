/* What changes the tables of the index: one person after the other, under the sequence number of their stripe. */
#include "persons/index_parts.h"
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define CONSENTS_MAX 100000 /* of one person, who is given no more than CONSENTS_OF_PERSON_MAX: refused, not cut */
/* Beyond this part of a table it is made larger; a new one is filled up to the second. */
#define FULL_PERCENT 78

void stripe_lock(struct person_index *index, uint64_t key)
{
    atomic_uint *stripe = &index->stripes[stripe_of(key)];

    atomic_store_explicit(stripe, atomic_load_explicit(stripe, memory_order_relaxed) + 1, memory_order_relaxed);
}

void stripe_unlock(struct person_index *index, uint64_t key)
{
    atomic_uint *stripe = &index->stripes[stripe_of(key)];

    atomic_store_explicit(stripe, atomic_load_explicit(stripe, memory_order_relaxed) + 1, memory_order_release);
}

/* --- Slots -----------------------------------------------------------------------------------------------------------
 */

static bool slot_dead(const struct slot *slot)
{
    struct consent_seen consent = slot_consent(slot);

    return consent.leaf == LEAF_NONE || (consent.stands & ASPECT_PROCESSING) == 0 || consent.until_sec == 0;
}

/* Whatever `older` allows, and as long, `newer` allows too; and what was withdrawn of it was of the other. */
static bool slot_holds(const struct slot *newer, const struct slot *older)
{
    struct consent_seen n = slot_consent(newer), o = slot_consent(older);

    return n.leaf >= o.leaf && (newer->rest & SLOT_NOT_BEGUN) == 0 && (o.categories & ~n.categories) == 0 &&
           o.recipients == n.recipients && (o.stands & ~n.stands) == 0 && o.until_sec <= n.until_sec &&
           (o.given & ~o.stands & ~(n.given & ~n.stands)) == 0;
}

/* Is `older` needless beside `newer`? Of what holds no more only the newest tells a reason. */
static bool slot_needless(const struct slot *older, const struct slot *newer)
{
    bool older_dead = slot_dead(older);

    if (slot_leaf(older->rest) == LEAF_NONE)
        return true;
    if (slot_leaf(newer->rest) == LEAF_NONE)
        return false;
    if (older_dead)
        return slot_leaf(newer->rest) > slot_leaf(older->rest);
    return !slot_dead(newer) && slot_holds(newer, older);
}

static void slot_write(_Atomic uint64_t *at, const struct slot *slot)
{
    word_set(at + 1, slot->categories);
    word_set(at + 2, slot->term);
    word_set(at + 3, slot->rest);
}

static void slot_remove(struct table *table, _Atomic uint64_t *at)
{
    word_set(at, KEY_GONE);
    atomic_fetch_add_explicit(&table->gone, 1, memory_order_relaxed);
}

/* The next slot of the key and purpose from the walk on; NULL when there is none. */
static _Atomic uint64_t *walk_find(struct walk *walk, uint64_t key, unsigned purpose)
{
    for (;; walk_next(walk)) {
        _Atomic uint64_t *at = walk_slot(walk);
        uint64_t here = word_get(at);

        if (here == KEY_NONE)
            return NULL;
        if (here == key && slot_purpose(word_get(at + 2)) == purpose)
            return at;
    }
}

void slot_put(struct table *table, const struct slot *slot)
{
    unsigned purpose = slot_purpose(slot->term);
    struct slot mine = *slot;
    _Atomic uint64_t *at;
    bool others = false;

    for (struct walk walk = walk_begin(table, slot->key, purpose); (at = walk_find(&walk, slot->key, purpose)) != NULL;
         walk_next(&walk)) {
        struct slot there = slot_read(at);
        if (slot_needless(&mine, &there))
            return;
        if (slot_needless(&there, &mine))
            slot_remove(table, at);
        else
            others = true;
    }
    if (others) {
        mine.rest |= SLOT_MORE;
        for (struct walk walk = walk_begin(table, slot->key, purpose);
             (at = walk_find(&walk, slot->key, purpose)) != NULL; walk_next(&walk))
            word_set(at + 3, word_get(at + 3) | SLOT_MORE);
    }
    slot_write(table_take(table, slot->key, purpose), &mine);
}

void slots_remove(struct table *table, uint64_t key, unsigned purpose)
{
    _Atomic uint64_t *at;

    for (struct walk walk = walk_begin(table, key, purpose); (at = walk_find(&walk, key, purpose)) != NULL;
         walk_next(&walk))
        slot_remove(table, at);
}

static _Atomic uint64_t *person_find_slot(const struct table *table, uint64_t key)
{
    for (struct walk walk = walk_begin(table, key, 0);; walk_next(&walk)) {
        _Atomic uint64_t *at = walk_slot(&walk);
        uint64_t here = word_get(at);

        if (here == KEY_NONE)
            return NULL;
        if (here == key)
            return at;
    }
}

bool person_put(struct table *table, uint64_t key, int64_t serial, unsigned flags)
{
    _Atomic uint64_t *at = person_find_slot(table, key);
    uint64_t rest = (uint64_t)serial | (uint64_t)flags << PERSON_FLAGS_SHIFT;

    if (at == NULL) {
        at = table_take(table, key, 0);
        word_set(at + 1, rest);
        return false;
    }
    if ((uint32_t)word_get(at + 1) != (uint32_t)serial || (word_get(at + 1) & PERSON_SHARED) != 0) {
        word_set(at + 1, word_get(at + 1) | PERSON_SHARED);
        return true;
    }
    word_set(at + 1, rest);
    return false;
}

/* --- Larger tables ---------------------------------------------------------------------------------------------------
 */

void table_swap(struct person_index *index, struct table *_Atomic *place, struct table *table)
{
    struct table *old = atomic_exchange(place, table);

    /* Who comes from now on finds the new one; whoever is inside leaves within microseconds. */
    for (size_t i = 0; old != NULL && i <= READERS; i++) {
        while (atomic_load(&index->readers[i].in) != 0)
            sched_yield();
    }
    table_free(old);
}

static int table_room(struct person_index *index, struct table *_Atomic *place, size_t more, struct err *err)
{
    struct table *table = atomic_load(place), *larger;
    size_t used = atomic_load(&table->used), live = used - atomic_load(&table->gone), slots = table_slots(table);
    int r;

    if ((used + more) * 100 < slots * FULL_PERCENT)
        return 0;
    r = table_new((live + more) * 100 / FILLED_PERCENT + 1024, table->width, &larger, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < slots; i++) {
        const _Atomic uint64_t *from = &table->words[i * table->width];
        uint64_t key = word_get(from);
        _Atomic uint64_t *to;

        if (key < KEY_FIRST)
            continue;
        to = table_take(larger, key, table->width == 4 ? slot_purpose(word_get(from + 2)) : 0);
        for (size_t word = 1; word < table->width; word++)
            word_set(to + word, word_get(from + word));
    }
    table_swap(index, place, larger);
    return 0;
}

int keys_reserve(struct person_index *index, int64_t serial, struct err *err)
{
    size_t room = atomic_load(&index->key_room), want = (size_t)serial + 1;
    uint64_t *keys;

    if (serial < 0 || serial >= SERIAL_MAX)
        return err_set(err, ERR_DAMAGED, "store_damaged", "person %lld", (long long)serial);
    if (want <= room)
        return 0;
    want += want / 8 + 64;
    keys = reallocarray(index->keys, want, sizeof(*keys));
    if (keys == NULL)
        return err_memory(err);
    memset(keys + room, 0, (want - room) * sizeof(*keys));
    index->keys = keys;
    atomic_store(&index->key_room, want);
    return 0;
}

int beginning_add(struct person_index *index, int64_t from_sec, int64_t serial, struct err *err)
{
    if (index->beginning_count == index->beginning_room) {
        size_t room = index->beginning_room != 0 ? index->beginning_room * 2 : 64;
        struct beginning *beginnings = reallocarray(index->beginnings, room, sizeof(*beginnings));
        if (beginnings == NULL)
            return err_memory(err);
        index->beginnings = beginnings;
        index->beginning_room = room;
    }
    index->beginnings[index->beginning_count++] = (struct beginning){from_sec, serial};
    return 0;
}

/* --- One person ------------------------------------------------------------------------------------------------------
 */

struct refreshing {
    struct person_index *index;
    struct arena *arena;
    struct slot *slots; /* key and flags are filled in once they are known */
    size_t count, room;
    int64_t now_usec;
};

static int slot_add(struct refreshing *refreshing, const struct slot *slot, struct err *err)
{
    if (refreshing->count == CONSENTS_MAX)
        return err_set(err, ERR_TOO_LARGE, "too_large", NULL);
    if (refreshing->count == refreshing->room) {
        size_t room = refreshing->room != 0 ? refreshing->room * 2 : 16;
        struct slot *slots = ARENA_ARRAY(refreshing->arena, struct slot, room);
        if (slots == NULL)
            return err_memory(err);
        if (refreshing->count != 0)
            memcpy(slots, refreshing->slots, refreshing->count * sizeof(*slots));
        refreshing->slots = slots;
        refreshing->room = room;
    }
    refreshing->slots[refreshing->count++] = *slot;
    return 0;
}

static int each_consent(const struct consent_brief *row, void *arg, struct err *err)
{
    struct refreshing *refreshing = arg;
    struct consent_seen consent;
    bool begun = row->from_sec <= refreshing->now_usec / USEC_PER_SEC;
    struct slot slot;
    int r = 0;

    if (row->purpose <= 0 || row->purpose > UINT16_MAX || row->leaf >= LEAF_NONE)
        return 0; /* a purpose that no question can name */
    consent_see(row, &consent);
    slot = slot_make(0, (unsigned)row->purpose, 0, &consent, begun);
    r = slot_add(refreshing, &slot, err);
    if (r == 0 && !begun && !row->ended)
        r = beginning_add(refreshing->index, row->from_sec, row->person, err);
    return r;
}

static unsigned objection_flags(const struct objection_row *objections, size_t count, int64_t purpose)
{
    unsigned flags = 0;

    for (size_t i = 0; i < count; i++) {
        if (objections[i].purpose == 0 || objections[i].purpose == purpose)
            flags |= strcmp(objections[i].state, "upheld") == 0 ? PERSON_OBJECTED
                     : strcmp(objections[i].state, "open") == 0 ? PERSON_OBJECTING
                                                                : 0u;
    }
    return flags;
}

static int brief_take(const struct person_brief *row, void *arg, struct err *err)
{
    *(struct person_brief *)arg = *row;
    return 0;
}

/* By what the index knows them: the operator's id, or for whoever was destroyed the subject's. 0: nobody. */
static int key_find(struct person_index *index, struct tx *tx, const struct person_brief *person, struct arena *arena,
                    uint64_t *ret, struct err *err)
{
    struct person_row row;
    bool found = false;
    int r;

    if (!person->destroyed && person->key64 != 0) {
        *ret = person->key64 < KEY_FIRST ? 0 : person->key64;
        return 0;
    }
    r = store_person_by_serial(tx, person->serial, arena, &row, &found, err);
    if (r == 0)
        *ret = found ? person_key(index->office->keyring, row.subject_id) : 0;
    if (r == 0 && *ret < KEY_FIRST)
        *ret = 0;
    return r;
}

/* Takes out everything under a key. */
static void key_forget(struct person_index *index, uint64_t key)
{
    struct table *people = atomic_load(&index->people), *consents = atomic_load(&index->consents);
    _Atomic uint64_t *at = person_find_slot(people, key);

    for (uint32_t purpose = 1; purpose < index->law->purpose_end; purpose++)
        slots_remove(consents, key, purpose);
    if (at != NULL)
        slot_remove(people, at);
}

static void slots_write(struct person_index *index, uint64_t key, int64_t serial, unsigned flags,
                        struct refreshing *refreshing, const struct objection_row *objections, size_t objection_count)
{
    struct table *consents = atomic_load(&index->consents);
    uint64_t old = index->keys[serial];

    if (old != 0 && old != key) {
        stripe_lock(index, old);
        key_forget(index, old);
        stripe_unlock(index, old);
    }
    index->keys[serial] = key;
    if (key == 0)
        return;
    stripe_lock(index, key);
    if (person_put(atomic_load(&index->people), key, serial, flags | objection_flags(objections, objection_count, 0))) {
        /* Once in a thousand installations, if ever: every purpose there could be. */
        for (uint32_t purpose = 1; purpose <= UINT16_MAX; purpose++)
            slots_remove(consents, key, purpose);
    } else {
        for (size_t i = 0; i < refreshing->count; i++)
            slots_remove(consents, key, slot_purpose(refreshing->slots[i].term));
        for (size_t i = 0; i < refreshing->count; i++) {
            struct slot slot = refreshing->slots[i];
            unsigned all = flags | objection_flags(objections, objection_count, slot_purpose(slot.term));
            slot.key = key;
            slot.rest |= (uint64_t)all << FLAGS_SHIFT;
            slot_put(consents, &slot);
        }
    }
    stripe_unlock(index, key);
}

int person_refresh(struct person_index *index, struct tx *tx, int64_t serial, int64_t now_usec, struct err *err)
{
    struct arena arena = {0};
    struct refreshing refreshing = {.index = index, .arena = &arena, .now_usec = now_usec};
    struct person_brief person = {0};
    struct objection_row *objections = NULL;
    size_t objection_count = 0;
    uint64_t key = 0;
    int r = keys_reserve(index, serial, err);

    arena_init(&arena, (size_t)64 << 20);
    if (r == 0)
        r = store_person_brief_scan(tx, serial, serial + 1, brief_take, &person, err);
    if (r == 0 && person.serial == 0)
        r = err_set(err, ERR_DAMAGED, "store_damaged", "person %lld", (long long)serial);
    if (r == 0)
        r = key_find(index, tx, &person, &arena, &key, err);
    if (r == 0)
        r = store_consent_brief_of(tx, serial, each_consent, &refreshing, err);
    if (r == 0)
        r = store_objection_of(tx, serial, &arena, &objections, &objection_count, err);
    /* What they object to though no consent stands there: flags alone. Withdrawn objections keep an empty one. */
    for (size_t i = 0; r == 0 && i < objection_count; i++) {
        const struct consent_seen none = {.leaf = LEAF_NONE};
        if (objections[i].purpose > 0 && objections[i].purpose <= UINT16_MAX) {
            struct slot slot = slot_make(0, (unsigned)objections[i].purpose, 0, &none, true);
            r = slot_add(&refreshing, &slot, err);
        }
    }
    if (r == 0)
        r = table_room(index, &index->consents, refreshing.count, err);
    if (r == 0)
        r = table_room(index, &index->people, 1, err);
    if (r == 0)
        slots_write(index, key, serial,
                    person_flags(&person, zone_day_of(&index->office->catalogue->calendar->zone, now_usec)),
                    &refreshing, objections, objection_count);
    arena_done(&arena);
    return r;
}
