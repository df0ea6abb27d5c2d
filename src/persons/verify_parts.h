/* Verification of one person. Private to the room. */
#ifndef TALAP_PERSONS_VERIFY_PARTS_H
#define TALAP_PERSONS_VERIFY_PARTS_H

#include "persons/kept.h"
#include "persons/people.h"
#include "persons/verify.h"
#include "store/consent_rows.h"
#include "store/events.h"
#include "store/person_rows.h"
#include "store/vault_rows.h"
#include <string.h>

#define TEXTS_CACHED 64

/* A text as its row says, with the hashes that events tell. */
struct text_seen {
    int64_t number; /* 0: the place is free */
    struct hash hash, operator_hash;
    char lang[8], version[256];
};
struct person_verification {
    struct tx *tx;
    const struct office *office;
    struct kept *kept;
    struct arena *arena; /* emptied for each person */
    struct text_seen texts[TEXTS_CACHED];
    struct persons_report report;
    uint64_t sum; /* of the events met */
    int64_t events;
    int64_t last_added; /* the leaf by which the person before was added: numbers follow the ledger */
};
/* What ties an event to a person, summed over all: no order, no memory. */
uint64_t event_mix(int64_t leaf, const char *subject_id);
struct life_record {
    struct person_record_row row;
    bool gone;
};
/* What the events say. */
struct life {
    struct person_row person;
    bool has_id;
    size_t consent_count, record_count, hold_count, destruction_count, case_count, objection_count, known_count;
    struct consent_row *consents; /* but text and recipients, which are looked at when they are met */
    struct life_record *records;
    struct legal_hold_row *holds;
    struct destruction_row *destructions;
    struct person_case_row *cases;
    struct objection_row *objections;
    struct acknowledgement_row *known;
};
struct event_of {
    struct person_verification *work;
    const struct person_row *row;
    const struct event_row *event;
    const json_t *body;
    struct life *life;
};
/* verify_life.c: what the event says, taken into of->life. */
int live_through(const struct event_of *of, struct err *err) WARN_UNUSED;

/* verify_person.c */
int verify_person(struct person_verification *work, const struct person_row *row, struct err *err) WARN_UNUSED;
static inline bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}
/* ERR_DAMAGED "store_damaged" with that arg; `why` for the log. */
int persons_damaged(struct err *err, const char *why, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
