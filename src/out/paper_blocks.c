/* What each block of a layout lays on the sheet: labels and values, lists, files, periods, the signature, the proof. A
 * block without anything to say lays nothing. */
#include "out/paper_blocks.h"

#include "base/locale.h"
#include "cases/cases.h"
#include "law/catalogue.h"
#include "out/qr.h"
#include <string.h>

#define LABEL_WIDTH (43 * MM)
#define GUTTER (5 * MM)
#define QR_SIDE (27 * MM)
#define PROOF_PAD (4 * MM)
#define HEAD_MOST 8 /* addressees */
#define HAND_WIDTH (28 * MM)
#define POST_WIDTH (56 * MM)

struct signing {
    const char *post, *name, *organisation;
    double height;
};

/* One language's part of the paper. */
struct drawing {
    const struct paper_fill *fill;
    const struct paper_layout *layout;
    struct sheet *sheet;
    struct paper_proof *proof;
    bool in_rows;       /* the block before was a short value */
    bool under_heading; /* it was a heading */
};

static const struct sheet_cell whole_body = {.style = STYLE_BODY, .width = SHEET_TEXT};

static struct sheet_cell cell_of(struct sheet_cell like, const char *text)
{
    like.text = text;
    return like;
}

/* --- Proof ---------------------------------------------------------------------------------------------------------
 */

static double proof_words(cairo_t *cr, const struct sheet *sheet, const struct paper_proof *proof, double x, double y)
{
    double width = SHEET_TEXT - QR_SIDE - 3 * PROOF_PAD, top = y;
    struct sheet_cell small = {.style = STYLE_SMALL, .width = width};
    struct sheet_cell label = {.style = STYLE_LABEL, .width = width};
    struct sheet_cell strong = {.style = STYLE_STRONG, .width = width};
    struct sheet_cell hash = {.style = STYLE_HASH, .width = width};

    strong.text = proof->title;
    y += sheet_write(sheet, cr, &strong, x, y);
    label.text = proof->how;
    y += sheet_write(sheet, cr, &label, x, y) + 3;
    small.text = proof->url;
    y += sheet_write(sheet, cr, &small, x, y) + 3;
    label.text = proof->leaf;
    y += sheet_write(sheet, cr, &label, x, y);
    hash.text = proof->hash;
    y += sheet_write(sheet, cr, &hash, x, y);
    return y - top;
}

/* An address that a PDF's link can hold: its quotes and backslashes would end the attribute. */
static bool linkable(const char *url)
{
    return strpbrk(url, "'\\") == NULL && strlen(url) < 1000;
}

/* A rectangle for each run of dark modules in a row: half as many as modules. */
static void code_draw(cairo_t *cr, const struct qr_code *code, double x, double y, double module)
{
    for (int row = 0; row < qr_width(code); row++)
        for (int column = 0, run; column < qr_width(code); column += run + 1) {
            for (run = 0; column + run < qr_width(code) && qr_dark(code, column + run, row);)
                run++;
            if (run > 0)
                cairo_rectangle(cr, x + column * module, y + row * module, run * module, module);
        }
}

static void proof_draw(cairo_t *cr, const struct sheet *sheet, const void *arg, double x, double y)
{
    const struct paper_proof *proof = arg;
    int side = qr_width(proof->code) + 2 * QR_QUIET;
    double module = QR_SIDE / side, left = x + PROOF_PAD / 2, top = y + (proof->height - QR_SIDE) / 2;
    char link[1100];

    cairo_set_source_rgb(cr, 0.62, 0.62, 0.62);
    cairo_set_line_width(cr, 0.5);
    cairo_rectangle(cr, x + 0.25, y + 0.25, SHEET_TEXT - 0.5, proof->height - 0.5);
    cairo_stroke(cr);
    if (linkable(proof->url)) {
        snprintf(link, sizeof(link), "uri='%s'", proof->url);
        cairo_tag_begin(cr, CAIRO_TAG_LINK, link);
    }
    cairo_set_source_rgb(cr, 0, 0, 0);
    code_draw(cr, proof->code, left + QR_QUIET * module, top + QR_QUIET * module, module);
    cairo_fill(cr);
    if (linkable(proof->url))
        cairo_tag_end(cr, CAIRO_TAG_LINK);
    proof_words(cr, sheet, proof, x + QR_SIDE + 1.5 * PROOF_PAD, y + PROOF_PAD);
}

