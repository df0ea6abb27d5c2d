/* Opens many complaints through the real engine, in groups, to give the bench a large store: fill STORE VAR LAW COUNT.
 */
#include "cli/cli.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT 4096

struct opening {
    struct store_command command;
    struct arena arena;
    const struct office *office;
    const struct case_prepared *prepared;
    struct case_opened opened;
    int64_t now_usec;
    int busy;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static _Atomic long failures;

static int run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct opening *opening = command->arg;

    return case_open(tx, opening->office, opening->prepared, opening->now_usec, &opening->opened, err);
}

static void done(struct store_command *command, const struct err *err)
{
    struct opening *opening = command->arg;

    if (err) {
        if (atomic_fetch_add(&failures, 1) == 0)
            fprintf(stderr, "open: %s %s %s\n", err->code, err->arg, err->detail);
    }
    pthread_mutex_lock(&lock);
    opening->busy = 0;
    pthread_cond_signal(&freed);
    pthread_mutex_unlock(&lock);
}

static struct opening *next_free(struct opening *all)
{
    static size_t at;

    pthread_mutex_lock(&lock);
    while (all[at % IN_FLIGHT].busy)
        pthread_cond_wait(&freed, &lock);
    pthread_mutex_unlock(&lock);
    return &all[at++ % IN_FLIGHT];
}

static int prepare(struct opening *opening, const struct procedure *procedure, long i, int64_t now_usec,
                   struct err *err)
{
    struct actor actor = {.kind = ACTOR_ANONYMOUS, .roles = ROLE_PUBLIC};
    const char *about = "content", *text, *link;
    struct field_errors errors;
    struct raw_value *raw;
    const char **texts;

    arena_reset(&opening->arena);
    field_errors_init(&errors, &opening->arena);
    raw = ARENA_ARRAY(&opening->arena, struct raw_value, 3);
    texts = ARENA_ARRAY(&opening->arena, const char *, 3);
    text = arena_printf(&opening->arena,
                        "Шағым %ld: менің суретім рұқсатсыз жарияланған, парақшаны тексеріп, өшіруді сұраймын.", i);
    link = arena_printf(&opening->arena, "https://alan.example.kz/p/%ld", i);
    if (!raw || !texts || !text || !link)
        return err_memory(err);
    texts[0] = about;
    texts[1] = link;
    texts[2] = text;
    for (int f = 0; f < 3; f++)
        raw[f] = (struct raw_value){.name = f == 0   ? "about"
                                            : f == 1 ? "link"
                                                     : "text",
                                    .kind = RAW_STRING,
                                    .count = 1,
                                    .texts = &texts[f]};
    return case_open_prepare(NULL, opening->office,
                             &(struct case_opening){.procedure = procedure,
                                                    .opener = "public",
                                                    .lang = LANG_KK,
                                                    .received_usec = now_usec,
                                                    .raw = raw,
                                                    .raw_count = 3},
                             &actor, now_usec, &opening->arena, &opening->prepared, &errors, err);
}

int main(int argc, char **argv)
{
    struct opening *all = calloc(IN_FLIGHT, sizeof(*all));
    struct settings settings = {0};
    struct installation installation;
    const struct procedure *procedure;
    struct err err = {0};
    int64_t now_usec;
    long count;
    int r;

    if (argc != 5 || !all || sodium_init() < 0)
        return 2;
    settings.store_url = argv[1];
    settings.var_dir = argv[2];
    settings.law_dir = argv[3];
    count = atol(argv[4]);
    r = installation_open(&installation, &settings, true, &err);
    if (r < 0) {
        fprintf(stderr, "%s %s %s\n", err.code, err.arg, err.detail);
        return 1;
    }
    procedure = catalogue_procedure(installation.catalogue, "complaint");
    /* Spread over the last 200 days, oldest first. */
    now_usec = time_now_usec() - 200 * USEC_PER_DAY;
    for (int i = 0; i < IN_FLIGHT; i++) {
        arena_init(&all[i].arena, 1 << 20);
        all[i].office = &installation.office;
        all[i].command = (struct store_command){.run = run, .done = done, .arg = &all[i]};
    }
    for (long i = 0; r == 0 && i < count; i++) {
        struct opening *opening = next_free(all);

        opening->now_usec = now_usec + (int64_t)((double)(200 * USEC_PER_DAY) * (double)i / (double)count);
        r = prepare(opening, procedure, i, opening->now_usec, &err);
        if (r == 0) {
            opening->busy = 1;
            r = store_submit(installation.store, &opening->command, &err);
        }
    }
    if (r < 0)
        fprintf(stderr, "%s %s %s\n", err.code, err.arg, err.detail);
    installation_close(&installation);
    for (int i = 0; i < IN_FLIGHT; i++)
        arena_done(&all[i].arena);
    free(all);
    return r < 0 || failures ? 1 : 0;
}
