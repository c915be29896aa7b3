// Reads one large HTTP/1.1 answer and throws it away: what a stream can carry when its reader costs next to nothing.
//
// bulk PORT <request; prints one line of JSON: the bytes of the body, and the seconds from the request to its end.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[262144 + 1];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int fail(const char *what) { return fprintf(stderr, "bulk: %s\n", what), 1; }

int main(int count, char **words) {
  if (count != 2) return fail("bulk PORT <request");
  char request[8192];
  size_t request_size = 0;
  ssize_t size;
  while ((size = read(0, request + request_size, sizeof request - request_size)) > 0) request_size += (size_t)size;

  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(words[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return fail("cannot connect");
  double begin = now();
  if (write(fd, request, request_size) != (ssize_t)request_size) return fail("cannot send");

  size_t head = 0;
  char *end = NULL;
  while (end == NULL && head < 8192 && (size = read(fd, buffer + head, 8192 - head)) > 0) {
    head += (size_t)size;
    buffer[head] = 0;
    end = strstr(buffer, "\r\n\r\n");
  }
  if (end == NULL || strncmp(buffer, "HTTP/1.1 200", 12) != 0) return fail("no answer, or not a good one");
  char *length = strcasestr(buffer, "\r\ncontent-length:");
  if (length == NULL || length > end) return fail("an answer without a length");
  unsigned long long whole = strtoull(length + 17, NULL, 10);
  unsigned long long got = head - (size_t)(end + 4 - buffer);
  while (got < whole && (size = read(fd, buffer, sizeof buffer - 1)) > 0) got += (unsigned long long)size;
  if (got != whole) return fail("the answer broke off");
  printf("{\"bytes\":%llu,\"seconds\":%.6f}\n", got, now() - begin);
  return 0;
}
