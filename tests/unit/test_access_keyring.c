/* Keys: their file, persons and their keys, sealed values, keyed hashes, access codes. */
#include "test_access_world.h"
#include <ctype.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- The file --------------------------------------------------------------------------------------------------------
 */

static void key_write(const char *path, const char *text, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_load_refused(const char *path, bool create, const char *code)
{
    struct keyring *keyring = (struct keyring *)&world;
    struct err err = {0};
    assert_int_equal(keyring_load(path, create, &keyring, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, code);
    assert_ptr_equal(keyring, &world);
}

#define SOME_KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void key_file_is_made_once_and_for_its_owner(void **state)
{
    const char *path = world_path("new.key");
    assert_load_refused(path, false, "master_key_missing");
    struct keyring *one, *two;
    assert_int_equal(keyring_load(path, true, &one, NULL), 0);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(keyring_load(path, true, &two, NULL), 0);
    char id[17], again[17], other[17];
    keyring_id(one, id);
    keyring_id(two, again);
    keyring_id(world.keyring, other);
    assert_string_equal(id, again);
    assert_string_not_equal(id, other);
    assert_int_equal(strlen(id), 16);
    keyring_free(one);
    keyring_free(two);
    keyring_free(NULL);
}

static void key_file_of_others_or_of_something_else_is_refused(void **state)
{
    const char *path = world_path("some.key");
    static const mode_t modes[] = {0640, 0604, 0660, 0602, 0700 | 010};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        key_write(path, SOME_KEY "\n", modes[i]);
        assert_load_refused(path, true, "master_key_exposed");
    }
    static const char *const texts[] = {
        "", "\n", (SOME_KEY "\n\n"), (SOME_KEY "0"), ("0" SOME_KEY "\n"), ("x" SOME_KEY)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        key_write(path, texts[i], 0600);
        assert_load_refused(path, true, "master_key_unreadable");
    }
}

static void folder_in_the_keys_place_is_refused(void **state)
{
    const char *path = world_path("folder.key");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_load_refused(path, true, "master_key_unreadable");
    assert_load_refused(world_path("nowhere/master.key"), true, "master_key_unreadable");
}

/* --- Which key a store belongs to ------------------------------------------------------------------------------------
 */

static int check_body(struct tx *tx, void *arg, struct err *err)
{
    return keyring_check(tx, arg, err);
}

static void a_store_knows_its_key(void **state)
{
    struct err err = {0};
    struct tx *tx = reading();
    assert_int_equal(keyring_check(tx, world.keyring, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "master_key_unnamed");
    store_read_end(tx);
    assert_int_equal(write_with(check_body, world.keyring, &err), 0);
    assert_int_equal(write_with(check_body, world.keyring, &err), 0);
    tx = reading();
    assert_int_equal(keyring_check(tx, world.keyring, &err), 0);
    struct keyring *other;
    assert_int_equal(keyring_load(world_path("other.key"), true, &other, NULL), 0);
    assert_int_equal(keyring_check(tx, other, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "master_key_wrong");
    char id[17];
    keyring_id(world.keyring, id);
    assert_string_equal(err.arg, id);
    store_read_end(tx);
    assert_int_equal(write_with(check_body, other, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "master_key_wrong");
    assert_int_equal(write_with(check_body, world.keyring, &err), 0);
    keyring_free(other);
}

/* --- Persons ---------------------------------------------------------------------------------------------------------
 */

struct person {
    char id[37];
    struct subject_key key;
};

static int person_body(struct tx *tx, void *arg, struct err *err)
{
    struct person *person = arg;
    return subject_new(tx, world.keyring, NOW, person->id, &person->key, err);
}

static void a_person_has_a_key_of_their_own(void **state)
{
    struct person one, two;
    assert_int_equal(write_with(person_body, &one, NULL), 0);
    assert_int_equal(write_with(person_body, &two, NULL), 0);
    assert_string_not_equal(one.id, two.id);
    assert_memory_not_equal(&one.key, &two.key, sizeof one.key);
    struct subject_key key;
    struct err err = {0};
    struct tx *tx = reading();
    assert_int_equal(subject_key_get(tx, world.keyring, one.id, &key, &err), 0);
    assert_memory_equal(&key, &one.key, sizeof key);
    assert_int_equal(subject_key_get(tx, world.keyring, "nobody", &key, &err), -ERR_NOT_FOUND);
    struct keyring *other;
    assert_int_equal(keyring_load(world_path("other.key"), true, &other, NULL), 0);
    assert_int_equal(subject_key_get(tx, other, one.id, &key, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "sealed_damaged");
    keyring_free(other);
    struct subject_row row;
    assert_int_equal(store_subject_get(tx, one.id, &world.arena, &row, &err), 0);
    assert_null(memmem(row.wrapped_key, row.wrapped_key_len, one.key.bytes, sizeof one.key.bytes));
    store_read_end(tx);
}

static int row_insert_body(struct tx *tx, void *arg, struct err *err)
{
    return store_subject_insert(tx, arg, err);
}

static void a_wrapped_key_belongs_to_one_person(void **state)
{
    struct person one;
    struct subject_row row;
    struct subject_key key;
    struct err err = {0};
    assert_int_equal(write_with(person_body, &one, NULL), 0);
    struct tx *tx = reading();
    assert_int_equal(store_subject_get(tx, one.id, &world.arena, &row, NULL), 0);
    store_read_end(tx);
    row.id = "019d0000-0000-7000-8000-000000000001";
    assert_int_equal(write_with(row_insert_body, &row, NULL), 0);
    struct subject_row gone = {.id = "019d0000-0000-7000-8000-000000000002", .created_usec = NOW};
    assert_int_equal(write_with(row_insert_body, &gone, NULL), 0);
    tx = reading();
    assert_int_equal(subject_key_get(tx, world.keyring, row.id, &key, &err), -ERR_DAMAGED);
    assert_int_equal(subject_key_get(tx, world.keyring, gone.id, &key, &err), -ERR_NOT_FOUND);
    assert_string_equal(err.code, "subject_destroyed");
    store_read_end(tx);
}

/* --- Sealing ---------------------------------------------------------------------------------------------------------
 */

static void what_is_sealed_opens_in_its_place_alone(void **state)
{
    struct subject_key key = {{1, 2, 3}}, other = {{1, 2, 4}};
    static const size_t counts[] = {0, 1, 100, 100000};
    char *plain = calloc(1, 100000);
    for (size_t i = 0; i < 100000; i++)
        plain[i] = (char)(i * 31);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        CLEANUP_BUF struct buf sealed, opened;
        struct err err = {0};
        buf_init(&sealed, 1 << 20);
        buf_init(&opened, 1 << 20);
        buf_puts(&sealed, "head");
        buf_puts(&opened, "head");
        assert_int_equal(seal(&key, "case:1", plain, counts[i], &sealed, &err), 0);
        assert_int_equal(sealed.len, 4 + sealed_size(counts[i]));
        const char *bytes = sealed.data + 4;
        size_t count = sealed.len - 4;
        assert_int_equal(unseal(&key, "case:2", bytes, count, &opened, &err), -ERR_DAMAGED);
        assert_string_equal(err.code, "sealed_damaged");
        assert_int_equal(unseal(&other, "case:1", bytes, count, &opened, &err), -ERR_DAMAGED);
        assert_int_equal(unseal(&key, "case:1", bytes, count - 1, &opened, &err), -ERR_DAMAGED);
        assert_int_equal(unseal(&key, "case:1", bytes, 0, &opened, &err), -ERR_DAMAGED);
        for (size_t at = 0; at < count; at += at < 50 ? 1 : 997) {
            sealed.data[4 + at] ^= 1;
            assert_int_equal(unseal(&key, "case:1", bytes, count, &opened, &err), -ERR_DAMAGED);
            sealed.data[4 + at] ^= 1;
        }
        assert_int_equal(opened.len, 4);
        assert_int_equal(unseal(&key, "case:1", bytes, count, &opened, &err), 0);
        assert_int_equal(opened.len, 4 + counts[i]);
        assert_memory_equal(opened.data + 4, plain, counts[i]);
        struct buf again;
        buf_init(&again, 1 << 20);
        assert_int_equal(seal(&key, "case:1", plain, counts[i], &again, &err), 0);
        assert_memory_not_equal(again.data, bytes, count); /* another nonce */
        buf_done(&again);
    }
    free(plain);
}

static void a_full_buffer_is_an_error(void **state)
{
    struct subject_key key = {{9}};
    struct buf small;
    struct err err = {0};
    buf_init(&small, 50);
    assert_int_equal(seal(&key, "p", "twenty bytes of plain", 20, &small, &err), -ERR_MEMORY);
    buf_done(&small);
}

/* --- Keyed hashes ----------------------------------------------------------------------------------------------------
 */

static void lookups_differ_by_kind_value_and_key(void **state)
{
    struct keyring *other;
    assert_int_equal(keyring_load(world_path("other.key"), true, &other, NULL), 0);
    struct hash one = keyring_lookup(world.keyring, "iin", "900101300123");
    struct hash same = keyring_lookup(world.keyring, "iin", "900101300123");
    struct hash kind = keyring_lookup(world.keyring, "phone", "900101300123");
    struct hash value = keyring_lookup(world.keyring, "iin", "900101300124");
    struct hash key = keyring_lookup(other, "iin", "900101300123");
    struct hash shifted = keyring_lookup(world.keyring, "iin9", "00101300123");
    assert_memory_equal(&one, &same, sizeof one);
    assert_memory_not_equal(&one, &kind, sizeof one);
    assert_memory_not_equal(&one, &value, sizeof one);
    assert_memory_not_equal(&one, &key, sizeof one);
    assert_memory_not_equal(&one, &shifted, sizeof one);
    keyring_free(other);
}

static void access_codes_forgive_how_they_are_typed(void **state)
{
    bool zero_tried = false, one_tried = false;
    for (int i = 0; i < 200; i++) {
        char id[37], code[16], typed[64];
        snprintf(id, sizeof id, "019d0000-0000-7000-8000-%012d", i);
        keyring_access_code(world.keyring, id, code);
        assert_int_equal(strlen(code), 14);
        assert_true(code[4] == '-' && code[9] == '-');
        assert_null(strpbrk(code, "ILOU"));
        assert_true(keyring_access_code_matches(world.keyring, id, code));
        for (size_t at = 0; at <= strlen(code); at++)
            typed[at] = (char)tolower((unsigned char)code[at]);
        assert_true(keyring_access_code_matches(world.keyring, id, typed));
        snprintf(typed, sizeof typed, "  %.4s%.4s\t%.4s ", code, code + 5, code + 10);
        assert_true(keyring_access_code_matches(world.keyring, id, typed));
        snprintf(typed, sizeof typed, "%.4s–%.4s—%.4s\u00a0", code, code + 5, code + 10);
        assert_true(keyring_access_code_matches(world.keyring, id, typed));
        strcpy(typed, code);
        for (char *at = typed; *at != '\0'; at++) {
            zero_tried = zero_tried || *at == '0';
            one_tried = one_tried || *at == '1';
            *at = *at == '0' ? (i & 1 ? 'o' : 'O') : *at == '1' ? (i & 1 ? 'l' : 'I') : *at;
        }
        assert_true(keyring_access_code_matches(world.keyring, id, typed));
        strcpy(typed, code);
        typed[13] = typed[13] == '7' ? '8' : '7';
        assert_false(keyring_access_code_matches(world.keyring, id, typed));
        snprintf(typed, sizeof typed, "%sA", code);
        assert_false(keyring_access_code_matches(world.keyring, id, typed));
        snprintf(typed, sizeof typed, "%.13s", code);
        assert_false(keyring_access_code_matches(world.keyring, id, typed));
        assert_false(keyring_access_code_matches(world.keyring, "another case", code));
    }
    assert_true(zero_tried && one_tried);
    assert_false(keyring_access_code_matches(world.keyring, "x", ""));
    assert_false(keyring_access_code_matches(world.keyring, "x", "------------"));
    assert_false(keyring_access_code_matches(world.keyring, "x", "\xE2"));
    assert_false(keyring_access_code_matches(world.keyring, "x", "\xE2\x80"));
}

static void csrf_tokens_belong_to_one_session(void **state)
{
    char token[65], other[65];
    keyring_csrf(world.keyring, "session one", token);
    keyring_csrf(world.keyring, "session two", other);
    assert_int_equal(strlen(token), 64);
    assert_string_not_equal(token, other);
    assert_true(keyring_csrf_matches(world.keyring, "session one", token));
    assert_false(keyring_csrf_matches(world.keyring, "session one", other));
    assert_false(keyring_csrf_matches(world.keyring, "session one", ""));
    token[63] = token[63] == '0' ? '1' : '0';
    assert_false(keyring_csrf_matches(world.keyring, "session one", token));
    token[63] = '\0';
    assert_false(keyring_csrf_matches(world.keyring, "session one", token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(key_file_is_made_once_and_for_its_owner),
        IN_A_WORLD(key_file_of_others_or_of_something_else_is_refused),
        IN_A_WORLD(folder_in_the_keys_place_is_refused),
        IN_A_WORLD(a_store_knows_its_key),
        IN_A_WORLD(a_person_has_a_key_of_their_own),
        IN_A_WORLD(a_wrapped_key_belongs_to_one_person),
        IN_A_WORLD(what_is_sealed_opens_in_its_place_alone),
        IN_A_WORLD(a_full_buffer_is_an_error),
        IN_A_WORLD(lookups_differ_by_kind_value_and_key),
        IN_A_WORLD(access_codes_forgive_how_they_are_typed),
        IN_A_WORLD(csrf_tokens_belong_to_one_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
