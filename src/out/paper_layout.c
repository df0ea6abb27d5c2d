/* Reads papers/ID.yaml and refuses, with file and line, what could not be drawn later: an unknown key, block or
 * placeholder, a text missing in a language, a field that no procedure issuing the paper asks for, a paper that nothing
 * issues, an act whose paper has no layout. */
#include "out/paper_layout.h"

#include "base/yaml.h"
#include "law/catalogue.h"
#include "out/paper.h"
#include "out/paper_sheet.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (256u << 10)
#define ARENA_LIMIT (8u << 20)
#define BLOCKS_MAX 80

static const char *const block_words[BLOCK_KINDS] = {
    [BLOCK_LETTERHEAD] = "letterhead", [BLOCK_NUMBER_AND_DATE] = "number_and_date",
    [BLOCK_ADDRESSEE] = "addressee",   [BLOCK_TITLE] = "title",
    [BLOCK_HEADING] = "heading",       [BLOCK_TEXT] = "text",
    [BLOCK_VALUE] = "value",           [BLOCK_LIST] = "list",
    [BLOCK_NUMBERED] = "numbered",     [BLOCK_TABLE] = "table",
    [BLOCK_CLOCKS] = "clocks",         [BLOCK_ATTACHMENTS] = "attachments",
    [BLOCK_SIGNATURE] = "signature",   [BLOCK_PROOF] = "proof",
};

/* Which keys each block takes beside `block` and `if`. */
static const char *const block_keys[BLOCK_KINDS][6] = {
    [BLOCK_LETTERHEAD] = {"block", "if"},
    [BLOCK_NUMBER_AND_DATE] = {"block", "if"},
    [BLOCK_ADDRESSEE] = {"block", "if", "field", "label", "text"},
    [BLOCK_TITLE] = {"block"},
    [BLOCK_HEADING] = {"block", "if", "text"},
    [BLOCK_TEXT] = {"block", "if", "text"},
    [BLOCK_VALUE] = {"block", "if", "label", "field", "text"},
    [BLOCK_LIST] = {"block", "if", "label", "field"},
    [BLOCK_NUMBERED] = {"block", "if", "label", "field"},
    [BLOCK_TABLE] = {"block", "if", "label", "field"},
    [BLOCK_CLOCKS] = {"block", "if", "label"},
    [BLOCK_ATTACHMENTS] = {"block", "if", "label", "of"},
    [BLOCK_SIGNATURE] = {"block", "if", "label", "post"},
    [BLOCK_PROOF] = {"block"},
};

struct reading {
    struct papers *papers;
    struct paper_layout *layout;
    struct err *err;
};

/* --- What the catalogue knows --------------------------------------------------------------------------------------
 */

static const struct field *field_in(const struct field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static bool same(const char *paper, const char *id)
{
    return paper != NULL && strcmp(paper, id) == 0;
}

static bool issues(const struct procedure *procedure, const char *paper)
{
    bool found = same(procedure->paper, paper);

    for (size_t i = 0; i < procedure->act_count; i++)
        found = found || same(procedure->acts[i].paper, paper);
    return found;
}

static bool issued(const struct catalogue *catalogue, const char *paper)
{
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        if (issues(&catalogue->procedures[i], paper))
            return true;
    return false;
}

/* The field as any procedure that issues the paper asks for it; an opening has the form alone. NULL where none does. */
static const struct field *field_of_paper(const struct catalogue *catalogue, const char *paper, const char *name)
{
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        const struct field *field = NULL;

        for (size_t k = 0; k < procedure->act_count && field == NULL; k++)
            if (same(procedure->acts[k].paper, paper))
                field = field_in(procedure->acts[k].fields, procedure->acts[k].field_count, name);
        for (size_t k = 0; k < procedure->act_count && field == NULL; k++)
            if (same(procedure->acts[k].paper, paper))
                field = procedure_field_find(procedure, name);
        if (field == NULL && same(procedure->paper, paper))
            field = field_in(procedure->fields, procedure->field_count, name);
        if (field != NULL)
            return field;
    }
    return NULL;
}

static bool by_opener_alone(const struct procedure_act *act)
{
    return act->by_count == 1 && strcmp(act->by[0], "opener") == 0;
}

/* Of what staff gives in acts, the opener sees public fields alone. */
static bool hidden_from_opener(const struct procedure *procedure, const char *paper, const char *name)
{
    bool told = false, hidden = false;

    for (size_t i = 0; i < procedure->act_count; i++) {
        const struct procedure_act *act = &procedure->acts[i];
        const struct field *field = field_in(act->fields, act->field_count, name);

        told = told || (same(act->paper, paper) && act->tell == TELL_OPENER);
        hidden = hidden || (field != NULL && !field->public_value && !by_opener_alone(act));
    }
    return told && hidden;
}

