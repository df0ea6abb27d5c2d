/* The index as it is asked: from tables that a follower may be writing. */
#include "persons/index_parts.h"
#include "store/kept_rows.h"
#include <stdlib.h>
#include <string.h>

/* So many questions ahead a line is fetched, and so many ahead it is looked whether it will do. */
#define FETCHED_AHEAD 32
#define GLANCED_AHEAD 12

/* --- Who reads -------------------------------------------------------------------------------------------------------
 */

static atomic_uint threads_seen;
static _Thread_local unsigned thread_place; /* from 1 */

static struct reader *reader_of(struct person_index *index)
{
    if (thread_place == 0)
        thread_place = atomic_fetch_add(&threads_seen, 1) % UINT32_MAX + 1;
    return &index->readers[thread_place <= READERS ? thread_place - 1 : READERS];
}

static inline bool reader_alone(const struct person_index *index, const struct reader *reader)
{
    return reader != &index->readers[READERS];
}

static inline void reader_enter(const struct person_index *index, struct reader *reader)
{
    if (reader_alone(index, reader))
        atomic_store(&reader->in, 1); /* before the tables are looked at */
    else
        atomic_fetch_add(&reader->in, 1);
}

static inline void reader_leave(const struct person_index *index, struct reader *reader)
{
    if (reader_alone(index, reader))
        atomic_store_explicit(&reader->in, 0, memory_order_release);
    else
        atomic_fetch_sub_explicit(&reader->in, 1, memory_order_release);
}

static inline void reader_count(const struct person_index *index, struct reader *reader, enum answer answer,
                                uint64_t count)
{
    atomic_ullong *at = &reader->decisions[answer];

    if (reader_alone(index, reader))
        atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + count, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(at, count, memory_order_relaxed);
}

/* --- One question ----------------------------------------------------------------------------------------------------
 */

struct found {
    struct weighing weighing;
    int64_t plain; /* leaf of the one consent that allows it plainly; -1: weigh */
    unsigned flags;
    bool known;
};

static inline void slot_weigh(const struct slot *slot, const struct decision_law *law, const struct question *question,
                              int64_t at_sec, struct found *found)
{
    found->flags = slot_flags(slot->rest);
    if (slot_leaf(slot->rest) != LEAF_NONE) {
        struct consent_seen consent = slot_consent(slot);
        weigh_consent(&found->weighing, law, question, &consent, at_sec);
    }
}

/* Everything else that the table of consents has on the person and purpose, after the first slot of theirs. */
static void consents_weigh(struct walk walk, const struct decision_law *law, const struct question *question,
                           int64_t at_sec, struct found *found)
{
    for (walk_next(&walk);; walk_next(&walk)) {
        const _Atomic uint64_t *at = walk_slot(&walk);
        uint64_t key = word_get(at);
        struct slot slot;

        if (key == KEY_NONE)
            return;
        if (key != question->person)
            continue;
        slot = slot_read(at);
        if (slot_purpose(slot.term) != question->purpose)
            continue;
        slot_weigh(&slot, law, question, at_sec, found);
        if ((slot.rest & SLOT_MORE) == 0)
            return;
    }
}

static void people_look(const struct table *table, uint64_t key, struct found *found)
{
    for (struct walk walk = walk_begin(table, key, 0);; walk_next(&walk)) {
        const _Atomic uint64_t *at = walk_slot(&walk);
        uint64_t here = word_get(at), rest;

        if (here == KEY_NONE)
            return;
        if (here != key)
            continue;
        rest = word_get(at + 1);
        if ((rest & PERSON_SHARED) == 0) {
            found->known = true;
            found->flags = (unsigned)(rest >> PERSON_FLAGS_SHIFT) & 127;
        }
        return;
    }
}

/* The first slot of the person and purpose; NULL when there is none. Most are in the first line, in either half of it.
 */
static inline const _Atomic uint64_t *slot_find(const struct table *table, const struct question *question,
                                                struct walk *walk)
{
    const _Atomic uint64_t *line;
    unsigned first, second;

