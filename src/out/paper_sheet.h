/* Sheets of A4: lines of text in a few styles, laid down one under another and broken into pages.
 *
 * Everything is a *strip*: one line (or two side by side), a rule, or a drawing. A strip may be tied to the next, and a
 * run of tied strips is never parted. So the last lines of a paragraph stay together, a label stays with what it
 * labels, and a signature never stands alone on a page. Leading is fixed for each style: the rhythm stays even whatever
 * letters come. Private to the room. */
#ifndef TALAP_OUT_PAPER_SHEET_H
#define TALAP_OUT_PAPER_SHEET_H

#include "base/err.h"
#include "base/lang.h"
#include <cairo.h>
#include <pango/pango.h>
#include <stdbool.h>

/* Points; A4 with the wide left margin of a letter that will be filed. */
#define MM (72.0 / 25.4)
#define SHEET_WIDTH (210 * MM)
#define SHEET_HEIGHT (297 * MM)
#define SHEET_LEFT (28 * MM)
#define SHEET_RIGHT (20 * MM)
#define SHEET_TOP (20 * MM)
#define SHEET_BOTTOM (25 * MM)
#define SHEET_TEXT (SHEET_WIDTH - SHEET_LEFT - SHEET_RIGHT)

enum sheet_style {
    STYLE_BODY,   /* serif 11: the letter */
    STYLE_STRONG, /* the same, bold */
    STYLE_NAME,   /* serif bold 15: whose letter it is */
    STYLE_TITLE,  /* serif bold 14 */
    STYLE_LABEL,  /* sans 8.5, grey */
    STYLE_SMALL,  /* sans 8.5 */
    STYLE_HASH,   /* mono 7.5 */
};

struct sheet_cell {
    enum sheet_style style;
    const char *text; /* one or more paragraphs, one a line */
    double x, width;  /* from the left edge of the text */
    PangoAlignment align;
};

struct sheet;
typedef void sheet_draw_fn(cairo_t *cr, const struct sheet *sheet, const void *arg, double x, double y);

/* A sheet borrows a font map from here until sheet_free; a few are drawn at once in the process, others wait. Never
 * two in one thread, and free it after the Cairo surface is destroyed. The footer must live until the sheet is drawn.
 */
int sheet_new(enum lang lang, const char *foot, struct sheet **ret, struct err *err) WARN_UNUSED;
void sheet_free(struct sheet *sheet); /* NULL-safe */
/* What comes next begins on a new page, in that language and with that footer (which must live until the sheet is
 * drawn). At most SHEET_PARTS in all. */
void sheet_begin_part(struct sheet *sheet, enum lang lang, const char *foot);
#define SHEET_PARTS 2

/* Paragraphs under one another. `keep`: the last line is tied to what follows. */
void sheet_put_text(struct sheet *sheet, const struct sheet_cell *cell, double space_before, bool keep);
/* Two cells side by side, first lines on one base line. */
void sheet_put_row(struct sheet *sheet, const struct sheet_cell *left, const struct sheet_cell *right,
                   double space_before, bool keep);
/* The same of several, at most SHEET_CELLS. */
#define SHEET_CELLS 4
void sheet_put_cells(struct sheet *sheet, const struct sheet_cell *cells, size_t count, double space_before, bool keep);
/* A line across the text. */
void sheet_put_rule(struct sheet *sheet, double thickness, double space_before);
/* Something of its own that is never parted. `arg` must live until the sheet is drawn. */
void sheet_put_drawing(struct sheet *sheet, sheet_draw_fn *draw, const void *arg, double height, double space_before);
/* Ties what was put last to what comes next. */
void sheet_keep_last(struct sheet *sheet);

/* Breaks into pages and draws them, each with the footer of its part at the left, page and pages at the right. False
 * when memory ended while the sheet was filled. */
bool sheet_draw(struct sheet *sheet, cairo_t *cr);

/* For drawings: writes a cell at once with its top at y; gives its height. With cr NULL it only measures. */
double sheet_write(const struct sheet *sheet, cairo_t *cr, const struct sheet_cell *cell, double x, double y);

static inline void sheet_cleanup(struct sheet **sheet)
{
    sheet_free(*sheet);
}
#define CLEANUP_SHEET __attribute__((cleanup(sheet_cleanup)))

#endif
