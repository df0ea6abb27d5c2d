/* Tokens: what machines show instead of signing in. Shown once, stored hashed, never with more than its account may. */
#include "access/access_event.h"
#include "base/id.h"
#include "base/time.h"
#include "base/unicode.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "talap_"
#define SECRET_BYTES 32
#define BODY_CHARS 43 /* base64url of 32 bytes without padding */
#define NAME_CHARS_MAX 100

static struct hash secret_hash(const char *secret)
{
    return sha256_of(secret, strlen(secret), NULL, 0, NULL, 0);
}

static int create(struct tx *tx, const struct access *access, const struct account_row *account, const char *name,
                  unsigned roles, int64_t expires_usec, const struct actor *by, int64_t now_usec,
                  char ret_secret[static 64], char ret_id[static 37], struct arena *arena, struct err *err)
{
    if (account->disabled)
        return err_set(err, ERR_CONFLICT, "account_disabled", NULL);
    if (roles == 0 || (roles & ~(roles_parse(account->roles) & ROLE_STAFF)) != 0)
        return err_set(err, ERR_BAD_INPUT, "roles_exceeded", NULL);
    if (expires_usec != TIME_NONE && expires_usec <= now_usec)
        return err_set(err, ERR_BAD_INPUT, "expiry_past", NULL);
    if (name == NULL || strlen(name) > 4 * NAME_CHARS_MAX || !utf8_valid(name, strlen(name)) ||
        strpbrk(name, "\r\n\t") != NULL)
        return err_set(err, ERR_BAD_INPUT, "token_name", NULL);
    const char *tidy = text_normalise(arena, name);
    if (tidy == NULL)
        return err_memory(err);
    if (tidy[0] == '\0' || utf8_length(tidy) > NAME_CHARS_MAX)
        return err_set(err, ERR_BAD_INPUT, "token_name", NULL);

    uint8_t bytes[SECRET_BYTES];
    char secret[64], body[BODY_CHARS + 1], id[ID_TEXT];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(body, sizeof body, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    snprintf(secret, sizeof secret, PREFIX "%s", body);
    id_new(now_usec, id);
    struct token_row row = {.id = id,
                            .name = tidy,
                            .account_id = account->id,
                            .roles = roles_words(roles, arena),
                            .secret_hash = secret_hash(secret),
                            .created_usec = now_usec,
                            .expires_usec = expires_usec,
                            .revoked_usec = TIME_NONE};
    int result = row.roles == NULL ? err_memory(err) : store_token_insert(tx, &row, err);
    if (result == 0) {
        json_t *expires = expires_usec == TIME_NONE ? json_null() : json_integer(expires_usec);
        json_t *members = json_pack("{s:s, s:s, s:o, s:o}", "target_account_id", account->id, "target_token_id", id,
                                    "roles", access_roles_json(roles), "expires_usec", expires);
        result = access_event(tx, access, "token.created", by, now_usec, members, err);
    }
    if (result == 0) {
        memcpy(ret_secret, secret, sizeof secret);
        memcpy(ret_id, id, sizeof id);
    }
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(body, sizeof body);
    sodium_memzero(secret, sizeof secret);
    return result;
}

int token_create(struct tx *tx, const struct access *access, const char *account_id, const char *name, unsigned roles,
                 int64_t expires_usec, const struct actor *by, int64_t now_usec, char ret_secret[static 64],
                 char ret_id[static 37], struct err *err)
{
    struct arena arena;
    struct account_row account = {0};
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = store_account_get(tx, account_id, &arena, &account, err);
    if (result == 0)
        result = create(tx, access, &account, name, roles, expires_usec, by, now_usec, ret_secret, ret_id, &arena, err);
    arena_done(&arena);
    return result;
}

static int revoke(struct tx *tx, const struct access *access, const struct token_row *row, const struct actor *by,
                  int64_t now_usec, struct err *err)
{
    if (row->revoked_usec != TIME_NONE)
        return 0;
    int result = store_token_revoke(tx, row->id, now_usec, err);
    if (result < 0)
        return result;
    return access_event(tx, access, "token.revoked", by, now_usec,
                        json_pack("{s:s, s:s}", "target_account_id", row->account_id, "target_token_id", row->id), err);
}

int token_revoke(struct tx *tx, const struct access *access, const char *token_id, const struct actor *by,
                 int64_t now_usec, struct err *err)
{
    struct arena arena;
    struct token_row *rows = NULL;
    size_t count = 0, at = 0;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = store_token_list(tx, &arena, &rows, &count, err);
    if (result == 0) {
        while (at < count && strcmp(rows[at].id, token_id) != 0)
            at++;
        result = at == count ? err_set(err, ERR_NOT_FOUND, "token_unknown", NULL)
                             : revoke(tx, access, &rows[at], by, now_usec, err);
    }
    arena_done(&arena);
    return result;
}

int access_tokens_revoke_of(struct tx *tx, const struct access *access, const char *account_id, const struct actor *by,
                            int64_t now_usec, struct err *err)
{
    struct arena arena;
    struct token_row *rows = NULL;
    size_t count = 0;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = store_token_list(tx, &arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++)
        if (strcmp(rows[i].account_id, account_id) == 0)
            result = revoke(tx, access, &rows[i], by, now_usec, err);
    arena_done(&arena);
    return result;
}

/* The living token of a secret. */
static int find(struct tx *tx, const char *secret, int64_t now_usec, struct arena *arena, struct token_row *ret,
                bool *ret_found, struct err *err)
{
    const size_t prefix = strlen(PREFIX);
    struct err first = {0};
    *ret_found = false;
    if (secret == NULL || strncmp(secret, PREFIX, prefix) != 0 || strlen(secret) != prefix + BODY_CHARS)
        return 0;
    struct hash hash = secret_hash(secret);
    int result = store_token_by_hash(tx, &hash, arena, ret, &first);
    if (result == -ERR_NOT_FOUND)
        return 0;
    if (result < 0) {
        if (err != NULL)
            *err = first;
        return result;
    }
    *ret_found = ret->revoked_usec == TIME_NONE && (ret->expires_usec == TIME_NONE || now_usec < ret->expires_usec);
    return 0;
}

int token_actor(struct tx *tx, const char *secret, int64_t now_usec, struct actor *ret, struct err *err)
{
    int64_t until_usec;
    return token_actor_until(tx, secret, now_usec, ret, &until_usec, err);
}

int token_actor_until(struct tx *tx, const char *secret, int64_t now_usec, struct actor *ret, int64_t *ret_until_usec,
                      struct err *err)
{
    struct arena arena;
    struct token_row token = {0};
    struct account_row account = {0};
    struct actor actor = {0};
    bool found = false;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = find(tx, secret, now_usec, &arena, &token, &found, err);
    if (result == 0 && found)
        result = access_account_find(tx, token.account_id, &arena, &account, &found, err);
    if (result == 0 && found) {
        access_actor_of(&account, ACTOR_TOKEN, &actor);
        unsigned roles = actor.roles & roles_parse(token.roles) & ROLE_STAFF;
        actor.roles = ROLE_PUBLIC | roles;
        memcpy(actor.token_id, token.id, strnlen(token.id, sizeof actor.token_id - 1));
        found = roles != 0;
    }
    if (result == 0 && !found)
        result = err_set(err, ERR_UNAUTHENTICATED, "token_refused", NULL);
    if (result == 0) {
        *ret = actor;
        *ret_until_usec = token.expires_usec;
    }
    arena_done(&arena);
    return result;
}
