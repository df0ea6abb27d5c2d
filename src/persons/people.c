/* People, found and made; what is written about each, and read back as their history.
 *
 * E-mail, phone and IIN lead to a person by keyed hashes, which only the operator makes: an address that somebody wrote
 * into a public form leads to their case and to no person, or whoever complains in another's name would enter with a
 * code sent to an address of their own. The operator's own id is a column, for decisions ask by it. */
#include "persons/people.h"
#include "cases/record.h"
#include "store/person_rows.h"
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HISTORY_PAGE 64
#define ADULT_YEARS 18
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

static void person_from_row(const struct person_row *row, struct person *ret)
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

/* --- Found by names ------------------------------------------------------------------------------------------------
 */

#define LOOKUPS 3
static const char *const lookup_kinds[LOOKUPS] = {"email", "phone", "iin"};

static const char *name_of(const struct person_names *names, int kind)
{
    const char *const values[LOOKUPS] = {names->email, names->phone, names->iin};

    return values[kind] != NULL && values[kind][0] != '\0' ? values[kind] : NULL;
}

/* What the names lead to: a person, or a subject that is none yet; both "" and false when nobody is known. */
struct sought {
    char subject_id[ID_TEXT];
    bool is_person;
    struct person person;
    bool known[LOOKUPS]; /* this look-up leads there */
};

static int names_differ(struct err *err)
{
    return err_set(err, ERR_CONFLICT, "person_names_differ", NULL);
}

/* A subject whose key is gone is nobody: look-ups go with the key, but a crash may lie between. */
static int subject_stands(struct tx *tx, const struct office *office, const char *subject_id, bool *ret,
                          struct err *err)
{
    struct subject_key key;
    struct err why = {0};
    int r = subject_key_get(tx, office->keyring, subject_id, &key, &why);

    sodium_memzero(&key, sizeof(key));
    if (r == -ERR_NOT_FOUND && strcmp(why.code, "subject_destroyed") == 0)
        r = 1;
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
    *ret = r == 0;
    return 0;
}

static int seek(struct tx *tx, const struct office *office, const struct person_names *names, struct arena *arena,
                struct sought *ret, struct err *err)
{
    struct sought sought = {.subject_id = ""};
    struct person_row row;
    bool found = false, stands;
    int r = 0;

    if (names->id != NULL && names->id[0] != '\0')
        r = store_person_by_id(tx, names->id, arena, &row, &found, err);
    if (r < 0)
        return r;
    if (found)
        snprintf(sought.subject_id, sizeof(sought.subject_id), "%s", row.subject_id);
    for (int i = 0; i < LOOKUPS; i++) {
        const char *name = name_of(names, i), *subject_id;
        struct hash lookup;

        if (name == NULL)
            continue;
        lookup = person_lookup(office->keyring, lookup_kinds[i], name);
        r = store_subject_by_lookup(tx, &lookup, arena, &subject_id, err);
        if (r < 0)
            return r;
        if (subject_id == NULL)
            continue;
        r = subject_stands(tx, office, subject_id, &stands, err);
        if (r < 0)
            return r;
        if (!stands)
            continue;
        if (sought.subject_id[0] != '\0' && strcmp(sought.subject_id, subject_id) != 0)
            return names_differ(err);
        snprintf(sought.subject_id, sizeof(sought.subject_id), "%s", subject_id);
        sought.known[i] = true;
    }
    if (sought.subject_id[0] != '\0') {
        if (!found)
            r = store_person_by_subject(tx, sought.subject_id, arena, &row, &found, err);
        if (r < 0)
            return r;
        if (found) {
            sought.is_person = true;
            person_from_row(&row, &sought.person);
            /* One person has one id with the operator. */
            if (names->id != NULL && names->id[0] != '\0' && row.id != NULL && strcmp(row.id, names->id) != 0)
                return names_differ(err);
        }
    }
    *ret = sought;
    return 0;
}

int person_find(struct tx *tx, const struct office *office, const struct person_names *names, struct arena *arena,
                struct person *ret, bool *ret_found, struct err *err)
{
    struct sought sought;
    int r = seek(tx, office, names, arena, &sought, err);

    if (r < 0)
        return r;
    *ret_found = sought.is_person && sought.person.destroyed_usec == TIME_NONE;
    if (*ret_found)
        *ret = sought.person;
    return 0;
}

/* --- Made ----------------------------------------------------------------------------------------------------------
 */

/* The date of birth that an IIN begins with; its seventh digit tells the century: 1 and 2 the 19th, 3 and 4 the 20th,
 * 5 and 6 the 21st. */
static bool birth_of_iin(const char *iin, struct date *ret)
{
    int century = iin[6] - '1';

    if (!iin_valid(iin) || century < 0 || century > 5)
        return false;
    *ret = (struct date){.year = 1800 + 100 * (century / 2) + (iin[0] - '0') * 10 + (iin[1] - '0'),
                         .month = (iin[2] - '0') * 10 + (iin[3] - '0'),
                         .day = (iin[4] - '0') * 10 + (iin[5] - '0')};
    return date_valid(*ret);
}

