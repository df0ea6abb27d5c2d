/* The index in memory from which decisions are made: every person and every consent, in tables on huge pages, one cache
 * line a question; kept current by what was written since (person_index_follow).
 *
 * One table is keyed by person and purpose and holds a consent whole (32 bytes), so that a question touches one place;
 * a smaller one is keyed by the person alone and is asked only where the first has nothing. Both are open addressing.
 * A person is known by person_key, a keyed hash of 64 bits, which stands whole in both tables; should two people that
 * are stored ever share one, both are answered as unknown, so that none is ever taken for another. Who was destroyed
 * is known by subject_id alone.
 *
 * Of the consents of one person for one purpose that hold no more only the newest is kept, and none that a newer one
 * holds wholly: neither can change an answer.
 *
 * Readers take no lock: a person is written by one follower under a sequence number that readers look at before and
 * after; a table that grew is swapped, and freed once nobody reads it. */
#ifndef TALAP_PERSONS_PERSON_INDEX_H
#define TALAP_PERSONS_PERSON_INDEX_H

#include "persons/decide.h"

struct person_index;
/* Builds from the store with up to `threads` readers. */
int person_index_new(const struct office *office, int threads, int64_t now_usec, struct person_index **ret,
                     struct err *err) WARN_UNUSED;
void person_index_free(struct person_index *index); /* NULL-safe; nobody reads any more */
/* Brings the index up to what `tx` sees: people and registers changed since, and people who came of age by now. A
 * question asked after this sees everything that was acknowledged before `tx` began. Cheap when nothing changed.
 * Refused (store, memory): what was not taken in yet is taken in by the next call, and until then decisions are those
 * of before; do not answer from them. */
int person_index_follow(struct person_index *index, struct tx *tx, int64_t now_usec, struct err *err) WARN_UNUSED;
/* The law and registers as the index last saw them; decision_law_unref it. */
struct decision_law *person_index_law(struct person_index *index);
void person_index_decide(struct person_index *index, const struct decision_law *law, const struct question *question,
                         int64_t now_usec, struct decision *ret);
/* The same for many, memory fetched ahead. */
void person_index_decide_many(struct person_index *index, const struct decision_law *law,
                              const struct question *questions, size_t count, int64_t now_usec, struct decision *ret);
struct person_index_figures {
    uint64_t people, consents, bytes;
    int64_t built_usec;       /* how long the building took, as person_index_built was told */
    int64_t leaf;             /* up to which event it is current: one more than the newest taken in */
    int64_t followed_at_usec; /* when it last was */
    uint64_t decisions[3];    /* by enum answer */
};
/* How long the building took: rooms do not read the clock, whoever called person_index_new does. */
void person_index_built(struct person_index *index, int64_t took_usec);
void person_index_figures(struct person_index *index, struct person_index_figures *ret);

#endif
