/* Checkpoints: signed notes in the transparency-log checkpoint text format (C2SP signed-note, tlog-checkpoint):
 *
 *     ORIGIN\n SIZE\n BASE64(ROOT)\n \n — NAME BASE64(key id 4 bytes || Ed25519 signature)\n
 */
#ifndef TALAP_LEDGER_NOTE_H
#define TALAP_LEDGER_NOTE_H

#include "base/arena.h"
#include "base/digest.h"

struct signer {
    char name[128];           /* the origin, e.g. "talap.example.kz/ledger" */
    uint8_t secret[64];       /* Ed25519 */
    uint8_t public_key[32];
    uint8_t key_id[4];        /* SHA-256(name || 0x0A || 0x01 || public key), first four bytes */
};

/* Reads the key file, or with `create` makes it (mode 0600, fsync of file and folder). Refuses a file others can read. */
int signer_load(const char *path, const char *name, bool create, struct signer *ret, struct err *err) WARN_UNUSED;
void signer_wipe(struct signer *signer);
/* "NAME+hex(key id)+base64(0x01 || public key)": the verifier key one publishes. */
char *signer_verifier_key(const struct signer *signer, struct arena *arena);

struct checkpoint {
    char origin[128];
    int64_t size;
    struct hash root;
};
char *checkpoint_sign(const struct signer *signer, int64_t size, const struct hash *root, struct arena *arena);
/* Parses a note and checks its signature against a verifier key. Strict; ERR_BAD_INPUT "checkpoint_malformed" or
 * "checkpoint_forged". */
int checkpoint_open(const char *note, const char *verifier_key, struct checkpoint *ret, struct err *err) WARN_UNUSED;

#endif
