/* An act between its preparation (act_prepare.c, act_opens.c) and its writing (act.c, act_clocks.c). Private to the
 * room. */
#ifndef TALAP_CASES_ACT_PARTS_H
#define TALAP_CASES_ACT_PARTS_H

#include "cases/parts.h"

struct act_prepared {
    const char *case_id;
    const struct procedure *procedure;
    const struct procedure_act *act;
    int64_t expected_version;
    struct actor actor;
    struct value_parts values;
    struct ties ties;
    int64_t happened_usec; /* by its own account (`at`); TIME_NONE: when it is recorded */
    struct attachment_sealed *files;
    size_t file_count;
    const char *assignee;               /* of "assign"; NULL: nobody */
    bool has_email;                     /* an act that tells the opener can reach it */
    const struct case_prepared **opens; /* the cases it opens */
    size_t open_count;
    struct repeat repeat;
    bool answered; /* the key was known: nothing was checked, and nothing may be written */
};

/* Prepares the cases that the act opens, out of the case's values as they stand after it. What the new case's form
 * refuses goes beside the act's field of that name; where the act has none, ERR_CONFLICT "opening_refused" (arg: the
 * procedure and the field). */
int act_opens_prepare(struct tx *tx, const struct office *office, const struct case_row *row, int64_t now_usec,
                      struct arena *arena, struct act_prepared *prepared, struct field_errors *errors,
                      struct err *err) WARN_UNUSED;

/* One act under way. `clocks` are all clocks of the case after the act, `changes` those it changed. */
struct deed {
    struct tx *tx;
    const struct office *office;
    const struct act_prepared *prepared;
    struct arena *arena;
    int64_t now_usec;
    int64_t happened_usec; /* now, where the act does not say */
    struct case_row row;
    int64_t version_before;
    const char *state_before;
    struct subject_key key;
    bool destroyed;
    struct clock_row *clocks;
    size_t clock_count;
    struct clock_change *changes;
    size_t change_count;
    const char **no_clock;
    size_t no_clock_count;
};

/* Moves the case, and its clocks with it: those that the act stops, takes back, extends or starts, then, when the case
 * is over, those that nothing stopped. */
int deed_change_clocks(struct deed *deed, struct err *err) WARN_UNUSED;
/* The body's members about clocks. */
int deed_tell_clocks(const struct deed *deed, json_t *body, struct err *err) WARN_UNUSED;
int body_set(json_t *body, const char *key, json_t *value, struct err *err) WARN_UNUSED;

#endif
