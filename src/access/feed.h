/* The secret address of a person's calendar: who has it reads their due moments, and nothing else, without signing in.
 * Calendar programs cannot do better: they ask an address again and again and know no passwords. So an account has one
 * address at most, it is shown once and only its hash is kept, a new one replaces it, and it can be revoked. It opens
 * no page and no call but the calendar. */
#ifndef TALAP_ACCESS_FEED_H
#define TALAP_ACCESS_FEED_H

#include "access/access.h"

#define FEED_SECRET_CHARS 43 /* base64url of 32 random bytes without padding */

/* Makes the account's address and replaces its earlier one, which is unknown from then on. Event feed.created.
 * ERR_CONFLICT "account_disabled", ERR_NOT_FOUND "not_found" for no such account. */
int feed_create(struct tx *tx, const struct access *access, const char *account_id, const struct actor *by,
                int64_t now_usec, char ret_secret[static FEED_SECRET_CHARS + 1], struct err *err) WARN_UNUSED;
/* Event feed.revoked. Where there is none: no error, no event. */
int feed_revoke(struct tx *tx, const struct access *access, const char *account_id, const struct actor *by,
                int64_t now_usec, struct err *err) WARN_UNUSED;
/* Since when the account has an address; TIME_NONE where it has none. */
int feed_since(struct tx *tx, const char *account_id, int64_t *ret_created_usec, struct err *err) WARN_UNUSED;
/* Whose calendar it is, with the roles the account has now. ERR_NOT_FOUND "not_found", always the same, for what is no
 * secret, is unknown, replaced or revoked, or belongs to an account that is disabled or left without a role. */
int feed_actor(struct tx *tx, const char *secret, struct actor *ret, struct err *err) WARN_UNUSED;

#endif
