/* Consents (pdl.8): given, withdrawn whole or in part, expired, ended; append-only. A consent's name is the leaf of the
 * event that gave it, so every consent has its proof.
 *
 *   consent.given      subject_id, purpose (id), purpose_version, categories [ids], aspects [words said yes to],
 *                      recipients [ids] (when third persons; empty: any in the purpose's list), from_sec, until_sec (or
 *                      absent: until the purpose is achieved, pdl.8.6), given_usec, text_hash, text_lang, text_version,
 *                      way, by_representative, operator {name_hash: SHA-256 of the BIN or IIN, a line feed, the name},
 *                      personal {full_name: {commitment}, representative: … or absent}; sealed in the place
 *                      "consent:SUBJECT"
 *   consent.withdrawn  subject_id, consent, aspects [withdrawn by this], case_id (of the withdrawal's case, or absent)
 *   consent.restored   subject_id, consent, aspects [that stand again; absent where others' withdrawals
 *                      still take them]: a reasoned refusal (pdl.8.2, 8.7); case_id
 *   consent.expired    subject_id, consent
 *   consent.ended      subject_id, consent, why: "achieved" */
#ifndef TALAP_PERSONS_CONSENTS_H
#define TALAP_PERSONS_CONSENTS_H

#include "persons/kept.h"
#include "persons/people.h"

/* What pdl.8.4 lists. Refusals by name, all at once, each beside its field: "consent_operator" (item 1: name and BIN or
 * IIN are the organisation's setting, or given; field "operator"), "consent_subject" (2: full name;
 * "person.full_name"), "consent_third_persons" (4; "third_persons"), "consent_cross_border" (5; "cross_border"),
 * "consent_publication" (6; "publication"), "consent_categories" (7; "categories") where missing. Further:
 * person_unnamed ("person": neither id, e-mail, phone nor IIN), person_id_malformed ("person.id"), purpose_unknown (not
 * in the register, or retired), category_unknown, category_not_of_purpose (7.9), recipient_unknown,
 * recipients_without_consent (named, and no yes to third persons), term_before_start and term_past ("until"),
 * given_in_future ("given_at"), text_missing and too_long
 * ("text.text"), "text.lang", "text.version", way_unknown. Automated missing counts as no. */
struct consent_given {
    struct person_names person;
    const char *representative;               /* full name, when a legal representative gave it; NULL */
    const char *operator_name, *operator_bin; /* NULL: the organisation's own */
    const char *purpose;
    size_t category_count;
    const char *const *categories;
    int third_persons, cross_border, publication, automated; /* 1 yes, 0 no, -1 not said */
    size_t recipient_count;
    const char *const *recipients;
    int64_t from_usec, until_usec;               /* TIME_NONE: now; until the purpose is achieved */
    const char *text, *text_lang, *text_version; /* exactly what was shown */
    const char *way;    /* "written", "electronic", "state_service", "non_state_service", "other" */
    int64_t given_usec; /* TIME_NONE: now; not in the future */
};
struct consent_prepared;
int consent_prepare(const struct office *office, const struct kept *kept, const struct organisation *organisation,
                    const struct consent_given *given, int64_t now_usec, struct arena *arena,
                    const struct consent_prepared **ret, struct field_errors *errors, struct err *err) WARN_UNUSED;
/* So many of one person, ended ones too: far beyond any person, and what decisions hold of one stays small. */
#define CONSENTS_OF_PERSON_MAX 10000
/* In a command. Idempotent by nothing but the caller's key. *ret_leaf is the consent's name. More than
 * CONSENTS_OF_PERSON_MAX of a person: ERR_CONFLICT "too_many_consents" (arg: that number). */
int consent_give(struct tx *tx, const struct office *office, const struct consent_prepared *prepared,
                 const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, char ret_subject_id[static ID_TEXT],
                 struct err *err) WARN_UNUSED;

struct consent {
    int64_t leaf, person, purpose, purpose_version;
    uint64_t categories;
    unsigned given, stands;         /* aspects; stands 0: nothing of it holds any more */
    int64_t recipients;             /* number of a recipient_set; 0: any of the purpose's */
    int64_t from_sec, until_sec;    /* holds from ≤ t < until; INT64_MAX: until the purpose is achieved */
    int64_t given_usec, ended_usec; /* TIME_NONE */
    const char *ended;              /* "withdrawn", "expired", "achieved", "destroyed", or NULL */
    int64_t text;
    const char *way;
    bool by_representative;
};
int consent_get(struct tx *tx, int64_t leaf, struct arena *arena, struct consent *ret,
                struct err *err) WARN_UNUSED; /* ERR_NOT_FOUND "consent_unknown" */
/* Of a person, newest first. */
int consents_of(struct tx *tx, int64_t person, struct arena *arena, struct consent **ret, size_t *ret_count,
                struct err *err) WARN_UNUSED;
struct consent_text {
    struct hash hash; /* SHA-256 of the text */
    const char *lang, *version;
    const char *operator_name, *operator_bin;
    const char *text;
};
int consent_text_get(struct tx *tx, int64_t number, struct arena *arena, struct consent_text *ret,
                     struct err *err) WARN_UNUSED;
/* Who gave it, opened with the person's key: full name, and the representative's or NULL; both NULL once the key is
 * gone. */
int consent_names_get(struct tx *tx, const struct office *office, const struct consent *consent,
                      const struct person *person, struct arena *arena, const char **ret_full_name,
                      const char **ret_representative, struct err *err) WARN_UNUSED;
int recipient_set_get(struct tx *tx, int64_t number, struct arena *arena, const char *const **ret, size_t *ret_count,
                      struct err *err) WARN_UNUSED;

/* Withdraws aspects (ASPECT_PROCESSING: all of it). In a command; holds at once. Another's consent: ERR_NOT_FOUND
 * "consent_unknown"; nothing of it stands any more: ERR_CONFLICT "consent_already_withdrawn" ("consent_ended" where it
 * expired or its purpose was achieved); forbidden by the purpose: ERR_CONFLICT "withdrawal_forbidden" (arg: the
 * purpose's reason). */
int consent_withdraw(struct tx *tx, const struct office *office, int64_t person, int64_t leaf, unsigned aspects,
                     const char *case_id, const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
/* The reasoned refusal: that case's withdrawal counts no more, and what stands is what was given less what the
 * withdrawals of other cases, not refused, and those of no case took (one of the processing takes all). Nothing where
 * the consent ended in another way, or that was refused already. */
int consent_restore(struct tx *tx, const struct office *office, const char *case_id, const struct actor *actor,
                    int64_t now_usec, struct err *err) WARN_UNUSED;
int consent_end(struct tx *tx, const struct office *office, int64_t leaf, const struct actor *actor, int64_t now_usec,
                struct err *err) WARN_UNUSED; /* the purpose is achieved */
/* For the job loop: consents whose term is over get their event; returns how many. */
int consents_expire(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
                    struct err *err) WARN_UNUSED;
/* What destruction.executed does to a person's consents: those that have not ended, end ("destroyed"). */
int consents_destroy(struct tx *tx, int64_t person, int64_t now_usec, struct err *err) WARN_UNUSED;
/* ["processing", …] of the bits, and back (0 where a word is unknown). NULL when memory ends. */
json_t *aspects_json(unsigned aspects);
unsigned aspects_of_json(const json_t *words);

#endif
