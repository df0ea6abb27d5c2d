/* Who is asking, and what they may: accounts, sessions, tokens, roles. Every change and every sign-in is an event. */
#ifndef TALAP_ACCESS_ACCESS_H
#define TALAP_ACCESS_ACCESS_H

#include "access/keyring.h"
#include "base/lang.h"
#include "store/events.h"

enum role {
    ROLE_PUBLIC = 1 << 0, /* everybody, signed in or not */
    ROLE_ADMIN = 1 << 1,
    ROLE_MODERATOR = 1 << 2,
    ROLE_REGISTRAR = 1 << 3,
    ROLE_AUDITOR = 1 << 4,     /* sees all, changes nothing */
    ROLE_OFFICIAL = 1 << 5,    /* of the authorised body: monitors, controls, draws up */
    ROLE_HEAD = 1 << 6,        /* of the authorised body: signs prescriptions, inquiries, orders */
    ROLE_CARRIER = 1 << 7,     /* of a carrier: carries out orders and confirms them */
    ROLE_RESPONSIBLE = 1 << 8, /* responsible for organising the processing of personal data (pdl.25.2.10): consents,
                                  data and requests of people */
    ROLE_SERVICE = 1 << 9      /* a program of the operator: records consents, data and transfers, asks for decisions */
};
/* Those who work on cases; the catalogue's `by` and `opened_by` say on which. */
#define ROLE_WORKERS                                                                                              \
    (ROLE_ADMIN | ROLE_MODERATOR | ROLE_REGISTRAR | ROLE_OFFICIAL | ROLE_HEAD | ROLE_CARRIER | ROLE_RESPONSIBLE | \
     ROLE_SERVICE)
#define ROLE_STAFF (ROLE_WORKERS | ROLE_AUDITOR)
#define ROLES_OF_ACCOUNTS 9
/* "admin", "moderator", "registrar", "auditor", "official", "head", "carrier", "responsible", "service"; 0 where
 * unknown. */
unsigned role_parse(const char *word);
const char *role_word(enum role role);
/* "admin moderator" ⇄ bits; roles_parse fails (0) on an unknown word. */
unsigned roles_parse(const char *words);
char *roles_words(unsigned roles, struct arena *arena);

enum actor_kind { ACTOR_ANONYMOUS, ACTOR_OPENER, ACTOR_ACCOUNT, ACTOR_TOKEN, ACTOR_SYSTEM };
struct actor {
    enum actor_kind kind;
    char account_id[37]; /* "" for anonymous, opener, system */
    char token_id[37];   /* of ACTOR_TOKEN */
    char login[64], name[128];
    unsigned roles; /* enum role bits; ROLE_PUBLIC always */
    enum lang lang;
    bool must_change_password;
};

/* Events of this room hold ids and codes only, never a name, login or e-mail:
 *
 *   account.created       target_account_id, roles
 *   account.changed       target_account_id, changed: names of the columns, roles, disabled
 *   account.password_set  target_account_id
 *   session.opened        (account_id is who signed in)
 *   session.refused       target_account_id or null (unknown login), locked_until_usec when this failure locked it
 *   session.ended
 *   token.created         target_account_id, target_token_id, roles, expires_usec or null
 *   token.revoked         target_account_id, target_token_id
 *   feed.created          target_account_id: the account's calendar has a new address, an earlier one is gone (feed.h)
 *   feed.revoked          target_account_id
 *
 * each with kind, at_usec, account_id (who did it, or null) and, when done with a token, token_id. */

/* `append` lets access write events without knowing the ledger: the caller passes ledger_append. */
typedef int access_append_fn(struct tx *tx, struct event_row *event, struct err *err);

struct access {
    const struct keyring *keyring;
    access_append_fn *append;
};

struct account_new {
    const char *login; /* 3–32 of a–z 0–9 . _ - */
    const char *name, *email,
        *password; /* password: at least 12 characters, not the login, not on the short list of common ones */
    unsigned roles;
    enum lang lang;
    bool must_change_password;
};
/* `by` may be NULL (system). Refusals go to `errors` by field. The password is hashed (argon2id, 62 ms) by
 * password_hash before the transaction: never under the writer's turn. */
int password_hash(const char *password, char ret[static 128], struct err *err) WARN_UNUSED;
/* May this become the password of that login? Refusals beside the field "password": "required", "too_short" (under 12
 * characters), "too_long" (over 1024 bytes), "wrong_type" (not UTF-8), "password_has_login", "password_common" (a
 * common word with digits or signs around it, digits alone, a few characters repeated). */
int password_check(const char *login, const char *password, struct field_errors *errors, struct err *err) WARN_UNUSED;
/* Refusals beside "login", "name", "email", "password", "roles", "language"; -ERR_BAD_INPUT "fields_refused" when there
 * is one. `password` NULL: only the others are checked (a change). */
