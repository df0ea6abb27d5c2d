/* POST /access/v1/search/{subject,resource,action}: candidates are asked about as any question is, and those are told
 * of whom it would be answered yes.
 *
 * A page ends with a token: where to go on, how many at most, and a keyed hash of both and of all that was asked and
 * by whose account, so that a token serves whom and the search it was given for and no other. */
#include "store/person_rows.h"
#include "web/api/api.h"
#include "web/api/authzen.h"
#include <stdio.h>
#include <string.h>

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000
/* People looked at for one page: a page may be short, or empty, and still not be the last. */
#define EXAMINED_MAX 20000
/* With a moment past each of them is decided from the store. */
#define EXAMINED_PAST_MAX AUTHZEN_CHUNK
#define TOKEN_CHARS (16 + 8 + 32)

struct search {
    struct authzen authzen;
    struct rules_question question;
    enum authzen_open open;
    int64_t from, limit; /* the page */
    const char *asked;   /* hash of what was asked */
    int64_t next;        /* -1: nothing follows */
    size_t count;
    const char **found; /* ids or names */
};

/* --- The page ----------------------------------------------------------------------------------------------------- */

static void absorb(struct hash *sum, const struct hash *one)
{
    for (size_t i = 0; i < sizeof sum->bytes; i++)
        sum->bytes[i] ^= one->bytes[i];
}

/* The same for the same value: the order of members does not count. As deep as the text, 64 at most. */
static struct hash hash_of(const struct json_cell *cell)
{
    char head[24];
    struct hash sum = {{0}};
    const struct json_cell *inside = cell + 1;
    int length = snprintf(head, sizeof head, "%d %u ", (int)cell->kind, (unsigned)cell->count);
    if (cell->kind != CELL_OBJECT && cell->kind != CELL_ARRAY)
        return sha256_of(head, (size_t)length, cell->text, cell->text == NULL ? 0 : cell->count, NULL, 0);
    for (size_t i = 0; i < cell->count; i++, inside = json_cell_after(inside)) {
        struct hash value = hash_of(inside), place;
        char at[24];
        int digits = snprintf(at, sizeof at, "%zu", i);
        if (cell->kind == CELL_OBJECT)
            place = sha256_of(inside->key, inside->key_count, NULL, 0, NULL, 0);
        else
            place = sha256_of(at, (size_t)digits, NULL, 0, NULL, 0);
        value = sha256_of(&place, sizeof place, &value, sizeof value, NULL, 0);
        absorb(&sum, &value);
    }
    return sha256_of(head, (size_t)length, &sum, sizeof sum, NULL, 0);
}

static const char *asked_of(struct request *request, const struct json_cell *root)
{
    static const char *const keys[] = {"subject", "action", "resource", "context"};
    struct hash all[4] = {{{0}}}, whole;
    char text[65];
    for (size_t i = 0; i < 4; i++) {
        const struct json_cell *cell = json_cell_member(root, keys[i]);
        if (cell != NULL)
            all[i] = hash_of(cell);
    }
    whole = sha256_of(request->route->name, strlen(request->route->name), all, sizeof all, NULL, 0);
    hex_encode(whole.bytes, sizeof whole.bytes, text);
    return arena_strdup(&request->arena, text);
}

/* `ret` takes TOKEN_CHARS + 1. */
static void token_make(const struct search *search, int64_t from, int64_t limit, char *ret)
{
    char value[192];
    const struct office *office = search->authzen.request->office;
    snprintf(value, sizeof value, "%lld %lld %s %s", (long long)from, (long long)limit, search->asked,
             search->authzen.request->actor.account_id);
    struct hash hash = keyring_lookup(office->keyring, "page", value);
    snprintf(ret, TOKEN_CHARS + 1, "%016llx%08llx", (unsigned long long)from, (unsigned long long)limit);
    hex_encode(hash.bytes, 16, ret + 24);
}

static bool token_read(const struct search *search, const char *token, int64_t *ret_from, int64_t *ret_limit)
{
    unsigned long long from, limit;
    char made[TOKEN_CHARS + 1];
    if (strlen(token) != TOKEN_CHARS || strspn(token, "0123456789abcdef") != TOKEN_CHARS || token[0] > '7')
        return false;
    if (sscanf(token, "%16llx%8llx", &from, &limit) != 2)
        return false;
    token_make(search, (int64_t)from, (int64_t)limit, made);
    *ret_from = (int64_t)from;
    *ret_limit = (int64_t)limit;
    return strcmp(made, token) == 0;
}

