/* Hashes and the text forms of bytes. SHA-256 through OpenSSL's EVP with the algorithm fetched once. */
#ifndef TALAP_BASE_DIGEST_H
#define TALAP_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

struct hash {
    uint8_t bytes[SHA256_BYTES];
};

/* SHA-256 of up to three pieces laid end to end (pieces may be NULL with length 0). Thread-safe; never fails (asserts
 * that OpenSSL gave the algorithm). */
struct hash sha256_of(const void *a, size_t a_len, const void *b, size_t b_len, const void *c, size_t c_len);

/* Lower-case hex; `ret` takes 2 * count + 1 bytes. */
void hex_encode(const void *bytes, size_t count, char *ret);
/* Exactly 2 * count digits of either case; false, and `ret` untouched, otherwise. */
bool hex_decode(const char *text, void *ret, size_t count);
/* Standard base64 with padding; `ret` takes base64_room(count) bytes, the NUL included. */
size_t base64_room(size_t count);
void base64_encode(const void *bytes, size_t count, char *ret);
/* Strict; false when malformed or longer than room (`ret` may then hold a part of it). */
bool base64_decode(const char *text, void *ret, size_t room, size_t *ret_count);
/* Crockford's base32 without the letters I L O U, for codes that people type; `ret` takes (count*8+4)/5 + 1 bytes. */
void base32_encode(const void *bytes, size_t count, char *ret);

#endif
