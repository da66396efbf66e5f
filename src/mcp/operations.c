/* What a body asks for, as a guard must see it: never less than a server that
 * is laxer than we are would run. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/text.h"
#include "mcp/headers.h"
#include "mcp/jsonrpc.h"
#include "mcp/methods.h"
#include "wire/bytes.h"
#include "wire/json/plain.h"

/* What stands for half a character: a server that leaves it out reads another name. */
#define REPLACEMENT "\xef\xbf\xbd"

static bool is_of_resources(struct mp_span method)
{
	static const char front[] = "resources/";

	return method.len >= strlen(front) && memcmp(method.data, front, strlen(front)) == 0;
}

/* The bytes at key that a reader which does not tell large letters from small ones takes for a small
 * ASCII letter, or 0.  Go folds the long s, Java the i with and without its dot. */
static size_t folded(const char *key, char letter)
{
	static const struct { char letter; const char *other; } rows[] = {
		{ 's', "\xc5\xbf" }, { 'i', "\xc4\xb0" }, { 'i', "\xc4\xb1" },
	};

	for (size_t i = 0; i < MP_COUNT(rows); i++)
		if (rows[i].letter == letter && strncmp(key, rows[i].other, strlen(rows[i].other)) == 0)
			return strlen(rows[i].other);
	return (*key | 0x20) == letter ? 1 : 0;
}

/* Whether such a reader takes key for name. */
static bool folds_to(const char *key, const char *name)
{
	for (size_t len; *name != '\0'; name++, key += len) {
		len = folded(key, *name);
		if (len == 0)
			return false;
	}
	return *key == '\0';
}

/* That no member is one of names to some readers only. */
static enum mcpass_rc check_members(const json_t *object, const char *const *names, size_t count,
    struct mcpass_error *err)
{
	void *it = json_object_iter((json_t *)object);

	for (; it != NULL; it = json_object_iter_next((json_t *)object, it)) {
		const char *key = json_object_iter_key(it);

		for (size_t i = 0; i < count; i++)
			if (strcmp(key, names[i]) != 0 && folds_to(key, names[i]))
				return mp_fail(err, MCPASS_E_PROTOCOL, "JSON-RPC 2.0 4",
				    "a member is written otherwise than '%s', and is it to some servers",
				    names[i]);
	}
	return MCPASS_OK;
}

static enum mcpass_rc check_spelling(const json_t *json, struct mcpass_error *err)
{
	static const char *const of_message[] = { "jsonrpc", "id", "method", "params", "result",
		"error" };
	static const char *const of_params[] = { "name", "uri" };
	enum mcpass_rc rc = check_members(json, of_message, MP_COUNT(of_message), err);

	return rc ? rc : check_members(mp_json_get(json, "params"), of_params, MP_COUNT(of_params), err);
}

/* Which member names the thing: two of them are present only to confuse, so the method
 * decides and the other one does not count. */
static const char *naming_member(const struct mp_rpc *rpc)
{
	if (is_of_resources((struct mp_span){ rpc->method, strlen(rpc->method) }))
		return "uri";
	if (mp_json_get(rpc->params, "name") == NULL)
		return "uri";
	return "name";
}

static enum mcpass_rc find_name(const struct mp_rpc *rpc, const char **ret_name,
    struct mcpass_error *err)
{
	const char *member = naming_member(rpc);
	const json_t *name = mp_json_get(rpc->params, member);

	/* A list of one string is that string to some languages: a way around a rule. */
	if (name != NULL && !json_is_string(name))
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP basic, Requests",
		    "params.%s of %s is not a string", member, rpc->method);
	if (name != NULL && strstr(json_string_value(name), REPLACEMENT) != NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7493 2.1", "params.%s of %s is no text",
		    member, rpc->method);
	*ret_name = json_string_value(name);
	return MCPASS_OK;
}

static enum mcpass_rc add(struct mp_operations *list, const struct mp_rpc *rpc,
    struct mcpass_error *err)
{
	struct mp_operation *slot = &list->items[list->count];
	const char *name = NULL;
	enum mcpass_rc rc = find_name(rpc, &name, err);

	if (rc)
		return rc;
	list->count++;          /* from here on the list frees it */
	rc = mp_set(&slot->method, rpc->method, err);
	return rc ? rc : mp_set(&slot->name, name, err);
}

