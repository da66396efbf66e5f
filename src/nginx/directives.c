/* The directives: where each stands, and what its words are.  Each is registered for any number of
 * words and for any block, so that what is wrong is told by us, with what to do. */
#include "nginx/module.h"
#include "mcp/headers.h"

#define MIN_SIZE ((ssize_t)1024 * 1024)
#define MAX_CLAIM 127                   /* bytes: no issuer has longer names */
#define MANY 1000

/* How a directive is written: what it takes, and one that is good. */
struct usage {
	const char *name;
	unsigned min, max;              /* words behind the name */
	const char *takes, *such_as;
};
static const struct usage usages[] = {
	{ "mcpass", 1, 1, "on|off", "mcpass on;" },
	{ "mcpass_pass_token", 1, 1, "on|off", "mcpass_pass_token off;" },
	{ "mcpass_end_streams", 1, 1, "on|off", "mcpass_end_streams on;" },
	{ "mcpass_config", 1, 1, "FILE", "mcpass_config /etc/mcpass/serve.json;" },
	{ "mcpass_resource", 1, 1, "URL", "mcpass_resource https://mcp.example.com/mcp;" },
	{ "mcpass_resource_name", 1, 1, "TEXT", "mcpass_resource_name \"Our files\";" },
	{ "mcpass_issuer", 1, MANY, "URL [jwks=URL|jwks_file=FILE] [audience=TEXT]... [client=ID]..."
	    " [role_claim=PATH]... [id_token_claims]", "mcpass_issuer https://sso.example.com/realms/mcp;" },
	{ "mcpass_introspection", 2, MANY, "id=ID secret_file=FILE [endpoint=URL] [auth_method=NAME]"
	    " [prefix=TEXT] [lifetime=SECONDS] [jwts] [audience_optional]",
	    "mcpass_introspection id=mcp secret_file=/etc/mcpass/secret;" },
	{ "mcpass_audience", 1, MANY, "TEXT...", "mcpass_audience https://mcp.example.com/mcp;" },
	{ "mcpass_require", 2, MANY, "METHOD [NAME] [scope=SCOPES] [role=ROLE]..., at least one of the two",
	    "mcpass_require tools/call delete_file scope=files:admin;" },
	{ "mcpass_role_claim", 1, MANY, "PATH...", "mcpass_role_claim realm_access.roles;" },
	{ "mcpass_implies", 2, MANY, "SCOPE SCOPE...", "mcpass_implies files:admin files:read;" },
	{ "mcpass_scopes", 1, MANY, "SCOPE...", "mcpass_scopes files:read files:admin;" },
	{ "mcpass_dpop", 1, 2, "off|accepted|required [nonce_secret_file=FILE]", "mcpass_dpop accepted;" },
	{ "mcpass_origins", 1, MANY, "ORIGIN...", "mcpass_origins https://app.example.com;" },
	{ "mcpass_trusted_ca", 1, 1, "FILE", "mcpass_trusted_ca /etc/ssl/certs/ca-certificates.crt;" },
	{ "mcpass_proxy", 1, 1, "URL", "mcpass_proxy http://proxy.example.com:3128;" },
	{ "mcpass_exchange", 1, MANY, "off, or id=ID secret_file=FILE [issuer=URL] [audience=TEXT]"
	    " [resource=URL] [scope=SCOPES]",
	    "mcpass_exchange id=gateway secret_file=/etc/mcpass/secret audience=files-api;" },
	{ "mcpass_header", 2, 2, "NAME CLAIM", "mcpass_header X-User sub;" },
	{ "mcpass_zone", 1, 1, "SIZE, in the block http", "mcpass_zone 10m;" },
};

static const struct usage *find(const char *name)
{
	size_t i = 0;

	while (i + 1 < sizeof(usages) / sizeof(usages[0]) && strcmp(usages[i].name, name) != 0)
		i++;
	return &usages[i];
}

static const struct usage *usage_of(const ngx_command_t *cmd)
{
	return find((const char *)cmd->name.data);
}

void mp_directive_hint(const char *name, ngx_log_t *log)
{
	const struct usage *usage = find(name);

	ngx_log_error(NGX_LOG_EMERG, log, 0, "mcpass: what to do: %s takes %s, such as: %s", name,
	    usage->takes, usage->such_as);
}

static char *refuse(ngx_conf_t *cf, const struct usage *usage, const char *problem,
    const ngx_str_t *word)
{
	static const ngx_str_t none = ngx_null_string;

	if (word != NULL && memchr(word->data, '@', word->len) != NULL)
		word = NULL;            /* a URL may have a password in it */
	ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "mcpass: %s %s%s%V%s", usage->name, problem,
	    word != NULL ? ": \"" : "", word != NULL ? word : &none, word != NULL ? "\"" : "");
	mp_directive_hint(usage->name, cf->log);
	return NGX_CONF_ERROR;
}

