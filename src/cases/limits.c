/* Limits between cases: how often the law allows something for one subject, and what stands against an act that role
 * and state allow. Who decided something is read from the events, which cannot be changed, and not from a row. */
#include "cases/effects.h"
#include "cases/links.h"
#include "cases/parts.h"
#include <string.h>

/* --- How often ---------------------------------------------------------------------------------------------------- */

/* The quarter or year of the local calendar in which the day lies; `before` is the first day after it. */
static void span_of(const char *per, int32_t day, int32_t *ret_from, int32_t *ret_before)
{
    struct date from = date_from_day(day), before;

    from.day = 1;
    if (strcmp(per, "year") == 0) {
        from.month = 1;
        before = (struct date){from.year + 1, 1, 1};
    } else {
        from.month = (from.month - 1) / 3 * 3 + 1;
        before = (struct date){from.year + (from.month == 10), from.month == 10 ? 1 : from.month + 3, 1};
    }
    *ret_from = day_from_date(from);
    *ret_before = day_from_date(before);
}

/* A limit with `if` or `year` looks at what each case says. */
static bool is_plain(const struct procedure_limit *limit)
{
    return limit->condition_count == 0 && limit->year == NULL;
}

static bool says_the_same(const json_t *one, const json_t *two, const char *field)
{
    const json_t *a = json_object_get(one, field), *b = json_object_get(two, field);

    return a != NULL && json_equal(a, b);
}

/* Of the cases with that key, those that the limit is about. */
static int count_alike(struct tx *tx, const struct procedure *procedure, const struct procedure_limit *limit,
                       const char *value, const json_t *values, int64_t from_usec, int64_t before_usec, int64_t *ret,
                       struct err *err)
{
    CLEANUP_ARENA struct arena arena = {0};
    const char *const *texts;
    size_t count;
    int64_t alike = 0;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_key_values(tx, limit->key, value, procedure->id, from_usec, before_usec, limit->not_in,
                         limit->not_in_count, &arena, &texts, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        CLEANUP_JSON json_t *other = NULL;

        r = stored_json_parse(texts[i], strlen(texts[i]), "a case's values", &other, err);
        alike += r == 0 && conditions_hold(limit->conditions, limit->condition_count, other) &&
                 (limit->year == NULL || says_the_same(values, other, limit->year));
    }
    if (r == 0)
        *ret = alike;
    return r;
}

/* The span in which the limit counts, and from which receipts it takes cases: of a year that a field names, all. */
static void find_span(const struct zone *zone, const struct norm *norm, const struct procedure_limit *limit,
                      const json_t *values, int64_t received_usec, int64_t *ret_from_usec, int64_t *ret_before_usec,
                      int32_t *ret_again)
{
    const char *year = limit->year != NULL ? json_string_value(json_object_get(values, limit->year)) : NULL;
    int32_t from, before;

    if (year != NULL) {
        struct date next = {1, 1, 1};

        next.year = (year[0] - '0') * 1000 + (year[1] - '0') * 100 + (year[2] - '0') * 10 + (year[3] - '0') + 1;
        *ret_from_usec = INT64_MIN;
        *ret_before_usec = INT64_MAX;
        *ret_again = day_from_date(next);
        return;
    }
    span_of(norm->limit_per, zone_day_of(zone, received_usec), &from, &before);
    *ret_from_usec = zone_moment(zone, from, 0);
    *ret_before_usec = zone_moment(zone, before, 0);
    *ret_again = before;
}

static int check_limit(struct tx *tx, const struct office *office, const struct procedure *procedure,
                       const struct procedure_limit *limit, const struct ties *ties, const json_t *values,
                       int64_t received_usec, struct err *err)
{
    const struct zone *zone = &office->catalogue->calendar->zone;
    const struct norm *norm = catalogue_norm_at(office->catalogue, limit->norm_id, received_usec);
    int64_t from_usec, before_usec;
    int32_t again;

    if (norm == NULL || norm->limit_times == 0 || !conditions_hold(limit->conditions, limit->condition_count, values))
        return 0;
    find_span(zone, norm, limit, values, received_usec, &from_usec, &before_usec, &again);
    for (size_t i = 0; i < ties->key_count; i++) {
        const char *value = ties->keys[i].value;
        int64_t count;
        int r;

        if (strcmp(ties->keys[i].kind, limit->key) != 0)
            continue;
        r = is_plain(limit) ? store_key_count(tx, limit->key, value, procedure->id, from_usec, before_usec,
                                              limit->not_in, limit->not_in_count, &count, err)
                            : count_alike(tx, procedure, limit, value, values, from_usec, before_usec, &count, err);
        if (r < 0)
            return r;
        if (count >= norm->limit_times) {
            char text[16];

            date_format(date_from_day(again), text);
            return err_set(err, ERR_CONFLICT, "limit_reached", "%s", text);
        }
    }
    return 0;
}

