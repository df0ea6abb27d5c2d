/* The library of advertisements in process: how fast it is built, what memory it takes, how fast it is read back, and
 * how long searches take; JSON on one line. With a folder, also the same texts and queries for PostgreSQL.
 *
 *     bench_adsearch COUNT FOLDER [SEARCHES] */
#include "adverts/library_parts.h"
#include "adverts_made.h"
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH 4000

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Nothing that is measured by it waits for anything but the processor, where others may be at work. */
static double worked(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double resident_mb(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void must(int r, const struct err *err)
{
    if (r == 0)
        return;
    fprintf(stderr, "%s %s\n", err->code, err->detail);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static uint64_t seed = 99;
static unsigned some(unsigned count)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)((seed >> 33) % count);
}

/* A word that people search for: one of the ten thousand most frequent, the frequent ones more often. */
static const char *word(void)
{
    unsigned top = some(3) == 0 ? 100 : some(2) == 0 ? 1000 : 10000;

    return advert_made_word((int)some(3), some(top));
}

enum shape { ONE, TWO, FILTERED, DEEP, SHOWN, PERIOD, PREFIX, SHAPES };
static const char *const shapes[SHAPES] = {"one_word",   "two_words", "filter_and_word", "deep_cursor",
                                           "most_shown", "period",    "prefix"};

static void search(struct library *library, enum shape shape, struct arena *arena, double *ret, FILE *queries,
                   uint64_t count)
{
    struct library_query query = {.kind = -1, .format = -1, .from_day = INT32_MIN, .until_day = INT32_MAX, .limit = 50};
    struct library_answer answer = {0};
    struct err err = {0};
    char words[200], cursor[64];
    const char *first = word();

    arena_reset(arena);
    snprintf(words, sizeof words, "%s", first);
    if (shape == TWO) {
        int language = (int)some(3);

        snprintf(words, sizeof words, "%s %s", advert_made_word(language, some(300)),
                 advert_made_word(language, some(2000)));
    }
    if (shape == FILTERED) {
        query.language = some(2) ? "ru" : "kk";
        query.kind = (int)some(3);
    }
    if (shape == SHOWN)
        query.sort = SORT_MOST_SHOWN;
    if (shape == PERIOD)
        query.from_day = 19700 + (int32_t)some(1300), query.until_day = query.from_day + (int32_t)some(200);
    if (shape == DEEP) {
        snprintf(cursor, sizeof cursor, "n0.%x", some((unsigned)count));
        query.cursor = cursor;
    }
    if (shape == PREFIX) {
        size_t len = 0, letters = 0;

        for (; words[len] != '\0' && letters < 4; len++)
            letters += ((unsigned char)words[len + 1] & 0xc0) != 0x80;
        words[len] = '\0';
        strcat(words, "*");
    }
    query.words = words;
    double begun = worked();
    int r = library_search(library, &query, arena, &answer, &err);
    *ret = (worked() - begun) * 1000;
    if (r != 0 && strcmp(err.code, "query_prefix_wide") != 0)
        must(r, &err);
    if (queries)
        fprintf(queries, "%d\t%s\t%s\t%d\t%d\t%d\t%s\t%" PRId64 "\n", (int)shape, words,
                query.language ? query.language : "", query.kind, query.from_day, query.until_day,
                query.cursor ? query.cursor + 3 : "", answer.count);
}

static double build(struct library *library, uint64_t count, FILE *copy)
{
    static struct advert_made made[BATCH];
    static struct library_row rows[BATCH];
    struct arena arena;
    struct err err = {0};
    double spent = 0; /* of the processor: it is one thread, and others may be at work */

    arena_init(&arena, (size_t)1 << 30);
    for (uint64_t at = 0; at < count;) {
        size_t n = 0;

        for (; n < BATCH && at < count; n++, at++) {
            advert_make_sample(at, count, &made[n]);
            rows[n] = (struct library_row){.serial = (int64_t)at + 1,
                                           .version = 1,
                                           .last_day = made[n].until,
                                           .shown = made[n].shown,
                                           .json = made[n].json};
            if (copy)
                fprintf(copy, "%" PRIu64 "\t%s\t%s\t%d\t%d\t%d\t%s\n", at + 1, made[n].advertiser, made[n].language,
                        made[n].kind, made[n].from, made[n].until, made[n].text);
        }
        double begun = worked();
        must(library_take(library, rows, NULL, n, &arena, &err), &err);
        spent += worked() - begun;
        arena_reset(&arena);
    }
    arena_done(&arena);
    return spent;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    const char *folder = argc > 2 ? argv[2] : "/tmp";
    size_t searches = argc > 3 ? strtoull(argv[3], NULL, 10) : 2000;
    struct library *library;
    struct library_figures figures;
    struct err err = {0};
    struct arena arena;
    char path[600];
    FILE *copy = NULL, *queries = NULL;

    arena_init(&arena, (size_t)64 << 20);
    adverts_made_prepare();
    snprintf(path, sizeof path, "%s/library.index", folder);
    unlink(path);
    must(library_new(NULL, folder, &library, &err), &err);
    double before = resident_mb();
    if (argc > 4) {
        snprintf(path, sizeof path, "%s/adverts.tsv", folder);
        copy = fopen(path, "w");
        snprintf(path, sizeof path, "%s/queries.tsv", folder);
        queries = fopen(path, "w");
    }
    double spent = build(library, count, copy);
    if (copy)
        fclose(copy);
    double built_mb = resident_mb() - before;
    double begun = now();
    must(library_write(library, &err), &err);
    double written = now() - begun;
    library_free(library);
    malloc_trim(0);
    before = resident_mb();
    begun = now();
    must(library_new(NULL, folder, &library, &err), &err);
    double loaded = now() - begun;
    library->whole = true;
    library->posting_bytes = library_measure(library);
    library_figures(library, &figures);
    printf("{\"adverts\": %" PRId64 ", \"words\": %" PRId64
           ", \"built_per_s\": %.0f, \"built_mb\": %.0f, \"write_s\": %.2f, "
           "\"load_s\": %.3f, \"loaded_mb\": %.0f, \"index_mb\": %.0f",
           figures.adverts, figures.words, (double)count / spent, built_mb, written, loaded, resident_mb() - before,
           (double)figures.bytes / 1048576);
    double *times = calloc(searches, sizeof *times);
    if (!times)
        return 1;
    for (int shape = 0; shape < SHAPES; shape++) {
        for (size_t i = 0; i < searches; i++)
            search(library, (enum shape)shape, &arena, &times[i], i < 100 ? queries : NULL, count);
        qsort(times, searches, sizeof *times, by_value);
        printf(", \"%s\": {\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}", shapes[shape], times[searches / 2],
               times[searches * 99 / 100], times[searches - 1]);
    }
    printf("}\n");
    if (queries)
        fclose(queries);
    free(times);
    library_free(library);
    arena_done(&arena);
    return 0;
}
