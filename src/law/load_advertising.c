/* law/advertising.yaml, and the operator's own words in the same form. */
#include "law/advertising.h"
#include "law/load.h"

#include <string.h>

#define TERM_MAX 200 /* bytes */

/* Every word of a term has two bytes or more, and `*` or `~` at its end only. */
static bool is_term(const char *text)
{
    size_t count = strlen(text);
    if (count == 0 || count > TERM_MAX)
        return false;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, " ");
        size_t plain = strcspn(at, "*~ ");
        bool last = plain == length || plain + 1 == length;
        if (length == 0 || !last || (plain < length && plain < 2))
            return false;
        at += length;
        if (*at == ' ' && !*++at)
            return false;
    }
    return true;
}

static int words_of(const struct yaml *list, bool terms, struct arena *arena, struct advertising_words *ret,
                    struct err *err)
{
    const char **words;
    if (list->kind != YAML_SEQUENCE)
        return yaml_refuse(list, err, "yaml_wrong_type", "a sequence");
    words = ARENA_ARRAY(arena, const char *, list->count);
    if (!words)
        return err_memory(err);
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *item = list->items[i];
        if (item->kind != YAML_SCALAR)
            return yaml_refuse(item, err, "yaml_wrong_type", "a word");
        if (terms && !is_term(item->text))
            return yaml_refuse(item, err, "law_bad_value", "%.60s", item->text);
        words[i] = item->text;
    }
    *ret = (struct advertising_words){list->count, words};
    return 0;
}

/* A list under a key; none where the key is missing. */
static int plain_words_read(const struct yaml *node, const char *key, struct arena *arena,
                            struct advertising_words *ret, struct err *err)
{
    const struct yaml *list = yaml_get(node, key);
    return list ? words_of(list, false, arena, ret, err) : 0;
}

/* {kk: [...], ru: [...], en: [...]}; each may be missing. */
static int words3_read(const struct yaml *node, const char *key, bool terms, struct arena *arena,
                       struct advertising_words ret[LANG_COUNT], struct err *err)
{
    static const char *const keys[] = {"kk", "ru", "en", NULL};
    const struct yaml *inside = yaml_get(node, key);
    int r = inside ? load_mapping(inside, keys, err) : 0;
    for (int lang = 0; inside && r == 0 && lang < LANG_COUNT; lang++) {
        const struct yaml *list = yaml_get(inside, keys[lang]);
        if (list)
            r = words_of(list, terms, arena, &ret[lang], err);
    }
    return r;
}

static int terms_read(const struct yaml *node, struct arena *arena, struct advertising_category *category,
                      struct err *err)
{
    int r = words3_read(node, "terms", true, arena, category->terms, err);
    if (r == 0)
        r = words3_read(node, "weak", true, arena, category->weak, err);
    if (r == 0)
        r = words3_read(node, "except", true, arena, category->except, err);
    return r;
}

static int category_read(const struct yaml *node, const struct catalogue *catalogue, struct arena *arena,
                         struct advertising_category *ret, struct err *err)
{
    static const char *const keys[] = {"category", "title", "norm", "terms", "weak", "except", "criteria", NULL};
    struct advertising_category category = {0};
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_name(node, "category", &category.id, err);
    if (r == 0)
        r = load_text3(node, "title", true, &category.title, err);
    if (r == 0)
        r = yaml_read_text(node, "norm", true, &category.norm, err);
    if (r == 0 && !catalogue_norm_last(catalogue, category.norm))
        r = yaml_refuse(load_at(node, "norm"), err, "law_unknown_reference", "norm %.80s", category.norm);
    if (r == 0)
        r = terms_read(node, arena, &category, err);
    if (r == 0)
        r = plain_words_read(node, "criteria", arena, &category.criteria, err);
    if (r == 0)
        *ret = category;
    return r;
}

static int categories_read(const struct yaml *root, const struct catalogue *catalogue, struct arena *arena,
                           struct advertising *advertising, struct err *err)
{
    const struct yaml *list = NULL;
    struct advertising_category *categories;
    int r = load_sequence(root, "terms", true, &list, err);
    if (r < 0)
        return r;
    categories = ARENA_ARRAY(arena, struct advertising_category, list->count);
    if (!categories)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < list->count; i++) {
        r = category_read(list->items[i], catalogue, arena, &categories[i], err);
        for (size_t j = 0; r == 0 && j < i; j++) {
            if (strcmp(categories[j].id, categories[i].id) == 0)
                r = yaml_refuse(list->items[i], err, "law_twice", "%s", categories[i].id);
        }
    }
    advertising->categories = categories;
    advertising->category_count = list->count;
    return r;
}

