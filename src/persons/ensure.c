/* People, found by their names, and made.
 *
 * E-mail, phone and IIN lead to a person by keyed hashes, which only the operator makes: an address that somebody wrote
 * into a public form leads to their case and to no person, or whoever complains in another's name would enter with a
 * code sent to an address of their own. The operator's own id is a column, for decisions ask by it. */
#include "cases/record.h"
#include "persons/people_parts.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ADULT_YEARS 18
#define BODY_ROOM 512 /* of an event of this file: ids, a number and four words */

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
    struct hash lookups[LOOKUPS]; /* of the names that are given */
    bool known[LOOKUPS];          /* this look-up leads there */
    bool has_key;                 /* the subject's, met on the way */
    struct subject_key key;
};

static int names_differ(struct err *err)
{
    return err_set(err, ERR_CONFLICT, "person_names_differ", NULL);
}

/* A subject whose key is gone is nobody: look-ups go with the key, but a crash may lie between. */
static int subject_stands(struct tx *tx, const struct office *office, const char *subject_id,
                          struct subject_key *ret_key, bool *ret, struct err *err)
{
    struct err why = {0};
    int r = subject_key_get(tx, office->keyring, subject_id, ret_key, &why);

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

static int seek_lookup(struct tx *tx, const struct office *office, int kind, struct arena *arena, struct sought *sought,
                       struct err *err)
{
    const char *subject_id;
    bool stands;
    int r = store_subject_by_lookup(tx, &sought->lookups[kind], arena, &subject_id, err);

    if (r < 0 || subject_id == NULL)
        return r;
    if (sought->has_key && strcmp(sought->subject_id, subject_id) == 0) {
        sought->known[kind] = true;
        return 0;
    }
    r = subject_stands(tx, office, subject_id, &sought->key, &stands, err);
    if (r < 0 || !stands)
        return r;
    if (sought->subject_id[0] != '\0' && strcmp(sought->subject_id, subject_id) != 0)
        return names_differ(err);
    snprintf(sought->subject_id, sizeof(sought->subject_id), "%s", subject_id);
    sought->known[kind] = sought->has_key = true;
    return 0;
}

/* The caller wipes the key, however this ends. */
static int seek(struct tx *tx, const struct office *office, const struct person_names *names, struct arena *arena,
                struct sought *sought, struct err *err)
{
    struct person_row row;
    bool found = false;
    int r = 0;

    *sought = (struct sought){.subject_id = ""};
    if (names->id != NULL && names->id[0] != '\0')
        r = store_person_by_id(tx, names->id, arena, &row, &found, err);
    if (r < 0)
        return r;
    if (found)
        snprintf(sought->subject_id, sizeof(sought->subject_id), "%s", row.subject_id);
    for (int i = 0; i < LOOKUPS; i++) {
        const char *name = name_of(names, i);

        if (name == NULL)
            continue;
        sought->lookups[i] = person_lookup(office->keyring, lookup_kinds[i], name);
        r = seek_lookup(tx, office, i, arena, sought, err);
        if (r < 0)
            return r;
    }
    if (sought->subject_id[0] != '\0') {
        if (!found)
            r = store_person_by_subject(tx, sought->subject_id, arena, &row, &found, err);
        if (r < 0)
            return r;
        if (found) {
            sought->is_person = true;
            person_from_row(&row, &sought->person);
            /* One person has one id with the operator. */
            if (names->id != NULL && names->id[0] != '\0' && row.id != NULL && strcmp(row.id, names->id) != 0)
                return names_differ(err);
        }
    }
    return 0;
}

int person_find(struct tx *tx, const struct office *office, const struct person_names *names, struct arena *arena,
                struct person *ret, bool *ret_found, struct err *err)
{
    struct sought sought;
    int r = seek(tx, office, names, arena, &sought, err);

    sodium_memzero(&sought.key, sizeof(sought.key));
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

/* The names that do not lead to the person yet, from now on do; `kinds` gets their words as a list. */
static int put_names(struct tx *tx, const struct person_names *names, bool with_id, const struct sought *sought,
                     struct buf *kinds, struct err *err)
{
    int r = 0;

