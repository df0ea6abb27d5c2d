/* A folder of the law in a temporary place, for tests that load one. */
#ifndef TALAP_TEST_LAW_DIR_H
#define TALAP_TEST_LAW_DIR_H

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct law_dir {
    char path[64];
};

static inline void law_dir_make(struct law_dir *dir)
{
    char sub[128];
    strcpy(dir->path, "/tmp/talap-law-XXXXXX");
    char *made = mkdtemp(dir->path);
    assert(made);
    (void)made;
    snprintf(sub, sizeof(sub), "%s/norms", dir->path);
    mkdir(sub, 0700);
    snprintf(sub, sizeof(sub), "%s/procedures", dir->path);
    mkdir(sub, 0700);
    snprintf(sub, sizeof(sub), "%s/registers", dir->path);
    mkdir(sub, 0700);
    snprintf(sub, sizeof(sub), "%s/reports", dir->path);
    mkdir(sub, 0700);
}

static inline void law_dir_write(const struct law_dir *dir, const char *relative, const char *bytes)
{
    char path[192];
    snprintf(path, sizeof(path), "%s/%s", dir->path, relative);
    FILE *file = fopen(path, "w");
    assert(file);
    fputs(bytes, file);
    fclose(file);
}

static inline int law_dir_remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void law_dir_remove(const struct law_dir *dir)
{
    nftw(dir->path, law_dir_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