int limits_check(struct tx *tx, const struct office *office, const struct procedure *procedure, const struct ties *ties,
                 const char *clear, int64_t received_usec, struct err *err)
{
    CLEANUP_JSON json_t *values = NULL;
    int r = procedure->limit_count == 0 ? 0 : stored_json_parse(clear, strlen(clear), "values", &values, err);

    for (size_t i = 0; r == 0 && i < procedure->limit_count; i++)
        r = check_limit(tx, office, procedure, &procedure->limits[i], ties, values, received_usec, err);
    return r;
}

/* --- Against an act ----------------------------------------------------------------------------------------------- */

/* Is the event a decision, by what the catalogue says of its procedure? */
static bool is_decision(const struct procedure *procedure, const struct event_row *event, const json_t *body)
{
    const char *id = json_string_value(json_object_get(body, "act"));
    const struct procedure_act *act;

    if (strcmp(event->kind, "case.opened") == 0)
        return procedure->decides;
    act = strcmp(event->kind, "case.acted") == 0 && id != NULL ? procedure_act_find(procedure, id) : NULL;
    return act != NULL && act->decides;
}

/* The body is asked and not the column beside it: only the body is under the leaf. */
static int decided_by(struct tx *tx, const struct office *office, const struct case_row *row, const char *account_id,
                      struct arena *arena, bool *ret, struct err *err)
{
    const struct procedure *procedure = case_procedure(office, row, err);
    struct event_row *events;
    size_t count;
    bool found = false;
    int r;

    if (procedure == NULL)
        return -ERR_DAMAGED;
    r = store_event_of_case(tx, row->id, NULL, arena, &events, &count, err);
    for (size_t i = 0; r == 0 && i < count && !found; i++) {
        CLEANUP_JSON json_t *body = NULL;
        const char *who;

        r = stored_json_parse(events[i].body, events[i].body_len, "an event", &body, err);
        if (r < 0)
            return r;
        who = json_string_value(json_object_get(body, "account_id"));
        found = who != NULL && strcmp(who, account_id) == 0 && is_decision(procedure, &events[i], body);
    }
    if (r == 0)
        *ret = found;
    return r;
}

static int value_of(const struct case_row *row, const char *field, struct arena *arena, const char **ret,
                    struct err *err)
{
    CLEANUP_JSON json_t *values = NULL;
    const char *text;
    int r = stored_json_parse(row->fields, strlen(row->fields), "a case's values", &values, err);

    if (r < 0)
        return r;
    text = json_string_value(json_object_get(values, field));
    *ret = arena_strdup(arena, text);
    return text != NULL && *ret == NULL ? err_memory(err) : 0;
}

static int check_other(struct tx *tx, const struct office *office, const struct procedure_act *act,
                       const struct case_row *row, const struct actor *actor, struct arena *arena, struct err *ret_why,
                       struct err *err)
{
    const char *number = NULL;
    struct case_row other;
    struct err why = {0};
    bool same = false;
    int r;

    if (actor->account_id[0] == '\0')
        return 0;
    r = value_of(row, act->other_than, arena, &number, err);
    if (r < 0 || number == NULL)
        return r;
    r = store_case_by_number(tx, number, arena, &other, &why);
    if (r < 0) {
        if (r == -ERR_NOT_FOUND)
            err_set(&why, ERR_DAMAGED, "case_damaged", "%s", row->number);
        if (err != NULL)
            *err = why;
        return -(int)why.kind;
    }
    r = decided_by(tx, office, &other, actor->account_id, arena, &same, err);
    if (r == 0 && same)
        (void)err_set(ret_why, ERR_FORBIDDEN, "same_person_decides", NULL);
    return r;
}

