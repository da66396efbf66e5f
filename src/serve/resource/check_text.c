#include "serve/resource/check_text.h"
#include <unistd.h>
#include "base/limits.h"
#include "ui/out.h"

#define RULE_COLUMNS 22

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = mp_json_text(object, name);

	return text != NULL ? text : "";
}

static void heading(struct mp_buf *buf, const struct mp_term *term, const char *text)
{
	mp_buf_adds(buf, "\n");
	mp_painted(buf, term, MP_BOLD, text);
	mp_buf_adds(buf, "\n");
}

static void add_list(struct mp_buf *buf, const json_t *list, const char *between)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		mp_buf_adds(buf, i > 0 ? between : "");
		mp_term_add_line(buf, json_string_value(json_array_get(list, i)), 0);
	}
}

static void add_keys(struct mp_buf *buf, const json_t *issuer)
{
	json_int_t keys = json_integer_value(json_object_get(issuer, "keys"));

	mp_buf_addf(buf, "      %lld key%s in ", (long long)keys, keys == 1 ? "" : "s");
	mp_term_add_line(buf, text_of(issuer, "keys_at"), 0);
	mp_buf_adds(buf, "\n");
}

static void add_rule(struct mp_buf *buf, const char *indent, const json_t *rule)
{
	const json_t *roles = json_object_get(rule, "roles");
	const char *scope = text_of(rule, "scope"), *name = text_of(rule, "name");
	struct mp_buf about = MP_BUF(MP_MAX_URI);
	unsigned columns;

	mp_buf_addf(&about, "%s%s%s", text_of(rule, "method"), name[0] != '\0' ? ":" : "", name);
	columns = mp_term_columns(mp_buf_text(&about));
	mp_buf_adds(buf, indent);
	mp_term_add_line(buf, mp_buf_text(&about), 0);
	mp_term_pad(buf, columns < RULE_COLUMNS ? RULE_COLUMNS - columns : 1);
	mp_term_add_line(buf, scope[0] != '\0' ? scope : "no scope", 0);
	if (roles != NULL) {
		mp_buf_adds(buf, json_array_size(roles) > 1 ? ", and one of the roles " : ", and the role ");
		add_list(buf, roles, ", ");
	}
	mp_buf_adds(buf, "\n");
	mp_buf_free(&about);
}

/* What counts for its tokens alone. */
static void add_terms(struct mp_buf *buf, const json_t *issuer)
{
	static const struct { const char *name, *words; } lines[] = {
		{ "audiences", "      its tokens are for " }, { "clients", "      or, without aud, of the clients " },
		{ "role_claims", "      their roles are in " },
	};
	const json_t *rules = json_object_get(issuer, "rules");

	for (size_t i = 0; i < MP_COUNT(lines); i++) {
		const json_t *list = json_object_get(issuer, lines[i].name);

		mp_buf_adds(buf, list != NULL ? lines[i].words : "");
		add_list(buf, list, ", ");
		mp_buf_adds(buf, list != NULL ? "\n" : "");
	}
	if (json_is_true(json_object_get(issuer, "id_token_claims")))
		mp_buf_adds(buf, "      its access tokens may look like ID tokens\n");
	if (rules != NULL)
		mp_buf_adds(buf, "      they are asked for, in place of what is below,\n");
	for (size_t i = 0; i < json_array_size(rules); i++)
		add_rule(buf, "        ", json_array_get(rules, i));
}

static void add_issuer(struct mp_buf *buf, const struct mp_term *term, const json_t *issuer)
{
	const json_t *problem = json_object_get(issuer, "problem");

	mp_buf_adds(buf, "  ");
	mp_term_add_line(buf, text_of(issuer, "issuer"), 0);
	mp_buf_adds(buf, "  ");
	mp_painted(buf, term, problem != NULL ? MP_RED : MP_GREEN, problem != NULL ? "problem" : "ok");
	mp_buf_adds(buf, "\n");
	if (problem != NULL) {
		mp_buf_adds(buf, "      ");
		mp_term_add_line(buf, json_string_value(problem), 0);
		mp_buf_adds(buf, "\n");
	} else {
		add_keys(buf, issuer);
	}
	if (json_object_get(issuer, "introspects_as") != NULL) {
		mp_buf_adds(buf, "      is asked about tokens by the client ");
		mp_term_add_line(buf, text_of(issuer, "introspects_as"), 0);
		mp_buf_adds(buf, "\n");
	}
	add_terms(buf, issuer);
}

