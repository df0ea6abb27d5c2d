/* Signed notes: making checkpoints and reading them back.
 *
 * The reader takes bytes from anybody (a receipt pasted into a public page), so it accepts exactly what the writer
 * makes: one form of every number and of base64, one signature, nothing before or after. Ed25519 by libsodium, which
 * refuses keys of small order and signatures not in canonical form. */
#include "ledger/note.h"
#include "base/key_file.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 127
#define ALGORITHM_ED25519 0x01
#define KEY_ID_HEX 8
#define KEY_BASE64 44       /* of 33 bytes: the algorithm and a public key or a seed */
#define ROOT_BASE64 44      /* of 32 bytes */
#define SIGNATURE_BASE64 92 /* of 68 bytes: key id and signature */
#define PRIVATE_PREFIX "PRIVATE+KEY+"
#define EM_DASH "\xe2\x80\x94"

static const struct key_file_codes key_codes = {
    .missing = "signing_key_missing", .exposed = "signing_key_exposed", .unreadable = "signing_key_unreadable"};

bool signer_name_valid(const char *name)
{
    size_t count = strlen(name);
    if (count == 0 || count > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < count; i++)
        if (name[i] <= ' ' || name[i] > '~' || name[i] == '+')
            return false;
    return true;
}

static void key_id_of(const char *name, const uint8_t public_key[static 32], uint8_t ret[static 4])
{
    static const uint8_t middle[2] = {0x0A, ALGORITHM_ED25519};
    struct hash hash = sha256_of(name, strlen(name), middle, sizeof middle, public_key, 32);
    memcpy(ret, hash.bytes, 4);
}

/* Exactly `chars` characters of base64 that stand for exactly `count` bytes. */
static bool base64_exact(const char *text, size_t chars, void *ret, size_t count)
{
    char copy[SIGNATURE_BASE64 + 1];
    uint8_t bytes[SIGNATURE_BASE64];
    size_t got;
    if (chars >= sizeof copy || memchr(text, '\0', chars) != NULL)
        return false;
    memcpy(copy, text, chars);
    copy[chars] = '\0';
    bool right = base64_decode(copy, bytes, sizeof bytes, &got) && got == count;
    if (right)
        memcpy(ret, bytes, count);
    sodium_memzero(copy, sizeof copy);
    sodium_memzero(bytes, sizeof bytes);
    return right;
}

/* "NAME+KEYID+BASE64(0x01 || 32 bytes)": the tail that the private and the published form share. */
static bool key_parse(const char *text, char ret_name[static 128], uint8_t ret_id[static 4],
                      uint8_t ret_bytes[static 32])
{
    const char *plus = strchr(text, '+');
    size_t name_len = plus == NULL ? 0 : (size_t)(plus - text);
    if (name_len == 0 || name_len > NAME_MAX_BYTES || strlen(plus) != 1 + KEY_ID_HEX + 1 + KEY_BASE64 ||
        plus[1 + KEY_ID_HEX] != '+')
        return false;
    char name[128], id_hex[KEY_ID_HEX + 1];
    memcpy(name, text, name_len);
    name[name_len] = '\0';
    memcpy(id_hex, plus + 1, KEY_ID_HEX);
    id_hex[KEY_ID_HEX] = '\0';
    uint8_t bytes[33];
    if (!signer_name_valid(name) || strspn(id_hex, "0123456789abcdef") != KEY_ID_HEX ||
        !base64_exact(plus + 1 + KEY_ID_HEX + 1, KEY_BASE64, bytes, sizeof bytes) || bytes[0] != ALGORITHM_ED25519 ||
        !hex_decode(id_hex, ret_id, 4)) {
        sodium_memzero(bytes, sizeof bytes);
        return false;
    }
    memcpy(ret_name, name, sizeof name);
    memcpy(ret_bytes, bytes + 1, 32);
    sodium_memzero(bytes, sizeof bytes);
    return true;
}

static void signer_from_seed(const char *name, const uint8_t seed[static 32], struct signer *ret)
{
    memset(ret, 0, sizeof *ret);
    memcpy(ret->name, name, strlen(name));
    crypto_sign_seed_keypair(ret->public_key, ret->secret, seed);
    key_id_of(name, ret->public_key, ret->key_id);
}

