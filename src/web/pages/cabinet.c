/* The personal cabinet as one sees it on coming in: what stands, what runs, what was done last. */
#include "web/pages/cabinet.h"
#include "web/app.h"
#include "web/routes.h"
#include <pages.h>

#define REQUESTS_SHOWN 5
#define DEEDS_SHOWN 5

static int home_fill(struct request *request, struct tx *tx, const struct kept *kept, struct cabinet_home_view *view,
                     struct err *err)
{
    const struct person *person = &view->session->person;
    struct consent_line *consents;
    size_t consent_count;
    int r = consent_lines_make(request, tx, kept, person, &consents, &consent_count, err);
    if (r == 0)
        r = request_lines_make(request, tx, person, &view->requests, &view->request_count, err);
    if (r == 0)
        r = deed_lines_make(request, tx, kept, person, false, 0, DEEDS_SHOWN, &view->deeds, &view->deed_count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < consent_count; i++)
        view->standing += consents[i].stands;
    /* What the operator opened about the person is not theirs to wait for. */
    for (size_t i = 0; i < view->request_count; i++)
        view->requests_open += (view->requests[i].procedure->open_to & (OPENER_PERSON | OPENER_PUBLIC)) != 0 &&
                               !procedure_state_rests(view->requests[i].procedure, view->requests[i].state);
    if (view->request_count > REQUESTS_SHOWN)
        view->request_count = REQUESTS_SHOWN;
    return 0;
}

int page_cabinet_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct person_session session;
    struct cabinet_home_view view = {.session = &session};
    struct err why = {0};
    struct page *page;
    struct tx *tx;
    if (!cabinet_offered(request->office))
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    int r = cabinet_session_get(request, &session, &why);
    if (r == -ERR_UNAUTHENTICATED)
        return cabinet_enter_draw(request, response, err);
    if (r < 0) {
        *err = why;
        return r;
    }
    r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = home_fill(request, tx, kept, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, cabinet_title), "cabinet", &page, err);
    if (r < 0)
        return r;
    page_cabinet_home(&page->out, &view);
    return page_end(page, err);
}
