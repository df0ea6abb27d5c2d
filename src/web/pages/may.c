/* "May I?": the question of processing, asked by hand. What is chosen goes in a body; the answer has every reason, its
 * norms as links, the consent or ground relied on, and may be asked as of a moment past, with the law as it then was.
 */
#include "base/digest.h"
#include "persons/decide.h"
#include "persons/name_given.h"
#include "persons/person_index.h"
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/pages/person_views.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

static const char *typed(const struct request *request, const char *name)
{
    const char *text = request_form(request, name);
    return text != NULL ? text : "";
}

static bool ticked(const struct request *request, const char *name, const char *value)
{
    for (size_t i = 0; i < request->form_count; i++)
        for (size_t j = 0; strcmp(request->form[i].name, name) == 0 && j < request->form[i].count; j++)
            if (strcmp(request->form[i].texts[j], value) == 0)
                return true;
    return false;
}

/* --- What may be chosen --------------------------------------------------------------------------------------------
 */

static struct kept_option option_of(struct request *request, const char *name, const char *value, const char *title)
{
    const char *copy = arena_strdup(&request->arena, value);
    const char *words = arena_strdup(&request->arena, title != NULL && title[0] != '\0' ? title : value);
    return (struct kept_option){.value = copy, .title = words, .chosen = ticked(request, name, value)};
}

