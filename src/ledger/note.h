/* Checkpoints: signed notes in the transparency-log checkpoint text format (C2SP signed-note, tlog-checkpoint):
 *
 *     ORIGIN\n SIZE\n BASE64(ROOT)\n \n — NAME BASE64(key id 4 bytes || Ed25519 signature)\n
 */
#ifndef TALAP_LEDGER_NOTE_H
#define TALAP_LEDGER_NOTE_H

#include "base/arena.h"
#include "base/digest.h"

struct signer {
    char name[128];     /* the origin, e.g. "talap.example.kz/ledger" */
    uint8_t secret[64]; /* Ed25519 */
    uint8_t public_key[32];
    uint8_t key_id[4]; /* SHA-256(name || 0x0A || 0x01 || public key), first four bytes */
};

/* A name that may sign: 1 to 127 visible ASCII characters without "+". */
bool signer_name_valid(const char *name);
/* Reads the key file, or with `create` makes it where there is none (mode 0600, fsync of file and folder). It holds one
 * line "PRIVATE+KEY+NAME+hex(key id)+base64(0x01 || seed)", the form that other tools for signed notes read too.
 * ERR_UNAVAILABLE "signing_key_missing"; "signing_key_exposed" when others can read it; "signing_key_unreadable" when
 * it is no such key; "signing_key_renamed" (arg: the name in the file) when it was made for another name: a ledger
 * keeps its origin. ERR_BAD_INPUT "signer_name_malformed". */
int signer_load(const char *path, const char *name, bool create, struct signer *ret, struct err *err) WARN_UNUSED;
void signer_wipe(struct signer *signer);
/* "NAME+hex(key id)+base64(0x01 || public key)": the verifier key one publishes. NULL over the arena's limit. */
char *signer_verifier_key(const struct signer *signer, struct arena *arena);

struct checkpoint {
    char origin[128];
    int64_t size;
    struct hash root;
};
/* The signed note; the origin is the signer's name. NULL over the arena's limit. */
char *checkpoint_sign(const struct signer *signer, int64_t size, const struct hash *root, struct arena *arena);
/* Parses a note and checks its signature against a verifier key. Strict: three lines, a blank one and one signature
 * line, nothing after it, numbers and base64 in their only form. ERR_BAD_INPUT "checkpoint_malformed";
 * "checkpoint_forged" when it is signed by another name or key, is of another origin, or the signature does not hold;
 * "verifier_key_malformed". */
int checkpoint_open(const char *note, const char *verifier_key, struct checkpoint *ret, struct err *err) WARN_UNUSED;
/* The same without looking at who signed: for a note that comes from our own store. */
int checkpoint_read(const char *note, struct checkpoint *ret, struct err *err) WARN_UNUSED;

#endif
