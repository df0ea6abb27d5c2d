/* The mark of advertising: is it there, is it one of the accepted words, can it be seen and read. */
#include "adverts/check_parts.h"
#include "base/unicode.h"

#include <string.h>

/* Within so many characters of the first line a mark is taken to be seen. */
#define EARLY_CHARACTERS 60

/* From the best on. */
enum rank { RANK_GOOD, RANK_IN_SENTENCE, RANK_SPACED, RANK_HIDDEN, RANK_LOOKALIKE, RANK_BURIED, RANK_NONE };

struct marking {
    struct checking *checking;
    const char *text;
    struct folded folded;
    size_t first_line; /* bytes */
    enum rank rank;
    struct term_hit mark;       /* the best, where rank < RANK_NONE */
    struct term_hit unaccepted; /* in the first line; count 0: none */
    struct term_hit claim;      /* count 0: none */
};

static bool seen_early(const struct marking *marking, const struct folded_word *word)
{
    char start[EARLY_CHARACTERS * 4 + 1];
    if (word->from > marking->first_line)
        return false;
    if ((word->flags & (WORD_FIRST | WORD_HASHTAG)) || word->from < EARLY_CHARACTERS)
        return true;
    if (word->from >= sizeof start)
        return false;
    memcpy(start, marking->text, word->from);
    start[word->from] = '\0';
    return utf8_length(start) < EARLY_CHARACTERS;
}

static enum rank rank_of(const struct marking *marking, const struct term_hit *hit)
{
    const struct folded *folded = &marking->folded;
    const struct folded_word *first = &folded->words[hit->first];
    uint16_t flags = 0;
    for (size_t i = 0; i < hit->count; i++)
        flags |= folded->words[hit->first + i].flags;
    if (!seen_early(marking, first))
        return RANK_BURIED;
    if (flags & WORD_LOOKALIKE)
        return RANK_LOOKALIKE;
    if (flags & WORD_HIDDEN)
        return RANK_HIDDEN;
    if (flags & WORD_SPACED)
        return RANK_SPACED;
    size_t next = hit->first + hit->count;
    bool ends = next >= folded->count || (folded->words[next].flags & (WORD_SET_OFF | WORD_FIRST));
    bool begins = first->flags & (WORD_SET_OFF | WORD_FIRST);
    return (first->flags & WORD_HASHTAG) || (begins && ends) ? RANK_GOOD : RANK_IN_SENTENCE;
}

static bool text_hit(void *arg, const struct term_hit *hit)
{
    struct marking *marking = arg;
    if (hit->owner == TEXT_CLAIM) {
        if (marking->claim.count == 0)
            marking->claim = *hit;
    } else if (hit->owner == TEXT_UNACCEPTED) {
        const struct folded_word *word = &marking->folded.words[hit->first];
        if (marking->unaccepted.count == 0 && (word->flags & WORD_SET_OFF) && seen_early(marking, word))
            marking->unaccepted = *hit;
    } else {
        enum rank rank = rank_of(marking, hit);
        if (rank < marking->rank || (rank == marking->rank && hit->count > marking->mark.count)) {
            marking->rank = rank;
            marking->mark = *hit;
        }
    }
    return true;
}

static int scan(struct marking *marking, struct checking *checking, const char *text, void *room, size_t room_bytes)
{
    int r;
    *marking = (struct marking){.checking = checking, .text = text, .rank = RANK_NONE};
    if (!text)
        return 0;
    marking->first_line = strcspn(text, "\n");
    r = fold_text(checking->rules->fold, text, strlen(text), room, room_bytes, checking->arena, &marking->folded,
                  checking->err);
    if (r == 0)
        terms_find(checking->rules->text, &marking->folded, text_hit, marking);
    return r;
}

static int found(struct checking *checking, const char *code, enum check_norm norm, const char *field,
                 const struct marking *marking, const struct term_hit *hit, bool refuses)
{
    const char *words = check_words(checking, marking->text, &marking->folded, hit->first, hit->count);
    return words ? check_found(checking, code, norm, field, words, refuses) : err_memory(checking->err);
}

/* The mark in a text that can be judged by itself: the first line of the text, or what stands on a picture. */
static int judge(struct checking *checking, const struct marking *marking, const char *field)
{
    static const char *const codes[] = {
        NULL, "mark_in_sentence", "mark_spaced", "mark_hidden_characters", "mark_lookalike", "mark_buried"};
    const struct advert *advert = checking->advert;
    int r = 0;
    if (marking->rank != RANK_GOOD)
        r = found(checking, codes[marking->rank], NORM_ADM_2, field, marking, &marking->mark,
                  marking->rank != RANK_IN_SENTENCE);
    int lang = lang_parse(advert->language);
    if (r == 0 && (lang == LANG_KK || lang == LANG_RU) &&
        checking->rules->law->marks[marking->mark.owner].lang != (enum lang)lang)
        r = found(checking, "mark_language", NORM_ADM_4, field, marking, &marking->mark, false);
    return r;
}

