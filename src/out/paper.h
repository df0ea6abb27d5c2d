/* Papers: a layout (papers/ID.yaml) filled from a case, drawn with Pango and Cairo as PDF. Reproducible: the creation
 * date is the act's moment, so the same event always gives the same bytes. */
#ifndef TALAP_OUT_PAPER_H
#define TALAP_OUT_PAPER_H

#include "base/buf.h"
#include "base/html.h"
#include "cases/cases.h"

struct papers; /* all layouts, loaded and checked */
int papers_load(const char *dir, const struct catalogue *catalogue, struct papers **ret, struct err *err) WARN_UNUSED;
void papers_free(struct papers *papers);
/* Draws the paper `id` issued by the act recorded at `leaf` of the case, in the language (papers may be in Kazakh or
 * Russian; English for reading). The QR code holds PUBLIC_URL/LANG/proof/LEAF. ERR_NOT_FOUND "paper_unknown". */
int paper_render(const struct papers *papers, const struct case_view *view, const struct organisation *organisation,
                 const char *id, int64_t leaf, enum lang lang, const struct zone *zone, struct buf *out,
                 struct err *err) WARN_UNUSED;

/* A QR code as inline SVG for pages. */
int qr_svg(const char *text, struct arena *arena, struct html *ret, struct err *err) WARN_UNUSED;

#endif
