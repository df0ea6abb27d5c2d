/* Which serial an id has: asked for every row of showings, so it is held in memory, 16 bytes an advertisement, and
 * follows the store. */
#ifndef TALAP_ADVERTS_IDS_H
#define TALAP_ADVERTS_IDS_H

#include "cases/office.h"

struct advert_ids;
int advert_ids_new(const struct office *office, struct advert_ids **ret, struct err *err) WARN_UNUSED;
void advert_ids_free(struct advert_ids *ids); /* NULL-safe */
int advert_ids_follow(struct advert_ids *ids, struct tx *tx, struct err *err) WARN_UNUSED;
/* By public id (UUID) or the platform's own; -1: none (removed ones have none). Thread-safe. */
int64_t advert_ids_find(const struct advert_ids *ids, const char *id, size_t count);
/* The same, and the local day on which it was placed (the entry's spare four bytes). */
int64_t advert_ids_find_placed(const struct advert_ids *ids, const char *id, size_t count, int32_t *ret_placed_day);

#endif
