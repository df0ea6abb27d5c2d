/* Entries of public registers, as rows: a projection of the public columns of cases, kept in the same transaction as
 * the case (cases/registers.c). Nothing in it is personal. */
#ifndef TALAP_STORE_REGISTER_ROWS_H
#define TALAP_STORE_REGISTER_ROWS_H

#include "base/arena.h"
#include "store/store.h"

struct register_row {
    const char *reg; /* the register's id */
    const char *case_id;
    const char *number;   /* of the case: the entry's stable address */
    const char *state;    /* of the case */
    int64_t entered_usec; /* when it came into the register */
    int64_t left_usec;    /* since when it is a past entry; TIME_NONE while it stands */
    const char *values;   /* canonical JSON {column: text or [texts]} */
    const char *words;    /* the same, and the number, folded (text_fold_words), for the search */
};
/* Inserts, or replaces what the register holds of the case (but for entered_usec, which stays). */
int store_register_put(struct tx *tx, const struct register_row *row, struct err *err) WARN_UNUSED;
/* Takes the case out, as if it had never been in: its state is none of the register's any more. No row: no error. */
int store_register_delete(struct tx *tx, const char *reg, const char *case_id, struct err *err) WARN_UNUSED;
/* ERR_NOT_FOUND "not_found". */
int store_register_get(struct tx *tx, const char *reg, const char *number, struct arena *arena,
                       struct register_row *ret, struct err *err) WARN_UNUSED;

enum register_which { REGISTER_ALL, REGISTER_STANDING, REGISTER_LEFT };
struct register_filter {
    const char *reg;
    enum register_which which;
    const char *words;  /* folded; every one must occur, the last as a beginning; NULL: any */
    const char *cursor; /* opaque, of an earlier answer with the same filter; NULL: from the start */
    size_t limit;       /* 1 … 500 */
};
/* Newest entries first; entries added meanwhile do not disturb the pages. *ret_cursor NULL: the last page. A cursor
 * that cannot be read: ERR_MALFORMED "cursor_malformed". */
int store_register_list(struct tx *tx, const struct register_filter *filter, struct arena *arena,
                        struct register_row **ret, size_t *ret_count, const char **ret_cursor,
                        struct err *err) WARN_UNUSED;
/* The ids of all registers that ever had an entry. */
int store_register_names(struct tx *tx, struct arena *arena, const char *const **ret, size_t *ret_count,
                         struct err *err) WARN_UNUSED;
/* How many stand in it and how many did. */
int store_register_figures(struct tx *tx, const char *reg, int64_t *ret_standing, int64_t *ret_left,
                           struct err *err) WARN_UNUSED;
int store_register_scan(struct tx *tx, int (*each)(const struct register_row *row, void *arg, struct err *err),
                        void *arg, struct err *err) WARN_UNUSED;

#endif
