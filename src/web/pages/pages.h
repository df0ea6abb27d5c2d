/* What the files of the pages share, and the page of an error for the adapter. The handlers themselves are declared by
 * routes.h from the table of routes. */
#ifndef TALAP_WEB_PAGES_PAGES_H
#define TALAP_WEB_PAGES_PAGES_H

#include "web/http.h"
#include "web/pages/views.h"
#include <string.h>

/* Draws a refusal as a page in the request's language: what happened in plain words and a way on. Fills only the body.
 */
int page_error(struct request *request, struct response *response, const struct err *err) WARN_UNUSED;

/* A page being written: where to, and its frame. */
struct page {
    struct page_out out;
    struct page_frame frame;
    struct organisation organisation;
};
/* Makes the frame: who is signed in, the organisation's name, the CSRF token, where the language switch leads. `area`
 * is the menu's word for the page. With a store that cannot be read the organisation stays unnamed. */
int page_begin(struct request *request, struct response *response, const char *title, const char *area,
               struct page **ret, struct err *err) WARN_UNUSED;
/* After the template: ERR_MEMORY when something did not fit. */
int page_end(struct page *page, struct err *err) WARN_UNUSED;
/* Page title from a key. */
#define PAGE_TITLE(request, key) text_get((request)->lang, T_##key)

const char *lang_of(const struct request *request); /* "kk" */
/* The sentence of an error, or of a refusal beside a field; NULL in, NULL out. */
const char *sentence_of(struct request *request, const struct err *err);
const char *field_sentence(struct request *request, const struct field_error *error);
/* A random id for the hidden field `once`, so that a form sent twice is one case. */
const char *once_new(struct request *request);
/* The form's values but those named in the NULL-ended list. */
int form_values(struct request *request, const char *const *reserved, struct raw_value **ret, size_t *ret_count,
                struct err *err) WARN_UNUSED;
/* Uploaded files under the name, empty ones (a control left alone) left out. */
int form_files(struct request *request, const char *name, struct attachment_new **ret, size_t *ret_count,
               struct err *err) WARN_UNUSED;
/* The key for a repeated form: the hidden `once`, or NULL when it is not a UUID. */
const char *once_of(const struct request *request);
/* The text of a query word; "" where absent. */
const char *query_text(const struct request *request, const char *name);
/* Answers a paper or an attachment as a file to be opened apart from our pages. */
int answer_file(struct request *request, struct response *response, const char *type, const char *name, bool shown,
                struct err *err) WARN_UNUSED;

/* Charts: bars with an axis, as SVG; colours come from the style sheet. */
struct chart_bars {
    size_t count, series; /* at most 3 series, drawn side by side */
    const int64_t *values[3];
    const char *const *labels; /* under the bars; NULL or "" draws none */
    const char *title;         /* for those who do not see it */
    int64_t limit;             /* a line across at this value, where the scale reaches it; 0: none */
};
int chart_bars_svg(const struct chart_bars *chart, struct arena *arena, struct html *ret, struct err *err) WARN_UNUSED;
/* One bar against a limit, which is marked. */
int chart_gauge_svg(int64_t value, int64_t limit, const char *title, struct arena *arena, struct html *ret,
                    struct err *err) WARN_UNUSED;

/* The opener's number and code, kept in a cookie for an hour so that neither is typed twice nor stands in an address.
 */
int opener_remember(struct request *request, struct response *response, const char *number, const char *code,
                    struct err *err) WARN_UNUSED;
/* The code remembered for this number, or NULL. */
const char *opener_code(struct request *request, const char *number);
void opener_forget(struct request *request, struct response *response);

/* What the public may open here, those of one addressee side by side, and what rests on another case behind what does
 * not. */
int public_procedures(struct request *request, const struct procedure *const **ret, size_t *ret_count,
                      struct err *err) WARN_UNUSED;
/* May whoever is signed in open cases of the procedure as staff, here and now? */
bool procedure_opened_by_staff(const struct request *request, const struct procedure *procedure);
/* Has the procedure's form a field that may name a case of the other? */
bool procedure_names(const struct procedure *procedure, const struct procedure *other);
/* Why an act is barred, as a sentence: who decided, what is missing, until when. */
const char *barred_sentence(struct request *request, const struct barred_act *barred);

/* Rows of a list as the queue, the desk and the search show them. */
int queue_rows_make(struct request *request, struct tx *tx, const struct case_row *rows, size_t count,
                    const struct queue_row **ret, struct err *err) WARN_UNUSED;
/* The accounts that have one of the roles and are not disabled; with 0, all there are. */
int staff_choices(struct request *request, struct tx *tx, unsigned roles_wanted, struct choice **ret, size_t *ret_count,
                  struct err *err) WARN_UNUSED;

#endif
