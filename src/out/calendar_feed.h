/* What a person owes, as a calendar (iCalendar, RFC 5545; its name and pace after RFC 7986): read by calendar programs
 * again and again, whole each time. It holds numbers of cases and titles of the law, and nothing that anybody wrote: it
 * lies on telephones and on other people's servers. */
#ifndef TALAP_OUT_CALENDAR_FEED_H
#define TALAP_OUT_CALENDAR_FEED_H

#include "base/buf.h"
#include "cases/cases.h"

#define CALENDAR_EVENTS_MAX 1000

/* Appends a VCALENDAR in the actor's language: one VEVENT for every running clock of open cases that are assigned to
 * the actor, or to nobody and of a procedure on which the actor may act; of these the CALENDAR_EVENTS_MAX with the
 * earliest due moments. A clock whose procedure is not in the catalogue, or not the actor's any more, is left out.
 *
 *   UID          CASE.CLOCK@talap: the same as long as the clock runs, whatever becomes of its moments
 *   DTSTAMP, LAST-MODIFIED  when the newest event of the case was recorded
 *   SUMMARY      NUMBER: the clock's title
 *   DTSTART      a period that ends with a day: that day (VALUE=DATE), the moment being told in the description; else
 *                the due moment in UTC; of a duty of "at once" the moment since which it waits
 *   DESCRIPTION  procedure, due, overdue from, the norm in words
 *   URL          the page of the case, under `public_url` (without a slash at its end)
 *   VALARM       on the day before at nine (periods that end with a day), a day before (days counted from a moment), an
 *                hour before (hours, minutes), at once (at once); none for what nobody owes (clock_is_duty)
 *
 * There is no METHOD: with one it would be a message of scheduling (RFC 5546), which wants an organizer and another
 * DTSTAMP. The same rows give the same bytes: now is not asked. Lines end in CR LF and are folded at 75 octets. */
int calendar_feed_write(struct tx *tx, const struct office *office, const struct actor *actor, const char *public_url,
                        struct arena *arena, struct buf *out, struct err *err) WARN_UNUSED;

#endif
