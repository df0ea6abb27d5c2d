/* From the store into memory: whole months at the start, what other nodes wrote since, and a month anew where memory
 * holds what the store does not.
 *
 * Loading goes in two halves, by the highest bit of the hash: on two threads, each with a read of its own. Their
 * snapshots may differ; each is at least as new as what the caller's transaction sees, and the union with what comes
 * twice is the same union. */
#include "audience/counter_parts.h"
#include "base/time.h"
#include "store/audience_rows.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t)4 << 20)

int month_key(const struct counter *counter, int number, const void *secret, size_t count, struct visit_key *ret,
              struct err *err)
{
    char place[32];
    snprintf(place, sizeof place, "audience:%d", number);
    if (count != sealed_size(sizeof *ret) || !keyring_unwrap(counter->office->keyring, place, secret, count, ret))
        return err_set(err, ERR_DAMAGED, "sealed_damaged", NULL);
    return 0;
}

/* What the store calls by number we call by place. */
struct names {
    const struct audience_service_row *rows;
    size_t count;
};

static int damaged(struct err *err)
{
    return err_set(err, ERR_DAMAGED, "store_damaged", NULL);
}

static const char *name_of(const struct names *names, int64_t number)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->rows[i].number == number)
            return names->rows[i].name;
    return NULL;
}

/* --- Chunks ------------------------------------------------------------------------------------------------------- */

/* One chunk's hashes, sorted by part. The memory is kept for the next. */
struct sorter {
    uint64_t *hashes, *fresh;
    size_t room;
    size_t starts[PARTS + 1];
};

static void sorter_done(struct sorter *sorter)
{
    free(sorter->hashes);
    free(sorter->fresh);
}

static int sort_chunk(struct sorter *sorter, const struct audience_chunk_row *row, struct err *err)
{
    const uint8_t *bytes = row->hashes;
    size_t count = row->bytes / 8, at[PARTS];
    if (count > sorter->room) {
        uint64_t *hashes = realloc(sorter->hashes, count * sizeof *hashes);
        if (hashes == NULL)
            return err_memory(err);
        sorter->hashes = hashes;
        uint64_t *fresh = realloc(sorter->fresh, count * sizeof *fresh);
        if (fresh == NULL)
            return err_memory(err);
        sorter->fresh = fresh;
        sorter->room = count;
    }
    memset(sorter->starts, 0, sizeof sorter->starts);
    for (size_t i = 0; i < count; i++)
        sorter->starts[(bytes[i * 8 + 7] >> (8 - PART_BITS)) + 1]++;
    for (int p = 0; p < PARTS; p++) {
        sorter->starts[p + 1] += sorter->starts[p];
        at[p] = sorter->starts[p];
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t hash;
        memcpy(&hash, bytes + i * 8, 8);
        sorter->hashes[at[hash_part(hash)]++] = hash;
    }
    return 0;
}

static bool chunk_fits(const struct month *month, const struct audience_chunk_row *row)
{
    return row->bytes % 8 == 0 && row->day >= month->first_day && row->day < month->first_day + DAY_SET_DAYS;
}

/* --- Loading a month ---------------------------------------------------------------------------------------------- */

struct half {
    struct counter *counter;
    struct month *month;
    const struct names *names;
    pthread_mutex_t *lock; /* of the month's services */
    int first_part, end_part;
    int64_t followed;
    size_t chunks, chunk_bytes;
    struct sorter sorter;
    struct err err;
    int result;
};

/* The sets of all are made when everything is read. */
static int half_service(struct half *half, int64_t number, int *ret, struct err *err)
{
    const char *name = name_of(half->names, number);
    int r = 0;
    if (name == NULL)
        return damaged(err);
    pthread_mutex_lock(half->lock);
    pthread_rwlock_rdlock(&half->counter->months_lock);
    *ret = service_find(half->counter, name);
    pthread_rwlock_unlock(&half->counter->months_lock);
    if (*ret < 0) {
        r = damaged(err);
    } else if (half->month->services[*ret] == NULL) {
        half->month->services[*ret] = calloc(1, sizeof(struct service_sets));
        if (half->month->services[*ret] == NULL)
            r = err_memory(err);
        else
            half->month->service_count++;
    }
    pthread_mutex_unlock(half->lock);
    return r;
}

