/* bin/enlist and bin/python3 of the folder: starts the folder's interpreter with the folder's own loader.

   Linked statically, so it needs nothing of the image it is in: no loader, no C library, no shell, no /proc. Where the
   folder is, it sees from its own path; so the folder may be anywhere.

   - `enlist run` is process 1 of a container most often, and the kernel drops what process 1 has no handler for.
     Signals that mean the end are blocked from here on, until init has its handlers.
   - What the image tells its own loader (LD_PRELOAD, LD_LIBRARY_PATH) is meant for the application, and libraries
     built for another C library would end us. Such variables get another name, and sitecustomize.py gives them their
     own back as soon as the interpreter is there. */

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define CANNOT_EXECUTE 126
#define KEPT "ENLIST_KEPT_"

static char root[PATH_MAX];
static char name[NAME_MAX + 1];

/* Find the folder, and the name that we have in it: the last two parts of our path are bin/NAME. */
static int find_root(void) {
    const char *path = (const char *)getauxval(AT_EXECFN);
    char *slash;
    if (path == NULL || realpath(path, root) == NULL) return -1;
    slash = strrchr(root, '/');
    snprintf(name, sizeof name, "%s", slash + 1);
    *slash = '\0';
    slash = strrchr(root, '/');
    if (slash == NULL) return -1;
    *slash = '\0';
    return 0;
}

static char *in_root(const char *path) {
    char *joined;
    if (asprintf(&joined, "%s/%s", root, path) < 0) exit(CANNOT_EXECUTE);
    return joined;
}

static void block_signals(void) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGHUP);
    sigaddset(&ends, SIGQUIT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
}

static void keep_from_loader(char **environment) {
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, "LD_", 3) == 0) {
            char *renamed;
            if (asprintf(&renamed, KEPT "%s", *environment) < 0) exit(CANNOT_EXECUTE);
            *environment = renamed;
        }
}

int main(int count, char **words, char **environment) {
    if (find_root() != 0) {
        perror("enlist: its own place cannot be found");
        return CANNOT_EXECUTE;
    }
    int is_enlist = strcmp(name, "python3") != 0;
    /* The name of the process is that of the loader's file, which therefore is called enlist. */
    char *loader = in_root("libexec/enlist");
    char *before[] = {"enlist", "--inhibit-cache", "--library-path", in_root("lib"), "--argv0",
                      in_root("bin/python3"), in_root("libexec/python3"), "-I", "-m", "runner"};
    int leading = (int)(sizeof before / sizeof *before) - (is_enlist ? 0 : 3);
    char **all = calloc((size_t)(leading + count + 1), sizeof *all);
    if (all == NULL) return CANNOT_EXECUTE;
    memcpy(all, before, (size_t)leading * sizeof *all);
    for (int at = 1; at < count; at++) all[leading + at - 1] = words[at];
    if (is_enlist && count > 1 && strcmp(words[1], "run") == 0) block_signals();
    keep_from_loader(environment);
    execve(loader, all, environment);
    perror(loader);
    return CANNOT_EXECUTE;
}
