/* Counting: keys, adding, what was counted, and holding a day while it is closed. How what was added becomes durable is
 * counter_write.c, how it comes from the store counter_load.c. */
#include "audience/counter_parts.h"
#include "store/audience_rows.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many hashes are sorted by part at a time: they and what is found new of them stay in the second cache. Sorted no
 * further: a table that is filled in the order of its places is crowded where it is filled, and as slow as a list. */
#define BLOCK ((size_t)1 << 15)

/* --- Beginning and end -------------------------------------------------------------------------------------------- */

int counter_new(const struct office *office, int late_hour, int64_t now_usec, struct counter **ret, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct counter *counter = calloc(1, sizeof *counter);
    pthread_rwlockattr_t fair;
    uint8_t node[8];
    if (counter == NULL)
        return err_memory(err);
    (void)now_usec;
    *counter = (struct counter){.office = office,
                                .late_hour = late_hour,
                                .held_day = INT32_MIN,
                                .closed_day = INT32_MIN,
                                .refused_day = INT32_MIN};
    randombytes_buf(node, sizeof node);
    hex_encode(node, sizeof node, counter->node);
    pthread_mutex_init(&counter->follow, NULL);
    pthread_mutex_init(&counter->hold_lock, NULL);
    pthread_mutex_init(&counter->waiting, NULL);
    pthread_cond_init(&counter->released, NULL);
    pthread_cond_init(&counter->idle, NULL);
    /* Whoever wants to hold a day must not wait for ever behind those who count. */
    pthread_rwlockattr_init(&fair);
    pthread_rwlockattr_setkind_np(&fair, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&counter->months_lock, &fair);
    pthread_rwlockattr_destroy(&fair);
    int r = store_read_begin(office->store, &tx, err);
    pthread_mutex_lock(&counter->follow);
    if (r == 0)
        r = counter_follow_locked(counter, tx, true, err);
    pthread_mutex_unlock(&counter->follow);
    if (r < 0) {
        counter_free(counter);
        return r;
    }
    *ret = counter;
    return 0;
}

void counter_free(struct counter *counter)
{
    if (counter == NULL)
        return;
    writes_stop(counter);
    while (counter->months != NULL) {
        struct month *month = counter->months;
        counter->months = month->next;
        month_free(month);
    }
    pthread_rwlock_destroy(&counter->months_lock);
    pthread_mutex_destroy(&counter->follow);
    pthread_mutex_destroy(&counter->hold_lock);
    pthread_mutex_destroy(&counter->waiting);
    pthread_cond_destroy(&counter->released);
    pthread_cond_destroy(&counter->idle);
    free(counter);
}

/* --- Keys --------------------------------------------------------------------------------------------------------- */

static int day_refused(struct err *err, const char *code, int32_t day)
{
    char text[11];
    date_format(date_from_day(day), text);
    return err_set(err, ERR_CONFLICT, code, "%s", text);
}

static int closed(int32_t day, struct err *err)
{
    return day_refused(err, "day_closed", day);
}

/* Today, and yesterday until the late hour; never what is closed already, whatever the clock says. */
static int day_open(struct counter *counter, int32_t day, int64_t now_usec, struct err *err)
{
    const struct zone *zone = &counter->office->catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, now_usec);
    if (day > today)
        return day_refused(err, "day_in_future", day);
    bool late =
        day == today - 1 && counter->late_hour > 0 && now_usec < zone_moment(zone, today, counter->late_hour * 3600);
    pthread_rwlock_rdlock(&counter->months_lock);
    bool over = day <= counter->closed_day;
    pthread_rwlock_unlock(&counter->months_lock);
    return !over && (day == today || late) ? 0 : closed(day, err);
}

struct opening {
    struct counter *counter;
    int month;
    int32_t day;
    int64_t now_usec;
    struct visit_key key;
};

