/* What the reader's roles owe: the open cases of the procedures they have to do with, sorted into what must be done at
 * once, what is theirs to do, and what waits for somebody else. Cases are taken as pressing as they are, at most
 * OWED_ROWS of them; the queue has all. */
#include "web/pages/desk.h"

enum { OWED_ROWS = 200, URGENT_ROWS = 12, WAITING_ROWS = 8, LOOKED_AT_ROWS = 40 };

/* Admins and auditors see every case and act on none by these roles: the desk shows them what there is. */
static bool only_oversees(const struct actor *actor)
{
    return (actor->roles & ROLE_WORKERS & ~(unsigned)ROLE_ADMIN) == 0;
}

static bool act_leads_from_here(const struct procedure_act *act, int state)
{
    for (size_t i = 0; i < act->from_count; i++)
        if (act->from[i] == state)
            return true;
    return false;
}

static unsigned act_roles(const struct procedure_act *act)
{
    unsigned roles = 0;
    for (size_t i = 0; i < act->by_count; i++)
        roles |= role_parse(act->by[i]) & ROLE_WORKERS;
    return roles;
}

/* May something outside the case stand against the act? */
static bool act_depends(const struct procedure_act *act)
{
    return act->other_than != NULL || act->need.procedure != NULL || act->after_overdue != NULL;
}

enum standing { MINE, DEPENDS, OTHERS };

/* By state and roles alone; *ret_roles is who else may act. */
static enum standing standing_of(const struct procedure *procedure, int state, unsigned roles, unsigned *ret_roles)
{
    enum standing standing = OTHERS;
    *ret_roles = 0;
    for (size_t i = 0; i < procedure->act_count; i++) {
        const struct procedure_act *act = &procedure->acts[i];
        if (!act_leads_from_here(act, state))
            continue;
        *ret_roles |= act_roles(act);
        if ((act_roles(act) & roles) == 0)
            continue;
        if (!act_depends(act))
            return MINE;
        standing = DEPENDS;
    }
    return standing;
}

/* The titles of roles, for "waits for: Head, Registrar". */
static const char *roles_named(struct request *request, unsigned roles)
{
    const char *names = NULL;
    for (size_t i = 0; i < ROLES_OF_ACCOUNTS; i++) {
        if (!(roles & account_roles[i]))
            continue;
        const char *title = role_title(request->lang, account_roles[i]);
        names = names == NULL ? title : arena_printf(&request->arena, "%s, %s", names, title);
        if (names == NULL)
            return "";
    }
    return names == NULL ? text_get(request->lang, T_desk_the_opener) : names;
}

static const char *waits_for(struct request *request, const char *whom)
{
    const char *text = text_format(&request->arena, request->lang, T_desk_waits_for, whom, NULL);
    return text == NULL ? "" : text;
}

/* Is every act that would be the reader's barred? *ret_why says by what. */
static int look_closer(struct request *request, struct tx *tx, const struct case_row *row, const char **ret_why,
                       struct err *err)
{
    struct case_view view;
    int r = case_view(tx, request->office, row->id, &request->actor, request->now_usec, 0, &request->arena, &view, err);
    if (r < 0)
        return r;
    *ret_why = view.act_count > 0 || view.barred_count == 0 ? NULL : barred_sentence(request, &view.barred[0]);
    return 0;
}

struct sorting {
    struct desk_view *view;
    struct desk_group *groups;
    struct desk_waiting *waiting;
    int64_t today_end_usec, week_end_usec;
    size_t looked_at;
};

static struct desk_group *group_of(struct sorting *sorting, const struct procedure *procedure)
{
    struct desk_view *view = sorting->view;
    for (size_t i = 0; i < view->group_count; i++)
        if (sorting->groups[i].procedure == procedure)
            return &sorting->groups[i];
    sorting->groups[view->group_count].procedure = procedure;
    return &sorting->groups[view->group_count++];
}

