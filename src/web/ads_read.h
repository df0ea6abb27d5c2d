/* What pages and the mark read of an advertisement that is kept: its newest or an earlier version as it was given, and
 * what the check found. Whatever is read here may be shown to everybody, but for the references of third persons'
 * consents, which may name them. */
#ifndef TALAP_WEB_ADS_READ_H
#define TALAP_WEB_ADS_READ_H

#include "adverts/adverts.h"
#include "base/locale.h"
#include "web/http.h"

struct ad_finding {
    const char *code, *norm, *field, *found; /* found may be NULL */
    bool refuses;
};
struct ad_seen {
    const struct advert_kept *kept;
    bool gone; /* only id, hash and dates are left; the rest is empty */
    struct advert advert;
    bool allowed;
    const struct ad_finding *findings;
    const char *const *norms;
    size_t finding_count, norm_count;
};
int ad_seen_read(const struct advert_kept *kept, struct arena *arena, struct ad_seen *ret, struct err *err) WARN_UNUSED;
/* Of the path's {id} and, with `version` above 0, that version. ERR_NOT_FOUND "advert_unknown". */
int ad_of_path(struct request *request, int version, struct ad_seen *ret, struct err *err) WARN_UNUSED;

/* The findings of a check as they are kept ({"findings", "norms"}). */
int ad_findings_read(const json_t *check, struct arena *arena, struct ad_seen *ret, struct err *err) WARN_UNUSED;
/* What a finding says, and what to change; NULL where the code is no longer known. */
const char *ad_finding_text(enum lang lang, const char *code);
const char *ad_change_text(enum lang lang, const char *code);

/* Did the check find no mark of advertising at all? */
bool ad_is_unmarked(const struct ad_seen *ad);

/* May it stand behind a link: http or https with a host, no control character, no blank? */
bool ad_url_is_web(const char *url);
/* The first line of its text (the next one, where that says only its mark), at most so many letters of it; where it has
 * no text, words that say so. */
const char *ad_beginning(const struct ad_seen *ad, enum lang lang, size_t letters, struct arena *arena);

/* Where its page is, as seen from outside, in the language of the request; "" when memory ends. */
const char *ad_page_address(struct request *request, const char *id);
/* The line of HTML by which other sites show its mark. */
const char *ad_mark_snippet(struct request *request, const char *id, enum lang lang);

/* The parties whose advertisements are listed together, in the order in which they are told. */
enum ad_party { AD_ADVERTISER, AD_ACCOUNT, AD_PAYER, AD_SPONSOR, AD_PARTIES };
const char *ad_party_word(enum ad_party party); /* as in addresses and queries */
int ad_party_parse(const char *word);           /* or -1 */
enum text_key ad_party_title(enum ad_party party);
const struct advert_party *ad_party_of(const struct advert *advert, enum ad_party party);

/* Of a third person: "voice", "image" … in words. */
const char *ad_third_title(enum lang lang, const char *what);
enum text_key ad_kind_title(enum advert_kind kind);
enum text_key ad_format_title(enum advert_format format);
enum text_key ad_place_title(enum mark_place place);
/* The language in words where it is one of ours, else its code. */
const char *ad_language_title(enum lang lang, const char *code);
/* "from 18, up to 65" in words; NULL: nothing was said. */
const char *ad_age_text(struct arena *arena, enum lang lang, const struct advert *advert);

#endif
