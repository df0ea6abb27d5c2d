/* The library's index against a naive one: random advertisements, changed, removed and counted anew, and every answer
 * held against a walk over all of them; then cursors among inserts, and the file. */
#include "adverts/library_parts.h"
#include "adverts/query.h"
#include "unit.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADVERTS 6000
#define DAY 20000

struct sample {
    char text[400], names[LIBRARY_PARTIES][60], criterion[40], excluded[40];
    int language, kind, format;
    int32_t from, until, last;
    int64_t shown, version;
    bool there, removed;
    char *json, *before;
};

static const char *const words[] = {
    "қызмет",   "қызметтер", "кызмет",   "несие",  "несиелер", "несиені", "жеңілдік", "жеңілдікпен",
    "алматыда", "қаржы",     "қаржының", "кредит", "кредиты",  "скидка",  "скидками", "квартира",
    "ремонт",   "быстро",    "ёлка",     "елка",   "телефон",  "loan",    "loans",    "phone",
    "sale",     "50",        "2026",     "wi",     "kaspi",    "тегін",
};
static const char *const names[] = {"ЖШС «Даму»", "ТОО Ромашка", "Kaspi Bank", "Magnum", "ЖК Әсел", "Ромашка плюс"};
static const char *const criteria[] = {"interest", "football", "age", "алматы", "interest=football"};
static const char *const languages[] = {"kk", "ru", "en"};

static struct sample samples[ADVERTS + 1000];
static size_t sample_count;
static struct library *library;
static struct arena arena;
static unsigned seed;

static unsigned pick(unsigned count)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % count;
}

static void make_json(struct sample *sample)
{
    static const char *const members[] = {"account", "advertiser", "payer", "sponsor"};
    char json[2000], from[11], until[11];
    size_t n;

    date_format(date_from_day(sample->from), from);
    date_format(date_from_day(sample->until == INT32_MAX ? DAY : sample->until), until);
    n = (size_t)snprintf(
        json, sizeof json, "{\"advert\":{\"kind\":\"%s\",\"format\":\"%s\",\"language\":\"%s\",\"text\":\"%s\"",
        advert_kind_word((enum advert_kind)sample->kind), advert_format_word((enum advert_format)sample->format),
        languages[sample->language], sample->text);
    for (int i = 0; i < LIBRARY_PARTIES; i++)
        if (sample->names[i][0] != '\0')
            n += (size_t)snprintf(json + n, sizeof json - n, ",\"%s\":{\"name\":\"%s\"}", members[i], sample->names[i]);
    n += (size_t)snprintf(json + n, sizeof json - n, ",\"period\":{\"from\":\"%s\"", from);
    if (sample->until != INT32_MAX)
        n += (size_t)snprintf(json + n, sizeof json - n, ",\"until\":\"%s\"", until);
    n += (size_t)snprintf(json + n, sizeof json - n,
                          "},\"targeting\":{\"include\":[{\"criterion\":\"%s\",\"value\":\"x\"}],"
                          "\"exclude\":[{\"criterion\":\"a\",\"value\":\"%s\"}]}},\"check\":{\"allowed\":true}}",
                          sample->criterion, sample->excluded);
    assert_true(n < sizeof json);
    sample->json = strdup(json);
    assert_non_null(sample->json);
}

static void fill(struct sample *sample)
{
    sample->text[0] = '\0';
    for (unsigned n = pick(12); n > 0; n--) {
        strcat(sample->text, words[pick(sizeof words / sizeof words[0])]);
        strcat(sample->text, pick(4) == 0 ? ", " : " ");
    }
    for (int i = 0; i < LIBRARY_PARTIES; i++)
        snprintf(sample->names[i], sizeof sample->names[i], "%s",
                 pick(3) == 0 ? "" : names[pick(sizeof names / sizeof names[0])]);
    snprintf(sample->criterion, sizeof sample->criterion, "%s", criteria[pick(4)]);
    snprintf(sample->excluded, sizeof sample->excluded, "%s", criteria[pick(4)]);
    sample->language = (int)pick(3);
    sample->kind = (int)pick(3);
    sample->format = (int)pick(4);
    sample->from = DAY + (int32_t)pick(400);
    sample->until = pick(5) == 0 ? INT32_MAX : sample->from + (int32_t)pick(90);
    make_json(sample);
}

