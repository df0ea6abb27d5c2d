/* Options and the configuration file. One table names both: an option's long name is its key in talap.yaml. */
#include "cli/cli.h"

#include "base/log.h"
#include "base/yaml.h"
#include "web/decision_log.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#ifndef TALAP_DATA_DIR
#error "the build names the folder in which law/ and papers/ are installed"
#endif

const char options_help[] =
    "Options (each may also stand in talap.yaml under its name, with _ for -):\n"
    "  --config FILE          configuration; else ./talap.yaml, else /etc/talap/talap.yaml, when there\n"
    "  --store STORE          a file, or postgres://…           (var/talap.db)\n"
    "  --var FOLDER           keys: master.key, ledger.key      (var)\n"
    "  --law FOLDER           the catalogue of the law\n"
    "  --papers FOLDER        layouts of papers\n"
    "  --rules FILE           the operator's own rules of access\n"
    "  --decision-log WORDS   decisions in the log: off, whole, or sampled N (one of N)  (off)\n"
    "  --roles WORDS          what the organisation is to the law: platform, authorised_body, carrier … (platform)\n"
    "  --host ADDRESS         where to listen                   (127.0.0.1)\n"
    "  --port NUMBER          0 takes any free one              (8480)\n"
    "  --public-url URL       how the outside reaches it, for links and QR codes\n"
    "  --mail-url URL         smtp://host:port or smtps://…; without it mail waits\n"
    "  --mail-from ADDRESS    sender of mail\n"
    "  --mail-user NAME, --mail-password-file FILE\n"
    "  --mail-allow-private   the SMTP server may be on a private or loopback address\n"
    "  --sms-url URL          HTTP gateway of short messages; without it no phone is asked for\n"
    "  --sms-secret-file FILE, --sms-allow-private\n"
    "  --identity-roots FILE, --identity-crls FILE   whose certificates people may enter the cabinet with (PEM)\n"
    "  --tls-certificate FILE, --tls-key FILE\n"
    "  --threads NUMBER       HTTP threads                      (one a core)\n"
    "  --backup-kept-days DAYS  how long copies made by `talap backup` are kept (30)\n"
    "  --request-timeout SECONDS                                (30)\n"
    "  --body-memory MIB                                        (768)\n"
    "  --import-max MIB         largest file of consents sent   (64)\n"
    "  --advert-terms FILE    the operator's own words by which advertising may not be targeted\n"
    "  --audience-late-hour HOUR  until when yesterday's users are counted  (6)\n"
    "  --log-level WORD       debug, info, warning or error     (info)\n"
    "  --lang kk|ru|en        language of messages\n"
    "  --json                 machine-readable output\n";

enum option_id {
    O_CONFIG = 256,
    O_STORE,
    O_VAR,
    O_LAW,
    O_PAPERS,
    O_HOST,
    O_PORT,
    O_PUBLIC_URL,
    O_MAIL_URL,
    O_MAIL_FROM,
    O_MAIL_USER,
    O_MAIL_PASSWORD_FILE,
    O_MAIL_ALLOW_PRIVATE,
    O_SMS_URL,
    O_SMS_SECRET_FILE,
    O_SMS_ALLOW_PRIVATE,
    O_IDENTITY_ROOTS,
    O_IDENTITY_CRLS,
    O_TLS_CERTIFICATE,
    O_TLS_KEY,
    O_THREADS,
    O_REQUEST_TIMEOUT,
    O_BODY_MEMORY,
    O_IMPORT_MAX,
    O_ADVERT_TERMS,
    O_AUDIENCE_LATE_HOUR,
    O_RULES,
    O_DECISION_LOG,
    O_LANG,
    O_LOG_LEVEL,
    O_BACKUP_KEPT_DAYS,
    O_LAST_SETTING, /* what follows belongs to one call, never to the file */
    O_JSON,
    O_FORCE,
    O_FROM,
    O_LOGIN,
    O_NAME,
    O_EMAIL,
    O_ROLES,
    O_PASSWORD_FILE,
    O_DAYS,
    O_REASON,
    O_GROUND,
    O_RECEIPT,
    O_KEY,
    O_CHECKPOINT,
    O_CSV,
    O_CHECK,
    O_PDF
};

