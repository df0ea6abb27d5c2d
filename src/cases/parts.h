/* What the files of this room share: values as JSON, events as canonical bodies, clocks as rows. Private to the room.
 *
 * Bodies of events (RFC 8785; moments are integers of microseconds since 1970-01-01T00:00:00Z). Every body has
 * kind, at_usec, actor ("opener", "account", "token", "system"), and where there are any: account_id, token_id,
 * case_id, version (of the case after the event). Beyond that:
 *
 *   case.opened     procedure, number, opener, lang, received, state, subject_id, values {field: text or [texts]},
 *                   personal {field: {commitment}}, attachments [{id, type, size, commitment}],
 *                   clocks [{clock, norm, norm_from, starts, due, overdue}], calendar, catalogue (hashes, hex),
 *                   paper (where the opening issues one)
 *   case.acted      procedure, act, from, to, values, personal, attachments,
 *                   clocks [started: as above; stopped: {clock, stopped: met|missed|stopped, at, in_time, starts};
 *                   extended: {clock, extended: times, due, overdue}], no_clock [clocks whose norm was not in force],
 *                   paper, happened (when it happened, where the act says so), calendar, catalogue
 *   case.assigned   to (an account's id, or "")
 *   case.noted      personal {text: {commitment}}
 *   clock.reminded  clock, due
 *   clock.overdue   clock, overdue
 *   clock.recomputed clock, norm_from, old {due, overdue}, new {due, overdue}, calendar, catalogue
 *
 * A personal value's text and salt are sealed beside the event as {field: {salt, value}}, in the place "event:CASE";
 * those that hold for the case as a whole lie sealed in its row, in the place "case:CASE". */
#ifndef TALAP_CASES_PARTS_H
#define TALAP_CASES_PARTS_H

#include "cases/cases.h"
#include "cases/record.h"

/* --- sealed_values.c ---------------------------------------------------------------------------------------------- */

/* A set of values in the three forms it is kept in. Texts live in the arena; `sealed` is still plain here. */
struct value_parts {
    const char *clear;    /* {field: text or [texts]} of the values that are not personal */
    const char *personal; /* {field: {commitment}} */
    const char *sealed;   /* {field: {salt, value}}; NULL when nothing is personal */
    size_t sealed_len;
};
int value_parts_make(const struct field_value *values, size_t count, struct arena *arena, struct value_parts *ret,
                     struct err *err) WARN_UNUSED;

/* The texts of a value as {field: text or [texts]} holds it, into the arena; `json` NULL: none. Leaves ret->field
 * alone. */
int value_texts(const json_t *json, struct arena *arena, struct case_value *ret, struct err *err) WARN_UNUSED;

/* The key of a case's subject; *ret_destroyed instead of an error when it is gone or there is none. */
int case_subject_key(struct tx *tx, const struct office *office, const struct case_row *row, struct subject_key *ret,
                     bool *ret_destroyed, struct err *err) WARN_UNUSED;

/* --- clocks.c ------------------------------------------------------------------------------------------------------
 */

/* Which fields of a body's clock entry a change tells. */
enum clock_change_kind { CLOCK_STARTED, CLOCK_STOPPED, CLOCK_EXTENDED };
struct clock_change {
    enum clock_change_kind kind;
    struct clock_row row; /* after the change */
};

/* Fills a running row for the clock of a procedure from the event at `event_usec`. *ret_in_force false when the norm
 * did not hold at that moment: there is then no clock. */
int clock_start(const struct office *office, const struct procedure_clock *clock, const char *case_id,
                int64_t event_usec, int64_t now_usec, struct clock_row *ret, bool *ret_in_force,
                struct err *err) WARN_UNUSED;
/* Has a case with these values (of its form, as given at the opening) that clock at all? A field that was not given
 * equals nothing. */
bool clock_applies(const struct procedure_clock *clock, const json_t *values);
bool conditions_hold(const struct field_condition *conditions, size_t count, const json_t *values);
/* The same of a case there is: by the values its opening gave, whatever acts said later. */
int clock_is_of_case(struct tx *tx, const struct case_row *row, const struct procedure_clock *clock,
                     struct arena *arena, bool *ret, struct err *err) WARN_UNUSED;
/* Stops a running row at that moment, or at its start where that is later and does not lie ahead of what is owed (a
 * notice before an event, a fixed or named day): "met" before the overdue moment, "missed" from it on, but a time that
 * only has to pass first ("at least") is never missed; "stopped" when `duty_ended`. Where the law says "at once" and
 * names no number, whatever was done is met and in time: how long it took is shown, and who reads it may judge. */
void clock_stop(const struct catalogue *catalogue, struct clock_row *row, int64_t at_usec, bool duty_ended);
/* Grants one more extension. ERR_CONFLICT "clock_no_extension" when the norm allows none (more) or nothing runs. */
int clock_extend(const struct office *office, const struct procedure_clock *clock, struct clock_row *row,
                 int64_t now_usec, struct err *err) WARN_UNUSED;
