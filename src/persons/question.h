/* "May I process this?" as numbers, and the answer: what the decision works with once words are looked up. */
#ifndef TALAP_PERSONS_QUESTION_H
#define TALAP_PERSONS_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

/* What a question named that nobody here knows, as bits: each denies as a gap. */
enum unknown {
    UNKNOWN_ACTION = 1,
    UNKNOWN_PURPOSE = 2, /* not given, or not in the register */
    UNKNOWN_CATEGORY = 4,
    UNKNOWN_RECIPIENT = 8,
    UNKNOWN_COUNTRY = 16,
    UNKNOWN_ASKER = 32,
    UNKNOWN_GROUND = 64
};

struct question {
    uint64_t person;     /* person_key */
    uint64_t categories; /* bits by number; 0: none named, which is a gap */
    uint16_t purpose;    /* number; 0 none */
    uint16_t recipient;  /* number of who is to receive; 0 none named */
    uint16_t asker;      /* 0: the operator itself; else the number of the recipient (third person) that asks */
    uint16_t country;    /* place in the catalogue's list, from 1; 0 none named: the receiver's own, where one is */
    uint8_t action;      /* place in the catalogue's list of actions */
    uint8_t ground;      /* place in the catalogue's list of grounds, from 1, when one is cited; 0 */
    uint8_t unknown;     /* enum unknown bits */
};

enum answer { ANSWER_GAP, ANSWER_PROHIBITED, ANSWER_ALLOWED };

/* Why, as bits of one word. Those below REASONS_GAP are gaps, from there prohibitions, from REASONS_BASIS what allowed.
 */
enum reason {
    REASON_ACTION_UNKNOWN,
    REASON_PURPOSE_UNKNOWN,
    REASON_CATEGORY_UNKNOWN,
    REASON_CATEGORIES_MISSING,
    REASON_PERSON_UNKNOWN,
    REASON_RECIPIENT_UNKNOWN, /* named but not in the register, or wanted and not named */
    REASON_COUNTRY_UNKNOWN,
    REASON_COUNTRY_UNDECIDED, /* known, but nobody has said whether it protects data, and no consent covers it (16.2) */
    REASON_ASKER_UNKNOWN,
    REASON_GROUND_UNKNOWN,
    REASON_GROUND_NOT_THEIRS, /* Article 9 gives the ground to others */
    REASON_GROUND_UNRECORDED, /* a ground open to everybody, cited without the record of its evidence in the purpose */
    REASON_AGE_UNKNOWN,       /* targeting somebody whose age is not known */
    REASON_OBJECTION_OPEN,    /* being considered (19-1.3) */
    REASONS_GAP,              /* how many gaps there are */
    REASON_DESTROYED = REASONS_GAP,
    REASON_BLOCKED,
    REASON_ON_HOLD, /* a legal hold forbids destroying */
    REASON_PURPOSE_RETIRED,
    REASON_EXCESSIVE,      /* not in the purpose's list (7.9, 12.1, 25.2.1) */
    REASON_NOT_OF_PURPOSE, /* the purpose does not declare such processing: automated decisions (14, 19-1.2) */
    REASON_NO_CONSENT,     /* 7.1 */
    REASON_NOT_CONSENTED,  /* some of these categories are in no consent of theirs that stands */
    REASON_NOT_BEGUN,
    REASON_EXPIRED,
    REASON_WITHDRAWN,
    REASON_NO_THIRD_PERSONS, /* no yes to third persons, or not to this one */
    REASON_NO_CROSS_BORDER,
    REASON_NO_PUBLICATION,
    REASON_NO_AUTOMATED,
    REASON_OBJECTED,  /* the objection was upheld */
    REASON_PROFILING, /* opl.20.3 */
    REASON_MINOR,     /* opl.20.4 */
    REASON_BIOMETRIC, /* a ground does not reach biometric data without a law that says so */
    REASONS_BASIS,
    REASON_BY_CONSENT = REASONS_BASIS,
    REASON_BY_GROUND,
    REASON_HELD,                /* kept because of a legal hold */
    REASON_BY_DUTY,             /* the law itself obliges to it: blocking, destroying */
    REASON_STATE_PROTECTS,      /* 16.2 */
    REASON_CROSS_BORDER_GROUND, /* 16.3.2-4, of the purpose */
    REASONS
};

struct decision {
    enum answer answer;
    uint64_t reasons; /* bits by enum reason: every gap and prohibition found, or what allowed */
    int64_t consent;  /* leaf of a consent that allowed; -1 none. Where several were needed together, the newest */
    uint8_t ground;   /* from 1; 0 none */
};

#endif