    buf_putc(kinds, '[');
    for (int i = 0; i < LOOKUPS && r == 0; i++) {
        if (name_of(names, i) == NULL || sought->known[i])
            continue;
        r = store_subject_lookup_put(tx, &sought->lookups[i], sought->subject_id, err);
        buf_puts(kinds, kinds->len > 1 ? ",\"" : "\"");
        buf_puts(kinds, lookup_kinds[i]);
        buf_putc(kinds, '"');
    }
    if (with_id)
        buf_puts(kinds, kinds->len > 1 ? ",\"id\"" : "\"id\"");
    buf_putc(kinds, ']');
    return r == 0 && kinds->failed ? err_memory(err) : r;
}

static int tell_names(struct tx *tx, const char *kind, const struct person *person, bool with_day,
                      const struct buf *kinds, const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_BUF struct buf body = {0};

    buf_init(&body, BODY_ROOM);
    buf_putc(&body, '{');
    if (actor->account_id[0] != '\0')
        buf_printf(&body, "\"account_id\":\"%s\",", actor->account_id);
    buf_printf(&body, "\"actor\":\"%s\",", actor_word(actor));
    if (with_day)
        buf_printf(&body, "\"adult_day\":%d,", (int)person->adult_day);
    buf_printf(&body, "\"at_usec\":%lld,\"kind\":\"%s\",", (long long)now_usec, kind);
    if (kinds->len > 2)
        buf_printf(&body, "\"kinds\":%s,", kinds->data);
    buf_printf(&body, "\"subject_id\":\"%s\"", person->subject_id);
    if (actor->token_id[0] != '\0')
        buf_printf(&body, ",\"token_id\":\"%s\"", actor->token_id);
    buf_putc(&body, '}');
    if (body.failed)
        return err_memory(err);
    return person_event_text(tx, kind, person, actor, now_usec, body.data, body.len, err);
}

static int make_person(struct tx *tx, const struct office *office, const struct person_names *names,
                       const struct actor *actor, int64_t now_usec, struct sought *sought, struct arena *arena,
                       struct err *err)
{
    CLEANUP_BUF struct buf kinds = {0};
    const char *id = names->id != NULL && names->id[0] != '\0' ? names->id : NULL;
    struct person_row row = {.created_usec = now_usec,
                             .adult_day = person_adult_day(names->birth_date, names->iin),
                             .destroyed_usec = TIME_NONE};
    int r = 0;

    if (sought->subject_id[0] == '\0') {
        r = subject_new(tx, office->keyring, now_usec, sought->subject_id, &sought->key, err);
        sought->has_key = r == 0;
    }
    if (r < 0)
        return r;
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
    buf_init(&kinds, BODY_ROOM);
    r = put_names(tx, names, id != NULL, sought, &kinds, err);
    if (r < 0)
        return r;
    return tell_names(tx, "person.added", &sought->person, row.adult_day != INT32_MIN, &kinds, actor, now_usec, err);
}

/* What is new about somebody who is known. */
static int add_names(struct tx *tx, const struct office *office, const struct person_names *names,
                     const struct actor *actor, int64_t now_usec, struct sought *sought, struct arena *arena,
                     struct err *err)
{
    CLEANUP_BUF struct buf kinds = {0};
    struct person *person = &sought->person;
    bool new_id = names->id != NULL && names->id[0] != '\0' && person->id == NULL;
    bool row_changes = new_id;
    int r;

    /* Somebody may know another's e-mail and give it beside an own phone. */
    for (int i = 0; i < LOOKUPS; i++)
        if (name_of(names, i) != NULL && !sought->known[i] && (names->id == NULL || names->id[0] == '\0'))
            return err_set(err, ERR_CONFLICT, "person_name_unproved", NULL);

    buf_init(&kinds, BODY_ROOM);
    r = put_names(tx, names, new_id, sought, &kinds, err);
    if (r < 0)
        return r;
    if (new_id) {
        person->id = arena_strdup(arena, names->id);
        if (person->id == NULL)
            return err_memory(err);
        person->key64 = person_key(office->keyring, person->id);
    }
    if (person->adult_day == INT32_MIN) {
        person->adult_day = person_adult_day(names->birth_date, names->iin);
        row_changes = row_changes || person->adult_day != INT32_MIN;
    }
    if (row_changes)
        r = person_write(tx, person, err);
    if (r < 0 || (kinds.len == 2 && !row_changes))
        return r;
    return tell_names(tx, "person.known_by", person, person->adult_day != INT32_MIN, &kinds, actor, now_usec, err);
}

/* Fills `sought`, whose key the caller wipes, however this ends. */
static int ensure(struct tx *tx, const struct office *office, const struct person_names *names,
                  const struct actor *actor, int64_t now_usec, struct arena *arena, struct sought *sought,
                  bool *ret_made, struct err *err)
{
    int r = seek(tx, office, names, arena, sought, err);

    if (r < 0)
        return r;
    *ret_made = !sought->is_person;
    return *ret_made ? make_person(tx, office, names, actor, now_usec, sought, arena, err)
                     : add_names(tx, office, names, actor, now_usec, sought, arena, err);
}

int person_ensure(struct tx *tx, const struct office *office, const struct person_names *names,
                  const struct actor *actor, int64_t now_usec, struct arena *arena, struct person *ret, struct err *err)
{
    struct sought sought;
    bool made;
    int r = ensure(tx, office, names, actor, now_usec, arena, &sought, &made, err);

    sodium_memzero(&sought.key, sizeof(sought.key));
    if (r == 0)
        *ret = sought.person;
    return r;
}

int person_ensure_keyed(struct tx *tx, const struct office *office, const struct person_names *names,
                        const struct actor *actor, int64_t now_usec, struct arena *arena, struct person *ret,
                        struct subject_key *ret_key, bool *ret_made, struct err *err)
{
    struct sought sought;
    bool made;
    int r = ensure(tx, office, names, actor, now_usec, arena, &sought, &made, err);

    if (r == 0 && !sought.has_key)
        r = subject_key_get(tx, office->keyring, sought.person.subject_id, &sought.key, err);
    if (r == 0) {
        *ret = sought.person;
        *ret_key = sought.key;
        *ret_made = made;
    }
    sodium_memzero(&sought.key, sizeof(sought.key));
    return r;
}