static void key_text(const char *name, const uint8_t key_id[static 4], const uint8_t bytes[static 32],
                     const char *prefix, char *ret, size_t room)
{
    uint8_t tagged[33] = {ALGORITHM_ED25519};
    char id_hex[KEY_ID_HEX + 1], base64[KEY_BASE64 + 1];
    memcpy(tagged + 1, bytes, 32);
    hex_encode(key_id, 4, id_hex);
    base64_encode(tagged, sizeof tagged, base64);
    snprintf(ret, room, "%s%s+%s+%s", prefix, name, id_hex, base64);
    sodium_memzero(tagged, sizeof tagged);
    sodium_memzero(base64, sizeof base64);
}

static int key_file_make(const char *path, const char *name, struct err *err)
{
    uint8_t seed[32];
    struct signer signer;
    char text[KEY_FILE_MAX];
    bool made;
    randombytes_buf(seed, sizeof seed);
    signer_from_seed(name, seed, &signer);
    key_text(name, signer.key_id, seed, PRIVATE_PREFIX, text, sizeof text - 1);
    strcat(text, "\n");
    int result = key_file_create(path, &key_codes, text, &made, err);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(text, sizeof text);
    signer_wipe(&signer);
    return result;
}

/* The signer of a key file's text; false when it is none. */
static bool signer_parse(char *text, struct signer *ret)
{
    size_t count = strlen(text), prefix = strlen(PRIVATE_PREFIX);
    char name[128];
    uint8_t key_id[4], seed[32];
    if (count > 0 && text[count - 1] == '\n')
        text[count - 1] = '\0';
    if (strncmp(text, PRIVATE_PREFIX, prefix) != 0 || !key_parse(text + prefix, name, key_id, seed))
        return false;
    signer_from_seed(name, seed, ret);
    sodium_memzero(seed, sizeof seed);
    return memcmp(ret->key_id, key_id, sizeof key_id) == 0;
}

int signer_load(const char *path, const char *name, bool create, struct signer *ret, struct err *err)
{
    if (!signer_name_valid(name))
        return err_set(err, ERR_BAD_INPUT, "signer_name_malformed", NULL);
    if (sodium_init() < 0)
        return err_set(err, ERR_INTERNAL, "internal", NULL);
    char text[KEY_FILE_MAX + 1];
    struct err first = {0};
    int result = key_file_read(path, &key_codes, text, &first);
    if (result < 0 && create && first.code == key_codes.missing) {
        result = key_file_make(path, name, &first);
        if (result == 0)
            result = key_file_read(path, &key_codes, text, &first);
    }
    struct signer signer = {0};
    if (result == 0 && !signer_parse(text, &signer))
        result = err_set(&first, ERR_UNAVAILABLE, "signing_key_unreadable", "%s", path);
    else if (result == 0 && strcmp(signer.name, name) != 0)
        result = err_set(&first, ERR_UNAVAILABLE, "signing_key_renamed", "%s", signer.name);
    if (result == 0)
        *ret = signer;
    else if (err != NULL)
        *err = first;
    sodium_memzero(text, sizeof text);
    signer_wipe(&signer);
    return result;
}

void signer_wipe(struct signer *signer)
{
    if (signer != NULL)
        sodium_memzero(signer, sizeof *signer);
}

char *signer_verifier_key(const struct signer *signer, struct arena *arena)
{
    char text[NAME_MAX_BYTES + KEY_ID_HEX + KEY_BASE64 + 3];
    key_text(signer->name, signer->key_id, signer->public_key, "", text, sizeof text);
    return arena_strdup(arena, text);
}

char *checkpoint_sign(const struct signer *signer, int64_t size, const struct hash *root, struct arena *arena)
{
    char base64[SIGNATURE_BASE64 + 1];
    uint8_t signature[4 + crypto_sign_BYTES];
    base64_encode(root->bytes, sizeof root->bytes, base64);
    char *text = arena_printf(arena, "%s\n%lld\n%s\n", signer->name, (long long)size, base64);
    if (text == NULL)
        return NULL;
    memcpy(signature, signer->key_id, 4);
    crypto_sign_detached(signature + 4, NULL, (const uint8_t *)text, strlen(text), signer->secret);
    base64_encode(signature, sizeof signature, base64);
    return arena_printf(arena, "%s\n" EM_DASH " %s %s\n", text, signer->name, base64);
}

