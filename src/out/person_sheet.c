/* What a person downloads as a PDF: section by section, each item a heading with its facts under it. */
#include "out/person_sheet.h"
#include "base/locale.h"
#include "out/paper_layout.h"
#include "out/sheet_pdf.h"

#define TEXT_LIMIT (8u << 20)
#define LABEL_WIDTH (45 * MM)
#define GAP (4 * MM)

static void put(struct sheet *sheet, enum sheet_style style, const char *text, double space, bool keep)
{
    sheet_put_text(sheet, &(struct sheet_cell){.style = style, .text = text, .width = SHEET_TEXT}, space, keep);
}

static void put_pair(struct sheet *sheet, const struct person_pair *pair, bool keep)
{
    const struct sheet_cell left = {.style = STYLE_LABEL, .text = pair->label, .width = LABEL_WIDTH};
    const struct sheet_cell right = {
        .style = STYLE_BODY, .text = pair->text, .x = LABEL_WIDTH + GAP, .width = SHEET_TEXT - LABEL_WIDTH - GAP};

    sheet_put_row(sheet, &left, &right, 2, keep);
}

static bool filled(const struct person_pair *pair)
{
    return pair->text != NULL && pair->text[0] != '\0';
}

static void put_item(struct sheet *sheet, const struct person_item *item)
{
    size_t shown = 0;

    put(sheet, STYLE_STRONG, item->title, 9, true);
    for (size_t i = 0; i < item->count; i++) {
        if (!filled(&item->pairs[i]))
            continue;
        put_pair(sheet, &item->pairs[i], shown == 0);
        shown++;
    }
}

static void put_section(struct sheet *sheet, const struct person_section *section)
{
    put(sheet, STYLE_TITLE, section->title, 20, true);
    if (section->count == 0)
        put(sheet, STYLE_BODY, section->none, 6, false);
    for (size_t i = 0; i < section->count; i++)
        put_item(sheet, &section->items[i]);
}

static int draw(const struct person_section *sections, size_t count, const char *organisation, const char *foot,
                enum lang lang, const struct zone *zone, int64_t at_usec, struct buf *out, struct err *err)
{
    struct sheet *sheet CLEANUP_SHEET = NULL;
    struct buf at CLEANUP_BUF = {0};
    int r = sheet_new(lang, foot, &sheet, err);

    if (r < 0)
        return r;
    buf_init(&at, 256);
    text_put_moment(&at, lang, zone, at_usec, false);
    if (at.failed)
        return err_memory(err);
    put(sheet, STYLE_NAME, organisation, 0, true);
    put(sheet, STYLE_TITLE, text_get(lang, T_cabinet_sheet_title), 18, true);
    put(sheet, STYLE_SMALL, at.data, 4, false);
    put(sheet, STYLE_BODY, text_get(lang, T_cabinet_sheet_lead), 6, false);
    for (size_t i = 0; i < count; i++)
        put_section(sheet, &sections[i]);
    return sheet_to_pdf(sheet, text_get(lang, T_cabinet_sheet_title), organisation, zone, at_usec, out, err);
}

int person_sheet_render(const struct person_section *sections, size_t count, const struct organisation *organisation,
                        enum lang lang, const struct zone *zone, int64_t at_usec, struct buf *out, struct err *err)
{
    struct arena arena;
    const char *name = paper_organisation_name(organisation, lang), *foot;
    int r;

    arena_init(&arena, TEXT_LIMIT);
    if (name == NULL)
        name = text_get(lang, T_paper_unnamed);
    foot = arena_printf(&arena, "%s  ·  %s", text_get(lang, T_cabinet_sheet_title), name);
    r = foot == NULL ? err_memory(err) : draw(sections, count, name, foot, lang, zone, at_usec, out, err);
    arena_done(&arena);
    return r;
}
