/* Consents written out: one as a consent record of ISO/IEC TS 27560:2023 in the terms of the W3C Data Privacy
 * Vocabulary (JSON-LD whose context stands in it, so that whoever reads it fetches nothing), and all of them as CSV or
 * as such records, one a line, portion by portion. What is written here import.h reads.
 *
 * What stands is told as it stands: an aspect withdrawn is no yes, and a consent that ended names when and how.
 *
 *   consents.exported   format, newest: somebody took all of them out, up to that leaf */
#ifndef TALAP_PERSONS_EXPORT_H
#define TALAP_PERSONS_EXPORT_H

#include "persons/consents.h"

struct consent_export;
enum consent_format { CONSENTS_CSV, CONSENTS_JSONLD };

/* `public_url`: without a slash at the end; where records lead people to withdraw and to check the proof. */
int consent_export_new(const struct office *office, enum consent_format format, const char *public_url,
                       int64_t now_usec, struct consent_export **ret, struct err *err) WARN_UNUSED;
/* Appends until `out` holds some `enough` bytes more or everything is written; *ret_more. Begins and ends reads of its
 * own, so a slow reader holds nothing back in the store. Consents are in the order in which they were given, those
 * given since it began included. */
int consent_export_fill(struct consent_export *export, struct buf *out, size_t enough, bool *ret_more,
                        struct err *err) WARN_UNUSED;
void consent_export_free(struct consent_export *export); /* NULL-safe */
/* In a command: the event; none where there are no consents. */
int consents_note_export(struct tx *tx, const struct office *office, enum consent_format format,
                         const struct actor *actor, int64_t now_usec, struct err *err) WARN_UNUSED;

/* One record. ERR_NOT_FOUND "consent_unknown". Names that were destroyed are left out. */
int consent_record_jsonld(struct tx *tx, const struct office *office, int64_t leaf, const char *public_url,
                          int64_t now_usec, struct buf *out, struct err *err) WARN_UNUSED;

#endif
