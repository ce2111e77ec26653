#define _GNU_SOURCE
// A runtime for the tests of RuntimeHost: speaks just enough of the Runtime Host Protocol. GUEST_MODE says how it behaves.
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char info_head[] = "\xa3\x62id";
// {"RuntimeInfoResponse": {features {schedule_control 50}, runtime_version 0.1.0, protocol_version 5.1.0}}
static const char info_body[] =
    "\x64" "body\xa1\x73RuntimeInfoResponse\xa3\x68" "features\xa1\x70schedule_control\xa1\x72initial_batch_size\x18\x32"
    "\x6fruntime_version\xa1\x65minor\x01\x70protocol_version\xa2\x65major\x05\x65minor\x01\x6cmessage_type\x02";
static const char empty_body[] = "\x64" "body\xa1\x65" "Empty\xa0\x6cmessage_type\x02";
static const char query_body[] = "\x64" "body\xa1\x74RuntimeQueryResponse\xa1\x64" "data\x43yes\x6cmessage_type\x02";
static const char identity_body[] = "\x64" "body\xa1\x73HostIdentityRequest\xa0\x6cmessage_type\x01";

static int out(int s, const void *p, size_t n) {
  const char *c = p;
  while (n > 0) {
    ssize_t k = write(s, c, n);
    if (k <= 0) return -1;
    c += k;
    n -= (size_t)k;
  }
  return 0;
}

// Sends a message with the given encoded id.
static int answer(int s, const uint8_t *id, const char *body, size_t size) {
  size_t k = *id == 0x1a ? 5 : *id == 0x19 ? 3 : *id == 0x18 ? 2 : 1;
  size_t n = 4 + k + size;
  uint8_t head[16] = {0, 0, (uint8_t)(n >> 8), (uint8_t)n};
  memcpy(head + 4, info_head, 4);
  memcpy(head + 8, id, k);
  return out(s, head, 8 + k) || out(s, body, size);
}

static int in(int s, void *p, size_t n) {
  char *c = p;
  while (n > 0) {
    ssize_t k = read(s, c, n);
    if (k <= 0) return -1;
    c += k;
    n -= (size_t)k;
  }
  return 0;
}

// The mode that stands behind the program in its file, as 32 bytes that begin with "MODE:".
static const char *appended_mode(void) {
  static char tail[33];
  FILE *file = fopen("/entrypoint", "rb");
  if (file && !fseek(file, -32, SEEK_END) && fread(tail, 32, 1, file) == 1 && !memcmp(tail, "MODE:", 5)) return tail + 5;
  return "normal";
}

#define ANSWER(body) answer(s, id, body, sizeof(body) - 1)

int main(void) {
  const char *mode = getenv("GUEST_MODE");
  if (!mode) mode = appended_mode();
  if (!strcmp(mode, "exit")) {
    fprintf(stderr, "this runtime gives up\n");
    return 3;
  }
  if (!strcmp(mode, "no-connect")) {
    for (;;) pause();
  }
  fprintf(stderr, "{\"msg\":\"Runtime is starting\",\"level\":\"INFO\",\"ts\":\"2026-01-01T00:00:00Z\",\"module\":\"runtime\"}\n");
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  const char *path = getenv("OASIS_WORKER_HOST");
  if (!path || strlen(path) >= sizeof(a.sun_path)) return 4;
  strcpy(a.sun_path, path);
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  if (s < 0 || connect(s, (struct sockaddr *)&a, sizeof(a))) {
    perror("connect");
    return 5;
  }
  if (!strcmp(mode, "silent")) {
    for (;;) pause();
  }
  if (!strcmp(mode, "garbage")) {
    out(s, "\0\0\0\x05hello", 9);
    for (;;) pause();
  }
  if (!strcmp(mode, "huge")) {
    out(s, "\xff\xff\xff\xff", 4);
    for (;;) pause();
  }
  uint8_t head[4];
  static uint8_t body[1 << 20];
  while (in(s, head, 4) == 0) {
    size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (n > sizeof(body) || in(s, body, n)) return 6;
    const uint8_t *id = body + 4;
    if (memmem(body, n, "RuntimeInfoRequest", 18)) {
      char info[sizeof(info_body)];
      memcpy(info, info_body, sizeof(info_body));
      if (!strcmp(mode, "wrong-protocol")) ((char *)memmem(info, sizeof(info), "major\x05", 6))[5] = 4;
      if (!strcmp(mode, "wrong-version") || !strcmp(mode, "version-2")) ((char *)memmem(info, sizeof(info), "minor\x01", 6))[5] = 2;
      if (!strcmp(mode, "wrong-id")) {
        ANSWER("\x64" "body\xa1\x65" "Error\xa3\x64" "code\x01\x66module\x6erhp/dispatcher\x67message\x72invalid runtime id\x6cmessage_type\x02");
        continue;
      }
      if (!strcmp(mode, "calls")) answer(s, (const uint8_t *)"", identity_body, sizeof(identity_body) - 1);
      if (answer(s, id, info, sizeof(info) - 1)) return 7;
      if (!strcmp(mode, "crash")) {
        sleep(1);  // the host has taken the answer by then, also on a busy machine
        abort();
      }
      if (!strcmp(mode, "stop-reading")) {
        for (;;) pause();
      }
    } else if (memmem(body, n, "RuntimePingRequest", 18)) {
      if (strcmp(mode, "no-ping")) ANSWER(empty_body);
    } else if (memmem(body, n, "RuntimeAbortRequest", 19)) {
      ANSWER("\x64" "body\xa1\x65" "Error\xa3\x64" "code\x01\x66module\x6erhp/dispatcher\x67message\x74method not supported\x6cmessage_type\x02");
    } else if (memmem(body, n, "RuntimeQueryRequest", 19)) {
      ANSWER(query_body);
    } else if (memmem(body, n, "HostIdentityResponse", 20)) {
      fprintf(stderr, "{\"msg\":\"identity received\",\"level\":\"WARN\",\"module\":\"foo\"}\n");
    } else {
      ANSWER("\x64" "body\xa1\x65" "Error\xa2\x64" "code\x01\x66module\x67unknown\x6cmessage_type\x02");
    }
  }
  return 0;
}