static const struct option options[] = {
    {"config", required_argument, NULL, O_CONFIG},
    {"store", required_argument, NULL, O_STORE},
    {"var", required_argument, NULL, O_VAR},
    {"law", required_argument, NULL, O_LAW},
    {"papers", required_argument, NULL, O_PAPERS},
    {"host", required_argument, NULL, O_HOST},
    {"port", required_argument, NULL, O_PORT},
    {"public-url", required_argument, NULL, O_PUBLIC_URL},
    {"mail-url", required_argument, NULL, O_MAIL_URL},
    {"mail-from", required_argument, NULL, O_MAIL_FROM},
    {"mail-user", required_argument, NULL, O_MAIL_USER},
    {"mail-password-file", required_argument, NULL, O_MAIL_PASSWORD_FILE},
    {"mail-allow-private", no_argument, NULL, O_MAIL_ALLOW_PRIVATE},
    {"sms-url", required_argument, NULL, O_SMS_URL},
    {"sms-secret-file", required_argument, NULL, O_SMS_SECRET_FILE},
    {"sms-allow-private", no_argument, NULL, O_SMS_ALLOW_PRIVATE},
    {"identity-roots", required_argument, NULL, O_IDENTITY_ROOTS},
    {"identity-crls", required_argument, NULL, O_IDENTITY_CRLS},
    {"tls-certificate", required_argument, NULL, O_TLS_CERTIFICATE},
    {"tls-key", required_argument, NULL, O_TLS_KEY},
    {"threads", required_argument, NULL, O_THREADS},
    {"request-timeout", required_argument, NULL, O_REQUEST_TIMEOUT},
    {"body-memory", required_argument, NULL, O_BODY_MEMORY},
    {"import-max", required_argument, NULL, O_IMPORT_MAX},
    {"advert-terms", required_argument, NULL, O_ADVERT_TERMS},
    {"audience-late-hour", required_argument, NULL, O_AUDIENCE_LATE_HOUR},
    {"rules", required_argument, NULL, O_RULES},
    {"decision-log", required_argument, NULL, O_DECISION_LOG},
    {"lang", required_argument, NULL, O_LANG},
    {"log-level", required_argument, NULL, O_LOG_LEVEL},
    {"json", no_argument, NULL, O_JSON},
    {"force", no_argument, NULL, O_FORCE},
    {"from", required_argument, NULL, O_FROM},
    {"login", required_argument, NULL, O_LOGIN},
    {"name", required_argument, NULL, O_NAME},
    {"email", required_argument, NULL, O_EMAIL},
    {"roles", required_argument, NULL, O_ROLES},
    {"password-file", required_argument, NULL, O_PASSWORD_FILE},
    {"days", required_argument, NULL, O_DAYS},
    {"reason", required_argument, NULL, O_REASON},
    {"ground", required_argument, NULL, O_GROUND},
    {"backup-kept-days", required_argument, NULL, O_BACKUP_KEPT_DAYS},
    {"receipt", required_argument, NULL, O_RECEIPT},
    {"key", required_argument, NULL, O_KEY},
    {"checkpoint", required_argument, NULL, O_CHECKPOINT},
    {"csv", no_argument, NULL, O_CSV},
    {"check", no_argument, NULL, O_CHECK},
    {"pdf", required_argument, NULL, O_PDF},
    {0},
};

static int read_number(const char *name, const char *text, long from, long until, long *ret, struct err *err)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < from || value > until)
        return err_set(err, ERR_BAD_INPUT, "option_value", "%s: %.40s", name, text);
    *ret = value;
    return 0;
}

static int read_log_level(const char *name, const char *text, struct err *err)
{
    static const char *const words[] = {"debug", "info", "warning", "error"}; /* as enum log_level counts */

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(text, words[i]) == 0) {
            log_set_level((enum log_level)i);
            return 0;
        }
    return err_set(err, ERR_BAD_INPUT, "option_value", "%s: %.40s", name, text);
}

