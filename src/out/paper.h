/* Papers: a layout (papers/ID.yaml) filled from a case, drawn with Pango and Cairo as PDF. Reproducible: the creation
 * date is the event's moment, so the same event always gives the same bytes. */
#ifndef TALAP_OUT_PAPER_H
#define TALAP_OUT_PAPER_H

#include "base/buf.h"
#include "base/html.h"
#include "cases/cases.h"

struct papers; /* all layouts, loaded and checked */
int papers_load(const char *dir, const struct catalogue *catalogue, struct papers **ret, struct err *err) WARN_UNUSED;
void papers_free(struct papers *papers);
/* In which language a paper is drawn. Papers are issued in Kazakh, in Russian or in both: Kazakh first, Russian on a
 * new page, under one number, each with its own signature and proof, so that either half can be copied alone. English
 * is for reading. */
enum paper_language { PAPER_KK, PAPER_RU, PAPER_EN, PAPER_BOTH };
/* "kk", "ru", "en", "both"; -1 for anything else. */
int paper_language_parse(const char *word);
/* That of the case's opener; Kazakh for who wrote in English. */
enum paper_language paper_language_of(const struct case_view *view);

/* Draws the paper `id` issued by the opening or the act recorded at `leaf` of the case (a view with its events). The QR
 * code holds PUBLIC_URL/LANG/proof/LEAF. ERR_NOT_FOUND "paper_unknown". */
int paper_render(const struct papers *papers, const struct case_view *view, const struct organisation *organisation,
                 const char *id, int64_t leaf, enum paper_language language, const struct zone *zone, struct buf *out,
                 struct err *err) WARN_UNUSED;

/* A QR code as inline SVG for pages. */
int qr_svg(const char *text, struct arena *arena, struct html *ret, struct err *err) WARN_UNUSED;

#endif
