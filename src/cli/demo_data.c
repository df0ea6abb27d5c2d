/* Reading the demo's data. Strict, like all that is read here: a missing word is refused with file and line. */
#include "cli/demo_data.h"
#include "base/yaml.h"
#include <stdio.h>
#include <string.h>

#define DATA_LIMIT (1u << 20)

static int read_words(const struct yaml *node, const char *key, struct arena *arena, struct demo_words *ret,
                      struct err *err)
{
    const struct yaml *list = yaml_get(node, key);

    if (list == NULL || list->kind != YAML_SEQUENCE || list->count == 0)
        return yaml_refuse(list != NULL ? list : node, err, "demo_malformed", "%s", key);
    ret->texts = ARENA_ARRAY(arena, const char *, list->count);
    if (ret->texts == NULL)
        return err_memory(err);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != YAML_SCALAR)
            return yaml_refuse(list->items[i], err, "demo_malformed", "%s", key);
        ret->texts[i] = list->items[i]->text;
    }
    ret->count = list->count;
    return 0;
}

static int read_words3(const struct yaml *root, const char *key, int lang_count, struct arena *arena,
                       struct demo_words ret[LANG_COUNT], struct err *err)
{
    const struct yaml *node = yaml_get(root, key);
    int r = 0;

    if (node == NULL)
        return yaml_refuse(root, err, "demo_malformed", "%s", key);
    for (int lang = 0; r == 0 && lang < lang_count; lang++)
        r = read_words(node, lang_code((enum lang)lang), arena, &ret[lang], err);
    return r;
}

static int read_people(const struct yaml *root, struct arena *arena, struct demo_data *data, struct err *err)
{
    const struct yaml *people = yaml_get(root, "people");
    int r = people != NULL ? 0 : yaml_refuse(root, err, "demo_malformed", "people");

    for (int lang = 0; r == 0 && lang < LANG_COUNT; lang++) {
        const struct yaml *node = yaml_get(people, lang_code((enum lang)lang));

        if (node == NULL)
            return yaml_refuse(people, err, "demo_malformed", "%s", lang_code((enum lang)lang));
        r = read_words(node, "names", arena, &data->names[lang], err);
        if (r == 0)
            r = read_words(node, "surnames", arena, &data->surnames[lang], err);
        if (r == 0)
            r = read_words(node, "mailboxes", arena, &data->mailboxes[lang], err);
        if (r == 0 && data->mailboxes[lang].count != data->names[lang].count)
            r = yaml_refuse(node, err, "demo_malformed", "mailboxes");
    }
    return r;
}

static int read_text3(const struct yaml *node, const char *key, struct text3 *ret, struct err *err)
{
    const struct yaml *texts = yaml_get(node, key);
    int r = texts != NULL ? 0 : yaml_refuse(node, err, "demo_malformed", "%s", key);

    for (int lang = 0; r == 0 && lang < LANG_COUNT; lang++)
        r = yaml_read_text(texts, lang_code((enum lang)lang), true, &ret->in[lang], err);
    return r;
}

static int read_organisation(const struct yaml *root, struct organisation *ret, struct err *err)
{
    const struct yaml *node = yaml_get(root, "organisation");
    int r = node != NULL ? 0 : yaml_refuse(root, err, "demo_malformed", "organisation");

    if (r == 0)
        r = read_text3(node, "name", &ret->name, err);
    if (r == 0)
        r = read_text3(node, "address", &ret->address, err);
    if (r == 0)
        r = read_text3(node, "complaint_rules", &ret->complaint_rules, err);
    if (r == 0)
        r = yaml_read_text(node, "bin", true, &ret->bin, err);
    if (r == 0)
        r = yaml_read_text(node, "email", true, &ret->email, err);
    if (r == 0)
        r = yaml_read_text(node, "phone", true, &ret->phone, err);
    if (r == 0)
        r = yaml_read_text(node, "url", true, &ret->url, err);
    return r;
}

static int read_lang(const struct yaml *node, enum lang *ret, struct err *err)
{
    const char *code;
    int r = yaml_read_text(node, "lang", true, &code, err);

    if (r < 0)
        return r;
    if (lang_parse(code) < 0)
        return yaml_refuse(node, err, "demo_malformed", "lang");
    *ret = (enum lang)lang_parse(code);
    return 0;
}