static int check_field(const struct reading *reading, const struct yaml *at, const char *name, const struct field **ret)
{
    const struct catalogue *catalogue = reading->papers->catalogue;
    const struct field *field = reading->layout->general ? NULL : field_of_paper(catalogue, reading->layout->id, name);

    if (field == NULL)
        return yaml_refuse(at, reading->err, "paper_unknown_field", "%.60s", name);
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        if (hidden_from_opener(&catalogue->procedures[i], reading->layout->id, name))
            return yaml_refuse(at, reading->err, "paper_hidden_field", "%.60s", name);
    if (ret != NULL)
        *ret = field;
    return 0;
}

/* --- Texts ---------------------------------------------------------------------------------------------------------
 */

/* `name` without its braces. */
static int check_placeholder(const struct reading *reading, const struct yaml *at, const char *name)
{
    static const char *const known[] = {"number", "paper_number", "procedure",    "opened",   "received", "act_date",
                                        "today",  "happened",     "organisation", "receiver", "norm",     "follow"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i], name) == 0)
            return 0;
    if (strncmp(name, "value.", 6) == 0) {
        const struct field *field = NULL;
        int r = check_field(reading, at, name + 6, &field);

        return r == 0 && field->type == FIELD_TABLE
                   ? yaml_refuse(at, reading->err, "paper_wrong_field", "%.60s: table", name + 6)
                   : r;
    }
    if (strncmp(name, "norm.", 5) == 0 && catalogue_norm_last(reading->papers->catalogue, name + 5) != NULL)
        return 0;
    return yaml_refuse(at, reading->err, "paper_unknown_placeholder", "{%.60s}", name);
}

static int check_placeholders(const struct reading *reading, const struct yaml *at, const char *text)
{
    for (const char *open = strpbrk(text, "{}"); open != NULL;) {
        size_t len = strcspn(open + 1, "{}");
        char *name;
        int r;

        if (open[0] != '{' || open[1 + len] != '}' || len >= PLACEHOLDER_ROOM)
            return yaml_refuse(at, reading->err, "paper_unknown_placeholder", "%.40s", open);
        name = arena_strndup(&reading->papers->arena, open + 1, len);
        r = name == NULL ? err_memory(reading->err) : check_placeholder(reading, at, name);
        if (r < 0)
            return r;
        open = strpbrk(open + len + 2, "{}");
    }
    return 0;
}

/* Labels are `plain`: without placeholders. */
static int read_text3(const struct reading *reading, const struct yaml *node, const char *key, bool required,
                      bool plain, struct text3 *ret)
{
    static const char *const languages[] = {"kk", "ru", "en", NULL};
    const struct yaml *value = yaml_get(node, key);
    struct text3 text;
    int r;

    if (value == NULL)
        return required ? yaml_refuse(node, reading->err, "yaml_missing_key", "%s", key) : 0;
    if (value->kind != YAML_MAPPING)
        return yaml_refuse(value, reading->err, "yaml_wrong_type", "%s", key);
    r = yaml_only_keys(value, languages, reading->err);
    for (int i = 0; r == 0 && i < LANG_COUNT; i++) {
        const struct yaml *one = yaml_get(value, languages[i]);

        if (one == NULL || (one->kind == YAML_SCALAR && one->text[strspn(one->text, " \t\n")] == '\0'))
            return yaml_refuse(value, reading->err, "paper_text_missing", "%s.%s", key, languages[i]);
        if (one->kind != YAML_SCALAR)
            return yaml_refuse(one, reading->err, "yaml_wrong_type", "%s.%s", key, languages[i]);
        if (plain && strpbrk(one->text, "{}") != NULL)
            return yaml_refuse(one, reading->err, "paper_unknown_placeholder", "%.60s", one->text);
        r = check_placeholders(reading, one, one->text);
        text.in[i] = one->text;
    }
    if (r == 0)
        *ret = text;
    return r;
}

/* --- Conditions ----------------------------------------------------------------------------------------------------
 */

