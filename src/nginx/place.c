/* What the directives say, as the configuration of `mcpass serve`: so both are judged alike. */
#include "nginx/words.h"
#include "io/http/trust.h"
#include "oauth/scope.h"

static enum mcpass_rc read_config(struct mp_builder *b, struct mcpass_error *err)
{
	char *path = NULL;
	enum mcpass_rc rc = mp_word_set_file(b, &path, mp_word(b->line, 1), err);

	if (!rc)
		rc = mp_serve_config_load(path, b->config, err);
	free(path);
	mp_serve_drop_exchange(b->config);      /* of a tool that is not here */
	if (!rc && b->config->open)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL,
		    "the file says \"open\": leave that out, or say mcpass off here");
	return rc;
}

static enum mcpass_rc read_resource(struct mp_builder *b, struct mcpass_error *err)
{
	return mp_word_set_url(&b->config->resource, mp_word(b->line, 1), err);
}

static enum mcpass_rc read_resource_name(struct mp_builder *b, struct mcpass_error *err)
{
	return mp_set(&b->config->resource_name, mp_word(b->line, 1), err);
}

#define ROW(name, type, object, member) { name, type, offsetof(struct object, member) }
/* mcpass_introspection id=ID secret_file=FILE ...: of the issuer above it. */
static enum mcpass_rc read_introspection(struct mp_builder *b, struct mcpass_error *err)
{
	static const struct mp_word_row rows[] = {
		ROW("id", MP_WORD_TEXT, mp_serve_introspection, client_id),
		ROW("secret_file", MP_WORD_FILE, mp_serve_introspection, client_secret_file),
		ROW("endpoint", MP_WORD_URL, mp_serve_introspection, endpoint),
		ROW("auth_method", MP_WORD_TEXT, mp_serve_introspection, auth_method),
		ROW("prefix", MP_WORD_TEXT, mp_serve_introspection, token_prefix),
		ROW("lifetime", MP_WORD_NUMBER, mp_serve_introspection, lifetime),
		ROW("jwts", MP_WORD_FLAG, mp_serve_introspection, jwts),
		ROW("audience_optional", MP_WORD_FLAG, mp_serve_introspection, audience_optional),
	};
	struct mp_serve_introspection *how;
	enum mcpass_rc rc;

	if (b->config->issuer_count == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "mcpass_introspection stands below the mcpass_issuer that is asked");
	how = &b->config->issuers[b->config->issuer_count - 1].introspection;
	if (how->client_id != NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "mcpass_introspection stands twice below one"
		    " mcpass_issuer");
	rc = mp_words_read(b, 1, rows, MP_COUNT(rows), how, err);
	if (!rc && how->lifetime < 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "mcpass_introspection: lifetime is no number");
	if (!rc && (how->client_id == NULL || how->client_secret_file == NULL))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "mcpass_introspection needs id= and secret_file=");
	return rc;
}

/* mcpass_issuer URL [jwks=URL] [jwks_file=FILE] [audience=TEXT]... */
static enum mcpass_rc read_issuer(struct mp_builder *b, struct mcpass_error *err)
{
	static const struct mp_word_row rows[] = {
		ROW("jwks", MP_WORD_URL, mp_serve_issuer, jwks_uri),
		ROW("jwks_file", MP_WORD_FILE, mp_serve_issuer, jwks_file),
		ROW("audience", MP_WORD_LIST, mp_serve_issuer, audiences),
		ROW("client", MP_WORD_LIST, mp_serve_issuer, clients),
		ROW("role_claim", MP_WORD_LIST, mp_serve_issuer, role_claims),
		ROW("id_token_claims", MP_WORD_FLAG, mp_serve_issuer, id_token_claims),
	};
	struct mp_serve_issuer *issuer = NULL;
	enum mcpass_rc rc;

	if (strcmp(mp_word(b->line, 0), "mcpass_introspection") == 0)
		return read_introspection(b, err);
	for (size_t i = 0; i < b->config->issuer_count; i++)
		if (strcmp(b->config->issuers[i].issuer, mp_word(b->line, 1)) == 0)
			return mp_fail(err, MCPASS_E_USAGE, NULL, "an issuer twice: %s", mp_word(b->line, 1));
	rc = mp_serve_add_issuer(b->config, &issuer, err);
	if (!rc)
		rc = mp_word_set_url(&issuer->issuer, mp_word(b->line, 1), err);
	if (!rc)
		rc = mp_words_read(b, 2, rows, MP_COUNT(rows), issuer, err);
	if (!rc && issuer->jwks_uri != NULL && issuer->jwks_file != NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "jwks and jwks_file: one place for keys is enough");
	return rc;
}

