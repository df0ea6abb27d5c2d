/* Consents written and read. */
#include "persons/consents.h"
#include "cases/record.h"
#include "persons/consent_parts.h"
#include "persons/people_parts.h"
#include "persons/vault.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define NAMES_LIMIT (64u << 10)

json_t *aspects_json(unsigned aspects)
{
    json_t *list = json_array();

    for (unsigned bit = ASPECT_PROCESSING; list != NULL && bit <= ASPECT_AUTOMATED; bit <<= 1)
        if ((aspects & bit) != 0 &&
            json_array_append_new(list, json_string(aspect_word((enum consent_aspect)bit))) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

unsigned aspects_of_json(const json_t *words)
{
    unsigned aspects = 0;

    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        unsigned bit = word != NULL ? aspect_parse(word) : 0;

        if (bit == 0)
            return 0;
        aspects |= bit;
    }
    return aspects;
}

/* --- Giving --------------------------------------------------------------------------------------------------------
 */

static void put_body(const struct consent_prepared *prepared, const struct actor *actor, int64_t now_usec,
                     const char *subject_id, struct buf *out)
{
    buf_putc(out, '{');
    if (actor->account_id[0] != '\0')
        buf_printf(out, "\"account_id\":\"%s\",", actor->account_id);
    buf_printf(out, "\"actor\":\"%s\",%s,\"at_usec\":%lld,%s,\"subject_id\":\"%s\",%s,", actor_word(actor),
               prepared->body_aspects, (long long)now_usec, prepared->body_rest, subject_id, prepared->body_text);
    if (actor->token_id[0] != '\0')
        buf_printf(out, "\"token_id\":\"%s\",", actor->token_id);
    buf_printf(out, "%s}", prepared->body_tail);
}

/* A program that gives the same consent at every step would fill the index of decisions with one person. */
static int not_too_many(struct tx *tx, int64_t person, struct err *err)
{
    int64_t count = 0;
    int r = store_consent_count_of(tx, person, CONSENTS_OF_PERSON_MAX, &count, err);

    if (r < 0 || count < CONSENTS_OF_PERSON_MAX)
        return r;
    return err_set(err, ERR_CONFLICT, "too_many_consents", "%d", CONSENTS_OF_PERSON_MAX);
}

int consent_give(struct tx *tx, const struct office *office, const struct consent_prepared *prepared,
                 const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, char ret_subject_id[static ID_TEXT],
                 struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    CLEANUP_BUF struct buf body = {0};
    CLEANUP_BUF struct buf sealed = {0};
    struct consent_row row = prepared->row;
    struct person person;
    struct subject_key key;
    char place[PLACE_ROOM];
    bool made;
    int r;

    arena_init(&arena, NAMES_LIMIT);
    buf_init(&body, BODY_LIMIT);
    buf_init(&sealed, BODY_LIMIT);
    r = person_ensure_keyed(tx, office, &prepared->names, actor, now_usec, &arena, &person, &key, &made, err);
    if (r == 0 && !made)
        r = not_too_many(tx, person.serial, err);
    if (r < 0) {
        sodium_memzero(&key, sizeof(key));
        return r;
    }
    place_of("consent", person.subject_id, place);
    r = seal(&key, place, prepared->sealed, prepared->sealed_len, &sealed, err);
    sodium_memzero(&key, sizeof(key));
    put_body(prepared, actor, now_usec, person.subject_id, &body);
    if (r == 0 && body.failed)
        r = err_memory(err);
    if (r == 0)
        r = record_text(tx, "consent.given", NULL, actor, now_usec, body.data, body.len, person.subject_id, &sealed,
                        &row.leaf, NULL, err);
    if (r == 0)
        r = store_consent_text_put(tx, &prepared->text, &row.text, err);
    if (r == 0 && prepared->recipients != NULL)
        r = store_recipient_set_put(tx, prepared->recipients, &row.recipients, err);
    row.person = person.serial;
    if (r == 0)
        r = store_consent_insert(tx, &row, err);
    if (r == 0 && !made) /* nothing is kept of who was not known */
        r = retention_consent(tx, office, &person, row.purpose, actor, now_usec, err);
    if (r < 0)
        return r;
    *ret_leaf = row.leaf;
    snprintf(ret_subject_id, ID_TEXT, "%s", person.subject_id);
    return 0;
}

/* --- Reading -------------------------------------------------------------------------------------------------------
 */

void consent_from_row(const struct consent_row *row, struct consent *ret)
{
    *ret = (struct consent){.leaf = row->leaf,
                            .person = row->person,
                            .purpose = row->purpose,
                            .purpose_version = row->purpose_version,
                            .categories = row->categories,
                            .given = row->given,
                            .stands = row->stands,
                            .recipients = row->recipients,
                            .from_sec = row->from_sec,
                            .until_sec = row->until_sec,
                            .given_usec = row->given_usec,
                            .ended_usec = row->ended_usec,
                            .ended = row->ended,
                            .text = row->text,
                            .way = row->way,
                            .by_representative = row->by_representative};
}

int consent_get(struct tx *tx, int64_t leaf, struct arena *arena, struct consent *ret, struct err *err)
{
    struct consent_row row;
    bool found;
    int r = store_consent_get(tx, leaf, arena, &row, &found, err);

    if (r < 0)
        return r;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "consent_unknown", NULL);
    consent_from_row(&row, ret);
    return 0;
}

