/* Accounts and tokens at the command line: the first administrator is made here. */
#include "cli/cli.h"

#include "base/locale.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one command of this file does under the writer's turn. */
struct job {
    struct installation *installation;
    struct cli *cli;
    struct account_new account;
    const char *login, *name, *token_id;
    char password_hash[128];
    unsigned roles;
    int64_t expires_usec;
    char id[ID_TEXT], secret[64];
};

static int print_field_errors(struct cli *cli, const struct field_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        char *text = text_error(&cli->arena, cli->lang, errors->items[i].code, errors->items[i].arg);

        fprintf(stderr, "talap: %s: %s\n", errors->items[i].field, text ? text : errors->items[i].code);
    }
    return 0;
}

static int write_job(struct job *job, const struct cli *cli,
                     int (*run)(struct tx *, struct store_command *, struct err *), struct err *err)
{
    struct installation installation;
    int r = installation_open(&installation, &cli->settings, false, err);

    if (r < 0)
        return r;
    job->installation = &installation;
    r = store_write(installation.store, run, job, err);
    installation_close(&installation);
    return r;
}

static int user_add_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct job *job = command->arg;
    struct actor by = cli_actor();

    return account_create(tx, &job->installation->office.access, &job->account, job->password_hash, &by,
                          time_now_usec(), job->id, err);
}

int cmd_user_add(struct cli *cli, struct err *err)
{
    struct job job = {.cli = cli};
    struct field_errors errors;
    char *password;
    int r;

    field_errors_init(&errors, &cli->arena);
    if (!cli->login || !cli->name || !cli->roles || cli->word_count != 0)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap user add --login LOGIN --name NAME --roles WORDS");
    r = cli_read_password(cli, &cli->arena, &password, err);
    if (r < 0)
        return r;
    job.account = (struct account_new){.login = cli->login,
                                       .name = cli->name,
                                       .email = cli->email ? cli->email : "",
                                       .password = password,
                                       .roles = roles_parse(cli->roles),
                                       .lang = LANG_KK};
    r = account_check(&job.account, &errors, err);
    print_field_errors(cli, &errors);
    if (r == 0)
        r = password_hash(password, job.password_hash, err);
    explicit_bzero(password, strlen(password));
    if (r == 0)
        r = write_job(&job, cli, user_add_run, err);
    if (r == 0)
        printf("%s\n", job.id);
    return r;
}

static int user_password_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct job *job = command->arg;
    struct account_row row;
    struct actor by = cli_actor();
    int r = store_account_by_login(tx, job->login, &job->cli->arena, &row, err);

    return r < 0 ? r
                 : account_set_password(tx, &job->installation->office.access, row.id, job->password_hash, &by,
                                        time_now_usec(), err);
}

int cmd_user_password(struct cli *cli, struct err *err)
{
    struct job job = {.cli = cli};
    struct field_errors errors;
    char *password;
    int r;

    field_errors_init(&errors, &cli->arena);
    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap user password LOGIN");
    job.login = cli->words[0];
    r = cli_read_password(cli, &cli->arena, &password, err);
    if (r < 0)
        return r;
    job.account = (struct account_new){
        .login = job.login, .name = job.login, .email = "", .password = password, .roles = ROLE_AUDITOR};
    r = account_check(&job.account, &errors, err);
    print_field_errors(cli, &errors);
    if (r == 0)
        r = password_hash(password, job.password_hash, err);
    explicit_bzero(password, strlen(password));
    return r < 0 ? r : write_job(&job, cli, user_password_run, err);
}

static int user_disable_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct job *job = command->arg;
    struct account_row row;
    struct actor by = cli_actor();
    int r = store_account_by_login(tx, job->login, &job->cli->arena, &row, err);

    if (r < 0)
        return r;
    row.disabled = true;
    return account_change(tx, &job->installation->office.access, &row, &by, time_now_usec(), err);
}

