/* Where a page is written: what compiled templates (pages/NAME.html) call. Everything is escaped except `struct html`
 * and the template's own markup. Failure (the buffer's limit) is the buffer's `failed`, looked at once at the end. */
#ifndef TALAP_BASE_PAGE_OUT_H
#define TALAP_BASE_PAGE_OUT_H

#include "base/buf.h"
#include "base/html.h"
#include "base/lang.h"
#include "base/locale.h"
#include "base/time.h"

struct page_frame; /* what stands around every page (menu, who is signed in): the web room's own */

struct page_out {
    struct buf *buf;
    enum lang lang;
    const struct zone *zone;
    const struct page_frame *frame; /* may be NULL */
};

/* The template's own markup, as it stands. */
void page_raw(struct page_out *o, const char *bytes, size_t count);
/* {{ expr }}: NULL writes nothing. */
void page_text(struct page_out *o, const char *text);
/* {{i expr}} */
void page_int(struct page_out *o, int64_t value);
/* {{t key}} and {{t key a, b}} */
void page_word(struct page_out *o, enum text_key key);
void page_word_with(struct page_out *o, enum text_key key, const char *arg0, const char *arg1);
/* {{x expr}}: a text of the catalogue in the page's language; NULL there writes nothing. */
void page_text3(struct page_out *o, struct text3 text);
/* {{d expr}} {{m expr}} {{s expr}}: local date, with HH:MM, with HH:MM:SS. TIME_NONE writes nothing. */
void page_date(struct page_out *o, int64_t at_usec);
void page_minute(struct page_out *o, int64_t at_usec);
void page_second(struct page_out *o, int64_t at_usec);
/* {{u expr}}: percent-encoded part of an address; NULL writes nothing. */
void page_url(struct page_out *o, const char *text);
/* {{= expr}}: markup made by code; a NULL markup writes nothing. */
void page_html(struct page_out *o, struct html html);

#endif
