/* The public registers: their list, the entries of one, one entry with its history and how long each step took. */
#include "base/unicode.h"
#include "web/app.h"
#include "web/pages/pages.h"
#include "web/pages/register_views.h"
#include "web/routes.h"
#include <pages.h>

#define PAGE_ROWS 40
#define CELL_LETTERS 110

/* --- Parts ---------------------------------------------------------------------------------------------------------
 */

/* Is the value an address that is not to be followed from here: of what was, or may be, restricted? */
static bool address_as_text(const struct field *field)
{
    bool key = field->key != NULL && strcmp(field->key, "platform") != 0;
    return field->type == FIELD_LINKS || (field->type == FIELD_URL && key);
}

void page_public_value(struct page_out *o, const struct case_value *value)
{
    if (!address_as_text(value->field)) {
        page_value(o, value);
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        buf_puts(o->buf, i > 0 ? "<br>" : "");
        buf_put_html(o->buf, value->texts[i]);
    }
}

/* The first letters of a text, with … where more follows. */
static void cell_beginning(struct page_out *o, const char *text)
{
    size_t bytes = 0, letters = 0;
    for (; text[bytes] != '\0' && letters < CELL_LETTERS; bytes++)
        letters += ((unsigned char)text[bytes + 1] & 0xC0) != 0x80;
    char *beginning = arena_strndup(o->frame->arena, text, bytes);
    page_text(o, beginning);
    if (text[bytes] != '\0')
        page_text(o, "…");
}

void page_public_cell(struct page_out *o, const struct case_value *value)
{
    bool long_text = value->field->type == FIELD_TEXT || address_as_text(value->field);
    if (value->count == 0)
        return;
    if (!long_text) {
        page_public_value(o, value);
        return;
    }
    cell_beginning(o, value->texts[0]);
    if (value->count > 1) {
        buf_puts(o->buf, " <span class=\"soft nowrap\">+");
        page_int(o, (int64_t)value->count - 1);
        buf_puts(o->buf, "</span>");
    }
}

void page_minutes(struct page_out *o, int64_t usec)
{
    page_word_with(o, T_calc_span_minutes, INT_TEXT((usec < 0 ? 0 : usec) / (60 * USEC_PER_SEC)), NULL);
}

bool registers_in_menu(const struct page_frame *frame)
{
    for (size_t i = 0; i < frame->catalogue->register_count; i++)
        if (register_listed(frame->office, &frame->catalogue->registers[i]))
            return true;
    return false;
}

const struct law_register *register_for_appliers(const struct page_frame *frame)
{
    for (size_t i = 0; i < frame->catalogue->register_count; i++) {
        const struct law_register *reg = &frame->catalogue->registers[i];
        if (register_listed(frame->office, reg) && (reg->procedure->open_to & OPENER_PUBLIC))
            return reg;
    }
    return NULL;
}

/* --- Pages ---------------------------------------------------------------------------------------------------------
 */

int page_registers_get(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct register_line *lines = ARENA_ARRAY(&request->arena, struct register_line, catalogue->register_count + 1);
    struct registers_view view = {.lines = lines};
    struct page *page;
    struct tx *tx;
    if (lines == NULL)
        return err_memory(err);
    int r = request_read(request, &tx, err);
    for (size_t i = 0; r == 0 && i < catalogue->register_count; i++) {
        const struct law_register *reg = &catalogue->registers[i];
        struct register_line *line = &lines[view.count];
        if (!register_listed(request->office, reg))
            continue;
        line->reg = reg;
        r = figures_of_register(request->app->figures, tx, reg->id, request->now_usec, &line->figures, err);
        view.count++;
    }
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, register_title), "registers", &page, err);
    if (r < 0)
        return r;
    page_registers(&page->out, &view);
    return page_end(page, err);
}

