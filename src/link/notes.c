/* What is kept in the store beside the credentials, from run to run: which revision the server
 * speaks, which issuer may have what a person gave, and where the server is.  A store that cannot
 * be written is no reason to stop: it is learned again. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "link/link_parts.h"

/* Writes a note unless it stands there already. */
static void note(const struct mp_link *link, struct mp_buf *name, const char *text)
{
	char *known = NULL;

	if (mp_buf_check(name, "the name of a note", NULL) == MCPASS_OK
	    && mp_store_noted(link->store, mp_buf_text(name), &known, NULL) == MCPASS_OK
	    && !mp_eq(known, text))
		(void)mp_store_note(link->store, mp_buf_text(name), text, NULL);
	mp_free_wiped(known);
	mp_buf_free(name);
}

/* *ret_text is the caller's (mp_free_wiped), NULL when there is none. */
static enum mcpass_rc recall(const struct mp_link *link, struct mp_buf *name, char **ret_text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_buf_check(name, "the name of a note", err);

	if (!rc)
		rc = mp_store_noted(link->store, mp_buf_text(name), ret_text, err);
	mp_buf_free(name);
	return rc;
}

/* --- the revision --- */

static void name_revision(const struct mp_link *link, struct mp_buf *name)
{
	mp_buf_init(name, 2 * MP_MAX_URI);
	mp_buf_addf(name, "revision %s", link->options.session.server_url);
}

enum mcpass_rc mp_link_known_revision(const struct mp_link *link, char **ret_revision,
    struct mcpass_error *err)
{
	const struct mcpass_session_config *config = &link->options.session;
	const char *known = link->session != NULL ? mcpass_session_revision(link->session) : NULL;
	struct mp_buf name;

	if (known == NULL)
		known = config->revision != NULL ? config->revision : config->known_revision;
	if (known != NULL)
		return mp_set(ret_revision, known, err);
	name_revision(link, &name);
	return recall(link, &name, ret_revision, err);
}

/* Saves the detection next time. */
void mp_link_note_revision(struct mp_link *link)
{
	const char *revision = mcpass_session_revision(link->session);
	struct mp_buf name;

	if (revision == NULL || link->options.session.revision != NULL || link->revision_is_noted)
		return;
	link->revision_is_noted = true;
	name_revision(link, &name);
	note(link, &name, revision);
}

/* --- the issuer: what was allowed once is known after a logout, too --- */

static bool gives(const struct mcpass_client_config *client)
{
	return (client->client_id != NULL && (client->client_secret != NULL || client->client_key != NULL))
	    || client->grant == MCPASS_GRANT_JWT_BEARER || client->initial_access_token != NULL;
}

/* A client's id is one wherever it is used; what has none is of one server. */
static void name_issuer(const struct mcpass_client_config *client, struct mp_buf *name)
{
	mp_buf_init(name, 2 * MP_MAX_URI);
	if (client->client_id != NULL)
		mp_buf_addf(name, "issuer of client %s", client->client_id);
	else
		mp_buf_addf(name, "issuer of %s at %s", client->grant == MCPASS_GRANT_JWT_BEARER
		    ? "workloads" : "registrations", client->server_url);
}

enum mcpass_rc mp_link_recall_issuer(struct mp_link *link, struct mcpass_error *err)
{
	struct mcpass_client_config *client = &link->options.client;
	struct mp_buf name;
	enum mcpass_rc rc;

	if (client->client_issuer != NULL || !gives(client))
		return MCPASS_OK;
	name_issuer(client, &name);
	rc = recall(link, &name, &link->known_issuer, err);
	client->client_issuer = link->known_issuer;
	return rc;
}

void mp_link_note_issuer(struct mp_link *link)
{
	const struct mcpass_client_config *client = &link->options.client;
	struct mp_buf name;

	if (link->token == NULL || link->token->issuer == NULL || !gives(client)
	    || mp_eq(link->known_issuer, link->token->issuer))
		return;
	name_issuer(client, &name);
	note(link, &name, link->token->issuer);
}

/* --- where the server is (on this machine, inside a network, outside): a refresh and a logout
 * come before it is connected to, and what it named before is judged by that (io/http/reach.c) --- */

static const char *const names[] = {
	[MP_REACH_PUBLIC] = "public", [MP_REACH_PRIVATE] = "private", [MP_REACH_LOOPBACK] = "loopback",
};

static void name_reach(const struct mp_link *link, struct mp_buf *name)
{
	mp_buf_init(name, 2 * MP_MAX_URI);
	mp_buf_addf(name, "reach %s", link->options.client.server_url);
}

enum mcpass_rc mp_link_recall_reach(struct mp_link *link, struct mcpass_error *err)
{
	struct mp_buf name;
	char *text = NULL;
	enum mcpass_rc rc;

	name_reach(link, &name);
	rc = recall(link, &name, &text, err);
	for (size_t i = MP_REACH_PUBLIC; !rc && text != NULL && i < MP_COUNT(names); i++)
		if (strcmp(text, names[i]) == 0)
			link->known_reach = (enum mp_reach)i;
	free(text);
	return rc;
}

void mp_link_note_reach(struct mp_link *link)
{
	enum mp_reach reach = mp_http_server_reach(link->http);
	struct mp_buf name;

	if (reach == link->known_reach || (size_t)reach >= MP_COUNT(names) || names[reach] == NULL)
		return;
	name_reach(link, &name);
	note(link, &name, names[reach]);
	link->known_reach = reach;
}

/* --- after a logout --- */

/* Whether another account is signed in there; it may be when that cannot be read. */
static bool is_used_by_others(const struct mp_link *link)
{
	const char *server = link->options.client.server_url, *space;
	struct mp_strings keys = { 0 };
	bool used = mp_store_list(link->store, &keys, NULL) != MCPASS_OK;

	for (size_t i = 0; i < keys.count && !used; i++) {
		space = strchr(keys.items[i], ' ');     /* profile, server */
		used = space != NULL && strcmp(space + 1, server) == 0;
	}
	mp_strings_free(&keys);
	return used;
}

static void forget(const struct mp_link *link, struct mp_buf *name)
{
	if (mp_buf_check(name, "the name of a note", NULL) == MCPASS_OK)
		(void)mp_store_note(link->store, mp_buf_text(name), NULL, NULL);
	mp_buf_free(name);
}

/* A list is private to the credential that it was asked for with; so is what is kept of it. */
void mp_link_name_tools(const struct mp_link *link, struct mp_buf *ret_name)
{
	const char *profile = link->options.client.profile;

	mp_buf_init(ret_name, 2 * MP_MAX_URI);
	mp_buf_addf(ret_name, "tools %s %s", profile != NULL ? profile : "default",
	    link->options.session.server_url);
}

/* But not the issuer. */
void mp_link_forget_notes(struct mp_link *link)
{
	struct mp_buf name;

	mp_link_name_tools(link, &name);
	forget(link, &name);
	if (is_used_by_others(link))
		return;
	name_revision(link, &name);
	forget(link, &name);
	name_reach(link, &name);
	forget(link, &name);
	link->revision_is_noted = false;
	link->known_reach = MP_REACH_UNKNOWN;
}
