/* What the directives say, as the configuration of `mcpass serve`: so both are judged alike. */
#include "nginx/module.h"

struct builder {
	ngx_conf_t *cf;
	const struct mp_line *line;     /* that is read */
	struct mp_serve_config *config;
	const struct mp_serve_issuer *last;
};

static const char *word(const struct mp_line *line, ngx_uint_t i)
{
	return (const char *)((const ngx_str_t *)line->words->elts)[i].data;
}

/* The value of "NAME=VALUE", or NULL. */
static const char *value_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	return strncmp(text, name, len) == 0 && text[len] == '=' ? text + len + 1 : NULL;
}

static enum mcpass_rc no_such(const struct mp_line *line, const char *text, const char *expected,
    struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_USAGE, NULL, "%s: \"%s\" is none of %s", word(line, 0), text,
	    expected);
}

static struct mp_span span(const char *text)
{
	return (struct mp_span){ text, strlen(text) };
}

/* Files are looked for where nginx looks for its own. */
static enum mcpass_rc set_file(const struct builder *b, char **slot, const char *name,
    struct mcpass_error *err)
{
	ngx_str_t path = { strlen(name), (u_char *)name };

	if (ngx_conf_full_name(b->cf->cycle, &path, 1) != NGX_OK)
		return mp_nomem(err);
	return mp_set(slot, (const char *)path.data, err);
}

static enum mcpass_rc read_config(struct builder *b, struct mcpass_error *err)
{
	char *path = NULL;
	enum mcpass_rc rc = set_file(b, &path, word(b->line, 1), err);

	if (!rc)
		rc = mp_serve_config_load(path, b->config, err);
	free(path);
	mp_serve_drop_exchange(b->config);      /* of a tool that is not here */
	if (!rc && b->config->open)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL,
		    "the file says \"open\": leave that out, or say mcpass off here");
	return rc;
}

static enum mcpass_rc read_resource(struct builder *b, struct mcpass_error *err)
{
	return mp_set(&b->config->resource, word(b->line, 1), err);
}

static enum mcpass_rc read_resource_name(struct builder *b, struct mcpass_error *err)
{
	return mp_set(&b->config->resource_name, word(b->line, 1), err);
}

/* mcpass_introspection id=ID secret_file=FILE ...: of the issuer above it. */
static enum mcpass_rc read_introspection(struct builder *b, struct mcpass_error *err)
{
	struct mp_serve_introspection *how;
	enum mcpass_rc rc = MCPASS_OK;

	if (b->config->issuer_count == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "mcpass_introspection stands below the mcpass_issuer that is asked");
	how = &b->config->issuers[b->config->issuer_count - 1].introspection;
	for (ngx_uint_t i = 1; i < b->line->words->nelts && !rc; i++) {
		const char *text = word(b->line, i), *value;

		if ((value = value_of(text, "id")) != NULL)
			rc = mp_set(&how->client_id, value, err);
		else if ((value = value_of(text, "secret_file")) != NULL)
			rc = set_file(b, &how->client_secret_file, value, err);
		else if ((value = value_of(text, "endpoint")) != NULL)
			rc = mp_set(&how->endpoint, value, err);
		else if ((value = value_of(text, "auth_method")) != NULL)
			rc = mp_set(&how->auth_method, value, err);
		else if ((value = value_of(text, "prefix")) != NULL)
			rc = mp_set(&how->token_prefix, value, err);
		else if ((value = value_of(text, "lifetime")) != NULL)
			how->lifetime = ngx_atoi((u_char *)value, strlen(value));
		else if (strcmp(text, "jwts") == 0)
			how->jwts = true;
		else if (strcmp(text, "audience_optional") == 0)
			how->audience_optional = true;
		else
			rc = no_such(b->line, text, "id=, secret_file=, endpoint=, auth_method=, prefix=,"
			    " lifetime=, jwts, audience_optional", err);
	}
	return rc;
}

/* mcpass_issuer URL [jwks=URL] [jwks_file=FILE] [audience=TEXT]... */
static enum mcpass_rc read_issuer(struct builder *b, struct mcpass_error *err)
{
	struct mp_serve_issuer *issuer = NULL;
	enum mcpass_rc rc;

