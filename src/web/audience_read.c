/* Figures of users, gathered for pages and the API. The rooms below give one figure or average at a time; here they
 * become the table that a person reads. All of it is small: a row a month and service. */
#include "web/audience_read.h"
#include "cases/report.h"
#include "store/audience_rows.h"
#include <stdlib.h>
#include <string.h>

#define REASON_LETTERS 2000
#define USERS_MOST 10000000000

bool audience_offered(const struct office *office)
{
    for (size_t i = 0; office->roles != NULL && i < office->role_count; i++)
        if (strcmp(office->roles[i], "platform") == 0)
            return true;
    return office->roles == NULL; /* all of them */
}

/* --- Periods ------------------------------------------------------------------------------------------------------ */

int audience_month_of(int32_t day)
{
    struct date date = date_from_day(day);
    return MONTH_OF(date.year, date.month);
}

int32_t audience_month_first(int month)
{
    return day_from_date((struct date){.year = month / 12, .month = month % 12 + 1, .day = 1});
}

int32_t audience_month_last(int month)
{
    return audience_month_first(month + 1) - 1;
}

bool audience_period_parse(const char *text, bool *ret_month, int32_t *ret_number)
{
    struct date date;
    char whole[12];
    if (text == NULL || (strlen(text) != 7 && strlen(text) != 10))
        return false;
    bool month = strlen(text) == 7;
    snprintf(whole, sizeof whole, "%s%s", text, month ? "-01" : "");
    if (!date_parse(whole, &date))
        return false;
    *ret_month = month;
    *ret_number = month ? MONTH_OF(date.year, date.month) : day_from_date(date);
    return true;
}

void audience_period_format(bool month, int32_t number, char ret[static 12])
{
    char whole[12];
    date_format(date_from_day(month ? audience_month_first(number) : number), whole);
    snprintf(ret, 12, "%.*s", month ? 7 : 10, whole);
}

/* --- Months ------------------------------------------------------------------------------------------------------- */

int audience_history(struct tx *tx, const char *service, size_t most, struct arena *arena, struct audience_history *ret,
                     struct err *err)
{
    struct audience_figure *figures = NULL;
    int64_t first, last;
    size_t count = 0, at = 0;
    *ret = (struct audience_history){0};
    int r = store_audience_figure_first(tx, "month", -1, &first, err);
    if (r == 0)
        r = store_audience_figure_last(tx, "month", -1, &last, err);
    if (r < 0 || last < 0)
        return r;
    if (last - first >= (int64_t)most)
        first = last - (int64_t)most + 1;
    r = audience_figures(tx, true, (int32_t)first, (int32_t)last, service, arena, &figures, &count, err);
    struct audience_month_line *lines =
        r < 0 ? NULL : ARENA_ARRAY(arena, struct audience_month_line, (size_t)(last - first + 1));
    if (r < 0 || lines == NULL)
        return r < 0 ? r : err_memory(err);
    for (int month = (int)first; r == 0 && month <= last; month++) {
        struct audience_month_line *line = &lines[month - first];
        line->month = month;
        while (at < count && figures[at].number < month)
            at++;
        if (at < count && figures[at].number == month)
            line->figure = &figures[at];
        r = audience_daily_average(tx, month, service, &line->daily, err);
        if (r == 0)
            r = audience_six_months(tx, month, service, &line->six, err);
    }
    if (r < 0)
        return r;
    *ret = (struct audience_history){.lines = lines, .count = (size_t)(last - first + 1)};
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int audience_service_names(struct tx *tx, struct arena *arena, const char *const **ret, size_t *ret_count,
                           struct err *err)
{
    struct audience_service_row *rows;
    size_t count;
    int r = store_audience_services(tx, arena, &rows, &count, err);
    const char **names = r < 0 ? NULL : ARENA_ARRAY(arena, const char *, count + 1);
    if (r < 0 || names == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; i < count; i++)
        names[i] = rows[i].name;
    qsort(names, count, sizeof *names, by_name);
    *ret = names;
    *ret_count = count;
    return 0;
}

/* --- Corrections -------------------------------------------------------------------------------------------------- */

struct correction_list {
    struct audience_correction *items;
    size_t count, room;
};

static int corrections_of(struct tx *tx, const struct audience_figure *figure, struct arena *arena,
                          struct correction_list *list, struct err *err)
{
    struct audience_figure *versions;
    size_t count;
    int r = audience_versions(tx, figure->month, figure->number, figure->service, arena, &versions, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct event_row event;
        if (versions[i].reason == NULL && versions[i].version == 1)
            continue;
        if (list->count == list->room) {
            size_t room = list->room == 0 ? 16 : list->room * 2;
            struct audience_correction *grown = ARENA_ARRAY(arena, struct audience_correction, room);
            if (grown == NULL)
                return err_memory(err);
            if (list->count > 0)
                memcpy(grown, list->items, list->count * sizeof *grown);
            list->items = grown;
            list->room = room;
        }
        r = store_event_get(tx, versions[i].leaf, arena, &event, err);
        if (r == 0)
            list->items[list->count++] = (struct audience_correction){
                .before = i == 0 ? NULL : &versions[i - 1], .after = &versions[i], .at_usec = event.at_usec};
    }
    return r;
}

static int newest_first(const void *a, const void *b)
{
    const struct audience_correction *x = a, *y = b;
    return x->after->leaf < y->after->leaf ? 1 : x->after->leaf > y->after->leaf ? -1 : 0;
}

int audience_corrections(struct tx *tx, bool months, int32_t from, int32_t until, size_t most, struct arena *arena,
                         struct audience_correction **ret, size_t *ret_count, struct err *err)
{
    struct correction_list list = {0};
    const char *const *names;
    size_t name_count;
    int r = audience_service_names(tx, arena, &names, &name_count, err);
    for (size_t s = 0; r == 0 && s <= name_count; s++) {
        struct audience_figure *figures;
        size_t count;
        r = audience_figures(tx, months, from, until, s == 0 ? NULL : names[s - 1], arena, &figures, &count, err);
        for (size_t i = 0; r == 0 && i < count; i++)
            if (figures[i].version > 1 || figures[i].reason != NULL)
                r = corrections_of(tx, &figures[i], arena, &list, err);
    }
    if (r < 0)
        return r;
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, newest_first);
    *ret = list.items;
    *ret_count = list.count < most ? list.count : most;
    return 0;
}