static int marks_read(const struct yaml *root, const struct catalogue *catalogue, struct arena *arena,
                      struct advertising *advertising, struct err *err)
{
    static const char *const keys[] = {"text", "lang", "norm", NULL};
    const struct yaml *list = NULL;
    struct advertising_mark *marks;
    int r = load_sequence(root, "marks", true, &list, err);
    if (r < 0)
        return r;
    marks = ARENA_ARRAY(arena, struct advertising_mark, list->count);
    if (!marks)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < list->count; i++) {
        const struct yaml *node = list->items[i];
        const char *lang = NULL;
        r = load_mapping(node, keys, err);
        if (r == 0)
            r = yaml_read_text(node, "text", true, &marks[i].text, err);
        if (r == 0)
            r = yaml_read_text(node, "lang", true, &lang, err);
        if (r == 0 && lang_parse(lang) < 0)
            r = yaml_refuse(load_at(node, "lang"), err, "law_bad_value", "lang: %.20s", lang);
        if (r == 0)
            r = yaml_read_text(node, "norm", true, &marks[i].norm, err);
        if (r == 0 && !catalogue_norm_last(catalogue, marks[i].norm))
            r = yaml_refuse(load_at(node, "norm"), err, "law_unknown_reference", "norm %.80s", marks[i].norm);
        if (r == 0)
            marks[i].lang = (enum lang)lang_parse(lang);
    }
    advertising->marks = marks;
    advertising->mark_count = list->count;
    return r;
}

int advertising_read(const struct law_file *file, struct catalogue *catalogue, struct err *err)
{
    static const char *const keys[] = {"marks", "unaccepted", "claims", "age_words", "endings", "terms", NULL};
    struct advertising *advertising = ARENA_NEW(&catalogue->arena, struct advertising);
    struct arena *arena = &catalogue->arena;
    int r = advertising ? load_mapping(file->root, keys, err) : err_memory(err);
    if (r == 0)
        r = marks_read(file->root, catalogue, arena, advertising, err);
    if (r == 0)
        r = plain_words_read(file->root, "unaccepted", arena, &advertising->unaccepted, err);
    if (r == 0)
        r = words3_read(file->root, "claims", true, arena, advertising->claims, err);
    if (r == 0)
        r = plain_words_read(file->root, "age_words", arena, &advertising->age_words, err);
    if (r == 0)
        r = words3_read(file->root, "endings", false, arena, advertising->endings, err);
    if (r == 0)
        r = categories_read(file->root, catalogue, arena, advertising, err);
    if (r == 0)
        catalogue->advertising = advertising;
    return r;
}

static int own_read(const struct yaml *node, const struct advertising *law, struct arena *arena,
                    struct advertising_category *ret, struct err *err)
{
    static const char *const keys[] = {"category", "terms", "weak", "except", NULL};
    struct advertising_category category = {0};
    const char *id = NULL;
    int r = load_mapping(node, keys, err);
    if (r == 0)
        r = load_name(node, "category", &id, err);
    for (size_t i = 0; r == 0 && i < law->category_count; i++) {
        if (strcmp(law->categories[i].id, id) == 0) {
            category.id = law->categories[i].id;
            category.title = law->categories[i].title;
            category.norm = law->categories[i].norm;
        }
    }
    if (r == 0 && !category.id)
        r = yaml_refuse(load_at(node, "category"), err, "law_unknown_reference", "category %.60s", id);
    if (r == 0)
        r = terms_read(node, arena, &category, err);
    if (r == 0)
        *ret = category;
    return r;
}

int advertising_own_load(const char *path, const struct advertising *law, struct arena *arena,
                         const struct advertising_category **ret, size_t *ret_count, struct err *err)
{
    static const char *const keys[] = {"terms", NULL};
    const struct yaml *root, *list = NULL;
    struct advertising_category *own;
    int r = yaml_load(path, LOAD_FILE_LIMIT, arena, &root, err);
    if (r == 0)
        r = load_mapping(root, keys, err);
    if (r == 0)
        r = load_sequence(root, "terms", true, &list, err);
    if (r < 0)
        return r;
    own = ARENA_ARRAY(arena, struct advertising_category, list->count);
    if (!own)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < list->count; i++)
        r = own_read(list->items[i], law, arena, &own[i], err);
    if (r < 0)
        return r;
    *ret = own;
    *ret_count = list->count;
    return 0;
}