static int load_set(const struct audience_set_row *row, void *arg, struct err *err)
{
    struct half *half = arg;
    int service, part = row->stretch / STRETCHES_A_PART;
    size_t count = row->bytes / DAY_ENTRY_BYTES;
    const uint8_t *bytes = row->users;
    int r = row->bytes % DAY_ENTRY_BYTES != 0 ? damaged(err) : half_service(half, row->service, &service, err);
    if (r < 0)
        return r;
    /* Each part's rows are alike in size: the first tells how much room they take. */
    struct day_set *set = &half->month->services[service]->parts[part];
    if (set->buckets == NULL && count > 0)
        r = day_set_reserve(set, count * STRETCHES_A_PART + count / 16, err);
    for (size_t i = 0; i<count; i += count> 1 ? count - 1 : 1)
        if (bytes[i * DAY_ENTRY_BYTES + 7] >> 2 != row->stretch)
            return damaged(err);
    return r < 0 ? r : day_set_merge(set, bytes, count, err);
}

static int load_chunk(const struct audience_chunk_row *row, void *arg, struct err *err)
{
    struct half *half = arg;
    int service;
    int r = chunk_fits(half->month, row) ? half_service(half, row->service, &service, err) : damaged(err);
    if (r == 0)
        r = sort_chunk(&half->sorter, row, err);
    for (int p = half->first_part; r == 0 && p < half->end_part; p++) {
        size_t fresh, from = half->sorter.starts[p], count = half->sorter.starts[p + 1] - from;
        if (count > 0)
            r = month_enter(half->month, p, service, row->day, half->sorter.hashes + from, count, half->sorter.fresh,
                            &fresh, err);
    }
    half->followed = row->serial;
    half->chunks++;
    half->chunk_bytes += row->bytes;
    return r;
}

static int half_read(struct half *half, struct tx *tx, struct err *err)
{
    struct audience_month_row row;
    struct arena arena;
    bool found = false;
    int number = half->month->number;
    arena_init(&arena, 64 * 1024);
    int r = store_audience_month_get(tx, number, &arena, &row, &found, err);
    arena_done(&arena);
    if (r < 0 || !found)
        return r;
    half->followed = row.folded;
    r = store_audience_set_scan(tx, number, half->first_part * STRETCHES_A_PART, half->end_part * STRETCHES_A_PART,
                                load_set, half, err);
    if (r == 0)
        r = store_audience_chunk_scan(tx, number, row.folded, load_chunk, half, err);
    return r;
}

static void *half_run(void *arg)
{
    struct half *half = arg;
    struct tx *tx CLEANUP_READ = NULL;
    half->result = store_read_begin(half->counter->office->store, &tx, &half->err);
    if (half->result == 0)
        half->result = half_read(half, tx, &half->err);
    return NULL;
}

static int halves_read(struct half halves[2], struct tx *tx, bool threads, struct err *err)
{
    pthread_t other;
    int r;
    if (threads && pthread_create(&other, NULL, half_run, &halves[1]) == 0) {
        r = half_read(&halves[0], tx, err);
        pthread_join(other, NULL);
        if (r == 0 && halves[1].result < 0) {
            *err = halves[1].err;
            r = halves[1].result;
        }
        return r;
    }
    r = half_read(&halves[0], tx, err);
    return r < 0 ? r : half_read(&halves[1], tx, err);
}

static int enter_run(struct month *month, const struct run *run, int part, struct err *err)
{
    uint64_t *fresh = malloc((run->count + 1) * sizeof *fresh);
    size_t found;
    int r = fresh == NULL ? err_memory(err) : month_service(month, run->service, err);
    if (r == 0)
        r = month_enter(month, part, run->service, run->day, run->hashes, run->count, fresh, &found, err);
    free(fresh);
    return r;
}

