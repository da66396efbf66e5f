/* Names of servers, headers, secrets, credentials, and the text around a login. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/connect/connection.h"
#include "cli/connect/credential.h"
#include "harness/check.h"

static const struct {
	const char *label, *text, *name;
	enum mcpass_rc want;
	const char *url, *header;       /* of a success */
	const char *detail, *hint;      /* of a failure */
} server_rows[] = {
	{ "a URL", "{\"mcpServers\":{\"work\":{\"url\":\"https://x/mcp\"}}}", "work", MCPASS_OK,
	    .url = "https://x/mcp" },
	{ "headers", "{\"mcpServers\":{\"w\":{\"url\":\"https://x\",\"headers\":{\"A\":\"b\"}}}}", "w",
	    MCPASS_OK, .url = "https://x", .header = "b" },
	{ "not there", "{\"mcpServers\":{\"work\":{\"url\":\"https://x\"}}}", "wrok", MCPASS_E_USAGE,
	    .detail = "no server named wrok", .hint = "did you mean work?" },
	{ "nothing near", "{\"mcpServers\":{}}", "example.com", MCPASS_E_USAGE,
	    .detail = "no server named example.com", .hint = "a URL begins with its scheme:"
	    " https://example.com, or http://example.com for a server on this machine" },
	{ "no servers at all", "{}", "a", MCPASS_E_USAGE, .detail = "no server named a",
	    .hint = "give its URL, https://HOST/PATH, or a name that 'mcpass servers' lists" },
	{ "a local one", "{\"mcpServers\":{\"l\":{\"command\":\"x\"}}}", "l", MCPASS_E_USAGE,
	    .detail = "the server l has no url: a local one needs no pass", .hint = "" },
	{ "VS Code's key", "{\"servers\":{\"work\":{\"type\":\"http\",\"url\":\"https://x/mcp\"}}}", "work",
	    MCPASS_OK, .url = "https://x/mcp" },
	{ "a variable", "{\"mcpServers\":{\"v\":{\"url\":\"https://x/${MP_A}/${MP_A}\"}}}", "v", MCPASS_OK,
	    .url = "https://x/one/one" },
	{ "in a header", "{\"mcpServers\":{\"v\":{\"url\":\"https://x\",\"headers\":{\"A\":\"k ${MP_A}\"}}}}",
	    "v", MCPASS_OK, .url = "https://x", .header = "k one" },
	{ "as VS Code has it", "{\"servers\":{\"v\":{\"url\":\"https://x/${env:MP_A}\"}}}", "v", MCPASS_OK,
	    .url = "https://x/one" },
	{ "something else where it is not set", "{\"servers\":{\"v\":{\"url\":\"https://x/${MP_NONE:-two}\"}}}",
	    "v", MCPASS_OK, .url = "https://x/two" },
	{ "and where it is set", "{\"servers\":{\"v\":{\"url\":\"https://x/${MP_A:-two}\"}}}", "v", MCPASS_OK,
	    .url = "https://x/one" },
	{ "no end", "{\"servers\":{\"v\":{\"url\":\"https://x/${MP_A\"}}}", "v", MCPASS_OK,
	    .url = "https://x/${MP_A" },
	{ "one that is not set", "{\"servers\":{\"v\":{\"url\":\"https://x/${MP_NONE}\"}}}", "v", MCPASS_E_USAGE,
	    .detail = "the file of servers has ${MP_NONE}, which is not set",
	    .hint = "set it in the environment" },
	{ "a question of VS Code's", "{\"servers\":{\"v\":{\"url\":\"https://x/${input:key}\"}}}", "v",
	    MCPASS_E_USAGE, .detail = "the file of servers has ${input:key}, which is not expanded here",
	    .hint = "use ${NAME} and the environment" },
	{ "a header that is no text",
	    "{\"mcpServers\":{\"v\":{\"url\":\"https://x\",\"headers\":{\"A\":1}}}}", "v",
	    MCPASS_E_USAGE, .detail = "the header A is no text", .hint = "" },
	{ "a header with a line end",
	    "{\"mcpServers\":{\"v\":{\"url\":\"https://x\",\"headers\":{\"A\":\"b\\r\\nC: d\"}}}}", "v",
	    MCPASS_E_USAGE, .detail = NULL, .hint = "" },
	{ "no JSON", "mcpServers", "v", MCPASS_E_USAGE, .detail = NULL, .hint = "" },
};