int paper_proof_init(const struct paper_fill *fill, struct paper_proof *proof, struct err *err)
{
    char hex[2 * SHA256_BYTES + 1];
    char *leaf = arena_printf(fill->arena, "%lld", (long long)fill->event->leaf);
    char *rest = arena_printf(fill->arena, "proof/%lld", (long long)fill->event->leaf);

    hex_encode(fill->event->leaf_hash.bytes, SHA256_BYTES, hex);
    proof->url = rest != NULL ? paper_url(fill, rest) : NULL;
    proof->title = text_get(fill->lang, T_paper_proof_title);
    proof->how = text_get(fill->lang, T_paper_proof_how);
    proof->leaf = text_format(fill->arena, fill->lang, T_paper_proof_leaf, leaf, NULL);
    proof->hash = arena_strdup(fill->arena, hex);
    if (leaf == NULL || proof->url == NULL || proof->leaf == NULL || proof->hash == NULL)
        return err_memory(err);
    return qr_make(proof->url, &proof->code, err);
}

void paper_proof_done(struct paper_proof *proof)
{
    qr_free(proof->code);
    proof->code = NULL;
}

/* --- Blocks --------------------------------------------------------------------------------------------------------
 */

/* Two of them beside each other with a dot between; either may be empty. NULL when memory ends. */
static const char *joined(struct arena *arena, const char *one, const char *two)
{
    bool has_one = one != NULL && one[0] != '\0', has_two = two != NULL && two[0] != '\0';

    return arena_printf(arena, "%s%s%s", has_one ? one : "", has_one && has_two ? "  ·  " : "", has_two ? two : "");
}

static int put_letterhead(const struct drawing *drawing, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    const struct organisation *organisation = fill->organisation;
    struct sheet_cell name = {.style = STYLE_NAME, .width = SHEET_TEXT, .text = fill->organisation_name};
    struct sheet_cell reach = {.style = STYLE_LABEL, .width = SHEET_TEXT};
    const char *bin = "", *where, *how;

    if (organisation->bin != NULL && organisation->bin[0] != '\0')
        bin = text_format(fill->arena, fill->lang, T_paper_bin, organisation->bin, NULL);
    where = joined(fill->arena, bin, organisation->address.in[fill->lang]);
    how = joined(fill->arena, organisation->email, organisation->phone);
    reach.text = where != NULL && how != NULL ? arena_printf(fill->arena, "%s\n%s", where, how) : NULL;
    if (bin == NULL || reach.text == NULL)
        return err_memory(err);
    sheet_put_text(drawing->sheet, &name, 0, true);
    sheet_put_text(drawing->sheet, &reach, 3, true);
    sheet_put_rule(drawing->sheet, 1.4, 7);
    sheet_put_rule(drawing->sheet, 0.4, 1.6);
    return 0;
}

static int put_number_and_date(const struct drawing *drawing, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    struct sheet_cell date = {.style = STYLE_BODY, .width = SHEET_TEXT / 2};
    struct sheet_cell number = {
        .style = STYLE_BODY, .x = SHEET_TEXT / 2, .width = SHEET_TEXT / 2, .align = PANGO_ALIGN_RIGHT};
    int r = paper_text_fill(fill, "{act_date}", &date.text, err);

    if (r < 0)
        return r;
    number.text = arena_printf(fill->arena, "№ %s", fill->number);
    if (number.text == NULL)
        return err_memory(err);
    sheet_put_row(drawing->sheet, &date, &number, 12, true);
    return 0;
}

static int put_addressee(const struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    struct sheet_cell label = {.style = STYLE_LABEL, .x = SHEET_TEXT / 2, .width = SHEET_TEXT / 2};
    struct sheet_cell name = {.style = STYLE_STRONG, .x = SHEET_TEXT / 2, .width = SHEET_TEXT / 2};
    struct paper_addressees addressees;
    int r = paper_addressees(fill, block, &addressees, err);

    if (r < 0 || addressees.count == 0)
        return r;
    label.text = block->label.in[fill->lang];
    sheet_put_text(drawing->sheet, &label, 18, true);
    for (size_t i = 0; i < addressees.count; i++) {
        name.text = addressees.names[i];
        /* The head stays together, unless it is a list. */
        sheet_put_text(drawing->sheet, &name, i == 0 ? 1 : 4, addressees.count <= HEAD_MOST);
    }
    return 0;
}