/* What is not durable yet, and may still become it, is in no row. */
static int enter_pending(struct counter *counter, const struct month *old, struct month *month, struct err *err)
{
    int r = 0;
    for (int p = 0; old != NULL && r == 0 && p < PARTS; p++)
        for (struct run *run = old->parts[p].runs; r == 0 && run != NULL; run = run->next)
            if (run->day > counter->closed_day)
                r = enter_run(month, run, p, err);
    pthread_mutex_lock(&counter->waiting);
    for (struct run *run = counter->taken; r == 0 && run != NULL; run = run->next)
        if (run->month == month->number && run->count > 0 && run->day > counter->closed_day)
            r = enter_run(month, run, (int)hash_part(run->hashes[0]), err);
    pthread_mutex_unlock(&counter->waiting);
    return r;
}

/* The new month in the place of the old, whose runs it takes over. */
static int put_month(struct counter *counter, struct month *month, struct err *err)
{
    struct month **at = &counter->months;
    pthread_rwlock_wrlock(&counter->months_lock);
    while (*at != NULL && (*at)->number != month->number)
        at = &(*at)->next;
    struct month *old = *at;
    int r = enter_pending(counter, old, month, err);
    if (r == 0) {
        for (int p = 0; old != NULL && p < PARTS; p++) {
            month->parts[p].runs = old->parts[p].runs;
            old->parts[p].runs = NULL;
        }
        month->next = old == NULL ? NULL : old->next;
        *at = month;
    }
    pthread_rwlock_unlock(&counter->months_lock);
    if (r == 0)
        month_free(old);
    return r;
}

static int services_known(struct counter *counter, const struct names *names, struct err *err)
{
    int r = 0, ignored;
    pthread_rwlock_wrlock(&counter->months_lock);
    for (size_t i = 0; r == 0 && i < names->count; i++)
        r = service_add(counter, names->rows[i].name, &ignored, err);
    pthread_rwlock_unlock(&counter->months_lock);
    return r;
}

static int load(struct counter *counter, struct tx *tx, const struct audience_month_row *row, const struct names *names,
                bool threads, struct err *err)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct month *month;
    int r = month_new(row->month, &month, err);
    if (r < 0)
        return r;
    struct half halves[2];
    for (int i = 0; i < 2; i++)
        halves[i] = (struct half){.counter = counter,
                                  .month = month,
                                  .names = names,
                                  .lock = &lock,
                                  .first_part = i * PARTS / 2,
                                  .end_part = (i + 1) * PARTS / 2};
    r = month_key(counter, row->month, row->secret, row->secret_bytes, &month->key, err);
    if (r == 0)
        r = halves_read(halves, tx, threads, err);
    month->followed = halves[0].followed < halves[1].followed ? halves[0].followed : halves[1].followed;
    month->chunks = halves[0].chunks;
    month->chunk_bytes = halves[0].chunk_bytes;
    for (int i = 0; i < 2; i++)
        sorter_done(&halves[i].sorter);
    if (r == 0)
        r = month_unite(month, err);
    if (r == 0)
        r = put_month(counter, month, err);
    if (r < 0)
        month_free(month);
    return r;
}

/* --- Following ---------------------------------------------------------------------------------------------------- */

struct following {
    struct counter *counter;
    const struct names *names;
    int number;
    struct sorter sorter;
};