static void test_server_read(void)
{
	(void)setenv("MP_A", "one", 1);
	for (size_t i = 0; i < COUNT(server_rows); i++) {
		const char *label = server_rows[i].label;
		struct mcpass_error err = { 0 };
		struct mp_server server = { 0 };

		CHECK_EQ(label, mp_server_read(server_rows[i].text, server_rows[i].name, true,
		    &server, &err),
		    server_rows[i].want);
		CHECK_STR(label, server.url, server_rows[i].url);
		CHECK_STR(label, mp_header_get(server.headers.items, server.headers.count, "A"),
		    server_rows[i].header);
		if (server_rows[i].detail != NULL) {
			CHECK_STR(label, err.detail, server_rows[i].detail);
			CHECK_STR(label, err.hint, server_rows[i].hint);
		}
		mp_server_free(&server);
	}
}

static void test_server_read_oom(void)
{
	for (size_t i = 0; i < COUNT(server_rows); i++)
		OOM_EACH {
			struct mcpass_error err = { 0 };
			struct mp_server server = { 0 };
			enum mcpass_rc rc;

			rc = mp_server_read(server_rows[i].text, server_rows[i].name, true,
		    &server, &err);
			CHECK_OOM(server_rows[i].label, rc, server_rows[i].want);
			mp_server_free(&server);
		}
}

static void test_no_variables(void)
{
	static const char *const texts[] = {
		"{\"mcpServers\":{\"v\":{\"url\":\"https://x/${MP_A}\"}}}",
		"{\"mcpServers\":{\"v\":{\"url\":\"https://x\",\"headers\":{\"A\":\"${MP_A}\"}}}}",
		"{\"mcpServers\":{\"v\":{\"url\":\"https://x/${MP_A:-b}\"}}}",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct mcpass_error err = { 0 };
		struct mp_server server = { 0 };

		CHECK_EQ("a file that was found", mp_server_read(texts[i], "v", false, &server, &err),
		    MCPASS_E_USAGE);
		CHECK_HAS("is not given our variables", err.detail, "is not expanded in a file that was");
		CHECK_STR("but one that is named", err.hint, "if you trust the file: --config .mcp.json");
	}
}

static char folder[64];
static char file[80];

static void write_file(const char *text)
{
	FILE *out = fopen(file, "w");

	if (!CHECK("a file for the test", out != NULL))
		exit(1);
	(void)fputs(text, out);
	(void)fclose(out);
	CHECK_EQ("ours alone", chmod(file, 0600), 0);
}

static void test_server_find(void)
{
	struct mcpass_error err = { 0 };
	struct mp_server server = { 0 };

	write_file("{\"mcpServers\":{\"work\":{\"url\":\"https://x/mcp\"}}}");
	CHECK_EQ("a URL needs no file", mp_server_find("https://a/b", "/nowhere", &server, &err),
	    MCPASS_OK);
	CHECK_STR("it is itself", server.url, "https://a/b");
	mp_server_free(&server);
	CHECK_EQ("the file that is given", mp_server_find("work", file, &server, &err), MCPASS_OK);
	CHECK_STR("its URL", server.url, "https://x/mcp");
	mp_server_free(&server);
	CHECK_EQ("a file that is not there", mp_server_find("work", "/nowhere", &server, &err),
	    MCPASS_E_IO);
	(void)setenv("MCPASS_CONFIG", file, 1);
	CHECK_EQ("the file of the environment", mp_server_find("work", NULL, &server, NULL), MCPASS_OK);
	mp_server_free(&server);
	(void)unsetenv("MCPASS_CONFIG");
	(void)setenv("XDG_CONFIG_HOME", folder, 1);
	memset(&err, 0, sizeof(err));
	CHECK_EQ("no file anywhere", mp_server_find("work", NULL, &server, &err), MCPASS_E_USAGE);
	CHECK_STR("is told as such", err.detail, "no server named work");
	(void)unsetenv("XDG_CONFIG_HOME");
}

