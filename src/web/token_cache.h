/* Who a bearer token is, remembered: a program that asks thousands of times a second is looked up once. Every change of
 * a token or an account is an event, so what was read at one size of the ledger holds for as long as the ledger has
 * that size, and for no request longer: whoever asks after a revocation was acknowledged reads anew. */
#ifndef TALAP_WEB_TOKEN_CACHE_H
#define TALAP_WEB_TOKEN_CACHE_H

#include "access/access.h"

struct token_cache;
int token_cache_new(struct token_cache **ret, struct err *err) WARN_UNUSED;
void token_cache_free(struct token_cache *cache); /* NULL-safe */
/* As token_actor; refusals are not remembered. `cache` NULL: never remembered. Any thread. */
int token_cache_actor(struct token_cache *cache, struct tx *tx, const char *secret, int64_t now_usec, struct actor *ret,
                      struct err *err) WARN_UNUSED;

#endif
