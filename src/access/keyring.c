/* The keyring: everything that is encrypted, looked up by a keyed hash or derived from the master key.
 *
 * The master key itself is forgotten as soon as the four keys are derived from it. A person's key is random and
 * wrapped, not derived, so that deleting the wrapped key destroys what it sealed for good. */
#include "access/keyring.h"
#include "base/id.h"
#include "base/key_file.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 32
#define MASTER_HEX (2 * KEY_BYTES)
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define CODE_CHARS 12

struct keyring {
    uint8_t person[crypto_shorthash_KEYBYTES];
    uint8_t wrap[KEY_BYTES], lookup[KEY_BYTES], code[KEY_BYTES], csrf[KEY_BYTES];
    char id[17];
};

/* Numbers of the derived keys: part of what is stored, never to be given anew. */
enum { DERIVED_WRAP = 1, DERIVED_LOOKUP = 2, DERIVED_CODE = 3, DERIVED_CSRF = 4, DERIVED_ID = 5, DERIVED_PERSON = 6 };
static const char derive_context[crypto_kdf_CONTEXTBYTES] = {'t', 'a', 'l', 'a', 'p', 'k', 'e', 'y'};

static const struct key_file_codes key_codes = {
    .missing = "master_key_missing", .exposed = "master_key_exposed", .unreadable = "master_key_unreadable"};

static void keyring_derive(struct keyring *keyring, const uint8_t master[static KEY_BYTES])
{
    uint8_t id[crypto_kdf_BYTES_MIN];
    crypto_kdf_derive_from_key(keyring->wrap, KEY_BYTES, DERIVED_WRAP, derive_context, master);
    crypto_kdf_derive_from_key(keyring->lookup, KEY_BYTES, DERIVED_LOOKUP, derive_context, master);
    crypto_kdf_derive_from_key(keyring->code, KEY_BYTES, DERIVED_CODE, derive_context, master);
    crypto_kdf_derive_from_key(keyring->csrf, KEY_BYTES, DERIVED_CSRF, derive_context, master);
    crypto_kdf_derive_from_key(keyring->person, sizeof keyring->person, DERIVED_PERSON, derive_context, master);
    crypto_kdf_derive_from_key(id, sizeof id, DERIVED_ID, derive_context, master);
    hex_encode(id, 8, keyring->id);
}

static int master_make(const char *path, struct err *err)
{
    uint8_t master[KEY_BYTES];
    char text[MASTER_HEX + 2];
    bool made;
    randombytes_buf(master, sizeof master);
    hex_encode(master, sizeof master, text);
    strcat(text, "\n");
    int result = key_file_create(path, &key_codes, text, &made, err);
    sodium_memzero(master, sizeof master);
    sodium_memzero(text, sizeof text);
    return result;
}

static int master_read(const char *path, bool create, uint8_t ret[static KEY_BYTES], struct err *err)
{
    char text[KEY_FILE_MAX + 1];
    struct err first = {0};
    int result = key_file_read(path, &key_codes, text, &first);
    if (result < 0 && create && first.code == key_codes.missing) {
        result = master_make(path, &first);
        if (result == 0)
            result = key_file_read(path, &key_codes, text, &first);
    }
    if (result == 0) {
        size_t count = strlen(text);
        if (count == MASTER_HEX + 1 && text[MASTER_HEX] == '\n')
            text[MASTER_HEX] = '\0';
        if (!hex_decode(text, ret, KEY_BYTES))
            result = err_set(&first, ERR_UNAVAILABLE, key_codes.unreadable, "%s", path);
    }
    sodium_memzero(text, sizeof text);
    if (result < 0 && err != NULL)
        *err = first;
    return result;
}

int keyring_load(const char *path, bool create, struct keyring **ret, struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, ERR_INTERNAL, "internal", NULL);
    uint8_t master[KEY_BYTES];
    int result = master_read(path, create, master, err);
    if (result < 0)
        return result;
    /* Between guard pages and kept from swap and core dumps; sodium_malloc goes on where mlock is refused. */
    struct keyring *keyring = sodium_malloc(sizeof *keyring);
    if (keyring == NULL)
        result = err_memory(err);
    if (result == 0) {
        keyring_derive(keyring, master);
        sodium_mprotect_readonly(keyring);
        *ret = keyring;
    }
    sodium_memzero(master, sizeof master);
    return result;
}

uint64_t keyring_short(const struct keyring *keyring, const char *text, size_t count)
{
    uint64_t ret;

    _Static_assert(sizeof ret == crypto_shorthash_BYTES, "SipHash gives 64 bits");
    crypto_shorthash((uint8_t *)&ret, (const uint8_t *)text, count, keyring->person);
    return ret;
}

void keyring_free(struct keyring *keyring)
{
    sodium_free(keyring); /* wipes; NULL-safe */
}

void keyring_id(const struct keyring *keyring, char ret[static 17])
{
    memcpy(ret, keyring->id, sizeof keyring->id);
}

