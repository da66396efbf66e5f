/* The states and the events by name. */
#include "flow/client.h"

const char *mp_state_name(enum mp_state state)
{
#define NAME(name) #name,
	static const char *const names[] = { MP_FLOW_STATES(NAME) };
#undef NAME

	return (size_t)state < MP_COUNT(names) ? names[state] : "?";
}

const char *mp_state_event_name(enum mcpass_event_type type)
{
	static const char *const names[] = { "?", "START", "CHALLENGE", "ACCEPTED", "LOGOUT",
		"LOCKED", "LOADED", "SAVED", "RESPONSE", "LISTENING", "REDIRECT",
		"SHOWN", "PAUSED", "CONFIRMED" };

	return (size_t)type < MP_COUNT(names) ? names[type] : "?";
}
