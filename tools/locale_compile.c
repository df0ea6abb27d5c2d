/* Compiles locales/AREA.yaml into the table behind base/locale.h.
 *
 *   locale_compile OUT.h OUT.c LOCALE.yaml...
 *   locale_compile --check LOCALE.yaml... -- SOURCE...
 *
 * Each file is an area: its name, or the value of a top-level `area:`, is the first part of its keys. Mappings nest;
 * a mapping with kk, ru or en is a text and has exactly these three. A build fails, with file:line, on a text missing
 * in a language, an empty one, blanks at its ends, placeholders that differ between languages, or two keys that become
 * one C name (dots and dashes become underscores). With --check nothing is written: keys that no source names are
 * listed, for a person to judge. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/yaml.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCALE_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

struct text {
    const char *key;  /* complain.title */
    const char *name; /* complain_title */
    const struct yaml *node;
    struct text3 words;
};

struct table {
    struct arena *arena;
    struct text *texts;
    size_t count, room;
    int error_count;
};

static void complain(struct table *table, const struct yaml *at, const char *why, const char *what)
{
    fprintf(stderr, "%s:%d: %s: %s\n", at->file, at->line, why, what);
    table->error_count++;
}

static void out_of_memory(void)
{
    fputs("locale_compile: out of memory\n", stderr);
    exit(1);
}

/* Bit 0 for {0}, bit 1 for {1}; -1 where a brace holds something else. */
static int placeholders(const char *text)
{
    int found = 0;
    for (; *text != '\0'; text++) {
        if (*text == '{' && (text[1] == '0' || text[1] == '1') && text[2] == '}')
            found |= 1 << (text[1] - '0');
        else if (*text == '{')
            return -1;
    }
    return found;
}

static void text_add(struct table *table, const struct yaml *node, const char *key)
{
    static const char *const languages[] = {"kk", "ru", "en", NULL};
    struct err err = {0};
    struct text text = {.key = key, .node = node};
    if (yaml_only_keys(node, languages, &err) < 0) {
        complain(table, node, "a text has only kk, ru and en", err.arg);
        return;
    }
    for (int i = 0; i < LANG_COUNT; i++) {
        if (yaml_read_text(node, languages[i], true, &text.words.in[i], &err) < 0) {
            complain(table, node, "missing or not a text", err.arg);
            return;
        }
        const char *words = text.words.in[i];
        size_t length = strlen(words);
        if (length == 0 || isspace((unsigned char)words[0]) || isspace((unsigned char)words[length - 1])) {
            complain(table, node, "empty, or blanks at its ends", key);
            return;
        }
        int holes = placeholders(words);
        if (holes < 0 || holes != placeholders(text.words.in[0])) {
            complain(table, node, "only {0} and {1}, the same in each language", key);
            return;
        }
    }
    char *name = arena_strdup(table->arena, key);
    if (name == NULL)
        out_of_memory();
    for (char *at = name; *at != '\0'; at++)
        if (*at == '.' || *at == '-')
            *at = '_';
    text.name = name;
    if (table->count == table->room) {
        table->room = table->room == 0 ? 256 : table->room * 2;
        table->texts = reallocarray(table->texts, table->room, sizeof *table->texts);
        if (table->texts == NULL)
            out_of_memory();
    }
    table->texts[table->count++] = text;
}

static bool key_allowed(const char *key)
{
    return islower((unsigned char)key[0]) + isdigit((unsigned char)key[0]) > 0 &&
           key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

static void mapping_walk(struct table *table, const struct yaml *node, const char *prefix)
{
    if (node->kind != YAML_MAPPING) {
        complain(table, node, "a text {kk, ru, en} or a mapping of texts is wanted", prefix);
        return;
    }
    if (yaml_get(node, "kk") != NULL || yaml_get(node, "ru") != NULL || yaml_get(node, "en") != NULL) {
        text_add(table, node, prefix);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        if (!key_allowed(node->keys[i])) {
            complain(table, node->items[i], "a key is small letters, digits, _ and -", node->keys[i]);
            continue;
        }
        char *key = arena_printf(table->arena, "%s.%s", prefix, node->keys[i]);
        if (key == NULL)
            out_of_memory();
        mapping_walk(table, node->items[i], key);
    }
}

static void file_add(struct table *table, const char *path)
{
    const struct yaml *root;
    struct err err = {0};
    if (yaml_load(path, LOCALE_BYTES_MAX, table->arena, &root, &err) < 0) {
        fprintf(stderr, "%s\n", err.arg[0] != '\0' ? err.arg : err.code);
        table->error_count++;
        return;
    }
    if (root->kind != YAML_MAPPING) {
        complain(table, root, "a mapping of texts is wanted", path);
        return;
    }
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    const char *area = arena_strndup(table->arena, base, strcspn(base, "."));
    if (area == NULL)
        out_of_memory();
    const struct yaml *named = yaml_get(root, "area");
    if (named != NULL && named->kind == YAML_SCALAR)
        area = named->text;
    if (!key_allowed(area)) {
        complain(table, root, "not a name for an area", area);
        return;
    }
    for (size_t i = 0; i < root->count; i++) {
        if (root->items[i] == named && named->kind == YAML_SCALAR)
            continue;
        if (!key_allowed(root->keys[i])) {
            complain(table, root->items[i], "a key is small letters, digits, _ and -", root->keys[i]);
            continue;
        }
        char *key = arena_printf(table->arena, "%s.%s", area, root->keys[i]);
        if (key == NULL)
            out_of_memory();
        mapping_walk(table, root->items[i], key);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct text *)a)->name, ((const struct text *)b)->name);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct text *)a)->key, ((const struct text *)b)->key);
}