static bool mark_is_wanted(const struct advert *advert)
{
    const char *basis = advert->influencer_basis;
    return advert->kind != ADVERT_OTHER || !basis || strcmp(basis, "none") != 0 || advert->influencer_share ||
           advert->influencer_exclusive || advert->influencer_discounts;
}

/* None that counts: which of the reasons is told. */
static int missing(struct checking *checking, const struct marking *text, const struct marking *mark)
{
    const struct advert *advert = checking->advert;
    bool targeted = advert_is_targeted(advert);
    int r;
    if (mark->text && mark->rank < RANK_NONE)
        r = check_found(checking, advert->format == ADVERT_TEXT ? "mark_not_in_text" : "mark_place", NORM_ADM_2,
                        "mark.place", advert->mark_text, true);
    else if (mark->text && mark->folded.all > 0)
        r = check_found(checking, "mark_word", NORM_ADM_4, "mark.text", advert->mark_text, true);
    else if (text->unaccepted.count > 0)
        r = found(checking, "mark_word", NORM_ADM_4, "text", text, &text->unaccepted, true);
    else
        r = check_found(checking, "mark_missing", targeted ? NORM_OPL_20_2_1 : NORM_OPL_19_1, "mark", NULL, true);
    if (r == 0 && advert->influencer_basis)
        r = check_found(checking, "influencer_unmarked", NORM_ADM_1, "mark", NULL, true);
    return r;
}

static int judge_before_start(struct checking *checking, const struct marking *text, const struct marking *mark)
{
    const struct advert *advert = checking->advert;
    (void)check_norm_speaks(checking, NORM_ADM_3);
    if (mark->rank < RANK_NONE && advert->mark_place == MARK_BEFORE_START)
        return judge(checking, mark, "mark.text");
    if (mark->rank < RANK_NONE)
        return check_found(checking, "mark_not_before_start", NORM_ADM_3, "mark.place", advert->mark_text, true);
    if (text->rank < RANK_NONE)
        return found(checking, "mark_not_before_start", NORM_ADM_3, "mark", text, &text->mark, true);
    return missing(checking, text, mark);
}

static int judge_place(struct checking *checking, const struct marking *text, const struct marking *mark)
{
    const struct advert *advert = checking->advert;
    bool beside = mark->rank < RANK_NONE && (advert->mark_place == MARK_BESIDE ||
                                             (advert->mark_place == MARK_ON_IMAGE && advert->format == ADVERT_IMAGE));
    if (advert->format == ADVERT_SOUND || advert->format == ADVERT_VIDEO)
        return judge_before_start(checking, text, mark);
    if (text->rank <= RANK_IN_SENTENCE)
        return judge(checking, text, "text");
    if (beside)
        return judge(checking, mark, "mark.text");
    if (text->rank < RANK_NONE)
        return judge(checking, text, "text");
    return missing(checking, text, mark);
}

int check_mark(struct checking *checking)
{
    struct folded_word room[1024], mark_room[128];
    const struct advert *advert = checking->advert;
    struct marking text, mark;
    int r = scan(&text, checking, advert->text, room, sizeof room);

    if (r == 0)
        r = scan(&mark, checking, advert->mark_text, mark_room, sizeof mark_room);
    if (r == 0 && text.claim.count > 0 && advert->claim_count == 0) {
        checking->claim_words = check_words(checking, text.text, &text.folded, text.claim.first, text.claim.count);
        r = checking->claim_words ? 0 : err_memory(checking->err);
    }
    if (r < 0)
        return r;
    if (!mark_is_wanted(advert))
        return check_found(checking, "influencer_no_basis", NORM_ADM_1, "influencer.basis", NULL, false);
    (void)check_norm_speaks(checking, NORM_OPL_19_1);
    (void)check_norm_speaks(checking, NORM_ADM_2);
    (void)check_norm_speaks(checking, NORM_ADM_4);
    if (advert_is_targeted(advert))
        (void)check_norm_speaks(checking, NORM_OPL_20_2_1);
    if (advert->influencer_basis)
        (void)check_norm_speaks(checking, NORM_ADM_1);
    return judge_place(checking, &text, &mark);
}
