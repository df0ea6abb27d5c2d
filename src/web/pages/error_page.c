/* Refusals as pages: a title and a way on by status, the sentence by code, the fields where there are any. */
#include "base/id.h"
#include "web/pages/pages.h"
#include <pages.h>

static const char *by_status(enum lang lang, const char *what, unsigned status)
{
    char key[48];
    snprintf(key, sizeof key, "error_page.%s.%u", what, status);
    const char *text = text_find(lang, key);
    if (text == NULL) {
        snprintf(key, sizeof key, "error_page.%s.%u", what, status >= 500 ? 500U : 400U);
        text = text_find(lang, key);
    }
    return text == NULL ? "" : text;
}

/* Long texts of a form that was refused as a whole (a session that ended, a full disk): given back to whoever wrote
 * them. Short values are quickly typed again, and passwords and codes are among them. */
static void typed_keep(const struct request *request, struct error_view *view)
{
    enum { LONG_TEXT = 40 };
    for (size_t i = 0; i < request->form_count; i++) {
        const struct raw_value *value = &request->form[i];
        bool text = value->count == 1 && strlen(value->texts[0]) >= LONG_TEXT &&
                    strstr(value->name, "password") == NULL && strcmp(value->name, "current") != 0 &&
                    strcmp(value->name, "fresh") != 0 && strcmp(value->name, "again") != 0 &&
                    strcmp(value->name, "next") != 0 && strcmp(value->name, "receipt") != 0;
        if (text && !id_valid(value->texts[0]) && view->typed_count < sizeof view->typed / sizeof *view->typed)
            view->typed[view->typed_count++] = value->texts[0];
    }
}

int page_error(struct request *request, struct response *response, const struct err *err)
{
    struct err failed = {0};
    struct page *page;
    unsigned status = err_http_status(err->kind);
    struct error_view view = {
        .status = status,
        .title = by_status(request->lang, "title", status),
        .text = sentence_of(request, err),
        .way = by_status(request->lang, "way", status),
        .to_sign_in = err->kind == ERR_UNAUTHENTICATED,
    };
    for (size_t i = 0; i < request->errors.count && view.field_count < 8; i++)
        view.field_lines[view.field_count++] = field_sentence(request, &request->errors.items[i]);
    typed_keep(request, &view);
    int r = page_begin(request, response, view.title, "", &page, &failed);
    if (r < 0)
        return r;
    /* Where the address is no page, or takes only a form, the switch of language leads to the first one. */
    if (status == 404 || status == 405 || request->route == NULL || request->route->method != HTTP_GET)
        page->frame.rest = "/";
    page_error_page(&page->out, &view);
    return page_end(page, &failed);
}