static void count_anew(struct sample *sample)
{
    sample->last = DAY + (int32_t)pick(60);
    sample->shown = pick(3) == 0 ? (int64_t)pick(10) : (int64_t)pick(1 << 20) * pick(1000);
}

/* Serials are places in `samples`, from 1. */
static void send(size_t from, size_t until)
{
    struct err err = {0};
    struct library_row rows[300];
    const char *before[300];

    while (from < until) {
        size_t n = 0;

        for (; from < until && n < 300; from++) {
            struct sample *sample = &samples[from];

            before[n] = sample->before;
            rows[n++] = (struct library_row){.serial = (int64_t)from,
                                             .version = sample->version,
                                             .last_day = sample->last,
                                             .shown = sample->shown,
                                             .removed = sample->removed,
                                             .json = sample->removed ? NULL : sample->json};
        }
        arena_reset(&arena);
        assert_int_equal(library_take(library, rows, before, n, &arena, &err), 0);
    }
}

static void add(size_t count)
{
    size_t from = sample_count;

    for (; count > 0; count--) {
        struct sample *sample = &samples[sample_count++];

        *sample = (struct sample){.there = true, .version = 1};
        fill(sample);
        count_anew(sample);
    }
    send(from, sample_count);
}

static void change(size_t serial)
{
    struct sample *sample = &samples[serial];

    free(sample->before);
    sample->before = sample->json;
    sample->version++;
    fill(sample);
    send(serial, serial + 1);
}

static void remove_one(size_t serial)
{
    samples[serial].removed = true;
    samples[serial].there = false;
    send(serial, serial + 1);
}

static void recount(size_t serial)
{
    struct err err = {0};
    struct sample *sample = &samples[serial];

    count_anew(sample);
    struct library_row row = {.serial = (int64_t)serial, .last_day = sample->last, .shown = sample->shown};
    assert_int_equal(library_count(library, &row, 1, &err), 0);
}

/* --- the naive side ----------------------------------------------------------------------------------------------- */

struct forms_of_word {
    uint32_t forms[600];
    size_t count;
};

static void found(void *arg, uint32_t form)
{
    struct forms_of_word *of = arg;

    assert_true(of->count < 600);
    of->forms[of->count++] = form;
}

static bool text_has(const char *text, const char *word, bool prefix)
{
    struct forms_of_word of = {0};
    const struct vocabulary *vocabulary = &library->vocabulary;
    char each[WORD_ROOM], folded[WORD_ROOM];
    size_t len;

    if (prefix) {
        len = word_fold(word, strlen(word), folded);
        assert_true(vocabulary_prefix(vocabulary, folded, len, 500, found, &of));
    } else {
        vocabulary_expand(vocabulary, word, strlen(word), found, &of);
    }
    while (words_next(&text, each, &len)) {
        uint32_t surface = vocabulary_find(vocabulary, each, len);

        for (uint32_t at = vocabulary_groups(vocabulary, surface); at != 0; at = vocabulary_cell(vocabulary, at)->next)
            for (size_t i = 0; i < of.count; i++)
                if (of.forms[i] == vocabulary_cell(vocabulary, at)->form)
                    return true;
    }
    return false;
}

static bool same_name(const char *a, const char *b)
{
    char x[FORM_MAX], y[FORM_MAX];

    words_fold_all(a, x, sizeof x);
    words_fold_all(b, y, sizeof y);
    return x[0] != '\0' && strcmp(x, y) == 0;
}

static bool name_has(const char *name, const char *word)
{
    char each[WORD_ROOM], folded[WORD_ROOM], wanted[WORD_ROOM];
    size_t len;

    word_fold(word, strlen(word), wanted);
    while (words_next(&name, each, &len)) {
        word_fold(each, len, folded);
        if (strcmp(folded, wanted) == 0)
            return true;
    }
    return false;
}

/* One search: some of everything, as a query in words and as members. */
struct asked {
    const char *all[2], *not, *either[2], *prefix, *party_word;
    int party;
    const char *criterion;
    struct library_query query;
    char text[400];
};

