/* The calendar of a person's due moments, put together with libical, which knows how values are escaped and lines are
 * folded. Moments stand in UTC, which every program turns into its owner's time, whatever tables of zones it has; days
 * stand as days. */
#include "out/calendar_feed.h"

#include "base/locale.h"
#include "law/catalogue.h"
#include "out/paper_layout.h"
#include <libical/ical.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_LIMIT 4096
#define LAST_SECOND 86399
#define REFRESH_HOURS 1
#define MORNING_HOURS 15 /* from nine in the morning to the midnight at which the day begins */

struct feed {
    const struct office *office;
    const struct zone *zone;
    const char *public_url;
    enum lang lang;
    struct arena *arena;
    icalcomponent *calendar;
    bool failed; /* no memory */
};

/* --- Pieces --------------------------------------------------------------------------------------------------------
 */

/* The property goes over to the component; NULL: there was no memory for it. */
static void put(struct feed *feed, icalcomponent *to, icalproperty *property)
{
    if (property == NULL)
        feed->failed = true;
    else
        icalcomponent_add_property(to, property);
}

static void put_text(struct feed *feed, icalcomponent *to, icalproperty *(*make)(const char *), const char *text)
{
    put(feed, to, text == NULL ? NULL : make(text));
}

static void put_x(struct feed *feed, icalcomponent *to, const char *name, const char *text)
{
    icalproperty *property = icalproperty_new_x(text);
    if (property != NULL)
        icalproperty_set_x_name(property, name);
    put(feed, to, property);
}

static icalcomponent *part(struct feed *feed, icalcomponent *of, icalcomponent_kind kind)
{
    icalcomponent *made = icalcomponent_new(kind);
    if (made == NULL)
        feed->failed = true;
    else
        icalcomponent_add_component(of, made);
    return made;
}

static struct icaltimetype moment_of(int64_t at_usec)
{
    int64_t rest = at_usec % USEC_PER_SEC;
    int64_t sec = at_usec / USEC_PER_SEC - (rest < 0);
    return icaltime_from_timet_with_zone((time_t)sec, 0, icaltimezone_get_utc_timezone());
}

static struct icaltimetype day_of(int32_t day)
{
    struct icaltimetype time = icaltime_null_date();
    struct date date = date_from_day(day);
    time.year = date.year;
    time.month = date.month;
    time.day = date.day;
    return time;
}

static struct icaldurationtype hours_before(int hours)
{
    struct icaldurationtype duration = icaldurationtype_from_int(-hours * 3600);
    return duration;
}

/* --- One clock -----------------------------------------------------------------------------------------------------
 */

enum shape { SHAPE_AT_ONCE, SHAPE_HOURS, SHAPE_MOMENT, SHAPE_DAY };

/* Days counted from a moment end at that moment's time of day; other days with their last second. */
static enum shape shape_of(const struct feed *feed, const struct clock_row *clock, const struct norm *norm)
{
    int32_t day = zone_day_of(feed->zone, clock->due_usec);
    if (norm != NULL && norm->clock.unit == UNIT_AT_ONCE)
        return SHAPE_AT_ONCE;
    if (norm != NULL && (norm->clock.unit == UNIT_HOUR || norm->clock.unit == UNIT_MINUTE))
        return SHAPE_HOURS;
    bool ends = clock->due_usec - clock->due_usec % USEC_PER_SEC == zone_moment(feed->zone, day, LAST_SECOND);
    return ends ? SHAPE_DAY : SHAPE_MOMENT;
}

static void say(struct feed *feed, struct buf *words, enum text_key key, const char *argument)
{
    text_put_format(words, feed->lang, key, argument, NULL, buf_puts);
}

static void say_moment(struct feed *feed, struct buf *words, enum text_key key, int64_t at_usec)
{
    struct buf moment CLEANUP_BUF = {0};
    buf_init(&moment, WORDS_LIMIT);
    text_put_moment(&moment, feed->lang, feed->zone, at_usec, true);
    say(feed, words, key, moment.failed ? "" : moment.data);
    words->failed = words->failed || moment.failed;
    buf_putc(words, '\n');
}

