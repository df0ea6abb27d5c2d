/* Parts of pages that are more than markup: times, periods, values of a case, the strip of days, names. */
#include "web/pages/pages.h"
#include <stdlib.h>
#include <string.h>

#define STRIP_DAYS_MAX 126
#define DAY_NOON 43200

void page_when(struct page_out *o, int64_t at_usec)
{
    if (at_usec == TIME_NONE)
        return;
    char text[32];
    moment_format(o->zone, at_usec, text);
    buf_printf(o->buf, "<time datetime=\"%s\">", text);
    page_minute(o, at_usec);
    buf_puts(o->buf, "</time>");
}

void page_day(struct page_out *o, int32_t day)
{
    if (day == INT32_MIN || day == INT32_MAX)
        return;
    char text[11];
    date_format(date_from_day(day), text);
    buf_printf(o->buf, "<time datetime=\"%s\">", text);
    text_put_date(o->buf, o->lang, day);
    buf_puts(o->buf, "</time>");
}

void page_when_day(struct page_out *o, int64_t at_usec)
{
    if (at_usec != TIME_NONE)
        page_day(o, zone_day_of(o->zone, at_usec));
}

/* The first three letters of a month's name. */
static void month_short(struct page_out *o, int month)
{
    const char *name = month_title(o->lang, month);
    size_t bytes = 0;
    for (int letters = 0; name[bytes] != '\0'; bytes++) {
        if (((unsigned char)name[bytes] & 0xC0) != 0x80 && letters++ == 3)
            break;
    }
    buf_put(o->buf, name, bytes);
}

void page_when_short(struct page_out *o, int64_t at_usec)
{
    if (at_usec == TIME_NONE)
        return;
    int32_t day = zone_day_of(o->zone, at_usec);
    struct date date = date_from_day(day);
    char text[11];
    date_format(date, text);
    buf_printf(o->buf, "<time class=\"nowrap figure\" datetime=\"%s\">", text);
    if (o->lang == LANG_EN) {
        buf_printf(o->buf, "%d ", date.day);
        month_short(o, date.month);
        buf_printf(o->buf, " %d", date.year);
    } else {
        buf_printf(o->buf, "%02d.%02d.%d", date.day, date.month, date.year);
    }
    buf_puts(o->buf, "</time>");
}

const char *span_text(struct arena *arena, enum lang lang, int64_t usec)
{
    int64_t minutes = (usec < 0 ? 0 : usec) / (60 * USEC_PER_SEC);
    int64_t days = minutes / (24 * 60), hours = minutes / 60 % 24;
    const char *text = days > 0 ? text_format(arena, lang, T_calc_span_days, INT_TEXT(days), INT_TEXT(hours))
                       : hours > 0
                           ? text_format(arena, lang, T_calc_span_hours, INT_TEXT(hours), INT_TEXT(minutes % 60))
                           : text_format(arena, lang, T_calc_span_minutes, INT_TEXT(minutes), NULL);
    return text == NULL ? "" : text;
}

static bool ends_with_day(const struct page_out *o, int64_t due_usec)
{
    return zone_day_of(o->zone, due_usec + USEC_PER_SEC) != zone_day_of(o->zone, due_usec);
}

void page_deadline(struct page_out *o, int64_t due_usec)
{
    if (ends_with_day(o, due_usec))
        page_when_day(o, due_usec);
    else
        page_when(o, due_usec);
}