static int check_condition(const struct reading *reading, const struct yaml *at, const struct field_condition *one)
{
    const struct field *field = NULL;
    int r = check_field(reading, at, one->field, &field);
    bool right;

    if (r < 0)
        return r;
    if (field->type == FIELD_YES_NO)
        right = strcmp(one->value, "true") == 0 || strcmp(one->value, "false") == 0;
    else
        right = (field->type == FIELD_CHOICE || field->type == FIELD_MANY) && field_option_find(field, one->value);
    return right ? 0 : yaml_refuse(at, reading->err, "paper_condition", "%.40s = %.40s", one->field, one->value);
}

/* One `name = value` or `name != value`; *rest is left behind it. */
static bool parse_condition(const char **rest, struct arena *arena, struct field_condition *ret)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const char *name = *rest + strspn(*rest, " ");
    size_t name_len = strspn(name, word), value_len;
    const char *sign = name + name_len + strspn(name + name_len, " "), *value;
    bool negated = sign[0] == '!';

    if (name_len == 0 || sign[negated] != '=')
        return false;
    value = sign + negated + 1;
    value += strspn(value, " ");
    value_len = strspn(value, word);
    if (value_len == 0)
        return false;
    ret->field = arena_strndup(arena, name, name_len);
    ret->value = arena_strndup(arena, value, value_len);
    ret->negated = negated;
    *rest = value + value_len;
    *rest += strspn(*rest, " ");
    return ret->field != NULL && ret->value != NULL;
}

static int read_conditions(const struct reading *reading, const struct yaml *node, struct paper_block *block)
{
    struct arena *arena = &reading->papers->arena;
    const struct yaml *at = yaml_get(node, "if");
    struct field_condition *conditions;
    const char *text = NULL;
    int r = yaml_read_text(node, "if", false, &text, reading->err);

    if (r < 0 || text == NULL)
        return r;
    conditions = ARENA_ARRAY(arena, struct field_condition, strlen(text) / 3 + 1);
    if (conditions == NULL)
        return err_memory(reading->err);
    for (const char *rest = text;;) {
        if (!parse_condition(&rest, arena, &conditions[block->condition_count]))
            return yaml_refuse(at, reading->err, "paper_condition", "%.60s", text);
        r = check_condition(reading, at, &conditions[block->condition_count++]);
        if (r < 0)
            return r;
        if (rest[0] == '\0')
            break;
        if (strncmp(rest, "and ", 4) != 0)
            return yaml_refuse(at, reading->err, "paper_condition", "%.60s", text);
        rest += 4;
    }
    block->conditions = conditions;
    return 0;
}

/* --- Blocks --------------------------------------------------------------------------------------------------------
 */

static bool takes(enum paper_block_kind kind, const char *key)
{
    for (size_t i = 0; i < 6 && block_keys[kind][i] != NULL; i++)
        if (strcmp(block_keys[kind][i], key) == 0)
            return true;
    return false;
}

static bool names_receiver(const struct text3 *text)
{
    for (int i = 0; i < LANG_COUNT; i++)
        if (text->in[i] != NULL && strstr(text->in[i], "{receiver}") != NULL)
            return true;
    return false;
}

/* Lists are made of fields with several values, and what {receiver} stands for cannot name itself. */
static int check_block(const struct reading *reading, const struct yaml *node, const struct paper_block *block)
{
    const struct field *field = NULL;
    bool either = block->kind == BLOCK_VALUE || block->kind == BLOCK_ADDRESSEE;
    int r = 0;

    if (block->field != NULL)
        r = check_field(reading, yaml_get(node, "field"), block->field, &field);
    if (r < 0)
        return r;
    if ((block->kind == BLOCK_LIST || block->kind == BLOCK_NUMBERED) && field->type != FIELD_MANY &&
        field->type != FIELD_LINKS)
        return yaml_refuse(yaml_get(node, "field"), reading->err, "paper_wrong_field", "%.60s: %s", block->field,
                           field_type_word(field->type));
    if (block->kind != BLOCK_TABLE ? field != NULL && field->type == FIELD_TABLE
                                   : field->type != FIELD_TABLE || field->column_count > SHEET_CELLS)
        return yaml_refuse(yaml_get(node, "field"), reading->err, "paper_wrong_field", "%.60s: %s", block->field,
                           field_type_word(field->type));
    if (either && block->field == NULL && block->text.in[0] == NULL)
        return yaml_refuse(node, reading->err, "yaml_missing_key", "field / text");
    if (block->kind == BLOCK_ADDRESSEE && names_receiver(&block->text))
        return yaml_refuse(node, reading->err, "paper_unknown_placeholder", "{receiver}");
    return 0;
}

