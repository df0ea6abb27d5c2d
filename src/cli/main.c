/* talap: one program. This file finds the command and says what went wrong. */
#include "cli/cli.h"

#include "base/locale.h"
#include <locale.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command commands[] = {
    {"init", "", "make the store and the keys", cmd_init},
    {"demo", "", "fill a new store with an example organisation", cmd_demo},
    {"serve", "", "run the service", cmd_serve},
    {"law check", "", "check the catalogue of the law", cmd_law_check},
    {"clock", "NORM --from MOMENT", "when a period of the law ends, and why", cmd_clock},
    {"calendar", "YEAR", "working days and days off", cmd_calendar},
    {"routes", "", "every address, and who may use it", cmd_routes},
    {"case list", "", "open cases by due moment", cmd_case_list},
    {"case show", "NUMBER", "one case", cmd_case_show},
    {"consent import", "FILE", "read consents in from a file, or go on with it", cmd_consent_import},
    {"consent export", "FILE.csv | FILE.jsonld", "write all consents to a file", cmd_consent_export},
    {"user add", "--login LOGIN --name NAME --roles WORDS [--email A] [--password-file F]", "make an account",
     cmd_user_add},
    {"user list", "", "accounts", cmd_user_list},
    {"user password", "LOGIN [--password-file FILE]", "set a password", cmd_user_password},
    {"user disable", "LOGIN", "close an account", cmd_user_disable},
    {"token add", "LOGIN --name NAME [--roles WORDS] [--days N]", "make an API token", cmd_token_add},
    {"token list", "", "API tokens", cmd_token_list},
    {"token revoke", "ID", "revoke an API token", cmd_token_revoke},
    {"report", "YEAR [--json | --csv | --pdf FILE] [--check]",
     "the yearly report, and whether it agrees with the ledger", cmd_report},
    {"adverts dump", "FOLDER", "everything in the library of advertisements, as files for researchers",
     cmd_adverts_dump},
    {"person hold", "PERSON --name NORM [--reason TEXT] [--days N]", "a legal hold: nothing of theirs is destroyed",
     cmd_person_hold},
    {"person lift", "PERSON HOLD", "lift a legal hold", cmd_person_lift},
    {"person destroy", "PERSON --ground NORM", "destroy all that is held about a person", cmd_person_destroy},
    {"depersonalise", "FILE", "an export from which nobody can be told, to standard output; FILE asks for it, as JSON",
     cmd_depersonalise},
    {"verify", "[--receipt FILE --key KEY]", "re-read everything against the ledger, or check one receipt", cmd_verify},
    {"backup list", "", "copies of the store that are kept", cmd_backup_list},
    {"backup gone", "ID", "a copy was removed: destructions no longer list it", cmd_backup_gone},
    {"backup", "FILE", "a copy of the store, while it serves", cmd_backup},
    {"restore", "FILE", "put a copy into a new store", cmd_restore},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
    fprintf(out,
            "talap %s: runs the law on online platforms and personal data of Kazakhstan\n\nUsage: talap COMMAND "
            "[OPTIONS]\n\n",
            TALAP_VERSION);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-14s %s%s%s\n", commands[i].words, commands[i].usage,
                *commands[i].usage ? "\n                 " : "", commands[i].summary);
    fprintf(out, "\n%s", options_help);
}

/* The command whose words begin the line; *ret_words tells how many there are. */
static const struct command *find(int argc, char **argv, int *ret_words)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const char *space = strchr(commands[i].words, ' ');
        size_t first = space ? (size_t)(space - commands[i].words) : strlen(commands[i].words);

        if (argc < 2 || strlen(argv[1]) != first || strncmp(argv[1], commands[i].words, first) != 0)
            continue;
        if (space && (argc < 3 || strcmp(argv[2], space + 1) != 0))
            continue;
        *ret_words = space ? 2 : 1;
        return &commands[i];
    }
    return NULL;
}

static enum lang lang_of_environment(void)
{
    const char *value = getenv("LANG");
    char code[3] = "";

    if (value)
        snprintf(code, sizeof(code), "%s", value);
    return lang_parse(code) < 0 ? LANG_EN : (enum lang)lang_parse(code);
}

static void complain(struct cli *cli, const struct err *err)
{
    const char *text = text_error(&cli->arena, cli->lang, err->code ? err->code : "internal", err->arg);

    fprintf(stderr, "talap: %s%s%s%s\n", text ? text : "", *err->detail ? " (" : "", err->detail,
            *err->detail ? ")" : "");
}

int main(int argc, char **argv)
{
    const struct command *command;
    struct cli cli = {.lang = lang_of_environment()};
    struct err err = {0};
    int words, r;

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(argc < 2 ? stderr : stdout);
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("talap " TALAP_VERSION);
        return 0;
    }
    command = find(argc, argv, &words);
    if (!command) {
        fprintf(stderr, "talap: no such command: %s\nTry 'talap --help'.\n", argv[1]);
        return 2;
    }
    if (sodium_init() < 0) {
        fputs("talap: libsodium did not start\n", stderr);
        return 1;
    }
    arena_init(&cli.arena, 16 << 20);
    r = options_read(&cli, argc - words, argv + words, &err);
    if (r == 0)
        r = command->run(&cli, &err);
    if (r < 0)
        complain(&cli, &err);
    arena_done(&cli.arena);
    /* 2: the call was wrong; 1: it was right and could not be done. */
    return r == 0 ? 0 : r == -ERR_BAD_INPUT || r == -ERR_MALFORMED ? 2 : 1;
}
