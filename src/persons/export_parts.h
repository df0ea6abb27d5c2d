/* Shared by the files that write consents out. */
#ifndef TALAP_PERSONS_EXPORT_PARTS_H
#define TALAP_PERSONS_EXPORT_PARTS_H

#include "persons/export.h"

/* A consent with everything that is told of it; texts in an arena. */
struct consent_told {
    struct consent consent;
    struct person person;
    const char *full_name, *representative; /* NULL: none, or destroyed */
    struct consent_text text;
    const char *const *recipients; /* ids; none: any of the purpose's */
    size_t recipient_count;
    const struct kept_entry *purpose; /* as it was when the consent was given */
    const char *state;                /* "stands", "withdrawn", "expired", "achieved", "destroyed" */
};
struct export_context {
    const struct office *office;
    const struct kept *kept;
    const char *public_url;
    int64_t now_usec;
};
int consent_told_read(struct tx *tx, const struct export_context *context, const struct consent *consent,
                      struct arena *arena, struct consent_told *ret, struct err *err) WARN_UNUSED;
void consent_record_write(const struct export_context *context, const struct consent_told *told, struct buf *out);
void consent_csv_head(struct buf *out);
/* `with_text`: whole, beside its hash. */
void consent_csv_write(const struct export_context *context, const struct consent_told *told, bool with_text,
                       struct buf *out);

#endif