void page_clock_state(struct page_out *o, const struct case_clock *clock)
{
    const struct clock_row *row = &clock->row;
    bool running = strcmp(row->state, "running") == 0;
    bool at_once = clock->norm != NULL && clock->norm->has_clock && clock->norm->clock.unit == UNIT_AT_ONCE;
    buf_puts(o->buf, running ? "<p class=\"deadline\">" : "<p>");
    if (running && at_once) {
        buf_puts(o->buf, "<span class=\"day bad\">");
        page_text(o, span_text(o->frame->arena, o->lang, o->frame->now_usec - row->starts_usec));
        buf_puts(o->buf, "</span><span class=\"left bad\">");
        page_word(o, T_case_at_once_running);
        buf_puts(o->buf, "</span><span class=\"small\">");
        page_word(o, T_case_since);
        buf_putc(o->buf, ' ');
        page_when(o, row->starts_usec);
        buf_puts(o->buf, "</span>");
    } else if (running) {
        buf_puts(o->buf, "<span class=\"soft\">");
        page_word(o, T_start_not_later);
        buf_puts(o->buf, "</span><span class=\"day\">");
        page_deadline(o, row->due_usec);
        buf_puts(o->buf, "</span>");
        if (!clock->clock->right)
            page_left(o, row->due_usec, row->overdue_usec, o->frame->now_usec);
        else
            page_word(o, o->frame->now_usec < row->overdue_usec ? T_case_right_runs : T_case_right_over);
    } else {
        bool nobody_owes = strcmp(row->state, "stopped") == 0;
        bool in_time = at_once || row->stopped_in_time;
        buf_printf(o->buf, "<span class=\"tag%s\">", nobody_owes ? "" : in_time ? " good" : " bad");
        if (at_once && !nobody_owes)
            page_word_with(o, T_case_took_in_all,
                           span_text(o->frame->arena, o->lang, row->stopped_usec - row->starts_usec), NULL);
        else
            page_word(o, nobody_owes ? T_case_void : in_time ? T_case_in_time : T_case_late);
        buf_puts(o->buf, "</span><br><span class=\"small\">");
        page_word(o, T_case_stopped);
        buf_putc(o->buf, ' ');
        page_when(o, row->stopped_usec);
        buf_puts(o->buf, "</span>");
    }
    buf_puts(o->buf, "</p>");
}

bool event_is_at_once(const struct case_view *c, const struct case_event *event)
{
    if (strcmp(event->kind, "clock.overdue") != 0 || event->clock == NULL)
        return false;
    for (size_t i = 0; i < c->clock_count; i++)
        if (strcmp(c->clocks[i].row.clock, event->clock) == 0)
            return is_at_once(c->clocks[i].row.due_usec, c->clocks[i].row.overdue_usec);
    return false;
}

void page_left(struct page_out *o, int64_t due_usec, int64_t overdue_usec, int64_t now_usec)
{
    if (is_at_once(due_usec, overdue_usec)) {
        buf_puts(o->buf, "<span class=\"left bad\">");
        page_word_with(o, T_calc_at_once_since, span_text(o->frame->arena, o->lang, now_usec - due_usec), NULL);
        buf_puts(o->buf, "</span>");
        return;
    }
    /* Periods in hours end at some minute; those in days with their day. */
    if (due_usec < INT64_MAX - USEC_PER_SEC && !ends_with_day(o, due_usec) && due_usec - now_usec < 2 * USEC_PER_DAY) {
        bool passed = now_usec > due_usec;
        const char *span = span_text(o->frame->arena, o->lang, passed ? now_usec - due_usec : due_usec - now_usec);
        buf_printf(o->buf, "<span class=\"left %s\">", passed ? "bad" : "warn");
        page_word_with(o, passed ? T_calc_passed_span : T_calc_left_span, span, NULL);
        buf_puts(o->buf, "</span>");
        return;
    }
    int32_t today = zone_day_of(o->zone, now_usec);
    int32_t due_day = zone_day_of(o->zone, due_usec), last_day = zone_day_of(o->zone, overdue_usec - 1);
    const char *class_name = "bad";
    enum text_key key = T_calc_passed;
    int32_t days = today - last_day;
    if (now_usec <= due_usec) {
        days = due_day - today;
        class_name = days > 5 ? "good" : "warn";
        key = days == 0 ? T_calc_left_today : T_calc_left;
    } else if (now_usec < overdue_usec) {
        days = today - due_day;
        key = days == 0 ? T_calc_left_today : T_calc_passed_safe;
    } else if (days <= 0) {
        key = T_calc_passed_today;
    }
    buf_printf(o->buf, "<span class=\"left %s\">", class_name);
    page_word_with(o, key, INT_TEXT(days), NULL);
    buf_puts(o->buf, "</span>");
}