static enum mcpass_rc add_words(const struct mp_line *line, struct mp_strings *list,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (ngx_uint_t i = 1; i < line->words->nelts && !rc; i++)
		rc = mp_strings_add_text(list, mp_word(line, i), err);
	return rc;
}

static enum mcpass_rc read_audience(struct mp_builder *b, struct mcpass_error *err)
{
	return add_words(b->line, &b->config->audiences, err);
}

static enum mcpass_rc read_role_claim(struct mp_builder *b, struct mcpass_error *err)
{
	return add_words(b->line, &b->config->role_claims, err);
}

static enum mcpass_rc read_scopes(struct mp_builder *b, struct mcpass_error *err)
{
	struct mp_strings *scopes = &b->config->scopes_supported;
	enum mcpass_rc rc = MCPASS_OK;

	for (ngx_uint_t i = 1; i < b->line->words->nelts && !rc; i++) {
		struct mp_strings some = { 0 };

		rc = mp_scope_parse(mp_word(b->line, i), &some, err);
		if (!rc)
			rc = mp_scope_merge(scopes, &some, err);
		mp_strings_free(&some);
	}
	return rc;
}

static enum mcpass_rc read_origins(struct mp_builder *b, struct mcpass_error *err)
{
	return add_words(b->line, &b->config->cors_origins, err);
}

/* A name is no "WORD=": that is one that is misspelt. */
static bool is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

	return text[len] != '=' || len == 0;
}

/* mcpass_require METHOD [NAME] [scope="A B"] [role=ROLE]... */
static enum mcpass_rc read_rule(struct mp_builder *b, struct mcpass_error *err)
{
	static const struct mp_word_row rows[] = {
		ROW("scope", MP_WORD_TEXT, mp_serve_rule, scope), ROW("role", MP_WORD_LIST, mp_serve_rule, roles),
	};
	ngx_uint_t first = is_name(mp_word(b->line, 2)) ? 3 : 2;
	struct mp_serve_rule said = { 0 };
	struct mcpass_scope_rule rule = { .method = mp_word(b->line, 1),
		.name = first == 3 ? mp_word(b->line, 2) : NULL };
	enum mcpass_rc rc = mp_words_read(b, first, rows, MP_COUNT(rows), &said, err);

	if (!rc)
		rc = mp_scope_check(said.scope, err);
	if (!rc && said.scope == NULL && said.roles.count == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "mcpass_require needs scope= or role=");
	rule.scope = said.scope;
	if (!rc)
		rc = mp_serve_rules_add(&b->config->rules, &rule, err);
	if (rc)
		mp_strings_free(&said.roles);
	else
		b->config->rules.items[b->config->rules.count - 1].roles = said.roles;
	free(said.scope);
	return rc;
}

/* mcpass_implies SCOPE OTHER... */
static enum mcpass_rc read_implies(struct mp_builder *b, struct mcpass_error *err)
{
	struct mp_serve_implication *implication = NULL;
	struct mp_buf text;
	enum mcpass_rc rc = mp_serve_add_implication(b->config, &implication, err);

	if (!rc)
		rc = mp_set(&implication->scope, mp_word(b->line, 1), err);
	if (rc)
		return rc;
	mp_buf_init(&text, 4096);
	for (ngx_uint_t i = 2; i < b->line->words->nelts; i++)
		mp_buf_addf(&text, "%s%s", i > 2 ? " " : "", mp_word(b->line, i));
	return mp_buf_take(&text, "the scopes", &implication->implied, err);
}

/* mcpass_dpop off|accepted|required [nonce_secret_file=FILE] */
static enum mcpass_rc read_dpop(struct mp_builder *b, struct mcpass_error *err)
{
	static const struct mp_word_row rows[] = {
		ROW("nonce_secret_file", MP_WORD_FILE, mp_serve_dpop, nonce_secret_file),
	};
	enum mcpass_rc rc = mp_set(&b->config->dpop.mode, mp_word(b->line, 1), err);

	return rc ? rc : mp_words_read(b, 2, rows, MP_COUNT(rows), &b->config->dpop, err);
}

static enum mcpass_rc read_ca(struct mp_builder *b, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_word_set_file(b, &b->config->ca_file, mp_word(b->line, 1), err);

	return rc ? rc : mp_http_trust_check(b->config->ca_file, err);
}

static enum mcpass_rc read_proxy(struct mp_builder *b, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_serve_plan_check_proxy(mp_word(b->line, 1), err);

	return rc ? rc : mp_set(&b->config->proxy, mp_word(b->line, 1), err);
}

/* mcpass_exchange off, or id=ID secret_file=FILE [issuer=URL] [audience=TEXT] [resource=URL]
 * [scope="A B"] */
