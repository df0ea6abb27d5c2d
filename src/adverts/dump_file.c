/* Compressing and hashing on two threads. */
#include "adverts/dump_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define THREADS 2
#define BLOCK_BYTES ((size_t)256 * 1024)
#define BLOCK_LIMIT ((size_t)64 << 20)
#define OUT_BYTES ((size_t)128 * 1024)
#define WAITING_MAX 4 /* blocks before a thread */

struct file {
    char *path;
    int fd;
    bool deflating;
    z_stream z;
    EVP_MD_CTX *digest;
    struct dump_file_done done;
    struct buf buf; /* of who makes the bytes */
};
struct block {
    size_t file;
    char *bytes;
    size_t count;
};
struct press {
    struct dump_files *files;
    pthread_t thread;
    bool running, ending;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct block waiting[WAITING_MAX];
    size_t count;
    int reason; /* errno of the first failure */
    unsigned char *out;
};
struct dump_files {
    size_t count;
    struct file files[DUMP_FILES_MAX];
    int threads[DUMP_FILES_MAX];
    struct press presses[THREADS];
};

/* --- A thread's side ---------------------------------------------------------------------------------------------- */

static int write_out(struct file *file, const unsigned char *bytes, size_t count)
{
    EVP_DigestUpdate(file->digest, bytes, count);
    file->done.bytes += (int64_t)count;
    while (count > 0) {
        ssize_t put = write(file->fd, bytes, count);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? errno : EIO;
        bytes += put;
        count -= (size_t)put;
    }
    return 0;
}

/* `flush`: Z_NO_FLUSH, or Z_FINISH for the end. */
static int compress_into(struct file *file, char *bytes, size_t count, int flush, unsigned char *out)
{
    int reason = 0;
    file->z.next_in = (unsigned char *)bytes;
    file->z.avail_in = (uInt)count;
    file->done.unpacked += (int64_t)count;
    do {
        file->z.next_out = out;
        file->z.avail_out = OUT_BYTES;
        if (deflate(&file->z, flush) == Z_STREAM_ERROR)
            return EINVAL;
        reason = write_out(file, out, OUT_BYTES - file->z.avail_out);
    } while (reason == 0 && file->z.avail_out == 0);
    return reason;
}

static void *press_run(void *arg)
{
    struct press *press = arg;
    pthread_mutex_lock(&press->lock);
    while (press->count > 0 || !press->ending) {
        if (press->count == 0) {
            pthread_cond_wait(&press->changed, &press->lock);
            continue;
        }
        struct block block = press->waiting[0];
        bool failed = press->reason != 0;
        pthread_mutex_unlock(&press->lock);
        int reason =
            failed ? 0
                   : compress_into(&press->files->files[block.file], block.bytes, block.count, Z_NO_FLUSH, press->out);
        free(block.bytes);
        pthread_mutex_lock(&press->lock);
        press->reason = press->reason == 0 ? reason : press->reason;
        press->count--;
        memmove(press->waiting, press->waiting + 1, press->count * sizeof press->waiting[0]);
        pthread_cond_broadcast(&press->changed);
    }
    pthread_mutex_unlock(&press->lock);
    return NULL;
}

static void press_stop(struct press *press)
{
    if (!press->running)
        return;
    pthread_mutex_lock(&press->lock);
    press->ending = true;
    pthread_cond_broadcast(&press->changed);
    pthread_mutex_unlock(&press->lock);
    pthread_join(press->thread, NULL);
    press->running = false;
}

/* --- The maker's side --------------------------------------------------------------------------------------------- */

static int unwritable(const char *path, int reason, struct err *err)
{
    (void)err_set(err, ERR_UNAVAILABLE, "file_unwritable", "%.140s", path);
    return err_detail(err, "%s", strerror(reason));
}

