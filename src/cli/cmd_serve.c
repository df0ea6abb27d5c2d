/* The service: server and job loop over one installation, until a signal asks to stop. A running
 * service keeps the law it checked at its start. */
#include "cli/cli.h"

#include "adverts/check.h"
#include "base/log.h"
#include "cli/demo.h"
#include "jobs/jobs.h"
#include "out/mime.h"
#include "persons/rules.h"
#include <inttypes.h>
#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* The first line of a file that keeps a secret; no file, no secret. */
static int read_secret(const char *path, struct arena *arena, const char **ret, struct err *err)
{
    struct buf text CLEANUP_BUF = {0};
    int r;

    if (!path)
        return 0;
    buf_init(&text, 8192);
    r = cli_read_file(path, 4096, &text, err);
    if (r < 0)
        return r;
    *ret = arena_strndup(arena, text.data ? text.data : "", text.data ? strcspn(text.data, "\r\n") : 0);
    return *ret ? 0 : err_memory(err);
}

static void wait_for_signal(const sigset_t *signals)
{
    int number;

    while (sigwait(signals, &number) != 0)
        ;
    log_line(LOG_LEVEL_INFO, "stopping", "signal", strsignal(number), NULL);
}

/* The addresses by which the demonstration's people enter; none in what an older version marked. */
static int demo_cabinets(struct settings *settings, const char *marked, struct arena *arena, struct err *err)
{
    json_t *list = json_loads(marked, JSON_DECODE_ANY, NULL);
    size_t count = json_array_size(list);
    const char **addresses = ARENA_ARRAY(arena, const char *, count + 1);
    int r = addresses != NULL ? 0 : err_memory(err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        addresses[i] = arena_strdup(arena, json_string_value(json_array_get(list, i)));
        r = addresses[i] != NULL ? 0 : err_memory(err);
    }
    json_decref(list);
    if (r < 0)
        return r;
    settings->demo_cabinets = addresses;
    settings->demo_cabinet_count = count;
    return 0;
}

/* Demo accounts have a password that everybody knows: their store is shown on this machine only. */
static int check_demo(struct settings *settings, struct store *store, struct arena *arena, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    const char *marked = NULL;
    int r = store_read_begin(store, &tx, err);

    if (r == 0)
        r = store_setting_get(tx, DEMO_SETTING, arena, &marked, err);
    if (r < 0)
        return r;
    settings->demo = marked != NULL;
    settings->demo_password = settings->demo ? DEMO_PASSWORD : NULL;
    r = marked != NULL ? demo_cabinets(settings, marked, arena, err) : 0;
    if (r < 0)
        return r;
    if (settings->demo && strcmp(settings->listen_host, "127.0.0.1") != 0 && strcmp(settings->listen_host, "::1") != 0)
        return err_set(err, ERR_FORBIDDEN, "demo_not_public", "%.60s", settings->listen_host);
    return 0;
}

/* Does some procedure name the role in run_by? */
static bool role_runs(const struct catalogue *catalogue, const char *role)
{
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        if (words_have(catalogue->procedures[i].run_by, catalogue->procedures[i].run_by_count, role))
            return true;
    return false;
}

/* What may stand there, for who wrote something else. */
static const char *roles_known(const struct catalogue *catalogue, struct arena *arena)
{
    const struct list *roles = catalogue_list(catalogue, "roles");
    const char *known = "";

    for (size_t i = 0; known && roles && i < roles->count; i++)
        if (role_runs(catalogue, roles->entries[i].id))
            known = arena_printf(arena, "%s%s%s", known, *known ? ", " : "", roles->entries[i].id);
    return known ? known : "";
}

/* Which procedures are offered: those of the roles that the organisation plays. A demonstration plays all, unless it is
 * told otherwise. */
static int read_roles(struct cli *cli, struct office *office, struct err *err)
{
    const char *words = cli->roles ? cli->roles : cli->settings.roles;
    char *left = arena_strdup(&cli->arena, words ? words : "platform operator"), *save = NULL;
    const char **roles = left ? ARENA_ARRAY(&cli->arena, const char *, strlen(left) + 1) : NULL;
    size_t count = 0;

    if (!words && cli->settings.demo)
        return 0;
    if (!roles)
        return err_memory(err);
    for (char *word = strtok_r(left, " ,", &save); word; word = strtok_r(NULL, " ,", &save)) {
        if (!role_runs(office->catalogue, word))
            return err_set(err, ERR_BAD_INPUT, "roles_unknown", "%.40s (%.110s)", word,
                           roles_known(office->catalogue, &cli->arena));
        roles[count++] = word;
    }
    if (count == 0)
        return err_set(err, ERR_BAD_INPUT, "roles_unknown", "\"\" (%.110s)",
                       roles_known(office->catalogue, &cli->arena));
    office->roles = roles;
    office->role_count = count;
    return 0;
}

