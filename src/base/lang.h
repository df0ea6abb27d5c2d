/* The three languages in which Talap speaks. Kazakh comes first and is the default. */
#ifndef TALAP_BASE_LANG_H
#define TALAP_BASE_LANG_H

enum lang { LANG_KK = 0, LANG_RU = 1, LANG_EN = 2 };
#define LANG_COUNT 3

/* A text a person reads, in all three languages; a loaded one has none missing. */
struct text3 {
    const char *in[LANG_COUNT];
};

/* "kk", "ru", "en". */
const char *lang_code(enum lang lang);
/* Reads "kk", "ru" or "en"; -1 for anything else. */
int lang_parse(const char *code);
/* Chooses by an Accept-Language header (RFC 9110, with q values); Kazakh when nothing fits. NULL-safe. */
enum lang lang_negotiate(const char *accept_language);

#endif