static int service_is_known(struct tx *tx, const char *service, struct arena *arena, bool *ret, struct err *err)
{
    const char *const *names;
    size_t count;
    int r = audience_service_names(tx, arena, &names, &count, err);
    *ret = false;
    for (size_t i = 0; r == 0 && i < count && !*ret; i++)
        *ret = strcmp(names[i], service) == 0;
    return r;
}

int audience_correctable(struct tx *tx, bool month, int32_t number, const char *service, struct arena *arena,
                         struct audience_figure **ret, size_t *ret_count, struct err *err)
{
    struct audience_figure *none;
    struct err why = {0};
    bool known = false;
    int r = audience_versions(tx, month, number, service, arena, ret, ret_count, &why);
    if (r == -ERR_NOT_FOUND && service != NULL) {
        int looked = service_is_known(tx, service, arena, &known, err);
        if (looked < 0)
            return looked;
    }
    if (r < 0 && !known) {
        *err = why;
        return r;
    }
    if (r == 0)
        return 0;
    /* Is the period closed? */
    r = audience_versions(tx, month, number, NULL, arena, ret, ret_count, err);
    none = r < 0 ? NULL : ARENA_NEW(arena, struct audience_figure);
    if (none == NULL)
        return r < 0 ? r : err_memory(err);
    *none = (struct audience_figure){.month = month, .number = number, .service = service};
    *ret = none;
    *ret_count = 1;
    return 0;
}

/* "*" and absent: all together. False: no name of a service. */
static bool wish_service(const struct raw_value *raw, const char **ret)
{
    const char *text = raw == NULL || raw->count == 0 ? "*" : raw->texts[0];
    if (raw != NULL && ((raw->kind != RAW_FORM && raw->kind != RAW_STRING) || raw->count != 1))
        return false;
    *ret = strcmp(text, "*") == 0 ? NULL : text;
    return *ret == NULL || service_name_fits(text);
}

