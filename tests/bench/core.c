/* What the engine does in memory, on one core: clocks, ledger leaves, and the limit each is held against. Prints JSON
 * lines
 * {"name", "value", "unit", "against", "limit", "ratio"}; the limit is measured in the same run. */
#include "law/catalogue.h"
#include "ledger/merkle.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_sec(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void print(const char *name, double value, const char *unit, const char *against, double limit)
{
    printf("{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"%s\",\"against\":\"%s\",\"limit\":%.0f,\"ratio\":%.3f}\n", name,
           value, unit, against, limit, value / limit);
    fflush(stdout);
}

/* The events of a year in a fixed order that no branch predictor learns. */
static int64_t moment(uint64_t *state, int64_t base_usec)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return base_usec + (int64_t)(*state >> 33) % (365 * INT64_C(86400)) * USEC_PER_SEC;
}

static double clocks(const struct catalogue *catalogue, const char *id, int64_t *sum)
{
    const struct norm *norm = catalogue_norm_last(catalogue, id);
    int64_t base_usec = zone_moment(&catalogue->calendar->zone, day_from_date((struct date){2025, 6, 1}), 0);
    struct clock_moments moments;
    uint64_t state = 1;
    double begun, rate = 0;
    const int count = 2000000;

    if (!norm || !norm->has_clock) {
        fprintf(stderr, "no clock: %s\n", id);
        exit(1);
    }
    for (int round = 0; round < 3; round++) {
        begun = now_sec();
        for (int i = 0; i < count; i++) {
            if (clock_compute(catalogue->calendar, &norm->clock, moment(&state, base_usec), &moments, NULL) < 0)
                exit(1);
            *sum += moments.due_usec ^ moments.overdue_usec;
        }
        begun = count / (now_sec() - begun);
        rate = begun > rate ? begun : rate;
    }
    return rate;
}

/* The same stream of moments turned into days: what reading an event costs before any law is applied. */
static double days(const struct catalogue *catalogue, int64_t *sum)
{
    int64_t base_usec = zone_moment(&catalogue->calendar->zone, day_from_date((struct date){2025, 6, 1}), 0);
    uint64_t state = 1;
    double begun = now_sec();
    const int count = 5000000;

    for (int i = 0; i < count; i++)
        *sum += zone_day_of(&catalogue->calendar->zone, moment(&state, base_usec));
    return count / (now_sec() - begun);
}

static double leaves(void)
{
    static char body[512];
    struct peaks peaks = {0};
    struct hash leaf;
    double begun = now_sec();
    const int count = 1000000;

    memset(body, 'x', sizeof(body));
    for (int i = 0; i < count; i++) {
        memcpy(body, &i, sizeof(i));
        leaf = merkle_leaf(body, sizeof(body));
        peaks_append(&peaks, &leaf, NULL, NULL);
    }
    return count / (now_sec() - begun);
}

/* One hash of the leaf's bytes and one of an inner node: what no tree can do without. */
static double hashes(int64_t *sum)
{
    static char body[513];
    struct hash hash;
    double begun = now_sec();
    const int count = 1000000;

    for (int i = 0; i < count; i++) {
        memcpy(body, &i, sizeof(i));
        hash = sha256_of(body, sizeof(body), NULL, 0, NULL, 0);
        *sum += hash.bytes[0];
        hash = sha256_of(body, 65, NULL, 0, NULL, 0);
        *sum += hash.bytes[1];
    }
    return count / (now_sec() - begun);
}

/* How often the disk under `folder` takes 4 KiB and a flush. */
static double flushes(const char *folder)
{
    char path[4096], page[4096] = {0};
    double begun;
    int fd, count = 0;

    snprintf(path, sizeof(path), "%s/flush.probe", folder);
    fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    if (fd < 0 || ftruncate(fd, 64 << 20) < 0)
        exit(1);
    fsync(fd);
    begun = now_sec();
    while (now_sec() - begun < 3) {
        page[0]++;
        if (pwrite(fd, page, sizeof(page), (off_t)(count % 16384) * 4096) != sizeof(page) || fdatasync(fd) < 0)
            exit(1);
        count++;
    }
    close(fd);
    unlink(path);
    return count / (now_sec() - begun);
}

int main(int argc, char **argv)
{
    struct catalogue *catalogue;
    struct err err = {0};
    int64_t sum = 0;
    double limit;

    if (argc != 3) {
        fprintf(stderr, "usage: %s LAW-FOLDER SCRATCH-FOLDER\n", argv[0]);
        return 2;
    }
    if (catalogue_load(argv[1], &catalogue, &err) < 0) {
        fprintf(stderr, "%s %s\n", err.code, err.arg);
        return 1;
    }
    limit = days(catalogue, &sum);
    print("clock, 20 calendar days (opl.11.3)", clocks(catalogue, "opl.11.3", &sum), "1/s", "moment to local day",
          limit);
    print("clock, 15 working days (rar.5)", clocks(catalogue, "rar.5", &sum), "1/s", "moment to local day", limit);
    print("clock, 24 hours (opl.9.4.2)", clocks(catalogue, "opl.9.4.2", &sum), "1/s", "moment to local day", limit);
    limit = hashes(&sum);
    print("ledger leaves of 512 bytes", leaves(), "1/s", "the two SHA-256 of each", limit);
    limit = flushes(argv[2]);
    print("disk flushes of 4 KiB", limit, "1/s", "itself", limit);
    catalogue_free(catalogue);
    return sum == 42; /* keeps the sums alive */
}
