/* Whom it is meant for: by what the words of the criteria mean, by values that are somebody's own, by age. */
#include "adverts/check_parts.h"

#include <stdio.h>
#include <string.h>

#define ADULT 18
#define HITS_MAX 48

static const struct {
    const char *category, *refuses, *told;
} codes[] = {{"nationality", "targets_nationality", "may_target_nationality"},
             {"politics", "targets_politics", "may_target_politics"},
             {"identity", "targets_identity", "may_target_identity"},
             {"health", "targets_health", "may_target_health"},
             {"minors", "targets_minors", "may_target_minors"}};

struct hits {
    struct term_hit items[HITS_MAX];
    size_t count;
};

static bool keep_hit(void *arg, const struct term_hit *hit)
{
    struct hits *hits = arg;
    if (hits->count < HITS_MAX)
        hits->items[hits->count++] = *hit;
    /* Where there are more, one that refuses takes the place of one that does not. */
    else if (hit->kind != TERM_WEAK)
        for (size_t i = 0; i < HITS_MAX; i++) {
            if (hits->items[i].kind == TERM_WEAK) {
                hits->items[i] = *hit;
                break;
            }
        }
    return true;
}

static bool any_hit(void *arg, const struct term_hit *hit)
{
    (void)hit;
    *(bool *)arg = true;
    return false;
}

static bool mask_hit(void *arg, const struct term_hit *hit)
{
    *(uint32_t *)arg |= UINT32_C(1) << hit->owner;
    return true;
}

/* "Казахи, кухня" are two things, "казахская кухня" is one: an exception does not reach over what parts a list. */
static bool one_thing(const char *text, const struct folded *folded, const struct term_hit *hit)
{
    for (size_t i = hit->first; i + 1 < hit->first + hit->count; i++) {
        for (size_t at = folded->words[i].until; at < folded->words[i + 1].from; at++) {
            if (strchr(",;/|+&\n", text[at]))
                return false;
        }
    }
    return true;
}

/* Does an exception cover it? One of as many words says no more than a term of several. */
static bool excepted(const struct hits *hits, const struct term_hit *hit, const char *text, const struct folded *folded)
{
    for (size_t i = 0; i < hits->count; i++) {
        const struct term_hit *other = &hits->items[i];
        if (other->kind == TERM_EXCEPT && other->owner == hit->owner &&
            (hit->count < other->count || other->count == 1) && other->first <= hit->first &&
            hit->first + hit->count <= other->first + other->count && one_thing(text, folded, other))
            return true;
    }
    return false;
}

struct looking {
    struct checking *checking;
    const char *list; /* "include" */
    bool excludes;
    const char *name; /* the criterion's, folded last */
    uint32_t neutral; /* categories that do not look at its values */
    bool of_age;
    struct hits name_hits;
    struct folded name_folded;
    struct folded_word name_room[128], room[256];
};

static const char *place(const struct looking *looking, size_t index, const char *member)
{
    return arena_printf(looking->checking->arena, "targeting.%s.%zu.%s", looking->list, index, member);
}

static const char *code_of(const struct looking *looking, uint16_t owner, bool refuses)
{
    const char *category = looking->checking->rules->law->categories[owner].id;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(codes[i].category, category) == 0)
            return refuses ? codes[i].refuses : codes[i].told;
    }
    return refuses ? "targets_forbidden" : "may_target_forbidden";
}