/* Would clock_extend be granted? */
bool clock_may_extend(const struct office *office, const struct clock_row *row);
/* The first reminder after `now`, or TIME_NONE. `clock` may be NULL: none. */
int64_t clock_next_reminder(const struct calendar *calendar, const struct procedure_clock *clock, int64_t due_usec,
                            int64_t now_usec);
bool clock_runs(const struct clock_row *row);
/* The clock's case. *ret_there false when its row is missing: damage, which verification names and for which no other
 * clock waits. */
int clock_case(struct tx *tx, const struct clock_row *row, struct arena *arena, struct case_row *ret, bool *ret_there,
               struct err *err) WARN_UNUSED;
/* Sets the case's next moments to the earliest of its running clocks, those that only wait ("at least") left out. */
void clocks_next(const struct catalogue *catalogue, struct case_row *row, const struct clock_row *clocks, size_t count);
/* The body's entry for a new or changed clock. NULL when memory ends. */
json_t *clock_change_json(const struct clock_change *change);

/* --- terms.c -------------------------------------------------------------------------------------------------------
 */

/* The moment from which the clock counts: the event's, or the first second of what its `from` field says, in `given`
 * or else in `older` ({field: text}, either may be NULL). False where that is not given: there is then no clock. */
bool clock_anchor(const struct zone *zone, const struct procedure_clock *clock, const json_t *given,
                  const json_t *older, int64_t event_usec, int64_t *ret_usec);
/* Holds dates and moments against `term` and `not_before` of their fields. Adds "term_too_long" (arg: the last day or
 * moment that would do), "term_too_short" (the first), "term_too_late" (a notice: the last), "before_that_day" (the
 * other's). What names nothing, names what was not given, or a norm not in force there, refuses nothing. */
int terms_check(const struct office *office, const struct field_value *values, size_t count, const json_t *older,
                int64_t event_usec, struct field_errors *errors, struct err *err) WARN_UNUSED;

/* Does an event of that kind change the case itself? Others that name a case (person.identified …) say what it did to
 * a person's data: they have no version, and the room that writes them checks them. */
bool event_of_case(const char *kind);

/* --- move.c --------------------------------------------------------------------------------------------------------
 */

/* Moves the case along the act. The only place where a case's state changes: an act that does not lead from the case's
 * state is a programming mistake by now and aborts, before anything is committed. */
void case_move(const struct procedure *procedure, const struct procedure_act *act, struct case_row *row,
               int64_t now_usec);
/* Puts a new case in the procedure's first state. */
void case_begin(const struct procedure *procedure, struct case_row *row, int64_t now_usec);

/* --- attachments.c -------------------------------------------------------------------------------------------------
 */

/* A file sealed outside the writer's turn under a key of its own; only that key is sealed under the person's key. */
struct attachment_sealed {
    char id[ID_TEXT];
    const char *type;
    int64_t size_bytes;
    struct hash commitment;
    struct subject_key content_key;
    const char *name_sealed; /* {name, salt}, sealed under the content's key */
    size_t name_sealed_len;
    const char *sealed;
    size_t sealed_len;
};
int attachments_seal(const struct attachment_new *files, size_t count, int64_t now_usec, struct arena *arena,
                     struct attachment_sealed **ret, struct err *err) WARN_UNUSED;
/* [{id, type, size, commitment}] as a body tells it. NULL when memory ends. */
json_t *attachments_json(const struct attachment_sealed *files, size_t count);
int attachments_insert(struct tx *tx, const struct attachment_sealed *files, size_t count, const char *case_id,
                       const char *subject_id, const struct subject_key *key, int64_t leaf,
                       struct err *err) WARN_UNUSED;
/* The name and salt of a stored file, and its content's key. */
struct attachment_opened {
    struct subject_key content_key;
    uint8_t salt[SALT_BYTES];
    const char *name; /* in the arena */
};
int attachment_open(const struct attachment_row *row, const struct subject_key *key, struct arena *arena,
                    struct attachment_opened *ret, struct err *err) WARN_UNUSED;
/* Appends the plain content and checks it against the row's commitment: ERR_DAMAGED "attachment_damaged". */
int attachment_content(const struct attachment_row *row, const struct attachment_opened *opened, struct buf *out,
                       struct err *err) WARN_UNUSED;

/* --- repeats.c -----------------------------------------------------------------------------------------------------
 */

/* A repeated request and what it is held against. `wanted` false without an Idempotency-Key. */
struct repeat {
    bool wanted;
    struct hash key, request;
};
/* `route` tells apart what the key was used for. Both hashes are keyed: a request may hold personal values.
 * ERR_MALFORMED "idempotency_key_malformed" unless 1–255 visible ASCII. */
int repeat_make(const struct office *office, const char *key, const char *route, const struct actor *actor,
                const struct raw_value *raw, size_t raw_count, const struct attachment_new *files, size_t file_count,
                const char *more, struct repeat *ret, struct err *err) WARN_UNUSED;
