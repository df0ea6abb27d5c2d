/* Closing days and months: what was counted becomes a figure in the ledger, once, and is never changed again. Whichever
 * node comes first does it; under the writer's turn it is looked at whether that was another one. A program that was
 * off closes afterwards, a day after another, what it missed: each has its own event, which says where nothing came. */
#include "audience/figures_parts.h"

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
    return count > 0 ? month_mark_closed(tx, closing->month, closing->now_usec, err)
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
        r = store_audience_months(tx, false, &arena, &months, &count, err);
    if (r == 0 && last == NO_DAY && count > 0)
        r = counter_follow(closing->counter, tx, err);
    if (r < 0)
        return r;
    /* What another node closed is forgotten here too, also when its secret is gone already. */
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
