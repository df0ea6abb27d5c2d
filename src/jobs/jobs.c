#include "jobs/jobs.h"

#include "adverts/adverts.h"
#include "adverts/dump.h"
#include "adverts/showings.h"
#include "audience/figures.h"
#include "base/log.h"
#include "base/time.h"
#include "cases/registers.h"
#include "jobs/imports.h"
#include "persons/consents.h"
#include "persons/destruction.h"
#include "persons/identity.h"
#include "persons/vault.h"
#include "store/consent_rows.h"
#include "store/identity_rows.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BATCH 200
#define LIBRARY_BATCH 5000
#define LIBRARY_NICE 5 /* a third of a thread's share: searches follow by themselves what came last */
#define REGISTERS_BATCH 100
#define WORDS_BATCH 48
#define WORDS_QUIET 8 /* commands beside a batch, its own included */
#define CODES_BATCH 50
#define KEYS_BATCH 2000
#define IDEMPOTENCY_KEPT_USEC (2 * USEC_PER_DAY)
#define HOUSEKEEPING_USEC (3600 * USEC_PER_SEC)

/* One of the threads. */
struct worker {
    struct jobs *jobs;
    int (*pass)(struct jobs *jobs, int64_t now_usec, size_t *ret_handled, struct err *err);
    const char *complaint;
    int nice; /* gives way to whoever waits for an answer when processors are short */
    pthread_t thread;
    bool running;
    int64_t complained_usec;
};

struct jobs {
    struct jobs_settings settings;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    int64_t housekept_usec;    /* of the first worker */
    bool claimed;              /* this node's law is the office's; said once, when it starts */
    struct import_work import; /* of the third worker */
    int64_t dump_next_usec;    /* of the seventh worker */
    struct worker workers[8];
};

typedef int piece_fn(struct tx *tx, const struct office *office, int64_t now_usec, size_t *ret_count, struct err *err);

struct piece {
    const struct office *office;
    int64_t now_usec;
    piece_fn *fn;
    size_t count;
};

static int piece_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct piece *piece = command->arg;

    return piece->fn(tx, piece->office, piece->now_usec, &piece->count, err);
}

static int do_tick(struct tx *tx, const struct office *office, int64_t now_usec, size_t *ret_count, struct err *err)
{
    return case_tick(tx, office, now_usec, BATCH, ret_count, err);
}

static int do_recompute(struct tx *tx, const struct office *office, int64_t now_usec, size_t *ret_count,
                        struct err *err)
{
    return case_recompute(tx, office, now_usec, BATCH, ret_count, err);
}

static int do_registers(struct tx *tx, const struct office *office, int64_t now_usec, size_t *ret_count,
                        struct err *err)
{
    (void)now_usec;
    return register_refresh(tx, office, REGISTERS_BATCH, ret_count, err);
}

static int do_consents(struct tx *tx, const struct office *office, int64_t now_usec, size_t *ret_count, struct err *err)
{
    return consents_expire(tx, office, now_usec, BATCH, ret_count, err);
}

static int do_retention(struct tx *tx, const struct office *office, int64_t now_usec, size_t *ret_count,
                        struct err *err)
{
    return retention_pass(tx, office, now_usec, BATCH, ret_count, err);
}

static int do_housekeeping(struct tx *tx, const struct office *office, int64_t now_usec, size_t *ret_count,
                           struct err *err)
{
    int r;

    (void)office;
    r = store_session_purge(tx, now_usec, err);
    if (r == 0)
        r = identity_purge(tx, now_usec, err);
    return r < 0 ? r : store_idempotency_purge(tx, now_usec - IDEMPOTENCY_KEPT_USEC, KEYS_BATCH, ret_count, err);
}

/* For whom codes were asked: looked up here, when the answer is given, so that the answer cannot tell. */
static int do_codes(struct tx *tx, const struct office *office, int64_t now_usec, size_t *ret_count, struct err *err)
{
    return codes_pass(tx, office, now_usec, CODES_BATCH, ret_count, err);
}

