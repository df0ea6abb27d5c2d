/* What pages and API of the public registers share: what is asked for, and what stands beside an entry. Whatever is
 * read here may be shown to everybody: nothing personal, no name of anybody who works here. */
#ifndef TALAP_WEB_REGISTER_READ_H
#define TALAP_WEB_REGISTER_READ_H

#include "cases/links.h"
#include "cases/registers.h"
#include "web/http.h"

/* The register of the path; ERR_NOT_FOUND "register_unknown". */
int register_of_path(struct request *request, const struct law_register **ret, struct err *err) WARN_UNUSED;
/* Is it one of a procedure that this organisation runs, so that it is listed? */
bool register_listed(const struct office *office, const struct law_register *reg);

#define REGISTER_QUERY_LETTERS 200
/* The words of the query: q (words, at most REGISTER_QUERY_LETTERS characters), which ("all", "standing", "left") and
 * cursor; empty ones count as absent. Texts live in the request. ERR_BAD_INPUT "fields_refused". */
int register_filter_read(struct request *request, const struct law_register *reg, struct register_filter *ret,
                         struct err *err) WARN_UNUSED;
const char *register_which_word(enum register_which which);

/* Another entry of a register that this one names, or that names it, in a field that is public. */
struct entry_link {
    const struct field *field;
    bool back;
    const struct law_register *reg;
    const char *number;
    const struct procedure *procedure;
    int state;
};
/* A case that an act of the entry's procedure opened (an order to a carrier): its public values but those copied from
 * the entry, and its clocks. */
struct entry_order {
    const struct procedure *procedure;
    const char *number;
    int state;
    int64_t opened_usec;
    size_t value_count, clock_count;
    const struct case_value *values;
    const struct case_clock *clocks;
};
struct entry_beside {
    size_t clock_count, link_count, order_count;
    const struct case_clock *clocks; /* running ones with their days */
    const struct entry_link *links;
    const struct entry_order *orders;
    bool cut; /* more is tied to it than ENTRY_TIES_MAX */
};
#define ENTRY_TIES_MAX 200
int entry_beside_read(struct request *request, struct tx *tx, const struct law_register *reg,
                      const struct register_entry *entry, struct entry_beside *ret, struct err *err) WARN_UNUSED;
/* The entry that a value of the entry (of a `case` field) names, or NULL where it stands in no register. */
const struct entry_link *entry_value_link(const struct entry_beside *beside, const struct case_value *value);

/* Do steps follow each other still, so that the time since the last is counted? */
bool entry_goes_on(const struct law_register *reg, const struct register_entry *entry);

/* Whether cases of the procedure are found by this kind of key ("platform"): a field of its form has it. */
bool procedure_has_key(const struct procedure *procedure, const char *kind);

#endif