static enum mcpass_rc read_exchange(struct mp_builder *b, struct mcpass_error *err)
{
	static const struct mp_word_row rows[] = {
		ROW("id", MP_WORD_TEXT, mp_serve_exchange, client_id),
		ROW("secret_file", MP_WORD_FILE, mp_serve_exchange, client_secret_file),
		ROW("issuer", MP_WORD_URL, mp_serve_exchange, issuer),
		ROW("audience", MP_WORD_TEXT, mp_serve_exchange, audience),
		ROW("resource", MP_WORD_URL, mp_serve_exchange, resource),
		ROW("scope", MP_WORD_TEXT, mp_serve_exchange, scope),
	};
	struct mp_serve_exchange *exchange = &b->config->exchange;
	enum mcpass_rc rc;

	if (b->line->words->nelts == 2 && strcmp(mp_word(b->line, 1), "off") == 0)
		return MCPASS_OK;
	rc = mp_words_read(b, 1, rows, MP_COUNT(rows), exchange, err);
	if (!rc)
		rc = mp_scope_check(exchange->scope, err);
	if (!rc && (exchange->client_id == NULL || exchange->client_secret_file == NULL))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "mcpass_exchange needs id= and secret_file=");
	if (!rc && exchange->audience == NULL && exchange->resource == NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, "RFC 8693 2.1",
		    "mcpass_exchange needs audience= or resource=: for whom is the new token?");
	return rc;
}
#undef ROW

static enum mcpass_rc (*const readers[])(struct mp_builder *b, struct mcpass_error *err) = {
	[MP_SAID_CONFIG] = read_config, [MP_SAID_RESOURCE] = read_resource,
	[MP_SAID_RESOURCE_NAME] = read_resource_name, [MP_SAID_ISSUERS] = read_issuer,
	[MP_SAID_AUDIENCES] = read_audience, [MP_SAID_RULES] = read_rule,
	[MP_SAID_ROLE_CLAIMS] = read_role_claim, [MP_SAID_IMPLIES] = read_implies,
	[MP_SAID_SCOPES] = read_scopes, [MP_SAID_DPOP] = read_dpop, [MP_SAID_ORIGINS] = read_origins,
	[MP_SAID_CA] = read_ca, [MP_SAID_PROXY] = read_proxy, [MP_SAID_EXCHANGE] = read_exchange,
};

/* What is said here replaces a list of the file; rules come before the file's. */
static enum mcpass_rc apply(struct mp_builder *b, enum mp_said said, const ngx_array_t *lines,
    struct mcpass_error *err)
{
	const struct mp_line *line = lines->elts;
	struct mp_serve_rules of_file = b->config->rules;
	enum mcpass_rc rc = MCPASS_OK;

	if (said == MP_SAID_ISSUERS)
		mp_serve_drop_issuers(b->config);
	else if (said == MP_SAID_IMPLIES)
		mp_serve_drop_implications(b->config);
	else if (said == MP_SAID_RULES)
		b->config->rules = (struct mp_serve_rules){ 0 };
	else if (said == MP_SAID_AUDIENCES)
		mp_strings_free(&b->config->audiences);
	else if (said == MP_SAID_ROLE_CLAIMS)
		mp_strings_free(&b->config->role_claims);
	else if (said == MP_SAID_SCOPES)
		mp_strings_free(&b->config->scopes_supported);
	else if (said == MP_SAID_ORIGINS)
		mp_strings_free(&b->config->cors_origins);
	for (ngx_uint_t i = 0; i < lines->nelts && !rc; i++) {
		b->line = &line[i];
		rc = readers[said](b, err);
	}
	if (said == MP_SAID_RULES && !rc)
		rc = mp_serve_rules_append(&b->config->rules, &of_file, err);
	if (said == MP_SAID_RULES && rc)
		mp_serve_rules_free(&of_file);
	return rc;
}

static enum mcpass_rc fill(struct mp_builder *b, ngx_array_t *const said[MP_SAID_COUNT],
    struct mp_place *place, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (enum mp_said i = 0; i < MP_SAID_COUNT && !rc; i++)
		if (said[i] != NULL)
			rc = apply(b, i, said[i], err);
	if (!rc)
		b->line = NULL;         /* from here on it is no line's fault */
	b->config->gateway = true;
	if (!rc && b->config->resource == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "mcpass is on, but for which resource?");
		mp_hint(err, "mcpass_resource https://HOST/PATH: the address that clients use");
	}
	if (!rc && b->config->issuer_count == 0) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "no issuer whose tokens are accepted");
		mp_hint(err, "mcpass_issuer URL: the authorization server that gives out tokens");
	}
	if (!rc)
		rc = mp_serve_rules_check_gateway(&b->config->rules, err);
	for (size_t i = 0; i < b->config->issuer_count && !rc; i++)
		rc = mp_serve_rules_check_gateway(&b->config->issuers[i].rules, err);
	return rc ? rc : mp_serve_plan_make(b->config, &place->plan, err);
}