/* A case that named this one once and names another now does not count. */
static int looks_here(struct tx *tx, const struct act_need *need, const struct case_row *row,
                      const struct case_link_row *link, bool *ret_here, bool *ret_ready, struct err *err)
{
    CLEANUP_ARENA struct arena arena = {0};
    struct case_row other;
    const char *number = NULL;
    int r;

    *ret_here = false;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_case_get(tx, link->from_case, &arena, &other, err);
    if (r < 0)
        return r;
    r = value_of(&other, need->field, &arena, &number, err);
    if (r < 0 || number == NULL || strcmp(number, row->number) != 0)
        return r;
    *ret_here = true;
    *ret_ready = words_have(need->states, need->state_count, other.state);
    return 0;
}

static int check_needs(struct tx *tx, const struct procedure_act *act, const struct case_row *row, struct arena *arena,
                       struct err *ret_why, struct err *err)
{
    struct case_link_row *links;
    size_t count, finished = 0, unfinished = 0;
    bool one = act->need.one_is_enough;
    int r = store_link_to_case(tx, row->id, act->need.procedure, act->need.field, arena, &links, &count, err);

    for (size_t i = 0; r == 0 && i < count && (one ? finished : unfinished) == 0; i++) {
        bool here = false, ready = false;

        r = looks_here(tx, &act->need, row, &links[i], &here, &ready, err);
        finished += here && ready;
        unfinished += here && !ready;
    }
    if (r == 0 && (finished == 0 || (!one && unfinished > 0)))
        (void)err_set(ret_why, ERR_CONFLICT, "needs_first", "%s", act->need.procedure);
    return r;
}

/* Where the law gives this kind of case no period at all, there is nothing to wait for. */
static int waits_for(struct tx *tx, const struct office *office, const char *id, const struct case_row *row,
                     struct arena *arena, bool *ret, struct err *err)
{
    const struct procedure *procedure = case_procedure(office, row, err);
    const struct procedure_clock *clock = procedure != NULL ? procedure_clock_find(procedure, id) : NULL;

    if (procedure == NULL)
        return -ERR_DAMAGED;
    *ret = true;
    return clock != NULL ? clock_is_of_case(tx, row, clock, arena, ret, err) : 0;
}

static int check_overdue(struct tx *tx, const struct office *office, const struct procedure_act *act,
                         const struct case_row *row, int64_t now_usec, struct arena *arena, struct err *ret_why,
                         struct err *err)
{
    struct clock_row *clocks;
    size_t count;
    bool waits = true;
    int r = waits_for(tx, office, act->after_overdue, row, arena, &waits, err);

    if (r < 0 || !waits)
        return r;
    r = store_clock_of_case(tx, row->id, arena, &clocks, &count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        char moment[32];

        if (strcmp(clocks[i].clock, act->after_overdue) != 0 || !clock_runs(&clocks[i]))
            continue;
        if (now_usec >= clocks[i].overdue_usec)
            return 0;
        moment_format(&office->catalogue->calendar->zone, clocks[i].overdue_usec, moment);
        (void)err_set(ret_why, ERR_CONFLICT, "not_overdue_yet", "%s", moment);
        return 0;
    }
    (void)err_set(ret_why, ERR_CONFLICT, "clock_not_running", NULL);
    return 0;
}

int act_barred(struct tx *tx, const struct office *office, const struct procedure_act *act, const struct case_row *row,
               const struct actor *actor, int64_t now_usec, struct err *ret_why, struct err *err)
{
    CLEANUP_ARENA struct arena arena = {0};
    const struct case_effects *effects;
    struct err why = {0};
    int r = 0;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (act->other_than != NULL)
        r = check_other(tx, office, act, row, actor, &arena, &why, err);
    if (r == 0 && why.kind == ERR_NONE && act->need.procedure != NULL)
        r = check_needs(tx, act, row, &arena, &why, err);
    if (r == 0 && why.kind == ERR_NONE && act->after_overdue != NULL)
        r = check_overdue(tx, office, act, row, now_usec, &arena, &why, err);
    effects = act->effect != NULL ? effects_of(office, act->effect) : NULL;
    if (r == 0 && why.kind == ERR_NONE && effects != NULL)
        r = effects->barred(tx, office, act, row, now_usec, &why, err);
    if (r == 0)
        *ret_why = why;
    return r;
}