    *walk = walk_begin(table, question->person, question->purpose);
    line = walk_slot(walk);
    first = (unsigned)(word_get(line) == question->person) & (slot_purpose(word_get(line + 2)) == question->purpose);
    second =
        (unsigned)(word_get(line + 4) == question->person) & (slot_purpose(word_get(line + 6)) == question->purpose);
    if ((first | second) != 0) {
        walk->at = first != 0 ? 0 : 4;
        return line + walk->at;
    }
    for (;; walk_next(walk)) {
        const _Atomic uint64_t *at = walk_slot(walk);
        uint64_t key = word_get(at);

        if (key == KEY_NONE)
            return NULL;
        if (key == question->person && slot_purpose(word_get(at + 2)) == question->purpose)
            return at;
    }
}

/* A plain question that one consent answers alone is not weighed at all. */
static inline void look(const struct table *consents, const struct table *people, const struct decision_law *law,
                        const struct question *question, int64_t at_sec, struct found *found)
{
    const _Atomic uint64_t *at;
    struct walk walk;
    struct slot slot;

    found->plain = -1;
    at = question->person >= KEY_FIRST ? slot_find(consents, question, &walk) : NULL;
    found->known = at != NULL;
    if (at == NULL) {
        found->flags = 0;
        if (question->person >= KEY_FIRST)
            people_look(people, question->person, found);
        weigh_begin(&found->weighing);
        return;
    }
    slot = slot_read(at);
    if ((slot.rest & (SLOT_MORE | SLOT_NOT_BEGUN)) == 0 && slot_leaf(slot.rest) != LEAF_NONE &&
        decide_plain(law, question, slot_flags(slot.rest), slot.categories, (unsigned)(slot.rest >> 40) & 31,
                     (uint32_t)slot.term, at_sec)) {
        found->plain = slot_leaf(slot.rest);
        return;
    }
    weigh_begin(&found->weighing);
    slot_weigh(&slot, law, question, at_sec, found);
    if ((slot.rest & SLOT_MORE) != 0)
        consents_weigh(walk, law, question, at_sec, found);
}

static void __attribute__((noinline))
decide_one(struct person_index *index, const struct table *consents, const struct table *people,
           const struct decision_law *law, const struct question *question, int64_t at_sec, struct decision *ret)
{
    atomic_uint *stripe = &index->stripes[stripe_of(question->person)];
    struct found found;
    unsigned before;

    do {
        while ((before = atomic_load_explicit(stripe, memory_order_acquire)) % 2 != 0)
            ;
        look(consents, people, law, question, at_sec, &found);
    } while (atomic_load_explicit(stripe, memory_order_relaxed) != before);
    if (found.plain >= 0)
        *ret = (struct decision){
            .answer = ANSWER_ALLOWED, .reasons = REASON_BIT(REASON_BY_CONSENT), .consent = found.plain};
    else
        weigh_end(&found.weighing, law, question, found.known, found.flags, ret);
}

static inline const _Atomic uint64_t *line_of(const struct table *table, uint64_t key, unsigned purpose)
{
    return &table->words[table_line(table, key, purpose) * LINE_WORDS];
}

/* The line is there by now: fetches what the question needs besides, which is the other line of the pair where this one
 * is full of others, and the person's own where there is no consent. Without branches, which would be guessed wrong. */
static inline void glance(const struct table *consents, const struct table *people, const struct question *question)
{
    const _Atomic uint64_t *line = line_of(consents, question->person, question->purpose);
    const _Atomic uint64_t *other = (const _Atomic uint64_t *)((uintptr_t)line ^ LINE_WORDS * sizeof(uint64_t));
    const _Atomic uint64_t *person = line_of(people, question->person, 0);
    uint64_t first = word_get(line), second = word_get(line + 4);
    bool here = (first == question->person) | (second == question->person);
    bool ends = (first == KEY_NONE) | (second == KEY_NONE);

    __builtin_prefetch((const void *)(here ? line : ends ? person : other));
}

