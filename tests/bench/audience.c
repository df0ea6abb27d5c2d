/* Counting in process: audience count STORE VAR LAW USERS TIMES BODY; or audience lines FILE USERS TIMES, which only
 * writes the lines. The store is made when it is not there; USERS different identifiers, each TIMES, shuffled, in
 * bodies of BODY lines, each answered only when it is durable. Prints a JSON line a figure. Bodies are made outside of
 * what is measured. */
#include "audience/lines.h"
#include "cli/cli.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE 17 /* sixteen hex digits and LF */

static double clock_sec(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double now_sec(void)
{
    return clock_sec(CLOCK_MONOTONIC);
}

static void fail(const char *what, const struct err *err)
{
    fprintf(stderr, "%s: %s %s %s\n", what, err->code != NULL ? err->code : "", err->arg, err->detail);
    exit(1);
}

static void print(const char *name, double value, const char *unit)
{
    printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\"}\n", name, value, unit);
    fflush(stdout);
}

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static void write_line(char *to, uint64_t user)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t id = mix(user);
    for (int i = 0; i < 16; i++)
        to[i] = digits[id >> (60 - 4 * i) & 15];
    to[16] = '\n';
}

struct waiting {
    struct counting counting;
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool done;
    struct err err;
};

static void told(struct counting *counting, const struct err *err)
{
    struct waiting *waiting = counting->arg;
    pthread_mutex_lock(&waiting->lock);
    waiting->done = true;
    waiting->err = err != NULL ? *err : (struct err){0};
    pthread_cond_signal(&waiting->told);
    pthread_mutex_unlock(&waiting->lock);
}

/* Each user as often as wanted, shuffled. */
static uint32_t *shuffled(uint64_t users, uint64_t times)
{
    uint64_t total = users * times;
    uint32_t *order = malloc(total * sizeof *order);
    if (order == NULL)
        exit(1);
    for (uint64_t i = 0; i < total; i++)
        order[i] = (uint32_t)(i % users);
    for (uint64_t i = total - 1; i > 0; i--) {
        uint64_t j = mix(i * 7) % (i + 1);
        uint32_t swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    return order;
}

static int write_lines(const char *path, uint64_t users, uint64_t times)
{
    FILE *file = fopen(path, "w");
    uint32_t *order = shuffled(users, times);
    char line[LINE];
    for (uint64_t i = 0; file != NULL && i < users * times; i++) {
        write_line(line, order[i]);
        if (fwrite(line, 1, LINE, file) != LINE)
            break;
    }
    free(order);
    return file == NULL || fclose(file) != 0;
}

int main(int argc, char **argv)
{
    struct installation installation;
    struct settings settings = {0};
    struct err err = {0};
    if (argc == 5 && strcmp(argv[1], "lines") == 0)
        return write_lines(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
    if (argc != 8 || strcmp(argv[1], "count") != 0) {
        fputs("audience count STORE VAR LAW USERS TIMES BODY | lines FILE USERS TIMES\n", stderr);
        return 2;
    }
    argv++;
    settings.store_url = argv[1];
    settings.var_dir = argv[2];
    settings.law_dir = argv[3];
    uint64_t users = strtoull(argv[4], NULL, 10), times = strtoull(argv[5], NULL, 10), total = users * times;
    size_t body = strtoull(argv[6], NULL, 10);
    if (installation_open(&installation, &settings, true, &err) < 0)
        fail("open", &err);
    struct counter *counter;
    int64_t now = time_now_usec();
    int32_t today = zone_day_of(&installation.catalogue->calendar->zone, now);
    struct visit_key key;
    if (counter_new(&installation.office, 0, now, &counter, &err) < 0 ||
        counter_key(counter, today, now, &key, &err) < 0)
        fail("counter", &err);

    uint32_t *order = shuffled(users, times);
    char *text = malloc(body * LINE);
    if (text == NULL)
        return 1;

    struct waiting waiting = {.lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER};
    struct lines lines;
    double reading = 0, adding = 0, flushing = 0, first = 0, worked = 0;
    uint64_t fresh = 0;
    for (uint64_t at = 0; at < total; at += body) {
        size_t count = total - at < body ? total - at : body;
        for (size_t i = 0; i < count; i++)
            write_line(text + i * LINE, order[at + i]);
        double begun = now_sec(), worked_before = clock_sec(CLOCK_PROCESS_CPUTIME_ID);
        lines_init(&lines, &key, false);
        if (lines_feed(&lines, text, count * LINE, &err) < 0 || lines_end(&lines, &err) < 0)
            fail("lines", &err);
        double read = now_sec();
        waiting.done = false;
        waiting.counting = (struct counting){.done = told, .arg = &waiting};
        counter_add(counter, &(struct visits){today, "", lines.hashes, lines.count}, now, &waiting.counting);
        double added = now_sec();
        pthread_mutex_lock(&waiting.lock);
        while (!waiting.done)
            pthread_cond_wait(&waiting.told, &waiting.lock);
        pthread_mutex_unlock(&waiting.lock);
        if (waiting.err.kind != ERR_NONE)
            fail("add", &waiting.err);
        fresh += waiting.counting.fresh;
        lines_done(&lines);
        double end = now_sec();
        reading += read - begun;
        adding += added - read;
        flushing += end - added;
        worked += clock_sec(CLOCK_PROCESS_CPUTIME_ID) - worked_before;
        if (at + count <= users)
            first = reading + adding + flushing;
    }
    if (fresh != users || counter_users_on(counter, today, NULL) != (int64_t)users) {
        fprintf(stderr, "counted %llu of %llu\n", (unsigned long long)fresh, (unsigned long long)users);
        return 1;
    }
    print("identifiers read and hashed", (double)total / reading, "1/s");
    print("hashes entered", (double)total / adding, "1/s");
    print("identifiers counted in the library, until durable", (double)total / (reading + adding + flushing), "1/s");
    print("the same by the processor time of all threads", (double)total / worked, "1/s");
    print("of that, waiting for the disk", flushing / (reading + adding + flushing) * 100, "%");
    print("identifiers counted, the first time round (most of them new)", (double)users / first, "1/s");
    free(order);
    free(text);
    struct counter_figures figures;
    counter_figures(counter, &figures);
    print("memory of the sets", (double)figures.bytes / 1048576, "MB");
    double begun = now_sec();
    size_t handled = 1;
    while (handled > 0)
        if (counter_fold(counter, now, &handled, &err) < 0)
            fail("fold", &err);
    print("chunks put into the sets", now_sec() - begun, "s");
    counter_free(counter);
    begun = now_sec();
    if (counter_new(&installation.office, 0, now, &counter, &err) < 0)
        fail("again", &err);
    print("read back at the start", (now_sec() - begun) * 1000, "ms");
    if (counter_users_on(counter, today, NULL) != (int64_t)users) {
        fputs("the store holds another number\n", stderr);
        return 1;
    }
    counter_free(counter);
    installation_close(&installation);
    return 0;
}
