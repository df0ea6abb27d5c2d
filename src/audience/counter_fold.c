/* Chunks become sets: what a restart has to read stays as large as the users are many, however often they come.
 *
 * A round writes the sets as memory has them, a stretch of hashes (all services) in a small transaction each, so that
 * nobody waits long; then, in one more, it takes away the chunks that were in memory when it began. A stretch is newer
 * than that and may hold more than the chunks did: it is a union all the same. One node does this at a time, by a lease
 * that stands in a setting and is looked at in each of the transactions: who has lost it, or has not read what another
 * node folded meanwhile, ends the round with nothing lost. */
#include "audience/counter_parts.h"
#include "base/json.h"
#include "store/audience_rows.h"
#include "store/people_rows.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_SETTING "audience_fold"
#define LEASE_USEC (120 * USEC_PER_SEC)
/* Worth it: so many rows, or a quarter of what the sets would take, and never for little. */
#define FOLD_ROWS 10000
#define FOLD_BYTES ((size_t)4 << 20)

struct round {
    struct counter *counter;
    int month, stretch;
    int64_t until; /* chunks that are in memory */
    int64_t now_usec;
    bool lost;
    uint8_t *entries;
    size_t room;
};

/* In the transaction: ours, free, or another's. */
static int lease_take(struct round *round, struct tx *tx, struct err *err)
{
    struct arena arena;
    char text[96];
    const char *json = NULL;
    json_t *held CLEANUP_JSON = NULL;
    arena_init(&arena, 16 * 1024);
    int r = store_setting_get(tx, LEASE_SETTING, &arena, &json, err);
    if (r == 0 && json != NULL)
        r = json_parse(json, strlen(json), &held, err);
    const char *node = json_string_value(json_object_get(held, "node"));
    int64_t until = json_integer_value(json_object_get(held, "until_usec"));
    if (r == 0 && node != NULL && strcmp(node, round->counter->node) != 0 && until > round->now_usec &&
        until <= round->now_usec + 2 * LEASE_USEC)
        round->lost = true;
    if (r == 0 && !round->lost) {
        snprintf(text, sizeof text, "{\"node\":\"%s\",\"until_usec\":%" PRId64 "}", round->counter->node,
                 round->now_usec + LEASE_USEC);
        r = store_setting_put(tx, LEASE_SETTING, text, err);
    }
    arena_done(&arena);
    return r;
}

/* Does memory hold everything that is in the sets of the store, and nothing that another node's closing left out? */
static int check_month(struct round *round, struct tx *tx, struct err *err)
{
    struct audience_month_row row;
    struct arena arena;
    bool found = false;
    int64_t closed_day;
    arena_init(&arena, 16 * 1024);
    int r = store_audience_month_get(tx, round->month, &arena, &row, &found, err);
    arena_done(&arena);
    if (r == 0)
        r = store_audience_figure_last(tx, "day", INT32_MIN, &closed_day, err);
    if (r < 0)
        return r;
    pthread_rwlock_rdlock(&round->counter->months_lock);
    const struct month *month = month_find(round->counter, round->month);
    if (!found || row.secret == NULL || month == NULL || month->stale || month->followed < row.folded ||
        closed_day > round->counter->closed_day)
        round->lost = true;
    pthread_rwlock_unlock(&round->counter->months_lock);
    return 0;
}

/* The stretch's entries of one service, in round->entries. */
static int stretch_export(struct round *round, int service, size_t *ret_count, struct err *err)
{
    uint64_t first = (uint64_t)round->stretch << 58, last = first | ((UINT64_C(1) << 58) - 1);
    for (;;) {
        size_t count = 0;
        pthread_rwlock_rdlock(&round->counter->months_lock);
        struct month *month = month_find(round->counter, round->month);
        if (month != NULL && month->services[service] != NULL) {
            struct part *part = &month->parts[round->stretch / STRETCHES_A_PART];
            pthread_mutex_lock(&part->lock);
            count = day_set_export(&month->services[service]->parts[round->stretch / STRETCHES_A_PART], first, last,
                                   round->entries, round->room);
            pthread_mutex_unlock(&part->lock);
        }
        pthread_rwlock_unlock(&round->counter->months_lock);
        if (count <= round->room) {
            *ret_count = count;
            return 0;
        }
        free(round->entries);
        round->room = count + count / 8;
        round->entries = malloc(round->room * DAY_ENTRY_BYTES);
        if (round->entries == NULL) {
            round->room = 0;
            return err_memory(err);
        }
    }
}

