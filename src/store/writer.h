/* Inside the store: the queue of commands, the writers, and the list of idle readers. */
#ifndef TALAP_STORE_WRITER_H
#define TALAP_STORE_WRITER_H

#include "store/db.h"
#include <pthread.h>

#define GROUP_MAX 128
#define WRITERS_MAX 16

struct writer {
    struct store *store;
    pthread_t thread;
    bool running;
    struct db *db; /* NULL until it is needed, and after it was lost */
    void *state, *saved;
    struct store_command *group[GROUP_MAX];
    struct err errors[GROUP_MAX]; /* kind ERR_NONE where the command succeeded */
    size_t count;
    int careful; /* so many groups more get savepoints */
};

struct store {
    const struct engine *engine;
    char *url;
    struct store_hooks hooks;
    size_t queue_max;
    bool later; /* store_options.later */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t queued_more;
    struct store_command *first, *last;
    struct store_figures figures;
    bool stopping;
    struct db *readers; /* idle */

    int writer_count;
    struct writer *writers[WRITERS_MAX];
};

/* Starts the writers' threads; writers_stop lets them finish what is queued. */
int writers_start(struct store *store, int count, struct err *err) WARN_UNUSED;
void writers_stop(struct store *store);
/* Runs one command under a writer's turn, outside of any transaction, and waits. */
int writer_outside(struct store *store, int (*run)(struct tx *tx, struct store_command *command, struct err *err),
                   void *arg, struct err *err) WARN_UNUSED;

#endif
