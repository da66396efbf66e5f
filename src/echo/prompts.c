/* The prompts.  spec: MCP 2026-07-28 prompts */
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

static void describe(const struct prompt *prompt, struct mp_writer *w)
{
	mp_writer_object(w, NULL);
	mp_writer_text(w, "name", prompt->name);
	mp_writer_text(w, "title", prompt->title);
	mp_writer_text(w, "description", prompt->description);
	mp_arguments_list(&prompt->arguments, w, "arguments");
	mp_writer_end(w, '}');
}

enum mcpass_rc mp_prompts_list(struct mp_echo_call *call, struct mp_writer *result,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_result_begin_list(call, result, "prompts", err);

	if (rc)
		return rc;
	for (size_t i = 0; i < MP_COUNT(prompts); i++)
		describe(&prompts[i], result);
	mp_result_end_list(call, result, "prompts");
	return MCPASS_OK;
}

/* A conversation that begins with the user saying the prompt's text. */
static enum mcpass_rc get(const struct prompt *prompt, const json_t *given,
    struct mp_writer *result, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc;

	prompt->write(given, &text);
	rc = mp_buf_check(&text, "the prompt", err);
	mp_writer_text(result, "description", prompt->description);
	mp_writer_array(result, "messages");
	mp_writer_object(result, NULL);
	mp_writer_text(result, "role", "user");
	mp_result_text(result, "content", mp_buf_text(&text));
	mp_writer_end(result, '}');
	mp_writer_end(result, ']');
	mp_buf_free(&text);
	return rc;
}

enum mcpass_rc mp_prompts_get(struct mp_echo_call *call, struct mp_writer *result,
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
	return get(prompt, given, result, err);
}

const char *mp_echo_prompt(size_t i)
{
	return i < MP_COUNT(prompts) ? prompts[i].name : NULL;
}
