#include "cli/hosts/entry.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "cli/hosts/json_edit.h"
#include "cli/hosts/toml_edit.h"
#include "io/store/pg_url.h"
#include "io/store/secret_service.h"
#include "io/system/self.h"
#include "ui/out.h"
#include "wire/json/json.h"
#include "wire/uri.h"

/* Many hosts start a server with little more than HOME and PATH: where the store is, how the
 * network is reached, how a browser is. */
static const char *const variables[] = {
	"XDG_DATA_HOME", "XDG_CONFIG_HOME", "MCPASS_STORE", "MCPASS_STORE_KEY", "MCPASS_CONFIG", "MCPASS_CLIENT_METADATA_URL",
	"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
	"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
};

/* A password, of a proxy or of a database, is not copied into another program's file. */
static bool has_secret(const char *value)
{
	return mp_pg_url_is(value) ? mp_pg_url_has_password(value)
	    : strstr(value, "://") != NULL && strchr(value, '@') != NULL;
}

void mp_host_add_path(struct mp_buf *buf, const char *path)
{
	char folder[PATH_MAX];

	if (strchr("/:", path[0]) == NULL && strcmp(path, "-") != 0 && !mp_pg_url_is(path)
	    && !mp_secret_service_is(path) && getcwd(folder, sizeof(folder)) != NULL)
		mp_buf_addf(buf, "%s/", folder);
	mp_buf_adds(buf, strncmp(path, "./", 2) == 0 ? path + 2 : path);
}

static enum mcpass_rc add_variable(struct mp_strings *env, const char *name, const char *value,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);

	mp_buf_addf(&buf, "%s=", name);
	if (strncmp(name, "MCPASS_STORE", strlen("MCPASS_STORE")) == 0 || strcmp(name, "MCPASS_CONFIG") == 0)
		mp_host_add_path(&buf, value);
	else
		mp_buf_adds(&buf, value);
	return mp_buf_move(&buf, "the environment", env, err);
}

static enum mcpass_rc take_environment(struct mp_strings *env, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < MP_COUNT(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value == NULL || value[0] == '\0')
			continue;
		if (!has_secret(value))
			rc = add_variable(env, variables[i], value, err);
		else if (mp_pg_url_is(value))
			mp_say(false, "mcpass: %s has a password and is not copied, so the host's bridge does not use"
			    " that store. Put the password into ~/.pgpass (mode 600).", variables[i]);
	}
	return rc;
}

static enum mcpass_rc find_command(char **ret_command, struct mcpass_error *err)
{
	char path[4096];

	return mp_set(ret_command, mp_self_path(path, sizeof(path)) ? path : "mcpass", err);
}

/* "linear" of mcp.linear.app: the first label that says something. */
static struct mp_span label_of(struct mp_span host)
{
	static const char *const plain[] = { "mcp", "www", "api", "remote" };

	for (;;) {
		const char *dot = memchr(host.data, '.', host.len);
		struct mp_span label = { host.data, dot != NULL ? (size_t)(dot - host.data) : host.len };
		bool is_plain = false;

		for (size_t i = 0; i < MP_COUNT(plain); i++)
			is_plain |= mp_span_is_nocase(label, plain[i]);
		if (!is_plain || dot == NULL)
			return label;
		host = (struct mp_span){ dot + 1, host.len - label.len - 1 };
	}
}

enum mcpass_rc mp_host_entry_name(const char *server, char **ret_name, struct mcpass_error *err)
{
	struct mp_span name = { server, strlen(server) };
	struct mp_uri uri;
	enum mcpass_rc rc;

	if (mp_uri_parse(server, &uri, NULL) == MCPASS_OK)
		name = mp_uri_is_private(&uri) ? uri.host : label_of(uri.host);
	rc = mp_set_span(ret_name, name, err);
	for (char *at = *ret_name; !rc && *at != '\0'; at++)    /* what every host takes */
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *at) == NULL)
			*at = '-';
	return rc;
}

enum mcpass_rc mp_host_entry_make(const char *name, const char *server, const struct mp_strings *words,
    struct mp_host_entry *ret_entry, struct mcpass_error *err)
{
	struct mp_host_entry entry = { 0 };
	enum mcpass_rc rc = name != NULL ? mp_set(&entry.name, name, err)
	    : mp_host_entry_name(server, &entry.name, err);

