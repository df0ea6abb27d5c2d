/* What compiled templates call. */
#include "base/page_out.h"

void page_raw(struct page_out *o, const char *bytes, size_t count)
{
    buf_put(o->buf, bytes, count);
}

void page_text(struct page_out *o, const char *text)
{
    if (text != NULL)
        buf_put_html(o->buf, text);
}

void page_int(struct page_out *o, int64_t value)
{
    buf_put_int(o->buf, value);
}

void page_word(struct page_out *o, enum text_key key)
{
    buf_put_html(o->buf, text_get(o->lang, key));
}

void page_word_with(struct page_out *o, enum text_key key, const char *arg0, const char *arg1)
{
    text_put_format(o->buf, o->lang, key, arg0, arg1, buf_put_html);
}

void page_text3(struct page_out *o, struct text3 text)
{
    page_text(o, text.in[o->lang]);
}

void page_date(struct page_out *o, int64_t at_usec)
{
    if (at_usec != TIME_NONE)
        text_put_date(o->buf, o->lang, zone_day_of(o->zone, at_usec));
}

void page_minute(struct page_out *o, int64_t at_usec)
{
    if (at_usec != TIME_NONE)
        text_put_moment(o->buf, o->lang, o->zone, at_usec, false);
}

void page_second(struct page_out *o, int64_t at_usec)
{
    if (at_usec != TIME_NONE)
        text_put_moment(o->buf, o->lang, o->zone, at_usec, true);
}

void page_url(struct page_out *o, const char *text)
{
    if (text != NULL)
        buf_put_url(o->buf, text);
}

void page_html(struct page_out *o, struct html html)
{
    if (html.markup != NULL)
        buf_put(o->buf, html.markup, html.len);
}
