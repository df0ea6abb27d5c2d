/* Building the tables from the store: several readers take stretches of people, then of consents. Each stretch's rows
 * are put away in small batches, whose places are fetched ahead. */
#include "persons/index_parts.h"
#include <stdlib.h>
#include <string.h>

#define STRETCHES 64
#define BATCH 64

struct building {
    struct person_index *index;
    struct table *consents, *people;
    uint64_t *keys; /* by serial number */
    uint8_t *flags; /* the same; gone when all is built */
    int64_t count;  /* of people */
    int64_t newest; /* leaf of a consent */
    int64_t now_usec;
    int32_t today;
    atomic_int stretch;
    atomic_bool failed;
    atomic_flag locks[STRIPES]; /* of keys: so that no two readers change one person's slots */
    pthread_mutex_t lock;       /* of what follows */
    int64_t *again;             /* people to be read by themselves: destroyed, or under a shared key */
    size_t again_count, again_room;
    int64_t *objectors; /* sorted */
    size_t objector_count;
    struct err err;
};

static void key_lock(struct building *building, uint64_t key)
{
    while (atomic_flag_test_and_set_explicit(&building->locks[stripe_of(key)], memory_order_acquire))
        ;
}

static void key_unlock(struct building *building, uint64_t key)
{
    atomic_flag_clear_explicit(&building->locks[stripe_of(key)], memory_order_release);
}

static int again_add(struct building *building, int64_t serial, struct err *err)
{
    int r = 0;

    pthread_mutex_lock(&building->lock);
    if (building->again_count == building->again_room) {
        size_t room = building->again_room != 0 ? building->again_room * 2 : 64;
        int64_t *again = reallocarray(building->again, room, sizeof(*again));
        if (again == NULL)
            r = err_memory(err);
        else {
            building->again = again;
            building->again_room = room;
        }
    }
    if (r == 0)
        building->again[building->again_count++] = serial;
    pthread_mutex_unlock(&building->lock);
    return r;
}

/* --- People ----------------------------------------------------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool objects(const struct building *building, int64_t serial)
{
    return building->objector_count != 0 &&
           bsearch(&serial, building->objectors, building->objector_count, sizeof(serial), compare) != NULL;
}

struct people_batch {
    struct building *building;
    struct person_brief rows[BATCH];
    size_t count;
};

static int people_put(struct people_batch *batch, struct err *err)
{
    struct building *building = batch->building;
    int r = 0;

    for (size_t i = 0; i < batch->count; i++)
        __builtin_prefetch(
            (const void *)&building->people->words[table_line(building->people, batch->rows[i].key64, 0) * LINE_WORDS],
            1);
    for (size_t i = 0; r == 0 && i < batch->count; i++) {
        const struct person_brief *row = &batch->rows[i];
        unsigned flags = person_flags(row, building->today);
        bool shared;

        key_lock(building, row->key64);
        shared = person_put(building->people, row->key64, row->serial, flags);
        key_unlock(building, row->key64);
        building->keys[row->serial] = row->key64;
        building->flags[row->serial] = (uint8_t)flags;
        if (shared)
            r = again_add(building, row->serial, err);
    }
    batch->count = 0;
    return r;
}

static int each_person(const struct person_brief *row, void *arg, struct err *err)
{
    struct people_batch *batch = arg;
    struct building *building = batch->building;

    if (row->serial <= 0 || row->serial > building->count)
        return 0; /* came after the count: the follower brings them */
    if (row->destroyed || row->key64 < KEY_FIRST)
        return again_add(building, row->serial, err);
    if (objects(building, row->serial))
        return 0; /* unknown until read by themselves, never without what they object to */
    batch->rows[batch->count++] = *row;
    return batch->count == BATCH ? people_put(batch, err) : 0;
}

static int people_stretch(struct building *building, struct tx *tx, int stretch, struct err *err)
{
    int64_t each = building->count / STRETCHES + 1, from = 1 + each * stretch;
    struct people_batch batch = {.building = building};
    int r = store_person_brief_scan(tx, from, from + each, each_person, &batch, err);

    return r < 0 ? r : people_put(&batch, err);
}

