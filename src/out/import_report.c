/* Lines of an import that were refused. */
#include "out/import_report.h"
#include "base/locale.h"
#include <stdio.h>

#define ROWS 500
#define ARENA_BYTES ((size_t)4 * 1024 * 1024)

static void line_write(const struct import_refusal_row *row, enum lang lang, struct arena *arena, struct buf *out)
{
    const char *text = text_error(arena, lang, row->code, row->arg);
    buf_put_int(out, row->line);
    buf_putc(out, ',');
    buf_put_csv(out, row->field);
    buf_putc(out, ',');
    buf_put_csv(out, row->code);
    buf_putc(out, ',');
    buf_put_csv(out, text == NULL ? "" : text);
    buf_puts(out, "\r\n");
}

int import_refusals_fill(struct store *store, struct import_refusals *refusals, struct buf *out, bool *ret_more,
                         struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    const struct import_refusal_row after = {refusals->line, refusals->field, refusals->code, ""};
    struct import_refusal_row *rows = NULL;
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, ARENA_BYTES);
    int r = store_read_begin(store, &tx, err);
    if (r == 0)
        r = store_import_refusals(tx, refusals->id, refusals->begun ? &after : NULL, ROWS, &arena, &rows, &count, err);
    if (r == 0 && !refusals->begun)
        buf_puts(out, "line,field,code,message\r\n");
    for (size_t i = 0; r == 0 && i < count; i++)
        line_write(&rows[i], refusals->lang, &arena, out);
    if (r == 0 && count > 0) {
        refusals->line = rows[count - 1].line;
        snprintf(refusals->field, sizeof refusals->field, "%s", rows[count - 1].field);
        snprintf(refusals->code, sizeof refusals->code, "%s", rows[count - 1].code);
    }
    if (r == 0 && (arena.overflowed || out->failed))
        r = err_memory(err);
    arena_done(&arena);
    if (r == 0) {
        refusals->begun = true;
        *ret_more = count == ROWS;
    }
    return r;
}