/* While nodes are brought up to a new law one after the other, two laws are at work on one store. Each would compute
 * the other's clocks anew, back and forth, an event each time, and the other's registers; so only nodes with the law of
 * the node that started last do. */
#define LAW_SETTING "law"

static bool law_text(const struct office *office, char *ret, size_t room)
{
    int count = snprintf(ret, room, "{\"calendar\":\"%s\",\"catalogue\":\"%s\"}", office->calendar_hash,
                         office->catalogue_hash);

    return count > 0 && (size_t)count < room;
}

static int do_claim(struct tx *tx, const struct office *office, int64_t now_usec, size_t *ret_count, struct err *err)
{
    char law[256];

    (void)now_usec;
    *ret_count = 0;
    return law_text(office, law, sizeof(law)) ? store_setting_put(tx, LAW_SETTING, law, err) : err_memory(err);
}

static int law_is_ours(struct tx *tx, const struct office *office, struct arena *arena, bool *ret, struct err *err)
{
    char law[256];
    const char *newest = NULL;
    int r = store_setting_get(tx, LAW_SETTING, arena, &newest, err);

    if (r == 0)
        *ret = newest == NULL || (law_text(office, law, sizeof(law)) && strcmp(newest, law) == 0);
    return r;
}

/* Which pieces have something to do. */
struct due {
    bool tick, recompute, registers, codes, consents, retention, destruction, adverts, index;
};

/* What becomes due of people and of what is held about them. */
static int look_at_people(struct tx *tx, const struct office *office, int64_t now_usec, struct arena *arena,
                          struct due *ret, struct err *err)
{
    struct consent_row *over;
    size_t count = 0;
    int r = store_consent_over(tx, now_usec / USEC_PER_SEC, 1, arena, &over, &count, err);

    if (r == 0)
        r = retention_due(tx, office, now_usec, &ret->retention, err);
    if (r == 0)
        r = store_destructions_open(tx, &ret->destruction, err);
    ret->consents = count > 0;
    return r;
}

/* Reads only. */
static int look(const struct office *office, int64_t now_usec, struct due *ret, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct ledger_head_row *head;
    struct clock_row *rows;
    struct code_row *codes;
    struct arena arena;
    int64_t ripe = TIME_NONE, position = 0;
    size_t count = 0, code_count = 0;
    bool ours = false, stale = false;
    int r;

    arena_init(&arena, 4 << 20);
    r = store_read_begin(office->store, &tx, err);
    if (r == 0)
        r = store_clock_next_ripe(tx, &ripe, err);
    if (r == 0)
        r = store_clock_outdated(tx, office->calendar_hash, office->catalogue_hash, 1, &arena, &rows, &count, err);
    if (r == 0)
        r = law_is_ours(tx, office, &arena, &ours, err);
    if (r == 0)
        r = register_stale(tx, office, &stale, err);
    if (r == 0)
        r = store_code_asked(tx, 1, &arena, &codes, &code_count, err);
    if (r == 0)
        r = store_words_position_get(tx, &position, err);
    if (r == 0) {
        head = ARENA_NEW(&arena, struct ledger_head_row);
        r = head ? store_ledger_head_get(tx, &arena, head, err) : err_memory(err);
        if (r == 0)
            *ret = (struct due){.tick = ripe != TIME_NONE && ripe <= now_usec,
                                .recompute = count > 0 && ours,
                                .registers = stale && ours,
                                .codes = code_count > 0,
                                .index = position < head->size};
    }
    if (r == 0)
        r = look_at_people(tx, office, now_usec, &arena, ret, err);
    if (r == 0)
        r = adverts_due(tx, office, now_usec, &ret->adverts, err);
    store_read_end(tx);
    tx = NULL;
    arena_done(&arena);
    return r;
}

/* One small transaction; a backlog is cleared by the next pass, which follows at once. */
static int run_piece(const struct jobs_settings *settings, piece_fn *fn, int64_t now_usec, size_t *handled,
                     struct err *err)
{
    struct piece piece = {.office = settings->office, .now_usec = now_usec, .fn = fn};
    int r;

    r = store_write(settings->office->store, piece_run, &piece, err);
    *handled += r == 0 ? piece.count : 0;
    return r;
}

