/* Signed notes: keys in their files, checkpoints made and read, everything else refused. */
#include "ledger/note.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka needs the C library first. */
#include <cmocka.h>

#define ORIGIN "talap.example.kz/ledger"

static char folder[64];
static char key_path[96];
static struct arena arena;

static int folder_make(void **state)
{
    strcpy(folder, "/tmp/talap-note-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(key_path, sizeof key_path, "%s/signing.key", folder);
    arena_init(&arena, 1 << 20);
    return 0;
}

static int folder_remove(void **state)
{
    unlink(key_path);
    arena_done(&arena);
    return rmdir(folder); /* fails where a draft of a key was left behind */
}

static void file_write(const char *text, mode_t mode)
{
    unlink(key_path);
    int fd = open(key_path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_load_refused(const char *name, bool create, int kind, const char *code)
{
    struct signer signer = {.name = "untouched"};
    struct err err = {0};
    assert_int_equal(signer_load(key_path, name, create, &signer, &err), -kind);
    assert_string_equal(err.code, code);
    assert_string_equal(signer.name, "untouched");
}

/* The pair of keys that Go's note package and the C2SP text give as their example. */
#define EXAMPLE_PRIVATE "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define EXAMPLE_PUBLIC "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

static void example_key_has_its_verifier_key(void **state)
{
    struct signer signer;
    struct err err = {0};
    file_write(EXAMPLE_PRIVATE "\n", 0600);
    assert_int_equal(signer_load(key_path, "PeterNeumann", false, &signer, &err), 0);
    assert_string_equal(signer_verifier_key(&signer, &arena), EXAMPLE_PUBLIC);
    file_write(EXAMPLE_PRIVATE, 0400);
    assert_int_equal(signer_load(key_path, "PeterNeumann", true, &signer, &err), 0);
    assert_string_equal(signer_verifier_key(&signer, &arena), EXAMPLE_PUBLIC);
    signer_wipe(&signer);
    struct signer zero = {0};
    assert_memory_equal(&signer, &zero, sizeof zero);
    signer_wipe(NULL);
}

static void key_file_is_made_once_and_for_its_owner(void **state)
{
    struct signer made, again;
    struct err err = {0};
    unlink(key_path);
    assert_load_refused(ORIGIN, false, ERR_UNAVAILABLE, "signing_key_missing");
    assert_int_equal(access(key_path, F_OK), -1);
    assert_int_equal(signer_load(key_path, ORIGIN, true, &made, &err), 0);
    struct stat status;
    assert_int_equal(stat(key_path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_nlink, 1);
    assert_int_equal(signer_load(key_path, ORIGIN, true, &again, &err), 0);
    assert_memory_equal(&made, &again, sizeof made);
    assert_string_equal(made.name, ORIGIN);
}

static void key_file_that_others_touch_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0610, 0644, 0666, 0601};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        file_write(EXAMPLE_PRIVATE "\n", modes[i]);
        assert_load_refused("PeterNeumann", true, ERR_UNAVAILABLE, "signing_key_exposed");
    }
}

static void key_file_of_something_else_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "PRIVATE+KEY+",
        EXAMPLE_PUBLIC "\n",
        EXAMPLE_PRIVATE "\n\n",
        EXAMPLE_PRIVATE " \n",
        "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n", /* another id */
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AoEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n", /* another algorithm */
        "PRIVATE+KEY+Peter Neumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        file_write(texts[i], 0600);
        assert_load_refused("PeterNeumann", true, ERR_UNAVAILABLE, "signing_key_unreadable");
    }
    char *large = malloc(100001);
    memset(large, 'A', 100000);
    large[100000] = '\0';
    file_write(large, 0600);
    free(large);
    assert_load_refused("PeterNeumann", true, ERR_UNAVAILABLE, "signing_key_unreadable");
    unlink(key_path);
    assert_int_equal(mkfifo(key_path, 0600), 0);
    assert_load_refused("PeterNeumann", false, ERR_UNAVAILABLE, "signing_key_unreadable");
}

static void key_of_another_name_is_refused(void **state)
{
    file_write(EXAMPLE_PRIVATE "\n", 0600);
    assert_load_refused(ORIGIN, true, ERR_UNAVAILABLE, "signing_key_renamed");
}

