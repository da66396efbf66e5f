/* The store and the HTTP layer in the types of mcpass/store.h and mcpass/http.h. */
#include <poll.h>
#include <sqlite3.h>
#include "base/limits.h"
#include "harness/check.h"
#include "harness/peer.h"
#include "mcpass/http.h"
#include "mcpass/session.h"
#include "mcpass/store.h"
#include "serve/http/httpd.h"

/* --- the store --- */

static void on_key(void *ctx, const char *key)
{
	snprintf(ctx, 64, "%s", key);
}

static struct mcpass_action action(enum mcpass_action_type type, const char *body)
{
	return (struct mcpass_action){ .type = type, .key = "default https://mcp.example", .body = body,
		.body_len = body != NULL ? strlen(body) : 0 };
}

static void check_store(const char *path)
{
	const struct mcpass_action load = action(MCPASS_ACT_LOAD, NULL),
		lock = action(MCPASS_ACT_LOCK, NULL), save = action(MCPASS_ACT_SAVE, "{\"a\":1}"),
		drop = action(MCPASS_ACT_SAVE, NULL), browse = action(MCPASS_ACT_BROWSE, NULL);
	struct mcpass_store *store = NULL, *other = NULL;
	struct mcpass_event event = { 0 };
	struct mcpass_error err;
	char key[64] = "";

	CHECK_EQ("a store", mcpass_store_open(path, &store, &err), MCPASS_OK);
	CHECK_EQ("one more", mcpass_store_open(path, &other, &err), MCPASS_OK);
	CHECK_EQ("no record", mcpass_store_perform(store, &load, &event, &err), MCPASS_OK);
	CHECK("is NULL", event.type == MCPASS_EV_LOADED && event.data == NULL && event.data_len == 0);
	CHECK_EQ("the lock", mcpass_store_perform(store, &lock, &event, &err), MCPASS_OK);
	CHECK_EQ("had", event.type, MCPASS_EV_LOCKED);
	if (path[0] == '/') {
		CHECK_EQ("once only", mcpass_store_perform(other, &lock, &event, &err), MCPASS_E_EXPIRED);
		CHECK_HAS("who has it", err.detail, "process ");
	}
	CHECK_EQ("a record", mcpass_store_perform(store, &save, &event, &err), MCPASS_OK);
	CHECK("kept", event.type == MCPASS_EV_SAVED && event.data == NULL);
	CHECK_EQ("it is there", mcpass_store_perform(store, &load, &event, &err), MCPASS_OK);
	CHECK_STR("as it was", event.data, "{\"a\":1}");
	CHECK_EQ("its length", event.data_len, 7);
	CHECK_EQ("the list", mcpass_store_list(store, on_key, key, &err), MCPASS_OK);
	CHECK_STR("names it", key, load.key);
	mcpass_store_unlock(store);
	mcpass_store_unlock(store);
	CHECK_EQ("the lock of the other", mcpass_store_perform(other, &lock, &event, &err), MCPASS_OK);
	CHECK_EQ("forgets it", mcpass_store_perform(store, &drop, &event, &err), MCPASS_OK);
	CHECK_EQ("nothing", mcpass_store_perform(store, &load, &event, &err), MCPASS_OK);
	CHECK_STR("is there", event.data, NULL);
	CHECK_EQ("not its business", mcpass_store_perform(store, &browse, &event, &err), MCPASS_E_USAGE);
	mcpass_store_close(other);
	mcpass_store_close(store);
}

