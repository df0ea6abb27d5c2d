/* Refusals as pages: a title and a way on by status, the sentence by code, the fields where there are any. */
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
    int r = page_begin(request, response, view.title, "", &page, &failed);
    if (r < 0)
        return r;
    /* Where the address is no page, or takes only a form, the switch of language leads to the first one. */
    if (status == 404 || status == 405 || request->route == NULL || request->route->method != HTTP_GET)
        page->frame.rest = "/";
    page_error_page(&page->out, &view);
    return page_end(page, &failed);
}
