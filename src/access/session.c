/* Signing in and out, and who a cookie is.
 *
 * The cookie's secret is 32 random bytes in hex; the store holds its SHA-256 alone, so that who reads the store cannot
 * sign in with it. */
#include "access/access_event.h"
#include "access/stranger.h"
#include "base/time.h"
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define SESSION_USEC (12 * 60 * USEC_PER_MINUTE)
#define SESSION_IDLE_USEC (30 * USEC_PER_MINUTE)
#define SESSION_TOUCH_USEC USEC_PER_MINUTE
#define SECRET_CHARS 64
#define LOGIN_ROOM 64 /* longer than any login, so that one too long stays invalid */

static int refused(struct err *err)
{
    return err_set(err, ERR_UNAUTHENTICATED, "sign_in_refused", NULL);
}

static bool locked(int64_t until_usec, int64_t now_usec)
{
    return until_usec != TIME_NONE && until_usec > now_usec;
}

static int locked_refuse(int64_t until_usec, int64_t now_usec, struct err *err)
{
    int64_t minutes = (until_usec - now_usec + USEC_PER_MINUTE - 1) / USEC_PER_MINUTE;
    return err_set(err, ERR_TOO_MANY, "account_locked", "%" PRId64, minutes);
}

static struct hash text_hash(const char *text)
{
    return sha256_of(text, strlen(text), NULL, 0, NULL, 0);
}

static int check(struct tx *tx, const char *login, const char *password, int64_t now_usec, struct sign_in *ret,
                 struct arena *arena, struct err *err)
{
    struct account_row row = {0};
    struct err first = {0};
    char typed[LOGIN_ROOM] = "";
    /* A telephone makes the first letter a capital; what can be no login is not asked for. */
    for (size_t i = 0; i + 1 < sizeof typed && login[i] != '\0'; i++)
        typed[i] = login[i] >= 'A' && login[i] <= 'Z' ? (char)(login[i] - 'A' + 'a') : login[i];
    int result = login_valid(typed) ? store_account_by_login(tx, typed, arena, &row, &first) : -ERR_NOT_FOUND;
    if (result < 0 && result != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = first;
        return result;
    }
    bool known = result == 0, right = false;
    int64_t locked_until_usec = known ? row.locked_until_usec : stranger_locked_until(typed);
    if (locked(locked_until_usec, now_usec))
        return locked_refuse(locked_until_usec, now_usec, err);
    result = password_verify(known ? row.password_hash : NULL, password, &right, err);
    if (result < 0)
        return result;
    struct sign_in sign_in = {.right = known && right && !row.disabled};
    if (known) {
        memcpy(sign_in.account_id, row.id, strnlen(row.id, sizeof sign_in.account_id - 1));
        sign_in.verified = text_hash(row.password_hash);
    } else {
        stranger_failed(typed, now_usec);
    }
    *ret = sign_in;
    return 0;
}

int sign_in_check(struct tx *tx, const char *login, const char *password, int64_t now_usec, struct sign_in *ret,
                  struct err *err)
{
    struct arena arena;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = check(tx, login, password, now_usec, ret, &arena, err);
    arena_done(&arena);
    return result;
}

/* Opens a session of an account that was found fit. */
static int open_for(struct tx *tx, const struct access *access, const struct account_row *account, int64_t now_usec,
                    char ret_secret[static 65], struct err *err)
{
    uint8_t bytes[SECRET_CHARS / 2];
    char secret[SECRET_CHARS + 1];
    struct actor by;
    randombytes_buf(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, secret);
    struct session_row row = {.token_hash = text_hash(secret),
                              .account_id = account->id,
                              .created_usec = now_usec,
                              .seen_usec = now_usec,
                              .expires_usec = now_usec + SESSION_USEC};
    access_actor_of(account, ACTOR_ACCOUNT, &by);
    int result = store_session_purge(tx, now_usec, err);
    if (result == 0)
        result = store_session_insert(tx, &row, err);
    if (result == 0)
        result = access_event(tx, access, "session.opened", &by, now_usec, json_object(), err);
    if (result == 0)
        memcpy(ret_secret, secret, sizeof secret);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(secret, sizeof secret);
    return result;
}

int session_open(struct tx *tx, const struct access *access, const char *account_id, int64_t now_usec,
                 char ret_secret[static 65], struct err *err)
{
    struct arena arena;
    struct account_row row = {0};
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = store_account_get(tx, account_id, &arena, &row, err);
    if (result == 0 && row.disabled)
        result = err_set(err, ERR_CONFLICT, "account_disabled", NULL);
    if (result == 0)
        result = open_for(tx, access, &row, now_usec, ret_secret, err);
    arena_done(&arena);
    return result;
}

static int record_failure(struct tx *tx, const struct access *access, struct account_row *row, int64_t now_usec,
                          struct err *err)
{
    json_t *members;
    if (row == NULL) {
        members = json_pack("{s:n}", "target_account_id");
    } else {
        row->failures++;
        row->locked_until_usec = lock_until(row->failures, now_usec);
        int result = store_account_update(tx, row, err);
        if (result < 0)
            return result;
        members = json_pack("{s:s}", "target_account_id", row->id);
        if (members != NULL && row->locked_until_usec != TIME_NONE &&
            json_object_set_new(members, "locked_until_usec", json_integer(row->locked_until_usec)) < 0) {
            json_decref(members);
            members = NULL;
        }
    }
    return access_event(tx, access, "session.refused", NULL, now_usec, members, err);
}

