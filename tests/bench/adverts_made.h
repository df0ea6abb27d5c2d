/* Advertisements made for benches, alike in every run: words of the three dictionaries by Zipf's law, names, criteria,
 * four years of periods. */
#ifndef TALAP_BENCH_ADVERTS_MADE_H
#define TALAP_BENCH_ADVERTS_MADE_H

#include "base/buf.h"
#include <stdint.h>

struct advert_made {
    char text[900];
    const char *language; /* "kk", "ru", "en" */
    char advertiser[80];
    int kind;
    int32_t from, until; /* local days */
    int64_t shown;
    char json[3000]; /* as it is kept: {"advert": …, "check": …} */
    size_t json_len;
};
/* Reads words of the dictionaries under /usr/share/hunspell; exits where there are none. */
void adverts_made_prepare(void);
/* The number-th of `count`. Thread-safe after prepare. */
void advert_make_sample(uint64_t number, uint64_t count, struct advert_made *ret);
/* A word of a language (0…2) by its rank: 0 is the most frequent. */
const char *advert_made_word(int language, size_t rank);

#endif
