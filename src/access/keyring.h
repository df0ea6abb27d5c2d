/* Keys: the master key outside the store, a key per person wrapped by it, keyed hashes for look-ups, codes for openers.
 *
 * The master key is 32 random bytes in a file of mode 0600, never in the store: one line of 64 hex digits, so that it
 * can be kept on paper too. From it (libsodium's KDF) come four keys, for wrapping, for look-ups, for access codes and
 * for CSRF tokens. Personal values: XChaCha20-Poly1305 with a random nonce; the additional data bind a sealed value to
 * its place ("event:CASE", "case:ID", "attachment:ID"). */
#ifndef TALAP_ACCESS_KEYRING_H
#define TALAP_ACCESS_KEYRING_H

#include "base/buf.h"
#include "base/digest.h"
#include "store/people_rows.h"

struct keyring;

/* Loads, or with `create` makes, the key file. A missing file: ERR_UNAVAILABLE "master_key_missing"; one that others
 * can read: "master_key_exposed"; one that holds no key: "master_key_unreadable". The keys live in guarded memory that
 * is locked where the system allows it; a refusal to lock is tolerated. */
int keyring_load(const char *path, bool create, struct keyring **ret, struct err *err) WARN_UNUSED;
void keyring_free(struct keyring *keyring);
/* Eight bytes that name the key without telling it, kept in the store's settings so that a wrong key is refused at
 * start
 * ("master_key_wrong", arg: the id wanted). Hex, 17 bytes with NUL. keyring_check writes the id at its first use in a
 * write transaction; a read transaction only compares, and refuses a store that has no id ("master_key_unnamed"). */
#define KEYRING_SETTING "master_key_id" /* the setting's name */
void keyring_id(const struct keyring *keyring, char ret[static 17]);
int keyring_check(struct tx *tx, const struct keyring *keyring, struct err *err) WARN_UNUSED;

struct subject_key {
    uint8_t bytes[32];
};
/* A new person: makes id and key, stores the wrapped key. */
int subject_new(struct tx *tx, const struct keyring *keyring, int64_t now_usec, char ret_id[static 37],
                struct subject_key *ret_key, struct err *err) WARN_UNUSED;
/* ERR_NOT_FOUND "subject_destroyed" when the key is gone. */
int subject_key_get(struct tx *tx, const struct keyring *keyring, const char *subject_id, struct subject_key *ret,
                    struct err *err) WARN_UNUSED;

/* Appends nonce and ciphertext to `out`. */
int seal(const struct subject_key *key, const char *place, const void *plain, size_t count, struct buf *out,
         struct err *err) WARN_UNUSED;
/* ERR_DAMAGED "sealed_damaged" when it does not open. */
int unseal(const struct subject_key *key, const char *place, const void *sealed, size_t count, struct buf *out,
           struct err *err) WARN_UNUSED;
size_t sealed_size(size_t plain_count);

/* A secret wrapped by the master key itself: `ret` takes sealed_size(count) bytes, random from the first on. False: it
 * was not wrapped by this key for this place. */
void keyring_wrap(const struct keyring *keyring, const char *place, const void *secret, size_t count, void *ret);
bool keyring_unwrap(const struct keyring *keyring, const char *place, const void *wrapped, size_t wrapped_count,
                    void *ret) WARN_UNUSED;

/* Keyed hash of an e-mail, phone or IIN in canonical form. `kind`: "email", "phone", "iin". */
struct hash keyring_lookup(const struct keyring *keyring, const char *kind, const char *value);
/* Keyed hash of 64 bits (SipHash-2-4), for tables in memory that are asked millions of times a second. */
uint64_t keyring_short(const struct keyring *keyring, const char *text, size_t count);
/* The opener's access code, derived from the case id: twelve characters in groups, "7K3Q-9ZMF-4T2X". Nothing is stored.
 */
void keyring_access_code(const struct keyring *keyring, const char *case_id, char ret[static 16]);
/* Constant-time; ignores case, blanks and dashes, and reads O as 0, I and L as 1. */
bool keyring_access_code_matches(const struct keyring *keyring, const char *case_id, const char *code);
/* The same of a consent, named by its leaf: with it, whoever gave the consent sees its receipt. */
void keyring_consent_code(const struct keyring *keyring, int64_t leaf, char ret[static 16]);
bool keyring_consent_code_matches(const struct keyring *keyring, int64_t leaf, const char *code);
/* CSRF token of a session or of an anonymous visitor's nonce cookie; hex, 65 bytes. */
void keyring_csrf(const struct keyring *keyring, const char *session_secret, char ret[static 65]);
bool keyring_csrf_matches(const struct keyring *keyring, const char *session_secret, const char *token);

#endif
