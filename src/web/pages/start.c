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
        if (procedure->clocks[i].from != NULL || !procedure_clock_starts_on(&procedure->clocks[i], "opened"))
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
        if (!(procedure->open_to & OPENER_PUBLIC) || procedure->clock_count == 0 ||
            !office_runs(request->office, procedure))
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
    const struct procedure *const *open;
    size_t open_count;
    int r = public_procedures(request, &open, &open_count, err);
    if (r == 0 && open_count > 0) {
        view.procedure = open[0];
        view.complains = words_have(open[0]->run_by, open[0]->run_by_count, "platform");
        view.others = open + 1;
        view.other_count = open_count - 1;
        view.has_clock = clock_from_now(request, view.procedure, &view.norm, &view.clock);
    }
    view.year = date_from_day(zone_day_of(&catalogue->calendar->zone, request->now_usec)).year;
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = year_figures(request, tx, view.year, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, start_page_title), "start", &page, err);
    if (r < 0)
        return r;
    page_start(&page->out, &view);
    return page_end(page, err);
}

/* The first role of the law that runs the procedure, as a place in the list of roles. */
static size_t addressee_of(const struct list *roles, const struct procedure *procedure)
{
    for (size_t i = 0; roles != NULL && i < roles->count; i++)
        if (words_have(procedure->run_by, procedure->run_by_count, roles->entries[i].id))
            return i;
    return SIZE_MAX;
}

static bool rests_on_case(const struct procedure *procedure)
{
    for (size_t i = 0; i < procedure->field_count; i++)
        if (procedure->fields[i].type == FIELD_CASE)
            return true;
    return false;
}

int public_procedures(struct request *request, const struct procedure *const **ret, size_t *ret_count, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct list *roles = catalogue_list(catalogue, "roles");
    const struct procedure **open =
        ARENA_ARRAY(&request->arena, const struct procedure *, catalogue->procedure_count + 1);
    size_t count = 0;
    if (open == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        if (!(procedure->open_to & OPENER_PUBLIC) || !office_runs(request->office, procedure))
            continue;
        size_t at = count++;
        /* Into its place: a handful, so an insertion will do. */
        for (; at > 0; at--) {
            size_t before = addressee_of(roles, open[at - 1]), own = addressee_of(roles, procedure);
            if (before < own || (before == own && rests_on_case(open[at - 1]) <= rests_on_case(procedure)))
                break;
            open[at] = open[at - 1];
        }
        open[at] = procedure;
    }
    *ret = open;
    *ret_count = count;
    return 0;
}

int page_procedures_get(struct request *request, struct response *response, struct err *err)
{
    struct procedures_view view = {.roles = catalogue_list(request->office->catalogue, "roles")};
    struct page *page;
    int r = public_procedures(request, &view.procedures, &view.count, err);
    if (r < 0)
        return r;
    /* One door needs no hall. */
    if (view.count == 1)
        return response_redirect(response, request, "/%s/open/%s", lang_of(request), view.procedures[0]->id) < 0
                   ? err_memory(err)
                   : 0;
    for (size_t i = 1; i < view.count; i++)
        view.grouped = view.grouped ||
                       addressee_of(view.roles, view.procedures[i]) != addressee_of(view.roles, view.procedures[0]);
    r = page_begin(request, response, PAGE_TITLE(request, open_list_title), "open", &page, err);
    if (r < 0)
        return r;
    page_procedures(&page->out, &view);
    return page_end(page, err);
}
