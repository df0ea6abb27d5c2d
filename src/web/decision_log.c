/* One line a decision on the program's log. */
#include "web/decision_log.h"
#include "base/log.h"
#include "persons/decide.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int decision_log_new(uint32_t every, struct decision_log **ret, struct err *err)
{
    struct decision_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        return err_memory(err);
    log->every = every;
    *ret = log;
    return 0;
}

bool decision_log_parse(const char *text, uint32_t *ret_every)
{
    static const char sampled[] = "sampled ";
    if (strcmp(text, "off") == 0 || strcmp(text, "whole") == 0) {
        *ret_every = text[0] == 'w';
        return true;
    }
    if (strncmp(text, sampled, sizeof sampled - 1) != 0)
        return false;
    const char *digits = text + sizeof sampled - 1;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 10 || digits[count] != '\0')
        return false;
    long long every = atoll(digits);
    if (every < 1 || every > 1000000000)
        return false;
    *ret_every = (uint32_t)every;
    return true;
}

bool decision_log_wants(struct decision_log *log)
{
    return log->every != 0 && atomic_fetch_add_explicit(&log->seen, 1, memory_order_relaxed) % log->every == 0;
}

void decision_log_law(const struct decision_law *law, const struct question *question, const struct decision *decision,
                      const char *rule)
{
    char person[17], reasons[512] = "";
    size_t used = 0;
    snprintf(person, sizeof person, "%016" PRIx64, question->person);
    for (int i = 0; i < REASONS && used < sizeof reasons; i++)
        if (decision->reasons >> i & 1)
            used += (size_t)snprintf(reasons + used, sizeof reasons - used, "%s%s", used > 0 ? "," : "",
                                     reason_code((enum reason)i));
    const char *purpose = (question->unknown & UNKNOWN_PURPOSE) != 0 || question->purpose == 0
                              ? "-"
                              : decision_word(law, WORD_PURPOSE, question->purpose);
    const char *action =
        (question->unknown & UNKNOWN_ACTION) != 0 ? "-" : decision_word(law, WORD_ACTION, question->action);
    log_line(LOG_LEVEL_INFO, "decision", "person", person, "purpose", purpose, "action", action, "answer",
             rule != NULL ? answer_word(ANSWER_PROHIBITED) : answer_word(decision->answer), "reasons", reasons,
             rule != NULL ? "rule" : NULL, rule, NULL);
}

void decision_log_rules(const char *type, const char *action, const char *answer, const char *rule)
{
    log_line(LOG_LEVEL_INFO, "decision", "type", type != NULL ? type : "-", "action", action != NULL ? action : "-",
             "answer", answer, "rule", rule != NULL ? rule : "-", NULL);
}
