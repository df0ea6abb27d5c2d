/* Writers: threads that turn queued commands into few transactions.
 *
 * A writer takes what is queued, runs every command in a savepoint of its own, and commits them all with one flush;
 * only then does it tell their owners. While it flushes, the queue fills again: the busier the store, the larger the
 * groups and the cheaper each command. A command alone needs no savepoint, for then the whole transaction is its own.
 */
#include "store/writer.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS_MAX 8
#define CAREFUL_GROUPS 32
#define RETRY_PAUSE_USEC 20000 /* times the number of the run */

/* Waits for commands and takes up to GROUP_MAX; false when the store stops and nothing is left. */
static bool take_group(struct writer *w)
{
    struct store *store = w->store;
    w->count = 0;
    pthread_mutex_lock(&store->lock);
    while (store->first == NULL && !store->stopping)
        pthread_cond_wait(&store->queued_more, &store->lock);
    while (store->first != NULL && w->count < GROUP_MAX) {
        struct store_command *command = store->first;
        bool alone = command->alone || command->outside;
        if (alone && w->count > 0)
            break;
        store->first = command->next;
        if (store->first == NULL)
            store->last = NULL;
        command->next = NULL;
        w->group[w->count++] = command;
        if (alone)
            break;
    }
    store->figures.queued -= w->count;
    bool more = store->first != NULL;
    pthread_mutex_unlock(&store->lock);
    if (more) /* for the other writers */
        pthread_cond_signal(&store->queued_more);
    return w->count > 0;
}

static int connected(struct writer *w, struct err *err)
{
    if (w->db != NULL && w->db->lost) {
        w->db->engine->disconnect(w->db);
        w->db = NULL;
    }
    if (w->db != NULL)
        return 0;
    int rc = w->store->engine->connect(w->store->url, false, true, &w->db, err);
    if (rc == 0 && w->store->later && w->store->engine->relax != NULL)
        rc = w->store->engine->relax(w->db, err);
    return rc;
}

/* A command's own work. What it says counts, not what it left in `own`: it may have met an error and dealt with it. But
 * one that ends the transaction cannot be dealt with. */
static int run_command(struct writer *w, struct tx *tx, struct store_command *command, struct err *own)
{
    err_clear(own);
    int rc = command->run(tx, command, own);
    if (rc == 0 && !w->db->doomed) {
        err_clear(own);
        return 0;
    }
    if (own->kind == ERR_NONE)
        err_set(own, ERR_INTERNAL, "store_refused", NULL);
    return -(int)own->kind;
}

/* One command between its savepoints. Returns non-zero only when the transaction as a whole cannot go on. */
static int run_in_savepoint(struct writer *w, struct tx *tx, size_t at, struct err *err)
{
    struct db *db = w->db;
    struct store_command *command = w->group[at];
    size_t state_bytes = w->store->hooks.state_bytes;
    if (state_bytes > 0)
        memcpy(w->saved, w->state, state_bytes);
    int rc = db->engine->savepoint(db, SAVEPOINT_OPEN, err);
    if (rc != 0)
        return rc;
    struct err *own = &w->errors[at];
    rc = run_command(w, tx, command, own);
    /* On PostgreSQL a release also finds out a command that hid the failure of a statement. */
    if (rc == 0)
        rc = db->engine->savepoint(db, SAVEPOINT_RELEASE, own);
    if (rc == 0)
        return 0;
    if (db->doomed) {
        *err = *own;
        return -(int)err->kind;
    }
    if (state_bytes > 0)
        memcpy(w->state, w->saved, state_bytes);
    return db->engine->savepoint(db, SAVEPOINT_ROLLBACK, err);
}

/* *ret_spoilt: a command failed where it could not be rolled back alone, and the group has to run again. */
static int run_commands(struct writer *w, struct tx *tx, size_t *ret_succeeded, bool *ret_spoilt, struct err *err)
{
    size_t succeeded = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct err *own = &w->errors[i];
        if (w->careful > 0 && w->count > 1) {
            int rc = run_in_savepoint(w, tx, i, err);
            if (rc != 0)
                return rc;
        } else if (run_command(w, tx, w->group[i], own) != 0) {
            if (w->db->doomed) {
                *err = *own;
                return -(int)err->kind;
            }
            if (w->count > 1) {
                *ret_spoilt = true;
                return 0;
            }
        }
        succeeded += own->kind == ERR_NONE;
    }
    *ret_succeeded = succeeded;
    return 0;
}

