/* A name that is no longer the person's: a number that the company of telephones gave to somebody else, an e-mail that
 * was mistyped. Whoever holds the address would enter the cabinet by it. */
#include "cases/record.h"
#include "persons/people.h"
#include "store/identity_rows.h"
#include "store/people_rows.h"

int person_forget_names(struct tx *tx, const struct office *office, const struct person *person,
                        const struct person_names *names, const struct actor *actor, int64_t now_usec, struct err *err)
{
    static const char *const words[] = {"email", "phone", "iin"};
    const char *const values[] = {names->email, names->phone, names->iin};
    CLEANUP_JSON json_t *kinds = json_array();
    int64_t leaf;
    int r = kinds == NULL ? err_memory(err) : 0;

    if (r == 0 && person->destroyed_usec != TIME_NONE)
        r = err_set(err, ERR_CONFLICT, "person_destroyed", NULL);
    for (size_t i = 0; r == 0 && i < sizeof(words) / sizeof(words[0]); i++) {
        struct hash lookup;
        bool found;

        if (values[i] == NULL || values[i][0] == '\0')
            continue;
        lookup = person_lookup(office->keyring, words[i], values[i]);
        r = store_subject_lookup_delete(tx, &lookup, person->subject_id, &found, err);
        if (r == 0 && !found)
            r = err_set(err, ERR_NOT_FOUND, "person_name_unknown", NULL);
        if (r == 0 && json_array_append_new(kinds, json_string(words[i])) != 0)
            r = err_memory(err);
    }
    if (r == 0)
        r = person_event(tx, office, "person.unknown_by", person, actor, NULL, now_usec,
                         json_pack("{s:O}", "kinds", kinds), NULL, &leaf, err);
    /* Who entered by it leaves; codes on their way open nothing. */
    return r < 0 ? r : store_person_access_delete(tx, person->serial, err);
}
