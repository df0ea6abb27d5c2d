/* A table of a fixed size: a login's keyed hash tells its row of four places, where the one that failed longest ago
 * makes room. The key is the process's own, so that nobody can choose logins that push each other out. */
#include "access/stranger.h"
#include "base/time.h"
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#define FAILURES_ALLOWED 5 /* the fifth in a row locks */
#define LOCK_MINUTES_MAX 60
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define ROWS 4096
#define PLACES 4

struct stranger {
    uint64_t login; /* its hash; 0: nobody */
    int64_t failures, failed_usec, locked_until_usec;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stranger table[ROWS][PLACES];
static uint8_t key[crypto_shorthash_KEYBYTES];
static bool key_made;

int64_t lock_until(int64_t failures, int64_t now_usec)
{
    if (failures < FAILURES_ALLOWED)
        return TIME_NONE;
    int64_t doublings = failures - FAILURES_ALLOWED;
    int64_t minutes = doublings >= 6 ? LOCK_MINUTES_MAX : INT64_C(1) << doublings;
    return now_usec + minutes * USEC_PER_MINUTE;
}

/* Under the lock. */
static uint64_t hash_of(const char *login)
{
    uint64_t hash;
    if (!key_made)
        randombytes_buf(key, sizeof key);
    key_made = true;
    crypto_shorthash((uint8_t *)&hash, (const uint8_t *)login, strlen(login), key);
    return hash == 0 ? 1 : hash;
}

int64_t stranger_locked_until(const char *login)
{
    int64_t until = TIME_NONE;
    pthread_mutex_lock(&lock);
    uint64_t hash = hash_of(login);
    const struct stranger *row = table[hash % ROWS];
    for (int i = 0; i < PLACES; i++)
        if (row[i].login == hash)
            until = row[i].locked_until_usec;
    pthread_mutex_unlock(&lock);
    return until;
}

void stranger_failed(const char *login, int64_t now_usec)
{
    pthread_mutex_lock(&lock);
    uint64_t hash = hash_of(login);
    struct stranger *row = table[hash % ROWS], *place = &row[0];
    for (int i = 0; i < PLACES; i++) {
        if (row[i].login == hash) {
            place = &row[i];
            break;
        }
        if (row[i].failed_usec < place->failed_usec)
            place = &row[i];
    }
    if (place->login != hash)
        *place = (struct stranger){.login = hash};
    place->failures++;
    place->failed_usec = now_usec;
    place->locked_until_usec = lock_until(place->failures, now_usec);
    pthread_mutex_unlock(&lock);
}
