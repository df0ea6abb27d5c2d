/* Steps about users in figures: who came, corrections, and what is expected of closed figures and of a month's secret.
 * Users are numbers here, hashed under the month's key as a program's identifiers would be. */
#include "audience/figures.h"
#include "run.h"
#include "store/audience_rows.h"
#include <sched.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATE_HOUR 6

static struct counter *counter_of(struct run *run, const struct yaml *at)
{
    struct err err = {0};

    if (run->counter == NULL && counter_new(&run->fixture.office, LATE_HOUR, run->now_usec, &run->counter, &err) < 0)
        fail(run, at, "counter: %s %s", err.code, err.arg);
    return run->counter;
}

/* "2026-04" or "2026-04-09". */
static int32_t period_of(struct run *run, const struct yaml *at, const char *text, bool *ret_month)
{
    char whole[16];
    struct date date;

    *ret_month = strlen(text) == 7;
    snprintf(whole, sizeof(whole), "%.10s%s", text, *ret_month ? "-01" : "");
    if (!date_parse(whole, &date))
        fail(run, at, "%s is neither a day nor a month", text);
    return *ret_month ? MONTH_OF(date.year, date.month) : day_from_date(date);
}

struct waiting {
    bool done;
    const char *code;
};

static void counted(struct counting *counting, const struct err *err)
{
    struct waiting *waiting = counting->arg;

    waiting->code = err != NULL ? err->code : NULL;
    __atomic_store_n(&waiting->done, true, __ATOMIC_RELEASE);
}

/* The wrapped secret and the hashes of the first user, to be searched for when they should be gone. */
static void remember(struct run *run, const struct yaml *at, int month, uint64_t hash)
{
    struct audience_month_row row;
    struct err err = {0};
    bool found = false;
    struct tx *tx;
    int r = store_read_begin(run->fixture.store, &tx, &err);

    if (r == 0) {
        r = store_audience_month_get(tx, month, &run->arena, &row, &found, &err);
        store_read_end(tx);
    }
    if (r < 0 || !found || row.secret == NULL)
        fail(run, at, "the month has no secret: %s", err.code);
    run->secret = row.secret;
    run->secret_len = row.secret_bytes;
    run->hash = hash;
    if (!fixture_files_hold(&run->fixture, run->secret, run->secret_len))
        fail(run, at, "the secret is not in the file, so that its end cannot be seen");
}

static void come(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"day", "users", "from", "service", "refused", NULL};
    const char *day_text = text_of(run, node, "day", false), *from = text_of(run, node, "from", false);
    const char *service = text_of(run, node, "service", false), *refused = text_of(run, node, "refused", false);
    int32_t day = zone_day_of(&run->fixture.office.catalogue->calendar->zone, run->now_usec);
    size_t count = strtoull(text_of(run, node, "users", true), NULL, 10);
    struct counter *counter = counter_of(run, node);
    uint64_t first = from != NULL ? strtoull(from, NULL, 10) : 1;
    uint64_t *hashes = calloc(count, sizeof(*hashes));
    struct waiting waiting = {0};
    struct counting counting = {.done = counted, .arg = &waiting};
    struct visit_key key;
    struct err err = {0};
    bool month;
    int r;

    only(run, node, known);
    if (day_text != NULL)
        day = period_of(run, node, day_text, &month);
    r = counter_key(counter, day, run->now_usec, &key, &err);
    if (r == 0) {
        for (size_t i = 0; i < count; i++) {
            uint64_t user = first + i;

            crypto_shorthash((unsigned char *)&hashes[i], (const unsigned char *)&user, sizeof(user), key.bytes);
        }
        counter_add(
            counter,
            &(struct visits){.day = day, .service = service != NULL ? service : "", .hashes = hashes, .count = count},
            run->now_usec, &counting);
        while (!__atomic_load_n(&waiting.done, __ATOMIC_ACQUIRE))
            sched_yield();
        err.code = waiting.code != NULL ? waiting.code : "";
    }
    if (r == 0 && waiting.code == NULL && count > 0) {
        struct date date = date_from_day(day);

        remember(run, node, MONTH_OF(date.year, date.month), hashes[0]);
    }
    free(hashes);
    if (refused != NULL ? strcmp(err.code != NULL ? err.code : "", refused) != 0 : r < 0 || waiting.code != NULL)
        fail(run, node, "counting ended with %s %s", err.code, err.arg);
}

