/* What the calls about people, their consents and the operator's registers share. */
#ifndef TALAP_WEB_API_PERSONS_H
#define TALAP_WEB_API_PERSONS_H

#include "persons/consents.h"
#include "web/api/api.h"

static inline void kept_cleanup(struct kept **kept)
{
    kept_unref(*kept);
}
#define CLEANUP_KEPT __attribute__((cleanup(kept_cleanup)))

/* "stands", "not_begun", "expired" (also before the job loop has written so), "withdrawn", "achieved", "destroyed". */
const char *consent_state(const struct consent *consent, int64_t now_usec);
/* One consent as an object, with the names of who gave it while the person's key is there. */
int consent_write(struct request *request, struct tx *tx, struct buf *out, const struct kept *kept,
                  const struct person *person, const struct consent *consent, struct err *err) WARN_UNUSED;

#endif
