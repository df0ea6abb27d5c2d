/* Layouts of papers as they stand in papers/ID.yaml, and the words that fill them. Private to the room.
 *
 *   paper: complaint_answer            the file's name without .yaml
 *   title: {kk, ru, en}
 *   number: "{number}/{act_seq}"       act_seq: 1 for the first paper of the case, 2 for the next
 *   blocks:                            top to bottom; every block may have `if: "field = value and other != value"`
 *     - {block: letterhead}            the organisation: name, BIN, address, e-mail, telephone
 *     - {block: number_and_date}       of the act that issues the paper
 *     - {block: addressee, field, label, text}   `text` stands for the name where none was given
 *     - {block: title}                 exactly once
 *     - {block: text, text}            paragraphs, one a line
 *     - {block: value, label, field | text}      left out when the field has no value
 *     - {block: list, label, field}    the options of a `many`, one a line; left out when nothing was chosen
 *     - {block: signature, label}      who did the act, and the organisation
 *     - {block: proof}                 QR code, address of the proof page, leaf and its hash; exactly once
 *
 * Placeholders of texts: {number} {paper_number} {opened} {act_date} {organisation} {norm} {value.FIELD}. A text that
 * names a value which was not given is left out as a whole, so that no sentence has a hole in it. */
#ifndef TALAP_OUT_PAPER_LAYOUT_H
#define TALAP_OUT_PAPER_LAYOUT_H

#include "base/arena.h"
#include "law/field.h"

struct buf;
struct case_event;
struct case_value;
struct case_view;
struct catalogue;
struct organisation;
struct procedure;
struct procedure_act;
struct zone;

enum paper_block_kind {
    BLOCK_LETTERHEAD,
    BLOCK_NUMBER_AND_DATE,
    BLOCK_ADDRESSEE,
    BLOCK_TITLE,
    BLOCK_TEXT,
    BLOCK_VALUE,
    BLOCK_LIST,
    BLOCK_SIGNATURE,
    BLOCK_PROOF,
};
#define BLOCK_KINDS 9

struct paper_block {
    enum paper_block_kind kind;
    const char *field;        /* or NULL */
    struct text3 label, text; /* texts NULL where the block has none */
    size_t condition_count;
    const struct field_condition *conditions;
};

struct paper_layout {
    const char *id, *file;
    struct text3 title;
    const char *number;
    size_t block_count;
    const struct paper_block *blocks;
};

struct papers {
    struct arena arena; /* owns everything below */
    const struct catalogue *catalogue;
    size_t count;
    const struct paper_layout *layouts;
};

const struct paper_layout *paper_layout_find(const struct papers *papers, const char *id);

/* --- paper_text.c: what a block says ------------------------------------------------------------------------------ */

/* A paper being filled. Everything points at the caller's; words are made in `arena`. */
struct paper_fill {
    const struct catalogue *catalogue;
    const struct case_view *view;
    const struct case_event *event; /* the act */
    const struct organisation *organisation;
    const char *organisation_name;
    const struct zone *zone;
    const char *number; /* of the paper */
    enum lang lang;
    struct arena *arena;
};

/* What the organisation is called in the language, else in the first of the three in which it has a name; NULL when it
 * has none. */
const char *paper_organisation_name(const struct organisation *organisation, enum lang lang);
/* The paper's own number out of the layout's pattern; NULL over the arena's limit. */
char *paper_number(const struct paper_layout *layout, const struct case_view *view, int64_t leaf, struct arena *arena);
/* The value of a field, the act's own before the case's; NULL when it was not given. */
const struct case_value *paper_value(const struct paper_fill *fill, const char *field);
/* One text of a value as a person reads it: an option's title, a date in words, yes or no. NULL when memory ends. */
const char *paper_value_words(const struct paper_fill *fill, const struct case_value *value, size_t index);
/* All texts of a value, joined by commas. Of destroyed ones the words that say so. */
const char *paper_value_joined(const struct paper_fill *fill, const struct case_value *value);
/* The template with its placeholders filled. *ret NULL when it names a value that was not given. */
int paper_text_fill(const struct paper_fill *fill, const char *template, const char **ret, struct err *err) WARN_UNUSED;
bool paper_conditions_met(const struct paper_fill *fill, const struct paper_block *block);
/* How the law is cited: act, article, paragraph. NULL when memory ends. */
const char *paper_norm_words(const struct catalogue *catalogue, const char *norm_id, enum lang lang,
                             struct arena *arena);
/* The norm an act of a procedure carries out: that of the clock it stops, else the procedure's first. */
const char *paper_norm_of_act(const struct procedure *procedure, const struct procedure_act *act);

#endif
