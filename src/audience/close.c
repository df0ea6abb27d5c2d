/* Closing days and months: what was counted becomes a figure in the ledger, once, and is never changed again. Whichever
 * node comes first does it; under the writer's turn it is looked at whether that was another one. A program that was
 * off closes afterwards, a day after another, what it missed: each has its own event, which says where nothing came. */
#include "audience/figures_parts.h"
#include <stdio.h>
#include <string.h>

int64_t day_closes_usec(const struct office *office, int32_t day, int late_hour)
{
    return zone_moment(&office->catalogue->calendar->zone, day + 1, late_hour * 3600);
}

int last_closed_day(struct tx *tx, int32_t *ret, struct err *err)
{
    int64_t last;
    int r = store_audience_figure_last(tx, "day", NO_DAY, &last, err);

    if (r == 0)
        *ret = (int32_t)last;
    return r;
}

/* --- What is written -----------------------------------------------------------------------------------------------
 */

static json_t *services_told(const struct closing_figures *figures)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < figures->service_count; i++)
        if (json_array_append_new(list, json_pack("{s:s, s:I}", "service", figures->services[i].name, "users",
                                                  (json_int_t)figures->services[i].users)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* {day or month, counted, users, services}; of what was not counted no users are told. */
static json_t *closed_body(const char *kind, bool month, int32_t number, const struct closing_figures *figures,
                           const struct actor *actor, int64_t now_usec)
{
    json_t *body = body_begin(kind, NULL, actor, now_usec, 0);
    char period[PERIOD_ROOM];

    period_text(month, number, period);
    if (body == NULL)
        return NULL;
    if (json_object_set_new(body, month ? "month" : "day", json_string(period)) != 0 ||
        json_object_set_new(body, "counted", json_boolean(figures->counted)) != 0 ||
        (figures->counted && json_object_set_new(body, "users", json_integer(figures->users)) != 0) ||
        json_object_set_new(body, "services", services_told(figures)) != 0) {
        json_decref(body);
        return NULL;
    }
    return body;
}

static int put_figure(struct tx *tx, bool month, int32_t number, int64_t service, int64_t users, int64_t leaf,
                      struct err *err)
{
    struct audience_figure_row row = {.period = month ? "month" : "day",
                                      .number = number,
                                      .service = service,
                                      .version = 1,
                                      .users = users,
                                      .leaf = leaf};

    return store_audience_figure_insert(tx, &row, err);
}

static int put_figures(struct tx *tx, bool month, int32_t number, const struct closing_figures *figures, int64_t leaf,
                       struct err *err)
{
    int r = put_figure(tx, month, number, ALL_SERVICES, figures->counted ? figures->users : NOT_COUNTED, leaf, err);

    for (size_t i = 0; r == 0 && i < figures->service_count; i++)
        r = put_figure(tx, month, number, figures->services[i].number, figures->services[i].users, leaf, err);
    return r;
}

/* A month in which nobody was counted may have no row. */
static int mark_closed(struct tx *tx, int month, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct audience_month_row row;
    bool found = false;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_audience_month_get(tx, month, &arena, &row, &found, err);
    if (r < 0 || !found || row.closed_usec != TIME_NONE)
        return r;
    return store_audience_month_close(tx, month, now_usec, err);
}

int month_close_in(struct tx *tx, const struct office *office, int month, const struct closing_figures *figures,
                   int64_t now_usec, struct err *err)
{
    struct actor actor = system_actor();
    CLEANUP_JSON json_t *body = closed_body("audience_month_closed", true, month, figures, &actor, now_usec);
    struct audience_average average;
    int64_t leaf;
    int r;

    (void)office;
    if (body == NULL)
        return err_memory(err);
    r = audience_daily_average(tx, month, NULL, &average, err);
    if (r == 0 &&
        (json_object_set_new(body, "days_counted", json_integer(average.counted)) != 0 ||
         json_object_set_new(body, "days_missing", json_integer(average.missing)) != 0 ||
         (average.users >= 0 && json_object_set_new(body, "average_daily", json_integer(average.users)) != 0)))
        return err_memory(err);
    if (r == 0)
        r = record(tx, "audience_month_closed", NULL, &actor, now_usec, body, NULL, NULL, &leaf, err);
    if (r == 0)
        r = put_figures(tx, true, month, figures, leaf, err);
    return r < 0 ? r : mark_closed(tx, month, now_usec, err);
}

int day_close_in(struct tx *tx, const struct office *office, int32_t day, const struct closing_figures *figures,
                 const struct closing_figures *month, int64_t now_usec, struct err *err)
{
    struct actor actor = system_actor();
    CLEANUP_JSON json_t *body = closed_body("audience_day_closed", false, day, figures, &actor, now_usec);
    int number = month_of_day(day);
    int64_t leaf;
    int r;

    if (body == NULL)
        return err_memory(err);
    r = record(tx, "audience_day_closed", NULL, &actor, now_usec, body, NULL, NULL, &leaf, err);
    if (r == 0)
        r = put_figures(tx, false, day, figures, leaf, err);
    if (r == 0 && month != NULL)
        r = month_close_in(tx, office, number, month, now_usec, err);
    return r < 0 ? r : audience_watch(tx, office, month != NULL ? number : -1, now_usec, err);
}

/* --- What was counted ----------------------------------------------------------------------------------------------
 */

static int gather(struct counter *counter, bool month, int32_t number, const struct audience_service_row *services,
                  size_t service_count, struct arena *arena, struct closing_figures *ret, struct err *err)
{
    struct service_users *list = ARENA_ARRAY(arena, struct service_users, service_count + 1);
    struct closing_figures figures = {.services = list};

    if (list == NULL)
        return err_memory(err);
    figures.users = month ? counter_users_in(counter, number, NULL) : counter_users_on(counter, number, NULL);
    for (size_t i = 0; i < service_count; i++) {
        int64_t users = month ? counter_users_in(counter, number, services[i].name)
                              : counter_users_on(counter, number, services[i].name);

        if (users > 0)
            list[figures.service_count++] =
                (struct service_users){.number = services[i].number, .name = services[i].name, .users = users};
    }
    figures.counted = figures.users > 0;
    *ret = figures;
    return 0;
}

struct closing {
    const struct office *office;
    struct counter *counter;
    int32_t day;
    int month; /* instead of a day: one that is over without a closed day; -1 */
    int64_t now_usec;
};

static int close_day(struct tx *tx, struct closing *closing, struct arena *arena, struct err *err)
{
    struct closing_figures figures, whole;
    struct audience_service_row *services;
    int month = month_of_day(closing->day);
    bool last = closing->day == month_last_day(month);
    size_t count;
    int r = counter_follow(closing->counter, tx, err);

    if (r == 0)
        r = counter_day_settle(closing->counter, tx, err);
    if (r == 0)
        r = store_audience_services(tx, arena, &services, &count, err);
    if (r == 0)
        r = gather(closing->counter, false, closing->day, services, count, arena, &figures, err);
    if (r == 0 && last)
        r = gather(closing->counter, true, month, services, count, arena, &whole, err);
    return r < 0 ? r
                 : day_close_in(tx, closing->office, closing->day, &figures, last ? &whole : NULL, closing->now_usec,
                                err);
}

/* May run twice, and after another node. */
static int day_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct closing *closing = command->arg;
    CLEANUP_ARENA struct arena arena;
    int32_t last;
    int r = last_closed_day(tx, &last, err);

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    return r < 0 || (last != NO_DAY && last >= closing->day) ? r : close_day(tx, closing, &arena, err);
}

static int month_run(struct tx *tx, struct store_command *command, struct err *err)
{
    static const struct closing_figures nothing = {.counted = false};
    struct closing *closing = command->arg;
    CLEANUP_ARENA struct arena arena;
    struct audience_figure_row *rows;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_audience_figure_versions(tx, "month", closing->month, ALL_SERVICES, &arena, &rows, &count, err);
    if (r < 0)
        return r;
    return count > 0 ? mark_closed(tx, closing->month, closing->now_usec, err)
                     : month_close_in(tx, closing->office, closing->month, &nothing, closing->now_usec, err);
}

/* --- What is due ---------------------------------------------------------------------------------------------------
 */

/* The first day of the month that somebody came on, if it is over; NO_DAY: none. */
static int32_t first_day_counted(const struct closing *closing, int month, int late_hour)
{
    for (int32_t day = month_first_day(month); day <= month_last_day(month); day++) {
        if (day_closes_usec(closing->office, day, late_hour) > closing->now_usec)
            return NO_DAY;
        if (counter_users_on(closing->counter, day, NULL) > 0)
            return day;
    }
    return NO_DAY;
}

/* Before anything is closed: from the first day that somebody came on. A month before it in which the secret was made
 * and nothing counted is closed by itself. */
static void find_first(struct closing *closing, const struct audience_month_row *months, size_t count, int late_hour)
{
    for (size_t i = 0; i < count && closing->day == NO_DAY && closing->month < 0; i++) {
        int32_t last = month_last_day(months[i].month);

        if (months[i].closed_usec != TIME_NONE)
            continue;
        closing->day = first_day_counted(closing, months[i].month, late_hour);
        if (closing->day == NO_DAY && day_closes_usec(closing->office, last, late_hour) <= closing->now_usec)
            closing->month = months[i].month;
    }
}

static int find_due(struct closing *closing, int late_hour, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    CLEANUP_ARENA struct arena arena;
    struct audience_month_row *months;
    int32_t last = NO_DAY;
    size_t count;
    int r = store_read_begin(closing->office->store, &tx, err);

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (r == 0)
        r = last_closed_day(tx, &last, err);
    if (r == 0)
        r = store_audience_months(tx, true, &arena, &months, &count, err);
    if (r == 0 && last == NO_DAY && count > 0)
        r = counter_follow(closing->counter, tx, err);
    if (r < 0)
        return r;
    /* What another node closed is forgotten here too. */
    for (size_t i = 0; i < count; i++)
        if (months[i].closed_usec != TIME_NONE)
            counter_month_forget(closing->counter, months[i].month);
    for (size_t i = 0; last != NO_DAY && i < count; i++)
        if (months[i].closed_usec == TIME_NONE && month_last_day(months[i].month) <= last)
            closing->month = months[i].month;
    if (last == NO_DAY)
        find_first(closing, months, count, late_hour);
    else if (closing->month < 0 && day_closes_usec(closing->office, last + 1, late_hour) <= closing->now_usec)
        closing->day = last + 1;
    return 0;
}

static int close_one(struct closing *closing, struct err *err)
{
    int month = closing->month >= 0 ? closing->month : month_of_day(closing->day);
    int r;

    if (closing->month >= 0) {
        r = store_write(closing->office->store, month_run, closing, err);
    } else {
        counter_day_hold(closing->counter, closing->day);
        r = store_write(closing->office->store, day_run, closing, err);
        counter_day_closed(closing->counter, closing->day, r == 0);
    }
    if (r == 0 && (closing->month >= 0 || closing->day == month_last_day(month)))
        counter_month_forget(closing->counter, month);
    return r;
}

int audience_pass(const struct office *office, struct counter *counter, int late_hour, int64_t now_usec,
                  size_t *ret_handled, struct err *err)
{
    struct closing closing = {.office = office, .counter = counter, .day = NO_DAY, .month = -1, .now_usec = now_usec};
    int r = counter != NULL ? find_due(&closing, late_hour, err) : 0;

    if (r < 0)
        return r;
    if (closing.day == NO_DAY && closing.month < 0)
        return secrets_end_pass(office, now_usec, ret_handled, err);
    r = close_one(&closing, err);
    if (r == 0)
        *ret_handled = 1;
    return r;
}