static const struct {
	const char *label, *text;
	enum mcpass_rc want;
	const char *name, *value;
} header_rows[] = {
	{ "as curl takes it", "X-Key: v w", MCPASS_OK, "X-Key", "v w" },
	{ "no space", "X-Key:v", MCPASS_OK, "X-Key", "v" },
	{ "a colon in the value", "X: a:b", MCPASS_OK, "X", "a:b" },
	{ "no colon", "X-Key", MCPASS_E_USAGE, NULL, NULL },
	{ "no name", ": v", MCPASS_E_USAGE, NULL, NULL },
	{ "a space in the name", "X Key: v", MCPASS_E_USAGE, NULL, NULL },
	{ "a line end in the value", "X: a\r\nY: b", MCPASS_E_USAGE, NULL, NULL },
	{ "a line end in the name", "X\r\nY: b", MCPASS_E_USAGE, NULL, NULL },
};

/* Every file that holds a secret is taken only where no other user may read it. */
static void test_private(void)
{
	struct mp_secret secret = { 0 };
	struct mp_headers headers = { 0 };
	struct mp_server server = { 0 };
	struct mcpass_error err = { 0 };
	struct mp_texts texts = { .count = 1 };
	char at_file[96];

	(void)snprintf(at_file, sizeof(at_file), "@%s", file);
	texts.items[0] = at_file;
	write_file("{\"mcpServers\":{\"plain\":{\"url\":\"https://x/mcp\"},"
	    "\"work\":{\"url\":\"https://x/mcp\",\"headers\":{\"Authorization\":\"Bearer x\"}}}}");
	for (unsigned mode = 0604; mode <= 0664; mode += 060) {
		CHECK_EQ("others may read it", chmod(file, mode), 0);
		CHECK_EQ("a secret", mp_connection_read_secret(file, NULL, &secret, NULL),
		    MCPASS_E_POLICY);
		CHECK_EQ("a key", mp_connection_read_key(file, &secret, NULL), MCPASS_E_POLICY);
		CHECK_EQ("headers", mp_connection_read_headers(&texts, &headers, NULL),
		    MCPASS_E_POLICY);
		CHECK_EQ("a server with headers", mp_server_find("work", file, &server, &err),
		    MCPASS_E_POLICY);
		CHECK_HAS("says how to mend it", err.hint, "chmod 600");
		mp_clear(&err);
		CHECK_EQ("a server without", mp_server_find("plain", file, &server, NULL), MCPASS_OK);
		mp_server_free(&server);
	}
	CHECK("nothing was taken", !mp_secret_present(&secret) && headers.count == 0);
	CHECK_EQ("ours alone", chmod(file, 0600), 0);
	CHECK_EQ("a server with headers", mp_server_find("work", file, &server, NULL), MCPASS_OK);
	mp_server_free(&server);
	CHECK_EQ("a secret", mp_connection_read_secret(file, NULL, &secret, NULL), MCPASS_OK);
	mp_secret_free(&secret);
}

