/* An advertisement is shown from the day on which it was placed here, or, where its period began before that (it was
 * published already, and the law wants it kept all the same), from the first day of its period. */
#include "adverts/showing_adverts.h"
#include "base/json_scan.h"

#include <string.h>

static int64_t find(void *arg, const char *id, size_t count, int32_t *ret_placed_day)
{
    const struct showing_source *source = arg;
    return advert_ids_find_placed(source->ids, id, count, ret_placed_day);
}

static int begins(void *arg, int64_t serial, int32_t *ret_day, struct err *err)
{
    const struct showing_source *source = arg;
    const char *json = NULL;
    size_t json_len = 0;
    int64_t placed_usec = 0;
    struct arena arena;
    struct date from;
    arena_init(&arena, (size_t)16 << 20);
    int r = store_showing_said(source->tx, serial, &arena, &json, &json_len, &placed_usec, err);
    if (r == 0) {
        struct json_piece said = json_scan_member((struct json_piece){json, json_len}, "advert");
        struct json_piece text = json_scan_member(json_scan_member(said, "period"), "from");
        char day[11] = "";
        if (text.count == 12)
            memcpy(day, text.at + 1, 10);
        int32_t placed = zone_day_of(source->zone, placed_usec);
        int32_t begun = date_parse(day, &from) ? day_from_date(from) : placed;
        *ret_day = begun < placed ? begun : placed;
    }
    arena_done(&arena);
    return r;
}

int showing_adverts_of(struct showing_source *source, struct showing_adverts *ret, struct err *err)
{
    int r = advert_ids_follow(source->ids, source->tx, err);
    if (r == 0)
        *ret = (struct showing_adverts){find, begins, source};
    return r;
}
