/* A queue and its threads. */
#include "web/slow.h"
#include "web/connection.h"
#include <pthread.h>
#include <stdlib.h>

#define QUEUE_MAX 128
#define ROUTE_MAX 32 /* of one route: who floods the sign-in does not keep the others (and /readyz) out */
#define THREADS_MAX 16

struct slow {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct connection *first, *last;
    size_t count;
    bool stopping;
    void (*run)(struct connection *connection);
    int thread_count;
    pthread_t threads[THREADS_MAX];
};

static void *work(void *arg)
{
    struct slow *slow = arg;
    pthread_mutex_lock(&slow->lock);
    for (;;) {
        while (slow->first == NULL && !slow->stopping)
            pthread_cond_wait(&slow->work, &slow->lock);
        struct connection *connection = slow->first;
        if (connection == NULL)
            break;
        slow->first = connection->next;
        slow->count--;
        pthread_mutex_unlock(&slow->lock);
        slow->run(connection);
        pthread_mutex_lock(&slow->lock);
    }
    pthread_mutex_unlock(&slow->lock);
    return NULL;
}

int slow_start(int threads, void (*run)(struct connection *connection), struct slow **ret, struct err *err)
{
    struct slow *slow = calloc(1, sizeof *slow);
    if (slow == NULL)
        return err_memory(err);
    pthread_mutex_init(&slow->lock, NULL);
    pthread_cond_init(&slow->work, NULL);
    slow->run = run;
    for (int i = 0; i < threads && i < THREADS_MAX; i++) {
        if (pthread_create(&slow->threads[i], NULL, work, slow) != 0) {
            slow_stop(slow);
            return err_memory(err);
        }
        slow->thread_count++;
    }
    *ret = slow;
    return 0;
}

/* Under the lock. */
static size_t waiting_like(const struct slow *slow, const struct connection *connection)
{
    size_t count = 0;
    for (const struct connection *c = slow->first; c != NULL; c = c->next)
        count += c->request.route == connection->request.route;
    return count;
}

bool slow_submit(struct slow *slow, struct connection *connection)
{
    pthread_mutex_lock(&slow->lock);
    bool taken = slow->count < QUEUE_MAX && waiting_like(slow, connection) < ROUTE_MAX;
    if (taken) {
        connection->next = NULL;
        if (slow->first == NULL)
            slow->first = connection;
        else
            slow->last->next = connection;
        slow->last = connection;
        slow->count++;
        pthread_cond_signal(&slow->work);
    }
    pthread_mutex_unlock(&slow->lock);
    return taken;
}

void slow_stop(struct slow *slow)
{
    if (slow == NULL)
        return;
    pthread_mutex_lock(&slow->lock);
    slow->stopping = true;
    pthread_cond_broadcast(&slow->work);
    pthread_mutex_unlock(&slow->lock);
    for (int i = 0; i < slow->thread_count; i++)
        pthread_join(slow->threads[i], NULL);
    pthread_cond_destroy(&slow->work);
    pthread_mutex_destroy(&slow->lock);
    free(slow);
}
