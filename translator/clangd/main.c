// main.c - gocc-clangd: a language server for .gc files, which an editor starts in clangd's place.
//
// One loop waits for either side, and hands over whole messages one at a time: client.c takes the editor's, answer.c clangd's. Writing never
// waits, so neither side can block the other. What the command line says is clangd's.
#include "proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Stream from_client, from_server;

static void serve_client(void) {
    char *body;
    size_t length;
    while (stream_next(&from_client, &body, &length)) {
        client_message(body, length);
        arena_release();
    }
}

static void serve_server(void) {
    char *body;
    size_t length;
    while (stream_next(&from_server, &body, &length)) {
        server_message(body, length);
        arena_release();
    }
}

// The editor is gone: clangd is told, and what it still says is dropped.
static void client_gone(void) {
    if (!server_stopping)
        server_send_json(json_pack("{s:s, s:s}", "jsonrpc", "2.0", "method", "exit"));
    server_stopping = true;
}

static void loop(void) {
    bool client = true;
    for (;;) {
        bool flushed = to_server.start == to_server.length;
        struct pollfd fds[] = {
            {client ? 0 : -1, POLLIN, 0},
            {server_out, POLLIN, 0},
            {to_client.start < to_client.length ? 1 : -1, POLLOUT, 0},
            {flushed ? -1 : server_in, POLLOUT, 0},
            {check_fd, POLLIN, 0},
        };
        if (poll(fds, 5, -1) < 0 && errno != EINTR)
            exit(1);
        if (fds[0].revents && !stream_read(&from_client, 0)) {
            client = false;
            client_gone();
        }
        if (fds[0].revents)
            serve_client();
        if (fds[1].revents && !stream_read(&from_server, server_out)) {
            from_server.start = from_server.length = from_server.skip = 0;
            from_server.terminated = false;
            server_lost();
        } else if (fds[1].revents)
            serve_server();
        if (fds[4].revents) {
            check_read();
            arena_release();
        }
        output_write(&to_server, server_in);
        if (!output_write(&to_client, 1)) {
            client_gone();
            to_client.start = to_client.length;
        }
    }
}

// The words for clangd: those of the command line, with what shadows of headers need.
static char **server_words(int argc, char **argv) {
    char **words = calloc((size_t)argc + 2, sizeof *words);
    static const char directory[] = "--compile-commands-dir=";
    if (!words)
        abort();
    words[0] = argv[0];
    int n = 1;
    words[n++] = "--use-dirty-headers";
    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], directory, sizeof directory - 1))
            database_directory = argv[i] + sizeof directory - 1;
        if (strcmp(argv[i], "--escape-hints"))
            words[n++] = argv[i];
        else
            check_hints = true;
    }
    return words;
}

int main(int argc, char **argv) {
    bool asks = argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "--help"));
    if (asks && !strcmp(argv[1], "--version"))
        printf("gocc-clangd %s\n", GOCC_VERSION);
    else if (asks)
        printf("usage: gocc-clangd [--escape-hints] [options of clangd]\n\n");
    if (argc > 2 && !strcmp(argv[1], "-d"))
        return dump(argv[2], argv + 3);
    fflush(stdout);
    if (asks)
        return server_become(argv);
    signal(SIGPIPE, SIG_IGN);
    if (!server_start(server_words(argc, argv)))
        return 1;
    fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK);
    loop();
}