static void test_headers(void)
{
	struct mcpass_error err = { 0 };
	struct mp_headers headers = { 0 };
	struct mp_texts texts = { .count = 1 };
	char at_file[96];

	for (size_t i = 0; i < COUNT(header_rows); i++) {
		const char *label = header_rows[i].label;

		texts.items[0] = header_rows[i].text;
		CHECK_EQ(label, mp_connection_read_headers(&texts, &headers, NULL),
		    header_rows[i].want);
		if (header_rows[i].name != NULL && CHECK_EQ(label, headers.count, 1)) {
			CHECK_STR(label, headers.items[0].name, header_rows[i].name);
			CHECK_STR(label, headers.items[0].value, header_rows[i].value);
		}
		mp_headers_free(&headers);
	}
	write_file("Authorization: Bearer x\r\n\nX: y\n");
	(void)snprintf(at_file, sizeof(at_file), "@%s", file);
	texts.items[0] = at_file;
	CHECK_EQ("from a file", mp_connection_read_headers(&texts, &headers, &err), MCPASS_OK);
	CHECK_EQ("both", headers.count, 2);
	mp_headers_free(&headers);
	texts.items[0] = "Secret-without-colon";
	CHECK_EQ("bad", mp_connection_read_headers(&texts, &headers, &err), MCPASS_E_USAGE);
	CHECK("is not repeated in the error", strstr(err.detail, "Secret") == NULL);
}

static void test_secret(void)
{
	struct mp_secret secret = { 0 };

	write_file("s3cret\n");
	CHECK_EQ("a file", mp_connection_read_secret(file, "MCPASS_TEST_SECRET", &secret, NULL),
	    MCPASS_OK);
	CHECK_STR("its first line", mp_secret_reveal(&secret), "s3cret");
	mp_secret_free(&secret);
	CHECK_EQ("nothing", mp_connection_read_secret(NULL, "MCPASS_TEST_SECRET", &secret, NULL),
	    MCPASS_OK);
	CHECK("is absent", !mp_secret_present(&secret));
	(void)setenv("MCPASS_TEST_SECRET", "from-env", 1);
	CHECK_EQ("the environment", mp_connection_read_secret(NULL, "MCPASS_TEST_SECRET", &secret,
	    NULL),
	    MCPASS_OK);
	CHECK_STR("the environment", mp_secret_reveal(&secret), "from-env");
	mp_secret_free(&secret);
	CHECK_EQ("no such file", mp_connection_read_secret("/nowhere", NULL, &secret, NULL),
	    MCPASS_E_IO);
	CHECK_EQ("no variable either", mp_connection_read_secret(NULL, NULL, &secret, NULL),
	    MCPASS_OK);
	CHECK("absent", !mp_secret_present(&secret));
}

static void test_credential(void)
{
	static const struct mp_term term = { .width = 80 };
	static char server[] = "https://x/mcp", issuer[] = "https://as", scope[] = "a b", id[] = "c1";
	struct mp_record record = { .server_url = server, .resource = server, .as.issuer = issuer,
		.scope = scope, .client.client_id = id, .expires_at = 1240 };
	struct mcpass_error err = { 0 };
	json_t *json = NULL;
	struct mp_buf buf;
	char *text;

	mp_buf_init(&buf, 4096);
	(void)mp_secret_set(&record.access_token, "T0KEN", NULL);
	(void)mp_secret_set(&record.refresh_token, "R3FRESH", NULL);
	mp_credential_render(&buf, &term, "default https://x/mcp", &record, 1000);
	CHECK_STR("a credential", mp_buf_text(&buf), "https://x/mcp\n"
	    "  token    expires in 4 min; renewed by itself\n"
	    "  scope    a b\n"
	    "  issuer   https://as\n"
	    "  client   c1\n");
	CHECK_EQ("as JSON", mp_credential_json("work https://x/mcp", &record, 1000, &json, &err),
	    MCPASS_OK);
	text = mp_json_dump(json);
	CHECK_STR("as JSON", text, "{\"server\":\"https://x/mcp\",\"profile\":\"work\","
	    "\"issuer\":\"https://as\",\"resource\":\"https://x/mcp\",\"scope\":\"a b\","
	    "\"client_id\":\"c1\",\"usable\":true,\"renewable\":true,\"expires_at\":1240}");
	mp_free_wiped(text);
	json_decref(json);
	mp_buf_clear(&buf);
	mp_secret_free(&record.refresh_token);
	mp_credential_render(&buf, &term, "work https://x/mcp", &record, 2000);
	CHECK_HAS("another profile", mp_buf_text(&buf), "https://x/mcp  (profile work)\n");
	CHECK_HAS("past", mp_buf_text(&buf), "expired 12 min ago; then you sign in again");
	mp_buf_clear(&buf);
	mp_secret_free(&record.access_token);
	mp_credential_render(&buf, &term, "work https://x/mcp", &record, 2000);
	CHECK_HAS("no token", mp_buf_text(&buf), "none; the next use asks you to sign in");
	mp_buf_free(&buf);
	CHECK("any profile", mp_credential_is("work https://x/mcp", "https://x/mcp", NULL));
	CHECK("that profile", mp_credential_is("work https://x/mcp", "https://x/mcp", "work"));
	CHECK("another profile", !mp_credential_is("work https://x/mcp", "https://x/mcp", "wor"));
	CHECK("another server", !mp_credential_is("work https://x/mcp", "https://x/mc", NULL));
}

