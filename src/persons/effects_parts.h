/* What the files of effects share: what an act gave, and whose case it is. Private to effects.c, withdrawals.c. */
#ifndef TALAP_PERSONS_EFFECTS_PARTS_H
#define TALAP_PERSONS_EFFECTS_PARTS_H

#include "base/json.h"
#include "cases/effects.h"
#include "cases/record.h"
#include "persons/people.h"

/* One effect under way. */
struct effecting {
    struct tx *tx;
    const struct office *office;
    const struct effect_call *call;
    struct arena *arena;
    json_t *given, *personal; /* {} where nothing was */
    struct person person;
    bool identified;
};
/* The text given under the name now, or NULL. */
const char *effect_given(const struct effecting *effect, const char *name);

/* withdrawals.c: what withdrawing does, and its reasoned refusal. */
int effect_withdraw(struct effecting *effect, struct err *err) WARN_UNUSED;
int effect_restore(struct effecting *effect, struct err *err) WARN_UNUSED;

#endif
