/* The rules, in the order of the essay in decide.h: each looks at words of bits and adds its reason. */
#include "persons/decide_parts.h"
#include <stddef.h>

/* Nothing is known of what it would need, so nothing beyond the gap itself is said. */
const struct action_rule action_unknown = {.aspect = 0};

void consent_see(const struct consent_brief *row, struct consent_seen *ret)
{
    int64_t from = row->from_sec - CONSENT_EPOCH_SEC;
    int64_t until = row->until_sec == INT64_MAX ? INT64_MAX : row->until_sec - CONSENT_EPOCH_SEC;

    *ret = (struct consent_seen){
        .categories = row->categories,
        .leaf = row->leaf,
        .from_sec = from < 0             ? 0
                    : from >= UINT32_MAX ? UINT32_MAX
                                         : (uint32_t)from,
        .until_sec = until == INT64_MAX    ? UINT32_MAX
                     : until < 0           ? 0
                     : until >= UINT32_MAX ? UINT32_MAX - 1
                                           : (uint32_t)until,
        .recipients =
            row->recipients < 0 || row->recipients > RECIPIENT_SET_MAX ? RECIPIENT_SET_MAX : (uint32_t)row->recipients,
        .given = (uint8_t)row->given,
        .stands = (uint8_t)(row->ended ? 0 : row->stands),
    };
    /* Over for another reason than a withdrawal: its term, or its purpose is achieved. */
    if (row->ended && !row->withdrawn)
        ret->until_sec = 0;
}

unsigned person_flags(const struct person_brief *person, int32_t today)
{
    return (person->destroyed ? PERSON_DESTROYED : 0u) | (person->blocked ? PERSON_BLOCKED : 0u) |
           (person->held ? PERSON_HELD : 0u) |
           (person->adult_day == INT32_MIN ? PERSON_AGE_UNKNOWN
            : person->adult_day > today    ? PERSON_MINOR
                                           : 0u);
}

static uint64_t unknown_reasons(const struct question *question, const struct action_rule *action)
{
    static const struct {
        uint8_t unknown, reason;
    } table[] = {{UNKNOWN_ACTION, REASON_ACTION_UNKNOWN},     {UNKNOWN_PURPOSE, REASON_PURPOSE_UNKNOWN},
                 {UNKNOWN_CATEGORY, REASON_CATEGORY_UNKNOWN}, {UNKNOWN_RECIPIENT, REASON_RECIPIENT_UNKNOWN},
                 {UNKNOWN_COUNTRY, REASON_COUNTRY_UNKNOWN},   {UNKNOWN_ASKER, REASON_ASKER_UNKNOWN},
                 {UNKNOWN_GROUND, REASON_GROUND_UNKNOWN}};
    uint64_t reasons = 0;

    for (size_t i = 0; question->unknown != 0 && i < sizeof table / sizeof *table; i++) {
        if ((question->unknown & table[i].unknown) != 0)
            reasons |= REASON_BIT(table[i].reason);
    }
    if (question->categories == 0 && (question->unknown & UNKNOWN_CATEGORY) == 0)
        reasons |= REASON_BIT(REASON_CATEGORIES_MISSING);
    if (action->wants_recipient && question->recipient == 0)
        reasons |= REASON_BIT(REASON_RECIPIENT_UNKNOWN);
    return reasons;
}

/* Categories that a ground stands for; what rests on consents is the rest. */
struct basis {
    uint64_t by_ground, by_consent;
    uint8_t ground;   /* from 1; 0: none that may be used */
    uint64_t refused; /* why there is one that may not be used: a reason's bit */
    bool cited;       /* and not the purpose's own */
};

static uint64_t grounds_of(const struct decision_law *law, uint16_t recipient)
{
    return recipient != 0 && recipient < law->recipient_end ? law->recipients[recipient].grounds : 0;
}

static uint64_t grounds_named(const struct decision_law *law, uint16_t recipient)
{
    return recipient != 0 && recipient < law->recipient_end ? law->recipients[recipient].grounds_named : 0;
}

