/* People whose data are processed: found by what they are called, made, and what stands about each as a whole. A person
 * is a subject with a key of their own (access/keyring.h) and a row here. Events of this room never hold a value or the
 * operator's id: the subject's id, numbers and codes only.
 *
 *   person.added        subject_id; kinds, as below, where there are any; adult_day where it is known
 *   person.known_by     subject_id, kinds: ["email", "iin", "phone", "id"]: can be found by these from now on;
 *                       adult_day, when it is known now
 *   person.unknown_by   subject_id, kinds: cannot any more
 *   person.looked       subject_id, what: "data", "consents", "case"; categories [numbers] (of "data"): somebody of
 *                       the operator looked
 *   person.transferred  subject_id, recipient, purpose, categories [numbers], country (or absent), basis: {consent} or
 *                       {ground}
 *
 * each with what body_begin puts there. Other files of the room add theirs, in their headers. */
#ifndef TALAP_PERSONS_PEOPLE_H
#define TALAP_PERSONS_PEOPLE_H

#include "base/json.h"
#include "cases/cases.h"

struct person {
    int64_t serial;         /* from 1 */
    const char *subject_id; /* UUID: the name in addresses, events and rows of the rest of the house */
    const char *id;         /* what the operator calls them; NULL once destroyed */
    uint64_t key64;         /* person_key of id; 0 once destroyed */
    int64_t created_usec;
    int32_t adult_day; /* the day they turn 18; INT32_MIN: not known */
    int64_t blocks, holds;
    int64_t destroyed_usec; /* TIME_NONE */
};
/* By what a person may be found: any may be NULL. `id` is the operator's opaque identifier: 1–64 of A–Z a–z 0–9 . _ :
 * -, not an e-mail, phone, IIN or another's UUID: "person_id_malformed", beside the field "person.id". */
struct person_names {
    const char *id, *email, *phone, *iin; /* canonical forms, as fields_validate gives them */
    const char *full_name;                /* sealed, never looked up */
    const char *birth_date;               /* "2011-02-03"; that of the IIN when NULL */
};
/* Finds by any of the names; ERR_CONFLICT "person_names_differ" when they lead to different people; *ret_found false
 * when nobody is known by any. A destroyed person is not found. */
int person_find(struct tx *tx, const struct office *office, const struct person_names *names, struct arena *arena,
                struct person *ret, bool *ret_found, struct err *err) WARN_UNUSED;
/* Finds, or makes a new one with these names (event person.added); adds to one who was there the names not known yet
 * (person.known_by). In a command.
 * Whoever gives names here vouches for them: by each of them the person may enter their cabinet. So one address is no
 * proof of another: to who was there, e-mail, phone and IIN are added only beside the operator's id: ERR_CONFLICT
 * "person_name_unproved". */
int person_ensure(struct tx *tx, const struct office *office, const struct person_names *names,
                  const struct actor *actor, int64_t now_usec, struct arena *arena, struct person *ret,
                  struct err *err) WARN_UNUSED;
/* The e-mail, phone and IIN given are no longer the person's: nobody finds them by it, and nobody enters; sessions of
 * their cabinet end. ERR_NOT_FOUND "person_name_unknown" where one did not lead to them; ERR_CONFLICT
 * "person_destroyed". In a command. */
int person_forget_names(struct tx *tx, const struct office *office, const struct person *person,
                        const struct person_names *names, const struct actor *actor, int64_t now_usec,
                        struct err *err) WARN_UNUSED;
/* By subject_id or operator's id. ERR_NOT_FOUND "person_unknown". */
int person_get(struct tx *tx, const char *subject_or_id, struct arena *arena, struct person *ret,
               struct err *err) WARN_UNUSED;
int person_by_serial(struct tx *tx, int64_t serial, struct arena *arena, struct person *ret,
                     struct err *err) WARN_UNUSED;
/* The person whose case it is, if their identity is established (person_case); *ret_found. */
int person_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct person *ret, bool *ret_found,
                   struct err *err) WARN_UNUSED;
/* The keyed 64-bit hash by which the index knows a person: of the operator's id (or the subject's id where the operator
 * gave none). Never 0. */
uint64_t person_key(const struct keyring *keyring, const char *id);
/* The keyed hash by which an e-mail, phone or IIN ("email", "phone", "iin"; canonical) leads to a person: another than
 * that of public forms (keyring_lookup of the bare kind), for nobody may enter by an address that was merely claimed.
 */
struct hash person_lookup(const struct keyring *keyring, const char *kind, const char *value);
bool person_id_valid(const char *id);

/* Writes the row of a person as it now is; events tell it (each kind what changed by it). In a command. */
int person_write(struct tx *tx, const struct person *person, struct err *err) WARN_UNUSED;
/* The local day of the eighteenth birthday (of who was born on 29 February: 1 March), from a date of birth or else an
 * IIN; INT32_MIN where neither tells. */
int32_t person_adult_day(const char *birth_date, const char *iin);
/* Categories of data as a JSON list of their numbers, ascending; and back. NULL when memory ends. */
json_t *categories_json(uint64_t categories);
bool categories_of_json(const json_t *list, uint64_t *ret);

/* Appends an event about a person and a row of person_change; `members` (taken over, NULL: out of memory) is what the
 * kind adds to subject_id. `sealed` may be NULL. */
int person_event(struct tx *tx, const struct office *office, const char *kind, const struct person *person,
                 const struct actor *actor, const char *case_id, int64_t now_usec, json_t *members,
                 const struct buf *sealed, int64_t *ret_leaf, struct err *err) WARN_UNUSED;
/* Who looked at or received what, newest first: events of the person, kinds by prefix NULL-ended ("person.looked",
 * "person.transferred", "consent."); before_leaf 0: from the newest. */
struct person_deed {
    int64_t leaf, at_usec;
    const char *kind;
    const char *actor;        /* "account", "token", "system", "opener" */
    const char *account_name; /* of staff, or NULL */
    const json_t *body;       /* decref with the list: see person_history_done */
};
int person_history(struct tx *tx, int64_t person, const char *const *kinds, int64_t before_leaf, size_t limit,
                   struct arena *arena, struct person_deed **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
void person_history_done(struct person_deed *deeds, size_t count);
/* Records that somebody looked; at most one event an account, person and hour (`what` the same). */
int person_note_look(struct tx *tx, const struct office *office, const struct person *person, const char *what,
                     uint64_t categories, const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
/* Records a transfer to a third person (the decision is the caller's business, decide.h). */
struct transfer {
    const char *recipient, *purpose, *country; /* country NULL: within Kazakhstan */
    uint64_t categories;
    int64_t consent;    /* leaf, or -1 */
    const char *ground; /* or NULL */
};
int person_note_transfer(struct tx *tx, const struct office *office, const struct person *person,
                         const struct transfer *transfer, const struct actor *actor, int64_t now_usec,
                         int64_t *ret_leaf, struct err *err) WARN_UNUSED;

#endif
