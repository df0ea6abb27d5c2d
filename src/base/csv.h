/* CSV from outside, record by record, as RFC 4180 has it and as spreadsheets write it: fields in quotes may hold the
 * separator, quotes (doubled) and line breaks; records end with LF or CR LF; the last may lack its end.
 *
 * The reader works on a window of the file that its caller fills, so that a file of any size takes the memory of its
 * longest record. What is wrong with one record costs that record alone: reading goes on at the line after the one on
 * which it began, so that a quote that was never closed does not swallow the rest of the file. */
#ifndef TALAP_BASE_CSV_H
#define TALAP_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#define CSV_CELLS_MAX 64

struct csv_cell {
    const char *text; /* in the window, quotes undone, ended by a NUL */
    size_t count;
};
struct csv_record {
    size_t used;      /* bytes of the window that the record takes, its end included */
    size_t lines;     /* line ends among them */
    const char *code; /* CSV_BAD: "csv_quotes", "csv_not_closed", "not_utf8" (a NUL too), "csv_too_many_cells" */
    size_t count;     /* cells; a blank line is one empty cell */
    struct csv_cell cells[CSV_CELLS_MAX];
};
enum csv_got {
    CSV_RECORD,
    CSV_MORE, /* the window ends within the record; nothing was changed */
    CSV_BAD,  /* `used` and `lines` lead to where reading goes on; may be CSV_MORE first while that is out of sight */
    CSV_END   /* the window is empty and it is the last */
};
/* Reads the record at the beginning of the window, which is changed where quotes are undone. `last`: nothing follows
 * the window in the file. `bytes[count]` must be writable: the last cell's NUL may stand there. */
enum csv_got csv_read(char *bytes, size_t count, bool last, char separator, struct csv_record *ret);
/* The separator that a head line is written with: ',' unless it has none outside of quotes and has ';' or a tab. */
char csv_separator(const char *bytes, size_t count);
/* How many bytes a UTF-8 byte order mark takes at the beginning of a file: 3 or 0. */
size_t csv_mark(const char *bytes, size_t count);

#endif
