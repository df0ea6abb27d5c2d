/* The vault: what is held about people, each value sealed under its person's key, with purpose, source and until when.
 *
 *   data.recorded   subject_id, category (id), purpose (id), source, collected_usec, destroy_day (or absent), personal
 *                   {value: {commitment}}: recorded or changed; what stood before is gone. Nothing is sealed beside the
 *                   event: value and salt stand in the row of person_record alone (sealed in record_place), for an
 *                   event stays and what is changed or removed must not
 *   data.removed    subject_id, category, purpose, why: "retention", "request", "changed"; case_id or absent
 *   person.blocked / person.unblocked   subject_id, case_id or absent (by the operator itself): pdl.24.1.3, 25.2.8;
 *                   each case blocks once and lifts its own
 *   hold.set        subject_id, norm, reason (of the operator, without personal values), until_day or absent
 *   hold.lifted     subject_id, hold (leaf): lifted, or (by the system) its last day is over
 *   retention.counted    subject_id, category, purpose, destroy_day (or absent): the relation ended, or begins anew
 *   retention.announced  subject_id, category, purpose, destroy_day */
#ifndef TALAP_PERSONS_VAULT_H
#define TALAP_PERSONS_VAULT_H

#include "persons/kept.h"
#include "persons/people.h"
#include "store/vault_rows.h"

struct held_value {
    int category; /* number */
    int64_t purpose;
    const char *value; /* plain, in the arena; NULL when the person's key is gone */
    const char *source;
    int64_t collected_usec;
    int32_t destroy_day;    /* DAY_NONE: not known yet */
    int64_t announced_usec; /* that its time will be over; TIME_NONE */
    int64_t leaf;
};
/* What is to be recorded. Refused beside "values.N.MEMBER": purpose_unknown (or retired), category_unknown,
 * category_not_of_purpose, value_missing, too_long (10 000 characters; a source 300), source_missing,
 * received_in_future; ERR_CONFLICT "person_blocked", "person_destroyed", "no_basis" (what decide says about collecting;
 * arg: the first reason's code). */
#define RECORD_VALUE_MAX 10000
#define RECORD_SOURCE_MAX 300
struct value_given {
    const char *category, *purpose, *value, *source;
    int64_t collected_usec; /* TIME_NONE: now */
};
int vault_put(struct tx *tx, const struct office *office, struct kept *kept, const struct person *person,
              const struct value_given *values, size_t count, const struct actor *actor, int64_t now_usec,
              struct field_errors *errors, struct err *err) WARN_UNUSED;
