/* What every part of the check uses, and the order in which they speak. */
#include "adverts/check_parts.h"

#include <stdlib.h>
#include <string.h>

static const char *const norm_words[NORM_COUNT] = {
    [NORM_AID_5] = "aid.5",           [NORM_AID_11] = "aid.11",         [NORM_ADM_1] = "adm.1",
    [NORM_ADM_2] = "adm.2",           [NORM_ADM_3] = "adm.3",           [NORM_ADM_4] = "adm.4",
    [NORM_OPL_18_1] = "opl.18",       [NORM_OPL_18_2] = "opl.18.2",     [NORM_OPL_19_1] = "opl.19.1",
    [NORM_OPL_19_3] = "opl.19.3",     [NORM_OPL_20_2_1] = "opl.20.2.1", [NORM_OPL_20_2_2] = "opl.20.2.2",
    [NORM_OPL_20_3] = "opl.20.3",     [NORM_OPL_20_4] = "opl.20.4",     [NORM_OPL_21_1] = "opl.21.1",
    [NORM_OPL_21_2_2] = "opl.21.2.2", [NORM_OPL_21_3] = "opl.21.3",     [NORM_OPL_22_2] = "opl.22.2"};

const char *check_norm_word(enum check_norm norm)
{
    return norm_words[norm];
}

bool advert_is_sponsored(const struct advert *advert)
{
    const char *basis = advert->influencer_basis;
    return advert->kind == ADVERT_SPONSORED || (basis && strcmp(basis, "none") != 0);
}

bool advert_is_targeted(const struct advert *advert)
{
    return advert->kind == ADVERT_TARGETED || advert->include_count > 0 || advert->exclude_count > 0;
}

/* --- Rules -------------------------------------------------------------------------------------------------------- */

static void norms_span(struct advert_rules *rules)
{
    for (size_t i = 0; i < rules->catalogue->norm_count; i++) {
        const struct norm *norm = &rules->catalogue->norms[i];
        for (int n = 0; n < NORM_COUNT; n++) {
            struct norm_span *span = &rules->norms[n];
            if (strcmp(norm_words[n], norm->id) != 0 || span->count == NORM_VERSIONS)
                continue;
            span->from_day[span->count] = norm->from_day;
            span->until_day[span->count++] = norm->until_day;
        }
    }
}

static int words_add(struct terms *terms, const struct advertising_words words[LANG_COUNT], uint16_t owner,
                     uint16_t kind, struct err *err)
{
    int r = 0;
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        for (size_t i = 0; r == 0 && i < words[lang].count; i++)
            r = terms_add(terms, words[lang].words[i], (enum lang)lang, owner, kind, err);
    }
    return r;
}

static int category_add(struct advert_rules *rules, const struct advertising_category *category, uint16_t owner,
                        struct err *err)
{
    int r = words_add(rules->criteria, category->terms, owner, TERM_REFUSES, err);
    if (r == 0)
        r = words_add(rules->criteria, category->weak, owner, TERM_WEAK, err);
    if (r == 0)
        r = words_add(rules->criteria, category->except, owner, TERM_EXCEPT, err);
    for (size_t i = 0; r == 0 && i < category->criteria.count; i++)
        r = terms_add(rules->neutral, category->criteria.words[i], LANG_KK, owner, TERM_EXCEPT, err);
    return r;
}

/* The norm of a category is one of ours: what it says has a text of its own. */
static int category_norm(struct advert_rules *rules, size_t index, struct err *err)
{
    for (int n = 0; n < NORM_COUNT; n++) {
        if (strcmp(norm_words[n], rules->law->categories[index].norm) == 0) {
            rules->category_norm[index] = (enum check_norm)n;
            return 0;
        }
    }
    return err_set(err, ERR_BAD_INPUT, "law_unknown_reference", "advertising.yaml: norm %.80s",
                   rules->law->categories[index].norm);
}

static int criteria_add(struct advert_rules *rules, struct err *err)
{
    int r = rules->law->category_count <= CATEGORIES_MAX
                ? 0
                : err_set(err, ERR_BAD_INPUT, "law_bad_value", "advertising.yaml: terms");
    for (size_t i = 0; r == 0 && i < rules->law->category_count; i++) {
        r = category_norm(rules, i, err);
        if (r == 0)
            r = category_add(rules, &rules->law->categories[i], (uint16_t)i, err);
    }
    for (size_t i = 0; r == 0 && i < rules->own_count; i++) {
        for (size_t j = 0; r == 0 && j < rules->law->category_count; j++) {
            if (rules->own[i].id == rules->law->categories[j].id)
                r = category_add(rules, &rules->own[i], (uint16_t)j, err);
        }
    }
    return r;
}

static int text_add(struct advert_rules *rules, struct err *err)
{
    const struct advertising *law = rules->law;
    int r = 0;
    for (size_t i = 0; r == 0 && i < law->mark_count; i++)
        r = terms_add(rules->text, law->marks[i].text, law->marks[i].lang, (uint16_t)i, 0, err);
    for (size_t i = 0; r == 0 && i < law->unaccepted.count; i++)
        r = terms_add(rules->text, law->unaccepted.words[i], LANG_EN, TEXT_UNACCEPTED, 0, err);
    if (r == 0)
        r = words_add(rules->text, law->claims, TEXT_CLAIM, 0, err);
    for (size_t i = 0; r == 0 && i < law->age_words.count; i++)
        r = terms_add(rules->ages, law->age_words.words[i], LANG_KK, 0, 0, err);
    return r;
}

