/* Why rows of a file were not taken, as CSV: line, field, code, and a sentence in the reader's language. */
#ifndef TALAP_OUT_IMPORT_REPORT_H
#define TALAP_OUT_IMPORT_REPORT_H

#include "persons/import.h"

/* How far the report is; `id` and `lang` given, the rest begins as zeros. */
struct import_refusals {
    const char *id;
    enum lang lang;
    bool begun;
    int64_t line;
    char field[64], code[64];
};
/* The next some hundred lines, the head line first; in a read of its own. */
int import_refusals_fill(struct store *store, struct import_refusals *refusals, struct buf *out, bool *ret_more,
                         struct err *err) WARN_UNUSED;

#endif
