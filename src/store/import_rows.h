/* Files of consents being read in (persons/import.h), as rows: how far each is, what was refused, and the sealed parts
 * of those that were sent. */
#ifndef TALAP_STORE_IMPORT_ROWS_H
#define TALAP_STORE_IMPORT_ROWS_H

#include "base/digest.h"
#include "store/store.h"

struct import_row {
    const char *id, *name, *format, *state;
    struct hash content_hash;
    int64_t size_bytes, position_bytes, line; /* line: of the next row, from 1 */
    int64_t taken, refused;                   /* rows */
    int64_t kept;                             /* lines of import_refusal */
    bool kept_in_store;                       /* the file itself is, or is to be, in parts */
    struct hash salt;                         /* of the parts' key, when kept_in_store */
    int64_t parts;
    const char *account_id; /* or NULL */
    int64_t started_usec, changed_usec;
};
int store_import_insert(struct tx *tx, const struct import_row *row, struct err *err) WARN_UNUSED;
/* Everything but id, name, hash, account and start. */
int store_import_update(struct tx *tx, const struct import_row *row, struct err *err) WARN_UNUSED;
int store_import_get(struct tx *tx, const char *id, struct arena *arena, struct import_row *ret,
                     struct err *err) WARN_UNUSED; /* "not_found" */
int store_import_by_hash(struct tx *tx, const struct hash *content_hash, struct arena *arena, struct import_row *ret,
                         bool *ret_found, struct err *err) WARN_UNUSED;
/* Newest first. */
int store_import_list(struct tx *tx, size_t limit, struct arena *arena, struct import_row **ret, size_t *ret_count,
                      struct err *err) WARN_UNUSED;
/* The oldest that runs and is kept in the store: its id, or NULL. */
int store_import_next(struct tx *tx, struct arena *arena, const char **ret_id, struct err *err) WARN_UNUSED;

int store_import_part_put(struct tx *tx, const char *id, int64_t part, const void *sealed, size_t count,
                          struct err *err) WARN_UNUSED;
int store_import_part_get(struct tx *tx, const char *id, int64_t part, struct arena *arena, const void **ret,
                          size_t *ret_count, struct err *err) WARN_UNUSED;
int store_import_parts_delete(struct tx *tx, const char *id, struct err *err) WARN_UNUSED;

struct import_refusal_row {
    int64_t line;
    const char *field, *code, *arg;
};
/* *ret_new false when the same stands there already. */
int store_import_refusal_put(struct tx *tx, const char *id, const struct import_refusal_row *row, bool *ret_new,
                             struct err *err) WARN_UNUSED;
int store_import_refusals_delete(struct tx *tx, const char *id, struct err *err) WARN_UNUSED;
/* A text that a consent was given to, by its SHA-256, language and version (NULL: whichever; the newest). *ret NULL
 * when there is none. All in the arena. */
int store_import_text(struct tx *tx, const struct hash *hash, const char *lang, const char *version,
                      struct arena *arena, const char **ret, const char **ret_lang, const char **ret_version,
                      struct err *err) WARN_UNUSED;
/* In the order of the file, after one of them (NULL: from the first), at most `limit`. */
int store_import_refusals(struct tx *tx, const char *id, const struct import_refusal_row *after, size_t limit,
                          struct arena *arena, struct import_refusal_row **ret, size_t *ret_count,
                          struct err *err) WARN_UNUSED;

#endif
