/* Deciding: questions about people are turned into numbers and asked of the index together, others of the rules. */
#include "web/authzen.h"
#include "web/decision_log.h"
#include <string.h>

/* A moment past is decided from a person's events, one by one: so many in a request. */
#define REPLAYS_MAX 100

int authzen_init(struct authzen *authzen, struct request *request, bool with_texts, struct err *err)
{
    struct app *app = request->app;
    *authzen = (struct authzen){.request = request, .rules = app->rules, .with_texts = with_texts};
    moment_format(&request->office->catalogue->calendar->zone, request->now_usec, authzen->now);
    int r = request_read(request, &authzen->tx, err);
    if (r == 0)
        r = person_index_follow(app->persons, authzen->tx, request->now_usec, err);
    if (r < 0)
        return r;
    authzen->law = person_index_law(app->persons);
    return 0;
}

void authzen_done(struct authzen *authzen)
{
    decision_law_unref(authzen->law);
    authzen->law = NULL;
}

void authzen_outcomes_done(struct authzen_outcome *outcomes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        decision_law_unref(outcomes[i].replayed_law);
        outcomes[i].replayed_law = NULL;
    }
}

int authzen_bin(struct authzen *authzen, const char **ret, struct err *err)
{
    if (authzen->bin == NULL) {
        struct organisation organisation;
        int r = organisation_get(authzen->tx, &authzen->request->arena, &organisation, err);
        if (r < 0)
            return r;
        authzen->bin = organisation.bin != NULL ? organisation.bin : "";
    }
    *ret = authzen->bin;
    return 0;
}

/* --- Words of a question about a person --------------------------------------------------------------------------- */

static bool fault(struct authzen_outcome *outcome, const char *code, const char *place)
{
    outcome->by = BY_FAULT;
    outcome->fault = (struct authzen_fault){code, place};
    return false;
}

static bool read_word(const struct json_cell *properties, const char *key, const char *place, const char **ret,
                      struct authzen_outcome *outcome)
{
    const struct json_cell *cell = json_cell_member(properties, key);
    if (cell == NULL)
        return true;
    if (!json_cell_is_text(cell))
        return fault(outcome, "authzen_wrong_type", place);
    *ret = cell->text;
    return true;
}

static bool read_categories(const struct json_cell *list, struct arena *arena, struct question_words *words,
                            struct authzen_outcome *outcome)
{
    if (list == NULL)
        return true;
    if (list->kind != CELL_ARRAY)
        return fault(outcome, "authzen_wrong_type", "resource.properties.categories");
    const char **categories = ARENA_ARRAY(arena, const char *, list->count);
    const struct json_cell *item = json_cell_first(list);
    for (size_t i = 0; categories != NULL && i < list->count; i++, item = json_cell_after(item)) {
        if (!json_cell_is_text(item))
            return fault(outcome, "authzen_wrong_type", "resource.properties.categories");
        categories[i] = item->text;
    }
    words->categories = categories;
    words->category_count = list->count;
    return true;
}

/* *ret_at: the moment asked about, or TIME_NONE. */
static bool read_at(const struct authzen *authzen, const struct json_cell *context, int64_t *ret_at,
                    struct authzen_outcome *outcome)
{
    const struct request *request = authzen->request;
    const struct json_cell *at = json_cell_member(context, "at");
    *ret_at = TIME_NONE;
    if (at == NULL)
        return true;
    if (!json_cell_is_text(at))
        return fault(outcome, "authzen_wrong_type", "context.at");
    if (!moment_parse(at->text, &request->office->catalogue->calendar->zone, ret_at))
        return fault(outcome, "authzen_moment", "context.at");
    return *ret_at <= request->now_usec || fault(outcome, "authzen_future", "context.at");
}

/* Who asks: the operator (NULL), a third person by id, or somebody that nobody knows. */
static int read_asker(struct authzen *authzen, const struct rules_side *subject, const char **ret, struct err *err)
{
    *ret = "";
    if (strcmp(subject->type, "third_person") == 0)
        *ret = subject->id;
    if (strcmp(subject->type, "operator") != 0)
        return 0;
    const char *bin = "";
    int r = 0;
    if (strcmp(subject->id, "operator") != 0)
        r = authzen_bin(authzen, &bin, err);
    if (r == 0 && (strcmp(subject->id, "operator") == 0 || (bin[0] != '\0' && strcmp(subject->id, bin) == 0)))
        *ret = NULL;
    return r;
}

