/* Lines into strips, strips into pages. Pango breaks and shapes the lines (in the language of the paper), Cairo draws
 * them. A font map knows the fonts it has opened and is not made for two at once: sheets borrow one out of a few, the
 * one that was given back last, so that fonts are opened anew only when there is more to draw than ever before. */
#include "out/paper_sheet.h"

#include "base/buf.h"
#include <assert.h>
#include <pango/pangocairo.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRIPS_MAX 20000

struct style {
    const char *font;
    double leading, ascent; /* points: from base line to base line, and from a line's top to its base line */
    double paragraph;       /* space between paragraphs */
    double grey;            /* 0 black */
};

/* Fonts are asked for by size in points of the page; DejaVu has every Kazakh letter too. */
static const struct style styles[] = {
    [STYLE_BODY] = {"Noto Serif, DejaVu Serif 11", 16.5, 12.2, 6, 0.08},
    [STYLE_STRONG] = {"Noto Serif, DejaVu Serif Bold 11", 16.5, 12.2, 6, 0.08},
    [STYLE_NAME] = {"Noto Serif, DejaVu Serif Bold 15", 20, 15, 0, 0.08},
    [STYLE_TITLE] = {"Noto Serif, DejaVu Serif Bold 14", 19.5, 14.6, 0, 0.08},
    [STYLE_LABEL] = {"Noto Sans, DejaVu Sans 8.5", 12.5, 9.4, 3, 0.38},
    [STYLE_SMALL] = {"Noto Sans, DejaVu Sans 8.5", 12.5, 9.4, 3, 0.18},
    [STYLE_HASH] = {"Noto Sans Mono, DejaVu Sans Mono 7.5", 11, 8.4, 0, 0.3},
};

struct piece {
    PangoLayout *layout; /* counted; NULL: empty */
    PangoLayoutLine *line;
    double x, ascent, grey;
};

struct strip {
    double space_before, height;
    bool keep; /* tied to the next strip */
    int part;
    struct piece pieces[SHEET_CELLS];
    double rule; /* thickness, of a rule */
    sheet_draw_fn *draw;
    const void *arg;
};

struct part {
    PangoContext *context;
    const char *foot;
};

struct sheet {
    PangoFontMap *fonts;   /* borrowed */
    PangoContext *context; /* of the part that is being filled or drawn */
    struct part parts[SHEET_PARTS];
    int part_count;
    struct strip *strips;
    size_t count, room;
    bool failed;
};

#define FONT_MAPS 4 /* about 8 MB each; kept for good */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    PangoFontMap *idle[FONT_MAPS];
    int idle_count, made;
} fonts = {.lock = PTHREAD_MUTEX_INITIALIZER, .given_back = PTHREAD_COND_INITIALIZER};

/* Waits while all are lent. */
static PangoFontMap *fonts_borrow(void)
{
    PangoFontMap *map = NULL;

    pthread_mutex_lock(&fonts.lock);
    while (fonts.idle_count == 0 && fonts.made == FONT_MAPS)
        pthread_cond_wait(&fonts.given_back, &fonts.lock);
    if (fonts.idle_count > 0)
        map = fonts.idle[--fonts.idle_count];
    else
        fonts.made++;
    pthread_mutex_unlock(&fonts.lock);
    return map != NULL ? map : pango_cairo_font_map_new();
}

static void fonts_give_back(PangoFontMap *map)
{
    pthread_mutex_lock(&fonts.lock);
    fonts.idle[fonts.idle_count++] = map;
    pthread_cond_signal(&fonts.given_back);
    pthread_mutex_unlock(&fonts.lock);
}

static PangoContext *context_new(PangoFontMap *map, enum lang lang)
{
    PangoContext *context = pango_font_map_create_context(map);
    cairo_font_options_t *options = cairo_font_options_create();

    pango_context_set_language(context, pango_language_from_string(lang_code(lang)));
    pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_cairo_context_set_resolution(context, 72);
    /* What a screen would like to round must not move letters on paper. */
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    return context;
}

int sheet_new(enum lang lang, const char *foot, struct sheet **ret, struct err *err)
{
    struct sheet *sheet = calloc(1, sizeof(*sheet));

    if (sheet == NULL)
        return err_memory(err);
    sheet->fonts = fonts_borrow();
    sheet_begin_part(sheet, lang, foot);
    *ret = sheet;
    return 0;
}

