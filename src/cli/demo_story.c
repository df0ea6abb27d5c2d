/* The stories of the example, written as data (demo/plots.yaml and the files beside it, which may have plots of their
 * own): a plot is a row of openings and acts with words left open, a story is a plot told with its own words, at its
 * own time, once or many times.
 *
 *   plots:   name: [step, …]
 *   stories: [{plot, name, lang, one, ago, until, times, steps, with}]
 *
 * A step opens a case ({open: procedure, as}) or acts on one ({act, on, opens}); `by` is a login, "public", "opener",
 * "person" (the story's, out of their cabinet), or "one" and "other": the story's moderator and the next one. `as`,
 * `on`: how the plot calls the case ("case"). `about: person`: what is opened concerns the story's person. `opens`:
 * what the act or the opening opens, in the order of their numbers; an opening opens cases of `opening`. Or it is a
 * deed about the story's person (demo_deeds.h): {consent: purpose, as}, {value, categories, purpose, source}, {look:
 * data, categories}, {transfer: recipient, purpose, categories, with_consent, as}, {hold: norm, reason}, {destruction:
 * done}; `as` then calls the consent's number, or the case that telling of the transfer opened. `after`: how long after
 * the step before; `if`: only in stories that say this word; `received`: how long before; `file: true`: with a picture;
 * `values`: {field: text or [texts]}.
 *
 * Times. `ago` says when a story begins and `after` how long after the step before: "90m", "5h" to the minute;
 * "12d 10:15" days and then the hour; "3w 10:15" working days; "now-40m" (of `after`) forty minutes before now; "y-1
 * 02-10 10:15" that day of last year. Staff work on working days: the day moves back (`ago`) or on (`after`) to one,
 * unless "!" ends it. With `times`, the story is told so often, spread from `ago` until `until`. `steps`: how many
 * steps it gets to; what is in the future never happens.
 *
 * Texts: demo_words.c. */
#include "cli/demo_story.h"
#include "cli/demo_deeds.h"
#include "store/link_rows.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (1u << 20)

static const char *const files[] = {"platform.yaml", "authority.yaml", "people.yaml"};

/* A step of one story: what a demo_step is about. */
struct happening {
    struct story *story;
    const struct yaml *node;
    size_t on;                 /* index of the case opened or acted on */
    size_t opens_from, opens;  /* those that the act opens */
    enum demo_deed_kind deed;  /* DEED_NONE: it opens or acts */
    const struct actor *actor; /* NULL: the public, or the opener */
    int64_t received_usec;
};

static bool is_outside(const char *by)
{
    return strcmp(by, "public") == 0 || strcmp(by, "opener") == 0 || strcmp(by, "person") == 0;
}

/* --- When --------------------------------------------------------------------------------------------------------- */

static bool works(const struct calendar *calendar, int32_t day)
{
    const struct calendar_day *entry = calendar_find(calendar, day);

    return entry == NULL || calendar_is_working(entry);
}

/* Days from `day`, in the direction of `way`, counted as calendar or as working days, then on to a working day. */
static int32_t days_on(const struct calendar *calendar, int32_t day, int64_t amount, int way, bool working, bool exact)
{
    if (!working)
        day += (int32_t)amount * way;
    for (; working && amount > 0; amount--)
        do
            day += way;
        while (!works(calendar, day));
    while (!exact && !works(calendar, day))
        day += way;
    return day;
}

struct when {
    char unit; /* m, h, d, w, y */
    int64_t amount;
    int month, month_day, second;
    bool exact;
};

static bool when_read(const char *text, struct when *ret)
{
    struct when when = {.unit = 'y'};
    int hour = 0, minute = 0;
    char end[3] = "";

    if (text == NULL)
        return false;
    if (sscanf(text, "y-%ld %d-%d %d:%d%2s", &when.amount, &when.month, &when.month_day, &hour, &minute, end) < 5) {
        end[0] = '\0';
        int got = sscanf(text, "%ld%c %d:%d%2s", &when.amount, &when.unit, &hour, &minute, end);
        bool in_days = when.unit == 'd' || when.unit == 'w';

        if (got < (in_days ? 4 : 2) || strchr("mhdw", when.unit) == NULL)
            return false;
    }
    if (hour > 23 || minute > 59 || hour < 0 || minute < 0 || when.amount < 0 || (end[0] != '\0' && strcmp(end, "!")))
        return false;
    when.exact = end[0] == '!';
    when.second = hour * 3600 + minute * 60;
    *ret = when;
    return true;
}

