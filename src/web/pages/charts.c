/* Charts as SVG: bars side by side over a baseline, with a scale of whole numbers. No colour here: the style sheet
 * knows the classes. The table beside each chart says the same in figures. */
#include "web/pages/pages.h"

enum { WIDTH = 560, HEIGHT = 220, LEFT = 34, RIGHT = 6, TOP = 10, BOTTOM = 26 };

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

int chart_bars_svg(const struct chart_bars *chart, struct arena *arena, struct html *ret, struct err *err)
{
    CLEANUP_BUF struct buf out;
    int64_t step = scale_step(most_of(chart)), top = (most_of(chart) + step - 1) / step * step;
    double high = HEIGHT - TOP - BOTTOM,
           slot = (double)(WIDTH - LEFT - RIGHT) / (double)(chart->count ? chart->count : 1);
    double bar = slot * 0.78 / (double)(chart->series ? chart->series : 1);
    buf_init(&out, 256 * 1024);
    buf_printf(&out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    buf_put_html(&out, chart->title);
    buf_puts(&out, "\">");
    for (int64_t value = 0; value <= top; value += step) {
        double y = TOP + high * (1 - (double)value / (double)top);
        buf_printf(&out, "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                   value == 0 ? "base" : "axis", LEFT, WIDTH - RIGHT, y, y);
        buf_printf(&out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%lld</text>", LEFT - 6, y + 4,
                   (long long)value);
    }
    for (size_t i = 0; i < chart->count; i++) {
        for (size_t s = 0; s < chart->series; s++) {
            double height = high * (double)chart->values[s][i] / (double)top;
            if (chart->values[s][i] > 0)
                buf_printf(
                    &out, "<rect class=\"b%zu\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"1.5\"/>",
                    chart->series == 1 ? (size_t)2 : s + 1, LEFT + slot * (double)i + slot * 0.11 + bar * (double)s,
                    TOP + high - height, bar - 0.5, height);
        }
        const char *label = chart->labels == NULL ? NULL : chart->labels[i];
        if (label != NULL && label[0] != '\0') {
            buf_printf(&out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", LEFT + slot * ((double)i + 0.5),
                       HEIGHT - 8);
            buf_put_html(&out, label);
            buf_puts(&out, "</text>");
        }
    }
    buf_puts(&out, "</svg>");
    char *markup = out.failed ? NULL : arena_strndup(arena, out.data, out.len);
    if (markup == NULL)
        return err_memory(err);
    *ret = (struct html){.markup = markup, .len = out.len};
    return 0;
}