#define AUTHORIZE "https://as.example/authorize?client_id=c&redirect_uri=" \
	"http%3A%2F%2F127.0.0.1%3A8765%2Fcallback&state=s"

static void test_wait(void)
{
	static const struct mp_term tty = { .is_terminal = true, .width = 80 };
	static const struct mp_term log = { .width = 80 };
	const struct mp_sign_in_text person = { "https://x/mcp", 300000, false, true, NULL };
	const struct mp_sign_in_text nobody = { "https://x/mcp", 300000, false, false, NULL };
	const struct mp_sign_in_text quiet = { "https://x/mcp", 300000, true, false, NULL };
	const struct mp_sign_in_text_scene opened = { AUTHORIZE, NULL, "box", 8765, true };
	const struct mp_sign_in_text_scene closed = { AUTHORIZE, "there is no display", "box", 8765, false };
	const struct mp_sign_in_text_scene local = { "http://127.0.0.1:9000/authorize", NULL, "box", 8765, false };
	struct mp_buf buf;

	CHECK_EQ("the port", mp_sign_in_text_port(AUTHORIZE), 8765);
	CHECK_EQ("no port", mp_sign_in_text_port("https://as.example/authorize"), 0);
	CHECK_EQ("not ours", mp_sign_in_text_port("https://as.example/?redirect_uri=https%3A%2F%2Fx%3A1"), 0);
	mp_buf_init(&buf, 4096);
	mp_sign_in_text_render(&buf, &tty, &person, &opened);
	CHECK_STR("a browser", mp_buf_text(&buf),
	    "Opened your browser at as.example. Waiting for you to sign in (Ctrl-C to stop) ...\n"
	    "If no page comes up, open this one yourself:\n\n" AUTHORIZE "\n\n"
	    "If it ends at a page that does not load, paste that page's address here:\n");
	mp_buf_clear(&buf);
	mp_sign_in_text_render(&buf, &log, &nobody, &opened);
	CHECK_STR("a browser and no terminal", mp_buf_text(&buf),
	    "Opened your browser at as.example. Waiting for you to sign in (Ctrl-C to stop) ...\n");
	mp_buf_clear(&buf);
	mp_sign_in_text_render(&buf, &tty, &quiet, &opened);
	CHECK_STR("a browser, quiet", mp_buf_text(&buf), "");
	mp_buf_clear(&buf);
	mp_sign_in_text_render(&buf, &log, &nobody, &closed);
	CHECK_STR("no browser and no terminal", mp_buf_text(&buf),
	    "To sign in for https://x/mcp, open this page in a browser (there is no display):\n\n"
	    AUTHORIZE "\n\nIn a browser on another machine, first run there:"
	    " ssh -L 8765:127.0.0.1:8765 box\nWaiting, for 5 min at most (Ctrl-C to stop).\n");
	mp_buf_clear(&buf);
	mp_sign_in_text_render(&buf, &tty, &person, &closed);
	CHECK_HAS("one port is forwarded", mp_buf_text(&buf), "ssh -L 8765:127.0.0.1:8765 box\n");
	CHECK_HAS("a terminal can be pasted to", mp_buf_text(&buf), "or paste here the address");
	mp_buf_clear(&buf);
	mp_sign_in_text_render(&buf, &tty, &person, &local);
	CHECK_HAS("the page is here, too: two ports", mp_buf_text(&buf),
	    "ssh -L 8765:127.0.0.1:8765 -L 9000:127.0.0.1:9000 box\n");
	mp_buf_clear(&buf);
	mp_sign_in_text_render(&buf, &tty, &quiet, &closed);
	CHECK_HAS("the URL is told however quiet", mp_buf_text(&buf), AUTHORIZE);
	mp_buf_free(&buf);
}