/* `way` is -1 before `from`, +1 after it. */
static int64_t when_moment(const struct calendar *calendar, struct when when, int64_t from_usec, int way)
{
    int32_t day = zone_day_of(&calendar->zone, from_usec);

    switch (when.unit) {
    case 'm':
        return from_usec + way * when.amount * MINUTE;
    case 'h':
        return from_usec + way * when.amount * DEMO_HOUR;
    case 'y':
        day = day_from_date((struct date){date_from_day(day).year - (int)when.amount, when.month, when.month_day});
        when.amount = 0;
        break;
    }
    day = days_on(calendar, day, when.amount, way, when.unit == 'w', when.exact);
    return zone_moment(&calendar->zone, day, when.second);
}

/* --- What happens ------------------------------------------------------------------------------------------------- */

static int name_opened(struct demo *demo, struct tx *tx, const struct happening *happening, int64_t leaf,
                       struct err *err);

/* Whose case it is: the opener themselves, or the one that staff say. */
static int know_person(const struct telling *telling, struct tx *tx, const struct yaml *node,
                       struct case_opening *opening, struct err *err)
{
    bool themselves = strcmp(text_in(node, "by"), "person") == 0;
    struct person person;
    int r;

    if (!themselves && text_in(node, "about") == NULL)
        return 0;
    r = person_get(tx, expand(telling, "${who}", 0), &telling->demo->each, &person, err);
    if (r < 0)
        return r;
    opening->subject_id = person.subject_id;
    if (themselves)
        opening->opener = "person";
    return 0;
}

static int live_open(const struct telling *telling, struct tx *tx, const struct happening *happening,
                     struct case_opening *opening, struct err *err)
{
    const struct actor themselves = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC, .lang = opening->lang};
    struct demo *demo = telling->demo;
    const struct actor anonymous = {.kind = ACTOR_ANONYMOUS, .roles = ROLE_PUBLIC, .lang = opening->lang};
    struct told_case *told = &happening->story->cases[happening->on];
    struct case_opened opened;
    int r;

    opening->procedure = told->procedure;
    opening->opener = happening->actor != NULL ? "staff" : "public";
    opening->received_usec = happening->received_usec;
    r = know_person(telling, tx, happening->node, opening, err);
    if (r == 0)
        r = demo_open(demo, tx, opening,
                      happening->actor != NULL                 ? happening->actor
                      : strcmp(opening->opener, "person") == 0 ? &themselves
                                                               : &anonymous,
                      telling->at_usec, &opened, err);
    if (r < 0)
        return r;
    snprintf(told->id, sizeof(told->id), "%s", opened.id);
    snprintf(told->number, sizeof(told->number), "%s", opened.number);
    return happening->opens > 0 ? name_opened(demo, tx, happening, -1, err) : 0;
}

static int64_t number_meant(const struct telling *telling, const char *text)
{
    const char *number = text != NULL ? expand(telling, text, 0) : NULL;

    return number != NULL ? strtoll(number, NULL, 10) : -1;
}

