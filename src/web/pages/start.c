/* The first page, and the way to it. */
#include "web/app.h"
#include "web/figures.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>

int page_start_of_site(struct request *request, struct response *response, struct err *err)
{
    return response_redirect(response, request, "/%s/", lang_of(request)) < 0 ? err_memory(err) : 0;
}

/* The clock of a procedure that starts with its opening, as it would run from now; false where there is none. */
static bool clock_from_now(struct request *request, const struct procedure *procedure, const struct norm **ret_norm,
                           struct clock_moments *ret)
{
    const struct catalogue *catalogue = request->office->catalogue;
    for (size_t i = 0; i < procedure->clock_count; i++) {
        struct err ignored = {0};
        if (!procedure_clock_starts_on(&procedure->clocks[i], "opened"))
            continue;
        const struct norm *norm = catalogue_norm_at(catalogue, procedure->clocks[i].norm_id, request->now_usec);
        if (norm == NULL || !norm->has_clock)
            continue;
        *ret_norm = norm;
        return clock_compute(catalogue->calendar, &norm->clock, request->now_usec, ret, &ignored) == 0;
    }
    return false;
}

/* What was received this year and how it was answered, for each procedure that the public can open. */
static int year_figures(struct request *request, struct tx *tx, int year, struct start_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct zone *zone = &catalogue->calendar->zone;
    const int64_t bounds[2] = {
        zone_moment(zone, day_from_date((struct date){.year = year, .month = 1, .day = 1}), 0),
        zone_moment(zone, day_from_date((struct date){.year = year + 1, .month = 1, .day = 1}), 0)};
    struct start_figures *figures = ARENA_ARRAY(&request->arena, struct start_figures, catalogue->procedure_count);
    if (figures == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        struct span_figures span;
        if (!(procedure->open_to & OPENER_PUBLIC) || procedure->clock_count == 0)
            continue;
        int r = figures_of_span(request->app->figures, tx, procedure->id, procedure->clocks[0].id, bounds[0], bounds[1],
                                request->now_usec, &span, err);
        if (r < 0)
            return r;
        if (span.received > 0)
            figures[view->figure_count++] = (struct start_figures){.procedure = procedure,
                                                                   .received = span.received,
                                                                   .in_time = span.in_time,
                                                                   .late = span.late,
                                                                   .running = span.running};
    }
    view->figures = figures;
    return 0;
}

int page_start_get(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct start_view view = {0};
    struct page *page;
    struct tx *tx;
    for (size_t i = 0; i < catalogue->procedure_count && view.procedure == NULL; i++)
        if (catalogue->procedures[i].open_to & OPENER_PUBLIC)
            view.procedure = &catalogue->procedures[i];
    if (view.procedure != NULL)
        view.has_clock = clock_from_now(request, view.procedure, &view.norm, &view.clock);
    view.year = date_from_day(zone_day_of(&catalogue->calendar->zone, request->now_usec)).year;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = year_figures(request, tx, view.year, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, start_page_title), "start", &page, err);
    if (r < 0)
        return r;
    page_start(&page->out, &view);
    return page_end(page, err);
}

int page_procedures_get(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct procedure **open =
        ARENA_ARRAY(&request->arena, const struct procedure *, catalogue->procedure_count + 1);
    struct procedures_view view = {.procedures = open};
    struct page *page;
    if (open == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        if (catalogue->procedures[i].open_to & OPENER_PUBLIC)
            open[view.count++] = &catalogue->procedures[i];
    /* One door needs no hall. */
    if (view.count == 1)
        return response_redirect(response, request, "/%s/open/%s", lang_of(request), open[0]->id) < 0 ? err_memory(err)
                                                                                                      : 0;
    int r = page_begin(request, response, PAGE_TITLE(request, open_list_title), "open", &page, err);
    if (r < 0)
        return r;
    page_procedures(&page->out, &view);
    return page_end(page, err);
}
