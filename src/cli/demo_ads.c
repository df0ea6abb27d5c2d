/* Advertisements of the example, as demo/ads.yaml tells them: who advertises, and what each of them showed, once or
 * many times with other words and numbers. They go the service's own way: read, checked and kept; changed; counts of
 * their showings added once a week; removed with an act when their year is over.
 *
 *   advertisers: [{key, name, account, url}]
 *   ads: [{by, times, ago, until, days, shown, with, advert, changes, unmarked}]
 *
 * `times` instances begin between `ago` and `until` days ago and run `days` each (0: without end); `shown`: how often a
 * day at the best. `advert` is the advertisement as the API takes it (adverts/advert.h), of which id, period, account,
 * advertiser, payer and mark are filled in unless it has them itself; a text gets its mark as the first line, unless
 * `unmarked`. ${word} in its texts is one of the texts that `with` lists, another one in every instance. `changes`:
 * [{after: days, with members of the advertisement that then change}]; every other instance is changed. */
#include "adverts/check.h"
#include "adverts/intake.h"
#include "adverts/showings.h"
#include "base/json.h"
#include "base/yaml.h"
#include "cli/demo_life.h"
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (1u << 20)
#define ADS_MAX 600
#define REGIONS_MAX 6
#define REMOVED_DAYS 75 /* for so long the year of some is over */
#define HOUR 3600

struct demo_advert {
    const struct yaml *entry, *advertiser;
    size_t number;       /* which of the entry's instances */
    int32_t from, until; /* until: INT32_MAX */
    int64_t shown;
    char id[ADVERT_ID_TEXT];
    int64_t serial, version;
    json_t *said; /* its newest version */
};
struct demo_change {
    struct demo_advert *advert;
    const struct yaml *node;
};
struct demo_adverts {
    const struct yaml *advertisers;
    struct advert_rules *rules;
    size_t count;
    struct demo_advert *items[ADS_MAX];
};
struct demo_week {
    int32_t from, until;
    const struct showings *showings;
    int64_t at_usec;
};

void demo_ads_free(struct demo_adverts *adverts)
{
    if (adverts == NULL)
        return;
    for (size_t i = 0; i < adverts->count; i++)
        json_decref(adverts->items[i]->said);
    advert_rules_free(adverts->rules);
}

/* --- Texts ---------------------------------------------------------------------------------------------------------
 */

static const char *word_of(const struct demo_advert *advert, const char *word, size_t len)
{
    const struct yaml *with = yaml_get(advert->entry, "with");

    for (size_t i = 0; with != NULL && i < with->count; i++) {
        const struct yaml *list = with->items[i];

        if (strlen(with->keys[i]) == len && memcmp(with->keys[i], word, len) == 0 && list->count > 0)
            return list->items[(advert->number + i * 2) % list->count]->text;
    }
    for (size_t i = 0; i < advert->advertiser->count; i++)
        if (strlen(advert->advertiser->keys[i]) == len && memcmp(advert->advertiser->keys[i], word, len) == 0)
            return advert->advertiser->items[i]->text;
    return NULL;
}

static int text_of(const struct demo_advert *advert, const struct yaml *node, struct buf *out, struct err *err)
{
    const char *at = node->text, *open;

    while ((open = strstr(at, "${")) != NULL) {
        const char *close = strchr(open, '}');
        const char *word = close != NULL ? word_of(advert, open + 2, (size_t)(close - open - 2)) : NULL;

        if (word == NULL)
            return yaml_refuse(node, err, "demo_malformed", "%s", open);
        buf_put(out, at, (size_t)(open - at));
        buf_puts(out, word);
        at = close + 1;
    }
    buf_puts(out, at);
    return out->failed ? err_memory(err) : 0;
}

static int scalar_of(const struct demo_advert *advert, const struct yaml *node, json_t **ret, struct err *err)
{
    CLEANUP_BUF struct buf out = {0};
    bool plain = !node->quoted,
         number = plain && *node->text != '\0' && strspn(node->text, "0123456789") == strlen(node->text);
    int r;

    buf_init(&out, FILE_LIMIT);
    r = text_of(advert, node, &out, err);
    if (r < 0)
        return r;
    if (plain && (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0))
        *ret = json_boolean(node->text[0] == 't');
    else if (number)
        *ret = json_integer(strtoll(node->text, NULL, 10));
    else
        *ret = json_stringn(out.data, out.len);
    return *ret != NULL ? 0 : err_memory(err);
}