static enum mcpass_rc add_message(struct mp_operations *list, json_t *json,
    struct mcpass_error *err)
{
	struct mp_rpc rpc;
	enum mcpass_rc rc = mp_rpc_read(json, &rpc, err);

	if (!rc)
		rc = check_spelling(json, err);
	if (rc || rpc.method == NULL)
		return rc;
	if (strstr(rpc.method, REPLACEMENT) != NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7493 2.1", "the method is no text");
	/* A notification too: some servers run "tools/call" without an id. */
	return add(list, &rpc, err);
}

/* By its tree: whatever the body may be. */
static enum mcpass_rc read_parsed(const char *body, size_t len,
    struct mp_operations *ret_operations, struct mcpass_error *err)
{
	struct mp_operations list = { 0 };
	json_t *json = NULL;
	size_t count;
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_REQUEST, body, len, MP_MAX_MESSAGE, "the request", &json, err);
	if (rc)
		return rc;
	/* spec: MCP 2025-03-26 basic, "Batching" */
	count = json_is_array(json) ? json_array_size(json) : 1;
	if (count > MP_MAX_ITEMS) {
		rc = mp_fail(err, MCPASS_E_LIMIT, NULL, "a batch of more than %d messages",
		    MP_MAX_ITEMS);
		goto out;
	}
	list.items = calloc(count + 1, sizeof(*list.items));
	if (list.items == NULL)
		rc = mp_nomem(err);
	for (size_t i = 0; !rc && i < count; i++)
		rc = add_message(&list, json_is_array(json) ? json_array_get(json, i) : json, err);
out:
	json_decref(json);
	if (rc)
		mp_operations_free(&list);
	else
		*ret_operations = list;
	return rc;
}

/* --- the usual call, without a tree --- */

/* None, a string, or an integer of less than 64 bits. */
static bool is_plain_id(struct mp_span id)
{
	bool is_short = id.len < 19;

	if (id.data == NULL || id.data[0] == '"')
		return true;
	for (size_t i = 0; i < id.len && is_short; i++)
		is_short = id.data[i] == '-' || (id.data[i] >= '0' && id.data[i] <= '9');
	return is_short;
}

/* A string that is what it looks like: takes its quotes off. */
static bool take_quotes(struct mp_span *text)
{
	if (text->len < 2 || text->data[0] != '"' || memchr(text->data, '\\', text->len) != NULL
	    || mp_bytes_find(text->data, text->len, REPLACEMENT) != NULL)
		return false;
	*text = (struct mp_span){ text->data + 1, text->len - 2 };
	return true;
}

/* What the body asks for; name without data: nothing is named.  False: it is no such call, or
 * none at all. */
static bool find_call(struct mp_span body, struct mp_span *ret_method, struct mp_span *ret_name)
{
	enum { JSONRPC, ID, METHOD, RESULT, ERROR, PARAMS, NAME, URI, MEMBERS };
	struct mp_plain_member m[MEMBERS] = {
		[JSONRPC] = { .name = "jsonrpc" }, [ID] = { .name = "id" },
		[METHOD] = { .name = "method" }, [RESULT] = { .name = "result" },
		[ERROR] = { .name = "error" }, [PARAMS] = { .name = "params" },
		[NAME] = { .name = "name", .within = &m[PARAMS] },
		[URI] = { .name = "uri", .within = &m[PARAMS] },
	};

	if (body.len > MP_MAX_MESSAGE || !mp_json_plain(body, m, MEMBERS)
	    || !mp_span_is(m[JSONRPC].value, "\"2.0\"") || !is_plain_id(m[ID].value)
	    || m[RESULT].value.data != NULL || m[ERROR].value.data != NULL
	    || !take_quotes(&m[METHOD].value) || m[METHOD].value.len == 0
	    || (m[PARAMS].value.data != NULL && m[PARAMS].value.data[0] != '{'))
		return false;
	*ret_method = m[METHOD].value;
	*ret_name = m[m[NAME].value.data == NULL || is_of_resources(*ret_method) ? URI : NAME].value;
	return ret_name->data == NULL || take_quotes(ret_name);
}

/* What it finds is what a tree would say; the list stays empty where that has to be asked. */
static enum mcpass_rc read_plain(struct mp_span body, struct mp_operations *ret_operations,
    struct mcpass_error *err)
{
	struct mp_operations list = { 0 };
	struct mp_span method, name;
	enum mcpass_rc rc;

