/* The small readers behind load.h. They know YAML and the law's habits of writing; they know no norm. */
#include "law/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int file_refuse(const char *path, struct err *err)
{
    int reason = errno;
    (void)err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%s", path);
    return err_detail(err, "%s: %s", path, strerror(reason));
}

/* Reads at most LOAD_FILE_LIMIT bytes; more is refused and not cut. */
static int bytes_read(int fd, const char *path, struct arena *arena, struct law_file *file, struct err *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return file_refuse(path, err);
    if (!S_ISREG(info.st_mode) || info.st_size < 0 || info.st_size > (off_t)LOAD_FILE_LIMIT)
        return err_set(err, ERR_BAD_INPUT, "law_bad_file", "%s", path);
    size_t size = (size_t)info.st_size;
    char *bytes = arena_alloc(arena, size + 1);
    if (!bytes)
        return err_memory(err);
    size_t have = 0;
    while (have < size) {
        ssize_t got = read(fd, bytes + have, size - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_refuse(path, err);
        if (got == 0)
            break;
        have += (size_t)got;
    }
    bytes[have] = '\0';
    file->bytes = bytes;
    file->count = have;
    return 0;
}

int load_file(const char *path, const char *relative, struct arena *arena, struct law_file *ret, struct err *err)
{
    struct law_file file = {.name = arena_strdup(arena, path), .relative = arena_strdup(arena, relative)};
    if (!file.name || !file.relative)
        return err_memory(err);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return file_refuse(path, err);
    int r = bytes_read(fd, path, arena, &file, err);
    close(fd);
    if (r < 0)
        return r;
    r = yaml_parse(file.name, file.bytes, file.count, arena, &file.root, err);
    if (r < 0)
        return r;
    *ret = file;
    return 0;
}

const struct yaml *load_at(const struct yaml *node, const char *key)
{
    const struct yaml *value = yaml_get(node, key);
    return value ? value : node;
}

int load_mapping(const struct yaml *node, const char *const *allowed, struct err *err)
{
    if (node->kind != YAML_MAPPING)
        return yaml_refuse(node, err, "yaml_wrong_type", "a mapping");
    return yaml_only_keys(node, allowed, err);
}

int load_sequence(const struct yaml *node, const char *key, bool required, const struct yaml **ret, struct err *err)
{
    const struct yaml *value = yaml_get(node, key);
    if (!value && required)
        return yaml_refuse(node, err, "yaml_missing_key", "%s", key);
    if (value && value->kind != YAML_SEQUENCE)
        return yaml_refuse(value, err, "yaml_wrong_type", "%s", key);
    *ret = value;
    return 0;
}

int load_text3(const struct yaml *node, const char *key, bool required, struct text3 *ret, struct err *err)
{
    static const char *const languages[] = {"kk", "ru", "en", NULL};
    const struct yaml *value = yaml_get(node, key);
    if (!value)
        return required ? yaml_refuse(node, err, "yaml_missing_key", "%s", key) : 0;
    if (value->kind != YAML_MAPPING)
        return yaml_refuse(value, err, "yaml_wrong_type", "%s", key);
    int r = yaml_only_keys(value, languages, err);
    if (r < 0)
        return r;
    struct text3 text;
    for (int i = 0; i < LANG_COUNT; i++) {
        const struct yaml *one = yaml_get(value, languages[i]);
        if (!one || (one->kind == YAML_SCALAR && one->text[strspn(one->text, " \t\n")] == '\0'))
            return yaml_refuse(value, err, "law_text_missing", "%s.%s", key, languages[i]);
        if (one->kind != YAML_SCALAR)
            return yaml_refuse(one, err, "yaml_wrong_type", "%s.%s", key, languages[i]);
        text.in[i] = one->text;
    }
    *ret = text;
    return 0;
}

int load_day_scalar(const struct yaml *scalar, int32_t *ret, struct err *err)
{
    struct date date;
    if (scalar->kind != YAML_SCALAR)
        return yaml_refuse(scalar, err, "yaml_wrong_type", "a date");
    if (!date_parse(scalar->text, &date))
        return yaml_refuse(scalar, err, "law_bad_value", "%.40s", scalar->text);
    *ret = day_from_date(date);
    return 0;
}

int load_day(const struct yaml *node, const char *key, bool required, int32_t *ret, struct err *err)
{
    const struct yaml *value = yaml_get(node, key);
    if (!value)
        return required ? yaml_refuse(node, err, "yaml_missing_key", "%s", key) : 0;
    return load_day_scalar(value, ret, err);
}

int load_number(const struct yaml *node, const char *key, bool required, int64_t min, int64_t max, int64_t *ret,
                struct err *err)
{
    if (!required && !yaml_get(node, key))
        return 0;
    int64_t value = 0;
    int r = yaml_read_int(node, key, required, &value, err);
    if (r < 0)
        return r;
    if (value < min || value > max)
        return yaml_refuse(load_at(node, key), err, "law_bad_value", "%s %lld", key, (long long)value);
    *ret = value;
    return 0;
}

int load_words(const struct yaml *node, const char *key, bool required, struct arena *arena, size_t *ret_count,
               const char *const **ret, struct err *err)
{
    const struct yaml *value = yaml_get(node, key);
    if (!value && required)
        return yaml_refuse(node, err, "yaml_missing_key", "%s", key);
    if (!value) {
        *ret_count = 0;
        *ret = NULL;
        return 0;
    }
    if (value->kind == YAML_MAPPING)
        return yaml_refuse(value, err, "yaml_wrong_type", "%s", key);
    size_t count = value->kind == YAML_SCALAR ? 1 : value->count;
    const char **words = ARENA_ARRAY(arena, const char *, count);
    if (!words)
        return err_memory(err);
    if (count == 0)
        return yaml_refuse(value, err, "law_empty", "%s", key);
    for (size_t i = 0; i < count; i++) {
        const struct yaml *item = value->kind == YAML_SCALAR ? value : value->items[i];
        if (item->kind != YAML_SCALAR || !item->text[0])
            return yaml_refuse(item, err, "yaml_wrong_type", "%s", key);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(words[j], item->text) == 0)
                return yaml_refuse(item, err, "law_twice", "%s: %.60s", key, item->text);
        }
        words[i] = item->text;
    }
    *ret_count = count;
    *ret = words;
    return 0;
}

static bool name_valid(const char *text)
{
    if (text[0] < 'a' || text[0] > 'z' || strlen(text) > 60)
        return false;
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

int load_name(const struct yaml *node, const char *key, const char **ret, struct err *err)
{
    const char *name = NULL;
    int r = yaml_read_text(node, key, true, &name, err);
    if (r < 0)
        return r;
    if (!name_valid(name))
        return yaml_refuse(load_at(node, key), err, "law_bad_value", "%s: %.60s", key, name);
    *ret = name;
    return 0;
}

bool load_file_named(const struct law_file *file, const char *id)
{
    const char *slash = strrchr(file->relative, '/');
    const char *base = slash ? slash + 1 : file->relative;
    size_t count = strlen(id);
    return strncmp(base, id, count) == 0 && strcmp(base + count, ".yaml") == 0;
}
