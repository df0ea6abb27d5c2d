/* Stems of a word: what a dictionary takes it for a form of. The dictionaries are hunspell's for Kazakh, Russian and
 * English, as Debian packages them; one that is missing is left out, and then words of its language are found as they
 * are written.
 *
 * The Kazakh dictionary does not know every row of endings. Where it has no answer, endings of cases, persons and
 * numbers are taken off one after another until the rest is a word that it knows (with қ for ғ, к for г, п for б at
 * the end, as they change before a vowel). */
#ifndef TALAP_ADVERTS_STEMS_H
#define TALAP_ADVERTS_STEMS_H

#include "adverts/words.h"
#include "base/err.h"

#define STEMS_MAX 8
enum { STEMS_KK = 1, STEMS_RU = 2, STEMS_EN = 4 };

struct stems;
struct stem_list {
    size_t count;
    char words[STEMS_MAX][WORD_ROOM]; /* lower case */
};

/* `folder`: where kk_KZ.aff and the others lie; NULL: /usr/share/hunspell. Each is read when it is first asked. */
int stems_new(const char *folder, struct stems **ret, struct err *err) WARN_UNUSED;
void stems_free(struct stems *stems); /* NULL-safe */
/* Which dictionaries there are; and a number that is another when one of them is. */
unsigned stems_languages(const struct stems *stems);
uint64_t stems_print(const struct stems *stems);
/* Of a word in lower case (words_next). One without letters of a known script, or with digits, has none. Thread-safe:
 * one asks at a time. */
void stems_of(struct stems *stems, const char *word, size_t len, struct stem_list *ret);

#endif
