/* The words of stories: who and what a plot's open words stand for.
 *
 * Texts. ${word} is what `with` says (a list, where it stands alone), ${word?} may be missing; ${case:x} the number of
 * a case, ${case:story.x} of another story's; ${account:one} an account; ${day}, ${day-3}, ${moment}, ${moment-14}
 * (that many minutes earlier), ${year-1} are of the step; ${day:x} is the day on which case x
 * was opened; ${digits}, ${seq}, ${lang}, ${name}, ${email}, ${phone} of the story; ${who} and ${who_email}: the
 * operator's id and the e-mail of the story's person, who is called ${name}. A value that comes out empty is left out.
 */
#include "cli/demo_story.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *text_in(const struct yaml *node, const char *key)
{
    const struct yaml *value = yaml_get(node, key);

    return value != NULL && value->kind == YAML_SCALAR ? value->text : NULL;
}

/* --- Who ---------------------------------------------------------------------------------------------------------- */

const struct actor *actor_called(const struct demo *demo, const struct story *story, const char *word)
{
    if (strcmp(word, "one") == 0)
        return &demo->actors[story->one];
    if (strcmp(word, "other") == 0)
        return &demo->actors[story->other];
    for (size_t i = 0; i < demo->data.account_count; i++)
        if (strcmp(demo->data.accounts[i].login, word) == 0)
            return &demo->actors[i];
    return NULL;
}

/* --- Words -------------------------------------------------------------------------------------------------------- */

/* "x" is a case of this story, "story.x" of another. */
static const struct told_case *case_called(const struct story *story, const char *name)
{
    const struct stories *all = story->all;
    const char *dot = strchr(name, '.');

    for (size_t i = 0; dot != NULL && i < all->count; i++) {
        const char *called = text_in(all->items[i]->node, "name");

        if (called != NULL && strlen(called) == (size_t)(dot - name) && strncmp(called, name, strlen(called)) == 0) {
            story = all->items[i];
            name = dot + 1;
            break;
        }
    }
    for (size_t i = 0; i < story->case_count; i++)
        if (strcmp(story->cases[i].name, name) == 0 && story->cases[i].number[0] != '\0')
            return &story->cases[i];
    return NULL;
}

static const char *of_person(const struct telling *telling, const char *word)
{
    const struct story *story = telling->story;
    const struct demo_data *data = &telling->demo->data;
    struct arena *arena = &telling->demo->each;

    if (strcmp(word, "name") == 0)
        return arena_printf(arena, "%s %s", data->names[story->lang].texts[story->person],
                            data->surnames[story->lang].texts[story->surname]);
    if (strcmp(word, "email") == 0)
        return arena_printf(arena, "%s.%zu@example.kz", data->mailboxes[story->lang].texts[story->person],
                            story->surname + 1);
    if (strcmp(word, "phone") == 0)
        return arena_printf(arena, "+7700%u", story->digits);
    if (strcmp(word, "who") == 0)
        return arena_printf(arena, "alan-%06zu", PERSON_IDS + story->index);
    if (strcmp(word, "who_email") == 0)
        return arena_printf(arena, "%s.%zu@people.example.kz", data->mailboxes[story->lang].texts[story->person],
                            story->index + 1);
    if (strcmp(word, "digits") == 0)
        return arena_printf(arena, "%u", story->digits);
    if (strcmp(word, "seq") == 0)
        return arena_printf(arena, "%zu", story->index + 1);
    if (strcmp(word, "lang") == 0)
        return lang_code(story->lang);
    return NULL;
}

static const char *day_text(const struct telling *telling, int64_t at_usec, long days_added)
{
    const struct zone *zone = &telling->demo->office->catalogue->calendar->zone;
    char text[11];

    date_format(date_from_day(zone_day_of(zone, at_usec) + (int32_t)days_added), text);
    return arena_strdup(&telling->demo->each, text);
}

/* day, moment and year, with what is added. */
static const char *of_time(const struct telling *telling, const char *word)
{
    const struct zone *zone = &telling->demo->office->catalogue->calendar->zone;
    struct arena *arena = &telling->demo->each;
    size_t len = strcspn(word, "+-");
    long amount = word[len] != '\0' ? strtol(word + len, NULL, 10) : 0;
    int32_t day = zone_day_of(zone, telling->at_usec);
    char text[32];

    if (len == 3 && strncmp(word, "day", 3) == 0)
        return day_text(telling, telling->at_usec, amount);
    if (len == 6 && strncmp(word, "moment", 6) == 0) {
        moment_format(zone, telling->at_usec + amount * MINUTE, text);
        return arena_strdup(arena, text);
    }
    if (len == 4 && strncmp(word, "year", 4) == 0)
        return arena_printf(arena, "%ld", date_from_day(day).year + amount);
    return NULL;
}

