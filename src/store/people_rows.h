/* Subjects and their wrapped keys; accounts, sessions and tokens of those who work here; settings; the outbox. */
#ifndef TALAP_STORE_PEOPLE_ROWS_H
#define TALAP_STORE_PEOPLE_ROWS_H

#include "base/digest.h"
#include "store/store.h"

struct subject_row {
    const char *id;
    const void *wrapped_key; /* NULL once destroyed */
    size_t wrapped_key_len;
    int64_t created_usec;
};
int store_subject_insert(struct tx *tx, const struct subject_row *row, struct err *err) WARN_UNUSED;
int store_subject_get(struct tx *tx, const char *id, struct arena *arena, struct subject_row *ret,
                      struct err *err) WARN_UNUSED;
/* A keyed hash of an e-mail, phone or IIN leads to the person; a person may have several. */
int store_subject_lookup_put(struct tx *tx, const struct hash *lookup, const char *subject_id,
                             struct err *err) WARN_UNUSED;
/* Leads there no longer; *ret_found false where it did not. */
int store_subject_lookup_delete(struct tx *tx, const struct hash *lookup, const char *subject_id, bool *ret_found,
                                struct err *err) WARN_UNUSED;
/* *ret NULL when nobody is known by it. */
int store_subject_by_lookup(struct tx *tx, const struct hash *lookup, struct arena *arena, const char **ret,
                            struct err *err) WARN_UNUSED;

struct account_row {
    const char *id, *login, *name, *email; /* email "" when none */
    const char *password_hash;             /* libsodium's argon2id string */
    const char *roles;                     /* "admin moderator": words by blanks, sorted */
    const char *lang;
    bool disabled, must_change_password;
    int64_t failures;          /* in a row */
    int64_t locked_until_usec; /* TIME_NONE: not locked */
    int64_t created_usec;
};
int store_account_insert(struct tx *tx, const struct account_row *row,
                         struct err *err) WARN_UNUSED; /* login taken: ERR_CONFLICT "login_taken" */
int store_account_update(struct tx *tx, const struct account_row *row, struct err *err) WARN_UNUSED;
int store_account_get(struct tx *tx, const char *id, struct arena *arena, struct account_row *ret,
                      struct err *err) WARN_UNUSED;
int store_account_by_login(struct tx *tx, const char *login, struct arena *arena, struct account_row *ret,
                           struct err *err) WARN_UNUSED;
int store_account_list(struct tx *tx, struct arena *arena, struct account_row **ret, size_t *ret_count,
                       struct err *err) WARN_UNUSED;

struct session_row {
    struct hash token_hash; /* of the cookie's secret */
    const char *account_id;
    int64_t created_usec, seen_usec, expires_usec;
};
int store_session_insert(struct tx *tx, const struct session_row *row, struct err *err) WARN_UNUSED;
int store_session_get(struct tx *tx, const struct hash *token_hash, struct arena *arena, struct session_row *ret,
                      struct err *err) WARN_UNUSED;
int store_session_delete(struct tx *tx, const struct hash *token_hash, struct err *err) WARN_UNUSED;
int store_session_delete_of(struct tx *tx, const char *account_id, struct err *err) WARN_UNUSED;
int store_session_purge(struct tx *tx, int64_t before_usec, struct err *err) WARN_UNUSED; /* expired before */

struct token_row {
    const char *id, *name, *account_id; /* whom it acts for */
    const char *roles;                  /* a subset of the account's */
    struct hash secret_hash;
    int64_t created_usec, expires_usec, revoked_usec; /* TIME_NONE where not */
};
int store_token_insert(struct tx *tx, const struct token_row *row, struct err *err) WARN_UNUSED;
int store_token_by_hash(struct tx *tx, const struct hash *secret_hash, struct arena *arena, struct token_row *ret,
                        struct err *err) WARN_UNUSED;
int store_token_list(struct tx *tx, struct arena *arena, struct token_row **ret, size_t *ret_count,
                     struct err *err) WARN_UNUSED;
int store_token_revoke(struct tx *tx, const char *id, int64_t at_usec, struct err *err) WARN_UNUSED;

/* Settings: one JSON text a key ("organisation", "mail", …). *ret NULL when not set. */
int store_setting_get(struct tx *tx, const char *key, struct arena *arena, const char **ret,
                      struct err *err) WARN_UNUSED;
int store_setting_put(struct tx *tx, const char *key, const char *json, struct err *err) WARN_UNUSED;

/* The outbox: messages that go out after the commit that made them. No address stands here: it is found (and decrypted)
 * when the message is composed, so that a person destroyed meanwhile gets no mail. */
struct outbox_row {
    const char *id;
    const char *kind;    /* "mail", "sms" */
    const char *purpose; /* "receipt", "act", "reminder", "overdue", "code" */
    const char *case_id; /* NULL: of a code */
    int64_t leaf;        /* the event it tells of */
    const char *to;      /* "opener", an account id, or a code's id */
    const char *state;   /* "waiting", "sent", "failed" (given up), "skipped" (no address) */
    int attempts;
    int64_t created_usec, next_usec, sent_usec; /* sent TIME_NONE before */
    const char *last_error;                     /* without addresses; "" when none */
};
int store_outbox_insert(struct tx *tx, const struct outbox_row *row, struct err *err) WARN_UNUSED;
int store_outbox_update(struct tx *tx, const struct outbox_row *row, struct err *err) WARN_UNUSED;
/* Waiting ones of the kind (NULL: of any) whose next_usec is at or before now, oldest first. */
int store_outbox_ripe(struct tx *tx, const char *kind, int64_t now_usec, size_t limit, struct arena *arena,
                      struct outbox_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
int store_outbox_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct outbox_row **ret,
                         size_t *ret_count, struct err *err) WARN_UNUSED;
/* Those that wait or were given up, the failed first, then the oldest. */
int store_outbox_undelivered(struct tx *tx, size_t limit, struct arena *arena, struct outbox_row **ret,
                             size_t *ret_count, struct err *err) WARN_UNUSED;
/* A message about an event that is not its case's, or about none though it holds no code: *ret_id, NULL when there is
 * none. */
int store_outbox_check(struct tx *tx, struct arena *arena, const char **ret_id, struct err *err) WARN_UNUSED;
struct outbox_figures {
    int64_t waiting, failed, sent;
    int64_t oldest_usec; /* of the waiting; TIME_NONE */
};
int store_outbox_figures(struct tx *tx, struct outbox_figures *ret, struct err *err) WARN_UNUSED;

#endif
