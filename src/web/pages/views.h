/* What pages are drawn from: for every template of pages/ the struct its handler fills. Everything that a template
 * needs a decision for is decided by the handler; a template only chooses what to show and writes it down. */
#ifndef TALAP_WEB_PAGES_VIEWS_H
#define TALAP_WEB_PAGES_VIEWS_H

#include "base/page_out.h"
#include "cases/cases.h"
#include <stdio.h>
#include <string.h>

/* Around every page: page_out.frame. */
struct page_frame {
    const char *title; /* of the page, in its language; goes before the site's name */
    const char *rest;  /* the address after /{lang}, query included: where the language switch leads */
    const char *area;  /* which link of the menus stands for this page: "open", "queue" … */
    const struct organisation *organisation; /* never NULL; its texts may be empty */
    const struct actor *actor;               /* whoever is signed in, or NULL */
    const char *csrf;                        /* for the forms of the page; NULL where there is none */
    const char *public_url;
    const char *style_url, *icon_url;
    const struct office *office;
    const struct catalogue *catalogue; /* the office's */
    struct arena *arena;               /* for sentences made while drawing */
    int64_t now_usec;
    bool policies; /* there are policies on personal data to read */
};

/* Is whoever looks offered the decisions as statements of reasons (statements_csv.c)? */
bool statements_offered(const struct page_frame *frame);

/* An integer as text for {{t key expr}}; the memory lasts to the end of the full expression's block. */
static inline const char *int_text(char *room, size_t size, int64_t value)
{
    snprintf(room, size, "%lld", (long long)value);
    return room;
}
#define INT_TEXT(value) int_text((char[24]){0}, 24, (value))

static inline bool text3_filled(struct text3 text)
{
    return text.in[0] && text.in[0][0];
}

/* A form drawn from fields of the catalogue. */
struct form_view {
    const char *prefix; /* before the ids of its elements: unique on the page */
    const struct field *fields;
    size_t field_count;
    const struct raw_value *raw; /* what was typed before; kept */
    size_t raw_count;
    const struct field_errors *errors; /* NULL or empty: nothing is wrong */
    const char *refusal;               /* a sentence on the whole, or NULL */
    const struct problem_line *extra;  /* problems of fields that are not the catalogue's */
    size_t extra_count;
    bool had_files; /* files were chosen before the form came back: they must be chosen again */
};
/* A line of the summary on top of a form: where it leads and what it says. */
struct problem_line {
    const char *id, *title, *text;
};
/* Text number `index` typed for the field, or NULL. */
const char *form_typed(const struct form_view *form, const char *name, size_t index);
bool form_typed_has(const struct form_view *form, const char *name, const char *value);
bool form_has_problems(const struct form_view *form);