int consents_of(struct tx *tx, int64_t person, struct arena *arena, struct consent **ret, size_t *ret_count,
                struct err *err)
{
    struct consent_row *rows;
    struct consent *consents;
    size_t count;
    int r = store_consent_of(tx, person, arena, &rows, &count, err);

    if (r < 0)
        return r;
    consents = ARENA_ARRAY(arena, struct consent, count);
    if (consents == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        consent_from_row(&rows[i], &consents[i]);
    *ret = consents;
    *ret_count = count;
    return 0;
}

int consent_text_get(struct tx *tx, int64_t number, struct arena *arena, struct consent_text *ret, struct err *err)
{
    struct consent_text_row row;
    bool found;
    int r = store_consent_text_get(tx, number, arena, &row, &found, err);

    if (r < 0)
        return r;
    if (!found)
        return err_set(err, ERR_DAMAGED, "store_damaged", "text %lld", (long long)number);
    *ret = (struct consent_text){.hash = row.hash,
                                 .lang = row.lang,
                                 .version = row.version,
                                 .operator_name = row.operator_name,
                                 .operator_bin = row.operator_bin,
                                 .text = row.text};
    return 0;
}

static int sealed_text(const json_t *values, const char *name, struct arena *arena, const char **ret, struct err *err)
{
    const char *text = json_string_value(json_object_get(json_object_get(values, name), "value"));
    const char *copy = arena_strdup(arena, text);

    if (text != NULL && copy == NULL)
        return err_memory(err);
    *ret = copy;
    return 0;
}

int consent_names_get(struct tx *tx, const struct office *office, const struct consent *consent,
                      const struct person *person, struct arena *arena, const char **ret_full_name,
                      const char **ret_representative, struct err *err)
{
    CLEANUP_JSON json_t *values = NULL;
    const char *full_name = NULL, *representative = NULL;
    struct subject_key key;
    struct event_row event;
    char place[PLACE_ROOM];
    struct err why = {0};
    int r = subject_key_get(tx, office->keyring, person->subject_id, &key, &why);

    if (r == -ERR_NOT_FOUND && strcmp(why.code, "subject_destroyed") == 0) {
        *ret_full_name = *ret_representative = NULL;
        return 0;
    }
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
    place_of("consent", person->subject_id, place);
    r = store_event_get(tx, consent->leaf, arena, &event, err);
    if (r == 0)
        r = values_unseal(&key, place, event.sealed, event.sealed_len, &values, err);
    sodium_memzero(&key, sizeof(key));
    if (r == 0)
        r = sealed_text(values, "full_name", arena, &full_name, err);
    if (r == 0)
        r = sealed_text(values, "representative", arena, &representative, err);
    if (r < 0)
        return r;
    *ret_full_name = full_name;
    *ret_representative = representative;
    return 0;
}

int recipient_set_get(struct tx *tx, int64_t number, struct arena *arena, const char *const **ret, size_t *ret_count,
                      struct err *err)
{
    CLEANUP_JSON json_t *list = NULL;
    const char *text, **ids;
    int r;

    if (number == 0) {
        *ret = NULL;
        *ret_count = 0;
        return 0;
    }
    r = store_recipient_set_get(tx, number, arena, &text, err);
    if (r < 0)
        return r;
    if (text == NULL || json_parse(text, strlen(text), &list, NULL) < 0 || !json_is_array(list))
        return err_set(err, ERR_DAMAGED, "store_damaged", "recipients %lld", (long long)number);
    ids = ARENA_ARRAY(arena, const char *, json_array_size(list));
    if (ids == NULL)
        return err_memory(err);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));

        ids[i] = arena_strdup(arena, id != NULL ? id : "");
        if (ids[i] == NULL)
            return err_memory(err);
    }
    *ret = ids;
    *ret_count = json_array_size(list);
    return 0;
}
