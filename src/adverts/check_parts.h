/* What the parts of the check share. Private to the room. */
#ifndef TALAP_ADVERTS_CHECK_PARTS_H
#define TALAP_ADVERTS_CHECK_PARTS_H

#include "adverts/check.h"
#include "adverts/terms.h"

/* Norms that the check speaks of, in the order in which an answer lists them. */
enum check_norm {
    NORM_AID_5,
    NORM_AID_11,
    NORM_ADM_1,
    NORM_ADM_2,
    NORM_ADM_3,
    NORM_ADM_4,
    NORM_OPL_18_1,
    NORM_OPL_18_2,
    NORM_OPL_19_1,
    NORM_OPL_19_3,
    NORM_OPL_20_2_1,
    NORM_OPL_20_2_2,
    NORM_OPL_20_3,
    NORM_OPL_20_4,
    NORM_OPL_21_1,
    NORM_OPL_21_2_2,
    NORM_OPL_21_3,
    NORM_OPL_22_2,
    NORM_COUNT
};

/* Kinds of terms. */
enum { TERM_REFUSES, TERM_WEAK, TERM_EXCEPT };
/* Owners of terms of the text: the marks by their number, then these. */
enum { TEXT_UNACCEPTED = 1000, TEXT_CLAIM };

#define CATEGORIES_MAX 16
#define FINDINGS_MAX 200
#define NORM_VERSIONS 4

struct advert_rules {
    const struct catalogue *catalogue;
    struct arena arena; /* the operator's own words */
    struct fold *fold;
    struct terms *criteria, *text, *ages;
    const struct advertising *law;
    const struct advertising_category *own;
    size_t own_count;
    /* Folded names of criteria whose values a category does not look at. */
    struct terms *neutral;
    struct norm_span {
        size_t count;
        int32_t from_day[NORM_VERSIONS], until_day[NORM_VERSIONS];
    } norms[NORM_COUNT];
    enum check_norm category_norm[CATEGORIES_MAX];
};

struct checking {
    const struct advert_rules *rules;
    const struct advert *advert;
    int32_t day;
    struct arena *arena;
    struct advert_finding *findings;
    size_t count, room;
    bool refused;
    uint32_t in_force; /* bits of enum check_norm */
    uint32_t spoke;
    const char *claim_words; /* in the text, where no claim is listed; or NULL */
    struct err *err;
};

const char *check_norm_word(enum check_norm norm);
/* Does the norm hold on the day? Then it is listed as one that was looked at. */
bool check_norm_speaks(struct checking *checking, enum check_norm norm);
/* Nothing where the norm is not in force. `code` is static, `field` and `found` live in the arena. */
int check_found(struct checking *checking, const char *code, enum check_norm norm, const char *field, const char *found,
                bool refuses) WARN_UNUSED;
/* The words of the text from one to another; NULL when memory ends. */
const char *check_words(struct checking *checking, const char *text, const struct folded *folded, size_t first,
                        size_t count);

/* check_mark.c */
int check_mark(struct checking *checking) WARN_UNUSED;
/* check_targeting.c */
int check_targeting(struct checking *checking) WARN_UNUSED;
/* check_said.c: who stands behind it, machines, other people, claims, bloggers */
int check_said(struct checking *checking) WARN_UNUSED;
/* Is it sponsored content (opl.1): called so, or a blogger's for something in return? */
bool advert_is_sponsored(const struct advert *advert);
/* Does it pick whom it is shown to, whatever it is called? */
bool advert_is_targeted(const struct advert *advert);

#endif
