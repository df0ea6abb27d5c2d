/* The letter that carries a one-time code, in the language in which it was asked for. It says where to enter the code
 * and what to do when nobody asked; it names no person. */
#include "base/locale.h"
#include "out/mail.h"
#include "out/paper_layout.h"
#include "persons/identity.h"
#include <stdio.h>
#include <string.h>

#define TEXT_LIMIT (16u << 10)

static const char *name_of(const struct organisation *organisation, enum lang lang)
{
    const char *name = paper_organisation_name(organisation, lang);

    return name != NULL ? name : text_get(lang, T_site_name);
}

static void put_letter(struct buf *text, const struct code_message *told, const char *name, const char *address)
{
    char spaced[CODE_DIGITS + 2], minutes[16];

    snprintf(spaced, sizeof(spaced), "%.4s %.4s", told->code, told->code + CODE_DIGITS / 2);
    snprintf(minutes, sizeof(minutes), "%d", CODE_MINUTES);
    text_put_format(text, told->lang, T_letter_greeting, NULL, NULL, buf_puts);
    buf_puts(text, "\n\n");
    text_put_format(text, told->lang, T_letter_code_text, name, NULL, buf_puts);
    buf_printf(text, "\n\n    %s\n\n", spaced);
    text_put_format(text, told->lang, T_letter_code_minutes, minutes, NULL, buf_puts);
    buf_printf(text, "\n%s/%s/cabinet/code\n\n", address, lang_code(told->lang));
    text_put_format(text, told->lang, T_letter_code_stranger, NULL, NULL, buf_puts);
    buf_puts(text, "\n\n");
    text_put_format(text, told->lang, T_letter_automatic, NULL, NULL, buf_puts);
    buf_puts(text, "\n");
}

static void put_short(struct buf *text, const struct code_message *told, const char *name)
{
    text_put_format(text, told->lang, T_letter_code_short, told->code, name, buf_puts);
}

int code_compose(struct tx *tx, const struct office *office, const struct mailer_settings *settings,
                 const struct outbox_row *row, int64_t now_usec, struct arena *arena, struct mail_message *ret,
                 struct err *err)
{
    struct buf text CLEANUP_BUF = {0};
    struct organisation organisation;
    struct code_message told;
    struct mail_message message = {0};
    const char *name, *address;
    bool found;
    int r = code_message_get(tx, office, row->to, now_usec, arena, &told, &found, err);

    if (r == 0)
        r = organisation_get(tx, arena, &organisation, err);
    if (r < 0)
        return r;
    if (!found) {
        *ret = message;
        return 0;
    }
    name = name_of(&organisation, told.lang);
    address = settings->public_url != NULL ? settings->public_url : organisation.url != NULL ? organisation.url : "";
    buf_init(&text, TEXT_LIMIT);
    if (strcmp(row->kind, "sms") == 0)
        put_short(&text, &told, name);
    else
        put_letter(&text, &told, name, address);
    message.to = told.to;
    message.subject = text_format(arena, told.lang, T_letter_code_subject, name, NULL);
    message.text = text.failed ? NULL : arena_strndup(arena, text.data, text.len);
    if (message.subject == NULL || message.text == NULL)
        return err_memory(err);
    *ret = message;
    return 0;
}
