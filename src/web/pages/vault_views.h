/* What the staff pages of depersonalised exports and of what ends soon are drawn from. */
#ifndef TALAP_WEB_PAGES_VAULT_VIEWS_H
#define TALAP_WEB_PAGES_VAULT_VIEWS_H

#include "persons/depersonalise.h"
#include "web/pages/person_views.h"

/* --- Depersonalised exports ----------------------------------------------------------------------------------------
 */

/* One category of the purpose, and how its values shall be made coarse. */
struct coarse_field {
    const char *category, *title;
    size_t how_count;
    const struct kept_option *hows;
    const char *width;                   /* as typed */
    const char *how_wrong, *width_wrong; /* sentences, or NULL */
};
/* A column as the report tells of it. */
struct coarse_line {
    const char *title, *how;
    int64_t before, after; /* different values */
    bool dropped, sensitive;
};
struct depersonalise_view {
    bool may_make;
    size_t purpose_count, research_count, field_count, sensitive_count, form_count, line_count;
    const struct kept_option *purposes, *researches, *sensitives;
    const char *purpose, *purpose_title; /* the chosen one; NULL: none yet */
    const struct coarse_field *fields;
    const char *left_out; /* titles of what identifies and is in no export; NULL: none */
    const char *k, *l;    /* as typed */
    bool refuse;          /* small groups */
    const struct field_errors *errors;
    const struct depersonalising *request; /* with a report */
    const struct depersonalised *report;   /* or NULL */
    const struct coarse_line *lines;
    const struct raw_value *form; /* what was sent, to be sent again for the file */
};

/* --- What ends soon ------------------------------------------------------------------------------------------------
 */
struct ending_line {
    const char *subject_id, *category, *purpose; /* titles; NULL where unknown */
    int32_t day;
    bool blocked, held;
};
struct unfinished_line {
    const char *subject_id, *state, *ground;
    int64_t changed_usec;
    bool waits; /* a hold or a block stands in its way */
};
struct retention_view {
    size_t ending_count, unfinished_count, backup_count;
    const struct ending_line *endings;
    const struct unfinished_line *unfinished;
    const struct backup_row *backups;
    bool cut; /* more end than are shown */
};

#endif
