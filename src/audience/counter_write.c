/* What was counted becomes durable.
 *
 * One write is under way at a time. When it runs it takes all runs there are, of all callers; while it flushes, new
 * ones gather for the next. Who added something waits for the write that takes it. Who added nothing new may still rely
 * on what another has added a moment ago and nobody has written: so whoever comes while anything waits or is being
 * written waits for that, and only when nothing is, gets the answer at once. A write that fails fails those who waited
 * for it, and its runs wait for the next: sets hold at least what the store holds, and who repeats is answered when
 * that is written. */
#include "audience/counter_parts.h"
#include "store/audience_rows.h"
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define RUN_FIRST ((size_t)256)

static void flush_submit(struct counter *counter);

/* --- Runs --------------------------------------------------------------------------------------------------------- */

static void run_free(struct run *run)
{
    if (run->hashes != NULL)
        sodium_memzero(run->hashes, run->count * sizeof *run->hashes);
    free(run->hashes);
    free(run);
}

void runs_free(struct run *runs)
{
    while (runs != NULL) {
        struct run *next = runs->next;
        run_free(runs);
        runs = next;
    }
}

struct run *run_of(struct part *part, int month, int32_t day, int service, size_t more, struct err *err)
{
    struct run *run = part->runs;
    while (run != NULL && (run->day != day || run->service != service || run->settled))
        run = run->next;
    if (run == NULL) {
        run = calloc(1, sizeof *run);
        if (run == NULL) {
            (void)err_memory(err);
            return NULL;
        }
        *run = (struct run){.next = part->runs, .month = month, .day = day, .service = service};
        part->runs = run;
    }
    if (run->room - run->count < more) {
        size_t room = run->room == 0 ? RUN_FIRST : run->room + run->room / 2;
        if (room < run->count + more)
            room = run->count + more;
        uint64_t *hashes = realloc(run->hashes, room * sizeof *hashes);
        if (hashes == NULL) {
            (void)err_memory(err);
            return NULL;
        }
        run->hashes = hashes;
        run->room = room;
    }
    return run;
}

/* --- Rows --------------------------------------------------------------------------------------------------------- */

struct gathered {
    struct run **runs;
    size_t count, room;
};

static int gather(struct gathered *gathered, struct run *run, struct err *err)
{
    if (gathered->count == gathered->room) {
        size_t room = gathered->room == 0 ? 64 : gathered->room * 2;
        struct run **runs = realloc(gathered->runs, room * sizeof *runs);
        if (runs == NULL)
            return err_memory(err);
        gathered->runs = runs;
        gathered->room = room;
    }
    gathered->runs[gathered->count++] = run;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct run *x = *(struct run *const *)a, *y = *(struct run *const *)b;
    if (x->month != y->month)
        return x->month < y->month ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->service < y->service ? -1 : x->service > y->service;
}

/* A row that is being filled. */
struct filling {
    struct tx *tx;
    uint64_t *hashes;
    size_t count;
    struct audience_chunk_row row;
    size_t rows, bytes;
};

static int filling_write(struct filling *filling, struct err *err)
{
    if (filling->count == 0)
        return 0;
    filling->row.hashes = filling->hashes;
    filling->row.bytes = filling->count * sizeof *filling->hashes;
    filling->rows++;
    filling->bytes += filling->row.bytes;
    filling->count = 0;
    return store_audience_chunk_add(filling->tx, &filling->row, &filling->row.serial, err);
}

static int filling_add(struct filling *filling, const struct run *run, struct err *err)
{
    int r = 0;
    for (size_t at = 0; r == 0 && at < run->count;) {
        size_t count = run->count - at;
        if (count > CHUNK_HASHES - filling->count)
            count = CHUNK_HASHES - filling->count;
        memcpy(filling->hashes + filling->count, run->hashes + at, count * sizeof *run->hashes);
        filling->count += count;
        at += count;
        if (filling->count == CHUNK_HASHES)
            r = filling_write(filling, err);
    }
    return r;
}

