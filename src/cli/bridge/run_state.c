/* What every file of a running bridge does to it. */
#include "cli/bridge/run_parts.h"
#include "io/clock.h"

void mp_run_break(struct mp_run *run, const struct mcpass_error *why)
{
	if (run->fault.rc == MCPASS_OK)
		run->fault = *why;
	mp_loop_end(run->loop);
}

void mp_run_hold(struct mp_run *run, bool is_held)
{
	if (run->is_held == is_held)
		return;
	run->is_held = is_held;
	for (size_t i = 0; i < run->count; i++)
		if (run->servers[i].is_open)
			mp_link_hold(run->servers[i].conn.link, is_held);
}

/* At once: a link has more to tell than one thing. */
void mp_run_touch(struct mp_run *run)
{
	run->was_busy = true;
	if (mp_bridge_output(run->bridge).len > MP_RUN_HOLD_BYTES)
		mp_run_hold(run, true);
	mp_loop_soon(run->loop, &run->flush);
}

enum mcpass_rc mp_run_now(struct mp_run *run, struct mcpass_error *err)
{
	return mp_bridge_tick(run->bridge, mp_now_ms(), err);
}

void mp_run_login_ended(struct mp_run *run)
{
	if (run->is_alone)
		mp_loop_end(run->loop);
}
