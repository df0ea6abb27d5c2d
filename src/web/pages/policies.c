/* The operator's policies on personal data in every version (pdl.25.2.1-1, opl.10.1), and who is responsible for the
 * processing (pdl.25.2.10). Public. */
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

static int line_make(struct request *request, const struct kept_entry *entry, struct policy_line *ret, struct err *err)
{
    const char *text = json_string_value(json_object_get(json_object_get(entry->json, "texts"), lang_of(request)));
    char *hash = arena_alloc(&request->arena, 2 * SHA256_BYTES + 1);
    if (hash == NULL)
        return err_memory(err);
    if (text == NULL)
        text = "";
    struct hash sum = sha256_of(text, strlen(text), NULL, 0, NULL, 0);
    hex_encode(sum.bytes, SHA256_BYTES, hash);
    *ret = (struct policy_line){.id = entry->id,
                                .title = kept_title(entry, request->lang),
                                .text = text,
                                .hash = hash,
                                .version = entry->version,
                                .from_usec = entry->from_usec,
                                .until_usec = entry->until_usec,
                                .leaf = entry->leaf};
    return 0;
}

static const char *member(const struct kept_entry *entry, const char *name)
{
    const char *text = entry == NULL ? NULL : json_string_value(json_object_get(entry->json, name));
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static void responsible_fill(const struct kept *kept, int64_t now_usec, struct policies_view *view)
{
    const struct kept_entry *entry = kept_at(kept, KEPT_RESPONSIBLE, "responsible", now_usec);
    if (entry != NULL && entry->retired)
        entry = NULL;
    view->responsible_name = member(entry, "name");
    view->responsible_post = member(entry, "post");
    view->responsible_email = member(entry, "email");
    view->responsible_phone = member(entry, "phone");
    view->responsible_address = member(entry, "address");
}

int page_policies_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct policies_view view = {0};
    const struct kept_entry **entries;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    size_t count = kept_list(kept, KEPT_POLICY, NULL, &request->arena, &entries);
    struct policy_line *lines = ARENA_ARRAY(&request->arena, struct policy_line, count + 1);
    if (lines == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < count; i++)
        if (!entries[i]->retired)
            r = line_make(request, entries[i], &lines[view.count++], err);
    view.lines = lines;
    responsible_fill(kept, request->now_usec, &view);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, cabinet_policies), "policies", &page, err);
    if (r < 0)
        return r;
    page_policies(&page->out, &view);
    return page_end(page, err);
}

int page_policy_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct policy_view view = {0};
    const struct kept_entry **entries;
    const char *wanted = query_text(request, "version");
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    size_t count = kept_list(kept, KEPT_POLICY, request_param(request, "id"), &request->arena, &entries);
    struct policy_line *lines = ARENA_ARRAY(&request->arena, struct policy_line, count + 1);
    if (lines == NULL)
        return err_memory(err);
    if (count == 0)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    for (size_t i = count; r == 0 && i-- > 0;)
        r = line_make(request, entries[i], &lines[view.version_count++], err);
    if (r < 0)
        return r;
    view.versions = lines;
    view.shown = lines[0];
    bool found = wanted[0] == '\0';
    for (size_t i = 0; i < view.version_count && !found; i++)
        if (strcmp(INT_TEXT(lines[i].version), wanted) == 0) {
            view.shown = lines[i];
            found = true;
        }
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    r = page_begin(request, response, view.shown.title, "policies", &page, err);
    if (r < 0)
        return r;
    page_policy(&page->out, &view);
    return page_end(page, err);
}
