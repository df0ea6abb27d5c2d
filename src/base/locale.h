/* Every word of the interface, compiled from the YAML files of locales/ (one file an area, the three languages side by
 * side): a text missing in one language, or a key used and not there, is an error of the build. `enum text_key` comes
 * from the generated locale_keys.h: key complain.title is T_complain_title. Plural forms are not needed: texts are
 * worded so ("Күн: 5"). */
#ifndef TALAP_BASE_LOCALE_H
#define TALAP_BASE_LOCALE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/time.h"
#include "locale_keys.h"

/* The text; never NULL. */
const char *text_get(enum lang lang, enum text_key key);
/* The text with {0} and {1} replaced. NULL arguments count as "". */
char *text_format(struct arena *arena, enum lang lang, enum text_key key, const char *arg0, const char *arg1);
/* The text of a key known only at run time ("error.required"); NULL when there is none. */
const char *text_find(enum lang lang, const char *key);
/* The sentence for an error code: error.<code> with {0} replaced, or error.internal where the code is unknown. */
char *text_error(struct arena *arena, enum lang lang, const char *code, const char *arg);

/* A text with {0} and {1} replaced, piece by piece through `put` (buf_puts, buf_put_html): so that the arguments and
 * the text are escaped alike. NULL arguments write nothing. */
void text_put_format(struct buf *out, enum lang lang, enum text_key key, const char *arg0, const char *arg1,
                     void (*put)(struct buf *out, const char *text));
/* A day as the language writes it: "2026 жылғы 9 сәуір", "9 апреля 2026 г.", "9 April 2026". */
void text_put_date(struct buf *out, enum lang lang, int32_t day);
/* The local day and time of a moment: "9 April 2026, 18:30", with seconds "9 April 2026, 18:30:05". */
void text_put_moment(struct buf *out, enum lang lang, const struct zone *zone, int64_t at_usec, bool seconds);

#endif