static int json_of(const struct demo_advert *advert, const struct yaml *node, json_t **ret, struct err *err)
{
    json_t *made;
    int r = 0;

    if (node->kind == YAML_SCALAR)
        return scalar_of(advert, node, ret, err);
    made = node->kind == YAML_MAPPING ? json_object() : json_array();
    if (made == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < node->count; i++) {
        json_t *item = NULL;

        r = json_of(advert, node->items[i], &item, err);
        if (r == 0 && (node->kind == YAML_MAPPING ? json_object_set_new(made, node->keys[i], item)
                                                  : json_array_append_new(made, item)) != 0)
            r = err_memory(err);
    }
    if (r < 0)
        json_decref(made);
    else
        *ret = made;
    return r;
}

static const char *member_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

/* Where its mark is, if nothing else is said: in a text's first line, before sound or video, else beside. */
static int set_mark(struct demo *demo, const struct demo_advert *advert, json_t *said, struct err *err)
{
    const char *format = member_text(said, "format"), *language = member_text(said, "language");
    const char *mark = strcmp(language, "kk") == 0   ? "Жарнама"
                       : strcmp(language, "ru") == 0 ? "Реклама"
                                                     : "Жарнама / Реклама";
    bool text = strcmp(format, "text") == 0, image = strcmp(format, "image") == 0;
    const char *place = text ? "first_line" : image ? "on_image" : "before_start";
    const char *marked;

    if (json_object_get(said, "mark") != NULL || yaml_get(advert->entry, "unmarked") != NULL)
        return 0;
    if (text) {
        marked = arena_printf(&demo->each, "%s\n%s", mark, member_text(said, "text"));
        if (marked == NULL || json_object_set_new(said, "text", json_string(marked)) != 0)
            return err_memory(err);
    }
    return json_object_set_new(said, "mark", json_pack("{s:s,s:s}", "text", mark, "place", place)) == 0
               ? 0
               : err_memory(err);
}

static int set_party(const struct demo_advert *advert, json_t *said, const char *party, const char *from, bool url,
                     struct err *err)
{
    const char *name, *address;
    json_t *made;
    int r = yaml_read_text(advert->advertiser, from, true, &name, err);

    if (r == 0)
        r = yaml_read_text(advert->advertiser, "url", true, &address, err);
    if (r < 0 || json_object_get(said, party) != NULL)
        return r;
    made = url ? json_pack("{s:s,s:s}", "name", name, "url", address) : json_pack("{s:s}", "name", name);
    return made != NULL && json_object_set_new(said, party, made) == 0 ? 0 : err_memory(err);
}

static int set_period(const struct demo_advert *advert, json_t *said, struct err *err)
{
    char from[11], until[11];
    json_t *period;

    date_format(date_from_day(advert->from), from);
    period = json_pack("{s:s}", "from", from);
    if (period != NULL && advert->until != INT32_MAX) {
        date_format(date_from_day(advert->until), until);
        (void)json_object_set_new(period, "until", json_string(until));
    }
    return period != NULL && json_object_set_new(said, "period", period) == 0 ? 0 : err_memory(err);
}

/* As the platform would send it. */
static int said_first(struct demo *demo, struct demo_advert *advert, struct err *err)
{
    const struct yaml *node = yaml_get(advert->entry, "advert");
    const char *key = yaml_get(advert->advertiser, "key")->text;
    const char *own_id =
        arena_printf(&demo->each, "%s-%d-%zu", key, yaml_get(advert->entry, "by")->line, advert->number + 1);
    json_t *said;
    int r = node == NULL || node->kind != YAML_MAPPING ? yaml_refuse(advert->entry, err, "demo_malformed", "advert")
                                                       : json_of(advert, node, &said, err);

    if (r < 0)
        return r;
    json_decref(advert->said);
    advert->said = said;
    if (own_id == NULL || json_object_set_new(said, "id", json_string(own_id)) != 0)
        return err_memory(err);
    r = set_mark(demo, advert, said, err);
    if (r == 0)
        r = set_party(advert, said, "account", "account", true, err);
    if (r == 0)
        r = set_party(advert, said, "advertiser", "name", true, err);
    if (r == 0)
        r = set_party(advert, said, "payer", "name", false, err);
    return r < 0 ? r : set_period(advert, said, err);
}

static int said_next(struct demo *demo, const struct demo_change *change, struct err *err)
{
    struct demo_advert *advert = change->advert;
    bool text = false;
    int r = 0;

    for (size_t i = 0; r == 0 && i < change->node->count; i++) {
        json_t *member = NULL;

        if (strcmp(change->node->keys[i], "after") == 0)
            continue;
        text = text || strcmp(change->node->keys[i], "text") == 0;
        r = json_of(advert, change->node->items[i], &member, err);
        if (r == 0 && json_object_set_new(advert->said, change->node->keys[i], member) != 0)
            r = err_memory(err);
    }
    if (r == 0 && text) {
        (void)json_object_del(advert->said, "mark");
        r = set_mark(demo, advert, advert->said, err);
    }
    return r;
}

