/* What the pages of registers, chains, platforms and resources are drawn from. */
#ifndef TALAP_WEB_PAGES_REGISTER_VIEWS_H
#define TALAP_WEB_PAGES_REGISTER_VIEWS_H

#include "web/figures.h"
#include "web/pages/views.h"
#include "web/register_read.h"

/* --- Registers ---------------------------------------------------------------------------------------------------- */
struct register_line {
    const struct law_register *reg;
    struct register_figures figures;
};
struct registers_view {
    size_t count;
    const struct register_line *lines;
};
/* A table has room for so many columns; the others stand on the entry's own page and in the exports. */
#define REGISTER_COLUMNS_SHOWN 4
struct register_view {
    const struct law_register *reg;
    struct register_figures figures;
    const char *words, *which; /* as asked */
    size_t count;
    const struct register_entry *entries;
    const char *filter_query; /* the filter as a query string, without cursor */
    const char *next_cursor;
    bool later_page;
};
struct entry_view {
    const struct law_register *reg;
    const struct register_entry *entry;
    size_t step_count;
    const struct register_step *steps;
    struct entry_beside beside;
    bool goes_on;
};
/* A value in a public register. The address of what was restricted is text, not a link: nobody is led there. */
void page_public_value(struct page_out *o, const struct case_value *value);
/* The same in a table: the beginning of a long text, the first of several addresses and how many more there are. */
void page_public_cell(struct page_out *o, const struct case_value *value);
/* Whole minutes, however many: "205 min". */
void page_minutes(struct page_out *o, int64_t usec);

/* --- Chains ------------------------------------------------------------------------------------------------------- */
struct case_chain;
struct chain_view {
    const struct case_chain *chain;
    size_t here; /* the case whose chain it is */
};

/* --- Platforms and resources: what is known under one key ----------------------------------------------------------
 */
struct key_line {
    const char *value;
    int64_t cases, newest_usec;
};
struct keys_view {
    const char *kind; /* "platform", "resource" */
    const char *beginning;
    size_t count;
    const struct key_line *lines;
    const char *after; /* where the next page begins; NULL: this is the last */
    bool later_page;
};
struct key_procedure {
    const struct procedure *procedure;
    int64_t cases, open;
};
/* An entry of a register that belongs to the key. */
struct key_entry {
    const struct law_register *reg;
    struct register_entry entry;
};
/* What a platform answered to an inquiry, or the body determined itself. */
struct key_answer {
    const struct case_row *row;
    const struct procedure *procedure;
    const struct case_value *kind; /* of the inquiry, or NULL */
    const struct procedure_act *act;
    int64_t at_usec;
    bool has_users;
    int64_t users;
    const char *text; /* or NULL */
};
struct key_paper {
    const struct case_row *row;
    const struct procedure *procedure;
    const char *id;
    int64_t leaf, at_usec;
};
struct key_view {
    const char *kind, *value;
    const char *name; /* of the platform, from the register; or NULL */
    size_t procedure_count, entry_count, answer_count, paper_count, row_count;
    const struct key_procedure *procedures;
    const struct key_entry *entries;
    const struct key_answer *answers; /* newest first */
    const struct key_paper *papers;
    const struct queue_row *rows;
    const char *next_cursor;
    bool later_page;
    const struct key_answer *users; /* the newest answer with a figure; NULL: none is known */
    bool sees_register;             /* the register of representatives is one the reader may be told of */
    bool represented;               /* a legal representative stands in it */
};
/* opl.9.1: from how many daily users on average a legal representative is owed ("more than"). */
#define USERS_WITHOUT_REPRESENTATIVE 100000

/* Does the organisation keep registers, so that the menu leads to them? */
bool registers_in_menu(const struct page_frame *frame);
/* A register of what the public applies for, so that whoever applied finds theirs by its number; NULL: there is none.
 */
const struct law_register *register_for_appliers(const struct page_frame *frame);
/* Does the menu lead this reader to the pages of that kind: may they open them, and is there a procedure to fill them?
 */
bool keys_in_menu(const struct page_frame *frame, const char *kind);
/* An integer with its thousands set apart: "1 234 567". */
void page_grouped(struct page_out *o, int64_t value);

#endif