static int live_deed(const struct telling *telling, struct tx *tx, const struct happening *happening, struct err *err)
{
    const struct yaml *node = happening->node, *categories = yaml_get(node, "categories");
    const char *source = text_in(node, "source"), *what = text_in(node, node->keys[0]);
    struct told_case *told = &happening->story->cases[happening->on];
    struct demo_deed deed = {.kind = happening->deed,
                             .what = what != NULL ? expand(telling, what, 0) : NULL,
                             .names = {.id = expand(telling, "${who}", 0),
                                       .email = expand(telling, "${who_email}", 0),
                                       .full_name = expand(telling, "${name}", 0),
                                       .birth_date = "1988-03-17"},
                             .lang = happening->story->lang,
                             .purpose = text_in(node, "purpose"),
                             .source = source,
                             .reason = text_in(node, "reason"),
                             .consent = number_meant(telling, text_in(node, "with_consent")),
                             .actor = happening->actor};
    const char **ids = ARENA_ARRAY(&telling->demo->each, const char *, categories != NULL ? categories->count + 1 : 1);
    struct demo_done done;
    int r;

    if (deed.what == NULL || ids == NULL)
        return yaml_refuse(node, err, "demo_malformed", "deed");
    for (size_t i = 0; categories != NULL && i < categories->count; i++)
        ids[deed.category_count++] = categories->items[i]->text;
    deed.categories = ids;
    r = demo_deed_do(telling->demo, tx, &deed, telling->at_usec, &done, err);
    if (r < 0 || text_in(node, "as") == NULL)
        return r;
    if (done.opened.id[0] != '\0') {
        snprintf(told->id, sizeof(told->id), "%s", done.opened.id);
        snprintf(told->number, sizeof(told->number), "%s", done.opened.number);
    } else {
        snprintf(told->number, sizeof(told->number), "%lld", (long long)done.leaf);
    }
    return 0;
}

/* The cases that an act opened name its case, after it. */
static int name_opened(struct demo *demo, struct tx *tx, const struct happening *happening, int64_t leaf,
                       struct err *err)
{
    struct story *story = happening->story;
    const char *parent = story->cases[happening->on].id, *last = "";
    struct case_link_row *links;
    struct case_row row;
    size_t count, found = 0;
    int r = store_link_of_case(tx, parent, &demo->each, &links, &count, err);

    for (size_t i = 0; r == 0 && i < count && found < happening->opens; i++) {
        struct told_case *told = &story->cases[happening->opens_from + found];

        if (strcmp(links[i].to_case, parent) != 0 || links[i].leaf <= leaf || strcmp(links[i].from_case, last) == 0)
            continue;
        last = links[i].from_case;
        r = store_case_get(tx, last, &demo->each, &row, err);
        if (r < 0)
            return r;
        snprintf(told->id, sizeof(told->id), "%s", row.id);
        snprintf(told->number, sizeof(told->number), "%s", row.number);
        found++;
    }
    if (r == 0 && found != happening->opens)
        r = yaml_refuse(happening->node, err, "demo_malformed", "opens %zu", found);
    return r;
}

static int live_act(struct demo *demo, struct tx *tx, const struct happening *happening, struct case_acting *acting,
                    int64_t at_usec, struct err *err)
{
    const struct actor opener = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC};
    int64_t leaf;
    int r;

    acting->case_id = happening->story->cases[happening->on].id;
    acting->act = text_in(happening->node, "act");
    r = demo_act(demo, tx, acting, happening->actor != NULL ? happening->actor : &opener, at_usec, &leaf, err);
    if (r == 0 && happening->opens > 0)
        r = name_opened(demo, tx, happening, leaf, err);
    return r;
}

static int live(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    const struct happening *happening = step->what;
    const struct telling telling = {.demo = demo, .story = happening->story, .at_usec = step->at_usec};
    struct attachment_new file = {
        .name = "screenshot.png", .bytes = demo->data.screenshot, .count = demo->data.screenshot_len};
    size_t file_count = text_in(happening->node, "file") != NULL ? 1 : 0, raw_count;
    struct raw_value raw[VALUES_MAX];
    struct case_opening opening = {.lang = happening->story->lang, .raw = raw, .files = &file};
    struct case_acting acting = {.raw = raw, .files = &file};
    int r = values_of(&telling, happening->node, raw, &raw_count, err);

    if (r < 0)
        return r;
    opening.raw_count = acting.raw_count = raw_count;
    opening.file_count = acting.file_count = file_count;
    if (happening->deed != DEED_NONE)
        r = live_deed(&telling, tx, happening, err);
    else if (step->acts == 0)
        r = live_open(&telling, tx, happening, &opening, err);
    else
        r = live_act(demo, tx, happening, &acting, step->at_usec, err);
    if (r < 0 && strcmp(err->code, "demo_malformed") != 0) {
        const struct err why = *err;

        return yaml_refuse(happening->node, err, "demo_malformed", "story %zu (line %d): %s %s %s",
                           happening->story->index, happening->story->node->line, why.code, why.arg, why.detail);
    }
    return r;
}

