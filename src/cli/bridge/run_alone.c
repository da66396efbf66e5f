/* A login outlives the bridge that began it.  Some hosts start two instances and end the first a
 * second later, or give up before a person has signed in: the page in the browser would then lead
 * nowhere, and another one would open. */
#include <fcntl.h>
#include <unistd.h>
#include "cli/bridge/run_parts.h"
#include "io/system/poller.h"

static bool prepare(struct mp_run *run)
{
	bool is_wanted = false;

	for (size_t i = 0; i < run->count; i++)
		if (run->servers[i].is_open)
			is_wanted |= mp_link_prepare_fork(run->servers[i].conn.link);
	return is_wanted;
}

/* A host waits for the end of all of these. */
static void let_go_of_host(struct mp_run *run)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)mp_loop_watch(run->loop, &run->in, 0, NULL);
	(void)mp_loop_watch(run->loop, &run->out, 0, NULL);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (null > STDERR_FILENO)
		(void)close(null);
	run->out_flags = -1;
}

bool mp_run_go_on_alone(struct mp_run *run)
{
	pid_t child;

	if (!mp_poller_is_inherited() || !prepare(run))
		return false;
	mp_run_log(run, "the host has gone; a process of its own waits for the login that is under way");
	child = fork();
	if (child < 0)
		return false;
	if (child > 0)
		_exit(0);               /* the child has all that is open */
	(void)setsid();                 /* a host ends its whole group */
	run->is_alone = true;
	run->log = NULL;                /* its thread stayed with the parent */
	let_go_of_host(run);
	mp_loop_unset(run->loop, &run->parent);
	mp_loop_unset(run->loop, &run->due);
	return true;
}
