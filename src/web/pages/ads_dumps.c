/* The dumps of the library as people find them: the days, each with its files, their sizes and checksums. */
#include "adverts/dump.h"
#include "web/app.h"
#include "web/pages/ad_views.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

#define DAYS_SHOWN 31

static int64_t whole(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static int day_fill(struct request *request, const char *manifest, struct ad_dump *ret, struct err *err)
{
    CLEANUP_JSON json_t *said = NULL;
    struct date date;
    int r = json_parse(manifest, strlen(manifest), &said, err);
    const json_t *files = r < 0 ? NULL : json_object_get(said, "files"), *file;
    const char *day = r < 0 ? NULL : json_string_value(json_object_get(said, "day"));
    struct ad_dump_file *list = ARENA_ARRAY(&request->arena, struct ad_dump_file, json_array_size(files) + 1);
    size_t i;
    if (r < 0)
        return r;
    if (list == NULL)
        return err_memory(err);
    if (day == NULL || !date_parse(day, &date))
        return err_set(err, ERR_DAMAGED, "internal", NULL);
    json_array_foreach(files, i, file)
    {
        const char *name = json_string_value(json_object_get(file, "name")),
                   *hash = json_string_value(json_object_get(file, "sha256"));
        list[i] = (struct ad_dump_file){.name = arena_strdup(&request->arena, name == NULL ? "" : name),
                                        .hash = arena_strdup(&request->arena, hash == NULL ? "" : hash),
                                        .rows = whole(file, "rows"),
                                        .bytes = whole(file, "bytes")};
    }
    *ret = (struct ad_dump){.name = arena_strdup(&request->arena, day),
                            .day = day_from_date(date),
                            .count = json_array_size(files),
                            .files = list};
    return request->arena.overflowed ? err_memory(err) : 0;
}

int page_ads_dumps_get(struct request *request, struct response *response, struct err *err)
{
    struct ad_dumps_view view = {.whole_days = DUMP_WHOLE_DAYS, .changes_days = DUMP_CHANGES_DAYS};
    const char **manifests = NULL;
    struct ad_dump *days;
    struct page *page;
    size_t count = 0;
    int r = 0;
    if (request->app->dumps_dir != NULL)
        r = dump_manifests(request->app->dumps_dir, DAYS_SHOWN, &request->arena, &manifests, &count, err);
    days = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct ad_dump, count + 1);
    if (days == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = day_fill(request, manifests[i], &days[i], err);
    view.days = days;
    view.count = count;
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, ads_dumps_title), "ads", &page, err);
    if (r < 0)
        return r;
    page_ads_dumps(&page->out, &view);
    return page_end(page, err);
}