static int put_title(const struct drawing *drawing, struct err *err)
{
    struct sheet_cell cell = {.style = STYLE_TITLE, .width = SHEET_TEXT};
    int r = paper_text_fill(drawing->fill, drawing->layout->title.in[drawing->fill->lang], &cell.text, err);

    if (r == 0 && cell.text != NULL)
        sheet_put_text(drawing->sheet, &cell, 22, true);
    return r;
}

static int put_heading(const struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    struct sheet_cell cell = {.style = STYLE_STRONG, .width = SHEET_TEXT};
    int r = paper_text_fill(drawing->fill, block->text.in[drawing->fill->lang], &cell.text, err);

    if (r == 0 && cell.text != NULL)
        sheet_put_text(drawing->sheet, &cell, 16, true);
    return r;
}

/* Short values stand beside their label; long ones under it, over the whole width. */
static void put_labelled(struct drawing *drawing, const struct paper_block *block, const char *text, bool is_long)
{
    const char *label = block->label.in[drawing->fill->lang];
    struct sheet_cell left = {.style = STYLE_LABEL, .width = LABEL_WIDTH, .text = label};
    struct sheet_cell right = {
        .style = STYLE_BODY, .x = LABEL_WIDTH + GUTTER, .width = SHEET_TEXT - LABEL_WIDTH - GUTTER, .text = text};
    struct sheet_cell heading = {.style = STYLE_STRONG, .width = SHEET_TEXT, .text = label};
    struct sheet_cell body = cell_of(whole_body, text);

    if (!is_long) {
        sheet_put_row(drawing->sheet, &left, &right, drawing->in_rows ? 3.5 : 9, false);
        drawing->in_rows = true;
        return;
    }
    sheet_put_text(drawing->sheet, &heading, 14, true);
    sheet_put_text(drawing->sheet, &body, 3, false);
    drawing->in_rows = false;
}

static int put_value(struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    const struct case_value *value = block->field != NULL ? paper_value(fill, block->field) : NULL;
    const char *text = NULL;
    int r = 0;

    if (block->field == NULL || (value == NULL && block->text.in[fill->lang] != NULL))
        r = paper_text_fill(fill, block->text.in[fill->lang], &text, err);
    else if (value != NULL && (text = paper_value_joined(fill, value)) == NULL)
        return err_memory(err);
    if (r == 0 && text != NULL)
        put_labelled(drawing, block, text, value != NULL && value->field->type == FIELD_TEXT);
    return r;
}

/* A list's label; it stays with the first line. */
static void put_list_label(const struct drawing *drawing, const struct paper_block *block)
{
    struct sheet_cell heading = {
        .style = STYLE_STRONG, .width = SHEET_TEXT, .text = block->label.in[drawing->fill->lang]};

    sheet_put_text(drawing->sheet, &heading, 14, true);
}

static int put_list(const struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    const struct case_value *value = paper_value(fill, block->field);
    bool numbered = block->kind == BLOCK_NUMBERED;
    double indent = numbered ? 9 * MM : 6 * MM;
    struct sheet_cell mark = {.style = STYLE_BODY, .width = indent, .text = "–"};
    struct sheet_cell item = {.style = STYLE_BODY, .x = indent, .width = SHEET_TEXT - indent};

    if (value == NULL)
        return 0;
    put_list_label(drawing, block);
    for (size_t i = 0; i < (value->destroyed ? 1 : value->count); i++) {
        item.text = value->destroyed ? paper_value_joined(fill, value) : paper_value_words(fill, value, i);
        if (numbered)
            mark.text = arena_printf(fill->arena, "%zu.", i + 1);
        if (item.text == NULL || mark.text == NULL)
            return err_memory(err);
        /* Neither the first nor the last stands alone on a page. */
        sheet_put_row(drawing->sheet, &mark, &item, i == 0 ? 3 : 1,
                      value->count > 1 && (i == 0 || i + 2 == value->count));
    }
    return 0;
}

/* A cell in words; a dash where it is empty. */
static const char *table_words(const struct paper_fill *fill, const struct field *column, const char *row, size_t index)
{
    size_t length;
    const char *cell = field_cell(row, index, &length), *text = arena_strndup(fill->arena, cell, length);
    const struct case_value value = {.field = column, .count = 1, .texts = &text};

    if (text == NULL)
        return NULL;
    return length > 0 ? paper_value_words(fill, &value, 0) : "—";
}

/* A day in words needs more room than a figure. */
static double column_share(const struct field *column)
{
    return column->type == FIELD_NUMBER ? 3 : 4;
}