/* The purpose's own ground stands in the register with its evidence, and serves everybody to whom the law gives it.
 * Another that a question cites has no evidence but who asks or receives: it serves those whom the law names for it (a
 * court, the revenue bodies), and nobody on the ground of being anybody, an operator or a third person. */
static struct basis basis_find(const struct decision_law *law, const struct question *question,
                               const struct purpose_rule *purpose)
{
    struct basis basis = {.by_consent = question->categories,
                          .cited = question->ground != 0 && question->ground != purpose->ground};
    uint8_t ground = question->ground != 0 ? question->ground : purpose->ground;
    uint64_t anybodys = law->grounds_all, theirs;

    if (ground == 0)
        return basis;
    anybodys |= question->asker == 0 ? law->grounds_operator : grounds_of(law, question->asker);
    theirs = basis.cited ? grounds_named(law, question->asker) | grounds_named(law, question->recipient) : anybodys;
    if ((theirs >> (ground - 1) & 1) == 0) {
        basis.refused = basis.cited && (anybodys >> (ground - 1) & 1) != 0 ? REASON_BIT(REASON_GROUND_UNRECORDED)
                                                                           : REASON_BIT(REASON_GROUND_NOT_THEIRS);
        return basis;
    }
    basis.ground = ground;
    basis.by_ground = question->categories;
    if ((law->grounds_biometric >> (ground - 1) & 1) == 0)
        basis.by_ground &= ~law->biometric;
    basis.by_consent = question->categories & ~basis.by_ground;
    return basis;
}

static uint64_t basis_reasons(const struct weighing *weighing, const struct basis *basis)
{
    uint64_t missing = basis->by_consent & ~weighing->yes[SUM_PROCESSING];
    uint64_t reasons;

    if (missing == 0)
        return 0;
    if (basis->ground != 0)
        return REASON_BIT(REASON_BIOMETRIC);
    if (weighing->yes[SUM_PROCESSING] != 0)
        reasons = REASON_BIT(REASON_NOT_CONSENTED);
    else if (weighing->newest >= 0 && weighing->why != 0)
        reasons = weighing->why;
    else
        reasons = REASON_BIT(REASON_NO_CONSENT);
    return reasons | basis->refused;
}

/* A yes of its own to every category, or why there is none. */
static uint64_t aspect_reasons(const struct weighing *weighing, uint64_t categories, int sum, enum reason reason)
{
    uint64_t missing = categories & ~weighing->yes[sum];

    if (missing == 0)
        return 0;
    return REASON_BIT(reason) | ((missing & weighing->gone[sum]) != 0 ? REASON_BIT(REASON_WITHDRAWN) : 0);
}

static bool third_person_listed(const struct decision_law *law, const struct purpose_rule *purpose,
                                const struct basis *basis, uint16_t third)
{
    return third == 0 || pool_has(law, purpose->recipients_from, purpose->recipient_count, third) ||
           (basis->cited && basis->ground != 0 && (grounds_named(law, third) >> (basis->ground - 1) & 1) != 0);
}

static uint64_t third_person_reasons(const struct decision_law *law, const struct question *question,
                                     const struct purpose_rule *purpose, const struct basis *basis,
                                     const struct weighing *weighing)
{
    uint64_t reasons = 0;

    if ((question->recipient | question->asker) == 0)
        return 0;
    if (!third_person_listed(law, purpose, basis, question->recipient) ||
        !third_person_listed(law, purpose, basis, question->asker))
        reasons = REASON_BIT(REASON_NO_THIRD_PERSONS);
    return reasons | aspect_reasons(weighing, basis->by_consent, SUM_THIRD, REASON_NO_THIRD_PERSONS);
}

struct abroad {
    bool foreign, undecided, unprotected;
};

static void abroad_add(const struct decision_law *law, uint16_t country, struct abroad *abroad)
{
    if (country == 0 || country == law->own_country || country >= law->country_end)
        return;
    abroad->foreign = true;
    abroad->undecided |= law->countries[country] == PROTECTS_UNKNOWN;
    abroad->unprotected |= law->countries[country] == PROTECTS_NO;
}