static const char *filter_query(struct request *request, const struct register_filter *filter)
{
    CLEANUP_BUF struct buf query;
    buf_init(&query, 16 * 1024);
    buf_printf(&query, "which=%s", register_which_word(filter->which));
    if (filter->words != NULL) {
        buf_puts(&query, "&q=");
        buf_put_url(&query, query_text(request, "q"));
    }
    const char *copy = query.failed ? NULL : arena_strdup(&request->arena, query.data);
    return copy == NULL ? "" : copy;
}

/* A whole number leads to its entry at once. *ret_found: the response is that redirect. */
static int number_leads(struct request *request, struct response *response, struct tx *tx,
                        const struct law_register *reg, bool *ret_found, struct err *err)
{
    struct register_row row;
    struct err absent = {0};
    const char *number = text_normalise(&request->arena, query_text(request, "q"));
    *ret_found = false;
    if (number == NULL)
        return err_memory(err);
    if (number[0] == '\0')
        return 0;
    int r = store_register_get(tx, reg->id, number, &request->arena, &row, &absent);
    if (r < 0) {
        if (absent.kind == ERR_NOT_FOUND)
            return 0;
        *err = absent;
        return r;
    }
    CLEANUP_BUF struct buf address;
    buf_init(&address, 1024);
    buf_put_url(&address, row.number);
    *ret_found = true;
    return address.failed || response_redirect(response, request, "/%s/registers/%s/%s", lang_of(request), reg->id,
                                               address.data) < 0
               ? err_memory(err)
               : 0;
}

static int entries_read(struct request *request, struct tx *tx, const struct register_filter *filter,
                        struct register_view *view, struct err *err)
{
    struct register_row *rows;
    int r = store_register_list(tx, filter, &request->arena, &rows, &view->count, &view->next_cursor, err);
    if (r < 0)
        return r;
    struct register_entry *entries = ARENA_ARRAY(&request->arena, struct register_entry, view->count + 1);
    if (entries == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < view->count; i++)
        r = register_entry_read(view->reg, &rows[i], &request->arena, &entries[i], err);
    view->entries = entries;
    return r;
}

int page_register_get(struct request *request, struct response *response, struct err *err)
{
    struct register_view view = {.words = query_text(request, "q")};
    struct register_filter filter;
    struct page *page;
    struct tx *tx;
    bool found;
    int r = register_of_path(request, &view.reg, err);
    if (r == 0)
        r = register_filter_read(request, view.reg, &filter, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = number_leads(request, response, tx, view.reg, &found, err);
    if (r < 0 || found)
        return r;
    filter.limit = PAGE_ROWS;
    view.which = register_which_word(filter.which);
    view.later_page = filter.cursor != NULL;
    view.filter_query = filter_query(request, &filter);
    r = entries_read(request, tx, &filter, &view, err);
    if (r == 0)
        r = figures_of_register(request->app->figures, tx, view.reg->id, request->now_usec, &view.figures, err);
    if (r == 0)
        r = page_begin(request, response, view.reg->title.in[request->lang], "registers", &page, err);
    if (r < 0)
        return r;
    page_register(&page->out, &view);
    return page_end(page, err);
}

int page_register_entry_get(struct request *request, struct response *response, struct err *err)
{
    struct entry_view view = {0};
    struct register_entry entry;
    struct page *page;
    struct tx *tx;
    int r = register_of_path(request, &view.reg, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = register_entry_get(tx, view.reg, request_param(request, "number"), &request->arena, &entry, err);
    if (r == 0)
        r = register_history(tx, request->office, view.reg, &entry, &request->arena, &view.steps, &view.step_count,
                             err);
    if (r == 0)
        r = entry_beside_read(request, tx, view.reg, &entry, &view.beside, err);
    if (r < 0)
        return r;
    view.entry = &entry;
    view.goes_on = view.step_count > 0 && entry_goes_on(view.reg, &entry);
    const char *title = arena_printf(&request->arena, "%s · %s", entry.row.number, view.reg->title.in[request->lang]);
    r = page_begin(request, response, title == NULL ? "" : title, "registers", &page, err);
    if (r < 0)
        return r;
    page_register_entry(&page->out, &view);
    return page_end(page, err);
}
