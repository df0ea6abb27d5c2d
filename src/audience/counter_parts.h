/* What the files of the counter share; private to the room.
 *
 * Locks, in the order in which they are taken:
 *
 *   follow   who reads the store into the sets (one at a time);
 *   months   read by whoever counts or looks, for as long as that takes; written to change what months, services and
 * sets there are, and to hold a day: then nobody is in the middle of counting; waiting  what is being written, and who
 * waits for it; part     of a month: its sixteenth of all sets, and what of it is not in the store yet. */
#ifndef TALAP_AUDIENCE_COUNTER_PARTS_H
#define TALAP_AUDIENCE_COUNTER_PARTS_H

#include "audience/counter.h"
#include "audience/day_set.h"
#include "store/store.h"
#include <pthread.h>
#include <stdatomic.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows hold hashes as memory does");

#define SERVICES_MAX 256
#define CHUNK_HASHES ((size_t)1 << 20) /* of a row at most */
#define SET_STRETCHES 64               /* rows of a set: by the highest bits of the hash */
#define STRETCHES_A_PART (SET_STRETCHES / PARTS)

/* Hashes new on a day in a service, not durable yet. */
struct run {
    struct run *next;
    int month;
    int32_t day;
    int service;
    uint64_t *hashes;
    size_t count, room;
    bool settled; /* written by the closing of its day */
    bool refused; /* its day was closed by another node */
};

struct part {
    pthread_mutex_t lock;
    struct run *runs;
} __attribute__((aligned(64)));

struct service_sets {
    struct day_set parts[PARTS];
};

struct month {
    struct month *next;
    int number;
    int32_t first_day;
    struct visit_key key;
    int64_t unsettled;        /* what `followed` was before a closing read what may not be committed; -1: none did */
    _Atomic int64_t followed; /* chunks up to this serial are in the sets */
    _Atomic size_t chunks;    /* rows and bytes in the store since the last fold, as far as is known */
    _Atomic size_t chunk_bytes;
    _Atomic bool stale;                          /* holds what another node's closing left out: to be read anew */
    struct service_sets *services[SERVICES_MAX]; /* NULL: nothing came in this month */
    int service_count;                           /* that are not NULL */
    struct service_sets *all;                    /* NULL while there are less than two */
    struct part parts[PARTS];
};

struct counter {
    const struct office *office;
    int late_hour;
    pthread_mutex_t follow;
    pthread_rwlock_t months_lock;
    struct month *months;
    char services[SERVICES_MAX][SERVICE_NAME_MAX + 1];
    int service_count;
    int32_t held_day, closed_day; /* INT32_MIN: none */
    bool settling;                /* a closing has read what may not be committed */
    pthread_mutex_t hold_lock;    /* with released: whoever waits for a held day */
    pthread_cond_t released;

    pthread_mutex_t waiting;       /* guards what follows */
    struct counting *first, *last; /* for the next write */
    struct counting *covered;      /* by the one under way */
    struct run *taken;             /* what that one writes */
    bool submitted, running;
    int32_t refused_day; /* up to it, what another node's closing left out may have been relied on; INT32_MIN: no day */
    struct store_command command;
    struct month_mark {
        struct month_mark *next;
        int month;
        int64_t before, serial;
        size_t rows, bytes;
    } * marks; /* what chunks the write under way makes of each month */
    pthread_cond_t idle;

    _Atomic size_t pending; /* hashes in runs that nobody has taken */
    _Atomic uint64_t lines, fresh, bodies, writes;
    char node[17]; /* names it in the lease of folding */
};

/* counter_month.c. Those that look are called with the months locked. */
struct month *month_find(const struct counter *counter, int number);
int day_month(int32_t day);
int service_find(const struct counter *counter, const char *name); /* -1: unknown */
/* With the months locked for writing: makes room for a service in a month, and the set of all when it is the second. */
int month_service(struct month *month, int service, struct err *err) WARN_UNUSED;
int service_add(struct counter *counter, const char *name, int *ret, struct err *err) WARN_UNUSED;
int month_new(int number, struct month **ret, struct err *err) WARN_UNUSED;
void month_free(struct month *month);
/* Makes the set of all where there are two services. */
int month_unite(struct month *month, struct err *err) WARN_UNUSED;
/* Puts hashes of one part into the sets, with the part locked; those new to the service are written to `fresh`. Where
 * memory ends between the set of the service and that of all, the month is stale. */
int month_enter(struct month *month, int part, int service, int32_t day, const uint64_t *hashes, size_t count,
                uint64_t *fresh, size_t *ret_fresh, struct err *err) WARN_UNUSED;

/* counter_load.c */
int month_key(const struct counter *counter, int number, const void *secret, size_t count, struct visit_key *ret,
              struct err *err) WARN_UNUSED;
/* The caller holds `follow`. `threads`: months are read on two, the second with a transaction of its own; else all of
 * it is what `tx` sees. */
int counter_follow_locked(struct counter *counter, struct tx *tx, bool threads, struct err *err) WARN_UNUSED;

/* counter_write.c. The run of that day and service with room for so many hashes more, with the part locked; NULL: no
 * memory. */
struct run *run_of(struct part *part, int month, int32_t day, int service, size_t more, struct err *err);
void runs_free(struct run *runs);
/* Calls `done` when all that was counted before is durable, and now if it is. */
void counting_finish(struct counter *counter, struct counting *counting);
/* With the months locked for writing: what of these runs is not written never will be, and nobody is told that it is.
 */
void runs_refuse(struct counter *counter, const struct run *runs);
/* Waits until nothing is under way. */
void writes_stop(struct counter *counter);

#endif
