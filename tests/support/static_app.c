/* The application of an image with nothing else in it, and its control plane: says what it is asked and told, in order.

   Answers everything on port 3000 with 200, and every question for a name (DNS, port 53, where it may) with
   127.0.0.1. */

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void stop(int number) {
    (void)number;
    static const char words[] = "app: told to stop\n";
    (void)!write(1, words, sizeof words - 1);
    _exit(0);
}

static int bound(int kind, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, made = socket(AF_INET, kind, 0);
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(made, (struct sockaddr *)&address, sizeof address) != 0) return -1;
    return made;
}

static void answer_http(int listening) {
    char asked[4096];
    int client = accept(listening, NULL, NULL);
    ssize_t length = read(client, asked, sizeof asked - 1);
    if (length > 0) {
        asked[length] = '\0';
        char *end = strstr(asked, " HTTP/");
        if (end != NULL) *end = '\0';
        if (strcmp(asked, "GET /") != 0) printf("app: %s\n", asked);
        dprintf(client, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    }
    close(client);
}

/* The question goes back with one address behind it, or with none where another kind than A is asked for. */
static void answer_dns(int serving) {
    static const unsigned char address[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1};
    unsigned char message[512];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(serving, message, sizeof message - sizeof address, 0, (struct sockaddr *)&from, &size);
    if (length < 17) return;
    ssize_t end = 12;
    while (end < length && message[end] != 0) end += message[end] + 1;
    end += 5;
    int is_address = message[end - 3] == 1;
    message[2] |= 0x80;
    message[3] = 0x80;
    message[7] = (unsigned char)is_address;
    memset(message + 8, 0, 4);
    memcpy(message + end, address, sizeof address);
    sendto(serving, message, (size_t)end + (is_address ? sizeof address : 0), 0, (struct sockaddr *)&from, size);
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    signal(SIGTERM, stop);
    struct pollfd waiting[] = {{bound(SOCK_STREAM, 3000), POLLIN, 0}, {bound(SOCK_DGRAM, 53), POLLIN, 0}};
    if (waiting[0].fd < 0 || listen(waiting[0].fd, 16) != 0) return 1;
    printf("app: serving as process %d\n", getpid());
    while (poll(waiting, 2, -1) > 0) {
        if (waiting[0].revents) answer_http(waiting[0].fd);
        if (waiting[1].revents) answer_dns(waiting[1].fd);
    }
    return 1;
}
