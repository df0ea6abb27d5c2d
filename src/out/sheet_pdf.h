/* A filled sheet as a PDF. Private to the room. */
#ifndef TALAP_OUT_SHEET_PDF_H
#define TALAP_OUT_SHEET_PDF_H

#include "base/buf.h"
#include "base/time.h"
#include "out/paper_sheet.h"

/* The moment is the document's date of creation, so that the same content always gives the same bytes. */
int sheet_to_pdf(struct sheet *sheet, const char *title, const char *author, const struct zone *zone, int64_t at_usec,
                 struct buf *out, struct err *err) WARN_UNUSED;

#endif
