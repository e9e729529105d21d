// SPDX-License-Identifier: Apache-2.0
// A closed-loop load generator that looks at every answer it gets.
//
//     load HOST_PORT CONNECTIONS SECONDS REQUESTS STATUS MIN_BODY_BYTES MIN_EVENTS TEMPLATE...
//
// Each connection sends one request after another until SECONDS have passed (0: no such limit) or REQUESTS were begun
// (0: no such limit), and then finishes what it began, so that no work of the server is left uncounted. A TEMPLATE is a
// file that holds a whole HTTP request; connections take them in turn, and "########" in one is replaced by a number
// that is never the same twice. An answer counts as good if it has STATUS, at least MIN_BODY_BYTES of body and at least
// MIN_EVENTS lines that begin with "data:", the last of them "data: [DONE]" where MIN_EVENTS is not nought. Prints JSON.
// wrk cannot tell a stream that was cut short from one that was whole, nor when its first event came; this can.
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
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNS 4096
#define HEAD_BYTES 32768
#define STALL_SECONDS 60

enum state { HEAD, LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, UNTIL_CLOSE };

struct conn {
    int fd, index, is_active, is_closing, has_event, saw_done;
    enum state state;
    char head[HEAD_BYTES];
    size_t head_size, left, body, line_size;
    char line[16];           // the beginning of the current line of the body
    int status;
    uint32_t events;
    uint64_t started, first;
};

struct template { char *text; size_t size; char *number; };
struct sample { uint32_t *us10; size_t count, room; };  // tenths of a microsecond

static struct conn *conns;
static struct template templates[256];
static int template_count, poll_fd, want_status;
static size_t want_body;
static uint32_t want_events;
static struct sockaddr_in address;
static uint64_t begun, limit, deadline, good, bad_status, bad_body, broken, events_seen, bytes_seen;
static int last_bad_status;
static struct sample total, first;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void keep(struct sample *s, uint64_t ns) {
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 65536;
        s->us10 = realloc(s->us10, s->room * sizeof *s->us10);
    }
    uint64_t value = ns / 100;
    s->us10[s->count++] = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void start(struct conn *c);

static void connect_again(struct conn *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) { perror("connect"); exit(3); }
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = c});
}

static void start(struct conn *c) {
    c->is_active = 0;
    if ((limit && begun >= limit) || (deadline && now_ns() >= deadline)) return;
    if (c->is_closing) { c->is_closing = 0; connect_again(c); }
    struct template *t = &templates[begun % (uint64_t)template_count];
    if (t->number) {
        char digits[9];
        snprintf(digits, sizeof digits, "%08llu", (unsigned long long)(begun % 100000000u));
        memcpy(t->number, digits, 8);
    }
    begun++;
    c->state = HEAD;
    c->head_size = c->body = c->line_size = 0;
    c->events = 0;
    c->has_event = c->saw_done = 0;
    c->is_active = 1;
    c->started = now_ns();
    c->first = 0;
    for (size_t sent = 0; sent < t->size;) {
        ssize_t n = send(c->fd, t->text + sent, t->size - sent, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EINTR) continue;
            // An idle connection that the server had closed: begin again on a new one, as any client would.
            connect_again(c);
            sent = 0;
            continue;
        }
        sent += (size_t)n;
    }
}

static void finish(struct conn *c) {
    uint64_t now = now_ns();
    if (c->status != want_status) { bad_status++; last_bad_status = c->status; }
    else if (c->body < want_body || c->events < want_events || (want_events && !c->saw_done)) bad_body++;
    else good++;
    events_seen += c->events;
    bytes_seen += c->body;
    keep(&total, now - c->started);
    if (want_events && c->first) keep(&first, c->first - c->started);
    start(c);
}

static void line_end(struct conn *c) {
    if (c->line_size >= 5 && !memcmp(c->line, "data:", 5)) {
        if (!c->has_event) { c->has_event = 1; c->first = now_ns(); }
        size_t n = c->line_size < sizeof c->line ? c->line_size : sizeof c->line;
        if (memmem(c->line, n, "[DONE]", 6)) c->saw_done = 1; else c->events++;
    }
    c->line_size = 0;
}

static void take_body(struct conn *c, const char *p, size_t n) {
    c->body += n;
    if (!want_events) return;
    while (n) {
        const char *end = memchr(p, '\n', n);
        size_t part = end ? (size_t)(end - p) : n;
        if (c->line_size < sizeof c->line) {
            size_t fits = sizeof c->line - c->line_size < part ? sizeof c->line - c->line_size : part;
            memcpy(c->line + c->line_size, p, fits);
        }
        c->line_size += part;
        if (!end) return;
        line_end(c);
        p = end + 1;
        n -= part + 1;
    }
}

static int take_head(struct conn *c) {
    c->status = c->head_size > 12 ? atoi(c->head + 9) : 0;
    c->state = UNTIL_CLOSE;
    c->left = 0;
    char *end = c->head + c->head_size;
    for (char *p = memchr(c->head, '\n', c->head_size) + 1; p < end - 2; p = memchr(p, '\n', (size_t)(end - p)) + 1) {
        if (!strncasecmp(p, "content-length:", 15)) { c->left = strtoul(p + 15, NULL, 10); c->state = LENGTH; }
        else if (!strncasecmp(p, "transfer-encoding:", 18)) c->state = CHUNK_SIZE;
        else if (!strncasecmp(p, "connection: close", 17)) c->is_closing = 1;
    }
    c->head_size = 0;
    return c->state == LENGTH && !c->left;
}

