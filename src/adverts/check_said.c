/* What is said beside the advertisement itself: who places, pays and sponsors it, what a machine made, other people in
 * it, what it claims. */
#include "adverts/check_parts.h"

#include <string.h>

/* --- Who ---------------------------------------------------------------------------------------------------------- */

/* Do the words of the name, as folded, stand in the text one behind the other? */
static int name_shown(struct checking *checking, const char *name, const char *text, bool *ret)
{
    struct folded_word name_room[128], text_room[1024];
    struct folded a, b;
    int r = fold_text(checking->rules->fold, name, strlen(name), name_room, sizeof name_room, checking->arena, &a,
                      checking->err);
    if (r == 0)
        r = fold_text(checking->rules->fold, text, strlen(text), text_room, sizeof text_room, checking->arena, &b,
                      checking->err);
    *ret = false;
    for (size_t at = 0; r == 0 && a.count > 0 && at + a.count <= b.count && !*ret; at++) {
        size_t same = 0;
        while (same < a.count && a.words[same].count == b.words[at + same].count &&
               memcmp(a.letters + a.words[same].at, b.letters + b.words[at + same].at,
                      a.words[same].count * sizeof(uint16_t)) == 0)
            same++;
        *ret = same == a.count;
    }
    return r;
}

static int check_sponsor(struct checking *checking)
{
    const struct advert *advert = checking->advert;
    bool in_text = true, in_mark = true;
    int r = 0;
    if (!advert_is_sponsored(advert))
        return 0;
    (void)check_norm_speaks(checking, NORM_OPL_21_1);
    if (!advert->sponsor.name)
        return check_found(checking, "sponsor_missing", NORM_OPL_21_1, "sponsor.name", NULL, true);
    if (advert->format != ADVERT_TEXT)
        return 0;
    r = name_shown(checking, advert->sponsor.name, advert->text ? advert->text : "", &in_text);
    if (r == 0 && !in_text)
        r = name_shown(checking, advert->sponsor.name, advert->mark_text ? advert->mark_text : "", &in_mark);
    if (r == 0 && !in_text && !in_mark)
        r = check_found(checking, "sponsor_not_shown", NORM_OPL_21_1, "text", advert->sponsor.name, false);
    return r;
}

static int check_parties(struct checking *checking)
{
    const struct advert *advert = checking->advert;
    int r = 0;
    if (advert_is_targeted(advert)) {
        (void)check_norm_speaks(checking, NORM_OPL_20_2_2);
        if (!advert->account.name && !advert->account.url)
            r = check_found(checking, "account_missing", NORM_OPL_20_2_2, "account.name", NULL, true);
    }
    (void)check_norm_speaks(checking, NORM_OPL_22_2);
    if (r == 0 && !advert->advertiser.name)
        r = check_found(checking, "advertiser_missing", NORM_OPL_22_2, "advertiser.name", NULL, true);
    if (r == 0 && !advert->payer.name)
        r = check_found(checking, "payer_missing", NORM_OPL_22_2, "payer.name", NULL, false);
    return r == 0 ? check_sponsor(checking) : r;
}

/* --- Machines ----------------------------------------------------------------------------------------------------- */

static int check_machines(struct checking *checking)
{
    const struct advert *advert = checking->advert;
    int r = 0;
    if (advert->ai_made) {
        (void)check_norm_speaks(checking, NORM_AID_11);
        /* The duty lies on mass media; anybody else is advised. */
        if (!advert->ai_notice)
            r = check_found(checking, advert->mass_media ? "ai_notice_missing" : "ai_notice_advised", NORM_AID_11,
                            "ai.notice", NULL, advert->mass_media);
    }
    if (r == 0 && advert->ai_goods) {
        (void)check_norm_speaks(checking, NORM_AID_5);
        /* The duty is the seller's, in documents and on packaging: it does not forbid the advertisement. */
        if (!advert->ai_warning)
            r = check_found(checking, "ai_warning_missing", NORM_AID_5, "ai_goods.warning", NULL, false);
    }
    return r;
}

/* --- Other people ------------------------------------------------------------------------------------------------- */

static bool is_image(const struct advert_third *third)
{
    return strcmp(third->what, "photo") == 0 || strcmp(third->what, "video") == 0 || strcmp(third->what, "image") == 0;
}

/* One of the three grounds on which an image is used without consent. */
static bool is_ground(const char *ground)
{
    return strcmp(ground, "opl.18.1.1") == 0 || strcmp(ground, "opl.18.1.2") == 0 || strcmp(ground, "opl.18.1.3") == 0;
}

static int third_check(struct checking *checking, const struct advert_third *third, size_t index)
{
    bool sponsored = advert_is_sponsored(checking->advert), image = is_image(third);
    enum check_norm norm = sponsored ? NORM_OPL_21_2_2 : image ? NORM_OPL_18_2 : NORM_OPL_19_3;
    const char *consent, *ground;

    (void)check_norm_speaks(checking, norm);
    if (third->consent)
        return 0;
    consent = arena_printf(checking->arena, "third_persons.%zu.consent", index);
    ground = arena_printf(checking->arena, "third_persons.%zu.ground", index);
    if (!consent || !ground)
        return err_memory(checking->err);
    if (third->ground && !image)
        return check_found(checking, "ground_of_images", NORM_OPL_18_1, ground, third->ground, sponsored);
    if (third->ground && !is_ground(third->ground))
        return check_found(checking, "ground_unknown", NORM_OPL_18_1, ground, third->ground, true);
    if (third->ground) {
        (void)check_norm_speaks(checking, NORM_OPL_18_1);
        /* Article 21 wants consent beforehand and knows no exception; Article 18 speaks of any content. */
        return sponsored ? check_found(checking, "ground_sponsored", NORM_OPL_21_2_2, ground, third->ground, false) : 0;
    }
    if (sponsored || image)
        return check_found(checking, "consent_missing", norm, consent, third->what, true);
    return check_found(checking, "consent_advised", norm, consent, third->what, false);
}

/* --- Claims ------------------------------------------------------------------------------------------------------- */

static int check_claims(struct checking *checking)
{
    const struct advert *advert = checking->advert;
    bool sponsored = advert_is_sponsored(advert);
    enum check_norm norm = sponsored ? NORM_OPL_21_3 : NORM_OPL_19_3;
    int r = 0;
    if (sponsored)
        (void)check_norm_speaks(checking, NORM_OPL_21_3);
    for (size_t i = 0; r == 0 && i < advert->claim_count; i++) {
        const char *field = arena_printf(checking->arena, "claims.%zu.proof", i);
        if (!field)
            return err_memory(checking->err);
        if (!advert->claims[i].proof)
            r = check_found(checking, sponsored ? "proof_missing" : "proof_advised", norm, field,
                            advert->claims[i].claim, sponsored);
    }
    if (r == 0 && checking->claim_words)
        r = check_found(checking, "claim_unlisted", norm, "text", checking->claim_words, false);
    return r;
}

int check_said(struct checking *checking)
{
    int r = check_parties(checking);
    if (r == 0)
        r = check_machines(checking);
    for (size_t i = 0; r == 0 && i < checking->advert->third_count; i++)
        r = third_check(checking, &checking->advert->third_persons[i], i);
    return r == 0 ? check_claims(checking) : r;
}