static int run(struct cli *cli, struct installation *installation, struct papers *papers, const sigset_t *signals,
               struct err *err)
{
    struct settings *settings = &cli->settings;
    const char *mail_password = NULL, *sms_secret = NULL;
    struct server *server = NULL;
    struct jobs *jobs = NULL;
    struct rules *rules = NULL;
    struct advert_rules *advert_rules = NULL;
    struct app app;
    struct mailer_settings mail;
    struct sms_settings sms;
    char port[16], reached[300];
    int r;

    r = read_secret(settings->mail_password_file, &cli->arena, &mail_password, err);
    if (r == 0)
        r = read_secret(settings->sms_secret_file, &cli->arena, &sms_secret, err);
    if (r < 0)
        return r;
    app = (struct app){.settings = settings,
                       .office = installation->office,
                       .papers = papers,
                       .mail = {.url = settings->mail_url,
                                .from = settings->mail_from,
                                .user = settings->mail_user,
                                .password = mail_password,
                                .allow_private = settings->mail_allow_private,
                                .public_url = settings->public_url},
                       .dumps_dir = arena_printf(&cli->arena, "%s/adverts/dumps", settings->var_dir),
                       .now = time_now_usec};
    r = app.dumps_dir == NULL ? err_memory(err) : read_roles(cli, &app.office, err);
    if (r == 0 && settings->rules_file)
        r = rules_load(settings->rules_file, &rules, err);
    app.rules = rules;
    if (r == 0)
        r = advert_rules_new(app.office.catalogue, settings->advert_terms, &advert_rules, err);
    app.advert_rules = advert_rules;
    if (r == 0)
        r = server_start(&app, &server, err);
    if (r < 0) {
        rules_free(rules);
        advert_rules_free(advert_rules);
        return r;
    }
    /* Links in letters lead to where the server listens, unless it is told how it is reached from outside. */
    mail = app.mail;
    sms = (struct sms_settings){
        .url = settings->sms_url, .secret = sms_secret, .allow_private = settings->sms_allow_private};
    snprintf(reached, sizeof(reached), "%s://%s:%d", settings->tls_certificate ? "https" : "http",
             settings->listen_host, server_port(server));
    if (!mail.public_url)
        mail.public_url = reached;
    r = jobs_start(&(struct jobs_settings){.office = &app.office,
                                           .papers = papers,
                                           .mail = &mail,
                                           .sms = &sms,
                                           .index = app.persons,
                                           .library = app.library,
                                           .counter = app.counter,
                                           .late_hour = settings->audience_late_hour,
                                           .dumps_dir = app.dumps_dir,
                                           .now = app.now},
                   &jobs, err);
    if (r == 0) {
        snprintf(port, sizeof(port), "%d", server_port(server));
        malloc_trim(0); /* what loading the catalogue needed goes back to the system */
        fprintf(stderr, "listening on %s://%s:%s\n", settings->tls_certificate ? "https" : "http",
                settings->listen_host, port);
        wait_for_signal(signals);
    }
    jobs_stop(jobs);
    server_stop(server);
    rules_free(rules);
    advert_rules_free(advert_rules);
    return r;
}

/* One descriptor a connection and some for the store; the soft limit is often lower than what the kernel allows. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 8192) {
        limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int cmd_serve(struct cli *cli, struct err *err)
{
    struct installation installation;
    struct papers *papers = NULL;
    sigset_t signals;
    int r;

    /* A sender that is no address would make every message one that cannot be sent. */
    if (cli->settings.mail_url && (!cli->settings.mail_from || !mail_address_right(cli->settings.mail_from)))
        return err_set(err, ERR_BAD_INPUT, "option_value", "--mail-from");
    /* Without lists of revoked certificates nobody would know whether one still holds, and nobody would get in. */
    if (!cli->settings.identity_roots != !cli->settings.identity_crls)
        return err_set(err, ERR_BAD_INPUT, "option_value",
                       cli->settings.identity_roots ? "--identity-roots" : "--identity-crls");
    /* A certificate alone would be served without TLS, and believed to be. */
    if (!cli->settings.tls_certificate != !cli->settings.tls_key)
        return err_set(err, ERR_BAD_INPUT, "option_value", cli->settings.tls_key ? "--tls-certificate" : "--tls-key");
    /* Before any thread starts, so that all inherit the mask and only this one waits for the signals. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    r = check_demo(&cli->settings, installation.store, &cli->arena, err);
    if (r == 0)
        r = papers_load(cli->settings.papers_dir, installation.catalogue, &papers, err);
    if (r == 0)
        r = run(cli, &installation, papers, &signals, err);
    papers_free(papers);
    installation_close(&installation);
    return r;
}

int cmd_routes(struct cli *cli, struct err *err)
{
    struct buf out CLEANUP_BUF = {0};

    (void)cli;
    buf_init(&out, 4 << 20);
    routes_to_json(&out);
    if (out.failed)
        return err_memory(err);
    puts(out.data);
    return 0;
}
