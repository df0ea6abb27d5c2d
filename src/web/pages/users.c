/* Users in figures for everybody (opl.9.4.7), the box on the desk, and the words both pages of figures share. */
#include "store/audience_rows.h"
#include "web/app.h"
#include "web/pages/audience_views.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <stdio.h>

#define ROLES_SEEING (ROLE_ADMIN | ROLE_MODERATOR | ROLE_REGISTRAR | ROLE_HEAD | ROLE_AUDITOR)
#define CHART_MONTHS 24
#define CORRECTIONS_SHOWN 100

/* --- Words -------------------------------------------------------------------------------------------------------- */

bool users_in_menu(const struct page_frame *frame)
{
    return audience_offered(frame->office);
}

bool audience_in_menu(const struct page_frame *frame)
{
    return audience_offered(frame->office) && frame->actor != NULL && (frame->actor->roles & ROLES_SEEING) != 0;
}

static const char *month_in(struct arena *arena, enum lang lang, int month, const char *names)
{
    char key[48];
    snprintf(key, sizeof key, "%s.%d", names, month % 12 + 1);
    const char *text = text_format(arena, lang, T_audience_month_year, INT_TEXT(month / 12), text_find(lang, key));
    return text == NULL ? "" : text;
}

const char *audience_month_text(struct arena *arena, enum lang lang, int month)
{
    /* Kazakh names the month after its year; the others begin with it. */
    return month_in(arena, lang, month, lang == LANG_KK ? "audience.month_inside" : "common.month");
}

const char *audience_month_inside(struct arena *arena, enum lang lang, int month)
{
    return month_in(arena, lang, month, "audience.month_inside");
}

const char *audience_period_text(struct arena *arena, enum lang lang, bool month, int32_t number)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 128);
    if (!month)
        text_put_date(&text, lang, number);
    const char *copy = month         ? audience_month_text(arena, lang, number)
                       : text.failed ? NULL
                                     : arena_strdup(arena, text.data);
    return copy == NULL ? "" : copy;
}

const char *audience_service_text(enum lang lang, const char *service)
{
    if (service == NULL)
        return text_get(lang, T_audience_service_all);
    return service[0] == '\0' ? text_get(lang, T_audience_service_own) : service;
}

bool audience_same_service(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

const char *audience_month_param(struct page_out *o, int month)
{
    char text[12];
    audience_period_format(true, month, text);
    const char *copy = arena_strdup(o->frame->arena, text);
    return copy == NULL ? "" : copy;
}

const char *audience_moment_text(struct page_out *o, int64_t at_usec)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 128);
    text_put_moment(&text, o->lang, o->zone, at_usec, false);
    const char *copy = text.failed ? NULL : arena_strdup(o->frame->arena, text.data);
    return copy == NULL ? "" : copy;
}

const char *grouped_text(struct arena *arena, int64_t value)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 64);
    page_grouped(&(struct page_out){.buf = &text}, value);
    const char *copy = text.failed ? NULL : arena_strdup(arena, text.data);
    return copy == NULL ? "" : copy;
}

/* --- The public page ---------------------------------------------------------------------------------------------- */

static int chart_fill(struct request *request, struct users_view *view, struct err *err)
{
    struct arena *arena = &request->arena;
    size_t whole = view->history->count, count = whole < CHART_MONTHS ? whole : CHART_MONTHS;
    int64_t *figures = ARENA_ARRAY(arena, int64_t, 2 * count + 1);
    const char **labels = ARENA_ARRAY(arena, const char *, count + 1);
    if (figures == NULL || labels == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct audience_month_line *line = &view->history->lines[whole - count + i];
        figures[i] = line->figure != NULL && line->figure->counted ? line->figure->users : 0;
        figures[count + i] = line->six.users > 0 ? line->six.users : 0;
        /* At most six labels fit on a narrow screen; the newest month has one. */
        labels[i] = (count - 1 - i) % (count / 6 + 1) != 0
                        ? ""
                        : arena_printf(arena, "%02d.%02d", line->month % 12 + 1, line->month / 12 % 100);
    }
    const struct chart_bars chart = {.count = count,
                                     .series = 2,
                                     .values = {figures, figures + count},
                                     .labels = labels,
                                     .title = text_get(request->lang, T_audience_history_chart)};
    return chart_bars_svg(&chart, arena, &view->chart, err);
}

