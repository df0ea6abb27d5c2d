/* What the pages of the library of advertising share: names that lead on, periods, what changed, showings as a chart.
 */
#include "web/pages/ad_views.h"
#include "web/pages/pages.h"
#include "web/pages/register_views.h"
#include <string.h>

#define BARS_MOST 92

bool ads_in_menu(const struct page_frame *frame)
{
    const struct office *office = frame->office;
    const struct procedure *removal = catalogue_procedure(office->catalogue, "advert_removal");
    return removal == NULL || office_runs(office, removal);
}

bool ads_placed_by(const struct actor *actor)
{
    return actor != NULL && actor->kind == ACTOR_ACCOUNT && !actor->must_change_password &&
           (actor->roles & (ROLE_MODERATOR | ROLE_ADMIN)) != 0;
}

void page_ad_period(struct page_out *o, const struct advert *advert)
{
    CLEANUP_BUF struct buf day = {0};
    if (advert->until_day != INT32_MAX) {
        page_day(o, advert->from_day);
        buf_puts(o->buf, " – ");
        page_day(o, advert->until_day);
        return;
    }
    buf_init(&day, 256);
    text_put_date(&day, o->lang, advert->from_day);
    page_word_with(o, T_ads_since, day.failed ? "" : day.data, NULL);
}

void page_ad_party(struct page_out *o, const struct advert *advert, enum ad_party party)
{
    const struct advert_party *p = ad_party_of(advert, party);
    if (p->name == NULL) {
        page_word(o, T_ads_not_said);
        return;
    }
    buf_printf(o->buf, "<a href=\"/%s/ads/by/%s?name=", lang_code(o->lang), ad_party_word(party));
    buf_put_url(o->buf, p->name);
    buf_puts(o->buf, "\"><bdi>");
    buf_put_html(o->buf, p->name);
    buf_puts(o->buf, "</bdi></a>");
}

static void put_part(struct page_out *o, const char *text, size_t from, size_t until)
{
    const char *part = arena_strndup(o->frame->arena, text + from, until - from);
    buf_put_html(o->buf, part == NULL ? "" : part);
}

void page_ad_changed(struct page_out *o, const char *text, const struct ad_change *change, const char *tag)
{
    size_t count = strlen(text), end = count - change->same_tail;
    put_part(o, text, 0, change->same_head);
    if (end > change->same_head) {
        buf_printf(o->buf, "<%s>", tag);
        put_part(o, text, change->same_head, end);
        buf_printf(o->buf, "</%s>", tag);
    }
    put_part(o, text, end, count);
}

void page_ads_count(struct page_out *o, int64_t count)
{
    CLEANUP_BUF struct buf number;
    struct page_out inner = *o;
    buf_init(&number, 64);
    inner.buf = &number;
    page_grouped(&inner, count);
    page_word_with(o, T_ads_count, number.failed ? "" : number.data, NULL);
}

/* --- Showings ------------------------------------------------------------------------------------------------------
 */

/* "22.11" under a bar. */
static const char *bar_label(struct arena *arena, int32_t day)
{
    struct date date = date_from_day(day);
    const char *label = arena_printf(arena, "%02d.%02d", date.day, date.month);
    return label == NULL ? "" : label;
}

int ad_showings_chart(const struct showing_day *days, size_t count, enum lang lang, struct arena *arena,
                      struct ad_showings *ret, struct err *err)
{
    struct ad_showings showings = {.title = T_ads_by_day};
    int32_t first = INT32_MAX, last = INT32_MIN, width = 1;
    for (size_t i = 0; i < count; i++) {
        first = days[i].day < first ? days[i].day : first;
        last = days[i].day > last ? days[i].day : last;
        showings.total += days[i].count;
    }
    if (count == 0) {
        *ret = showings;
        return 0;
    }
    if (last - first >= BARS_MOST) {
        width = last - first < 7 * BARS_MOST ? 7 : 30;
        showings.title = width == 7 ? T_ads_by_week : T_ads_by_month;
    }
    size_t bar_count = (size_t)((last - first) / width) + 1, step = (bar_count + 7) / 8;
    struct ad_bar *bars = ARENA_ARRAY(arena, struct ad_bar, bar_count);
    int64_t *values = ARENA_ARRAY(arena, int64_t, bar_count);
    const char **labels = ARENA_ARRAY(arena, const char *, bar_count);
    if (bars == NULL || values == NULL || labels == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        values[(days[i].day - first) / width] += days[i].count;
    for (size_t i = 0; i < bar_count; i++) {
        bars[i] = (struct ad_bar){.day = first + (int32_t)i * width, .count = values[i]};
        labels[i] = i % step == step / 2 ? bar_label(arena, bars[i].day) : "";
    }
    showings.bar_count = bar_count;
    showings.bars = bars;
    const struct chart_bars chart = {
        .count = bar_count, .series = 1, .values = {values}, .labels = labels, .title = text_get(lang, showings.title)};
    int r = chart_bars_svg(&chart, arena, &showings.chart, err);
    if (r == 0)
        *ret = showings;
    return r;
}