/* The first that refuses of each category, else the first that is told. */
static int tell(struct looking *looking, const struct hits *hits, const char *text, const struct folded *folded,
                size_t index, const char *member, uint32_t skip)
{
    struct checking *checking = looking->checking;
    const struct advert_rules *rules = checking->rules;
    int r = 0;
    if (hits->count == 0)
        return 0;
    for (uint16_t owner = 0; r == 0 && owner < rules->law->category_count; owner++) {
        const struct term_hit *best = NULL;
        if (skip >> owner & 1 || (looking->excludes && rules->category_norm[owner] == NORM_OPL_20_4))
            continue;
        for (size_t i = 0; i < hits->count; i++) {
            const struct term_hit *hit = &hits->items[i];
            if (hit->owner == owner && hit->kind != TERM_EXCEPT && (!best || hit->kind < best->kind) &&
                !excepted(hits, hit, text, folded))
                best = hit;
        }
        if (!best)
            continue;
        const char *words = check_words(checking, text, folded, best->first, best->count);
        const char *field = place(looking, index, member);
        if (!words || !field)
            return err_memory(checking->err);
        r = check_found(checking, code_of(looking, owner, best->kind == TERM_REFUSES), rules->category_norm[owner],
                        field, words, best->kind == TERM_REFUSES);
    }
    return r;
}

/* --- Values that are somebody's own ------------------------------------------------------------------------------- */

/* What the value looks like, as a word that may be shown: the value itself may not. */
static const char *personal_kind(const char *value)
{
    size_t digits = 0, others = 0, hex = 0, count = 0;
    char number[16] = "";
    const char *at = strchr(value, '@');

    for (const char *c = value; *c; c++, count++) {
        bool digit = *c >= '0' && *c <= '9';
        if (digit && digits < sizeof number - 1)
            number[digits] = *c;
        digits += digit;
        others += !digit && !strchr(" -()+.", *c);
        hex += digit || (*c >= 'a' && *c <= 'f') || (*c >= 'A' && *c <= 'F');
    }
    if (at && at > value && strchr(at + 1, '.') && at[1] != '.' && !strpbrk(value, " ,;"))
        return "e-mail";
    if (hex == count && (count == 64 || count == 40 || count == 32) && others > 0)
        return "hash";
    if (others > 0 || digits < 10 || digits >= sizeof number)
        return NULL;
    number[digits] = '\0';
    if (digits == 12 && iin_valid(number))
        return "IIN";
    if (value[0] == '+' || (digits == 11 && (number[0] == '7' || number[0] == '8') && number[1] == '7') ||
        (digits == 10 && number[0] == '7'))
        return "phone";
    return NULL;
}

static int check_personal(struct looking *looking, size_t index, const char *value)
{
    const char *kind = strpbrk(value, "@0123456789") ? personal_kind(value) : NULL;
    const char *field = kind ? place(looking, index, "value") : NULL;
    if (!kind)
        return 0;
    return field ? check_found(looking->checking, "personal_value", NORM_OPL_20_3, field, kind, true)
                 : err_memory(looking->checking->err);
}

/* --- Age ---------------------------------------------------------------------------------------------------------- */

static int number_of(const struct folded *folded, const struct folded_word *word)
{
    int number = 0;
    if (word->count > 3)
        return -1;
    for (size_t i = 0; i < word->count; i++) {
        uint16_t c = folded->letters[word->at + i];
        if (c < '0' || c > '9')
            return -1;
        number = number * 10 + (c - '0');
    }
    return number;
}

/* "14-17" of the criterion age; "14-17 жас" of any. One number beside "лет" may be anything's age. */
static int check_numbers(struct looking *looking, const struct folded *folded, size_t index, const char *value)
{
    struct checking *checking = looking->checking;
    size_t numbers = 0, young = 0, first = 0, last = 0;
    bool of_age = false;

    if (looking->excludes || !strpbrk(value, "0123456789"))
        return 0;
    for (size_t i = 0; i < folded->count; i++) {
        int number = number_of(folded, &folded->words[i]);
        if (number < 0)
            continue;
        if (number > 0 && number < ADULT) {
            if (young++ == 0)
                first = i;
            last = i;
        }
        numbers++;
    }
    if (young == 0)
        return 0;
    terms_find(checking->rules->ages, folded, any_hit, &of_age);
    bool range = numbers == 2 && last == first + 1;
    bool refuses = looking->of_age || (of_age && range);
    if (!refuses && !of_age && !(range && folded->count == 2))
        return 0;
    const char *words = check_words(checking, value, folded, first, last - first + 1);
    const char *field = place(looking, index, "value");
    if (!words || !field)
        return err_memory(checking->err);
    return check_found(checking, refuses ? "targets_minors" : "may_target_minors", NORM_OPL_20_4, field, words,
                       refuses);
}

