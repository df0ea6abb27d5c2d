/* The short list of words that no password may be. Inside the room. */
#ifndef TALAP_ACCESS_COMMON_WORDS_H
#define TALAP_ACCESS_COMMON_WORDS_H

#include <stdbool.h>

/* True when the text (folded, without blanks and without digits around it) is empty, on the list, a word of the list
 * repeated, or a piece of a keyboard's or alphabet's row. */
bool common_word(const char *text);

#endif
