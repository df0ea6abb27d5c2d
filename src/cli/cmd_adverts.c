/* The library of advertisements at the command line. */
#include "adverts/dump.h"
#include "cli/cli.h"

#include <stdio.h>

int cmd_adverts_dump(struct cli *cli, struct err *err)
{
    struct installation installation;
    int64_t now_usec = time_now_usec();
    char day[11];
    bool made = false;
    int r;

    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap adverts dump FOLDER");
    r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    date_format(date_from_day(zone_day_of(&installation.catalogue->calendar->zone, now_usec)), day);
    r = dump_make(&installation.office, cli->words[0], now_usec, NULL, NULL, &made, err);
    if (r == 0 && (made || dump_there(cli->words[0], zone_day_of(&installation.catalogue->calendar->zone, now_usec))))
        printf("%s/%s\n", cli->words[0], day);
    installation_close(&installation);
    return r;
}
