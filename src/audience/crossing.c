/* The threshold of opl.9.1: more than 100 000 daily users on average within a month. The law does not say which month;
 * both are looked at, the calendar month and thirty counted days, and whichever exceeds it first opens the duty, once.
 * And a look ahead: on which day that will be, if the days go on as the last fourteen did. */
#include "audience/figures_parts.h"
#include "cases/effects.h"
#include "law/procedure.h"
#include <stdio.h>
#include <string.h>

#define DUTY "representative_duty"
#define TREND_DAYS 14
#define THIRTY 30
#define AHEAD_DAYS 366
#define LEAVES_ROOM 1024

/* --- Opening the duty ----------------------------------------------------------------------------------------------
 */

struct crossed {
    bool month; /* a calendar month; else thirty days */
    struct audience_average average;
};

/* A case of the duty in a state from which it has not gone back below. */
static int duty_stands(struct tx *tx, bool *ret, struct err *err)
{
    static const char *const states[] = {"open", "appointed", "exempt"};

    *ret = false;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]) && !*ret; i++) {
        struct case_filter filter = {.procedure = DUTY,
                                     .state = states[i],
                                     .due_from_usec = TIME_NONE,
                                     .due_before_usec = TIME_NONE,
                                     .overdue_at_usec = TIME_NONE,
                                     .opened_from_usec = TIME_NONE,
                                     .opened_before_usec = TIME_NONE};
        int64_t count = 0;
        int r = store_case_count(tx, &filter, &count, err);

        if (r < 0)
            return r;
        *ret = count > 0;
    }
    return 0;
}

/* "12–41, 43": by which entries of the ledger the days are proved. */
static int leaves_told(struct tx *tx, const struct crossed *crossed, struct arena *arena, const char **ret,
                       struct err *err)
{
    char text[LEAVES_ROOM];
    struct audience_figure *days;
    size_t count, len = 0;
    int r = audience_figures(tx, false, crossed->average.from, crossed->average.until, NULL, arena, &days, &count, err);

    if (r < 0)
        return r;
    text[0] = '\0';
    for (size_t i = 0, end; i < count && len < sizeof(text) - 64; i = end) {
        for (end = i + 1; end < count && days[end].leaf == days[end - 1].leaf + 1;)
            end++;
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%lld", len > 0 ? ", " : "", (long long)days[i].leaf);
        if (end > i + 1)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "–%lld", (long long)days[end - 1].leaf);
    }
    *ret = arena_strdup(arena, text);
    return *ret != NULL ? 0 : err_memory(err);
}

static struct raw_value given(const char *name, enum raw_kind kind, const char *const *text)
{
    return (struct raw_value){.name = name, .kind = kind, .count = 1, .texts = text};
}

static int open_duty(struct tx *tx, const struct office *office, const struct procedure *procedure,
                     const struct crossed *crossed, int64_t now_usec, struct arena *arena, struct err *err)
{
    const struct audience_average *average = &crossed->average;
    char from[PERIOD_ROOM], until[PERIOD_ROOM], users[32], counted[32];
    const char *texts[] = {crossed->month ? "calendar_month" : "thirty_days", from, until, users, counted, NULL};
    struct actor actor = system_actor();
    struct case_opening opening = {
        .procedure = procedure, .opener = "system", .lang = LANG_KK, .received_usec = now_usec};
    const struct case_prepared *prepared;
    struct field_errors errors;
    struct case_opened opened;
    int r = leaves_told(tx, crossed, arena, &texts[5], err);

    if (r < 0)
        return r;
    period_text(false, average->from, from);
    period_text(false, average->until, until);
    snprintf(users, sizeof(users), "%lld", (long long)average->users);
    snprintf(counted, sizeof(counted), "%d", average->counted);
    const struct raw_value raw[] = {
        given("within", RAW_STRING, &texts[0]),       given("period_from", RAW_STRING, &texts[1]),
        given("period_until", RAW_STRING, &texts[2]), given("average_users", RAW_NUMBER, &texts[3]),
        given("days_counted", RAW_NUMBER, &texts[4]), given("leaves", RAW_STRING, &texts[5])};
    opening.raw = raw;
    opening.raw_count = sizeof(raw) / sizeof(raw[0]);
    field_errors_init(&errors, arena);
    r = case_open_prepare_by_act(tx, office, &opening, &actor, now_usec, arena, &prepared, &errors, err);
    return r < 0 ? r : case_open(tx, office, prepared, now_usec, &opened, err);
}

static int look(struct tx *tx, int month, struct crossed *ret, bool *ret_above, struct err *err)
{
    int32_t last;
    int r = last_closed_day(tx, &last, err);

    *ret_above = false;
    if (r < 0 || last == NO_DAY)
        return r;
    if (month >= 0) {
        ret->month = true;
        r = audience_daily_average(tx, month, NULL, &ret->average, err);
        *ret_above = r == 0 && audience_above(&ret->average);
    }
    if (r < 0 || *ret_above)
        return r;
    ret->month = false;
    r = audience_rolling_average(tx, last, &ret->average, err);
    *ret_above = r == 0 && ret->average.counted == THIRTY && audience_above(&ret->average);
    return r;
}