/* --- Consents --------------------------------------------------------------------------------------------------------
 */

struct batch {
    struct building *building;
    struct consent_brief rows[BATCH];
    size_t count;
};

static int consent_begins(struct building *building, const struct consent_brief *row, struct err *err)
{
    int r;

    pthread_mutex_lock(&building->lock);
    r = beginning_add(building->index, row->from_sec, row->person, err);
    pthread_mutex_unlock(&building->lock);
    return r;
}

static int batch_put(struct batch *batch, struct err *err)
{
    struct building *building = batch->building;
    struct slot slots[BATCH];
    int r = 0;

    for (size_t i = 0; i < batch->count; i++) {
        __builtin_prefetch(&building->keys[batch->rows[i].person]);
        __builtin_prefetch(&building->flags[batch->rows[i].person]);
    }
    for (size_t i = 0; i < batch->count; i++) {
        const struct consent_brief *row = &batch->rows[i];
        struct consent_seen consent;

        consent_see(row, &consent);
        slots[i] = slot_make(building->keys[row->person], (unsigned)row->purpose, building->flags[row->person],
                             &consent, row->from_sec <= building->now_usec / USEC_PER_SEC);
        __builtin_prefetch(
            (const void *)&building->consents
                ->words[table_line(building->consents, slots[i].key, (unsigned)row->purpose) * LINE_WORDS],
            1);
    }
    for (size_t i = 0; r == 0 && i < batch->count; i++) {
        if ((slots[i].rest & SLOT_NOT_BEGUN) != 0 && !batch->rows[i].ended)
            r = consent_begins(building, &batch->rows[i], err);
        if (slots[i].key < KEY_FIRST)
            continue; /* read by themselves */
        key_lock(building, slots[i].key);
        slot_put(building->consents, &slots[i]);
        key_unlock(building, slots[i].key);
    }
    batch->count = 0;
    return r;
}

static int each_consent(const struct consent_brief *row, void *arg, struct err *err)
{
    struct batch *batch = arg;

    if (row->person <= 0 || row->person > batch->building->count || row->purpose <= 0 || row->purpose > UINT16_MAX ||
        row->leaf >= LEAF_NONE)
        return 0;
    batch->rows[batch->count++] = *row;
    return batch->count == BATCH ? batch_put(batch, err) : 0;
}

static int consents_stretch(struct building *building, struct tx *tx, int stretch, struct err *err)
{
    int64_t each = (building->newest + 1) / STRETCHES + 1, from = each * stretch;
    struct batch batch = {.building = building};
    int r = store_consent_brief_scan(tx, from, from + each, each_consent, &batch, err);

    return r < 0 ? r : batch_put(&batch, err);
}

/* --- All of it -------------------------------------------------------------------------------------------------------
 */

struct worker {
    struct building *building;
    int (*stretch)(struct building *building, struct tx *tx, int stretch, struct err *err);
};

static void *work(void *arg)
{
    const struct worker *worker = arg;
    struct building *building = worker->building;
    struct err err = {0};
    struct tx *tx = NULL;
    int stretch, r = store_read_begin(building->index->office->store, &tx, &err);

    while (r == 0 && !atomic_load(&building->failed) && (stretch = atomic_fetch_add(&building->stretch, 1)) < STRETCHES)
        r = worker->stretch(building, tx, stretch, &err);
    store_read_end(tx);
    if (r < 0) {
        pthread_mutex_lock(&building->lock);
        if (!atomic_exchange(&building->failed, true))
            building->err = err;
        pthread_mutex_unlock(&building->lock);
    }
    return NULL;
}

static int work_all(struct building *building,
                    int (*stretch)(struct building *building, struct tx *tx, int stretch, struct err *err),
                    struct err *err)
{
    struct worker worker = {building, stretch};
    pthread_t threads[16];
    int started = 0;

