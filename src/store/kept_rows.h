/* The registers that an operator keeps about its processing, as rows: versions of entries. */
#ifndef TALAP_STORE_KEPT_ROWS_H
#define TALAP_STORE_KEPT_ROWS_H

#include "base/arena.h"
#include "store/store.h"

struct kept_row {
    const char *kind, *id;
    int64_t version, number;
    int64_t from_usec;
    bool retired;
    const char *json;
    int64_t leaf;
};
/* A version that is there already: ERR_CONFLICT "entry_changed". */
int store_kept_insert(struct tx *tx, const struct kept_row *row, struct err *err) WARN_UNUSED;
/* Everything, by kind, number and version. */
int store_kept_list(struct tx *tx, struct arena *arena, struct kept_row **ret, size_t *ret_count,
                    struct err *err) WARN_UNUSED;
/* The newest version of one entry; *ret_found false where there is none. */
int store_kept_newest(struct tx *tx, const char *kind, const char *id, struct arena *arena, struct kept_row *ret,
                      bool *ret_found, struct err *err) WARN_UNUSED;
/* How many versions of entries there are: differs exactly when something was set or retired since. */
int store_kept_count(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;
/* The highest number given in a kind; `none` without any. */
int store_kept_number(struct tx *tx, const char *kind, int64_t none, int64_t *ret, struct err *err) WARN_UNUSED;

#endif
