/* The prompts.  spec: MCP 2026-07-28 prompts */
#include <string.h>
#include "base/limits.h"
#include "echo/arguments.h"
#include "echo/call.h"
#include "echo/result.h"

struct prompt {
	const char *name, *title, *description;
	struct mp_arguments arguments;
	void (*write)(const json_t *given, struct mp_buf *text);
};

static void write_greeting(const json_t *given, struct mp_buf *text)
{
	const char *name = mp_arguments_text(given, "name");

	mp_buf_addf(text, "Please greet %s warmly, in one sentence.", name != NULL ? name : "me");
}

static void write_help(const json_t *given, struct mp_buf *text)
{
	(void)given;
	mp_buf_adds(text, "Explain in a few lines what the tools echo, get_time and whoami of this"
	    " server do, and try whoami.");
}

static void write_echo(const json_t *given, struct mp_buf *text)
{
	mp_buf_addf(text, "Call the tool echo with this message and show what it answers: %s",
	    mp_arguments_text(given, "message"));
}

static const struct mp_argument greeting_arguments[] = {
	{ .name = "name", .description = "Who is greeted" },
};
static const struct mp_argument echo_arguments[] = {
	{ .name = "message", .description = "What the tool is given", .required = true },
};
static const struct prompt prompts[] = {
	{ "greeting", "Greeting", "Greets a person by name.",
	    { greeting_arguments, MP_COUNT(greeting_arguments) }, write_greeting },
	{ "help", "Help", "Explains this server.", { NULL, 0 }, write_help },
	{ "echo_prompt", "Echo prompt", "Tries the tool echo.",
	    { echo_arguments, MP_COUNT(echo_arguments) }, write_echo },
};

static json_t *describe(const struct prompt *prompt)
{
	json_t *json = json_object();

	if (mp_result_put(json, "name", json_string(prompt->name))
	    && mp_result_put(json, "title", json_string(prompt->title))
	    && mp_result_put(json, "description", json_string(prompt->description))
	    && mp_result_put(json, "arguments", mp_arguments_list(&prompt->arguments)))
		return json;
	json_decref(json);
	return NULL;
}

enum mcpass_rc mp_prompts_list(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	json_t *items[MP_COUNT(prompts)];

	for (size_t i = 0; i < MP_COUNT(prompts); i++)
		items[i] = describe(&prompts[i]);
	return mp_result_list(call, "prompts", items, MP_COUNT(prompts), ret_result, err);
}

/* A conversation that begins with the user saying text. */
static json_t *messages(const char *text)
{
	json_t *message = json_object(), *list = json_array();

	if (mp_result_put(message, "role", json_string("user"))
	    && mp_result_put(message, "content", mp_result_text(text))
	    && json_array_append(list, message) == 0) {
		json_decref(message);
		return list;
	}
	json_decref(message);
	json_decref(list);
	return NULL;
}

static enum mcpass_rc get(const struct prompt *prompt, const json_t *given,
    json_t **ret_result, struct mcpass_error *err)
{
	json_t *result = json_object();
	struct mp_buf text;
	enum mcpass_rc rc;

	mp_buf_init(&text, MP_MAX_MESSAGE);
	prompt->write(given, &text);
	rc = mp_buf_check(&text, "the prompt", err);
	if (!rc && (!mp_result_put(result, "description", json_string(prompt->description))
	    || !mp_result_put(result, "messages", messages(mp_buf_text(&text)))))
		rc = mp_nomem(err);
	mp_buf_free(&text);
	if (rc)
		json_decref(result);
	else
		*ret_result = result;
	return rc;
}

enum mcpass_rc mp_prompts_get(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	const char *name = json_string_value(mp_json_get(call->rpc.params, "name"));
	const json_t *given = mp_json_get(call->rpc.params, "arguments");
	const struct prompt *prompt = NULL;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	for (size_t i = 0; i < MP_COUNT(prompts); i++)
		if (mp_eq(prompts[i].name, name))
			prompt = &prompts[i];
	/* spec: MCP 2026-07-28 prompts, "Error Handling" */
	if (prompt == NULL)
		return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "Unknown prompt: %s",
		    name != NULL ? name : "(none)");
	rc = mp_arguments_check(&prompt->arguments, given, &why);
	if (rc)
		return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "%s", why.detail);
	return get(prompt, given, ret_result, err);
}

const char *mp_echo_prompt(size_t i)
{
	return i < MP_COUNT(prompts) ? prompts[i].name : NULL;
}
