/* What the files of the cabinet's pages share: who is in it, and what is told of consents, deeds and cases. */
#ifndef TALAP_WEB_PAGES_CABINET_H
#define TALAP_WEB_PAGES_CABINET_H

#include "web/pages/cabinet_views.h"
#include "web/pages/pages.h"

/* Who is in the cabinet by their cookie. Nobody: the response leads to the entrance and back here afterwards, and
 * *ret_in is false. Renews the idle time beside the request. */
int cabinet_session(struct request *request, struct response *response, struct person_session *ret, bool *ret_in,
                    struct err *err) WARN_UNUSED;
/* The same without a redirect: ERR_UNAUTHENTICATED "cabinet_ended". */
int cabinet_session_get(struct request *request, struct person_session *ret, struct err *err) WARN_UNUSED;
/* The page by which one enters. */
int cabinet_enter_draw(struct request *request, struct response *response, struct err *err) WARN_UNUSED;
/* The access code of a case that is the person's who is in the cabinet; NULL for everybody else's. */
int cabinet_case_code(struct request *request, const char *number, const char **ret, struct err *err) WARN_UNUSED;

/* --- What is told ---------------------------------------------------------------------------------------------------
 */

/* Every consent of the person, newest first, as people read it. `kept` must outlive the lines. */
int consent_lines_make(struct request *request, struct tx *tx, const struct kept *kept, const struct person *person,
                       struct consent_line **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* One of theirs: ERR_NOT_FOUND "consent_unknown" for anybody else's. */
int consent_line_get(struct request *request, struct tx *tx, const struct kept *kept, const struct person *person,
                     int64_t leaf, struct consent_line *ret, struct err *err) WARN_UNUSED;
/* The titles of categories, by commas. */
const char *categories_text(struct request *request, const struct kept *kept, uint64_t categories);
/* What was done, newest first, from before a leaf (0: the newest). `all` false: only who looked and who received. */
int deed_lines_make(struct request *request, struct tx *tx, const struct kept *kept, const struct person *person,
                    bool all, int64_t before_leaf, size_t limit, const struct deed_line **ret, size_t *ret_count,
                    struct err *err) WARN_UNUSED;
int data_lines_make(struct request *request, struct tx *tx, const struct kept *kept, const struct person *person,
                    const struct data_line **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* The person's cases, newest first. */
int request_lines_make(struct request *request, struct tx *tx, const struct person *person,
                       const struct request_line **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Texts one after another with a comma between; NULL or "" ones are left out. */
const char *text_joined(struct arena *arena, const char *first, const char *second);

/* The procedure by which a consent is withdrawn here, or NULL. */
const struct procedure *withdrawal_procedure(const struct office *office);

static inline void kept_drop(struct kept **kept)
{
    kept_unref(*kept);
}
#define CLEANUP_KEPT __attribute__((cleanup(kept_drop)))

#endif
