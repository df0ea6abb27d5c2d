/* What an outbox row says, and to whom. The address is found and decrypted here, at the last moment, so a person whose
 * data were destroyed meanwhile gets no mail. The opener is told in the language the case was opened in; staff in their
 * own, and staff mail names the case by its number alone: a mailbox is no place for other people's personal values. */
#include "out/mail.h"

#include "base/locale.h"
#include "law/catalogue.h"
#include "out/paper_layout.h"
#include <string.h>

#define TEXT_LIMIT (64u << 10)
#define PAPER_LIMIT (16u << 20)

/* A letter being written. */
struct letter {
    const struct office *office;
    const struct papers *papers;
    const struct outbox_row *row;
    const struct case_view *view;
    const struct case_event *event; /* what it tells of */
    struct organisation organisation;
    const char *base_url; /* without a slash at its end */
    enum lang lang;
    struct arena *arena;
    struct buf text;
    struct mail_message message;
};

static const struct zone *zone_of(const struct letter *letter)
{
    return &letter->office->catalogue->calendar->zone;
}

/* --- Lines ---------------------------------------------------------------------------------------------------------
 */

static void say(struct letter *letter, enum text_key key, const char *arg0, const char *arg1)
{
    text_put_format(&letter->text, letter->lang, key, arg0, arg1, buf_puts);
    buf_putc(&letter->text, '\n');
}

static void gap(struct letter *letter)
{
    buf_putc(&letter->text, '\n');
}

static const char *kept(struct letter *letter, struct buf *words)
{
    const char *copy = words->failed ? NULL : arena_strndup(letter->arena, words->data, words->len);

    letter->text.failed = letter->text.failed || copy == NULL;
    return copy != NULL ? copy : "";
}

static const char *day_words(struct letter *letter, int64_t at_usec)
{
    struct buf words CLEANUP_BUF = {0};

    buf_init(&words, 256);
    text_put_date(&words, letter->lang, zone_day_of(zone_of(letter), at_usec));
    return kept(letter, &words);
}

static const char *moment_words(struct letter *letter, int64_t at_usec)
{
    struct buf words CLEANUP_BUF = {0};

    buf_init(&words, 256);
    text_put_moment(&words, letter->lang, zone_of(letter), at_usec, false);
    return kept(letter, &words);
}

static void put_end(struct letter *letter)
{
    const char *name = paper_organisation_name(&letter->organisation, letter->lang);

    gap(letter);
    if (name != NULL) {
        say(letter, T_letter_regards, NULL, NULL);
        buf_printf(&letter->text, "%s\n", name);
        if (letter->organisation.phone != NULL && letter->organisation.phone[0] != '\0')
            buf_printf(&letter->text, "%s\n", letter->organisation.phone);
        gap(letter);
    }
    say(letter, T_letter_automatic, NULL, NULL);
}

/* --- The opener ----------------------------------------------------------------------------------------------------
 */

/* The first field of this type that the procedure marks personal, as the case has it; NULL without. */
static const char *personal_value(const struct case_view *view, enum field_type type)
{
    for (size_t i = 0; i < view->procedure->field_count; i++) {
        const struct field *field = &view->procedure->fields[i];

        if (field->type != type || !field->personal)
            continue;
        for (size_t k = 0; k < view->value_count; k++)
            if (view->values[k].field == field && !view->values[k].destroyed && view->values[k].count > 0)
                return view->values[k].texts[0];
        return NULL;
    }
    return NULL;
}

static void put_follow(struct letter *letter)
{
    char code[16];

    keyring_access_code(letter->office->keyring, letter->view->row.id, code);
    gap(letter);
    say(letter, T_letter_number, letter->view->row.number, NULL);
    say(letter, T_letter_code, code, NULL);
    gap(letter);
    say(letter, T_letter_follow, NULL, NULL);
    buf_printf(&letter->text, "%s/%s/follow/", letter->base_url, lang_code(letter->lang));
    buf_put_url(&letter->text, letter->view->row.number);
    buf_puts(&letter->text, "?code=");
    buf_put_url(&letter->text, code);
    gap(letter);
    gap(letter);
    say(letter, T_letter_keep_code, NULL, NULL);
}

