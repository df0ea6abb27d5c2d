/* The chain a case hangs in: from case to case along the links, in both directions, nearest first. The nearest
 * CASE_CHAIN_MAX are shown; a ring of cases naming each other is walked once, for every case is met once. */
#include "cases/links.h"
#include "cases/parts.h"
#include <stdlib.h>
#include <string.h>

struct walk {
    struct tx *tx;
    const struct office *office;
    struct arena *arena;
    struct case_row *rows; /* in the order they were met */
    size_t count;
    struct case_link_row *links; /* each met once, from its `from_case` */
    size_t link_count, link_room;
    bool cut;
};

static bool find(const struct case_row *rows, size_t count, const char *id, size_t *ret)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].id, id) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

/* Of a case only what the chain tells: neither values nor anything sealed. */
static int meet(struct walk *walk, const char *id, struct err *err)
{
    CLEANUP_ARENA struct arena arena = {0};
    struct case_row row;
    size_t known;
    int r;

    if (find(walk->rows, walk->count, id, &known))
        return 0;
    if (walk->count == CASE_CHAIN_MAX) {
        walk->cut = true;
        return 0;
    }
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = case_row_get(walk->tx, id, &arena, &row, err);
    if (r < 0)
        return r;
    walk->rows[walk->count] = (struct case_row){
        .id = arena_strdup(walk->arena, row.id),
        .procedure = arena_strdup(walk->arena, row.procedure),
        .number = arena_strdup(walk->arena, row.number),
        .state = arena_strdup(walk->arena, row.state),
        .version = row.version,
        .opened_usec = row.opened_usec,
        .registered_usec = row.registered_usec,
        .closed_usec = row.closed_usec,
        .opener = arena_strdup(walk->arena, row.opener),
        .lang = arena_strdup(walk->arena, row.lang),
        .fields = "{}",
        .next_due_usec = row.next_due_usec,
        .next_overdue_usec = row.next_overdue_usec,
        .last_leaf = row.last_leaf,
    };
    walk->count++;
    return walk->arena->overflowed ? err_memory(err) : 0;
}

static int keep(struct walk *walk, const struct case_link_row *link, struct err *err)
{
    if (walk->link_count == walk->link_room) {
        size_t room = walk->link_room > 0 ? 2 * walk->link_room : 64;
        struct case_link_row *more = ARENA_ARRAY(walk->arena, struct case_link_row, room);

        if (more == NULL)
            return err_memory(err);
        if (walk->link_count > 0)
            memcpy(more, walk->links, walk->link_count * sizeof(*more));
        walk->links = more;
        walk->link_room = room;
    }
    walk->links[walk->link_count++] = (struct case_link_row){
        .from_case = arena_strdup(walk->arena, link->from_case),
        .to_case = arena_strdup(walk->arena, link->to_case),
        .field = arena_strdup(walk->arena, link->field),
        .leaf = link->leaf,
    };
    return walk->arena->overflowed ? err_memory(err) : 0;
}

/* Everything one step away from the case. A link is kept from the side of the case that names the other, so each once.
 */
static int step(struct walk *walk, size_t at, struct err *err)
{
    CLEANUP_ARENA struct arena arena = {0};
    const char *id = walk->rows[at].id;
    struct case_link_row *links;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_link_near(walk->tx, id, CASE_CHAIN_MAX + 1, &arena, &links, &count, err);
    if (r == 0 && count > CASE_CHAIN_MAX) /* more neighbours than can be shown anyway */
        walk->cut = true;
    for (size_t i = 0; r == 0 && i < count; i++) {
        bool from = strcmp(links[i].from_case, id) == 0;

        r = meet(walk, from ? links[i].to_case : links[i].from_case, err);
        if (r == 0 && from)
            r = keep(walk, &links[i], err);
    }
    return r;
}

static int by_receipt(const void *a, const void *b)
{
    const struct case_row *one = a, *other = b;

    if (one->opened_usec != other->opened_usec)
        return one->opened_usec < other->opened_usec ? -1 : 1;
    return strcmp(one->id, other->id);
}

static int show(struct walk *walk, const struct actor *actor, struct case_chain *ret, struct err *err)
{
    const struct procedure **procedures = ARENA_ARRAY(walk->arena, const struct procedure *, walk->count);
    bool *visible = ARENA_ARRAY(walk->arena, bool, walk->count);
    struct case_chain_edge *edges = ARENA_ARRAY(walk->arena, struct case_chain_edge, walk->link_count);
    size_t edge_count = 0;

    if (procedures == NULL || visible == NULL || edges == NULL)
        return err_memory(err);
    qsort(walk->rows, walk->count, sizeof(*walk->rows), by_receipt);
    for (size_t i = 0; i < walk->count; i++) {
        procedures[i] = case_procedure(walk->office, &walk->rows[i], err);
        if (procedures[i] == NULL)
            return -ERR_DAMAGED;
        visible[i] = actor_sees(actor, procedures[i]);
    }
    for (size_t i = 0; i < walk->link_count; i++) {
        struct case_chain_edge *edge = &edges[edge_count];

        if (!find(walk->rows, walk->count, walk->links[i].from_case, &edge->from) ||
            !find(walk->rows, walk->count, walk->links[i].to_case, &edge->to))
            continue;
        edge->field = procedure_field_find(procedures[edge->from], walk->links[i].field);
        edge_count++;
    }
    *ret = (struct case_chain){.node_count = walk->count,
                               .rows = walk->rows,
                               .procedures = procedures,
                               .visible = visible,
                               .edge_count = edge_count,
                               .edges = edges,
                               .cut = walk->cut};
    return 0;
}

int case_chain(struct tx *tx, const struct office *office, const char *case_id, const struct actor *actor,
               struct arena *arena, struct case_chain *ret, struct err *err)
{
    struct walk walk = {.tx = tx, .office = office, .arena = arena};
    const struct procedure *procedure;
    int r;

    walk.rows = ARENA_ARRAY(arena, struct case_row, CASE_CHAIN_MAX);
    if (walk.rows == NULL)
        return err_memory(err);
    r = id_valid(case_id) ? meet(&walk, case_id, err) : err_set(err, ERR_NOT_FOUND, "case_unknown", NULL);
    if (r < 0)
        return r;
    procedure = case_procedure(office, &walk.rows[0], err);
    if (procedure == NULL)
        return -ERR_DAMAGED;
    if (!actor_sees(actor, procedure))
        return err_set(err, ERR_FORBIDDEN, "case_not_yours", NULL);
    for (size_t i = 0; r == 0 && i < walk.count; i++)
        r = step(&walk, i, err);
    return r < 0 ? r : show(&walk, actor, ret, err);
}
