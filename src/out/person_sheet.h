/* Everything that is kept about a person, for that person, on paper. */
#ifndef TALAP_OUT_PERSON_SHEET_H
#define TALAP_OUT_PERSON_SHEET_H

#include "base/buf.h"
#include "base/lang.h"
#include "base/time.h"
#include "cases/office.h"

struct person_pair {
    const char *label, *text; /* NULL text: the pair is left out */
};
struct person_item {
    const char *title;
    size_t count;
    const struct person_pair *pairs;
};
struct person_section {
    const char *title;
    const char *none; /* what is said when there is no item */
    size_t count;
    const struct person_item *items;
};
/* `at_usec`: when it was made; it stands on it, and the same content at the same moment gives the same bytes. */
int person_sheet_render(const struct person_section *sections, size_t count, const struct organisation *organisation,
                        enum lang lang, const struct zone *zone, int64_t at_usec, struct buf *out,
                        struct err *err) WARN_UNUSED;

#endif