static void value_text(struct page_out *o, const struct field *field, const char *text)
{
    const struct field_option *option;
    const struct list *countries;
    const struct list_entry *country;
    struct date date;
    int64_t at;
    switch (field->type) {
    case FIELD_CHOICE:
    case FIELD_MANY:
        option = field_option_find(field, text);
        page_text(o, option == NULL ? text : option->title.in[o->lang]);
        return;
    case FIELD_YES_NO:
        page_word(o, strcmp(text, "true") == 0 ? T_common_yes : T_common_no);
        return;
    case FIELD_DATE:
        if (date_parse(text, &date))
            page_day(o, day_from_date(date));
        return;
    case FIELD_MOMENT:
        if (moment_parse(text, o->zone, &at))
            page_when(o, at);
        return;
    case FIELD_URL:
    case FIELD_LINKS:
        buf_puts(o->buf, "<a rel=\"nofollow noopener noreferrer\" href=\"");
        buf_put_html(o->buf, text);
        buf_puts(o->buf, "\">");
        buf_put_html(o->buf, text);
        buf_puts(o->buf, "</a>");
        return;
    case FIELD_COUNTRY:
        countries = catalogue_list(o->frame->catalogue, "countries");
        country = countries == NULL ? NULL : list_find(countries, text);
        page_text(o, country == NULL ? text : country->title.in[o->lang]);
        return;
    case FIELD_TEXT:
        buf_puts(o->buf, "<span class=\"prewrap\">");
        buf_put_html(o->buf, text);
        buf_puts(o->buf, "</span>");
        return;
    default:
        buf_put_html(o->buf, text);
    }
}

static void table_cell(struct page_out *o, const struct field *column, const char *row, size_t index)
{
    char text[FIELD_CELL_MAX + 1];
    size_t length;
    const char *cell = field_cell(row, index, &length);
    buf_puts(o->buf, column->type == FIELD_NUMBER ? "<td class=\"num\">" : "<td>");
    if (length == 0 || length > FIELD_CELL_MAX) {
        buf_puts(o->buf, "—");
    } else {
        memcpy(text, cell, length);
        text[length] = '\0';
        value_text(o, column, text);
    }
    buf_puts(o->buf, "</td>");
}

static void value_table(struct page_out *o, const struct case_value *value)
{
    const struct field *field = value->field;
    buf_puts(o->buf, "<div class=\"scroll\"><table><thead><tr>");
    for (size_t i = 0; i < field->column_count; i++) {
        buf_puts(o->buf,
                 field->columns[i].type == FIELD_NUMBER ? "<th scope=\"col\" class=\"num\">" : "<th scope=\"col\">");
        page_text3(o, field->columns[i].title);
        buf_puts(o->buf, "</th>");
    }
    buf_puts(o->buf, "</tr></thead><tbody>");
    for (size_t row = 0; row < value->count; row++) {
        buf_puts(o->buf, "<tr>");
        for (size_t i = 0; i < field->column_count; i++)
            table_cell(o, &field->columns[i], value->texts[row], i);
        buf_puts(o->buf, "</tr>");
    }
    buf_puts(o->buf, "</tbody></table></div>");
}

void page_value(struct page_out *o, const struct case_value *value)
{
    if (value->destroyed) {
        buf_puts(o->buf, "<em class=\"soft\">");
        page_word(o, T_case_destroyed);
        buf_puts(o->buf, "</em>");
        return;
    }
    if (value->field->type == FIELD_TABLE) {
        value_table(o, value);
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        if (i > 0)
            buf_puts(o->buf, "<br>");
        value_text(o, value->field, value->texts[i]);
    }
}

void page_state(struct page_out *o, const struct procedure *procedure, int state, bool for_opener)
{
    if (procedure == NULL || state < 0)
        return;
    const struct procedure_state *is = &procedure->states[state];
    const char *class_name = state == 0 ? " live" : is->final ? " good" : " warn";
    /* A final state that no paper leads to (withdrawn) is neither good nor bad. */
    if (is->final) {
        bool with_paper = false;
        for (size_t i = 0; i < procedure->act_count; i++)
            with_paper = with_paper || (procedure->acts[i].to == state && procedure->acts[i].paper != NULL);
        class_name = with_paper ? " good" : "";
    }
    buf_printf(o->buf, "<span class=\"tag%s\">", class_name);
    page_text3(o, for_opener ? is->public_title : is->title);
    buf_puts(o->buf, "</span>");
}

static const char *found(enum lang lang, const char *area, const char *word, enum text_key otherwise)
{
    char key[96];
    snprintf(key, sizeof key, "%s.%s", area, word);
    const char *text = text_find(lang, key);
    return text == NULL ? text_get(lang, otherwise) : text;
}

