/* Users in figures as the pages and the API tell them: the history of months, the days of a month, corrections, and
 * what a correction names. */
#ifndef TALAP_WEB_AUDIENCE_READ_H
#define TALAP_WEB_AUDIENCE_READ_H

#include "audience/figures.h"
#include "web/http.h"

#define AUDIENCE_MONTHS 36         /* of the history on a page and in JSON */
#define AUDIENCE_MONTHS_WHOLE 1200 /* in a file */
#define AUDIENCE_SERVICES 50       /* drawn on pages */

/* Does the organisation run a platform, so that it counts users? */
bool audience_offered(const struct office *office);

/* A closed month, or one between closed ones for which there is no figure. */
struct audience_month_line {
    int month;
    const struct audience_figure *figure; /* NULL: none */
    struct audience_average daily, six;   /* users -1: nothing counted */
};
struct audience_history {
    size_t count; /* the oldest first */
    const struct audience_month_line *lines;
};
/* The closed months, at most `most` of the newest; `service` NULL: all together. */
int audience_history(struct tx *tx, const char *service, size_t most, struct arena *arena, struct audience_history *ret,
                     struct err *err) WARN_UNUSED;

/* Names of services that were ever counted, by name. */
int audience_service_names(struct tx *tx, struct arena *arena, const char *const **ret, size_t *ret_count,
                           struct err *err) WARN_UNUSED;

struct audience_correction {
    const struct audience_figure *before; /* NULL: of a service that the period had not counted */
    const struct audience_figure *after;
    int64_t at_usec;
};
/* Of the days or months from…until, of each service and of all, the newest first; at most `most`. */
int audience_corrections(struct tx *tx, bool months, int32_t from, int32_t until, size_t most, struct arena *arena,
                         struct audience_correction **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

/* "2026-11-20" a day, "2026-11" a month; false for anything else. */
bool audience_period_parse(const char *text, bool *ret_month, int32_t *ret_number);
/* The same written; 11 bytes with NUL. */
void audience_period_format(bool month, int32_t number, char ret[static 12]);
/* The month of a day, the first and last day of a month. */
int audience_month_of(int32_t day);
int32_t audience_month_first(int month);
int32_t audience_month_last(int month);

/* The versions of a figure that may be corrected, the newest last. A known service that a closed period did not count
 * has one of version 0 with nothing counted: its users may have been sent late, and that is a correction too.
 * ERR_NOT_FOUND "figure_unknown". */
int audience_correctable(struct tx *tx, bool month, int32_t number, const char *service, struct arena *arena,
                         struct audience_figure **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

/* A correction that somebody asks for. `version`: which one they saw, -1 where they say `before` instead; either
 * protects what another corrected meanwhile. */
struct audience_wish {
    bool month;
    int32_t number;
    const char *service;            /* NULL: all together */
    int64_t version, before, users; /* before -1: not said */
    const char *reason;
};
/* From the values of a form or of JSON: period, service ("*" or absent: all together), users, reason, and version or
 * before. Refusals stand beside the fields: -ERR_BAD_INPUT "fields_refused"; what was read until then is in `ret`. */
int audience_wish_read(struct request *request, const struct raw_value *raw, size_t raw_count,
                       struct audience_wish *ret, struct err *err) WARN_UNUSED;
/* In a write transaction; ERR_STALE "figure_changed" where the newest version is another, and refusals of
 * audience_correct. */
int audience_wish_write(struct tx *tx, const struct office *office, const struct audience_wish *wish,
                        const struct actor *actor, int64_t now_usec, int64_t *ret_leaf, struct err *err) WARN_UNUSED;

/* The history as CSV: month,service,users,… of all together and of each service. */
int audience_csv(struct request *request, struct response *response, struct err *err) WARN_UNUSED;

#endif
