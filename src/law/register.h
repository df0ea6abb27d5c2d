/* A public register as data (law/registers/NAME.yaml): a declared view over the cases of one procedure. A case stands
 * in it while it is in one of `states`, and as a past entry once it has come to one of `past`. Only fields marked
 * `public` can be columns, so nothing personal can. Immutable after loading. */
#ifndef TALAP_LAW_REGISTER_H
#define TALAP_LAW_REGISTER_H

#include "law/procedure.h"

struct law_register {
    const char *id; /* "legal_representatives" */
    const char *file;
    struct text3 title, summary;
    size_t norm_count;
    const char *const *norm_ids;
    const struct procedure *procedure;
    size_t state_count, past_count;
    const char *const *states, *const *past; /* ids of the procedure's states */
    size_t column_count;
    const struct field *const *columns; /* in the order shown; each public and not personal */
};

/* Where a case in that state stands: not at all, now, or in the past. */
enum register_place { REGISTER_OUT, REGISTER_IN, REGISTER_PAST };
enum register_place register_place_of(const struct law_register *reg, const char *state);

#endif
