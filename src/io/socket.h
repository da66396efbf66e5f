/* socket.h - a listening TCP socket, for the listener and the server. */
#pragma once
#include "base/text.h"

/* Binds a literal IPv4 or IPv6 address (NULL: "127.0.0.1") and listens, without blocking
 * and closed on exec.  port 0: the kernel's choice; *ret_port is the one it got.
 * MCPASS_E_USAGE  address is no literal address, or the port is over 65535
 * MCPASS_E_IO     it cannot be had; when in use, the message says by whom */
enum mcpass_rc mp_socket_listen(const char *address, unsigned port, int *ret_fd,
    unsigned *ret_port, struct mcpass_error *err);
/* Sets what every descriptor of ours has: not blocking, closed on exec. */
bool mp_socket_tame(int fd);