static void ask(struct asked *asked)
{
    static const char *const parties[] = {"account", "advertiser", "payer", "sponsor"};
    static const char *const words_of_names[] = {"ромашка", "даму", "kaspi", "асел"};
    static const char *const prefixes[] = {"қыз", "кр", "несие", "ск", "lo"};
    size_t n = 0;
    unsigned count = sizeof words / sizeof words[0];

    *asked = (struct asked){.query = {.kind = -1, .format = -1, .from_day = INT32_MIN, .until_day = INT32_MAX}};
    for (int i = 0; i < 2; i++)
        if (pick(3) == 0) {
            asked->all[i] = words[pick(count)];
            n += (size_t)sprintf(asked->text + n, " %s", asked->all[i]);
        }
    if (pick(4) == 0) {
        asked->not = words[pick(count)];
        n += (size_t)sprintf(asked->text + n, " -%s", asked->not );
    }
    if (pick(4) == 0) {
        asked->either[0] = words[pick(count)];
        asked->either[1] = words[pick(count)];
        n += (size_t)sprintf(asked->text + n, " %s | %s", asked->either[0], asked->either[1]);
    }
    if (pick(5) == 0) {
        asked->prefix = prefixes[pick(5)];
        n += (size_t)sprintf(asked->text + n, " %s*", asked->prefix);
    }
    if (pick(5) == 0) {
        asked->party = (int)pick(4);
        asked->party_word = words_of_names[pick(4)];
        n += (size_t)sprintf(asked->text + n, " %s:%s", parties[asked->party], asked->party_word);
    }
    if (pick(8) == 0) {
        asked->criterion = criteria[pick(4)];
        n += (size_t)sprintf(asked->text + n, " criterion:\"%s\"", asked->criterion);
    }
    if (pick(6) == 0)
        asked->query.payer = names[pick(6)];
    if (pick(6) == 0)
        asked->query.language = languages[pick(3)];
    if (pick(6) == 0)
        asked->query.kind = (int)pick(3);
    if (pick(6) == 0)
        asked->query.format = (int)pick(4);
    if (pick(4) == 0)
        asked->query.from_day = DAY + (int32_t)pick(500);
    if (pick(4) == 0)
        asked->query.until_day = DAY - 10 + (int32_t)pick(500);
    asked->query.words = asked->text;
    asked->query.sort = (enum library_sort)pick(4);
    asked->query.limit = 1 + pick(60);
}

static bool matches(const struct asked *asked, const struct sample *sample)
{
    char everything[800];
    const struct library_query *query = &asked->query;

    if (!sample->there)
        return false;
    snprintf(everything, sizeof everything, "%s %s %s %s %s", sample->text, sample->names[0], sample->names[1],
             sample->names[2], sample->names[3]);
    for (int i = 0; i < 2; i++)
        if (asked->all[i] && !text_has(everything, asked->all[i], false))
            return false;
    if (asked->not &&text_has(everything, asked->not, false))
        return false;
    if (asked->either[0] && !text_has(everything, asked->either[0], false) &&
        !text_has(everything, asked->either[1], false))
        return false;
    if (asked->prefix && !text_has(everything, asked->prefix, true))
        return false;
    if (asked->party_word && !name_has(sample->names[asked->party], asked->party_word))
        return false;
    if (asked->criterion && !same_name(asked->criterion, sample->criterion) &&
        !same_name(asked->criterion, sample->excluded))
        return false;
    return (!query->payer || same_name(query->payer, sample->names[2])) &&
           (!query->language || strcmp(query->language, languages[sample->language]) == 0) &&
           (query->kind < 0 || query->kind == sample->kind) && (query->format < 0 || query->format == sample->format) &&
           sample->from <= query->until_day && sample->until >= query->from_day;
}

static enum library_sort sorted_by;

static int in_order(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int64_t v = 0, w = 0;

    if (sorted_by == SORT_LAST_SHOWN)
        v = samples[x].last, w = samples[y].last;
    else if (sorted_by == SORT_MOST_SHOWN)
        v = samples[x].shown, w = samples[y].shown;
    if (v != w)
        return v > w ? -1 : 1;
    return sorted_by == SORT_OLDEST ? (x < y ? -1 : 1) : x > y ? -1 : 1;
}

static void compare(struct asked *asked, int pages)
{
    struct err err = {0};
    static size_t right[ADVERTS + 1000];
    size_t count = 0, at = 0;

    for (size_t i = 1; i < sample_count; i++)
        if (matches(asked, &samples[i]))
            right[count++] = i;
    sorted_by = asked->query.sort;
    qsort(right, count, sizeof right[0], in_order);
    asked->query.cursor = NULL;
    arena_reset(&arena);
    do {
        struct library_answer answer;

        assert_int_equal(library_search(library, &asked->query, &arena, &answer, &err), 0);
        if (answer.count != (int64_t)count)
            print_message("query:%s\n", asked->text);
        assert_int_equal(answer.count, count);
        assert_int_equal(answer.found, count - at < asked->query.limit ? count - at : asked->query.limit);
        for (size_t i = 0; i < answer.found; i++)
            assert_int_equal(answer.serials[i], right[at++]);
        assert_int_equal(answer.cursor != NULL, at < count);
        asked->query.cursor = answer.cursor;
    } while (asked->query.cursor && --pages > 0);
}