static bool has_variable(const ngx_str_t *word)
{
	for (size_t i = 0; i + 1 < word->len; i++) {
		u_char next = word->data[i + 1] | 0x20;

		if (word->data[i] == '$' && ((next >= 'a' && next <= 'z') || word->data[i + 1] == '{'))
			return true;
	}
	return false;
}

static char *check_words(ngx_conf_t *cf, const struct usage *usage)
{
	const ngx_str_t *words = cf->args->elts;
	char *rc = NGX_CONF_OK;

	if (cf->cmd_type & (NGX_HTTP_SIF_CONF | NGX_HTTP_LIF_CONF))
		return refuse(cf, usage, "does not stand in \"if\": have a location of its own for it", NULL);
	if (cf->args->nelts - 1 < usage->min)
		return refuse(cf, usage, cf->args->nelts == 1 ? "says nothing" : "says too little", NULL);
	if (cf->args->nelts - 1 > usage->max)
		return refuse(cf, usage, "has a word too many", &words[usage->max + 1]);
	for (ngx_uint_t i = 1; i < cf->args->nelts && rc == NGX_CONF_OK; i++) {
		if (words[i].len == 0)
			rc = refuse(cf, usage, "has an empty word", NULL);
		else if (has_variable(&words[i]))
			rc = refuse(cf, usage, "reads no variables of nginx", &words[i]);
	}
	return rc;
}

/* --- each --- */

