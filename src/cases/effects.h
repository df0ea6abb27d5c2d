/* What an act or an opening does beyond its case: `effect: block` in a procedure. The rooms that know what is meant
 * stand above this one, so the office holds their functions, a table of each room. An effect runs in the transaction of
 * the case's event, after it; it writes events of its own, from which alone its rows follow. It may also give values
 * to the act's event, and so to its paper: those of the act's fields that are `by_effect`. */
#ifndef TALAP_CASES_EFFECTS_H
#define TALAP_CASES_EFFECTS_H

#include "base/json.h"
#include "cases/cases.h"

struct effect_call {
    const char *effect; /* effect_known; NULL: an opening without one whose person is known */
    const struct procedure *procedure;
    const struct procedure_act *act; /* NULL: the opening */
    const struct case_row *row;      /* the case as it stands after the event */
    const char *subject_id;          /* of an opening whose person was known (case_opening), else NULL */
    const char *given;               /* what was given now and is not personal: {field: text or [texts]} */
    const char *personal; /* what was given and is: {field: {salt, value}}, or NULL; never to be written down */
    const struct actor *actor;
    int64_t leaf; /* of the case's event */
    int64_t now_usec;
};

struct case_effects {
    bool (*knows)(const char *word);
    bool of_people; /* also told of openings without an effect whose person is known (`effect` NULL) */
    /* Is there something against it that is known before anything is written? ret_why->kind ERR_NONE: no. */
    int (*barred)(struct tx *tx, const struct office *office, const struct procedure_act *act,
                  const struct case_row *row, int64_t now_usec, struct err *ret_why, struct err *err);
    /* Values of the act's fields `by_effect`, before the event is written, under the writer's turn: sets members of
     * `values`, {field: text or [texts]}; call->leaf is -1. A refusal undoes the act. NULL: gives none. */
    int (*give)(struct tx *tx, const struct office *office, const struct effect_call *call, json_t *values,
                struct err *err);
    /* A refusal undoes the whole act or opening. NULL: does nothing beyond giving. */
    int (*run)(struct tx *tx, const struct office *office, const struct effect_call *call, struct err *err);
};
/* The table of the office that knows the word (NULL: of openings without one); NULL when none does. */
const struct case_effects *effects_of(const struct office *office, const char *word);

/* case_open_prepare for a case that an act or an effect opens: who may do the one may open the other. */
int case_open_prepare_by_act(struct tx *tx, const struct office *office, const struct case_opening *opening,
                             const struct actor *actor, int64_t now_usec, struct arena *arena,
                             const struct case_prepared **ret, struct field_errors *errors,
                             struct err *err) WARN_UNUSED;

#endif