static void ask_many(int queries)
{
    struct asked asked;

    for (int i = 0; i < queries; i++) {
        ask(&asked);
        compare(&asked, 5);
    }
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static int open_library(void **state)
{
    struct err err = {0};

    seed = 7;
    sample_count = 1;
    arena_init(&arena, (size_t)256 << 20);
    return library_new(NULL, NULL, &library, &err);
}

static int close_library(void **state)
{
    library_free(library);
    for (size_t i = 1; i < sample_count; i++) {
        free(samples[i].json);
        free(samples[i].before);
    }
    arena_done(&arena);
    return 0;
}

static void test_answers_as_a_walk_over_all(void **state)
{
    ask_many(20); /* of nothing */
    add(1);
    ask_many(20);
    add(ADVERTS);
    ask_many(150);
    for (int i = 0; i < 300; i++)
        change(1 + pick((unsigned)sample_count - 1));
    ask_many(60);
    for (int i = 0; i < 300; i++)
        recount(1 + pick((unsigned)sample_count - 1));
    for (int i = 0; i < 300; i++) {
        size_t serial = 1 + pick((unsigned)sample_count - 1);

        if (samples[serial].there)
            remove_one(serial);
    }
    ask_many(100);
    /* The same by months, as of more than can be looked at one by one. */
    library->checked_max = 0;
    ask_many(200);
}

static void test_every_order_to_its_end(void **state)
{
    struct asked asked;

    add(ADVERTS);
    for (int sort = SORT_NEWEST; sort <= SORT_MOST_SHOWN; sort++) {
        asked = (struct asked){.query = {.kind = -1, .format = -1, .from_day = INT32_MIN, .until_day = INT32_MAX}};
        asked.query.sort = (enum library_sort)sort;
        asked.query.limit = 499;
        compare(&asked, 1000);
    }
}

/* What comes meanwhile is not on later pages of the newest first, and moves nothing. */
static void test_cursors_hold_while_more_comes(void **state)
{
    struct err err = {0};
    struct library_query query = {
        .kind = -1, .format = -1, .from_day = INT32_MIN, .until_day = INT32_MAX, .limit = 100};
    struct library_answer answer;
    int64_t next;

    add(1000);
    assert_int_equal(library_search(library, &query, &arena, &answer, &err), 0);
    next = answer.serials[99] - 1;
    while (answer.cursor) {
        char cursor[64];

        snprintf(cursor, sizeof cursor, "%s", answer.cursor);
        query.cursor = cursor;
        add(50);
        arena_reset(&arena);
        assert_int_equal(library_search(library, &query, &arena, &answer, &err), 0);
        for (size_t i = 0; i < answer.found; i++)
            assert_int_equal(answer.serials[i], next--);
    }
    assert_int_equal(next, 0);
}

static void test_cursors_that_are_none(void **state)
{
    static const char *const cursors[] = {
        "", "n", "n0", "n0.", "x0.1", "n0.100000000", "o0.1", "n0.1 ", "nzz.1", "n00000000000000000.1", "n0.-1"};
    struct library_query query = {.kind = -1, .format = -1, .from_day = INT32_MIN, .until_day = INT32_MAX, .limit = 10};
    struct library_answer answer;

    add(20);
    for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
        struct err err = {0};

        query.cursor = cursors[i];
        assert_int_equal(library_search(library, &query, &arena, &answer, &err), -ERR_BAD_INPUT);
        assert_string_equal(err.code, "cursor_malformed");
    }
}

static int64_t count_of(const char *text)
{
    struct err err = {0};
    struct library_query query = {
        .words = text, .kind = -1, .format = -1, .from_day = INT32_MIN, .until_day = INT32_MAX, .limit = 10};
    struct library_answer answer;

    assert_int_equal(library_search(library, &query, &arena, &answer, &err), 0);
    return answer.count;
}

