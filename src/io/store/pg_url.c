#include "io/store/pg_url.h"
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"

static const char *after_scheme(const char *place)
{
	static const char *const schemes[] = { "postgresql://", "postgres://" };

	for (size_t i = 0; i < MP_COUNT(schemes); i++)
		if (strncmp(place, schemes[i], strlen(schemes[i])) == 0)
			return place + strlen(schemes[i]);
	return NULL;
}

bool mp_pg_url_is(const char *place)
{
	return after_scheme(place) != NULL;
}

/* "user:password", as far as the last '@': a password that should have been percent-encoded is
 * one all the same.  Before the first '/' libpq takes a '?' for a part of it. */
static struct mp_span user_of(const char *rest)
{
	size_t first = strcspn(rest, "@/"), least = rest[first] == '@' ? first : 0;
	size_t len = least + strcspn(rest + least, "?");

	while (len > least && rest[len] != '@')
		len--;
	return (struct mp_span){ rest, len };
}

/* A name may be percent-encoded: then it is not looked into. */
static bool is_secret(const char *name, size_t len)
{
	static const char *const secrets[] = { "password", "sslpassword", "passwd",
		"scram_client_key", "scram_server_key", "oauth_client_secret" };

	for (size_t i = 0; i < MP_COUNT(secrets); i++)
		if (mp_span_is((struct mp_span){ name, len }, secrets[i]))
			return true;
	return memchr(name, '%', len) != NULL;
}

bool mp_pg_url_has_password(const char *url)
{
	const char *rest = after_scheme(url), *query;
	struct mp_span user;

	if (rest == NULL)
		return false;
	user = user_of(rest);
	if (user.len > 0 && memchr(user.data, ':', user.len) != NULL)
		return true;
	query = strchr(rest, '?');
	while (query != NULL) {
		query++;
		if (is_secret(query, strcspn(query, "=&")))
			return true;
		query = strchr(query, '&');
	}
	return false;
}

enum mcpass_rc mp_pg_url_show(const char *place, char **ret_text, struct mcpass_error *err)
{
	const char *rest = after_scheme(place);
	struct mp_span user;
	struct mp_buf text = MP_BUF(MP_MAX_URI);

	if (rest == NULL)
		return mp_set(ret_text, place, err);
	user = user_of(rest);
	mp_buf_adds(&text, "postgresql://");
	if (user.len > 0) {
		size_t name = strcspn(user.data, ":?");

		mp_buf_add(&text, user.data, name < user.len ? name : user.len);
		mp_buf_addc(&text, '@');
		rest += user.len + 1;
	}
	mp_buf_add(&text, rest, strcspn(rest, "?"));
	return mp_buf_take(&text, "the name of the store", ret_text, err);
}

enum mcpass_rc mp_pg_url_check_argument(const char *place, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (place == NULL || !mp_pg_url_has_password(place))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, NULL,
	    "a password in an argument can be read by every user of this machine");
	mp_hint(err, "Put it into ~/.pgpass (mode 600); that of credentials can be in MCPASS_STORE, with the"
	    " whole URL.");
	return rc;
}

/* "host=... dbname=...", libpq's other form. */
static bool is_keyword(struct mp_span name)
{
	static const char *const keywords[] = { "host", "hostaddr", "port", "dbname", "user", "password",
		"service" };
	bool found = false;

	for (size_t i = 0; i < MP_COUNT(keywords) && !found; i++)
		found = mp_span_is(name, keywords[i]);
	return found;
}

enum mcpass_rc mp_pg_url_check_place(const char *place, struct mcpass_error *err)
{
	struct mp_span name = { place, strcspn(place, ":=/") };
	const char *rest = place + name.len;
	enum mcpass_rc rc;

	if (mp_pg_url_is(place) || name.len == 0)
		return MCPASS_OK;
	if (strncmp(rest, "://", 3) != 0 && !(rest[0] == '=' && is_keyword(name))
	    && !(rest[0] == ':' && (mp_span_is(name, "postgresql") || mp_span_is(name, "postgres"))))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%.*s%c... names no store", (int)name.len, place,
	    rest[0]);
	mp_hint(err, "A store is a file, or postgresql://USER@HOST:PORT/DATABASE.");
	return rc;
}