/* --- Keeping -------------------------------------------------------------------------------------------------------
 */

static const struct actor *the_service(const struct demo *demo)
{
    for (size_t i = 0; i < demo->data.account_count; i++)
        if ((demo->actors[i].roles & ROLE_SERVICE) != 0)
            return &demo->actors[i];
    return &demo->actors[demo->moderators[0]];
}

static int refused(const struct demo_advert *advert, const struct field_errors *errors, const struct intake *intake,
                   struct err *err)
{
    if (errors->count > 0)
        return yaml_refuse(advert->entry, err, "demo_malformed", "%s %s", errors->items[0].field,
                           errors->items[0].code);
    return yaml_refuse(advert->entry, err, "demo_malformed", "%s", intake->unlawful[0].result);
}

/* Read, checked and made ready, as what comes to the API is. */
static int take_in(struct demo *demo, const struct demo_advert *advert, int64_t at_usec, struct intake *ret,
                   struct err *err)
{
    struct intake_rules rules = {.rules = demo->adverts->rules,
                                 .lang = LANG_KK,
                                 .today = zone_day_of(&demo->office->catalogue->calendar->zone, at_usec),
                                 .now_usec = at_usec,
                                 .id = advert->version > 0 ? advert->id : NULL,
                                 .version = advert->version + 1};
    struct field_errors errors;
    char *text = json_dumps(advert->said, JSON_COMPACT);
    int r;

    if (text == NULL)
        return err_memory(err);
    field_errors_init(&errors, &demo->each);
    r = intake_read(&rules, false, text, strlen(text), &demo->each, ret, &errors, err);
    free(text);
    return (r < 0 && errors.count > 0) || (r == 0 && ret->unlawful_count > 0) ? refused(advert, &errors, ret, err) : r;
}

static int live_placing(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    struct demo_advert *advert = (struct demo_advert *)(uintptr_t)step->what;
    struct intake intake;
    int64_t leaf;
    int r;

    advert->version = 0;
    r = said_first(demo, advert, err);
    if (r == 0)
        r = take_in(demo, advert, step->at_usec, &intake, err);
    if (r == 0)
        r = adverts_keep(tx, demo->office, intake.adverts, 1, the_service(demo), step->at_usec, &leaf, err);
    if (r < 0)
        return r;
    memcpy(advert->id, intake.adverts[0].id, sizeof(advert->id));
    advert->serial = intake.adverts[0].serial;
    advert->version = 1;
    return 0;
}

static int live_change(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    const struct demo_change *change = step->what;
    struct demo_advert *advert = change->advert;
    struct intake intake;
    int64_t leaf;
    int r = said_next(demo, change, err);

    if (r == 0)
        r = take_in(demo, advert, step->at_usec, &intake, err);
    if (r == 0)
        r = advert_change(tx, demo->office, advert->serial, advert->version, intake.adverts, the_service(demo),
                          step->at_usec, &leaf, err);
    if (r == 0)
        advert->version++;
    return r;
}

/* --- Showings ------------------------------------------------------------------------------------------------------
 */

/* Rises in the first days, then falls slowly; fewer at weekends, no day like another. */
static int64_t shown_on(struct demo *demo, const struct demo_advert *advert, int32_t day)
{
    int32_t length = advert->until == INT32_MAX ? 120 : advert->until - advert->from + 1, at = day - advert->from;
    int32_t rise = length / 5 + 1;
    int64_t percent = at < rise ? 30 + 70 * at / rise : 100 - 60 * (at - rise) / (length - rise + 1);

    percent = percent < 15 ? 15 : percent;
    if ((day + 3) % 7 >= 5)
        percent = percent * 4 / 5;
    return advert->shown * percent * demo_between(demo, 88, 112) / 10000;
}

static bool shows_on(const struct demo_advert *advert, int32_t day)
{
    return advert->version > 0 && day >= advert->from && day <= advert->until;
}