int32_t person_adult_day(const char *birth_date, const char *iin)
{
    struct date date;

    if (!(birth_date != NULL && birth_date[0] != '\0' && date_parse(birth_date, &date)) &&
        !(iin != NULL && iin[0] != '\0' && birth_of_iin(iin, &date)))
        return INT32_MIN;
    date.year += ADULT_YEARS;
    if (!date_valid(date)) { /* born on 29 February */
        date.month = 3;
        date.day = 1;
    }
    return day_from_date(date);
}

static int make_person(struct tx *tx, const struct office *office, const struct person_names *names,
                       const struct actor *actor, int64_t now_usec, struct sought *sought, struct arena *arena,
                       struct err *err)
{
    const char *id = names->id != NULL && names->id[0] != '\0' ? names->id : NULL;
    struct person_row row = {.created_usec = now_usec,
                             .adult_day = person_adult_day(names->birth_date, names->iin),
                             .destroyed_usec = TIME_NONE};
    struct subject_key key;
    json_t *members;
    int64_t leaf;
    int r = 0;

    if (sought->subject_id[0] == '\0')
        r = subject_new(tx, office->keyring, now_usec, sought->subject_id, &key, err);
    if (r < 0)
        return r;
    sodium_memzero(&key, sizeof(key));
    row.subject_id = arena_strdup(arena, sought->subject_id);
    if (row.subject_id == NULL)
        return err_memory(err);
    row.key64 = person_key(office->keyring, id != NULL ? id : row.subject_id);
    row.id = arena_strdup(arena, id);
    if (id != NULL && row.id == NULL)
        return err_memory(err);
    r = store_person_insert(tx, &row, err);
    if (r < 0)
        return r;
    person_from_row(&row, &sought->person);
    sought->is_person = true;
    members = json_object();
    if (members != NULL && row.adult_day != INT32_MIN &&
        json_object_set_new(members, "adult_day", json_integer(row.adult_day)) != 0) {
        json_decref(members);
        members = NULL;
    }
    return person_event(tx, office, "person.added", &sought->person, actor, NULL, now_usec, members, NULL, &leaf, err);
}

/* Names that do not lead to the person yet, from now on do. `made`: the row has the id already. */
static int add_names(struct tx *tx, const struct office *office, const struct person_names *names, bool made,
                     const struct actor *actor, int64_t now_usec, struct sought *sought, struct arena *arena,
                     struct err *err)
{
    CLEANUP_JSON json_t *kinds = json_array();
    struct person *person = &sought->person;
    bool has_id = names->id != NULL && names->id[0] != '\0';
    bool row_changes = false;
    int64_t leaf;
    int r = 0;

    if (kinds == NULL)
        return err_memory(err);
    for (int i = 0; i < LOOKUPS && r == 0; i++) {
        const char *name = name_of(names, i);
        struct hash lookup;

        if (name == NULL || sought->known[i])
            continue;
        lookup = person_lookup(office->keyring, lookup_kinds[i], name);
        r = store_subject_lookup_put(tx, &lookup, person->subject_id, err);
        if (r == 0 && json_array_append_new(kinds, json_string(lookup_kinds[i])) != 0)
            r = err_memory(err);
    }
    if (r < 0)
        return r;
    if (has_id && (made || person->id == NULL)) {
        if (!made) {
            person->id = arena_strdup(arena, names->id);
            if (person->id == NULL)
                return err_memory(err);
            person->key64 = person_key(office->keyring, person->id);
            row_changes = true;
        }
        if (json_array_append_new(kinds, json_string("id")) != 0)
            return err_memory(err);
    }
    if (!made && person->adult_day == INT32_MIN) {
        person->adult_day = person_adult_day(names->birth_date, names->iin);
        row_changes = row_changes || person->adult_day != INT32_MIN;
    }
    if (row_changes)
        r = person_write(tx, person, err);
    if (r < 0 || (json_array_size(kinds) == 0 && !row_changes))
        return r;
    return person_event(tx, office, "person.known_by", person, actor, NULL, now_usec,
                        person->adult_day != INT32_MIN && !made
                            ? json_pack("{s:O, s:i}", "kinds", kinds, "adult_day", (int)person->adult_day)
                            : json_pack("{s:O}", "kinds", kinds),
                        NULL, &leaf, err);
}

int person_ensure(struct tx *tx, const struct office *office, const struct person_names *names,
                  const struct actor *actor, int64_t now_usec, struct arena *arena, struct person *ret, struct err *err)
{
    struct sought sought;
    bool made = false;
    int r = seek(tx, office, names, arena, &sought, err);

    if (r == 0 && !sought.is_person) {
        made = true;
        r = make_person(tx, office, names, actor, now_usec, &sought, arena, err);
    }
    if (r == 0)
        r = add_names(tx, office, names, made, actor, now_usec, &sought, arena, err);
    if (r == 0)
        *ret = sought.person;
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
