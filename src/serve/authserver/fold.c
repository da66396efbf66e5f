#include "serve/authserver/fold.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/text.h"

/* At a time.  Where senders are more, they are counted together for each code and clause, of which
 * there are few: a flood of one refusal hides no other. */
#define MOST_KINDS 256
#define MOST_RULES 64

#define ROOM (INET6_ADDRSTRLEN + sizeof("/64"))
struct kind {
	char *address, *outcome, *rule; /* "" where the event names none; address NULL: free */
	int64_t until;                  /* Unix time */
	uint64_t told, counted;
	char since[32], last[32];       /* "time" of the first and the last that was counted */
};
struct mp_fold {
	struct kind kinds[MOST_KINDS];
	struct kind rules[MOST_RULES];  /* of more senders than that: address "" */
	struct kind rest;               /* of more rules than that; never free */
};

enum mcpass_rc mp_fold_new(struct mp_fold **ret_fold, struct mcpass_error *err)
{
	struct mp_fold *fold = calloc(1, sizeof(*fold));

	if (fold == NULL)
		return mp_nomem(err);
	*ret_fold = fold;
	return MCPASS_OK;
}

static void clear(struct kind *kind)
{
	free(kind->address);
	free(kind->outcome);
	free(kind->rule);
	*kind = (struct kind){ 0 };
}

void mp_fold_free(struct mp_fold *fold)
{
	for (size_t i = 0; fold != NULL && i < MOST_KINDS; i++)
		clear(&fold->kinds[i]);
	for (size_t i = 0; fold != NULL && i < MOST_RULES; i++)
		clear(&fold->rules[i]);
	free(fold);
}

static const char *text_of(const json_t *event, const char *name)
{
	const char *text = mp_json_text(event, name);

	return text != NULL ? text : "";
}

/* Any address of an IPv6 network may be one sender's, as in the bounds of requests: with a new one
 * each time it would fill the table, and hide others among what is counted together. */
static void sender_of(const json_t *event, char ret_sender[ROOM])
{
	struct in6_addr network;
	size_t len;

	(void)snprintf(ret_sender, ROOM, "%s", text_of(event, "address"));
	if (inet_pton(AF_INET6, ret_sender, &network) != 1 || IN6_IS_ADDR_V4MAPPED(&network))
		return;
	memset(&network.s6_addr[8], 0, 8);
	(void)inet_ntop(AF_INET6, &network, ret_sender, INET6_ADDRSTRLEN);
	len = strlen(ret_sender);
	(void)snprintf(ret_sender + len, ROOM - len, "/64");
}

static bool is_of(const struct kind *kind, const char *sender, const json_t *event)
{
	return strcmp(kind->address, sender) == 0
	    && strcmp(kind->outcome, text_of(event, "outcome")) == 0
	    && strcmp(kind->rule, text_of(event, "rule")) == 0;
}

/* The one of that sender, or a free place; NULL: all are others'. */
static struct kind *place_in(struct kind *kinds, size_t count, const char *sender,
    const json_t *event, int64_t now)
{
	struct kind *place = NULL;

	for (size_t i = 0; i < count; i++) {
		struct kind *kind = &kinds[i];

		if (kind->address != NULL && kind->until <= now && kind->counted == 0)
			clear(kind);
		if (kind->address == NULL)
			place = kind;
		else if (is_of(kind, sender, event))
			return kind;
	}
	return place;
}

/* False: there is no memory. */
static bool take_place(struct kind *place, const char *sender, const json_t *event)
{
	place->address = strdup(sender);
	place->outcome = strdup(text_of(event, "outcome"));
	place->rule = strdup(text_of(event, "rule"));
	if (place->address != NULL && place->outcome != NULL && place->rule != NULL)
		return true;
	clear(place);
	return false;
}

/* NULL: there is no memory. */
static struct kind *find(struct mp_fold *fold, const json_t *event, int64_t now)
{
	char sender[ROOM];
	struct kind *place;

	sender_of(event, sender);
	place = place_in(fold->kinds, MOST_KINDS, sender, event, now);
	if (place == NULL) {
		sender[0] = '\0';
		place = place_in(fold->rules, MOST_RULES, sender, event, now);
	}
	if (place == NULL)
		place = &fold->rest;
	else if (place->address != NULL)
		return place;
	else if (!take_place(place, sender, event))
		return NULL;
	if (place->until <= now) {
		place->until = now + MP_AUDIT_WINDOW;
		place->told = 0;
	}
	return place;
}

bool mp_fold_takes(struct mp_fold *fold, const json_t *event, int64_t now)
{
	struct kind *kind;

	if (strcmp(text_of(event, "event"), "refused") != 0)
		return false;
	kind = find(fold, event, now);
	if (kind == NULL)               /* rather told than lost */
		return false;
	if (kind->told < MP_AUDIT_WHOLE) {
		kind->told++;
		return false;
	}
	if (kind->counted++ == 0)
		(void)snprintf(kind->since, sizeof(kind->since), "%s", text_of(event, "time"));
	(void)snprintf(kind->last, sizeof(kind->last), "%s", text_of(event, "time"));
	return true;
}

static bool set(json_t *event, const char *name, const char *text)
{
	return text == NULL || text[0] == '\0' || json_object_set_new(event, name, json_string(text)) == 0;
}

static json_t *tell(const struct kind *kind)
{
	json_t *event = json_object();

	if (set(event, "time", kind->last) && set(event, "event", "refused")
	    && set(event, "outcome", kind->outcome) && set(event, "rule", kind->rule)
	    && set(event, "address", kind->address) && set(event, "since", kind->since)
	    && json_object_set_new(event, "count", json_integer((json_int_t)kind->counted)) == 0)
		return event;
	json_decref(event);
	return NULL;
}

static struct kind *nth(struct mp_fold *fold, size_t i)
{
	if (i < MOST_KINDS)
		return &fold->kinds[i];
	return i < MOST_KINDS + MOST_RULES ? &fold->rules[i - MOST_KINDS] : &fold->rest;
}

json_t *mp_fold_due(struct mp_fold *fold, int64_t now)
{
	for (size_t i = 0; i <= MOST_KINDS + MOST_RULES; i++) {
		struct kind *kind = nth(fold, i);
		json_t *event;

		if (kind->counted == 0 || kind->until > now)
			continue;
		event = tell(kind);
		if (event != NULL)
			clear(kind);
		return event;
	}
	return NULL;
}