int audience_wish_read(struct request *request, const struct raw_value *raw, size_t raw_count,
                       struct audience_wish *ret, struct err *err)
{
    static const struct field fields[] = {
        {.name = "period", .type = FIELD_LINE, .required = true},
        {.name = "users", .type = FIELD_NUMBER, .required = true, .min = 0, .max = USERS_MOST},
        {.name = "reason", .type = FIELD_TEXT, .required = true, .min = 10, .max = REASON_LETTERS},
        {.name = "version", .type = FIELD_NUMBER, .min = 0, .max = INT32_MAX},
        {.name = "before", .type = FIELD_NUMBER, .min = 0, .max = USERS_MOST},
    };
    enum { PERIOD, USERS, REASON, VERSION, BEFORE, COUNT };
    const struct zone *zone = &request->office->catalogue->calendar->zone;
    const struct raw_value *service = NULL;
    struct raw_value *rest = ARENA_ARRAY(&request->arena, struct raw_value, raw_count + 1);
    const struct field_value *values;
    size_t rest_count = 0;
    if (rest == NULL)
        return err_memory(err);
    *ret = (struct audience_wish){.version = -1, .before = -1};
    for (size_t i = 0; i < raw_count; i++)
        if (strcmp(raw[i].name, "service") == 0)
            service = &raw[i];
        else
            rest[rest_count++] = raw[i];
    if (!wish_service(service, &ret->service))
        field_errors_add(&request->errors, "service", "service_name", NULL);
    int r = fields_validate(fields, COUNT, rest, rest_count, zone, NULL, NULL, &request->arena, &values,
                            &request->errors, err);
    if (r < 0)
        return r;
    if (!audience_period_parse(values[PERIOD].texts[0], &ret->month, &ret->number))
        field_errors_add(&request->errors, "period", "not_a_period", NULL);
    ret->users = strtoll(values[USERS].texts[0], NULL, 10);
    ret->reason = values[REASON].texts[0];
    if (values[VERSION].count > 0)
        ret->version = strtoll(values[VERSION].texts[0], NULL, 10);
    if (values[BEFORE].count > 0)
        ret->before = strtoll(values[BEFORE].texts[0], NULL, 10);
    return request->errors.count > 0 ? err_set(err, ERR_BAD_INPUT, "fields_refused", NULL) : 0;
}

int audience_wish_write(struct tx *tx, const struct office *office, const struct audience_wish *wish,
                        const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, struct err *err)
{
    struct arena arena;
    struct audience_figure *versions;
    size_t count;
    arena_init(&arena, 4 << 20);
    int r = audience_correctable(tx, wish->month, wish->number, wish->service, &arena, &versions, &count, err);
    if (r == 0) {
        const struct audience_figure *now = &versions[count - 1];
        bool same =
            wish->version >= 0 ? now->version == wish->version : (now->counted ? now->users : 0) == wish->before;
        if (!same)
            r = err_set(err, ERR_STALE, "figure_changed", NULL);
    }
    arena_done(&arena);
    if (r == 0)
        r = audience_correct(tx, office, wish->month, wish->number, wish->service, wish->users, wish->reason, actor,
                             now_usec, ret_leaf, err);
    return r;
}

/* --- The file ----------------------------------------------------------------------------------------------------- */

static void csv_number(struct buf *out, bool told, int64_t value)
{
    if (told)
        buf_printf(out, ",%lld", (long long)value);
    else
        buf_putc(out, ',');
}

/* A text between quotes, where it needs them; what a spreadsheet would take for a formula begins with an apostrophe. */
static void csv_text(struct buf *out, const char *text)
{
    buf_puts(out, ",\"");
    if (text != NULL && text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
        buf_putc(out, '\'');
    for (const char *p = text == NULL ? "" : text; *p != '\0'; p++) {
        if (*p == '"')
            buf_putc(out, '"');
        buf_putc(out, *p);
    }
    buf_putc(out, '"');
}

static void csv_lines(struct buf *out, const char *service, const struct audience_history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        const struct audience_month_line *line = &history->lines[i];
        const struct audience_figure *figure = line->figure;
        bool counted = figure != NULL && figure->counted;
        char month[12];
        audience_period_format(true, line->month, month);
        buf_printf(out, "%s,%s", month, service);
        csv_number(out, counted, counted ? figure->users : 0);
        csv_number(out, line->daily.users >= 0, line->daily.users);
        csv_number(out, line->daily.users >= 0, line->daily.counted);
        csv_number(out, line->six.users >= 0, line->six.users);
        csv_number(out, line->six.users >= 0, line->six.counted);
        csv_number(out, figure != NULL, figure != NULL ? figure->version : 0);
        csv_number(out, figure != NULL, figure != NULL ? figure->leaf : 0);
        csv_text(out, figure != NULL ? figure->reason : NULL);
        buf_puts(out, "\r\n");
    }
}

int audience_csv(struct request *request, struct response *response, struct err *err)
{
    struct audience_history history;
    const char *const *names;
    size_t count;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = audience_service_names(tx, &request->arena, &names, &count, err);
    if (r == 0)
        r = audience_history(tx, NULL, AUDIENCE_MONTHS_WHOLE, &request->arena, &history, err);
    if (r < 0)
        return r;
    buf_puts(&response->body, "month,service,users,average_daily_users,days_counted,average_monthly_users,"
                              "months_counted,version,leaf,correction_reason\r\n");
    csv_lines(&response->body, "*", &history);
    for (size_t i = 0; r == 0 && i < count && !(count == 1 && names[0][0] == '\0'); i++) {
        r = audience_history(tx, names[i], AUDIENCE_MONTHS_WHOLE, &request->arena, &history, err);
        if (r == 0)
            csv_lines(&response->body, names[i], &history);
    }
    response->type = "text/csv; charset=utf-8";
    return r;
}
