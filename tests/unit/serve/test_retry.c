/* An issuer whose memory is a file that another process writes to: requests wait, answers of identity
 * providers are kept later. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "harness/peer.h"
#include "io/clock.h"
#include "io/entropy.h"
#include "io/loop.h"
#include "io/store/store.h"
#include "serve/authserver/retry.h"

#define KEY "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"," \
	"\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"
#define USERS "[{\"username\":\"alice\",\"password_hash\":" \
	"\"$scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]"

static const char register_body[] = "{\"redirect_uris\":[\"http://127.0.0.1/callback\"]}";

static char folder[256], path[512];

struct world {
	struct mp_issuer_store store, writer;
	struct mp_issuer *issuer;
	struct mp_httpd *httpd;
	struct mp_retry *retry;
};

static enum mcpass_rc never(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	(void)ctx;
	(void)request;
	(void)response;
	return mp_fail(err, MCPASS_E_USAGE, NULL, "this server is not run");
}

static enum mcpass_rc open_world(struct world *world)
{
	static const struct mp_issuer_scope scopes[] = { { "mcp:tools", "Use its tools" } };
	const struct mp_httpd_options httpd = { .max_body = MP_MAX_FORM, .handle = never };
	struct mp_issuer_config config = { .issuer = "https://as.example", .users = USERS,
		.signing_key = KEY, .scopes = scopes, .scope_count = 1, .random = mp_entropy };
	enum mcpass_rc rc = mp_issuer_store_open(path, NULL, &world->store, NULL);

	if (!rc)
		rc = mp_issuer_store_open(path, NULL, &world->writer, NULL);
	config.store = world->store;
	if (!rc)
		rc = mp_issuer_new(&config, &world->issuer, NULL);
	if (!rc)
		rc = mp_httpd_new(&httpd, &world->httpd, NULL);
	return rc ? rc : mp_retry_new(&world->store, world->issuer, world->httpd, &world->retry, NULL);
}

static void close_world(struct world *world)
{
	mp_retry_free(world->retry);
	mp_httpd_free(world->httpd);
	mp_issuer_free(world->issuer);
	mp_issuer_store_close(&world->writer);
	mp_issuer_store_close(&world->store);
}

static void begin_writing(struct world *world)
{
	CHECK_EQ("a turn", world->writer.begin(world->writer.ctx, NULL), MCPASS_OK);
	CHECK_EQ("that writes", mp_issuer_store_claim(&world->writer, NULL), MCPASS_OK);
}

static void end_writing(struct world *world)
{
	CHECK_EQ("is over", world->writer.end(world->writer.ctx, false, NULL), MCPASS_OK);
}

static const struct mcpass_header headers[] = { { "Host", "as.example" },
	{ "Content-Type", "application/json" } };

/* The status; 0: rc, which is not OK. */
static int ask(struct world *world, const char *method, const char *at, int waited_ms,
    enum mcpass_rc *ret_rc)
{
	const struct mp_http_request request = { .method = method, .path = at, .headers = headers,
		.header_count = MP_COUNT(headers), .body = register_body, .body_len = strlen(register_body),
		.now = mp_now_s(), .is_again = waited_ms > 0, .waited_ms = waited_ms };
	struct mp_http_response response = { 0 };
	enum mcpass_rc rc;
	int status;

	mp_buf_init(&response.body, MP_MAX_REPLY);
	rc = mp_retry_handle(world->retry, &request, &response, NULL);
	status = rc ? 0 : response.status;
	if (ret_rc != NULL)
		*ret_rc = rc;
	mp_http_response_free(&response);
	return status;
}

static void test_requests(void)
{
	struct world world = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	CHECK_EQ("a server", open_world(&world), MCPASS_OK);
	begin_writing(&world);
	CHECK_EQ("what writes waits", ask(&world, "POST", "/register", 0, NULL), MP_HTTP_LATER);
	CHECK_EQ("what reads does not", ask(&world, "GET", "/jwks", 0, NULL), 200);
	CHECK_EQ("still", ask(&world, "POST", "/register", MP_STORE_PATIENCE_MS - 1, NULL), MP_HTTP_LATER);
	CHECK_EQ("not for ever", ask(&world, "POST", "/register", MP_STORE_PATIENCE_MS, &rc), 0);
	CHECK_EQ("and why", rc, MCPASS_E_STORE);
	end_writing(&world);
	CHECK_EQ("when it is free", ask(&world, "POST", "/register", 1, NULL), 201);
	close_world(&world);
}

/* How many records there are. */
static size_t count(struct world *world)
{
	struct mp_strings texts = { 0 };
	size_t found;

	CHECK_EQ("all", mp_issuer_store_dump(&world->store, mp_now_s(), &texts, NULL), MCPASS_OK);
	found = texts.count / MP_ISSUER_STORE_COLUMNS;
	mp_strings_free(&texts);
	return found;
}

static enum mcpass_rc arrive(struct world *world, const char *key)
{
	struct mp_buf body;
	enum mcpass_rc rc;

	mp_buf_init(&body, MP_MAX_UPSTREAM_ANSWER);
	mp_buf_adds(&body, "{}");
	rc = mp_buf_check(&body, "an answer", NULL);
	if (!rc)
		rc = mp_retry_arrived(world->retry, key, 200, &body, NULL);
	mp_buf_free(&body);
	return rc;
}

static void test_arrivals(void)
{
	struct world world = { 0 };
	size_t before;
	int64_t end = mp_now_ms() + PATIENCE_MS;

	CHECK_EQ("a server", open_world(&world), MCPASS_OK);
	before = count(&world);
	CHECK_EQ("at once", arrive(&world, "one"), MCPASS_OK);
	CHECK_EQ("kept", count(&world), before + 1);
	begin_writing(&world);
	CHECK_EQ("later", arrive(&world, "two"), MCPASS_OK);
	CHECK_EQ("and one more", arrive(&world, "three"), MCPASS_OK);
	mp_loop_turn(mp_httpd_loop(world.httpd), PATIENCE_MS);
	CHECK_EQ("not yet", count(&world), before + 1);
	end_writing(&world);
	while (count(&world) < before + 3 && mp_now_ms() < end)
		mp_loop_turn(mp_httpd_loop(world.httpd), PATIENCE_MS);
	CHECK_EQ("both", count(&world), before + 3);
	begin_writing(&world);
	CHECK_EQ("one that is not kept", arrive(&world, "four"), MCPASS_OK);
	close_world(&world);
}

static void test_memory(void)
{
	OOM_EACH_LATER {
		struct world world = { 0 };
		enum mcpass_rc rc;

		CHECK_EQ("a server", open_world(&world), MCPASS_OK);
		begin_writing(&world);
		oom_from_here();
		rc = arrive(&world, "one");
		if (!rc)
			(void)ask(&world, "POST", "/register", 0, &rc);
		CHECK_OOM("a store that is written to", rc, MCPASS_OK);
		close_world(&world);
	}
}

int main(void)
{
	make_folder(folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/as.db", folder);
	test_requests();
	test_arrivals();
	test_memory();
	remove_folder(folder);
	return check_done();
}
