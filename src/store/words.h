/* Inside the store: words as the full-text indexes of both engines take them. */
#ifndef TALAP_STORE_WORDS_H
#define TALAP_STORE_WORDS_H

#include "base/buf.h"

/* Words parted by single blanks: letters and digits of ASCII and whatever is beyond it; anything else parts words. What
 * no index takes (words over 255 bytes) is left out. "" when nothing is left. */
void words_clean(const char *words, struct buf *out);

#endif