static int read_of(const struct reading *reading, const struct yaml *node, struct paper_block *block)
{
    const char *word = NULL;
    int r = yaml_read_text(node, "of", true, &word, reading->err);

    if (r < 0)
        return r;
    block->of_act = strcmp(word, "act") == 0;
    return block->of_act || strcmp(word, "case") == 0
               ? 0
               : yaml_refuse(yaml_get(node, "of"), reading->err, "yaml_wrong_type", "of: %.40s", word);
}

static int read_block(const struct reading *reading, const struct yaml *node, struct paper_block *ret)
{
    struct paper_block block = {0};
    const char *word = NULL;
    bool either; /* one of two things says what there is */
    int kind = 0, r;

    if (node->kind != YAML_MAPPING)
        return yaml_refuse(node, reading->err, "yaml_wrong_type", "blocks");
    r = yaml_read_text(node, "block", true, &word, reading->err);
    if (r < 0)
        return r;
    while (kind < BLOCK_KINDS && strcmp(block_words[kind], word) != 0)
        kind++;
    if (kind == BLOCK_KINDS)
        return yaml_refuse(yaml_get(node, "block"), reading->err, "paper_unknown_block", "%.60s", word);
    block.kind = (enum paper_block_kind)kind;
    r = yaml_only_keys(node, block_keys[kind], reading->err);
    either = block.kind == BLOCK_VALUE || block.kind == BLOCK_ADDRESSEE;
    if (r == 0 && takes(block.kind, "field"))
        r = yaml_read_text(node, "field", !either, &block.field, reading->err);
    if (r == 0 && takes(block.kind, "label"))
        r = read_text3(reading, node, "label", true, true, &block.label);
    if (r == 0 && takes(block.kind, "text"))
        r = read_text3(reading, node, "text", !either, false, &block.text);
    if (r == 0 && takes(block.kind, "post"))
        r = read_text3(reading, node, "post", false, false, &block.text);
    if (r == 0 && takes(block.kind, "of"))
        r = read_of(reading, node, &block);
    if (r == 0)
        r = check_block(reading, node, &block);
    if (r == 0)
        r = read_conditions(reading, node, &block);
    if (r == 0)
        *ret = block;
    return r;
}

static int read_blocks(const struct reading *reading, const struct yaml *root)
{
    const struct yaml *list = yaml_get(root, "blocks");
    struct paper_block *blocks;
    int once[BLOCK_KINDS] = {0};

    if (list == NULL)
        return yaml_refuse(root, reading->err, "yaml_missing_key", "blocks");
    if (list->kind != YAML_SEQUENCE || list->count == 0 || list->count > BLOCKS_MAX)
        return yaml_refuse(list, reading->err, "yaml_wrong_type", "blocks");
    blocks = ARENA_ARRAY(&reading->papers->arena, struct paper_block, list->count);
    if (blocks == NULL)
        return err_memory(reading->err);
    for (size_t i = 0; i < list->count; i++) {
        int r = read_block(reading, list->items[i], &blocks[i]);

        if (r < 0)
            return r;
        if (++once[blocks[i].kind] > 1 && (blocks[i].kind == BLOCK_TITLE || blocks[i].kind == BLOCK_PROOF))
            return yaml_refuse(list->items[i], reading->err, "paper_block_once", "%s", block_words[blocks[i].kind]);
    }
    if (once[BLOCK_ADDRESSEE] == 0 && names_receiver(&reading->layout->title))
        return yaml_refuse(yaml_get(root, "title"), reading->err, "paper_unknown_placeholder", "{receiver}");
    if (once[BLOCK_ADDRESSEE] == 0)
        for (size_t i = 0; i < list->count; i++)
            if (names_receiver(&blocks[i].text))
                return yaml_refuse(list->items[i], reading->err, "paper_unknown_placeholder", "{receiver}");
    for (int kind = 0; kind < BLOCK_KINDS; kind++)
        if (once[kind] == 0 && (kind == BLOCK_TITLE || kind == BLOCK_PROOF))
            return yaml_refuse(list, reading->err, "paper_block_once", "%s", block_words[kind]);
    reading->layout->blocks = blocks;
    reading->layout->block_count = list->count;
    return 0;
}

static int check_number(const struct reading *reading, const struct yaml *at, const char *pattern)
{
    bool has_number = false;

    for (const char *open = strpbrk(pattern, "{}"); open != NULL; open = strpbrk(open, "{}")) {
        size_t len = strcspn(open, "}") + 1;

        if (strncmp(open, "{number}", 8) == 0)
            has_number = true;
        else if (strncmp(open, "{act_seq}", 9) != 0)
            return yaml_refuse(at, reading->err, "paper_unknown_placeholder", "%.40s", open);
        open += len;
    }
    return has_number ? 0 : yaml_refuse(at, reading->err, "paper_unknown_placeholder", "{number}");
}

