/* The rules of decide.h as they are run: a weighing that takes in one consent after the other and then concludes.
 * Inline, since the index runs it from where consents lie. Private to the room. */
#ifndef TALAP_PERSONS_DECIDE_PARTS_H
#define TALAP_PERSONS_DECIDE_PARTS_H

#include "persons/decide.h"
#include <stdatomic.h>

struct action_rule {
    uint8_t aspect;
    bool wants_recipient, wants_country, keeps, destroys;
    bool profiles, targets, automated; /* false where the action's norm is not in force */
    bool plain;                        /* asks for nothing but a basis */
};
enum purpose_mark {
    PURPOSE_KNOWN = 1,
    PURPOSE_RETIRED = 2,
    PURPOSE_PUBLISHED_BY_LAW = 4,
    PURPOSE_AUTOMATED = 8,
    PURPOSE_AUTOMATED_BY_LAW = 16,
    PURPOSE_CROSS_BORDER_GROUND = 32,
    PURPOSE_PLAIN = 64 /* known, not retired, resting on consent */
};
struct purpose_rule {
    uint64_t categories;
    uint32_t recipients_from; /* in `pool` */
    uint16_t recipient_count;
    uint8_t marks, ground;
    const char *id, *cross_border_ground;
};
struct recipient_rule {
    uint64_t grounds;       /* bits, from ground 1 as bit 0: given to their kinds by name, third persons' included */
    uint64_t grounds_named; /* without those that any third person has */
    uint16_t country;       /* 0: not known */
    bool known;
    const char *id;
};
struct recipient_set {
    uint32_t from; /* in `pool`; sorted numbers */
    uint32_t count;
};
struct word_slot {
    const char *text;
    uint32_t hash;
    uint16_t number;
    uint8_t kind, count;
};

struct decision_law {
    uint64_t biometric, no_profiling, minors; /* sets of categories */
    uint64_t grounds_all, grounds_operator, grounds_biometric;
    struct action_rule actions[ACTIONS_MAX];
    uint32_t purpose_end, recipient_end, set_end; /* one more than the highest number */
    uint16_t country_end, own_country;
    uint16_t *pool;
    struct purpose_rule *purposes;
    struct recipient_rule *recipients;
    struct recipient_set *sets;
    uint8_t *countries; /* enum state_protects */
    uint32_t word_mask;
    struct word_slot *words;
    const char *categories[DATA_CATEGORIES_MAX];
    const struct catalogue *catalogue;
    struct kept *kept;
    int64_t at_usec;
    int64_t set_newest; /* the highest number of a set read */
    int64_t kept_count; /* versions of entries read */
    int32_t day;        /* of the moment */
    struct arena arena;
    atomic_int references;
};

#define RECIPIENT_SET_MAX ((1u << 21) - 1) /* the highest number of a set; whatever is above is as good as unknown */

/* What an unknown action asks for. */
extern const struct action_rule action_unknown;

#define REASON_BIT(reason) (UINT64_C(1) << (reason))
#define REASONS_GAP_MASK (REASON_BIT(REASONS_GAP) - 1)
#define REASONS_PROHIBITING_MASK ((REASON_BIT(REASONS_BASIS) - 1) & ~REASONS_GAP_MASK)

/* Places in the sums, one for each aspect. */
enum { SUM_PROCESSING, SUM_THIRD, SUM_ABROAD, SUM_PUBLISHED, SUM_AUTOMATED, SUMS };

struct weighing {
    uint64_t yes[SUMS];  /* categories with a standing yes */
    uint64_t gone[SUMS]; /* with one that was withdrawn, of consents that stand otherwise */
    int64_t newest;      /* leaf; -1 */
    int64_t cited;       /* the newest that stands and has one of the categories; -1 */
    uint64_t why;        /* bit of the reason why the newest does not stand; 0 when it does */
};

