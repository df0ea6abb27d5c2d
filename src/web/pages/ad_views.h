/* What the pages of the library of advertising are drawn from. */
#ifndef TALAP_WEB_PAGES_AD_VIEWS_H
#define TALAP_WEB_PAGES_AD_VIEWS_H

#include "adverts/library.h"
#include "adverts/showings.h"
#include "web/ads_read.h"
#include "web/pages/kept_form.h"
#include "web/pages/views.h"

/* Is there a library to lead to: does the organisation own a platform? */
bool ads_in_menu(const struct page_frame *frame);
/* May whoever is signed in place advertisements by hand? */
bool ads_placed_by(const struct actor *actor);

/* --- Search ---------------------------------------------------------------------------------------------------------
 */
/* A condition of a search that found nothing: which, and the address of the search without it. */
struct ad_without {
    const char *title, *value, *query;
};
#define ADS_TEXTS 9
struct ads_view {
    const char *words, *advertiser, *account, *payer, *sponsor, *criterion, *language, *from, *until; /* as typed */
    const char *kind, *format, *sort;
    bool narrowed; /* any but the words and the order is said */
    const struct field_errors *errors;
    bool searched; /* the query could be understood */
    bool preparing, later_page, may_place;
    int64_t count;
    size_t found;
    const struct ad_seen *ads;
    const char *query; /* the filters as a query string, without cursor */
    const char *next_cursor;
    size_t without_count;
    const struct ad_without *without;
};

/* --- Showings -------------------------------------------------------------------------------------------------------
 */
struct ad_bar {
    int32_t day; /* the first of the bar */
    int64_t count;
};
/* Of one day and region, as it may be told: sums over days are not, for their difference would tell a day. */
struct ad_region {
    int32_t day;
    const char *title;
    const struct showing_day *figure;
};
#define AD_REGION_DAYS 31
struct ad_showings {
    size_t bar_count, region_count;
    const struct ad_bar *bars;
    const struct ad_region *regions; /* of the last AD_REGION_DAYS days of showings, the newest first */
    enum text_key title;             /* by day, week, month */
    struct html chart;
    int64_t total;
};

/* --- One advertisement ----------------------------------------------------------------------------------------------
 */
enum ad_media_shown { MEDIA_AWAY, MEDIA_IMAGE, MEDIA_SOUND, MEDIA_VIDEO, MEDIA_FILE };
struct ad_media_line {
    const struct advert_media *media;
    enum ad_media_shown shown; /* how the bytes are shown that are here; MEDIA_AWAY: they are not here */
};
/* A member of an advertisement in words, before and after a change. `same`…: how many bytes at both ends are alike, so
 * that the middle is what changed. */
struct ad_change {
    const char *title, *was, *is;
    size_t same_head, same_tail;
};
struct ad_version_line {
    int version;
    int64_t from_usec, leaf;
    bool current, here; /* here: the one being shown */
    size_t change_count;
    const struct ad_change *changes; /* against the version before */
};
#define AD_VERSIONS_SHOWN 20
struct ad_view {
    const struct ad_seen *ad;
    const char *title, *age, *period;
    bool earlier; /* not the newest version */
    size_t media_count, version_count;
    const struct ad_media_line *media;
    const struct ad_version_line *versions; /* the newest first */
    bool versions_cut;
    struct ad_showings showings;
    const char *hash;
    const char *removal_number, *removal_id; /* the case whose paper is the act of removal, or NULL */
    const char *report;                      /* where the complaint's form is, filled in; NULL: none is taken here */
    const char *snippet;                     /* HTML that embeds the mark */
    bool may_change;
    const char *done;
};

/* --- Of one party ---------------------------------------------------------------------------------------------------
 */
#define AD_CHARTED_MOST 10000
struct ads_by_view {
    enum ad_party party;
    const char *name;
    bool preparing, cut, later_page;
    int64_t count;
    int64_t first_usec, last_usec;
    struct ad_showings showings;
    size_t found;
    const struct ad_seen *ads;
    const char *next_cursor;
};

/* --- The mark -------------------------------------------------------------------------------------------------------
 */
struct ad_mark_view {
    const struct ad_seen *ad;
    const char *age;
    const char *address; /* of the advertisement's page */
    struct html style;
};

/* --- Dumps ---------------------------------------------------------------------------------------------------------
 */
struct ad_dump_file {
    const char *name, *hash;
    int64_t rows, bytes;
};
struct ad_dump {
    const char *name; /* the day as the folder is called */
    int32_t day;
    size_t count;
    const struct ad_dump_file *files;
};
struct ad_dumps_view {
    int whole_days, changes_days; /* how long files are kept */
    size_t count;
    const struct ad_dump *days; /* the newest first */
};

/* --- By hand --------------------------------------------------------------------------------------------------------
 */
/* A control of the form, and what the check found of it. */
struct ad_control {
    const struct kept_field *field;
    enum text_key heading; /* of the group that begins with it; T_common_none: none */
    enum text_key help;    /* of a group that is folded; T_common_none: it is not */
    bool open;             /* of such a group */
    bool is_date;
    size_t finding_count;
    const struct ad_finding *const *findings;
};
struct ad_form_view {
    bool only_checks; /* nothing is kept: the check before publication */
    const char *id;   /* NULL: a new one */
    int version;
    size_t count, other_count;
    const struct ad_control *controls;
    const struct ad_finding *const *others; /* of no control */
    const char *once;                       /* repeats of this form are one advertisement, or one change */
    bool checked, allowed;
    const struct field_errors *errors;
    const char *refusal;
    bool files_again; /* files were chosen, and a browser does not keep them */
};

/* Sums by day as bars: of days, of weeks where there are many, of 30 days where there are very many. */
int ad_showings_chart(const struct showing_day *days, size_t count, enum lang lang, struct arena *arena,
                      struct ad_showings *ret, struct err *err) WARN_UNUSED;

/* --- Parts written in C ---------------------------------------------------------------------------------------------
 */
void page_ad_period(struct page_out *o, const struct advert *advert);
/* A name that leads to everything of the party; nothing where there is none. */
void page_ad_party(struct page_out *o, const struct advert *advert, enum ad_party party);
/* "Advertisements found: 12 345". */
void page_ads_count(struct page_out *o, int64_t count);
/* Text of which the middle is marked as changed. `tag` is "del" or "ins". */
void page_ad_changed(struct page_out *o, const char *text, const struct ad_change *change, const char *tag);

#endif
