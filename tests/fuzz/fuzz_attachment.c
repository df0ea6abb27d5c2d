/* A file and its name come from anybody: the type is one of five or none, and whatever name was given, what is kept is
 * readable, short, and leads into no folder. */
#include "base/unicode.h"
#include "cases/parts.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char *const types[] = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"};

static bool known(const char *type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

static void judge_name(const char *name)
{
    if (name[0] == '\0' || strlen(name) > 200 || !utf8_valid(name, strlen(name)))
        abort();
    for (const char *p = name; *p != '\0'; p++)
        if (*p == '/' || *p == '\\' || (unsigned char)*p < 0x20)
            abort();
}

static void seal_and_open(const struct attachment_new *file, struct arena *arena)
{
    const struct subject_key key = {.bytes = {1}};
    struct attachment_sealed *sealed;
    struct attachment_opened opened;
    struct buf name, content;
    char place[PLACE_ROOM];

    if (attachments_seal(file, 1, 0, arena, &sealed, NULL) < 0)
        return;
    buf_init(&name, 1 << 16);
    buf_init(&content, 1 << 16);
    place_of("attachment-key", sealed->id, place);
    if (seal(&key, place, sealed->content_key.bytes, sizeof sealed->content_key.bytes, &name, NULL) < 0)
        abort();
    buf_put(&name, sealed->name_sealed, sealed->name_sealed_len);
    struct attachment_row row = {.id = sealed->id,
                                 .type = sealed->type,
                                 .sealed_name = name.data,
                                 .sealed_name_len = name.len,
                                 .size_bytes = sealed->size_bytes,
                                 .commitment = sealed->commitment,
                                 .sealed = sealed->sealed,
                                 .sealed_len = sealed->sealed_len};
    if (attachment_open(&row, &key, arena, &opened, NULL) < 0 ||
        attachment_content(&row, &opened, &content, NULL) < 0 || content.len != file->count ||
        memcmp(content.data, file->bytes, content.len) != 0)
        abort();
    judge_name(opened.name);
    buf_done(&name);
    buf_done(&content);
}

/* The name up to the first zero byte, then the content. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, 0, size);
    struct field_errors errors;
    struct arena arena;

    if (end == NULL || sodium_init() < 0)
        return 0;
    arena_init(&arena, 1 << 20);
    field_errors_init(&errors, &arena);
    struct attachment_new file = {
        .name = (const char *)data, .bytes = end + 1, .count = size - (size_t)(end - data) - 1};
    if (attachments_check(&file, 1, &errors, NULL) == 0) {
        if (file.type == NULL || !known(file.type))
            abort();
        seal_and_open(&file, &arena);
    } else if (errors.count != 1) {
        abort();
    }
    arena_done(&arena);
    return 0;
}
