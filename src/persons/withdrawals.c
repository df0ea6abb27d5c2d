/* A withdrawal of consent through its case: the consent, the values whose time now counts from here, and a case of its
 * own for every third person who has to stop as well (pdl.8.7: each from its own receipt). */
#include "persons/consents.h"
#include "persons/effects_parts.h"
#include "persons/vault.h"
#include <stdlib.h>
#include <string.h>

#define TOLD_BY "recipient_withdrawal"
#define HISTORY_LIMIT 200 /* transfers read at once */
#define RECIPIENTS_MAX 1000

/* --- Who received data under the consent ---------------------------------------------------------------------------
 */

struct recipients {
    const char *ids[RECIPIENTS_MAX];
    size_t count;
    bool all; /* those abroad alone else: only the transfer across the border is withdrawn */
    int64_t consent;
    const char *purpose;
};

static bool concerns(const struct recipients *recipients, const json_t *body)
{
    const json_t *basis = json_object_get(body, "basis"), *consent = json_object_get(basis, "consent");
    const char *purpose = json_string_value(json_object_get(body, "purpose"));

    if (!recipients->all && json_object_get(body, "country") == NULL)
        return false;
    if (consent != NULL)
        return json_integer_value(consent) == recipients->consent;
    return json_object_get(basis, "ground") == NULL && purpose != NULL && strcmp(purpose, recipients->purpose) == 0;
}

static int add_recipient(struct recipients *recipients, const char *id, struct arena *arena, struct err *err)
{
    if (id == NULL || words_have(recipients->ids, recipients->count, id))
        return 0;
    if (recipients->count == RECIPIENTS_MAX)
        return err_set(err, ERR_TOO_LARGE, "recipients_too_many", NULL);
    recipients->ids[recipients->count] = arena_strdup(arena, id);
    return recipients->ids[recipients->count++] != NULL ? 0 : err_memory(err);
}

static int find_recipients(struct effecting *effect, struct recipients *recipients, struct err *err)
{
    static const char *const kinds[] = {"person.transferred", NULL};
    int64_t before = 0;
    size_t count = HISTORY_LIMIT;
    int r = 0;

    while (r == 0 && count == HISTORY_LIMIT) {
        struct person_deed *deeds;

        r = person_history(effect->tx, effect->person.serial, kinds, before, HISTORY_LIMIT, effect->arena, &deeds,
                           &count, err);
        if (r < 0)
            return r;
        for (size_t i = 0; r == 0 && i < count; i++) {
            before = deeds[i].leaf;
            if (concerns(recipients, deeds[i].body))
                r = add_recipient(recipients, json_string_value(json_object_get(deeds[i].body, "recipient")),
                                  effect->arena, err);
        }
        person_history_done(deeds, count);
    }
    return r;
}

/* --- Their cases ---------------------------------------------------------------------------------------------------
 */

static int open_one(struct effecting *effect, const struct procedure *procedure, const char *recipient,
                    const char *const *aspects, size_t aspect_count, struct err *err)
{
    const struct case_row *row = effect->call->row;
    const struct actor system = system_actor();
    const struct raw_value raw[] = {
        {.name = "withdrawal", .kind = RAW_FORM, .count = 1, .texts = &row->number},
        {.name = "recipient", .kind = RAW_FORM, .count = 1, .texts = &recipient},
        {.name = "aspects", .kind = RAW_LIST, .count = aspect_count, .texts = aspects},
    };
    int lang = lang_parse(row->lang);
    const struct case_opening opening = {.procedure = procedure,
                                         .opener = "staff",
                                         .subject_id = effect->person.subject_id,
                                         .lang = lang >= 0 ? (enum lang)lang : LANG_KK,
                                         .received_usec = effect->call->now_usec,
                                         .raw = raw,
                                         .raw_count = sizeof(raw) / sizeof(raw[0])};
    const struct case_prepared *prepared;
    struct case_opened opened;
    struct field_errors errors;
    int r;

    field_errors_init(&errors, effect->arena);
    r = case_open_prepare_by_act(effect->tx, effect->office, &opening, &system, effect->call->now_usec, effect->arena,
                                 &prepared, &errors, err);
    if (r == 0)
        r = case_open(effect->tx, effect->office, prepared, effect->call->now_usec, &opened, err);
    return r;
}

