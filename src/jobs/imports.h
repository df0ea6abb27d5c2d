/* Files of consents that were sent, read in by a thread of their own. Private to the room. */
#ifndef TALAP_JOBS_IMPORTS_H
#define TALAP_JOBS_IMPORTS_H

#include "jobs/jobs.h"
#include "persons/import.h"

/* The file being read, from one pass to the next; begins as zeros. */
struct import_work {
    struct importer *importer;
    struct import_parts *parts;
    struct import_source source;
};
/* One batch of the oldest file that runs; *ret_handled is 1, or 0 when there was none. While others write, a pause
 * after each batch lets them go first. */
int imports_pass(const struct jobs_settings *settings, struct import_work *work, int64_t now_usec, size_t *ret_handled,
                 struct err *err) WARN_UNUSED;
void imports_end(struct import_work *work);

#endif
