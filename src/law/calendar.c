/* Reads law/calendar.yaml and works the days out.
 *
 * Three passes over the years covered, with a month to spare on both sides so that what happens at a border (a
 * holiday of late December carried into January, a Saturday of December worked for a day of January) is seen whole:
 *   1. the weekend and every holiday on its own date, holidays in the order of the file;
 *   2. each carried holiday that fell on a day off takes the next day still working, in order of time;
 *   3. the Government's decisions, which know the first two: a working day becomes off, a day off becomes working. */
#include "law/calendar.h"
#include "law/load.h"

#include <string.h>

#define PAD_DAYS 31
#define NO_HOLIDAY 255
#define MAX_HOLIDAYS 250

static const char *const week_words[7] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

/* A carried holiday that found its own day taken. */
struct pending {
    int32_t day;
    uint8_t holiday;
    bool expected;
};

struct work {
    bool weekend[7];
    int32_t first, count; /* of `days`, padding included */
    struct calendar_day *days;
    struct pending *pending;
    size_t pending_count, pending_room;
    struct arena *arena;
};

bool calendar_is_working(const struct calendar_day *entry)
{
    return entry->kind <= DAY_WORKED_MOVED;
}

const struct calendar_day *calendar_find(const struct calendar *calendar, int32_t day)
{
    int64_t at = (int64_t)day - calendar->first_day;
    return at >= 0 && at < calendar->day_count ? &calendar->days[at] : NULL;
}

static struct calendar_day *work_find(struct work *work, int32_t day)
{
    int64_t at = (int64_t)day - work->first;
    return at >= 0 && at < work->count ? &work->days[at] : NULL;
}

/* Puts a holiday on its own date. On a day off that is taken already, a carried one waits for pass 2. */
static int holiday_put(struct work *work, int32_t day, uint8_t holiday, bool carried, bool expected, struct err *err)
{
    struct calendar_day *entry = work_find(work, day);
    if (!entry)
        return 0;
    if (carried && entry->kind != DAY_WORKING) {
        if (work->pending_count == work->pending_room) {
            size_t room = work->pending_room * 2 + 64;
            struct pending *grown = ARENA_ARRAY(work->arena, struct pending, room);
            if (!grown)
                return err_memory(err);
            if (work->pending_count)
                memcpy(grown, work->pending, work->pending_count * sizeof(*grown));
            work->pending = grown;
            work->pending_room = room;
        }
        work->pending[work->pending_count++] = (struct pending){day, holiday, expected};
    }
    if (entry->kind != DAY_HOLIDAY) {
        entry->kind = DAY_HOLIDAY;
        entry->holiday = holiday;
        entry->expected = expected;
    }
    return 0;
}

static int holiday_put_dates(struct work *work, const struct yaml *node, const char *key, uint8_t holiday, bool carried,
                             struct err *err)
{
    const struct yaml *dates = NULL;
    int r = load_sequence(node, key, false, &dates, err);
    for (size_t i = 0; r == 0 && dates && i < dates->count; i++) {
        int32_t day = 0;
        r = load_day_scalar(dates->items[i], &day, err);
        if (r == 0)
            r = holiday_put(work, day, holiday, carried, strcmp(key, "expected") == 0, err);
    }
    return r;
}

static int holiday_put_yearly(struct work *work, const struct yaml *node, uint8_t holiday, bool carried,
                              struct err *err)
{
    int64_t month = 0, day = 0, since = INT32_MIN, until = INT32_MAX;
    int r = load_number(node, "month", true, 1, 12, &month, err);
    if (r == 0)
        r = load_number(node, "day", true, 1, 31, &day, err);
    if (r == 0)
        r = load_number(node, "since", false, 1900, 2100, &since, err);
    if (r == 0)
        r = load_number(node, "until", false, 1900, 2100, &until, err);
    if (r < 0)
        return r;
    if (until < since || !date_valid((struct date){2000, (int)month, (int)day}))
        return yaml_refuse(node, err, "law_bad_value", "a day that never comes");
    int last = date_from_day(work->first + work->count - 1).year;
    for (int year = date_from_day(work->first).year; year <= last && r == 0; year++) {
        struct date date = {year, (int)month, (int)day};
        if (year >= since && year <= until && date_valid(date))
            r = holiday_put(work, day_from_date(date), holiday, carried, false, err);
    }
    return r;
}

