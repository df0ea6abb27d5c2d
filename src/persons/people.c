/* People: their rows, what is written about each, and read back as their history. How they are found by their names and
 * made is in ensure.c. */
#include "persons/people.h"
#include "cases/record.h"
#include "persons/people_parts.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

#define HISTORY_PAGE 64
#define LOOK_AGAIN_USEC (3600 * USEC_PER_SEC)
#define PERSON_ID_MAX 64

bool person_id_valid(const char *id)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    size_t count = strlen(id);

    return count >= 1 && count <= PERSON_ID_MAX && id[strspn(id, allowed)] == '\0' && !iin_valid(id) &&
           !bin_valid(id) && !id_valid(id);
}

uint64_t person_key(const struct keyring *keyring, const char *id)
{
    uint64_t key = keyring_short(keyring, id, strlen(id));

    return key != 0 ? key : 1;
}

struct hash person_lookup(const struct keyring *keyring, const char *kind, const char *value)
{
    char own[32];

    snprintf(own, sizeof(own), "person %s", kind);
    return keyring_lookup(keyring, own, value);
}

/* --- Rows ----------------------------------------------------------------------------------------------------------
 */

void person_from_row(const struct person_row *row, struct person *ret)
{
    *ret = (struct person){.serial = row->serial,
                           .subject_id = row->subject_id,
                           .id = row->id,
                           .key64 = row->key64,
                           .created_usec = row->created_usec,
                           .adult_day = row->adult_day,
                           .blocks = row->blocks,
                           .holds = row->holds,
                           .destroyed_usec = row->destroyed_usec};
}

int person_write(struct tx *tx, const struct person *person, struct err *err)
{
    struct person_row row = {.serial = person->serial,
                             .subject_id = person->subject_id,
                             .id = person->id,
                             .key64 = person->key64,
                             .created_usec = person->created_usec,
                             .adult_day = person->adult_day,
                             .blocks = person->blocks,
                             .holds = person->holds,
                             .destroyed_usec = person->destroyed_usec};

    return store_person_update(tx, &row, err);
}

int person_get(struct tx *tx, const char *subject_or_id, struct arena *arena, struct person *ret, struct err *err)
{
    struct person_row row;
    bool found;
    int r = id_valid(subject_or_id) ? store_person_by_subject(tx, subject_or_id, arena, &row, &found, err)
                                    : store_person_by_id(tx, subject_or_id, arena, &row, &found, err);

    if (r < 0)
        return r;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "person_unknown", NULL);
    person_from_row(&row, ret);
    return 0;
}

int person_by_serial(struct tx *tx, int64_t serial, struct arena *arena, struct person *ret, struct err *err)
{
    struct person_row row;
    bool found;
    int r = store_person_by_serial(tx, serial, arena, &row, &found, err);

    if (r < 0)
        return r;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "person_unknown", NULL);
    person_from_row(&row, ret);
    return 0;
}

int person_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct person *ret, bool *ret_found,
                   struct err *err)
{
    struct person_case_row row;
    bool found;
    int r = store_person_case_get(tx, case_id, arena, &row, &found, err);

    if (r == 0 && found)
        r = person_by_serial(tx, row.person, arena, ret, err);
    if (r == 0)
        *ret_found = found;
    return r;
}

/* --- Events --------------------------------------------------------------------------------------------------------
 */

int person_event(struct tx *tx, const struct office *office, const char *kind, const struct person *person,
                 const struct actor *actor, const char *case_id, int64_t now_usec, json_t *members,
                 const struct buf *sealed, int64_t *ret_leaf, struct err *err)
{
    CLEANUP_JSON json_t *taken = members;
    CLEANUP_JSON json_t *body = body_begin(kind, case_id, actor, now_usec, 0);
    int64_t leaf;
    int r;

    (void)office;
    if (taken == NULL || body == NULL || json_object_update_missing(body, taken) != 0 ||
        json_object_set_new(body, "subject_id", json_string(person->subject_id)) != 0)
        return err_memory(err);
    r = record(tx, kind, case_id, actor, now_usec, body, sealed != NULL ? person->subject_id : NULL, sealed, &leaf,
               err);
    if (r == 0)
        r = store_person_change_put(tx, leaf, person->serial, err);
    if (r == 0)
        *ret_leaf = leaf;
    return r;
}

