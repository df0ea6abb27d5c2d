/* /v1/audience: users in figures. The averages and months are for everybody (opl.9.4.7); days are for staff and the
 * platform's programs; a correction is a deed of a moderator or administrator. */
#include "cases/parts.h"
#include "ledger/ledger.h"
#include "web/api/api.h"
#include "web/app.h"
#include "web/audience_read.h"
#include <string.h>

#define DAYS_MOST 400
#define CORRECTIONS_TOLD 1000

static void period_member(struct buf *out, const char *key, bool month, int32_t number)
{
    char text[12];
    audience_period_format(month, number, text);
    jo_text(out, key, text);
}

static void number_or_null(struct buf *out, const char *key, bool told, int64_t value)
{
    if (told)
        jo_int(out, key, value);
    else
        jo_text(out, key, NULL);
}

/* version, leaf and its proof, reason: null where there is no figure. */
static void proof_members(struct request *request, struct buf *out, const struct audience_figure *figure)
{
    number_or_null(out, "version", figure != NULL, figure != NULL ? figure->version : 0);
    number_or_null(out, "leaf", figure != NULL, figure != NULL ? figure->leaf : 0);
    jo_text(out, "proof_url",
            figure == NULL ? NULL
                           : arena_printf(&request->arena, "%s/%s/proof/%lld", request_public_url(request),
                                          lang_code(request->lang), (long long)figure->leaf));
    jo_text(out, "reason", figure != NULL ? figure->reason : NULL);
}

