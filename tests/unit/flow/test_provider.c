/* What the table of providers changes in a login, and that all of it is said. */
#include "walk.h"

#define ENTRA "https://login.microsoftonline.com/t/v2.0"
#define COGNITO "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x"

struct heard {                          /* every note as a line */
	struct mp_buf text;
};

static void hear(void *ctx, const struct mcpass_note *note)
{
	struct heard *heard = ctx;

	mp_buf_addf(&heard->text, "%s", note->what);
	for (size_t i = 0; i < note->fact_count; i++)
		mp_buf_addf(&heard->text, "|%s: %s", note->facts[i].name, note->facts[i].value);
	mp_buf_addc(&heard->text, '\n');
}

static const struct {
	const char *label, *issuer, *provider, *more;   /* more: of the issuer's metadata */
	unsigned flags;
	const char *param[2];                           /* --auth-param */
	enum mcpass_rc want;
	const char *sent, *not_sent, *said;
} rows[] = {
	{ "Entra: PKCE need not be mentioned", ENTRA, NULL, "", 0, { 0 }, MCPASS_OK, "BROWSE", "resource=",
	    "Because the issuer is Microsoft Entra ID|issuer: " ENTRA
	    "|applies: no resource parameter is sent|applies: metadata that" },
	{ "Entra: a refresh token has to be asked for", ENTRA, NULL, "", 0, { 0 }, MCPASS_OK,
	    "scope=api+offline_access", NULL, NULL },
	{ "Entra in name only", ENTRA, "none", "", 0, { 0 }, MCPASS_E_POLICY, NULL, "BROWSE", NULL },
	{ "Entra, plain", ENTRA, "none", S256, 0, { 0 }, MCPASS_OK, "&resource=", "offline_access", NULL },
	{ "not Entra", "https://login.microsoftonline.com.evil.example/t/v2.0", NULL, "", 0, { 0 },
	    MCPASS_E_POLICY, NULL, "BROWSE", NULL },
	{ "said to be Entra: not for PKCE", "https://id.example", "entra", "", 0, { 0 }, MCPASS_E_POLICY,
	    NULL, "BROWSE", "as --provider says|issuer: https://id.example|applies: no resource" },
	{ "which is said", "https://id.example", "entra", "", 0, { 0 }, MCPASS_E_POLICY, NULL, "BROWSE",
	    "does not apply: metadata without PKCE" },
	{ "said to be Entra: for the rest", "https://id.example", "entra", S256, 0, { 0 }, MCPASS_OK,
	    "BROWSE", "resource=", NULL },
	{ "both by the person", "https://id.example", "entra", "", MCPASS_ALLOW_NO_S256, { 0 },
	    MCPASS_OK, "BROWSE", "resource=", NULL },
	{ "Auth0: audience is the resource", "https://t.auth0.com/", NULL, S256, 0, { 0 }, MCPASS_OK,
	    "&audience=https%3A%2F%2Fmcp.example%2Fmcp", NULL,
	    "applies: the authorization request has audience=(the resource)" },
	{ "Auth0: resource stays", "https://t.auth0.com/", NULL, S256, 0, { 0 }, MCPASS_OK,
	    "&resource=https%3A%2F%2Fmcp.example%2Fmcp", NULL, NULL },
	{ "the person's audience goes before", "https://t.auth0.com/", NULL, S256, 0,
	    { "audience", "api" }, MCPASS_OK, "&audience=api ", "audience=https", NULL },
	{ "or none", "https://t.auth0.com/", NULL, S256, 0, { "audience", "" }, MCPASS_OK, "BROWSE",
	    "audience", NULL },
	{ "a name is case-sensitive", "https://t.auth0.com/", NULL, S256, 0, { "Audience", "api" },
	    MCPASS_OK, "&audience=https", NULL, NULL },
	{ "Google", "https://accounts.google.com", NULL, S256, 0, { 0 }, MCPASS_OK,
	    "&access_type=offline&prompt=consent", NULL, "applies: the authorization request has prompt=consent" },
	{ "Google: a prompt of the person's", "https://accounts.google.com", NULL, S256, 0,
	    { "prompt", "login" }, MCPASS_OK, "&prompt=login&access_type=offline", "consent", NULL },
	{ "Google: no prompt at all", "https://accounts.google.com", NULL, S256, 0, { "prompt", "" },
	    MCPASS_OK, "&access_type=offline", "prompt", NULL },
	{ "Entra: no prompt, although offline_access is asked for", ENTRA, NULL, "", 0,
	    { "prompt", "" }, MCPASS_OK, "offline_access", "prompt", NULL },
	{ "Cognito: PKCE need not be mentioned", COGNITO, NULL, "", 0, { 0 }, MCPASS_OK, "&resource=",
	    "audience", "Amazon Cognito" },
	{ "nobody in particular", "https://id.example", NULL, S256, 0, { 0 }, MCPASS_OK, "&resource=",
	    "offline_access", NULL },
	{ "Keycloak: nothing is different", "https://id.example/realms/r", NULL, S256, 0, { 0 },
	    MCPASS_OK, "&resource=", "audience", NULL },
};

