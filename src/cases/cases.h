/* Cases: opened, acted on, looked at. Every change is an event with its effects, clocks and ledger leaf in one
 * transaction; one function moves a case from state to state (case_move in move.c) and an impossible move aborts. */
#ifndef TALAP_CASES_CASES_H
#define TALAP_CASES_CASES_H

#include "base/id.h"
#include "cases/office.h"
#include "store/case_rows.h"

#define CASE_ATTACHMENTS_MAX 5
#define CASE_ATTACHMENT_BYTES_MAX (10 * 1024 * 1024)

/* A file as it came; `type` is found from the content by attachment_type. */
struct attachment_new {
    const char *name;
    const void *bytes;
    size_t count;
    const char *type; /* filled by attachments_check */
};
/* By content, not by name: "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"; NULL otherwise. */
const char *attachment_type(const void *bytes, size_t count);
/* Refuses too many, too large, empty, or of another type: field error "attachments". Fills `type`. */
int attachments_check(struct attachment_new *files, size_t count, struct field_errors *errors,
                      struct err *err) WARN_UNUSED;

/* --- What cases refuse beside their fields -------------------------------------------------------------------------
 * Field errors: unknown_case (no such number), case_of_other_procedure, happened_in_future, happened_before_receipt.
 * ERR_FORBIDDEN: case_not_yours (its procedure is none of the actor's), same_person_decides (who decided the case it is
 * about, cannot decide this one: other_than). ERR_CONFLICT: limit_reached (arg: the date from which it is allowed
 * again), needs_first (arg: the procedure whose cases are missing or unfinished), not_overdue_yet (arg: the moment),
 * clock_not_running, opening_refused (a case that the act opens lacks something; arg: its procedure and the field). */

/* --- Opening ------------------------------------------------------------------------------------------------------
 * In two steps. case_open_prepare validates, outside the writer's turn, makes ids, salts and commitments, encrypts
 * files and computes clocks; case_open runs inside a command (it may run twice; it only reads what was prepared). */
struct case_opening {
    const struct procedure *procedure;
    const char *opener; /* "public", "staff", "api", "person" */
    /* The person whose case it is, where that is known: established in the cabinet ("person"), or said by the operator
     * itself. Their key then seals the values. NULL: found by what the form says, or made. */
    const char *subject_id;
    enum lang lang;
    /* The triggering event. Not later than now ("received_in_future"), and every norm whose clock starts on opening
     * must have been in force ("received_before_norm"): refusals of the field "received". */
    int64_t received_usec;
    const struct raw_value *raw;
    size_t raw_count;
    struct attachment_new *files;
    size_t file_count;
    const char *idempotency_key; /* the header's text, or NULL; 1–255 visible ASCII */
};
struct case_prepared; /* in the arena */
/* `tx` is a read, for the cases that a form's `case` fields name; NULL will do where the form has none
 * (procedure_form_names_cases). Who may not open: ERR_FORBIDDEN "opener_not_allowed". */
int case_open_prepare(struct tx *tx, const struct office *office, const struct case_opening *opening,
                      const struct actor *actor, int64_t now_usec, struct arena *arena,
                      const struct case_prepared **ret, struct field_errors *errors, struct err *err) WARN_UNUSED;
/* Has the form a field that names a case, so that a look into the store is needed to check it? */
bool procedure_form_names_cases(const struct procedure *procedure);

struct case_opened {
    char id[ID_TEXT];
    char number[64];
    char access_code[16];
    int64_t leaf;
    struct hash leaf_hash;
    bool repeated; /* the Idempotency-Key was known: this is the first answer again */
};
/* The same key with another request: ERR_BAD_INPUT "idempotency_key_reused". As often as the law allows for one
 * subject, and no more: ERR_CONFLICT "limit_reached", asked under the writer's turn, so that of two at once one is
 * refused. */
int case_open(struct tx *tx, const struct office *office, const struct case_prepared *prepared, int64_t now_usec,
              struct case_opened *ret, struct err *err) WARN_UNUSED;

/* --- Acting -------------------------------------------------------------------------------------------------------
 * Also the acts that every procedure has, by name: "assign" (field account: a staff account's id or ""), "note" (field
 * text: to colleagues, never shown to the opener). */
struct case_acting {
    const char *case_id;
    const char *act;
    int64_t expected_version; /* If-Match; 0: whatever it is */
    const struct raw_value *raw;
    size_t raw_count;
    struct attachment_new *files;
    size_t file_count;
    const char *idempotency_key;
};
struct act_prepared;
/* Reads the case, checks act, role, state and fields. Wrong state: ERR_CONFLICT "act_not_now"; wrong role:
 * ERR_FORBIDDEN "act_not_allowed"; unknown act: ERR_NOT_FOUND "act_unknown"; stale: ERR_STALE "case_changed". An
 * act by "opener" is for ACTOR_OPENER alone, whom the caller makes only of one who showed number and code. A known
 * Idempotency-Key is answered before state and version are looked at.
 * An act that says when it happened (`at`): of a date the beginning of that day; on the day of the receipt, and in its
 * minute where no seconds are given, no earlier than the receipt. */