void page_period(struct page_out *o, const struct clock_rule *rule)
{
    const char *unit = found(o->lang, "clock.unit", clock_unit_word(rule->unit), T_common_none);
    if (rule->unit == UNIT_AT_ONCE || rule->unit == UNIT_NAMED_DAY) {
        page_text(o, unit);
        return;
    }
    if (rule->unit == UNIT_FIXED_DATE) {
        char word[8];
        snprintf(word, sizeof word, "%d", rule->fixed_month);
        char *day = text_format(o->frame->arena, o->lang, T_calc_day_month, INT_TEXT(rule->fixed_day),
                                found(o->lang, "common.month_of", word, T_common_none));
        page_word_with(o, T_calc_fixed, day, NULL);
        return;
    }
    if (rule->kind == CLOCK_AT_LEAST) {
        page_word(o, T_calc_at_least);
        buf_putc(o->buf, ' ');
    }
    page_word_with(o, T_calc_amount, INT_TEXT(rule->amount), unit);
    buf_puts(o->buf, ", ");
    if (rule->direction == CLOCK_BEFORE)
        page_word(o, T_calc_before);
    else
        page_text(o, found(o->lang, "clock.counting", clock_counting_word(rule->counting), T_common_none));
    if (rule->extend.times > 0) {
        buf_puts(o->buf, "; ");
        page_word(o, T_calc_extendable);
    }
}

static bool day_special(const struct clock_day *day)
{
    static const char *const special[] = {"holiday",          "carried",         "moved_off",      "worked_moved",
                                          "first_by_reading", "last_is_day_off", "rolled_forward", "moved_earlier"};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (strcmp(day->why, special[i]) == 0)
            return true;
    return day->holiday != NULL;
}

static void day_reason(struct page_out *o, const struct clock_day *day)
{
    page_text(o, found(o->lang, "clock.why", day->why, T_common_none));
    if (day->holiday != NULL) {
        buf_puts(o->buf, ": ");
        page_text3(o, day->holiday->title);
    }
    if (day->expected)
        buf_puts(o->buf, " (?)");
}

void page_days(struct page_out *o, const struct clock_explanation *why)
{
    if (why->count == 0)
        return;
    bool backwards = why->days[0].day > why->days[why->count - 1].day;
    size_t shown = why->count > STRIP_DAYS_MAX ? STRIP_DAYS_MAX : why->count;
    int32_t start = zone_day_of(o->zone, why->moments.starts_usec), due = zone_day_of(o->zone, why->moments.due_usec);
    int32_t first = why->days[backwards ? shown - 1 : 0].day;
    bool has_roll = false;
    buf_puts(o->buf, "<ol class=\"days\">");
    for (int weekday = 0; weekday < 7; weekday++)
        buf_printf(o->buf, "<li class=\"head-day\" aria-hidden=\"true\">%s</li>",
                   weekday_title(o->lang, weekday, true));
    for (int blank = day_of_week(first); blank > 0; blank--)
        buf_puts(o->buf, "<li class=\"blank\" aria-hidden=\"true\"></li>");
    for (size_t i = 0; i < shown; i++) {
        const struct clock_day *day = &why->days[backwards ? shown - 1 - i : i];
        struct date date = date_from_day(day->day);
        bool roll = (!day->counted_due && day->counted_overdue) || strcmp(day->why, "rolled_forward") == 0;
        const char *class_name = day->day == due     ? "last"
                                 : day->day == start ? "start"
                                 : day->counted_due  ? "counted"
                                 : roll              ? "roll"
                                                     : "off";
        has_roll = has_roll || roll;
        buf_printf(o->buf, "<li class=\"%s\">%d", class_name, date.day);
        if (i == 0 || date.day == 1) {
            buf_puts(o->buf, " <small>");
            month_short(o, date.month);
            buf_puts(o->buf, "</small>");
        }
        buf_puts(o->buf, "<span class=\"away\">: ");
        day_reason(o, day);
        buf_puts(o->buf, "</span></li>");
    }
    buf_puts(o->buf, "</ol><ul class=\"key\" aria-hidden=\"true\">");
    const struct {
        const char *class_name;
        enum text_key key;
        bool drawn;
    } keys[] = {{"start", T_calc_key_start, true},
                {"counted", T_calc_key_counted, true},
                {"last", T_calc_key_last, true},
                {"off", T_calc_key_off, true},
                {"roll", T_calc_key_roll, has_roll}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].drawn) {
            buf_printf(o->buf, "<li class=\"%s\">", keys[i].class_name);
            page_word(o, keys[i].key);
            buf_puts(o->buf, "</li>");
        }
    buf_puts(o->buf, "</ul>");
    bool listed = false;
    for (size_t i = 0; i < shown; i++) {
        const struct clock_day *day = &why->days[backwards ? shown - 1 - i : i];
        if (!day_special(day))
            continue;
        buf_puts(o->buf, listed ? "<li>" : "<ul class=\"small\"><li>");
        listed = true;
        page_day(o, day->day);
        buf_puts(o->buf, ": ");
        day_reason(o, day);
        buf_puts(o->buf, "</li>");
    }
    if (listed)
        buf_puts(o->buf, "</ul>");
    if (shown < why->count || why->cut) {
        buf_puts(o->buf, "<p class=\"small soft\">");
        page_word(o, T_calc_cut);
        buf_puts(o->buf, "</p>");
    }
}

