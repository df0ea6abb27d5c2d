/* The OpenID AuthZEN Authorization API 1.0 behind its addresses: questions are read, decided and answered here, one or
 * a thousand, and in searches; the handlers (api/authzen.c, api/authzen_search.c) know the forms of bodies alone.
 *
 * A resource of type "person" is decided by the law (persons/decide.h), and a rule of the operator's may forbid what
 * the law allows; every other type is decided by the operator's rules (persons/rules.h) alone. */
#ifndef TALAP_WEB_AUTHZEN_H
#define TALAP_WEB_AUTHZEN_H

#include "persons/person_index.h"
#include "persons/rules.h"
#include "web/app.h"

/* What a question lacks or has wrong; `code` NULL: nothing. */
struct authzen_fault {
    const char *code;  /* an error's code */
    const char *place; /* "subject.id" */
};

/* What a search leaves open. */
enum authzen_open { OPEN_SUBJECT = 1, OPEN_RESOURCE = 2, OPEN_ACTION = 4 };

/* One question from `object`, an absent member from `defaults` (may be NULL), each taken whole. The id of what is open
 * is not looked at and left NULL. Unknown members are ignored. False with *ret_fault. */
bool authzen_read(const struct json_cell *object, const struct json_cell *defaults, unsigned open,
                  struct rules_question *ret, struct authzen_fault *ret_fault);

/* What one request asks with. */
struct authzen_piece;
struct authzen {
    struct request *request;
    struct tx *tx;
    struct decision_law *law;
    const struct rules *rules;
    const char *bin; /* the organisation's, "" where it has none; NULL: not looked at yet */
    bool with_texts; /* reasons with the sentence for people */
    unsigned replays;
    char now[32];
    struct authzen_piece *pieces; /* answers prepared, by what was decided */
    size_t piece_count;
};
/* Brings the index up to what was acknowledged before. authzen_done frees. */
int authzen_init(struct authzen *authzen, struct request *request, bool with_texts, struct err *err) WARN_UNUSED;
void authzen_done(struct authzen *authzen);

enum authzen_by { BY_FAULT, BY_LAW, BY_RULES };
struct authzen_outcome {
    enum authzen_by by;
    bool allowed;
    struct authzen_fault fault; /* BY_FAULT */
    struct question question;   /* BY_LAW */
    struct decision decision;
    struct decision_law *replayed_law; /* of a moment past; its own reference; NULL: authzen->law */
    int64_t at_usec;
    const char *rule;                      /* the rule that decided, or that forbade what the law allows; NULL: none */
    const char *asked_type, *asked_action; /* BY_RULES, for the log: words that the rules know; else NULL */
};
#define AUTHZEN_CHUNK 64
/* Decides up to AUTHZEN_CHUNK questions. Those whose outcome has a fault already are passed by; others are filled, with
 * a fault where properties of a person are of a wrong type. Outcomes are to be freed. An error: nothing is decided. */
int authzen_decide(struct authzen *authzen, const struct rules_question *questions, size_t count,
                   struct authzen_outcome *outcomes, struct err *err) WARN_UNUSED;
void authzen_outcomes_done(struct authzen_outcome *outcomes, size_t count);

/* {"decision": …, "context": {…}}; notes the decision in the log. */
void authzen_write(struct authzen *authzen, const struct authzen_outcome *outcome, struct buf *out);
/* The organisation's BIN, or "". */
int authzen_bin(struct authzen *authzen, const char **ret, struct err *err) WARN_UNUSED;

#endif
