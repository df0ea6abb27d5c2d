/* Answers. Of a thousand questions few differ in what was decided, so what is written about a decision is prepared once
 * a request and copied from then on; only the consent's name is put in between. */
#include "base/locale.h"
#include "web/authzen.h"
#include "web/decision_log.h"
#include "web/json_out.h"
#include <stdio.h>
#include <string.h>

#define PIECES_MAX 128
#define PIECE_BYTES_MAX ((size_t)64 * 1024)

static const char denied[] = "{\"decision\":false,\"context\":{", allowed[] = "{\"decision\":true,\"context\":{";

/* What of the question a reason misses. */
static const char *missing_word(enum reason reason)
{
    switch (reason) {
    case REASON_ACTION_UNKNOWN:
        return "action";
    case REASON_PURPOSE_UNKNOWN:
        return "purpose";
    case REASON_CATEGORY_UNKNOWN:
    case REASON_CATEGORIES_MISSING:
        return "categories";
    case REASON_PERSON_UNKNOWN:
        return "person";
    case REASON_RECIPIENT_UNKNOWN:
        return "recipient";
    case REASON_COUNTRY_UNKNOWN:
        return "country";
    case REASON_COUNTRY_UNDECIDED:
        return "protection";
    case REASON_ASKER_UNKNOWN:
        return "subject";
    case REASON_GROUND_UNKNOWN:
    case REASON_GROUND_NOT_THEIRS:
    case REASON_GROUND_UNRECORDED:
        return "ground";
    case REASON_AGE_UNKNOWN:
        return "age";
    case REASON_NO_CONSENT:
    case REASON_NOT_CONSENTED:
    case REASON_NO_THIRD_PERSONS:
    case REASON_NO_CROSS_BORDER:
    case REASON_NO_PUBLICATION:
    case REASON_NO_AUTOMATED:
        return "consent";
    default:
        return NULL;
    }
}

static bool reason_in(const struct decision *decision, int reason)
{
    return decision->reasons >> reason & 1;
}

static void put_sentence(const struct authzen *authzen, struct buf *out, const char *code)
{
    char key[96];
    if (!authzen->with_texts)
        return;
    snprintf(key, sizeof key, "decision.%s", code);
    const char *text = text_find(authzen->request->lang, key);
    if (text != NULL)
        jo_text(out, "text", text);
}

static void put_rule_reason(const struct authzen *authzen, struct buf *out, const char *code, const char *rule)
{
    jo_open(out, '{');
    jo_text(out, "code", code);
    put_sentence(authzen, out, code);
    if (rule != NULL)
        jo_text(out, "rule", rule);
    jo_close(out, '}');
}

static void put_reason(const struct authzen *authzen, struct buf *out, enum reason reason, const char *const *norms,
                       size_t norm_count)
{
    jo_open(out, '{');
    jo_text(out, "code", reason_code(reason));
    put_sentence(authzen, out, reason_code(reason));
    jo_key(out, "norms");
    jo_open(out, '[');
    for (const char *const *norm = reason_norms(reason); *norm != NULL; norm++)
        for (size_t i = 0; i < norm_count; i++)
            if (strcmp(norms[i], *norm) == 0)
                jo_put_text(out, *norm);
    jo_close(out, ']');
    jo_close(out, '}');
}

static void put_missing(struct buf *out, const struct decision *decision)
{
    const char *words[REASONS];
    size_t count = 0;
    for (int i = 0; i < REASONS; i++) {
        const char *word = reason_in(decision, i) ? missing_word((enum reason)i) : NULL;
        bool known = word == NULL;
        for (size_t j = 0; !known && j < count; j++)
            known = strcmp(words[j], word) == 0;
        if (!known)
            words[count++] = word;
    }
    jo_words(out, "missing", words, count);
}

/* What follows the consent: a member, then others, and the closing brackets. */
static void put_law(const struct authzen *authzen, const struct authzen_outcome *outcome, struct buf *out)
{
    const struct office *office = authzen->request->office;
    const struct decision *decision = &outcome->decision;
    struct decision_law *law = outcome->replayed_law != NULL ? outcome->replayed_law : authzen->law;
    const char *norms[DECISION_NORMS_MAX];
    size_t norm_count = decision_norms(law, &outcome->question, decision, norms);
    buf_puts(out, "\"decision\":");
    buf_put_json_string(out, answer_word(outcome->rule != NULL ? ANSWER_PROHIBITED : decision->answer));
    jo_key(out, "reasons");
    jo_open(out, '[');
    if (outcome->rule != NULL)
        put_rule_reason(authzen, out, "rule_forbids", outcome->rule);
    for (int i = 0; i < REASONS; i++)
        if (reason_in(decision, i))
            put_reason(authzen, out, (enum reason)i, norms, norm_count);
    jo_close(out, ']');
    put_missing(out, decision);
    jo_words(out, "norms", norms, norm_count);
    if (decision->ground != 0)
        jo_text(out, "ground", decision_word(law, WORD_GROUND, decision->ground));
    jo_text(out, "catalogue", office->catalogue_hash);
    jo_text(out, "calendar", office->calendar_hash);
    if (outcome->replayed_law == NULL)
        jo_text(out, "law_at", authzen->now);
    else
        jo_moment(out, "law_at", &office->catalogue->calendar->zone, outcome->at_usec);
    buf_puts(out, "}}");
}