/* --- Planning ----------------------------------------------------------------------------------------------------- */

static int case_add(struct story *story, const struct yaml *at, const char *name, const struct procedure *procedure,
                    int64_t at_usec, struct err *err)
{
    if (story->case_count == CASES_MAX || procedure == NULL)
        return yaml_refuse(at, err, "demo_malformed", "%s", name);
    story->cases[story->case_count++] =
        (struct told_case){.name = name, .procedure = procedure, .opened_usec = at_usec};
    return 0;
}

static int plan_opened(struct happening *happening, const struct procedure *procedure, struct err *err)
{
    const struct yaml *opens = yaml_get(happening->node, "opens");
    int r = 0;

    happening->opens_from = happening->story->case_count;
    happening->opens = opens != NULL ? opens->count : 0;
    for (size_t i = 0; r == 0 && i < happening->opens; i++)
        r = procedure == NULL
                ? yaml_refuse(opens, err, "demo_malformed", "opens")
                : case_add(happening->story, opens, opens->items[i]->text, procedure, happening->received_usec, err);
    return r;
}

static int plan_opening(struct demo *demo, struct happening *happening, struct err *err)
{
    const char *name = text_in(happening->node, "as"), *opening = text_in(happening->node, "opening");
    int r;

    happening->on = happening->story->case_count;
    r = case_add(happening->story, happening->node, name != NULL ? name : "case",
                 catalogue_procedure(demo->office->catalogue, text_in(happening->node, "open")),
                 happening->received_usec, err);
    return r < 0 ? r
                 : plan_opened(happening,
                               opening != NULL ? catalogue_procedure(demo->office->catalogue, opening) : NULL, err);
}

/* A transfer called by a name opens a case of telling it; a consent's name stands for its number. */
static int plan_deed(struct demo *demo, struct happening *happening, struct demo_step *step, struct err *err)
{
    const char *name = text_in(happening->node, "as");

    step->opens = happening->deed == DEED_TRANSFER && name != NULL;
    step->alone = happening->deed == DEED_DESTRUCTION;
    happening->on = happening->story->case_count;
    return name == NULL ? 0
                        : case_add(happening->story, happening->node, name,
                                   catalogue_procedure(demo->office->catalogue, "transfer_notice"),
                                   happening->received_usec, err);
}

static int plan_act(struct demo *demo, struct happening *happening, struct err *err)
{
    struct story *story = happening->story;
    const char *name = text_in(happening->node, "on"), *act_name = text_in(happening->node, "act");
    const struct procedure_act *act;

    for (happening->on = 0; happening->on < story->case_count; happening->on++)
        if (strcmp(story->cases[happening->on].name, name != NULL ? name : "case") == 0)
            break;
    if (happening->on == story->case_count || act_name == NULL)
        return yaml_refuse(happening->node, err, "demo_malformed", "on");
    act = procedure_act_find(story->cases[happening->on].procedure, act_name);
    return plan_opened(happening,
                       act != NULL && act->open.procedure != NULL
                           ? catalogue_procedure(demo->office->catalogue, act->open.procedure)
                           : NULL,
                       err);
}

/* What the law does not give yet cannot be asked for: the story ends there. */
static bool in_force(const struct demo *demo, const struct procedure *procedure, int64_t at_usec)
{
    for (size_t i = 0; i < procedure->clock_count; i++) {
        const struct procedure_clock *clock = &procedure->clocks[i];

        if (clock->from == NULL && clock->condition_count == 0 && procedure_clock_starts_on(clock, "opened") &&
            catalogue_norm_at(demo->office->catalogue, clock->norm_id, at_usec) == NULL)
            return false;
    }
    return true;
}

