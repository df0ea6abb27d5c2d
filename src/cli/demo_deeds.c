/* The deeds of stories, each by the function that the API and the pages use for it. */
#include "cli/demo_deeds.h"
#include "persons/destruction.h"
#include "persons/effects.h"
#include "persons/vault.h"
#include <stdio.h>
#include <string.h>

enum demo_deed_kind demo_deed_parse(const char *word)
{
    static const char *const words[] = {"consent", "value", "look", "transfer", "hold", "destruction"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], word) == 0)
            return (enum demo_deed_kind)(DEED_CONSENT + i);
    return DEED_NONE;
}

static int put(struct demo *demo, struct tx *tx, struct kept *kept, const struct person *person,
               const struct demo_deed *deed, int64_t at_usec, struct err *err)
{
    const struct value_given value = {.category = deed->category_count > 0 ? deed->categories[0] : NULL,
                                      .purpose = deed->purpose,
                                      .value = deed->what,
                                      .source = deed->source,
                                      .collected_usec = TIME_NONE};
    struct field_errors errors;
    int r;

    field_errors_init(&errors, &demo->each);
    r = vault_put(tx, demo->office, kept, person, &value, 1, deed->actor, at_usec, &errors, err);
    return r < 0 && errors.count > 0 ? err_detail(err, "%s %s", errors.items[0].field, errors.items[0].code) : r;
}

static uint64_t categories_of(const struct kept *kept, const struct demo_deed *deed)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < deed->category_count; i++) {
        int number = kept_category_number(kept, deed->categories[i]);

        if (number >= 0)
            bits |= UINT64_C(1) << number;
    }
    return bits;
}

static int pass_on(struct demo *demo, struct tx *tx, const struct kept *kept, const struct person *person,
                   const struct demo_deed *deed, int64_t at_usec, struct demo_done *ret, struct err *err)
{
    const struct kept_entry *recipient = kept_at(kept, KEPT_RECIPIENT, deed->what, at_usec);
    const char *country = recipient != NULL ? json_string_value(json_object_get(recipient->json, "country")) : NULL;
    const struct transfer transfer = {.recipient = deed->what,
                                      .purpose = deed->purpose,
                                      .country = country != NULL && strcmp(country, "KZ") != 0 ? country : NULL,
                                      .categories = categories_of(kept, deed),
                                      .consent = deed->consent};
    int64_t leaf;
    int r = person_note_transfer(tx, demo->office, person, &transfer, deed->actor, at_usec, &leaf, err);

    return r < 0 ? r
                 : transfer_notice_open(tx, demo->office, person, &transfer, deed->lang, deed->actor, at_usec,
                                        &ret->opened, err);
}

static int carry_through(struct demo *demo, int64_t at_usec, struct err *err)
{
    size_t count = 1;
    int r = 0;

    while (r == 0 && count > 0)
        r = destruction_pass(demo->office, at_usec, &count, err);
    return r;
}

int demo_deed_do(struct demo *demo, struct tx *tx, const struct demo_deed *deed, int64_t at_usec, struct demo_done *ret,
                 struct err *err)
{
    const struct demo_giving giving = {
        .names = deed->names, .purpose = deed->what, .lang = deed->lang, .until_usec = TIME_NONE};
    struct person person;
    struct kept *kept;
    int64_t serial;
    int r;

    *ret = (struct demo_done){.leaf = -1};
    if (deed->kind == DEED_DESTRUCTION)
        return carry_through(demo, at_usec, err);
    if (deed->kind == DEED_CONSENT)
        return demo_give(demo, tx, &giving, at_usec, &ret->leaf, &serial, err);
    r = person_get(tx, deed->names.id, &demo->each, &person, err);
    if (r == 0)
        r = kept_load(tx, demo->office, &kept, err);
    if (r < 0)
        return r;
    if (deed->kind == DEED_VALUE)
        r = put(demo, tx, kept, &person, deed, at_usec, err);
    else if (deed->kind == DEED_TRANSFER)
        r = pass_on(demo, tx, kept, &person, deed, at_usec, ret, err);
    else if (deed->kind == DEED_LOOK)
        r = person_note_look(tx, demo->office, &person, deed->what, categories_of(kept, deed), deed->actor, at_usec,
                             err);
    else
        r = hold_set(tx, demo->office, &person, deed->what, deed->reason, DAY_NONE, deed->actor, at_usec, &ret->leaf,
                     err);
    kept_unref(kept);
    return r;
}