/* Another node may have been first: then its secret is the month's. */
static int open_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct opening *opening = command->arg;
    const struct keyring *keyring = opening->counter->office->keyring;
    struct audience_month_row row = {0};
    struct arena arena;
    bool found = false;
    arena_init(&arena, 64 * 1024);
    int r = store_audience_month_get(tx, opening->month, &arena, &row, &found, err);
    if (r == 0 && found && (row.secret == NULL || row.closed_usec != TIME_NONE))
        r = closed(opening->day, err);
    else if (r == 0 && found)
        r = month_key(opening->counter, opening->month, row.secret, row.secret_bytes, &opening->key, err);
    if (r == 0 && !found) {
        char place[32];
        uint8_t *wrapped = arena_alloc(&arena, sealed_size(sizeof opening->key));
        if (wrapped == NULL) {
            r = err_memory(err);
        } else {
            snprintf(place, sizeof place, "audience:%d", opening->month);
            randombytes_buf(&opening->key, sizeof opening->key);
            keyring_wrap(keyring, place, &opening->key, sizeof opening->key, wrapped);
            row = (struct audience_month_row){.month = opening->month,
                                              .secret = wrapped,
                                              .secret_bytes = sealed_size(sizeof opening->key),
                                              .print = store_print(wrapped),
                                              .opened_usec = opening->now_usec,
                                              .closed_usec = TIME_NONE,
                                              .destroyed_usec = TIME_NONE};
            r = store_audience_month_insert(tx, &row, err);
        }
    }
    arena_done(&arena);
    return r;
}

static bool key_known(struct counter *counter, int number, struct visit_key *ret)
{
    pthread_rwlock_rdlock(&counter->months_lock);
    const struct month *month = month_find(counter, number);
    if (month != NULL)
        *ret = month->key;
    pthread_rwlock_unlock(&counter->months_lock);
    return month != NULL;
}

int counter_key(struct counter *counter, int32_t day, int64_t now_usec, struct visit_key *ret, struct err *err)
{
    struct opening opening = {.counter = counter, .month = day_month(day), .day = day, .now_usec = now_usec};
    struct tx *tx CLEANUP_READ = NULL;
    int r = day_open(counter, day, now_usec, err);
    if (r < 0 || key_known(counter, opening.month, ret))
        return r;
    r = store_write(counter->office->store, open_run, &opening, err);
    sodium_memzero(&opening.key, sizeof opening.key);
    if (r == 0)
        r = store_read_begin(counter->office->store, &tx, err);
    if (r == 0)
        r = counter_follow(counter, tx, err);
    if (r == 0 && !key_known(counter, opening.month, ret))
        r = closed(day, err);
    return r;
}

/* --- Adding ------------------------------------------------------------------------------------------------------- */

/* Locks the months for reading with the day not held and the service there. */
static int enter_month(struct counter *counter, const struct visits *visits, struct month **ret, int *ret_service,
                       struct err *err)
{
    if (!service_name_fits(visits->service))
        return err_set(err, ERR_BAD_INPUT, "service_name", NULL);
    for (;;) {
        int service = -1, r = 0;
        pthread_rwlock_rdlock(&counter->months_lock);
        if (visits->day <= counter->held_day) {
            pthread_rwlock_unlock(&counter->months_lock);
            pthread_mutex_lock(&counter->hold_lock);
            while (counter->held_day != INT32_MIN)
                pthread_cond_wait(&counter->released, &counter->hold_lock);
            pthread_mutex_unlock(&counter->hold_lock);
            continue;
        }
        struct month *month = month_find(counter, day_month(visits->day));
        if (visits->day <= counter->closed_day || month == NULL) {
            r = closed(visits->day, err);
        } else if ((service = service_find(counter, visits->service)) >= 0 && month->services[service] != NULL) {
            *ret = month;
            *ret_service = service;
            return 0;
        }
        pthread_rwlock_unlock(&counter->months_lock);
        if (r < 0)
            return r;
        pthread_rwlock_wrlock(&counter->months_lock);
        month = month_find(counter, day_month(visits->day));
        r = service_add(counter, visits->service, &service, err);
        if (r == 0 && month != NULL)
            r = month_service(month, service, err);
        pthread_rwlock_unlock(&counter->months_lock);
        if (r < 0)
            return r;
    }
}

/* What is new of one part's hashes goes into the sets and into the run that waits for the store. */
static int add_part(struct counter *counter, struct month *month, int at, int service, const struct visits *visits,
                    const uint64_t *hashes, size_t count, size_t *fresh, struct err *err)
{
    struct part *part = &month->parts[at];
    size_t found = 0;
    pthread_mutex_lock(&part->lock);
    struct run *run = run_of(part, month->number, visits->day, service, count, err);
    int r = run == NULL
                ? -ERR_MEMORY
                : month_enter(month, at, service, visits->day, hashes, count, run->hashes + run->count, &found, err);
    if (run != NULL) {
        run->count += found;
        atomic_fetch_add(&counter->pending, found);
    }
    pthread_mutex_unlock(&part->lock);
    *fresh += found;
    return r;
}