/* --- Public ------------------------------------------------------------------------------------------------------- */
struct start_figures {
    const struct procedure *procedure;
    int64_t received, in_time, late, running;
};
struct start_view {
    const struct procedure *procedure; /* the first that the public can open, or NULL */
    bool complains;                    /* it is addressed to a platform */
    size_t other_count;
    const struct procedure *const *others; /* what else the public can open */
    bool has_clock;
    struct clock_moments clock; /* of its first clock, were it opened now */
    const struct norm *norm;
    int amount_days;
    int year;
    size_t figure_count;
    const struct start_figures *figures;
};
/* What the public may open, by who it is addressed to. */
struct procedures_view {
    size_t count;
    const struct procedure *const *procedures; /* those of one role side by side */
    const struct list *roles;
    bool grouped; /* more than one role receives something */
};
struct open_view {
    const struct procedure *procedure;
    struct form_view form;
    const char *once;           /* repeats of this form are one case */
    bool staff;                 /* entered by who works here, with the date of receipt */
    const char *from;           /* the number of the case that the form was filled in from, or NULL */
    bool on_behalf;             /* … for somebody who could have done it alone */
    const char *received;       /* as typed */
    const char *received_wrong; /* a sentence, or NULL */
    const char *attachments_wrong;
    bool asks_person;                          /* whose case it is may be said */
    const char *person;                        /* as typed, or NULL */
    const char *person_wrong;                  /* a sentence, or NULL */
    const struct procedure_clock *clock_title; /* of the first clock that the opening starts */
    bool has_clock;
    struct clock_moments clock;
    const struct norm *norm;
    bool personal_fields;
};
struct receipt_view {
    const struct case_view *c;
    const char *code;
    struct html qr;
    const struct case_clock *clock; /* the first, or NULL */
    int64_t leaf;
    const char *leaf_hash;
    bool told_by_mail;
};
struct follow_form_view {
    const char *number, *code;
    const char *refusal;
    const char *number_wrong, *code_wrong;
    const char *csrf;
};
struct act_form {
    const struct procedure_act *act;
    struct form_view form;
    bool open; /* shown unfolded */
};
/* An act that the state would allow: why not now, and which cases it waits for. */
struct barred_line {
    const struct procedure_act *act;
    const char *why;
    bool lists; /* it waits for other cases, of which there may be none */
    size_t link_count;
    const struct case_link *const *links;
};
/* What an event is to the steps of a case. */
struct event_line {
    const struct case_event *event;
    bool at_once;      /* a period of no length "passed": it was told that the duty waits */
    bool dated;        /* happened at another time than it was recorded */
    int64_t took_usec; /* since the step before; TIME_NONE where it is none */
};
struct paper_line {
    const struct case_paper *paper;
    const char *title; /* of the act that issued it, or of the opening */
};
struct follow_view {
    const struct case_view *c;
    size_t appeal_count; /* what may be opened against the decision */
    const struct procedure *const *appeals;
    size_t form_count;
    const struct act_form *forms;
    const char *done; /* what was just done, or NULL */
    const char *once;
    bool in_cabinet; /* the way back leads there */
};
struct verify_view {
    const char *typed;
    const char *refusal;
    bool checked, ours, still_there;
    int64_t leaf, size;
    const char *leaf_hash, *kind; /* kind as people read it */
    int64_t at_usec;
    int64_t grown_to;
    const char *key;
};
struct proof_view {
    int64_t leaf, at_usec;
    const char *kind, *leaf_hash, *root, *checkpoint, *key;
    int64_t size;
    bool holds;
    size_t path_count;
    const char *const *path;
};
struct calendar_cell {
    int day; /* 0: empty */
    const char *class_name;
    const char *why; /* or NULL */
};
struct calendar_note {
    int day;
    const char *text;
};
struct calendar_month {
    int month, working_days;
    size_t week_count;
    struct calendar_cell cells[6][7];
    size_t note_count;
    struct calendar_note notes[31];
};
struct calendar_moved {
    int32_t off_day, worked_day;
};
struct calendar_view {
    int year, first_year, last_year;
    int working_days, days_off;
    bool decided;
    struct calendar_month months[12];
    size_t moved_count;
    struct calendar_moved moved[24];
};
struct clock_view {
    const char *norm_id, *from; /* as typed */
    const char *norm_wrong, *from_wrong;
    size_t norm_count;
    const struct norm *const *norms; /* with a clock, in force some day */
    bool computed;
    const struct norm *norm;
    struct clock_explanation why;
};
struct law_row {
    const struct norm *norm;
    bool in_force;
};
struct law_view {
    const char *act, *words;
    size_t act_count;
    const struct act_of_law *acts;
    size_t count;
    const struct law_row *rows;
};
struct norm_view {
    const char *id;
    const struct act_of_law *act;
    const char *cited; /* as lawyers cite it */
    size_t version_count;
    const struct norm *versions; /* newest last in the catalogue; drawn from the newest */
    size_t procedure_count;
    const struct procedure *const *procedures;
};

