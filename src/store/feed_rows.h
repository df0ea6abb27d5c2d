/* Secret addresses of calendars: one for an account at most. Only the hash of the secret is kept. */
#ifndef TALAP_STORE_FEED_ROWS_H
#define TALAP_STORE_FEED_ROWS_H

#include "base/digest.h"
#include "store/store.h"

struct feed_row {
    const char *account_id;
    struct hash secret_hash;
    int64_t created_usec;
};
/* Replaces the account's earlier one. */
int store_feed_put(struct tx *tx, const struct feed_row *row, struct err *err) WARN_UNUSED;
/* ERR_NOT_FOUND "not_found". */
int store_feed_by_hash(struct tx *tx, const struct hash *secret_hash, struct arena *arena, struct feed_row *ret,
                       struct err *err) WARN_UNUSED;
int store_feed_of(struct tx *tx, const char *account_id, struct arena *arena, struct feed_row *ret,
                  struct err *err) WARN_UNUSED;
int store_feed_delete(struct tx *tx, const char *account_id, struct err *err) WARN_UNUSED; /* none: no error */

#endif
