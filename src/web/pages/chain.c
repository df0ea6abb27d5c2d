/* The chain of a case: what it grew from and what grew from it. */
#include "base/id.h"
#include "cases/links.h"
#include "web/pages/pages.h"
#include "web/pages/register_views.h"
#include "web/routes.h"
#include <pages.h>

int page_chain_get(struct request *request, struct response *response, struct err *err)
{
    const char *id = request_param(request, "id");
    struct case_chain chain;
    struct chain_view view = {.chain = &chain};
    struct page *page;
    struct tx *tx;
    if (!id_valid(id))
        return err_set(err, ERR_NOT_FOUND, "case_unknown", NULL);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = case_chain(tx, request->office, id, &request->actor, &request->arena, &chain, err);
    if (r < 0)
        return r;
    while (view.here < chain.node_count && strcmp(chain.rows[view.here].id, id) != 0)
        view.here++;
    if (view.here == chain.node_count)
        return err_set(err, ERR_INTERNAL, "internal", NULL);
    const char *title = text_format(&request->arena, request->lang, T_chain_title, chain.rows[view.here].number, NULL);
    r = page_begin(request, response, title == NULL ? "" : title, "queue", &page, err);
    if (r < 0)
        return r;
    page_chain(&page->out, &view);
    return page_end(page, err);
}