/* A context of its own: changing the language of one would undo the lines that were laid with it. */
void sheet_begin_part(struct sheet *sheet, enum lang lang, const char *foot)
{
    assert(sheet->part_count < SHEET_PARTS);
    sheet->context = context_new(sheet->fonts, lang);
    sheet->parts[sheet->part_count++] = (struct part){.context = sheet->context, .foot = foot};
}

void sheet_free(struct sheet *sheet)
{
    if (sheet == NULL)
        return;
    for (size_t i = 0; i < sheet->count; i++)
        for (int side = 0; side < SHEET_CELLS; side++)
            if (sheet->strips[i].pieces[side].layout != NULL)
                g_object_unref(sheet->strips[i].pieces[side].layout);
    free(sheet->strips);
    for (int i = 0; i < sheet->part_count; i++)
        g_object_unref(sheet->parts[i].context);
    fonts_give_back(sheet->fonts);
    free(sheet);
}

static struct strip *strip_add(struct sheet *sheet)
{
    if (sheet->count == sheet->room) {
        size_t room = sheet->room != 0 ? sheet->room * 2 : 64;
        struct strip *strips = room <= STRIPS_MAX ? realloc(sheet->strips, room * sizeof(*strips)) : NULL;

        if (strips == NULL) {
            sheet->failed = true;
            return NULL;
        }
        sheet->strips = strips;
        sheet->room = room;
    }
    sheet->strips[sheet->count] = (struct strip){.part = sheet->part_count - 1};
    return &sheet->strips[sheet->count++];
}

void sheet_keep_last(struct sheet *sheet)
{
    if (sheet->count > 0)
        sheet->strips[sheet->count - 1].keep = true;
}

/* "16-бап" must not be parted at its hyphen: a figure, a hyphen and a letter stay on one line. */
static void hold_ordinals(PangoLayout *layout, const char *text, size_t len)
{
    PangoAttrList *attributes = NULL;

    for (size_t i = 1; i + 1 < len; i++) {
        PangoAttribute *attribute;

        if (text[i] != '-' || text[i - 1] < '0' || text[i - 1] > '9' || (unsigned char)text[i + 1] < 0x80)
            continue;
        attribute = pango_attr_allow_breaks_new(FALSE);
        attribute->start_index = (guint)(i - 1);
        attribute->end_index = (guint)(i + 3 < len ? i + 3 : len);
        if (attributes == NULL)
            attributes = pango_attr_list_new();
        pango_attr_list_insert(attributes, attribute);
    }
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
}

static PangoLayout *layout_new(const struct sheet *sheet, const struct sheet_cell *cell, const char *text, size_t len)
{
    PangoLayout *layout = pango_layout_new(sheet->context);
    PangoFontDescription *font = pango_font_description_from_string(styles[cell->style].font);

    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)(cell->width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout, cell->align);
    pango_layout_set_text(layout, text, (int)len);
    hold_ordinals(layout, text, len);
    return layout;
}

/* Every line of a layout as a piece, in order. */
static void each_line(PangoLayout *layout, const struct sheet_cell *cell, size_t first,
                      void (*take)(void *arg, size_t index, const struct piece *piece), void *arg)
{
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    size_t index = first;

    do {
        struct piece piece = {.layout = layout,
                              .line = pango_layout_iter_get_line_readonly(iter),
                              .ascent = styles[cell->style].ascent,
                              .grey = styles[cell->style].grey};
        PangoRectangle logical;

        pango_layout_iter_get_line_extents(iter, NULL, &logical);
        piece.x = cell->x + (double)logical.x / PANGO_SCALE;
        take(arg, index++, &piece);
    } while (pango_layout_iter_next_line(iter));
    pango_layout_iter_free(iter);
}

struct filling {
    struct sheet *sheet;
    size_t first; /* strip of the paragraph's or row's first line */
    double space_before, leading;
    int side;
};

static void take_strip(void *arg, size_t index, const struct piece *piece)
{
    struct filling *filling = arg;
    struct sheet *sheet = filling->sheet;
    struct strip *strip =
        filling->first + index < sheet->count ? &sheet->strips[filling->first + index] : strip_add(sheet);

    if (strip == NULL)
        return;
    strip->pieces[filling->side] = *piece;
    g_object_ref(piece->layout);
    if (strip->height < filling->leading)
        strip->height = filling->leading;
    if (index == 0 && strip->space_before < filling->space_before)
        strip->space_before = filling->space_before;
}