static void test_login(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct mcpass_header param = { rows[i].param[0], rows[i].param[1] };
		struct mcpass_error err = { 0 };
		struct heard heard;
		struct walk walk;

		walk_begin(&walk);
		mp_buf_init(&heard.text, MP_MAX_DOCUMENT);
		walk.issuer = rows[i].issuer;
		walk.more = rows[i].more;
		walk.config.client_id = "pre";
		walk.config.provider = rows[i].provider;
		walk.config.flags = rows[i].flags;
		walk.config.extra = &param;
		walk.config.extra_count = param.name != NULL;
		walk.config.trace = hear;
		walk.config.trace_ctx = &heard;
		if (!CHECK_EQ(label, refuse(&walk, 401, "Bearer scope=\"api\"", &err), rows[i].want))
			printf("  %s\n", err.detail);
		if (rows[i].sent != NULL)
			CHECK_HAS(label, mp_buf_text(&walk.log), rows[i].sent);
		CHECK(label, rows[i].not_sent == NULL || !sent(&walk, rows[i].not_sent));
		if (rows[i].said != NULL)
			CHECK_HAS(label, mp_buf_text(&heard.text), rows[i].said);
		else if (rows[i].provider != NULL && strcmp(rows[i].provider, "none") == 0)
			CHECK(label, strstr(mp_buf_text(&heard.text), "Because") == NULL);
		mp_buf_free(&heard.text);
		walk_end(&walk);
	}
}

/* Nobody names a scope: what the provider cannot do without. */
static void test_default_scope(void)
{
	static const struct { const char *issuer, *sent, *not_sent; } scope_rows[] = {
		{ COGNITO, "&scope=openid&", "offline" },
		{ "https://accounts.google.com", "&scope=openid&", "offline_access" },
		{ ENTRA, "BROWSE", "scope=" },
		{ "https://id.example", "BROWSE", "scope=" },
	};

	for (size_t i = 0; i < COUNT(scope_rows); i++) {
		struct walk walk;

		walk_begin(&walk);
		walk.issuer = scope_rows[i].issuer;
		walk.config.client_id = "pre";
		log_in(scope_rows[i].issuer, &walk);
		CHECK_HAS(scope_rows[i].issuer, mp_buf_text(&walk.log), scope_rows[i].sent);
		CHECK(scope_rows[i].issuer, !sent(&walk, scope_rows[i].not_sent));
		walk_end(&walk);
	}
}

/* A refresh starts from what is stored: it has to know, too. */
static void test_refresh(void)
{
	static const struct { const char *issuer, *sent, *not_sent; } refresh_rows[] = {
		{ ENTRA, "grant_type=refresh_token&refresh_token=rt-1", "resource=" },
		{ "https://id.example", "resource=https%3A%2F%2Fmcp.example%2Fmcp", "offline" },
	};

	for (size_t i = 0; i < COUNT(refresh_rows); i++) {
		const char *label = refresh_rows[i].issuer;
		struct walk walk;

		walk_begin(&walk);
		walk.issuer = label;
		walk.config.client_id = "pre";
		log_in(label, &walk);
		walk_restart(&walk);
		walk.now += 24 * 3600;
		CHECK_EQ(label, start(&walk, NULL), MCPASS_OK);
		CHECK_HAS(label, mp_buf_text(&walk.log), refresh_rows[i].sent);
		CHECK(label, !sent(&walk, refresh_rows[i].not_sent));
		walk_end(&walk);
	}
}

/* Who lets no client register itself: what to do by hand, and the command to run next. */
static void test_by_hand(void)
{
	static const struct { const char *issuer, *command, *remedy; } hand_rows[] = {
		{ ENTRA, "mcpass login --client-id ID --callback-host localhost " MCP, "api://API-ID/NAME" },
		{ "https://accounts.google.com", "--client-id ID --client-secret-file FILE "
		    "--client-issuer https://accounts.google.com " MCP, "Desktop app" },
		{ "https://github.com/login/oauth", "--client-secret-file FILE "
		    "--client-issuer https://github.com/login/oauth " MCP, "OAuth App" },
		{ COGNITO, "--callback-port 8765 " MCP, "app client" },
		{ "https://id.example", "mcpass login --client-id ID " MCP, "by hand" },
	};

	for (size_t i = 0; i < COUNT(hand_rows); i++) {
		struct mcpass_error err = { 0 };
		struct walk walk;

		walk_begin(&walk);
		walk.issuer = hand_rows[i].issuer;
		walk.more = S256;
		CHECK_EQ(hand_rows[i].issuer, refuse(&walk, 401, "Bearer", &err), MCPASS_E_DENIED);
		CHECK_HAS(hand_rows[i].issuer, err.hint, hand_rows[i].command);
		CHECK_HAS(hand_rows[i].issuer, err.hint, hand_rows[i].remedy);
		walk_end(&walk);
	}
}

static void test_unknown(void)
{
	struct walk walk;

	walk_begin(&walk);
	walk.config.provider = "entr";
	CHECK_EQ("no such provider", mcpass_client_new(&walk.config, &walk.client, NULL), MCPASS_E_USAGE);
	walk_end(&walk);
}

int main(void)
{
	test_login();
	test_default_scope();
	test_refresh();
	test_by_hand();
	test_unknown();
	return check_done();
}