int case_act_prepare(struct tx *tx, const struct office *office, const struct case_acting *acting,
                     const struct actor *actor, int64_t now_usec, struct arena *arena, const struct act_prepared **ret,
                     struct field_errors *errors, struct err *err) WARN_UNUSED;
/* Checks state, version and what bars the act again under the writer's turn, then writes; the cases that the act opens
 * too, all of them or none (a case that changed since the preparation is then ERR_STALE, whatever version was
 * expected). Extending where the norm allows none (any more): ERR_CONFLICT "clock_no_extension"; personal values for a
 * person whose key is gone: ERR_CONFLICT "person_destroyed". Stopped before its overdue moment a clock is "met", later
 * "missed", one of "at once" always "met"; when what started it is taken back, or the case is over and nothing stopped
 * it, "stopped". */
int case_act(struct tx *tx, const struct office *office, const struct act_prepared *prepared, int64_t now_usec,
             int64_t *ret_version, int64_t *ret_leaf, struct err *err) WARN_UNUSED;

/* --- Looking ------------------------------------------------------------------------------------------------------ */
struct case_value {
    const struct field *field;
    size_t count;
    const char *const *texts; /* canonical */
    bool destroyed;           /* the person's key is gone: nothing can be shown */
};
/* A clock as the event that started it wrote it down: whatever is computed anew later, this was said then. */
struct started_clock {
    const char *clock, *norm;
    int64_t starts_usec, due_usec, overdue_usec;
};
struct case_event {
    int64_t leaf, at_usec;
    int64_t happened_usec; /* of an act that says when it happened (`at`); else at_usec */
    const char *kind;
    const struct procedure_act *act;   /* of case.acted, else NULL */
    const char *actor_name;            /* staff name, or NULL */
    const char *signer_name;           /* of an act that issues a paper: whose name stands under it, for the opener
                                          too, so that both see the same paper; NULL without an account */
    struct hash leaf_hash;             /* of the event's leaf in the ledger */
    const char *actor_kind;            /* "opener", "account", "token", "system" */
    const char *from_state, *to_state; /* ids, or NULL */
    size_t value_count;
    const struct case_value *values;
    const char *note;          /* of case.noted; NULL also when the person's key is gone */
    const char *assignee_name; /* of case.assigned: to whom; NULL: to nobody */
    const char *clock;         /* of clock.* events: the clock's id */
    size_t started_count;
    const struct started_clock *started; /* of case.opened and case.acted */
    bool for_staff_only;
};
struct case_clock {
    const struct procedure_clock *clock;
    const struct norm *norm; /* the version that binds */
    struct clock_row row;
    struct clock_explanation why; /* only with CASE_WITH_WHY */
};
/* The norm's version the row was computed with; the one in force at the start where that version is gone; NULL. */
const struct norm *clock_norm(const struct catalogue *catalogue, const struct clock_row *row);
/* Can it be missed? Not a time that is only waited out, nor one within which somebody may do something. `clock` NULL:
 * the catalogue has lost it. */
bool clock_is_duty(const struct procedure_clock *clock, const struct norm *norm);
struct case_link;
struct barred_act;
struct case_view {
    const struct procedure *procedure;
    struct case_row row;
    int state;                 /* index in procedure->states */
    const char *assignee_name; /* or NULL */
    size_t value_count;
    const struct case_value *values; /* of the procedure's fields, as they now stand; what an act said, in its event */
    size_t clock_count;
    const struct case_clock *clocks;
    size_t event_count;
    const struct case_event *events;
    size_t attachment_count;
    const struct attachment_row *attachments;
    const char *const *attachment_names; /* decrypted, in the same order */
    size_t act_count;
    const struct procedure_act *const *acts; /* what this actor may do now */
    size_t barred_count;
    const struct barred_act *barred; /* what the state would allow, but not to this actor or not yet */
    size_t link_count;
    const struct case_link *links; /* links.h; for staff only, with CASE_WITH_EVENTS or CASE_WITH_LINKS */
    size_t message_count;
    const struct outbox_row *messages;
    size_t paper_count;
    const struct case_paper *papers;
};
struct barred_act {
    const struct procedure_act *act;
    struct err why; /* same_person_decides, needs_first, not_overdue_yet */
};
struct case_paper {
    const char *id; /* "complaint_answer" */
    int64_t leaf;   /* the opening or the act that issued it */
    int64_t seq;    /* 1: the case's first paper; counted over all of them, also where only some are shown */
    int64_t at_usec;
};
enum { CASE_WITH_WHY = 1, CASE_WITH_EVENTS = 2, CASE_WITH_MESSAGES = 4, CASE_WITH_LINKS = 8 };
/* For staff: everything; links with CASE_WITH_EVENTS or CASE_WITH_LINKS. `now_usec` decides what may be done now.
 * ERR_NOT_FOUND "case_unknown"; a case of a procedure that the actor has nothing to do with: ERR_FORBIDDEN
 * "case_not_yours". */