static int rules_fill(struct advert_rules *rules, const char *own_file, struct err *err)
{
    static const struct advertising none;
    struct terms **const all[] = {&rules->criteria, &rules->text, &rules->ages, &rules->neutral};
    int r = fold_new(&rules->fold, err);

    rules->law = rules->catalogue->advertising ? rules->catalogue->advertising : &none;
    norms_span(rules);
    for (size_t i = 0; r == 0 && i < sizeof all / sizeof all[0]; i++)
        r = terms_new(rules->fold, rules->law->endings, all[i], err);
    if (r == 0 && own_file)
        r = advertising_own_load(own_file, rules->law, &rules->arena, &rules->own, &rules->own_count, err);
    if (r == 0)
        r = criteria_add(rules, err);
    if (r == 0)
        r = text_add(rules, err);
    for (size_t i = 0; r == 0 && i < sizeof all / sizeof all[0]; i++)
        r = terms_seal(*all[i], err);
    return r;
}

int advert_rules_new(const struct catalogue *catalogue, const char *own_file, struct advert_rules **ret,
                     struct err *err)
{
    struct advert_rules *rules = calloc(1, sizeof *rules);
    if (!rules)
        return err_memory(err);
    rules->catalogue = catalogue;
    arena_init(&rules->arena, (size_t)64 << 20);
    int r = rules_fill(rules, own_file, err);
    if (r < 0) {
        advert_rules_free(rules);
        return r;
    }
    *ret = rules;
    return 0;
}

void advert_rules_free(struct advert_rules *rules)
{
    if (!rules)
        return;
    terms_free(rules->criteria);
    terms_free(rules->text);
    terms_free(rules->ages);
    terms_free(rules->neutral);
    fold_free(rules->fold);
    arena_done(&rules->arena);
    free(rules);
}

size_t advert_rules_own(const struct advert_rules *rules, const struct advertising_category **ret)
{
    *ret = rules->own;
    return rules->own_count;
}

/* --- Findings ----------------------------------------------------------------------------------------------------- */

bool check_norm_speaks(struct checking *checking, enum check_norm norm)
{
    if (!(checking->in_force >> norm & 1))
        return false;
    checking->spoke |= UINT32_C(1) << norm;
    return true;
}

int check_found(struct checking *checking, const char *code, enum check_norm norm, const char *field, const char *found,
                bool refuses)
{
    if (!check_norm_speaks(checking, norm))
        return 0;
    checking->refused = checking->refused || refuses;
    if (checking->count >= FINDINGS_MAX)
        return 0;
    if (checking->count == checking->room) {
        size_t room = checking->room * 2 + 4;
        struct advert_finding *findings = ARENA_ARRAY(checking->arena, struct advert_finding, room);
        if (!findings)
            return err_memory(checking->err);
        if (checking->count > 0)
            memcpy(findings, checking->findings, checking->count * sizeof *findings);
        checking->findings = findings;
        checking->room = room;
    }
    checking->findings[checking->count++] = (struct advert_finding){code, norm_words[norm], field, found, refuses};
    return 0;
}

const char *check_words(struct checking *checking, const char *text, const struct folded *folded, size_t first,
                        size_t count)
{
    size_t from = folded->words[first].from, until = folded->words[first + count - 1].until;
    while ((text[until] & 0xC0) == 0x80)
        until++;
    while (from > 0 && (text[from] & 0xC0) == 0x80)
        from--;
    return arena_strndup(checking->arena, text + from, until - from);
}

static int check_period(struct checking *checking)
{
    const struct advert *advert = checking->advert;
    return advert->until_day >= advert->from_day
               ? 0
               : check_found(checking, "period_reversed", NORM_OPL_22_2, "period.until", NULL, true);
}

int advert_check(const struct advert_rules *rules, const struct advert *advert, int32_t day, struct arena *arena,
                 struct advert_result *ret, struct err *err)
{
    struct checking checking = {.rules = rules, .advert = advert, .day = day, .arena = arena, .err = err};
    const char **norms;
    size_t norm_count = 0;
    int r;

    for (int n = 0; n < NORM_COUNT; n++) {
        const struct norm_span *span = &rules->norms[n];
        for (size_t i = 0; i < span->count; i++) {
            if (span->from_day[i] <= day && day < span->until_day[i])
                checking.in_force |= UINT32_C(1) << n;
        }
    }
    r = check_mark(&checking);
    if (r == 0)
        r = check_said(&checking);
    if (r == 0)
        r = check_targeting(&checking);
    if (r == 0)
        r = check_period(&checking);
    norms = r == 0 ? ARENA_ARRAY(arena, const char *, (size_t)__builtin_popcount(checking.spoke)) : NULL;
    if (r < 0 || !norms)
        return r < 0 ? r : err_memory(err);
    for (int n = 0; n < NORM_COUNT; n++) {
        if (checking.spoke >> n & 1)
            norms[norm_count++] = norm_words[n];
    }
    *ret = (struct advert_result){!checking.refused, checking.findings, checking.count, norms, norm_count};
    return 0;
}