static int record(struct tx *tx, const struct access *access, const struct sign_in *sign_in, int64_t now_usec,
                  char ret_secret[static 65], struct err *ret_refusal, struct arena *arena, struct err *err)
{
    struct account_row row = {0};
    int result = -ERR_NOT_FOUND;
    if (sign_in->account_id[0] != '\0') {
        struct err first = {0};
        result = store_account_get(tx, sign_in->account_id, arena, &row, &first);
        if (result < 0 && result != -ERR_NOT_FOUND) {
            if (err != NULL)
                *err = first;
            return result;
        }
    }
    struct err refusal = {0};
    char secret[65] = "";
    bool known = result == 0;
    /* Others may have failed, or the password may have changed, since the check. */
    struct hash now_stored = known ? text_hash(row.password_hash) : (struct hash){0};
    if (known && locked(row.locked_until_usec, now_usec)) {
        locked_refuse(row.locked_until_usec, now_usec, &refusal);
        result = 0;
    } else if (!known || !sign_in->right || row.disabled ||
               memcmp(now_stored.bytes, sign_in->verified.bytes, sizeof now_stored.bytes) != 0) {
        refused(&refusal);
        result = record_failure(tx, access, known ? &row : NULL, now_usec, err);
    } else {
        if (row.failures != 0 || row.locked_until_usec != TIME_NONE) {
            row.failures = 0;
            row.locked_until_usec = TIME_NONE;
            result = store_account_update(tx, &row, err);
        }
        if (result == 0)
            result = open_for(tx, access, &row, now_usec, secret, err);
    }
    if (result == 0) {
        memcpy(ret_secret, secret, sizeof secret);
        *ret_refusal = refusal;
    }
    sodium_memzero(secret, sizeof secret);
    return result;
}

int sign_in_record(struct tx *tx, const struct access *access, const struct sign_in *sign_in, int64_t now_usec,
                   char ret_secret[static 65], struct err *ret_refusal, struct err *err)
{
    struct arena arena;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = record(tx, access, sign_in, now_usec, ret_secret, ret_refusal, &arena, err);
    arena_done(&arena);
    return result;
}

/* The session of a secret, whatever its age; *ret_found false where there is none. */
static int session_find(struct tx *tx, const char *secret, struct arena *arena, struct session_row *ret,
                        bool *ret_found, struct err *err)
{
    struct err first = {0};
    if (secret == NULL || strlen(secret) != SECRET_CHARS || strspn(secret, "0123456789abcdef") != SECRET_CHARS) {
        *ret_found = false;
        return 0;
    }
    struct hash hash = text_hash(secret);
    int result = store_session_get(tx, &hash, arena, ret, &first);
    if (result < 0 && result != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = first;
        return result;
    }
    *ret_found = result == 0;
    return 0;
}

static bool session_alive(const struct session_row *row, int64_t now_usec)
{
    return now_usec < row->expires_usec && now_usec - row->seen_usec < SESSION_IDLE_USEC;
}

static int ended(struct err *err)
{
    return err_set(err, ERR_UNAUTHENTICATED, "session_ended", NULL);
}

int sign_out(struct tx *tx, const struct access *access, const char *session_secret, int64_t now_usec, struct err *err)
{
    struct arena arena;
    struct session_row row = {0};
    bool found = false;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = session_find(tx, session_secret, &arena, &row, &found, err);
    if (result == 0 && found) {
        struct actor by = {.kind = ACTOR_ACCOUNT};
        memcpy(by.account_id, row.account_id, strnlen(row.account_id, sizeof by.account_id - 1));
        result = store_session_delete(tx, &row.token_hash, err);
        if (result == 0)
            result = access_event(tx, access, "session.ended", &by, now_usec, json_object(), err);
    }
    arena_done(&arena);
    return result;
}

int session_actor(struct tx *tx, const char *session_secret, int64_t now_usec, struct actor *ret, bool *ret_wants_touch,
                  struct err *err)
{
    struct arena arena;
    struct session_row row = {0};
    struct account_row account = {0};
    bool found = false;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = session_find(tx, session_secret, &arena, &row, &found, err);
    if (result == 0 && found && session_alive(&row, now_usec))
        result = access_account_find(tx, row.account_id, &arena, &account, &found, err);
    else if (result == 0)
        found = false;
    if (result == 0 && !found)
        result = ended(err);
    if (result == 0) {
        access_actor_of(&account, ACTOR_ACCOUNT, ret);
        *ret_wants_touch = now_usec - row.seen_usec >= SESSION_TOUCH_USEC;
    }
    arena_done(&arena);
    return result;
}

int session_touch(struct tx *tx, const char *session_secret, int64_t now_usec, struct err *err)
{
    struct arena arena;
    struct session_row row = {0};
    bool found = false;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = session_find(tx, session_secret, &arena, &row, &found, err);
    if (result == 0 && (!found || !session_alive(&row, now_usec)))
        result = ended(err);
    /* Two requests at once may both ask for it: the later moment stays, and a fresh one is left alone. */
    if (result == 0 && now_usec - row.seen_usec >= SESSION_TOUCH_USEC) {
        row.seen_usec = now_usec;
        result = store_session_delete(tx, &row.token_hash, err);
        if (result == 0)
            result = store_session_insert(tx, &row, err);
    }
    arena_done(&arena);
    return result;
}
