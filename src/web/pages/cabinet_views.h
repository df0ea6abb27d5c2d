/* What the pages of the personal cabinet are drawn from. */
#ifndef TALAP_WEB_PAGES_CABINET_VIEWS_H
#define TALAP_WEB_PAGES_CABINET_VIEWS_H

#include "persons/consents.h"
#include "persons/identity.h"
#include "persons/kept.h"
#include "web/pages/views.h"

/* --- Coming in -----------------------------------------------------------------------------------------------------
 */
struct cabinet_enter_view {
    bool by_mail, by_phone, by_certificate;
    const char *address, *address_wrong; /* as typed; what is wrong with it */
    const char *certificate_wrong;
    const char *refusal; /* a sentence on the whole, or NULL */
    const char *next;    /* where to afterwards, or "" */
    size_t demo_count;   /* of a demonstration: by which addresses its people enter */
    const char *const *demo_addresses;
};
struct cabinet_code_view {
    const char *code_wrong;
    bool paused;           /* nothing to type now */
    const char *demo_code; /* of a demonstration, which sends nothing; or NULL */
    const char *next;
};

/* --- Consents ------------------------------------------------------------------------------------------------------
 */
struct aspect_line {
    const char *word; /* "third_persons" */
    const char *title;
    bool given, stands;
};
struct consent_line {
    const struct consent *consent;
    const char *purpose;    /* its title, of the version that was agreed to */
    const char *norm;       /* or contract behind it; or NULL */
    const char *categories; /* titles, by commas */
    const char *recipients; /* titles by commas; NULL: nobody, or not said */
    const char *state;      /* how it stands, in words */
    const char *until;      /* in words */
    const char *forbidden;  /* why it may not be withdrawn (pdl.8.2), or NULL */
    bool stands;
    size_t aspect_count;
    struct aspect_line aspects[5];
};
struct cabinet_consents_view {
    size_t standing_count, past_count;
    const struct consent_line *standing, *past;
};
/* A text of an automated processing as it was agreed to (pdl.19-1.2). */
struct automated_texts {
    const char *procedure, *consequences, *defence;
};
struct cabinet_consent_view {
    const struct consent_line *line;
    const struct consent_text *text;
    const char *hash, *way;
    struct automated_texts automated; /* NULL texts: none */
    bool may_withdraw;
    const char *once;
    const char *refusal, *done_number;
};

/* --- What was done, what is held -----------------------------------------------------------------------------------
 */
struct deed_line {
    int64_t leaf, at_usec;
    const char *title;
    const char *who, *what; /* or NULL */
};
struct cabinet_history_view {
    size_t count;
    const struct deed_line *lines;
    bool all;          /* not only who looked and received */
    int64_t next_leaf; /* 0: nothing older */
};
struct data_line {
    const char *category, *purpose, *value, *source;
    int64_t collected_usec;
    const char *until;
};
struct cabinet_data_view {
    size_t count;
    const struct data_line *lines;
    bool blocked;
    size_t hold_count;
    const char *const *holds; /* "norm: reason" of each that stands */
};

/* --- Requests ------------------------------------------------------------------------------------------------------
 */
struct request_line {
    const struct procedure *procedure;
    const struct case_row *row;
    int state;
};
struct request_door {
    const char *address; /* after /{lang} */
    const char *title, *text;
};
struct cabinet_requests_view {
    size_t mine_count, told_count, door_count;
    const struct request_line *mine; /* asked by the person */
    const struct request_line *told; /* opened by the operator about them: notices */
    const struct request_door *doors;
};
struct cabinet_open_view {
    const struct procedure *procedure;
    struct form_view form;
    const char *once, *attachments_wrong;
    const char *answer_to; /* where letters go, or NULL */
};

struct cabinet_home_view {
    const struct person_session *session;
    int64_t standing, requests_open;
    size_t request_count;
    const struct request_line *requests; /* the newest */
    size_t deed_count;
    const struct deed_line *deeds;
};

/* --- Policies ------------------------------------------------------------------------------------------------------
 */
struct policy_line {
    const char *id, *title, *text, *hash;
    int64_t version, from_usec, until_usec, leaf;
};
struct policies_view {
    size_t count;
    const struct policy_line *lines;
    const char *responsible_name, *responsible_post, *responsible_email, *responsible_phone, *responsible_address;
};
struct policy_view {
    struct policy_line shown;
    size_t version_count;
    const struct policy_line *versions; /* newest first */
};

/* Are people offered the cabinet here? Where the installation plays the role of an operator. */
bool cabinet_offered(const struct office *office);

#endif
