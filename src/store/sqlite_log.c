/* The write-ahead log is folded back ("checkpoint") by a thread with a connection of its own, so that writers do not
 * wait for the disk to take thousands of pages.
 *
 * The log can begin anew only when everything in it is folded, which under load it never is, for the writer goes on. So
 * the thread folds the bulk, and the writer itself, between two transactions, the small rest. */
#include "store/sqlite_log.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_WORTH_IT 4000  /* 16 MB */
#define PAGES_TOO_MANY 40000 /* 160 MB: the writer waits and folds all by itself */

struct sqlite_log {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *path;
    bool stopping, wanted, folded;
};

/* Fails where the disk is full or the file cannot be read: then the log stays and grows, and the next growth asks
 * again. */
static void fold(const char *path)
{
    sqlite3 *handle = NULL;
    if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL) ==
            SQLITE_OK &&
        sqlite3_exec(handle, "PRAGMA synchronous = FULL; PRAGMA mmap_size = 0;", NULL, NULL, NULL) == SQLITE_OK)
        sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    sqlite3_close(handle);
}

static void *log_main(void *arg)
{
    struct sqlite_log *log = arg;
    pthread_mutex_lock(&log->lock);
    for (;;) {
        while (!log->wanted && !log->stopping)
            pthread_cond_wait(&log->changed, &log->lock);
        if (log->stopping)
            break;
        pthread_mutex_unlock(&log->lock);
        fold(log->path);
        fold(log->path); /* what came during the first, so that little is left */
        pthread_mutex_lock(&log->lock);
        log->wanted = false;
        log->folded = true;
    }
    pthread_mutex_unlock(&log->lock);
    return NULL;
}

struct sqlite_log *sqlite_log_new(const char *path)
{
    struct sqlite_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        return NULL;
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->changed, NULL);
    log->path = strdup(path);
    if (log->path != NULL && pthread_create(&log->thread, NULL, log_main, log) == 0)
        return log;
    free(log->path);
    free(log);
    return NULL;
}

void sqlite_log_free(struct sqlite_log *log)
{
    if (log == NULL)
        return;
    pthread_mutex_lock(&log->lock);
    log->stopping = true;
    pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->lock);
    pthread_join(log->thread, NULL);
    pthread_cond_destroy(&log->changed);
    pthread_mutex_destroy(&log->lock);
    free(log->path);
    free(log);
}

void sqlite_log_grew(struct sqlite_log *log, sqlite3 *writer, int pages)
{
    if (pages < PAGES_WORTH_IT)
        return;
    bool mine = log == NULL || pages > PAGES_TOO_MANY;
    if (!mine) {
        pthread_mutex_lock(&log->lock);
        mine = log->folded;
        log->folded = false;
        if (!mine && !log->wanted) {
            log->wanted = true;
            pthread_cond_signal(&log->changed);
        }
        pthread_mutex_unlock(&log->lock);
    }
    if (mine)
        sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}