/* Ties the first two and the last two of the lines from `first` on, so that none is left alone. */
static void tie_ends(struct sheet *sheet, size_t first)
{
    if (sheet->count < first + 2)
        return;
    sheet->strips[first].keep = true;
    sheet->strips[sheet->count - 2].keep = true;
}

/* Lays one cell's paragraphs; they begin at strip `first` and share strips with what is there already. */
static void lay_cell(struct sheet *sheet, const struct sheet_cell *cell, size_t first, int side, double space_before)
{
    const struct style *style = &styles[cell->style];
    struct filling filling = {.sheet = sheet, .first = first, .side = side, .leading = style->leading};
    bool opened = false;

    for (const char *rest = cell->text; *rest != '\0';) {
        size_t len = strcspn(rest, "\n");
        size_t lines;
        PangoLayout *layout;

        if (strspn(rest, " \t\r") >= len) {
            rest += len + (rest[len] == '\n');
            continue;
        }
        layout = layout_new(sheet, cell, rest, len);
        lines = (size_t)pango_layout_get_line_count(layout);
        filling.space_before = opened ? style->paragraph : space_before;
        each_line(layout, cell, 0, take_strip, &filling);
        g_object_unref(layout);
        if (sheet->count >= filling.first + lines)
            tie_ends(sheet, filling.first);
        filling.first += lines;
        opened = true;
        rest += len + (rest[len] == '\n');
    }
}

void sheet_put_text(struct sheet *sheet, const struct sheet_cell *cell, double space_before, bool keep)
{
    size_t before = sheet->count;

    lay_cell(sheet, cell, sheet->count, 0, space_before);
    if (keep && sheet->count > before)
        sheet_keep_last(sheet);
}

void sheet_put_cells(struct sheet *sheet, const struct sheet_cell *cells, size_t count, double space_before, bool keep)
{
    size_t first = sheet->count;
    double ascent = 0;

    assert(count <= SHEET_CELLS);
    for (size_t i = 0; i < count; i++)
        if (styles[cells[i].style].ascent > ascent)
            ascent = styles[cells[i].style].ascent;
    for (size_t i = 0; i < count; i++)
        lay_cell(sheet, &cells[i], first, (int)i, space_before);
    /* A small label stands on the base line of the larger words beside it. */
    for (size_t i = first; i < sheet->count; i++)
        for (int side = 0; side < SHEET_CELLS; side++)
            sheet->strips[i].pieces[side].ascent = ascent;
    if (keep && sheet->count > first)
        sheet_keep_last(sheet);
}

void sheet_put_row(struct sheet *sheet, const struct sheet_cell *left, const struct sheet_cell *right,
                   double space_before, bool keep)
{
    const struct sheet_cell both[] = {*left, *right};

    sheet_put_cells(sheet, both, 2, space_before, keep);
}

void sheet_put_rule(struct sheet *sheet, double thickness, double space_before)
{
    struct strip *strip = strip_add(sheet);

    if (strip == NULL)
        return;
    strip->rule = thickness;
    strip->height = thickness;
    strip->space_before = space_before;
    strip->keep = true;
}

void sheet_put_drawing(struct sheet *sheet, sheet_draw_fn *draw, const void *arg, double height, double space_before)
{
    struct strip *strip = strip_add(sheet);

    if (strip == NULL)
        return;
    strip->draw = draw;
    strip->arg = arg;
    strip->height = height;
    strip->space_before = space_before;
}

static void piece_draw(cairo_t *cr, const struct piece *piece, double y)
{
    if (piece->layout == NULL)
        return;
    cairo_set_source_rgb(cr, piece->grey, piece->grey, piece->grey);
    cairo_move_to(cr, SHEET_LEFT + piece->x, y + piece->ascent);
    pango_cairo_show_layout_line(cr, piece->line);
}

static void strip_draw(cairo_t *cr, const struct sheet *sheet, const struct strip *strip, double y)
{
    for (size_t side = 0; side < SHEET_CELLS; side++)
        piece_draw(cr, &strip->pieces[side], y);
    if (strip->rule > 0) {
        cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
        cairo_rectangle(cr, SHEET_LEFT, y, SHEET_TEXT, strip->rule);
        cairo_fill(cr);
    }
    if (strip->draw != NULL)
        strip->draw(cr, sheet, strip->arg, SHEET_LEFT, y);
}

