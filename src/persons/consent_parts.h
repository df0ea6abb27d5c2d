/* Shared by the files about consents: one that is checked and ready to be written. */
#ifndef TALAP_PERSONS_CONSENT_PARTS_H
#define TALAP_PERSONS_CONSENT_PARTS_H

#include "persons/consents.h"
#include "store/consent_rows.h"

/* Texts live in the arena of the preparation. The body of its event is canonical, in the pieces between which stands
 * what is known only when it is written: `body_aspects` … at_usec … `body_rest` … subject_id … `body_text` … token_id …
 * `body_tail`. */
struct consent_prepared {
    struct person_names names;
    struct consent_row row; /* but leaf, person, text, recipients */
    struct consent_text_row text;
    const char *recipients; /* JSON list, sorted; NULL: any of the purpose's */
    const char *body_aspects, *body_rest, *body_text, *body_tail;
    const char *sealed; /* {name: {salt, value}}, still plain */
    size_t sealed_len;
};
void consent_from_row(const struct consent_row *row, struct consent *ret);

#endif
