/* The command line: `talap COMMAND [WORDS] [OPTIONS]`. Each command is a row of the table in main.c and a file cmd_*.c.
 * This header is what they share: options, configuration, the opened installation. */
#ifndef TALAP_CLI_CLI_H
#define TALAP_CLI_CLI_H

#include "web/app.h"

struct cli {
    struct arena arena;       /* texts of the options and of the configuration */
    struct settings settings; /* of the configuration file, then of the options */
    enum lang lang;           /* of messages: LANG from the environment, else English */
    bool json, csv;
    bool check; /* --check: of a report */
    bool force;
    const char *from, *at; /* --from, --at */
    const char *login, *name, *email, *roles, *password_file, *days;
    const char *reason, *ground;
    const char *pdf_path;
    const char *receipt_path, *key, *checkpoint_path;
    int word_count; /* what is not an option, after the command's own words */
    char *const *words;
};

struct command {
    const char *words; /* "law check" */
    const char *usage; /* after the words */
    const char *summary;
    int (*run)(struct cli *cli, struct err *err);
};

int cmd_init(struct cli *cli, struct err *err);
int cmd_demo(struct cli *cli, struct err *err);
int cmd_serve(struct cli *cli, struct err *err);
int cmd_law_check(struct cli *cli, struct err *err);
int cmd_clock(struct cli *cli, struct err *err);
int cmd_calendar(struct cli *cli, struct err *err);
int cmd_routes(struct cli *cli, struct err *err);
int cmd_verify(struct cli *cli, struct err *err);
int cmd_backup_list(struct cli *cli, struct err *err);
int cmd_backup_gone(struct cli *cli, struct err *err);
int cmd_person_hold(struct cli *cli, struct err *err);
int cmd_person_lift(struct cli *cli, struct err *err);
int cmd_person_destroy(struct cli *cli, struct err *err);
int cmd_depersonalise(struct cli *cli, struct err *err);
int cmd_backup(struct cli *cli, struct err *err);
int cmd_restore(struct cli *cli, struct err *err);
int cmd_case_list(struct cli *cli, struct err *err);
int cmd_case_show(struct cli *cli, struct err *err);
int cmd_report(struct cli *cli, struct err *err);
int cmd_adverts_dump(struct cli *cli, struct err *err);
int cmd_consent_import(struct cli *cli, struct err *err);
int cmd_consent_export(struct cli *cli, struct err *err);
int cmd_user_add(struct cli *cli, struct err *err);
int cmd_user_list(struct cli *cli, struct err *err);
int cmd_user_password(struct cli *cli, struct err *err);
int cmd_user_disable(struct cli *cli, struct err *err);
int cmd_token_add(struct cli *cli, struct err *err);
int cmd_token_list(struct cli *cli, struct err *err);
int cmd_token_revoke(struct cli *cli, struct err *err);

/* Fills defaults, then the file of --config (or talap.yaml in the current folder, or /etc/talap/talap.yaml when there),
 * then the options. Leaves the rest in cli->words. ERR_BAD_INPUT "option_unknown", "option_value". */
int options_read(struct cli *cli, int argc, char **argv, struct err *err) WARN_UNUSED;
/* The text of --help about options. */
extern const char options_help[];

/* An opened installation: catalogue, store, keys, ledger. */
struct installation {
    struct catalogue *catalogue;
    struct store *store;
    struct keyring *keyring;
    struct signer signer;
    struct ledger *ledger;
    struct kept_cache *kept;
    struct office office;
};
/* Opens what the settings name. With `create`, a missing store and missing keys are made; without, each missing thing
 * is an error that says what is missing. */
int installation_open(struct installation *installation, const struct settings *settings, bool create,
                      struct err *err) WARN_UNUSED;
/* The same, made where missing, to be filled with what could be filled anew (store_options.later). */
int installation_open_to_fill(struct installation *installation, const struct settings *settings,
                              struct err *err) WARN_UNUSED;
void installation_close(struct installation *installation);
/* The catalogue alone. */
int cli_catalogue(const struct cli *cli, struct catalogue **ret, struct err *err) WARN_UNUSED;
/* law/, papers/ or demo/ of the source tree when run from there, else as installed. NULL over the arena's limit. */
const char *cli_data_folder(struct cli *cli, const char *name);
/* Reads a whole file of at most `max` bytes into `out`; "-" is standard input. */
int cli_read_file(const char *path, size_t max, struct buf *out, struct err *err) WARN_UNUSED;
/* A password from the first line of a file, "-" for standard input, or asked at the terminal without echo. */
int cli_read_password(const struct cli *cli, struct arena *arena, char **ret, struct err *err) WARN_UNUSED;
/* The actor "system": what the command line does, is done by who may read the keys. */
struct actor cli_actor(void);

#endif