static void test_code(void)
{
	static const struct mp_term log = { .width = 80 };
	const struct mp_sign_in_text wait = { .server = "https://x/mcp", .quiet = true };
	struct mcpass_action action = { .url = "https://as.example/device", .user_code = "WDJB-MJHT" };
	struct mp_buf buf;

	mp_buf_init(&buf, 4096);
	mp_sign_in_text_render_code(&buf, &log, &wait, &action, 600);
	CHECK_STR("told however quiet", mp_buf_text(&buf),
	    "To sign in for https://x/mcp, open this page on any device:\n\n"
	    "https://as.example/device\n\nand enter the code  WDJB-MJHT\n\n"
	    "The code is good for 10 min. Waiting (Ctrl-C to stop) ...\n");
	mp_buf_clear(&buf);
	action.issuer = "https://as.example/realm";
	mp_sign_in_text_render_code(&buf, &log, &wait, &action, 600);
	CHECK_HAS("who asks", mp_buf_text(&buf), "To sign in for https://x/mcp, https://as.example/realm"
	    " asks you to open this page");
	CHECK("at its own page", strstr(mp_buf_text(&buf), "CAUTION") == NULL);
	mp_buf_clear(&buf);
	action.url = "https://microsoft.com/devicelogin";
	mp_sign_in_text_render_code(&buf, &log, &wait, &action, 600);
	CHECK_HAS("at another's", mp_buf_text(&buf), "CAUTION: that page is at microsoft.com, and not at"
	    " https://as.example/realm.");
	mp_buf_clear(&buf);
	action.url = "https://as.example/device";
	action.url_complete = "https://as.example/device?user_code=WDJB-MJHT";
	mp_sign_in_text_render_code(&buf, &log, &wait, &action, 90);
	CHECK_HAS("the longer link", mp_buf_text(&buf), "?user_code=WDJB-MJHT\n\nThe code is good for 90 s.");
	mp_buf_clear(&buf);
	action.user_code = "A\033[2J\nB";
	mp_sign_in_text_render_code(&buf, &log, &wait, &action, 90);
	CHECK("one printable line, whatever it is", strstr(mp_buf_text(&buf), "\033") == NULL);
	mp_buf_clear(&buf);
	mp_sign_in_text_render_left(&buf, 582);
	CHECK_STR("minutes and seconds", mp_buf_text(&buf), "9:42 left");
	mp_buf_clear(&buf);
	mp_sign_in_text_render_left(&buf, 9);
	CHECK_STR("seconds", mp_buf_text(&buf), "0:09 left");
	mp_buf_free(&buf);
}

int main(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/mcpass-test-servers-%d", (int)getpid());
	if (mkdir(folder, 0700) != 0)
		return 1;
	(void)snprintf(file, sizeof(file), "%s/file", folder);
	if (chdir(folder) != 0)
		return 1;
	test_server_read();
	test_no_variables();
	test_server_read_oom();
	test_server_find();
	test_private();
	test_headers();
	test_secret();
	test_credential();
	test_wait();
	test_code();
	(void)unlink(file);
	(void)rmdir(folder);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