static void one(const char *text)
{
    struct sample *sample = &samples[sample_count];

    *sample = (struct sample){.there = true, .version = 1, .from = DAY, .until = DAY, .last = DAY};
    snprintf(sample->text, sizeof sample->text, "%s", text);
    snprintf(sample->criterion, sizeof sample->criterion, "c");
    make_json(sample);
    send(sample_count, sample_count + 1);
    sample_count++;
}

static void test_forms_and_letters(void **state)
{
    if (stems_languages(library->stems) != (STEMS_KK | STEMS_RU | STEMS_EN))
        skip();
    one("Тиімді несиелерді жеңілдікпен аламыз");
    assert_int_equal(count_of("несие"), 1);
    assert_int_equal(count_of("несиенің"), 1);
    assert_int_equal(count_of("НЕСИЕЛЕР"), 1);
    assert_int_equal(count_of("жеңілдік"), 1);
    assert_int_equal(count_of("женилдик"), 1);
    assert_int_equal(count_of("женилдикпен"), 1);
    assert_int_equal(count_of("тиимди"), 1);
    assert_int_equal(count_of("қарыз"), 0);
    one("Выгодные кредиты со скидками! Ёлки");
    assert_int_equal(count_of("кредит"), 1);
    assert_int_equal(count_of("кредитов скидка"), 1);
    assert_int_equal(count_of("елка"), 1);
    one("Cheap phones and loans");
    assert_int_equal(count_of("phone loan"), 1);
    assert_int_equal(count_of("phone -loan"), 0);
    assert_int_equal(count_of("несие | loan"), 2);
    assert_int_equal(count_of("кред*"), 1);
    assert_int_equal(count_of("\"loans phones\""), 1);
    assert_int_equal(count_of("-несие"), 2);
    assert_int_equal(count_of("!!! - «»"), 3);
}

static void test_a_beginning_of_too_many_words(void **state)
{
    struct err err = {0};
    struct library_query query = {
        .words = "кр*", .kind = -1, .format = -1, .from_day = INT32_MIN, .until_day = INT32_MAX, .limit = 10};
    struct library_answer answer;

    /* So many forms behind one beginning are refused, with the beginning. */
    for (int i = 0; i < 200; i++) {
        char text[400] = "";

        for (int k = 0; k < 27; k++)
            sprintf(text + strlen(text), "кр%d ", i * 27 + k);
        one(text);
    }
    assert_int_equal(library_search(library, &query, &arena, &answer, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "query_prefix_wide");
    assert_string_equal(err.arg, "кр");
    assert_int_equal(count_of("кр5399"), 1);
}

/* Searches beside what is taken in: a count never falls, a page is always in order, and what a page names is there. */
static atomic_bool enough;

static void *keep_searching(void *arg)
{
    struct arena own;
    int64_t seen = 0;

    (void)arg;
    arena_init(&own, (size_t)16 << 20);
    while (!enough) {
        struct library_query query = {.words = seen % 2 ? "кр* -ёлка | несие" : "",
                                      .kind = -1,
                                      .format = -1,
                                      .from_day = INT32_MIN,
                                      .until_day = INT32_MAX,
                                      .limit = 20,
                                      .sort = seen % 3 ? SORT_NEWEST : SORT_MOST_SHOWN};
        struct library_answer answer;
        struct err err = {0};

        arena_reset(&own);
        if (library_search(library, &query, &own, &answer, &err) != 0)
            return &enough;
        if (query.words[0] == '\0') {
            if (answer.count < seen)
                return &enough;
            seen = answer.count;
        }
        for (size_t i = 1; i < answer.found && query.sort == SORT_NEWEST; i++)
            if (answer.serials[i] >= answer.serials[i - 1])
                return &enough;
    }
    arena_done(&own);
    return NULL;
}

static void test_searches_beside_intake(void **state)
{
    pthread_t threads[2];
    void *wrong;

    add(10);
    enough = false;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_searching, NULL), 0);
    for (int i = 0; i < 40; i++) {
        char text[400] = "";

        add(60);
        for (int k = 0; k < 12; k++)
            sprintf(text + strlen(text), "крсөз%d ", i * 12 + k);
        one(text);
        recount(1 + pick((unsigned)sample_count - 1));
        change(1 + pick((unsigned)sample_count - 1));
    }
    enough = true;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    ask_many(20);
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/talap-library-XXXXXX";

static void reopen(void)
{
    struct err err = {0};

    library_free(library);
    assert_int_equal(library_new(NULL, folder, &library, &err), 0);
}

