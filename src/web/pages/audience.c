/* Counting users, for staff: today so far, the month against the threshold of opl.9.1, the days of a month, services,
 * corrections, and what of the cases hangs on these figures. The page is drawn whole also when one of its forms comes
 * back (audience_deeds.c), with what was typed. */
#include "audience/figures.h"
#include "store/audience_rows.h"
#include "web/app.h"
#include "web/pages/audience_deeds.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>

#define DAYS_DATED 7
#define ROLES_CORRECTING (ROLE_ADMIN | ROLE_MODERATOR)
#define ROLES_SENDING (ROLE_ADMIN | ROLE_MODERATOR | ROLE_REGISTRAR)
#define CORRECTIONS_SHOWN 200
#define REQUESTS_SHOWN 20

static int32_t today_of(const struct request *request)
{
    return zone_day_of(&request->office->catalogue->calendar->zone, request->now_usec);
}

/* --- Against the threshold ---------------------------------------------------------------------------------------- */

static int gauge_fill(struct request *request, const struct audience_average *average, enum text_key title,
                      struct html *ret, struct err *err)
{
    if (average->users < 0)
        return 0;
    return chart_gauge_svg(average->users, AUDIENCE_THRESHOLD, text_get(request->lang, title), &request->arena, ret,
                           err);
}

static int threshold_fill(struct request *request, struct tx *tx, struct audience_view *view, struct err *err)
{
    int month = audience_month_of(view->today_day);
    int64_t last;
    int r = audience_daily_average(tx, month, NULL, &view->daily, err);
    if (r == 0)
        r = audience_rolling_average(tx, view->today_day - 1, &view->rolling, err);
    if (r == 0)
        r = audience_crossing(tx, view->today_day, &view->crossing, err);
    if (r == 0)
        r = gauge_fill(request, &view->daily, T_audience_desk_month, &view->daily_gauge, err);
    if (r == 0)
        r = gauge_fill(request, &view->rolling, T_audience_by_rolling, &view->rolling_gauge, err);
    if (r == 0)
        r = store_audience_figure_last(tx, "day", INT32_MIN, &last, err);
    if (r < 0)
        return r;
    /* Of the running month only the days that are over can be missing. */
    view->daily.missing =
        last < audience_month_first(month) ? 0 : (int)(last - audience_month_first(month)) + 1 - view->daily.counted;
    view->daily.from = month;
    return 0;
}

/* --- Cases that hang on the figures ------------------------------------------------------------------------------- */

static bool says(const struct case_view *c, const char *field, const char *value)
{
    for (size_t i = 0; i < c->value_count; i++)
        if (strcmp(c->values[i].field->name, field) == 0 && c->values[i].count > 0)
            return strcmp(c->values[i].texts[0], value) == 0;
    return false;
}

/* Open cases of the procedure, those due first; `field` NULL: whatever they say. */
static int cases_find(struct request *request, struct tx *tx, const char *procedure, const char *field,
                      const char *value, struct audience_link **ret, size_t *ret_count, struct err *err)
{
    const struct procedure *found = catalogue_procedure(request->office->catalogue, procedure);
    const struct case_filter filter = {.procedure = procedure,
                                       .open_only = true,
                                       .due_from_usec = TIME_NONE,
                                       .due_before_usec = TIME_NONE,
                                       .overdue_at_usec = TIME_NONE,
                                       .opened_from_usec = TIME_NONE,
                                       .opened_before_usec = TIME_NONE,
                                       .limit = REQUESTS_SHOWN};
    struct case_row *rows;
    const char *cursor;
    size_t count;
    *ret_count = 0;
    if (found == NULL || !office_runs(request->office, found) || !actor_sees(&request->actor, found))
        return 0;
    int r = store_case_list(tx, &filter, &request->arena, &rows, &count, &cursor, err);
    struct audience_link *links = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct audience_link, count + 1);
    if (r < 0 || links == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct case_view c;
        if (field != NULL)
            r = case_view(tx, request->office, rows[i].id, &request->actor, request->now_usec, 0, &request->arena, &c,
                          err);
        if (r == 0 && (field == NULL || says(&c, field, value)))
            links[(*ret_count)++] = (struct audience_link){.id = rows[i].id, .number = rows[i].number};
    }
    *ret = links;
    return r;
}

static int cases_fill(struct request *request, struct tx *tx, struct audience_view *view, struct err *err)
{
    struct audience_link *duties = NULL, *requests = NULL;
    size_t duty_count = 0;
    int r = cases_find(request, tx, "representative_duty", NULL, NULL, &duties, &duty_count, err);
    if (r == 0)
        r = cases_find(request, tx, "request_received", "kind", "users_per_day", &requests, &view->request_count, err);
    view->duty = duty_count > 0 ? &duties[0] : NULL;
    view->requests = requests;
    return r;
}

/* --- Services ----------------------------------------------------------------------------------------------------- */

