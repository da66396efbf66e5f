/* self.h - where this program is. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* The absolute path of the file that runs; false: the system does not tell, or it is gone. */
bool mp_self_path(char *ret_path, size_t room);
