// server.c - clangd: found, started, and started again when it crashes.
//
// GOCC_CLANGD names it; otherwise the newest of LLVM 17 to 22 that Debian's packages install, or what PATH calls clangd. It inherits
// the environment, with the directory of <go/...> behind the user's own include directories, as gocc does it for gcc.
#define _GNU_SOURCE
#include "proxy.h"

#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CRASHES_MAX = 5,                // within
    CRASH_SECONDS = 60
};

int server_in = -1, server_out = -1;
bool server_stopping;
static pid_t server;
static char **server_arguments;

// ---- finding it ---------------------------------------------------------------------------------

static const char *in_path(const char *name) {
    const char *path = getenv("PATH");
    for (const char *p = path ? path : ""; *p;) {
        size_t n = strcspn(p, ":");
        const char *file = n ? arena_format("%.*s/%s", (int)n, p, name) : name;
        if (access(file, X_OK) == 0)
            return file;
        p += n + (p[n] == ':');
    }
    return NULL;
}

static const char *find_server(void) {
    const char *given = getenv("GOCC_CLANGD");
    if (given && *given)
        return strchr(given, '/') ? given : in_path(given);
    for (int version = 22; version >= 17; version--) {
        const char *file = arena_format("/usr/lib/llvm-%d/bin/clangd", version);
        if (access(file, X_OK) == 0)
            return file;
        if ((file = in_path(arena_format("clangd-%d", version))))
            return file;
    }
    return in_path("clangd");
}

// ---- starting it --------------------------------------------------------------------------------

static void become_server(const char *file, int in, int out) {
    signal(SIGPIPE, SIG_DFL);
    dup2(in, 0);
    dup2(out, 1);
    execv(file, server_arguments);
    fprintf(stderr, "gocc-clangd: cannot run %s: %s\n", file, strerror(errno));
    _exit(127);
}

static bool launch(const char *file) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        return false;
    server = fork();
    if (server < 0)
        return false;
    if (server == 0)
        become_server(file, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    server_in = in[1];
    server_out = out[0];
    fcntl(server_in, F_SETFL, O_NONBLOCK);
    return true;
}

// Malloc'ed, or NULL and a message.
static char *server_file(void) {
    const char *file = find_server();
    if (!file)
        fprintf(stderr, "gocc-clangd: no clangd 17 to 22: apt-get install clangd-22, or set GOCC_CLANGD\n");
    return file ? strdup(file) : NULL;
}

int server_become(char **arguments) {
    char *file = server_file();
    server_arguments = arguments;
    if (file)
        execv(file, arguments);
    return 1;
}

bool server_start(char **arguments) {
    char *file = server_file();
    if (!file)
        return false;
    installation();
    link_set_environment();
    server_arguments = arguments;
    server_arguments[0] = file;
    if (launch(file))
        return true;
    fprintf(stderr, "gocc-clangd: cannot start %s: %s\n", file, strerror(errno));
    return false;
}

// ---- when it ends -------------------------------------------------------------------------------

static int reap(void) {
    int status = 0;
    if (server > 0)
        while (waitpid(server, &status, 0) < 0 && errno == EINTR) {}
    server = 0;
    if (server_in >= 0)
        close(server_in);
    if (server_out >= 0)
        close(server_out);
    server_in = server_out = -1;
    return status;
}

static void tell_client(const char *text) {
    json_t *params = json_pack("{s:i, s:s}", "type", 2, "message", text);
    client_send_json(json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", "window/showMessage", "params", params));
}

static bool crashes_too_often(void) {
    static time_t crashes[CRASHES_MAX];
    static int n;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    time_t first = crashes[n % CRASHES_MAX];
    bool often = n >= CRASHES_MAX && now.tv_sec - first < CRASH_SECONDS;
    crashes[n++ % CRASHES_MAX] = now.tv_sec;
    return often;
}

static void give_up(int status) {
    output_write(&to_client, 1);
    exit(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1);
}

static void initialize_again(void) {
    json_t *again = json_deep_copy(initialize_message);
    json_object_set_new(again, "id", json_string("gocc-clangd:initialize"));
    server_send_json(again);
    if (initialized_message)
        server_send_json(json_incref(initialized_message));
    document_reopen_all();
}

void server_lost(void) {
    static bool told;
    int status = reap();
    if (server_stopping || !initialize_message)
        give_up(status);
    requests_fail();
    if (crashes_too_often()) {
        tell_client("clangd keeps crashing; gocc-clangd gives up");
        give_up(1 << 8);
    }
    if (!told)
        tell_client("clangd crashed; gocc-clangd has started it again");
    told = true;
    to_server.start = to_server.length = 0;
    if (!launch(server_arguments[0]))
        give_up(1 << 8);
    initialize_again();
}