static uint16_t country_of(const struct decision_law *law, uint16_t recipient)
{
    return recipient != 0 && recipient < law->recipient_end ? law->recipients[recipient].country : 0;
}

/* A state that protects data asks for no consent (16.2); but who took back a yes to transfer across the border (24.1.5)
 * is heard there too: what was withdrawn is over, wherever the data would go. */
static uint64_t taken_back(const struct weighing *weighing, uint64_t categories, int sum)
{
    return (categories & weighing->gone[sum] & ~weighing->yes[sum]) != 0 ? REASON_BIT(REASON_WITHDRAWN) : 0;
}

static uint64_t cross_border_reasons(const struct decision_law *law, const struct question *question,
                                     const struct action_rule *action, const struct purpose_rule *purpose,
                                     const struct basis *basis, const struct weighing *weighing)
{
    struct abroad abroad = {0};

    abroad_add(law, question->country, &abroad);
    abroad_add(law, country_of(law, question->recipient), &abroad);
    abroad_add(law, country_of(law, question->asker), &abroad);
    if (!abroad.foreign)
        return action->wants_country ? REASON_BIT(REASON_COUNTRY_UNKNOWN) : 0;
    if (!abroad.undecided && !abroad.unprotected)
        return REASON_BIT(REASON_STATE_PROTECTS) | taken_back(weighing, basis->by_consent, SUM_ABROAD);
    uint64_t reasons = aspect_reasons(weighing, question->categories, SUM_ABROAD, REASON_NO_CROSS_BORDER);
    if (reasons == 0)
        return 0;
    if ((purpose->marks & PURPOSE_CROSS_BORDER_GROUND) != 0)
        return REASON_BIT(REASON_CROSS_BORDER_GROUND);
    return abroad.unprotected ? reasons : REASON_BIT(REASON_COUNTRY_UNDECIDED);
}

static uint64_t automated_reasons(const struct question *question, const struct purpose_rule *purpose, unsigned flags,
                                  const struct weighing *weighing)
{
    uint64_t reasons = 0;

    if ((purpose->marks & PURPOSE_AUTOMATED) == 0)
        reasons |= REASON_BIT(REASON_NOT_OF_PURPOSE);
    if ((purpose->marks & PURPOSE_AUTOMATED_BY_LAW) == 0)
        reasons |= aspect_reasons(weighing, question->categories, SUM_AUTOMATED, REASON_NO_AUTOMATED);
    if ((flags & PERSON_OBJECTED) != 0)
        reasons |= REASON_BIT(REASON_OBJECTED);
    if ((flags & PERSON_OBJECTING) != 0)
        reasons |= REASON_BIT(REASON_OBJECTION_OPEN);
    return reasons;
}

/* What is asked of the action whoever the person is and whatever they agreed to. */
static uint64_t trait_reasons(const struct decision_law *law, const struct question *question,
                              const struct action_rule *action, bool known, unsigned flags)
{
    uint64_t reasons = 0;

    if (action->profiles && (question->categories & law->no_profiling) != 0)
        reasons |= REASON_BIT(REASON_PROFILING);
    if (action->targets && ((flags & PERSON_MINOR) != 0 || (question->categories & law->minors) != 0))
        reasons |= REASON_BIT(REASON_MINOR);
    if (action->targets && known && (flags & PERSON_AGE_UNKNOWN) != 0)
        reasons |= REASON_BIT(REASON_AGE_UNKNOWN);
    return reasons;
}

static uint64_t purpose_reasons(const struct question *question, const struct purpose_rule *purpose)
{
    return ((purpose->marks & PURPOSE_RETIRED) != 0 ? REASON_BIT(REASON_PURPOSE_RETIRED) : 0) |
           ((question->categories & ~purpose->categories) != 0 ? REASON_BIT(REASON_EXCESSIVE) : 0);
}