int audience_watch(struct tx *tx, const struct office *office, int month, int64_t now_usec, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(office->catalogue, DUTY);
    CLEANUP_ARENA struct arena arena;
    struct crossed crossed = {0};
    bool above = false, stands = false;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    if (procedure == NULL || !office_runs(office, procedure))
        return 0;
    r = look(tx, month, &crossed, &above, err);
    if (r == 0 && above)
        r = duty_stands(tx, &stands, err);
    return r < 0 || !above || stands ? r : open_duty(tx, office, procedure, &crossed, now_usec, &arena, err);
}

/* --- Looking ahead -------------------------------------------------------------------------------------------------
 */

/* Users a day as a line over days: `at` the first of the days it was laid through. */
struct trend {
    double level, slope;
    int32_t at;
};

/* Least squares through the last fourteen counted days; false when there are fewer, or they lie too far apart to tell
 * anything. */
static bool lay_trend(const struct audience_figure *days, size_t count, struct trend *ret)
{
    double sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
    size_t taken = 0;

    ret->at = count > 0 ? days[count - 1].number : 0;
    for (size_t i = count; i > 0 && taken < TREND_DAYS; i--) {
        double x = days[i - 1].number - ret->at, y = (double)days[i - 1].users;

        if (!days[i - 1].counted)
            continue;
        if (x < -2 * TREND_DAYS)
            return false;
        sum_x += x;
        sum_y += y;
        sum_xx += x * x;
        sum_xy += x * y;
        taken++;
    }
    if (taken < TREND_DAYS)
        return false;
    ret->slope = (TREND_DAYS * sum_xy - sum_x * sum_y) / (TREND_DAYS * sum_xx - sum_x * sum_x);
    ret->level = (sum_y - ret->slope * sum_x) / TREND_DAYS;
    return true;
}

static double expected(const struct trend *trend, int32_t day)
{
    double users = trend->level + trend->slope * (day - trend->at);

    return users > 0 ? users : 0;
}

/* Known days first, then expected ones: users of counted days from `days` on, and their days. */
struct walk {
    double users[AHEAD_DAYS * 2];
    int32_t day[AHEAD_DAYS * 2];
    size_t count;
};

static bool above(double sum, size_t count)
{
    return sum > (double)AUDIENCE_THRESHOLD * (double)count;
}

/* Does the average of thirty counted days exceed it at the end of the walk, or that of the calendar month where its
 * last day is the walk's last? */
static bool walk_above(const struct walk *walk)
{
    int32_t last = walk->day[walk->count - 1];
    double thirty = 0, whole = 0;
    size_t of_month = 0, taken = 0;

    for (size_t i = walk->count; i > 0 && (taken < THIRTY || month_of_day(walk->day[i - 1]) == month_of_day(last));
         i--) {
        if (taken < THIRTY) {
            thirty += walk->users[i - 1];
            taken++;
        }
        if (month_of_day(walk->day[i - 1]) == month_of_day(last)) {
            whole += walk->users[i - 1];
            of_month++;
        }
    }
    return (taken == THIRTY && above(thirty, taken)) ||
           (last == month_last_day(month_of_day(last)) && above(whole, of_month));
}

static void walk_add(struct walk *walk, int32_t day, double users)
{
    walk->day[walk->count] = day;
    walk->users[walk->count++] = users;
}

static struct audience_crossing look_ahead(const struct audience_figure *days, size_t count, int32_t today,
                                           struct arena *arena)
{
    struct walk *walk = ARENA_NEW(arena, struct walk);
    struct trend trend;

    if (walk == NULL || !lay_trend(days, count, &trend))
        return (struct audience_crossing){.what = CROSSING_FEW_DAYS};
    walk->count = 0;
    for (size_t i = count > 2 * THIRTY ? count - 2 * THIRTY : 0; i < count; i++)
        if (days[i].counted)
            walk_add(walk, days[i].number, (double)days[i].users);
    for (int32_t day = days[count - 1].number + 1; day <= today + AHEAD_DAYS && walk->count < AHEAD_DAYS * 2; day++) {
        walk_add(walk, day, expected(&trend, day));
        if (day >= today && walk_above(walk))
            return (struct audience_crossing){.what = CROSSING_ON, .day = day};
    }
    return (struct audience_crossing){.what = CROSSING_NONE};
}

int audience_crossing(struct tx *tx, int32_t today, struct audience_crossing *ret, struct err *err)
{
    struct audience_average rolling, month = {.users = -1};
    struct audience_crossing crossing = {.what = CROSSING_FEW_DAYS};
    CLEANUP_ARENA struct arena arena;
    struct audience_figure *days;
    int32_t last;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = last_closed_day(tx, &last, err);
    if (r == 0 && last == NO_DAY)
        *ret = crossing;
    if (r < 0 || last == NO_DAY)
        return r;
    r = audience_rolling_average(tx, last, &rolling, err);
    /* The newest closed calendar month. */
    if (r == 0)
        r = audience_daily_average(tx, month_of_day(last + 1) - 1, NULL, &month, err);
    if (r == 0)
        r = audience_figures(tx, false, last - AHEAD_DAYS + 1, last, NULL, &arena, &days, &count, err);
    if (r < 0)
        return r;
    if (audience_above(&month) || (rolling.counted == THIRTY && audience_above(&rolling)))
        crossing.what = CROSSING_ABOVE;
    else if (today - last <= AHEAD_DAYS)
        crossing = look_ahead(days, count, today, &arena);
    if (arena.overflowed)
        return err_memory(err);
    *ret = crossing;
    return 0;
}