/* A command of its own kind, which begins no transaction: it gets the connection. */
static int run_outside(struct writer *w, struct err *err)
{
    int rc = connected(w, err);
    if (rc != 0)
        return rc;
    w->db->doomed = w->db->retry = false;
    struct tx tx = {.db = w->db, .store = w->store};
    return w->group[0]->run(&tx, w->group[0], err);
}

/* The whole group in one transaction. A failure concerns all of it; what concerns one command is in `errors`. */
static int run_group(struct writer *w, bool *ret_spoilt, struct err *err)
{
    struct store *store = w->store;
    const struct engine *engine = store->engine;
    int rc = connected(w, err);
    if (rc != 0)
        return rc;
    if ((rc = engine->begin(w->db, true, err)) != 0)
        return rc;
    struct tx tx = {.db = w->db, .store = store, .state = w->state, .write = true};
    if (store->hooks.state_bytes > 0)
        memset(w->state, 0, store->hooks.state_bytes);
    size_t succeeded = 0;
    if (store->hooks.begin != NULL)
        rc = store->hooks.begin(&tx, w->state, store->hooks.arg, err);
    if (rc == 0)
        rc = run_commands(w, &tx, &succeeded, ret_spoilt, err);
    if (rc == 0 && succeeded > 0 && store->hooks.commit != NULL)
        rc = store->hooks.commit(&tx, w->state, store->hooks.arg, err);
    bool committing = rc == 0 && succeeded > 0;
    if (committing)
        rc = engine->commit(w->db, err);
    if (rc != 0 || succeeded == 0) {
        engine->rollback(w->db);
        if (committing && engine->forget != NULL)
            engine->forget(w->db);
        return rc;
    }
    if (store->hooks.committed != NULL)
        store->hooks.committed(w->state, store->hooks.arg);
    return 0;
}

static void finish_group(struct writer *w, int rc, const struct err *err)
{
    struct store *store = w->store;
    size_t failures = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (rc != 0 && w->errors[i].kind == ERR_NONE)
            w->errors[i] = *err;
        failures += w->errors[i].kind != ERR_NONE;
    }
    pthread_mutex_lock(&store->lock);
    store->figures.commands += w->count;
    store->figures.groups++;
    store->figures.failures += failures;
    pthread_mutex_unlock(&store->lock);
    for (size_t i = 0; i < w->count; i++) {
        const struct err *own = w->errors[i].kind == ERR_NONE ? NULL : &w->errors[i];
        w->group[i]->done(w->group[i], own);
    }
}

static void *writer_main(void *arg)
{
    struct writer *w = arg;
    struct store *store = w->store;
    while (take_group(w)) {
        struct err err = {0};
        int rc = 0;
        for (int run = 1;; run++) {
            for (size_t i = 0; i < w->count; i++)
                err_clear(&w->errors[i]);
            err_clear(&err);
            bool spoilt = false;
            rc = w->group[0]->outside ? run_outside(w, &err) : run_group(w, &spoilt, &err);
            if (spoilt && rc == 0) {
                w->careful = CAREFUL_GROUPS;
                continue;
            }
            if (rc != 0 && err.kind == ERR_NONE) /* a hook that failed without saying why */
                err_set(&err, ERR_INTERNAL, "store_refused", NULL);
            /* Where no connection can be made at all (db is NULL), a second try at once is of no use. */
            bool again = rc != 0 && w->db != NULL && w->db->retry;
            if (!again || run == RUNS_MAX)
                break;
            pthread_mutex_lock(&store->lock);
            store->figures.retries++;
            pthread_mutex_unlock(&store->lock);
            if (run > 1)
                usleep((unsigned)(RETRY_PAUSE_USEC * run));
        }
        if (w->careful > 0)
            w->careful--;
        finish_group(w, rc, &err);
        if (rc == 0 && store->engine->settle != NULL)
            store->engine->settle(w->db);
    }
    if (w->db != NULL)
        w->db->engine->disconnect(w->db);
    w->db = NULL;
    return NULL;
}