int keyring_check(struct tx *tx, const struct keyring *keyring, struct err *err)
{
    struct arena arena;
    const char *stored = NULL;
    char mine[20];
    snprintf(mine, sizeof mine, "\"%s\"", keyring->id);
    arena_init(&arena, 16 * 1024);
    int result = store_setting_get(tx, KEYRING_SETTING, &arena, &stored, err);
    if (result == 0 && stored == NULL)
        result = tx_is_write(tx) ? store_setting_put(tx, KEYRING_SETTING, mine, err)
                                 : err_set(err, ERR_UNAVAILABLE, "master_key_unnamed", NULL);
    else if (result == 0 && strcmp(stored, mine) != 0)
        result = err_set(err, ERR_UNAVAILABLE, "master_key_wrong", "%.*s", (int)strcspn(stored + 1, "\""), stored + 1);
    arena_done(&arena);
    return result;
}

/* --- Sealing ---------------------------------------------------------------------------------------------------------
 */

size_t sealed_size(size_t plain_count)
{
    return NONCE_BYTES + plain_count + TAG_BYTES;
}

/* `ret` takes sealed_size(count) bytes. */
static void seal_into(const uint8_t key[static KEY_BYTES], const char *place, const void *plain, size_t count,
                      uint8_t *ret)
{
    randombytes_buf(ret, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(ret + NONCE_BYTES, NULL, plain, count, (const uint8_t *)place,
                                               strlen(place), NULL, ret, key);
}

/* `ret` takes count - sealed_size(0) bytes. */
static bool unseal_into(const uint8_t key[static KEY_BYTES], const char *place, const uint8_t *sealed, size_t count,
                        void *ret)
{
    return count >= sealed_size(0) &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(ret, NULL, NULL, sealed + NONCE_BYTES, count - NONCE_BYTES,
                                                      (const uint8_t *)place, strlen(place), sealed, key) == 0;
}

int seal(const struct subject_key *key, const char *place, const void *plain, size_t count, struct buf *out,
         struct err *err)
{
    if (count > SIZE_MAX - sealed_size(0))
        return err_memory(err);
    uint8_t *sealed = malloc(sealed_size(count));
    if (sealed == NULL)
        return err_memory(err);
    seal_into(key->bytes, place, plain, count, sealed);
    buf_put(out, sealed, sealed_size(count));
    free(sealed);
    return out->failed ? err_memory(err) : 0;
}

int unseal(const struct subject_key *key, const char *place, const void *sealed, size_t count, struct buf *out,
           struct err *err)
{
    if (count < sealed_size(0))
        return err_set(err, ERR_DAMAGED, "sealed_damaged", NULL);
    size_t plain_count = count - sealed_size(0);
    uint8_t *plain = malloc(plain_count + 1);
    if (plain == NULL)
        return err_memory(err);
    int result = 0;
    if (!unseal_into(key->bytes, place, sealed, count, plain))
        result = err_set(err, ERR_DAMAGED, "sealed_damaged", NULL);
    else
        buf_put(out, plain, plain_count);
    sodium_memzero(plain, plain_count);
    free(plain);
    if (result == 0 && out->failed)
        result = err_memory(err);
    return result;
}

void keyring_wrap(const struct keyring *keyring, const char *place, const void *secret, size_t count, void *ret)
{
    seal_into(keyring->wrap, place, secret, count, ret);
}

bool keyring_unwrap(const struct keyring *keyring, const char *place, const void *wrapped, size_t wrapped_count,
                    void *ret)
{
    return unseal_into(keyring->wrap, place, wrapped, wrapped_count, ret);
}

/* --- Persons ---------------------------------------------------------------------------------------------------------
 */

#define WRAPPED_BYTES (NONCE_BYTES + KEY_BYTES + TAG_BYTES)
#define SUBJECT_PLACE_BYTES (8 + ID_TEXT)

int subject_new(struct tx *tx, const struct keyring *keyring, int64_t now_usec, char ret_id[static 37],
                struct subject_key *ret_key, struct err *err)
{
    struct subject_key key;
    char id[ID_TEXT], place[SUBJECT_PLACE_BYTES];
    uint8_t wrapped[WRAPPED_BYTES];
    randombytes_buf(key.bytes, sizeof key.bytes);
    id_new(now_usec, id);
    snprintf(place, sizeof place, "subject:%s", id);
    seal_into(keyring->wrap, place, key.bytes, sizeof key.bytes, wrapped);
    struct subject_row row = {
        .id = id, .wrapped_key = wrapped, .wrapped_key_len = sizeof wrapped, .created_usec = now_usec};
    int result = store_subject_insert(tx, &row, err);
    if (result == 0) {
        memcpy(ret_id, id, sizeof id);
        *ret_key = key;
    }
    sodium_memzero(&key, sizeof key);
    return result;
}

int subject_key_get(struct tx *tx, const struct keyring *keyring, const char *subject_id, struct subject_key *ret,
                    struct err *err)
{
    struct arena arena;
    struct subject_row row = {0};
    struct subject_key key;
    char place[SUBJECT_PLACE_BYTES];
    arena_init(&arena, 16 * 1024);
    int result = store_subject_get(tx, subject_id, &arena, &row, err);
    if (result == 0 && row.wrapped_key == NULL)
        result = err_set(err, ERR_NOT_FOUND, "subject_destroyed", NULL);
    if (result == 0) {
        snprintf(place, sizeof place, "subject:%s", row.id);
        if (row.wrapped_key_len != WRAPPED_BYTES ||
            !unseal_into(keyring->wrap, place, row.wrapped_key, row.wrapped_key_len, key.bytes))
            result = err_set(err, ERR_DAMAGED, "sealed_damaged", NULL);
    }
    if (result == 0)
        *ret = key;
    sodium_memzero(&key, sizeof key);
    arena_done(&arena);
    return result;
}

/* --- Keyed hashes ----------------------------------------------------------------------------------------------------
 */

/* BLAKE2b under a key over `kind`, a NUL and `value`: no two pairs share their bytes. */
static struct hash keyed(const uint8_t key[static KEY_BYTES], const char *kind, const char *value)
{
    struct hash hash;
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, KEY_BYTES, sizeof hash.bytes);
    crypto_generichash_update(&state, (const uint8_t *)kind, strlen(kind) + 1);
    crypto_generichash_update(&state, (const uint8_t *)value, strlen(value));
    crypto_generichash_final(&state, hash.bytes, sizeof hash.bytes);
    sodium_memzero(&state, sizeof state);
    return hash;
}

