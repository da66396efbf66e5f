/* port_holder.h - who has the port that we wanted. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Writes "node (process 4711)" for the process of the same person that listens on the
 * TCP port; false where the system does not tell. */
bool mp_port_holder(unsigned port, char *ret_text, size_t room);