/* By region, as shares of a day's thousand: of some no region is said. */
static size_t write_regions(struct demo *demo, const struct demo_advert *advert, int32_t day, struct showing *rows)
{
    static const struct {
        uint16_t region, share;
    } shares[REGIONS_MAX] = {{75, 360}, {71, 240}, {79, 130}, {35, 100}, {27, 25}, {0, 145}};
    int64_t shown = shown_on(demo, advert, day);
    size_t count = 0;

    for (size_t i = 0; i < REGIONS_MAX; i++) {
        int64_t here = shown * shares[i].share / 1000;

        if (here > 0)
            rows[count++] = (struct showing){
                .advert = (uint32_t)advert->serial, .day = day, .region = shares[i].region, .count = (uint32_t)here};
    }
    return count;
}

static int write_showings(struct tx *tx, struct store_command *command, struct err *err)
{
    const struct demo_week *week = command->arg;

    return showings_write(tx, week->showings, week->at_usec, err);
}

static int live_showings(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    const struct demo_week *planned = step->what;
    size_t days = (size_t)(planned->until - planned->from + 1), count = 1;
    struct demo_week week = *planned;
    struct showings showings = {0};
    int r;

    (void)tx;
    showings.rows = ARENA_ARRAY(&demo->each, struct showing, demo->adverts->count * days * REGIONS_MAX);
    if (showings.rows == NULL)
        return err_memory(err);
    for (size_t i = 0; i < demo->adverts->count; i++)
        for (int32_t day = week.from; day <= week.until; day++)
            if (shows_on(demo->adverts->items[i], day))
                showings.count += write_regions(demo, demo->adverts->items[i], day, showings.rows + showings.count);
    if (showings.count == 0)
        return 0;
    week.showings = &showings;
    week.at_usec = step->at_usec;
    r = showings_sort(showings.rows, &showings.count, err);
    if (r == 0)
        r = store_write(demo->office->store, write_showings, &week, err);
    while (r == 0 && count > 0)
        r = showings_fold(demo->office, step->at_usec, &count, err);
    return r;
}

/* --- Removal -------------------------------------------------------------------------------------------------------
 */

static int live_removal(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(demo->office->catalogue, "advert_removal");
    bool told = procedure != NULL && office_runs(demo->office, procedure);
    size_t count = 1;
    int r = 0;

    (void)tx;
    while (r == 0 && count > 0) {
        r = adverts_remove_pass(demo->office, step->at_usec, &count, err);
        if (r == 0 && count > 0 && told) {
            demo->report.cases++;
            demo->report.acts++;
        }
    }
    return r;
}

/* --- Planning ------------------------------------------------------------------------------------------------------
 */

static int number_in(const struct yaml *node, const char *key, int64_t *ret, struct err *err)
{
    int r = yaml_read_int(node, key, true, ret, err);

    return r == 0 && *ret < 0 ? yaml_refuse(node, err, "demo_malformed", "%s", key) : r;
}

static int plan_changes(struct demo *demo, struct demo_advert *advert, struct err *err)
{
    const struct zone *zone = &demo->office->catalogue->calendar->zone;
    const struct yaml *changes = yaml_get(advert->entry, "changes");
    int r = 0;

    for (size_t i = 0; r == 0 && changes != NULL && i < changes->count && advert->number % 2 == 0; i++) {
        struct demo_change *change = ARENA_NEW(&demo->arena, struct demo_change);
        struct demo_step step = {.live = live_change, .what = change};
        int64_t after;

        r = change != NULL ? number_in(changes->items[i], "after", &after, err) : err_memory(err);
        if (r < 0)
            return r;
        *change = (struct demo_change){.advert = advert, .node = changes->items[i]};
        step.at_usec = zone_moment(zone, advert->from + (int32_t)after, (int)demo_between(demo, 10 * HOUR, 17 * HOUR));
        if (advert->until == INT32_MAX || advert->from + after <= advert->until)
            (void)demo_plan(demo, &step);
    }
    return r;
}

static int plan_one(struct demo *demo, const struct demo_advert *planned, struct err *err)
{
    const struct zone *zone = &demo->office->catalogue->calendar->zone;
    struct demo_adverts *adverts = demo->adverts;
    struct demo_advert *advert = ARENA_NEW(&demo->arena, struct demo_advert);
    struct demo_step step = {.live = live_placing, .what = advert};

    if (adverts->count == ADS_MAX)
        return yaml_refuse(planned->entry, err, "demo_malformed", "ads");
    if (advert == NULL)
        return err_memory(err);
    *advert = *planned;
    step.at_usec = zone_moment(zone, advert->from, (int)demo_between(demo, 8 * HOUR, 19 * HOUR));
    if (!demo_plan(demo, &step))
        return 0;
    adverts->items[adverts->count++] = advert;
    return plan_changes(demo, advert, err);
}

