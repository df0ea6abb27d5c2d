/* People's data at the command line: legal holds, destruction, exports from which nobody can be told. A person is named
 * by the operator's id or by their UUID here; the service finds them by e-mail, phone or IIN. */
#include "cli/cli.h"

#include "persons/depersonalise.h"
#include "persons/effects.h"
#include "persons/vault.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX (64u << 10)
#define CSV_MAX (1u << 30)

struct person_job {
    struct installation *installation;
    struct cli *cli;
    int (*run)(struct person_job *job, struct tx *tx, const struct person *person, struct err *err);
    int32_t until_day;
    int64_t leaf, now_usec;
    bool json;
};

static int job_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct person_job *job = command->arg;
    struct person person;
    int r = person_get(tx, job->cli->words[0], &job->cli->arena, &person, err);

    return r < 0 ? r : job->run(job, tx, &person, err);
}

static int write_job(struct person_job *job, struct err *err)
{
    struct installation installation;
    int r = installation_open(&installation, &job->cli->settings, false, err);

    if (r < 0)
        return r;
    job->installation = &installation;
    job->now_usec = time_now_usec();
    r = store_write(installation.store, job_run, job, err);
    installation_close(&installation);
    return r;
}

/* --- Legal holds ---------------------------------------------------------------------------------------------------
 */

static int hold_run(struct person_job *job, struct tx *tx, const struct person *person, struct err *err)
{
    const struct office *office = &job->installation->office;
    int32_t today = zone_day_of(&office->catalogue->calendar->zone, job->now_usec);
    struct actor by = cli_actor();

    return hold_set(tx, office, person, job->cli->name, job->cli->reason ? job->cli->reason : job->cli->name,
                    job->until_day == DAY_NONE ? DAY_NONE : today + job->until_day, &by, job->now_usec, &job->leaf,
                    err);
}

int cmd_person_hold(struct cli *cli, struct err *err)
{
    struct person_job job = {.cli = cli, .run = hold_run, .until_day = DAY_NONE};
    char *end;
    long days;
    int r;

    if (cli->word_count != 1 || !cli->name || !*cli->name)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap person hold PERSON --name NORM");
    if (cli->days) {
        days = strtol(cli->days, &end, 10);
        if (*end || end == cli->days || days < 0 || days > 36500)
            return err_set(err, ERR_BAD_INPUT, "option_value", "--days: %.20s", cli->days);
        job.until_day = (int32_t)days;
    }
    r = write_job(&job, err);
    if (r == 0)
        printf("%" PRId64 "\n", job.leaf);
    return r;
}

static int lift_run(struct person_job *job, struct tx *tx, const struct person *person, struct err *err)
{
    struct actor by = cli_actor();

    return hold_lift(tx, &job->installation->office, person, job->leaf, &by, job->now_usec, err);
}

int cmd_person_lift(struct cli *cli, struct err *err)
{
    struct person_job job = {.cli = cli, .run = lift_run};
    char *end;

    if (cli->word_count != 2)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap person lift PERSON HOLD");
    job.leaf = strtoll(cli->words[1], &end, 10);
    if (*end || end == cli->words[1])
        return err_set(err, ERR_BAD_INPUT, "usage", "talap person lift PERSON HOLD");
    return write_job(&job, err);
}

/* --- Destruction ---------------------------------------------------------------------------------------------------
 */

static int destroy_run(struct person_job *job, struct tx *tx, const struct person *person, struct err *err)
{
    struct actor by = cli_actor();

    return destruction_order(tx, &job->installation->office, person, job->cli->ground, &by, job->now_usec, &job->leaf,
                             err);
}

/* To the end, here: a service that runs may take steps of it at the same time, each is done once. */
static int finish_destruction(struct cli *cli, struct err *err)
{
    struct installation installation;
    size_t count = 1;
    int r = installation_open(&installation, &cli->settings, false, err);

    if (r < 0)
        return r;
    while (r == 0 && count > 0)
        r = destruction_pass(&installation.office, time_now_usec(), &count, err);
    installation_close(&installation);
    return r;
}

int cmd_person_destroy(struct cli *cli, struct err *err)
{
    struct person_job job = {.cli = cli, .run = destroy_run};
    int r;

    if (cli->word_count != 1 || !cli->ground)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap person destroy PERSON --ground NORM");
    r = write_job(&job, err);
    if (r == 0)
        printf("%" PRId64 "\n", job.leaf);
    return r < 0 ? r : finish_destruction(cli, err);
}

/* --- Depersonalisation ---------------------------------------------------------------------------------------------
 */

struct export_job {
    struct installation *installation;
    struct depersonalising request;
    struct depersonalised made;
    int64_t now_usec, leaf;
};

static int record_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct export_job *job = command->arg;
    struct actor by = cli_actor();

    return depersonalisation_record(tx, &job->installation->office, &job->request, &job->made, &by, job->now_usec,
                                    &job->leaf, err);
}

static void print_refusals(struct cli *cli, const struct field_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++)
        fprintf(stderr, "talap: %s: %s\n", errors->items[i].field, errors->items[i].code);
}

static int export_read(struct cli *cli, struct export_job *job, const json_t *given, struct buf *csv, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct field_errors errors;
    struct kept *kept = NULL;
    int r = store_read_begin(job->installation->store, &tx, err);

    field_errors_init(&errors, &cli->arena);
    if (r == 0)
        r = kept_load(tx, &job->installation->office, &kept, err);
    if (r == 0)
        r = depersonalising_parse(kept, given, job->now_usec, &cli->arena, &job->request, &errors, err);
    print_refusals(cli, &errors);
    if (r == 0)
        r = depersonalise(tx, &job->installation->office, kept, &job->request, job->now_usec, csv, &job->made, err);
    kept_unref(kept);
    return r;
}

static int print_export(const struct cli *cli, const struct export_job *job, const struct buf *csv, struct err *err)
{
    json_t *report CLEANUP_JSON = depersonalisation_report(&job->request, &job->made);
    char *text = report ? json_dumps(report, JSON_INDENT(2)) : NULL;

    if (!text)
        return err_memory(err);
    /* The rows to standard output, what was done to standard error: with --json the report alone, to the first. */
    if (!cli->json)
        fwrite(csv->data, 1, csv->len, stdout);
    fprintf(cli->json ? stdout : stderr, "%s\n", text);
    free(text);
    return 0;
}

int cmd_depersonalise(struct cli *cli, struct err *err)
{
    struct buf text CLEANUP_BUF = {0}, csv CLEANUP_BUF = {0};
    json_t *given CLEANUP_JSON = NULL;
    struct installation installation;
    struct export_job job = {.installation = &installation, .now_usec = time_now_usec()};
    int r;

    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap depersonalise FILE");
    buf_init(&text, REQUEST_MAX + 16384);
    buf_init(&csv, CSV_MAX);
    r = cli_read_file(cli->words[0], REQUEST_MAX, &text, err);
    if (r == 0)
        r = json_parse(text.data ? text.data : "", text.len, &given, err);
    if (r == 0)
        r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    r = export_read(cli, &job, given, &csv, err);
    if (r == 0)
        r = store_write(installation.store, record_run, &job, err);
    if (r == 0)
        r = print_export(cli, &job, &csv, err);
    installation_close(&installation);
    return r;
}
