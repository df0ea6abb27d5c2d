/* The forms of the operator's registers: which controls each kind has, how what was typed becomes the entry that
 * kept_check looks at, and an entry the words of a table. One table of controls serves drawing, reading and telling. */
#ifndef TALAP_WEB_PAGES_KEPT_FORM_H
#define TALAP_WEB_PAGES_KEPT_FORM_H

#include "persons/kept.h"
#include "web/pages/pages.h"
#include "web/pages/person_views.h"

/* The controls of the kind, filled from an entry of that form (NULL: empty), with the refusals beside them. */
int kept_form_fields(struct request *request, const struct kept *kept, enum kept_kind kind, const json_t *entry,
                     const struct kept_field **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* What was typed as such an entry, to be checked; the caller decrefs. NULL when memory ends. */
json_t *kept_form_read(const struct request *request, enum kept_kind kind);
/* kept_check's refusals, "entry.KEY", under the names of the controls. */
int kept_form_refused(struct request *request, struct err *err) WARN_UNUSED;
/* Rows of a table of versions, a cell each; rows that are empty in all of them are left out. */
int kept_form_rows(struct request *request, const struct kept *kept, enum kept_kind kind,
                   const struct kept_entry *const *versions, size_t count, const struct version_row **ret,
                   size_t *ret_count, struct err *err) WARN_UNUSED;

#endif
