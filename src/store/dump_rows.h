/* Advertisements in the order of their serials with what their newest versions say: what a dump walks through. */
#ifndef TALAP_STORE_DUMP_ROWS_H
#define TALAP_STORE_DUMP_ROWS_H

#include "store/advert_rows.h"

struct dump_row {
    struct advert_row advert;
    int64_t counted_usec; /* when showings were last added, or TIME_NONE */
    const char *json;     /* of the newest version; NULL: removed */
    size_t json_len;
};
/* At most `limit` after the serial `after`, removed ones among them. */
int store_dump_adverts(struct tx *tx, int64_t after, size_t limit, struct arena *arena, struct dump_row **ret,
                       size_t *ret_count, struct err *err) WARN_UNUSED;

#endif
