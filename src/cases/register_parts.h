/* Rows of registers as registers.c writes and rebuild.c checks them. Private to the room. */
#ifndef TALAP_CASES_REGISTER_PARTS_H
#define TALAP_CASES_REGISTER_PARTS_H

#include "cases/parts.h"
#include "cases/registers.h"

/* Where a case stands in a register and since when. Begin with REGISTER_OUT. */
struct register_life {
    enum register_place place;
    int64_t entered_usec, left_usec; /* left TIME_NONE while it stands */
};
/* The case came to that state, or stayed in it. */
void register_live(struct register_life *life, const struct law_register *reg, const char *state, int64_t at_usec);
/* The row of a case with that life; place is not REGISTER_OUT. */
int register_row_make(const struct law_register *reg, const struct case_row *row, const struct register_life *life,
                      struct arena *arena, struct register_row *ret, struct err *err) WARN_UNUSED;
/* When the event of a case happened: a case's receipt, what an act says, else when it was recorded. */
int64_t event_happened(const struct event_row *event, const json_t *body);
/* Is the register over that procedure? */
bool register_is_over(const struct law_register *reg, const char *procedure);

#endif