void step_visits(struct run *run, const struct yaml *node)
{
    if (node->kind != YAML_SEQUENCE) {
        come(run, node);
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        come(run, node->items[i]);
}

void audience_tick(struct run *run, const struct yaml *at)
{
    struct err err = {0};
    size_t handled = run->counter != NULL;

    while (handled > 0)
        if (audience_pass(&run->fixture.office, run->counter, LATE_HOUR, run->now_usec, &handled, &err) < 0)
            fail(run, at, "closing: %s %s %s", err.code, err.arg, err.detail);
}

/* --- Corrections ---------------------------------------------------------------------------------------------------
 */

struct correcting {
    struct run *run;
    const struct yaml *node;
    int64_t leaf;
};

static int correct_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct correcting *correcting = command->arg;
    struct run *run = correcting->run;
    bool month;
    int32_t number = period_of(run, correcting->node, text_of(run, correcting->node, "users", true), &month);

    return audience_correct(tx, &run->fixture.office, month, number, text_of(run, correcting->node, "service", false),
                            atoll(text_of(run, correcting->node, "is", true)),
                            text_of(run, correcting->node, "reason", false),
                            actor_of(run, correcting->node, "by", "moderator"), run->now_usec, &correcting->leaf, err);
}

void step_correct(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"users", "is", "reason", "service", "by", "refused", NULL};
    const char *refused = text_of(run, node, "refused", false);
    struct correcting correcting = {.run = run, .node = node};
    struct err err = {0};
    int r;

    only(run, node, known);
    r = store_write(run->fixture.store, correct_run, &correcting, &err);
    if (refused != NULL ? r == 0 || strcmp(err.code, refused) != 0 : r < 0)
        fail(run, node, "correcting ended with %s %s", r == 0 ? "success" : err.code, err.arg);
}

/* --- Expectations --------------------------------------------------------------------------------------------------
 */

/* "open" without a figure, "none" where nothing was counted, else the users. */
static void want_figure(struct run *run, const struct yaml *node, struct tx *tx, bool month, int32_t number)
{
    const char *wanted = text_of(run, node, "is", true), *version = text_of(run, node, "version", false);
    struct audience_figure *list;
    struct err err = {0};
    char is[32] = "open";
    size_t count;

    if (audience_figures(tx, month, number, number, text_of(run, node, "service", false), &run->arena, &list, &count,
                         &err) < 0)
        fail(run, node, "figures: %s", err.code);
    if (count > 0 && list[0].counted)
        snprintf(is, sizeof(is), "%lld", (long long)list[0].users);
    else if (count > 0)
        snprintf(is, sizeof(is), "none");
    if (strcmp(is, wanted) != 0)
        fail(run, node, "is %s", is);
    if (version != NULL && (count == 0 || atoi(version) != list[0].version))
        fail(run, node, "version is %d", count > 0 ? list[0].version : 0);
}

static void want_average(struct run *run, const struct yaml *node, const char *key, int r,
                         const struct audience_average *average)
{
    const char *wanted = text_of(run, node, key, false);

    if (wanted != NULL && (r < 0 || average->users != atoll(wanted)))
        fail(run, node, "%s is %lld, of %d and without %d", key, (long long)average->users, average->counted,
             average->missing);
}

void expect_users(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"users", "is", "service", "version", "daily_average", "six_months", NULL};
    const char *service = text_of(run, node, "service", false);
    struct audience_average average = {.users = -2};
    struct err err = {0};
    int32_t number;
    struct tx *tx;
    bool month;

    only(run, node, known);
    number = period_of(run, node, text_of(run, node, "users", true), &month);
    if (store_read_begin(run->fixture.store, &tx, &err) < 0)
        fail(run, node, "read: %s", err.code);
    if (yaml_get(node, "is") != NULL)
        want_figure(run, node, tx, month, number);
    if (yaml_get(node, "daily_average") != NULL)
        want_average(run, node, "daily_average", audience_daily_average(tx, number, service, &average, &err), &average);
    if (yaml_get(node, "six_months") != NULL)
        want_average(run, node, "six_months", audience_six_months(tx, number, service, &average, &err), &average);
    store_read_end(tx);
}

/* Neither the secret nor a hash of the month is anywhere in the store's files, and its row says so. */
void expect_forgotten(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"forgotten", NULL};
    struct audience_month_row row;
    struct err err = {0};
    bool found = false, month;
    int32_t number;
    struct tx *tx;
    int r;

    only(run, node, known);
    number = period_of(run, node, text_of(run, node, "forgotten", true), &month);
    r = store_read_begin(run->fixture.store, &tx, &err);
    if (r == 0) {
        r = store_audience_month_get(tx, number, &run->arena, &row, &found, &err);
        store_read_end(tx);
    }
    if (r < 0 || !found || row.secret != NULL || row.closed_usec == TIME_NONE || row.destroyed_usec == TIME_NONE)
        fail(run, node, "the month is not destroyed: %s", err.code);
    if (run->secret == NULL || fixture_files_hold(&run->fixture, run->secret, run->secret_len))
        fail(run, node, "the secret is still in a file of the store");
    if (fixture_files_hold(&run->fixture, &run->hash, sizeof(run->hash)))
        fail(run, node, "a hash is still in a file of the store");
}
