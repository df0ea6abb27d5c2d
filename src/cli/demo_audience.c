/* Users of the example: seven whole months and the running one, counted by the counter that the service has. Nobody
 * exists: who comes is drawn, and called by an identifier made up of numbers. The platform sends a day's list in the
 * night after it, once for each of its services; then the day is closed, and with a month's last day its secret is
 * destroyed. On one day nothing came, and one day's figure was corrected. */
#include "audience/figures.h"
#include "audience/lines.h"
#include "base/digest.h"
#include "cli/demo_life.h"
#include <pthread.h>
#include <string.h>

#define MONTHS 7
#define LATE_HOUR 6
#define FIRST_PEOPLE 24300 /* who may come, at the beginning and now */
#define LAST_PEOPLE 30700
#define SILENT_DAYS 75 /* ago: the day for which nothing came */
#define CORRECTED_DAYS 47
#define IDENTIFIER 19 /* bytes, with the end of the line */

struct demo_day {
    int32_t day;
};
struct service_share {
    const char *name;
    unsigned from, until; /* of a person's 128 */
};
static const struct service_share services[] = {{"web", 0, 70}, {"app", 53, 128}};
#define SERVICES (sizeof(services) / sizeof(services[0]))

/* --- Who comes -----------------------------------------------------------------------------------------------------
 */

static uint64_t mixed(uint64_t a, uint64_t b)
{
    uint64_t z = a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xd1b54a32d192ed03);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Every second one comes on most days, others now and then; fewer at weekends, no day like another. Of 1000. */
static uint64_t comes_of(uint64_t person, int32_t day, int percent)
{
    static const uint64_t habits[] = {800, 800, 400, 120, 800, 400, 120, 800, 400, 120};
    int32_t weekday = (day + 3) % 7; /* 0: Monday */
    uint64_t of_day = (weekday >= 5 ? 880 : 1035) + mixed((uint64_t)day, 7) % 45;

    return habits[person % 10] * of_day / 1000 * (uint64_t)percent / 100;
}

/* The lines of one service on one day, `percent` of which is over. */
static size_t write_lines(const struct service_share *service, int32_t day, uint64_t people, int percent, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    for (uint64_t person = 0; person < people; person++) {
        uint64_t called = mixed(person, 1), share = called % 128;

        if (share < service->from || share >= service->until ||
            mixed(person, (uint64_t)day) % 1000 >= comes_of(person, day, percent))
            continue;
        out[at++] = 'u';
        out[at++] = '-';
        for (int shift = 60; shift >= 0; shift -= 4)
            out[at++] = digits[called >> shift & 15];
        out[at++] = '\n';
    }
    return at;
}

/* --- Counting ------------------------------------------------------------------------------------------------------
 */

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done, failed;
    struct err why;
};

static void counted(struct counting *counting, const struct err *err)
{
    struct waiting *waiting = counting->arg;

    pthread_mutex_lock(&waiting->lock);
    waiting->is_done = true;
    waiting->failed = err != NULL;
    if (err != NULL)
        waiting->why = *err;
    pthread_cond_signal(&waiting->done);
    pthread_mutex_unlock(&waiting->lock);
}

