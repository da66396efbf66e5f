/* The files of clients and of trusted issuers. */
#include <stdio.h>
#include <sys/stat.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "serve/authserver/client_files.h"
#include "harness/check.h"

#define LINE "$scrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static char folder[] = "/tmp/mcpass-known-XXXXXX";

static const char *write_file(const char *name, const char *text)
{
	static char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	CHECK("written", file != NULL && fputs(text, file) >= 0 && fclose(file) == 0
	    && chmod(path, 0600) == 0);
	return path;
}

static void test_clients(void)
{
	struct mp_known_clients clients = { 0 };
	const struct mp_issuer_client *client;
	struct mcpass_error err = { 0 };

	CHECK_EQ("a secret", chmod(write_file("secret", "top secret\n"), 0640), 0);
	CHECK_EQ("that others may read", mp_client_files_read_clients(write_file("clients.json",
	    "[{\"client_id\":\"a\",\"client_secret_file\":\"secret\"}]"), &clients, &err), MCPASS_E_POLICY);
	CHECK_HAS("says how to mend it", err.hint, "chmod 600");
	err = (struct mcpass_error){ 0 };
	write_file("secret", "top secret\n");
	write_file("keys.json", "{\"keys\":[]}");
	CHECK_EQ("read", mp_client_files_read_clients(write_file("clients.json", "[{\"client_id\":\"a\","
	    "\"client_name\":\"A\",\"client_secret_file\":\"secret\",\"grant_types\":"
	    "[\"authorization_code\",\"refresh_token\"],\"redirect_uris\":[\"http://127.0.0.1/\"],"
	    "\"scope\":\"mcp:read\",\"audiences\":[\"https://m/mcp\"],\"introspects\":[\"https://n\"]},"
	    "{\"client_id\":\"b\",\"client_secret_hash\":\"" LINE "\",\"jwks\":{\"keys\":[]}},"
	    "{\"client_id\":\"c\",\"jwks_file\":\"keys.json\"}]"), &clients, &err), MCPASS_OK);
	CHECK_STR("no error", err.detail, "");
	CHECK_EQ("three", clients.count, 3);
	client = clients.items;
	CHECK_STR("id", client[0].client_id, "a");
	CHECK_STR("name", client[0].client_name, "A");
	CHECK_STR("secret, without the line end", client[0].client_secret, "top secret");
	CHECK_STR("grants", client[0].grants, "authorization_code refresh_token");
	CHECK_STR("redirect", client[0].redirect_uris.items[0], "http://127.0.0.1/");
	CHECK_STR("scope", client[0].scope, "mcp:read");
	CHECK_STR("audience", client[0].audiences.items[0], "https://m/mcp");
	CHECK_STR("introspects", client[0].introspects.items[0], "https://n");
	CHECK_STR("hash", client[1].client_secret_hash, LINE);
	CHECK_STR("keys in it", client[1].jwks, "{\"keys\":[]}");
	CHECK_STR("keys beside it", client[2].jwks, "{\"keys\":[]}");
	mp_client_files_free_clients(&clients);
}

static void test_issuers(void)
{
	struct mp_known_issuers issuers = { 0 };
	struct mcpass_error err = { 0 };

	CHECK_EQ("read", mp_client_files_read_issuers(write_file("issuers.json", "[{\"issuer\":\"https://p\","
	    "\"kind\":\"workload\",\"jwks\":{\"keys\":[]},\"audience\":\"x\",\"scope\":\"mcp:read\","
	    "\"reusable\":true},{\"issuer\":\"https://i\",\"kind\":\"id-jag\","
	    "\"jwks_uri\":\"https://i/k\"}]"), &issuers, &err), MCPASS_OK);
	CHECK_STR("no error", err.detail, "");
	CHECK_EQ("two", issuers.count, 2);
	CHECK_STR("issuer", issuers.items[0].issuer, "https://p");
	CHECK_EQ("a platform", issuers.items[0].what, MP_TRUST_WORKLOAD);
	CHECK_STR("keys", issuers.items[0].jwks, "{\"keys\":[]}");
	CHECK_STR("audience", issuers.items[0].audience, "x");
	CHECK_STR("scope", issuers.items[0].scope, "mcp:read");
	CHECK("reusable", issuers.items[0].reusable);
	CHECK_EQ("an identity provider", issuers.items[1].what, MP_TRUST_ID_JAG);
	CHECK_STR("keys to fetch", issuers.items[1].jwks_uri, "https://i/k");
	mp_client_files_free_issuers(&issuers);
}

