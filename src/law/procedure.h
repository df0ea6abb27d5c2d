/* A procedure of the law as data (law/procedures/NAME.yaml): what is asked, which states a case goes through, who may
 * act, which clocks run, which papers come out, who is told. Loaded and checked as a whole; immutable afterwards. */
#ifndef TALAP_LAW_PROCEDURE_H
#define TALAP_LAW_PROCEDURE_H

#include "law/field.h"

struct norm;

enum opener { OPENER_PUBLIC = 1, OPENER_STAFF = 2, OPENER_API = 4 };

struct procedure_state {
    const char *id;
    struct text3 title;        /* for staff */
    struct text3 public_title; /* for the opener; equal to title when not given */
    bool final;                /* no act leaves it */
};

struct procedure_clock {
    const char *id; /* "answer" */
    struct text3 title;
    const char *norm_id;
    const char *starts_on; /* "opened" or an act's id */
    size_t stopped_by_count;
    const char *const *stopped_by; /* act ids */
    size_t remind_count;
    const int *remind_days_before; /* `remind: [5, 1]`: reminders this many days before due */
};

enum tell { TELL_NOBODY = 0, TELL_OPENER = 1 };

struct procedure_act {
    const char *id; /* "answer" */
    struct text3 title;
    size_t by_count;
    const char *const *by; /* roles: moderator, registrar, admin; "opener" for the opener itself; "system" */
    size_t from_count;
    const int *from; /* indexes of states */
    int to;          /* index of the state after, or -1: the state stays */
    size_t field_count;
    const struct field *fields;
    const char *paper; /* id of the paper it issues (papers/ID.yaml), or NULL */
    enum tell tell;
    const char *extends; /* id of the clock it extends, or NULL; such an act has a required text field `reason` */
};

struct procedure {
    const char *id;
    struct text3 title, summary;
    const char *file; /* for messages */
    size_t norm_count;
    const char *const *norm_ids;
    const char *run_by;   /* role of the catalogue: platform, authorised_body, carrier, operator */
    unsigned open_to;     /* enum opener bits */
    const char *number;   /* pattern: "Ш-{year}-{seq:6}" */
    struct text3 receipt; /* a sentence shown with the receipt; texts may be NULL */
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
/* May the act be done from the state by this role? */
bool procedure_act_allowed(const struct procedure_act *act, int state, const char *role);
/* The number for a year and sequence: "Ш-2026-000123". NULL over the arena's limit. */
char *procedure_number(const struct procedure *procedure, int year, int64_t seq, struct arena *arena);

#endif