    atomic_store(&building->stretch, 0);
    /* Where no thread starts, this one does all of the work. */
    while (started + 1 < building->index->threads && started < 16 &&
           pthread_create(&threads[started], NULL, work, &worker) == 0)
        started++;
    (void)work(&worker);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (atomic_load(&building->failed)) {
        if (err != NULL)
            *err = building->err;
        return -(int)building->err.kind;
    }
    return 0;
}

static int building_count(struct building *building, int64_t *ret_leaf, int64_t *ret_consents, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    int r = store_read_begin(building->index->office->store, &tx, err);

    if (r == 0)
        r = store_ledger_size(tx, ret_leaf, err);
    if (r == 0)
        r = store_person_count(tx, &building->count, err);
    if (r == 0)
        r = store_consent_newest(tx, &building->newest, err);
    if (r == 0)
        r = store_consent_count(tx, ret_consents, err);
    return r;
}

static int building_tables(struct building *building, int64_t consents, struct err *err)
{
    size_t people = (size_t)building->count + 1;
    int r = table_new((size_t)consents * 100 / FILLED_PERCENT + 1024, 4, &building->consents, err);

    if (r == 0)
        r = table_new(people * 100 / FILLED_PERCENT + 1024, 2, &building->people, err);
    building->keys = calloc(people, sizeof(*building->keys));
    building->flags = calloc(people, sizeof(*building->flags));
    return r == 0 && (building->keys == NULL || building->flags == NULL) ? err_memory(err) : r;
}

static int again_each(const struct objection_row *row, void *arg, struct err *err)
{
    return again_add(arg, row->person, err);
}

static int building_objectors(struct building *building, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    int r = store_read_begin(building->index->office->store, &tx, err);

    if (r == 0)
        r = store_objection_scan(tx, again_each, building, err);
    if (r < 0 || building->again_count == 0)
        return r;
    building->objectors = calloc(building->again_count, sizeof(*building->objectors));
    if (building->objectors == NULL)
        return err_memory(err);
    memcpy(building->objectors, building->again, building->again_count * sizeof(*building->again));
    building->objector_count = building->again_count;
    qsort(building->objectors, building->objector_count, sizeof(*building->objectors), compare);
    return 0;
}

/* Those that need more than a row: destroyed, sharing a key, objecting. */
static int building_finish(struct building *building, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    int r = store_read_begin(building->index->office->store, &tx, err);

    for (size_t i = 0; r == 0 && i < building->again_count; i++)
        r = person_refresh(building->index, tx, building->again[i], building->now_usec, err);
    return r;
}

int index_build(struct person_index *index, int64_t now_usec, int64_t *ret_leaf, struct err *err)
{
    struct building *building = calloc(1, sizeof(*building));
    int64_t leaf = 0, consents = 0;
    int r;

    if (building == NULL)
        return err_memory(err);
    building->index = index;
    building->now_usec = now_usec;
    building->today = zone_day_of(&index->office->catalogue->calendar->zone, now_usec);
    pthread_mutex_init(&building->lock, NULL);
    index->beginning_count = 0;
    r = building_count(building, &leaf, &consents, err);
    if (r == 0)
        r = building_tables(building, consents, err);
    if (r == 0)
        r = building_objectors(building, err);
    if (r == 0)
        r = work_all(building, people_stretch, err);
    if (r == 0)
        r = work_all(building, consents_stretch, err);
    if (r == 0) {
        free(index->keys);
        index->keys = building->keys;
        building->keys = NULL;
        atomic_store(&index->key_room, (size_t)building->count + 1);
        table_swap(index, &index->consents, building->consents);
        table_swap(index, &index->people, building->people);
        building->consents = building->people = NULL;
        index->today = building->today;
        r = building_finish(building, err);
    }
    if (r == 0)
        *ret_leaf = leaf;
    table_free(building->consents);
    table_free(building->people);
    pthread_mutex_destroy(&building->lock);
    free(building->keys);
    free(building->flags);
    free(building->again);
    free(building->objectors);
    free(building);
    return r;
}
