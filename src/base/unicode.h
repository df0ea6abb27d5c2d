/* Text as Unicode, through ICU: valid UTF-8 only, normalised, folded for search. */
#ifndef TALAP_BASE_UNICODE_H
#define TALAP_BASE_UNICODE_H

#include "base/arena.h"
#include <stdbool.h>

/* True when the bytes are valid UTF-8 without NUL. */
bool utf8_valid(const char *bytes, size_t count);
/* Number of code points of valid UTF-8. */
size_t utf8_length(const char *text);
/* NFC, with control characters other than \n and \t removed, \r\n made \n, and blanks at both ends cut. NULL over
 * the arena's limit, when memory ends, or when the text is not valid UTF-8. */
char *text_normalise(struct arena *arena, const char *text);
/* The same of `count` bytes with a NUL behind; the text itself where it is already so, or a copy. */
const char *text_normalised(struct arena *arena, const char *text, size_t count);
/* For search: NFKC, case-folded, diacritics kept, Kazakh letters also mapped to their plain neighbours (ә→а, ғ→г,
 * қ→к, ң→н, ө→о, ұ ү→у, һ→х, і→и) so that they are found typed without them; words separated by single blanks,
 * punctuation and symbols separate words. NULL as above. */
char *text_fold_words(struct arena *arena, const char *text);
/* The name of a host as it compares: in lower case and national letters (UTS 46), whether it was given so or as
 * "xn--…"; a name that is none, an address in brackets among them, only in lower case. NULL over the arena's limit or
 * when memory ends. */
char *text_host(struct arena *arena, const char *text);

#endif