/* Where it stands: a line that was read, or the block that has just ended. */
static void tell(const struct mp_builder *b, const struct mcpass_error *err)
{
	const char *spec = err->spec != NULL ? err->spec : "", *before = "", *after = "";

	if (err->spec != NULL) {
		before = " (";
		after = ")";
	}
	if (b->line != NULL) {
		ngx_log_error(NGX_LOG_EMERG, b->cf->log, 0, "mcpass: %s%s%s%s in %V:%ui", err->detail,
		    before, spec, after, &b->line->file, b->line->number);
	} else {
		ngx_conf_log_error(NGX_LOG_EMERG, b->cf, 0, "mcpass: %s%s%s%s", err->detail, before, spec,
		    after);
	}
	if (err->hint[0] != '\0') {
		ngx_log_error(NGX_LOG_EMERG, b->cf->log, 0, "mcpass: what to do: %s", err->hint);
	} else if (b->line != NULL && strcmp(mp_word(b->line, 0), "mcpass_config") == 0) {
		ngx_log_error(NGX_LOG_EMERG, b->cf->log, 0, "mcpass: what to do: change that in %s; its members"
		    " are in docs/serve.md", mp_word(b->line, 1));
	} else if (b->line != NULL) {
		mp_directive_hint(mp_word(b->line, 0), b->cf->log);
	} else {
		ngx_log_error(NGX_LOG_EMERG, b->cf->log, 0, "mcpass: what to do: change what this block says of it,"
		    " or inherits; each directive is in docs/nginx.md");
	}
}

static void free_place(void *data)
{
	struct mp_place *place = data;

	mp_fetches_free(place->fetches);
	mp_exchanger_free(place->exchanger);
	mcpass_guard_free(place->guard);
	mp_serve_plan_free(&place->plan);
	mp_serve_config_free(&place->config);
}

/* Why a request was refused is no error of this server; an issuer that is gone is. */
static void note(void *ctx, const struct mcpass_note *note)
{
	const struct mp_place *place = ctx;
	const char *reason = mp_header_get(note->facts, note->fact_count, "reason");
	const char *status = mp_header_get(note->facts, note->fact_count, "status");
	ngx_uint_t level = NGX_LOG_INFO;

	if (status != NULL && (status[0] == '0' || status[0] == '5'))
		level = NGX_LOG_ERR;
	ngx_log_error(level, place->log, 0, "mcpass: %s: %s", note->what, reason != NULL ? reason : "");
}

struct mp_place *mp_place_new(ngx_conf_t *cf, ngx_array_t *const said[MP_SAID_COUNT])
{
	ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(cf->pool, sizeof(struct mp_place));
	struct mcpass_error err = { 0 };
	struct mp_builder b = { .cf = cf };
	struct mp_place *place;

	if (cleanup == NULL)
		return NULL;
	place = cleanup->data;
	ngx_memzero(place, sizeof(*place));
	cleanup->handler = free_place;
	ngx_queue_init(&place->waiting);
	ngx_memcpy(place->said, said, sizeof(place->said));
	b.config = &place->config;
	if (fill(&b, said, place, &err)) {
		tell(&b, &err);
		return NULL;
	}
	return place;
}

static enum mcpass_rc open_exchanger(struct mp_place *place, struct mcpass_error *err)
{
	const struct mp_serve_exchange *exchange = &place->config.exchange;
	const struct mp_exchanger_config config = { .issuer = place->plan.exchange_issuer,
		.client_id = exchange->client_id, .client_secret = &place->plan.exchange_secret,
		.audience = exchange->audience, .resource = exchange->resource,
		.scope = exchange->scope, .loopback_http = place->plan.guard.loopback_http != 0 };

	if (config.issuer == NULL)
		return MCPASS_OK;
	return mp_exchanger_new(&config, &place->exchanger, err);
}

ngx_int_t mp_place_open(struct mp_place *place, const struct mcpass_shared_memory *shared,
    ngx_log_t *log)
{
	struct mcpass_error err = { 0 };

	place->plan.guard.shared = shared;
	if (mp_serve_plan_guard(&place->plan, NULL, &place->guard, &err)
	    || open_exchanger(place, &err)) {
		ngx_log_error(NGX_LOG_EMERG, log, 0, "mcpass: %s", err.detail);
		return NGX_ERROR;
	}
	place->log = log;
	place->gate = (struct mp_gate){ .guard = place->guard, .exchanger = place->exchanger,
		.copies_issuer = place->config.issuer_metadata, .fetch = mp_worker_fetch,
		.fetch_ctx = place, .trace = note, .trace_ctx = place };
	return NGX_OK;
}