struct hash keyring_lookup(const struct keyring *keyring, const char *kind, const char *value)
{
    return keyed(keyring->lookup, kind, value);
}

/* Twelve characters of base32 without dashes: 60 bits. */
static void code_derive(const struct keyring *keyring, const char *kind, const char *id,
                        char ret[static CODE_CHARS + 1])
{
    char text[16];
    struct hash hash = keyed(keyring->code, kind, id);
    base32_encode(hash.bytes, 8, text);
    memcpy(ret, text, CODE_CHARS);
    ret[CODE_CHARS] = '\0';
}

static void code_of(const struct keyring *keyring, const char *kind, const char *id, char ret[static 16])
{
    char code[CODE_CHARS + 1];
    code_derive(keyring, kind, id, code);
    snprintf(ret, 16, "%.4s-%.4s-%.4s", code, code + 4, code + 8);
}

void keyring_access_code(const struct keyring *keyring, const char *case_id, char ret[static 16])
{
    code_of(keyring, "case", case_id, ret);
}

void keyring_consent_code(const struct keyring *keyring, int64_t leaf, char ret[static 16])
{
    char name[24];
    snprintf(name, sizeof name, "%lld", (long long)leaf);
    code_of(keyring, "consent", name, ret);
}

/* How many bytes of a blank or a dash stand here: those of ASCII, the no-break space, and the dashes that word
 * processors and telephones put in the place of a hyphen (U+2010 … U+2015, U+2212). */
static size_t separator_at(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    if (*at == ' ' || *at == '-' || *at == '\t' || *at == '\r' || *at == '\n')
        return 1;
    if (at[0] == 0xC2 && at[1] == 0xA0)
        return 2;
    if (at[0] == 0xE2 && at[1] == 0x80 && at[2] >= 0x90 && at[2] <= 0x95)
        return 3;
    if (at[0] == 0xE2 && at[1] == 0x88 && at[2] == 0x92)
        return 3;
    return 0;
}

static bool code_matches(const struct keyring *keyring, const char *kind, const char *id, const char *code)
{
    char wanted[CODE_CHARS + 1], typed[CODE_CHARS + 1] = {0};
    size_t count = 0;
    for (const char *at = code; *at != '\0';) {
        size_t skip = separator_at(at);
        if (skip > 0) {
            at += skip;
            continue;
        }
        char c = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
        if (count == CODE_CHARS)
            return false;
        typed[count++] = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
        at++;
    }
    code_derive(keyring, kind, id, wanted);
    return count == CODE_CHARS && sodium_memcmp(wanted, typed, CODE_CHARS) == 0;
}

bool keyring_access_code_matches(const struct keyring *keyring, const char *case_id, const char *code)
{
    return code_matches(keyring, "case", case_id, code);
}

bool keyring_consent_code_matches(const struct keyring *keyring, int64_t leaf, const char *code)
{
    char name[24];
    snprintf(name, sizeof name, "%lld", (long long)leaf);
    return code_matches(keyring, "consent", name, code);
}

void keyring_csrf(const struct keyring *keyring, const char *session_secret, char ret[static 65])
{
    struct hash hash = keyed(keyring->csrf, "csrf", session_secret);
    hex_encode(hash.bytes, sizeof hash.bytes, ret);
}

bool keyring_csrf_matches(const struct keyring *keyring, const char *session_secret, const char *token)
{
    char wanted[65];
    keyring_csrf(keyring, session_secret, wanted);
    return strlen(token) == 64 && sodium_memcmp(wanted, token, 64) == 0;
}
