/* Reasons as words and as norms. The text of a reason for people is decision.CODE of locales/. */
#include "persons/decide_parts.h"
#include <string.h>

#define NORMS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct {
    const char *code;
    const char *const *norms;
} reasons[REASONS] = {
    [REASON_ACTION_UNKNOWN] = {"action_unknown", NORMS("pdl.7.8")},
    [REASON_PURPOSE_UNKNOWN] = {"purpose_unknown", NORMS("pdl.7.8", "pdl.14")},
    [REASON_CATEGORY_UNKNOWN] = {"category_unknown", NORMS("pdl.25.2.1")},
    [REASON_CATEGORIES_MISSING] = {"categories_missing", NORMS("pdl.25.2.1")},
    [REASON_PERSON_UNKNOWN] = {"person_unknown", NORMS("pdl.7.1")},
    [REASON_RECIPIENT_UNKNOWN] = {"recipient_unknown", NORMS("pdl.7.6")},
    [REASON_COUNTRY_UNKNOWN] = {"country_unknown", NORMS("pdl.16.2")},
    [REASON_COUNTRY_UNDECIDED] = {"country_undecided", NORMS("pdl.16.2", "pdl.16.3.1")},
    [REASON_ASKER_UNKNOWN] = {"asker_unknown", NORMS("pdl.10.1")},
    [REASON_GROUND_UNKNOWN] = {"ground_unknown", NORMS("pdl.9")},
    [REASON_GROUND_NOT_THEIRS] = {"ground_not_theirs", NORMS("pdl.9")},
    [REASON_GROUND_UNRECORDED] = {"ground_unrecorded", NORMS("pdl.9")},
    [REASON_AGE_UNKNOWN] = {"age_unknown", NORMS("opl.20.4")},
    [REASON_OBJECTION_OPEN] = {"objection_open", NORMS("pdl.19-1.2", "pdl.19-1.3")},
    [REASON_DESTROYED] = {"destroyed", NORMS("pdl.18")},
    [REASON_BLOCKED] = {"blocked", NORMS("pdl.1.3", "pdl.25.2.8#block")},
    [REASON_ON_HOLD] = {"on_hold", NORMS("pdl.12.2")},
    [REASON_PURPOSE_RETIRED] = {"purpose_retired", NORMS("pdl.7.8", "pdl.25.2.4")},
    [REASON_EXCESSIVE] = {"excessive", NORMS("pdl.7.9", "pdl.12.1", "pdl.25.2.1")},
    [REASON_NOT_OF_PURPOSE] = {"not_of_purpose", NORMS("pdl.14", "pdl.19-1.2#explain")},
    [REASON_NO_CONSENT] = {"consent_missing", NORMS("pdl.7.1")},
    [REASON_NOT_CONSENTED] = {"not_consented", NORMS("pdl.7.1", "pdl.10.1", "pdl.8.4.7")},
    [REASON_NOT_BEGUN] = {"consent_not_begun", NORMS("pdl.7.1", "pdl.8.4.3")},
    [REASON_EXPIRED] = {"consent_expired", NORMS("pdl.7.1", "pdl.8.4.3", "pdl.8.6", "pdl.18.1")},
    [REASON_WITHDRAWN] = {"consent_withdrawn", NORMS("pdl.7.1", "pdl.8.1", "pdl.8.7", "pdl.24.1.5")},
    [REASON_NO_THIRD_PERSONS] = {"no_third_persons", NORMS("pdl.7.6", "pdl.8.4.4")},
    [REASON_NO_CROSS_BORDER] = {"no_cross_border", NORMS("pdl.7.6", "pdl.8.4.5", "pdl.16.2", "pdl.16.3.1")},
    [REASON_NO_PUBLICATION] = {"no_publication", NORMS("pdl.7.3", "pdl.7.6", "pdl.8.4.6", "pdl.15.1")},
    [REASON_NO_AUTOMATED] = {"no_automated", NORMS("pdl.19-1.1")},
    [REASON_OBJECTED] = {"objected", NORMS("pdl.19-1.2", "pdl.19-1.3")},
    [REASON_PROFILING] = {"profiling_forbidden", NORMS("opl.20.3")},
    [REASON_MINOR] = {"minor", NORMS("opl.20.4")},
    [REASON_BIOMETRIC] = {"biometric", NORMS("pdl.7.1", "pdl.7.12")},
    [REASON_BY_CONSENT] = {"by_consent", NORMS("pdl.7.1", "pdl.10.1")},
    [REASON_BY_GROUND] = {"by_ground", NORMS("pdl.9")},
    [REASON_HELD] = {"held", NORMS("pdl.12.2")},
    [REASON_BY_DUTY] = {"by_duty", NORMS("pdl.25.2.8", "pdl.25.2.4")},
    [REASON_STATE_PROTECTS] = {"state_protects", NORMS("pdl.16.2")},
    [REASON_CROSS_BORDER_GROUND] = {"cross_border_ground", NORMS("pdl.16")},
};

const char *reason_code(enum reason reason)
{
    return reasons[reason].code;
}

const char *const *reason_norms(enum reason reason)
{
    return reasons[reason].norms;
}

const char *answer_word(enum answer answer)
{
    static const char *const words[] = {
        [ANSWER_GAP] = "gap", [ANSWER_PROHIBITED] = "prohibited", [ANSWER_ALLOWED] = "allowed"};

    return words[answer];
}

/* Once, where it is in force. A ground of Article 9 is an entry of a list and holds with its article. */
static size_t norm_add(const struct decision_law *law, const char *id, const char **ret, size_t count)
{
    const struct norm *norm;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(ret[i], id) == 0)
            return count;
    }
    if (count == DECISION_NORMS_MAX)
        return count;
    norm = catalogue_norm_at(law->catalogue, id, law->at_usec);
    if (norm == NULL &&
        (strncmp(id, "pdl.9.", 6) != 0 || catalogue_norm_at(law->catalogue, "pdl.9", law->at_usec) == NULL))
        return count;
    ret[count] = norm != NULL ? norm->id : id;
    return count + 1;
}

size_t decision_norms(const struct decision_law *law, const struct question *question, const struct decision *decision,
                      const char *ret[static DECISION_NORMS_MAX])
{
    const struct purpose_rule *purpose =
        question->purpose != 0 && question->purpose < law->purpose_end ? &law->purposes[question->purpose] : NULL;
    size_t count = 0;

    for (int reason = 0; reason < REASONS; reason++) {
        if ((decision->reasons & REASON_BIT(reason)) == 0)
            continue;
        for (const char *const *norm = reasons[reason].norms; *norm != NULL; norm++)
            count = norm_add(law, *norm, ret, count);
        if (reason == REASON_BY_GROUND)
            count = norm_add(law, decision_word(law, WORD_GROUND, decision->ground), ret, count);
        if (reason == REASON_CROSS_BORDER_GROUND && purpose != NULL && purpose->cross_border_ground != NULL)
            count = norm_add(law, purpose->cross_border_ground, ret, count);
    }
    if ((question->unknown & UNKNOWN_ACTION) == 0)
        count = norm_add(law, law->catalogue->actions[question->action].norm, ret, count);
    return count;
}