static int entries_fill(struct request *request, const struct kept *kept, enum kept_kind kind, const char *name,
                        const struct kept_option **ret, size_t *ret_count, struct err *err)
{
    const struct kept_entry **entries = NULL;
    size_t count = kept_list(kept, kind, NULL, &request->arena, &entries);
    struct kept_option *options = ARENA_ARRAY(&request->arena, struct kept_option, count + 1);
    if (options == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        options[i] = option_of(request, name, entries[i]->id, kept_title(entries[i], request->lang));
    *ret = options;
    *ret_count = count;
    return 0;
}

static int list_fill(struct request *request, const char *list_name, const char *name, const struct kept_option **ret,
                     size_t *ret_count, struct err *err)
{
    const struct list *list = catalogue_list(request->office->catalogue, list_name);
    size_t count = list != NULL ? list->count : 0;
    struct kept_option *options = ARENA_ARRAY(&request->arena, struct kept_option, count + 1);
    if (options == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        options[i] = option_of(request, name, list->entries[i].id, list->entries[i].title.in[request->lang]);
    *ret = options;
    *ret_count = count;
    return 0;
}

static int choices_fill(struct request *request, const struct kept *kept, struct may_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct kept_option *actions = ARENA_ARRAY(&request->arena, struct kept_option, catalogue->action_count + 1);
    struct kept_option *categories = ARENA_ARRAY(&request->arena, struct kept_option, DATA_CATEGORIES_MAX);
    if (actions == NULL || categories == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->action_count; i++)
        actions[view->action_count++] =
            option_of(request, "action", catalogue->actions[i].id, catalogue->actions[i].title.in[request->lang]);
    for (int i = 0; i < DATA_CATEGORIES_MAX; i++) {
        const char *id = kept_category_id(kept, i);
        if (id != NULL)
            categories[view->category_count++] =
                option_of(request, "categories", id, kept_category_title(kept, i)->in[request->lang]);
    }
    view->actions = actions;
    view->categories = categories;
    int r = entries_fill(request, kept, KEPT_PURPOSE, "purpose", &view->purposes, &view->purpose_count, err);
    if (r == 0)
        r = entries_fill(request, kept, KEPT_RECIPIENT, "recipient", &view->recipients, &view->recipient_count, err);
    if (r == 0)
        r = entries_fill(request, kept, KEPT_RECIPIENT, "asker", &view->askers, &view->asker_count, err);
    if (r == 0)
        r = list_fill(request, "countries", "country", &view->countries, &view->country_count, err);
    if (r == 0)
        r = list_fill(request, "grounds", "ground", &view->grounds, &view->ground_count, err);
    return r < 0 ? r : request->arena.overflowed ? err_memory(err) : 0;
}

/* --- The answer ----------------------------------------------------------------------------------------------------
 */

/* NULL: not chosen. */
static const char *chosen(const struct request *request, const char *name)
{
    const char *text = request_form(request, name);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static int words_fill(struct request *request, struct tx *tx, struct question_words *ret, struct err *err)
{
    const char *line = chosen(request, "person");
    const char **categories = ARENA_ARRAY(&request->arena, const char *, DATA_CATEGORIES_MAX);
    struct person person;
    struct err why = {0};
    if (categories == NULL)
        return err_memory(err);
    *ret = (struct question_words){.action = chosen(request, "action"),
                                   .purpose = chosen(request, "purpose"),
                                   .recipient = chosen(request, "recipient"),
                                   .country = chosen(request, "country"),
                                   .ground = chosen(request, "ground"),
                                   .asker = chosen(request, "asker"),
                                   .categories = categories};
    for (size_t i = 0; i < request->form_count; i++)
        for (size_t j = 0; strcmp(request->form[i].name, "categories") == 0 && j < request->form[i].count; j++)
            if (ret->category_count < DATA_CATEGORIES_MAX)
                categories[ret->category_count++] = request->form[i].texts[j];
    if (line == NULL)
        return 0;
    int r = person_by_line(tx, request->office, line, &request->arena, &person, &why);
    if (r == 0) {
        ret->person = person.id != NULL ? person.id : person.subject_id;
        return 0;
    }
    if (r != -ERR_NOT_FOUND) {
        *err = why;
        return r;
    }
    ret->person = line; /* nobody: the answer says so */
    return 0;
}

/* Now: by the index, as programs are answered; then: by the events and the law of that moment. */
static int decide(struct request *request, struct tx *tx, const struct question_words *words, int64_t at_usec,
                  bool past, struct question *question, struct decision *decision, struct decision_law **ret_law,
                  struct err *err)
{
    struct person_index *index = request->app->persons;
    int r = 0;
    if (past || index == NULL) {
        r = decide_at(tx, request->office, words, at_usec, decision, ret_law, err);
        if (r == 0)
            question_make(*ret_law, request->office->keyring, words, question);
        return r;
    }
    r = person_index_follow(index, tx, request->now_usec, err);
    if (r < 0)
        return r;
    *ret_law = person_index_law(index);
    question_make(*ret_law, request->office->keyring, words, question);
    person_index_decide(index, *ret_law, question, at_usec, decision);
    return 0;
}

static int reasons_fill(struct request *request, const struct decision *decision, int64_t at_usec,
                        struct may_view *view, struct err *err)
{
    struct reason_line *lines = ARENA_ARRAY(&request->arena, struct reason_line, REASONS);
    if (lines == NULL)
        return err_memory(err);
    for (int reason = 0; reason < REASONS; reason++) {
        if ((decision->reasons >> reason & 1) == 0)
            continue;
        const char *key = arena_printf(&request->arena, "decision.%s", reason_code((enum reason)reason));
        const char *const *ids = reason_norms((enum reason)reason);
        size_t count = 0;
        while (ids[count] != NULL)
            count++;
        const struct norm **norms = ARENA_ARRAY(&request->arena, const struct norm *, count + 1);
        if (key == NULL || norms == NULL)
            return err_memory(err);
        struct reason_line *line = &lines[view->reason_count++];
        *line = (struct reason_line){
            .text = text_find(request->lang, key), .allows = reason >= REASONS_BASIS, .norms = norms};
        if (line->text == NULL)
            line->text = reason_code((enum reason)reason);
        for (size_t i = 0; i < count; i++) {
            const struct norm *norm = catalogue_norm_at(request->office->catalogue, ids[i], at_usec);
            if (norm != NULL)
                norms[line->norm_count++] = norm;
        }
    }
    view->reasons = lines;
    return 0;
}

static int answer_fill(struct request *request, struct tx *tx, struct may_view *view, struct err *err)
{
    CLEANUP_DECISION_LAW struct decision_law *law = NULL;
    struct question_words words;
    struct question question;
    struct decision decision;
    int r = words_fill(request, tx, &words, err);
    if (r == 0)
        r = decide(request, tx, &words, view->at_usec, view->past, &question, &decision, &law, err);
    if (r == 0)
        r = reasons_fill(request, &decision, view->at_usec, view, err);
    if (r < 0)
        return r;
    const char *word = answer_word(decision.answer);
    const char *key = arena_printf(&request->arena, "decision.%s", word);
    view->answered = true;
    view->answer = decision.answer;
    view->sentence = key != NULL ? text_find(request->lang, key) : NULL;
    view->consent = decision.consent;
    if (decision.ground > 0) {
        const char *ground = decision_word(law, WORD_GROUND, decision.ground);
        const struct list *list = catalogue_list(request->office->catalogue, "grounds");
        const struct list_entry *entry = list != NULL && ground != NULL ? list_find(list, ground) : NULL;
        view->ground = entry != NULL ? entry->title.in[request->lang] : arena_strdup(&request->arena, ground);
    }
    if (view->sentence == NULL)
        view->sentence = word;
    return 0;
}

static int may_draw(struct request *request, struct response *response, bool asked, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct may_view view = {.person = typed(request, "person"),
                            .at = typed(request, "at"),
                            .at_usec = request->now_usec,
                            .consent = -1,
                            .catalogue_hash = request->office->catalogue_hash,
                            .calendar_hash = request->office->calendar_hash};
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = choices_fill(request, kept, &view, err);
    if (r < 0)
        return r;
    if (asked && view.at[0] != '\0') {
        view.past = true;
        if (!moment_parse(view.at, &request->office->catalogue->calendar->zone, &view.at_usec))
            view.at_wrong = text_error(&request->arena, request->lang, "not_a_moment", "");
        else if (view.at_usec > request->now_usec)
            view.at_wrong = text_error(&request->arena, request->lang, "happened_in_future", "");
    }
    if (view.at_wrong != NULL)
        response->status = 422;
    else if (asked)
        r = answer_fill(request, tx, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, persons_may), "may", &page, err);
    if (r < 0)
        return r;
    page_may(&page->out, &view);
    return page_end(page, err);
}

int page_may_get(struct request *request, struct response *response, struct err *err)
{
    return may_draw(request, response, false, err);
}

int page_may_post(struct request *request, struct response *response, struct err *err)
{
    return may_draw(request, response, true, err);
}