static int plan_step(struct demo *demo, struct story *story, const struct yaml *node, int64_t at_usec,
                     bool *ret_planned, struct err *err)
{
    struct happening *happening = ARENA_NEW(&demo->arena, struct happening);
    bool opening = yaml_get(node, "open") != NULL;
    const char *by = text_in(node, "by"), *received = text_in(node, "received");
    struct demo_step step = {
        .at_usec = at_usec, .live = live, .what = happening, .opens = opening, .acts = !opening, .alarms = true};
    struct when before;
    int r;

    if (happening == NULL)
        return err_memory(err);
    *happening = (struct happening){
        .story = story,
        .node = node,
        .received_usec = at_usec,
        .deed = node->kind == YAML_MAPPING && node->count > 0 ? demo_deed_parse(node->keys[0]) : DEED_NONE};
    if (happening->deed != DEED_NONE)
        step.acts = 0;
    if (by == NULL || (!is_outside(by) && (happening->actor = actor_called(demo, story, by)) == NULL))
        return yaml_refuse(node, err, "demo_malformed", "by");
    if (received != NULL) {
        if (!when_read(received, &before))
            return yaml_refuse(node, err, "demo_malformed", "received");
        happening->received_usec = when_moment(demo->office->catalogue->calendar, before, at_usec, -1);
    }
    if (happening->deed != DEED_NONE)
        r = plan_deed(demo, happening, &step, err);
    else
        r = opening ? plan_opening(demo, happening, err) : plan_act(demo, happening, err);
    if (r < 0)
        return r;
    step.opens += happening->opens;
    *ret_planned = (!opening || in_force(demo, story->cases[happening->on].procedure, happening->received_usec)) &&
                   demo_plan(demo, &step);
    return 0;
}

static int plan_steps(struct demo *demo, struct story *story, const struct yaml *plot, int64_t at_usec, struct err *err)
{
    const struct calendar *calendar = demo->office->catalogue->calendar;
    const struct yaml *with = yaml_get(story->node, "with");
    const char *limit = text_in(story->node, "steps");
    size_t count = limit != NULL ? (size_t)strtoul(limit, NULL, 10) : plot->count;
    bool planned = true;
    int r = 0;

    for (size_t i = 0; r == 0 && planned && i < plot->count && i < count; i++) {
        const struct yaml *node = plot->items[i];
        const char *after = text_in(node, "after"), *only = text_in(node, "if"), *by = text_in(node, "by");
        const struct yaml *instead = after != NULL ? yaml_get(with, after) : NULL;
        struct when when;

        if (only != NULL && yaml_get(with, only) == NULL)
            continue;
        if (instead != NULL)
            after = instead->text; /* `after` may be a word of the story too */
        if (after != NULL) {
            int64_t moment;

            bool from_now = strncmp(after, "now-", 4) == 0;

            if (!when_read(from_now ? after + 4 : after, &when))
                return yaml_refuse(node, err, "demo_malformed", "after %s", after);
            when.exact = when.exact || (by != NULL && is_outside(by));
            moment =
                from_now ? when_moment(calendar, when, demo->now_usec, -1) : when_moment(calendar, when, at_usec, 1);
            at_usec = moment > at_usec ? moment : at_usec + MINUTE;
        } else if (i > 0) {
            at_usec += MINUTE;
        }
        r = plan_step(demo, story, node, at_usec, &planned, err);
    }
    return r;
}

static int64_t begin_at(struct demo *demo, struct when from, const struct when *until, size_t i, size_t times)
{
    const struct calendar *calendar = demo->office->catalogue->calendar;

    if (times > 1) {
        int64_t span = from.amount - until->amount;
        int64_t first = from.amount - span * (int64_t)i / (int64_t)times;
        int64_t last = from.amount - span * (int64_t)(i + 1) / (int64_t)times;

        from.amount = demo_between(demo, last, first);
        from.second = (int)demo_between(demo, 9 * 3600 + 300, 17 * 3600 + 2400);
    }
    return when_moment(calendar, from, demo->now_usec, -1);
}

static int plan_once(struct demo *demo, struct stories *all, const struct yaml *node, const struct yaml *plot,
                     enum lang lang, int64_t at_usec, struct err *err)
{
    const struct demo_data *data = &demo->data;
    const char *one = text_in(node, "one");
    struct story *story;
    size_t moderator;