/* Everything that hangs on the purpose and on what the person agreed to. */
static uint64_t processing_reasons(const struct weighing *weighing, const struct decision_law *law,
                                   const struct question *question, const struct action_rule *action,
                                   const struct purpose_rule *purpose, unsigned flags, struct basis *basis)
{
    *basis = basis_find(law, question, purpose);
    uint64_t reasons = purpose_reasons(question, purpose) | basis_reasons(weighing, basis);

    if ((reasons & REASONS_PROHIBITING_MASK) != 0 && action->keeps && (flags & PERSON_HELD) != 0 &&
        (question->recipient | question->asker) == 0) {
        reasons = REASON_BIT(REASON_HELD);
        *basis = (struct basis){0};
    }
    reasons |= third_person_reasons(law, question, purpose, basis, weighing);
    reasons |= cross_border_reasons(law, question, action, purpose, basis, weighing);
    if (action->aspect == ASPECT_PUBLICATION && (purpose->marks & PURPOSE_PUBLISHED_BY_LAW) == 0)
        reasons |= aspect_reasons(weighing, question->categories, SUM_PUBLISHED, REASON_NO_PUBLICATION);
    if (action->automated)
        reasons |= automated_reasons(question, purpose, flags, weighing);
    return reasons;
}

void weigh_end(const struct weighing *weighing, const struct decision_law *law, const struct question *question,
               bool known, unsigned flags, struct decision *ret)
{
    bool action_known = (question->unknown & UNKNOWN_ACTION) == 0;
    const struct action_rule *action = action_known ? &law->actions[question->action] : &action_unknown;
    struct basis basis = {0};
    uint64_t reasons = unknown_reasons(question, action);

    if (!known)
        reasons |= REASON_BIT(REASON_PERSON_UNKNOWN);
    if ((flags & PERSON_DESTROYED) != 0) {
        reasons |= REASON_BIT(REASON_DESTROYED);
    } else {
        if ((flags & PERSON_BLOCKED) != 0 && action_known && !action->keeps)
            reasons |= REASON_BIT(REASON_BLOCKED);
        if ((flags & PERSON_HELD) != 0 && action->destroys)
            reasons |= REASON_BIT(REASON_ON_HOLD);
        if (action->aspect != 0) {
            bool purpose_known = question->purpose != 0 && question->purpose < law->purpose_end &&
                                 (law->purposes[question->purpose].marks & PURPOSE_KNOWN) != 0;
            const struct purpose_rule *purpose = purpose_known ? &law->purposes[question->purpose] : NULL;

            reasons |= trait_reasons(law, question, action, known, flags);
            if (purpose == NULL)
                reasons |= REASON_BIT(REASON_PURPOSE_UNKNOWN);
            else if (known)
                reasons |= processing_reasons(weighing, law, question, action, purpose, flags, &basis);
            else
                reasons |= purpose_reasons(question, purpose);
        }
    }
    *ret = (struct decision){.answer = ANSWER_ALLOWED, .consent = -1};
    if ((reasons & (REASONS_GAP_MASK | REASONS_PROHIBITING_MASK)) != 0) {
        ret->answer = (reasons & REASONS_PROHIBITING_MASK) != 0 ? ANSWER_PROHIBITED : ANSWER_GAP;
        ret->reasons = reasons & (REASONS_GAP_MASK | REASONS_PROHIBITING_MASK);
        return;
    }
    if (action->aspect == 0)
        reasons |= REASON_BIT(REASON_BY_DUTY);
    if (basis.by_ground != 0) {
        reasons |= REASON_BIT(REASON_BY_GROUND);
        ret->ground = basis.ground;
    }
    if (basis.by_consent != 0) {
        reasons |= REASON_BIT(REASON_BY_CONSENT);
        ret->consent = weighing->cited;
    }
    ret->reasons = reasons;
}

void decide_seen(const struct decision_law *law, const struct question *question, bool known, unsigned flags,
                 const struct consent_seen *consents, size_t count, int64_t at_usec, struct decision *ret)
{
    int64_t at_sec = consent_moment(at_usec);
    struct weighing weighing;

    weigh_begin(&weighing);
    for (size_t i = 0; i < count; i++)
        weigh_consent(&weighing, law, question, &consents[i], at_sec);
    weigh_end(&weighing, law, question, known, flags, ret);
}
