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
#define DATA_KINDS_ALL 31
/* "restricted", "biometric", "minors", "no_profiling", "identifying"; 0 where unknown. */
unsigned data_kind_parse(const char *word);
const char *data_kind_word(enum data_kind kind);
#define DATA_CATEGORIES_MAX 64     /* a set of categories is a word of 64 bits */
#define DATA_CATEGORIES_SHIPPED 32 /* the catalogue's at most; the operator's own have the numbers after */

struct data_category {
    const char *id;
    struct text3 title;
    unsigned kinds;   /* enum data_kind bits */
    const char *norm; /* or NULL */
};

/* What an action asks for beyond a basis (consent or ground). */
struct data_action {
    const char *id; /* "collect", "transfer" … */
    struct text3 title;
    unsigned aspect; /* the aspect a consent must say yes to; ASPECT_PROCESSING for most; 0: no basis is asked for,
                        since the law itself obliges to it (blocking, destroying) */
    bool wants_recipient, wants_country;
    bool keeps;       /* storing: not stopped by blocking, and goes on under a legal hold */
    bool destroys;    /* a legal hold forbids it */
    bool profiles;    /* profiling or targeting: data of kind no_profiling, biometric or identifying forbid it */
    bool targets;     /* targeted advertising: a child, or one whose age is not known, forbids it */
    bool automated;   /* a decision by automated processing alone: objections count, the purpose must declare it */
    const char *norm; /* the norm that speaks of the action, whose version in force at the moment decides whether the
                         action's own demand holds at all */
};

#define ACTIONS_MAX 64

/* Does a state protect personal data (pdl.16.2)? Unknown is not yes. */
enum state_protects { PROTECTS_UNKNOWN, PROTECTS_YES, PROTECTS_NO };

#endif
