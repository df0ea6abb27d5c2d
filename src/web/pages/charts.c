/* Charts as SVG: bars side by side over a baseline, with a scale of whole numbers; and a gauge, one bar against a
 * limit. No colour here: the style sheet knows the classes. The table beside each chart says the same in figures. */
#include "base/unicode.h"
#include "web/pages/pages.h"

/* A bar is no wider than a thumb, however few there are. */
enum { BAR_WIDEST = 44 };
enum { WIDTH = 560, HEIGHT = 220, LEFT_LEAST = 34, LETTER = 11, HALF_LETTER = 4, RIGHT = 6, TOP = 16, BOTTOM = 26 };

/* The step of the scale: 1, 2, 5, 10, 20 … so that at most four lines are drawn. */
static int64_t scale_step(int64_t most)
{
    static const int64_t steps[] = {1, 2, 5};
    for (int64_t power = 1;; power *= 10)
        for (size_t i = 0; i < 3; i++)
            if (most <= 4 * steps[i] * power)
                return steps[i] * power;
}

static int64_t most_of(const struct chart_bars *chart)
{
    int64_t most = 1;
    for (size_t s = 0; s < chart->series; s++)
        for (size_t i = 0; i < chart->count; i++)
            if (chart->values[s][i] > most)
                most = chart->values[s][i];
    return most;
}

/* "1 250 000", with spaces that do not break. */
static int grouped(char room[static 48], int64_t value)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)value), at = 0;
    for (int i = 0; i < length; i++)
        at +=
            snprintf(room + at, (size_t)(48 - at), "%s%c", i > 0 && (length - i) % 3 == 0 ? "\xC2\xA0" : "", digits[i]);
    return length + (length - 1) / 3; /* letters */
}

int chart_bars_svg(const struct chart_bars *chart, struct arena *arena, struct html *ret, struct err *err)
{
    CLEANUP_BUF struct buf out;
    int64_t step = scale_step(most_of(chart)), top = (most_of(chart) + step - 1) / step * step;
    char number[48];
    int letters = grouped(number, top), left = letters < 3 ? LEFT_LEAST : LETTER * letters + 8;
    double high = HEIGHT - TOP - BOTTOM,
           slot = (double)(WIDTH - left - RIGHT) / (double)(chart->count ? chart->count : 1);
    double bars = (double)(chart->series ? chart->series : 1), bar = slot * 0.78 / bars;
    if (bar > BAR_WIDEST)
        bar = BAR_WIDEST;
    double before = (slot - bar * bars) / 2; /* bars stand in the middle of their slot, above its label */
    buf_init(&out, 256 * 1024);
    buf_printf(&out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    buf_put_html(&out, chart->title);
    buf_puts(&out, "\">");
    for (int64_t value = 0; value <= top; value += step) {
        double y = TOP + high * (1 - (double)value / (double)top);
        buf_printf(&out, "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                   value == 0 ? "base" : "axis", left, WIDTH - RIGHT, y, y);
        grouped(number, value);
        buf_printf(&out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", left - 6, y + 4, number);
    }
    for (size_t i = 0; i < chart->count; i++) {
        for (size_t s = 0; s < chart->series; s++) {
            double height = high * (double)chart->values[s][i] / (double)top;
            if (chart->values[s][i] > 0)
                buf_printf(&out,
                           "<rect class=\"b%zu\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"1.5\"/>",
                           chart->series == 1 ? (size_t)2 : s + 1, left + slot * (double)i + before + bar * (double)s,
                           TOP + high - height, bar - 0.5, height);
        }
        const char *label = chart->labels == NULL ? NULL : chart->labels[i];
        if (label != NULL && label[0] != '\0') {
            double middle = left + slot * ((double)i + 0.5), most = WIDTH - HALF_LETTER * (double)utf8_length(label);
            buf_printf(&out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", middle < most ? middle : most,
                       HEIGHT - 8);
            buf_put_html(&out, label);
            buf_puts(&out, "</text>");
        }
    }
    if (chart->limit > 0 && chart->limit <= top) {
        double y = TOP + high * (1 - (double)chart->limit / (double)top);
        buf_printf(&out, "<line class=\"limit\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", left, WIDTH - RIGHT, y,
                   y);
    }
    buf_puts(&out, "</svg>");
    char *markup = out.failed ? NULL : arena_strndup(arena, out.data, out.len);
    if (markup == NULL)
        return err_memory(err);
    *ret = (struct html){.markup = markup, .len = out.len};
    return 0;
}

int chart_gauge_svg(int64_t value, int64_t limit, const char *title, struct arena *arena, struct html *ret,
                    struct err *err)
{
    /* The limit stands at four fifths, unless the value is far beyond it. */
    double most = (double)limit * 1.25 > (double)value * 1.05 ? (double)limit * 1.25 : (double)value * 1.05;
    double long_ = value > 0 ? 300.0 * (double)value / most : 0, at = 300.0 * (double)limit / most;
    CLEANUP_BUF struct buf out;
    buf_init(&out, 4096);
    buf_puts(&out,
             "<svg class=\"gauge\" viewBox=\"0 0 300 22\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"");
    buf_put_html(&out, title);
    buf_printf(&out, "\"><rect class=\"track\" x=\"0\" y=\"4\" width=\"300\" height=\"14\" rx=\"3\"/>");
    buf_printf(&out, "<rect class=\"%s\" x=\"0\" y=\"4\" width=\"%.1f\" height=\"14\" rx=\"3\"/>",
               value > limit ? "b3" : "b2", long_);
    buf_printf(&out, "<line class=\"limit\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"22\"/></svg>", at, at);
    char *markup = out.failed ? NULL : arena_strndup(arena, out.data, out.len);
    if (markup == NULL)
        return err_memory(err);
    *ret = (struct html){.markup = markup, .len = out.len};
    return 0;
}
