/* Fills a store that `talap init` made with people and consents: fill_people STORE VAR LAW PEOPLE CONSENTS. */
#include "cli/cli.h"
#include "people.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct installation installation;
    struct settings settings = {0};
    struct err err = {0};

    if (argc != 6) {
        fputs("fill_people STORE VAR LAW PEOPLE CONSENTS\n", stderr);
        return 2;
    }
    settings.store_url = argv[1];
    settings.var_dir = argv[2];
    settings.law_dir = argv[3];
    if (installation_open(&installation, &settings, false, &err) < 0) {
        fprintf(stderr, "open: %s %s %s\n", err.code, err.arg, err.detail);
        return 1;
    }
    sqlite3_close(people_fill(argv[1], installation.catalogue, installation.keyring, atoll(argv[4]), atoll(argv[5])));
    installation_close(&installation);
    return 0;
}