/* `row` NULL: the titles of the columns. */
static int put_table_row(const struct drawing *drawing, const struct field *table, const char *row, double before,
                         bool keep, struct err *err)
{
    struct sheet_cell cells[SHEET_CELLS];
    double shares = 0, x = 0;

    for (size_t i = 0; i < table->column_count; i++)
        shares += column_share(&table->columns[i]);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct field *column = &table->columns[i];
        double width = SHEET_TEXT * column_share(column) / shares;

        cells[i] = (struct sheet_cell){.style = row == NULL ? STYLE_LABEL : STYLE_BODY,
                                       .x = x,
                                       .width = width - GUTTER,
                                       .align = column->type == FIELD_NUMBER ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT,
                                       .text = row == NULL ? column->title.in[drawing->fill->lang]
                                                           : table_words(drawing->fill, column, row, i)};
        if (cells[i].text == NULL)
            return err_memory(err);
        x += width;
    }
    sheet_put_cells(drawing->sheet, cells, table->column_count, before, keep);
    return 0;
}

static int put_table(const struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    const struct case_value *value = paper_value(drawing->fill, block->field);
    int r;

    if (value == NULL || value->count == 0)
        return 0;
    put_list_label(drawing, block);
    r = put_table_row(drawing, value->field, NULL, 5, true, err);
    for (size_t i = 0; r == 0 && i < value->count; i++)
        r = put_table_row(drawing, value->field, value->texts[i], i == 0 ? 3 : 1,
                          value->count > 1 && (i == 0 || i + 2 == value->count), err);
    return r;
}

/* "Due", "overdue from", "under", one a line; of a period that the law gives no number, that it is at once. NULL when
 * memory ends. */
static const char *clock_words(const struct paper_fill *fill, const struct started_clock *clock)
{
    const struct norm *norm = catalogue_norm_at(fill->catalogue, clock->norm, clock->starts_usec);
    const char *due = paper_moment_words(fill, clock->due_usec);
    const char *overdue = paper_moment_words(fill, clock->overdue_usec);
    const char *basis = paper_norm_words(fill->catalogue, clock->norm, fill->lang, fill->arena);

    if (due == NULL || overdue == NULL || basis == NULL)
        return NULL;
    basis = text_format(fill->arena, fill->lang, T_paper_clock_basis, basis, NULL);
    if (norm != NULL && norm->clock.unit == UNIT_AT_ONCE)
        return basis != NULL ? arena_printf(fill->arena, "%s\n%s", text_get(fill->lang, T_paper_clock_at_once), basis)
                             : NULL;
    due = text_format(fill->arena, fill->lang, T_paper_clock_due, due, NULL);
    overdue = text_format(fill->arena, fill->lang, T_paper_clock_overdue, overdue, NULL);
    if (due == NULL || overdue == NULL || basis == NULL)
        return NULL;
    return arena_printf(fill->arena, "%s\n%s\n%s", due, overdue, basis);
}

/* Periods that somebody owes; one that only has to pass first is no promise. */
static bool promised(const struct paper_fill *fill, const struct started_clock *clock)
{
    const struct norm *norm = catalogue_norm_at(fill->catalogue, clock->norm, clock->starts_usec);

    return procedure_clock_find(fill->view->procedure, clock->clock) != NULL &&
           (norm == NULL || norm->clock.kind == CLOCK_AT_MOST);
}

static int put_clocks(const struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    struct sheet_cell left = {.style = STYLE_LABEL, .width = LABEL_WIDTH};
    struct sheet_cell right = {
        .style = STYLE_BODY, .x = LABEL_WIDTH + GUTTER, .width = SHEET_TEXT - LABEL_WIDTH - GUTTER};
    bool labelled = false;

    for (size_t i = 0; i < fill->event->started_count; i++) {
        const struct started_clock *clock = &fill->event->started[i];

        if (!promised(fill, clock))
            continue;
        left.text = procedure_clock_find(fill->view->procedure, clock->clock)->title.in[fill->lang];
        right.text = clock_words(fill, clock);
        if (right.text == NULL)
            return err_memory(err);
        if (!labelled)
            put_list_label(drawing, block);
        sheet_put_row(drawing->sheet, &left, &right, labelled ? 8 : 4, false);
        labelled = true;
    }
    return 0;
}

