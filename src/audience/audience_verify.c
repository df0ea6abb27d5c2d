/* Figures lived through again. What the events say is gathered as {"day 2026-04-09 site": [version, users, leaf]}, one
 * entry a figure, the newest version; each version must follow the one before, so the rows are compared version by
 * version from a list of them all. */
#include "audience/audience_verify.h"
#include "audience/figures_parts.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERIFY_ARENA_LIMIT (256u << 20)
#define KEY_ROOM (SERVICE_NAME_MAX + 64)

struct audience_verification {
    json_t *figures;   /* key → [[users, leaf], …], a pair each version */
    json_t *destroyed; /* "2026-04" → true */
    int32_t last_day;
    int64_t count; /* versions of all */
    struct audience_report report;
};

static int damaged(struct err *err, const char *why, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int damaged(struct err *err, const char *why, const char *fmt, ...)
{
    char arg[120];
    va_list args;

    va_start(args, fmt);
    vsnprintf(arg, sizeof(arg), fmt, args);
    va_end(args);
    err_set(err, ERR_DAMAGED, "store_damaged", "%s", arg);
    return err == NULL ? -ERR_DAMAGED : err_detail(err, "%s: %s", arg, why);
}

int audience_verification_new(struct audience_verification **ret, struct err *err)
{
    struct audience_verification *new = calloc(1, sizeof(*new));

    if (new == NULL)
        return err_memory(err);
    *new = (struct audience_verification){.figures = json_object(), .destroyed = json_object(), .last_day = NO_DAY};
    if (new->figures == NULL || new->destroyed == NULL) {
        audience_verification_free(new);
        return err_memory(err);
    }
    *ret = new;
    return 0;
}

void audience_verification_free(struct audience_verification *verification)
{
    if (verification == NULL)
        return;
    json_decref(verification->figures);
    json_decref(verification->destroyed);
    free(verification);
}

/* --- Events --------------------------------------------------------------------------------------------------------
 */

/* `service` NULL: all; the platform itself is "", so all together cannot be a service's name: "*". */
static void key_of(bool month, const char *period, const char *service, char ret[static KEY_ROOM])
{
    snprintf(ret, KEY_ROOM, "%s %.10s %s", month ? "month" : "day", period, service != NULL ? service : "*");
}

static int add(struct audience_verification *work, const char *key, int64_t users, int64_t leaf, struct err *err)
{
    json_t *versions = json_object_get(work->figures, key);

    if (versions == NULL) {
        versions = json_array();
        if (versions == NULL || json_object_set_new(work->figures, key, versions) != 0)
            return err_memory(err);
    }
    work->count++;
    return json_array_append_new(versions, json_pack("[I, I]", (json_int_t)users, (json_int_t)leaf)) == 0
               ? 0
               : err_memory(err);
}

static int closed(struct audience_verification *work, bool month, const char *period, const struct event_row *row,
                  const json_t *body, struct err *err)
{
    const json_t *services = json_object_get(body, "services"), *users = json_object_get(body, "users"), *item;
    bool counted = json_is_true(json_object_get(body, "counted"));
    char key[KEY_ROOM];
    size_t i;
    int r;

    key_of(month, period, NULL, key);
    if (counted != json_is_integer(users) || json_object_get(work->figures, key) != NULL)
        return damaged(err, "closed twice, or without its users", "event %" PRId64, row->leaf);
    r = add(work, key, counted ? json_integer_value(users) : NOT_COUNTED, row->leaf, err);
    json_array_foreach(services, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "service"));

        if (name == NULL)
            return damaged(err, "a service without a name", "event %" PRId64, row->leaf);
        key_of(month, period, name, key);
        if (r == 0)
            r = add(work, key, json_integer_value(json_object_get(item, "users")), row->leaf, err);
    }
    return r;
}

static int day_closed(struct audience_verification *work, const struct event_row *row, const json_t *body,
                      struct err *err)
{
    const char *text = json_string_value(json_object_get(body, "day"));
    int32_t day;

