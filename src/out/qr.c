/* QR codes through libqrencode. A paper and a page carry the address of the proof page in one, so that a printed sheet
 * leads back to the ledger. */
#include "out/qr.h"

#include "out/paper.h"
#include <errno.h>
#include <qrencode.h>

struct qr_code {
    QRcode code;
};

int qr_make(const char *text, struct qr_code **ret, struct err *err)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

    if (code == NULL && errno == ENOMEM)
        return err_memory(err);
    if (code == NULL) /* empty or longer than the largest code holds */
        return err_set(err, ERR_BAD_INPUT, "too_long", "2331");
    *ret = (struct qr_code *)code;
    return 0;
}

void qr_free(struct qr_code *code)
{
    QRcode_free((QRcode *)code);
}

int qr_width(const struct qr_code *code)
{
    return code->code.width;
}

bool qr_dark(const struct qr_code *code, int x, int y)
{
    return (code->code.data[y * code->code.width + x] & 1) != 0;
}

int qr_svg(const char *text, struct arena *arena, struct html *ret, struct err *err)
{
    struct qr_code *code CLEANUP_QR = NULL;
    struct buf svg CLEANUP_BUF = {0};
    int r = qr_make(text, &code, err), side;
    char *markup;

    if (r < 0)
        return r;
    buf_init(&svg, 1 << 20);
    side = qr_width(code) + 2 * QR_QUIET;
    /* Always dark on white, in a dark theme too: scanners expect it. What it says stands beside it as text. */
    buf_printf(&svg,
               "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
               "shape-rendering=\"crispEdges\" aria-hidden=\"true\" focusable=\"false\">"
               "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
               side, side, side, side);
    for (int y = 0; y < qr_width(code); y++)
        for (int x = 0; x < qr_width(code); x++) {
            int run = 0;

            while (x + run < qr_width(code) && qr_dark(code, x + run, y))
                run++;
            if (run > 0)
                buf_printf(&svg, "M%d %dh%dv1h-%dz", x + QR_QUIET, y + QR_QUIET, run, run);
            x += run;
        }
    buf_puts(&svg, "\"/></svg>");
    markup = svg.failed ? NULL : arena_strndup(arena, svg.data, svg.len);
    if (markup == NULL)
        return err_memory(err);
    *ret = (struct html){.markup = markup, .len = svg.len};
    return 0;
}
