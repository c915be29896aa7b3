// HTTP/1.1 requests over a fixed number of connections that are open and were answered once before the time begins: what
// opening costs (a handshake of TLS in a proxy, for each) is not in the figures.
//
// With a rate: an open loop, which sends whatever the answers do. A latency counts from the moment at which its request was due,
// not from that at which a connection was free for it, so that what a stall keeps waiting is in the figures (no coordinated
// omission); what is never answered counts with the time that it waited. Tools that are told a rate and count from the sending
// (h2load --rps) leave that out.
//
// With a rate of 0: a closed loop, in which each connection sends its next request when it has its answer. wrk does the same, but
// counts the opening of connections in, corrects its percentiles by a guess, and does not count requests whose connection broke.
//
// steady PORT CONNECTIONS RATE SECONDS <request; prints "begin" when the time begins, and then one line of JSON. Latencies are
// in milliseconds.

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
#define WARM_UP (20 * SECOND)
#define MAX_HEAD 8192

struct connection {
  int fd;
  bool busy;
  bool good;       // whether the answer is a success
  uint64_t since;  // from when the latency of the request under way counts
  size_t got;      // bytes of the answer
  size_t whole;    // bytes of the whole answer, once its head is there
  char head[MAX_HEAD + 1];
};

static char request[MAX_HEAD];
static size_t request_size;
static struct sockaddr_in address = {.sin_family = AF_INET};
static int poller;
static struct connection *connections, **idle;
static size_t connection_count, idle_count;
static uint64_t answered, errors;
static uint64_t *latencies;
static size_t latency_count, latency_room;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

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

static void record(uint64_t latency) {
  if (latency_count == latency_room) {
    latency_room = latency_room == 0 ? 1 << 20 : 2 * latency_room;
    latencies = realloc(latencies, latency_room * sizeof *latencies);
    if (latencies == NULL) die("realloc");
  }
  latencies[latency_count++] = latency;
}

static void send_request(uint64_t since) {
  struct connection *connection = idle[--idle_count];
  connection->busy = true;
  connection->since = since;
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
  errors++;
  record(now() - connection->since);
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
    record(now() - connection->since);
    if (connection->good) answered++;
    else errors++;
    return release(connection);
  }
}

// Waits for answers until a moment, and takes those that there are.
static void poll_until(uint64_t moment) {
  uint64_t time = now();
  uint64_t left = moment > time ? moment - time : 0;
  struct timespec timeout = {.tv_sec = (time_t)(left / SECOND), .tv_nsec = (long)(left % SECOND)};
  struct epoll_event events[256];
  int ready = epoll_pwait2(poller, events, 256, &timeout, NULL);
  for (int index = 0; index < ready; index++) receive(events[index].data.ptr);
}

static void warm_up(void) {
  uint64_t end = now() + WARM_UP;
  while (idle_count > 0) send_request(now());
  while (idle_count < connection_count) {
    if (now() > end || errors > 0) {
      fprintf(stderr, "not every connection was answered once\n");
      exit(1);
    }
    poll_until(end);
  }
  answered = latency_count = 0;
}

static void closed_loop(uint64_t end) {
  for (uint64_t time = now(); time < end; time = now()) {
    while (idle_count > 0) send_request(now());
    poll_until(end);
  }
}

// Returns how many were not answered in time.
static uint64_t open_loop(uint64_t begin, uint64_t rate, uint64_t total) {
  uint64_t interval = SECOND / rate, sent = 0;
  uint64_t end = begin + total * interval + DRAIN;
  while (answered + errors < total && now() < end) {
    while (idle_count > 0 && sent < total && begin + sent * interval <= now()) {
      send_request(begin + sent * interval);
      sent++;
    }
    poll_until(sent < total && idle_count > 0 ? begin + sent * interval : end);
  }
  uint64_t stop = now(), unanswered = total - answered - errors;
  for (size_t index = 0; index < connection_count; index++) {
    if (connections[index].busy) record(stop - connections[index].since);
  }
  for (; sent < total; sent++) record(stop > begin + sent * interval ? stop - begin - sent * interval : 0);
  return unanswered;
}

static int compare(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return a < b ? -1 : a > b;
}

// By nearest rank.
static double percentile(double percent) {
  size_t rank = (size_t)(percent * (double)latency_count / 100.0 + 0.999999);
  return latency_count == 0 ? 0 : (double)latencies[rank == 0 ? 0 : rank - 1] / 1e6;
}

int main(int count, char **words) {
  if (count != 5) return fprintf(stderr, "steady PORT CONNECTIONS RATE SECONDS <request\n"), 2;
  connection_count = strtoul(words[2], NULL, 10);
  uint64_t rate = strtoull(words[3], NULL, 10);
  double seconds = atof(words[4]);
  address.sin_port = htons((uint16_t)atoi(words[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ssize_t size;
  while ((size = read(0, request + request_size, sizeof request - request_size)) > 0) request_size += (size_t)size;

  // Else the kernel may wake this process 50 µs late.
  prctl(PR_SET_TIMERSLACK, 1);
  poller = epoll_create1(0);
  connections = calloc(connection_count, sizeof *connections);
  idle = calloc(connection_count, sizeof *idle);
  for (size_t index = 0; index < connection_count; index++) {
    open_connection(&connections[index]);
    release(&connections[index]);
  }
  warm_up();
  printf("begin\n");
  fflush(stdout);

  uint64_t begin = now(), unanswered = 0;
  if (rate == 0) closed_loop(begin + (uint64_t)(seconds * SECOND));
  else unanswered = open_loop(begin, rate, (uint64_t)(seconds * (double)rate));
  double took = (double)(now() - begin) / 1e9;
  qsort(latencies, latency_count, sizeof *latencies, compare);
  printf("{\"requests\":%llu,\"errors\":%llu,\"unanswered\":%llu,\"seconds\":%.6f,", (unsigned long long)answered,
         (unsigned long long)errors, (unsigned long long)unanswered, took);
  printf("\"p50\":%.4f,\"p99\":%.4f,\"p999\":%.4f}\n", percentile(50), percentile(99), percentile(99.9));
  return 0;
}
