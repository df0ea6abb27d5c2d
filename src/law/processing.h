/* What may be done with personal data, and which kinds of data there are, as the catalogue tells it: law/actions.yaml
 * and law/data_categories.yaml. Pure data; what follows from it is decided in the room persons/. */
#ifndef TALAP_LAW_PROCESSING_H
#define TALAP_LAW_PROCESSING_H

#include "base/lang.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a consent says yes or no to, each on its own (pdl.8.4.4-6, 19-1.1, 24.1.5); the value is a bit. */
enum consent_aspect {
    ASPECT_PROCESSING = 1,    /* collecting and processing for the purpose */
    ASPECT_THIRD_PERSONS = 2, /* transfer to third persons */
    ASPECT_CROSS_BORDER = 4,
    ASPECT_PUBLICATION = 8, /* in public sources */
    ASPECT_AUTOMATED = 16   /* decisions taken by automated processing alone */
};
#define ASPECTS_ALL 31
/* "processing", "third_persons", "cross_border", "publication", "automated"; 0 where unknown. */
unsigned aspect_parse(const char *word);
const char *aspect_word(enum consent_aspect aspect);

/* Kinds of data, as bits. */
enum data_kind {
    DATA_RESTRICTED = 1, /* access is restricted by law: health, secrets of family, bank, correspondence … */
    DATA_BIOMETRIC = 2,
    DATA_MINORS = 4,       /* of a child, whoever the person is */
    DATA_NO_PROFILING = 8, /* profiling and targeting on it is forbidden (opl.20.3) */
    DATA_IDENTIFYING = 16  /* identifies the person */
};
#define DATA_CATEGORIES_MAX 64 /* a set of categories is a word of 64 bits */

struct data_category {
    const char *id;
    struct text3 title;
    unsigned kinds; /* enum data_kind bits */
    const char *norm;
};

/* What an action asks for beyond a basis (consent or ground). */
struct data_action {
    const char *id; /* "collect", "transfer" … */
    struct text3 title;
    unsigned aspect; /* the aspect a consent must say yes to; ASPECT_PROCESSING for most */
    bool wants_recipient, wants_country;
    bool keeps;       /* storing: not stopped by blocking */
    bool profiles;    /* profiling or targeting: DATA_NO_PROFILING and minors forbid it */
    bool automated;   /* a decision by automated processing alone: objections count, the purpose must declare it */
    const char *norm; /* the norm that speaks of the action, whose version in force at the moment decides whether the
                         action's own demand holds at all */
};

#endif