    if (all->count == STORIES_MAX)
        return yaml_refuse(node, err, "demo_malformed", "stories");
    story = all->items[all->count] = ARENA_NEW(&demo->arena, struct story);
    if (story == NULL)
        return err_memory(err);
    moderator = (size_t)(demo_draw(demo) % demo->moderator_count);
    for (size_t i = 0; one != NULL && i < demo->moderator_count; i++)
        if (strcmp(data->accounts[demo->moderators[i]].login, one) == 0)
            moderator = i;
    *story = (struct story){.all = all,
                            .node = node,
                            .lang = lang,
                            .index = all->count++,
                            .one = demo->moderators[moderator],
                            .other = demo->moderators[(moderator + 1) % demo->moderator_count],
                            .person = (size_t)(demo_draw(demo) % data->names[lang].count),
                            .surname = (size_t)(demo_draw(demo) % data->surnames[lang].count),
                            .digits = (uint32_t)demo_between(demo, 1000000, 9999999)};
    return plan_steps(demo, story, plot, at_usec, err);
}

static int plan_story(struct demo *demo, struct stories *all, const struct yaml *node, struct err *err)
{
    static const char *const known[] = {"plot", "name", "lang", "one", "ago", "until", "times", "steps", "with", NULL};
    const char *plot_name, *lang = "kk", *times_text = text_in(node, "times");
    const struct yaml *plot, *first;
    struct when from, until = {.unit = 'd'};
    size_t times = times_text != NULL ? (size_t)strtoul(times_text, NULL, 10) : 1;
    const char *by;
    int r = yaml_only_keys(node, known, err);

    if (r == 0)
        r = yaml_read_text(node, "plot", true, &plot_name, err);
    if (r == 0)
        r = yaml_read_text(node, "lang", false, &lang, err);
    if (r < 0)
        return r;
    plot = all->own != NULL ? yaml_get(all->own, plot_name) : NULL;
    if (plot == NULL)
        plot = yaml_get(all->plots, plot_name);
    if (plot == NULL || plot->kind != YAML_SEQUENCE || plot->count == 0 || lang_parse(lang) < 0)
        return yaml_refuse(node, err, "demo_malformed", "%s", plot_name);
    if (!when_read(text_in(node, "ago"), &from) || (times > 1 && from.unit != 'd') ||
        (times > 1 && !when_read(text_in(node, "until"), &until)))
        return yaml_refuse(node, err, "demo_malformed", "ago");
    first = plot->items[0];
    by = text_in(first, "by");
    from.exact = from.exact || (by != NULL && is_outside(by));
    for (size_t i = 0; r == 0 && i < times; i++)
        r = plan_once(demo, all, node, plot, (enum lang)lang_parse(lang), begin_at(demo, from, &until, i, times), err);
    return r;
}

static int read_file(struct demo *demo, const char *dir, const char *name, const char *key, const struct yaml **ret,
                     const struct yaml **ret_plots, struct err *err)
{
    const char *path = arena_printf(&demo->arena, "%s/%s", dir, name);
    const struct yaml *root, *cabinet;
    int r;

    if (path == NULL)
        return err_memory(err);
    r = yaml_load(path, FILE_LIMIT, &demo->arena, &root, err);
    if (r < 0)
        return r;
    *ret = yaml_get(root, key);
    *ret_plots = yaml_get(root, "plots");
    cabinet = yaml_get(root, "cabinet");
    for (size_t i = 0; cabinet != NULL && i < cabinet->count && i < DEMO_CABINETS_MAX; i++)
        snprintf(demo->report.cabinets[demo->report.cabinet_count++], sizeof(demo->report.cabinets[0]), "%s",
                 cabinet->items[i]->text);
    return *ret != NULL ? 0 : yaml_refuse(root, err, "demo_malformed", "%s", key);
}

int demo_stories_plan(struct demo *demo, const char *dir, struct err *err)
{
    struct stories *all = ARENA_NEW(&demo->arena, struct stories);
    const struct yaml *stories;
    int r;

    if (all == NULL)
        return err_memory(err);
    all->count = 0;
    r = read_file(demo, dir, "plots.yaml", "plots", &all->plots, &all->own, err);
    for (size_t f = 0; r == 0 && f < sizeof(files) / sizeof(files[0]); f++) {
        r = read_file(demo, dir, files[f], "stories", &stories, &all->own, err);
        for (size_t i = 0; r == 0 && i < stories->count; i++)
            r = plan_story(demo, all, stories->items[i], err);
    }
    return r;
}
