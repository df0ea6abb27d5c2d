/* The decision: may this be done with these data of this person for this purpose, now or at a moment past?
 *
 * Pure: an index in memory (person_index.h) or a person's state read from the store goes in, an answer with every
 * reason comes out. Nothing allows but what is written here; what is unknown denies. A prohibition beside a gap is a
 * prohibition. */
#ifndef TALAP_PERSONS_DECIDE_H
#define TALAP_PERSONS_DECIDE_H

#include "persons/consents.h"
#include "persons/question.h"

/* What the law and the operator's registers say at one moment, compiled into tables: made anew when a register changes,
 * immutable, counted references. */
struct decision_law;
int decision_law_new(const struct catalogue *catalogue, struct kept *kept, int64_t at_usec, struct decision_law **ret,
                     struct err *err) WARN_UNUSED;
struct decision_law *decision_law_ref(struct decision_law *law);
void decision_law_unref(struct decision_law *law); /* NULL-safe */

/* Words to numbers. Unknown ones set a bit in `question->unknown`. Looks up nothing in the store. */
struct question_words {
    const char *person; /* operator's id or subject_id */
    const char *action, *purpose, *recipient, *country, *ground;
    const char *asker; /* a recipient's id; NULL: the operator itself */
    size_t category_count;
    const char *const *categories;
};
void question_make(const struct decision_law *law, const struct keyring *keyring, const struct question_words *words,
                   struct question *ret);

/* What stands about a person, as flags. */
enum person_flag {
    PERSON_DESTROYED = 1,
    PERSON_BLOCKED = 2,
    PERSON_HELD = 4,
    PERSON_MINOR = 8,
    PERSON_AGE_UNKNOWN = 16,
    PERSON_OBJECTED = 32, /* upheld; for the question's purpose or every one */
    PERSON_OBJECTING = 64 /* under consideration */
};
/* One consent for the question's purpose, as the decision sees it. */
struct consent_seen {
    uint64_t categories;
    int64_t leaf;
    uint32_t from_sec, until_sec; /* since 2000-01-01T00:00Z, rounded inwards; UINT32_MAX: until achieved */
    uint16_t recipients;          /* set; 0 any of the purpose's */
    uint8_t stands;               /* aspects */
};
/* The rules themselves, over a person found (`flags`) or not (`known` false), and their consents for the purpose. */
void decide_seen(const struct decision_law *law, const struct question *question, bool known, unsigned flags,
                 const struct consent_seen *consents, size_t count, int64_t at_usec, struct decision *ret);
/* The slow way over the store: the person's state as it was at `at_usec` (from the events, not the rows), decided by
 * the law of that moment. */
int decide_at(struct tx *tx, const struct office *office, const struct question_words *words, int64_t at_usec,
              struct decision *ret, struct err *err) WARN_UNUSED;

/* The norms behind a reason at a moment, NULL-ended ids in force: "pdl.7.1" … */
const char *const *reason_norms(enum reason reason);
/* "consent_missing", "purpose_unknown" …: the code of a reason, stable for machines; texts are decision.CODE. */
const char *reason_code(enum reason reason);
const char *answer_word(enum answer answer); /* "allowed", "prohibited", "gap" */

#endif