static int holiday_read(struct work *work, const struct yaml *node, size_t index, struct holiday *holidays,
                        struct err *err)
{
    static const char *const keys[] = {"id",    "month",   "day",      "dates", "since",
                                       "until", "carried", "expected", "title", NULL};
    struct holiday holiday = {0};
    bool carried = false;
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_name(node, "id", &holiday.id, err);
    if (r == 0)
        r = load_text3(node, "title", true, &holiday.title, err);
    if (r == 0)
        r = yaml_read_bool(node, "carried", true, &carried, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < index; i++) {
        if (strcmp(holidays[i].id, holiday.id) == 0)
            return yaml_refuse(node, err, "law_twice", "%s", holiday.id);
    }
    holidays[index] = holiday;
    if (!yaml_get(node, "dates") && !yaml_get(node, "expected"))
        return holiday_put_yearly(work, node, (uint8_t)index, carried, err);
    static const char *const yearly[] = {"month", "day", "since", "until"};
    for (size_t i = 0; i < sizeof(yearly) / sizeof(yearly[0]); i++) {
        if (yaml_get(node, yearly[i]))
            return yaml_refuse(yaml_get(node, yearly[i]), err, "law_bad_value", "%s beside dates", yearly[i]);
    }
    r = holiday_put_dates(work, node, "dates", (uint8_t)index, carried, err);
    return r < 0 ? r : holiday_put_dates(work, node, "expected", (uint8_t)index, carried, err);
}

/* Pass 2. Earlier holidays choose first; of two on one date, the earlier in the file. */
static void carry_over(struct work *work)
{
    for (size_t i = 1; i < work->pending_count; i++) {
        struct pending one = work->pending[i];
        size_t at = i;
        for (; at > 0 && work->pending[at - 1].day > one.day; at--)
            work->pending[at] = work->pending[at - 1];
        work->pending[at] = one;
    }
    for (size_t i = 0; i < work->pending_count; i++) {
        const struct pending *one = &work->pending[i];
        struct calendar_day *entry;
        for (int32_t day = one->day + 1; (entry = work_find(work, day)) != NULL; day++) {
            if (entry->kind != DAY_WORKING)
                continue;
            *entry = (struct calendar_day){.kind = DAY_CARRIED, .holiday = one->holiday, .expected = one->expected};
            break;
        }
    }
}

/* Pass 3. A decision that contradicts the days it is about is a mistake of the table. */
static int moved_read(struct work *work, const struct yaml *node, struct err *err)
{
    static const char *const keys[] = {"off", "worked", NULL};
    int32_t off = 0, worked = 0;
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_day(node, "off", true, &off, err);
    if (r == 0)
        r = load_day(node, "worked", true, &worked, err);
    if (r < 0)
        return r;
    struct calendar_day *off_entry = work_find(work, off), *worked_entry = work_find(work, worked);
    if (!off_entry || off_entry->kind != DAY_WORKING)
        return yaml_refuse(load_at(node, "off"), err, "law_bad_value", "off: no working day");
    if (!worked_entry || (worked_entry->kind != DAY_WEEKEND && worked_entry->kind != DAY_CARRIED))
        return yaml_refuse(load_at(node, "worked"), err, "law_bad_value", "worked: no day off");
    *off_entry = (struct calendar_day){.kind = DAY_OFF_MOVED, .holiday = NO_HOLIDAY, .moved_day = worked};
    *worked_entry = (struct calendar_day){.kind = DAY_WORKED_MOVED, .holiday = NO_HOLIDAY, .moved_day = off};
    return 0;
}

static int weekend_read(const struct yaml *root, struct work *work, struct err *err)
{
    size_t count = 0;
    const char *const *words = NULL;
    int r = load_words(root, "weekend", true, work->arena, &count, &words, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        int found = -1;
        for (int day = 0; day < 7; day++) {
            if (strcmp(words[i], week_words[day]) == 0)
                found = day;
        }
        if (found < 0 || count == 7)
            return yaml_refuse(load_at(root, "weekend"), err, "law_bad_value", "weekend: %.40s", words[i]);
        work->weekend[found] = true;
    }
    return 0;
}

