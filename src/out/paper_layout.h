/* Layouts of papers as they stand in papers/ID.yaml, and the words that fill them. Private to the room.
 *
 *   paper: complaint_answer            the file's name without .yaml; issued by an act or by an opening (`paper: ID`)
 *   general: true                      any procedure may issue it, so it names no field; nothing needs to, yet
 *   title: {kk, ru, en}                placeholders allowed
 *   number: "{number}/{act_seq}"       act_seq: 1 for the first paper of the case, 2 for the next
 *   blocks:                            top to bottom; every block but title and proof may have
 *                                      `if: "field = value and other != value"` (choice, many and yes_no fields)
 *     - {block: letterhead}            the organisation: name, BIN, address, e-mail, telephone
 *     - {block: number_and_date}       of the event that issues the paper
 *     - {block: addressee, label, field, text}   whom it is for, on the right: the field's values, one a line (of a
 *                                      `many` the titles of its options); `text` where there is no field or no value;
 *                                      each line of a text is an addressee. One of field and text, or both
 *     - {block: title}                 exactly once
 *     - {block: heading, text}         a line in bold that stays with what follows
 *     - {block: text, text}            paragraphs, one a line
 *     - {block: value, label, field, text}       `text` where there is no field or no value; left out without either
 *     - {block: list, label, field}    `many` or `links`, one a line with a dash; left out when there are none
 *     - {block: numbered, label, field}          the same with 1. 2. 3.
 *     - {block: table, label, field}   a `table`: its columns' titles, then a line for each row; a cell without a value
 *                                      has a dash
 *     - {block: clocks, label}         the periods that the opening started: until when, at the latest, by which norm
 *     - {block: attachments, label, of: act | case}   files with their hashes: of the issuing event, or of the case
 *                                      until then; left out when there are none
 *     - {block: signature, label, post}          who did it, and the organisation. With `post` (a text, not required)
 *                                      the post stands at the left, the name at the right, a line for the hand between
 *     - {block: proof}                 QR code, address of the proof page, leaf and its hash; exactly once
 *
 * Placeholders of texts:
 *   {number} {paper_number}            of the case, of the paper
 *   {procedure}                        its title
 *   {opened} {received}                receipt of the case: the day; the day and the time
 *   {act_date} or {today}              the day of the event that issues the paper
 *   {happened}                         the day on which the act happened (its field `at`), else the same
 *   {organisation} {receiver}          ours; the addressees, joined by "; "
 *   {norm}                             the norm that the act or the opening carries out, as lawyers cite it
 *   {norm.opl.16.1.3}                  any norm, cited
 *   {follow}                           address where the opener follows the case
 *   {value.FIELD}                      dates and moments in words, titles of options, the number of a case
 * A text that names a value which was not given is left out as a whole, so that no sentence has a hole in it.
 *
 * Fields are those of the form and, for a paper of an act, of any act of the procedure; the value is the newest one
 * given up to the event that issues the paper, so a later act changes no paper. A paper of which the opener is told
 * names of what staff gave only `public` fields: opener and staff read the same bytes. */
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
    BLOCK_HEADING,
    BLOCK_TEXT,
    BLOCK_VALUE,
    BLOCK_LIST,
    BLOCK_NUMBERED,
    BLOCK_TABLE,
    BLOCK_CLOCKS,
    BLOCK_ATTACHMENTS,
    BLOCK_SIGNATURE,
    BLOCK_PROOF,
};
#define BLOCK_KINDS 14

struct paper_block {
    enum paper_block_kind kind;
    const char *field;        /* or NULL */
    struct text3 label, text; /* texts NULL where the block has none; `post` of a signature is its text */
    bool of_act;              /* attachments: of the issuing event alone */
    size_t condition_count;
    const struct field_condition *conditions;
};

/* A placeholder's name fits with its NUL. */
#define PLACEHOLDER_ROOM 80

struct paper_layout {
    const char *id, *file;
    bool general; /* of any procedure, without fields */
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

/* A paper being filled in one language. Everything points at the caller's; words are made in `arena`. */
struct paper_fill {
    const struct catalogue *catalogue;
    const struct paper_layout *layout;
    const struct case_view *view;
    const struct case_event *event; /* the opening or the act that issues it; one of the view's */
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
/* The newest value of a field given up to the event that issues the paper; NULL when there is none. */
const struct case_value *paper_value(const struct paper_fill *fill, const char *field);
/* One text of a value as a person reads it: an option's title, a date in words, yes or no. NULL when memory ends. */
const char *paper_value_words(const struct paper_fill *fill, const struct case_value *value, size_t index);
/* All texts of a value, joined by commas. Of destroyed ones the words that say so. */
const char *paper_value_joined(const struct paper_fill *fill, const struct case_value *value);
/* The day, and the day with its time, in words. NULL when memory ends. */
const char *paper_date_words(const struct paper_fill *fill, int64_t at_usec);
const char *paper_moment_words(const struct paper_fill *fill, int64_t at_usec);
/* The template with its placeholders filled. *ret NULL when it names a value that was not given. */
int paper_text_fill(const struct paper_fill *fill, const char *template, const char **ret, struct err *err) WARN_UNUSED;
bool paper_conditions_met(const struct paper_fill *fill, const struct paper_block *block);
/* Whom the paper is for, as its head names them: those of one block, or of every `addressee` block whose condition is
 * met (block NULL). Whoever delivers or signs a paper asks here. */
struct paper_addressees {
    size_t count;
    const char *const *names;
};
int paper_addressees(const struct paper_fill *fill, const struct paper_block *block, struct paper_addressees *ret,
                     struct err *err) WARN_UNUSED;
/* How the law is cited: act, article, paragraph. NULL when memory ends. */
const char *paper_norm_words(const struct catalogue *catalogue, const char *norm_id, enum lang lang,
                             struct arena *arena);
/* The norm an event of a procedure carries out: an act, that of the clock it stops; the opening, that of the clock it
 * starts; else the procedure's first. */
const char *paper_norm_of(const struct procedure *procedure, const struct case_event *event);
/* PUBLIC_URL/LANG/rest, with one slash between whatever the organisation wrote. NULL when memory ends. */
const char *paper_url(const struct paper_fill *fill, const char *rest);

#endif
