/* A table of few slots; a token falls in one by its hash and drives out who was there. The secret itself is not kept.
 */
#include "web/token_cache.h"
#include "base/time.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 64

struct slot {
    struct hash secret;
    int64_t ledger_size; /* -1: empty */
    int64_t until_usec;
    struct actor actor;
};

struct token_cache {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

int token_cache_new(struct token_cache **ret, struct err *err)
{
    struct token_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return err_memory(err);
    pthread_mutex_init(&cache->lock, NULL);
    for (size_t i = 0; i < SLOTS; i++)
        cache->slots[i].ledger_size = -1;
    *ret = cache;
    return 0;
}

void token_cache_free(struct token_cache *cache)
{
    if (cache == NULL)
        return;
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

int token_cache_actor(struct token_cache *cache, struct tx *tx, const char *secret, int64_t now_usec, struct actor *ret,
                      struct err *err)
{
    int64_t size, until_usec;
    struct actor actor;
    if (cache == NULL)
        return token_actor(tx, secret, now_usec, ret, err);
    int r = store_ledger_size(tx, &size, err);
    if (r < 0)
        return r;
    struct hash hash = sha256_of(secret, strlen(secret), NULL, 0, NULL, 0);
    struct slot *slot = &cache->slots[hash.bytes[0] % SLOTS];
    pthread_mutex_lock(&cache->lock);
    bool known = slot->ledger_size == size && memcmp(&slot->secret, &hash, sizeof hash) == 0 &&
                 (slot->until_usec == TIME_NONE || now_usec < slot->until_usec);
    if (known)
        *ret = slot->actor;
    pthread_mutex_unlock(&cache->lock);
    if (known)
        return 0;
    r = token_actor_until(tx, secret, now_usec, &actor, &until_usec, err);
    if (r < 0)
        return r;
    pthread_mutex_lock(&cache->lock);
    *slot = (struct slot){.secret = hash, .ledger_size = size, .until_usec = until_usec, .actor = actor};
    pthread_mutex_unlock(&cache->lock);
    *ret = actor;
    return 0;
}
