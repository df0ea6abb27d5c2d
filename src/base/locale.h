/* Every word of the interface, compiled from locales/*.yaml (one file an area, the three languages side by side): a
 * text missing in one language, or a key used and not
 * there, is an error of the build. `enum text_key` comes from the generated locale_keys.h: key complain.title is
 * T_complain_title. Plural forms are not needed: texts are worded so ("Күн: 5"). */
#ifndef TALAP_BASE_LOCALE_H
#define TALAP_BASE_LOCALE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/lang.h"
#include "locale_keys.h"

/* The text; never NULL. */
const char *text_get(enum lang lang, enum text_key key);
/* The text with {0} and {1} replaced. NULL arguments count as "". */
char *text_format(struct arena *arena, enum lang lang, enum text_key key, const char *arg0, const char *arg1);
/* The text of a key known only at run time ("error.required"); NULL when there is none. */
const char *text_find(enum lang lang, const char *key);
/* The sentence for an error code: error.<code> with {0} replaced, or error.internal where the code is unknown. */
char *text_error(struct arena *arena, enum lang lang, const char *code, const char *arg);

#endif