static int apply(struct cli *cli, int id, const char *name, const char *value, struct err *err)
{
    struct settings *settings = &cli->settings;
    long number = 0;
    int r = 0;

    switch (id) {
    case O_STORE:
        settings->store_url = value;
        break;
    case O_VAR:
        settings->var_dir = value;
        break;
    case O_LAW:
        settings->law_dir = value;
        break;
    case O_PAPERS:
        settings->papers_dir = value;
        break;
    case O_HOST:
        settings->listen_host = value;
        break;
    case O_PORT:
        r = read_number(name, value, 0, 65535, &number, err);
        settings->listen_port = (int)number;
        break;
    case O_PUBLIC_URL:
        settings->public_url = value;
        break;
    case O_MAIL_URL:
        settings->mail_url = value;
        break;
    case O_MAIL_FROM:
        settings->mail_from = value;
        break;
    case O_MAIL_USER:
        settings->mail_user = value;
        break;
    case O_MAIL_PASSWORD_FILE:
        settings->mail_password_file = value;
        break;
    case O_MAIL_ALLOW_PRIVATE:
        settings->mail_allow_private = !value || strcmp(value, "true") == 0;
        break;
    case O_SMS_URL:
        settings->sms_url = value;
        break;
    case O_SMS_SECRET_FILE:
        settings->sms_secret_file = value;
        break;
    case O_SMS_ALLOW_PRIVATE:
        settings->sms_allow_private = !value || strcmp(value, "true") == 0;
        break;
    case O_IDENTITY_ROOTS:
        settings->identity_roots = value;
        break;
    case O_IDENTITY_CRLS:
        settings->identity_crls = value;
        break;
    case O_TLS_CERTIFICATE:
        settings->tls_certificate = value;
        break;
    case O_TLS_KEY:
        settings->tls_key = value;
        break;
    case O_THREADS:
        r = read_number(name, value, 1, 256, &number, err);
        settings->threads = (int)number;
        break;
    case O_REQUEST_TIMEOUT:
        r = read_number(name, value, 1, 600, &number, err);
        settings->request_timeout_sec = (int)number;
        break;
    case O_BODY_MEMORY:
        r = read_number(name, value, 1, 1048576, &number, err);
        settings->body_memory_mib = (int)number;
        break;
    case O_IMPORT_MAX:
        r = read_number(name, value, 1, IMPORT_MIB, &number, err);
        settings->import_mib = (int)number;
        break;
    case O_ADVERT_TERMS:
        settings->advert_terms = value;
        break;
    case O_AUDIENCE_LATE_HOUR:
        r = read_number(name, value, 0, 23, &number, err);
        settings->audience_late_hour = (int)number;
        break;
    case O_RULES:
        settings->rules_file = value;
        break;
    case O_DECISION_LOG:
        if (!decision_log_parse(value, &settings->decision_log_every))
            return err_set(err, ERR_BAD_INPUT, "option_value", "%s: %.40s", name, value);
        break;
    case O_LANG:
        if (lang_parse(value) < 0)
            return err_set(err, ERR_BAD_INPUT, "option_value", "%s: %.40s", name, value);
        cli->lang = (enum lang)lang_parse(value);
        break;
    case O_LOG_LEVEL:
        return read_log_level(name, value, err);
    case O_JSON:
        cli->json = true;
        break;
    case O_FORCE:
        cli->force = true;
        break;
    case O_FROM:
        cli->from = value;
        break;
    case O_LOGIN:
        cli->login = value;
        break;
    case O_NAME:
        cli->name = value;
        break;
    case O_EMAIL:
        cli->email = value;
        break;
    case O_ROLES:
        cli->roles = value;
        break;
    case O_PASSWORD_FILE:
        cli->password_file = value;
        break;
    case O_DAYS:
        cli->days = value;
        break;
    case O_REASON:
        cli->reason = value;
        break;
    case O_GROUND:
        cli->ground = value;
        break;
    case O_BACKUP_KEPT_DAYS:
        r = read_number(name, value, 1, 3650, &number, err);
        settings->backup_kept_days = (int)number;
        break;
    case O_RECEIPT:
        cli->receipt_path = value;
        break;
    case O_KEY:
        cli->key = value;
        break;
    case O_CHECKPOINT:
        cli->checkpoint_path = value;
        break;
    case O_CSV:
        cli->csv = true;
        break;
    case O_CHECK:
        cli->check = true;
        break;
    case O_PDF:
        cli->pdf_path = value;
        break;
    default:
        break;
    }
    return r;
}

/* `roles` of the file is what the organisation is to the law: one word or a list, kept as words by blanks. On the
 * command line the option of that name means the same for the service, and roles of an account for users and tokens. */
static int read_roles(struct cli *cli, const struct yaml *node, struct err *err)
{
    const char *words = node->kind == YAML_SCALAR ? node->text : "";

    if (node->kind == YAML_MAPPING)
        return yaml_refuse(node, err, "yaml_wrong_type", "roles");
    for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->count; i++) {
        if (node->items[i]->kind != YAML_SCALAR)
            return yaml_refuse(node->items[i], err, "yaml_wrong_type", "roles");
        words = arena_printf(&cli->arena, "%s%s%s", words, i > 0 ? " " : "", node->items[i]->text);
        if (!words)
            return err_memory(err);
    }
    cli->settings.roles = words;
    return 0;
}

