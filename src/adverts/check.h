/* The check before publication: may this be shown, and if not, by which norm, and what has to change. Pure: an
 * advertisement, the catalogue's words (law/advertising.yaml) and a day go in, findings come out. */
#ifndef TALAP_ADVERTS_CHECK_H
#define TALAP_ADVERTS_CHECK_H

#include "adverts/advert.h"
#include "law/catalogue.h"

struct advert_rules; /* compiled from the catalogue and the operator's own list; immutable */
/* `own_file`: the operator's own words (YAML, the form of law/advertising.yaml's `terms`), or NULL. Refusals name file
 * and line. */
int advert_rules_new(const struct catalogue *catalogue, const char *own_file, struct advert_rules **ret,
                     struct err *err) WARN_UNUSED;
void advert_rules_free(struct advert_rules *rules); /* NULL-safe */
/* The operator's own words, as many entries as its file has. */
size_t advert_rules_own(const struct advert_rules *rules, const struct advertising_category **ret);

struct advert_finding {
    const char *code;  /* "mark_missing": its texts are finding_CODE and change_CODE of locales/adverts_check.yaml */
    const char *norm;  /* "opl.20.3", in force on the day */
    const char *field; /* the member's path */
    const char *found; /* the words that it is about, or NULL */
    bool refuses;      /* else it is told only */
};
struct advert_result {
    bool allowed;
    const struct advert_finding *findings;
    size_t count;
    const char *const *norms; /* every norm that was looked at and has something to say of such an advertisement */
    size_t norm_count;
};
/* Findings live in the arena. `day`: which norms are in force (local day since 1970). */
int advert_check(const struct advert_rules *rules, const struct advert *advert, int32_t day, struct arena *arena,
                 struct advert_result *ret, struct err *err) WARN_UNUSED;
/* The text of a finding: `which` is "finding" (what is wrong) or "change" (what to change); "" for no such code. */
const char *advert_finding_text(enum lang lang, const char *which, const char *code);
/* {"allowed", "findings": [{"code","field","found","norm","refuses"}]}, as it is kept (canonical); with `lang` ≥ 0 also
 * "message", "change", "norm_url" of a finding, and "norms". */
int advert_result_write(const struct advert_result *result, int lang, struct buf *out, struct err *err) WARN_UNUSED;

#endif
