/* The advertisements of the store, as a reader of showings asks for them. */
#ifndef TALAP_ADVERTS_SHOWING_ADVERTS_H
#define TALAP_ADVERTS_SHOWING_ADVERTS_H

#include "adverts/ids.h"
#include "adverts/showings.h"

struct showing_source {
    struct advert_ids *ids;
    struct tx *tx;
    const struct zone *zone;
};
/* `ids` is brought up to what `tx` sees. `source` and `tx` must outlive what is made of them. */
int showing_adverts_of(struct showing_source *source, struct showing_adverts *ret, struct err *err) WARN_UNUSED;

#endif
