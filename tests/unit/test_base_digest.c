/* Hashes against published vectors, text forms there and back, and the thread's own context. */
#include "base/digest.h"
#include "unit.h"
#include <pthread.h>
#include <string.h>

static void hash_is(const char *a, const char *b, const char *c, const char *wanted_hex)
{
    char hex[2 * SHA256_BYTES + 1];
    struct hash hash =
        sha256_of(a, a == NULL ? 0 : strlen(a), b, b == NULL ? 0 : strlen(b), c, c == NULL ? 0 : strlen(c));
    hex_encode(hash.bytes, sizeof hash.bytes, hex);
    assert_string_equal(hex, wanted_hex);
}

static void known_answers(void **state)
{
    hash_is(NULL, NULL, NULL, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_is("abc", NULL, NULL, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", NULL, NULL,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void pieces_are_laid_end_to_end(void **state)
{
    hash_is("a", "b", "c", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_is(NULL, "ab", "c", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void *hash_often(void *ret)
{
    for (int i = 0; i < 2000; i++)
        *(struct hash *)ret = sha256_of("abc", 3, &i, sizeof i, NULL, 0);
    return NULL;
}

static void threads_agree(void **state)
{
    pthread_t threads[4];
    struct hash hashes[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &hashes[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 1; i < 4; i++)
        assert_memory_equal(&hashes[0], &hashes[i], sizeof hashes[0]);
}

static void hex_there_and_back(void **state)
{
    uint8_t bytes[3] = {9, 9, 9};
    assert_true(hex_decode("00fFa1", bytes, 3));
    assert_memory_equal(bytes, "\x00\xff\xa1", 3);
    assert_false(hex_decode("00ff", bytes, 3));
    assert_false(hex_decode("00ffa1b2", bytes, 3));
    assert_false(hex_decode("00ffg1", bytes, 3));
    assert_false(hex_decode(NULL, bytes, 3));
    assert_memory_equal(bytes, "\x00\xff\xa1", 3);
}

static void base64_there_and_back(void **state)
{
    static const char *const rows[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64], back[64];
        size_t count = 99;
        assert_true(base64_room(strlen(rows[i][0])) <= sizeof text);
        base64_encode(rows[i][0], strlen(rows[i][0]), text);
        assert_string_equal(text, rows[i][1]);
        assert_true(base64_decode(text, back, sizeof back, &count));
        assert_int_equal(count, strlen(rows[i][0]));
        assert_memory_equal(back, rows[i][0], count);
    }
}

static void base64_is_strict(void **state)
{
    char back[8];
    size_t count;
    static const char *const bad[] = {"Zg",   "Zg=",          "Zg===", "Z g==", "Zm9v\n",
                                      "Zh==", "Zm9vYmFyZm9v", "-_==",  "====",  "Zm9\xAF"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(base64_decode(bad[i], back, sizeof back, &count));
    assert_false(base64_decode(NULL, back, sizeof back, &count));
}

static void base32_has_no_letters_that_look_alike(void **state)
{
    char text[64];
    base32_encode("", 0, text);
    assert_string_equal(text, "");
    base32_encode("\x00", 1, text);
    assert_string_equal(text, "00");
    base32_encode("\xff", 1, text);
    assert_string_equal(text, "ZW");
    base32_encode("foobar", 6, text);
    assert_string_equal(text, "CSQPYRK1E8");
    base32_encode("\xff\xff\xff\xff\xff", 5, text);
    assert_string_equal(text, "ZZZZZZZZ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(pieces_are_laid_end_to_end),
        cmocka_unit_test(threads_agree),
        cmocka_unit_test(hex_there_and_back),
        cmocka_unit_test(base64_there_and_back),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(base32_has_no_letters_that_look_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
