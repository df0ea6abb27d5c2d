/* What the server holds while it runs. */
#ifndef TALAP_WEB_APP_H
#define TALAP_WEB_APP_H

#include "out/mail.h"
#include "web/http.h"

/* In MiB; sealed, a file of this size still fits a request's memory. */
#define IMPORT_MIB 64

/* The host's configuration (talap.yaml or the command line). */
struct settings {
    const char *listen_host; /* 127.0.0.1 */
    int listen_port;         /* 8480; 0: any, told on start */
    const char *store_url;
    const char *var_dir; /* keys live here: master.key, ledger.key */
    const char *law_dir;
    const char *papers_dir;
    const char *roles; /* words of law/roles.yaml that the organisation plays, by blanks; NULL: "platform operator" */
    const char *advert_terms;    /* the operator's own words of targeting (adverts/check.h), or NULL */
    const char *rules_file;      /* the operator's own rules of access (persons/rules.h), or NULL */
    uint32_t decision_log_every; /* decisions in the log: 0 none, 1 all, N one of N */
    const char *public_url;      /* as seen from outside; NULL: http://HOST:PORT */
    const char *mail_url;        /* smtp://host:port or smtps://…; NULL: mail waits */
    const char *mail_from, *mail_user, *mail_password_file;
    bool mail_allow_private;               /* may the SMTP server be on a private address? loopback needs it too */
    const char *sms_url, *sms_secret_file; /* gateway of short messages; NULL: none, and no phone is offered */
    bool sms_allow_private;
    const char *identity_roots, *identity_crls; /* PEM files: whose certificates are believed; NULL: none */
    const char *tls_certificate, *tls_key;      /* or NULL: plain HTTP */
    int threads;                                /* HTTP threads; 0: cores */
    size_t connection_max;                      /* 0: 4096 */
    int request_timeout_sec;                    /* 0: 30 */
    int import_mib;                             /* the largest file of consents sent; 0: IMPORT_MIB */
    int body_memory_mib;                        /* large bodies and answers in memory together; 0: 768 */
    int audience_late_hour;                     /* until which local hour yesterday takes users; 0: not at all */
    int backup_kept_days;                       /* how long copies made by `talap backup` are kept; 0: 30 */
    bool demo;                                  /* show the demo sign-ins on the sign-in page */
    const char *demo_password;                  /* with demo: the password that every demo account has */
    const char *const *demo_cabinets;           /* with demo: addresses by which its people enter the cabinet */
    size_t demo_cabinet_count;
};

struct app {
    const struct settings *settings;
    struct office office;
    const struct papers *papers;             /* layouts of papers; NULL: none can be drawn */
    struct mailer_settings mail;             /* for the settings page: is a server configured, and which */
    int64_t (*now)(void);                    /* time_now_usec, or a test's clock */
    struct figures *figures;                 /* figures.h; made and freed with the server */
    struct report_cache *reports;            /* report_cache.h; the same */
    struct person_index *persons;            /* persons/person_index.h: from which decisions are made; the same */
    struct token_cache *tokens;              /* token_cache.h; the same */
    struct decision_log *decision_log;       /* decision_log.h; the same */
    const struct rules *rules;               /* persons/rules.h: the operator's own; NULL: none */
    struct library *library;                 /* adverts/library.h: the index of advertisements; the same */
    const struct advert_rules *advert_rules; /* adverts/check.h: what the check before publication goes by */
    const char *dumps_dir;                   /* adverts/dump.h: where dumps lie; NULL: none are made */
    struct advert_ids *advert_ids;           /* adverts/ids.h; made and freed with the server */
    struct counter *counter;                 /* audience/counter.h; NULL: no users are counted here */
};

struct server;
/* Starts listening; returns when ready. `app` must outlive the server. ERR_UNAVAILABLE "listen_failed" (arg:
 * host:port). */
int server_start(struct app *app, struct server **ret, struct err *err) WARN_UNUSED;
int server_port(const struct server *server);
/* Stops accepting, lets running requests end (at most 10 s), frees. */
void server_stop(struct server *server);

/* The whole table of routes as JSON, pages included: [{method, path, kind, roles: [word], input, name}]; what `talap
 * routes` prints and the test of every (route, role) reads. -ERR_MEMORY when `out` failed. */
int routes_to_json(struct buf *out);

#endif