int case_view(struct tx *tx, const struct office *office, const char *case_id, const struct actor *actor,
              int64_t now_usec, unsigned with, struct arena *arena, struct case_view *ret, struct err *err) WARN_UNUSED;
/* For the opener, by number and access code: notes, assignments, staff names, links and what bars an act left out, and
 * of what staff gave in an act only the fields marked `public`; so are numbers of other cases. Unknown number and wrong
 * code give the same refusal: ERR_NOT_FOUND "number_or_code_wrong". */
int case_view_by_code(struct tx *tx, const struct office *office, const char *number, const char *code,
                      int64_t now_usec, unsigned with, struct arena *arena, struct case_view *ret,
                      struct err *err) WARN_UNUSED;
/* Plain content of an attachment into `out`. */
int case_attachment(struct tx *tx, const struct office *office, const char *case_id, const char *attachment_id,
                    struct buf *out, const char **ret_type, struct arena *arena, struct err *err) WARN_UNUSED;
/* The value of a field in a view, or NULL when not given. First text only. */
const char *case_value_text(const struct case_value *values, size_t count, const char *field);

/* --- Time passes --------------------------------------------------------------------------------------------------
 * Called by the job loop; one command each. */
/* Reminders that have come and clocks that are overdue: events, messages to the assignee (else to all who have
 * to do with the procedure). Of a clock of "at once" that event, written when it has started, is the alarm.
 * Returns how many were handled; call again while it equals `limit`. */
int case_tick(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
              struct err *err) WARN_UNUSED;
/* Open clocks computed with another calendar or catalogue are computed anew; each change is an event clock.recomputed
 * with the old and new moments. A clock whose norm is gone, or whose moments the calendar no longer reaches, keeps
 * them. Neither here nor in case_tick does a clock wait for another whose case is lost. */
int case_recompute(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
                   struct err *err) WARN_UNUSED;
/* Words of new events for the search, in two steps, so that reading and folding (case_words_gather, on a read) stay out
 * of the writer's turn (case_words_add). At most `limit` events; *ret_count is how many were taken in, 0 when there was
 * nothing new or another node took them. */
struct word_batch; /* in the arena */
int case_words_gather(struct tx *tx, const struct office *office, size_t limit, struct arena *arena,
                      const struct word_batch **ret, struct err *err) WARN_UNUSED;
int case_words_add(struct tx *tx, const struct word_batch *batch, size_t *ret_count, struct err *err) WARN_UNUSED;
/* Both in one transaction, for who holds the writer's turn anyway. */
int case_index(struct tx *tx, const struct office *office, size_t limit, size_t *ret_count,
               struct err *err) WARN_UNUSED;

/* --- Checking -----------------------------------------------------------------------------------------------------
 * Replays every event against the case rows, clocks, attachments, links, keys and entries of registers: state, version,
 * number, values, commitments (where the person's key still is), attachment content. The first difference: ERR_DAMAGED
 * "case_damaged", arg: the number. Then the newest numbers drawn, rows that belong to no case, what messages tell of,
 * roles and state of accounts and tokens, whose calendar has an address, the organisation: "store_damaged", arg: what.
 * While links and registers are still being made anew after a change of the catalogue (register_refresh), a difference
 * in them is no damage, and the store is not called sound either: ERR_CONFLICT "registers_waiting". Not in the events,
 * and so not checked: names, addresses and passwords of accounts, sessions, secrets of calendars, idempotency keys,
 * look-ups of people, keys that destroyed personal values gave, when a running clock reminds next, the words of the
 * search. */
struct verify_report {
    int64_t events, cases, attachments, values_checked, values_destroyed;
};
int office_verify(struct tx *tx, const struct office *office, struct verify_report *ret, struct err *err) WARN_UNUSED;
/* The same; `also` gets every event in order in the one pass over the ledger, for the rooms above this one. */
int office_verify_with(struct tx *tx, const struct office *office,
                       int (*also)(const struct event_row *row, void *arg, struct err *err), void *arg,
                       struct verify_report *ret, struct err *err) WARN_UNUSED;

#endif