static void put_greeting(struct letter *letter)
{
    const char *name = personal_value(letter->view, FIELD_PERSON);

    say(letter, name != NULL ? T_letter_greeting_name : T_letter_greeting, name, NULL);
    gap(letter);
}

/* Is the case the reader's own matter? What the public may open is, also where staff typed it in for them; what staff
 * or a machine alone can open concerns somebody who asked for nothing: the author of content, a subject of control. */
static bool own_matter(const struct case_view *view)
{
    return (view->procedure->open_to & OPENER_PUBLIC) != 0;
}

static bool at_once(const struct case_clock *clock)
{
    return clock->norm != NULL && clock->norm->clock.unit == UNIT_AT_ONCE;
}

/* Days are told as days, a period in hours or minutes to the minute. */
static const char *end_words(struct letter *letter, const struct case_clock *clock, int64_t at_usec)
{
    bool in_hours =
        clock->norm != NULL && (clock->norm->clock.unit == UNIT_HOUR || clock->norm->clock.unit == UNIT_MINUTE);

    return in_hours ? moment_words(letter, at_usec) : day_words(letter, at_usec);
}

static void put_promise(struct letter *letter, const struct case_clock *clock)
{
    const char *title = clock->clock->title.in[letter->lang], *norm;
    int64_t last_usec = clock->row.overdue_usec - USEC_PER_SEC;

    if (at_once(clock)) {
        say(letter, T_letter_receipt_at_once, title, NULL);
    } else {
        say(letter, T_letter_receipt_due, title, end_words(letter, clock, clock->row.due_usec));
        if (zone_day_of(zone_of(letter), last_usec) != zone_day_of(zone_of(letter), clock->row.due_usec))
            say(letter, T_letter_receipt_due_latest, day_words(letter, last_usec), NULL);
    }
    norm = paper_norm_words(letter->office->catalogue, clock->row.norm, letter->lang, letter->arena);
    say(letter, T_letter_receipt_norm, norm, NULL);
}

/* What the law promises about the clocks that started when the case was opened; a period that only has to pass first
 * is no promise. */
static void put_promises(struct letter *letter)
{
    for (size_t i = 0; i < letter->view->clock_count; i++) {
        const struct case_clock *clock = &letter->view->clocks[i];
        bool owed = clock->norm == NULL || clock->norm->clock.kind == CLOCK_AT_MOST;

        if (clock->clock != NULL && owed && procedure_clock_starts_on(clock->clock, "opened"))
            put_promise(letter, clock);
    }
}

/* The layout of the paper that the event issued and that the letter carries; NULL without. A general paper is the
 * receipt: the letter says the same already. */
static const struct paper_layout *paper_told(const struct letter *letter)
{
    const struct paper_layout *layout = NULL;

    for (size_t i = 0; i < letter->view->paper_count; i++)
        if (letter->view->papers[i].leaf == letter->event->leaf)
            layout = paper_layout_find(letter->papers, letter->view->papers[i].id);
    return layout != NULL && !layout->general ? layout : NULL;
}

/* Attaches the paper, the same that the case shows, named after the case: Ш-2026-000123.pdf. */
static int attach_paper(struct letter *letter, const struct paper_layout *layout, struct err *err)
{
    struct buf pdf CLEANUP_BUF = {0};
    char *name = arena_printf(letter->arena, "%s.pdf", letter->view->row.number), *copy;
    int r;

    buf_init(&pdf, PAPER_LIMIT);
    r = paper_render(letter->papers, letter->view, &letter->organisation, layout->id, letter->event->leaf,
                     paper_language_of(letter->view), zone_of(letter), &pdf, err);
    if (r < 0)
        return r;
    copy = arena_strndup(letter->arena, pdf.data, pdf.len);
    if (name == NULL || copy == NULL)
        return err_memory(err);
    for (char *c = name; *c != '\0'; c++)
        if (*c == '/')
            *c = '-';
    letter->message.attachment_name = name;
    letter->message.attachment = copy;
    letter->message.attachment_len = pdf.len;
    return 0;
}