static int open_theirs(struct effecting *effect, const struct recipients *recipients, const char *const *aspects,
                       size_t aspect_count, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(effect->office->catalogue, TOLD_BY);
    int r = 0;

    if (procedure == NULL)
        return recipients->count == 0 ? 0 : err_set(err, ERR_INTERNAL, "procedure_unknown", TOLD_BY);
    for (size_t i = 0; r == 0 && i < recipients->count; i++)
        r = open_one(effect, procedure, recipients->ids[i], aspects, aspect_count, err);
    return r;
}

/* --- Withdrawing ---------------------------------------------------------------------------------------------------
 */

/* The words chosen and their bits. */
static int aspects_given(const struct effecting *effect, const char *const **ret, size_t *ret_count, unsigned *ret_bits,
                         struct err *err)
{
    const json_t *list = json_object_get(effect->given, "aspects");
    size_t count = json_array_size(list);
    const char **words = ARENA_ARRAY(effect->arena, const char *, count + 1);
    unsigned bits = 0;

    if (words == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        words[i] = arena_strdup(effect->arena, json_string_value(json_array_get(list, i)));
        if (words[i] == NULL)
            return err_memory(err);
        bits |= aspect_parse(words[i]);
    }
    *ret = words;
    *ret_count = count;
    *ret_bits = bits;
    return 0;
}

/* The id of the consent's purpose as the registers have it, and what is kept for it counted anew. */
static int follow_purpose(struct effecting *effect, int64_t number, const char **ret_id, struct err *err)
{
    const struct effect_call *call = effect->call;
    const struct kept_entry *entry;
    struct kept *kept;
    int r = kept_load(effect->tx, effect->office, &kept, err);

    if (r < 0)
        return r;
    entry = kept_by_number(kept, KEPT_PURPOSE, number, call->now_usec);
    *ret_id = entry != NULL ? arena_strdup(effect->arena, entry->id) : "";
    r = *ret_id != NULL ? retention_follow(effect->tx, effect->office, kept, &effect->person, number, call->actor,
                                           call->now_usec, err)
                        : err_memory(err);
    kept_unref(kept);
    return r;
}

int effect_withdraw(struct effecting *effect, struct err *err)
{
    const struct effect_call *call = effect->call;
    const char *number = effect_given(effect, "consent");
    int64_t leaf = number != NULL ? strtoll(number, NULL, 10) : -1;
    struct recipients recipients = {.consent = leaf};
    const char *const *words;
    struct consent consent;
    size_t count;
    unsigned bits;
    int r = aspects_given(effect, &words, &count, &bits, err);

    if (r == 0)
        r = consent_withdraw(effect->tx, effect->office, effect->person.serial, leaf, bits, call->row->id, call->actor,
                             call->now_usec, err);
    if (r == 0)
        r = consent_get(effect->tx, leaf, effect->arena, &consent, err);
    if (r == 0)
        r = follow_purpose(effect, consent.purpose, &recipients.purpose, err);
    if (r < 0)
        return r;
    recipients.all = bits != ASPECT_CROSS_BORDER;
    r = find_recipients(effect, &recipients, err);
    return r < 0 ? r : open_theirs(effect, &recipients, words, count, err);
}

int effect_restore(struct effecting *effect, struct err *err)
{
    const struct effect_call *call = effect->call;
    CLEANUP_JSON json_t *values = NULL;
    const char *ignored, *number;
    struct consent consent;
    int r = consent_restore(effect->tx, effect->office, call->row->id, call->actor, call->now_usec, err);

    if (r == 0)
        r = stored_json_parse(call->row->fields, strlen(call->row->fields), "a case's values", &values, err);
    if (r < 0)
        return r;
    number = json_string_value(json_object_get(values, "consent"));
    r = consent_get(effect->tx, number != NULL ? strtoll(number, NULL, 10) : -1, effect->arena, &consent, err);
    return r < 0 ? r : follow_purpose(effect, consent.purpose, &ignored, err);
}
