/* Staff page of what ends: values whose time is over within 30 days, destructions that are not finished, and copies of
 * the store that remain. It only shows; what ends does so by itself. */
#include "persons/destruction.h"
#include "persons/vault.h"
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/pages/vault_views.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

#define SHOWN 500

static int endings_fill(struct request *request, struct tx *tx, const struct kept *kept, struct retention_view *view,
                        struct err *err)
{
    struct retention_item *items;
    size_t count;
    int r = retention_ahead(tx, SHOWN + 1, &request->arena, &items, &count, err);
    struct ending_line *lines = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct ending_line, count + 1);
    if (r < 0 || lines == NULL)
        return r < 0 ? r : err_memory(err);
    view->cut = count > SHOWN;
    view->ending_count = view->cut ? SHOWN : count;
    for (size_t i = 0; i < view->ending_count; i++) {
        const struct kept_entry *purpose = kept_by_number(kept, KEPT_PURPOSE, items[i].purpose, request->now_usec);
        const struct text3 *category = kept_category_title(kept, items[i].category);
        lines[i] = (struct ending_line){
            .subject_id = items[i].subject_id,
            .category = category == NULL ? NULL : arena_strdup(&request->arena, category->in[request->lang]),
            .purpose = purpose == NULL ? NULL : arena_strdup(&request->arena, kept_title(purpose, request->lang)),
            .day = items[i].destroy_day,
            .blocked = items[i].blocked,
            .held = items[i].held};
    }
    view->endings = lines;
    return request->arena.overflowed ? err_memory(err) : 0;
}

static int unfinished_fill(struct request *request, struct tx *tx, struct retention_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct destruction_row *rows;
    int r = store_destructions_unfinished(tx, SHOWN, &request->arena, &rows, &view->unfinished_count, err);
    struct unfinished_line *lines =
        r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct unfinished_line, view->unfinished_count + 1);
    if (r < 0 || lines == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; r == 0 && i < view->unfinished_count; i++) {
        const struct norm *norm = catalogue_norm_last(catalogue, rows[i].ground);
        struct person person;
        r = person_by_serial(tx, rows[i].person, &request->arena, &person, err);
        if (r == 0)
            lines[i] = (struct unfinished_line){.subject_id = arena_strdup(&request->arena, person.subject_id),
                                                .state = destruction_state_text(request->lang, rows[i].state),
                                                .ground = norm != NULL ? norm->title.in[request->lang] : rows[i].ground,
                                                .changed_usec = rows[i].changed_usec,
                                                .waits = strcmp(rows[i].state, "intended") == 0 &&
                                                         (person.holds > 0 || person.blocks > 0)};
    }
    view->unfinished = lines;
    return r < 0 ? r : request->arena.overflowed ? err_memory(err) : 0;
}

int page_retention_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct retention_view view = {0};
    struct backup_row *backups = NULL;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = endings_fill(request, tx, kept, &view, err);
    if (r == 0)
        r = unfinished_fill(request, tx, &view, err);
    if (r == 0)
        r = store_backup_rows(tx, request->now_usec, &request->arena, &backups, &view.backup_count, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, retention_title), "processing", &page, err);
    if (r < 0)
        return r;
    view.backups = backups;
    page_retention(&page->out, &view);
    return page_end(page, err);
}
