/* Reading closed figures: newest versions, all versions, averages. Averages are over what was counted, and tell how
 * much was not; nothing is put in its place. */
#include "audience/figures_parts.h"
#include <stdio.h>
#include <string.h>

#define ROLLING_DAYS 30
#define ROLLING_BACK 366 /* how far back thirty counted days are looked for */
#define SIX_MONTHS 6

int month_of_day(int32_t day)
{
    struct date date = date_from_day(day);

    return MONTH_OF(date.year, date.month);
}

int32_t month_first_day(int month)
{
    return day_from_date((struct date){.year = month / 12, .month = month % 12 + 1, .day = 1});
}

int32_t month_last_day(int month)
{
    return month_first_day(month + 1) - 1;
}

void period_text(bool month, int32_t number, char ret[static PERIOD_ROOM])
{
    char day[11];

    if (month) {
        snprintf(ret, PERIOD_ROOM, "%04d-%02d", number / 12, number % 12 + 1);
        return;
    }
    date_format(date_from_day(number), day);
    memcpy(ret, day, sizeof(day));
}

bool period_parse(bool month, const char *text, int32_t *ret)
{
    struct date date;
    char whole[11];

    if (month && strlen(text) != 7)
        return false;
    if (month)
        snprintf(whole, sizeof(whole), "%.7s-01", text);
    if (!date_parse(month ? whole : text, &date))
        return false;
    *ret = month ? MONTH_OF(date.year, date.month) : day_from_date(date);
    return true;
}

static const char *period_word(bool month)
{
    return month ? "month" : "day";
}

/* The service's number; *ret_known false where nobody ever counted it. */
static int service_number(struct tx *tx, const char *service, int64_t *ret, bool *ret_known, struct err *err)
{
    int r = 0;

    *ret = ALL_SERVICES;
    if (service != NULL)
        r = store_audience_service_find(tx, service, ret, err);
    *ret_known = service == NULL || *ret != ALL_SERVICES;
    return r;
}

/* A correction's reason stands in its event alone. */
static int reason_of(struct tx *tx, int64_t leaf, struct arena *arena, const char **ret, struct err *err)
{
    CLEANUP_JSON json_t *body = NULL;
    const char *reason;
    struct event_row event;
    int r = store_event_get(tx, leaf, arena, &event, err);

    if (r == 0)
        r = stored_json_parse(event.body, event.body_len, "an event", &body, err);
    if (r < 0)
        return r;
    reason = json_string_value(json_object_get(body, "reason"));
    *ret = arena_strdup(arena, reason);
    return reason != NULL && *ret == NULL ? err_memory(err) : 0;
}

static int figures_of(struct tx *tx, bool month, const char *service, const struct audience_figure_row *rows,
                      size_t count, struct arena *arena, struct audience_figure **ret, struct err *err)
{
    struct audience_figure *list = ARENA_ARRAY(arena, struct audience_figure, count + 1);
    int r = list != NULL ? 0 : err_memory(err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        bool counted = rows[i].users != NOT_COUNTED;

        list[i] = (struct audience_figure){.month = month,
                                           .number = (int32_t)rows[i].number,
                                           .service = service,
                                           .version = (int)rows[i].version,
                                           .counted = counted,
                                           .users = counted ? rows[i].users : 0,
                                           .leaf = rows[i].leaf};
        /* Of a service that a period did not count, the first version may be a correction. */
        if (rows[i].version > 1 || service != NULL)
            r = reason_of(tx, rows[i].leaf, arena, &list[i].reason, err);
    }
    if (r == 0)
        *ret = list;
    return r;
}

int audience_figures(struct tx *tx, bool months, int32_t from, int32_t until, const char *service, struct arena *arena,
                     struct audience_figure **ret, size_t *ret_count, struct err *err)
{
    struct audience_figure_row *rows = NULL;
    struct audience_figure *list;
    int64_t number;
    size_t count = 0;
    bool known;
    int r = service_number(tx, service, &number, &known, err);