static int read_accounts(const struct yaml *root, struct arena *arena, struct demo_data *data, struct err *err)
{
    const struct yaml *list = yaml_get(root, "accounts");
    int r = 0;

    if (list == NULL || list->kind != YAML_SEQUENCE)
        return yaml_refuse(root, err, "demo_malformed", "accounts");
    data->accounts = ARENA_ARRAY(arena, struct demo_account, list->count);
    if (data->accounts == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < list->count; i++) {
        struct demo_account *account = &data->accounts[i];

        r = yaml_read_text(list->items[i], "login", true, &account->login, err);
        if (r == 0)
            r = yaml_read_text(list->items[i], "name", true, &account->name, err);
        if (r == 0)
            r = yaml_read_text(list->items[i], "email", true, &account->email, err);
        if (r == 0)
            r = yaml_read_text(list->items[i], "roles", true, &account->roles, err);
        if (r == 0)
            r = read_lang(list->items[i], &account->lang, err);
    }
    data->account_count = list->count;
    return r;
}

static int read_sample(const struct yaml *node, struct demo_sample *sample, struct err *err)
{
    const struct yaml *measures = yaml_get(node, "measures");
    int r = read_lang(node, &sample->lang, err);

    if (r == 0)
        r = yaml_read_text(node, "about", true, &sample->about, err);
    if (r == 0)
        r = yaml_read_text(node, "category", false, &sample->category, err);
    if (r == 0)
        r = yaml_read_text(node, "path", false, &sample->path, err);
    if (r == 0)
        r = yaml_read_text(node, "text", true, &sample->text, err);
    if (r == 0)
        r = yaml_read_text(node, "decision", true, &sample->decision, err);
    if (r == 0)
        r = yaml_read_text(node, "reasons", true, &sample->reasons, err);
    if (r < 0)
        return r;
    if (measures == NULL || measures->kind != YAML_SEQUENCE || measures->count > DEMO_MEASURES_MAX)
        return yaml_refuse(node, err, "demo_malformed", "measures");
    for (size_t i = 0; i < measures->count; i++)
        sample->measures[i] = measures->items[i]->text;
    sample->measure_count = measures->count;
    return 0;
}

static int read_samples(const struct yaml *root, struct arena *arena, struct demo_data *data, struct err *err)
{
    const struct yaml *list = yaml_get(root, "complaints");
    int r = 0;

    if (list == NULL || list->kind != YAML_SEQUENCE || list->count == 0)
        return yaml_refuse(root, err, "demo_malformed", "complaints");
    data->samples = ARENA_ARRAY(arena, struct demo_sample, list->count);
    if (data->samples == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < list->count; i++)
        r = read_sample(list->items[i], &data->samples[i], err);
    data->sample_count = list->count;
    return r;
}

static int read_screenshot(const char *path, struct arena *arena, struct demo_data *data, struct err *err)
{
    char *bytes = arena_alloc(arena, DATA_LIMIT);
    FILE *file;

    if (bytes == NULL)
        return err_memory(err);
    file = fopen(path, "rbe");
    if (file == NULL)
        return err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%.150s", path);
    data->screenshot_len = fread(bytes, 1, DATA_LIMIT, file);
    fclose(file);
    data->screenshot = bytes;
    return attachment_type(bytes, data->screenshot_len) != NULL
               ? 0
               : err_set(err, ERR_BAD_INPUT, "demo_malformed", "%.150s", path);
}

int demo_data_load(const char *dir, struct arena *arena, struct demo_data *ret, struct err *err)
{
    struct demo_data data = {.account_count = 0};
    const char *path = arena_printf(arena, "%s/complaints.yaml", dir);
    const char *picture = arena_printf(arena, "%s/screenshot.png", dir);
    const struct yaml *root;
    int r;

    if (path == NULL || picture == NULL)
        return err_memory(err);
    r = yaml_load(path, DATA_LIMIT, arena, &root, err);
    if (r == 0)
        r = read_organisation(root, &data.organisation, err);
    if (r == 0)
        r = read_accounts(root, arena, &data, err);
    if (r == 0)
        r = read_people(root, arena, &data, err);
    if (r == 0)
        r = read_words3(root, "greetings", LANG_COUNT, arena, data.greetings, err);
    if (r == 0)
        r = read_words3(root, "closings", LANG_COUNT, arena, data.closings, err);
    if (r == 0)
        r = read_words3(root, "notes", LANG_EN, arena, data.notes, err);
    if (r == 0)
        r = read_samples(root, arena, &data, err);
    if (r == 0)
        r = read_screenshot(picture, arena, &data, err);
    if (r < 0)
        return r;
    *ret = data;
    return 0;
}