	if (strcmp(word(b->line, 0), "mcpass_introspection") == 0)
		return read_introspection(b, err);
	rc = mp_serve_add_issuer(b->config, &issuer, err);
	if (!rc)
		rc = mp_set(&issuer->issuer, word(b->line, 1), err);
	for (ngx_uint_t i = 2; i < b->line->words->nelts && !rc; i++) {
		const char *text = word(b->line, i), *value;

		if ((value = value_of(text, "jwks")) != NULL)
			rc = mp_set(&issuer->jwks_uri, value, err);
		else if ((value = value_of(text, "jwks_file")) != NULL)
			rc = set_file(b, &issuer->jwks_file, value, err);
		else if ((value = value_of(text, "audience")) != NULL)
			rc = mp_strings_add(&issuer->audiences, span(value), err);
		else if ((value = value_of(text, "client")) != NULL)
			rc = mp_strings_add(&issuer->clients, span(value), err);
		else if ((value = value_of(text, "role_claim")) != NULL)
			rc = mp_strings_add(&issuer->role_claims, span(value), err);
		else if (strcmp(text, "id_token_claims") == 0)
			issuer->id_token_claims = true;
		else
			rc = no_such(b->line, text, "jwks=, jwks_file=, audience=, client=, role_claim=,"
			    " id_token_claims", err);
	}
	return rc;
}

static enum mcpass_rc add_words(const struct mp_line *line, struct mp_strings *list,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (ngx_uint_t i = 1; i < line->words->nelts && !rc; i++)
		rc = mp_strings_add(list, span(word(line, i)), err);
	return rc;
}

static enum mcpass_rc read_audience(struct builder *b, struct mcpass_error *err)
{
	return add_words(b->line, &b->config->audiences, err);
}

static enum mcpass_rc read_role_claim(struct builder *b, struct mcpass_error *err)
{
	return add_words(b->line, &b->config->role_claims, err);
}

static enum mcpass_rc read_scopes(struct builder *b, struct mcpass_error *err)
{
	return add_words(b->line, &b->config->scopes_supported, err);
}

static enum mcpass_rc read_origins(struct builder *b, struct mcpass_error *err)
{
	return add_words(b->line, &b->config->cors_origins, err);
}

/* mcpass_require METHOD [NAME] [scope="A B"] [role=ROLE]... */
static enum mcpass_rc read_rule(struct builder *b, struct mcpass_error *err)
{
	struct mcpass_scope_rule rule = { .method = word(b->line, 1) };
	struct mp_strings roles = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (ngx_uint_t i = 2; i < b->line->words->nelts && !rc; i++) {
		const char *text = word(b->line, i), *value;

		if ((value = value_of(text, "scope")) != NULL)
			rule.scope = value;
		else if ((value = value_of(text, "role")) != NULL)
			rc = mp_strings_add(&roles, span(value), err);
		else if (i == 2)
			rule.name = text;
		else
			rc = no_such(b->line, text, "scope=, role=", err);
	}
	if (!rc && rule.scope == NULL && roles.count == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "mcpass_require needs scope= or role=");
	if (!rc)
		rc = mp_serve_rules_add(&b->config->rules, &rule, err);
	if (rc)
		mp_strings_free(&roles);
	else
		b->config->rules.items[b->config->rules.count - 1].roles = roles;
	return rc;
}

/* mcpass_implies SCOPE OTHER... */
static enum mcpass_rc read_implies(struct builder *b, struct mcpass_error *err)
{
	struct mp_serve_implication *implication = NULL;
	struct mp_buf text;
	enum mcpass_rc rc = mp_serve_add_implication(b->config, &implication, err);

	if (!rc)
		rc = mp_set(&implication->scope, word(b->line, 1), err);
	if (rc)
		return rc;
	mp_buf_init(&text, 4096);
	for (ngx_uint_t i = 2; i < b->line->words->nelts; i++)
		mp_buf_addf(&text, "%s%s", i > 2 ? " " : "", word(b->line, i));
	return mp_buf_take(&text, "the scopes", &implication->implied, err);
}

/* mcpass_dpop off|accepted|required [nonce_secret_file=FILE] */
static enum mcpass_rc read_dpop(struct builder *b, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_set(&b->config->dpop.mode, word(b->line, 1), err);
	const char *file;

	if (rc || b->line->words->nelts < 3)
		return rc;
	file = value_of(word(b->line, 2), "nonce_secret_file");
	return file != NULL ? set_file(b, &b->config->dpop.nonce_secret_file, file, err)
	    : no_such(b->line, word(b->line, 2), "nonce_secret_file=", err);
}