static void clashes_refuse(struct table *table)
{
    if (table->count > 0)
        qsort(table->texts, table->count, sizeof *table->texts, by_name);
    for (size_t i = 1; i < table->count; i++) {
        if (strcmp(table->texts[i - 1].name, table->texts[i].name) == 0) {
            complain(table, table->texts[i].node, "the same C name as another key", table->texts[i].key);
            fprintf(stderr, "%s:%d: the other: %s\n", table->texts[i - 1].node->file, table->texts[i - 1].node->line,
                    table->texts[i - 1].key);
        }
    }
    if (table->count > 0)
        qsort(table->texts, table->count, sizeof *table->texts, by_key);
}

static void literal_write(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F)
            fprintf(out, "\\%03o", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static FILE *file_create(const char *path)
{
    FILE *out = fopen(path, "we");
    if (out == NULL) {
        perror(path);
        exit(1);
    }
    return out;
}

static void file_finish(FILE *out, const char *path)
{
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        perror(path);
        exit(1);
    }
}

static void table_write(const struct table *table, const char *header_path, const char *code_path)
{
    FILE *header = file_create(header_path);
    fputs(
        "/* Generated from locales/ by locale_compile. */\n#ifndef TALAP_LOCALE_KEYS_H\n#define TALAP_LOCALE_KEYS_H\n\n"
        "enum text_key {\n",
        header);
    for (size_t i = 0; i < table->count; i++)
        fprintf(header, "    T_%s,\n", table->texts[i].name);
    fputs("    T_COUNT\n};\n\n#endif\n", header);
    file_finish(header, header_path);

    FILE *code = file_create(code_path);
    fputs("/* Generated from locales/ by locale_compile: sorted by key. */\n#include \"base/locale_table.h\"\n\n"
          "const struct locale_row locale_table[T_COUNT] = {\n",
          code);
    for (size_t i = 0; i < table->count; i++) {
        fputs("    {", code);
        literal_write(code, table->texts[i].key);
        fputs(", {{", code);
        for (int lang = 0; lang < LANG_COUNT; lang++) {
            fputs(lang > 0 ? ", " : "", code);
            literal_write(code, table->texts[i].words.in[lang]);
        }
        fputs("}}},\n", code);
    }
    fputs("};\n", code);
    file_finish(code, code_path);
}

/* A source as one string, NULs left out. */
static char *source_read(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    struct buf bytes;
    buf_init(&bytes, SIZE_MAX);
    for (int c; (c = fgetc(file)) != EOF;)
        if (c != '\0')
            buf_putc(&bytes, (char)c);
    fclose(file);
    char *text = buf_take(&bytes, NULL);
    if (text == NULL)
        out_of_memory();
    return text;
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Is `word` there, not as a part of a longer one? */
static bool word_in(const char *source, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = source; (at = strstr(at, word)) != NULL; at++)
        if ((at == source || !is_word_byte(at[-1])) && !is_word_byte(at[length]))
            return true;
    return false;
}

static bool word_in_any(char *const *sources, int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (word_in(sources[i], word))
            return true;
    return false;
}

/* Named by its C name, by its key, or put together at run time: "clock.why.%s" and, somewhere, the rest. */
static bool is_used(const struct text *text, char *const *sources, int count)
{
    char word[512];
    snprintf(word, sizeof word, "T_%s", text->name);
    if (word_in_any(sources, count, word) || word_in_any(sources, count, text->key))
        return true;
    for (const char *dot = strchr(text->key, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        snprintf(word, sizeof word, "\"%.*s.%%s", (int)(dot - text->key), text->key);
        for (int i = 0; i < count; i++)
            if (strstr(sources[i], word) != NULL && word_in_any(sources, count, dot + 1))
                return true;
    }
    return false;
}

static void unused_list(const struct table *table, char **paths, int count)
{
    char **sources = calloc((size_t)count + 1, sizeof *sources);
    if (sources == NULL)
        out_of_memory();
    for (int i = 0; i < count; i++)
        sources[i] = source_read(paths[i]);
    for (size_t i = 0; i < table->count; i++)
        if (!is_used(&table->texts[i], sources, count))
            printf("%s:%d: %s\n", table->texts[i].node->file, table->texts[i].node->line, table->texts[i].key);
    for (int i = 0; i < count; i++)
        free(sources[i]);
    free(sources);
}

int main(int argc, char **argv)
{
    bool check = argc > 1 && strcmp(argv[1], "--check") == 0;
    int first = check ? 2 : 3, last = first;
    while (last < argc && strcmp(argv[last], "--") != 0)
        last++;
    if (last <= first || (!check && last < argc)) {
        fputs("usage: locale_compile OUT.h OUT.c LOCALE.yaml...\n"
              "       locale_compile --check LOCALE.yaml... -- SOURCE...\n",
              stderr);
        return 2;
    }
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    struct table table = {.arena = &arena};
    for (int i = first; i < last; i++)
        file_add(&table, argv[i]);
    clashes_refuse(&table);
    if (table.error_count == 0 && check)
        unused_list(&table, argv + last + 1, last < argc ? argc - last - 1 : 0);
    else if (table.error_count == 0)
        table_write(&table, argv[1], argv[2]);
    free(table.texts);
    arena_done(&arena);
    return table.error_count == 0 ? 0 : 1;
}