struct words {
    const struct word_batch *batch;
    size_t count;
};

static int words_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct words *words = command->arg;

    return case_words_add(tx, words->batch, &words->count, err);
}

static int gather_words(const struct office *office, struct arena *arena, struct words *words, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    int r = store_read_begin(office->store, &tx, err);

    return r < 0 ? r : case_words_gather(tx, office, WORDS_BATCH, arena, &words->batch, err);
}

/* Search may lag, people may not wait for it. How many commands of others ran beside one small batch tells how busy the
 * store is: when it is, the next batch comes a quarter of a second later, and the rest once it is quiet. */
static int index_words(const struct jobs_settings *settings, size_t *handled, struct err *err)
{
    const struct timespec pause = {.tv_nsec = 250000000};
    struct store_figures before, after;
    struct words words = {0};
    struct arena arena;
    int r;

    arena_init(&arena, 64 << 20);
    store_figures(settings->office->store, &before);
    r = gather_words(settings->office, &arena, &words, err);
    if (r == 0)
        r = store_write_alone(settings->office->store, words_run, &words, err);
    arena_done(&arena);
    *handled += r == 0 ? words.count : 0;
    store_figures(settings->office->store, &after);
    if (r == 0 && after.commands - before.commands > WORDS_QUIET)
        nanosleep(&pause, NULL);
    return r;
}

/* Keeps the first failure of a pass: the pieces do not wait for one another. */
static int first_failure(int so_far, int r, struct err *first, const struct err *err)
{
    if (so_far < 0 || r >= 0)
        return so_far;
    if (first)
        *first = *err;
    return r;
}

/* Each step is a transaction of its own, and compaction none at all. */
static int destroy(const struct jobs_settings *settings, int64_t now_usec, size_t *handled, struct err *err)
{
    size_t count = 0;
    int r = destruction_pass(settings->office, now_usec, &count, err);

    *handled += r == 0 ? count : 0;
    return r;
}

/* Looks by itself whether a day is over or a secret waits; a backlog is cleared piece by piece. */
static int close_days(const struct jobs_settings *settings, int64_t now_usec, size_t *handled, struct err *err)
{
    size_t count = 0;
    int r = audience_pass(settings->office, settings->counter, settings->late_hour, now_usec, &count, err);

    *handled += r == 0 ? count : 0;
    return r;
}

/* Advertisements whose year is over: a transaction of its own. */
static int remove_adverts(const struct jobs_settings *settings, int64_t now_usec, size_t *handled, struct err *err)
{
    size_t count = 0;
    int r = adverts_remove_pass(settings->office, now_usec, &count, err);

    *handled += r == 0 ? count : 0;
    return r;
}

int jobs_pass(const struct jobs_settings *settings, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct due due = {false};
    size_t handled = 0, refreshed = 0;
    struct err why = {0};
    int r;

    r = look(settings->office, now_usec, &due, err);
    if (r < 0)
        return r;
    if (due.recompute)
        r = first_failure(r, run_piece(settings, do_recompute, now_usec, &handled, &why), err, &why);
    /* While clocks are still being computed anew, none is called overdue: a new holiday may have moved its moment. */
    if (due.tick && handled == 0)
        r = first_failure(r, run_piece(settings, do_tick, now_usec, &handled, &why), err, &why);
    if (due.registers)
        r = first_failure(r, run_piece(settings, do_registers, now_usec, &refreshed, &why), err, &why);
    handled += refreshed;
    if (due.codes)
        r = first_failure(r, run_piece(settings, do_codes, now_usec, &handled, &why), err, &why);
    if (due.consents)
        r = first_failure(r, run_piece(settings, do_consents, now_usec, &handled, &why), err, &why);
    if (due.retention)
        r = first_failure(r, run_piece(settings, do_retention, now_usec, &handled, &why), err, &why);
    if (due.destruction)
        r = first_failure(r, destroy(settings, now_usec, &handled, &why), err, &why);
    r = first_failure(r, close_days(settings, now_usec, &handled, &why), err, &why);
    if (due.adverts)
        r = first_failure(r, remove_adverts(settings, now_usec, &handled, &why), err, &why);
    if (due.index)
        r = first_failure(r, index_words(settings, &handled, &why), err, &why);
    if (r == 0)
        *ret_handled = handled;
    return r;
}

