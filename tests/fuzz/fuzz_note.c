/* Checkpoints and verifier keys come from anybody. What opens must be, byte for byte, what the signer made; what is
 * read must have a form that reads back as itself. The first byte says which of the two readers looks at the rest. */
#include "ledger/note.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static struct signer signer;
static char *verifier_key;
static char *notes[3];
static struct arena kept;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const uint8_t seed[32] = {7};
    static const int64_t sizes[3] = {1, 42, INT64_MAX};
    struct hash root = sha256_of("root", 4, NULL, 0, NULL, 0);
    strcpy(signer.name, "talap.example.kz/ledger");
    crypto_sign_seed_keypair(signer.public_key, signer.secret, seed);
    struct hash id = sha256_of(signer.name, strlen(signer.name), "\x0A\x01", 2, signer.public_key, 32);
    memcpy(signer.key_id, id.bytes, sizeof signer.key_id);
    arena_init(&kept, 1 << 16);
    verifier_key = signer_verifier_key(&signer, &kept);
    for (int i = 0; i < 3; i++)
        notes[i] = checkpoint_sign(&signer, sizes[i], &root, &kept);
    return 0;
}

static void note_look(const char *text)
{
    struct checkpoint opened, read, again;
    if (checkpoint_read(text, &read, NULL) == 0) {
        struct arena arena;
        arena_init(&arena, 1 << 16);
        struct signer other = signer;
        strcpy(other.name, read.origin);
        const char *made = checkpoint_sign(&other, read.size, &read.root, &arena);
        size_t head = (size_t)(strstr(made, "\n\n") - made);
        if (strncmp(made, text, head) != 0 || checkpoint_read(made, &again, NULL) != 0 || again.size != read.size)
            abort();
        arena_done(&arena);
    }
    if (checkpoint_open(text, verifier_key, &opened, NULL) < 0)
        return;
    for (int i = 0; i < 3; i++)
        if (strcmp(text, notes[i]) == 0)
            return;
    abort(); /* a forgery */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return -1;
    char *text = malloc(size);
    if (text == NULL)
        return -1;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    struct checkpoint checkpoint;
    if (data[0] & 1)
        note_look(text);
    else if (checkpoint_open(notes[1], text, &checkpoint, NULL) == 0 && strcmp(text, verifier_key) != 0)
        abort(); /* another key for the same note */
    free(text);
    return 0;
}
