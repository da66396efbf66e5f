/* stdio: the least that a bridge between stdio and HTTP can be, and the least server behind one.
 *
 * usage: stdio server              prints its port; answers every JSON-RPC request, initialize too
 *        stdio floor PORT          each line of standard input is posted, each body is a line */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST ((size_t)8 * 1024 * 1024)

static char big[1000000];       /* what a tool of that name says */

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n <= 0)
			fail("stdio: write");
		bytes += n;
		len -= (size_t)n;
	}
}

/* A head and the body behind it; held is what was read beyond the last one.  Returns the body;
 * NULL: the connection ended. */
static char *read_http(int fd, char *held, size_t *held_len, size_t *ret_len, size_t *ret_whole)
{
	char *end = NULL;
	size_t len = 0, whole = 0;

	for (;;) {
		ssize_t n;

		held[*held_len] = '\0';
		if (end == NULL && (end = strstr(held, "\r\n\r\n")) != NULL) {
			char *length = strcasestr(held, "content-length:");

			len = length != NULL && length < end ? strtoul(length + 15, NULL, 10) : 0;
			whole = (size_t)(end + 4 - held) + len;
		}
		if (end != NULL && *held_len >= whole) {
			*ret_len = len;
			*ret_whole = whole;
			return end + 4;
		}
		n = read(fd, held + *held_len, MOST - *held_len - 1);
		if (n <= 0)
			return NULL;
		*held_len += (size_t)n;
	}
}

static void drop(char *held, size_t *held_len, size_t whole)
{
	memmove(held, held + whole, *held_len - whole);
	*held_len -= whole;
}

/* --- the server --- */

static void answer(int fd, const char *body, size_t len, char *out)
{
	const char *id = memmem(body, len, "\"id\":", 5);
	const char *text = memmem(body, len, "\"text\":\"", 8);
	const char *quote = text != NULL ? memchr(text + 8, '"', len - (size_t)(text + 8 - body)) : NULL;
	size_t id_len = id != NULL ? strcspn(id + 5, ",}") : 0;
	size_t text_len = quote != NULL ? (size_t)(quote - text - 8) : 0;
	int n;

	if (memmem(body, len, "server/discover", 15) != NULL) {
		write_all(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 47);
		return;
	}
	if (id == NULL) {
		write_all(fd, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 44);
		return;
	}
	if (memmem(body, len, "\"big\"", 5) != NULL) {
		text = big - 8;
		text_len = sizeof(big);
	}
	n = memmem(body, len, "\"initialize\"", 12) != NULL
	    ? sprintf(out + 256, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":"
	        "{\"tools\":{}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}", (int)id_len, id + 5)
	    : sprintf(out + 256, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"%.*s\"}]}}",
	        (int)id_len, id + 5, (int)text_len, text_len > 0 ? text + 8 : "");
	len = (size_t)sprintf(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", n);
	memmove(out + 256 - len, out, len);
	write_all(fd, out + 256 - len, len + (size_t)n);
}

static void *serve_one(void *ctx)
{
	int fd = (int)(intptr_t)ctx, on = 1;
	char *held = malloc(MOST), *out = malloc(MOST), *body;
	size_t held_len = 0, len, whole;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (held != NULL && out != NULL
	    && (body = read_http(fd, held, &held_len, &len, &whole)) != NULL) {
		if (strncmp(held, "POST", 4) != 0)
			write_all(fd, "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n", 38);
		else
			answer(fd, body, len, out);
		drop(held, &held_len, whole);
	}
	free(held);
	free(out);
	(void)close(fd);
	return NULL;
}

static void serve(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int door = socket(AF_INET, SOCK_STREAM, 0), fd;
	socklen_t size = sizeof(address);

	if (door < 0 || bind(door, (struct sockaddr *)&address, size) != 0 || listen(door, 1024) != 0
	    || getsockname(door, (struct sockaddr *)&address, &size) != 0)
		fail("stdio: listen");
	(void)printf("%u\n", ntohs(address.sin_port));
	(void)fflush(stdout);
	while ((fd = accept(door, NULL, NULL)) >= 0) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) != 0)
			fail("stdio: thread");
		(void)pthread_detach(thread);
	}
}

/* --- the floor --- */

static void bridge(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	char *held = malloc(MOST), *line = NULL, head[256], *body;
	size_t held_len = 0, room = 0, len, whole;
	ssize_t n;

	if (held == NULL || fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail("stdio: connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while ((n = getline(&line, &room, stdin)) > 0) {
		int head_len = snprintf(head, sizeof(head), "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: "
		    "application/json, text/event-stream\r\nContent-Type: application/json\r\nContent-Length: %zd\r\n\r\n",
		    port, n);

		write_all(fd, head, (size_t)head_len);
		write_all(fd, line, (size_t)n);
		body = read_http(fd, held, &held_len, &len, &whole);
		if (body == NULL)
			fail("stdio: read");
		if (len > 0) {
			body[len] = '\n';       /* nothing follows: one request at a time */
			write_all(STDOUT_FILENO, body, len + 1);
		}
		drop(held, &held_len, whole);
	}
}

int main(int argc, char **argv)
{
	(void)signal(SIGPIPE, SIG_IGN);
	memset(big, 'x', sizeof(big));
	if (argc == 2 && strcmp(argv[1], "server") == 0)
		serve();
	else if (argc == 3 && strcmp(argv[1], "floor") == 0)
		bridge((unsigned)strtoul(argv[2], NULL, 10));
	else
		fail("usage: stdio server | stdio floor PORT");
	return 0;
}