	if (!find_call(body, &method, &name))
		return MCPASS_OK;
	list.items = calloc(1, sizeof(*list.items));
	if (list.items == NULL)
		return mp_nomem(err);
	list.count = 1;
	rc = mp_set_span(&list.items[0].method, method, err);
	if (!rc && name.data != NULL)
		rc = mp_set_span(&list.items[0].name, name, err);
	if (rc)
		mp_operations_free(&list);
	*ret_operations = list;
	return rc;
}

enum mcpass_rc mp_operations_read(const char *body, size_t len,
    struct mp_operations *ret_operations, struct mcpass_error *err)
{
	struct mp_operations list = { 0 };
	enum mcpass_rc rc = read_plain((struct mp_span){ body, len }, &list, err);

	if (!rc && list.count == 0)
		rc = read_parsed(body, len, &list, err);
	for (size_t i = 0; i < list.count && !rc; i++)
		if (mp_methods_is_misspelt(list.items[i].method))
			rc = mp_fail(err, MCPASS_E_PROTOCOL, "JSON-RPC 2.0 4",
			    "a method of MCP in other letters, which some servers take for it");
	if (rc)
		mp_operations_free(&list);
	else
		*ret_operations = list;
	return rc;
}

void mp_operations_free(struct mp_operations *operations)
{
	for (size_t i = 0; i < operations->count; i++) {
		free(operations->items[i].method);
		free(operations->items[i].name);
	}
	free(operations->items);
	*operations = (struct mp_operations){ 0 };
}

/* Whether each "charset" in a Content-Type, a parameter or not, says what JSON is. */
static bool is_utf8(const char *type)
{
	static const char *const good[] = { "utf-8", "utf8", "us-ascii" };

	while (*type != '\0') {
		size_t i = 0, end;

		if ((*type | 0x20) != 'c'
		    || !mp_span_is_nocase((struct mp_span){ type, strnlen(type, 7) }, "charset")) {
			type++;
			continue;
		}
		type += strlen("charset");
		type += strspn(type, " \t");
		if (*type != '=')
			return false;
		type += 1 + strspn(type + 1, " \t\"");
		end = strcspn(type, " \t\";");
		while (i < MP_COUNT(good) && !mp_span_is_nocase((struct mp_span){ type, end }, good[i]))
			i++;
		if (i == MP_COUNT(good))
			return false;
	}
	return true;
}

enum mcpass_rc mp_operations_check_coding(const struct mcpass_header *headers, size_t count,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = headers[i].value;

		if (mp_header_is(&headers[i], "Content-Encoding")
		    && strspn(value, " \t") != strlen(value) && !mp_eq_nocase(value, "identity"))
			return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 9110 8.4",
			    "Content-Encoding: the request is read as it is");
		if (mp_header_is(&headers[i], "Content-Type") && !is_utf8(value))
			return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8259 8.1",
			    "Content-Type: JSON is in UTF-8, and in no other charset");
	}
	return MCPASS_OK;
}

/* *ret_text NULL: it is not there. */
static enum mcpass_rc read_mirror(const struct mcpass_header *headers, size_t count,
    const char *name, char **ret_text, struct mcpass_error *err)
{
	const char *value = mp_header_get(headers, count, name);

	if (mp_header_count(headers, count, name) > 1)
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP streamable HTTP, Standard Request Headers",
		    "%s stands there more than once", name);
	return value != NULL ? mp_header_value_decode(value, ret_text, err) : MCPASS_OK;
}

enum mcpass_rc mp_operations_check_headers(const struct mp_operations *operations,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	const struct mp_operation none = { 0 };
	const struct mp_operation *only = operations->count == 1 ? &operations->items[0] : &none;
	char *method = NULL, *name = NULL;
	enum mcpass_rc rc = read_mirror(headers, count, "Mcp-Method", &method, err);

	if (!rc)
		rc = read_mirror(headers, count, "Mcp-Name", &name, err);
	if (!rc && ((method != NULL && !mp_eq(method, only->method))
	    || (name != NULL && !mp_eq(name, only->name))))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "MCP streamable HTTP, Standard Request Headers",
		    "%s says something else than the body",
		    method != NULL && !mp_eq(method, only->method) ? "Mcp-Method" : "Mcp-Name");
	free(method);
	free(name);
	return rc;
}
