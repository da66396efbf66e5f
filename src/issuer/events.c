#include "issuer/events.h"
#include <stdio.h>
#include "issuer/bounds.h"

#define DAY 86400

/* "2026-11-30T01:02:03Z", without the C library, which looks at the environment.
 * spec: RFC 3339 5.6; the civil calendar from days, in years that begin in March */
static void write_time(int64_t now, char ret_text[32])
{
	int64_t days = now / DAY + 719468, rest = now % DAY;
	int64_t era = days / 146097, of_era = days - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153, day = of_year - (153 * month + 2) / 5 + 1;

	month += month < 10 ? 3 : -9;
	year += era * 400 + (month <= 2 ? 1 : 0);
	(void)snprintf(ret_text, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month, (int)day,
	    (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}

/* A path may be no UTF-8: then it is not told. */
static bool set(json_t *object, const char *name, const char *text)
{
	json_t *value;

	if (text == NULL || text[0] == '\0')
		return true;
	value = json_string(text);
	return json_object_set_new(object, name, value != NULL ? value : json_string("?")) == 0;
}

void mp_event_add(const struct mp_turn *turn, const struct mp_event *event)
{
	struct mp_events *events = turn->events;
	char address[MP_MAX_ADDRESS], time[32];
	json_t *object;

	if (turn->issuer->event == NULL || events == NULL)
		return;
	if (events->list == NULL)
		events->list = json_array();
	mp_peer_of(turn, address);
	write_time(turn->request->now, time);
	object = json_object();
	if (!set(object, "time", time) || !set(object, "event", event->event)
	    || !set(object, "client", event->client) || !set(object, "user", event->user)
	    || !set(object, "what", event->what) || !set(object, "outcome", event->outcome)
	    || !set(object, "rule", event->rule) || !set(object, "address", address)
	    || json_array_append(events->list, object) != 0)
		events->failed = true;
	json_decref(object);
}

void mp_event_drop_tokens(const struct mp_turn *turn)
{
	json_t *list = turn->events != NULL ? turn->events->list : NULL;

	for (size_t i = json_array_size(list); i > 0; i--) {
		const char *event = json_string_value(json_object_get(json_array_get(list, i - 1), "event"));

		if (mp_eq(event, "issued") || mp_eq(event, "renewed") || mp_eq(event, "handed_out"))
			(void)json_array_remove(list, i - 1);
	}
}

void mp_events_tell(const struct mp_issuer *issuer, const struct mp_events *events)
{
	const json_t *event;
	size_t i;

	json_array_foreach(events->list, i, event)
		issuer->event(issuer->event_ctx, event);
}

void mp_events_free(struct mp_events *events)
{
	json_decref(events->list);
	*events = (struct mp_events){ 0 };
}
