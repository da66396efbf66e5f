#include "cli/hosts/mcp_remote.h"
#include <dirent.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/limits.h"
#include "io/file/read_file.h"
#include "io/system/environment.h"
#include "wire/json/json.h"

#define HASH_LEN 32

/* --- which files --- */

/* {"A":"v",...}, names in order, as JSON.stringify() writes it. */
static enum mcpass_rc add_headers(struct mp_buf *buf, const char *const *headers, size_t count,
    struct mcpass_error *err)
{
	json_t *all = json_object();
	char *text = NULL;
	enum mcpass_rc rc = all == NULL ? mp_nomem(err) : MCPASS_OK;

	for (size_t i = 0; !rc && i < count; i++) {
		const char *colon = strchr(headers[i], ':'), *end;

		if (colon == NULL)
			continue;
		for (end = colon; end > headers[i] && end[-1] == ' '; end--)
			continue;
		colon += 1 + strspn(colon + 1, " ");
		if (json_object_setn_new(all, headers[i], (size_t)(end - headers[i]), json_string(colon)) != 0)
			rc = mp_nomem(err);
	}
	if (!rc && count > 0 && (text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS)) == NULL)
		rc = mp_nomem(err);
	if (text != NULL)
		mp_buf_addf(buf, "|%s", text);
	mp_free_wiped(text);
	json_decref(all);
	return rc;
}

/* No security hangs on it: it is the name of a file. */
static enum mcpass_rc hash(const char *text, size_t len, char ret_hash[HASH_LEN + 1],
    struct mcpass_error *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t size = sizeof(digest);

	if (EVP_Q_digest(NULL, "MD5", NULL, text, len, digest, &size) != 1 || size != HASH_LEN / 2)
		return mp_fail(err, MCPASS_E_IO, NULL, "this system's OpenSSL has no MD5, by which mcp-remote"
		    " names its files");
	for (size_t i = 0; i < size; i++) {
		ret_hash[2 * i] = digits[digest[i] >> 4];
		ret_hash[2 * i + 1] = digits[digest[i] & 15];
	}
	ret_hash[HASH_LEN] = '\0';
	return MCPASS_OK;
}

static enum mcpass_rc name_of(const char *url, const char *resource, const char *const *headers,
    size_t count, char ret_hash[HASH_LEN + 1], struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	mp_buf_adds(&text, url);
	if (resource != NULL)
		mp_buf_addf(&text, "|%s", resource);
	rc = add_headers(&text, headers, count, err);
	if (!rc)
		rc = mp_buf_check(&text, "a name", err);
	if (!rc)
		rc = hash(mp_buf_text(&text), text.len, ret_hash, err);
	mp_buf_free(&text);
	return rc;
}

static enum mcpass_rc root_of(char **ret_path, struct mcpass_error *err)
{
	const char *root = mp_environment("MCP_REMOTE_CONFIG_DIR"), *home = mp_environment("HOME");
	struct mp_buf buf = MP_BUF(4096);

	if (root != NULL)
		return mp_set(ret_path, root, err);
	mp_buf_addf(&buf, "%s/.mcp-auth", home != NULL ? home : "");
	return mp_buf_take(&buf, "a path", ret_path, err);
}

static enum mcpass_rc path_of(const char *folder, const char *hash_text, const char *what,
    char **ret_path, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(8192);

	mp_buf_addf(&buf, "%s/%s_%s.json", folder, hash_text, what);
	return mp_buf_take(&buf, "a path", ret_path, err);
}

/* Each version has a folder: the newest tokens count. */
static enum mcpass_rc look_into(const char *folder, const char *hash_text, time_t *newest,
    char **ret_folder, struct mcpass_error *err)
{
	char *path = NULL;
	struct stat st;
	enum mcpass_rc rc = path_of(folder, hash_text, "tokens", &path, err);

	if (!rc && stat(path, &st) == 0 && (*ret_folder == NULL || st.st_mtime > *newest)) {
		*newest = st.st_mtime;
		rc = mp_set(ret_folder, folder, err);
	}
	free(path);
	return rc;
}

static enum mcpass_rc find_folder(const char *hash_text, char **ret_folder,
    struct mcpass_error *err)
{
	char *root = NULL;
	const struct dirent *entry;
	time_t newest = 0;
	DIR *dir = NULL;
	enum mcpass_rc rc = root_of(&root, err);

