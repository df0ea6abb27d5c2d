/* The decision: may this be done with these data of this person for this purpose, now or at a moment past?
 *
 * Pure: an index in memory (person_index.h) or a person's state read from the store goes in, an answer with every
 * reason comes out. Nothing allows but what is written here; what is unknown denies. A prohibition beside a gap is a
 * prohibition.
 *
 * - Destroyed: nothing may be done with what is gone (the person is asked for by subject_id).
 * - Blocked: only storing, and blocking, go on.
 * - Blocking and destroying want no basis: they are duties. A legal hold forbids destroying.
 * - Purpose: known, not retired, and every category in its list (7.9, 12.1, 25.2.1).
 * - Basis: a ground of Article 9 or of 7.5: the purpose's own, recorded with its evidence, where the law gives it to
 *   the asker; another that is cited only where the law names the asker or the receiver for it (a court), not as one of
 *   all. For all categories, biometric ones only where it reaches them (7.12). For the other categories consents for
 *   the purpose: begun, not over, saying yes; together.
 * - Legal hold: storing goes on without a basis.
 * - Third persons, who receives and who asks, where not the operator: in the register, in the purpose's recipients
 *   (or the cited ground is theirs by kind), and for what rests on consent: a yes to third persons, to this one.
 * - Across the border, where a state other than ours is named, or is that of who receives or asks: it protects data
 *   (16.2) and, of what rests on consent, no yes to it was taken back (24.1.5); or a yes; or the purpose's ground of
 *   16.3. Undecided and none of these: a gap.
 * - Publication: a yes, or the purpose is published by law.
 * - Automated, while 19-1.1 is in force: declared by the purpose, a yes or by law, no objection upheld; one under
 *   consideration is a gap.
 * - Profiling: not on categories of kind no_profiling, biometric, identifying (opl.20.3).
 * - Targeting: not of a child, nor on a child's data (opl.20.4); age unknown is a gap. */
#ifndef TALAP_PERSONS_DECIDE_H
#define TALAP_PERSONS_DECIDE_H

#include "persons/consents.h"
#include "persons/question.h"
#include "store/consent_rows.h"
#include "store/person_rows.h"

/* What the law and the operator's registers say at one moment, compiled into tables: made anew when a register or the
 * day changes, immutable, counted references. `tx` gives the sets of recipients that consents name. */
struct decision_law;
int decision_law_new(struct tx *tx, const struct office *office, struct kept *kept, int64_t at_usec,
                     struct decision_law **ret, struct err *err) WARN_UNUSED;
struct decision_law *decision_law_ref(struct decision_law *law);
void decision_law_unref(struct decision_law *law); /* NULL-safe */
static inline void decision_law_cleanup(struct decision_law **law)
{
    decision_law_unref(*law);
}
#define CLEANUP_DECISION_LAW __attribute__((cleanup(decision_law_cleanup)))

/* Words to numbers and back. Countries and grounds count from 1, categories and actions from 0. */
enum decision_word { WORD_ACTION, WORD_PURPOSE, WORD_CATEGORY, WORD_RECIPIENT, WORD_COUNTRY, WORD_GROUND, WORD_KINDS };
int decision_number(const struct decision_law *law, enum decision_word kind, const char *text,
                    size_t count);                                                              /* -1: unknown */
const char *decision_word(const struct decision_law *law, enum decision_word kind, int number); /* NULL: unknown */
int decision_number_end(const struct decision_law *law, enum decision_word kind); /* one more than the highest */

/* Words to numbers. Unknown ones set a bit in `question->unknown`. Looks up nothing in the store. NULL: not named. */
struct question_words {
    const char *person; /* operator's id or subject_id */
    const char *action, *purpose, *recipient, *country, *ground;
    const char *asker; /* a recipient's id; NULL: the operator itself */
    size_t category_count;
    const char *const *categories;
};
void question_make(const struct decision_law *law, const struct keyring *keyring, const struct question_words *words,
                   struct question *ret);
/* The index knows a person by the operator's id. Where `word` has the form of a subject's id, gives the operator's id
 * that belongs to it; else, and where there is none, `word` itself. */
int question_person(struct tx *tx, const char *word, struct arena *arena, const char **ret,
                    struct err *err) WARN_UNUSED;

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
/* Moments of a consent's term are whole seconds since this one; a consent holds from the first to the last
 * one, the last belongs to it. */
#define CONSENT_EPOCH_SEC INT64_C(946684800) /* 2000-01-01T00:00Z */
/* One consent for the question's purpose, as the decision sees it. */
struct consent_seen {
    uint64_t categories;
    int64_t leaf;
    uint32_t from_sec, until_sec; /* since CONSENT_EPOCH_SEC; UINT32_MAX: until achieved; 0: over */
    uint32_t recipients;          /* set; 0 any of the purpose's */
    uint8_t given, stands;        /* aspects */
};
/* Terms before the epoch and after 2136 are cut inwards. */
void consent_see(const struct consent_brief *row, struct consent_seen *ret);
/* The flags of a person for a purpose at a moment. Objections: of all or that purpose, not rejected. */
unsigned person_flags(const struct person_brief *person, int32_t today);

/* The rules themselves, over a person found (`flags`) or not (`known` false), and their consents for the purpose. Where
 * no consent stands, the reason is that of the newest one. */
void decide_seen(const struct decision_law *law, const struct question *question, bool known, unsigned flags,
                 const struct consent_seen *consents, size_t count, int64_t at_usec, struct decision *ret);
/* The slow way over the store: the person's state as it was at `at_usec` (from the events, not the rows), decided by
 * the law and the registers of that moment. ret_law (may be NULL): that law, to be unref'd. */
int decide_at(struct tx *tx, const struct office *office, const struct question_words *words, int64_t at_usec,
              struct decision *ret, struct decision_law **ret_law, struct err *err) WARN_UNUSED;

/* The norms behind a decision that are in force at the law's moment, no id twice: those of its reasons and, allowed or
 * prohibited, of the action; the cited ground too. Returns how many, at most DECISION_NORMS_MAX. */
#define DECISION_NORMS_MAX 48
size_t decision_norms(const struct decision_law *law, const struct question *question, const struct decision *decision,
                      const char *ret[static DECISION_NORMS_MAX]);
/* Every norm that may stand behind a reason, whatever the moment, NULL-ended. */
const char *const *reason_norms(enum reason reason);
/* "consent_missing", "purpose_unknown" …: the code of a reason, stable for machines; texts are decision.CODE. */
const char *reason_code(enum reason reason);
const char *answer_word(enum answer answer); /* "allowed", "prohibited", "gap" */

#endif