static const char *type_word(const char *type)
{
    static const char *const words[][2] = {{"image/png", "PNG"},
                                           {"image/jpeg", "JPEG"},
                                           {"image/gif", "GIF"},
                                           {"image/webp", "WebP"},
                                           {"application/pdf", "PDF"}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i][0], type) == 0)
            return words[i][1];
    return type;
}

/* A file's name and size, and under them the hash that the ledger holds of it. */
static int put_attachment(const struct drawing *drawing, size_t index, size_t number, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    const struct attachment_row *row = &fill->view->attachments[index];
    const char *name = fill->view->attachment_names[index], *size;
    char hex[2 * SHA256_BYTES + 1], *bytes = arena_printf(fill->arena, "%lld", (long long)row->size_bytes);
    struct sheet_cell mark = {.style = STYLE_BODY, .width = 9 * MM};
    struct sheet_cell item = {.style = STYLE_BODY, .x = 9 * MM, .width = SHEET_TEXT - 9 * MM};
    struct sheet_cell hash = {.style = STYLE_HASH, .x = 9 * MM, .width = SHEET_TEXT - 9 * MM};

    hex_encode(row->commitment.bytes, SHA256_BYTES, hex);
    size = bytes != NULL ? text_format(fill->arena, fill->lang, T_paper_file_bytes, bytes, NULL) : NULL;
    mark.text = arena_printf(fill->arena, "%zu.", number);
    if (name == NULL || name[0] == '\0')
        name = text_get(fill->lang, T_paper_destroyed);
    item.text = size != NULL ? arena_printf(fill->arena, "%s (%s, %s)", name, type_word(row->type), size) : NULL;
    hash.text = arena_strdup(fill->arena, hex);
    if (mark.text == NULL || item.text == NULL || hash.text == NULL)
        return err_memory(err);
    sheet_put_row(drawing->sheet, &mark, &item, number == 1 ? 3 : 5, true);
    sheet_put_text(drawing->sheet, &hash, 0, false);
    return 0;
}

static int put_attachments(const struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    struct sheet_cell how = {.style = STYLE_LABEL, .width = SHEET_TEXT, .text = text_get(fill->lang, T_paper_file_how)};
    size_t number = 0;
    int r = 0;

    for (size_t i = 0; r == 0 && i < fill->view->attachment_count; i++) {
        int64_t leaf = fill->view->attachments[i].leaf;

        if (block->of_act ? leaf != fill->event->leaf : leaf > fill->event->leaf)
            continue;
        if (number == 0) {
            put_list_label(drawing, block);
            sheet_put_text(drawing->sheet, &how, 1, true);
        }
        r = put_attachment(drawing, i, ++number, err);
    }
    return r;
}

/* --- Signature -----------------------------------------------------------------------------------------------------
 */

/* Post, a line for the hand, the name; under the post the organisation. Gives the height; with cr NULL only measures.
 */
static double signing_words(cairo_t *cr, const struct sheet *sheet, const struct signing *signing, double x, double y)
{
    double name_x = POST_WIDTH + HAND_WIDTH + 2 * GUTTER, under, name_height;
    struct sheet_cell post = {.style = STYLE_BODY, .width = POST_WIDTH, .text = signing->post};
    struct sheet_cell organisation = {.style = STYLE_LABEL, .width = POST_WIDTH, .text = signing->organisation};
    struct sheet_cell name = {.style = STYLE_STRONG, .width = SHEET_TEXT - name_x, .text = signing->name};

    under = sheet_write(sheet, cr, &post, x, y);
    under += sheet_write(sheet, cr, &organisation, x, y + under);
    name_height = sheet_write(sheet, cr, &name, x + name_x, y);
    if (cr != NULL) {
        cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
        cairo_rectangle(cr, x + POST_WIDTH + GUTTER, y + 13.5, HAND_WIDTH, 0.5);
        cairo_fill(cr);
    }
    return under > name_height ? under : name_height;
}

static void signing_draw(cairo_t *cr, const struct sheet *sheet, const void *arg, double x, double y)
{
    signing_words(cr, sheet, arg, x, y);
}