void person_index_decide(struct person_index *index, const struct decision_law *law, const struct question *question,
                         int64_t now_usec, struct decision *ret)
{
    struct reader *reader = reader_of(index);
    const struct table *consents;
    const _Atomic uint64_t *line;

    reader_enter(index, reader);
    consents = atomic_load(&index->consents);
    /* The line that may follow comes along with the first, not after it. */
    line = line_of(consents, question->person, question->purpose);
    __builtin_prefetch((const void *)line);
    __builtin_prefetch((const void *)((uintptr_t)line ^ LINE_WORDS * sizeof(uint64_t)));
    decide_one(index, consents, atomic_load(&index->people), law, question, consent_moment(now_usec), ret);
    reader_leave(index, reader);
    reader_count(index, reader, ret->answer, 1);
}

void person_index_decide_many(struct person_index *index, const struct decision_law *law,
                              const struct question *questions, size_t count, int64_t now_usec, struct decision *ret)
{
    struct reader *reader = reader_of(index);
    int64_t at_sec = consent_moment(now_usec);
    uint64_t answers[3] = {0};

    for (size_t from = 0; from < count; from += 4096) {
        size_t until = count - from < 4096 ? count : from + 4096;
        const struct table *consents, *people;

        reader_enter(index, reader);
        consents = atomic_load(&index->consents);
        people = atomic_load(&index->people);
        for (size_t i = from; i < until && i < from + FETCHED_AHEAD; i++)
            __builtin_prefetch((const void *)line_of(consents, questions[i].person, questions[i].purpose));
        for (size_t i = from; i < until && i < from + GLANCED_AHEAD; i++)
            glance(consents, people, &questions[i]);
        for (size_t i = from; i < until; i++) {
            if (i + FETCHED_AHEAD < until)
                __builtin_prefetch((const void *)line_of(consents, questions[i + FETCHED_AHEAD].person,
                                                         questions[i + FETCHED_AHEAD].purpose));
            if (i + GLANCED_AHEAD < until)
                glance(consents, people, &questions[i + GLANCED_AHEAD]);
            decide_one(index, consents, people, law, &questions[i], at_sec, &ret[i]);
            answers[ret[i].answer]++;
        }
        reader_leave(index, reader);
    }
    for (int answer = 0; answer < 3; answer++)
        reader_count(index, reader, (enum answer)answer, answers[answer]);
}

/* --- Its life --------------------------------------------------------------------------------------------------------
 */

struct decision_law *person_index_law(struct person_index *index)
{
    struct decision_law *law;

    pthread_mutex_lock(&index->law_lock);
    law = decision_law_ref(index->law);
    pthread_mutex_unlock(&index->law_lock);
    return law;
}

void person_index_built(struct person_index *index, int64_t took_usec)
{
    atomic_store(&index->built_usec, took_usec);
}

void person_index_figures(struct person_index *index, struct person_index_figures *ret)
{
    struct person_index_figures figures = {.built_usec = atomic_load(&index->built_usec),
                                           .leaf = atomic_load(&index->leaf),
                                           .followed_at_usec = atomic_load(&index->followed_at_usec)};
    const struct table *consents, *people;

    /* As a reader: what is looked at may be swapped meanwhile. */
    struct reader *reader = reader_of(index);
    reader_enter(index, reader);
    consents = atomic_load(&index->consents);
    people = atomic_load(&index->people);
    figures.people = atomic_load(&people->used) - atomic_load(&people->gone);
    figures.consents = atomic_load(&consents->used) - atomic_load(&consents->gone);
    figures.bytes = (consents->lines + people->lines) * LINE_WORDS * sizeof(uint64_t);
    reader_leave(index, reader);
    figures.bytes += atomic_load(&index->key_room) * sizeof(*index->keys) + sizeof(*index);
    for (size_t i = 0; i <= READERS; i++) {
        for (int answer = 0; answer < 3; answer++)
            figures.decisions[answer] += atomic_load(&index->readers[i].decisions[answer]);
    }
    *ret = figures;
}

void person_index_free(struct person_index *index)
{
    if (index == NULL)
        return;
    table_free(atomic_load(&index->consents));
    table_free(atomic_load(&index->people));
    decision_law_unref(index->law);
    pthread_mutex_destroy(&index->writing);
    pthread_mutex_destroy(&index->law_lock);
    free(index->keys);
    free(index->beginnings);
    free(index);
}