static void put_genuine(struct letter *letter)
{
    gap(letter);
    say(letter, T_letter_act_genuine, NULL, NULL);
    buf_printf(&letter->text, "%s/%s/proof/%lld\n", letter->base_url, lang_code(letter->lang),
               (long long)letter->event->leaf);
}

/* A text of the law's data, where it has one. */
static bool put_own_words(struct letter *letter, const struct text3 *text)
{
    const char *words = text->in[letter->lang];

    if (words == NULL || words[0] == '\0')
        return false;
    buf_printf(&letter->text, "%s\n", words);
    return true;
}

/* The law's own words (`worded`) say themselves what is attached. A title with placeholders is the paper's alone. */
static int put_paper(struct letter *letter, const struct paper_layout *layout, bool worded, struct err *err)
{
    int r = attach_paper(letter, layout, err);

    if (!worded)
        say(letter, T_letter_act_attached, NULL, NULL);
    put_genuine(letter);
    return r;
}

static int write_receipt(struct letter *letter, struct err *err)
{
    const struct case_view *view = letter->view;
    const struct procedure *procedure = view->procedure;
    const struct paper_layout *layout = paper_told(letter);
    const char *number = view->row.number, *title = procedure->title.in[letter->lang];
    bool own = own_matter(view), worded;
    int r = 0;

    letter->message.subject = own ? text_format(letter->arena, letter->lang, T_letter_receipt_subject, number, NULL)
                                  : arena_printf(letter->arena, "%s: %s", number, title);
    put_greeting(letter);
    worded = put_own_words(letter, &procedure->letter);
    if (!worded && !(own && put_own_words(letter, &procedure->receipt)))
        say(letter, own ? T_letter_receipt_text : T_letter_receipt_concerns, title, NULL);
    if (layout != NULL)
        r = put_paper(letter, layout, worded, err);
    gap(letter);
    say(letter, own ? T_letter_received : T_letter_registered,
        moment_words(letter, own ? view->row.opened_usec : view->row.registered_usec), NULL);
    /* The periods of a case about somebody else are no promise to them. */
    if (own)
        put_promises(letter);
    put_follow(letter);
    put_end(letter);
    return r == 0 && letter->message.subject == NULL ? err_memory(err) : r;
}

/* What an act says by default: an answer to what was asked, or news of a case about the reader. */
static void put_act_words(struct letter *letter, const struct paper_layout *layout, const char *title)
{
    const char *number = letter->view->row.number;

    if (!own_matter(letter->view)) {
        say(letter, T_letter_act_news, number, title);
    } else if (layout == NULL) {
        say(letter, T_letter_act_done, number, title);
    } else {
        say(letter, T_letter_act_answered, number, NULL);
        say(letter, T_letter_act_disagree, NULL, NULL);
    }
}

static int write_act(struct letter *letter, struct err *err)
{
    const struct case_view *view = letter->view;
    const struct procedure_act *act = letter->event->act;
    const struct paper_layout *layout;
    const char *title;
    bool worded;
    int r = 0;

    if (act == NULL) {
        err_set(err, ERR_DAMAGED, "case_damaged", "%.60s", view->row.number);
        return err_detail(err, "the outbox tells of leaf %lld, which is no act", (long long)letter->row->leaf);
    }
    layout = paper_told(letter);
    title = act->title.in[letter->lang];
    if (layout != NULL && strchr(layout->title.in[letter->lang], '{') == NULL)
        title = layout->title.in[letter->lang];
    letter->message.subject = arena_printf(letter->arena, "%s: %s", view->row.number, title);
    put_greeting(letter);
    worded = put_own_words(letter, &act->letter);
    if (!worded)
        put_act_words(letter, layout, title);
    if (layout == NULL)
        say(letter, T_letter_act_state, view->procedure->states[view->state].public_title.in[letter->lang], NULL);
    else
        r = put_paper(letter, layout, worded, err);
    put_follow(letter);
    put_end(letter);
    return r == 0 && letter->message.subject == NULL ? err_memory(err) : r;
}

