/* The vault: what is held about people, each value sealed under its person's key, with purpose, source and until when.
 *
 *   data.recorded   subject_id, category, purpose, source, collected_usec, destroy_day (or absent), personal {value:
 *                   {commitment}}: recorded or changed; what stood before is gone
 *   data.removed    subject_id, category, purpose, why: "retention", "request", "changed"; case_id or absent
 *   person.blocked / person.unblocked   subject_id, case_id: pdl.24.1.3, 25.2.8; each case blocks once and lifts its
 * own hold.set        subject_id, norm, reason (of the operator, without personal values), until_day or absent
 *   hold.lifted     subject_id, hold (leaf)
 *   retention.announced  subject_id, category, purpose, destroy_day */
#ifndef TALAP_PERSONS_VAULT_H
#define TALAP_PERSONS_VAULT_H

#include "persons/kept.h"
#include "persons/people.h"

struct held_value {
    int category; /* number */
    int64_t purpose;
    const char *value; /* plain, in the arena; NULL when the person's key is gone */
    const char *source;
    int64_t collected_usec;
    int32_t destroy_day; /* INT32_MIN: not known yet */
    int64_t leaf;
};
/* What is to be recorded. Refused: purpose_unknown, category_unknown, category_not_of_purpose, value_missing, too_long
 * (10 000 characters), source_missing; ERR_CONFLICT "person_blocked", "person_destroyed", "no_basis" (no consent or
 * ground for collecting: decide). */
struct value_given {
    const char *category, *purpose, *value, *source;
    int64_t collected_usec; /* TIME_NONE: now */
};
int vault_put(struct tx *tx, const struct office *office, const struct kept *kept, const struct person *person,
              const struct value_given *values, size_t count, const struct actor *actor, int64_t now_usec,
              struct field_errors *errors, struct err *err) WARN_UNUSED;
int vault_list(struct tx *tx, const struct office *office, const struct person *person, struct arena *arena,
               struct held_value **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
int vault_remove(struct tx *tx, const struct office *office, const struct person *person, int category, int64_t purpose,
                 const char *why, const char *case_id, const struct actor *actor, int64_t now_usec,
                 struct err *err) WARN_UNUSED;
/* Blocking stops every use at once (decide.h); lifting one case's block leaves others standing. */
int person_block(struct tx *tx, const struct office *office, const struct person *person, const char *case_id,
                 const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
int person_unblock(struct tx *tx, const struct office *office, const struct person *person, const char *case_id,
                   const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
struct legal_hold {
    int64_t leaf;
    const char *norm, *reason;
    int32_t until_day; /* INT32_MIN: until lifted */
    bool stands;       /* at the moment asked for */
};
int hold_set(struct tx *tx, const struct office *office, const struct person *person, const char *norm,
             const char *reason, int32_t until_day, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
             struct err *err) WARN_UNUSED;
int hold_lift(struct tx *tx, const struct office *office, const struct person *person, int64_t leaf,
              const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
int holds_of(struct tx *tx, const struct office *office, const struct person *person, int64_t now_usec,
             struct arena *arena, struct legal_hold **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* For the job loop: announce what ends within 30 days, then, its day over, remove it. */
int retention_pass(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
                   struct err *err) WARN_UNUSED;

#endif