/* The newest versions hold from now on, even where the clock that wrote one is a little ahead of ours. */
static int64_t law_moment(const struct kept *kept, int64_t now_usec, struct arena *arena)
{
    int64_t at_usec = now_usec;

    for (int kind = 0; kind < KEPT_KINDS; kind++) {
        const struct kept_entry **entries = NULL;
        size_t count = kept_list(kept, (enum kept_kind)kind, NULL, arena, &entries);
        for (size_t i = 0; i < count; i++)
            at_usec = entries[i]->from_usec > at_usec ? entries[i]->from_usec : at_usec;
    }
    return at_usec;
}

static int law_renew(struct person_index *index, struct tx *tx, int64_t now_usec, struct err *err)
{
    struct decision_law *law, *old;
    struct arena arena = {0};
    struct kept *kept;
    int r = kept_load(tx, index->office, &kept, err);

    if (r < 0)
        return r;
    arena_init(&arena, (size_t)16 << 20);
    r = decision_law_new(tx, index->office, kept, law_moment(kept, now_usec, &arena), &law, err);
    arena_done(&arena);
    kept_unref(kept);
    if (r < 0)
        return r;
    pthread_mutex_lock(&index->law_lock);
    old = index->law;
    index->law = law;
    pthread_mutex_unlock(&index->law_lock);
    decision_law_unref(old);
    return 0;
}

/* --- Following -------------------------------------------------------------------------------------------------------
 */

/* Serial numbers of people who have to be read again. */
struct changed {
    int64_t *serials;
    size_t count, room;
};

static int changed_add(struct changed *changed, int64_t serial, struct err *err)
{
    if (changed->count != 0 && changed->serials[changed->count - 1] == serial)
        return 0;
    if (changed->count == changed->room) {
        size_t room = changed->room != 0 ? changed->room * 2 : 64;
        int64_t *serials = reallocarray(changed->serials, room, sizeof(*serials));
        if (serials == NULL)
            return err_memory(err);
        changed->serials = serials;
        changed->room = room;
    }
    changed->serials[changed->count++] = serial;
    return 0;
}

static int each_change(int64_t leaf, int64_t person, void *arg, struct err *err)
{
    return changed_add(arg, person, err);
}

static int each_consent(const struct consent_brief *row, void *arg, struct err *err)
{
    return changed_add(arg, row->person, err);
}

