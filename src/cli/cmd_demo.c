/* `talap demo`: fills a new store with the example organisation and says how to sign in. */
#include "cli/cli.h"
#include "cli/demo.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static int mark_run(struct tx *tx, struct store_command *command, struct err *err)
{
    const struct demo_report *report = command->arg;
    json_t *list = json_array();
    char *text;
    int r = list != NULL ? 0 : err_memory(err);

    for (size_t i = 0; r == 0 && i < report->cabinet_count; i++)
        if (json_array_append_new(list, json_string(report->cabinets[i])) < 0)
            r = err_memory(err);
    text = r == 0 ? json_dumps(list, JSON_COMPACT) : NULL;
    if (r == 0)
        r = text != NULL ? store_setting_put(tx, DEMO_SETTING, text, err) : err_memory(err);
    free(text);
    json_decref(list);
    return r;
}

int cmd_demo(struct cli *cli, struct err *err)
{
    struct installation installation;
    struct demo_report report;
    const char *folder;
    int r;

    if (cli->word_count != 0)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap demo");
    folder = cli_data_folder(cli, "demo");
    if (!folder)
        return err_memory(err);
    r = installation_open_to_fill(&installation, &cli->settings, err);
    if (r < 0)
        return r;
    r = demo_fill(&installation.office, folder, time_now_usec(), &report, err);
    /* Marked, so that `serve` shows the sign-ins and refuses to show this store to the world. */
    if (r == 0 && report.filled)
        r = store_write(installation.store, mark_run, &report, err);
    installation_close(&installation);
    if (r < 0)
        return r;
    if (!report.filled) {
        puts("The store has accounts already; nothing was added. Demo sign-ins stand on the sign-in page.");
        return 0;
    }
    printf("Cases %" PRId64 ", acts %" PRId64 ". Demo sign-ins, password %s:\n", report.cases, report.acts,
           DEMO_PASSWORD);
    for (size_t i = 0; i < report.account_count; i++)
        printf("  %-12s %s\n", report.accounts[i].login, report.accounts[i].roles);
    puts("Cabinets of invented people, whose code stands on the page:");
    for (size_t i = 0; i < report.cabinet_count; i++)
        printf("  %s\n", report.cabinets[i]);
    return 0;
}
