/* Policies that people have read: one event and one row a person and version. */
#include "persons/acknowledge.h"
#include "cases/record.h"
#include <string.h>

static json_t *members_of(const struct kept_entry *policy, const char *lang)
{
    const json_t *text = json_object_get(json_object_get(policy->json, "texts"), lang);
    struct hash hash = sha256_of(json_string_value(text), json_string_length(text), NULL, 0, NULL, 0);
    char hex[2 * SHA256_BYTES + 1];

    hex_encode(hash.bytes, sizeof(hash.bytes), hex);
    return json_pack("{s:s, s:I, s:s, s:s}", "policy", policy->id, "version", (json_int_t)policy->version, "lang", lang,
                     "text_hash", hex);
}

static int earlier(struct tx *tx, const struct person *person, const struct kept_entry *policy,
                   struct acknowledgement_row *ret, bool *ret_found, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct acknowledgement_row *rows;
    size_t count;
    int r, lang;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_acknowledgement_of(tx, person->serial, &arena, &rows, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        if (rows[i].policy == policy->number && rows[i].version == policy->version) {
            *ret = rows[i];
            lang = lang_parse(rows[i].lang);
            ret->lang = lang_code(lang < 0 ? LANG_KK : (enum lang)lang);
            *ret_found = true;
        }
    return r;
}

static int write(struct tx *tx, const struct office *office, const struct person *person,
                 const struct kept_entry *policy, const char *lang, const struct actor *actor, int64_t now_usec,
                 struct acknowledgement_row *ret, bool *ret_new, struct err *err)
{
    struct acknowledgement_row row = {.person = person->serial,
                                      .policy = policy->number,
                                      .version = policy->version,
                                      .lang = lang,
                                      .at_usec = now_usec};
    bool found = false;
    int r = earlier(tx, person, policy, ret, &found, err);

    *ret_new = !found;
    if (r < 0 || found)
        return r;
    r = person_event(tx, office, "person.acknowledged", person, actor, NULL, now_usec, members_of(policy, lang), NULL,
                     &row.leaf, err);
    if (r == 0)
        r = store_acknowledgement_put(tx, &row, ret_new, err);
    if (r == 0)
        *ret = row;
    return r;
}

int person_acknowledge(struct tx *tx, const struct office *office, const struct person *person, const char *policy,
                       int64_t version, const char *lang, const struct actor *actor, int64_t now_usec,
                       struct acknowledgement_row *ret, bool *ret_new, struct err *err)
{
    const struct kept_entry *entry;
    struct kept *kept;
    int r;

    if (person->destroyed_usec != TIME_NONE)
        return err_set(err, ERR_CONFLICT, "person_destroyed", NULL);
    r = kept_load(tx, office, &kept, err);
    if (r < 0)
        return r;
    entry = kept_at(kept, KEPT_POLICY, policy, now_usec);
    if (entry != NULL && version > 0)
        entry = kept_version(kept, KEPT_POLICY, entry->number, version);
    if (entry == NULL || entry->retired)
        r = err_set(err, ERR_NOT_FOUND, "policy_unknown", NULL);
    else
        r = write(tx, office, person, entry, lang, actor, now_usec, ret, ret_new, err);
    kept_unref(kept);
    return r;
}