static void names_that_cannot_sign_are_refused(void **state)
{
    char longest[129];
    memset(longest, 'n', 128);
    longest[128] = '\0';
    unlink(key_path);
    static const char *const names[] = {"", "two words", "a+b", "тізілім", "line\nbreak", "tab\t"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_load_refused(names[i], true, ERR_BAD_INPUT, "signer_name_malformed");
    assert_load_refused(longest, true, ERR_BAD_INPUT, "signer_name_malformed");
    assert_int_equal(access(key_path, F_OK), -1);
    longest[127] = '\0';
    struct signer signer;
    assert_int_equal(signer_load(key_path, longest, true, &signer, NULL), 0);
    assert_int_equal(signer_load(key_path, longest, false, &signer, NULL), 0);
}

/* --- Checkpoints ----------------------------------------------------------------------------------------------------
 */

static struct signer signer_make(const char *name)
{
    struct signer signer;
    unlink(key_path);
    assert_int_equal(signer_load(key_path, name, true, &signer, NULL), 0);
    return signer;
}

static struct hash some_root(void)
{
    return sha256_of("root", 4, NULL, 0, NULL, 0);
}

static void assert_note_refused(const char *note, const char *key, const char *code)
{
    struct checkpoint checkpoint = {.size = -7};
    struct err err = {0};
    assert_int_equal(checkpoint_open(note, key, &checkpoint, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, code);
    assert_int_equal(checkpoint.size, -7);
}

static void checkpoint_is_laid_out_and_opens(void **state)
{
    struct signer signer = signer_make(ORIGIN);
    struct hash root = some_root();
    static const int64_t sizes[] = {0, 1, 9, 10, 256, 4294967296, INT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *note = checkpoint_sign(&signer, sizes[i], &root, &arena);
        char base64[64], *head;
        base64_encode(root.bytes, sizeof root.bytes, base64);
        head = arena_printf(&arena, ORIGIN "\n%lld\n%s\n\n— " ORIGIN " ", (long long)sizes[i], base64);
        assert_memory_equal(note, head, strlen(head));
        assert_int_equal(strlen(note), strlen(head) + 92 + 1);
        struct checkpoint checkpoint;
        struct err err = {0};
        assert_int_equal(checkpoint_open(note, signer_verifier_key(&signer, &arena), &checkpoint, &err), 0);
        assert_string_equal(checkpoint.origin, ORIGIN);
        assert_int_equal(checkpoint.size, sizes[i]);
        assert_memory_equal(checkpoint.root.bytes, root.bytes, SHA256_BYTES);
        struct checkpoint read;
        assert_int_equal(checkpoint_read(note, &read, &err), 0);
        assert_int_equal(read.size, sizes[i]);
    }
}

static void any_changed_byte_of_a_checkpoint_is_refused(void **state)
{
    struct signer signer = signer_make(ORIGIN);
    struct hash root = some_root();
    const char *key = signer_verifier_key(&signer, &arena);
    char *note = checkpoint_sign(&signer, 1234567, &root, &arena);
    struct checkpoint checkpoint;
    size_t count = strlen(note);
    for (size_t at = 0; at < count; at++)
        for (int bit = 0; bit < 8; bit++) {
            note[at] = (char)(note[at] ^ 1 << bit);
            assert_int_equal(checkpoint_open(note, key, &checkpoint, NULL), -ERR_BAD_INPUT);
            note[at] = (char)(note[at] ^ 1 << bit);
        }
    for (size_t cut = 0; cut < count; cut++)
        assert_int_equal(checkpoint_open(arena_strndup(&arena, note, cut), key, &checkpoint, NULL), -ERR_BAD_INPUT);
    assert_int_equal(checkpoint_open(note, key, &checkpoint, NULL), 0);
}

static void what_is_not_exactly_a_checkpoint_is_malformed(void **state)
{
    struct signer signer = signer_make(ORIGIN);
    struct hash root = some_root();
    const char *key = signer_verifier_key(&signer, &arena);
    const char *note = checkpoint_sign(&signer, 42, &root, &arena);
    char base64[64];
    base64_encode(root.bytes, sizeof root.bytes, base64);
    const char *signature = strstr(note, "— ");
    const char *const notes[] = {
        "",
        "\n\n\n\n",
        arena_printf(&arena, "%s\n", note),
        arena_printf(&arena, "%s%s", note, signature), /* a second signature */
        arena_printf(&arena, "\n%s", note),
        arena_printf(&arena, "\xEF\xBB\xBF%s", note),
        arena_printf(&arena, ORIGIN "\r\n42\n%s\n\n%s", base64, signature),
        arena_printf(&arena, ORIGIN "\n042\n%s\n\n%s", base64, signature),
        arena_printf(&arena, ORIGIN "\n+42\n%s\n\n%s", base64, signature),
        arena_printf(&arena, ORIGIN "\n-42\n%s\n\n%s", base64, signature),
        arena_printf(&arena, ORIGIN "\n 42\n%s\n\n%s", base64, signature),
        arena_printf(&arena, ORIGIN "\n\n%s\n\n%s", base64, signature),
        arena_printf(&arena, ORIGIN "\n9223372036854775808\n%s\n\n%s", base64, signature),
        arena_printf(&arena, ORIGIN "\n42\n%s\nmore\n\n%s", base64, signature),
        arena_printf(&arena, ORIGIN "\n42\n%s\n%s", base64, signature),
        arena_printf(&arena, ORIGIN "\n42\n%s\n\n- " ORIGIN "%s", base64, strrchr(note, ' ')),
        arena_printf(&arena, ORIGIN "\n42\n%s\n\n— " ORIGIN "\n", base64),
        arena_printf(&arena, ORIGIN "\n42\n%.40s====\n\n%s", base64, signature),
    };
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        assert_note_refused(notes[i], key, "checkpoint_malformed");
}

static void a_checkpoint_of_somebody_else_is_forged(void **state)
{
    struct hash root = some_root();
    struct signer ours = signer_make(ORIGIN), other = signer_make(ORIGIN), elsewhere = signer_make("elsewhere");
    const char *key = signer_verifier_key(&ours, &arena);
    assert_note_refused(checkpoint_sign(&other, 42, &root, &arena), key, "checkpoint_forged");
    assert_note_refused(checkpoint_sign(&elsewhere, 42, &root, &arena), key, "checkpoint_forged");
    /* Rightly signed by our key, but over the origin of another ledger. */
    struct signer strange = ours;
    strcpy(strange.name, "elsewhere");
    char *note = checkpoint_sign(&strange, 42, &root, &arena);
    char *named =
        arena_printf(&arena, "%.*s— " ORIGIN "%s", (int)(strstr(note, "— ") - note), note, strrchr(note, ' '));
    assert_note_refused(named, key, "checkpoint_forged");
}

static void a_verifier_key_that_is_none_is_refused(void **state)
{
    struct signer signer = signer_make(ORIGIN);
    struct hash root = some_root();
    const char *note = checkpoint_sign(&signer, 42, &root, &arena);
    const char *key = signer_verifier_key(&signer, &arena);
    char *other_id = arena_strdup(&arena, key);
    char *digit = strchr(other_id, '+') + 1;
    *digit = *digit == '0' ? '1' : '0';
    const char *const keys[] = {"",
                                "+",
                                "++",
                                ORIGIN,
                                arena_printf(&arena, "%s ", key),
                                key + 1,
                                arena_strndup(&arena, key, strlen(key) - 1),
                                other_id};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_note_refused(note, keys[i], "verifier_key_malformed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_key_has_its_verifier_key),
        cmocka_unit_test(key_file_is_made_once_and_for_its_owner),
        cmocka_unit_test(key_file_that_others_touch_is_refused),
        cmocka_unit_test(key_file_of_something_else_is_refused),
        cmocka_unit_test(key_of_another_name_is_refused),
        cmocka_unit_test(names_that_cannot_sign_are_refused),
        cmocka_unit_test(checkpoint_is_laid_out_and_opens),
        cmocka_unit_test(any_changed_byte_of_a_checkpoint_is_refused),
        cmocka_unit_test(what_is_not_exactly_a_checkpoint_is_malformed),
        cmocka_unit_test(a_checkpoint_of_somebody_else_is_forged),
        cmocka_unit_test(a_verifier_key_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