static size_t largest(const struct gathered *gathered)
{
    size_t sum = 0, most = 0;
    for (size_t i = 0; i < gathered->count; i++) {
        sum = i > 0 && compare(&gathered->runs[i - 1], &gathered->runs[i]) == 0 ? sum : 0;
        sum += gathered->runs[i]->count;
        most = sum > most ? sum : most;
    }
    return most < CHUNK_HASHES ? most : CHUNK_HASHES;
}

/* The rows of one month: runs first…end are all of it. */
static int write_month(struct counter *counter, struct filling *filling, struct run **runs, size_t count,
                       struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (i == 0 || compare(&runs[i - 1], &runs[i]) != 0) {
            r = filling_write(filling, err);
            if (r == 0)
                r = store_audience_service(filling->tx, counter->services[runs[i]->service], &filling->row.service,
                                           err);
            filling->row.month = runs[i]->month;
            filling->row.day = runs[i]->day;
        }
        if (r == 0)
            r = filling_add(filling, runs[i], err);
    }
    return r < 0 ? r : filling_write(filling, err);
}

static int write_runs(struct counter *counter, struct tx *tx, struct gathered *gathered, struct month_mark **marks,
                      struct err *err)
{
    int r = 0;
    if (gathered->count == 0)
        return 0;
    qsort(gathered->runs, gathered->count, sizeof *gathered->runs, compare);
    struct filling filling = {.tx = tx, .hashes = malloc((largest(gathered) + 1) * sizeof(uint64_t))};
    if (filling.hashes == NULL)
        return err_memory(err);
    for (size_t from = 0, end; r == 0 && from < gathered->count; from = end) {
        struct month_mark *mark = calloc(1, sizeof *mark);
        int month = gathered->runs[from]->month;
        for (end = from; end < gathered->count && gathered->runs[end]->month == month;)
            end++;
        if (mark == NULL) {
            r = err_memory(err);
            break;
        }
        *mark = (struct month_mark){.next = *marks, .month = month};
        *marks = mark;
        filling.rows = filling.bytes = 0;
        r = store_audience_chunk_last(tx, month, &mark->before, err);
        if (r == 0)
            r = write_month(counter, &filling, gathered->runs + from, end - from, err);
        mark->serial = filling.row.serial;
        mark->rows = filling.rows;
        mark->bytes = filling.bytes;
    }
    sodium_memzero(filling.hashes, largest(gathered) * sizeof(uint64_t));
    free(filling.hashes);
    return r;
}

static void marks_free(struct month_mark *mark)
{
    while (mark != NULL) {
        struct month_mark *next = mark->next;
        free(mark);
        mark = next;
    }
}

/* --- The write ---------------------------------------------------------------------------------------------------- */

static void take_part(struct counter *counter, struct part *part)
{
    struct run *runs, *last;
    pthread_mutex_lock(&part->lock);
    runs = part->runs;
    part->runs = NULL;
    for (const struct run *run = runs; run != NULL; run = run->next)
        atomic_fetch_sub(&counter->pending, run->count);
    pthread_mutex_unlock(&part->lock);
    if (runs == NULL)
        return;
    for (last = runs; last->next != NULL;)
        last = last->next;
    pthread_mutex_lock(&counter->waiting);
    last->next = counter->taken;
    counter->taken = runs;
    pthread_mutex_unlock(&counter->waiting);
}

/* May run again after a failure: what was taken before is still to be written. */
static int flush_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct counter *counter = command->arg;
    struct gathered gathered = {0};
    int64_t closed_day = INT32_MIN;
    pthread_mutex_lock(&counter->waiting);
    counter->running = true;
    if (counter->first != NULL) {
        counter->last->next = counter->covered;
        counter->covered = counter->first;
        counter->first = counter->last = NULL;
    }
    marks_free(counter->marks);
    counter->marks = NULL;
    pthread_mutex_unlock(&counter->waiting);
    pthread_rwlock_rdlock(&counter->months_lock);
    for (struct month *month = counter->months; month != NULL; month = month->next)
        for (int p = 0; p < PARTS; p++)
            take_part(counter, &month->parts[p]);
    pthread_rwlock_unlock(&counter->months_lock);
    int r = store_audience_figure_last(tx, "day", INT32_MIN, &closed_day, err);
    pthread_mutex_lock(&counter->waiting);
    for (struct run *run = counter->taken; r == 0 && run != NULL; run = run->next) {
        run->refused = run->day <= closed_day && !run->settled;
        if (run->day > closed_day && run->count > 0)
            r = gather(&gathered, run, err);
    }
    pthread_mutex_unlock(&counter->waiting);
    struct month_mark *marks = NULL;
    if (r == 0)
        r = write_runs(counter, tx, &gathered, &marks, err);
    free(gathered.runs);
    pthread_mutex_lock(&counter->waiting);
    counter->marks = marks;
    pthread_mutex_unlock(&counter->waiting);
    return r;
}

