/* An advertisement made ready to be kept: its canonical JSON, in which its check, its id and its version stand too, so
 * that the one hash binds all of them. */
#include "adverts/adverts.h"
#include "base/id.h"
#include "ledger/merkle.h"
#include <string.h>

#define JSON_LIMIT (8u << 20) /* 10 000 words of criteria are far below */

int advert_make(const struct advert *advert, const struct advert_result *result, const char *id, int64_t version,
                int64_t now_usec, struct arena *arena, struct advert_new *ret, struct err *err)
{
    struct advert_new made = {.own_id = arena_strdup(arena, advert->own_id),
                              .last_day = advert->until_day < ADVERT_DAY_OPEN ? advert->until_day : ADVERT_DAY_OPEN,
                              .media_count = advert->media_count};
    struct hash *media = ARENA_ARRAY(arena, struct hash, advert->media_count);
    CLEANUP_BUF struct buf out = {0};
    int r;

    for (size_t i = 0; i < advert->media_count && media != NULL; i++)
        if (!hex_decode(advert->media[i].hash, media[i].bytes, SHA256_BYTES))
            return err_set(err, ERR_BAD_INPUT, "not_a_hash", NULL);
    if (id != NULL)
        strncpy(made.id, id, sizeof(made.id) - 1);
    else
        id_new(now_usec, made.id);
    buf_init(&out, JSON_LIMIT);
    buf_puts(&out, "{\"advert\":");
    r = advert_write(advert, &out, err);
    buf_puts(&out, ",\"check\":");
    made.check_at = out.len;
    if (r == 0)
        r = advert_result_write(result, -1, &out, err);
    made.check_len = out.len - made.check_at;
    if (r < 0)
        return r;
    buf_puts(&out, ",\"id\":\"");
    buf_puts(&out, made.id);
    buf_puts(&out, "\",\"version\":");
    buf_put_int(&out, version);
    buf_putc(&out, '}');
    made.json = out.failed ? NULL : arena_strndup(arena, out.data, out.len);
    if (made.json == NULL || media == NULL || arena->overflowed)
        return err_memory(err);
    made.json_len = out.len;
    made.hash = merkle_leaf(made.json, made.json_len);
    made.media = media;
    *ret = made;
    return 0;
}
