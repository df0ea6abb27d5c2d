/* What the pages of files of consents are drawn from (pages/imports.html). */
#ifndef TALAP_WEB_PAGES_IMPORT_VIEWS_H
#define TALAP_WEB_PAGES_IMPORT_VIEWS_H

#include "store/import_rows.h"
#include "web/pages/views.h"

struct imports_view {
    size_t count;
    const struct import_row *rows;
    bool may_send, may_take_out;
    int mib;
    const char *refusal;
    const char *file_wrong; /* a sentence beside the file */
    size_t wrong_count;     /* what the head line lacks: sentences with their columns */
    const char *const *wrong_fields, *const *wrong_texts;
};
struct import_view {
    const struct import_row *row;
    int percent;
    bool may_change;
    size_t refusal_count; /* the first of them */
    const struct import_refusal_row *refusals;
    const char *const *reasons;
    bool cut; /* more were refused than are kept */
    const char *refusal, *done;
};
const char *import_state_text(enum lang lang, const char *state);

#endif
