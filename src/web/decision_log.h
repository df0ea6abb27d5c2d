/* Decisions in the log, without a personal value: the person is the keyed hash by which the index knows them, and of
 * the words of a question only those are written that the law or a register knows.
 *
 *   msg=decision person=9f3c… purpose=delivery action=transfer answer=prohibited reasons=consent_withdrawn
 *   msg=decision type=todo action=can_update_todo answer=allowed rule=own_todo
 */
#ifndef TALAP_WEB_DECISION_LOG_H
#define TALAP_WEB_DECISION_LOG_H

#include "base/err.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct decision_law;
struct question;
struct decision;

struct decision_log {
    uint32_t every; /* 0: none; 1: every one; N: one of N */
    atomic_uint_fast64_t seen;
    atomic_uint_fast64_t by_rules[3]; /* decisions of the operator's rules, by enum rules_answer: for the metrics */
};
int decision_log_new(uint32_t every, struct decision_log **ret, struct err *err) WARN_UNUSED; /* free() it */
/* "off", "whole", "sampled N" (N from 1 to 1 000 000 000); false for anything else. */
bool decision_log_parse(const char *text, uint32_t *ret_every);
/* Counts a decision; true: it is to be written. */
bool decision_log_wants(struct decision_log *log);
/* `rule`: of the operator, that forbade what the law allows; or NULL. */
void decision_log_law(const struct decision_law *law, const struct question *question, const struct decision *decision,
                      const char *rule);
/* `type` and `action` NULL: words that no rule knows. */
void decision_log_rules(const char *type, const char *action, const char *answer, const char *rule);

#endif
