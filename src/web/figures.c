/* A few slots under a lock; counting itself happens outside it. */
#include "web/figures.h"
#include "base/time.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 32

struct slot {
    char procedure[64], clock[64];
    int64_t from_usec, until_usec;
    int64_t at_usec; /* when it was counted */
    bool known, counting;
    struct span_figures span;
};

struct figures {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

int figures_new(struct figures **ret, struct err *err)
{
    struct figures *figures = calloc(1, sizeof *figures);
    if (figures == NULL)
        return err_memory(err);
    pthread_mutex_init(&figures->lock, NULL);
    *ret = figures;
    return 0;
}

void figures_free(struct figures *figures)
{
    if (figures == NULL)
        return;
    pthread_mutex_destroy(&figures->lock);
    free(figures);
}

/* The span's slot, or else the one counted longest ago that nobody is counting; NULL when all are being counted. */
static struct slot *find_slot(struct figures *figures, const char *procedure, const char *clock, int64_t from_usec,
                              int64_t until_usec)
{
    struct slot *oldest = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &figures->slots[i];
        if (slot->from_usec == from_usec && slot->until_usec == until_usec && strcmp(slot->procedure, procedure) == 0 &&
            strcmp(slot->clock, clock) == 0)
            return slot;
        if (!slot->counting && (oldest == NULL || slot->at_usec < oldest->at_usec))
            oldest = slot;
    }
    if (oldest == NULL || strlen(procedure) >= sizeof oldest->procedure || strlen(clock) >= sizeof oldest->clock)
        return NULL;
    *oldest = (struct slot){.from_usec = from_usec, .until_usec = until_usec};
    strcpy(oldest->procedure, procedure);
    strcpy(oldest->clock, clock);
    return oldest;
}

int figures_of_span(struct figures *figures, struct tx *tx, const char *procedure, const char *clock, int64_t from_usec,
                    int64_t until_usec, int64_t now_usec, struct span_figures *ret, struct err *err)
{
    const int64_t bounds[2] = {from_usec, until_usec};
    pthread_mutex_lock(&figures->lock);
    struct slot *slot = find_slot(figures, procedure, clock, from_usec, until_usec);
    bool fresh =
        slot != NULL && slot->known && (slot->counting || now_usec - slot->at_usec < FIGURES_AGE_SEC * USEC_PER_SEC);
    bool mine = slot != NULL && !slot->counting;
    if (fresh)
        *ret = slot->span;
    else if (mine)
        slot->counting = true;
    pthread_mutex_unlock(&figures->lock);
    if (fresh)
        return 0;
    struct span_figures span;
    int r = store_case_span_figures(tx, procedure, clock, bounds, 1, &span, err);
    if (mine) {
        pthread_mutex_lock(&figures->lock);
        slot->counting = false;
        if (r == 0) {
            slot->known = true;
            slot->at_usec = now_usec;
            slot->span = span;
        }
        pthread_mutex_unlock(&figures->lock);
    }
    if (r == 0)
        *ret = span;
    return r;
}
