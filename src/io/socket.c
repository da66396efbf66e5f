#include "io/socket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "io/system/port_holder.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Also the length that bind() wants; 0 for text that is no address. */
static socklen_t read_address(const char *text, unsigned port, union address *address)
{
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons((uint16_t)port);
		return sizeof(address->v4);
	}
	if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons((uint16_t)port);
		return sizeof(address->v6);
	}
	return 0;
}

static enum mcpass_rc say_why(const char *text, unsigned port, struct mcpass_error *err)
{
	char holder[128];
	enum mcpass_rc rc;

	if (errno == EADDRINUSE && mp_port_holder(port, holder, sizeof(holder)))
		rc = mp_fail(err, MCPASS_E_IO, NULL, "port %u of %s is in use by %s", port, text, holder);
	else if (errno == EADDRINUSE)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "port %u of %s is in use", port, text);
	else
		rc = mp_fail(err, MCPASS_E_IO, NULL, "port %u of %s cannot be had: %s", port, text,
		    strerror(errno));
	if (port != 0)
		mp_hint(err, "Stop the program that uses the port, or choose another port.");
	return rc;
}

bool mp_socket_tame(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0
	    && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool bind_and_listen(int fd, const union address *address, socklen_t len)
{
	const int on = 1;

	/* Without it, the connections of a program that just ended keep a fixed port for a
	 * minute.  It does not let two programs listen on one port. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return mp_socket_tame(fd) && bind(fd, &address->any, len) == 0
	    && listen(fd, SOMAXCONN) == 0;
}

static bool bound_port(int fd, unsigned *ret_port)
{
	union address address;
	socklen_t len = sizeof(address);

	if (getsockname(fd, &address.any, &len) != 0)
		return false;
	*ret_port = ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
	    : address.v4.sin_port);
	return true;
}

enum mcpass_rc mp_socket_listen(const char *text, unsigned port, int *ret_fd,
    unsigned *ret_port, struct mcpass_error *err)
{
	union address address;
	enum mcpass_rc rc;
	socklen_t len;
	int fd;

	if (text == NULL)
		text = "127.0.0.1";
	len = read_address(text, port, &address);
	if (len == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "%s is not an IPv4 or IPv6 address", text);
	if (port > 65535)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "%u is no port number", port);
	fd = socket(address.any.sa_family, SOCK_STREAM, 0);
	if (fd >= 0 && bind_and_listen(fd, &address, len) && bound_port(fd, ret_port)) {
		*ret_fd = fd;
		return MCPASS_OK;
	}
	rc = say_why(text, port, err);
	if (fd >= 0)
		close(fd);
	return rc;
}
