// Requests at a fixed rate over a fixed number of HTTP/1.1 connections, whatever the answers do (an open loop).
//
// A latency counts from the moment at which its request was due, not from that at which a connection was free for it:
// what a stall keeps waiting is in the figures (no coordinated omission). What was never answered counts with the time
// that it waited. Closed-loop tools that are told a rate (h2load --rps) count from the sending, and leave that out.
//
// open-loop PORT CONNECTIONS RATE SECONDS <request; prints one line of JSON, latencies in milliseconds.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define DRAIN (2 * SECOND)
#define MAX_HEAD 8192

struct connection {
  int fd;
  bool busy;
  uint64_t number;  // of the request under way
  size_t got;       // bytes of the answer
  size_t whole;     // bytes of the whole answer, once its head is there
  bool good;        // whether it is a success
  char head[MAX_HEAD + 1];
};

static char request[MAX_HEAD];
static size_t request_size;
static struct sockaddr_in address = {.sin_family = AF_INET};
static int poller;
static uint64_t begin, interval, total, sent, answered, errors;
static uint64_t *latencies;
static struct connection *connections, **idle;
static size_t idle_count;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static uint64_t due(uint64_t number) { return begin + number * interval; }

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void open_connection(struct connection *connection) {
  connection->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
  int on = 1;
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) != 0) die("epoll_ctl");
}

static void release(struct connection *connection) {
  connection->busy = false;
  idle[idle_count++] = connection;
}

static void send_next(void) {
  struct connection *connection = idle[--idle_count];
  connection->busy = true;
  connection->number = sent++;
  connection->got = connection->whole = 0;
  // Where it fails, the connection has ended, and reading says so.
  send(connection->fd, request, request_size, MSG_NOSIGNAL);
}

// Whether the head is there. What answers without a length cannot be measured.
static bool read_head(struct connection *connection) {
  connection->head[connection->got < MAX_HEAD ? connection->got : MAX_HEAD] = 0;
  char *end = strstr(connection->head, "\r\n\r\n");
  if (end == NULL) return false;
  char *length = strcasestr(connection->head, "\r\ncontent-length:");
  connection->good = strncmp(connection->head, "HTTP/1.1 200", 12) == 0;
  if (length == NULL || length > end) {
    fprintf(stderr, "not an answer that can be counted: %.*s\n", (int)(end - connection->head), connection->head);
    exit(1);
  }
  connection->whole = (size_t)(end + 4 - connection->head) + strtoull(length + 17, NULL, 10);
  return true;
}

static void reopen(struct connection *connection) {
  close(connection->fd);
  open_connection(connection);
  if (!connection->busy) return;
  // It stays unanswered.
  errors++;
  release(connection);
}

static void receive(struct connection *connection) {
  static char rest[65536];
  for (;;) {
    bool in_head = connection->whole == 0;
    char *to = in_head ? connection->head + connection->got : rest;
    size_t room = in_head ? MAX_HEAD - connection->got : sizeof rest;
    if (room == 0) die("head too large");
    ssize_t size = read(connection->fd, to, room);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return reopen(connection);
    connection->got += (size_t)size;
    if (in_head && !read_head(connection)) continue;
    if (connection->got < connection->whole) continue;
    if (!connection->busy || connection->got > connection->whole) die("bytes that nobody asked for");
    latencies[connection->number] = now() - due(connection->number);
    if (connection->good) answered++;
    else errors++;
    return release(connection);
  }
}

static int compare(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return a < b ? -1 : a > b;
}

// By nearest rank.
static double percentile(double percent) {
  uint64_t rank = (uint64_t)(percent * (double)total / 100.0 + 0.999999);
  return (double)latencies[rank == 0 ? 0 : rank - 1] / 1e6;
}

int main(int count, char **words) {
  if (count != 5) return fprintf(stderr, "open-loop PORT CONNECTIONS RATE SECONDS <request\n"), 2;
  size_t number_of_connections = strtoul(words[2], NULL, 10);
  uint64_t rate = strtoull(words[3], NULL, 10);
  interval = SECOND / rate;
  total = (uint64_t)(atof(words[4]) * (double)rate);
  address.sin_port = htons((uint16_t)atoi(words[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ssize_t read_size;
  while ((read_size = read(0, request + request_size, sizeof request - request_size)) > 0) request_size += (size_t)read_size;

  // Else the kernel may wake this process 50 µs late.
  prctl(PR_SET_TIMERSLACK, 1);
  poller = epoll_create1(0);
  latencies = calloc(total, sizeof *latencies);
  connections = calloc(number_of_connections, sizeof *connections);
  idle = calloc(number_of_connections, sizeof *idle);
  for (size_t index = 0; index < number_of_connections; index++) {
    open_connection(&connections[index]);
    release(&connections[index]);
  }

  begin = now() + SECOND / 100;
  uint64_t end = due(total) + DRAIN;
  for (;;) {
    uint64_t time = now();
    while (idle_count > 0 && sent < total && due(sent) <= time) send_next();
    if (answered + errors >= total || time >= end) break;
    uint64_t next = sent < total && idle_count > 0 ? due(sent) : end;
    uint64_t left = next > time ? next - time : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left / SECOND), .tv_nsec = (long)(left % SECOND)};
    struct epoll_event events[256];
    int ready = epoll_pwait2(poller, events, 256, &timeout, NULL);
    for (int index = 0; index < ready; index++) receive(events[index].data.ptr);
  }

  uint64_t stop = now();
  double seconds = (double)(stop - begin) / 1e9;
  for (uint64_t number = 0; number < total; number++) {
    if (latencies[number] == 0) latencies[number] = stop > due(number) ? stop - due(number) : 0;
  }
  qsort(latencies, total, sizeof *latencies, compare);
  printf("{\"requests\":%llu,\"unanswered\":%llu,\"seconds\":%.6f,\"p50\":%.4f,\"p99\":%.4f,\"p999\":%.4f,\"max\":%.4f}\n",
         (unsigned long long)answered, (unsigned long long)(total - answered), seconds,
         percentile(50), percentile(99), percentile(99.9), percentile(100));
  return 0;
}