static const struct {
	const char *label, *text;
	enum mcpass_rc want;
	const char *detail, *hint;      /* detail after the file's name; NULL: any */
} client_rows[] = {
	{ "none", "[]", MCPASS_OK, NULL, "" },
	{ "no list", "{}", MCPASS_E_USAGE, ": it is not a list of at most 256 entries", "" },
	{ "no JSON", "[", MCPASS_E_USAGE, NULL, "" },
	{ "no object", "[1]", MCPASS_E_USAGE, ", entry 1: the document is not a JSON object", "" },
	{ "no id", "[{}]", MCPASS_E_USAGE, ", entry 1: client_id is missing", "" },
	{ "a hash that is garbage", "[{\"client_id\":\"a\"},{\"client_id\":\"b\","
	    "\"client_secret_hash\":\"$scrypt$garbage\"}]", MCPASS_E_USAGE,
	    ", entry 2: client_secret_hash is no scrypt line",
	    "'mcpass authserver hash --client NAME' makes an entry" },
	{ "misspelt", "[{\"client_id\":\"a\"},{\"client_id\":\"b\",\"redirect_uri\":[]}]",
	    MCPASS_E_USAGE, ", entry 2: redirect_uri is not a member that an entry has",
	    "did you mean redirect_uris?" },
	{ "a wrong type", "[{\"client_id\":\"a\",\"audiences\":\"x\"}]", MCPASS_E_USAGE,
	    ", entry 1: audiences is not a list of strings without control characters", "" },
	{ "no such file", "[{\"client_id\":\"a\",\"client_secret_file\":\"none\"}]", MCPASS_E_USAGE,
	    NULL, "" },
	{ "keys twice", "[{\"client_id\":\"a\",\"jwks\":{},\"jwks_file\":\"x\"}]", MCPASS_E_USAGE,
	    ", entry 1: jwks and jwks_file: one is enough", "" },
};

static const struct {
	const char *label, *text;
	const char *detail, *hint;
} issuer_rows[] = {
	{ "no kind", "[{\"issuer\":\"https://i\"}]", ", entry 1: kind is missing", "" },
	{ "no such kind", "[{\"issuer\":\"https://i\",\"kind\":\"idp\"}]",
	    ", entry 1: kind is workload or id-jag, not idp", "" },
	{ "an ID-JAG twice", "[{\"issuer\":\"https://i\",\"kind\":\"id-jag\",\"reusable\":true}]",
	    ", entry 1: an ID-JAG is never reusable", "" },
	{ "misspelt", "[{\"issuer\":\"https://i\",\"kind\":\"id-jag\",\"jwks_url\":\"https://k\"}]",
	    ", entry 1: jwks_url is not a member that an entry has", "did you mean jwks_uri?" },
};

static void check_detail(const char *label, const struct mcpass_error *err, const char *path,
    const char *detail)
{
	if (detail == NULL)
		return;
	CHECK(label, strncmp(err->detail, path, strlen(path)) == 0);
	CHECK_STR(label, err->detail + strlen(path), detail);
}

static void test_mistakes(void)
{
	for (size_t i = 0; i < COUNT(client_rows); i++) {
		const char *path = write_file("rows.json", client_rows[i].text);
		struct mp_known_clients clients = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = mp_client_files_read_clients(path, &clients, &err);

		if (client_rows[i].want == MCPASS_E_USAGE && client_rows[i].detail == NULL)
			CHECK(client_rows[i].label, rc != MCPASS_OK);
		else
			CHECK_EQ(client_rows[i].label, rc, client_rows[i].want);
		check_detail(client_rows[i].label, &err, path, client_rows[i].detail);
		CHECK_STR(client_rows[i].label, err.hint, client_rows[i].hint);
		mp_client_files_free_clients(&clients);
	}
	for (size_t i = 0; i < COUNT(issuer_rows); i++) {
		const char *path = write_file("rows.json", issuer_rows[i].text);
		struct mp_known_issuers issuers = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(issuer_rows[i].label, mp_client_files_read_issuers(path, &issuers, &err),
		    MCPASS_E_USAGE);
		check_detail(issuer_rows[i].label, &err, path, issuer_rows[i].detail);
		CHECK_STR(issuer_rows[i].label, err.hint, issuer_rows[i].hint);
	}
}

int main(void)
{
	static const char *const names[] = { "secret", "keys.json", "clients.json", "issuers.json",
		"rows.json" };
	char path[256];

	CHECK("a folder", mkdtemp(folder) != NULL);
	test_clients();
	test_issuers();
	test_mistakes();
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	return check_done();
}