static int count_and_wait(struct counter *counter, const struct visits *visits, int64_t at_usec, struct err *err)
{
    struct waiting waiting = {.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
    struct counting counting = {.done = counted, .arg = &waiting};

    counter_add(counter, visits, at_usec, &counting);
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.is_done)
        pthread_cond_wait(&waiting.done, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_mutex_destroy(&waiting.lock);
    pthread_cond_destroy(&waiting.done);
    if (!waiting.failed)
        return 0;
    *err = waiting.why;
    return -(int)waiting.why.kind;
}

static int count_service(struct demo *demo, const struct service_share *service, int32_t day, int percent,
                         int64_t at_usec, struct err *err)
{
    int32_t today = zone_day_of(&demo->office->catalogue->calendar->zone, demo->now_usec);
    int64_t people = LAST_PEOPLE - (int64_t)(LAST_PEOPLE - FIRST_PEOPLE) * (today - day) / (30 * MONTHS);
    char *text = arena_alloc(&demo->each, (size_t)people * IDENTIFIER);
    struct visits visits = {.day = day, .service = service->name};
    struct visit_key key;
    struct lines lines;
    int r = text == NULL ? err_memory(err) : counter_key(demo->counter, day, at_usec, &key, err);

    if (r < 0)
        return r;
    lines_init(&lines, &key, false);
    r = lines_feed(&lines, text, write_lines(service, day, (uint64_t)people, percent, text), err);
    if (r == 0)
        r = lines_end(&lines, err);
    visits.hashes = lines.hashes;
    visits.count = lines.count;
    if (r == 0)
        r = count_and_wait(demo->counter, &visits, at_usec, err);
    lines_done(&lines);
    return r;
}

static int count_day(struct demo *demo, int32_t day, int percent, int64_t at_usec, struct err *err)
{
    int r = 0;

    if (demo->counter == NULL)
        r = counter_new(demo->office, LATE_HOUR, at_usec, &demo->counter, err);
    for (size_t i = 0; r == 0 && i < SERVICES; i++)
        r = count_service(demo, &services[i], day, percent, at_usec, err);
    return r;
}

/* --- Steps ---------------------------------------------------------------------------------------------------------
 */

/* The last moment at which lines of the day before are taken: nothing else happens before that day is closed. */
static int64_t sent_usec(const struct zone *zone, int32_t day)
{
    return zone_moment(zone, day, LATE_HOUR * 3600) - 1;
}

/* A day's lists come in the night after it, and then the day is closed. */
static int live_night(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    const struct demo_day *whole = step->what;
    int64_t closes_usec = step->at_usec + 1;
    size_t count = 1;
    int r = 0;

    (void)tx;
    if (step->kind == 0)
        r = count_day(demo, whole->day, 100, step->at_usec, err);
    while (r == 0 && count > 0)
        r = audience_pass(demo->office, demo->counter, LATE_HOUR, closes_usec, &count, err);
    return r;
}

/* Today so far; and yesterday, whose list is due in some hours, has come early. */
static int live_today(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    const struct zone *zone = &demo->office->catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, step->at_usec);
    int64_t from = zone_moment(zone, today, 0);
    int percent = 5 + (int)((step->at_usec - from) * 90 / USEC_PER_DAY);
    int r = 0;

    (void)tx;
    if (step->at_usec < sent_usec(zone, today))
        r = count_day(demo, today - 1, 100, step->at_usec, err);
    return r < 0 ? r : count_day(demo, today, percent, step->at_usec, err);
}

static int live_correction(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    static const char reason[] =
        "Қосымшаның ескі нұсқасы идентификаторды екі түрде жіберген: 412 пайдаланушы екі рет саналған. Қате серверлік "
        "журналмен салыстырғанда анықталып, нұсқа ауыстырылды.";
    const struct demo_day *whole = step->what;
    struct audience_figure *figures;
    size_t count;
    int64_t leaf;
    int r = audience_figures(tx, false, whole->day, whole->day, NULL, &demo->each, &figures, &count, err);

    return r < 0 || count == 0 || !figures[0].counted
               ? r
               : audience_correct(tx, demo->office, false, whole->day, NULL, figures[0].users - 412, reason,
                                  &demo->actors[demo->moderators[0]], step->at_usec, &leaf, err);
}

static const struct demo_day *day_of(struct demo *demo, int32_t day)
{
    struct demo_day *whole = ARENA_NEW(&demo->arena, struct demo_day);

    if (whole != NULL)
        whole->day = day;
    return whole;
}

int demo_audience_plan(struct demo *demo, struct err *err)
{
    const struct zone *zone = &demo->office->catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, demo->now_usec);
    struct date first = date_from_day(today);
    int month = first.year * 12 + first.month - 1 - MONTHS;
    struct demo_step step = {.live = live_night, .alone = true};

    first = (struct date){.year = month / 12, .month = month % 12 + 1, .day = 1};
    for (int32_t day = day_from_date(first); day < today; day++) {
        step.what = day_of(demo, day);
        if (step.what == NULL)
            return err_memory(err);
        step.kind = day == today - SILENT_DAYS;
        step.at_usec = sent_usec(zone, day + 1);
        (void)demo_plan(demo, &step);
    }
    step = (struct demo_step){.live = live_today, .alone = true, .at_usec = demo->now_usec - USEC_PER_SEC};
    (void)demo_plan(demo, &step);
    step = (struct demo_step){.live = live_correction,
                              .what = day_of(demo, today - CORRECTED_DAYS),
                              .at_usec = zone_moment(zone, today - CORRECTED_DAYS + 3, 11 * 3600 + 20 * 60)};
    (void)demo_plan(demo, &step);
    return step.what == NULL ? err_memory(err) : 0;
}