static int services_fill(struct request *request, struct tx *tx, int last, struct users_view *view, struct err *err)
{
    const char *const *names;
    size_t count;
    int r = audience_service_names(tx, &request->arena, &names, &count, err);
    struct audience_service_line *lines =
        r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct audience_service_line, count + 1);
    if (r < 0 || lines == NULL)
        return r < 0 ? r : err_memory(err);
    if (count > AUDIENCE_SERVICES)
        count = AUDIENCE_SERVICES;
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct audience_figure *figures = NULL;
        size_t found = 0;
        lines[i] = (struct audience_service_line){
            .id = names[i], .name = audience_service_text(request->lang, names[i]), .last_month = -1};
        r = audience_six_months(tx, last, names[i], &lines[i].six, err);
        if (r == 0)
            r = audience_figures(tx, true, last, last, names[i], &request->arena, &figures, &found, err);
        if (r == 0 && found > 0 && figures[0].counted)
            lines[i].last_month = figures[0].users;
    }
    view->services = lines;
    view->service_count = count;
    return r;
}

static void of_fill(struct request *request, struct users_view *view)
{
    const struct audience_history *history = view->history;
    int count = view->six.until - view->six.from + 1;
    struct audience_of_six *of = ARENA_ARRAY(&request->arena, struct audience_of_six, (size_t)count);
    for (int i = 0; of != NULL && i < count; i++) {
        int month = view->six.from + i, at = month - history->lines[0].month;
        const struct audience_figure *figure = at < 0 ? NULL : history->lines[at].figure;
        of[i] = (struct audience_of_six){.month = month,
                                         .users = figure != NULL && figure->counted ? figure->users : -1,
                                         .leaf = figure != NULL ? figure->leaf : -1};
    }
    view->of = of;
    view->of_count = of == NULL ? 0 : (size_t)count;
}

int page_users_get(struct request *request, struct response *response, struct err *err)
{
    struct audience_history history = {0};
    struct users_view view = {.six = {.users = -1}, .history = &history};
    struct audience_correction *corrections = NULL;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = audience_history(tx, NULL, AUDIENCE_MONTHS, &request->arena, &history, err);
    if (r == 0 && history.count > 0) {
        int first = history.lines[0].month, last = history.lines[history.count - 1].month;
        view.six = history.lines[history.count - 1].six;
        of_fill(request, &view);
        r = chart_fill(request, &view, err);
        if (r == 0)
            r = services_fill(request, tx, last, &view, err);
        if (r == 0)
            r = audience_corrections(tx, true, first, last, CORRECTIONS_SHOWN, &request->arena, &corrections,
                                     &view.correction_count, err);
        view.corrections = corrections;
    }
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, audience_title), "users", &page, err);
    if (r < 0)
        return r;
    view.to_staff = audience_in_menu(&page->frame);
    page_users(&page->out, &view);
    return page_end(page, err);
}

int page_users_csv(struct request *request, struct response *response, struct err *err)
{
    int r = audience_csv(request, response, err);
    return r < 0 ? r : answer_file(request, response, response->type, "users.csv", false, err);
}

/* --- The desk ----------------------------------------------------------------------------------------------------- */

int audience_box_fill(struct request *request, struct tx *tx, const struct audience_box **ret, struct err *err)
{
    int32_t today = zone_day_of(&request->office->catalogue->calendar->zone, request->now_usec);
    struct audience_box *box;
    *ret = NULL;
    if (request->app->counter == NULL || !audience_offered(request->office) ||
        (request->actor.roles & ROLES_SEEING) == 0)
        return 0;
    box = ARENA_NEW(&request->arena, struct audience_box);
    if (box == NULL)
        return err_memory(err);
    box->today = counter_users_on(request->app->counter, today, NULL);
    int r = audience_daily_average(tx, audience_month_of(today), NULL, &box->daily, err);
    if (r == 0)
        r = audience_crossing(tx, today, &box->crossing, err);
    if (r == 0 && box->daily.users >= 0)
        r = chart_gauge_svg(box->daily.users, AUDIENCE_THRESHOLD, text_get(request->lang, T_audience_desk_month),
                            &request->arena, &box->gauge, err);
    if (r == 0)
        *ret = box;
    return r;
}
