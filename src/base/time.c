/* Moments, days and zones. The calendar arithmetic is the proleptic Gregorian one in whole days from 1970 (eras of
 * 400 years, years that begin in March), so it needs no tables and no C library call. */
#include "base/time.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SEC_PER_DAY 86400
/* Beyond this many days a moment no longer fits; such a day stands for "always" or "never". */
#define DAY_FARTHEST 100000000

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int32_t offset_now(int64_t at_sec)
{
    time_t at = (time_t)at_sec;
    struct tm local;
    return localtime_r(&at, &local) == NULL ? 0 : (int32_t)local.tm_gmtoff;
}

static bool zone_name_known(const char *name)
{
    if (name[0] == '\0' || name[0] == '/' || name[0] == ':' || strstr(name, "..") != NULL)
        return false;
    const char *dir = getenv("TZDIR");
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", dir == NULL ? "/usr/share/zoneinfo" : dir, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return false;
    FILE *file = fopen(path, "re");
    char magic[4] = "";
    bool known = file != NULL && fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "TZif", 4) == 0;
    if (file != NULL)
        fclose(file);
    return known;
}

/* Fills the table while TZ is set to the zone; false when it has more changes than the table has room for. */
static bool zone_probe(struct zone *zone)
{
    const int64_t step = INT64_C(2) * SEC_PER_DAY;
    int64_t at = (int64_t)day_from_date((struct date){1990, 1, 1}) * SEC_PER_DAY;
    int64_t until = (int64_t)day_from_date((struct date){2060, 1, 1}) * SEC_PER_DAY;
    int32_t offset = offset_now(at);
    zone->from_usec[0] = INT64_MIN;
    zone->offset_sec[0] = offset;
    zone->count = 1;
    for (; at < until; at += step) {
        int32_t next = offset_now(at + step);
        if (next == offset)
            continue;
        int64_t before = at, after = at + step;
        while (after - before > 1) {
            int64_t middle = before + (after - before) / 2;
            if (offset_now(middle) == offset)
                before = middle;
            else
                after = middle;
        }
        if (zone->count == ZONE_CHANGES)
            return false;
        zone->from_usec[zone->count] = after * USEC_PER_SEC;
        zone->offset_sec[zone->count++] = next;
        offset = next;
    }
    return true;
}

int zone_load(const char *name, struct zone *ret, struct err *err)
{
    struct zone zone = {0};
    if (strlen(name) >= sizeof zone.name || !zone_name_known(name))
        return err_set(err, ERR_UNAVAILABLE, "zone_missing", "%s", name);
    strcpy(zone.name, name);

    const char *current = getenv("TZ");
    char *saved = current == NULL ? NULL : strdup(current);
    if (current != NULL && saved == NULL)
        return err_memory(err);
    if (setenv("TZ", name, 1) != 0) {
        free(saved);
        return err_memory(err);
    }
    tzset();
    bool fits = zone_probe(&zone);
    if (saved == NULL)
        unsetenv("TZ");
    else
        setenv("TZ", saved, 1);
    tzset();
    free(saved);
    if (!fits)
        return err_set(err, ERR_UNAVAILABLE, "zone_missing", "%s", name);
    *ret = zone;
    return 0;
}

/* Index of the change that holds at the moment. Most moments are recent, so the last one is looked at first. */
static int zone_find(const struct zone *zone, int64_t at_usec)
{
    int low = 0, high = zone->count - 1;
    if (at_usec >= zone->from_usec[high])
        return high;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (at_usec >= zone->from_usec[middle])
            low = middle;
        else
            high = middle;
    }
    return low;
}

int32_t zone_offset_at(const struct zone *zone, int64_t at_usec)
{
    return zone->offset_sec[zone_find(zone, at_usec)];
}

int32_t zone_day_of(const struct zone *zone, int64_t at_usec)
{
    int64_t local_sec = floor_div(at_usec, USEC_PER_SEC) + zone_offset_at(zone, at_usec);
    return (int32_t)floor_div(local_sec, SEC_PER_DAY);
}

int64_t zone_moment(const struct zone *zone, int32_t day, int32_t second_of_day)
{
    if (day > DAY_FARTHEST)
        return INT64_MAX;
    if (day < -DAY_FARTHEST)
        return INT64_MIN + 1;
    int64_t local_usec = ((int64_t)day * SEC_PER_DAY + second_of_day) * USEC_PER_SEC;
    /* From the newest offset back: the first that fits is the later of two moments with this local time. */
    for (int i = zone->count - 1; i > 0; i--) {
        int64_t at_usec = local_usec - zone->offset_sec[i] * USEC_PER_SEC;
        if (at_usec >= zone->from_usec[i])
            return at_usec;
        /* Skipped by clocks put forward: neither offset knows this local time; the change itself stands for it. */
        if (local_usec - zone->offset_sec[i - 1] * USEC_PER_SEC >= zone->from_usec[i])
            return zone->from_usec[i];
    }
    return local_usec - zone->offset_sec[0] * USEC_PER_SEC;
}

int32_t day_from_date(struct date date)
{
    int64_t year = (int64_t)date.year - (date.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * 146097 + day_of_era - 719468);
}