/* --- Prepared pieces ---------------------------------------------------------------------------------------------- */

struct authzen_piece {
    uint64_t reasons;
    const char *rule;
    const char *text;
    uint32_t count;
    uint16_t purpose;
    uint8_t answer, action, ground, unknown;
};

/* What the text of a decision depends on. The purpose stands for the ground of crossing a border that it names. */
static struct authzen_piece key_of(const struct authzen_outcome *outcome)
{
    const struct decision *decision = &outcome->decision;
    return (struct authzen_piece){.reasons = decision->reasons,
                                  .rule = outcome->rule,
                                  .purpose =
                                      reason_in(decision, REASON_CROSS_BORDER_GROUND) ? outcome->question.purpose : 0,
                                  .answer = (uint8_t)decision->answer,
                                  .action = outcome->question.action,
                                  .ground = decision->ground,
                                  .unknown = outcome->question.unknown};
}

static bool same_key(const struct authzen_piece *a, const struct authzen_piece *b)
{
    return a->reasons == b->reasons && a->rule == b->rule && a->purpose == b->purpose && a->answer == b->answer &&
           a->action == b->action && a->ground == b->ground && a->unknown == b->unknown;
}

/* The piece of an outcome, made at its first use; NULL where there is no room for another. */
static const struct authzen_piece *piece_of(struct authzen *authzen, const struct authzen_outcome *outcome)
{
    struct authzen_piece key = key_of(outcome);
    struct arena *arena = &authzen->request->arena;
    for (size_t i = 0; i < authzen->piece_count; i++)
        if (same_key(&authzen->pieces[i], &key))
            return &authzen->pieces[i];
    if (authzen->pieces == NULL)
        authzen->pieces = ARENA_ARRAY(arena, struct authzen_piece, PIECES_MAX);
    if (authzen->pieces == NULL || authzen->piece_count == PIECES_MAX)
        return NULL;
    CLEANUP_BUF struct buf text;
    buf_init(&text, PIECE_BYTES_MAX);
    put_law(authzen, outcome, &text);
    key.text = text.failed ? NULL : arena_strndup(arena, text.data, text.len);
    if (key.text == NULL)
        return NULL;
    key.count = (uint32_t)text.len;
    authzen->pieces[authzen->piece_count] = key;
    return &authzen->pieces[authzen->piece_count++];
}

static void write_law(struct authzen *authzen, const struct authzen_outcome *outcome, struct buf *out)
{
    if (outcome->allowed)
        buf_put(out, allowed, sizeof allowed - 1);
    else
        buf_put(out, denied, sizeof denied - 1);
    if (outcome->allowed && outcome->decision.consent >= 0) {
        buf_put(out, "\"consent\":", 10);
        buf_put_int(out, outcome->decision.consent);
        buf_putc(out, ',');
    }
    /* A single question, which has texts, and one about the past are written at once. */
    bool direct = authzen->with_texts || outcome->replayed_law != NULL;
    const struct authzen_piece *piece = direct ? NULL : piece_of(authzen, outcome);
    if (piece != NULL)
        buf_put(out, piece->text, piece->count);
    else
        put_law(authzen, outcome, out);
}

/* --- Rules and faults --------------------------------------------------------------------------------------------- */

static void write_rules(const struct authzen *authzen, const struct authzen_outcome *outcome, struct buf *out)
{
    static const char *const codes[] = {
        [ANSWER_GAP] = "rule_missing", [ANSWER_PROHIBITED] = "rule_forbids", [ANSWER_ALLOWED] = "rule_permits"};
    buf_puts(out, outcome->allowed ? allowed : denied);
    buf_puts(out, "\"decision\":");
    buf_put_json_string(out, answer_word(outcome->decision.answer));
    jo_key(out, "reasons");
    jo_open(out, '[');
    put_rule_reason(authzen, out, codes[outcome->decision.answer], outcome->rule);
    jo_close(out, ']');
    buf_puts(out, "}}");
}

static void write_fault(const struct authzen *authzen, const struct authzen_outcome *outcome, struct buf *out)
{
    const struct authzen_fault *fault = &outcome->fault;
    const char *message = text_error(&authzen->request->arena, authzen->request->lang, fault->code, fault->place);
    buf_puts(out, denied);
    buf_puts(out, "\"error\":{\"status\":400");
    jo_text(out, "code", fault->code);
    jo_text(out, "place", fault->place);
    jo_text(out, "message", message != NULL ? message : fault->code);
    buf_puts(out, "}}}");
}

static void note(const struct authzen *authzen, const struct authzen_outcome *outcome)
{
    struct decision_law *law = outcome->replayed_law != NULL ? outcome->replayed_law : authzen->law;
    if (!decision_log_wants(authzen->request->app->decision_log))
        return;
    if (outcome->by == BY_LAW)
        decision_log_law(law, &outcome->question, &outcome->decision, outcome->rule);
    else
        decision_log_rules(outcome->asked_type, outcome->asked_action, answer_word(outcome->decision.answer),
                           outcome->rule);
}

void authzen_write(struct authzen *authzen, const struct authzen_outcome *outcome, struct buf *out)
{
    switch (outcome->by) {
    case BY_FAULT:
        write_fault(authzen, outcome, out);
        return;
    case BY_LAW:
        write_law(authzen, outcome, out);
        break;
    case BY_RULES:
        write_rules(authzen, outcome, out);
        break;
    }
    note(authzen, outcome);
}