int cmd_user_disable(struct cli *cli, struct err *err)
{
    struct job job = {.cli = cli};

    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap user disable LOGIN");
    job.login = cli->words[0];
    return write_job(&job, cli, user_disable_run, err);
}

static int token_add_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct job *job = command->arg;
    struct account_row row;
    struct actor by = cli_actor();
    int r = store_account_by_login(tx, job->login, &job->cli->arena, &row, err);

    if (r < 0)
        return r;
    return token_create(tx, &job->installation->office.access, row.id, job->name,
                        job->roles ? job->roles : roles_parse(row.roles), job->expires_usec, &by, time_now_usec(),
                        job->secret, job->id, err);
}

int cmd_token_add(struct cli *cli, struct err *err)
{
    struct job job = {.cli = cli, .name = cli->name, .expires_usec = TIME_NONE};
    long days;
    char *end;
    int r;

    if (cli->word_count != 1 || !cli->name)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap token add LOGIN --name NAME");
    job.login = cli->words[0];
    if (cli->roles && !(job.roles = roles_parse(cli->roles)))
        return err_set(err, ERR_BAD_INPUT, "option_value", "--roles: %.60s", cli->roles);
    if (cli->days) {
        days = strtol(cli->days, &end, 10);
        if (*end || days < 1 || days > 3650)
            return err_set(err, ERR_BAD_INPUT, "option_value", "--days: %.20s", cli->days);
        job.expires_usec = time_now_usec() + days * USEC_PER_DAY;
    }
    r = write_job(&job, cli, token_add_run, err);
    if (r == 0)
        printf("%s\n%s\n", job.id, job.secret);
    explicit_bzero(job.secret, sizeof(job.secret));
    return r;
}

static int token_revoke_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct job *job = command->arg;
    struct actor by = cli_actor();

    return token_revoke(tx, &job->installation->office.access, job->token_id, &by, time_now_usec(), err);
}

int cmd_token_revoke(struct cli *cli, struct err *err)
{
    struct job job = {.cli = cli};

    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap token revoke ID");
    job.token_id = cli->words[0];
    return write_job(&job, cli, token_revoke_run, err);
}

/* Opens for reading, calls `print`, closes. */
static int read_job(const struct cli *cli, int (*print)(struct tx *tx, struct arena *arena, struct err *err),
                    struct err *err)
{
    struct installation installation;
    struct tx *tx = NULL;
    struct arena arena;
    int r = installation_open(&installation, &cli->settings, false, err);

    if (r < 0)
        return r;
    arena_init(&arena, 64 << 20);
    r = store_read_begin(installation.store, &tx, err);
    if (r == 0)
        r = print(tx, &arena, err);
    store_read_end(tx);
    arena_done(&arena);
    installation_close(&installation);
    return r;
}

static int print_users(struct tx *tx, struct arena *arena, struct err *err)
{
    struct account_row *rows;
    size_t count;
    int r = store_account_list(tx, arena, &rows, &count, err);

    for (size_t i = 0; r == 0 && i < count; i++)
        printf("%s\t%s\t%s\t%s\n", rows[i].login, rows[i].roles, rows[i].disabled ? "disabled" : "active",
               rows[i].name);
    return r;
}

int cmd_user_list(struct cli *cli, struct err *err)
{
    return read_job(cli, print_users, err);
}

static int print_tokens(struct tx *tx, struct arena *arena, struct err *err)
{
    struct token_row *rows;
    size_t count;
    int r = store_token_list(tx, arena, &rows, &count, err);

    for (size_t i = 0; r == 0 && i < count; i++)
        printf("%s\t%s\t%s\t%s\n", rows[i].id, rows[i].roles, rows[i].revoked_usec != TIME_NONE ? "revoked" : "active",
               rows[i].name);
    return r;
}

int cmd_token_list(struct cli *cli, struct err *err)
{
    return read_job(cli, print_tokens, err);
}