static int read_person(struct authzen *authzen, const struct rules_question *asked, struct question_words *words,
                       int64_t *ret_at, struct authzen_outcome *outcome, struct err *err)
{
    const struct json_cell *properties = asked->resource.properties;
    struct arena *arena = &authzen->request->arena;
    *words = (struct question_words){.action = asked->action.id};
    bool right = read_categories(json_cell_member(properties, "categories"), arena, words, outcome) &&
                 read_word(properties, "purpose", "resource.properties.purpose", &words->purpose, outcome) &&
                 read_word(properties, "country", "resource.properties.country", &words->country, outcome) &&
                 read_word(properties, "recipient", "resource.properties.recipient", &words->recipient, outcome) &&
                 read_word(properties, "ground", "resource.properties.ground", &words->ground, outcome) &&
                 read_at(authzen, asked->context, ret_at, outcome);
    if (!right)
        return 0;
    if (words->category_count > 0 && words->categories == NULL)
        return err_memory(err);
    int r = read_asker(authzen, &asked->subject, &words->asker, err);
    if (r == 0)
        r = question_person(authzen->tx, asked->resource.id, arena, &words->person, err);
    outcome->by = BY_LAW;
    return r;
}

/* --- Deciding ----------------------------------------------------------------------------------------------------- */

static void decide_by_rules(const struct authzen *authzen, const struct rules_question *asked,
                            struct authzen_outcome *outcome)
{
    enum rules_answer answer = rules_decide(authzen->rules, asked, &outcome->rule);
    outcome->by = BY_RULES;
    outcome->allowed = answer == RULES_PERMIT;
    outcome->decision.answer = answer == RULES_PERMIT   ? ANSWER_ALLOWED
                               : answer == RULES_FORBID ? ANSWER_PROHIBITED
                                                        : ANSWER_GAP;
    outcome->asked_type = rules_speak_of(authzen->rules, asked->resource.type) ? asked->resource.type : NULL;
    outcome->asked_action = rules_know_action(authzen->rules, asked->action.id) ? asked->action.id : NULL;
    atomic_fetch_add_explicit(&authzen->request->app->decision_log->by_rules[answer], 1, memory_order_relaxed);
}

static int replay(struct authzen *authzen, const struct question_words *words, int64_t at_usec,
                  struct authzen_outcome *outcome, struct err *err)
{
    const struct office *office = authzen->request->office;
    if (++authzen->replays > REPLAYS_MAX) {
        fault(outcome, "authzen_replays", "context.at");
        return 0;
    }
    int r = decide_at(authzen->tx, office, words, at_usec, &outcome->decision, &outcome->replayed_law, err);
    if (r == 0)
        question_make(outcome->replayed_law, office->keyring, words, &outcome->question);
    return r;
}

int authzen_decide(struct authzen *authzen, const struct rules_question *questions, size_t count,
                   struct authzen_outcome *outcomes, struct err *err)
{
    struct request *request = authzen->request;
    struct question numbers[AUTHZEN_CHUNK];
    struct decision decisions[AUTHZEN_CHUNK];
    size_t places[AUTHZEN_CHUNK], asked = 0;
    for (size_t i = 0; i < count; i++) {
        struct authzen_outcome *outcome = &outcomes[i];
        struct question_words words;
        int64_t at_usec;
        if (outcome->by == BY_FAULT && outcome->fault.code != NULL)
            continue;
        outcome->at_usec = request->now_usec;
        if (strcmp(questions[i].resource.type, "person") != 0) {
            decide_by_rules(authzen, &questions[i], outcome);
            continue;
        }
        int r = read_person(authzen, &questions[i], &words, &at_usec, outcome, err);
        if (r == 0 && outcome->by == BY_LAW && at_usec != TIME_NONE) {
            outcome->at_usec = at_usec;
            r = replay(authzen, &words, at_usec, outcome, err);
        } else if (r == 0 && outcome->by == BY_LAW) {
            question_make(authzen->law, request->office->keyring, &words, &numbers[asked]);
            places[asked++] = i;
        }
        if (r < 0)
            return r;
    }
    person_index_decide_many(request->app->persons, authzen->law, numbers, asked, request->now_usec, decisions);
    for (size_t i = 0; i < asked; i++) {
        outcomes[places[i]].question = numbers[i];
        outcomes[places[i]].decision = decisions[i];
    }
    bool tightened = rules_speak_of(authzen->rules, "person");
    for (size_t i = 0; i < count; i++) {
        struct authzen_outcome *outcome = &outcomes[i];
        if (outcome->by != BY_LAW)
            continue;
        outcome->allowed = outcome->decision.answer == ANSWER_ALLOWED;
        if (outcome->allowed && tightened &&
            rules_decide(authzen->rules, &questions[i], &outcome->rule) == RULES_FORBID)
            outcome->allowed = false;
    }
    return 0;
}
