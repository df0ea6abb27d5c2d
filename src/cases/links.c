/* What ties cases together, found in the values of a form or an act: links to the cases that are named, and keys by
 * which cases of one platform, resource or subject are found. Once a tie is made it stays, even when a later act names
 * another case: what was tied is history. */
#include "cases/links.h"
#include "base/unicode.h"
#include "cases/parts.h"
#include <stdio.h>
#include <string.h>

/* The host of a canonical address. Of "www.kz" nothing is cut: what would remain is no name. */
static const char *host_of(const char *url, struct arena *arena)
{
    const char *authority = strstr(url, "://"), *plain;
    size_t count, host;
    char *text;

    authority = authority != NULL ? authority + 3 : url;
    count = strcspn(authority, "/?#");
    host = authority[0] == '[' ? strcspn(authority, "]") + 1 : strcspn(authority, ":/?#");
    text = arena_strndup(arena, authority, host < count ? host : count);
    text = text != NULL ? text_host(arena, text) : NULL;
    if (text == NULL)
        return NULL;
    count = strlen(text);
    if (count > 1 && text[count - 1] == '.')
        text[count - 1] = '\0';
    plain = strncmp(text, "www.", 4) == 0 ? text + 4 : text;
    return strchr(plain, '.') != NULL ? plain : text;
}

const char *case_key_of(const struct office *office, const struct field *field, const char *text, struct arena *arena)
{
    const char *plain = text;
    char kind[64], hex[2 * SHA256_BYTES + 1];
    struct hash hash;

    if (field->type == FIELD_URL)
        plain = host_of(text, arena);
    else if (field->type != FIELD_BIN && field->type != FIELD_IIN)
        plain = text_fold_words(arena, text);
    if (plain == NULL || !field->personal || plain[0] == '\0')
        return plain == text ? arena_strdup(arena, text) : plain;
    /* Not the hash by which a person is found: the two do not betray each other. */
    snprintf(kind, sizeof(kind), "key:%s", field->key);
    hash = keyring_lookup(office->keyring, kind, plain);
    hex_encode(hash.bytes, SHA256_BYTES, hex);
    return arena_printf(arena, "#%s", hex);
}

/* --- Finding ------------------------------------------------------------------------------------------------------ */

static bool link_known(const struct ties *ties, const struct link_found *link)
{
    for (size_t i = 0; i < ties->link_count; i++)
        if (ties->links[i].field == link->field && strcmp(ties->links[i].case_id, link->case_id) == 0)
            return true;
    return false;
}

static bool key_known(const struct ties *ties, const struct key_found *key)
{
    for (size_t i = 0; i < ties->key_count; i++)
        if (strcmp(ties->keys[i].kind, key->kind) == 0 && strcmp(ties->keys[i].value, key->value) == 0)
            return true;
    return false;
}

static int find_link(struct tx *tx, const struct field *field, const char *number, struct arena *arena,
                     struct link_found *ret, const char **ret_refusal, struct err *err)
{
    struct case_row row;
    struct err why = {0};
    int r = store_case_by_number(tx, number, arena, &row, &why);

    if (r < 0 && r != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = why;
        return r;
    }
    if (r < 0)
        *ret_refusal = "unknown_case";
    else if (!words_have(field->procedures, field->procedure_count, row.procedure))
        *ret_refusal = "case_of_other_procedure";
    else
        *ret = (struct link_found){.field = field, .case_id = row.id};
    return 0;
}

int ties_find(struct tx *tx, const struct office *office, const struct field_value *values, size_t count,
              struct arena *arena, struct ties *ret, struct field_errors *errors, struct err *err)
{
    struct link_found *links;
    struct key_found *keys;
    struct ties ties = {0};
    size_t room = 0;
    bool refused = false;

    for (size_t i = 0; i < count; i++)
        room += values[i].count;
    links = ARENA_ARRAY(arena, struct link_found, room);
    keys = ARENA_ARRAY(arena, struct key_found, room);
    if (links == NULL || keys == NULL)
        return err_memory(err);
    ties = (struct ties){.links = links, .keys = keys};
    for (size_t i = 0; i < count; i++) {
        const struct field *field = values[i].field;

        for (size_t j = 0; j < values[i].count; j++) {
            if (field->type == FIELD_CASE) {
                struct link_found *link = &links[ties.link_count];
                const char *refusal = NULL;
                int r = find_link(tx, field, values[i].texts[j], arena, link, &refusal, err);

                if (r < 0)
                    return r;
                if (refusal != NULL && errors != NULL)
                    field_errors_add(errors, field->name, refusal, NULL);
                refused = refused || refusal != NULL;
                if (refusal == NULL && !link_known(&ties, link))
                    ties.link_count++;
            } else if (field->key != NULL) {
                struct key_found *key = &keys[ties.key_count];

                *key = (struct key_found){field->key, case_key_of(office, field, values[i].texts[j], arena)};
                if (key->value == NULL)
                    return err_memory(err);
                if (key->value[0] != '\0' && !key_known(&ties, key))
                    ties.key_count++;
            }
        }
    }
    if (refused && errors != NULL)
        return errors->overflowed ? err_memory(err) : err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    *ret = ties;
    return 0;
}

int ties_write(struct tx *tx, const char *case_id, const struct ties *ties, int64_t leaf, struct err *err)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < ties->link_count; i++) {
        const struct case_link_row row = {case_id, ties->links[i].case_id, ties->links[i].field->name, leaf};

        r = store_link_put(tx, &row, err);
    }
    for (size_t i = 0; r == 0 && i < ties->key_count; i++) {
        const struct case_key_row row = {ties->keys[i].kind, ties->keys[i].value, case_id};

        r = store_key_put(tx, &row, err);
    }
    return r;
}