/* A note in its pieces, none of them judged yet. */
struct note {
    struct checkpoint checkpoint;
    size_t signed_len; /* bytes that the signature covers: up to and with the third newline */
    const char *name;  /* of the signature line; not ended */
    size_t name_len;
    uint8_t signature[4 + crypto_sign_BYTES];
};

/* The line that begins at *at, without its newline; moves *at behind it. */
static bool line_next(const char **at, const char **ret, size_t *ret_len)
{
    const char *end = strchr(*at, '\n');
    if (end == NULL)
        return false;
    *ret = *at;
    *ret_len = (size_t)(end - *at);
    *at = end + 1;
    return true;
}

static bool size_parse(const char *text, size_t count, int64_t *ret)
{
    int64_t size = 0;
    if (count == 0 || (count > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(size, 10, &size) ||
            __builtin_add_overflow(size, text[i] - '0', &size))
            return false;
    }
    *ret = size;
    return true;
}

static bool note_parse(const char *text, struct note *ret)
{
    struct note note = {0};
    const char *at = text, *line;
    size_t count;
    if (!line_next(&at, &line, &count) || count == 0 || count > NAME_MAX_BYTES)
        return false;
    memcpy(note.checkpoint.origin, line, count);
    if (!signer_name_valid(note.checkpoint.origin))
        return false;
    if (!line_next(&at, &line, &count) || !size_parse(line, count, &note.checkpoint.size))
        return false;
    if (!line_next(&at, &line, &count) || count != ROOT_BASE64 ||
        !base64_exact(line, count, note.checkpoint.root.bytes, SHA256_BYTES))
        return false;
    note.signed_len = (size_t)(at - text);
    if (!line_next(&at, &line, &count) || count != 0)
        return false;
    const size_t dash = strlen(EM_DASH " ");
    if (!line_next(&at, &line, &count) || *at != '\0' || count < dash || memcmp(line, EM_DASH " ", dash) != 0)
        return false;
    line += dash;
    count -= dash;
    const char *blank = memchr(line, ' ', count);
    if (blank == NULL)
        return false;
    note.name = line;
    note.name_len = (size_t)(blank - line);
    if (note.name_len == 0 || count - note.name_len - 1 != SIGNATURE_BASE64 ||
        !base64_exact(blank + 1, SIGNATURE_BASE64, note.signature, sizeof note.signature))
        return false;
    *ret = note;
    return true;
}

int checkpoint_read(const char *note, struct checkpoint *ret, struct err *err)
{
    struct note parsed;
    if (!note_parse(note, &parsed))
        return err_set(err, ERR_BAD_INPUT, "checkpoint_malformed", NULL);
    *ret = parsed.checkpoint;
    return 0;
}

int checkpoint_open(const char *note, const char *verifier_key, struct checkpoint *ret, struct err *err)
{
    char name[128];
    uint8_t stated_id[4], key_id[4], public_key[32];
    if (!key_parse(verifier_key, name, stated_id, public_key))
        return err_set(err, ERR_BAD_INPUT, "verifier_key_malformed", NULL);
    key_id_of(name, public_key, key_id);
    if (memcmp(key_id, stated_id, sizeof key_id) != 0)
        return err_set(err, ERR_BAD_INPUT, "verifier_key_malformed", NULL);
    struct note parsed;
    if (!note_parse(note, &parsed))
        return err_set(err, ERR_BAD_INPUT, "checkpoint_malformed", NULL);
    size_t name_len = strlen(name);
    if (parsed.name_len != name_len || memcmp(parsed.name, name, name_len) != 0 ||
        strcmp(parsed.checkpoint.origin, name) != 0 || memcmp(parsed.signature, key_id, sizeof key_id) != 0 ||
        crypto_sign_verify_detached(parsed.signature + 4, (const uint8_t *)note, parsed.signed_len, public_key) != 0)
        return err_set(err, ERR_BAD_INPUT, "checkpoint_forged", NULL);
    *ret = parsed.checkpoint;
    return 0;
}
