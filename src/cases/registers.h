/* Public registers over cases (law/registers): what stands in them, and the history of an entry. The rows are kept with
 * every change of a case (register_follow, from case_open and case_act) and made anew when the catalogue has changed.
 */
#ifndef TALAP_CASES_REGISTERS_H
#define TALAP_CASES_REGISTERS_H

#include "cases/cases.h"
#include "store/register_rows.h"

/* One column of an entry: field and texts as in case_value; count 0 where there is none. */
struct register_entry {
    struct register_row row;
    enum register_place place;
    int state;                       /* index in the procedure's states */
    const struct case_value *values; /* one for each column */
};
/* A row as its columns. */
int register_entry_read(const struct law_register *reg, const struct register_row *row, struct arena *arena,
                        struct register_entry *ret, struct err *err) WARN_UNUSED;
/* ERR_NOT_FOUND "entry_unknown". */
int register_entry_get(struct tx *tx, const struct law_register *reg, const char *number, struct arena *arena,
                       struct register_entry *ret, struct err *err) WARN_UNUSED;

/* A step in an entry's life: the opening, and every act that moved it or changed a column. No name of anybody. */
struct register_step {
    int64_t leaf, at_usec;           /* at_usec: when it happened, where the act says so, else when it was recorded */
    const struct procedure_act *act; /* NULL: the opening */
    int state;                       /* after it */
    int64_t took_usec;               /* since the step before; 0 for the first */
    size_t value_count;
    const struct case_value *values; /* the columns it set */
};
int register_history(struct tx *tx, const struct office *office, const struct law_register *reg,
                     const struct register_entry *entry, struct arena *arena, const struct register_step **ret,
                     size_t *ret_count, struct err *err) WARN_UNUSED;

/* Makes the rows of registers, links and keys anew after a change of the catalogue, at most `limit` cases (1 … 500) a
 * call; a command of the job loop. *ret_count is how many cases were looked at: 0 when all rows are those of this
 * catalogue. */
int register_refresh(struct tx *tx, const struct office *office, size_t limit, size_t *ret_count,
                     struct err *err) WARN_UNUSED;
/* Is there anything left for it to do? */
int register_stale(struct tx *tx, const struct office *office, bool *ret, struct err *err) WARN_UNUSED;

#endif
