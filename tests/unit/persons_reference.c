#include "persons_reference.h"
#include <stddef.h>

enum { PROCESSING, THIRD, ABROAD, PUBLIC, AUTOMATED };

struct run {
    const struct ref_world *world;
    const struct ref_person *person;
    const struct ref_question *question;
    int64_t now_sec;
    uint64_t reasons;
};

static void because(struct run *run, enum reason reason)
{
    run->reasons |= UINT64_C(1) << reason;
}

static bool in_term(const struct run *run, const struct ref_consent *consent)
{
    return !consent->over && run->now_sec >= consent->from_sec &&
           (consent->until_sec == INT64_MAX || run->now_sec <= consent->until_sec);
}

static bool stands(const struct run *run, const struct ref_consent *consent)
{
    return in_term(run, consent) && consent->says[PROCESSING];
}

static bool names(const struct ref_consent *consent, int receiver)
{
    return receiver == 0 || consent->anybody || consent->receivers[receiver];
}

/* Is there a consent that stands, has the category and says yes to it? `gone`: one said so once. */
static bool agreed(const struct run *run, int category, int what, bool *gone)
{
    bool yes = false;

    for (int i = 0; i < run->person->consent_count; i++) {
        const struct ref_consent *consent = &run->person->consents[i];
        if (!stands(run, consent) || !consent->categories[category])
            continue;
        if (consent->said[what] && !consent->says[what])
            *gone = true;
        if (consent->says[what] &&
            (what != THIRD || (names(consent, run->question->receiver) && names(consent, run->question->asker))))
            yes = true;
    }
    return yes;
}

static void demand(struct run *run, int what, enum reason reason, const bool *of)
{
    for (int category = 0; category < REF_CATEGORIES; category++) {
        bool gone = false;
        if (!run->question->categories[category] || !of[category] || agreed(run, category, what, &gone))
            continue;
        because(run, reason);
        if (gone)
            because(run, REASON_WITHDRAWN);
    }
}

static bool theirs(const struct run *run, int ground, int who)
{
    if (run->world->grounds[ground].everybody)
        return true;
    return who == 0 ? run->world->grounds[ground].operator: (run->world->recipients[who].grounds >> ground & 1) != 0;
}

/* By their kind, and not as one of all or as any third person. */
static bool named(const struct run *run, int ground, int who)
{
    return who != 0 && (run->world->recipients[who].named >> ground & 1) != 0;
}

static bool anyone_stands(const struct run *run)
{
    for (int i = 0; i < run->person->consent_count; i++) {
        if (stands(run, &run->person->consents[i]))
            return true;
    }
    return false;
}

static void say_why_none(struct run *run)
{
    const struct ref_consent *newest = NULL;

    for (int i = 0; i < run->person->consent_count; i++) {
        if (newest == NULL || run->person->consents[i].leaf > newest->leaf)
            newest = &run->person->consents[i];
    }
    if (newest == NULL)
        because(run, REASON_NO_CONSENT);
    else if (run->now_sec < newest->from_sec)
        because(run, REASON_NOT_BEGUN);
    else
        because(run, in_term(run, newest) ? REASON_WITHDRAWN : REASON_EXPIRED);
}

