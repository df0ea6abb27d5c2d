/* The words of an advertisement's choices. */
#include "adverts/advert.h"

const char *advert_kind_word(enum advert_kind kind)
{
    static const char *const words[] = {"targeted", "sponsored", "other"};
    return words[kind];
}

const char *advert_format_word(enum advert_format format)
{
    static const char *const words[] = {"text", "image", "sound", "video"};
    return words[format];
}

const char *mark_place_word(enum mark_place place)
{
    static const char *const words[] = {"none", "first_line", "before_start", "on_image", "beside", "elsewhere"};
    return words[place];
}
