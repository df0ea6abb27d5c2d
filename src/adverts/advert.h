/* An advertisement as it is given: what is shown, who places, pays and sponsors it, whom it is meant for, and what the
 * law wants said. Read from JSON by advert_read; every text is normalised (NFC, no control characters, no blanks at the
 * ends) and lives in the arena, or in the text that the cells were read from.
 *
 *   {"id": "the platform's own", "kind": "targeted", "format": "text", "language": "kk", "text": "…",
 *    "mass_media": false, "published": false,
 *    "media": [{"hash": "sha-256 hex", "type": "image/png", "url": "https://…"}],
 *    "mark": {"text": "Жарнама", "place": "first_line"},
 *    "account": {"name": "…", "url": "https://…"}, "advertiser": {"name": "…", "bin": "…"},
 *    "payer": {"name": "…", "bin": "…"}, "sponsor": {"name": "…", "bin": "…"},
 *    "period": {"from": "2026-11-01", "until": "2026-11-30"},
 *    "targeting": {"age": {"from": 18, "until": 65}, "include": [{"criterion": "interest", "value": "…"}],
 *                  "exclude": []},
 *    "ai": {"made": true, "notice": "…"}, "ai_goods": {"has": true, "warning": "…"},
 *    "third_persons": [{"what": "voice", "consent": "…", "ground": "opl.18.1.1"}],
 *    "claims": [{"claim": "…", "proof": "…"}],
 *    "influencer": {"basis": "contract", "share": false, "exclusive_terms": false, "discount_links": true}}
 *
 * Must be there: kind, format, language, period.from, and the text where the format is text. Whatever else the law
 * wants and is not there, the check tells. */
#ifndef TALAP_ADVERTS_ADVERT_H
#define TALAP_ADVERTS_ADVERT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_tape.h"
#include "law/field.h"

#define ADVERT_OWN_ID_MAX 100
#define ADVERT_TEXT_MAX 20000 /* characters */
#define ADVERT_NAME_MAX 300
#define ADVERT_CRITERIA_MAX 10000
#define ADVERT_MEDIA_MAX 20
#define ADVERT_LIST_MAX 100   /* third persons, claims */
#define ADVERT_ERRORS_MAX 100 /* told of one advertisement */

enum advert_kind { ADVERT_TARGETED, ADVERT_SPONSORED, ADVERT_OTHER };
enum advert_format { ADVERT_TEXT, ADVERT_IMAGE, ADVERT_SOUND, ADVERT_VIDEO };
enum mark_place {
    MARK_NONE,
    MARK_FIRST_LINE,   /* in the first line of the text */
    MARK_BEFORE_START, /* before sound or video begins */
    MARK_ON_IMAGE,     /* on the picture itself */
    MARK_BESIDE,       /* put beside it by the platform's own means (opl.22.1) */
    MARK_ELSEWHERE
};
struct advert_party {
    const char *name; /* NULL: not given */
    const char *bin;  /* twelve digits, no IIN; or NULL */
    const char *url;  /* or NULL */
};
struct advert_criterion {
    const char *criterion, *value; /* "interest", "football"; what the words mean is check.h's to say */
};
struct advert_media {
    const char *hash; /* 64 hex digits */
    const char *type, *url;
};
struct advert_third {
    const char *what; /* "opinion", "voice", "photo", "video", "image" */
    const char *consent, *ground;
};
struct advert_claim {
    const char *claim, *proof;
};
struct advert {
    const char *own_id; /* or NULL */
    enum advert_kind kind;
    enum advert_format format;
    const char *language; /* "kk", "ru", "en" or another code of ISO 639 */
    const char *text;     /* or NULL, where the format is not text */
    bool mass_media;      /* a product of mass media: aid.11 binds */
    bool published;       /* it was shown already: the law wants it kept, whatever its check says */
    enum mark_place mark_place;
    const char *mark_text;
    struct advert_party account, advertiser, payer, sponsor;
    int32_t from_day, until_day; /* local days since 1970; until: INT32_MAX where it is open */
    int age_from, age_until;     /* -1: not said */
    const struct advert_media *media;
    size_t media_count;
    const struct advert_criterion *include, *exclude;
    size_t include_count, exclude_count;
    bool ai_made, ai_goods;
    const char *ai_notice, *ai_warning;
    const struct advert_third *third_persons;
    size_t third_count;
    const struct advert_claim *claims;
    size_t claim_count;
    const char *influencer_basis; /* NULL: no influencer; "contract", "commercial", "none" */
    bool influencer_share, influencer_exclusive, influencer_discounts;
};
/* Reads one. What is missing, unknown, too long or of another type goes to `errors` by the member's path
 * ("targeting.include.3.value"), all at once (at most ADVERT_ERRORS_MAX), behind `prefix` ("ads.17." or ""); then
 * -ERR_BAD_INPUT "fields_refused". Codes: required, unknown_field, viewer_refused, wrong_type, too_long (arg: max),
 * too_many, not_an_option, not_a_date, out_of_range, not_a_url, not_a_bin, bin_control_digit, iin_is_not_published,
 * not_a_hash, not_a_language, not_one_line. */
int advert_read(const struct json_cell *cell, const char *prefix, struct arena *arena, struct advert *ret,
                struct field_errors *errors, struct err *err) WARN_UNUSED;
/* Reads back what advert_write wrote, alone or as the member "advert" of an object, as it is kept. `json` is copied to
 * the arena. ERR_DAMAGED "advert_damaged" when it is not that. */
int advert_read_kept(const char *json, size_t count, struct arena *arena, struct advert *ret,
                     struct err *err) WARN_UNUSED;
/* The canonical JSON (RFC 8785) of what was read: what is kept and hashed. */
int advert_write(const struct advert *advert, struct buf *out, struct err *err) WARN_UNUSED;
const char *advert_kind_word(enum advert_kind kind);
const char *advert_format_word(enum advert_format format);
const char *mark_place_word(enum mark_place place);

#endif