/* --- Staff -------------------------------------------------------------------------------------------------------- */
struct sign_in_view {
    const char *login, *next, *refusal;
    const char *demo_password; /* of a demonstration, with its accounts; or NULL */
    size_t demo_count;
    const struct account_row *demo_rows;
};
struct password_view {
    const char *refusal, *current_wrong, *fresh_wrong, *again_wrong;
    bool must, done;
};
struct queue_row {
    const struct case_row *row;
    const struct procedure *procedure;
    int state;
    const char *about; /* the first words of what it is about, or NULL */
    const char *assignee;
};
/* What one procedure asks of the reader. */
#define DESK_GROUP_ROWS 4
struct desk_group {
    const struct procedure *procedure;
    int64_t overdue, today, week, later, idle; /* idle: no period runs */
    size_t row_count;                          /* the first of them */
    const struct queue_row *rows[DESK_GROUP_ROWS];
};
/* A case that waits for somebody else. */
struct desk_waiting {
    const struct queue_row *row;
    const char *why; /* a sentence */
};
/* What may be opened from the desk. */
struct desk_opening {
    const struct procedure *procedure;
    const char *about; /* one sentence */
};
struct audience_box;
struct desk_view {
    int64_t overdue, today, week, unassigned, mine, open;
    size_t urgent_count, group_count, waiting_count, opening_count;
    const struct queue_row **urgent; /* clocks that the law gives no time for, the longest running first */
    const struct desk_group *groups;
    const struct desk_waiting *waiting;
    int64_t waiting_total;
    bool cut; /* only the most pressing cases were looked at */
    const struct desk_opening *openings;
    struct html weeks_chart, due_chart;
    size_t week_count;
    const struct span_figures *weeks;
    const int64_t *week_starts;
    size_t due_count;
    const int64_t *due_figures, *due_starts;
    int64_t mail_waiting, mail_failed;
    bool mail_configured;
    const char *ending;               /* how many values end within 30 days, or NULL */
    const struct audience_box *users; /* audience_views.h; or NULL */
};
struct choice {
    const char *id, *title;
};
struct queue_view {
    const char *procedure, *state, *due, *assignee, *words, *sort;
    size_t procedure_count, state_count, assignee_count;
    const struct choice *procedures, *states, *assignees;
    size_t count;
    int64_t total;
    const struct queue_row *rows;
    const char *filter_query; /* the filters as a query string, without cursor */
    const char *next_cursor;
    bool later_page;
    bool search_only; /* the page "search" */
    bool newest_only; /* the words occur so often that only the newest events were looked at */
};
struct case_page_view {
    const struct case_view *c;
    bool may_change, may_assign;
    size_t barred_count, event_count, paper_count, opening_count;
    const struct barred_line *barred;
    const struct event_line *events; /* the newest first */
    const struct paper_line *papers;
    const struct procedure *const *openings; /* what may be opened from this case */
    size_t form_count;
    const struct act_form *forms;
    const char *once;
    size_t account_count;
    const struct choice *accounts;
    const char *note_typed, *note_wrong, *assign_wrong;
    const char *refusal; /* of the act just tried */
    const char *done;
    int64_t paper_leaf;
};
struct accounts_view {
    size_t count;
    const struct account_row *rows;
    const char *done;
};
struct account_view {
    const char *id; /* NULL: a new one */
    const char *login, *name, *email, *lang;
    unsigned roles;
    bool disabled;
    const struct field_errors *errors;
    const char *refusal, *done;
    bool may_change;
    const char *password_shown; /* a first password made for the account, shown once */
};
struct token_line {
    const struct token_row *row;
    const char *account_name;
    const char *state; /* "live", "expired", "revoked" */
};
struct tokens_view {
    size_t count;
    const struct token_line *lines;
    size_t account_count;
    const struct choice *accounts;
    const char *secret; /* just made, shown once */
    const struct field_errors *errors;
    const char *name, *account, *days;
    unsigned roles;
    const char *refusal, *done;
    bool may_change;
};
struct organisation_view {
    const char *values[16]; /* in the order of organisation_fields */
    const struct field_errors *errors;
    const char *refusal, *done;
    bool may_change;
};
struct mail_view {
    struct outbox_figures figures;
    bool configured;
    const char *server, *from;
    size_t count;
    const struct outbox_row *rows;
};

struct error_view {
    unsigned status;
    const char *title, *text, *way;
    const char *field_lines[8];
    size_t field_count;
    bool to_sign_in;
    const char *typed[4]; /* long texts of the form that could not be taken: to be copied, not lost */
    size_t typed_count;
};

