/* The rules of a decision a second time, written from the law in words and not from the program: slow, category by
 * category, over plain facts. The tests hold the program against it. */
#ifndef TALAP_TESTS_PERSONS_REFERENCE_H
#define TALAP_TESTS_PERSONS_REFERENCE_H

#include "persons/question.h"
#include <stdbool.h>
#include <stdint.h>

#define REF_CATEGORIES 64
#define REF_RECIPIENTS 16

enum ref_state { REF_UNDECIDED, REF_PROTECTS, REF_DOES_NOT_PROTECT, REF_OURS };
struct ref_category {
    bool biometric, child, sensitive; /* sensitive: what advertising may not be aimed by */
};
struct ref_ground {
    bool everybody, operator, biometric;
};
struct ref_recipient {
    bool known;
    bool abroad;
    enum ref_state state;
    uint64_t grounds; /* given to them by kind: bit of the ground's number */
    uint64_t named;   /* of those, by another kind than that of any third person */
};
struct ref_purpose {
    bool known, retired, by_law_public, automated, automated_by_law, abroad_by_law;
    bool categories[REF_CATEGORIES];
    bool recipients[REF_RECIPIENTS];
    int ground; /* 0: consent */
};
struct ref_action {
    bool needs_basis, needs_receiver, needs_state, stores, destroys, publishes, decides, profiles, targets;
};
struct ref_consent {
    bool categories[REF_CATEGORIES];
    bool said[5], says[5]; /* processing, third persons, abroad, public, automated: once, and now */
    bool anybody;          /* else the receivers named */
    bool receivers[REF_RECIPIENTS];
    int64_t leaf, from_sec, until_sec; /* the last second belongs to it; INT64_MAX: no end */
    bool over;                         /* its purpose is achieved, or it was ended as expired */
};
struct ref_person {
    bool known, destroyed, blocked, held, child, age_unknown, objected, objecting;
    int consent_count;
    struct ref_consent consents[8];
};
struct ref_question {
    bool categories[REF_CATEGORIES];
    bool unknown_action, unknown_purpose, unknown_category, unknown_receiver, unknown_state, unknown_asker,
        unknown_ground;
    const struct ref_action *action;
    const struct ref_purpose *purpose; /* NULL: unknown */
    int receiver, asker;               /* 0: none; the operator */
    int ground;
    bool state_named;
    enum ref_state state;
};
struct ref_world {
    struct ref_category categories[REF_CATEGORIES];
    struct ref_ground grounds[64];
    struct ref_recipient recipients[REF_RECIPIENTS];
};
/* Whether the reasons allow it, and all of them as bits (question.h). */
enum answer ref_decide(const struct ref_world *world, const struct ref_person *person,
                       const struct ref_question *question, int64_t now_sec, uint64_t *ret_reasons);

#endif