static enum mcpass_rc read_ca(struct builder *b, struct mcpass_error *err)
{
	enum mcpass_rc rc = set_file(b, &b->config->ca_file, word(b->line, 1), err);

	if (!rc && access(b->config->ca_file, R_OK) != 0)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", b->config->ca_file, strerror(errno));
	return rc;
}

static enum mcpass_rc read_proxy(struct builder *b, struct mcpass_error *err)
{
	return mp_set(&b->config->proxy, word(b->line, 1), err);
}

/* mcpass_exchange off, or id=ID secret_file=FILE [issuer=URL] [audience=TEXT] [resource=URL]
 * [scope="A B"] */
static enum mcpass_rc read_exchange(struct builder *b, struct mcpass_error *err)
{
	struct mp_serve_exchange *exchange = &b->config->exchange;
	enum mcpass_rc rc = MCPASS_OK;

	if (b->line->words->nelts == 2 && strcmp(word(b->line, 1), "off") == 0)
		return MCPASS_OK;
	for (ngx_uint_t i = 1; i < b->line->words->nelts && !rc; i++) {
		const char *text = word(b->line, i), *value;

		if ((value = value_of(text, "id")) != NULL)
			rc = mp_set(&exchange->client_id, value, err);
		else if ((value = value_of(text, "secret_file")) != NULL)
			rc = set_file(b, &exchange->client_secret_file, value, err);
		else if ((value = value_of(text, "issuer")) != NULL)
			rc = mp_set(&exchange->issuer, value, err);
		else if ((value = value_of(text, "audience")) != NULL)
			rc = mp_set(&exchange->audience, value, err);
		else if ((value = value_of(text, "resource")) != NULL)
			rc = mp_set(&exchange->resource, value, err);
		else if ((value = value_of(text, "scope")) != NULL)
			rc = mp_set(&exchange->scope, value, err);
		else
			rc = no_such(b->line, text, "id=, secret_file=, issuer=, audience=, resource=,"
			    " scope=, off", err);
	}
	if (!rc && exchange->client_id == NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "mcpass_exchange needs id= and secret_file=");
	return rc;
}

static enum mcpass_rc (*const readers[])(struct builder *b, struct mcpass_error *err) = {
	[MP_SAID_CONFIG] = read_config, [MP_SAID_RESOURCE] = read_resource,
	[MP_SAID_RESOURCE_NAME] = read_resource_name, [MP_SAID_ISSUERS] = read_issuer,
	[MP_SAID_AUDIENCES] = read_audience, [MP_SAID_RULES] = read_rule,
	[MP_SAID_ROLE_CLAIMS] = read_role_claim, [MP_SAID_IMPLIES] = read_implies,
	[MP_SAID_SCOPES] = read_scopes, [MP_SAID_DPOP] = read_dpop, [MP_SAID_ORIGINS] = read_origins,
	[MP_SAID_CA] = read_ca, [MP_SAID_PROXY] = read_proxy, [MP_SAID_EXCHANGE] = read_exchange,
};

/* What is said here replaces a list of the file; rules come before the file's. */
static enum mcpass_rc apply(struct builder *b, enum mp_said said, const ngx_array_t *lines,
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

static enum mcpass_rc fill(struct builder *b, ngx_array_t *const said[MP_SAID_COUNT],
    struct mp_place *place, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (enum mp_said i = 0; i < MP_SAID_COUNT && !rc; i++)
		if (said[i] != NULL)
			rc = apply(b, i, said[i], err);
	b->line = NULL;                 /* from here on it is no line's fault */
	b->config->gateway = true;
	if (!rc && b->config->resource == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "mcpass is on, but for which resource?");
		mp_hint(err, "mcpass_resource https://HOST/PATH: the address that clients use");
	}
	if (!rc)
		rc = mp_serve_rules_check_gateway(&b->config->rules, err);
	return rc ? rc : mp_serve_plan_make(b->config, &place->plan, err);
}

/* Where it stands: a line that was read, or the block that has just ended. */
static void tell(const struct builder *b, const struct mcpass_error *err)
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
	struct builder b = { .cf = cf };
	struct mp_place *place;

	if (cleanup == NULL)
		return NULL;
	place = cleanup->data;
	ngx_memzero(place, sizeof(*place));
	cleanup->handler = free_place;
	ngx_queue_init(&place->waiting);
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
