/* What the pages of users in figures are drawn from. */
#ifndef TALAP_WEB_PAGES_AUDIENCE_VIEWS_H
#define TALAP_WEB_PAGES_AUDIENCE_VIEWS_H

#include "web/audience_read.h"
#include "web/pages/register_views.h"
#include "web/pages/views.h"

/* What one service, or all together, had. */
struct audience_service_line {
    const char *name;            /* as people read it */
    const char *id;              /* "" the platform itself; NULL: all together */
    struct audience_average six; /* public */
    int64_t last_month;          /* public: users; -1: none */
    int64_t today, month_so_far; /* staff */
};
/* One of the six months of the average. */
struct audience_of_six {
    int month;
    int64_t users; /* -1: not counted */
    int64_t leaf;
};
struct users_view {
    struct audience_average six;
    size_t of_count;
    const struct audience_of_six *of;
    const struct audience_history *history; /* the oldest first; drawn from the newest */
    struct html chart;
    size_t service_count;
    const struct audience_service_line *services;
    size_t correction_count;
    const struct audience_correction *corrections;
    bool to_staff; /* whoever reads may see the page of staff */
};

/* A day of the month that is shown. */
struct audience_day_line {
    int32_t day;
    const struct audience_figure *figure; /* NULL: not closed */
    int64_t counting;                     /* users so far of a day that takes lines; -1 where closed or waiting */
};
struct audience_link {
    const char *id, *number;
};
/* A line of a file that could not be counted. */
struct audience_bad_line {
    int64_t line;
    const char *why;
};
struct audience_view {
    int32_t today_day;
    int64_t today, yesterday, month_so_far; /* yesterday -1: it is closed */
    struct audience_average daily, rolling;
    struct html daily_gauge, rolling_gauge;
    struct audience_crossing crossing;
    const struct audience_link *duty; /* or NULL */
    size_t request_count;
    const struct audience_link *requests;
    size_t service_count; /* 0 or more than 1 */
    const struct audience_service_line *services;

    int month;                                  /* shown below */
    int earlier, later;                         /* months to go to; -1: none */
    const char *service;                        /* of which the days are; NULL: all together */
    const struct audience_figure *month_figure; /* NULL: the month is open */
    int64_t destroyed_usec;                     /* of its secret; TIME_NONE: not yet */
    size_t day_count;
    const struct audience_day_line *days;
    struct html chart;
    size_t correction_count;
    const struct audience_correction *corrections;

    bool may_correct, may_send;
    const char *done, *refusal;
    const struct field_errors *errors;
    /* The form of a correction, as typed. */
    const char *period, *users, *reason, *correct_service;
    size_t version_count; /* of the figure it names; 0: not found or not named */
    const struct audience_figure *versions;
    /* The form of a file, as typed. */
    const char *send_day, *send_service;
    int late_hour, import_mib;
    size_t bad_line_count;
    const struct audience_bad_line *bad_lines;
    const char *warned; /* how many lines said who somebody is, or NULL */
};

/* On the desk. */
struct audience_box {
    int64_t today;
    struct audience_average daily;
    struct html gauge;
    struct audience_crossing crossing;
};
/* NULL where whoever is signed in does not see figures, or none are counted here. */
int audience_box_fill(struct request *request, struct tx *tx, const struct audience_box **ret,
                      struct err *err) WARN_UNUSED;

/* Does the reader see the page of staff? */
bool audience_in_menu(const struct page_frame *frame);
bool users_in_menu(const struct page_frame *frame);

/* "2026 жылғы қазан", "Октябрь 2026 г."; inside a line "октябрь 2026 г." */
const char *audience_month_text(struct arena *arena, enum lang lang, int month);
const char *audience_month_inside(struct arena *arena, enum lang lang, int month);
/* A day or month of a figure in words. */
const char *audience_period_text(struct arena *arena, enum lang lang, bool month, int32_t number);
/* What a service is called on a page: NULL all together, "" the platform itself. */
const char *audience_service_text(enum lang lang, const char *service);
/* "2026-11", for an address; "9 April 2026, 18:30", for a sentence. */
const char *audience_month_param(struct page_out *o, int month);
const char *audience_moment_text(struct page_out *o, int64_t at_usec);
bool audience_same_service(const char *a, const char *b);
/* "1 250 000" for a sentence. */
const char *grouped_text(struct arena *arena, int64_t value);

#endif
