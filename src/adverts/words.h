/* Words of a text as the library knows them: what stands between blanks and signs, in lower case, and "folded": also
 * without the letters that people leave out when they type.
 *
 * A word is a run of letters and digits of any script; stress marks and other combining marks are left out. It is cut
 * at WORD_MAX bytes, so that what is no word does not fill the vocabulary. Text must be valid UTF-8, and composed (NFC)
 * where letters with marks are to be found by those without. */
#ifndef TALAP_ADVERTS_WORDS_H
#define TALAP_ADVERTS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORD_MAX 96
#define WORD_ROOM (WORD_MAX * 2 + 1) /* what folding may make of it */

/* The next word at or after *at, in lower case, with a NUL behind; *at moves behind it. False at the end. */
bool words_next(const char **at, char ret[static WORD_ROOM], size_t *ret_len);
/* ё→е ә→а ғ→г қ→к ң→н ө→о ұ ү→у һ→х і→и, and the Latin i within a word of Cyrillic letters →и. `word` comes from
 * words_next. Returns the length. */
size_t word_fold(const char *word, size_t len, char ret[static WORD_ROOM]);
/* All words of a text folded, with single blanks between: how names are compared. At most `room` bytes with the NUL;
 * words that do not fit are left out. Returns the length. */
size_t words_fold_all(const char *text, char *ret, size_t room);

/* Of which letters a word is: what dictionaries may know it. */
enum { WORD_LATIN = 1, WORD_CYRILLIC = 2, WORD_KAZAKH = 4, WORD_DIGIT = 8, WORD_FOREIGN = 16 };
unsigned word_letters(const char *word, size_t len);

#endif