/* Another node's chunk, or one of ours that came between two of theirs. */
static int follow_chunk(const struct audience_chunk_row *row, void *arg, struct err *err)
{
    struct following *following = arg;
    struct counter *counter = following->counter;
    const char *name = name_of(following->names, row->service);
    int r = name == NULL ? damaged(err) : sort_chunk(&following->sorter, row, err);
    if (r < 0)
        return r;
    pthread_rwlock_rdlock(&counter->months_lock);
    struct month *month = month_find(counter, following->number);
    int service = service_find(counter, name);
    if (month != NULL && service >= 0 && month->services[service] == NULL) {
        pthread_rwlock_unlock(&counter->months_lock);
        pthread_rwlock_wrlock(&counter->months_lock);
        month = month_find(counter, following->number);
        r = month == NULL ? 0 : month_service(month, service, err);
    }
    if (r == 0 && month != NULL && (service < 0 || !chunk_fits(month, row)))
        r = damaged(err);
    for (int p = 0; r == 0 && month != NULL && p < PARTS; p++) {
        size_t fresh, from = following->sorter.starts[p], count = following->sorter.starts[p + 1] - from;
        if (count == 0)
            continue;
        pthread_mutex_lock(&month->parts[p].lock);
        r = month_enter(month, p, service, row->day, following->sorter.hashes + from, count, following->sorter.fresh,
                        &fresh, err);
        pthread_mutex_unlock(&month->parts[p].lock);
    }
    if (r == 0 && month != NULL) {
        month->followed = row->serial;
        month->chunks++;
        month->chunk_bytes += row->bytes;
    }
    pthread_rwlock_unlock(&counter->months_lock);
    return r;
}

static bool closed_month(const struct audience_month_row *row)
{
    return row->secret == NULL || row->closed_usec != TIME_NONE;
}

static int follow_month(struct counter *counter, struct tx *tx, const struct audience_month_row *row,
                        const struct names *names, bool threads, struct err *err)
{
    pthread_rwlock_rdlock(&counter->months_lock);
    const struct month *month = month_find(counter, row->month);
    bool anew = month == NULL || month->stale || month->followed < row->folded;
    int64_t followed = month == NULL ? 0 : month->followed;
    pthread_rwlock_unlock(&counter->months_lock);
    if (anew)
        return load(counter, tx, row, names, threads, err);
    struct following following = {.counter = counter, .names = names, .number = row->month};
    int r = store_audience_chunk_scan(tx, row->month, followed, follow_chunk, &following, err);
    sorter_done(&following.sorter);
    return r;
}

static void spoil(struct counter *counter, const struct run *runs, int32_t closed_day)
{
    for (; runs != NULL; runs = runs->next) {
        struct month *month = month_find(counter, runs->month);
        if (month != NULL && runs->day <= closed_day && !runs->settled && runs->count > 0)
            month->stale = true;
    }
}

/* Another node closed a day: what is here of it and was not written then will be refused, and must leave the sets
 * before anybody writes those. With the months locked for writing. */
static void leave_out(struct counter *counter, int32_t closed_day)
{
    counter->closed_day = closed_day;
    for (const struct month *month = counter->months; month != NULL; month = month->next)
        for (int p = 0; p < PARTS; p++)
            spoil(counter, month->parts[p].runs, closed_day);
    pthread_mutex_lock(&counter->waiting);
    spoil(counter, counter->taken, closed_day);
    pthread_mutex_unlock(&counter->waiting);
}

int counter_follow_locked(struct counter *counter, struct tx *tx, bool threads, struct err *err)
{
    struct audience_month_row *months;
    struct audience_service_row *services;
    size_t month_count, service_count;
    int64_t closed;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    int r = store_audience_months(tx, false, &arena, &months, &month_count, err);
    if (r == 0)
        r = store_audience_services(tx, &arena, &services, &service_count, err);
    if (r == 0)
        r = store_audience_figure_last(tx, "day", INT32_MIN, &closed, err);
    if (r == 0) {
        const struct names names = {services, service_count};
        r = services_known(counter, &names, err);
        pthread_rwlock_wrlock(&counter->months_lock);
        if (closed > counter->closed_day)
            leave_out(counter, (int32_t)closed);
        pthread_rwlock_unlock(&counter->months_lock);
        /* A month that has no row is none to forget: it may be newer than what this transaction sees. */
        for (size_t i = 0; r == 0 && i < month_count; i++) {
            if (closed_month(&months[i]))
                counter_month_forget(counter, months[i].month);
            else
                r = follow_month(counter, tx, &months[i], &names, threads, err);
        }
    }
    arena_done(&arena);
    return r;
}

int counter_follow(struct counter *counter, struct tx *tx, struct err *err)
{
    pthread_mutex_lock(&counter->follow);
    int r = counter_follow_locked(counter, tx, false, err);
    pthread_mutex_unlock(&counter->follow);
    return r;
}
