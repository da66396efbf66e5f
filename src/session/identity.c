/* Whom the session speaks for: its program, or another one whose messages it relays. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"
#include "wire/json/peek.h"
#include "wire/json/writer.h"

/* What the capabilities mean for the session itself. */
static enum mcpass_rc read_capabilities(struct mcpass_session *s, struct mcpass_error *err)
{
	static const char *const asked[] = { "elicitation", "sampling", "roots" };
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_given_object(s->capabilities, "the client's capabilities", &json, err);
	for (size_t i = 0; i < MP_COUNT(asked); i++)
		s->may_be_asked |= json_object_get(json, asked[i]) != NULL;
	s->has_extensions = json_object_size(json_object_get(json, "extensions")) > 0;
	json_decref(json);
	return rc;
}

static enum mcpass_rc read_own(struct mcpass_session *s, const struct mcpass_session_config *cfg,
    struct mcpass_error *err)
{
	struct mp_buf client = MP_BUF(MP_MAX_DOCUMENT);
	struct mp_writer w = { .buf = &client };
	enum mcpass_rc rc;

	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "name", cfg->client_name != NULL ? cfg->client_name : "mcpass");
	mp_writer_text(&w, "version", cfg->client_version != NULL ? cfg->client_version : MCPASS_VERSION);
	mp_writer_end(&w, '}');
	rc = mp_buf_take(&client, "the client's name", &s->client, err);
	return rc ? rc : mp_set(&s->capabilities, cfg->capabilities != NULL ? cfg->capabilities : "{}", err);
}

/* What it proposes is proposed, too, where the server wants a handshake. */
static enum mcpass_rc read_offer(struct mcpass_session *s, struct mp_span version,
    struct mcpass_error *err)
{
	static const char *const first = "\"" MP_REV_2024_11_05 "\"";
	const char *const *known;
	size_t count;

	if (mp_span_is(version, first))
		return mp_set(&s->offer, MP_REV_2024_11_05, err);
	known = mp_revisions(&count);
	for (size_t i = 0; i < count; i++)
		if (mp_revision_era(known[i]) == MP_ERA_SESSION && version.len == strlen(known[i]) + 2
		    && memcmp(version.data + 1, known[i], strlen(known[i])) == 0)
			return mp_set(&s->offer, known[i], err);
	return MCPASS_OK;
}

static enum mcpass_rc read_params(struct mcpass_session *s, struct mp_span params,
    struct mcpass_error *err)
{
	enum { VERSION, CAPABILITIES, CLIENT, MEMBERS };
	static const char *const names[MEMBERS] = { "protocolVersion", "capabilities", "clientInfo" };
	struct mp_span values[MEMBERS] = { { NULL, 0 } };
	enum mcpass_rc rc;

	rc = mp_json_peek(params, "the parameters of initialize", names, MEMBERS, values, err);
	if (!rc && values[CLIENT].data != NULL)
		rc = mp_raw_line(values[CLIENT], &s->client, err);
	if (!rc && values[CAPABILITIES].data != NULL)
		rc = mp_raw_line(values[CAPABILITIES], &s->capabilities, err);
	if (!rc && values[CAPABILITIES].data == NULL)
		rc = mp_set(&s->capabilities, "{}", err);
	return rc ? rc : read_offer(s, values[VERSION], err);
}

/* Without parameters it says nothing of its program, and a server wants to know what is required. */
static enum mcpass_rc complete_hello(struct mcpass_session *s, const struct mp_message *message,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	struct mp_writer w = { .buf = &buf };

	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "jsonrpc", "2.0");
	mp_writer_raw(&w, "id", message->id);
	mp_writer_text(&w, "method", "initialize");
	mp_writer_object(&w, "params");
	mp_writer_text(&w, "protocolVersion", MP_REV_2025_11_25);
	mp_writer_raw(&w, "capabilities", (struct mp_span){ "{}", 2 });
	mp_writer_object(&w, "clientInfo");
	mp_writer_text(&w, "name", "mcpass");
	mp_writer_text(&w, "version", MCPASS_VERSION);
	mp_writer_end(&w, '}');
	mp_writer_end(&w, '}');
	mp_writer_end(&w, '}');
	free(s->hello);
	s->hello = NULL;
	return mp_buf_take(&buf, "initialize", &s->hello, err);
}

/* The message is that of s->hello. */
static enum mcpass_rc take_hello(struct mcpass_session *s, struct mp_message *message,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (message->kind != MP_RPC_REQUEST || !mp_eq(message->method, "initialize"))
		return mp_fail(err, MCPASS_E_USAGE, "MCP 2025-11-25 lifecycle, Initialization",
		    "not the request initialize");
	if (message->params.data != NULL)
		return read_params(s, message->params, err);
	rc = complete_hello(s, message, err);
	return rc ? rc : read_params(s, mp_raw_value((struct mp_span){ s->hello, strlen(s->hello) },
	    "params"), err);
}

static enum mcpass_rc read_hello(struct mcpass_session *s, const char *hello,
    struct mcpass_error *err)
{
	struct mp_message message = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_set(&s->hello, hello, err);

	if (!rc)
		rc = mp_given_message(s->hello, "initialize", &message, err);
	if (rc)
		return rc;
	rc = take_hello(s, &message, &why);
	mp_message_free(&message);
	return mp_given_check(rc, &why, err);
}

enum mcpass_rc mp_identity_read(struct mcpass_session *s,
    const struct mcpass_session_config *cfg, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = cfg->initialize != NULL ? read_hello(s, cfg->initialize, err) : read_own(s, cfg, err);
	return rc ? rc : read_capabilities(s, err);
}