/* *ret_found with the first answer's row; ERR_BAD_INPUT "idempotency_key_reused" when the request was another one. */
int repeat_find(struct tx *tx, const struct repeat *repeat, struct arena *arena, struct idempotency_row *ret,
                bool *ret_found, struct err *err) WARN_UNUSED;
int repeat_keep(struct tx *tx, const struct repeat *repeat, const char *case_id, int64_t leaf, int64_t now_usec,
                struct err *err) WARN_UNUSED;

/* --- messages.c ----------------------------------------------------------------------------------------------------
 */

int message_opener(struct tx *tx, const char *purpose, const char *case_id, int64_t leaf, int64_t now_usec,
                   struct err *err) WARN_UNUSED;
/* To the assignee if there is one who can be reached, else to every enabled account with an e-mail that has to do with
 * the case's procedure (procedure_roles). */
int message_staff(struct tx *tx, const struct office *office, const char *purpose, const struct case_row *row,
                  int64_t leaf, int64_t now_usec, struct arena *arena, struct err *err) WARN_UNUSED;

/* --- act_prepare.c -------------------------------------------------------------------------------------------------
 */

/* "assign" and "note": what every procedure has beside its own acts. NULL for another name. */
const struct procedure_act *common_act(const char *id);
bool act_is_assign(const struct procedure_act *act);
bool act_is_note(const struct procedure_act *act);
/* May the actor do the act at all, whatever the state? The catalogue lets no act be an auditor's. */
bool act_is_actors(const struct procedure_act *act, const struct actor *actor);
/* Is the state among those the act leads from? */
bool act_leads_from(const struct procedure_act *act, int state);
/* Does the case's state allow it? "note" always, "assign" while the case is open. */
bool act_possible(const struct procedure *procedure, const struct procedure_act *act, const struct case_row *row);
/* May who asks see the case at all? ERR_FORBIDDEN "case_not_yours". The opener, who showed the code, and the system may
 * always. */
int actor_may_see(const struct actor *actor, const struct procedure *procedure, struct err *err) WARN_UNUSED;
/* Has the case an e-mail address of its opener among these sealed values? */
bool values_have_email(const struct procedure *procedure, const json_t *sealed_values);
/* store_case_get with ERR_NOT_FOUND "case_unknown". */
int case_row_get(struct tx *tx, const char *case_id, struct arena *arena, struct case_row *ret,
                 struct err *err) WARN_UNUSED;
/* The case's procedure; NULL and ERR_DAMAGED "case_damaged" when the catalogue has lost it. */
const struct procedure *case_procedure(const struct office *office, const struct case_row *row, struct err *err);

/* --- links.c -------------------------------------------------------------------------------------------------------
 */

/* The links and keys that a set of values makes. */
struct link_found {
    const struct field *field;
    const char *case_id;
};
struct key_found {
    const char *kind, *value;
};
struct ties {
    size_t link_count, key_count;
    const struct link_found *links;
    const struct key_found *keys;
};
/* Finds the cases that `case` fields name, and the keys. Field errors "unknown_case" and "case_of_other_procedure",
 * then ERR_BAD_INPUT "fields_refused"; with `errors` NULL such a number is passed over. `tx` may be NULL when no value
 * is of a `case` field. */
int ties_find(struct tx *tx, const struct office *office, const struct field_value *values, size_t count,
              struct arena *arena, struct ties *ret, struct field_errors *errors, struct err *err) WARN_UNUSED;
int ties_write(struct tx *tx, const char *case_id, const struct ties *ties, int64_t leaf, struct err *err) WARN_UNUSED;
/* The limits of the procedure for a case received at that moment: ERR_CONFLICT "limit_reached", arg: the first date of
 * the next span (2027-01-01). `clear`: the form's values ({field: text}). Under the writer's turn, so that of two at
 * once one is refused. */
int limits_check(struct tx *tx, const struct office *office, const struct procedure *procedure, const struct ties *ties,
                 const char *clear, int64_t received_usec, struct err *err) WARN_UNUSED;
/* What else may stand against an act that role and state allow: other_than, needs, after_overdue. ret_why->kind is
 * ERR_NONE when nothing does. Codes: same_person_decides, needs_first (arg: the other procedure's id), not_overdue_yet
 * (arg: the moment), clock_not_running. */
int act_barred(struct tx *tx, const struct office *office, const struct procedure_act *act, const struct case_row *row,
               const struct actor *actor, int64_t now_usec, struct err *ret_why, struct err *err) WARN_UNUSED;

/* --- registers.c ---------------------------------------------------------------------------------------------------
 */

/* Brings the registers over this procedure up to the case's row as it now is. `at_usec`: when the change happened: the
 * receipt for the opening, `happened` for an act that says so, else when it was recorded. */
int register_follow(struct tx *tx, const struct office *office, const struct procedure *procedure,
                    const struct case_row *row, int64_t at_usec, struct err *err) WARN_UNUSED;

#endif