static void take(struct conn *c, const char *p, size_t n) {
    while (n && c->is_active) {
        if (c->state == LENGTH || c->state == CHUNK_DATA || c->state == UNTIL_CLOSE) {
            size_t part = c->state == UNTIL_CLOSE || n < c->left ? n : c->left;
            take_body(c, p, part);
            p += part;
            n -= part;
            if (c->state == UNTIL_CLOSE) continue;
            c->left -= part;
            if (!c->left && c->state == LENGTH) finish(c);
            else if (!c->left) c->state = CHUNK_END;
            continue;
        }
        // Everything else is read line by line.
        const char *end = memchr(p, '\n', n);
        size_t part = end ? (size_t)(end - p) + 1 : n;
        if (c->head_size + part > HEAD_BYTES) { fprintf(stderr, "a head is too large\n"); exit(3); }
        memcpy(c->head + c->head_size, p, part);
        c->head_size += part;
        p += part;
        n -= part;
        if (!end) return;
        if (c->state == HEAD) {
            if (c->head_size >= 4 && !memcmp(c->head + c->head_size - 4, "\r\n\r\n", 4) && take_head(c)) finish(c);
        } else if (c->state == CHUNK_END) {
            c->head_size = 0;
            c->state = CHUNK_SIZE;
        } else if (c->state == CHUNK_SIZE) {
            c->head[c->head_size - 1] = 0;
            c->left = strtoul(c->head, NULL, 16);
            c->head_size = 0;
            c->state = c->left ? CHUNK_DATA : TRAILER;
        } else {
            int is_end = c->head_size == 2;
            c->head_size = 0;
            if (is_end) finish(c);
        }
    }
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print_sample(const char *name, struct sample *s) {
    qsort(s->us10, s->count, sizeof *s->us10, ascending);
    printf("\"%s\": ", name);
    if (!s->count) { printf("null"); return; }
    printf("{\"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"max\": %.1f}", s->us10[s->count / 2] / 10.0,
           s->us10[s->count * 90 / 100] / 10.0, s->us10[s->count * 99 / 100] / 10.0, s->us10[s->count - 1] / 10.0);
}

int main(int argc, char **argv) {
    if (argc < 9) return fprintf(stderr, "usage: see the top of load.c\n"), 2;
    signal(SIGPIPE, SIG_IGN);
    char *colon = strchr(argv[1], ':');
    if (!colon) return fprintf(stderr, "HOST_PORT is like 127.0.0.1:8000\n"), 2;
    *colon = 0;
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1)),
                                   .sin_addr.s_addr = inet_addr(argv[1])};
    int count = atoi(argv[2]);
    if (count < 1 || count > MAX_CONNS) return fprintf(stderr, "CONNECTIONS is 1 to %d\n", MAX_CONNS), 2;
    double seconds = atof(argv[3]);
    limit = strtoull(argv[4], NULL, 10);
    want_status = atoi(argv[5]);
    want_body = strtoul(argv[6], NULL, 10);
    want_events = (uint32_t)atoi(argv[7]);
    for (int i = 8; i < argc && template_count < 256; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) return perror(argv[i]), 2;
        struct template *t = &templates[template_count++];
        t->text = calloc(1, 1 << 20);
        t->size = fread(t->text, 1, (1 << 20) - 1, file);
        t->number = strstr(t->text, "########");
        fclose(file);
    }
    poll_fd = epoll_create1(0);
    conns = calloc((size_t)count, sizeof *conns);
    uint64_t began = now_ns();
    deadline = seconds > 0 ? began + (uint64_t)(seconds * 1e9) : 0;
    for (int i = 0; i < count; i++) {
        conns[i].fd = -1;
        conns[i].index = i;
        connect_again(&conns[i]);
    }
    for (int i = 0; i < count; i++) start(&conns[i]);
    static struct epoll_event ready[512];
    static char data[262144];
    uint64_t heard = now_ns();
    for (;;) {
        int active = 0;
        for (int i = 0; i < count && !active; i++) active = conns[i].is_active;
        if (!active) break;
        int n = epoll_wait(poll_fd, ready, 512, 1000);
        if (n > 0) heard = now_ns();
        else if (now_ns() - heard > STALL_SECONDS * 1000000000ull) break;
        for (int i = 0; i < n; i++) {
            struct conn *c = ready[i].data.ptr;
            ssize_t got = recv(c->fd, data, sizeof data, MSG_DONTWAIT);
            if (got > 0) { take(c, data, (size_t)got); continue; }
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (!c->is_active) { epoll_ctl(poll_fd, EPOLL_CTL_DEL, c->fd, NULL); c->is_closing = 1; continue; }
            c->is_closing = 1;
            if (c->state == UNTIL_CLOSE) { finish(c); continue; }
            broken++;
            start(c);
            if (broken > 10000) { fprintf(stderr, "too many broken answers\n"); exit(3); }
        }
    }
    uint64_t ended = now_ns();
    uint64_t unfinished = 0;
    for (int i = 0; i < count; i++) unfinished += conns[i].is_active != 0;
    printf("{\"good\": %llu, \"bad_status\": %llu, \"last_bad_status\": %d, \"bad_body\": %llu, \"broken\": %llu, "
           "\"unfinished\": %llu, \"seconds\": %.6f, \"events\": %llu, \"bytes\": %llu, ",
           (unsigned long long)good, (unsigned long long)bad_status, last_bad_status, (unsigned long long)bad_body,
           (unsigned long long)broken, (unsigned long long)unfinished, (double)(ended - began) / 1e9,
           (unsigned long long)events_seen, (unsigned long long)bytes_seen);
    print_sample("latency_us", &total);
    printf(", ");
    print_sample("first_event_us", &first);
    printf("}\n");
    return 0;
}