static int read_page(struct search *search, const struct json_cell *page, struct err *err)
{
    const struct json_cell *limit = json_cell_member(page, "limit"), *token = json_cell_member(page, "token"),
                           *properties = json_cell_member(page, "properties");
    int64_t given = LIMIT_DEFAULT;
    search->limit = LIMIT_DEFAULT;
    if (page == NULL)
        return 0;
    if (!json_cell_is_object(page) || (properties != NULL && !json_cell_is_object(properties)))
        return err_set(err, ERR_MALFORMED, "authzen_wrong_type", "page");
    if (limit != NULL && (!json_cell_int(limit, &given) || given < 0))
        return err_set(err, ERR_MALFORMED, "authzen_wrong_type", "page.limit");
    search->limit = given > LIMIT_MAX ? LIMIT_MAX : given;
    if (token == NULL)
        return 0;
    if (!json_cell_is_text(token))
        return err_set(err, ERR_MALFORMED, "authzen_wrong_type", "page.token");
    int64_t before = search->limit;
    /* An empty token is that of no page: the first. */
    if (token->count == 0)
        return 0;
    if (!token_read(search, token->text, &search->from, &search->limit) || (limit != NULL && before != search->limit))
        return err_set(err, ERR_MALFORMED, "authzen_page", NULL);
    return 0;
}

/* --- Asking about candidates -------------------------------------------------------------------------------------- */

/* Asks about candidates [at, until) and takes those of yes until the page is full; *ret_at is where it stopped. */
static int ask(struct search *search, const char *const *candidates, size_t until, size_t at, size_t *ret_at,
               struct err *err)
{
    struct rules_question questions[AUTHZEN_CHUNK];
    struct authzen_outcome outcomes[AUTHZEN_CHUNK];
    int r = 0;
    while (r == 0 && at < until && search->count < (size_t)search->limit) {
        size_t count = until - at < AUTHZEN_CHUNK ? until - at : AUTHZEN_CHUNK, used = 0;
        memset(outcomes, 0, count * sizeof outcomes[0]);
        for (size_t i = 0; i < count; i++) {
            questions[i] = search->question;
            struct rules_side *side = search->open == OPEN_SUBJECT    ? &questions[i].subject
                                      : search->open == OPEN_RESOURCE ? &questions[i].resource
                                                                      : &questions[i].action;
            side->id = candidates[at + i];
        }
        r = authzen_decide(&search->authzen, questions, count, outcomes, err);
        /* What is wrong with one is wrong with all: the properties are the same. */
        if (r == 0 && outcomes[0].by == BY_FAULT)
            r = authzen_refuse(&outcomes[0].fault, err);
        for (; r == 0 && used < count && search->count < (size_t)search->limit; used++)
            if (outcomes[used].by != BY_FAULT && outcomes[used].allowed)
                search->found[search->count++] = candidates[at + used];
        authzen_outcomes_done(outcomes, count);
        at += used;
    }
    *ret_at = at;
    return r;
}

/* A list that is known whole: is there another yes behind the page? Then the page's token leads there. */
static int ask_list(struct search *search, const char *const *candidates, size_t count, struct err *err)
{
    size_t at = (size_t)search->from, kept = search->count, next;
    int64_t limit = search->limit;
    if (at >= count)
        return 0;
    int r = ask(search, candidates, count, at, &at, err);
    kept = search->count;
    if (r < 0 || at >= count)
        return r;
    search->limit = (int64_t)kept + 1;
    r = ask(search, candidates, count, at, &next, err);
    if (r == 0 && search->count > kept)
        search->next = (int64_t)at;
    search->limit = limit;
    search->count = kept;
    return r;
}

/* --- People ------------------------------------------------------------------------------------------------------- */

struct people {
    struct arena *arena;
    const char **ids;
    int64_t *serials;
    size_t count;
};

static int take_person(const struct person_row *row, void *arg, struct err *err)
{
    struct people *people = arg;
    if (row->destroyed_usec != TIME_NONE)
        return 0;
    const char *id = arena_strdup(people->arena, row->id != NULL ? row->id : row->subject_id);
    if (id == NULL)
        return err_memory(err);
    people->ids[people->count] = id;
    people->serials[people->count++] = row->serial;
    return 0;
}

/* Pages through the people by their numbers; `from` is the number to begin with. */
static int ask_people(struct search *search, struct err *err)
{
    struct arena *arena = &search->authzen.request->arena;
    bool past = json_cell_member(search->question.context, "at") != NULL;
    const int64_t block = past ? EXAMINED_PAST_MAX : 1024, examined_max = past ? EXAMINED_PAST_MAX : EXAMINED_MAX;
    struct people people = {.arena = arena,
                            .ids = ARENA_ARRAY(arena, const char *, (size_t)block),
                            .serials = ARENA_ARRAY(arena, int64_t, (size_t)block)};
    int64_t last, at = search->from < 1 ? 1 : search->from, examined = 0;
    if (people.ids == NULL || people.serials == NULL)
        return err_memory(err);
    int r = store_person_count(search->authzen.tx, &last, err);
    while (r == 0 && at <= last && examined < examined_max && search->count < (size_t)search->limit) {
        size_t stopped = 0;
        people.count = 0;
        r = store_person_scan(search->authzen.tx, at, at + block, take_person, &people, err);
        if (r == 0)
            r = ask(search, people.ids, people.count, 0, &stopped, err);
        at = stopped < people.count ? people.serials[stopped] : at + block;
        examined += block;
    }
    if (r == 0 && at <= last)
        search->next = at;
    return r;
}

