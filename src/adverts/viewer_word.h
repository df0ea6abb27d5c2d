/* Names of columns and members that could hold who saw an advertisement: user, device, address, and what they are
 * called in Kazakh and Russian. Such a one is refused as "viewer_refused", for neither an advertisement nor a count of
 * its showings has a place for a person who saw it. */
#ifndef TALAP_ADVERTS_VIEWER_WORD_H
#define TALAP_ADVERTS_VIEWER_WORD_H

#include "base/arena.h"
#include <stdbool.h>

/* `name` is UTF-8; its case, its signs and whether words are written together do not matter ("userId", "USER-ID"). */
bool viewer_word(const char *name, struct arena *arena);

#endif
