/* Sessions of the cabinet, and whose case it is. The cookie's secret is 32 random bytes in hex; the store holds its
 * SHA-256 alone, so that who reads the store cannot enter with it. */
#include "persons/identity.h"
#include "cases/record.h"
#include "store/identity_rows.h"
#include "store/person_rows.h"
#include <sodium.h>
#include <string.h>

#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define SESSION_USEC (PERSON_SESSION_HOURS * 60 * USEC_PER_MINUTE)
#define IDLE_USEC (PERSON_SESSION_IDLE_MINUTES * USEC_PER_MINUTE)
#define TOUCH_USEC USEC_PER_MINUTE
#define CODES_KEPT_USEC (60 * USEC_PER_MINUTE)
#define SECRET_CHARS 64
#define ADDRESS_LIMIT 1024

static const struct actor themselves = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC};

static struct hash secret_hash(const char *secret)
{
    return sha256_of(secret, strlen(secret), NULL, 0, NULL, 0);
}

static int ended(struct err *err)
{
    return err_set(err, ERR_UNAUTHENTICATED, "cabinet_ended", NULL);
}

static int address_seal(struct tx *tx, const struct office *office, const struct person *person, const char *address,
                        struct buf *out, struct err *err)
{
    struct subject_key key;
    int r = subject_key_get(tx, office->keyring, person->subject_id, &key, err);
    if (r < 0)
        return r;
    r = seal(&key, "session", address, strlen(address), out, err);
    sodium_memzero(&key, sizeof key);
    return r;
}

static int address_unseal(struct tx *tx, const struct office *office, const struct person_session_row *row,
                          const struct person *person, struct arena *arena, const char **ret, struct err *err)
{
    CLEANUP_BUF struct buf plain = {0};
    struct subject_key key;
    int r = subject_key_get(tx, office->keyring, person->subject_id, &key, err);
    if (r < 0)
        return r;
    buf_init(&plain, ADDRESS_LIMIT);
    r = unseal(&key, "session", row->sealed, row->sealed_len, &plain, err);
    sodium_memzero(&key, sizeof key);
    if (r < 0)
        return r;
    *ret = plain.failed ? NULL : arena_strndup(arena, plain.data, plain.len);
    return *ret == NULL ? err_memory(err) : 0;
}

int person_session_open(struct tx *tx, const struct office *office, const struct person *person, const char *how,
                        const char *address, int64_t now_usec, char ret_secret[static 65], struct err *err)
{
    CLEANUP_BUF struct buf sealed = {0};
    uint8_t bytes[SECRET_CHARS / 2];
    char secret[SECRET_CHARS + 1];
    int64_t leaf;
    buf_init(&sealed, ADDRESS_LIMIT);
    int r = address == NULL ? 0 : address_seal(tx, office, person, address, &sealed, err);
    if (r < 0)
        return r;
    randombytes_buf(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, secret);
    struct person_session_row row = {.token_hash = secret_hash(secret),
                                     .person = person->serial,
                                     .how = how,
                                     .sealed = address == NULL ? NULL : sealed.data,
                                     .sealed_len = address == NULL ? 0 : sealed.len,
                                     .created_usec = now_usec,
                                     .seen_usec = now_usec,
                                     .expires_usec = now_usec + SESSION_USEC};
    r = store_person_session_put(tx, &row, err);
    if (r == 0)
        r = person_event(tx, office, "person.entered", person, &themselves, NULL, now_usec,
                         json_pack("{s:s}", "how", how), NULL, &leaf, err);
    if (r == 0)
        memcpy(ret_secret, secret, sizeof secret);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(secret, sizeof secret);
    return r;
}

/* The session's row, while it holds. */
static int session_row_get(struct tx *tx, const char *secret, int64_t now_usec, struct arena *arena,
                           struct person_session_row *ret, struct err *err)
{
    struct person_session_row row;
    struct hash hash = secret_hash(secret);
    struct err why = {0};
    int r = store_person_session_get(tx, &hash, arena, &row, &why);
    if (r == -ERR_NOT_FOUND)
        return ended(err);
    if (r < 0) {
        *err = why;
        return r;
    }
    if (row.expires_usec <= now_usec || now_usec - row.seen_usec > IDLE_USEC)
        return ended(err);
    *ret = row;
    return 0;
}

int person_session_get(struct tx *tx, const struct office *office, const char *secret, int64_t now_usec,
                       struct arena *arena, struct person_session *ret, struct err *err)
{
    struct person_session_row row;
    struct person_session session = {0};
    const char *address = NULL;
    int r = session_row_get(tx, secret, now_usec, arena, &row, err);
    if (r == 0)
        r = person_by_serial(tx, row.person, arena, &session.person, err);
    if (r < 0)
        return r;
    if (session.person.destroyed_usec != TIME_NONE)
        return ended(err);
    if (row.sealed != NULL)
        r = address_unseal(tx, office, &row, &session.person, arena, &address, err);
    if (r < 0)
        return r;
    session.how = row.how;
    session.email = strcmp(row.how, "email") == 0 ? address : NULL;
    session.phone = strcmp(row.how, "phone") == 0 ? address : NULL;
    session.expires_usec = row.expires_usec;
    session.wants_touch = now_usec - row.seen_usec >= TOUCH_USEC;
    *ret = session;
    return 0;
}

int person_session_touch(struct tx *tx, const char *secret, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct person_session_row row;
    struct err why = {0};
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    int r = session_row_get(tx, secret, now_usec, &arena, &row, &why);
    if (r == -ERR_UNAUTHENTICATED) /* ended meanwhile: nothing to renew */
        return 0;
    if (r < 0) {
        *err = why;
        return r;
    }
    row.seen_usec = now_usec;
    return store_person_session_put(tx, &row, err);
}

int person_session_end(struct tx *tx, const struct office *office, const char *secret, int64_t now_usec,
                       struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct person_session_row row;
    struct person person;
    struct hash hash = secret_hash(secret);
    struct err why = {0};
    int64_t leaf;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    int r = store_person_session_get(tx, &hash, &arena, &row, &why);
    if (r == -ERR_NOT_FOUND)
        return 0;
    if (r < 0) {
        *err = why;
        return r;
    }
    r = store_person_session_delete(tx, &hash, err);
    if (r == 0)
        r = person_by_serial(tx, row.person, &arena, &person, err);
    return r < 0 ? r
                 : person_event(tx, office, "person.left", &person, &themselves, NULL, now_usec, json_object(), NULL,
                                &leaf, err);
}

int identity_purge(struct tx *tx, int64_t now_usec, struct err *err)
{
    int r = store_person_session_purge(tx, now_usec, err);
    return r < 0 ? r : store_code_purge(tx, now_usec - CODES_KEPT_USEC, err);
}

int case_identify(struct tx *tx, const struct office *office, const char *case_id, const struct person *person,
                  const char *how, const struct actor *actor, int64_t now_usec, struct err *err)
{
    struct person_case_row row = {.case_id = case_id, .person = person->serial, .how = how};
    int r = person_event(tx, office, "person.identified", person, actor, case_id, now_usec,
                         json_pack("{s:s}", "how", how), NULL, &row.leaf, err);
    return r < 0 ? r : store_person_case_insert(tx, &row, err);
}
