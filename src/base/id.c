/* UUIDv7 with a counter (RFC 9562, 6.2, method 1).
 *
 * 48 bits of milliseconds, 12 bits of counter, 62 random bits. Within a process ids only grow: in the same millisecond,
 * and when an earlier moment than the last is asked for, the last millisecond is kept and the counter steps; a full
 * counter borrows the next millisecond. A new millisecond begins at a random count in the lower half, so that ids of
 * several processes seldom meet. */
#include "base/id.h"
#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define COUNTER_MAX 0xFFF
#define RANDOM_EACH 16

static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_ms;
static unsigned last_counter;

static void sodium_start(void)
{
    int started = sodium_init();
    assert(started >= 0);
}

/* The system's random bytes for many ids at once: asking for each costs more than the rest of an id. What is handed out
 * is not kept, and a fork's child, which has the same rest, asks anew. */
static void random_bytes(uint8_t ret[static RANDOM_EACH])
{
    static _Thread_local uint8_t pool[64 * RANDOM_EACH];
    static _Thread_local size_t left;
    static _Thread_local pid_t of;

    if (left == 0 || of != getpid()) {
        randombytes_buf(pool, sizeof pool);
        left = sizeof pool;
        of = getpid();
    }
    left -= RANDOM_EACH;
    memcpy(ret, pool + left, RANDOM_EACH);
    sodium_memzero(pool + left, RANDOM_EACH);
}

void id_new(int64_t at_usec, char ret[static ID_TEXT])
{
    pthread_once(&sodium_once, sodium_start);
    uint8_t bytes[RANDOM_EACH];
    random_bytes(bytes);
    unsigned first_counter = (unsigned)(bytes[0] << 8 | bytes[1]) & (COUNTER_MAX >> 1);

    uint64_t ms = at_usec < 0 ? 0 : (uint64_t)at_usec / 1000;
    pthread_mutex_lock(&last_lock);
    if (ms > last_ms) {
        last_ms = ms;
        last_counter = first_counter;
    } else if (last_counter < COUNTER_MAX) {
        last_counter++;
    } else {
        last_ms++;
        last_counter = first_counter;
    }
    ms = last_ms;
    unsigned counter = last_counter;
    pthread_mutex_unlock(&last_lock);

    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    bytes[6] = (uint8_t)(0x70 | counter >> 8);
    bytes[7] = (uint8_t)counter;
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3F));

    static const char hex[] = "0123456789abcdef";
    char *at = ret;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 15];
    }
    *at = '\0';
}

bool id_valid(const char *text)
{
    if (text == NULL || strlen(text) != ID_TEXT - 1)
        return false;
    for (int i = 0; i < ID_TEXT - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (dash ? text[i] != '-' : !hex)
            return false;
    }
    return true;
}