static inline bool pool_has(const struct decision_law *law, uint32_t from, uint32_t count, uint16_t number)
{
    for (uint32_t i = 0; i < count; i++) {
        if (law->pool[from + i] == number)
            return true;
    }
    return false;
}

/* Is the yes to third persons one to this one? 0: nobody in particular. */
static inline bool set_has(const struct decision_law *law, uint32_t set, uint16_t number)
{
    return set == 0 || number == 0 ||
           (set < law->set_end && pool_has(law, law->sets[set].from, law->sets[set].count, number));
}

static inline void weigh_begin(struct weighing *weighing)
{
    for (int i = 0; i < SUMS; i++)
        weighing->yes[i] = weighing->gone[i] = 0;
    weighing->newest = weighing->cited = -1;
    weighing->why = 0;
}

/* `at_sec` since CONSENT_EPOCH_SEC. */
static inline void weigh_consent(struct weighing *weighing, const struct decision_law *law,
                                 const struct question *question, const struct consent_seen *consent, int64_t at_sec)
{
    uint64_t why = 0;
    unsigned stands = consent->stands, gone = consent->given & ~(unsigned)consent->stands;

    if (at_sec < (int64_t)consent->from_sec)
        why = REASON_BIT(REASON_NOT_BEGUN);
    else if (consent->until_sec != UINT32_MAX && at_sec > (int64_t)consent->until_sec)
        why = REASON_BIT(REASON_EXPIRED);
    else if ((stands & ASPECT_PROCESSING) == 0)
        why = REASON_BIT(REASON_WITHDRAWN);
    if (consent->leaf > weighing->newest) {
        weighing->newest = consent->leaf;
        weighing->why = why;
    }
    if (why != 0)
        return;
    if ((stands & ASPECT_THIRD_PERSONS) != 0 && (question->recipient | question->asker) != 0 &&
        (!set_has(law, consent->recipients, question->recipient) ||
         !set_has(law, consent->recipients, question->asker)))
        stands &= ~(unsigned)ASPECT_THIRD_PERSONS;
    for (int i = 0; i < SUMS; i++) {
        weighing->yes[i] |= consent->categories & -(uint64_t)(stands >> i & 1);
        weighing->gone[i] |= consent->categories & -(uint64_t)(gone >> i & 1);
    }
    if ((consent->categories & question->categories) != 0 && consent->leaf > weighing->cited)
        weighing->cited = consent->leaf;
}

/* decide.c */
void weigh_end(const struct weighing *weighing, const struct decision_law *law, const struct question *question,
               bool known, unsigned flags, struct decision *ret);

/* Most questions by far are of this kind: nobody else concerned, nothing but a basis asked for, and one consent that
 * holds all of it. True: allowed by that consent, which is what weighing would conclude; false: weigh. */
static inline bool decide_plain(const struct decision_law *law, const struct question *question, unsigned flags,
                                uint64_t categories, unsigned stands, uint32_t until_sec, int64_t at_sec)
{
    const struct purpose_rule *purpose = &law->purposes[question->purpose < law->purpose_end ? question->purpose : 0];

    /* Without a branch for each: what is asked follows no pattern that a processor could guess. Purpose 0 is nobody's.
     */
    return (((question->unknown | question->recipient | question->asker | question->country | question->ground) == 0) &
            ((flags & (PERSON_DESTROYED | PERSON_BLOCKED)) == 0) & law->actions[question->action].plain &
            ((purpose->marks & PURPOSE_PLAIN) != 0) & (question->categories != 0) &
            ((question->categories & ~(categories & purpose->categories)) == 0) & ((stands & ASPECT_PROCESSING) != 0) &
            ((until_sec == UINT32_MAX) | (at_sec <= (int64_t)until_sec))) != 0;
}

static inline int64_t consent_moment(int64_t at_usec)
{
    int64_t at_sec = at_usec / USEC_PER_SEC - (at_usec % USEC_PER_SEC < 0 ? 1 : 0);
    return at_sec - CONSENT_EPOCH_SEC;
}

#endif
