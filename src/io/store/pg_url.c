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
 * one all the same. */
static struct mp_span user_of(const char *rest)
{
	size_t len = strcspn(rest, "?");

	while (len > 0 && rest[len] != '@')
		len--;
	return (struct mp_span){ rest, len };
}

/* A name may be percent-encoded: then it is not looked into. */
static bool is_secret(const char *name, size_t len)
{
	static const char *const secrets[] = { "password", "sslpassword", "passwd" };

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
	struct mp_buf text;

	if (rest == NULL)
		return mp_set(ret_text, place, err);
	mp_buf_init(&text, MP_MAX_URI);
	user = user_of(rest);
	mp_buf_adds(&text, "postgresql://");
	if (user.len > 0) {
		const char *colon = memchr(user.data, ':', user.len);

		mp_buf_add(&text, user.data, colon != NULL ? (size_t)(colon - user.data) : user.len);
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
	mp_hint(err, "Put it into ~/.pgpass (mode 600), or the whole URL into MCPASS_STORE.");
	return rc;
}