/* service of the query: absent, or "*": all together. */
static int service_asked(struct request *request, struct tx *tx, const char **ret, struct err *err)
{
    const char *service = request_query(request, "service");
    const char *const *names;
    size_t count;
    *ret = NULL;
    if (service == NULL || strcmp(service, "*") == 0)
        return 0;
    if (!service_name_fits(service))
        return api_refuse(request, "service", "service_name", err);
    int r = audience_service_names(tx, &request->arena, &names, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        if (strcmp(names[i], service) == 0) {
            *ret = service;
            return 0;
        }
    return r < 0 ? r : err_set(err, ERR_NOT_FOUND, "service_unknown", NULL);
}

static void write_month(struct request *request, struct buf *out, const struct audience_month_line *line)
{
    const struct audience_figure *figure = line->figure;
    bool counted = figure != NULL && figure->counted;
    jo_open(out, '{');
    period_member(out, "month", true, line->month);
    jo_bool(out, "counted", counted);
    number_or_null(out, "users", counted, counted ? figure->users : 0);
    number_or_null(out, "average_daily_users", line->daily.users >= 0, line->daily.users);
    jo_int(out, "days_counted", line->daily.counted);
    number_or_null(out, "average_monthly_users", line->six.users >= 0, line->six.users);
    proof_members(request, out, figure);
    jo_close(out, '}');
}

static void write_months(struct request *request, struct buf *out, const struct audience_history *history)
{
    jo_key(out, "months");
    jo_open(out, '[');
    for (size_t i = 0; i < history->count; i++)
        write_month(request, out, &history->lines[i]);
    jo_close(out, ']');
}

/* {users, from, until, months_counted, missing: [month]}, or null before the first closed month. */
static void write_average(struct buf *out, const struct audience_history *history)
{
    const struct audience_month_line *last = history->count == 0 ? NULL : &history->lines[history->count - 1];
    jo_key(out, "average_monthly_users");
    if (last == NULL) {
        jo_put_text(out, NULL);
        return;
    }
    jo_open(out, '{');
    number_or_null(out, "users", last->six.users >= 0, last->six.users);
    period_member(out, "from", true, last->six.from);
    period_member(out, "until", true, last->month);
    jo_int(out, "months_counted", last->six.counted);
    jo_key(out, "missing");
    jo_open(out, '[');
    for (int month = last->six.from; month <= last->month; month++) {
        int at = month - history->lines[0].month;
        char text[12];
        audience_period_format(true, month, text);
        if (at < 0 || history->lines[at].figure == NULL || !history->lines[at].figure->counted)
            jo_put_text(out, text);
    }
    jo_close(out, ']');
    jo_close(out, '}');
}

static void write_corrections(struct request *request, struct buf *out, const struct audience_correction *corrections,
                              size_t count)
{
    jo_key(out, "corrections");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        const struct audience_figure *was = corrections[i].before, *now = corrections[i].after;
        jo_open(out, '{');
        period_member(out, "period", now->month, now->number);
        jo_text(out, "service", now->service);
        number_or_null(out, "before", was != NULL && was->counted, was != NULL ? was->users : 0);
        jo_int(out, "users", now->users);
        jo_moment(out, "at", request_zone(request), corrections[i].at_usec);
        proof_members(request, out, now);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static int write_services(struct request *request, struct tx *tx, struct buf *out, struct err *err)
{
    const char *const *names;
    size_t count;
    int r = audience_service_names(tx, &request->arena, &names, &count, err);
    if (r == 0)
        jo_words(out, "services", names, count);
    return r;
}

int api_audience_get(struct request *request, struct response *response, struct err *err)
{
    struct audience_correction *corrections = NULL;
    struct audience_history history;
    struct buf *out = &response->body;
    size_t correction_count = 0;
    const char *service;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = service_asked(request, tx, &service, err);
    if (r == 0)
        r = audience_history(tx, service, AUDIENCE_MONTHS, &request->arena, &history, err);
    if (r == 0 && history.count > 0)
        r = audience_corrections(tx, true, history.lines[0].month, history.lines[history.count - 1].month,
                                 CORRECTIONS_TOLD, &request->arena, &corrections, &correction_count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "service", service);
    write_average(out, &history);
    write_months(request, out, &history);
    r = write_services(request, tx, out, err);
    write_corrections(request, out, corrections, correction_count);
    jo_close(out, '}');
    return r;
}

/* Every closed month there is. */
int api_audience_months(struct request *request, struct response *response, struct err *err)
{
    struct audience_history history;
    struct buf *out = &response->body;
    const char *service;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = service_asked(request, tx, &service, err);
    if (r == 0)
        r = audience_history(tx, service, AUDIENCE_MONTHS_WHOLE, &request->arena, &history, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "service", service);
    write_months(request, out, &history);
    jo_close(out, '}');
    return 0;
}

int api_audience_csv(struct request *request, struct response *response, struct err *err)
{
    return audience_csv(request, response, err);
}

/* --- Days --------------------------------------------------------------------------------------------------------- */

static int day_asked(struct request *request, const char *name, int32_t *ret, struct err *err)
{
    const char *text = request_query(request, name);
    struct date date;
    if (text == NULL)
        return 0;
    if (!date_parse(text, &date))
        return api_refuse(request, name, "not_a_date", err);
    *ret = day_from_date(date);
    return 0;
}

static void write_day(struct request *request, struct buf *out, const struct audience_figure *figure)
{
    jo_open(out, '{');
    period_member(out, "day", false, figure->number);
    jo_bool(out, "counted", figure->counted);
    number_or_null(out, "users", figure->counted, figure->users);
    proof_members(request, out, figure);
    jo_close(out, '}');
}

/* When the average is expected to exceed the threshold, and why nothing is said where nothing is. */
static int write_crossing(struct tx *tx, struct buf *out, int32_t today, struct err *err)
{
    static const char *const words[] = {[CROSSING_FEW_DAYS] = "few_days",
                                        [CROSSING_NONE] = "not_within_a_year",
                                        [CROSSING_ON] = "expected",
                                        [CROSSING_ABOVE] = "above"};
    struct audience_crossing crossing;
    int r = audience_crossing(tx, today, &crossing, err);
    if (r < 0)
        return r;
    jo_key(out, "crossing");
    jo_open(out, '{');
    jo_text(out, "state", words[crossing.what]);
    if (crossing.what == CROSSING_ON)
        jo_day(out, "day", crossing.day);
    jo_close(out, '}');
    return 0;
}

int api_audience_days(struct request *request, struct response *response, struct err *err)
{
    int32_t today = zone_day_of(request_zone(request), request->now_usec);
    int32_t from = INT32_MIN, until = today;
    struct buf *out = &response->body;
    struct audience_figure *figures;
    struct counter *counter = request->app->counter;
    const char *service;
    struct tx *tx;
    size_t count;
    int r = day_asked(request, "from", &from, err);
    if (r == 0)
        r = day_asked(request, "until", &until, err);
    if (from == INT32_MIN)
        from = until - 30;
    if (r == 0 && from > until)
        r = api_refuse(request, "until", "until_before_from", err);
    if (r == 0 && until - from >= DAYS_MOST) {
        field_errors_add(&request->errors, "until", "days_too_many", "%d", DAYS_MOST);
        r = err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    }
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = service_asked(request, tx, &service, err);
    if (r == 0)
        r = audience_figures(tx, false, from, until, service, &request->arena, &figures, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "service", service);
    jo_day(out, "from", from);
    jo_day(out, "until", until);
    jo_key(out, "days");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++)
        write_day(request, out, &figures[i]);
    jo_close(out, ']');
    jo_key(out, "open");
    jo_open(out, '[');
    for (int32_t day = today - 1; counter != NULL && day <= today; day++) {
        if (day < from || day > until || (count > 0 && figures[count - 1].number >= day))
            continue;
        jo_open(out, '{');
        period_member(out, "day", false, day);
        jo_int(out, "users_so_far", counter_users_on(counter, day, service));
        jo_close(out, '}');
    }
    jo_close(out, ']');
    r = service == NULL ? write_crossing(tx, out, today, err) : 0;
    jo_close(out, '}');
    return r;
}

/* --- Correcting --------------------------------------------------------------------------------------------------- */

struct correcting {
    struct audience_wish wish;
    struct repeat repeat;
    int64_t leaf;
};

static int correct_run(struct tx *tx, struct request *request, struct err *err)
{
    struct correcting *correcting = request->state;
    struct idempotency_row known;
    bool repeated;
    int r = repeat_find(tx, &correcting->repeat, &request->arena, &known, &repeated, err);
    if (r < 0)
        return r;
    if (repeated) {
        correcting->leaf = known.leaf;
        return 0;
    }
    r = audience_wish_write(tx, request->office, &correcting->wish, &request->actor, request->now_usec,
                            &correcting->leaf, err);
    return r < 0 ? r : repeat_keep(tx, &correcting->repeat, "", correcting->leaf, request->now_usec, err);
}

static int correct_finish(struct request *request, struct response *response, struct err *err)
{
    const struct correcting *correcting = request->state;
    const struct audience_wish *wish = &correcting->wish;
    const struct audience_figure *made = NULL;
    struct audience_figure *versions;
    struct buf *out = &response->body;
    struct tx *tx;
    size_t count;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = audience_versions(tx, wish->month, wish->number, wish->service, &request->arena, &versions, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        if (versions[i].leaf == correcting->leaf)
            made = &versions[i];
    if (r == 0 && made == NULL)
        r = err_set(err, ERR_INTERNAL, "internal", NULL);
    if (r == 0 && response_header(response, request, "ETag", "\"%d\"", made->version) < 0)
        r = err_memory(err);
    if (r < 0)
        return r;
    response->status = 201;
    jo_open(out, '{');
    period_member(out, "period", made->month, made->number);
    jo_text(out, "service", made->service);
    jo_int(out, "users", made->users);
    proof_members(request, out, made);
    jo_close(out, '}');
    return 0;
}

int api_audience_correct(struct request *request, struct response *response, struct err *err)
{
    struct correcting *correcting = ARENA_NEW(&request->arena, struct correcting);
    struct raw_value *raw;
    size_t raw_count;
    int64_t expected;
    (void)response;
    if (correcting == NULL)
        return err_memory(err);
    int r = request_if_match(request, &expected, err);
    if (r == 0)
        r = request_json_values(request, NULL, &raw, &raw_count, err);
    if (r == 0)
        r = audience_wish_read(request, raw, raw_count, &correcting->wish, err);
    if (r < 0)
        return r;
    if (expected > 0)
        correcting->wish.version = expected;
    if (correcting->wish.version < 0 && correcting->wish.before < 0)
        return api_refuse(request, "before", "required", err);
    r = api_repeat(request, &correcting->repeat, err);
    if (r < 0)
        return r;
    request->state = correcting;
    return request_write(request, correct_run, correct_finish);
}