static int services_fill(struct request *request, struct tx *tx, struct audience_view *view, struct err *err)
{
    struct counter *counter = request->app->counter;
    const char *const *names;
    size_t count;
    int r = audience_service_names(tx, &request->arena, &names, &count, err);
    if (r < 0 || count == 0 || (count == 1 && names[0][0] == '\0'))
        return r;
    if (count > AUDIENCE_SERVICES)
        count = AUDIENCE_SERVICES;
    struct audience_service_line *lines = ARENA_ARRAY(&request->arena, struct audience_service_line, count + 1);
    if (lines == NULL)
        return err_memory(err);
    for (size_t i = 0; i <= count; i++) {
        const char *id = i == 0 ? NULL : names[i - 1];
        lines[i] = (struct audience_service_line){.id = id, .name = audience_service_text(request->lang, id)};
        if (counter != NULL) {
            lines[i].today = counter_users_on(counter, view->today_day, id);
            lines[i].month_so_far = counter_users_in(counter, audience_month_of(view->today_day), id);
        }
    }
    view->services = lines;
    view->service_count = count + 1;
    return 0;
}

/* --- The days of a month ------------------------------------------------------------------------------------------ */

static int chart_fill(struct request *request, struct audience_view *view, struct err *err)
{
    struct arena *arena = &request->arena;
    int64_t *figures = ARENA_ARRAY(arena, int64_t, view->day_count + 1);
    const char **labels = ARENA_ARRAY(arena, const char *, view->day_count + 1);
    if (figures == NULL || labels == NULL)
        return err_memory(err);
    for (size_t i = 0; i < view->day_count; i++) {
        const struct audience_day_line *line = &view->days[i];
        int day = date_from_day(line->day).day;
        figures[i] = line->figure != NULL ? (line->figure->counted ? line->figure->users : 0)
                     : line->counting > 0 ? line->counting
                                          : 0;
        /* Where there are few, each is told by its date; else every fifth by its number. */
        if (view->day_count <= DAYS_DATED)
            labels[i] = arena_printf(arena, "%02d.%02d", day, date_from_day(line->day).month);
        else
            labels[i] = day == 1 || day % 5 == 0 ? arena_printf(arena, "%d", day) : "";
        if (labels[i] == NULL)
            return err_memory(err);
    }
    const struct chart_bars chart = {.count = view->day_count,
                                     .series = 1,
                                     .values = {figures},
                                     .labels = labels,
                                     .title = text_get(request->lang, T_audience_days_chart),
                                     .limit = view->service == NULL ? AUDIENCE_THRESHOLD : 0};
    return chart_bars_svg(&chart, arena, &view->chart, err);
}

/* From the first day that has a figure, or is open, to today. */
static int days_fill(struct request *request, struct tx *tx, struct audience_view *view, struct err *err)
{
    struct counter *counter = request->app->counter;
    int32_t first = audience_month_first(view->month), last = audience_month_last(view->month);
    struct audience_figure *figures, *months;
    struct audience_day_line *days = ARENA_ARRAY(&request->arena, struct audience_day_line, 31);
    size_t count, month_count, at = 0;
    int64_t first_ever, last_ever;
    if (days == NULL)
        return err_memory(err);
    int r = audience_figures(tx, false, first, last, view->service, &request->arena, &figures, &count, err);
    if (r == 0)
        r = audience_figures(tx, true, view->month, view->month, view->service, &request->arena, &months, &month_count,
                             err);
    if (r == 0)
        r = store_audience_figure_first(tx, "day", INT64_MAX, &first_ever, err);
    if (r == 0)
        r = store_audience_figure_last(tx, "day", INT64_MIN, &last_ever, err);
    if (r < 0)
        return r;
    for (int32_t day = first; day <= last && day <= view->today_day; day++) {
        struct audience_day_line line = {.day = day, .counting = -1};
        bool open = day > last_ever && day >= view->today_day - 1;
        while (at < count && figures[at].number < day)
            at++;
        if (at < count && figures[at].number == day)
            line.figure = &figures[at];
        else if (open && counter != NULL)
            line.counting = counter_users_on(counter, day, view->service);
        /* Before anything was counted there are no days; a service has none where it was not there. */
        if (line.figure != NULL || (line.counting > 0 && day == view->today_day - 1) || day == view->today_day ||
            (day > last_ever && day > first_ever))
            days[view->day_count++] = line;
    }
    view->month_figure = month_count > 0 ? &months[0] : NULL;
    view->days = days;
    return view->day_count > 0 ? chart_fill(request, view, err) : 0;
}

