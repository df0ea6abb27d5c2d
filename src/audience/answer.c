/* The authorised body asks how many users a day there were (opl.8.6), and one act answers: the figures of the days it
 * asked for, each with the entry of the ledger that proves it. */
#include "audience/effects.h"
#include "audience/figures_parts.h"
#include <stdio.h>
#include <string.h>

static bool knows(const char *word)
{
    return strcmp(word, "answer_with_figures") == 0;
}

struct asked {
    int32_t from, until;
};

/* The period of the case's form; false where it asks for no users per day, or for no period. */
static bool period_of(const json_t *values, struct asked *ret)
{
    const char *kind = json_string_value(json_object_get(values, "kind"));
    const char *from = json_string_value(json_object_get(values, "period_from"));
    const char *until = json_string_value(json_object_get(values, "period_until"));

    return kind != NULL && strcmp(kind, "users_per_day") == 0 && from != NULL && until != NULL &&
           period_parse(false, from, &ret->from) && period_parse(false, until, &ret->until);
}

static int bar_day(struct err *ret_why, const char *code, int32_t day)
{
    char text[PERIOD_ROOM];

    period_text(false, day, text);
    err_set(ret_why, ERR_CONFLICT, code, "%s", text);
    return 0;
}

static int check_period(struct tx *tx, const struct asked *asked, struct err *ret_why, struct err *err)
{
    int64_t first;
    int32_t last;
    int r;

    if (asked->until < asked->from) {
        err_set(ret_why, ERR_CONFLICT, "period_reversed", NULL);
        return 0;
    }
    if (asked->until - asked->from >= ANSWER_DAYS_MAX) {
        err_set(ret_why, ERR_CONFLICT, "period_too_long", "%d", ANSWER_DAYS_MAX);
        return 0;
    }
    r = last_closed_day(tx, &last, err);
    if (r == 0)
        r = store_audience_figure_first(tx, "day", NO_DAY, &first, err);
    if (r < 0)
        return r;
    if (last == NO_DAY || asked->until > last)
        return bar_day(ret_why, "days_not_closed", last == NO_DAY || asked->from > last ? asked->from : last + 1);
    return asked->from < first ? bar_day(ret_why, "days_not_counted", (int32_t)first) : 0;
}

static int look(struct tx *tx, const struct case_row *row, struct asked *ret, struct err *ret_why, struct err *err)
{
    CLEANUP_JSON json_t *values = NULL;
    int r = stored_json_parse(row->fields, strlen(row->fields), "a case's values", &values, err);

    if (r < 0)
        return r;
    if (period_of(values, ret))
        return check_period(tx, ret, ret_why, err);
    err_set(ret_why, ERR_CONFLICT, "figures_not_asked", NULL);
    return 0;
}

static int barred(struct tx *tx, const struct office *office, const struct procedure_act *act,
                  const struct case_row *row, int64_t now_usec, struct err *ret_why, struct err *err)
{
    struct asked asked;

    (void)office;
    (void)act;
    (void)now_usec;
    return look(tx, row, &asked, ret_why, err);
}

/* "2026-04-09\t100001\t512"; nothing between the tabs where nothing came. */
static json_t *row_told(const struct audience_figure *figure)
{
    char day[PERIOD_ROOM], users[32] = "", row[128];

    period_text(false, figure->number, day);
    if (figure->counted)
        snprintf(users, sizeof(users), "%lld", (long long)figure->users);
    snprintf(row, sizeof(row), "%s\t%s\t%lld", day, users, (long long)figure->leaf);
    return json_string(row);
}

static int give(struct tx *tx, const struct office *office, const struct effect_call *call, json_t *values,
                struct err *err)
{
    json_t *list = json_array();
    CLEANUP_ARENA struct arena arena;
    struct audience_figure *days;
    struct err why = {0};
    struct asked asked;
    size_t count = 0;
    int r;

    (void)office;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (list == NULL || json_object_set_new(values, "figures", list) != 0)
        return err_memory(err);
    r = look(tx, call->row, &asked, &why, err);
    if (r == 0 && why.kind != ERR_NONE) {
        if (err != NULL)
            *err = why;
        return -(int)why.kind;
    }
    if (r == 0)
        r = audience_figures(tx, false, asked.from, asked.until, NULL, &arena, &days, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        if (json_array_append_new(list, row_told(&days[i])) != 0)
            r = err_memory(err);
    return r;
}

const struct case_effects audience_effects = {.knows = knows, .barred = barred, .give = give};