static int time_pass(struct jobs *jobs, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct err why = {0};
    size_t purged = 0;
    int r = jobs->claimed ? 0 : run_piece(&jobs->settings, do_claim, now_usec, &purged, err);

    if (r < 0)
        return r;
    jobs->claimed = true;
    r = jobs_pass(&jobs->settings, now_usec, ret_handled, err);
    if (now_usec - jobs->housekept_usec < HOUSEKEEPING_USEC)
        return r;
    r = first_failure(r, run_piece(&jobs->settings, do_housekeeping, now_usec, &purged, &why), err, &why);
    if (purged < KEYS_BATCH) /* a day of many requests is forgotten piece by piece */
        jobs->housekept_usec = now_usec;
    else
        *ret_handled += purged;
    return r;
}

static int mail_pass(struct jobs *jobs, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    return outbox_pass(&jobs->settings, now_usec, ret_handled, err);
}

static int import_pass(struct jobs *jobs, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    return imports_pass(&jobs->settings, &jobs->import, now_usec, ret_handled, err);
}

/* Each decision follows too; when nobody asks for a while, the first one would pay for all that was written since. */
static int index_pass(struct jobs *jobs, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    int r = store_read_begin(jobs->settings.office->store, &tx, err);

    if (r == 0)
        r = person_index_follow(jobs->settings.index, tx, now_usec, err);
    if (r == 0)
        *ret_handled = 0;
    return r;
}

/* Counts of showings come by the hundred thousand: their parts are added one after the other, beside everything else.
 */
static int showings_pass(struct jobs *jobs, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    return showings_fold(jobs->settings.office, now_usec, ret_handled, err);
}

/* The library's index follows, and is written to its file when enough has changed: a second or two, beside searches. */
static int library_pass(struct jobs *jobs, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct tx *tx = NULL;
    int64_t behind = 0;
    int r = store_read_begin(jobs->settings.office->store, &tx, err);

    if (r == 0)
        r = library_follow(jobs->settings.library, tx, LIBRARY_BATCH, &behind, err);
    store_read_end(tx);
    if (r == 0 && behind == 0)
        r = library_save(jobs->settings.library, now_usec, err);
    if (r == 0)
        *ret_handled = behind > 0;
    return r;
}

/* What other nodes counted comes in, and what has gathered goes into the sets. */
static int counter_pass(struct jobs *jobs, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct tx *tx = NULL;
    struct counter *counter = jobs->settings.counter;
    int r = store_read_begin(jobs->settings.office->store, &tx, err);

    *ret_handled = 0;
    if (r == 0)
        r = counter_follow(counter, tx, err);
    store_read_end(tx);
    return r < 0 ? r : counter_fold(counter, now_usec, ret_handled, err);
}

static bool goes_on(void *arg)
{
    struct jobs *jobs = arg;
    bool stopping;

    pthread_mutex_lock(&jobs->lock);
    stopping = jobs->stopping;
    pthread_mutex_unlock(&jobs->lock);
    return !stopping;
}

/* Once a day, after the hour from which yesterday is over. What failed is tried again ten minutes later. */
static int dump_pass(struct jobs *jobs, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    const struct jobs_settings *settings = &jobs->settings;
    const struct zone *zone = &settings->office->catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, now_usec);
    bool made = false;
    int r;

    *ret_handled = 0;
    if (now_usec < zone_moment(zone, today, settings->late_hour * 3600) || now_usec < jobs->dump_next_usec)
        return 0;
    jobs->dump_next_usec = now_usec + 600 * USEC_PER_SEC;
    r = dump_make(settings->office, settings->dumps_dir, now_usec, goes_on, jobs, &made, err);
    return r;
}