int writers_start(struct store *store, int count, struct err *err)
{
    for (int i = 0; i < count && i < WRITERS_MAX; i++) {
        struct writer *w = calloc(1, sizeof *w);
        if (w == NULL)
            return err_memory(err);
        store->writers[store->writer_count++] = w;
        w->store = store;
        if (pthread_create(&w->thread, NULL, writer_main, w) != 0)
            return err_memory(err);
        w->running = true;
    }
    return 0;
}

void writers_stop(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    store->stopping = true;
    pthread_mutex_unlock(&store->lock);
    pthread_cond_broadcast(&store->queued_more);
    for (int i = 0; i < store->writer_count; i++) {
        struct writer *w = store->writers[i];
        if (w->running)
            pthread_join(w->thread, NULL);
        free(w->state);
        free(w->saved);
        free(w);
    }
    store->writer_count = 0;
}

void store_set_hooks(struct store *store, const struct store_hooks *hooks)
{
    store->hooks = *hooks;
    for (int i = 0; i < store->writer_count; i++) {
        struct writer *w = store->writers[i];
        free(w->state);
        free(w->saved);
        w->state = calloc(1, hooks->state_bytes + 1);
        w->saved = calloc(1, hooks->state_bytes + 1);
        /* At start, before the first command; a program that has no memory left then should not serve. */
        assert(w->state != NULL && w->saved != NULL);
    }
}

int store_submit(struct store *store, struct store_command *command, struct err *err)
{
    command->next = NULL;
    pthread_mutex_lock(&store->lock);
    bool refused = store->stopping || store->figures.queued >= store->queue_max;
    if (!refused) {
        if (store->last != NULL)
            store->last->next = command;
        else
            store->first = command;
        store->last = command;
        store->figures.queued++;
    }
    pthread_mutex_unlock(&store->lock);
    if (refused)
        return err_set(err, ERR_UNAVAILABLE, "store_busy", NULL);
    pthread_cond_signal(&store->queued_more);
    return 0;
}

struct waiting {
    struct store_command command;
    pthread_mutex_t lock;
    pthread_cond_t finished;
    bool done;
    struct err err;
};

static void waiting_done(struct store_command *command, const struct err *err)
{
    struct waiting *waiting = (struct waiting *)command;
    pthread_mutex_lock(&waiting->lock);
    if (err != NULL)
        waiting->err = *err;
    waiting->done = true;
    /* Under the lock: afterwards the waiting thread may already have left with its memory. */
    pthread_cond_signal(&waiting->finished);
    pthread_mutex_unlock(&waiting->lock);
}

static int write_and_wait(struct store *store,
                          int (*run)(struct tx *tx, struct store_command *command, struct err *err), void *arg,
                          bool alone, bool outside, struct err *err)
{
    struct waiting waiting = {
        .command = {.run = run, .done = waiting_done, .arg = arg, .alone = alone, .outside = outside},
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .finished = PTHREAD_COND_INITIALIZER};
    int rc = store_submit(store, &waiting.command, err);
    if (rc != 0)
        return rc;
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.done)
        pthread_cond_wait(&waiting.finished, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_cond_destroy(&waiting.finished);
    pthread_mutex_destroy(&waiting.lock);
    if (waiting.err.kind == ERR_NONE)
        return 0;
    if (err != NULL)
        *err = waiting.err;
    return -(int)waiting.err.kind;
}

int store_write(struct store *store, int (*run)(struct tx *tx, struct store_command *command, struct err *err),
                void *arg, struct err *err)
{
    return write_and_wait(store, run, arg, false, false, err);
}

int store_write_alone(struct store *store, int (*run)(struct tx *tx, struct store_command *command, struct err *err),
                      void *arg, struct err *err)
{
    return write_and_wait(store, run, arg, true, false, err);
}

int writer_outside(struct store *store, int (*run)(struct tx *tx, struct store_command *command, struct err *err),
                   void *arg, struct err *err)
{
    return write_and_wait(store, run, arg, true, true, err);
}
