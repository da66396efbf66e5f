/* Resource metadata that anybody may have written: read, judged, written back, and its
 * scopes chosen from. */
#include <stdlib.h>
#include <string.h>
#include "oauth/prm.h"
#include "oauth/scope.h"
#include "wire/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* What was written has to be read as the same document. */
static void write_again(const struct mp_prm *prm)
{
	struct mp_prm again = { 0 };
	char *text = NULL, *twice = NULL;

	require(mp_prm_write(prm, &text, NULL) == MCPASS_OK);
	require(mp_prm_parse(text, strlen(text), &again, NULL) == MCPASS_OK);
	require(strcmp(again.resource, prm->resource) == 0);
	require(mp_prm_write(&again, &twice, NULL) == MCPASS_OK && strcmp(text, twice) == 0);
	mp_prm_free(&again);
	free(text);
	free(twice);
}

static void find_places(const char *url)
{
	struct mp_strings urls = { 0 };
	struct mp_uri uri;

	if (mp_prm_places(NULL, url, &urls, NULL) != MCPASS_OK)
		return;
	for (size_t i = 0; i < urls.count; i++)
		require(mp_uri_parse(urls.items[i], &uri, NULL) == MCPASS_OK);
	mp_strings_free(&urls);
}

static void choose_scope(const struct mp_prm *prm)
{
	static const struct mp_strings none = { 0 };
	struct mp_scope_inputs inputs = { NULL, NULL, &prm->scopes_supported, &none, &none };
	struct mp_strings set = { 0 };

	if (mp_scope_choose(&inputs, &set, NULL) != MCPASS_OK)
		return;
	for (size_t i = 0; i < set.count; i++)
		require(strchr(set.items[i], ' ') == NULL && set.items[i][0] != '\0');
	mp_strings_free(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mcpass_error err = { 0 };
	struct mp_prm prm = { 0 };

	if (mp_prm_parse((const char *)data, len, &prm, &err) != MCPASS_OK) {
		require(err.rc != MCPASS_OK && prm.resource == NULL);
		return 0;
	}
	(void)mp_prm_check_resource(&prm, "https://rs.example/mcp", &err);
	require(mp_prm_check_resource(&prm, prm.resource, NULL) == MCPASS_OK
	    || strstr(prm.resource, "..") != NULL || strchr(prm.resource, '%') != NULL
	    || strstr(prm.resource, "/.") != NULL);
	write_again(&prm);
	find_places(prm.resource);
	choose_scope(&prm);
	mp_prm_free(&prm);
	return 0;
}