    if (text == NULL || !period_parse(false, text, &day) || (work->last_day != NO_DAY && day != work->last_day + 1))
        return damaged(err, "not the day after the last", "event %" PRId64, row->leaf);
    work->last_day = day;
    work->report.days++;
    return closed(work, false, text, row, body, err);
}

/* The average of the month's days as they stand at this event. */
static bool average_is_told(const struct audience_verification *work, int32_t month, const json_t *body)
{
    const json_t *told = json_object_get(body, "average_daily");
    int64_t sum = 0, count = 0;

    for (int32_t day = month_first_day(month); day <= month_last_day(month); day++) {
        char period[PERIOD_ROOM], key[KEY_ROOM];
        const json_t *versions;
        int64_t users;

        period_text(false, day, period);
        key_of(false, period, NULL, key);
        versions = json_object_get(work->figures, key);
        users = json_array_size(versions) > 0
                    ? json_integer_value(json_array_get(json_array_get(versions, json_array_size(versions) - 1), 0))
                    : NOT_COUNTED;
        count += users != NOT_COUNTED;
        sum += users != NOT_COUNTED ? users : 0;
    }
    return count == 0 ? told == NULL : json_integer_value(told) == (2 * sum + count) / (2 * count);
}

static int month_closed(struct audience_verification *work, const struct event_row *row, const json_t *body,
                        struct err *err)
{
    const char *text = json_string_value(json_object_get(body, "month"));
    int32_t month;

    if (text == NULL || !period_parse(true, text, &month) || !average_is_told(work, month, body))
        return damaged(err, "not what its days say", "event %" PRId64, row->leaf);
    work->report.months++;
    return closed(work, true, text, row, body, err);
}

static int corrected(struct audience_verification *work, const struct event_row *row, const json_t *body,
                     struct err *err)
{
    const char *period = json_string_value(json_object_get(body, "period"));
    const char *number = json_string_value(json_object_get(body, "number"));
    const char *service = json_string_value(json_object_get(body, "service"));
    const json_t *before = json_object_get(body, "before"), *versions, *whole;
    int64_t was = NOT_COUNTED;
    bool month = period != NULL && strcmp(period, "month") == 0;
    char key[KEY_ROOM];

    if (period == NULL || number == NULL)
        return damaged(err, "a correction of nothing", "event %" PRId64, row->leaf);
    key_of(month, number, NULL, key);
    whole = json_object_get(work->figures, key);
    key_of(month, number, service, key);
    versions = json_object_get(work->figures, key);
    if (json_array_size(versions) > 0)
        was = json_integer_value(json_array_get(json_array_get(versions, json_array_size(versions) - 1), 0));
    if (whole == NULL || was != (before != NULL ? json_integer_value(before) : NOT_COUNTED))
        return damaged(err, "a correction of another figure", "event %" PRId64, row->leaf);
    work->report.corrections++;
    return add(work, key, json_integer_value(json_object_get(body, "users")), row->leaf, err);
}

static int secret_destroyed(struct audience_verification *work, const struct event_row *row, const json_t *body,
                            struct err *err)
{
    const char *month = json_string_value(json_object_get(body, "month"));
    char key[KEY_ROOM];

    if (month == NULL)
        return damaged(err, "of no month", "event %" PRId64, row->leaf);
    key_of(true, month, NULL, key);
    if (json_object_get(work->figures, key) == NULL || json_object_get(work->destroyed, month) != NULL)
        return damaged(err, "before its month was closed, or twice", "event %" PRId64, row->leaf);
    work->report.secrets_destroyed++;
    return json_object_set_new(work->destroyed, month, json_true()) == 0 ? 0 : err_memory(err);
}

int audience_verification_event(const struct event_row *row, void *arg, struct err *err)
{
    struct audience_verification *work = arg;
    CLEANUP_JSON json_t *body = NULL;
    int r;

    if (strncmp(row->kind, "audience_", 9) != 0)
        return 0;
    r = stored_json_parse(row->body, row->body_len, "an event", &body, err);
    if (r < 0)
        return r;
    if (strcmp(row->kind, "audience_day_closed") == 0)
        return day_closed(work, row, body, err);
    if (strcmp(row->kind, "audience_month_closed") == 0)
        return month_closed(work, row, body, err);
    if (strcmp(row->kind, "audience_corrected") == 0)
        return corrected(work, row, body, err);
    if (strcmp(row->kind, "audience_secret_destroyed") == 0)
        return secret_destroyed(work, row, body, err);
    return damaged(err, "of an unknown kind", "event %" PRId64, row->leaf);
}