int person_event_text(struct tx *tx, const char *kind, const struct person *person, const struct actor *actor,
                      int64_t now_usec, const char *body, size_t body_len, struct err *err)
{
    int64_t leaf;
    int r = record_text(tx, kind, NULL, actor, now_usec, body, body_len, NULL, NULL, &leaf, NULL, err);

    return r < 0 ? r : store_person_change_put(tx, leaf, person->serial, err);
}

/* --- History -------------------------------------------------------------------------------------------------------
 */

static bool kind_wanted(const char *kind, const char *const *kinds)
{
    if (kinds == NULL)
        return true;
    for (; *kinds != NULL; kinds++)
        if (strncmp(kind, *kinds, strlen(*kinds)) == 0)
            return true;
    return false;
}

/* The account's name, asked for once however many of the deeds are theirs. */
static int account_name(struct tx *tx, const char *account_id, const struct person_deed *deeds,
                        const char *const *accounts, size_t count, struct arena *arena, const char **ret,
                        struct err *err)
{
    struct account_row row;
    struct err why = {0};
    int r;

    for (size_t i = count; i-- > 0;)
        if (accounts[i] != NULL && strcmp(accounts[i], account_id) == 0) {
            *ret = deeds[i].account_name;
            return 0;
        }
    r = store_account_get(tx, account_id, arena, &row, &why);
    if (r < 0 && r != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = why;
        return r;
    }
    *ret = r == 0 ? row.name : NULL;
    return 0;
}

static int deed_of(struct tx *tx, const struct event_row *row, struct person_deed *deeds, const char **accounts,
                   size_t at, struct arena *arena, struct err *err)
{
    struct person_deed deed = {.leaf = row->leaf, .at_usec = row->at_usec, .kind = row->kind};
    json_t *body;
    const char *actor;
    int r = stored_json_parse(row->body, row->body_len, "the body of an event", &body, err);

    if (r < 0)
        return r;
    actor = json_string_value(json_object_get(body, "actor"));
    deed.actor = arena_strdup(arena, actor != NULL ? actor : "system");
    deed.body = body;
    if (deed.actor == NULL)
        r = err_memory(err);
    if (r == 0 && row->account_id != NULL)
        r = account_name(tx, row->account_id, deeds, accounts, at, arena, &deed.account_name, err);
    if (r < 0) {
        json_decref(body);
        return r;
    }
    accounts[at] = row->account_id;
    deeds[at] = deed;
    return 0;
}

int person_history(struct tx *tx, int64_t person, const char *const *kinds, int64_t before_leaf, size_t limit,
                   struct arena *arena, struct person_deed **ret, size_t *ret_count, struct err *err)
{
    struct person_deed *deeds = ARENA_ARRAY(arena, struct person_deed, limit);
    const char **accounts = ARENA_ARRAY(arena, const char *, limit);
    size_t count = 0;
    int r = 0;

    if (deeds == NULL || accounts == NULL)
        return err_memory(err);
    while (count < limit && r == 0) {
        struct event_row *rows;
        size_t row_count;

        r = store_person_events(tx, person, before_leaf, HISTORY_PAGE, arena, &rows, &row_count, err);
        for (size_t i = 0; r == 0 && i < row_count && count < limit; i++) {
            before_leaf = rows[i].leaf;
            if (!kind_wanted(rows[i].kind, kinds))
                continue;
            r = deed_of(tx, &rows[i], deeds, accounts, count, arena, err);
            if (r == 0)
                count++;
        }
        /* No event is older than the first leaf, and 0 would begin anew. */
        if (r == 0 && (row_count < HISTORY_PAGE || before_leaf == 0))
            break;
    }
    if (r < 0) {
        person_history_done(deeds, count);
        return r;
    }
    *ret = deeds;
    *ret_count = count;
    return 0;
}

void person_history_done(struct person_deed *deeds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_decref((json_t *)(uintptr_t)deeds[i].body);
}