/* How many strips from `first` on belong together, and how high they are under what is above. */
static size_t run_of(const struct sheet *sheet, size_t first, bool at_top, double *ret_height)
{
    size_t count = 0;
    double height = 0;

    do {
        const struct strip *strip = &sheet->strips[first + count];

        height += (at_top && count == 0 ? 0 : strip->space_before) + strip->height;
        count++;
    } while (sheet->strips[first + count - 1].keep && first + count < sheet->count &&
             sheet->strips[first + count].part == sheet->strips[first].part);
    *ret_height = height;
    return count;
}

/* Where each page begins; the count of pages. `starts` may be NULL to count only. */
static size_t paginate(const struct sheet *sheet, size_t *starts)
{
    double y = 0, most = SHEET_HEIGHT - SHEET_TOP - SHEET_BOTTOM;
    size_t pages = 0;

    for (size_t i = 0; i < sheet->count;) {
        double height;
        size_t run = run_of(sheet, i, y <= 0, &height);
        bool part_begins = i > 0 && sheet->strips[i].part != sheet->strips[i - 1].part;

        if (pages == 0 || part_begins || (y > 0 && y + height > most)) {
            if (starts != NULL)
                starts[pages] = i;
            pages++;
            y = 0;
            run = run_of(sheet, i, true, &height);
        }
        /* A run higher than a page (it would need a very long label) is parted where the page ends. */
        if (height > most)
            run = 1, height = sheet->strips[i].height + (y > 0 ? sheet->strips[i].space_before : 0);
        y += height;
        i += run;
    }
    return pages;
}

static void footer_draw(const struct sheet *sheet, cairo_t *cr, const char *foot, size_t page, size_t pages)
{
    double y = SHEET_HEIGHT - 17 * MM;
    char number[64];

    snprintf(number, sizeof(number), "%zu / %zu", page, pages);
    cairo_set_source_rgb(cr, 0.7, 0.7, 0.7);
    cairo_rectangle(cr, SHEET_LEFT, y - 5, SHEET_TEXT, 0.4);
    cairo_fill(cr);
    sheet_write(sheet, cr, &(struct sheet_cell){.style = STYLE_LABEL, .text = foot, .width = SHEET_TEXT - 25 * MM},
                SHEET_LEFT, y);
    sheet_write(
        sheet, cr,
        &(struct sheet_cell){.style = STYLE_LABEL, .text = number, .width = SHEET_TEXT, .align = PANGO_ALIGN_RIGHT},
        SHEET_LEFT, y);
}

bool sheet_draw(struct sheet *sheet, cairo_t *cr)
{
    size_t pages = paginate(sheet, NULL);
    size_t *starts = calloc(pages + 1, sizeof(*starts));

    if (starts == NULL || sheet->failed) {
        free(starts);
        return false;
    }
    (void)paginate(sheet, starts);
    starts[pages] = sheet->count;
    for (size_t page = 0; page < pages; page++) {
        const struct part *part = &sheet->parts[sheet->strips[starts[page]].part];
        double y = SHEET_TOP;

        sheet->context = part->context;
        for (size_t i = starts[page]; i < starts[page + 1]; i++) {
            y += i == starts[page] ? 0 : sheet->strips[i].space_before;
            strip_draw(cr, sheet, &sheet->strips[i], y);
            y += sheet->strips[i].height;
        }
        footer_draw(sheet, cr, part->foot, page + 1, pages);
        cairo_show_page(cr);
    }
    free(starts);
    return true;
}

struct writing {
    cairo_t *cr;
    double x, y, leading;
};

static void take_writing(void *arg, size_t index, const struct piece *piece)
{
    const struct writing *writing = arg;

    if (writing->cr == NULL)
        return;
    cairo_set_source_rgb(writing->cr, piece->grey, piece->grey, piece->grey);
    cairo_move_to(writing->cr, writing->x + piece->x, writing->y + (double)index * writing->leading + piece->ascent);
    pango_cairo_show_layout_line(writing->cr, piece->line);
}

double sheet_write(const struct sheet *sheet, cairo_t *cr, const struct sheet_cell *cell, double x, double y)
{
    struct writing writing = {.cr = cr, .x = x, .y = y, .leading = styles[cell->style].leading};
    PangoLayout *layout = layout_new(sheet, cell, cell->text, strlen(cell->text));
    double height = pango_layout_get_line_count(layout) * writing.leading;

    each_line(layout, cell, 0, take_writing, &writing);
    g_object_unref(layout);
    return height;
}