static const struct yaml *advertiser_of(const struct demo_adverts *adverts, const struct yaml *entry)
{
    const struct yaml *by = yaml_get(entry, "by");

    for (size_t i = 0; by != NULL && i < adverts->advertisers->count; i++) {
        const struct yaml *key = yaml_get(adverts->advertisers->items[i], "key");

        if (key != NULL && strcmp(key->text, by->text) == 0)
            return adverts->advertisers->items[i];
    }
    return NULL;
}

static int plan_entry(struct demo *demo, const struct yaml *entry, struct err *err)
{
    static const char *const known[] = {"by",   "times",  "ago",     "until",    "days", "shown",
                                        "with", "advert", "changes", "unmarked", NULL};
    int32_t today = zone_day_of(&demo->office->catalogue->calendar->zone, demo->now_usec);
    struct demo_advert advert = {.entry = entry, .advertiser = advertiser_of(demo->adverts, entry)};
    int64_t times, ago, until, days;
    int r = yaml_only_keys(entry, known, err);

    if (r == 0 && advert.advertiser == NULL)
        r = yaml_refuse(entry, err, "demo_malformed", "by");
    if (r == 0)
        r = number_in(entry, "times", &times, err);
    if (r == 0)
        r = number_in(entry, "ago", &ago, err);
    if (r == 0)
        r = number_in(entry, "until", &until, err);
    if (r == 0)
        r = number_in(entry, "days", &days, err);
    if (r == 0)
        r = number_in(entry, "shown", &advert.shown, err);
    for (int64_t i = 0; r == 0 && i < times; i++) {
        advert.number = (size_t)i;
        advert.from =
            today - (int32_t)(ago - (ago - until) * i / times - demo_between(demo, 0, (ago - until) / times / 2));
        advert.until = days == 0 ? INT32_MAX : advert.from + (int32_t)days - 1;
        r = plan_one(demo, &advert, err);
    }
    return r;
}

static int plan_weeks(struct demo *demo, int32_t since, struct err *err)
{
    const struct zone *zone = &demo->office->catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, demo->now_usec), next;
    struct demo_step step = {.live = live_showings, .alone = true};

    for (int32_t day = since; day < today; day = next) {
        struct demo_week *week = ARENA_NEW(&demo->arena, struct demo_week);

        if (week == NULL)
            return err_memory(err);
        next = day + 7 < today ? day + 7 : today;
        *week = (struct demo_week){.from = day, .until = next - 1};
        step.what = week;
        step.at_usec = zone_moment(zone, next, 4 * HOUR);
        if (step.at_usec >= demo->now_usec)
            step.at_usec = demo->now_usec - 2 * USEC_PER_SEC;
        (void)demo_plan(demo, &step);
    }
    return 0;
}

static void plan_removals(struct demo *demo)
{
    const struct zone *zone = &demo->office->catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, demo->now_usec);
    struct demo_step step = {.live = live_removal, .alone = true};

    for (int32_t day = today - REMOVED_DAYS; day <= today; day++) {
        step.at_usec = zone_moment(zone, day, 4 * HOUR + HOUR / 2);
        (void)demo_plan(demo, &step);
    }
}

int demo_ads_plan(struct demo *demo, const char *dir, struct err *err)
{
    const char *path = arena_printf(&demo->arena, "%s/ads.yaml", dir);
    struct demo_adverts *adverts = ARENA_NEW(&demo->arena, struct demo_adverts);
    int32_t today = zone_day_of(&demo->office->catalogue->calendar->zone, demo->now_usec), since = today;
    const struct yaml *root, *ads;
    int r;

    if (path == NULL || adverts == NULL)
        return err_memory(err);
    *adverts = (struct demo_adverts){0};
    demo->adverts = adverts;
    r = yaml_load(path, FILE_LIMIT, &demo->arena, &root, err);
    if (r < 0)
        return r;
    adverts->advertisers = yaml_get(root, "advertisers");
    ads = yaml_get(root, "ads");
    if (adverts->advertisers == NULL || ads == NULL || ads->kind != YAML_SEQUENCE)
        return yaml_refuse(root, err, "demo_malformed", "ads");
    r = advert_rules_new(demo->office->catalogue, NULL, &adverts->rules, err);
    for (size_t i = 0; r == 0 && i < ads->count; i++)
        r = plan_entry(demo, ads->items[i], err);
    for (size_t i = 0; i < adverts->count; i++)
        since = adverts->items[i]->from < since ? adverts->items[i]->from : since;
    if (r == 0)
        r = plan_weeks(demo, since, err);
    if (r == 0)
        plan_removals(demo);
    return r;
}
