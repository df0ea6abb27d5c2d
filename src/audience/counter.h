/* Counting users: how many different people came, each day and each month, in each service and in all. Exact, and
 * without knowing anybody.
 *
 * A line that a platform sends names a user by an opaque identifier. It is hashed (SipHash-2-4, 64 bits) under a secret
 * that lives for one calendar month, and forgotten; the hash goes into the month's set (day_set.h) with a bit for the
 * day. What was new (this user, that day, in this service) is written to the store before anybody gets an answer; a
 * repetition changes nothing, so a client may repeat whatever it is not sure of. After the month the secret is
 * destroyed with the sets, and only figures are left (figures.h): nobody, we included, can follow a person into the
 * next month.
 *
 * Everything in memory is a copy of the store (`audience_chunk`, `audience_set`): nodes read what others wrote
 * (counter_follow), so that all come to the union. A day is open until it is closed; today and, until a set hour,
 * yesterday take lines. */
#ifndef TALAP_AUDIENCE_COUNTER_H
#define TALAP_AUDIENCE_COUNTER_H

#include "cases/office.h"

#define SERVICE_NAME_MAX 64 /* bytes: lower-case letters of ASCII, digits, "-", "_", "."; "" is the platform itself */
#define MONTH_OF(year, month) ((year)*12 + (month)-1)

bool service_name_fits(const char *name);

struct counter;
/* Reads the open months from the store. `late_hour`: until which local hour yesterday takes lines (0…23; 0: not at
 * all). */
int counter_new(const struct office *office, int late_hour, int64_t now_usec, struct counter **ret,
                struct err *err) WARN_UNUSED;
void counter_free(struct counter *counter); /* NULL-safe; nobody counts any more */

/* Identifiers of one day and service, read and hashed: what lines.h makes of a body. The caller's. */
struct visits {
    int32_t day;         /* local day since 1970 */
    const char *service; /* "" the platform itself */
    const uint64_t *hashes;
    size_t count;
};
/* The key under which identifiers of that day are hashed (makes the month's secret when it is the first: a write of its
 * own). Refusals: ERR_CONFLICT "day_closed" (arg: the day), "day_in_future"; ERR_BAD_INPUT "service_name". */
struct visit_key {
    uint8_t bytes[16];
};
int counter_key(struct counter *counter, int32_t day, int64_t now_usec, struct visit_key *ret,
                struct err *err) WARN_UNUSED;

/* Counts, and calls `done` exactly once: with NULL when everything that these visits changed or relied on is durable,
 * or with what went wrong (the store's failure; "day_closed" when the day was closed meanwhile). `done` may be called
 * before this returns, from the writer's thread or the caller's. One write is under way at a time and takes along
 * whatever has come by then, of all callers.
 *
 * Who is told that the store failed must not take it that nothing was counted: the hashes stay in the sets and go with
 * the next write. That harms nothing, for they were good and counted on an open day, and a repetition counts once. */
struct counting {
    void (*done)(struct counting *counting, const struct err *err);
    void *arg;
    size_t fresh;          /* of this call: users not seen that day in that service before */
    int64_t users_today;   /* of the service on that day, afterwards */
    struct counting *next; /* the counter's */
    int32_t day;           /* the counter's */
};
void counter_add(struct counter *counter, const struct visits *visits, int64_t now_usec, struct counting *counting);

/* Takes in what other nodes wrote, as far as `tx` sees it. */
int counter_follow(struct counter *counter, struct tx *tx, struct err *err) WARN_UNUSED;

/* Different users of a service (NULL: of all services, each user once) on a day, or in a month. 0 where nothing came.
 */
int64_t counter_users_on(struct counter *counter, int32_t day, const char *service);
int64_t counter_users_in(struct counter *counter, int month, const char *service);

/* Closing a day, in the write transaction that enters its figures: from counter_day_hold on lines of that day (and
 * before) wait; what was counted and is not durable yet is written in `tx`; then the figures above are final. After the
 * commit counter_day_closed(…, true), else (…, false), and lines go on as before. At most one day is held at a time. */
void counter_day_hold(struct counter *counter, int32_t day);
int counter_day_settle(struct counter *counter, struct tx *tx, struct err *err) WARN_UNUSED;
void counter_day_closed(struct counter *counter, int32_t day, bool closed);
/* Forgets a month: sets, key, memory (wiped). Its rows are figures.h's to destroy. */
void counter_month_forget(struct counter *counter, int month);

/* Puts chunks into the sets when they have grown to be worth it; small transactions. *ret_handled 0: nothing to do, or
 * another node is at it. */
int counter_fold(struct counter *counter, int64_t now_usec, size_t *ret_handled, struct err *err) WARN_UNUSED;

struct counter_figures {
    uint64_t lines, fresh, bodies, writes, bytes; /* since the start; bytes: memory of the sets */
};
void counter_figures(struct counter *counter, struct counter_figures *ret);

#endif
