/* Addresses of calendars: 256 random bits, shown once, found again by their hash. */
#include "access/feed.h"
#include "access/access_event.h"
#include "base/time.h"
#include "store/feed_rows.h"
#include <sodium.h>
#include <string.h>

#define SECRET_BYTES 32

static struct hash secret_hash(const char *secret)
{
    return sha256_of(secret, strlen(secret), NULL, 0, NULL, 0);
}

static int tell(struct tx *tx, const struct access *access, const char *kind, const char *account_id,
                const struct actor *by, int64_t now_usec, struct err *err)
{
    return access_event(tx, access, kind, by, now_usec, json_pack("{s:s}", "target_account_id", account_id), err);
}

int feed_create(struct tx *tx, const struct access *access, const char *account_id, const struct actor *by,
                int64_t now_usec, char ret_secret[static FEED_SECRET_CHARS + 1], struct err *err)
{
    struct arena arena;
    struct account_row account = {0};
    uint8_t bytes[SECRET_BYTES];
    char secret[FEED_SECRET_CHARS + 1];
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = store_account_get(tx, account_id, &arena, &account, err);
    if (result == 0 && account.disabled)
        result = err_set(err, ERR_CONFLICT, "account_disabled", NULL);
    if (result == 0) {
        randombytes_buf(bytes, sizeof bytes);
        sodium_bin2base64(secret, sizeof secret, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        struct feed_row row = {.account_id = account.id, .secret_hash = secret_hash(secret), .created_usec = now_usec};
        result = store_feed_put(tx, &row, err);
        if (result == 0)
            result = tell(tx, access, "feed.created", account.id, by, now_usec, err);
        if (result == 0)
            memcpy(ret_secret, secret, sizeof secret);
        sodium_memzero(bytes, sizeof bytes);
        sodium_memzero(secret, sizeof secret);
    }
    arena_done(&arena);
    return result;
}

/* A row that may be missing: *ret_found false then. */
static int found(int result, struct err *first, bool *ret_found, struct err *err)
{
    *ret_found = result == 0;
    if (result == 0 || result == -ERR_NOT_FOUND)
        return 0;
    if (err != NULL)
        *err = *first;
    return result;
}

static int feed_of(struct tx *tx, const char *account_id, struct arena *arena, struct feed_row *ret, bool *ret_found,
                   struct err *err)
{
    struct err first = {0};
    return found(store_feed_of(tx, account_id, arena, ret, &first), &first, ret_found, err);
}

int feed_revoke(struct tx *tx, const struct access *access, const char *account_id, const struct actor *by,
                int64_t now_usec, struct err *err)
{
    struct arena arena;
    struct feed_row row = {0};
    bool there = false;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = feed_of(tx, account_id, &arena, &row, &there, err);
    if (result == 0 && there)
        result = store_feed_delete(tx, account_id, err);
    if (result == 0 && there)
        result = tell(tx, access, "feed.revoked", account_id, by, now_usec, err);
    arena_done(&arena);
    return result;
}

int feed_since(struct tx *tx, const char *account_id, int64_t *ret_created_usec, struct err *err)
{
    struct arena arena;
    struct feed_row row = {0};
    bool there = false;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = feed_of(tx, account_id, &arena, &row, &there, err);
    if (result == 0)
        *ret_created_usec = there ? row.created_usec : TIME_NONE;
    arena_done(&arena);
    return result;
}

int feed_actor(struct tx *tx, const char *secret, struct actor *ret, struct err *err)
{
    struct arena arena;
    struct feed_row row = {0};
    struct account_row account = {0};
    struct actor actor = {0};
    struct err first = {0};
    bool there = false;
    int result = 0;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    if (secret != NULL && strlen(secret) == FEED_SECRET_CHARS) {
        struct hash hash = secret_hash(secret);
        result = found(store_feed_by_hash(tx, &hash, &arena, &row, &first), &first, &there, err);
    }
    if (result == 0 && there)
        result = access_account_find(tx, row.account_id, &arena, &account, &there, err);
    if (result == 0 && there) {
        access_actor_of(&account, ACTOR_ACCOUNT, &actor);
        there = (actor.roles & ROLE_STAFF) != 0;
    }
    if (result == 0 && !there)
        result = err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    if (result == 0)
        *ret = actor;
    arena_done(&arena);
    return result;
}
