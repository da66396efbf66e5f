/* child.h - other programs: where they are, what they get of ours, and the ones that are asked
 * something.  No shell has a part in it. */
#pragma once
#include "base/buf.h"

/* A program and its arguments: the first is its path (absolute), the last is NULL. */
typedef char *const *mp_command_line;

bool mp_child_is_program(const char *path);     /* an absolute path */
/* Looks through PATH; entries that are relative lead to wherever we happen to stand, and are left
 * out.  A name with a slash has to be the absolute path of a program. */
bool mp_child_find(const char *name, char *ret_path, size_t room);
/* Our environment without what was put into it for us alone; the entries are borrowed, the array
 * is the caller's (free).  NULL: out of memory. */
char **mp_child_environment(void);
/* Between fork() and exec: signals as at start. */
void mp_child_reset_signals(void);

#define MP_CHILD_MAX_INPUT 4096 /* what a pipe takes before it is read (PIPE_BUF of POSIX: 512) */
#define MP_CHILD_SAID_ROOM 200
struct mp_child_answer {
	struct mp_buf out;              /* the owner's (mp_buf_free, which wipes) */
	char said[MP_CHILD_SAID_ROOM];  /* the first line of its standard error, or "" */
	int status;                     /* of its exit */
};
/* Runs the program with input (NULL: none) as its standard input and no other descriptor of ours,
 * and waits for its end.  ret_answer->out as by mp_buf_init(): its cap is that of the answer.
 * MCPASS_E_IO      it could not be started, or a signal ended it
 * MCPASS_E_EXPIRED it took longer than max_ms, and was killed
 * MCPASS_E_LIMIT   the answer is larger than its cap, or input than MP_CHILD_MAX_INPUT */
enum mcpass_rc mp_child_ask(mp_command_line command, const char *input, int max_ms,
    struct mp_child_answer *ret_answer, struct mcpass_error *err);