static int file_begin(struct file *file, const char *folder, const char *name, struct err *err)
{
    buf_init(&file->buf, BLOCK_LIMIT);
    file->digest = EVP_MD_CTX_new();
    if (asprintf(&file->path, "%s/%s", folder, name) < 0)
        file->path = NULL;
    if (file->digest == NULL || file->path == NULL || EVP_DigestInit_ex(file->digest, EVP_sha256(), NULL) != 1)
        return err_memory(err);
    file->fd = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file->fd < 0)
        return unwritable(file->path, errno, err);
    if (deflateInit2(&file->z, DUMP_LEVEL, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_memory(err);
    file->deflating = true;
    return 0;
}

static int press_begin(struct press *press, struct dump_files *files, struct err *err)
{
    press->files = files;
    pthread_mutex_init(&press->lock, NULL);
    pthread_cond_init(&press->changed, NULL);
    press->out = malloc(OUT_BYTES);
    if (press->out == NULL)
        return err_memory(err);
    if (pthread_create(&press->thread, NULL, press_run, press) != 0)
        return err_set(err, ERR_UNAVAILABLE, "no_thread", NULL);
    press->running = true;
    return 0;
}

int dump_files_new(const char *folder, const char *const *names, const int *threads, size_t count,
                   struct dump_files **ret, struct err *err)
{
    struct dump_files *files = calloc(1, sizeof *files);
    int r = 0;
    if (files == NULL)
        return err_memory(err);
    for (size_t i = 0; i < DUMP_FILES_MAX; i++)
        files->files[i].fd = -1;
    for (size_t i = 0; i < THREADS && r == 0; i++)
        r = press_begin(&files->presses[i], files, err);
    for (size_t i = 0; i < count && r == 0; i++) {
        files->threads[i] = threads[i];
        files->count = i + 1;
        r = file_begin(&files->files[i], folder, names[i], err);
    }
    if (r < 0) {
        dump_files_free(files);
        return r;
    }
    *ret = files;
    return 0;
}

struct buf *dump_files_buf(struct dump_files *files, size_t i)
{
    return &files->files[i].buf;
}

static int hand_on(struct dump_files *files, size_t i, struct err *err)
{
    struct file *file = &files->files[i];
    struct press *press = &files->presses[files->threads[i]];
    struct block block = {.file = i};
    if (file->buf.failed)
        return err_memory(err);
    if (file->buf.len == 0)
        return 0;
    block.bytes = buf_take(&file->buf, &block.count);
    if (block.bytes == NULL)
        return err_memory(err);
    pthread_mutex_lock(&press->lock);
    while (press->count == WAITING_MAX)
        pthread_cond_wait(&press->changed, &press->lock);
    press->waiting[press->count++] = block;
    int reason = press->reason;
    pthread_cond_broadcast(&press->changed);
    pthread_mutex_unlock(&press->lock);
    return reason == 0 ? 0 : unwritable(file->path, reason, err);
}

int dump_files_push(struct dump_files *files, size_t i, struct err *err)
{
    const struct buf *buf = &files->files[i].buf;
    return buf->len < BLOCK_BYTES && !buf->failed ? 0 : hand_on(files, i, err);
}

static int file_end(struct file *file, unsigned char *out, struct dump_file_done *ret, struct err *err)
{
    unsigned size = SHA256_BYTES;
    int reason = compress_into(file, NULL, 0, Z_FINISH, out);
    if (reason == 0 && fsync(file->fd) != 0)
        reason = errno;
    if (close(file->fd) != 0 && reason == 0)
        reason = errno;
    file->fd = -1;
    if (reason != 0)
        return unwritable(file->path, reason, err);
    EVP_DigestFinal_ex(file->digest, file->done.hash.bytes, &size);
    *ret = file->done;
    return 0;
}

int dump_files_end(struct dump_files *files, struct dump_file_done *ret, struct err *err)
{
    int r = 0;
    for (size_t i = 0; i < files->count && r == 0; i++)
        r = hand_on(files, i, err);
    for (size_t i = 0; i < THREADS; i++) {
        press_stop(&files->presses[i]);
        if (r == 0 && files->presses[i].reason != 0)
            r = unwritable(files->files[0].path, files->presses[i].reason, err);
    }
    for (size_t i = 0; i < files->count && r == 0; i++)
        r = file_end(&files->files[i], files->presses[0].out, &ret[i], err);
    return r;
}

void dump_files_free(struct dump_files *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < THREADS; i++) {
        struct press *press = &files->presses[i];
        if (press->files == NULL)
            continue;
        press_stop(press);
        pthread_mutex_destroy(&press->lock);
        pthread_cond_destroy(&press->changed);
        free(press->out);
    }
    for (size_t i = 0; i < files->count; i++) {
        struct file *file = &files->files[i];
        if (file->deflating)
            deflateEnd(&file->z);
        if (file->fd >= 0)
            close(file->fd);
        EVP_MD_CTX_free(file->digest);
        buf_done(&file->buf);
        free(file->path);
    }
    free(files);
}