	if (!rc)
		rc = find_command(&entry.command, err);
	if (!rc)
		rc = mp_strings_add(&entry.args, (struct mp_span){ "bridge", 6 }, err);
	for (size_t i = 0; !rc && i < words->count; i++)
		rc = mp_strings_add_text(&entry.args, words->items[i], err);
	if (!rc)
		rc = take_environment(&entry.env, err);
	if (rc)
		mp_host_entry_free(&entry);
	else
		*ret_entry = entry;
	return rc;
}

void mp_host_entry_free(struct mp_host_entry *entry)
{
	free(entry->name);
	free(entry->command);
	mp_strings_free(&entry->args);
	mp_strings_free(&entry->env);
	*entry = (struct mp_host_entry){ 0 };
}

/* A JSON string, which is one in TOML, too. */
static void add_string(struct mp_buf *buf, struct mp_span text)
{
	json_t *string = json_stringn(text.data, text.len);
	char *json = string != NULL ? mp_json_dump(string) : NULL;

	if (json != NULL)
		mp_buf_adds(buf, json);
	else if (buf->failed == MCPASS_OK)
		buf->failed = MCPASS_E_NOMEM;
	mp_free_wiped(json);
	json_decref(string);
}

static void add_args(struct mp_buf *buf, const struct mp_host_entry *entry)
{
	mp_buf_addc(buf, '[');
	for (size_t i = 0; i < entry->args.count; i++) {
		mp_buf_adds(buf, i > 0 ? ", " : "");
		add_string(buf, (struct mp_span){ entry->args.items[i], strlen(entry->args.items[i]) });
	}
	mp_buf_addc(buf, ']');
}

static void add_env(struct mp_buf *buf, const struct mp_host_entry *entry, const char *indent,
    const char *equals, const char *between)
{
	for (size_t i = 0; i < entry->env.count; i++) {
		const char *item = entry->env.items[i], *sign = strchr(item, '=');

		mp_buf_addf(buf, "%s%s", i > 0 ? between : "", indent);
		add_string(buf, (struct mp_span){ item, (size_t)(sign - item) });
		mp_buf_adds(buf, equals);
		add_string(buf, (struct mp_span){ sign + 1, strlen(sign + 1) });
	}
}

/* The value of the member (JSON), or the lines of the table (TOML). */
static void write_entry(const struct mp_host_entry *entry, const struct mp_host_file *host,
    struct mp_buf *buf)
{
	struct mp_span command = { entry->command, strlen(entry->command) };

	if (host->format == MP_HOST_TOML) {
		mp_buf_adds(buf, "command = ");
		add_string(buf, command);
		mp_buf_adds(buf, "\nargs = ");
		add_args(buf, entry);
		mp_buf_adds(buf, "\n");
		if (entry->env.count > 0) {
			mp_buf_adds(buf, "env = { ");
			add_env(buf, entry, "", " = ", ", ");
			mp_buf_adds(buf, " }\n");
		}
		return;
	}
	mp_buf_addf(buf, "{\n%s  \"command\": ", host->has_type ? "  \"type\": \"stdio\",\n" : "");
	add_string(buf, command);
	mp_buf_adds(buf, ",\n  \"args\": ");
	add_args(buf, entry);
	if (entry->env.count > 0) {
		mp_buf_adds(buf, ",\n  \"env\": {\n");
		add_env(buf, entry, "    ", ": ", ",\n");
		mp_buf_adds(buf, "\n  }");
	}
	mp_buf_adds(buf, "\n}");
}

enum mcpass_rc mp_host_entry_put(const struct mp_host_entry *entry, const struct mp_host_file *host,
    struct mp_span file, struct mp_buf *buf, struct mcpass_error *err)
{
	struct mp_buf value = MP_BUF(MP_MAX_DOCUMENT);
	enum mcpass_rc rc;

	write_entry(entry, host, &value);
	rc = mp_buf_check(&value, "an entry", err);
	if (!rc && host->format == MP_HOST_JSON)
		rc = mp_json_edit_put(file, host->container, entry->name, mp_buf_text(&value), buf, err);
	else if (!rc)
		mp_toml_edit_put(file, host->container, entry->name, mp_buf_text(&value), buf);
	mp_buf_free(&value);
	return rc ? rc : mp_buf_check(buf, "the file", err);
}