static char *read_flag(ngx_conf_t *cf, ngx_command_t *cmd, void *data)
{
	const struct usage *usage = usage_of(cmd);
	const ngx_str_t *words = cf->args->elts;
	ngx_flag_t *flag = (ngx_flag_t *)((char *)data + cmd->offset);

	if (check_words(cf, usage) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	if (*flag != NGX_CONF_UNSET)
		return refuse(cf, usage, "stands here twice", NULL);
	if (strcmp((char *)words[1].data, "on") != 0 && strcmp((char *)words[1].data, "off") != 0)
		return refuse(cf, usage, "is neither on nor off", &words[1]);
	*flag = words[1].len == 2;
	return NGX_CONF_OK;
}

static char *read_line(ngx_conf_t *cf, ngx_command_t *cmd, void *data)
{
	struct mp_location_conf *conf = data;
	enum mp_said said = (enum mp_said)cmd->offset;
	bool is_list = said == MP_SAID_ISSUERS || said == MP_SAID_RULES || said == MP_SAID_IMPLIES;
	struct mp_line *line;

	if (check_words(cf, usage_of(cmd)) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	if (conf->said[said] != NULL && !is_list)
		return refuse(cf, usage_of(cmd), "stands here twice", NULL);
	if (conf->said[said] == NULL)
		conf->said[said] = ngx_array_create(cf->pool, 4, sizeof(struct mp_line));
	line = conf->said[said] != NULL ? ngx_array_push(conf->said[said]) : NULL;
	if (line == NULL)
		return NGX_CONF_ERROR;
	line->words = ngx_array_create(cf->pool, cf->args->nelts, sizeof(ngx_str_t));
	if (line->words == NULL || ngx_array_push_n(line->words, cf->args->nelts) == NULL)
		return NGX_CONF_ERROR;
	ngx_memcpy(line->words->elts, cf->args->elts, cf->args->nelts * sizeof(ngx_str_t));
	line->file = cf->conf_file->file.name;
	line->number = cf->conf_file->line;
	return NGX_CONF_OK;
}

static char *read_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *data)
{
	const struct usage *usage = usage_of(cmd);
	struct mp_main_conf *conf = data;
	ngx_str_t *words = cf->args->elts;
	ssize_t size;

	if (check_words(cf, usage) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	if (!(cf->cmd_type & NGX_HTTP_MAIN_CONF))
		return refuse(cf, usage, "is one for all servers", NULL);
	if (conf->zone_size != 0)
		return refuse(cf, usage, "stands here twice", NULL);
	size = ngx_parse_size(&words[1]);
	if (size < MIN_SIZE)
		return refuse(cf, usage, "is a size of 1m or more, not", &words[1]);
	conf->zone_size = (size_t)size;
	return NGX_CONF_OK;
}

/* What frames a message, what is about one connection, what MCP itself says, and credentials: a
 * claim in their place would make another request of it. */
static bool is_not_ours(const ngx_str_t *name)
{
	static const char *const names[] = { "Host", "Content-Length", "Transfer-Encoding", "Connection",
		"Keep-Alive", "Proxy-Connection", "Upgrade", "TE", "Trailer", "Expect", "Content-Type",
		"Content-Encoding", "Accept", "Accept-Encoding", "Range", "If-Range", "Authorization", "DPoP",
		"Proxy-Authorization", "Cookie", "Origin", "Last-Event-ID" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ngx_strcasecmp(name->data, (u_char *)names[i]) == 0)
			return true;
	return ngx_strncasecmp(name->data, (u_char *)"Mcp-", sizeof("Mcp-") - 1) == 0;
}

static char *check_header(ngx_conf_t *cf, const struct usage *usage, const ngx_array_t *headers)
{
	const ngx_str_t *words = cf->args->elts;
	const struct mp_claim_header *items = headers != NGX_CONF_UNSET_PTR ? headers->elts : NULL;

	if (mp_http_token_len((char *)words[1].data) != words[1].len)
		return refuse(cf, usage, "cannot send a header of such a name", &words[1]);
	if (is_not_ours(&words[1]))
		return refuse(cf, usage, "sends no header that HTTP, MCP or authorization reads itself",
		    &words[1]);
	if (words[2].len > MAX_CLAIM)
		return refuse(cf, usage, "knows no claims with names of over 127 bytes", NULL);
	for (ngx_uint_t i = 0; items != NULL && i < headers->nelts; i++)
		if (mp_message_is_same_name(&items[i].name, &words[1]))
			return refuse(cf, usage, "names one header twice", &words[1]);
	return NGX_CONF_OK;
}

static char *read_header(ngx_conf_t *cf, ngx_command_t *cmd, void *data)
{
	struct mp_location_conf *conf = data;
	ngx_str_t *words = cf->args->elts;
	struct mp_claim_header *header;

	if (check_words(cf, usage_of(cmd)) != NGX_CONF_OK
	    || check_header(cf, usage_of(cmd), conf->headers) != NGX_CONF_OK)
		return NGX_CONF_ERROR;
	if (conf->headers == NGX_CONF_UNSET_PTR)
		conf->headers = ngx_array_create(cf->pool, 4, sizeof(*header));
	header = conf->headers != NULL ? ngx_array_push(conf->headers) : NULL;
	if (header == NULL)
		return NGX_CONF_ERROR;
	*header = (struct mp_claim_header){ .name = words[1], .claim = words[2] };
	header->lower = (ngx_str_t){ words[1].len, ngx_pnalloc(cf->pool, words[1].len + 1) };
	if (header->lower.data == NULL)
		return NGX_CONF_ERROR;
	ngx_strlow(header->lower.data, words[1].data, words[1].len);
	header->lower.data[words[1].len] = '\0';
	return NGX_CONF_OK;
}

#define ANYWHERE (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LMT_CONF \
	| NGX_HTTP_SIF_CONF | NGX_HTTP_LIF_CONF | NGX_CONF_ANY)
#define LINE(name, said) \
	{ ngx_string(name), ANYWHERE, read_line, NGX_HTTP_LOC_CONF_OFFSET, said, NULL }
#define FLAG(name, member) \
	{ ngx_string(name), ANYWHERE, read_flag, NGX_HTTP_LOC_CONF_OFFSET, \
	    offsetof(struct mp_location_conf, member), NULL }
ngx_command_t mp_ngx_commands[] = {
	FLAG("mcpass", enable),
	FLAG("mcpass_pass_token", pass_token),
	FLAG("mcpass_end_streams", end_streams),
	LINE("mcpass_config", MP_SAID_CONFIG),
	LINE("mcpass_resource", MP_SAID_RESOURCE),
	LINE("mcpass_resource_name", MP_SAID_RESOURCE_NAME),
	LINE("mcpass_issuer", MP_SAID_ISSUERS),
	LINE("mcpass_introspection", MP_SAID_ISSUERS),
	LINE("mcpass_audience", MP_SAID_AUDIENCES),
	LINE("mcpass_require", MP_SAID_RULES),
	LINE("mcpass_role_claim", MP_SAID_ROLE_CLAIMS),
	LINE("mcpass_implies", MP_SAID_IMPLIES),
	LINE("mcpass_scopes", MP_SAID_SCOPES),
	LINE("mcpass_dpop", MP_SAID_DPOP),
	LINE("mcpass_origins", MP_SAID_ORIGINS),
	LINE("mcpass_trusted_ca", MP_SAID_CA),
	LINE("mcpass_proxy", MP_SAID_PROXY),
	LINE("mcpass_exchange", MP_SAID_EXCHANGE),
	{ ngx_string("mcpass_header"), ANYWHERE, read_header, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },
	{ ngx_string("mcpass_zone"), ANYWHERE, read_zone, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },
	ngx_null_command
};
