/* The desk: what the reader's roles owe today, and two charts of how periods are kept in the procedures they have to do
 * with. */
#include "web/pages/desk.h"
#include "persons/vault.h"
#include "web/app.h"
#include "web/figures.h"
#include "web/pages/audience_views.h"
#include "web/routes.h"
#include <pages.h>

enum { WEEKS = 12, DAYS = 20, ENDING_MAX = 1000 };

static const struct case_filter open_cases = {.open_only = true,
                                              .due_from_usec = TIME_NONE,
                                              .due_before_usec = TIME_NONE,
                                              .overdue_at_usec = TIME_NONE,
                                              .opened_from_usec = TIME_NONE,
                                              .opened_before_usec = TIME_NONE,
                                              .sort = CASE_SORT_DUE,
                                              .limit = 1};

static int counts_fill(struct request *request, struct tx *tx, const struct case_filter *seen, struct desk_view *view,
                       struct err *err)
{
    const struct zone *zone = &request->office->catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, request->now_usec);
    struct case_filter overdue = *seen, day = *seen, week = *seen, nobody = *seen, mine = *seen;
    overdue.overdue_at_usec = request->now_usec;
    day.due_from_usec = zone_moment(zone, today, 0);
    day.due_before_usec = zone_moment(zone, today + 1, 0);
    week.due_from_usec = request->now_usec;
    week.due_before_usec = zone_moment(zone, today + 8, 0);
    nobody.unassigned = true;
    mine.assignee = request->actor.account_id;
    const struct {
        const struct case_filter *filter;
        int64_t *count;
    } counts[] = {{&overdue, &view->overdue},   {&day, &view->today}, {&week, &view->week},
                  {&nobody, &view->unassigned}, {&mine, &view->mine}, {seen, &view->open}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        int r = store_case_count(tx, counts[i].filter, counts[i].count, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* "24.11": the day and month under a bar. */
static const char *day_label(struct request *request, int32_t day)
{
    struct date date = date_from_day(day);
    return arena_printf(&request->arena, "%02d.%02d", date.day, date.month);
}

/* Received and answered, week by week, Mondays first; over every procedure with a clock. */
static int weeks_fill(struct request *request, struct tx *tx, struct desk_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct zone *zone = &catalogue->calendar->zone;
    struct arena *arena = &request->arena;
    int32_t today = zone_day_of(zone, request->now_usec);
    int32_t first = today - day_of_week(today) - 7 * (WEEKS - 1);
    int64_t *bounds = ARENA_ARRAY(arena, int64_t, WEEKS + 1), *figures = ARENA_ARRAY(arena, int64_t, 3 * WEEKS);
    struct span_figures *weeks = ARENA_ARRAY(arena, struct span_figures, WEEKS),
                        *one = ARENA_ARRAY(arena, struct span_figures, WEEKS);
    const char **labels = ARENA_ARRAY(arena, const char *, WEEKS);
    if (arena->overflowed)
        return err_memory(err);
    for (int i = 0; i <= WEEKS; i++)
        bounds[i] = zone_moment(zone, first + 7 * i, 0);
    for (size_t p = 0; p < catalogue->procedure_count; p++) {
        const struct procedure *procedure = &catalogue->procedures[p];
        if (procedure->clock_count == 0 || !actor_sees(&request->actor, procedure))
            continue;
        /* Week by week through the memory of figures: the weeks that are over are counted once for everybody. */
        for (int i = 0; i < WEEKS; i++) {
            int r = figures_of_span(request->app->figures, tx, procedure->id, procedure->clocks[0].id, bounds[i],
                                    bounds[i + 1], request->now_usec, &one[i], err);
            if (r < 0)
                return r;
        }
        for (int i = 0; i < WEEKS; i++) {
            weeks[i].received += one[i].received;
            weeks[i].in_time += one[i].in_time;
            weeks[i].late += one[i].late;
            weeks[i].running += one[i].running;
        }
    }
    for (int i = 0; i < WEEKS; i++) {
        figures[i] = weeks[i].received;
        figures[WEEKS + i] = weeks[i].in_time;
        figures[2 * WEEKS + i] = weeks[i].late;
        labels[i] = i % 2 == 1 ? day_label(request, first + 7 * i) : "";
    }
    view->week_count = WEEKS;
    view->weeks = weeks;
    view->week_starts = bounds;
    const struct chart_bars chart = {.count = WEEKS,
                                     .series = 3,
                                     .values = {figures, figures + WEEKS, figures + 2 * WEEKS},
                                     .labels = labels,
                                     .title = text_get(request->lang, T_desk_weeks)};
    return chart_bars_svg(&chart, arena, &view->weeks_chart, err);
}

static int due_fill(struct request *request, struct tx *tx, const char *const *procedures, struct desk_view *view,
                    struct err *err)
{
    const struct zone *zone = &request->office->catalogue->calendar->zone;
    struct arena *arena = &request->arena;
    int32_t today = zone_day_of(zone, request->now_usec);
    int64_t *bounds = ARENA_ARRAY(arena, int64_t, DAYS + 1), *figures = ARENA_ARRAY(arena, int64_t, DAYS);
    const char **labels = ARENA_ARRAY(arena, const char *, DAYS);
    if (arena->overflowed)
        return err_memory(err);
    for (int i = 0; i <= DAYS; i++)
        bounds[i] = zone_moment(zone, today + i, 0);
    int r = store_clock_due_figures(tx, procedures, bounds, DAYS, figures, err);
    if (r < 0)
        return r;
    for (int i = 0; i < DAYS; i++)
        labels[i] = i % 3 == 0 ? day_label(request, today + i) : "";
    view->due_count = DAYS;
    view->due_figures = figures;
    view->due_starts = bounds;
    const struct chart_bars chart = {.count = DAYS,
                                     .series = 1,
                                     .values = {figures},
                                     .labels = labels,
                                     .title = text_get(request->lang, T_desk_coming)};
    return chart_bars_svg(&chart, arena, &view->due_chart, err);
}

/* For who answers for the processing: how many values end soon. */
static int ending_fill(struct request *request, struct tx *tx, struct desk_view *view, struct err *err)
{
    int32_t today = zone_day_of(&request->office->catalogue->calendar->zone, request->now_usec);
    int64_t count = 0;
    if ((request->actor.roles & ROLE_RESPONSIBLE) == 0)
        return 0;
    int r = store_records_announced_count(tx, today + RETENTION_ANNOUNCED_DAYS, ENDING_MAX + 1, &count, err);
    if (r < 0 || count == 0)
        return r;
    view->ending =
        arena_printf(&request->arena, count > ENDING_MAX ? "%d+" : "%d", count > ENDING_MAX ? ENDING_MAX : (int)count);
    return view->ending != NULL ? 0 : err_memory(err);
}

int page_desk_get(struct request *request, struct response *response, struct err *err)
{
    struct desk_view view = {.mail_configured = request->app->mail.url != NULL};
    struct case_filter seen = open_cases;
    struct outbox_figures mail;
    struct page *page;
    struct tx *tx;
    seen.procedures = actor_procedures(request->office, &request->actor, &request->arena);
    if (request->arena.overflowed)
        return err_memory(err);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = counts_fill(request, tx, &seen, &view, err);
    if (r == 0)
        r = desk_owed_fill(request, tx, &seen, &view, err);
    if (r == 0)
        r = desk_openings_fill(request, &view, err);
    if (r == 0)
        r = weeks_fill(request, tx, &view, err);
    if (r == 0)
        r = due_fill(request, tx, seen.procedures, &view, err);
    if (r == 0)
        r = store_outbox_figures(tx, &mail, err);
    if (r == 0)
        r = ending_fill(request, tx, &view, err);
    if (r == 0)
        r = audience_box_fill(request, tx, &view.users, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, desk_title), "desk", &page, err);
    if (r < 0)
        return r;
    view.mail_waiting = mail.waiting;
    view.mail_failed = mail.failed;
    page_desk(&page->out, &view);
    return page_end(page, err);
}
