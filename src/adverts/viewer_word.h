/* Names of columns that could hold who saw an advertisement: user, device, address, and what they are called in Kazakh
 * and Russian. Such a column is refused by a code of its own, for a count of showings has no place for a person. */
#ifndef TALAP_ADVERTS_VIEWER_WORD_H
#define TALAP_ADVERTS_VIEWER_WORD_H

#include "base/arena.h"
#include <stdbool.h>

/* `name` is UTF-8; its case, its signs and whether words are written together do not matter ("userId", "USER-ID"). */
bool viewer_word(const char *name, struct arena *arena);

#endif
