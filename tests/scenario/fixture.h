/* An office for tests: a temporary folder with a copy of the law, a SQLite store, keys, a ledger, and one account a
 * role. Every failure of the fixture itself aborts with its reason: a test is about what comes after. */
#ifndef TALAP_TESTS_FIXTURE_H
#define TALAP_TESTS_FIXTURE_H

#include "cases/cases.h"

#define FIXTURE_CATALOGUES_MAX 8

struct fixture {
    char dir[64];                                         /* /tmp/talap-…; the store is in talap.db */
    char law_dir[128];                                    /* the copy of the law, free to be edited */
    struct catalogue *catalogues[FIXTURE_CATALOGUES_MAX]; /* the newest last; older ones live until the end */
    size_t catalogue_count;
    bool durable; /* each commit reaches the disk: fixture_durably */
    struct store *store;
    struct keyring *keyring;
    struct signer signer;
    struct ledger *ledger;
    struct office office;
    struct actor admin, moderator, registrar, auditor, official, head, carrier, responsible, service, opener, anonymous;
    struct arena arena;         /* of one call; emptied by the next fixture_open_case or fixture_act */
    struct field_errors errors; /* of the last call */
};

void fixture_start(struct fixture *fixture);
void fixture_start_empty(struct fixture *fixture); /* nobody works there yet */
/* From now on each commit reaches the disk, as it does where people work: for tests of a disk that fails. */
void fixture_durably(struct fixture *fixture);
void fixture_end(struct fixture *fixture);
/* Reads the law copy anew, as a reload would. Refused: the error is returned and nothing changes. */
int fixture_reload(struct fixture *fixture, struct err *err);
/* Replaces `find` by `replace` in a file of the law copy; it must occur. `find` NULL: `replace` is appended. */
void fixture_edit_law(struct fixture *fixture, const char *file, const char *find, const char *replace);
/* Another account, with these roles; e-mail "" for none. */
void fixture_hire(struct fixture *fixture, const char *login, const char *email, unsigned roles, struct actor *ret);
/* A token of an account with all of its roles. */
void fixture_token(struct fixture *fixture, const struct actor *of, struct actor *ret);
/* NULL for an unknown word: admin, moderator, registrar, auditor, official, head, carrier, responsible,
 * service, opener, public. */
const struct actor *fixture_actor(const struct fixture *fixture, const char *word);

struct fixture_opening {
    const char *procedure;  /* NULL: complaint; it must be in the catalogue */
    const char *opener;     /* NULL: public */
    const char *subject_id; /* the person whose case it is, where known */
    const struct actor *actor;
    enum lang lang;                  /* Kazakh where nothing is said */
    int64_t now_usec, received_usec; /* received 0: now */
    const struct raw_value *raw;
    size_t raw_count;
    struct attachment_new *files;
    size_t file_count;
    const char *key;
};
/* Prepares and writes, as a server does. */
int fixture_open_case(struct fixture *fixture, const struct fixture_opening *opening, struct case_opened *ret,
                      struct err *err);
/* The same for an act; ret_version and ret_leaf may be NULL. */
int fixture_act(struct fixture *fixture, const struct case_acting *acting, const struct actor *actor, int64_t now_usec,
                int64_t *ret_version, int64_t *ret_leaf, struct err *err);
/* case_tick, case_recompute, case_index until nothing is left. Returns how many were handled. */
size_t fixture_tick(struct fixture *fixture, int64_t now_usec);
size_t fixture_recompute(struct fixture *fixture, int64_t now_usec);
size_t fixture_index(struct fixture *fixture);
int fixture_verify(struct fixture *fixture, struct verify_report *ret, struct err *err);
/* Runs SQL on the store's file past the store, its authorizer and (dropped before) its triggers: what an intruder or a
 * bad disk would do. Restores nothing. */
void fixture_sql(struct fixture *fixture, const char *sql);
/* Does any file of the store hold these bytes, as it runs (with its log) or closed? It is opened again afterwards. */
bool fixture_store_holds(struct fixture *fixture, const char *bytes);
/* The same of any bytes, as the store runs. */
bool fixture_files_hold(const struct fixture *fixture, const void *bytes, size_t count);

/* A complaint that is accepted as it is: about, text. */
extern const struct raw_value fixture_complaint[2];
struct raw_value fixture_raw(const char *name, const char *const *text);
int64_t fixture_moment(const struct fixture *fixture, const char *text);

#endif