static void add_rules(struct mp_buf *buf, const struct mp_term *term, const json_t *account)
{
	const json_t *rules = json_object_get(account, "rules"), *value;
	const json_t *claims = json_object_get(account, "role_claims");
	const char *scope;

	heading(buf, term, "Asks for (the first that matches decides)");
	for (size_t i = 0; i < json_array_size(rules); i++)
		add_rule(buf, "  ", json_array_get(rules, i));
	json_object_foreach (json_object_get(account, "implies"), scope, value) {
		mp_buf_adds(buf, "  ");
		mp_term_add_line(buf, scope, 0);
		mp_buf_adds(buf, " stands for ");
		mp_term_add_line(buf, json_string_value(value), 0);
		mp_buf_adds(buf, ", too\n");
	}
	if (json_array_size(claims) > 0) {
		mp_buf_adds(buf, "  roles are in ");
		add_list(buf, claims, ", ");
		mp_buf_adds(buf, "\n");
	}
	mp_buf_addf(buf, "  proof of possession (DPoP): %s%s\n", text_of(account, "dpop"),
	    json_is_true(json_object_get(account, "dpop_nonces")) ? ", with nonces" : "");
}

static void add_exchange(struct mp_buf *buf, const struct mp_term *term, const json_t *exchange)
{
	static const struct { const char *name, *words; } lines[] = {
		{ "issuer", "exchanges tokens at " }, { "client_id", "as the client " },
		{ "audience", "for the audience " }, { "resource", "for the resource " },
		{ "scope", "with the scopes " }, { "call_on", "and calls whoami at " },
	};

	if (exchange == NULL)
		return;
	heading(buf, term, "Calls on as the user (the tool call_on)");
	for (size_t i = 0; i < MP_COUNT(lines); i++)
		if (json_object_get(exchange, lines[i].name) != NULL) {
			mp_buf_addf(buf, "  %s", lines[i].words);
			mp_term_add_line(buf, text_of(exchange, lines[i].name), 0);
			mp_buf_adds(buf, "\n");
		}
}

static void add_guarded(struct mp_buf *buf, const struct mp_term *term, const json_t *account)
{
	const json_t *issuers = json_object_get(account, "issuers");
	const json_t *publishes = json_object_get(account, "publishes");
	const json_t *warnings = json_object_get(account, "warnings");

	heading(buf, term, "Takes tokens of");
	for (size_t i = 0; i < json_array_size(issuers); i++)
		add_issuer(buf, term, json_array_get(issuers, i));
	heading(buf, term, "for");
	mp_buf_adds(buf, "  ");
	add_list(buf, json_object_get(account, "audiences"), ", ");
	mp_buf_adds(buf, "\n");
	add_rules(buf, term, account);
	add_exchange(buf, term, json_object_get(account, "exchange"));
	heading(buf, term, "Publishes");
	mp_buf_adds(buf, "  scopes ");
	add_list(buf, json_object_get(publishes, "scopes_supported"), " ");
	mp_buf_adds(buf, "\n");
	for (size_t i = 0; i < json_array_size(warnings); i++) {
		mp_buf_adds(buf, "\nwarning: ");
		mp_term_add_line(buf, json_string_value(json_array_get(warnings, i)), 0);
		mp_buf_adds(buf, "\n");
	}
}

static void render(struct mp_buf *buf, const struct mp_term *term,
    const json_t *account)
{
	mp_painted(buf, term, MP_BOLD, text_of(account, "url"));
	mp_buf_adds(buf, "  (listens on ");
	mp_term_add_line(buf, text_of(account, "listens"), 0);
	mp_buf_adds(buf, ")\n");
	if (json_is_true(json_object_get(account, "open")))
		mp_buf_adds(buf, "\nLets everybody on this machine in, without a token.\n");
	else
		add_guarded(buf, term, account);
}

enum mcpass_rc mp_check_text_print(const json_t *account, struct mcpass_error *err)
{
	const struct mp_term term = mp_term_of(STDOUT_FILENO);
	struct mp_buf buf = MP_BUF(MP_MAX_REPLY);

	render(&buf, &term, account);
	return mp_out_end(&buf, err);
}
