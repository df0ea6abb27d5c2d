/* Kinds of media are told by their first bytes, not by what somebody says of them. */
#include "adverts/media.h"
#include <string.h>

const char *advert_media_type(const char *bytes, size_t count)
{
    static const struct {
        const char *type;
        size_t at;
        const char *mark;
        size_t mark_len;
        const char *also; /* at 8, four bytes */
    } kinds[] = {
        {"image/png", 0, "\x89PNG\r\n\x1a\n", 8, NULL},
        {"image/jpeg", 0, "\xff\xd8\xff", 3, NULL},
        {"image/gif", 0, "GIF87a", 6, NULL},
        {"image/gif", 0, "GIF89a", 6, NULL},
        {"image/webp", 0, "RIFF", 4, "WEBP"},
        {"audio/mpeg", 0, "ID3", 3, NULL},
        {"audio/mpeg", 0, "\xff\xfb", 2, NULL},
        {"audio/mpeg", 0, "\xff\xf3", 2, NULL},
        {"audio/mpeg", 0, "\xff\xf2", 2, NULL},
        {"audio/ogg", 0, "OggS", 4, NULL},
        {"video/mp4", 4, "ftyp", 4, NULL},
        {"video/webm", 0, "\x1a\x45\xdf\xa3", 4, NULL},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (count >= 12 && memcmp(bytes + kinds[i].at, kinds[i].mark, kinds[i].mark_len) == 0 &&
            (kinds[i].also == NULL || memcmp(bytes + 8, kinds[i].also, 4) == 0))
            return kinds[i].type;
    return NULL;
}