/* One key of the file is one long option, with _ for -. */
static int read_config(struct cli *cli, const char *path, struct err *err)
{
    const struct yaml *root;
    char name[64];
    int r;

    r = yaml_load(path, 256 << 10, &cli->arena, &root, err);
    if (r < 0)
        return r;
    if (root->kind != YAML_MAPPING)
        return yaml_refuse(root, err, "yaml_wrong_type", "talap.yaml");
    for (size_t i = 0; i < root->count; i++) {
        const struct option *option = options;

        snprintf(name, sizeof(name), "%s", root->keys[i]);
        for (char *p = name; *p; p++)
            *p = *p == '_' ? '-' : *p;
        if (strcmp(name, "roles") == 0) {
            r = read_roles(cli, root->items[i], err);
            if (r < 0)
                return r;
            continue;
        }
        while (option->name &&
               (strcmp(option->name, name) != 0 || option->val >= O_LAST_SETTING || option->val == O_CONFIG))
            option++;
        if (!option->name)
            return yaml_refuse(root->items[i], err, "yaml_unknown_key", "%s", root->keys[i]);
        if (root->items[i]->kind != YAML_SCALAR)
            return yaml_refuse(root->items[i], err, "yaml_wrong_type", "%s", root->keys[i]);
        r = apply(cli, option->val, option->name, root->items[i]->text, err);
        if (r < 0)
            return r;
    }
    return 0;
}

const char *cli_data_folder(struct cli *cli, const char *name)
{
    struct stat st;

    if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
        return name;
    return arena_printf(&cli->arena, "%s/%s", TALAP_DATA_DIR, name);
}

int options_read(struct cli *cli, int argc, char **argv, struct err *err)
{
    const char *config = NULL;
    int id, index = 0, r = 0;

    cli->settings = (struct settings){.listen_host = "127.0.0.1",
                                      .listen_port = 8480,
                                      .store_url = "var/talap.db",
                                      .var_dir = "var",
                                      .audience_late_hour = 6};
    /* Two rounds: first only --config, so that every other option comes after the file and wins. */
    opterr = 0;
    optind = 0;
    while ((id = getopt_long(argc, argv, "", options, &index)) != -1)
        if (id == O_CONFIG)
            config = optarg;
    if (!config && access("talap.yaml", F_OK) == 0)
        config = "talap.yaml";
    else if (!config && access("/etc/talap/talap.yaml", F_OK) == 0)
        config = "/etc/talap/talap.yaml";
    if (config)
        r = read_config(cli, config, err);
    optind = 0;
    while (r == 0 && (id = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (id == '?')
            return err_set(err, ERR_BAD_INPUT, "option_unknown", "%.80s", argv[optind - 1]);
        r = apply(cli, id, options[index].name, optarg, err);
    }
    if (r < 0)
        return r;
    if (!cli->settings.law_dir)
        cli->settings.law_dir = cli_data_folder(cli, "law");
    if (!cli->settings.papers_dir)
        cli->settings.papers_dir = cli_data_folder(cli, "papers");
    if (!cli->settings.law_dir || !cli->settings.papers_dir)
        return err_memory(err);
    cli->word_count = argc - optind;
    cli->words = argv + optind;
    return 0;
}

int cli_read_file(const char *path, size_t max, struct buf *out, struct err *err)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    char chunk[16384];
    ssize_t got;

    if (fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%.120s", path);
    while ((got = read(fd, chunk, sizeof(chunk))) > 0 && out->len <= max)
        buf_put(out, chunk, (size_t)got);
    close(fd);
    if (got < 0)
        return err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%.120s", path);
    if (out->len > max || out->failed)
        return err_set(err, ERR_TOO_LARGE, "body_too_large", "%zu", max);
    return 0;
}

int cli_read_password(const struct cli *cli, struct arena *arena, char **ret, struct err *err)
{
    const char *path = cli->password_file ? cli->password_file : "-";
    struct termios before, silent;
    struct buf text CLEANUP_BUF = {0};
    char *password;
    bool asked;
    int r;

    buf_init(&text, 8192);
    asked = strcmp(path, "-") == 0 && isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (asked) {
        char line[1024];

        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        fputs("Password: ", stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        if (fgets(line, sizeof(line), stdin))
            buf_puts(&text, line);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        explicit_bzero(line, sizeof(line));
        fputc('\n', stderr);
    } else {
        r = cli_read_file(path, 4096, &text, err);
        if (r < 0)
            return r;
    }
    password = arena_strndup(arena, text.data ? text.data : "", text.data ? strcspn(text.data, "\r\n") : 0);
    if (text.data)
        explicit_bzero(text.data, text.len);
    if (!password)
        return err_memory(err);
    *ret = password;
    return 0;
}
