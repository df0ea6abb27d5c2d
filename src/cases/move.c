/* How a case gets from state to state: here and nowhere else. Whether an act may be done is asked, and politely
 * refused, long before (act_prepare.c); what arrives here and does not fit would make the history a lie, so the program
 * stops before the transaction is committed. */
#include "cases/parts.h"
#include <assert.h>

void case_begin(const struct procedure *procedure, struct case_row *row, int64_t now_usec)
{
    assert(procedure->state_count > 0 && row->state == NULL);
    row->state = procedure->states[0].id;
    row->closed_usec = procedure_state_rests(procedure, 0) ? now_usec : TIME_NONE;
}

void case_move(const struct procedure *procedure, const struct procedure_act *act, struct case_row *row,
               int64_t now_usec)
{
    int from = procedure_state_find(procedure, row->state);

    assert(from >= 0 && act_leads_from(act, from));
    assert(act->to >= -1 && act->to < (int)procedure->state_count);
    if (act->to < 0)
        return;
    row->state = procedure->states[act->to].id;
    row->closed_usec = procedure_state_rests(procedure, act->to) ? now_usec : TIME_NONE;
}
