/* The words for aspects of a consent and kinds of data: one table for the catalogue, the API and the store's JSON. */
#include "law/processing.h"

#include <string.h>

static const char *const aspects[] = {"processing", "third_persons", "cross_border", "publication", "automated"};
static const char *const kinds[] = {"restricted", "biometric", "minors", "no_profiling", "identifying"};

static unsigned bit_of(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return 1u << i;
    }
    return 0;
}

static const char *word_of(const char *const *words, size_t count, unsigned bit)
{
    for (size_t i = 0; i < count; i++) {
        if (bit == 1u << i)
            return words[i];
    }
    return "";
}

unsigned aspect_parse(const char *word)
{
    return bit_of(aspects, sizeof aspects / sizeof *aspects, word);
}

const char *aspect_word(enum consent_aspect aspect)
{
    return word_of(aspects, sizeof aspects / sizeof *aspects, (unsigned)aspect);
}

unsigned data_kind_parse(const char *word)
{
    return bit_of(kinds, sizeof kinds / sizeof *kinds, word);
}

const char *data_kind_word(enum data_kind kind)
{
    return word_of(kinds, sizeof kinds / sizeof *kinds, (unsigned)kind);
}