/* Another program writes to the file: each is done when it lets go, and not before. */
static void check_busy(const char *path)
{
	const struct mcpass_action lock = action(MCPASS_ACT_LOCK, NULL),
		save = action(MCPASS_ACT_SAVE, "{\"a\":2}"), load = action(MCPASS_ACT_LOAD, NULL);
	struct mcpass_store *store = NULL, *late = NULL;
	struct mcpass_event event = { 0 };
	const struct mcpass_login_facts *facts = NULL;
	struct mcpass_error err;
	sqlite3 *db = NULL;

	CHECK_EQ("a store", mcpass_store_open(path, &store, &err), MCPASS_OK);
	CHECK_EQ("a writer", sqlite3_open(path, &db), SQLITE_OK);
	CHECK_EQ("writes", sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	CHECK_EQ("the lock, later", mcpass_store_perform(store, &lock, &event, &err), MCPASS_E_EXPIRED);
	CHECK_HAS("why", err.detail, "database is locked");
	CHECK_EQ("a record, later", mcpass_store_perform(store, &save, &event, &err), MCPASS_E_EXPIRED);
	CHECK_HAS("why", err.detail, "database is locked");
	CHECK_EQ("reading", mcpass_store_perform(store, &load, &event, &err), MCPASS_OK);
	sqlite3_close(db);
	CHECK_EQ("the lock", mcpass_store_perform(store, &lock, &event, &err), MCPASS_OK);
	CHECK_EQ("the record", mcpass_store_perform(store, &save, &event, &err), MCPASS_OK);
	CHECK("kept", event.type == MCPASS_EV_SAVED && event.data == NULL);
	mcpass_store_close(store);
	CHECK_EQ("a writer", sqlite3_open(path, &db), SQLITE_OK);
	CHECK_EQ("alone", sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;"
	    "DELETE FROM notes", NULL, NULL, NULL), SQLITE_OK);
	CHECK_EQ("opened all the same", mcpass_store_open(path, &late, &err), MCPASS_OK);
	CHECK_EQ("reading, later", mcpass_store_perform(late, &load, &event, &err), MCPASS_E_EXPIRED);
	CHECK_EQ("not waited for", mcpass_store_describe(late, load.key, 0, &facts, &err), MCPASS_E_STORE);
	CHECK_EQ("nor in the error", err.rc, MCPASS_E_STORE);
	sqlite3_close(db);
	CHECK_EQ("read", mcpass_store_perform(late, &load, &event, &err), MCPASS_OK);
	CHECK_STR("it was kept", event.data, "{\"a\":2}");
	mcpass_store_close(late);
}

static void test_store(void)
{
	char folder[256], path[512];
	const struct mcpass_action load = action(MCPASS_ACT_LOAD, NULL);
	struct mcpass_event event;

	make_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/store/credentials.db", folder);
	check_store(path);
	check_store(":memory:");
	check_busy(path);
	OOM_EACH {
		struct mcpass_store *store = NULL;
		enum mcpass_rc rc;

		rc = mcpass_store_open(path, &store, NULL);
		if (!rc)
			rc = mcpass_store_perform(store, &load, &event, NULL);
		CHECK_OOM("a store", rc, MCPASS_OK);
		mcpass_store_close(store);
	}
	remove_folder(folder);
}

/* --- HTTP --- */

static char origin[64], url[80];
static struct mp_httpd *httpd;

static enum mcpass_rc handle(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	(void)ctx;
	response->status = strcmp(request->path, "/no") == 0 ? 404 : 200;
	mp_buf_addf(&response->body, "%s %s", request->method, request->body_len > 0 ? request->body : "");
	return mp_headers_add(&response->headers, "X-Ours", "yes", err);
}

struct seen {
	int count, status, heads, broken, full;
	size_t len;
	enum mcpass_rc why;
	char body[64];
};

static void on_fetched(void *ctx, const struct mcpass_http_response *response,
    const struct mcpass_error *why)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->why = why != NULL ? why->rc : MCPASS_OK;
	if (response == NULL)
		return;
	seen->status = response->status;
	seen->len = response->body_len;
	snprintf(seen->body, sizeof(seen->body), "%s", response->body);
	for (size_t i = 0; i < response->header_count; i++)
		seen->heads += strcmp(response->headers[i].name, "X-Ours") == 0;
}

static const struct {
	const char *label, *server, *method, *path, *body;
	size_t max;
	enum mcpass_rc want;
	int status;
	const char *text;
} rows[] = {
	{ "a GET", NULL, "GET", "/x", NULL, 0, MCPASS_OK, 200, "GET " },
	{ "a POST", NULL, "POST", "/x", "a=b", 0, MCPASS_OK, 200, "POST a=b" },
	{ "a refusal is an answer", NULL, "GET", "/no", NULL, 0, MCPASS_OK, 404, "GET " },
	{ "too large", NULL, "POST", "/x", "a=b", 3, MCPASS_E_LIMIT, 0, "" },
	{ "from a server here", "http://127.0.0.1:1/mcp", "GET", "/x", NULL, 0, MCPASS_OK, 200, "GET " },
	{ "from a server outside", "https://93.184.216.34/mcp", "GET", "/x", NULL, 0, MCPASS_E_POLICY, 0,
	    "" },
};

