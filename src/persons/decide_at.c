/* A decision of the past: what stood about the person is lived through again from their events up to that moment, and
 * decided by the law and the registers of then. Of a consent's row only what never changes is taken; what became of it
 * is in the events. */
#include "cases/record.h"
#include "persons/decide_parts.h"
#include <stdlib.h>
#include <string.h>

#define PAST_LIMIT ((size_t)256 << 20)
#define EVENTS_AT_ONCE 500

/* A consent as it came to be. */
struct past_consent {
    struct consent_brief row;
    bool given; /* by that moment */
};
struct past_objection {
    const char *case_id;
    int64_t purpose; /* number; 0: every one; -1: one that has no number */
    unsigned flag;   /* 0: settled otherwise */
};
struct past {
    struct arena arena;
    struct person_brief person;
    int64_t blocks, holds;
    struct past_consent *consents;
    size_t consent_count, consent_room;
    struct past_objection *objections;
    size_t objection_count, objection_room;
    const struct decision_law *law;
    bool added;
};

/* Room for one more at the end of an array in the arena; NULL when memory ends. */
static void *grow(struct arena *arena, void **items, size_t *count, size_t *room, size_t size)
{
    if (*count == *room) {
        size_t larger = *room != 0 ? *room * 2 : 16;
        char *moved = arena_calloc(arena, larger, size);
        if (moved == NULL)
            return NULL;
        if (*count != 0)
            memcpy(moved, *items, *count * size);
        *items = moved;
        *room = larger;
    }
    return (char *)*items + size * (*count)++;
}
#define GROW(arena, items, count, room) grow((arena), (void **)&(items), &(count), &(room), sizeof(*(items)))

static int consent_take(const struct consent_brief *row, void *arg, struct err *err)
{
    struct past *past = arg;
    struct past_consent *consent = GROW(&past->arena, past->consents, past->consent_count, past->consent_room);

    if (consent == NULL)
        return err_memory(err);
    *consent = (struct past_consent){.row = *row};
    consent->row.stands = row->given;
    consent->row.ended = consent->row.withdrawn = false;
    return 0;
}

static struct past_consent *consent_find(struct past *past, int64_t leaf)
{
    for (size_t i = 0; i < past->consent_count; i++) {
        if (past->consents[i].row.leaf == leaf)
            return &past->consents[i];
    }
    return NULL;
}

static void consent_event(struct past *past, const struct event_row *event, const json_t *body)
{
    bool given = strcmp(event->kind, "consent.given") == 0;
    struct past_consent *consent =
        consent_find(past, given ? event->leaf : json_integer_value(json_object_get(body, "consent")));
    unsigned aspects = aspects_of_json(json_object_get(body, "aspects"));

    if (consent == NULL)
        return;
    if (given) {
        consent->given = true;
    } else if (strcmp(event->kind, "consent.withdrawn") == 0) {
        consent->row.stands &= ~aspects;
        consent->row.ended = consent->row.withdrawn = consent->row.stands == 0;
    } else if (strcmp(event->kind, "consent.restored") == 0) {
        consent->row.stands |= aspects;
        if (aspects != 0) /* none: another withdrawal took all the same */
            consent->row.ended = consent->row.withdrawn = false;
    } else { /* expired, ended */
        consent->row.stands = 0;
        consent->row.ended = true;
        consent->row.withdrawn = false;
    }
}

static int objection_event(struct past *past, const struct event_row *event, const json_t *body, struct err *err)
{
    const char *purpose = json_string_value(json_object_get(body, "purpose"));
    struct past_objection *objection = NULL;

    for (size_t i = 0; i < past->objection_count && event->case_id != NULL; i++) {
        if (strcmp(past->objections[i].case_id, event->case_id) == 0)
            objection = &past->objections[i];
    }
    if (objection == NULL) {
        objection = GROW(&past->arena, past->objections, past->objection_count, past->objection_room);
        if (objection == NULL)
            return err_memory(err);
        *objection = (struct past_objection){.case_id = event->case_id != NULL ? event->case_id : ""};
        if (purpose != NULL)
            objection->purpose = decision_number(past->law, WORD_PURPOSE, purpose, strlen(purpose));
    }
    objection->flag = strcmp(event->kind, "objection.made") == 0     ? PERSON_OBJECTING
                      : strcmp(event->kind, "objection.upheld") == 0 ? PERSON_OBJECTED
                                                                     : 0;
    return 0;
}

