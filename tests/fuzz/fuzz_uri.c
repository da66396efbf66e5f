/* Parses the first line; resolves the second against it.  What must hold of any result
 * is checked here. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "wire/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_parsed(const struct mp_uri *uri)
{
	require(uri->host.len > 0 && uri->port > 0 && uri->port <= 65535);
	require(uri->path.len == 0 || uri->path.data[0] == '/');
	require(mp_uri_same_origin(uri, uri));
	require(!mp_uri_is_loopback(uri) || mp_uri_is_private(uri));
}

static void check_well_known(const struct mp_uri *uri)
{
	for (int form = MP_WELL_KNOWN_INSERTED; form <= MP_WELL_KNOWN_APPENDED; form++) {
		struct mp_uri built;
		char *url = NULL;

		if (mp_uri_well_known(uri, "x", (enum mp_well_known)form, &url, NULL) == MCPASS_OK)
			require(mp_uri_parse(url, &built, NULL) == MCPASS_OK
			    && mp_uri_same_origin(uri, &built));
		free(url);
	}
}

static void check_resolved(const struct mp_uri *base, const char *reference)
{
	struct mp_uri target;
	char *url = NULL, *again = NULL;

	if (mp_uri_resolve(base, reference, &url, NULL) != MCPASS_OK)
		return;
	require(mp_uri_parse(url, &target, NULL) == MCPASS_OK);
	check_parsed(&target);
	(void)mp_uri_is_parent(base, &target);
	/* An absolute URI without dot segments resolves to itself, whatever the base. */
	require(mp_uri_resolve(base, url, &again, NULL) == MCPASS_OK);
	if (mp_uri_is_parent(&target, &target))
		require(strcmp(url, again) == 0);
	free(again);
	free(url);
}

/* A browser is started with it: no command in it, the same origin, and once is enough. */
static void check_plain(const struct mp_uri *uri, const char *text)
{
	char *plain = NULL, *again = NULL;
	struct mp_uri other;

	if (mp_uri_plain(text, &plain, NULL) != MCPASS_OK)
		return;
	require(strpbrk(plain, "$`'\"\\;()*!<>|^{} ,") == NULL);
	if (mp_uri_parse(plain, &other, NULL) == MCPASS_OK) {   /* else over the cap */
		require(mp_uri_same_origin(uri, &other));
		require(mp_uri_plain(plain, &again, NULL) == MCPASS_OK && strcmp(plain, again) == 0);
	}
	free(again);
	free(plain);
}

/* Of any text. */
static void check_loose(const char *text)
{
	char *loose = NULL;

	if (mp_uri_loose(text, &loose, NULL) == MCPASS_OK)
		require(strlen(loose) <= strlen(text) + 2);
	free(loose);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), *reference;
	struct mp_uri uri;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	reference = strchr(text, '\n');
	if (reference != NULL)
		*reference++ = '\0';
	check_loose(text);
	if (mp_uri_parse(text, &uri, NULL) == MCPASS_OK) {
		check_parsed(&uri);
		check_well_known(&uri);
		check_plain(&uri, text);
		if (reference != NULL)
			check_resolved(&uri, reference);
	}
	free(text);
	return 0;
}