/* What the processing rests on. Fills what rests on consent; true: on a legal hold alone. */
static bool basis(struct run *run, int *ret_ground, bool *by_consent, bool *ret_any_by_ground)
{
    const struct ref_question *question = run->question;
    int ground = question->ground != 0 ? question->ground : question->purpose->ground;
    bool recorded = ground == question->purpose->ground;
    bool open = ground != 0 && theirs(run, ground, question->asker);
    bool usable = recorded
                      ? open
                      : ground != 0 && (named(run, ground, question->asker) || named(run, ground, question->receiver));
    bool bad = question->purpose->retired, missing = false;
    uint64_t before = run->reasons;

    if (question->purpose->retired)
        because(run, REASON_PURPOSE_RETIRED);
    for (int category = 0; category < REF_CATEGORIES; category++) {
        bool gone = false;
        if (!question->categories[category])
            continue;
        if (!question->purpose->categories[category]) {
            because(run, REASON_EXCESSIVE);
            bad = true;
        }
        if (usable && (!run->world->categories[category].biometric || run->world->grounds[ground].biometric)) {
            *ret_any_by_ground = true;
            continue;
        }
        by_consent[category] = true;
        if (!agreed(run, category, PROCESSING, &gone))
            missing = true;
    }
    if (missing && usable)
        because(run, REASON_BIOMETRIC);
    else if (missing && anyone_stands(run))
        because(run, REASON_NOT_CONSENTED);
    else if (missing)
        say_why_none(run);
    if (missing && ground != 0 && !usable)
        because(run, !recorded && open ? REASON_GROUND_UNRECORDED : REASON_GROUND_NOT_THEIRS);
    *ret_ground = usable ? ground : 0;
    if ((bad || missing) && question->action->stores && run->person->held && question->receiver == 0 &&
        question->asker == 0) {
        run->reasons = before;
        for (int category = 0; category < REF_CATEGORIES; category++)
            by_consent[category] = false;
        *ret_any_by_ground = false;
        *ret_ground = 0;
        return true;
    }
    return false;
}

static void third_person(struct run *run, int third, int ground)
{
    bool cited_is_theirs = run->question->ground != 0 && ground != 0 && ground != run->question->purpose->ground &&
                           named(run, ground, third);

    if (third != 0 && !run->question->purpose->recipients[third] && !cited_is_theirs)
        because(run, REASON_NO_THIRD_PERSONS);
}

