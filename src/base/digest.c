/* SHA-256 and the text forms of bytes.
 *
 * The ledger hashes every event and every node of its tree, so the cost of a call matters more than that of a byte:
 * OpenSSL's algorithm is fetched once for the process and each thread keeps one context, freed when the thread ends. */
#include "base/digest.h"
#include <assert.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static pthread_key_t context_key;
static EVP_MD *algorithm;
static _Thread_local EVP_MD_CTX *context;

static void context_free(void *arg)
{
    EVP_MD_CTX_free(arg);
    context = NULL;
}

static void fetch(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    assert(algorithm != NULL);
    int made = pthread_key_create(&context_key, context_free);
    assert(made == 0);
}

static EVP_MD_CTX *context_of_thread(void)
{
    if (context != NULL)
        return context;
    pthread_once(&fetch_once, fetch);
    context = EVP_MD_CTX_new();
    assert(context != NULL);
    int set = pthread_setspecific(context_key, context);
    assert(set == 0);
    return context;
}

struct hash sha256_of(const void *a, size_t a_len, const void *b, size_t b_len, const void *c, size_t c_len)
{
    EVP_MD_CTX *running = context_of_thread();
    struct hash hash;
    unsigned length = 0;
    bool done = EVP_DigestInit_ex(running, algorithm, NULL) == 1 &&
                (a_len == 0 || EVP_DigestUpdate(running, a, a_len) == 1) &&
                (b_len == 0 || EVP_DigestUpdate(running, b, b_len) == 1) &&
                (c_len == 0 || EVP_DigestUpdate(running, c, c_len) == 1) &&
                EVP_DigestFinal_ex(running, hash.bytes, &length) == 1;
    assert(done && length == SHA256_BYTES);
    return hash;
}

void hex_encode(const void *bytes, size_t count, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;
    for (size_t i = 0; i < count; i++) {
        *ret++ = digits[from[i] >> 4];
        *ret++ = digits[from[i] & 15];
    }
    *ret = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(const char *text, void *ret, size_t count)
{
    if (text == NULL || strlen(text) != 2 * count)
        return false;
    for (size_t i = 0; i < 2 * count; i++)
        if (hex_digit(text[i]) < 0)
            return false;
    uint8_t *to = ret;
    for (size_t i = 0; i < count; i++)
        to[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return true;
}

size_t base64_room(size_t count)
{
    return sodium_base64_encoded_len(count, sodium_base64_VARIANT_ORIGINAL);
}

void base64_encode(const void *bytes, size_t count, char *ret)
{
    sodium_bin2base64(ret, base64_room(count), bytes, count, sodium_base64_VARIANT_ORIGINAL);
}

bool base64_decode(const char *text, void *ret, size_t room, size_t *ret_count)
{
    if (text == NULL)
        return false;
    size_t length = strlen(text), count;
    const char *end;
    /* libsodium 1.0.18 takes the byte AF, which is no character of base64, for a slash. */
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] > 0x7F)
            return false;
    if (sodium_base642bin(ret, room, text, length, NULL, &count, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text + length)
        return false;
    *ret_count = count;
    return true;
}

void base32_encode(const void *bytes, size_t count, char *ret)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const uint8_t *from = bytes;
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < count; i++) {
        bits = (bits << 8 | from[i]) & 0xFFFF;
        held += 8;
        while (held >= 5) {
            held -= 5;
            *ret++ = digits[bits >> held & 31];
        }
    }
    if (held > 0)
        *ret++ = digits[bits << (5 - held) & 31];
    *ret = '\0';
}
