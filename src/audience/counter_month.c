/* A month in memory: its services, their sets, and the set of all.
 *
 * While only one service was seen in a month, its set is the set of all: most platforms have one. When a second comes
 * the set is copied, and from then on what is new to a service is entered in both. */
#include "audience/counter_parts.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int day_month(int32_t day)
{
    struct date date = date_from_day(day);
    return MONTH_OF(date.year, date.month);
}

struct month *month_find(const struct counter *counter, int number)
{
    struct month *month = counter->months;
    while (month != NULL && month->number != number)
        month = month->next;
    return month;
}

int month_new(int number, struct month **ret, struct err *err)
{
    /* It holds the month's key: kept from swap and core dumps, and wiped when it goes. What is so given ends where a
     * page does, so it lies as its size does. */
    _Static_assert(sizeof(struct month) % _Alignof(struct month) == 0, "its end is a line's end");
    struct month *month = sodium_malloc(sizeof *month);
    if (month == NULL)
        return err_memory(err);
    memset(month, 0, sizeof *month);
    month->number = number;
    month->unsettled = -1;
    month->first_day = day_from_date((struct date){.year = number / 12, .month = number % 12 + 1, .day = 1});
    for (int i = 0; i < PARTS; i++)
        pthread_mutex_init(&month->parts[i].lock, NULL);
    *ret = month;
    return 0;
}

static void sets_free(struct service_sets *sets)
{
    for (int i = 0; sets != NULL && i < PARTS; i++)
        day_set_done(&sets->parts[i]);
    free(sets);
}

void month_free(struct month *month)
{
    if (month == NULL)
        return;
    for (int i = 0; i < SERVICES_MAX; i++)
        sets_free(month->services[i]);
    sets_free(month->all);
    for (int i = 0; i < PARTS; i++) {
        runs_free(month->parts[i].runs);
        pthread_mutex_destroy(&month->parts[i].lock);
    }
    sodium_free(month);
}

int service_find(const struct counter *counter, const char *name)
{
    for (int i = 0; i < counter->service_count; i++)
        if (strcmp(counter->services[i], name) == 0)
            return i;
    return -1;
}

int service_add(struct counter *counter, const char *name, int *ret, struct err *err)
{
    int at = service_find(counter, name);
    if (at < 0 && counter->service_count == SERVICES_MAX)
        return err_set(err, ERR_CONFLICT, "services_too_many", "%d", SERVICES_MAX);
    if (at < 0) {
        at = counter->service_count++;
        snprintf(counter->services[at], sizeof counter->services[at], "%s", name);
    }
    *ret = at;
    return 0;
}

/* All of the services that there are, united. */
static int unite(struct month *month, struct err *err)
{
    struct service_sets *all = calloc(1, sizeof *all);
    bool first = true;
    int r = all == NULL ? err_memory(err) : 0;
    for (int s = 0; r == 0 && s < SERVICES_MAX; s++) {
        if (month->services[s] == NULL)
            continue;
        for (int i = 0; r == 0 && i < PARTS; i++)
            r = first ? day_set_copy(&month->services[s]->parts[i], &all->parts[i], err)
                      : day_set_unite(&all->parts[i], &month->services[s]->parts[i], err);
        first = false;
    }
    if (r < 0) {
        sets_free(all);
        return r;
    }
    month->all = all;
    return 0;
}

int month_service(struct month *month, int service, struct err *err)
{
    if (month->services[service] != NULL)
        return 0;
    struct service_sets *sets = calloc(1, sizeof *sets);
    if (sets == NULL)
        return err_memory(err);
    if (month->service_count == 1) {
        int r = unite(month, err);
        if (r < 0) {
            free(sets);
            return r;
        }
    }
    month->services[service] = sets;
    month->service_count++;
    return 0;
}

int month_unite(struct month *month, struct err *err)
{
    return month->service_count < 2 ? 0 : unite(month, err);
}

int month_enter(struct month *month, int part, int service, int32_t day, const uint64_t *hashes, size_t count,
                uint64_t *fresh, size_t *ret_fresh, struct err *err)
{
    size_t found = 0, also = 0;
    int bit = day - month->first_day;
    int r = day_set_add(&month->services[service]->parts[part], hashes, count, bit, fresh, &found, err);
    if (month->all != NULL && found > 0) {
        /* Whoever is new to all is among those new to the service; which of them, nobody asks. */
        uint64_t *scratch = malloc(found * sizeof *scratch);
        int also_r = scratch == NULL ? err_memory(err)
                                     : day_set_add(&month->all->parts[part], fresh, found, bit, scratch, &also, err);
        if (also_r < 0) {
            month->stale = true;
            r = also_r;
        }
        free(scratch);
    }
    *ret_fresh = found;
    return r;
}
