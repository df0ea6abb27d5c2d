/* Reading and making files that hold a secret.
 *
 * The checks are made on the open descriptor, not on the name, so that the file cannot be changed for another between
 * the look and the read. */
#include "base/key_file.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(struct err *err, const char *code, const char *path, const char *why)
{
    int result = err_set(err, ERR_UNAVAILABLE, code, "%s", path);
    return err == NULL ? result : err_detail(err, "%s", why);
}

int key_file_read(const char *path, const struct key_file_codes *codes, char ret[static KEY_FILE_MAX + 1],
                  struct err *err)
{
    /* O_NONBLOCK: a FIFO in the file's place must not make us wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return refuse(err, errno == ENOENT ? codes->missing : codes->unreadable, path, strerror(errno));
    struct stat status;
    char text[KEY_FILE_MAX + 1];
    int result = 0;
    size_t count = 0;
    if (fstat(fd, &status) != 0)
        result = refuse(err, codes->unreadable, path, strerror(errno));
    else if (!S_ISREG(status.st_mode) || status.st_size > KEY_FILE_MAX)
        result = refuse(err, codes->unreadable, path, "not a plain file of a key's size");
    else if ((status.st_mode & 077) != 0 || (status.st_uid != geteuid() && status.st_uid != 0))
        result = refuse(err, codes->exposed, path, "others than its owner may read or change it");
    while (result == 0 && count < sizeof text) {
        ssize_t got = read(fd, text + count, sizeof text - count);
        if (got == 0)
            break;
        if (got > 0)
            count += (size_t)got;
        else if (errno != EINTR)
            result = refuse(err, codes->unreadable, path, strerror(errno));
    }
    close(fd);
    if (result == 0 && (count > KEY_FILE_MAX || memchr(text, '\0', count) != NULL))
        result = refuse(err, codes->unreadable, path, "not the text of a key");
    if (result == 0) {
        memcpy(ret, text, count);
        ret[count] = '\0';
    }
    sodium_memzero(text, sizeof text);
    return result;
}

static int write_whole(int fd, const char *text)
{
    size_t count = strlen(text);
    while (count > 0) {
        ssize_t put = write(fd, text, count);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        text += put;
        count -= (size_t)put;
    }
    return fsync(fd);
}

static int flush_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    if (folder == NULL)
        return -1;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    close(fd);
    return result;
}

int key_file_create(const char *path, const struct key_file_codes *codes, const char *text, bool *ret_made,
                    struct err *err)
{
    char *draft;
    if (asprintf(&draft, "%s.XXXXXX", path) < 0)
        return err_memory(err);
    int fd = mkostemp(draft, O_CLOEXEC); /* O_EXCL and 0600 by itself */
    if (fd < 0) {
        free(draft);
        return refuse(err, codes->unreadable, path, strerror(errno));
    }
    int result = 0;
    bool made = false;
    if (write_whole(fd, text) != 0)
        result = refuse(err, codes->unreadable, path, strerror(errno));
    close(fd);
    if (result == 0) {
        /* link, not rename: it never takes the place of a file that is there. */
        if (link(draft, path) == 0)
            made = true;
        else if (errno != EEXIST)
            result = refuse(err, codes->unreadable, path, strerror(errno));
    }
    unlink(draft);
    free(draft);
    if (result == 0 && made && flush_folder_of(path) != 0)
        result = refuse(err, codes->unreadable, path, strerror(errno));
    if (result == 0)
        *ret_made = made;
    return result;
}
