#include "adverts/stems.h"

#include <hunspell/hunspell.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DICTIONARIES 3
#define STRIPS 4     /* endings, one behind the other */
#define STRIP_MIN 4  /* bytes that must be left: two letters */
#define LOOKS_MAX 40 /* words looked up for one, at most */
#define PATH_ROOM 512

struct stems {
    char *folder;
    Hunhandle *dictionaries[DICTIONARIES]; /* NULL: not asked yet, or not there */
    _Atomic unsigned there;                /* a bit each */
    uint64_t print;
    pthread_mutex_t lock;
};

static const char *const names[DICTIONARIES] = {"kk_KZ", "ru_RU", "en_US"};

static void paths(const struct stems *stems, size_t i, char aff[static PATH_ROOM], char dic[static PATH_ROOM])
{
    snprintf(aff, PATH_ROOM, "%s/%s.aff", stems->folder, names[i]);
    snprintf(dic, PATH_ROOM, "%s/%s.dic", stems->folder, names[i]);
}

static void look(struct stems *stems, size_t i)
{
    char aff[PATH_ROOM], dic[PATH_ROOM];
    struct stat a, d;

    paths(stems, i, aff, dic);
    stems->print = stems->print * 31 + i + 1;
    if (access(aff, R_OK) < 0 || access(dic, R_OK) < 0 || stat(aff, &a) < 0 || stat(dic, &d) < 0)
        return;
    stems->there |= 1u << i;
    stems->print = (stems->print * 1099511628211u ^ (uint64_t)a.st_size) * 1099511628211u ^ (uint64_t)d.st_size;
}

/* Under the lock. Dictionaries are read when first asked: together they take a fifth of a second and 35 MB, which who
 * has no advertisements need not wait for. NULL: there is none. */
static Hunhandle *dictionary(struct stems *stems, size_t i)
{
    char aff[PATH_ROOM], dic[PATH_ROOM];

    if (stems->dictionaries[i] || !(stems->there & 1u << i))
        return stems->dictionaries[i];
    paths(stems, i, aff, dic);
    stems->dictionaries[i] = Hunspell_create(aff, dic);
    if (stems->dictionaries[i] && strcmp(Hunspell_get_dic_encoding(stems->dictionaries[i]), "UTF-8") != 0) {
        Hunspell_destroy(stems->dictionaries[i]);
        stems->dictionaries[i] = NULL;
    }
    if (!stems->dictionaries[i])
        stems->there &= ~(1u << i);
    return stems->dictionaries[i];
}

int stems_new(const char *folder, struct stems **ret, struct err *err)
{
    struct stems *stems = calloc(1, sizeof *stems);
    char *copy = strdup(folder ? folder : "/usr/share/hunspell");

    if (!stems || !copy) {
        free(stems);
        free(copy);
        return err_memory(err);
    }
    stems->folder = copy;
    pthread_mutex_init(&stems->lock, NULL);
    for (size_t i = 0; i < DICTIONARIES; i++)
        look(stems, i);
    *ret = stems;
    return 0;
}

void stems_free(struct stems *stems)
{
    if (!stems)
        return;
    for (size_t i = 0; i < DICTIONARIES; i++)
        if (stems->dictionaries[i])
            Hunspell_destroy(stems->dictionaries[i]);
    pthread_mutex_destroy(&stems->lock);
    free(stems->folder);
    free(stems);
}

unsigned stems_languages(const struct stems *stems)
{
    return stems->there;
}

uint64_t stems_print(const struct stems *stems)
{
    return stems->print;
}

/* Dictionaries write names with capitals, and some with a hyphen: of such only the first word counts. */
static void add(struct stem_list *list, const char *stem)
{
    char word[WORD_ROOM];
    size_t len;

    if (list->count == STEMS_MAX || !words_next(&stem, word, &len))
        return;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->words[i], word) == 0)
            return;
    memcpy(list->words[list->count++], word, len + 1);
}

static size_t ask(Hunhandle *from, const char *word, struct stem_list *ret)
{
    size_t before = ret->count;
    char **found = NULL;
    int count = Hunspell_stem(from, &found, word);

    for (int i = 0; i < count; i++)
        add(ret, found[i]);
    Hunspell_free_list(from, &found, count);
    return ret->count - before;
}

/* Of number, person and case, longer ones first where one ends in another. */
static const char *const endings[] = {
    "ларыңыз", "леріңіз", "ымыздың", "іміздің", "ындағы", "індегі", "ларымыз", "леріміз", "ымыз", "іміз",
    "ыңыз",    "іңіз",    "ндағы",   "ндегі",   "дағы",   "дегі",   "тағы",    "тегі",    "мыз",  "міз",
    "ңыз",     "ңіз",     "лар",     "лер",     "дар",    "дер",    "тар",     "тер",     "ның",  "нің",
    "дың",     "дің",     "тың",     "тің",     "нда",    "нде",    "дан",     "ден",     "тан",  "тен",
    "нан",     "нен",     "мен",     "бен",     "пен",    "сыз",    "сіз",     "ға",      "ге",   "қа",
    "ке",      "на",      "не",      "ны",      "ні",     "ды",     "ді",      "ты",      "ті",   "да",
    "де",      "та",      "те",      "сы",      "сі",     "ым",     "ім",      "ың",      "ің",   "лы",
    "лі",      "м",       "ң",       "н",       "ы",      "і",      "а",       "е",
};

