/* Authorization server metadata that anybody may have written. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "oauth/asmeta.h"
#include "oauth/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* A record is written from what was read, and has to say the same. */
static void write_again(const struct mp_asmeta *meta)
{
	struct mp_asmeta again = { 0 };
	json_t *first = json_object(), *second = json_object();

	require(mp_asmeta_write(meta, first, NULL) == MCPASS_OK);
	require(mp_asmeta_read(first, &again, NULL) == MCPASS_OK);
	require(mp_asmeta_write(&again, second, NULL) == MCPASS_OK);
	require(json_equal(first, second));
	json_decref(first);
	json_decref(second);
	mp_asmeta_free(&again);
}

static void find_places(const char *issuer)
{
	struct mp_strings urls = { 0 };

	if (mp_asmeta_places(issuer, &urls, NULL) != MCPASS_OK)
		return;
	require(urls.count == 2 || urls.count == 4);
	mp_strings_free(&urls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_asmeta meta = { 0 };
	struct mcpass_error err = { 0 };
	bool slash = false;

	if (mp_asmeta_parse((const char *)data, len, &meta, &err) != MCPASS_OK) {
		require(err.rc != MCPASS_OK && meta.issuer == NULL);
		return 0;
	}
	(void)mp_asmeta_check_issuer(&meta, "https://as.example", &slash, NULL);
	require(mp_asmeta_check_issuer(&meta, meta.issuer, &slash, NULL) == MCPASS_OK && !slash);
	if (mp_asmeta_check_code_flow(&meta, false, NULL) == MCPASS_OK) {
		require(mp_strings_has(&meta.code_challenge_methods_supported, "S256"));
		require(mp_target_check(meta.token_endpoint, "https://rs.example", false, "it", &err)
		    != MCPASS_OK || strncasecmp(meta.token_endpoint, "https://", 8) == 0);
	}
	write_again(&meta);
	find_places(meta.issuer);
	mp_asmeta_free(&meta);
	return 0;
}
