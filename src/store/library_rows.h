/* What the library of advertisements reads of the store: rows of advert and advert_version, for its index in memory
 * (adverts/library.h). Nothing is written here. */
#ifndef TALAP_STORE_LIBRARY_ROWS_H
#define TALAP_STORE_LIBRARY_ROWS_H

#include "store/store.h"

struct library_row {
    int64_t serial, version, leaf;
    int32_t last_day;
    int64_t shown;
    int64_t counted_usec; /* or TIME_NONE */
    bool removed;
    const char *json; /* of that version; NULL: removed, or not asked for */
};
/* What an event after `leaf` (of the same event: after `serial`) was the newest about, in that order, with the text:
 * each as it now is. Stops early when the texts are more than `bytes` together; *ret_more: there may be more. */
int store_library_changed(struct tx *tx, int64_t leaf, int64_t serial, size_t limit, size_t bytes, struct arena *arena,
                          struct library_row **ret, size_t *ret_count, bool *ret_more, struct err *err) WARN_UNUSED;
/* Figures that were counted after that moment (of the same moment: after `serial`), in that order, without texts. */
int store_library_counted(struct tx *tx, int64_t counted_usec, int64_t serial, size_t limit, struct arena *arena,
                          struct library_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* By serial, from the one after `serial` on, without texts. */
int store_library_sweep(struct tx *tx, int64_t serial, size_t limit, struct arena *arena, struct library_row **ret,
                        size_t *ret_count, struct err *err) WARN_UNUSED;
/* What a version said; NULL when it is gone. */
int store_library_text(struct tx *tx, int64_t serial, int64_t version, struct arena *arena, const char **ret,
                       struct err *err) WARN_UNUSED;

#endif