/* How much was done: while there is more, the next pass need not wait. */
static size_t pass(struct worker *worker)
{
    int64_t now_usec = worker->jobs->settings.now();
    struct err err = {0};
    size_t handled = 0;
    int r = worker->pass(worker->jobs, now_usec, &handled, &err);

    if (r < 0 && now_usec - worker->complained_usec >= 60 * USEC_PER_SEC) {
        log_line(LOG_LEVEL_WARNING, worker->complaint, "code", err.code, "detail", err.detail, NULL);
        worker->complained_usec = now_usec;
    }
    return r < 0 ? 0 : handled; /* after a failure, a second's rest */
}

static void *loop(void *arg)
{
    struct worker *worker = arg;
    struct jobs *jobs = worker->jobs;
    struct timespec until;
    size_t handled;

    if (worker->nice > 0) /* of this thread alone; without it, it is only less polite */
        (void)setpriority(PRIO_PROCESS, (id_t)gettid(), worker->nice);
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stopping) {
        pthread_mutex_unlock(&jobs->lock);
        handled = pass(worker);
        pthread_mutex_lock(&jobs->lock);
        if (handled > 0)
            continue;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        while (!jobs->stopping && pthread_cond_timedwait(&jobs->wake, &jobs->lock, &until) != ETIMEDOUT)
            ;
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

static int work(struct worker *worker, struct err *err)
{
    worker->complained_usec = INT64_MIN / 2;
    if (pthread_create(&worker->thread, NULL, loop, worker) != 0)
        return err_set(err, ERR_UNAVAILABLE, "no_thread", NULL);
    worker->running = true;
    return 0;
}

int jobs_start(const struct jobs_settings *settings, struct jobs **ret, struct err *err)
{
    pthread_condattr_t attributes;
    struct jobs *jobs = calloc(1, sizeof(*jobs));
    int r;

    if (!jobs)
        return err_memory(err);
    jobs->settings = *settings;
    jobs->housekept_usec = INT64_MIN / 2;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    jobs->workers[0] = (struct worker){.jobs = jobs, .pass = time_pass, .complaint = "jobs wait"};
    jobs->workers[1] = (struct worker){.jobs = jobs, .pass = mail_pass, .complaint = "mail waits"};
    jobs->workers[2] = (struct worker){.jobs = jobs, .pass = import_pass, .complaint = "import waits"};
    jobs->workers[3] = (struct worker){.jobs = jobs, .pass = index_pass, .complaint = "index waits"};
    jobs->workers[4] = (struct worker){.jobs = jobs, .pass = showings_pass, .complaint = "showings wait"};
    jobs->workers[6] = (struct worker){.jobs = jobs, .pass = dump_pass, .complaint = "dump waits"};
    jobs->workers[5] =
        (struct worker){.jobs = jobs, .pass = library_pass, .complaint = "library waits", .nice = LIBRARY_NICE};
    jobs->workers[7] = (struct worker){.jobs = jobs, .pass = counter_pass, .complaint = "counting waits"};
    r = work(&jobs->workers[0], err);
    if (r == 0 && settings->counter)
        r = work(&jobs->workers[7], err);
    if (r == 0)
        r = work(&jobs->workers[2], err);
    if (r == 0)
        r = work(&jobs->workers[4], err);
    if (r == 0 && settings->dumps_dir)
        r = work(&jobs->workers[6], err);
    if (r == 0 && settings->index)
        r = work(&jobs->workers[3], err);
    if (r == 0 && (settings->mail->url || (settings->sms && settings->sms->url)))
        r = work(&jobs->workers[1], err);
    if (r == 0 && settings->library)
        r = work(&jobs->workers[5], err);
    if (r < 0) {
        jobs_stop(jobs);
        return r;
    }
    *ret = jobs;
    return 0;
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    pthread_cond_broadcast(&jobs->wake);
    pthread_mutex_unlock(&jobs->lock);
    for (size_t i = 0; i < sizeof(jobs->workers) / sizeof(jobs->workers[0]); i++)
        if (jobs->workers[i].running)
            pthread_join(jobs->workers[i].thread, NULL);
    imports_end(&jobs->import);
    pthread_cond_destroy(&jobs->wake);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
