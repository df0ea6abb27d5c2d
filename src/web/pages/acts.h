/* What the page of a case and the page that follows it share: acts as forms. */
#ifndef TALAP_WEB_PAGES_ACTS_H
#define TALAP_WEB_PAGES_ACTS_H

#include "web/pages/pages.h"
#include <stdlib.h>

/* Draws the page again after a refusal: which act, and a sentence when it is not about single fields. */
typedef int redraw_fn(struct request *request, struct response *response, const char *act, const char *refusal,
                      struct err *err);

struct acting_state {
    const char *case_id, *act;
    const char *number; /* of the opener's page */
    bool opener;
    redraw_fn *redraw;
    const struct act_prepared *prepared;
};
/* Every act of the case that the actor may do, as forms. `tried` is the act just refused (or NULL), drawn unfolded with
 * what was typed; when nothing was tried, the act that issues a paper stands unfolded. */
int act_forms_make(struct request *request, const struct case_view *c, const char *tried, const char *refusal,
                   struct act_form **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Reads the form, checks it, and asks for the command; a refusal redraws. After success the page is opened anew. */
int act_from_form(struct request *request, struct response *response, struct acting_state *state,
                  const struct actor *actor, struct err *err) WARN_UNUSED;
/* A case's attachment, whose content the body already holds, and a case's paper {leaf}/{name}, as answers. */
int answer_attachment(struct request *request, struct response *response, const struct case_view *c, const char *id,
                      const char *type, struct err *err) WARN_UNUSED;
int answer_paper(struct request *request, struct response *response, const struct case_view *c,
                 struct err *err) WARN_UNUSED;

#endif