static int write_opener(struct letter *letter, bool *ret_to_nobody, struct err *err)
{
    const struct case_view *view = letter->view;
    const char *to = personal_value(view, FIELD_EMAIL);
    int lang = lang_parse(view->row.lang);

    if (to == NULL) {
        *ret_to_nobody = true;
        return 0;
    }
    letter->message.to = to;
    letter->lang = lang >= 0 ? (enum lang)lang : LANG_KK;
    return strcmp(letter->row->purpose, "receipt") == 0 ? write_receipt(letter, err) : write_act(letter, err);
}

/* --- Staff ---------------------------------------------------------------------------------------------------------
 */

static const struct case_clock *clock_told(const struct letter *letter)
{
    for (size_t i = 0; letter->event->clock != NULL && i < letter->view->clock_count; i++)
        if (strcmp(letter->view->clocks[i].row.clock, letter->event->clock) == 0)
            return &letter->view->clocks[i];
    return NULL;
}

/* Days are told as they were on the day the reminder came: true whenever it is read. */
static void put_days_left(struct letter *letter, const struct case_clock *clock)
{
    int32_t told = zone_day_of(zone_of(letter), letter->row->created_usec);
    char *days = arena_printf(letter->arena, "%d", zone_day_of(zone_of(letter), clock->row.due_usec) - told);

    say(letter, T_letter_reminder_left, day_words(letter, letter->row->created_usec), days);
}

/* A duty without a number: since when it waits, and how long that was when the message was made. */
static void put_waiting(struct letter *letter, const struct case_clock *clock)
{
    int64_t waited_usec = letter->row->created_usec - clock->row.starts_usec;
    char *minutes = arena_printf(letter->arena, "%lld", (long long)(waited_usec / (60 * USEC_PER_SEC)));

    say(letter, T_letter_at_once_since, moment_words(letter, clock->row.starts_usec), NULL);
    say(letter, T_letter_at_once_minutes, moment_words(letter, letter->row->created_usec), minutes);
}

static void put_clock(struct letter *letter, const struct case_clock *clock, bool late)
{
    const char *number = letter->view->row.number;
    const char *title = clock->clock != NULL ? clock->clock->title.in[letter->lang] : clock->row.clock;
    enum text_key subject = late ? T_letter_overdue_subject : T_letter_reminder_subject;
    enum text_key text = late ? T_letter_overdue_text : T_letter_reminder_text;

    if (at_once(clock)) {
        subject = T_letter_at_once_subject;
        text = T_letter_at_once_text;
    }
    letter->message.subject = text_format(letter->arena, letter->lang, subject, number, NULL);
    say(letter, text, number, title);
    say(letter, T_letter_staff_procedure, letter->view->procedure->title.in[letter->lang], NULL);
    if (at_once(clock)) {
        put_waiting(letter, clock);
        return;
    }
    say(letter, T_letter_staff_due, moment_words(letter, clock->row.due_usec), NULL);
    if (late)
        say(letter, T_letter_overdue_hurry, NULL, NULL);
    else
        put_days_left(letter, clock);
}

static int write_staff(struct letter *letter, struct tx *tx, bool *ret_to_nobody, struct err *err)
{
    const struct case_clock *clock = clock_told(letter);
    bool late = strcmp(letter->row->purpose, "overdue") == 0;
    struct account_row account;
    int r = store_account_get(tx, letter->row->to, letter->arena, &account, err), lang;

    if (r < 0 && r != -ERR_NOT_FOUND)
        return r;
    /* A reminder of a period that has ended meanwhile would only puzzle; so would a call for what is done already. */
    if (r < 0 || account.disabled || account.email == NULL || account.email[0] == '\0' || clock == NULL ||
        ((!late || at_once(clock)) && strcmp(clock->row.state, "running") != 0)) {
        *ret_to_nobody = true;
        return 0;
    }
    lang = lang_parse(account.lang);
    letter->lang = lang >= 0 ? (enum lang)lang : LANG_KK;
    letter->message.to = account.email;
    say(letter, T_letter_greeting, NULL, NULL);
    gap(letter);
    put_clock(letter, clock, late);
    gap(letter);
    say(letter, T_letter_staff_open, NULL, NULL);
    buf_printf(&letter->text, "%s/%s/case/%s\n", letter->base_url, lang_code(letter->lang), letter->view->row.id);
    put_end(letter);
    return letter->message.subject == NULL ? err_memory(err) : 0;
}

