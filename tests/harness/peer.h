/* peer.h - the other end of a connection, and a folder to work in, for the tests of io.
 * Nothing here uses the counted heap: what is left over is the tested code's. */
#ifndef MP_TEST_PEER_H
#define MP_TEST_PEER_H
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than anything takes that is not broken. */
#define PATIENCE_MS 20000

static inline _Noreturn void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static inline int peer_listen(unsigned *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 16) != 0
	    || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		die("peer_listen");
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static inline int peer_connect(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die("peer_connect");
	return fd;
}

static inline bool peer_readable(int fd, int timeout_ms)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	return poll(&one, 1, timeout_ms) == 1;
}

static inline void peer_send(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;         /* it went away: the test says whether that is right */
		text += n;
		len -= (size_t)n;
	}
}

static inline void peer_write(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("peer_write");
}

/* Reads until the text holds end (NULL: until the connection ends); always a string. */
static inline size_t peer_read(int fd, const char *end, char *text, size_t room)
{
	size_t len = 0;

	text[0] = '\0';
	while (len < room - 1 && (end == NULL || strstr(text, end) == NULL)) {
		ssize_t n;

		if (!peer_readable(fd, PATIENCE_MS))
			die("peer_read: nothing came");
		n = recv(fd, text + len, room - 1 - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
		text[len] = '\0';
	}
	return len;
}

/* Answers every request alike, each on a connection of its own. */
struct canned {
	const char *reply;              /* NULL: none; the connection is closed */
	unsigned port;
	int fd;
	pthread_t thread;
	char request[8192];             /* the last one's head */
};

static inline void *canned_run(void *ctx)
{
	struct canned *canned = ctx;
	int fd;

	while ((fd = accept(canned->fd, NULL, NULL)) >= 0) {
		peer_read(fd, "\r\n\r\n", canned->request, sizeof(canned->request));
		if (canned->reply != NULL)
			peer_send(fd, canned->reply);
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return NULL;
}

static inline void canned_start(struct canned *canned, const char *reply)
{
	canned->reply = reply;
	canned->request[0] = '\0';
	canned->fd = peer_listen(&canned->port);
	if (pthread_create(&canned->thread, NULL, canned_run, canned) != 0)
		die("canned_start");
}

static inline void canned_stop(struct canned *canned)
{
	shutdown(canned->fd, SHUT_RDWR);        /* ends the accept() */
	pthread_join(canned->thread, NULL);
	close(canned->fd);
}

/* A folder of our own; remove_folder() takes the files in it, too. */
static inline void make_folder(char *path, size_t room)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(path, room, "%s/mcpass-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(path) == NULL)
		die(path);
}

static inline void remove_folder(const char *path)
{
	const struct dirent *entry;
	char name[1024];
	DIR *dir = opendir(path);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) < (int)sizeof(name)
		    && unlink(name) != 0)
			remove_folder(name);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

static inline void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path, mode) != 0)
		die(path);
}

#endif