/* --- Parts written in C ------------------------------------------------------------------------------------------- */
/* <time datetime="…">9 April 2026, 18:30</time>; of the day alone; of the local day. */
void page_when(struct page_out *o, int64_t at_usec);
void page_when_day(struct page_out *o, int64_t at_usec);
void page_day(struct page_out *o, int32_t day);
/* The day for the column of a table: 09.04.2026, in English 9 Apr 2026. */
void page_when_short(struct page_out *o, int64_t at_usec);
/* How long something took, or has been running: "35 min", "5 h 12 min", "3 d 4 h". */
const char *span_text(struct arena *arena, enum lang lang, int64_t usec);
/* Does the earliest running clock of a case leave no time at all? Its two moments are then one. */
static inline bool is_at_once(int64_t due_usec, int64_t overdue_usec)
{
    return due_usec != TIME_NONE && (overdue_usec == due_usec || overdue_usec == TIME_NONE);
}
/* Is it the event that a duty without any period waits? It is no missed period. */
bool event_is_at_once(const struct case_view *c, const struct case_event *event);
/* "Days left: 3", "today", "days late: 2", with a class that colours it. Counted in local days. For what must be done
 * at once: how long it has been waiting, in red from the first minute. */
void page_left(struct page_out *o, int64_t due_usec, int64_t overdue_usec, int64_t now_usec);
/* When a period ends: the day, for periods in hours the time too. */
void page_deadline(struct page_out *o, int64_t due_usec);
/* A clock of a case: running (how much is left, or has gone), or how it ended and how long that took. */
void page_clock_state(struct page_out *o, const struct case_clock *clock);
/* A value of a case for people: option titles, dates in words, links as links. */
void page_value(struct page_out *o, const struct case_value *value);
/* The tag of a state; `for_opener` takes the public title. */
void page_state(struct page_out *o, const struct procedure *procedure, int state, bool for_opener);
/* The period of a norm in words: "Calendar days: 20, from the day after the event". */
void page_period(struct page_out *o, const struct clock_rule *rule);
/* Every day of an explained period as a strip of weeks, with a list of the days that are not ordinary. */
void page_days(struct page_out *o, const struct clock_explanation *why);
/* A field's help, its condition in words, its control with what was typed. */
void page_field(struct page_out *o, const struct form_view *form, const struct field *field);
void page_form_fields(struct page_out *o, const struct form_view *form);
/* The summary of what is wrong, with links to the fields; nothing when nothing is. */
void page_problems(struct page_out *o, const struct form_view *form);
/* One line of that summary for forms written by hand. */
void page_wrong(struct page_out *o, const char *id, const char *sentence);
/* Every role an account may have, in the order in which they are offered. */
extern const unsigned account_roles[ROLES_OF_ACCOUNTS];
/* Names of a role, an actor, a month, a weekday, an event's kind. */
const char *role_title(enum lang lang, unsigned role);
const char *event_title(enum lang lang, const char *kind);
const char *month_title(enum lang lang, int month);
const char *weekday_title(enum lang lang, int weekday, bool is_short);
void page_roles(struct page_out *o, unsigned roles);
void page_csrf(struct page_out *o);
/* " aria-current=\"page\"" where the frame's area is this one. */
void page_current(struct page_out *o, const char *area);
void page_size(struct page_out *o, int64_t bytes);
/* The summary of a hand-made form: every error with the field it links to (id "f-NAME"). */
void page_list_problems(struct page_out *o, const struct field_errors *errors, const char *refusal);
/* The sentence of a field's refusal, or NULL. */
const char *field_wrong(struct page_out *o, const struct field_errors *errors, const char *name);
const char *role_help(enum lang lang, unsigned role);
/* What the outbox remembers of a failure, in words. */
const char *mail_error_text(enum lang lang, const char *code);

/* The form of the organisation, in the order in which it is drawn. */
struct organisation_field {
    const char *name;
    enum text_key title, heading, hint; /* heading, hint: T_COUNT where there is none */
    bool is_text;
};
extern const struct organisation_field organisation_fields[];
extern const size_t organisation_field_count;

#endif