/* Of number and person alone: what may be taken off a word that the dictionary has as it is, since it has such rows of
 * endings as words of their own. Not of case: Алматы is no form of алма. */
static const char *const rows[] = {
    "ларымыз", "леріміз", "дарымыз", "деріміз", "тарымыз", "теріміз", "ымыз", "іміз", "мыз",
    "міз",     "ыңыз",    "іңіз",    "лары",    "лері",    "дары",    "дері", "тары", "тері",
    "лар",     "лер",     "дар",     "дер",     "тар",     "тер",     "сы",   "сі",
};

/* A word of the Kazakh dictionary, or one that Kazakh has from Russian. */
static bool known(struct stems *stems, const char *word, int *looks)
{
    if (*looks <= 0)
        return false;
    --*looks;
    return Hunspell_spell(dictionary(stems, 0), word) != 0 ||
           (dictionary(stems, 1) && Hunspell_spell(dictionary(stems, 1), word) != 0);
}

/* The last consonant as it is at the end of a word. */
static bool unvoice(char *word, size_t len)
{
    static const char *const pairs[][2] = {{"ғ", "қ"}, {"г", "к"}, {"б", "п"}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (len >= 2 && memcmp(word + len - 2, pairs[i][0], 2) == 0) {
            memcpy(word + len - 2, pairs[i][1], 2);
            return true;
        }
    return false;
}

static bool strip(struct stems *stems, const char *word, size_t len, int depth, int *looks, struct stem_list *ret)
{
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t end = strlen(endings[i]);
        char rest[WORD_ROOM];

        if (len < end + STRIP_MIN || memcmp(word + len - end, endings[i], end) != 0)
            continue;
        memcpy(rest, word, len - end);
        rest[len - end] = '\0';
        if (len - end > STRIP_MIN) {
            char hard[WORD_ROOM];

            memcpy(hard, rest, len - end + 1);
            if (unvoice(hard, len - end) && known(stems, hard, looks)) {
                add(ret, hard);
                return true;
            }
            if (known(stems, rest, looks)) {
                add(ret, rest);
                return true;
            }
        }
        if (depth > 1 && strip(stems, rest, len - end, depth - 1, looks, ret))
            return true;
    }
    return false;
}

/* One row of endings less, where the rest is a word of at least four letters. */
static void strip_row(struct stems *stems, const char *word, struct stem_list *ret)
{
    size_t len = strlen(word);
    int looks = LOOKS_MAX;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t end = strlen(rows[i]);
        char rest[WORD_ROOM];

        if (len < end + 2 * STRIP_MIN || memcmp(word + len - end, rows[i], end) != 0)
            continue;
        memcpy(rest, word, len - end);
        rest[len - end] = '\0';
        if (known(stems, rest, &looks)) {
            add(ret, rest);
            return;
        }
    }
}

/* What is a stem may be a form of another: балаларымызға, балаларымыз, балалар, бала. */
static void kazakh(struct stems *stems, const char *word, size_t len, struct stem_list *ret)
{
    Hunhandle *kk = dictionary(stems, 0), *ru = dictionary(stems, 1);
    unsigned letters = word_letters(word, len);
    bool other = false; /* than the word itself */
    int looks = LOOKS_MAX;

    ask(kk, word, ret);
    for (size_t i = 0; i < ret->count; i++)
        other = other || strcmp(ret->words[i], word) != 0;
    if (ru && (letters & WORD_KAZAKH) == 0 && ask(ru, word, ret) > 0)
        other = true;
    if (!other && (letters & WORD_LATIN) == 0 && ret->count == 0)
        strip(stems, word, len, STRIPS, &looks, ret);
    for (size_t i = 0; i < ret->count && ret->count < STEMS_MAX; i++) {
        if (strcmp(ret->words[i], word) != 0)
            ask(kk, ret->words[i], ret);
        strip_row(stems, ret->words[i], ret);
    }
}

void stems_of(struct stems *stems, const char *word, size_t len, struct stem_list *ret)
{
    unsigned letters = word_letters(word, len);

    ret->count = 0;
    if ((letters & (WORD_DIGIT | WORD_FOREIGN)) != 0 || len > 64)
        return;
    pthread_mutex_lock(&stems->lock);
    if ((letters & WORD_CYRILLIC) != 0) {
        if (dictionary(stems, 0))
            kazakh(stems, word, len, ret);
        else if (dictionary(stems, 1))
            ask(dictionary(stems, 1), word, ret);
    } else if (letters == WORD_LATIN && dictionary(stems, 2)) {
        ask(dictionary(stems, 2), word, ret);
    }
    pthread_mutex_unlock(&stems->lock);
}