/* With the months locked for reading: what was taken is pending again. */
static void give_back(struct counter *counter, struct run *runs)
{
    while (runs != NULL) {
        struct run *run = runs;
        runs = run->next;
        struct month *month = month_find(counter, run->month);
        if (month == NULL || run->count == 0) {
            run_free(run);
            continue;
        }
        struct part *part = &month->parts[hash_part(run->hashes[0])];
        pthread_mutex_lock(&part->lock);
        run->next = part->runs;
        part->runs = run;
        atomic_fetch_add(&counter->pending, run->count);
        pthread_mutex_unlock(&part->lock);
    }
}

/* What the store has now of each month. A serial that follows on what we knew needs no reading. */
static void note_marks(struct counter *counter, const struct month_mark *mark)
{
    for (; mark != NULL; mark = mark->next) {
        struct month *month = month_find(counter, mark->month);
        if (month == NULL)
            continue;
        if (month->followed == mark->before && mark->rows > 0) {
            month->followed = mark->serial;
            month->chunks += mark->rows;
            month->chunk_bytes += mark->bytes;
        }
    }
}

void runs_refuse(struct counter *counter, const struct run *runs)
{
    pthread_mutex_lock(&counter->waiting);
    for (; runs != NULL; runs = runs->next)
        if (runs->count > 0 && !runs->settled && runs->day > counter->refused_day)
            counter->refused_day = runs->day;
    pthread_mutex_unlock(&counter->waiting);
}

/* Whoever relied on a user whom another has added, and whom the store refused, is refused too. */
static void tell(struct counting *counting, int32_t refused_day, const struct err *err)
{
    struct err closed = {0};
    char day[11];
    while (counting != NULL) {
        struct counting *next = counting->next;
        const struct err *told = err;
        if (err == NULL && counting->day <= refused_day) {
            date_format(date_from_day(counting->day), day);
            (void)!err_set(&closed, ERR_CONFLICT, "day_closed", "%s", day);
            told = &closed;
        }
        counting->done(counting, told);
        counting = next;
    }
}

static void flush_done(struct store_command *command, const struct err *err)
{
    struct counter *counter = command->arg;
    pthread_rwlock_rdlock(&counter->months_lock);
    pthread_mutex_lock(&counter->waiting);
    struct run *taken = counter->taken;
    struct month_mark *marks = counter->marks;
    counter->taken = NULL;
    counter->marks = NULL;
    pthread_mutex_unlock(&counter->waiting);
    for (const struct run *run = taken; err == NULL && run != NULL; run = run->next) {
        struct month *month = month_find(counter, run->month);
        if (run->refused && month != NULL)
            month->stale = true;
    }
    if (err == NULL)
        note_marks(counter, marks);
    else
        give_back(counter, taken);
    pthread_rwlock_unlock(&counter->months_lock);
    marks_free(marks);
    pthread_mutex_lock(&counter->waiting);
    struct counting *covered = counter->covered;
    bool more = counter->first != NULL;
    for (const struct run *run = taken; err == NULL && run != NULL; run = run->next)
        if (run->refused && run->count > 0 && run->day > counter->refused_day)
            counter->refused_day = run->day;
    int32_t refused_day = counter->refused_day;
    counter->covered = NULL;
    counter->running = false;
    pthread_mutex_unlock(&counter->waiting);
    if (err == NULL)
        atomic_fetch_add(&counter->writes, 1);
    tell(covered, refused_day, err);
    if (err == NULL)
        runs_free(taken);
    if (more) {
        flush_submit(counter);
        return;
    }
    pthread_mutex_lock(&counter->waiting);
    more = counter->first != NULL;
    if (!more) {
        counter->submitted = false;
        pthread_cond_broadcast(&counter->idle);
    }
    pthread_mutex_unlock(&counter->waiting);
    if (more)
        flush_submit(counter);
}

