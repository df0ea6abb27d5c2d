/* The calendar of a year, and the calculator of periods. */
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>

static const char *cell_class(const struct calendar_day *day, bool today)
{
    switch ((enum day_kind)day->kind) {
    case DAY_WORKING:
        return today ? "today" : "plain";
    case DAY_WORKED_MOVED:
        return today ? "worked today" : "worked";
    case DAY_WEEKEND:
        return today ? "weekend today" : "weekend";
    case DAY_HOLIDAY:
        return today ? "holiday today" : "holiday";
    case DAY_CARRIED:
        return today ? "carried today" : "carried";
    case DAY_OFF_MOVED:
        return today ? "off today" : "off";
    }
    return "";
}

/* Why a day is not an ordinary one; NULL where it is. */
static const char *cell_note(struct request *request, const struct calendar *calendar, const struct calendar_day *day)
{
    const char *title =
        day->holiday < calendar->holiday_count ? calendar->holidays[day->holiday].title.in[request->lang] : "";
    if (day->kind == DAY_HOLIDAY)
        return day->expected ? text_format(&request->arena, request->lang, T_calendar_expected, title, NULL) : title;
    if (day->kind == DAY_CARRIED)
        return text_format(&request->arena, request->lang, T_calendar_carried, title, NULL);
    if (day->kind == DAY_OFF_MOVED)
        return text_get(request->lang, T_calendar_off_moved);
    return day->kind == DAY_WORKED_MOVED ? text_get(request->lang, T_calendar_worked_moved) : NULL;
}

static void month_fill(struct request *request, const struct calendar *calendar, int year, int month, int32_t today,
                       struct calendar_view *view)
{
    struct calendar_month *out = &view->months[month - 1];
    int32_t first = day_from_date((struct date){.year = year, .month = month, .day = 1});
    int column = day_of_week(first);
    out->month = month;
    out->week_count = 1;
    for (int32_t day = first; date_from_day(day).month == month; day++) {
        const struct calendar_day *entry = calendar_find(calendar, day);
        if (entry == NULL)
            return;
        int number = date_from_day(day).day;
        if (column == 7) {
            column = 0;
            out->week_count++;
        }
        const char *why = cell_note(request, calendar, entry);
        out->cells[out->week_count - 1][column++] =
            (struct calendar_cell){.day = number, .class_name = cell_class(entry, day == today), .why = why};
        if (why != NULL)
            out->notes[out->note_count++] = (struct calendar_note){.day = number, .text = why};
        if (calendar_is_working(entry))
            out->working_days++;
        else
            view->days_off++;
        if (entry->kind == DAY_OFF_MOVED && view->moved_count < sizeof view->moved / sizeof *view->moved)
            view->moved[view->moved_count++] = (struct calendar_moved){.off_day = day, .worked_day = entry->moved_day};
    }
    view->working_days += out->working_days;
}

int page_calendar_get(struct request *request, struct response *response, struct err *err)
{
    const struct calendar *calendar = request->office->catalogue->calendar;
    int32_t today = zone_day_of(&calendar->zone, request->now_usec);
    const char *asked = request_param(request, "year");
    struct calendar_view *view = ARENA_NEW(&request->arena, struct calendar_view);
    struct page *page;
    if (view == NULL)
        return err_memory(err);
    view->year = date_from_day(today).year;
    if (asked != NULL) {
        bool digits = strlen(asked) == 4 && strspn(asked, "0123456789") == 4;
        view->year = digits ? (int)strtol(asked, NULL, 10) : 0;
    }
    if (view->year < calendar->from_year || view->year > calendar->until_year)
        return err_set(err, ERR_NOT_FOUND, "calendar_not_covered", "%.20s", asked == NULL ? "" : asked);
    view->first_year = calendar->from_year;
    view->last_year = calendar->until_year;
    view->decided = view->year <= calendar->decided_until;
    for (int month = 1; month <= 12; month++)
        month_fill(request, calendar, view->year, month, today, view);
    const char *title = text_format(&request->arena, request->lang, T_calendar_title, INT_TEXT(view->year), NULL);
    int r = page_begin(request, response, title == NULL ? "" : title, "calendar", &page, err);
    if (r < 0)
        return r;
    page_calendar(&page->out, view);
    return page_end(page, err);
}

/* A moment as the browser's field takes it: local, to the minute. NULL over the arena's limit. */
static const char *local_minute(struct request *request, int64_t at_usec)
{
    char text[32];
    moment_format(&request->office->catalogue->calendar->zone, at_usec, text);
    return arena_strndup(&request->arena, text, strlen("2026-04-09T18:30"));
}

static void clock_work_out(struct request *request, struct clock_view *view)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct err why = {0};
    int64_t from;
    if (catalogue_norm_last(catalogue, view->norm_id) == NULL) {
        view->norm_wrong = text_get(request->lang, T_calc_norm_unknown);
        return;
    }
    if (!moment_parse(view->from, &catalogue->calendar->zone, &from)) {
        why = (struct err){.kind = ERR_BAD_INPUT, .code = "not_a_moment"};
        view->from_wrong = sentence_of(request, &why);
        return;
    }
    view->from = local_minute(request, from);
    view->norm = catalogue_norm_at(catalogue, view->norm_id, from);
    if (view->norm == NULL || !view->norm->has_clock) {
        view->norm_wrong = text_get(request->lang, view->norm == NULL ? T_calc_norm_not_then : T_calc_norm_unknown);
        return;
    }
    if (clock_explain(catalogue->calendar, &view->norm->clock, from, 0, &request->arena, &view->why, &why) < 0) {
        view->from_wrong = sentence_of(request, &why);
        return;
    }
    view->computed = true;
}

int page_clock_get(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct clock_view view = {.norm_id = request_query(request, "norm"), .from = request_query(request, "from")};
    const struct norm **norms = ARENA_ARRAY(&request->arena, const struct norm *, catalogue->norm_count + 1);
    struct page *page;
    if (norms == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];
        bool last = i + 1 == catalogue->norm_count || strcmp(norm->id, catalogue->norms[i + 1].id) != 0;
        if (norm->has_clock && last)
            norms[view.norm_count++] = norm;
    }
    view.norms = norms;
    if (view.from != NULL)
        clock_work_out(request, &view);
    else {
        view.from = local_minute(request, request->now_usec);
        if (view.norm_id == NULL)
            view.norm_id = "opl.11.3";
    }
    int r = page_begin(request, response, PAGE_TITLE(request, calc_title), "calendar", &page, err);
    if (r < 0)
        return r;
    page_clock(&page->out, &view);
    return page_end(page, err);
}