static void group_add(struct request *request, struct sorting *sorting, const struct queue_row *row)
{
    struct desk_group *group = group_of(sorting, row->procedure);
    int64_t due = row->row->next_due_usec, overdue = row->row->next_overdue_usec;
    if (due == TIME_NONE)
        group->idle++;
    else if (overdue != TIME_NONE && request->now_usec >= overdue && !is_at_once(due, overdue))
        group->overdue++;
    else if (due < sorting->today_end_usec)
        group->today++;
    else if (due < sorting->week_end_usec)
        group->week++;
    else
        group->later++;
    if (group->row_count < DESK_GROUP_ROWS)
        group->rows[group->row_count++] = row;
}

static int row_sort(struct request *request, struct tx *tx, struct sorting *sorting, const struct queue_row *row,
                    struct err *err)
{
    struct desk_view *view = sorting->view;
    const char *why = NULL;
    unsigned others;
    if (row->procedure == NULL || row->state < 0)
        return 0;
    bool all = only_oversees(&request->actor);
    /* An administrator who also works sees every case, and owes what the work asks for. */
    if (!all && (procedure_roles(row->procedure) & request->actor.roles & ~(unsigned)ROLE_ADMIN) == 0)
        return 0;
    enum standing standing = standing_of(row->procedure, row->state, request->actor.roles, &others);
    bool elsewhere = row->row->assignee != NULL && strcmp(row->row->assignee, request->actor.account_id) != 0;
    if (!all && standing == OTHERS)
        why = waits_for(request, roles_named(request, others));
    else if (!all && elsewhere)
        why = waits_for(request, row->assignee == NULL ? "" : row->assignee);
    if (!all && why == NULL && standing == DEPENDS && sorting->looked_at++ < LOOKED_AT_ROWS) {
        int r = look_closer(request, tx, row->row, &why, err);
        if (r < 0)
            return r;
    }
    if (why != NULL) {
        if (view->waiting_count < WAITING_ROWS)
            sorting->waiting[view->waiting_count++] = (struct desk_waiting){.row = row, .why = why};
        view->waiting_total++;
        return 0;
    }
    if (is_at_once(row->row->next_due_usec, row->row->next_overdue_usec) && view->urgent_count < URGENT_ROWS)
        view->urgent[view->urgent_count++] = row;
    else
        group_add(request, sorting, row);
    return 0;
}

int desk_owed_fill(struct request *request, struct tx *tx, const struct case_filter *open, struct desk_view *view,
                   struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct zone *zone = &catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, request->now_usec);
    struct arena *arena = &request->arena;
    struct sorting sorting = {.view = view,
                              .groups = ARENA_ARRAY(arena, struct desk_group, catalogue->procedure_count + 1),
                              .waiting = ARENA_ARRAY(arena, struct desk_waiting, WAITING_ROWS),
                              .today_end_usec = zone_moment(zone, today + 1, 0),
                              .week_end_usec = zone_moment(zone, today + 8, 0)};
    struct case_filter filter = *open;
    const struct queue_row *rows;
    struct case_row *found;
    const char *cursor;
    size_t count;
    view->urgent = ARENA_ARRAY(arena, const struct queue_row *, URGENT_ROWS);
    if (arena->overflowed)
        return err_memory(err);
    filter.limit = OWED_ROWS;
    int r = store_case_list(tx, &filter, arena, &found, &count, &cursor, err);
    if (r == 0)
        r = queue_rows_make(request, tx, found, count, &rows, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = row_sort(request, tx, &sorting, &rows[i], err);
    view->cut = cursor != NULL;
    view->groups = sorting.groups;
    view->waiting = sorting.waiting;
    return r < 0 ? r : arena->overflowed ? err_memory(err) : 0;
}

/* The first sentence of a summary: one line for a list. */
static const char *first_sentence(struct arena *arena, const char *text)
{
    const char *end = strstr(text, ". ");
    const char *copy = end == NULL ? text : arena_strndup(arena, text, (size_t)(end - text + 1));
    return copy == NULL ? "" : copy;
}

int desk_openings_fill(struct request *request, struct desk_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct desk_opening *openings = ARENA_ARRAY(&request->arena, struct desk_opening, catalogue->procedure_count + 1);
    if (openings == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        if (procedure_opened_by_staff(request, procedure))
            openings[view->opening_count++] = (struct desk_opening){
                .procedure = procedure, .about = first_sentence(&request->arena, procedure->summary.in[request->lang])};
    }
    view->openings = openings;
    return request->arena.overflowed ? err_memory(err) : 0;
}
