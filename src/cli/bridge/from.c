#include "cli/bridge/from.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/json/json.h"
#include "wire/uri.h"

/* What becomes of a flag. */
enum change {
	AS_IS,                  /* ours, with the same value */
	SECONDS,                /* ours, and the value is in seconds */
	FLAG,                   /* ours, without a value */
	FILE_OF,                /* ours, and the value is a file: @FILE */
	HOST_OF,                /* ours, with the host of the URL */
	INFO, METADATA,         /* JSON, or @FILE, of a client */
	NOTHING,                /* what we do anyway, */
	NOTHING_VALUE,          /*   and it has a value */
	NOTE, NOTE_VALUE        /* not carried over, and said */
};
static const struct row {
	const char *flag;
	enum change change;
	const char *ours;       /* the option, or the note */
} rows[] = {
	{ "--header", AS_IS, "--header" },
	{ "--header-file", FILE_OF, "--header" },
	{ "--host", AS_IS, "--callback-host" },
	{ "--callback-path", AS_IS, "--callback-path" },
	{ "--allow-http", HOST_OF, "--allow-http" },
	{ "--ignore-tool", AS_IS, "--deny-tool" },
	{ "--auth-timeout", SECONDS, "--login-timeout" },
	{ "--authorize-param", AS_IS, "--auth-param" },
	{ "--disable-resource-parameter", FLAG, "--omit-resource" },
	{ "--resource", AS_IS, "--resource" },
	{ "--client-metadata-url", AS_IS, "--client-metadata-url" },
	{ "--device-code", FLAG, "--device" },
	{ "--client-credentials", FLAG, "--grant=client-credentials" },
	{ "--connect-timeout", SECONDS, "--connect-timeout" },
	{ "--headers-timeout", SECONDS, "--timeout" },
	{ "--ping-interval", SECONDS, "--ping" },
	{ "--keep-alive", FLAG, "--ping=30s" },
	{ "--ipv4", FLAG, "--ipv4" },
	{ "--silent", FLAG, "--quiet" },
	{ "--debug", FLAG, "--explain" },
	{ "--static-oauth-client-info", INFO, "--client-id" },
	{ "--static-oauth-client-metadata", METADATA, "--scope" },
	{ "--body-timeout", NOTHING_VALUE, NULL },      /* a stream may be silent */
	{ "--protocol", NOTHING_VALUE, NULL },          /* it is found out */
	{ "--enable-proxy", NOTHING, NULL },
	{ "--disable-cookies", NOTHING, NULL },         /* none is kept */
	{ "--transport", NOTE_VALUE, "--transport is left out: the transport is found out" },
	{ "--auth-success-url", NOTE_VALUE, "--auth-success-url is left out: the page is ours" },
	{ "--token-endpoint", NOTE_VALUE, "--token-endpoint is left out: the issuer's metadata names it" },
	{ "--use-id-token", NOTE, "--use-id-token is left out: an id token is no access token" },
};

/* --- words --- */

static enum mcpass_rc read_word(const char **at, struct mp_buf *word, struct mcpass_error *err)
{
	const char *p = *at;
	char quote = '\0';

	for (; *p != '\0' && (quote != '\0' || strchr(" \t\r\n", *p) == NULL); p++) {
		if (quote == '\0' && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (quote != '\0' && *p == quote) {
			quote = '\0';
		} else if (*p == '\\' && quote != '\'' && p[1] != '\0') {
			mp_buf_addc(word, *++p);
		} else {
			mp_buf_addc(word, *p);
		}
	}
	*at = p;
	if (quote != '\0')
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a quote %c does not end", quote);
	return mp_buf_check(word, "a word", err);
}

enum mcpass_rc mp_from_split(const char *command, struct mp_strings *ret_words,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && *(command += strspn(command, " \t\r\n")) != '\0') {
		struct mp_buf word = MP_BUF(MP_MAX_DOCUMENT);

		rc = read_word(&command, &word, err);
		if (!rc)
			rc = mp_strings_add(ret_words, (struct mp_span){ mp_buf_text(&word), word.len }, err);
		mp_buf_free(&word);
	}
	return rc;
}

/* --- flags --- */

struct state {
	struct mp_strings *ours, *notes;
	const char *url, *port;
	const char *allow_http;         /* the option that wants the URL's host, or NULL */
	struct mcpass_error *err;
};

static enum mcpass_rc add_pair(struct state *s, const char *option, const char *before,
    const char *value, const char *after)
{
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc = mp_strings_add_text(s->ours, option, s->err);

	mp_buf_addf(&buf, "%s%s%s", before, value, after);
	if (!rc)
		rc = mp_buf_check(&buf, "a word", s->err);
	if (!rc)
		rc = mp_strings_add_text(s->ours, mp_buf_text(&buf), s->err);
	mp_buf_free(&buf);
	return rc;
}

static enum mcpass_rc note(struct state *s, const char *text)
{
	return mp_strings_add_text(s->notes, text, s->err);
}

/* A secret is not carried over: it would stand in a list of processes. */
static enum mcpass_rc take_info(struct state *s, const char *value)
{
	json_t *json = NULL;
	const char *id, *secret;
	enum mcpass_rc rc = MCPASS_OK;