/* --- The row -------------------------------------------------------------------------------------------------------
 */

/* Other kinds of message (row->kind) are other composers' beside this one. */
static bool purpose_known(const struct outbox_row *row)
{
    bool to_opener = strcmp(row->purpose, "receipt") == 0 || strcmp(row->purpose, "act") == 0;
    bool to_staff = strcmp(row->purpose, "reminder") == 0 || strcmp(row->purpose, "overdue") == 0;

    return strcmp(row->kind, "mail") == 0 && (strcmp(row->to, "opener") == 0 ? to_opener : to_staff);
}

static int read_case(struct tx *tx, struct letter *letter, struct case_view *view, struct err *err)
{
    const struct actor system = {.kind = ACTOR_SYSTEM, .roles = ROLE_PUBLIC};
    int r = case_view(tx, letter->office, letter->row->case_id, &system, letter->row->created_usec, CASE_WITH_EVENTS,
                      letter->arena, view, err);

    if (r == 0)
        r = organisation_get(tx, letter->arena, &letter->organisation, err);
    if (r < 0)
        return r;
    letter->view = view;
    for (size_t i = 0; i < view->event_count; i++)
        if (view->events[i].leaf == letter->row->leaf)
            letter->event = &view->events[i];
    if (letter->event != NULL)
        return 0;
    err_set(err, ERR_DAMAGED, "case_damaged", "%.60s", view->row.number);
    return err_detail(err, "the outbox tells of leaf %lld, which is not the case's", (long long)letter->row->leaf);
}

/* The address in links: as the settings say, else as the organisation does. The paper carries the same. */
static int set_base(struct letter *letter, const struct mailer_settings *settings, struct err *err)
{
    const char *own = letter->organisation.url;
    const char *url = settings->public_url != NULL && settings->public_url[0] != '\0' ? settings->public_url : own;
    size_t len = url != NULL ? strlen(url) : 0;

    while (len > 0 && url[len - 1] == '/')
        len--;
    letter->base_url = arena_strndup(letter->arena, url != NULL ? url : "", len);
    if (letter->base_url == NULL)
        return err_memory(err);
    if (own == NULL || own[0] == '\0')
        letter->organisation.url = letter->base_url;
    return 0;
}

int mail_compose(struct tx *tx, const struct office *office, const struct papers *papers,
                 const struct mailer_settings *settings, const struct outbox_row *row, struct arena *arena,
                 struct mail_message *ret, struct err *err)
{
    struct letter letter = {.office = office, .papers = papers, .row = row, .arena = arena};
    bool to_nobody = false;
    struct case_view view;
    int r;

    if (!purpose_known(row)) {
        err_set(err, ERR_INTERNAL, "internal", NULL);
        return err_detail(err, "outbox row of an unknown purpose");
    }
    r = read_case(tx, &letter, &view, err);
    if (r == 0)
        r = set_base(&letter, settings, err);
    if (r < 0)
        return r;
    buf_init(&letter.text, TEXT_LIMIT);
    r = strcmp(row->to, "opener") == 0 ? write_opener(&letter, &to_nobody, err)
                                       : write_staff(&letter, tx, &to_nobody, err);
    if (r == 0 && !to_nobody) {
        letter.message.text = letter.text.failed ? NULL : arena_strndup(arena, letter.text.data, letter.text.len);
        if (letter.message.text == NULL)
            r = err_memory(err);
    }
    buf_done(&letter.text);
    if (r == 0)
        *ret = to_nobody ? (struct mail_message){0} : letter.message;
    return r;
}
