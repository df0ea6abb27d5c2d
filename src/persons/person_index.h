/* The index in memory from which decisions are made: every person and every consent, in tables on huge pages, one cache
 * line a question; kept current by what was written since (person_index_follow).
 *
 * One table is keyed by person and purpose and holds a consent whole (32 bytes), so that a question touches one place;
 * a smaller one is keyed by the person alone and is asked only where the first has nothing. Both are open addressing.
 * Keys are keyed hashes of 64 bits: where two people that are stored would share one, the tables are built with another
 * key, so that among those stored none is ever taken for another.
 *
 * Readers take no lock: a person changed is written by one follower under a sequence lock; a table that grew is
 * swapped. */
#ifndef TALAP_PERSONS_PERSON_INDEX_H
#define TALAP_PERSONS_PERSON_INDEX_H

#include "persons/decide.h"

struct person_index;
/* Builds from the store with up to `threads` readers. */
int person_index_new(const struct office *office, int threads, int64_t now_usec, struct person_index **ret,
                     struct err *err) WARN_UNUSED;
void person_index_free(struct person_index *index); /* NULL-safe */
/* Brings the index up to what `tx` sees: people and registers changed since, and people who came of age by now. A
 * question asked after this sees everything that was acknowledged before `tx` began. Cheap when nothing changed. */
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
    int64_t built_usec;       /* how long the building took */
    int64_t leaf;             /* up to which event it is current */
    int64_t followed_at_usec; /* when it last was */
    uint64_t decisions[3];    /* by enum answer */
};
void person_index_figures(const struct person_index *index, struct person_index_figures *ret);

#endif