struct date date_from_day(int32_t day)
{
    int64_t shifted = (int64_t)day + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct date date = {.day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
                        .month = (int)(month < 10 ? month + 3 : month - 9)};
    date.year = (int)(year_of_era + era * 400 + (date.month <= 2));
    return date;
}

bool date_valid(struct date date)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    bool leap = (date.year % 4 == 0 && date.year % 100 != 0) || date.year % 400 == 0;
    return date.day <= lengths[date.month - 1] + (date.month == 2 && leap);
}

int day_of_week(int32_t day)
{
    int64_t week_day = ((int64_t)day + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(week_day < 0 ? week_day + 7 : week_day);
}

/* Reads exactly `count` digits and moves on. */
static bool digits_read(const char **at, int count, int *ret)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *at += count;
    *ret = value;
    return true;
}

static bool char_read(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool date_read(const char **at, struct date *ret)
{
    struct date date;
    if (!digits_read(at, 4, &date.year) || !char_read(at, '-') || !digits_read(at, 2, &date.month) ||
        !char_read(at, '-') || !digits_read(at, 2, &date.day) || !date_valid(date))
        return false;
    *ret = date;
    return true;
}

bool date_parse(const char *text, struct date *ret)
{
    struct date date;
    if (text == NULL || !date_read(&text, &date) || *text != '\0')
        return false;
    *ret = date;
    return true;
}

/* Two digits; an answer of the API holds a dozen moments, and snprintf would cost more than finding them. */
static char *digits2(char *at, unsigned value)
{
    at[0] = (char)('0' + value / 10 % 10);
    at[1] = (char)('0' + value % 10);
    return at + 2;
}

void date_format(struct date date, char ret[static 11])
{
    /* Years outside 0 to 9999 have no such form; they are shown at the border. */
    unsigned year = date.year < 0 ? 0 : date.year > 9999 ? 9999 : (unsigned)date.year;
    char *at = digits2(digits2(ret, year / 100), year % 100);
    *at++ = '-';
    at = digits2(at, (unsigned)date.month % 100);
    *at++ = '-';
    *digits2(at, (unsigned)date.day % 100) = '\0';
}

/* Reads "+05:00", "-05:00" or "Z" up to the end of the text. */
static bool offset_read(const char **at, int *ret_sec)
{
    if (char_read(at, 'Z') || char_read(at, 'z')) {
        *ret_sec = 0;
        return **at == '\0';
    }
    int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0, hours, minutes;
    if (sign == 0)
        return false;
    (*at)++;
    if (!digits_read(at, 2, &hours) || !char_read(at, ':') || !digits_read(at, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *ret_sec = sign * (hours * 3600 + minutes * 60);
    return **at == '\0';
}

bool moment_parse(const char *text, const struct zone *zone, int64_t *ret_usec)
{
    struct date date;
    int hour, minute, second = 0, offset_sec;
    int64_t fraction_usec = 0;
    if (text == NULL || !date_read(&text, &date))
        return false;
    int32_t day = day_from_date(date);
    if (*text == '\0') {
        *ret_usec = zone_moment(zone, day, 0);
        return true;
    }
    if (!char_read(&text, 'T') && !char_read(&text, 't') && !char_read(&text, ' '))
        return false;
    if (!digits_read(&text, 2, &hour) || !char_read(&text, ':') || !digits_read(&text, 2, &minute) || hour > 23 ||
        minute > 59)
        return false;
    bool has_seconds = char_read(&text, ':');
    if (has_seconds && (!digits_read(&text, 2, &second) || second > 59))
        return false;
    if (has_seconds && char_read(&text, '.')) {
        int digits = 0;
        for (; digits < 6 && *text >= '0' && *text <= '9'; digits++)
            fraction_usec = fraction_usec * 10 + (*text++ - '0');
        if (digits == 0)
            return false;
        for (; digits < 6; digits++)
            fraction_usec *= 10;
    }
    int32_t second_of_day = hour * 3600 + minute * 60 + second;
    if (*text == '\0') {
        *ret_usec = zone_moment(zone, day, second_of_day) + fraction_usec;
        return true;
    }
    if (!has_seconds || !offset_read(&text, &offset_sec))
        return false;
    *ret_usec = ((int64_t)day * SEC_PER_DAY + second_of_day - offset_sec) * USEC_PER_SEC + fraction_usec;
    return true;
}

void moment_format(const struct zone *zone, int64_t at_usec, char ret[static 32])
{
    int32_t offset_sec = zone_offset_at(zone, at_usec);
    int64_t local_sec = floor_div(at_usec, USEC_PER_SEC) + offset_sec;
    int32_t day = (int32_t)floor_div(local_sec, SEC_PER_DAY);
    unsigned second = (unsigned)(local_sec - (int64_t)day * SEC_PER_DAY) % SEC_PER_DAY;
    unsigned offset_min = (unsigned)abs(offset_sec / 60) % (24 * 60);
    date_format(date_from_day(day), ret);
    char *at = ret + 10;
    *at++ = 'T';
    at = digits2(at, second / 3600);
    *at++ = ':';
    at = digits2(at, second / 60 % 60);
    *at++ = ':';
    at = digits2(at, second % 60);
    *at++ = offset_sec < 0 ? '-' : '+';
    at = digits2(at, offset_min / 60);
    *at++ = ':';
    *digits2(at, offset_min % 60) = '\0';
}

int64_t time_now_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}
