/* A procedure of the law as data (law/procedures/NAME.yaml): what is asked, which states a case goes through, who may
 * act, which clocks run, which papers come out, who is told. Loaded and checked as a whole; immutable afterwards. */
#ifndef TALAP_LAW_PROCEDURE_H
#define TALAP_LAW_PROCEDURE_H

#include "law/field.h"

struct norm;

/* OPENER_PERSON: somebody whose identity is established, in their own cabinet. OPENER_SYSTEM: the program itself, from
 * what it knows; nobody opens such a case by hand. */
enum opener { OPENER_PUBLIC = 1, OPENER_STAFF = 2, OPENER_API = 4, OPENER_PERSON = 8, OPENER_SYSTEM = 16 };

struct procedure_state {
    const char *id;
    struct text3 title;        /* for staff */
    struct text3 public_title; /* for the opener; equal to title when not given */
    bool final;                /* no act leaves it */
    bool standing;             /* nobody owes anything in it, though an act may still leave it: a decision in force, an
                                  entry of a register; the case counts as closed meanwhile */
};

struct procedure_clock {
    const char *id; /* "answer" */
    struct text3 title;
    const char *norm_id;
    const char *from; /* a date, moment or year (number) field: the clock counts from what it says in the case as the
                         starting event leaves it, be it ahead; not given: no clock. NULL: from the event itself */
    size_t starts_on_count;
    const char *const *starts_on; /* "opened" and act ids; an act starts it anew */
    size_t stopped_by_count;
    const char *const *stopped_by; /* act ids */
    size_t voided_by_count;
    const char *const
        *voided_by; /* acts that take back what started it (a letter that bounced): nobody owes any more */
    bool right; /* a time within which somebody may do something, and owes nothing: neither reminded of nor overdue */
    size_t condition_count;
    const struct field_condition *conditions; /* `if`, on fields of the form: else this case has no such clock */
    size_t remind_count;
    const int *remind_days_before; /* `remind: [5, 1]`: reminders this many days before due */
};

enum tell { TELL_NOBODY = 0, TELL_OPENER = 1 };

/* `needs: {procedure, field, states}`: there is a case of that procedure whose field names this case, and all such
 * cases are in one of the states; with `enough: one`, one of them is, whatever the others. */
struct act_need {
    const char *procedure, *field;
    bool one_is_enough;
    size_t state_count;
    const char *const *states;
};

/* `opens: {procedure, each, as, link, copy}`: the act opens a case for every option chosen in its field `each` (one
 * case without `each`): the option in the new case's field `as`, this case's number in `link`, and what `copy` names as
 * it stands here after the act. */
struct act_opening {
    const char *procedure;
    const char *each, *as; /* both or neither */
    const char *link;
    size_t copy_count;
    const char *const *copy;
};

/* `limits:` of a procedure: as often as the norm allows (its times and its span of time) for one value of the field
 * with that key; cases that ended in one of the states do not count. */
struct procedure_limit {
    const char *norm_id;
    const char *key;
    size_t not_in_count;
    const char *const *not_in;
    const char *year; /* a number field: the norm's year is the one it names and not that of the receipt; or NULL */
    size_t condition_count;
    const struct field_condition
        *conditions; /* `if`: cases with such values count, and for others nothing is limited */
};

struct procedure_act {
    const char *id; /* "answer" */
    struct text3 title;
    size_t by_count;
    const char *const *by; /* roles of accounts but "auditor"; "opener" for the opener itself; "system" */
    size_t from_count;
    const int *from; /* indexes of states */
    int to;          /* index of the state after, or -1: the state stays */
    size_t field_count;
    const struct field *fields;
    const char *paper; /* id of the paper it issues (papers/ID.yaml), or NULL */
    enum tell tell;
    const char *extends; /* id of the clock it extends, or NULL; such an act has a required text field `reason` */
    const char *at;      /* a date or moment among its fields: when it happened, where clocks start and stop; not later
                            than now, not before the case's receipt; NULL or not given: when it is recorded */
    bool decides;        /* whoever does it has decided the case */
    const char *after_overdue; /* id of a clock: only once it runs and is missed on every reading; at any time where its
                                  `if` leaves the case without that clock; NULL: at any time */
    const char *other_than;    /* a `case` field: not for who decided the case it names; NULL: anybody */
    struct act_need need;      /* procedure NULL: none */
    struct act_opening open;   /* procedure NULL: none */
    struct text3 letter;       /* what the mail to the opener says of it; texts may be NULL */
    const char *effect;        /* what it does beyond its case (effect_known), or NULL */
};

struct procedure {
    const char *id;
    struct text3 title, summary;
    const char *file; /* for messages */
    size_t norm_count;
    const char *const *norm_ids;
    size_t run_by_count;
    const char *const *run_by; /* roles of the catalogue: platform, authorised_body, carrier … */
    unsigned open_to;          /* enum opener bits */
    size_t opened_by_count;
    const char *const
        *opened_by;       /* roles of accounts that may open it as staff or by API; empty: open to the public alone */
    const char *number;   /* pattern: "Ш-{year}-{seq:6}" */
    struct text3 receipt; /* a sentence shown with the receipt; texts may be NULL */
    struct text3 letter;  /* what the mail at the opening says instead of "received"; texts may be NULL */
    const char *paper;    /* issued by the opening, or NULL */
    bool decides;         /* whoever opens it has decided it */
    const char *effect;   /* what the opening does beyond its case (effect_known), or NULL */
    bool of_person;       /* said so; see procedure_of_person */
    size_t limit_count;
    const struct procedure_limit *limits;
    size_t field_count;
    const struct field *fields;
    size_t state_count;
    const struct procedure_state *states; /* the first is the state of a new case */
    size_t clock_count;
    const struct procedure_clock *clocks;
    size_t act_count;
    const struct procedure_act *acts;
};

const struct procedure_act *procedure_act_find(const struct procedure *procedure, const char *id);
int procedure_state_find(const struct procedure *procedure, const char *id); /* index or -1 */
const struct procedure_clock *procedure_clock_find(const struct procedure *procedure, const char *id);
/* Is a case closed in that state: final or standing? */
bool procedure_state_rests(const struct procedure *procedure, int state);
/* The field of that name in the form, else in the first act that has it; NULL. */
const struct field *procedure_field_find(const struct procedure *procedure, const char *name);
bool procedure_clock_starts_on(const struct procedure_clock *clock, const char *event);
/* What an act or an opening may do to the data and consents of the person whose case it is: "identify", "withdraw",
 * "restore_consent", "block", "unblock", "destroy", "change", "remove", "object", "uphold_objection",
 * "reject_objection", "drop_objection", "disclose". */
bool effect_of_person(const char *word);
/* Those, and what acts of other cases do: "answer_with_figures". */
bool effect_known(const char *word);
/* Is its case about one person's data, so that the operator's own staff or program may say whose? It says so, people
 * open it in their cabinet, or its opening or an act of it does something to their data. */
bool procedure_of_person(const struct procedure *procedure);
bool words_have(const char *const *words, size_t count, const char *word);
/* May the act be done from the state by this role? */
bool procedure_act_allowed(const struct procedure_act *act, int state, const char *role);
/* Whose sequence a number of that year continues: the year's, or 0, the only one, where the pattern has no {year}. */
int procedure_number_year(const struct procedure *procedure, int year);
/* The number for a year and sequence: "Ш-2026-000123". NULL over the arena's limit. */
char *procedure_number(const struct procedure *procedure, int year, int64_t seq, struct arena *arena);

#endif