static char *path_of(const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void test_the_file(void **state)
{
    struct err err = {0};
    struct stat about;

    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    reopen();
    add(ADVERTS);
    for (int i = 0; i < 200; i++)
        remove_one(1 + (size_t)i * 7);
    library->leaf = 41;
    library->leaf_serial = (int64_t)sample_count - 1;
    assert_int_equal(library_write(library, &err), 0);
    assert_int_equal(stat(path_of("library.index.new"), &about), -1);
    reopen();
    assert_int_equal(library->leaf, 41);
    ask_many(60);
    /* It goes on from there: what lies in the file becomes its own. */
    add(500);
    for (int i = 0; i < 100; i++)
        change(2 + 7 * pick(800));
    for (int i = 0; i < 100; i++)
        recount(1 + pick((unsigned)sample_count - 1));
    ask_many(60);
    assert_int_equal(library_write(library, &err), 0);
    reopen();
    ask_many(60);

    /* A bit, anywhere: the file is left aside, and nothing of it is believed. */
    assert_int_equal(stat(path_of("library.index"), &about), 0);
    for (int i = 0; i < 12; i++) {
        int fd = open(path_of("library.index"), O_RDWR);
        off_t at = i == 0 ? about.st_size - 1 : i == 1 ? 0 : (off_t)(pick(1u << 24) % (unsigned)about.st_size);
        char byte;

        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        reopen();
        assert_int_equal(library->leaf, -1);
        assert_int_equal(count_of(""), 0);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(truncate(path_of("library.index"), i == 0 ? 0 : about.st_size - (1 << (4 * i - 4))), 0);
        reopen();
        assert_int_equal(library->leaf, -1);
    }
    unlink(path_of("library.index"));
    rmdir(folder);
}

/* Its sums may be right: a file is believed under the key that it was written with. */
static void test_whose_file_it_is(void **state)
{
    struct office office = {0};
    struct keyring *keyring;
    struct err err = {0};

    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(keyring_load(path_of("master.key"), true, &keyring, &err), 0);
    office.keyring = keyring;
    reopen();
    library->leaf = 41;
    assert_int_equal(library_write(library, &err), 0);
    reopen();
    assert_int_equal(library->leaf, 41);
    library_free(library);
    assert_int_equal(library_new(&office, folder, &library, &err), 0);
    assert_int_equal(library->leaf, -1);
    library->leaf = 42;
    assert_int_equal(library_write(library, &err), 0);
    library_free(library);
    assert_int_equal(library_new(&office, folder, &library, &err), 0);
    assert_int_equal(library->leaf, 42);
    reopen();
    assert_int_equal(library->leaf, -1);
    unlink(path_of("library.index"));
    unlink(path_of("master.key"));
    rmdir(folder);
    keyring_free(keyring);
}

/* What was removed is in no posting of the file. */
static void test_what_is_gone_is_not_written(void **state)
{
    struct err err = {0};

    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    reopen();
    for (int i = 0; i < 20; i++)
        one("жалғыз сөз");
    for (size_t i = 1; i < 20; i++)
        remove_one(i);
    assert_int_equal(count_of("жалғыз"), 1);
    assert_int_equal(library_write(library, &err), 0);
    reopen();
    assert_int_equal(count_of("жалғыз"), 1);
    const struct vocabulary *vocabulary = &library->vocabulary;
    for (uint32_t i = 0; i < vocabulary->forms.count; i++)
        assert_true(posting_count(&vocabulary_form(vocabulary, i)->posting) <= 1);
    unlink(path_of("library.index"));
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers_as_a_walk_over_all, open_library, close_library),
        cmocka_unit_test_setup_teardown(test_every_order_to_its_end, open_library, close_library),
        cmocka_unit_test_setup_teardown(test_cursors_hold_while_more_comes, open_library, close_library),
        cmocka_unit_test_setup_teardown(test_cursors_that_are_none, open_library, close_library),
        cmocka_unit_test_setup_teardown(test_forms_and_letters, open_library, close_library),
        cmocka_unit_test_setup_teardown(test_a_beginning_of_too_many_words, open_library, close_library),
        cmocka_unit_test_setup_teardown(test_searches_beside_intake, open_library, close_library),
        cmocka_unit_test_setup_teardown(test_the_file, open_library, close_library),
        cmocka_unit_test_setup_teardown(test_whose_file_it_is, open_library, close_library),
        cmocka_unit_test_setup_teardown(test_what_is_gone_is_not_written, open_library, close_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
