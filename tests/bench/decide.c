/* Decisions in process: builds the index from a store of many people and consents, asks it one by one and in batches,
 * and withdraws a consent between two questions. Beside it, in the same run, what memory alone costs: reads at random
 * places of a table as large, one after the other and independent. Prints JSON lines like core.c.
 *
 *     bench_decide LAW-FOLDER SCRATCH-FOLDER [PEOPLE [CONSENTS]] */
#include "people.h"
#include "persons/person_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

__extension__ typedef unsigned __int128 wide;

#define QUESTIONS (1 << 20)
#define NOW_USEC (INT64_C(1780000000) * USEC_PER_SEC)

static double now_sec(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static uint64_t next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static void print(const char *name, double value, const char *unit, const char *against, double limit)
{
    printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"against\":\"%s\",\"limit\":%.3f,\"ratio\":%.3f}\n", name,
           value, unit, against, limit, limit > 0 ? value / limit : 0);
    fflush(stdout);
}

static void fail(const char *what, const struct err *err)
{
    fprintf(stderr, "%s: %s %s %s\n", what, err->code != NULL ? err->code : "", err->arg, err->detail);
    exit(1);
}

/* --- Memory alone ---------------------------------------------------------------------------------------------------
 */

struct memory {
    uint64_t *words;
    size_t count; /* of lines */
};

static struct memory memory_make(uint64_t bytes)
{
    struct memory memory = {.count = bytes / 64};
    size_t huge = (size_t)2 << 20;
    char *map = mmap(NULL, bytes + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED)
        exit(1);
    memory.words = (uint64_t *)(((uintptr_t)map + huge - 1) / huge * huge);
    (void)madvise(memory.words, bytes, MADV_HUGEPAGE);
    for (size_t i = 0; i < memory.count; i++)
        memory.words[i * 8] = i;
    return memory;
}

/* Nanoseconds a read; dependent: the next place is known only from what was read. */
static double memory_read(const struct memory *memory, bool dependent, uint64_t *sum)
{
    uint64_t state = 1, seen = 0;
    double begun = now_sec();
    const int count = 4000000;

    for (int i = 0; i < count; i++) {
        uint64_t at = next(&state) ^ (dependent ? seen : 0);
        uint64_t line = (uint64_t)((wide)at * memory->count >> 64);
        seen += memory->words[line * 8];
    }
    *sum += seen;
    return (now_sec() - begun) / count * 1e9;
}

/* --- Decisions ------------------------------------------------------------------------------------------------------
 */

static void questions_make(const struct keyring *keyring, const struct decision_law *law, int64_t people,
                           int64_t consents, struct question *ret)
{
    uint64_t state = 7;

    for (size_t i = 0; i < QUESTIONS; i++) {
        int64_t consent = (int64_t)(next(&state) % (uint64_t)consents), person = consent % people + 1;
        char id[32], purpose[32];
        const char *const categories[] = {decision_word(law, WORD_CATEGORY, (int)(next(&state) % 15)),
                                          decision_word(law, WORD_CATEGORY, (int)(next(&state) % 15))};
        static const char *const actions[] = {"use", "store", "collect", "read", "transfer"};
        struct question_words words = {.person = id,
                                       .purpose = purpose,
                                       .action = actions[next(&state) % 5],
                                       .category_count = 2,
                                       .categories = categories};

        people_name(person, id);
        snprintf(purpose, sizeof purpose, "purpose_%u", people_purpose_of(person, consent / people));
        words.recipient = strcmp(words.action, "transfer") == 0 ? "partner" : NULL;
        question_make(law, keyring, &words, &ret[i]);
        if (ret[i].unknown != 0)
            fail("a question with unknown words", &(struct err){0});
    }
}

static double ask_single(struct person_index *index, const struct decision_law *law, const struct question *questions,
                         struct decision *decisions)
{
    double begun = now_sec();

    for (size_t i = 0; i < QUESTIONS; i++)
        person_index_decide(index, law, &questions[i], NOW_USEC, &decisions[i]);
    return (now_sec() - begun) / QUESTIONS * 1e9;
}

static double ask_batches(struct person_index *index, const struct decision_law *law, const struct question *questions,
                          struct decision *decisions, size_t batch)
{
    double begun = now_sec();

    for (size_t i = 0; i + batch <= QUESTIONS; i += batch)
        person_index_decide_many(index, law, questions + i, batch, NOW_USEC, decisions + i);
    return (now_sec() - begun) / QUESTIONS * 1e9;
}