int account_check(const struct account_new *account, struct field_errors *errors, struct err *err) WARN_UNUSED;
int account_create(struct tx *tx, const struct access *access, const struct account_new *account,
                   const char *password_hash, const struct actor *by, int64_t now_usec, char ret_id[static 37],
                   struct err *err) WARN_UNUSED;
/* Changes name, e-mail, roles, language, disabled (the row's other columns are not looked at); nothing changed, no
 * event. The last enabled admin cannot be disabled or lose the role: ERR_CONFLICT "last_admin". Disabling ends sessions
 * and tokens, and revokes the address of the calendar. */
int account_change(struct tx *tx, const struct access *access, const struct account_row *row, const struct actor *by,
                   int64_t now_usec, struct err *err) WARN_UNUSED;
/* Ends every session of the account and unlocks it. Unless `by` is the account itself, the password must be changed at
 * the next sign-in. To keep the one who changed it signed in: session_open in the same command. */
int account_set_password(struct tx *tx, const struct access *access, const char *account_id, const char *password_hash,
                         const struct actor *by, int64_t now_usec, struct err *err) WARN_UNUSED;

/* Signing in, in two steps so that argon2id runs outside the writer: (1) sign_in_check reads the account and verifies
 * the password, taking the same time whether or not the login exists; at most one verification a core at a time. A
 * locked account is refused at once: ERR_TOO_MANY "account_locked" with the minutes; a login that does not exist is
 * locked in the same way, as this process remembers. (2) sign_in_record, in a command:
 * on failure counts (5 in a row lock for 1 minute, each further one doubling to 1 hour), on success resets and opens a
 * session of 12 hours (30 minutes idle).
 *
 * A refusal must be committed to be counted, and a command that fails is rolled back; so sign_in_record succeeds when a
 * sign-in is refused, and tells in *ret_refusal: kind ERR_NONE when signed in, else ERR_UNAUTHENTICATED
 * "sign_in_refused" (wrong login or password, disabled account, password changed meanwhile) or ERR_TOO_MANY
 * "account_locked"; then ret_secret is "". */
struct sign_in {
    char account_id[37]; /* "" when the login is unknown */
    bool right;
    struct hash verified; /* SHA-256 of the password hash that was looked at */
};
int sign_in_check(struct tx *tx, const char *login, const char *password, int64_t now_usec, struct sign_in *ret,
                  struct err *err) WARN_UNUSED;
int sign_in_record(struct tx *tx, const struct access *access, const struct sign_in *check, int64_t now_usec,
                   char ret_secret[static 65], struct err *ret_refusal, struct err *err) WARN_UNUSED;
/* A session without a password asked: after a change of one's own. Event session.opened. ERR_CONFLICT
 * "account_disabled". */
int session_open(struct tx *tx, const struct access *access, const char *account_id, int64_t now_usec,
                 char ret_secret[static 65], struct err *err) WARN_UNUSED;
/* An unknown secret is no error: there is nothing to end. */
int sign_out(struct tx *tx, const struct access *access, const char *session_secret, int64_t now_usec,
             struct err *err) WARN_UNUSED;
/* The actor of a session's cookie; ERR_UNAUTHENTICATED "session_ended" when unknown, expired or idle too long. A read;
 * idle time is renewed by session_touch, in a command, at most once a minute. */
int session_actor(struct tx *tx, const char *session_secret, int64_t now_usec, struct actor *ret, bool *ret_wants_touch,
                  struct err *err) WARN_UNUSED;
int session_touch(struct tx *tx, const char *session_secret, int64_t now_usec, struct err *err) WARN_UNUSED;

/* A bearer token "talap_" + 43 characters, returned once; only its SHA-256 is stored. `roles` must be among the
 * account's (ERR_BAD_INPUT "roles_exceeded"), `expires_usec` TIME_NONE or later than now ("expiry_past"), the name 1 to
 * 100 characters ("token_name"); ERR_CONFLICT "account_disabled". */
int token_create(struct tx *tx, const struct access *access, const char *account_id, const char *name, unsigned roles,
                 int64_t expires_usec, const struct actor *by, int64_t now_usec, char ret_secret[static 64],
                 char ret_id[static 37], struct err *err) WARN_UNUSED;
/* Revoking twice is no error. ERR_NOT_FOUND "token_unknown". */
int token_revoke(struct tx *tx, const struct access *access, const char *token_id, const struct actor *by,
                 int64_t now_usec, struct err *err) WARN_UNUSED;
/* The token's roles, as far as its account still has them. ERR_UNAUTHENTICATED "token_refused" when unknown, revoked,
 * expired, of a disabled account, or left without a role. */
int token_actor(struct tx *tx, const char *secret, int64_t now_usec, struct actor *ret, struct err *err) WARN_UNUSED;
/* The same, and until when it holds while no event changes token or account: *ret_until_usec, TIME_NONE without end. */
int token_actor_until(struct tx *tx, const char *secret, int64_t now_usec, struct actor *ret, int64_t *ret_until_usec,
                      struct err *err) WARN_UNUSED;

#endif