    if (r == 0 && known)
        r = store_audience_figures(tx, period_word(months), from, until, number, arena, &rows, &count, err);
    if (r == 0)
        r = figures_of(tx, months, service, rows, count, arena, &list, err);
    if (r < 0)
        return r;
    *ret = list;
    *ret_count = count;
    return 0;
}

int audience_versions(struct tx *tx, bool month, int32_t number, const char *service, struct arena *arena,
                      struct audience_figure **ret, size_t *ret_count, struct err *err)
{
    struct audience_figure_row *rows = NULL;
    struct audience_figure *list;
    int64_t of;
    size_t count = 0;
    bool known;
    int r = service_number(tx, service, &of, &known, err);

    if (r == 0 && known)
        r = store_audience_figure_versions(tx, period_word(month), number, of, arena, &rows, &count, err);
    if (r == 0 && count == 0)
        return err_set(err, ERR_NOT_FOUND, "figure_unknown", NULL);
    if (r == 0)
        r = figures_of(tx, month, service, rows, count, arena, &list, err);
    if (r < 0)
        return r;
    *ret = list;
    *ret_count = count;
    return 0;
}

/* --- Averages ------------------------------------------------------------------------------------------------------
 */

/* Of whole numbers that are not negative, rounded half up. */
static int64_t rounded(int64_t sum, int64_t count)
{
    return (2 * sum + count) / (2 * count);
}

bool audience_above(const struct audience_average *average)
{
    return average->sum > (int64_t)AUDIENCE_THRESHOLD * average->counted;
}

/* Over the counted ones of from…until; what has no row was not counted either. */
static int average_over(struct tx *tx, bool months, int32_t from, int32_t until, const char *service,
                        struct audience_average *ret, struct err *err)
{
    struct audience_average average = {.from = from, .until = until, .users = -1};
    CLEANUP_ARENA struct arena arena;
    struct audience_figure_row *rows = NULL;
    int64_t number;
    size_t count = 0;
    bool known;
    int r;

    /* Rows alone: no reason of a correction is needed here, and pages ask for many averages. */
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = service_number(tx, service, &number, &known, err);
    if (r == 0 && known)
        r = store_audience_figures(tx, period_word(months), from, until, number, &arena, &rows, &count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        if (rows[i].users != NOT_COUNTED) {
            average.counted++;
            average.sum += rows[i].users;
        }
    average.missing = until - from + 1 - average.counted;
    if (average.counted > 0)
        average.users = rounded(average.sum, average.counted);
    *ret = average;
    return 0;
}

int audience_daily_average(struct tx *tx, int month, const char *service, struct audience_average *ret, struct err *err)
{
    return average_over(tx, false, month_first_day(month), month_last_day(month), service, ret, err);
}

int audience_six_months(struct tx *tx, int until_month, const char *service, struct audience_average *ret,
                        struct err *err)
{
    int64_t first;
    int from = until_month - SIX_MONTHS + 1;
    int r = store_audience_figure_first(tx, period_word(true), until_month, &first, err);

    /* A platform that began later has no months missing before it began. */
    if (r == 0 && first > from && first <= until_month)
        from = (int)first;
    return r < 0 ? r : average_over(tx, true, from, until_month, service, ret, err);
}

int audience_rolling_average(struct tx *tx, int32_t until_day, struct audience_average *ret, struct err *err)
{
    struct audience_average average = {.from = until_day, .until = until_day, .users = -1};
    CLEANUP_ARENA struct arena arena;
    struct audience_figure *list;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = audience_figures(tx, false, until_day - ROLLING_BACK + 1, until_day, NULL, &arena, &list, &count, err);
    if (r < 0)
        return r;
    for (size_t i = count; i > 0 && average.counted < ROLLING_DAYS; i--) {
        if (!list[i - 1].counted)
            continue;
        average.counted++;
        average.from = list[i - 1].number;
        average.sum += list[i - 1].users;
    }
    if (average.counted > 0) {
        average.missing = until_day - average.from + 1 - average.counted;
        average.users = rounded(average.sum, average.counted);
    }
    *ret = average;
    return 0;
}