/* A consent is withdrawn in the store; how long until a decision says so, beginning a read of its own. */
static void withdrawals(struct store *store, sqlite3 *db, struct person_index *index, const struct keyring *keyring,
                        int64_t people, int64_t consents)
{
    double total = 0;
    const int count = 1000;

    for (int i = 0; i < count; i++) {
        int64_t consent = (int64_t)i * 16 + 1, person = consent % people + 1;
        struct decision_law *law = person_index_law(index);
        struct err err = {0};
        struct decision before, after;
        struct question question;
        struct tx *tx;
        char text[320], id[32], purpose[32];
        const char *const category = decision_word(law, WORD_CATEGORY, 3);

        people_name(person, id);
        snprintf(purpose, sizeof purpose, "purpose_%u", people_purpose_of(person, consent / people));
        question_make(
            law, keyring,
            &(struct question_words){
                .person = id, .purpose = purpose, .action = "use", .category_count = 1, .categories = &category},
            &question);
        person_index_decide(index, law, &question, NOW_USEC, &before);
        snprintf(text, sizeof text,
                 "BEGIN; UPDATE consent SET stands = 0, ended_usec = 1, ended = 'withdrawn' WHERE leaf = %lld; "
                 "INSERT INTO person_change VALUES (%lld, %lld); UPDATE ledger_head SET size = size + 1; COMMIT",
                 (long long)consent, (long long)(consents + i), (long long)person);
        people_sql(db, text);
        double begun = now_sec();
        if (store_read_begin(store, &tx, &err) < 0 || person_index_follow(index, tx, NOW_USEC, &err) < 0)
            fail("follow", &err);
        person_index_decide(index, law, &question, NOW_USEC, &after);
        total += now_sec() - begun;
        store_read_end(tx);
        decision_law_unref(law);
        if (before.answer != ANSWER_ALLOWED || after.answer != ANSWER_PROHIBITED) {
            fprintf(stderr, "a withdrawal is not seen: %s, %s %s\n", id, answer_word(before.answer),
                    answer_word(after.answer));
            exit(1);
        }
    }
    print("a withdrawal seen by the next decision", total / count * 1e6, "us", "aim", 1000);
}

int main(int argc, char **argv)
{
    int64_t people = argc > 3 ? atoll(argv[3]) : 3000000, consents = argc > 4 ? atoll(argv[4]) : 10000000;
    struct question *questions = calloc(QUESTIONS, sizeof *questions);
    struct decision *decisions = calloc(QUESTIONS, sizeof *decisions);
    struct person_index_figures figures;
    struct decision_law *law;
    struct person_index *index;
    struct catalogue *catalogue;
    struct keyring *keyring;
    struct office office;
    struct store *store;
    struct memory memory;
    struct err err = {0};
    char path[4096];
    uint64_t sum = 0;
    sqlite3 *db;

    if (argc < 3 || questions == NULL || decisions == NULL) {
        fprintf(stderr, "usage: %s LAW-FOLDER SCRATCH-FOLDER [PEOPLE [CONSENTS]]\n", argv[0]);
        return 2;
    }
    if (catalogue_load(argv[1], &catalogue, &err) < 0)
        fail("law", &err);
    snprintf(path, sizeof path, "%s/decide.key", argv[2]);
    if (keyring_load(path, true, &keyring, &err) < 0)
        fail("key", &err);
    snprintf(path, sizeof path, "%s/decide.db", argv[2]);
    if (store_open(&(struct store_options){.url = path, .create = true}, &store, &err) < 0)
        fail("store", &err);
    double begun = now_sec();
    db = people_fill(path, catalogue, keyring, people, consents);
    fprintf(stderr, "%lld people, %lld consents filled in %.1f s\n", (long long)people, (long long)consents,
            now_sec() - begun);
    office_init(&office, catalogue, store, NULL, keyring);

    clock_t used = clock();
    begun = now_sec();
    if (person_index_new(&office, 2, NOW_USEC, &index, &err) < 0)
        fail("index", &err);
    double built = now_sec() - begun;
    fprintf(stderr, "index built in %.2f s, of the processors' %.2f s\n", built,
            (double)(clock() - used) / CLOCKS_PER_SEC);
    person_index_figures(index, &figures);
    if (figures.people != (uint64_t)people || figures.consents != (uint64_t)consents)
        fail("not everybody is in the index", &err);
    print("decisions: index built", built, "s", "aim for 10 million consents of 3 million people", 5);
    print("decisions: index, bytes a consent", (double)figures.bytes / (double)consents, "B", "aim", 64);

    law = person_index_law(index);
    questions_make(keyring, law, people, consents, questions);
    memory = memory_make(figures.bytes);
    double dependent = 1e9, independent = 1e9, single = 1e9, batched = 1e9, small = 1e9;
    for (int round = 0; round < 5; round++) {
        double took[] = {memory_read(&memory, true, &sum), memory_read(&memory, false, &sum),
                         ask_single(index, law, questions, decisions),
                         ask_batches(index, law, questions, decisions, 1024),
                         ask_batches(index, law, questions, decisions, 64)};
        double *const best[] = {&dependent, &independent, &single, &batched, &small};
        for (int i = 0; i < 5; i++)
            *best[i] = took[i] < *best[i] ? took[i] : *best[i];
    }
    size_t allowed = 0;
    for (size_t i = 0; i < QUESTIONS; i++)
        allowed += decisions[i].answer == ANSWER_ALLOWED;
    print("decisions: one by one, in process", single, "ns", "a dependent read of memory", dependent);
    print("decisions: batches of 1024", batched, "ns", "an independent read of memory", independent);
    print("decisions: batches of 64", small, "ns", "an independent read of memory", independent);
    print("decisions: allowed of those asked", (double)allowed / QUESTIONS, "of 1", "all", 1);
    withdrawals(store, db, index, keyring, people, consents);

    decision_law_unref(law);
    person_index_free(index);
    sqlite3_close(db);
    store_close(store);
    keyring_free(keyring);
    catalogue_free(catalogue);
    free(questions);
    free(decisions);
    return sum == 42; /* so that nothing is left out */
}
