/* Figures over many cases, remembered for some seconds: a page that anybody may open must not make the store count a
 * year of cases at every visit. Thread-safe. */
#ifndef TALAP_WEB_FIGURES_H
#define TALAP_WEB_FIGURES_H

#include "store/case_rows.h"
#include "store/register_rows.h"

struct figures;

int figures_new(struct figures **ret, struct err *err) WARN_UNUSED;
void figures_free(struct figures *figures); /* NULL-safe */
/* What store_case_span_figures says of one span [from, until), at most FIGURES_AGE_SEC old. While one caller counts
 * anew, the others get what was known before. */
#define FIGURES_AGE_SEC 15
int figures_of_span(struct figures *figures, struct tx *tx, const char *procedure, const char *clock, int64_t from_usec,
                    int64_t until_usec, int64_t now_usec, struct span_figures *ret, struct err *err) WARN_UNUSED;
/* What store_register_figures says of one register, as old at most. */
struct register_figures {
    int64_t standing, left;
};
int figures_of_register(struct figures *figures, struct tx *tx, const char *reg, int64_t now_usec,
                        struct register_figures *ret, struct err *err) WARN_UNUSED;

#endif