static const char *description(struct feed *feed, const struct procedure *procedure, const struct clock_row *clock,
                               enum shape shape, bool duty, bool right)
{
    struct buf words CLEANUP_BUF = {0};
    const char *norm = paper_norm_words(feed->office->catalogue, clock->norm, feed->lang, feed->arena);
    buf_init(&words, WORDS_LIMIT);
    buf_printf(&words, "%s\n", procedure->title.in[feed->lang]);
    if (shape == SHAPE_AT_ONCE) {
        say_moment(feed, &words, T_feed_at_once, clock->starts_usec);
    } else {
        say_moment(feed, &words, T_feed_due, clock->due_usec);
        if (duty)
            say_moment(feed, &words, T_feed_overdue, clock->overdue_usec);
        else if (right)
            buf_printf(&words, "%s\n", text_get(feed->lang, T_case_right_runs));
    }
    say(feed, &words, T_feed_norm, norm);
    if (norm == NULL || words.failed)
        return NULL;
    return arena_strndup(feed->arena, words.data, words.len);
}

static void put_alarm(struct feed *feed, icalcomponent *event, const char *summary, enum shape shape)
{
    static const int hours[] = {
        [SHAPE_AT_ONCE] = 0, [SHAPE_HOURS] = 1, [SHAPE_MOMENT] = 24, [SHAPE_DAY] = MORNING_HOURS};
    struct icaltriggertype trigger = {.time = icaltime_null_time(), .duration = hours_before(hours[shape])};
    icalcomponent *alarm = part(feed, event, ICAL_VALARM_COMPONENT);
    if (alarm == NULL)
        return;
    put(feed, alarm, icalproperty_new_action(ICAL_ACTION_DISPLAY));
    put_text(feed, alarm, icalproperty_new_description, summary);
    put(feed, alarm, icalproperty_new_trigger(trigger));
}

static void put_event(struct feed *feed, const struct owed_clock *owed, const struct procedure *procedure)
{
    const struct clock_row *clock = &owed->clock;
    const struct procedure_clock *known = procedure_clock_find(procedure, clock->clock);
    const struct norm *norm = clock_norm(feed->office->catalogue, clock);
    enum shape shape = shape_of(feed, clock, norm);
    bool duty = clock_is_duty(known, norm), right = known != NULL && known->right;
    icalcomponent *event = part(feed, feed->calendar, ICAL_VEVENT_COMPONENT);
    if (event == NULL)
        return;
    const char *summary =
        arena_printf(feed->arena, "%s: %s", owed->number, known != NULL ? known->title.in[feed->lang] : clock->clock);
    put_text(feed, event, icalproperty_new_uid, arena_printf(feed->arena, "%s.%s@talap", clock->case_id, clock->clock));
    put(feed, event, icalproperty_new_dtstamp(moment_of(owed->changed_usec)));
    put(feed, event, icalproperty_new_lastmodified(moment_of(owed->changed_usec)));
    if (shape == SHAPE_DAY)
        put(feed, event, icalproperty_new_dtstart(day_of(zone_day_of(feed->zone, clock->due_usec))));
    else
        put(feed, event,
            icalproperty_new_dtstart(moment_of(shape == SHAPE_AT_ONCE ? clock->starts_usec : clock->due_usec)));
    put_text(feed, event, icalproperty_new_summary, summary);
    put_text(feed, event, icalproperty_new_description, description(feed, procedure, clock, shape, duty, right));
    put_text(feed, event, icalproperty_new_url,
             arena_printf(feed->arena, "%s/%s/case/%s", feed->public_url, lang_code(feed->lang), clock->case_id));
    /* A due moment takes nobody's time. */
    put(feed, event, icalproperty_new_transp(ICAL_TRANSP_TRANSPARENT));
    if (summary != NULL && duty)
        put_alarm(feed, event, summary, shape);
    feed->failed = feed->failed || summary == NULL;
}

/* --- The whole -----------------------------------------------------------------------------------------------------
 */

