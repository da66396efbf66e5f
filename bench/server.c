/* server: asks a server again and again over kept connections, and prints how many requests it
 * answered for each second of its own processor time.
 *
 * usage: server PORT PID REQUESTS IDLE < REQUEST     (IDLE: connections that only stay open)
 *
 * The request comes from standard input as it is sent.  Every answer has to be a 200 with a
 * Content-Length.  Processor time is what the kernel counts for the process PID. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 16
#define MOST_BYTES 65536

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static int connect_to(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail("server: connect");
	return fd;
}

/* Seconds of processor time. */
static double used_by(long pid)
{
	unsigned long user = 0, kernel = 0;
	char name[64];
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%ld/stat", pid);
	file = fopen(name, "r");
	if (file == NULL || fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
	    &user, &kernel) != 2)
		fail(name);
	fclose(file);
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static void read_answer(int fd)
{
	static char text[MOST_BYTES];
	size_t len = 0, whole = 0;

	while (whole == 0 || len < whole) {
		ssize_t n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		const char *end, *length;

		if (n <= 0)
			fail("server: recv");
		len += (size_t)n;
		text[len] = '\0';
		end = whole == 0 ? strstr(text, "\r\n\r\n") : NULL;
		if (end == NULL)
			continue;
		length = strstr(text, "Content-Length: ");
		if (strncmp(text, "HTTP/1.1 200 ", 13) != 0 || length == NULL) {
			fprintf(stderr, "server: %s\n", text);
			exit(EXIT_FAILURE);
		}
		whole = (size_t)(end + 4 - text) + strtoul(length + 16, NULL, 10);
	}
}

static void ask(const int *fds, const char *request, size_t len, long count)
{
	for (long i = 0; i < count; i += CONNECTIONS) {
		for (int c = 0; c < CONNECTIONS; c++)
			if (send(fds[c], request, len, MSG_NOSIGNAL) != (ssize_t)len)
				fail("server: send");
		for (int c = 0; c < CONNECTIONS; c++)
			read_answer(fds[c]);
	}
}

int main(int argc, char **argv)
{
	static char request[MOST_BYTES];
	struct rlimit limit;
	size_t len = fread(request, 1, sizeof(request), stdin);
	unsigned port;
	int fds[CONNECTIONS];
	double begun;
	long count;

	if (argc != 5 || len == 0) {
		fprintf(stderr, "usage: server PORT PID REQUESTS IDLE < REQUEST\n");
		return EXIT_FAILURE;
	}
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	port = (unsigned)strtoul(argv[1], NULL, 10);
	count = strtol(argv[3], NULL, 10);
	for (long i = strtol(argv[4], NULL, 10); i > 0; i--)
		connect_to(port);               /* open until we end */
	for (int c = 0; c < CONNECTIONS; c++)
		fds[c] = connect_to(port);
	ask(fds, request, len, 1000);           /* warm */
	begun = used_by(strtol(argv[2], NULL, 10));
	ask(fds, request, len, count);
	printf("%.0f\n", (double)count / (used_by(strtol(argv[2], NULL, 10)) - begun));
	return EXIT_SUCCESS;
}
