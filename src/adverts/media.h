/* Media that advertisements name by the SHA-256 of their bytes: which kinds are taken, and how large. */
#ifndef TALAP_ADVERTS_MEDIA_H
#define TALAP_ADVERTS_MEDIA_H

#include <stddef.h>

#define ADVERT_MEDIA_BYTES ((size_t)8 << 20)

/* What the first bytes say it is: image/png, image/jpeg, image/gif, image/webp, audio/mpeg, audio/ogg, video/mp4,
 * video/webm. NULL: nothing that is taken. */
const char *advert_media_type(const char *bytes, size_t count);

#endif