	if (value[0] == '@')
		return note(s, "--static-oauth-client-info is left out: give --client-id what the file"
		    " has as client_id, and --client-secret-file a file with the secret");
	if (mp_json_parse(value, strlen(value), MP_MAX_DOCUMENT, "the client", &json, NULL) != MCPASS_OK)
		return note(s, "--static-oauth-client-info is left out: it is not JSON");
	id = mp_json_text(json, "client_id");
	secret = mp_json_text(json, "client_secret");
	if (id != NULL)
		rc = add_pair(s, "--client-id", "", id, "");
	if (!rc && secret != NULL)
		rc = note(s, "the client's secret is left out: put it into a file of yours, and name that"
		    " with --client-secret-file, and the authorization server with --client-issuer");
	json_decref(json);
	return rc;
}

static enum mcpass_rc take_metadata(struct state *s, const char *value)
{
	json_t *json = NULL;
	const char *scope;
	enum mcpass_rc rc;

	if (value[0] == '@' || mp_json_parse(value, strlen(value), MP_MAX_DOCUMENT, "the client", &json, NULL)
	    != MCPASS_OK)
		return note(s, "--static-oauth-client-metadata is left out: --scope says what to ask for");
	scope = mp_json_text(json, "scope");
	rc = scope != NULL ? add_pair(s, "--scope", "", scope, "") : MCPASS_OK;
	json_decref(json);
	return rc;
}

static enum mcpass_rc take_value(struct state *s, const struct row *row, const char *value)
{
	switch (row->change) {
	case SECONDS:
		return add_pair(s, row->ours, "", value, "s");
	case FILE_OF:
		return add_pair(s, row->ours, "@", value, "");
	case INFO:
		return take_info(s, value);
	case METADATA:
		return take_metadata(s, value);
	case NOTHING_VALUE:
		return MCPASS_OK;
	case NOTE_VALUE:
		return mp_strings_add_text(s->notes, row->ours, s->err);
	default:
		return add_pair(s, row->ours, "", value, "");
	}
}

static bool has_value(enum change change)
{
	return change != FLAG && change != HOST_OF && change != NOTHING && change != NOTE;
}

static enum mcpass_rc take_flag(struct state *s, const struct row *row)
{
	if (row->change == HOST_OF)
		s->allow_http = row->ours;
	else if (row->change == FLAG)
		return mp_strings_add_text(s->ours, row->ours, s->err);
	else if (row->change == NOTE)
		return mp_strings_add_text(s->notes, row->ours, s->err);
	return MCPASS_OK;
}

static const struct row *find(const char *flag)
{
	for (size_t i = 0; i < MP_COUNT(rows); i++)
		if (mp_eq(rows[i].flag, flag))
			return &rows[i];
	return NULL;
}

static enum mcpass_rc take_operand(struct state *s, const char *word)
{
	if (s->url == NULL)
		s->url = word;
	else if (s->port == NULL && word[strspn(word, "0123456789")] == '\0') {
		s->port = word;
		return add_pair(s, "--callback-port", "", word, "");
	}
	return MCPASS_OK;
}

static enum mcpass_rc unknown(struct state *s, const char *flag)
{
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	mp_buf_addf(&buf, "%s is left out: mcp-remote has no such flag that we know", flag);
	rc = mp_buf_check(&buf, "a note", s->err);
	if (!rc)
		rc = mp_strings_add_text(s->notes, mp_buf_text(&buf), s->err);
	mp_buf_free(&buf);
	return rc;
}

/* Behind the program's name, if that is there. */
static size_t first_word(const struct mp_strings *words)
{
	for (size_t i = 0; i < words->count; i++) {
		const char *slash = strrchr(words->items[i], '/');
		const char *name = slash != NULL ? slash + 1 : words->items[i];

		if (strncmp(name, "mcp-remote", 10) == 0 && (name[10] == '\0' || name[10] == '@'))
			return i + 1;
	}
	return 0;
}

static enum mcpass_rc finish(struct state *s)
{
	struct mp_uri uri;
	char *host = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (s->url == NULL)
		return mp_fail(s->err, MCPASS_E_USAGE, NULL, "the command line names no URL");
	if (s->allow_http != NULL && mp_uri_parse(s->url, &uri, NULL) == MCPASS_OK && !uri.is_https) {
		rc = mp_set_span(&host, uri.host, s->err);
		if (!rc)
			rc = add_pair(s, s->allow_http, "", host, "");
	}
	free(host);
	return rc ? rc : mp_strings_add_text(s->ours, s->url, s->err);
}

enum mcpass_rc mp_from_mcp_remote(const struct mp_strings *words, struct mp_strings *ret_ours,
    struct mp_strings *ret_notes, struct mcpass_error *err)
{
	struct state s = { .ours = ret_ours, .notes = ret_notes, .err = err };
	enum mcpass_rc rc = mp_strings_add_text(ret_ours, "bridge", err);

	for (size_t i = first_word(words); !rc && i < words->count; i++) {
		const char *word = words->items[i];
		const struct row *row = find(word);

		if (word[0] != '-')
			rc = take_operand(&s, word);
		else if (row == NULL)
			rc = unknown(&s, word);
		else if (!has_value(row->change))
			rc = take_flag(&s, row);
		else if (i + 1 < words->count)
			rc = take_value(&s, row, words->items[++i]);
	}
	return rc ? rc : finish(&s);
}