static int event_live(struct past *past, const struct event_row *event, struct err *err)
{
    CLEANUP_JSON json_t *body = NULL;
    const json_t *adult_day;
    int r = stored_json_parse(event->body, event->body_len, "the body of an event", &body, err);

    if (r < 0)
        return r;
    adult_day = json_object_get(body, "adult_day");
    if (adult_day != NULL)
        past->person.adult_day = (int32_t)json_integer_value(adult_day);
    if (strcmp(event->kind, "person.added") == 0)
        past->added = true;
    else if (strcmp(event->kind, "person.blocked") == 0)
        past->blocks++;
    else if (strcmp(event->kind, "person.unblocked") == 0)
        past->blocks--;
    else if (strcmp(event->kind, "hold.set") == 0)
        past->holds++;
    else if (strcmp(event->kind, "hold.lifted") == 0)
        past->holds--;
    else if (strcmp(event->kind, "destruction.executed") == 0)
        past->person.destroyed = true;
    else if (strncmp(event->kind, "consent.", 8) == 0)
        consent_event(past, event, body);
    else if (strncmp(event->kind, "objection.", 10) == 0)
        r = objection_event(past, event, body, err);
    return r;
}

/* All of the person's events, oldest first; they come newest first, page by page. */
static int events_live(struct past *past, struct tx *tx, int64_t at_usec, struct err *err)
{
    struct page {
        struct event_row *events;
        size_t count;
    } *pages = NULL;
    size_t page_count = 0, page_room = 0, count = EVENTS_AT_ONCE;
    int64_t before = 0;
    int r = 0;

    while (r == 0 && count == EVENTS_AT_ONCE) {
        struct page *page = GROW(&past->arena, pages, page_count, page_room);
        if (page == NULL)
            return err_memory(err);
        r = store_person_events(tx, past->person.serial, before, EVENTS_AT_ONCE, &past->arena, &page->events, &count,
                                err);
        page->count = r == 0 ? count : 0;
        before = page->count != 0 ? page->events[page->count - 1].leaf : 0;
        if (before == 0)
            break; /* nothing is before the first leaf */
    }
    for (size_t page = page_count; r == 0 && page > 0; page--) {
        for (size_t i = pages[page - 1].count; r == 0 && i > 0; i--) {
            const struct event_row *event = &pages[page - 1].events[i - 1];
            r = event->at_usec <= at_usec ? event_live(past, event, err) : 0;
        }
    }
    return r;
}

static void past_decide(struct past *past, const struct question *question, int64_t at_usec, struct decision *ret)
{
    unsigned flags;
    struct weighing weighing;

    past->person.blocked = past->blocks > 0;
    past->person.held = past->holds > 0;
    flags = past->added ? person_flags(&past->person, past->law->day) : 0;
    for (size_t i = 0; i < past->objection_count; i++) {
        if (past->objections[i].purpose == 0 || past->objections[i].purpose == question->purpose)
            flags |= past->objections[i].flag;
    }
    weigh_begin(&weighing);
    for (size_t i = 0; i < past->consent_count; i++) {
        struct consent_seen consent;
        if (!past->consents[i].given || past->consents[i].row.purpose != question->purpose)
            continue;
        consent_see(&past->consents[i].row, &consent);
        weigh_consent(&weighing, past->law, question, &consent, consent_moment(at_usec));
    }
    weigh_end(&weighing, past->law, question, past->added, flags, ret);
}

static int person_at(struct tx *tx, struct past *past, const char *word, int64_t at_usec, struct err *err)
{
    struct person_row row;
    bool found = false;
    int r = store_person_by_id(tx, word, &past->arena, &row, &found, err);

    if (r == 0 && !found)
        r = store_person_by_subject(tx, word, &past->arena, &row, &found, err);
    if (r < 0 || !found)
        return r;
    past->person = (struct person_brief){.serial = row.serial, .adult_day = INT32_MIN};
    r = store_consent_brief_of(tx, row.serial, consent_take, past, err);
    return r < 0 ? r : events_live(past, tx, at_usec, err);
}

static int law_at(struct tx *tx, const struct office *office, int64_t at_usec, struct decision_law **ret,
                  struct err *err)
{
    struct kept *kept;
    int r = kept_load(tx, office, &kept, err);

    if (r < 0)
        return r;
    r = decision_law_new(tx, office, kept, at_usec, ret, err);
    kept_unref(kept);
    return r;
}

int decide_at(struct tx *tx, const struct office *office, const struct question_words *words, int64_t at_usec,
              struct decision *ret, struct decision_law **ret_law, struct err *err)
{
    CLEANUP_DECISION_LAW struct decision_law *law = NULL;
    struct past past = {0};
    struct question question;
    int r = law_at(tx, office, at_usec, &law, err);

    if (r < 0)
        return r;
    arena_init(&past.arena, PAST_LIMIT);
    past.law = law;
    question_make(law, office->keyring, words, &question);
    if (words->person != NULL)
        r = person_at(tx, &past, words->person, at_usec, err);
    if (r == 0) {
        past_decide(&past, &question, at_usec, ret);
        if (ret_law != NULL)
            *ret_law = decision_law_ref(law);
    }
    arena_done(&past.arena);
    return r;
}