static int put_posted(const struct drawing *drawing, const struct paper_block *block, const char *name, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    struct signing *signing = ARENA_NEW(fill->arena, struct signing);
    struct sheet_cell label = {.style = STYLE_LABEL, .width = SHEET_TEXT, .text = block->label.in[fill->lang]};
    const char *post = NULL;
    int r = signing != NULL ? paper_text_fill(fill, block->text.in[fill->lang], &post, err) : err_memory(err);

    if (r < 0)
        return r;
    *signing = (struct signing){
        .post = post != NULL ? post : "", .name = name != NULL ? name : "", .organisation = fill->organisation_name};
    signing->height = signing_words(NULL, drawing->sheet, signing, 0, 0);
    sheet_put_text(drawing->sheet, &label, 20, true);
    sheet_put_drawing(drawing->sheet, signing_draw, signing, signing->height, 3);
    return 0;
}

static int put_signature(const struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    const struct paper_fill *fill = drawing->fill;
    const char *organisation = fill->organisation_name;
    const char *name = fill->event->signer_name;
    struct sheet_cell left = {.style = STYLE_LABEL, .width = LABEL_WIDTH, .text = block->label.in[fill->lang]};
    struct sheet_cell right = {
        .style = STYLE_STRONG, .x = LABEL_WIDTH + GUTTER, .width = SHEET_TEXT - LABEL_WIDTH - GUTTER};
    struct sheet_cell under = right;
    bool named = name != NULL && name[0] != '\0';

    /* Never alone on a page: the last lines of the letter come along. */
    sheet_keep_last(drawing->sheet);
    if (block->text.in[fill->lang] != NULL)
        return put_posted(drawing, block, named ? name : NULL, err);
    right.text = named ? name : organisation;
    sheet_put_row(drawing->sheet, &left, &right, 20, named);
    under.style = STYLE_SMALL;
    under.text = organisation;
    if (named)
        sheet_put_text(drawing->sheet, &under, 0, false);
    return 0;
}

static void put_proof(const struct drawing *drawing)
{
    drawing->proof->height = proof_words(NULL, drawing->sheet, drawing->proof, 0, 0) + 2 * PROOF_PAD;
    if (drawing->proof->height < QR_SIDE + PROOF_PAD)
        drawing->proof->height = QR_SIDE + PROOF_PAD;
    /* Nor does it stand alone on the last page. */
    sheet_keep_last(drawing->sheet);
    sheet_put_drawing(drawing->sheet, proof_draw, drawing->proof, drawing->proof->height, 20);
}

static int put_text(const struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    struct sheet_cell cell = whole_body;
    int r = paper_text_fill(drawing->fill, block->text.in[drawing->fill->lang], &cell.text, err);

    if (r == 0 && cell.text != NULL)
        sheet_put_text(drawing->sheet, &cell, drawing->under_heading ? 3 : 12, false);
    return r;
}

static int put_block(struct drawing *drawing, const struct paper_block *block, struct err *err)
{
    switch (block->kind) {
    case BLOCK_LETTERHEAD:
        return put_letterhead(drawing, err);
    case BLOCK_NUMBER_AND_DATE:
        return put_number_and_date(drawing, err);
    case BLOCK_ADDRESSEE:
        return put_addressee(drawing, block, err);
    case BLOCK_TITLE:
        return put_title(drawing, err);
    case BLOCK_TEXT:
        return put_text(drawing, block, err);
    case BLOCK_VALUE:
        return put_value(drawing, block, err);
    case BLOCK_HEADING:
        return put_heading(drawing, block, err);
    case BLOCK_LIST:
    case BLOCK_NUMBERED:
        return put_list(drawing, block, err);
    case BLOCK_TABLE:
        return put_table(drawing, block, err);
    case BLOCK_CLOCKS:
        return put_clocks(drawing, block, err);
    case BLOCK_ATTACHMENTS:
        return put_attachments(drawing, block, err);
    case BLOCK_SIGNATURE:
        return put_signature(drawing, block, err);
    case BLOCK_PROOF:
        put_proof(drawing);
        return 0;
    }
    return 0;
}

int paper_put_blocks(const struct paper_fill *fill, struct sheet *sheet, struct paper_proof *proof, struct err *err)
{
    struct drawing drawing = {.fill = fill, .layout = fill->layout, .sheet = sheet, .proof = proof};
    int r = 0;

    for (size_t i = 0; r == 0 && i < fill->layout->block_count; i++) {
        const struct paper_block *block = &fill->layout->blocks[i];

        drawing.in_rows = drawing.in_rows && block->kind == BLOCK_VALUE;
        if (!paper_conditions_met(fill, block))
            continue;
        r = put_block(&drawing, block, err);
        drawing.under_heading = block->kind == BLOCK_HEADING;
    }
    return r;
}