/* `submitted` is set. */
static void flush_submit(struct counter *counter)
{
    struct err err = {0};
    counter->command = (struct store_command){.run = flush_run, .done = flush_done, .arg = counter};
    if (store_submit(counter->office->store, &counter->command, &err) == 0)
        return;
    pthread_mutex_lock(&counter->waiting);
    struct counting *waiting = counter->first;
    counter->first = counter->last = NULL;
    counter->submitted = false;
    pthread_cond_broadcast(&counter->idle);
    pthread_mutex_unlock(&counter->waiting);
    tell(waiting, INT32_MIN, &err);
}

void counting_finish(struct counter *counter, struct counting *counting)
{
    bool submit = false, durable = false;
    pthread_mutex_lock(&counter->waiting);
    int32_t refused_day = counter->refused_day;
    if (counter->pending == 0 && counter->running) {
        counting->next = counter->covered;
        counter->covered = counting;
    } else if (counter->pending == 0) {
        durable = true;
    } else {
        if (counter->first == NULL)
            counter->first = counting;
        else
            counter->last->next = counting;
        counter->last = counting;
        submit = !counter->submitted;
        counter->submitted = true;
    }
    pthread_mutex_unlock(&counter->waiting);
    if (durable)
        tell(counting, refused_day, NULL);
    else if (submit)
        flush_submit(counter);
}

void writes_stop(struct counter *counter)
{
    pthread_mutex_lock(&counter->waiting);
    while (counter->submitted)
        pthread_cond_wait(&counter->idle, &counter->waiting);
    runs_free(counter->taken);
    counter->taken = NULL;
    pthread_mutex_unlock(&counter->waiting);
}

/* --- Closing ------------------------------------------------------------------------------------------------------ */

/* What was read in a transaction that may be rolled back is read again after it. */
static void remember_followed(struct counter *counter)
{
    pthread_rwlock_rdlock(&counter->months_lock);
    for (struct month *month = counter->months; month != NULL; month = month->next) {
        if (month->unsettled >= 0)
            month->followed = month->unsettled;
        else
            month->unsettled = month->followed;
    }
    counter->settling = true;
    pthread_rwlock_unlock(&counter->months_lock);
}

static int gather_until(struct gathered *gathered, struct run *runs, int32_t day, struct err *err)
{
    int r = 0;
    for (struct run *run = runs; r == 0 && run != NULL; run = run->next)
        if (run->day <= day && run->count > 0 && !run->refused)
            r = gather(gathered, run, err);
    return r;
}

int counter_day_settle(struct counter *counter, struct tx *tx, struct err *err)
{
    struct gathered gathered = {0};
    struct month_mark *marks = NULL;
    remember_followed(counter);
    int r = counter_follow(counter, tx, err);
    pthread_rwlock_rdlock(&counter->months_lock);
    pthread_mutex_lock(&counter->waiting);
    if (r == 0)
        r = gather_until(&gathered, counter->taken, counter->held_day, err);
    for (struct month *month = counter->months; month != NULL; month = month->next) {
        for (int p = 0; r == 0 && p < PARTS; p++) {
            pthread_mutex_lock(&month->parts[p].lock);
            r = gather_until(&gathered, month->parts[p].runs, counter->held_day, err);
            pthread_mutex_unlock(&month->parts[p].lock);
        }
    }
    if (r == 0)
        r = write_runs(counter, tx, &gathered, &marks, err);
    for (size_t i = 0; r == 0 && i < gathered.count; i++)
        gathered.runs[i]->settled = true;
    pthread_mutex_unlock(&counter->waiting);
    pthread_rwlock_unlock(&counter->months_lock);
    marks_free(marks);
    free(gathered.runs);
    return r;
}