static int read_layout(const struct reading *reading, const char *path, const char *stem)
{
    static const char *const keys[] = {"paper", "general", "title", "number", "blocks", NULL};
    struct paper_layout *layout = reading->layout;
    const struct yaml *root;
    int r = yaml_load(path, FILE_LIMIT, &reading->papers->arena, &root, reading->err);

    if (r < 0)
        return r;
    if (root->kind != YAML_MAPPING)
        return yaml_refuse(root, reading->err, "yaml_wrong_type", "paper");
    layout->file = root->file;
    r = yaml_only_keys(root, keys, reading->err);
    if (r == 0)
        r = yaml_read_text(root, "paper", true, &layout->id, reading->err);
    if (r == 0 && strcmp(layout->id, stem) != 0)
        return yaml_refuse(yaml_get(root, "paper"), reading->err, "paper_name", "%.60s", layout->id);
    if (r == 0)
        r = yaml_read_bool(root, "general", false, &layout->general, reading->err);
    if (r == 0 && !layout->general && !issued(reading->papers->catalogue, layout->id))
        return yaml_refuse(yaml_get(root, "paper"), reading->err, "paper_not_issued", "%.60s", layout->id);
    if (r == 0)
        r = read_text3(reading, root, "title", true, false, &layout->title);
    if (r == 0)
        r = yaml_read_text(root, "number", true, &layout->number, reading->err);
    if (r == 0)
        r = check_number(reading, yaml_get(root, "number"), layout->number);
    return r < 0 ? r : read_blocks(reading, root);
}

/* --- The folder ----------------------------------------------------------------------------------------------------
 */

static int is_layout(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_folder(struct papers *papers, const char *dir, struct err *err)
{
    struct dirent **entries;
    int count = scandir(dir, &entries, is_layout, by_name), r = 0;
    struct paper_layout *layouts;

    if (count < 0)
        return err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%.120s", dir);
    layouts = ARENA_ARRAY(&papers->arena, struct paper_layout, (size_t)count);
    if (layouts == NULL)
        r = err_memory(err);
    for (int i = 0; r == 0 && i < count; i++) {
        struct reading reading = {.papers = papers, .layout = &layouts[i], .err = err};
        const char *name = entries[i]->d_name;
        char *path = arena_printf(&papers->arena, "%s/%s", dir, name);
        char *stem = arena_strndup(&papers->arena, name, strlen(name) - 5);

        r = path == NULL || stem == NULL ? err_memory(err) : read_layout(&reading, path, stem);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    papers->layouts = layouts;
    papers->count = (size_t)count;
    return r;
}

static int check_drawable(const struct papers *papers, const struct procedure *procedure, const char *paper,
                          struct err *err)
{
    if (paper == NULL || paper_layout_find(papers, paper) != NULL)
        return 0;
    return err_set(err, ERR_BAD_INPUT, "paper_no_layout", "%.60s: %.60s", procedure->id, paper);
}

/* Every paper that an opening or an act names can be drawn. */
static int check_issued(const struct papers *papers, struct err *err)
{
    for (size_t i = 0; i < papers->catalogue->procedure_count; i++) {
        const struct procedure *procedure = &papers->catalogue->procedures[i];
        int r = check_drawable(papers, procedure, procedure->paper, err);

        for (size_t k = 0; r == 0 && k < procedure->act_count; k++)
            r = check_drawable(papers, procedure, procedure->acts[k].paper, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int papers_load(const char *dir, const struct catalogue *catalogue, struct papers **ret, struct err *err)
{
    struct papers *papers = calloc(1, sizeof(*papers));
    int r;

    if (papers == NULL)
        return err_memory(err);
    arena_init(&papers->arena, ARENA_LIMIT);
    papers->catalogue = catalogue;
    r = read_folder(papers, dir, err);
    if (r == 0)
        r = check_issued(papers, err);
    if (r < 0) {
        papers_free(papers);
        return r;
    }
    *ret = papers;
    return 0;
}

void papers_free(struct papers *papers)
{
    if (papers == NULL)
        return;
    arena_done(&papers->arena);
    free(papers);
}

const struct paper_layout *paper_layout_find(const struct papers *papers, const char *id)
{
    for (size_t i = 0; i < papers->count; i++)
        if (strcmp(papers->layouts[i].id, id) == 0)
            return &papers->layouts[i];
    return NULL;
}