/* The zone's newest offset. No moment refers to it; but a calendar must hold a component, also when nothing is owed. */
static void put_zone(struct feed *feed)
{
    const struct zone *zone = feed->zone;
    int last = zone->count - 1;
    int32_t offset = zone->offset_sec[last], before = zone->offset_sec[last > 0 ? last - 1 : 0];
    struct icaltimetype since = day_of(0);
    icalcomponent *whole = part(feed, feed->calendar, ICAL_VTIMEZONE_COMPONENT), *standard;
    if (last > 0)
        since = moment_of(zone->from_usec[last] + before * USEC_PER_SEC);
    since.is_date = 0;
    since.zone = NULL;
    if (whole == NULL)
        return;
    put_text(feed, whole, icalproperty_new_tzid, zone->name);
    standard = part(feed, whole, ICAL_XSTANDARD_COMPONENT);
    if (standard == NULL)
        return;
    put(feed, standard, icalproperty_new_dtstart(since));
    put(feed, standard, icalproperty_new_tzoffsetfrom(before));
    put(feed, standard, icalproperty_new_tzoffsetto(offset));
}

static void put_head(struct feed *feed)
{
    static const char *const products[] = {"-//Talap//Talap//KK", "-//Talap//Talap//RU", "-//Talap//Talap//EN"};
    struct icaldurationtype refresh = icaldurationtype_from_int(REFRESH_HOURS * 3600);
    const char *name = text_get(feed->lang, T_feed_name);
    put_text(feed, feed->calendar, icalproperty_new_prodid, products[feed->lang]);
    put_text(feed, feed->calendar, icalproperty_new_version, "2.0");
    put_text(feed, feed->calendar, icalproperty_new_calscale, "GREGORIAN");
    put_text(feed, feed->calendar, icalproperty_new_name, name);
    put_x(feed, feed->calendar, "X-WR-CALNAME", name);
    put_x(feed, feed->calendar, "X-WR-TIMEZONE", feed->zone->name);
    icalproperty *pace = icalproperty_new_refreshinterval(refresh);
    icalparameter *value = icalparameter_new_value(ICAL_VALUE_DURATION);
    if (pace != NULL && value != NULL)
        icalproperty_add_parameter(pace, value);
    else if (value != NULL)
        icalparameter_free(value);
    feed->failed = feed->failed || value == NULL;
    put(feed, feed->calendar, pace);
    put_x(feed, feed->calendar, "X-PUBLISHED-TTL", "PT1H");
}

/* The procedures on which the actor may act, NULL-ended; NULL without memory. */
static const char *const *procedures_acted_on(const struct feed *feed, const struct actor *actor)
{
    const struct catalogue *catalogue = feed->office->catalogue;
    const char **ids = ARENA_ARRAY(feed->arena, const char *, catalogue->procedure_count + 1);
    size_t count = 0;
    for (size_t i = 0; ids != NULL && i < catalogue->procedure_count; i++)
        if (actor_acts(actor, &catalogue->procedures[i]))
            ids[count++] = catalogue->procedures[i].id;
    return ids;
}

static int fill(struct feed *feed, struct tx *tx, const struct actor *actor, struct err *err)
{
    const char *const *procedures = procedures_acted_on(feed, actor);
    struct owed_clock *owed;
    size_t count;
    if (procedures == NULL)
        return err_memory(err);
    int r = store_clock_owed(tx, actor->account_id, procedures, CALENDAR_EVENTS_MAX, feed->arena, &owed, &count, err);
    if (r < 0)
        return r;
    put_head(feed);
    put_zone(feed);
    for (size_t i = 0; i < count && !feed->failed; i++) {
        const struct procedure *procedure = catalogue_procedure(feed->office->catalogue, owed[i].procedure);
        if (procedure != NULL && actor_sees(actor, procedure))
            put_event(feed, &owed[i], procedure);
    }
    return feed->failed ? err_memory(err) : 0;
}

int calendar_feed_write(struct tx *tx, const struct office *office, const struct actor *actor, const char *public_url,
                        struct arena *arena, struct buf *out, struct err *err)
{
    struct feed feed = {.office = office,
                        .zone = &office->catalogue->calendar->zone,
                        .public_url = public_url,
                        .lang = actor->lang,
                        .arena = arena,
                        .calendar = icalcomponent_new(ICAL_VCALENDAR_COMPONENT)};
    if (feed.calendar == NULL)
        return err_memory(err);
    int r = fill(&feed, tx, actor, err);
    char *text = r == 0 ? icalcomponent_as_ical_string_r(feed.calendar) : NULL;
    if (r == 0 && text == NULL)
        r = err_memory(err);
    if (text != NULL)
        buf_puts(out, text);
    free(text);
    icalcomponent_free(feed.calendar);
    return r;
}
