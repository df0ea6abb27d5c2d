/* The tables of a decision: what the catalogue and the registers say at one moment, looked up by number; and the words
 * that have numbers, in one table of hashes. */
#include "base/id.h"
#include "persons/decide_parts.h"
#include "store/kept_rows.h"
#include <stdlib.h>
#include <string.h>

#define LAW_BYTES_MAX ((size_t)256 << 20)
#define GROUNDS_MAX 64
#define OWN_COUNTRY "KZ"

/* FNV-1a: the words are the operator's and the law's own, nobody gains by colliding them. */
static uint32_t word_hash(enum decision_word kind, const char *text, size_t count)
{
    uint32_t hash = 2166136261u ^ (uint32_t)kind;

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static void word_put(struct decision_law *law, enum decision_word kind, const char *text, uint16_t number)
{
    size_t count = strlen(text);
    uint32_t hash = word_hash(kind, text, count);
    uint32_t at = hash & law->word_mask;

    if (count > UINT8_MAX)
        return;
    while (law->words[at].text != NULL)
        at = (at + 1) & law->word_mask;
    law->words[at] = (struct word_slot){text, hash, number, (uint8_t)kind, (uint8_t)count};
}

int decision_number(const struct decision_law *law, enum decision_word kind, const char *text, size_t count)
{
    uint32_t hash = word_hash(kind, text, count);

    for (uint32_t at = hash & law->word_mask; law->words[at].text != NULL; at = (at + 1) & law->word_mask) {
        const struct word_slot *slot = &law->words[at];
        if (slot->hash == hash && slot->kind == kind && slot->count == count && memcmp(slot->text, text, count) == 0)
            return slot->number;
    }
    return -1;
}

const char *decision_word(const struct decision_law *law, enum decision_word kind, int number)
{
    const struct catalogue *catalogue = law->catalogue;
    const struct list *list;

    if (number < 0 || number >= decision_number_end(law, kind))
        return NULL;
    switch (kind) {
    case WORD_ACTION:
        return catalogue->actions[number].id;
    case WORD_PURPOSE:
        return law->purposes[number].id;
    case WORD_CATEGORY:
        return law->categories[number];
    case WORD_RECIPIENT:
        return law->recipients[number].id;
    case WORD_COUNTRY:
    case WORD_GROUND:
        list = catalogue_list(catalogue, kind == WORD_COUNTRY ? "countries" : "grounds");
        return number > 0 ? list->entries[number - 1].id : NULL;
    default:
        return NULL;
    }
}

int decision_number_end(const struct decision_law *law, enum decision_word kind)
{
    const struct list *grounds = catalogue_list(law->catalogue, "grounds");

    switch (kind) {
    case WORD_ACTION:
        return (int)law->catalogue->action_count;
    case WORD_PURPOSE:
        return (int)law->purpose_end;
    case WORD_CATEGORY:
        return DATA_CATEGORIES_MAX;
    case WORD_RECIPIENT:
        return (int)law->recipient_end;
    case WORD_COUNTRY:
        return law->country_end;
    case WORD_GROUND:
        return grounds != NULL ? (int)grounds->count + 1 : 0;
    default:
        return 0;
    }
}

/* --- Compiling -------------------------------------------------------------------------------------------------------
 */

/* What is read while a law is made. */
struct compiling {
    struct decision_law *law;
    const struct kept_entry **purposes, **recipients, **categories, **states;
    size_t purpose_count, recipient_count, category_count, state_count;
    size_t pool_count, pool_room;
};

static int pool_add(struct compiling *compiling, uint16_t number, struct err *err)
{
    struct decision_law *law = compiling->law;

    if (compiling->pool_count == compiling->pool_room) {
        size_t room = compiling->pool_room != 0 ? compiling->pool_room * 2 : 256;
        uint16_t *pool = ARENA_ARRAY(&law->arena, uint16_t, room);
        if (pool == NULL)
            return err_memory(err);
        if (compiling->pool_count != 0)
            memcpy(pool, law->pool, compiling->pool_count * sizeof(*pool));
        law->pool = pool;
        compiling->pool_room = room;
    }
    law->pool[compiling->pool_count++] = number;
    return 0;
}

/* Every recipient in the list that is known by its word. */
static int pool_add_recipients(struct compiling *compiling, const json_t *ids, struct err *err)
{
    size_t i;
    json_t *id;

    json_array_foreach(ids, i, id)
    {
        const char *word = json_string_value(id);
        int number = word != NULL ? decision_number(compiling->law, WORD_RECIPIENT, word, strlen(word)) : -1;
        int r = number > 0 ? pool_add(compiling, (uint16_t)number, err) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static bool in_force(const struct decision_law *law, const char *norm)
{
    return norm != NULL && catalogue_norm_at(law->catalogue, norm, law->at_usec) != NULL;
}

static void actions_compile(struct decision_law *law)
{
    for (size_t i = 0; i < law->catalogue->action_count; i++) {
        const struct data_action *action = &law->catalogue->actions[i];
        bool holds = in_force(law, action->norm);

        law->actions[i] = (struct action_rule){
            .aspect = (uint8_t)action->aspect,
            .wants_recipient = action->wants_recipient,
            .wants_country = action->wants_country,
            .keeps = action->keeps,
            .destroys = action->destroys,
            .profiles = action->profiles && holds,
            .targets = action->targets && holds,
            .automated = action->automated && holds,
            .plain = action->aspect == ASPECT_PROCESSING && !action->wants_recipient && !action->wants_country &&
                     !(action->profiles && holds) && !(action->targets && holds) && !(action->automated && holds) &&
                     !action->destroys,
        };
        word_put(law, WORD_ACTION, action->id, (uint16_t)i);
    }
}

/* Which grounds the catalogue gives to somebody of these kinds by name. */
static uint64_t grounds_for(const struct decision_law *law, const char *const *kinds, size_t count)
{
    const struct list *grounds = catalogue_list(law->catalogue, "grounds");
    uint64_t ret = 0;

    for (size_t i = 0; grounds != NULL && i < grounds->count && i < GROUNDS_MAX; i++) {
        for (size_t j = 0; j < grounds->entries[i].who_count; j++) {
            for (size_t k = 0; k < count; k++)
                ret |= strcmp(grounds->entries[i].who[j], kinds[k]) == 0 ? UINT64_C(1) << i : 0;
        }
    }
    return ret;
}

static int grounds_compile(struct decision_law *law, const struct office *office, struct err *err)
{
    static const char *const all[] = {"all"}, *const operator[] = {"operator"};
    const struct list *grounds = catalogue_list(law->catalogue, "grounds");

    if (grounds != NULL && grounds->count > GROUNDS_MAX)
        return err_set(err, ERR_BAD_INPUT, "law_bad_value", "grounds.yaml: %d", GROUNDS_MAX);
    for (size_t i = 0; grounds != NULL && i < grounds->count; i++) {
        word_put(law, WORD_GROUND, grounds->entries[i].id, (uint16_t)(i + 1));
        law->grounds_biometric |= grounds->entries[i].biometric ? UINT64_C(1) << i : 0;
    }
    /* Until the law speaks of biometric data on their own, a ground reaches them as it does all others. */
    if (!in_force(law, "pdl.7.12"))
        law->grounds_biometric = UINT64_MAX;
    law->grounds_all = grounds_for(law, all, 1);
    law->grounds_operator = grounds_for(law, operator, 1) | grounds_for(law, office->roles, office->role_count);
    return 0;
}

static int countries_compile(struct compiling *compiling, struct err *err)
{
    struct decision_law *law = compiling->law;
    const struct list *countries = catalogue_list(law->catalogue, "countries");
    size_t count = countries != NULL ? countries->count : 0;

    law->countries = ARENA_ARRAY(&law->arena, uint8_t, count + 1);
    if (law->countries == NULL)
        return err_memory(err);
    law->country_end = (uint16_t)(count + 1);
    for (size_t i = 0; i < count; i++) {
        word_put(law, WORD_COUNTRY, countries->entries[i].id, (uint16_t)(i + 1));
        law->countries[i + 1] = (uint8_t)countries->entries[i].protects;
        if (strcmp(countries->entries[i].id, OWN_COUNTRY) == 0)
            law->own_country = (uint16_t)(i + 1);
    }
    for (size_t i = 0; i < compiling->state_count; i++) {
        const struct kept_entry *state = kept_at(law->kept, KEPT_STATE, compiling->states[i]->id, law->at_usec);
        int number = decision_number(law, WORD_COUNTRY, compiling->states[i]->id, strlen(compiling->states[i]->id));
        const char *protects =
            state != NULL && !state->retired ? json_string_value(json_object_get(state->json, "protects")) : NULL;
        if (number > 0 && protects != NULL)
            law->countries[number] = strcmp(protects, "yes") == 0  ? PROTECTS_YES
                                     : strcmp(protects, "no") == 0 ? PROTECTS_NO
                                                                   : PROTECTS_UNKNOWN;
    }
    return 0;
}

static void category_compile(struct decision_law *law, int number, const char *id, unsigned kinds)
{
    uint64_t bit = UINT64_C(1) << number;

    law->categories[number] = id;
    word_put(law, WORD_CATEGORY, id, (uint16_t)number);
    law->biometric |= (kinds & DATA_BIOMETRIC) != 0 ? bit : 0;
    law->minors |= (kinds & DATA_MINORS) != 0 ? bit : 0;
    law->no_profiling |= (kinds & (DATA_NO_PROFILING | DATA_BIOMETRIC | DATA_IDENTIFYING)) != 0 ? bit : 0;
}

static unsigned kinds_of(const json_t *words)
{
    unsigned kinds = 0;
    size_t i;
    json_t *word;

    json_array_foreach(words, i, word) kinds |= json_is_string(word) ? data_kind_parse(json_string_value(word)) : 0;
    return kinds;
}

static void categories_compile(struct compiling *compiling)
{
    struct decision_law *law = compiling->law;

    for (size_t i = 0; i < law->catalogue->data_category_count && i < DATA_CATEGORIES_SHIPPED; i++)
        category_compile(law, (int)i, law->catalogue->data_categories[i].id, law->catalogue->data_categories[i].kinds);
    for (size_t i = 0; i < compiling->category_count; i++) {
        const struct kept_entry *entry = kept_at(law->kept, KEPT_CATEGORY, compiling->categories[i]->id, law->at_usec);

        if (entry != NULL && entry->number >= DATA_CATEGORIES_SHIPPED && entry->number < DATA_CATEGORIES_MAX)
            category_compile(law, (int)entry->number, entry->id, kinds_of(json_object_get(entry->json, "kinds")));
    }
}

/* One more than the highest number; numbers beyond what a question can hold are as good as unknown. */
static uint32_t end_of(const struct kept_entry *const *entries, size_t count)
{
    int64_t end = 1;

    for (size_t i = 0; i < count; i++)
        end = entries[i]->number >= end && entries[i]->number < UINT16_MAX ? entries[i]->number + 1 : end;
    return (uint32_t)end;
}

static int recipients_compile(struct compiling *compiling, struct err *err)
{
    struct decision_law *law = compiling->law;

    law->recipient_end = end_of(compiling->recipients, compiling->recipient_count);
    law->recipients = ARENA_ARRAY(&law->arena, struct recipient_rule, law->recipient_end);
    if (law->recipients == NULL)
        return err_memory(err);
    for (size_t i = 0; i < compiling->recipient_count; i++) {
        const struct kept_entry *entry = kept_at(law->kept, KEPT_RECIPIENT, compiling->recipients[i]->id, law->at_usec);
        const json_t *kinds;
        const char *country, *words[32];
        size_t count = 0;

        /* Somebody who is not dealt with any more is nobody: data go to none but those that stand in the register. */
        if (entry == NULL || entry->retired || entry->number <= 0 || entry->number >= law->recipient_end)
            continue;
        kinds = json_object_get(entry->json, "kinds");
        for (size_t k = 0; k < json_array_size(kinds) && count < 31; k++) {
            if (json_is_string(json_array_get(kinds, k)))
                words[count++] = json_string_value(json_array_get(kinds, k));
        }
        uint64_t named = grounds_for(law, words, count);
        words[count++] = "third_person";
        country = json_string_value(json_object_get(entry->json, "country"));
        int number = country != NULL ? decision_number(law, WORD_COUNTRY, country, strlen(country)) : 0;
        law->recipients[entry->number] = (struct recipient_rule){
            .grounds = grounds_for(law, words, count),
            .grounds_named = named,
            .country = number > 0 ? (uint16_t)number : 0,
            .known = true,
            .id = entry->id,
        };
        word_put(law, WORD_RECIPIENT, entry->id, (uint16_t)entry->number);
    }
    return 0;
}

static uint8_t purpose_marks(const struct kept_entry *entry)
{
    const json_t *automated = json_object_get(entry->json, "automated");
    uint8_t marks = PURPOSE_KNOWN;

    marks |= entry->retired ? PURPOSE_RETIRED : 0;
    marks |= json_is_true(json_object_get(entry->json, "publication_by_law")) ? PURPOSE_PUBLISHED_BY_LAW : 0;
    marks |= json_is_object(automated) ? PURPOSE_AUTOMATED : 0;
    marks |= json_is_string(json_object_get(automated, "by_law")) ? PURPOSE_AUTOMATED_BY_LAW : 0;
    marks |= json_is_string(json_object_get(entry->json, "cross_border_ground")) ? PURPOSE_CROSS_BORDER_GROUND : 0;
    return marks;
}

static int purpose_compile(struct compiling *compiling, const struct kept_entry *entry, struct err *err)
{
    struct decision_law *law = compiling->law;
    const char *basis = json_string_value(json_object_get(entry->json, "basis"));
    const char *ground = json_string_value(json_object_get(entry->json, "ground"));
    size_t from = compiling->pool_count, i;
    uint64_t categories = 0;
    json_t *id;
    int number = basis != NULL && strcmp(basis, "ground") == 0 && ground != NULL
                     ? decision_number(law, WORD_GROUND, ground, strlen(ground))
                     : 0;

    json_array_foreach(json_object_get(entry->json, "categories"), i, id)
    {
        const char *word = json_string_value(id);
        int category = word != NULL ? decision_number(law, WORD_CATEGORY, word, strlen(word)) : -1;
        categories |= category >= 0 ? UINT64_C(1) << category : 0;
    }
    int r = pool_add_recipients(compiling, json_object_get(entry->json, "recipients"), err);
    if (r < 0)
        return r;
    law->purposes[entry->number] = (struct purpose_rule){
        .categories = categories,
        .recipients_from = (uint32_t)from,
        .recipient_count = (uint16_t)(compiling->pool_count - from),
        .marks = (uint8_t)(purpose_marks(entry) | (number == 0 && !entry->retired ? PURPOSE_PLAIN : 0)),
        .ground = number > 0 ? (uint8_t)number : 0,
        .id = entry->id,
        .cross_border_ground = json_string_value(json_object_get(entry->json, "cross_border_ground")),
    };
    word_put(law, WORD_PURPOSE, entry->id, (uint16_t)entry->number);
    return 0;
}

static int purposes_compile(struct compiling *compiling, struct err *err)
{
    struct decision_law *law = compiling->law;
    int r = 0;

    law->purpose_end = end_of(compiling->purposes, compiling->purpose_count);
    law->purposes = ARENA_ARRAY(&law->arena, struct purpose_rule, law->purpose_end);
    if (law->purposes == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < compiling->purpose_count; i++) {
        const struct kept_entry *entry = kept_at(law->kept, KEPT_PURPOSE, compiling->purposes[i]->id, law->at_usec);
        if (entry != NULL && entry->number > 0 && entry->number < law->purpose_end)
            r = purpose_compile(compiling, entry, err);
    }
    return r;
}

static int sets_compile(struct compiling *compiling, struct tx *tx, struct err *err)
{
    struct decision_law *law = compiling->law;
    struct recipient_set_row *rows = NULL;
    size_t count = 0;
    int r = store_recipient_set_list(tx, 0, &law->arena, &rows, &count, err);

    if (r < 0)
        return r;
    law->set_newest = count != 0 ? rows[count - 1].number : 0;
    law->set_end = law->set_newest < RECIPIENT_SET_MAX ? (uint32_t)law->set_newest + 1 : RECIPIENT_SET_MAX;
    law->sets = ARENA_ARRAY(&law->arena, struct recipient_set, law->set_end);
    if (law->sets == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        CLEANUP_JSON json_t *ids = NULL;
        size_t from = compiling->pool_count;

        if (rows[i].number <= 0 || rows[i].number >= law->set_end)
            continue;
        r = json_parse(rows[i].ids, strlen(rows[i].ids), &ids, err);
        if (r == 0)
            r = pool_add_recipients(compiling, ids, err);
        if (r < 0)
            return r;
        law->sets[rows[i].number] = (struct recipient_set){(uint32_t)from, (uint32_t)(compiling->pool_count - from)};
    }
    return 0;
}

static int law_compile(struct decision_law *law, struct tx *tx, const struct office *office, struct err *err)
{
    struct compiling compiling = {.law = law};
    struct arena *arena = &law->arena;
    const struct catalogue *catalogue = office->catalogue;
    const struct list *countries = catalogue_list(catalogue, "countries"),
                      *grounds = catalogue_list(catalogue, "grounds");
    size_t room = 64;
    int r;

    compiling.purpose_count = kept_list(law->kept, KEPT_PURPOSE, NULL, arena, &compiling.purposes);
    compiling.recipient_count = kept_list(law->kept, KEPT_RECIPIENT, NULL, arena, &compiling.recipients);
    compiling.category_count = kept_list(law->kept, KEPT_CATEGORY, NULL, arena, &compiling.categories);
    compiling.state_count = kept_list(law->kept, KEPT_STATE, NULL, arena, &compiling.states);
    while (room < 2 * (compiling.purpose_count + compiling.recipient_count + DATA_CATEGORIES_MAX + ACTIONS_MAX +
                       (countries != NULL ? countries->count : 0) + (grounds != NULL ? grounds->count : 0)))
        room *= 2;
    law->word_mask = (uint32_t)room - 1;
    law->words = ARENA_ARRAY(arena, struct word_slot, room);
    if (law->words == NULL || arena->overflowed)
        return err_memory(err);
    actions_compile(law);
    r = grounds_compile(law, office, err);
    if (r == 0)
        r = countries_compile(&compiling, err);
    if (r == 0)
        categories_compile(&compiling);
    if (r == 0)
        r = recipients_compile(&compiling, err);
    if (r == 0)
        r = purposes_compile(&compiling, err);
    if (r == 0)
        r = sets_compile(&compiling, tx, err);
    if (r == 0 && arena->overflowed)
        r = err_memory(err);
    return r;
}

int decision_law_new(struct tx *tx, const struct office *office, struct kept *kept, int64_t at_usec,
                     struct decision_law **ret, struct err *err)
{
    struct decision_law *law = calloc(1, sizeof(*law));
    int r;

    if (law == NULL)
        return err_memory(err);
    arena_init(&law->arena, LAW_BYTES_MAX);
    atomic_init(&law->references, 1);
    law->catalogue = office->catalogue;
    law->at_usec = at_usec;
    law->day = zone_day_of(&office->catalogue->calendar->zone, at_usec);
    law->kept = kept_ref(kept);
    r = store_kept_count(tx, &law->kept_count, err);
    if (r == 0)
        r = law_compile(law, tx, office, err);
    if (r < 0) {
        decision_law_unref(law);
        return r;
    }
    *ret = law;
    return 0;
}

struct decision_law *decision_law_ref(struct decision_law *law)
{
    atomic_fetch_add_explicit(&law->references, 1, memory_order_relaxed);
    return law;
}

void decision_law_unref(struct decision_law *law)
{
    if (law == NULL || atomic_fetch_sub_explicit(&law->references, 1, memory_order_acq_rel) != 1)
        return;
    kept_unref(law->kept);
    arena_done(&law->arena);
    free(law);
}

/* --- Questions -------------------------------------------------------------------------------------------------------
 */

/* The number of a word that was named; sets the bit when it is unknown. */
static int named(const struct decision_law *law, enum decision_word kind, const char *word, unsigned bit,
                 unsigned *unknown)
{
    int number = decision_number(law, kind, word, strlen(word));

    if (number < 0)
        *unknown |= bit;
    return number < 0 ? 0 : number;
}

void question_make(const struct decision_law *law, const struct keyring *keyring, const struct question_words *words,
                   struct question *ret)
{
    struct question question = {.person = words->person != NULL ? person_key(keyring, words->person) : 0};
    unsigned unknown = 0;

    if (words->action != NULL)
        question.action = (uint8_t)named(law, WORD_ACTION, words->action, UNKNOWN_ACTION, &unknown);
    else
        unknown |= UNKNOWN_ACTION;
    if (words->purpose != NULL)
        question.purpose = (uint16_t)named(law, WORD_PURPOSE, words->purpose, UNKNOWN_PURPOSE, &unknown);
    else
        unknown |= UNKNOWN_PURPOSE;
    if (words->recipient != NULL)
        question.recipient = (uint16_t)named(law, WORD_RECIPIENT, words->recipient, UNKNOWN_RECIPIENT, &unknown);
    if (words->country != NULL)
        question.country = (uint16_t)named(law, WORD_COUNTRY, words->country, UNKNOWN_COUNTRY, &unknown);
    if (words->ground != NULL)
        question.ground = (uint8_t)named(law, WORD_GROUND, words->ground, UNKNOWN_GROUND, &unknown);
    if (words->asker != NULL)
        question.asker = (uint16_t)named(law, WORD_RECIPIENT, words->asker, UNKNOWN_ASKER, &unknown);
    for (size_t i = 0; i < words->category_count; i++) {
        int number = decision_number(law, WORD_CATEGORY, words->categories[i], strlen(words->categories[i]));
        if (number < 0)
            unknown |= UNKNOWN_CATEGORY;
        else
            question.categories |= UINT64_C(1) << number;
    }
    question.unknown = (uint8_t)unknown;
    *ret = question;
}

int question_person(struct tx *tx, const char *word, struct arena *arena, const char **ret, struct err *err)
{
    struct person_row row;
    bool found = false;
    int r = id_valid(word) ? store_person_by_subject(tx, word, arena, &row, &found, err) : 0;

    if (r == 0)
        *ret = found && row.id != NULL ? row.id : word;
    return r;
}