const unsigned account_roles[ROLES_OF_ACCOUNTS] = {ROLE_ADMIN,       ROLE_MODERATOR, ROLE_REGISTRAR,
                                                   ROLE_OFFICIAL,    ROLE_HEAD,      ROLE_CARRIER,
                                                   ROLE_RESPONSIBLE, ROLE_SERVICE,   ROLE_AUDITOR};

const char *role_title(enum lang lang, unsigned role)
{
    const char *word = role_word((enum role)role);
    return word == NULL ? "" : found(lang, "settings.role", word, T_common_none);
}

const char *role_help(enum lang lang, unsigned role)
{
    const char *word = role_word((enum role)role);
    return word == NULL ? "" : found(lang, "settings.role_help", word, T_common_none);
}

void page_roles(struct page_out *o, unsigned roles)
{
    bool first = true;
    for (size_t i = 0; i < ROLES_OF_ACCOUNTS; i++) {
        if (!(roles & account_roles[i]))
            continue;
        if (!first)
            buf_puts(o->buf, ", ");
        page_text(o, role_title(o->lang, account_roles[i]));
        first = false;
    }
}

const char *event_title(enum lang lang, const char *kind)
{
    char word[64];
    snprintf(word, sizeof word, "%s", kind == NULL ? "" : kind);
    for (char *at = word; *at != '\0'; at++)
        if (*at == '.')
            *at = '_';
    return found(lang, "event", word, T_event_other);
}

const char *month_title(enum lang lang, int month)
{
    return found(lang, "common.month", INT_TEXT(month), T_common_none);
}

const char *weekday_title(enum lang lang, int weekday, bool is_short)
{
    return found(lang, is_short ? "common.weekday_short" : "common.weekday", INT_TEXT(weekday), T_common_none);
}

void page_csrf(struct page_out *o)
{
    if (o->frame->csrf == NULL)
        return;
    buf_puts(o->buf, "<input type=\"hidden\" name=\"csrf\" value=\"");
    buf_put_html(o->buf, o->frame->csrf);
    buf_puts(o->buf, "\">");
}

void page_current(struct page_out *o, const char *area)
{
    if (o->frame->area != NULL && strcmp(o->frame->area, area) == 0)
        buf_puts(o->buf, " aria-current=\"page\"");
}

void page_size(struct page_out *o, int64_t bytes)
{
    static const char *const units[2][LANG_COUNT] = {{"КБ", "КБ", "KB"}, {"МБ", "МБ", "MB"}};
    bool mega = bytes >= 1024 * 1024;
    int64_t unit = mega ? 1024 * 1024 : 1024;
    int64_t tenths = (bytes * 10 + unit / 2) / unit;
    if (tenths == 0 && bytes > 0)
        tenths = 1;
    buf_printf(o->buf, "%lld%s%lld %s", (long long)(tenths / 10), o->lang == LANG_EN ? "." : ",",
               (long long)(tenths % 10), units[mega][o->lang]);
}

const char *mail_error_text(enum lang lang, const char *code)
{
    return found(lang, "error", code, T_error_internal);
}