static void abroad(struct run *run, const bool *by_consent)
{
    const struct ref_question *question = run->question;
    static const bool all[REF_CATEGORIES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                             1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                             1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    int places[] = {question->receiver, question->asker};
    bool out = false, undecided = false, bad = false;
    struct run trial = *run;

    if (question->state_named && question->state != REF_OURS) {
        out = true;
        undecided |= question->state == REF_UNDECIDED;
        bad |= question->state == REF_DOES_NOT_PROTECT;
    }
    for (int i = 0; i < 2; i++) {
        const struct ref_recipient *place = &run->world->recipients[places[i]];
        if (places[i] == 0 || !place->known || !place->abroad)
            continue;
        out = true;
        undecided |= place->state == REF_UNDECIDED;
        bad |= place->state == REF_DOES_NOT_PROTECT;
    }
    if (!out) {
        if (question->action->needs_state)
            because(run, REASON_COUNTRY_UNKNOWN);
        return;
    }
    if (!undecided && !bad) {
        because(run, REASON_STATE_PROTECTS);
        for (int category = 0; category < REF_CATEGORIES; category++) {
            bool gone = false;
            if (question->categories[category] && by_consent[category] && !agreed(run, category, ABROAD, &gone) && gone)
                because(run, REASON_WITHDRAWN);
        }
        return;
    }
    trial.reasons = 0;
    demand(&trial, ABROAD, REASON_NO_CROSS_BORDER, all);
    if (trial.reasons == 0)
        return;
    if (question->purpose->abroad_by_law)
        because(run, REASON_CROSS_BORDER_GROUND);
    else if (bad)
        run->reasons |= trial.reasons;
    else
        because(run, REASON_COUNTRY_UNDECIDED);
}

static void traits(struct run *run)
{
    const struct ref_action *action = run->question->action;

    for (int category = 0; category < REF_CATEGORIES; category++) {
        if (!run->question->categories[category])
            continue;
        if (action->profiles && run->world->categories[category].sensitive)
            because(run, REASON_PROFILING);
        if (action->targets && run->world->categories[category].child)
            because(run, REASON_MINOR);
    }
    if (action->targets && run->person->child)
        because(run, REASON_MINOR);
    if (action->targets && run->person->known && run->person->age_unknown)
        because(run, REASON_AGE_UNKNOWN);
}

static void processing(struct run *run)
{
    const struct ref_question *question = run->question;
    bool by_consent[REF_CATEGORIES] = {0}, all[REF_CATEGORIES], any_by_consent = false, any_by_ground = false, held;
    int ground = 0;

    held = basis(run, &ground, by_consent, &any_by_ground);
    if (held)
        because(run, REASON_HELD);
    for (int category = 0; category < REF_CATEGORIES; category++) {
        all[category] = true;
        any_by_consent |= by_consent[category];
    }
    third_person(run, question->receiver, ground);
    third_person(run, question->asker, ground);
    if (question->receiver != 0 || question->asker != 0)
        demand(run, THIRD, REASON_NO_THIRD_PERSONS, by_consent);
    abroad(run, by_consent);
    if (question->action->publishes && !question->purpose->by_law_public)
        demand(run, PUBLIC, REASON_NO_PUBLICATION, all);
    if (question->action->decides) {
        if (!question->purpose->automated)
            because(run, REASON_NOT_OF_PURPOSE);
        if (!question->purpose->automated_by_law)
            demand(run, AUTOMATED, REASON_NO_AUTOMATED, all);
        if (run->person->objected)
            because(run, REASON_OBJECTED);
        if (run->person->objecting)
            because(run, REASON_OBJECTION_OPEN);
    }
    if (any_by_ground)
        because(run, REASON_BY_GROUND);
    if (any_by_consent)
        because(run, REASON_BY_CONSENT);
}

static void unknowns(struct run *run)
{
    const struct ref_question *question = run->question;
    bool named = question->unknown_category;

    for (int category = 0; category < REF_CATEGORIES; category++)
        named |= question->categories[category];
    if (question->unknown_action)
        because(run, REASON_ACTION_UNKNOWN);
    if (question->unknown_purpose)
        because(run, REASON_PURPOSE_UNKNOWN);
    if (question->unknown_category)
        because(run, REASON_CATEGORY_UNKNOWN);
    if (!named)
        because(run, REASON_CATEGORIES_MISSING);
    if (question->unknown_receiver ||
        (!question->unknown_action && question->action->needs_receiver && question->receiver == 0))
        because(run, REASON_RECIPIENT_UNKNOWN);
    if (question->unknown_state)
        because(run, REASON_COUNTRY_UNKNOWN);
    if (question->unknown_asker)
        because(run, REASON_ASKER_UNKNOWN);
    if (question->unknown_ground)
        because(run, REASON_GROUND_UNKNOWN);
    if (!run->person->known)
        because(run, REASON_PERSON_UNKNOWN);
}

static void purpose_alone(struct run *run)
{
    for (int category = 0; category < REF_CATEGORIES; category++) {
        if (run->question->categories[category] && !run->question->purpose->categories[category])
            because(run, REASON_EXCESSIVE);
    }
    if (run->question->purpose->retired)
        because(run, REASON_PURPOSE_RETIRED);
}

enum answer ref_decide(const struct ref_world *world, const struct ref_person *person,
                       const struct ref_question *question, int64_t now_sec, uint64_t *ret_reasons)
{
    struct run run = {world, person, question, now_sec, 0};
    uint64_t gaps = 0, prohibitions = 0;

    unknowns(&run);
    if (person->destroyed) {
        because(&run, REASON_DESTROYED);
    } else if (!question->unknown_action) {
        if (person->blocked && !question->action->stores)
            because(&run, REASON_BLOCKED);
        if (person->held && question->action->destroys)
            because(&run, REASON_ON_HOLD);
        if (question->action->needs_basis) {
            traits(&run);
            if (question->purpose == NULL)
                because(&run, REASON_PURPOSE_UNKNOWN);
            else if (person->known)
                processing(&run);
            else
                purpose_alone(&run);
        } else {
            because(&run, REASON_BY_DUTY);
        }
    }
    for (int reason = 0; reason < REASONS; reason++) {
        uint64_t bit = run.reasons & UINT64_C(1) << reason;
        gaps |= reason < REASONS_GAP ? bit : 0;
        prohibitions |= reason >= REASONS_GAP && reason < REASONS_BASIS ? bit : 0;
    }
    *ret_reasons = (gaps | prohibitions) != 0 ? gaps | prohibitions : run.reasons;
    return prohibitions != 0 ? ANSWER_PROHIBITED : gaps != 0 ? ANSWER_GAP : ANSWER_ALLOWED;
}
