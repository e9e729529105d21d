// SPDX-License-Identifier: Apache-2.0
// A model server that costs next to nothing: the same JSON for each request, or the same paced stream.
//
//     upstream PORT PACE_MS EVENTS
//
// POST with "stream":true in its body is answered with EVENTS server-sent events of about 240 bytes, one every PACE_MS
// milliseconds, each a chunk and a write of its own, then usage where the body has "include_usage", then [DONE].
// Everything else is answered with a chat completion of about 2 KB. One thread, one epoll, no allocation per request.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_FD 16384
#define IN_BYTES 262144

struct conn {
    char *in;          // unread request bytes
    size_t have;
    int left;          // events still to send, then the end; 0 = no stream under way
    int wants_usage;
    uint32_t epoch;    // tells it apart from an earlier connection with the same number
};

static struct conn conns[MAX_FD];
static char answer[4096], event[1024], usage[1024];
static size_t answer_size, event_size, usage_size;
static uint64_t pace_ns;
static int events;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const char DONE[] = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
static const char STREAM_HEAD[] =
    "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 08:00:00 GMT\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-cache\r\nX-Request-Id: req_bench\r\nTransfer-Encoding: chunked\r\n\r\n";

static void prepare(void) {
    char body[3072];
    size_t n = (size_t)snprintf(
        body, sizeof body,
        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1763712000,\"model\":\"bench\",\"choices\":"
        "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
    while (n < 1880) n += (size_t)snprintf(body + n, sizeof body - n, "A plain sentence of an answer, number %zu. ", n);
    n += (size_t)snprintf(body + n, sizeof body - n,
                          "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":220,"
                          "\"completion_tokens\":410,\"total_tokens\":630},\"system_fingerprint\":\"fp_bench\"}");
    answer_size = (size_t)snprintf(
        answer, sizeof answer,
        "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 08:00:00 GMT\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\nX-Request-Id: req_bench\r\nX-RateLimit-Remaining-Requests: 9999\r\n\r\n%s", n, body);
    char data[512];
    n = (size_t)snprintf(data, sizeof data,
                         "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1763712000,"
                         "\"model\":\"bench\",\"system_fingerprint\":\"fp_bench\",\"choices\":[{\"index\":0,\"delta\":"
                         "{\"content\":\" a few words of an answer\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    event_size = (size_t)snprintf(event, sizeof event, "%zx\r\n%s\r\n", n, data);
    n = (size_t)snprintf(data, sizeof data,
                         "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1763712000,"
                         "\"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":220,\"completion_tokens\":300,"
                         "\"total_tokens\":520}}\n\n");
    usage_size = (size_t)snprintf(usage, sizeof usage, "%zx\r\n%s\r\n", n, data);
}

static void drop(int fd) {
    struct conn *c = &conns[fd];
    free(c->in);
    c->in = NULL;
    c->left = 0;
    c->epoch++;
    close(fd);
}

// Everything sent is far smaller than a socket's buffer; a peer that does not read is not served further.
static int put(int fd, const char *data, size_t size) {
    if (send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size) return 1;
    drop(fd);
    return 0;
}

// Streams in the order in which they are due: every pause is equally long, so a ring is sorted by itself.
struct due { int fd; uint32_t epoch; uint64_t at; };
static struct due *ring;
static size_t ring_first, ring_count;
#define RING 65536

static void later(int fd, uint64_t at) {
    if (ring_count == RING) { fprintf(stderr, "too many streams\n"); exit(1); }
    ring[(ring_first + ring_count++) % RING] = (struct due){fd, conns[fd].epoch, at};
}

static void step(int fd, uint64_t at);

static void serve(int fd) {
    struct conn *c = &conns[fd];
    while (c->have && !c->left) {
        char *end = memmem(c->in, c->have, "\r\n\r\n", 4);
        if (!end) return;
        size_t head = (size_t)(end - c->in) + 4, body = 0;
        for (char *p = c->in; p < end; p = memchr(p, '\n', (size_t)(end + 2 - p)) + 1)
            if (!strncasecmp(p, "content-length:", 15)) body = strtoul(p + 15, NULL, 10);
        if (c->have < head + body) return;
        int is_stream = body && (memmem(c->in + head, body, "\"stream\":true", 13) != NULL ||
                                 memmem(c->in + head, body, "\"stream\": true", 14) != NULL);
        c->wants_usage = is_stream && memmem(c->in + head, body, "include_usage", 13) != NULL;
        c->have -= head + body;
        memmove(c->in, c->in + head + body, c->have);
        if (is_stream) {
            if (!put(fd, STREAM_HEAD, sizeof STREAM_HEAD - 1)) return;
            c->left = events + 1;
            step(fd, now_ns());
        } else if (!put(fd, answer, answer_size)) {
            return;
        }
    }
}

static void step(int fd, uint64_t at) {
    struct conn *c = &conns[fd];
    if (--c->left > 0) {
        if (put(fd, event, event_size)) later(fd, at + pace_ns);
        return;
    }
    if (c->wants_usage && !put(fd, usage, usage_size)) return;
    if (put(fd, DONE, sizeof DONE - 1)) serve(fd);
}

int main(int argc, char **argv) {
    if (argc != 4) return fprintf(stderr, "usage: upstream PORT PACE_MS EVENTS\n"), 2;
    pace_ns = (uint64_t)(atof(argv[2]) * 1e6);
    events = atoi(argv[3]);
    signal(SIGPIPE, SIG_IGN);
    ring = calloc(RING, sizeof *ring);
    prepare();
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) return perror("bind"), 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    int poll = epoll_create1(0);
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
    static struct epoll_event ready[512];
    for (;;) {
        int wait_ms = -1;
        if (ring_count) {
            uint64_t now = now_ns(), at = ring[ring_first].at;
            wait_ms = at <= now ? 0 : (int)((at - now) / 1000000u);
        }
        int count = epoll_wait(poll, ready, 512, wait_ms);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    if (fd >= MAX_FD) { close(fd); continue; }
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    conns[fd].in = malloc(IN_BYTES);
                    conns[fd].have = 0;
                    conns[fd].left = 0;
                    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
                }
                continue;
            }
            struct conn *c = &conns[fd];
            ssize_t got = recv(fd, c->in + c->have, IN_BYTES - c->have, 0);
            if (got <= 0) {
                if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
                drop(fd);
                continue;
            }
            c->have += (size_t)got;
            serve(fd);
        }
        uint64_t now = ring_count ? now_ns() : 0;
        while (ring_count && ring[ring_first].at <= now) {
            struct due due = ring[ring_first];
            ring_first = (ring_first + 1) % RING;
            ring_count--;
            if (conns[due.fd].epoch == due.epoch && conns[due.fd].left) step(due.fd, due.at);
        }
    }
}