/* NULL: nothing is called so. */
static const char *meant(const struct telling *telling, char *word, int depth)
{
    const struct story *story = telling->story;
    size_t len = strlen(word);
    bool may_miss = len > 0 && word[len - 1] == '?';
    const struct told_case *told;
    const struct actor *actor;
    const char *text;

    if (may_miss)
        word[len - 1] = '\0';
    if (strncmp(word, "case:", 5) == 0)
        return (told = case_called(story, word + 5)) != NULL ? told->number : NULL;
    if (strncmp(word, "day:", 4) == 0)
        return (told = case_called(story, word + 4)) != NULL ? day_text(telling, told->opened_usec, 0) : NULL;
    if (strncmp(word, "account:", 8) == 0)
        return (actor = actor_called(telling->demo, story, word + 8)) != NULL ? actor->account_id : NULL;
    text = text_in(yaml_get(story->node, "with"), word);
    if (text != NULL)
        return expand(telling, text, depth + 1);
    text = of_person(telling, word);
    if (text == NULL)
        text = of_time(telling, word);
    return text == NULL && may_miss ? "" : text;
}

const char *expand(const struct telling *telling, const char *text, int depth)
{
    struct arena *arena = &telling->demo->each;
    const char *done = "";

    while (done != NULL && depth < 4) {
        const char *start = strstr(text, "${"), *end = start != NULL ? strchr(start, '}') : NULL;
        const char *word;
        char *name;

        if (end == NULL)
            return arena_printf(arena, "%s%s", done, text);
        name = arena_strndup(arena, start + 2, (size_t)(end - start - 2));
        word = name != NULL ? meant(telling, name, depth) : NULL;
        if (word == NULL)
            return NULL;
        done = arena_printf(arena, "%s%.*s%s", done, (int)(start - text), text, word);
        text = end + 1;
    }
    return NULL;
}

/* A list stands for itself, and so does a word alone that `with` gives a list. */
static const struct yaml *list_meant(const struct story *story, const struct yaml *value)
{
    const struct yaml *with = yaml_get(story->node, "with"), *list;
    char name[40];
    int end = 0;

    if (value->kind == YAML_SEQUENCE)
        return value;
    if (value->kind == YAML_SCALAR && sscanf(value->text, "${%39[a-z_0-9]%*[?]}%n", name, &end) < 1)
        return NULL;
    if (value->kind == YAML_SCALAR && end == 0) /* no question mark */
        (void)sscanf(value->text, "${%39[a-z_0-9]}%n", name, &end);
    list = end > 0 && value->text[end] == '\0' ? yaml_get(with, name) : NULL;
    return list != NULL && list->kind == YAML_SEQUENCE ? list : NULL;
}

int values_of(const struct telling *telling, const struct yaml *step, struct raw_value raw[VALUES_MAX],
              size_t *ret_count, struct err *err)
{
    const struct yaml *values = yaml_get(step, "values");
    size_t n = 0;

    *ret_count = 0;
    if (values == NULL)
        return 0;
    if (values->kind != YAML_MAPPING || values->count > VALUES_MAX)
        return yaml_refuse(values, err, "demo_malformed", "values");
    for (size_t i = 0; i < values->count; i++) {
        const struct yaml *value = values->items[i], *list = list_meant(telling->story, value);
        size_t count = list != NULL ? list->count : 1;
        const char **texts = ARENA_ARRAY(&telling->demo->each, const char *, count);

        if (texts == NULL)
            return err_memory(err);
        if (list == NULL && value->kind != YAML_SCALAR)
            return yaml_refuse(value, err, "demo_malformed", "%s", values->keys[i]);
        for (size_t k = 0; k < count; k++) {
            texts[k] = expand(telling, list != NULL ? list->items[k]->text : value->text, 0);
            if (texts[k] == NULL)
                return yaml_refuse(value, err, "demo_malformed", "%s of story %zu (line %d)", values->keys[i],
                                   telling->story->index, telling->story->node->line);
        }
        if (list != NULL || texts[0][0] != '\0')
            raw[n++] = (struct raw_value){
                .name = values->keys[i], .kind = list != NULL ? RAW_LIST : RAW_FORM, .count = count, .texts = texts};
    }
    *ret_count = n;
    return 0;
}