/* The tables that make a clock cheap: how many working days lie before a day, which is the n-th, which comes next. */
static int tables_build(struct calendar *calendar, struct arena *arena, struct err *err)
{
    size_t count = (size_t)calendar->day_count;
    int32_t *before = ARENA_ARRAY(arena, int32_t, count + 1);
    int32_t *list = ARENA_ARRAY(arena, int32_t, count + 1);
    int32_t *next = ARENA_ARRAY(arena, int32_t, count + 1);
    if (!before || !list || !next)
        return err_memory(err);
    int32_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        before[i] = seen;
        if (calendar_is_working(&calendar->days[i]))
            list[seen++] = calendar->first_day + (int32_t)i;
    }
    before[count] = seen;
    next[count] = -1;
    for (size_t i = count; i-- > 0;)
        next[i] = calendar_is_working(&calendar->days[i]) ? calendar->first_day + (int32_t)i : next[i + 1];
    calendar->working_before = before;
    calendar->working_days = list;
    calendar->next_working = next;
    return 0;
}

static int days_build(const struct yaml *root, struct calendar *calendar, struct arena *arena, struct err *err)
{
    struct work work = {.arena = arena};
    int r = weekend_read(root, &work, err);
    const struct yaml *holidays = NULL, *moved = NULL;
    if (r == 0)
        r = load_sequence(root, "holidays", true, &holidays, err);
    if (r == 0)
        r = load_sequence(root, "moved", true, &moved, err);
    if (r < 0)
        return r;
    if (holidays->count > MAX_HOLIDAYS)
        return yaml_refuse(holidays, err, "law_bad_value", "holidays: more than %d", MAX_HOLIDAYS);
    calendar->first_day = day_from_date((struct date){calendar->from_year, 1, 1});
    calendar->day_count = day_from_date((struct date){calendar->until_year, 12, 31}) - calendar->first_day + 1;
    work.first = calendar->first_day - PAD_DAYS;
    work.count = calendar->day_count + 2 * PAD_DAYS;
    work.days = ARENA_ARRAY(arena, struct calendar_day, (size_t)work.count);
    struct holiday *list = ARENA_ARRAY(arena, struct holiday, holidays->count);
    if (!work.days || !list)
        return err_memory(err);
    for (int32_t i = 0; i < work.count; i++) {
        work.days[i].kind = work.weekend[day_of_week(work.first + i)] ? DAY_WEEKEND : DAY_WORKING;
        work.days[i].holiday = NO_HOLIDAY;
    }
    for (size_t i = 0; i < holidays->count && r == 0; i++)
        r = holiday_read(&work, holidays->items[i], i, list, err);
    carry_over(&work);
    for (size_t i = 0; i < moved->count && r == 0; i++)
        r = moved_read(&work, moved->items[i], err);
    if (r < 0)
        return r;
    calendar->days = work.days + PAD_DAYS;
    calendar->holidays = list;
    calendar->holiday_count = holidays->count;
    return tables_build(calendar, arena, err);
}

int calendar_read(const struct law_file *file, struct arena *arena, const struct calendar **ret, struct err *err)
{
    static const char *const keys[] = {"zone", "covers", "weekend", "decided_until", "holidays", "moved", NULL};
    static const char *const cover_keys[] = {"from", "until", NULL};
    const struct yaml *root = file->root;
    struct calendar *calendar = ARENA_NEW(arena, struct calendar);
    if (!calendar)
        return err_memory(err);
    const char *zone = NULL;
    int64_t from = 0, until = 0, decided = 0;
    int r = load_mapping(root, keys, err);
    if (r == 0)
        r = yaml_read_text(root, "zone", true, &zone, err);
    const struct yaml *covers = load_at(root, "covers");
    if (r == 0)
        r = covers == root ? yaml_refuse(root, err, "yaml_missing_key", "covers")
                           : load_mapping(covers, cover_keys, err);
    if (r == 0)
        r = load_number(covers, "from", true, 1991, 2059, &from, err);
    if (r == 0)
        r = load_number(covers, "until", true, from, 2059, &until, err);
    if (r == 0)
        r = load_number(root, "decided_until", true, from - 1, until, &decided, err);
    if (r == 0)
        r = zone_load(zone, &calendar->zone, err);
    if (r < 0)
        return r;
    calendar->from_year = (int)from;
    calendar->until_year = (int)until;
    calendar->decided_until = (int)decided;
    r = days_build(root, calendar, arena, err);
    if (r < 0)
        return r;
    calendar->hash = sha256_of(file->bytes, file->count, NULL, 0, NULL, 0);
    *ret = calendar;
    return 0;
}

int calendar_load(const char *path, struct arena *arena, const struct calendar **ret, struct err *err)
{
    struct law_file file;
    int r = load_file(path, path, arena, &file, err);
    return r < 0 ? r : calendar_read(&file, arena, ret, err);
}
