/* Shared inside the room: writing its events, and making an actor of an account. */
#ifndef TALAP_ACCESS_ACCESS_EVENT_H
#define TALAP_ACCESS_ACCESS_EVENT_H

#include "access/access.h"
#include <jansson.h>

/* A limit, not a size: only the list of accounts comes near it. */
#define ACCESS_ARENA_BYTES (16 * 1024 * 1024)

/* Appends an event. `members` (taken over, also on failure; NULL means out of memory) is an object with what the kind
 * adds; kind, at_usec, account_id (of `by`, or null) and token_id are put in here. */
int access_event(struct tx *tx, const struct access *access, const char *kind, const struct actor *by, int64_t now_usec,
                 json_t *members, struct err *err) WARN_UNUSED;
/* The words of role bits as a JSON array; NULL when memory ends. */
json_t *access_roles_json(unsigned roles);
/* An actor who is this account, with its roles, without a token. */
void access_actor_of(const struct account_row *row, enum actor_kind kind, struct actor *ret);
/* The enabled account of a session or token; *ret_found false where it is gone or disabled. */
int access_account_find(struct tx *tx, const char *account_id, struct arena *arena, struct account_row *ret,
                        bool *ret_found, struct err *err) WARN_UNUSED;
/* Revokes every living token of the account, each with its event. */
int access_tokens_revoke_of(struct tx *tx, const struct access *access, const char *account_id, const struct actor *by,
                            int64_t now_usec, struct err *err) WARN_UNUSED;
/* 3 to 32 of a–z 0–9 . _ - */
bool login_valid(const char *login);
/* Verifies a password against libsodium's string, at most one a core at a time. `stored` NULL: against a password
 * nobody has, for the time it takes; false. */
int password_verify(const char *stored, const char *password, bool *ret_right, struct err *err) WARN_UNUSED;

#endif
