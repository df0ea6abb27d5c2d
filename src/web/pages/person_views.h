/* What the staff pages of people, of the registers that the operator keeps, and of "may I?" are drawn from. */
#ifndef TALAP_WEB_PAGES_PERSON_VIEWS_H
#define TALAP_WEB_PAGES_PERSON_VIEWS_H

#include "persons/destruction.h"
#include "persons/question.h"
#include "persons/vault.h"
#include "web/pages/cabinet_views.h"

/* Does the installation hold people's data as their operator, and may whoever is signed in see it? Then the menus lead
 * there. */
bool people_in_menu(const struct page_frame *frame);

/* --- People --------------------------------------------------------------------------------------------------------
 */
struct persons_view {
    const char *refusal; /* nobody was found by what was typed, which is not repeated */
};
/* A consent as staff reads it: the line of the cabinet with the words that were shown. */
struct staff_consent {
    const struct consent_line *line;
    struct consent_text text;
    const char *way;
};
struct objection_line {
    const char *state, *purpose; /* titles; purpose NULL: every one */
    const char *case_id, *number;
};
const char *destruction_state_text(enum lang lang, const char *state);
struct destruction_step {
    const char *title;
    int64_t at_usec; /* TIME_NONE: not reached yet */
    int64_t leaf;    /* of its event */
};
#define DESTRUCTION_STEPS 4
struct destruction_line {
    struct destruction_step steps[DESTRUCTION_STEPS];
    const char *checked;          /* how it was verified, or NULL */
    const char *case_id, *number; /* that asked for it, or NULL */
    const char *paper;            /* the act, of the entry paper_leaf; NULL: none was drawn up */
    int64_t paper_leaf;
    const char *ground, *state;
    const char *backups; /* how many copies remain and until when, or NULL */
    int64_t leaf, changed_usec;
};
struct person_view {
    const struct person *person;
    const char *age; /* in words */
    size_t consent_count, hold_count, objection_count, request_count, procedure_count, deed_count, destruction_count;
    const struct staff_consent *consents;
    const struct legal_hold *holds;
    const struct objection_line *objections;
    const struct request_line *requests;
    const struct procedure *const *procedures; /* that may be opened for this person */
    const struct deed_line *deeds;
    const struct destruction_line *destructions;
    int64_t next_leaf; /* older deeds are before it; 0: none */
    bool may_change;
    const char *norm, *reason, *until, *ground; /* as typed */
    const struct field_errors *errors;
    const char *refusal, *done;
};
struct person_data_view {
    const struct person *person;
    size_t count;
    const struct data_line *lines;
};

/* --- Registers -----------------------------------------------------------------------------------------------------
 */
struct kept_line {
    const char *id, *title;
    int64_t version, from_usec;
    bool retired;
};
struct kept_section {
    const char *word, *title, *text, *make; /* the kind; the words of its button */
    size_t count, shipped_count;
    const struct kept_line *rows;
    const struct kept_option *shipped; /* of the catalogue: nobody changes them here */
    bool single;                       /* one entry at most */
};
struct processing_view {
    size_t count;
    const struct kept_section *sections;
    bool may_change;
    const char *done;
};
enum kept_control {
    KEPT_LINE,
    KEPT_AREA,
    KEPT_LONG,
    KEPT_TEXTS,
    KEPT_AREAS,
    KEPT_LONGS,
    KEPT_TICK,
    KEPT_PICK,
    KEPT_TICKS
};
struct kept_option {
    const char *value, *title;
    bool chosen;
};
struct kept_field {
    enum kept_control control;
    const char *name, *title, *hint; /* hint or NULL */
    const char *texts[LANG_COUNT];   /* of one text the first */
    const char *wrong[LANG_COUNT];
    bool ticked;
    size_t option_count;
    const struct kept_option *options;
};
struct version_row {
    const char *title;
    const char *const *cells; /* one a version */
};
struct processing_entry_view {
    const char *kind, *kind_title, *heading;
    const char *id; /* NULL: a new one */
    const char *typed_id, *id_hint, *id_wrong;
    size_t country_count; /* where the id is a state, to choose from */
    const struct kept_option *countries;
    int64_t version;
    bool retired, may_change;
    size_t field_count;
    const struct kept_field *fields;
    size_t version_count, row_count;
    const struct kept_entry *const *versions; /* the newest first */
    const struct version_row *rows;
    const struct field_errors *errors;
    const char *refusal, *done;
};

/* --- May I? --------------------------------------------------------------------------------------------------------
 */
struct reason_line {
    const char *text;
    bool allows;
    size_t norm_count;
    const struct norm *const *norms;
};
struct may_view {
    const char *person, *at; /* as typed */
    const char *at_wrong;
    size_t purpose_count, action_count, category_count, recipient_count, country_count, ground_count, asker_count;
    const struct kept_option *purposes, *actions, *categories, *recipients, *countries, *grounds, *askers;
    bool answered;
    enum answer answer;
    const char *sentence;
    size_t reason_count;
    const struct reason_line *reasons;
    int64_t consent;    /* -1: none */
    const char *ground; /* or NULL */
    int64_t at_usec;    /* the moment answered for */
    bool past;
    const char *catalogue_hash, *calendar_hash;
    const char *refusal;
};

#endif
