/* Passwords: argon2id through libsodium, and what may not be one.
 *
 * A verification takes 62 ms and 64 MiB, so no more of them run at once than there are cores; the others wait their
 * turn. An unknown login is verified against a password nobody has, so that the answer's time tells nothing. */
#include "access/access_event.h"
#include "access/common_words.h"
#include "base/unicode.h"
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PASSWORD_CHARS_MIN 12
#define PASSWORD_BYTES_MAX 1024

static pthread_once_t turn_once = PTHREAD_ONCE_INIT;
static sem_t turns;

static void turns_make(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int made = sem_init(&turns, 0, cores < 1 ? 1 : (unsigned)cores);
    assert(made == 0);
    int started = sodium_init();
    assert(started >= 0);
}

static void turn_take(void)
{
    pthread_once(&turn_once, turns_make);
    while (sem_wait(&turns) != 0)
        assert(errno == EINTR);
}

static void turn_give(void)
{
    sem_post(&turns);
}

int password_hash(const char *password, char ret[static 128], struct err *err)
{
    char text[crypto_pwhash_STRBYTES];
    static_assert(sizeof text == 128, "what account_row.password_hash holds");
    turn_take();
    int failed = crypto_pwhash_str(text, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                   crypto_pwhash_MEMLIMIT_INTERACTIVE);
    turn_give();
    if (failed)
        return err_memory(err);
    memcpy(ret, text, sizeof text);
    return 0;
}

static pthread_mutex_t nobody_lock = PTHREAD_MUTEX_INITIALIZER;
static char nobody_hash[crypto_pwhash_STRBYTES];

/* Makes the hash of a random password at the first call of the process, whoever is asked about: so the first unknown
 * login takes no longer than the first known one. */
static int nobody_make(struct err *err)
{
    int result = 0;
    pthread_mutex_lock(&nobody_lock);
    if (nobody_hash[0] == '\0') {
        uint8_t bytes[32];
        char password[65];
        randombytes_buf(bytes, sizeof bytes);
        hex_encode(bytes, sizeof bytes, password);
        result = password_hash(password, nobody_hash, err);
    }
    pthread_mutex_unlock(&nobody_lock);
    return result;
}

int password_verify(const char *stored, const char *password, bool *ret_right, struct err *err)
{
    size_t count = strlen(password);
    int result = nobody_make(err);
    if (result < 0)
        return result;
    turn_take();
    errno = 0;
    /* An over-long text is no password, but takes as long to refuse. */
    int different = crypto_pwhash_str_verify(stored == NULL ? nobody_hash : stored, password,
                                             count > PASSWORD_BYTES_MAX ? PASSWORD_BYTES_MAX : count);
    int why = errno;
    turn_give();
    if (different != 0 && why == ENOMEM)
        return err_memory(err); /* not the person's fault: must not count against the account */
    *ret_right = stored != NULL && different == 0 && count <= PASSWORD_BYTES_MAX;
    return 0;
}

/* At most three different characters. */
static bool monotonous(const char *text)
{
    char seen[3][5] = {{0}};
    size_t kinds = 0;
    while (*text != '\0') {
        size_t length = 1;
        while (((unsigned char)text[length] & 0xC0) == 0x80)
            length++;
        bool known = false;
        for (size_t i = 0; i < kinds; i++)
            known = known || (strlen(seen[i]) == length && memcmp(seen[i], text, length) == 0);
        if (!known && kinds == 3)
            return false;
        if (!known) {
            memcpy(seen[kinds], text, length);
            seen[kinds++][length] = '\0';
        }
        text += length;
    }
    return true;
}

static int common(const char *password, bool *ret, struct err *err)
{
    struct arena arena;
    arena_init(&arena, 256 * 1024);
    char *text = text_fold_words(&arena, password);
    if (text == NULL) {
        arena_done(&arena);
        return err_memory(err); /* it is known to be UTF-8 */
    }
    size_t count = 0;
    for (const char *at = text; *at != '\0'; at++)
        if (*at != ' ')
            text[count++] = *at;
    text[count] = '\0';
    bool dull = monotonous(text);
    while (count > 0 && text[count - 1] >= '0' && text[count - 1] <= '9')
        text[--count] = '\0';
    *ret = dull || common_word(text + strspn(text, "0123456789"));
    sodium_memzero(text, count);
    arena_done(&arena);
    return 0;
}

int password_check(const char *login, const char *password, struct field_errors *errors, struct err *err)
{
    const char *const field = "password";
    size_t count = strlen(password);
    bool is_common = false;
    if (count == 0) {
        field_errors_add(errors, field, "required", NULL);
    } else if (count > PASSWORD_BYTES_MAX) {
        field_errors_add(errors, field, "too_long", "%d", PASSWORD_BYTES_MAX);
    } else if (!utf8_valid(password, count)) {
        field_errors_add(errors, field, "wrong_type", NULL);
    } else if (utf8_length(password) < PASSWORD_CHARS_MIN) {
        field_errors_add(errors, field, "too_short", "%d", PASSWORD_CHARS_MIN);
    } else if (login[0] != '\0' && strcasestr(password, login) != NULL) {
        field_errors_add(errors, field, "password_has_login", NULL);
    } else {
        int result = common(password, &is_common, err);
        if (result < 0)
            return result;
        if (is_common)
            field_errors_add(errors, field, "password_common", NULL);
    }
    if (errors->overflowed)
        return err_memory(err);
    return field_errors_find(errors, field) == NULL ? 0 : err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
}
