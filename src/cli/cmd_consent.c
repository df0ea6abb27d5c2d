/* Consents by file at the command line: read in from any size of file, a batch at a time, going on where an earlier run
 * was cut off; and written out whole. */
#include "cli/cli.h"

#include "base/locale.h"
#include "out/import_report.h"
#include "persons/export.h"
#include "persons/import.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1024 * 1024)
/* A service on the same store gets its turn between batches: it asks every millisecond. */
#define PAUSE_NSEC 3000000

/* --- In ----------------------------------------------------------------------------------------------------------- */

struct file {
    int descriptor;
    const char *path;
};

static int file_unreadable(const char *path, struct err *err)
{
    return err_set(err, ERR_BAD_INPUT, "file_unreadable", "%.140s", path);
}

static int file_read(void *arg, int64_t at, char *to, size_t room, size_t *ret_count, struct err *err)
{
    const struct file *file = arg;
    size_t got = 0;

    while (got < room) {
        ssize_t count = pread(file->descriptor, to + got, room - got, at + (int64_t)got);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return file_unreadable(file->path, err);
        if (count == 0)
            break;
        got += (size_t)count;
    }
    *ret_count = got;
    return 0;
}

/* What the file is known by; read once before, for a file that was read in is not read in again. */
static int file_hash(const struct file *file, struct hash *ret, int64_t *ret_size, struct err *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    static char bytes[READ_BYTES];
    int64_t size = 0;
    size_t count = 0;
    int r = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) ? 0 : err_memory(err);

    do {
        if (r == 0)
            r = file_read((void *)file, size, bytes, sizeof(bytes), &count, err);
        if (r == 0 && !EVP_DigestUpdate(context, bytes, count))
            r = err_memory(err);
        size += r == 0 ? (int64_t)count : 0;
    } while (r == 0 && count == sizeof(bytes));
    if (r == 0 && !EVP_DigestFinal_ex(context, ret->bytes, NULL))
        r = err_memory(err);
    EVP_MD_CTX_free(context);
    if (r == 0)
        *ret_size = size;
    return r;
}

struct beginning {
    struct cli *cli;
    const struct office *office;
    struct import_new given;
    struct import_row row;
    bool known;
};

static int begin_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct beginning *beginning = command->arg;
    struct actor actor = cli_actor();

    return import_begin(tx, beginning->office, &beginning->given, &actor, time_now_usec(), &beginning->cli->arena,
                        &beginning->row, &beginning->known, err);
}

static void progress_print(const struct import_row *row, bool last)
{
    int percent = row->size_bytes > 0 ? (int)(row->position_bytes * 100 / row->size_bytes) : 100;

    fprintf(stderr, "%s%3d %%  %" PRId64 " taken, %" PRId64 " refused%s", isatty(STDERR_FILENO) ? "\r" : "", percent,
            row->taken, row->refused, last || !isatty(STDERR_FILENO) ? "\n" : "");
}

static int read_in(struct cli *cli, const struct office *office, const char *id, const struct import_source *source,
                   struct import_row *ret, struct err *err)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NSEC};
    struct importer *importer = NULL;
    int64_t told_usec = time_now_usec();
    struct import_row row;
    bool more = true;
    int r = importer_new(office, id, source, &importer, err);

    while (r == 0 && more) {
        int64_t now_usec = time_now_usec();

        r = importer_step(importer, now_usec, &more, err);
        if (r == 0 && now_usec - told_usec >= USEC_PER_SEC) {
            importer_row(importer, &row);
            progress_print(&row, false);
            told_usec = now_usec;
        }
        nanosleep(&pause, NULL);
    }
    if (r == 0) {
        importer_row(importer, &row);
        progress_print(&row, true);
        *ret = row;
        ret->state = arena_strdup(&cli->arena, row.state);
        r = ret->state ? 0 : err_memory(err);
    }
    importer_free(importer);
    return r;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Why rows were refused, as CSV on the standard output. */
static int refusals_print(const struct cli *cli, const struct office *office, const char *id, struct err *err)
{
    struct import_refusals refusals = {.id = id, .lang = cli->lang};
    struct buf text CLEANUP_BUF = {0};
    bool more = true;
    int r = 0;

    buf_init(&text, (size_t)16 << 20);
    while (r == 0 && more) {
        buf_reset(&text);
        r = import_refusals_fill(office->store, &refusals, &text, &more, err);
        if (r == 0 && text.len > 0 && fwrite(text.data, 1, text.len, stdout) != text.len)
            r = err_set(err, ERR_UNAVAILABLE, "file_unwritable", "-");
    }
    return r;
}

static int head_print(const struct cli *cli, const struct field_errors *errors, struct arena *arena)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct field_error *item = &errors->items[i];
        const char *text = text_error(arena, cli->lang, item->code, item->arg);

        fprintf(stderr, "  %s%s%s\n", item->field, *item->field ? ": " : "", text ? text : item->code);
    }
    return 0;
}

