/* A few slots under a lock; counting itself happens outside it. */
#include "web/figures.h"
#include "base/time.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 512 /* a year on the first page and twelve weeks on the desk, of every procedure */

/* What is counted: the key tells one question from another. */
union counted {
    struct span_figures span;
    struct register_figures reg;
};
struct question {
    char key[192];
    int (*count)(struct tx *tx, const struct question *question, union counted *ret, struct err *err);
    const char *procedure, *clock, *reg;
    int64_t bounds[2];
};

struct slot {
    char key[192];
    int64_t at_usec; /* when it was counted */
    bool known, counting;
    union counted counted;
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

/* The question's slot, or else the one counted longest ago that nobody is counting; NULL when all are being counted. */
static struct slot *find_slot(struct figures *figures, const char *key)
{
    struct slot *oldest = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &figures->slots[i];
        if (strcmp(slot->key, key) == 0)
            return slot;
        if (!slot->counting && (oldest == NULL || slot->at_usec < oldest->at_usec))
            oldest = slot;
    }
    if (oldest == NULL)
        return NULL;
    *oldest = (struct slot){0};
    strcpy(oldest->key, key);
    return oldest;
}

static int answer(struct figures *figures, struct tx *tx, const struct question *question, int64_t now_usec,
                  union counted *ret, struct err *err)
{
    pthread_mutex_lock(&figures->lock);
    struct slot *slot = find_slot(figures, question->key);
    bool fresh =
        slot != NULL && slot->known && (slot->counting || now_usec - slot->at_usec < FIGURES_AGE_SEC * USEC_PER_SEC);
    bool mine = slot != NULL && !slot->counting;
    if (fresh)
        *ret = slot->counted;
    else if (mine)
        slot->counting = true;
    pthread_mutex_unlock(&figures->lock);
    if (fresh)
        return 0;
    union counted counted;
    int r = question->count(tx, question, &counted, err);
    if (mine) {
        pthread_mutex_lock(&figures->lock);
        slot->counting = false;
        if (r == 0) {
            slot->known = true;
            slot->at_usec = now_usec;
            slot->counted = counted;
        }
        pthread_mutex_unlock(&figures->lock);
    }
    if (r == 0)
        *ret = counted;
    return r;
}

static int count_span(struct tx *tx, const struct question *question, union counted *ret, struct err *err)
{
    return store_case_span_figures(tx, question->procedure, question->clock, question->bounds, 1, &ret->span, err);
}

int figures_of_span(struct figures *figures, struct tx *tx, const char *procedure, const char *clock, int64_t from_usec,
                    int64_t until_usec, int64_t now_usec, struct span_figures *ret, struct err *err)
{
    struct question question = {
        .count = count_span, .procedure = procedure, .clock = clock, .bounds = {from_usec, until_usec}};
    union counted counted;
    int length = snprintf(question.key, sizeof question.key, "span %s %s %lld %lld", procedure, clock,
                          (long long)from_usec, (long long)until_usec);
    int r = length < (int)sizeof question.key ? answer(figures, tx, &question, now_usec, &counted, err)
                                              : count_span(tx, &question, &counted, err);
    if (r == 0)
        *ret = counted.span;
    return r;
}

static int count_register(struct tx *tx, const struct question *question, union counted *ret, struct err *err)
{
    return store_register_figures(tx, question->reg, &ret->reg.standing, &ret->reg.left, err);
}

int figures_of_register(struct figures *figures, struct tx *tx, const char *reg, int64_t now_usec,
                        struct register_figures *ret, struct err *err)
{
    struct question question = {.count = count_register, .reg = reg};
    union counted counted;
    int length = snprintf(question.key, sizeof question.key, "register %s", reg);
    int r = length < (int)sizeof question.key ? answer(figures, tx, &question, now_usec, &counted, err)
                                              : count_register(tx, &question, &counted, err);
    if (r == 0)
        *ret = counted.reg;
    return r;
}