static int add_block(struct counter *counter, struct month *month, int service, const struct visits *visits,
                     const uint64_t *hashes, size_t count, uint64_t *sorted, size_t *fresh, struct err *err)
{
    size_t starts[PARTS + 1] = {0}, at[PARTS];
    int r = 0;
    for (size_t i = 0; i < count; i++)
        starts[hash_part(hashes[i]) + 1]++;
    for (int p = 0; p < PARTS; p++) {
        starts[p + 1] += starts[p];
        at[p] = starts[p];
    }
    for (size_t i = 0; i < count; i++)
        sorted[at[hash_part(hashes[i])]++] = hashes[i];
    for (int p = 0; r == 0 && p < PARTS; p++)
        if (starts[p + 1] > starts[p])
            r = add_part(counter, month, p, service, visits, sorted + starts[p], starts[p + 1] - starts[p], fresh, err);
    return r;
}

static int64_t users_on(struct month *month, const struct service_sets *sets, int32_t day)
{
    int64_t users = 0;
    for (int i = 0; sets != NULL && i < PARTS; i++) {
        pthread_mutex_lock(&month->parts[i].lock);
        users += sets->parts[i].users_on[day - month->first_day];
        pthread_mutex_unlock(&month->parts[i].lock);
    }
    return users;
}

static int64_t users_in(struct month *month, const struct service_sets *sets)
{
    int64_t users = 0;
    for (int i = 0; sets != NULL && i < PARTS; i++) {
        pthread_mutex_lock(&month->parts[i].lock);
        users += (int64_t)sets->parts[i].users;
        pthread_mutex_unlock(&month->parts[i].lock);
    }
    return users;
}

void counter_add(struct counter *counter, const struct visits *visits, int64_t now_usec, struct counting *counting)
{
    struct err err = {0};
    struct month *month;
    int service;
    counting->fresh = 0;
    counting->users_today = 0;
    counting->next = NULL;
    counting->day = visits->day;
    int r = day_open(counter, visits->day, now_usec, &err);
    if (r == 0)
        r = enter_month(counter, visits, &month, &service, &err);
    if (r < 0) {
        counting->done(counting, &err);
        return;
    }
    size_t block = visits->count < BLOCK ? visits->count : BLOCK;
    uint64_t *sorted = malloc((block + 1) * sizeof *sorted);
    if (sorted == NULL)
        r = err_memory(&err);
    for (size_t at = 0; r == 0 && at < visits->count; at += block) {
        size_t count = visits->count - at < block ? visits->count - at : block;
        r = add_block(counter, month, service, visits, visits->hashes + at, count, sorted, &counting->fresh, &err);
    }
    counting->users_today = users_on(month, month->services[service], visits->day);
    pthread_rwlock_unlock(&counter->months_lock);
    if (sorted != NULL)
        sodium_memzero(sorted, block * sizeof *sorted);
    free(sorted);
    atomic_fetch_add(&counter->bodies, 1);
    atomic_fetch_add(&counter->lines, visits->count);
    atomic_fetch_add(&counter->fresh, counting->fresh);
    if (r < 0)
        counting->done(counting, &err);
    else
        counting_finish(counter, counting);
}

/* --- What was counted --------------------------------------------------------------------------------------------- */

/* The sets of a service (NULL: of all) in a month; NULL where nothing came. */
static const struct service_sets *sets_of(const struct counter *counter, const struct month *month, const char *service)
{
    if (service != NULL) {
        int at = service_find(counter, service);
        return at < 0 ? NULL : month->services[at];
    }
    if (month->all != NULL)
        return month->all;
    for (int i = 0; i < SERVICES_MAX; i++)
        if (month->services[i] != NULL)
            return month->services[i];
    return NULL;
}