static void check_fetch(size_t i)
{
	const struct mcpass_http_config cfg = { .size = sizeof(cfg), .server_url = rows[i].server };
	struct mcpass_http_request request = { .size = sizeof(request), .method = rows[i].method,
		.url = url, .body = rows[i].body, .body_len = rows[i].body != NULL ? strlen(rows[i].body) : 0,
		.max_response = rows[i].max };
	struct seen seen = { 0 }, dropped = { 0 };
	struct mcpass_http *http = NULL;
	unsigned first = 0, second = 0;

	snprintf(url, sizeof(url), "%s%s", origin, rows[i].path);
	CHECK_EQ(rows[i].label, mcpass_http_new(&cfg, &http, NULL), MCPASS_OK);
	CHECK_EQ(rows[i].label, mcpass_http_fetch(http, &request, on_fetched, &dropped, &first, NULL),
	    MCPASS_OK);
	mcpass_http_drop(http, first);
	CHECK_EQ(rows[i].label, mcpass_http_fetch(http, &request, on_fetched, &seen, &second, NULL),
	    MCPASS_OK);
	CHECK("each has a number", first != 0 && second != 0 && first != second);
	while (seen.count == 0)
		mcpass_http_wait(http);
	CHECK_EQ(rows[i].label, seen.why, rows[i].want);
	CHECK_EQ(rows[i].label, seen.status, rows[i].status);
	CHECK_STR(rows[i].label, seen.body, rows[i].text);
	CHECK_EQ(rows[i].label, seen.len, strlen(rows[i].text));
	CHECK_EQ(rows[i].label, seen.heads, rows[i].want == MCPASS_OK);
	CHECK_EQ("what was dropped is not told", dropped.count, 0);
	mcpass_http_free(http);
}

static enum mcpass_rc on_head(void *ctx, unsigned id, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	struct seen *seen = ctx;

	(void)headers;
	(void)count;
	(void)err;
	seen->status = id == 7 ? status : 0;
	return MCPASS_OK;
}

static enum mcpass_rc on_data(void *ctx, unsigned id, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	struct seen *seen = ctx;

	(void)id;
	(void)err;
	snprintf(seen->body + seen->len, sizeof(seen->body) - seen->len, "%.*s", (int)len, bytes);
	seen->len += len;
	return MCPASS_OK;
}

static void on_end(void *ctx, unsigned id, int broken, const struct mcpass_error *why)
{
	struct seen *seen = ctx;

	(void)id;
	seen->count++;
	seen->broken = broken;
	seen->why = why != NULL ? why->rc : MCPASS_OK;
}

static int is_full(void *ctx, unsigned id)
{
	struct seen *seen = ctx;

	return id == 7 && seen->full++ == 0;
}

/* A program's own loop. */
static void run_until(struct mcpass_http *http, const int *count, int want)
{
	struct pollfd fd = { .fd = mcpass_http_fd(http), .events = POLLIN };

	while (*count < want) {
		int due = mcpass_http_due(http);

		if (poll(&fd, 1, due < 0 || due > PATIENCE_MS ? PATIENCE_MS : due) == 0 && due < 0)
			die("nothing comes");
		mcpass_http_turn(http);
	}
}

