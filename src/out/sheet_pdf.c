/* Cairo's PDF surface around a sheet. */
#include "out/sheet_pdf.h"
#include <cairo-pdf.h>

static cairo_status_t take_bytes(void *arg, const unsigned char *bytes, unsigned int count)
{
    struct buf *out = arg;

    buf_put(out, bytes, count);
    return out->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

int sheet_to_pdf(struct sheet *sheet, const char *title, const char *author, const struct zone *zone, int64_t at_usec,
                 struct buf *out, struct err *err)
{
    char moment[32];
    cairo_surface_t *surface;
    cairo_status_t status;
    cairo_t *cr;
    bool drawn;

    moment_format(zone, at_usec, moment);
    surface = cairo_pdf_surface_create_for_stream(take_bytes, out, SHEET_WIDTH, SHEET_HEIGHT);
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, author);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, moment);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, moment);
    cr = cairo_create(surface);
    drawn = sheet_draw(sheet, cr);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (!drawn || out->failed || status == CAIRO_STATUS_NO_MEMORY)
        return err_memory(err);
    if (status != CAIRO_STATUS_SUCCESS) {
        err_set(err, ERR_INTERNAL, "internal", NULL);
        return err_detail(err, "cairo: %s", cairo_status_to_string(status));
    }
    return 0;
}
