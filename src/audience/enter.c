/* Entering closed figures: the event of a day or a month and the rows that repeat it, in one transaction. */
#include "audience/figures_parts.h"

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
int month_mark_closed(struct tx *tx, int month, int64_t now_usec, struct err *err)
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
    return r < 0 ? r : month_mark_closed(tx, month, now_usec, err);
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