int vault_list(struct tx *tx, const struct office *office, const struct person *person, struct arena *arena,
               struct held_value **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Keeps of what vault_list gave the values that may be read for their purposes at the moment (decide.h, "read"). */
int vault_keep_readable(struct tx *tx, const struct office *office, struct kept *kept, const struct person *person,
                        int64_t now_usec, struct held_value *values, size_t *count, struct err *err) WARN_UNUSED;
/* ERR_NOT_FOUND "record_unknown"; ERR_CONFLICT "person_blocked", "held" (arg: the hold's norm). */
int vault_remove(struct tx *tx, const struct office *office, const struct person *person, int category, int64_t purpose,
                 const char *why, const char *case_id, const struct actor *actor, int64_t now_usec,
                 struct err *err) WARN_UNUSED;
/* The same with the registers at hand, of a record that is there. */
int vault_remove_record(struct tx *tx, const struct office *office, const struct kept *kept,
                        const struct person *person, int category, int64_t purpose, const char *why,
                        const char *case_id, const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
/* How a record's category and purpose are called in events. */
int record_ids(const struct kept *kept, int category, int64_t purpose, int64_t now_usec, const char **ret_category,
               const char **ret_purpose, struct err *err) WARN_UNUSED;
/* Blocking stops every use at once (decide.h); lifting one case's block leaves others standing. `case_id` NULL: by the
 * operator itself. Blocked twice by one case is blocked once; ERR_CONFLICT "not_blocked" where that case blocks
 * nothing, "person_destroyed". */
int person_block(struct tx *tx, const struct office *office, const struct person *person, const char *case_id,
                 const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
int person_unblock(struct tx *tx, const struct office *office, const struct person *person, const char *case_id,
                   const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
int person_blocked_by(struct tx *tx, const struct person *person, const char *case_id, bool *ret,
                      struct err *err) WARN_UNUSED;
/* ERR_CONFLICT "held" (arg: the norm) while a hold stands; else 0. */
int hold_refuse(struct tx *tx, const struct office *office, const struct person *person, int64_t now_usec,
                struct err *err) WARN_UNUSED;
/* A legal hold: why nothing may be destroyed although its time is over. ERR_BAD_INPUT "hold_past" for a last day that
 * is over; ERR_NOT_FOUND "hold_unknown"; ERR_CONFLICT "hold_lifted", "person_destroyed". */
struct legal_hold {
    int64_t leaf;
    const char *norm, *reason;
    int32_t until_day; /* DAY_NONE: until lifted */
    bool stands;       /* at the moment asked for */
};
int hold_set(struct tx *tx, const struct office *office, const struct person *person, const char *norm,
             const char *reason, int32_t until_day, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
             struct err *err) WARN_UNUSED;
int hold_lift(struct tx *tx, const struct office *office, const struct person *person, int64_t leaf,
              const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
int holds_of(struct tx *tx, const struct office *office, const struct person *person, int64_t now_usec,
             struct arena *arena, struct legal_hold **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* The place to which a record's sealed {value: {salt, value}} is bound: "record:SUBJECT:CATEGORY:PURPOSE" (numbers). */
#define RECORD_PLACE_ROOM 96
void record_place(const char *subject_id, int category, int64_t purpose, char ret[static RECORD_PLACE_ROOM]);

/* --- retention.c ---------------------------------------------------------------------------------------------------
 * The time of a value is over after its purpose's retention: counted from the day of collection, or ("ended") from the
 * end of the last consent or relation; a purpose without retention: on that end itself. It is announced 30 days before:
 * in the person's history, on the desk of who is responsible (retention_ahead). What ends unforeseen (a withdrawal) is
 * announced at once, and 14 days pass until it is removed: time for a reasoned refusal or a hold, and within the 15
 * working days of pdl.8.7. Nothing is removed of a person who is blocked or held; it is once they no longer are. */
#define RETENTION_ANNOUNCED_DAYS 30
#define RETENTION_LEAST_DAYS 14
/* The last local day of a value; DAY_NONE where it is not known yet. `ended_usec` TIME_NONE: nothing has ended. */
int32_t retention_day(const struct kept_entry *purpose, const struct zone *zone, int64_t collected_usec,
                      int64_t ended_usec);
/* After a consent of the person for the purpose was given, ended or stands again: their values of it are counted anew.
 */
int retention_follow(struct tx *tx, const struct office *office, const struct kept *kept, const struct person *person,
                     int64_t purpose, const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
/* The same, by who changes a consent: does nothing where the person has no values of the purpose. */
int retention_consent(struct tx *tx, const struct office *office, const struct person *person, int64_t purpose,
                      const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;
/* The same after any relation that is no consent (a contract, a duty) ended at that moment. */
int retention_end(struct tx *tx, const struct office *office, const struct kept *kept, const struct person *person,
                  int64_t purpose, int64_t ended_usec, const struct actor *actor, int64_t now_usec,
                  struct err *err) WARN_UNUSED;
/* Is there anything for retention_pass to do? A read. */
int retention_due(struct tx *tx, const struct office *office, int64_t now_usec, bool *ret, struct err *err) WARN_UNUSED;
/* For the job loop: lift holds whose last day is over; announce what ends within 30 days; then, its day over, remove
 * it. At most about `limit` of each; call again while *ret_count > 0. */
int retention_pass(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
                   struct err *err) WARN_UNUSED;
/* What was announced and stands still, the earliest day first. */
struct retention_item {
    char subject_id[ID_TEXT];
    int category;
    int64_t purpose;
    int32_t destroy_day;
    int64_t announced_usec;
    bool blocked, held; /* then it is not removed */
};
int retention_ahead(struct tx *tx, size_t limit, struct arena *arena, struct retention_item **ret, size_t *ret_count,
                    struct err *err) WARN_UNUSED;

#endif
