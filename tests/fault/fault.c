/* Every method of a file goes to the real file, but writing and flushing ask first whether they may succeed. */
#include "fault.h"
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

struct fault_file {
    sqlite3_file base;
    _Alignas(8) unsigned char real[];
};

static sqlite3_vfs *real_vfs, vfs;
static sqlite3_io_methods methods;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum fault current;
static int left, failed, only_once;

void fault_set(enum fault fault, int after, int once)
{
    pthread_mutex_lock(&lock);
    current = fault;
    left = after;
    only_once = once;
    failed = 0;
    pthread_mutex_unlock(&lock);
}

int fault_count(void)
{
    pthread_mutex_lock(&lock);
    int count = failed;
    pthread_mutex_unlock(&lock);
    return count;
}

/* SQLITE_OK, or what the operation answers instead of being done. */
static int strike(int flushing)
{
    int code = SQLITE_OK;
    pthread_mutex_lock(&lock);
    if (current != FAULT_NONE && flushing == (current == FAULT_FLUSH) && left-- <= 0 && !(only_once && failed > 0)) {
        failed++;
        errno = current == FAULT_FULL ? ENOSPC : current == FAULT_READ_ONLY ? EROFS : EIO;
        code = current == FAULT_FULL ? SQLITE_FULL : flushing ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
    }
    pthread_mutex_unlock(&lock);
    return code;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)((struct fault_file *)file)->real;
}

#define PASS(method, ...) real_of(file)->pMethods->method(real_of(file), ##__VA_ARGS__)

static int f_close(sqlite3_file *file)
{
    return PASS(xClose);
}
static int f_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 at)
{
    return PASS(xRead, bytes, count, at);
}
static int f_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    int code = strike(0);
    return code != SQLITE_OK ? code : PASS(xWrite, bytes, count, at);
}
static int f_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return PASS(xTruncate, size);
}
static int f_sync(sqlite3_file *file, int flags)
{
    int code = strike(1);
    return code != SQLITE_OK ? code : PASS(xSync, flags);
}
static int f_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return PASS(xFileSize, size);
}
static int f_lock(sqlite3_file *file, int level)
{
    return PASS(xLock, level);
}
static int f_unlock(sqlite3_file *file, int level)
{
    return PASS(xUnlock, level);
}
static int f_reserved(sqlite3_file *file, int *result)
{
    return PASS(xCheckReservedLock, result);
}
static int f_control(sqlite3_file *file, int op, void *arg)
{
    return PASS(xFileControl, op, arg);
}
static int f_sector(sqlite3_file *file)
{
    return PASS(xSectorSize);
}
static int f_device(sqlite3_file *file)
{
    return PASS(xDeviceCharacteristics);
}
static int f_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **at)
{
    return PASS(xShmMap, page, size, extend, at);
}
static int f_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return PASS(xShmLock, offset, count, flags);
}
static void f_shm_barrier(sqlite3_file *file)
{
    PASS(xShmBarrier);
}
static int f_shm_unmap(sqlite3_file *file, int remove)
{
    return PASS(xShmUnmap, remove);
}

static int v_open(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    file->pMethods = NULL;
    int code = real_vfs->xOpen(real_vfs, name, real_of(file), flags, ret_flags);
    if (real_of(file)->pMethods != NULL)
        file->pMethods = &methods;
    return code;
}

void fault_register(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    assert(real_vfs != NULL && real_vfs != &vfs);
    vfs = *real_vfs; /* all that concerns names goes to the real one's functions, with its own data */
    vfs.pNext = NULL;
    vfs.zName = "fault";
    vfs.szOsFile = (int)offsetof(struct fault_file, real) + real_vfs->szOsFile;
    vfs.xOpen = v_open;
    methods = (sqlite3_io_methods){2,          f_close,       f_read,      f_write,   f_truncate, f_sync,   f_size,
                                   f_lock,     f_unlock,      f_reserved,  f_control, f_sector,   f_device, f_shm_map,
                                   f_shm_lock, f_shm_barrier, f_shm_unmap, NULL,      NULL};
    int code = sqlite3_vfs_register(&vfs, 1);
    assert(code == SQLITE_OK);
}