	if (!rc && (dir = opendir(root)) != NULL)
		while (!rc && (entry = readdir(dir)) != NULL) {
			struct mp_buf folder;

			if (strncmp(entry->d_name, "mcp-remote-", 11) != 0)
				continue;
			mp_buf_init(&folder, 8192);
			mp_buf_addf(&folder, "%s/%s", root, entry->d_name);
			rc = mp_buf_check(&folder, "a path", err);
			if (!rc)
				rc = look_into(mp_buf_text(&folder), hash_text, &newest, ret_folder, err);
			mp_buf_free(&folder);
		}
	if (dir != NULL)
		(void)closedir(dir);
	free(root);
	return rc;
}

/* --- what stands in them --- */

static enum mcpass_rc read_json(const char *folder, const char *hash_text, const char *what,
    json_t **ret_json, struct mcpass_error *err)
{
	char *path = NULL, *text = NULL;
	enum mcpass_rc rc = path_of(folder, hash_text, what, &path, err);

	if (!rc)
		rc = mp_read_file(path, MP_MAX_DOCUMENT, &text, NULL, err);
	if (!rc)
		rc = mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "mcp-remote's file", ret_json, err);
	mp_free_wiped(text);
	free(path);
	return rc;
}

static enum mcpass_rc take_text(const json_t *json, const char *name, char **slot,
    struct mcpass_error *err)
{
	return mp_set(slot, mp_json_text(json, name), err);
}

static enum mcpass_rc take_secret(const json_t *json, const char *name, struct mp_secret *slot,
    struct mcpass_error *err)
{
	return mp_secret_set(slot, mp_json_text(json, name), err);
}

static enum mcpass_rc take_tokens(const json_t *json, struct mp_mcp_remote *login,
    struct mcpass_error *err)
{
	const json_t *expires = json_object_get(json, "expires_at");
	enum mcpass_rc rc = take_secret(json, "access_token", &login->access_token, err);

	if (!rc)
		rc = take_secret(json, "refresh_token", &login->refresh_token, err);
	if (!rc)
		rc = take_text(json, "token_type", &login->token_type, err);
	if (!rc)
		rc = take_text(json, "scope", &login->scope, err);
	if (!rc)
		rc = take_text(json, "issuer", &login->issuer, err);
	login->expires_at = (int64_t)json_number_value(expires) / 1000;
	return rc;
}

static enum mcpass_rc take_client(const json_t *json, struct mp_mcp_remote *login,
    struct mcpass_error *err)
{
	const json_t *uris = json_object_get(json, "redirect_uris");
	enum mcpass_rc rc = take_text(json, "client_id", &login->client_id, err);

	if (!rc)
		rc = take_secret(json, "client_secret", &login->client_secret, err);
	if (!rc)
		rc = take_text(json, "token_endpoint_auth_method", &login->auth_method, err);
	if (!rc)
		rc = take_text(json, "scope", &login->client_scope, err);
	if (!rc)
		rc = mp_set(&login->redirect_uri, json_string_value(json_array_get(uris, 0)), err);
	return rc;
}

enum mcpass_rc mp_mcp_remote_find(const char *url, const char *resource,
    const char *const *headers, size_t header_count, struct mp_mcp_remote *ret_login,
    struct mcpass_error *err)
{
	struct mp_mcp_remote login = { 0 };
	char name[HASH_LEN + 1];
	json_t *tokens = NULL, *client = NULL;
	enum mcpass_rc rc = name_of(url, resource, headers, header_count, name, err);

	if (!rc)
		rc = find_folder(name, &login.folder, err);
	if (!rc && login.folder == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "mcp-remote has no login for %s", url);
		mp_hint(err, "give the URL, the --header and the --resource exactly as mcp-remote had them");
	}
	if (!rc)
		rc = read_json(login.folder, name, "tokens", &tokens, err);
	if (!rc)
		rc = read_json(login.folder, name, "client_info", &client, err);
	if (!rc)
		rc = take_tokens(tokens, &login, err);
	if (!rc)
		rc = take_client(client, &login, err);
	json_decref(tokens);
	json_decref(client);
	if (rc)
		mp_mcp_remote_free(&login);
	else
		*ret_login = login;
	return rc;
}

void mp_mcp_remote_free(struct mp_mcp_remote *login)
{
	char **const texts[] = { &login->folder, &login->client_id, &login->auth_method,
		&login->redirect_uri, &login->client_scope, &login->token_type, &login->scope, &login->issuer };

	for (size_t i = 0; i < MP_COUNT(texts); i++) {
		free(*texts[i]);
		*texts[i] = NULL;
	}
	mp_secret_free(&login->client_secret);
	mp_secret_free(&login->access_token);
	mp_secret_free(&login->refresh_token);
}