static int month_fill(struct request *request, struct tx *tx, struct audience_view *view, struct err *err)
{
    struct audience_correction *days, *months, *both;
    struct audience_month_row row;
    size_t day_count, month_count;
    int64_t first_ever;
    bool found;
    int now = audience_month_of(view->today_day);
    int r = days_fill(request, tx, view, err);
    if (r == 0)
        r = store_audience_figure_first(tx, "day", view->today_day, &first_ever, err);
    if (r == 0)
        r = store_audience_month_get(tx, view->month, &request->arena, &row, &found, err);
    if (r == 0)
        r = audience_corrections(tx, false, audience_month_first(view->month), audience_month_last(view->month),
                                 CORRECTIONS_SHOWN, &request->arena, &days, &day_count, err);
    if (r == 0)
        r = audience_corrections(tx, true, view->month, view->month, CORRECTIONS_SHOWN, &request->arena, &months,
                                 &month_count, err);
    if (r < 0)
        return r;
    view->destroyed_usec = found ? row.destroyed_usec : TIME_NONE;
    view->earlier = view->month > audience_month_of((int32_t)first_ever) ? view->month - 1 : -1;
    view->later = view->month < now ? view->month + 1 : -1;
    both = ARENA_ARRAY(&request->arena, struct audience_correction, day_count + month_count + 1);
    if (both == NULL)
        return err_memory(err);
    for (size_t i = 0; i < month_count; i++)
        both[i] = months[i];
    for (size_t i = 0; i < day_count; i++)
        both[month_count + i] = days[i];
    view->corrections = both;
    view->correction_count = month_count + day_count;
    return 0;
}

/* --- The page ----------------------------------------------------------------------------------------------------- */

/* The versions of the figure that is to be corrected; a period that is none, or has no figure, is refused beside it. */
static int versions_fill(struct request *request, struct tx *tx, struct audience_view *view, struct err *err)
{
    struct audience_figure *versions;
    struct err why = {0};
    int32_t number;
    bool month;
    if (!view->may_correct || view->period == NULL || view->period[0] == '\0')
        return 0;
    if (!audience_period_parse(view->period, &month, &number)) {
        field_errors_add(&request->errors, "period", "not_a_period", NULL);
        return 0;
    }
    int r = audience_correctable(tx, month, number, view->correct_service, &request->arena, &versions,
                                 &view->version_count, &why);
    if (r == -ERR_NOT_FOUND) {
        field_errors_add(&request->errors, "period", "figure_unknown", NULL);
        return 0;
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    view->versions = versions;
    return 0;
}

/* "*" and absent: all together. */
static const char *service_of(const char *text)
{
    return text == NULL || strcmp(text, "*") == 0 || !service_name_fits(text) ? NULL : text;
}

int audience_draw(struct request *request, struct response *response, struct audience_view *view, struct err *err)
{
    struct counter *counter = request->app->counter;
    const char *month = request_query(request, "month");
    char today[12];
    struct page *page;
    int32_t number;
    struct tx *tx;
    bool is_month;
    view->today_day = today_of(request);
    view->month = audience_month_of(view->today_day);
    view->yesterday = -1;
    view->may_correct = (request->actor.roles & ROLES_CORRECTING) != 0;
    view->may_send = (request->actor.roles & ROLES_SENDING) != 0 && counter != NULL;
    view->errors = &request->errors;
    view->late_hour = request->app->settings->audience_late_hour;
    view->import_mib = request->app->settings->import_mib > 0 ? request->app->settings->import_mib : IMPORT_MIB;
    view->service = service_of(request_query(request, "service"));
    if (view->period == NULL) {
        view->period = request_query(request, "correct");
        view->correct_service = view->service;
    }
    audience_period_format(false, view->today_day, today);
    if (view->send_day == NULL)
        view->send_day = today;
    if (audience_period_parse(month, &is_month, &number) && is_month && number <= view->month)
        view->month = number;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = threshold_fill(request, tx, view, err);
    if (r == 0)
        r = cases_fill(request, tx, view, err);
    if (r == 0)
        r = services_fill(request, tx, view, err);
    if (r == 0)
        r = month_fill(request, tx, view, err);
    if (r == 0)
        r = versions_fill(request, tx, view, err);
    if (r == 0 && counter != NULL) {
        int64_t last_closed;
        view->today = counter_users_on(counter, view->today_day, NULL);
        view->month_so_far = counter_users_in(counter, audience_month_of(view->today_day), NULL);
        r = store_audience_figure_last(tx, "day", INT64_MIN, &last_closed, err);
        if (r == 0 && last_closed < view->today_day - 1)
            view->yesterday = counter_users_on(counter, view->today_day - 1, NULL);
    }
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, audience_staff_title), "audience", &page, err);
    if (r < 0)
        return r;
    page_audience(&page->out, view);
    return page_end(page, err);
}

int page_audience_get(struct request *request, struct response *response, struct err *err)
{
    struct audience_view view = {0};
    const char *done = query_text(request, "done"), *leaf = query_text(request, "leaf");
    const char *fresh = query_text(request, "fresh"), *total = query_text(request, "total"),
               *warned = query_text(request, "warned");
    /* What the address says is shown as figures alone. */
    bool figures = strspn(leaf, "0123456789") == strlen(leaf) && strspn(fresh, "0123456789") == strlen(fresh) &&
                   strspn(total, "0123456789") == strlen(total) && strspn(warned, "0123456789") == strlen(warned);
    if (figures && strcmp(done, "corrected") == 0)
        view.done = text_format(&request->arena, request->lang, T_audience_done_corrected, leaf, NULL);
    else if (figures && strcmp(done, "sent") == 0)
        view.done = text_format(&request->arena, request->lang, T_audience_done_sent, fresh, total);
    if (figures && warned[0] != '\0' && strcmp(warned, "0") != 0)
        view.warned = warned;
    return audience_draw(request, response, &view, err);
}