static int import_file(struct cli *cli, const struct office *office, struct file *file, struct err *err)
{
    struct import_source source = {.read = file_read, .arg = file};
    struct beginning beginning = {.cli = cli, .office = office, .given = {.name = base_name(file->path)}};
    struct import_new *given = &beginning.given;
    struct field_errors errors;
    struct import_head head;
    struct import_row row;
    int r;

    field_errors_init(&errors, &cli->arena);
    r = import_head_of(&source, &head, &given->format, &given->rows_at, &given->rows_line, &errors, err);
    if (r < 0) {
        (void)head_print(cli, &errors, &cli->arena);
        return r;
    }
    r = file_hash(file, &given->content_hash, &given->size_bytes, err);
    if (r == 0)
        r = store_write(office->store, begin_run, &beginning, err);
    if (r < 0)
        return r;
    row = beginning.row;
    if (strcmp(row.state, "done") == 0) {
        fprintf(stderr, "this file was read in before: %s\n", row.id);
        progress_print(&row, true);
        return row.kept > 0 ? refusals_print(cli, office, row.id, err) : 0;
    }
    if (beginning.known)
        fprintf(stderr, "goes on at line %" PRId64 "\n", row.line);
    r = read_in(cli, office, row.id, &source, &row, err);
    if (r < 0)
        return r;
    if (strcmp(row.state, "stopped") == 0)
        fprintf(stderr, "stopped at line %" PRId64 "; the same command goes on\n", row.line);
    if (row.kept > 0 && row.kept >= IMPORT_REFUSALS_KEPT)
        fprintf(stderr, "of the refusals the first %d are kept\n", IMPORT_REFUSALS_KEPT);
    return row.kept > 0 ? refusals_print(cli, office, beginning.row.id, err) : 0;
}

int cmd_consent_import(struct cli *cli, struct err *err)
{
    struct installation installation;
    struct file file;
    int r;

    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap consent import FILE");
    file = (struct file){.descriptor = open(cli->words[0], O_RDONLY | O_CLOEXEC), .path = cli->words[0]};
    if (file.descriptor < 0)
        return file_unreadable(file.path, err);
    r = installation_open(&installation, &cli->settings, false, err);
    if (r == 0) {
        r = import_file(cli, &installation.office, &file, err);
        installation_close(&installation);
    }
    close(file.descriptor);
    return r;
}

/* --- Out ---------------------------------------------------------------------------------------------------------- */

struct taking {
    const struct office *office;
    enum consent_format format;
};

static int taking_run(struct tx *tx, struct store_command *command, struct err *err)
{
    const struct taking *taking = command->arg;
    struct actor actor = cli_actor();

    return consents_note_export(tx, taking->office, taking->format, &actor, time_now_usec(), err);
}

static int unwritable(const char *path, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "file_unwritable", "%.140s", path);
}

static int write_out(const struct cli *cli, const struct office *office, enum consent_format format, FILE *file,
                     struct err *err)
{
    const char *url = cli->settings.public_url ? cli->settings.public_url : "http://127.0.0.1:8480";
    struct consent_export *export = NULL;
    struct buf text CLEANUP_BUF = {0};
    bool more = true;
    int r = consent_export_new(office, format, url, time_now_usec(), &export, err);

    buf_init(&text, (size_t)256 << 20);
    while (r == 0 && more) {
        buf_reset(&text);
        r = consent_export_fill(export, &text, READ_BYTES, &more, err);
        if (r == 0 && text.len > 0 && fwrite(text.data, 1, text.len, file) != text.len)
            r = unwritable(cli->words[0], err);
    }
    consent_export_free(export);
    return r;
}

/* The ending of the name says which: .csv or .jsonld. The file is one's own (0600), and must not be there yet. */
int cmd_consent_export(struct cli *cli, struct err *err)
{
    const char *path = cli->word_count == 1 ? cli->words[0] : "", *dot = strrchr(path, '.');
    struct installation installation;
    struct taking taking;
    FILE *file = NULL;
    int descriptor, r;

    if (!dot || (strcmp(dot, ".csv") != 0 && strcmp(dot, ".jsonld") != 0))
        return err_set(err, ERR_BAD_INPUT, "usage", "talap consent export FILE.csv | FILE.jsonld");
    taking.format = strcmp(dot, ".csv") == 0 ? CONSENTS_CSV : CONSENTS_JSONLD;
    r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    taking.office = &installation.office;
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    r = file ? store_write(installation.store, taking_run, &taking, err) : unwritable(path, err);
    if (r == 0)
        r = write_out(cli, &installation.office, taking.format, file, err);
    if (file && fclose(file) != 0 && r == 0)
        r = unwritable(path, err);
    if (file && r < 0)
        (void)unlink(path);
    installation_close(&installation);
    return r;
}
