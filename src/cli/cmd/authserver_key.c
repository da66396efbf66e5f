#include "cli/cmd/authserver_key.h"
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/file/read_file.h"
#include "ui/out.h"
#include "io/file/secret_file.h"
#include "serve/authserver/auth_server.h"
#include "wire/jose/jwk.h"
#include "ui/report.h"

static enum mcpass_rc make(const char *path, char **ret_text, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = mp_auth_server_new_key(&text, err);

	if (!rc)
		rc = mp_secret_file_create(path, text, err);
	if (!rc)
		mp_say(false, "A new key is in %s: its holder can make tokens.", path);
	if (rc)
		mp_free_wiped(text);
	else
		*ret_text = text;
	return rc;
}

/* One that is there serves on: tokens were made with it. */
static enum mcpass_rc find(const char *path, char **ret_text, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (access(path, F_OK) != 0)
		return make(path, ret_text, err);
	rc = mp_secret_file_check(path, err);
	return rc ? rc : mp_read_file(path, MP_MAX_DOCUMENT, ret_text, NULL, err);
}

static enum mcpass_rc read_key(const char *text, struct mp_key **ret_key,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	json_t *jwk = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "the key", &jwk, &why);
	if (!rc)
		rc = mp_jwk_parse(jwk, true, ret_key, &why);
	json_decref(jwk);
	return rc ? mp_report_typed(&why, NULL, err) : MCPASS_OK;
}

static enum mcpass_rc print_set(const struct mp_key *key, struct mcpass_error *err)
{
	json_t *jwk = NULL;
	enum mcpass_rc rc = mp_jwk_write(key, false, &jwk, err);

	return rc ? rc : mp_out_json_new(json_pack("{s:[o]}", "keys", jwk), err);
}

enum mcpass_rc mp_authserver_key(const char *path, struct mcpass_error *err)
{
	struct mp_key *key = NULL;
	char *text = NULL;
	enum mcpass_rc rc = find(path, &text, err);

	if (!rc)
		rc = read_key(text, &key, err);
	if (!rc)
		rc = print_set(key, err);
	mp_key_free(key);
	mp_free_wiped(text);
	return mp_doing(err, rc, "making a key for tests");
}