/* --- Rows ----------------------------------------------------------------------------------------------------------
 */

static const char *service_name(const struct audience_service_row *services, size_t count, int64_t number)
{
    for (size_t i = 0; i < count; i++)
        if (services[i].number == number)
            return services[i].name;
    return NULL;
}

static int check_figures(struct tx *tx, const struct audience_verification *work, struct arena *arena, struct err *err)
{
    struct audience_service_row *services;
    struct audience_figure_row *rows;
    size_t count, service_count;
    int r = store_audience_figure_all(tx, arena, &rows, &count, err);

    if (r == 0)
        r = store_audience_services(tx, arena, &services, &service_count, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        bool month = strcmp(rows[i].period, "month") == 0;
        const char *name =
            rows[i].service == ALL_SERVICES ? NULL : service_name(services, service_count, rows[i].service);
        char period[PERIOD_ROOM], key[KEY_ROOM];
        const json_t *pair;

        period_text(month, (int32_t)rows[i].number, period);
        key_of(month, period, name, key);
        pair = json_array_get(json_object_get(work->figures, key), (size_t)(rows[i].version - 1));
        if ((rows[i].service != ALL_SERVICES && name == NULL) || pair == NULL ||
            json_integer_value(json_array_get(pair, 0)) != rows[i].users ||
            json_integer_value(json_array_get(pair, 1)) != rows[i].leaf)
            return damaged(err, "not as the ledger says", "figures %s %s", rows[i].period, period);
    }
    if (r == 0 && (int64_t)count != work->count)
        r = damaged(err, "some are missing", "figures");
    return r;
}

static int check_month(struct tx *tx, const struct audience_verification *work, const struct audience_month_row *row,
                       struct err *err)
{
    char month[PERIOD_ROOM], key[KEY_ROOM];
    bool is_closed, is_destroyed;
    int64_t bytes = 0, gone = 0;
    int r;

    period_text(true, row->month, month);
    key_of(true, month, NULL, key);
    is_closed = json_object_get(work->figures, key) != NULL;
    is_destroyed = json_object_get(work->destroyed, month) != NULL;
    if (is_closed != (row->closed_usec != TIME_NONE) || is_destroyed != (row->destroyed_usec != TIME_NONE))
        return damaged(err, "open, closed or destroyed otherwise than the ledger says", "month %s", month);
    if (!is_closed && row->secret == NULL)
        return damaged(err, "its secret is gone before it was closed", "month %s", month);
    if (!is_destroyed)
        return 0;
    r = store_audience_chunk_bytes(tx, row->month, &bytes, err);
    if (r == 0)
        r = store_audience_set_count(tx, row->month, &gone, err);
    if (r == 0 && (row->secret != NULL || bytes > 0 || gone > 0))
        r = damaged(err, "something of it remains", "month %s", month);
    return r;
}

int audience_verification_end(struct tx *tx, struct audience_verification *verification, struct audience_report *ret,
                              struct err *err)
{
    struct audience_month_row *months = NULL;
    CLEANUP_ARENA struct arena arena;
    size_t count = 0, destroyed = 0;
    int r;

    arena_init(&arena, VERIFY_ARENA_LIMIT);
    r = check_figures(tx, verification, &arena, err);
    if (r == 0)
        r = store_audience_months(tx, false, &arena, &months, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        destroyed += months[i].destroyed_usec != TIME_NONE;
        r = check_month(tx, verification, &months[i], err);
    }
    if (r == 0 && destroyed != json_object_size(verification->destroyed))
        r = damaged(err, "a destroyed one is missing", "month");
    if (r == 0)
        *ret = verification->report;
    return r;
}