static int each_adult(int64_t serial, void *arg, struct err *err)
{
    return changed_add(arg, serial, err);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int changed_gather(struct person_index *index, struct tx *tx, int32_t today, int64_t now_usec,
                          struct changed *changed, struct err *err)
{
    int64_t leaf = atomic_load(&index->leaf), now_sec = now_usec / USEC_PER_SEC;
    size_t kept = 0;
    int r = store_person_change_scan(tx, leaf, each_change, changed, err);

    if (r == 0)
        r = store_consent_brief_scan(tx, leaf, INT64_MAX, each_consent, changed, err);
    if (r == 0 && today > index->today)
        r = store_person_adult_scan(tx, index->today, today, each_adult, changed, err);
    for (size_t i = 0; r == 0 && i < index->beginning_count; i++) {
        if (index->beginnings[i].from_sec <= now_sec)
            r = changed_add(changed, index->beginnings[i].serial, err);
    }
    if (r < 0)
        return r;
    if (changed->count > 0)
        qsort(changed->serials, changed->count, sizeof(*changed->serials), compare);
    for (size_t i = 0; i < changed->count; i++) {
        if (kept == 0 || changed->serials[kept - 1] != changed->serials[i])
            changed->serials[kept++] = changed->serials[i];
    }
    changed->count = kept;
    return 0;
}

/* The moment from which time alone changes something: midnight, or when a consent begins. */
static void beginnings_settle(struct person_index *index, int32_t today, int64_t now_usec)
{
    int64_t next = zone_moment(&index->office->catalogue->calendar->zone, today + 1, 0);
    size_t kept = 0;

    for (size_t i = 0; i < index->beginning_count; i++) {
        if (index->beginnings[i].from_sec <= now_usec / USEC_PER_SEC)
            continue;
        index->beginnings[kept++] = index->beginnings[i];
        if (index->beginnings[i].from_sec * USEC_PER_SEC < next)
            next = index->beginnings[i].from_sec * USEC_PER_SEC;
    }
    index->beginning_count = kept;
    atomic_store(&index->next_usec, next);
}

/* Beyond this the tables are made anew: reading people one by one would take longer. */
#define FOLLOW_MAX 200000

static int follow_changes(struct person_index *index, struct tx *tx, int64_t size, int64_t now_usec, struct err *err)
{
    int32_t today = zone_day_of(&index->office->catalogue->calendar->zone, now_usec);
    struct changed changed = {0};
    struct recipient_set_row *sets = NULL;
    struct arena arena = {0};
    size_t set_count = 0;
    int64_t kept_count = 0;
    int r;

    arena_init(&arena, (size_t)64 << 20);
    r = changed_gather(index, tx, today, now_usec, &changed, err);
    if (r == 0)
        r = store_kept_count(tx, &kept_count, err);
    if (r == 0)
        r = store_recipient_set_list(tx, index->law->set_newest, &arena, &sets, &set_count, err);
    arena_done(&arena);
    if (r == 0 && (kept_count != index->law->kept_count || set_count != 0 || today != index->law->day))
        r = law_renew(index, tx, now_usec, err);
    if (r == 0 && changed.count > FOLLOW_MAX) {
        int64_t leaf;
        r = index_build(index, now_usec, &leaf, err);
        size = r == 0 && leaf < size ? leaf : size;
    } else {
        for (size_t i = 0; r == 0 && i < changed.count; i++)
            r = person_refresh(index, tx, changed.serials[i], now_usec, err);
    }
    free(changed.serials);
    if (r < 0)
        return r;
    index->today = today;
    beginnings_settle(index, today, now_usec);
    atomic_store(&index->leaf, size);
    return 0;
}

int person_index_follow(struct person_index *index, struct tx *tx, int64_t now_usec, struct err *err)
{
    int64_t size;
    int r = store_ledger_size(tx, &size, err);

    if (r < 0)
        return r;
    if (size > atomic_load(&index->leaf) || now_usec >= atomic_load(&index->next_usec)) {
        pthread_mutex_lock(&index->writing);
        /* Never from a view of the store that is older than what was taken in: time then waits for the next call, and
         * what it would allow is denied until then. */
        if (size > atomic_load(&index->leaf) ||
            (size == atomic_load(&index->leaf) && now_usec >= atomic_load(&index->next_usec)))
            r = follow_changes(index, tx, size, now_usec, err);
        pthread_mutex_unlock(&index->writing);
    }
    if (r == 0)
        atomic_store_explicit(&index->followed_at_usec, now_usec, memory_order_relaxed);
    return r;
}

int person_index_new(const struct office *office, int threads, int64_t now_usec, struct person_index **ret,
                     struct err *err)
{
    struct person_index *index = aligned_alloc(_Alignof(struct person_index), sizeof(*index));
    CLEANUP_READ struct tx *tx = NULL;
    int64_t leaf = 0;
    int r;

    if (index == NULL)
        return err_memory(err);
    memset(index, 0, sizeof(*index));
    index->office = office;
    index->threads = threads > 1 ? threads : 1;
    pthread_mutex_init(&index->writing, NULL);
    pthread_mutex_init(&index->law_lock, NULL);
    r = store_read_begin(office->store, &tx, err);
    if (r == 0)
        r = law_renew(index, tx, now_usec, err);
    store_read_end(tx);
    tx = NULL;
    if (r == 0)
        r = index_build(index, now_usec, &leaf, err);
    if (r == 0)
        r = store_read_begin(office->store, &tx, err);
    if (r == 0) {
        atomic_store(&index->leaf, leaf);
        r = person_index_follow(index, tx, now_usec, err);
    }
    if (r < 0) {
        person_index_free(index);
        return r;
    }
    *ret = index;
    return 0;
}
