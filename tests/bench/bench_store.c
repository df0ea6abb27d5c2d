/* Durable commands a second, against the disk's own write + fdatasync: bench_store FOLDER-OR-URL [SECONDS]
 *
 * 64 commands are always under way; each writes what an intake writes (a number, a case, its clock, an event, an
 * idempotency key). Prints one JSON line. */
#include "base/id.h"
#include "base/time.h"
#include "store/case_rows.h"
#include "store/events.h"
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNDER_WAY = 64, LATENCIES = 4000000 };

static struct store *store;
static _Atomic int64_t done_count, failed;
static _Atomic int running;
static int64_t until_usec;
static uint32_t *latencies;

struct intake {
    struct store_command command;
    char id[ID_TEXT];
    int64_t submitted_usec;
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

static int run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct intake *intake = (struct intake *)command;
    static const char fields[] = "{\"about\":\"content\",\"link\":\"https://example.kz/post/1234567\",\"text\":\"…\"}";
    static const char body[] =
        "{\"act\":null,\"case\":\"018f0000-0000-7000-8000-000000000000\",\"fields\":{\"about\":\"content\",\"text\":"
        "{\"commitment\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}},\"kind\":"
        "\"case.opened\",\"procedure\":\"complaint\",\"received\":\"2026-04-09T23:59:59+05:00\"}";
    static char sealed[600];
    int64_t seq, at = intake->submitted_usec;
    int rc = store_case_next_seq(tx, "complaint", 2026, &seq, err);
    if (rc != 0)
        return rc;
    char number[32];
    snprintf(number, sizeof number, "Ш-2026-%06lld", (long long)seq);
    struct hash key = sha256_of(intake->id, strlen(intake->id), NULL, 0, NULL, 0);
    struct case_row file = {.id = intake->id,
                            .procedure = "complaint",
                            .number = number,
                            .state = "received",
                            .version = 1,
                            .opened_usec = at,
                            .registered_usec = at,
                            .closed_usec = TIME_NONE,
                            .opener = "public",
                            .lang = "kk",
                            .fields = fields,
                            .sealed = sealed,
                            .sealed_len = sizeof sealed,
                            .next_due_usec = at + 20 * USEC_PER_DAY,
                            .next_overdue_usec = at + 21 * USEC_PER_DAY,
                            .last_leaf = seq};
    struct clock_row clock = {.case_id = intake->id,
                              .clock = "answer",
                              .norm = "opl.11.3",
                              .norm_from_day = 19610,
                              .starts_usec = at,
                              .due_usec = file.next_due_usec,
                              .overdue_usec = file.next_overdue_usec,
                              .state = "running",
                              .stopped_usec = TIME_NONE,
                              .remind_usec = at + 15 * USEC_PER_DAY,
                              .calendar_hash = "0123456789abcdef",
                              .catalogue_hash = "fedcba9876543210"};
    struct event_row event = {.leaf = seq - 1,
                              .at_usec = at,
                              .kind = "case.opened",
                              .case_id = intake->id,
                              .body = body,
                              .body_len = sizeof body - 1,
                              .sealed = sealed,
                              .sealed_len = sizeof sealed,
                              .leaf_hash = key};
    struct idempotency_row idempotency = {key, key, intake->id, seq - 1, at};
    rc = store_case_insert(tx, &file, err);
    rc = rc != 0 ? rc : store_clock_put(tx, &clock, err);
    rc = rc != 0 ? rc : store_event_insert(tx, &event, err);
    return rc != 0 ? rc : store_idempotency_insert(tx, &idempotency, err);
}

static void submit(struct intake *intake);

static void finished(struct store_command *command, const struct err *err)
{
    struct intake *intake = (struct intake *)command;
    int64_t at = now();
    if (err != NULL) {
        if (failed++ == 0)
            fprintf(stderr, "%s %s\n", err->code, err->detail);
    } else {
        int64_t n = done_count++;
        if (n < LATENCIES)
            latencies[n] = (uint32_t)(at - intake->submitted_usec);
    }
    if (at < until_usec)
        submit(intake);
    else
        running--;
}

static void submit(struct intake *intake)
{
    struct err err = {0};
    intake->submitted_usec = now();
    id_new(time_now_usec(), intake->id);
    if (store_submit(store, &intake->command, &err) != 0) {
        fprintf(stderr, "%s\n", err.code);
        exit(1);
    }
}

static double disk_rate(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/raw.bin", folder);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert(fd >= 0);
    static char block[4096];
    int64_t begin = now(), count = 0;
    while (now() - begin < USEC_PER_SEC) {
        if (pwrite(fd, block, sizeof block, count % 4096 * 4096) != sizeof block || fdatasync(fd) != 0)
            abort();
        count++;
    }
    double rate = (double)count * 1e6 / (double)(now() - begin);
    close(fd);
    unlink(path);
    return rate;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    const char *where = argc > 1 ? argv[1] : "/tmp";
    int seconds = argc > 2 ? atoi(argv[2]) : 5;
    bool postgres = strncmp(where, "postgres", 8) == 0;
    double raw = disk_rate(postgres ? "/tmp" : where);
    char url[1024];
    snprintf(url, sizeof url, postgres ? "%s" : "%s/bench.db", where);
    struct store_options options = {.url = url, .create = true};
    struct err err = {0};
    latencies = calloc(LATENCIES, sizeof *latencies);
    if (latencies == NULL || store_open(&options, &store, &err) != 0) {
        fprintf(stderr, "%s %s\n", err.code, err.detail);
        return 1;
    }
    static struct intake intakes[UNDER_WAY];
    int64_t begin = now();
    until_usec = begin + seconds * USEC_PER_SEC;
    running = UNDER_WAY;
    for (int i = 0; i < UNDER_WAY; i++) {
        intakes[i].command = (struct store_command){.run = run, .done = finished};
        submit(&intakes[i]);
    }
    while (running > 0)
        usleep(1000);
    double elapsed = (double)(now() - begin) / 1e6, rate = (double)done_count / elapsed;
    struct store_figures figures;
    store_figures(store, &figures);
    size_t count = done_count < LATENCIES ? (size_t)done_count : LATENCIES;
    qsort(latencies, count, sizeof *latencies, compare);
    printf("{\"bench\": \"store_intake\", \"engine\": \"%s\", \"commands_per_s\": %.0f, \"group\": %.1f, "
           "\"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f, \"disk_fdatasync_per_s\": %.0f, \"ratio\": %.2f, "
           "\"failed\": %lld}\n",
           store_engine_name(store), rate, (double)figures.commands / (double)figures.groups,
           latencies[count / 2] / 1e3, latencies[count * 99 / 100] / 1e3, latencies[count - 1] / 1e3, raw, rate / raw,
           (long long)failed);
    store_close(store);
    free(latencies);
    return failed > 0;
}