static int check_age(struct checking *checking)
{
    const struct advert *advert = checking->advert;
    char age[12];
    if (!advert_is_targeted(advert)) {
        if (advert->age_from < 0 || advert->age_from >= ADULT)
            return 0;
    } else if (advert->age_from < 0) {
        return check_found(checking, "age_missing", NORM_OPL_20_4, "targeting.age", NULL, true);
    }
    (void)check_norm_speaks(checking, NORM_OPL_20_4);
    if (advert->age_from >= ADULT)
        return 0;
    (void)snprintf(age, sizeof age, "%d", advert->age_from);
    const char *copy = arena_strdup(checking->arena, age);
    return copy ? check_found(checking, "age_minors", NORM_OPL_20_4, "targeting.age.from", copy, true)
                : err_memory(checking->err);
}

/* --- Criteria ----------------------------------------------------------------------------------------------------- */

/* Names of criteria come again and again: what one means is kept for the next. */
static int name_read(struct looking *looking, const char *name)
{
    struct checking *checking = looking->checking;
    const struct advert_rules *rules = checking->rules;
    int r;
    if (looking->name && strcmp(looking->name, name) == 0)
        return 0;
    r = fold_text(rules->fold, name, strlen(name), looking->name_room, sizeof looking->name_room, checking->arena,
                  &looking->name_folded, checking->err);
    if (r < 0)
        return r;
    looking->name = name;
    looking->neutral = 0;
    looking->of_age = false;
    looking->name_hits.count = 0;
    terms_find(rules->neutral, &looking->name_folded, mask_hit, &looking->neutral);
    terms_find(rules->ages, &looking->name_folded, any_hit, &looking->of_age);
    terms_find(rules->criteria, &looking->name_folded, keep_hit, &looking->name_hits);
    return 0;
}

static int criterion_check(struct looking *looking, const struct advert_criterion *criterion, size_t index)
{
    struct checking *checking = looking->checking;
    struct folded folded;
    struct hits hits;
    int r = name_read(looking, criterion->criterion);

    hits.count = 0;
    if (r == 0)
        r = fold_text(checking->rules->fold, criterion->value, strlen(criterion->value), looking->room,
                      sizeof looking->room, checking->arena, &folded, checking->err);
    if (r < 0)
        return r;
    terms_find(checking->rules->criteria, &folded, keep_hit, &hits);
    if (looking->name_hits.count > 0)
        r = tell(looking, &looking->name_hits, criterion->criterion, &looking->name_folded, index, "criterion", 0);
    if (r == 0)
        r = tell(looking, &hits, criterion->value, &folded, index, "value", looking->neutral);
    if (r == 0)
        r = check_numbers(looking, &folded, index, criterion->value);
    if (r == 0)
        r = check_personal(looking, index, criterion->value);
    return r;
}

static int list_check(struct checking *checking, const char *list, bool excludes,
                      const struct advert_criterion *criteria, size_t count)
{
    struct looking looking;
    int r = 0;
    looking.checking = checking;
    looking.list = list;
    looking.excludes = excludes;
    looking.name = NULL;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = criterion_check(&looking, &criteria[i], i);
    return r;
}

int check_targeting(struct checking *checking)
{
    const struct advert *advert = checking->advert;
    int r = check_age(checking);
    if (r < 0 || !advert_is_targeted(advert))
        return r;
    (void)check_norm_speaks(checking, NORM_OPL_20_3);
    if (advert->kind != ADVERT_TARGETED)
        r = check_found(checking, "kind_is_targeted", NORM_OPL_20_2_1, "kind", NULL, false);
    if (r == 0)
        r = list_check(checking, "include", false, advert->include, advert->include_count);
    if (r == 0)
        r = list_check(checking, "exclude", true, advert->exclude, advert->exclude_count);
    return r;
}
