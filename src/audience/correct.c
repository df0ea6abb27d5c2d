/* Correcting a closed figure: a new version beside the old, an event that says both numbers and why. A month is not
 * added up anew when a day of it is corrected: its users are different people, which nobody can count any more. */
#include "audience/figures_parts.h"
#include "base/unicode.h"
#include <string.h>

#define REASON_LEAST 10
#define REASON_MOST 2000
#define CORRECTED_MOST INT64_C(10000000000) /* nobody has more users than there are people */

static int check_reason(const char *reason, struct err *err)
{
    size_t length = reason != NULL ? utf8_length(reason) : 0;

    return length >= REASON_LEAST && length <= REASON_MOST ? 0 : err_set(err, ERR_BAD_INPUT, "reason_missing", NULL);
}

struct correction {
    bool month;
    int32_t number;
    const char *service; /* NULL: all */
    const struct audience_figure_row *before;
    int64_t users;
    const char *reason;
};

static int write_event(struct tx *tx, const struct correction *correction, const struct actor *actor, int64_t now_usec,
                       int64_t *ret_leaf, struct err *err)
{
    CLEANUP_JSON json_t *body = body_begin("audience_corrected", NULL, actor, now_usec, 0);
    char number[PERIOD_ROOM];
    int64_t before = correction->before->users;

    period_text(correction->month, correction->number, number);
    if (body == NULL || json_object_set_new(body, "period", json_string(correction->month ? "month" : "day")) != 0 ||
        json_object_set_new(body, "number", json_string(number)) != 0 ||
        (correction->service != NULL && json_object_set_new(body, "service", json_string(correction->service)) != 0) ||
        json_object_set_new(body, "users", json_integer(correction->users)) != 0 ||
        (before != NOT_COUNTED && json_object_set_new(body, "before", json_integer(before)) != 0) ||
        json_object_set_new(body, "reason", json_string(correction->reason)) != 0)
        return err_memory(err);
    return record(tx, "audience_corrected", NULL, actor, now_usec, body, NULL, NULL, ret_leaf, err);
}

/* The newest version; of a service that was not counted in a closed period, one that says so. */
static int newest(struct tx *tx, const char *period, int32_t number, const char *service, struct arena *arena,
                  struct audience_figure_row *ret, struct err *err)
{
    struct audience_figure_row *rows;
    int64_t of = ALL_SERVICES;
    size_t count = 0;
    int r = service != NULL ? store_audience_service_find(tx, service, &of, err) : 0;

    if (r == 0 && service != NULL && of == ALL_SERVICES)
        return err_set(err, ERR_NOT_FOUND, "figure_unknown", NULL);
    if (r == 0)
        r = store_audience_figure_versions(tx, period, number, of, arena, &rows, &count, err);
    if (r == 0 && count > 0) {
        *ret = rows[count - 1];
        return 0;
    }
    if (r == 0 && service != NULL)
        r = store_audience_figure_versions(tx, period, number, ALL_SERVICES, arena, &rows, &count, err);
    if (r == 0 && count == 0)
        return err_set(err, ERR_NOT_FOUND, "figure_unknown", NULL);
    if (r == 0)
        *ret = (struct audience_figure_row){.service = of, .version = 0, .users = NOT_COUNTED};
    return r;
}

int audience_correct(struct tx *tx, const struct office *office, bool month, int32_t number, const char *service,
                     int64_t users, const char *reason, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
                     struct err *err)
{
    const char *period = month ? "month" : "day";
    struct audience_figure_row before, row;
    const struct correction correction = {
        .month = month, .number = number, .service = service, .before = &before, .users = users, .reason = reason};
    CLEANUP_ARENA struct arena arena;
    int32_t last;
    int64_t leaf;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = newest(tx, period, number, service, &arena, &before, err);
    if (r == 0)
        r = check_reason(reason, err);
    if (r == 0 && (users < 0 || users > CORRECTED_MOST))
        r = err_set(err, ERR_BAD_INPUT, "users_out_of_range", NULL);
    if (r == 0 && before.users == users)
        r = err_set(err, ERR_CONFLICT, "figure_same", NULL);
    if (r == 0)
        r = write_event(tx, &correction, actor, now_usec, &leaf, err);
    if (r < 0)
        return r;
    row = (struct audience_figure_row){.period = period,
                                       .number = number,
                                       .service = before.service,
                                       .version = before.version + 1,
                                       .users = users,
                                       .leaf = leaf};
    r = store_audience_figure_insert(tx, &row, err);
    if (r == 0)
        r = last_closed_day(tx, &last, err);
    /* A corrected day changes the average of its month, if that is the newest closed one, and of thirty days. */
    if (r == 0 && !month && service == NULL && last != NO_DAY)
        r = audience_watch(tx, office, month_of_day(number) == month_of_day(last + 1) - 1 ? month_of_day(number) : -1,
                           now_usec, err);
    if (r == 0)
        *ret_leaf = leaf;
    return r;
}