static int stretch_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct round *round = command->arg;
    round->lost = false;
    int r = lease_take(round, tx, err);
    if (r == 0 && !round->lost)
        r = check_month(round, tx, err);
    for (int service = 0; r == 0 && !round->lost && service < SERVICES_MAX; service++) {
        struct audience_set_row row = {.month = round->month, .stretch = round->stretch};
        size_t count = 0;
        r = stretch_export(round, service, &count, err);
        if (r < 0 || count == 0)
            continue;
        r = store_audience_service(tx, round->counter->services[service], &row.service, err);
        row.users = round->entries;
        row.bytes = count * DAY_ENTRY_BYTES;
        if (r == 0)
            r = store_audience_set_put(tx, &row, err);
    }
    return r;
}

static int end_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct round *round = command->arg;
    round->lost = false;
    int r = lease_take(round, tx, err);
    if (r == 0 && !round->lost)
        r = check_month(round, tx, err);
    if (r == 0 && !round->lost)
        r = store_audience_chunk_delete(tx, round->month, round->until, err);
    if (r == 0 && !round->lost)
        r = store_audience_month_folded(tx, round->month, round->until, err);
    return r;
}

/* A month whose chunks have grown. */
static bool find_work(struct counter *counter, struct round *round, size_t *ret_chunks, size_t *ret_bytes)
{
    bool found = false;
    pthread_rwlock_rdlock(&counter->months_lock);
    for (struct month *month = counter->months; !found && month != NULL; month = month->next) {
        size_t sets = 0;
        for (int s = 0; s < SERVICES_MAX; s++)
            for (int p = 0; month->services[s] != NULL && p < PARTS; p++) {
                pthread_mutex_lock(&month->parts[p].lock);
                sets += month->services[s]->parts[p].users * DAY_ENTRY_BYTES;
                pthread_mutex_unlock(&month->parts[p].lock);
            }
        size_t worth = sets / 4 > FOLD_BYTES ? sets / 4 : FOLD_BYTES;
        found = !month->stale && (month->chunk_bytes >= worth || month->chunks >= FOLD_ROWS);
        if (found) {
            round->month = month->number;
            round->until = month->followed;
            *ret_chunks = month->chunks;
            *ret_bytes = month->chunk_bytes;
        }
    }
    pthread_rwlock_unlock(&counter->months_lock);
    return found;
}

int counter_fold(struct counter *counter, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct round round = {.counter = counter, .now_usec = now_usec};
    struct store *store = counter->office->store;
    size_t chunks = 0, bytes = 0;
    int r = 0;
    if (!find_work(counter, &round, &chunks, &bytes)) {
        *ret_handled = 0;
        return 0;
    }
    for (; r == 0 && !round.lost && round.stretch < SET_STRETCHES; round.stretch++)
        r = store_write(store, stretch_run, &round, err);
    if (r == 0 && !round.lost)
        r = store_write(store, end_run, &round, err);
    if (round.entries != NULL)
        sodium_memzero(round.entries, round.room * DAY_ENTRY_BYTES);
    free(round.entries);
    if (r < 0)
        return r;
    if (!round.lost) {
        pthread_rwlock_rdlock(&counter->months_lock);
        struct month *month = month_find(counter, round.month);
        if (month != NULL) {
            month->chunks -= chunks < month->chunks ? chunks : month->chunks;
            month->chunk_bytes -= bytes < month->chunk_bytes ? bytes : month->chunk_bytes;
        }
        pthread_rwlock_unlock(&counter->months_lock);
    }
    *ret_handled = round.lost ? 0 : 1;
    return 0;
}
