/* A paper drawn: the blocks of its layout, one after another, on sheets of A4, once for each language it is wanted in.
 * What a reader can check stands on it: the number, the norm, the ledger's leaf and its hash, and a QR code that leads
 * to the proof. Nothing of the moment at which it is drawn gets in, so the same event gives the same bytes today and in
 * ten years on the same program. */
#include "out/paper.h"

#include "base/locale.h"
#include "out/paper_blocks.h"
#include "out/sheet_pdf.h"
#include <string.h>

#define TEXT_LIMIT (8u << 20)

/* A paper in one language: what it says, and where it is proved. */
struct part {
    struct paper_fill fill;
    struct paper_proof proof;
    const char *foot;
};

static int part_prepare(struct part *part, const struct paper_fill *like, enum lang lang, struct err *err)
{
    struct paper_fill *fill = &part->fill;

    *fill = *like;
    fill->lang = lang;
    fill->organisation_name = paper_organisation_name(fill->organisation, lang);
    if (fill->organisation_name == NULL)
        fill->organisation_name = text_get(lang, T_paper_unnamed);
    part->foot = arena_printf(fill->arena, "№ %s  ·  %s", fill->number, fill->organisation_name);
    if (part->foot == NULL)
        return err_memory(err);
    return paper_proof_init(fill, &part->proof, err);
}

static int draw_parts(struct part *parts, int count, struct buf *out, struct err *err)
{
    struct sheet *sheet CLEANUP_SHEET = NULL;
    const struct paper_fill *first = &parts[0].fill;
    const char *title = NULL;
    int r = paper_text_fill(first, first->layout->title.in[first->lang], &title, err);

    if (r == 0)
        r = sheet_new(first->lang, parts[0].foot, &sheet, err);
    for (int i = 0; r == 0 && i < count; i++) {
        if (i > 0)
            sheet_begin_part(sheet, parts[i].fill.lang, parts[i].foot);
        r = paper_put_blocks(&parts[i].fill, sheet, &parts[i].proof, err);
    }
    return r < 0 ? r
                 : sheet_to_pdf(sheet, title != NULL ? title : first->number, first->organisation_name, first->zone,
                                first->event->at_usec, out, err);
}

static int render(const struct paper_fill *fill, enum paper_language language, struct buf *out, struct err *err)
{
    static const enum lang langs[][SHEET_PARTS] = {
        [PAPER_KK] = {LANG_KK}, [PAPER_RU] = {LANG_RU}, [PAPER_EN] = {LANG_EN}, [PAPER_BOTH] = {LANG_KK, LANG_RU}};
    struct part parts[SHEET_PARTS] = {0};
    int count = language == PAPER_BOTH ? 2 : 1, r = 0;

    for (int i = 0; r == 0 && i < count; i++)
        r = part_prepare(&parts[i], fill, langs[language][i], err);
    if (r == 0)
        r = draw_parts(parts, count, out, err);
    for (int i = 0; i < count; i++)
        paper_proof_done(&parts[i].proof);
    return r;
}

int paper_language_parse(const char *word)
{
    int lang = lang_parse(word);

    if (strcmp(word, "both") == 0)
        return PAPER_BOTH;
    return lang == LANG_KK ? PAPER_KK : lang == LANG_RU ? PAPER_RU : lang == LANG_EN ? PAPER_EN : -1;
}

enum paper_language paper_language_of(const struct case_view *view)
{
    return lang_parse(view->row.lang) == LANG_RU ? PAPER_RU : PAPER_KK;
}

/* The event at that leaf, when it issued that paper. */
static const struct case_event *issuing_event(const struct case_view *view, const char *id, int64_t leaf)
{
    bool issued = false;

    for (size_t i = 0; i < view->paper_count; i++)
        issued = issued || (view->papers[i].leaf == leaf && strcmp(view->papers[i].id, id) == 0);
    for (size_t i = 0; issued && i < view->event_count; i++)
        if (view->events[i].leaf == leaf)
            return &view->events[i];
    return NULL;
}

int paper_render(const struct papers *papers, const struct case_view *view, const struct organisation *organisation,
                 const char *id, int64_t leaf, enum paper_language language, const struct zone *zone, struct buf *out,
                 struct err *err)
{
    struct paper_fill fill = {.catalogue = papers->catalogue,
                              .layout = paper_layout_find(papers, id),
                              .view = view,
                              .event = issuing_event(view, id, leaf),
                              .organisation = organisation,
                              .zone = zone};
    struct arena arena;
    int r;

    if (fill.layout == NULL || fill.event == NULL)
        return err_set(err, ERR_NOT_FOUND, "paper_unknown", NULL);
    arena_init(&arena, TEXT_LIMIT);
    fill.arena = &arena;
    fill.number = paper_number(fill.layout, view, leaf, &arena);
    r = fill.number == NULL ? err_memory(err) : render(&fill, language, out, err);
    arena_done(&arena);
    return r;
}