static void test_stream(void)
{
	const struct mcpass_http_config cfg = { .size = sizeof(cfg) };
	const struct mcpass_http_request request = { .size = sizeof(request), .method = "POST",
		.url = url, .body = "hello", .body_len = 5 };
	const struct mcpass_http_request nowhere = { .size = sizeof(request), .method = "POST",
		.url = "http://127.0.0.1:1/" };
	struct seen seen = { 0 };
	struct mcpass_http_stream stream = { .size = sizeof(stream), .head = on_head, .data = on_data,
		.end = on_end, .full = is_full, .ctx = &seen };
	struct mcpass_http *http = NULL;

	snprintf(url, sizeof(url), "%s/x", origin);
	CHECK_EQ("one", mcpass_http_new(&cfg, &http, NULL), MCPASS_OK);
	CHECK_EQ("a stream", mcpass_http_start(http, 7, &request, &stream, NULL), MCPASS_OK);
	run_until(http, &seen.full, 1);
	CHECK_EQ("it stands still", seen.len, 0);
	mcpass_http_resume(http);
	run_until(http, &seen.count, 1);
	CHECK_EQ("its status", seen.status, 200);
	CHECK_STR("its body", seen.body, "POST hello");
	CHECK_EQ("it is whole", seen.broken, 0);
	CHECK_EQ("one to nowhere", mcpass_http_start(http, 8, &nowhere, &stream, NULL), MCPASS_OK);
	run_until(http, &seen.count, 2);
	CHECK_EQ("was not sent", seen.broken, MCPASS_SESSION_UNSENT);
	CHECK_EQ("no connection", seen.why, MCPASS_E_IO);
	CHECK_EQ("one more", mcpass_http_start(http, 9, &request, &stream, NULL), MCPASS_OK);
	mcpass_http_close(http, 9);
	mcpass_http_close(http, 4711);
	CHECK_EQ("a last one", mcpass_http_start(http, 10, &request, &stream, NULL), MCPASS_OK);
	mcpass_http_free(http);
	CHECK_EQ("neither is told", seen.count, 2);
}

static void test_refused(void)
{
	struct mcpass_http_config cfg = { .size = sizeof(cfg), .server_url = "no URL" };
	struct mcpass_http_request request = { .size = sizeof(request), .method = "GET" };
	struct mcpass_http *http = NULL;
	unsigned unused;

	CHECK_EQ("no URL", mcpass_http_new(&cfg, &http, NULL), MCPASS_E_USAGE);
	cfg = (struct mcpass_http_config){ .size = 1 };
	CHECK_EQ("no size", mcpass_http_new(&cfg, &http, NULL), MCPASS_E_USAGE);
	cfg = (struct mcpass_http_config){ .size = sizeof(cfg), .ca_file = "/nowhere/ca.pem" };
	CHECK_EQ("no file", mcpass_http_new(&cfg, &http, NULL), MCPASS_E_IO);
	cfg.ca_file = NULL;
	CHECK_EQ("one", mcpass_http_new(&cfg, &http, NULL), MCPASS_OK);
	CHECK_EQ("a request without URL", mcpass_http_fetch(http, &request, on_fetched, NULL, &unused,
	    NULL), MCPASS_E_USAGE);
	mcpass_http_free(http);
	mcpass_http_free(NULL);
}

/* Without a server: its thread would free what it has left while blocks are counted here. */
static void test_oom(void)
{
	const struct mcpass_http_config cfg = { .size = sizeof(cfg), .server_url = url };
	const struct mcpass_http_request request = { .size = sizeof(request), .method = "GET",
		.url = url };

	OOM_EACH {
		struct seen seen = { 0 };
		struct mcpass_http *http = NULL;
		unsigned unused;
		enum mcpass_rc rc;

		rc = mcpass_http_new(&cfg, &http, NULL);
		if (!rc)
			rc = mcpass_http_fetch(http, &request, on_fetched, &seen, &unused, NULL);
		CHECK_OOM("a fetch", rc, MCPASS_OK);
		mcpass_http_free(http);
	}
}

int main(void)
{
	const struct mp_httpd_options options = { .max_body = MP_MAX_FORM, .handle = handle };

	test_store();
	if (mp_httpd_start(&options, &httpd, NULL) != MCPASS_OK)
		die("no server");
	snprintf(origin, sizeof(origin), "http://127.0.0.1:%u", mp_httpd_port(httpd));
	for (size_t i = 0; i < COUNT(rows); i++)
		check_fetch(i);
	test_stream();
	test_refused();
	mp_httpd_free(httpd);
	test_oom();
	return check_done();
}