int64_t counter_users_on(struct counter *counter, int32_t day, const char *service)
{
    pthread_rwlock_rdlock(&counter->months_lock);
    struct month *month = month_find(counter, day_month(day));
    int64_t users = month == NULL ? 0 : users_on(month, sets_of(counter, month, service), day);
    pthread_rwlock_unlock(&counter->months_lock);
    return users;
}

int64_t counter_users_in(struct counter *counter, int number, const char *service)
{
    pthread_rwlock_rdlock(&counter->months_lock);
    struct month *month = month_find(counter, number);
    int64_t users = month == NULL ? 0 : users_in(month, sets_of(counter, month, service));
    pthread_rwlock_unlock(&counter->months_lock);
    return users;
}

void counter_figures(struct counter *counter, struct counter_figures *ret)
{
    size_t bytes = 0;
    pthread_rwlock_rdlock(&counter->months_lock);
    for (struct month *month = counter->months; month != NULL; month = month->next) {
        for (int p = 0; p < PARTS; p++) {
            pthread_mutex_lock(&month->parts[p].lock);
            for (int s = 0; s < SERVICES_MAX; s++)
                bytes += month->services[s] == NULL ? 0 : day_set_bytes(&month->services[s]->parts[p]);
            bytes += month->all == NULL ? 0 : day_set_bytes(&month->all->parts[p]);
            for (const struct run *run = month->parts[p].runs; run != NULL; run = run->next)
                bytes += run->room * sizeof *run->hashes;
            pthread_mutex_unlock(&month->parts[p].lock);
        }
    }
    pthread_rwlock_unlock(&counter->months_lock);
    *ret = (struct counter_figures){.lines = counter->lines,
                                    .fresh = counter->fresh,
                                    .bodies = counter->bodies,
                                    .writes = counter->writes,
                                    .bytes = bytes};
}

/* --- Closing ------------------------------------------------------------------------------------------------------ */

void counter_day_hold(struct counter *counter, int32_t day)
{
    pthread_rwlock_wrlock(&counter->months_lock); /* nobody is in the middle of counting now */
    pthread_mutex_lock(&counter->hold_lock);
    counter->held_day = day;
    pthread_mutex_unlock(&counter->hold_lock);
    pthread_rwlock_unlock(&counter->months_lock);
}

void counter_day_closed(struct counter *counter, int32_t day, bool done)
{
    pthread_rwlock_wrlock(&counter->months_lock);
    pthread_mutex_lock(&counter->hold_lock);
    counter->held_day = INT32_MIN;
    if (done && day > counter->closed_day)
        counter->closed_day = day;
    pthread_cond_broadcast(&counter->released);
    pthread_mutex_unlock(&counter->hold_lock);
    pthread_mutex_lock(&counter->waiting);
    for (struct run *run = counter->taken; !done && run != NULL; run = run->next)
        run->settled = false;
    for (struct month *month = counter->months; month != NULL; month = month->next) {
        for (int p = 0; !done && p < PARTS; p++)
            for (struct run *run = month->parts[p].runs; run != NULL; run = run->next)
                run->settled = false;
        if (!done && month->unsettled >= 0)
            month->followed = month->unsettled;
        else if (!done && counter->settling)
            month->stale = true; /* read whole from what may not have been committed */
        month->unsettled = -1;
    }
    counter->settling = false;
    pthread_mutex_unlock(&counter->waiting);
    pthread_rwlock_unlock(&counter->months_lock);
}

void counter_month_forget(struct counter *counter, int number)
{
    bool known = false;

    /* Asked again and again of months long gone: nobody who counts waits for that. */
    pthread_rwlock_rdlock(&counter->months_lock);
    for (const struct month *month = counter->months; month != NULL; month = month->next)
        known = known || month->number == number;
    pthread_rwlock_unlock(&counter->months_lock);
    if (!known)
        return;
    pthread_rwlock_wrlock(&counter->months_lock);
    for (struct month **at = &counter->months; *at != NULL; at = &(*at)->next) {
        struct month *month = *at;
        if (month->number != number)
            continue;
        *at = month->next;
        for (int p = 0; p < PARTS; p++) {
            runs_refuse(counter, month->parts[p].runs);
            for (const struct run *run = month->parts[p].runs; run != NULL; run = run->next)
                atomic_fetch_sub(&counter->pending, run->count);
        }
        month_free(month);
        break;
    }
    pthread_rwlock_unlock(&counter->months_lock);
}