/* --- Looks and transfers -------------------------------------------------------------------------------------------
 */

json_t *categories_json(uint64_t categories)
{
    json_t *list = json_array();

    for (int i = 0; list != NULL && i < DATA_CATEGORIES_MAX; i++)
        if ((categories >> i & 1) != 0 && json_array_append_new(list, json_integer(i)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

bool categories_of_json(const json_t *list, uint64_t *ret)
{
    uint64_t categories = 0;

    if (!json_is_array(list))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        json_int_t number = json_integer_value(item);

        if (!json_is_integer(item) || number < 0 || number >= DATA_CATEGORIES_MAX)
            return false;
        categories |= UINT64_C(1) << number;
    }
    *ret = categories;
    return true;
}

static bool look_is(const json_t *body, const char *what, uint64_t categories, const struct actor *actor)
{
    const char *account = json_string_value(json_object_get(body, "account_id"));
    const char *said = json_string_value(json_object_get(body, "what"));
    uint64_t seen = 0;

    if (json_object_get(body, "categories") != NULL && !categories_of_json(json_object_get(body, "categories"), &seen))
        return false;
    return strcmp(account != NULL ? account : "", actor->account_id) == 0 && said != NULL && strcmp(said, what) == 0 &&
           (categories & ~seen) == 0;
}

/* Has this account noted the same look within the hour? */
static int look_is_noted(struct tx *tx, const struct person *person, const char *what, uint64_t categories,
                         const struct actor *actor, int64_t now_usec, bool *ret, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct event_row *rows;
    size_t count = HISTORY_PAGE;
    int64_t before_leaf = 0;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    while (count == HISTORY_PAGE) {
        int r;

        arena_reset(&arena);
        r = store_person_events(tx, person->serial, before_leaf, HISTORY_PAGE, &arena, &rows, &count, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < count; i++) {
            CLEANUP_JSON json_t *body = NULL;

            before_leaf = rows[i].leaf;
            if (rows[i].at_usec <= now_usec - LOOK_AGAIN_USEC || before_leaf == 0) {
                *ret = false;
                return 0;
            }
            if (strcmp(rows[i].kind, "person.looked") != 0)
                continue;
            r = stored_json_parse(rows[i].body, rows[i].body_len, "the body of an event", &body, err);
            if (r < 0)
                return r;
            if (look_is(body, what, categories, actor)) {
                *ret = true;
                return 0;
            }
        }
    }
    *ret = false;
    return 0;
}

int person_note_look(struct tx *tx, const struct office *office, const struct person *person, const char *what,
                     uint64_t categories, const struct actor *actor, int64_t now_usec, struct err *err)
{
    bool noted;
    json_t *members;
    int64_t leaf;
    int r = look_is_noted(tx, person, what, categories, actor, now_usec, &noted, err);

    if (r < 0 || noted)
        return r;
    members = json_pack("{s:s}", "what", what);
    if (members != NULL && categories != 0 &&
        json_object_set_new(members, "categories", categories_json(categories)) != 0) {
        json_decref(members);
        members = NULL;
    }
    return person_event(tx, office, "person.looked", person, actor, NULL, now_usec, members, NULL, &leaf, err);
}

int person_note_transfer(struct tx *tx, const struct office *office, const struct person *person,
                         const struct transfer *transfer, const struct actor *actor, int64_t now_usec,
                         int64_t *ret_leaf, struct err *err)
{
    json_t *basis = transfer->consent >= 0 ? json_pack("{s:I}", "consent", (json_int_t)transfer->consent)
                                           : json_pack("{s:s}", "ground", transfer->ground);
    json_t *members;

    assert(transfer->consent >= 0 || transfer->ground != NULL);
    members =
        json_pack("{s:s, s:s, s:s*, s:o, s:o}", "recipient", transfer->recipient, "purpose", transfer->purpose,
                  "country", transfer->country, "categories", categories_json(transfer->categories), "basis", basis);
    return person_event(tx, office, "person.transferred", person, actor, NULL, now_usec, members, NULL, ret_leaf, err);
}
