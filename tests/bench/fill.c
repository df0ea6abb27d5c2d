/* Opens many cases through the real engine, in groups, to give the bench a large store:
 * fill STORE VAR LAW complaint|restricted_resource COUNT. */
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

/* What is given for one field of the i-th case; %ld in the text becomes i. */
struct given {
    const char *name, *text;
};
struct kind {
    const char *procedure, *opener;
    struct actor actor;
    size_t count;
    struct given given[6];
};
static const struct kind kinds[] = {
    {.procedure = "complaint",
     .opener = "public",
     .actor = {.kind = ACTOR_ANONYMOUS, .roles = ROLE_PUBLIC},
     .count = 3,
     .given = {{"about", "content"},
               {"link", "https://alan.example.kz/p/%ld"},
               {"text", "Шағым %ld: менің суретім рұқсатсыз жарияланған, парақшаны тексеріп, өшіруді сұраймын."}}},
    {.procedure = "restricted_resource",
     .opener = "staff",
     .actor = {.kind = ACTOR_ACCOUNT, .account_id = "018f0000-0000-7000-8000-000000000001", .roles = ROLE_OFFICIAL},
     .count = 6,
     .given = {{"resource", "https://saqtau-%ld.example.kz"},
               {"links", "https://saqtau-%ld.example.kz/better/jazba"},
               {"restriction_ground", "unlawful_content"},
               {"prescription_number", "12-05/%ld"},
               {"prescription_date", "2026-01-15"},
               {"restricted_on", "2026-01-16"}}},
};

static const struct kind *kind_of(const char *procedure)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].procedure, procedure) == 0)
            return &kinds[i];
    return NULL;
}

/* The text with its number: at most one %ld stands in it. */
static const char *numbered(struct arena *arena, const char *text, long i)
{
    const char *mark = strstr(text, "%ld");

    return mark == NULL ? text : arena_printf(arena, "%.*s%ld%s", (int)(mark - text), text, i, mark + 3);
}

static int prepare(struct opening *opening, const struct kind *kind, const struct procedure *procedure, long i,
                   int64_t now_usec, struct err *err)
{
    struct field_errors errors;
    struct raw_value *raw;
    const char **texts;

    arena_reset(&opening->arena);
    field_errors_init(&errors, &opening->arena);
    raw = ARENA_ARRAY(&opening->arena, struct raw_value, kind->count);
    texts = ARENA_ARRAY(&opening->arena, const char *, kind->count);
    if (!raw || !texts)
        return err_memory(err);
    for (size_t f = 0; f < kind->count; f++) {
        texts[f] = numbered(&opening->arena, kind->given[f].text, i);
        if (!texts[f])
            return err_memory(err);
        raw[f] = (struct raw_value){.name = kind->given[f].name, .kind = RAW_FORM, .count = 1, .texts = &texts[f]};
    }
    return case_open_prepare(NULL, opening->office,
                             &(struct case_opening){.procedure = procedure,
                                                    .opener = kind->opener,
                                                    .lang = LANG_KK,
                                                    .received_usec = now_usec,
                                                    .raw = raw,
                                                    .raw_count = kind->count},
                             &kind->actor, now_usec, &opening->arena, &opening->prepared, &errors, err);
}

int main(int argc, char **argv)
{
    struct opening *all = calloc(IN_FLIGHT, sizeof(*all));
    struct settings settings = {0};
    struct installation installation;
    const struct procedure *procedure;
    const struct kind *kind = argc == 6 ? kind_of(argv[4]) : NULL;
    struct err err = {0};
    int64_t now_usec;
    long count;
    int r;

    if (kind == NULL || !all || sodium_init() < 0)
        return 2;
    settings.store_url = argv[1];
    settings.var_dir = argv[2];
    settings.law_dir = argv[3];
    count = atol(argv[5]);
    r = installation_open(&installation, &settings, true, &err);
    if (r < 0) {
        fprintf(stderr, "%s %s %s\n", err.code, err.arg, err.detail);
        return 1;
    }
    procedure = catalogue_procedure(installation.catalogue, kind->procedure);
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
        r = prepare(opening, kind, procedure, i, opening->now_usec, &err);
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