/* Every word of a kind that the law knows now, as candidates. */
static int ask_words(struct search *search, enum decision_word kind, struct err *err)
{
    const struct decision_law *law = search->authzen.law;
    int end = decision_number_end(law, kind);
    size_t count = 0;
    const char **words = ARENA_ARRAY(&search->authzen.request->arena, const char *, (size_t)end + 1);
    if (words == NULL)
        return err_memory(err);
    for (int i = 0; i < end; i++) {
        const char *word = decision_word(law, kind, i);
        if (word != NULL)
            words[count++] = word;
    }
    return ask_list(search, words, count, err);
}

static int ask_subjects(struct search *search, struct err *err)
{
    const char *type = search->question.subject.type, *bin;
    if (strcmp(type, "third_person") == 0)
        return ask_words(search, WORD_RECIPIENT, err);
    if (strcmp(type, "operator") != 0)
        return 0;
    int r = authzen_bin(&search->authzen, &bin, err);
    if (r < 0)
        return r;
    const char *one[] = {bin[0] != '\0' ? bin : "operator"};
    return ask_list(search, one, 1, err);
}

/* --- The answer --------------------------------------------------------------------------------------------------- */

static int look(struct search *search, struct err *err)
{
    const struct rules *rules = search->authzen.rules;
    const char *const *words;
    size_t count;
    if (strcmp(search->question.resource.type, "person") == 0)
        return search->open == OPEN_SUBJECT    ? ask_subjects(search, err)
               : search->open == OPEN_RESOURCE ? ask_people(search, err)
                                               : ask_words(search, WORD_ACTION, err);
    if (search->open == OPEN_ACTION)
        count = rules_actions(rules, &words);
    else
        count = rules_ids(rules,
                          search->open == OPEN_SUBJECT ? search->question.subject.type : search->question.resource.type,
                          &words);
    return ask_list(search, words, count, err);
}

static void write_results(const struct search *search, struct buf *out)
{
    char token[TOKEN_CHARS + 1] = "";
    if (search->next >= 0)
        token_make(search, search->next, search->limit, token);
    jo_open(out, '{');
    jo_key(out, "page");
    jo_open(out, '{');
    jo_text(out, "next_token", token);
    jo_int(out, "count", (int64_t)search->count);
    jo_close(out, '}');
    jo_key(out, "results");
    jo_open(out, '[');
    for (size_t i = 0; i < search->count; i++) {
        jo_open(out, '{');
        if (search->open == OPEN_ACTION) {
            jo_text(out, "name", search->found[i]);
        } else {
            jo_text(out, "type",
                    search->open == OPEN_SUBJECT ? search->question.subject.type : search->question.resource.type);
            jo_text(out, "id", search->found[i]);
        }
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
}

static int answer(struct request *request, struct response *response, enum authzen_open open, struct err *err)
{
    struct search search = {.open = open, .next = -1};
    struct authzen_fault fault = {0};
    const struct json_cell *root;
    int r = authzen_body(request, &root, err);
    if (r < 0)
        return r;
    search.authzen.request = request;
    search.asked = asked_of(request, root);
    search.found = ARENA_ARRAY(&request->arena, const char *, LIMIT_MAX + 1);
    if (search.asked == NULL || search.found == NULL)
        return err_memory(err);
    if (!authzen_read(root, NULL, open, &search.question, &fault))
        return authzen_refuse(&fault, err);
    r = read_page(&search, json_cell_member(root, "page"), err);
    if (r < 0)
        return r;
    r = authzen_init(&search.authzen, request, false, err);
    if (r == 0)
        r = look(&search, err);
    if (r == 0)
        write_results(&search, &response->body);
    authzen_done(&search.authzen);
    return r;
}

int api_authzen_search_subject(struct request *request, struct response *response, struct err *err)
{
    return answer(request, response, OPEN_SUBJECT, err);
}

int api_authzen_search_resource(struct request *request, struct response *response, struct err *err)
{
    return answer(request, response, OPEN_RESOURCE, err);
}

int api_authzen_search_action(struct request *request, struct response *response, struct err *err)
{
    return answer(request, response, OPEN_ACTION, err);
}
